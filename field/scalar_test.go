package field

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"
)

// A word is a string of another type, as mappings hand them over.
type word string

func TestParseTakes(t *testing.T) {
	t.Parallel()
	reykjavik := time.FixedZone("GMT", 0)
	warsaw := time.FixedZone("CET", 3600)
	email, word1 := "anna@example.is", word("x")
	kinds := []Option{{"invoice", ""}, {"30", ""}, {"true", ""}}
	for _, c := range []struct {
		field Field
		in    any
		want  any
	}{
		{Field{Type: Text}, "  Anna Lind\n", "Anna Lind"},
		{Field{Type: Text}, "חולצה XL (2 יח')", "חולצה XL (2 יח')"},
		{Field{Type: Text}, "\u00a0\u200fא", "\u200fא"}, // direction marks are part of a text
		{Field{Type: Text}, word1, "x"},
		{Field{Type: Text}, &email, email},
		{Field{Type: Text}, 1185, "1185"},
		{Field{Type: Text}, uint8(7), "7"},
		{Field{Type: Text}, uint64(math.MaxUint64), "18446744073709551615"},
		{Field{Type: Text}, json.Number("1.10"), "1.10"}, // as it was written
		{Field{Type: Text}, float64(3545551234), "3545551234"},
		{Field{Type: Text}, dec(t, "24.50"), "24.5"},
		{Field{Type: Text, Max: "4"}, "čápi", "čápi"}, // characters, not bytes
		{Field{Type: Text}, strings.Repeat("ö", MaxText), strings.Repeat("ö", MaxText)},
		{Field{Type: LongText, Max: "10001"}, strings.Repeat("x", MaxText+1), strings.Repeat("x", MaxText+1)},
		{Field{Type: LongText}, " a\r\n\tb \n", " a\r\n\tb \n"},
		{Field{Type: Int}, " 30 ", int64(30)},
		{Field{Type: Int}, "-5", int64(-5)},
		{Field{Type: Int}, "30.0", int64(30)},
		{Field{Type: Int}, 30, int64(30)},
		{Field{Type: Int}, float64(30), int64(30)},
		{Field{Type: Int}, float32(30), int64(30)},
		{Field{Type: Int}, json.Number("3e1"), int64(30)},
		{Field{Type: Int}, json.Number("9223372036854775807"), int64(math.MaxInt64)},
		{Field{Type: Int}, int64(math.MinInt64), int64(math.MinInt64)},
		{Field{Type: Int}, dec(t, "30.00"), int64(30)},
		{Field{Type: Int}, time.Duration(5), int64(5)},
		{Field{Type: Decimal}, "1.125", dec(t, "1.125")},
		{Field{Type: Decimal}, "1,5", dec(t, "1.5")},
		{Field{Type: Decimal}, "1 234,50", dec(t, "1234.50")},
		{Field{Type: Decimal}, 0.1, dec(t, "0.1")},
		{Field{Type: Decimal}, float32(0.1), dec(t, "0.1")},
		{Field{Type: Decimal}, 0.123456789012345, dec(t, "0.123456789012345")},
		{Field{Type: Decimal}, json.Number("24.00"), dec(t, "24.00")},
		{Field{Type: Decimal}, json.Number("25e3"), dec(t, "25000")},
		{Field{Type: Decimal}, decimal.New(25, 3), dec(t, "25000")},
		{Field{Type: Decimal}, 25, dec(t, "25")},
		{Field{Type: Decimal}, -2.5, dec(t, "-2.5")},
		{Field{Type: Amount}, "24900", dec(t, "24900")},
		{Field{Type: Amount}, "24900.00", dec(t, "24900.00")},
		{Field{Type: Amount}, "24.900,00 kr.", dec(t, "24900.00")},
		{Field{Type: Amount}, "24.900 ISK", dec(t, "24900")},
		{Field{Type: Amount}, "1 234,50 zł", dec(t, "1234.50")},
		{Field{Type: Amount}, "24.9000", dec(t, "24.9000")},
		{Field{Type: Amount}, "1234.567", dec(t, "1234.567")},
		{Field{Type: Amount}, "0.125", dec(t, "0.125")},
		{Field{Type: Amount}, 149.99, dec(t, "149.99")},
		{Field{Type: Amount}, json.Number("24.900"), dec(t, "24.900")}, // JSON knows one decimal sign
		{Field{Type: Amount}, dec(t, "24.900"), dec(t, "24.900")},
		{Field{Type: VAT}, "24", dec(t, "24")},
		{Field{Type: VAT}, "25,5 %", dec(t, "25.5")},
		{Field{Type: VAT}, "8.1%", dec(t, "8.1")},
		{Field{Type: VAT}, 0, dec(t, "0")},
		{Field{Type: VAT}, 100, dec(t, "100")},
		{Field{Type: VAT, Max: "200"}, 150, dec(t, "150")},
		{Field{Type: Currency}, " isk ", "ISK"},
		{Field{Type: Date}, "2028-02-29", "2028-02-29"},
		{Field{Type: Date}, time.Date(2026, 11, 22, 23, 59, 0, 0, warsaw), "2026-11-22"},
		{Field{Type: Date, Min: "2026-11-22", Max: "2026-11-22"}, "2026-11-22", "2026-11-22"},
		{Field{Type: DateTime}, "2026-11-22T14:30:00Z", time.Date(2026, 11, 22, 14, 30, 0, 0, time.UTC)},
		{Field{Type: DateTime}, "2026-11-22T14:30:00.123456789+01:00", time.Date(2026, 11, 22, 14, 30, 0, 123456789, warsaw)},
		{Field{Type: DateTime}, time.Date(2026, 11, 22, 14, 30, 0, 0, reykjavik), time.Date(2026, 11, 22, 14, 30, 0, 0, time.UTC)},
		{Field{Type: DateTime}, time.Date(1890, 1, 1, 0, 0, 0, 0, time.FixedZone("LMT", 5067)), time.Date(1889, 12, 31, 22, 35, 33, 0, time.UTC)},
		{Field{Type: Email}, " anna@example.is ", "anna@example.is"},
		{Field{Type: Email}, "Anna.Lind+tours@mail.Example.IS", "Anna.Lind+tours@mail.Example.IS"},
		{Field{Type: Email}, "anna@fjörður.is", "anna@fjörður.is"},
		{Field{Type: Email}, "o'neil@x-y.co", "o'neil@x-y.co"},
		{Field{Type: Email}, strings.Repeat("a", 64) + "@example.is", strings.Repeat("a", 64) + "@example.is"},
		{Field{Type: Phone}, "+354 555 1234", "+354 555 1234"},
		{Field{Type: Phone}, "(+48) 22-555.12/34", "(+48) 22-555.12/34"},
		{Field{Type: Phone}, 5551234, "5551234"},
		{Field{Type: Phone}, "12345", "12345"},
		{Field{Type: URL}, "https://example.is", "https://example.is"},
		{Field{Type: URL}, "http://127.0.0.1:8080/a?b=c#d", "http://127.0.0.1:8080/a?b=c#d"},
		{Field{Type: URL}, "HTTPS://fjörður.is/ferðir", "HTTPS://fjörður.is/ferðir"},
		{Field{Type: Bool}, true, true},
		{Field{Type: Bool}, false, false},
		{Field{Type: Bool}, " On ", true},
		{Field{Type: Bool}, "FALSE", false},
		{Field{Type: Bool}, "1", true},
		{Field{Type: Bool}, 0, false},
		{Field{Type: Bool}, 1.0, true},
		{Field{Type: Bool}, json.Number("1.0"), true},
		{Field{Type: Bool, Required: true}, false, false}, // no is an answer
		{Field{Type: Int, Required: true}, 0, int64(0)},
		{Field{Type: Select, Options: kinds}, " invoice ", "invoice"},
		{Field{Type: Select, Options: kinds}, word("invoice"), "invoice"},
		{Field{Type: Select, Options: kinds}, 30, "30"},
		{Field{Type: Select, Options: kinds}, true, "true"},
		{Field{Type: Text, Pattern: "a|bc"}, "bc", "bc"},
		{Field{Type: Text, Pattern: `\d{10}`}, "0101902939", "0101902939"},
	} {
		c.field.Key = "x"
		values, faults := Set{c.field}.Parse(map[string]any{"x": c.in})
		if faults != nil {
			t.Errorf("%s %T(%v): %v", c.field.Type, c.in, c.in, faults)
			continue
		}
		if diff := cmp.Diff(Values{"x": c.want}, values, same); diff != "" {
			t.Errorf("%s %T(%v):\n%s", c.field.Type, c.in, c.in, diff)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	kinds := []Option{{"invoice", ""}, {"receipt", ""}}
	for _, c := range []struct {
		field Field
		in    any
		code  string
	}{
		{Field{Type: Text, Required: true}, nil, CodeRequired},
		{Field{Type: Text, Required: true}, "", CodeRequired},
		{Field{Type: Text, Required: true}, " \t\u00a0", CodeRequired},
		{Field{Type: Text, Required: true}, (*string)(nil), CodeRequired},
		{Field{Type: LongText, Required: true}, "\n\n", CodeRequired},
		{Field{Type: List, Required: true}, []any{}, CodeRequired},
		{Field{Type: Pairs, Required: true}, map[string]string{}, CodeRequired},
		{Field{Type: Text}, "a\nb", CodeType},
		{Field{Type: Text}, "a\tb", CodeType},
		{Field{Type: Text}, "a\x00b", CodeType},
		{Field{Type: Text}, "a\x1b[31mb", CodeType},
		{Field{Type: Text}, "a\u0085b", CodeType},
		{Field{Type: Text}, "a\u2028b", CodeType},
		{Field{Type: Text}, "a\xffb", CodeType},
		{Field{Type: Text}, true, CodeType},
		{Field{Type: Text}, 1.5, CodeType}, // may have been 1.50
		{Field{Type: Text}, 1e15, CodeType},
		{Field{Type: Text}, []any{"a"}, CodeType},
		{Field{Type: Text}, map[string]any{"a": "b"}, CodeType},
		{Field{Type: Text}, []byte("abc"), CodeType},
		{Field{Type: Text}, struct{ A int }{1}, CodeType},
		{Field{Type: Text}, time.Now(), CodeType},
		{Field{Type: Text}, make(chan int), CodeType},
		{Field{Type: Text, Max: "3"}, "abcd", CodeTooLong},
		{Field{Type: Text, Min: "3"}, "ab", CodeTooSmall},
		{Field{Type: Text}, strings.Repeat("x", MaxText+1), CodeTooLong},
		{Field{Type: LongText}, "a\x00b", CodeType},
		{Field{Type: LongText}, "a\xffb", CodeType},
		{Field{Type: LongText}, strings.Repeat("x", MaxText+1), CodeTooLong},
		{Field{Type: Int}, "1.5", CodeType},
		{Field{Type: Int}, "1 000", CodeType},
		{Field{Type: Int}, "1,000", CodeType},
		{Field{Type: Int}, "0x10", CodeType},
		{Field{Type: Int}, "١٢", CodeType},
		{Field{Type: Int}, 1.5, CodeType},
		{Field{Type: Int}, json.Number("1.5"), CodeType},
		{Field{Type: Int}, json.Number("9223372036854775808"), CodeType},
		{Field{Type: Int}, uint64(math.MaxUint64), CodeType},
		{Field{Type: Int}, float64(1 << 60), CodeType},
		{Field{Type: Int}, math.NaN(), CodeType},
		{Field{Type: Int}, math.Inf(1), CodeType},
		{Field{Type: Int}, json.Number("1e999999999"), CodeType},
		{Field{Type: Int}, json.Number("x"), CodeType},
		{Field{Type: Int}, true, CodeType},
		{Field{Type: Int, Min: "1"}, 0, CodeTooSmall},
		{Field{Type: Int, Max: "90"}, "91", CodeTooLarge},
		{Field{Type: Decimal}, "one", CodeType},
		{Field{Type: Decimal}, "5 kr.", CodeType},
		{Field{Type: Decimal}, "5 €", CodeType},
		{Field{Type: Decimal}, "1,125", CodeAmbiguous},
		{Field{Type: Decimal}, 0.30000000000000004, CodeType}, // what floats make of 0.1 + 0.2
		{Field{Type: Decimal}, 0.1234567890123456, CodeType},  // one digit more than a float is sure of
		{Field{Type: Decimal}, 1e15, CodeType},
		{Field{Type: Decimal}, 1e300, CodeType},
		{Field{Type: Decimal}, 5e-324, CodeType},
		{Field{Type: Decimal}, math.Inf(-1), CodeType},
		{Field{Type: Decimal}, json.Number("1e31"), CodeType},
		{Field{Type: Decimal}, json.Number("1e-31"), CodeType},
		{Field{Type: Decimal}, json.Number(strings.Repeat("1", 65)), CodeType},
		{Field{Type: Decimal}, decimal.New(1, math.MaxInt32), CodeType},
		{Field{Type: Decimal}, decimal.New(1, math.MinInt32), CodeType},
		{Field{Type: Decimal}, decimal.New(math.MaxInt64, 25), CodeType},
		{Field{Type: Decimal}, time.Now(), CodeType},
		{Field{Type: Decimal, Min: "0.5"}, "0.4", CodeTooSmall},
		{Field{Type: Decimal, Max: "0.5"}, 0.6, CodeTooLarge},
		{Field{Type: Amount}, "24.900", CodeAmbiguous},
		{Field{Type: Amount}, "24,900", CodeAmbiguous},
		{Field{Type: Amount}, "-1.000", CodeAmbiguous},
		{Field{Type: Amount}, "€ 5 USD", CodeType},
		{Field{Type: Amount}, "twelve", CodeType},
		{Field{Type: Amount, Min: "0"}, -1, CodeTooSmall},
		{Field{Type: VAT}, 2400, CodeTooLarge},
		{Field{Type: VAT}, "-1", CodeTooSmall},
		{Field{Type: VAT}, "standard", CodeType},
		{Field{Type: Currency}, "KRX", CodeOption},
		{Field{Type: Currency}, "kr.", CodeOption},
		{Field{Type: Currency}, 352, CodeOption},
		{Field{Type: Date}, "2026-02-29", CodeType},
		{Field{Type: Date}, "2026-13-01", CodeType},
		{Field{Type: Date}, "22.11.2026", CodeType},
		{Field{Type: Date}, "2026-11-22T10:00:00Z", CodeType},
		{Field{Type: Date}, "0000-01-01", CodeType},
		{Field{Type: Date}, time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC), CodeType},
		{Field{Type: Date}, 20261122, CodeType},
		{Field{Type: Date, Min: "2026-11-22"}, "2026-11-21", CodeTooSmall},
		{Field{Type: Date, Max: "2026-11-22"}, "2026-11-23", CodeTooLarge},
		{Field{Type: DateTime}, "2026-11-22", CodeType},
		{Field{Type: DateTime}, "2026-11-22T14:30", CodeType}, // which zone?
		{Field{Type: DateTime}, "2026-11-22T14:30:00", CodeType},
		{Field{Type: DateTime}, "2026-02-29T14:30:00Z", CodeType},
		{Field{Type: DateTime}, time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC), CodeType},
		{Field{Type: DateTime}, time.Time{}.Add(-time.Hour), CodeType},
		{Field{Type: DateTime}, 1700000000, CodeType},
		{Field{Type: Email}, "anna", CodeType},
		{Field{Type: Email}, "anna@", CodeType},
		{Field{Type: Email}, "@example.is", CodeType},
		{Field{Type: Email}, "anna@localhost", CodeType},
		{Field{Type: Email}, "anna@example..is", CodeType},
		{Field{Type: Email}, "anna@example.is.", CodeType},
		{Field{Type: Email}, "anna@-example.is", CodeType},
		{Field{Type: Email}, "anna@127.0.0.1", CodeType},
		{Field{Type: Email}, "anna@[127.0.0.1]", CodeType},
		{Field{Type: Email}, "anna@exam_ple.is", CodeType},
		{Field{Type: Email}, "Anna Lind <anna@example.is>", CodeType},
		{Field{Type: Email}, "<anna@example.is>", CodeType},
		{Field{Type: Email}, "anna@example.is, jon@example.is", CodeType},
		{Field{Type: Email}, "anna@example.is;jon@example.is", CodeType},
		{Field{Type: Email}, `"anna lind"@example.is`, CodeType},
		{Field{Type: Email}, "anna(x)@example.is", CodeType},
		{Field{Type: Email}, "anna@example.is\r\nBcc: x@example.is", CodeType},
		{Field{Type: Email}, "an na@example.is", CodeType},
		{Field{Type: Email}, strings.Repeat("a", 65) + "@example.is", CodeType},
		{Field{Type: Email}, "a@" + strings.Repeat("a.", 130) + "is", CodeType},
		{Field{Type: Email}, "a@" + strings.Repeat("a", 64) + ".is", CodeType},
		{Field{Type: Phone}, "1234", CodeType},
		{Field{Type: Phone}, strings.Repeat("1", 21), CodeType},
		{Field{Type: Phone}, "555 1234 ext. 5", CodeType},
		{Field{Type: Phone}, "555+1234", CodeType},
		{Field{Type: Phone}, "()+- ", CodeType},
		{Field{Type: Phone}, "٠١٢٣٤٥٦", CodeType},
		{Field{Type: URL}, "example.is", CodeType},
		{Field{Type: URL}, "/path", CodeType},
		{Field{Type: URL}, "//example.is", CodeType},
		{Field{Type: URL}, "ftp://example.is", CodeType},
		{Field{Type: URL}, "javascript:alert(1)", CodeType},
		{Field{Type: URL}, "https://", CodeType},
		{Field{Type: URL}, "https://:443/", CodeType},
		{Field{Type: URL}, "https:example.is", CodeType},
		{Field{Type: URL}, "https://example.is/a b", CodeType},
		{Field{Type: URL}, "https://anna:pass@example.is", CodeType},
		{Field{Type: URL}, "https://example.is:port", CodeType},
		{Field{Type: URL}, "https://example.is/" + strings.Repeat("x", 2048), CodeTooLong},
		{Field{Type: Bool}, "maybe", CodeType},
		{Field{Type: Bool}, 2, CodeType},
		{Field{Type: Bool}, 0.5, CodeType},
		{Field{Type: Bool}, json.Number("nope"), CodeType},
		{Field{Type: Bool}, []any{true}, CodeType},
		{Field{Type: Select, Options: kinds}, "Invoice", CodeOption},
		{Field{Type: Select, Options: kinds}, true, CodeOption},
		{Field{Type: Select, Options: kinds}, []any{"invoice"}, CodeType},
		{Field{Type: Text, Pattern: "a|bc"}, "xbc", CodePattern},
		{Field{Type: Text, Pattern: "a|bc"}, "ab", CodePattern},
		{Field{Type: Text, Pattern: "^a$"}, "a b", CodePattern},
		{Field{Type: Text, Pattern: "(?m)^a$"}, "ab", CodePattern},
		{Field{Type: Text, Pattern: "("}, "a", CodePattern}, // a pattern that does not compile lets nothing through
		{Field{Type: "colour"}, "red", CodeType},
		{Field{Type: List}, "a", CodeType},
		{Field{Type: List}, map[string]any{"a": 1}, CodeType},
		{Field{Type: List, Min: "2"}, []any{map[string]any{}}, CodeTooSmall},
		{Field{Type: List}, make([]any, MaxRows+1), CodeTooLarge},
		{Field{Type: Group}, "a", CodeType},
		{Field{Type: Group}, []any{"a"}, CodeType},
		{Field{Type: Pairs}, "a", CodeType},
		{Field{Type: Pairs}, []any{"a"}, CodeType},
		{Field{Type: Pairs}, map[int]string{1: "a"}, CodeType},
		{Field{Type: Pairs, Max: "1"}, map[string]any{"a": "1", "b": "2"}, CodeTooLarge},
	} {
		c.field.Key = "x"
		values, faults := Set{c.field}.Parse(map[string]any{"x": c.in})
		if len(faults) != 1 || faults[0].Code != c.code || faults[0].Path != "x" || faults[0].Message == "" {
			t.Errorf("%s %T(%.40v) = %v, %+v; want %s", c.field.Type, c.in, c.in, values, faults, c.code)
		}
		if values.Has("x") {
			t.Errorf("%s %T(%.40v): what is refused is among the values", c.field.Type, c.in, c.in)
		}
	}
}

