package web

import (
	"encoding/json"
	"strconv"
	"time"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/engine"
	"github.com/tengi/tengi/field"
	"github.com/tengi/tengi/locale"
	"github.com/tengi/tengi/money"
	"github.com/tengi/tengi/sale"
	"github.com/tengi/tengi/store"
	"github.com/tengi/tengi/web/view"
)

// attemptsShown is how many of a delivery's attempts a page shows with their requests, unless all are asked for.
const attemptsShown = 5

// story tells what one connection did with an event.
func (v *visit) story(e *tengi.Event, d store.Delivery, all bool) (view.Story, error) {
	look, err := v.app.Desk.Engine.Look(v.ctx(), d)
	if err != nil {
		return view.Story{}, err
	}
	s := view.Story{ID: strconv.FormatInt(d.ID, 10), Item: itemOf(d), State: string(d.State), Reason: d.Reason, Due: d.DueAt, Tries: d.Tries, Connection: d.ConnectionID,
		ConnectionAt: v.At("connections")}
	if d.Code != "" {
		s.Cause = v.cause(d)
	}
	if p := look.Pipe; p != nil {
		s.Connection, s.ConnectionAt, s.EditAt = p.Name, v.At("connections", p.Key), v.At("connections", p.Key, "edit")
		s.Broken, s.Off = p.Problem != nil, !p.Enabled
	}
	if !d.State.Ended() {
		if a, ok := v.app.Desk.Engine.Account(d.AccountID); ok && !a.Usable() {
			s.Stopped, s.StoppedAt = accountName(a), v.At("accounts", a.Key)
		}
	}
	s.Wants = v.wants(e.Sale, look.Situation.Documents)
	if s.Documents, err = v.documentsOf(e, d, look.Situation); err != nil {
		return s, err
	}
	for _, c := range look.Checks {
		check := view.StoryCheck{Step: c.Step, Text: c.Text, Saw: c.Saw, Holds: c.Holds}
		if c.Err != nil {
			check.Wrong = c.Err.Error()
		}
		s.Checks = append(s.Checks, check)
	}
	for _, x := range look.Situation.Steps {
		s.Steps = append(s.Steps, view.StoryStep{Step: x.Key, Op: string(x.Op), State: string(x.State), Reason: x.Reason, Ref: string(x.Ref), Input: pretty(string(x.Input))})
	}
	for i := range look.Situation.Calls {
		s.Calls = append(s.Calls, callShown(&look.Situation.Calls[i], d))
	}
	s.Decide = v.decide(s, look)
	s.Decide.Open = true
	attempts, err := v.app.Desk.Store.Attempts(v.ctx(), d.ID)
	if err != nil {
		return s, err
	}
	if !all && len(attempts) > attemptsShown {
		s.HiddenAttempts = len(attempts) - attemptsShown
		attempts = attempts[s.HiddenAttempts:]
	}
	for i := range attempts {
		shown, err := v.attemptShown(&attempts[i])
		if err != nil {
			return s, err
		}
		s.Attempts = append(s.Attempts, shown)
	}
	return s, nil
}

// cause explains why a delivery stands where it does, in the words of its service where there are any.
func (v *visit) cause(d store.Delivery) locale.Cause { return v.causeAt(d.AccountID, d.Code, d.Reason) }

// causeAt explains a code that was given at an account.
func (v *visit) causeAt(accountID, code, reason string) locale.Cause {
	if a, ok := v.app.Desk.Engine.Account(accountID); ok && a.Connector != nil {
		return v.P.Connector(a.Connector).Cause(code, reason)
	}
	return v.P.Cause(code, reason)
}

// wants says what the sale wants against what stands.
func (v *visit) wants(s *sale.Sale, live []tengi.Document) string {
	if s == nil {
		return ""
	}
	binding := 0
	for i := range live {
		if live[i].Kind.Binding() {
			binding++
		}
	}
	switch s.Status {
	case sale.Pending:
		return v.P.Text("events.wants_nothing")
	case sale.Cancelled:
		if binding > 0 {
			return v.P.Count("events.wants_undo", binding)
		}
		return v.P.Text("events.wants_none")
	}
	if binding > 0 {
		return v.P.Count("events.wants_stands", binding, "total", money.New(s.Total, s.Currency))
	}
	return v.P.Text("events.wants_made", "total", money.New(s.Total, s.Currency))
}

