package sale

import (
	"regexp"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/tengi/tengi/money"
)

// text writes an amount for a message: "39 801 ISK".
func (c *checker) text(d decimal.Decimal) string {
	exp, _ := money.Exponent(c.currency)
	text := d.String()
	if -d.Exponent() <= exp || c.whole(d) {
		text = d.StringFixed(exp)
	}
	return spaced(text) + " " + c.currency
}

// plain writes a number for a message: "1 000.5".
func plain(d decimal.Decimal) string { return spaced(d.String()) }

// spaced puts a blank between each three digits before the point.
func spaced(number string) string {
	whole, fraction, point := strings.Cut(number, ".")
	sign := ""
	if digits, negative := strings.CutPrefix(whole, "-"); negative {
		sign, whole = "-", digits
	}
	for at := len(whole) - 3; at > 0; at -= 3 {
		whole = whole[:at] + " " + whole[at:]
	}
	if point {
		whole += "." + fraction
	}
	return sign + whole
}

var codeForm = regexp.MustCompile(`\A[A-Za-z]{2,4}\z`)

// unknownCurrency names the code only when it looks like one: a wrongly filled field may hold anything.
func unknownCurrency(code string) string {
	switch {
	case code == "":
		return "the sale has no currency"
	case codeForm.MatchString(code):
		return "the currency " + code + " is not known; three capital letters such as ISK or EUR are wanted"
	}
	return "the currency is not known; three capital letters such as ISK or EUR are wanted"
}
