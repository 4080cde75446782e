package storetest

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/money"
	"github.com/tengi/tengi/store"
)

var documentListTests = map[string]func(*ledger){
	"DocumentsByFilter":    documentsByFilter,
	"DocumentsByPages":     documentsByPages,
	"DocumentsEach":        eachDocument,
	"DocumentsAfterNone":   documentsAfterNone,
	"DocumentsOfWorkspace": documentsOfWorkspace,
}

// document makes one through a connection, now.
func (l *ledger) document(connection, object string, kind tengi.DocumentKind, amount money.Amount) store.DocumentRow {
	l.Helper()
	e := l.event(object, connection)
	if connection == "c9" {
		e.AccountID = "till"
	}
	l.ingest(e)
	claims := l.claim(1, store.Lane{ConnectionID: connection, AccountID: books})
	if len(claims.Deliveries) != 1 {
		l.Fatalf("nothing to claim for %s", object)
	}
	out := l.made(claims.Deliveries[0], 1)
	out.Document.Kind, out.Document.Amount = kind, amount
	l.must(l.s.Finish(l.ctx, out))
	list, err := l.s.DocumentRows(l.ctx, store.DocumentFilter{ConnectionID: connection, Object: object, Limit: 1})
	l.must(err)
	equal(l, "made", list[0].ID, out.Document.ID)
	return list[0]
}

// undo undoes a document with a credit, or without a trace.
func (l *ledger) undo(d store.DocumentRow, credit *tengi.Document) int64 {
	l.Helper()
	l.ingest(l.event(d.Object, d.ConnectionID))
	out := l.made(l.claim(1, store.Lane{ConnectionID: d.ConnectionID, AccountID: books}).Deliveries[0], 1)
	out.Undone, out.Document = d.ID, credit
	out.Steps[0].Op, out.Steps[0].DocumentID = store.Undo, d.ID
	out.CallStep = &out.Steps[0]
	l.must(l.s.Finish(l.ctx, out))
	if credit == nil {
		return 0
	}
	return out.Document.ID
}

// crowns are whole krónur.
func crowns(n int64) money.Amount { return money.FromMinor(n, "ISK") }

func documentsByFilter(l *ledger) {
	at := func(hour int) time.Time { return epoch.Add(time.Duration(hour) * time.Hour) }
	invoice := l.document(first, "booking/1", tengi.Invoice, crowns(100))
	l.now = at(1)
	customer := l.document(first, "booking/2", tengi.CustomerRecord, money.Amount{})
	l.now = at(2)
	euros := l.document(second, "booking/1", tengi.Invoice, money.FromMinor(1990, "EUR"))
	l.now = at(3)
	credit := l.undo(invoice, &tengi.Document{Kind: tengi.CreditNote, ExternalID: "c", Amount: crowns(100), StepKey: "invoice"})
	l.now = at(4)
	receipt := l.document(first, "booking/3", tengi.Receipt, crowns(300))
	l.undo(receipt, nil)
	all := []int64{receipt.ID, credit, euros.ID, customer.ID, invoice.ID}
	for name, c := range map[string]struct {
		f    store.DocumentFilter
		want []int64
	}{
		"all":                         {store.DocumentFilter{}, all},
		"connection":                  {store.DocumentFilter{ConnectionID: second}, []int64{euros.ID}},
		"kind":                        {store.DocumentFilter{Kind: tengi.Invoice}, []int64{euros.ID, invoice.ID}},
		"kind that is not there":      {store.DocumentFilter{Kind: tengi.Message}, []int64{}},
		"currency":                    {store.DocumentFilter{Currency: "ISK"}, []int64{receipt.ID, credit, invoice.ID}},
		"currency of a connection":    {store.DocumentFilter{Currency: "ISK", ConnectionID: second}, []int64{}},
		"kind and currency":           {store.DocumentFilter{Kind: tengi.Invoice, Currency: "EUR"}, []int64{euros.ID}},
		"from":                        {store.DocumentFilter{From: at(3)}, []int64{receipt.ID, credit}},
		"until":                       {store.DocumentFilter{Until: at(2)}, []int64{customer.ID, invoice.ID}},
		"between":                     {store.DocumentFilter{From: at(1), Until: at(3), Kind: tengi.Invoice}, []int64{euros.ID}},
		"undone":                      {store.DocumentFilter{Undone: store.OnlyUndone}, []int64{receipt.ID, invoice.ID}},
		"undone invoices":             {store.DocumentFilter{Undone: store.OnlyUndone, Kind: tengi.Invoice}, []int64{invoice.ID}},
		"standing":                    {store.DocumentFilter{Undone: store.NotUndone}, []int64{credit, euros.ID, customer.ID}},
		"object":                      {store.DocumentFilter{Object: "booking/1"}, []int64{credit, euros.ID, invoice.ID}},
		"object, kind":                {store.DocumentFilter{Object: "booking/1", Kind: tengi.Invoice}, []int64{euros.ID, invoice.ID}},
		"object, currency":            {store.DocumentFilter{Object: "booking/1", Currency: "EUR"}, []int64{euros.ID}},
		"object, undone":              {store.DocumentFilter{Object: "booking/1", Undone: store.OnlyUndone}, []int64{invoice.ID}},
		"object, period":              {store.DocumentFilter{Object: "booking/1", From: at(1), Until: at(3)}, []int64{euros.ID}},
		"object that is not there":    {store.DocumentFilter{Object: "booking/9"}, []int64{}},
		"before one":                  {store.DocumentFilter{Before: euros.ID}, []int64{customer.ID, invoice.ID}},
		"before one, of another kind": {store.DocumentFilter{Before: euros.ID, Kind: tengi.Invoice}, []int64{invoice.ID}},
	} {
		list, err := l.s.DocumentRows(l.ctx, c.f)
		l.must(err)
		got := []int64{}
		for _, d := range list {
			got = append(got, d.ID)
		}
		equal(l, name, got, c.want)
	}
	list, err := l.s.DocumentRows(l.ctx, store.DocumentFilter{Object: "booking/1", ConnectionID: first})
	l.must(err)
	equal(l, "undone by", list[1].UndoneBy, credit)
	equal(l, "undoes", list[0].Undoes, invoice.ID)
	equal(l, "made by a delivery", list[1].DeliveryID, invoice.DeliveryID)
	equal(l, "at", list[1].AccountID, books)
}

