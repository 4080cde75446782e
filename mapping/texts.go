package mapping

import (
	"errors"
	"fmt"
	"strings"
	"unicode"

	"github.com/shopspring/decimal"
	"golang.org/x/text/cases"
	"golang.org/x/text/language"
	"golang.org/x/text/unicode/norm"
)

// textFunctions work in characters, not bytes, and say what they make before they make it, so that no text grows beyond its bound.
var textFunctions = []function{
	{
		Function: Function{
			// Mostly for texts put together by +, which takes no numbers: there it would be the first step to 105 for 10 + 5.
			Name: "text", Group: groupTexts, Signature: "text(x)",
			Help:    "A number, a time or true and false as text.",
			Example: `"Total " + text(sale.total)`, Result: "Total 39800",
		},
		params: []param{{name: "x", kinds: []kind{text, number, moment, boolean, nothing}, want: "a single value"}}, result: text,
		call: func(r *run, a []any) (any, error) { return r.write(a[0]) },
	},
	simpleText("upper", "The text in capital letters.", `upper("ísland")`, "ÍSLAND", strings.ToUpper),
	simpleText("lower", "The text in small letters.", `lower(sale.customer.email)`, "anna@example.is", strings.ToLower),
	simpleText("title", "Every word with a capital letter and small letters behind it.", `title("ANNA LIND")`, "Anna Lind", titleOf),
	simpleText("trim", "The text without blanks at both ends.", `trim("  Anna ")`, "Anna", strings.TrimSpace),
	simpleText("ascii", "The text in plain Latin letters without accents; Ukrainian is spelled as in passports. "+
		"Letters that have no such form are left out.", `ascii("Fjörður, Київ")`, "Fjordur, Kyiv", asciiOf),
	simpleText("slug", "The text as a part of an address: small plain letters, digits and hyphens.", `slug("Golden Circle – júní!")`, "golden-circle-juni", slugOf),
	simpleText("digits", "Only the digits of the text.", `digits("010130-3019")`, "0101303019", digitsOf),
	{
		Function: Function{
			Name: "truncate", Group: groupTexts, Signature: "truncate(x, n)",
			Help:    "At most n characters; a longer text ends with … as the last of them.",
			Example: `truncate("Golden Circle", 7)`, Result: "Golden…",
		},
		params: []param{textParam("x"), numberParam("n")}, result: text,
		call: func(r *run, a []any) (any, error) {
			x := a[0].(string)
			n, err := whole(a[1].(decimal.Decimal))
			switch {
			case err != nil:
				return nil, err
			case n < 0:
				return nil, errors.New("takes a number of characters from 0")
			case len(x) <= n || characters(x) <= n:
				return x, nil
			case n == 0:
				return "", nil
			}
			// Room for the … itself, and no blank before it.
			head := firstCharacters(x, n-1)
			if err := r.grow(len(head)); err != nil {
				return nil, err
			}
			return strings.TrimRightFunc(head, unicode.IsSpace) + "…", nil
		},
	},
	{
		Function: Function{
			Name: "replace", Group: groupTexts, Signature: "replace(x, old, new)",
			Help:    "The text with every old replaced by new.",
			Example: `replace("12-34-56", "-", "/")`, Result: "12/34/56",
		},
		params: []param{textParam("x"), textParam("old"), textParam("new")}, result: text,
		call: func(r *run, a []any) (any, error) {
			// The size of the result is known before it is made.
			x, old, with := a[0].(string), a[1].(string), a[2].(string)
			if old == "" {
				return nil, errors.New("needs to know what to replace; the text is empty")
			}
			if err := r.grow(len(x) + strings.Count(x, old)*max(0, len(with)-len(old))); err != nil {
				return nil, err
			}
			return strings.ReplaceAll(x, old, with), nil
		},
	},
	{
		Function: Function{
			Name: "split", Group: groupTexts, Signature: "split(x, separator)",
			Help:    "The list of the parts between the separators.",
			Example: `split("Reykjavík, Ísland", ", ")[1]`, Result: "Ísland",
		},
		params: []param{textParam("x"), textParam("separator")}, result: list,
		infer: func([]shape) shape { return shape{kind: list, elem: &shape{kind: text}} },
		call: func(r *run, a []any) (any, error) {
			x, sep := a[0].(string), a[1].(string)
			if sep == "" {
				return nil, errors.New("needs a separator; the text is empty")
			}
			// As is the number of parts.
			n := strings.Count(x, sep) + 1
			if n > maxItems {
				return nil, fmt.Errorf("makes a list of more than %d rows", maxItems)
			}
			if err := r.grow(len(x)); err != nil {
				return nil, err
			}
			if err := r.step(n); err != nil {
				return nil, err
			}
			parts := make([]any, 0, n)
			for part := range strings.SplitSeq(x, sep) {
				parts = append(parts, part)
			}
			return parts, nil
		},
	},
	{
		Function: Function{
			// Paid for piece by piece, and ended where it would become too long.
			Name: "join", Group: groupTexts, Signature: `join(list, separator = ", ")`,
			Help:    "The values of a list as one text, the separator between them.",
			Example: `join(map(sale.lines, .text), " / ")`, Result: "Golden Circle / Lunch",
		},
		params: []param{listParam("list"), optional(textParam("separator"))}, result: text,
		call: func(r *run, a []any) (any, error) {
			sep := ", "
			if len(a) > 1 {
				sep = optionalText(a)
			}
			return r.join(a[0], sep)
		},
	},
	search("starts_with", "Whether x begins with part; also x startsWith part.", `starts_with(sale.reference, "FJO-")`, strings.HasPrefix),
	search("ends_with", "Whether x ends with part; also x endsWith part.", `ends_with(sale.reference, "51654")`, strings.HasSuffix),
}

