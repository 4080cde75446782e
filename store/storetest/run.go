package storetest

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/schedule"
	"github.com/tengi/tengi/store"
)

var runTests = map[string]func(*ledger){
	"RunTimesOfDay":             timesOfDay,
	"RunSwitchedOnAgain":        switchedOnAgain,
	"RunZoneOfTheWorkspace":     workspaceMoves,
	"RunsOfALaneDoNotOverlap":   runsDoNotOverlap,
	"RunOfADeadNode":            deadNodesRun,
	"RunThatLostItsLease":       runLost,
	"RunThatPaused":             runPaused,
	"RunOnceIsOne":              onceIsOne,
	"RunCountsWhatBecameOfIt":   runCounts,
	"RunSettles":                runSettles,
	"RunCancelled":              runCancelled,
	"RunBackfillCancelled":      backfillCancelled,
	"RunOfANodeThatIsRestarted": nodeRestarted,
}

// daily saves the first connection with times of day.
func (l *ledger) daily(enabled bool, at ...schedule.TimeOfDay) {
	l.Helper()
	l.must(l.s.SaveConnection(l.ctx, tengi.Connection{ID: first, WorkspaceID: workspace, Key: first, Name: first, Enabled: enabled, Source: tengi.Source{AccountID: shop},
		Schedule: schedule.Schedule{At: at}}, l.now))
}

// nextRun is when the first connection runs next.
func (l *ledger) nextRun() time.Time {
	l.Helper()
	at, err := l.s.NextRun(l.ctx, first)
	l.must(err)
	return at
}

func timesOfDay(l *ledger) { // it is 09:00 in Reykjavík
	l.daily(true, 9*60+4)
	equal(l, "nearer than five minutes", l.nextRun(), epoch.Add(24*time.Hour+4*time.Minute))
	l.daily(true, 9*60+5, 17*60)
	equal(l, "five minutes", l.nextRun(), epoch.Add(5*time.Minute))
	l.now = epoch.Add(9 * time.Hour) // missed both
	due := l.plan(l.now)
	equal(l, "missed", dues(due), dues([]store.Due{{ConnectionID: first, PlannedAt: epoch.Add(5 * time.Minute), Schedule: schedule.Schedule{At: []schedule.TimeOfDay{9*60 + 5, 17 * 60}}}}))
	_, ok, err := l.s.Fire(l.ctx, due[0], due[0].Schedule.Next(due[0].PlannedAt, l.now, due[0].Zone), l.now)
	l.must(err)
	equal(l, "fired", ok, true)
	equal(l, "both became one", l.nextRun(), epoch.Add(24*time.Hour+5*time.Minute))
	l.daily(true)
	equal(l, "none", l.nextRun(), time.Time{})
}

func switchedOnAgain(l *ledger) {
	l.daily(true, 10*60)
	l.daily(false, 10*60)
	l.now = epoch.Add(3 * 24 * time.Hour)
	l.daily(true, 10*60)
	equal(l, "what was off was not missed", l.nextRun(), l.now.Add(time.Hour))
	l.daily(false, 10*60)
	l.daily(true, 10*60)
	equal(l, "off and on", l.nextRun(), l.now.Add(time.Hour))
}

func workspaceMoves(l *ledger) {
	l.daily(true, 12*60)
	before := l.plan(epoch.Add(24 * time.Hour))
	w := tengi.Workspace{ID: workspace, Key: "fjord", Name: "Fjörður Tours", Country: "IL", Currency: "ILS", TimeZone: "Asia/Jerusalem", Language: "he"}
	l.must(l.s.SaveWorkspace(l.ctx, w, l.now))
	equal(l, "noon in Jerusalem", l.nextRun(), epoch.Add(time.Hour))
	_, ok, err := l.s.Fire(l.ctx, before[0], l.now.Add(24*time.Hour), l.now)
	l.must(err)
	equal(l, "the old plan fired", ok, false)
	l.must(l.s.SaveWorkspace(l.ctx, w, l.now.Add(58*time.Minute)))
	equal(l, "saved as it was", l.nextRun(), epoch.Add(time.Hour))
	w.TimeZone = "Nowhere/Land"
	if l.s.SaveWorkspace(l.ctx, w, l.now) == nil {
		l.Error("a zone that does not exist was saved")
	}
}

