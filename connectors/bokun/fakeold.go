package bokun

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/shopspring/decimal"
)

// point is a decimal as v1 writes numbers: always with a point, as if it were a float.
type point struct{ decimal.Decimal }

// MarshalJSON never fails.
func (p point) MarshalJSON() ([]byte, error) {
	text := p.String()
	if !strings.Contains(text, ".") {
		text += ".0"
	}
	return []byte(text), nil
}

type object = map[string]any

// render makes the booking's books and prepares the answers that reading it gives: each is written once, when it is first asked for.
func (b *fakeBooking) render() {
	b.reckoned = b.reckon()
	b.old = sync.OnceValue(func() []byte { return encode(b.oldBooking()) })
	b.newActive = sync.OnceValue(func() []byte { return encode(b.newInvoices(false)) })
	b.newAll = sync.OnceValue(func() []byte { return encode(b.newInvoices(true)) })
}

// encode cannot fail: everything the stand-in writes is made of texts, numbers and lists of them.
func encode(value any) []byte {
	raw, err := json.Marshal(value)
	if err != nil {
		panic(fmt.Sprintf("stand-in: %v", err))
	}
	return raw
}

func nullable(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func (b *fakeBooking) cash(d decimal.Decimal) object {
	return object{"amount": point{d}, "currency": b.order.Currency}
}

func ours() object {
	return object{"id": fakeVendor, "title": "Fjörður Tours ehf", "currencyCode": "ISK", "countryCode": "IS", "invoiceIdNumber": "6503210990"}
}

func (p *Partner) vendor() object {
	return object{"id": p.ID, "title": p.Title, "currencyCode": "ISK", "countryCode": "IS", "emailAddress": nullable(p.Email), "invoiceIdNumber": p.TaxID}
}

func (b *fakeBooking) seller() object {
	if b.order.Reseller != nil {
		return b.order.Reseller.vendor()
	}
	return ours()
}

// oldBooking is v1's booking.
func (b *fakeBooking) oldBooking() object {
	o, bill := b.order, b.bill()
	activities := make([]object, len(b.items))
	for i := range b.items {
		activities[i] = b.oldItem(&b.items[i])
	}
	payments := b.oldPayments()
	paid := decimal.Decimal{}
	if len(payments) > 0 && !b.refunded {
		paid = bill.total
	}
	booking := object{
		"bookingId": b.id, "confirmationCode": b.code, "externalBookingReference": nullable(o.ExternalReference), "status": b.status,
		"creationDate": b.made.UnixMilli(), "language": o.Language, "currency": o.Currency, "totalPrice": point{bill.total},
		"totalPaid": point{paid}, "totalDue": point{bill.total.Sub(paid)}, "totalPriceConverted": point{bill.total}, "paymentType": o.PaymentType,
		"customer": o.Guest.object(), "seller": b.seller(), "agent": nil, "affiliate": nil,
		"bookingChannel":   object{"id": 7092, "uuid": "9d1c0000-0000-4000-8000-000000000001", "title": o.Channel, "type": nullable(o.ChannelType), "backend": false},
		"customerPayments": payments, "activityBookings": activities,
		"accommodationBookings": []object{}, "carRentalBookings": []object{}, "routeBookings": []object{}, "giftCardBookings": []object{},
	}
	if o.Reseller == nil { // a supplier is not shown the customer's invoice
		booking["invoice"] = b.oldInvoice()
	}
	if o.Agent != nil {
		booking["agent"] = object{"id": o.Agent.ID, "title": o.Agent.Title, "idNumber": o.Agent.TaxID, "email": nullable(o.Agent.Email), "linkedExternalCustomers": []object{}}
	}
	if o.Promo != "" {
		booking["promoCode"] = object{"id": 311, "code": o.Promo, "description": o.Promo}
	}
	if o.GiftCard {
		booking["giftCardBookings"] = []object{{"id": 1, "title": "Gift card"}}
	}
	return booking
}

func (g Guest) object() object {
	if g.Hidden {
		g = Guest{Hidden: true}
	}
	return object{
		"id": 5501, "uuid": "0b5e0000-0000-4000-8000-000000000001", "firstName": nullable(g.FirstName), "lastName": nullable(g.LastName),
		"email": nullable(g.Email), "phoneNumber": nullable(g.Phone), "personalIdNumber": nullable(g.PersonalID), "organization": nil,
		"language": nullable(g.Language), "nationality": nullable(g.Country), "address": nil, "postCode": nil, "place": nil,
		"country": nullable(g.Country), "contactDetailsHidden": g.Hidden, "contactDetailsHiddenUntil": nil,
	}
}

// oldItem is v1's product booking.
func (b *fakeBooking) oldItem(it *fakeItem) object {
	starts, _ := time.Parse("2006-01-02 15:04", it.order.Date+" "+it.order.Time)
	var people int64
	for _, price := range it.order.Prices {
		people += price.Quantity
	}
	role := "SELLER" // ours, as the one who asks
	if b.order.Reseller != nil {
		role = "SUPPLIER"
	}
	alone := fakeBill{exp: 2} // what the item costs, also when it is cancelled
	for _, price := range it.order.Prices {
		alone.add(it, price, decimal.Decimal{})
	}
	item := object{
		"totalPrice": point{alone.list}, "priceWithDiscount": point{alone.net},
		"bookingId": it.id, "parentBookingId": b.id, "confirmationCode": b.code, "productConfirmationCode": it.code, "status": it.status,
		"title": it.order.Title, "productCategory": "ACTIVITIES", "startTime": it.order.Time, "dateString": starts.Format("Mon 2.Jan 2006"),
		"startDateTime": starts.UnixMilli(), "endDateTime": starts.Add(3 * time.Hour).UnixMilli(), "rateTitle": "Standard", "productId": 15501,
		// Some nested dates come as arrays, and lastModified as English text: nobody may stumble over them.
		"date":     []int{starts.Year(), int(starts.Month()), starts.Day(), 0, 0, 0, 0},
		"product":  object{"id": 15501, "title": it.order.Title, "externalId": nullable(it.order.ExternalID), "lastModified": "Jun 17, 2026 9:11:51 AM"},
		"supplier": ours(), "seller": b.seller(), "paidType": b.order.PaymentType, "includedOnCustomerInvoice": false, "totalParticipants": people,
		"bookingRoles": []string{role, "SUPPLIER"}, "cancellationDate": nil, "cancelledBy": nil, "cancelNote": nil,
	}
	if !it.cancelledAt.IsZero() {
		item["cancellationDate"], item["cancelledBy"], item["cancelNote"] = it.cancelledAt.UnixMilli(), "Fjörður Tours ehf", "weather"
	}
	if b.order.Reseller != nil {
		item["sellerInvoice"] = b.oldPartnerInvoice(it)
	}
	if b.order.Agent != nil {
		item["agentInvoice"] = b.oldPartnerInvoice(it)
	}
	return item
}

// oldLine is a line of v1, at the customer's price or less a commission.
func (b *fakeBooking) oldLine(l *fakeLine, total, tax decimal.Decimal) object {
	line := object{
		"id": l.item.id*10 + 1, "title": l.price.Title, "quantity": l.price.Quantity, "unitPrice": point{l.unit}, "discount": point{optional(l.price.Discount)},
		"taxAmount": point{tax}, "taxesAsMoney": []object{}, "itemBookingId": "15501_3646",
	}
	if b.order.Reseller != nil {
		line["total"], line["commission"] = point{total}, point{l.commission}
	} else {
		line["total"], line["totalDiscounted"], line["totalDue"] = point{l.list}, point{total}, point{total}
	}
	taxes := []object{}
	for _, tax := range l.taxes {
		taxes = append(taxes, b.cash(tax))
	}
	line["taxesAsMoney"] = taxes
	if len(l.price.VAT) > 0 { // absent, not null, on untaxed lines
		line["tax"] = object{"id": 12, "title": "VSK " + l.price.VAT[0] + "%", "included": !l.price.OnTop, "percentage": point{l.percent}}
	}
	return line
}

// oldInvoice is v1's customer invoice.
func (b *fakeBooking) oldInvoice() object {
	bill := b.bill()
	parts := []object{}
	for i := range b.items {
		it := &b.items[i]
		lines := []object{}
		for j := range bill.lines {
			if l := &bill.lines[j]; l.item == it {
				lines = append(lines, b.oldLine(l, l.total, l.tax))
			}
		}
		if len(lines) > 0 {
			parts = append(parts, object{"id": it.id + 1, "productBookingId": it.id, "productConfirmationCode": it.code, "title": it.order.Title,
				"product": object{"id": 15501, "title": it.order.Title, "externalId": nullable(it.order.ExternalID)}, "lineItems": lines, "customLineItems": []object{}})
		}
	}
	invoice := object{
		"id": b.invoice, "invoiceNumber": fmt.Sprintf("C-%d", b.invoice), "currency": b.order.Currency, "issueDate": b.changed.UnixMilli(),
		"productInvoices": parts, "customLineItems": []object{}, "lodgingTaxes": []object{}, "includedAppliedTaxes": []object{}, "excludedAppliedTaxes": []object{},
		"totalAsMoney": b.cash(bill.list), "totalDiscountedAsMoney": b.cash(bill.net), "totalExcludedTaxAsMoney": b.cash(bill.onTop), "totalDueAsMoney": b.cash(bill.total),
	}
	if fee := b.fee(); fee.IsPositive() && len(bill.lines) > 0 && b.kept.IsZero() {
		invoice["appliedFees"], invoice["totalFeesAsMoney"] = []object{{"title": "Booking fee"}}, b.cash(fee)
	}
	return invoice
}

// oldPartnerInvoice is v1's invoice of one item to a reseller or an agent. Its lines sit directly on it. An agent's commission is shown as a
// discount, a reseller's is taken off the total.
func (b *fakeBooking) oldPartnerInvoice(only *fakeItem) object {
	bill := b.bill()
	lines, list, sum := []object{}, decimal.Decimal{}, decimal.Decimal{}
	for i := range bill.lines {
		l := &bill.lines[i]
		if l.item != only {
			continue
		}
		list = list.Add(l.list)
		total, tax := l.lessCommission(bill.exp)
		line := b.oldLine(l, total, tax)
		if b.order.Agent != nil {
			line["total"], line["totalDiscounted"] = point{l.list}, point{total}
		}
		lines, sum = append(lines, line), sum.Add(total)
	}
	invoice := object{"id": b.invoice + 1, "currency": b.order.Currency, "lineItems": lines}
	if b.order.Agent == nil {
		invoice["total"], invoice["totalAsMoney"] = point{sum}, b.cash(sum)
	} else {
		invoice["totalAsMoney"], invoice["totalDiscountedAsMoney"] = b.cash(list), b.cash(sum)
	}
	return invoice
}

// oldPayments is what v1 says was paid.
func (b *fakeBooking) oldPayments() []object {
	total := b.paidAmount()
	if !total.IsPositive() {
		return []object{}
	}
	back := decimal.Decimal{} // what was given back; v1 says so beside the payment
	if b.refunded {
		back = total
	} else if b.cancelled {
		back = total.Sub(b.kept)
	}
	return []object{{
		"id": b.id%1000 + 91, "amount": point{total}, "currency": b.order.Currency, "paymentType": "WEB_PAYMENT", "transactionDate": b.made.UnixMilli(),
		"paymentProviderType": "TEYA", "paymentReferenceId": fmt.Sprintf("pay-%d", b.id), "totalRefundedAmount": point{back},
	}}
}

// paidAmount is what the customer paid when booking.
func (b *fakeBooking) paidAmount() decimal.Decimal {
	if b.order.PaymentType != "PAID_IN_FULL" {
		return decimal.Decimal{}
	}
	whole := *b
	whole.items, whole.kept = nil, decimal.Decimal{}
	for _, product := range b.order.Items {
		whole.items = append(whole.items, fakeItem{status: "CONFIRMED", order: product})
	}
	return whole.reckon().total
}
