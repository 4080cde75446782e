package connector_test

import (
	"context"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/connector/connectortest"
	"github.com/tengi/tengi/field"
)

// received is one request as the scripted service saw it.
type received struct {
	Method, Path, Body, Key, Token string
}

// script is a service that answers as the test says and remembers what it was asked.
type script struct {
	mu       sync.Mutex
	requests []received
	answers  []http.HandlerFunc // for POST, in turn; afterwards 201 {"id":7}
	found    bool               // what GET /find says
}

func (s *script) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	s.mu.Lock()
	s.requests = append(s.requests, received{r.Method, r.URL.Path, string(body), r.Header.Get("Idempotency-Key"), r.Header.Get("Authorization")})
	answer, found := http.HandlerFunc(created), s.found
	if r.Method != http.MethodGet && len(s.answers) > 0 {
		answer, s.answers = s.answers[0], s.answers[1:]
	}
	s.mu.Unlock()
	switch {
	case r.URL.Path == "/find" && found:
		_, _ = io.WriteString(w, `{"id":7,"found":true}`)
	case r.URL.Path == "/find":
		w.WriteHeader(http.StatusNotFound)
	default:
		answer(w, r)
	}
}

// sent are the requests that changed something.
func (s *script) sent() []received {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(s.requests), func(r received) bool { return r.Method == http.MethodGet })
}

// looks counts the look-ups.
func (s *script) looks() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, r := range s.requests {
		if r.Path == "/find" {
			n++
		}
	}
	return n
}

func created(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Location", "/things/7")
	w.WriteHeader(http.StatusCreated)
	_, _ = io.WriteString(w, `{"id":7}`)
}

func status(code int, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(code)
		_, _ = io.WriteString(w, `{"error":"because"}`)
	}
}

// lost answers nothing: the connection closes.
func lost(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

// bench is one step of work against the scripted service, through any number of restarts.
type bench struct {
	t       *testing.T
	script  *script
	server  *httptest.Server
	conn    *connector.Connector
	clock   *connectortest.Clock
	journal *connectortest.Journal
	opts    []connectortest.Option
}

func setup(t *testing.T, answers ...http.HandlerFunc) *bench {
	t.Helper()
	b := &bench{t: t, script: &script{answers: answers}, clock: connectortest.NewClock(), journal: connectortest.NewJournal()}
	b.server = httptest.NewServer(b.script)
	t.Cleanup(b.server.Close)
	b.conn = &connector.Connector{Name: "scripted", Title: "Scripted", Auth: connector.Auth{
		Fields: field.Set{{Key: "token", Type: field.Text, Label: "Token", Secret: true, Required: true}},
		Sign: func(_ context.Context, c *connector.Client, r *http.Request) error {
			r.Header.Set("Authorization", "Bearer "+c.Secret("token"))
			return nil
		},
	}}
	return b
}

// client is a process that takes the step up.
func (b *bench) client(opts ...connectortest.Option) *connector.Client {
	b.t.Helper()
	account := &tengi.Account{Key: "scripted", Connector: "scripted", Secrets: map[string]string{"token": "s3cret-token"}}
	opts = append([]connectortest.Option{connectortest.WithJournal(b.journal), connectortest.WithClock(b.clock)}, append(b.opts, opts...)...)
	return connectortest.ClientAt(b.t, b.conn, b.server, account, opts...)
}

// do runs the change in a process of its own, after the last one died.
func (b *bench) do(change connector.Change) (*connector.Response, *connector.Error) {
	b.t.Helper()
	b.journal.Lose()
	return b.doAlive(change)
}

// doAlive runs the change in a process that still knows what was noted.
func (b *bench) doAlive(change connector.Change) (*connector.Response, *connector.Error) {
	b.t.Helper()
	resp, err := b.client().Change(b.t.Context(), change)
	b.journal.Save()
	if err == nil {
		return resp, nil
	}
	return resp, connector.AsError(err)
}

// post is the change most tests make.
func post(body string, recovery connector.Recovery) connector.Change {
	return connector.Change{
		Name:    "create",
		Request: connector.Request{Method: http.MethodPost, Path: "/things", Body: []byte(body)},
		Recover: recovery,
	}
}

// finding looks the thing up at the service, 10 s and 60 s after the send.
func (b *bench) finding() connector.Recovery {
	return connector.Recovery{
		Rounds: []time.Duration{10 * time.Second, time.Minute},
		Find: func(ctx context.Context, _ connector.Call) ([]byte, bool, error) {
			resp, err := b.client().Read(ctx, connector.Request{Path: "/find", Also: []int{http.StatusNotFound}})
			if err != nil || resp.Status == http.StatusNotFound {
				return nil, false, err
			}
			return resp.Body, true, nil
		},
	}
}

func withKey() connector.Recovery {
	return connector.Recovery{KeyHeader: "Idempotency-Key", KeyLife: time.Hour}
}

// wantKind checks an error's class and code.
func wantKind(t *testing.T, e *connector.Error, kind connector.Kind, code string) {
	t.Helper()
	if e == nil {
		t.Fatalf("no error, want %s %s", kind, code)
	}
	if e.Kind != kind || e.Code != code {
		t.Fatalf("%s %s (%v), want %s %s", e.Kind, e.Code, e, kind, code)
	}
}

func (b *bench) wantState(state tengi.CallState) connector.Call {
	b.t.Helper()
	call, ok := b.journal.Call("create")
	if !ok || call.State != state {
		b.t.Fatalf("the call is %q (known %t), want %q", call.State, ok, state)
	}
	return call
}

func (b *bench) wantSent(want ...received) {
	b.t.Helper()
	if diff := cmp.Diff(want, b.script.sent(), cmpopts.EquateEmpty()); diff != "" {
		b.t.Fatalf("sent (-want +got):\n%s", diff)
	}
}

// thing is a POST as the service sees it.
func thing(body, key string) received {
	return received{Method: "POST", Path: "/things", Body: body, Key: key, Token: "Bearer s3cret-token"}
}

// quiet is where a server logs what the test provokes.
func quiet() *log.Logger { return log.New(io.Discard, "", 0) }
