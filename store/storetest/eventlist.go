package storetest

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/money"
	"github.com/tengi/tengi/sale"
	"github.com/tengi/tengi/store"
)

var eventListTests = map[string]func(*ledger){
	"EventPages":                     eventPages,
	"EventPagesOfDeliveries":         eventPagesOfDeliveries,
	"EventPagesTellWhatBecame":       eventsTell,
	"EventPagesOfAnUndone":           eventsTellOfUndone,
	"EventPagesOfAnotherWorkspace":   eventsOfOthers,
	"EventPagesAreRefusedTheirPlace": placesAreRead,
	"EventPagesOfAPeriod":            eventsOfAPeriod,
}

// page reads one page of events and returns their ids.
func (l *ledger) page(q store.EventQuery) ([]int64, string) {
	l.Helper()
	if q.WorkspaceID == "" {
		q.WorkspaceID = workspace
	}
	p, err := l.s.EventPage(l.ctx, q)
	l.must(err)
	ids := []int64{}
	for _, row := range p.Rows {
		ids = append(ids, row.ID)
	}
	return ids, p.Next
}

// pages reads all pages of a list.
func (l *ledger) pages(q store.EventQuery) []int64 {
	l.Helper()
	all := []int64{}
	for range 100 {
		ids, next := l.page(q)
		all = append(all, ids...)
		if next == "" {
			return all
		}
		if q.Limit > 0 && len(ids) > q.Limit {
			l.Errorf("a page of %d, limit %d", len(ids), q.Limit)
		}
		q.After = next
	}
	l.Fatal("the pages have no end")
	return nil
}

func eventPages(l *ledger) {
	want := []int64{}
	for i := range 11 {
		e := l.event(fmt.Sprintf("booking/%d", i%3), first, second)
		if i%4 == 0 {
			e.AccountID, e.Deliveries = mail, nil
		}
		want = append(want, l.ingest(e)...)
	}
	slices.Reverse(want)
	for _, limit := range []int{1, 2, 3, 5, 10, 11, 12, 0} {
		equal(l, fmt.Sprintf("pages of %d", limit), l.pages(store.EventQuery{Limit: limit}), want)
	}
	ids, next := l.page(store.EventQuery{Limit: 11})
	equal(l, "a page that holds all", len(ids), 11)
	equal(l, "and its next", next, "")
	of := func(object int, also func(i int) bool) (ids []int64) {
		for i := 10; i >= 0; i-- {
			if i%3 == object && also(i) {
				ids = append(ids, want[10-i])
			}
		}
		return ids
	}
	equal(l, "of an object", l.pages(store.EventQuery{Object: "booking/1", Limit: 2}), of(1, func(int) bool { return true }))
	equal(l, "of an object, for a connection", l.pages(store.EventQuery{Object: "booking/1", ConnectionID: second, Limit: 2}), of(1, func(i int) bool { return i%4 != 0 }))
	equal(l, "of an object, standing", l.pages(store.EventQuery{Object: "booking/1", Standing: store.StandingPerson}), []int64{})
	equal(l, "of no standing", l.pages(store.EventQuery{Object: "booking/1", Standing: "x"}), []int64{})
	equal(l, "of nothing", l.pages(store.EventQuery{Object: "booking/9"}), []int64{})
}

func eventPagesOfDeliveries(l *ledger) {
	ids := l.spread()
	both := l.ingest(l.event("booking/both", first, second))[0]
	l.stop("booking/clock", store.Next{State: store.Unknown, DueAt: l.now.Add(time.Hour)})
	clock := l.delivery(l.pages(store.EventQuery{Object: "booking/clock"})[0]).EventID
	none := l.event("booking/none")
	none.Deliveries = nil
	l.ingest(none)
	newest := func(ids ...int64) []int64 {
		slices.Sort(ids)
		slices.Reverse(ids)
		return ids
	}
	for name, c := range map[string]struct {
		q    store.EventQuery
		want []int64
	}{
		"first":         {store.EventQuery{ConnectionID: first}, newest(append(slices.Collect(maps.Values(ids)), both, clock)...)},
		"second":        {store.EventQuery{ConnectionID: second}, []int64{both}},
		"none":          {store.EventQuery{ConnectionID: "c9"}, []int64{}},
		"no standing":   {store.EventQuery{Standing: "x"}, []int64{}},
		"done":          {store.EventQuery{Standing: store.StandingDone}, []int64{ids[store.Done]}},
		"skipped":       {store.EventQuery{Standing: store.StandingSkipped}, []int64{ids[store.Skipped]}},
		"person":        {store.EventQuery{Standing: store.StandingPerson}, newest(ids[store.Failed], ids[store.Held], ids[store.Unknown])},
		"working":       {store.EventQuery{Standing: store.StandingWorking}, newest(ids[store.Waiting], ids[store.Running], ids[store.Retrying], both, clock)},
		"second, works": {store.EventQuery{Standing: store.StandingWorking, ConnectionID: second}, []int64{both}},
		"second, done":  {store.EventQuery{Standing: store.StandingDone, ConnectionID: second}, []int64{}},
	} {
		for _, limit := range []int{1, 2, 3, 100} {
			c.q.Limit = limit
			equal(l, fmt.Sprintf("%s by %d", name, limit), l.pages(c.q), c.want)
		}
	}
	p, err := l.s.EventPage(l.ctx, store.EventQuery{WorkspaceID: workspace, Limit: 100})
	l.must(err)
	got := map[store.Standing]int{}
	for _, row := range p.Rows {
		for _, d := range row.Deliveries {
			got[d.Standing()]++
		}
	}
	equal(l, "standings", got, map[store.Standing]int{store.StandingWorking: 6, store.StandingPerson: 3, store.StandingDone: 1, store.StandingSkipped: 1})
	equal(l, "all standings", len(store.Standings()), len(got))
}

