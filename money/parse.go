package money

import (
	"fmt"
	"strings"

	"github.com/shopspring/decimal"
)

// maxText is the longest text that is looked at as a number, in bytes.
const maxText = 64

// Parse reads an amount as machines write it: an optional sign, digits, and optionally a point with more digits. No grouping, no exponent, no
// blanks, at most 40 digits and 30 decimals. More decimals than the currency has are kept, as a unit price may have them; [Amount.Whole] tells.
// The currency is upper-cased and must be known. Errors are ErrFormat and ErrUnknown; they never repeat the text, which may be anything.
func Parse(text, currency string) (Amount, error) {
	value, err := ParseDecimal(text)
	if err != nil {
		return Amount{}, err
	}
	currency = strings.ToUpper(currency)
	if _, ok := Exponent(currency); !ok {
		return Amount{}, unknownCurrency(currency)
	}
	return Amount{Value: value, Currency: currency}, nil
}

// ParseDecimal reads a plain number, such as a quantity or a percentage, in the form that [Parse] reads amounts. Its error is an ErrFormat.
func ParseDecimal(text string) (decimal.Decimal, error) {
	if text == "" {
		return decimal.Decimal{}, fmt.Errorf("%w: it is empty", ErrFormat)
	}
	if len(text) > maxText {
		return decimal.Decimal{}, fmt.Errorf("%w: longer than %d characters", ErrFormat, maxText)
	}
	digits := text
	if digits[0] == '-' || digits[0] == '+' {
		digits = digits[1:]
	}
	whole, fraction, point := strings.Cut(digits, ".")
	if !allDigits(whole) || point && !allDigits(fraction) {
		return decimal.Decimal{}, fmt.Errorf("%w: digits with at most one decimal point are wanted, such as 1234.50", ErrFormat)
	}
	value, err := decimal.NewFromString(text)
	if err != nil {
		// Cannot happen for what passed above; the library's text repeats the input, so it is not shown.
		return decimal.Decimal{}, ErrFormat
	}
	if err := Bounded(value); err != nil {
		return decimal.Decimal{}, err
	}
	return value, nil
}

// allDigits says whether the text is one or more ASCII digits.
func allDigits(text string) bool {
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return false
		}
	}
	return text != ""
}

// unknownCurrency names the code only when it looks like one: a wrongly mapped column may hold anything.
func unknownCurrency(code string) error {
	if !isCode(code) {
		return fmt.Errorf("%w: three letters such as ISK or EUR are wanted", ErrUnknown)
	}
	return fmt.Errorf("%w %q", ErrUnknown, code)
}

// isCode says whether a text has the form of an ISO 4217 code: three capital letters.
func isCode(text string) bool {
	return len(text) == 3 && strings.IndexFunc(text, func(r rune) bool { return r < 'A' || r > 'Z' }) < 0
}
