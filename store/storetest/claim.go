package storetest

import (
	"fmt"
	"time"

	"github.com/tengi/tengi/store"
)

var claimTests = map[string]func(*ledger){
	"ClaimOldestFirst":                 claimOldestFirst,
	"ClaimWaitsForTheHead":             claimWaitsForHead,
	"ClaimAfterEveryStateOfTheHead":    claimAfterHead,
	"ClaimIsOfOneConnectionAndAccount": claimIsOfOneLane,
	"ClaimTakesNoMoreThanWanted":       claimTakesWanted,
	"ClaimSaysWhenToAskAgain":          claimSaysAgain,
	"ClaimTellsWhatADeliveryWas":       claimTellsWas,
	"ClaimIsNotBeforeItIsDue":          claimNotBeforeDue,
	"ClaimWaitsForAPersonsDecision":    claimWaitsForPerson,
	"ClaimSupersededDoesNotComeBack":   supersededStays,
	"ClaimOfManyLanes":                 claimManyLanes,
	"ClaimPassesByManyThatWait":        claimPassesBy,
	"ClaimEventsWithoutObjectAreAlone": claimAlone,
	"ClaimOneObjectOfTwoConnections":   claimTwoConnections,
	"ClaimPassesByWhatItDoesNotTake":   claimTakesSome,
}

func claimOldestFirst(l *ledger) {
	a := l.ingest(l.event("booking/1"))
	l.now = l.now.Add(-time.Second) // came later with an earlier time: another node's clock
	b := l.ingest(l.event("booking/2"))
	l.now = l.now.Add(2 * time.Second)
	c := l.ingest(l.event("booking/3"))
	equal(l, "claimed", l.claimed(10), []int64{b[0], a[0], c[0]})
	equal(l, "again", l.claimed(10), []int64{})
}

func claimWaitsForHead(l *ledger) {
	ids := l.ingest(l.event("booking/1"), l.event("booking/1"), l.event("booking/2"), l.event("booking/1"))
	got := l.claim(10)
	if len(got.Deliveries) != 2 || got.Deliveries[0].EventID != ids[0] || got.Deliveries[1].EventID != ids[2] {
		l.Fatalf("claimed %v, want the first of each object", got.Deliveries)
	}
	equal(l, "while it is at work", l.claimed(10), []int64{})
	l.finish(got.Deliveries[0], store.Done)
	next := l.take()
	equal(l, "after it", next.EventID, ids[1])
	equal(l, "the third", l.claimed(10), []int64{})
	l.finish(next, store.Skipped)
	equal(l, "the third after the second", l.claimed(10), ids[3:])
}

func claimAfterHead(l *ledger) {
	later := l.now.Add(time.Hour)
	for i, c := range []struct {
		next   store.Next
		passes bool
	}{
		{store.Next{State: store.Done}, true},
		{store.Next{State: store.Done, Open: true}, true}, // what has ended never stands in the way
		{store.Next{State: store.Skipped}, true},
		{store.Next{State: store.Failed}, true},
		{store.Next{State: store.Failed, Open: true}, false},
		{store.Next{State: store.Held}, true},
		{store.Next{State: store.Held, Open: true}, false},
		{store.Next{State: store.Unknown, Open: true}, false},
		{store.Next{State: store.Unknown}, false}, // what may have acted always does
		{store.Next{State: store.Unknown, Open: true, DueAt: later}, false},
		{store.Next{State: store.Retrying, DueAt: later}, false},
		{store.Next{State: store.Waiting, DueAt: later}, false},
		{store.Next{State: store.Running, Keep: true}, false},
	} {
		object := fmt.Sprintf("booking/%d", i)
		ids := l.ingest(l.event(object), l.event(object))
		head := l.take()
		out := l.outcome(head, c.next.State)
		c.next.AccountID = books
		out.Next = c.next
		l.must(l.s.Finish(l.ctx, out))
		want := []int64{}
		if c.passes {
			want = ids[1:]
		}
		equal(l, fmt.Sprintf("claimed behind %+v", c.next), l.claimed(10), want)
	}
}

func claimIsOfOneLane(l *ledger) {
	ids := l.ingest(l.event("booking/1"), l.event("booking/1", second))
	equal(l, "another account", l.claimed(10, store.Lane{ConnectionID: first, AccountID: mail}), []int64{})
	d := l.take()
	equal(l, "first", d.EventID, ids[0])
	out := l.outcome(d, store.Waiting)
	out.Next.AccountID, out.Next.DueAt = mail, l.now
	l.must(l.s.Finish(l.ctx, out))
	equal(l, "moved on", l.claimed(10), []int64{})
	equal(l, "moved to", l.claimed(10, store.Lane{ConnectionID: first, AccountID: mail}), ids[:1])
	equal(l, "second", l.claimed(10, store.Lane{ConnectionID: second, AccountID: books}), ids[1:])
}

