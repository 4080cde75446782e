package connector

import (
	"bytes"
	"encoding/json"
	"net/url"
	"sort"
	"strings"
	"unicode/utf8"
)

// secretMark stands where a secret is.
const secretMark = "••••"

// minSecret is the shortest value that is masked and refused in stored requests: a shorter one would hide ordinary words.
const minSecret = 6

// masks knows the secrets of an account in every form in which they turn up in requests and answers.
type masks struct {
	forms    []secretForm // longest first: one may contain another
	replacer *strings.Replacer
}

type secretForm struct{ key, text string }

func newMasks(secrets map[string]string) *masks {
	m := &masks{}
	for key, value := range secrets {
		if len(value) < minSecret {
			continue
		}
		seen := map[string]bool{}
		for _, text := range []string{value, jsonText(value), url.QueryEscape(value), url.PathEscape(value)} {
			if !seen[text] {
				seen[text] = true
				m.forms = append(m.forms, secretForm{key, text})
			}
		}
	}
	sort.Slice(m.forms, func(i, j int) bool {
		a, b := m.forms[i], m.forms[j]
		if len(a.text) != len(b.text) {
			return len(a.text) > len(b.text)
		}
		return a.text < b.text
	})
	pairs := make([]string, 0, 2*len(m.forms))
	for _, form := range m.forms {
		pairs = append(pairs, form.text, secretMark)
	}
	m.replacer = strings.NewReplacer(pairs...)
	return m
}

// jsonText is how a value stands inside a JSON text.
func jsonText(value string) string {
	text, err := json.Marshal(value)
	if err != nil { // a string always marshals
		return value
	}
	return string(text[1 : len(text)-1])
}

// mask replaces every secret in text.
func (m *masks) mask(text string) string { return m.replacer.Replace(text) }

// body is a body as a person may see it: as text, masked, at most limit bytes and a mark that there was more. A secret that the limit cuts in
// two leaves nothing of itself behind.
func (m *masks) body(body []byte, limit int) string {
	text, cut := capText(body, limit)
	text = m.mask(text)
	if !cut {
		return text
	}
	for _, form := range m.forms {
		for n := min(len(form.text)-1, len(text)); n > 0; n-- {
			if strings.HasSuffix(text, form.text[:n]) {
				text = text[:len(text)-n]
				break
			}
		}
	}
	return text + "…"
}

// find names the secret that stands in text.
func (m *masks) find(text []byte) (key string, found bool) {
	for _, form := range m.forms {
		if bytes.Contains(text, []byte(form.text)) {
			return form.key, true
		}
	}
	return "", false
}

// capText is the beginning of a body as text, cut at a rune's border.
func capText(body []byte, limit int) (text string, cut bool) {
	if cut = len(body) > limit; cut {
		body = body[:limit]
		for range utf8.UTFMax - 1 { // a rune cut in two
			if r, size := utf8.DecodeLastRune(body); r != utf8.RuneError || size != 1 {
				break
			}
			body = body[:len(body)-1]
		}
	}
	return strings.ToValidUTF8(string(body), "�"), cut
}
