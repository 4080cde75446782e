package stripe

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/field"
)

// The states of an invoice (https://docs.stripe.com/invoicing/overview, "Invoice statuses").
const (
	statusDraft         = "draft"
	statusOpen          = "open"
	statusPaid          = "paid"
	statusVoid          = "void"
	statusUncollectible = "uncollectible"
)

// invoice is an invoice as Stripe answers one (https://docs.stripe.com/api/invoices/object).
type invoice struct {
	thing
	Number      string `json:"number"` // none while it is a draft
	Status      string `json:"status"`
	Currency    string `json:"currency"`
	Total       int64  `json:"total"`
	AmountPaid  int64  `json:"amount_paid"`
	PreCredits  int64  `json:"pre_payment_credit_notes_amount"`
	PostCredits int64  `json:"post_payment_credit_notes_amount"`
	Customer    string `json:"customer"`
	URL         string `json:"hosted_invoice_url"`
	PDF         string `json:"invoice_pdf"`
	Livemode    bool   `json:"livemode"`
}

// credited is how much of it credit notes have taken back.
func (inv invoice) credited() int64 { return inv.PreCredits + inv.PostCredits }

// invoiceBody is a draft as Stripe takes one. Lines come afterwards and belong to it from the start: an item without an invoice would wait at the
// customer, and whichever invoice is next would take it up.
type invoiceBody struct {
	Customer     string            `form:"customer"`
	Collection   string            `form:"collection_method"`
	DaysUntilDue *int64            `form:"days_until_due"`
	AutoAdvance  *bool             `form:"auto_advance"`
	Pending      string            `form:"pending_invoice_items_behavior"`
	Currency     string            `form:"currency"`
	Description  string            `form:"description"`
	Footer       string            `form:"footer"`
	Metadata     map[string]string `form:"metadata"`
}

// linesBody are all lines of an invoice at once, under one key. What stands in the invoice's metadata shows that they were added.
type linesBody struct {
	Metadata map[string]string `form:"invoice_metadata"`
	Lines    []lineBody        `form:"lines"`
}

type lineBody struct {
	Item        string   `form:"invoice_item"`
	Amount      *int64   `form:"amount"`
	Description string   `form:"description"`
	TaxRates    []string `form:"tax_rates"`
}

type advanceBody struct {
	AutoAdvance *bool `form:"auto_advance"`
}

type payBody struct {
	OutOfBand bool `form:"paid_out_of_band"`
}

// metaLines is set with the lines.
const metaLines = "tengi_lines"

// order is one invoice to be made.
type order struct {
	client *connector.Client
	ref    tengi.Ref
	values field.Values
	bill   bill
	nth    int // drafts made so far; a second one only when the first was thrown away
	ready  []lineBody
}

// createInvoice makes an invoice: a draft, its lines, Stripe's total compared with ours, and then as far as it is wanted.
func createInvoice(ctx context.Context, c *connector.Client, ref tengi.Ref, v field.Values) (tengi.Document, error) {
	b, err := readBill(v)
	if err != nil {
		return tengi.Document{}, err
	}
	o := &order{client: c, ref: ref, values: v, bill: b}
	paid, err := o.paid()
	if err != nil {
		return tengi.Document{}, err
	}
	inv, err := o.draft(ctx)
	if err != nil {
		return tengi.Document{}, err
	}
	if v.Text("finish") != finishDraft {
		if inv, err = o.finish(ctx, inv, paid); err != nil {
			return tengi.Document{}, err
		}
	}
	doc, err := document(inv)
	if err == nil {
		doc.Data["marked_paid"] = paid && inv.Status == statusPaid
		doc.Data["mailed"] = v.Text("finish") == finishSend && inv.Status == statusOpen
	}
	return doc, err
}

// paid says whether the sale is paid already.
func (o *order) paid() (bool, error) {
	paid := o.values.Decimal("paid")
	if o.values.Text("when_paid") != paidMark || !paid.IsPositive() || o.bill.open {
		return false, nil
	}
	if paid.LessThan(o.bill.total.Value) {
		return false, connector.Refusal(codePaidPart, "paid", fmt.Sprintf("%s of %s is paid already, and Stripe would ask the customer for all of it: "+
			"invoice the rest by hand, or choose to ask for the whole amount", paid, o.bill.total))
	}
	return true, nil
}

// name is a call's name: those of a second draft have a number.
func (o *order) name(name string) string {
	if o.nth > 1 {
		return name + "-" + strconv.Itoa(o.nth)
	}
	return name
}

// draft makes the draft with its lines, and reads what it comes to. When Stripe makes another total of them (a discount of the customer's, another
// way to round), the draft is thrown away and a person asked. Tried again after that, the work begins with a new draft.
func (o *order) draft(ctx context.Context) (invoice, error) {
	for {
		o.nth++
		inv, err := o.create(ctx)
		if err != nil {
			return inv, err
		}
		if _, err = o.addLines(ctx, inv); err != nil {
			return inv, err
		}
		now, err := readInvoice(ctx, o.client, inv.ID)
		switch {
		case missing(err), err == nil && now.Deleted:
			continue // thrown away by an earlier run
		case err != nil || o.bill.open || now.Total == o.bill.minor && strings.EqualFold(now.Currency, o.bill.total.Currency):
			return now, err
		}
		return now, o.discard(ctx, now)
	}
}

