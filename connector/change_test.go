package connector_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/connector/connectortest"
)

func TestChangeReplay(t *testing.T) {
	t.Parallel()
	b := setup(t)
	first, err := b.do(post(`{"a":1}`, connector.Recovery{}))
	if err != nil {
		t.Fatal(err)
	}
	again, err := b.do(post(`{"other":"values"}`, connector.Recovery{}))
	if err != nil {
		t.Fatal(err)
	}
	if first.Status != 201 || string(first.Body) != `{"id":7}` {
		t.Errorf("answer %d %s", first.Status, first.Body)
	}
	if first.Status != again.Status || !bytes.Equal(first.Body, again.Body) || len(first.Header) != 0 || len(again.Header) != 0 {
		t.Errorf("the first answer %+v differs from the replayed %+v", first, again)
	}
	b.wantSent(thing(`{"a":1}`, ""))
	if call := b.wantState(connector.CallAnswered); call.Sends != 1 || call.Version != 0 || call.Key != string(connectortest.Ref)+"-create" {
		t.Errorf("call %+v", call)
	}
}

func TestChangeRefused(t *testing.T) {
	t.Parallel()
	b := setup(t, status(422))
	_, e := b.doAlive(post(`{"vat":7}`, withKey()))
	wantKind(t, e, connector.Permanent, connector.CodeRefused)
	if e.Status != 422 || e.Detail != `{"error":"because"}` {
		t.Errorf("status %d, detail %q", e.Status, e.Detail)
	}
	b.wantState(connector.CallRefused)
	if _, e = b.doAlive(post(`{"vat":24}`, withKey())); e != nil {
		t.Fatal(e)
	}
	key := string(connectortest.Ref) + "-create"
	b.wantSent(thing(`{"vat":7}`, key), thing(`{"vat":24}`, key+"-2"))
	if call := b.wantState(connector.CallAnswered); call.Version != 1 {
		t.Errorf("version %d", call.Version)
	}
}

// TestChangeUnacted: what did not act goes again with the same bytes, even when the action passes others now.
func TestChangeUnacted(t *testing.T) {
	t.Parallel()
	for _, answer := range []http.HandlerFunc{status(429), status(401), status(503, "Retry-After", "1"), status(408)} {
		b := setup(t, answer)
		_, e := b.doAlive(post(`{"a":1}`, connector.Recovery{}))
		if e == nil || e.Kind == connector.Unknown || e.Kind == connector.Permanent {
			t.Fatalf("%+v", e)
		}
		b.wantState(connector.CallUnacted)
		if _, e = b.doAlive(post(`{"a":2}`, connector.Recovery{})); e != nil {
			t.Fatal(e)
		}
		b.wantSent(thing(`{"a":1}`, ""), thing(`{"a":1}`, ""))
	}
}

func TestChangeIntendFails(t *testing.T) {
	t.Parallel()
	b := setup(t)
	taken := errors.New("taken over")
	b.journal.FailIntend(taken)
	_, err := b.client().Change(t.Context(), post(`{}`, withKey()))
	if !errors.Is(err, taken) || connector.AsError(err).Kind != connector.Temporary {
		t.Errorf("%v", err)
	}
	b.wantSent()
	if _, known := b.journal.Call("create"); known {
		t.Error("the journal knows a call that was never stored")
	}
}

func TestChangeDry(t *testing.T) {
	t.Parallel()
	b := setup(t)
	client := b.client(connectortest.Dry())
	if _, err := client.Read(t.Context(), connector.Request{Path: "/look"}); err != nil {
		t.Fatalf("a dry client may read: %v", err)
	}
	_, err := client.Change(t.Context(), post(`{"a":1}`, withKey()))
	captured, ok := errors.AsType[*connector.Captured](err)
	if !ok {
		t.Fatalf("%v", err)
	}
	if call := captured.Call; call.Method != http.MethodPost || call.URL != b.server.URL+"/things" || string(call.Body) != `{"a":1}` || call.Header.Get("Authorization") != "" {
		t.Errorf("captured %+v", call)
	}
	b.wantSent()
}

