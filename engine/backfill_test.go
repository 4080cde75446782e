package engine

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector/fake"
	"github.com/tengi/tengi/internal/shop"
	"github.com/tengi/tengi/store"
)

// sold puts orders into the shop of which nobody has heard.
func (b *bench) sold(orders ...shop.Order) {
	for _, o := range orders {
		if o.Notice == "" {
			o.Notice = fmt.Sprintf("%s-%s-%s-%d", o.ID, o.Status, o.Total, o.Version)
		}
		b.shop.Set(o)
	}
}

// past is a bench with a past: B1 was brought through the connection as it is, B2 has an invoice and was told of in other words, B3 has one and has
// another price by now, B4 is new, B5 would be held, B6 was cancelled, B7 has to be loaded.
func (b *bench) past() {
	b.notice(order("B1"))
	b.notice(order("B2"))
	b.notice(order("B3"))
	b.settle()
	second, third := order("B2"), order("B3")
	second.Notice, third.Total = "in other words", "150"
	fifth, seventh := order("B5"), order("B7")
	fifth.Line, seventh.Load = "1", true
	b.sold(second, third, order("B4"), fifth, shop.Order{ID: "B6", Status: "cancelled", Total: "0", Line: "0"}, seventh)
}

var yesterday = time.Date(2026, 5, 31, 0, 0, 0, 0, time.UTC)

func TestBackfillIsPreviewed(t *testing.T) {
	t.Parallel()
	b := setup(t, "key")
	b.past()
	issued := b.books.Count("issued")
	run, err := b.engine.PreviewBackfill(t.Context(), "con_1", yesterday, time.Time{})
	must(t, err)
	b.workRuns()
	run, err = b.store.Run(t.Context(), run.ID)
	must(t, err)
	var got PastPreview
	must(t, json.Unmarshal(run.Report, &got))
	want := PastPreview{Found: 7, Known: 1, Invoiced: 1, Changed: 1, Make: 2, Sums: map[string]string{"ISK": "200 ISK"},
		Held:    []PastGroup{{Code: "sale_check", Count: 1, Reason: got.Held[0].Reason, Object: "order/B5"}},
		Skipped: []PastGroup{{Code: "not_wanted", Count: 1, Reason: got.Skipped[0].Reason, Object: "order/B6"}}}
	if diff := cmp.Diff(want, got); diff != "" || run.State != store.RunEnded || run.Found != 7 {
		t.Errorf("%+v (-want +got):\n%s", run, diff)
	}
	events, err := b.store.Events(t.Context(), store.EventFilter{})
	must(t, err)
	if len(events) != 3 || b.books.Count("issued") != issued {
		t.Errorf("the preview stored or sent something: %d events, %d invoices", len(events), b.books.Count("issued"))
	}
}

// A backfill that is interrupted at every page comes to the same as one that is not, and what was there before stays as it is.
func TestBackfill(t *testing.T) {
	t.Parallel()
	for _, interrupted := range []bool{false, true} {
		second := shop.Connection(func(c *tengi.Connection) { c.ID, c.Key = "con_2", "second" })
		b := setup(t, "key", shop.Connection(nil), second)
		b.past()
		run, err := b.engine.Backfill(t.Context(), "con_1", yesterday, time.Time{})
		must(t, err)
		for range 20 {
			stop := make(chan struct{})
			if interrupted {
				b.hosts["shop.test"] = onceThen(b.shop.Faults.Wrap(b.shop), stop)
			}
			must(t, b.engine.workRun(t.Context(), stop, run.ID))
		}
		b.settle()
		b.settleRuns()
		run, err = b.store.Run(t.Context(), run.ID)
		must(t, err)
		if diff := cmp.Diff(store.RunCounts{Found: 7, Fresh: 6, Done: 3, Skipped: 2, Held: 1}, run.RunCounts); diff != "" || run.State != store.RunEnded {
			t.Errorf("interrupted %v: %s, (-want +got):\n%s", interrupted, run.State, diff)
		}
		// Three for either connection before; then B4 and B7, and B3 anew, for the one that asked.
		if issued, cancelled := b.books.Count("issued"), b.books.Count("cancelled"); issued != 8 || cancelled != 1 {
			t.Errorf("interrupted %v: %d invoices, %d cancelled", interrupted, issued, cancelled)
		}
		again, err := b.engine.Backfill(t.Context(), "con_1", yesterday, time.Time{})
		must(t, err)
		b.workRuns()
		b.settle()
		b.settleRuns()
		again, err = b.store.Run(t.Context(), again.ID)
		must(t, err)
		if again.Fresh != 0 || again.Known() != 7 {
			t.Errorf("interrupted %v: asked again it finds %+v", interrupted, again.RunCounts)
		}
	}
}

func TestBackfillIsCancelled(t *testing.T) {
	t.Parallel()
	b := setup(t, "key")
	b.sold(order("B1"), order("B2"), order("B3"))
	run, err := b.engine.Backfill(t.Context(), "con_1", yesterday, time.Time{})
	must(t, err)
	stop := make(chan struct{})
	b.hosts["shop.test"] = onceThen(b.shop.Faults.Wrap(b.shop), stop)
	must(t, b.engine.workRun(t.Context(), stop, run.ID)) // one page, then the node stops
	must(t, b.engine.CancelRun(t.Context(), run.ID))
	b.workRuns()
	b.settle()
	b.settleRuns()
	run, err = b.store.Run(t.Context(), run.ID)
	must(t, err)
	if run.State != store.RunEnded || !run.Cancelled || run.Held != 1 || run.Found != 1 || b.books.Count("issued") != 0 {
		t.Fatalf("%+v, %d invoices", run, b.books.Count("issued"))
	}
}

func TestBackfillThatCannotBe(t *testing.T) {
	t.Parallel()
	b := setup(t, "key", shop.Connection(nil), shop.Connection(func(c *tengi.Connection) {
		c.ID, c.Key, c.Source.Trigger, c.Steps[0].Action = "con_2", "notes", "note", "note.create"
	}))
	for id, want := range map[string]string{"con_2": "cannot be asked for what happened before", "con_3": "not found"} {
		if _, err := b.engine.Backfill(t.Context(), id, yesterday, time.Time{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", id, err, want)
		}
	}
	if _, err := b.engine.PreviewBackfill(t.Context(), "con_1", b.clock.Now(), time.Time{}); err == nil {
		t.Error("a span that ends before it begins")
	}
	// The service is out of order for a while: it goes on by itself.
	b.sold(order("B1"))
	b.shop.Faults.Add(fake.Fault{Kind: fake.Fail, Times: 1})
	run, err := b.engine.Backfill(t.Context(), "con_1", yesterday, time.Time{})
	must(t, err)
	b.workRuns()
	b.later(firstRetry)
	b.workRuns()
	b.settle()
	b.settleRuns()
	if run, err = b.store.Run(t.Context(), run.ID); err != nil || run.State != store.RunEnded || run.Problem != "" || run.Done != 1 {
		t.Errorf("%+v %v", run, err)
	}
}
