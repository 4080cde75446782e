package bokun

import (
	"github.com/shopspring/decimal"

	"github.com/tengi/tengi/money"
)

// fakeBill is what a booking's invoice comes to, as the stand-in reckons it. It shares no arithmetic with the connector.
type fakeBill struct {
	lines []fakeLine
	list  decimal.Decimal // before discounts
	net   decimal.Decimal // after discounts, without taxes on top
	onTop decimal.Decimal
	total decimal.Decimal // what is owed
	exp   int32
}

type fakeLine struct {
	item       *fakeItem
	price      Price
	unit       decimal.Decimal
	list       decimal.Decimal
	total      decimal.Decimal // after discount, without a tax on top
	taxes      []decimal.Decimal
	tax        decimal.Decimal
	percent    decimal.Decimal // the sum of the rates
	commission decimal.Decimal
}

// bill is the customer's invoice.
func (b *fakeBooking) bill() fakeBill { return b.reckoned }

// reckon works it out.
func (b *fakeBooking) reckon() fakeBill {
	bill := fakeBill{exp: 2}
	if exp, ok := money.Exponent(b.order.Currency); ok {
		bill.exp = exp
	}
	commission := decimal.Decimal{}
	for _, partner := range []*Partner{b.order.Agent, b.order.Reseller} {
		if partner != nil && partner.Commission != "" {
			commission = decimal.RequireFromString(partner.Commission)
		}
	}
	for i := range b.items {
		if b.items[i].status == "CANCELLED" {
			continue
		}
		for _, price := range b.items[i].order.Prices {
			bill.add(&b.items[i], price, commission)
		}
	}
	if b.kept.IsPositive() && len(b.items) > 0 {
		bill.add(&b.items[0], Price{Title: "Cancellation fee", Quantity: 1, Unit: b.kept.String(), VAT: b.items[0].vat()}, commission)
	}
	bill.total = bill.net.Add(bill.onTop)
	if len(bill.lines) > 0 && b.kept.IsZero() {
		bill.total = bill.total.Add(b.fee()).Sub(b.promoOff())
	}
	return bill
}

// vat is the rates of the item's first line.
func (it *fakeItem) vat() []string {
	if len(it.order.Prices) == 0 {
		return nil
	}
	return it.order.Prices[0].VAT
}

func (bill *fakeBill) add(it *fakeItem, price Price, commission decimal.Decimal) {
	hundred := decimal.NewFromInt(100)
	l := fakeLine{item: it, price: price, unit: decimal.RequireFromString(price.Unit)}
	l.list = l.unit.Mul(decimal.NewFromInt(price.Quantity))
	l.total = l.list
	if price.Discount != "" {
		off := decimal.RequireFromString(price.Discount)
		l.total = l.list.Mul(hundred.Sub(off)).Div(hundred).Round(bill.exp)
	}
	for _, rate := range price.VAT {
		r := decimal.RequireFromString(rate)
		base := hundred.Add(r)
		if price.OnTop {
			base = hundred
		}
		tax := l.total.Mul(r).Div(base).Round(bill.exp)
		l.taxes, l.tax, l.percent = append(l.taxes, tax), l.tax.Add(tax), l.percent.Add(r)
	}
	l.commission = l.total.Mul(commission).Div(hundred).Round(bill.exp)
	bill.lines = append(bill.lines, l)
	bill.list, bill.net = bill.list.Add(l.list), bill.net.Add(l.total)
	if price.OnTop {
		bill.onTop = bill.onTop.Add(l.tax)
	}
}

func (b *fakeBooking) fee() decimal.Decimal      { return optional(b.order.Fee) }
func (b *fakeBooking) promoOff() decimal.Decimal { return optional(b.order.PromoOff) }

func optional(amount string) decimal.Decimal {
	if amount == "" {
		return decimal.Decimal{}
	}
	return decimal.RequireFromString(amount)
}

// lessCommission is a line as an invoice to a partner states it: total and tax on what remains.
func (l *fakeLine) lessCommission(exp int32) (total, tax decimal.Decimal) {
	total = l.total.Sub(l.commission)
	for _, rate := range l.price.VAT {
		r := decimal.RequireFromString(rate)
		tax = tax.Add(total.Mul(r).Div(decimal.NewFromInt(100).Add(r)).Round(exp))
	}
	return total, tax
}
