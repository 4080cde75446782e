package connector_test

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/connector/connectortest"
)

// TestChangeKey: an answer lost, a service that knows the key: same key, same bytes, whatever the action passes now.
func TestChangeKey(t *testing.T) {
	t.Parallel()
	b := setup(t, lost, status(500), status(409), status(429, "Retry-After", "5"), status(401))
	want := thing(`{"a":1}`, string(connectortest.Ref)+"-create")
	_, e := b.do(post(`{"a":1}`, withKey()))
	wantKind(t, e, connector.Unknown, connector.CodeAnswerLost)
	_, e = b.do(post(`{"a":2}`, withKey()))
	wantKind(t, e, connector.Unknown, connector.CodeAnswerLost)
	_, e = b.do(post(`{"a":3}`, withKey())) // in progress, which is no refusal
	wantKind(t, e, connector.Unknown, connector.CodeAnswerLost)
	_, e = b.doAlive(post(`{"a":3}`, withKey())) // did not act this time, which says nothing about the first
	wantKind(t, e, connector.Unknown, connector.CodeRateLimited)
	if e.RetryAfter != 5*time.Second {
		t.Errorf("wait %s", e.RetryAfter)
	}
	_, e = b.doAlive(post(`{"a":4}`, withKey()))
	wantKind(t, e, connector.Attention, connector.CodeLogin)
	b.wantState(connector.CallOpen)
	if _, e = b.do(post(`{"a":5}`, withKey())); e != nil {
		t.Fatal(e)
	}
	b.wantSent(want, want, want, want, want, want)
	b.wantState(connector.CallAnswered)
}

// TestChangeKeyForgotten: after the key's life the service has forgotten it, and so the request is not sent again.
func TestChangeKeyForgotten(t *testing.T) {
	t.Parallel()
	b := setup(t, lost, status(429))
	_, e := b.do(post(`{}`, withKey()))
	wantKind(t, e, connector.Unknown, connector.CodeAnswerLost)
	b.clock.Advance(30 * time.Minute)
	_, e = b.doAlive(post(`{}`, withKey()))
	wantKind(t, e, connector.Unknown, connector.CodeRateLimited)
	b.clock.Advance(30 * time.Minute)
	_, e = b.do(post(`{}`, withKey()))
	wantKind(t, e, connector.Unknown, connector.CodeAskPerson)
	if n := len(b.script.sent()); n != 2 {
		t.Errorf("%d sent, want 2", n)
	}

	recovery := b.finding() // with a look-up beside the key, that is the next means
	recovery.KeyHeader, recovery.KeyLife = "Idempotency-Key", time.Hour
	b.script.found = true
	if _, e = b.do(post(`{}`, recovery)); e != nil {
		t.Fatal(e)
	}
	if n := len(b.script.sent()); n != 2 {
		t.Errorf("%d sent, want 2", n)
	}
}

// TestChangeKeyRefused: the same request refused under the same key is refused; the mended one goes under a key of its own.
func TestChangeKeyRefused(t *testing.T) {
	t.Parallel()
	b := setup(t, lost, status(422))
	key := string(connectortest.Ref) + "-create"
	_, e := b.do(post(`{"vat":7}`, withKey()))
	wantKind(t, e, connector.Unknown, connector.CodeAnswerLost)
	_, e = b.do(post(`{"vat":7}`, withKey()))
	wantKind(t, e, connector.Permanent, connector.CodeRefused)
	b.wantState(connector.CallRefused)
	if _, e = b.doAlive(post(`{"vat":24}`, withKey())); e != nil {
		t.Fatal(e)
	}
	b.wantSent(thing(`{"vat":7}`, key), thing(`{"vat":7}`, key), thing(`{"vat":24}`, key+"-2"))
}

