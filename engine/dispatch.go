package engine

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/tengi/tengi/store"
)

// maxLanes is how many lanes one claim asks.
const maxLanes = 64

// sweepEvery is how often every lane is asked, whether or not anything was heard of it: the net under the signals.
const sweepEvery = time.Second

// ask notes that a lane may have work at a moment.
func (e *Engine) ask(l store.Lane, at time.Time) {
	e.mu.Lock()
	if due, ok := e.lanes[l]; !ok || at.Before(due) {
		e.lanes[l] = at
	}
	e.mu.Unlock()
	e.signal()
}

// signal wakes the dispatcher.
func (e *Engine) signal() {
	select {
	case e.wake <- struct{}{}:
	default:
	}
}

// askPipe notes that a connection may have work at any of its accounts.
func (e *Engine) askPipe(p *Pipe) {
	lanes := p.usableLanes()
	if len(lanes) == 0 {
		return
	}
	now := e.store.Now()
	e.mu.Lock()
	for _, l := range lanes {
		e.lanes[l] = now
	}
	e.mu.Unlock()
	e.signal()
}

// usableLanes are all lanes that may be asked.
func (e *Engine) usableLanes() []store.Lane {
	var lanes []store.Lane
	for _, p := range e.snapshot.Load().pipes {
		lanes = append(lanes, p.usableLanes()...)
	}
	return lanes
}

// askAll notes that every connection may have work.
func (e *Engine) askAll() {
	for _, p := range e.snapshot.Load().pipes {
		e.askPipe(p)
	}
}

// dispatch claims deliveries and hands them to workers until ctx ends.
func (e *Engine) dispatch(ctx context.Context, life *running) {
	timer := time.NewTimer(sweepEvery)
	defer timer.Stop()
	swept := e.store.Now()
	life.aside.next = swept.Add(e.hurry(calm))
	for ctx.Err() == nil {
		now := e.store.Now()
		if life.aside.due(now) {
			e.workAlone(ctx, life)
			continue
		}
		if now.Sub(swept) >= sweepEvery {
			swept = now
			e.askAll()
		}
		lanes, next := e.dueLanes(now)
		if want := life.room(); want > 0 && len(lanes) > 0 {
			e.claim(ctx, life, lanes, want)
			continue
		}
		timer.Reset(min(max(next.Sub(now), 0), sweepEvery))
		select {
		case <-e.wake:
		case <-timer.C:
		case <-ctx.Done():
		}
	}
}

// dueLanes takes the lanes that are due, and says when the next one is.
func (e *Engine) dueLanes(now time.Time) (due []store.Lane, next time.Time) {
	next = now.Add(sweepEvery)
	e.mu.Lock()
	defer e.mu.Unlock()
	snapshot := e.snapshot.Load() // under the lock: a lane that a reload asks for must not be judged by what was before
	for lane, at := range e.lanes {
		switch {
		case !snapshot.works(lane):
			delete(e.lanes, lane) // it is asked again when the configuration or the account changes
		case at.After(now):
			if at.Before(next) {
				next = at
			}
		case len(due) < maxLanes: // the map's order is random, so nobody is always first
			due = append(due, lane)
		}
	}
	return due, next
}

// works says whether deliveries of a lane may be worked.
func (s *Snapshot) works(l store.Lane) bool {
	pipe, account := s.pipes[l.ConnectionID], s.accounts[l.AccountID]
	return pipe != nil && pipe.runs() && (!pipe.uses(l.AccountID) || account.Usable())
}

