package money

import (
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestParse(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, currency, want string }{
		{"24900", "ISK", "24900 ISK"},
		{"24900.50", "isk", "24900.5 ISK"}, // a unit price; Whole refuses it as a total
		{"+149.99", "PLN", "149.99 PLN"},
		{"-0.01", "ILS", "-0.01 ILS"},
		{"-0", "EUR", "0 EUR"},
		{"007", "EUR", "7 EUR"},
		{"24.900", "ISK", "24.9 ISK"}, // machines have one decimal sign
		{strings.Repeat("9", 40), "EUR", strings.Repeat("9", 40) + " EUR"},
	} {
		got, err := Parse(c.text, c.currency)
		if err != nil {
			t.Errorf("Parse(%q) = %v", c.text, err)
			continue
		}
		wantAmount(t, c.text, got, c.want)
	}
	for _, text := range []string{
		"", " ", "-", "+", ".", "-.", "1.", ".5", "1..2", "1.2.3", "1,5", "1 000", "1_000", "1e3", "1E3", "0x10", "--1", "+-1", "1-", " 1", "1 ", "1\n",
		"NaN", "Inf", "١٢٣", "−5", "12a", "1.-5", strings.Repeat("9", 41), "0." + strings.Repeat("1", 31), strings.Repeat("0", 65), "\xff1",
	} {
		if got, err := Parse(text, "EUR"); !errors.Is(err, ErrFormat) {
			t.Errorf("Parse(%q) = %s, %v; want ErrFormat", text, got, err)
		}
	}
	for _, code := range []string{"", "KRX", "kr.", "€", "EUR ", "Anna Lind"} {
		_, err := Parse("1", code)
		if !errors.Is(err, ErrUnknown) {
			t.Errorf("Parse in %q = %v; want ErrUnknown", code, err)
		}
		if err != nil && strings.Contains(strings.ToUpper(err.Error()), "ANNA") {
			t.Errorf("the error repeats its input: %v", err)
		}
	}
}

func TestParseLocal(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, want string }{
		{"0", "0"},
		{"24900", "24900"},
		{"1.234,50", "1234.5"},
		{"1 234,50", "1234.5"},
		{"1,234.50", "1234.5"},
		{"1'234.50", "1234.5"},
		{"1’234’567.5", "1234567.5"},
		{"1\u00a0234,50", "1234.5"},        // no-break space
		{"1\u202f234\u202f567", "1234567"}, // narrow no-break space
		{"1\u2009234.567", "1234.567"},     // thin space: the point can only be decimal
		{"1.234.567", "1234567"},
		{"1,234,567", "1234567"},
		{"1.234.567,8", "1234567.8"},
		{"1.234,567", "1234.567"},
		{"12,5", "12.5"},
		{"12.50", "12.5"},
		{"0,125", "0.125"}, // no thousand starts with 0
		{"0.125", "0.125"},
		{"1234,567", "1234.567"}, // four digits are not grouped
		{"24.9000", "24.9"},
		{"  12,50 \n", "12.5"},
		{"-12,50", "-12.5"},
		{"−1.234,50", "-1234.5"}, // U+2212
		{"+5", "5"},
		{"(1.234,50)", "-1234.5"},
		{"(kr. 500)", "-500"},
		{"kr. 24.900", "24900"},
		{"24.900 kr.", "24900"},
		{"24.900 KR", "24900"},
		{"24.900,- kr.", "24900"},
		{"24.900,-", "24900"},
		{"500.-", "500"},
		{"24.900 ISK", "24900"},
		{"ISK 24,900", "24900"}, // no decimals in ISK, so both signs group
		{"isk 24900", "24900"},
		{"24.900 krónur", "24900"},
		{"149,99 zł", "149.99"},
		{"149,99zl", "149.99"},
		{"PLN 149.99", "149.99"},
		{"1 234,57 ZŁ", "1234.57"},
		{"₪180.00", "180"},
		{"180 ILS", "180"},
		{"180.50 ש\"ח", "180.5"},
		{"180.50 ש״ח", "180.5"},
		{"\u200f1,234.57 \u200f₪", "1234.57"},
		{"\u200f\u200e-1,234.57\u00a0\u200f₪", "-1234.57"},
		{"1 000,00 ₴", "1000"},
		{"1000 грн", "1000"},
		{"1 000,50 грн.", "1000.5"},
		{"UAH 1000", "1000"},
		{"€1,234.57", "1234.57"},
		{"-€5", "-5"},
		{"€ -5", "-5"},
		{"5 €", "5"},
		{"$1,234.50", "1234.5"},
		{"$ 20 CAD", "20"}, // the code narrows the sign down
		{"US$ 20", "20"},
		{"£20", "20"},
		{"1 500 JPY", "1500"},
	} {
		got, err := ParseLocal(c.text)
		if err != nil {
			t.Errorf("ParseLocal(%q) = %v, want %s", c.text, err, c.want)
		} else if !got.Equal(dec(t, c.want)) {
			t.Errorf("ParseLocal(%q) = %s, want %s", c.text, got, c.want)
		}
	}
}

