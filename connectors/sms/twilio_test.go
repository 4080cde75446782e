package sms

import (
	"strings"
	"testing"
	"time"

	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/connector/connectortest"
	"github.com/tengi/tengi/connector/fake"
)

// TestTwilioFind: what is found must be to this number, with this text, made since; what cannot be read proves nothing.
func TestTwilioFind(t *testing.T) {
	t.Parallel()
	text, to := reminder()["text"].(string), "+3546111234"
	for _, c := range []struct {
		name   string
		fault  fake.FaultKind
		before func(*bench) // the attempt
		after  func(*bench) // it, and before the look-up
		sent   int          // messages of ours at the end
		asks   bool
	}{
		{"it went out", fake.DropAnswer, nil, nil, 1, false},
		{"it did not", fake.DropRequest, nil, nil, 1, false},
		{"an earlier one with the same text", fake.DropRequest, func(b *bench) {
			b.svc.keep(Message{Service: twilio, To: to, Text: text}, "old%d")
			b.clock.Advance(10 * time.Minute)
		}, nil, 2, false},
		{"another text meanwhile", fake.DropRequest, nil, func(b *bench) { b.svc.keep(Message{Service: twilio, To: to, Text: "hi"}, "other%d") }, 1, false},
		{"the same text to another number", fake.DropRequest, nil, func(b *bench) { b.svc.keep(Message{Service: twilio, To: "+3546119999", Text: text}, "other%d") }, 2, false},
		{"texts are not shown", fake.DropAnswer, nil, func(b *bench) { b.svc.Redact() }, 1, true},
		{"texts are not shown and nothing is there", fake.DropRequest, nil, func(b *bench) { b.svc.Redact() }, 1, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, twilio)
			if c.before != nil {
				c.before(b)
			}
			b.svc.Faults().Add(fake.Fault{Kind: c.fault})
			if _, e := b.send(nil); e == nil || e.Kind != connector.Unknown {
				t.Fatalf("%v", e)
			}
			if c.after != nil {
				c.after(b)
			}
			var e *connector.Error
			for range 10 {
				b.clock.Advance(2 * time.Minute)
				if _, e = b.send(nil); e == nil || e.Code == connector.CodeAskPerson {
					break
				}
			}
			if c.asks != (e != nil) || e != nil && e.Code != connector.CodeAskPerson {
				t.Errorf("it ends with %v", e)
			}
			n := 0
			for _, m := range b.svc.Messages() {
				if m.Text == text {
					n++
				}
			}
			if n != c.sent {
				t.Errorf("%d messages, want %d", n, c.sent)
			}
		})
	}
}

// A list that cannot prove that nothing is there must not say so.
func TestTwilioFindProvesNothing(t *testing.T) {
	t.Parallel()
	one := `{"sid":"SM1","to":"+3546111234","body":"x","direction":"outbound-api","date_created":"Wed, 01 Jul 2026 12:00:05 +0000"}`
	call := connector.Call{Body: []byte("To=%2B3546111234&Body=hello"), FirstSent: connectortest.NewClock().Now()}
	for name, body := range map[string]string{
		"not JSON":           "<html>",
		"no list":            `{"next":null}`,
		"an unreadable date": strings.ReplaceAll(`{"messages":[`+one+`]}`, "Wed, 01 Jul 2026", "yesterday"),
		"a message is text":  `{"messages":["x"]}`,
		"more to come":       `{"messages":[` + strings.TrimSuffix(strings.Repeat(one+",", twilioPage), ",") + `]}`,
	} {
		b := setup(t, twilio, answering(200, body))
		if _, found, err := findTwilio(t.Context(), b.client(), call); err == nil || found {
			t.Errorf("%s: found %v, %v", name, found, err)
		}
	}
	b := setup(t, twilio, answering(200, `{"messages":[`+one+`]}`))
	if _, found, err := findTwilio(t.Context(), b.client(), call); err != nil || found {
		t.Errorf("one that is another: found %v, %v", found, err)
	}
}
