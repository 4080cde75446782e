package storetest

import (
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/money"
	"github.com/tengi/tengi/sale"
	"github.com/tengi/tengi/store"
)

var outcomeTests = map[string]func(*ledger){
	"OutcomeIsStoredWhole":             storedWhole,
	"OutcomeOfLoading":                 loads,
	"OutcomeOfLoadingTwice":            loadsOnce,
	"OutcomeWithEventsInstead":         eventsInstead,
	"OutcomeUndoesWithADocument":       undoesWithDocument,
	"OutcomeUndoesWithoutADocument":    undoesWithout,
	"OutcomeDecidesWithHighestVersion": decidesHighest,
	"OutcomeSupersedesOnlyWhatStopped": supersedes,
	"OutcomeOfManyStepsAndIssues":      issues,
	"OutcomeAmounts":                   amounts,
	"IntentReplacesACall":              replacesCall,
	"SituationOfAFreshDelivery":        freshSituation,
	"SituationSeesNewerEvents":         newerEvents,
}

func storedWhole(l *ledger) {
	l.ingest(l.event("booking/1"))
	d := l.take()
	step, call := l.step(1)
	l.must(l.intend(d, step, call))
	out := l.made(d, 1)
	out.Document.Amount = money.FromMinor(24900, "ISK")
	out.Document.URL, out.Document.Customer, out.Document.Data = "https://books.test/1047", "cust 7", map[string]any{"pdf": "a.pdf"}
	out.Attempt.Code, out.Attempt.Message, out.Attempt.Detail, out.Attempt.Exchanges = "c", "m", "d", []byte(`[{"status":201}]`)
	out.Attempt.EndedAt = l.now.Add(time.Second)
	out.Next.Code, out.Next.Reason = "code", "reason"
	out.Decided, out.Version = true, 5
	l.must(l.s.Finish(l.ctx, out))

	id := out.Document.ID
	if id == 0 || out.Steps[0].DocumentID != id || out.CallStep.DocumentID != id {
		l.Errorf("the document's id is %d, the steps have %d and %d", id, out.Steps[0].DocumentID, out.CallStep.DocumentID)
	}
	want := *out.Document
	want.ConnectionID, want.Object, want.CreatedAt = first, "booking/1", l.now
	got, err := l.s.Document(l.ctx, id)
	l.must(err)
	equal(l, "document", got, want)
	attempts, err := l.s.Attempts(l.ctx, d.ID)
	l.must(err)
	attempt := *out.Attempt
	attempt.ID, attempt.DeliveryID = attempts[0].ID, d.ID
	equal(l, "attempts", attempts, []store.Attempt{attempt})
	steps, err := l.s.Steps(l.ctx, d.ID)
	l.must(err)
	equal(l, "steps", steps, out.Steps)
	calls, err := l.s.Calls(l.ctx, d.ID)
	l.must(err)
	equal(l, "calls", calls, []store.StepCall{{StepKey: "invoice", Op: store.Do, Call: out.Calls[0]}})
	end := l.delivery(d.EventID)
	equal(l, "delivery", end, store.Delivery{ID: d.ID, EventID: d.EventID, ConnectionID: first, AccountID: books, Object: "booking/1", State: store.Done, Touched: true, Node: node,
		Code: "code", Reason: "reason", UpdatedAt: l.now})

	l.ingest(l.event("booking/1"))
	in, err := l.s.Situation(l.ctx, l.take())
	l.must(err)
	equal(l, "the next one's documents", in.Documents, []tengi.Document{want})
	equal(l, "decided", in.Decided, d.EventID)
	equal(l, "version", in.Version, 5)
	equal(l, "issues", in.Issues, map[string]int{"do invoice": 1})
	equal(l, "its own steps", len(in.Steps)+len(in.Calls), 0)
}

func loads(l *ledger) {
	e := l.event("booking/1")
	e.NeedsLoad, e.Data = true, nil
	id := l.ingest(e)[0]
	d := l.take()
	out := l.outcome(d, store.Running)
	out.Next.Keep = true
	out.Loaded = &tengi.Event{Type: "booking.cancelled", Version: 3, Data: []byte(`{"x":1}`),
		Sale: &sale.Sale{Reference: "FJ-1", Status: sale.Cancelled, Currency: "ISK", Total: decimal.NewFromInt(1), Lines: []sale.Line{}}}
	out.Attempt = &store.Attempt{Op: store.Load, Outcome: "done", StartedAt: l.now, EndedAt: l.now}
	l.must(l.s.Finish(l.ctx, out))
	got, loaded, err := l.s.Event(l.ctx, id)
	l.must(err)
	want := e.Event
	want.ID, want.NeedsLoad = id, false
	want.Type, want.Version, want.Data, want.Sale = out.Loaded.Type, out.Loaded.Version, out.Loaded.Data, out.Loaded.Sale
	equal(l, "event", got, want)
	equal(l, "loaded", loaded, true)
}

