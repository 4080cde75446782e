package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

// postgresWriters is how many group-committing writers a node runs: while one waits for its fsync the next gathers.
const postgresWriters = 3

// longestBatch is when a transaction is given up: a server that does not answer must not hold its callers for ever. SQLite has no such bound: a disk
// that does not answer cannot be left alone half-way.
const longestBatch = 30 * time.Second

// longestConnect is when a connection is given up that is being made: a server behind a network that swallows everything is not there.
const longestConnect = 10 * time.Second

// planning are a session's settings for the planner. Every statement of the ledger has an index that finds its few rows, and none is helped by
// reading a whole table. But a statement is planned when it is first used, in a young ledger perhaps over empty tables, where reading all is cheapest,
// and keeps its plan while the tables grow until the server analyses them. https://www.postgresql.org/docs/15/runtime-config-query.html
var planning = map[string]string{"enable_seqscan": "off", "enable_hashjoin": "off", "enable_mergejoin": "off", "jit": "off"}

// openPostgres connects to a server that several nodes may share.
func (s *Store) openPostgres(ctx context.Context, address string) error {
	cfg, err := pgx.ParseConfig(address)
	if err != nil {
		return errors.New("the database address cannot be read: it should look like postgres://user@host:5432/tengi") // its own text may quote the password
	}
	if cfg.ConnectTimeout == 0 { // the address says nothing of it
		cfg.ConnectTimeout = longestConnect
	}
	for parameter, value := range planning {
		cfg.RuntimeParams[parameter] = value
	}
	cfg.RuntimeParams["application_name"] = "tengi"
	cfg.RuntimeParams["timezone"] = "UTC"
	s.read = stdlib.OpenDB(*cfg)
	s.read.SetMaxOpenConns(12)
	s.read.SetMaxIdleConns(12)
	s.postgres = cfg.Copy()
	// A node that is frozen in the middle of a transaction must not keep its locks from the others.
	s.postgres.RuntimeParams["idle_in_transaction_session_timeout"] = "10s"
	s.dialect = dialect{name: "postgres", postgres: true, connect: s.connectPostgres, forUpdate: " FOR UPDATE", skipLocked: " FOR UPDATE SKIP LOCKED",
		writers: postgresWriters, longest: longestBatch, passing: passingPostgres}
	return s.checkPostgres(ctx)
}

// checkPostgres refuses a server that forgets what it reported as committed, and one that is too old.
func (s *Store) checkPostgres(ctx context.Context) error {
	var version int
	if err := s.read.QueryRowContext(ctx, "SELECT current_setting('server_version_num')::int").Scan(&version); err != nil {
		return fmt.Errorf("connect to PostgreSQL: %w", err)
	}
	if version < 150_000 {
		return fmt.Errorf("PostgreSQL %d is too old: Tengi needs 15 or later", version/10_000)
	}
	return durablePostgres(func(setting string) (value string, err error) {
		return value, s.read.QueryRowContext(ctx, "SELECT current_setting($1)", setting).Scan(&value)
	})
}

// durablePostgres refuses settings, of the server, the database or the role, under which the server forgets commits when the power fails.
// https://www.postgresql.org/docs/15/runtime-config-wal.html
func durablePostgres(read func(setting string) (string, error)) error {
	// Invariant 1: what is acknowledged is on the disk.
	for _, setting := range []string{"fsync", "synchronous_commit", "full_page_writes"} {
		value, err := read(setting)
		if err != nil {
			return fmt.Errorf("read the server's setting %s: %w", setting, err)
		}
		if value == "off" {
			return fmt.Errorf("PostgreSQL runs with %s=off and would lose events after a crash: set %s=on for the server, the database and the role", setting, setting)
		}
	}
	return nil
}

// passingPostgres are failures after which the same transaction may well succeed: two nodes met on the same rows, another node has just changed
// the schema or taken a delivery of the same object, the connection broke before the commit.
func passingPostgres(err error) bool {
	if errors.Is(err, errCommitFailed) {
		return false
	}
	if errors.Is(err, errLost) {
		return true
	}
	e, ok := errors.AsType[*pgconn.PgError](err)
	if !ok {
		return false
	}
	switch e.Code {
	case "40001", "40P01":
		return true
	case "23505":
		return e.ConstraintName == "delivery_running"
	case "0A000":
		return strings.Contains(e.Message, "cached plan")
	default:
		return false
	}
}

// channel is what nodes listen on for new work.
const channel = "tengi_work"

// Announce tells the other nodes that there is new work or a new configuration. On SQLite there are none.
func (s *Store) Announce(ctx context.Context, what string) error {
	if !s.dialect.postgres {
		return nil
	}
	_, err := s.read.ExecContext(ctx, "SELECT pg_notify($1, $2)", channel, what)
	if err != nil {
		return fmt.Errorf("tell the other nodes: %w", err)
	}
	return nil
}

// Listen calls heard for every announcement of another node until ctx ends, the connection breaks or heard fails. Before the first it calls began
// once: what was announced until then was not heard, what is announced from then on is. On SQLite, where there are no other nodes, it waits for ctx.
func (s *Store) Listen(ctx context.Context, began func() error, heard func(what string) error) error {
	return s.listen(ctx, channel, began, heard)
}

func (s *Store) listen(ctx context.Context, channel string, began func() error, heard func(what string) error) error {
	if !s.dialect.postgres {
		<-ctx.Done()
		return ctx.Err()
	}
	conn, err := s.read.Conn(ctx)
	if err != nil {
		return fmt.Errorf("connect to listen: %w", err)
	}
	defer conn.Close() //nolint:errcheck // it is given up either way
	return conn.Raw(func(raw any) error {
		pg, ok := raw.(*stdlib.Conn)
		if !ok {
			return fmt.Errorf("listen: unexpected driver connection %T", raw)
		}
		if _, err := pg.Conn().Exec(ctx, "LISTEN "+channel); err != nil {
			return errors.Join(fmt.Errorf("listen: %w", err), driver.ErrBadConn)
		}
		err := began()
		for err == nil {
			var n *pgconn.Notification
			if n, err = pg.Conn().WaitForNotification(ctx); err == nil {
				err = heard(n.Payload)
			}
		}
		return errors.Join(fmt.Errorf("listen: %w", err), driver.ErrBadConn) // so that a connection that still listens does not go back to the pool
	})
}
