package paypal

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/money"
)

// cash is an amount as REST writes it: value and currency_code in the second version of the interface, total or value and currency in the first
// (https://developer.paypal.com/docs/api/payments/v2/, https://developer.paypal.com/docs/api/payments/v1/).
type cash struct {
	Value       string `json:"value"`
	Total       string `json:"total"`
	Code        string `json:"currency_code"`
	OldCurrency string `json:"currency"`
}

func (a cash) text() string {
	if a.Value != "" {
		return a.Value
	}
	return a.Total
}

func (a cash) currency() string {
	if a.Code != "" {
		return strings.ToUpper(a.Code)
	}
	return strings.ToUpper(a.OldCurrency)
}

// in is the amount in the currency of its payment; nothing when it is not stated.
func (a cash) in(currency string) (decimal.Decimal, error) {
	value, err := amount(a.text())
	if err != nil || (a.text() != "" && a.currency() != currency) {
		return decimal.Decimal{}, errAmount
	}
	return value, nil
}

// link is a reference to something else, beside what it belongs to.
type link struct {
	Rel  string `json:"rel"`
	Href string `json:"href"`
}

// restPayment is a capture (v2) or a sale (v1), which is what the first version of the interface calls one.
type restPayment struct {
	ID         string `json:"id"`
	Status     string `json:"status"`
	State      string `json:"state"` // v1
	Amount     cash   `json:"amount"`
	Invoice    string `json:"invoice_id"`
	OldInvoice string `json:"invoice_number"`
	Custom     string `json:"custom_id"`
	OldCustom  string `json:"custom"`
	Created    string `json:"create_time"`
	Reason     string `json:"reason_code"` // v1
	Details    struct {
		Reason string `json:"reason"`
	} `json:"status_details"`
	Breakdown struct {
		Fee cash `json:"paypal_fee"`
	} `json:"seller_receivable_breakdown"`
	OldFee cash `json:"transaction_fee"`
	Payee  struct {
		MerchantID string `json:"merchant_id"`
	} `json:"payee"`
	Supplement struct {
		Related struct {
			Order string `json:"order_id"`
		} `json:"related_ids"`
	} `json:"supplementary_data"`
	Subscription string `json:"billing_agreement_id"`
	Parent       string `json:"parent_payment"`
}

// restRefund is a refund or a reversal.
type restRefund struct {
	ID        string `json:"id"`
	Sale      string `json:"sale_id"` // v1
	Status    string `json:"status"`
	Amount    cash   `json:"amount"`
	Invoice   string `json:"invoice_id"`
	Custom    string `json:"custom_id"`
	Links     []link `json:"links"`
	Breakdown struct {
		Total cash `json:"total_refunded_amount"`
	} `json:"seller_payable_breakdown"`
	OldTotal cash `json:"total_refunded_amount"`
}

// payment is the number of the payment that a refund belongs to: v1 names it, v2 links to it. A reversal may come as the payment itself.
func (r *restRefund) payment() string {
	if r.Sale != "" {
		return clean(r.Sale)
	}
	for _, l := range r.Links {
		if u, err := url.Parse(l.Href); err == nil && l.Rel == "up" && strings.Contains(u.Path, "/captures/") {
			return clean(path.Base(u.Path))
		}
	}
	return clean(r.ID)
}

// source is the payment to read, and the refund on whose account.
type source struct {
	kind   string // capture or sale
	id     string
	refund string // empty: it was not refunded, as far as the notice knows
}

// loadWebhook verifies a webhook and reads what it points at. Nothing but ids is taken from it, save for a dispute, which is only told.
func loadWebhook(ctx context.Context, c *connector.Client, event tengi.Event) (connector.Loaded, error) {
	e, err := readEnvelope(event.Raw.Body)
	if err != nil {
		return connector.Loaded{}, connector.Refusal(connector.CodeUnreadable, "", err.Error())
	}
	if err := verifyWebhook(ctx, c, event); err != nil {
		return connector.Loaded{}, err
	}
	if strings.HasPrefix(event.Type, "dispute.") {
		return loadDispute(c, e)
	}
	var r restRefund
	if json.Unmarshal(e.Resource, &r) != nil {
		return connector.Loaded{}, unreadable("the payment")
	}
	of, what := splitType(e.Type)
	from := source{kind: "capture", id: clean(r.ID)}
	if of == "PAYMENT.SALE" {
		from.kind = "sale"
	}
	switch what {
	case "REVERSED":
		return connector.Loaded{}, takenBack(ascii(r.payment()), strings.TrimSpace(ascii(r.Amount.text())+" "+ascii(r.Amount.currency())), "dispute")
	case "REFUNDED":
		from.id, from.refund = r.payment(), clean(r.ID)
		if from.id == from.refund {
			return connector.Loaded{}, unreadable("the number of the payment that was refunded")
		}
	}
	loaded, err := loadPayment(ctx, c, event, from)
	if e := connector.AsError(err); missing(err) && c.Now().Sub(event.ReceivedAt) < refundWithin {
		e.Kind, e.RetryAfter, e.Message = connector.Temporary, lookAgain, e.Message+" yet; looking again"
		return connector.Loaded{}, e
	}
	return loaded, err
}

// Payments and refunds show in PayPal's answers a moment after they are reported. So long is one waited for.
const (
	refundWithin = 10 * time.Minute
	lookAgain    = 30 * time.Second
)

