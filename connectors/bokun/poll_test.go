package bokun

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/connector/fake"
)

// pollAll asks until there is no more, as a run does.
func (b *bench) pollAll(c *connector.Client, cursor connector.Cursor) (keys []string, next connector.Cursor, pages int) {
	b.t.Helper()
	for {
		polled, err := poll(b.t.Context(), c, cursor)
		if err != nil {
			b.t.Fatalf("poll: %v", err)
		}
		pages++
		cursor = polled.Cursor
		for _, e := range polled.Events {
			if !e.NeedsLoad || e.Type != typeChanged || !strings.HasPrefix(e.Dedupe, "search:") || !objectForm.MatchString(e.Object) {
				b.t.Errorf("event = %+v", e)
			}
			keys = append(keys, e.Dedupe)
		}
		if !polled.More {
			return keys, cursor, pages
		}
		if pages > 20 {
			b.t.Fatal("the poll does not end")
		}
	}
}

// TestPoll: every booking is found although Bókun counts too few hits; what did not change is known again; what changed is not.
func TestPoll(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c := b.client(nil)
	var booked []Booking
	for range 120 {
		booked = append(booked, b.fake.MakeBooking(Order{}))
	}
	b.fake.MakeBooking(Order{Status: "CART"})
	b.clock.Advance(time.Minute)
	keys, cursor, pages := b.pollAll(c, "")
	if len(keys) != 120 || pages != 3 {
		t.Fatalf("%d bookings on %d pages, want 120 on 3", len(keys), pages)
	}
	seen := map[string]bool{}
	for _, key := range keys {
		seen[key] = true
	}
	if len(seen) != 120 {
		t.Errorf("%d different keys for 120 bookings", len(seen))
	}
	b.clock.Advance(15 * time.Minute)
	if err := b.fake.CancelBooking(booked[7].ID); err != nil {
		t.Fatal(err)
	}
	b.clock.Advance(time.Second)
	again, _, _ := b.pollAll(c, cursor)
	fresh := 0
	for _, key := range again {
		if !seen[key] {
			fresh++
		}
	}
	if len(again) != 120 || fresh != 1 {
		t.Errorf("the next poll found %d bookings and took %d for new, want 120 and 1", len(again), fresh)
	}
}

// TestPollOverlaps: a change that the index showed only hours later is still found.
func TestPollOverlaps(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c := b.client(nil)
	b.fake.Lag(0, 24*time.Hour)
	b.fake.MakeBooking(Order{})
	cursor := connector.Cursor("")
	var keys []string
	found := 0
	for range 25 {
		keys, cursor, _ = b.pollAll(c, cursor)
		found += len(keys)
		b.clock.Advance(time.Hour)
	}
	if found == 0 {
		t.Error("a booking that was indexed a day late was never found")
	}
}

func TestPollSince(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.fake.MakeBooking(Order{})
	b.clock.Advance(30 * 24 * time.Hour)
	if keys, _, _ := b.pollAll(b.client(nil), ""); len(keys) != 0 {
		t.Errorf("a new source pulled in %d old bookings", len(keys))
	}
	if keys, _, _ := b.pollAll(b.client(map[string]any{"since": "2026-06-30"}), ""); len(keys) != 1 {
		t.Errorf("from the day on from which bookings count: %d bookings", len(keys))
	}
	if keys, _, _ := b.pollAll(b.client(map[string]any{"since": "2027-01-01"}), ""); len(keys) != 0 {
		t.Errorf("a day in the future: %d bookings", len(keys))
	}
}

