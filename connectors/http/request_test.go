package http

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/connector/connectortest"
	"github.com/tengi/tengi/field"
)

func request(method, path string) connector.Request {
	return connector.Request{Method: method, Path: path, JSON: map[string]any{}}
}

// asked is a request as a service saw it.
type asked struct {
	Method, Target, Type, Body, Login, Extra string
}

// serve is a service that answers always the same and remembers the last request.
func serve(t testing.TB, status int, answer string) (*httptest.Server, *asked) {
	t.Helper()
	got := new(asked)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		*got = asked{r.Method, r.RequestURI, r.Header.Get("Content-Type"), string(body), r.Header.Get("Authorization") + r.Header.Get("X-Api-Key"), r.Header.Get("X-Extra")}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, answer)
	}))
	t.Cleanup(server.Close)
	return server, got
}

// try runs the action against a server, for an account with settings of its own.
func try(t *testing.T, server *httptest.Server, settings map[string]any, secret string, raw map[string]any) (tengi.Document, error) {
	t.Helper()
	account := &tengi.Account{Key: "http", Settings: settings, Secrets: map[string]string{}}
	if secret != "" {
		account.Secrets["secret"] = secret
	}
	client := connectortest.ClientAt(t, Connector(), server, account)
	values, faults := requestFields().Parse(raw)
	if err := faults.Err(); err != nil {
		t.Fatal(err)
	}
	return do(t.Context(), client, connectortest.Ref, values)
}

