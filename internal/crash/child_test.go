package crash

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/connectors/bokun"
	"github.com/tengi/tengi/connectors/payday"
	"github.com/tengi/tengi/engine"
	"github.com/tengi/tengi/hub"
	"github.com/tengi/tengi/internal/pgtest"
	"github.com/tengi/tengi/internal/shop"
)

// childEnv holds the order of a child: this test binary, run again as a hub that will be killed.
const childEnv = "TENGI_CRASH_CHILD"

// workers is how many deliveries a child works on at once.
const workers = 16

// order is what a child is to run.
type order struct {
	Data, Database, Listen string
	Node                   string
	Careless               bool
	Real                   bool   // with the connectors of Bókun and Payday
	Point                  string // crash point at which it kills itself; empty = never
	Pass                   int64  // at which passing of the point
}

func TestMain(m *testing.M) {
	if text := os.Getenv(childEnv); text != "" {
		if err := child(text); err != nil {
			fmt.Fprintln(os.Stderr, "child:", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	pgtest.Main(m)
}

// child is a whole hub that serves until it is killed, kills itself, or is asked to stop.
func child(text string) error {
	var o order
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	var passed atomic.Int64
	h, err := hub.Start(ctx, hub.Config{
		Data: o.Data, Database: o.Database, Listen: o.Listen, Node: o.Node, Workers: workers, Lease: 3 * time.Second,
		Log:          slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError})),
		AllowPrivate: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
		Connectors:   o.connectors(),
		Testing: engine.Testing{Careless: o.Careless, Hurry: hurry, Fail: func(point string) {
			if point == o.Point && passed.Add(1) == o.Pass {
				_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
				select {} // not one step further
			}
		}},
	})
	if err != nil {
		return err
	}
	select {
	case <-ctx.Done():
		return h.Close()
	case err := <-h.Failed():
		return err
	}
}

// connectors are what the child speaks. The real ones go without a pace: their stand-ins need no sparing.
func (o order) connectors() []*connector.Connector {
	all := []*connector.Connector{shop.Source(), shop.Destination()}
	if o.Real {
		all = append(all, bokun.Connector(), payday.Connector())
		for _, c := range all {
			c.Limits.Every = 0
		}
	}
	return all
}
