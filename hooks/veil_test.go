package hooks

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/engine"
	"github.com/tengi/tengi/sale"
)

// TestNothingSecretIsStored sends secrets in every place and form and looks for them in what the database holds.
func TestNothingSecretIsStored(t *testing.T) {
	t.Parallel()
	basic := base64.StdEncoding.EncodeToString([]byte("user:" + shared))
	address := "https://tengi.example.is/hooks/" + token("hook")
	tests := []struct {
		name   string
		query  string
		header []string
	}{
		{"the header that proves", "", nil},
		{"logins", "", []string{"Authorization", "Bearer something-else", "Proxy-Authorization", "Basic eDp5", "Cookie", "session=something-else"}},
		{"a bearer", "", []string{"X-Other", "Bearer " + shared}},
		{"basic in another header", "", []string{"X-Forwarded-Basic", "Basic " + basic}},
		{"base64 for addresses", "", []string{"X-Other", base64.RawURLEncoding.EncodeToString([]byte("x" + shared))}},
		{"hex", "", []string{"X-Other", "sha=" + hex.EncodeToString([]byte(shared))}},
		{"hex in capitals", "", []string{"X-Other", strings.ToUpper(hex.EncodeToString([]byte(shared)))}},
		{"escaped", "", []string{"X-Other", url.QueryEscape(shared)}},
		{"escaped lightly", "", []string{"X-Other", "%zz" + strings.ReplaceAll(shared, "s", "%73")}},
		{"the second of two", "", []string{"X-Other", "a", "X-Other", shared}},
		{"the address", "", []string{"X-Original-Url", address, "Referer", address + "?x", "X-Forwarded-Uri", "/hooks/" + token("hook")}},
		{"a header's name", "", []string{"X-" + token("hook"), "x"}},
		{"a parameter", "?key=" + url.QueryEscape(shared), nil},
		{"a parameter's name", "?" + url.QueryEscape(shared) + "&kept=1", nil},
		{"a parameter, escaped twice", "?key=" + url.QueryEscape(url.QueryEscape(shared)), nil},
		{"a parameter in base64", "?key=" + url.QueryEscape(basic), nil},
		{"called a secret", "?access_token=something-else&API-Key=something-else", []string{"X-Gitlab-Token", "something-else", "X-Api-Key", "something-else", "Client_secret", "something-else"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := setup(t, patient)
			header := append([]string{"X-Proof", shared, "Content-Type", "application/json", "X-Event", "kept"}, tt.header...)
			if got := d.send("/hooks/"+token("hook")+tt.query, `{"id":7}`, header...); got.status != http.StatusOK {
				t.Fatalf("%+v", got)
			}
			e := d.event()
			expose(t, e, shared, token("hook"))
			for name, value := range e.Raw.Header {
				if strings.Contains(value, "something-else") || strings.Contains(value, "session") {
					t.Errorf("%s: %s is stored", name, value)
				}
			}
			if strings.Contains(e.Raw.Query, "something-else") {
				t.Errorf("%s is stored", e.Raw.Query)
			}
			if strings.Contains(tt.query, "kept=1") && e.Raw.Query != "kept=1" {
				t.Errorf("query %q", e.Raw.Query)
			}
			if e.Raw.Header["X-Event"] != "kept" || string(e.Raw.Body) != `{"id":7}` {
				t.Errorf("what is no secret is not stored: %+v %s", e.Raw, e.Raw.Body)
			}
		})
	}
}

// expose fails the test when an event, as it is stored, holds a secret in any form.
func expose(t testing.TB, e tengi.Event, secrets ...string) {
	t.Helper()
	raw, err := json.Marshal(e.Raw)
	if err != nil {
		t.Fatal(err)
	}
	sold, err := json.Marshal(e.Sale)
	if err != nil {
		t.Fatal(err)
	}
	query, _ := url.QueryUnescape(e.Raw.Query)
	for _, secret := range secrets {
		inJSON, _ := json.Marshal(secret)
		for _, form := range []string{secret, string(inJSON[1 : len(inJSON)-1]), url.QueryEscape(secret), url.PathEscape(secret), hex.EncodeToString([]byte(secret)),
			base64.RawStdEncoding.EncodeToString([]byte(secret)), base64.RawURLEncoding.EncodeToString([]byte(secret))} {
			for place, text := range map[string]string{"raw": string(raw), "query": query, "body": string(e.Raw.Body), "data": string(e.Data), "sale": string(sold),
				"type": e.Type, "object": e.Object, "dedupe": e.Dedupe, "reason": e.Unreadable} {
				if strings.Contains(text, form) || strings.Contains(strings.ToLower(text), strings.ToLower(secret)) {
					t.Errorf("the %s holds the secret %q: %s", place, form, text)
				}
			}
		}
	}
}

