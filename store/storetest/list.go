package storetest

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/tengi/tengi/store"
)

var listTests = map[string]func(*ledger){
	"ListDeliveries":          listDeliveries,
	"ListDeliveriesByPages":   pagesOfDeliveries,
	"ListEvents":              listEvents,
	"ListEventsOfConnections": eventsOfConnections,
	"ListDocuments":           listDocuments,
	"ListAttempts":            listAttempts,
	"Inbox":                   inbox,
	"InboxOfAnotherWorkspace": otherWorkspace,
	"Counts":                  counts,
}

// spread brings deliveries of the first connection to every state, and says which event is in which.
func (l *ledger) spread() map[store.State]int64 {
	l.Helper()
	later := l.now.Add(time.Hour)
	ids := map[store.State]int64{}
	for _, next := range []store.Next{{State: store.Done}, {State: store.Skipped}, {State: store.Failed}, {State: store.Held}, {State: store.Unknown},
		{State: store.Retrying, DueAt: later}} {
		ids[next.State] = l.stop("booking/"+string(next.State), next).EventID
	}
	ids[store.Running] = l.ingest(l.event("booking/running"))[0]
	l.take()
	ids[store.Waiting] = l.ingest(l.event("booking/waiting"))[0]
	return ids
}

// events are those of a list of deliveries.
func events(list []store.Delivery) []int64 {
	ids := []int64{}
	for _, d := range list {
		ids = append(ids, d.EventID)
	}
	return ids
}

func listDeliveries(l *ledger) {
	ids := l.spread()
	other := l.ingest(l.event("booking/waiting", second))[0]
	unnamed := l.ingest(l.event(""))[0]
	every := []int64{unnamed, other, ids[store.Waiting], ids[store.Running], ids[store.Retrying], ids[store.Unknown], ids[store.Held], ids[store.Failed], ids[store.Skipped], ids[store.Done]}
	ofFirst := slices.Delete(slices.Clone(every), 1, 2)
	for name, c := range map[string]struct {
		f    store.DeliveryFilter
		want []int64
	}{
		"all":                     {store.DeliveryFilter{}, every},
		"workspace":               {store.DeliveryFilter{WorkspaceID: workspace}, every},
		"no such workspace":       {store.DeliveryFilter{WorkspaceID: "w2"}, []int64{}},
		"another's connection":    {store.DeliveryFilter{WorkspaceID: "w2", ConnectionID: first}, []int64{}},
		"connection":              {store.DeliveryFilter{ConnectionID: first}, ofFirst},
		"second":                  {store.DeliveryFilter{ConnectionID: second}, []int64{other}},
		"no such connection":      {store.DeliveryFilter{ConnectionID: "c9"}, []int64{}},
		"limit":                   {store.DeliveryFilter{ConnectionID: first, Limit: 2}, ofFirst[:2]},
		"event":                   {store.DeliveryFilter{EventID: other}, []int64{other}},
		"event and state":         {store.DeliveryFilter{EventID: other, States: []store.State{store.Done}}, []int64{}},
		"event and workspace":     {store.DeliveryFilter{EventID: other, WorkspaceID: "w2"}, []int64{}},
		"object":                  {store.DeliveryFilter{Object: "booking/waiting"}, []int64{other, ids[store.Waiting]}},
		"object and connection":   {store.DeliveryFilter{Object: "booking/waiting", ConnectionID: first}, []int64{ids[store.Waiting]}},
		"object and state":        {store.DeliveryFilter{Object: "booking/done", States: []store.State{store.Done}}, []int64{ids[store.Done]}},
		"object of an event":      {store.DeliveryFilter{Object: fmt.Sprintf("event/%d", unnamed)}, []int64{unnamed}},
		"not an object":           {store.DeliveryFilter{Object: "event/0x1"}, []int64{}},
		"event is not its object": {store.DeliveryFilter{Object: fmt.Sprintf("event/%d", other)}, []int64{}},
		"ended": {store.DeliveryFilter{States: []store.State{store.Skipped, store.Done}},
			[]int64{ids[store.Skipped], ids[store.Done]}},
		"account":        {store.DeliveryFilter{AccountID: books, ConnectionID: first}, slices.DeleteFunc(slices.Clone(ofFirst), func(id int64) bool { return id == ids[store.Done] || id == ids[store.Skipped] })},
		"other account":  {store.DeliveryFilter{AccountID: mail}, []int64{}},
		"no such state":  {store.DeliveryFilter{States: []store.State{"' OR 1=1 --"}}, []int64{}},
		"strange states": {store.DeliveryFilter{EventID: other, States: []store.State{"x", store.Waiting}}, []int64{other}},
	} {
		list, err := l.s.Deliveries(l.ctx, c.f)
		l.must(err)
		equal(l, name, events(list), c.want)
	}
	for state, id := range ids {
		list, err := l.s.Deliveries(l.ctx, store.DeliveryFilter{ConnectionID: first, States: []store.State{state}, Limit: 1})
		l.must(err)
		want := id
		if state == store.Waiting {
			want = unnamed
		}
		equal(l, string(state), events(list), []int64{want})
	}
	taken, err := l.takeID(l.delivery(ids[store.Held]).ID)
	l.must(err)
	list, err := l.s.Deliveries(l.ctx, store.DeliveryFilter{ConnectionID: first, States: []store.State{store.Running}})
	l.must(err)
	equal(l, "what a person has taken", events(list), []int64{ids[store.Running], taken.EventID})
}

