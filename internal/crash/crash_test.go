// Package crash kills the hub, at random and at every named point, takes from it its network, its database, its disk and its time, and counts at the
// bookkeeper what was lost or doubled.
package crash

import (
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/tengi/tengi/connector/fake"
)

// hurry divides the waits of the child: settle times of 15 s and 60 s become 250 ms and 1 s.
const hurry = 60

// slow is how long the bookkeeper takes to act when it is slow: less than the last settle time, more than a restart of the hub.
const slow = 250 * time.Millisecond

// kills is how often each random loop kills the hub: a few times in every run of the tests, and TENGI_CRASH_N times when asked.
func kills(t *testing.T, usual int) int {
	text := os.Getenv("TENGI_CRASH_N")
	if text == "" {
		return usual
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("TENGI_CRASH_N: %v", err)
	}
	return n
}

// databases are the two kinds of store.
var databases = []string{"sqlite", "postgres"}

// between is a random time.
func between(from, to time.Duration) time.Duration { return from + rand.N(to-from) }

func TestCrashAtRandom(t *testing.T) {
	t.Parallel()
	for _, database := range databases {
		for _, c := range []struct {
			name, means string
			keys, slow  bool
		}{
			{"idempotency key", "key", true, false},
			{"idempotency key, slow service", "key", true, true},
			{"look-up", "find", false, false},
			{"look-up, slow service", "find", false, true},
			{"asks a person", "none", false, false},
		} {
			t.Run(database+"/"+c.name, func(t *testing.T) {
				t.Parallel()
				r := newRig(t, database, c.means)
				r.books.UseKeys = c.keys
				if c.slow {
					r.books.Faults.Add(fake.Fault{Kind: fake.SlowAct, Method: "POST", Times: -1, Delay: slow})
				}
				r.sell(16)
				for i := range kills(t, 4) {
					life := between(20*time.Millisecond, 420*time.Millisecond)
					if i%8 == 7 { // a hub that never lives long enough would have to give its work up in the end
						life = between(time.Second, 2*time.Second)
					}
					r.hub.start()
					r.hub.killAfter(life)
				}
				r.finish()
				r.verdict(c.means == "none").mustBeClean(t)
			})
		}
	}
}

// points are the named edges of the hub's work. At each the hub kills itself.
var points = []string{
	"before-ingest", "after-ingest", "before-claim", "after-claim", "before-intent", "after-intent",
	"before-send", "before-write", "after-send", "before-outcome", "after-outcome",
}

func TestCrashAtEveryPoint(t *testing.T) {
	t.Parallel()
	for _, database := range databases {
		for _, means := range []string{"key", "find", "none"} {
			t.Run(database+"/"+means, func(t *testing.T) {
				t.Parallel()
				r := newRig(t, database, means)
				r.books.UseKeys = means == "key"
				r.sell(8)
				for i, point := range points {
					r.hub.start(at(point, int64(1+i%3)))
					r.hub.waitDead(point)
				}
				r.finish()
				r.verdict(means == "none").mustBeClean(t)
			})
		}
	}
}

// Without the protections the same loop must find doubles; else it proves nothing.
func TestCrashLoopWouldNotice(t *testing.T) {
	t.Parallel()
	r := newRig(t, "sqlite", "find")
	r.base.Careless = true
	r.books.Faults.Add(fake.Fault{Kind: fake.SlowAct, Method: "POST", Times: -1, Delay: slow})
	r.sell(16)
	for range 20 {
		r.hub.start()
		r.hub.killAfter(300 * time.Millisecond)
		if r.doubled() > 0 {
			break
		}
	}
	r.finish()
	v := r.verdict(false)
	if v.doubled == 0 {
		t.Fatalf("careless, and nothing was doubled: the loop proves nothing (%s)", v)
	}
}
