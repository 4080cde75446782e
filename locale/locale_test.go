package locale

import (
	"testing"
	"time"
)

func TestMatch(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		header    string
		preferred []string
		want      string
	}{
		{"", nil, "en"},
		{"is", nil, "is"},
		{"is-IS,is;q=0.9,en;q=0.8", nil, "is"},
		{"iw", nil, "he"},
		{"he-IL", nil, "he"},
		{"uk-UA,uk;q=0.8", nil, "uk"},
		{"en;q=0.5, pl;q=0.9", nil, "pl"},
		{"de-DE,pl;q=0.3", nil, "pl"},
		{"de", nil, "en"},
		{"ru", nil, "en"},
		{"da", nil, "en"},
		{"is", []string{"pl", "he"}, "pl"},
		{"is", []string{"", "xx", "he"}, "he"},
		{"is", []string{"", "xx"}, "is"},
		{"\x00;;q=", nil, "en"},
	} {
		if got := Match(c.header, c.preferred...); got != c.want {
			t.Errorf("Match(%q, %q) = %s, want %s", c.header, c.preferred, got, c.want)
		}
	}
}

func TestLanguages(t *testing.T) {
	t.Parallel()
	for _, l := range Languages() {
		p := New(l.Code, nil)
		if p.Language != l || p.Zone() != time.UTC {
			t.Errorf("a printer for %s is %+v in %s", l.Code, p.Language, p.Zone())
		}
		if got := p.LanguageName(l.Code); got != l.Name {
			t.Errorf("%s calls itself %q, and its name is %q", l.Code, got, l.Name)
		}
		if (l.Direction == rightToLeft) != (l.Code == "he") {
			t.Errorf("%s runs %s", l.Code, l.Direction)
		}
	}
	if got := New("de", nil).Code; got != English {
		t.Errorf("who speaks German is spoken to in %s", got)
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ lang, country, language string }{
		{"en", "Iceland", "Icelandic"},
		{"is", "Ísland", "íslenska"},
		{"uk", "Ісландія", "ісландська"},
		{"he", "איסלנד", "איסלנדית"},
		{"pl", "Islandia", "islandzki"},
	} {
		p := New(c.lang, nil)
		if got := p.Country("IS"); got != c.country {
			t.Errorf("%s: IS is %q, want %q", c.lang, got, c.country)
		}
		if got := p.LanguageName("is"); got != c.language {
			t.Errorf("%s: is is %q, want %q", c.lang, got, c.language)
		}
		for _, strange := range []string{"", "QQ", "Iceland", "419", "\x00"} {
			if got := p.Country(strange); got != strange {
				t.Errorf("%s: the country %q is %q", c.lang, strange, got)
			}
		}
		for _, strange := range []string{"", "not a language"} {
			if got := p.LanguageName(strange); got != strange {
				t.Errorf("%s: the language %q is %q", c.lang, strange, got)
			}
		}
	}
}
