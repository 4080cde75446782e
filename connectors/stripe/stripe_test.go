package stripe

import (
	"encoding/json"
	"maps"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/connector/connectortest"
	"github.com/tengi/tengi/connector/fake"
	"github.com/tengi/tengi/field"
	"github.com/tengi/tengi/money"
)

// desk is one piece of work at one account: a stand-in, a clock that both sides share, the journal of the step.
type desk struct {
	t       *testing.T
	stripe  *Fake
	clock   *connectortest.Clock
	journal *connectortest.Journal
	ref     tengi.Ref
	server  *httptest.Server
	account *tengi.Account
}

func setup(t *testing.T, changes ...func(*Behaviour)) *desk {
	t.Helper()
	t.Parallel()
	d := &desk{t: t, clock: connectortest.NewClock(), journal: connectortest.NewJournal(), ref: connectortest.Ref}
	d.stripe = NewFake(append([]func(*Behaviour){func(b *Behaviour) { b.Now = d.clock.Now }}, changes...)...)
	d.serve()
	return d
}

// serve opens the stand-in.
func (d *desk) serve() {
	d.server = httptest.NewServer(d.stripe)
	d.t.Cleanup(d.server.Close)
	d.account = connectortest.Account(Connector(), d.stripe)
}

// next is another step: its own Ref, its own journal.
func (d *desk) next(ref tengi.Ref) { d.ref, d.journal = ref, connectortest.NewJournal() }

func (d *desk) client(opts ...connectortest.Option) *connector.Client {
	d.t.Helper()
	opts = append([]connectortest.Option{connectortest.WithClock(d.clock), connectortest.WithJournal(d.journal), connectortest.WithRef(d.ref)}, opts...)
	return connectortest.ClientAt(d.t, Connector(), d.server, d.account, opts...)
}

// run does an action with values, each change laid over what a sale gives; nil takes one out.
func (d *desk) run(action string, changes map[string]any, opts ...connectortest.Option) (tengi.Document, error) {
	d.t.Helper()
	a, _ := Connector().Action(action)
	return a.Do(d.t.Context(), d.client(opts...), d.ref, parse(d.t, action, changes))
}

// made is run where it must succeed.
func (d *desk) made(action string, changes map[string]any) tengi.Document {
	d.t.Helper()
	doc, err := d.run(action, changes)
	if err != nil {
		d.t.Fatalf("%s: %v (%s)", action, err, connector.AsError(err).Detail)
	}
	return doc
}

// undo takes a document back, as a step of its own.
func (d *desk) undo(action string, doc tengi.Document, opts ...connectortest.Option) (tengi.Document, error) {
	d.t.Helper()
	d.next(d.ref + "-undo")
	a, _ := Connector().Action(action)
	return a.Undo(d.t.Context(), d.client(opts...), d.ref, doc)
}

// persist runs work again and again as the engine does, moving the clock by what the error asks for, until it succeeds or asks for a person.
func (d *desk) persist(work func() (tengi.Document, error)) (tengi.Document, error) {
	d.t.Helper()
	for range 40 {
		doc, err := work()
		if err == nil {
			return doc, nil
		}
		e := connector.AsError(err)
		if e.Kind == connector.Permanent || e.Kind == connector.Attention || e.Code == connector.CodeAskPerson {
			return doc, err
		}
		d.clock.Advance(max(e.RetryAfter, time.Hour))
	}
	d.t.Fatal("it neither ends nor asks for a person")
	return tengi.Document{}, nil
}

// values are what a mapping gives for a sale.
func values(action string) map[string]any {
	switch action {
	case "customer.create":
		return map[string]any{"name": "Anna Lind", "email": "anna@example.com", "phone": "+3545550123", "language": "is", "country": "is", "city": "Reykjavík"}
	case "invoiceitem.create":
		return map[string]any{"customer": "cus_none", "description": "Gullni hringurinn", "quantity": "2", "total": "29800", "currency": "ISK"}
	default:
		return map[string]any{
			"customer_name": "Anna Lind", "customer_email": "anna@example.com", "description": "FJR-71500321", "currency": "ISK", "prices_include_vat": true,
			"lines": []any{
				map[string]any{"description": "Gullni hringurinn 12.07.2026", "quantity": "2", "total": "29800", "vat_rate": "11"},
				map[string]any{"description": "Nesti", "quantity": "1", "total": "2480", "vat_rate": "24"},
			},
		}
	}
}

