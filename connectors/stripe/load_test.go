package stripe

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/shopspring/decimal"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/connector/connectortest"
	"github.com/tengi/tengi/internal/testutil"
	"github.com/tengi/tengi/sale"
)

// arrivals are the events of the stand-in's notices of a type.
func (d *desk) arrivals(kind string) []tengi.Event {
	d.t.Helper()
	var all []tengi.Event
	for _, n := range d.stripe.Notices(kind) {
		in := inbound(string(n.Body), n.Header.Get("Stripe-Signature"), nil)
		in.ReceivedAt = d.clock.Now()
		events, err := receive(in)
		if err != nil {
			d.t.Fatal(err)
		}
		all = append(all, events...)
	}
	return all
}

// arrive loads what they mean, through whatever they stand for instead.
func (d *desk) arrive(kind string) []tengi.Event {
	d.t.Helper()
	var all []tengi.Event
	for _, e := range d.arrivals(kind) {
		ready, ok, err := prepare(d.t.Context(), d.client(), e)
		if err != nil || !ok {
			d.t.Fatalf("%s %s: %t, %v", kind, e.Object, ok, err)
		}
		all = append(all, ready)
	}
	return all
}

// told is an event as text.
func told(t *testing.T, e tengi.Event) []byte {
	t.Helper()
	text, err := json.MarshalIndent(map[string]any{"type": e.Type, "object": e.Object, "sale": e.Sale, "data": e.Data}, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return append(text, '\n')
}

func TestInvoicePaid(t *testing.T) {
	d := setup(t)
	doc := d.made("invoice.create", nil)
	if err := d.stripe.Pay(doc.ExternalID); err != nil {
		t.Fatal(err)
	}
	e := d.arrive("invoice.paid")[0]
	if faults := e.Sale.Check(); len(faults) > 0 {
		t.Errorf("%v", faults)
	}
	testutil.Golden(t, "invoice_paid", told(t, e))
	if _, err := d.undo("invoice.create", doc, connectortest.WithSetting("cancel_paid", paidOutside)); err != nil {
		t.Fatal(err)
	}
	e = d.arrive("credit_note.created")[0]
	if e.Type != typeInvoiceCredited || e.Sale.Status != sale.Cancelled || e.Object != "invoice/"+doc.ExternalID || len(e.Sale.Payments) != 0 {
		t.Errorf("%s %s %+v", e.Type, e.Object, e.Sale)
	}
}

// With VAT on top Stripe's lines have it beside them; the sale has it inside.
func TestInvoicePaidWithVATOnTop(t *testing.T) {
	d := setup(t)
	doc := d.made("invoice.create", map[string]any{"currency": "EUR", "prices_include_vat": false})
	if err := d.stripe.Pay(doc.ExternalID); err != nil {
		t.Fatal(err)
	}
	s := d.arrive("invoice.paid")[0].Sale
	if faults := s.Check(); len(faults) > 0 || !s.VATIncluded || s.Total.String() != "36153.2" || s.Lines[0].VATRate.String() != "11" || s.Lines[0].VATAmount.String() != "3278" {
		t.Errorf("%v %+v", faults, s)
	}
}

func TestInvoiceThatIsNotPaid(t *testing.T) {
	d := setup(t)
	doc := d.made("invoice.create", nil)
	loaded, err := load(t.Context(), d.client(), tengi.Event{Object: "invoice/" + doc.ExternalID})
	if err != nil || !strings.Contains(loaded.Nothing, "open") {
		t.Errorf("%+v, %v", loaded, err)
	}
}

func TestInvoiceCreditedInPartIsHeld(t *testing.T) {
	d := setup(t)
	doc := d.made("invoice.create", nil)
	if err := d.stripe.Pay(doc.ExternalID); err != nil {
		t.Fatal(err)
	}
	d.next("tengi-test-part")
	if _, err := credit(t.Context(), d.client(), d.ref, creditBody{Invoice: doc.ExternalID, Amount: 100000, Refund: 100000}, doc); err != nil {
		t.Fatal(err)
	}
	_, err := load(t.Context(), d.client(), tengi.Event{Object: "invoice/" + doc.ExternalID})
	if e := wantError(t, err, connector.Permanent, codeCredited, ""); !strings.Contains(e.Message, "1000 of the invoice's 32280") {
		t.Errorf("message %q", e.Message)
	}
}

func sold() FakeCheckout {
	return FakeCheckout{Name: "Anna Lind", Email: "anna@example.com", Currency: "isk", Reference: "FJR-1", Lines: []FakeLine{
		{"Gullni hringurinn", 2, 2980000, 11}, {"Nesti", 3, 100000, 24}, {"Gjöf", 1, 0, 0},
	}}
}

func TestCheckoutCompleted(t *testing.T) {
	d := setup(t)
	id := d.stripe.Sell(sold())
	e := d.arrive("checkout.session.completed")[0]
	if faults := e.Sale.Check(); len(faults) > 0 {
		t.Errorf("%v", faults)
	}
	testutil.Golden(t, "checkout_completed", told(t, e))
	if err := d.stripe.Refund(id, 80000); err != nil { // a part: the sale stands, less is paid
		t.Fatal(err)
	}
	part, err := load(t.Context(), d.client(), tengi.Event{Object: "checkout/" + id})
	if err != nil || part.Type != typeCheckoutPaid || part.Sale.Payments[0].Amount.String() != "30000" {
		t.Errorf("%+v, %v", part, err)
	}
	if err := d.stripe.Refund(id, 3000000); err != nil {
		t.Fatal(err)
	}
	events := d.arrive("charge.refunded")
	if len(events) != 1 || events[0].Type != typeCheckoutBack || events[0].Object != e.Object || events[0].Sale.Status != sale.Cancelled {
		t.Errorf("%+v", events)
	}
	if refunds := d.arrive("refund.created"); len(refunds) != 2 || !strings.Contains(string(refunds[0].Data), `"amount":"800"`) {
		t.Errorf("%+v", refunds)
	}
}

func TestCheckoutPaidLater(t *testing.T) {
	d := setup(t)
	later := sold()
	later.Later, later.Reference, later.Currency = true, "", "eur"
	later.Lines[1] = FakeLine{"Þrennt", 3, 1000, 24} // 10.00 for three has no exact price for one
	id := d.stripe.Sell(later)
	loaded, err := load(t.Context(), d.client(), tengi.Event{Object: "checkout/" + id})
	if err != nil || loaded.Nothing == "" || loaded.Sale != nil {
		t.Errorf("before it is paid: %+v, %v", loaded, err)
	}
	if err := d.stripe.Arrive(id); err != nil {
		t.Fatal(err)
	}
	e := d.arrive("checkout.session.async_payment_succeeded")[0]
	line := e.Sale.Lines[1]
	if faults := e.Sale.Check(); len(faults) > 0 || line.Text != "3 × Þrennt" || line.UnitPrice.String() != "10" || !strings.HasPrefix(e.Sale.Reference, "pi_") {
		t.Errorf("%v %+v", faults, e.Sale)
	}
}

func TestWhatCannotBeLoaded(t *testing.T) {
	d := setup(t)
	for object, code := range map[string]string{"invoice/in_none": "resource_missing", "checkout/cs_none": "resource_missing", "booking/1": connector.CodeUnreadable, "invoice/": connector.CodeUnreadable} {
		_, err := load(t.Context(), d.client(), tengi.Event{Object: object})
		wantError(t, err, connector.Permanent, code, "")
	}
	loaded, err := load(t.Context(), d.client(), tengi.Event{Object: "payment/pi_none"})
	if err != nil || loaded.Nothing == "" {
		t.Errorf("%+v, %v", loaded, err)
	}
}

func TestShipping(t *testing.T) {
	t.Parallel()
	b, err := newBasket("eur")
	if err != nil {
		t.Fatal(err)
	}
	rate := parse(t, "invoice.create", nil).List("lines")[1].Decimal("vat_rate")
	b.add("", 1, 12400, 2400, rate)
	if err := b.ship(shipping{}); err != nil || len(b.sale.Lines) != 1 || b.sale.Lines[0].Text != "Stripe" {
		t.Errorf("%v, %+v", err, b.sale.Lines)
	}
	if err := b.ship(shipping{Total: 620, Tax: 120}); err != nil || !b.sale.Lines[1].VATRate.Equal(rate) || b.sale.Lines[1].Total.String() != "6.2" {
		t.Errorf("%v, %+v", err, b.sale.Lines)
	}
	wantError(t, b.ship(shipping{Total: 620, Tax: 60}), connector.Permanent, codeTaxRate, "")
}

// said answers every request with the same body.
type said string

// RoundTrip answers one request.
func (s said) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(string(s))), Request: r}, nil
}

