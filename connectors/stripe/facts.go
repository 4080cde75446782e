package stripe

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/tengi/tengi"
)

// A failed payment and a refund say all there is to say themselves, in fields that all versions of Stripe's API have.

// failureFacts are the data of a failed payment.
type failureFacts struct {
	ID       string            `json:"id"`
	Amount   string            `json:"amount"`
	Currency string            `json:"currency"`
	At       string            `json:"at"`
	Customer string            `json:"customer"`
	Name     string            `json:"name"`
	Email    string            `json:"email"`
	Number   string            `json:"number"`
	URL      string            `json:"url"`
	Reason   string            `json:"reason"`
	Message  string            `json:"message"`
	NextTry  string            `json:"next_try"`
	Metadata map[string]string `json:"metadata,omitempty"`
}

// failure reports an invoice or a payment that could not be paid.
func (e event) failure(out tengi.Event, kind, about string) ([]tengi.Event, error) {
	var o struct {
		thing
		Amount    *int64          `json:"amount"`           // of a payment
		Remaining *int64          `json:"amount_remaining"` // of an invoice
		Currency  string          `json:"currency"`
		Customer  json.RawMessage `json:"customer"`
		Name      string          `json:"customer_name"`
		Email     string          `json:"customer_email"`
		Receipt   string          `json:"receipt_email"`
		Number    string          `json:"number"`
		URL       string          `json:"hosted_invoice_url"`
		NextTry   int64           `json:"next_payment_attempt"`
		Error     *failure        `json:"last_payment_error"`
	}
	if err := json.Unmarshal(e.Data.Object, &o); err != nil {
		return nil, fmt.Errorf("the %s event has another shape than documented", e.Type)
	}
	f := failureFacts{ID: o.ID, At: timeText(e.Created), Customer: idOf(o.Customer), Name: o.Name, Email: o.Email, Number: o.Number, URL: o.URL,
		NextTry: timeText(o.NextTry), Metadata: o.Metadata}
	if f.Email == "" {
		f.Email = o.Receipt
	}
	if o.Error != nil {
		f.Reason, f.Message = o.Error.Code, o.Error.Message
		if o.Error.Decline != "" {
			f.Reason = o.Error.Decline
		}
	}
	value := o.Remaining
	if value == nil {
		value = o.Amount
	}
	if value == nil {
		return nil, fmt.Errorf("the %s event states no amount", e.Type)
	}
	amount, err := major(*value, o.Currency)
	if err != nil {
		return nil, err
	}
	f.Amount, f.Currency = amount.Value.String(), amount.Currency
	return happened(out, kind, about, f)
}

// refundFacts are the data of a refund.
type refundFacts struct {
	ID       string            `json:"id"`
	Amount   string            `json:"amount"`
	Currency string            `json:"currency"`
	At       string            `json:"at"`
	Payment  string            `json:"payment"`
	Status   string            `json:"status"`
	Reason   string            `json:"reason"`
	Metadata map[string]string `json:"metadata,omitempty"`
}

// refund reports money paid back, or that the bank did not take it.
func (e event) refund(out tengi.Event, payment string) ([]tengi.Event, error) {
	var o struct {
		thing
		Amount   int64  `json:"amount"`
		Currency string `json:"currency"`
		Status   string `json:"status"`
		Reason   string `json:"reason"`
		Failure  string `json:"failure_reason"`
	}
	if err := json.Unmarshal(e.Data.Object, &o); err != nil {
		return nil, fmt.Errorf("the %s event has another shape than documented", e.Type)
	}
	amount, err := major(o.Amount, o.Currency)
	if err != nil {
		return nil, err
	}
	f := refundFacts{ID: o.ID, Amount: amount.Value.String(), Currency: amount.Currency, At: timeText(e.Created), Payment: payment, Status: o.Status,
		Reason: o.Reason, Metadata: o.Metadata}
	kind := typeRefund
	if e.Type == "refund.failed" {
		kind, f.Reason = typeRefundFailed, o.Failure
	}
	return happened(out, kind, "refund/"+o.ID, f)
}

// happened is an event that needs nothing to be asked.
func happened(out tengi.Event, kind, about string, facts any) ([]tengi.Event, error) {
	data, err := json.Marshal(facts)
	if err != nil {
		return nil, fmt.Errorf("write the facts of a %s event: %w", kind, err)
	}
	out.Type, out.Object, out.NeedsLoad, out.Data = kind, about, false, data
	return []tengi.Event{out}, nil
}

// timeText is a time of Stripe's as text; empty when there is none.
func timeText(seconds int64) string {
	if seconds <= 0 || seconds > 1<<40 {
		return ""
	}
	return time.Unix(seconds, 0).UTC().Format(time.RFC3339)
}
