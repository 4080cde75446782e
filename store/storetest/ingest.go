package storetest

import (
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/shopspring/decimal"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/sale"
	"github.com/tengi/tengi/store"
)

var ingestTests = map[string]func(*ledger){
	"IngestKeepsAnEventAsItCame":        keepsEvent,
	"IngestKeepsWhatIsNoText":           keepsStrangeText,
	"IngestKnowsARepeat":                knowsRepeat,
	"IngestKnowsARepeatInOneCall":       knowsRepeatInOneCall,
	"IngestKnowsARepeatOf64AtOnce":      knowsConcurrentRepeat,
	"IngestTellsAccountsApart":          tellsAccountsApart,
	"IngestOneDeliveryForAConnection":   oneDeliveryForAConnection,
	"IngestHeld":                        ingestHeld,
	"IngestJoin":                        ingestJoin,
	"IngestManyObjectsAtOnce":           manyObjects,
	"IngestNothing":                     ingestNothing,
	"IngestIdsFollowTheOrderOfArrival":  idsFollowArrival,
	"IngestEventsOfPausedAndBrokenStay": storesForAnyConnection,
}

func keepsEvent(l *ledger) {
	in := l.event("booking/1")
	in.Version, in.Type = 7, "booking.changed"
	in.Raw = tengi.Raw{Method: "POST", Query: "a=1", Header: map[string]string{"X-Topic": "bookings/update"}, Body: []byte("\xff\x00{")}
	in.Data = []byte(`{"b":[1,2]}`)
	in.Sale = &sale.Sale{Reference: "FJ-1", Status: sale.Confirmed, Currency: "ISK", Total: decimal.RequireFromString("24900.50"), VATIncluded: true,
		Customer: sale.Customer{Name: "Anna Lind", Email: "anna@example.is"}, Lines: []sale.Line{{Text: "Hvalaskoðun", Quantity: decimal.NewFromInt(2)}}}
	id := l.ingest(in)[0]
	got, loaded, err := l.s.Event(l.ctx, id)
	l.must(err)
	want := in.Event
	want.ID = id
	equal(l, "event", got, want)
	equal(l, "loaded", loaded, true)

	bare := l.event("")
	bare.Raw, bare.Data, bare.NeedsLoad, bare.Unreadable = tengi.Raw{}, nil, true, "not JSON at byte 3"
	id = l.ingest(bare)[0]
	got, loaded, err = l.s.Event(l.ctx, id)
	l.must(err)
	want = bare.Event
	want.ID = id
	equal(l, "bare event", got, want)
	equal(l, "loaded", loaded, false)
	equal(l, "its delivery's object", l.delivery(id).Object, fmt.Sprintf("event/%d", id))

	if _, _, err := l.s.Event(l.ctx, id+1000); !errors.Is(err, store.ErrNotFound) {
		l.Errorf("an event that is not there: %v, want ErrNotFound", err)
	}
}

// A text with NUL or bytes that are no UTF-8 loses them; the event is stored all the same, and is still its own.
func keepsStrangeText(l *ledger) {
	a, b := l.event("booking/\x00\xff1"), l.event("booking/\uFFFD\uFFFD1")
	a.Dedupe, b.Dedupe = "x\x00", "x\uFFFD"
	a.Data, a.Raw.Body = []byte("\xfe"), []byte("\xfe\x00")
	a.Unreadable = "byte \xff is not JSON"
	ids := l.ingest(a, b)
	if ids[0] == ids[1] {
		l.Error("two different dedupe keys were taken for one")
	}
	got, _, err := l.s.Event(l.ctx, ids[0])
	l.must(err)
	equal(l, "object", got.Object, "booking/\uFFFD\uFFFD1")
	equal(l, "body", got.Raw.Body, []byte("\xfe\x00"))
	equal(l, "unreadable", got.Unreadable, "byte \uFFFD is not JSON")
	equal(l, "in order", l.claimed(10), []int64{ids[0]})
}

func knowsRepeat(l *ledger) {
	e := l.event("booking/1")
	id := l.ingest(e)[0]
	e.Object, e.Type = "booking/2", "booking.other" // what it says now does not matter
	got, err := l.s.Ingest(l.ctx, store.Ingest{Events: []store.NewEvent{e}})
	l.must(err)
	equal(l, "repeat", got, []store.Ingested{{EventID: id, Duplicate: true}})
	kept, _, err := l.s.Event(l.ctx, id)
	l.must(err)
	equal(l, "object", kept.Object, "booking/1")
	equal(l, "deliveries", l.claimed(10), []int64{id})
}

func knowsRepeatInOneCall(l *ledger) {
	a, b := l.event("booking/1"), l.event("booking/2")
	got, err := l.s.Ingest(l.ctx, store.Ingest{Events: []store.NewEvent{a, b, a, b, a}})
	l.must(err)
	equal(l, "ingested", got, []store.Ingested{{EventID: got[0].EventID, Joined: 1}, {EventID: got[1].EventID, Joined: 1},
		{EventID: got[0].EventID, Duplicate: true}, {EventID: got[1].EventID, Duplicate: true}, {EventID: got[0].EventID, Duplicate: true}})
	equal(l, "deliveries", l.claimed(10), []int64{got[0].EventID, got[1].EventID})
}

