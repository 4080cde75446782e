package setup

import (
	"encoding/json"
	"regexp"
	"strconv"
)

// convert turns a node into what field sets and mappings take.
func convert(n *node) any {
	switch n.kind {
	case boolean:
		return n.truth
	case number:
		return numeral(n.text)
	case text:
		return n.text
	case list:
		items := make([]any, len(n.items))
		for i, item := range n.items {
			items[i] = convert(item)
		}
		return items
	case group:
		m := make(map[string]any, len(n.entries))
		for _, e := range n.entries {
			m[e.key] = convert(e.value)
		}
		return m
	default:
		return nil
	}
}

// plainNumeral is a number as JSON writes it.
var plainNumeral = regexp.MustCompile(`\A-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?\z`)

// numeral keeps a number as it is written: as a number where it comes back from JSON the same, else as a text, which fields read exactly.
func numeral(written string) any {
	if plainNumeral.MatchString(written) {
		if f, err := strconv.ParseFloat(written, 64); err == nil && strconv.FormatFloat(f, 'f', -1, 64) == written {
			return json.Number(written)
		}
	}
	return written
}
