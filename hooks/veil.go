package hooks

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/engine"
	"github.com/tengi/tengi/sale"
)

// mark stands in a stored text where a secret was.
const mark = "••••"

// The shortest secrets that are looked for inside of other texts. A shorter one in a header must be a whole word; in a body, where it would hide
// ordinary words and change what the notice says, it is let be, and so is one of digits alone: it could be an amount.
const (
	minInside = 6
	minInBody = 8
)

// repeats says why a notice's data is not kept.
const repeats = "the notice repeats a secret of its account in a place where it cannot be left out"

// veil keeps what proves a sender out of what is stored: the address's token, the account's secrets, logins.
type veil struct {
	long, short []string // secrets in small letters: those looked for inside of texts, and those that are whole words
	shortest    int      // of the long ones, in bytes
	forms       []string // in which secrets stand in bodies
	closed      bool     // the account's secrets could not be opened, so only names tell where they may stand
}

func newVeil(account *engine.Account, token string) *veil {
	// Every account that takes notices has a token; without it the secrets were not opened.
	v := &veil{closed: account.HookToken == "", shortest: len(token)}
	secrets := append(slices.Collect(maps.Values(account.Secrets)), token, account.HookToken)
	for _, secret := range secrets {
		switch {
		case len(secret) >= minInside:
			v.long = append(v.long, strings.ToLower(secret))
			v.shortest = min(v.shortest, len(secret))
		case secret != "":
			v.short = append(v.short, strings.ToLower(secret))
		}
	}
	v.forms = bodyForms(secrets)
	return v
}

// veils remembers the veil of each account for as long as the account is the same.
type veils struct {
	mu   sync.RWMutex
	made map[string]veiled // by the account's ID
}

type veiled struct {
	account *engine.Account
	veil    *veil
}

func (s *veils) of(account *engine.Account, token string) *veil {
	s.mu.RLock()
	known := s.made[account.ID]
	s.mu.RUnlock()
	if known.account == account {
		return known.veil
	}
	v := newVeil(account, token)
	s.mu.Lock()
	s.made[account.ID] = veiled{account, v}
	s.mu.Unlock()
	return v
}

// bodyForms are secrets as they may stand in bodies, longest first: one may contain another.
func bodyForms(secrets []string) []string {
	var forms []string
	for _, secret := range secrets {
		if len(secret) < minInBody || strings.Trim(secret, "0123456789") == "" {
			continue
		}
		forms = append(forms, secret, url.QueryEscape(secret), url.PathEscape(secret), hex.EncodeToString([]byte(secret)),
			base64.RawStdEncoding.EncodeToString([]byte(secret)), base64.RawURLEncoding.EncodeToString([]byte(secret)))
		forms = append(forms, jsonForms(secret)...)
	}
	slices.SortFunc(forms, func(a, b string) int {
		if len(a) != len(b) {
			return len(b) - len(a)
		}
		return strings.Compare(a, b)
	})
	return slices.Compact(forms)
}

// jsonForms are a text as writers of JSON put it: with or without escapes for markup, for slashes, for all that is not ASCII.
func jsonForms(text string) []string {
	encoded, _ := json.Marshal(text) // a text always encodes
	inner := string(encoded[1 : len(encoded)-1])
	forms := []string{inner, strings.NewReplacer(`\u003c`, "<", `\u003e`, ">", `\u0026`, "&").Replace(inner)}
	for _, form := range forms {
		forms = append(forms, strings.ReplaceAll(form, "/", `\/`))
	}
	for _, form := range forms {
		var ascii strings.Builder
		for _, unit := range utf16.Encode([]rune(form)) {
			if unit < utf8.RuneSelf {
				ascii.WriteByte(byte(unit))
			} else {
				fmt.Fprintf(&ascii, `\u%04x`, unit)
			}
		}
		forms = append(forms, ascii.String())
	}
	return forms
}

// hides says whether a header's or a parameter's text is or holds a secret, plain or encoded.
func (v *veil) hides(text string) bool {
	if v.shows(text) || strings.Contains(text, "%") && v.shows(unescape(text)) {
		return true
	}
	if base64.RawStdEncoding.DecodedLen(len(text)) < v.shortest {
		return false // as nearly every header
	}
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return !isBase64(r) }) {
		if base64.RawStdEncoding.DecodedLen(len(word)) < v.shortest {
			continue // as nearly every word of the others
		}
		if plain, err := hex.DecodeString(word); err == nil && v.shows(string(plain)) {
			return true
		}
		plain, err := base64.RawStdEncoding.DecodeString(strings.ReplaceAll(strings.ReplaceAll(word, "-", "+"), "_", "/"))
		if err == nil && v.shows(string(plain)) {
			return true
		}
	}
	return false
}

// shows says whether a text holds a secret as it is. Case does not count: names of headers and hosts lose theirs.
func (v *veil) shows(text string) bool {
	text = strings.ToLower(text)
	if slices.ContainsFunc(v.long, func(secret string) bool { return strings.Contains(text, secret) }) {
		return true
	}
	if len(v.short) == 0 {
		return false
	}
	words := strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" \t,;:=&\"", r) })
	return slices.ContainsFunc(v.short, func(secret string) bool { return slices.Contains(words, secret) })
}

