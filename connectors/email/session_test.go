package email

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/connector/connectortest"
	"github.com/tengi/tengi/connector/fake"
	"github.com/tengi/tengi/field"
)

// values are the parsed values of an action, as the engine gives them.
func values(t testing.TB, set field.Set, raw map[string]any, changes map[string]any) field.Values {
	t.Helper()
	for key, value := range changes {
		raw[key] = value
	}
	parsed, faults := set.Parse(raw)
	if err := faults.Err(); err != nil {
		t.Fatal(err)
	}
	return parsed
}

// sendInvoice sends the sample invoice, or what it becomes by the changes.
func sendInvoice(t testing.TB, svc *Fake, changes map[string]any, opts ...connectortest.Option) (tengi.Document, error) {
	t.Helper()
	return toCustomer(t.Context(), connectortest.Client(t, Connector(), svc, opts...), connectortest.Ref, values(t, customerFields(), invoice(), changes))
}

// TestStages: whatever goes wrong up to the end of the message, nothing was sent; afterwards only an answer says so.
func TestStages(t *testing.T) {
	t.Parallel()
	smtp := func(kind fake.FaultKind, point string, status int) fake.Fault {
		return fake.Fault{Kind: kind, Method: "SMTP", Path: point, Status: status}
	}
	for _, c := range []struct {
		name  string
		fault fake.Fault
		kind  connector.Kind
		code  string
		field string
		state tengi.CallState
		sent  int
	}{
		{"not at home", smtp(fake.Unavailable, "connect", 0), connector.Temporary, connector.CodeUnavailable, "", tengi.CallUnacted, 0},
		{"hangs up at once", smtp(fake.DropRequest, "connect", 0), connector.Temporary, connector.CodeNotSent, "", tengi.CallUnacted, 0},
		{"no service", smtp(fake.Refuse, "connect", 554), connector.Attention, "server_refused", "", tengi.CallUnacted, 0},
		{"login refused", smtp(fake.LoginFails, "login", 0), connector.Attention, connector.CodeLogin, "", tengi.CallUnacted, 0},
		{"login fails for now", smtp(fake.Refuse, "login", 454), connector.Temporary, connector.CodeUnavailable, "", tengi.CallUnacted, 0},
		{"hangs up at the login", smtp(fake.DropRequest, "login", 0), connector.Temporary, connector.CodeNotSent, "", tengi.CallUnacted, 0},
		{"sender refused", smtp(fake.Refuse, "sender", 553), connector.Attention, "sender_refused", "", tengi.CallUnacted, 0},
		{"login wanted at the sender", smtp(fake.Refuse, "sender", 530), connector.Attention, connector.CodeLogin, "", tengi.CallUnacted, 0},
		{"sender for now", smtp(fake.Refuse, "sender", 451), connector.Temporary, connector.CodeUnavailable, "", tengi.CallUnacted, 0},
		{"recipient refused", smtp(fake.Refuse, "recipient", 550), connector.Permanent, "recipient_refused", "to", tengi.CallRefused, 0},
		{"greylisted", smtp(fake.Refuse, "recipient", 450), connector.Temporary, connector.CodeUnavailable, "", tengi.CallUnacted, 0},
		{"hangs up at the recipient", smtp(fake.DropRequest, "recipient", 0), connector.Temporary, connector.CodeNotSent, "", tengi.CallUnacted, 0},
		{"data refused", smtp(fake.Refuse, "data", 554), connector.Permanent, connector.CodeRefused, "", tengi.CallRefused, 0},
		{"hangs up before the message", smtp(fake.DropRequest, "data", 0), connector.Temporary, connector.CodeNotSent, "", tengi.CallUnacted, 0},
		{"message refused", smtp(fake.Refuse, "end", 554), connector.Permanent, connector.CodeRefused, "", tengi.CallRefused, 0},
		{"message refused for now", smtp(fake.Refuse, "end", 452), connector.Temporary, connector.CodeUnavailable, "", tengi.CallUnacted, 0},
		{"goes down after the message", smtp(fake.Fail, "end", 0), connector.Unknown, connector.CodeAskPerson, "", tengi.CallOpen, 0},
		{"takes it and goes down", smtp(fake.FailActed, "end", 0), connector.Unknown, connector.CodeAskPerson, "", tengi.CallOpen, 1},
		{"hangs up after the message", smtp(fake.DropRequest, "end", 0), connector.Unknown, connector.CodeAskPerson, "", tengi.CallOpen, 0},
		{"takes it and hangs up", smtp(fake.DropAnswer, "end", 0), connector.Unknown, connector.CodeAskPerson, "", tengi.CallOpen, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			svc, journal := NewFake(), connectortest.NewJournal()
			svc.Faults().Add(c.fault)
			_, err := sendInvoice(t, svc, nil, connectortest.WithJournal(journal))
			e := connector.AsError(err)
			if err == nil || e.Kind != c.kind || e.Code != c.code || e.Field != c.field || e.Message == "" {
				t.Errorf("%s %s %q: %v, want %s %s %q", e.Kind, e.Code, e.Field, err, c.kind, c.code, c.field)
			}
			if strings.Contains(e.Error(), "anna@") {
				t.Errorf("the error names the customer: %v", e)
			}
			if e.Kind == connector.Temporary && e.RetryAfter < time.Second {
				t.Errorf("it would be tried again after %s", e.RetryAfter)
			}
			if calls := journal.Calls(); len(calls) != 1 || calls[0].State != c.state {
				t.Errorf("journal %+v", calls)
			}
			if n := len(svc.Mail()); n != c.sent {
				t.Errorf("%d messages in the mailbox, want %d", n, c.sent)
			}
		})
	}
}

