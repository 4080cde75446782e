package engine

import (
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/connector/fake"
	"github.com/tengi/tengi/internal/shop"
	"github.com/tengi/tengi/store"
)

// TestModel lets random histories of a few orders run through the engine: notices early, late and twice, answers lost in every way, crashes, workers
// that come back from the dead, people who replay. The bookkeeper is the witness, and what it must hold at rest is a few lines of model.
func TestModel(t *testing.T) {
	t.Parallel()
	var worlds []*world
	for _, means := range []string{"key", "find", "none"} {
		w := &world{}
		w.bench = setupWith(t, means, func(b *bench) { b.refuses(&w.refusing) })
		w.books.UseKeys = means == "key"
		worlds = append(worlds, w)
	}
	histories := 0
	rapid.Check(t, func(r *rapid.T) {
		histories++
		w := rapid.SampledFrom(worlds).Draw(r, "means")
		m := &model{world: w, b: w.bench, r: r, loads: rapid.Bool().Draw(r, "loads"), prefix: fmt.Sprintf("h%d-", histories), orders: map[string]*told{}}
		r.Repeat(map[string]func(*rapid.T){
			"notice": m.notice, "repeat": m.repeat, "work": m.work, "fault": m.fault, "crash": m.crash, "pause": m.pause, "resume": m.resume,
			"wait": m.wait, "replay": m.replay, "restart": m.restart, "": m.check,
		})
		m.rest()
	})
}

// world is a bench that many histories share, one after the other: each comes to rest, and has orders of its own.
type world struct {
	*bench
	refusing atomic.Bool
}

// model is what the world outside knows: the notices that were acknowledged, and from them what each order wants.
type model struct {
	*world
	b      *bench
	r      *rapid.T
	loads  bool // notices only point at the order
	prefix string
	orders map[string]*told
	sent   []shop.Order
	events []int64 // acknowledged
	paused []store.Claimed
}

// told is what has been said about one order.
type told struct {
	versions int64
	latest   shop.Order // the highest version; of two equal ones the later
}

func (m *model) notice(r *rapid.T) {
	o := shop.Order{ID: m.prefix + rapid.SampledFrom([]string{"A", "B"}).Draw(r, "order"), Status: "confirmed", Load: m.loads, Notice: fmt.Sprintf("%s%d", m.prefix, len(m.sent))}
	if o.Total = rapid.SampledFrom([]string{"0", "100", "150", "200"}).Draw(r, "total"); o.Total == "0" {
		o.Status, o.Line = "cancelled", "0"
	}
	of := m.orders[o.ID]
	if of == nil {
		of = &told{}
		m.orders[o.ID] = of
	}
	if o.Version = of.versions + 1; !m.loads { // a source that is asked says how it is now, one that tells may tell late
		o.Version = max(1, o.Version-rapid.Int64Range(0, 2).Draw(r, "late by"))
	}
	of.versions = max(of.versions, o.Version)
	if o.Version >= of.latest.Version {
		of.latest = o
		m.b.shop.Set(o)
	}
	got := m.b.tell(o)
	if got.Duplicate || got.Joined != 1 {
		r.Fatalf("a new notice is %+v", got)
	}
	m.sent, m.events = append(m.sent, o), append(m.events, got.EventID)
}

func (m *model) repeat(r *rapid.T) {
	if len(m.sent) == 0 {
		r.Skip("nothing was said")
	}
	i := rapid.IntRange(0, len(m.sent)-1).Draw(r, "notice")
	if got := m.b.tell(m.sent[i]); !got.Duplicate || got.Joined != 0 || got.EventID != m.events[i] {
		r.Fatalf("a repeated notice is %+v", got)
	}
}

// claim takes one delivery, if one is due, and makes sure that nothing before it is open.
func (m *model) claim(r *rapid.T) (store.Claimed, bool) {
	b, now := m.b, m.b.clock.Now()
	got, err := b.store.Claim(b.t.Context(), store.Claim{Lanes: b.engine.usableLanes(), Want: 1, Node: "test", Lease: token(), Now: now, Until: now.Add(time.Minute)})
	must(b.t, err)
	if len(got.Deliveries) == 0 {
		return store.Claimed{}, false
	}
	d := got.Deliveries[0]
	for _, other := range m.deliveries(d.Object) {
		if other.ID < d.ID && other.Open || other.ID != d.ID && other.State == store.Running {
			r.Fatalf("delivery %d is worked while %d is %s", d.ID, other.ID, other.State)
		}
	}
	return d, true
}

