package payday

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/connector/connectortest"
	"github.com/tengi/tengi/connector/fake"
	"github.com/tengi/tengi/internal/testutil"
)

func itoa(n int) string { return strconv.Itoa(n) }

func nthRef(n int) tengi.Ref { return tengi.Ref("tengi-test-n" + itoa(n)) }

func TestCreate(t *testing.T) {
	d := setup(t)
	doc := d.made(nil)
	inv := d.only()
	if inv.Reference != string(d.ref) || inv.Status != statusSent || !inv.Total.Equal(decimal.NewFromInt(34800)) || inv.Customer != doc.Customer {
		t.Errorf("invoice %+v", inv)
	}
	want := tengi.Document{
		Kind: tengi.Invoice, ExternalID: inv.ID, Status: statusSent, Amount: isk(34800), Customer: inv.Customer,
		Data: map[string]any{"vat": "6263", "due_date": "2026-07-15"},
	}
	if diff := cmp.Diff(want, doc); diff != "" {
		t.Errorf("document (-want +got):\n%s", diff)
	}
	if doc.Number != "" {
		t.Error("the number comes later; there is none to know yet")
	}
}

// The bytes that go out, for a person to read.
func TestRequests(t *testing.T) {
	d := setup(t)
	d.made(map[string]any{
		"customer_name": "Ferðaskrifstofan", "customer_ssn": "410101-0179", "customer_email": "reikningar@example.is", "customer_address": "Dæmigata 1",
		"customer_post_code": "101", "customer_city": "Reykjavík", "customer_country": "IS", "customer_phone": "555 1234", "customer_language": "is",
		"send_email": true, "create_claim": true, "electronic_invoice": "no", "due_days": 10, "final_due_days": 20,
	})
	var out strings.Builder
	for _, call := range d.journal.Calls() {
		var body any
		if err := json.Unmarshal(call.Body, &body); err != nil {
			t.Fatal(err)
		}
		text, err := json.MarshalIndent(body, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		out.WriteString(call.Name + ": " + call.Method + " " + strings.TrimPrefix(call.URL, d.server.URL) + "\n" + string(text) + "\n\n")
	}
	testutil.Golden(t, "requests", []byte(out.String()))
}

func TestStatusIsSaidOutright(t *testing.T) {
	d := setup(t)
	doc := d.made(map[string]any{"status": "DRAFT", "send_email": true})
	inv := d.only()
	if doc.Status != statusDraft || inv.Status != statusDraft || inv.Number != 0 || len(d.payday.Mails()) != 0 {
		t.Errorf("a draft came out as %+v, mails %v", inv, d.payday.Mails())
	}
	for _, name := range []string{"status", "sendEmail", "createClaim", "reference"} {
		if _, said := d.sent("create")[name]; !said {
			t.Errorf("%s is left to Payday's default, which acts", name)
		}
	}
	// What would move stock, or change the text, or is decided elsewhere, is never sent.
	body, _ := json.Marshal(d.sent("create"))
	for _, name := range []string{"productId", "sku", "unitPriceExcludingVat", "source", "createElectronicInvoice"} {
		if strings.Contains(string(body), name) {
			t.Errorf("%s is sent", name)
		}
	}
}

func TestDates(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		changes          map[string]any
		date, due, final string
	}{
		"today":            {nil, "2026-07-01", "2026-07-15", "2026-07-15"},
		"at once":          {map[string]any{"due_days": 0}, "2026-07-01", "2026-07-01", "2026-07-01"},
		"on a day":         {map[string]any{"invoice_date": "2026-02-20", "due_days": 10}, "2026-02-20", "2026-03-02", "2026-03-02"},
		"final later":      {map[string]any{"due_days": 10, "final_due_days": 15}, "2026-07-01", "2026-07-11", "2026-07-16"},
		"final before due": {map[string]any{"due_days": 10, "final_due_days": 5}, "2026-07-01", "2026-07-11", "2026-07-11"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			d := setup(t)
			d.made(test.changes)
			if inv := d.only(); inv.Date != test.date || inv.Due != test.due || inv.FinalDue != test.final {
				t.Errorf("dates %s, %s, %s", inv.Date, inv.Due, inv.FinalDue)
			}
		})
	}
}

