package storetest

import (
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/store"
)

var scheduleTests = map[string]func(*ledger){
	"ScheduleIsFiredByOne":       firedByOne,
	"ScheduleOfAPausedDoesNot":   pausedIsNotDue,
	"ScheduleRunsAreListed":      listRuns,
	"ScheduleCursorOfNoSchedule": noCursor,
}

func firedByOne(l *ledger) {
	due, err := l.s.DueSchedules(l.ctx, l.now)
	l.must(err)
	equal(l, "due at once", due, []store.Due{{ConnectionID: due[0].ConnectionID, PlannedAt: l.now}, {ConnectionID: due[1].ConnectionID, PlannedAt: l.now}})
	for round := range 3 {
		var won atomic.Int64
		var group sync.WaitGroup
		for range 16 {
			group.Go(func() {
				run, ok, err := l.s.Fire(l.ctx, store.Due{ConnectionID: first, PlannedAt: l.now}, l.now.Add(time.Hour), l.now)
				if err != nil {
					l.Error(err)
				}
				if ok && run != 0 {
					won.Add(1)
				}
			})
		}
		group.Wait()
		if won.Load() != 1 {
			l.Errorf("round %d: fired by %d, want by one", round, won.Load())
		}
		l.now = l.now.Add(time.Hour)
	}
	due, err = l.s.DueSchedules(l.ctx, l.now.Add(-time.Millisecond))
	l.must(err)
	equal(l, "not due yet", len(due), 1) // the second connection's only
	due, err = l.s.DueSchedules(l.ctx, l.now)
	l.must(err)
	equal(l, "due", due, []store.Due{{ConnectionID: second, PlannedAt: epoch}, {ConnectionID: first, PlannedAt: l.now}})
}

func pausedIsNotDue(l *ledger) {
	for _, id := range []string{first, second} {
		l.must(l.s.SaveConnection(l.ctx, tengi.Connection{ID: id, WorkspaceID: workspace, Key: id, Name: id}, l.now.Add(time.Hour)))
	}
	due, err := l.s.DueSchedules(l.ctx, l.now.Add(24*time.Hour))
	l.must(err)
	equal(l, "due", len(due), 0)
}

func listRuns(l *ledger) {
	var want []store.Run
	for i := range 3 {
		planned := l.now
		run, ok, err := l.s.Fire(l.ctx, store.Due{ConnectionID: first, PlannedAt: planned}, planned.Add(time.Hour), planned.Add(time.Second))
		l.must(err)
		equal(l, "fired", ok, true)
		problem := []string{"", "the service did not answer", "odd \x00 \xff"}[i]
		l.must(l.s.EndRun(l.ctx, run, problem, planned.Add(time.Minute)))
		if i == 2 {
			problem = "odd \uFFFD \uFFFD"
		}
		want = append([]store.Run{{ID: run, ConnectionID: first, PlannedAt: planned, StartedAt: planned.Add(time.Second), EndedAt: planned.Add(time.Minute), Problem: problem}}, want...)
		l.now = l.now.Add(time.Hour)
	}
	got, err := l.s.Runs(l.ctx, first, 10)
	l.must(err)
	equal(l, "runs", got, want)
	got, err = l.s.Runs(l.ctx, first, 2)
	l.must(err)
	equal(l, "the last two", got, want[:2])
}

func noCursor(l *ledger) {
	cursor, err := l.s.Cursor(l.ctx, "none")
	l.must(err)
	equal(l, "cursor", cursor, "")
}

var configTests = map[string]func(*ledger){
	"ConfigIsReadAsItWasSaved":   configIsKept,
	"ConfigAccountStateOnce":     accountStateOnce,
	"ConfigKeysAreUnique":        keysAreUnique,
	"ConfigNamesTheInstallation": installation,
}

