package engine

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/store"
)

// maxRuns is how many sources one node reads at once, so that a slow one does not hold up the others.
const maxRuns = 16

// runs are the runs this node is reading for, and how far those that settle have been seen to be done.
type runs struct {
	mu    sync.Mutex
	under map[int64]context.CancelCauseFunc
	marks map[int64]int64
	wake  chan struct{}
}

// errCancelled says that a person wants a run to stop, errTaken that another node has it.
var (
	errCancelled = errors.New("the run was cancelled")
	errTaken     = errors.New("the run was taken over by another node")
)

// schedules fires due schedules and works off runs until ctx ends, and returns when those under way have been left. Any node may do any of it; each
// planned time is fired by exactly one, and a run is read by one at a time. Requests are made under work, which outlives ctx by the grace.
func (e *Engine) schedules(ctx, work context.Context) {
	t := newTurns(maxRuns)
	defer t.runs.Wait()
	tick := time.NewTicker(max(e.hurry(time.Second), 20*time.Millisecond))
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-e.runs.wake:
		}
		if err := e.tickRuns(ctx, work, t); err != nil && ctx.Err() == nil {
			e.log.Error("look for due schedules and runs", "error", err)
		}
	}
}

// tickRuns fires what is due, starts what waits and ends what has settled.
func (e *Engine) tickRuns(ctx, work context.Context, t *turns) error {
	if err := e.fireDue(ctx); err != nil {
		return err
	}
	open, err := e.store.OpenRuns(ctx)
	if err != nil {
		return err
	}
	now := e.store.Now()
	for _, r := range open {
		pipe, ok := e.Pipe(r.ConnectionID)
		switch {
		case r.State == store.RunSettling:
			if err := e.settle(ctx, &r); err != nil {
				return err
			}
		case ok && !pipe.Enabled && r.Kind.Brings(): // it waits until the connection is switched on again
		case r.State == store.RunWaiting && !r.DueAt.After(now), r.State == store.RunRunning && r.LeaseUntil.Before(now):
			t.start(ctx, r.ConnectionID+"/"+string(r.Kind), func() {
				if err := e.workRun(work, ctx.Done(), r.ID); err != nil {
					e.log.Error("work on a run", "connection", r.ConnectionID, "run", r.ID, "error", err)
				}
				e.wakeRuns()
			})
		}
	}
	return nil
}

// wakeRuns has runs looked for at once.
func (e *Engine) wakeRuns() {
	select {
	case e.runs.wake <- struct{}{}:
	default:
	}
}

// fireDue adds the runs of due schedules. What was missed while nobody was there collapses into one.
func (e *Engine) fireDue(ctx context.Context) error {
	due, err := e.store.DueSchedules(ctx, e.store.Now())
	if err != nil {
		return err
	}
	for _, d := range due {
		now := e.store.Now()
		if _, _, err := e.store.Fire(ctx, d, d.Schedule.Next(d.PlannedAt, now, d.Zone), now); err != nil {
			return fmt.Errorf("fire the schedule of connection %s: %w", d.ConnectionID, err)
		}
	}
	return nil
}

// workRun reads for a run as far as it goes, under a lease that is renewed meanwhile.
func (e *Engine) workRun(ctx context.Context, stop <-chan struct{}, runID int64) error {
	run, lease, ok, err := e.takeRun(ctx, runID)
	if err != nil || !ok {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	e.runs.mu.Lock()
	e.runs.under[runID] = cancel
	e.runs.mu.Unlock()
	var keeper sync.WaitGroup
	keeper.Go(func() { e.keepRun(ctx, lease, cancel) })
	err = e.readFor(ctx, stop, run)
	e.runs.mu.Lock()
	delete(e.runs.under, runID)
	e.runs.mu.Unlock()
	if cause := context.Cause(ctx); errors.Is(cause, errCancelled) || errors.Is(cause, errTaken) {
		err = cause
	}
	cut := ctx.Err() != nil
	cancel(nil)
	keeper.Wait()
	return e.left(context.WithoutCancel(ctx), run, lease, err, cut)
}

// takeRun puts a run under this node's lease, unless its connection cannot run now: then it waits.
func (e *Engine) takeRun(ctx context.Context, runID int64) (*store.Run, store.RunLease, bool, error) {
	lease := store.RunLease{RunID: runID, Token: token()}
	now := e.store.Now()
	run, ok, err := e.store.BeginRun(ctx, lease, e.node, now, now.Add(e.lease))
	return &run, lease, ok, err
}

// keepRun renews a lease until ctx ends, and ends it when the run is another's or is no longer wanted.
func (e *Engine) keepRun(ctx context.Context, lease store.RunLease, cancel context.CancelCauseFunc) {
	tick := time.NewTicker(e.lease / 3)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		kept, cancelled, err := e.store.RenewRun(ctx, lease, e.store.Now().Add(e.lease))
		switch {
		case err != nil:
			if ctx.Err() == nil {
				e.log.Error("renew the lease of a run", "run", lease.RunID, "error", err)
			}
		case !kept:
			cancel(errTaken)
		case cancelled:
			cancel(errCancelled)
		}
	}
}

