package storetest

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/tengi/tengi/store"
)

var takeTests = map[string]func(*ledger){
	"TakeForADecision":           takeDecides,
	"TakeRefusesOtherStates":     takeRefuses,
	"TakeIsGivenBack":            takeGivenBack,
	"TakeThatIsForgottenReturns": takeForgotten,
	"TakeOnlyOnce":               takeOnce,
	"TakeNotBesideAnother":       takeNotBeside,
	"IssueIsNeverGivenTwice":     issueOnce,
}

// person lists the states from which a person may decide.
var person = []store.State{store.Held, store.Failed, store.Unknown, store.Retrying, store.Waiting}

// stop brings a new delivery of an object to where a person finds it.
func (l *ledger) stop(object string, next store.Next) store.Delivery {
	l.Helper()
	id := l.ingest(l.event(object))[0]
	d := l.take()
	out := l.outcome(d, next.State)
	next.AccountID = books
	out.Next = next
	l.must(l.s.Finish(l.ctx, out))
	return l.delivery(id)
}

func (l *ledger) takeID(id int64, from ...store.State) (store.Taken, error) {
	if from == nil {
		from = person
	}
	return l.s.Take(l.ctx, id, from, l.token(), l.now.Add(time.Minute))
}

func takeDecides(l *ledger) {
	later := l.now.Add(time.Hour)
	for i, next := range []store.Next{
		{State: store.Held, Code: "totals", Reason: "differ"}, {State: store.Failed, Open: true, Tries: 7}, {State: store.Unknown}, {State: store.Unknown, DueAt: later},
		{State: store.Retrying, DueAt: later}, {State: store.Waiting, DueAt: later},
	} {
		d := l.stop(fmt.Sprintf("booking/%d", i), next)
		got, err := l.takeID(d.ID)
		l.must(err)
		equal(l, "taken", got.Claimed, store.Claimed{ID: d.ID, EventID: d.EventID, ConnectionID: first, AccountID: books, Object: d.Object, Was: next.State, Tries: next.Tries, Lease: got.Lease})
		equal(l, "state", l.delivery(d.EventID).State, store.Running)
		equal(l, "claimed meanwhile", l.claimed(10), []int64{})
		step, call := l.step(1)
		l.must(l.intend(got.Claimed, step, call)) // a decision may itself act
		l.must(l.s.Finish(l.ctx, l.made(got.Claimed, 1)))
		end := l.delivery(d.EventID)
		equal(l, "decided", end.State, store.Done)
		equal(l, "open", end.Open, false)
		if err := l.s.GiveBack(l.ctx, got, l.now); !errors.Is(err, store.ErrLeaseLost) {
			l.Errorf("giving back what was decided: %v, want ErrLeaseLost", err)
		}
	}
}

func takeRefuses(l *ledger) {
	done, skipped := l.stop("booking/1", store.Next{State: store.Done}), l.stop("booking/1", store.Next{State: store.Skipped})
	failed := l.stop("booking/1", store.Next{State: store.Failed})
	running := l.ingest(l.event("booking/2"))[0]
	l.take()
	for _, c := range []struct {
		id    int64
		from  []store.State
		state store.State
	}{
		{done.ID, person, store.Done}, {skipped.ID, person, store.Skipped}, {failed.ID, []store.State{store.Held, store.Unknown}, store.Failed},
		{l.delivery(running).ID, append(person, store.Running), store.Running},
	} {
		_, err := l.takeID(c.id, c.from...)
		var wrong *store.StateError
		if !errors.As(err, &wrong) || wrong.State != c.state || wrong.DeliveryID != c.id || !errors.Is(err, store.ErrWrongState) {
			l.Errorf("taking a delivery that is %s: %v", c.state, err)
		}
	}
	if _, err := l.takeID(1 << 40); !errors.Is(err, store.ErrNotFound) {
		l.Errorf("taking what is not there: %v, want ErrNotFound", err)
	}
}