// discard throws a draft away that came to another total, and says so.
func (o *order) discard(ctx context.Context, inv invoice) error {
	theirs, err := major(inv.Total, inv.Currency)
	if err != nil {
		return err
	}
	if inv.Status != statusDraft {
		return connector.Refusal(codeTotal, "", fmt.Sprintf("the invoice comes to %s at Stripe and to %s here, and was finalised there: look at it in Stripe", theirs, o.bill.total))
	}
	if err := remove(ctx, o.client, "a draft", o.name("discard"), "/v1/invoices/"+url.PathEscape(inv.ID)); err != nil {
		return err
	}
	return connector.Refusal(codeTotal, "lines", fmt.Sprintf("Stripe makes %s of the lines, which come to %s: look for a discount of this customer's, or at the "+
		"tax rates there. The draft was deleted", theirs, o.bill.total))
}

// create makes the empty draft. All that can be wrong with the lines is found before, so that no empty draft stays behind.
func (o *order) create(ctx context.Context) (invoice, error) {
	return post[invoice](ctx, o.client, call{
		name: o.name("create"), what: "an invoice", path: "/v1/invoices", assume: `{"id": "in_dry_run", "status": "draft"}`,
		compose: func(ctx context.Context) (any, error) {
			meta, err := metadata(o.values, tengi.Ref(o.name(string(o.ref))))
			if err != nil {
				return nil, err
			}
			who, err := o.customer(ctx)
			if err != nil {
				return nil, err
			}
			if _, err := o.lines(ctx, who); err != nil {
				return nil, err
			}
			days, advance := o.values.Int("days_until_due"), false
			return invoiceBody{
				Customer: who, Collection: "send_invoice", DaysUntilDue: &days, AutoAdvance: &advance, Pending: "exclude",
				Currency: strings.ToLower(o.values.Text("currency")), Description: o.values.Text("description"), Footer: o.values.Text("footer"), Metadata: meta,
			}, nil
		},
		find: func(ctx context.Context, open connector.Call) (json.RawMessage, error) {
			return findByRef(ctx, o.client, "the invoices", "/v1/invoices", open, "customer")
		},
	})
}

// customer finds or makes the customer, who must have an address to mail to.
func (o *order) customer(ctx context.Context) (string, error) {
	if id := o.values.Text("customer"); id != "" {
		return id, nil
	}
	b, err := readBuyer(o.values, "customer_", o.ref)
	if err != nil {
		return "", err
	}
	if b.body.Email == "" && o.values.Text("finish") == finishSend {
		return "", connector.Refusal(codeEmail, "customer_email", "Stripe is to mail the invoice and there is no e-mail address")
	}
	if b.body.Email == "" && b.body.Name == "" {
		return "", connector.Refusal(codeEmail, "customer_name", "there is neither a name nor an e-mail address to invoice to")
	}
	b.assume = `{"id": "cus_dry_run"}`
	who, _, err := customerFor(ctx, o.client, b)
	return who.ID, err
}

// lines are the lines as Stripe takes them, looked up once.
func (o *order) lines(ctx context.Context, who string) ([]lineBody, error) {
	if o.ready != nil {
		return o.ready, nil
	}
	rates, err := taxIDs(ctx, o.client, o.bill, o.values)
	if err != nil {
		return nil, err
	}
	var all []lineBody
	for i := range o.bill.lines {
		l := &o.bill.lines[i]
		body := lineBody{Amount: &l.amount, Description: l.text}
		if !l.rate.IsZero() {
			body.TaxRates = []string{rates[l.rate.String()]}
		}
		all = append(all, body)
	}
	ids := o.bill.items
	if o.bill.open {
		waiting, err := pendingOf(ctx, o.client, who, o.values.Text("currency"), o.values.Text("pending"))
		if err != nil {
			return nil, err
		}
		for _, id := range waiting {
			if !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
		}
	}
	for _, id := range ids {
		all = append(all, lineBody{Item: id})
	}
	if len(all) > maxLines {
		return nil, connector.Refusal(codeLines, "lines", fmt.Sprintf("an invoice at Stripe has at most %d lines", maxLines))
	}
	o.ready = all
	return all, nil
}

// addLines adds all lines at once.
func (o *order) addLines(ctx context.Context, inv invoice) (invoice, error) {
	return post[invoice](ctx, o.client, call{
		name: o.name("lines"), what: "the lines of an invoice", path: "/v1/invoices/" + url.PathEscape(inv.ID) + "/add_lines",
		compose: func(ctx context.Context) (any, error) {
			lines, err := o.lines(ctx, inv.Customer)
			return linesBody{Metadata: map[string]string{metaLines: o.name(string(o.ref))}, Lines: lines}, err
		},
		find: o.found(inv.ID, func(inv invoice) bool { return inv.Metadata[metaLines] != "" }),
	})
}

