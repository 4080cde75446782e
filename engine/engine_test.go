package engine

import (
	"testing"
	"time"

	"github.com/tengi/tengi/internal/shop"
	"github.com/tengi/tengi/store"
)

// settle works everything that is due now.
func (b *bench) settle() { b.settleUntil(b.clock.Now()) }

// settleLater works until nothing is left to the clock, moving it from one due moment to the next.
func (b *bench) settleLater() { b.settleUntil(b.clock.Now().Add(1000 * time.Hour)) }

func (b *bench) settleUntil(last time.Time) {
	b.t.Helper()
	for range 500 {
		worked, next := b.workOne()
		switch {
		case worked:
		case next.IsZero() || next.After(last):
			return
		default:
			b.clock.set(next)
		}
	}
	b.t.Fatal("it never comes to rest")
}

// workOne claims one delivery and works it. When nothing is due it says when something will be.
func (b *bench) workOne() (worked bool, next time.Time) {
	b.t.Helper()
	now := b.clock.Now()
	got, err := b.store.Claim(b.t.Context(), store.Claim{Lanes: append(b.engine.usableLanes(), b.engine.snapshot.Load().strays()...), Want: 1, Node: "test", Lease: token(), Now: now, Until: now.Add(time.Minute)})
	must(b.t, err)
	for _, d := range got.Deliveries {
		b.engine.work(b.t.Context(), d)
	}
	for _, at := range got.Again {
		if next.IsZero() || at.Before(next) {
			next = at
		}
	}
	return len(got.Deliveries) > 0, next
}

// found is how a delivery stands.
type found struct{ state, code, reason string }

func (b *bench) delivery(eventID int64) found {
	b.t.Helper()
	d := b.row(eventID)
	return found{string(d.State), d.Code, d.Reason}
}

func (b *bench) deliveryID(eventID int64) int64 { return b.row(eventID).ID }

func (b *bench) row(eventID int64) store.Delivery {
	b.t.Helper()
	list, err := b.store.Deliveries(b.t.Context(), store.DeliveryFilter{EventID: eventID, Limit: 10})
	must(b.t, err)
	if len(list) == 0 {
		b.t.Fatalf("event %d has no delivery", eventID)
	}
	return list[0]
}

func TestConfirmedMakesOneInvoice(t *testing.T) {
	t.Parallel()
	b := setup(t, "key")
	first := b.notice(shop.Order{ID: "A1", Status: "confirmed", Total: "100"})
	again := b.notice(shop.Order{ID: "A1", Status: "confirmed", Total: "100"})
	b.settle()
	if !again.Duplicate || again.EventID != first.EventID || b.books.Count("issued") != 1 {
		t.Fatalf("again %+v, invoices %d", again, b.books.Count("issued"))
	}
	if d := b.delivery(first.EventID); d.state != "done" {
		t.Fatalf("%+v", d)
	}
}
