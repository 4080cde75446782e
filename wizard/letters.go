package wizard

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

var plainLetters = strings.NewReplacer("ð", "d", "þ", "th", "æ", "ae", "ø", "o", "ł", "l", "ß", "ss", "œ", "oe", "đ", "d", "ё", "е", "ґ", "г")

// fold is a name without case and accents.
func fold(name string) string {
	var b strings.Builder
	for _, r := range norm.NFD.String(plainLetters.Replace(strings.ToLower(name))) {
		if !unicode.Is(unicode.Mn, r) {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// bare is a name without what people put in brackets behind it: "Сума (грн)" is "Сума". A name that is all in brackets stays.
func bare(name string) string {
	var b strings.Builder
	depth := 0
	for _, r := range name {
		switch {
		case r == '(' || r == '[':
			depth++
		case r == ')' || r == ']':
			depth = max(depth-1, 0)
		case depth == 0:
			b.WriteRune(r)
		}
	}
	if strings.TrimSpace(b.String()) == "" {
		return name
	}
	return b.String()
}

// squash is a name by its letters and digits alone, so that e-mail, E mail and email are the same.
func squash(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || r == '%' {
			return r
		}
		return -1
	}, fold(bare(name)))
}

// split is the words of a name; quotation marks and the like inside a word do not divide it, and a change of case does: customerEmail.
func split(name string) []string {
	var b strings.Builder
	var last rune
	for _, r := range bare(name) {
		switch {
		case r == '\'' || r == '’' || r == '"' || r == '״' || r == '׳':
		case unicode.IsUpper(r) && unicode.IsLower(last):
			b.WriteRune(' ')
			b.WriteRune(r)
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			b.WriteRune(r)
		default:
			b.WriteRune(' ')
		}
		last = r
	}
	return strings.Fields(fold(b.String()))
}

// distance counts the letters to change, add, remove or swap between two words (optimal string alignment); words of very different length are far apart.
func distance(from, to string) int {
	a, b := []rune(from), []rune(to)
	if d := len(a) - len(b); d > 1 || d < -1 || len(a) > 64 {
		return 2
	}
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			change := 1
			if a[i-1] == b[j-1] {
				change = 0
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+change)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}
