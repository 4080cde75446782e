package field

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"
)

// maxUnknown is how many unknown keys of one level are named.
const maxUnknown = 20

// unknown reports the keys that are no fields, in the order of the alphabet, each with the field that was probably meant.
func (p *parser) unknown(s Set, raw map[string]any, path string) {
	if len(raw) == 0 {
		return
	}
	var keys []string
	for key := range maps.Keys(raw) {
		if _, ok := s.field(key); !ok {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	for i, key := range keys {
		if i == maxUnknown {
			p.faults = append(p.faults, Fault{Path: path + "…", Code: CodeUnknown, Message: fmt.Sprintf("%d more are no fields here", len(keys)-i)})
			return
		}
		message := "is not a field here"
		if near := s.Nearest(key); near != "" {
			message += "; do you mean " + near + "?"
		}
		p.faults = append(p.faults, Fault{Path: path + ShownName(key), Code: CodeUnknown, Message: message})
	}
}

// ShownName is a name from outside for an error text. What is no name, which is to say anything at all, is not repeated.
func ShownName(name string) string {
	if PlainName(name, 64) {
		return name
	}
	return "(not a name)"
}

// PlainName says whether a text looks like a name: letters and digits of any script, dots, dashes and underscores, at most so many together. A regular
// expression that counts characters of all scripts takes a megabyte of memory.
func PlainName(text string, longest int) bool {
	n := 0
	for _, r := range text {
		if n++; n > longest || !unicode.In(r, unicode.L, unicode.N) && r != '_' && r != '.' && r != '-' {
			return false
		}
	}
	return n > 0
}

// Nearest is the key that a mistyped one probably means: the same but for case and separators, or a few slips away. Empty when none is near.
func (s Set) Nearest(key string) string {
	key = letters(key)
	if key == "" || len(key) > 64 {
		return ""
	}
	best, bestOff := "", max(1, len(key)/3)+1
	for _, f := range s {
		if off := distance(key, letters(f.Key)); off < bestOff {
			best, bestOff = f.Key, off
		}
	}
	return best
}

// letters is a key without case and separators: accessKey, Access-Key and access_key are the same to a person.
func letters(key string) string {
	return strings.ToLower(strings.NewReplacer("_", "", "-", "", " ", "", ".", "").Replace(key))
}

// distance is the Levenshtein distance of two texts: how many letters must be put in, left out or changed.
func distance(a, b string) int {
	from, to := []rune(a), []rune(b)
	row := make([]int, len(to)+1)
	for j := range row {
		row[j] = j
	}
	for i, r := range from {
		diagonal := row[0]
		row[0] = i + 1
		for j, q := range to {
			change := diagonal
			if r != q {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(to)]
}
