package portmone

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/field"
)

// The types of events: what has become of a payment.
const (
	typePrefix     = "payment."
	typePaid       = "payment.paid"
	typeOverpaid   = "payment.overpaid" // money for an order that had been paid already
	typeAuthorized = "payment.authorized"
	typePending    = "payment.pending"
	typeFailed     = "payment.failed" // one try; another may follow under the same link
	typeRefunded   = "payment.refunded"
	typeChargeback = "payment.chargeback"
	typeChanged    = "payment.changed" // anything else, and what is not proved
)

// eventFields are what an event says.
func eventFields() field.Set {
	return field.Set{
		{Key: "status", Type: field.Text, Label: "Status", Help: "In Portmone's own word."},
		{Key: "order_id", Type: field.Text, Label: "Number of the order"},
		{Key: "reference", Type: field.Text, Label: "Number of the order without its ending"},
		{Key: "amount", Type: field.Decimal, Label: "Amount", Help: "What was paid; of a refund, what was given back."},
		{Key: "currency", Type: field.Currency, Label: "Currency"},
		{Key: "transaction_id", Type: field.Text, Label: "Payment"},
		{Key: "paid_on", Type: field.Date, Label: "Day", Help: "In Kyiv's time."},
		{Key: "order_paid", Type: field.Decimal, Label: "Paid for the order in all"},
		{Key: "order_refunded", Type: field.Decimal, Label: "Given back of the order in all"},
		{Key: "method", Type: field.Text, Label: "Way of paying"},
		{Key: "reason", Type: field.Text, Label: "Reason of a failure"},
		{Key: "title", Type: field.Text, Label: "Purpose of the payment"},
	}
}

// facts is what an event carries. No name, no card.
type facts struct {
	Status    string `json:"status"`
	OrderID   string `json:"order_id"`
	Reference string `json:"reference"`
	Amount    string `json:"amount"`
	Currency  string `json:"currency"`
	ID        string `json:"transaction_id"`
	PaidOn    string `json:"paid_on,omitempty"`
	Paid      string `json:"order_paid"`
	Refunded  string `json:"order_refunded"`
	Method    string `json:"method,omitempty"`
	Reason    string `json:"reason,omitempty"`
	Title     string `json:"title,omitempty"`
}

var notInStatus = regexp.MustCompile(`[^A-Z0-9_]+`)

// identity tells the happenings of a bill apart: one bill is paid once, and may be taken back by the bank later.
func (r row) identity(payee string) string {
	what := cut(notInStatus.ReplaceAllString(r.Status, "-"), 40)
	switch {
	case r.Status == statusPaid && r.Chargeback:
		what = "chargeback"
	case r.Status == statusPaid && !r.paid(payee):
		what = "not-proved"
	}
	return "bill/" + r.ID + "/" + what
}

// eventType says what a row means by itself. covered says that its order had been paid when it came.
func (r row) eventType(payee string, covered bool) string {
	switch {
	case r.Status == statusPaid && r.Chargeback:
		return typeChargeback
	case r.paid(payee) && covered:
		return typeOverpaid
	case r.paid(payee):
		return typePaid
	case r.Status == statusReturned && !r.failed():
		return typeRefunded
	case r.Status == statusHeld:
		return typeAuthorized
	case r.Status == statusRejected:
		return typeFailed
	case r.Status == statusCreated:
		return typePending
	}
	return typeChanged
}

// happening is an event before it is one.
type happening struct {
	eventType, dedupe, object string
	facts                     facts
}

// happenings are what the rows of an order tell, in their order. Tries that did not work are told only while no money has come in: a customer who has paid
// must not be told that the first card was refused.
func happenings(rows []row, payee string) []happening {
	inOrder(rows)
	all := sumOf(rows, payee)
	settled := all.paid.IsPositive() || all.held || all.chargeback
	var out []happening
	var left decimal.Decimal // of what was paid, before this row
	for _, r := range rows {
		h := happening{eventType: r.eventType(payee, left.IsPositive()), dedupe: r.identity(payee), object: "payment/" + r.Order}
		switch {
		case r.paid(payee):
			left = left.Add(r.Amount)
		case h.eventType == typeRefunded:
			left = left.Sub(r.Amount.Abs())
		}
		if settled && (h.eventType == typeFailed || h.eventType == typePending) {
			continue
		}
		h.facts = facts{
			Status: cut(r.Status, 40), OrderID: r.Order, Reference: reference(r.Order), Amount: r.Amount.Abs().StringFixed(2), Currency: "UAH", ID: r.ID, PaidOn: r.Day,
			Paid: all.paid.StringFixed(2), Refunded: all.returned.StringFixed(2), Method: r.Method, Reason: cut(r.Text, 300), Title: r.Title,
		}
		out = append(out, h)
	}
	return out
}

// A notice may come a moment before Portmone's own list knows of it. So long is waited.
const (
	appearsWithin = 15 * time.Minute
	lookAgain     = 30 * time.Second
)

// load asks Portmone what has become of an order. An event of one bill becomes what that bill says; a notice stands for all that is known of its order.
func load(ctx context.Context, c *connector.Client, event tengi.Event) (connector.Loaded, error) {
	var at pointer
	if err := json.Unmarshal(event.Data, &at); err != nil || at.Order == "" {
		return connector.Loaded{}, connector.Refusal(connector.CodeUnreadable, "", "the event names no order")
	}
	rows, err := orderRows(ctx, c, at.Order)
	if err != nil {
		return connector.Loaded{}, fmt.Errorf("ask for an order: %w", err)
	}
	found := happenings(rows, c.Settings.Text("payee_id"))
	money := false
	var instead []tengi.Event
	for _, h := range found {
		if h.dedupe == event.Dedupe {
			return connector.Loaded{Type: h.eventType, Data: h.facts}, nil
		}
		data, err := json.Marshal(h.facts)
		if err != nil {
			return connector.Loaded{}, fmt.Errorf("write what was found: %w", err)
		}
		instead = append(instead, tengi.Event{AccountID: event.AccountID, Type: h.eventType, Object: h.object, Dedupe: h.dedupe, Data: data})
		money = money || h.eventType != typePending && h.eventType != typeFailed
	}
	notice := strings.HasPrefix(event.Object, "notice/")
	if left := event.ReceivedAt.Add(appearsWithin).Sub(c.Now()); notice && !money && left > 0 {
		return connector.Loaded{}, &connector.Error{Kind: connector.Temporary, Code: "not_yet", RetryAfter: min(lookAgain, left), Message: "Portmone told of a payment and does not list it yet; asking again"}
	}
	if len(instead) == 0 {
		return connector.Loaded{Nothing: "Portmone lists no payment of this order"}, nil
	}
	return connector.Loaded{Instead: instead}, nil
}
