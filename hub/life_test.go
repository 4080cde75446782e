package hub

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tengi/tengi/hooks"
	"github.com/tengi/tengi/internal/shop"
)

// TestStartingUp: a hub listens at once; until everything is ready a notice gets 503 and is not stored.
func TestStartingUp(t *testing.T) {
	t.Parallel()
	h := setup(t, func(c *Config) { c.Listen = freeAddress(t) })
	// Somebody else writes to the database: the start waits for it.
	other, err := sql.Open("sqlite", "file:"+filepath.Join(h.cfg.Data, "tengi.db"))
	must(t, err)
	defer func() { must(t, other.Close()) }()
	other.SetMaxOpenConns(1)
	_, err = other.ExecContext(t.Context(), "BEGIN IMMEDIATE")
	must(t, err)
	started := make(chan error, 1)
	go func() {
		hub, err := Start(t.Context(), h.cfg)
		h.hub = hub
		started <- err
	}()
	base := "http://" + h.cfg.Listen
	var early reply
	for err = errors.New("not yet"); err != nil; {
		select {
		case end := <-started:
			t.Fatalf("the start did not wait: %v", end)
		default:
			early, err = h.do(http.MethodPost, base+"/hooks/"+shop.HookToken, order("early"))
		}
	}
	if early != (reply{503, "not ready, repeat shortly\n", "2"}) {
		t.Errorf("before it is ready: %+v", early)
	}
	if got, err := h.do(http.MethodGet, base+"/readyz", ""); err != nil || got.status != 503 {
		t.Errorf("readyz: %+v %v", got, err)
	}
	if got, err := h.do(http.MethodGet, base+"/healthz", ""); err != nil || got.status != 200 {
		t.Errorf("healthz: %+v %v", got, err)
	}
	_, err = other.ExecContext(t.Context(), "ROLLBACK")
	must(t, err)
	must(t, <-started)
	t.Cleanup(func() { must(t, h.hub.Close()) })
	if got := h.get("/readyz"); got.status != 200 {
		t.Errorf("readyz at last: %+v", got)
	}
	if got := h.post(shop.HookToken, order("late")); got.status != 200 {
		t.Errorf("when it is ready: %+v", got)
	}
	if list := events(t, h.hub.Store); len(list) != 1 || list[0].Object != "order/late" {
		t.Errorf("stored: %+v", list)
	}
	if got := h.metric(`tengi_hooks_total{answer="503",connector=""}`); got != 1 {
		t.Errorf("refused %v", got)
	}
}

// gate holds the store's writer before it commits events, until it is opened.
type gate struct {
	reached, open chan struct{}
	once          sync.Once
}

func newGate() *gate { return &gate{reached: make(chan struct{}), open: make(chan struct{})} }

func (g *gate) fail(point string) {
	if point == "before-ingest" {
		g.once.Do(func() { close(g.reached) })
		<-g.open
	}
}

// TestStall: while the writer stalls nobody gets 200; those beyond the limit get 503 at once, and those who wait get 200 when their events are stored.
func TestStall(t *testing.T) {
	t.Parallel()
	const limit, senders = 16, 40
	g := newGate()
	h := setup(t, func(c *Config) {
		c.Testing.Fail, c.Notices = g.fail, hooks.Limits{AtOnce: limit, Patience: time.Hour}
	})
	h.start()
	answers := h.postAll(senders)
	for range senders - limit {
		if got := <-answers; got != (reply{503, "too much at once, repeat shortly\n", "2"}) {
			t.Errorf("while the store stalls: %+v", got)
		}
	}
	<-g.reached
	if len(answers) != 0 || len(events(t, h.hub.Store)) != 0 {
		t.Error("somebody was answered, or something was stored, before the commit")
	}
	if h.metric("tengi_store_stalled_seconds") == 0 {
		t.Error("the metrics do not show the stall")
	}
	close(g.open)
	for range limit {
		if got := <-answers; got != (reply{200, "OK\n", ""}) {
			t.Errorf("after the stall: %+v", got)
		}
	}
	if n := len(events(t, h.hub.Store)); n != limit {
		t.Errorf("%d events, want %d", n, limit)
	}
	if ok, refused := h.metric(`tengi_hooks_total{answer="200",connector="shop"}`), h.metric(`tengi_hooks_total{answer="503",connector="shop"}`); ok != limit || refused != senders-limit {
		t.Errorf("counted %v and %v", ok, refused)
	}
}

// TestLongStall: a sender is told to repeat when the stall is long, the hub says that it is not ready, and afterwards nothing is lost or doubled.
func TestLongStall(t *testing.T) {
	t.Parallel()
	g := newGate()
	h := setup(t, func(c *Config) {
		c.Testing.Fail, c.Notices = g.fail, hooks.Limits{Patience: time.Millisecond}
	})
	h.start()
	answers := h.postAll(1)
	<-g.reached
	if got := h.post(shop.HookToken, order("1")); got != (reply{503, "not known to be stored, repeat shortly\n", "2"}) {
		t.Errorf("during the stall: %+v", got)
	}
	if got := <-answers; got.status != 503 || got.retry != "2" {
		t.Errorf("during the stall: %+v", got)
	}
	if got := h.get("/readyz"); got.status != 503 || got.body != "the store does not write\n" {
		t.Errorf("readyz: %+v", got)
	}
	if got := h.get("/healthz"); got.status != 200 {
		t.Errorf("healthz: %+v", got)
	}
	close(g.open)
	must(t, h.hub.Close()) // waits for what was begun
	st := h.open()
	defer func() { must(t, st.Close()) }()
	if n, m := len(events(t, st)), len(deliveries(t, st, "con_1")); n != 2 || m != 2 {
		t.Errorf("%d events, %d deliveries", n, m)
	}
}

