package stripe

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stripe/stripe-go/v85/webhook"
)

// What customers do, so that a test or the sandbox can have it happen.

// FakeLine is a line of a checkout.
type FakeLine struct {
	Text     string
	Quantity int64
	Gross    int64 // of the line in the smallest unit that Stripe counts, VAT included
	VAT      int   // per cent: 24, 11 or 0
}

// FakeCheckout is what somebody buys through Checkout or a payment link.
type FakeCheckout struct {
	Name, Email, Currency, Reference string
	Lines                            []FakeLine
	Later                            bool // paid by a bank that takes its time: completed now, paid with [Fake.Arrive]
}

// Sell completes a checkout and gives its id.
func (f *Fake) Sell(sold FakeCheckout) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var sum int64
	lines := []obj{}
	for _, l := range sold.Lines {
		taxes, vat := []obj{}, int64(0)
		if l.VAT != 0 {
			vat = decimal.NewFromInt(l.Gross).Mul(decimal.NewFromInt(int64(l.VAT))).DivRound(decimal.NewFromInt(int64(100+l.VAT)), 0).IntPart()
			taxes = append(taxes, obj{"amount": vat, "taxable_amount": l.Gross - vat, "rate": obj{"id": "txr_x", "object": "tax_rate", "percentage": l.VAT, "inclusive": true}})
		}
		lines = append(lines, f.add("items", obj{"description": l.Text, "quantity": l.Quantity, "amount_subtotal": l.Gross, "amount_total": l.Gross,
			"amount_tax": vat, "amount_discount": int64(0), "currency": sold.Currency, "taxes": taxes}))
		sum += l.Gross
	}
	intent := f.add("payments", obj{"amount": sum, "currency": sold.Currency, "status": "processing", "latest_charge": nil})
	status := "unpaid"
	if !sold.Later {
		status = statusPaid
		f.charge(intent)
	}
	s := f.add("checkout/sessions", obj{
		"mode": "payment", "status": "complete", "payment_status": status, "currency": sold.Currency, "amount_total": sum, "amount_subtotal": sum,
		"client_reference_id": orNull(sold.Reference), "customer": nil, "payment_link": nil, "locale": "auto", "shipping_cost": nil, "payment_intent": intent["id"],
		"customer_details": obj{"name": sold.Name, "email": sold.Email, "phone": nil, "address": obj{"country": "IS", "city": nil}, "tax_ids": []obj{}}, "_lines": lines,
	})
	f.happen("checkout.session.completed", s)
	return textIn(s, "id")
}

// charge takes the money of a payment.
func (f *Fake) charge(intent obj) {
	intent["status"] = "succeeded"
	intent["latest_charge"] = obj{
		"id": strings.Replace(textIn(intent, "id"), "pi_", "ch_", 1), "object": "charge", "created": f.now().Unix(), "amount": intent["amount"], "currency": intent["currency"],
		"refunded": false, "amount_refunded": int64(0), "payment_intent": intent["id"], "payment_method_details": obj{"type": "card"},
	}
}

// Arrive has the money of a checkout arrive that was completed with Later.
func (f *Fake) Arrive(checkout string) error {
	return f.withSession(checkout, func(s, intent obj) {
		s["payment_status"] = statusPaid
		f.charge(intent)
		f.happen("checkout.session.async_payment_succeeded", s)
	})
}

// Refund pays back a part of a checkout, or all of it.
func (f *Fake) Refund(checkout string, amount int64) error {
	return f.withSession(checkout, func(_, intent obj) {
		charge, _ := intent["latest_charge"].(obj)
		charge["amount_refunded"] = numberIn(charge, "amount_refunded") + amount
		charge["refunded"] = charge["amount_refunded"] == intent["amount"]
		f.happen("refund.created", f.add("refunds", obj{"amount": amount, "currency": intent["currency"], "charge": charge["id"], "payment_intent": intent["id"],
			"reason": "requested_by_customer", "status": "succeeded"}))
		f.happen("charge.refunded", charge)
	})
}

func (f *Fake) withSession(checkout string, do func(session, intent obj)) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := f.books["checkout/sessions"].all[checkout]
	if s == nil {
		return fmt.Errorf("no checkout %s", checkout)
	}
	do(s, f.books["payments"].all[textIn(s, "payment_intent")])
	return nil
}

// Pay has the customer pay an invoice on its page.
func (f *Fake) Pay(invoice string) error {
	return f.withInvoice(invoice, func(inv obj) { f.settle(inv) })
}

