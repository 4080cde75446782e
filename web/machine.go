package web

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/tengi/tengi/web/view"
)

// pretty sets out a text of machines so that a person can read it: JSON indented, a form's values one a line. What is no text is told by its size,
// and a long one is cut.
func pretty(text string) string {
	if !utf8.ValidString(text) {
		text = strings.ToValidUTF8(text, "�")
	}
	switch trimmed := strings.TrimSpace(text); {
	case strings.HasPrefix(trimmed, "{") || strings.HasPrefix(trimmed, "["):
		var out bytes.Buffer
		if json.Indent(&out, []byte(trimmed), "", "  ") == nil {
			text = out.String()
		}
	case formBody.MatchString(trimmed):
		lines := strings.Split(trimmed, "&")
		for i, line := range lines {
			if plain, err := url.QueryUnescape(line); err == nil && !strings.ContainsAny(plain, "\r\n") {
				lines[i] = plain
			}
		}
		text = strings.Join(lines, "\n")
	}
	if len(text) > maxBody {
		text = strings.ToValidUTF8(text[:maxBody], "") + "\n…"
	}
	return text
}

// formBody is what a form's body looks like.
var formBody = regexp.MustCompile(`^[\w.\[\]%+-]+=[^\s&=]*(&[\w.\[\]%+-]+(=[^\s&=]*)?)+$`)

// secretName is what a value in a query may be called that nobody should see.
var secretName = regexp.MustCompile(`(?i)token|secret|key|sign|hash|pass|auth`)

// maskQuery hides what may be a secret in a query.
func maskQuery(query string) string {
	if query == "" {
		return ""
	}
	parts := strings.Split(query, "&")
	for i, part := range parts {
		if name, _, ok := strings.Cut(part, "="); ok && secretName.MatchString(name) {
			parts[i] = name + "=••••"
		}
	}
	return strings.Join(parts, "&")
}

// choices are the entries of a map in the order of their names.
func choices(m map[string]string) []view.Choice {
	list := make([]view.Choice, 0, len(m))
	for _, name := range slices.Sorted(maps.Keys(m)) {
		list = append(list, view.Choice{Value: name, Label: m[name]})
	}
	return list
}
