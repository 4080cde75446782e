package connector_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/connector/connectortest"
	"github.com/tengi/tengi/field"
)

// tokens is a service that signs in by a token which it may declare void.
type tokens struct {
	mu     sync.Mutex
	logins int
	posts  int
	valid  string
	refuse bool // every login
}

func (s *tokens) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case r.URL.Path == "/login" && (s.refuse || r.Header.Get("Authorization") != ""):
		s.logins++
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, `{"error":"invalid_client"}`)
	case r.URL.Path == "/login":
		s.logins++
		s.valid = fmt.Sprintf("token-%d", s.logins)
		_, _ = io.WriteString(w, s.valid)
	case r.Header.Get("Authorization") != s.valid:
		w.WriteHeader(http.StatusUnauthorized)
	default:
		s.posts++
	}
}

func tokenSetup(t *testing.T) (*tokens, *bench) {
	service := &tokens{}
	b := setup(t)
	b.server = httptest.NewServer(service)
	t.Cleanup(b.server.Close)
	b.conn = &connector.Connector{Name: "tokens", Title: "Tokens", Auth: connector.Auth{
		Fields: field.Set{{Key: "token", Type: field.Text, Label: "Token", Secret: true}},
		Sign: func(ctx context.Context, c *connector.Client, r *http.Request) error {
			token, err := c.Session().Token(ctx, "main", c.Now(), func(ctx context.Context) (string, time.Duration, error) {
				resp, err := c.Read(ctx, connector.Request{Method: "POST", Path: "/login", Private: true})
				if err != nil {
					return "", 0, err
				}
				return string(resp.Body), time.Hour, nil
			})
			r.Header.Set("Authorization", token)
			return err
		},
	}}
	b.opts = []connectortest.Option{connectortest.WithSession(connector.NewSession(connector.Limits{}))}
	return service, b
}

func TestTokenRenewedOnce(t *testing.T) {
	t.Parallel()
	service, b := tokenSetup(t)
	if _, e := b.doAlive(post(`{}`, connector.Recovery{})); e != nil {
		t.Fatal(e)
	}
	service.valid = "revoked" // the service forgot it
	change := post(`{}`, connector.Recovery{})
	change.Name = "second"
	if _, e := b.doAlive(change); e != nil {
		t.Fatal(e)
	}
	if service.logins != 2 || service.posts != 2 {
		t.Errorf("%d logins, %d posts, want 2 and 2", service.logins, service.posts)
	}

	service.valid, service.refuse = "revoked", true // now the login itself is refused
	change.Name = "third"
	_, e := b.doAlive(change)
	wantKind(t, e, connector.Attention, connector.CodeLogin)
	if !strings.Contains(e.Detail, "invalid_client") || service.logins != 3 {
		t.Errorf("detail %q after %d logins", e.Detail, service.logins)
	}
	if call, _ := b.journal.Call("third"); call.State != connector.CallUnacted {
		t.Errorf("the call is %s", call.State)
	}
}

// TestTokenExpiry: a token is renewed five minutes early, by our own clock.
func TestTokenExpiry(t *testing.T) {
	t.Parallel()
	service, b := tokenSetup(t)
	for _, tt := range []struct {
		after time.Duration
		want  int
	}{{0, 1}, {54 * time.Minute, 1}, {time.Minute, 2}} {
		b.clock.Advance(tt.after)
		if _, err := b.client().Read(t.Context(), connector.Request{Path: "/x"}); err != nil {
			t.Fatal(err)
		}
		if service.logins != tt.want {
			t.Errorf("after %s more: %d logins, want %d", tt.after, service.logins, tt.want)
		}
	}
}

// TestTokenShared: all work of an account waits for one login and shares its outcome.
func TestTokenShared(t *testing.T) {
	t.Parallel()
	session := connector.NewSession(connector.Limits{})
	refused := &connector.Error{Kind: connector.Attention, Code: "x"}
	for _, tt := range []struct {
		name string
		err  error
	}{{"good", nil}, {"bad", refused}} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var logins atomic.Int32
			start, entered := make(chan struct{}), make(chan struct{})
			login := func(context.Context) (string, time.Duration, error) {
				logins.Add(1)
				close(entered)
				<-start
				return "token", time.Hour, tt.err
			}
			var group sync.WaitGroup
			ask := func(ctx context.Context) {
				token, err := session.Token(ctx, tt.name, time.Now(), login)
				if !errors.Is(err, tt.err) || tt.err == nil && token != "token" {
					t.Errorf("%q, %v", token, err)
				}
			}
			group.Go(func() { ask(t.Context()) })
			<-entered
			waiting := newWaitingContexts(t, 8)
			for _, ctx := range waiting.contexts {
				group.Go(func() { ask(ctx) })
			}
			waiting.wait()
			close(start)
			group.Wait()
			if n := logins.Load(); n != 1 {
				t.Errorf("%d logins", n)
			}
		})
	}
}

