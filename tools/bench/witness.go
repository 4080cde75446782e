package main

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"sync/atomic"
	"time"
)

// witness knows of every order of one run when it was acknowledged and when a call for it began. It belongs to neither the hub nor its store, so
// that what it counts is what the world outside saw.
type witness struct {
	first  int64        // the number of orders[0]
	next   atomic.Int64 // index of the next order to send
	orders []fate
	seed   maphash.Seed
	begun  time.Time

	acked    atomic.Int64
	effects  atomic.Int64
	repeated atomic.Int64 // the same call again, with the same key: a service with idempotency keys answers it and does nothing
	doubled  atomic.Int64 // another call for an order that has had one
	foreign  atomic.Int64 // a call for an order that was not sent in this run
}

// fate is what became of an order; times are nanoseconds since the run began, 0 = not yet.
type fate struct {
	acked, arrived atomic.Int64
	key            atomic.Uint64 // hash of the idempotency key of the first call
}

// most is how many orders a run may send whose length is a time: more than are sent in a few seconds.
const most = 1 << 20

// numbers gives out the orders' numbers: no two runs of the tool share any, so that nothing is taken for a repeat.
type numbers struct{ used int64 }

// witness begins a run of so many orders.
func (n *numbers) witness(orders int) *witness {
	w := &witness{first: n.used + 1, orders: make([]fate, orders), seed: maphash.MakeSeed(), begun: time.Now()}
	n.used += int64(orders)
	return w
}

// now is the time since the run began, never 0.
func (w *witness) now() int64 { return max(int64(time.Since(w.begun)), 1) }

// take gives out the number of the next order; false when there are no more.
func (w *witness) take() (int64, bool) {
	i := w.next.Add(1) - 1
	return w.first + i, i < int64(len(w.orders))
}

// answered notes that an order was acknowledged.
func (w *witness) answered(order int64) {
	w.orders[order-w.first].acked.Store(w.now())
	w.acked.Add(1)
}

// called notes a call that began at a moment.
func (w *witness) called(order int64, key string, at int64) {
	i := order - w.first
	if i < 0 || i >= min(w.next.Load(), int64(len(w.orders))) {
		w.foreign.Add(1)
		return
	}
	hash := maphash.String(w.seed, key) | 1
	switch o := &w.orders[i]; {
	case o.key.CompareAndSwap(0, hash):
		o.arrived.Store(at)
		w.effects.Add(1)
	case o.key.Load() == hash:
		w.repeated.Add(1)
	default:
		w.doubled.Add(1)
	}
}

// pollEvery is how often something is looked at that gives no signal.
const pollEvery = 2 * time.Millisecond

// arrived waits until every acknowledged order has been called for, or until nothing has moved for the patience given. It says when the last call
// began.
func (w *witness) arrived(ctx context.Context, patience time.Duration) (last time.Duration, err error) {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	moved, seen := time.Now(), int64(-1)
	for w.effects.Load() < w.acked.Load() {
		if n := w.effects.Load(); n != seen {
			moved, seen = time.Now(), n
		}
		if time.Since(moved) > patience {
			break // what is missing is said by check
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
	for i := range w.sent() {
		last = max(last, time.Duration(w.orders[i].arrived.Load()))
	}
	return last, nil
}

// sent is how many orders were given out.
func (w *witness) sent() int { return int(min(w.next.Load(), int64(len(w.orders)))) }

// errCount is a promise broken: an order lost or doubled.
var errCount = errors.New("the counts are wrong")

// check compares what was acknowledged with what was called. Repeats with the same key are allowed where the hub was killed.
func (w *witness) check(killed bool) error {
	lost := 0
	for i := range w.sent() {
		if o := &w.orders[i]; o.acked.Load() != 0 && o.arrived.Load() == 0 {
			lost++
		}
	}
	doubled, repeated, foreign := w.doubled.Load(), w.repeated.Load(), w.foreign.Load()
	if lost > 0 || doubled > 0 || foreign > 0 || repeated > 0 && !killed {
		return fmt.Errorf("%w: of %d acknowledged orders %d were lost, %d doubled, %d repeated; %d calls were for no order of this run",
			errCount, w.acked.Load(), lost, doubled, repeated, foreign)
	}
	return nil
}

// storedToCall are the times from an order's acknowledgement to the call for it, sorted. A call may begin before its sender has read the
// acknowledgement: that counts as no time.
func (w *witness) storedToCall() spread {
	times := make(spread, 0, w.sent())
	for i := range w.sent() {
		o := &w.orders[i]
		if acked, arrived := o.acked.Load(), o.arrived.Load(); acked != 0 && arrived != 0 {
			times = append(times, max(time.Duration(arrived-acked), 0))
		}
	}
	return merge(times)
}