// TestAgain: a person has it sent again, and it is the same message by its bytes and its Message-ID.
func TestAgain(t *testing.T) {
	t.Parallel()
	svc, journal, clock := NewFake(), connectortest.NewJournal(), connectortest.NewClock()
	svc.Faults().Add(fake.Fault{Kind: fake.DropAnswer})
	opts := []connectortest.Option{connectortest.WithJournal(journal), connectortest.WithClock(clock)}
	if _, err := sendInvoice(t, svc, nil, opts...); connector.AsError(err).Code != connector.CodeAskPerson {
		t.Fatal(err)
	}
	clock.Advance(72 * time.Hour)
	if _, err := sendInvoice(t, svc, nil, opts...); connector.AsError(err).Code != connector.CodeAskPerson || len(svc.Mail()) != 1 {
		t.Fatalf("%v, %d messages", err, len(svc.Mail()))
	}
	call := journal.Calls()[0]
	call.State = connector.CallUnacted // as the engine does it when a person says that it was not sent
	journal.Note(call)
	doc, err := sendInvoice(t, svc, map[string]any{"text": "Something else by now."}, opts...)
	if err != nil {
		t.Fatal(err)
	}
	mail := svc.Mail()
	if len(mail) != 2 || !bytes.Equal(mail[0].Raw, mail[1].Raw) || mail[0].MessageID != "tengi-test-0001@fjordur.example" || doc.ExternalID != mail[1].MessageID {
		t.Errorf("%d messages, ids %q, document %+v", len(mail), mail[0].MessageID, doc)
	}
	if doc.Data["reply"] != "2.0.0 OK: queued as 5A000002" {
		t.Errorf("the server said %v", doc.Data["reply"])
	}
}

