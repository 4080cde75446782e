// Package webhook is the connector for any service that can send a notice to an address: a shop, a form, a payment page, a script. One account is
// one such address. What comes in becomes an event whose data is the body: JSON as it stands, forms and XML as an object.
//
// Who sent it is proved by the secret address alone, by a shared token, by an HMAC over the body, or by Standard Webhooks
// (https://www.standardwebhooks.com).
package webhook

import (
	"embed"

	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/field"
)

//go:embed setup*.md locale/*.json icon.svg samples/*.json
var files embed.FS

// Connector describes the generic webhook.
func Connector() *connector.Connector {
	return &connector.Connector{
		Name:    "webhook",
		Title:   "Webhook",
		Summary: "Takes notices from any service that can send them to an address, as JSON, as a form or as XML.",
		Auth:    connector.Auth{Fields: accountFields()},
		Receive: receive,
		Triggers: []connector.Trigger{{
			Key:   "received",
			Title: "Notice received",
			Types: []string{typePrefix + "*"},
		}},
		Files: files,
	}
}

// The ways in which a sender proves that a notice is from it.
const (
	schemeToken    = "token"
	schemeHMAC     = "hmac"
	schemeStandard = "standard"
)

// accountFields are what one address is told.
func accountFields() field.Set {
	only := func(scheme string) *field.Condition { return &field.Condition{Key: "scheme", Values: []string{scheme}} }
	return field.Set{
		{Key: "scheme", Type: field.Select, Label: "How the sender proves itself", Default: schemeToken,
			Help: "The address itself is secret. Choose a signature where the sender offers one: it also proves that nothing was changed on the way.",
			Options: []field.Option{
				{Value: schemeToken, Label: "Secret address, and a token if you set one"},
				{Value: schemeHMAC, Label: "Signature over the body (HMAC)"},
				{Value: schemeStandard, Label: "Standard Webhooks"},
			}},
		{Key: "token", Type: field.Text, Label: "Token", Secret: true, DependsOn: only(schemeToken), Min: "8", Max: "500",
			Help: "When set, every notice must carry it in the header below."},
		{Key: "token_header", Type: field.Text, Label: "Header with the token", Default: "X-Webhook-Token", DependsOn: only(schemeToken), Pattern: headerName, Max: "100",
			Example: "X-Webhook-Token", Help: "In the header Authorization the word Bearer may stand before the token."},
		{Key: "hmac_secret", Type: field.Text, Label: "Signing secret", Secret: true, Required: true, DependsOn: only(schemeHMAC), Min: "8", Max: "500",
			Help: "As the sender shows it, or as you gave it there."},
		{Key: "signature_header", Type: field.Text, Label: "Header with the signature", Default: "X-Signature", DependsOn: only(schemeHMAC), Pattern: headerName, Max: "100",
			Example: "X-Hub-Signature-256"},
		{Key: "algorithm", Type: field.Select, Label: "Algorithm", Default: "sha256", DependsOn: only(schemeHMAC),
			Options: []field.Option{{Value: "sha256", Label: "SHA-256"}, {Value: "sha512", Label: "SHA-512"}, {Value: "sha1", Label: "SHA-1"}}},
		{Key: "encoding", Type: field.Select, Label: "Written as", Default: "hex", DependsOn: only(schemeHMAC),
			Options: []field.Option{{Value: "hex", Label: "Hexadecimal"}, {Value: "base64", Label: "Base64"}}},
		{Key: "prefix", Type: field.Text, Label: "Text before the signature", DependsOn: only(schemeHMAC), Max: "50", Example: "sha256=",
			Help: "Leave empty when the header holds nothing but the signature."},
		{Key: "standard_secret", Type: field.Text, Label: "Signing secret", Secret: true, Required: true, DependsOn: only(schemeStandard), Max: "500",
			Pattern: `(whsec_)?[A-Za-z0-9+/]{8,}={0,2}`, Help: "It begins with whsec_ at most senders."},
		{Key: "dedupe", Type: field.Text, Label: "Identity of a notice", Advanced: true, Template: true, Max: "500", Example: "{{ data.id }}",
			Help: "What is the same when the sender repeats a notice. Empty: the notice's own id where it has one, else its whole content."},
		{Key: "object", Type: field.Text, Label: "What a notice is about", Advanced: true, Template: true, Max: "500", Example: "order/{{ data.order.id }}",
			Help: "Notices about one thing are worked in order, and a cancelled one finds the documents of the first."},
		{Key: "type", Type: field.Text, Label: "Kind of a notice", Advanced: true, Template: true, Max: "500", Example: `{{ header["X-Topic"] }}`,
			Help: "Connections can be told to take only some kinds. Empty: every notice is of the kind received."},
	}
}

// headerName is a header's name as HTTP allows it (RFC 9110 section 5.1).
const headerName = "[A-Za-z0-9!#$%&'*+.^_`|~-]+"
