package engine

import (
	"fmt"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/money"
	"github.com/tengi/tengi/store"
)

// undo plans the undoing of a document, where its service can.
func (p *planner) undo(doc tengi.Document) decision {
	step, ok := p.pipe.step(doc.StepKey)
	if !ok || step.action.Undo == nil {
		return decision{verdict: held, code: "undo_by_hand", notes: p.notes, target: doc,
			reason: fmt.Sprintf("%s no longer fits the sale and must be undone by hand in its service", describe(doc))}
	}
	op := p.operation(step.Key, store.Undo, doc.ID)
	return decision{verdict: undoing, step: step, target: doc, op: op, notes: p.notes}
}

// operation numbers an operation: the issue of an operation begun before, or the next one. An undo of another document is another operation.
func (p *planner) operation(key string, op store.Op, documentID int64) store.Step {
	for _, s := range p.in.Steps {
		if s.Key == key && s.Op == op && s.Issue > 0 && s.State != store.StepDone && s.DocumentID == documentID {
			s.State = store.StepOpen
			return s
		}
	}
	issue := p.in.Issues[string(op)+" "+key] + 1
	return store.Step{Key: key, Op: op, Issue: issue, State: store.StepOpen, DocumentID: documentID,
		Ref: reference(p.installID, p.pipe.ID, p.object, key, op, issue, called(&p.in.Event))}
}

// total is what the sale says its documents must come to.
func (p *planner) total() (money.Amount, bool) {
	if p.in.Event.Sale == nil {
		return money.Amount{}, false
	}
	return money.New(p.in.Event.Sale.Total, p.in.Event.Sale.Currency), true
}

// describe names a document for a person.
func describe(d tengi.Document) string {
	name := d.Number
	if name == "" {
		name = d.ExternalID
	}
	text := fmt.Sprintf("%s %s", d.Kind, name)
	if d.Amount.Currency != "" {
		text += " over " + d.Amount.String()
	}
	return text
}
