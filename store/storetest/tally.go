package storetest

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/store"
)

// totals are what documents come to, as a text.
func (l *ledger) totals(f store.TotalFilter) string {
	l.Helper()
	f.WorkspaceID = workspace
	list, err := l.s.Totals(l.ctx, f)
	l.must(err)
	return tell(list)
}

func tell(list []store.Total) string {
	lines := make([]string, len(list))
	for i, t := range list {
		lines[i] = strings.TrimSpace(fmt.Sprintf("%s %s %s %d", t.Day, t.ConnectionID, t.Kind, t.Count))
		if t.Amount.Currency != "" {
			lines[i] += " " + t.Amount.String()
		}
	}
	return strings.Join(lines, ", ")
}

// indexCountsOnce has several index at once, each time something is there: nothing is counted twice.
func indexCountsOnce(l *ledger) {
	for i := range 6 {
		l.document(first, fmt.Sprintf("booking/%d", i), tengi.Invoice, crowns(100))
		var group sync.WaitGroup
		for range 4 {
			group.Go(func() {
				if _, err := l.s.IndexOnce(l.ctx); err != nil {
					l.Error(err)
				}
			})
		}
		group.Wait()
	}
	l.index()
	equal(l, "counted", l.totals(store.TotalFilter{}), "c1 invoice 6 600 ISK")
}

// indexCountsChanges counts what is undone after it was counted, and before.
func indexCountsChanges(l *ledger) {
	credited := l.document(first, "booking/1", tengi.Invoice, crowns(100))
	removed := l.document(first, "booking/2", tengi.Invoice, crowns(1000))
	l.document(first, "booking/3", tengi.Invoice, crowns(10_000))
	l.index()
	equal(l, "at first", l.totals(store.TotalFilter{}), "c1 invoice 3 11100 ISK")
	l.now = l.now.Add(2 * time.Hour)
	early := l.document(first, "booking/4", tengi.Receipt, crowns(7))
	l.undo(early, nil)
	l.undo(credited, &tengi.Document{Kind: tengi.CreditNote, ExternalID: "c", Amount: crowns(100), StepKey: "invoice"})
	l.undo(removed, nil)
	l.index()
	equal(l, "undone", l.totals(store.TotalFilter{}), "c1 invoice 2 10100 ISK, c1 credit_note 1 -100 ISK")
	equal(l, "later", l.totals(store.TotalFilter{From: l.now}), "c1 credit_note 1 -100 ISK")
	equal(l, "earlier, of a kind", l.totals(store.TotalFilter{Until: l.now, Kind: tengi.Invoice}), "c1 invoice 2 10100 ISK")
	equal(l, "of a currency", l.totals(store.TotalFilter{Currency: "EUR"}), "")
	equal(l, "of a connection", l.totals(store.TotalFilter{ConnectionID: second}), "")
}

// indexOfTests does not count what goes through a connection for test data; it is found all the same.
func indexOfTests(l *ledger) {
	l.must(l.s.SaveConnection(l.ctx, tengi.Connection{ID: second, WorkspaceID: workspace, Key: second, Name: second, Enabled: true, Test: true}, l.now))
	made := l.document(second, "test/51654", tengi.Invoice, crowns(1))
	l.index()
	equal(l, "counted", l.totals(store.TotalFilter{}), "")
	l.undo(made, nil)
	l.stop("booking/1", store.Next{State: store.Failed})
	l.index()
	equal(l, "counted when it has changed", l.totals(store.TotalFilter{}), "")
	equal(l, "found", len(l.pages(store.EventQuery{Search: "51654"})), 2)
	pulse, err := l.s.Pulse(l.ctx, workspace, l.now, 1)
	l.must(err)
	equal(l, "pulses", len(pulse), 1)
}

