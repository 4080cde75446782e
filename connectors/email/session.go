package email

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/textproto"
	"os"
	"strings"
	"time"

	"github.com/wneessen/go-mail/smtp"
	"golang.org/x/net/idna"

	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/field"
)

// session is one conversation with the mail server, signed in.
type session struct {
	client *smtp.Client
	conn   net.Conn
	free   func() bool // lets go of the conversation's end
}

// open connects, secures the connection, and signs in. Nothing it does can have sent a message, and its errors say so.
func open(ctx context.Context, c *connector.Client) (_ *session, err error) {
	to := serverOf(c.Settings)
	conn, err := c.Dial(ctx, "tcp", to.address())
	if err != nil {
		return nil, err
	}
	if deadline, ok := ctx.Deadline(); ok {
		_ = conn.SetDeadline(deadline)
	}
	s := &session{conn: conn, free: context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })}
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	config, err := tlsConfig(to.host, c.Settings.Text("certificate"))
	if err != nil {
		return nil, err
	}
	if err := s.greet(ctx, to, config, domainOf(c.Settings.Text("from_email"))); err != nil {
		return nil, err
	}
	if c.Settings.Text("login") == loginNone {
		return s, nil
	}
	return s, s.signIn(to, c.Settings.Text("username"), c.Secret("password"))
}

// greet secures the connection and says hello. A password or a customer's address never crosses the open Internet unencrypted.
func (s *session) greet(ctx context.Context, to server, config *tls.Config, ourName string) error {
	conn := s.conn
	switch to.security {
	case securityPlain:
		if !nearby(conn.RemoteAddr()) {
			return attention("not_private", "the mail server is not in your own network: choose TLS or STARTTLS")
		}
	case securityTLS:
		secure := tls.Client(conn, config)
		if err := secure.HandshakeContext(ctx); err != nil {
			return failed(atConnect, err)
		}
		conn = secure
	}
	client, err := smtp.NewClient(conn, to.host)
	if err != nil {
		return failed(atConnect, err)
	}
	s.client = client
	if err := client.Hello(ourName); err != nil {
		return failed(atConnect, err)
	}
	if to.security != securityStartTLS {
		return nil
	}
	if offered, _ := client.Extension("STARTTLS"); !offered {
		return attention("no_starttls", "the mail server offers no STARTTLS on this port: choose TLS, or another port")
	}
	if err := client.StartTLS(config); err != nil {
		return failed(atConnect, err)
	}
	return nil
}

// signIn proves the login by the best way that the server offers. All of them are sent inside TLS, or in one's own network.
func (s *session) signIn(to server, username, password string) error {
	_, offered := s.client.Extension("AUTH")
	offers := func(name string) bool {
		for mechanism := range strings.FieldsSeq(offered) {
			if strings.EqualFold(mechanism, name) {
				return true
			}
		}
		return false
	}
	var auth smtp.Auth
	switch {
	case offers("PLAIN"):
		auth = smtp.PlainAuth("", username, password, to.host, true)
	case offers("LOGIN"):
		auth = smtp.LoginAuth(username, password, to.host, true)
	case offers("CRAM-MD5"):
		auth = smtp.CRAMMD5Auth(username, password)
	default:
		return attention("no_login", "the mail server offers no login by password here: check the port and the encryption")
	}
	if err := s.client.Auth(auth); err != nil {
		return failed(atLogin, err)
	}
	return nil
}

// tryOut asks whether a message from this address would be taken, and takes it back.
func (s *session) tryOut(from string) error {
	s.client.SkipSMTPUTF8(isASCII(from))
	if err := s.client.Mail("<" + from + ">"); err != nil {
		return failed(atSender, err)
	}
	if err := s.client.Reset(); err != nil {
		return failed(atConnect, err)
	}
	if err := s.client.Noop(); err != nil {
		return failed(atConnect, err)
	}
	return nil
}

// sent is the answer to a message, as the journal keeps it.
type sent struct {
	MessageID string `json:"message_id"`
	Reply     string `json:"reply"` // the server's words, which often name the message in its queue
}