// TestSecurity: each encryption and each way of signing in works, and what is not secure is refused.
func TestSecurity(t *testing.T) {
	t.Parallel()
	set := connectortest.WithSetting
	for _, c := range []struct {
		name, security string
		mechanisms     []string
		opts           []connectortest.Option
		code           string // of the error; empty = it passes
		kind           connector.Kind
	}{
		{"tls", securityTLS, []string{"PLAIN"}, nil, "", 0},
		{"starttls", securityStartTLS, []string{"PLAIN", "LOGIN"}, nil, "", 0},
		{"plain", securityPlain, []string{"PLAIN"}, nil, "", 0},
		{"login mechanism", securityStartTLS, []string{"LOGIN"}, nil, "", 0},
		{"digest", securityPlain, []string{"XOAUTH2", "CRAM-MD5"}, nil, "", 0},
		{"no mechanism", securityTLS, []string{"XOAUTH2"}, nil, "no_login", connector.Attention},
		{"unknown authority", securityTLS, []string{"PLAIN"}, []connectortest.Option{set("certificate", nil)}, "certificate", connector.Attention},
		{"unknown authority, starttls", securityStartTLS, []string{"PLAIN"}, []connectortest.Option{set("certificate", nil)}, "certificate", connector.Attention},
		{"certificate of another host", securityTLS, []string{"PLAIN"}, []connectortest.Option{set("host", "localhost")}, "certificate", connector.Attention},
		{"not a certificate", securityTLS, []string{"PLAIN"}, []connectortest.Option{set("certificate", "hello")}, "certificate", connector.Attention},
		{"no starttls there", securityPlain, []string{"PLAIN"}, []connectortest.Option{set("security", securityStartTLS)}, "no_starttls", connector.Attention},
		{"no tls there", securityPlain, []string{"PLAIN"}, []connectortest.Option{set("security", securityTLS)}, "not_tls", connector.Attention},
		{"other password", securityTLS, []string{"PLAIN"}, []connectortest.Option{connectortest.WithSecret("password", "another")}, connector.CodeLogin, connector.Attention},
		{"other password, login", securityTLS, []string{"LOGIN"}, []connectortest.Option{connectortest.WithSecret("password", "another")}, connector.CodeLogin, connector.Attention},
		{"other password, digest", securityTLS, []string{"CRAM-MD5"}, []connectortest.Option{connectortest.WithSecret("password", "another")}, connector.CodeLogin, connector.Attention},
		{"no login where one is wanted", securityTLS, []string{"PLAIN"}, []connectortest.Option{set("login", loginNone)}, connector.CodeLogin, connector.Attention},
		{"another sender", securityTLS, []string{"PLAIN"}, []connectortest.Option{set("from_email", "boss@other.example")}, "sender_refused", connector.Attention},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			svc := NewFakeWith(c.security, c.mechanisms...)
			client := connectortest.Client(t, Connector(), svc, c.opts...)
			identity, err := check(t.Context(), client)
			_, sending := toCustomer(t.Context(), client, connectortest.Ref, values(t, customerFields(), invoice(), nil))
			for what, err := range map[string]error{"check": err, "send": sending} {
				if e := connector.AsError(err); c.code == "" && err != nil || c.code != "" && (err == nil || e.Code != c.code || e.Kind != c.kind) {
					t.Errorf("%s: %s %s: %v, want %s %s", what, e.Kind, e.Code, err, c.kind, c.code)
				}
			}
			if c.code == "" && (identity.Name != fakeUser || (len(identity.Warnings) > 0) != (c.security == securityPlain)) {
				t.Errorf("identity %+v", identity)
			}
			if n := len(svc.Mail()); (n == 1) != (c.code == "") {
				t.Errorf("%d messages in the mailbox", n)
			}
		})
	}
}

// pipe is a connection whose other end is the test's, under an address of the test's.
type pipe struct {
	net.Conn
	at net.Addr
}

func (p pipe) RemoteAddr() net.Addr { return p.at }

// piped dials a server that is a function of the test.
func piped(at net.IP, serve func(*bufio.Reader, net.Conn)) connectortest.Option {
	return connectortest.WithDial(func(context.Context, string, string) (net.Conn, error) {
		ours, theirs := net.Pipe()
		go func() { // ends with its connection, which the client closes
			defer theirs.Close()
			serve(bufio.NewReader(theirs), theirs)
		}()
		return pipe{ours, &net.TCPAddr{IP: at, Port: 25}}, nil
	})
}

// TestBreaksInTheMessage: a connection that breaks while the message is written has brought no message.
func TestBreaksInTheMessage(t *testing.T) {
	t.Parallel()
	journal := connectortest.NewJournal()
	_, err := sendInvoice(t, NewFake(), map[string]any{"text": strings.Repeat("A long story. ", 1000)}, connectortest.WithJournal(journal), connectortest.WithSetting("login", loginNone),
		piped(net.IPv4(10, 0, 0, 9), func(r *bufio.Reader, conn net.Conn) {
			_, _ = io.WriteString(conn, "220 hi\r\n")
			for {
				line, err := r.ReadString('\n')
				if err != nil {
					return
				}
				if strings.HasPrefix(line, "DATA") {
					_, _ = io.WriteString(conn, "354 go\r\n")
					_, _ = r.ReadString('\n')
					return
				}
				_, _ = io.WriteString(conn, "250 ok\r\n")
			}
		}))
	if e := connector.AsError(err); e.Kind != connector.Temporary || e.Code != connector.CodeNotSent {
		t.Errorf("%s %s: %v", e.Kind, e.Code, err)
	}
	if call := journal.Calls()[0]; call.State != connector.CallUnacted {
		t.Errorf("the call is %s", call.State)
	}
}

