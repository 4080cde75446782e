package connector_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/connector/connectortest"
	"github.com/tengi/tengi/field"
)

func TestCovers(t *testing.T) {
	t.Parallel()
	tests := []struct {
		pattern, eventType string
		want               bool
	}{
		{"booking.confirmed", "booking.confirmed", true},
		{"booking.confirmed", "booking.confirmed.again", false},
		{"booking.*", "booking.confirmed", true},
		{"booking.*", "booking.", true},
		{"booking.*", "booking", false},
		{"booking.*", "bookings.x", false},
		{"*", "anything", true},
		{"*", "", true},
		{"", "x", false},
		{"", "", true},
	}
	for _, tt := range tests {
		if got := (connector.Trigger{Types: []string{"other", tt.pattern}}).Covers(tt.eventType); got != tt.want {
			t.Errorf("%q covers %q: %t, want %t", tt.pattern, tt.eventType, got, tt.want)
		}
	}
}

func TestFindByKey(t *testing.T) {
	t.Parallel()
	c := &connector.Connector{Triggers: []connector.Trigger{{Key: "a"}, {Key: "b"}}, Actions: []connector.Action{{Key: "x.y"}}}
	if trigger, ok := c.Trigger("b"); !ok || trigger != &c.Triggers[1] {
		t.Error("trigger b is not found, or is a copy")
	}
	if action, ok := c.Action("x.y"); !ok || action != &c.Actions[0] {
		t.Error("action x.y is not found, or is a copy")
	}
	if _, ok := c.Trigger("x.y"); ok {
		t.Error("an action passes for a trigger")
	}
	if _, ok := c.Action("x"); ok {
		t.Error("the beginning of a key passes for it")
	}
}

// TestClientTime: a day is the business's day, by the engine's clock.
func TestClientTime(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ws := connectortest.Workspace()
	ws.TimeZone = "Asia/Tokyo"
	b.clock.Advance(3 * time.Hour) // 15:00 in UTC, midnight in Tokyo
	client := b.client(connectortest.WithWorkspace(ws))
	if client.Today() != "2026-07-02" || client.Zone().String() != "Asia/Tokyo" || !client.Now().Equal(b.clock.Now()) {
		t.Errorf("%s in %s, now %s", client.Today(), client.Zone(), client.Now())
	}
	if client.Session() == nil {
		t.Error("no session")
	}
}

func TestNewClientRefuses(t *testing.T) {
	t.Parallel()
	c := &connector.Connector{Name: "x", Auth: connector.Auth{Fields: field.Set{{Key: "user", Type: field.Text, Label: "User", Required: true}}}}
	ws := connectortest.Workspace()
	for name, cfg := range map[string]connector.ClientConfig{
		"settings":  {Account: &tengi.Account{Key: "main"}, Workspace: ws},
		"time zone": {Account: &tengi.Account{Key: "main", Settings: map[string]any{"user": "anna"}}, Workspace: tengi.Workspace{Name: "Fjord", TimeZone: "Iceland/Nowhere"}},
	} {
		cfg.Connector = c
		if _, err := connector.NewClient(cfg); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	ok := connector.ClientConfig{Connector: c, Account: &tengi.Account{Settings: map[string]any{"user": "anna"}}, Workspace: ws}
	if client, err := connector.NewClient(ok); err != nil || client.Session() == nil {
		t.Errorf("without a session of its own: %v", err)
	}
}

// TestBaseURL: the connector's address for the settings, unless the account names another.
func TestBaseURL(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.conn.Auth.BaseURL = func(field.Values) string { return b.server.URL + "/v1/" }
	client := b.client(connectortest.WithSetting("base_url", nil))
	if _, err := client.Read(t.Context(), connector.Request{Path: "/find", Also: []int{404}}); err != nil {
		t.Fatal(err)
	}
	b.script.mu.Lock()
	defer b.script.mu.Unlock()
	if path := b.script.requests[0].Path; path != "/v1/find" {
		t.Errorf("asked %s", path)
	}
}

func TestGet(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.script.found = true
	var into struct {
		ID int `json:"id"`
	}
	if err := b.client().Get(t.Context(), "/find", nil, &into); err != nil || into.ID != 7 {
		t.Errorf("%v, %+v", err, into)
	}
	b.script.found = false
	err := b.client().Get(t.Context(), "/find", nil, &into)
	wantKind(t, connector.AsError(err), connector.Permanent, connector.CodeRefused)
}

// TestExplain: a connector may say better what an answer means, and what it says is masked like all else.
func TestExplain(t *testing.T) {
	t.Parallel()
	echo := func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusUnprocessableEntity)
		_, _ = io.WriteString(w, "you said "+r.Header.Get("Authorization"))
	}
	b := setup(t, echo)
	_, e := b.doAlive(post(`{}`, connector.Recovery{}))
	if e.Detail != "you said Bearer ••••" {
		t.Errorf("detail %q", e.Detail)
	}
	b.script.answers = []http.HandlerFunc{echo}
	b.conn.Explain = func(req *connector.Request, resp *connector.Response, e *connector.Error) {
		e.Kind, e.Code, e.Message, e.Detail = connector.Temporary, "busy", req.Path+" "+string(resp.Body), strings.Repeat("x", 2000)+string(resp.Body)
	}
	_, e = b.doAlive(post(`{}`, connector.Recovery{}))
	wantKind(t, e, connector.Temporary, "busy")
	if e.Message != "/things you said Bearer ••••" || len(e.Detail) > 600 {
		t.Errorf("message %q, %d bytes of detail", e.Message, len(e.Detail))
	}
}