// A dry run goes on behind a change whose answer can be assumed, and shows all of them.
func TestChangeDryAssumed(t *testing.T) {
	t.Parallel()
	b := setup(t)
	client := b.client(connectortest.Dry())
	first := post(`{"customer":1}`, withKey())
	first.Name, first.Assume = "customer", []byte(`{"id":"assumed"}`)
	resp, err := client.Change(t.Context(), first)
	if err != nil || string(resp.Body) != `{"id":"assumed"}` {
		t.Fatalf("%v, %v", resp, err)
	}
	_, err = client.Change(t.Context(), post(`{"a":1}`, withKey()))
	captured, ok := errors.AsType[*connector.Captured](err)
	if !ok || captured.Call.Name != "create" || len(captured.Before) != 1 || string(captured.Before[0].Body) != `{"customer":1}` {
		t.Errorf("%+v", captured)
	}
	b.wantSent()
	first.Request.Body = []byte(`{"customer":2}`)
	if _, err := b.client().Change(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	b.wantSent(received{Method: "POST", Path: "/things", Body: `{"customer":2}`, Key: string(connectortest.Ref) + "-customer", Token: "Bearer s3cret-token"})
}

// TestChangeReadOnly: work without a journal or a Ref may not change anything.
func TestChangeReadOnly(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for name, opt := range map[string]connectortest.Option{
		"no journal": func(cfg *connector.ClientConfig) { cfg.Journal = nil },
		"no ref":     connectortest.WithRef(""),
	} {
		if _, err := b.client(opt).Change(t.Context(), post(`{}`, withKey())); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	b.wantSent()
}

func TestChangeSecretInBytes(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for name, req := range map[string]connector.Request{
		"body":   {Path: "/x", Body: []byte(`{"login":"s3cret-token"}`)},
		"json":   {Path: "/x", JSON: map[string]string{"login": "s3cret-token"}},
		"query":  {Path: "/x?k=s3cret-token"},
		"header": {Path: "/x", Header: http.Header{"x-key": {"s3cret-token"}}},
	} {
		req.Method = http.MethodPost
		for _, opts := range [][]connectortest.Option{nil, {connectortest.Dry()}} {
			_, err := b.client(opts...).Change(t.Context(), connector.Change{Name: "create", Request: req})
			e := connector.AsError(err)
			wantKind(t, e, connector.Permanent, connector.CodeSecret)
			if strings.Contains(e.Error(), "s3cret-token") || !strings.Contains(e.Error(), `"token"`) {
				t.Errorf("%s: %v", name, e)
			}
		}
	}
	b.wantSent()
	if calls := b.journal.Calls(); len(calls) != 0 {
		t.Errorf("journaled %+v", calls)
	}
}

// TestChangeCannotBeSent: what net/http would refuse is refused before it is journaled, and never counts as lost.
func TestChangeCannotBeSent(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for name, req := range map[string]connector.Request{
		"no scheme":        {Path: "example.com/x"},
		"other scheme":     {Path: "file:///etc/passwd"},
		"no host":          {Path: "https:///x"},
		"login in address": {Path: "https://anna:lind@example.com/"},
		"control in path":  {Path: "/a\nb"},
		"header name":      {Path: "/x", Header: http.Header{"A B": {"x"}}},
		"empty name":       {Path: "/x", Header: http.Header{"": {"x"}}},
		"header value":     {Path: "/x", Header: http.Header{"X-A": {"a\r\nX-B: c"}}},
		"json":             {Path: "/x", JSON: func() {}},
	} {
		req.Method = http.MethodPost
		_, err := b.client().Change(t.Context(), connector.Change{Name: "create", Request: req})
		if e := connector.AsError(err); err == nil || e.Kind != connector.Permanent || strings.Contains(e.Error(), "lind") {
			t.Errorf("%s: %v", name, err)
		}
	}
	b.wantSent()
	if calls := b.journal.Calls(); len(calls) != 0 {
		t.Errorf("journaled %+v", calls)
	}
}

func TestChangeAccept(t *testing.T) {
	t.Parallel()
	refuse := func(kind connector.Kind) func(*connector.Response) error {
		return func(resp *connector.Response) error {
			if resp.Status != 201 || resp.Header.Get("Location") != "/things/7" {
				return errors.New("not the answer")
			}
			return &connector.Error{Kind: kind, Code: "says_error"}
		}
	}
	for kind, state := range map[connector.Kind]tengi.CallState{
		connector.Unknown: connector.CallOpen, connector.Permanent: connector.CallRefused, connector.Temporary: connector.CallUnacted,
	} {
		b := setup(t)
		change := post(`{}`, withKey())
		change.Accept = refuse(kind)
		_, e := b.doAlive(change)
		wantKind(t, e, kind, "says_error")
		b.wantState(state)
	}
}

// TestChangeUnreadable: a change acted, so an answer that cannot be read is no reason to try again.
func TestChangeUnreadable(t *testing.T) {
	t.Parallel()
	b := setup(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"id":1201743399}`) })
	for range 2 { // first from the service, then from the journal
		resp, e := b.doAlive(post(`{}`, connector.Recovery{}))
		if e != nil {
			t.Fatal(e)
		}
		var into struct {
			ID string `json:"id"`
		}
		e = connector.AsError(resp.JSON(&into))
		wantKind(t, e, connector.Unknown, connector.CodeAskPerson)
		if text := e.Error(); strings.Contains(text, "1201743399") || !strings.Contains(text, `"id"`) {
			t.Errorf("error %q", text)
		}
	}
}
