package store_test

import (
	"context"
	"database/sql"
	"maps"
	"slices"
	"sync"
	"testing"

	"github.com/tengi/tengi/internal/pgtest"
	"github.com/tengi/tengi/store"
	"github.com/tengi/tengi/store/storetest"
)

func TestMain(m *testing.M) {
	store.Child()
	pgtest.Main(m)
}

// open opens a store for a test and closes it when the test ends.
func open(t *testing.T, cfg store.Config) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), cfg)
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

func TestSQLite(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, cfg store.Config) *store.Store {
		cfg.Dir = t.TempDir()
		s := open(t, cfg)
		t.Cleanup(func() { store.CheckPlans(t, s) })
		return s
	})
}

func TestPostgreSQL(t *testing.T) {
	t.Parallel()
	free := databases{of: t}
	var mu sync.Mutex
	asked := map[string]bool{}
	t.Run("Suite", func(t *testing.T) {
		storetest.Run(t, func(t *testing.T, cfg store.Config) *store.Store {
			cfg.Database = free.take(t)
			s := open(t, cfg)
			t.Cleanup(func() {
				for _, statement := range store.Statements(t, s) {
					mu.Lock()
					asked[statement] = true
					mu.Unlock()
				}
			})
			return s
		})
	})
	t.Run("Plans", func(t *testing.T) {
		store.CheckPostgresPlans(t, pgtest.Start(t), slices.Sorted(maps.Keys(asked)))
	})
}

// databases are lent to tests one after the other: emptying one takes a hundredth of the time of making one.
type databases struct {
	of   *testing.T
	mu   sync.Mutex
	free []string
}

// take lends a database without data until the test ends.
func (d *databases) take(t *testing.T) (url string) {
	t.Helper()
	d.mu.Lock()
	if n := len(d.free); n > 0 {
		url, d.free = d.free[n-1], d.free[:n-1]
	}
	d.mu.Unlock()
	if url == "" {
		url = pgtest.Start(d.of)
	}
	t.Cleanup(func() { // runs after the store is closed
		empty(t, url)
		d.mu.Lock()
		d.free = append(d.free, url)
		d.mu.Unlock()
	})
	return url
}

// empty removes all data.
func empty(t *testing.T, url string) {
	t.Helper()
	db, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(context.WithoutCancel(t.Context()), `DELETE FROM meta; DELETE FROM membership; DELETE FROM api_key; DELETE FROM person; DELETE FROM web_session; DELETE FROM one_time_code; DELETE FROM audit; DELETE FROM draft; DELETE FROM term; DELETE FROM event_words; DELETE FROM tally; DELETE FROM revisit; DELETE FROM account_limit; DELETE FROM schedule; DELETE FROM run; DELETE FROM connection;
DELETE FROM account; DELETE FROM workspace; DELETE FROM event; DELETE FROM delivery; DELETE FROM object; DELETE FROM step; DELETE FROM call; DELETE FROM attempt; DELETE FROM document`); err != nil {
		t.Error(err)
	}
}

func TestPostgreSQLNodes(t *testing.T) {
	t.Parallel()
	free := databases{of: t}
	storetest.Nodes(t, func(t *testing.T) func(store.Config) (*store.Store, error) {
		url := free.take(t)
		return func(cfg store.Config) (*store.Store, error) {
			cfg.Database = url
			return store.Open(t.Context(), cfg)
		}
	})
}