// What was stored first stays: another connection's worker may have loaded the same event meanwhile.
func loadsOnce(l *ledger) {
	e := l.event("booking/1", first, second)
	e.NeedsLoad = true
	id := l.ingest(e)[0]
	for i, lane := range []store.Lane{lane(), {ConnectionID: second, AccountID: books}} {
		out := l.outcome(l.claim(1, lane).Deliveries[0], store.Done)
		out.Loaded = &tengi.Event{Type: fmt.Sprintf("type %d", i)}
		l.must(l.s.Finish(l.ctx, out))
	}
	got, _, err := l.s.Event(l.ctx, id)
	l.must(err)
	equal(l, "type", got.Type, "type 0")
}

func eventsInstead(l *ledger) {
	known := l.event("booking/2")
	ids := l.ingest(known, l.event("notice"))
	l.finish(l.take(), store.Done)
	known.Deliveries = append(known.Deliveries, store.NewDelivery{ConnectionID: second, AccountID: books, State: store.Waiting})
	fresh := l.event("booking/3")
	out := l.outcome(l.take(), store.Skipped)
	out.Instead = []store.NewEvent{fresh, known, fresh}
	l.must(l.s.Finish(l.ctx, out))
	equal(l, "the notice", l.delivery(ids[1]).State, store.Skipped)
	got := l.claim(10, lane(), store.Lane{ConnectionID: second, AccountID: books}).Deliveries
	if len(got) != 2 || got[0].Object != "booking/3" || got[1].EventID != ids[0] || got[1].ConnectionID != second {
		l.Errorf("claimed %+v, want booking/3 and the joined booking/2", got)
	}
}

// invoice makes an invoice for an object and returns its id.
func (l *ledger) invoice(object string, issue int) int64 {
	l.Helper()
	l.ingest(l.event(object))
	out := l.made(l.take(), issue)
	l.must(l.s.Finish(l.ctx, out))
	return out.Document.ID
}

// standing lists the documents of an object as a new delivery of it finds them.
func (l *ledger) standing(object string) []int64 {
	l.Helper()
	l.ingest(l.event(object))
	d := l.take()
	in, err := l.s.Situation(l.ctx, d)
	l.must(err)
	l.finish(d, store.Skipped)
	ids := []int64{}
	for _, doc := range in.Documents {
		ids = append(ids, doc.ID)
	}
	return ids
}

func undoesWithDocument(l *ledger) {
	kept, invoice := l.invoice("booking/1", 1), l.invoice("booking/1", 2)
	equal(l, "standing", l.standing("booking/1"), []int64{kept, invoice})
	l.ingest(l.event("booking/1"))
	out := l.made(l.take(), 3)
	out.Steps[0].Op, out.CallStep.Op = store.Undo, store.Undo
	out.Steps[0].DocumentID = invoice
	out.Document.Kind = tengi.CreditNote
	out.Undone = invoice
	l.must(l.s.Finish(l.ctx, out))
	if out.Document.ID == 0 || out.Steps[0].DocumentID != invoice {
		l.Errorf("the credit note is %d, its step names %d; want the invoice %d", out.Document.ID, out.Steps[0].DocumentID, invoice)
	}
	got, err := l.s.Document(l.ctx, invoice)
	l.must(err)
	equal(l, "undone by", got.UndoneBy, out.Document.ID)
	equal(l, "standing", l.standing("booking/1"), []int64{kept})
	l.ingest(l.event("booking/1"))
	again := l.outcome(l.take(), store.Done)
	again.Undone = invoice
	l.must(l.s.Finish(l.ctx, again))
	got, err = l.s.Document(l.ctx, invoice)
	l.must(err)
	equal(l, "still undone by the first", got.UndoneBy, out.Document.ID)
}

func undoesWithout(l *ledger) {
	invoice := l.invoice("booking/1", 1)
	for range 2 { // the second changes nothing
		l.ingest(l.event("booking/1"))
		out := l.outcome(l.take(), store.Done)
		out.Undone = invoice
		l.must(l.s.Finish(l.ctx, out))
		got, err := l.s.Document(l.ctx, invoice)
		l.must(err)
		equal(l, "undone by itself", got.UndoneBy, invoice)
	}
	equal(l, "standing", l.standing("booking/1"), []int64{})
}

func decidesHighest(l *ledger) {
	var last store.Claimed
	for _, version := range []int64{3, 9, 5} {
		l.ingest(l.event("booking/1"))
		last = l.take()
		out := l.outcome(last, store.Done)
		out.Decided, out.Version = true, version
		l.must(l.s.Finish(l.ctx, out))
	}
	l.ingest(l.event("booking/1"))
	in, err := l.s.Situation(l.ctx, l.take())
	l.must(err)
	equal(l, "version", in.Version, 9)
	equal(l, "decided", in.Decided, last.EventID)
}

