package crash

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/engine"
	"github.com/tengi/tengi/internal/pgtest"
	"github.com/tengi/tengi/internal/shop"
	"github.com/tengi/tengi/secret"
	"github.com/tengi/tengi/store"
)

// patience is how long anything may take before the test gives up: long enough for a machine that does much else.
const patience = 5 * time.Minute

// rig is a shop whose notices are sent until they are acknowledged, hubs that are killed, and a bookkeeper that counts.
type rig struct {
	t        *testing.T
	shop     *shop.Shop
	books    *shop.Books
	base     order  // of every hub; Listen and Node are each one's own
	database string // its address for the test itself; empty = SQLite
	hub      *node  // the first of nodes
	nodes    []*node
	client   *http.Client
	kills    atomic.Int64
	made     func() int // how many invoices there are
	calls    calls

	selling sync.WaitGroup
	stop    chan struct{}
	mu      sync.Mutex
	acked   map[string]fate
	behind  int // of acked, how many stand confirmed
	outage  outage
}

// fate is how far an order whose confirmation was acknowledged has come.
type fate int

const (
	confirmed  fate = iota
	cancelling      // its cancellation was sent, and nobody knows whether it was stored
	cancelled
)

// change alters a rig's set-up before it is stored.
type change func(*rig, *shop.Setup)

func newRig(t *testing.T, database, means string, changes ...change) *rig {
	t.Helper()
	r := &rig{t: t, shop: shop.NewShop(), books: shop.NewBooks(), stop: make(chan struct{}), acked: map[string]fate{}, base: order{Data: t.TempDir()},
		client: &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 64}}}
	if database == "postgres" {
		r.onPostgres(pgtest.Start(t))
	}
	shopServer := httptest.NewServer(r.shop.Faults.Wrap(r.shop))
	booksServer := httptest.NewServer(r.calls.count(r.books.Faults.Wrap(r.books)))
	t.Cleanup(shopServer.Close)
	t.Cleanup(booksServer.Close)
	t.Cleanup(r.client.CloseIdleConnections)
	r.made = func() int { return len(r.books.Invoices()) }
	r.hub = newNode(r, "node 1")
	r.nodes = []*node{r.hub}
	s := shop.Setup{ShopURL: shopServer.URL, BooksURL: booksServer.URL, Means: means, Connections: []tengi.Connection{shop.Connection(nil)}}
	for _, c := range changes {
		c(r, &s)
	}
	r.configure(s)
	return r
}

// onPostgres puts the ledger at an address, for the hubs and for the test itself.
func (r *rig) onPostgres(address string) { r.database, r.base.Database = address, address }

// add adds nodes, so that there are n.
func (r *rig) add(n int) {
	r.t.Helper()
	for len(r.nodes) < n {
		r.nodes = append(r.nodes, newNode(r, fmt.Sprintf("node %d", len(r.nodes)+1)))
	}
}

func (r *rig) configure(s shop.Setup) {
	r.t.Helper()
	st := r.open()
	box, err := secret.Open(filepath.Join(r.base.Data, "key"), "")
	must(r.t, err)
	s.Seal = func(accountID, hookToken string, values map[string]string) ([]byte, error) {
		plain, err := json.Marshal(engine.Secrets{Values: values, HookToken: hookToken})
		must(r.t, err)
		return box.Seal(plain, engine.SealContext(accountID))
	}
	must(r.t, s.Save(r.t.Context(), st, time.Now()))
	must(r.t, st.Close())
}

func (r *rig) open() *store.Store {
	r.t.Helper()
	st, err := store.Open(r.t.Context(), store.Config{Dir: r.base.Data, Database: r.database})
	must(r.t, err)
	return st
}

// wait polls until something holds.
func (r *rig) wait(what string, holds func() bool) {
	r.t.Helper()
	deadline := time.Now().Add(patience)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		if time.Now().After(deadline) {
			for _, n := range r.nodes {
				r.t.Logf("%s: %s", n.name, &n.output)
			}
			r.t.Fatalf("waited in vain for %s", what)
		}
		<-tick.C
	}
}

// settled is longer than the last settle time of the bookkeeper's look-up.
const settled = time.Minute/hurry + 100*time.Millisecond

// finish stops the selling and lets one hub work everything off, asking the ledger itself whether anything is left to the clock.
func (r *rig) finish() {
	r.t.Helper()
	close(r.stop)
	r.selling.Wait()
	for _, n := range r.nodes {
		if n.running() {
			n.stop()
		}
	}
	deadline := time.Now().Add(patience)
	for {
		r.hub.start()
		r.hub.waitReady()
		before := -1
		r.wait("the bookkeeper to come to rest", func() bool {
			<-time.After(settled)
			now := r.made()
			rest := now == before
			before = now
			return rest
		})
		r.hub.stop()
		open := r.left()
		if open == 0 {
			return
		}
		if time.Now().After(deadline) {
			r.t.Fatalf("%d deliveries are still left to the clock\n%s", open, &r.hub.output)
		}
	}
}

// left counts deliveries that are not ended, and neither a person's nor behind one that is.
func (r *rig) left() int {
	n := 0
	asked := map[string]bool{} // objects that a person is asked about: what came later waits behind
	list := r.deliveries(store.Waiting, store.Running, store.Retrying, store.Unknown, store.Held)
	for _, d := range list {
		asked[d.Object] = asked[d.Object] || d.DueAt.IsZero() && d.Open && (d.State == store.Unknown || d.State == store.Held)
	}
	for _, d := range list {
		if !asked[d.Object] && d.State != store.Held {
			n++
		}
	}
	return n
}

// deliveries are all that the ledger has in some states.
func (r *rig) deliveries(states ...store.State) []store.Delivery {
	r.t.Helper()
	st := r.open()
	defer func() { must(r.t, st.Close()) }()
	var all []store.Delivery
	for filter := (store.DeliveryFilter{States: states, Limit: 1000}); ; filter.Before = all[len(all)-1].ID {
		list, err := st.Deliveries(r.t.Context(), filter)
		must(r.t, err)
		if len(list) == 0 {
			return all
		}
		all = append(all, list...)
	}
}
