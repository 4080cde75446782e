package caspit

import (
	"context"
	"encoding/json"
	"maps"
	"net/http/httptest"
	"strings"
	"testing"

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
	caspit  *Fake
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
	d.caspit = NewFake(append([]func(*Behaviour){func(b *Behaviour) { b.Now = d.clock.Now }}, changes...)...)
	d.server = httptest.NewServer(d.caspit)
	t.Cleanup(d.server.Close)
	d.account = connectortest.Account(Connector(), d.caspit)
	d.restart()
	return d
}

// restart is the process starting anew: what was not stored and what was kept in memory is gone.
func (d *desk) restart() {
	d.journal.Lose()
	d.session = connector.NewSession(connector.Limits{})
}

// next is another step: its own Ref, its own journal.
func (d *desk) next(ref tengi.Ref) { d.ref, d.journal = ref, connectortest.NewJournal() }

func (d *desk) client(opts ...connectortest.Option) *connector.Client {
	d.t.Helper()
	opts = append([]connectortest.Option{
		connectortest.WithClock(d.clock), connectortest.WithJournal(d.journal), connectortest.WithRef(d.ref), connectortest.WithSession(d.session),
		connectortest.WithWorkspace(israel()),
	}, opts...)
	return connectortest.ClientAt(d.t, Connector(), d.server, d.account, opts...)
}

// israel is the business: what day it is goes by Jerusalem.
func israel() tengi.Workspace {
	return tengi.Workspace{ID: "ws1", Key: "fjord", Name: "Fjörður Tours", Country: "IL", Currency: "ILS", TimeZone: "Asia/Jerusalem", Language: "he"}
}

// workshop is what a mapping gives for a workshop paid by PayPal.
func workshop(changes map[string]any) map[string]any {
	raw := map[string]any{
		"customer_name": "אנה לינד", "customer_email": "anna@example.com", "customer_country": "IL", "customer_city": "חיפה", "currency": "ILS",
		"comments": "FJR-71500321", "send_email": true,
		"lines":    []any{line("סדנת בישול", "1", "180.00")},
		"payments": []any{payment("180.00", "PayPal", "1GH52670PL883904Y", "2026-07-01")},
	}
	maps.Copy(raw, changes)
	maps.DeleteFunc(raw, func(_ string, value any) bool { return value == nil })
	return raw
}

func line(text, quantity, total string) map[string]any {
	return map[string]any{"description": text, "quantity": quantity, "total": total}
}

func payment(amount, method, reference, day string) map[string]any {
	return map[string]any{"amount": amount, "method": method, "reference": reference, "paid_on": day}
}

// only keeps the values an action takes.
func only(set field.Set, raw map[string]any) map[string]any {
	kept := map[string]any{}
	for _, f := range set {
		if value, ok := raw[f.Key]; ok {
			kept[f.Key] = value
		}
	}
	return kept
}

func (d *desk) action(key string) *connector.Action {
	d.t.Helper()
	action, ok := Connector().Action(key)
	if !ok {
		d.t.Fatalf("there is no action %q", key)
	}
	return action
}

// do runs an action once.
func (d *desk) do(key string, changes map[string]any, opts ...connectortest.Option) (tengi.Document, error) {
	d.t.Helper()
	action := d.action(key)
	values, faults := action.Input.Parse(only(action.Input, workshop(changes)))
	if err := faults.Err(); err != nil {
		d.t.Fatalf("the test's own values: %v", err)
	}
	doc, err := action.Do(d.t.Context(), d.client(opts...), d.ref, values)
	d.journal.Save()
	return doc, err
}

// made is a document that must succeed.
func (d *desk) made(key string, changes map[string]any) tengi.Document {
	d.t.Helper()
	doc, err := d.do(key, changes)
	if err != nil {
		d.t.Fatalf("%s: %v (%s)", key, err, connector.AsError(err).Detail)
	}
	return doc
}

