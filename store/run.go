package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// RunKind says how a run came about.
type RunKind string

// The kinds of runs.
const (
	Scheduled RunKind = "schedule" // its schedule's moment came
	Once      RunKind = "once"     // a person asked
	After     RunKind = "after"    // a run of the connection it runs after has ended
	Backfill  RunKind = "backfill" // everything of a range of time, at a person's wish
	Preview   RunKind = "preview"  // what a backfill would do; nothing is stored but the report
)

// lane names the runs that must not overlap: all that move a connection's cursor are one.
func (k RunKind) lane() string {
	switch k {
	case Backfill, Preview:
		return string(k)
	default:
		return "poll"
	}
}

// Brings says whether runs of the kind bring events through the connection, so that others may run after them.
func (k RunKind) Brings() bool { return k != Preview }

// RunState is where a run stands.
type RunState string

// The states of a run.
const (
	RunWaiting  RunState = "waiting"  // from its moment on a node takes it up
	RunRunning  RunState = "running"  // a node reads the source, under a lease that another takes over when it ends
	RunSettling RunState = "settling" // all is read; what it found is being worked
	RunEnded    RunState = "ended"    // all that it found is done, or waits for a person
)

// Run is one firing of a connection's schedule, or what a person asked for.
type Run struct {
	ID           int64
	ConnectionID string
	Kind         RunKind
	State        RunState
	PlannedAt    time.Time
	StartedAt    time.Time // zero: not yet
	EndedAt      time.Time
	DueAt        time.Time // of waiting: not before
	Upstream     int64     // of After: the run whose end started it
	From, To     time.Time // of Backfill and Preview: what happened from, and before; zero is open
	Cursor       string    // how far the range has been read
	Node         string
	Lease        int64 // of running: the token under which it is held
	LeaseUntil   time.Time
	Tries        int
	Cancelled    bool // a person asked for it to stop
	RunCounts
	Problem string          // why it did not come to its end
	Report  json.RawMessage // of Preview
}

// RunCounts is what a run has found and what has become of it: as it stands while it works, and as it stood when it ended.
type RunCounts struct {
	Found   int // what the source reported
	Fresh   int // of it, what is new to the connection; the rest was known
	Done    int // of the new
	Skipped int
	Held    int // waits for a person
	Failed  int
	Working int // is being worked, or waits for its turn or its next try
}

// Known is what was known before, or is not for the connection.
func (c RunCounts) Known() int { return max(c.Found-c.Fresh, 0) }

// Clean says that nothing went wrong: others that run only after such runs may.
func (r *Run) Clean() bool {
	return r.Problem == "" && !r.Cancelled && r.Held == 0 && r.Failed == 0 && r.Working == 0
}

// addRun inserts a run that waits. ok is false when it is there already.
func (t *tx) addRun(r Run) (id int64, ok bool, err error) {
	ids, err := t.ids(1)
	if err != nil {
		return 0, false, err
	}
	t.tell(r.ConnectionID)
	n, err := t.affect(`INSERT INTO run (id, connection_id, kind, lane, state, planned_at, upstream, due_at, range_from, range_to)
VALUES ($1, $2, $3, $4, 'waiting', $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING`, ids[0], r.ConnectionID, string(r.Kind), r.Kind.lane(), millis(r.PlannedAt), r.Upstream,
		millis(r.DueAt), millis(r.From), millis(r.To))
	return ids[0], n == 1, err
}

// AddRun asks for a run of a kind that people ask for. While one of its kind still waits to begin, that is the one: ok is false.
func (s *Store) AddRun(ctx context.Context, r Run, now time.Time) (runID int64, ok bool, err error) {
	r.PlannedAt, r.DueAt = now, now
	err = s.change(ctx, func(t *tx) error {
		runID, ok = 0, false
		if err := t.lockSchedule(r.ConnectionID); err != nil {
			return err
		}
		err := t.query(t.ctx, func(row scanner) error { return row.Scan(&runID) },
			"SELECT id FROM run WHERE connection_id = $1 AND kind = $2 AND state = 'waiting' AND tries = 0 AND range_from = $3 AND range_to = $4 ORDER BY id LIMIT 1",
			r.ConnectionID, string(r.Kind), millis(r.From), millis(r.To))
		if err != nil || runID != 0 {
			return err
		}
		runID, ok, err = t.addRun(r)
		return err
	})
	if err != nil {
		return 0, false, fmt.Errorf("ask for a run of connection %s: %w", r.ConnectionID, err)
	}
	return runID, ok, nil
}

