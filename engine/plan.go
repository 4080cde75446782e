package engine

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/field"
	"github.com/tengi/tengi/mapping"
	"github.com/tengi/tengi/money"
	"github.com/tengi/tengi/sale"
	"github.com/tengi/tengi/store"
)

// verdict says what a plan comes to.
type verdict int

const (
	ended   verdict = iota // nothing is left to do: done, or skipped when nothing was done at all
	loading                // ask the source first
	skipped                // nothing is to be done, for a reason
	held                   // a person must look, for a reason
	doing                  // make a document
	undoing                // undo a document
)

// decision is what comes next for a delivery. plan makes it from the situation alone, so it can be made again at any time.
type decision struct {
	verdict  verdict
	code     string
	reason   string
	step     *pipeStep       // of doing and undoing; of held where it is about one
	faults   mapping.Faults  // what holds the mapping up
	target   tengi.Document  // of undoing, and of held: the document that no longer fits
	op       store.Step      // of doing and undoing: what will be stored with the intent
	expected money.Amount    // of doing: what the document must come to; zero when it has no amount
	notes    []store.Step    // steps that were found to need nothing, with the reason
	values   json.RawMessage // of doing: the input, frozen
	filled   field.Values    // the same as it was filled just now; nil when it was frozen before
}

// planner decides what comes next for one delivery. It asks nothing and changes nothing.
type planner struct {
	pipe      *Pipe
	in        *store.Situation
	env       *mapping.Env
	object    string
	installID string
	given     given // what a person gave instead of what the mapping makes; of one step
	notes     []store.Step
}

// plan compares what the event's sale wants with what was done for it.
func (p *planner) plan() decision {
	if d, ok := p.asked(); ok {
		return d
	}
	e := &p.in.Event
	if e.Unreadable != "" {
		return decision{verdict: held, code: connector.CodeUnreadable, reason: e.Unreadable}
	}
	if d, old := p.outdated(); old {
		if p.worked() { // what it made stands, and the later event knows of it
			d.verdict, d.reason = ended, "what is left of it is "+d.reason
		}
		return d
	}
	if !p.in.Loaded {
		return decision{verdict: loading}
	}
	if p.pipe.Trigger != nil && !p.pipe.Trigger.Covers(e.Type) {
		return decision{verdict: skipped, code: "other_type", reason: fmt.Sprintf("the connection does not take events of type %s", e.Type)}
	}
	if d, ok := p.unfinished(); ok {
		return d
	}
	if e.Sale != nil {
		switch e.Sale.Status {
		case sale.Pending:
			return decision{verdict: skipped, code: "pending", reason: "it is not confirmed yet"}
		case sale.Cancelled:
			return p.cancelled()
		case sale.Confirmed:
		default:
			return decision{verdict: held, code: "status_unknown", reason: fmt.Sprintf("the sale has the status %q, which Tengi does not know", e.Sale.Status)}
		}
	}
	ok, err := holds(p.pipe.filter, p.env)
	if err != nil {
		return decision{verdict: held, code: "filter", reason: "the filter: " + err.Error()}
	}
	if !ok {
		return p.filtered("the filter does not let it through: " + p.pipe.filter.Explain(p.env))
	}
	if e.Sale != nil {
		if err := e.Sale.Check().Err(); err != nil {
			return decision{verdict: held, code: "sale_check", reason: err.Error()}
		}
	}
	return p.confirmed()
}

// outdated says whether a later state of the same object makes this one moot. Only the latest state of a sale matters: its documents are compared
// with that. Events without a sale each count for themselves.
func (p *planner) outdated() (decision, bool) {
	e := &p.in.Event
	stateful := e.Sale != nil || (!p.in.Loaded && p.pipe.Trigger != nil && p.pipe.Trigger.Sale)
	if !stateful || e.Object == "" || p.midway() {
		return decision{}, false
	}
	switch {
	case p.in.Newer != 0:
		return decision{verdict: skipped, code: "superseded", reason: fmt.Sprintf("covered by the later event %d", p.in.Newer)}, true
	case p.in.Decided > e.ID:
		return decision{verdict: skipped, code: "superseded", reason: fmt.Sprintf("decided by the later event %d", p.in.Decided)}, true
	case e.Version > 0 && p.in.Version > e.Version:
		return decision{verdict: skipped, code: "superseded", reason: "a later state of it was worked before"}, true
	}
	return decision{}, false
}

