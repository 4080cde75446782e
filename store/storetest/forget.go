package storetest

import (
	"fmt"
	"strings"
	"time"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/store"
)

var forgetTests = map[string]func(*ledger){
	"ForgetRemovesWhatWasSaid":    forgets,
	"ForgetLeavesWhatIsOpen":      forgetsNothingOpen,
	"ForgetLeavesOtherWorkspaces": forgetsOwn,
	"ForgetKnowsARepeat":          forgetsNoDedupe,
	"ForgetGivesBackToAnother":    forgetGivesBack,
	"ForgetManyEvents":            forgetsMany,
	"ForgetByRetention":           forgetsByRetention,
	"ForgetAndTheIndex":           forgetsForTheIndex,
}

// forget forgets what came before now, and returns how much it was.
func (l *ledger) forget() int {
	l.Helper()
	n, err := l.s.Forget(l.ctx, workspace, l.now)
	l.must(err)
	return n
}

func forgets(l *ledger) {
	e := sold(l.event("booking/1"), "FJO-1", "Anna Lind", "anna@example.com", "100")
	id := l.ingest(e)[0]
	d := l.take()
	step, call := l.step(1)
	l.must(l.intend(d, step, call))
	out := l.made(d, 1)
	out.Next.Reason = "for Anna"
	l.must(l.s.Finish(l.ctx, out))
	l.index()
	equal(l, "too early", l.forget(), 0)
	l.now = l.now.Add(time.Millisecond)
	equal(l, "forgotten", l.forget(), 1)
	equal(l, "again", l.forget(), 0)
	got, _, err := l.s.Event(l.ctx, id)
	l.must(err)
	equal(l, "what it said", got.Sale == nil && got.Data == nil && got.Raw.Body == nil && got.Dedupe == "", true)
	if !strings.Contains(got.Unreadable, "removed") || got.Object != "booking/1" {
		l.Errorf("it reads %+v", got)
	}
	attempts, err := l.s.Attempts(l.ctx, d.ID)
	l.must(err)
	equal(l, "attempts", len(attempts), 0)
	calls, err := l.s.Calls(l.ctx, d.ID)
	l.must(err)
	equal(l, "calls", len(calls), 0)
	steps, err := l.s.Steps(l.ctx, d.ID)
	l.must(err)
	equal(l, "step", string(steps[0].Input)+" "+string(steps[0].Ref), "{} tg-1")
	equal(l, "issue", steps[0].Issue, 1)
	equal(l, "found", l.pages(store.EventQuery{Search: "anna"}), []int64{})
	links, err := l.s.Chain(l.ctx, workspace, "booking/1")
	l.must(err)
	equal(l, "its document", links[0].Document.Number, "1047")
	equal(l, "forgotten", links[0].Event.Forgotten, true)
	equal(l, "reason", links[0].Delivery.Reason, "")
}

func forgetsNothingOpen(l *ledger) {
	ids := l.spread()
	l.stop("booking/clock", store.Next{State: store.Unknown, DueAt: l.now.Add(time.Hour)})
	half := l.ingest(l.event("booking/half", first, second))[0] // done in one connection, waiting in the other
	late := l.stop("booking/late", store.Next{State: store.Retrying, DueAt: l.now}).EventID
	l.now = l.now.Add(time.Hour)
	for _, d := range l.claim(9).Deliveries {
		l.finish(d, store.Done)
	}
	equal(l, "forgotten", l.forget(), 2) // done and skipped
	for _, id := range []int64{half, late, ids[store.Failed], ids[store.Held], ids[store.Unknown], ids[store.Running]} {
		e, _, err := l.s.Event(l.ctx, id)
		l.must(err)
		equal(l, fmt.Sprintf("event %d", id), e.Unreadable, "")
	}
}

func forgetsOwn(l *ledger) {
	l.other()
	l.document("c9", "booking/1", tengi.Invoice, crowns(1))
	l.document(first, "booking/1", tengi.Invoice, crowns(1))
	l.now = l.now.Add(time.Hour)
	equal(l, "forgotten", l.forget(), 1)
}