func (m *model) work(r *rapid.T) {
	if d, ok := m.claim(r); ok {
		m.b.engine.work(m.b.t.Context(), d)
	}
}

// crash works a delivery and loses the process at the next request, before or after it reached the service.
func (m *model) crash(r *rapid.T) {
	d, ok := m.claim(r)
	if !ok {
		r.Skip("nothing is due")
	}
	point := rapid.SampledFrom([]string{"before-send", "after-send"}).Draw(r, "point")
	m.b.engine.testing.Fail = func(at string) {
		if at == point {
			runtime.Goexit()
		}
	}
	var worker sync.WaitGroup
	worker.Go(func() { m.b.engine.work(m.b.t.Context(), d) })
	worker.Wait()
	m.b.engine.testing.Fail = nil
}

func (m *model) pause(r *rapid.T) {
	if d, ok := m.claim(r); ok {
		m.paused = append(m.paused, d)
	}
}

// resume has a worker go on that stood still, perhaps for so long that its lease has ended and others have gone on without it.
func (m *model) resume(r *rapid.T) {
	if len(m.paused) == 0 {
		r.Skip("nobody stands still")
	}
	d := m.paused[0]
	m.paused = m.paused[1:]
	m.b.engine.work(m.b.t.Context(), d)
}

func (m *model) fault(r *rapid.T) {
	f := fake.Fault{Kind: rapid.SampledFrom([]fake.FaultKind{fake.DropAnswer, fake.FailActed, fake.DropRequest, fake.Fail, fake.Unavailable, fake.RateLimit, fake.Refuse}).Draw(r, "fault")}
	if f.Kind == fake.Refuse {
		m.refusing.Store(true)
		return
	}
	if m.loads && rapid.Bool().Draw(r, "at the shop") {
		m.b.shop.Faults.Add(f)
		return
	}
	f.Method = rapid.SampledFrom([]string{"POST", "GET"}).Draw(r, "method")
	m.b.books.Faults.Add(f)
}

func (m *model) wait(r *rapid.T) {
	m.pass(time.Duration(rapid.SampledFrom([]int{1, 20, 61, 600, 7200, 90000}).Draw(r, "seconds")) * time.Second)
}

// pass lets time go by and ends the leases that ended meanwhile.
func (m *model) pass(d time.Duration) {
	m.b.clock.set(m.b.clock.Now().Add(d))
	_, err := m.b.store.Expire(m.b.t.Context(), m.b.clock.Now(), "", nil)
	must(m.b.t, err)
}

func (m *model) replay(r *rapid.T) {
	for _, d := range m.open() {
		if d.State != store.Running && rapid.Bool().Draw(r, "replay") {
			if err := m.b.engine.Replay(m.b.t.Context(), d.ID); err != nil && !isAtWork(err) {
				r.Fatal(err)
			}
		}
	}
}

func (m *model) restart(r *rapid.T) {
	engine, err := m.b.start("test")
	must(m.b.t, err)
	m.b.engine = engine
	if rapid.Bool().Draw(r, "the store too") {
		m.pass(2 * time.Minute)
	}
}

// check is what holds at every moment.
func (m *model) check(r *rapid.T) {
	refs := map[string]bool{}
	standing := map[string]int{}
	for _, i := range m.b.books.Invoices() {
		if refs[i.Reference] {
			r.Fatalf("%s was made twice", i.Reference)
		}
		refs[i.Reference] = true
		for id := range m.orders {
			if i.Status == "issued" && m.of(i, id) {
				standing[id]++
			}
		}
	}
	for id, n := range standing {
		if n > 1 {
			r.Fatalf("%d invoices stand for %s: %s", n, id, m.story(id))
		}
	}
	for _, id := range m.events {
		if _, _, err := m.b.store.Event(m.b.t.Context(), id); err != nil {
			r.Fatalf("an acknowledged event is gone: %v", err)
		}
	}
}