// documentsOf lists the documents for the delivery's object, newest first: those of this delivery, and those of others that stand.
func (v *visit) documentsOf(e *tengi.Event, d store.Delivery, in store.Situation) ([]view.Document, error) {
	list, err := v.app.Desk.Store.Documents(v.ctx(), store.DocumentFilter{ConnectionID: d.ConnectionID, Object: d.Object, Limit: 50})
	if err != nil {
		return nil, err
	}
	here := map[int64]bool{}
	for _, s := range in.Steps {
		here[s.DocumentID] = true
	}
	fits := ""
	if e.Sale != nil {
		fits = e.Sale.Fingerprint()
	}
	undoing := map[int64]bool{}
	for i := range list {
		undoing[list[i].UndoneBy] = list[i].UndoneBy != list[i].ID
	}
	var shown []view.Document
	for i := range list {
		doc := &list[i]
		x := v.documentShown(doc)
		x.Elsewhere, x.Undoes = !here[doc.ID] && !undoing[doc.ID], undoing[doc.ID]
		x.Unfit = fits != "" && doc.Kind.Binding() && !x.Undone && !x.Undoes && doc.Fingerprint != fits
		shown = append(shown, x)
	}
	return shown, nil
}

// documentShown readies a document to be drawn.
func (v *visit) documentShown(doc *tengi.Document) view.Document {
	return view.Document{ID: strconv.FormatInt(doc.ID, 10), Kind: string(doc.Kind), Number: documentName(*doc), URL: doc.URL, Status: doc.Status, Step: doc.StepKey, Amount: doc.Amount, At: doc.CreatedAt,
		Undone: doc.UndoneBy != 0}
}

// callShown readies a call of the journal to be drawn.
func callShown(c *store.StepCall, d store.Delivery) view.Call {
	shown := view.Call{Step: c.StepKey, Name: c.Name, Method: c.Method, URL: c.URL, State: string(c.State), Key: c.Key, Body: pretty(string(c.Body)), Answer: pretty(string(c.Answer)),
		Sends: c.Sends, Looks: c.Looks, First: c.FirstSent, Last: c.LastSent}
	if c.Status != 0 {
		shown.Status = strconv.Itoa(c.Status)
	}
	if c.State == tengi.CallOpen {
		shown.Asked, shown.Next = !d.State.Ended(), d.DueAt
	}
	return shown
}

// attemptShown readies an attempt to be drawn.
func (v *visit) attemptShown(a *store.Attempt) (view.Attempt, error) {
	shown := view.Attempt{Step: a.StepKey, Op: string(a.Op), Outcome: a.Outcome, Code: a.Code, Message: a.Message, Detail: a.Detail, At: a.StartedAt, Took: took(a.EndedAt.Sub(a.StartedAt))}
	var exchanges []connector.Exchange
	if len(a.Exchanges) > 0 {
		if err := json.Unmarshal(a.Exchanges, &exchanges); err != nil {
			return shown, err
		}
	}
	for _, x := range exchanges {
		e := view.Exchange{Method: x.Method, URL: x.URL, Took: took(x.Took), Error: x.Error, RequestHeaders: choices(x.RequestHeader), ResponseHeaders: choices(x.ResponseHeader),
			Request: pretty(x.RequestBody), Response: pretty(x.ResponseBody)}
		if x.Status != 0 {
			e.Status = strconv.Itoa(x.Status)
		}
		shown.Exchanges = append(shown.Exchanges, e)
	}
	return shown, nil
}

// took is how long something took, in the unit of machines.
func took(d time.Duration) string {
	if d < time.Second {
		return strconv.FormatInt(d.Milliseconds(), 10) + " ms"
	}
	return strconv.FormatFloat(d.Seconds(), 'f', 1, 64) + " s"
}

// decide is what may be decided about a delivery.
func (v *visit) decide(s view.Story, look engine.Look) view.Decide {
	d := view.Decide{Back: v.Path, Replay: look.May.Replay, Skip: look.May.Skip, SendAgain: look.May.SendAgain, Adopt: look.May.Adopt, Undoes: look.May.Undoes, Ref: string(look.May.Ref),
		UndoneByHand: look.May.UndoneByHand, Edit: s.EditAt}
	var set field.Set
	values := map[string]any{}
	for _, m := range look.Mends {
		if d.Step != "" && m.Step != d.Step {
			continue
		}
		d.Step = m.Step
		set, values[m.Field.Key] = append(set, v.mendField(look.Pipe, m)), m.Value
		d.Wrong = append(d.Wrong, joined(": ", m.Field.Key, m.Wrong))
	}
	if d.Step != "" {
		d.Fields = v.fields(fieldForm{set: set, prefix: givePrefix(s.ID), values: values})
	}
	return d
}

// givePrefix is before the names of the inputs for values that a person gives for a delivery.
func givePrefix(deliveryID string) string { return "give." + deliveryID + "." }

// mendField is a field in the reader's language, to be filled in by itself.
func (v *visit) mendField(p *engine.Pipe, m engine.Mend) field.Field {
	f := m.Field
	for _, s := range p.Steps {
		a, ok := v.app.Desk.Engine.Account(s.AccountID)
		if s.Key != m.Step || !ok || a.Connector == nil {
			continue
		}
		if own, ok := v.P.Connector(a.Connector).ActionInput(s.Action).Lookup(f.Key); ok {
			f = own
		}
	}
	f.DependsOn, f.Advanced, f.Default = nil, false, ""
	return f
}