// isBase64 says whether a character may stand in base64, in either alphabet; hexadecimal digits are among them.
func isBase64(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '+' || r == '/' || r == '-' || r == '_'
}

// unescape resolves the percent signs that mean something and leaves the others.
func unescape(text string) string {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] == '%' && i+2 < len(text) {
			if c, err := hex.DecodeString(text[i+1 : i+3]); err == nil {
				b.Write(c)
				i += 2
				continue
			}
		}
		b.WriteByte(text[i])
	}
	return b.String()
}

// header is a notice's header without logins and secrets.
func (v *veil) header(from http.Header) http.Header {
	kept := make(http.Header, len(from))
	for name, values := range from {
		if isLogin(name) || len(values) == 0 || v.hides(name) || v.hides(strings.Join(values, ", ")) {
			continue
		}
		kept[name] = slices.Clone(values)
	}
	return kept
}

// query is a notice's query without secrets.
func (v *veil) query(from url.Values) url.Values {
	kept := make(url.Values, len(from))
	for name, values := range from {
		if len(values) > 0 && !v.hides(name) && !v.hides(strings.Join(values, ", ")) {
			kept[name] = slices.Clone(values)
		}
	}
	return kept
}

// raw is a notice as it is stored. Beside what is known to be secret, it leaves out what is called so.
func (v *veil) raw(method string, header http.Header, query url.Values, body []byte) tengi.Raw {
	raw := tengi.Raw{Method: method, Header: make(map[string]string, len(header)), Body: body}
	if v.needsCover(body) {
		raw.Body = []byte(v.cover(string(body)))
	}
	for name, values := range header {
		if !v.suspect(name) {
			raw.Header[name] = strings.Join(values, ", ")
		}
	}
	kept := make(url.Values, len(query))
	for name, values := range query {
		if !v.suspect(name) {
			kept[name] = values
		}
	}
	if raw.Query = kept.Encode(); v.hides(raw.Query) { // a secret that was put together from several
		raw.Query = ""
	}
	return raw
}

// isLogin says whether a header is one of HTTP's own for logins. A name that does not come from HTTP's reader need not be canonical.
func isLogin(name string) bool {
	switch http.CanonicalHeaderKey(name) {
	case "Authorization", "Cookie", "Proxy-Authorization", "Set-Cookie":
		return true
	}
	return false
}

// suspect says whether a header or a parameter is called as secrets are. Where the account's secrets could not be opened, more names count:
// better that a person sees less of the notice than that a secret stands in the database in the clear.
func (v *veil) suspect(name string) bool {
	name = strings.ReplaceAll(strings.ReplaceAll(strings.ToLower(name), "-", ""), "_", "")
	called := func(word string) bool { return strings.Contains(name, word) }
	return slices.ContainsFunc(secretNames[:], called) || v.closed && slices.ContainsFunc(doubtfulNames[:], called)
}

// Words in the names of headers and parameters that hold secrets, and in those that may, without what joins words.
var (
	secretNames   = [...]string{"token", "secret", "passw", "apikey", "credential", "cookie", "authorization"}
	doubtfulNames = [...]string{"auth", "key", "sig", "hmac", "session", "pwd", "pass"}
)

// cover puts the mark in the place of every secret in a body, or in a text that a connector made of it.
func (v *veil) cover(text string) string {
	if !slices.ContainsFunc(v.forms, func(form string) bool { return strings.Contains(text, form) }) {
		return text // as nearly always
	}
	pairs := make([]string, 0, 2*len(v.forms))
	for _, form := range v.forms {
		pairs = append(pairs, form, mark)
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// needsCover says whether cover would change a text, without the copy of it that a string of it is.
func (v *veil) needsCover(text []byte) bool {
	return slices.ContainsFunc(v.forms, func(form string) bool { return bytes.Contains(text, []byte(form)) })
}

// event covers everything that an event says.
func (v *veil) event(e *tengi.Event) {
	for _, text := range []*string{&e.Type, &e.Object, &e.Dedupe, &e.Unreadable} {
		*text = v.cover(*text)
	}
	if v.needsCover(e.Data) {
		if e.Data = json.RawMessage(v.cover(string(e.Data))); !json.Valid(e.Data) {
			e.Data, e.Sale, e.Unreadable = nil, nil, repeats
		}
	}
	if e.Sale == nil {
		return
	}
	text, err := json.Marshal(e.Sale)
	if err != nil || v.cover(string(text)) == string(text) {
		return // what cannot be encoded cannot be stored either, and the store says so
	}
	covered := new(sale.Sale)
	if e.Sale = covered; json.Unmarshal([]byte(v.cover(string(text))), covered) != nil {
		e.Data, e.Sale, e.Unreadable = nil, nil, repeats
	}
}
