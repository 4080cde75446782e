package locale

import (
	"errors"
	"fmt"
	"strings"
	"unicode"

	"github.com/nicksnyder/go-i18n/v2/i18n/template"
	"golang.org/x/text/unicode/bidi"
)

// parser reads texts with {names}.
type parser struct{}

// Cacheable says that a text is parsed once.
func (parser) Cacheable() bool { return true }

// Parse cuts a text at its names.
func (parser) Parse(text, _, _ string) (template.ParsedTemplate, error) {
	var t filled
	for {
		before, rest, found := strings.Cut(text, "{")
		t.texts = append(t.texts, before)
		if !found {
			return &t, nil
		}
		name, after, found := strings.Cut(rest, "}")
		if !found || !isName(name) {
			return nil, fmt.Errorf("a brace that is not around a name: %q", text)
		}
		t.names = append(t.names, name)
		text = after
	}
}

func isName(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '_' })
}

// filled is a parsed text: the names stand between the texts.
type filled struct{ texts, names []string }

// Execute puts the values in the places of their names.
func (t *filled) Execute(data any) (string, error) {
	if len(t.names) == 0 {
		return t.texts[0], nil
	}
	given, ok := data.(*values)
	if !ok {
		return "", errors.New("no values are given")
	}
	var out strings.Builder
	for i, name := range t.names {
		out.WriteString(t.texts[i])
		out.WriteString(given.named(name))
	}
	out.WriteString(t.texts[len(t.names)])
	return out.String(), nil
}

// values are what the caller of a text gives for its names.
type values struct {
	printer *Printer
	count   string
	pairs   []any // name, value, name, value ...
}

// countName is the name under which a text with plural forms shows the number that decides them.
const countName = "n"

// named is the value of a name as a text. One that is not given stands as it is, where a test or a reader finds it.
func (v *values) named(name string) string {
	if name == countName && v.count != "" {
		return v.count
	}
	for i := 0; i+1 < len(v.pairs); i += 2 {
		if v.pairs[i] == name {
			return v.printer.value(v.pairs[i+1])
		}
	}
	return "{" + name + "}"
}

// The marks around a text whose direction is its own (Unicode Standard Annex 9): what is inside cannot move what is outside.
const (
	isolate    = "\u2068" // FSI: the first strong character inside decides
	isolateEnd = "\u2069" // PDI
)

// isolated puts the marks around a text that may run against the language's direction, as a booking number in a Hebrew sentence does.
func isolated(text, direction string) string {
	if against := strings.ContainsFunc(text, func(r rune) bool { return runsAgainst(r, direction) }); !against {
		return text
	}
	return isolate + text + isolateEnd
}

// runsAgainst says whether a character may upset a sentence of the direction. In one from right to left digits do as well, once they stand in groups.
func runsAgainst(r rune, direction string) bool {
	properties, _ := bidi.LookupRune(r)
	switch properties.Class() {
	case bidi.L:
		return direction == rightToLeft
	case bidi.EN, bidi.AN:
		return direction == rightToLeft && unicode.IsDigit(r)
	case bidi.R, bidi.AL:
		return direction == leftToRight
	case bidi.RLE, bidi.LRE, bidi.RLO, bidi.LRO, bidi.RLI, bidi.LRI, bidi.FSI:
		return true
	}
	return false
}
