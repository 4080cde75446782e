package storetest

import (
	"errors"
	"time"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/store"
)

var leaseTests = map[string]func(*ledger){
	"LeaseEndsWhenItIsNotRenewed":            leaseEnds,
	"LeaseIsRenewed":                         leaseRenewed,
	"LeaseOfANodeEndsAtItsStart":             leaseOfNode,
	"LeaseLostMayNotSend":                    lostMayNotSend,
	"LeaseLostMayOnlyRecord":                 lostMayOnlyRecord,
	"LeaseLostAnswersDoNotUndoLaterOnes":     lostAnswersAreOld,
	"LeaseIsKeptBetweenOperations":           leaseKept,
	"LeaseIsOverWithTheOutcome":              leaseOver,
	"LeaseEndedWithOpenCallIsToBeLookedInto": openCallIsFound,
	"LeasesLostInARowAreCounted":             lossesCounted,
	"LeaseOfAPersonIsNotCounted":             personsLossIsNot,
}

func leaseEnds(l *ledger) {
	id := l.ingest(l.event("booking/1"))[0]
	d := l.take()
	until := l.now.Add(time.Minute)
	for _, c := range []struct {
		at   time.Time
		want []store.Lane
	}{{until.Add(-time.Second), nil}, {until, nil}, {until.Add(time.Millisecond), []store.Lane{lane()}}, {until.Add(time.Hour), nil}} {
		lanes, err := l.s.Expire(l.ctx, c.at, "", nil)
		l.must(err)
		equal(l, "expired", lanes, c.want)
	}
	l.now = until.Add(time.Second)
	again := l.take()
	equal(l, "taken over", again.EventID, id)
	equal(l, "tries", again.Tries, d.Tries)
}

func leaseRenewed(l *ledger) {
	l.ingest(l.event("booking/1"), l.event("booking/2"), l.event("booking/3"))
	held := l.claim(3).Deliveries
	l.finish(held[1], store.Done)
	stolen := held[2]
	stolen.Lease += 1000
	l.now = l.now.Add(50 * time.Second)
	lost, err := l.s.Renew(l.ctx, []store.Claimed{held[0], held[1], stolen}, l.now.Add(time.Minute))
	l.must(err)
	equal(l, "lost", lost, []store.Claimed{held[1], stolen})
	l.now = l.now.Add(55 * time.Second)
	lanes, err := l.s.Expire(l.ctx, l.now, "", nil)
	l.must(err)
	equal(l, "expired", lanes, []store.Lane{lane()})
	equal(l, "not renewed", l.claimed(10), []int64{held[2].EventID})
	lost, err = l.s.Renew(l.ctx, nil, l.now)
	l.must(err)
	equal(l, "renewing nothing", lost, nil)
	step, call := l.step(1)
	l.must(l.intend(held[0], step, call)) // renews as well
	l.now = l.now.Add(time.Minute)
	_, err = l.s.Expire(l.ctx, l.now, "", nil)
	l.must(err)
	equal(l, "renewed by its intent", l.claimed(10), []int64{})
}

func leaseOfNode(l *ledger) {
	a := l.ingest(l.event("booking/1"))
	l.take()
	b := l.ingest(l.event("booking/2"))
	other, err := l.s.Claim(l.ctx, store.Claim{Lanes: []store.Lane{lane()}, Want: 1, Node: "south", Lease: l.token(), Now: l.now, Until: l.now.Add(time.Hour)})
	l.must(err)
	equal(l, "the other node's", other.Deliveries[0].EventID, b[0])
	_, err = l.s.Expire(l.ctx, l.now, "north-west", nil)
	l.must(err)
	equal(l, "after the start of a stranger", l.claimed(10), []int64{})
	_, err = l.s.Expire(l.ctx, l.now, node, nil)
	l.must(err)
	equal(l, "after its own start", l.claimed(10), a)
}

// takeOver lets a lease end and claims the delivery again.
func (l *ledger) takeOver() store.Claimed {
	l.Helper()
	l.now = l.now.Add(time.Hour)
	_, err := l.s.Expire(l.ctx, l.now, "", nil)
	l.must(err)
	return l.take()
}