// lockSchedule lets one at a time decide about the runs of a connection.
func (t *tx) lockSchedule(connectionID string) error {
	found := false
	err := t.query(t.ctx, func(r scanner) error {
		found = true
		var one int64
		return r.Scan(&one)
	}, "SELECT 1 FROM schedule WHERE connection_id = $1"+t.w.store.dialect.forUpdate, connectionID)
	if err == nil && !found {
		err = fmt.Errorf("connection %s: %w", connectionID, ErrNotFound)
	}
	return err
}

// RunLease is under what a node holds a run.
type RunLease struct {
	RunID int64
	Token int64
}

// BeginRun takes up a run that waits and is due, or whose node has let its lease end. ok is false when another has it, or another of its lane is at work.
func (s *Store) BeginRun(ctx context.Context, lease RunLease, node string, now, until time.Time) (run Run, ok bool, err error) {
	err = s.change(ctx, func(t *tx) error {
		run, ok = Run{}, false
		found, err := t.findRun(lease.RunID)
		if err != nil {
			return err
		}
		if err := t.lockSchedule(found.ConnectionID); err != nil {
			return err
		}
		n, err := t.affect(`UPDATE run SET state = 'running', lease = $2, lease_until = $3, node = $4, started_at = CASE WHEN started_at = 0 THEN $5 ELSE started_at END
WHERE id = $1 AND (state = 'waiting' AND due_at <= $5 OR state = 'running' AND lease_until < $5)
AND NOT EXISTS (SELECT 1 FROM run o WHERE o.connection_id = $6 AND o.lane = $7 AND o.id <> $1 AND o.state = 'running')`,
			lease.RunID, lease.Token, millis(until), node, millis(now), found.ConnectionID, found.Kind.lane())
		if err != nil || n == 0 {
			return err
		}
		ok = true
		t.tell(found.ConnectionID)
		run, err = t.findRun(lease.RunID)
		return err
	})
	if err != nil {
		return Run{}, false, fmt.Errorf("begin run %d: %w", lease.RunID, err)
	}
	return run, ok, nil
}

// RenewRun prolongs a lease. kept is false when another node has the run; cancelled says that a person wants it to stop.
func (s *Store) RenewRun(ctx context.Context, lease RunLease, until time.Time) (kept, cancelled bool, err error) {
	err = s.change(ctx, func(t *tx) error {
		kept, cancelled = false, false
		if _, err := t.affect("UPDATE run SET lease_until = $3 WHERE id = $1 AND lease = $2 AND state = 'running'", lease.RunID, lease.Token, millis(until)); err != nil {
			return err
		}
		return t.query(t.ctx, func(r scanner) error {
			kept = true
			return r.Scan(&cancelled)
		}, "SELECT cancelled = 1 FROM run WHERE id = $1 AND lease = $2 AND state = 'running'", lease.RunID, lease.Token)
	})
	return kept, cancelled, err
}

// PauseRun gives a run back that could not come to its end, to be taken up again from where it is.
func (s *Store) PauseRun(ctx context.Context, lease RunLease, due time.Time, tries int, problem string) error {
	return s.change(ctx, func(t *tx) error {
		return t.ownRun("UPDATE run SET state = 'waiting', lease = 0, lease_until = 0, due_at = $3, tries = $4, problem = $5 WHERE id = $1 AND lease = $2 AND state = 'running'",
			lease.RunID, lease.Token, millis(due), tries, problem)
	})
}

// ReportRun notes what a run that only reads has found so far.
func (s *Store) ReportRun(ctx context.Context, lease RunLease, found int, report json.RawMessage) error {
	return s.change(ctx, func(t *tx) error {
		return t.ownRun("UPDATE run SET found = $3, report = $4 WHERE id = $1 AND lease = $2 AND state = 'running'", lease.RunID, lease.Token, found, string(report))
	})
}

// SettleRun says that the source has been read; what was found is still being worked. problem says why it was not read to its end.
func (s *Store) SettleRun(ctx context.Context, lease RunLease, problem string, now time.Time) error {
	return s.change(ctx, func(t *tx) error {
		err := t.ownRun("UPDATE run SET state = 'settling', lease = 0, lease_until = 0, problem = $3 WHERE id = $1 AND lease = $2 AND state = 'running'",
			lease.RunID, lease.Token, problem)
		if err != nil {
			return err
		}
		r, err := t.findRun(lease.RunID)
		if err == nil && r.Cancelled && r.Kind == Backfill {
			err = t.holdBack(lease.RunID, now)
		}
		return err
	})
}