// sold gives an event a sale.
func sold(e store.NewEvent, reference, customer, email, total string) store.NewEvent {
	e.Sale = &sale.Sale{Reference: reference, Status: sale.Confirmed, Customer: sale.Customer{Name: customer, Email: email, Phone: "+354 555 0123"}, Currency: "ISK",
		Total: decimal.RequireFromString(total), Lines: []sale.Line{}}
	return e
}

func eventsTell(l *ledger) {
	id := l.ingest(sold(l.event("booking/1", first, second), "FJO-51654", "Þóra Jónsdóttir", "Thora@Example.com", "24900"))[0]
	out := l.made(l.take(), 1)
	out.Next.Code, out.Next.Reason = "later", "because"
	out.Document.Amount, out.Document.URL = money.FromMinor(24900, "ISK"), "https://books.test/1047"
	l.must(l.s.Finish(l.ctx, out))
	p, err := l.s.EventPage(l.ctx, store.EventQuery{WorkspaceID: workspace})
	l.must(err)
	list, err := l.s.Deliveries(l.ctx, store.DeliveryFilter{EventID: id})
	l.must(err)
	want := []store.EventRow{{ID: id, AccountID: shop, Type: "booking.confirmed", Object: "booking/1", ReceivedAt: l.now, Reference: "FJO-51654", Customer: "Þóra Jónsdóttir",
		Email: "Thora@Example.com", Total: money.FromMinor(24900, "ISK"), Deliveries: []store.DeliveryRow{
			{ID: list[1].ID, EventID: id, ConnectionID: first, State: store.Done, Code: "later", Reason: "because", UpdatedAt: l.now, Documents: []store.DocumentRow{{
				Document: tengi.Document{ID: out.Document.ID, Kind: tengi.Invoice, ExternalID: "0b1c", Number: "1047", URL: "https://books.test/1047", Status: "SENT",
					Amount: money.FromMinor(24900, "ISK"), Ref: "tg-1", ConnectionID: first, StepKey: "invoice", Object: "booking/1", Fingerprint: "f1", CreatedAt: l.now},
				AccountID: books, DeliveryID: list[1].ID}}},
			{ID: list[0].ID, EventID: id, ConnectionID: second, State: store.Waiting, DueAt: l.now, UpdatedAt: l.now},
		}}}
	if diff := cmp.Diff(want, p.Rows); diff != "" {
		l.Errorf("rows (-want +got):\n%s", diff)
	}
	if d := p.Rows[0].Deliveries; d[0].Document().Number != "1047" || d[1].Document() != nil {
		l.Error("the newest documents are others")
	}
	l.ingest(l.event("booking/2"))
	out = l.made(l.take(), 1)
	out.Document.Amount = money.FromMinor(1990, "EUR")
	l.must(l.s.Finish(l.ctx, out))
	p, err = l.s.EventPage(l.ctx, store.EventQuery{WorkspaceID: workspace, Limit: 1})
	l.must(err)
	equal(l, "the total, where only a document says it", p.Rows[0].Total.String(), "19.90 EUR")
}

