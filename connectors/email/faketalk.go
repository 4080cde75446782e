package email

import (
	"bytes"
	"crypto/hmac"
	"crypto/md5" //nolint:gosec // CRAM-MD5 is what the name says (RFC 2195)
	"crypto/tls"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"strings"
	"time"

	"github.com/tengi/tengi/connector/fake"
)

// maxFakeMessage is the longest message taken, in bytes.
const maxFakeMessage = 16 << 20

// errHangUp ends a conversation.
var errHangUp = errors.New("hang up")

// talk is one conversation with the stand-in (RFC 5321 section 4).
type talk struct {
	fake   *Fake
	ended  chan struct{} // closed when the stand-in is stopped
	conn   net.Conn
	text   *textproto.Conn
	config *tls.Config

	hello, secure, known, utf8 bool // said hello, may sign in, signed in, addresses may be in UTF-8
	from                       string
	to                         []string
}

// on goes on over a connection, anew.
func (t *talk) on(conn net.Conn) {
	t.conn, t.text = conn, textproto.NewConn(conn)
	t.hello, t.known, t.from, t.to = false, false, "", nil
}

// hold speaks until one side hangs up.
func (t *talk) hold() {
	if t.fault("connect") != nil || t.say(220, "mail.fjordur.example ESMTP stand-in") != nil {
		return
	}
	for {
		line, err := t.text.ReadLine()
		if err != nil {
			return
		}
		verb, rest, _ := strings.Cut(line, " ")
		if err := t.answer(strings.ToUpper(verb), strings.TrimSpace(rest)); err != nil {
			return
		}
	}
}

// say answers with one line.
func (t *talk) say(code int, words string) error { return t.text.PrintfLine("%d %s", code, words) }

// errAnswered says that a fault has answered in place of the stand-in.
var errAnswered = errors.New("a fault answered")

// fault commits the fault of a point that does not deliver: nil = there is none, errAnswered = the conversation goes on.
func (t *talk) fault(point string) error {
	f, ok := t.fake.meets(point)
	if !ok {
		return nil
	}
	then := func(err error) error {
		if err == nil {
			err = errAnswered
		}
		return err
	}
	switch f.Kind {
	case fake.Refuse:
		return then(t.say(refusal(f), "5.1.1 refused on demand"))
	case fake.RateLimit:
		return then(t.say(451, "4.7.0 slow down"))
	case fake.LoginFails:
		return then(t.say(535, "5.7.8 authentication failed on demand"))
	case fake.Slow, fake.SlowAct:
		t.wait(f.Delay)
		return nil
	case fake.Fail, fake.FailActed, fake.Unavailable:
		_ = t.say(421, "4.3.2 going down")
	}
	return errHangUp
}

// refusal is the code of a refusal: the fault's own where it is said in the words of SMTP.
func refusal(f fake.Fault) int {
	if f.Method == "SMTP" && f.Status >= 400 && f.Status < 600 {
		return f.Status
	}
	return 550
}

// wait waits, or until the stand-in is stopped.
func (t *talk) wait(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-t.ended:
	}
}

// answer answers one command.
func (t *talk) answer(verb, rest string) error {
	switch {
	case verb == "QUIT":
		_ = t.say(221, "2.0.0 bye")
		return errHangUp
	case verb == "EHLO", verb == "HELO":
		return t.ehlo(rest)
	case !t.hello:
		return t.say(503, "5.5.1 say EHLO first")
	case verb == "STARTTLS" && t.config != nil && !t.secure:
		return t.startTLS()
	case verb == "AUTH":
		return t.at("login", func() error { return t.auth(rest) })
	case verb == "NOOP":
		return t.at("noop", func() error { return t.say(250, "2.0.0 OK") })
	case verb == "RSET":
		t.from, t.to = "", nil
		return t.say(250, "2.0.0 OK")
	case !t.known:
		return t.say(530, "5.7.0 authentication required")
	case verb == "MAIL":
		return t.at("sender", func() error { return t.sender(rest) })
	case verb == "RCPT":
		return t.at("recipient", func() error { return t.recipient(rest) })
	case verb == "DATA":
		return t.at("data", t.data)
	}
	return t.say(500, "5.5.2 unknown command")
}

// at does what a command asks for, unless a fault is met there.
func (t *talk) at(point string, do func() error) error {
	switch err := t.fault(point); {
	case errors.Is(err, errAnswered):
		return nil
	case err != nil:
		return err
	}
	return do()
}

func (t *talk) ehlo(name string) error {
	if name == "" {
		return t.say(501, "5.5.4 say who you are")
	}
	t.hello = true
	lines := []string{"mail.fjordur.example"}
	if t.config != nil && !t.secure {
		lines = append(lines, "STARTTLS")
	} else {
		lines = append(lines, "AUTH "+strings.Join(t.fake.login, " "))
	}
	lines = append(lines, "8BITMIME", "ENHANCEDSTATUSCODES", "SMTPUTF8")
	for i, line := range lines {
		sign := "-"
		if i == len(lines)-1 {
			sign = " "
		}
		if err := t.text.PrintfLine("250%s%s", sign, line); err != nil {
			return err
		}
	}
	return nil
}