func claimTakesWanted(l *ledger) {
	for i := range 10 {
		l.ingest(l.event(fmt.Sprintf("booking/%d", i)))
	}
	for i, c := range []struct{ want, got int }{{0, 0}, {4, 4}, {4, 4}, {4, 2}, {4, 0}} {
		equal(l, fmt.Sprintf("claim %d", i), len(l.claimed(c.want)), c.got)
	}
}

func claimSaysAgain(l *ledger) {
	again := func(want int) map[store.Lane]time.Time {
		l.Helper()
		return l.claim(want).Again
	}
	none := map[store.Lane]time.Time{}
	equal(l, "nothing there", again(10), none)
	l.ingest(l.event("booking/1"), l.event("booking/2"), l.event("booking/3"))
	equal(l, "asked for nothing", again(0), map[store.Lane]time.Time{lane(): l.now})
	got := l.claim(2)
	equal(l, "more is due", got.Again, map[store.Lane]time.Time{lane(): l.now})
	out := l.outcome(got.Deliveries[0], store.Retrying)
	out.Next.DueAt = l.now.Add(30 * time.Second)
	l.must(l.s.Finish(l.ctx, out))
	third := l.claim(2)
	equal(l, "claimed", len(third.Deliveries), 1)
	equal(l, "one is due later", third.Again, map[store.Lane]time.Time{lane(): l.now.Add(30 * time.Second)})
	equal(l, "still", again(10), map[store.Lane]time.Time{lane(): l.now.Add(30 * time.Second)})
	l.ingest(l.event("booking/2")) // waits for the second, which is at work
	equal(l, "what waits for another", again(10), map[store.Lane]time.Time{lane(): l.now.Add(30 * time.Second)})
	l.now = l.now.Add(30 * time.Second)
	equal(l, "taken when it was due", again(10), none)
}

func claimTellsWas(l *ledger) {
	id := l.ingest(l.event("booking/1"))[0]
	d := l.take()
	d.Situation = nil
	equal(l, "claimed", d, store.Claimed{ID: d.ID, EventID: id, ConnectionID: first, AccountID: books, Object: "booking/1", Was: store.Waiting, Lease: d.Lease})
	step, call := l.step(1)
	l.must(l.intend(d, step, call))
	out := l.outcome(d, store.Retrying)
	out.Next.DueAt, out.Next.Tries, out.Next.Code, out.Next.Reason = l.now, 3, "timeout", "no answer"
	l.must(l.s.Finish(l.ctx, out))
	again := l.take()
	equal(l, "again", again, store.Claimed{ID: d.ID, EventID: id, ConnectionID: first, AccountID: books, Object: "booking/1", Was: store.Retrying, Tries: 3, Touched: true, Lease: again.Lease})
	if again.Lease == d.Lease {
		l.Error("the same lease twice")
	}
	running := l.delivery(id)
	equal(l, "running", running, store.Delivery{ID: d.ID, EventID: id, ConnectionID: first, AccountID: books, Object: "booking/1", State: store.Running, Open: true, Tries: 3, Touched: true,
		LeaseUntil: l.now.Add(time.Minute), Node: node, Code: "timeout", Reason: "no answer", UpdatedAt: l.now})
}

func claimNotBeforeDue(l *ledger) {
	id := l.ingest(l.event("booking/1"))[0]
	out := l.outcome(l.take(), store.Retrying)
	out.Next.DueAt = l.now.Add(time.Second)
	l.must(l.s.Finish(l.ctx, out))
	l.now = l.now.Add(999 * time.Millisecond)
	equal(l, "a millisecond early", l.claimed(10), []int64{})
	l.now = l.now.Add(time.Millisecond)
	equal(l, "on time", l.claimed(10), []int64{id})
}

func claimWaitsForPerson(l *ledger) {
	ids := l.ingest(l.event("booking/1"), l.event("booking/1"))
	l.finish(l.take(), store.Failed) // the second may go on
	taken, err := l.s.Take(l.ctx, l.delivery(ids[0]).ID, []store.State{store.Failed}, l.token(), l.now.Add(time.Minute))
	l.must(err)
	equal(l, "while a person decides about the first", l.claimed(10), []int64{})
	out := l.outcome(taken.Claimed, store.Waiting)
	out.Next.DueAt = l.now
	l.must(l.s.Finish(l.ctx, out))
	equal(l, "replayed", l.claimed(10), ids[:1])
}

