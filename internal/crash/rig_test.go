package crash

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/engine"
	"github.com/tengi/tengi/internal/pgtest"
	"github.com/tengi/tengi/internal/shop"
	"github.com/tengi/tengi/secret"
	"github.com/tengi/tengi/store"
)

// patience is how long anything may take before the test gives up.
const patience = 60 * time.Second

// maxBehind is how many orders the sellers may be ahead of the bookkeeper.
const maxBehind = 300

// rig is a shop whose notices are sent until they are acknowledged, a hub that is killed, and a bookkeeper that counts.
type rig struct {
	t              *testing.T
	shop           *shop.Shop
	books          *shop.Books
	data, database string
	address        string
	client         *http.Client
	cmd            *exec.Cmd
	output         *bytes.Buffer
	kills          atomic.Int64
	careless, real bool
	made           func() int // how many invoices there are

	selling sync.WaitGroup
	stop    chan struct{}
	mu      sync.Mutex
	acked   map[string]fate
}

// fate is how far an order whose confirmation was acknowledged has come.
type fate int

const (
	confirmed  fate = iota
	cancelling      // its cancellation was sent, and nobody knows whether it was stored
	cancelled
)

func newRig(t *testing.T, database, means string) *rig {
	t.Helper()
	r := &rig{t: t, shop: shop.NewShop(), books: shop.NewBooks(), data: t.TempDir(), stop: make(chan struct{}), acked: map[string]fate{},
		client: &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 64}}}
	if database == "postgres" {
		r.database = pgtest.Start(t)
	}
	shopServer := httptest.NewServer(r.shop.Faults.Wrap(r.shop))
	booksServer := httptest.NewServer(r.books.Faults.Wrap(r.books))
	t.Cleanup(shopServer.Close)
	t.Cleanup(booksServer.Close)
	r.made = func() int { return len(r.books.Invoices()) }
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	must(t, err)
	r.address = listener.Addr().String()
	must(t, listener.Close())
	r.configure(shop.Setup{ShopURL: shopServer.URL, BooksURL: booksServer.URL, Means: means, Connections: []tengi.Connection{shop.Connection(nil)}})
	return r
}