func TestChangeFoundEarly(t *testing.T) {
	t.Parallel()
	b := setup(t, lost)
	_, e := b.do(post(`{}`, b.finding()))
	wantKind(t, e, connector.Unknown, connector.CodeAnswerLost)
	if e.RetryAfter != 10*time.Second {
		t.Errorf("looks again after %s", e.RetryAfter)
	}
	b.clock.Advance(9 * time.Second)
	_, e = b.do(post(`{}`, b.finding()))
	wantKind(t, e, connector.Unknown, connector.CodeAnswerLost)
	if e.RetryAfter != time.Second || b.script.looks() != 0 {
		t.Errorf("too early: %d looks, again after %s", b.script.looks(), e.RetryAfter)
	}
	b.clock.Advance(time.Second)
	b.script.found = true
	resp, e := b.do(post(`{}`, b.finding()))
	if e != nil {
		t.Fatal(e)
	}
	if string(resp.Body) != `{"id":7,"found":true}` || b.script.looks() != 1 || len(b.script.sent()) != 1 {
		t.Errorf("answer %s after %d looks and %d sends", resp.Body, b.script.looks(), len(b.script.sent()))
	}
	again, e := b.do(post(`{}`, b.finding()))
	if e != nil || !bytes.Equal(again.Body, resp.Body) || b.script.looks() != 1 {
		t.Errorf("replayed %s, %v, after %d looks", again.Body, e, b.script.looks())
	}
}

// TestChangeAbsent goes the whole way: absent, absent, sent again, lost again, absent, absent, and a person is asked.
func TestChangeAbsent(t *testing.T) {
	t.Parallel()
	b := setup(t, lost, status(502), created)
	next := func(after time.Duration) *connector.Error {
		b.clock.Advance(after)
		_, e := b.doAlive(post(`{}`, b.finding()))
		return e
	}
	for send := 1; send <= 2; send++ {
		wantKind(t, next(0), connector.Unknown, connector.CodeAnswerLost)
		if n := len(b.script.sent()); n != send {
			t.Fatalf("%d sent, want %d", n, send)
		}
		e := next(10 * time.Second)
		wantKind(t, e, connector.Unknown, connector.CodeAnswerLost)
		if e.RetryAfter != 50*time.Second {
			t.Fatalf("next look after %s", e.RetryAfter)
		}
		b.clock.Advance(50 * time.Second)
	}
	wantKind(t, next(0), connector.Unknown, connector.CodeAskPerson)
	wantKind(t, next(time.Hour), connector.Unknown, connector.CodeAskPerson)
	if n := len(b.script.sent()); n != 2 {
		t.Fatalf("%d sent, want 2", n)
	}
	b.script.found = true // what turns up in the end is still taken
	if e := next(time.Hour); e != nil {
		t.Fatal(e)
	}
}

// TestChangeLateLook: one look after the last round is enough, however long nobody was there to look.
func TestChangeLateLook(t *testing.T) {
	t.Parallel()
	b := setup(t, lost, created)
	_, e := b.do(post(`{}`, b.finding()))
	wantKind(t, e, connector.Unknown, connector.CodeAnswerLost)
	b.clock.Advance(time.Hour)
	if _, e = b.do(post(`{"new":1}`, b.finding())); e != nil {
		t.Fatal(e)
	}
	if b.script.looks() != 1 {
		t.Errorf("%d looks", b.script.looks())
	}
	b.wantSent(thing(`{}`, ""), thing(`{}`, ""))
}

// TestChangeUnactedIsNotLost: sends that were answered "did not act" do not use up the one resend of a lost answer.
func TestChangeUnactedIsNotLost(t *testing.T) {
	t.Parallel()
	b := setup(t, status(429), status(503, "Retry-After", "1"), lost, created)
	for range 3 {
		if _, e := b.doAlive(post(`{}`, b.finding())); e == nil {
			t.Fatal("no error")
		}
	}
	b.clock.Advance(time.Hour)
	if _, e := b.doAlive(post(`{}`, b.finding())); e != nil {
		t.Fatal(e)
	}
}

// TestChangeFindKnowsWhatWasSent: a look-up gets the bytes that were sent, whatever the action would send now.
func TestChangeFindKnowsWhatWasSent(t *testing.T) {
	t.Parallel()
	b := setup(t, lost)
	var asked []connector.Call
	recovery := b.finding()
	recovery.Find = func(_ context.Context, call connector.Call) ([]byte, bool, error) {
		asked = append(asked, call)
		return call.Body, true, nil
	}
	if _, e := b.do(post(`{"date":"2026-06-30"}`, recovery)); e == nil {
		t.Fatal("the answer was not lost")
	}
	sent := b.clock.Now()
	b.clock.Advance(time.Hour)
	resp, e := b.do(post(`{"date":"2026-07-01"}`, recovery))
	if e != nil {
		t.Fatal(e)
	}
	if len(asked) != 1 || string(asked[0].Body) != `{"date":"2026-06-30"}` || !asked[0].LastSent.Equal(sent) || string(resp.Body) != `{"date":"2026-06-30"}` {
		t.Errorf("asked %+v, answered %s", asked, resp.Body)
	}
}

