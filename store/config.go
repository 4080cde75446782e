package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/schedule"
)

// AccountRow is an account as it is stored: its secrets sealed.
type AccountRow struct {
	tengi.Account        // without Secrets and HookToken
	Sealed        []byte // secrets and webhook token
	HookHash      []byte // SHA-256 of the webhook token; nil when it takes no webhooks
}

// Configuration is everything people have set up.
type Configuration struct {
	Workspaces  []tengi.Workspace
	Accounts    []AccountRow
	Connections []tengi.Connection
}

// Configuration reads everything people have set up, ordered by key.
func (s *Store) Configuration(ctx context.Context) (Configuration, error) {
	var c Configuration
	err := s.rows(ctx, func(r scanner) error {
		var w tengi.Workspace
		err := r.Scan(&w.ID, &w.Key, &w.Name, &w.Country, &w.Currency, &w.TimeZone, &w.Language)
		c.Workspaces = append(c.Workspaces, w)
		return err
	}, "SELECT id, key, name, country, currency, timezone, language FROM workspace ORDER BY key")
	if err != nil {
		return c, fmt.Errorf("read workspaces: %w", err)
	}
	err = s.rows(ctx, func(r scanner) error {
		var a AccountRow
		var settings string
		if err := r.Scan(&a.ID, &a.WorkspaceID, &a.Key, &a.Name, &a.Connector, &settings, &a.Sealed, &a.HookHash, &a.State, &a.Reason); err != nil {
			return err
		}
		a.Sealed, a.HookHash = bare(a.Sealed), bare(a.HookHash)
		c.Accounts = append(c.Accounts, a)
		return json.Unmarshal([]byte(settings), &c.Accounts[len(c.Accounts)-1].Settings)
	}, "SELECT id, workspace_id, key, name, connector, settings, secrets, hook_hash, state, reason FROM account WHERE deleted_at = 0 ORDER BY workspace_id, key")
	if err != nil {
		return c, fmt.Errorf("read accounts: %w", err)
	}
	err = s.rows(ctx, func(r scanner) error {
		var id, workspaceID, key, name, spec string
		var enabled int
		if err := r.Scan(&id, &workspaceID, &key, &name, &enabled, &spec); err != nil {
			return err
		}
		var conn tengi.Connection
		err := json.Unmarshal([]byte(spec), &conn)
		conn.ID, conn.WorkspaceID, conn.Key, conn.Name, conn.Enabled = id, workspaceID, key, name, enabled != 0
		c.Connections = append(c.Connections, conn)
		return err
	}, "SELECT id, workspace_id, key, name, enabled, spec FROM connection WHERE deleted_at = 0 ORDER BY workspace_id, key")
	if err != nil {
		return c, fmt.Errorf("read connections: %w", err)
	}
	return c, nil
}

// SaveWorkspace creates a workspace or changes the one with its ID.
func (s *Store) SaveWorkspace(ctx context.Context, w tengi.Workspace, now time.Time) error {
	zone, err := time.LoadLocation(w.TimeZone)
	if err != nil {
		return fmt.Errorf("the time zone of workspace %s: %w", w.Key, err)
	}
	s.live.learn(w.ID)
	return s.change(ctx, func(t *tx) error {
		t.tell(w.ID)
		was := w.TimeZone
		if err := t.query(t.ctx, func(r scanner) error { return r.Scan(&was) }, "SELECT timezone FROM workspace WHERE id = $1", w.ID); err != nil {
			return err
		}
		_, err := t.affect(`INSERT INTO workspace (id, key, name, country, currency, timezone, language, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (id) DO UPDATE SET key = excluded.key, name = excluded.name, country = excluded.country, currency = excluded.currency,
timezone = excluded.timezone, language = excluded.language`, w.ID, w.Key, w.Name, w.Country, w.Currency, w.TimeZone, w.Language, millis(now))
		if err != nil || was == w.TimeZone {
			return err
		}
		return t.rezone(w.ID, zone, now)
	})
}

