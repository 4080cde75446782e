package webhook

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"strings"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
)

// The types of the events this connector reports: the prefix, and what the account's template says or "received".
const (
	typePrefix   = "webhook."
	typeReceived = "received"
)

// The longest texts that an account's templates may give.
const (
	maxType   = 100 // characters
	maxObject = 200 // bytes
	maxDedupe = 200 // bytes; a longer one is taken by its hash
)

// receive turns a notice into one event. What cannot be read is kept as an event all the same.
func receive(in *connector.Inbound) ([]tengi.Event, error) {
	if err := verify(in); err != nil {
		return nil, err
	}
	event := tengi.Event{Type: typePrefix + typeReceived, Dedupe: identity(in), ReceivedAt: in.ReceivedAt}
	data, err := read(in)
	if event.Data = data; err == nil {
		err = describe(in, &event)
	}
	if err != nil {
		event.Unreadable = err.Error()
	}
	return []tengi.Event{event}, nil
}

// identity is what a repeat of the notice has in common with it: the sender's own id, else the content.
func identity(in *connector.Inbound) string {
	if in.Settings.Text("scheme") == schemeStandard {
		id, _, _ := standardHeaders(in.Header) // signed, so it is the sender's
		return short(id)
	}
	if len(in.Body) == 0 {
		return digest([]byte(in.Query.Encode()))
	}
	return digest(in.Body)
}

func digest(text []byte) string {
	sum := sha256.Sum256(text)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// short keeps an identity as it is, or its hash when it is too long to be a key.
func short(id string) string {
	if len(id) > maxDedupe {
		return digest([]byte(id))
	}
	return id
}

// describe applies the account's templates. An event keeps what worked before the first that did not.
func describe(in *connector.Inbound, event *tengi.Event) error {
	for _, rule := range []struct {
		key string
		set func(text string)
	}{
		{"dedupe", func(text string) { event.Dedupe = "own:" + short(text) }},
		{"object", func(text string) { event.Object = cutText(text, maxObject) }},
		{"type", func(text string) { event.Type = typePrefix + typeText(text) }},
	} {
		template := in.Settings.Text(rule.key)
		if template == "" {
			continue
		}
		if in.Eval == nil {
			return fmt.Errorf("the account's field %q cannot be worked out here", rule.key)
		}
		text, err := in.Eval(template, event.Data)
		if err != nil {
			return fmt.Errorf("the account's field %q: %w", rule.key, err)
		}
		if text = strings.TrimSpace(text); text != "" {
			rule.set(text)
		}
	}
	return nil
}

// cutText shortens a text to whole characters.
func cutText(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	return strings.ToValidUTF8(text[:limit], "")
}

// typeText makes a text fit for an event's type: "orders/create" is orders.create, "Order Paid!" is order_paid.
func typeText(text string) string {
	var b strings.Builder
	gap := byte(0)
	for _, r := range strings.ToLower(text) {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			if gap != 0 && b.Len() > 0 {
				b.WriteByte(gap)
			}
			gap = 0
			b.WriteRune(r)
		case r == '.', r == '/', r == ':':
			gap = '.'
		case gap == 0:
			gap = '_'
		}
		if b.Len() >= maxType {
			break
		}
	}
	if b.Len() == 0 {
		return typeReceived
	}
	return b.String()
}

// values is a form as an object: a text, or a list of texts where a name came more than once.
func values(form url.Values) map[string]any {
	object := make(map[string]any, len(form))
	for name, texts := range form {
		if len(texts) == 1 {
			object[name] = texts[0]
		} else {
			object[name] = texts
		}
	}
	return object
}