// loadPayment reads a payment as it stands now.
func loadPayment(ctx context.Context, c *connector.Client, event tengi.Event, from source) (connector.Loaded, error) {
	if !transaction.MatchString(from.id) || from.refund != "" && !transaction.MatchString(from.refund) {
		return connector.Loaded{}, unreadable("the transaction number")
	}
	address := "/v2/payments/captures/"
	if from.kind == "sale" {
		address = "/v1/payments/sale/"
	}
	var r restPayment
	if err := c.Get(ctx, address+from.id, nil, &r); err != nil {
		return connector.Loaded{}, fmt.Errorf("read payment %s: %w", from.id, err)
	}
	if r.ID != from.id {
		return connector.Loaded{}, &connector.Error{Kind: connector.Temporary, Code: connector.CodeBadAnswer, Message: "PayPal's answer is not the payment that was asked for"}
	}
	if id := r.Payee.MerchantID; id != "" {
		if err := otherReceiver(strings.EqualFold(id, strings.TrimSpace(c.Settings.Text("merchant_id")))); err != nil {
			return connector.Loaded{}, err
		}
	}
	p, err := r.read(event, from)
	if err != nil {
		return connector.Loaded{}, err
	}
	switch status := strings.ToLower(p.Status); {
	case status == "refunded":
		p.state, p.refunded = typeRefunded, p.gross
	case from.refund != "" && status == "partially_refunded":
		if err := p.readRefund(ctx, c, from); err != nil {
			return connector.Loaded{}, err
		}
	case from.refund != "":
		return connector.Loaded{}, p.notShown(c, event)
	case status == "completed", status == "partially_refunded": // the refund has a notice of its own
		p.state = typeCompleted
	case status == "pending":
		p.state = typePending
	case status == "declined", status == "denied", status == "failed":
		p.state = typeFailed
	default:
		return connector.Loaded{}, connector.Refusal(codeStatus, "", fmt.Sprintf("PayPal reports a status of payment %s that Tengi does not know: %q", p.ID, word(p.Status)))
	}
	if err := p.describe(ctx, c, &r); err != nil {
		return connector.Loaded{}, err
	}
	return p.event(c)
}

// read takes over what PayPal says of the payment itself.
func (r *restPayment) read(event tengi.Event, from source) (*payment, error) {
	p := &payment{currency: r.Amount.currency()}
	p.facts = facts{ID: r.ID, RefundID: from.refund, Status: clean(r.Status + r.State), Kind: from.kind, Invoice: clean(r.Invoice), Custom: clean(r.Custom),
		PendingReason: strings.ToLower(clean(r.Details.Reason + r.Reason)), Via: "webhook"}
	if p.Invoice == "" {
		p.Invoice = clean(r.OldInvoice)
	}
	if p.Custom == "" {
		p.Custom = clean(r.OldCustom)
	}
	var err error
	if p.gross, err = r.Amount.in(p.currency); err != nil || !p.gross.IsPositive() {
		return nil, unreadable("the amount")
	}
	fee := r.Breakdown.Fee
	if fee.text() == "" {
		fee = r.OldFee
	}
	if p.fee, err = fee.in(p.currency); err != nil { // charged in another currency: it cannot be set against the payment
		p.doubt("the fee is in another currency and was left out")
	}
	if p.at, err = time.Parse(time.RFC3339, r.Created); err != nil {
		p.at = event.ReceivedAt
		p.doubt("the date of the payment could not be read, so the message's arrival counts")
	}
	return p, nil
}

// readRefund finds how much of the payment was refunded in all, up to and with this refund.
func (p *payment) readRefund(ctx context.Context, c *connector.Client, from source) error {
	address := "/v2/payments/refunds/"
	if from.kind == "sale" {
		address = "/v1/payments/refund/"
	}
	var r restRefund
	if err := c.Get(ctx, address+from.refund, nil, &r); err != nil {
		return fmt.Errorf("read refund %s: %w", from.refund, err)
	}
	total := r.Breakdown.Total
	if total.text() == "" {
		total = r.OldTotal
	}
	var err error
	if p.refunded, err = total.in(p.currency); err != nil || !p.refunded.IsPositive() {
		return connector.Refusal(codeRefund, "", fmt.Sprintf(
			"part of payment %s was refunded, and PayPal does not say how much in all: look at it in PayPal and credit that part by hand", p.ID))
	}
	if _, err := money.New(p.refunded, p.currency).Minor(); err != nil {
		return unreadable("the amount refunded")
	}
	p.state = typeRefunded
	return nil
}

// notShown is for the clock at first: a refund is reported before it can be read.
func (p *payment) notShown(c *connector.Client, event tengi.Event) error {
	message := "PayPal reports a refund of payment " + p.ID + " and does not show it on the payment"
	if age := c.Now().Sub(event.ReceivedAt); !event.ReceivedAt.IsZero() && age < refundWithin {
		return &connector.Error{Kind: connector.Temporary, Code: codeRefund, Message: message + " yet; looking again", RetryAfter: lookAgain}
	}
	return connector.Refusal(codeRefund, "", message+": look whether the refund came about, then try again or credit it by hand")
}

// missing says whether PayPal does not know something, or does not show it to this app.
func missing(err error) bool {
	if err == nil {
		return false
	}
	status := connector.AsError(err).Status
	return status == http.StatusNotFound || status == http.StatusForbidden
}
