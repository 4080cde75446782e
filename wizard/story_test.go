package wizard

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connectors/bokun"
	"github.com/tengi/tengi/connectors/caspit"
	"github.com/tengi/tengi/connectors/email"
	"github.com/tengi/tengi/connectors/googlesheets"
	"github.com/tengi/tengi/connectors/payday"
	"github.com/tengi/tengi/connectors/paypal"
	"github.com/tengi/tengi/connectors/sms"
	"github.com/tengi/tengi/engine"
	"github.com/tengi/tengi/schedule"
)

// The guides of the product, each from nothing to a connection that is switched on and a document at the stand-in.

func TestBokunToPayday(t *testing.T) {
	t.Parallel()
	h := home(t)
	ctx := t.Context()
	stand := h.services["bokun"].(*bokun.Fake)
	stand.MakeBooking(bokun.Order{Guest: bokun.Guest{FirstName: "Anna", LastName: "Lind", Email: "anna@example.is", Country: "IS"}})

	d := h.Begin(ws.ID)
	h.at(&d, Place{Stage: StageSource})
	must(t, h.SetSource(&d, "bokun", "booking"))
	h.at(&d, Place{Stage: StageAccount})
	must(t, h.SetAccount(&d, h.join("bokun", nil)))
	h.at(&d, Place{Stage: StageOptions})
	h.none(h.SetOptions(&d, map[string]any{}))
	h.at(&d, Place{Stage: StageFilter})
	if faults := h.SetFilter(&d, "sale.totl > 0"); len(faults) != 1 || faults[0].Path != "source.filter" || faults[0].Char != 6 {
		t.Errorf("%+v", faults)
	}
	h.at(&d, Place{Stage: StageFilter})
	h.none(h.SetFilter(&d, "sale.total > 0"), nil)
	h.at(&d, Place{Stage: StageSample})
	if item := h.choose(&d, FromService); item.Customer != "Anna Lind" || item.Total.Value.IsZero() || item.When.IsZero() {
		t.Errorf("the sample is %+v", item)
	}
	h.at(&d, Place{Stage: StageAction})
	invoice, err := h.AddStep(&d, "payday", "invoice.create", "")
	must(t, err)
	h.at(&d, Place{StageDestination, invoice})
	must(t, h.SetDestination(&d, invoice, h.join("payday", nil)))
	h.at(&d, Place{StageFields, invoice})
	h.none(h.SetWhen(&d, invoice, `sale.status == "confirmed"`))
	h.none(h.SetField(&d, invoice, "description", "Bókun {{ sale.reference }}"))
	step, fields := h.fields(d, invoice)
	reference := h.described(d).Reference
	if f := fields["description"]; f.Text != "Bókun "+reference || f.Default || !f.Given {
		t.Errorf("description %+v", f)
	}
	if f := fields["customer_name"]; f.Text != "Anna Lind" || !f.Default || f.Template != "{{ sale.customer.name }}" {
		t.Errorf("customer %+v", f)
	}
	if f := fields["lines"]; f.Rows == 0 || f.Template != "{{ sale.lines }}" || len(f.Row) == 0 || fields["lines.description"].Text == "" {
		t.Errorf("lines %+v", f)
	}
	if !step.When.Holds || step.Total == "" || len(step.Guesses) > 0 {
		t.Errorf("%+v", step)
	}
	h.at(&d, Place{Stage: StagePreview})
	p := h.preview(&d)
	if p.Outcome != engine.WouldMake || len(p.Steps) != 1 || len(p.Steps[0].Calls) != 2 {
		t.Fatalf("%+v", p)
	}
	call := p.Steps[0].Calls[1]
	if call.Name != "create" || !strings.Contains(string(call.Body), "Bókun "+reference) || call.Header.Get("Authorization") != "" {
		t.Errorf("%s", call.Body)
	}
	total := p.Steps[0].Document.Amount
	if total.String() != step.Total || len(holds[payday.FakeInvoice](h, "payday", "invoices")) != 0 {
		t.Errorf("the document would come to %s, the fields say %s", total, step.Total)
	}
	h.at(&d, Place{Stage: StageTest})
	if effects := Effects(p); len(effects) != 1 || effects[0].Makes != tengi.Invoice || !effects[0].Marked || effects[0].Tells[0] != "anna@example.is" {
		t.Errorf("%+v", effects)
	}
	test := h.sent(&d)
	made := holds[payday.FakeInvoice](h, "payday", "invoices")
	if len(made) != 1 || made[0].Description != "TEST Bókun "+reference || len(test.Documents) != 1 || !test.Documents[0].Amount.Equal(total) || len(test.Attempts) != 1 {
		t.Fatalf("%+v\n%+v", made, test.Documents)
	}
	h.at(&d, Place{Stage: StageFinish})
	f := h.Suggest(d)
	if f.Name != "Bókun → Payday" || f.Schedule.Every == 0 {
		t.Errorf("%+v", f)
	}
	h.none(h.SetFinish(&d, f), nil)
	c := h.save(&d)
	if c.Key != "bokun-payday" || !c.Enabled || d.New() {
		t.Errorf("%+v", c)
	}
	again, err := h.Edit(ws.ID, c.ID)
	must(t, err)
	h.at(&again, Place{Stage: StageSample}) // all else is as it was

	second := stand.MakeBooking(bokun.Order{})
	notice, err := stand.BookingNotice(second.ID, bokun.ActionConfirmed)
	must(t, err)
	must(t, stand.Fire(ctx, h.hook(d.Connection.Source.AccountID), notice))
	h.doneAbout(c.ID, fmt.Sprintf("booking/%d", second.ID), 1) // the source is asked as well, which may come first
	found := 0
	for _, i := range holds[payday.FakeInvoice](h, "payday", "invoices") {
		if i.Description == "Bókun "+second.Code {
			found++
		}
	}
	if found != 1 {
		t.Errorf("%d invoices of the booking", found)
	}
	// The test is undone through the ledger too, without touching the other.
	undone, err := h.UndoTest(ctx, d, test.Delivery.ID, enough)
	must(t, err)
	if undone.Delivery.State.Ended() && !undone.Settled || len(undone.Documents) == 0 {
		t.Errorf("%+v", undone)
	}
}

