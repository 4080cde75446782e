package engine

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/field"
	"github.com/tengi/tengi/mapping"
	"github.com/tengi/tengi/money"
	"github.com/tengi/tengi/store"
)

// Outcome is what a preview comes to.
type Outcome string

// The outcomes of a preview, and of each of its steps.
const (
	WouldMake Outcome = "make" // a document; of a whole preview: at least one
	WouldSkip Outcome = "skip" // nothing, for a reason
	WouldHold Outcome = "hold" // a person must look first, for a reason
	WouldFail Outcome = "fail" // the connector or the service refuses
)

// Preview is what a connection would do with an event of which it has done nothing yet. Nothing was sent but what only reads.
type Preview struct {
	Outcome Outcome
	Code    string // of skip and hold, as a delivery would have it
	Reason  string
	Event   tengi.Event // as its source understands it
	Steps   []PreviewStep
}

// PreviewStep is what one step would do.
type PreviewStep struct {
	Key     string
	Account *Account
	Action  *connector.Action
	Outcome Outcome
	Code    string
	Reason  string // of skip, hold and fail
	Field   string // of fail: the input at fault
	Detail  string // of fail: the service's own words
	Kind    connector.Kind
	Values  field.Values    // what the action would be given
	Input   json.RawMessage // the same, as it would be stored
	Calls   []tengi.Call    // the requests that would change something, in order, as far as they can be known beforehand; without the login
	Reads   []connector.Exchange
	// Document is what would be made, as far as that can be known: its kind and amount, and placeholders for what only the service can say. Where the
	// step found that nothing is to be changed it is the document that is there.
	Document tengi.Document
	// Assumed says that the step is given something of an earlier document that does not exist yet: those values are placeholders, and what the service
	// thinks of them says nothing.
	Assumed bool
}

// Placeholder begins every text that stands in a preview for what only a service can say.
const Placeholder = "dry-run-"

// Preview goes through a connection with an event as a delivery would, and sends nothing but what only reads. The connection need not be stored or
// switched on. What is wrong with it is the error, as Compile has it.
func (e *Engine) Preview(ctx context.Context, c tengi.Connection, event tengi.Event) (Preview, error) {
	pipe, err := e.compile(c)
	if err != nil {
		return Preview{}, err
	}
	events, err := e.Understand(ctx, c.Source.AccountID, pipe.Options, event)
	if n, ok := errors.AsType[*NothingInIt](err); ok {
		return Preview{Outcome: WouldSkip, Code: "nothing_to_do", Reason: n.Why, Event: event}, nil
	}
	if err != nil || len(events) == 0 {
		return Preview{Event: event}, err
	}
	r := e.rehearse(pipe, events[0])
	r.perform = func(next decision, step *PreviewStep) { e.dry(ctx, next, step) }
	return r.play(), nil
}

// Rehearse is Preview without asking anybody: it plans with an event that says what it means, and shows no requests.
func (e *Engine) Rehearse(pipe *Pipe, event tengi.Event) Preview {
	return e.rehearse(pipe, event).play()
}

// Assume is the document that an action would make as the step of a key, as far as that can be known without anything else.
func Assume(action *connector.Action, key string) tengi.Document {
	return assumed(decision{step: &pipeStep{Step: tengi.Step{Key: key}, action: action}})
}

// compile compiles a connection that need not be stored, with today's accounts.
func (e *Engine) compile(c tengi.Connection) (*Pipe, error) {
	s := e.snapshot.Load()
	workspace, ok := s.workspaces[c.WorkspaceID]
	if !ok {
		return nil, errors.New("there is no such workspace")
	}
	var others []tengi.Connection
	for _, p := range s.pipes {
		if p.WorkspaceID == c.WorkspaceID && p.ID != c.ID {
			others = append(others, p.Connection)
		}
	}
	return Compile(c, workspace, func(id string) *Account {
		if a := s.accounts[id]; a != nil && a.WorkspaceID == c.WorkspaceID {
			return a
		}
		return nil
	}, others...)
}

