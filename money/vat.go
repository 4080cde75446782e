package money

import (
	"fmt"
	"strings"

	"github.com/shopspring/decimal"
)

var hundred = decimal.NewFromInt(100)

// SplitGross takes the VAT out of an amount that includes it: vat = gross x rate / (100 + rate), rounded half away from zero to the currency's
// smallest unit, and net is the rest, so the two always add up to gross. The rate is per cent (24 is 24 %), from 0 to 100.
//
// Call it once on the sum of each rate's lines, not line by line: 3 x 9.99 PLN at 23 % hold 5.60 of VAT, where three lines apart make 5.61.
// A negative amount (a credit) gives exactly the opposite of its positive. It fails with ErrFraction when gross has more decimals than the
// currency, with ErrUnknown and with ErrRate.
func SplitGross(gross Amount, rate decimal.Decimal) (net, vat Amount, err error) {
	if err := taxable(gross, rate); err != nil {
		return Amount{}, Amount{}, fmt.Errorf("VAT in %s: %w", gross, err)
	}
	exp := exponents[gross.Currency]
	vat = Amount{Value: gross.Value.Mul(rate).DivRound(hundred.Add(rate), exp), Currency: gross.Currency}
	net = Amount{Value: gross.Value.Sub(vat.Value), Currency: gross.Currency}
	return net, vat, nil
}

// AddVAT puts VAT on an amount without it: vat = net x rate / 100, rounded as in [SplitGross], and gross is the sum. It is for sources that give
// net prices only; never for a payment received, which already includes its VAT. It fails as SplitGross does.
func AddVAT(net Amount, rate decimal.Decimal) (gross, vat Amount, err error) {
	if err := taxable(net, rate); err != nil {
		return Amount{}, Amount{}, fmt.Errorf("VAT on %s: %w", net, err)
	}
	exp := exponents[net.Currency]
	vat = Amount{Value: net.Value.Mul(rate).DivRound(hundred, exp), Currency: net.Currency}
	gross = Amount{Value: net.Value.Add(vat.Value), Currency: net.Currency}
	return gross, vat, nil
}

// taxable says whether VAT can be computed of an amount at a rate.
func taxable(a Amount, rate decimal.Decimal) error {
	if err := a.Whole(); err != nil {
		return err
	}
	return checkRate(rate)
}

// checkRate refuses what is no percentage; basis points (2400) and fractions of one beyond any tax law are the usual mistakes.
func checkRate(rate decimal.Decimal) error {
	if err := Bounded(rate); err != nil {
		return fmt.Errorf("%w: %w", ErrRate, err)
	}
	if rate.IsNegative() || rate.GreaterThan(hundred) {
		return fmt.Errorf("%w: %s; a rate is per cent, from 0 to 100", ErrRate, rate)
	}
	return nil
}

// RateFromVAT finds the VAT rate of a line from the VAT amount in its gross amount, for sources whose own percentage cannot be trusted because
// it may be the sum of two taxes. It is the allowed rate whose VAT comes nearest to vat and differs from it by no more than tolerance, which is
// an amount: one smallest unit of the currency for each line or piece that was rounded by itself. Equally near rates are told apart by
// their order in allowed, so put the rate the source names first; of a free line (0 in 0) every rate is true and the first is taken.
// When no rate fits the error is an ErrRate with all the numbers.
func RateFromVAT(vat, gross decimal.Decimal, allowed []decimal.Decimal, tolerance decimal.Decimal) (decimal.Decimal, error) {
	for _, d := range append([]decimal.Decimal{vat, gross, tolerance}, allowed...) {
		if err := Bounded(d); err != nil {
			return decimal.Decimal{}, fmt.Errorf("rate from VAT: %w", err)
		}
	}
	var best, bestOff, bestBase decimal.Decimal
	found := false
	for _, rate := range allowed {
		if err := checkRate(rate); err != nil {
			return decimal.Decimal{}, fmt.Errorf("rate from VAT: %w", err)
		}
		// The rate's own VAT is gross x rate / base. Comparing everything times base keeps it exact.
		base := hundred.Add(rate)
		off := vat.Mul(base).Sub(gross.Mul(rate)).Abs()
		if off.GreaterThan(tolerance.Mul(base)) {
			continue
		}
		if !found || off.Mul(bestBase).LessThan(bestOff.Mul(base)) {
			best, bestOff, bestBase, found = rate, off, base, true
		}
	}
	if !found {
		return decimal.Decimal{}, fmt.Errorf("%w: VAT of %s in %s fits none of %s within %s", ErrRate, vat, gross, percents(allowed), tolerance)
	}
	return best, nil
}

// percents lists rates for an error text: "11 %, 24 %".
func percents(rates []decimal.Decimal) string {
	if len(rates) == 0 {
		return "no rates"
	}
	texts := make([]string, len(rates))
	for i, rate := range rates {
		texts[i] = rate.String() + " %"
	}
	return strings.Join(texts, ", ")
}