func configIsKept(l *ledger) {
	w := tengi.Workspace{ID: "w2", Key: "salon", Name: "Salon", Country: "PL", Currency: "PLN", TimeZone: "Europe/Warsaw", Language: "pl"}
	l.must(l.s.SaveWorkspace(l.ctx, w, l.now))
	w.Name = "Salon Anna"
	l.must(l.s.SaveWorkspace(l.ctx, w, l.now))
	a := store.AccountRow{Account: tengi.Account{ID: "a2", WorkspaceID: "w2", Key: "imoje", Name: "imoje", Connector: "imoje", Settings: map[string]any{"shop": "7"}, State: tengi.AccountActive},
		Sealed: []byte{0, 255}, HookHash: []byte{1}}
	l.must(l.s.SaveAccount(l.ctx, a, l.now))
	a.Name, a.State, a.Reason, a.Settings = "imoje 2", tengi.AccountAttention, "login refused", map[string]any{"shop": "8"}
	l.must(l.s.SaveAccount(l.ctx, a, l.now))
	c := tengi.Connection{ID: "c9", WorkspaceID: "w2", Key: "salon", Name: "Salon → imoje", Enabled: true, Source: tengi.Source{AccountID: "a2", Trigger: "paid", Options: map[string]any{"x": "y"}, Filter: "a > 1"},
		Steps: []tengi.Step{{Key: "one", AccountID: "a2", Action: "pay", When: "true", Fields: map[string]any{"amount": "{{ a }}"}}}, OnCancel: tengi.Undo, OnChange: tengi.Hold, Every: time.Minute}
	l.must(l.s.SaveConnection(l.ctx, c, l.now))
	c.Enabled = false
	l.must(l.s.SaveConnection(l.ctx, c, l.now))
	got, err := l.s.Configuration(l.ctx)
	l.must(err)
	equal(l, "workspaces", len(got.Workspaces), 2)
	equal(l, "workspace", got.Workspaces[1], w)
	equal(l, "accounts", len(got.Accounts), 4)
	equal(l, "account", got.Accounts[3], a)
	equal(l, "connections", len(got.Connections), 3)
	equal(l, "connection", got.Connections[2], c)
}

func accountStateOnce(l *ledger) {
	var moved atomic.Int64
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			ok, err := l.s.SetAccountState(l.ctx, books, tengi.AccountActive, tengi.AccountAttention, "login refused", l.now)
			if err != nil {
				l.Error(err)
			}
			if ok {
				moved.Add(1)
			}
		})
	}
	group.Wait()
	equal(l, "moved", moved.Load(), 1)
	got, err := l.s.Configuration(l.ctx)
	l.must(err)
	equal(l, "state", got.Accounts[0].State, tengi.AccountAttention)
	equal(l, "reason", got.Accounts[0].Reason, "login refused")
}

func keysAreUnique(l *ledger) {
	if err := l.s.SaveAccount(l.ctx, store.AccountRow{Account: tengi.Account{ID: "a9", WorkspaceID: workspace, Key: books}}, l.now); err == nil {
		l.Error("two accounts with one key")
	}
	if err := l.s.SaveConnection(l.ctx, tengi.Connection{ID: "c9", WorkspaceID: "no such", Key: "x"}, l.now); err == nil {
		l.Error("a connection of no workspace")
	}
}

func installation(l *ledger) {
	if len(l.s.InstallID()) != 16 {
		l.Errorf("the installation is called %q", l.s.InstallID())
	}
	value, err := l.s.Meta(l.ctx, "nothing")
	l.must(err)
	equal(l, "nothing", value, "")
	for _, v := range []string{"a", "b"} {
		l.must(l.s.SetMeta(l.ctx, "key", v))
		value, err = l.s.Meta(l.ctx, "key")
		l.must(err)
		equal(l, "value", value, v)
	}
	if err := l.s.Ready(l.ctx); err != nil {
		l.Error(err)
	}
	if !errors.Is(l.s.RefreshDocument(l.ctx, tengi.Document{ID: 1}), store.ErrNotFound) {
		l.Error("a change of nothing passed")
	}
}