func documentsByPages(l *ledger) {
	want := []int64{}
	for i := range 23 {
		if i%4 == 0 {
			l.now = l.now.Add(time.Minute) // several at the same moment
		}
		connection := []string{first, second}[i%2]
		kind := []tengi.DocumentKind{tengi.Invoice, tengi.Receipt, tengi.Other}[i%3]
		want = append(want, l.document(connection, fmt.Sprintf("booking/%d", i), kind, money.FromMinor(100, []string{"ISK", "EUR", "EUR"}[i%3])).ID)
	}
	slices.Reverse(want)
	for _, limit := range []int{1, 2, 5, 22, 23, 24} {
		got, f := []int64{}, store.DocumentFilter{WorkspaceID: workspace, Limit: limit}
		for range 30 {
			list, err := l.s.Documents(l.ctx, f)
			l.must(err)
			for _, d := range list {
				got, f.Before = append(got, d.ID), d.ID
			}
			if len(list) < limit {
				break
			}
		}
		equal(l, fmt.Sprintf("pages of %d", limit), got, want)
	}
}

func eachDocument(l *ledger) {
	for i := range 4 {
		l.document(first, fmt.Sprintf("booking/%d", i), tengi.Invoice, crowns(int64(i)))
	}
	got := []string{}
	l.must(l.s.EachDocument(l.ctx, store.DocumentFilter{WorkspaceID: workspace, Kind: tengi.Invoice, Limit: 1, Before: 1}, func(d store.DocumentRow) error {
		got = append(got, d.Amount.String())
		return nil
	}))
	equal(l, "each", got, []string{"3 ISK", "2 ISK", "1 ISK", "0 ISK"})
	enough := errors.New("enough")
	l.isErr("stopped", l.s.EachDocument(l.ctx, store.DocumentFilter{}, func(store.DocumentRow) error { return enough }), enough)
}

func documentsAfterNone(l *ledger) {
	l.document(first, "booking/1", tengi.Invoice, crowns(1))
	_, err := l.s.DocumentRows(l.ctx, store.DocumentFilter{Before: 1 << 40})
	l.isErr("after a document that is not there", err, store.ErrNotFound)
}

func documentsOfWorkspace(l *ledger) {
	l.other()
	theirs := l.document("c9", "booking/1", tengi.Invoice, crowns(1)).ID
	mine := l.document(first, "booking/1", tengi.Invoice, crowns(1)).ID
	for id, want := range map[string]int64{workspace: mine, "w2": theirs} {
		for _, object := range []string{"", "booking/1"} {
			list, err := l.s.Documents(l.ctx, store.DocumentFilter{WorkspaceID: id, Object: object})
			l.must(err)
			equal(l, "documents of "+id, len(list), 1)
			equal(l, "document of "+id, list[0].ID, want)
		}
	}
}
