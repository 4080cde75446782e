package store

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
)

// readers is how many reads of a SQLite file run at the same time.
const readers = 8

// openSQLite opens DIR/tengi.db: one connection for the writer, a few that may only read.
func (s *Store) openSQLite(ctx context.Context, dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make the data directory: %w", err)
	}
	unlock, err := lockDir(filepath.Join(dir, "tengi.lock"))
	if err != nil {
		return err
	}
	s.unlock = unlock
	if err := localDisk(dir); err != nil {
		return err
	}
	s.dialect = dialect{name: "sqlite", connect: s.connectSQLite, writers: 1, passing: func(error) bool { return false }}
	s.file = filepath.Join(dir, "tengi.db")
	// Invariant 1: synchronous(full), so that a commit that is reported is on the disk.
	common := []string{"journal_mode(wal)", "busy_timeout(10000)", "synchronous(full)", "fullfsync(1)", "foreign_keys(1)", "temp_store(memory)"}
	if s.write, err = openFile(s.file, append(common, "cache_size(-16384)", "journal_size_limit(67108864)", "wal_autocheckpoint(4000)"), "_txlock=immediate"); err != nil {
		return err
	}
	s.write.SetMaxOpenConns(1)
	if err := s.durable(ctx); err != nil {
		return err
	}
	if s.read, err = openFile(s.file, append(common, "cache_size(-2048)", "query_only(1)")); err != nil {
		return err
	}
	s.read.SetMaxOpenConns(readers)
	s.read.SetMaxIdleConns(readers)
	return nil
}

// openFile opens a database file with pragmas set on every connection.
func openFile(path string, pragmas []string, more ...string) (*sql.DB, error) {
	query := make([]string, 0, len(pragmas)+len(more))
	for _, p := range pragmas {
		query = append(query, "_pragma="+url.QueryEscape(p))
	}
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+"?"+strings.Join(append(query, more...), "&"))
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	return db, nil
}

// durable reads back what the driver was told.
func (s *Store) durable(ctx context.Context) error {
	var mode string
	var sync int
	if err := s.write.QueryRowContext(ctx, "PRAGMA journal_mode").Scan(&mode); err != nil {
		return fmt.Errorf("open the database: %w", err)
	}
	if err := s.write.QueryRowContext(ctx, "PRAGMA synchronous").Scan(&sync); err != nil {
		return fmt.Errorf("read back PRAGMA synchronous: %w", err)
	}
	return enoughSQLite(mode, sync)
}

// enoughSQLite refuses settings under which SQLite forgets commits when the power fails, https://sqlite.org/pragma.html#pragma_synchronous
func enoughSQLite(mode string, sync int) error {
	if mode != "wal" || sync < 2 {
		return fmt.Errorf("the database runs with journal_mode %s and synchronous %d; Tengi needs wal and 2 (full) to keep what it acknowledges", mode, sync)
	}
	return nil
}
