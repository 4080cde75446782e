// Package store keeps the ledger: events, deliveries, attempts, calls and documents, with the workspaces, accounts and connections they belong to.
// The ledger is the queue: a delivery's row says what is to be done with it and when, and every change of it is one guarded statement.
//
// It runs on SQLite and on PostgreSQL with one text of SQL. Writes are gathered and committed in groups by writers that own their connection;
// nothing is reported as stored before it is durable.
package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

// Config says where the ledger is.
type Config struct {
	Dir      string // data directory; SQLite keeps its file here
	Database string // postgres:// address; empty = SQLite in Dir
	Log      *slog.Logger
	// Clock tells the time instead of the machine's and the database's clocks, for tests that turn it; nil otherwise.
	Clock func() time.Time
	// Fail is called around every commit with the name of the crash point, for the crash tests; nil otherwise.
	Fail func(point string)
}

// Store is an open ledger. All its methods may be called from many goroutines.
type Store struct {
	read      *sql.DB
	write     *sql.DB         // SQLite: one connection, the writer's
	postgres  *pgx.ConnConfig // PostgreSQL: how a writer connects
	file      string          // SQLite: the database file
	dialect   dialect
	prepared  prepared
	installID string
	queue     chan command
	closing   chan struct{} // closed when new writes are refused
	closed    chan struct{} // closed when the writers are gone
	closeOnce sync.Once
	closeErr  error
	writers   sync.WaitGroup
	unlock    func() error
	crash     func(string)
	clock     func() time.Time // nil: the database's
	skew      skew
	stats     stats
	horizon   horizon
	bounds    searchBounds
	live      *live
	log       *slog.Logger
}

// dialect is everything in which the two databases differ.
type dialect struct {
	name       string
	postgres   bool
	connect    func(context.Context) (session, error) // for a writer
	forUpdate  string                                 // ends a SELECT whose rows are about to be changed
	skipLocked string                                 // the same, leaving out rows that somebody else is changing
	writers    int
	longest    time.Duration    // when a transaction is given up; 0 = never
	passing    func(error) bool // whether an error means that the transaction should simply be run again
}

// Open opens the ledger, brings its schema up to date and starts its writers. It refuses a database that does not make commits durable, one that
// another process uses (SQLite), and one with a newer schema than this program's.
func Open(ctx context.Context, cfg Config) (*Store, error) {
	s := &Store{queue: make(chan command, queueLength), closing: make(chan struct{}), closed: make(chan struct{}),
		unlock: func() error { return nil }, crash: cfg.Fail, clock: cfg.Clock, log: cfg.Log, bounds: searching, live: newLive()}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	var err error
	switch {
	case cfg.Database == "":
		err = s.openSQLite(ctx, filepath.Clean(cfg.Dir))
	case strings.HasPrefix(cfg.Database, "postgres://"), strings.HasPrefix(cfg.Database, "postgresql://"):
		err = s.openPostgres(ctx, cfg.Database)
	default:
		return nil, fmt.Errorf("database %q: must be a postgres:// address, or empty for SQLite in the data directory", schemeOf(cfg.Database))
	}
	if err == nil {
		err = s.start(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, s.release())
	}
	return s, nil
}

// start migrates and starts the writers.
func (s *Store) start(ctx context.Context) error {
	if err := s.migrate(ctx); err != nil {
		return err
	}
	if err := s.SyncClock(ctx); err != nil {
		return err
	}
	var last int64
	if !s.dialect.postgres {
		if err := s.read.QueryRowContext(ctx, lastIDs).Scan(&last); err != nil {
			return fmt.Errorf("read the ledger's counter: %w", err)
		}
	}
	for range s.dialect.writers {
		w := &writer{store: s, lastID: last}
		s.writers.Go(w.run)
	}
	if err := s.identify(ctx); err != nil {
		s.stop()
		return err
	}
	return nil
}

// lastIDs is the greatest number the ledger's counter has given.
const lastIDs = `SELECT max(id) FROM (SELECT coalesce(max(id), 0) AS id FROM event UNION ALL SELECT coalesce(max(id), 0) FROM delivery
UNION ALL SELECT coalesce(max(id), 0) FROM attempt UNION ALL SELECT coalesce(max(id), 0) FROM document UNION ALL SELECT coalesce(max(id), 0) FROM run
UNION ALL SELECT coalesce(max(id), 0) FROM audit) AS ids`

// Close refuses new writes, carries out those that wait, and closes the database.
func (s *Store) Close() error {
	s.closeOnce.Do(func() {
		s.stop()
		s.closeErr = s.release()
	})
	return s.closeErr
}

// stop ends the writers. Who slipped a command in while they left learns from closed that nobody will carry it out.
func (s *Store) stop() {
	close(s.closing)
	s.writers.Wait()
	close(s.closed)
}

func (s *Store) release() error {
	var errs []error
	for _, db := range []*sql.DB{s.read, s.write} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	return errors.Join(append(errs, s.unlock())...)
}

// InstallID is this installation's own random name, part of every Ref.
func (s *Store) InstallID() string { return s.installID }

// Dialect is "sqlite" or "postgres".
func (s *Store) Dialect() string { return s.dialect.name }

// Ready says whether the database answers.
func (s *Store) Ready(ctx context.Context) error {
	select {
	case <-s.closing:
		return ErrClosed
	default:
	}
	var one int
	if err := s.read.QueryRowContext(ctx, "SELECT 1").Scan(&one); err != nil {
		return fmt.Errorf("ask the database: %w", err)
	}
	return nil
}

// identify reads the installation's name, giving it one at first.
func (s *Store) identify(ctx context.Context) error {
	fresh := make([]byte, 8)
	_, _ = rand.Read(fresh) // never fails
	err := s.change(ctx, func(t *tx) error {
		_, err := t.affect("INSERT INTO meta (key, value) VALUES ('install_id', $1) ON CONFLICT (key) DO NOTHING", hex.EncodeToString(fresh))
		return err
	})
	if err != nil {
		return fmt.Errorf("name the installation: %w", err)
	}
	if s.installID, err = s.Meta(ctx, "install_id"); err != nil {
		return fmt.Errorf("read the installation's name: %w", err)
	}
	return nil
}

// schemeOf is what may be shown of a database address: it can hold a password.
func schemeOf(address string) string {
	scheme, _, found := strings.Cut(address, "://")
	if !found {
		return "…"
	}
	return scheme + "://…"
}