func TestParseLocalRefuses(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", " ", "kr.", "-", "Anna Lind", "12 34", "1 2", "1.2.3", "1,23,456.78", "1.234.56", "1234.567.890", "1.234 567", "1 234'567",
		"1,234,56", "1,234.567.890", "1.234,567,890", "1.234,567.890", "1..2", "1  234", "1. 5", "12a", "a12", "1e3", "12%", "5 kr 3", "5-", "5 -", "500 kr.-", "24.900 kr,-",
		"1-2", "2026-11-22", "22.11.2026", "010190-2939", "+354 555 1234", "--5", "-(5)", "(5", "5)", "+-5", "-5-", ".5", "5.", "5,", "1.234,50,-",
		"24,90.-", "١٢٣", "12\x00", "12\xff", "\xff", "1\t2", "1\n2", "<12>", "12 apples", strings.Repeat("9", 65), strings.Repeat("9", 41), strings.Repeat(" ", 70) + "1",
	} {
		got, err := ParseLocal(text)
		if !errors.Is(err, ErrFormat) {
			t.Errorf("ParseLocal(%q) = %s, %v; want ErrFormat", text, got, err)
		}
		if err != nil && strings.Contains(err.Error(), "Anna") {
			t.Errorf("the error repeats its input: %v", err)
		}
	}
	for _, text := range []string{"€ 5 USD", "kr. 5 €", "5 € (PLN)", "$ 5 ISK"} {
		if got, err := ParseLocal(text); err == nil {
			t.Errorf("ParseLocal(%q) = %s; want an error", text, got)
		}
	}
	if _, err := ParseLocal("€ 5 USD"); !errors.Is(err, ErrCurrency) {
		t.Errorf("two currencies: %v", err)
	}
}

func TestParseLocalAmbiguous(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"24.900", "24,900", "1.000", "-1,234", "999.999", "24.900 €", "$24.900", "24,900 kr.", "24.900 zł", "¥ 24.900", "24.900 KWD"} {
		_, err := ParseLocal(text)
		if !errors.Is(err, ErrAmbiguous) {
			t.Errorf("ParseLocal(%q) = %v; want ErrAmbiguous", text, err)
		}
	}
	_, err := ParseLocal("24.900")
	if want := "can be read in two ways: write 24900 or 24.9000"; err == nil || err.Error() != want {
		t.Errorf("error = %v, want %s", err, want)
	}
	for _, c := range []struct {
		text string
		hint Hint
		want string
	}{
		{"24.900", InCurrency("ISK"), "24900"},
		{"24,900", InCurrency("isk"), "24900"},
		{"24.900", InCurrency("EUR"), "24900"},
		{"24.900 €", InCurrency("EUR"), "24900"},
		{"24.90", InCurrency("EUR"), "24.9"},
		{"24.90", InCurrency("ISK"), "24.9"}, // not a thousand; Whole refuses it as a total
		{"24.900", DecimalSign('.'), "24.9"},
		{"24.900", DecimalSign(','), "24900"},
		{"24,900", DecimalSign(','), "24.9"},
		{"24,900", DecimalSign('.'), "24900"},
		{"24.900 ISK", DecimalSign('.'), "24.9"}, // the caller knows best
		{"1 234,5", DecimalSign(','), "1234.5"},
		{"1'234", DecimalSign('.'), "1234"},
		{"1.234.567", DecimalSign(','), "1234567"},
		{"1.234,5", DecimalSign(','), "1234.5"},
		{"7", DecimalSign(','), "7"},
	} {
		got, err := ParseLocal(c.text, c.hint)
		if err != nil || !got.Equal(dec(t, c.want)) {
			t.Errorf("ParseLocal(%q, %v) = %s, %v; want %s", c.text, c.hint, got, err, c.want)
		}
	}
	for _, c := range []struct {
		text string
		hint Hint
		err  error
	}{
		{"24.900", InCurrency("KWD"), ErrAmbiguous}, // three decimals
		{"24.900 €", InCurrency("ISK"), ErrCurrency},
		{"24.900 kr.", InCurrency("EUR"), ErrCurrency},
		{"1", InCurrency("KRX"), ErrUnknown},
		{"1", DecimalSign(';'), ErrFormat},
		{"1.5", DecimalSign(','), ErrFormat},
		{"1,5", DecimalSign('.'), ErrFormat},
		{"1,234.5", DecimalSign(','), ErrFormat},
		{"1.234.567", DecimalSign('.'), ErrFormat},
		{"1,234,567", DecimalSign(','), ErrFormat},
	} {
		if got, err := ParseLocal(c.text, c.hint); !errors.Is(err, c.err) {
			t.Errorf("ParseLocal(%q, %v) = %s, %v; want %v", c.text, c.hint, got, err, c.err)
		}
	}
	got, err := ParseLocal("24.900 kr.", InCurrency("ISK"), Hint{})
	if err != nil || !got.Equal(dec(t, "24900")) {
		t.Errorf("an empty hint undoes another: %s, %v", got, err)
	}
}