// Whatever Stripe answers, nothing panics and nothing runs for ever; a sale that comes of it can at least be checked.
func FuzzLoad(f *testing.F) {
	f.Add("invoice/in_1", `{"id":"in_1","status":"paid","currency":"isk","total":100,"data":[{"id":"il_1","amount":100,"quantity":1,"taxes":[{"amount":20,"tax_rate_details":{"tax_rate":"txr_1"}}]}],"percentage":24}`)
	f.Add("checkout/cs_1", `{"id":"cs_1","payment_status":"paid","currency":"eur","amount_total":9223372036854775807,"data":[{"id":"li_1","amount_total":-1,"quantity":3}],"shipping_cost":{"amount_total":1,"amount_tax":1}}`)
	f.Add("payment/pi_1", `{"data":[{"id":"cs_1"}],"has_more":true}`)
	f.Add("invoice/in_1", `{"id":"in_1","status":"paid","currency":"eur","data":[{"id":"il_1","taxes":[{"amount":1,"tax_rate_details":{"tax_rate":"x"}}]}],"percentage":1e999999999}`)
	svc := NewFake()
	f.Fuzz(func(t *testing.T, object, body string) {
		client := connectortest.Client(t, Connector(), svc, connectortest.WithHTTP(said(body)))
		loaded, err := load(t.Context(), client, tengi.Event{Object: object})
		if err == nil && loaded.Sale != nil {
			loaded.Sale.Check()
		}
		ids, err := taxIDs(t.Context(), client, bill{lines: []line{{rate: decimal.NewFromInt(24)}}}, parse(t, "invoice.create", nil))
		if err == nil && ids["24"] == "" {
			t.Error("neither a tax rate nor a refusal")
		}
	})
}