// described is the draft's sample.
func (h *house) described(d Draft) Item {
	h.t.Helper()
	i, err := h.Describe(h.t.Context(), d)
	must(h.t, err)
	return i
}

func TestSheetToStripe(t *testing.T) {
	t.Parallel()
	h := home(t)
	stand := h.services["googlesheets"].(*googlesheets.Fake)
	stand.Edit(func([][]any) [][]any {
		return [][]any{{"Booking number", "Name", "E-mail", "Description", "Amount", "Send", "Tengi status", "Tengi number", "Tengi link"},
			{"B-1020", "Anna Lind", "anna@example.com", "Whale watching", json.Number("12900"), "yes"}}
	})
	drafts, err := h.FromRecipe(ws.ID, "sheet-stripe", "is")
	must(t, err)
	if len(drafts) != 1 || len(h.Lacking(drafts[0])) != 2 {
		t.Fatalf("%+v", drafts)
	}
	d := drafts[0]
	h.at(&d, Place{Stage: StageAccount})
	must(t, h.Supply(&d, h.join("googlesheets", nil)))
	if lacking := h.Lacking(d); len(lacking) != 1 || lacking[0].Connector != "stripe" || lacking[0].Asked[0] != "api_key" {
		t.Fatalf("%+v", lacking)
	}
	must(t, h.Supply(&d, h.join("stripe", nil)))
	h.at(&d, Place{Stage: StageSample})
	options := d.Connection.Source.Options
	options["settle"] = "0"
	h.none(h.SetOptions(&d, options))
	if item := h.choose(&d, FromService); item.Reference != "B-1020" || item.Total.String() != "12900 ISK" {
		t.Errorf("%+v", item)
	}
	h.at(&d, Place{Stage: StagePreview})
	p := h.preview(&d)
	if p.Outcome != engine.WouldMake || len(p.Steps) != 4 || !p.Steps[2].Assumed || p.Steps[0].Calls[0].Name != "customer" {
		t.Fatalf("%+v", p)
	}
	test := h.sent(&d)
	if len(test.Documents) != 4 || len(holds[map[string]any](h, "stripe", "invoices")) != 1 {
		t.Fatalf("%+v", test.Documents)
	}
	f := h.Suggest(d)
	if f.Schedule.Every != schedule.Intervals[1] {
		t.Errorf("%+v", f)
	}
	h.none(h.SetFinish(&d, f), nil)
	c := h.save(&d)
	if c.Name != "Google Sheets → Stripe" || c.Key != "google-sheets-stripe" {
		t.Errorf("%+v", c)
	}
	h.run(c.ID)
	stand.AddRow("B-1021", "Anna Lind", "anna@example.com", "Golden circle", json.Number("14900"), "yes")
	h.run(c.ID)
	h.done(c.ID, 1)
	mails, items := holds[string](h, "stripe", "mails"), holds[map[string]any](h, "stripe", "invoiceitems")
	if len(mails) != 2 || len(items) != 2 || items[0]["description"] != "Golden circle" || items[1]["description"] != "TEST Whale watching" {
		t.Errorf("%d mails, items %v", len(mails), items)
	}
}

