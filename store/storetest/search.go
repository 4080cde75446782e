package storetest

import (
	"fmt"
	"slices"
	"time"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/money"
	"github.com/tengi/tengi/store"
)

var searchTests = map[string]func(*ledger){
	"SearchFinds":               searchFinds,
	"SearchFindsWhatIsLoaded":   searchFindsLoaded,
	"SearchFindsLateNumbers":    searchFindsLate,
	"SearchOfAnotherWorkspace":  searchOfOthers,
	"SearchByPages":             searchByPages,
	"SearchIsBehind":            searchIsBehind,
	"IndexCountsOnce":           indexCountsOnce,
	"IndexCountsChanges":        indexCountsChanges,
	"IndexByTheWorkspacesHours": indexByHours,
	"IndexOfTestData":           indexOfTests,
	"IndexOfManyRows":           indexOfMany,
	"TotalsByDay":               totalsByDay,
}

// index brings the index up to date.
func (l *ledger) index() {
	l.Helper()
	for range 1000 {
		more, err := l.s.IndexOnce(l.ctx)
		l.must(err)
		if !more {
			return
		}
	}
	l.Fatal("the index has no end")
}

func searchFinds(l *ledger) {
	anna := sold(l.event("booking/51654"), "FJO-51654", "Anna Þóra Lind", "anna.lind@example.com", "24900")
	jon := sold(l.event("booking/51655"), "FJO-51655", "Jón Lindqvist", "jon@fjord.test", "149.50")
	jon.Sale.Customer.Phone = "0555 7777"
	form := l.event("submission/4f1d-2c3b")
	form.Data = []byte(`{"name": "Анна Лінд", "sum": 1250}`)
	hook := l.event("")
	hook.Data, hook.Raw.Body = []byte(`{"note":"Hvalur"}`), []byte(`{"note":"Hvalur"}`)
	ids := l.ingest(anna, jon, form, hook)
	a, j, f, h := ids[0], ids[1], ids[2], ids[3]
	out := l.made(l.claim(1).Deliveries[0], 1)
	out.Document.ExternalID, out.Document.Number, out.Document.Amount = "0B1C2D3E-4F5A", "R-1047", crowns(25000)
	l.must(l.s.Finish(l.ctx, out))
	l.index()
	for search, want := range map[string][]int64{
		"lind": {j, a}, "LIND anna": {a}, "thora": {a}, "Þóra": {a}, "jón": {j}, "jon": {j}, "lindq": {j}, "ind": {},
		"FJO-51654": {a}, "fjo51654": {a}, "51654": {a}, "5165": {j, a}, "fjo": {j, a}, "fjo 51655": {j}, "fjo anna 51655": {},
		"anna.lind@example.com": {a}, "anna.lind": {a}, "Anna.Lind@": {a}, "jon@": {j}, "example.com": {},
		"24900": {a}, "24.900": {a}, "24.900,00 kr.": {a}, "24900.00": {a}, "249": {a}, "149.5": {j}, "149,50": {j}, "149": {j}, "24901": {},
		"25000": {a}, "1047": {a}, "R-1047": {a}, "r1047": {a}, "0b1c2d3e-4f5a": {a}, "0B1C2D3E4F5A": {a}, "0b1c2d": {a},
		"+354 555 0123": {a}, "5550123": {a}, "555-0123": {a}, "555 7777": {j}, "05557777": {j},
		"анна": {f}, "Лінд 1250": {f}, "4f1d2c3b": {f}, "4F1D-2C3B": {f}, "hvalur": {h}, "nobody": {}, "%": {}, "_": {}, "": {h, f, j, a}, " - ": {},
	} {
		equal(l, fmt.Sprintf("%q", search), l.pages(store.EventQuery{Search: search}), want)
	}
	l.must(l.s.SaveConnection(l.ctx, tengi.Connection{ID: second, WorkspaceID: workspace, Key: second, Name: second, Enabled: true}, l.now))
	equal(l, "done", l.pages(store.EventQuery{Search: "lind", Standing: store.StandingDone}), []int64{a})
	equal(l, "working", l.pages(store.EventQuery{Search: "lind", Standing: store.StandingWorking}), []int64{j})
	equal(l, "of the first", l.pages(store.EventQuery{Search: "lind", ConnectionID: first}), []int64{j, a})
	equal(l, "of the second", l.pages(store.EventQuery{Search: "lind", ConnectionID: second}), []int64{})
	equal(l, "of a period", l.pages(store.EventQuery{Search: "lind", Until: l.now}), []int64{})
	p, err := l.s.EventPage(l.ctx, store.EventQuery{WorkspaceID: workspace, Search: "1047"})
	l.must(err)
	equal(l, "what was found has its documents", p.Rows[0].Deliveries[0].Document().Number, "R-1047")
}