// rehearsal is a delivery that does not exist, worked with the engine's own plan.
type rehearsal struct {
	job     *job
	perform func(decision, *PreviewStep) // shows what would be sent; nil = that is not asked for
	preview Preview
}

func (e *Engine) rehearse(pipe *Pipe, event tengi.Event) *rehearsal {
	object := event.Object
	if object == "" {
		object = "preview"
	}
	in := store.Situation{Event: event, Loaded: true, Issues: map[string]int{}}
	j := &job{engine: e, d: store.Claimed{Object: object}, pipe: pipe, in: in}
	if before, ok := e.Pipe(pipe.Schedule.After); ok { // what it runs after has done its part by then
		for _, s := range before.steps {
			if s.action != nil {
				doc := Assume(s.action, s.Key)
				doc.StepKey = s.Key
				j.before = append(j.before, doc)
			}
		}
	}
	return &rehearsal{job: j, preview: Preview{Event: event}}
}

// play plans again and again, and pretends after each step that it was done.
func (r *rehearsal) play() Preview {
	for {
		next := r.job.plan()
		r.skipped(next.notes)
		if reason, ok := r.excused(next); ok {
			step := r.step(next.step)
			step.Outcome, step.Assumed, step.Reason = WouldMake, true, notYet(reason)
			next.op = store.Step{Key: next.step.Key, Op: store.Do}
			step.Document = assumed(next)
			r.preview.Steps = append(r.preview.Steps, step)
			r.pretend(next, step.Document)
			continue
		}
		if next.verdict != doing {
			r.end(next)
			return r.preview
		}
		step := r.step(next.step)
		step.Outcome, step.Input = WouldMake, next.values
		step.Assumed = strings.Contains(string(next.values), Placeholder)
		step.Document = assumed(next)
		// What is given to the connector is what a delivery would give it: out of storage.
		step.Values, _ = next.step.action.Input.Decode(next.values) // it was encoded a moment before
		if r.perform != nil {
			r.perform(next, &step)
		}
		r.preview.Steps = append(r.preview.Steps, step)
		r.pretend(next, step.Document)
	}
}

func (r *rehearsal) step(s *pipeStep) PreviewStep {
	return PreviewStep{Key: s.Key, Account: s.at, Action: s.action}
}

// notYet says of a step why it cannot be shown.
func notYet(reason string) string {
	return "cannot be shown before an earlier step has made its document: " + reason
}

// excused says that a step cannot be filled only because of what an earlier document will say, which nobody knows yet.
func (r *rehearsal) excused(next decision) (reason string, ok bool) {
	if next.verdict != held || next.step == nil || next.code != "mapping" || !r.assumes() {
		return "", false
	}
	env, err := r.job.env()
	if err != nil {
		return "", false
	}
	for _, p := range mapping.Sketch(next.step.action.Input, next.step.Fields, next.step.scope, env) {
		switch {
		case p.Fault == nil:
		case namesEarlier(p.Template) || strings.Contains(p.Text, Placeholder):
			ok, reason = true, p.Fault.Error()
		default:
			return "", false
		}
	}
	return reason, ok
}

// assumes says whether there are documents that nobody has made yet.
func (r *rehearsal) assumes() bool { return len(r.job.in.Documents)+len(r.job.before) > 0 }

// namesEarlier says whether an expression names what an earlier step made.
func namesEarlier(text string) bool {
	return strings.Contains(text, "steps.") || strings.Contains(text, "upstream.")
}

// skipped adds the steps that need nothing, once.
func (r *rehearsal) skipped(notes []store.Step) {
	for _, n := range notes {
		known := false
		for _, s := range r.preview.Steps {
			known = known || s.Key == n.Key
		}
		if s, ok := r.job.pipe.step(n.Key); ok && !known {
			step := r.step(s)
			step.Outcome, step.Reason = WouldSkip, n.Reason
			step.Assumed = r.assumes() && namesEarlier(s.When)
			r.preview.Steps = append(r.preview.Steps, step)
		}
	}
}

