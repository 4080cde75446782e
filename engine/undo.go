package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/store"
)

var (
	// ErrUndone says that a document has been undone, or undoes another: there is nothing to undo about it.
	ErrUndone = errors.New("the document has been undone, or undoes another itself")
	// ErrUndoByHand says that Tengi cannot undo a document at its service.
	ErrUndoByHand = errors.New("this document can only be undone by hand in its service")
	// ErrBuiltOn says that a later document of the same sale was built on this one, and must be undone before it.
	ErrBuiltOn = errors.New("a later document of the same sale must be undone first")
)

// askedByPerson is the reason of an undo that a person asked for. It goes before whatever the sale wants, and ends the delivery.
const askedByPerson = "a person asked for it"

// Undo has a document undone at its service, credited or voided as its action does it: by the delivery that made it, which is opened again for that
// (docs/decisions/0013-undo-by-a-person.md). It is done as all work is: journaled, with a Ref of its own, retried, and left to a person when its outcome cannot
// be found out.
func (e *Engine) Undo(ctx context.Context, documentID int64) error {
	return e.undoDocument(ctx, documentID, func(j *job, doc tengi.Document, op store.Step, out *store.Outcome) error {
		step, ok := j.pipe.step(doc.StepKey)
		if j.pipe.Problem != nil {
			return fmt.Errorf("connection %s cannot run: %w", j.pipe.Key, j.pipe.Problem)
		}
		if !ok || step.action.Undo == nil {
			return ErrUndoByHand
		}
		out.Steps, out.Next.AccountID = []store.Step{op}, step.at.ID
		return nil
	})
}

// Undone records that a person has undone a document in its service: by credit, where that has an ExternalID.
func (e *Engine) Undone(ctx context.Context, documentID int64, credit tengi.Document) error {
	return e.undoDocument(ctx, documentID, func(j *job, doc tengi.Document, op store.Step, out *store.Outcome) error {
		op.State = store.StepDone
		out.Steps, out.CallStep, out.Undone, out.AccountID = []store.Step{op}, &op, doc.ID, j.d.AccountID
		if credit.ExternalID != "" {
			credit.StepKey, credit.Ref, credit.Kind = op.Key, op.Ref, creditOf(credit.Kind)
			out.Document = &credit
		}
		return nil
	})
}

// PreviewUndo shows what Undo would send, with nothing sent but what only reads. The error says why Undo would not have the document undone.
func (e *Engine) PreviewUndo(ctx context.Context, documentID int64) (PreviewStep, error) {
	made, err := e.store.Maker(ctx, documentID)
	if err != nil {
		return PreviewStep{}, err
	}
	pipe, ok := e.Pipe(made.ConnectionID)
	if !ok {
		return PreviewStep{}, ErrUndoByHand
	}
	in, err := e.store.Situation(ctx, store.Claimed{ID: made.DeliveryID, EventID: made.EventID, ConnectionID: made.ConnectionID, Object: made.Object, Touched: true})
	if err != nil {
		return PreviewStep{}, err
	}
	doc, err := undoable(&in, documentID)
	if err != nil {
		return PreviewStep{}, err
	}
	step, ok := pipe.step(doc.StepKey)
	if !ok || step.action == nil || step.action.Undo == nil {
		return PreviewStep{}, ErrUndoByHand
	}
	p := planner{pipe: pipe, in: &in, object: made.Object, installID: e.store.InstallID()}
	ref := p.operation(doc.StepKey, store.Undo, doc.ID).Ref
	shown := PreviewStep{Key: step.Key, Account: step.at, Action: step.action, Outcome: WouldMake}
	e.tryDry(&shown, ref, func(client *connector.Client) (tengi.Document, error) { return step.action.Undo(ctx, client, ref, doc) })
	return shown, nil
}

// undoDocument opens the delivery that made a document for its undoing.
func (e *Engine) undoDocument(ctx context.Context, documentID int64, begin func(j *job, doc tengi.Document, op store.Step, out *store.Outcome) error) error {
	made, err := e.store.Maker(ctx, documentID)
	if err != nil {
		return err
	}
	return e.decideFrom(ctx, made.DeliveryID, []store.State{store.Done, store.Skipped, store.Held, store.Failed}, func(j *job, out *store.Outcome) error {
		doc, err := undoable(&j.in, documentID)
		if err != nil {
			return err
		}
		if acted(&j.in) {
			return ErrMayHaveActed
		}
		p := planner{pipe: j.pipe, in: &j.in, object: j.d.Object, installID: e.store.InstallID()}
		op := p.operation(doc.StepKey, store.Undo, doc.ID)
		op.Reason = askedByPerson
		out.Next.State, out.Next.Open, out.Next.DueAt, out.Next.Tries = store.Waiting, true, e.store.Now(), 0
		return begin(j, doc, op, out)
	})
}

// undoable finds a document among those of its object that stand.
func undoable(in *store.Situation, documentID int64) (tengi.Document, error) {
	i := slices.IndexFunc(in.Documents, func(d tengi.Document) bool { return d.ID == documentID })
	if i < 0 {
		return tengi.Document{}, ErrUndone
	}
	for _, later := range in.Documents[i+1:] {
		if later.Kind.Binding() && in.Event.Sale != nil {
			return tengi.Document{}, fmt.Errorf("%w: %s", ErrBuiltOn, describe(later))
		}
	}
	return in.Documents[i], nil
}

// asked is the undoing of a document that a person asked for. A delivery of which a person has had something undone has ended: what else its sale wants
// of it would be made against that person's will.
func (p *planner) asked() (decision, bool) {
	ends := false
	for _, s := range p.in.Steps {
		if s.Op != store.Undo || s.Reason != askedByPerson {
			continue
		}
		i := slices.IndexFunc(p.in.Documents, func(d tengi.Document) bool { return d.ID == s.DocumentID })
		if s.State == store.StepDone || i < 0 {
			ends = true
			continue
		}
		doc := p.in.Documents[i]
		step, ok := p.pipe.step(s.Key)
		if !ok || step.action.Undo == nil {
			return decision{verdict: held, code: "undo_by_hand", target: doc, reason: fmt.Sprintf("%s must be undone by hand in its service", describe(doc))}, true
		}
		s.State = store.StepOpen
		return decision{verdict: undoing, step: step, target: doc, op: s}, true
	}
	return decision{verdict: ended}, ends
}