func TestFormToPortmone(t *testing.T) {
	t.Parallel()
	h := home(t, func(w *tengi.Workspace) {
		w.Country, w.Currency, w.TimeZone, w.Language = "UA", "UAH", "Europe/Kyiv", "uk"
	})
	d := h.Begin(ws.ID)
	must(t, h.SetSource(&d, "form", "order"))
	form := h.join("form", map[string]any{"title": "Golden Circle", "language": "uk", "currency": "UAH", "vat_rate": "20", "fields": []any{
		map[string]any{"key": "name", "label": "Ім’я", "meaning": "name", "required": "true"},
		map[string]any{"key": "phone", "label": "Телефон", "kind": "phone", "meaning": "phone", "required": "true"},
		map[string]any{"key": "amount", "label": "Сума", "kind": "amount", "meaning": "amount", "required": "true"},
	}})
	must(t, h.SetAccount(&d, form))
	h.none(h.SetFilter(&d, ""), nil)
	visitor := url.Values{"name": {"Анна Лінд"}, "phone": {"+380671234567"}, "amount": {"1250,50"}}
	if status := h.post(t.Context(), h.hook(form), visitor); status != 200 { // nobody's event so far
		t.Fatalf("the form answers %d", status)
	}
	if item := h.choose(&d, FromEvent); item.Customer != "Анна Лінд" || item.Total.String() != "1250.50 UAH" {
		t.Errorf("%+v", item)
	}
	bill, err := h.AddStep(&d, "portmone", "invoice.create", "")
	must(t, err)
	must(t, h.SetDestination(&d, bill, h.join("portmone", nil)))
	h.none(h.SetFields(&d, bill, map[string]any{"title": "{{ sale.lines[0].text }}"}))
	h.join("sms", map[string]any{"service": "twilio"})
	message, err := h.AddStep(&d, "sms", "sms.send", bill)
	must(t, err)
	if s, _ := d.step(message); s.AccountID == "" {
		t.Error("the only account was not taken")
	}
	d.Visit(Place{StageDestination, message})
	h.at(&d, Place{StageFields, message})
	if faults := h.Unfinished(d); len(faults) != 1 || faults[0].Path != "steps."+message+".fields.text" || faults[0].Code != "required" {
		t.Errorf("%+v", faults)
	}
	h.none(h.SetField(&d, message, "text", "{{ workspace.name }}: до сплати {{ sale.total }} грн, {{ steps."+bill+".url }}"))
	h.at(&d, Place{Stage: StagePreview})
	if p := h.preview(&d); p.Outcome != engine.WouldMake || !p.Steps[1].Assumed || len(p.Steps[1].Calls) != 1 || p.Steps[1].Kind != 0 {
		t.Fatalf("%+v", p)
	}
	h.none(h.SetFinish(&d, Finish{Name: "Форма", Enabled: true, OnCancel: tengi.Undo, OnChange: tengi.Redo}), nil)
	c := h.save(&d) // without a test: that is a person's choice
	if c.Key != "form-portmone" {
		t.Errorf("the key is %s", c.Key)
	}
	if status := h.post(t.Context(), h.hook(form), visitor); status != 200 {
		t.Fatalf("the form answers %d", status)
	}
	visitor.Set("amount", "900")
	h.post(t.Context(), h.hook(form), visitor)
	h.done(c.ID, 1)
	bills, texts := holds[map[string]any](h, "portmone", "invoices"), holds[sms.Message](h, "sms", "messages")
	if len(bills) != 1 || bills[0]["amount"] != "900.00" || len(texts) != 1 || !strings.Contains(texts[0].Text, bills[0]["link"].(string)) {
		t.Errorf("%v, %+v", bills, texts)
	}
}

func TestPayPalToCaspit(t *testing.T) {
	t.Parallel()
	h := home(t, func(w *tengi.Workspace) {
		w.Country, w.Currency, w.TimeZone, w.Language = "IL", "ILS", "Asia/Jerusalem", "he"
	})
	stand := h.services["paypal"].(*paypal.Fake)
	drafts, err := h.FromRecipe(ws.ID, "paypal-caspit", "he")
	must(t, err)
	d := drafts[0]
	if d.Connection.Name != "PayPal → כספית" || h.Lacking(d)[0].Values["vat_rate"] == nil {
		t.Errorf("%+v", d)
	}
	for _, wanted := range h.Lacking(d) {
		must(t, h.Supply(&d, h.join(wanted.Connector, wanted.Values)))
	}
	h.choose(&d, FromExample)
	h.at(&d, Place{Stage: StagePreview})
	if p := h.preview(&d); p.Outcome != engine.WouldMake || len(p.Steps) != 2 || p.Steps[0].Document.Amount.Currency != "ILS" {
		t.Fatalf("%+v", p)
	}
	test := h.sent(&d)
	documents := holds[caspit.FakeDocument](h, "caspit", "documents")
	if len(documents) != 1 || !strings.HasPrefix(documents[0].Comments, "TEST ") || len(holds[email.Mail](h, "email", "mail")) != 1 || len(test.Documents) != 2 {
		t.Fatalf("%+v\n%+v", documents, test)
	}
	h.none(h.SetFinish(&d, h.Suggest(d)), nil)
	c := h.save(&d)
	if c.Key != "paypal" {
		t.Errorf("the key is %s", c.Key)
	}
	paid, err := stand.Pay(paypal.Order{Invoice: "WEB-1"})
	must(t, err)
	must(t, stand.Fire(t.Context(), h.hook(d.Connection.Source.AccountID), paid.IPN))
	h.done(c.ID, 1)
	found := 0
	for _, doc := range holds[caspit.FakeDocument](h, "caspit", "documents") {
		if strings.Contains(doc.Comments, "WEB-1") {
			found++
		}
	}
	if letters := holds[email.Mail](h, "email", "mail"); found != 1 || len(letters) != 2 {
		t.Errorf("%d documents of the order, %d letters", found, len(letters))
	}
}
