package hub

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tengi/tengi/engine"
	"github.com/tengi/tengi/internal/cut"
	"github.com/tengi/tengi/internal/pgtest"
	"github.com/tengi/tengi/internal/shop"
)

// behind puts a proxy before a PostgreSQL that a hub is set up on; the test itself goes around it.
func behind(t *testing.T) (*house, *cut.Proxy) {
	t.Helper()
	database := pgtest.Start(t)
	h := setup(t, func(c *Config) { c.Database, c.Listen, c.Testing.Hurry = database, freeAddress(t), 1000 })
	address, err := url.Parse(database)
	must(t, err)
	query := address.Query()
	proxy := cut.Listen(t, "unix", filepath.Join(query.Get("host"), ".s.PGSQL.5432"))
	query.Del("host")
	query.Set("sslmode", "disable")
	address.Host, address.RawQuery = proxy.Addr(), query.Encode()
	h.cfg.Database = address.String()
	return h, proxy
}

// begin starts the hub and says how that ended, when it does.
func (h *house) begin(ctx context.Context) <-chan error {
	started := make(chan error, 1)
	go func() {
		hub, err := Start(ctx, h.cfg)
		if err == nil {
			h.hub = hub
		}
		started <- err
	}()
	return started
}

// awaitWarning waits until the hub says that it waits for its database.
func (h *house) awaitWarning(started <-chan error) {
	h.t.Helper()
	for !strings.Contains(h.log.String(), "the database cannot be reached; notices are answered 503, trying again") {
		select {
		case err := <-started:
			h.t.Fatalf("the start did not wait: %v", err)
		case <-time.After(time.Millisecond):
		}
	}
}

// A hub that is started before its database, or loses it while it starts, answers 503 and waits.
func TestTheDatabaseComesLater(t *testing.T) {
	t.Parallel()
	h, proxy := behind(t)
	proxy.Refuse(true)
	started := h.begin(t.Context())
	h.awaitWarning(started)
	for path, want := range map[string]int{"/readyz": 503, "/healthz": 200} {
		if got, err := h.do(http.MethodGet, "http://"+h.cfg.Listen+path, ""); err != nil || got.status != want {
			t.Errorf("%s: %+v %v", path, got, err)
		}
	}
	if got, err := h.do(http.MethodPost, "http://"+h.cfg.Listen+"/hooks/"+shop.HookToken, order("early")); err != nil || got != (reply{503, "not ready, repeat shortly\n", "2"}) {
		t.Errorf("a notice meanwhile: %+v %v", got, err)
	}
	proxy.Refuse(false)
	must(t, <-started)
	t.Cleanup(func() { must(t, h.hub.Close()) })
	if got := h.post(shop.HookToken, order("late")); got.status != 200 {
		t.Errorf("when it is there: %+v", got)
	}
}

// Whoever supervises a hub sees a start that cannot succeed: at once where waiting mends nothing, else after a while. A start that is stopped ends.
func TestAStartThatDoesNotWait(t *testing.T) {
	t.Parallel()
	h, proxy := behind(t)
	right := h.cfg.Database
	h.cfg.Database = strings.Replace(right, "?", "_no_such?", 1)
	if err := <-h.begin(t.Context()); err == nil || strings.Contains(err.Error(), "could not be reached") {
		t.Errorf("a database that does not exist: %v", err)
	}
	h.cfg.Database, h.cfg.Wait = right, 1
	proxy.Refuse(true)
	if err := <-h.begin(t.Context()); err == nil || !strings.Contains(err.Error(), "open the store: the database could not be reached for 1ns: ") {
		t.Errorf("a database that is away for too long: %v", err)
	}
	h.cfg.Wait = time.Hour
	ctx, stop := context.WithCancel(t.Context())
	started := h.begin(ctx)
	h.awaitWarning(started)
	stop()
	if err := <-started; !errors.Is(err, context.Canceled) {
		t.Errorf("a start that is stopped: %v", err)
	}
}

// A hub that has opened its store stays, however long its database is away before it is ready; what waiting does not mend it does not wait for.
func TestOutlastAfterTheStoreIsOpen(t *testing.T) {
	t.Parallel()
	h := &Hub{cfg: Config{Log: slog.New(slog.DiscardHandler), Testing: engine.Testing{Hurry: 1000}}}
	for name, end := range map[string]error{"it comes back": nil, "it comes back broken": errors.New("no such table")} {
		left := 5
		err := h.outlast(t.Context(), forEver, func() error {
			if left--; left > 0 {
				return fmt.Errorf("read accounts: %w", net.ErrClosed)
			}
			return end
		})
		if !errors.Is(err, end) || left != 0 {
			t.Errorf("%s: %v after %d tries, want %v", name, err, 5-left, end)
		}
	}
}
