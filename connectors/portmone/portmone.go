// Package portmone is the connector for Portmone (https://www.portmone.com.ua), payments in Ukraine. A sale becomes a link under which the customer pays
// by card; the payment is followed, and money is given back.
//
// Portmone signs none of its notices and has no idempotency key. So nothing it sends counts before it was asked again with the shop's own login, and what a
// lost request made is found by the number of the order. Where a rule comes from is said beside it: Portmone's documentation of its gateway
// (https://docs.portmone.com.ua), its own plugins for shops (https://github.com/Portmone), or "observed in practice", where those are silent.
package portmone

import (
	"context"
	"embed"
	"net/http"
	"time"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/field"
)

//go:embed setup*.md locale/*.json icon.svg samples/*.json
var files embed.FS

// Connector describes Portmone.
func Connector() *connector.Connector {
	return &connector.Connector{
		Name:    "portmone",
		Title:   "Portmone",
		Summary: "Makes links under which customers in Ukraine pay by card, follows their payments, and gives money back.",
		Auth: connector.Auth{
			Fields: accountFields(), Sign: sign, Check: check,
			BaseURL: func(field.Values) string { return "https://www.portmone.com.ua" },
		},
		// No limits are published. One piece of work at a time, so that two refunds of one order never look at its money at once.
		Limits:  connector.Limits{Every: time.Second, Burst: 3, InFlight: 1, Timeout: 30 * time.Second},
		Explain: explain,
		Receive: receive,
		Answer:  acknowledge,
		Load:    load,
		Triggers: []connector.Trigger{{
			Key: "payment", Title: "Payment changed", Types: []string{typePrefix + "*"}, Options: sourceFields(), Output: eventFields(), Anew: []string{"since"}, Poll: poll,
		}},
		Actions: []connector.Action{
			{
				Key: "invoice.create", Title: "Create an invoice to pay online", Makes: tengi.PaymentRequest,
				Help:  "Makes a link under which the customer pays. Send it with the next step, by e-mail or by SMS.",
				Input: invoiceFields(), Total: total, Do: create, Undo: closeInvoice, Refresh: refresh, TestMark: "title",
				Recovery: "A link whose answer was lost is known to nobody, so nobody can pay by it. Portmone is asked 40 seconds later for payments of this order: where there are " +
					"any, a person is asked; where there are none, the same request with the same number is sent again. Only the link whose answer is stored is ever handed on. An " +
					"invoice that Portmone itself was to send is never asked for twice: a person is asked.",
			},
			{
				Key: "payment.refund", Title: "Refund a payment", Makes: tengi.CreditNote,
				Help:  "Gives money of a payment back, all or part of it.",
				Input: refundFields(), Total: total, Do: refund,
				Recovery: "What was given back before is read and written into the request. When the answer is lost, the order's refunds are read again 45, 120 and 300 seconds later: one " +
					"more, of exactly this amount, is ours; none at all lets the same request be sent once more; anything else, and a second lost answer, asks a person.",
			},
		},
		Files: files,
	}
}

// The settings by which Portmone itself is told to send an invoice. Its documentation does not name the method in public, so the merchant does.
const (
	keyEmailMethod    = "email_method"
	keyEmailParameter = "email_parameter"
	keySMSMethod      = "sms_method"
	keySMSParameter   = "sms_parameter"

	methodPattern    = `[A-Za-z][A-Za-z0-9_.]{1,59}`
	parameterPattern = `[A-Za-z][A-Za-z0-9_]{0,59}`
)

// accountFields are the three values that the manager at Portmone hands out, the signing key that some shops have, and what is seldom touched.
func accountFields() field.Set {
	return field.Set{
		{Key: "payee_id", Type: field.Text, Label: "Payee ID", Required: true, Pattern: "[0-9]{1,20}", Example: "99999", Help: "The number of your shop at Portmone."},
		{Key: "login", Type: field.Text, Label: "Login", Required: true, Max: "100", Example: "FJORDUR_SHOP"},
		{Key: "password", Type: field.Text, Label: "Password", Required: true, Secret: true, Max: "200"},
		{Key: "signing_key", Type: field.Text, Label: "Signing key", Secret: true, Max: "200",
			Help: "Only if Portmone gave you one: links are then signed, may have a last day and a page to return to."},
		{Key: "window_days", Type: field.Int, Label: "Days that Portmone is asked back", Default: "365", Min: "31", Max: "1000", Advanced: true,
			Help: "When a payment is looked up. Left alone, Portmone looks back one month only."},
		{Key: keyEmailMethod, Type: field.Text, Label: "Portmone's method to send by e-mail", Advanced: true, Pattern: methodPattern,
			Help: "Only if Portmone's support named it to you. Otherwise let this hub send the link."},
		{Key: keyEmailParameter, Type: field.Text, Label: "Its parameter for the address", Advanced: true, Pattern: parameterPattern},
		{Key: keySMSMethod, Type: field.Text, Label: "Portmone's method to send by SMS", Advanced: true, Pattern: methodPattern,
			Help: "Only if Portmone's support named it to you. Otherwise let this hub send the link."},
		{Key: keySMSParameter, Type: field.Text, Label: "Its parameter for the number", Advanced: true, Pattern: parameterPattern},
	}
}

// demoPayee is the shop of Portmone's own examples. Anybody can use it.
const demoPayee = "1185"

// check asks for an order that does not exist. An empty list is the proof: there is nothing else that could be asked without changing anything.
func check(ctx context.Context, c *connector.Client) (connector.Identity, error) {
	now := c.Now()
	if _, err := ask(ctx, c, question{order: "tengi-check", from: now, to: now}); err != nil {
		e := *connector.AsError(err)
		if e.Code == codeRefused { // whoever may not ask this may ask nothing
			e.Kind, e.Code, e.Message = connector.Attention, connector.CodeLogin, loginMessage
		}
		return connector.Identity{}, &e
	}
	who := connector.Identity{Name: c.Settings.Text("payee_id")}
	if who.Name == demoPayee {
		who.Warnings = append(who.Warnings, "This is Portmone's public demonstration shop: anybody sees what is done in it, so use no real customers.")
	}
	return who, nil
}

const loginMessage = "Portmone refuses the login: compare payee ID, login and password, and ask your manager at Portmone whether the gateway's methods are switched on for this shop"

// explain says better than the status what a refusal means.
func explain(_ *connector.Request, resp *connector.Response, e *connector.Error) {
	switch resp.Status {
	case http.StatusUnauthorized, http.StatusForbidden:
		e.Message = loginMessage
	case http.StatusBadRequest, http.StatusUnprocessableEntity:
		e.Message = "Portmone refuses the request; its own words stand with the attempt"
	}
}
