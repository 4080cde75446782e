package store

import (
	"context"
	"maps"
	"os"
	"slices"
	"sync"
	"testing"
)

// Child plays the process that TestASecondProcessIsRefused starts, and does not return, when the environment says so.
func Child() {
	if dir := os.Getenv(childDir); dir != "" {
		os.Exit(beChild(dir))
	}
}

// Statements lists what a store has asked its database so far, as far as connections still remember.
func Statements(t *testing.T, s *Store) []string {
	t.Helper()
	select {
	case <-s.closing: // by the test itself
		return nil
	default:
	}
	ctx := context.WithoutCancel(t.Context())
	seen := map[string]bool{}
	var mu sync.Mutex
	see := func(r scanner) error {
		var statement string
		err := r.Scan(&statement)
		mu.Lock()
		seen[statement] = true
		mu.Unlock()
		return err
	}
	const prepared = "SELECT statement FROM pg_prepared_statements"
	var group sync.WaitGroup
	for range 4 * s.dialect.writers { // more than writers, so that each is likely to get one
		group.Go(func() {
			if err := s.change(ctx, func(t *tx) error {
				if l, ok := t.session.(*lite); ok {
					mu.Lock()
					defer mu.Unlock()
					for statement := range l.stmts {
						seen[statement] = true
					}
					for b := range l.bulks {
						seen[b.sqlite] = true
					}
					return nil
				}
				return t.query(t.ctx, see, prepared)
			}); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	for statement := range s.prepared.stmts {
		seen[statement] = true
	}
	if s.dialect.postgres {
		for range s.read.Stats().OpenConnections {
			conn, err := s.read.Conn(ctx)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close() //nolint:gocritic // all are held until the end, so that each is asked
			rows, err := conn.QueryContext(ctx, prepared)
			if err := eachRow(rows, err, see); err != nil {
				t.Fatal(err)
			}
		}
	}
	return slices.Sorted(maps.Keys(seen))
}

func NoCheckpoint(t *testing.T, s *Store) {
	if err := s.change(t.Context(), func(t *tx) error {
		return t.query(t.ctx, func(scanner) error { return nil }, "PRAGMA wal_autocheckpoint=0")
	}); err != nil {
		t.Fatal(err)
	}
}
