package paypal

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

func stamp(at time.Time) string { return at.UTC().Format(time.RFC3339) }

// money2 is an amount of the second version of REST, money1 of the first.
func money2(value decimal.Decimal, currency string) map[string]string {
	return map[string]string{"currency_code": currency, "value": value.StringFixed(decimals(currency))}
}

func money1(value decimal.Decimal, currency string) map[string]string {
	return map[string]string{"currency": currency, "total": value.StringFixed(decimals(currency))}
}

// shown is the payment as REST shows it now. The caller holds the lock, here and below.
func (f *Fake) shown(p *fakePayment) string {
	if f.lag && !p.refunded.IsZero() {
		return "COMPLETED"
	}
	return strings.ToUpper(p.status)
}

// webhookWord is the last word of the type of the event that tells of the payment.
func (p *fakePayment) webhookWord() string { return strings.ToUpper(p.status) }

func (p *fakePayment) eventType(word string) string {
	if p.order.Old {
		return "PAYMENT.SALE." + word
	}
	return "PAYMENT.CAPTURE." + word
}

func (f *Fake) document(p *fakePayment) map[string]any {
	if p.order.Old {
		document, _ := f.oldSale(p.id)
		return document
	}
	document, _ := f.capture(p.id)
	return document
}

// capture is a payment of the second version, with neither buyer nor items.
func (f *Fake) capture(id string) (map[string]any, bool) {
	p := f.payments[id]
	if p == nil || p.order.Old {
		return nil, false
	}
	document := map[string]any{
		"id": p.id, "status": f.shown(p), "amount": money2(p.gross, p.order.Currency), "final_capture": true, "create_time": stamp(p.made), "update_time": stamp(p.made),
		"payee":              map[string]string{"email_address": fakeEmail, "merchant_id": fakeMerchant},
		"supplementary_data": map[string]any{"related_ids": map[string]string{"order_id": "ORDER" + p.id}},
		"links":              []map[string]string{{"rel": "self", "href": "https://api.paypal.com/v2/payments/captures/" + p.id, "method": http.MethodGet}},
	}
	if p.order.Invoice != "" {
		document["invoice_id"] = p.order.Invoice
	}
	if p.status == "Pending" {
		document["status_details"] = map[string]string{"reason": strings.ToUpper(p.order.Pending)}
	} else {
		document["seller_receivable_breakdown"] = map[string]any{"gross_amount": money2(p.gross, p.order.Currency), "paypal_fee": money2(p.fee, p.order.Currency)}
	}
	return document, true
}

func (f *Fake) refund(id string) (map[string]any, bool) {
	r := f.refunds[id]
	if r == nil || r.payment.order.Old {
		return nil, false
	}
	currency := r.payment.order.Currency
	return map[string]any{
		"id": r.id, "status": "COMPLETED", "amount": money2(r.amount, currency), "create_time": stamp(r.made),
		"seller_payable_breakdown": map[string]any{"gross_amount": money2(r.amount, currency), "total_refunded_amount": money2(r.total, currency)},
		"links": []map[string]string{
			{"rel": "self", "href": "https://api.paypal.com/v2/payments/refunds/" + r.id, "method": http.MethodGet},
			{"rel": "up", "href": "https://api.paypal.com/v2/payments/captures/" + r.payment.id, "method": http.MethodGet},
		},
	}, true
}

// orderOf is the order that a capture belongs to.
func (f *Fake) orderOf(id string) (map[string]any, bool) {
	p := f.payments[strings.TrimPrefix(id, "ORDER")]
	if p == nil || !strings.HasPrefix(id, "ORDER") {
		return nil, false
	}
	o := p.order
	items := make([]map[string]any, len(o.Items))
	var sum decimal.Decimal
	for i, it := range o.Items {
		price, _ := amount(it.Price) // it was checked when it was paid
		sum = sum.Add(price.Mul(decimal.NewFromInt(it.Quantity)))
		items[i] = map[string]any{"name": it.Name, "sku": it.SKU, "quantity": strconv.FormatInt(it.Quantity, 10), "unit_amount": money2(price, o.Currency)}
	}
	total := map[string]any{"currency_code": o.Currency, "value": p.gross.StringFixed(decimals(o.Currency)),
		"breakdown": map[string]any{"item_total": money2(sum, o.Currency), "shipping": money2(p.gross.Sub(sum), o.Currency)}}
	name := map[string]string{"given_name": o.First, "surname": o.Last}
	return map[string]any{
		"id": id, "status": "COMPLETED", "intent": "CAPTURE",
		"payer": map[string]any{"name": name, "email_address": o.Email, "payer_id": "K7QF2XJ9T4LWA", "address": map[string]string{"country_code": o.Country}},
		"purchase_units": []map[string]any{{
			"reference_id": "default", "amount": total, "items": items,
			"shipping": map[string]any{"name": map[string]string{"full_name": o.First + " " + o.Last}, "address": map[string]string{
				"address_line_1": "Skeppargatan 12", "admin_area_2": "Stockholm", "postal_code": "11452", "country_code": o.Country}},
			"payments": map[string]any{"captures": []map[string]string{{"id": p.id}}},
		}},
	}, true
}