// TestPlainStaysAtHome: without encryption nothing is said to a server on the open Internet.
func TestPlainStaysAtHome(t *testing.T) {
	t.Parallel()
	for at, home := range map[string]bool{
		"127.0.0.1": true, "10.1.2.3": true, "192.168.7.1": true, "172.16.0.1": true, "169.254.1.1": true, "::1": true, "fd00::1": true,
		"93.184.216.34": false, "172.32.0.1": false, "2606:2800:220:1::1": false, "100.64.0.1": false,
	} {
		if got := nearby(&net.TCPAddr{IP: net.ParseIP(at), Port: 25}); got != home {
			t.Errorf("%s: %v, want %v", at, got, home)
		}
	}
	if nearby(&net.UnixAddr{Name: "/x"}) {
		t.Error("what is no address of IP counts as near")
	}
	heard := make(chan string, 1)
	_, err := sendInvoice(t, NewFake(), nil, piped(net.IPv4(93, 184, 216, 34), func(r *bufio.Reader, _ net.Conn) {
		line, _ := r.ReadString('\n')
		heard <- line
	}))
	if e := connector.AsError(err); e.Kind != connector.Attention || e.Code != "not_private" {
		t.Errorf("%s %s: %v", e.Kind, e.Code, err)
	}
	if line := <-heard; line != "" {
		t.Errorf("it was told %q", line)
	}
}

// TestEnds: who waits for the server's answer stops waiting when the work is ended; what then became of the message is not known.
func TestEnds(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	client := connectortest.Client(t, Connector(), NewFake(), connectortest.WithSetting("login", loginNone),
		piped(net.IPv4(127, 0, 0, 1), func(r *bufio.Reader, conn net.Conn) {
			_, _ = io.WriteString(conn, "220 hi\r\n")
			for {
				line, err := r.ReadString('\n')
				switch {
				case err != nil:
					return
				case strings.HasPrefix(line, "DATA"):
					_, _ = io.WriteString(conn, "354 go\r\n")
					for line != ".\r\n" && err == nil {
						line, err = r.ReadString('\n')
					}
					cancel() // and never an answer
				default:
					_, _ = io.WriteString(conn, "250 ok\r\n")
				}
			}
		}))
	_, err := toCustomer(ctx, client, connectortest.Ref, values(t, customerFields(), invoice(), nil))
	if e := connector.AsError(err); e.Kind != connector.Unknown || e.Code != connector.CodeAskPerson {
		t.Errorf("%s %s: %v", e.Kind, e.Code, err)
	}
}

// TestStrange: servers that do not keep to the protocol.
func TestStrange(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		end  string
		kind connector.Kind
	}{
		"answers nonsense at the end": {"what, anna@example.com?\r\n", connector.Unknown},
		"an unheard-of success":       {"251 will forward\r\n", connector.Unknown},
		"goes on asking":              {"354 more\r\n", connector.Unknown},
		"many lines":                  {"250-2.0.0 well\r\n250 done\r\n", -1},
		"refuses in many lines":       {"550-5.7.1 spam\r\n550 go away\r\n", connector.Permanent},
	} {
		_, err := sendInvoice(t, NewFake(), nil, connectortest.WithSetting("login", loginNone), piped(net.IPv4(127, 0, 0, 1), func(r *bufio.Reader, conn net.Conn) {
			_, _ = io.WriteString(conn, "220 hi\r\n")
			for {
				line, err := r.ReadString('\n')
				switch {
				case err != nil:
					return
				case strings.HasPrefix(line, "DATA"):
					_, _ = io.WriteString(conn, "354 go\r\n")
					for line != ".\r\n" && err == nil {
						line, err = r.ReadString('\n')
					}
					_, _ = io.WriteString(conn, c.end)
				default:
					_, _ = io.WriteString(conn, "250 ok\r\n")
				}
			}
		}))
		if e := connector.AsError(err); (c.kind < 0) != (err == nil) || err != nil && (e.Kind != c.kind || strings.Contains(e.Error(), "anna@")) {
			t.Errorf("%s: %s", name, fmt.Sprint(err))
		}
	}
}