func TestChangeFindFails(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		err  error
		kind connector.Kind
	}{
		{"plain", errors.New("x"), connector.Unknown},
		{"refused", &connector.Error{Kind: connector.Permanent, Code: "x"}, connector.Unknown},
		{"not now", &connector.Error{Kind: connector.Temporary, Code: "x", RetryAfter: time.Hour}, connector.Unknown},
		{"login", &connector.Error{Kind: connector.Attention, Code: "x"}, connector.Attention},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, lost)
			recovery := b.finding()
			recovery.Find = func(context.Context, connector.Call) ([]byte, bool, error) { return nil, false, tt.err }
			_, _ = b.do(post(`{}`, recovery))
			for range 5 { // it never proves that nothing is there
				b.clock.Advance(time.Hour)
				_, e := b.doAlive(post(`{}`, recovery))
				if e == nil || e.Kind != tt.kind || e.RetryAfter < 10*time.Second {
					t.Fatalf("%+v", e)
				}
			}
			if n := len(b.script.sent()); n != 1 {
				t.Errorf("%d sent, want 1", n)
			}
		})
	}
}

func TestChangeRepeatable(t *testing.T) {
	t.Parallel()
	b := setup(t, lost, status(500), status(429), created)
	repeat := connector.Recovery{Repeatable: true}
	for range 3 {
		_, e := b.do(post(`{"state":"on"}`, repeat))
		if e == nil || e.Kind != connector.Unknown || e.Code == connector.CodeAskPerson {
			t.Fatalf("%+v", e)
		}
	}
	if _, e := b.do(post(`{"state":"off"}`, repeat)); e != nil {
		t.Fatal(e)
	}
	for _, r := range b.script.sent() {
		if r.Body != `{"state":"on"}` {
			t.Errorf("sent %s", r.Body)
		}
	}
}

func TestChangeNoMeans(t *testing.T) {
	t.Parallel()
	b := setup(t, lost)
	for range 3 {
		_, e := b.do(post(`{}`, connector.Recovery{}))
		wantKind(t, e, connector.Unknown, connector.CodeAskPerson)
		b.clock.Advance(24 * time.Hour)
	}
	if n := len(b.script.sent()); n != 1 {
		t.Errorf("%d sent, want 1", n)
	}
}

// TestChangeCareless is the control: without the journal's care the lost request is made twice, under another key.
func TestChangeCareless(t *testing.T) {
	t.Parallel()
	b := setup(t, lost)
	b.opts = []connectortest.Option{connectortest.Careless()}
	_, _ = b.do(post(`{}`, withKey()))
	if _, e := b.do(post(`{}`, withKey())); e != nil {
		t.Fatal(e)
	}
	sent := b.script.sent()
	if len(sent) != 2 || sent[0].Key == sent[1].Key || sent[1].Key == "" {
		t.Errorf("sent %+v", sent)
	}
}

// TestChangeBlockedWhileOpen: that a resend was not allowed out says nothing about the send before.
func TestChangeBlockedWhileOpen(t *testing.T) {
	t.Parallel()
	b := setup(t, lost)
	_, _ = b.do(post(`{}`, withKey()))
	_, err := b.client(connectortest.WithHTTP(connector.NewTransport(nil))).Change(t.Context(), post(`{"other":1}`, withKey()))
	wantKind(t, connector.AsError(err), connector.Unknown, connector.CodePrivate)
	b.wantState(connector.CallOpen)
	if _, e := b.doAlive(post(`{"other":2}`, withKey())); e != nil {
		t.Fatal(e)
	}
	for _, r := range b.script.sent() {
		if r.Body != `{}` {
			t.Errorf("sent %s", r.Body)
		}
	}
}
