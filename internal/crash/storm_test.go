package crash

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/tengi/tengi/connector/fake"
	"github.com/tengi/tengi/internal/shop"
)

// storms are the ways in which the bookkeeper goes wrong, in turns. Each is over after some requests.
var storms = []fake.Fault{
	{Kind: fake.RateLimit, Wait: 1},
	{Kind: fake.Fail},
	{Kind: fake.Unavailable},
	{Kind: fake.DropAnswer},
	{Kind: fake.FailActed},
	{Kind: fake.DropRequest},
	{Kind: fake.SlowAct, Delay: 50 * time.Millisecond},
}

// weather lets storms and calm follow each other until the selling stops.
func (r *rig) weather() {
	r.selling.Go(func() {
		defer r.books.Faults.Clear()
		for {
			storm := storms[rand.IntN(len(storms))]
			storm.Times = 1 + rand.IntN(12)
			r.books.Faults.Add(storm)
			select {
			case <-r.stop:
				return
			case <-time.After(between(50*time.Millisecond, 250*time.Millisecond)):
			}
		}
	})
}

// history is what happens to an order, one state after the other, each with the number that the shop gives it.
func history(id string, random *rand.Rand) []shop.Order {
	states := []shop.Order{{Status: "confirmed", Total: "100"}}
	if random.IntN(2) == 0 {
		states = append(states, shop.Order{Status: "confirmed", Total: "150"})
	}
	if random.IntN(3) == 0 {
		states = append(states, shop.Order{Status: "cancelled", Total: "0"})
	}
	for i := range states {
		s := &states[i]
		s.ID, s.Version, s.Notice = id, int64(i+1), fmt.Sprintf("%s-%d", id, i+1)
	}
	return states
}

// tellAnyhow sends the notices of an order at once, in any order and some of them twice or three times; false when the selling stopped before all of
// them were acknowledged.
func (r *rig) tellAnyhow(states []shop.Order, random *rand.Rand) bool {
	var notices []shop.Order
	for _, s := range states {
		for range 1 + random.IntN(3) {
			notices = append(notices, s)
		}
	}
	random.Shuffle(len(notices), func(i, j int) { notices[i], notices[j] = notices[j], notices[i] })
	var senders sync.WaitGroup
	missed := make(chan bool, len(notices))
	for _, n := range notices {
		senders.Go(func() {
			if !r.send(0, n) {
				missed <- true
			}
		})
	}
	senders.Wait()
	return len(missed) == 0
}

// TestCrashStorm is everything at once: a bookkeeper that refuses, fails and forgets to answer, notices in disorder, and a hub that is killed.
func TestCrashStorm(t *testing.T) {
	t.Parallel()
	for _, database := range databases {
		for _, means := range []string{"key", "find"} {
			t.Run(database+"/"+means, func(t *testing.T) {
				t.Parallel()
				r := newRig(t, database, means)
				r.books.UseKeys = means == "key"
				var mu sync.Mutex
				told := map[string]shop.Order{} // the last state of each order of which everything was acknowledged
				for seller := range 6 {
					r.selling.Go(func() {
						random := rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64()))
						for n := 0; r.goOn(); n++ {
							states := history(fmt.Sprintf("S%dx%d", seller, n), random)
							last := states[len(states)-1]
							if !r.tellAnyhow(states, random) {
								return
							}
							r.mark(last.ID, confirmed)
							mu.Lock()
							told[last.ID] = last
							mu.Unlock()
						}
					})
				}
				r.weather()
				for range kills(t, 3) {
					r.hub.start()
					r.hub.killAfter(between(100*time.Millisecond, 600*time.Millisecond))
				}
				r.finish()
				r.verdictOfStates(told).mustBeClean(t)
			})
		}
	}
}

// verdictOfStates compares the last states of orders with what stands at the bookkeeper: one invoice over the last total, or none. An invoice made twice
// has the same reference as another, whatever became of it since.
func (r *rig) verdictOfStates(told map[string]shop.Order) verdict {
	r.t.Helper()
	made, recorded := r.byOrder(), r.recorded()
	asked, gaveUp := r.asked(false)
	v := verdict{acknowledged: len(told), invoices: len(r.books.Invoices()), asked: len(asked), gaveUp: gaveUp, kills: r.kills.Load()}
	for id, last := range told {
		references, standing := map[string]int{}, ""
		twice := false
		for _, i := range made[id] {
			references[i.Reference]++
			twice = twice || references[i.Reference] > 1
			if i.Status == "issued" {
				standing += i.Total + " "
			}
		}
		want := last.Total + " "
		if last.Status == "cancelled" {
			want = ""
		}
		switch {
		case twice:
			v.doubled++
		case asked[id]:
			continue
		case standing != want:
			v.lost++
		case len(recorded[id]) != len(made[id]):
			v.misrecorded++
		default:
			continue
		}
		v.examples = append(v.examples, fmt.Sprintf("%s should be %q: %+v, recorded as %q, %s", id, want, made[id], recorded[id], r.tell(id)))
	}
	return v
}
