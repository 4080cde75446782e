package engine

import (
	"context"
	"errors"
	"fmt"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/store"
)

// ErrMayHaveActed says that a request of the delivery may have acted: it must be said first whether it did.
var ErrMayHaveActed = errors.New("a request may have acted: say first whether the document exists")

// ErrNothingOpen says that the delivery has no operation to which the answer could belong.
var ErrNothingOpen = errors.New("nothing of this delivery waits for such an answer")

// Replay lets a delivery be worked again: with today's mapping, except where a request was made ready that the service has not refused. One that was
// skipped may be wanted after all.
func (e *Engine) Replay(ctx context.Context, deliveryID int64) error {
	return e.decideFrom(ctx, deliveryID, append([]store.State{store.Skipped}, undecided...), func(j *job, out *store.Outcome) error {
		out.Steps = j.unsent()
		out.Next.State, out.Next.Open, out.Next.DueAt, out.Next.Tries = store.Waiting, true, e.store.Now(), 0
		return nil
	})
}

// Skip ends a delivery without doing anything more. It is refused while a request may have acted.
func (e *Engine) Skip(ctx context.Context, deliveryID int64, why string) error {
	return e.decide(ctx, deliveryID, func(j *job, out *store.Outcome) error {
		if acted(&j.in) {
			return ErrMayHaveActed
		}
		out.Next.State, out.Next.Code, out.Next.Reason = store.Skipped, "by_person", why
		return nil
	})
}

// SendAgain answers an unknown outcome with "it does not exist": the same bytes with the same Ref go again.
func (e *Engine) SendAgain(ctx context.Context, deliveryID int64) error {
	return e.decide(ctx, deliveryID, func(j *job, out *store.Outcome) error {
		step, ok := openStep(&j.in)
		if !ok {
			return ErrNothingOpen
		}
		for _, c := range j.in.Calls {
			if c.StepKey == step.Key && c.Op == step.Op && c.State == tengi.CallOpen {
				c.State, c.Sends = tengi.CallUnacted, c.Call.Sends
				out.Calls = append(out.Calls, c.Call)
			}
		}
		if len(out.Calls) == 0 {
			return ErrNothingOpen
		}
		out.CallStep = &step
		out.Next.State, out.Next.Open, out.Next.DueAt, out.Next.Tries = store.Waiting, true, e.store.Now(), 0
		return nil
	})
}

// Adopt answers an unknown or failed outcome with "it exists": the document a person found is recorded as the step's, and the delivery goes on.
// For an undo it says that the document has been undone by hand.
func (e *Engine) Adopt(ctx context.Context, deliveryID int64, doc tengi.Document) error {
	return e.decide(ctx, deliveryID, func(j *job, out *store.Outcome) error {
		step, ok := openStep(&j.in)
		if !ok {
			return ErrNothingOpen
		}
		step.State, step.Reason = store.StepDone, "a person says so"
		doc.StepKey, doc.Ref, doc.Fingerprint = step.Key, step.Ref, step.Fingerprint
		out.Steps, out.CallStep = []store.Step{step}, &step
		if step.Op == store.Undo {
			out.Undone = step.DocumentID
		}
		if step.Op == store.Do || doc.ExternalID != "" {
			out.Document = &doc
		}
		out.AccountID = j.d.AccountID // where the operation was begun
		if s, ok := j.pipe.step(step.Key); ok && s.action != nil {
			if doc.Kind == "" && step.Op == store.Do {
				doc.Kind = s.action.Makes
			}
			if step.Op == store.Do {
				out.Refresh = e.firstRefresh(s.action, &doc, e.store.Now())
			}
		}
		if doc.Kind == "" {
			doc.Kind = tengi.CreditNote
		}
		out.Next.State, out.Next.Open, out.Next.DueAt, out.Next.Tries = store.Waiting, true, e.store.Now(), 0
		return nil
	})
}

// UndoneByHand answers a delivery that is held because of a document that no longer fits its sale with "I have undone it in the service": it is recorded
// as undone, by credit where that has an ExternalID, and the delivery goes on.
func (e *Engine) UndoneByHand(ctx context.Context, deliveryID int64, credit tengi.Document) error {
	return e.decide(ctx, deliveryID, func(j *job, out *store.Outcome) error {
		if j.pipe.Problem != nil {
			return fmt.Errorf("connection %s cannot run: %w", j.pipe.Key, j.pipe.Problem)
		}
		next := j.plan()
		if next.verdict != held || next.target.ID == 0 {
			return ErrNothingOpen
		}
		p := planner{pipe: j.pipe, in: &j.in, object: j.d.Object, installID: e.store.InstallID()}
		step := p.operation(next.target.StepKey, store.Undo, next.target.ID)
		step.State, step.Reason = store.StepDone, "a person says so"
		out.Steps, out.CallStep, out.Undone, out.AccountID = []store.Step{step}, &step, next.target.ID, j.d.AccountID
		if credit.ExternalID != "" {
			credit.StepKey, credit.Ref = step.Key, step.Ref
			if credit.Kind == "" {
				credit.Kind = tengi.CreditNote
			}
			out.Document = &credit
		}
		out.Next.State, out.Next.Open, out.Next.DueAt, out.Next.Tries = store.Waiting, true, e.store.Now(), 0
		return nil
	})
}

// openStep is the operation that was begun and is not finished: the one that may have acted, where there are several.
func openStep(in *store.Situation) (found store.Step, ok bool) {
	for _, s := range in.Steps {
		switch {
		case s.State != store.StepOpen && s.State != store.StepRefused:
		case acted(&store.Situation{Steps: []store.Step{s}, Calls: in.Calls}):
			return s, true
		case !ok || found.State == store.StepRefused:
			found, ok = s, true
		}
	}
	return found, ok
}

// undecided are the states of a delivery about which a person may decide.
var undecided = []store.State{store.Held, store.Failed, store.Unknown, store.Retrying, store.Waiting}

// decide takes a delivery that is in nobody's hands, lets a person's decision change it, and records that as one outcome.
func (e *Engine) decide(ctx context.Context, deliveryID int64, change func(*job, *store.Outcome) error) error {
	return e.decideFrom(ctx, deliveryID, undecided, change)
}

// decideFrom is decide for a delivery in one of the states given.
func (e *Engine) decideFrom(ctx context.Context, deliveryID int64, from []store.State, change func(*job, *store.Outcome) error) error {
	now := e.store.Now()
	d, err := e.store.Take(ctx, deliveryID, from, token(), now.Add(e.lease))
	if err != nil {
		return fmt.Errorf("take delivery %d: %w", deliveryID, err)
	}
	d.Touched = true
	pipe, ok := e.Pipe(d.ConnectionID)
	if !ok {
		err = fmt.Errorf("connection %s: %w", d.ConnectionID, store.ErrNotFound)
		return errors.Join(err, e.store.GiveBack(context.WithoutCancel(ctx), d, now))
	}
	in, err := e.store.Situation(ctx, d.Claimed)
	out := store.Outcome{Lease: store.Lease{DeliveryID: d.ID, Token: d.Lease}, ConnectionID: d.ConnectionID, Object: d.Object, EventID: d.EventID,
		Next: store.Next{AccountID: d.AccountID, Tries: d.Tries}}
	if err == nil {
		err = change(&job{engine: e, d: d.Claimed, pipe: pipe, in: in}, &out)
	}
	if err != nil {
		err = errors.Join(err, e.store.GiveBack(context.WithoutCancel(ctx), d, now))
		e.askPipe(pipe) // its lane may have been asked while it was taken
		return err
	}
	return e.record(ctx, out)
}
