package stripe

import (
	"bytes"
	"encoding/json"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stripe/stripe-go/v85"
	"github.com/stripe/stripe-go/v85/form"
	"github.com/stripe/stripe-go/v85/webhook"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector/connectortest"
)

// Stripe's own Go types hold this connector's bodies and the stand-in's answers to what Stripe's own client would send and read. Nothing of them
// is linked into the program.

// The bodies are those that Stripe's own client would make of the same wishes.
func TestBodiesAreThoseOfStripesClient(t *testing.T) {
	d := setup(t)
	who := d.made("customer.create", map[string]any{"tax_id": "IS123456", "tax_id_type": "is_vat", "description": "note", "metadata": map[string]any{"k": "v"}})
	d.made("invoice.create", map[string]any{"customer": who.ExternalID, "footer": "Takk", "reminders": true})
	invoice := d.rows("invoices")[0]["id"].(string)
	ref := map[string]string{metaRef: string(d.ref)}
	text, whole, yes := stripe.String[string], stripe.Int64, stripe.Bool
	for name, theirs := range map[string]any{
		"customer": &stripe.CustomerCreateParams{
			Name: text("Anna Lind"), Email: text("anna@example.com"), Phone: text("+3545550123"), Description: text("note"),
			Address: &stripe.AddressParams{City: text("Reykjavík"), Country: text("IS")}, PreferredLocales: []*string{text("is")},
			TaxIDData: []*stripe.CustomerCreateTaxIDDataParams{{Type: text("is_vat"), Value: text("IS123456")}},
			Metadata:  map[string]string{metaRef: string(d.ref), "k": "v"},
		},
		"create": &stripe.InvoiceCreateParams{
			Customer: text(who.ExternalID), CollectionMethod: text("send_invoice"), DaysUntilDue: whole(14), AutoAdvance: yes(false),
			PendingInvoiceItemsBehavior: text("exclude"), Currency: text("isk"), Description: text("FJR-71500321"), Footer: text("Takk"), Metadata: ref,
		},
		"lines": &stripe.InvoiceAddLinesParams{
			InvoiceMetadata: map[string]string{metaLines: string(d.ref)},
			Lines: []*stripe.InvoiceAddLinesLineParams{
				{Amount: whole(2980000), Description: text("2 × Gullni hringurinn 12.07.2026"), TaxRates: []*string{text("txr_fake00000003")}},
				{Amount: whole(248000), Description: text("Nesti"), TaxRates: []*string{text("txr_fake00000001")}},
			},
		},
		"finalise": &stripe.InvoiceFinalizeInvoiceParams{AutoAdvance: yes(true)},
	} {
		wanted := &form.Values{}
		form.AppendTo(wanted, theirs)
		want, err := url.ParseQuery(wanted.Encode())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, d.sent(name)); diff != "" {
			t.Errorf("%s of %s (-Stripe's client +ours):\n%s", name, invoice, diff)
		}
	}
	credit := creditBody{Invoice: "in_1", Amount: 1, Reason: "order_change", EmailType: "none", Metadata: ref, Outside: 1}
	wanted := &form.Values{}
	form.AppendTo(wanted, &stripe.CreditNoteCreateParams{Invoice: text("in_1"), Amount: whole(1), Reason: text("order_change"), EmailType: text("none"), Metadata: ref, OutOfBandAmount: whole(1)})
	want, _ := url.ParseQuery(wanted.Encode())
	got, _ := url.ParseQuery(string(encode(credit)))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("credit note (-Stripe's client +ours):\n%s", diff)
	}
}

// The same body is the same bytes, every time.
func TestBodiesAreStable(t *testing.T) {
	t.Parallel()
	body := customerBody{Name: "Anna & Jón", Metadata: map[string]string{}}
	for _, key := range strings.Split("qwertyuiopasdfghjkl", "") {
		body.Metadata[key] = key
	}
	first := encode(body)
	for range 50 {
		if again := encode(body); !bytes.Equal(again, first) {
			t.Fatalf("%s\n%s", first, again)
		}
	}
}

// Every field that the stand-in answers with is one that Stripe's own types know, and can be read as what they say it is.
func TestAnswersAreThoseOfStripe(t *testing.T) {
	d := setup(t)
	story(t, d.stripe)
	into := map[string]any{"customers": &stripe.Customer{}, "invoices": &stripe.Invoice{}, "credit_notes": &stripe.CreditNote{}, "invoiceitems": &stripe.InvoiceItem{},
		"checkout_sessions": &stripe.CheckoutSession{}, "refunds": &stripe.Refund{}}
	d.next("tengi-test-item")
	d.made("invoiceitem.create", map[string]any{"customer": d.stripe.AddCustomer("Jon", "jon@example.com")})
	for kind, theirs := range into {
		rows := d.rows(kind)
		if len(rows) == 0 {
			t.Errorf("the stand-in holds no %s", kind)
		}
		for _, row := range rows {
			known(t, kind, row, reflect.TypeOf(theirs).Elem())
			text, err := json.Marshal(row)
			if err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(text, reflect.New(reflect.TypeOf(theirs).Elem()).Interface()); err != nil {
				t.Errorf("%s: %v", kind, err)
			}
		}
	}
	for _, n := range d.stripe.Notices() {
		_, err := webhook.ConstructEventWithOptions(n.Body, n.Header.Get("Stripe-Signature"), fakeSecret,
			webhook.ConstructEventOptions{IgnoreAPIVersionMismatch: true, IgnoreTolerance: true})
		if err != nil {
			t.Errorf("Stripe's own verification: %v", err)
		}
	}
}

// known wants every field of an answer to be one of the type's.
func known(t *testing.T, at string, row map[string]any, theirs reflect.Type) {
	t.Helper()
	names := map[string]bool{}
	for i := range theirs.NumField() {
		name, _, _ := strings.Cut(theirs.Field(i).Tag.Get("json"), ",")
		names[name] = true
	}
	for name := range row {
		if !names[name] && !strings.HasPrefix(name, "_") {
			t.Errorf("%s: Stripe's type has no field %q", at, name)
		}
	}
}

// Notices of an account that was opened years ago have another shape; the ids stand where they always stood.
func TestNoticesOfOldVersions(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"notice_invoice_paid_2019.json": "invoice.changed invoice/in_1FqDemoFjordTours true", "notice_refund_2022.json": "refund.created refund/re_3LqDemoFjordTours false",
		"notice_failed_2020.json": "payment.failed payment/pi_1GqDemoFjordTours false", "notice_charge_refunded_2020.json": "checkout.changed payment/pi_1GqDemoFjordTours true",
	} {
		body := fixture(t, name)
		events, err := receive(inbound(body, signed(body, connectortest.NewClock().Now()), nil))
		if err != nil || len(events) != 1 || describe(events[0]) != want {
			t.Errorf("%s: %+v, %v; want %s", name, events, err, want)
		}
	}
}

func describe(e tengi.Event) string {
	load := " false"
	if e.NeedsLoad {
		load = " true"
	}
	return e.Type + " " + e.Object + load
}
