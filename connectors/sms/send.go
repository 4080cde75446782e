package sms

import (
	"context"
	"strings"

	"github.com/nyaruka/phonenumbers"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/field"
)

// messageFields are what a text message consists of.
func messageFields() field.Set {
	return field.Set{
		{Key: "to", Type: field.Phone, Label: "Mobile number", Required: true, Default: "{{ sale.customer.phone }}", Example: "+354 611 1234"},
		{Key: "country", Type: field.Text, Label: "Country of the number", Max: "100", Default: "{{ sale.customer.country }}", Example: "IS",
			Help: "Two letters, for a number without its country code. Empty = the country of your business."},
		{Key: "text", Type: field.LongText, Label: "Text", Required: true, Max: "1530", Example: "Fjörður Tours: your invoice {{ steps.invoice.url }}",
			Help: "160 characters are one message, 70 where one is not in the phones' own alphabet (Cyrillic, Hebrew, Polish and Icelandic letters); longer texts cost several."},
		{Key: "sender", Type: field.Text, Label: "Sender", Max: "34", Advanced: true, Help: "Empty = as the account says."},
		{Key: "max_parts", Type: field.Int, Label: "Longest text, in messages", Default: "3", Min: "1", Max: "10", Advanced: true,
			Help: "A text that would cost more is refused before it is sent."},
	}
}

// message is a text message ready to be sent.
type message struct {
	to     string // E.164, with its plus
	sender string
	text   string
	size   size
}

// send sends a text message through the account's service.
func send(ctx context.Context, c *connector.Client, ref tengi.Ref, v field.Values) (tengi.Document, error) {
	to, err := international(v.Text("to"), v.Text("country"), c.Workspace.Country)
	if err != nil {
		return tengi.Document{}, err
	}
	m := message{to: to, sender: v.Text("sender"), text: strings.TrimSpace(strings.ReplaceAll(v.Text("text"), "\r\n", "\n"))}
	if m.sender == "" {
		m.sender = c.Settings.Text("sender")
	}
	if m.text == "" {
		return tengi.Document{}, connector.Refusal("text", "text", "the message has no text")
	}
	if m.size = measure(m.text); int64(m.size.parts) > v.Int("max_parts") {
		return tengi.Document{}, connector.Refusal("too_long", "text", "the text would cost more messages than allowed: shorten it, or raise “Longest text”")
	}
	doc, err := serviceOf(c.Settings).send(ctx, c, ref, m)
	if err != nil {
		return tengi.Document{}, err
	}
	doc.Kind = tengi.Message
	doc.Data = map[string]any{"to": m.to, "characters": m.size.characters, "parts": m.size.parts, "alphabet": m.size.alphabet}
	return doc, nil
}

// refresh asks what has become of a message. One whose id the service never told stays as it is.
func refresh(ctx context.Context, c *connector.Client, doc tengi.Document) (tengi.Document, error) {
	if doc.ExternalID == "" {
		return doc, nil
	}
	status, err := serviceOf(c.Settings).status(ctx, c, doc.ExternalID)
	if err == nil && status != "" {
		doc.Status = status
	}
	return doc, err
}

// international writes a number as E.164 does: a plus, the country code, at most 15 digits. country and home are two letters, or anything that is not.
func international(number, country, home string) (string, error) {
	refuse := connector.Refusal("number", "to", "this is not a whole phone number: write it with its country code, as in +44 20 7946 0000")
	if len(country) != 2 {
		country = home
	}
	if rest, found := strings.CutPrefix(strings.TrimSpace(number), "00"); found {
		number = "+" + rest
	}
	parsed, err := phonenumbers.Parse(number, strings.ToUpper(country))
	if err != nil || !phonenumbers.IsPossibleNumber(parsed) || parsed.GetExtension() != "" {
		return "", refuse
	}
	return phonenumbers.Format(parsed, phonenumbers.E164), nil
}

// digits is a number as SMSAPI and TurboSMS take it: with its country code and without a plus.
func digits(number string) string { return strings.TrimPrefix(number, "+") }