func lostMayNotSend(l *ledger) {
	l.ingest(l.event("booking/1"))
	d := l.take()
	step, call := l.step(1)
	owner := l.takeOver()
	if err := l.intend(d, step, call); !errors.Is(err, store.ErrLeaseLost) {
		l.Fatalf("intending under a lost lease: %v, want ErrLeaseLost", err)
	}
	in, err := l.s.Situation(l.ctx, owner)
	l.must(err)
	equal(l, "steps", len(in.Steps), 0)
	equal(l, "calls", len(in.Calls), 0)
	equal(l, "touched", l.delivery(d.EventID).Touched, false)
	l.finish(owner, store.Done)
	if err := l.intend(owner, step, call); !errors.Is(err, store.ErrLeaseLost) {
		l.Errorf("intending after the end: %v, want ErrLeaseLost", err)
	}
}

func lostMayOnlyRecord(l *ledger) {
	l.ingest(l.event("booking/1"))
	d := l.take()
	step, call := l.step(1)
	l.must(l.intend(d, step, call))
	owner := l.takeOver()
	out := l.made(d, 1)
	out.Decided, out.Version = true, 9
	out.Loaded = &tengi.Event{Type: "booking.stolen"}
	out.Instead = []store.NewEvent{l.event("booking/instead")}
	out.Slow = &store.Slow{AccountID: books, Until: l.now.Add(time.Hour)}
	if err := l.s.Finish(l.ctx, out); !errors.Is(err, store.ErrLeaseLost) {
		l.Fatalf("finishing under a lost lease: %v, want ErrLeaseLost", err)
	}
	equal(l, "no document", out.Document.ID, 0)
	equal(l, "state", l.delivery(d.EventID).State, store.Running)
	attempts, err := l.s.Attempts(l.ctx, d.ID)
	l.must(err)
	equal(l, "attempts", len(attempts), 1)
	in, err := l.s.Situation(l.ctx, owner)
	l.must(err)
	equal(l, "documents", len(in.Documents), 0)
	equal(l, "decided", in.Decided, 0)
	equal(l, "type", in.Event.Type, "booking.confirmed")
	equal(l, "step", in.Steps[0].State, store.StepOpen)
	equal(l, "call", in.Calls[0].State, tengi.CallAnswered)
	equal(l, "answer", string(in.Calls[0].Answer), `{"number":1047}`)
	equal(l, "events instead", l.claimed(10), []int64{})
	events, err := l.s.Events(l.ctx, store.EventFilter{})
	l.must(err)
	equal(l, "events", len(events), 1)
}

// An answer that comes to a call that was sent again since says nothing about the later one.
func lostAnswersAreOld(l *ledger) {
	l.ingest(l.event("booking/1"))
	d := l.take()
	step, call := l.step(1)
	l.must(l.intend(d, step, call))
	owner := l.takeOver()
	call.Sends, call.Body = 2, []byte(`{"total":1}`)
	l.must(l.intend(owner, step, call))
	late := l.made(d, 1)
	late.Calls[0].State = tengi.CallRefused
	if err := l.s.Finish(l.ctx, late); !errors.Is(err, store.ErrLeaseLost) {
		l.Fatal(err)
	}
	calls, err := l.s.Calls(l.ctx, d.ID)
	l.must(err)
	equal(l, "the later call", calls[0].State, tengi.CallOpen)
	l.must(l.s.Finish(l.ctx, l.with(l.made(owner, 1), 2)))
	calls, err = l.s.Calls(l.ctx, d.ID)
	l.must(err)
	equal(l, "the later answer", calls[0].State, tengi.CallAnswered)
}

// with says of an outcome's call how often it was sent.
func (l *ledger) with(out store.Outcome, sends int) store.Outcome {
	out.Calls[0].Sends = sends
	return out
}

func leaseKept(l *ledger) {
	ids := l.ingest(l.event("booking/1"), l.event("booking/1"))
	d := l.take()
	out := l.made(d, 1)
	out.Next = store.Next{State: store.Running, AccountID: books, Keep: true}
	l.must(l.s.Finish(l.ctx, out))
	equal(l, "while it goes on", l.claimed(10), []int64{})
	second := l.made(d, 2)
	second.Steps[0].Key, second.CallStep.Key = "mail", "mail"
	l.must(l.s.Finish(l.ctx, second))
	equal(l, "afterwards", l.claimed(10), ids[1:])
}

