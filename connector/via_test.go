package connector_test

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/connector/connectortest"
)

// pigeon is a way that is not HTTP.
type pigeon struct {
	flown  []connector.Call
	answer func() (*connector.Response, error)
	made   int
}

func (p *pigeon) change(body string) connector.Change {
	return connector.Change{
		Name: "create",
		Request: connector.Request{Method: "PIGEON", Path: "pigeon://loft.example:7",
			Header: http.Header{"To": {"anna@example.com"}}},
		Compose: func(context.Context) ([]byte, error) { p.made++; return []byte(body), nil },
		Via: func(_ context.Context, call connector.Call) (*connector.Response, error) {
			p.flown = append(p.flown, call)
			if p.answer != nil {
				return p.answer()
			}
			return &connector.Response{Status: 250, Body: []byte("it said s3cret-token")}, nil
		},
	}
}

func (p *pigeon) plain() connector.Change { return p.change("coo") }

func TestVia(t *testing.T) {
	t.Parallel()
	b := setup(t)
	p := &pigeon{}
	client := b.client()
	resp, err := client.Change(t.Context(), p.plain())
	if err != nil || resp.Status != 250 {
		t.Fatalf("%+v, %v", resp, err)
	}
	if len(p.flown) != 1 || p.flown[0].URL != "pigeon://loft.example:7" || p.flown[0].Method != "PIGEON" || string(p.flown[0].Body) != "coo" ||
		p.flown[0].Header.Get("To") != "anna@example.com" || p.flown[0].Header.Get("Accept") != "" || p.flown[0].State != connector.CallOpen {
		t.Errorf("flown %+v", p.flown)
	}
	records := client.Recorded()
	if len(records) != 1 || records[0].Method != "PIGEON" || records[0].RequestBody != "coo" || records[0].Status != 250 || records[0].ResponseBody != "it said ••••" {
		t.Errorf("recorded %+v", records)
	}
	call := b.wantState(connector.CallAnswered)
	if call.Status != 250 || call.Sends != 1 {
		t.Errorf("journaled %+v", call)
	}
	b.journal.Save()
	again, e := b.do(p.change("other"))
	if e != nil || !bytes.Equal(again.Body, resp.Body) || len(p.flown) != 1 || p.made != 1 {
		t.Errorf("replayed: %+v %v, flown %d times, composed %d times", again, e, len(p.flown), p.made)
	}
	b.wantSent() // and nothing by HTTP
}

func TestViaDry(t *testing.T) {
	t.Parallel()
	b := setup(t)
	p := &pigeon{}
	_, err := b.client(connectortest.Dry()).Change(t.Context(), p.plain())
	captured, ok := errors.AsType[*connector.Captured](err)
	if !ok || string(captured.Call.Body) != "coo" || captured.Call.URL != "pigeon://loft.example:7" || len(p.flown) != 0 {
		t.Errorf("%v, flown %d", err, len(p.flown))
	}
}

// What is frozen is stored, so it holds no secret and no line break in a header.
func TestViaFrozen(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*connector.Change){
		"secret in the body":   func(c *connector.Change) { c.Compose = body("x s3cret-token x") },
		"secret in the header": func(c *connector.Change) { c.Header.Set("To", "s3cret-token") },
		"line break":           func(c *connector.Change) { c.Header.Set("To", "a@b\r\nX: y") },
		"compose fails": func(c *connector.Change) {
			c.Compose = func(context.Context) ([]byte, error) { return nil, connector.Refusal("x", "", "no") }
		},
	} {
		b := setup(t)
		p := &pigeon{}
		change := p.plain()
		spoil(&change)
		_, e := b.do(change)
		if e == nil || e.Kind != connector.Permanent || len(p.flown) != 0 {
			t.Errorf("%s: %v, flown %d", name, e, len(p.flown))
		}
		if _, known := b.journal.Call("create"); known {
			t.Errorf("%s: it was journaled", name)
		}
	}
}

func body(text string) func(context.Context) ([]byte, error) {
	return func(context.Context) ([]byte, error) { return []byte(text), nil }
}