func knowsConcurrentRepeat(l *ledger) {
	const senders, kinds = 64, 8
	var events []store.NewEvent
	for i := range kinds {
		events = append(events, l.event(fmt.Sprintf("booking/%d", i)))
	}
	var mu sync.Mutex
	fresh, seen := map[int]int{}, map[int]map[int64]bool{}
	var group sync.WaitGroup
	for i := range senders {
		group.Go(func() {
			for k := range kinds {
				n := (i + k) % kinds
				got, err := l.s.Ingest(l.ctx, store.Ingest{Events: []store.NewEvent{events[n]}})
				if err != nil {
					l.Error(err)
					return
				}
				mu.Lock()
				if !got[0].Duplicate {
					fresh[n]++
				}
				if seen[n] == nil {
					seen[n] = map[int64]bool{}
				}
				seen[n][got[0].EventID] = true
				mu.Unlock()
			}
		})
	}
	group.Wait()
	for n := range kinds {
		if fresh[n] != 1 || len(seen[n]) != 1 {
			l.Errorf("event %d was new %d times under %d ids, want once under one", n, fresh[n], len(seen[n]))
		}
	}
	equal(l, "deliveries", len(l.claimed(1000)), kinds)
}

func tellsAccountsApart(l *ledger) {
	a, b := l.event("booking/1"), l.event("booking/1")
	b.Dedupe, b.AccountID = a.Dedupe, mail
	ids := l.ingest(a, b)
	if ids[0] == ids[1] {
		l.Error("the same key of two accounts was taken for one event")
	}
}

func oneDeliveryForAConnection(l *ledger) {
	got, err := l.s.Ingest(l.ctx, store.Ingest{Events: []store.NewEvent{l.event("booking/1", first, second, first)}})
	l.must(err)
	equal(l, "deliveries created", got[0].Joined, 2)
	list, err := l.s.Deliveries(l.ctx, store.DeliveryFilter{EventID: got[0].EventID})
	l.must(err)
	equal(l, "deliveries", len(list), 2)
}

func ingestHeld(l *ledger) {
	e := l.event("booking/1")
	e.Unreadable = "not JSON"
	e.Deliveries[0] = store.NewDelivery{ConnectionID: first, AccountID: books, State: store.Held, Code: "unreadable", Reason: "not JSON"}
	ids := l.ingest(e, l.event("booking/1"))
	d := l.delivery(ids[0])
	equal(l, "held", d, store.Delivery{ID: d.ID, EventID: ids[0], ConnectionID: first, AccountID: books, Object: "booking/1", State: store.Held, Code: "unreadable",
		Reason: "not JSON", UpdatedAt: l.now})
	equal(l, "what is not stopped by it", l.claimed(10), ids[1:])
}

func ingestJoin(l *ledger) {
	e := l.event("booking/1")
	id := l.ingest(e)[0]
	e.Deliveries = []store.NewDelivery{{ConnectionID: second, AccountID: books, State: store.Waiting}, {ConnectionID: first, AccountID: books, State: store.Waiting}}
	for _, c := range []struct {
		join bool
		want store.Ingested
	}{
		{false, store.Ingested{EventID: id, Duplicate: true}},
		{true, store.Ingested{EventID: id, Duplicate: true, Joined: 1}},
		{true, store.Ingested{EventID: id, Duplicate: true}},
	} {
		got, err := l.s.Ingest(l.ctx, store.Ingest{Events: []store.NewEvent{e}, Join: c.join})
		l.must(err)
		equal(l, fmt.Sprintf("join %t", c.join), got, []store.Ingested{c.want})
	}
	equal(l, "first", l.claimed(10), []int64{id})
	equal(l, "second", l.claimed(10, store.Lane{ConnectionID: second, AccountID: books}), []int64{id})
}

// More objects than a server has locks for one transaction.
func manyObjects(l *ledger) {
	in := store.Ingest{Join: true}
	for i := range 3000 {
		in.Events = append(in.Events, l.event(fmt.Sprintf("row/%d", i)))
	}
	var group sync.WaitGroup
	for range 3 { // whoever is first, the others find them all
		group.Go(func() {
			if _, err := l.s.Ingest(l.ctx, in); err != nil {
				l.Error(err)
			}
		})
	}
	group.Wait()
	equal(l, "claimed", len(l.claimed(5000)), 3000)
}

func ingestNothing(l *ledger) {
	got, err := l.s.Ingest(l.ctx, store.Ingest{})
	l.must(err)
	equal(l, "ingested", len(got), 0)
}

func idsFollowArrival(l *ledger) {
	var last int64
	for i := range 20 {
		id := l.ingest(l.event(fmt.Sprintf("booking/%d", i%3)))[0]
		if id <= last {
			l.Fatalf("event %d came after %d", id, last)
		}
		last = id
	}
}

func storesForAnyConnection(l *ledger) {
	l.must(l.s.SaveConnection(l.ctx, tengi.Connection{ID: second, WorkspaceID: workspace, Key: second, Name: strings.ToUpper(second)}, l.now))
	id := l.ingest(l.event("booking/1", second))[0]
	equal(l, "claimed", l.claimed(10, store.Lane{ConnectionID: second, AccountID: books}), []int64{id})
}
