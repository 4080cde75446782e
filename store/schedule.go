package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/schedule"
)

// Due is a schedule whose moment has come, as it is saved: who fires may not have read the configuration again.
type Due struct {
	ConnectionID string
	PlannedAt    time.Time
	Plan         int64 // who saw an earlier plan does not fire this one
	Schedule     schedule.Schedule
	Zone         *time.Location // of the workspace
}

// CycleError says that connections would wait for each other for ever.
type CycleError struct{ Keys []string } // of the connections, beginning and ending with the same

func (e *CycleError) Error() string {
	return "the connections would wait for each other for ever: " + strings.Join(e.Keys, " after ")
}

// never is the moment of a connection that the clock does not start, in milliseconds.
const never = math.MaxInt64

// nextAt is a planned moment as the database keeps it.
func nextAt(at time.Time) int64 {
	if at.IsZero() {
		return never
	}
	return at.UnixMilli()
}

// planned is a connection's schedule as it was.
type planned struct {
	schedule.Schedule
	enabled bool
	next    int64
	plan    int64
}

// replan works out when a connection that is about to be saved is due.
func (t *tx) replan(c tengi.Connection, now time.Time) (next, plan int64, err error) {
	if err := t.checkCycle(c); err != nil {
		return 0, 0, err
	}
	was := planned{next: never}
	err = t.query(t.ctx, func(r scanner) error {
		var spec string
		var enabled int64
		if err := r.Scan(&spec, &enabled, &was.next, &was.plan); err != nil {
			return err
		}
		var before tengi.Connection
		err := json.Unmarshal([]byte(spec), &before)
		was.Schedule, was.enabled = before.Schedule, enabled != 0
		return err
	}, "SELECT c.spec, c.enabled, s.next_at, s.plan FROM connection c JOIN schedule s ON s.connection_id = c.id WHERE c.id = $1"+t.w.store.dialect.forUpdate, c.ID)
	if err != nil {
		return 0, 0, err
	}
	due := now.UnixMilli()
	changed := !was.Equal(c.Schedule)
	// What a person had switched off was not missed: times of day begin with the next one.
	returned := c.Enabled && !was.enabled && len(c.Schedule.At) > 0 && was.next <= due
	if !changed && !returned {
		return was.next, was.plan, nil
	}
	if c.Schedule.Every > 0 {
		if was.Every > 0 && was.next > due {
			due = max(due, was.next+(c.Schedule.Every-was.Every).Milliseconds()) // the last run was one old interval before
		}
		return due, was.plan + 1, nil
	}
	if len(c.Schedule.At) == 0 {
		return never, was.plan + 1, nil
	}
	zone, err := t.zone(c.WorkspaceID)
	if err != nil {
		return 0, 0, err
	}
	return nextAt(c.Schedule.First(now, zone)), was.plan + 1, nil
}

// zone is where a workspace's clocks hang.
func (t *tx) zone(workspaceID string) (*time.Location, error) {
	var name string
	err := t.query(t.ctx, func(r scanner) error { return r.Scan(&name) }, "SELECT timezone FROM workspace WHERE id = $1", workspaceID)
	if err != nil {
		return nil, err
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("the time zone of workspace %s: %w", workspaceID, err)
	}
	return zone, nil
}

// checkCycle refuses a connection that would run after itself.
func (t *tx) checkCycle(c tengi.Connection) error {
	if c.Schedule.After == "" {
		return nil
	}
	after, keys := map[string]string{}, map[string]string{c.ID: c.Key}
	err := t.query(t.ctx, func(r scanner) error {
		var id, key, upstream string
		err := r.Scan(&id, &key, &upstream)
		after[id], keys[id] = upstream, key
		return err
	}, "SELECT c.id, c.key, s.after_id FROM connection c JOIN schedule s ON s.connection_id = c.id WHERE c.workspace_id = $1", c.WorkspaceID)
	if err != nil {
		return err
	}
	if _, ok := keys[c.Schedule.After]; !ok {
		return fmt.Errorf("the connection that %s runs after: %w", c.Key, ErrNotFound)
	}
	after[c.ID], keys[c.ID] = c.Schedule.After, c.Key
	ring := schedule.Cycle(after, c.ID)
	if len(ring) == 0 {
		return nil
	}
	for i, id := range ring {
		ring[i] = keys[id]
	}
	return &CycleError{Keys: ring}
}

