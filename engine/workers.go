package engine

import (
	"context"
	"sync"
	"time"

	"github.com/tengi/tengi/store"
)

// A delivery in hand needs a worker, and while its connector is at work it also needs one of the places for calls, of which there are fewer: most of what
// is in hand waits for a commit that it shares with many others, and a service that answers must not wait for those.
const (
	handsPerCall  = 4 // deliveries in hand for each call that may be under way
	claimsPerCall = 2 // up to how many of these are claimed: of several nodes none should hoard what another could work on
)

// running is one life of an engine, from Run to its end.
type running struct {
	stopping chan struct{} // closed when no new work may begin
	work     context.Context
	free     chan struct{}      // one for each delivery that may be taken in hand beside those that are
	jobs     chan store.Claimed // with room for all that may be in hand: who took from free may send without waiting
	workers  sync.WaitGroup
	aside    aside // only the dispatcher uses it

	mu       sync.Mutex
	employed int // workers
}

func newRunning(work context.Context, hands int) *running {
	life := &running{stopping: make(chan struct{}), work: work, free: make(chan struct{}, hands), jobs: make(chan store.Claimed, hands), aside: aside{lanes: map[store.Lane]bool{}}}
	for range hands {
		life.free <- struct{}{}
	}
	return life
}

// give hands a delivery, for which a place was taken from free, to a worker. There are as many workers as were ever needed at once, and they live as long
// as the engine runs: a goroutine begins with a small stack, and one for each delivery would have to grow it each time.
func (e *Engine) give(life *running, d store.Claimed) {
	life.mu.Lock()
	for life.employed < cap(life.free)-len(life.free) {
		life.employed++
		life.workers.Go(func() {
			for d := range life.jobs {
				e.bring(life, d)
			}
		})
	}
	life.mu.Unlock()
	life.jobs <- d
}

// room says how many deliveries may be claimed now.
func (l *running) room() int {
	hands := cap(l.free)
	return max(len(l.free)-hands+max(hands*claimsPerCall/handsPerCall, 1), 0)
}

// dismiss waits until nothing is in hand any more and ends the workers.
func (l *running) dismiss() {
	for range cap(l.free) {
		<-l.free
	}
	close(l.jobs)
	l.workers.Wait()
}

// bring works on a delivery and makes its place free again.
func (e *Engine) bring(life *running, d store.Claimed) {
	defer func() { // in this order: the place is free before the dispatcher looks
		e.release(d)
		life.free <- struct{}{}
		e.freed(d.AccountID)
		e.signal()
	}()
	e.work(life.work, d)
}

// begin waits for a place for a connector's work. It says whether there is one and something new may begin; end gives it back.
func (e *Engine) begin(ctx context.Context) bool {
	select {
	case e.calls <- struct{}{}:
	case <-ctx.Done():
		return false
	}
	if e.stopping() {
		e.end()
		return false
	}
	return true
}

func (e *Engine) end() { <-e.calls }

// offer asks the store to give a new event's deliveries straight to workers of this node, as far as some are free and nothing is known to wait in their
// lanes, whose turn would come before theirs. Where no call can be made at the moment, no more is taken in hand than is claimed. It says how many places it took; taken gives back what was not needed.
func (e *Engine) offer(life *running, event *store.NewEvent) (places int) {
	if life == nil || !e.store.Direct() || len(e.calls) == cap(e.calls) && life.room() == 0 {
		return 0
	}
	now := e.store.Now()
	take := &store.Take{Node: e.node, Lease: token(), Now: now, Until: now.Add(e.lease)}
	for i := range event.Deliveries {
		d := &event.Deliveries[i]
		if d.State != store.Waiting || !e.atLeisure(d, now) {
			continue
		}
		select {
		case <-life.free:
			d.Take = take
			places++
		default:
			return places
		}
	}
	return places
}

// atLeisure says whether a new delivery's lane may be worked, has no limits, and is not due to be asked for others.
func (e *Engine) atLeisure(d *store.NewDelivery, now time.Time) bool {
	pipe, ok := e.Pipe(d.ConnectionID)
	if !ok || !pipe.runs() {
		return false
	}
	account, ok := e.Account(d.AccountID)
	if !ok || !account.Usable() {
		return false
	}
	lane := pipe.lane(account)
	if lane.Every > 0 || lane.InFlight > 0 {
		return false
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	at, waits := e.lanes[lane]
	return !waits || at.After(now)
}

// taken hands on what was taken as it was stored, and gives back the places that were offered in vain.
func (e *Engine) taken(life *running, places int, stored []store.Ingested) {
	if places == 0 {
		return
	}
	for _, s := range stored {
		for _, d := range s.Taken {
			e.metrics.claimed.Inc()
			e.hold(d)
			e.give(life, d)
			places--
		}
	}
	if places > 0 {
		for range places {
			life.free <- struct{}{}
		}
		e.signal()
	}
}