// Decline has the customer's bank refuse the payment of an invoice.
func (f *Fake) Decline(invoice string) error {
	return f.withInvoice(invoice, func(inv obj) {
		f.happen("invoice.payment_failed", inv)
		f.happen("payment_intent.payment_failed", f.add("payments", obj{
			"amount": inv["total"], "currency": inv["currency"], "customer": inv["customer"], "receipt_email": nil, "status": "requires_payment_method",
			"last_payment_error": obj{"type": "card_error", "code": "card_declined", "decline_code": "insufficient_funds", "message": "Your card has insufficient funds."},
		}))
	})
}

func (f *Fake) withInvoice(id string, do func(obj)) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	inv := f.books["invoices"].all[id]
	if inv == nil || inv["status"] != statusOpen {
		return fmt.Errorf("no open invoice %s", id)
	}
	do(inv)
	return nil
}

// happen records an event, with the object as it is now.
func (f *Fake) happen(kind string, about obj) {
	object := about
	for path, b := range f.books {
		if b.kind == about["object"] {
			object = f.shown(path, about)
		}
	}
	if intent, ok := object["payment_intent"].(obj); ok {
		object["payment_intent"] = intent["id"] // in an event nothing is expanded
	}
	f.add("events", obj{"type": kind, "api_version": "2020-08-27", "pending_webhooks": 1, "data": obj{"object": clone(object)}, "request": obj{"id": nil, "idempotency_key": nil}})
}

// Notice is a request as Stripe would make it to a webhook's address.
type Notice struct {
	Header http.Header
	Body   []byte
}

// Notices are the notices of all events so far of the given types, or of all types, oldest first, signed now.
func (f *Fake) Notices(types ...string) []Notice {
	f.mu.Lock()
	defer f.mu.Unlock()
	var notices []Notice
	for _, e := range f.rows("events", func(obj) bool { return true }) {
		for _, kind := range append(types, "") {
			if kind == e["type"] || kind == "" && len(types) == 0 {
				notices = append([]Notice{signNotice(encodeObj(e), f.now())}, notices...)
			}
		}
	}
	return notices
}

// signNotice signs a notice as Stripe does, with a signature of the old scheme beside it.
func signNotice(body []byte, at time.Time) Notice {
	header := http.Header{"Content-Type": {"application/json; charset=utf-8"}}
	header.Set("Stripe-Signature", fmt.Sprintf("t=%d,v1=%x,v0=%064x", at.Unix(), webhook.ComputeSignature(at, body, fakeSecret), 0))
	return Notice{Header: header, Body: body}
}

// noticeTimeout is how long Stripe waits for a webhook's answer.
const noticeTimeout = 10 * time.Second

// Fire sends notices to a webhook's address, one after the other. It follows no redirects, and whatever is not answered with 2xx is an error.
func (f *Fake) Fire(ctx context.Context, address string, notices ...Notice) error {
	client := &http.Client{Timeout: noticeTimeout, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	var failed []error
	for i, n := range notices {
		if err := n.send(ctx, client, address); err != nil {
			failed = append(failed, fmt.Errorf("notice %d of %d: %w", i+1, len(notices), err))
		}
	}
	return errors.Join(failed...)
}

func (n Notice) send(ctx context.Context, client *http.Client, address string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(n.Body))
	if err != nil {
		return errors.New("the webhook's address cannot be used")
	}
	req.Header = n.Header.Clone()
	resp, err := client.Do(req)
	if err != nil {
		if failure, ok := errors.AsType[*url.Error](err); ok {
			return failure.Err // without the address: it is a secret
		}
		return errors.New("the notice could not be sent")
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 1<<16))
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return fmt.Errorf("answered %d", resp.StatusCode)
	}
	return nil
}

// Discount takes so many per cent off everything that a customer is invoiced from now on, as a coupon of theirs does.
func (f *Fake) Discount(customer string, percent int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.discounts[customer] = percent
}

// AddItem lets an item wait at a customer that somebody added by hand.
func (f *Fake) AddItem(customer, currency string, amount int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.add("invoiceitems", obj{"customer": customer, "currency": currency, "amount": amount, "description": "by hand", "invoice": nil})
}

// AddCustomer adds a customer that somebody made by hand, and gives their id.
func (f *Fake) AddCustomer(name, email string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return textIn(f.add("customers", obj{"name": name, "email": email}), "id")
}

// Finalise makes a draft final, as a person does in the dashboard.
func (f *Fake) Finalise(invoice string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	inv := f.books["invoices"].all[invoice]
	if inv == nil || inv["status"] != statusDraft {
		return fmt.Errorf("no draft %s", invoice)
	}
	if err := f.finalise(inv); err != nil {
		return errors.New(err.message)
	}
	return nil
}
