// Package stripe is the connector for Stripe (https://stripe.com): sales become customers, invoice items and invoices there, and what is paid,
// refunded or fails at Stripe is reported.
//
// Every POST carries an idempotency key made from our reference, under which Stripe answers a repeat with what it answered first. It keeps keys
// for at least 24 hours (https://docs.stripe.com/api/idempotent_requests), so after 23 hours what was asked for is looked up by the reference
// instead, which stands in the metadata of everything made here. Of Stripe's own Go module three things are used: the signature of notices, the
// form encoding of bodies, and the version of the API they go by. Its client is not: it would repeat requests by itself, and its types cost four
// megabytes of memory at start. Where a rule here comes from is said beside it: Stripe's documentation (https://docs.stripe.com), or "observed".
package stripe

import (
	"context"
	"embed"
	"net/http"
	"strings"
	"time"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/field"
)

//go:embed setup*.md locale/*.json icon.svg samples/*.json
var files embed.FS

const liveURL = "https://api.stripe.com"

// Connector describes Stripe.
func Connector() *connector.Connector {
	return &connector.Connector{
		Name:    "stripe",
		Title:   "Stripe",
		Summary: "Makes customers and invoices in Stripe for what was sold, and reports what is paid, refunded or fails there.",
		Auth:    connector.Auth{Fields: accountFields(), BaseURL: func(field.Values) string { return liveURL }, Sign: sign, Check: check},
		// Stripe takes 100 requests a second, 25 in test mode (https://docs.stripe.com/rate-limits). One piece of work at a time, because two
		// sales of the same new customer would otherwise make two customers, and changes of one object at once are refused with lock_timeout.
		Limits:   connector.Limits{Every: 100 * time.Millisecond, Burst: 10, InFlight: 1, Timeout: 60 * time.Second},
		Receive:  receive,
		Load:     load,
		Explain:  explain,
		Triggers: triggers(),
		Actions:  []connector.Action{customerAction(), itemAction(), invoiceAction()},
		Files:    files,
	}
}

// repeats is how all three actions keep a lost answer from doing anything twice.
const repeats = "Every request carries an idempotency key made from our reference. For 23 hours after a lost answer the same request goes again and Stripe " +
	"answers it with what it did the first time; after that the reference is looked up in Stripe, what is found is taken over, and only what is " +
	"not there is sent once more."

func customerAction() connector.Action {
	return connector.Action{
		Key:      "customer.create",
		Title:    "Create a customer",
		Help:     "Finds the customer by e-mail, or makes one. A customer who is in Stripe already is not changed.",
		Makes:    tengi.CustomerRecord,
		Input:    customerInput(),
		Do:       createCustomer,
		TestMark: "description",
		Recovery: repeats,
	}
}

func itemAction() connector.Action {
	return connector.Action{
		Key:      "invoiceitem.create",
		Title:    "Add an invoice item",
		Help:     "Adds one line to a draft invoice, or lets it wait at the customer until an invoice takes it up.",
		Makes:    tengi.Other,
		Input:    itemInput(),
		Do:       createItem,
		TestMark: "description",
		Undo:     undoItem,
		Recovery: repeats,
	}
}

func invoiceAction() connector.Action {
	return connector.Action{
		Key:      "invoice.create",
		Title:    "Create an invoice",
		Help:     "Makes an invoice with all its lines, and finalises and mails it where wanted. The customer is found by e-mail or made first.",
		Makes:    tengi.Invoice,
		Input:    invoiceInput(),
		Total:    total,
		Do:       createInvoice,
		TestMark: "description",
		Undo:     undoInvoice,
		Refresh:  refresh,
		Recovery: repeats + " The invoice is a draft until Stripe's total has been compared with ours, so what breaks off half-way has no number and is " +
			"seen by nobody. Whether a mail went out is looked up in Stripe's list of events.",
	}
}

// accountFields are what a login at Stripe consists of.
func accountFields() field.Set {
	return field.Set{
		{Key: "api_key", Type: field.Text, Label: "Secret or restricted key", Required: true, Secret: true, Max: "255", Pattern: `(sk|rk)_(test|live)_\w+`,
			Help: "In Stripe: Developers → API keys. It begins with rk_ or sk_; the publishable key, pk_, cannot be used."},
		{Key: "webhook_secret", Type: field.Text, Label: "Signing secret of the webhook", Secret: true, Max: "255", Pattern: `whsec_.+`,
			Help: "Only to hear of payments at once: Stripe shows it beside the webhook's address. It begins with whsec_."},
		{Key: "cancel_open", Type: field.Select, Label: "An unpaid invoice that is no longer right", Default: cancelVoid, Advanced: true,
			Help: "What happens to it when the sale is cancelled. Some countries allow only credit notes: ask your bookkeeper.",
			Options: []field.Option{
				{Value: cancelVoid, Label: "Void it"},
				{Value: cancelCredit, Label: "Make a credit note"},
			}},
		{Key: "cancel_paid", Type: field.Select, Label: "A paid invoice that is no longer right", Default: paidAsk, Advanced: true,
			Help: "What happens when the sale is cancelled and the customer has paid through Stripe. What was marked as paid elsewhere is always credited without moving money.",
			Options: []field.Option{
				{Value: paidAsk, Label: "A person decides"},
				{Value: paidRefund, Label: "Credit note, and the money goes back"},
				{Value: paidBalance, Label: "Credit note, and the money stays as the customer's balance"},
				{Value: paidOutside, Label: "Credit note, and you pay back outside of Stripe"},
			}},
	}
}

// The choices of cancel_open and cancel_paid.
const (
	cancelVoid   = "void"
	cancelCredit = "credit"

	paidAsk     = "ask"
	paidRefund  = "refund"
	paidBalance = "balance"
	paidOutside = "outside"
)

// sign puts the key onto a request.
func sign(_ context.Context, c *connector.Client, req *http.Request) error {
	req.Header.Set("Authorization", "Bearer "+c.Secret("api_key"))
	return nil
}

// isTest says whether a key is of test mode, in which nothing costs anything and no mail goes out.
func isTest(key string) bool { return strings.HasPrefix(key[min(len(key), 2):], "_test_") }
