package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/store"
)

var writerTests = map[string]func(*ledger){
	"WriterABadCommandSpoilsNothing": badCommandSpoilsNothing,
	"WriterCountsWhatItDoes":         writerStats,
	"WriterTakesNothingAfterClose":   nothingAfterClose,
	"WriterOfACancelledCaller":       cancelledCaller,
}

// Commands that the database refuses are mixed with good ones from many callers: each gets its own answer.
func badCommandSpoilsNothing(l *ledger) {
	const n = 40
	l.ingest(l.event("booking/0"))
	d := l.take()
	step, call := l.step(1)
	l.must(l.intend(d, step, call))
	l.finish(d, store.Failed)
	ids := l.ingest(l.event("booking/0"))
	next := l.take()
	var stored atomic.Int64
	var group sync.WaitGroup
	for i := range n {
		group.Go(func() {
			got, err := l.s.Ingest(l.ctx, store.Ingest{Events: []store.NewEvent{l.event(fmt.Sprintf("booking/%d", i+1))}})
			if err != nil {
				l.Errorf("event %d: %v", i, err)
				return
			}
			if _, _, err := l.s.Event(l.ctx, got[0].EventID); err != nil {
				l.Errorf("event %d is not there: %v", i, err)
			}
			stored.Add(1)
		})
		group.Go(func() {
			c := tengi.Connection{ID: fmt.Sprintf("copy %d", i), WorkspaceID: workspace, Key: first} // the key is taken
			if err := l.s.SaveConnection(l.ctx, c, l.now); err == nil {
				l.Error("a key was given twice")
			}
		})
		if i < 4 {
			group.Go(func() {
				if err := l.intend(next, step, call); err == nil {
					l.Error("an issue was given twice")
				}
			})
		}
	}
	group.Wait()
	equal(l, "stored", stored.Load(), n)
	equal(l, "claimed", len(l.claimed(1000)), n)
	equal(l, "the one at work", l.delivery(ids[0]).State, store.Running)
}

func writerStats(l *ledger) {
	before := l.s.Stats()
	l.fill(5)
	after := l.s.Stats()
	if after.Commands-before.Commands != 5 || after.Commits-before.Commits != 5 || after.Failures != before.Failures || after.Refused != 0 || after.Waiting != 0 || after.LastCommit <= 0 {
		l.Errorf("before %+v, after %+v", before, after)
	}
}

func nothingAfterClose(l *ledger) {
	l.must(l.s.Close())
	_, err := l.s.Ingest(l.ctx, store.Ingest{Events: []store.NewEvent{l.event("booking/1")}})
	_, err2 := l.s.Claim(l.ctx, store.Claim{})
	for _, err := range []error{err, err2, l.s.Finish(l.ctx, store.Outcome{}), l.s.Intend(l.ctx, store.Intent{}), l.s.SetMeta(l.ctx, "a", "b"), l.s.Ready(l.ctx)} {
		if !errors.Is(err, store.ErrClosed) {
			l.Errorf("after Close: %v, want ErrClosed", err)
		}
	}
	l.must(l.s.Close()) // again
}

func cancelledCaller(l *ledger) {
	l.ingest(l.event("booking/1"))
	d := l.take()
	gone, cancel := context.WithCancel(l.ctx)
	cancel()
	if err := l.s.Finish(gone, l.outcome(d, store.Done)); !errors.Is(err, context.Canceled) {
		l.Errorf("a write that was cancelled before it began: %v", err)
	}
	equal(l, "state", l.delivery(d.EventID).State, store.Running)
	if _, err := l.s.Configuration(gone); !errors.Is(err, context.Canceled) {
		l.Errorf("a read that was cancelled before it began: %v", err)
	}
}

// gate stops the writers just before or after a commit of a kind until the test lets them go on.
type gate struct {
	point   string
	reached chan struct{}
	pass    chan struct{}
	armed   atomic.Bool
}

func newGate(point string) *gate {
	return &gate{point: point, reached: make(chan struct{}, 16), pass: make(chan struct{})}
}

func (g *gate) fail(point string) {
	if g.armed.Load() && point == g.point {
		g.reached <- struct{}{}
		<-g.pass
	}
}

// Invariant 1: while the transaction that holds an event is not durable, nobody sees the event and its sender has no answer.
func invisibleBeforeCommit(t *testing.T, open Opener) {
	g := newGate("before-ingest")
	l := newLedger(t, open(t, store.Config{Fail: g.fail}))
	g.armed.Store(true)
	answer := make(chan error, 1)
	go func() {
		_, err := l.s.Ingest(l.ctx, store.Ingest{Events: []store.NewEvent{l.event("booking/1")}})
		answer <- err
	}()
	<-g.reached
	list, err := l.s.Deliveries(l.ctx, store.DeliveryFilter{})
	l.must(err)
	seen, err := l.s.Events(l.ctx, store.EventFilter{})
	l.must(err)
	equal(l, "seen before the commit", len(list)+len(seen), 0)
	select {
	case err := <-answer:
		t.Errorf("answered before the commit: %v", err)
	default:
	}
	g.armed.Store(false)
	close(g.pass)
	l.must(<-answer)
	equal(l, "seen after it", len(l.claimed(10)), 1)
}

