package money

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/shopspring/decimal"
)

// Hint tells [ParseLocal] what it needs to know about a number that can be read in two ways. The zero Hint says nothing.
type Hint struct {
	currency string
	point    rune
}

// InCurrency says in which currency the amount is. A sign followed by more digits than that currency has decimals then groups thousands, so
// "24.900" is 24900 in ISK and in EUR. A text that names another currency is refused with ErrCurrency.
func InCurrency(code string) Hint { return Hint{currency: strings.ToUpper(code)} }

// DecimalSign says which sign, '.' or ',', stands before the decimals; the other one then only groups thousands.
func DecimalSign(sign rune) Hint { return Hint{point: sign} }

// ParseLocal reads a number as people and sheets write it: "1.234,50", "1 234,50", "1,234.50", "1'234.50", "24.900 kr.", "€ -5", "(120,00)",
// "24.900,-". Thousands may be grouped by points, commas, any kind of blank or apostrophes, the decimals follow a point or a comma, and
// a currency sign or code before or after the number is taken off.
//
// One sign followed by exactly three digits ("24.900") is a thousand to some and a decimal to others. It is an ErrAmbiguous that gives both
// readings, the second with one more zero, which makes it plain. A hint decides it, or the ",-" ending, or a currency in the text that has no
// decimals. Whatever else is not clearly one number is an ErrFormat; a currency that contradicts the hint or itself is an ErrCurrency. Errors
// never repeat a text that is not a number.
func ParseLocal(text string, hints ...Hint) (decimal.Decimal, error) {
	hint, err := joinHints(hints)
	if err != nil {
		return decimal.Decimal{}, err
	}
	written, err := dissect(text)
	if err != nil {
		return decimal.Decimal{}, err
	}
	if hint.currency != "" && written.currencies != nil && !slices.Contains(written.currencies, hint.currency) {
		return decimal.Decimal{}, fmt.Errorf("%w: the text says %s, %s is wanted", ErrCurrency, written.currencies[0], hint.currency)
	}
	plain, err := written.plain(hint)
	if err != nil {
		return decimal.Decimal{}, err
	}
	value, err := ParseDecimal(plain)
	if err != nil {
		return decimal.Decimal{}, err
	}
	if written.negative {
		value = value.Neg()
	}
	return value, nil
}

func joinHints(hints []Hint) (Hint, error) {
	var all Hint
	for _, h := range hints {
		if h.currency != "" {
			all.currency = h.currency
		}
		if h.point != 0 {
			all.point = h.point
		}
	}
	if _, ok := Exponent(all.currency); all.currency != "" && !ok {
		return all, unknownCurrency(all.currency)
	}
	if all.point != 0 && all.point != '.' && all.point != ',' {
		return all, fmt.Errorf("%w: the decimal sign can only be a point or a comma", ErrFormat)
	}
	return all, nil
}

// written is a number as it stands in a text, taken apart.
type written struct {
	groups     []string // the runs of digits
	signs      []rune   // the sign between each two of them: '.', ',', ' ' or '\''
	negative   bool
	dash       rune     // the sign before a dash that stands for no decimals ("24.900,-"); 0 = no such dash
	currencies []string // those the text may mean; nil = it names none
}

// maxWritten is the longest text that ParseLocal looks at, in characters.
const maxWritten = 64

// dissect splits a text into what stands before the digits, the digits with their signs, and what stands after.
func dissect(text string) (written, error) {
	if len(text) > maxWritten*utf8.UTFMax || utf8.RuneCountInString(text) > maxWritten {
		return written{}, fmt.Errorf("%w: longer than %d characters", ErrFormat, maxWritten)
	}
	if !utf8.ValidString(text) {
		return written{}, fmt.Errorf("%w: not valid UTF-8", ErrFormat)
	}
	text = strings.Map(tidy, text)
	first, last := strings.IndexFunc(text, isDigit), strings.LastIndexFunc(text, isDigit)
	if first < 0 {
		return written{}, fmt.Errorf("%w: there is no digit in it", ErrFormat)
	}
	var w written
	if err := w.split(text[first : last+1]); err != nil {
		return written{}, err
	}
	return w, w.surroundings(text[:first], text[last+1:])
}

