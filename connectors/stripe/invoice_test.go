package stripe

import (
	"errors"
	"maps"
	"strings"
	"testing"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/connector/connectortest"
	"github.com/tengi/tengi/mapping"
)

func TestInvoice(t *testing.T) {
	d := setup(t)
	doc := d.made("invoice.create", map[string]any{"reminders": true, "footer": "Takk fyrir", "metadata": map[string]any{"trip": "7"}})
	if doc.Number != "FJR-0001" || doc.Status != statusOpen || !doc.Amount.Equal(isk(32280)) || !strings.HasPrefix(doc.URL, "https://invoice.stripe.com/") ||
		!strings.HasPrefix(doc.Customer, "cus_") || doc.Data["mailed"] != true || doc.Data["livemode"] != false {
		t.Errorf("document %+v", doc)
	}
	inv := d.rows("invoices")[0]
	if len(d.rows("invoices")) != 1 || d.mails() != 1 || inv["total"] != 3228000.0 || inv["description"] != "FJR-71500321" {
		t.Errorf("%d mails, invoice %v", d.mails(), inv)
	}
	create := d.sent("create")
	for key, want := range map[string]string{
		"collection_method": "send_invoice", "days_until_due": "14", "auto_advance": "false", "pending_invoice_items_behavior": "exclude", "currency": "isk",
		"metadata[tengi_ref]": string(d.ref), "metadata[trip]": "7", "footer": "Takk fyrir",
	} {
		if create.Get(key) != want {
			t.Errorf("the draft has %s %q, want %q", key, create.Get(key), want)
		}
	}
	lines := d.sent("lines")
	if lines.Get("lines[0][amount]") != "2980000" || lines.Get("lines[0][description]") != "2 × Gullni hringurinn 12.07.2026" || lines.Get("lines[1][description]") != "Nesti" {
		t.Errorf("lines %v", lines)
	}
	if a, b := lines.Get("lines[0][tax_rates][0]"), lines.Get("lines[1][tax_rates][0]"); a == b || !strings.HasPrefix(a, "txr_") || !strings.HasPrefix(b, "txr_") {
		t.Errorf("tax rates %q and %q", a, b)
	}
	if d.sent("finalise").Get("auto_advance") != "true" {
		t.Error("Stripe was not asked to send reminders")
	}
	for _, c := range d.journal.Calls() {
		if c.Header.Get("Idempotency-Key") != string(d.ref)+"-"+c.Name || c.Header.Get("Stripe-Version") == "" || c.Header.Get("Authorization") != "" {
			t.Errorf("call %s has headers %v", c.Name, c.Header)
		}
	}
}

func TestWhatIsPaidIsMarkedAndNotMailed(t *testing.T) {
	d := setup(t)
	doc := d.made("invoice.create", map[string]any{"paid": "32280"})
	if doc.Status != statusPaid || d.mails() != 0 || doc.Data["marked_paid"] != true {
		t.Errorf("%d mails, document %+v", d.mails(), doc)
	}
	credit, err := d.undo("invoice.create", doc)
	if err != nil || credit.Kind != tengi.CreditNote || !credit.Amount.Equal(isk(-32280)) || d.sent("credit").Get("out_of_band_amount") != "3228000" {
		t.Errorf("credit %+v, %v", credit, err)
	}
	if d.sent("credit").Get("email_type") != "none" {
		t.Error("the credit note is mailed to somebody who was never mailed the invoice")
	}
}

func TestWhatIsPaidInPartIsHeld(t *testing.T) {
	d := setup(t)
	_, err := d.run("invoice.create", map[string]any{"paid": "10000"})
	wantError(t, err, connector.Permanent, codePaidPart, "paid")
	if len(d.rows("customers"))+len(d.rows("invoices")) != 0 {
		t.Error("something was made before the money was looked at")
	}
	if doc := d.made("invoice.create", map[string]any{"paid": "10000", "when_paid": paidIgnore}); doc.Status != statusOpen || d.mails() != 1 {
		t.Errorf("document %+v", doc)
	}
}