func pagesOfDeliveries(l *ledger) {
	var want []int64
	for i := range 25 {
		next := store.Next{State: everyEnd[i%len(everyEnd)]}
		if next.State == store.Retrying {
			next.DueAt = l.now.Add(time.Hour)
		}
		want = append(want, l.stop(fmt.Sprintf("booking/%d", i), next).ID)
	}
	slices.Reverse(want)
	var got []int64
	f := store.DeliveryFilter{WorkspaceID: workspace, Limit: 7}
	for range 10 {
		list, err := l.s.Deliveries(l.ctx, f)
		l.must(err)
		for _, d := range list {
			got = append(got, d.ID)
		}
		if len(list) < f.Limit {
			break
		}
		f.Before = list[len(list)-1].ID
	}
	equal(l, "pages", got, want)
}

// everyEnd are the states a piece of work may leave a delivery in.
var everyEnd = []store.State{store.Done, store.Skipped, store.Failed, store.Held, store.Retrying, store.Unknown}

func listEvents(l *ledger) {
	a, b, c := l.event("booking/1"), l.event("booking/1"), l.event("booking/2", first, second)
	b.AccountID = mail
	ids := l.ingest(a, b, c)
	for name, test := range map[string]struct {
		f    store.EventFilter
		want []int64
	}{
		"all":                {store.EventFilter{}, []int64{ids[2], ids[1], ids[0]}},
		"limit":              {store.EventFilter{Limit: 1}, []int64{ids[2]}},
		"before":             {store.EventFilter{Before: ids[2]}, []int64{ids[1], ids[0]}},
		"account":            {store.EventFilter{AccountIDs: []string{shop}}, []int64{ids[2], ids[0]}},
		"accounts":           {store.EventFilter{AccountIDs: []string{mail, shop}, Limit: 2}, []int64{ids[2], ids[1]}},
		"accounts, before":   {store.EventFilter{AccountIDs: []string{mail, shop}, Before: ids[1]}, []int64{ids[0]}},
		"no account":         {store.EventFilter{AccountIDs: []string{"none"}}, []int64{}},
		"object":             {store.EventFilter{Object: "booking/1"}, []int64{ids[1], ids[0]}},
		"object, account":    {store.EventFilter{Object: "booking/1", AccountIDs: []string{mail, books}}, []int64{ids[1]}},
		"object, before":     {store.EventFilter{Object: "booking/1", Before: ids[1]}, []int64{ids[0]}},
		"object, connection": {store.EventFilter{Object: "booking/2", ConnectionID: second}, []int64{ids[2]}},
		"not for connection": {store.EventFilter{Object: "booking/1", ConnectionID: second}, []int64{}},
		"no object":          {store.EventFilter{Object: "booking/3"}, []int64{}},
	} {
		list, err := l.s.Events(l.ctx, test.f)
		l.must(err)
		got := []int64{}
		for _, e := range list {
			got = append(got, e.ID)
			if e.Raw.Body != nil || e.Data != nil {
				l.Errorf("%s: event %d has its input", name, e.ID)
			}
		}
		equal(l, name, got, test.want)
	}
}

