package storetest

import (
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/money"
	"github.com/tengi/tengi/store"
)

var refreshTests = map[string]func(*ledger){
	"RefreshIsDueWhenItWasPlanned":    refreshIsDue,
	"RefreshBringsWhatIsNew":          refreshBrings,
	"RefreshOneAtATimeOfAnAccount":    refreshOneAtATime,
	"RefreshHeedsTheAccountsLimits":   refreshHeedsLimits,
	"RefreshOfWhatWasUndoneIsNotDue":  refreshOfUndone,
	"RefreshBegunByOne":               refreshBegunByOne,
	"RefreshEndsOnlyWhatItHeldItself": refreshEndsItsOwn,
}

// issued makes an invoice without a number, that is to be read again at a moment.
func (l *ledger) issued(object string, at time.Time) tengi.Document {
	l.Helper()
	l.ingest(l.event(object))
	out := l.made(l.take(), 1)
	out.Document.Number, out.Document.Amount, out.Refresh = "", money.Amount{}, at
	l.must(l.s.Finish(l.ctx, out))
	return *out.Document
}

// next is the document of the bookkeeper that is due; nil when none is.
func (l *ledger) next() *store.Refresh {
	l.Helper()
	r, err := l.s.NextRefresh(l.ctx, books, l.now)
	accounts, listErr := l.s.RefreshAccounts(l.ctx, l.now)
	l.must(listErr)
	if errors.Is(err, store.ErrNotFound) {
		equal(l, "accounts", accounts, nil)
		return nil
	}
	l.must(err)
	equal(l, "accounts", accounts, []string{books})
	return &r
}

// begin begins a refresh without limits that is planned again in an hour.
func (l *ledger) begin(r *store.Refresh, limits ...store.Lane) bool {
	l.Helper()
	limits = append(limits, lane())
	ok, err := l.s.BeginRefresh(l.ctx, *r, limits[0], l.now.Add(time.Hour), l.now, l.now.Add(time.Minute))
	l.must(err)
	return ok
}

// end ends a refresh that began now.
func (l *ledger) end(r *store.Refresh, out store.Refreshed) {
	l.Helper()
	out.Until = l.now.Add(time.Minute)
	l.must(l.s.EndRefresh(l.ctx, *r, out))
}

func refreshIsDue(l *ledger) {
	l.issued("booking/never", time.Time{})
	made := l.issued("booking/1", l.now.Add(time.Minute))
	equal(l, "too early", l.next(), nil)
	l.now = l.now.Add(time.Minute)
	planned := l.now
	r := l.next()
	equal(l, "due", []any{r.ID, r.AccountID, r.PlannedAt, r.ExternalID}, []any{made.ID, books, planned, "0b1c"})
	equal(l, "begun", l.begin(r), true)
	equal(l, "planned again", l.next(), nil)
	l.end(r, store.Refreshed{})
	l.now = l.now.Add(time.Hour)
	r = l.next()
	equal(l, "due again", r.PlannedAt, planned.Add(time.Hour))
	equal(l, "begun again", l.begin(r), true)
	l.end(r, store.Refreshed{Over: true})
	l.now = l.now.Add(1000 * time.Hour)
	equal(l, "when it is over", l.next(), nil)
}

func refreshBrings(l *ledger) {
	made := l.issued("booking/1", l.now)
	read := func(d *tengi.Document, attempt *store.Attempt) tengi.Document {
		l.Helper()
		r := l.next()
		equal(l, "begun", l.begin(r), true)
		l.end(r, store.Refreshed{Document: d, Attempt: attempt})
		l.now = l.now.Add(time.Hour)
		got, err := l.s.Document(l.ctx, made.ID)
		l.must(err)
		return got
	}
	before, err := l.s.Document(l.ctx, made.ID)
	l.must(err)
	equal(l, "read in vain", read(nil, &store.Attempt{StepKey: "invoice", Op: store.Read, Outcome: "temporary", Code: "unavailable", Node: node, StartedAt: l.now, EndedAt: l.now}), before)
	want := before
	want.Number, want.URL, want.Status, want.Amount = "1047", "https://books.test/1047", "PAID", money.FromMinor(24900, "ISK")
	news := want
	news.ExternalID, news.Kind, news.Ref, news.Object, news.Customer, news.UndoneBy = "other", tengi.Receipt, "other", "other", "other", 7
	equal(l, "what is new", read(&news, &store.Attempt{StepKey: "invoice", Op: store.Read, Outcome: "done", Node: node, StartedAt: l.now, EndedAt: l.now}), want)
	want.Status = "CREDITED"
	equal(l, "what is known stays", read(&tengi.Document{Status: "CREDITED", Amount: money.FromMinor(1, "EUR")}, nil), want)
	delivery := l.delivery(l.eventOf(made))
	attempts, err := l.s.Attempts(l.ctx, delivery.ID)
	l.must(err)
	var outcomes []string
	for _, a := range attempts {
		outcomes = append(outcomes, fmt.Sprint(a.Op, " ", a.Outcome))
	}
	equal(l, "recorded", outcomes, []string{"do done", "refresh temporary", "refresh done"})
	equal(l, "the delivery", delivery.State, store.Done)
}