func TestWhatIsSent(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		raw  map[string]any
		want asked
	}{
		{"fields", map[string]any{"url": "/orders", "content": "fields", "fields": map[string]any{
			"customer.name": `Anna "Lind", \`, "customer.vip:bool": "true", "total:number": " 12345678901234567890.10 ", "none:number": "", "lines:json": `[{"a":1}]`, "ref": "{ref}", "number": "0123",
		}}, asked{Method: "POST", Target: "/orders", Type: "application/json",
			Body: `{"customer":{"name":"Anna \"Lind\", \\","vip":true},"lines":[{"a":1}],"none":null,"number":"0123","ref":"tengi-test-0001","total":12345678901234567890.10}`}},
		{"written out", map[string]any{"url": "orders?x={ref}", "method": "PUT", "body": `{"a": 1}`},
			asked{Method: "PUT", Target: "/orders?x=tengi-test-0001", Type: "application/json", Body: `{"a": 1}`}},
		{"form", map[string]any{"url": "/f", "content": "form", "fields": map[string]any{"a b": "1&2", "r": "{ref}"}},
			asked{Method: "POST", Target: "/f", Type: "application/x-www-form-urlencoded", Body: "a+b=1%262&r=tengi-test-0001"}},
		{"text", map[string]any{"url": "/t", "content": "text", "body": "Hæ {ref}"}, asked{Method: "POST", Target: "/t", Type: "text/plain; charset=utf-8", Body: "Hæ tengi-test-0001"}},
		{"nothing", map[string]any{"url": "/d", "content": "none", "method": "DELETE"}, asked{Method: "DELETE", Target: "/d"}},
		{"headers", map[string]any{"url": "/h", "content": "text", "body": "<a/>", "headers": map[string]any{"content-type": "text/xml", "x-extra": "{ref}"}},
			asked{Method: "POST", Target: "/h", Type: "text/xml", Body: "<a/>", Extra: "tengi-test-0001"}},
		{"whole address at home", map[string]any{"url": "https://api.example.com/v1/orders", "content": "none"}, asked{Method: "POST", Target: "/orders"}},
		{"home itself", map[string]any{"url": "https://api.example.com/v1?a=1", "content": "none"}, asked{Method: "POST", Target: "/?a=1"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			server, got := serve(t, 200, `{}`)
			if _, err := try(t, server, map[string]any{"url": "https://api.example.com/v1/"}, "", tt.raw); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, *got); diff != "" {
				t.Errorf("sent (-want +got):\n%s", diff)
			}
		})
	}
}

func TestWhatIsNotSent(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		raw  map[string]any
		path string
		want string
	}{
		{"broken json", map[string]any{"url": "/x", "body": `{"name": "Anna" Lind"}`}, "body", "byte 17"},
		{"no json", map[string]any{"url": "/x"}, "body", "not JSON"},
		{"login in a header", map[string]any{"url": "/x", "content": "none", "headers": map[string]any{"authorization": "Bearer x"}}, "headers.authorization", "put it into the account"},
		{"length of one's own", map[string]any{"url": "/x", "content": "none", "headers": map[string]any{"Content-Length": "5"}}, "headers.Content-Length", "by the client"},
		{"climbing out", map[string]any{"url": "/orders/../admin", "content": "none"}, "url", `".."`},
		{"climbing out in disguise", map[string]any{"url": "/orders/%2e%2E/admin", "content": "none"}, "url", `".."`},
		{"a blank", map[string]any{"url": "/orders/Anna Lind", "content": "none"}, "url", "blank"},
		{"no number", map[string]any{"url": "/x", "content": "fields", "fields": map[string]any{"a:number": "12 kr"}}, "fields.a:number", "not a number"},
		{"a text for a number", map[string]any{"url": "/x", "content": "fields", "fields": map[string]any{"a:number": `"1"`}}, "fields.a:number", "not a number"},
		{"no bool", map[string]any{"url": "/x", "content": "fields", "fields": map[string]any{"a:bool": "yes"}}, "fields.a:bool", "not a bool"},
		{"no json in a field", map[string]any{"url": "/x", "content": "fields", "fields": map[string]any{"a:json": `{`}}, "fields.a:json", "not a json"},
		{"unknown kind", map[string]any{"url": "/x", "content": "fields", "fields": map[string]any{"a:date": "1"}}, "fields.a:date", "date"},
		{"two in one place", map[string]any{"url": "/x", "content": "fields", "fields": map[string]any{"a": "1", "a.b": "2"}}, "fields.a.b", "another one"},
		{"the same place twice", map[string]any{"url": "/x", "content": "fields", "fields": map[string]any{"a:number": "1", "a": "2"}}, "fields.a:number", "another one"},
		{"empty name", map[string]any{"url": "/x", "content": "fields", "fields": map[string]any{"a..b": "2"}}, "fields.a..b", "empty part"},
		{"forbidden success", map[string]any{"url": "/x", "content": "none", "success": "2xx, 429"}, "success", "429"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			server, got := serve(t, 200, `{}`)
			_, err := try(t, server, nil, "", tt.raw)
			e := connector.AsError(err)
			if err == nil || e.Kind != connector.Permanent || e.Field != tt.path || !strings.Contains(e.Message, tt.want) {
				t.Errorf("%s %q: %v", e.Kind, e.Field, e)
			}
			if strings.Contains(e.Error(), "Anna") {
				t.Errorf("the error repeats what was filled in: %v", e)
			}
			if got.Method != "" {
				t.Errorf("sent %+v", *got)
			}
		})
	}
}

// TestLogin: each login reaches the account's own address and no other, and stays out of what is kept.
func TestLogin(t *testing.T) {
	t.Parallel()
	tests := []struct {
		settings map[string]any
		login    string
		target   string
	}{
		{map[string]any{"auth": "bearer"}, "Bearer s3cret-token", "/x?a=1"},
		{map[string]any{"auth": "basic", "username": "anna"}, "Basic YW5uYTpzM2NyZXQtdG9rZW4=", "/x?a=1"},
		{map[string]any{"auth": "header"}, "s3cret-token", "/x?a=1"},
		{map[string]any{"auth": "query", "auth_name": "key"}, "", "/x?a=1&key=s3cret-token"},
	}
	for _, tt := range tests {
		server, got := serve(t, 200, `{}`)
		if _, err := try(t, server, tt.settings, "s3cret-token", map[string]any{"url": "/x?a=1", "content": "none"}); err != nil {
			t.Fatal(err)
		}
		if got.Login != tt.login || got.Target != tt.target {
			t.Errorf("%v: %+v", tt.settings, *got)
		}
		other, stolen := serve(t, 200, `{}`)
		_, err := try(t, server, tt.settings, "s3cret-token", map[string]any{"url": other.URL + "/x", "content": "none"})
		if e := connector.AsError(err); err == nil || e.Code != "other_address" || stolen.Method != "" {
			t.Errorf("%v: %v, sent elsewhere %+v", tt.settings, e, *stolen)
		}
	}
	other, reached := serve(t, 200, `{}`)
	server, _ := serve(t, 200, `{}`)
	if _, err := try(t, server, nil, "", map[string]any{"url": other.URL + "/x", "content": "none"}); err != nil || reached.Target != "/x" {
		t.Errorf("without a login any address may be asked: %v, %+v", err, *reached)
	}
}

// TestNoAddress: an account without an address needs whole ones, and has no login to send along.
func TestNoAddress(t *testing.T) {
	t.Parallel()
	server, got := serve(t, 200, `{}`)
	run := func(account *tengi.Account, target string) *connector.Error {
		client := connectortest.ClientAt(t, Connector(), server, account, connectortest.WithSetting("base_url", nil))
		values, faults := requestFields().Parse(map[string]any{"url": target, "content": "none"})
		if err := faults.Err(); err != nil {
			t.Fatal(err)
		}
		_, err := do(t.Context(), client, connectortest.Ref, values)
		if err == nil {
			return nil
		}
		return connector.AsError(err)
	}
	if e := run(&tengi.Account{Key: "http"}, "/x"); e == nil || e.Kind != connector.Permanent || e.Field != "url" {
		t.Errorf("a path below nothing: %v", e)
	}
	if e := run(&tengi.Account{Key: "http"}, server.URL+"/x"); e != nil || got.Target != "/x" {
		t.Errorf("a whole address: %v, %+v", e, *got)
	}
	*got = asked{}
	secret := &tengi.Account{Key: "http", Settings: map[string]any{"auth": "bearer"}, Secrets: map[string]string{"secret": "s3cret-token"}}
	if e := run(secret, server.URL+"/x"); e == nil || e.Kind != connector.Attention || got.Method != "" {
		t.Errorf("a login that belongs nowhere: %v, %+v", e, *got)
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	client := connectortest.Client(t, Connector(), NewFake(), connectortest.WithSetting("check_path", nil))
	identity, err := check(t.Context(), client)
	if err != nil || len(identity.Warnings) != 1 || !strings.HasPrefix(identity.Name, "127.0.0.1") {
		t.Errorf("%+v, %v", identity, err)
	}
}

// TestFakeKeys: the stand-in keeps to idempotency keys only when it is told to, so that a test of one kind of service cannot pass for the other.
func TestFakeKeys(t *testing.T) {
	t.Parallel()
	for _, keyed := range []bool{true, false} {
		f := NewFake()
		f.IdempotencyKeys(keyed)
		client := connectortest.Client(t, Connector(), f)
		send := func(body string) (*connector.Response, error) {
			return client.Read(t.Context(), connector.Request{Method: "POST", Path: "/orders", Body: []byte(body), Header: http.Header{"Idempotency-Key": {"k"}}})
		}
		first, err := send(`{"reference":"a"}`)
		if err != nil {
			t.Fatal(err)
		}
		again, err := send(`{"reference":"a"}`)
		if err != nil || bytes.Equal(again.Body, first.Body) != keyed {
			t.Errorf("keyed %t: %v, %s then %s", keyed, err, first.Body, again.Body)
		}
		if _, err := send(`{"reference":"b"}`); (err != nil) != keyed {
			t.Errorf("keyed %t: the same key for another request: %v", keyed, err)
		}
		var counts map[string]int
		if keyed {
			counts = map[string]int{"a": 1}
		} else {
			counts = map[string]int{"a": 2, "b": 1}
		}
		if diff := cmp.Diff(counts, f.References()); diff != "" {
			t.Errorf("keyed %t (-want +got):\n%s", keyed, diff)
		}
	}
}

func FuzzBelow(f *testing.F) {
	for _, target := range []string{"/x", "x", "https://api.example.com/v1/x", "https://api.example.com/v12", "//x", "/a/..", "?a", "/%2e%2e/", "http://[::1"} {
		f.Add(target)
	}
	server, _ := serve(f, 200, "")
	client := connectortest.ClientAt(f, Connector(), server, &tengi.Account{Key: "http", Settings: map[string]any{"url": "https://api.example.com/v1"}})
	f.Fuzz(func(t *testing.T, target string) {
		got, err := below(client, target)
		if err != nil {
			return
		}
		if got == "" || strings.ContainsAny(got, " \n") || strings.Contains(strings.SplitN(got, "?", 2)[0]+"/", "/../") {
			t.Errorf("%q became %q", target, got)
		}
	})
}

func FuzzObject(f *testing.F) {
	f.Add("a.b:number", "1", "a", "x")
	f.Add(":json", "{", ".", "")
	f.Add("a:json", `{"x":1}`, "a.b", "1")
	f.Fuzz(func(t *testing.T, name, text, other, more string) {
		got, err := object(field.Values{"fields": map[string]string{name: text, other: more}}.Pairs("fields"), func(s string) string { return s })
		if err != nil {
			return
		}
		if _, err := json.Marshal(got); err != nil {
			t.Errorf("%q %q %q %q: %v", name, text, other, more, err)
		}
	})
}