// claim asks the lanes for work and hands what it gets to workers. What is to be worked alone it puts aside.
func (e *Engine) claim(ctx context.Context, life *running, lanes []store.Lane, want int) {
	e.mu.Lock()
	for _, l := range lanes { // before the claim, so that a signal that comes meanwhile is not lost
		delete(e.lanes, l)
	}
	e.mu.Unlock()
	now := e.store.Now()
	got, err := e.store.Claim(ctx, store.Claim{Lanes: lanes, Want: want, Node: e.node, Lease: token(), Now: now, Until: now.Add(e.lease), Takes: unsuspicious})
	if err != nil {
		if ctx.Err() == nil && !errors.Is(err, store.ErrClosed) {
			e.log.Error("claim deliveries", "error", err)
		}
		for _, l := range lanes {
			e.ask(l, now.Add(time.Second))
		}
		return
	}
	for lane, at := range got.Again {
		if !at.After(now) && len(got.Deliveries) == 0 {
			at = now.Add(10 * time.Millisecond) // somebody else has them locked
		}
		e.ask(lane, at)
	}
	life.aside.put(got.Passed)
	e.metrics.claimed.Add(float64(len(got.Deliveries)))
	for _, d := range got.Deliveries {
		e.hold(d)
		// A place that was free may have been given to a delivery that was taken as it was stored; the next one is not far.
		select {
		case <-life.free:
			e.give(life, d)
		case <-ctx.Done():
			if err := e.record(ctx, putBack(d, e.store.Now())); err != nil {
				e.log.Error("put a delivery back", "delivery", d.ID, "error", err)
			}
			e.release(d)
		}
	}
}

// freed asks the lanes, of all connections, of an account that may work only so many deliveries at once: one of them has ended.
func (e *Engine) freed(accountID string) {
	now := e.store.Now()
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, l := range e.snapshot.Load().narrow[accountID] { // whether or not they wait already: a claim under way may have counted this one
		e.lanes[l] = now
	}
}

func (e *Engine) hold(d store.Claimed) {
	e.mu.Lock()
	e.held[d.ID] = d
	e.mu.Unlock()
}

// release forgets a delivery, unless this node has lost it and taken it again under another lease.
func (e *Engine) release(d store.Claimed) {
	e.mu.Lock()
	if e.held[d.ID].Lease == d.Lease {
		delete(e.held, d.ID)
	}
	e.mu.Unlock()
}

// tend renews this node's leases, returns those of dead nodes to the queue, and keeps the clock.
func (e *Engine) tend(ctx context.Context, worked <-chan struct{}) {
	tick := time.NewTicker(max(e.lease/6, 10*time.Millisecond))
	defer tick.Stop()
	for {
		select {
		case <-worked:
			return
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := e.tendOnce(ctx); err != nil && ctx.Err() == nil {
			e.log.Error("tend leases", "error", err)
		}
	}
}

func (e *Engine) tendOnce(ctx context.Context) error {
	unsynced := e.store.SyncClock(ctx) // no reason to lose leases
	now := e.store.Now()
	e.mu.Lock()
	held := make([]store.Claimed, 0, len(e.held))
	for _, d := range e.held {
		held = append(held, d)
	}
	e.mu.Unlock()
	if len(held) > 0 {
		slices.SortFunc(held, func(a, b store.Claimed) int { return int(a.ID - b.ID) })
		if _, err := e.store.Renew(ctx, held, now.Add(e.lease)); err != nil {
			return err
		}
	}
	lanes, err := e.expire(ctx, now, "")
	for _, l := range lanes {
		if pipe, ok := e.Pipe(l.ConnectionID); ok {
			e.askPipe(pipe)
			e.ask(store.Lane{ConnectionID: l.ConnectionID, AccountID: l.AccountID}, now)
		}
	}
	return errors.Join(unsynced, err)
}

// listen hears what other nodes announce: new work, a new configuration. Whenever it begins, the configuration is read once: what was announced
// before was not heard.
func (e *Engine) listen(ctx context.Context) {
	for ctx.Err() == nil {
		err := e.store.Listen(ctx, func() error { return e.Reload(ctx) }, func(what string) error { return e.heard(ctx, what) })
		if ctx.Err() == nil {
			e.log.Warn("hearing other nodes was interrupted; polling goes on", "error", err)
			select {
			case <-time.After(e.hurry(time.Second)):
			case <-ctx.Done():
			}
		}
	}
}

// heard acts on what another node announced. An error means that it has to be made good by beginning anew.
func (e *Engine) heard(ctx context.Context, what string) error {
	if what == reloadNotice {
		return e.Reload(ctx)
	}
	if pipe, ok := e.Pipe(what); ok {
		e.askPipe(pipe)
	}
	return nil
}

// reloadNotice tells the other nodes that people changed something.
const reloadNotice = "reload"
