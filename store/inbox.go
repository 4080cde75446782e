package store

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// Group is one cause for which deliveries of a connection wait for a person.
type Group struct {
	ConnectionID string
	State        State // Failed, Held, or Unknown that nobody but a person can resolve
	Code         string
	Count        int
	Latest       []int64 // ids of the newest deliveries, newest first, at most latestOfGroup
}

// latestOfGroup is how many of a group are named.
const latestOfGroup = 10

// Inbox groups what waits for a person in a workspace, by connection, state and code. Ordered by connection, then state, then code.
func (s *Store) Inbox(ctx context.Context, workspaceID string) ([]Group, error) {
	connections, err := s.connections(ctx, workspaceID, "")
	if err != nil {
		return nil, fmt.Errorf("read the inbox: %w", err)
	}
	var groups []Group
	for _, id := range connections {
		for _, state := range []State{Failed, Held, Unknown} {
			if err := s.groups(ctx, &groups, id, state); err != nil {
				return nil, fmt.Errorf("read the inbox: %w", err)
			}
		}
	}
	return groups, nil
}

// groups appends the groups of one connection and state.
func (s *Store) groups(ctx context.Context, groups *[]Group, connectionID string, state State) error {
	begin := len(*groups)
	waits := "connection_id = $1 AND state = '" + string(state) + "' AND due_at IS NULL" // one of three constants; a partial index serves only literals
	err := s.rows(ctx, func(r scanner) error {
		g := Group{ConnectionID: connectionID, State: state}
		err := r.Scan(&g.Code, &g.Count)
		*groups = append(*groups, g)
		return err
	}, "SELECT code, count(*) FROM delivery WHERE "+waits+" GROUP BY code ORDER BY code", connectionID)
	if err != nil {
		return err
	}
	for i := range (*groups)[begin:] {
		g := &(*groups)[begin+i]
		err := s.rows(ctx, func(r scanner) error {
			var id int64
			err := r.Scan(&id)
			g.Latest = append(g.Latest, id)
			return err
		}, "SELECT id FROM delivery WHERE "+waits+" AND code = $2 ORDER BY id DESC LIMIT $3", connectionID, g.Code, latestOfGroup)
		if err != nil {
			return err
		}
	}
	return nil
}

// CountWaiting counts what waits for a person in a workspace: from an index alone, cheap enough for every page.
func (s *Store) CountWaiting(ctx context.Context, workspaceID string) (all int, err error) {
	connections, err := s.connections(ctx, workspaceID, "")
	for _, id := range connections {
		for _, state := range []State{Failed, Held, Unknown} {
			var n int
			if err := s.one(ctx, []any{&n}, "SELECT count(*) FROM delivery WHERE connection_id = $1 AND state = '"+string(state)+"' AND due_at IS NULL", id); err != nil {
				return 0, fmt.Errorf("count what waits: %w", err)
			}
			all += n
		}
	}
	return all, err
}

// GroupRows lists the events whose deliveries wait for one cause, newest first, before a delivery; 0 = from the newest on. Each has all its deliveries
// of the workspace; last is the delivery to go on from.
func (s *Store) GroupRows(ctx context.Context, workspaceID string, g Group, before int64, limit int) (rows []EventRow, last int64, err error) {
	if !slices.Contains([]State{Failed, Held, Unknown}, g.State) {
		return nil, 0, fmt.Errorf("list what waits: %w", ErrNotFound)
	}
	before, limit = page(before, limit)
	var pairs [][2]int64
	err = s.pairs(ctx, &pairs, "SELECT d.id, d.event_id FROM delivery d JOIN connection c ON c.id = d.connection_id WHERE c.workspace_id = $1 AND d.connection_id = $2 AND d.state = '"+
		string(g.State)+"' AND d.due_at IS NULL AND d.code = $3 AND d.id < $4 ORDER BY d.id DESC LIMIT $5", workspaceID, g.ConnectionID, g.Code, before, limit)
	if err != nil || len(pairs) == 0 {
		return nil, 0, err
	}
	events := make([]int64, len(pairs))
	for i, pair := range pairs {
		events[i] = pair[1]
	}
	rows, err = s.eventRows(ctx, workspaceID, events)
	return rows, pairs[len(pairs)-1][0], err
}

// Counts is how many deliveries have not ended, for metrics.
type Counts struct {
	States map[State]int // of those that have not ended
	// OldestDue is the earliest moment at which one that is the clock's was, or will be, due; zero when there is none. When it lies in the past, it says
	// how long work has been waiting.
	OldestDue time.Time
}

// Counts reads how many deliveries have not ended, by state. What has ended is not looked at, however much it is.
func (s *Store) Counts(ctx context.Context) (Counts, error) {
	c := Counts{States: map[State]int{}}
	for _, statement := range []string{
		"SELECT state, count(*), min(due_at) FROM delivery WHERE due_at IS NOT NULL GROUP BY state",
		"SELECT state, count(*), 0 FROM delivery WHERE state = 'running' GROUP BY state",
		"SELECT state, count(*), 0 FROM delivery WHERE (state = 'failed' OR state = 'held' OR state = 'unknown') AND due_at IS NULL GROUP BY state",
	} {
		err := s.rows(ctx, func(r scanner) error {
			var state State
			var n int
			var due int64
			err := r.Scan(&state, &n, &due)
			c.States[state] += n
			if due != 0 && (c.OldestDue.IsZero() || moment(due).Before(c.OldestDue)) {
				c.OldestDue = moment(due)
			}
			return err
		}, statement)
		if err != nil {
			return c, fmt.Errorf("count deliveries: %w", err)
		}
	}
	return c, nil
}