// ownRun changes a run that the caller holds.
func (t *tx) ownRun(statement string, args ...any) error {
	n, err := t.affect(statement, args...)
	if err == nil && n == 0 {
		err = ErrLeaseLost
	}
	return err
}

// FreeRuns gives the runs back that a node had before it was started again: nothing of its earlier life can still be reading.
func (s *Store) FreeRuns(ctx context.Context, node string, now time.Time) error {
	return s.change(ctx, func(t *tx) error {
		_, err := t.affect("UPDATE run SET state = 'waiting', lease = 0, lease_until = 0, due_at = $2 WHERE node = $1 AND state = 'running' AND state <> 'ended'", node, millis(now))
		return err
	})
}

// EndRun ends a run that has settled, with its counts, and starts those that run after its connection, in one transaction. Of several nodes that do so
// one gets ok.
func (s *Store) EndRun(ctx context.Context, runID int64, now time.Time) (ok bool, err error) {
	err = s.change(ctx, func(t *tx) error {
		ok = false
		r, err := t.findRun(runID)
		if err != nil {
			return err
		}
		if r.RunCounts, err = t.counts(r); err != nil {
			return err
		}
		n, err := t.affect(`UPDATE run SET state = 'ended', ended_at = $2, fresh = $3, done = $4, skipped = $5, held = $6, failed = $7 WHERE id = $1 AND state = 'settling'`,
			runID, millis(now), r.Fresh, r.Done, r.Skipped, r.Held+r.Working, r.Failed)
		if err != nil || n == 0 {
			return err
		}
		ok = true
		t.tell(r.ConnectionID)
		return t.chain(&r, now)
	})
	if err != nil {
		return false, fmt.Errorf("end run %d: %w", runID, err)
	}
	return ok, nil
}

// chain starts the connections that run after one of which a run has ended.
func (t *tx) chain(r *Run, now time.Time) error {
	if !r.Kind.Brings() {
		return nil
	}
	clean := r.Clean()
	var next []string
	err := t.query(t.ctx, func(row scanner) error {
		var id string
		var onlyOK int64
		err := row.Scan(&id, &onlyOK)
		if clean || onlyOK == 0 {
			next = append(next, id)
		}
		return err
	}, "SELECT s.connection_id, s.only_ok FROM schedule s JOIN connection c ON c.id = s.connection_id WHERE s.after_id = $1 AND s.after_id <> '' AND c.enabled = 1 ORDER BY s.connection_id", r.ConnectionID)
	if err != nil {
		return err
	}
	for _, id := range next {
		if _, _, err := t.addRun(Run{ConnectionID: id, Kind: After, PlannedAt: now, DueAt: now, Upstream: r.ID}); err != nil {
			return err
		}
	}
	return nil
}

// CancelRun asks for a run to stop. One that has not begun ends at once; one that is being read ends as soon as its node hears of it; what it has found
// goes on, except what a backfill has found and nobody has begun: that is held. It is ErrWrongState when the run has been read already.
func (s *Store) CancelRun(ctx context.Context, runID int64, now time.Time) error {
	err := s.change(ctx, func(t *tx) error {
		r, err := t.findRun(runID)
		if err != nil {
			return err
		}
		switch {
		case r.State == RunWaiting:
			_, err = t.affect("UPDATE run SET state = 'settling', cancelled = 1 WHERE id = $1 AND state = 'waiting'", runID)
		case r.State == RunRunning, r.State == RunSettling && r.Kind == Backfill:
			_, err = t.affect("UPDATE run SET cancelled = 1 WHERE id = $1 AND state <> 'ended'", runID)
		default:
			return ErrWrongState
		}
		if err == nil && r.Kind == Backfill {
			err = t.holdBack(runID, now)
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("cancel run %d: %w", runID, err)
	}
	return nil
}

// holdBack holds what a run has found and nobody has begun.
func (t *tx) holdBack(runID int64, now time.Time) error {
	_, err := t.affect(`UPDATE delivery SET state = 'held', open = 0, due_at = NULL, behind = 0, code = 'cancelled', reason = 'the backfill was cancelled before it came to this', updated_at = $2
WHERE state = 'waiting' AND touched = 0 AND id IN (SELECT rd.delivery_id FROM run_delivery rd WHERE rd.run_id = $1)`, runID, millis(now))
	return err
}
