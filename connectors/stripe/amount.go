package stripe

import (
	"fmt"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/money"
)

// unit is how Stripe counts a currency: with so many decimals, in multiples of step.
type unit struct {
	decimals int32
	step     int64
}

// units are the currencies that Stripe counts otherwise than in hundredths (https://docs.stripe.com/currencies, "Zero-decimal", "Three-decimal" and
// "Special cases"). The króna has no fraction, but one króna is 100. UGX is left out: the documentation counts it both ways.
var units = map[string]unit{
	"BIF": {0, 1}, "CLP": {0, 1}, "DJF": {0, 1}, "GNF": {0, 1}, "JPY": {0, 1}, "KMF": {0, 1}, "KRW": {0, 1}, "MGA": {0, 1}, "PYG": {0, 1}, "RWF": {0, 1},
	"VND": {0, 1}, "VUV": {0, 1}, "XAF": {0, 1}, "XOF": {0, 1}, "XPF": {0, 1},
	"ISK": {2, 100},
	"BHD": {3, 10}, "JOD": {3, 10}, "KWD": {3, 10}, "OMR": {3, 10}, "TND": {3, 10},
}

// unitOf is how Stripe counts a currency, given in capitals.
func unitOf(currency string) (unit, bool) {
	if u, ok := units[currency]; ok {
		return u, true
	}
	exponent, known := money.Exponent(currency)
	return unit{2, 1}, known && exponent == 2
}

// maxMinor keeps sums of a thousand amounts within an int64.
const maxMinor = 1 << 50

// minor is an amount as Stripe takes it. at names the input for the refusal.
func minor(amount money.Amount, at string) (int64, error) {
	u, known := unitOf(amount.Currency)
	if !known {
		return 0, connector.Refusal(codeCurrency, "currency", fmt.Sprintf("Stripe does not take the currency %s, or Tengi does not know how it counts it", amount.Currency))
	}
	if err := money.Bounded(amount.Value); err != nil {
		return 0, connector.Refusal(codeFraction, at, "the amount has more digits than an amount can have")
	}
	scaled := amount.Value.Shift(u.decimals)
	if !scaled.IsInteger() || !scaled.Mod(decimal.NewFromInt(u.step)).IsZero() || amount.Whole() != nil {
		return 0, connector.Refusal(codeFraction, at, fmt.Sprintf("%s cannot be paid: the smallest amount is %s", amount, money.New(decimal.New(u.step, -u.decimals), amount.Currency)))
	}
	if scaled.Abs().GreaterThan(decimal.NewFromInt(maxMinor)) {
		return 0, connector.Refusal(codeFraction, at, "the amount is larger than Stripe takes")
	}
	return scaled.IntPart(), nil
}

// major is an amount as Stripe states it, in a currency that it writes in small letters.
func major(value int64, currency string) (money.Amount, error) {
	code := strings.ToUpper(currency)
	u, known := unitOf(code)
	if !known {
		return money.Amount{}, connector.Refusal(codeCurrency, "", "Stripe states an amount in a currency of which Tengi does not know how it is counted")
	}
	return money.New(decimal.New(value, -u.decimals), code), nil
}
