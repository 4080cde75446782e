// Package money holds exact amounts with their currency, and the VAT arithmetic documents need.
//
// An amount is never a float and is never rounded to fit: what does not go into the currency's smallest unit is an error that names the amount.
// The only roundings are those of VAT (see [SplitGross]) and of dividing a total (see [Allocate]), and both give back all of what they were given.
package money

import (
	"errors"
	"fmt"
	"strings"

	"github.com/shopspring/decimal"
)

// Errors that callers tell apart; the text of the wrapping error names the amounts.
var (
	ErrCurrency = errors.New("currency differs")
	ErrFraction = errors.New("more decimals than the currency has")
	ErrUnknown  = errors.New("unknown currency")
	ErrFormat   = errors.New("not an amount")
	// ErrAmbiguous is for a number that people of different countries read differently: "24.900" is 24900 or 24.9.
	ErrAmbiguous = errors.New("can be read in two ways")
	ErrRate      = errors.New("not a VAT rate")
	ErrWeights   = errors.New("cannot be divided")
)

// Ambiguous is an ErrAmbiguous with both readings, each written so that it can be read in one way only.
type Ambiguous struct{ Whole, Decimal string }

func (a *Ambiguous) Error() string {
	return fmt.Sprintf("%v: write %s or %s", ErrAmbiguous, a.Whole, a.Decimal)
}

func (a *Ambiguous) Unwrap() error { return ErrAmbiguous }

// The limits of a number that Tengi computes with. No sale comes near them; they keep a few bytes from outside ("1e9999") from becoming
// a number that takes all memory to write out.
const (
	maxExponent = 30
	maxDigits   = 40
)

// Bounded says whether a number is of a size that can be computed with and written down: at most 40 significant digits, and neither more than
// 30 decimals nor more than 30 trailing zeros. Otherwise the error is an ErrFormat.
func Bounded(d decimal.Decimal) error {
	if exp := d.Exponent(); exp > maxExponent || exp < -maxExponent || d.NumDigits() > maxDigits {
		return fmt.Errorf("%w: more than %d digits or %d decimals", ErrFormat, maxDigits, maxExponent)
	}
	return nil
}

// Amount is an exact decimal value in a currency. The zero value is "no amount".
// A unit price may have more decimals than the currency; a total may not (see [Amount.Minor]).
type Amount struct {
	Value    decimal.Decimal
	Currency string // ISO 4217, upper case
}

// New returns the amount of value in currency, which is upper-cased.
func New(value decimal.Decimal, currency string) Amount {
	return Amount{Value: value, Currency: strings.ToUpper(currency)}
}

// FromMinor returns an amount given in the currency's smallest unit: 24900 ISK is 24 900 krónur, 14999 PLN is 149.99 złoty.
func FromMinor(minor int64, currency string) Amount {
	currency = strings.ToUpper(currency)
	return Amount{Value: decimal.New(minor, -exponentOrTwo(currency)), Currency: currency}
}

// Minor returns the amount in the currency's smallest unit.
// It fails with ErrFraction when the amount has more decimals than the currency, and with ErrUnknown for a currency it does not know.
func (a Amount) Minor() (int64, error) {
	exp, ok := Exponent(a.Currency)
	if !ok {
		return 0, unknownCurrency(a.Currency)
	}
	if absurd(a.Value) {
		return 0, fmt.Errorf("%s: %w: too many digits", a, ErrFormat)
	}
	scaled := a.Value.Shift(exp)
	if !scaled.IsInteger() {
		return 0, fmt.Errorf("%s: %w", a, ErrFraction)
	}
	if !scaled.BigInt().IsInt64() {
		return 0, fmt.Errorf("%s: %w: too large", a, ErrFormat)
	}
	return scaled.IntPart(), nil
}

// Whole says whether the amount can be paid in its currency: no fraction of the smallest unit, and a known currency.
func (a Amount) Whole() error {
	_, err := a.Minor()
	return err
}

// Add returns a + b. Both must be in one currency; the zero Amount adds nothing. It fails with ErrCurrency.
func (a Amount) Add(b Amount) (Amount, error) {
	switch {
	case a.Currency == "" && a.Value.IsZero():
		return b, nil
	case b.Currency == "" && b.Value.IsZero():
		return a, nil
	case a.Currency != b.Currency:
		return Amount{}, fmt.Errorf("%s and %s: %w", a, b, ErrCurrency)
	}
	return Amount{Value: a.Value.Add(b.Value), Currency: a.Currency}, nil
}

// Sub returns a - b. Both must be in one currency.
func (a Amount) Sub(b Amount) (Amount, error) { return a.Add(b.Neg()) }

// Neg returns the amount with its sign turned.
func (a Amount) Neg() Amount { return Amount{Value: a.Value.Neg(), Currency: a.Currency} }

// Mul returns the amount times a plain number, unrounded.
func (a Amount) Mul(n decimal.Decimal) Amount {
	return Amount{Value: a.Value.Mul(n), Currency: a.Currency}
}

// Equal says whether both amounts are the same value in the same currency.
func (a Amount) Equal(b Amount) bool { return a.Currency == b.Currency && a.Value.Equal(b.Value) }

// IsZero says whether the value is nothing, in whatever currency.
func (a Amount) IsZero() bool { return a.Value.IsZero() }

// String is the amount for logs and error texts: "24900 ISK", "149.99 PLN". People's pages format by language instead. A currency that is not
// three capital letters is not repeated, as a wrongly mapped column may have put anything there.
func (a Amount) String() string {
	code := a.Currency
	if code != "" && !isCode(code) {
		code = "(no currency code)"
	}
	if absurd(a.Value) {
		return strings.TrimSpace(fmt.Sprintf("(a number of %d digits, exponent %d) %s", a.Value.NumDigits(), a.Value.Exponent(), code))
	}
	return strings.TrimSpace(a.number() + " " + code)
}

// absurd numbers are never written out. The limit is wider than Bounded's because products of bounded numbers are longer than their factors.
func absurd(d decimal.Decimal) bool {
	exp := d.Exponent()
	return exp > 10*maxExponent || exp < -10*maxExponent || d.NumDigits() > 10*maxDigits
}