func (d *desk) undo(doc tengi.Document) (tengi.Document, error) {
	d.t.Helper()
	undone, err := undo(d.t.Context(), d.client(), d.ref, doc)
	d.journal.Save()
	return undone, err
}

// one is the one document there must be.
func (d *desk) one() FakeDocument {
	d.t.Helper()
	all := d.caspit.Documents()
	if len(all) != 1 {
		d.t.Fatalf("there are %d documents, want exactly one: %+v", len(all), all)
	}
	return all[0]
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

func dec(t testing.TB, text string) decimal.Decimal {
	t.Helper()
	d, err := decimal.NewFromString(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func ils(t testing.TB, text string) money.Amount { return money.New(dec(t, text), "ILS") }

// What every connector promises, for every kind of document.
func TestConnector(t *testing.T) {
	t.Parallel()
	newFake := func(clock *connectortest.Clock) fake.Service {
		return NewFake(func(b *Behaviour) { b.Now = clock.Now })
	}
	held := connectortest.Held
	c := Connector()
	var parts []connectortest.Part
	add := func(key, name, made, undone string, changes map[string]any, account map[string]any) {
		action, ok := c.Action(key)
		if !ok {
			t.Fatalf("there is no action %q", key)
		}
		test := connectortest.Case{Action: key, Name: name, Values: only(action.Input, workshop(changes)), Made: held(made), Account: account}
		switch undone {
		case "":
		case made:
			test.Undone = func(svc fake.Service) int { return -held(made)(svc) }
		default:
			test.Undone = held(undone)
		}
		parts = append(parts, test)
	}
	add("invoice.create", "paid and mailed", "documents", "credits", nil, nil)
	add("invoice.create", "unpaid", "documents", "credits", map[string]any{"kind": "tax_invoice", "payments": nil, "send_email": false}, nil)
	add("invoice.create", "with card", "contacts", "", map[string]any{"make_contact": true}, nil)
	add("invoice.create", "draft", "drafts", "drafts", map[string]any{"close": "draft"}, nil)
	add("invoice.create", "refund note too", "documents", "refunds", nil, map[string]any{"refund_note": true})
	add("invoice.create", "dollars", "documents", "credits", map[string]any{"currency": "USD", "exchange_rate": "3.654"}, nil)
	add("receipt.create", "", "documents", "refunds", nil, nil)
	add("receipt.create", "donation", "documents", "", map[string]any{"kind": "donation_receipt"}, nil)
	add("proforma.create", "", "documents", "", nil, nil)
	add("delivery.create", "", "documents", "", nil, nil)
	add("credit.create", "", "credits", "", map[string]any{"original": "98/70001, 2026-06-01"}, nil)
	add("credit.create", "refund note", "refunds", "", map[string]any{"kind": "refund_note", "original": "98/70001, 2026-06-01"}, nil)
	add("contact.save", "", "contacts", "", nil, nil)
	connectortest.Run(t, c, newFake, parts...)
}

func TestCheck(t *testing.T) {
	d := setup(t)
	id, err := check(t.Context(), d.client())
	if err != nil || id.Name != "fjord 516179157" || len(id.Warnings) != 0 {
		t.Errorf("%+v, %v", id, err)
	}
	id, err = check(t.Context(), d.client(connectortest.WithWorkspace(connectortest.Workspace())))
	if err != nil || len(id.Warnings) != 1 || !strings.Contains(id.Warnings[0], "Asia/Jerusalem") {
		t.Errorf("%+v, %v", id, err)
	}
}

func TestCheckNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*Behaviour)
		opt    connectortest.Option
		code   string
		says   string
	}{
		"password": {opt: connectortest.WithSecret("password", "another-password"), code: connector.CodeLogin, says: "password"},
		"business": {opt: connectortest.WithSetting("business_number", "123456782"), code: connector.CodeLogin, says: "business number"},
		"licence":  {change: func(b *Behaviour) { b.NoLicence = true }, code: codeLicence, says: "Modules"},
	} {
		t.Run(name, func(t *testing.T) {
			d := setup(t)
			if c.change != nil {
				d.caspit.Set(c.change)
			}
			opts := []connectortest.Option{}
			if c.opt != nil {
				opts = append(opts, c.opt)
			}
			_, err := check(t.Context(), d.client(opts...))
			if e := wantError(t, err, connector.Attention, c.code, ""); !strings.Contains(e.Message, c.says) {
				t.Errorf("%q does not speak of %q", e.Message, c.says)
			}
		})
	}
}