func TestParseMessages(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		field Field
		in    any
		want  string
	}{
		{Field{Type: Text, Required: true}, "", "must not be empty"},
		{Field{Type: Int, Max: "90"}, 91, "must be at most 90"},
		{Field{Type: Amount}, "24.900", "can be read in two ways: write 24900 or 24.9000"},
		{Field{Type: Amount, Secret: true}, "24.900", "is not of the right form"},
		{Field{Type: Select, Options: []Option{{"a", "A"}, {"b", "B"}}}, "c", "must be one of a, b"},
		{Field{Type: Text, Pattern: `\d{10}`, Example: "1203894569"}, "x", "does not have the right form, such as 1203894569"},
		{Field{Type: Text, Pattern: `\d{10}`, Example: "1203894569", Secret: true}, "x", "does not have the right form"},
		{Field{Type: Decimal}, 12345678901234567.0, "has too many digits to come as a JSON number; write it as text, in quotes"},
		{Field{Type: Text, Min: "8"}, "short", "must have at least 8 characters"},
		{Field{Type: Date, Max: "2026-12-31"}, "2027-01-01", "must not be after 2026-12-31"},
		{Field{Type: Text, Secret: true}, Masked, "is the placeholder for a stored secret, not a secret; leave it out to keep the stored one"},
	} {
		c.field.Key = "x"
		_, faults := Set{c.field}.Parse(map[string]any{"x": c.in})
		if len(faults) != 1 || faults[0].Message != c.want {
			t.Errorf("%s %v: %v, want %q", c.field.Type, c.in, faults, c.want)
		}
	}
}