// anyAmount draws an amount that can be paid, in one of our currencies.
func anyAmount(t *rapid.T) Amount {
	code := rapid.SampledFrom([]string{"ISK", "PLN", "ILS", "UAH", "EUR", "USD", "JPY", "KWD", "CLF"}).Draw(t, "currency")
	return FromMinor(rapid.Int64Range(-1e15, 1e15).Draw(t, "minor"), code)
}

func TestWhatIsFormattedIsReadBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a := anyAmount(t)
		lang := rapid.SampledFrom([]string{"en", "is", "uk", "he", "pl"}).Draw(t, "lang")
		point := map[string]rune{"en": '.', "is": ',', "uk": ',', "he": '.', "pl": ','}[lang]
		text := Format(a, lang)
		got, err := ParseLocal(text, InCurrency(a.Currency), DecimalSign(point))
		if err != nil || !got.Equal(a.Value) {
			t.Fatalf("%s in %s is %q, read back %s, %v", a, lang, text, got, err)
		}
		// Without the decimal sign it is never read as another number, at worst refused as ambiguous.
		if got, err := ParseLocal(text); err == nil && !got.Equal(a.Value) || err != nil && !errors.Is(err, ErrAmbiguous) {
			t.Fatalf("%s in %s is %q, read back without a hint %s, %v", a, lang, text, got, err)
		}
	})
}

func TestStringIsReadBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a := anyAmount(t)
		value, code, _ := strings.Cut(a.String(), " ")
		got, err := Parse(value, code)
		if err != nil || !got.Equal(a) {
			t.Fatalf("%s is read back as %s, %v", a, got, err)
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"24900", "-1.5", "+0.00", "1e5", "", ".", "0x1", "1_0", "−1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := ParseDecimal(text)
		if err != nil {
			if !errors.Is(err, ErrFormat) {
				t.Fatalf("%q: unexpected kind of error %v", text, err)
			}
			return
		}
		if Bounded(d) != nil {
			t.Fatalf("%q is read as the unbounded %v", text, d)
		}
		if again, err := ParseDecimal(d.String()); err != nil || !again.Equal(d) {
			t.Fatalf("%q is %s, read again %s, %v", text, d, again, err)
		}
	})
}

func FuzzParseLocal(f *testing.F) {
	for _, s := range []string{"1.234,50", "1 234,50 zł", "24.900", "(kr. 500)", "24.900,-", "\u200f1,234.57 \u200f₪", "€ -5", "1'000", "$5 CAD", "−5", "5 грн."} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := ParseLocal(text)
		if err != nil {
			return
		}
		// Whatever is read has the digits of the text, in their order, and nothing else.
		digits := func(s string) string {
			return strings.TrimLeft(strings.Map(func(r rune) rune {
				if r < '0' || r > '9' {
					return -1
				}
				return r
			}, s), "0")
		}
		got := digits(d.Abs().StringFixed(max(0, -d.Exponent())))
		if want := digits(text); got != want {
			t.Fatalf("%q is read as %s", text, d)
		}
		if d.IsNegative() && !strings.ContainsAny(text, "-−–—(") {
			t.Fatalf("%q is read as the negative %s", text, d)
		}
		if hinted, err := ParseLocal(text, InCurrency("ISK")); err == nil && !hinted.Equal(d) {
			t.Fatalf("%q is %s, but with a hint %s", text, d, hinted)
		}
	})
}
