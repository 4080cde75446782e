package sms

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/connector/connectortest"
	"github.com/tengi/tengi/connector/fake"
	"github.com/tengi/tengi/field"
)

// input is the parsed values of the reminder, or what it becomes by the changes.
func input(t testing.TB, changes map[string]any) field.Values {
	t.Helper()
	raw := reminder()
	for key, value := range changes {
		raw[key] = value
	}
	v, faults := messageFields().Parse(raw)
	if err := faults.Err(); err != nil {
		t.Fatal(err)
	}
	return v
}

// bench is one account at a stand-in, through any number of restarts.
type bench struct {
	*testing.T
	svc     *Fake
	clock   *connectortest.Clock
	journal *connectortest.Journal
	opts    []connectortest.Option
}

func setup(t *testing.T, service string, opts ...connectortest.Option) *bench {
	t.Helper()
	clock := connectortest.NewClock()
	return &bench{T: t, svc: NewFakeOf(service, clock.Now), clock: clock, journal: connectortest.NewJournal(), opts: opts}
}

func (b *bench) client() *connector.Client {
	b.Helper()
	return connectortest.Client(b, Connector(), b.svc, append([]connectortest.Option{connectortest.WithClock(b.clock), connectortest.WithJournal(b.journal)}, b.opts...)...)
}

func (b *bench) send(changes map[string]any) (tengi.Document, *connector.Error) {
	b.Helper()
	doc, err := send(b.Context(), b.client(), connectortest.Ref, input(b, changes))
	if err == nil {
		return doc, nil
	}
	return doc, connector.AsError(err)
}

// TestRefusals: what each service refuses, in its own codes, is a person's at the right field or at the account.
func TestRefusals(t *testing.T) {
	t.Parallel()
	suspend := func(f *Fake) { f.Suspend() }
	for _, c := range []struct {
		service string
		change  map[string]any
		prepare func(*Fake)
		kind    connector.Kind
		code    string
		field   string
	}{
		{twilio, map[string]any{"to": "+15005550001"}, nil, connector.Permanent, "number_refused", "to"},
		{twilio, map[string]any{"sender": "+15005559999"}, nil, connector.Permanent, "sender_refused", "sender"},
		{twilio, map[string]any{"sender": "MG00000000000000000000000000000009"}, nil, connector.Permanent, "sender_refused", "sender"},
		{twilio, nil, suspend, connector.Attention, "suspended", ""},
		{smsapi, map[string]any{"to": "+15005550001"}, nil, connector.Permanent, "number_refused", "to"},
		{smsapi, map[string]any{"sender": "Nobody"}, nil, connector.Permanent, "sender_refused", "sender"},
		{smsapi, nil, suspend, connector.Attention, "no_credit", ""},
		{turbosms, map[string]any{"to": "+15005550001"}, nil, connector.Permanent, "number_refused", "to"},
		{turbosms, map[string]any{"to": "+380500000000"}, nil, connector.Permanent, "number_refused", "to"},
		{turbosms, map[string]any{"sender": "Nobody"}, nil, connector.Permanent, "sender_refused", "sender"},
		{turbosms, nil, suspend, connector.Attention, "no_credit", ""},
	} {
		b := setup(t, c.service)
		if c.prepare != nil {
			c.prepare(b.svc)
		}
		_, e := b.send(c.change)
		if e == nil || e.Kind != c.kind || e.Code != c.code || e.Field != c.field || e.Message == "" {
			t.Errorf("%s %v: %+v, want %s %s %q", c.service, c.change, e, c.kind, c.code, c.field)
		}
		if n := len(b.svc.Messages()); n != 0 {
			t.Errorf("%s %v: %d messages", c.service, c.change, n)
		}
	}
}

func TestNeedsSender(t *testing.T) {
	t.Parallel()
	for service, needs := range map[string]bool{twilio: true, smsapi: false, turbosms: true} {
		_, e := setup(t, service, connectortest.WithSetting("sender", nil)).send(nil)
		if needs != (e != nil) || e != nil && e.Field != "sender" {
			t.Errorf("%s: %v", service, e)
		}
	}
}