// oldSale is a payment of the first version, an instalment of a subscription.
func (f *Fake) oldSale(id string) (map[string]any, bool) {
	p := f.payments[id]
	if p == nil || !p.order.Old {
		return nil, false
	}
	return map[string]any{
		"id": p.id, "state": strings.ToLower(f.shown(p)), "amount": money1(p.gross, p.order.Currency), "billing_agreement_id": "I-BW452GLLEP1G", "create_time": stamp(p.made),
		"transaction_fee": map[string]string{"currency": p.order.Currency, "value": p.fee.StringFixed(decimals(p.order.Currency))}, "invoice_number": p.order.Invoice,
	}, true
}

func (f *Fake) oldRefund(id string) (map[string]any, bool) {
	r := f.refunds[id]
	if r == nil || !r.payment.order.Old {
		return nil, false
	}
	total := map[string]string{"currency": r.payment.order.Currency, "value": r.total.StringFixed(decimals(r.payment.order.Currency))}
	return map[string]any{"id": r.id, "sale_id": r.payment.id, "state": "completed", "amount": money1(r.amount, r.payment.order.Currency), "total_refunded_amount": total}, true
}

func (f *Fake) subscription(id string) (map[string]any, bool) {
	for _, p := range f.payments {
		if p.order.Old && id == "I-BW452GLLEP1G" {
			return map[string]any{"id": id, "status": "ACTIVE", "plan_id": "P-5ML4271244454362WXNWU5NQ", "subscriber": map[string]any{
				"name": map[string]string{"given_name": p.order.First, "surname": p.order.Last}, "email_address": p.order.Email, "payer_id": "K7QF2XJ9T4LWA",
				"shipping_address": map[string]any{"address": map[string]string{"address_line_1": "Skeppargatan 12", "admin_area_2": "Stockholm", "postal_code": "11452", "country_code": p.order.Country}},
			}}, true
		}
	}
	return nil, false
}

// oldPayment is what the first version knows of a payment that is no instalment.
func (f *Fake) oldPayment(id string) (map[string]any, bool) {
	return map[string]any{"id": id, "payer": map[string]any{"payer_info": map[string]string{"email": "anna@example.com", "first_name": "Anna", "last_name": "Lind", "country_code": "SE"}},
		"transactions": []map[string]string{{"description": "Glacier walk"}}}, id == "PAY-7F371669SL612941H"
}

// webhook writes a webhook and remembers it: it will be asked whether it sent it.
func (f *Fake) webhook(kind string, resource map[string]any) Notice {
	f.last++
	// Blanks after colons, and an escape that nobody need write: what is not kept byte for byte will not be confirmed.
	inner, err := json.Marshal(resource)
	if err != nil {
		panic("paypal stand-in: a webhook cannot be written: " + err.Error()) // maps of texts always encode
	}
	body := fmt.Sprintf(`{"id": "WH-%d", "event_version": "1.0", "create_time": %q, "resource_type": "payment", "event_type": %q, "summary": "\u0050ayment", "resource": %s}`,
		f.last, stamp(f.now()), kind, inner)
	header := map[string]string{
		headerID: fmt.Sprintf("103e3700-8b0c-11f0-8695-%012d", f.last), headerTime: stamp(f.now()), headerSig: fmt.Sprintf("c2lnbmF0dXJl%08d==", f.last),
		headerCert: "https://api.paypal.com/v1/notifications/certs/CERT-360caa42-fca2a594-a5cafa77", headerAlgo: "SHA256withRSA",
	}
	f.sent[header[headerID]] = transmission{header: header, body: body}
	n := Notice{Header: http.Header{"Content-Type": {"application/json"}}, Body: []byte(body)}
	for name, value := range header {
		n.Header.Set(name, value)
	}
	return n
}
