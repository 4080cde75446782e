package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/mapping"
	"github.com/tengi/tengi/store"
)

// work brings one claimed delivery as far as it goes: operation by operation, each recorded before the next begins.
func (e *Engine) work(ctx context.Context, d store.Claimed) {
	if hopeless(d.Losses) {
		if err := e.giveUp(ctx, d); err != nil {
			e.log.Error("leave a delivery to a person", "delivery", d.ID, "error", err)
		}
		return
	}
	for {
		again, err := e.operateSafely(ctx, d)
		switch {
		case errors.Is(err, store.ErrLeaseLost):
			e.log.Warn("a delivery was taken over while it was worked on", "delivery", d.ID)
			return
		case err != nil:
			// Nothing more can be recorded; the lease will end and somebody will find the journal as it is.
			e.log.Error("work on a delivery", "delivery", d.ID, "error", err)
			return
		case !again:
			return
		}
		d.Touched = true // there are steps now
	}
}

// job is one delivery with everything known about it.
type job struct {
	engine *Engine
	d      store.Claimed
	pipe   *Pipe
	in     store.Situation
	before []tengi.Document // what the connection that this one runs after has made of the same object
}

// operate reads the situation, decides, and carries out one operation. again says that the worker keeps the delivery and goes on.
func (e *Engine) operate(ctx context.Context, d store.Claimed) (again bool, err error) {
	pipe, ok := e.Pipe(d.ConnectionID)
	if !ok || !pipe.runs() {
		return false, e.record(ctx, putBack(d, e.store.Now()))
	}
	in, err := e.store.Situation(ctx, d)
	if err != nil {
		return false, fmt.Errorf("read the situation: %w", err)
	}
	if err := e.heedVersions(ctx, d, &in); err != nil {
		return false, err
	}
	j := &job{engine: e, d: d, pipe: pipe, in: in}
	var wait *store.Outcome
	if j.before, wait, err = j.upstream(ctx); err != nil {
		return false, err
	}
	if wait != nil {
		return false, e.record(ctx, *wait)
	}
	next := j.plan()
	switch next.verdict {
	case loading, doing, undoing:
		if e.stopping() { // nothing new begins; what only has to be recorded is
			return false, e.record(ctx, putBack(d, e.store.Now()))
		}
	}
	switch next.verdict {
	case loading:
		return j.load(ctx)
	case doing, undoing:
		switch {
		case next.step.at.ID != d.AccountID && acted(&in):
			// Invariant 4: what was sent at one account is not looked up, and even less sent again, at another.
			return false, j.finish(ctx, decision{verdict: held, code: "account_changed", reason: fmt.Sprintf(
				"step %s: a request may have acted at the account where the step worked before: let it work there again and replay, or say what became of it", next.step.Key)})
		case next.step.at.ID != d.AccountID:
			return false, j.moveOn(ctx, next)
		case !next.step.at.Usable(): // it was stopped after this delivery was claimed
			return false, e.record(ctx, putBack(d, e.store.Now()))
		}
		return j.perform(ctx, next)
	default:
		return false, j.finish(ctx, next)
	}
}

// plan decides what comes next from what the job knows.
func (j *job) plan() decision { return j.planWith(given{}) }

// planWith is plan with values that a person gave.
func (j *job) planWith(g given) decision {
	env, err := j.env()
	if err != nil {
		return decision{verdict: held, code: "data", reason: err.Error()}
	}
	p := planner{pipe: j.pipe, in: &j.in, env: env, object: j.d.Object, installID: j.engine.store.InstallID(), given: g}
	return p.plan()
}

// heedVersions looks for the later event that makes this one moot, where the last that waits tells of an earlier state: where a source gives its states
// numbers, these count and not the order of arrival.
func (e *Engine) heedVersions(ctx context.Context, d store.Claimed, in *store.Situation) error {
	if in.Newer == 0 || in.Loaded && in.Event.Version == 0 {
		return nil
	}
	older, err := e.older(ctx, in, in.Newer)
	if err != nil || !older {
		return err
	}
	in.Newer = 0
	waiting, err := e.store.Deliveries(ctx, store.DeliveryFilter{ConnectionID: d.ConnectionID, Object: d.Object, Limit: 1000,
		States: []store.State{store.Waiting, store.Retrying, store.Unknown, store.Held, store.Failed}})
	if err != nil {
		return err
	}
	for _, other := range waiting {
		if other.ID < d.ID || !other.Open {
			continue
		}
		if older, err = e.older(ctx, in, other.EventID); err != nil {
			return err
		}
		if !older {
			in.Newer = other.EventID
			return nil
		}
	}
	return nil
}

// older says whether a later event tells of an earlier state than the one at work does, or may.
func (e *Engine) older(ctx context.Context, in *store.Situation, later int64) (bool, error) {
	newer, loaded, err := e.store.Event(ctx, later)
	if err != nil {
		return false, fmt.Errorf("read the later event %d: %w", later, err)
	}
	return loaded && newer.Version > 0 && (!in.Loaded || newer.Version < in.Event.Version), nil
}

// env is what the connection's expressions may read.
func (j *job) env() (*mapping.Env, error) {
	env, err := mapping.NewEnv(j.in.Event)
	if err != nil {
		return nil, err
	}
	env.Workspace, env.Connection, env.Now = j.pipe.Workspace, j.pipe.Connection, j.engine.store.Now()
	env.Upstream = map[string]tengi.Document{}
	for _, doc := range j.before {
		env.Upstream[doc.StepKey] = doc
	}
	env.Steps = map[string]tengi.Document{}
	for _, doc := range j.in.Documents {
		if j.in.Event.Sale != nil || j.madeHere(doc.ID) {
			env.Steps[doc.StepKey] = doc
		}
	}
	return env, nil
}

