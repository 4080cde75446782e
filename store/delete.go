package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tengi/tengi"
)

// InUseError says that something cannot be deleted because connections need it. It is an ErrConflict.
type InUseError struct {
	What        string
	Connections []tengi.Connection // that need it
}

// Is makes it an ErrConflict.
func (e *InUseError) Is(target error) bool { return target == ErrConflict }

func (e *InUseError) Error() string {
	keys := make([]string, len(e.Connections))
	for i, c := range e.Connections {
		keys[i] = c.Key
	}
	return fmt.Sprintf("%s is in use by %s: delete or change these first", e.What, strings.Join(keys, ", "))
}

// OpenError says that a connection has deliveries that have not ended.
type OpenError struct {
	Skippable int // wait, or are held or failed: deleting may end them
	AtWork    int // are being worked, or may have acted: they come first, or a person decides about them
	Running   bool
}

func (e *OpenError) Error() string {
	switch {
	case e.Running:
		return "a run of the connection is under way: wait until it has ended, or cancel it"
	case e.AtWork > 0:
		return fmt.Sprintf("%d deliveries of the connection are being worked on, or it is not known whether they have acted: switch it off and decide about them first", e.AtWork)
	default:
		return fmt.Sprintf("%d deliveries of the connection have not ended", e.Skippable)
	}
}

// keySplit is what stands between a key and the id of what had it, when that is deleted: no key may contain it.
const keySplit = "~"

// DeletedCode is the code of deliveries that ended because their connection was deleted.
const DeletedCode = "connection_deleted"

