package hooks

import (
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// How much an address that people may open takes: from one of them, and from all together. A service's notices are not counted; they prove themselves.
const (
	visitorEvery = 6 * time.Second
	visitorBurst = 10
	accountEvery = 500 * time.Millisecond
	accountBurst = 120
	maxVisitors  = 10_000 // remembered at once
)

// visitors keeps one visitor, or a program, from filling in a form over and over.
type visitors struct {
	now    func() time.Time
	mu     sync.Mutex
	counts map[string]*rate.Limiter
}

func newVisitors(now func() time.Time) *visitors {
	return &visitors{now: now, counts: map[string]*rate.Limiter{}}
}

// admit says whether a visitor of an account may send something now.
func (v *visitors) admit(account string, r *http.Request) bool {
	now := v.now()
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.counts) >= maxVisitors {
		v.forget(now)
	}
	// Both are asked in this order, so that one who is refused takes nothing from the others.
	return v.limiter(account+" "+visitor(r), visitorEvery, visitorBurst).AllowN(now, 1) && v.limiter(account, accountEvery, accountBurst).AllowN(now, 1)
}

func (v *visitors) limiter(key string, every time.Duration, burst int) *rate.Limiter {
	l, ok := v.counts[key]
	if !ok {
		l = rate.NewLimiter(rate.Every(every), burst)
		v.counts[key] = l
	}
	return l
}

// forget drops those who have all their turns again; when that does not free half of the room, others too: a crowd that large is one attacker.
func (v *visitors) forget(now time.Time) {
	for key, l := range v.counts {
		if l.TokensAt(now) >= float64(l.Burst()) {
			delete(v.counts, key)
		}
	}
	for key := range v.counts {
		if len(v.counts) <= maxVisitors/2 {
			return
		}
		if strings.Contains(key, " ") {
			delete(v.counts, key)
		}
	}
}

// visitor tells senders apart by their network. A proxy on this machine or in the private network is believed about whom it stands for, and only what
// the nearest one added: what comes before is the sender's own tale.
func visitor(r *http.Request) string {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	address := peer.Addr().Unmap()
	if address.IsLoopback() || address.IsPrivate() {
		forwarded := r.Header.Values("X-Forwarded-For")
		if len(forwarded) > 0 {
			last := forwarded[len(forwarded)-1]
			last = strings.TrimSpace(last[strings.LastIndex(last, ",")+1:])
			if told, err := netip.ParseAddr(last); err == nil {
				address = told.Unmap()
			}
		}
	}
	if address.Is6() { // one household has 2^64 of them
		if network, err := address.Prefix(64); err == nil {
			return network.String()
		}
	}
	return address.String()
}
