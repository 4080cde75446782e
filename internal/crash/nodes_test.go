package crash

import (
	"math/rand/v2"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tengi/tengi/store"
)

// Of a node that is stopped and goes on later, everybody else thinks it dead: its lease ends after lease. Its requests are bounded by timeout, and the
// last look-up of the bookkeeper (60 s, hurried) comes later than that, as every connector's must.
const (
	frozenLease   = time.Second
	frozenTimeout = 500 * time.Millisecond
)

// together starts several nodes on one PostgreSQL, with sellers spread over them.
func together(t *testing.T, nodes int, means string, lease time.Duration) *rig {
	t.Helper()
	r := newRig(t, "postgres", means)
	r.books.UseKeys = means == "key"
	r.base.Lease = lease
	r.add(nodes)
	return r
}

func TestCrashNodes(t *testing.T) {
	t.Parallel()
	for _, means := range []string{"key", "find"} {
		t.Run(means, func(t *testing.T) {
			t.Parallel()
			r := together(t, 3, means, 2*time.Second)
			r.sell(16)
			for _, n := range r.nodes {
				n.start()
			}
			for range kills(t, 6) {
				n := r.nodes[rand.IntN(len(r.nodes))]
				n.killAfter(between(20*time.Millisecond, 300*time.Millisecond))
				<-time.After(between(0, 300*time.Millisecond)) // the others take over what has ended, and go on
				n.start()
			}
			for _, n := range r.nodes { // the others have to wait for its leases to end
				n.waitReady()
			}
			r.nodes[2].kill()
			r.finish()
			r.verdict(false).mustBeClean(t)
		})
	}
}

// TestCrashFrozen stops nodes in the middle of their work until their leases have ended and others have taken over, and lets them go on.
func TestCrashFrozen(t *testing.T) {
	t.Parallel()
	for _, means := range []string{"key", "find", "none"} {
		t.Run(means, func(t *testing.T) {
			t.Parallel()
			r := together(t, 3, means, frozenLease)
			r.base.Timeout = frozenTimeout
			r.sell(16)
			for _, n := range r.nodes {
				n.start()
			}
			for range kills(t, 4) {
				n := r.nodes[rand.IntN(len(r.nodes))]
				n.waitReady()
				<-time.After(between(20*time.Millisecond, 300*time.Millisecond))
				n.signal(syscall.SIGSTOP)
				<-time.After(between(2*frozenLease, 3*frozenLease)) // the lease, and the look-ups of whoever has it then
				n.signal(syscall.SIGCONT)
				r.kills.Add(1)
			}
			r.finish()
			r.verdict(means == "none").mustBeClean(t)
		})
	}
}

// TestCrashZombies stops a node at one point of its work on an order, has another node do that work to its end, and lets the first go on: it must notice
// that its lease is gone. What it had not sent by then it must not send, and it must record nothing but that it tried.
func TestCrashZombies(t *testing.T) {
	t.Parallel()
	for _, means := range meansOfZombies(t) {
		t.Run(means, func(t *testing.T) {
			t.Parallel()
			// All at once, because most of the time is spent in waiting for the database: it ends what a frozen node holds after ten seconds.
			var zombies []*zombie
			for _, z := range []zombie{
				{point: "before-intent"}, // and the database ends its transaction
				{point: "after-intent", notices: true},
				{point: "before-send", notices: true},
				{point: "before-write", notices: true},
				{point: "after-send", notices: true, sends: 1},
				{point: "before-outcome", sends: 1},
				{point: "after-outcome", sends: 1},
			} {
				z.rig = together(t, 2, means, frozenLease)
				z.rig.base.Timeout = frozenTimeout
				zombies = append(zombies, &z)
				z.freeze()
			}
			for _, z := range zombies {
				z.nodes[1].start()
			}
			<-time.After(frozenLease) // also for those whose work was done before
			for _, z := range zombies {
				z.wait(z.point+": the other node to do the work", func() bool { return z.settledAll(1, means) })
				z.wake(means)
			}
		})
	}
}

// meansOfZombies are all in a long run, else the one that has most to lose.
func meansOfZombies(t *testing.T) []string {
	if kills(t, 0) > 0 {
		return []string{"key", "find", "none"}
	}
	return []string{"find"}
}

// zombie is a node that everybody thinks dead.
type zombie struct {
	*rig
	point   string
	notices bool // its log says that it was overtaken
	sends   int  // requests that it had sent when it was stopped, at most
	ledger  *store.Store
}

// freeze brings the first node to its point, with an order.
func (z *zombie) freeze() {
	z.t.Helper()
	z.ledger = z.open()
	z.t.Cleanup(func() { must(z.t, z.ledger.Close()) })
	z.hub.start(at(z.point, 1), func(o *order) { o.Freeze = true })
	z.hub.waitReady()
	z.selling.Go(func() { z.order(0, "A", false, false) })
	if got := z.hub.hear(); got != z.point {
		z.t.Fatalf("the hub says it is at %q, want %s", got, z.point)
	}
	z.hub.signal(syscall.SIGSTOP)
}

// settledAll says whether a number of deliveries are all that there are, and need no hub any more.
func (z *zombie) settledAll(n int, means string) bool {
	list, err := z.ledger.Deliveries(z.t.Context(), store.DeliveryFilter{Limit: 10})
	must(z.t, err)
	for _, d := range list {
		if d.State != store.Done && (means != "none" || d.State != store.Unknown || !d.DueAt.IsZero()) {
			return false
		}
	}
	return len(list) == n
}

// wake lets the zombie go on, waits until it has worked on another order and stopped in an orderly way, and counts.
func (z *zombie) wake(means string) {
	z.t.Helper()
	z.hub.signal(syscall.SIGCONT)
	z.selling.Go(func() { z.order(0, "B", false, false) })
	z.selling.Wait()
	z.wait(z.point+": the next order to be worked off", func() bool { return z.settledAll(2, means) })
	for _, n := range z.nodes {
		n.stop()
	}
	z.kills.Add(1)
	v := z.verdict(means == "none")
	z.t.Logf("%s: %s", z.point, v)
	if v.lost != 0 || v.doubled != 0 || v.misrecorded != 0 || v.acknowledged != 2 {
		z.t.Errorf("%s: %s", z.point, v)
	}
	if sent := z.calls.of(z.hub, "A"); sent > z.sends {
		z.t.Errorf("%s: the zombie sent %d requests, want at most %d", z.point, sent, z.sends)
	}
	if noticed := strings.Contains(z.hub.output.String(), "a delivery was taken over while it was worked on"); z.notices && !noticed {
		z.t.Errorf("%s: it did not notice that its lease was gone:\n%s", z.point, &z.hub.output)
	}
}