// readFor does what the run is for. The problem of one that cannot be read for is an error of a kind that says who acts next.
func (e *Engine) readFor(ctx context.Context, stop <-chan struct{}, run *store.Run) error {
	pipe, ok := e.Pipe(run.ConnectionID)
	if run.Cancelled {
		return errCancelled
	}
	if !ok {
		return fmt.Errorf("connection %s: %w", run.ConnectionID, store.ErrNotFound)
	}
	if problem := unreadable(pipe, run.Kind); problem != nil {
		return problem
	}
	switch run.Kind {
	case store.Backfill:
		return e.backfill(ctx, stop, pipe, run)
	case store.Preview:
		return e.previewPast(ctx, stop, pipe, run)
	default:
		return e.pollPages(ctx, stop, pipe, run)
	}
}

// unreadable says why a source cannot be asked; nil when it can.
func unreadable(pipe *Pipe, kind store.RunKind) error {
	switch {
	case pipe.Problem != nil:
		return connector.Refusal("connection_faults", "", "the connection has faults and cannot run")
	case kind == store.Backfill || kind == store.Preview:
		if pipe.Trigger.Backfill == nil {
			return connector.Refusal(codeNoPast, "", fmt.Sprintf("%s cannot be asked for what happened before", pipe.From.Connector.Title))
		}
	case pipe.Trigger.Poll == nil:
		return connector.Refusal(codeNotAsked, "", fmt.Sprintf("%s reports this by itself and cannot be asked for it", pipe.From.Connector.Title))
	}
	if !pipe.From.Usable() {
		return &connector.Error{Kind: connector.Attention, Code: codeUnusable, Message: "its account cannot be used now"}
	}
	return nil
}

// Codes of runs that could not be read for.
const (
	codeNotAsked = "not_asked"
	codeNoPast   = "no_past"
	codeUnusable = "account_unusable"
)

// left records how the reading for a run ended.
func (e *Engine) left(ctx context.Context, run *store.Run, lease store.RunLease, err error, cut bool) error {
	now := e.store.Now()
	problem := ""
	switch failure := connector.AsError(err); {
	case errors.Is(err, errTaken), errors.Is(err, store.ErrLeaseLost):
		e.log.Warn("a run was taken over while its source was read", "run", run.ID)
		return nil
	case err == nil, errors.Is(err, errCancelled), failure.Code == codeNotAsked && run.Kind == store.Scheduled: // a schedule from a time when it could be asked
	case errors.Is(err, errStopped), cut:
		return e.store.PauseRun(ctx, lease, now, run.Tries, "")
	default:
		problem = reason(failure)
		if p, ok := errors.AsType[*panicked](err); ok {
			problem = p.Error()
		}
		e.log.Warn("a source could not be read", "connection", run.ConnectionID, "kind", failure.Kind.String(), "code", failure.Code) // the text may be the connector's own
		if err := e.unread(ctx, run, failure); err != nil {
			return errors.Join(err, e.store.SettleRun(ctx, lease, problem, now))
		}
		if wait, again := e.again(run, failure); again {
			tries := run.Tries
			if failure.Kind != connector.Attention {
				tries++
			}
			return e.store.PauseRun(ctx, lease, now.Add(wait), tries, problem)
		}
	}
	if err := e.store.SettleRun(ctx, lease, problem, now); err != nil {
		return err
	}
	run.State = store.RunSettling
	return e.settle(ctx, run)
}

