package stripe

import (
	"encoding/hex"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v85/webhook"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/connector/connectortest"
)

const paidNotice = `{"id":"evt_1","object":"event","type":"invoice.paid","created":1782900000,"livemode":false,"data":{"object":{"id":"in_1","object":"invoice"}}}`

// inbound is a notice under a signature header, arriving when the suite's clock says.
func inbound(body, header string, secrets map[string]string) *connector.Inbound {
	if secrets == nil {
		secrets = map[string]string{"api_key": fakeKey, "webhook_secret": fakeSecret}
	}
	in := &connector.Inbound{Method: http.MethodPost, Header: http.Header{}, Body: []byte(body), ReceivedAt: connectortest.NewClock().Now(),
		Account: &tengi.Account{Key: "stripe", Secrets: secrets}}
	if header != "" {
		in.Header.Set("Stripe-Signature", header)
	}
	return in
}

// fixture is a notice as an account of that age gets it.
func fixture(t testing.TB, name string) string {
	t.Helper()
	body, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func signature(body, secret string, at time.Time) string {
	return hex.EncodeToString(webhook.ComputeSignature(at, []byte(body), secret))
}

func signed(body string, at time.Time) string {
	return fmt.Sprintf("t=%d,v1=%s", at.Unix(), signature(body, fakeSecret, at))
}

// A signature worked out with another program (openssl dgst -sha256 -hmac), so that not only our two ends agree.
func TestSignatureVector(t *testing.T) {
	t.Parallel()
	const want = "2c0a0769ddfb1ba627dae35b3ef3fc4146d2a19027241a963ad13fab8f667e77"
	if got := signature(paidNotice, fakeSecret, time.Unix(1782907200, 0)); got != want {
		t.Errorf("signature %s, want %s", got, want)
	}
	if events, err := receive(inbound(paidNotice, "t=1782907200,v1="+want, nil)); err != nil || len(events) != 1 {
		t.Errorf("%v, %v", events, err)
	}
}

func TestSignatures(t *testing.T) {
	t.Parallel()
	now := connectortest.NewClock().Now()
	good := signature(paidNotice, fakeSecret, now)
	bad := strings.Repeat("0", 64)
	at := fmt.Sprintf("t=%d", now.Unix())
	for _, test := range []struct {
		name, header string
		passes       bool
	}{
		{"one", at + ",v1=" + good, true},
		{"while the secret is renewed: the second fits", at + ",v1=" + bad + ",v1=" + good, true},
		{"with one of the old scheme", at + ",v1=" + good + ",v0=" + bad, true},
		{"in capitals", at + ",v1=" + strings.ToUpper(good), true},
		{"only the old scheme", at + ",v0=" + good, false},
		{"another", at + ",v1=" + bad, false},
		{"cut", at + ",v1=" + good[:62], false},
		{"no hex", at + ",v1=xyz", false},
		{"no time", "v1=" + good, false},
		{"two times", at + "," + at + ",v1=" + good, false},
		{"another time", fmt.Sprintf("t=%d,v1=%s", now.Unix()+1, good), false},
		{"no number", "t=now,v1=" + good, false},
		{"an enormous time", "t=99999999999999999999,v1=" + good, false},
		{"nothing", "", false},
		{"rubbish", "Bearer x", false},
		{"300 seconds old", signed(paidNotice, now.Add(-300*time.Second)), true},
		{"301 seconds old", signed(paidNotice, now.Add(-301*time.Second)), false},
		{"300 seconds ahead", signed(paidNotice, now.Add(300*time.Second)), true},
		{"301 seconds ahead", signed(paidNotice, now.Add(301*time.Second)), false},
	} {
		events, err := receive(inbound(paidNotice, test.header, nil))
		if test.passes != (err == nil && len(events) == 1) || !test.passes && !connector.IsUnverified(err) {
			t.Errorf("%s: %v, %v", test.name, events, err)
		}
	}
	in := inbound(paidNotice, at+",v1="+good, nil)
	in.Header.Add("Stripe-Signature", at+",v1="+good)
	if _, err := receive(in); !connector.IsUnverified(err) {
		t.Errorf("two headers: %v", err)
	}
	if _, err := receive(inbound(paidNotice, at+",v1="+signature(paidNotice, "", now), map[string]string{"api_key": fakeKey})); !connector.IsUnverified(err) {
		t.Errorf("without a secret: %v", err)
	}
}

func TestNotices(t *testing.T) {
	t.Parallel()
	wrap := func(kind, object string) string {
		return `{"id":"evt_1","object":"event","type":"` + kind + `","created":1782900000,"livemode":false,"data":{"object":` + object + `}}`
	}
	for _, test := range []struct {
		name, body string
		want       string // type object load data
	}{
		{"invoice paid", paidNotice, "invoice.changed invoice/in_1 true "},
		{"credit note", wrap("credit_note.created", `{"id":"cn_1","invoice":"in_2"}`), "invoice.changed invoice/in_2 true "},
		{"credit note with the whole invoice", wrap("credit_note.created", `{"id":"cn_1","invoice":{"id":"in_2"}}`), "invoice.changed invoice/in_2 true "},
		{"checkout", wrap("checkout.session.completed", `{"id":"cs_test_1"}`), "checkout.changed checkout/cs_test_1 true "},
		{"checkout paid later", wrap("checkout.session.async_payment_succeeded", `{"id":"cs_test_1"}`), "checkout.changed checkout/cs_test_1 true "},
		{"all paid back", wrap("charge.refunded", `{"id":"ch_1","payment_intent":"pi_1","refunded":true}`), "checkout.changed payment/pi_1 true "},
		{"a part paid back", wrap("charge.refunded", `{"id":"ch_1","payment_intent":"pi_1","refunded":false}`), ""},
		{"paid back of the old kind", wrap("charge.refunded", `{"id":"ch_1","payment_intent":null,"refunded":true}`), ""},
		{"refund", wrap("refund.created", `{"id":"re_1","amount":50000,"currency":"isk","payment_intent":"pi_1","status":"succeeded","reason":null}`),
			`refund.created refund/re_1 false {"id":"re_1","amount":"500","currency":"ISK","at":"2026-07-01T10:00:00Z","payment":"pi_1","status":"succeeded","reason":""}`},
		{"refund failed", wrap("refund.failed", `{"id":"re_1","amount":1234,"currency":"eur","charge":"ch_1","status":"failed","failure_reason":"expired_or_canceled_card"}`),
			`refund.failed refund/re_1 false {"id":"re_1","amount":"12.34","currency":"EUR","at":"2026-07-01T10:00:00Z","payment":"ch_1","status":"failed","reason":"expired_or_canceled_card"}`},
		{"invoice failed", wrap("invoice.payment_failed", `{"id":"in_1","amount_remaining":1000,"currency":"jpy","customer":"cus_1","customer_email":"a@example.com","number":"7","next_payment_attempt":1782986400}`),
			`invoice.payment_failed invoice/in_1 false {"id":"in_1","amount":"1000","currency":"JPY","at":"2026-07-01T10:00:00Z","customer":"cus_1","name":"","email":"a@example.com","number":"7","url":"","reason":"","message":"","next_try":"2026-07-02T10:00:00Z"}`},
		{"payment failed", wrap("payment_intent.payment_failed", `{"id":"pi_1","amount":1000,"currency":"eur","receipt_email":"a@example.com","last_payment_error":{"code":"card_declined","decline_code":"lost_card","message":"No."},"metadata":{"order":"7"}}`),
			`payment.failed payment/pi_1 false {"id":"pi_1","amount":"10","currency":"EUR","at":"2026-07-01T10:00:00Z","customer":"","name":"","email":"a@example.com","number":"","url":"","reason":"lost_card","message":"No.","next_try":"","metadata":{"order":"7"}}`},
		{"something else", wrap("customer.created", `{"id":"cus_1"}`), ""},
	} {
		events, err := receive(inbound(test.body, signed(test.body, connectortest.NewClock().Now()), nil))
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		got := ""
		for _, e := range events {
			got = fmt.Sprintf("%s %s %t %s", e.Type, e.Object, e.NeedsLoad, e.Data)
			if e.Dedupe != "evt_1" || !e.ReceivedAt.Equal(connectortest.NewClock().Now()) {
				t.Errorf("%s: dedupe %q, received at %s", test.name, e.Dedupe, e.ReceivedAt)
			}
		}
		if got != test.want {
			t.Errorf("%s:\n got %s\nwant %s", test.name, got, test.want)
		}
	}
}

// A verified notice that makes no sense is kept for a person, never refused as a forgery would be.
func TestNoticesThatMakeNoSense(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ body, key string }{
		"no JSON":             {`<html>`, fakeKey},
		"a thin event":        {`{"id":"evt_1","object":"v2.core.event","type":"v1.billing.meter.error_report_triggered"}`, fakeKey},
		"no object":           {`{"id":"evt_1","object":"event","type":"invoice.paid","livemode":false,"data":{}}`, fakeKey},
		"no amount":           {`{"id":"evt_1","object":"event","type":"payment_intent.payment_failed","livemode":false,"data":{"object":{"id":"pi_1","currency":"eur"}}}`, fakeKey},
		"no known currency":   {`{"id":"evt_1","object":"event","type":"refund.created","livemode":false,"data":{"object":{"id":"re_1","amount":1,"currency":"ugx"}}}`, fakeKey},
		"no invoice":          {`{"id":"evt_1","object":"event","type":"credit_note.created","livemode":false,"data":{"object":{"id":"cn_1"}}}`, fakeKey},
		"of a connected one":  {`{"id":"evt_1","object":"event","type":"invoice.paid","livemode":false,"account":"acct_1","data":{"object":{"id":"in_1"}}}`, fakeKey},
		"test, at a live key": {paidNotice, "sk_live_FakeFjordTours"},
		"live, at a test key": {strings.Replace(paidNotice, `"livemode":false`, `"livemode":true`, 1), "rk_test_FakeFjordTours"},
	} {
		in := inbound(test.body, signed(test.body, connectortest.NewClock().Now()), map[string]string{"api_key": test.key, "webhook_secret": fakeSecret})
		events, err := receive(in)
		if err == nil || connector.IsUnverified(err) || len(events) != 0 {
			t.Errorf("%s: %v, %v", name, events, err)
		}
	}
}

