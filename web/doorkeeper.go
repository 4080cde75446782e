package web

import (
	"context"
	"net"
	"net/http"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// How often somebody may try to sign in: so many at once, then one each patience.
const (
	triesAtOnce = 8
	patience    = 15 * time.Second
	maxKnown    = 10_000 // callers remembered; beyond that all who are new share one limit
)

// doorkeeper slows down whoever tries passwords: by caller and by name, so that neither one machine nor many can try one name often. It also bounds
// how many passwords are checked at the same time, as each check takes 19 MiB.
type doorkeeper struct {
	now      func() time.Time
	checking chan struct{}
	mu       sync.Mutex
	known    map[string]*rate.Limiter
	rest     *rate.Limiter
}

func newDoorkeeper(now func() time.Time) *doorkeeper {
	return &doorkeeper{now: now, checking: make(chan struct{}, 2), known: map[string]*rate.Limiter{}, rest: rate.NewLimiter(rate.Every(patience), triesAtOnce)}
}

// admits says whether another try may be made now from the caller and for the name.
func (d *doorkeeper) admits(r *http.Request, name string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	caller := d.limiter("from "+callerOf(r)).AllowN(d.now(), 1)
	return d.limiter("as "+name).AllowN(d.now(), 1) && caller
}

// limiter is that of somebody. When too many are remembered, those who have not tried for long are forgotten.
func (d *doorkeeper) limiter(who string) *rate.Limiter {
	if l, ok := d.known[who]; ok {
		return l
	}
	if len(d.known) >= maxKnown {
		for name, l := range d.known {
			if l.TokensAt(d.now()) >= triesAtOnce {
				delete(d.known, name)
			}
		}
	}
	if len(d.known) >= maxKnown {
		return d.rest
	}
	l := rate.NewLimiter(rate.Every(patience), triesAtOnce)
	d.known[who] = l
	return l
}

// check runs what costs memory, with no more than two at once.
func (d *doorkeeper) check(ctx context.Context, do func() error) error {
	select {
	case d.checking <- struct{}{}:
		defer func() { <-d.checking }()
		return do()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// callerOf is the address a request came from; behind a proxy all have one, and the limit by name is what counts.
func callerOf(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}