// simpleText is a function from one text to another, which may be up to three times as long.
func simpleText(name, help, example, result string, f func(string) string) function {
	return function{
		Function: Function{Name: name, Group: groupTexts, Signature: name + "(x)", Help: help, Example: example, Result: result},
		params:   []param{textParam("x")}, result: text, cost: 2,
		call: func(r *run, a []any) (any, error) {
			x := a[0].(string)
			if err := r.grow(len(x)); err != nil {
				return nil, err
			}
			// What goes in is bounded, and so what is made of it: no letter becomes longer than three others.
			made := f(x)
			return made, r.grow(len(made))
		},
	}
}

// searches are the operators that look for one text in another. contains is a word of the language and cannot be called like a function.
var searches = map[string]function{
	"contains":   search("contains", "", "", strings.Contains),
	"startsWith": search("startsWith", "", "", strings.HasPrefix),
	"endsWith":   search("endsWith", "", "", strings.HasSuffix),
}

// search is a question whether one text stands in another.
func search(name, help, example string, f func(x, part string) bool) function {
	return function{
		Function: Function{Name: name, Group: groupTexts, Signature: name + "(x, part)", Help: help, Example: example, Result: "true"},
		params:   []param{textParam("x"), textParam("part")}, result: boolean,
		call: func(r *run, a []any) (any, error) {
			x, part := a[0].(string), a[1].(string)
			return f(x, part), r.read(x)
		},
	}
}

// join writes a list into one text and stops before it gets too long.
func (r *run) join(v any, sep string) (any, error) {
	var b strings.Builder
	err := r.each(v, func(i int, elem any) error {
		s, err := r.write(elem)
		if err != nil {
			return fmt.Errorf("meets a row that %w", err)
		}
		if i > 0 {
			s = sep + s
		}
		if b.Len()+len(s) > maxText {
			return errText
		}
		b.WriteString(s)
		return r.grow(len(s))
	})
	return b.String(), err
}

// firstCharacters is the first n characters of a text, or all of it when it has no more.
func firstCharacters(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}