// TestAsIs: what goes out, and what the document says of it.
func TestAsIs(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ service, sender, to, from, status, later string }{
		{twilio, "", "+3546111234", fakeNumber, "queued", "delivered"},
		{twilio, fakeService, "+3546111234", fakeService, "queued", "delivered"},
		{smsapi, "", "3546111234", fakeSender, "QUEUE", "DELIVERED"},
		{turbosms, "", "3546111234", fakeSender, "accepted", "Delivered"},
	} {
		b := setup(t, c.service)
		doc, e := b.send(map[string]any{"sender": c.sender, "text": "  Þökk fyrir!\r\nFjörður \n"})
		if e != nil {
			t.Fatalf("%s: %v", c.service, e)
		}
		m := b.svc.Messages()[0]
		if m.To != c.to || m.From != c.from || m.Text != "Þökk fyrir!\nFjörður" {
			t.Errorf("%s: sent %+v", c.service, m)
		}
		if doc.Kind != tengi.Message || doc.ExternalID != m.ID || doc.Status != c.status || doc.Data["parts"] != 1 || doc.Data["characters"] != 19 || doc.Data["alphabet"] != "ucs2" || doc.Data["to"] != "+3546111234" {
			t.Errorf("%s: document %+v", c.service, doc)
		}
		b.svc.Deliver()
		fresh, err := refresh(t.Context(), b.client(), doc)
		if err != nil || fresh.Status != c.later {
			t.Errorf("%s: later %q, %v", c.service, fresh.Status, err)
		}
	}
}

// answering is a service that says one thing to whatever is asked.
func answering(status int, body string) connectortest.Option {
	return connectortest.WithHTTP(roundTrip(func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: status, Header: http.Header{}, Body: http.NoBody, Request: r}, nil
	}).saying(body))
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func (f roundTrip) saying(body string) roundTrip {
	return func(r *http.Request) (*http.Response, error) {
		resp, err := f(r)
		resp.Body = readCloser{strings.NewReader(body)}
		return resp, err
	}
}

type readCloser struct{ *strings.Reader }

func (readCloser) Close() error { return nil }

// TestIdx: within twelve hours the same request goes again and SMSAPI keeps it from being a second message; later a person is asked.
func TestIdx(t *testing.T) {
	t.Parallel()
	for _, others := range []int{0, 1} { // the refusal comes under 200 or under 400
		for wait, asks := range map[time.Duration]bool{time.Minute: false, 11 * time.Hour: false, 13 * time.Hour: true} {
			b := setup(t, smsapi)
			for i := range others {
				b.svc.keep(Message{Service: smsapi, Idx: fmt.Sprint("other", i)}, "other%d")
			}
			b.svc.Faults().Add(fake.Fault{Kind: fake.FailActed})
			if _, e := b.send(nil); e == nil || e.Kind != connector.Unknown {
				t.Fatalf("%v", e)
			}
			b.clock.Advance(wait)
			doc, e := b.send(nil)
			if asks != (e != nil) || e != nil && e.Code != connector.CodeAskPerson || e == nil && (doc.ExternalID != "" || doc.Status != "SENT") {
				t.Errorf("after %s: %+v, %v", wait, doc, e)
			}
			if n := len(b.svc.Messages()); n != 1+others {
				t.Errorf("after %s: %d messages", wait, n-others)
			}
			if again, err := refresh(t.Context(), b.client(), doc); err != nil || again.Status != doc.Status {
				t.Errorf("a message without an id: %+v, %v", again, err)
			}
		}
	}
}