// indexByHours counts by hours of a workspace whose clock is half an hour off.
func indexByHours(l *ledger) {
	l.must(l.s.SaveWorkspace(l.ctx, tengi.Workspace{ID: workspace, Key: "fjord", TimeZone: "Asia/Kolkata"}, l.now)) // UTC+5:30
	for i, minute := range []int{29, 30, 89, 90} {
		l.now = epoch.Add(time.Duration(minute) * time.Minute)
		l.document(first, fmt.Sprintf("booking/%d", i), tengi.Invoice, crowns(1))
	}
	l.index()
	at := func(minute int) time.Time { return epoch.Add(time.Duration(minute) * time.Minute) }
	equal(l, "an hour", l.totals(store.TotalFilter{From: at(30), Until: at(90)}), "c1 invoice 2 2 ISK")
	equal(l, "before", l.totals(store.TotalFilter{Until: at(30)}), "c1 invoice 1 1 ISK")
}

// indexOfMany needs more than one batch, of each kind of row.
func indexOfMany(l *ledger) {
	var in store.Ingest
	for i := range 700 {
		in.Events = append(in.Events, sold(l.event(fmt.Sprintf("booking/%d", i)), fmt.Sprintf("FJO-%d", i), "Anna", "", "1"))
	}
	stored, err := l.s.Ingest(l.ctx, in)
	l.must(err)
	for done := 0; done < len(stored); {
		claims := l.claim(100)
		for _, d := range claims.Deliveries {
			out := l.made(d, 1)
			out.Document.Amount = crowns(1)
			l.must(l.s.Finish(l.ctx, out))
			done++
		}
	}
	l.index()
	equal(l, "counted", l.totals(store.TotalFilter{}), "c1 invoice 700 700 ISK")
	for _, i := range []int{0, 255, 256, 257, 511, 512, 699} {
		equal(l, fmt.Sprint(i), l.pages(store.EventQuery{Search: fmt.Sprintf("anna fjo-%d", i), Limit: 1000})[0] != 0, true)
		found := l.pages(store.EventQuery{Search: fmt.Sprintf("fjo-%d", i), Limit: 1000})
		equal(l, fmt.Sprint(i), found[len(found)-1], stored[i].EventID)
	}
	equal(l, "all", len(l.pages(store.EventQuery{Search: "anna", Limit: 100})), 700)
}

func totalsByDay(l *ledger) {
	clock, err := time.LoadLocation("Europe/Warsaw") // 29 March 2026: put forward
	l.must(err)
	l.other()
	for i, at := range []string{"2026-03-27T23:30", "2026-03-28T00:10", "2026-03-28T23:50", "2026-03-29T01:10", "2026-03-29T03:10", "2026-03-29T23:50", "2026-03-30T00:10"} {
		l.now, err = time.ParseInLocation("2006-01-02T15:04", at, clock)
		l.must(err)
		l.document("c9", fmt.Sprintf("booking/%d", i), []tengi.DocumentKind{tengi.Invoice, tengi.CreditNote}[i/6], crowns(1))
	}
	l.index()
	day := func(text string) time.Time {
		at, err := time.ParseInLocation(time.DateOnly, text, clock)
		l.must(err)
		return at
	}
	for name, c := range map[string]struct {
		f    store.TotalFilter
		want string
	}{
		"all": {store.TotalFilter{From: day("2026-03-01"), Until: day("2026-04-01")},
			"2026-03-30 c9 credit_note 1 -1 ISK, 2026-03-29 c9 invoice 3 3 ISK, 2026-03-28 c9 invoice 2 2 ISK, 2026-03-27 c9 invoice 1 1 ISK"},
		"one day":  {store.TotalFilter{From: day("2026-03-29"), Until: day("2026-03-30")}, "2026-03-29 c9 invoice 3 3 ISK"},
		"no bound": {store.TotalFilter{Kind: tengi.CreditNote}, "2026-03-30 c9 credit_note 1 -1 ISK"},
		"no time":  {store.TotalFilter{From: day("2026-03-29"), Until: day("2026-03-29")}, ""},
	} {
		c.f.WorkspaceID = "w2"
		list, err := l.s.DayTotals(l.ctx, c.f, clock)
		l.must(err)
		equal(l, name, tell(list), c.want)
	}
}
