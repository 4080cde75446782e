package engine

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/internal/pgtest"
	"github.com/tengi/tengi/internal/shop"
	"github.com/tengi/tengi/schedule"
	"github.com/tengi/tengi/store"
)

// ticker is a source that has one new order whenever it is asked where it was asked before; the cursor counts them. paused is asked in its place when
// it is set, and not before it is let go.
type ticker struct {
	mu     sync.Mutex
	paused chan struct{}
	inside chan struct{}
}

func (s *ticker) poll(ctx context.Context, _ *connector.Client, at connector.Cursor) (connector.Polled, error) {
	s.mu.Lock()
	paused := s.paused
	s.paused = nil
	s.mu.Unlock()
	if paused != nil {
		close(s.inside)
		<-paused
	}
	n := len(at) + 1
	o := order(fmt.Sprintf("T%d", n))
	return connector.Polled{Events: []tengi.Event{{Type: "order.changed", Object: "order/" + o.ID, Dedupe: o.ID, Sale: o.Sale()}}, Cursor: at + "."}, ctx.Err()
}

// pause has the next that asks wait until it is let go; inside is closed when it does.
func (s *ticker) pause() (inside, letGo chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.paused, s.inside = make(chan struct{}), make(chan struct{})
	return s.inside, s.paused
}

// Three nodes on one PostgreSQL, of which some die while they read and some are paused until others have taken over: every planned time of two hours
// is fired once, every run comes to its end, and whoever comes back from a pause moves nothing back.
func TestThreeNodesFireEveryPlannedTimeOnce(t *testing.T) {
	t.Parallel()
	source := &ticker{}
	var at []schedule.TimeOfDay
	for m := schedule.TimeOfDay(0); m < 24*60; m += 10 {
		at = append(at, m)
	}
	b := setupWith(t, "key", func(b *bench) { b.database, b.source.Triggers[0].Poll = pgtest.Start(t), source.poll },
		shop.Connection(func(c *tengi.Connection) { c.Schedule.At = at }))
	nodes := []*Engine{b.engine}
	for _, name := range []string{"second", "third"} {
		e, err := b.start(name)
		must(t, err)
		nodes = append(nodes, e)
	}
	each := func(do func(*Engine) error) {
		t.Helper()
		errs := make([]error, len(nodes))
		var group sync.WaitGroup
		for i, e := range nodes {
			group.Go(func() { errs[i] = do(e) })
		}
		group.Wait()
		must(t, errors.Join(errs...))
	}
	const slots = 12
	begin := b.clock.Now()
	begun, died, paused, asleep := 0, 0, 0, func() {}
	for minute := range slots * 10 {
		b.clock.set(begin.Add(time.Duration(minute+1) * time.Minute))
		each(func(e *Engine) error { return e.fireDue(t.Context()) })
		open, err := b.store.OpenRuns(t.Context())
		must(t, err)
		for _, r := range open {
			node := nodes[rand.IntN(len(nodes))]
			if r.State == store.RunWaiting {
				begun++
			}
			switch kind := begun % 3; {
			case r.State != store.RunWaiting || kind == 0:
				each(func(e *Engine) error { return e.workRun(t.Context(), nil, r.ID) })
			case kind == 1: // killed in the middle of a page
				dead, cancel := context.WithCancel(t.Context())
				_, lease, ok, err := node.takeRun(t.Context(), r.ID)
				must(t, err)
				cancel()
				pipe, _ := node.Pipe(r.ConnectionID)
				if err := node.pollPages(dead, nil, pipe, &store.Run{ID: r.ID, ConnectionID: r.ConnectionID, Lease: lease.Token}); err == nil || !ok {
					t.Fatal("it did not die")
				}
				died++
			default: // stopped in the middle of a page, until somebody else has ended the run
				inside, letGo := source.pause()
				woken := make(chan error, 1)
				go func() { woken <- node.workRun(t.Context(), nil, r.ID) }()
				<-inside
				asleep()
				asleep = sync.OnceFunc(func() { close(letGo); must(t, <-woken) })
				paused++
			}
		}
		each(func(e *Engine) error { b.settleRunsOf(e); return nil })
		if minute%10 == 9 {
			asleep()
		}
	}
	asleep()
	b.clock.set(b.clock.Now().Add(b.engine.lease + time.Second))
	b.workRuns()
	b.settle()
	b.settleRuns()
	var planned, want []string
	runs, err := b.store.Runs(t.Context(), "con_1", 1000)
	must(t, err)
	for i := range runs {
		r := runs[len(runs)-1-i]
		planned = append(planned, fmt.Sprint(r.PlannedAt.Format("15:04"), " ", r.Kind, " ", r.State, " ", r.Problem))
		want = append(want, fmt.Sprint(begin.Add(time.Duration(i+1)*10*time.Minute).Format("15:04"), " schedule ended "))
	}
	if diff := cmp.Diff(want, planned); diff != "" || len(runs) != slots || died < slots/4 || paused < slots/4 {
		t.Errorf("%d runs, %d died, %d paused (-want +got):\n%s", len(runs), died, paused, diff)
	}
	pipe, _ := b.engine.Pipe("con_1")
	cursor, err := b.store.Cursor(t.Context(), "con_1", pipe.place())
	must(t, err)
	if len(cursor) != slots || b.books.Count("issued") != slots {
		t.Errorf("the cursor is at %d and %d invoices were made, want %d of both", len(cursor), b.books.Count("issued"), slots)
	}
}

// settleRunsOf ends what has settled, as one node does beside others.
func (b *bench) settleRunsOf(e *Engine) {
	b.t.Helper()
	open, err := e.store.OpenRuns(b.t.Context())
	if err != nil {
		b.t.Error(err)
	}
	for _, r := range open {
		if r.State == store.RunSettling {
			if err := e.settle(b.t.Context(), &r); err != nil {
				b.t.Error(err)
			}
		}
	}
}
