package engine

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/connector/fake"
	"github.com/tengi/tengi/internal/shop"
	"github.com/tengi/tengi/store"
)

// gate stands before a host: requests that change something wait in it until they are let through.
type gate struct {
	next   http.Handler
	inside chan struct{} // one for each request that has come
	open   chan struct{} // one, or its closing, lets a request through

	mu        sync.Mutex
	now, most int
}

func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		g.next.ServeHTTP(w, r)
		return
	}
	g.mu.Lock()
	g.now++
	g.most = max(g.most, g.now)
	g.mu.Unlock()
	g.inside <- struct{}{}
	<-g.open
	g.next.ServeHTTP(w, r)
	g.mu.Lock()
	g.now--
	g.mu.Unlock()
}

// gated is a bench with the machine's clock whose bookkeeper stands behind a gate.
func gated(t *testing.T, means string, limits connector.Limits) (*bench, *gate) {
	t.Helper()
	g := &gate{inside: make(chan struct{}, 1000), open: make(chan struct{})}
	b := setupWith(t, means, func(b *bench) {
		b.real, b.target.Limits = true, limits
		g.next = b.hosts["books.test"]
		b.hosts["books.test"] = g
	})
	return b, g
}

// come waits until so many requests have come to the gate.
func (g *gate) come(n int) {
	for range n {
		<-g.inside
	}
}

func TestInFlightIsHeeded(t *testing.T) {
	t.Parallel()
	b, g := gated(t, "key", connector.Limits{InFlight: 3})
	for i := range 20 {
		b.notice(order(fmt.Sprintf("A%d", i)))
	}
	stop := b.run()
	for range 20 {
		g.come(1)
		g.open <- struct{}{}
	}
	stop()
	if g.most > 3 || b.books.Count("issued") != 20 {
		t.Fatalf("%d at once, %d invoices", g.most, b.books.Count("issued"))
	}
}

func TestRateIsHeeded(t *testing.T) {
	t.Parallel()
	const every = 20 * time.Millisecond
	b, g := gated(t, "key", connector.Limits{Every: every, Burst: 2})
	close(g.open)
	for i := range 10 {
		b.notice(order(fmt.Sprintf("A%d", i)))
	}
	began := time.Now()
	stop := b.run()
	g.come(10)
	took := time.Since(began)
	stop()
	if least := 8 * every; took < least || b.books.Count("issued") != 10 { // never faster; how much slower depends on the machine
		t.Fatalf("10 requests took %s, at least %s was to pass; %d invoices", took, least, b.books.Count("issued"))
	}
}

// With many workers, the notices of one order are still worked one after the other, in the order they came.
func TestOrderPerObjectUnderRun(t *testing.T) {
	t.Parallel()
	b, g := gated(t, "key", connector.Limits{})
	b.save(shop.Connection(func(c *tengi.Connection) { c.Source.Trigger, c.Steps[0].Action = "note", "note.create" }))
	b.save(shop.Connection(func(c *tengi.Connection) {
		c.Source.Trigger, c.Steps[0].Action, c.Steps[0].Fields = "note", "note.create", map[string]any{"text": "{{ data.id }} {{ data.notice }}"}
	}))
	close(g.open)
	const orders, notices = 8, 6
	for n := range notices {
		for o := range orders {
			b.notice(shop.Order{ID: fmt.Sprintf("A%d", o), Total: "0", Bare: true, Notice: fmt.Sprintf("%d-%d", o, n)})
		}
	}
	stop := b.run()
	g.come(orders * notices)
	stop()
	next := map[string]int{}
	for _, i := range b.books.Invoices() {
		var id string
		var o, n int
		if _, err := fmt.Sscanf(i.Status, "note:%s %d-%d", &id, &o, &n); err != nil {
			t.Fatalf("%q: %v", i.Status, err)
		}
		if n != next[id] {
			t.Errorf("%s: notice %d came when %d was due", id, n, next[id])
		}
		next[id]++
	}
	if len(next) != orders {
		t.Fatalf("%v", next)
	}
}

// A stop lets what is under way come to its end and be recorded; what was not begun waits, and nothing says that it was tried.
func TestGracefulStop(t *testing.T) {
	t.Parallel()
	b, g := gated(t, "none", connector.Limits{InFlight: 1})
	events := []int64{b.notice(order("A1")).EventID, b.notice(order("A2")).EventID}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- b.engine.Run(ctx) }()
	g.come(1)
	cancel()
	for !b.engine.stopping() { // only until the dispatcher has seen it
		<-time.After(time.Millisecond)
	}
	close(g.open)
	must(t, <-ended)
	states := map[store.State]int{}
	for _, event := range events {
		d := b.row(event)
		attempts, err := b.store.Attempts(t.Context(), d.ID)
		must(t, err)
		states[d.State]++
		if (d.State == store.Done) != (len(attempts) == 1) || d.State == store.Waiting && (len(attempts) != 0 || d.Tries != 0 || d.Touched) {
			t.Errorf("%+v, attempts %+v", d, attempts)
		}
	}
	if states[store.Done] != 1 || states[store.Waiting] != 1 || b.books.Count("issued") != 1 {
		t.Errorf("%v, %d invoices", states, b.books.Count("issued"))
	}
}