// TestClose: notices under way get their 200 and are stored; whoever comes meanwhile gets 503; nothing is left running.
func TestClose(t *testing.T) { // not parallel: it counts goroutines
	leaks := noLeaks(t)
	const senders = 8
	g := newGate()
	h := setup(t, func(c *Config) {
		c.Testing.Fail, c.Notices = g.fail, hooks.Limits{AtOnce: senders, Patience: time.Hour}
	})
	h.start()
	answers := h.postAll(senders + 1)
	if got := <-answers; got.status != 503 { // so all the others are in
		t.Fatalf("%+v", got)
	}
	closed := make(chan error, 2)
	for range 2 {
		go func() { closed <- h.hub.Close() }()
	}
	for h.get("/readyz").status != http.StatusServiceUnavailable { // until the hub has begun to close
	}
	if got := h.post(shop.HookToken, order("late")); got != (reply{503, "not ready, repeat shortly\n", "2"}) {
		t.Errorf("while it closes: %+v", got)
	}
	if got := h.metric(`tengi_hooks_total{answer="503",connector=""}`); got != 1 {
		t.Errorf("refused %v", got)
	}
	if len(answers) != 0 || len(closed) != 0 {
		t.Error("somebody was answered, or the hub was closed, before the commit")
	}
	close(g.open)
	for range senders {
		if got := <-answers; got != (reply{200, "OK\n", ""}) {
			t.Errorf("under way: %+v", got)
		}
	}
	must(t, <-closed)
	must(t, <-closed)
	must(t, h.hub.Close())
	if _, err := h.do(http.MethodPost, h.hub.HookURL(shop.HookToken), order("later")); err == nil {
		t.Error("a closed hub answers")
	}
	select {
	case err := <-h.hub.Failed():
		t.Errorf("something failed: %v", err)
	default:
	}
	st := h.open()
	if n := len(events(t, st)); n != senders {
		t.Errorf("%d events, want %d", n, senders)
	}
	must(t, st.Close())
	h.client.CloseIdleConnections()
	leaks()
}

// TestStartFails: wherever a start fails, what was begun is stopped again: no goroutine, no address and no lock is left.
func TestStartFails(t *testing.T) { // not parallel: it counts goroutines
	occupied, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	must(t, err)
	defer func() { must(t, occupied.Close()) }()
	tests := []struct {
		name  string
		spoil func(h *house)
		want  string
	}{
		{"address taken", func(h *house) { h.cfg.Listen = occupied.Addr().String() }, "listen on 127.0.0.1:"},
		{"address wrong", func(h *house) { h.cfg.Listen = "nowhere" }, "listen on nowhere"},
		{"address of the metrics taken", func(h *house) { h.cfg.MetricsListen = occupied.Addr().String() }, "listen on 127.0.0.1:"},
		{"database of another kind", func(h *house) { h.cfg.Database = "mysql://x" }, "open the store"},
		{"folder in use", func(h *house) {
			st := h.open()
			h.t.Cleanup(func() { must(h.t, st.Close()) })
		}, "open the store"},
		{"another key", func(h *house) { h.rekey() }, "the data was sealed with key"},
		{"no key at all", func(h *house) { h.cfg.Key = "nonsense" }, "TENGI_KEY"},
		{"told to stop meanwhile", nil, "canceled"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := setup(t, func(c *Config) { c.HTTP, c.Listen = nil, freeAddress(t) })
			h.start() // the key has its mark in the database now
			must(t, h.hub.Close())
			address := h.cfg.Listen
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			if tt.spoil != nil {
				tt.spoil(h)
			} else {
				cancel()
			}
			leaks := noLeaks(t)
			hub, err := Start(ctx, h.cfg)
			if err == nil || hub != nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("%v, want %q", err, tt.want)
			}
			leaks()
			again, err := new(net.ListenConfig).Listen(t.Context(), "tcp", address)
			must(t, err)
			must(t, again.Close())
		})
	}
}

// rekey puts another installation's key in the place of the house's.
func (h *house) rekey() {
	h.t.Helper()
	other := setup(h.t, nil)
	key, err := os.ReadFile(filepath.Join(other.cfg.Data, "key"))
	must(h.t, err)
	must(h.t, os.WriteFile(filepath.Join(h.cfg.Data, "key"), key, 0o600))
}

// TestAgain: a hub may be started again in the same process, in the same folder.
func TestAgain(t *testing.T) {
	t.Parallel()
	h := setup(t, nil)
	for i := range 3 {
		h.start()
		if got := h.post(shop.HookToken, order(fmt.Sprint(i))); got.status != 200 {
			t.Errorf("%+v", got)
		}
		if n := len(events(t, h.hub.Store)); n != i+1 {
			t.Errorf("%d events in life %d", n, i+1)
		}
		must(t, h.hub.Close())
	}
}

// TestSlowHead: a connection over which nothing comes keeps nobody from being served, nor the hub from stopping.
func TestSlowHead(t *testing.T) {
	t.Parallel()
	h := setup(t, nil)
	h.start()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", h.hub.Address())
	must(t, err)
	defer func() { must(t, conn.Close()) }()
	_, err = io.WriteString(conn, "POST /hooks/")
	must(t, err)
	if got := h.post(shop.HookToken, order("A")); got.status != 200 {
		t.Errorf("%+v", got)
	}
	must(t, h.hub.Close())
	if n, err := conn.Read(make([]byte, 1)); err == nil {
		t.Errorf("%d bytes for an answer", n)
	}
}