// The day is the workspace's, not the server's.
func TestTodayIsTheWorkspaces(t *testing.T) {
	d := setup(t)
	d.clock.Advance(11*time.Hour + 30*time.Minute) // 23:30 in Reykjavík, 1:30 the next day in Kyiv
	kyiv := connectortest.Workspace()
	kyiv.TimeZone = "Europe/Kyiv"
	if _, err := d.create(nil, connectortest.WithWorkspace(kyiv)); err != nil {
		t.Fatal(err)
	}
	if inv := d.only(); inv.Date != "2026-07-02" {
		t.Errorf("dated %s", inv.Date)
	}
}

func TestUnknownVATRate(t *testing.T) {
	d := setup(t)
	_, err := d.create(map[string]any{"lines": []any{row("total", "1"), row("total", "1", "vat_rate", "25.5")}})
	wantError(t, err, connector.Permanent, codeVATRate, "lines[1].vat_rate")
	if len(d.payday.Customers()) != 0 {
		t.Error("a customer was made for an invoice that cannot be")
	}
}

func TestCompanyWithoutVATNumber(t *testing.T) {
	d := setup(t, func(b *Behaviour) { b.NoVATNumber = true })
	_, err := d.create(nil)
	wantError(t, err, connector.Permanent, codeVATRate, "lines[0].vat_rate")
	d.made(map[string]any{"lines": []any{row("total", "100", "vat_rate", "0")}})
}

// Rates are kept for an hour, and a rate that Payday takes back in that hour is still refused by Payday itself.
func TestCatalogsAreKeptForAnHour(t *testing.T) {
	d := setup(t)
	reads := 0
	d.payday.Set(func(b *Behaviour) {
		b.Before = func(r *http.Request) {
			if r.URL.Path == "/general/vat" {
				reads++
			}
		}
	})
	for n := range 3 {
		d.next(nthRef(n))
		d.made(nil)
	}
	if reads != 1 {
		t.Errorf("the VAT rates were read %d times for three invoices", reads)
	}
	d.clock.Advance(time.Hour)
	d.next("tengi-test-later")
	d.payday.Set(func(b *Behaviour) { b.NoVATNumber = true })
	_, err := d.create(nil)
	wantError(t, err, connector.Permanent, codeVATRate, "lines[0].vat_rate")
	if reads != 2 {
		t.Errorf("the VAT rates were read %d times, want again after an hour", reads)
	}
}

func TestForeignCurrency(t *testing.T) {
	d := setup(t)
	doc := d.made(map[string]any{"currency": "EUR", "lines": []any{row("quantity", "2", "total", "199.90")}})
	if doc.Amount.String() != "199.90 EUR" || doc.Data["vat"] != "38.69" {
		t.Errorf("document of %s with VAT %v: the sums in krónur stand beside those in euro", doc.Amount, doc.Data["vat"])
	}
	d.next("tengi-test-0002")
	_, err := d.create(map[string]any{"currency": "PLN"})
	wantError(t, err, connector.Permanent, codeCurrency, "currency")
}

func TestCurrencyOfTheAnswerCounts(t *testing.T) {
	t.Parallel()
	c := connectortest.Client(t, Connector(), NewFake())
	inv, err := decodeInvoice([]byte(`{"id":"x","currencyCode":"ISK","amountIncludingVat":100,"foreignAmountIncludingVat":7}`))
	if err != nil {
		t.Fatal(err)
	}
	if doc := inv.document(c, "EUR"); doc.Amount.String() != "100 ISK" {
		t.Errorf("asked for euro, answered in krónur: %s", doc.Amount)
	}
}

func TestAmountIsReadWhenTheAnswerLeavesItOut(t *testing.T) {
	d := setup(t)
	d.server.Config.Handler = strip(d.payday, "POST", "/invoices", "amountIncludingVat")
	if doc := d.made(nil); !doc.Amount.Equal(isk(34800)) {
		t.Errorf("document of %s", doc.Amount)
	}
}