// A licence that ends stops the account and not the one document, and nothing was made.
func TestLicenceEnds(t *testing.T) {
	d := setup(t)
	d.caspit.Set(func(b *Behaviour) { b.NoLicence = true })
	_, err := d.do("invoice.create", nil)
	wantError(t, err, connector.Attention, codeLicence, "")
	d.caspit.Set(func(b *Behaviour) { b.NoLicence = false })
	d.made("invoice.create", nil)
	d.one()
}

func TestTokenIsKeptAndRenewed(t *testing.T) {
	d := setup(t)
	d.made("invoice.create", nil)
	if d.caspit.logins != 1 {
		t.Errorf("one document took %d logins", d.caspit.logins)
	}
	d.caspit.ForgetTokens() // refused once, renewed, and gone on
	d.next("tengi-test-0002")
	d.made("invoice.create", nil)
	d.clock.Advance(tokenLife / 2)
	d.next("tengi-test-0003")
	d.made("invoice.create", nil)
	if d.caspit.logins != 3 || len(d.caspit.Documents()) != 3 {
		t.Errorf("%d logins and %d documents, want 3 and 3", d.caspit.logins, len(d.caspit.Documents()))
	}
}

// A token refused with 400 is not a refusal of the document: it passes once the token is so old that it is renewed.
func TestTokenRefusedWith400(t *testing.T) {
	d := setup(t, func(b *Behaviour) { b.TokenAs400 = true })
	d.made("invoice.create", nil)
	d.caspit.ForgetTokens()
	d.next("tengi-test-0002")
	_, err := d.do("invoice.create", map[string]any{"document_date": "2026-07-01"})
	e := wantError(t, err, connector.Temporary, codeToken, "")
	d.clock.Advance(e.RetryAfter)
	d.made("invoice.create", map[string]any{"document_date": "2026-07-01"})
	if n := len(d.caspit.Documents()); n != 2 {
		t.Errorf("%d documents", n)
	}
}

// Neither the password nor a token stands in anything that is kept, although lists answer with the token in an address.
func TestSecretsAreNotKept(t *testing.T) {
	d := setup(t)
	c := d.client()
	action := d.action("invoice.create")
	values, faults := action.Input.Parse(workshop(nil))
	if err := faults.Err(); err != nil {
		t.Fatal(err)
	}
	if _, err := action.Do(t.Context(), c, d.ref, values); err != nil {
		t.Fatal(err)
	}
	if _, err := check(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	kept, err := json.Marshal(map[string]any{"exchanges": c.Recorded(), "calls": d.journal.Calls()})
	if err != nil {
		t.Fatal(err)
	}
	token, err := d.session.Token(context.Background(), "access", d.clock.Now(), nil)
	if err != nil || len(token) != 48 {
		t.Fatalf("token %q, %v", token, err)
	}
	for _, secret := range []string{fakePassword, token} {
		if strings.Contains(string(kept), secret) {
			t.Errorf("%q stands in what is kept", secret)
		}
	}
	if !strings.Contains(string(kept), "/PaymentTypes") {
		t.Error("the list with the token in it was not read: the test proves nothing")
	}
}

func TestValidBusinessNumber(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"516179157": true, "123456782": true, "000000018": true, "18": true,
		"123456789": false, "516179158": false, "5161791570": false, "": false, "51617915x": false,
	} {
		if got := validBusinessNumber(text); got != want {
			t.Errorf("%q: %t", text, got)
		}
	}
}