func TestAnInvoiceOverNothing(t *testing.T) {
	d := setup(t)
	doc := d.made("invoice.create", map[string]any{"lines": []any{map[string]any{"description": "Gjafabréf", "total": "0"}}})
	if doc.Status != statusPaid || d.mails() != 0 || !doc.Amount.IsZero() {
		t.Errorf("%d mails, document %+v", d.mails(), doc)
	}
	_, err := d.undo("invoice.create", doc)
	wantError(t, err, connector.Permanent, codeState, "")
}

// A discount of the customer's is Stripe's own, and nobody here knows of it. It is seen before anything is final.
func TestAnotherTotalAtStripe(t *testing.T) {
	d := setup(t)
	who := d.made("customer.create", nil)
	d.stripe.Discount(who.ExternalID, 10)
	d.next("tengi-test-0002")
	invoice := func() (tengi.Document, error) { return d.run("invoice.create", nil) }
	for range 2 { // and again, as long as the discount is there
		_, err := invoice()
		e := wantError(t, err, connector.Permanent, codeTotal, "lines")
		if !strings.Contains(e.Message, "29052 ISK") || !strings.Contains(e.Message, "32280 ISK") {
			t.Errorf("message %q", e.Message)
		}
		if n := len(d.rows("invoices")); n != 0 || d.mails() != 0 {
			t.Fatalf("%d drafts are left and %d mails went out", n, d.mails())
		}
		d.journal.Save()
	}
	// The mapping follows the discount: the first draft would have had this total, and it is gone.
	half := map[string]any{"lines": []any{map[string]any{"description": "x", "total": "32280", "vat_rate": "11"}}}
	d.stripe.Discount(who.ExternalID, 0)
	doc := d.made("invoice.create", half)
	if len(d.rows("invoices")) != 1 || !doc.Amount.Equal(isk(32280)) || d.mails() != 1 {
		t.Errorf("document %+v", doc)
	}
	if ref := d.sent("create-3").Get("metadata[tengi_ref]"); ref != "tengi-test-0002-3" {
		t.Errorf("the third draft says %q", ref)
	}
}

func TestTaxRates(t *testing.T) {
	d := setup(t)
	one := func(rate string) map[string]any {
		return map[string]any{"finish": finishDraft, "lines": []any{map[string]any{"description": "x", "total": "1000", "vat_rate": rate}}}
	}
	with := func(a, b map[string]any) map[string]any { maps.Copy(a, b); return a }
	_, err := d.run("invoice.create", one("25.5"))
	e := wantError(t, err, connector.Permanent, codeTaxRate, "lines[0].vat_rate")
	if !strings.Contains(e.Message, "25.5 %, included in the price") || len(d.rows("invoices")) != 0 {
		t.Errorf("%q, and %d drafts", e.Message, len(d.rows("invoices")))
	}
	for i, test := range []struct {
		changes map[string]any
		want    string
	}{
		{one("0"), ""},
		{with(one("24"), map[string]any{"tax": taxNone}), ""},
		{one("24"), "txr_fake00000001"},
		{one("24.00"), "txr_fake00000001"},
		{with(one("11"), map[string]any{"prices_include_vat": false}), "txr_fake00000004"},
		{with(one("24"), map[string]any{"tax_rates": map[string]any{"24 %": "txr_fake00000003"}}), "txr_fake00000003"},
	} {
		d.next(tengi.Ref("tengi-test-" + string(rune('a'+i))))
		d.made("invoice.create", test.changes)
		if got := d.sent("lines").Get("lines[0][tax_rates][0]"); got != test.want {
			t.Errorf("%d: tax rate %q, want %q", i, got, test.want)
		}
	}
	d.next("tengi-test-z")
	_, err = d.run("invoice.create", with(one("24"), map[string]any{"tax_rates": map[string]any{"standard": "24"}}))
	wantError(t, err, connector.Permanent, codeTaxRate, "tax_rates")
}