func takeGivenBack(l *ledger) {
	for i, next := range []store.Next{{State: store.Held}, {State: store.Failed, Open: true}, {State: store.Unknown, DueAt: l.now.Add(time.Hour)}, {State: store.Unknown},
		{State: store.Retrying, DueAt: l.now.Add(time.Minute), Tries: 3}, {State: store.Waiting, DueAt: l.now.Add(time.Minute)}, {State: store.Done}, {State: store.Skipped, Code: "by_person"}} {
		was := l.stop(fmt.Sprintf("booking/%d", i), next)
		got, err := l.takeID(was.ID, slices.Concat(person, []store.State{store.Done, store.Skipped})...)
		l.must(err)
		l.must(l.s.GiveBack(l.ctx, got, l.now))
		now := l.delivery(was.EventID)
		was.Node = now.Node
		equal(l, "given back", now, was)
		if err := l.s.GiveBack(l.ctx, got, l.now); !errors.Is(err, store.ErrLeaseLost) {
			l.Errorf("giving back twice: %v, want ErrLeaseLost", err)
		}
		out := l.outcome(got.Claimed, store.Done)
		if err := l.s.Finish(l.ctx, out); !errors.Is(err, store.ErrLeaseLost) {
			l.Errorf("deciding after giving back: %v, want ErrLeaseLost", err)
		}
	}
}

// Who takes a delivery and is never heard of again does not send it on its way: it waits for a person as before.
func takeForgotten(l *ledger) {
	held := l.stop("booking/1", store.Next{State: store.Held})
	later := l.stop("booking/2", store.Next{State: store.Retrying, DueAt: l.now.Add(time.Hour)})
	for _, id := range []int64{held.ID, later.ID} {
		_, err := l.takeID(id)
		l.must(err)
	}
	l.now = l.now.Add(2 * time.Minute)
	_, err := l.s.Expire(l.ctx, l.now, "", nil)
	l.must(err)
	equal(l, "state", l.delivery(held.EventID).State, store.Held)
	equal(l, "due", l.delivery(later.EventID).DueAt, later.DueAt)
	equal(l, "claimed", l.claimed(10), []int64{})
	l.now = later.DueAt
	equal(l, "claimed when due", l.claimed(10), []int64{later.EventID})
}

func takeOnce(l *ledger) {
	d := l.stop("booking/1", store.Next{State: store.Failed})
	var mu sync.Mutex
	won, refused := 0, 0
	var group sync.WaitGroup
	for range 16 {
		group.Go(func() {
			_, err := l.takeID(d.ID)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				won++
			case errors.Is(err, store.ErrWrongState):
				refused++
			default:
				l.Error(err)
			}
		})
	}
	group.Wait()
	if won != 1 || refused != 15 {
		l.Errorf("%d took it and %d were refused, want 1 and 15", won, refused)
	}
}

func takeNotBeside(l *ledger) {
	failed := l.stop("booking/1", store.Next{State: store.Failed})
	l.ingest(l.event("booking/1"))
	d := l.take()
	_, err := l.takeID(failed.ID)
	if !errors.Is(err, store.ErrAtWork) || !errors.Is(err, store.ErrWrongState) {
		l.Fatalf("taking beside another delivery of the object: %v, want ErrAtWork", err)
	}
	l.finish(d, store.Done)
	_, err = l.takeID(failed.ID)
	l.must(err)
}

// Two deliveries that would make the same document of an object, with the same Ref, cannot both intend to.
func issueOnce(l *ledger) {
	l.ingest(l.event("booking/1"), l.event("booking/1"))
	d := l.take()
	step, call := l.step(1)
	l.must(l.intend(d, step, call))
	l.finish(d, store.Failed)
	next := l.take()
	if err := l.intend(next, step, call); err == nil {
		l.Error("a second delivery intends the same issue")
	}
	step2, call2 := l.step(2)
	l.must(l.intend(next, step2, call2))
}
