package storetest

import (
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/schedule"
	"github.com/tengi/tengi/store"
)

var chainTests = map[string]func(*ledger){
	"RunChain":              runChain,
	"RunChainOnlyWhenClean": chainOnlyClean,
	"RunChainIsInOneCommit": chainOnce,
	"RunCycleIsRefused":     cycleRefused,
	"RunUpstream":           readUpstream,
}

// chained saves the second connection to run after the first.
func (l *ledger) chained(only schedule.Outcome) {
	l.Helper()
	l.must(l.s.SaveConnection(l.ctx, tengi.Connection{ID: second, WorkspaceID: workspace, Key: second, Name: second, Enabled: true,
		Schedule: schedule.Schedule{After: first, Only: only}}, l.now))
}

// started are the runs of the second connection, by what started them.
func (l *ledger) started() (upstream []int64) {
	l.Helper()
	runs, err := l.s.Runs(l.ctx, second, 100)
	l.must(err)
	for _, r := range runs {
		if r.Kind != store.After {
			l.Errorf("a run of kind %s", r.Kind)
		}
		upstream = append(upstream, r.Upstream)
	}
	return upstream
}

func runChain(l *ledger) {
	l.chained(schedule.Any)
	ids, err := l.s.Dependents(l.ctx, first)
	l.must(err)
	equal(l, "dependents", ids, []string{second})
	one := l.ask(store.Once)
	equal(l, "before it ended", l.started(), nil)
	l.finishRun(one, "the service did not answer")
	equal(l, "after it", l.started(), []int64{one})
	look := l.ask(store.Preview)
	l.finishRun(look, "")
	equal(l, "after a preview", l.started(), []int64{one})
	back := l.ask(store.Backfill)
	l.finishRun(back, "")
	equal(l, "after a backfill", l.started(), []int64{back, one})
}

func chainOnlyClean(l *ledger) {
	l.chained(schedule.OK)
	failed := l.ask(store.Once)
	l.finishRun(failed, "the service did not answer")
	held := l.ask(store.Once)
	lease, _ := l.beginRun(held)
	l.find(lease, 1)
	l.must(l.s.Finish(l.ctx, l.outcome(l.claim(1).Deliveries[0], store.Held)))
	l.must(l.s.SettleRun(l.ctx, lease, "", l.now))
	_, err := l.s.EndRun(l.ctx, held, l.now)
	l.must(err)
	equal(l, "after two that did not go well", l.started(), nil)
	clean := l.ask(store.Once)
	l.finishRun(clean, "")
	equal(l, "after one that did", l.started(), []int64{clean})
}

func chainOnce(l *ledger) {
	l.chained(schedule.Any)
	id := l.ask(store.Once)
	lease, _ := l.beginRun(id)
	l.must(l.s.SettleRun(l.ctx, lease, "", l.now))
	var ended atomic.Int64
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			ok, err := l.s.EndRun(l.ctx, id, l.now)
			if err != nil {
				l.Error(err)
			}
			if ok {
				ended.Add(1)
			}
		})
	}
	group.Wait()
	equal(l, "ended by", ended.Load(), 1)
	equal(l, "started", l.started(), []int64{id})
}

func cycleRefused(l *ledger) {
	l.chained(schedule.Any)
	err := l.s.SaveConnection(l.ctx, tengi.Connection{ID: first, WorkspaceID: workspace, Key: first, Name: first, Enabled: true, Schedule: schedule.Schedule{After: second}}, l.now)
	ring, ok := errors.AsType[*store.CycleError](err)
	if !ok {
		l.Fatalf("a ring was saved: %v", err)
	}
	equal(l, "the ring", ring.Keys, []string{first, second, first})
	err = l.s.SaveConnection(l.ctx, tengi.Connection{ID: "c3", WorkspaceID: workspace, Key: "c3", Schedule: schedule.Schedule{After: "c3"}}, l.now)
	if _, ok := errors.AsType[*store.CycleError](err); !ok {
		l.Errorf("one after itself was saved: %v", err)
	}
	err = l.s.SaveConnection(l.ctx, tengi.Connection{ID: "c3", WorkspaceID: workspace, Key: "c3", Schedule: schedule.Schedule{After: "none"}}, l.now)
	if !errors.Is(err, store.ErrNotFound) {
		l.Errorf("one after nothing was saved: %v", err)
	}
	if l.s.SaveConnection(l.ctx, tengi.Connection{ID: "c3", WorkspaceID: workspace, Key: "c3", Schedule: schedule.Schedule{Every: 7 * time.Second}}, l.now) == nil {
		l.Error("an interval that is none was saved")
	}
}

func readUpstream(l *ledger) {
	l.ingest(l.event("row/1"))
	up, err := l.s.Upstream(l.ctx, first, 0, "row/1")
	l.must(err)
	equal(l, "working", up, store.Upstream{Working: true})
	d := l.claim(1).Deliveries[0]
	up, err = l.s.Upstream(l.ctx, first, 0, "row/1")
	l.must(err)
	equal(l, "at work", up.Working, true)
	l.must(l.s.Finish(l.ctx, l.outcome(d, store.Held)))
	up, err = l.s.Upstream(l.ctx, first, 0, "row/1")
	l.must(err)
	equal(l, "held", up, store.Upstream{Waits: store.Held})
	up, err = l.s.Upstream(l.ctx, first, 0, "row/2")
	l.must(err)
	equal(l, "another", up, store.Upstream{})
}