// midway says whether an operation of this delivery may have acted and is not finished: then it must be finished before anything else.
func (p *planner) midway() bool { return acted(p.in) }

// acted says whether a call of an unfinished operation may have acted.
func acted(in *store.Situation) bool {
	for _, s := range in.Steps {
		if s.State == store.StepDone || s.State == store.StepSkipped {
			continue
		}
		for _, c := range in.Calls {
			if c.StepKey == s.Key && c.Op == s.Op && (c.State == tengi.CallOpen || c.State == tengi.CallAnswered) {
				return true
			}
		}
	}
	return false
}

// unfinished goes on with an operation whose intent is stored, with the values it was begun with.
func (p *planner) unfinished() (decision, bool) {
	for _, s := range p.in.Steps {
		if s.State != store.StepOpen {
			continue
		}
		step, ok := p.pipe.step(s.Key)
		if !ok {
			return decision{verdict: held, code: "step_gone", reason: fmt.Sprintf("the step %q was begun and is no longer part of the connection", s.Key)}, true
		}
		d := decision{verdict: doing, step: step, op: s, values: s.Input}
		if s.Op == store.Undo {
			i := slices.IndexFunc(p.in.Documents, func(doc tengi.Document) bool { return doc.ID == s.DocumentID })
			if i < 0 {
				continue // undone meanwhile
			}
			d.verdict, d.target = undoing, p.in.Documents[i]
			return d, true
		}
		if total, ok := p.total(); ok && step.action.Total != nil {
			d.expected = total
		}
		return d, true
	}
	return decision{}, false
}

// cancelled undoes what was made, last first.
func (p *planner) cancelled() decision {
	switch p.pipe.OnCancel {
	case tengi.Ignore:
		return decision{verdict: skipped, code: "cancelled", reason: "it was cancelled, and the connection ignores cancellations"}
	case tengi.Hold:
		if doc, ok := p.binding(); ok {
			return decision{verdict: held, code: "cancelled", target: doc,
				reason: fmt.Sprintf("it was cancelled after %s was made: undo that by hand, or let the connection do it", describe(doc))}
		}
	}
	return p.unwanted("it was cancelled before anything was made")
}

// filtered deals with a sale that the filter does not let through: what was made for it while it did has changed its ground.
func (p *planner) filtered(reason string) decision {
	doc, ok := p.binding()
	switch {
	case ok && p.pipe.OnChange == tengi.Ignore:
		return decision{verdict: skipped, code: "not_wanted", reason: reason + "; " + describe(doc) + " was made before, and the connection ignores changes"}
	case ok && p.pipe.OnChange == tengi.Hold:
		return decision{verdict: held, code: "sale_changed", target: doc, reason: fmt.Sprintf("%s, after %s was made: undo that by hand, or leave it", reason, describe(doc))}
	}
	return p.unwanted(reason)
}

// unwanted undoes every document that states what the sale comes to, last first; reason is for the case that there is none.
func (p *planner) unwanted(reason string) decision {
	doc, ok := p.binding()
	if !ok {
		if p.worked() {
			return p.end()
		}
		return decision{verdict: skipped, code: "not_wanted", reason: reason}
	}
	return p.undo(doc)
}

// binding is the last live document that states what the event's sale comes to.
func (p *planner) binding() (tengi.Document, bool) {
	if p.in.Event.Sale == nil {
		return tengi.Document{}, false // what an event without a sale made belongs to that event alone
	}
	for _, doc := range slices.Backward(p.in.Documents) {
		if doc.Kind.Binding() {
			return doc, true
		}
	}
	return tengi.Document{}, false
}

// worked says whether this delivery has done anything.
func (p *planner) worked() bool {
	return slices.ContainsFunc(p.in.Steps, func(s store.Step) bool { return s.State == store.StepDone })
}

// confirmed goes through the steps in order and stops at the first that has something to do.
func (p *planner) confirmed() decision {
	for _, step := range p.pipe.steps {
		if p.finished(step.Key) {
			continue
		}
		ok, err := holds(step.when, p.env)
		if err != nil {
			return p.holdAt(step, "condition", "its condition: "+err.Error())
		}
		live, made := p.live(step.Key)
		switch {
		case !ok && made && live.Kind.Binding() && p.pipe.OnChange != tengi.Ignore:
			return p.changed(step, live, "its condition no longer holds")
		case !ok && made:
			p.note(step, "its condition no longer holds after "+describe(live)+" was made, which stays")
		case !ok:
			p.note(step, "its condition does not hold: "+step.when.Explain(p.env))
		case !made:
			return p.do(step)
		case !live.Kind.Binding(), live.Fingerprint == p.in.Event.Sale.Fingerprint():
			p.note(step, describe(live)+" was made before and nothing about the money has changed")
		case p.pipe.OnChange == tengi.Ignore:
			p.note(step, "the sale changed after "+describe(live)+" was made, and the connection ignores changes")
		default:
			return p.changed(step, live, "the sale changed")
		}
	}
	return p.end()
}

