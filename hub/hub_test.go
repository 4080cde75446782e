package hub

import (
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/tengi/tengi/internal/pgtest"
	"github.com/tengi/tengi/internal/shop"
	"github.com/tengi/tengi/store"
)

// TestNotice: a notice is answered when it stands in the ledger, and is found there by whoever opens it next.
func TestNotice(t *testing.T) {
	t.Parallel()
	for _, database := range []string{"sqlite", "postgres"} {
		t.Run(database, func(t *testing.T) {
			t.Parallel()
			h := setup(t, func(c *Config) {
				if database == "postgres" {
					c.Database = pgtest.Start(t)
				}
			})
			h.start()
			if h.hub.Store.Dialect() != database {
				t.Fatalf("it runs on %s", h.hub.Store.Dialect())
			}
			for range 2 { // the second is a repeat
				if got := h.post(shop.HookToken, order("A")); got != (reply{200, "OK\n", ""}) {
					t.Errorf("%+v", got)
				}
			}
			body := `{"id":7}`
			if got := h.post(signedToken, body, sign(body)...); got != (reply{200, "OK\n", ""}) {
				t.Errorf("%+v", got)
			}
			for line, want := range map[string]float64{`tengi_hooks_total{answer="200",connector="shop"}`: 2, `tengi_events_total{connector="shop",fate="new"}`: 1,
				`tengi_events_total{connector="shop",fate="repeated"}`: 1, `tengi_hooks_total{answer="200",connector="webhook"}`: 1, `tengi_hook_seconds_count`: 3} {
				if got := h.metric(line); got != want {
					t.Errorf("%s is %v, want %v", line, got, want)
				}
			}
			must(t, h.hub.Close())
			st := h.open()
			defer func() { must(t, st.Close()) }()
			if list := events(t, st); len(list) != 2 || list[1].Object != "order/A" || list[0].Type != "webhook.received" {
				t.Errorf("%+v", list)
			}
			if list := deliveries(t, st, "con_1"); len(list) != 1 || list[0].Object != "order/A" || list[0].State == store.Held {
				t.Errorf("%+v", list)
			}
		})
	}
}

// TestRefusals: nothing that is not taken leaves anything but a count.
func TestRefusals(t *testing.T) {
	t.Parallel()
	h := setup(t, nil)
	h.start()
	long := strings.Repeat("x", 1<<20+1)
	tests := []struct {
		name, token, body string
		header            []string
		want              reply
		counted           string
	}{
		{"unknown token", "hk-4be1c07d9a54", `{"id":7}`, nil, reply{404, "no such address\n", ""}, `tengi_hooks_total{answer="404",connector=""}`},
		{"bad signature", signedToken, `{"id":8}`, sign(`{"id":7}`), reply{401, "the notice could not be verified\n", ""}, `tengi_hooks_total{answer="401",connector="webhook"}`},
		{"too long", signedToken, long, sign(long), reply{413, "a notice may have 1048576 bytes\n", ""}, `tengi_hooks_total{answer="413",connector="webhook"}`},
	}
	for _, tt := range tests {
		if got := h.post(tt.token, tt.body, tt.header...); got != tt.want {
			t.Errorf("%s: %+v, want %+v", tt.name, got, tt.want)
		}
		if got := h.metric(tt.counted); got != 1 {
			t.Errorf("%s: %s is %v", tt.name, tt.counted, got)
		}
	}
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPut} {
		if got, err := h.do(method, h.hub.HookURL(signedToken), ""); err != nil || got.status != http.StatusMethodNotAllowed {
			t.Errorf("%s: %+v %v", method, got, err)
		}
	}
	if got := h.post(signedToken, "{}", "X-Large", strings.Repeat("x", 100<<10)); got.status != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("a header of 100 KiB: %d", got.status)
	}
	if list := events(t, h.hub.Store); len(list) != 0 {
		t.Errorf("stored: %+v", list)
	}
	for _, unsaid := range []string{signedToken, signedSecret, `"id"`} {
		if strings.Contains(h.log.String(), unsaid) {
			t.Errorf("the log holds %q:\n%s", unsaid, h.log)
		}
	}
}

