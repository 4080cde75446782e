package engine

import (
	"fmt"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/store"
)

// live is one life of a node that claims whatever is due. When it comes upon a deadly delivery, or is killed, nothing of what it claimed comes to an
// outcome; else all of it does.
func (b *bench) live(deadly int64, killed bool) (claimed int, next time.Time) {
	b.t.Helper()
	now := b.clock.Now()
	got, err := b.store.Claim(b.t.Context(), store.Claim{Lanes: b.engine.usableLanes(), Want: 16, Node: b.node, Lease: token(), Now: now, Until: now.Add(time.Minute)})
	must(b.t, err)
	for _, at := range got.Again {
		if next.IsZero() || at.Before(next) {
			next = at
		}
	}
	for _, d := range got.Deliveries {
		killed = killed || d.EventID == deadly && !hopeless(d)
	}
	if !killed {
		for _, d := range got.Deliveries {
			b.engine.work(b.t.Context(), d)
		}
		return len(got.Deliveries), next
	}
	b.later(100 * time.Millisecond) // and started again
	_, err = b.engine.expire(b.t.Context(), b.clock.Now(), b.node)
	must(b.t, err)
	return len(got.Deliveries), next
}

// One delivery kills the node whenever it is worked on, and takes fifteen with it each time. It is left to a person; they are worked.
func TestADeadlyDeliveryIsLeftToAPerson(t *testing.T) {
	t.Parallel()
	b := setup(t, "key")
	deadly := b.notice(order("A0")).EventID
	events := []int64{deadly}
	for i := range 30 {
		events = append(events, b.notice(order(fmt.Sprintf("B%d", i))).EventID)
	}
	for range 1000 {
		if claimed, next := b.live(deadly, false); claimed == 0 {
			if next.IsZero() {
				break
			}
			b.clock.set(next)
		}
	}
	d := b.row(deadly)
	if d.State != store.Held || d.Code != codeLost || !d.Open || !d.DueAt.IsZero() {
		t.Fatalf("%+v", d)
	}
	for _, event := range events[1:] {
		if d := b.delivery(event); d.state != "done" {
			t.Errorf("an innocent delivery is %+v", d)
		}
	}
	must(t, b.engine.Replay(t.Context(), d.ID))
	if d := b.row(deadly); d.Losses != 0 {
		t.Errorf("a person's decision leaves %d losses", d.Losses)
	}
	b.settle()
	if n := b.books.Count("issued"); n != len(events) {
		t.Errorf("%d invoices for %d orders", n, len(events))
	}
}

// A node that is killed over and over, quickly, loses the same deliveries every time. None of them is to blame.
func TestManyKillsCondemnNobody(t *testing.T) {
	t.Parallel()
	b := setup(t, "key")
	var events []int64
	for i := range 16 {
		events = append(events, b.notice(order(fmt.Sprintf("A%d", i))).EventID)
	}
	most := 0
	for began := b.clock.Now(); b.clock.Now().Sub(began) < lossSpan-5*time.Second; b.later(time.Second) {
		b.live(0, true)
	}
	for _, event := range events {
		most = max(most, b.row(event).Losses)
	}
	if most < maxLosses {
		t.Fatalf("only %d leases were lost in a row, so this proves nothing", most)
	}
	b.settleLater()
	for _, event := range events {
		if d := b.delivery(event); d.state != "done" {
			t.Errorf("%+v", d)
		}
	}
}

// Invariant 4: the node dies whenever anything is answered, so also whenever it looks for what became of the request it had sent. The request stays
// unknown and as it was sent, and nothing is sent again, until a person has looked.
func TestADeadlyDeliveryThatMayHaveActedStaysUnknown(t *testing.T) {
	t.Parallel()
	b := setup(t, "find")
	b.books.UseKeys = false
	b.engine.testing.Fail = func(point string) {
		if point == "after-send" {
			runtime.Goexit()
		}
	}
	event := b.notice(order("A1")).EventID
	for range 200 {
		var worker sync.WaitGroup
		var next time.Time
		worker.Go(func() { _, next = b.workOne() })
		worker.Wait()
		b.clock.set(next)
		b.later(time.Second)
		_, err := b.engine.expire(t.Context(), b.clock.Now(), "test")
		must(t, err)
	}
	d := b.row(event)
	if d.State != store.Unknown || d.Code != connector.CodeAskPerson || !d.DueAt.IsZero() || !d.Open {
		t.Fatalf("%+v", d)
	}
	calls, err := b.store.Calls(t.Context(), d.ID)
	must(t, err)
	if len(calls) != 1 || calls[0].State != tengi.CallOpen || len(calls[0].Body) == 0 || len(b.books.Invoices()) != 1 {
		t.Fatalf("%+v, %+v", calls, b.books.Invoices())
	}
	if err := b.engine.Skip(t.Context(), d.ID, "no"); err == nil {
		t.Error("it was skipped although it may have acted")
	}
	b.engine.testing.Fail = nil
	must(t, b.engine.Replay(t.Context(), d.ID))
	b.settleLater()
	if d := b.delivery(event); d.state != "done" || len(b.books.Invoices()) != 1 {
		t.Fatalf("%+v, %+v", d, b.books.Invoices())
	}
}

// What is lost once or twice is taken up at once; from the third time on, not for long, and not all of it together.
func TestApart(t *testing.T) {
	t.Parallel()
	for losses, most := range map[int]time.Duration{1: 0, 2: 0, 3: 10 * time.Second, 4: 20 * time.Second, 5: 40 * time.Second, 50: 40 * time.Second} {
		seen := map[time.Duration]bool{}
		for range 100 {
			d := apart(losses)
			seen[d] = true
			if d < 0 || d > most {
				t.Errorf("after %d losses it stays away for %s, at most %s was to be", losses, d, most)
			}
		}
		if most > 0 && len(seen) < 90 {
			t.Errorf("after %d losses they come back together: %d moments", losses, len(seen))
		}
	}
}
