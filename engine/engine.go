// Package engine brings events through connections: it claims deliveries from the ledger, asks sources what notices mean, decides what a sale
// wants against what was done, has connectors do or undo it, and records what came of it. It keeps the invariants that ARCHITECTURE.md numbers.
package engine

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/secret"
	"github.com/tengi/tengi/store"
)

// Config is what an engine is made from.
type Config struct {
	Store      *store.Store
	Connectors []*connector.Connector
	Secrets    *secret.Box
	HTTP       http.RoundTripper  // for every outgoing call
	Dial       connector.DialFunc // for services that do not speak HTTP; nil = there is no way to them
	Files      fs.FS              // the folder that accounts may read files from; nil = none
	Log        *slog.Logger
	Metrics    *Metrics
	Node       string        // this node's name; at start the leases of that name are taken back. Empty = a random one
	Workers    int           // connectors at work at once, each with a call
	Lease      time.Duration // how long a delivery is held without a sign of life; must be longer than any request may take
	Testing    Testing
}

// Testing are the switches of the crash tests. Nothing outside of tests sets them.
type Testing struct {
	Careless bool               // resend lost answers blindly, to show that the tests would notice
	Hurry    int                // divides every wait: settle times, back-off; 0 = 1
	Fail     func(point string) // called at each named crash point
}

// Engine works the ledger of one store. Several engines may share a PostgreSQL store.
type Engine struct {
	store      *store.Store
	connectors map[string]*connector.Connector
	secrets    *secret.Box
	http       http.RoundTripper
	dial       connector.DialFunc
	files      fs.FS
	log        *slog.Logger
	metrics    *Metrics
	node       string
	workers    int
	calls      chan struct{} // holds one for each connector at work
	lease      time.Duration
	testing    Testing

	snapshot atomic.Pointer[Snapshot]
	reload   sync.Mutex // one reload at a time

	mu    sync.Mutex
	lanes map[store.Lane]time.Time // lanes to ask, and when
	held  map[int64]store.Claimed  // deliveries this node works on
	wake  chan struct{}

	loads  loads
	doubts doubts
	runs   runs
	run    atomic.Pointer[running]
	taking atomic.Pointer[running] // the same, while deliveries may be taken as they are stored
}

// New makes an engine and reads the configuration. It does no work before Run.
func New(ctx context.Context, cfg Config) (*Engine, error) {
	e := &Engine{
		store: cfg.Store, connectors: map[string]*connector.Connector{}, secrets: cfg.Secrets, http: cfg.HTTP, dial: cfg.Dial, files: cfg.Files, log: cfg.Log, metrics: cfg.Metrics, node: cfg.Node,
		workers: max(cfg.Workers, 1), lease: cfg.Lease, testing: cfg.Testing,
		lanes: map[store.Lane]time.Time{}, held: map[int64]store.Claimed{}, wake: make(chan struct{}, 1),
		doubts: doubts{accounts: map[string]bool{}, wake: make(chan struct{}, 1)},
		runs:   runs{under: map[int64]context.CancelCauseFunc{}, marks: map[int64]int64{}, wake: make(chan struct{}, 1)},
	}
	for _, c := range cfg.Connectors {
		e.connectors[c.Name] = c
	}
	if e.log == nil {
		e.log = slog.New(slog.DiscardHandler)
	}
	if e.metrics == nil {
		e.metrics = NewMetrics()
	}
	if e.node == "" {
		e.node = fmt.Sprintf("node-%x", token())
	}
	if e.lease == 0 {
		e.lease = 2 * time.Minute
	}
	e.calls = make(chan struct{}, e.workers)
	e.testing.Hurry = max(e.testing.Hurry, 1)
	if err := e.checkKey(ctx); err != nil {
		return nil, err
	}
	return e, e.Reload(ctx)
}

// grace is how long work under way may go on after a stop before its requests are cut.
const grace = 25 * time.Second

// Run works until ctx ends. Then no new work begins, and what is under way is finished and recorded; only what takes longer than the grace is cut,
// and what was cut before a byte was sent leaves no attempt.
func (e *Engine) Run(ctx context.Context) error {
	work, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	life := newRunning(work, handsPerCall*e.workers)
	if !e.run.CompareAndSwap(nil, life) {
		return errors.New("the engine runs already")
	}
	defer e.run.Store(nil)
	e.takeBack(ctx)
	e.askAll()
	e.taking.Store(life)

	var loops sync.WaitGroup
	for _, loop := range []func(context.Context){e.listen, func(ctx context.Context) { e.schedules(ctx, work) }, func(ctx context.Context) { e.refresh(ctx, work) }, e.recheck} {
		loops.Go(func() { loop(ctx) })
	}
	var last sync.WaitGroup
	worked := make(chan struct{}) // leases are kept until the last work is recorded
	last.Go(func() { e.tend(work, worked) })
	e.dispatch(ctx, life)
	e.taking.Store(nil)
	close(life.stopping)
	timer := time.AfterFunc(grace, cut)
	defer timer.Stop()
	loops.Wait()
	life.dismiss()
	close(worked)
	last.Wait()
	return nil
}

// stopping says whether no new operation may begin.
func (e *Engine) stopping() bool {
	life := e.run.Load()
	if life == nil {
		return false
	}
	select {
	case <-life.stopping:
		return true
	default:
		return false
	}
}

// fail marks a crash point.
func (e *Engine) fail(point string) {
	if e.testing.Fail != nil {
		e.testing.Fail(point)
	}
}

// hurry shortens a wait in tests.
func (e *Engine) hurry(d time.Duration) time.Duration { return d / time.Duration(e.testing.Hurry) }

// token is a random lease token, never 0.
func token() int64 {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	return int64(binary.LittleEndian.Uint64(b[:])>>1) | 1
}

// checkKey makes sure that the key at hand is the one the secrets were sealed with.
func (e *Engine) checkKey(ctx context.Context) error {
	const name = "key_canary"
	canary, err := e.store.Meta(ctx, name)
	if err != nil {
		return err
	}
	if canary != "" {
		sealed, err := base64.StdEncoding.DecodeString(canary)
		if err != nil {
			return fmt.Errorf("read the key's mark in the database: %w", err)
		}
		return e.secrets.Check(sealed)
	}
	fresh, err := e.secrets.Canary()
	if err != nil {
		return fmt.Errorf("seal the key's mark: %w", err)
	}
	return e.store.SetMeta(ctx, name, base64.StdEncoding.EncodeToString(fresh))
}