// SaveAccount creates an account or changes the one with its ID, its state included.
func (s *Store) SaveAccount(ctx context.Context, a AccountRow, now time.Time) error {
	settings, err := json.Marshal(a.Settings)
	if err != nil {
		return fmt.Errorf("encode the settings of account %s: %w", a.Key, err)
	}
	s.live.learn(a.WorkspaceID, a.ID)
	return s.change(ctx, func(t *tx) error {
		t.tell(a.WorkspaceID)
		_, err := t.affect(`INSERT INTO account (id, workspace_id, key, name, connector, settings, secrets, hook_hash, state, reason, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11)
ON CONFLICT (id) DO UPDATE SET key = excluded.key, name = excluded.name, settings = excluded.settings, secrets = excluded.secrets, hook_hash = excluded.hook_hash,
state = excluded.state, reason = excluded.reason, updated_at = excluded.updated_at`,
			a.ID, a.WorkspaceID, a.Key, a.Name, a.Connector, string(settings), blob(a.Sealed), blob(a.HookHash), string(a.State), a.Reason, millis(now))
		if err != nil {
			return err
		}
		_, err = t.affect("INSERT INTO account_limit (account_id) VALUES ($1) ON CONFLICT (account_id) DO NOTHING", a.ID)
		return err
	})
}

// SetAccountState moves an account from one state to another. It reports whether it was in the former: two who notice the same trouble tell a person once.
func (s *Store) SetAccountState(ctx context.Context, accountID string, from, to tengi.AccountState, reason string, now time.Time) (moved bool, err error) {
	err = s.change(ctx, func(t *tx) error {
		n, err := t.affect("UPDATE account SET state = $1, reason = $2, updated_at = $3 WHERE id = $4 AND state = $5", string(to), reason, millis(now), accountID, string(from))
		if moved = n == 1; moved {
			t.tell(accountID)
		}
		return err
	})
	return moved, err
}

// SaveConnection creates a connection or changes the one with its ID. A schedule that is saved as it was keeps its moment. A new interval is due at once,
// and a changed one counts from the last run; a new time of day is planned as schedule.First says. A connection that would run after itself is
// refused with a CycleError.
func (s *Store) SaveConnection(ctx context.Context, c tengi.Connection, now time.Time) error {
	spec, err := json.Marshal(c)
	if err == nil {
		err = c.Schedule.Check()
	}
	if err != nil {
		return fmt.Errorf("encode connection %s: %w", c.Key, err)
	}
	enabled := 0
	if c.Enabled {
		enabled = 1
	}
	s.live.learn(c.WorkspaceID, c.ID)
	return s.change(ctx, func(t *tx) error {
		t.tell(c.WorkspaceID)
		next, plan, err := t.replan(c, now)
		if err != nil {
			return err
		}
		_, err = t.affect(`INSERT INTO connection (id, workspace_id, key, name, enabled, spec, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $7)
ON CONFLICT (id) DO UPDATE SET key = excluded.key, name = excluded.name, enabled = excluded.enabled, spec = excluded.spec, updated_at = excluded.updated_at`,
			c.ID, c.WorkspaceID, c.Key, c.Name, enabled, string(spec), millis(now))
		if err != nil {
			return err
		}
		_, err = t.affect(`INSERT INTO schedule (connection_id, next_at, plan, after_id, only_ok) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (connection_id) DO UPDATE SET next_at = excluded.next_at, plan = excluded.plan, after_id = excluded.after_id, only_ok = excluded.only_ok`,
			c.ID, next, plan, c.Schedule.After, flag(c.Schedule.Only == schedule.OK))
		return err
	})
}

// Meta reads a named value of the installation; empty when there is none.
func (s *Store) Meta(ctx context.Context, key string) (string, error) {
	var value string
	err := s.one(ctx, []any{&value}, "SELECT value FROM meta WHERE key = $1", key)
	if errors.Is(err, ErrNotFound) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("read %s: %w", key, err)
	}
	return value, nil
}

// SetMeta stores a named value of the installation.
func (s *Store) SetMeta(ctx context.Context, key, value string) error {
	return s.change(ctx, func(t *tx) error {
		_, err := t.affect("INSERT INTO meta (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value", key, value)
		return err
	})
}