// ask adds a run of the first connection.
func (l *ledger) ask(kind store.RunKind) int64 {
	l.Helper()
	id, _, err := l.s.AddRun(l.ctx, store.Run{ConnectionID: first, Kind: kind}, l.now)
	l.must(err)
	return id
}

// beginRun takes up a run.
func (l *ledger) beginRun(id int64) (store.RunLease, bool) {
	l.Helper()
	lease := store.RunLease{RunID: id, Token: l.token()}
	_, ok, err := l.s.BeginRun(l.ctx, lease, node, l.now, l.now.Add(time.Minute))
	l.must(err)
	return lease, ok
}

func runsDoNotOverlap(l *ledger) {
	once := l.ask(store.Once)
	lease, ok := l.beginRun(once)
	equal(l, "begun", ok, true)
	equal(l, "due while it runs", l.plan(l.now), nil)
	again := l.ask(store.Once) // the first has begun
	if again == once {
		l.Error("a run that has begun was taken for one that waits")
	}
	_, ok = l.beginRun(again)
	equal(l, "beside it", ok, false)
	_, ok = l.beginRun(l.ask(store.Backfill))
	equal(l, "a backfill beside it", ok, true)
	_, ok = l.beginRun(l.ask(store.Preview))
	equal(l, "a preview beside it", ok, true)
	l.must(l.s.SettleRun(l.ctx, lease, "", l.now))
	var won atomic.Int64
	var group sync.WaitGroup
	for range 8 {
		token := l.token()
		group.Go(func() {
			_, ok, err := l.s.BeginRun(l.ctx, store.RunLease{RunID: again, Token: token}, node, l.now, l.now.Add(time.Minute))
			if err != nil {
				l.Error(err)
			}
			if ok {
				won.Add(1)
			}
		})
	}
	group.Wait()
	equal(l, "begun by", won.Load(), 1)
}

func deadNodesRun(l *ledger) {
	id := l.ask(store.Once)
	dead, _ := l.beginRun(id)
	l.now = l.now.Add(time.Minute)
	_, ok := l.beginRun(id)
	equal(l, "before its lease ended", ok, false)
	kept, _, err := l.s.RenewRun(l.ctx, dead, l.now.Add(time.Minute))
	l.must(err)
	equal(l, "kept", kept, true)
	l.now = l.now.Add(2 * time.Minute)
	alive, ok := l.beginRun(id)
	equal(l, "after it", ok, true)
	kept, _, err = l.s.RenewRun(l.ctx, dead, l.now.Add(time.Minute))
	l.must(err)
	equal(l, "kept by the dead", kept, false)
	if err := l.s.SettleRun(l.ctx, dead, "", l.now); !errors.Is(err, store.ErrLeaseLost) {
		l.Errorf("the dead settled it: %v", err)
	}
	l.must(l.s.SettleRun(l.ctx, alive, "", l.now))
}

// A node that was taken for dead and comes back does not move the cursor back.
func runLost(l *ledger) {
	id := l.ask(store.Once)
	dead, _ := l.beginRun(id)
	l.now = l.now.Add(2 * time.Minute)
	alive, _ := l.beginRun(id)
	for _, c := range []struct {
		lease store.RunLease
		want  error
	}{{alive, nil}, {dead, store.ErrLeaseLost}} {
		_, err := l.s.Ingest(l.ctx, store.Ingest{Events: []store.NewEvent{l.event("row/1")}, Join: true,
			Cursor: &store.Cursor{ConnectionID: first, Place: at(""), Cursor: fmt.Sprint("of ", c.want), RunID: id, Lease: c.lease.Token, Found: 1}})
		if !errors.Is(err, c.want) {
			l.Errorf("%v, want %v", err, c.want)
		}
	}
	cursor, err := l.s.Cursor(l.ctx, first, at(""))
	l.must(err)
	equal(l, "cursor", cursor, "of <nil>")
	run, err := l.s.Run(l.ctx, id)
	l.must(err)
	equal(l, "found", run.RunCounts, store.RunCounts{Found: 1, Fresh: 1, Working: 1})
}

