package sale

import (
	"fmt"
	"iter"
	"slices"

	"github.com/shopspring/decimal"

	"github.com/tengi/tengi/field"
	"github.com/tengi/tengi/money"
)

// MaxLines is the most lines, and the most payments, a sale may have.
const MaxLines = 1000

// Check says whether the sale's money is consistent, so that a document made from it comes to what was sold:
//
//   - the currency is known and the total whole in it (no fraction of a króna);
//   - the lines' gross amounts add up to the total exactly. A sale of nothing for nothing is fine;
//   - a line with a unit price comes to quantity x unit price - discount, exactly or rounded to the currency's smallest unit; no discount is negative;
//   - a line's VAT is what its rate makes of its total, give or take one smallest unit and, for several pieces, half a unit more for each, up to
//     1 % of the line's total; codes and rates do not contradict each other;
//   - payments are in the sale's currency.
//
// A sale with faults is held, never rounded right. Messages contain numbers and the currency, and nothing else of the sale.
func (s Sale) Check() Faults {
	var c checker
	if !slices.Contains([]Status{Pending, Confirmed, Cancelled}, s.Status) {
		c.fault(CodeStatusUnknown, "status", "the status must be pending, confirmed or cancelled")
	}
	if !c.sizes(s) {
		return c.faults // computing with such numbers could take all memory
	}
	exp, known := money.Exponent(s.Currency)
	if !known {
		c.fault(CodeCurrencyUnknown, "currency", "%s", unknownCurrency(s.Currency))
		return c.faults
	}
	c.currency, c.unit = s.Currency, decimal.New(1, -exp)
	c.total(s)
	for i, line := range s.Lines {
		c.line(fmt.Sprintf("lines[%d].", i), line, s.VATIncluded)
	}
	for i, p := range s.Payments {
		if p.Currency != "" && p.Currency != s.Currency {
			c.fault(CodePaymentsCurrency, fmt.Sprintf("payments[%d].currency", i), "the sale is in %s, this payment in another currency: it cannot be set against the total", s.Currency)
		}
	}
	return c.faults
}

var hundred = decimal.NewFromInt(100)

// checker collects the faults of one Check.
type checker struct {
	faults   Faults
	currency string
	unit     decimal.Decimal // the currency's smallest unit
}

func (c *checker) fault(code, path, format string, args ...any) {
	c.faults = append(c.faults, Fault{Code: code, Path: path, Message: fmt.Sprintf(format, args...)})
}

// sizes refuses what no sale has: thousands of lines, numbers of dozens of digits.
func (c *checker) sizes(s Sale) bool {
	if len(s.Lines) > MaxLines || len(s.Payments) > MaxLines {
		c.fault(CodeTooManyLines, "", "a sale has at most %d lines and as many payments", MaxLines)
		return false
	}
	before := len(c.faults)
	for path, d := range s.numbers() {
		if money.Bounded(d) != nil {
			c.fault(CodeSize, path, "the number has more digits than an amount can have")
		}
	}
	return len(c.faults) == before
}

// numbers gives every number of the sale with its path.
func (s Sale) numbers() iter.Seq2[string, decimal.Decimal] {
	return func(yield func(string, decimal.Decimal) bool) {
		if !yield("total", s.Total) {
			return
		}
		for i, l := range s.Lines {
			for _, n := range []struct {
				key   string
				value decimal.Decimal
			}{{"quantity", l.Quantity}, {"unit_price", l.UnitPrice}, {"discount", l.Discount}, {"total", l.Total}, {"vat_rate", l.VATRate}, {"vat_amount", l.VATAmount}} {
				if !yield(fmt.Sprintf("lines[%d].%s", i, n.key), n.value) {
					return
				}
			}
		}
		for i, p := range s.Payments {
			if !yield(fmt.Sprintf("payments[%d].amount", i), p.Amount) || !yield(fmt.Sprintf("payments[%d].fee", i), p.Fee) {
				return
			}
		}
	}
}

