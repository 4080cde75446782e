package storetest

import (
	"errors"
	"fmt"
	"time"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/schedule"
	"github.com/tengi/tengi/store"
)

var homeTests = map[string]func(*ledger){
	"HomeCountsWhatStands":      homeCounts,
	"HomePulse":                 homePulse,
	"HomeRhythms":               homeRhythms,
	"ChainOfAnObject":           chainOfObject,
	"InboxByPages":              inboxByPages,
	"InboxPageOfNothing":        inboxOfNothing,
	"DeleteConnection":          deleteConnection,
	"DeleteConnectionThatWaits": deleteWaiting,
	"DeleteConnectionAtWork":    deleteAtWork,
	"DeleteConnectionOthersRun": deleteUpstream,
	"DeleteAccount":             deleteAccount,
}

func homeCounts(l *ledger) {
	none, err := l.s.StandingCounts(l.ctx, workspace)
	l.must(err)
	equal(l, "at first", none, store.StandingCounts{States: map[store.State]int{}})
	l.spread()
	l.stop("booking/clock", store.Next{State: store.Unknown, DueAt: l.now.Add(time.Hour)})
	l.other()
	got, err := l.s.StandingCounts(l.ctx, workspace)
	l.must(err)
	equal(l, "counts", got, store.StandingCounts{Working: 4, Person: 3, States: map[store.State]int{store.Waiting: 1, store.Running: 1, store.Retrying: 1, store.Failed: 1, store.Held: 1, store.Unknown: 2}})
	theirs, err := l.s.StandingCounts(l.ctx, "w2")
	l.must(err)
	equal(l, "theirs", theirs, none)
}

func homePulse(l *ledger) {
	for i, minutes := range []int{0, 30, 60, 61, 62} {
		l.now = epoch.Add(time.Duration(minutes) * time.Minute)
		l.ingest(l.event(fmt.Sprintf("booking/%d", i)))
		d := l.take()
		out := l.outcome(d, store.Done)
		out.Attempt = &store.Attempt{Op: store.Do, Outcome: []string{"done", "permanent", "attention", "temporary", "permanent"}[i], StartedAt: l.now, EndedAt: l.now}
		l.must(l.s.Finish(l.ctx, out))
	}
	l.index()
	pulse, err := l.s.Pulse(l.ctx, workspace, epoch.Add(125*time.Minute), 3)
	l.must(err)
	hour := func(n, deliveries, failures int) store.PulseHour {
		return store.PulseHour{Hour: epoch.Add(time.Duration(n) * time.Hour), Deliveries: deliveries, Failures: failures}
	}
	equal(l, "pulse", pulse, map[string][]store.PulseHour{first: {hour(0, 2, 1), hour(1, 3, 2), hour(2, 0, 0)}, second: {hour(0, 0, 0), hour(1, 0, 0), hour(2, 0, 0)}})
	pulse, err = l.s.Pulse(l.ctx, workspace, epoch.Add(65*time.Minute), 1)
	l.must(err)
	equal(l, "of the last hour", pulse[first], []store.PulseHour{hour(1, 3, 2)})
}

func homeRhythms(l *ledger) {
	id, _, err := l.s.AddRun(l.ctx, store.Run{ConnectionID: first, Kind: store.Once}, l.now)
	l.must(err)
	got, err := l.s.Rhythms(l.ctx, workspace)
	l.must(err)
	equal(l, "connections", len(got), 2)
	equal(l, "last", got[first].Last.ID, id)
	equal(l, "next", got[first].Next, l.now)
	if got[second].Last != nil {
		l.Error("the second has run")
	}
}

func chainOfObject(l *ledger) {
	l.other()
	l.document("c9", "booking/1", tengi.Invoice, crowns(9))
	invoice := l.document(first, "booking/1", tengi.Invoice, crowns(100))
	l.document(first, "booking/2", tengi.Invoice, crowns(1))
	l.now = l.now.Add(time.Hour)
	payment := l.document(second, "booking/1", tengi.PaymentRequest, crowns(100))
	l.now = l.now.Add(time.Hour)
	credit := l.undo(invoice, &tengi.Document{Kind: tengi.CreditNote, ExternalID: "c", StepKey: "invoice"})
	links, err := l.s.Chain(l.ctx, workspace, "booking/1")
	l.must(err)
	var got []int64
	for _, link := range links {
		got = append(got, link.Document.ID)
		equal(l, "of a delivery", link.Delivery.ID, link.Document.DeliveryID)
		equal(l, "of an event", link.Event.ID, link.Delivery.EventID)
		equal(l, "through its connection", link.Delivery.ConnectionID, link.Document.ConnectionID)
	}
	equal(l, "chain", got, []int64{invoice.ID, payment.ID, credit})
	none, err := l.s.Chain(l.ctx, workspace, "booking/9")
	l.must(err)
	equal(l, "of nothing", len(none), 0)
}

