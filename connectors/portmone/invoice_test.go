package portmone

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/connector/connectortest"
	"github.com/tengi/tengi/connector/fake"
	"github.com/tengi/tengi/money"
)

const testRef tengi.Ref = "INV-1001-1-K3F7AB"

// desk is a stand-in, a clock, and one step's journal.
type desk struct {
	*testing.T
	svc     *Fake
	clock   *connectortest.Clock
	journal *connectortest.Journal
}

func newDesk(t *testing.T, of func(func() time.Time) *Fake) *desk {
	t.Helper()
	clock := connectortest.NewClock()
	return &desk{T: t, svc: of(clock.Now), clock: clock, journal: connectortest.NewJournal()}
}

func (d *desk) client(opts ...connectortest.Option) *connector.Client {
	d.Helper()
	opts = append([]connectortest.Option{connectortest.WithJournal(d.journal), connectortest.WithClock(d.clock), connectortest.WithRef(testRef)}, opts...)
	return connectortest.Client(d, Connector(), d.svc, opts...)
}

// do runs an action from a person's values, in the step's journal.
func (d *desk) do(key string, raw map[string]any, opts ...connectortest.Option) (tengi.Document, error) {
	d.Helper()
	action, _ := Connector().Action(key)
	values, faults := action.Input.Parse(raw)
	if err := faults.Err(); err != nil {
		d.Fatal(err)
	}
	return action.Do(d.Context(), d.client(opts...), testRef, values)
}

// made is an invoice that was made, and the next step.
func (d *desk) made(changes ...any) tengi.Document {
	d.Helper()
	doc, err := d.do("invoice.create", invoice(changes...))
	if err != nil {
		d.Fatal(err)
	}
	d.journal = connectortest.NewJournal()
	return doc
}

func (d *desk) pay(order, status string) string {
	d.Helper()
	id, err := d.svc.Pay(order, status)
	if err != nil {
		d.Fatal(err)
	}
	return id
}

func TestSignature(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ order, amount, login, want string }{
		{"INV-1001", "150.00", "TENGI_SHOP", "3219A140C14CCE9CF15633E2F993BAD7B2863A9695153AADBBC5CFA98D4C891A"},
		{"RES/7", "99.5", "tengi_shop", "FFDD08E87525F51BF45C46545E50998851C111E2331198939035DD4ABCDB2A8C"},
	} {
		if got := signature("99999", "20260102030405", tt.order, tt.amount, tt.login, "tengi-portmone-key-0001"); got != tt.want {
			t.Errorf("%s: %s", tt.order, got)
		}
	}
}

// What the login adds is in what is sent and nowhere else, and all else goes as it was frozen.
func TestLoginIsPutIn(t *testing.T) {
	t.Parallel()
	l := login{name: "TENGI_SHOP", password: `a"b\пароль`, key: "k-000001"}
	now := time.Date(2026, 1, 2, 1, 4, 5, 0, time.UTC) // 03:04:05 in Kyiv
	body, err := l.put([]byte(`{"method":"result","params":{"data":{"payeeId":"99999","shopOrderNumber":"INV<1>"}},"id":"x"}`), now)
	if err != nil || !json.Valid(body) {
		t.Fatalf("%s %v", body, err)
	}
	var sent envelope
	if err := json.Unmarshal(body, &sent); err != nil || sent.Params.Data["password"] != l.password || sent.Params.Data["login"] != l.name || sent.Params.Data["shopOrderNumber"] != "INV<1>" || sent.ID != "x" {
		t.Errorf("%s %v", body, err)
	}
	body, err = l.put([]byte(`{"method":"createLinkPayment","payee":{"payeeId":"99999"},"order":{"shopOrderNumber":"INV-1","billAmount":"150.00","expTime":"3600"}}`), now)
	want := `"signature":"` + signature("99999", "20260102030405", "INV-1", "150.00", "TENGI_SHOP", "k-000001") + `"`
	if err != nil || !strings.Contains(string(body), want) || !strings.Contains(string(body), `"billAmount":"150.00"`) || strings.Contains(string(body), "пароль") {
		t.Errorf("%s %v", body, err)
	}
	for _, broken := range []string{"", "[]", `{"method":"result"}`, `{"method":"result","params":{}}`, `{"method":"createLinkPayment","payee":7,"order":{}}`} {
		if body, err := l.put([]byte(broken), now); err == nil {
			t.Errorf("%s becomes %s", broken, body)
		}
	}
}

