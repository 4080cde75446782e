package storetest

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/schedule"
	"github.com/tengi/tengi/store"
)

var scheduleTests = map[string]func(*ledger){
	"ScheduleIsFiredByOne":         firedByOne,
	"ScheduleOfAPausedDoesNot":     pausedIsNotDue,
	"ScheduleGivenLater":           scheduleGivenLater,
	"ScheduleChanged":              scheduleChanged,
	"ScheduleChangedIsFiredOnce":   changedIsFiredOnce,
	"ScheduleUnchangedKeepsMoment": unchangedKeepsMoment,
	"ScheduleHastened":             hastened,
	"ScheduleRunsAreListed":        listRuns,
}

func firedByOne(l *ledger) {
	due, err := l.s.DueSchedules(l.ctx, l.now)
	l.must(err)
	equal(l, "due at once", dues(due), dues([]store.Due{hourly(due[0].ConnectionID, l.now), hourly(due[1].ConnectionID, l.now)}))
	for round := range 3 {
		var won atomic.Int64
		var group sync.WaitGroup
		for range 16 {
			group.Go(func() {
				run, ok, err := l.s.Fire(l.ctx, hourly(first, l.now), l.now.Add(time.Hour), l.now)
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
		l.finishRuns()
		l.now = l.now.Add(time.Hour)
	}
	due, err = l.s.DueSchedules(l.ctx, l.now.Add(-time.Millisecond))
	l.must(err)
	equal(l, "not due yet", len(due), 1) // the second connection's only
	due, err = l.s.DueSchedules(l.ctx, l.now)
	l.must(err)
	equal(l, "due", dues(due), dues([]store.Due{hourly(second, epoch), hourly(first, l.now)}))
}

// hourly is what is due of an hourly schedule that was planned once.
func hourly(connection string, at time.Time) store.Due {
	return store.Due{ConnectionID: connection, PlannedAt: at, Plan: 1, Schedule: schedule.Schedule{Every: time.Hour}}
}

// dues says what is due in words; the number of the plan is not among them.
func dues(list []store.Due) (words []string) {
	for _, d := range list {
		words = append(words, fmt.Sprint(d.ConnectionID, " ", d.Schedule, " planned for ", d.PlannedAt))
	}
	return words
}

// finishRuns works off the runs there are, which find nothing.
func (l *ledger) finishRuns() {
	l.Helper()
	open, err := l.s.OpenRuns(l.ctx)
	l.must(err)
	for _, r := range open {
		l.finishRun(r.ID, "")
	}
}

// finishRun has a run begin and come to its end.
func (l *ledger) finishRun(id int64, problem string) {
	l.Helper()
	lease := store.RunLease{RunID: id, Token: l.token()}
	_, ok, err := l.s.BeginRun(l.ctx, lease, node, l.now, l.now.Add(time.Minute))
	l.must(err)
	equal(l, "begun", ok, true)
	l.must(l.s.SettleRun(l.ctx, lease, problem, l.now))
	ok, err = l.s.EndRun(l.ctx, id, l.now)
	l.must(err)
	equal(l, "ended", ok, true)
}

func pausedIsNotDue(l *ledger) {
	for _, id := range []string{first, second} {
		l.must(l.s.SaveConnection(l.ctx, tengi.Connection{ID: id, WorkspaceID: workspace, Key: id, Name: id, Schedule: schedule.Schedule{Every: time.Hour}}, l.now.Add(time.Hour)))
	}
	due, err := l.s.DueSchedules(l.ctx, l.now.Add(24*time.Hour))
	l.must(err)
	equal(l, "due", len(due), 0)
}

// scheduled saves the first connection with a schedule; 0 is none.
func (l *ledger) scheduled(every time.Duration) {
	l.Helper()
	l.must(l.s.SaveConnection(l.ctx, tengi.Connection{ID: first, WorkspaceID: workspace, Key: first, Name: first, Enabled: true, Schedule: schedule.Schedule{Every: every}}, l.now))
}

// plan is what is due of the first connection by a moment.
func (l *ledger) plan(by time.Time) []store.Due {
	l.Helper()
	all, err := l.s.DueSchedules(l.ctx, by)
	l.must(err)
	var due []store.Due
	for _, d := range all {
		if d.ConnectionID == first {
			due = append(due, d)
		}
	}
	return due
}

// fire fires what is planned for the first connection now and plans the next an interval later.
func (l *ledger) fire() store.Due {
	l.Helper()
	due := l.plan(l.now)
	if len(due) != 1 {
		l.Fatalf("%d schedules are due, want 1", len(due))
	}
	_, ok, err := l.s.Fire(l.ctx, due[0], l.now.Add(due[0].Schedule.Every), l.now)
	l.must(err)
	equal(l, "fired", ok, true)
	l.finishRuns()
	return due[0]
}

func scheduleGivenLater(l *ledger) {
	l.scheduled(0)
	equal(l, "without a schedule", l.plan(l.now.Add(200*365*24*time.Hour)), nil)
	l.now = l.now.Add(time.Minute)
	l.scheduled(15 * time.Minute)
	equal(l, "with one", dues(l.plan(l.now)), dues([]store.Due{{ConnectionID: first, PlannedAt: l.now, Schedule: schedule.Schedule{Every: 15 * time.Minute}}}))
	l.fire()
	l.now = l.now.Add(time.Minute)
	l.scheduled(0)
	equal(l, "without one again", l.plan(l.now.Add(200*365*24*time.Hour)), nil)
}

func scheduleChanged(l *ledger) {
	for _, c := range []struct {
		was, is, after, want time.Duration // from the last run
	}{
		{time.Hour, 15 * time.Minute, 5 * time.Minute, 15 * time.Minute},
		{time.Hour, 15 * time.Minute, 20 * time.Minute, 20 * time.Minute}, // at once: the quarter of an hour is over
		{15 * time.Minute, time.Hour, 5 * time.Minute, time.Hour},
		{15 * time.Minute, time.Hour, 20 * time.Minute, 20 * time.Minute}, // it was due already
	} {
		l.now = l.now.Add(1000 * time.Hour)
		l.scheduled(0)
		l.scheduled(c.was)
		l.fire()
		ran := l.now
		l.now = ran.Add(c.after)
		l.scheduled(c.is)
		want := store.Due{ConnectionID: first, PlannedAt: ran.Add(c.want), Schedule: schedule.Schedule{Every: c.is}}
		equal(l, "too early", l.plan(want.PlannedAt.Add(-time.Millisecond)), nil)
		equal(l, "due", dues(l.plan(want.PlannedAt)), dues([]store.Due{want}))
	}
}

// Who saw a schedule due before it was changed does not fire it, and nothing is fired for both: a plan that was made with the old interval would
// hide the new one.
func changedIsFiredOnce(l *ledger) {
	for _, every := range []time.Duration{0, time.Minute, 24 * time.Hour} {
		l.scheduled(time.Hour)
		seen := l.plan(l.now)
		l.scheduled(every) // in the same millisecond
		_, ok, err := l.s.Fire(l.ctx, seen[0], l.now.Add(time.Hour), l.now)
		l.must(err)
		equal(l, "the old one fired", ok, false)
		l.now = l.now.Add(time.Second)
		if every > 0 {
			equal(l, "the new one", l.fire().Schedule.Every, every)
		}
		equal(l, "more", l.plan(l.now), nil)
		runs, err := l.s.Runs(l.ctx, first, 10)
		l.must(err)
		equal(l, "runs", len(runs), map[time.Duration]int{0: 0, time.Minute: 1, 24 * time.Hour: 2}[every])
		l.now = l.now.Add(100 * time.Hour)
		l.scheduled(0)
	}
}

func unchangedKeepsMoment(l *ledger) {
	planned := l.fire().PlannedAt.Add(time.Hour)
	for range 5 {
		l.now = l.now.Add(10 * time.Minute)
		l.scheduled(time.Hour)
	}
	equal(l, "too early", l.plan(planned.Add(-time.Millisecond)), nil)
	equal(l, "due", dues(l.plan(planned)), dues([]store.Due{{ConnectionID: first, PlannedAt: planned, Schedule: schedule.Schedule{Every: time.Hour}}}))
	l.now = planned.Add(time.Minute)
	l.scheduled(time.Hour)
	equal(l, "due and unchanged", dues(l.plan(l.now)), dues([]store.Due{{ConnectionID: first, PlannedAt: planned, Schedule: schedule.Schedule{Every: time.Hour}}}))
}

func listRuns(l *ledger) {
	var want []store.Run
	for i := range 3 {
		planned := l.now
		run, ok, err := l.s.Fire(l.ctx, hourly(first, planned), planned.Add(time.Hour), planned)
		l.must(err)
		equal(l, "fired", ok, true)
		problem := []string{"", "the service did not answer", "odd \x00 \xff"}[i]
		l.now = planned.Add(time.Minute)
		l.finishRun(run, problem)
		if i == 2 {
			problem = "odd \uFFFD \uFFFD"
		}
		want = append([]store.Run{{ID: run, ConnectionID: first, Kind: store.Scheduled, State: store.RunEnded, PlannedAt: planned, StartedAt: l.now, EndedAt: l.now, Node: node,
			Problem: problem}}, want...)
		l.now = planned.Add(time.Hour)
	}
	got, err := l.s.Runs(l.ctx, first, 10)
	l.must(err)
	equal(l, "runs", got, want)
	got, err = l.s.Runs(l.ctx, first, 2)
	l.must(err)
	equal(l, "the last two", got, want[:2])
}

var configTests = map[string]func(*ledger){
	"ConfigIsReadAsItWasSaved":    configIsKept,
	"ConfigAccountWithoutWebhook": accountWithoutWebhook,
	"ConfigAccountStateOnce":      accountStateOnce,
	"ConfigAccountIsDeleted":      deletedAccount,
	"ConfigKeysAreUnique":         keysAreUnique,
	"ConfigNamesTheInstallation":  installation,
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
		Steps: []tengi.Step{{Key: "one", AccountID: "a2", Action: "pay", When: "true", Fields: map[string]any{"amount": "{{ a }}"}}}, OnCancel: tengi.Undo, OnChange: tengi.Hold, Schedule: schedule.Schedule{Every: time.Minute}}
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

// An account whose service sends no notices has no webhook token, and one that asks for no secrets has none: neither is anything to store.
func accountWithoutWebhook(l *ledger) {
	for _, none := range [][]byte{nil, {}} {
		a := store.AccountRow{Account: tengi.Account{ID: "a5", WorkspaceID: workspace, Key: "plain", Connector: "http", State: tengi.AccountActive}, Sealed: none, HookHash: none}
		l.must(l.s.SaveAccount(l.ctx, a, l.now))
		got, err := l.s.Configuration(l.ctx)
		l.must(err)
		row := got.Accounts[slices.IndexFunc(got.Accounts, func(row store.AccountRow) bool { return row.ID == "a5" })]
		if row.Sealed != nil || row.HookHash != nil {
			l.Errorf("saved with %v: %v and %v were read back", none, row.Sealed, row.HookHash)
		}
		equal(l, "accounts", len(got.Accounts), 4)
	}
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
}

// A hint brings a run forward, and nothing else: not one that is due sooner, not one that never comes.
func hastened(l *ledger) {
	due, err := l.s.DueSchedules(l.ctx, l.now)
	l.must(err)
	for _, d := range due {
		_, _, err := l.s.Fire(l.ctx, d, l.now.Add(time.Hour), l.now)
		l.must(err)
	}
	l.finishRuns()
	soon := l.now.Add(time.Minute)
	l.must(l.s.Hasten(l.ctx, first, soon))
	l.must(l.s.Hasten(l.ctx, first, soon.Add(time.Minute)))
	l.must(l.s.Hasten(l.ctx, "no such connection", soon))
	due, err = l.s.DueSchedules(l.ctx, soon)
	l.must(err)
	equal(l, "hastened", dues(due), dues([]store.Due{hourly(first, soon)}))
	_, ok, err := l.s.Fire(l.ctx, due[0], soon.Add(time.Hour), soon)
	l.must(err)
	equal(l, "fired", ok, true)
	l.must(l.s.SaveConnection(l.ctx, tengi.Connection{ID: second, WorkspaceID: workspace, Key: second, Name: second, Enabled: true}, soon))
	l.must(l.s.Hasten(l.ctx, second, soon))
	due, err = l.s.DueSchedules(l.ctx, soon.Add(time.Minute))
	l.must(err)
	equal(l, "without a schedule", due, []store.Due(nil))
}
