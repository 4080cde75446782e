package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pressly/goose/v3"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/internal/pgtest"
)

func TestANewerSchemaIsRefused(t *testing.T) {
	t.Parallel()
	dir, url := t.TempDir(), pgtest.Start(t)
	for _, cfg := range []Config{{Dir: dir}, {Database: url}} {
		s, err := Open(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		err = s.change(t.Context(), func(t *tx) error {
			_, err := t.affect("INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, $1)", true)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if why := refused(t, cfg); !strings.Contains(why, "schema 9999") || !strings.Contains(why, "newer Tengi") {
			t.Errorf("refused with %q", why)
		}
	}
}

// A ledger that was brought up to date one migration at a time is the same as a new one.
func TestUpgradedIsFresh(t *testing.T) {
	t.Parallel()
	fresh := t.TempDir()
	s := openLite(t, fresh)
	path := filepath.Join(t.TempDir(), "upgraded.db")
	lite, err := openFile(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer lite.Close()
	stepwise(t, lite, goose.DialectSQLite3, "sqlite")
	if diff := cmp.Diff(liteSchema(t, s.read), liteSchema(t, lite)); diff != "" {
		t.Errorf("SQLite, -fresh +upgraded:\n%s", diff)
	}
	p := openPg(t, pgtest.Start(t))
	pg, err := sql.Open("pgx", pgtest.Start(t))
	if err != nil {
		t.Fatal(err)
	}
	defer pg.Close()
	stepwise(t, pg, goose.DialectPostgres, "postgres")
	if diff := cmp.Diff(pgSchema(t, p.read), pgSchema(t, pg)); diff != "" {
		t.Errorf("PostgreSQL, -fresh +upgraded:\n%s", diff)
	}
}

// stepwise applies one migration after the other.
func stepwise(t *testing.T, db *sql.DB, dialect goose.Dialect, dir string) {
	t.Helper()
	files, err := fs.Sub(migrations, "migrations/"+dir)
	if err != nil {
		t.Fatal(err)
	}
	names, err := fs.Glob(files, "*.sql")
	if err != nil || len(names) == 0 {
		t.Fatalf("%d migrations, %v", len(names), err)
	}
	provider, err := goose.NewProvider(dialect, db, files)
	if err != nil {
		t.Fatal(err)
	}
	for range names {
		if _, err := provider.UpByOne(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// Both databases have the same tables, columns and indexes, in the same order, and the same columns may be null.
func TestDialectsAgree(t *testing.T) {
	t.Parallel()
	lite, pg := liteSchema(t, openLite(t, t.TempDir()).read), pgSchema(t, openPg(t, pgtest.Start(t)).read)
	if diff := cmp.Diff(lite, pg); diff != "" {
		t.Errorf("-SQLite +PostgreSQL:\n%s", diff)
	}
	if len(lite) < 100 {
		t.Errorf("only %d columns and indexes were found", len(lite))
	}
	liteFiles, _ := fs.Glob(migrations, "migrations/sqlite/*")
	for _, file := range liteFiles {
		if _, err := fs.Stat(migrations, strings.Replace(file, "sqlite", "postgres", 1)); err != nil {
			t.Errorf("%s has no counterpart: %v", file, err)
		}
	}
}

// describe reads a schema as lines.
func describe(t *testing.T, db *sql.DB, query string) []string {
	t.Helper()
	var lines []string
	rows, err := db.QueryContext(context.WithoutCancel(t.Context()), query)
	err = eachRow(rows, err, func(r scanner) error {
		var line string
		err := r.Scan(&line)
		lines = append(lines, line)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(lines)
	return lines
}

func liteSchema(t *testing.T, db *sql.DB) []string {
	t.Helper()
	const mine = "m.type = 'table' AND m.name NOT LIKE 'sqlite_%' AND m.name NOT LIKE 'goose_%'"
	columns := describe(t, db, `SELECT 'column ' || m.name || ' ' || printf('%02d', c.cid + 1) || ' ' || c.name || CASE WHEN c."notnull" = 1 OR c.pk > 0 THEN '' ELSE ' null' END
FROM sqlite_schema m JOIN pragma_table_info(m.name) c WHERE `+mine)
	indexes := describe(t, db, `SELECT 'index ' || i.name || CASE WHEN i."unique" = 1 THEN ' unique' ELSE '' END || CASE WHEN i.partial = 1 THEN ' partial' ELSE '' END
FROM sqlite_schema m JOIN pragma_index_list(m.name) i WHERE i.origin = 'c' AND `+mine)
	return append(columns, indexes...)
}

func pgSchema(t *testing.T, db *sql.DB) []string {
	t.Helper()
	columns := describe(t, db, `SELECT 'column ' || table_name || ' ' || lpad(ordinal_position::text, 2, '0') || ' ' || column_name || CASE is_nullable WHEN 'NO' THEN '' ELSE ' null' END
FROM information_schema.columns WHERE table_schema = 'public' AND table_name NOT LIKE 'goose_%'`)
	indexes := describe(t, db, `SELECT 'index ' || c.relname || CASE WHEN i.indisunique THEN ' unique' ELSE '' END || CASE WHEN i.indpred IS NOT NULL THEN ' partial' ELSE '' END
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'public' AND c.relname NOT LIKE 'goose_%' AND NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conindid = c.oid)`)
	return append(columns, indexes...)
}

// modernc binds $n by its number, out of order and repeated, which SQLite itself does not promise: it counts a $n it has not seen as the next one.
// Every statement of this package relies on it.
func TestPlaceholdersAreNumbers(t *testing.T) {
	t.Parallel()
	for _, s := range []*Store{openLite(t, t.TempDir()), openPg(t, pgtest.Start(t))} {
		var got string
		err := s.one(t.Context(), []any{&got}, "SELECT CAST($3 AS TEXT) || CAST($1 AS TEXT) || CAST($2 AS TEXT) || CAST($1 AS TEXT) || CAST($3 AS TEXT)", "a", "b", "c")
		if err != nil || got != "cabac" {
			t.Errorf("%s: %q, %v; want cabac", s.Dialect(), got, err)
		}
		if err := s.change(t.Context(), func(t *tx) error {
			_, err := t.affect("INSERT INTO meta (value, key) VALUES ($2, $1) ON CONFLICT (key) DO UPDATE SET value = $2", "key", "value")
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Meta(t.Context(), "key"); got != "value" || err != nil {
			t.Errorf("%s: %q, %v", s.Dialect(), got, err)
		}
		// Eleven and more: $1 is not the beginning of $11.
		args := make([]any, 12)
		for i := range args {
			args[i] = fmt.Sprint(i + 1)
		}
		if err := s.one(t.Context(), []any{&got}, "SELECT CAST($12 AS TEXT) || CAST($1 AS TEXT) || CAST($11 AS TEXT) || CAST($2 || $3 || $4 || $5 || $6 || $7 || $8 || $9 || $10 AS TEXT)", args...); err != nil || got != "121112345678910" {
			t.Errorf("%s: %q, %v", s.Dialect(), got, err)
		}
	}
}

// A connection that was stored when a schedule was a length of time keeps it, and so do its runs.
func TestOldSchedulesAreKept(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "old.db")
	lite, err := openFile(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer lite.Close()
	pg, err := sql.Open("pgx", pgtest.Start(t))
	if err != nil {
		t.Fatal(err)
	}
	defer pg.Close()
	for _, c := range []struct {
		db      *sql.DB
		dialect goose.Dialect
		dir     string
	}{{lite, goose.DialectSQLite3, "sqlite"}, {pg, goose.DialectPostgres, "postgres"}} {
		files, err := fs.Sub(migrations, "migrations/"+c.dir)
		if err != nil {
			t.Fatal(err)
		}
		provider, err := goose.NewProvider(c.dialect, c.db, files)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := provider.UpTo(t.Context(), 4); err != nil {
			t.Fatal(err)
		}
		for _, statement := range []string{
			`INSERT INTO workspace (id, key, name, country, currency, timezone, language, created_at) VALUES ('w', 'w', 'W', 'IS', 'ISK', 'UTC', 'is', 0)`,
			`INSERT INTO connection (id, workspace_id, key, name, enabled, spec, created_at, updated_at)
VALUES ('c', 'w', 'c', 'C', 1, '{"Source":{"Filter":"data.x == \",\\\"Every\\\":60000000000}\""},"OnChange":"redo","Every":900000000000}', 0, 0),
('d', 'w', 'd', 'D', 1, '{"Source":{},"OnChange":"redo","Every":0}', 0, 0)`,
			`INSERT INTO run (id, connection_id, planned_at, started_at, ended_at, found, fresh, problem) VALUES (7, 'c', 10, 11, 12, 3, 2, 'x'), (8, 'c', 20, 21, 0, 1, 1, '')`,
		} {
			if _, err := c.db.ExecContext(t.Context(), statement); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := provider.Up(t.Context()); err != nil {
			t.Fatal(err)
		}
		specs := map[string]string{}
		rows, err := c.db.QueryContext(t.Context(), "SELECT id, spec FROM connection")
		if err := eachRow(rows, err, func(r scanner) error {
			var id, spec string
			err := r.Scan(&id, &spec)
			specs[id] = spec
			return err
		}); err != nil {
			t.Fatal(err)
		}
		var kept, none tengi.Connection
		if err := json.Unmarshal([]byte(specs["c"]), &kept); err != nil || kept.Schedule.Every != 15*time.Minute || kept.Source.Filter != `data.x == ",\"Every\":60000000000}"` {
			t.Errorf("%s: %s %v", c.dir, specs["c"], err)
		}
		if err := json.Unmarshal([]byte(specs["d"]), &none); err != nil || !none.Schedule.IsZero() {
			t.Errorf("%s: %s %v", c.dir, specs["d"], err)
		}
		var runs []Run
		rows, err = c.db.QueryContext(t.Context(), "SELECT "+runColumns+" FROM run ORDER BY id")
		if err := eachRow(rows, err, func(r scanner) error {
			run, err := scanRun(r)
			runs = append(runs, run)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		want := []Run{
			{ID: 7, ConnectionID: "c", Kind: Scheduled, State: RunEnded, PlannedAt: moment(10), StartedAt: moment(11), EndedAt: moment(12), RunCounts: RunCounts{Found: 3, Fresh: 2, Done: 2}, Problem: "x"},
			{ID: 8, ConnectionID: "c", Kind: Scheduled, State: RunEnded, PlannedAt: moment(20), StartedAt: moment(21), EndedAt: moment(21), RunCounts: RunCounts{Found: 1, Fresh: 1, Done: 1}},
		}
		if diff := cmp.Diff(want, runs); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.dir, diff)
		}
	}
}
