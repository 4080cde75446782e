package main

import (
	"errors"
	"testing"

	"github.com/tengi/tengi/internal/pgtest"
	"github.com/tengi/tengi/store"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// Both databases take the older events as the schema is now, and a hub's store opens over them and goes on counting behind them.
func TestFill(t *testing.T) {
	t.Parallel()
	for _, name := range stores {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			database := ""
			if name == "postgres" {
				database = pgtest.Start(t)
			}
			ctx := t.Context()
			i, err := install(ctx, t.TempDir(), database, "127.0.0.1:1")
			if err != nil {
				t.Fatal(err)
			}
			const events = 2000
			if err := i.fill(ctx, events); err != nil {
				t.Fatal(err)
			}
			for query, want := range map[string]int64{
				"SELECT count(*) FROM event": events,
				"SELECT count(DISTINCT dedupe_hash) FROM event WHERE length(dedupe_hash) = 16 AND length(body) > 1800":                          events,
				"SELECT count(*) FROM delivery d JOIN event e ON e.id = d.event_id JOIN connection c ON c.id = d.connection_id":                 events,
				"SELECT count(*) FROM delivery WHERE state = 'failed' AND open = 1":                                                             events / 1000,
				"SELECT count(*) FROM delivery WHERE due_at IS NOT NULL OR state = 'running'":                                                   0,
				"SELECT count(*) FROM step s JOIN delivery d ON d.id = s.delivery_id AND d.object = s.object":                                   events,
				"SELECT count(*) FROM step s JOIN document d ON d.id = s.document_id AND d.ref = s.ref AND d.object = s.object":                 events - events/1000,
				"SELECT count(*) FROM call c JOIN step s ON s.delivery_id = c.delivery_id AND s.key = c.step_key AND c.key = s.ref||'-request'": events,
				"SELECT count(*) FROM attempt a JOIN delivery d ON d.id = a.delivery_id":                                                        events,
			} {
				if got, err := i.ledger(ctx, query); err != nil || got != want {
					t.Errorf("%s: %d, want %d (%v)", query, got, want, err)
				}
			}
			indexesAlike(t, i)
			newest, err := i.newest(ctx)
			if err != nil {
				t.Fatal(err)
			}
			goesOn(t, i, newest)
		})
	}
}

// indexesAlike has the indexer look at the older events, and compares what it makes of them with what was stored as its work.
func indexesAlike(t *testing.T, i *installation) {
	t.Helper()
	ctx := t.Context()
	index := func() (counts [4]int64) {
		for n, query := range []string{"SELECT count(*) FROM term", "SELECT sum(length(words)) FROM event_words", "SELECT count(*) FROM tally", "SELECT sum(count) FROM tally"} {
			var err error
			if counts[n], err = i.ledger(ctx, query); err != nil {
				t.Fatal(err)
			}
		}
		return counts
	}
	stored := index()
	db, err := i.open()
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range []string{"term", "event_words", "tally", "meta WHERE key = 'indexed'"} {
		if _, err := db.ExecContext(ctx, "DELETE FROM "+table); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(ctx, store.Config{Dir: i.data, Database: i.database})
	if err != nil {
		t.Fatal(err)
	}
	for more := true; more && err == nil; {
		more, err = s.IndexOnce(ctx)
	}
	if err := errors.Join(err, s.Close()); err != nil {
		t.Fatal(err)
	}
	if made := index(); made != stored {
		t.Errorf("stored as the index: %v; made: %v (words, their length, hours, counts)", stored, made)
	}
}

// goesOn stores one more event.
func goesOn(t *testing.T, i *installation, newest int64) {
	t.Helper()
	s, err := store.Open(t.Context(), store.Config{Dir: i.data, Database: i.database})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	e := store.NewEvent{}
	e.AccountID, e.Type, e.Dedupe = "x", "webhook.received", "another"
	stored, err := s.Ingest(t.Context(), store.Ingest{Events: []store.NewEvent{e}})
	if err != nil || len(stored) != 1 || stored[0].EventID <= newest || stored[0].Duplicate {
		t.Errorf("the next event is %+v after %d: %v", stored, newest, err)
	}
}