// titleOf makes its own Caser: one must not be shared.
func titleOf(s string) string { return cases.Title(language.Und).String(s) }

// digitsOf keeps 0 to 9; digits of other scripts are no part of numbers that services know.
func digitsOf(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, s)
}

// slugOf joins the words of a text by single hyphens.
func slugOf(s string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(asciiOf(s)) {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			b.WriteRune(r)
		case b.Len() > 0 && r != '\'' && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	return strings.Trim(b.String(), "-")
}

// asciiOf takes letters apart into letter and accent and leaves the accents out; letters that cannot be taken apart stand in a table.
func asciiOf(s string) string {
	var b strings.Builder
	before := ' ' // the letter before, which decides how some are spelled
	for _, r := range s {
		switch plain, ok := plainLetters[r]; {
		case r < unicode.MaxASCII:
			b.WriteRune(r)
		case ukrainianInitial[r] != "" && !unicode.IsLetter(before):
			b.WriteString(ukrainianInitial[r])
		case (r == 'г' || r == 'Г') && (before == 'з' || before == 'З'): // зг is zgh, so that it is not taken for ж
			b.WriteString("gh")
		case ok:
			b.WriteString(plain)
		default:
			for _, part := range norm.NFKD.String(string(r)) {
				if part < unicode.MaxASCII {
					b.WriteRune(part)
				}
			}
		}
		if r != '’' && r != 'ʼ' { // the apostrophe is not written and does not begin a word
			before = r
		}
	}
	return b.String()
}

// plainLetters are the letters Unicode does not take apart. The Ukrainian ones follow the resolution of the Cabinet of Ministers of Ukraine
// No. 55 of 27 January 2010, as passports do.
var plainLetters = map[rune]string{
	'ð': "d", 'Ð': "D", 'þ': "th", 'Þ': "Th", 'æ': "ae", 'Æ': "Ae", 'ø': "o", 'Ø': "O", 'œ': "oe", 'Œ': "Oe",
	'ł': "l", 'Ł': "L", 'đ': "d", 'Đ': "D", 'ß': "ss", 'ı': "i", '–': "-", '—': "-", '“': "\"", '”': "\"", '„': "\"", '‘': "'", '…': "...",
	'а': "a", 'б': "b", 'в': "v", 'г': "h", 'ґ': "g", 'д': "d", 'е': "e", 'є': "ie", 'ж': "zh", 'з': "z", 'и': "y", 'і': "i", 'ї': "i",
	'й': "i", 'к': "k", 'л': "l", 'м': "m", 'н': "n", 'о': "o", 'п': "p", 'р': "r", 'с': "s", 'т': "t", 'у': "u", 'ф': "f", 'х': "kh",
	'ц': "ts", 'ч': "ch", 'ш': "sh", 'щ': "shch", 'ь': "", 'ю': "iu", 'я': "ia",
	'А': "A", 'Б': "B", 'В': "V", 'Г': "H", 'Ґ': "G", 'Д': "D", 'Е': "E", 'Є': "Ie", 'Ж': "Zh", 'З': "Z", 'И': "Y", 'І': "I", 'Ї': "I",
	'Й': "I", 'К': "K", 'Л': "L", 'М': "M", 'Н': "N", 'О': "O", 'П': "P", 'Р': "R", 'С': "S", 'Т': "T", 'У': "U", 'Ф': "F", 'Х': "Kh",
	'Ц': "Ts", 'Ч': "Ch", 'Ш': "Sh", 'Щ': "Shch", 'Ь': "", 'Ю': "Iu", 'Я': "Ia",
}

// ukrainianInitial is how letters are written at the beginning of a word.
var ukrainianInitial = map[rune]string{
	'є': "ye", 'ї': "yi", 'й': "y", 'ю': "yu", 'я': "ya", 'Є': "Ye", 'Ї': "Yi", 'Й': "Y", 'Ю': "Yu", 'Я': "Ya",
}
