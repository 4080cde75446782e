package store

import (
	"math"
	"time"
)

// inFlightAgain is how soon a lane is asked again whose account has as many deliveries at work as it may: another node may finish one unheard.
const inFlightAgain = 10 * time.Millisecond

// allowance is what an account's limits leave at a moment.
type allowance struct {
	free int       // deliveries that may be taken now
	next time.Time // when free is 0: when to ask again
	tat  int64     // theoretical arrival time of the next permit, in milliseconds
}

// permits reads how many deliveries an account's limits allow now. The rate is kept as GCRA does, with one number per account: the time at which
// the permits given so far would have come at the even rate (ITU-T I.371, "virtual scheduling"). On PostgreSQL the account stays locked until the
// transaction ends, so that nodes do not add up to more; an account that another node is claiming from is left to it.
func (t *tx) permits(lane Lane, now time.Time) (allowance, error) {
	a := allowance{free: math.MaxInt}
	if lane.Every <= 0 && lane.InFlight <= 0 {
		return a, nil
	}
	a = allowance{next: now.Add(inFlightAgain)}
	found := false
	var refresh int64
	err := t.query(t.ctx, func(r scanner) error {
		found = true
		return r.Scan(&a.tat, &refresh)
	}, "SELECT tat, refresh_until FROM account_limit WHERE account_id = $1"+t.w.store.dialect.skipLocked, lane.AccountID)
	if err != nil || !found {
		return a, err
	}
	a.free = math.MaxInt
	if lane.Every > 0 {
		wait := max(a.tat-now.UnixMilli(), 0)
		if wait > lane.tolerance() {
			a.free, a.next = 0, now.Add(time.Duration(wait-lane.tolerance())*time.Millisecond)
			return a, nil
		}
		a.free = int((lane.tolerance()-wait)/lane.step()) + 1
	}
	if lane.InFlight > 0 {
		running, err := t.running(lane.AccountID)
		if err != nil {
			return a, err
		}
		if refresh > now.UnixMilli() { // a document is being read again
			running++
		}
		a.free = min(a.free, max(lane.InFlight-running, 0))
	}
	return a, nil
}

// step is the time between two permits at the even rate, in milliseconds, rounded up: never faster than asked for.
func (l Lane) step() int64 {
	return int64((l.Every + time.Millisecond - 1) / time.Millisecond)
}

// tolerance is how far ahead of the even rate a burst may be.
func (l Lane) tolerance() int64 { return l.step() * int64(max(l.Burst, 1)-1) }

// running counts an account's deliveries at work.
func (t *tx) running(accountID string) (n int, err error) {
	err = t.query(t.ctx, func(r scanner) error { return r.Scan(&n) }, "SELECT count(*) FROM delivery WHERE state = 'running' AND account_id = $1", accountID)
	return n, err
}

// spend takes permits for deliveries that were claimed, and says when the limits allow the next.
func (t *tx) spend(lane Lane, a allowance, now time.Time, taken int) (next time.Time, err error) {
	next = now
	if lane.InFlight > 0 {
		next = now.Add(inFlightAgain)
	}
	if lane.Every <= 0 {
		return next, nil
	}
	tat := max(a.tat, now.UnixMilli()) + lane.step()*int64(taken)
	if wait := time.Duration(tat-now.UnixMilli()-lane.tolerance()) * time.Millisecond; wait > next.Sub(now) {
		next = now.Add(wait)
	}
	if taken == 0 {
		return next, nil
	}
	_, err = t.affect("UPDATE account_limit SET tat = $2 WHERE account_id = $1", lane.AccountID, tat)
	return next, err
}