func TestCreate(t *testing.T) {
	t.Parallel()
	for name, of := range map[string]func(func() time.Time) *Fake{"plain": NewFake, "signed": NewSigningFake} {
		d := newDesk(t, of)
		doc, err := d.do("invoice.create", invoice("order_id", "Рахунок №7/A"))
		if err != nil {
			t.Fatalf("%s: %v (%s)", name, err, connector.AsError(err).Detail)
		}
		if doc.ExternalID != "7-A-1-K3F7AB" || doc.URL == "" || doc.Status != standingSent || !doc.Amount.Equal(money.New(decimal.NewFromInt(150), "UAH")) || doc.Data["customer_phone"] != "+380441234567" || doc.Data["created_on"] != "2026-07-01" {
			t.Errorf("%s: %+v", name, doc)
		}
		calls, err := json.Marshal(d.journal.Calls()[0])
		if err != nil || len(d.journal.Calls()) != 1 {
			t.Fatal(err)
		}
		if body := string(d.journal.Calls()[0].Body); strings.Contains(body, fakeLogin) || strings.Contains(body, "signature") || strings.Contains(string(calls), fakePassword) {
			t.Errorf("%s: the journal keeps the login: %s", name, body)
		}
	}
}

func TestSignedLink(t *testing.T) {
	t.Parallel()
	d := newDesk(t, NewSigningFake)
	if _, err := d.do("invoice.create", invoice("hours", "24", "methods", "card, apay", "return_url", "https://fjordur.example/thanks", "language", "is", "amount", "99.5")); err != nil {
		t.Fatal(err)
	}
	var sent newLink
	if err := json.Unmarshal(d.journal.Calls()[0].Body, &sent); err != nil {
		t.Fatal(err)
	}
	o := sent.Order
	if o.ExpTime != "86400" || o.BillAmount != "99.50" || o.SuccessURL != "https://fjordur.example/thanks" || o.FailureURL != o.SuccessURL || sent.PaymentTypes["apay"] != "Y" || len(sent.PaymentTypes) != 2 || sent.Payer.Lang != "en" {
		t.Errorf("%+v", sent)
	}
	for language, want := range map[string]string{"": "uk", "uk": "uk", "UK-ua": "uk", "en": "en", "ru": "en"} {
		if got := pageLanguage(language); got != want {
			t.Errorf("%s: %s", language, got)
		}
	}
}

func TestOrderNumber(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		ref       tengi.Ref
		own, want string
	}{
		{"INV-1001-1-K3F7AB", "INV-1001", "INV-1001-1-K3F7AB"},
		{"INV-1001-2-K3F7AB", "INV-1001", "INV-1001-2-K3F7AB"},
		{"row-7-1-K3F7AB", "", "row-7-1-K3F7AB"},
		{"row-7-1-K3F7AB", "  ", "row-7-1-K3F7AB"},
		{"row-7-1-K3F7AB", "Ціна", "row-7-1-K3F7AB"},
		{"row-7-1-K3F7AB", "a b/c_d", "a-b-c_d-1-K3F7AB"},
		{"x-1-K3F7AB", strings.Repeat("9", 200), strings.Repeat("9", 80) + "-1-K3F7AB"},
	} {
		got := orderNumber(tt.ref, tt.own)
		if got != tt.want || !fakeOrder.MatchString(got) {
			t.Errorf("%s of %s: %s", tt.own, tt.ref, got)
		}
	}
	if got := reference("INV-1001-2-K3F7AB"); got != "INV-1001" {
		t.Error(got)
	}
	if got := reference("wc_order_17"); got != "wc_order_17" {
		t.Error(got)
	}
}

func TestRefusedBeforeACall(t *testing.T) {
	t.Parallel()
	set := connectortest.WithSetting
	for _, tt := range []struct {
		name        string
		raw         map[string]any
		opts        []connectortest.Option
		code, field string
	}{
		{"another currency", invoice("currency", "EUR"), nil, "currency", "currency"},
		{"a part of a kopeck", invoice("amount", "1.0055"), nil, "fraction", "amount"},
		{"an end without a key", invoice("hours", "5"), nil, "signing_key", "hours"},
		{"a page without a key", invoice("return_url", "https://fjordur.example"), nil, "signing_key", "return_url"},
		{"Portmone's sending, not set up", invoice("delivery", byPortmone), nil, "not_set_up", "delivery"},
		{"half set up", invoice("delivery", byPortmone), []connectortest.Option{set(keyEmailMethod, "sendIt")}, "not_set_up", "delivery"},
		{"a method that gives money back", invoice("delivery", byPortmone), []connectortest.Option{set(keyEmailMethod, "return"), set(keyEmailParameter, "email")}, "not_set_up", "delivery"},
		{"a parameter that is the amount", invoice("delivery", byPortmone), []connectortest.Option{set(keyEmailMethod, "sendIt"), set(keyEmailParameter, "amount")}, "not_set_up", "delivery"},
		{"a parameter that is the login", invoice("delivery", byPortmone), []connectortest.Option{set(keyEmailMethod, "sendIt"), set(keyEmailParameter, "password")}, "not_set_up", "delivery"},
		{"nobody to send to", invoice("delivery", byPortmone, "customer_email", ""), []connectortest.Option{set(keyEmailMethod, "sendIt"), set(keyEmailParameter, "email")}, "recipient", "customer_email"},
		{"a phone of another country", invoice("delivery", byPortmone, "channel", channelSMS, "customer_phone", "+3545550123"),
			[]connectortest.Option{set(keySMSMethod, "sendIt"), set(keySMSParameter, "phone")}, "recipient", "customer_phone"},
	} {
		d := newDesk(t, NewFake)
		_, err := d.do("invoice.create", tt.raw, tt.opts...)
		if e := connector.AsError(err); err == nil || e.Kind != connector.Permanent || e.Code != tt.code || e.Field != tt.field {
			t.Errorf("%s: %s %s %s: %v", tt.name, e.Kind, e.Code, e.Field, err)
		}
		if len(d.journal.Calls()) != 0 {
			t.Errorf("%s: something was sent", tt.name)
		}
	}
}

