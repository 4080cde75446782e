package locale

import (
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tengi/tengi/money"
)

func number(t *testing.T, text string) decimal.Decimal {
	t.Helper()
	d, err := decimal.NewFromString(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// The plural forms of 0, 1, 2, 5, 21, 22, 100 and 1.5 in every language.
func TestPlurals(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		lang string
		want [8]string
	}{
		{"en", [8]string{"0 hours", "1 hour", "2 hours", "5 hours", "21 hours", "22 hours", "100 hours", "1.5 hours"}},
		{"is", [8]string{"0 klukkustundir", "1 klukkustund", "2 klukkustundir", "5 klukkustundir", "21 klukkustund", "22 klukkustundir", "100 klukkustundir", "1,5 klukkustundir"}},
		{"uk", [8]string{"0 годин", "1 година", "2 години", "5 годин", "21 година", "22 години", "100 годин", "1,5 години"}},
		{"he", [8]string{"0 שעות", "שעה", "שעתיים", "5 שעות", "21 שעות", "22 שעות", "100 שעות", "1.5 שעות"}},
		{"pl", [8]string{"0 godzin", "1 godzina", "2 godziny", "5 godzin", "21 godzin", "22 godziny", "100 godzin", "1,5 godziny"}},
	} {
		p := New(c.lang, nil)
		for i, n := range []string{"0", "1", "2", "5", "21", "22", "100", "1.5"} {
			if got := p.CountDecimal("common.duration.hours", number(t, n)); got != c.want[i] {
				t.Errorf("%s: %s is %q, want %q", c.lang, n, got, c.want[i])
			}
			if d := number(t, n); d.IsInteger() {
				if got := p.Count("common.duration.hours", int(d.IntPart())); got != c.want[i] {
					t.Errorf("%s: counted, %s is %q, want %q", c.lang, n, got, c.want[i])
				}
			}
		}
	}
}

func TestNumbersAndMoney(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ lang, number, krónur, shekels, złoty, hryvni string }{
		{"en", "-1,234.5", "ISK\u00a024,900", "₪410.00", "PLN\u00a0129.00", "UAH\u00a01,250.00"},
		{"is", "-1.234,5", "24.900\u00a0kr.", "410,00\u00a0₪", "129,00\u00a0PLN", "1.250,00\u00a0UAH"},
		{"uk", "-1\u00a0234,5", "24\u00a0900\u00a0ISK", "410,00\u00a0ILS", "129,00\u00a0PLN", "1\u00a0250,00\u00a0₴"},
		{"he", "\u200e-1,234.5", "\u200f24,900\u00a0\u200fISK", "\u200f410.00\u00a0\u200f₪", "\u200f129.00\u00a0\u200fPLN", "\u200f1,250.00\u00a0\u200fUAH"},
		{"pl", "-1234,5", "24\u00a0900\u00a0ISK", "410,00\u00a0ILS", "129,00\u00a0zł", "1250,00\u00a0UAH"},
	} {
		p := New(c.lang, nil)
		if got := p.Number(number(t, "-1234.5")); got != c.number {
			t.Errorf("%s: number %+q, want %+q", c.lang, got, c.number)
		}
		for _, amount := range []struct {
			minor          int64
			currency, want string
		}{{24900, "ISK", c.krónur}, {41000, "ILS", c.shekels}, {12900, "PLN", c.złoty}, {125000, "UAH", c.hryvni}} {
			if got := p.Money(money.FromMinor(amount.minor, amount.currency)); got != amount.want {
				t.Errorf("%s: %s %+q, want %+q", c.lang, amount.currency, got, amount.want)
			}
		}
	}
}

func TestValues(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 11, 3, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		lang  string
		value any
		want  string
	}{
		{"en", "BOK-10442", "today at BOK-10442"},
		{"en", "דוד לוי", "today at \u2068דוד לוי\u2069"},
		{"en", 1234, "today at 1,234"},
		{"en", int64(1234), "today at 1,234"},
		{"en", number(t, "1.50"), "today at 1.5"},
		{"en", money.FromMinor(24900, "ISK"), "today at ISK\u00a024,900"},
		{"en", noon, "today at 3 Nov 2026, 12:00"},
		{"en", 15 * time.Minute, "today at 15m0s"},
		{"he", "דוד לוי", "היום ב-דוד לוי"},
		{"he", "BOK-10442", "היום ב-\u2068BOK-10442\u2069"},
		{"he", "+354 555 1234", "היום ב-\u2068+354 555 1234\u2069"},
		{"he", "BOK-1 – דוד", "היום ב-\u2068BOK-1 – דוד\u2069"},
		{"he", 1234, "היום ב-1,234"},
		{"he", money.FromMinor(41000, "ILS"), "היום ב-\u2068\u200f410.00\u00a0\u200f₪\u2069"},
		{"is", "", "í dag kl. "},
		{"is", "{time} {{ x }} <b>", "í dag kl. {time} {{ x }} <b>"}, // what is put in is not read again, and escaping is not our business
	} {
		if got := New(c.lang, nil).Text("common.when.today", "time", c.value); got != c.want {
			t.Errorf("%s: %v is %+q, want %+q", c.lang, c.value, got, c.want)
		}
	}
}

// What a caller forgets is seen, and breaks nothing.
func TestMistakesOfCallers(t *testing.T) {
	t.Parallel()
	p := New("is", nil)
	for _, c := range []struct{ got, want string }{
		{p.Text("common.nothing.such"), "common.nothing.such"},
		{p.Count("common.nothing.such", 2), "common.nothing.such"},
		{p.Text("common.when.today"), "í dag kl. {time}"},
		{p.Text("common.when.today", "time"), "í dag kl. {time}"},
		{p.Text("common.when.today", "other", "x", 3, "y"), "í dag kl. {time}"},
		{p.Family("state", "nothing_such"), "nothing_such"},
		{p.Family("common", "and"), "and"},
		{p.Family("state", "done"), "Lokið"},
	} {
		if c.got != c.want {
			t.Errorf("said %q, want %q", c.got, c.want)
		}
	}
}

func TestList(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		lang  string
		items []string
		want  string
	}{
		{"en", nil, ""},
		{"en", []string{"a"}, "a"},
		{"en", []string{"a", "b"}, "a and b"},
		{"en", []string{"a", "b", "c"}, "a, b and c"},
		{"is", []string{"a", "b", "c"}, "a, b og c"},
		{"uk", []string{"а", "б", "в"}, "а, б і в"},
		{"pl", []string{"a", "b", "c"}, "a, b i c"},
		{"he", []string{"א", "ב", "ג"}, "א, ב וג"},
		{"he", []string{"א", "Payday"}, "א ו-\u2068Payday\u2069"},
		{"he", []string{"א", "30 דקות"}, "א ו-\u206830 דקות\u2069"},
		{"he", []string{"א", ""}, "א ו-"},
	} {
		if got := New(c.lang, nil).List(c.items); got != c.want {
			t.Errorf("%s: %q is %+q, want %+q", c.lang, c.items, got, c.want)
		}
	}
}
