package bokun

import (
	"fmt"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/money"
	"github.com/tengi/tengi/sale"
)

// priced is a bill turned into the lines of a sale, VAT included.
type priced struct {
	lines []sale.Line
	total decimal.Decimal
}

// pricing is what turning a bill into lines needs to know.
type pricing struct {
	rates   []decimal.Decimal // VAT rates that may occur
	exp     int32             // decimals of the currency
	unit    decimal.Decimal   // its smallest unit
	slack   decimal.Decimal   // how far Bókun's own sums may be apart: 1 króna, 0.02 of a currency with cents
	lessFee bool              // take off each line the commission it states
}

func newPricing(currency string, rates []decimal.Decimal) (*pricing, error) {
	exp, ok := money.Exponent(currency)
	if !ok {
		return nil, connector.Refusal("currency_unknown", "currency", fmt.Sprintf("Bókun's invoice is in a currency that Tengi does not know: %q", short(currency)))
	}
	p := &pricing{rates: rates, exp: exp, unit: decimal.New(1, -exp), slack: decimal.New(2, -exp)}
	if exp == 0 {
		p.slack = one
	}
	return p, nil
}

// price checks that the bill's lines lead to its total and turns them into the lines of a sale. Its errors hold the booking for a person.
func (p *pricing) price(b *bill) (*priced, error) {
	if !b.total.set {
		return nil, errNoTotal(b.kind)
	}
	taxInside, reduction, err := p.reconcile(b)
	if err != nil {
		return nil, err
	}
	out := &priced{total: b.total.Round(p.exp)}
	var sum, off decimal.Decimal
	for i := range b.lines {
		line, commission, err := p.line(&b.lines[i], taxInside)
		if err != nil {
			return nil, err
		}
		off = off.Add(commission)
		if line.Total.IsZero() && line.UnitPrice.IsZero() {
			continue // free of charge: infants
		}
		sum = sum.Add(line.Total)
		out.lines = append(out.lines, line)
	}
	if !reduction.IsZero() {
		line, err := p.reductionLine(b.promo, reduction, out.lines)
		if err != nil {
			return nil, err
		}
		sum = sum.Add(line.Total)
		out.lines = append(out.lines, line)
	}
	out.total = out.total.Sub(off)
	// Lines rounded one by one to what the currency can pay may miss the total by a unit or two; that is shown, not hidden in a line.
	if rest := out.total.Sub(sum); !rest.IsZero() {
		out.lines = append(out.lines, sale.Line{Text: "Rounding", Quantity: one, UnitPrice: rest, Total: rest})
	}
	return out, nil
}

// reconcile compares the lines with the invoice's total. Bókun does not say whether the total of a line holds a tax that comes on top of its
// price, so the reading that leads to the total is taken: taxInside says that it does. reduction is what a promo code took off the invoice as
// a whole, as a negative number.
func (p *pricing) reconcile(b *bill) (taxInside bool, reduction decimal.Decimal, err error) {
	var sum, onTop decimal.Decimal
	for i := range b.lines {
		sum = sum.Add(b.lines[i].total)
		if b.lines[i].onTop {
			onTop = onTop.Add(b.lines[i].tax)
		}
	}
	near := func(a decimal.Decimal) bool { return a.Sub(b.total.Decimal).Abs().LessThanOrEqual(p.slack) }
	switch {
	case near(sum):
		return true, decimal.Decimal{}, nil
	case near(sum.Add(onTop)):
		return false, decimal.Decimal{}, nil
	case b.promo != "" && onTop.IsZero() && b.total.LessThan(sum) && !b.total.IsNegative():
		return true, b.total.Round(p.exp).Sub(p.roundedSum(b)), nil
	}
	detail := ""
	if !onTop.IsZero() {
		detail = fmt.Sprintf(", with the taxes on top %s", sum.Add(onTop))
	}
	return false, decimal.Decimal{}, connector.Refusal("totals_differ", "total", fmt.Sprintf(
		"the lines of Bókun's %s invoice come to %s%s, the invoice to %s %s: look at the booking in Bókun, then try again",
		b.kind, sum, detail, b.total.Decimal, b.currency))
}

func (p *pricing) roundedSum(b *bill) decimal.Decimal {
	var sum decimal.Decimal
	for i := range b.lines {
		sum = sum.Add(b.lines[i].total.Round(p.exp))
	}
	return sum
}

// line turns one line into one of a sale, VAT included, and says what commission was taken off.
func (p *pricing) line(l *billLine, taxInside bool) (sale.Line, decimal.Decimal, error) {
	gross := l.total
	if l.onTop && !taxInside {
		gross = gross.Add(l.tax)
	}
	rate, err := p.rate(l, gross)
	if err != nil {
		return sale.Line{}, decimal.Decimal{}, err
	}
	line := sale.Line{Text: l.text, SKU: l.sku, VATRate: rate, Total: gross.Round(p.exp), VATAmount: l.tax.Round(p.exp)}
	var off decimal.Decimal
	if p.lessFee && l.commission.set {
		off = l.commission.Round(p.exp)
		line.Total = line.Total.Sub(off)
		line.VATAmount = vatInside(line.Total, rate, p.exp)
	}
	list := l.quantity.Mul(l.unit)
	discount := list.Sub(line.Total)
	switch {
	case l.onTop, l.net, !off.IsZero(), !l.quantity.IsPositive(), l.unit.IsNegative(), discount.IsNegative():
		p.spread(&line, l.quantity)
	case !discount.IsZero() && !discount.Equal(discount.Round(p.exp)):
		p.spread(&line, l.quantity)
	default:
		line.Quantity, line.UnitPrice, line.Discount = l.quantity, l.unit, discount
	}
	return line, off, nil
}

