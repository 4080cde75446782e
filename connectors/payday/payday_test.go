package payday

import (
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
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
	payday  *Fake
	clock   *connectortest.Clock
	journal *connectortest.Journal
	ref     tengi.Ref
	server  *httptest.Server
	session *connector.Session
	account *tengi.Account
}

func setup(t *testing.T, changes ...func(*Behaviour)) *desk {
	t.Helper()
	t.Parallel()
	d := &desk{t: t, clock: connectortest.NewClock(), journal: connectortest.NewJournal(), ref: connectortest.Ref}
	d.payday = NewFake(append([]func(*Behaviour){func(b *Behaviour) { b.Now = d.clock.Now }}, changes...)...)
	d.server = httptest.NewServer(d.payday)
	t.Cleanup(d.server.Close)
	d.account = connectortest.Account(Connector(), d.payday)
	d.restart()
	return d
}

// restart is the process starting anew: what was not stored and what was kept in memory is gone.
func (d *desk) restart() {
	d.journal.Lose()
	d.session = connector.NewSession(connector.Limits{})
}

// next is another step of the same connection: its own Ref, its own journal.
func (d *desk) next(ref tengi.Ref) {
	d.ref, d.journal = ref, connectortest.NewJournal()
}

func (d *desk) client(opts ...connectortest.Option) *connector.Client {
	d.t.Helper()
	opts = append([]connectortest.Option{
		connectortest.WithClock(d.clock), connectortest.WithJournal(d.journal), connectortest.WithRef(d.ref), connectortest.WithSession(d.session),
	}, opts...)
	return connectortest.ClientAt(d.t, Connector(), d.server, d.account, opts...)
}

// sample is what a mapping gives for a sale of two tours and two transfers.
func sample(changes map[string]any) map[string]any {
	raw := map[string]any{
		"customer_name": "John Traveller", "customer_email": "john@example.com", "customer_country": "GB", "customer_language": "en",
		"description": "Bókun DEMO-71500321", "currency": "ISK", "status": "SENT", "prices_include_vat": true,
		"lines": []any{
			map[string]any{"description": "Gullni hringurinn 12.07.2026", "quantity": "2", "total": "29800", "vat_rate": "24"},
			map[string]any{"description": "Skutl", "quantity": "2", "total": "5000", "vat_rate": "11"},
		},
	}
	maps.Copy(raw, changes)
	for key, value := range changes {
		if value == nil {
			delete(raw, key)
		}
	}
	return raw
}

func (d *desk) values(changes map[string]any) field.Values {
	d.t.Helper()
	values, faults := invoiceFields().Parse(sample(changes))
	if err := faults.Err(); err != nil {
		d.t.Fatalf("the test's own values: %v", err)
	}
	return values
}

func (d *desk) create(changes map[string]any, opts ...connectortest.Option) (tengi.Document, error) {
	d.t.Helper()
	return create(d.t.Context(), d.client(opts...), d.ref, d.values(changes))
}

// made makes an invoice that must succeed.
func (d *desk) made(changes map[string]any) tengi.Document {
	d.t.Helper()
	doc, err := d.create(changes)
	if err != nil {
		d.t.Fatalf("create: %v (%s)", err, connector.AsError(err).Detail)
	}
	return doc
}

// persist runs work again and again as the engine does, moving the clock by what the error asks for, until it succeeds or asks for a person.
func (d *desk) persist(work func() (tengi.Document, error)) (tengi.Document, error) {
	d.t.Helper()
	for range 30 {
		doc, err := work()
		if err == nil {
			return doc, nil
		}
		e := connector.AsError(err)
		if e.Kind == connector.Permanent || e.Kind == connector.Attention || e.Code == connector.CodeAskPerson {
			return doc, err
		}
		d.clock.Advance(max(e.RetryAfter, 1))
	}
	d.t.Fatal("it neither ends nor asks for a person")
	return tengi.Document{}, nil
}

// only is the one invoice there must be.
func (d *desk) only() FakeInvoice {
	d.t.Helper()
	invoices := d.payday.Invoices()
	if len(invoices) != 1 {
		d.t.Fatalf("there are %d invoices, want exactly one: %+v", len(invoices), invoices)
	}
	return invoices[0]
}

// sent is the body of the named call as the journal has it.
func (d *desk) sent(name string) map[string]any {
	d.t.Helper()
	call, ok := d.journal.Call(name)
	if !ok {
		d.t.Fatalf("there is no call %q", name)
	}
	var body map[string]any
	if err := json.Unmarshal(call.Body, &body); err != nil {
		d.t.Fatal(err)
	}
	return body
}