func supersededStays(l *ledger) {
	ids := l.ingest(l.event("booking/1"), l.event("booking/1"), l.event("booking/2"))
	stopped := l.take()
	l.finish(stopped, store.Held)
	other := l.claim(10)
	equal(l, "claimed", len(other.Deliveries), 2)
	for _, d := range other.Deliveries {
		out := l.outcome(d, store.Done)
		out.Decided, out.Version = true, 4
		l.must(l.s.Finish(l.ctx, out))
	}
	d := l.delivery(ids[0])
	equal(l, "state", d.State, store.Skipped)
	equal(l, "code", d.Code, "superseded")
	equal(l, "reason", d.Reason, fmt.Sprintf("decided by the later event %d", ids[1]))
	equal(l, "claimed", l.claimed(10), []int64{})
}

func claimManyLanes(l *ledger) {
	ids := l.ingest(l.event("booking/1"), l.event("booking/2", second), l.event("booking/3"))
	lanes := []store.Lane{{ConnectionID: second, AccountID: books}, lane(), {ConnectionID: first, AccountID: mail}}
	got := l.claim(2, lanes...)
	equal(l, "claimed", len(got.Deliveries), 2)
	equal(l, "the first lane's", got.Deliveries[0].EventID, ids[1])
	equal(l, "the second lane's", got.Deliveries[1].EventID, ids[0])
	equal(l, "again", got.Again, map[store.Lane]time.Time{lanes[1]: l.now, lanes[2]: l.now}) // the last was not asked
	equal(l, "the rest", l.claimed(10, lanes...), ids[2:])
}

// What waits behind a head that a person must look at does not keep the rest of the lane from being found.
func claimPassesBy(l *ledger) {
	var events []store.NewEvent
	for range 300 {
		events = append(events, l.event("booking/stuck"))
	}
	_, err := l.s.Ingest(l.ctx, store.Ingest{Events: events})
	l.must(err)
	l.finish(l.take(), store.Unknown)
	id := l.ingest(l.event("booking/free"))
	equal(l, "claimed", l.claimed(3), id)
}

func claimAlone(l *ledger) {
	ids := l.ingest(l.event(""), l.event(""), l.event(""))
	equal(l, "claimed", l.claimed(10), ids)
}

func claimTwoConnections(l *ledger) {
	id := l.ingest(l.event("booking/1", first, second))[0]
	lanes := []store.Lane{lane(), {ConnectionID: second, AccountID: books}}
	equal(l, "claimed", l.claimed(10, lanes...), []int64{id, id})
}

// A claim passes by what was lost so often that it is not for it, however many there are, and says where; one that is for it finds it.
func claimTakesSome(l *ledger) {
	lane := store.Lane{ConnectionID: first, AccountID: books}
	var lost []int64
	for i := range 5 {
		lost = append(lost, l.ingest(l.event(fmt.Sprintf("booking/lost %d", i)))...)
	}
	later := l.event("booking/lost 0")
	for range 2 {
		equal(l, "taken to be lost", l.claimed(10), lost)
		l.lose()
		l.now = l.now.Add(time.Second)
	}
	well := l.ingest(later, l.event("booking/1"), l.event("booking/2"))
	claim := func(want int, takes func(losses int) bool) ([]int64, []store.Lane) {
		got, err := l.s.Claim(l.ctx, store.Claim{Lanes: []store.Lane{lane}, Want: want, Node: node, Lease: l.token(), Now: l.now, Until: l.now.Add(time.Minute), Takes: takes})
		l.must(err)
		ids := []int64{}
		for _, d := range got.Deliveries {
			ids = append(ids, d.EventID)
		}
		return ids, got.Passed
	}
	together := func(losses int) bool { return losses < 2 }
	alone := func(losses int) bool { return losses >= 2 }
	got, passed := claim(1, together)
	equal(l, "one that is well", got, well[1:2])
	equal(l, "passed", passed, []store.Lane{lane})
	got, _ = claim(1, alone)
	equal(l, "one that was lost", got, lost[:1])
	got, _ = claim(10, together)
	equal(l, "all that are well", got, well[2:])
	got, passed = claim(10, together)
	equal(l, "none", got, []int64{})
	equal(l, "still passed", passed, []store.Lane{lane})
	got, passed = claim(10, alone)
	equal(l, "all that were lost", got, lost[1:])
	equal(l, "none passed", passed, nil)
}