// Customer, item and invoice as three steps of one connection, filled by their own defaults and by what the steps before made.
func TestThreeSteps(t *testing.T) {
	d := setup(t)
	c := Connector()
	sold := *connectortest.Sale()
	sold.Payments = nil
	env, err := mapping.NewEnv(tengi.Event{ID: 1, Type: "sale.confirmed", Object: "sale/1", Sale: &sold})
	if err != nil {
		t.Fatal(err)
	}
	env.Workspace, env.Now, env.Steps = connectortest.Workspace(), d.clock.Now(), map[string]tengi.Document{}
	var before []string
	for _, step := range []struct {
		key, action string
		given       map[string]any
	}{
		{"customer", "customer.create", nil},
		{"item", "invoiceitem.create", map[string]any{"description": "{{ sale.lines[0].text }}"}},
		{"invoice", "invoice.create", map[string]any{"customer": "{{ steps.customer.id }}", "lines": nil,
			"items": []any{map[string]any{"id": "{{ steps.item.id }}", "amount": "{{ steps.item.amount }}"}}}},
	} {
		a, _ := c.Action(step.action)
		fields, err := mapping.CompileFields(a.Input, step.given, mapping.Scope{Sale: true, Steps: before})
		if err != nil {
			t.Fatalf("%s: %v", step.key, err)
		}
		v, err := fields.Fill(env)
		if err != nil {
			t.Fatalf("%s: %v", step.key, err)
		}
		if a.Total != nil {
			if total, err := a.Total(v); err != nil || !total.Equal(isk(32280)) {
				t.Errorf("%s comes to %s, %v", step.key, total, err)
			}
		}
		d.next(tengi.Ref("tengi-test-" + step.key))
		doc, err := a.Do(t.Context(), d.client(), d.ref, v)
		if err != nil {
			t.Fatalf("%s: %v (%s)", step.key, err, connector.AsError(err).Detail)
		}
		env.Steps[step.key], before = doc, append(before, step.key)
	}
	doc := env.Steps["invoice"]
	if len(d.rows("customers")) != 1 || len(d.rows("invoices")) != 1 || !doc.Amount.Equal(isk(32280)) || doc.Status != statusOpen {
		t.Errorf("document %+v", doc)
	}
	// Undone from the last to the first, as the engine does: the item stands on a void invoice then, and nothing is left to do.
	d.ref = "tengi-test-invoice"
	if _, err := d.undo("invoice.create", doc); err != nil {
		t.Fatal(err)
	}
	d.ref = "tengi-test-item"
	if gone, err := d.undo("invoiceitem.create", env.Steps["item"]); err != nil || gone.ExternalID != "" || len(d.journal.Calls()) != 0 {
		t.Errorf("%+v, %v", gone, err)
	}
}

// The same as three connections that follow one another: the last knows nothing of the items but that they wait.
func TestItemsThatWait(t *testing.T) {
	d := setup(t)
	who := d.made("customer.create", nil).ExternalID
	d.next("tengi-test-item")
	d.made("invoiceitem.create", map[string]any{"customer": who})
	d.next("tengi-test-euro")
	d.made("invoiceitem.create", map[string]any{"customer": who, "currency": "EUR"})
	d.stripe.AddItem(who, "isk", 50000) // somebody else's
	invoice := func(pending string) (tengi.Document, error) {
		d.next(tengi.Ref("tengi-test-" + pending))
		return d.run("invoice.create", map[string]any{"lines": nil, "pending": pending})
	}
	doc, err := invoice(pendingOurs)
	if err != nil || !doc.Amount.Equal(isk(29800)) {
		t.Fatalf("%+v, %v", doc, err)
	}
	_, err = d.run("invoice.create", map[string]any{"lines": nil, "pending": pendingOurs}) // once more from the journal: nothing waits any more
	if err != nil || len(d.rows("invoices")) != 1 {
		t.Errorf("%v, %d invoices", err, len(d.rows("invoices")))
	}
	d.next("tengi-test-again")
	_, err = d.run("invoice.create", map[string]any{"lines": nil, "pending": pendingOurs})
	if e := wantError(t, err, connector.Permanent, codeLines, "pending"); !strings.Contains(e.Message, "1 items that somebody else added") {
		t.Errorf("message %q", e.Message)
	}
	if doc, err = invoice(pendingAll); err != nil || !doc.Amount.Equal(isk(500)) || len(d.rows("invoices")) != 2 {
		t.Errorf("%+v, %v", doc, err)
	}
}