// forgetsNoDedupe: invariant 2 holds for what is forgotten too.
func forgetsNoDedupe(l *ledger) {
	e := l.event("booking/1")
	id := l.ingest(e)[0]
	l.finish(l.take(), store.Done)
	l.now = l.now.Add(time.Hour)
	equal(l, "forgotten", l.forget(), 1)
	got, err := l.s.Ingest(l.ctx, store.Ingest{Events: []store.NewEvent{e}, Join: true})
	l.must(err)
	equal(l, "a repeat", got[0], store.Ingested{EventID: id, Duplicate: true})
	equal(l, "claimed", l.claimed(1), []int64{})
}

// forgetGivesBack: what another connection finds at its source again is as it was.
func forgetGivesBack(l *ledger) {
	e := sold(l.event("booking/1"), "FJO-1", "Anna", "", "1")
	id := l.ingest(e)[0]
	l.finish(l.take(), store.Done)
	l.now = l.now.Add(time.Hour)
	equal(l, "forgotten", l.forget(), 1)
	e.Deliveries = l.event("booking/1", second).Deliveries
	got, err := l.s.Ingest(l.ctx, store.Ingest{Events: []store.NewEvent{e}, Join: true})
	l.must(err)
	equal(l, "joined", got[0].Joined, 1)
	back, _, err := l.s.Event(l.ctx, id)
	l.must(err)
	equal(l, "what it says", back.Sale.Reference+back.Unreadable+back.Dedupe, "FJO-1"+e.Dedupe)
	equal(l, "forgotten while it waits", l.forget(), 0)
}

func forgetsMany(l *ledger) {
	var in store.Ingest
	for i := range 170 {
		e := l.event(fmt.Sprintf("booking/%d", i))
		if e.Deliveries[0].State = store.Done; i%60 == 7 {
			e.Deliveries[0].State = store.Held
		}
		in.Events = append(in.Events, e)
	}
	_, err := l.s.Ingest(l.ctx, in)
	l.must(err)
	l.now = l.now.Add(time.Hour)
	equal(l, "forgotten", l.forget(), 167)
}

func forgetsByRetention(l *ledger) {
	days, err := l.s.Retention(l.ctx, workspace)
	l.must(err)
	equal(l, "at first for ever", days, 0)
	if l.s.SetRetention(l.ctx, workspace, -1) == nil {
		l.Error("a negative number of days")
	}
	old := l.event("booking/1")
	old.ReceivedAt = l.s.Now().AddDate(0, 0, -31)
	old.Deliveries = nil
	young := l.event("booking/2")
	young.ReceivedAt, young.Deliveries = l.s.Now().AddDate(0, 0, -29), nil
	ids := l.ingest(old, young)
	for _, c := range []struct{ days, want int }{{0, 0}, {30, 1}} {
		l.must(l.s.SetRetention(l.ctx, workspace, c.days))
		n, err := l.s.ForgetByRetention(l.ctx)
		l.must(err)
		equal(l, fmt.Sprintf("after %d days", c.days), n, c.want)
	}
	e, _, err := l.s.Event(l.ctx, ids[1])
	l.must(err)
	equal(l, "the young", e.Unreadable, "")
	days, err = l.s.Retention(l.ctx, workspace)
	l.must(err)
	equal(l, "kept", days, 30)
}

// forgetsForTheIndex: what is forgotten before it was indexed, or whose document changes later, is not found by words.
func forgetsForTheIndex(l *ledger) {
	l.ingest(sold(l.event("booking/1"), "FJO-1", "Anna", "", "1"))
	out := l.made(l.take(), 1)
	l.must(l.s.Finish(l.ctx, out))
	l.now = l.now.Add(time.Hour)
	equal(l, "forgotten", l.forget(), 1)
	l.index()
	for _, search := range []string{"anna", "fjo", "1047"} {
		equal(l, search, l.pages(store.EventQuery{Search: search}), []int64{})
	}
	list, err := l.s.DocumentRows(l.ctx, store.DocumentFilter{Object: "booking/1"})
	l.must(err)
	l.undo(list[0], nil)
	l.index()
	equal(l, "counted", l.totals(store.TotalFilter{Kind: tengi.Invoice}), "")
}