// found looks a change of an invoice up by what the invoice is now.
func (o *order) found(id string, done func(invoice) bool) func(context.Context, connector.Call) (json.RawMessage, error) {
	return func(ctx context.Context, _ connector.Call) (json.RawMessage, error) {
		return findInvoice(ctx, o.client, id, done)
	}
}

// finish finalises, marks as paid or mails.
func (o *order) finish(ctx context.Context, inv invoice, paid bool) (invoice, error) {
	path := "/v1/invoices/" + url.PathEscape(inv.ID)
	advance := o.values.Bool("reminders") && !paid
	inv, err := post[invoice](ctx, o.client, call{
		name: "finalise", what: "an invoice final", path: path + "/finalize", compose: with(advanceBody{AutoAdvance: &advance}),
		find: o.found(inv.ID, func(inv invoice) bool { return inv.Status != statusDraft }),
	})
	switch {
	case err != nil || inv.Status != statusOpen: // Stripe itself marks as paid what comes to nothing
		return inv, err
	case paid:
		return post[invoice](ctx, o.client, call{
			name: "pay", what: "an invoice paid", path: path + "/pay", compose: with(payBody{OutOfBand: true}),
			find: o.found(inv.ID, func(inv invoice) bool { return inv.Status == statusPaid }),
		})
	case o.values.Text("finish") == finishSend:
		return post[invoice](ctx, o.client, call{
			name: "send", what: "the mail of an invoice", path: path + "/send",
			find: func(ctx context.Context, open connector.Call) (json.RawMessage, error) {
				return findMail(ctx, o.client, inv.ID, open)
			},
		})
	}
	return inv, nil
}

// findMail looks in the list of events whether an invoice was mailed: the invoice itself does not say.
func findMail(ctx context.Context, c *connector.Client, id string, open connector.Call) (json.RawMessage, error) {
	query := url.Values{"type": {"invoice.sent"}, "created[gte]": {strconv.FormatInt(open.FirstSent.Add(-clockSkew).Unix(), 10)}}
	mailed := false
	err := list(ctx, c, "the events", "/v1/events", query, func(e event, _ json.RawMessage) error {
		var about thing
		if err := json.Unmarshal(e.Data.Object, &about); err != nil || about.ID != id {
			return nil //nolint:nilerr // an event about something else
		}
		mailed = true
		return errEnough
	})
	if err != nil || !mailed {
		return nil, err
	}
	return findInvoice(ctx, c, id, func(invoice) bool { return true })
}

// findInvoice answers with the invoice as it is now, if it is done.
func findInvoice(ctx context.Context, c *connector.Client, id string, done func(invoice) bool) (json.RawMessage, error) {
	var raw json.RawMessage
	if err := read(ctx, c, "an invoice", "/v1/invoices/"+url.PathEscape(id), nil, &raw); err != nil {
		return nil, err
	}
	var inv invoice
	if err := json.Unmarshal(raw, &inv); err != nil || inv.ID != id {
		return nil, incomplete()
	}
	if !done(inv) {
		return nil, nil
	}
	return raw, nil
}

func readInvoice(ctx context.Context, c *connector.Client, id string) (invoice, error) {
	var inv invoice
	err := read(ctx, c, "an invoice", "/v1/invoices/"+url.PathEscape(id), nil, &inv)
	if err == nil && inv.ID != id {
		err = incomplete()
	}
	return inv, err
}

// document is an invoice as Tengi keeps it.
func document(inv invoice) (tengi.Document, error) {
	amount, err := major(inv.Total, inv.Currency)
	if err != nil {
		return tengi.Document{}, err
	}
	doc := tengi.Document{
		Kind: tengi.Invoice, ExternalID: inv.ID, Number: inv.Number, URL: inv.URL, Status: inv.Status, Amount: amount, Customer: inv.Customer,
		Data: map[string]any{"pdf": inv.PDF, "livemode": inv.Livemode},
	}
	if doc.URL == "" {
		doc.URL = dashboard("invoices", inv.ID, inv.Livemode)
	}
	return doc, nil
}

// refresh reads the number, the state and the customer's page again.
func refresh(ctx context.Context, c *connector.Client, doc tengi.Document) (tengi.Document, error) {
	inv, err := readInvoice(ctx, c, doc.ExternalID)
	if missing(err) {
		return doc, connector.Refusal(codeGone, "", "Stripe no longer has this invoice")
	}
	if err != nil {
		return doc, err
	}
	if inv.Deleted {
		doc.Status = "deleted"
		return doc, nil
	}
	now, err := document(inv)
	if err != nil {
		return doc, err
	}
	doc.Number, doc.URL, doc.Status = now.Number, now.URL, now.Status
	return doc, nil
}
