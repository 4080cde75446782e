package bokun

import (
	"fmt"
	"strconv"

	"github.com/shopspring/decimal"
)

// newInvoices is v2's answer about the booking's invoices: money as text, null for what there is not.
func (b *fakeBooking) newInvoices(historic bool) object {
	answer := object{
		"bookingId": b.id, "historicCustomerInvoices": []object{}, "historicAgentInvoices": []object{}, "historicAffiliateInvoices": []object{}, "sellerInvoices": object{},
	}
	if customer := b.newCustomerInvoice(); customer != nil { // absent, not null: both occur
		answer["activeCustomerInvoice"] = customer
	}
	if historic && b.order.Reseller == nil {
		answer["historicCustomerInvoices"] = append([]object{}, b.history...)
	}
	switch {
	case b.order.Agent != nil:
		if agent := b.newPartnerInvoice(nil); agent != nil {
			agent["recipientAgentId"] = b.order.Agent.ID
			answer["activeAgentInvoice"] = agent
		}
	case b.order.Reseller != nil:
		sellers := object{}
		for i := range b.items {
			entry := object{"historicSellerInvoices": []object{}}
			if invoice := b.newPartnerInvoice(&b.items[i]); invoice != nil {
				invoice["recipientVendorId"] = b.order.Reseller.ID
				entry["activeSellerInvoice"] = invoice
			}
			sellers[strconv.FormatInt(b.items[i].id, 10)] = entry
		}
		answer["sellerInvoices"] = sellers
	}
	return answer
}

// newCustomerInvoice is the active one; nil when a reseller has it, or when nothing is invoiced any more.
func (b *fakeBooking) newCustomerInvoice() object {
	bill := b.bill()
	if b.order.Reseller != nil || len(bill.lines) == 0 {
		return nil
	}
	lines := make([]object, len(bill.lines))
	for i := range bill.lines {
		l := &bill.lines[i]
		lines[i] = b.newLine(i, l, l.total, l.tax)
		if b.order.Agent != nil {
			lines[i]["commissionPercentage"], lines[i]["commissionAmount"] = b.order.Agent.Commission, l.commission.String()
		}
	}
	if b.order.GiftCard { // the line sells it; paying with one is a payment
		lines[0]["giftCardId"] = 77
	}
	fees := []object{}
	if fee := b.fee(); fee.IsPositive() && b.kept.IsZero() {
		fees = append(fees, object{"title": "Booking fee", "amount": fee.String()})
	}
	invoice := b.newInvoice(lines, bill.total)
	invoice["customerId"], invoice["fees"] = 5501, fees
	if b.order.Promo != "" {
		invoice["promoCodeId"] = 311
	}
	return invoice
}

// newPartnerInvoice is the invoice to the reseller of one item, or to the agent of the whole booking; nil when it has no lines.
func (b *fakeBooking) newPartnerInvoice(only *fakeItem) object {
	bill := b.bill()
	var lines []object
	var sum decimal.Decimal
	for i := range bill.lines {
		l := &bill.lines[i]
		if only != nil && l.item != only {
			continue
		}
		total, tax := l.lessCommission(bill.exp)
		line := b.newLine(i, l, total, tax)
		line["commissionAmount"] = l.commission.String()
		lines, sum = append(lines, line), sum.Add(total)
	}
	if len(lines) == 0 {
		return nil
	}
	return b.newInvoice(lines, sum)
}

// newInvoice is what all of v2's invoices have in common.
func (b *fakeBooking) newInvoice(lines []object, total decimal.Decimal) object {
	return object{
		"id": b.invoice, "issued": b.changed.UnixMilli(), "currency": b.order.Currency, "issuerVendorId": fakeVendor,
		"issuerTimeZone": "Atlantic/Reykjavik", "lineItems": lines, "total": total.String(),
	}
}

// newLine is a line of v2, with the tax only where there is one. Total is after the discount and, where taxes come on top, without them.
func (b *fakeBooking) newLine(i int, l *fakeLine, total, tax decimal.Decimal) object {
	line := object{
		"ref": fmt.Sprintf("li-%d", i+1), "title": l.price.Title, "quantity": l.price.Quantity, "unitPrice": l.unit.String(), "total": total.String(),
		"pickup": false, "dropoff": false, "experienceId": 15501, "experienceExternalId": nullable(l.item.order.ExternalID), "experienceBookingId": l.item.id,
	}
	if l.price.Discount != "" {
		line["discountPercentage"], line["discountAmount"] = l.price.Discount, l.list.Sub(l.total).String()
	}
	if len(l.price.VAT) > 0 {
		line["taxId"], line["taxPercentage"], line["taxAmount"], line["taxIncluded"] = 12, l.percent.String(), tax.String(), !l.price.OnTop
	}
	return line
}

// newPayments is what v2 says was paid.
func (b *fakeBooking) newPayments() []object {
	total := b.paidAmount()
	if !total.IsPositive() {
		return []object{}
	}
	return []object{{
		"id": b.id%1000 + 91, "amount": total.String(), "currency": b.order.Currency, "paymentType": "WEB_PAYMENT", "creationDate": b.made.UnixMilli(),
		"paymentProviderType": "TEYA", "paymentReferenceId": fmt.Sprintf("pay-%d", b.id),
	}}
}

// hit is the booking as a search shows it: with productBookings, and with the time of change as English text.
func (b *fakeBooking) hit() object {
	products := make([]object, len(b.items))
	for i, it := range b.items {
		products[i] = object{"id": it.id, "productConfirmationCode": it.code, "status": it.status, "title": it.order.Title}
	}
	return object{
		"id": b.id, "confirmationCode": b.code, "status": b.status, "totalPrice": point{b.bill().total}, "currency": b.order.Currency,
		"lastModified": b.changed.UTC().Format("Jan 2, 2006 3:04:05 PM"), "productBookings": products,
	}
}