// spread finds a unit price for a total that Bókun's own unit price does not lead to. Quantity x unit price stays exact: where the total does not
// divide, the line is one piece that says how many it stands for.
func (p *pricing) spread(line *sale.Line, quantity decimal.Decimal) {
	line.Quantity, line.UnitPrice, line.Discount = one, line.Total, decimal.Decimal{}
	if !quantity.IsPositive() || quantity.Equal(one) {
		return
	}
	unit := line.Total.DivRound(quantity, p.exp)
	if unit.Mul(quantity).Equal(line.Total) {
		line.Quantity, line.UnitPrice = quantity, unit
		return
	}
	line.Text = quantity.String() + " × " + line.Text
}

// rate finds the VAT rate of a line from the amount of its tax. The percentage Bókun states may be the sum of two taxes (observed in practice),
// so it counts only where it is one of the rates and fits the amount; a tax that fits no rate holds the booking.
func (p *pricing) rate(l *billLine, gross decimal.Decimal) (decimal.Decimal, error) {
	if l.tax.IsZero() && l.percent.IsZero() {
		return decimal.Decimal{}, nil // Bókun knows no tax on this line
	}
	// Bókun rounds half up, for each piece or for the line; a sale's own check allows the same.
	tolerance := p.unit
	if l.quantity.GreaterThan(one) {
		each, most := l.quantity.Mul(p.unit).Mul(decimal.New(5, -1)), gross.Abs().Mul(decimal.New(1, -2))
		tolerance = tolerance.Add(decimal.Min(each, most))
	}
	if slices.ContainsFunc(p.rates, l.percent.Equal) {
		if rate, err := money.RateFromVAT(l.tax, gross, []decimal.Decimal{l.percent}, tolerance); err == nil {
			return rate, nil
		}
	}
	rate, err := money.RateFromVAT(l.tax, gross, p.rates, tolerance)
	// No amount of tax beside a percentage is not "no VAT": what Bókun forgot to state is not guessed.
	if forgotten := l.tax.IsZero() && vatInside(gross, l.percent, p.exp).Abs().GreaterThan(tolerance); err != nil || forgotten {
		return decimal.Decimal{}, &connector.Error{Kind: connector.Permanent, Code: "vat_rate", Field: "lines.vat_rate", Message: fmt.Sprintf(
			"a line of %s holds VAT of %s (Bókun says %s %%), which fits none of the rates %s: correct the tax in Bókun or add the rate to the source's options",
			gross, l.tax, l.percent, listRates(p.rates))}
	}
	return rate, nil
}

// vatInside is the VAT in an amount that includes it, rounded half up as Bókun does.
func vatInside(gross, rate decimal.Decimal, exp int32) decimal.Decimal {
	hundred := decimal.NewFromInt(100)
	return gross.Mul(rate).DivRound(hundred.Add(rate), exp)
}

// reductionLine is what a promo code took off the invoice as a whole. Its VAT is known only when all lines have the same rate.
func (p *pricing) reductionLine(code string, reduction decimal.Decimal, lines []sale.Line) (sale.Line, error) {
	for i := range lines {
		if !lines[i].VATRate.Equal(lines[0].VATRate) {
			return sale.Line{}, connector.Refusal("promo_vat", "lines", fmt.Sprintf(
				"a promo code took %s off lines with different VAT rates, and Bókun does not say off which: bill this booking by hand", reduction.Neg()))
		}
	}
	line := sale.Line{Text: "Promo code " + code, Quantity: one, UnitPrice: reduction, Total: reduction}
	if len(lines) > 0 {
		line.VATRate = lines[0].VATRate
		line.VATAmount = vatInside(reduction, line.VATRate, p.exp)
	}
	return line, nil
}

func listRates(rates []decimal.Decimal) string {
	texts := make([]string, len(rates))
	for i, rate := range rates {
		texts[i] = rate.String() + " %"
	}
	return strings.Join(texts, ", ")
}

// describe puts the product and the day of its service before the text of every line that belongs to an item: "Glacier walk (2026-07-10): Adults".
// only is the item of a booking that has no other: then a line that names none is its.
func (b *bill) describe(titles, skus map[id]string, only id) {
	for i := range b.lines {
		l := &b.lines[i]
		if l.item == 0 && !l.fee {
			l.item = only
		}
		if l.sku == "" {
			l.sku = skus[l.item]
		}
		title := titles[l.item]
		switch {
		case title == "":
		case l.text == "":
			l.text = title
		default:
			l.text = title + ": " + l.text
		}
		if l.text == "" {
			l.text = "Booking"
		}
	}
}
