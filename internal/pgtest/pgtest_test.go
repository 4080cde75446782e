package pgtest

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

// childEnv makes the test binary a process that starts a server and waits to be killed.
const childEnv = "TENGI_PGTEST_CHILD"

func TestMain(m *testing.M) {
	if programs := os.Getenv(childEnv); programs != "" {
		s, err := launch(programs, nil)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		fmt.Printf("%s\n", s.dir)
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(1) // was to be killed before its input ended
	}
	Main(m)
}

func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.WithoutCancel(t.Context())) })
	return conn
}

// ask returns the one text a query gives.
func ask(t *testing.T, url, query string) string {
	t.Helper()
	var text string
	if err := connect(t, url).QueryRow(t.Context(), query).Scan(&text); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return text
}

func do(t *testing.T, url, statement string) {
	t.Helper()
	if _, err := connect(t, url).Exec(t.Context(), statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

func TestStart(t *testing.T) {
	t.Parallel()
	urls := []string{Start(t), Start(t), Start(t)}
	for _, url := range urls { // each database is its own: the same table can be made in all
		do(t, url, "CREATE TABLE only_once (x int)")
	}
	for parameter, want := range map[string]string{
		"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on", "server_encoding": "UTF8", "TimeZone": "UTC", "listen_addresses": "",
	} {
		if got := ask(t, urls[0], "SHOW "+parameter); got != want {
			t.Errorf("%s is %q, want %q", parameter, got, want)
		}
	}
	if same := ask(t, urls[0], "SHOW data_directory") == ask(t, urls[1], "SHOW data_directory"); !same {
		t.Error("two calls of Start used two servers")
	}
}

func TestStartDropsItsDatabase(t *testing.T) {
	t.Parallel()
	other, url := Start(t), ""
	t.Run("inner", func(t *testing.T) {
		url = Start(t)
		connect(t, url) // an open connection must not keep it
	})
	if conn, err := pgx.Connect(t.Context(), url); err == nil {
		t.Errorf("the database is still there after its test (%v)", conn.Close(t.Context()))
	}
	do(t, other, "CREATE TABLE fine (x int)")
}

func TestServer(t *testing.T) {
	t.Parallel()
	s := New(t, With("fsync", "off"), With("synchronous_commit", "off"))
	url := s.Database(t)
	if fsync, commit := ask(t, url, "SHOW fsync"), ask(t, url, "SHOW synchronous_commit"); fsync != "off" || commit != "off" {
		t.Errorf("fsync %s, synchronous_commit %s; want off, off", fsync, commit)
	}
	if second := s.Database(t); second == url {
		t.Error("two calls of Database gave the same one")
	}
}

func TestStopStartCrash(t *testing.T) {
	t.Parallel()
	s := New(t)
	url := s.Database(t)
	do(t, url, "CREATE TABLE kept (x int)")
	for step, bounce := range map[string]func(){
		"stop and start":  func() { s.Stop(t); s.Start(t) },
		"restart":         func() { s.Restart(t) },
		"crash and start": func() { s.Crash(t); s.Start(t) },
	} {
		do(t, url, "INSERT INTO kept VALUES (1)")
		waiting := connect(t, url)
		bounce()
		if err := waiting.Ping(t.Context()); err == nil {
			t.Errorf("%s: an old connection lives on", step)
		}
	}
	if got := ask(t, url, "SELECT count(*)::text FROM kept"); got != "3" {
		t.Errorf("%s rows survived, want 3", got)
	}
	s.Stop(t)
	if conn, err := pgx.Connect(t.Context(), url); err == nil {
		t.Errorf("a stopped server took a connection (%v)", conn.Close(t.Context()))
	}
	s.Stop(t) // stays stopped
	s.Start(t)
	if err := s.start(); err == nil {
		t.Error("starting a running server passed")
	}
	do(t, url, "INSERT INTO kept VALUES (1)")
}

func TestBadSetting(t *testing.T) {
	t.Parallel()
	_, err := launch(find(t), []Option{With("fsync", "perhaps")})
	if err == nil || !strings.Contains(err.Error(), "fsync") {
		t.Errorf("got %v, want the server's own words on fsync", err)
	}
}

func TestCloseRemovesTheFolder(t *testing.T) {
	t.Parallel()
	s, err := launch(find(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(s.dir); !os.IsNotExist(err) {
		t.Errorf("%s is still there (%v)", s.dir, err)
	}
}

// A test process that is killed leaves neither server nor folder.
func TestKilled(t *testing.T) {
	t.Parallel()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+find(t))
	input, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer input.Close() // until then the child waits
	out, in := io.Pipe()
	var stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = in, &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	dir, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{dir: strings.TrimSpace(dir)}
	conn := connect(t, s.URL("postgres"))
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	// The watcher holds the child's standard error: Wait returns when both are gone.
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) || exit.Exited() {
		t.Fatalf("the child ended with %v, want by the kill: %s", err, stderr.String())
	}
	if err := conn.Ping(t.Context()); err == nil {
		t.Error("the server still answers")
	}
	if _, err := os.Stat(s.dir); !os.IsNotExist(err) {
		t.Errorf("%s is still there (%v)", s.dir, err)
	}
}

func TestSearch(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	prints := map[string]string{}
	fake := func(name, text string, files ...string) string {
		dir := filepath.Join(root, name)
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if err := os.WriteFile(filepath.Join(dir, file), nil, 0o700); err != nil {
				t.Fatal(err)
			}
		}
		prints[filepath.Join(dir, "postgres")] = text
		return dir
	}
	v9 := fake("v9", "postgres (PostgreSQL) 9.6.24\n", "initdb", "postgres")
	v15 := fake("v15", "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n", "initdb", "postgres")
	v18 := fake("v18", "postgres (PostgreSQL) 18beta1\n", "initdb", "postgres")
	clientOnly := fake("client", "postgres (PostgreSQL) 19.1\n", "postgres")
	broken := fake("broken", "segmentation fault", "initdb", "postgres")
	gone := filepath.Join(root, "gone")
	for _, c := range []struct {
		dirs      []string
		want, err string
	}{
		{[]string{v15, v18, v9}, v18, ""},
		{[]string{v18, v15, clientOnly, gone, broken}, v18, ""},
		{[]string{v15}, v15, ""},
		{[]string{v9}, "", "the installed PostgreSQL 9 is older than 15"},
		{[]string{clientOnly, gone, broken}, "", "not installed"},
		{nil, "", "not installed"},
	} {
		got, err := search(c.dirs, func(postgres string) int { return parseVersion(prints[postgres]) })
		if got != c.want || (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%v: %q, %v; want %q, %s", c.dirs, got, err, c.want, c.err)
		}
	}
	if got := versionOf(t.Context(), filepath.Join(find(t), "postgres")); got < oldest {
		t.Errorf("the installed server says version %d", got)
	}
	if got := versionOf(t.Context(), filepath.Join(gone, "postgres")); got != 0 {
		t.Errorf("a missing program says version %d", got)
	}
}