// finished says whether the step has been done in this delivery. One that needed nothing is looked at again: a person may have changed the mapping.
func (p *planner) finished(key string) bool {
	return slices.ContainsFunc(p.in.Steps, func(s store.Step) bool {
		return s.Key == key && s.Op == store.Do && s.State == store.StepDone
	})
}

// live is the step's document for the sale, if it has made one that stands. What an event without a sale made belongs to that event alone.
func (p *planner) live(key string) (tengi.Document, bool) {
	if p.in.Event.Sale == nil {
		return tengi.Document{}, false
	}
	for _, doc := range slices.Backward(p.in.Documents) {
		if doc.StepKey == key {
			return doc, true
		}
	}
	return tengi.Document{}, false
}

// changed deals with a document that no longer fits.
func (p *planner) changed(step *pipeStep, live tengi.Document, why string) decision {
	if p.pipe.OnChange != tengi.Hold {
		return p.undo(p.lastUnfit(live))
	}
	now, _ := p.total() // only a sale has live documents
	d := p.holdAt(step, "sale_changed", fmt.Sprintf("%s after %s was made, it is now %s: credit it and make a new one, or leave it", why, describe(live), now))
	d.target = live
	return d
}

// lastUnfit is the last of the documents that no longer fit the sale, from doc on: what was built on a document goes before it does.
func (p *planner) lastUnfit(doc tengi.Document) tengi.Document {
	fits := p.in.Event.Sale.Fingerprint()
	for _, later := range slices.Backward(p.in.Documents) {
		if later.ID > doc.ID && later.Kind.Binding() && later.Fingerprint != fits {
			return later
		}
	}
	return doc
}

func (p *planner) holdAt(step *pipeStep, code, reason string) decision {
	return decision{verdict: held, code: code, reason: fmt.Sprintf("step %s: %s", step.Key, reason), step: step, notes: p.notes}
}

func (p *planner) note(step *pipeStep, reason string) {
	n := store.Step{Key: step.Key, Op: store.Do}
	for _, s := range p.in.Steps {
		if s.Key == step.Key && s.Op == store.Do {
			n = s // its issue and Ref were used and are never given again
		}
	}
	n.State, n.Reason = store.StepSkipped, reason
	p.notes = append(p.notes, n)
}

// end is when nothing is left to do.
func (p *planner) end() decision {
	d := decision{verdict: ended, notes: p.notes}
	if !p.worked() {
		d.verdict, d.code = skipped, "nothing_to_do"
		for i, n := range p.notes {
			if i > 0 {
				d.reason += "; "
			}
			d.reason += n.Reason
		}
	}
	return d
}

// do maps the step's values and checks the money before anything is sent.
func (p *planner) do(step *pipeStep) decision {
	var instead map[string]any
	if step.Key == p.given.step {
		instead = p.given.values
	}
	values, err := step.fields.FillWith(p.env, instead)
	if err != nil {
		d := p.holdAt(step, "mapping", err.Error())
		errors.As(err, &d.faults)
		return d
	}
	if p.pipe.Test {
		markTest(step.action, values)
	}
	d := decision{verdict: doing, step: step, notes: p.notes}
	if step.action.Total != nil {
		total, err := step.action.Total(values)
		if err != nil {
			return p.holdAt(step, "total", err.Error())
		}
		if want, ok := p.total(); ok && !want.Equal(total) {
			return p.holdAt(step, "totals_differ", fmt.Sprintf("the %s would come to %s, the sale says %s", step.action.Makes, total, want))
		}
		d.expected = total
	}
	input, err := step.action.Input.Encode(values)
	if err != nil {
		return p.holdAt(step, "mapping", err.Error())
	}
	d.values, d.filled = input, values
	d.op = p.operation(step.Key, store.Do, 0)
	d.op.Input = input
	if p.in.Event.Sale != nil {
		d.op.Fingerprint = p.in.Event.Sale.Fingerprint()
	}
	return d
}