func leaseOver(l *ledger) {
	l.ingest(l.event("booking/1"))
	d := l.take()
	out := l.outcome(d, store.Retrying)
	out.Next.DueAt = l.now.Add(time.Hour)
	l.must(l.s.Finish(l.ctx, out))
	if err := l.s.Finish(l.ctx, l.outcome(d, store.Done)); !errors.Is(err, store.ErrLeaseLost) {
		l.Errorf("a second outcome: %v, want ErrLeaseLost", err)
	}
	equal(l, "state", l.delivery(d.EventID).State, store.Retrying)
	if err := l.s.Finish(l.ctx, l.outcome(store.Claimed{ID: d.ID}, store.Done)); !errors.Is(err, store.ErrLeaseLost) {
		l.Errorf("an outcome without a lease: %v, want ErrLeaseLost", err)
	}
	if err := l.s.Finish(l.ctx, l.outcome(store.Claimed{ID: d.ID + 1000, Lease: 1}, store.Done)); !errors.Is(err, store.ErrLeaseLost) {
		l.Errorf("an outcome of nothing: %v, want ErrLeaseLost", err)
	}
}

func openCallIsFound(l *ledger) {
	l.ingest(l.event("booking/1"))
	step, call := l.step(1)
	l.must(l.intend(l.take(), step, call))
	owner := l.takeOver()
	equal(l, "touched", owner.Touched, true)
	in, err := l.s.Situation(l.ctx, owner)
	l.must(err)
	equal(l, "steps", in.Steps, []store.Step{step})
	equal(l, "calls", in.Calls, []store.StepCall{{StepKey: "invoice", Op: store.Do, Call: call}})
	equal(l, "issues", in.Issues, map[string]int{"do invoice": 1})
}

// lose lets every lease end; a delivery is not due again before as many seconds as leases were lost.
func (l *ledger) lose() {
	l.Helper()
	l.now = l.now.Add(time.Hour)
	_, err := l.s.Expire(l.ctx, l.now, "", func(losses int) time.Duration { return time.Duration(losses-1) * time.Second })
	l.must(err)
}

func lossesCounted(l *ledger) {
	id := l.ingest(l.event("booking/1"))[0]
	d := l.take()
	equal(l, "at first", d.Losses, 0)
	equal(l, "never lost", d.LostSince, time.Time{})
	l.lose()
	since, lost := l.now, l.now
	for n := 1; n <= 4; n++ {
		if n > 1 {
			equal(l, "too early", l.claimed(1), []int64{})
			l.now = l.now.Add(time.Duration(n-1) * time.Second)
		}
		d = l.take()
		equal(l, "losses", d.Losses, n)
		equal(l, "since", d.LostSince, since)
		equal(l, "at", d.LostAt, lost)
		equal(l, "losses shown", l.delivery(id).Losses, n)
		step, call := l.step(1)
		l.must(l.intend(d, step, call)) // what is begun again and again is no progress
		l.lose()
		lost = l.now
	}
	l.now = l.now.Add(time.Minute)
	out := l.outcome(l.take(), store.Retrying)
	out.Next.DueAt = l.now
	l.must(l.s.Finish(l.ctx, out))
	d = l.take()
	equal(l, "after an outcome", d.Losses, 0)
	equal(l, "since then", d.LostSince, time.Time{})
	out = l.outcome(d, store.Running)
	out.Next.Keep = true
	l.must(l.s.Finish(l.ctx, out))
	l.lose()
	equal(l, "counted anew", l.take().Losses, 1)
}

// A person who takes a delivery and goes to lunch says nothing about it.
func personsLossIsNot(l *ledger) {
	d := l.stop("booking/1", store.Next{State: store.Failed})
	_, err := l.takeID(d.ID)
	l.must(err)
	l.lose()
	after := l.delivery(d.EventID)
	equal(l, "losses", after.Losses, 0)
	equal(l, "state", after.State, store.Failed)
}