// rezone plans the times of day of a workspace anew whose clocks have been changed for others.
func (t *tx) rezone(workspaceID string, zone *time.Location, now time.Time) error {
	next := map[string]int64{}
	err := t.query(t.ctx, func(r scanner) error {
		var id, spec string
		if err := r.Scan(&id, &spec); err != nil {
			return err
		}
		var c tengi.Connection
		err := json.Unmarshal([]byte(spec), &c)
		if len(c.Schedule.At) > 0 {
			next[id] = nextAt(c.Schedule.First(now, zone))
		}
		return err
	}, "SELECT id, spec FROM connection WHERE workspace_id = $1", workspaceID)
	if err != nil {
		return err
	}
	for id, at := range next {
		if _, err := t.affect("UPDATE schedule SET next_at = $1, plan = plan + 1 WHERE connection_id = $2", at, id); err != nil {
			return err
		}
	}
	return nil
}

// DueSchedules lists schedules that are due, earliest first. One whose connection is still being polled stays due and is not listed: no run overlaps
// itself, and what is missed meanwhile collapses into one.
func (s *Store) DueSchedules(ctx context.Context, now time.Time) ([]Due, error) {
	var due []Due
	err := s.rows(ctx, func(r scanner) error {
		var at int64
		var spec, zone string
		var d Due
		err := r.Scan(&d.ConnectionID, &at, &d.Plan, &spec, &zone)
		if err != nil {
			return err
		}
		var c tengi.Connection
		if err := json.Unmarshal([]byte(spec), &c); err != nil {
			return err
		}
		d.PlannedAt, d.Schedule = moment(at), c.Schedule
		d.Zone, err = time.LoadLocation(zone)
		due = append(due, d)
		return err
	}, `SELECT sc.connection_id, sc.next_at, sc.plan, c.spec, w.timezone FROM schedule sc JOIN connection c ON c.id = sc.connection_id JOIN workspace w ON w.id = c.workspace_id
WHERE sc.next_at <= $1 AND c.enabled = 1 AND NOT EXISTS (SELECT 1 FROM run r WHERE r.connection_id = sc.connection_id AND r.lane = 'poll' AND (r.state = 'waiting' OR r.state = 'running'))
ORDER BY sc.next_at LIMIT 100`, millis(now))
	if err != nil {
		return nil, fmt.Errorf("list due schedules: %w", err)
	}
	return due, nil
}

// Fire adds the run of a due schedule and plans the next one. Of several nodes that see the same due schedule exactly one gets ok.
func (s *Store) Fire(ctx context.Context, d Due, next, now time.Time) (runID int64, ok bool, err error) {
	err = s.change(ctx, func(t *tx) error {
		runID, ok = 0, false
		n, err := t.affect("UPDATE schedule SET next_at = $1 WHERE connection_id = $2 AND next_at = $3 AND plan = $4", nextAt(next), d.ConnectionID, millis(d.PlannedAt), d.Plan)
		if err != nil || n == 0 {
			return err
		}
		r := Run{ConnectionID: d.ConnectionID, Kind: Scheduled, PlannedAt: d.PlannedAt, DueAt: now}
		runID, ok, err = t.addRun(r)
		return err
	})
	return runID, ok, err
}

// NextRun is when a connection's schedule fires next; the zero time when the clock does not start it.
func (s *Store) NextRun(ctx context.Context, connectionID string) (time.Time, error) {
	next := int64(never)
	err := s.one(ctx, []any{&next}, "SELECT next_at FROM schedule WHERE connection_id = $1", connectionID)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return time.Time{}, fmt.Errorf("read the schedule of connection %s: %w", connectionID, err)
	}
	if next == never {
		return time.Time{}, nil
	}
	return moment(next), nil
}

// Dependents are the IDs of the connections that run after one.
func (s *Store) Dependents(ctx context.Context, connectionID string) (ids []string, err error) {
	err = s.rows(ctx, func(r scanner) error {
		var id string
		err := r.Scan(&id)
		ids = append(ids, id)
		return err
	}, "SELECT connection_id FROM schedule WHERE after_id = $1 AND after_id <> '' ORDER BY connection_id", connectionID)
	if err != nil {
		return nil, fmt.Errorf("list who runs after connection %s: %w", connectionID, err)
	}
	return ids, nil
}

// Hasten moves the next run of a connection forward to at. One that comes sooner stays, and so does one that never comes: the clock does not start
// the connection. An interval is counted on from there.
func (s *Store) Hasten(ctx context.Context, connectionID string, at time.Time) error {
	return s.change(ctx, func(t *tx) error {
		_, err := t.affect("UPDATE schedule SET next_at = $1 WHERE connection_id = $2 AND next_at > $1 AND next_at < $3", millis(at), connectionID, int64(never))
		return err
	})
}
