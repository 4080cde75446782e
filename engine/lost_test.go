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

// live is one life of a node: it works what is due, as the dispatcher does, first among others and then, when it has lived in peace, alone. When it comes
// upon a deadly delivery, or is killed at once, nothing of what it has in hand comes to an outcome.
func (b *bench) live(deadly map[int64]bool, killed bool) (died bool) {
	b.t.Helper()
	for range 1000 {
		got := b.claim(16, unsuspicious)
		if len(got.Deliveries) == 0 && len(got.Passed) > 0 && !killed {
			b.later(calm)
			got = b.claim(1, suspect)
		}
		for _, d := range got.Deliveries {
			killed = killed || deadly[d.EventID] && !hopeless(d.Losses)
		}
		switch {
		case killed:
			b.later(100 * time.Millisecond) // and started again
			_, err := b.engine.expire(b.t.Context(), b.clock.Now(), b.node)
			must(b.t, err)
			return true
		case len(got.Deliveries) > 0:
			for _, d := range got.Deliveries {
				b.engine.work(b.t.Context(), d)
			}
		default:
			next, more := time.Time{}, false
			for _, at := range got.Again {
				if !more || at.Before(next) {
					next, more = at, true
				}
			}
			if !more {
				return false
			}
			b.clock.set(next)
		}
	}
	b.t.Fatal("it never comes to rest")
	return false
}

func (b *bench) claim(want int, takes func(int) bool) store.Claims {
	b.t.Helper()
	now := b.clock.Now()
	got, err := b.store.Claim(b.t.Context(), store.Claim{Lanes: b.engine.usableLanes(), Want: want, Node: b.node, Lease: token(), Now: now, Until: now.Add(time.Minute), Takes: takes})
	must(b.t, err)
	return got
}

// Some deliveries kill the node whenever they are worked on, and take fifteen others with them at first. Each is left to a person before long; the others
// are worked.
func TestDeadlyDeliveriesAreLeftToAPerson(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, 3} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			b := setup(t, "key")
			deadly := map[int64]bool{}
			var events []int64
			for i := range 40 {
				event := b.notice(order(fmt.Sprintf("A%d", i))).EventID
				if events = append(events, event); i%13 == 0 && len(deadly) < n {
					deadly[event] = true
				}
			}
			began, deaths := b.clock.Now(), 0
			for ; b.live(deadly, false); deaths++ {
				if deaths > n*maxLosses {
					t.Fatalf("the node has died %d times", deaths)
				}
			}
			if took := b.clock.Now().Sub(began); took > time.Duration(n)*10*time.Minute {
				t.Errorf("it took %s", took)
			}
			for _, event := range events {
				d := b.row(event)
				if deadly[event] && (d.State != store.Held || d.Code != codeLost || !d.Open || !d.DueAt.IsZero() || d.Losses != 0) {
					t.Errorf("a deadly delivery is %+v", d)
				}
				if !deadly[event] && d.State != store.Done {
					t.Errorf("an innocent delivery is %+v", d)
				}
			}
			for event := range deadly {
				must(t, b.engine.Replay(t.Context(), b.deliveryID(event)))
			}
			b.settle()
			if n := b.books.Count("issued"); n != len(events) {
				t.Errorf("%d invoices for %d orders", n, len(events))
			}
		})
	}
}

// A node that is killed over and over loses the same deliveries every time, for an hour. None of them is to blame, and all are worked when it lives.
func TestManyKillsCondemnNobody(t *testing.T) {
	t.Parallel()
	b := setup(t, "key")
	var events []int64
	for i := range 16 {
		events = append(events, b.notice(order(fmt.Sprintf("A%d", i))).EventID)
	}
	for began := b.clock.Now(); b.clock.Now().Sub(began) < time.Hour; b.later(time.Second) {
		b.live(nil, true)
	}
	for _, event := range events {
		if d := b.row(event); d.Losses != maxTogether || d.State != store.Waiting {
			t.Fatalf("it was to be lost as often as may be among others: %+v", d)
		}
	}
	b.live(nil, false)
	for _, event := range events {
		if d := b.row(event); d.State != store.Done {
			t.Errorf("%+v", d)
		}
	}
}

// One that is killed also while it works on one alone, now and then, condemns nobody either: what is worked to its end is innocent, whatever was before.
func TestAnOutcomeEndsTheCount(t *testing.T) {
	t.Parallel()
	b := setup(t, "key")
	event := b.notice(order("A1")).EventID
	for losses := range maxLosses - 1 {
		b.later(2 * calm)
		if got := b.claim(1, nil); len(got.Deliveries) != 1 || got.Deliveries[0].Losses != losses {
			t.Fatalf("%+v", got)
		}
		_, err := b.engine.expire(t.Context(), b.clock.Now(), b.node)
		must(t, err)
	}
	b.later(2 * calm)
	if b.live(nil, false); b.row(event).State != store.Done || b.row(event).Losses != 0 {
		t.Fatalf("%+v", b.row(event))
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

// What is lost once or twice is taken up at once; what is lost more often at a moment of its own, and what is to be worked alone not before a while. What is
// to be given up does not wait.
func TestApart(t *testing.T) {
	t.Parallel()
	for losses, most := range map[int]time.Duration{1: 0, 2: 0, 3: 10 * time.Second, 4: calm, 5: calm, 6: calm, 7: 0, 50: 0} {
		seen := map[time.Duration]bool{}
		for range 100 {
			d := apart(losses)
			seen[d] = true
			if d < 0 || d > most || suspect(losses) && d != calm {
				t.Errorf("after %d losses it stays away for %s, at most %s was to be", losses, d, most)
			}
		}
		if losses == 3 && len(seen) < 90 {
			t.Errorf("after %d losses they come back together: %d moments", losses, len(seen))
		}
		if suspect(losses) == unsuspicious(losses) || hopeless(losses) != (losses >= 7) {
			t.Errorf("after %d losses: suspect %t, unsuspicious %t, hopeless %t", losses, suspect(losses), unsuspicious(losses), hopeless(losses))
		}
	}
}
