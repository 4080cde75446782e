package email

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	netmail "net/mail"
	"strings"
	"unicode"
	"unicode/utf8"

	mail "github.com/wneessen/go-mail"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
)

// The envelope of a message stands in the header of its call: who sends, who receives, and the identity by which a repeat is recognised.
const (
	headerFrom      = "Mail-From"
	headerTo        = "Rcpt-To"
	headerMessageID = "Message-Id"
)

// letter is a message before it is bytes.
type letter struct {
	to         netmail.Address
	replyTo    string // empty = the sender
	subject    string
	language   string
	text, html string
	attach     string // address of a PDF to attach; empty = none
	fileName   string
}

// post sends a letter, once.
func post(ctx context.Context, c *connector.Client, ref tengi.Ref, l letter) (tengi.Document, error) {
	if err := l.check(); err != nil {
		return tengi.Document{}, err
	}
	from := plainAddress(c.Settings.Text("from_email"))
	l.to.Address = plainAddress(l.to.Address)
	id := string(ref) + "@" + domainOf(from)
	resp, err := c.Change(ctx, connector.Change{
		Name: "send",
		Request: connector.Request{
			Method: "SMTP", Path: serverOf(c.Settings).url(),
			Header: http.Header{headerFrom: {from}, headerTo: {l.to.Address}, headerMessageID: {id}},
		},
		Compose: func(ctx context.Context) ([]byte, error) { return l.compose(ctx, c, from, id) },
		Via: func(ctx context.Context, call connector.Call) (*connector.Response, error) {
			return deliver(ctx, c, call)
		},
	})
	if err != nil {
		return tengi.Document{}, err
	}
	var answer sent
	if err := json.Unmarshal(resp.Body, &answer); err != nil {
		return tengi.Document{}, fmt.Errorf("email: read the stored answer: %w", err)
	}
	return tengi.Document{
		Kind: tengi.Message, ExternalID: answer.MessageID, Status: "sent",
		Data: map[string]any{"to": l.to.Address, "subject": l.subject, "reply": answer.Reply},
	}, nil
}

// check refuses what would end a line of the message's head and begin another (RFC 5322 section 2.2). The fields refuse it too; this is the last gate.
func (l letter) check() error {
	for _, part := range []struct{ field, text string }{
		{"to", l.to.Address}, {"to_name", l.to.Name}, {"subject", l.subject}, {"customer_email", l.replyTo}, {"number", l.fileName},
	} {
		if strings.ContainsFunc(part.text, func(r rune) bool { return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' }) || !utf8.ValidString(part.text) {
			return connector.Refusal("line_break", part.field, "a line break or another control character does not belong into the head of a message")
		}
	}
	for _, address := range []string{l.to.Address, l.replyTo} {
		if address == "" && address != l.to.Address {
			continue
		}
		if parsed, err := netmail.ParseAddress(address); err != nil || parsed.Address != address {
			return connector.Refusal("address", "to", "this is not one e-mail address")
		}
	}
	if strings.TrimSpace(l.subject) == "" {
		return connector.Refusal("subject", "subject", "the message has no subject")
	}
	return nil
}

// compose writes the message. It runs once for a message that is sent: its bytes are then in the journal.
func (l letter) compose(ctx context.Context, c *connector.Client, from, id string) ([]byte, error) {
	name := c.Settings.Text("from_name")
	if name == "" {
		name = c.Workspace.Name
	}
	m := mail.NewMsg(mail.WithNoDefaultUserAgent(), mail.WithEncoding(mail.EncodingQP))
	m.FromMailAddress(&netmail.Address{Name: name, Address: from})
	m.ToMailAddress(&l.to)
	if answers := replyTo(c.Settings, l.replyTo); answers != "" {
		m.ReplyToMailAddress(&netmail.Address{Address: plainAddress(answers)})
	}
	m.Subject(l.subject)
	m.SetMessageIDWithValue(id)
	m.SetDateWithValue(c.Now().In(c.Zone()))
	m.SetGenHeader("Auto-Submitted", "auto-generated") // automatic answers do not answer it (RFC 3834 section 5)
	m.SetGenHeader("Content-Language", l.language)
	m.SetBodyString(mail.TypeTextPlain, l.text)
	m.AddAlternativeString(mail.TypeTextHTML, l.html)
	if l.attach != "" {
		pdf, err := fetch(ctx, c, l.attach)
		if err != nil {
			return nil, err
		}
		if err := m.AttachReader(l.fileName, bytes.NewReader(pdf), mail.WithFileContentType("application/pdf")); err != nil {
			return nil, fmt.Errorf("email: attach the document: %w", err)
		}
	}
	var out bytes.Buffer
	if _, err := m.WriteTo(&out); err != nil {
		return nil, &connector.Error{Kind: connector.Permanent, Code: "message", Message: "the message cannot be written", Err: err}
	}
	return out.Bytes(), nil
}
