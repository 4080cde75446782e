package storetest

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tengi/tengi/store"
)

var behindTests = map[string]func(*ledger){
	"BehindIsLookedAtOnce":             behindIsLookedAtOnce,
	"BehindComesForwardWithEveryMove":  behindComesForward,
	"BehindTwoStandsBehindTheFirst":    behindTwo,
	"BehindALaterOneThatIsAtWork":      behindLater,
	"BehindOfAnotherLaneComesForward":  behindOtherLane,
	"BehindMoreThanOneClaimLooksAt":    behindMany,
	"BehindDecidedByAPersonIsNotStuck": behindDecided,
}

// looked is how many due deliveries claims have looked at since it was asked last.
func (l *ledger) looked() func() int {
	before := l.s.Stats().Looked
	return func() int {
		now := l.s.Stats().Looked
		defer func() { before = now }()
		return int(now - before)
	}
}

// stuck stores n deliveries behind one of the same object that a person has to decide about.
func (l *ledger) stuck(object string, n int) (head store.Claimed) {
	l.Helper()
	l.ingest(l.event(object))
	head = l.take()
	l.finish(head, store.Unknown)
	var events []store.NewEvent
	for range n {
		events = append(events, l.event(object))
	}
	_, err := l.s.Ingest(l.ctx, store.Ingest{Events: events})
	l.must(err)
	return head
}

// However many stand behind one, all claims together look at each of them once, and a claim costs what it takes.
func behindIsLookedAtOnce(l *ledger) {
	const backlog, claims = 700, 50
	l.stuck("booking/stuck", backlog)
	looked := l.looked()
	for i := range claims {
		id := l.ingest(l.event(fmt.Sprintf("booking/%d", i)))
		equal(l, "claimed", l.claimed(3), id)
	}
	if n := looked(); n < backlog+claims || n > backlog+2*claims {
		l.Errorf("%d claims looked at %d deliveries, with %d behind one", claims, n, backlog)
	}
	equal(l, "nothing", l.claimed(3), []int64{})
	equal(l, "looked at nothing", looked(), 0)
}

// Whatever becomes of the one ahead: when it is out of the way, the next one is claimed, though a claim has passed it by before.
func behindComesForward(l *ledger) {
	for i, move := range []func(head store.Claimed){
		func(d store.Claimed) { l.finish(d, store.Done) },
		func(d store.Claimed) { l.finish(d, store.Skipped) },
		func(d store.Claimed) { l.finish(d, store.Failed) },
		func(d store.Claimed) { l.finish(d, store.Held) },
		func(d store.Claimed) {
			out := l.outcome(d, store.Held)
			out.Next.Open = true
			l.must(l.s.Finish(l.ctx, out))
			l.now = l.now.Add(time.Second)
			equal(l, "while it is held in the way", l.claimed(10), []int64{})
			taken, err := l.s.Take(l.ctx, d.ID, []store.State{store.Held}, l.token(), l.now.Add(time.Minute))
			l.must(err)
			equal(l, "while a person decides", l.claimed(10), []int64{})
			l.must(l.s.GiveBack(l.ctx, taken, l.now))
			equal(l, "when it was given back", l.claimed(10), []int64{})
			taken, err = l.s.Take(l.ctx, d.ID, []store.State{store.Held}, l.token(), l.now.Add(time.Minute))
			l.must(err)
			l.finish(taken.Claimed, store.Skipped)
		},
		func(d store.Claimed) {
			l.now = l.now.Add(time.Hour)
			_, err := l.s.Expire(l.ctx, l.now, "", nil)
			l.must(err)
			again := l.take()
			equal(l, "the same after its lease ended", again.ID, d.ID)
			equal(l, "while it is at work again", l.claimed(10), []int64{})
			l.finish(again, store.Done)
		},
	} {
		object := fmt.Sprintf("booking/%d", i)
		ids := l.ingest(l.event(object), l.event(object), l.event(object))
		head := l.take()
		equal(l, "while the first is at work", l.claimed(10), []int64{})
		move(head)
		second := l.take()
		equal(l, "the second", second.EventID, ids[1])
		equal(l, "while the second is at work", l.claimed(10), []int64{})
		l.finish(second, store.Done)
		third := l.take()
		equal(l, "the third", third.EventID, ids[2])
		l.finish(third, store.Done)
	}
}

// The one in the middle may end first, by a person's decision; the last still waits for the first.
func behindTwo(l *ledger) {
	ids := l.ingest(l.event("booking/1"), l.event("booking/1"), l.event("booking/1"))
	head := l.take()
	equal(l, "behind the first", l.claimed(10), []int64{})
	out := l.outcome(head, store.Retrying)
	out.Next.DueAt = l.now.Add(time.Hour)
	l.must(l.s.Finish(l.ctx, out))
	middle, err := l.s.Take(l.ctx, l.delivery(ids[1]).ID, []store.State{store.Waiting}, l.token(), l.now.Add(time.Minute))
	l.must(err)
	l.finish(middle.Claimed, store.Skipped)
	equal(l, "behind the first still", l.claimed(10), []int64{})
	l.now = l.now.Add(time.Hour)
	first := l.take()
	equal(l, "the first", first.EventID, ids[0])
	l.finish(first, store.Done)
	equal(l, "the last", l.claimed(10), ids[2:])
}