// deliver is the way of a frozen message: the envelope from the call's header, the message from its body.
func deliver(ctx context.Context, c *connector.Client, call connector.Call) (*connector.Response, error) {
	s, err := open(ctx, c)
	if err != nil {
		return said(err), err
	}
	defer s.close()
	reply, err := s.send(call.Header.Get(headerFrom), call.Header.Values(headerTo), call.Body)
	if err != nil {
		return said(err), err
	}
	body, err := json.Marshal(sent{MessageID: call.Header.Get(headerMessageID), Reply: reply})
	if err != nil { // two texts always marshal
		return nil, err
	}
	return &connector.Response{Status: codeDone, Header: http.Header{}, Body: body}, nil
}

// codeDone is SMTP's "Requested mail action okay, completed" (RFC 5321 section 4.2.3).
const codeDone = 250

// said is what the server answered beside an error; nil when it said nothing.
func said(err error) *connector.Response {
	e := connector.AsError(err)
	if e.Status == 0 {
		return nil
	}
	return &connector.Response{Status: e.Status, Header: http.Header{}, Body: []byte(e.Detail)}
}

// send hands a message over. Up to the end of the message every failure means that the server has not taken it: without the last line there is no message
// (RFC 5321 section 4.1.1.4). After it only an answer says what became of it.
func (s *session) send(from string, to []string, message []byte) (reply string, err error) {
	utf8 := !isASCII(from + strings.Join(to, ""))
	if offered, _ := s.client.Extension("SMTPUTF8"); utf8 && !offered {
		return "", connector.Refusal("address", "to", "the mail server takes no addresses with letters beyond a to z")
	}
	s.client.SkipSMTPUTF8(!utf8)
	if err := s.client.Mail("<" + from + ">"); err != nil {
		return "", failed(atSender, err)
	}
	for _, recipient := range to { // all or none: where one is refused, no message is handed over
		if err := s.client.Rcpt("<" + recipient + ">"); err != nil {
			return "", failed(atRecipient, err)
		}
	}
	data, err := s.client.Data()
	if err != nil {
		return "", failed(atMessage, err)
	}
	if _, err := data.Write(message); err != nil {
		return "", failed(atMessage, err) // and the writer is not closed: that would end the message properly
	}
	if err := data.Close(); err != nil {
		return "", failed(atEnd, err)
	}
	if answered, ok := data.(*smtp.DataCloser); ok {
		reply = answered.ServerResponse()
	}
	return reply, nil
}

// close ends the conversation. It does not wait for the server's good-bye, which would say nothing about the message.
func (s *session) close() {
	s.free()
	if s.client != nil {
		_, _ = s.client.Text.Cmd("QUIT")
		_ = s.client.Close()
	}
	_ = s.conn.Close()
}

// tlsConfig trusts the public authorities, or the certificate given in their place.
func tlsConfig(host, certificate string) (*tls.Config, error) {
	config := &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}
	if strings.TrimSpace(certificate) == "" {
		return config, nil
	}
	config.RootCAs = x509.NewCertPool()
	if !config.RootCAs.AppendCertsFromPEM([]byte(certificate)) {
		return nil, attention("certificate", "the certificate of the server is not in PEM form: it begins with -----BEGIN CERTIFICATE-----")
	}
	return config, nil
}

// nearby says whether an address is of this machine or of a private network.
func nearby(address net.Addr) bool {
	at, ok := address.(*net.TCPAddr)
	return ok && (at.IP.IsLoopback() || at.IP.IsPrivate() || at.IP.IsLinkLocalUnicast())
}

// domainOf is the domain of an address, in the letters that every server knows (RFC 5890).
func domainOf(address string) string {
	_, domain, _ := strings.Cut(address, "@")
	if ascii, err := idna.Lookup.ToASCII(domain); err == nil {
		return ascii
	}
	return domain
}

// plainAddress writes the domain of an address in letters that every server knows.
func plainAddress(address string) string {
	local, _, _ := strings.Cut(address, "@")
	return local + "@" + domainOf(address)
}

func isASCII(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r >= 0x80 })
}

// stage is how far a conversation had come.
type stage int