func FuzzReceive(f *testing.F) {
	f.Add(paidNotice, "t=1782907200,v1=00", true)
	for _, name := range []string{"invoice_paid_2019", "refund_2022", "failed_2020", "charge_refunded_2020"} {
		f.Add(fixture(f, "notice_"+name+".json"), "", true)
	}
	f.Add(`{"id":"evt_1","object":"event","type":"refund.created","data":{"object":{"id":"re_1","amount":9223372036854775807,"currency":"isk","charge":{"id":7}}}}`, "", true)
	f.Add(`{"id":"e","object":"event","type":"credit_note.created","data":{"object":{"id":"c","invoice":"\"\\"}}}`, "t=1,t=2", false)
	f.Fuzz(func(t *testing.T, body, header string, honest bool) {
		now := connectortest.NewClock().Now()
		if honest {
			header = signed(body, now)
		}
		events, err := receive(inbound(body, header, nil))
		if err != nil && len(events) > 0 {
			t.Error("events and an error")
		}
		if !honest && err == nil && !strings.Contains(strings.ToLower(header), signature(body, fakeSecret, now)) {
			if at, terr := signatureTime(header); terr != nil || !strings.Contains(strings.ToLower(header), signature(body, fakeSecret, at)) {
				t.Errorf("an unsigned notice passed: %q", header)
			}
		}
		for _, e := range events {
			if e.Dedupe == "" || e.Type == "" || e.Object == "" {
				t.Errorf("event %+v", e)
			}
		}
	})
}
