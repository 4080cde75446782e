package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/connector/connectortest"
)

const (
	body           = `{"id":7,"customer":"Anna Lind"}`
	hmacSecret     = "shared-secret-of-the-shop"
	standardSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
)

func hexOf(secret, body string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(body))
	return hex.EncodeToString(mac.Sum(nil))
}

func jsonHeader(more ...string) http.Header {
	header := http.Header{"Content-Type": {"application/json"}}
	for i := 0; i+1 < len(more); i += 2 {
		header.Set(more[i], more[i+1])
	}
	return header
}

// standardHeader signs with the standard's own library.
func standardHeader(t *testing.T, sent time.Time) http.Header {
	t.Helper()
	signer, err := standardwebhooks.NewWebhook(standardSecret)
	if err != nil {
		t.Fatal(err)
	}
	signature, err := signer.Sign("msg_1", sent, []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	return jsonHeader("webhook-id", "msg_1", "webhook-timestamp", fmt.Sprint(sent.Unix()), "webhook-signature", "v1a,AAAA "+signature)
}

func TestConnector(t *testing.T) {
	t.Parallel()
	connectortest.Run(t, Connector(), nil,
		connectortest.Notice{Name: "address alone", Header: jsonHeader(), Body: body, Events: 1},
		connectortest.Notice{Name: "no body", Method: "GET", Query: url.Values{"id": {"7"}}, Events: 1},
		connectortest.Notice{Name: "unreadable", Body: "\x00\xff", Events: 1},
		connectortest.Notice{Name: "token", Header: jsonHeader("x-webhook-token", "token-of-the-shop"), Body: body, Events: 1, Signed: true, OpenBody: true,
			Secrets: map[string]string{"token": "token-of-the-shop"}},
		connectortest.Notice{Name: "bearer", Header: jsonHeader("authorization", "bearer  token-of-the-shop"), Body: body, Events: 1, Signed: true, OpenBody: true,
			Settings: map[string]any{"token_header": "Authorization"}, Secrets: map[string]string{"token": "token-of-the-shop"}},
		connectortest.Notice{Name: "hmac", Header: jsonHeader("X-Hub-Signature-256", "sha256="+hexOf(hmacSecret, body)), Body: body, Events: 1, Signed: true,
			Settings: map[string]any{"scheme": "hmac", "signature_header": "X-Hub-Signature-256", "prefix": "sha256="}, Secrets: map[string]string{"hmac_secret": hmacSecret}},
		connectortest.Notice{Name: "standard", Header: standardHeader(t, connectortest.NewClock().Now()), Body: body, Events: 1, Signed: true,
			Settings: map[string]any{"scheme": "standard"}, Secrets: map[string]string{"standard_secret": standardSecret}},
	)
}

// inbound is a notice to an account.
func inbound(t testing.TB, settings map[string]any, secrets map[string]string, header http.Header, body string) *connector.Inbound {
	t.Helper()
	account := &tengi.Account{Key: "hook", Settings: settings, Secrets: secrets}
	parsed, err := Connector().Settings(account)
	if err != nil {
		t.Fatal(err)
	}
	return &connector.Inbound{Method: "POST", Query: url.Values{}, Header: header, Body: []byte(body), ReceivedAt: connectortest.NewClock().Now(), Account: account, Settings: parsed}
}

// one receives a notice that must make one event.
func one(t testing.TB, in *connector.Inbound) tengi.Event {
	t.Helper()
	events, err := receive(in)
	if err != nil || len(events) != 1 {
		t.Fatalf("%d events, %v", len(events), err)
	}
	return events[0]
}

func TestIdentity(t *testing.T) {
	t.Parallel()
	plain := func(body string) string { return one(t, inbound(t, nil, nil, jsonHeader(), body)).Dedupe }
	first, again, other := plain(body), plain(body), plain(body+" ")
	if first != again || first == other || !strings.HasPrefix(first, "sha256:") {
		t.Errorf("by content: %q %q %q", first, again, other)
	}
	query := func(id string) string {
		in := inbound(t, nil, nil, nil, "")
		in.Query = url.Values{"id": {id}, "a": {"b"}}
		return one(t, in).Dedupe
	}
	first, again, other = query("1"), query("1"), query("2")
	if first != again || first == other {
		t.Errorf("by query: %q %q %q", first, again, other)
	}
	in := inbound(t, map[string]any{"scheme": "standard"}, map[string]string{"standard_secret": standardSecret}, standardHeader(t, connectortest.NewClock().Now()), body)
	if got := one(t, in).Dedupe; got != "msg_1" {
		t.Errorf("standard: %q", got)
	}
}

func TestDescribe(t *testing.T) {
	t.Parallel()
	settings := map[string]any{"dedupe": "{{ data.id }}", "object": "order/{{ data.id }}", "type": "{{ kind }}"}
	eval := func(kind string, fails string) func(string, []byte) (string, error) {
		return func(template string, data []byte) (string, error) {
			if string(data) != body {
				t.Errorf("data is %s", data)
			}
			switch template {
			case fails:
				return "", errors.New("no such name")
			case settings["dedupe"]:
				return " 7 ", nil
			case settings["object"]:
				return "order/7", nil
			default:
				return kind, nil
			}
		}
	}
	in := inbound(t, settings, nil, jsonHeader(), body)
	in.Eval = eval("orders/paid", "")
	if e := one(t, in); e.Dedupe != "own:7" || e.Object != "order/7" || e.Type != "webhook.orders.paid" || e.Unreadable != "" {
		t.Errorf("%+v", e)
	}
	in.Eval = eval("", "")
	if e := one(t, in); e.Type != "webhook.received" {
		t.Errorf("an empty kind: %+v", e)
	}
	in.Eval = eval("x", settings["object"].(string))
	if e := one(t, in); e.Unreadable != `the account's field "object": no such name` || e.Dedupe != "own:7" || string(e.Data) != body {
		t.Errorf("a template that fails: %+v", e)
	}
	in.Eval = eval("x", settings["dedupe"].(string))
	if e := one(t, in); !strings.HasPrefix(e.Dedupe, "sha256:") || e.Unreadable == "" {
		t.Errorf("an identity that fails: %+v", e)
	}
	in.Eval = nil
	if e := one(t, in); e.Unreadable == "" || e.Dedupe == "" {
		t.Errorf("without Eval: %+v", e)
	}
	long := strings.Repeat("þ", 300)
	in.Eval = func(string, []byte) (string, error) { return long, nil }
	if e := one(t, in); len(e.Object) != maxObject || !strings.HasPrefix(e.Dedupe, "own:sha256:") || e.Type != "webhook.received" {
		t.Errorf("too long: %+v", e)
	}
}

func TestTypeText(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"orders/create":          "orders.create",
		"Order Paid!":            "order_paid",
		"charge.succeeded":       "charge.succeeded",
		" / a - / b ":            "a.b",
		"customer:created:2":     "customer.created.2",
		"Pöntun":                 "p_ntun",
		"заказ":                  "received",
		"...":                    "received",
		"":                       "received",
		strings.Repeat("a", 300): strings.Repeat("a", 100),
	} {
		if got := typeText(in); got != want {
			t.Errorf("%q is %q, want %q", in, got, want)
		}
	}
}

func BenchmarkReceive(b *testing.B) {
	big := `{"lines":[` + strings.Repeat(`{"text":"Gullni hringurinn","quantity":2,"price":"14900"},`, 30) + `{}]}`
	for name, in := range map[string]*connector.Inbound{
		"token": inbound(b, nil, nil, jsonHeader(), big),
		"hmac":  inbound(b, map[string]any{"scheme": "hmac"}, map[string]string{"hmac_secret": hmacSecret}, jsonHeader("X-Signature", hexOf(hmacSecret, big)), big),
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(big)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := receive(in); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// encodings of one signature, as senders write them.
func encodings(t *testing.T) map[string]string {
	t.Helper()
	sum, err := hex.DecodeString(hexOf(hmacSecret, body))
	if err != nil {
		t.Fatal(err)
	}
	return map[string]string{
		"base64": base64.StdEncoding.EncodeToString(sum), "base64 without padding": base64.RawStdEncoding.EncodeToString(sum),
		"base64 for addresses": base64.URLEncoding.EncodeToString(sum), "base64 for addresses without padding": base64.RawURLEncoding.EncodeToString(sum),
	}
}
