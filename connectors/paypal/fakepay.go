package paypal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/shopspring/decimal"
)

// Order is what somebody buys at the stand-in. Zero values make a complete order of an ordinary buyer.
type Order struct {
	Items    []Item // default: two bottles of olive oil and a jar of honey
	Shipping string
	Currency string // default ILS
	First    string // the buyer; default Anna Lind of Sweden
	Last     string
	Email    string
	Country  string
	Invoice  string // the shop's order number
	Charset  string // of the IPN; default UTF-8
	Kind     string // txn_type; default cart
	Pending  string // why it is pending; empty = it is completed
	Old      bool   // a sale of the first version of REST, an instalment of a subscription
}

// Item is one position of an order, the price of one piece as the buyer pays it.
type Item struct {
	Name, SKU, Price string
	Quantity         int64
}

// fakePayment is a payment with what became of it.
type fakePayment struct {
	id       string
	order    Order
	status   string // Completed, Pending, Refunded, Partially_Refunded, Reversed
	gross    decimal.Decimal
	fee      decimal.Decimal
	refunded decimal.Decimal
	made     time.Time
}

// fakeRefund is money given or taken back.
type fakeRefund struct {
	id      string
	payment *fakePayment
	amount  decimal.Decimal
	total   decimal.Decimal // with all refunds before
	made    time.Time
}

// Notice is a request as PayPal would make it.
type Notice struct {
	Header http.Header
	Body   []byte
}

// Happening is something that happened at the stand-in, as either kind of notice tells of it.
type Happening struct {
	ID           string // of the payment, the refund or the case
	IPN, Webhook Notice
}

// next is another number of a transaction. The caller holds the lock.
func (f *Fake) next() string {
	f.last++
	return fmt.Sprintf("4RT81930KX5%05dH", f.last)
}

// Pay takes a payment. Amounts that are none make it fail loudly: orders are written by tests and by the sandbox, which checks them before.
func (f *Fake) Pay(o Order) (Happening, error) {
	o = o.complete()
	f.mu.Lock()
	defer f.mu.Unlock()
	p := &fakePayment{id: f.next(), order: o, status: "Completed", made: f.now().UTC()}
	if o.Pending != "" {
		p.status = "Pending"
	}
	for _, it := range o.Items {
		price, err := amount(it.Price)
		if err != nil || it.Quantity < 1 {
			return Happening{}, fmt.Errorf("item %s: a price and a quantity from 1 are wanted", it.Name)
		}
		p.gross = p.gross.Add(price.Mul(decimal.NewFromInt(it.Quantity)))
	}
	shipping, err := amount(o.Shipping)
	if err != nil {
		return Happening{}, errors.New("shipping is no amount")
	}
	p.gross = p.gross.Add(shipping)
	p.fee = p.gross.Mul(decimal.New(34, -3)).Add(decimal.New(12, -1)).Round(2)
	f.payments[p.id] = p
	f.order = append(f.order, p.id)
	return f.happened(p), nil
}

func (o Order) complete() Order {
	or := func(value *string, otherwise string) {
		if *value == "" {
			*value = otherwise
		}
	}
	if len(o.Items) == 0 {
		o.Items = []Item{{"Olive oil 750 ml", "OIL750", "62.00", 2}, {"Citrus honey & pollen", "HON500", "98.00", 1}}
	}
	or(&o.Currency, "ILS")
	or(&o.First, "Anna")
	or(&o.Last, "Lind")
	or(&o.Email, "anna@example.com")
	or(&o.Country, "SE")
	or(&o.Charset, "UTF-8")
	or(&o.Kind, "cart")
	return o
}

// happened tells of a payment as it stands.
func (f *Fake) happened(p *fakePayment) Happening {
	return Happening{ID: p.id, IPN: f.send(p.message()), Webhook: f.webhook(p.eventType(p.webhookWord()), f.document(p))}
}

// Complete finishes a payment that is pending.
func (f *Fake) Complete(payment string) (Happening, error) {
	return f.change(payment, func(p *fakePayment) Happening {
		p.status = "Completed"
		return f.happened(p)
	})
}

// Deny ends a payment that is pending.
func (f *Fake) Deny(payment string) (Happening, error) {
	return f.change(payment, func(p *fakePayment) Happening {
		p.status = "Denied"
		return f.happened(p)
	})
}