func runPaused(l *ledger) {
	id := l.ask(store.Backfill)
	lease, _ := l.beginRun(id)
	_, err := l.s.Ingest(l.ctx, store.Ingest{Cursor: &store.Cursor{ConnectionID: first, Place: at(""), Cursor: "page 2", RunID: id, Lease: lease.Token, Range: true}})
	l.must(err)
	l.must(l.s.PauseRun(l.ctx, lease, l.now.Add(time.Minute), 3, "the service did not answer"))
	_, ok := l.beginRun(id)
	equal(l, "too early", ok, false)
	l.now = l.now.Add(time.Minute)
	run, ok, err := l.s.BeginRun(l.ctx, store.RunLease{RunID: id, Token: l.token()}, node, l.now, l.now.Add(time.Minute))
	l.must(err)
	if !ok || run.Cursor != "page 2" || run.Tries != 3 || !run.StartedAt.Equal(epoch) {
		l.Errorf("%v %+v", ok, run)
	}
	cursor, err := l.s.Cursor(l.ctx, first, at(""))
	l.must(err)
	equal(l, "the schedule's cursor", cursor, "")
}

func onceIsOne(l *ledger) {
	id := l.ask(store.Once)
	equal(l, "asked again", l.ask(store.Once), id)
	if l.ask(store.Preview) == id {
		l.Error("another kind is the same run")
	}
	_, _, err := l.s.AddRun(l.ctx, store.Run{ConnectionID: "none", Kind: store.Once}, l.now)
	if !errors.Is(err, store.ErrNotFound) {
		l.Errorf("a run of no connection: %v", err)
	}
}

// find has a run find so many new objects.
func (l *ledger) find(lease store.RunLease, n int) {
	l.Helper()
	var events []store.NewEvent
	for range n {
		events = append(events, l.event(fmt.Sprintf("row/%d", l.events.Add(1)), first, second))
	}
	_, err := l.s.Ingest(l.ctx, store.Ingest{Events: events, Join: true, Cursor: &store.Cursor{ConnectionID: first, Place: at(""), RunID: lease.RunID, Lease: lease.Token, Found: n}})
	l.must(err)
}

func runCounts(l *ledger) {
	id := l.ask(store.Once)
	lease, _ := l.beginRun(id)
	l.find(lease, 6)
	for i, d := range l.claim(5).Deliveries {
		next := []store.Next{{State: store.Done}, {State: store.Skipped}, {State: store.Held}, {State: store.Failed}, {State: store.Unknown}}[i]
		l.must(l.s.Finish(l.ctx, l.outcome(d, next.State)))
	}
	run, err := l.s.Run(l.ctx, id)
	l.must(err)
	equal(l, "while it works", run.RunCounts, store.RunCounts{Found: 6, Fresh: 6, Done: 1, Skipped: 1, Held: 2, Failed: 1, Working: 1})
	list, err := l.s.RunDeliveries(l.ctx, id, 0, 0)
	l.must(err)
	equal(l, "its deliveries", len(list), 6)
	l.must(l.s.SettleRun(l.ctx, lease, "", l.now))
	working, err := l.s.RunWorking(l.ctx, id, 0)
	l.must(err)
	equal(l, "still working", working, list[0].ID)
	_, err = l.s.SetAccountState(l.ctx, books, tengi.AccountActive, tengi.AccountAttention, "refused", l.now)
	l.must(err)
	working, err = l.s.RunWorking(l.ctx, id, 0)
	l.must(err)
	equal(l, "working at an account that waits for a person", working, 0)
	ok, err := l.s.EndRun(l.ctx, id, l.now)
	l.must(err)
	equal(l, "ended", ok, true)
	run, err = l.s.Run(l.ctx, id)
	l.must(err)
	equal(l, "when it ended", run.RunCounts, store.RunCounts{Found: 6, Fresh: 6, Done: 1, Skipped: 1, Held: 3, Failed: 1})
}

