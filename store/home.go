package store

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// StandingCounts is how many deliveries of a workspace have not ended.
type StandingCounts struct {
	Working int
	Person  int
	States  map[State]int
}

// StandingCounts counts the deliveries of a workspace that have not ended. What has ended is not looked at, however much it is.
func (s *Store) StandingCounts(ctx context.Context, workspaceID string) (StandingCounts, error) {
	c := StandingCounts{States: map[State]int{}}
	connections, err := s.working(ctx, workspaceID)
	if err != nil {
		return c, fmt.Errorf("count deliveries: %w", err)
	}
	for _, id := range connections {
		for _, part := range []struct {
			sum       *int
			statement string
		}{
			{&c.Working, "SELECT state, count(*) FROM delivery WHERE connection_id = $1 AND due_at IS NOT NULL GROUP BY state"},
			{&c.Working, "SELECT state, count(*) FROM delivery WHERE connection_id = $1 AND state = 'running' GROUP BY state"},
			{&c.Person, "SELECT state, count(*) FROM delivery WHERE connection_id = $1 AND (state = 'failed' OR state = 'held' OR state = 'unknown') AND due_at IS NULL GROUP BY state"},
		} {
			err := s.rows(ctx, func(r scanner) error {
				var state State
				var n int
				err := r.Scan(&state, &n)
				c.States[state] += n
				*part.sum += n
				return err
			}, part.statement, id)
			if err != nil {
				return c, fmt.Errorf("count deliveries of connection %s: %w", id, err)
			}
		}
	}
	return c, nil
}

// PulseHour is what happened in one hour of a connection.
type PulseHour struct {
	Hour       time.Time // its beginning
	Deliveries int       // that came in
	Failures   int       // tries that a service refused for good, or refused the login
}

// Pulse is the last hours of every connection of a workspace, by connection, the oldest first and the one that is under way last.
func (s *Store) Pulse(ctx context.Context, workspaceID string, now time.Time, hours int) (map[string][]PulseHour, error) {
	pulse := map[string][]PulseHour{}
	places, err := s.places(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the pulse: %w", err)
	}
	last := hourOf(places.clock[workspaceID], now.UnixMilli())
	first := last - int64(hours-1)*hourLength
	connections, err := s.working(ctx, workspaceID)
	if err != nil {
		return nil, fmt.Errorf("read the pulse: %w", err)
	}
	for _, id := range connections {
		list := make([]PulseHour, hours)
		for i := range list {
			list[i].Hour = moment(first + int64(i)*hourLength)
		}
		for _, what := range []string{tallyDeliveries, tallyFailures} {
			err := s.rows(ctx, func(r scanner) error {
				var hour int64
				var n int
				if err := r.Scan(&hour, &n); err != nil {
					return err
				}
				at := &list[min((hour-first)/hourLength, int64(hours-1))]
				if what == tallyDeliveries {
					at.Deliveries += n
				} else {
					at.Failures += n
				}
				return nil
			}, "SELECT hour, count FROM tally WHERE connection_id = $1 AND what = $2 AND hour >= $3 AND hour <= $4", id, what, first, last)
			if err != nil {
				return nil, fmt.Errorf("read the pulse of connection %s: %w", id, err)
			}
		}
		pulse[id] = list
	}
	return pulse, nil
}

// Rhythm is when a connection last ran and when it will.
type Rhythm struct {
	Last *Run      // nil: it never did
	Next time.Time // zero: the clock does not start it
}

// Rhythms reads them for all connections of a workspace, by connection.
func (s *Store) Rhythms(ctx context.Context, workspaceID string) (map[string]Rhythm, error) {
	connections, err := s.working(ctx, workspaceID)
	if err != nil {
		return nil, fmt.Errorf("read when connections run: %w", err)
	}
	rhythms := map[string]Rhythm{}
	for _, id := range connections {
		var r Rhythm
		runs, err := s.Runs(ctx, id, 1)
		if err == nil {
			r.Next, err = s.NextRun(ctx, id)
		}
		if err != nil {
			return nil, fmt.Errorf("read when connection %s runs: %w", id, err)
		}
		if len(runs) > 0 {
			r.Last = &runs[0]
		}
		rhythms[id] = r
	}
	return rhythms, nil
}

// working are the connections of a workspace that people see: neither deleted nor for test data.
func (s *Store) working(ctx context.Context, workspaceID string) ([]string, error) {
	ids, err := s.ids(ctx, "SELECT id FROM connection WHERE workspace_id = $1 AND deleted_at = 0", workspaceID)
	if err != nil {
		return nil, err
	}
	tests, err := s.testConnections(ctx)
	return slices.DeleteFunc(ids, func(id string) bool { return slices.Contains(tests, id) }), err
}