// TestTurboAnswers: every form of answer that TurboSMS has been seen to give.
func TestTurboAnswers(t *testing.T) {
	t.Parallel()
	one := func(top, code int, id string) string {
		return fmt.Sprintf(`{"response_code":%d,"response_status":"X","response_result":[{"phone":"3546111234","response_code":%d,"message_id":%s,"response_status":"X"}]}`, top, code, id)
	}
	for _, c := range []struct {
		body string
		id   string
		kind connector.Kind // -1 = sent
		code string
	}{
		{one(800, 0, `"id-1"`), "id-1", -1, ""},
		{one(801, 0, `"id-1"`), "id-1", -1, ""},
		{one(802, 0, `"id-1"`), "id-1", -1, ""},
		{one(0, 0, `"id-1"`), "id-1", -1, ""},
		{`{"response_code":800,"response_status":"SUCCESS_MESSAGE_ACCEPTED","response_result":null}`, "", -1, ""},
		{one(802, 406, "null"), "", connector.Permanent, "number_refused"},
		{one(803, 412, "null"), "", connector.Permanent, "text_refused"},
		{one(800, 0, "null"), "", connector.Unknown, ""},
		{`{"response_code":802,"response_result":null}`, "", connector.Unknown, ""},
		{`{"response_code":0,"response_result":[]}`, "", connector.Unknown, ""},
		{`{"response_code":999,"response_status":"FATAL_ERROR","response_result":null}`, "", connector.Unknown, ""},
		{`{"response_code":501,"response_result":null}`, "", connector.Unknown, ""},
		{`{"response_code":507,"response_result":null}`, "", connector.Unknown, ""},
		{`{"response_code":600,"response_result":null}`, "", connector.Unknown, ""},
		{`{"response_code":414,"response_result":null}`, "", connector.Permanent, connector.CodeRefused},
		{`{"response_code":106,"response_result":null}`, "", connector.Attention, "suspended"},
		{`{"response_code":301,"response_result":null}`, "", connector.Attention, connector.CodeLogin},
		{`{}`, "", connector.Unknown, ""},
		{`null`, "", connector.Unknown, ""},
		{`<html>`, "", connector.Unknown, ""},
		{``, "", connector.Unknown, ""},
	} {
		b := setup(t, turbosms, answering(200, c.body))
		doc, e := b.send(nil)
		switch {
		case c.kind < 0 && (e != nil || doc.ExternalID != c.id):
			t.Errorf("%s: %+v, %v", c.body, doc, e)
		case c.kind == connector.Unknown && (e == nil || e.Kind != connector.Unknown || e.Code != connector.CodeAskPerson):
			t.Errorf("%s: %+v", c.body, e)
		case c.kind > connector.Unknown && (e == nil || e.Kind != c.kind || e.Code != c.code):
			t.Errorf("%s: %+v, want %s %s", c.body, e, c.kind, c.code)
		}
	}
}

// TurboSMS answers 200 to everything, as far as has been seen; should it not, its codes still say what is wrong.
func TestTurboStatuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status int
		body   string
		kind   connector.Kind
		code   string
	}{
		{400, `{"response_code":305,"response_status":"INVALID_PHONE"}`, connector.Permanent, "number_refused"},
		{403, `{"response_code":203}`, connector.Attention, "no_credit"},
		{429, `{}`, connector.Temporary, connector.CodeRateLimited},
		{502, `{"response_code":305}`, connector.Unknown, connector.CodeAskPerson},
	} {
		if _, e := setup(t, turbosms, answering(c.status, c.body)).send(nil); e == nil || e.Kind != c.kind || e.Code != c.code {
			t.Errorf("%d %s: %+v, want %s %s", c.status, c.body, e, c.kind, c.code)
		}
	}
}

