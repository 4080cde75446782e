package main

import (
	"context"
	"database/sql"
	_ "embed"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	_ "modernc.org/sqlite"             // the driver "sqlite"

	"github.com/tengi/tengi/connectors"
	"github.com/tengi/tengi/secret"
	"github.com/tengi/tengi/setup"
	"github.com/tengi/tengi/store"
)

// The accounts of bench.yaml that take notices, by their keys.
const (
	accountAlone  = "alone"  // no connection listens to it
	accountParked = "parked" // its connection is switched off: deliveries are stored and wait
	accountOrders = "orders" // its connection works
)

// sharedToken is what the senders prove themselves with.
const sharedToken = "bench-token-of-the-senders"

//go:embed bench.yaml
var configuration string

// installation is a Tengi set up in a folder: what a person would have after `tengi apply bench.yaml`.
type installation struct {
	data     string
	database string            // postgres:// address; empty = SQLite
	tokens   map[string]string // of webhook addresses, by account key
}

// install sets a Tengi up whose orders go to a destination.
func install(ctx context.Context, data, database, destination string) (i *installation, err error) {
	i = &installation{data: data, database: database, tokens: map[string]string{}}
	s, err := store.Open(ctx, store.Config{Dir: data, Database: database})
	if err != nil {
		return nil, fmt.Errorf("open the store: %w", err)
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if err := os.MkdirAll(data, 0o700); err != nil { // PostgreSQL's store needs none, the key does
		return nil, err
	}
	box, err := secret.Open(filepath.Join(data, "key"), "")
	if err != nil {
		return nil, fmt.Errorf("make the key: %w", err)
	}
	in := setup.Gather([]setup.File{{Name: "bench.yaml", Text: strings.ReplaceAll(configuration, "DESTINATION", "http://"+destination)}}, setup.Look{
		Env: func(name string) (string, bool) { return sharedToken, name == "BENCH_TOKEN" },
	})
	report, err := setup.Apply(ctx, setup.Target{Store: s, Secrets: box, Connectors: connectors.All(), HookURL: func(token string) string { return token }}, in, false)
	if err != nil {
		return nil, fmt.Errorf("apply bench.yaml: %w", err)
	}
	for _, change := range report.Changes {
		i.tokens[change.Key] = change.HookURL
	}
	return i, nil
}

// notice is an order as the senders of an account write it.
func (i *installation) notice(address, account string) notice {
	return newNotice(address, "/hooks/"+i.tokens[account], sharedToken)
}

// open connects to the ledger from outside, to count what is in it. While a hub uses it that must only read; a SQLite file must not stay open while
// the hub is killed, or the last to close it would do the hub's recovery.
func (i *installation) open() (*sql.DB, error) {
	if i.database != "" {
		return sql.Open("pgx", i.database)
	}
	path := (&url.URL{Path: filepath.Join(i.data, "tengi.db")}).EscapedPath()
	return sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(10000)")
}

// ledger reads one number from the ledger.
func (i *installation) ledger(ctx context.Context, query string, args ...any) (n int64, err error) {
	db, err := i.open()
	if err != nil {
		return 0, fmt.Errorf("open the ledger: %w", err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := db.QueryRowContext(ctx, query, args...).Scan(&n); err != nil {
		return 0, fmt.Errorf("ask the ledger: %w", err)
	}
	return n, nil
}

// newest is the greatest number the ledger has given to an event or a delivery: what comes later has a greater one.
func (i *installation) newest(ctx context.Context) (int64, error) {
	return i.ledger(ctx, "SELECT max(n) FROM (SELECT coalesce(max(id), 0) AS n FROM event UNION ALL SELECT coalesce(max(id), 0) FROM delivery) AS ids")
}

// stored counts the events that came after a number.
func (i *installation) stored(ctx context.Context, after int64) (int64, error) {
	return i.ledger(ctx, "SELECT count(*) FROM event WHERE id > $1", after)
}

// done counts the deliveries after a number whose every step made its document.
func (i *installation) done(ctx context.Context, after int64) (int64, error) {
	return i.ledger(ctx, "SELECT count(*) FROM delivery WHERE id > $1 AND state = 'done'", after)
}

// settled waits until no delivery after a number is in anybody's hands, or the patience is at its end: then what is left shows in the counts.
func (i *installation) settled(ctx context.Context, after int64, patience time.Duration) (err error) {
	db, err := i.open()
	if err != nil {
		return fmt.Errorf("open the ledger: %w", err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for until := time.Now().Add(patience); time.Now().Before(until); {
		var left int64
		if err := db.QueryRowContext(ctx, "SELECT count(*) FROM delivery WHERE open = 1 AND id > $1", after).Scan(&left); err != nil {
			return fmt.Errorf("ask the ledger: %w", err)
		}
		if left == 0 {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// endLeases ends what a killed hub held on PostgreSQL as time would: there another node could still be at work on it.
func (i *installation) endLeases(ctx context.Context) (err error) {
	db, err := i.open()
	if err != nil {
		return fmt.Errorf("open the ledger: %w", err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if _, err := db.ExecContext(ctx, "UPDATE delivery SET lease_until = 1 WHERE state = 'running'"); err != nil {
		return fmt.Errorf("end the leases: %w", err)
	}
	return nil
}
