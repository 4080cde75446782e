package connector_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/connector/connectortest"
	"github.com/tengi/tengi/field"
)

// TestRequestBytes: what a request looks like on the wire.
func TestRequestBytes(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		req  connector.Request
		want string // method, target, content type, accept, body
	}{
		{"plain", connector.Request{Path: "/a"}, "GET /a||application/json|"},
		{"query", connector.Request{Path: "/a?x=1", Query: url.Values{"y": {"á &"}}}, "GET /a?x=1&y=%C3%A1+%26||application/json|"},
		{"json", connector.Request{Method: "PUT", Path: "/a", JSON: map[string]int{"a": 1}}, `PUT /a|application/json|application/json|{"a":1}`},
		{"form", connector.Request{Method: "POST", Path: "/a", Form: url.Values{"a": {"1 2"}}}, "POST /a|application/x-www-form-urlencoded|application/json|a=1+2"},
		{"body and headers", connector.Request{Method: "POST", Path: "/a", Body: []byte("<a/>"), Header: http.Header{"content-type": {"text/xml"}, "ACCEPT": {"text/xml"}}},
			"POST /a|text/xml|text/xml|<a/>"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var got string
			b := setup(t)
			b.server = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				got = fmt.Sprintf("%s %s|%s|%s|%s", r.Method, r.RequestURI, r.Header.Get("Content-Type"), strings.Join(r.Header["Accept"], ","), body)
			}))
			t.Cleanup(b.server.Close)
			if _, err := b.client().Read(t.Context(), tt.req); err != nil {
				t.Fatal(err)
			}
			if got != tt.want {
				t.Errorf("sent %q, want %q", got, tt.want)
			}
		})
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	var elsewhere atomic.Int32
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) }))
	t.Cleanup(other.Close)
	b := setup(t, status(307, "Location", other.URL), status(303, "Location", other.URL))
	_, e := b.doAlive(post(`{}`, connector.Recovery{}))
	wantKind(t, e, connector.Permanent, connector.CodeRefused)
	_, e = b.doAlive(post(`{}`, connector.Recovery{}))
	wantKind(t, e, connector.Unknown, connector.CodeAskPerson) // a form that was taken is answered so
	b.server.Config.Handler = http.RedirectHandler(other.URL, http.StatusMovedPermanently)
	_, err := b.client().Read(t.Context(), connector.Request{Path: "/x"})
	wantKind(t, connector.AsError(err), connector.Permanent, connector.CodeRefused)
	if n := elsewhere.Load(); n != 0 {
		t.Errorf("%d requests, with the login, went to another address", n)
	}
}

func TestAnswerTooLong(t *testing.T) {
	t.Parallel()
	long := func(code int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(code)
			_, _ = w.Write(make([]byte, connector.MaxAnswer+1))
		}
	}
	b := setup(t, long(200), long(422))
	_, e := b.doAlive(post(`{}`, withKey()))
	wantKind(t, e, connector.Unknown, connector.CodeAnswerLost)
	_, e = b.doAlive(post(`{}`, withKey()))
	wantKind(t, e, connector.Permanent, connector.CodeRefused)
	if len(e.Detail) > 600 {
		t.Errorf("%d bytes of detail", len(e.Detail))
	}
	b.server.Config.Handler = long(200)
	_, err := b.client().Read(t.Context(), connector.Request{Path: "/x"})
	wantKind(t, connector.AsError(err), connector.Permanent, connector.CodeBadAnswer)
}

// TestTransport: what a broken connection means before the request was taken, and after.
func TestTransport(t *testing.T) {
	t.Parallel()
	nobody, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := "http://" + nobody.Addr().String()
	_ = nobody.Close()

	t.Run("refused connection", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.opts = []connectortest.Option{connectortest.WithSetting("base_url", address)}
		_, e := b.doAlive(post(`{}`, connector.Recovery{}))
		wantKind(t, e, connector.Temporary, connector.CodeNotSent)
		b.wantState(connector.CallUnacted)
	})
	t.Run("unknown name", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.opts = []connectortest.Option{connectortest.WithSetting("base_url", "http://nowhere.invalid")}
		_, e := b.doAlive(post(`{}`, connector.Recovery{}))
		wantKind(t, e, connector.Temporary, connector.CodeNotSent)
	})
	t.Run("unknown certificate", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		secure := httptest.NewUnstartedServer(b.script)
		secure.Config.ErrorLog = quiet()
		secure.StartTLS()
		t.Cleanup(secure.Close)
		b.server = secure
		_, e := b.doAlive(post(`{}`, connector.Recovery{}))
		wantKind(t, e, connector.Temporary, connector.CodeNotSent)
		b.wantSent()
	})
	t.Run("half an answer", func(t *testing.T) {
		t.Parallel()
		b := setup(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, `{"id":`)
		})
		_, e := b.doAlive(post(`{}`, withKey()))
		wantKind(t, e, connector.Unknown, connector.CodeAnswerLost)
	})
	t.Run("no answer in time", func(t *testing.T) {
		t.Parallel()
		gone := make(chan struct{})
		b := setup(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done(); close(gone) })
		change := post(`{}`, connector.Recovery{})
		change.Timeout = 20 * time.Millisecond
		_, e := b.doAlive(change)
		wantKind(t, e, connector.Unknown, connector.CodeAskPerson)
		<-gone
	})
	t.Run("given up before it began", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := b.client().Change(ctx, post(`{}`, connector.Recovery{}))
		wantKind(t, connector.AsError(err), connector.Temporary, connector.CodeNotSent)
		if _, known := b.journal.Call("create"); known {
			t.Error("journaled")
		}
	})
}