// eventOf is the event a document was made for.
func (l *ledger) eventOf(d tengi.Document) int64 {
	l.Helper()
	list, err := l.s.Deliveries(l.ctx, store.DeliveryFilter{ConnectionID: first, Object: d.Object})
	l.must(err)
	return list[0].EventID
}

func refreshOneAtATime(l *ledger) {
	l.issued("booking/1", l.now)
	l.issued("booking/2", l.now.Add(time.Millisecond))
	l.now = l.now.Add(time.Second)
	one := l.next()
	equal(l, "the first", l.begin(one), true)
	other := l.next()
	equal(l, "the second meanwhile", l.begin(other), false)
	equal(l, "it stays due", l.next().ID, other.ID)
	l.end(one, store.Refreshed{})
	equal(l, "the second afterwards", l.begin(other), true)
	l.now = l.now.Add(2 * time.Hour) // its node died
	equal(l, "after a node's death", l.begin(l.next()), true)
}

func refreshHeedsLimits(l *ledger) {
	for i := range 4 {
		l.issued(fmt.Sprintf("booking/%d", i), l.now)
	}
	narrow := store.Lane{ConnectionID: first, AccountID: books, InFlight: 1}
	l.fill(2)
	d := l.claim(1, narrow).Deliveries
	equal(l, "at work", len(d), 1)
	equal(l, "while a delivery is at work", l.begin(l.next(), narrow), false)
	l.finish(d[0], store.Done)
	r := l.next()
	equal(l, "afterwards", l.begin(r, narrow), true)
	equal(l, "a delivery meanwhile", len(l.claim(1, narrow).Deliveries), 0)
	l.end(r, store.Refreshed{})
	equal(l, "and then", len(l.claim(1, narrow).Deliveries), 1)
	paced := store.Lane{ConnectionID: first, AccountID: books, Every: time.Second, Burst: 1}
	r = l.next()
	equal(l, "with a permit", l.begin(r, paced), true)
	l.end(r, store.Refreshed{})
	equal(l, "without one", l.begin(l.next(), paced), false)
	l.now = l.now.Add(time.Second)
	r = l.next()
	equal(l, "with the next", l.begin(r, paced), true)
	l.end(r, store.Refreshed{Slow: &store.Slow{AccountID: books, Until: l.now.Add(time.Minute)}})
	l.now = l.now.Add(30 * time.Second)
	equal(l, "while the service wants to be left alone", l.begin(l.next()), false)
	l.now = l.now.Add(30 * time.Second)
	equal(l, "and no longer", l.begin(l.next()), true)
}

func refreshOfUndone(l *ledger) {
	made := l.issued("booking/1", l.now)
	l.ingest(l.event("booking/1"))
	out := l.outcome(l.take(), store.Done)
	out.Undone = made.ID
	l.must(l.s.Finish(l.ctx, out))
	equal(l, "due", l.next(), nil)
}

func refreshBegunByOne(l *ledger) {
	l.issued("booking/1", l.now)
	r := l.next()
	var won atomic.Int64
	each([]*ledger{l}, 16, func(l *ledger, _ int) {
		if l.begin(r) {
			won.Add(1)
		}
	})
	equal(l, "begun", won.Load(), 1)
}

// A node that was taken for dead lets go of nothing that is not its own, and what it read still counts: it is what the service says.
func refreshEndsItsOwn(l *ledger) {
	made := l.issued("booking/1", l.now)
	slow := l.next()
	until := l.now.Add(time.Minute)
	equal(l, "begun", l.begin(slow), true)
	l.now = l.now.Add(2 * time.Hour)
	quick := l.next()
	equal(l, "taken over", l.begin(quick), true)
	l.must(l.s.EndRefresh(l.ctx, *slow, store.Refreshed{Document: &tengi.Document{Number: "1047"}, Until: until}))
	got, err := l.s.Document(l.ctx, made.ID)
	l.must(err)
	equal(l, "number", got.Number, "1047")
	l.issued("booking/2", l.now)
	equal(l, "the account is still held", l.begin(l.next()), false)
}
