package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/internal/shop"
	"github.com/tengi/tengi/secret"
	"github.com/tengi/tengi/store"
)

// bench is a whole engine with its shop and its books, on SQLite in a temporary folder, without a network.
type bench struct {
	t      *testing.T
	store  *store.Store
	engine *Engine
	shop   *shop.Shop
	books  *shop.Books
	dir    string
	hosts  hosts
	clock  *clock
	node   string
	real   bool // the machine's clock instead of one that stands still
	// database is the address of a PostgreSQL database; empty = SQLite.
	database string
	files    fs.FS                  // the folder that accounts may read files from
	more     []*connector.Connector // beside source and target
	source   *connector.Connector
	target   *connector.Connector
	log      *record
	gone     chan struct{} // closed when the engine that was run has ended
}

// record is what was logged.
type record struct {
	mu   sync.Mutex
	text strings.Builder
	also io.Writer
}

func (r *record) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.text.Write(p)
	return r.also.Write(p)
}

func (r *record) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.String()
}

// clock is a clock that stands still until a test moves it.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if t.After(c.now) {
		c.now = t
	}
}

// hosts is the network: it brings requests to handlers by host name, closing the connection where a handler aborts.
type hosts map[string]http.Handler

func (h hosts) RoundTrip(r *http.Request) (resp *http.Response, err error) {
	w := httptest.NewRecorder()
	defer func() {
		if recover() != nil {
			resp, err = nil, fmt.Errorf("connection reset")
		}
	}()
	h[r.URL.Host].ServeHTTP(w, r)
	return w.Result(), nil
}

func setup(t *testing.T, means string, connections ...tengi.Connection) *bench {
	t.Helper()
	return setupWith(t, means, func(*bench) {}, connections...)
}

// setupWith lets change alter the bench before its engine is made.
func setupWith(t *testing.T, means string, change func(*bench), connections ...tengi.Connection) *bench {
	t.Helper()
	b := &bench{node: "test", source: shop.Source(), target: shop.Destination(), log: &record{also: t.Output()},
		t: t, dir: t.TempDir(), shop: shop.NewShop(), books: shop.NewBooks(), clock: &clock{now: time.Date(2026, 6, 1, 9, 0, 0, 0, time.UTC)}}
	b.books.UseKeys = true
	b.hosts = hosts{"shop.test": b.shop.Faults.Wrap(b.shop), "books.test": b.books.Faults.Wrap(b.books)}
	change(b)
	b.open()
	if len(connections) == 0 {
		connections = []tengi.Connection{shop.Connection(nil)}
	}
	must(t, shop.Setup{Means: means, Connections: connections, Seal: func(accountID, hookToken string, values map[string]string) ([]byte, error) {
		plain, _ := json.Marshal(Secrets{Values: values, HookToken: hookToken})
		return b.engine.secrets.Seal(plain, SealContext(accountID))
	}}.Save(t.Context(), b.store, b.clock.Now()))
	must(t, b.engine.Reload(t.Context()))
	for _, p := range b.engine.snapshot.Load().pipes {
		must(t, p.Problem)
	}
	return b
}

// open opens the store and makes an engine, as a start of the hub does.
func (b *bench) open() {
	b.t.Helper()
	var err error
	cfg := store.Config{Dir: b.dir, Database: b.database, Clock: b.clock.Now}
	if b.real {
		cfg.Clock = nil
	}
	b.store, err = store.Open(b.t.Context(), cfg)
	must(b.t, err)
	s := b.store
	b.t.Cleanup(func() { must(b.t, s.Close()) })
	b.engine, err = b.start(b.node)
	must(b.t, err)
}

// start makes an engine on the bench's store, as another node would be.
func (b *bench) start(node string) (*Engine, error) {
	b.t.Helper()
	box, err := secret.Open(filepath.Join(b.dir, "key"), "")
	must(b.t, err)
	return New(b.t.Context(), Config{Store: b.store, Connectors: append([]*connector.Connector{b.source, b.target}, b.more...), Secrets: box, HTTP: b.hosts, Files: b.files,
		Log: slog.New(slog.NewTextHandler(b.log, nil)), Node: node, Workers: 16})
}

// run lets the engine run until the test, or who calls stop, ends it. stop returns when it has ended.
func (b *bench) run() (stop func()) {
	b.t.Helper()
	ctx, cancel := context.WithCancel(b.t.Context())
	ended := make(chan error, 1)
	gone := make(chan struct{})
	b.gone = gone
	go func() {
		ended <- b.engine.Run(ctx)
		close(gone)
	}()
	stop = sync.OnceFunc(func() {
		cancel()
		must(b.t, <-ended)
	})
	b.t.Cleanup(stop)
	return stop
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// notice has the shop tell of an order.
func (b *bench) notice(o shop.Order) store.Ingested {
	b.t.Helper()
	if o.Notice == "" {
		o.Notice = fmt.Sprintf("%s-%s-%s-%d", o.ID, o.Status, o.Total, o.Version)
	}
	b.shop.Set(o)
	return b.tell(o)
}

// tell has a notice arrive, whatever the shop knows by now.
func (b *bench) tell(o shop.Order) store.Ingested {
	b.t.Helper()
	body, _ := json.Marshal(o)
	account, ok := b.engine.Hook(shop.HookToken)
	if !ok {
		b.t.Fatal("no account for the token")
	}
	in := &connector.Inbound{Method: "POST", Body: body, ReceivedAt: b.store.Now(), Account: &account.Account}
	events, err := account.Connector.Receive(in)
	must(b.t, err)
	events[0].Raw.Body, events[0].ReceivedAt = body, b.store.Now()
	stored, err := b.engine.Accept(b.t.Context(), account, events)
	must(b.t, err)
	return stored[0]
}
