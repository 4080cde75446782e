package store

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/shopspring/decimal"
	"golang.org/x/text/unicode/norm"

	"github.com/tengi/tengi/money"
	"github.com/tengi/tengi/sale"
)

// The bounds of what is known of one event by words: nobody looks for the fortieth, and each costs a place in an index.
const (
	maxWords = 32
	maxWord  = 40 // bytes
)

// wordSet gathers the words of one event. Every word is folded: lower case, without diacritics, letters and digits alone but for e-mail addresses and
// decimals.
type wordSet struct{ list []string }

func (w *wordSet) put(word string) {
	word = cutWord(word)
	if word != "" && len(w.list) < maxWords && !slices.Contains(w.list, word) {
		w.list = append(w.list, word)
	}
}

// cutWord cuts a word to the length that is kept, between two characters.
func cutWord(word string) string {
	if len(word) > maxWord {
		word = strings.ToValidUTF8(word[:maxWord], "")
	}
	return word
}

// text adds what is between blanks, whole and in its parts: "FJO-51654" is found by fjo, 51654 and fjo51654.
func (w *wordSet) text(text string) {
	for chunk := range strings.FieldsSeq(text) {
		if strings.Contains(chunk, "@") {
			w.email(chunk)
			continue
		}
		parts := split(fold(chunk))
		w.put(strings.Join(parts, ""))
		if len(parts) > 1 {
			for _, part := range parts {
				w.put(part)
			}
		}
	}
}

// code adds something that only its owner and machines write: found whole.
func (w *wordSet) code(code string) { w.put(strings.Join(split(fold(code)), "")) }

// email adds an address, whole, so that its beginning finds it too, and the parts of what stands before the @.
func (w *wordSet) email(address string) {
	address = strings.ToLower(strings.TrimSpace(address))
	w.put(strings.Join(strings.Fields(address), ""))
	local, _, _ := strings.Cut(address, "@")
	for _, part := range split(fold(local)) {
		w.put(part)
	}
}

// phone adds a number, turned round, so that it is found with the country's code and without.
func (w *wordSet) phone(number string) {
	if number := turned(number); number != "" {
		w.put(number)
	}
}

// phoneMark begins the words that are telephone numbers.
const phoneMark = "<"

func turned(number string) string {
	digits := strings.TrimLeft(digitsOf(number), "0")
	if len(digits) < 5 {
		return ""
	}
	reversed := []byte(digits)
	slices.Reverse(reversed)
	return phoneMark + string(reversed)
}

// amount adds a sum, as its digits: 24900, 149.5.
func (w *wordSet) amount(a decimal.Decimal) {
	if !a.IsZero() {
		w.put(a.Abs().String())
	}
}

// event adds what an event says: by its sale, or else by the plain values of its data.
func (w *wordSet) event(object string, sold *sale.Sale, data []byte) {
	if sold == nil {
		w.data(data)
	} else {
		w.text(sold.Reference)
		w.text(sold.Customer.Name)
		w.email(sold.Customer.Email)
		w.phone(sold.Customer.Phone)
		w.amount(sold.Total)
	}
	w.code(object[strings.LastIndex(object, "/")+1:])
}

// maxData is how much data is looked at for words, in bytes.
const maxData = 65536

// data adds the short texts and numbers of an object, at its top: a row, a filled form.
func (w *wordSet) data(data []byte) {
	var values map[string]any
	if len(data) > maxData || json.Unmarshal(data, &values) != nil {
		return
	}
	names := make([]string, 0, len(values))
	for name := range values {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names[:min(len(names), 16)] {
		switch value := values[name].(type) {
		case string:
			if len(value) <= 80 && !isMoment(value) {
				w.text(value)
			}
		case float64:
			w.amount(decimal.NewFromFloat(value)) // only looked for, never reckoned with
		}
	}
}

// isMoment says whether a text is a date, or a date with a time: nobody looks for one by a piece of it.
func isMoment(text string) bool {
	if len(text) < len(time.DateOnly) {
		return false
	}
	_, err := time.Parse(time.DateOnly, text[:len(time.DateOnly)])
	return err == nil
}

// fold makes a text the way it is compared: lower case, without diacritics, the letters of our languages that have no parts written as people without
// such a keyboard write them.
func fold(text string) string {
	var folded strings.Builder
	for _, r := range norm.NFKD.String(strings.ToLower(text)) {
		switch {
		case unicode.Is(unicode.Mn, r):
		case foldings[r] != "":
			folded.WriteString(foldings[r])
		default:
			folded.WriteRune(r)
		}
	}
	return folded.String()
}

var foldings = map[rune]string{'ð': "d", 'þ': "th", 'æ': "ae", 'ø': "o", 'ł': "l", 'đ': "d", 'ß': "ss", 'œ': "oe", 'ı': "i"}

// split are the runs of letters and digits of a text.
func split(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

func digitsOf(text string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, text)
}

// alternative is one way in which what somebody typed may be written in the index: as the beginning of a word, or as a whole one.
type alternative struct {
	word  string
	whole bool
}

// bounds are where its words lie in the index.
func (a alternative) bounds() (from, to string) {
	if a.whole {
		return a.word, a.word + " " // comes right after it: no word has a blank in it
	}
	return a.word, a.word + "\U0010FFFF"
}

// pattern finds it in the words of an event, for LIKE.
func (a alternative) pattern() string {
	escaped := strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(a.word)
	if a.whole {
		return "% " + escaped + " %"
	}
	return "% " + escaped + "%"
}

// lookedFor reads what somebody typed: words, all of which an event must have, each in one of its alternatives.
func lookedFor(typed string) (words [][]alternative) {
	typed = strings.TrimSpace(typed)
	if sum := sums(typed); len(strings.Fields(typed)) > 1 && (sum != nil || dialled(typed)) {
		return [][]alternative{append(numbered(typed), sum...)} // "+354 555 0123", "24 900 kr."
	}
	for chunk := range strings.FieldsSeq(typed) {
		var either []alternative
		if digitsOf(chunk) != "" {
			either = append(numbered(chunk), sums(chunk)...)
		}
		if word := strings.Join(split(fold(chunk)), ""); word != "" {
			either = append(either, alternative{word: cutWord(word)})
		}
		if lower := strings.ToLower(chunk); strings.ContainsAny(lower, "@.-_+") && strings.ContainsFunc(lower, unicode.IsLetter) {
			either = append(either, alternative{word: cutWord(lower)}) // an address
		}
		slices.SortFunc(either, func(a, b alternative) int { return strings.Compare(a.word, b.word) })
		either = slices.CompactFunc(either, func(a, b alternative) bool { return a.word == b.word && a.whole == b.whole })
		if len(either) > 0 && len(words) < 8 {
			words = append(words, either)
		}
	}
	return words
}

// dialled says whether a text looks like a telephone number, or any number with signs in it.
func dialled(text string) bool {
	return len(digitsOf(text)) >= 5 && strings.Trim(text, "+0123456789()-./ \u00a0") == ""
}

// numbered are the alternatives of a number: digits, or a telephone number's end.
func numbered(text string) (either []alternative) {
	if !dialled(text) {
		return nil
	}
	either = append(either, alternative{word: digitsOf(text)})
	if number := turned(text); number != "" {
		either = append(either, alternative{word: number})
	}
	return either
}

// sums are the amounts that a text may mean.
func sums(text string) (either []alternative) {
	for _, sign := range []rune{'.', ','} {
		if value, err := money.ParseLocal(text, money.DecimalSign(sign)); err == nil && !value.IsZero() {
			either = append(either, alternative{word: value.Abs().String(), whole: true})
		}
	}
	return either
}
