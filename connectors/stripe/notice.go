package stripe

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/stripe/stripe-go/v85/webhook"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
)

// The types of the events this connector reports.
const (
	typeInvoice         = "invoice.changed" // until the invoice was read
	typeInvoicePaid     = "invoice.paid"
	typeInvoiceCredited = "invoice.credited"
	typeInvoiceFailed   = "invoice.payment_failed"
	typeCheckout        = "checkout.changed" // until the checkout was read
	typeCheckoutPaid    = "checkout.completed"
	typeCheckoutBack    = "checkout.refunded"
	typePaymentFailed   = "payment.failed"
	typeRefund          = "refund.created"
	typeRefundFailed    = "refund.failed"
)

// event is an event as Stripe sends and lists it (https://docs.stripe.com/api/events/object). Its object has the shape of the version that the
// webhook was made with, perhaps years ago, so what was sold is never taken from it but read again.
type event struct {
	ID       string `json:"id"`
	Object   string `json:"object"`
	Type     string `json:"type"`
	Created  int64  `json:"created"`
	Livemode *bool  `json:"livemode"`
	Account  string `json:"account"`
	Data     struct {
		Object json.RawMessage `json:"object"`
	} `json:"data"`
}

func (e event) id() string { return e.ID }

// receive verifies a notice and says what it is about.
func receive(in *connector.Inbound) ([]tengi.Event, error) {
	if err := verify(in); err != nil {
		return nil, err
	}
	var e event
	if err := json.Unmarshal(in.Body, &e); err != nil {
		return nil, errors.New("the notice is not an event of Stripe's")
	}
	switch {
	case e.Object != "event" || e.ID == "" || e.Type == "":
		return nil, errors.New("the notice is not an event of Stripe's: choose “Snapshot” as the payload style of the webhook")
	case e.Livemode != nil && *e.Livemode == isTest(in.Secret("api_key")):
		return nil, &connector.Error{Kind: connector.Permanent, Code: codeMixed,
			Message: "the notice is of the other of Stripe's two modes than the account's key: take key and signing secret from the same mode"}
	case e.Account != "":
		return nil, errors.New("the notice is about a connected account, whose events this key cannot read")
	}
	events, err := e.events()
	for i := range events {
		events[i].ReceivedAt = in.ReceivedAt
	}
	return events, err
}

// verify checks the signature and its time (https://docs.stripe.com/webhooks, "Verify manually"). Stripe signs anew whenever it repeats a notice.
// The time is compared with that of the notice's arrival, in both directions.
func verify(in *connector.Inbound) error {
	secret := in.Secret("webhook_secret")
	if secret == "" {
		return connector.Unverified("the account holds no signing secret")
	}
	values := in.Header.Values("Stripe-Signature")
	if len(values) != 1 {
		return connector.Unverified("there is no Stripe-Signature, or more than one")
	}
	signedAt, err := signatureTime(values[0])
	if err != nil {
		return err
	}
	// Not ValidatePayload: it goes by the machine's clock, and takes times to come.
	if err := webhook.ValidatePayloadIgnoringTolerance(in.Body, values[0], secret); err != nil {
		return connector.Unverified("the signature does not match: is the signing secret that of this webhook?")
	}
	if off := in.ReceivedAt.Sub(signedAt).Abs(); off > webhook.DefaultTolerance {
		return connector.Unverified("it was signed more than five minutes before or after it arrived: look at the clock of this machine")
	}
	return nil
}

// signatureTime reads the one t of "t=1492774577,v1=5257a8…,v0=…".
func signatureTime(header string) (time.Time, error) {
	found := ""
	for part := range strings.SplitSeq(header, ",") {
		if text, ok := strings.CutPrefix(part, "t="); ok {
			if found != "" {
				return time.Time{}, connector.Unverified("the signature names two times")
			}
			found = text
		}
	}
	seconds, err := strconv.ParseInt(found, 10, 64)
	if err != nil || seconds <= 0 || seconds > 1<<40 {
		return time.Time{}, connector.Unverified("the signature names no time")
	}
	return time.Unix(seconds, 0), nil
}

// about is what is read of an event's object: ids that have stood in the same place in all versions.
type about struct {
	ID            string          `json:"id"`
	Invoice       json.RawMessage `json:"invoice"`
	PaymentIntent json.RawMessage `json:"payment_intent"`
	Charge        json.RawMessage `json:"charge"`
	Refunded      bool            `json:"refunded"`
}

// idOf is an id that may come expanded to the whole object.
func idOf(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return text
	}
	var whole thing
	if json.Unmarshal(raw, &whole) == nil {
		return whole.ID
	}
	return ""
}

// events says what an event of Stripe's means here. No events: it is none of those that were asked for.
func (e event) events() ([]tengi.Event, error) {
	var o about
	if err := json.Unmarshal(e.Data.Object, &o); err != nil || o.ID == "" {
		return nil, fmt.Errorf("the %s event holds no object with an id", e.Type)
	}
	out := tengi.Event{Dedupe: e.ID, NeedsLoad: true}
	payment := idOf(o.PaymentIntent)
	switch e.Type {
	case "invoice.paid":
		out.Type, out.Object = typeInvoice, "invoice/"+o.ID
	case "credit_note.created":
		if o.Invoice = json.RawMessage(strconv.Quote(idOf(o.Invoice))); idOf(o.Invoice) == "" {
			return nil, errors.New("the credit note names no invoice")
		}
		out.Type, out.Object = typeInvoice, "invoice/"+idOf(o.Invoice)
	case "checkout.session.completed", "checkout.session.async_payment_succeeded":
		out.Type, out.Object = typeCheckout, "checkout/"+o.ID
	case "charge.refunded":
		if payment == "" || !o.Refunded {
			return nil, nil // a part only, which refund.created reports; or a payment older than payment intents
		}
		out.Type, out.Object = typeCheckout, "payment/"+payment
	case "invoice.payment_failed":
		return e.failure(out, typeInvoiceFailed, "invoice/"+o.ID)
	case "payment_intent.payment_failed":
		return e.failure(out, typePaymentFailed, "payment/"+o.ID)
	case "refund.created", "refund.failed":
		if payment == "" {
			payment = idOf(o.Charge)
		}
		return e.refund(out, payment)
	default:
		return nil, nil
	}
	return []tengi.Event{out}, nil
}