// end says what the whole comes to.
func (r *rehearsal) end(next decision) {
	p := &r.preview
	p.Code, p.Reason = next.code, next.reason
	p.Outcome = WouldSkip
	for _, s := range p.Steps {
		switch s.Outcome {
		case WouldMake:
			if p.Outcome != WouldFail {
				p.Outcome = WouldMake
			}
		case WouldFail:
			p.Outcome = WouldFail
		}
	}
	if next.verdict != held {
		return
	}
	p.Outcome = WouldHold
	if next.step != nil {
		step := r.step(next.step)
		step.Outcome, step.Code, step.Reason = WouldHold, next.code, strings.TrimPrefix(next.reason, "step "+next.step.Key+": ")
		p.Steps = append(p.Steps, step)
	}
}

// pretend notes that a step has made its document.
func (r *rehearsal) pretend(next decision, doc tengi.Document) {
	in := &r.job.in
	doc.ID = int64(len(in.Documents) + 1)
	doc.StepKey, doc.Ref, doc.Fingerprint = next.op.Key, next.op.Ref, next.op.Fingerprint
	op := next.op
	op.State, op.DocumentID = store.StepDone, doc.ID
	in.Documents = append(in.Documents, doc)
	in.Steps = append(in.Steps, op)
}

// assumed is the document that a step would make, as far as that can be known before.
func assumed(next decision) tengi.Document {
	key := strings.ReplaceAll(next.step.Key, "_", "-")
	doc := tengi.Document{Kind: next.step.action.Makes, ExternalID: Placeholder + key, Number: Placeholder + key, Customer: Placeholder + "customer",
		URL: "https://" + Placeholder + key + ".invalid/", Status: Placeholder + key, Data: map[string]any{}}
	if doc.Amount = next.expected; doc.Amount.Currency == "" {
		doc.Amount = amountIn(next.step.action, next.values)
	}
	return doc
}

// amountIn is an amount and a currency among the values of an action that states no total.
func amountIn(action *connector.Action, input json.RawMessage) money.Amount {
	values, err := action.Input.Decode(input)
	if err != nil || values.Text("currency") == "" {
		return money.Amount{}
	}
	for _, key := range []string{"total", "amount"} {
		if values.Has(key) {
			return money.New(values.Decimal(key), values.Text("currency"))
		}
	}
	return money.Amount{}
}

// dry runs a step's action with a client that keeps what it would send.
func (e *Engine) dry(ctx context.Context, next decision, step *PreviewStep) {
	e.tryDry(step, next.op.Ref, func(client *connector.Client) (tengi.Document, error) {
		return next.step.action.Do(ctx, client, next.op.Ref, step.Values)
	})
}

// tryDry carries out an operation at the step's account with a client that keeps what it would send.
func (e *Engine) tryDry(step *PreviewStep, ref tengi.Ref, operation func(*connector.Client) (tengi.Document, error)) {
	if err := step.Account.Problem; err != nil {
		step.Outcome, step.Kind, step.Reason = WouldFail, connector.Attention, err.Error()
		return
	}
	client, err := e.dryClient(step.Account, ref)
	var made tengi.Document
	if err == nil {
		err = e.guard(step.Account.Connector, step.Action.Key, func() (err error) {
			made, err = operation(client)
			return err
		})
		step.Reads = client.Recorded()
	}
	if captured, ok := errors.AsType[*connector.Captured](err); ok {
		step.Calls = append(slices.Clone(captured.Before), captured.Call)
		return
	}
	if err == nil { // there is nothing to change: it is there
		if made.Kind == "" {
			made.Kind = step.Action.Makes
		}
		step.Document = made
		return
	}
	failure := connector.AsError(err)
	step.Kind, step.Code, step.Reason, step.Field, step.Detail = failure.Kind, failure.Code, failure.Error(), failure.Field, failure.Detail
	if step.Assumed && failure.Kind == connector.Permanent {
		step.Reason = notYet(failure.Error())
		return
	}
	step.Outcome = WouldFail
}

// dryClient is a client that sends nothing but what only reads.
func (e *Engine) dryClient(a *Account, ref tengi.Ref) (*connector.Client, error) {
	return e.makeClient(a, connector.ClientConfig{Ref: ref, Dry: true})
}