func inboxByPages(l *ledger) {
	var want []int64
	for i := range 7 {
		want = append([]int64{l.stop(fmt.Sprintf("booking/%d", i), store.Next{State: store.Failed, Code: "vat", Reason: "no"}).ID}, want...)
		l.stop(fmt.Sprintf("other/%d", i), store.Next{State: store.Failed, Code: "address"})
		l.stop(fmt.Sprintf("third/%d", i), store.Next{State: store.Unknown, Code: "vat", DueAt: l.now.Add(time.Hour)})
	}
	for _, limit := range []int{1, 3, 7, 0} {
		got, q := []int64{}, store.InboxQuery{WorkspaceID: workspace, ConnectionID: first, State: store.Failed, Code: "vat", Limit: limit}
		for range 10 {
			rows, err := l.s.InboxPage(l.ctx, q)
			l.must(err)
			for _, row := range rows {
				got, q.Before = append(got, row.Delivery.ID), row.Delivery.ID
				equal(l, "of its event", row.Event.ID, row.Delivery.EventID)
				equal(l, "reason", row.Delivery.Reason, "no")
				equal(l, "since", row.Delivery.UpdatedAt, l.now)
			}
			if len(rows) == 0 {
				break
			}
		}
		equal(l, fmt.Sprintf("pages of %d", limit), got, want)
	}
}

func inboxOfNothing(l *ledger) {
	l.stop("booking/1", store.Next{State: store.Failed, Code: "vat"})
	for name, q := range map[string]store.InboxQuery{
		"another workspace":  {WorkspaceID: "w2", ConnectionID: first, State: store.Failed, Code: "vat"},
		"another connection": {WorkspaceID: workspace, ConnectionID: second, State: store.Failed, Code: "vat"},
		"another state":      {WorkspaceID: workspace, ConnectionID: first, State: store.Held, Code: "vat"},
		"another code":       {WorkspaceID: workspace, ConnectionID: first, State: store.Failed, Code: "x"},
		"a state of nobody":  {WorkspaceID: workspace, ConnectionID: first, State: "' OR 1=1", Code: "vat"},
	} {
		rows, err := l.s.InboxPage(l.ctx, q)
		l.must(err)
		equal(l, name, len(rows), 0)
	}
}

func deleteConnection(l *ledger) {
	invoice := l.document(first, "booking/1", tengi.Invoice, crowns(1))
	l.must(l.s.SaveDraft(l.ctx, store.Draft{ID: "d1", WorkspaceID: workspace, ConnectionID: first, Data: []byte("{}")}, l.now))
	l.isErr("of another workspace", l.s.DeleteConnection(l.ctx, "w2", first, false, l.now), store.ErrNotFound)
	l.must(l.s.DeleteConnection(l.ctx, workspace, first, false, l.now))
	l.isErr("again", l.s.DeleteConnection(l.ctx, workspace, first, false, l.now), store.ErrNotFound)
	c, err := l.s.Configuration(l.ctx)
	l.must(err)
	equal(l, "connections", len(c.Connections), 1)
	due, err := l.s.DueSchedules(l.ctx, l.now.Add(time.Hour))
	l.must(err)
	equal(l, "due", len(due), 1)
	links, err := l.s.Chain(l.ctx, workspace, "booking/1")
	l.must(err)
	equal(l, "its document", links[0].Document.ID, invoice.ID)
	equal(l, "its event", links[0].Event.ID != 0, true)
	equal(l, "its events are listed", len(l.pages(store.EventQuery{ConnectionID: first})), 1)
	names, err := l.s.Names(l.ctx, workspace)
	l.must(err)
	equal(l, "its name", names[first], store.Name{Key: first, Name: first, Deleted: true})
	drafts, err := l.s.Drafts(l.ctx, workspace)
	l.must(err)
	equal(l, "its drafts", len(drafts), 0)
	l.must(l.s.SaveConnection(l.ctx, tengi.Connection{ID: "c7", WorkspaceID: workspace, Key: first, Name: "another with its key"}, l.now))
}

// openOf is what keeps a connection from being deleted.
func (l *ledger) openOf(err error) store.OpenError {
	l.Helper()
	open := new(store.OpenError)
	if !errors.As(err, &open) {
		l.Fatalf("%v, want an OpenError", err)
	}
	return *open
}