func (r *rig) configure(s shop.Setup) {
	r.t.Helper()
	st := r.open()
	box, err := secret.Open(filepath.Join(r.data, "key"), "")
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
	st, err := store.Open(r.t.Context(), store.Config{Dir: r.data, Database: r.database})
	must(r.t, err)
	return st
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// start starts the hub as a child process.
func (r *rig) start(o order) {
	r.t.Helper()
	o.Data, o.Database, o.Listen, o.Node = r.data, r.database, r.address, "child"
	text, err := json.Marshal(o)
	must(r.t, err)
	self, err := os.Executable()
	must(r.t, err)
	r.output = &bytes.Buffer{}
	r.cmd = exec.CommandContext(context.WithoutCancel(r.t.Context()), self)
	r.cmd.Env = append(os.Environ(), childEnv+"="+string(text))
	r.cmd.Stderr = r.output
	must(r.t, r.cmd.Start())
	child := r.cmd.Process
	r.t.Cleanup(func() { _ = child.Kill() })
}

// killAfter waits until the hub answers, gives it a while, and kills it.
func (r *rig) killAfter(while time.Duration) {
	r.t.Helper()
	r.waitReady()
	<-time.After(while)
	must(r.t, r.cmd.Process.Kill())
	_ = r.cmd.Wait()
	r.kills.Add(1)
}

// waitDead waits for a child that kills itself.
func (r *rig) waitDead(point string) {
	r.t.Helper()
	done := make(chan error, 1)
	go func() { done <- r.cmd.Wait() }()
	select {
	case <-done:
		status, ok := r.cmd.ProcessState.Sys().(syscall.WaitStatus)
		if !ok || status.Signal() != syscall.SIGKILL {
			r.t.Fatalf("at %s the hub ended by itself: %s\n%s", point, r.cmd.ProcessState, r.output)
		}
		r.kills.Add(1)
	case <-time.After(patience):
		_ = r.cmd.Process.Kill()
		r.t.Fatalf("the hub never came to %s\n%s", point, r.output)
	}
}

func (r *rig) waitReady() {
	r.t.Helper()
	r.wait("the hub to be ready", func() bool {
		resp, err := r.client.Get("http://" + r.address + "/readyz")
		if err != nil {
			return false
		}
		defer resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	})
}

// wait polls until something holds.
func (r *rig) wait(what string, holds func() bool) {
	r.t.Helper()
	deadline := time.Now().Add(patience)
	for tick := time.NewTicker(10 * time.Millisecond); ; <-tick.C {
		if holds() {
			tick.Stop()
			return
		}
		if time.Now().After(deadline) {
			tick.Stop()
			r.t.Fatalf("waited in vain for %s\n%s", what, r.output)
		}
	}
}

// sell has several sellers confirm orders, one after the other, and cancel every fourth; each notice is repeated until it is acknowledged, and
// every third once more after that.
func (r *rig) sell(sellers int) {
	for seller := range sellers {
		r.selling.Go(func() {
			for n := 0; r.goOn(); n++ {
				r.order(fmt.Sprintf("O%dx%d", seller, n), n%4 == 3, n%3 == 0)
			}
		})
	}
}

// goOn lets a seller go on, once the hub is not too far behind: what is acknowledged must also be worked off in the end. false when the selling stops.
func (r *rig) goOn() bool {
	for {
		r.mu.Lock()
		behind := 0
		for _, f := range r.acked {
			if f == confirmed {
				behind++
			}
		}
		r.mu.Unlock()
		wait := time.Duration(0)
		if behind-r.made() > maxBehind+workers*int(r.kills.Load()) { // a kill may leave a question for every worker
			wait = 20 * time.Millisecond
		}
		select {
		case <-r.stop:
			return false
		case <-time.After(wait):
		}
		if wait == 0 {
			return true
		}
	}
}

func (r *rig) order(id string, cancel, twice bool) {
	first := shop.Order{ID: id, Status: "confirmed", Total: "100", Version: 1, Notice: id + "-1"}
	if !r.send(first) {
		return
	}
	r.mark(id, confirmed)
	if twice {
		r.send(first)
	}
	if !cancel {
		return
	}
	r.mark(id, cancelling)
	if r.send(shop.Order{ID: id, Status: "cancelled", Total: "0", Version: 2, Notice: id + "-2"}) {
		r.mark(id, cancelled)
	}
}

func (r *rig) mark(id string, f fate) {
	r.mu.Lock()
	r.acked[id] = f
	r.mu.Unlock()
}

// send posts a notice until it is acknowledged; false when the selling stopped before.
func (r *rig) send(o shop.Order) bool {
	body, _ := json.Marshal(o)
	for {
		resp, err := r.client.Post("http://"+r.address+"/hooks/"+shop.HookToken, "application/json", bytes.NewReader(body))
		if err == nil {
			_, _ = io.Copy(io.Discard, resp.Body)
			_ = resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return true
			}
		}
		select {
		case <-r.stop:
			return false
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// finish stops the selling and lets the hub work everything off, asking the ledger itself whether anything is left to the clock.
func (r *rig) finish() {
	r.t.Helper()
	close(r.stop)
	r.selling.Wait()
	deadline := time.Now().Add(patience)
	for {
		r.start(order{Careless: r.careless, Real: r.real})
		r.waitReady()
		before := -1
		r.wait("the bookkeeper to come to rest", func() bool {
			<-time.After(700 * time.Millisecond) // longer than the last settle time
			now := r.made()
			rest := now == before
			before = now
			return rest
		})
		must(r.t, r.cmd.Process.Signal(syscall.SIGTERM))
		must(r.t, r.cmd.Wait())
		open := r.left()
		if open == 0 {
			return
		}
		if time.Now().After(deadline) {
			r.t.Fatalf("%d deliveries are still left to the clock\n%s", open, r.output)
		}
	}
}

// left counts deliveries that are not ended, and neither a person's nor behind one that is.
func (r *rig) left() int {
	n := 0
	asked := map[string]bool{} // objects that a person is asked about: what came later waits behind
	list := r.deliveries(store.Waiting, store.Running, store.Retrying, store.Unknown)
	for _, d := range list {
		asked[d.Object] = asked[d.Object] || d.State == store.Unknown && d.DueAt.IsZero()
	}
	for _, d := range list {
		if !asked[d.Object] {
			n++
		}
	}
	return n
}

// deliveries are all that the ledger has in some states.
func (r *rig) deliveries(states ...store.State) []store.Delivery {
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

// doubled counts orders with more than one invoice, now.
func (r *rig) doubled() int {
	n := 0
	for _, made := range r.byOrder() {
		if len(made) > 1 {
			n++
		}
	}
	return n
}

func (r *rig) byOrder() map[string][]shop.Invoice {
	made := map[string][]shop.Invoice{}
	for _, i := range r.books.Invoices() {
		id, _, _ := strings.Cut(i.Reference, "-")
		made[id] = append(made[id], i)
	}
	return made
}

// verdict compares what was acknowledged with what the bookkeeper has. A question to a person counts as neither lost nor doubled, where the service
// leaves no other way.
func (r *rig) verdict(mayAsk bool) verdict {
	r.t.Helper()
	asked := map[string]bool{}
	if mayAsk {
		asked = r.asked()
	}
	made := r.byOrder()
	v := verdict{acknowledged: len(r.acked), invoices: len(r.books.Invoices()), asked: len(asked), kills: r.kills.Load()}
	for id, fate := range r.acked {
		standing := 0
		for _, i := range made[id] {
			if i.Status == "issued" {
				standing++
			}
		}
		switch {
		case len(made[id]) > 1:
			v.doubled++
			v.examples = append(v.examples, fmt.Sprintf("%s: %+v", id, made[id]))
		case asked[id]:
		case fate == confirmed && standing != 1, fate == cancelled && standing != 0:
			v.lost++
			v.examples = append(v.examples, fmt.Sprintf("%s: %+v, but %s", id, made[id], r.tell(id)))
		}
	}
	return v
}

// asked are the orders about which a person is asked.
func (r *rig) asked() map[string]bool {
	asked := map[string]bool{}
	for _, d := range r.deliveries(store.Unknown) {
		asked[strings.TrimPrefix(d.Object, "order/")] = true
	}
	return asked
}

// tell is what the ledger says of an order.
func (r *rig) tell(id string) string {
	st := r.open()
	defer func() { must(r.t, st.Close()) }()
	list, err := st.Deliveries(r.t.Context(), store.DeliveryFilter{ConnectionID: "con_1", Object: "order/" + id, Limit: 10})
	must(r.t, err)
	return fmt.Sprintf("%+v", list)
}