// TestTokenAbandoned: when the one who signs in goes away, the next begins anew instead of failing with it.
func TestTokenAbandoned(t *testing.T) {
	t.Parallel()
	session := connector.NewSession(connector.Limits{})
	ctx, cancel := context.WithCancel(t.Context())
	entered := make(chan struct{})
	var group sync.WaitGroup
	group.Go(func() {
		_, err := session.Token(ctx, "main", time.Now(), func(ctx context.Context) (string, time.Duration, error) {
			close(entered)
			<-ctx.Done()
			return "", 0, ctx.Err()
		})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("the first got %v", err)
		}
	})
	<-entered
	waiting := newWaitingContexts(t, 1)
	group.Go(func() {
		token, err := session.Token(waiting.contexts[0], "main", time.Now(), func(context.Context) (string, time.Duration, error) {
			return "second", time.Hour, nil
		})
		if token != "second" || err != nil {
			t.Errorf("the second got %q, %v", token, err)
		}
	})
	waiting.wait()
	cancel()
	group.Wait()
}

// waitingContexts tell when somebody waits on each of them.
type waitingContexts struct {
	contexts []context.Context
	reached  chan struct{}
}

type waitingContext struct {
	context.Context
	once    sync.Once
	reached chan struct{}
}

func (c *waitingContext) Done() <-chan struct{} {
	c.once.Do(func() { c.reached <- struct{}{} })
	return c.Context.Done()
}

func newWaitingContexts(t *testing.T, n int) *waitingContexts {
	w := &waitingContexts{reached: make(chan struct{}, n)}
	for range n {
		w.contexts = append(w.contexts, &waitingContext{Context: t.Context(), reached: w.reached})
	}
	return w
}

func (w *waitingContexts) wait() {
	for range w.contexts {
		<-w.reached
	}
}

// A session outlives a change of its account, when the change was one that keeps the logins. What it remembers of the account must not.
func TestSessionOfAnAccountThatChanged(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte(`"` + r.URL.Path + ` first-secret second-secret"`))
	}))
	t.Cleanup(server.Close)
	c := &connector.Connector{Name: "x", Auth: connector.Auth{Fields: field.Set{
		{Key: "token", Type: field.Text, Label: "Token", Secret: true},
		{Key: "shop", Type: field.Text, Label: "Shop", Required: true},
	}}}
	session := connector.NewSession(connector.Limits{})
	for _, name := range []string{"first", "second", "first"} {
		account := &tengi.Account{ID: "acc1", Settings: map[string]any{"shop": name}, Secrets: map[string]string{"token": name + "-secret"}}
		for range 2 {
			client := connectortest.ClientAt(t, c, server, account, connectortest.WithSession(session))
			if got := client.Settings.Text("shop"); got != name {
				t.Errorf("the client of the %s works with the settings of the %s", name, got)
			}
			if _, err := client.Read(t.Context(), connector.Request{Path: "/x"}); err != nil {
				t.Fatal(err)
			}
			body := client.Recorded()[0].ResponseBody
			if strings.Contains(body, name) || strings.Count(body, "-secret") != 1 {
				t.Errorf("recorded for the %s: %s", name, body)
			}
		}
	}
	// One that no longer fits is refused, however often, and is not answered with what the one before left.
	for range 2 {
		if _, err := connector.NewClient(connector.ClientConfig{Connector: c, Account: &tengi.Account{ID: "acc1"}, Session: session}); err == nil {
			t.Error("an account without what it needs has a client")
		}
	}
}

// Clients of an account as it was and as it is are made side by side while it changes: each has what is its own.
func TestSessionOpensAtOnce(t *testing.T) {
	t.Parallel()
	c := &connector.Connector{Name: "x", Auth: connector.Auth{Fields: field.Set{{Key: "shop", Type: field.Text, Label: "Shop"}}}}
	session := connector.NewSession(connector.Limits{})
	var wait sync.WaitGroup
	for _, name := range []string{"first", "second"} {
		account := &tengi.Account{ID: "acc1", Settings: map[string]any{"shop": name}}
		for range 2 {
			wait.Go(func() {
				for range 200 {
					client, err := connector.NewClient(connector.ClientConfig{Connector: c, Account: account, Session: session})
					if err != nil || client.Settings.Text("shop") != name {
						t.Errorf("the client of the %s: %v", name, err)
						return
					}
				}
			})
		}
	}
	wait.Wait()
}

// BenchmarkNewClient is a client for one more piece of work of an account.
func BenchmarkNewClient(b *testing.B) {
	c := &connector.Connector{Name: "x", Auth: connector.Auth{Fields: field.Set{
		{Key: "url", Type: field.URL, Label: "Address"},
		{Key: "auth", Type: field.Select, Label: "Login", Default: "none", Options: []field.Option{{Value: "none", Label: "None"}, {Value: "bearer", Label: "Token"}}},
		{Key: "token", Type: field.Text, Label: "Token", Secret: true, DependsOn: &field.Condition{Key: "auth", Values: []string{"bearer"}}},
		{Key: "path", Type: field.Text, Label: "Path", Pattern: "/.*"},
	}}}
	account := &tengi.Account{Settings: map[string]any{"url": "https://api.example.com", "auth": "bearer", "path": "/me"}, Secrets: map[string]string{"token": "a-long-token"}}
	cfg := connector.ClientConfig{Connector: c, Account: account, Session: connector.NewSession(connector.Limits{})}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := connector.NewClient(cfg); err != nil {
			b.Fatal(err)
		}
	}
}
