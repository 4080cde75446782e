package store

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"time"

	"github.com/tengi/tengi"
)

// Due is a schedule whose moment has come.
type Due struct {
	ConnectionID string
	PlannedAt    time.Time
	Every        time.Duration // as it is saved: who fires may not have read the configuration again
}

// never is the moment of a connection without a schedule, in milliseconds.
const never = math.MaxInt64

// replan works out when a connection that is about to be saved is due.
func (t *tx) replan(c tengi.Connection, now time.Time) (next int64, err error) {
	var was tengi.Connection
	next = never
	err = t.query(t.ctx, func(r scanner) error {
		var spec string
		if err := r.Scan(&spec, &next); err != nil {
			return err
		}
		return json.Unmarshal([]byte(spec), &was)
	}, "SELECT c.spec, s.next_at FROM connection c JOIN schedule s ON s.connection_id = c.id WHERE c.id = $1"+t.w.store.dialect.forUpdate, c.ID)
	if err != nil || was.Every == c.Every {
		return next, err
	}
	if c.Every <= 0 {
		return never, nil
	}
	due := now.UnixMilli()
	if was.Every > 0 && next > due {
		due = max(due, next+(c.Every-was.Every).Milliseconds()) // the last run was one old interval before
	}
	if due == next {
		due++ // who saw the old plan due cannot fire it any more, and so cannot plan on with its interval
	}
	return due, nil
}

// DueSchedules lists schedules that are due, earliest first.
func (s *Store) DueSchedules(ctx context.Context, now time.Time) ([]Due, error) {
	var due []Due
	err := s.rows(ctx, func(r scanner) error {
		var planned int64
		var spec string
		var d Due
		if err := r.Scan(&d.ConnectionID, &planned, &spec); err != nil {
			return err
		}
		var c tengi.Connection
		err := json.Unmarshal([]byte(spec), &c)
		d.PlannedAt, d.Every = moment(planned), c.Every
		due = append(due, d)
		return err
	}, `SELECT sc.connection_id, sc.next_at, c.spec FROM schedule sc JOIN connection c ON c.id = sc.connection_id
WHERE sc.next_at <= $1 AND c.enabled = 1 ORDER BY sc.next_at LIMIT 100`, millis(now))
	if err != nil {
		return nil, fmt.Errorf("list due schedules: %w", err)
	}
	return due, nil
}

// Fire starts the run of a due schedule and plans the next one. Of several nodes that see the same due schedule exactly one gets ok.
func (s *Store) Fire(ctx context.Context, d Due, next, now time.Time) (runID int64, ok bool, err error) {
	err = s.change(ctx, func(t *tx) error {
		ok = false
		n, err := t.affect("UPDATE schedule SET next_at = $1 WHERE connection_id = $2 AND next_at = $3", millis(next), d.ConnectionID, millis(d.PlannedAt))
		if err != nil || n == 0 {
			return err
		}
		ids, err := t.ids(1)
		if err != nil {
			return err
		}
		n, err = t.affect(`INSERT INTO run (id, connection_id, planned_at, started_at) VALUES ($1, $2, $3, $4) ON CONFLICT (connection_id, planned_at) DO NOTHING`,
			ids[0], d.ConnectionID, millis(d.PlannedAt), millis(now))
		runID, ok = ids[0], n == 1
		return err
	})
	return runID, ok, err
}

// Hasten moves the next run of a connection forward to at. One that comes sooner stays, and so does one that never comes: the connection has no
// schedule. Every is counted on from there.
func (s *Store) Hasten(ctx context.Context, connectionID string, at time.Time) error {
	return s.change(ctx, func(t *tx) error {
		_, err := t.affect("UPDATE schedule SET next_at = $1 WHERE connection_id = $2 AND next_at > $1 AND next_at < $3", millis(at), connectionID, int64(never))
		return err
	})
}

// EndRun records how a run ended; problem is empty when it went well.
func (s *Store) EndRun(ctx context.Context, runID int64, problem string, now time.Time) error {
	return s.change(ctx, func(t *tx) error {
		_, err := t.affect("UPDATE run SET ended_at = $1, problem = $2 WHERE id = $3", millis(now), problem, runID)
		return err
	})
}

// Run is one firing of a connection's schedule.
type Run struct {
	ID                            int64
	ConnectionID                  string
	PlannedAt, StartedAt, EndedAt time.Time
	Found, Fresh                  int
	Problem                       string
}

// Runs lists a connection's last runs, newest first.
func (s *Store) Runs(ctx context.Context, connectionID string, limit int) ([]Run, error) {
	var runs []Run
	err := s.rows(ctx, func(r scanner) error {
		var run Run
		var planned, started, ended int64
		err := r.Scan(&run.ID, &run.ConnectionID, &planned, &started, &ended, &run.Found, &run.Fresh, &run.Problem)
		run.PlannedAt, run.StartedAt, run.EndedAt = moment(planned), moment(started), moment(ended)
		runs = append(runs, run)
		return err
	}, `SELECT id, connection_id, planned_at, started_at, ended_at, found, fresh, problem FROM run WHERE connection_id = $1
ORDER BY planned_at DESC LIMIT $2`, connectionID, limit)
	if err != nil {
		return nil, fmt.Errorf("list runs: %w", err)
	}
	return runs, nil
}