// TestNoHiddenResend: net/http repeats what it takes for harmless when a kept connection breaks. A change it must not.
func TestNoHiddenResend(t *testing.T) {
	t.Parallel()
	for _, method := range []string{"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"} {
		for _, key := range []string{"", "Idempotency-Key", "X-Idempotency-Key"} {
			for _, body := range []string{"", `{"a":1}`} {
				t.Run(method+" "+key+" "+body, func(t *testing.T) {
					t.Parallel()
					hiddenResend(t, method, key, body)
				})
			}
		}
	}
}

func hiddenResend(t *testing.T, method, key, body string) {
	var taken atomic.Int32
	var wrong atomic.Value
	b := setup(t)
	b.server = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/warm" {
			return
		}
		got, _ := io.ReadAll(r.Body)
		if string(got) != body || r.ContentLength > 0 != (body != "") || r.Header.Get("Transfer-Encoding") != "" {
			wrong.Store(fmt.Sprintf("%q of length %d", got, r.ContentLength))
		}
		taken.Add(1)
		panic(http.ErrAbortHandler) // it acted, and the kept connection closes without a byte
	}))
	t.Cleanup(b.server.Close)
	client := b.client()
	if _, err := client.Read(t.Context(), connector.Request{Path: "/warm"}); err != nil {
		t.Fatal(err)
	}
	change := connector.Change{Name: "create", Request: connector.Request{Method: method, Path: "/act", Body: []byte(body)}}
	if key != "" {
		change.Recover = connector.Recovery{KeyHeader: key, KeyLife: time.Hour}
	}
	_, err := client.Change(t.Context(), change)
	if e := connector.AsError(err); e.Kind != connector.Unknown {
		t.Errorf("%s: %v", e.Kind, e)
	}
	if n := taken.Load(); n != 1 {
		t.Errorf("the service took %d requests, want 1", n)
	}
	if text := wrong.Load(); text != nil {
		t.Errorf("it got %v", text)
	}
}

// TestSetBody: a login inside the body reaches the service and stays out of the journal and the record.
func TestSetBody(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.conn.Auth.Sign = func(_ context.Context, c *connector.Client, r *http.Request) error {
		connector.SetBody(r, []byte(`{"login":"`+c.Secret("token")+`"}`))
		return nil
	}
	client := b.client()
	if _, err := client.Change(t.Context(), post(`{"login":""}`, withKey())); err != nil {
		t.Fatal(err)
	}
	b.wantSent(received{Method: "POST", Path: "/things", Body: `{"login":"s3cret-token"}`, Key: string(connectortest.Ref) + "-create"})
	kept := fmt.Sprintf("%+v %+v", b.journal.Calls(), client.Recorded())
	if strings.Contains(kept, "s3cret-token") || !strings.Contains(kept, "login") {
		t.Errorf("kept %s", kept)
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	c := &connector.Connector{Name: "x", Auth: connector.Auth{Fields: field.Set{
		{Key: "user", Type: field.Text, Label: "User", Required: true},
		{Key: "password", Type: field.Text, Label: "Password", Required: true, Secret: true, Min: "4"},
	}}}
	account := &tengi.Account{Key: "x", Settings: map[string]any{"user": "anna"}, Secrets: map[string]string{"password": "pass-word"}}
	got, err := c.Settings(account)
	if diff := cmp.Diff(field.Values{"user": "anna"}, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	for name, secrets := range map[string]map[string]string{"missing": nil, "too short": {"password": "xyz"}, "unknown": {"password": "pass-word", "pin": "pinpin"}} {
		account.Secrets = secrets
		if _, err := c.Settings(account); err == nil || strings.Contains(err.Error(), "xyz") || strings.Contains(err.Error(), "pinpin") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