// searchFindsLoaded finds an event by what its source said only when it was asked.
func searchFindsLoaded(l *ledger) {
	e := l.event("booking/51654")
	e.NeedsLoad, e.Data = true, nil
	id := l.ingest(e)[0]
	l.index()
	equal(l, "before", l.pages(store.EventQuery{Search: "anna"}), []int64{})
	equal(l, "by its object", l.pages(store.EventQuery{Search: "51654"}), []int64{id})
	d := l.take()
	out := l.outcome(d, store.Done)
	loaded := sold(e, "FJO-1", "Anna Lind", "", "1").Event
	out.Loaded = &loaded
	out.Attempt = &store.Attempt{Op: store.Load, Outcome: "done", StartedAt: l.now, EndedAt: l.now}
	l.must(l.s.Finish(l.ctx, out))
	l.index()
	for _, search := range []string{"anna", "51654", "fjo"} {
		equal(l, search, l.pages(store.EventQuery{Search: search}), []int64{id})
	}
}

// searchFindsLate finds an event by the number that a service gave its document later.
func searchFindsLate(l *ledger) {
	l.ingest(l.event("booking/1"))
	out := l.made(l.take(), 1)
	out.Document.Number, out.Document.Amount, out.Refresh = "", money.Amount{}, l.now.Add(time.Minute)
	l.must(l.s.Finish(l.ctx, out))
	l.index()
	equal(l, "before", l.pages(store.EventQuery{Search: "2047"}), []int64{})
	equal(l, "counted", l.totals(store.TotalFilter{}), "c1 invoice 1")
	l.now = l.now.Add(time.Hour)
	r, err := l.s.NextRefresh(l.ctx, books, l.now)
	l.must(err)
	until := l.now.Add(time.Minute)
	ok, err := l.s.BeginRefresh(l.ctx, r, lane(), time.Time{}, l.now, until)
	l.must(err)
	equal(l, "begun", ok, true)
	read := tengi.Document{Number: "2047", Amount: crowns(700)}
	l.must(l.s.EndRefresh(l.ctx, r, store.Refreshed{Document: &read, Over: true, Until: until}))
	l.index()
	equal(l, "after", l.pages(store.EventQuery{Search: "2047"}), []int64{out.EventID})
	equal(l, "by the amount", l.pages(store.EventQuery{Search: "700"}), []int64{out.EventID})
	equal(l, "counted with its amount", l.totals(store.TotalFilter{}), "c1 invoice 1 700 ISK")
}

func searchOfOthers(l *ledger) {
	l.other()
	theirs := sold(l.event("booking/1", "c9"), "X-1", "Anna", "", "1")
	theirs.AccountID = "till"
	ids := l.ingest(sold(l.event("booking/1"), "X-1", "Anna", "", "1"), theirs)
	l.index()
	equal(l, "mine", l.pages(store.EventQuery{Search: "anna"}), ids[:1])
	equal(l, "theirs", l.pages(store.EventQuery{Search: "anna", WorkspaceID: "w2"}), ids[1:])
}

func searchByPages(l *ledger) {
	want := []int64{}
	for i := range 12 {
		want = append(want, l.ingest(sold(l.event(fmt.Sprintf("booking/%d", i)), fmt.Sprintf("FJO-%d", i), "Anna", "", "1"))...)
		l.ingest(sold(l.event("x"), "Y", "Jon", "", "1"))
	}
	l.index()
	slices.Reverse(want)
	for _, limit := range []int{1, 5, 12} {
		equal(l, "one word", l.pages(store.EventQuery{Search: "anna", Limit: limit}), want)
		equal(l, "two words", l.pages(store.EventQuery{Search: "anna fjo", Limit: limit}), want)
	}
}

func searchIsBehind(l *ledger) {
	for step, behind := range []bool{true, false} {
		l.ingest(l.event("booking/1"))
		if !behind {
			l.index()
		}
		p, err := l.s.EventPage(l.ctx, store.EventQuery{WorkspaceID: workspace, Search: "x"})
		l.must(err)
		equal(l, fmt.Sprintf("behind, step %d", step), p.Behind, behind)
	}
}
