package storetest

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tengi/tengi/store"
)

// nodes is how many stores share the database.
const nodes = 3

// Nodes checks what holds between several stores on one database. share gives a new, empty database each time, as a function that opens one more
// store on it; the suite closes the stores.
func Nodes(t *testing.T, share func(t *testing.T) func(store.Config) (*store.Store, error)) {
	t.Helper()
	for name, test := range map[string]func([]*ledger){
		"NodesKeepOrder":              nodesKeepOrder,
		"NodesKnowARepeat":            nodesKnowRepeat,
		"NodesShareARate":             nodesShareRate,
		"NodesShareWhatIsInFlight":    nodesShareInFlight,
		"NodesFireAScheduleOnce":      nodesFireOnce,
		"NodesTakeADecisionOnce":      nodesTakeOnce,
		"NodesHearEachOther":          nodesHear,
		"NodesWatchEachOther":         nodesWatch,
		"NodesDoNotBlockEachOther":    nodesDoNotBlock,
		"NodesAreOneInstallation":     nodesAreOne,
		"NodesTakeOverFromTheDead":    nodesTakeOver,
		"NodesPassNoneBy":             nodesPassNoneBy,
		"NodesStoreManyObjectsAtOnce": nodesStoreMany,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			stores := openAll(t, share(t))
			main := newLedger(t, stores[0])
			all := []*ledger{main}
			for _, s := range stores[1:] {
				other := *main
				other.s = s
				all = append(all, &other)
			}
			test(all)
		})
	}
}