// A delivery behind another of its object that waits for a person waits for a person too.
func runSettles(l *ledger) {
	ahead := l.event("row/1")
	l.ingest(ahead)
	held := l.claim(1).Deliveries[0]
	id := l.ask(store.Once)
	lease, _ := l.beginRun(id)
	behind := l.event("row/1")
	_, err := l.s.Ingest(l.ctx, store.Ingest{Events: []store.NewEvent{behind}, Join: true, Cursor: &store.Cursor{ConnectionID: first, Place: at(""), RunID: id, Lease: lease.Token, Found: 1}})
	l.must(err)
	working, err := l.s.RunWorking(l.ctx, id, 0)
	l.must(err)
	if working == 0 {
		l.Error("what waits for one at work is not worked")
	}
	out := l.outcome(held, store.Held)
	out.Next.Open = true
	l.must(l.s.Finish(l.ctx, out))
	working, err = l.s.RunWorking(l.ctx, id, 0)
	l.must(err)
	equal(l, "what waits for a person", working, 0)
}

func runCancelled(l *ledger) {
	waits := l.ask(store.Once)
	l.must(l.s.CancelRun(l.ctx, waits, l.now))
	_, ok := l.beginRun(waits)
	equal(l, "begun", ok, false)
	ok, err := l.s.EndRun(l.ctx, waits, l.now)
	l.must(err)
	equal(l, "ended", ok, true)
	if err := l.s.CancelRun(l.ctx, waits, l.now); !errors.Is(err, store.ErrWrongState) {
		l.Errorf("cancelled twice: %v", err)
	}
	reads := l.ask(store.Once)
	lease, _ := l.beginRun(reads)
	l.find(lease, 1)
	l.must(l.s.CancelRun(l.ctx, reads, l.now))
	kept, cancelled, err := l.s.RenewRun(l.ctx, lease, l.now.Add(time.Minute))
	l.must(err)
	equal(l, "kept and cancelled", []bool{kept, cancelled}, []bool{true, true})
	equal(l, "what it found goes on", len(l.claim(10).Deliveries), 1)
}

func backfillCancelled(l *ledger) {
	id := l.ask(store.Backfill)
	lease, _ := l.beginRun(id)
	l.find(lease, 3)
	begun := l.claim(1).Deliveries
	l.must(l.s.CancelRun(l.ctx, id, l.now))
	equal(l, "goes on", len(l.claim(10).Deliveries), 0)
	l.find(lease, 1) // its node has not heard yet
	l.must(l.s.SettleRun(l.ctx, lease, "", l.now))
	l.must(l.s.Finish(l.ctx, l.outcome(begun[0], store.Done)))
	run, err := l.s.Run(l.ctx, id)
	l.must(err)
	equal(l, "counts", run.RunCounts, store.RunCounts{Found: 4, Fresh: 4, Done: 1, Held: 3})
}

func nodeRestarted(l *ledger) {
	id := l.ask(store.Once)
	l.beginRun(id)
	l.must(l.s.FreeRuns(l.ctx, "another node", l.now))
	_, ok := l.beginRun(id)
	equal(l, "another's", ok, false)
	l.must(l.s.FreeRuns(l.ctx, node, l.now))
	_, ok = l.beginRun(id)
	equal(l, "its own", ok, true)
}
