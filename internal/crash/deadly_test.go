package crash

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tengi/tengi/store"
)

// TestCrashDeadly has orders among the others that kill the hub whenever it asks for their invoice. Each must be left to a person after a bounded number of
// deaths, and no other one.
func TestCrashDeadly(t *testing.T) {
	t.Parallel()
	for _, database := range databases {
		t.Run(database, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, database, "key")
			r.books.UseKeys, r.base.Deadly = true, "D"
			n := min(kills(t, 2), 10)
			r.sell(8)
			for i := range n {
				r.selling.Go(func() { r.order(0, fmt.Sprintf("D%d", i), false, true) })
			}
			deadline := time.Now().Add(patience)
			for left := n; left > 0; left = n - r.givenUp() {
				r.supervise(5*calm, n*mostDeaths)
				if time.Now().After(deadline) {
					t.Fatalf("after %d deaths %d deadly orders are still worked on", r.kills.Load(), left)
				}
			}
			r.base.Deadly = "" // a fault that was mended
			r.finish()
			v := r.verdict(false)
			t.Log(v)
			if v.lost != 0 || v.doubled != 0 || v.misrecorded != 0 || v.gaveUp != n || v.asked != n || v.acknowledged <= n {
				t.Error(v)
			}
			for _, d := range r.deliveries(store.Held, store.Unknown) {
				if !strings.HasPrefix(d.Object, "order/D") {
					t.Errorf("an order that kills nobody is left to a person: %+v", d)
				}
			}
		})
	}
}

// calm is how long a hub must have lived, hurried, before it works on what is suspicious; mostDeaths how often one order may kill it.
const (
	calm       = time.Minute / hurry
	mostDeaths = 7
)

// supervise starts the hub again whenever it has died, until it has lived for a while, and stops it.
func (r *rig) supervise(while time.Duration, deaths int) {
	r.t.Helper()
	for {
		r.hub.start()
		select {
		case <-r.hub.done:
		case <-time.After(while):
		}
		_ = r.hub.cmd.Process.Signal(syscall.SIGTERM) // if it has not died, nor does so just now
		r.hub.await("its end", r.hub.done)
		if r.hub.cmd.ProcessState.Success() {
			return
		}
		r.hub.waitDead("of a deadly order")
		if n := int(r.kills.Load()); n > deaths {
			r.t.Fatalf("the hub has died %d times, at most %d were to be", n, deaths)
		}
	}
}

// givenUp counts the orders that are taken for what killed the hub.
func (r *rig) givenUp() int {
	r.t.Helper()
	_, n := r.asked(false)
	return n
}
