package setup

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/unicode/norm"

	"github.com/tengi/tengi/field"
)

// longestWord is how long a word from outside may be to be repeated in an error text; a longer or stranger one may be a value in the wrong place.
const longestWord = 40

// shown is a name as error texts repeat it. What is no name, which is to say anything at all, is not repeated.
func shown(name string) string {
	if field.PlainName(name, longestWord) {
		return `"` + name + `"`
	}
	return "this"
}

// nearest is the candidate a person most likely meant, or "".
func nearest(name string, candidates []string) string {
	if len(name) > 64 {
		return ""
	}
	name = letters(name)
	best, least := "", max(1, len(name)/3)+1
	for _, c := range candidates {
		if d := distance(name, letters(c)); d < least {
			best, least = c, d
		}
	}
	return best
}

// letters is a name without case and separators: onCancel, on-cancel and on_cancel are the same to a person.
func letters(name string) string {
	return strings.ToLower(strings.NewReplacer("_", "", "-", "", ".", "", " ", "").Replace(name))
}

// distance counts the letters to change, add or remove between two words (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			changed := diagonal
			if a[i] != b[j] {
				changed++
			}
			diagonal = row[j+1]
			row[j+1] = min(changed, row[j+1]+1, row[j]+1)
		}
	}
	return row[len(b)]
}

// choice says what may be written: `; did you mean "booking"?` when one is near, else which there are.
func choice(name string, all []string) string {
	if near := nearest(name, all); near != "" {
		return `; did you mean "` + near + `"?`
	}
	switch len(all) {
	case 0:
		return ""
	case 1:
		return "; there is " + all[0]
	}
	return "; there are " + strings.Join(all, ", ")
}

// slug makes a key of a name: "Fjörður Tours" becomes "fjordur-tours". It is empty when the name has too few Latin letters to make one.
func slug(name string) string {
	name = latin.Replace(strings.ToLower(name))
	var out strings.Builder
	gap := false
	for _, r := range norm.NFD.String(name) { // a letter comes apart from its accents
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			if gap && out.Len() > 0 {
				out.WriteByte('-')
			}
			gap = false
			out.WriteRune(r)
		case r >= 0x300 && r < 0x370: // an accent
		default:
			gap = true
		}
	}
	s := out.String()
	if len(s) > maxKey {
		s = strings.Trim(s[:maxKey], "-")
	}
	if strings.Trim(s, "0123456789-") == "" {
		return ""
	}
	return s
}

// latin replaces the letters that are not a letter with an accent.
var latin = strings.NewReplacer("ð", "d", "þ", "th", "æ", "ae", "ø", "o", "ł", "l", "ß", "ss", "œ", "oe")

// maxKey is the most letters a key has.
const maxKey = 40

// Keys name things in files, in addresses and in expressions.
var (
	keyPattern  = regexp.MustCompile(`\A[a-z0-9][a-z0-9_-]{0,39}\z`)
	stepPattern = regexp.MustCompile(`\A[a-z][a-z0-9_]{0,39}\z`) // expressions say steps.KEY
)

// unused is the key, with a number behind it where it is taken.
func unused(key string, taken []string) string {
	free := key
	for n := 2; slices.Contains(taken, free); n++ {
		free = key + "-" + strconv.Itoa(n)
	}
	return free
}