// unread does what a failure says of the source's account.
func (e *Engine) unread(ctx context.Context, run *store.Run, failure *connector.Error) error {
	pipe, ok := e.Pipe(run.ConnectionID)
	if !ok || failure.Kind != connector.Attention || failure.Code == codeUnusable {
		return nil
	}
	return e.attention(ctx, pipe.From, failure)
}

// Runs that nothing comes after within minutes are tried again.
const (
	maxRunTries = 6
	firstRetry  = time.Minute
	accountWait = time.Minute
)

// again says whether a run that could not read its source is taken up again, and when. One of an interval is not: the next is near.
func (e *Engine) again(run *store.Run, failure *connector.Error) (time.Duration, bool) {
	pipe, ok := e.Pipe(run.ConnectionID)
	if !ok || run.Kind == store.Scheduled && pipe.Schedule.Every > 0 {
		return 0, false
	}
	switch failure.Kind {
	case connector.Attention:
		return e.hurry(accountWait), true
	case connector.Permanent:
		return 0, false
	default: // it only reads: what became of it does not matter
		return e.hurry(max(failure.RetryAfter, firstRetry<<run.Tries)), run.Tries+1 < maxRunTries
	}
}

// settle ends a run when all that it found is done or waits for a person. Deliveries that were seen so are not looked at again.
func (e *Engine) settle(ctx context.Context, run *store.Run) error {
	if pipe, ok := e.Pipe(run.ConnectionID); ok && pipe.runs() {
		e.runs.mu.Lock()
		from := e.runs.marks[run.ID]
		e.runs.mu.Unlock()
		working, err := e.store.RunWorking(ctx, run.ID, from)
		if err != nil {
			return err
		}
		if working != 0 {
			e.runs.mu.Lock()
			e.runs.marks[run.ID] = working
			e.runs.mu.Unlock()
			return nil
		}
	}
	e.runs.mu.Lock()
	delete(e.runs.marks, run.ID)
	e.runs.mu.Unlock()
	ended, err := e.store.EndRun(ctx, run.ID, e.store.Now())
	if ended {
		e.wakeRuns() // those that run after it
	}
	return err
}

// RunOnce asks for a run now, beside the schedule. While one that a person asked for waits to begin, it is that one. The error says why the
// connection cannot run.
func (e *Engine) RunOnce(ctx context.Context, connectionID string) (store.Run, error) {
	return e.askRun(ctx, store.Run{ConnectionID: connectionID, Kind: store.Once})
}

// askRun adds a run for a person.
func (e *Engine) askRun(ctx context.Context, r store.Run) (store.Run, error) {
	pipe, ok := e.Pipe(r.ConnectionID)
	switch {
	case !ok:
		return store.Run{}, fmt.Errorf("connection %s: %w", r.ConnectionID, store.ErrNotFound)
	case !pipe.Enabled && r.Kind.Brings():
		return store.Run{}, connector.Refusal("switched_off", "", "the connection is switched off: switch it on first")
	}
	if pipe.From != nil && pipe.From.State == tengi.AccountOff {
		return store.Run{}, connector.Refusal(codeUnusable, "", "its account is switched off: switch it on first")
	}
	if problem := unreadable(pipe, r.Kind); problem != nil && connector.AsError(problem).Code != codeUnusable {
		return store.Run{}, problem
	}
	id, _, err := e.store.AddRun(ctx, r, e.store.Now())
	if err != nil {
		return store.Run{}, err
	}
	e.wakeRuns()
	return e.store.Run(ctx, id)
}

// CancelRun has a run stop reading. What it has found already goes on; of a backfill, what nobody has begun is held.
func (e *Engine) CancelRun(ctx context.Context, runID int64) error {
	if err := e.store.CancelRun(ctx, runID, e.store.Now()); err != nil {
		return err
	}
	e.runs.mu.Lock()
	cancel := e.runs.under[runID]
	e.runs.mu.Unlock()
	if cancel != nil {
		cancel(errCancelled)
	}
	e.wakeRuns()
	return nil
}