// TestSecretInBody: what a sender repeats of a secret in its body is covered wherever it would be stored, and everything else stays as it came.
func TestSecretInBody(t *testing.T) {
	t.Parallel()
	inJSON, _ := json.Marshal(shared)
	for name, tt := range map[string]struct{ body, want, contentType string }{
		"json":             {`{"id":"A","proof":` + string(inJSON) + `,"total":"1.10"}`, `{"id":"A","proof":"••••","total":"1.10"}`, "application/json"},
		"json, plain":      {`{"id":"A","proof":"` + shared + `"}`, `{"id":"A","proof":"••••"}`, "application/json"},
		"json, slashes":    {`{"id":"A","proof":"` + strings.ReplaceAll(shared, "/", `\/`) + `"}`, `{"id":"A","proof":"••••"}`, "application/json"},
		"json, ascii":      {`{"id":"A","proof":"s3cret-of-Fj\u00f6r\u00f0ur\/&Co"}`, `{"id":"A","proof":"••••"}`, "application/json"},
		"the hook address": {`{"id":"A","config":{"url":"https://x.is/hooks/` + token("hook") + `"}}`, `{"id":"A","config":{"url":"https://x.is/hooks/••••"}}`, "application/json"},
		"a form":           {"id=A&proof=" + url.QueryEscape(shared) + "&b=2", "id=A&proof=••••&b=2", "application/x-www-form-urlencoded"},
		"the object":       {`{"id":"` + token("hook") + `"}`, `{"id":"••••"}`, "application/json"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := setup(t, patient)
			if got := d.hooked("hook", tt.body, "X-Proof", shared, "Content-Type", tt.contentType); got.status != http.StatusOK {
				t.Fatalf("%+v", got)
			}
			e := d.event()
			if diff := cmp.Diff(tt.want, string(e.Raw.Body)); diff != "" {
				t.Errorf("body (-want +got):\n%s", diff)
			}
			expose(t, e, shared, token("hook"))
			if !json.Valid(e.Data) || e.Unreadable != "" {
				t.Errorf("data %s, %q", e.Data, e.Unreadable)
			}
		})
	}
}

// TestNumbersStayAsTheyAre: a secret of digits, or a short one, may be an amount or a number of a booking: money is never changed to hide it.
func TestNumbersStayAsTheyAre(t *testing.T) {
	t.Parallel()
	d := setup(t, patient)
	if got := d.hooked("moody", "number 471100815"); got.status != http.StatusOK {
		t.Fatalf("%+v", got)
	}
	if e := d.event(); string(e.Data) != "471100815" || e.Object != "o/471100815" || string(e.Raw.Body) != "number 471100815" {
		t.Errorf("%+v", e)
	}
}

// TestClosedAccount: of an account whose secrets do not open, what may be one goes by its name, and the address's token is known.
func TestClosedAccount(t *testing.T) {
	t.Parallel()
	d := setup(t, patient)
	d.send("/hooks/"+token("sealed")+"?id=7&sig=s1&api_key=s2&pass=s3", "see "+token("sealed"), "X-Shop-Key", "s4", "X-Hmac-Sha256", "s5", "X-Signature", "s6", "X-Session", "s7",
		"X-Auth", "s8", "Authorization", "s9", "X-Booking-Id", "B1", "Content-Type", "text/plain", "Referer", "/hooks/"+token("sealed"))
	raw := d.event().Raw
	if raw.Query != "id=7" || string(raw.Body) != "see ••••" {
		t.Errorf("query %q, body %q", raw.Query, raw.Body)
	}
	for _, name := range []string{"Accept-Encoding", "Content-Length", "User-Agent"} {
		delete(raw.Header, name)
	}
	if diff := cmp.Diff(map[string]string{"X-Booking-Id": "B1", "Content-Type": "text/plain"}, raw.Header); diff != "" {
		t.Errorf("header (-want +got):\n%s", diff)
	}
}

// TestShortSecrets are whole words only: otherwise every third word would be one.
func TestShortSecrets(t *testing.T) {
	t.Parallel()
	v := newVeil(&engine.Account{Account: tengi.Account{HookToken: "hk-1234567890", Secrets: map[string]string{"pin": "abc1", "empty": ""}}}, "hk-1234567890")
	for text, want := range map[string]bool{"abc1": true, "Bearer ABC1": true, "pin=abc1;x": true, "xabc1": false, "abc": false, "": false, "x,abc1": true} {
		if got := v.hides(text); got != want {
			t.Errorf("%q: %t, want %t", text, got, want)
		}
	}
	if got := v.cover("abc1 and hk-1234567890"); got != "abc1 and ••••" {
		t.Errorf("%q", got)
	}
}