// TestSMSAPIAnswers: errors come under any status; what cannot be read asks again under the idx, never a second message.
func TestSMSAPIAnswers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status int
		body   string
		kind   connector.Kind
		code   string
	}{
		{200, `{"error":13,"message":"No valid phone numbers","invalid_numbers":[]}`, connector.Permanent, "number_refused"},
		{400, `{"error":13}`, connector.Permanent, "number_refused"},
		{422, `{"error":14}`, connector.Permanent, "sender_refused"},
		{200, `{"error":101}`, connector.Attention, connector.CodeLogin},
		{401, `{"message":"Authorization failed","error":"authorization_failed","code":401}`, connector.Attention, connector.CodeLogin},
		{403, `{"error":110}`, connector.Attention, "no_permission"},
		{200, `{"error":203}`, connector.Temporary, connector.CodeRateLimited},
		{200, `{"error":201}`, connector.Unknown, connector.CodeAnswerLost},
		{200, `{"error":7}`, connector.Permanent, connector.CodeRefused},
		{400, `nonsense`, connector.Permanent, connector.CodeRefused},
		{200, `nonsense`, connector.Unknown, connector.CodeBadAnswer},
		{200, `{"count":0,"list":[]}`, connector.Unknown, connector.CodeBadAnswer},
		{500, `{"error":13}`, connector.Unknown, connector.CodeAnswerLost},
	} {
		_, e := setup(t, smsapi, answering(c.status, c.body)).send(nil)
		if e == nil || e.Kind != c.kind || e.Code != c.code || e.Message == "" {
			t.Errorf("%d %s: %+v, want %s %s", c.status, c.body, e, c.kind, c.code)
		}
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	key := []connectortest.Option{connectortest.WithSetting("api_key", fakeAPIKey)}
	for _, c := range []struct {
		service  string
		opts     []connectortest.Option
		suspend  bool
		name     string
		warnings int
		code     string
	}{
		{twilio, nil, false, "Fjörður Tours", 1, ""},
		{twilio, key, false, "Twilio " + fakeAccount, 0, ""},
		{twilio, nil, true, "", 0, "suspended"},
		{twilio, []connectortest.Option{connectortest.WithSetting("account_sid", "AC00000000000000000000000000000002")}, false, "", 0, connector.CodeLogin},
		{smsapi, nil, false, "fjordur", 0, ""},
		{smsapi, nil, true, "fjordur", 1, ""},
		{smsapi, []connectortest.Option{connectortest.WithSetting("sender", nil)}, false, "fjordur", 1, ""},
		{turbosms, nil, false, "TurboSMS Fjordur", 0, ""},
		{turbosms, []connectortest.Option{connectortest.WithSetting("sender", nil)}, true, "TurboSMS", 2, ""},
	} {
		b := setup(t, c.service, c.opts...)
		if c.suspend {
			b.svc.Suspend()
		}
		identity, err := Connector().Auth.Check(t.Context(), b.client())
		e := connector.AsError(err)
		if c.code != "" && (err == nil || e.Code != c.code || e.Kind != connector.Attention) || c.code == "" && (err != nil || identity.Name != c.name || len(identity.Warnings) != c.warnings) {
			t.Errorf("%+v: %+v, %v", c, identity, err)
		}
	}
	if _, e := setup(t, twilio, key...).send(nil); e != nil {
		t.Errorf("an API key may send: %v", e)
	}
}

// FuzzAnswers: whatever a service answers, nothing panics, and a message that may have gone out is never called refused without the service's word.
func FuzzAnswers(f *testing.F) {
	f.Add(200, `{"error":53}`)
	f.Add(400, `{"code":21211}`)
	f.Add(200, `{"response_code":802,"response_result":[{"response_code":406}]}`)
	f.Add(201, `{"sid":"SM1","list":[{"id":"1"}],"response_code":800}`)
	f.Add(500, `{"error":13,"response_code":305,"code":21211}`)
	f.Fuzz(func(t *testing.T, status int, body string) {
		resp := &connector.Response{Status: status, Body: []byte(body)}
		for _, accept := range []func(*connector.Response) error{acceptTwilio, acceptSMSAPI, func(r *connector.Response) error { _, err := readTurbo(r); return err }} {
			if err := accept(resp); err != nil && connector.AsError(err).Message == "" {
				t.Errorf("an error without words: %v", err)
			}
		}
		e := &connector.Error{Kind: connector.Unknown, Code: "kept"}
		explain(nil, resp, e)
		if status >= 500 && e.Kind != connector.Unknown {
			t.Errorf("%d became %s", status, e.Kind)
		}
		if !strings.Contains(body, "{") && e.Code != "kept" {
			t.Errorf("%q explains %s", body, e.Code)
		}
	})
}