// TestUnreadable: a verified notice that makes no sense is stored and held, and its sender has done its duty.
func TestUnreadable(t *testing.T) {
	t.Parallel()
	h := setup(t, nil)
	h.start()
	body := `{"id":`
	if got := h.post(signedToken, body, sign(body)...); got != (reply{200, "OK\n", ""}) {
		t.Errorf("%+v", got)
	}
	list := events(t, h.hub.Store)
	if len(list) != 1 || list[0].Unreadable == "" {
		t.Fatalf("%+v", list)
	}
	whole, _, err := h.hub.Store.Event(t.Context(), list[0].ID)
	must(t, err)
	if string(whole.Raw.Body) != body {
		t.Errorf("stored %q", whole.Raw.Body)
	}
	if held := deliveries(t, h.hub.Store, "con_2"); len(held) != 1 || held[0].State != store.Held || held[0].Code != "unreadable" || !held[0].DueAt.IsZero() {
		t.Errorf("%+v", held)
	}
	if got := h.metric(`tengi_hooks_total{answer="200",connector="webhook"}`); got != 1 {
		t.Errorf("counted %v", got)
	}
}

// TestPlaces: each thing is answered on its own address and nowhere else.
func TestPlaces(t *testing.T) {
	t.Parallel()
	h := setup(t, nil)
	h.start()
	for path, want := range map[string]reply{"/healthz": {200, "alive\n", ""}, "/readyz": {200, "ready\n", ""}} {
		if got := h.get(path); got != want {
			t.Errorf("%s: %+v", path, got)
		}
		if got, err := h.do(http.MethodGet, "http://"+h.hub.MetricsAddress()+path, ""); err != nil || got.status != 404 {
			t.Errorf("%s on the address of the metrics: %+v %v", path, got, err)
		}
	}
	for _, path := range []string{"/metrics", "/", "/hooks", "/debug/pprof/"} {
		if got := h.get(path); got.status != 404 {
			t.Errorf("%s: %+v", path, got)
		}
	}
	if got, err := h.do(http.MethodPost, "http://"+h.hub.MetricsAddress()+"/hooks/"+shop.HookToken, order("A")); err != nil || got.status != 404 {
		t.Errorf("a notice on the address of the metrics: %+v %v", got, err)
	}
	got, err := h.do(http.MethodGet, "http://"+h.hub.MetricsAddress()+"/metrics", "")
	must(t, err)
	for _, name := range []string{"go_goroutines ", "tengi_store_waiting ", "tengi_store_stalled_seconds ", "tengi_claims_total "} {
		if !strings.Contains(got.body, "\n"+name) {
			t.Errorf("no %s among the metrics", name)
		}
	}
	if got.status != 200 || h.hub.Address() == h.hub.MetricsAddress() {
		t.Errorf("%d on %s", got.status, h.hub.MetricsAddress())
	}
}

func TestWithoutMetrics(t *testing.T) {
	t.Parallel()
	h := setup(t, func(c *Config) { c.MetricsListen = "" })
	h.start()
	if h.hub.MetricsAddress() != "" || len(h.hub.servers) != 1 {
		t.Errorf("metrics on %q, %d servers", h.hub.MetricsAddress(), len(h.hub.servers))
	}
}

func TestURLs(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ public, address, want string }{
		{"", "127.0.0.1:8080", "http://127.0.0.1:8080/hooks/a-b"},
		{"https://tengi.example.is/", "127.0.0.1:8080", "https://tengi.example.is/hooks/a-b"},
		{"https://example.is/tengi", "127.0.0.1:8080", "https://example.is/tengi/hooks/a-b"},
	} {
		h := &Hub{cfg: Config{PublicURL: tt.public}, address: tt.address}
		if got := h.HookURL("a-b"); got != tt.want {
			t.Errorf("%s, want %s", got, tt.want)
		}
	}
	if got := (&Hub{address: "x"}).HookURL("a/b?c"); got != "http://x/hooks/a%2Fb%3Fc" {
		t.Errorf("%s", got)
	}
}

// TestLoopback: who does not say where to listen is not reached from outside.
func TestLoopback(t *testing.T) {
	t.Parallel()
	host, port, err := net.SplitHostPort(DefaultListen)
	if err != nil || !net.ParseIP(host).IsLoopback() || port == "0" {
		t.Errorf("%s is no loopback address", DefaultListen)
	}
	h := setup(t, func(c *Config) { c.Listen, c.MetricsListen = "", "" })
	occupied, err := new(net.ListenConfig).Listen(t.Context(), "tcp", DefaultListen)
	if err == nil { // else somebody else has it, which serves as well
		defer func() { must(t, occupied.Close()) }()
	}
	if hub, err := Start(t.Context(), h.cfg); err == nil || !strings.Contains(err.Error(), "listen on "+DefaultListen) {
		if err == nil {
			err = fmt.Errorf("it listens on %s", hub.Address())
			must(t, hub.Close())
		}
		t.Errorf("with its default address taken: %v", err)
	}
}
