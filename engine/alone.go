package engine

import (
	"context"
	"errors"
	"time"

	"github.com/tengi/tengi/store"
)

// rest is how long a node works as usual, at least, before it works another delivery alone. It is as long as the last one kept it from it, where that
// was longer: what is suspicious takes no more than half of a node's time.
const rest = time.Second

// aside is what the dispatcher has seen of deliveries that are to be worked alone.
type aside struct {
	lanes map[store.Lane]bool
	next  time.Time // when the next one may be worked
}

func (a *aside) due(now time.Time) bool { return len(a.lanes) > 0 && !now.Before(a.next) }

func (a *aside) put(lanes []store.Lane) {
	for _, l := range lanes {
		a.lanes[l] = true
	}
}

// take gives the lanes to ask, of those that may be worked.
func (a *aside) take(s *Snapshot) (lanes []store.Lane) {
	for l := range a.lanes {
		if len(lanes) == maxLanes {
			break
		}
		delete(a.lanes, l)
		if s.works(l) {
			lanes = append(lanes, l)
		}
	}
	return lanes
}

// workAlone works one suspicious delivery while nothing else is in hand: should this node not live through it, that one is to blame. It waits until all that
// is in hand has come to an outcome, and nothing is claimed or taken meanwhile.
func (e *Engine) workAlone(ctx context.Context, life *running) {
	began := e.store.Now()
	e.taking.Store(nil)
	places := 0
	defer func() {
		for range places {
			life.free <- struct{}{}
		}
		e.taking.Store(life)
		now := e.store.Now()
		life.aside.next = now.Add(max(e.hurry(rest), now.Sub(began)))
	}()
	for places < cap(life.free) {
		select {
		case <-life.free:
			places++
		case <-ctx.Done():
			return
		}
	}
	now := e.store.Now()
	got, err := e.store.Claim(ctx, store.Claim{Lanes: life.aside.take(e.snapshot.Load()), Want: 1, Node: e.node, Lease: token(), Now: now, Until: now.Add(e.lease), Takes: suspect})
	if err != nil {
		if ctx.Err() == nil && !errors.Is(err, store.ErrClosed) {
			e.log.Error("claim a delivery to be worked alone", "error", err)
		}
		return // whoever claims next sees it again
	}
	for _, d := range got.Deliveries {
		e.log.Warn("a delivery that was never brought to an end is worked alone", "delivery", d.ID, "connection", d.ConnectionID, "leases_lost", d.Losses)
		e.metrics.claimed.Inc()
		e.hold(d)
		places--
		life.workers.Go(func() { e.bring(life, d) }) // not by give, for which all places would be taken
		select {
		case <-life.free:
			places++
		case <-ctx.Done():
			return
		}
	}
	for lane, at := range got.Again {
		e.ask(lane, at)
	}
}