func (t *talk) startTLS() error {
	if err := t.say(220, "2.0.0 go ahead"); err != nil {
		return err
	}
	t.secure = true
	t.on(tls.Server(t.conn, t.config))
	return nil
}

// auth proves the login (RFC 4954): as PLAIN at once, as LOGIN in two questions, as CRAM-MD5 by a digest.
func (t *talk) auth(rest string) error {
	mechanism, first, _ := strings.Cut(rest, " ")
	mechanism = strings.ToUpper(mechanism)
	if !t.secure {
		return t.say(530, "5.7.0 STARTTLS first")
	}
	offered := " " + strings.Join(t.fake.login, " ") + " "
	if !strings.Contains(offered, " "+mechanism+" ") {
		return t.say(504, "5.5.4 no such mechanism")
	}
	var good bool
	switch mechanism {
	case "PLAIN":
		said, err := base64.StdEncoding.DecodeString(first)
		good = err == nil && string(said) == "\x00"+fakeUser+"\x00"+fakePassword
	case "LOGIN":
		user, err := t.ask("Username:")
		if err != nil {
			return err
		}
		password, err := t.ask("Password:")
		if err != nil {
			return err
		}
		good = user == fakeUser && password == fakePassword
	case "CRAM-MD5":
		const challenge = "<1896.697170952@mail.fjordur.example>"
		said, err := t.ask(challenge)
		if err != nil {
			return err
		}
		mac := hmac.New(md5.New, []byte(fakePassword))
		mac.Write([]byte(challenge))
		good = said == fakeUser+" "+hex.EncodeToString(mac.Sum(nil))
	}
	if !good {
		return t.say(535, "5.7.8 authentication failed")
	}
	t.known = true
	return t.say(235, "2.7.0 welcome")
}

// ask puts a question of a login; an answer that is not base64 is none.
func (t *talk) ask(question string) (string, error) {
	if err := t.say(334, base64.StdEncoding.EncodeToString([]byte(question))); err != nil {
		return "", err
	}
	line, err := t.text.ReadLine()
	if err != nil {
		return "", err
	}
	said, _ := base64.StdEncoding.DecodeString(line)
	return string(said), nil
}

// path reads FROM:<a@b> or TO:<a@b> and what follows it.
func path(rest, name string) (address, parameters string, ok bool) {
	if len(rest) < len(name) || !strings.EqualFold(rest[:len(name)], name) {
		return "", "", false
	}
	address, parameters, ok = strings.Cut(strings.TrimSpace(rest[len(name):]), ">")
	address, begins := strings.CutPrefix(address, "<")
	return address, parameters, ok && begins && strings.Contains(address, "@")
}

func (t *talk) sender(rest string) error {
	from, parameters, ok := path(rest, "FROM:")
	switch {
	case !ok:
		return t.say(501, "5.1.7 not an address")
	case from != fakeUser:
		return t.say(553, "5.7.1 sender address rejected: not owned by user")
	}
	t.from, t.to, t.utf8 = from, nil, strings.Contains(strings.ToUpper(parameters), "SMTPUTF8")
	return t.say(250, "2.1.0 OK")
}

func (t *talk) recipient(rest string) error {
	to, _, ok := path(rest, "TO:")
	switch {
	case t.from == "":
		return t.say(503, "5.5.1 MAIL first")
	case !ok, !t.utf8 && !isASCII(to):
		return t.say(501, "5.1.3 not an address")
	case strings.HasPrefix(to, "nobody@"):
		return t.say(550, "5.1.1 no such user here")
	}
	t.to = append(t.to, to)
	return t.say(250, "2.1.5 OK")
}

// data takes the message, and commits the faults of its end.
func (t *talk) data() error {
	if len(t.to) == 0 {
		return t.say(503, "5.5.1 RCPT first")
	}
	if err := t.say(354, "end with a line that holds nothing but a dot"); err != nil {
		return err
	}
	message, err := io.ReadAll(io.LimitReader(t.text.DotReader(), maxFakeMessage+1))
	if err != nil {
		return err // cut off before its end: there is no message
	}
	if len(message) > maxFakeMessage {
		return errHangUp
	}
	keep := func() (string, error) {
		id, err := t.fake.keep(t.from, t.to, bytes.ReplaceAll(message, []byte("\n"), []byte("\r\n")))
		t.from, t.to = "", nil
		return id, err
	}
	f, met := t.fake.meets("end")
	if met {
		switch f.Kind {
		case fake.Refuse:
			return t.say(max(refusal(f), 400), "5.6.0 refused on demand")
		case fake.RateLimit:
			return t.say(452, "4.3.1 mailbox full for now")
		case fake.Fail, fake.Unavailable:
			_ = t.say(421, "4.3.2 going down")
			return errHangUp
		case fake.FailActed:
			_, _ = keep()
			_ = t.say(421, "4.3.2 going down")
			return errHangUp
		case fake.DropAnswer:
			_, _ = keep()
			return errHangUp
		case fake.SlowAct:
			t.wait(f.Delay)
		case fake.Slow: // waits below
		default:
			return errHangUp
		}
	}
	id, err := keep()
	if err != nil {
		return t.say(554, "5.6.0 "+err.Error())
	}
	if met && f.Kind == fake.Slow {
		t.wait(f.Delay)
	}
	return t.say(250, fmt.Sprintf("2.0.0 OK: queued as %s", id))
}