const (
	atConnect   stage = iota
	atLogin           // AUTH
	atSender          // MAIL FROM
	atRecipient       // RCPT TO
	atMessage         // DATA, up to the end of the message
	atEnd             // the end of the message is sent
)

// retryAfter is what a mail server means by "later" when it does not say: greylisting and limits per minute have passed by then (RFC 6647 section 5).
const retryAfter = time.Minute

// failed says what a failure means at a stage. Codes of 400 and above will pass, those of 500 and above will not (RFC 5321 section 4.2.1).
func failed(at stage, err error) *connector.Error {
	reply, ok := errors.AsType[*textproto.Error](err)
	if !ok {
		return broken(at, err)
	}
	e := &connector.Error{Status: reply.Code, Detail: strings.ReplaceAll(reply.Error(), "\n", " ")}
	set := func(kind connector.Kind, code, message string) *connector.Error {
		e.Kind, e.Code, e.Message = kind, code, message
		return e
	}
	switch {
	case at == atEnd && (reply.Code == 421 || reply.Code < 400):
		// 421 is said by a server that goes down. Whether it has kept the message before, it does not say.
		return set(connector.Unknown, connector.CodeAnswerLost, "the mail server broke off after the message was handed over")
	case reply.Code < 500:
		e.RetryAfter = retryAfter
		return set(connector.Temporary, connector.CodeUnavailable, "the mail server asks to come back later")
	case at == atLogin, reply.Code == 530, reply.Code == 535:
		return set(connector.Attention, connector.CodeLogin, "the mail server refused the login: check user name and password")
	case at == atConnect:
		return set(connector.Attention, "server_refused", "the mail server refuses to talk: check host, port and encryption")
	case at == atSender:
		return set(connector.Attention, "sender_refused", "the mail server does not take mail from this sender: check the sender's e-mail")
	case at == atRecipient && !strings.HasPrefix(reply.Msg, "5.7."): // 5.7.x is about permissions (RFC 3463 section 3.8)
		e.Field = "to"
		return set(connector.Permanent, "recipient_refused", "the mail server refused the recipient's address")
	default:
		return set(connector.Permanent, connector.CodeRefused, "the mail server refused the message")
	}
}

// broken says what it means that a conversation ended without an answer.
func broken(at stage, err error) *connector.Error {
	_, untrusted := errors.AsType[*tls.CertificateVerificationError](err)
	_, notTLS := errors.AsType[tls.RecordHeaderError](err)
	err = harmless(err)
	switch {
	case at == atEnd:
		return &connector.Error{Kind: connector.Unknown, Code: connector.CodeAnswerLost, Message: "the message was handed over and no answer came", Err: err}
	case untrusted:
		return &connector.Error{Kind: connector.Attention, Code: "certificate", Message: "the mail server's certificate cannot be trusted", Err: err}
	case notTLS:
		return attention("not_tls", "the mail server does not speak TLS on this port: choose STARTTLS, or another port")
	}
	return &connector.Error{Kind: connector.Temporary, Code: connector.CodeNotSent, RetryAfter: retryAfter,
		Message: "the conversation with the mail server broke off before the message was handed over", Err: err}
}

// harmless is what may be shown and logged of an error: neither addresses nor what the server said, which may name the customer.
func harmless(err error) error {
	if op, ok := errors.AsType[*net.OpError](err); ok {
		return op.Err
	}
	if untrusted, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return untrusted
	}
	for _, plain := range []error{io.EOF, io.ErrUnexpectedEOF, os.ErrDeadlineExceeded, context.DeadlineExceeded, context.Canceled} {
		if errors.Is(err, plain) {
			return plain
		}
	}
	return errors.New("the server does not keep to the protocol")
}

// attention is for a person to mend at the account.
func attention(code, message string) *connector.Error {
	return &connector.Error{Kind: connector.Attention, Code: code, Message: message}
}

// replyTo is where answers go, beside the account's own wish.
func replyTo(settings field.Values, other string) string {
	if address := settings.Text("reply_to"); address != "" && other == "" {
		return address
	}
	return other
}