// DeleteConnection deletes a connection. Its events, documents and ended deliveries stay readable, its key is free again. With deliveries that have not
// ended it is an OpenError, unless skip says that those that wait for anything but an answer end as skipped; what is being worked or may have acted
// is always one. An InUseError names connections that run after it.
func (s *Store) DeleteConnection(ctx context.Context, workspaceID, id string, skip bool, now time.Time) error {
	err := s.change(ctx, func(t *tx) error {
		t.tell(workspaceID)
		all, err := t.connections(workspaceID)
		if err != nil {
			return err
		}
		var after []tengi.Connection
		exists := false
		for _, c := range all {
			exists = exists || c.ID == id
			if c.ID != id && c.Schedule.After == id {
				after = append(after, c)
			}
		}
		switch {
		case !exists:
			return ErrNotFound
		case len(after) > 0:
			return &InUseError{What: "the connection", Connections: after}
		}
		if err := t.endDeliveries(id, skip, now); err != nil {
			return err
		}
		for _, statement := range []string{
			"UPDATE run SET state = 'ended', cancelled = 1, ended_at = $2 WHERE connection_id = $1 AND state <> 'ended'",
			"UPDATE connection SET enabled = 0, deleted_at = $2, updated_at = $2, key = key || '" + keySplit + "' || id WHERE id = $1",
		} {
			if _, err := t.affect(statement, id, millis(now)); err != nil {
				return err
			}
		}
		for _, statement := range []string{"DELETE FROM schedule WHERE connection_id = $1", "DELETE FROM draft WHERE workspace_id = $2 AND connection_id = $1"} {
			if _, err := t.affect(statement, []any{id, workspaceID}[:1+strings.Count(statement, "$2")]...); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("delete connection %s: %w", id, err)
	}
	return nil
}

// connections reads the connections of a workspace, and keeps others from changing them meanwhile.
func (t *tx) connections(workspaceID string) (list []tengi.Connection, err error) {
	err = t.query(t.ctx, func(r scanner) error {
		var id, key, name, spec string
		if err := r.Scan(&id, &key, &name, &spec); err != nil {
			return err
		}
		var c tengi.Connection
		err := json.Unmarshal([]byte(spec), &c)
		c.ID, c.WorkspaceID, c.Key, c.Name = id, workspaceID, key, name
		list = append(list, c)
		return err
	}, "SELECT id, key, name, spec FROM connection WHERE workspace_id = $1 AND deleted_at = 0 ORDER BY key"+t.w.store.dialect.forUpdate, workspaceID)
	return list, err
}

// endDeliveries ends what a connection that is deleted has not brought.
func (t *tx) endDeliveries(connectionID string, skip bool, now time.Time) error {
	var open OpenError
	err := t.query(t.ctx, func(r scanner) error { return r.Scan(&open.Running) }, "SELECT EXISTS (SELECT 1 FROM run WHERE connection_id = $1 AND state = 'running')", connectionID)
	if err != nil {
		return err
	}
	for _, part := range []struct {
		n         *int
		statement string
	}{
		{&open.AtWork, "SELECT count(*) FROM delivery WHERE connection_id = $1 AND state = 'running'"},
		{&open.AtWork, "SELECT count(*) FROM delivery WHERE connection_id = $1 AND state = 'unknown'"},
		{&open.Skippable, "SELECT count(*) FROM delivery WHERE connection_id = $1 AND open = 1 AND (state = 'waiting' OR state = 'retrying')"},
		{&open.Skippable, "SELECT count(*) FROM delivery WHERE connection_id = $1 AND (state = 'failed' OR state = 'held')"},
	} {
		var n int
		if err := t.query(t.ctx, func(r scanner) error { return r.Scan(&n) }, part.statement, connectionID); err != nil {
			return err
		}
		*part.n += n
	}
	if open.Running || open.AtWork > 0 || open.Skippable > 0 && !skip {
		return &open
	}
	for _, condition := range []string{"open = 1 AND (state = 'waiting' OR state = 'retrying')", "(state = 'failed' OR state = 'held')"} {
		_, err := t.affect("UPDATE delivery SET state = 'skipped', open = 0, due_at = NULL, behind = 0, code = '"+DeletedCode+"', reason = 'its connection was deleted', updated_at = $2 WHERE connection_id = $1 AND "+condition,
			connectionID, millis(now))
		if err != nil {
			return err
		}
	}
	return nil
}

// DeleteAccount deletes an account that no connection uses: its secrets are gone, its webhook address answers no more, its events stay readable. Its
// key is free again. An InUseError names the connections that use it.
func (s *Store) DeleteAccount(ctx context.Context, workspaceID, id string) error {
	now := s.Now()
	err := s.change(ctx, func(t *tx) error {
		t.tell(workspaceID)
		all, err := t.connections(workspaceID)
		if err != nil {
			return err
		}
		var users []tengi.Connection
		for _, c := range all {
			if uses(c, id) {
				users = append(users, c)
			}
		}
		if len(users) > 0 {
			return &InUseError{What: "the account", Connections: users}
		}
		return found(t.affect("UPDATE account SET state = 'off', reason = '', settings = '{}', secrets = $3, hook_hash = $3, deleted_at = $4, updated_at = $4, key = key || '"+keySplit+"' || id WHERE id = $1 AND workspace_id = $2 AND deleted_at = 0",
			id, workspaceID, []byte{}, millis(now)))
	})
	if err != nil {
		return fmt.Errorf("delete account %s: %w", id, err)
	}
	return nil
}

// uses says whether a connection needs an account.
func uses(c tengi.Connection, accountID string) bool {
	return c.Source.AccountID == accountID || slices.ContainsFunc(c.Steps, func(step tengi.Step) bool { return step.AccountID == accountID })
}

// Name is what an account or a connection is called, also after it was deleted: what it has brought still speaks of it.
type Name struct {
	Key     string
	Name    string
	Deleted bool
}

// Names are those of a workspace's accounts and connections, by id.
func (s *Store) Names(ctx context.Context, workspaceID string) (map[string]Name, error) {
	names := map[string]Name{}
	for _, statement := range []string{"SELECT id, key, name, deleted_at FROM account WHERE workspace_id = $1", "SELECT id, key, name, deleted_at FROM connection WHERE workspace_id = $1"} {
		err := s.rows(ctx, func(r scanner) error {
			var id string
			var n Name
			var deleted int64
			err := r.Scan(&id, &n.Key, &n.Name, &deleted)
			n.Key, _, _ = strings.Cut(n.Key, keySplit)
			n.Deleted = deleted != 0
			names[id] = n
			return err
		}, statement, workspaceID)
		if err != nil {
			return nil, fmt.Errorf("read the names in workspace %s: %w", workspaceID, err)
		}
	}
	return names, nil
}