func TestAnItemGoesOntoADraft(t *testing.T) {
	d := setup(t)
	draft := d.made("invoice.create", map[string]any{"finish": finishDraft})
	d.next("tengi-test-item")
	item := d.made("invoiceitem.create", map[string]any{"customer": draft.Customer, "invoice": draft.ExternalID, "total": "200", "quantity": nil})
	if item.Data["invoice"] != draft.ExternalID || d.rows("invoices")[0]["total"] != 3248000.0 {
		t.Errorf("item %+v, invoice %v", item, d.rows("invoices")[0])
	}
	_, err := d.undo("invoice.create", draft)
	wantError(t, err, connector.Permanent, codeEdited, "") // it is no longer what was made
	if _, err := d.undo("invoiceitem.create", item); err != nil || len(d.rows("invoiceitems")) != 0 {
		t.Errorf("%v, %d items", err, len(d.rows("invoiceitems")))
	}
}

// A dry run shows the making of the customer, where there is none, and of the draft, and then the lines.
func TestDryRunsShowTheLines(t *testing.T) {
	d := setup(t)
	for _, want := range []string{"customer create", "create"} {
		_, err := d.run("invoice.create", nil, connectortest.Dry())
		captured, ok := errors.AsType[*connector.Captured](err)
		if !ok || captured.Call.Name != "lines" || !strings.Contains(string(captured.Call.Body), "Gullni+hringurinn") {
			t.Fatalf("a dry run gave %v", err)
		}
		var before []string
		for _, call := range captured.Before {
			before = append(before, call.Name)
		}
		if got := strings.Join(before, " "); got != want {
			t.Fatalf("before the lines come %s, want %s", got, want)
		}
		d.next("tengi-test-other")
		d.made("customer.create", nil)
		d.next("tengi-test-dry")
	}
}

func TestRefusedBeforeAnythingIsMade(t *testing.T) {
	d := setup(t)
	for _, test := range []struct {
		changes     map[string]any
		code, field string
	}{
		{map[string]any{"customer_email": nil}, codeEmail, "customer_email"},
		{map[string]any{"customer_email": nil, "customer_name": nil, "finish": finishDraft}, codeEmail, "customer_name"},
		{map[string]any{"customer_tax_id": "IS123456"}, codeMetadata, "customer_tax_id_type"},
		{map[string]any{"metadata": map[string]any{"a[b]": "x"}}, codeMetadata, "metadata"},
		{map[string]any{"metadata": map[string]any{"tengi_ref": "x"}}, codeMetadata, "metadata"},
		{map[string]any{"lines": nil}, codeLines, "lines"},
	} {
		_, err := d.run("invoice.create", test.changes)
		wantError(t, err, connector.Permanent, test.code, test.field)
	}
	if n := len(d.rows("customers")) + len(d.rows("invoices")); n != 0 {
		t.Errorf("%d things were made", n)
	}
	_, err := d.run("invoice.create", map[string]any{"customer": "cus_unknown"})
	e := wantError(t, err, connector.Permanent, "resource_missing", "customer")
	if e.Detail != "No such customer: 'cus_unknown'" {
		t.Errorf("detail %q", e.Detail)
	}
}

func TestRefresh(t *testing.T) {
	d := setup(t)
	doc := d.made("invoice.create", nil)
	if err := d.stripe.Pay(doc.ExternalID); err != nil {
		t.Fatal(err)
	}
	fresh, err := refresh(t.Context(), d.client(), doc)
	if err != nil || fresh.Status != statusPaid || fresh.Number != doc.Number {
		t.Errorf("%+v, %v", fresh, err)
	}
	doc.ExternalID = "in_gone"
	_, err = refresh(t.Context(), d.client(), doc)
	wantError(t, err, connector.Permanent, codeGone, "")
}