// TestSearchAnswers: the answer has been seen as an object with items or results and is described as an array.
func TestSearchAnswers(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		body string
		want []string
		more bool
	}{
		"items":           {`{"items":[{"id":5,"lastModified":1782983645000}],"totalHits":1}`, []string{"search:5:1782983645000"}, false},
		"results":         {`{"results":[{"bookingId":5,"lastModified":"2026-07-02T09:14:05Z"}],"totalHits":"1"}`, []string{"search:5:1782983645000"}, false},
		"array":           {`[{"id":"5","lastModified":1782983645000.0}]`, []string{"search:5:1782983645000"}, false},
		"nothing":         {`{"items":null}`, nil, false},
		"empty":           {`{}`, nil, false},
		"more than shown": {`{"items":[{"id":5,"lastModified":1}],"totalHits":900}`, []string{"search:5:1"}, true},
		"none, but many":  {`{"items":[],"totalHits":900}`, nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.fake.Faults().Add(fake.Fault{Kind: fake.Refuse, Status: http.StatusOK, Body: tc.body})
			polled, err := poll(t.Context(), b.client(nil), "")
			if err != nil || polled.More != tc.more || len(polled.Events) != len(tc.want) {
				t.Fatalf("poll = %+v, %v", polled, err)
			}
			for i, want := range tc.want {
				if polled.Events[i].Dedupe != want || polled.Events[i].Object != "booking/5" {
					t.Errorf("event %+v, want key %s", polled.Events[i], want)
				}
			}
		})
	}
	for name, body := range map[string]string{"no id": `{"items":[{"code":"x"}]}`, "not JSON": `<html>`, "numbers": `{"items":[1]}`} {
		b := setup(t)
		b.fake.Faults().Add(fake.Fault{Kind: fake.Refuse, Status: http.StatusOK, Body: body})
		if _, err := poll(t.Context(), b.client(nil), ""); connector.AsError(err).Kind != connector.Temporary {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestHitFingerprint: without an exact time of change, all a hit says decides, whatever its order and whatever differs from search to search.
func TestHitFingerprint(t *testing.T) {
	t.Parallel()
	key := func(raw string) string { return (&hit{ID: 5, raw: json.RawMessage(raw)}).dedupe() }
	first := key(`{"id":5,"status":"CONFIRMED","lastModified":"Jul 2, 2026 9:14:05 AM","score":1.5}`)
	if same := key(`{"lastModified":"2 minutes ago", "status":"CONFIRMED","id": 5,"score":0.5}`); same != first {
		t.Errorf("the same booking has the keys %s and %s", first, same)
	}
	if other := key(`{"id":5,"status":"CANCELLED","lastModified":"Jul 2, 2026 9:14:05 AM"}`); other == first {
		t.Error("a cancelled booking has the key of the confirmed one")
	}
	if broken := key(`{`); broken == "" {
		t.Error("no key for a hit that cannot be read again")
	}
}

// TestPollNeverTurnsInCircles: a service that ignores the page would otherwise be asked for ever.
func TestPollNeverTurnsInCircles(t *testing.T) {
	t.Parallel()
	b := setup(t)
	items := make([]string, pageSize)
	for i := range items {
		items[i] = `{"id":` + id(i+1).String() + `,"lastModified":1}`
	}
	b.fake.Faults().Add(fake.Fault{Kind: fake.Refuse, Status: http.StatusOK, Body: "[" + strings.Join(items, ",") + "]", Times: -1})
	c := b.client(nil)
	first, err := poll(t.Context(), c, "")
	if err != nil || !first.More {
		t.Fatalf("poll = %+v, %v", first, err)
	}
	if _, err := poll(t.Context(), c, first.Cursor); connector.AsError(err).Code != connector.CodeBadAnswer {
		t.Errorf("the same page twice: %v", err)
	}
}

func TestCursor(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c := b.client(nil)
	for _, cursor := range []connector.Cursor{"x", "{}", `{"from":"yesterday"}`, "[]"} {
		if _, err := poll(t.Context(), c, cursor); connector.AsError(err).Kind != connector.Permanent || err == nil {
			t.Errorf("cursor %s: %v", cursor, err)
		}
	}
	polled, err := poll(t.Context(), c, "")
	if err != nil {
		t.Fatal(err)
	}
	var at position
	if err := json.Unmarshal([]byte(polled.Cursor), &at); err != nil || !at.From.Equal(b.clock.Now().Add(-overlap)) || !at.To.IsZero() || at.Page != 0 {
		t.Errorf("cursor %s: %+v, %v", polled.Cursor, at, err)
	}
}

func TestSample(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, order := range []Order{{}, {Channel: "Viator.com"}, {GiftCard: true}, rich(), {}, {}, {Channel: "Klook"}} {
		b.fake.MakeBooking(order)
	}
	events, err := sample(t.Context(), b.client(nil))
	if err != nil || len(events) != samples {
		t.Fatalf("%d samples, %v; want %d", len(events), err, samples)
	}
	for i, object := range []string{"booking/71500326", "booking/71500325", "booking/71500324"} {
		e := events[i]
		if e.Object != object || e.NeedsLoad || e.Sale == nil || e.Type != typeConfirmed || !json.Valid(e.Data) {
			t.Errorf("sample %d = %+v, want %s", i, e, object)
		}
	}
	only := setup(t)
	only.fake.MakeBooking(Order{GiftCard: true})
	if _, err := sample(t.Context(), only.client(nil)); connector.AsError(err).Code != codeGiftCard {
		t.Errorf("when nothing can be shown: %v", err)
	}
	if events, err := sample(t.Context(), setup(t).client(nil)); err != nil || len(events) != 0 {
		t.Errorf("without bookings: %v, %v", events, err)
	}
}

// TestPast: a span has the bookings last changed in it, and a booking that a poll has found is the same event.
func TestPast(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c := b.client(nil)
	begin := b.clock.Now()
	for range 70 {
		b.fake.MakeBooking(Order{})
	}
	b.clock.Advance(24 * time.Hour)
	b.fake.MakeBooking(Order{})
	b.clock.Advance(time.Minute)
	polled, _, _ := b.pollAll(c, "")
	past := func(from, to time.Time) (keys []string) {
		for cursor, more := connector.Cursor(""), true; more; {
			page, err := backfill(t.Context(), c, connector.Span{From: from, To: to}, cursor)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range page.Events {
				keys = append(keys, e.Dedupe)
			}
			cursor, more = page.Cursor, page.More
		}
		return keys
	}
	if all := past(begin, b.clock.Now()); strings.Join(all, " ") != strings.Join(polled, " ") || len(all) != 71 {
		t.Errorf("%d in all, the poll found %d", len(all), len(polled))
	}
	if first := past(begin, begin.Add(time.Hour)); len(first) != 70 {
		t.Errorf("%d on the first day, want 70", len(first))
	}
	if none := past(begin.Add(-time.Hour), begin); len(none) != 0 {
		t.Errorf("%d before the first", len(none))
	}
}