// Work that is cut while it only reads was not tried: the source was not asked, as far as anybody needs to know.
func TestCutDuringLoadIsNoAttempt(t *testing.T) {
	t.Parallel()
	ctx, cut := context.WithCancel(t.Context())
	b := setupWith(t, "key", func(b *bench) {
		b.source.Load = func(ctx context.Context, _ *connector.Client, _ tengi.Event) (connector.Loaded, error) {
			cut()
			return connector.Loaded{}, ctx.Err()
		}
	})
	o := order("A1")
	o.Load = true
	event := b.notice(o).EventID
	b.workUnder(ctx)
	attempts, err := b.store.Attempts(t.Context(), b.deliveryID(event))
	must(t, err)
	if d := b.row(event); d.State != store.Waiting || d.Tries != 0 || d.DueAt.IsZero() || len(attempts) != 0 {
		t.Fatalf("%+v, attempts %+v", d, attempts)
	}
}

// Work that is cut between two calls keeps the answer of the first, which nobody could look up.
func TestCutBetweenCallsKeepsTheAnswer(t *testing.T) {
	t.Parallel()
	ctx, cut := context.WithCancel(t.Context())
	b := setupWith(t, "none", func(b *bench) {
		next := b.hosts["books.test"]
		b.hosts["books.test"] = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			next.ServeHTTP(w, r)
			cut()
		})
	}, shop.Connection(func(c *tengi.Connection) { c.Steps[0].Action = "invoice.send" }))
	event := b.notice(order("A1")).EventID
	b.workUnder(ctx)
	if d := b.row(event); d.State != store.Waiting || b.books.Count("draft") != 1 {
		t.Fatalf("%+v, %+v", d, b.books.Invoices())
	}
	b.settle()
	if d := b.delivery(event); d.state != "done" || b.books.Count("issued") != 1 || len(b.books.Invoices()) != 1 {
		t.Fatalf("%+v, %+v", d, b.books.Invoices())
	}
}

// workUnder claims one delivery and works it under a context that may be cut.
func (b *bench) workUnder(ctx context.Context) {
	b.t.Helper()
	now := b.clock.Now()
	got, err := b.store.Claim(b.t.Context(), store.Claim{Lanes: b.engine.usableLanes(), Want: 1, Node: "test", Lease: token(), Now: now, Until: now.Add(time.Minute)})
	must(b.t, err)
	for _, d := range got.Deliveries {
		b.engine.work(ctx, d)
	}
}

// A worker hangs in a call until its lease is gone and another node has taken over; then its answer comes all the same.
func TestLateAnswerOfALostLease(t *testing.T) {
	t.Parallel()
	for _, means := range []string{"key", "find"} {
		for _, acted := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s acted=%t", means, acted), func(t *testing.T) {
				t.Parallel()
				b := setup(t, means)
				b.books.UseKeys = means == "key"
				g := &hang{next: b.hosts["books.test"], acts: acted, inside: make(chan struct{}), free: make(chan struct{})}
				b.hosts["books.test"] = g
				event := b.notice(order("A1")).EventID
				var zombie sync.WaitGroup
				zombie.Go(func() { b.workOne() })
				<-g.inside
				b.later(3 * time.Minute) // the intent renewed the lease
				_, err := b.store.Expire(t.Context(), b.clock.Now(), "", nil)
				must(t, err)
				other, err := b.start("other")
				must(t, err)
				first := b.engine
				b.engine = other
				if acted {
					b.settleLater()
				} else { // the other looks while the request is still on its way; the answer settles it
					b.workOne()
				}
				close(g.free)
				zombie.Wait()
				b.settleLater()
				b.engine = first
				attempts, err := b.store.Attempts(t.Context(), b.deliveryID(event))
				must(t, err)
				nodes := map[string]int{}
				for _, a := range attempts {
					nodes[a.Node]++
				}
				if d := b.delivery(event); d.state != "done" || len(b.books.Invoices()) != 1 || nodes["test"] != 1 || nodes["other"] == 0 {
					t.Fatalf("%+v, %+v, attempts by %v", d, b.books.Invoices(), nodes)
				}
			})
		}
	}
}

// hang holds the first request that changes something, before or after it acted.
type hang struct {
	next         http.Handler
	acts         bool
	once         sync.Once
	inside, free chan struct{}
}

func (h *hang) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	hold := false
	if r.Method == http.MethodPost {
		h.once.Do(func() { hold = true })
	}
	if !hold {
		h.next.ServeHTTP(w, r)
		return
	}
	if h.acts {
		h.next.ServeHTTP(w, r)
	}
	close(h.inside)
	<-h.free
	if !h.acts {
		fake.JSON(w, http.StatusUnprocessableEntity, "too late")
	}
}

// A delivery that this node lost and took again stays under its new lease when the worker of the old one ends.
func TestReleaseKnowsItsLease(t *testing.T) {
	t.Parallel()
	b := setup(t, "key")
	old, young := store.Claimed{ID: 7, Lease: 1}, store.Claimed{ID: 7, Lease: 2}
	b.engine.hold(old)
	b.engine.hold(young)
	b.engine.release(old)
	if b.engine.held[7] != young {
		t.Fatal("the new lease is no longer renewed")
	}
	b.engine.release(young)
	if len(b.engine.held) != 0 {
		t.Fatal("a delivery nobody works on is still held")
	}
}