func deleteWaiting(l *ledger) {
	l.stop("booking/1", store.Next{State: store.Failed, Code: "vat", Open: true})
	l.stop("booking/2", store.Next{State: store.Held, Code: "totals"})
	l.stop("booking/3", store.Next{State: store.Retrying, DueAt: l.now.Add(time.Minute)})
	done := l.stop("booking/4", store.Next{State: store.Done}).ID
	l.ingest(l.event("booking/5"))
	equal(l, "open", l.openOf(l.s.DeleteConnection(l.ctx, workspace, first, false, l.now)), store.OpenError{Skippable: 4})
	l.must(l.s.DeleteConnection(l.ctx, workspace, first, true, l.now))
	list, err := l.s.Deliveries(l.ctx, store.DeliveryFilter{ConnectionID: first, States: []store.State{store.Skipped}})
	l.must(err)
	equal(l, "skipped", len(list), 4)
	for _, d := range list {
		equal(l, "code", d.Code, store.DeletedCode)
		if d.Open || !d.DueAt.IsZero() || d.ID == done || d.Reason == "" {
			l.Errorf("delivery %d: %+v", d.ID, d)
		}
	}
	l.now = l.now.Add(time.Hour)
	equal(l, "claimed", l.claimed(9), []int64{})
}

func deleteAtWork(l *ledger) {
	l.ingest(l.event("booking/1"))
	d := l.take()
	equal(l, "running", l.openOf(l.s.DeleteConnection(l.ctx, workspace, first, true, l.now)), store.OpenError{AtWork: 1})
	l.finish(d, store.Unknown)
	equal(l, "unknown", l.openOf(l.s.DeleteConnection(l.ctx, workspace, first, true, l.now)), store.OpenError{AtWork: 1})
	id, _, err := l.s.AddRun(l.ctx, store.Run{ConnectionID: second, Kind: store.Once}, l.now)
	l.must(err)
	_, ok, err := l.s.BeginRun(l.ctx, store.RunLease{RunID: id, Token: 1}, node, l.now, l.now.Add(time.Minute))
	l.must(err)
	equal(l, "begun", ok, true)
	equal(l, "a run", l.openOf(l.s.DeleteConnection(l.ctx, workspace, second, true, l.now)), store.OpenError{Running: true})
}

func deleteUpstream(l *ledger) {
	l.must(l.s.SaveConnection(l.ctx, tengi.Connection{ID: second, WorkspaceID: workspace, Key: second, Name: second, Enabled: true, Schedule: schedule.Schedule{After: first}}, l.now))
	used := new(store.InUseError)
	if err := l.s.DeleteConnection(l.ctx, workspace, first, true, l.now); !errors.As(err, &used) || used.Connections[0].ID != second {
		l.Errorf("%v, want an InUseError that names the second", err)
	}
	l.must(l.s.DeleteConnection(l.ctx, workspace, second, true, l.now))
	l.must(l.s.DeleteConnection(l.ctx, workspace, first, true, l.now))
}

func deleteAccount(l *ledger) {
	l.must(l.s.SaveAccount(l.ctx, store.AccountRow{Account: tengi.Account{ID: mail, WorkspaceID: workspace, Key: mail, Name: "Post", Connector: "mail", State: tengi.AccountActive}, Sealed: []byte("s"), HookHash: []byte("h")}, l.now))
	l.must(l.s.SaveConnection(l.ctx, tengi.Connection{ID: second, WorkspaceID: workspace, Key: second, Name: second, Source: tengi.Source{AccountID: shop}, Steps: []tengi.Step{{Key: "a", AccountID: mail}}}, l.now))
	for _, id := range []string{shop, mail} {
		used := new(store.InUseError)
		if err := l.s.DeleteAccount(l.ctx, workspace, id); !errors.As(err, &used) || len(used.Connections) == 0 {
			l.Errorf("%s: %v, want an InUseError", id, err)
		}
	}
	l.must(l.s.DeleteConnection(l.ctx, workspace, second, true, l.now))
	e := l.event("letter/1")
	e.AccountID = mail
	id := l.ingest(e)[0]
	l.isErr("of another workspace", l.s.DeleteAccount(l.ctx, "w2", mail), store.ErrNotFound)
	l.must(l.s.DeleteAccount(l.ctx, workspace, mail))
	l.isErr("again", l.s.DeleteAccount(l.ctx, workspace, mail), store.ErrNotFound)
	c, err := l.s.Configuration(l.ctx)
	l.must(err)
	for _, a := range c.Accounts {
		if a.ID == mail {
			l.Error("it is still there")
		}
	}
	equal(l, "its events", l.pages(store.EventQuery{Object: "letter/1"}), []int64{id})
	names, err := l.s.Names(l.ctx, workspace)
	l.must(err)
	equal(l, "its name", names[mail], store.Name{Key: mail, Name: "Post", Deleted: true})
	l.must(l.s.SaveAccount(l.ctx, store.AccountRow{Account: tengi.Account{ID: "mail2", WorkspaceID: workspace, Key: mail, State: tengi.AccountActive}}, l.now))
}