func supersedes(l *ledger) {
	want := map[int64]store.State{}
	stop := func(object string, next store.Next, after store.State) {
		id := l.ingest(l.event(object))[0]
		d := l.take()
		next.AccountID = books
		out := l.outcome(d, next.State)
		out.Next = next
		l.must(l.s.Finish(l.ctx, out))
		want[id] = after
	}
	stop("booking/1", store.Next{State: store.Failed}, store.Skipped)
	stop("booking/1", store.Next{State: store.Held}, store.Skipped)
	stop("booking/1", store.Next{State: store.Done}, store.Done)
	stop("booking/2", store.Next{State: store.Failed}, store.Failed) // another object
	decider := l.ingest(l.event("booking/1"))[0]
	d := l.take()
	later := l.ingest(l.event("booking/1"))[0] // comes after the one that decides
	out := l.outcome(d, store.Skipped)
	out.Decided = true
	l.must(l.s.Finish(l.ctx, out))
	want[decider], want[later] = store.Skipped, store.Waiting
	for id, state := range want {
		equal(l, fmt.Sprintf("event %d", id), l.delivery(id).State, state)
	}
}

func issues(l *ledger) {
	l.ingest(l.event("booking/1"), l.event("booking/1", second))
	d := l.take()
	for issue := range 3 { // the same step again and again, as after an undo in the same delivery
		step, call := l.step(issue + 1)
		l.must(l.intend(d, step, call))
	}
	out := l.made(d, 3)
	note := store.Step{Key: "mail", Op: store.Do, State: store.StepSkipped, Reason: "no address"}
	undo := store.Step{Key: "invoice", Op: store.Undo, Issue: 1, State: store.StepDone}
	out.Steps = append(out.Steps, note, undo)
	l.must(l.s.Finish(l.ctx, out))
	l.ingest(l.event("booking/1"))
	in, err := l.s.Situation(l.ctx, l.take())
	l.must(err)
	equal(l, "issues", in.Issues, map[string]int{"do invoice": 3, "undo invoice": 1})
	other, err := l.s.Situation(l.ctx, l.claim(1, store.Lane{ConnectionID: second, AccountID: books}).Deliveries[0])
	l.must(err)
	equal(l, "another connection's", other.Issues, map[string]int{})
}

func amounts(l *ledger) {
	for i, c := range []struct{ in, out money.Amount }{
		{money.New(decimal.RequireFromString("149.99"), "PLN"), money.FromMinor(14999, "PLN")},
		{money.New(decimal.RequireFromString("-24900"), "ISK"), money.FromMinor(-24900, "ISK")},
		{money.FromMinor(0, "EUR"), money.FromMinor(0, "EUR")},
		{money.Amount{}, money.Amount{}},
		{money.New(decimal.RequireFromString("0.5"), "ISK"), money.Amount{}}, // does not fit the currency: said by the attempt, not here
	} {
		l.ingest(l.event(fmt.Sprintf("booking/%d", i)))
		out := l.made(l.take(), 1)
		out.Document.Amount = c.in
		l.must(l.s.Finish(l.ctx, out))
		got, err := l.s.Document(l.ctx, out.Document.ID)
		l.must(err)
		if !got.Amount.Equal(c.out) {
			l.Errorf("%s was read back as %s", c.in, got.Amount)
		}
	}
}

func replacesCall(l *ledger) {
	l.ingest(l.event("booking/1"))
	d := l.take()
	step, call := l.step(1)
	l.must(l.intend(d, step, call))
	refused := call
	refused.State, refused.Status, refused.Answer = tengi.CallRefused, 422, []byte(`{}`)
	again := call
	again.Version, again.Body, again.Sends, again.Resent, again.Looks, again.LastSent = 2, []byte(`{"total":1}`), 3, 1, 2, l.now.Add(time.Minute)
	step.Input = []byte(`{"total":"1"}`)
	l.must(l.intend(d, step, refused, again)) // the same call twice: the later counts
	calls, err := l.s.Calls(l.ctx, d.ID)
	l.must(err)
	equal(l, "calls", calls, []store.StepCall{{StepKey: "invoice", Op: store.Do, Call: again}})
	steps, err := l.s.Steps(l.ctx, d.ID)
	l.must(err)
	equal(l, "steps", steps, []store.Step{step})
}

func freshSituation(l *ledger) {
	e := l.event("booking/1")
	id := l.ingest(e)[0]
	in, err := l.s.Situation(l.ctx, l.take())
	l.must(err)
	want := store.Situation{Event: e.Event, Loaded: true, Issues: map[string]int{}}
	want.Event.ID = id
	equal(l, "situation", in, want)
}

func newerEvents(l *ledger) {
	ids := l.ingest(l.event("booking/1"), l.event("booking/1", second), l.event("booking/1"), l.event("booking/1"))
	d := l.take()
	in, err := l.s.Situation(l.ctx, d)
	l.must(err)
	equal(l, "newer", in.Newer, ids[3])
	l.finish(d, store.Done)
	l.finish(l.take(), store.Done)
	in, err = l.s.Situation(l.ctx, l.take())
	l.must(err)
	equal(l, "newer than the last", in.Newer, 0)
}
