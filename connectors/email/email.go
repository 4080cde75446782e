// Package email is the connector for e-mail: messages to a customer with the document that was made, and to the merchant about an order, handed to a mail
// server by SMTP (RFC 5321) as a mail program does it (RFC 6409), over TLS (RFC 8314).
//
// What reaches a person is never repeated blindly. A message is built once and its bytes are journaled, with our reference as its Message-ID; until its
// last line is sent the server has not taken it, afterwards only the server's answer says so. A lost answer asks a person: SMTP has no way to ask what
// became of a message. When that person has it sent again, it goes with the same Message-ID, so that mail programs which compare those show it once.
package email

import (
	"context"
	"embed"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/field"
)

//go:embed setup*.md locale/*.json icon.svg
var files embed.FS

// patience is how long one conversation may take. RFC 5321 section 4.5.3.2 would wait ten minutes for the last answer; the engine's lease is two, and who
// waits longer learns no more than a person does by looking.
const patience = 60 * time.Second

// Connector describes e-mail.
func Connector() *connector.Connector {
	return &connector.Connector{
		Name:    "email",
		Title:   "E-mail",
		Summary: "Sends e-mail through your own mail server: documents to customers, orders to you.",
		Auth: connector.Auth{
			Fields: accountFields(),
			Sign:   sign,
			Check:  check,
		},
		// Mail servers for users count messages per minute and connections at once; a person's mail program stays below this.
		Limits: connector.Limits{Every: time.Second, Burst: 5, InFlight: 2, Timeout: patience},
		Actions: []connector.Action{
			{
				Key:      "mail.customer",
				Title:    "Send an e-mail to the customer",
				Help:     "Sends an invoice, a receipt, a payment request or a cancellation by link, in the customer's language, with the PDF attached if you like.",
				Makes:    tengi.Message,
				Input:    customerFields(),
				Do:       toCustomer,
				TestMark: "subject",
				Recovery: recovery,
			},
			{
				Key:      "mail.merchant",
				Title:    "Send an e-mail to yourself",
				Help:     "Tells you of an order: who, what, how much, and where its document is.",
				Makes:    tengi.Message,
				Input:    merchantFields(),
				Do:       toMerchant,
				TestMark: "subject",
				Recovery: recovery,
			},
		},
		Files: files,
	}
}

const recovery = "A message counts as sent only when the mail server has said so. When that answer is lost after the message was handed over, nothing is sent again: a " +
	"person is asked, who can look into the mail server's sent messages. A message that is sent again carries the same Message-ID, made from our reference."

// The ways of securing the connection.
const (
	securityTLS      = "tls"
	securityStartTLS = "starttls"
	securityPlain    = "plain"
)

// The ways of signing in.
const (
	loginPassword = "password"
	loginNone     = "none"
)

// accountFields are what a mailbox to send from consists of.
func accountFields() field.Set {
	password := &field.Condition{Key: "login", Values: []string{loginPassword}}
	return field.Set{
		{Key: "host", Type: field.Text, Label: "Mail server", Required: true, Max: "253", Pattern: `[\p{L}\p{M}\p{N}.:-]+`, Example: "smtp.example.is",
			Help: "The server for outgoing mail (SMTP), as it stands in the settings of your mail program."},
		{Key: "security", Type: field.Select, Label: "Encryption", Default: securityTLS,
			Help: "Without encryption nothing is sent to the open Internet, only to a server in your own network.",
			Options: []field.Option{
				{Value: securityTLS, Label: "TLS (usually port 465)"},
				{Value: securityStartTLS, Label: "STARTTLS (usually port 587)"},
				{Value: securityPlain, Label: "None, server in my own network"},
			}},
		{Key: "port", Type: field.Int, Label: "Port", Min: "1", Max: "65535", Advanced: true, Help: "Empty = 465 for TLS, 587 for STARTTLS, 25 without encryption."},
		{Key: "login", Type: field.Select, Label: "Login", Default: loginPassword, Advanced: true, Options: []field.Option{
			{Value: loginPassword, Label: "User name and password"},
			{Value: loginNone, Label: "None, server in my own network"},
		}},
		{Key: "username", Type: field.Text, Label: "User name", Required: true, Max: "200", DependsOn: password, Example: "hello@fjordur.example",
			Help: "Most often the whole e-mail address."},
		{Key: "password", Type: field.Text, Label: "Password", Required: true, Secret: true, Max: "500", DependsOn: password,
			Help: "Where your provider has app passwords (Google, Apple, Fastmail), make one for Tengi."},
		{Key: "from_email", Type: field.Email, Label: "Sender's e-mail", Required: true, Example: "hello@fjordur.example",
			Help: "An address that this login may send from."},
		{Key: "from_name", Type: field.Text, Label: "Sender's name", Max: "100", Example: "Fjörður Tours", Help: "Empty = the name of your business."},
		{Key: "reply_to", Type: field.Email, Label: "Answers go to", Help: "Empty = to the sender's e-mail."},
		{Key: "merchant_email", Type: field.Email, Label: "Your own e-mail", Help: "Where messages to yourself go. Empty = to the sender's e-mail."},
		{Key: "attach_hosts", Type: field.Text, Label: "Hosts of documents", Max: "1000", Advanced: true, Example: "invoice.stripe.com, app.payday.is",
			Help: "From where PDF files may be fetched to be attached, with commas between. Empty = from nowhere; documents are sent as links."},
		{Key: "certificate", Type: field.LongText, Label: "Certificate of the server", Max: "20000", Advanced: true,
			Help: "In PEM form, for a server of your own whose certificate no public authority has signed."},
	}
}

// sign adds nothing: what is fetched by HTTP is a document behind a public link. The login goes to the mail server, see [open].
func sign(context.Context, *connector.Client, *http.Request) error { return nil }

// server is where an account's mail is handed over.
type server struct {
	host, security string
	port           int64
}

func serverOf(settings field.Values) server {
	s := server{host: strings.ToLower(strings.TrimSuffix(settings.Text("host"), ".")), security: settings.Text("security"), port: settings.Int("port")}
	if s.port == 0 {
		s.port = map[string]int64{securityTLS: 465, securityStartTLS: 587, securityPlain: 25}[s.security]
	}
	return s
}

// address is host:port.
func (s server) address() string { return net.JoinHostPort(s.host, strconv.FormatInt(s.port, 10)) }

// url names the server in journal and record.
func (s server) url() string {
	if s.security == securityTLS {
		return "smtps://" + s.address()
	}
	return "smtp://" + s.address()
}

// check signs in and asks whether the sender's address may be used, and sends nothing.
func check(ctx context.Context, c *connector.Client) (connector.Identity, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if _, err := hosts(c.Settings.Text("attach_hosts")); err != nil {
		return connector.Identity{}, err
	}
	identity := connector.Identity{Name: c.Settings.Text("from_email")}
	if c.Settings.Text("security") == securityPlain {
		identity.Warnings = []string{"Mail goes to the server without encryption."}
	}
	s, err := open(ctx, c)
	if err != nil {
		return connector.Identity{}, err
	}
	defer s.close()
	return identity, s.tryOut(c.Settings.Text("from_email"))
}
