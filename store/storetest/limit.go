package storetest

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/tengi/tengi/store"
)

var limitTests = map[string]func(*ledger){
	"RateGivesABurstThenOneByOne": rateGivesBurst,
	"RateHoldsInAnyWindow":        rateHoldsInWindows,
	"RateIsTheAccounts":           rateIsTheAccounts,
	"RateOfFractions":             rateOfFractions,
	"InFlightIsTheAccounts":       inFlight,
	"BlockedAccount":              blockedAccount,
	"BlockedLongest":              blockedLongest,
}

func (l *ledger) fill(n int, connections ...string) {
	l.Helper()
	for i := range n {
		l.ingest(l.event(fmt.Sprintf("fill/%d", i), connections...))
	}
}

func rateGivesBurst(l *ledger) {
	l.fill(20)
	limited := store.Lane{ConnectionID: first, AccountID: books, Every: time.Second, Burst: 3}
	for _, c := range []struct {
		after time.Duration
		got   int
		again time.Duration
	}{
		{0, 3, time.Second},
		{0, 0, time.Second},
		{999 * time.Millisecond, 0, time.Millisecond},
		{time.Millisecond, 1, time.Second},
		{0, 0, time.Second},
		{2 * time.Second, 2, time.Second},
		{time.Hour, 3, time.Second}, // what was not used does not pile up
		{1500 * time.Millisecond, 1, 500 * time.Millisecond},
		{500 * time.Millisecond, 1, time.Second},
	} {
		l.now = l.now.Add(c.after)
		got := l.claim(10, limited)
		if len(got.Deliveries) != c.got || !got.Again[limited].Equal(l.now.Add(c.again)) {
			l.Fatalf("after %v: %d, again in %v; want %d, %v", c.after, len(got.Deliveries), got.Again[limited].Sub(l.now), c.got, c.again)
		}
	}
	limited.Burst = 0
	l.now = l.now.Add(time.Hour)
	equal(l, "without a burst", len(l.claimed(10, limited)), 1)
}

func rateHoldsInWindows(l *ledger) {
	l.fill(120)
	const every, burst = 100 * time.Millisecond, 5
	limited := store.Lane{ConnectionID: first, AccountID: books, Every: every, Burst: burst}
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 0))
	var granted []time.Time
	for range 60 {
		l.now = l.now.Add(time.Duration(random.IntN(300)) * time.Millisecond)
		for range l.claimed(1+random.IntN(8), limited) {
			granted = append(granted, l.now)
		}
	}
	for i := range granted {
		for j := i; j < len(granted); j++ {
			window := granted[j].Sub(granted[i])
			if n := j - i + 1; n > burst+int(window/every) {
				l.Fatalf("seed %d: %d permits within %v, want at most %d", seed, n, window, burst+int(window/every))
			}
		}
	}
	if len(granted) < 20 {
		l.Errorf("seed %d: only %d permits", seed, len(granted))
	}
}

func rateIsTheAccounts(l *ledger) {
	l.fill(5, first, second)
	lanes := []store.Lane{{ConnectionID: first, AccountID: books, Every: time.Second, Burst: 3}, {ConnectionID: second, AccountID: books, Every: time.Second, Burst: 3}}
	got := l.claim(10, lanes...)
	equal(l, "claimed", len(got.Deliveries), 3)
	equal(l, "again", got.Again, map[store.Lane]time.Time{lanes[0]: l.now.Add(time.Second), lanes[1]: l.now.Add(time.Second)})
}

func rateOfFractions(l *ledger) {
	l.fill(5)
	limited := store.Lane{ConnectionID: first, AccountID: books, Every: 1500 * time.Microsecond, Burst: 1}
	equal(l, "first", len(l.claimed(1, limited)), 1)
	l.now = l.now.Add(time.Millisecond)
	equal(l, "after 1 ms", len(l.claimed(1, limited)), 0)
	l.now = l.now.Add(time.Millisecond)
	equal(l, "after 2 ms", len(l.claimed(1, limited)), 1)
}

func inFlight(l *ledger) {
	l.fill(5, first, second)
	lanes := []store.Lane{{ConnectionID: first, AccountID: books, InFlight: 3}, {ConnectionID: second, AccountID: books, InFlight: 3}}
	got := l.claim(2, lanes[0])
	equal(l, "first", len(got.Deliveries), 2)
	more := l.claim(10, lanes[1])
	equal(l, "second", len(more.Deliveries), 1)
	full := l.claim(10, lanes...)
	equal(l, "full", len(full.Deliveries), 0)
	for _, lane := range lanes {
		if at, ok := full.Again[lane]; !ok || !at.After(l.now) || at.After(l.now.Add(time.Second)) {
			l.Errorf("again in %v, want soon", at.Sub(l.now))
		}
	}
	l.finish(got.Deliveries[0], store.Done)
	equal(l, "one is free", len(l.claimed(10, lanes...)), 1)
	l.now = l.now.Add(time.Hour)
	_, err := l.s.Expire(l.ctx, l.now, "", nil)
	l.must(err)
	equal(l, "all are free", len(l.claimed(10, lanes...)), 3)
}

func blockedAccount(l *ledger) {
	l.fill(3, first, second)
	d := l.take()
	out := l.outcome(d, store.Retrying)
	out.Next.DueAt = l.now.Add(time.Second)
	out.Slow = &store.Slow{AccountID: books, Until: l.now.Add(20 * time.Second)}
	l.must(l.s.Finish(l.ctx, out))
	lanes := []store.Lane{lane(), {ConnectionID: second, AccountID: books, Every: time.Millisecond, Burst: 10}, {ConnectionID: first, AccountID: mail}}
	got := l.claim(10, lanes...)
	equal(l, "blocked", len(got.Deliveries), 0)
	equal(l, "again", got.Again, map[store.Lane]time.Time{lanes[0]: l.now.Add(20 * time.Second), lanes[1]: l.now.Add(20 * time.Second)})
	l.now = l.now.Add(20 * time.Second)
	equal(l, "afterwards", len(l.claimed(10, lanes...)), 6)
}

// The longest wait that was asked for counts, in whatever order the answers come.
func blockedLongest(l *ledger) {
	l.fill(4)
	got := l.claim(3)
	for i, wait := range []time.Duration{time.Second, time.Minute, 2 * time.Second} {
		out := l.outcome(got.Deliveries[i], store.Done)
		out.Slow = &store.Slow{AccountID: books, Until: l.now.Add(wait)}
		l.must(l.s.Finish(l.ctx, out))
	}
	l.now = l.now.Add(59 * time.Second)
	equal(l, "blocked", len(l.claimed(10)), 0)
	l.now = l.now.Add(time.Second)
	equal(l, "free", len(l.claimed(10)), 1)
}
