package store

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// Delivery is a delivery as it stands.
type Delivery struct {
	ID           int64
	EventID      int64
	ConnectionID string
	AccountID    string // of the next operation, or the last when it has ended
	Object       string
	State        State
	Open         bool      // later deliveries of its object wait for it
	DueAt        time.Time // zero: not the clock's
	Tries        int
	Touched      bool      // there are steps and calls of attempts
	Losses       int       // leases lost in a row, without an outcome between
	LeaseUntil   time.Time // while it is running
	Node         string    // that last worked on it
	Code         string
	Reason       string
	UpdatedAt    time.Time
}

// DeliveryFilter narrows a list of deliveries; zero fields do not.
type DeliveryFilter struct {
	EventID      int64
	WorkspaceID  string
	ConnectionID string
	AccountID    string // of the next operation: what has ended has none
	Object       string
	States       []State
	Before       int64 // only ids below; for the next page
	Limit        int   // at most maxList; 0 = 50
}

// The length of a list when nobody says, and at most.
const (
	defaultList = 50
	maxList     = 1000
)

// page is where a list begins and how long it is.
func page(before int64, limit int) (int64, int) {
	if before <= 0 {
		before = math.MaxInt64
	}
	if limit <= 0 {
		limit = defaultList
	}
	return before, min(limit, maxList)
}

// Deliveries lists deliveries, newest first. Every filter is served by an index, however many deliveries have ended.
func (s *Store) Deliveries(ctx context.Context, f DeliveryFilter) ([]Delivery, error) {
	f.Before, f.Limit = page(f.Before, f.Limit)
	if len(f.States) == 0 {
		f.States = everyState
	}
	if eventID, ok := aloneEvent(f.Object); ok && f.EventID == 0 {
		f.EventID = eventID
	}
	var list []Delivery
	var err error
	switch {
	case f.EventID != 0:
		err = s.deliveries(ctx, &list, f, "FROM delivery d WHERE d.event_id = $1 AND d.id < $2 AND d.state IN ("+literals(f.States)+")", f.EventID, f.Before)
	case f.Object != "":
		err = s.deliveries(ctx, &list, f, "FROM event o JOIN delivery d ON d.event_id = o.id WHERE o.object = $1 AND o.object <> '' AND d.id < $2 AND d.state IN ("+literals(f.States)+")",
			f.Object, f.Before)
	default:
		err = s.deliveriesByState(ctx, &list, f)
	}
	if err != nil {
		return nil, fmt.Errorf("list deliveries: %w", err)
	}
	return newest(list, f.Limit, func(d Delivery) int64 { return d.ID }), nil
}

// everyState is what a list without States shows.
var everyState = []State{Waiting, Running, Retrying, Unknown, Held, Failed, Done, Skipped}

// literals writes states into a statement: a partial index serves only what the planner can read.
func literals(states []State) string {
	quoted := make([]string, 0, len(states))
	for _, state := range states {
		if slices.Contains(everyState, state) {
			quoted = append(quoted, "'"+string(state)+"'")
		}
	}
	if len(quoted) == 0 {
		return "''" // no such state, no such delivery
	}
	return strings.Join(quoted, ", ")
}

// newest puts the newest of several lists first and cuts them to one page.
func newest[T any](list []T, limit int, id func(T) int64) []T {
	slices.SortFunc(list, func(a, b T) int { return cmp.Compare(id(b), id(a)) })
	return list[:min(limit, len(list))]
}

// deliveries appends the page of a query to list, with the filters that need no index of their own.
func (s *Store) deliveries(ctx context.Context, list *[]Delivery, f DeliveryFilter, from string, args ...any) error {
	for _, c := range []struct{ condition, value string }{
		{"d.connection_id = $%d", f.ConnectionID},
		{"d.account_id = $%d AND d.state <> 'done' AND d.state <> 'skipped'", f.AccountID},
		{"d.object = $%d", f.Object},
		{"d.connection_id IN (SELECT c.id FROM connection c WHERE c.workspace_id = $%d)", f.WorkspaceID},
	} {
		if c.value != "" {
			args = append(args, c.value)
			from += " AND " + fmt.Sprintf(c.condition, len(args))
		}
	}
	args = append(args, f.Limit)
	return s.rows(ctx, func(r scanner) error {
		var d Delivery
		var due, updated, until, open, touched int64
		err := r.Scan(&d.ID, &d.EventID, &d.ConnectionID, &d.AccountID, &d.Object, &d.State, &open, &due, &d.Tries, &touched, &d.Losses, &until, &d.Node, &d.Code, &d.Reason, &updated)
		d.Open, d.Touched, d.DueAt, d.UpdatedAt = open != 0, touched != 0, moment(due), moment(updated)
		if d.State == Running {
			d.LeaseUntil = moment(until)
		}
		*list = append(*list, d)
		return err
	}, "SELECT d.id, d.event_id, d.connection_id, d.account_id, d.object, d.state, d.open, coalesce(d.due_at, 0), d.tries, d.touched, d.losses, d.lease_until, d.node, d.code, d.reason, d.updated_at "+
		from+fmt.Sprintf(" ORDER BY d.id DESC LIMIT $%d", len(args)), args...)
}

// parts are the deliveries of a connection, divided so that each part has an index that finds its newest without passing by the others: open ones,
// stopped ones that stand in nobody's way, and the two large ones that have ended.
var parts = []struct {
	states    []State
	condition string
}{
	{[]State{Waiting, Running, Retrying, Unknown, Held, Failed}, "d.open = 1"},
	{[]State{Running}, "d.state = 'running' AND d.open = 0"}, // taken for a person's decision
	{[]State{Failed}, "d.state = 'failed' AND d.open = 0"},
	{[]State{Held}, "d.state = 'held' AND d.open = 0"},
	{[]State{Done}, "d.state = 'done'"},
	{[]State{Skipped}, "d.state = 'skipped'"},
}

// deliveriesByState asks for each connection and each part of its deliveries by itself; together they hold the page.
func (s *Store) deliveriesByState(ctx context.Context, list *[]Delivery, f DeliveryFilter) error {
	connections, err := s.connections(ctx, f.WorkspaceID, f.ConnectionID)
	if err != nil {
		return err
	}
	f.ConnectionID, f.WorkspaceID = "", ""
	for _, id := range connections {
		for _, part := range parts {
			wanted := slices.DeleteFunc(slices.Clone(part.states), func(state State) bool { return !slices.Contains(f.States, state) })
			if len(wanted) == 0 || f.AccountID != "" && wanted[0].Ended() {
				continue
			}
			condition := part.condition
			if len(wanted) < len(part.states) {
				condition += " AND d.state IN (" + literals(wanted) + ")"
			}
			if err := s.deliveries(ctx, list, f, "FROM delivery d WHERE d.connection_id = $1 AND d.id < $2 AND "+condition, id, f.Before); err != nil {
				return err
			}
		}
	}
	return nil
}

// connections lists the ids of a workspace's connections, or of all; with connectionID only that one.
func (s *Store) connections(ctx context.Context, workspaceID, connectionID string) (ids []string, err error) {
	if workspaceID == "" && connectionID != "" {
		return []string{connectionID}, nil
	}
	err = s.rows(ctx, func(r scanner) error {
		var id, workspace string
		err := r.Scan(&id, &workspace)
		if (workspaceID == "" || workspace == workspaceID) && (connectionID == "" || id == connectionID) {
			ids = append(ids, id)
		}
		return err
	}, "SELECT id, workspace_id FROM connection ORDER BY id")
	return ids, err
}