// openAll opens the stores at once: they bring the schema up to date one after the other.
func openAll(t *testing.T, open func(store.Config) (*store.Store, error)) []*store.Store {
	t.Helper()
	stores, errs := make([]*store.Store, nodes), make([]error, nodes)
	var group sync.WaitGroup
	for i := range stores {
		group.Go(func() { stores[i], errs[i] = open(store.Config{}) })
	}
	group.Wait()
	t.Cleanup(func() {
		for _, s := range stores {
			if s == nil {
				continue
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		}
	})
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	return stores
}

// note reports an error from a goroutine of the test.
func (l *ledger) note(err error) {
	l.Helper()
	if err != nil {
		l.Error(err)
	}
}

// each runs a function on every node at once.
func each(all []*ledger, times int, do func(l *ledger, i int)) {
	var group sync.WaitGroup
	for _, l := range all {
		for i := range times {
			group.Go(func() { do(l, i) })
		}
	}
	group.Wait()
}

// witness notes what is at work on all nodes, and complains.
type witness struct {
	sync.Mutex
	t       *testing.T
	working map[string]int64 // object: event
	last    map[string]int64
	done    map[int64]bool
}

func (w *witness) begin(d store.Claimed) {
	w.Lock()
	defer w.Unlock()
	if other := w.working[d.Object]; other != 0 {
		w.t.Errorf("events %d and %d of %s are worked on at once", other, d.EventID, d.Object)
	}
	if d.EventID < w.last[d.Object] {
		w.t.Errorf("event %d of %s came after %d", d.EventID, d.Object, w.last[d.Object])
	}
	if w.done[d.EventID] {
		w.t.Errorf("event %d was claimed twice", d.EventID)
	}
	w.working[d.Object], w.last[d.Object], w.done[d.EventID] = d.EventID, d.EventID, true
}

func (w *witness) end(d store.Claimed) {
	w.Lock()
	defer w.Unlock()
	w.working[d.Object] = 0
}

// Invariant 5 between nodes: while all of them store events of the same few objects, all of them work these off, each object's in the order of its
// ids, never two at once, none twice.
func nodesKeepOrder(all []*ledger) {
	const perSender, senders, objects = 30, 3, 7
	total := int64(len(all) * senders * perSender)
	w := &witness{t: all[0].T, working: map[string]int64{}, last: map[string]int64{}, done: map[int64]bool{}}
	var worked atomic.Int64
	var senderGroup, group sync.WaitGroup
	for n, l := range all {
		for range senders {
			senderGroup.Go(func() {
				for i := range perSender {
					if _, err := l.s.Ingest(l.ctx, store.Ingest{Events: []store.NewEvent{l.event(fmt.Sprintf("booking/%d", i%objects))}}); err != nil {
						l.Error(err)
						worked.Store(total)
					}
				}
			})
		}
		group.Go(func() {
			for worked.Load() < total {
				got, err := l.s.Claim(l.ctx, store.Claim{Lanes: []store.Lane{lane()}, Want: 5, Node: fmt.Sprint(n), Lease: l.token(), Now: l.now, Until: l.now.Add(time.Minute)})
				if err != nil {
					l.Error(err)
					return
				}
				var workers sync.WaitGroup
				for _, d := range got.Deliveries {
					w.begin(d)
					workers.Go(func() {
						step, call := l.step(int(d.EventID))
						if err := l.intend(d, step, call); err != nil {
							l.Error(err)
						}
						out := l.made(d, int(d.EventID))
						out.Decided = true
						w.end(d) // before it is free
						if err := l.s.Finish(l.ctx, out); err != nil {
							l.Error(err)
						}
						worked.Add(1)
					})
				}
				workers.Wait()
			}
		})
	}
	senderGroup.Wait()
	group.Wait()
	equal(all[0], "worked off", worked.Load(), total)
}

func nodesKnowRepeat(all []*ledger) {
	const kinds = 40
	var events []store.NewEvent
	for i := range kinds {
		object := ""
		if i%2 == 0 {
			object = fmt.Sprintf("booking/%d", i)
		}
		events = append(events, all[0].event(object))
	}
	var fresh [kinds]atomic.Int64
	each(all, 4, func(l *ledger, i int) {
		for k := range kinds { // every sender in another order, several events at a time
			a, b := (k*7+i*11)%kinds, (k*3+i*5)%kinds
			got, err := l.s.Ingest(l.ctx, store.Ingest{Events: []store.NewEvent{events[a], events[b]}})
			if err != nil {
				l.Error(err)
				return
			}
			for j, n := range []int{a, b} {
				if !got[j].Duplicate {
					fresh[n].Add(1)
				}
			}
		}
	})
	for n := range kinds {
		if fresh[n].Load() != 1 {
			all[0].Errorf("event %d was new %d times", n, fresh[n].Load())
		}
	}
}

func nodesShareRate(all []*ledger) {
	all[0].fill(60)
	limited := store.Lane{ConnectionID: first, AccountID: books, Every: time.Second, Burst: 5}
	var granted atomic.Int64
	ask := func(at time.Time) {
		each(all, 6, func(l *ledger, _ int) {
			for {
				got, err := l.s.Claim(l.ctx, store.Claim{Lanes: []store.Lane{limited}, Want: 3, Node: node, Lease: l.token(), Now: at, Until: at.Add(time.Hour)})
				if err != nil {
					l.Error(err)
					return
				}
				granted.Add(int64(len(got.Deliveries)))
				if next := got.Again[limited]; next.Sub(at) > 100*time.Millisecond { // sooner means that another node has the account just now
					return
				}
			}
		})
	}
	ask(all[0].now)
	equal(all[0], "at once", granted.Load(), 5)
	ask(all[0].now.Add(3 * time.Second))
	equal(all[0], "after three seconds", granted.Load(), 8)
}

func nodesShareInFlight(all []*ledger) {
	all[0].fill(60)
	limited := store.Lane{ConnectionID: first, AccountID: books, InFlight: 4}
	var running, done atomic.Int64
	each(all, 3, func(l *ledger, _ int) {
		for done.Load() < 60 {
			got, err := l.s.Claim(l.ctx, store.Claim{Lanes: []store.Lane{limited}, Want: 3, Node: node, Lease: l.token(), Now: l.now, Until: l.now.Add(time.Hour)})
			if err != nil {
				l.Error(err)
				return
			}
			for range got.Deliveries {
				if n := running.Add(1); n > 4 {
					l.Errorf("%d are in flight, want at most 4", n)
				}
			}
			for _, d := range got.Deliveries {
				running.Add(-1) // before it is free
				if err := l.s.Finish(l.ctx, l.outcome(d, store.Done)); err != nil {
					l.Error(err)
					return
				}
				done.Add(1)
			}
		}
	})
	equal(all[0], "done", done.Load(), 60)
}

func nodesFireOnce(all []*ledger) {
	for round := range 5 {
		var won atomic.Int64
		planned := epoch.Add(time.Duration(round) * time.Hour)
		each(all, 4, func(l *ledger, _ int) {
			_, ok, err := l.s.Fire(l.ctx, hourly(first, planned), planned.Add(time.Hour), planned)
			if err != nil {
				l.Error(err)
			}
			if ok {
				won.Add(1)
			}
		})
		equal(all[0], "fired", won.Load(), 1)
	}
	runs, err := all[1].s.Runs(all[1].ctx, first, 10)
	all[0].must(err)
	equal(all[0], "runs", len(runs), 5)
}

func nodesTakeOnce(all []*ledger) {
	for i := range 5 {
		d := all[0].stop(fmt.Sprintf("booking/%d", i), store.Next{State: store.Failed})
		var won atomic.Int64
		each(all, 4, func(l *ledger, _ int) {
			_, err := l.takeID(d.ID)
			if err == nil {
				won.Add(1)
			} else if !errors.Is(err, store.ErrWrongState) {
				l.Error(err)
			}
		})
		equal(all[0], "taken", won.Load(), 1)
	}
}

// Nodes that renew, expire, finish and claim the same deliveries at the same time never fail for it.
func nodesDoNotBlock(all []*ledger) {
	l := all[0]
	for range 20 {
		l.fill(30)
		held := l.claim(30).Deliveries
		var group sync.WaitGroup
		for i, d := range held {
			group.Go(func() {
				n := all[i%len(all)]
				step, call := n.step(int(d.EventID))
				n.note(n.intend(d, step, call))
				n.note(n.s.Finish(n.ctx, n.made(d, int(d.EventID))))
			})
		}
		for _, n := range all {
			group.Go(func() {
				_, err := n.s.Renew(n.ctx, held, n.now.Add(time.Minute))
				n.note(err)
				_, err = n.s.Expire(n.ctx, n.now, "", nil)
				n.note(err)
			})
		}
		group.Wait()
		if l.Failed() {
			return
		}
	}
}

func nodesAreOne(all []*ledger) {
	for _, l := range all[1:] {
		equal(l, "installation", l.s.InstallID(), all[0].s.InstallID())
		if d := time.Until(l.s.Now()).Abs(); d > time.Minute {
			l.Errorf("the database's clock is %v away from ours on the same machine", d)
		}
	}
}

func nodesTakeOver(all []*ledger) {
	dead, alive := all[0], all[1]
	ids := dead.ingest(dead.event("booking/1"), dead.event("booking/1"))
	d := dead.take()
	alive.now = alive.now.Add(2 * time.Minute)
	lanes, err := alive.s.Expire(alive.ctx, alive.now, "", nil)
	alive.must(err)
	equal(alive, "lanes", lanes, []store.Lane{lane()})
	owner := alive.take()
	equal(alive, "taken over", owner.EventID, ids[0])
	if err := dead.s.Finish(dead.ctx, dead.made(d, 1)); !errors.Is(err, store.ErrLeaseLost) {
		dead.Errorf("the dead node's outcome: %v, want ErrLeaseLost", err)
	}
	alive.finish(owner, store.Done)
	equal(alive, "the next", alive.take().EventID, ids[1])
}

// Batches of more objects than one transaction may lock one by one, from all nodes, mixed with small ones.
func nodesStoreMany(all []*ledger) {
	var many []store.NewEvent
	for i := range 600 {
		many = append(many, all[0].event(fmt.Sprintf("row/%d", i)))
	}
	var fresh atomic.Int64
	each(all, 2, func(l *ledger, i int) {
		for n := 0; n < len(many); n += 1 + 299*i {
			got, err := l.s.Ingest(l.ctx, store.Ingest{Events: many[n:min(n+1+299*i, len(many))], Join: true})
			if err != nil {
				l.Error(err)
				return
			}
			for _, r := range got {
				if !r.Duplicate {
					fresh.Add(1)
				}
			}
		}
	})
	equal(all[0], "new", fresh.Load(), int64(len(many)))
}