func (d *desk) sends(name string) int {
	call, _ := d.journal.Call(name)
	return call.Sends
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

func remarksOf(doc tengi.Document) string {
	list, _ := doc.Data["remarks"].([]string)
	return strings.Join(list, " ")
}

func isk(n int64) money.Amount { return money.New(decimal.NewFromInt(n), "ISK") }

// What every connector promises. The shared suite sends no request early: numbers come at once here, and late in the tests of their own.
func TestConnector(t *testing.T) {
	t.Parallel()
	newFake := func(clock *connectortest.Clock) fake.Service {
		return NewFake(func(b *Behaviour) { b.Now = clock.Now })
	}
	credits, invoices := connectortest.Held("credits"), connectortest.Held("invoices")
	connectortest.Run(t, Connector(), newFake,
		connectortest.Case{Action: "invoice.create", Name: "traveller", Values: sample(nil), Made: invoices, Undone: credits},
		connectortest.Case{Action: "invoice.create", Name: "company with everything", Made: invoices, Undone: credits, Values: sample(map[string]any{
			"customer_ssn": "410101-0179", "send_email": true, "create_claim": true, "electronic_invoice": "yes",
		})},
		connectortest.Case{Action: "invoice.create", Name: "unknown kennitala", Values: sample(map[string]any{"customer_ssn": "120175-3389"}), Made: invoices, Undone: credits},
		connectortest.Case{Action: "invoice.create", Name: "draft", Values: sample(map[string]any{"status": "DRAFT"}), Made: invoices,
			Undone: func(svc fake.Service) int { return -invoices(svc) }},
		connectortest.Case{Action: "invoice.create", Name: "paid", Made: invoices, Values: sample(map[string]any{
			"payments": []any{payment("34800", "card", "2026-06-30")}, "payment_types": map[string]any{"card": "Kort"},
		})},
		connectortest.Case{Action: "invoice.create", Name: "in euro, prices without VAT", Made: invoices, Undone: credits, Values: sample(map[string]any{
			"currency": "EUR", "prices_include_vat": false,
		})},
		connectortest.Case{Action: "invoice.pay", Made: connectortest.Held("payments"), Prepare: prepareInvoice, Values: map[string]any{
			"payment_type": "Kort", "invoice": "9f1d0000-0000-4000-8000-000000000000", // until prepareInvoice knows better
		}},
	)
}

// prepareInvoice makes the invoice that is to be paid.
func prepareInvoice(t testing.TB, svc fake.Service, values map[string]any) {
	t.Helper()
	input, faults := invoiceFields().Parse(sample(nil))
	if err := faults.Err(); err != nil {
		t.Fatal(err)
	}
	doc, err := create(t.Context(), connectortest.Client(t, Connector(), svc, connectortest.WithRef("tengi-test-earlier")), "tengi-test-earlier", input)
	if err != nil {
		t.Fatal(err)
	}
	values["invoice"] = doc.ExternalID
}

func TestFields(t *testing.T) {
	t.Parallel()
	c := Connector()
	if err := c.AccountFields().Check(); err != nil {
		t.Errorf("account: %v", err)
	}
	for _, a := range c.Actions {
		if err := a.Input.Check(); err != nil {
			t.Errorf("%s: %v", a.Key, err)
		}
	}
}

func TestCheck(t *testing.T) {
	d := setup(t)
	id, err := check(t.Context(), d.client())
	if err != nil {
		t.Fatal(err)
	}
	if id.Name != "Fjörður Tours ehf." || len(id.Warnings) != 1 || !strings.Contains(id.Warnings[0], "test system") {
		t.Errorf("identity %+v", id)
	}
}

func TestCheckWarnsOfWhatTheCompanyLacks(t *testing.T) {
	d := setup(t, func(b *Behaviour) { b.NoVATNumber, b.NoClaimCollection = true, true })
	id, err := check(t.Context(), d.client(connectortest.WithSetting("environment", "live")))
	if err != nil {
		t.Fatal(err)
	}
	if all := strings.Join(id.Warnings, "\n"); len(id.Warnings) != 2 || !strings.Contains(all, "VAT number") || !strings.Contains(all, "claims") {
		t.Errorf("warnings %q", id.Warnings)
	}
}

// A check asks the service every time: an account that was refused in the meantime must not pass on what was kept.
func TestCheckIsFresh(t *testing.T) {
	d := setup(t)
	if _, err := check(t.Context(), d.client()); err != nil {
		t.Fatal(err)
	}
	d.payday.Set(func(b *Behaviour) { b.SetUpMissing = true })
	_, err := check(t.Context(), d.client())
	wantError(t, err, connector.Attention, codeSetUp, "")
}

func TestWrongKeys(t *testing.T) {
	d := setup(t)
	_, err := check(t.Context(), d.client(connectortest.WithSecret("client_secret", "of-the-other-system")))
	e := wantError(t, err, connector.Attention, codeKeys, "")
	if !strings.Contains(e.Message, "live keys used against the test address") {
		t.Errorf("message %q does not name the other reason", e.Message)
	}
	if strings.Contains(err.Error()+e.Detail, "of-the-other-system") {
		t.Error("the secret stands in the error")
	}
}

// A company whose set-up is unfinished gets 401 like one with wrong keys; it is neither that nor a reason to log in over and over.
func TestSetUpMissing(t *testing.T) {
	d := setup(t, func(b *Behaviour) { b.SetUpMissing = true })
	var logins int
	d.payday.Set(func(b *Behaviour) {
		b.Before = func(r *http.Request) {
			if r.URL.Path == tokenPath {
				logins++
			}
		}
	})
	_, err := check(t.Context(), d.client())
	wantError(t, err, connector.Attention, codeSetUp, "")
	if logins != 2 {
		t.Errorf("logged in %d times, want 2: once, and once more after the first 401", logins)
	}
}

func TestTokenIsKeptAndRenewed(t *testing.T) {
	d := setup(t)
	var logins int
	d.payday.Set(func(b *Behaviour) {
		b.Before = func(r *http.Request) {
			if r.URL.Path == tokenPath {
				logins++
			}
			if r.Header.Get("Api-Version") != "alpha" || r.Header.Get("Content-Type") != "application/json" {
				t.Errorf("%s %s comes with Api-Version %q, Content-Type %q", r.Method, r.URL.Path, r.Header.Get("Api-Version"), r.Header.Get("Content-Type"))
			}
		}
	})
	d.made(nil)
	if logins != 1 {
		t.Errorf("an invoice took %d logins, want 1", logins)
	}
	d.payday.ExpireTokens() // in the middle of a run: the next request is refused once, and is harmless to repeat
	d.next("tengi-test-0002")
	d.made(nil)
	if logins != 2 || len(d.payday.Invoices()) != 2 {
		t.Errorf("%d logins, %d invoices; want 2 and 2", logins, len(d.payday.Invoices()))
	}
	d.clock.Advance(24 * time.Hour)
	d.next("tengi-test-0003")
	d.made(nil)
	if logins != 3 {
		t.Errorf("a day later there were %d logins, want 3", logins)
	}
}

func TestSecretsAreNotRecorded(t *testing.T) {
	d := setup(t)
	c := d.client()
	if _, err := create(t.Context(), c, d.ref, d.values(nil)); err != nil {
		t.Fatal(err)
	}
	recorded, err := json.Marshal(c.Recorded())
	if err != nil {
		t.Fatal(err)
	}
	journaled, err := json.Marshal(d.journal.Calls())
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{fakeClientSecret, "fake-access-token"} {
		if strings.Contains(string(recorded), secret) || strings.Contains(string(journaled), secret) {
			t.Errorf("%q stands in what is kept", secret)
		}
	}
	if !strings.Contains(string(recorded), "/invoices") {
		t.Error("the request that matters was not recorded")
	}
}

func TestDryRunSendsNothing(t *testing.T) {
	d := setup(t)
	d.payday.AddCustomer(FakeCustomer{Name: "John Traveller", Email: "john@example.com"}, true)
	_, err := d.create(nil, connectortest.Dry())
	captured, ok := errors.AsType[*connector.Captured](err)
	if !ok || captured.Call.Name != "create" || len(captured.Before) > 0 || !strings.Contains(string(captured.Call.Body), `"unitPriceIncludingVat":14900`) {
		t.Fatalf("a dry run gave %v", err)
	}
	// For a customer who is not there yet it shows how it would be made, and the invoice all the same.
	_, err = d.create(map[string]any{"customer_name": "Anna Lind", "customer_email": "anna@example.is"}, connectortest.Dry())
	captured, ok = errors.AsType[*connector.Captured](err)
	if !ok || captured.Call.Name != "create" || len(captured.Before) != 1 || !strings.Contains(string(captured.Before[0].Body), "Anna Lind") {
		t.Fatalf("a dry run for a new customer gave %v", err)
	}
	if len(d.payday.Invoices()) != 0 || len(d.payday.Customers()) != 1 {
		t.Error("a dry run made something")
	}
}
