package money

import (
	"strings"

	"github.com/shopspring/decimal"
)

// The signs that formats need and that do not show in a source text.
const (
	nbsp = "\u00a0" // no-break space
	lrm  = "\u200e" // left-to-right mark
	rlm  = "\u200f" // right-to-left mark
)

// pattern is how one language writes an amount. Values are those of Unicode CLDR 48 (https://cldr.unicode.org).
type pattern struct {
	group, point string
	minus        string
	start        string // before the minus and the number
	symbolFirst  bool
	gap          string // between number and symbol
	codeGap      string // the same when the symbol is a code of letters
	least        int    // fewest digits before the point at which thousands are grouped
	symbols      map[string]string
}

var patterns = map[string]pattern{
	"en": {group: ",", point: ".", minus: "-", symbolFirst: true, codeGap: nbsp, least: 4,
		symbols: map[string]string{"EUR": "€", "GBP": "£", "ILS": "₪", "JPY": "¥", "USD": "$"}},
	"he": {group: ",", point: ".", minus: lrm + "-", start: rlm, gap: nbsp + rlm, codeGap: nbsp + rlm, least: 4,
		symbols: map[string]string{"EUR": "€", "GBP": "£", "ILS": "₪", "JPY": "¥", "USD": "$"}},
	"is": {group: ".", point: ",", minus: "-", gap: nbsp, codeGap: nbsp, least: 4,
		symbols: map[string]string{"ILS": "₪", "ISK": "kr."}},
	"pl": {group: nbsp, point: ",", minus: "-", gap: nbsp, codeGap: nbsp, least: 5,
		symbols: map[string]string{"EUR": "€", "PLN": "zł"}},
	"uk": {group: nbsp, point: ",", minus: "-", gap: nbsp, codeGap: nbsp, least: 4,
		symbols: map[string]string{"UAH": "₴"}},
}

// Format writes an amount for people who read lang (en, he, is, pl, uk; a region after it, as in "is-IS", is ignored, any other language
// is written as en): "24.900 kr.", "1234,57 zł". Blanks are no-break spaces, and Hebrew carries the direction marks it needs inside other text.
//
// It never rounds: an amount with more decimals than its currency shows them all, so that nobody wonders why it was refused.
func Format(a Amount, lang string) string {
	if absurd(a.Value) {
		return a.String()
	}
	p := patternOf(lang)
	minus, number := p.write(a.number())
	symbol, gap := p.symbols[a.Currency], p.gap
	if symbol == "" {
		symbol, gap = a.Currency, p.codeGap
	}
	switch {
	case symbol == "":
		return p.start + minus + number
	case p.symbolFirst:
		return p.start + minus + symbol + gap + number
	}
	return p.start + minus + number + gap + symbol
}

// FormatNumber writes a plain number for people who read lang, with all its decimals: "1.234,5".
func FormatNumber(d decimal.Decimal, lang string) string {
	if absurd(d) {
		return Amount{Value: d}.String()
	}
	minus, number := patternOf(lang).write(d.String())
	return minus + number
}

func patternOf(lang string) pattern {
	lang, _, _ = strings.Cut(strings.ReplaceAll(lang, "_", "-"), "-")
	if p, ok := patterns[lang]; ok {
		return p
	}
	return patterns["en"]
}

// write sets a number's digits in the language's way, apart from its minus.
func (p pattern) write(text string) (minus, number string) {
	digits, negative := strings.CutPrefix(text, "-")
	whole, fraction, point := strings.Cut(digits, ".")
	number = groupThousands(whole, p.group, p.least)
	if point {
		number += p.point + fraction
	}
	if negative {
		minus = p.minus
	}
	return minus, number
}

// number is the value with as many decimals as the currency has, or more when it has more.
func (a Amount) number() string {
	exp, _ := Exponent(a.Currency)
	if text := a.Value.String(); decimals(text) > exp {
		return text
	}
	return a.Value.StringFixed(exp)
}

// decimals counts the digits behind the point; String has already dropped trailing zeros.
func decimals(text string) int32 {
	_, fraction, _ := strings.Cut(text, ".")
	return int32(len(fraction))
}

// groupThousands puts a sign between each three digits of a whole number that has at least the given number of digits.
func groupThousands(digits, sign string, least int) string {
	if len(digits) < least {
		return digits
	}
	var out strings.Builder
	for i, digit := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			out.WriteString(sign)
		}
		out.WriteRune(digit)
	}
	return out.String()
}
