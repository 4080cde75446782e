package store

import (
	"context"
	"fmt"
	"time"
)

// Audit is one thing that somebody did.
type Audit struct {
	ID          int64
	At          time.Time
	ActorKind   ActorKind
	ActorID     string // of a person or a key
	WorkspaceID string // empty: it concerned the installation
	Verb        string // what was done: "connection.save", "delivery.skip"
	Object      string // to what: an id
	Details     map[string]string
}

// ActorKind says who did something.
type ActorKind string

// The kinds of actors.
const (
	ByPerson  ActorKind = "person"
	ByKey     ActorKind = "key"
	ByCommand ActorKind = "command" // somebody at the command line
	ByHub     ActorKind = "hub"     // Tengi by itself
)

// Record writes down what was done. Details hold no secrets and no personal data: people are named by their ids.
func (s *Store) Record(ctx context.Context, a Audit) error {
	details, err := mapText(a.Details)
	if err != nil {
		return fmt.Errorf("encode what was done: %w", err)
	}
	err = s.change(ctx, func(t *tx) error {
		ids, err := t.ids(1)
		if err != nil {
			return err
		}
		_, err = t.affect("INSERT INTO audit (id, at, actor_kind, actor_id, workspace_id, verb, object, details) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
			ids[0], millis(a.At), string(a.ActorKind), a.ActorID, a.WorkspaceID, a.Verb, a.Object, details)
		return err
	})
	if err != nil {
		return fmt.Errorf("record that %s was done: %w", a.Verb, err)
	}
	return nil
}

// AuditFilter says which part of the audit log to list.
type AuditFilter struct {
	WorkspaceID string   // empty: what concerned the installation
	Objects     []string // done to one of them; empty = to anything
	Before      int64    // only ids below; for the next page
	Limit       int      // at most maxList; 0 = 50
}

// Audits lists what was done, newest first.
func (s *Store) Audits(ctx context.Context, f AuditFilter) ([]Audit, error) {
	before, limit := page(f.Before, f.Limit)
	args := []any{f.WorkspaceID, before, limit}
	where := ""
	if n := len(f.Objects); n > 0 { // people do little beside what happens by itself: the workspace's entries are looked through
		where = " AND object IN (" + placeholders(4, n) + ")"
		for _, object := range f.Objects {
			args = append(args, object)
		}
	}
	var list []Audit
	err := s.rows(ctx, func(r scanner) error {
		a := Audit{WorkspaceID: f.WorkspaceID}
		var at int64
		var details string
		if err := r.Scan(&a.ID, &at, &a.ActorKind, &a.ActorID, &a.Verb, &a.Object, &details); err != nil {
			return err
		}
		a.At = moment(at)
		err := readMap(details, &a.Details)
		list = append(list, a)
		return err
	}, "SELECT id, at, actor_kind, actor_id, verb, object, details FROM audit WHERE workspace_id = $1 AND id < $2"+where+" ORDER BY id DESC LIMIT $3", args...)
	if err != nil {
		return nil, fmt.Errorf("list what was done: %w", err)
	}
	return list, nil
}