func changed(action string, changes map[string]any) map[string]any {
	raw := values(action)
	maps.Copy(raw, changes)
	for key, value := range changes {
		if value == nil {
			delete(raw, key)
		}
	}
	return raw
}

func parse(t testing.TB, action string, changes map[string]any) field.Values {
	t.Helper()
	a, _ := Connector().Action(action)
	v, faults := a.Input.Parse(changed(action, changes))
	if err := faults.Err(); err != nil {
		t.Fatalf("the test's own values: %v", err)
	}
	return v
}

// rows are what the stand-in holds of a kind.
func (d *desk) rows(kind string) []map[string]any { return held(d.t, d.stripe, kind) }

func held(t testing.TB, svc fake.Service, kind string) []map[string]any {
	t.Helper()
	text, err := json.Marshal(svc.Holdings()[kind])
	if err != nil {
		t.Fatal(err)
	}
	var rows []map[string]any
	if err := json.Unmarshal(text, &rows); err != nil {
		t.Fatal(err)
	}
	return rows
}

func (d *desk) mails() int { return connectortest.Held("mails")(d.stripe) }

// sent is the body of the named call as the journal has it.
func (d *desk) sent(name string) url.Values {
	d.t.Helper()
	c, ok := d.journal.Call(name)
	if !ok {
		d.t.Fatalf("there is no call %q", name)
	}
	body, err := url.ParseQuery(string(c.Body))
	if err != nil {
		d.t.Fatal(err)
	}
	return body
}

func wantError(t *testing.T, err error, kind connector.Kind, code, fieldPath string) *connector.Error {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want %s %s", kind, code)
	}
	e := connector.AsError(err)
	if e.Kind != kind || e.Code != code || e.Field != fieldPath {
		t.Errorf("error is %s %q on %q (%v; %s), want %s %q on %q", e.Kind, e.Code, e.Field, err, e.Detail, kind, code, fieldPath)
	}
	return e
}

func isk(n int64) money.Amount { return money.New(decimal.NewFromInt(n), "ISK") }

// newFake makes a stand-in that goes by the suite's clock.
func newFake(clock *connectortest.Clock) fake.Service {
	return NewFake(func(b *Behaviour) { b.Now = clock.Now })
}

// count counts the rows of a kind with a status.
func count(t testing.TB, kind, status string) func(fake.Service) int {
	return func(svc fake.Service) int {
		n := 0
		for _, row := range held(t, svc, kind) {
			if row["status"] == status {
				n++
			}
		}
		return n
	}
}

// fewer counts what is gone.
func fewer(kind string) func(fake.Service) int {
	return func(svc fake.Service) int { return -connectortest.Held(kind)(svc) }
}

// prepareCustomer makes the customer of an item, and puts their id into the values.
func prepareCustomer(t testing.TB, svc fake.Service, values map[string]any) {
	t.Helper()
	values["customer"] = doneBefore(t, svc, "customer.create", nil).ExternalID
}

// prepareItem makes an item that waits, and an invoice's values that take it up.
func prepareItem(t testing.TB, svc fake.Service, values map[string]any) {
	t.Helper()
	prepareCustomer(t, svc, values)
	item := doneBefore(t, svc, "invoiceitem.create", map[string]any{"customer": values["customer"]})
	values["items"] = []any{map[string]any{"id": item.ExternalID, "amount": item.Amount.Value.String()}}
}