// tidy makes signs that look alike the same, and drops the direction marks that right-to-left texts carry.
func tidy(r rune) rune {
	switch {
	case unicode.Is(unicode.Bidi_Control, r):
		return -1
	case r == '−', r == '–', r == '—':
		return '-'
	case r == '’', r == '‘', r == 'ʼ', r == '`', r == '´':
		return '\''
	case r == '״', r == '”', r == '“':
		return '"'
	case unicode.Is(unicode.Zs, r):
		return ' '
	}
	return r
}

func isDigit(r rune) bool { return r >= '0' && r <= '9' }

// split takes the digits apart. Two signs in a row, and anything but digits and signs, are refused.
func (w *written) split(body string) error {
	w.groups = []string{""}
	for _, r := range body {
		last := len(w.groups) - 1
		switch {
		case isDigit(r):
			w.groups[last] += string(r)
		case r == '.', r == ',', r == ' ', r == '\'':
			if w.groups[last] == "" {
				return fmt.Errorf("%w: two signs follow each other between the digits", ErrFormat)
			}
			w.signs = append(w.signs, r)
			w.groups = append(w.groups, "")
		default:
			return fmt.Errorf("%w: %q stands between the digits", ErrFormat, r)
		}
	}
	return nil
}

// surroundings reads what stands before and after the digits: a minus, brackets that mean one, a currency, and the dash of "24.900,-".
func (w *written) surroundings(head, tail string) error {
	if len(tail) > 1 && (tail[0] == ',' || tail[0] == '.') && tail[1] == '-' {
		w.dash, tail = rune(tail[0]), tail[2:]
	}
	if strings.Contains(tail, "-") {
		// A negative amount in some bookkeeping exports, a price without decimals to a shopkeeper: too dear to guess.
		return fmt.Errorf("%w: a dash stands after the number; a minus stands before it", ErrFormat)
	}
	minus, plus := strings.Count(head, "-"), strings.Count(head, "+")
	open, shut := strings.Count(head, "("), strings.Count(tail, ")")
	if minus+plus+open > 1 || open != shut {
		return fmt.Errorf("%w: more than one sign, or a bracket without its other", ErrFormat)
	}
	w.negative = minus+open == 1
	if err := w.currency(strings.Trim(remove(head, "-+("), " \t\r\n")); err != nil {
		return err
	}
	return w.currency(strings.Trim(remove(tail, ")"), " \t\r\n"))
}

// remove drops every one of the ASCII signs from a text.
func remove(text, signs string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(signs, r) {
			return -1
		}
		return r
	}, text)
}

// currency narrows down what currency the text means by a sign or code found in it.
func (w *written) currency(sign string) error {
	if sign == "" {
		return nil
	}
	named := currenciesOf(sign)
	if named == nil {
		return fmt.Errorf("%w: something beside the number is neither a sign nor a currency", ErrFormat)
	}
	if w.currencies == nil {
		w.currencies = named
		return nil
	}
	both := slices.DeleteFunc(slices.Clone(named), func(code string) bool { return !slices.Contains(w.currencies, code) })
	if len(both) == 0 {
		return fmt.Errorf("%w: the text says both %s and %s", ErrCurrency, w.currencies[0], named[0])
	}
	w.currencies = both
	return nil
}