func eventsTellOfUndone(l *ledger) {
	l.invoice("booking/1", 1)
	invoice := l.invoice("booking/2", 1)
	for _, object := range []string{"booking/1", "booking/2"} {
		e := l.event(object)
		e.Type = "booking.cancelled"
		l.ingest(e)
		out := l.made(l.take(), 1)
		list, err := l.s.Documents(l.ctx, store.DocumentFilter{Object: object})
		l.must(err)
		out.Steps[0].Op, out.CallStep.Op, out.Undone = store.Undo, store.Undo, list[0].ID
		out.Steps[0].DocumentID, out.CallStep.DocumentID = list[0].ID, list[0].ID
		out.Document.Kind, out.Document.Number = tengi.CreditNote, "1048"
		if object == "booking/2" {
			out.Document = nil
		}
		l.must(l.s.Finish(l.ctx, out))
	}
	p, err := l.s.EventPage(l.ctx, store.EventQuery{WorkspaceID: workspace, Limit: 2})
	l.must(err)
	removed, credited := p.Rows[0].Deliveries[0].Document(), p.Rows[1].Deliveries[0].Document()
	equal(l, "credited by", credited.Number+" "+string(credited.Kind), "1048 credit_note")
	equal(l, "removed", removed.ID, invoice)
	equal(l, "removed by itself", removed.UndoneBy, invoice)
}

func eventsOfOthers(l *ledger) {
	l.other()
	l.ingest(l.event("booking/1"))
	mine := l.event("booking/1", "c9")
	mine.AccountID = "till"
	id := l.ingest(mine)[0]
	for name, q := range map[string]store.EventQuery{"all": {}, "connection": {ConnectionID: "c9"}, "standing": {Standing: store.StandingWorking}, "object": {Object: "booking/1"}} {
		q.WorkspaceID = "w2"
		equal(l, name, l.pages(q), []int64{id})
		if q.ConnectionID != "" {
			q.ConnectionID = first
			equal(l, "another's connection", l.pages(q), []int64{})
		}
	}
}

// other makes a second workspace, with an account and a connection.
func (l *ledger) other() {
	l.Helper()
	l.must(l.s.SaveWorkspace(l.ctx, tengi.Workspace{ID: "w2", Key: "salon", Name: "Salon", Country: "PL", Currency: "PLN", TimeZone: "Europe/Warsaw", Language: "pl"}, l.now))
	l.must(l.s.SaveAccount(l.ctx, store.AccountRow{Account: tengi.Account{ID: "till", WorkspaceID: "w2", Key: "till", Name: "till", Connector: "till", State: tengi.AccountActive}}, l.now))
	l.must(l.s.SaveConnection(l.ctx, tengi.Connection{ID: "c9", WorkspaceID: "w2", Key: "c9", Name: "c9", Source: tengi.Source{AccountID: "till"}}, l.now))
}

func placesAreRead(l *ledger) {
	l.ingest(l.event("booking/1"))
	for _, after := range []string{"x", "d1", "d1.x", "dx.1", "1.1", "d1.1"} {
		_, err := l.s.EventPage(l.ctx, store.EventQuery{WorkspaceID: workspace, After: after})
		l.isErr(after, err, store.ErrNotFound)
	}
	for _, after := range []string{"x", "d1", "d1.x", "dx.1", "1"} {
		_, err := l.s.EventPage(l.ctx, store.EventQuery{WorkspaceID: workspace, ConnectionID: first, After: after})
		l.isErr(after, err, store.ErrNotFound)
	}
}

func eventsOfAPeriod(l *ledger) {
	ids := []int64{}
	for i := range 20 {
		l.now = epoch.Add(time.Duration(i/2) * time.Hour)
		ids = append(ids, l.ingest(l.event(fmt.Sprintf("booking/%d", i)))...)
	}
	reversed := slices.Clone(ids)
	slices.Reverse(reversed)
	hour := func(n int) time.Time { return epoch.Add(time.Duration(n) * time.Hour) }
	for name, c := range map[string]struct {
		from, until time.Time
		want        []int64
	}{
		"all":         {hour(0), hour(10), reversed},
		"from":        {hour(3), time.Time{}, reversed[:14]},
		"until":       {time.Time{}, hour(3), reversed[14:]},
		"between":     {hour(3), hour(5), reversed[10:14]},
		"in between":  {hour(3).Add(time.Second), hour(5).Add(time.Second), reversed[8:12]},
		"before":      {time.Time{}, hour(0), []int64{}},
		"after":       {hour(10), time.Time{}, []int64{}},
		"wrong order": {hour(5), hour(3), []int64{}},
	} {
		equal(l, name, l.pages(store.EventQuery{From: c.from, Until: c.until, Limit: 3}), c.want)
		equal(l, name+" of a connection", l.pages(store.EventQuery{From: c.from, Until: c.until, ConnectionID: first, Limit: 3}), c.want)
	}
}