// doneBefore does an action beforehand, as another step.
func doneBefore(t testing.TB, svc fake.Service, action string, changes map[string]any) tengi.Document {
	t.Helper()
	ref := tengi.Ref("tengi-test-before-" + action)
	a, _ := Connector().Action(action)
	doc, err := a.Do(t.Context(), connectortest.Client(t, Connector(), svc, connectortest.WithRef(ref)), ref, parse(t, action, changes))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// What every connector promises.
func TestConnector(t *testing.T) {
	t.Parallel()
	c := Connector()
	items, _ := c.Action("invoiceitem.create")
	for i := range items.Input {
		if f := &items.Input[i]; f.Key == "customer" {
			f.Default = "" // it names a step "customer", which the suite's connection has not; see TestThreeSteps
		}
	}
	invoices, credits, voids := connectortest.Held("invoices"), connectortest.Held("credit_notes"), count(t, "invoices", statusVoid)
	invoice := func(changes map[string]any) map[string]any { return changed("invoice.create", changes) }
	parts := []connectortest.Part{
		connectortest.Case{Action: "customer.create", Values: values("customer.create"), Made: connectortest.Held("customers")},
		connectortest.Case{Action: "customer.create", Name: "without e-mail", Values: changed("customer.create", map[string]any{"email": nil}), Made: connectortest.Held("customers")},
		connectortest.Case{Action: "invoiceitem.create", Values: values("invoiceitem.create"), Prepare: prepareCustomer,
			Made: connectortest.Held("invoiceitems"), Undone: fewer("invoiceitems")},
		connectortest.Case{Action: "invoice.create", Name: "mailed", Values: invoice(nil), Made: invoices, Undone: voids},
		connectortest.Case{Action: "invoice.create", Name: "one mail", Values: invoice(nil), Made: connectortest.Held("mails")},
		connectortest.Case{Action: "invoice.create", Name: "one customer", Values: invoice(nil), Made: connectortest.Held("customers")},
		connectortest.Case{Action: "invoice.create", Name: "credited", Values: invoice(nil), Account: map[string]any{"cancel_open": cancelCredit}, Made: invoices, Undone: credits},
		connectortest.Case{Action: "invoice.create", Name: "draft", Values: invoice(map[string]any{"finish": finishDraft}), Made: invoices, Undone: fewer("invoices")},
		connectortest.Case{Action: "invoice.create", Name: "paid before", Values: invoice(map[string]any{"paid": "32280"}), Made: invoices, Undone: credits},
		connectortest.Case{Action: "invoice.create", Name: "in euro, VAT on top", Made: invoices, Undone: voids, Values: invoice(map[string]any{
			"currency": "EUR", "prices_include_vat": false, "finish": finishIssue,
		})},
		connectortest.Case{Action: "invoice.create", Name: "item of an earlier step", Prepare: prepareItem, Values: invoice(map[string]any{"lines": nil}), Made: invoices, Undone: voids},
	}
	for _, n := range notices(t) {
		parts = append(parts, n)
	}
	connectortest.Run(t, c, newFake, parts...)
}

// notices are one notice of each kind that the stand-in sends.
func notices(t *testing.T) []connectortest.Notice {
	t.Helper()
	clock := connectortest.NewClock()
	svc := NewFake(func(b *Behaviour) { b.Now = clock.Now })
	story(t, svc)
	events := map[string]int{"invoice.sent": 0, "invoice.finalized": 0}
	seen := map[string]bool{}
	var all []connectortest.Notice
	_, secrets := svc.Login()
	for _, n := range svc.Notices() {
		var e event
		if err := json.Unmarshal(n.Body, &e); err != nil {
			t.Fatal(err)
		}
		if seen[e.Type] {
			continue
		}
		seen[e.Type] = true
		want, others := events[e.Type]
		if !others {
			want = 1
		}
		all = append(all, connectortest.Notice{Name: e.Type, Header: n.Header, Body: string(n.Body), Secrets: secrets, Signed: true, Events: want})
	}
	if len(all) != 10 {
		t.Fatalf("the story tells of %d kinds of events", len(all))
	}
	return all
}

// story has everything happen once: two invoices, of which one is declined, paid and credited; two checkouts, of which one is refunded.
func story(t testing.TB, svc *Fake) (invoice, checkout string) {
	t.Helper()
	doc := doneBefore(t, svc, "invoice.create", nil)
	for _, do := range []func(string) error{svc.Decline, svc.Pay} {
		if err := do(doc.ExternalID); err != nil {
			t.Fatal(err)
		}
	}
	sold := FakeCheckout{Name: "Anna Lind", Email: "anna@example.com", Currency: "isk", Reference: "FJR-1", Lines: []FakeLine{
		{"Gullni hringurinn", 2, 2980000, 11}, {"Nesti", 3, 100000, 24},
	}}
	checkout = svc.Sell(sold)
	sold.Later, sold.Reference = true, ""
	later := svc.Sell(sold)
	if err := svc.Arrive(later); err != nil {
		t.Fatal(err)
	}
	if err := svc.Refund(later, 3080000); err != nil {
		t.Fatal(err)
	}
	a, _ := Connector().Action("invoice.create")
	client := connectortest.Client(t, Connector(), svc, connectortest.WithRef("tengi-test-story-undo"), connectortest.WithSetting("cancel_paid", paidRefund))
	if _, err := a.Undo(t.Context(), client, "tengi-test-story-undo", doc); err != nil {
		t.Fatal(err)
	}
	return doc.ExternalID, checkout
}
