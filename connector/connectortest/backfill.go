package connectortest

import (
	"testing"
	"time"

	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/connector/fake"
)

// backfillPages bounds how many pages a stand-in's last day may have.
const backfillPages = 100

// checkBackfill wants failures told as those of a poll, and the pages of a span to come to an end, twice the same.
func checkBackfill(t *testing.T, c *connector.Connector, trigger *connector.Trigger, newFake func(*Clock) fake.Service) {
	options, faults := trigger.Options.Parse(nil)
	if err := faults.Err(); err != nil {
		t.Fatalf("the options of trigger %s cannot be left alone: %v", trigger.Key, err)
	}
	clock := NewClock()
	span := connector.Span{From: clock.Now().Add(-24 * time.Hour), To: clock.Now()}
	for kind, want := range map[fake.FaultKind]connector.Kind{
		fake.LoginFails: connector.Attention, fake.Fail: connector.Temporary, fake.RateLimit: connector.Temporary, fake.DropAnswer: connector.Temporary,
	} {
		svc := newFake(clock)
		svc.Faults().Add(fake.Fault{Kind: kind, Times: -1, Wait: 7})
		client := Client(t, c, svc, WithClock(clock), WithOptions(options), func(cfg *connector.ClientConfig) { cfg.Journal = nil })
		_, err := trigger.Backfill(t.Context(), client, span, "")
		wantLoginError(t, string(kind), err, want)
	}
	svc := newFake(clock)
	client := Client(t, c, svc, WithClock(clock), WithOptions(options), func(cfg *connector.ClientConfig) { cfg.Journal = nil })
	var first []string
	for round := range 2 {
		var all []string
		cursor := connector.Cursor("")
		for n := 0; ; n++ {
			page, err := trigger.Backfill(t.Context(), client, span, cursor)
			if err != nil {
				t.Fatalf("page %d: %v", n, err)
			}
			for _, e := range page.Events {
				all = append(all, e.Dedupe)
				if e.Unreadable == "" && !trigger.Covers(e.Type) {
					t.Errorf("it reports the type %q, which its trigger does not name", e.Type)
				}
			}
			if !page.More {
				break
			}
			if page.Cursor == cursor || n == backfillPages {
				t.Fatalf("page %d leads to itself, or there is no end", n)
			}
			cursor = page.Cursor
		}
		if round == 0 {
			first = all
		} else if len(all) != len(first) {
			t.Errorf("asked again it gives %d events, %d before", len(all), len(first))
		}
	}
}
