package imoje

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/field"
	"github.com/tengi/tengi/money"
)

// refundFields are what a refund consists of.
func refundFields() field.Set {
	return field.Set{
		{Key: "transaction_id", Type: field.Text, Label: "Transaction", Required: true, Max: "36", Pattern: "[0-9a-zA-Z-]{1,36}", Example: "aaaaaaaa-0000-4000-8000-000000000001",
			Help: "The payment that is given back: data.transaction_id of the event that told of it."},
		{Key: "amount", Type: field.Amount, Label: "Amount", Required: true, Min: "0.01", Default: "{{ sale.total }}"},
		{Key: "currency", Type: field.Currency, Label: "Currency", Required: true, Default: "{{ sale.currency }}", Help: "The payment's."},
		{Key: "title", Type: field.Text, Label: "Title", Max: "200", Default: "{{ sale.reference }}"},
		{Key: "confirm", Type: field.Bool, Label: "Let imoje mail a confirmation", Default: "true"},
	}
}

func refundTotal(values field.Values) (money.Amount, error) { return linkTotal(values) }

type newRefund struct {
	Type      string `json:"type"`
	ServiceID string `json:"serviceId"`
	Amount    int64  `json:"amount"`
	Title     string `json:"title"`
	Confirm   bool   `json:"sendRefundConfirmationEmail"`
}

// refund gives money back. What is left of the payment is asked first, so that a refund too many is refused before anything is sent.
func refund(ctx context.Context, c *connector.Client, ref tengi.Ref, values field.Values) (tengi.Document, error) {
	amount, err := minor(values)
	if err != nil {
		return tengi.Document{}, err
	}
	id := values.Text("transaction_id")
	title := refundTitle(values.Text("title"), ref)
	sale, err := getTransaction(ctx, c, id)
	if err != nil {
		return tengi.Document{}, err
	}
	if _, ours := findRefund(sale, title); !ours {
		if err := refundable(sale, amount, values.Text("currency")); err != nil {
			return tengi.Document{}, err
		}
	}
	resp, err := c.Change(ctx, connector.Change{
		Name: "refund",
		Request: connector.Request{Method: http.MethodPost, Path: merchant(c) + "/transaction/" + url.PathEscape(id) + "/refund",
			JSON: newRefund{Type: "refund", ServiceID: c.Settings.Text("service_id"), Amount: amount, Title: title, Confirm: values.Bool("confirm")}},
		Accept: func(resp *connector.Response) error { _, err := decodeTransaction(resp); return err },
		Recover: connector.Recovery{
			Rounds: []time.Duration{30 * time.Second, 2 * time.Minute, 5 * time.Minute}, // the documented timeout is 30 s
			Find: func(ctx context.Context, _ connector.Call) ([]byte, bool, error) {
				sale, err := getTransaction(ctx, c, id)
				if err != nil {
					return nil, false, err
				}
				found, ok := findRefund(sale, title)
				if !ok {
					return nil, false, nil
				}
				answer, err := json.Marshal(map[string]any{"transaction": found})
				return answer, true, err
			},
		},
	})
	if err != nil {
		return tengi.Document{}, err
	}
	made, err := decodeTransaction(resp)
	if err != nil {
		return tengi.Document{}, err
	}
	if made.Status != settled && made.Status != "new" { // queued, and followed by a notice
		return tengi.Document{}, connector.Refusal("refund_failed", "", "imoje took the refund and it failed there ("+cut(made.Status, 40)+"): look at the payment in imoje's panel")
	}
	return tengi.Document{
		Kind: tengi.CreditNote, ExternalID: made.ID, Number: values.Text("title"), Status: made.Status, Amount: money.New(made.Amount.decimal(), values.Text("currency")),
		Data: map[string]any{"transaction_id": id},
	}, nil
}

// refundTitle carries our reference, by which the refund is found again.
func refundTitle(text string, ref tengi.Ref) string {
	return strings.TrimSpace(cut(text, maxTitle-len(ref)-3) + " [" + string(ref) + "]")
}

// findRefund finds a refund of ours among those of a payment.
func findRefund(sale transaction, title string) (transaction, bool) {
	for _, r := range sale.Refunds {
		if r.Transaction.Title == title {
			return r.Transaction, true
		}
	}
	return transaction{}, false
}

// refundable refuses what cannot be given back: what was never paid, and more than is left.
func refundable(sale transaction, amount int64, currency string) error {
	left := int64(sale.Amount)
	for _, r := range sale.Refunds {
		if s := r.Transaction.Status; s == settled || s == "new" {
			left -= int64(r.Transaction.Amount)
		}
	}
	switch {
	case sale.Type != "sale" || sale.Status != settled:
		return connector.Refusal("not_paid", "transaction_id", "this transaction is not a payment that has come in")
	case sale.Currency != "" && sale.Currency != currency:
		return connector.Refusal("currency", "currency", "the payment was in "+cut(sale.Currency, 3))
	case amount > left:
		return connector.Refusal("too_much", "amount", "only "+cents(left).decimal().StringFixed(2)+" of the payment is left")
	}
	return nil
}

func getTransaction(ctx context.Context, c *connector.Client, id string) (transaction, error) {
	resp, err := c.Read(ctx, connector.Request{Path: merchant(c) + "/transaction/" + url.PathEscape(id)})
	if err != nil {
		return transaction{}, err
	}
	return decodeTransaction(resp)
}

// readRefund reads what has become of a refund.
func readRefund(ctx context.Context, c *connector.Client, doc tengi.Document) (tengi.Document, error) {
	t, err := getTransaction(ctx, c, doc.ExternalID)
	if err == nil {
		doc.Status = t.Status
	}
	return doc, err
}