// story is what the ledger knows about an order, for whoever has to find out what went wrong.
func (m *model) story(order string) string {
	var s strings.Builder
	fmt.Fprintf(&s, "%+v\n", m.b.books.Invoices())
	for _, d := range m.deliveries("order/" + order) {
		steps, err := m.b.store.Steps(m.b.t.Context(), d.ID)
		must(m.b.t, err)
		calls, err := m.b.store.Calls(m.b.t.Context(), d.ID)
		must(m.b.t, err)
		attempts, err := m.b.store.Attempts(m.b.t.Context(), d.ID)
		must(m.b.t, err)
		fmt.Fprintf(&s, "delivery %d of event %d: %s %s, %s\n", d.ID, d.EventID, d.State, d.Code, d.Reason)
		for _, step := range steps {
			fmt.Fprintf(&s, "  %s %s %d %s %s document %d\n", step.Op, step.Key, step.Issue, step.Ref, step.State, step.DocumentID)
		}
		for _, c := range calls {
			fmt.Fprintf(&s, "  call %s %s %s sent %d times\n", c.Op, c.Key, c.State, c.Sends)
		}
		for _, a := range attempts {
			fmt.Fprintf(&s, "  attempt %d %s %s %s %s\n", a.ID, a.Op, a.Outcome, a.Code, a.Message)
		}
	}
	return s.String()
}

// of says whether an invoice was made for an order: references begin with what the sale is called.
func (m *model) of(i shop.Invoice, order string) bool {
	return len(i.Reference) > len(order) && i.Reference[:len(order)+1] == order+"-"
}

// rest mends everything, lets people decide what only they can, and compares what stands with what the latest states want.
func (m *model) rest() {
	m.paused = nil
	for range 50 {
		m.b.books.Faults.Clear()
		m.b.shop.Faults.Clear()
		m.refusing.Store(false)
		m.pass(2 * time.Minute)
		m.b.settleLater()
		left := m.open()
		if len(left) == 0 {
			break
		}
		for _, d := range left {
			m.decide(d)
			m.b.settleLater()
		}
	}
	m.check(m.r)
	for id, of := range m.orders {
		var stands []string
		for _, i := range m.b.books.Invoices() {
			if m.of(i, id) && i.Status == "issued" {
				stands = append(stands, i.Total)
			}
		}
		if wanted := of.latest.Status == "confirmed"; wanted && (len(stands) != 1 || stands[0] != of.latest.Total) || !wanted && len(stands) != 0 {
			m.r.Fatalf("%s is %s at %s in version %d, and %v stand; %+v", id, of.latest.Status, of.latest.Total, of.latest.Version, stands, m.deliveries("order/"+id))
		}
	}
	if left := m.open(); len(left) > 0 {
		m.r.Fatalf("it does not come to rest: %+v", left)
	}
}

// decide does for a delivery what a person does who can look into the service.
func (m *model) decide(d store.Delivery) {
	ctx := m.b.t.Context()
	if d.State == store.Unknown {
		steps, err := m.b.store.Steps(ctx, d.ID)
		must(m.b.t, err)
		for _, i := range m.b.books.Invoices() {
			for _, s := range steps {
				if s.Op == store.Do && s.State == store.StepOpen && i.Reference == string(s.Ref) {
					must(m.b.t, m.b.engine.Adopt(ctx, d.ID, tengi.Document{ExternalID: i.ID}))
					return
				}
			}
		}
		if d.Code == connector.CodeAskPerson {
			must(m.b.t, m.b.engine.SendAgain(ctx, d.ID))
			return
		}
	}
	if err := m.b.engine.Replay(ctx, d.ID); err != nil && !isAtWork(err) && !hasEnded(err) {
		m.r.Fatal(err)
	}
}

func (m *model) deliveries(object string) []store.Delivery {
	list, err := m.b.store.Deliveries(m.b.t.Context(), store.DeliveryFilter{ConnectionID: "con_1", Object: object, Limit: 1000})
	must(m.b.t, err)
	return list
}

// open are the deliveries that have not ended.
func (m *model) open() []store.Delivery {
	list, err := m.b.store.Deliveries(m.b.t.Context(), store.DeliveryFilter{ConnectionID: "con_1", Limit: 1000,
		States: []store.State{store.Waiting, store.Running, store.Retrying, store.Unknown, store.Held, store.Failed}})
	must(m.b.t, err)
	return list
}