// TestCoverSale: a sale is covered too, and its money stays what it is.
func TestCoverSale(t *testing.T) {
	t.Parallel()
	v := newVeil(&engine.Account{Account: tengi.Account{HookToken: "hk-1234567890", Secrets: map[string]string{"s": shared, "brace": `{"a":"secret`}}}, "hk-1234567890")
	e := tengi.Event{Data: json.RawMessage(`{"a":1}`), Sale: &sale.Sale{Reference: "R " + shared, Total: decimal.RequireFromString("12.30"), Currency: "ISK"}}
	v.event(&e)
	if e.Sale.Reference != "R ••••" || e.Sale.Total.String() != "12.3" || e.Sale.Currency != "ISK" || string(e.Data) != `{"a":1}` {
		t.Errorf("%+v %s", e.Sale, e.Data)
	}
	broken := tengi.Event{Data: json.RawMessage(`[{"a":"secret"}]`), Object: "o"}
	v.event(&broken)
	if broken.Data != nil || broken.Unreadable != repeats || broken.Object != "o" {
		t.Errorf("%+v", broken)
	}
}

func TestVeilFollowsTheAccount(t *testing.T) {
	t.Parallel()
	s := &veils{made: map[string]veiled{}}
	old := &engine.Account{Account: tengi.Account{ID: "a", HookToken: "hk-1", Secrets: map[string]string{"s": "old-secret"}}}
	first := s.of(old, "hk-1")
	if s.of(old, "hk-1") != first {
		t.Error("made twice")
	}
	renewed := &engine.Account{Account: tengi.Account{ID: "a", HookToken: "hk-1", Secrets: map[string]string{"s": "new-secret"}}}
	if v := s.of(renewed, "hk-1"); !v.hides("new-secret") || v.hides("old-secret") || len(s.made) != 1 {
		t.Errorf("%+v", v)
	}
}

// FuzzReceive: whatever a verified sender writes, and whatever templates the account has, nothing panics, nothing is lost and no secret is stored.
func FuzzReceive(f *testing.F) {
	basic := base64.StdEncoding.EncodeToString([]byte("u:" + shared))
	f.Add("X-Other", basic, "a=1&b="+url.QueryEscape(shared), `{"id":"`+shared+`"}`, `{{ data.id }}-{{ header["X-Other"] }}`, uint8(0))
	f.Add(token("hook"), token("hook"), "%zz="+token("hook"), "id="+token("hook"), `{{ query.a }}{{ header["X-Proof"] }}`, uint8(1))
	f.Add("Cookie", "%73"+shared[1:], ";;&=&", "<a>"+hex.EncodeToString([]byte(shared))+"</a>", `{{ header }}`, uint8(2))
	f.Add("", "\xff\x00", "a=%ff", "\xff"+shared, `{{ data[`, uint8(3))
	f.Add("Authorization", "Bearer "+shared, url.QueryEscape(shared)+"=1", `["`+strings.ReplaceAll(shared, "/", `\/`)+`"]`, `{{ data[0] }}`, uint8(0))
	kinds := []string{"application/json", "application/x-www-form-urlencoded", "text/xml", ""}
	accounts := accountsForFuzz(f)
	f.Fuzz(func(t *testing.T, name, value, query, body, template string, how uint8) {
		for _, account := range accounts {
			a := *account
			if a.Problem == nil {
				a.Settings = map[string]any{"scheme": "token", "token_header": "X-Proof", "dedupe": template, "object": template, "type": template}
			}
			stored := receiveForFuzz(t, &a, name, value, query, body, kinds[int(how)%len(kinds)])
			if len(stored) == 0 {
				t.Fatal("the notice is lost")
			}
			for _, e := range stored {
				if e.Dedupe == "" || e.Type == "" || e.Raw.Method != http.MethodPost {
					t.Errorf("%+v", e)
				}
				secrets := []string{token("hook")}
				if a.Problem == nil {
					secrets = append(secrets, shared)
				}
				expose(t, e, secrets...)
			}
		}
	})
}

// accountsForFuzz are one that works and one that does not.
func accountsForFuzz(f *testing.F) []*engine.Account {
	f.Helper()
	var list []*engine.Account
	for _, c := range knownConnectors() {
		if c.Name != "webhook" {
			continue
		}
		list = append(list, &engine.Account{Connector: c, Account: tengi.Account{ID: "a", Connector: c.Name, HookToken: token("hook"), Secrets: map[string]string{"token": shared}}},
			&engine.Account{Connector: c, Account: tengi.Account{ID: "b", Connector: c.Name}, Problem: io.ErrUnexpectedEOF})
	}
	return list
}

func receiveForFuzz(t *testing.T, account *engine.Account, name, value, query, body, kind string) []tengi.Event {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, "/hooks/x", strings.NewReader(body))
	r.URL.RawQuery = query
	r.Header = http.Header{"Content-Type": {kind}, "X-Empty": {}}
	r.Header[name] = []string{value, "second"}
	r.Header["X-Proof"] = []string{shared}
	rc := &Receiver{eval: newEvaluator(), log: newSparing(slog.New(slog.DiscardHandler), time.Now)}
	if account.Problem != nil {
		delete(r.Header, "X-Proof") // nobody can know that it is one
	}
	events, err := rc.receive(newNotice(r, []byte(body), account, newVeil(account, token("hook")), time.Unix(1782907200, 0)))
	if err != nil {
		t.Fatalf("refused: %v (%v)", err, connector.IsUnverified(err))
	}
	return events
}