// Refund gives money back; an empty amount is all that is left.
func (f *Fake) Refund(payment, much string) (Happening, error) {
	value, err := amount(much)
	if err != nil {
		return Happening{}, err
	}
	return f.change(payment, func(p *fakePayment) Happening {
		if much == "" || value.GreaterThan(p.gross.Sub(p.refunded)) {
			value = p.gross.Sub(p.refunded)
		}
		p.refunded = p.refunded.Add(value)
		p.status = "Partially_Refunded"
		if p.refunded.Equal(p.gross) {
			p.status = "Refunded"
		}
		r := &fakeRefund{id: f.next(), payment: p, amount: value, total: p.refunded, made: f.now().UTC()}
		f.refunds[r.id] = r
		document, _ := f.refund(r.id)
		if p.order.Old {
			document, _ = f.oldRefund(r.id)
		}
		return Happening{ID: r.id, IPN: f.send(r.message("Refunded", "refund")), Webhook: f.webhook(p.eventType("REFUNDED"), document)}
	})
}

// TakeBack reverses a payment because of a chargeback.
func (f *Fake) TakeBack(payment string) (Happening, error) { return f.reverse(payment, "Reversed") }

// GiveBack cancels a reversal, by IPN alone.
func (f *Fake) GiveBack(payment string) (Happening, error) {
	return f.reverse(payment, "Canceled_Reversal")
}

func (f *Fake) reverse(payment, status string) (Happening, error) {
	return f.change(payment, func(p *fakePayment) Happening {
		r := &fakeRefund{id: f.next(), payment: p, amount: p.gross.Sub(p.refunded), total: p.gross, made: f.now().UTC()}
		document := map[string]any{"id": r.id, "status": "COMPLETED", "amount": money2(r.amount, p.order.Currency), "links": []map[string]string{
			{"rel": "up", "href": "https://api.paypal.com/v2/payments/captures/" + p.id, "method": http.MethodGet},
		}}
		return Happening{ID: r.id, IPN: f.send(r.message(status, "chargeback")), Webhook: f.webhook(p.eventType("REVERSED"), document)}
	})
}

// Dispute opens a case about a payment.
func (f *Fake) Dispute(payment string) (Happening, error) {
	return f.change(payment, func(p *fakePayment) Happening {
		f.last++
		id := fmt.Sprintf("PP-R-FJO-%06d", f.last)
		document := map[string]any{
			"dispute_id": id, "create_time": stamp(f.now()), "update_time": stamp(f.now()), "reason": "MERCHANDISE_OR_SERVICE_NOT_RECEIVED", "status": "OPEN",
			"dispute_life_cycle_stage": "INQUIRY", "dispute_amount": money2(p.gross, p.order.Currency),
			"disputed_transactions": []map[string]any{{"seller_transaction_id": p.id, "invoice_number": p.order.Invoice,
				"buyer": map[string]string{"name": p.order.First + " " + p.order.Last}, "seller": map[string]string{"merchant_id": fakeMerchant}}},
		}
		f.disputes = append(f.disputes, document)
		return Happening{ID: id, IPN: f.send(p.caseMessage(id, f.now())), Webhook: f.webhook("CUSTOMER.DISPUTE.CREATED", document)}
	})
}

func (f *Fake) change(payment string, do func(*fakePayment) Happening) (Happening, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	p := f.payments[payment]
	if p == nil {
		return Happening{}, fmt.Errorf("there is no payment %s", payment)
	}
	return do(p), nil
}

// noticeTimeout is how long the stand-in waits for an answer.
const noticeTimeout = 30 * time.Second

// Fire sends notices to an address, one after the other. It follows no redirects; what is not answered as PayPal wants it, an IPN by 200 and a
// webhook by any 2xx, is an error.
func (f *Fake) Fire(ctx context.Context, address string, notices ...Notice) error {
	client := &http.Client{Timeout: noticeTimeout, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	for i, n := range notices {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(n.Body))
		if err != nil {
			return errors.New("the address cannot be used")
		}
		req.Header = n.Header.Clone()
		resp, err := client.Do(req)
		if err != nil {
			if failure, ok := errors.AsType[*url.Error](err); ok {
				err = failure.Err // without the address: it is a secret
			}
			return fmt.Errorf("notice %d of %d: %w", i+1, len(notices), err)
		}
		_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 1<<16))
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			return fmt.Errorf("notice %d of %d: answered %d", i+1, len(notices), resp.StatusCode)
		}
	}
	return nil
}