func TestPortmoneSends(t *testing.T) {
	t.Parallel()
	d := newDesk(t, NewFake)
	doc, err := d.do("invoice.create", invoice("delivery", byPortmone, "channel", channelSMS, "customer_phone", "044 123-45-67"),
		connectortest.WithSetting(keySMSMethod, fakeSend), connectortest.WithSetting(keySMSParameter, fakeRecipient))
	if err != nil || doc.URL != "" || doc.ExternalID != string(testRef) {
		t.Fatalf("%+v %v", doc, err)
	}
	if sent := fmt.Sprint(d.svc.Holdings()["sent"]); sent != "[380441234567]" {
		t.Error(sent)
	}
}

// A page of HTML with status 200 does not tell whether there is a link. Asked again, the number stays.
func TestPageInsteadOfALink(t *testing.T) {
	t.Parallel()
	d := newDesk(t, NewFake)
	d.svc.AnswerHTML(1)
	_, err := d.do("invoice.create", invoice())
	if e := connector.AsError(err); e.Kind != connector.Unknown || e.Code != connector.CodeBadAnswer {
		t.Fatalf("%s %s: %v", e.Kind, e.Code, err)
	}
	d.clock.Advance(time.Minute)
	doc, err := d.do("invoice.create", invoice("order_id", "another one now"))
	if err != nil || doc.URL == "" {
		t.Fatalf("%+v %v", doc, err)
	}
	if orders := fmt.Sprint(d.svc.Holdings()["orders"]); orders != "[INV-1001-1-K3F7AB]" {
		t.Error(orders)
	}
}

// Where somebody pays by a link that never arrived here, no second one is made.
func TestLostLinkThatIsUsed(t *testing.T) {
	t.Parallel()
	d := newDesk(t, NewFake)
	d.svc.Faults().Add(fake.Fault{Kind: fake.DropAnswer})
	if _, err := d.do("invoice.create", invoice()); err == nil {
		t.Fatal("the answer was dropped")
	}
	d.pay(string(testRef), statusCreated)
	d.clock.Advance(time.Minute)
	_, err := d.do("invoice.create", invoice())
	if e := connector.AsError(err); e.Code != connector.CodeAskPerson || e.Kind != connector.Unknown {
		t.Errorf("%s %s: %v", e.Kind, e.Code, err)
	}
	if n := connectortest.Held("invoices")(d.svc); n != 1 {
		t.Errorf("%d links", n)
	}
}

func TestLinkIn(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"result":{"linkInvoice":"https://www.portmone.com.ua/r3/x"},"id":"1"}`: "https://www.portmone.com.ua/r3/x",
		`{"linkPayment":"https://portmone.com.ua/x","errorCode":"0","error":""}`: "https://portmone.com.ua/x",
		`{"linkPayment":"https://portmone.com.ua/x","error_code":0}`:             "https://portmone.com.ua/x",
		`{"result":{"linkInvoice":"http://www.portmone.com.ua/r3/x"}}`:           "unknown",
		`{"result":{"linkInvoice":"https://portmone.com.ua.example/x"}}`:         "unknown",
		`{"result":{"linkInvoice":"https://evilportmone.com.ua/x"}}`:             "unknown",
		`{"result":{"linkInvoice":"https://portmone.com.ua@evil.example/x"}}`:    "unknown",
		`{"result":{"linkInvoice":"https://shop@portmone.com.ua/x"}}`:            "unknown",
		`{"result":null}`:                        "unknown",
		`{}`:                                     "unknown",
		`[]`:                                     "unknown",
		``:                                       "unknown",
		`<html></html>`:                          "unknown",
		`{"errorCode":"2","error":"Bad amount"}`: "permanent",
		`{"error":{"code":-32602,"message":"no such parameter"},"id":"1"}`:          "permanent",
		`{"result":{"errorCode":"4","errorMessage":"x"}}`:                           "permanent",
		`{"errorCode":"2","error":"Bad","linkPayment":"https://portmone.com.ua/x"}`: "permanent",
		`{"errorCode":"3","error":"Невірний пароль"}`:                               "attention",
		`{"error_code":3,"error":"Wrong LOGIN or password"}`:                        "attention",
	} {
		got, err := linkIn(&connector.Response{Status: 200, Body: []byte(body)})
		if err != nil {
			got = connector.AsError(err).Kind.String()
		}
		if got != want {
			t.Errorf("%s: %s, want %s", body, got, want)
		}
	}
}
