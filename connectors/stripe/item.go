package stripe

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/field"
	"github.com/tengi/tengi/money"
)

// The forms of Stripe's ids. Beyond their beginning they are opaque.
const (
	customerID = `cus_\w+`
	invoiceID  = `in_\w+`
	itemID     = `ii_\w+`
	taxRateID  = `txr_\w+`
)

// maxText is the longest text of a line sent. Stripe states no limit; its own forms take 500.
const maxText = 500

// itemInput is the input of invoiceitem.create.
func itemInput() field.Set {
	return field.Set{
		{Key: "customer", Type: field.Text, Label: "Customer", Required: true, Pattern: customerID, Default: "{{ steps.customer.id }}", Example: "cus_NffrFeUfNV2Hib",
			Help: "Stripe's id of the customer, as the step that found or made them has it."},
		{Key: "invoice", Type: field.Text, Label: "Draft invoice", Pattern: invoiceID, Advanced: true, Example: "in_1MtHbELkdIwHu7ixl4OzzPMv",
			Help: "Stripe's id of a draft that takes the item. Empty = it waits at the customer until a step that makes an invoice takes it up."},
		{Key: "description", Type: field.LongText, Label: "Text", Required: true, Default: "{{ sale.reference }}", Help: "Cut at 500 characters."},
		{Key: "quantity", Type: field.Decimal, Label: "Quantity", Min: "0", Help: "Empty = 1. It stands before the text; the amount is that of all."},
		{Key: "total", Type: field.Amount, Label: "Amount", Required: true, Default: "{{ sale.total }}",
			Help: "Of the whole item. A negative one takes something off."},
		{Key: "currency", Type: field.Currency, Label: "Currency", Required: true, Default: "{{ sale.currency }}"},
		{Key: "tax_rate", Type: field.Text, Label: "Tax rate", Pattern: taxRateID, Advanced: true, Example: "txr_1MnyXfLkdIwHu7ix8C2Fh4Jq",
			Help: "Stripe's id of a tax rate. It must include the tax, or the invoice comes to more than the amount."},
		metadataField(),
	}
}

// item is an invoice item as Stripe answers one (https://docs.stripe.com/api/invoiceitems/object).
type item struct {
	thing
	Amount   int64  `json:"amount"`
	Currency string `json:"currency"`
	Customer string `json:"customer"`
	Invoice  string `json:"invoice"` // empty while it is pending
	Livemode bool   `json:"livemode"`
}

// itemBody is an invoice item as Stripe takes one.
type itemBody struct {
	Customer    string            `form:"customer"`
	Invoice     string            `form:"invoice"`
	Amount      *int64            `form:"amount"`
	Currency    string            `form:"currency"`
	Description string            `form:"description"`
	TaxRates    []string          `form:"tax_rates"`
	Metadata    map[string]string `form:"metadata"`
}

// createItem adds an item.
func createItem(ctx context.Context, c *connector.Client, ref tengi.Ref, v field.Values) (tengi.Document, error) {
	amount, err := minor(money.New(v.Decimal("total"), v.Text("currency")), "total")
	if err != nil {
		return tengi.Document{}, err
	}
	body := itemBody{
		Customer: v.Text("customer"), Invoice: v.Text("invoice"), Amount: &amount, Currency: strings.ToLower(v.Text("currency")),
		Description: pieces(v, v.Text("description")),
	}
	if rate := v.Text("tax_rate"); rate != "" {
		body.TaxRates = []string{rate}
	}
	if body.Metadata, err = metadata(v, ref); err != nil {
		return tengi.Document{}, err
	}
	made, err := post[item](ctx, c, call{
		name: "item", what: "an invoice item", path: "/v1/invoiceitems", compose: with(body),
		find: func(ctx context.Context, open connector.Call) (json.RawMessage, error) {
			return findByRef(ctx, c, "the invoice items", "/v1/invoiceitems", open, "customer")
		},
	})
	if err != nil {
		return tengi.Document{}, err
	}
	return itemDocument(made)
}

func itemDocument(made item) (tengi.Document, error) {
	amount, err := major(made.Amount, made.Currency)
	if err != nil {
		return tengi.Document{}, err
	}
	return tengi.Document{
		Kind: tengi.Other, ExternalID: made.ID, Customer: made.Customer, Amount: amount, URL: dashboard("customers", made.Customer, made.Livemode),
		Data: map[string]any{"invoice": made.Invoice, "livemode": made.Livemode},
	}, nil
}

// pieces puts the quantity before a line's text, unless it is one. Stripe multiplies whole quantities with unit prices only; an amount is exact.
func pieces(v field.Values, text string) string {
	text = strings.TrimSpace(text)
	if quantity := v.Decimal("quantity"); v.Has("quantity") && !quantity.Equal(decimal.NewFromInt(1)) {
		text = quantity.String() + " × " + text
	}
	return cut(text, maxText)
}

// undoItem removes an item that still waits or stands on a draft. On an invoice that was finalised it stays: what became of that counts.
func undoItem(ctx context.Context, c *connector.Client, _ tengi.Ref, doc tengi.Document) (tengi.Document, error) {
	var now item
	err := read(ctx, c, "an invoice item", "/v1/invoiceitems/"+doc.ExternalID, nil, &now)
	if err != nil && !missing(err) {
		return tengi.Document{}, err
	}
	if err == nil && !now.Deleted && now.Invoice != "" {
		inv, err := readInvoice(ctx, c, now.Invoice)
		switch {
		case err != nil:
			return tengi.Document{}, err
		case inv.Status == statusVoid, inv.Status == statusPaid && inv.credited() == inv.Total:
			return removed(doc), nil
		case inv.Status != statusDraft:
			return tengi.Document{}, connector.Refusal(codeState, "", fmt.Sprintf("the item stands on an invoice that is %s: undo that first", inv.Status))
		}
	}
	// What is gone is deleted all the same: it may be our own request whose answer was lost, which the journal then knows.
	return removed(doc), remove(ctx, c, "an invoice item", "delete", "/v1/invoiceitems/"+doc.ExternalID)
}

// remove deletes something. Deleting it again changes nothing, and that it is not there is as good.
func remove(ctx context.Context, c *connector.Client, what, name, path string) error {
	_, err := c.Change(ctx, connector.Change{
		Name:    name,
		Request: connector.Request{Method: http.MethodDelete, Path: path, Header: header(), Also: []int{http.StatusNotFound}},
		Recover: connector.Recovery{Repeatable: true},
	})
	if err != nil {
		return fmt.Errorf("stripe: delete %s: %w", what, err)
	}
	return nil
}

// removed is something that left nothing behind.
func removed(doc tengi.Document) tengi.Document {
	return tengi.Document{Kind: tengi.CreditNote, Status: "deleted", Customer: doc.Customer}
}