// TestSignFails: nothing of the request was sent, so whatever the login says, the call did not act.
func TestSignFails(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		err  error
		kind connector.Kind
		code string
	}{
		{"plain", errors.New("no entropy"), connector.Temporary, connector.CodeNotSent},
		{"lost", &connector.Error{Kind: connector.Unknown, Code: connector.CodeAnswerLost}, connector.Temporary, connector.CodeNotSent},
		{"refused", &connector.Error{Kind: connector.Permanent, Code: connector.CodeRefused}, connector.Attention, connector.CodeLogin},
		{"refused for a reason", &connector.Error{Kind: connector.Permanent, Code: "trial_ended"}, connector.Attention, "trial_ended"},
		{"not now", &connector.Error{Kind: connector.Temporary, Code: connector.CodeRateLimited}, connector.Temporary, connector.CodeRateLimited},
	} {
		b := setup(t)
		b.conn.Auth.Sign = func(context.Context, *connector.Client, *http.Request) error { return tt.err }
		_, e := b.doAlive(post(`{}`, connector.Recovery{}))
		if e == nil || e.Kind != tt.kind || e.Code != tt.code {
			t.Errorf("%s: %+v", tt.name, e)
		}
		b.wantState(connector.CallUnacted)
		b.wantSent()
	}
}

// TestWait: tests shorten settle times together with their stand-in's slowness.
func TestWait(t *testing.T) {
	t.Parallel()
	b := setup(t, lost)
	b.opts = []connectortest.Option{func(cfg *connector.ClientConfig) {
		cfg.Wait = func(d time.Duration) time.Duration { return d / 1000 }
	}}
	_, e := b.do(post(`{}`, b.finding()))
	if e == nil || e.RetryAfter != 10*time.Millisecond {
		t.Fatalf("%+v", e)
	}
	b.clock.Advance(60 * time.Millisecond)
	if _, e = b.do(post(`{}`, b.finding())); e != nil {
		t.Fatal(e)
	}
}

// TestPaceBeforeIntent: waiting for the account's turn does not eat into the settle time: LastSent is when the request could go.
func TestPaceBeforeIntent(t *testing.T) {
	t.Parallel()
	b := setup(t)
	session := connector.NewSession(connector.Limits{Every: time.Hour})
	client := b.client(connectortest.WithSession(session))
	if _, err := client.Read(t.Context(), connector.Request{Path: "/find", Also: []int{404}}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // the next turn is an hour away, and the session says so at once
	defer cancel()
	_, err := client.Change(ctx, post(`{}`, connector.Recovery{}))
	wantKind(t, connector.AsError(err), connector.Temporary, connector.CodeNotSent)
	if calls := b.journal.Calls(); len(calls) != 0 {
		t.Errorf("journaled before its turn: %+v", calls)
	}
}