// strip takes a field out of the answers to some requests.
func strip(next http.Handler, method, path, name string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != method || r.URL.Path != path {
			next.ServeHTTP(w, r)
			return
		}
		held := &heldAnswer{ResponseWriter: w}
		next.ServeHTTP(held, r)
		var object map[string]any
		if json.Unmarshal(held.body.Bytes(), &object) == nil {
			delete(object, name)
			held.body.Reset()
			_ = json.NewEncoder(held).Encode(object)
		}
		held.send()
	})
}

func TestElectronicInvoiceRefused(t *testing.T) {
	t.Parallel()
	for _, asText := range []bool{false, true} {
		for _, choice := range []string{"customer", "yes", "no"} {
			t.Run(choice, func(t *testing.T) {
				d := setup(t, func(b *Behaviour) { b.TextCodes = asText })
				d.payday.AddCustomer(FakeCustomer{Name: "John Traveller", Email: "john@example.com", Electronic: true}, false)
				doc := d.made(map[string]any{"electronic_invoice": choice})
				inv := d.only()
				if inv.Electronic || strings.Contains(remarksOf(doc), "electronic") != (choice != "no") {
					t.Errorf("electronic %t, remarks %q", inv.Electronic, remarksOf(doc))
				}
				// The refused bytes were replaced, and a run from the top finds the answer of the second.
				d.journal.Save()
				d.restart()
				if again := d.made(map[string]any{"electronic_invoice": choice}); again.ExternalID != inv.ID {
					t.Errorf("run again: %s", again.ExternalID)
				}
				d.only()
			})
		}
	}
}

func TestElectronicInvoiceTaken(t *testing.T) {
	d := setup(t)
	d.made(map[string]any{"electronic_invoice": "yes"})
	if !d.only().Electronic {
		t.Error("it was asked for and is not electronic")
	}
}

func TestClaims(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		behaviour func(*Behaviour)
		changes   map[string]any
		claim     bool
		remark    string
	}{
		"made":            {nil, map[string]any{"customer_ssn": "1201743399"}, true, ""},
		"no kennitala":    {nil, nil, false, "no kennitala"},
		"unknown":         {nil, map[string]any{"customer_ssn": "1201753389"}, false, "no kennitala"},
		"no agreement":    {func(b *Behaviour) { b.NoClaimCollection = true }, map[string]any{"customer_ssn": "1201743399"}, false, "no agreement"},
		"in euro":         {nil, map[string]any{"customer_ssn": "1201743399", "currency": "EUR"}, false, "krónur only"},
		"of a draft":      {nil, map[string]any{"customer_ssn": "1201743399", "status": "DRAFT"}, false, ""},
		"of what is paid": {nil, map[string]any{"customer_ssn": "1201743399", "payments": []any{map[string]any{"amount": "34800", "method": "card"}}, "payment_types": map[string]any{"card": "Kort"}}, false, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			d := setup(t)
			if test.behaviour != nil {
				d.payday.Set(test.behaviour)
			}
			changes := map[string]any{"create_claim": true}
			for key, value := range test.changes {
				changes[key] = value
			}
			doc := d.made(changes)
			if inv := d.only(); inv.Claim != test.claim || !strings.Contains(remarksOf(doc), test.remark) {
				t.Errorf("claim %t, remarks %q", inv.Claim, remarksOf(doc))
			}
			if test.remark == "" && strings.Contains(remarksOf(doc), "claim") {
				t.Errorf("remarks %q", remarksOf(doc))
			}
		})
	}
}

