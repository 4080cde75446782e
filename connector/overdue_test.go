package connector_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"

	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/connector/connectortest"
)

// thawed is the context of a process that stood still: its time is over by the clock, and nothing has told it so yet.
type thawed struct {
	context.Context
	over time.Time
}

func (t thawed) Deadline() (time.Time, bool) { return t.over, true }

// outgoing is the product's own way out, open to the services of a test.
func outgoing(t *testing.T) *http.Transport {
	t.Helper()
	transport := connector.NewTransport([]netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")})
	t.Cleanup(transport.CloseIdleConnections)
	return transport
}

// warm leaves a connection to the service in the pool.
func (b *bench) warm(opts ...connectortest.Option) {
	b.t.Helper()
	if _, err := b.client(opts...).Read(b.t.Context(), connector.Request{Path: "/warm"}); err != nil {
		b.t.Fatal(err)
	}
}

// Invariant 4: a process that stands still after it has stored an intent, for longer than the request's time, sends nothing when it goes on: somebody else
// may have looked by then, found nothing, and sent it. That the call did not act is known, so later it is sent as it was.
func TestNothingIsSentWhenItsTimeIsOver(t *testing.T) {
	t.Parallel()
	for name, encrypted := range map[string]bool{"plain": false, "TLS": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			transport := outgoing(t)
			if encrypted {
				b.server = httptest.NewTLSServer(b.script)
				t.Cleanup(b.server.Close)
				transport.TLSClientConfig.RootCAs = b.server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
			}
			b.opts = append(b.opts, connectortest.WithHTTP(transport))
			b.warm()
			client := b.client()
			_, err := client.Change(thawed{context.WithoutCancel(t.Context()), time.Now().Add(-time.Millisecond)}, post(`{"a":1}`, b.finding()))
			b.wantSent()
			wantKind(t, connector.AsError(err), connector.Temporary, connector.CodeNotSent)
			b.wantState(connector.CallUnacted)
			if recorded := client.Recorded(); len(recorded) != 1 || recorded[0].Error == "" {
				t.Errorf("recorded %+v", recorded)
			}
			b.journal.Save()
			if _, e := b.do(post(`{"b":2}`, b.finding())); e != nil {
				t.Fatal(e)
			}
			b.wantSent(thing(`{"a":1}`, ""))
			if b.script.looks() != 0 {
				t.Errorf("looked %d times for what was never sent", b.script.looks())
			}
		})
	}
}

// tardy is a connection on which the process stands still, when it is told to, just when it has been seen that there is time yet.
type tardy struct {
	net.Conn
	until time.Time
	then  func()
}

func (c *tardy) Write(b []byte) (int, error) {
	if c.then != nil {
		<-time.After(time.Until(c.until))
		c.then()
	}
	return c.Conn.Write(b)
}

// SetWriteDeadline does nothing: whatever would tell of the deadline stands still as well.
func (*tardy) SetWriteDeadline(time.Time) error { return nil }

// Should it stand still between that last look at the clock and the write, which nobody can exclude, the request leaves late. It is known to have, and
// whoever looks for what it made counts from then.
func TestARequestThatLeftLateIsKnown(t *testing.T) {
	t.Parallel()
	b := setup(t, lost)
	var conn *tardy
	transport := outgoing(t)
	dial := transport.DialContext
	transport.DialContext = connector.Punctually(func(ctx context.Context, network, address string) (net.Conn, error) {
		made, err := dial(ctx, network, address)
		conn = &tardy{Conn: made}
		return conn, err
	})
	b.opts = append(b.opts, connectortest.WithHTTP(transport))
	b.warm()
	conn.until, conn.then = time.Now().Add(time.Second), func() { b.clock.Advance(time.Hour) } // a second, in which all that comes before is done
	ctx := thawed{context.WithoutCancel(t.Context()), conn.until}
	change := post(`{"a":1}`, b.finding())
	_, err := b.client().Change(ctx, change)
	wantKind(t, connector.AsError(err), connector.Unknown, connector.CodeSentLate)
	call := b.wantState(connector.CallOpen)
	if !call.LastSent.Equal(b.clock.Now()) || !call.FirstSent.Equal(b.clock.Now().Add(-time.Hour)) {
		t.Errorf("sent from %s to %s, it is %s", call.FirstSent, call.LastSent, b.clock.Now())
	}
	b.journal.Save()
	_, e := b.do(post(`{"a":1}`, b.finding()))
	wantKind(t, e, connector.Unknown, connector.CodeAnswerLost) // not looked for yet
	if b.script.looks() != 0 {
		t.Errorf("looked %d times before the service can have acted", b.script.looks())
	}
}

// What is no HTTP is not written late either; what changes nothing has no time of its own.
func TestDialIsPunctual(t *testing.T) {
	t.Parallel()
	b := setup(t)
	written := make(chan error, 2)
	dial := connectortest.WithDial(func(context.Context, string, string) (net.Conn, error) {
		near, far := net.Pipe()
		go func() { _, _ = io.Copy(io.Discard, far) }() // ends with the connection
		return near, nil
	})
	client := b.client(dial)
	converse := func(ctx context.Context) error {
		conn, err := client.Dial(ctx, "tcp", "mail.example.com:465")
		if err != nil {
			return err
		}
		defer func() { _ = conn.Close() }()
		_, err = conn.Write([]byte("DATA\r\n"))
		written <- err
		return err
	}
	ctx := thawed{context.WithoutCancel(t.Context()), time.Now().Add(-time.Millisecond)}
	change := connector.Change{Name: "create", Request: connector.Request{Method: "SMTP", Path: "smtp://mail.example.com:465"},
		Via: func(ctx context.Context, _ connector.Call) (*connector.Response, error) { return nil, converse(ctx) }}
	_, err := client.Change(ctx, change)
	wantKind(t, connector.AsError(err), connector.Unknown, connector.CodeAskPerson)
	if err := <-written; err == nil {
		t.Error("it was written after its time")
	}
	if err := converse(ctx); err != nil || <-written != nil {
		t.Errorf("outside of a change: %v", err)
	}
}

// What the machine still holds of a request that nobody waits for any more is thrown away with the connection, and does not leave some time later. A
// connection that has had its answer ends as usual.
func TestWhatIsGivenUpDoesNotLeaveLater(t *testing.T) {
	t.Parallel()
	for name, answers := range map[string]bool{"given up": false, "answered": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer listener.Close()
			transport := outgoing(t)
			ctx, giveUp := context.WithCancel(t.Context())
			defer giveUp()
			end := make(chan error, 1)
			go func() {
				end <- serveOne(listener, answers, func() {
					if !answers {
						giveUp()
					}
				})
			}()
			b := setup(t)
			client := b.client(connectortest.WithHTTP(transport), connectortest.WithSetting("base_url", "http://"+listener.Addr().String()))
			if _, err := client.Read(ctx, connector.Request{Path: "/"}); (err == nil) != answers {
				t.Fatal(err)
			}
			transport.CloseIdleConnections()
			if err := <-end; errors.Is(err, io.EOF) != answers {
				t.Errorf("the connection ends with %v", err)
			}
		})
	}
}

// serveOne takes a request, answers it or not, and says how the connection ends.
func serveOne(listener net.Listener, answers bool, taken func()) error {
	conn, err := listener.Accept()
	if err != nil {
		return err
	}
	defer conn.Close()
	if _, err := conn.Read(make([]byte, 4096)); err != nil {
		return err
	}
	if answers {
		if _, err := io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"); err != nil {
			return err
		}
	}
	taken()
	_, err = conn.Read(make([]byte, 1))
	return err
}