// An earlier one that a person replays waits for a later one that is at work, and comes forward when that has moved.
func behindLater(l *ledger) {
	ids := l.ingest(l.event("booking/1"), l.event("booking/1"))
	l.finish(l.take(), store.Failed) // it stands in nobody's way
	replayed, err := l.s.Take(l.ctx, l.delivery(ids[0]).ID, []store.State{store.Failed}, l.token(), l.now.Add(time.Minute))
	l.must(err)
	equal(l, "while a person decides about the first", l.claimed(10), []int64{})
	out := l.outcome(replayed.Claimed, store.Retrying)
	out.Next.DueAt = l.now.Add(time.Minute)
	l.must(l.s.Finish(l.ctx, out))
	later, err := l.s.Take(l.ctx, l.delivery(ids[1]).ID, []store.State{store.Waiting}, l.token(), l.now.Add(time.Hour))
	l.must(err)
	l.now = l.now.Add(time.Minute)
	equal(l, "while the later one is at work", l.claimed(10), []int64{})
	l.must(l.s.GiveBack(l.ctx, later, l.now))
	first := l.take()
	equal(l, "the first", first.EventID, ids[0])
	l.finish(first, store.Done)
	equal(l, "the second", l.claimed(10), ids[1:])
}

// The one that comes forward may wait for another account than the one that moved.
func behindOtherLane(l *ledger) {
	ids := l.ingest(l.event("booking/1"), l.event("booking/1"))
	mails := store.Lane{ConnectionID: first, AccountID: mail}
	head := l.take()
	equal(l, "behind", l.claimed(10), []int64{})
	out := l.outcome(head, store.Waiting)
	out.Next.AccountID, out.Next.DueAt = mail, l.now
	l.must(l.s.Finish(l.ctx, out))
	equal(l, "behind one that moved to another account", l.claimed(10), []int64{})
	moved := l.claim(1, mails).Deliveries
	equal(l, "moved", len(moved), 1)
	l.finish(moved[0], store.Done)
	equal(l, "forward", l.claimed(10), ids[1:])
}

// One claim does not go through any number of them; it says that it is to be asked again.
func behindMany(l *ledger) {
	l.stuck("booking/stuck", 2500)
	id := l.ingest(l.event("booking/free"))
	looked := l.looked()
	for range 10 {
		got := l.claim(1)
		if n := looked(); n > 1000 {
			l.Fatalf("one claim looked at %d deliveries", n)
		}
		if len(got.Deliveries) == 1 {
			equal(l, "claimed", got.Deliveries[0].EventID, id[0])
			return
		}
		equal(l, "again", got.Again, map[store.Lane]time.Time{lane(): l.now})
	}
	l.Error("what is free was not found behind what is not")
}

// One that was passed by and is then replayed by a person is claimed when its turn comes.
func behindDecided(l *ledger) {
	head := l.stuck("booking/1", 2)
	equal(l, "behind", l.claimed(10), []int64{})
	list, err := l.s.Deliveries(l.ctx, store.DeliveryFilter{ConnectionID: first, Object: "booking/1"})
	l.must(err)
	taken, err := l.s.Take(l.ctx, list[0].ID, []store.State{store.Waiting}, l.token(), l.now.Add(time.Minute))
	l.must(err)
	l.finish(taken.Claimed, store.Failed)
	equal(l, "behind still", l.claimed(10), []int64{})
	taken, err = l.s.Take(l.ctx, head.ID, []store.State{store.Unknown}, l.token(), l.now.Add(time.Minute))
	l.must(err)
	l.finish(taken.Claimed, store.Skipped)
	second := l.take()
	equal(l, "the second", second.ID, list[1].ID)
	l.finish(second, store.Done)
	taken, err = l.s.Take(l.ctx, list[0].ID, []store.State{store.Failed}, l.token(), l.now.Add(time.Minute))
	l.must(err)
	out := l.outcome(taken.Claimed, store.Waiting)
	out.Next.DueAt = l.now
	l.must(l.s.Finish(l.ctx, out))
	equal(l, "replayed", l.take().ID, list[0].ID)
}

// While all nodes claim, pass by and finish deliveries of the same objects at once, none is passed by for ever: whenever nothing is at work, something
// can be claimed as long as anything is left.
func nodesPassNoneBy(all []*ledger) {
	const objects, perObject = 3, 40
	l := all[0]
	var events []store.NewEvent
	for i := range objects * perObject {
		events = append(events, l.event(fmt.Sprintf("booking/%d", i%objects)))
	}
	_, err := l.s.Ingest(l.ctx, store.Ingest{Events: events})
	l.must(err)
	var done atomic.Int64
	for done.Load() < objects*perObject {
		before := done.Load()
		each(all, 3, func(l *ledger, _ int) {
			got, err := l.s.Claim(l.ctx, store.Claim{Lanes: []store.Lane{lane()}, Want: 2, Node: node, Lease: l.token(), Now: l.now, Until: l.now.Add(time.Minute)})
			if err != nil {
				l.Error(err)
				return
			}
			var workers sync.WaitGroup
			for _, d := range got.Deliveries {
				workers.Go(func() {
					l.note(l.s.Finish(l.ctx, l.outcome(d, store.Done)))
					done.Add(1)
				})
			}
			workers.Wait()
		})
		if l.Failed() {
			return
		}
		if done.Load() > before {
			continue
		}
		d := l.claim(1).Deliveries // they may have locked each other out; alone, one is found
		if len(d) == 0 {
			l.Fatalf("nothing can be claimed and %d are left", objects*perObject-done.Load())
		}
		l.finish(d[0], store.Done)
		done.Add(1)
	}
}
