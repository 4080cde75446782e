package engine

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/internal/shop"
	"github.com/tengi/tengi/schedule"
	"github.com/tengi/tengi/store"
)

// ran lists a connection's runs, oldest first, in words.
func (b *bench) ran(connectionID string) (words []string) {
	b.t.Helper()
	runs, err := b.store.Runs(b.t.Context(), connectionID, 100)
	must(b.t, err)
	for i := len(runs) - 1; i >= 0; i-- {
		r := runs[i]
		words = append(words, fmt.Sprintf("%s %s at %s: %d found, %d new, %d done, %d held, %d failed, %d working", r.Kind, r.State, r.PlannedAt.Format("02 15:04"), r.Found, r.Fresh, r.Done, r.Held, r.Failed, r.Working))
	}
	return words
}

// Times of day over a week in which nobody is there on two days: what is planned is fired once, and what was missed is one.
func TestTimesOfDayAreFired(t *testing.T) {
	t.Parallel()
	p := &pages{}
	b := setupWith(t, "key", func(b *bench) { b.source.Triggers[0].Poll = p.poll },
		shop.Connection(func(c *tengi.Connection) {
			c.Schedule = schedule.Schedule{At: []schedule.TimeOfDay{8 * 60, 17*60 + 30}}
		})) // it is Monday, 09:00 in Reykjavík
	end := b.clock.Now().Add(7 * 24 * time.Hour)
	for b.clock.Now().Before(end) {
		b.later(time.Minute)
		if day := b.clock.Now().Day(); day != 3 && day != 4 {
			b.polls()
			b.settleRuns()
		}
	}
	var got []string
	runs, err := b.store.Runs(t.Context(), "con_1", 100)
	must(t, err)
	for _, r := range runs {
		got = append([]string{r.PlannedAt.Format("02 15:04") + " → " + r.StartedAt.Format("02 15:04")}, got...)
	}
	want := []string{"01 17:30 → 01 17:30", "02 08:00 → 02 08:00", "02 17:30 → 02 17:30", "03 08:00 → 05 00:00", "05 08:00 → 05 08:00", "05 17:30 → 05 17:30",
		"06 08:00 → 06 08:00", "06 17:30 → 06 17:30", "07 08:00 → 07 08:00", "07 17:30 → 07 17:30", "08 08:00 → 08 08:00"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// chained is a bench whose second connection runs after the first and says in its invoices which the first has made.
func chained(t *testing.T, p *pages, only schedule.Outcome) *bench {
	t.Helper()
	return setupWith(t, "key", func(b *bench) { b.source.Triggers[0].Poll = p.poll },
		shop.Connection(func(c *tengi.Connection) { c.Schedule.Every = time.Hour }),
		shop.Connection(func(c *tengi.Connection) {
			c.ID, c.Key, c.Schedule = "con_2", "second", schedule.Schedule{After: "con_1", Only: only}
			c.Steps = []tengi.Step{{Key: "note", AccountID: "acc_books", Action: "note.create", Fields: map[string]any{"text": "for {{ upstream.invoice.id }} of {{ sale.reference }}"}}}
		}))
}

func TestChain(t *testing.T) {
	t.Parallel()
	p := &pages{given: map[string][]string{"": {"A1"}}}
	b := chained(t, p, schedule.Any)
	b.polls()
	b.settleRuns()
	if got := b.ran("con_2"); len(got) != 0 {
		t.Fatalf("it ran before what it runs after had come to its end: %q", got)
	}
	// Both have a delivery of the order by now; the second's waits for the first's.
	for range 10 {
		if worked, next := b.workOne(); !worked {
			b.clock.set(next)
		}
	}
	b.settleRuns()
	b.workRuns()
	b.settleLater()
	b.settleRuns()
	if diff := cmp.Diff([]string{"after ended at 01 09:00: 1 found, 0 new, 0 done, 0 held, 0 failed, 0 working"}, b.ran("con_2")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	made := b.books.Invoices()
	if len(made) != 2 || made[1].Status != "note:for "+made[0].ID+" of A1" {
		t.Errorf("%+v", made)
	}
}

// What waits for a person upstream holds the chain up, and says so; the run does not wait for it.
func TestChainBehindAHeldDelivery(t *testing.T) {
	t.Parallel()
	p := &pages{}
	b := chained(t, p, schedule.OK)
	o := order("A1")
	o.Line = "1" // the lines do not add up: held
	event := b.notice(o).EventID
	b.settle()
	b.clock.set(b.clock.Now().Add(upstreamWorks))
	b.settle()
	list, err := b.store.Deliveries(t.Context(), store.DeliveryFilter{EventID: event, ConnectionID: "con_2"})
	must(t, err)
	if len(list) != 1 || list[0].State != store.Waiting || list[0].Code != store.CodeUpstreamHeld || list[0].Tries != 0 || !strings.Contains(list[0].Reason, "Shop → Books") {
		t.Fatalf("%+v", list)
	}
	held, err := b.store.Deliveries(t.Context(), store.DeliveryFilter{EventID: event, ConnectionID: "con_1"})
	must(t, err)
	must(t, b.engine.Skip(t.Context(), held[0].ID, "a person decided so"))
	b.later(upstreamRests)
	b.settle()
	if list, err = b.store.Deliveries(t.Context(), store.DeliveryFilter{EventID: event, ConnectionID: "con_2"}); err != nil || list[0].State != store.Held || list[0].Code == store.CodeUpstreamHeld {
		t.Fatalf("%+v %v", list, err)
	}
}

func TestRunOnce(t *testing.T) {
	t.Parallel()
	p := &pages{given: map[string][]string{"": {"A1", "A2"}, "1": {"A2", "A3"}}, next: map[string]string{"": "1", "1": "1"}}
	b := setupWith(t, "key", func(b *bench) { b.source.Triggers[0].Poll = p.poll })
	var along []string
	p.after = func() { // while it works
		along = append(along, b.ran("con_1")...)
	}
	run, err := b.engine.RunOnce(t.Context(), "con_1")
	must(t, err)
	again, err := b.engine.RunOnce(t.Context(), "con_1")
	must(t, err)
	if run.ID != again.ID || run.State != store.RunWaiting {
		t.Fatalf("%+v, %+v", run, again)
	}
	b.workRuns()
	b.settle()
	b.settleRuns()
	want := []string{"once running at 01 09:00: 0 found, 0 new, 0 done, 0 held, 0 failed, 0 working", "once running at 01 09:00: 2 found, 2 new, 0 done, 0 held, 0 failed, 2 working"}
	if diff := cmp.Diff(want, along); diff != "" {
		t.Errorf("while it worked (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"once ended at 01 09:00: 4 found, 3 new, 3 done, 0 held, 0 failed, 0 working"}, b.ran("con_1")); diff != "" {
		t.Errorf("when it had ended (-want +got):\n%s", diff)
	}
}

func TestRunOnceIsRefused(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]func(*tengi.Connection){
		"switched off":           func(c *tengi.Connection) { c.Enabled = false },
		"cannot be asked for it": func(c *tengi.Connection) { c.Source.Trigger, c.Steps[0].Action = "note", "note.create" },
	} {
		b := setup(t, "key", shop.Connection(change))
		if _, err := b.engine.RunOnce(t.Context(), "con_1"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

// A person's stop reaches a run between two pages; what it has found goes on.
func TestCancelRun(t *testing.T) {
	t.Parallel()
	p := &pages{given: map[string][]string{"": {"A1"}, "1": {"A2"}}, next: map[string]string{"": "1", "1": "2", "2": "2"}}
	b := setupWith(t, "key", func(b *bench) { b.source.Triggers[0].Poll = p.poll })
	run, err := b.engine.RunOnce(t.Context(), "con_1")
	must(t, err)
	p.after = func() { must(t, b.engine.CancelRun(t.Context(), run.ID)) }
	b.workRuns()
	b.settle()
	b.settleRuns()
	run, err = b.store.Run(t.Context(), run.ID)
	must(t, err)
	if len(p.asked) != 1 || run.State != store.RunEnded || !run.Cancelled || run.Problem != "" || run.Done != run.Fresh {
		t.Fatalf("asked %q, %+v", p.asked, run)
	}
}

// A run that nothing follows soon is tried again from where it was; one of an interval is not.
func TestRunIsTriedAgain(t *testing.T) {
	t.Parallel()
	p := &pages{given: map[string][]string{"": {"A1"}, "1": {"A2"}}, next: map[string]string{"": "1", "1": "2", "2": "2"}}
	b := setupWith(t, "key", func(b *bench) { b.source.Triggers[0].Poll = p.poll })
	p.after = func() {
		p.after = nil
		p.fail = &connector.Error{Kind: connector.Temporary, Code: connector.CodeUnavailable, Message: "out of order"}
	}
	run, err := b.engine.RunOnce(t.Context(), "con_1")
	must(t, err)
	b.workRuns()
	run, err = b.store.Run(t.Context(), run.ID)
	must(t, err)
	if run.State != store.RunWaiting || run.Tries != 1 || run.Problem != "out of order" || run.Found != 1 {
		t.Fatalf("%+v", run)
	}
	p.fail = nil
	b.later(firstRetry)
	b.workRuns()
	b.settle()
	b.settleRuns()
	run, err = b.store.Run(t.Context(), run.ID)
	must(t, err)
	if diff := cmp.Diff([]string{"", "1", "1", "2"}, p.asked); diff != "" || run.State != store.RunEnded || run.Problem != "" || run.Done != 2 {
		t.Fatalf("%+v %s", run, diff)
	}
}

// A run whose node dies while it reads is taken over when the lease has ended, and its page is not counted twice.
func TestRunOfADeadNodeIsTakenOver(t *testing.T) {
	t.Parallel()
	p := &pages{given: map[string][]string{"": {"A1"}, "1": {"A2"}}, next: map[string]string{"": "1", "1": "2", "2": "2"}}
	b := setupWith(t, "key", func(b *bench) { b.source.Triggers[0].Poll = p.poll })
	run, err := b.engine.RunOnce(t.Context(), "con_1")
	must(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	p.after = func() { cancel() } // its process dies: nothing more is stored
	_, lease, ok, err := b.engine.takeRun(t.Context(), run.ID)
	must(t, err)
	held := store.Run{ID: run.ID, ConnectionID: run.ConnectionID, Lease: lease.Token}
	pipe, _ := b.engine.Pipe("con_1")
	if err := b.engine.pollPages(ctx, nil, pipe, &held); err == nil || !ok {
		t.Fatal("it did not die")
	}
	p.after = nil
	b.workRuns() // its lease holds
	if len(p.asked) != 1 {
		t.Fatalf("asked %q", p.asked)
	}
	b.later(b.engine.lease + time.Second)
	b.workRuns()
	b.settle()
	b.settleRuns()
	run, err = b.store.Run(t.Context(), run.ID)
	must(t, err)
	if run.State != store.RunEnded || run.Fresh != 2 || run.Done != 2 {
		t.Fatalf("%+v", run)
	}
}

// What is due while its connection is switched off waits until it is switched on again.
func TestRunOfAConnectionThatIsSwitchedOff(t *testing.T) {
	t.Parallel()
	p := &pages{}
	b := polling(t, p)
	must(t, b.engine.fireDue(t.Context()))
	b.save(shop.Connection(func(c *tengi.Connection) { c.Schedule.Every, c.Enabled = 5*time.Minute, false }))
	turns := newTurns(1)
	must(t, b.engine.tickRuns(t.Context(), t.Context(), turns))
	turns.runs.Wait()
	if len(p.asked) != 0 {
		t.Fatalf("asked %q", p.asked)
	}
	b.save(shop.Connection(func(c *tengi.Connection) { c.Schedule.Every = 5 * time.Minute }))
	must(t, b.engine.tickRuns(t.Context(), t.Context(), turns))
	turns.runs.Wait()
	if len(p.asked) != 1 {
		t.Fatalf("asked %q", p.asked)
	}
}
