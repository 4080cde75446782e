package engine

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector/fake"
	"github.com/tengi/tengi/internal/shop"
	"github.com/tengi/tengi/store"
)

// fault has the bookkeeper go wrong once, at a request that changes something.
func (b *bench) fault(kind fake.FaultKind, body string) {
	b.books.Faults.Add(fake.Fault{Kind: kind, Method: "POST", Body: body})
}

// polls fires what is due, reads for the runs there are and gives those of the first connection, newest first.
func (b *bench) polls() []store.Run {
	b.t.Helper()
	must(b.t, b.engine.fireDue(b.t.Context()))
	b.workRuns()
	runs, err := b.store.Runs(b.t.Context(), "con_1", 100)
	must(b.t, err)
	return runs
}

// workRuns reads for every run that may begin.
func (b *bench) workRuns() {
	b.t.Helper()
	open, err := b.store.OpenRuns(b.t.Context())
	must(b.t, err)
	for _, r := range open {
		must(b.t, b.engine.workRun(b.t.Context(), nil, r.ID))
	}
}

// settleRuns ends the runs whose deliveries are done or wait for a person.
func (b *bench) settleRuns() {
	b.t.Helper()
	open, err := b.store.OpenRuns(b.t.Context())
	must(b.t, err)
	for _, r := range open {
		if r.State == store.RunSettling {
			must(b.t, b.engine.settle(b.t.Context(), &r))
		}
	}
}

// labels are the label values of every metric that has been counted, by name.
func (b *bench) labels() map[string][]string {
	b.t.Helper()
	registry := prometheus.NewRegistry()
	registry.MustRegister(b.engine.metrics.Collectors()...)
	families, err := registry.Gather()
	must(b.t, err)
	values := map[string][]string{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			for _, l := range m.GetLabel() {
				values[f.GetName()] = append(values[f.GetName()], l.GetValue())
			}
		}
	}
	return values
}

// save changes the configuration as a person does.
func (b *bench) save(c tengi.Connection) {
	b.t.Helper()
	must(b.t, b.store.SaveConnection(b.t.Context(), c, b.clock.Now()))
	must(b.t, b.engine.Changed(b.t.Context()))
}

// account moves an account to a state as a person does.
func (b *bench) account(id string, from, to tengi.AccountState) {
	b.t.Helper()
	moved, err := b.store.SetAccountState(b.t.Context(), id, from, to, "", b.clock.Now())
	must(b.t, err)
	if !moved {
		b.t.Fatalf("account %s was not %s", id, from)
	}
	must(b.t, b.engine.Changed(b.t.Context()))
}

// confirmed and cancelled are the two notices most stories begin and end with.
func confirmed(total string, version int64) shop.Order {
	return shop.Order{ID: "A1", Status: "confirmed", Total: total, Version: version}
}

func cancelled(version int64) shop.Order {
	return shop.Order{ID: "A1", Status: "cancelled", Total: "0", Line: "0", Version: version}
}

// states are the states of an account.
const (
	active = tengi.AccountActive
	off    = tengi.AccountOff
)

// watch keeps the order of the requests that change something at a host. It is called before the engine is made.
func (b *bench) watch(host string) func() []string {
	var mu sync.Mutex
	var seen []string
	next := b.hosts[host]
	b.hosts[host] = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			mu.Lock()
			seen = append(seen, strings.TrimPrefix(r.URL.Path, "/invoices"))
			mu.Unlock()
		}
		next.ServeHTTP(w, r)
	})
	return func() []string {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(seen)
	}
}

// second adds another account at the bookkeeper's, whose address is another host.
func (b *bench) second(id, host string) *shop.Books {
	b.t.Helper()
	books := shop.NewBooks()
	books.UseKeys = true
	b.hosts[host] = books.Faults.Wrap(books)
	b.addAccount(tengi.Account{ID: id, Connector: "books", Settings: map[string]any{"means": "key", "base_url": "http://" + host}})
	return books
}

// addAccount adds an account, as a person does.
func (b *bench) addAccount(a tengi.Account) {
	b.t.Helper()
	a.WorkspaceID, a.Key, a.State = "ws", a.ID, active
	plain, err := json.Marshal(Secrets{HookToken: "token-" + a.ID})
	must(b.t, err)
	sealed, err := b.engine.secrets.Seal(plain, SealContext(a.ID))
	must(b.t, err)
	must(b.t, b.store.SaveAccount(b.t.Context(), store.AccountRow{Sealed: sealed, Account: a}, b.clock.Now()))
	must(b.t, b.engine.Changed(b.t.Context()))
}

// secondStep adds a step to a connection.
func secondStep(account, action, when string) func(*tengi.Connection) {
	return func(c *tengi.Connection) {
		c.Steps = append(c.Steps, tengi.Step{Key: "second", AccountID: account, Action: action, When: when})
	}
}

// isAtWork says that a decision was refused because the delivery's object is being worked on.
func isAtWork(err error) bool { return errors.Is(err, store.ErrAtWork) }

// hasEnded says that a decision was refused because the delivery is no longer in anybody's hands.
func hasEnded(err error) bool { return errors.Is(err, store.ErrWrongState) }

// refuses has the bookkeeper refuse a request when armed, as a service does: what it has done already it does not refuse when it is asked again.
func (b *bench) refuses(armed *atomic.Bool) {
	next := b.hosts["books.test"]
	b.hosts["books.test"] = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		var asked shop.Invoice
		_ = json.Unmarshal(body, &asked)
		done := slices.ContainsFunc(b.books.Invoices(), func(i shop.Invoice) bool {
			return i.Reference == asked.Reference || r.URL.Path == "/invoices/"+i.ID+"/"+i.Status
		})
		if r.Method == http.MethodPost && !done && armed.CompareAndSwap(true, false) {
			http.Error(w, "not like this", http.StatusUnprocessableEntity)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// onceThen answers with a handler, and closes stop after the first answer.
func onceThen(h http.Handler, stop chan struct{}) http.Handler {
	end := sync.OnceFunc(func() { close(stop) })
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.ServeHTTP(w, r)
		end()
	})
}
