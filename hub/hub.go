// Package hub is one whole Tengi: the store, the key, the engine and the addresses it answers on, started and stopped together.
package hub

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/engine"
	"github.com/tengi/tengi/hooks"
	"github.com/tengi/tengi/secret"
	"github.com/tengi/tengi/store"
)

// Config is what a hub is started with.
type Config struct {
	Data          string // data directory: SQLite's files, the key
	Files         string // folder that accounts may read files from; empty = no account may
	Database      string // postgres:// address; empty = SQLite
	Listen        string // host:port; port 0 = any free one. Empty = DefaultListen
	MetricsListen string // host:port of /metrics; empty = none
	PublicURL     string // how the world reaches Listen; empty = as it listens
	Key           string // the key, when it is not in the data directory
	Node          string // this node's name among several; empty = SQLite: one fixed name, PostgreSQL: a random one
	AllowPrivate  []netip.Prefix
	Workers       int
	Log           *slog.Logger
	Connectors    []*connector.Connector
	HTTP          http.RoundTripper  // nil = the guarded transport for outgoing calls
	Dial          connector.DialFunc // nil = the guarded way to services that do not speak HTTP
	Lease         time.Duration
	Wait          time.Duration // how long a start waits for a database that cannot be reached; 0 = DefaultWait
	Notices       hooks.Limits  // how much is taken at once; zero = the defaults
	// Pages makes the application for people once everything else is ready; it answers whatever the hub itself does not. Nil = there is none.
	Pages   func(context.Context, *Hub) (http.Handler, error)
	Testing engine.Testing
}

// DefaultListen is reached from this machine only: whoever wants more says so.
const DefaultListen = "127.0.0.1:8080"

// Hub is a running Tengi.
type Hub struct {
	Store   *store.Store
	Engine  *engine.Engine
	Secrets *secret.Box

	cfg      Config
	ready    atomic.Bool
	receiver atomic.Pointer[hooks.Receiver]
	pages    http.Handler // set before ready
	notices  *hooks.Metrics
	registry *prometheus.Registry
	servers  []*http.Server
	address  string
	metrics  string
	failed   chan error
	stop     context.CancelFunc
	release  func()         // lets go of what Start made for itself
	working  sync.WaitGroup // the engine, and what follows the ledger
	serving  sync.WaitGroup // the servers
	ending   chan struct{}  // closed when it begins to close
	closing  sync.Once
	closeErr error
}

// Start starts a hub. It listens at once and answers 503 until everything is ready, so that a sender repeats instead of finding nobody. A database that
// cannot be reached is waited for. When Start fails everything begun is stopped again.
func Start(ctx context.Context, cfg Config) (*Hub, error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Listen == "" {
		cfg.Listen = DefaultListen
	}
	if cfg.Wait == 0 {
		cfg.Wait = DefaultWait
	}
	if cfg.Workers == 0 {
		cfg.Workers = 64
	}
	cfg.Notices = cfg.Notices.OrDefaults()
	h := &Hub{registry: prometheus.NewRegistry(), notices: hooks.NewMetrics(), failed: make(chan error, 4), ending: make(chan struct{}), stop: func() {}, release: func() {}}
	if cfg.HTTP == nil {
		transport := connector.NewTransport(cfg.AllowPrivate)
		cfg.HTTP, h.release = transport, transport.CloseIdleConnections
	}
	if cfg.Dial == nil {
		cfg.Dial = connector.NewDialer(cfg.AllowPrivate)
	}
	h.cfg = cfg
	h.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	h.registry.MustRegister(h.notices.Collectors()...)
	if err := h.begin(ctx); err != nil {
		return nil, errors.Join(err, h.Close()) //nolint:contextcheck // what was begun is stopped also when ctx is over
	}
	return h, nil
}

func (h *Hub) begin(ctx context.Context) error {
	address, err := h.listen(ctx, h.cfg.Listen, h.routes())
	if err != nil {
		return err
	}
	h.address = address
	if h.cfg.MetricsListen != "" {
		metrics := http.NewServeMux()
		metrics.Handle("GET /metrics", promhttp.HandlerFor(h.registry, promhttp.HandlerOpts{}))
		if h.metrics, err = h.listen(ctx, h.cfg.MetricsListen, metrics); err != nil {
			return err
		}
	}
	err = h.outlast(ctx, h.cfg.Wait, func() (err error) {
		h.Store, err = store.Open(ctx, store.Config{Dir: h.cfg.Data, Database: h.cfg.Database, Log: h.cfg.Log, Fail: h.cfg.Testing.Fail})
		return err
	})
	if err != nil {
		return fmt.Errorf("open the store: %w", err)
	}
	if h.Secrets, err = secret.Open(filepath.Join(h.cfg.Data, "key"), h.cfg.Key); err != nil {
		return err
	}
	node := h.cfg.Node
	if node == "" && h.Store.Dialect() == "sqlite" {
		node = "single" // whatever it held before a crash is nobody's now
	}
	metrics := engine.NewMetrics()
	err = h.outlast(ctx, forEver, func() (err error) { // once the store is open the hub stays
		h.Engine, err = engine.New(ctx, engine.Config{Store: h.Store, Connectors: h.cfg.Connectors, Secrets: h.Secrets, HTTP: h.cfg.HTTP, Dial: h.cfg.Dial, Files: Files(h.cfg.Files),
			Log: h.cfg.Log, Metrics: metrics, Node: node, Workers: h.cfg.Workers, Lease: h.cfg.Lease, Testing: h.cfg.Testing})
		return err
	})
	if err != nil {
		return err
	}
	h.registry.MustRegister(metrics.Collectors()...)
	h.registry.MustRegister(
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "tengi_store_waiting", Help: "Writes waiting for the store's writer."},
			func() float64 { return float64(h.Store.Waiting()) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "tengi_store_stalled_seconds", Help: "How long the oldest transaction under way has taken so far."},
			func() float64 { return h.Store.Stats().Stalled.Seconds() }))
	h.receiver.Store(hooks.New(hooks.Config{Engine: h.Engine, Now: h.Store.Now, Log: h.cfg.Log, Metrics: h.notices, Limits: h.cfg.Notices}))
	if h.cfg.Pages != nil {
		if h.pages, err = h.cfg.Pages(ctx, h); err != nil {
			return err
		}
	}
	h.run(ctx)
	h.ready.Store(true)
	return nil
}