// holdAll makes every writer of the store wait in a commit, and returns their callers' answers. PostgreSQL has several writers.
func (g *gate) holdAll(l *ledger) chan error {
	l.Helper()
	g.armed.Store(true)
	writers := 1
	if l.s.Dialect() == "postgres" {
		writers = 3
	}
	answers := make(chan error, writers)
	for i := range writers {
		e := l.event(fmt.Sprintf("gate/%d", i))
		go func() {
			_, err := l.s.Ingest(l.ctx, store.Ingest{Events: []store.NewEvent{e}})
			answers <- err
		}()
		<-g.reached
	}
	return answers
}

func (g *gate) open() {
	g.armed.Store(false)
	close(g.pass)
}

// waitFor polls what no signal tells: how many commands are in the queue.
func (l *ledger) waitFor(queued int) {
	l.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for l.s.Waiting() < queued {
		select {
		case <-tick.C:
		case <-l.ctx.Done():
			l.Fatalf("%d commands are queued, want %d", l.s.Waiting(), queued)
		}
	}
}

func fullQueueIsBusy(t *testing.T, open Opener) {
	g := newGate("before-ingest")
	l := newLedger(t, open(t, store.Config{Fail: g.fail}))
	held := g.holdAll(l)
	const queue = 4096
	answers := make(chan error, queue)
	for i := range queue {
		e := l.event(fmt.Sprintf("queued/%d", i))
		go func() {
			_, err := l.s.Ingest(l.ctx, store.Ingest{Events: []store.NewEvent{e}})
			answers <- err
		}()
	}
	l.waitFor(queue)
	refused := l.event("refused")
	if _, err := l.s.Ingest(l.ctx, store.Ingest{Events: []store.NewEvent{refused}}); !errors.Is(err, store.ErrBusy) {
		t.Errorf("an event for a full queue: %v, want ErrBusy", err)
	}
	equal(l, "counted", l.s.Stats().Refused, 1)
	if l.s.Stats().Stalled <= 0 {
		t.Error("the stall is not seen")
	}
	impatient, cancel := context.WithCancel(l.ctx)
	done := make(chan error, 1)
	go func() { done <- l.s.SetMeta(impatient, "a", "b") }() // waits, as it is not from outside
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("a caller that gave up waiting: %v", err)
	}
	g.open()
	for range queue {
		l.must(<-answers)
	}
	for range cap(held) {
		l.must(<-held)
	}
	list, err := l.s.Events(l.ctx, store.EventFilter{Object: "refused"})
	l.must(err)
	equal(l, "stored of what was refused", len(list), 0)
	equal(l, "stored", len(l.claimed(2*queue)), queue+cap(held))
}

func closeCarriesOut(t *testing.T, open Opener) {
	g := newGate("before-ingest")
	l := newLedger(t, open(t, store.Config{Fail: g.fail}))
	held := g.holdAll(l)
	const n = 50
	answers := make(chan error, n)
	for i := range n {
		go func() {
			answers <- l.s.SetMeta(l.ctx, fmt.Sprintf("key %d", i), "value")
		}()
	}
	l.waitFor(n)
	closed := make(chan error, 1)
	go func() { closed <- l.s.Close() }()
	for l.s.Ready(l.ctx) == nil { // Close has begun once this fails
	}
	if err := l.s.SetMeta(l.ctx, "late", "value"); !errors.Is(err, store.ErrClosed) {
		t.Errorf("a write after Close had begun: %v, want ErrClosed", err)
	}
	g.open()
	for range n {
		l.must(<-answers)
	}
	for range cap(held) {
		l.must(<-held)
	}
	l.must(<-closed)
}

// A caller that goes away after its write was accepted learns its fate all the same.
func callerGoesAway(t *testing.T, open Opener) {
	g := newGate("before-intent")
	l := newLedger(t, open(t, store.Config{Fail: g.fail}))
	l.ingest(l.event("booking/1"))
	d := l.take()
	g.armed.Store(true)
	ctx, cancel := context.WithCancel(l.ctx)
	answer := make(chan error, 1)
	go func() {
		step, call := l.step(1)
		answer <- l.s.Intend(ctx, store.Intent{Lease: leaseOf(d), Until: l.now.Add(time.Minute), ConnectionID: d.ConnectionID, Object: d.Object, Step: step, Calls: []tengi.Call{call}})
	}()
	<-g.reached
	cancel()
	g.open()
	l.must(<-answer)
	calls, err := l.s.Calls(l.ctx, d.ID)
	l.must(err)
	equal(l, "stored", len(calls), 1)
}
