package sms

import (
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/connector/connectortest"
)

func TestMeasure(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text string
		want size
	}{
		{"Hello", size{5, 1, "gsm7"}},
		{strings.Repeat("x", 160), size{160, 1, "gsm7"}},
		{strings.Repeat("x", 161), size{161, 2, "gsm7"}},
		{strings.Repeat("x", 306), size{306, 2, "gsm7"}},
		{strings.Repeat("x", 307), size{307, 3, "gsm7"}},
		{strings.Repeat("€", 80), size{160, 1, "gsm7"}},
		{strings.Repeat("€", 81), size{162, 2, "gsm7"}},
		{strings.Repeat("x", 152) + strings.Repeat("€", 77), size{306, 3, "gsm7"}}, // none is cut in two: 152, 76 x 2, 2
		{"Ærø ÄÖÜ ñ [x]", size{15, 1, "gsm7"}},
		{"þökk", size{4, 1, "ucs2"}},
		{strings.Repeat("ж", 70), size{70, 1, "ucs2"}},
		{strings.Repeat("ж", 71), size{71, 2, "ucs2"}},
		{strings.Repeat("ж", 134), size{134, 2, "ucs2"}},
		{strings.Repeat("ж", 135), size{135, 3, "ucs2"}},
		{strings.Repeat("😀", 35), size{70, 1, "ucs2"}},
		{strings.Repeat("😀", 36), size{72, 2, "ucs2"}},
		{strings.Repeat("😀", 67), size{134, 3, "ucs2"}}, // 33 to a part
		{"שלום", size{4, 1, "ucs2"}},
		{"zażółć", size{6, 1, "ucs2"}},
		{"", size{0, 1, "gsm7"}},
	} {
		if got := measure(c.text); got != c.want {
			t.Errorf("%d × %.10q: %+v, want %+v", utf8.RuneCountInString(c.text), c.text, got, c.want)
		}
	}
}

func TestTooLong(t *testing.T) {
	t.Parallel()
	b := setup(t, twilio)
	if _, e := b.send(map[string]any{"text": strings.Repeat("x", 460)}); e == nil || e.Code != "too_long" || e.Field != "text" {
		t.Errorf("%v", e)
	}
	doc, e := b.send(map[string]any{"text": strings.Repeat("x", 460), "max_parts": "4"})
	if e != nil || doc.Data["parts"] != 4 {
		t.Errorf("%+v, %v", doc, e)
	}
	v := input(t, nil)
	v["text"] = " \n "
	if _, err := send(t.Context(), b.client(), connectortest.Ref, v); connector.AsError(err).Field != "text" {
		t.Errorf("nothing to say: %v", err)
	}
}

func TestInternational(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ number, country, home, want string }{
		{"+354 611 1234", "", "IS", "+3546111234"},
		{"611 1234", "", "IS", "+3546111234"},
		{"611-1234", "Iceland", "IS", "+3546111234"},
		{"00354 6111234", "PL", "PL", "+3546111234"},
		{"500 600 700", "pl", "IS", "+48500600700"},
		{"067 123 45 67", "UA", "IS", "+380671234567"},
		{"050-123-4567", "IL", "IS", "+972501234567"},
		{"+1 (500) 555-0006", "", "", "+15005550006"},
		{"611 1234", "", "", ""},
		{"12345", "", "IS", ""},
		{"+354 6", "", "IS", ""},
		{"+3546111234567890", "", "IS", ""},
		{"+999 123 4567", "", "IS", ""},
		{"6111234 ext. 5", "IS", "IS", ""},
		{"none", "IS", "IS", ""},
		{"", "IS", "IS", ""},
	} {
		got, err := international(c.number, c.country, c.home)
		if got != c.want || (err == nil) != (c.want != "") {
			t.Errorf("%q in %q: %q, %v, want %q", c.number, c.country, got, err, c.want)
		}
		if err != nil && c.number != "" && strings.Contains(err.Error(), c.number) {
			t.Errorf("the error repeats the number: %v", err)
		}
	}
}

// FuzzMeasure: no text is counted shorter than it is, and no part holds more than fits.
func FuzzMeasure(f *testing.F) {
	f.Add("Hello €")
	f.Add(strings.Repeat("þ😀", 100))
	f.Fuzz(func(t *testing.T, text string) {
		s := measure(text)
		single, part := gsmSingle, gsmPart
		if s.alphabet == "ucs2" {
			single, part = ucsSingle, ucsPart
			if want := len(utf16.Encode([]rune(text))); s.characters != want {
				t.Errorf("%d characters, want %d", s.characters, want)
			}
		} else if s.characters < utf8.RuneCountInString(text) {
			t.Errorf("%d characters of %d", s.characters, utf8.RuneCountInString(text))
		}
		switch {
		case s.parts < 1, s.parts == 1 && s.characters > single, s.parts > 1 && s.characters > s.parts*part, s.parts > 1 && s.characters <= (s.parts-1)*(part-1):
			t.Errorf("%+v", s)
		}
	})
}

// FuzzInternational: a number that comes out is one, and coming in again it is the same.
func FuzzInternational(f *testing.F) {
	f.Add("+354 611 1234", "IS")
	f.Add("(0)50-123", "il")
	f.Fuzz(func(t *testing.T, number, country string) {
		got, err := international(number, country, "IS")
		if err != nil {
			return
		}
		if !e164.MatchString(got) {
			t.Errorf("%q is %q", number, got)
		}
	})
}
