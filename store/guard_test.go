package store

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/tengi/tengi/internal/pgtest"
)

// childDir, in the environment, makes the test binary a process that opens the ledger there, says so, and waits for the end of its input.
const childDir = "TENGI_STORE_CHILD"

// beChild plays the other process of TestASecondProcessIsRefused.
func beChild(dir string) int {
	s, err := Open(context.Background(), Config{Dir: dir})
	if err != nil {
		fmt.Println(err)
		return 1
	}
	fmt.Println("open")
	_, _ = bufio.NewReader(os.Stdin).ReadString('\n')
	if err := s.Close(); err != nil {
		fmt.Println(err)
		return 1
	}
	return 0
}

func openLite(t testing.TB, dir string) *Store {
	t.Helper()
	s, err := Open(t.Context(), Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func openPg(t testing.TB, url string) *Store {
	t.Helper()
	s, err := Open(t.Context(), Config{Database: url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// refused opens a store that must not open and returns why.
func refused(t *testing.T, cfg Config) string {
	t.Helper()
	s, err := Open(t.Context(), cfg)
	if err == nil {
		t.Fatalf("it opened (%v)", s.Close())
	}
	return err.Error()
}

func TestASecondProcessIsRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), childDir+"="+dir)
	in, err := child.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "open\n" {
		t.Fatalf("the child says %q, %v", line, err)
	}
	why := refused(t, Config{Dir: dir})
	if !strings.Contains(why, fmt.Sprintf("process %d", child.Process.Pid)) || !strings.Contains(why, "--data") {
		t.Errorf("refused with %q, want the other process and what to do", why)
	}
	if err := child.Process.Kill(); err != nil { // a lock must not outlive its process
		t.Fatal(err)
	}
	_ = child.Wait()
	_ = in.Close()
	openLite(t, dir)
}

func TestSQLiteIsDurable(t *testing.T) {
	t.Parallel()
	s := openLite(t, t.TempDir())
	var writes int
	var mode string
	err := s.change(t.Context(), func(t *tx) error {
		if err := t.query(t.ctx, func(r scanner) error { return r.Scan(&writes) }, "PRAGMA synchronous"); err != nil {
			return err
		}
		return t.query(t.ctx, func(r scanner) error { return r.Scan(&mode) }, "PRAGMA journal_mode")
	})
	if err != nil || writes != 2 || mode != "wal" {
		t.Errorf("the writer runs with synchronous %d, journal_mode %s (%v)", writes, mode, err)
	}
	if _, err := s.read.ExecContext(t.Context(), "DELETE FROM meta"); err == nil {
		t.Error("a reader could write")
	}
	for _, c := range []struct {
		mode string
		sync int
		fine bool
	}{{"wal", 2, true}, {"wal", 3, true}, {"wal", 1, false}, {"wal", 0, false}, {"delete", 2, false}, {"memory", 2, false}} {
		if err := enoughSQLite(c.mode, c.sync); (err == nil) != c.fine {
			t.Errorf("journal_mode %s, synchronous %d: %v", c.mode, c.sync, err)
		}
	}
}

func TestPostgreSQLMustBeDurable(t *testing.T) {
	t.Parallel()
	for _, setting := range []string{"fsync", "synchronous_commit", "full_page_writes"} {
		server := pgtest.New(t, pgtest.With(setting, "off"))
		if why := refused(t, Config{Database: server.Database(t)}); !strings.Contains(why, setting+"=off") || !strings.Contains(why, "set "+setting+"=on") {
			t.Errorf("%s=off: %s", setting, why)
		}
	}
	server := pgtest.New(t)
	admin(t, server.URL("postgres"), "CREATE ROLE hasty SUPERUSER LOGIN", "ALTER ROLE hasty SET synchronous_commit = off")
	url := server.Database(t)
	openPg(t, url)
	hasty := strings.Replace(url, "postgres://postgres@", "postgres://hasty@", 1)
	if why := refused(t, Config{Database: hasty}); !strings.Contains(why, "synchronous_commit=off") {
		t.Errorf("a role with synchronous_commit=off: %s", why)
	}
	admin(t, url, "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET synchronous_commit = off', current_database()); END $$")
	if why := refused(t, Config{Database: url}); !strings.Contains(why, "synchronous_commit=off") {
		t.Errorf("a database with synchronous_commit=off: %s", why)
	}
}

// A server that becomes forgetful while a node runs is noticed when a writer connects again.
func TestPostgreSQLMustStayDurable(t *testing.T) {
	t.Parallel()
	url := pgtest.Start(t)
	s := openPg(t, url)
	admin(t, url, "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET synchronous_commit = off', current_database()); END $$",
		"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
	for range 2 * postgresWriters {
		if err := s.SetMeta(t.Context(), "a", "b"); err == nil || !strings.Contains(err.Error(), "synchronous_commit=off") {
			t.Errorf("a write to a forgetful server: %v", err)
		}
	}
}

// admin runs statements on a connection of its own.
func admin(t testing.TB, url string, statements ...string) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	for _, statement := range statements {
		if _, err := conn.Exec(ctx, statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	broken := t.TempDir()
	if err := os.WriteFile(filepath.Join(broken, "tengi.db"), []byte(strings.Repeat("no database ", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		cfg  Config
		want string
	}{
		"another kind":       {Config{Database: "mysql://root:secret@localhost/x"}, "mysql://…"},
		"no address":         {Config{Database: "secret"}, "must be a postgres:// address"},
		"unreadable address": {Config{Database: "postgres://u:secret@host:port:port/x"}, "cannot be read"},
		"nobody there":       {Config{Database: "postgres://u:secret@/x?host=" + t.TempDir()}, "connect to PostgreSQL"},
		"a file":             {Config{Dir: file}, "data directory"},
		"not a database":     {Config{Dir: broken}, "open the database"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			why := refused(t, c.cfg)
			if !strings.Contains(why, c.want) || strings.Contains(why, "secret") {
				t.Errorf("refused with %q, want %q and no secret", why, c.want)
			}
		})
	}
}