// plain joins the groups into the form that ParseDecimal reads, deciding what each sign between them means.
func (w written) plain(hint Hint) (string, error) {
	thousands, decimals := w.thousands(), w.decimals()
	if point := w.point(hint); point != 0 && len(w.signs) > 0 {
		// The decimal sign is known: it cannot group, and no other can start the decimals.
		sign := w.signs[len(w.signs)-1]
		thousands = thousands && sign != point
		decimals = decimals && sign == point && w.dash == 0
	}
	whole, fraction := strings.Join(w.groups, ""), ""
	if decimals {
		last := len(w.groups) - 1
		whole, fraction = strings.Join(w.groups[:last], ""), w.groups[last]
	}
	switch {
	case thousands && decimals && !w.groupsBy(hint):
		return "", &Ambiguous{Whole: whole + fraction, Decimal: whole + "." + fraction + "0"}
	case thousands:
		return strings.Join(w.groups, ""), nil
	case decimals:
		return whole + "." + fraction, nil
	}
	return "", fmt.Errorf("%w: the signs between the digits group neither thousands nor decimals", ErrFormat)
}

// point is the decimal sign when the text or the hint gives it.
func (w written) point(hint Hint) rune {
	if w.dash != 0 {
		return w.dash
	}
	return hint.point
}

// thousands says whether every sign can be a thousands sign: all alike, three digits after each, at most three before and no leading zero.
func (w written) thousands() bool {
	return len(w.signs) == 0 || grouped(w.groups, w.signs) && w.groups[0][0] != '0'
}

// decimals says whether the last sign can be the decimal sign: it stands once, and what is before it is grouped by another sign or not at all.
func (w written) decimals() bool {
	last := len(w.signs) - 1
	if last < 0 || w.signs[last] != '.' && w.signs[last] != ',' {
		return false
	}
	return last == 0 || grouped(w.groups[:last+1], w.signs[:last]) && w.signs[0] != w.signs[last]
}

func grouped(groups []string, signs []rune) bool {
	if len(groups[0]) > 3 {
		return false
	}
	for i, sign := range signs {
		if sign != signs[0] || len(groups[i+1]) != 3 {
			return false
		}
	}
	return true
}

// groupsBy says whether the currency decides that a sign with three digits after it groups thousands. A hint is the caller's word; of what
// the text itself says only currencies without decimals decide, and the Nordic krónur, which all write decimals after a comma.
func (w written) groupsBy(hint Hint) bool {
	if exp, ok := Exponent(hint.currency); ok {
		return exp < 3
	}
	if len(w.currencies) == 0 {
		return false
	}
	nordic := w.signs[0] == '.'
	whole := true
	for _, code := range w.currencies {
		nordic = nordic && slices.Contains(kronas, code)
		whole = whole && exponents[code] == 0
	}
	return nordic || whole
}

// kronas are the currencies that are all written "kr.".
var kronas = []string{"ISK", "DKK", "NOK", "SEK"}

// currencySigns are the ways currencies are written beside an amount, and which they may mean, the likeliest first.
var currencySigns = map[string][]string{
	"$":      {"USD", "CAD", "AUD", "NZD", "HKD", "SGD", "TWD", "MXN", "ARS", "CLP", "COP", "BSD", "BBD", "BMD", "BND", "BZD", "FJD", "GYD", "JMD", "KYD", "LRD", "NAD", "SBD", "SRD", "TTD", "UYU", "XCD"},
	"us$":    {"USD"},
	"€":      {"EUR"},
	"euro":   {"EUR"},
	"£":      {"GBP", "GIP", "FKP", "SHP", "EGP"},
	"¥":      {"JPY", "CNY"},
	"kr":     kronas,
	"kr.":    kronas,
	"króna":  {"ISK"},
	"krónur": {"ISK"},
	"zł":     {"PLN"},
	"zł.":    {"PLN"},
	"zl":     {"PLN"},
	"₪":      {"ILS"},
	"nis":    {"ILS"},
	`ש"ח`:    {"ILS"},
	"₴":      {"UAH"},
	"грн":    {"UAH"},
	"грн.":   {"UAH"},
}

// currenciesOf is what a sign or an ISO code in any case may mean; nil = it is neither.
func currenciesOf(sign string) []string {
	if named, ok := currencySigns[strings.ToLower(sign)]; ok {
		return named
	}
	code := strings.ToUpper(sign)
	if _, ok := Exponent(code); ok {
		return []string{code}
	}
	return nil
}