func TestMail(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		known    FakeCustomer
		changes  map[string]any
		to       string
		remarked string
	}{
		"to a new customer":    {changes: map[string]any{"customer_email": "new@example.com"}, to: "new@example.com"},
		"to a known one":       {known: FakeCustomer{SSN: "4101010179", Email: "office@example.is"}, changes: map[string]any{"customer_ssn": "4101010179", "customer_email": "office@example.is"}, to: "office@example.is"},
		"to another address":   {known: FakeCustomer{SSN: "4101010179", Email: "office@example.is"}, changes: map[string]any{"customer_ssn": "4101010179"}, to: "office@example.is", remarked: "not the one of this sale"},
		"to nobody":            {known: FakeCustomer{SSN: "4101010179"}, changes: map[string]any{"customer_ssn": "4101010179"}, remarked: "no e-mail"},
		"and has none himself": {changes: map[string]any{"customer_email": nil}, remarked: "no e-mail"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			d := setup(t)
			if test.known.SSN != "" {
				d.payday.AddCustomer(test.known, true)
			}
			test.changes["send_email"] = true
			doc := d.made(test.changes)
			mails := d.payday.Mails()
			if test.to == "" && len(mails) != 0 || test.to != "" && (len(mails) != 1 || mails[0].To != test.to) {
				t.Errorf("mails %v", mails)
			}
			if !strings.Contains(remarksOf(doc), test.remarked) || test.remarked == "" && remarksOf(doc) != "" {
				t.Errorf("remarks %q", remarksOf(doc))
			}
			for _, c := range d.payday.Customers() {
				if c.SSN == test.known.SSN && c.SSN != "" && c.Email != test.known.Email {
					t.Errorf("the e-mail of a known customer became %q", c.Email)
				}
			}
		})
	}
}

func TestRefresh(t *testing.T) {
	d := setup(t, func(b *Behaviour) { b.NumberAfter = time.Minute })
	doc := d.made(nil)
	doc.ID, doc.ConnectionID = 7, "c1"
	again, err := refresh(t.Context(), d.client(), doc)
	if err != nil || again.Number != "" || again.Status != statusSent {
		t.Errorf("before the numbering: %+v, %v", again, err)
	}
	d.clock.Advance(time.Minute)
	again, err = refresh(t.Context(), d.client(), doc)
	if err != nil || again.Number != "1001" {
		t.Errorf("after the numbering: %+v, %v", again, err)
	}
	doc.Number = "1001"
	if diff := cmp.Diff(doc, again); diff != "" {
		t.Errorf("more than the number changed (-before +after):\n%s", diff)
	}
	if err := d.payday.ByHand(doc.ExternalID, statusPaid); err != nil {
		t.Fatal(err)
	}
	if again, err = refresh(t.Context(), d.client(), doc); err != nil || again.Status != statusPaid {
		t.Errorf("paid by hand: %+v, %v", again, err)
	}
	d.payday.Forget()
	_, err = refresh(t.Context(), d.client(), doc)
	wantError(t, err, connector.Permanent, codeGone, "")
}

func TestWebAddress(t *testing.T) {
	t.Parallel()
	rt := connectortest.WithHTTP(nil)
	f := NewFake()
	for environment, want := range map[string]string{"live": "https://app.payday.is/invoices/x", "test": "https://app.test.payday.is/invoices/x"} {
		c := connectortest.Client(t, Connector(), f, rt, connectortest.WithSetting("environment", environment), connectortest.WithSetting("base_url", nil))
		if got := webAddress(c, "x"); got != want {
			t.Errorf("%s: %s", environment, got)
		}
	}
	if got := webAddress(connectortest.Client(t, Connector(), f), "x"); got != "" {
		t.Errorf("a sandbox has the page %s", got)
	}
}

func TestPermanentRefusalIsShownInPaydaysWords(t *testing.T) {
	d := setup(t)
	d.payday.Faults().Add(fake.Fault{Kind: fake.Refuse, Method: "POST", Path: "/invoices", Status: 400, Body: `{"message":"The VAT period of 120174-3399 is closed"}`})
	_, err := d.create(nil)
	e := wantError(t, err, connector.Permanent, connector.CodeRefused, "")
	if e.Detail != "The VAT period of 120174-**** is closed" {
		t.Errorf("detail %q", e.Detail)
	}
	if strings.Contains(err.Error(), "VAT period") {
		t.Error("the service's words stand in the error, which is logged")
	}
}