func eventsOfConnections(l *ledger) {
	var ids []int64
	for i := range 9 {
		to := []string{first, second}
		if i%3 == 0 {
			to = to[:1]
		}
		ids = append(ids, l.ingest(l.event(fmt.Sprintf("booking/%d", i), to...))...)
	}
	l.finish(l.take(), store.Done)
	var got []int64
	f := store.EventFilter{ConnectionID: second, AccountIDs: []string{shop}, Limit: 4}
	for range 5 {
		list, err := l.s.Events(l.ctx, f)
		l.must(err)
		for _, e := range list {
			got = append(got, e.ID)
			f.Before = e.ID
		}
	}
	equal(l, "second's", got, []int64{ids[8], ids[7], ids[5], ids[4], ids[2], ids[1]})
	list, err := l.s.Events(l.ctx, store.EventFilter{ConnectionID: second, AccountIDs: []string{mail}})
	l.must(err)
	equal(l, "of another account", len(list), 0)
}

func listDocuments(l *ledger) {
	a, b := l.invoice("booking/1", 1), l.invoice("booking/2", 1)
	l.ingest(l.event("booking/1", second))
	out := l.made(l.claim(1, store.Lane{ConnectionID: second, AccountID: books}).Deliveries[0], 1)
	l.must(l.s.Finish(l.ctx, out))
	c := out.Document.ID
	for name, test := range map[string]struct {
		f    store.DocumentFilter
		want []int64
	}{
		"all":                {store.DocumentFilter{}, []int64{c, b, a}},
		"limit":              {store.DocumentFilter{Limit: 2}, []int64{c, b}},
		"before":             {store.DocumentFilter{Before: c}, []int64{b, a}},
		"workspace":          {store.DocumentFilter{WorkspaceID: workspace}, []int64{c, b, a}},
		"another workspace":  {store.DocumentFilter{WorkspaceID: "w2"}, []int64{}},
		"connection":         {store.DocumentFilter{ConnectionID: first}, []int64{b, a}},
		"object":             {store.DocumentFilter{Object: "booking/1"}, []int64{c, a}},
		"object, connection": {store.DocumentFilter{Object: "booking/1", ConnectionID: first}, []int64{a}},
	} {
		list, err := l.s.Documents(l.ctx, test.f)
		l.must(err)
		got := []int64{}
		for _, d := range list {
			got = append(got, d.ID)
		}
		equal(l, name, got, test.want)
	}
	if _, err := l.s.Document(l.ctx, 1<<40); !errors.Is(err, store.ErrNotFound) {
		l.Errorf("a document that is not there: %v, want ErrNotFound", err)
	}
}

func listAttempts(l *ledger) {
	l.ingest(l.event("booking/1"))
	for i := range 3 {
		d := l.take()
		out := l.outcome(d, store.Retrying)
		out.Next.DueAt = l.now
		out.Attempt = &store.Attempt{StepKey: "invoice", Op: store.Do, Outcome: "temporary", Code: fmt.Sprint(i), Node: node, StartedAt: l.now, EndedAt: l.now}
		l.must(l.s.Finish(l.ctx, out))
	}
	d := l.take()
	list, err := l.s.Attempts(l.ctx, d.ID)
	l.must(err)
	codes := []string{}
	for _, a := range list {
		codes = append(codes, a.Code)
		equal(l, "exchanges", a.Exchanges, nil)
	}
	equal(l, "in order", codes, []string{"0", "1", "2"})
	none, err := l.s.Attempts(l.ctx, 1<<40)
	l.must(err)
	equal(l, "of nothing", len(none), 0)
}
