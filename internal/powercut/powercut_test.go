package powercut

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// database is a database of one table, on a disk.
func database(t *testing.T, d *Disk, path, synchronous string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path+"?vfs="+d.Name()+"&_pragma=journal_mode(wal)&_pragma=synchronous("+synchronous+")&_pragma=wal_autocheckpoint(40)")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() }) // without power it cannot even tidy up
	db.SetMaxOpenConns(1)
	for _, statement := range []string{"CREATE TABLE kept (n INTEGER PRIMARY KEY, text TEXT)", "PRAGMA wal_checkpoint(TRUNCATE)"} { // which syncs the table
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	return db
}

// fill stores rows, each in a transaction of its own, until that fails or there are enough, and says how many were reported as stored.
func fill(ctx context.Context, db *sql.DB, from, to int) (n int, err error) {
	for n = from; n < to; n++ {
		if _, err = db.ExecContext(ctx, "INSERT INTO kept VALUES ($1, $2)", n, strings.Repeat(fmt.Sprint(n, " "), 300)); err != nil {
			return n, err
		}
	}
	return n, nil
}

// reopened puts an image into a folder of its own, looks whether the database there is whole, and counts its rows.
func reopened(t *testing.T, i Image) (n int) {
	t.Helper()
	dir := t.TempDir()
	if err := i.Save(dir); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "x.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var whole string
	var last int
	if err := db.QueryRowContext(t.Context(), "PRAGMA integrity_check").Scan(&whole); err != nil || whole != "ok" {
		t.Errorf("the database is not whole: %s %v", whole, err)
	}
	if err := db.QueryRowContext(t.Context(), "SELECT count(*), coalesce(max(n), -1) + 1 FROM kept").Scan(&n, &last); err != nil || n != last {
		t.Errorf("%d rows, the last is number %d, %v", n, last, err)
	}
	return n
}

// lose cuts the power under a database that is written to, at a random moment, and says how many rows that were reported as stored are not there.
func lose(t *testing.T, synchronous string, how Way, lazy bool, random *rand.Rand) (lost int, image Image) {
	t.Helper()
	d := New(t)
	if lazy {
		d.BeLazy()
	}
	db := database(t, d, filepath.Join(t.TempDir(), "x.db"), synchronous)
	cut := d.CutAfter(random.IntN(400), how, random)
	stored, err := fill(t.Context(), db, 0, 1_000_000)
	image = <-cut
	if err == nil {
		t.Fatal("without power everything was stored")
	}
	return max(stored-reopened(t, image), 0), image
}

// TestSyncedStays: with synchronous=FULL what was reported as stored is there however the disk loses the rest.
func TestSyncedStays(t *testing.T) {
	t.Parallel()
	pending, kept, checkpoints := 0, 0, 0
	for seed := range uint64(45) {
		how := Way(seed % uint64(ways))
		lost, image := lose(t, "full", how, false, rand.New(rand.NewPCG(seed, 1)))
		if lost != 0 {
			t.Errorf("seed %d, way %d: %d rows are lost", seed, how, lost)
		}
		pending, kept, checkpoints = pending+image.Pending, kept+image.Kept, checkpoints+image.Checkpoints
	}
	t.Logf("%d changes were pending, %d kept, %d checkpoints", pending, kept, checkpoints)
	if pending == 0 || kept == 0 || kept == pending || checkpoints == 0 {
		t.Errorf("%d changes were pending, %d of them kept, %d checkpoints: nothing was tried", pending, kept, checkpoints)
	}
}

// TestUnsyncedGoes: with synchronous=NORMAL, and on a disk that is as lazy, rows that were reported as stored are lost, and the rest is whole.
func TestUnsyncedGoes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		synchronous string
		lazy        bool
	}{"normal": {"normal", false}, "lazy": {"full", true}} {
		all := 0
		for seed := range uint64(15) {
			lost, _ := lose(t, c.synchronous, Way(seed%uint64(ways)), c.lazy, rand.New(rand.NewPCG(seed, 2)))
			all += lost
		}
		t.Logf("%s: %d rows lost", name, all)
		if all == 0 {
			t.Errorf("%s: nothing was lost", name)
		}
	}
}

// TestFull: a disk without room refuses what makes a file grow, and loses nothing; with room again everything goes on.
func TestFull(t *testing.T) {
	t.Parallel()
	d := New(t)
	db := database(t, d, filepath.Join(t.TempDir(), "x.db"), "full")
	stored, err := fill(t.Context(), db, 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	d.Fill(true)
	stored, err = fill(t.Context(), db, stored, 1_000_000)
	if e, ok := errors.AsType[*sqlite.Error](err); !ok || e.Code()&0xff != sqlite3.SQLITE_FULL {
		t.Fatalf("on a full disk: %v", err)
	}
	d.Fill(false)
	if stored, err = fill(t.Context(), db, stored, stored+100); err != nil {
		t.Fatalf("with room again: %v", err)
	}
	if n := reopened(t, d.Cut(Nothing, nil)); n != stored {
		t.Errorf("%d rows, want %d", n, stored)
	}
}

// TestNothingAfterTheCut: without power nothing is written, nothing truncated and nothing removed.
func TestNothingAfterTheCut(t *testing.T) {
	t.Parallel()
	d := New(t)
	path := filepath.Join(t.TempDir(), "x.db")
	db := database(t, d, path, "full")
	if _, err := fill(t.Context(), db, 0, 10); err != nil {
		t.Fatal(err)
	}
	d.Cut(Nothing, nil)
	before, err := os.ReadFile(path + "-wal")
	if err != nil {
		t.Fatal(err)
	}
	if n, err := fill(t.Context(), db, 10, 20); err == nil || n != 10 {
		t.Errorf("%d rows were stored without power", n-10)
	}
	_ = db.Close()
	if after, err := os.ReadFile(path + "-wal"); err != nil || !bytes.Equal(before, after) {
		t.Errorf("the log has %d bytes and had %d, %v", len(after), len(before), err)
	}
}

// TestInstalled is the whole of this package as a program uses it: a database that names no file system is on the disk.
// Not parallel: it concerns the whole process.
func TestInstalled(t *testing.T) {
	d, err := Install()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { sqlite3.Xsqlite3_vfs_register(vfs.tls, vfs.below, 1) })
	db, err := sql.Open("sqlite", "file:"+filepath.Join(t.TempDir(), "x.db")+"?_pragma=journal_mode(wal)&_pragma=synchronous(full)")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), "CREATE TABLE kept (n INTEGER PRIMARY KEY, text TEXT)"); err != nil {
		t.Fatal(err)
	}
	if _, err := fill(t.Context(), db, 0, 7); err != nil {
		t.Fatal(err)
	}
	if n := reopened(t, d.Cut(Scattered, rand.New(rand.NewPCG(1, 1)))); n != 7 {
		t.Errorf("%d rows on the disk, want 7", n)
	}
}