// total checks the total against the currency and the lines.
func (c *checker) total(s Sale) {
	if !c.whole(s.Total) {
		c.fault(CodeFraction, "total", "the total is %s, which cannot be paid: the smallest unit is %s", c.text(s.Total), c.text(c.unit))
	}
	if len(s.Lines) == 0 {
		if !s.Total.IsZero() {
			c.fault(CodeNoLines, "lines", "the sale says %s, and has no lines", c.text(s.Total))
		}
		return
	}
	var sum decimal.Decimal
	for _, l := range s.Lines {
		sum = sum.Add(l.Gross(s.VATIncluded))
	}
	if !sum.Equal(s.Total) {
		c.fault(CodeLinesDiffer, "total", "lines come to %s, the sale says %s: difference %s", c.text(sum), c.text(s.Total), c.text(sum.Sub(s.Total).Abs()))
	}
}

// line checks one line against itself.
func (c *checker) line(path string, l Line, vatIncluded bool) {
	if l.Discount.IsNegative() {
		c.fault(CodeDiscount, path+"discount", "the discount is %s; it is what is taken off, and never negative", c.text(l.Discount))
	}
	if want := l.Quantity.Mul(l.UnitPrice).Sub(l.Discount); !l.UnitPrice.IsZero() && !c.rounded(l.Total, want) {
		c.fault(CodeLineTotal, path+"total", "%s x %s less %s comes to %s, the line says %s: difference %s", plain(l.Quantity), c.text(l.UnitPrice), c.text(l.Discount),
			c.text(want), c.text(l.Total), c.text(want.Sub(l.Total).Abs()))
	}
	if l.VATRate.IsNegative() || l.VATRate.GreaterThan(hundred) {
		c.fault(CodeVATRate, path+"vat_rate", "the VAT rate is %s; a rate is per cent, from 0 to 100", plain(l.VATRate))
		return
	}
	c.vatCode(path, l)
	want, base := l.vat(vatIncluded)
	off := l.VATAmount.Mul(base).Sub(want).Abs()
	if tolerance := c.tolerance(l); off.GreaterThan(tolerance.Mul(base)) {
		c.fault(CodeVATAmount, path+"vat_amount", "%s %% VAT of %s is %s, the line says %s: more than %s apart", plain(l.VATRate), c.text(l.Total),
			c.text(want.DivRound(base, -c.unit.Exponent())), c.text(l.VATAmount), c.text(tolerance))
	}
}

// vat is what the rate makes of the line's total, as a fraction so that it stays exact: want / base.
func (l Line) vat(included bool) (want, base decimal.Decimal) {
	base = hundred
	if included {
		base = hundred.Add(l.VATRate)
	}
	return l.Total.Mul(l.VATRate), base
}

// tolerance is how far a line's VAT may be from the exact one: one smallest unit of the currency, for rounding the line. Some services round the
// VAT of one piece and multiply, so several pieces may be off by half a unit each, though never by more than 1 % of the line's total,
// which keeps two rates apart. No VAT at all is never off.
func (c *checker) tolerance(l Line) decimal.Decimal {
	if l.VATRate.IsZero() {
		return decimal.Decimal{}
	}
	pieces := l.Quantity.Abs()
	if pieces.LessThanOrEqual(decimal.NewFromInt(1)) {
		return c.unit
	}
	half, percent := decimal.New(5, -1), decimal.New(1, -2)
	return c.unit.Add(decimal.Min(pieces.Mul(half).Mul(c.unit), l.Total.Abs().Mul(percent)))
}

// vatCode checks that the line's code is one of ours and goes with its rate.
func (c *checker) vatCode(path string, l Line) {
	if l.VATCode == "" {
		return
	}
	if !slices.ContainsFunc(vatCodes, func(o field.Option) bool { return o.Value == l.VATCode }) {
		c.fault(CodeVATCode, path+"vat_code", "the VAT code must be standard, reduced, zero, exempt or outside")
		return
	}
	if taxed := l.VATCode == "standard" || l.VATCode == "reduced"; taxed == l.VATRate.IsZero() {
		c.fault(CodeVATCode, path+"vat_code", "the VAT code is %s, the rate %s %%", l.VATCode, plain(l.VATRate))
	}
}

// whole says whether an amount can be paid in the currency.
func (c *checker) whole(d decimal.Decimal) bool {
	return d.Equal(d.Truncate(-c.unit.Exponent()))
}

// rounded says whether got is the exact amount, or a whole amount that it rounds to, a half either way.
func (c *checker) rounded(got, exact decimal.Decimal) bool {
	if got.Equal(exact) {
		return true
	}
	off := got.Sub(exact).Abs()
	return c.whole(got) && off.Add(off).LessThanOrEqual(c.unit)
}
