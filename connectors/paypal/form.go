package paypal

import (
	"errors"
	"regexp"
	"strings"
	"unicode"

	"github.com/shopspring/decimal"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"

	"github.com/tengi/tengi/money"
)

// The limits of a message. Real ones have 1 to 3 KB and some 60 fields.
const (
	maxBody  = 256 << 10
	maxPairs = 5000
	maxValue = 2000 // characters of one value; PayPal's longest has 256
)

var (
	errTooLong = errors.New("the message is longer than 256 KB")
	errPairs   = errors.New("the message has more than 5000 fields")
	errAmount  = errors.New("not an amount")
)

// message is an IPN, decoded: its fields by name. The first of several with one name counts.
type message struct {
	fields  map[string]string
	charset string   // as the message names it; empty = it does not
	notes   []string // what could not be taken as it stood, for a person
}

func (m *message) get(name string) string { return m.fields[name] }

// first is the first of the fields that is not empty.
func (m *message) first(names ...string) string {
	for _, name := range names {
		if value := m.fields[name]; value != "" {
			return value
		}
	}
	return ""
}

// parseForm reads a body whose values are bytes in the encoding that its field charset names. net/url's reader is too strict for it: it drops
// pairs with a semicolon or with a broken escape such as %u010D, and both have been seen in addresses.
func parseForm(body []byte, otherwise string) (*message, error) {
	if len(body) > maxBody {
		return nil, errTooLong
	}
	raw := map[string]string{}
	pairs := 0
	for pair := range strings.SplitSeq(string(body), "&") {
		if pairs++; pairs > maxPairs {
			return nil, errPairs
		}
		name, value, _ := strings.Cut(pair, "=")
		if name = unescape(name); name == "" {
			continue
		}
		if _, twice := raw[name]; !twice {
			raw[name] = unescape(value)
		}
	}
	m := &message{fields: make(map[string]string, len(raw)), charset: ascii(raw["charset"])}
	used, err := encodingOf(m.charset)
	if err != nil {
		if m.charset != "" {
			m.notes = append(m.notes, "PayPal names an encoding that Tengi does not know, so letters beyond a to z may be wrong")
		}
		if used, err = encodingOf(otherwise); err != nil {
			used = charmap.Windows1252
		}
	}
	decode := used.NewDecoder()
	for name, value := range raw {
		m.fields[clean(name)] = text(decode, value)
	}
	return m, nil
}

// unescape resolves plus signs and percent signs that mean something and leaves the others as they stand.
func unescape(given string) string {
	if !strings.ContainsAny(given, "+%") {
		return given
	}
	var b strings.Builder
	for i := 0; i < len(given); i++ {
		switch c := given[i]; {
		case c == '+':
			b.WriteByte(' ')
		case c == '%' && i+2 < len(given) && nibble(given[i+1]) >= 0 && nibble(given[i+2]) >= 0:
			b.WriteByte(byte(nibble(given[i+1])<<4 | nibble(given[i+2])))
			i += 2
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

func nibble(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

// encodingOf finds an encoding by the name that PayPal gives it. The names are those of the WHATWG list, with underscores here and there
// (KOI8_R, observed in practice), and one that the list leaves out.
func encodingOf(name string) (encoding.Encoding, error) {
	switch strings.ToLower(strings.ReplaceAll(name, "_", "-")) {
	case "ibm-862", "ibm862", "cp862":
		return charmap.CodePage862, nil
	}
	for _, spelling := range []string{name, strings.ReplaceAll(name, "_", "-")} {
		if found, err := htmlindex.Get(spelling); err == nil {
			return found, nil
		}
	}
	return nil, errors.New("unknown encoding")
}

// text decodes one value. Bytes that mean nothing in the encoding become the replacement character: a name with a flaw is better than no sale.
func text(decode *encoding.Decoder, value string) string {
	decoded, err := decode.String(value)
	if err != nil {
		decoded = strings.ToValidUTF8(value, "\ufffd")
	}
	return clean(decoded)
}

// clean makes one line of a text: what separates is one blank, other control characters go. A street may hold a line break
// (https://developer.paypal.com/api/nvp-soap/ipn/IPNandPDTVariables/).
func clean(given string) string {
	given = strings.NewReplacer("\r\n", ", ", "\n", ", ", "\r", ", ").Replace(strings.TrimSpace(given))
	given = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\t' {
			return -1
		}
		return r
	}, strings.ToValidUTF8(given, "\ufffd"))
	given = strings.Join(strings.Fields(given), " ")
	if runes := []rune(given); len(runes) > maxValue {
		given = string(runes[:maxValue])
	}
	return given
}

// ascii is a name as it may stand in a log: letters, digits and what joins them.
func ascii(given string) string {
	kept := strings.Map(func(r rune) rune {
		if r < 0x80 && (unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("-_.:", r)) {
			return r
		}
		return -1
	}, given)
	return kept[:min(len(kept), 64)]
}

// plainWord is how PayPal writes a status, a reason, a kind of message.
var plainWord = regexp.MustCompile(`\A[A-Za-z][A-Za-z_-]{0,59}\z`)

// word is one of PayPal's words for use in an error; what is none is not repeated.
func word(given string) string {
	if plainWord.MatchString(given) {
		return given
	}
	return "?"
}

// amount reads a number as PayPal writes money: a decimal point, no grouping, no symbol. Empty is nothing.
func amount(given string) (decimal.Decimal, error) {
	if given == "" {
		return decimal.Decimal{}, nil
	}
	if strings.ContainsFunc(given, func(r rune) bool { return r != '-' && r != '.' && (r < '0' || r > '9') }) {
		return decimal.Decimal{}, errAmount // no exponents, no infinity
	}
	value, err := decimal.NewFromString(given)
	if err != nil || money.Bounded(value) != nil {
		return decimal.Decimal{}, errAmount
	}
	return value, nil
}