// madeHere says whether a document was made by this delivery.
func (j *job) madeHere(id int64) bool {
	for _, s := range j.in.Steps {
		if s.Op == store.Do && s.DocumentID == id {
			return true
		}
	}
	return false
}

// putBack is the outcome that leaves a delivery as it was claimed: no attempt was made.
func putBack(d store.Claimed, now time.Time) store.Outcome {
	return store.Outcome{Lease: store.Lease{DeliveryID: d.ID, Token: d.Lease}, ConnectionID: d.ConnectionID, Object: d.Object, EventID: d.EventID,
		Next: store.Next{State: was(d), Open: true, AccountID: d.AccountID, DueAt: now, Tries: d.Tries}}
}

// was is the state a delivery waits in when it is put back.
func was(d store.Claimed) store.State {
	if d.Was == store.Running || d.Was == "" {
		return store.Waiting
	}
	return d.Was
}

// record stores an outcome, whatever happens to the work's context: an outcome that is known must not be lost to a stop.
func (e *Engine) record(ctx context.Context, out store.Outcome) error {
	out.Now = e.store.Now()
	err := e.store.Finish(context.WithoutCancel(ctx), out)
	if err != nil {
		return fmt.Errorf("record the outcome: %w", err)
	}
	if out.Next.Keep {
		return nil
	}
	if pipe, ok := e.Pipe(out.ConnectionID); ok && !out.Next.DueAt.After(out.Now) && (out.Next.State == store.Waiting || !out.Next.Open) {
		e.askNext(pipe, out)
	}
	if !out.Next.DueAt.IsZero() && out.Next.DueAt.After(out.Now) {
		e.askLater(out)
	}
	return nil
}

// askNext wakes the lane a delivery moved to, or those who waited behind it.
func (e *Engine) askNext(pipe *Pipe, out store.Outcome) {
	if out.Next.State == store.Waiting {
		if lane, ok := e.lane(pipe, out.Next.AccountID); ok {
			e.ask(lane, out.Now)
		}
		return
	}
	if out.EventID != 0 && out.Object != fmt.Sprintf("event/%d", out.EventID) {
		e.askPipe(pipe)
	}
}

func (e *Engine) askLater(out store.Outcome) {
	pipe, ok := e.Pipe(out.ConnectionID)
	if !ok {
		return
	}
	if lane, ok := e.lane(pipe, out.Next.AccountID); ok {
		e.ask(lane, out.Next.DueAt)
	}
}

// outcome begins an outcome for the job's delivery.
func (j *job) outcome() store.Outcome {
	return store.Outcome{Lease: store.Lease{DeliveryID: j.d.ID, Token: j.d.Lease}, ConnectionID: j.d.ConnectionID, Object: j.d.Object, EventID: j.d.EventID,
		Next: store.Next{AccountID: j.d.AccountID, Tries: j.d.Tries}}
}

// moveOn hands the delivery to the lane of the account where its next operation takes place.
func (j *job) moveOn(ctx context.Context, next decision) error {
	out := j.outcome()
	out.Steps = next.notes
	out.Next = store.Next{State: store.Waiting, Open: true, AccountID: next.step.at.ID, DueAt: j.engine.store.Now()}
	return j.engine.record(ctx, out)
}

// finish records that nothing more happens by itself.
func (j *job) finish(ctx context.Context, end decision) error {
	out := j.outcome()
	out.Steps = end.notes
	out.Next.Code, out.Next.Reason = end.code, end.reason
	switch end.verdict {
	case ended:
		out.Next.State = store.Done
	case skipped:
		out.Next.State = store.Skipped
	default:
		out.Next.State = store.Held
	}
	j.close(&out, end.code != "superseded")
	return j.engine.record(ctx, out)
}

// close says what a delivery's leaving the clock's hands means for the others of its object. One that may have acted and is not finished stands in their
// way; any other does not: the latest state of a sale decides, and a person's waiting must not hold it up.
func (j *job) close(out *store.Outcome, decides bool) {
	e := &j.in.Event
	if out.Loaded != nil {
		e = out.Loaded
	}
	stateful := e.Object != "" && (e.Sale != nil || j.pipe.Trigger != nil && j.pipe.Trigger.Sale)
	waits := !out.Next.State.Ended()
	if waits {
		out.Next.Open = !stateful || acted(&j.in)
	}
	out.Decided = stateful && decides && !out.Next.Open
	out.Version = e.Version
	j.engine.metrics.ended.WithLabelValues(string(out.Next.State)).Inc()
}

// attempt describes one try of an operation for the record.
func (e *Engine) attempt(key string, op store.Op, client *connector.Client, started time.Time, err error) *store.Attempt {
	a := &store.Attempt{StepKey: key, Op: op, Outcome: "done", Node: e.node, StartedAt: started, EndedAt: e.store.Now()}
	if client != nil {
		a.Exchanges, _ = json.Marshal(client.Recorded()) // plain structs always encode
	}
	if err != nil {
		failure := connector.AsError(err)
		a.Outcome, a.Code, a.Message, a.Detail = failure.Kind.String(), failure.Code, failure.Error(), failure.Detail
	}
	return a
}
