package storetest

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/store"
)

func inbox(l *ledger) {
	var vat []int64
	for i := range 12 {
		vat = append(vat, l.stop(fmt.Sprintf("vat/%d", i), store.Next{State: store.Failed, Code: "vat"}).ID)
	}
	address := l.stop("booking/1", store.Next{State: store.Failed, Code: "address"}).ID
	totals := l.stop("booking/2", store.Next{State: store.Held, Code: "totals", Open: true}).ID
	lost := l.stop("booking/3", store.Next{State: store.Unknown, Code: "ask"}).ID
	l.stop("booking/4", store.Next{State: store.Unknown, Code: "ask", DueAt: l.now.Add(time.Hour)}) // the clock's
	l.stop("booking/5", store.Next{State: store.Retrying, DueAt: l.now.Add(time.Hour)})
	l.stop("booking/6", store.Next{State: store.Done})
	bad := l.event("booking/7", second)
	bad.Deliveries[0].State, bad.Deliveries[0].Code = store.Held, "unreadable"
	l.ingest(bad)
	list, err := l.s.Deliveries(l.ctx, store.DeliveryFilter{ConnectionID: second})
	l.must(err)
	var latest []int64
	for i := range 10 {
		latest = append(latest, vat[11-i])
	}
	got, err := l.s.Inbox(l.ctx, workspace)
	l.must(err)
	equal(l, "inbox", got, []store.Group{
		{ConnectionID: first, State: store.Failed, Code: "address", Count: 1, Latest: []int64{address}},
		{ConnectionID: first, State: store.Failed, Code: "vat", Count: 12, Latest: latest},
		{ConnectionID: first, State: store.Held, Code: "totals", Count: 1, Latest: []int64{totals}},
		{ConnectionID: first, State: store.Unknown, Code: "ask", Count: 1, Latest: []int64{lost}},
		{ConnectionID: second, State: store.Held, Code: "unreadable", Count: 1, Latest: []int64{list[0].ID}},
	})
	n, err := l.s.CountWaiting(l.ctx, workspace)
	l.must(err)
	equal(l, "waiting", n, 16)
	var found []int64
	for before := int64(0); ; {
		rows, last, err := l.s.GroupRows(l.ctx, workspace, got[1], before, 5)
		l.must(err)
		for _, row := range rows {
			found = append(found, row.Deliveries[0].ID)
		}
		if before = last; len(rows) < 5 {
			break
		}
	}
	slices.Sort(found)
	equal(l, "all that wait for one cause", found, vat)
	if rows, _, err := l.s.GroupRows(l.ctx, "w2", got[1], 0, 5); err != nil || len(rows) != 0 {
		l.Errorf("another workspace is shown %d: %v", len(rows), err)
	}
	if _, _, err := l.s.GroupRows(l.ctx, workspace, store.Group{ConnectionID: first, State: store.Done}, 0, 5); !errors.Is(err, store.ErrNotFound) {
		l.Errorf("what is done does not wait: %v", err)
	}
}

func otherWorkspace(l *ledger) {
	l.must(l.s.SaveWorkspace(l.ctx, tengi.Workspace{ID: "w2", Key: "salon", Name: "Salon", Country: "PL", Currency: "PLN", TimeZone: "Europe/Warsaw", Language: "pl"}, l.now))
	l.must(l.s.SaveConnection(l.ctx, tengi.Connection{ID: "c9", WorkspaceID: "w2", Key: "c9", Name: "c9"}, l.now))
	l.stop("booking/1", store.Next{State: store.Failed, Code: "vat"})
	got, err := l.s.Inbox(l.ctx, "w2")
	l.must(err)
	equal(l, "inbox", len(got), 0)
	list, err := l.s.Deliveries(l.ctx, store.DeliveryFilter{WorkspaceID: "w2"})
	l.must(err)
	equal(l, "deliveries", len(list), 0)
}

func counts(l *ledger) {
	none, err := l.s.Counts(l.ctx)
	l.must(err)
	equal(l, "at first", none, store.Counts{States: map[store.State]int{}})
	l.spread()
	l.stop("booking/8", store.Next{State: store.Unknown, DueAt: l.now.Add(time.Hour)})
	l.stop("booking/9", store.Next{State: store.Done})
	got, err := l.s.Counts(l.ctx)
	l.must(err)
	equal(l, "counts", got, store.Counts{OldestDue: l.now, States: map[store.State]int{store.Waiting: 1, store.Running: 1, store.Retrying: 1, store.Failed: 1, store.Held: 1, store.Unknown: 2}})
}