// What an error of the way means is what HTTP's errors mean: what did not act goes again, what may have acted asks.
func TestViaErrors(t *testing.T) {
	t.Parallel()
	said := &connector.Response{Status: 451, Body: []byte("later")}
	for _, c := range []struct {
		name   string
		answer func() (*connector.Response, error)
		kind   connector.Kind
		state  connector.Call
	}{
		{"temporary", func() (*connector.Response, error) {
			return said, &connector.Error{Kind: connector.Temporary, Code: "x", Status: 451}
		}, connector.Temporary, connector.Call{State: connector.CallUnacted, Status: 451}},
		{"attention", func() (*connector.Response, error) {
			return nil, &connector.Error{Kind: connector.Attention, Code: "x"}
		}, connector.Attention, connector.Call{State: connector.CallUnacted}},
		{"permanent", func() (*connector.Response, error) { return nil, connector.Refusal("x", "", "no") }, connector.Permanent, connector.Call{State: connector.CallRefused}},
		{"unknown", func() (*connector.Response, error) { return nil, &connector.Error{Code: "x"} }, connector.Unknown, connector.Call{State: connector.CallOpen}},
		{"unclassified", func() (*connector.Response, error) { return nil, errors.New("s3cret-token fell down") }, connector.Unknown, connector.Call{State: connector.CallOpen}},
		{"nothing at all", func() (*connector.Response, error) { return nil, nil }, connector.Unknown, connector.Call{State: connector.CallOpen}}, //nolint:nilnil // what must not be
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			p := &pigeon{answer: c.answer}
			client := b.client()
			_, err := client.Change(t.Context(), p.plain())
			e := connector.AsError(err)
			if err == nil || e.Kind != c.kind {
				t.Fatalf("%v is %s, want %s", err, e.Kind, c.kind)
			}
			if call := b.wantState(c.state.State); call.Status != c.state.Status {
				t.Errorf("status %d", call.Status)
			}
			if e.Kind == connector.Unknown && e.Code != connector.CodeAskPerson {
				t.Errorf("code %s does not ask", e.Code)
			}
			if records := client.Recorded(); len(records) != 1 || strings.Contains(records[0].Error, "s3cret-token") || records[0].Error == "" {
				t.Errorf("recorded %+v", records)
			}
			if e.Kind == connector.Unknown { // nothing flies again until a person has said so
				b.journal.Save()
				b.clock.Advance(48 * time.Hour)
				if _, e := b.do(p.plain()); e == nil || e.Code != connector.CodeAskPerson || len(p.flown) != 1 {
					t.Errorf("afterwards %v, flown %d", e, len(p.flown))
				}
			}
		})
	}
}

// A key in the bytes is good for as long as the service remembers it, and no longer.
func TestRepeatableForAWhile(t *testing.T) {
	t.Parallel()
	for wait, again := range map[time.Duration]bool{time.Hour: true, 11*time.Hour + 59*time.Minute: true, 12 * time.Hour: false} {
		b := setup(t, lost)
		change := post(`{"key":"7"}`, connector.Recovery{Repeatable: true, KeyLife: 12 * time.Hour})
		if _, e := b.do(change); e == nil || e.Kind != connector.Unknown {
			t.Fatalf("%v", e)
		}
		b.clock.Advance(wait)
		_, e := b.do(change)
		switch sent := len(b.script.sent()); {
		case again && (e != nil || sent != 2):
			t.Errorf("after %s: %v, sent %d times", wait, e, sent)
		case !again && (e == nil || e.Code != connector.CodeAskPerson || sent != 1):
			t.Errorf("after %s: %v, sent %d times", wait, e, sent)
		}
	}
}

func TestDialGuard(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	address := listener.Addr().String()
	b := setup(t)
	dial := func(f connector.DialFunc) error {
		conn, err := b.client(connectortest.WithDial(f)).Dial(t.Context(), "tcp", address)
		if err == nil {
			_ = conn.Close()
		}
		return err
	}
	if err := dial(connector.NewDialer([]netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")})); err != nil {
		t.Errorf("allowed: %v", err)
	}
	if e := connector.AsError(dial(connector.NewDialer(nil))); e.Code != connector.CodePrivate || e.Kind != connector.Permanent || !strings.Contains(e.Message, "--allow-private") {
		t.Errorf("refused with %s %s: %v", e.Kind, e.Code, e)
	}
	if e := connector.AsError(dial(nil)); e.Kind != connector.Permanent || e.Code != connector.CodeAddress {
		t.Errorf("without a way: %s %s: %v", e.Kind, e.Code, e)
	}
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	if e := connector.AsError(dial(new(net.Dialer).DialContext)); e.Kind != connector.Temporary || e.Code != connector.CodeNotSent {
		t.Errorf("nobody there: %s %s: %v", e.Kind, e.Code, e)
	}
}
