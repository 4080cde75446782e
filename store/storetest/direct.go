package storetest

import (
	"fmt"
	"time"

	"github.com/tengi/tengi/store"
)

var directTests = map[string]func(*ledger){
	"DirectWhereNothingStandsInTheWay": directWhenClear,
	"DirectTellsAllThereIs":            directTellsAll,
	"DirectReadsWhatWasBefore":         directReadsPast,
	"DirectHeedsAnAccountThatWaits":    directHeedsWait,
	"DirectLeaseEnds":                  directLeaseEnds,
}

// offered is an event whose deliveries may be taken as they are stored.
func (l *ledger) offered(object string, connections ...string) store.NewEvent {
	e := l.event(object, connections...)
	for i := range e.Deliveries {
		e.Deliveries[i].Take = &store.Take{Node: node, Lease: l.token(), Now: l.now, Until: l.now.Add(time.Minute)}
	}
	return e
}

// store stores events in one transaction. A database of several writers takes nothing as it is stored; there these tests say that it does not.
func (l *ledger) store(events ...store.NewEvent) []store.Ingested {
	l.Helper()
	got, err := l.s.Ingest(l.ctx, store.Ingest{Events: events, Join: true})
	l.must(err)
	if !l.s.Direct() {
		for _, g := range got {
			if len(g.Taken) != 0 {
				l.Errorf("taken: %+v", g)
			}
		}
	}
	return got
}

func directWhenClear(l *ledger) {
	l.ingest(l.event("booking/waits"))
	got := l.store(l.offered("booking/1"), l.offered("booking/1"), l.event("booking/2"), l.offered("booking/2"), l.offered("booking/waits"), l.offered("", first, second), l.offered(""))
	if !l.s.Direct() {
		equal(l, "waiting", len(l.claimed(20)), 5)
		return
	}
	taken := make([]int, len(got))
	for i, g := range got {
		taken[i] = len(g.Taken)
	}
	equal(l, "taken", taken, []int{1, 0, 0, 0, 0, 2, 1})
	equal(l, "its object", got[5].Taken[0].Object, fmt.Sprintf("event/%d", got[5].EventID))
	equal(l, "waiting and first", len(l.claimed(20)), 2)
	again := l.offered("booking/3")
	equal(l, "at first", len(l.store(again)[0].Taken), 1)
	equal(l, "a repeat", len(l.store(again)[0].Taken), 0)
	l.finish(got[0].Taken[0], store.Done)
	equal(l, "the second of it", l.claimed(10), []int64{got[1].EventID})
}

// What is taken as it is stored is told what a reading would say.
func directTellsAll(l *ledger) {
	e := l.offered("booking/\x00\xff1")
	e.Raw.Header, e.Raw.Query = map[string]string{"X-Topic": "a"}, "a=1"
	bare := l.offered("")
	bare.Raw.Body, bare.Data, bare.NeedsLoad, bare.ReceivedAt = nil, nil, true, l.now.Add(1234567*time.Nanosecond)
	other := l.offered("booking/2")
	other.Data = []byte(`{"b":"\xff"}`)
	for _, g := range l.store(e, bare, other) {
		for _, c := range g.Taken {
			l.told(c)
		}
	}
}

// told compares the situation that a delivery was taken with, if it was, with the one that is read.
func (l *ledger) told(c store.Claimed) {
	l.Helper()
	if c.Situation == nil {
		return
	}
	told := *c.Situation
	c.Situation = nil
	read, err := l.s.Situation(l.ctx, c)
	l.must(err)
	equal(l, "situation", told, read)
}

func directReadsPast(l *ledger) {
	l.ingest(l.event("booking/1"))
	d := l.take()
	step, call := l.step(1)
	l.must(l.intend(d, step, call))
	l.must(l.s.Finish(l.ctx, l.made(d, 1)))
	for _, g := range l.store(l.offered("booking/1")) {
		for _, c := range g.Taken {
			in, err := l.s.Situation(l.ctx, c)
			l.must(err)
			equal(l, "documents", len(in.Documents), 1)
		}
	}
}

func directHeedsWait(l *ledger) {
	l.ingest(l.event("booking/1"))
	out := l.outcome(l.take(), store.Done)
	out.Slow = &store.Slow{AccountID: books, Until: l.now.Add(time.Minute)}
	l.must(l.s.Finish(l.ctx, out))
	equal(l, "taken while the account waits", len(l.store(l.offered("booking/2"))[0].Taken), 0)
}

func directLeaseEnds(l *ledger) {
	got := l.store(l.offered("booking/1"))
	if !l.s.Direct() {
		return
	}
	l.now = l.now.Add(time.Second)
	_, err := l.s.Expire(l.ctx, l.now, node, nil)
	l.must(err)
	c := l.take()
	equal(l, "claimed", c.EventID, got[0].EventID)
	equal(l, "losses", c.Losses, 1)
}
