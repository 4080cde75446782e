package money

import (
	"math"
	"testing"

	"github.com/shopspring/decimal"
)

func TestFormat(t *testing.T) {
	t.Parallel()
	// Written with the marks that do not show as escapes. Checked against the number formatter of a browser engine (CLDR 48).
	for _, c := range []struct{ in, lang, want string }{
		{"24900 ISK", "is", "24.900\u00a0kr."},
		{"1235 ISK", "is", "1.235\u00a0kr."},
		{"999 ISK", "is", "999\u00a0kr."},
		{"0 ISK", "is", "0\u00a0kr."},
		{"-1235 ISK", "is", "-1.235\u00a0kr."},
		{"1234567 ISK", "is", "1.234.567\u00a0kr."},
		{"1234.57 EUR", "is", "1.234,57\u00a0EUR"},
		{"1234.57 ILS", "is", "1.234,57\u00a0₪"},
		{"1234.57 PLN", "pl", "1234,57\u00a0zł"},
		{"9999.99 PLN", "pl", "9999,99\u00a0zł"},
		{"12345.60 PLN", "pl", "12\u00a0345,60\u00a0zł"},
		{"-12345.6 PLN", "pl", "-12\u00a0345,60\u00a0zł"},
		{"1234.57 EUR", "pl", "1234,57\u00a0€"},
		{"12346 ISK", "pl", "12\u00a0346\u00a0ISK"},
		{"1234.57 ILS", "he", "\u200f1,234.57\u00a0\u200f₪"},
		{"-1234.57 ILS", "he", "\u200f\u200e-1,234.57\u00a0\u200f₪"},
		{"0 ILS", "he", "\u200f0.00\u00a0\u200f₪"},
		{"1234.57 EUR", "he", "\u200f1,234.57\u00a0\u200f€"},
		{"1235 ISK", "he", "\u200f1,235\u00a0\u200fISK"},
		{"1234.57 UAH", "uk", "1\u00a0234,57\u00a0₴"},
		{"-1234.57 UAH", "uk", "-1\u00a0234,57\u00a0₴"},
		{"1235 ISK", "uk", "1\u00a0235\u00a0ISK"},
		{"1234.57 EUR", "en", "€1,234.57"},
		{"-1234.57 EUR", "en", "-€1,234.57"},
		{"1235 ISK", "en", "ISK\u00a01,235"},
		{"-1235 ISK", "en", "-ISK\u00a01,235"},
		{"1234.57 PLN", "en", "PLN\u00a01,234.57"},
		{"1234.57 GBP", "en", "£1,234.57"},
		{"1234.568 KWD", "en", "KWD\u00a01,234.568"},
		{"1235 JPY", "en", "¥1,235"},
		{"24900 ISK", "is-IS", "24.900\u00a0kr."},
		{"24900 ISK", "is_IS", "24.900\u00a0kr."},
		{"24900 ISK", "de", "ISK\u00a024,900"},
		{"24900 ISK", "", "ISK\u00a024,900"},
		// Never rounded.
		{"1234.565 PLN", "pl", "1234,565\u00a0zł"},
		{"24900.5 ISK", "is", "24.900,5\u00a0kr."},
		{"24900.500 ISK", "is", "24.900,5\u00a0kr."},
		{"0.005 EUR", "en", "€0.005"},
		{"1234.5 QQQ", "en", "QQQ\u00a01,234.5"},
	} {
		if got := Format(amount(t, c.in), c.lang); got != c.want {
			t.Errorf("Format(%s, %s) = %+q, want %+q", c.in, c.lang, got, c.want)
		}
	}
	if got := Format(Amount{Value: dec(t, "-1234.5")}, "is"); got != "-1.234,5" {
		t.Errorf("an amount without currency = %q", got)
	}
	if got := Format(New(decimal.New(7, math.MaxInt32), "ISK"), "is"); len(got) > 100 {
		t.Errorf("an absurd amount is written out: %d bytes", len(got))
	}
}