// run starts the engine, and what follows the ledger for pages.
func (h *Hub) run(ctx context.Context) {
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	h.stop = stop
	h.working.Go(func() { h.Store.Follow(running) })
	h.working.Go(func() {
		if err := h.Engine.Run(running); err != nil {
			h.failed <- fmt.Errorf("the engine stopped: %w", err)
		}
	})
}

// listen serves a handler on an address.
func (h *Hub) listen(ctx context.Context, address string, handler http.Handler) (string, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", address)
	if err != nil {
		return "", fmt.Errorf("listen on %s: %w", address, err)
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 20 * time.Second, WriteTimeout: 60 * time.Second, IdleTimeout: 2 * time.Minute,
		MaxHeaderBytes: 64 << 10, ErrorLog: slog.NewLogLogger(h.cfg.Log.Handler(), slog.LevelDebug)}
	h.servers = append(h.servers, server)
	h.serving.Go(func() {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			h.failed <- fmt.Errorf("serve %s: %w", address, err)
		}
	})
	return listener.Addr().String(), nil
}

// routes are everything the hub answers.
func (h *Hub) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /hooks/{token}", h.hook)
	mux.HandleFunc("GET /hooks/{token}", h.hook)
	mux.HandleFunc("/hooks/{token}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Allow", "GET, HEAD, POST")
		http.Error(w, "a webhook address takes POST", http.StatusMethodNotAllowed)
	})
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("alive\n")) })
	mux.HandleFunc("GET /readyz", h.readyz)
	mux.HandleFunc("/", h.page)
	return mux
}

// page hands whatever is for people to the application.
func (h *Hub) page(w http.ResponseWriter, r *http.Request) {
	switch {
	case !h.ready.Load():
		w.Header().Set("Retry-After", "2")
		http.Error(w, "Tengi is starting or stopping. Try again in a moment.", http.StatusServiceUnavailable)
	case h.pages == nil:
		http.NotFound(w, r)
	default:
		h.pages.ServeHTTP(w, r)
	}
}

// hook hands a notice to the receiver. Invariant 1: until ready, and while stopping, the answer is 503.
func (h *Hub) hook(w http.ResponseWriter, r *http.Request) {
	if !h.ready.Load() {
		h.notices.Refuse(w)
		return
	}
	h.receiver.Load().ServeHTTP(w, r)
}

// askStore is how long the database may take to answer whether it is there.
const askStore = 5 * time.Second

// readyz says whether notices are taken now.
func (h *Hub) readyz(w http.ResponseWriter, r *http.Request) {
	if !h.ready.Load() {
		http.Error(w, "not ready", http.StatusServiceUnavailable)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), askStore)
	defer cancel()
	if err := h.Store.Ready(ctx); err != nil {
		h.cfg.Log.Error("the store does not answer", "error", err)
		http.Error(w, "the store does not answer", http.StatusServiceUnavailable)
		return
	}
	if h.Store.Stats().Stalled >= h.cfg.Notices.Patience {
		http.Error(w, "the store does not write", http.StatusServiceUnavailable)
		return
	}
	_, _ = w.Write([]byte("ready\n"))
}

// Address is the host and port the hub listens on.
func (h *Hub) Address() string { return h.address }

// MetricsAddress is the host and port of /metrics; empty when there is none.
func (h *Hub) MetricsAddress() string { return h.metrics }

// URL is how the world reaches the hub, without a trailing slash.
func (h *Hub) URL() string {
	if h.cfg.PublicURL != "" {
		return strings.TrimRight(h.cfg.PublicURL, "/")
	}
	return "http://" + h.address
}

// HookURL is the address an account's service sends its notices to.
func (h *Hub) HookURL(token string) string { return h.URL() + "/hooks/" + url.PathEscape(token) }

// Ending is closed when the hub begins to close: answers that go on for as long as their reader listens come to an end then.
func (h *Hub) Ending() <-chan struct{} { return h.ending }

// Failed reports what stopped by itself and should not have.
func (h *Hub) Failed() <-chan error { return h.failed }

// Close stops the hub: new notices get 503, those under way get their answers, work under way is finished and recorded, and only then nobody
// listens any more and the store is closed. It may be called more than once; every call returns when the hub has stopped.
func (h *Hub) Close() error {
	h.closing.Do(func() {
		h.ready.Store(false)
		close(h.ending)
		h.stop()
		if receiver := h.receiver.Load(); receiver != nil {
			receiver.Close() // waits also for notices whose senders were sent away while the store stalled
		}
		h.working.Wait()
		errs := h.hangUp()
		if h.Store != nil {
			errs = append(errs, h.Store.Close())
		}
		h.release()
		h.closeErr = errors.Join(errs...)
	})
	return h.closeErr
}

// hangUp stops listening and waits until every request has its answer; one that takes too long is cut.
func (h *Hub) hangUp() (errs []error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	for _, server := range h.servers {
		if err := server.Shutdown(ctx); err != nil {
			errs = append(errs, server.Close())
		}
	}
	h.serving.Wait()
	return errs
}
