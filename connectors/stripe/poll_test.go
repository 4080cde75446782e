package stripe

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/connector/connectortest"
	"github.com/tengi/tengi/field"
)

// ask polls a trigger until there is no more.
func (d *desk) ask(key string, cursor connector.Cursor, opts ...connectortest.Option) ([]tengi.Event, connector.Cursor) {
	d.t.Helper()
	trigger, _ := Connector().Trigger(key)
	var all []tengi.Event
	for range 20 {
		got, err := trigger.Poll(d.t.Context(), d.client(opts...), cursor)
		if err != nil {
			d.t.Fatal(err)
		}
		all, cursor = append(all, got.Events...), got.Cursor
		if !got.More {
			return all, cursor
		}
	}
	d.t.Fatal("a poll never ends")
	return nil, ""
}

func identities(events []tengi.Event) []string {
	var all []string
	for _, e := range events {
		all = append(all, e.Dedupe+" "+e.Type+" "+e.Object)
	}
	return all
}

// What a notice told of and what a poll finds is one event: the same identity, type and object.
func TestPollFindsWhatNoticesTold(t *testing.T) {
	d := setup(t)
	story(t, d.stripe)
	for _, trigger := range Connector().Triggers {
		var noticed []tengi.Event
		for _, n := range d.stripe.Notices() {
			events, err := receive(inbound(string(n.Body), n.Header.Get("Stripe-Signature"), nil))
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range events {
				if trigger.Covers(e.Type) {
					noticed = append(noticed, e)
				}
			}
		}
		polled, cursor := d.ask(trigger.Key, "")
		if diff := cmp.Diff(identities(noticed), identities(polled)); diff != "" || len(polled) == 0 {
			t.Errorf("%s (-noticed +polled):\n%s", trigger.Key, diff)
		}
		again, _ := d.ask(trigger.Key, cursor)
		if diff := cmp.Diff(identities(polled), identities(again)); diff != "" {
			t.Errorf("%s: the overlap gives other events:\n%s", trigger.Key, diff)
		}
	}
}

// The hub was away for three days, and more happened than goes onto a page.
func TestPollAfterAWhile(t *testing.T) {
	d := setup(t)
	_, cursor := d.ask("checkout", "")
	var want []string
	for i := range 2*perPage + 30 {
		d.clock.Advance(18 * time.Minute)
		s := sold()
		s.Reference = fmt.Sprint(i)
		want = append(want, "checkout/"+d.stripe.Sell(s))
	}
	events, cursor := d.ask("checkout", cursor)
	var got []string
	for _, e := range events {
		got = append(got, e.Object)
	}
	slices.Sort(got) // within a page from old to new, the pages from new to old
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-sold +polled):\n%s", diff)
	}
	if at, err := resume(d.client(), cursor); err != nil || at.From != d.clock.Now().Add(-overlap).Unix() {
		t.Errorf("%+v, %v", at, err)
	}
}

func TestWhereAPollBegins(t *testing.T) {
	d := setup(t)
	now := d.clock.Now()
	for _, test := range []struct {
		since string
		from  time.Time
	}{
		{"", now.Add(-overlap)},
		{"2026-06-20", time.Date(2026, 6, 20, 0, 0, 0, 0, time.UTC)},
		{"2026-01-01", now.Add(-kept)}, // Stripe has no more
		{"2026-12-01", now.Add(-overlap)},
	} {
		values, _ := Connector().Triggers[0].Options.Parse(map[string]any{"since": test.since})
		at, err := resume(d.client(connectortest.WithOptions(values)), "")
		if err != nil || at.From != test.from.Unix() || at.To != now.Unix() {
			t.Errorf("since %q: from %s, %v; want %s", test.since, time.Unix(at.From, 0).UTC(), err, test.from)
		}
	}
	for _, cursor := range []connector.Cursor{"x", "{}", `{"from":"yesterday"}`} {
		_, err := resume(d.client(), cursor)
		wantError(t, err, connector.Permanent, "cursor", "")
	}
}

func TestSamples(t *testing.T) {
	d := setup(t)
	story(t, d.stripe)
	for _, trigger := range Connector().Triggers {
		events, err := trigger.Sample(t.Context(), d.client(connectortest.WithOptions(field.Values{})))
		if err != nil || len(events) == 0 {
			t.Errorf("%s: %d, %v", trigger.Key, len(events), err)
		}
		for _, e := range events {
			if !trigger.Covers(e.Type) || e.NeedsLoad || trigger.Sale != (e.Sale != nil) {
				t.Errorf("%s: %+v", trigger.Key, e)
			}
		}
	}
}

func FuzzCursor(f *testing.F) {
	f.Add(`{"from":1,"to":2,"after":"evt_1"}`)
	f.Add(`{"from":9223372036854775807}`)
	f.Fuzz(func(t *testing.T, text string) {
		svc := NewFake()
		client := connectortest.Client(t, Connector(), svc)
		if at, err := resume(client, connector.Cursor(text)); err == nil && text != "" && at.From <= 0 {
			t.Errorf("from %d", at.From)
		}
	})
}

// The past has what polls find, in its span; what Stripe no longer keeps is refused with the first day that it does.
func TestPast(t *testing.T) {
	d := setup(t)
	story(t, d.stripe)
	now := d.clock.Now()
	for _, trigger := range Connector().Triggers {
		polled, _ := d.ask(trigger.Key, "")
		past := func(span connector.Span) (all []tengi.Event) {
			for cursor, more := connector.Cursor(""), true; more; {
				page, err := trigger.Backfill(t.Context(), d.client(), span, cursor)
				if err != nil {
					t.Fatal(err)
				}
				all, cursor, more = append(all, page.Events...), page.Cursor, page.More
			}
			return all
		}
		if diff := cmp.Diff(identities(polled), identities(past(connector.Span{From: now.Add(-time.Hour), To: now.Add(time.Second)}))); diff != "" {
			t.Errorf("%s (-polled +past):\n%s", trigger.Key, diff)
		}
		if before := past(connector.Span{From: now.Add(-48 * time.Hour), To: now.Add(-24 * time.Hour)}); len(before) != 0 {
			t.Errorf("%s: yesterday there was %q", trigger.Key, identities(before))
		}
		_, err := trigger.Backfill(t.Context(), d.client(), connector.Span{From: now.Add(-40 * 24 * time.Hour), To: now}, "")
		if e := connector.AsError(err); e.Kind != connector.Permanent || e.Code != codeTooOld {
			t.Errorf("%s: forty days back: %v", trigger.Key, err)
		}
	}
}
