package store

import (
	"context"
	"encoding/json"
	"fmt"
)

// findRun reads a run inside of a transaction.
func (t *tx) findRun(id int64) (Run, error) {
	var r Run
	err := t.query(t.ctx, func(row scanner) (err error) {
		r, err = scanRun(row)
		return err
	}, "SELECT "+runColumns+" FROM run WHERE id = $1", id)
	if err == nil && r.ID == 0 {
		err = fmt.Errorf("run %d: %w", id, ErrNotFound)
	}
	return r, err
}

const runColumns = `id, connection_id, kind, state, planned_at, started_at, ended_at, due_at, upstream, range_from, range_to, cursor, node, lease, lease_until, tries, cancelled,
found, fresh, done, skipped, held, failed, problem, report`

func scanRun(row scanner) (Run, error) {
	var r Run
	var kind, state, report string
	var planned, started, ended, due, from, to, until, cancelled int64
	err := row.Scan(&r.ID, &r.ConnectionID, &kind, &state, &planned, &started, &ended, &due, &r.Upstream, &from, &to, &r.Cursor, &r.Node, &r.Lease, &until, &r.Tries, &cancelled,
		&r.Found, &r.Fresh, &r.Done, &r.Skipped, &r.Held, &r.Failed, &r.Problem, &report)
	r.Kind, r.State, r.Cancelled = RunKind(kind), RunState(state), cancelled != 0
	r.PlannedAt, r.StartedAt, r.EndedAt, r.From, r.To = moment(planned), moment(started), moment(ended), moment(from), moment(to)
	switch r.State {
	case RunWaiting:
		r.DueAt = moment(due)
	case RunRunning:
		r.LeaseUntil = moment(until)
	}
	if report != "" {
		r.Report = json.RawMessage(report)
	}
	return r, err
}

// Run reads one run, with its counts as they stand.
func (s *Store) Run(ctx context.Context, id int64) (Run, error) {
	runs, err := s.runs(ctx, "id = $1", id)
	if err != nil {
		return Run{}, err
	}
	if len(runs) == 0 {
		return Run{}, fmt.Errorf("run %d: %w", id, ErrNotFound)
	}
	return runs[0], nil
}

// Runs lists a connection's last runs, newest first, with their counts as they stand.
func (s *Store) Runs(ctx context.Context, connectionID string, limit int) ([]Run, error) {
	return s.runs(ctx, "connection_id = $1 ORDER BY id DESC LIMIT $2", connectionID, limit)
}

// OpenRuns lists the runs that have not ended, oldest first, without counting.
func (s *Store) OpenRuns(ctx context.Context) ([]Run, error) {
	return s.list(ctx, "state <> 'ended' AND state IN ('waiting', 'running', 'settling') ORDER BY id LIMIT 1000")
}

func (s *Store) list(ctx context.Context, where string, args ...any) (runs []Run, err error) {
	err = s.rows(ctx, func(row scanner) error {
		r, err := scanRun(row)
		runs = append(runs, r)
		return err
	}, "SELECT "+runColumns+" FROM run WHERE "+where, args...)
	if err != nil {
		return nil, fmt.Errorf("list runs: %w", err)
	}
	return runs, nil
}

func (s *Store) runs(ctx context.Context, where string, args ...any) ([]Run, error) {
	runs, err := s.list(ctx, where, args...)
	if err != nil {
		return nil, err
	}
	for i := range runs {
		if runs[i].State == RunEnded {
			continue
		}
		count := newCount(runs[i])
		if err := s.rows(ctx, count.row, countRun, runs[i].ID); err != nil {
			return nil, fmt.Errorf("count what run %d has found: %w", runs[i].ID, err)
		}
		runs[i].RunCounts = count.RunCounts
	}
	return runs, nil
}
