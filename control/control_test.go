package control

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connectors"
	"github.com/tengi/tengi/engine"
	"github.com/tengi/tengi/secret"
	"github.com/tengi/tengi/setup"
	"github.com/tengi/tengi/store"
)

const recipe = `workspace: {name: Shop, country: IS, currency: ISK, timezone: UTC, language: en}
accounts:
  - {key: in, connector: webhook}
  - {key: orders, connector: http, url: 'https://orders.example.com', auth: bearer, secret: {env: SECRET}}
connections:
  - key: orders
    source: {account: in, trigger: received}
    steps: [{key: send, account: orders, action: request, fields: {url: /orders, content: none}}]
`

var look = setup.Look{Env: func(string) (string, bool) { return "http-secret", true }, File: os.ReadFile}

// kit is an installation with a desk, a server for it, and a client of that.
type kit struct {
	desk   *Desk
	client *Client
	way    *road
}

// road is where calls to services go: all are answered with a status.
type road struct{ status int }

func (r *road) RoundTrip(req *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: r.status, Header: http.Header{}, Body: http.NoBody, Request: req}, nil
}

func setUp(t *testing.T) *kit {
	t.Helper()
	dir := t.TempDir()
	st, err := store.Open(t.Context(), store.Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	box, err := secret.Open(filepath.Join(dir, "key"), "")
	if err != nil {
		t.Fatal(err)
	}
	k := &kit{way: &road{status: http.StatusOK}}
	e, err := engine.New(t.Context(), engine.Config{Store: st, Secrets: box, Connectors: connectors.All(), HTTP: k.way})
	if err != nil {
		t.Fatal(err)
	}
	k.desk = &Desk{Store: st, Engine: e, Secrets: box, Connectors: connectors.All(), Data: dir, KeyFile: filepath.Join(dir, "key"), PublicURL: "https://tengi.example.com",
		HookURL: func(token string) string { return "https://tengi.example.com/hooks/" + token }}
	server, err := Serve(t.Context(), k.desk, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if k.client, err = Dial(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(server.Close(context.Background()), st.Close()); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(filepath.Join(dir, socketName)); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("the socket is still there: %v", err)
		}
	})
	return k
}

// arrive stores an event with a delivery in a state that waits for a person.
func (k *kit) arrive(t *testing.T, dedupe string, state store.State) int64 {
	t.Helper()
	config, err := k.desk.Store.Configuration(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	c := config.Connections[0]
	stored, err := k.desk.Store.Ingest(t.Context(), store.Ingest{Events: []store.NewEvent{{
		Event:      tengi.Event{AccountID: c.Source.AccountID, Type: "webhook.received", Object: "order/" + dedupe, Dedupe: dedupe, Data: []byte(`{}`), ReceivedAt: time.Now()},
		Deliveries: []store.NewDelivery{{ConnectionID: c.ID, AccountID: c.Steps[0].AccountID, State: state, Code: "mapping", Reason: "a value is missing"}},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	found, err := k.desk.Store.Deliveries(t.Context(), store.DeliveryFilter{EventID: stored[0].EventID})
	if err != nil || len(found) != 1 {
		t.Fatalf("%v, %d deliveries", err, len(found))
	}
	return found[0].ID
}

// What the client gives is what the desk does.
func TestClient(t *testing.T) {
	t.Parallel()
	k := setUp(t)
	in := setup.Gather([]setup.File{{Name: "shop.yaml", Text: recipe}}, look)
	dry, err := k.client.Apply(t.Context(), in, true)
	if err != nil || dry.Count(setup.Created) != 4 || !dry.Dry {
		t.Fatalf("dry: %+v, %v", dry, err)
	}
	report, err := k.client.Apply(t.Context(), in, false)
	if err != nil || report.Count(setup.Created) != 4 {
		t.Fatalf("%+v, %v", report, err)
	}
	token, ok := strings.CutPrefix(report.Changes[1].HookURL, "https://tengi.example.com/hooks/")
	if _, known := k.desk.Engine.Hook(token); !ok || !known {
		t.Error("the engine was not told of the new address")
	}
	text, err := k.client.Export(t.Context())
	direct, directErr := k.desk.Export(t.Context())
	if err != nil || directErr != nil || text != direct || !strings.Contains(text, "key: orders") || strings.Contains(text, "http-secret") {
		t.Errorf("export: %v, %v:\n%s", err, directErr, text)
	}
}

// Several people apply the same at once: it is there once, and nobody hears of an error.
func TestApplyAtOnce(t *testing.T) {
	t.Parallel()
	k := setUp(t)
	in := setup.Gather([]setup.File{{Name: "shop.yaml", Text: recipe}}, look)
	var all errgroup.Group
	var created atomic.Int64
	for range 8 {
		all.Go(func() error {
			report, err := k.client.Apply(t.Context(), in, false)
			created.Add(int64(report.Count(setup.Created)))
			return err
		})
	}
	if err := all.Wait(); err != nil || created.Load() != 4 {
		t.Errorf("%v, %d things created", err, created.Load())
	}
}

// Faults come through with their places.
func TestClientErrors(t *testing.T) {
	t.Parallel()
	k := setUp(t)
	_, err := k.client.Apply(t.Context(), setup.Gather([]setup.File{{Name: "shop.yaml", Text: strings.Replace(recipe, "webhook", "webhok", 1)}}, look), false)
	if err == nil || !strings.HasPrefix(err.Error(), `shop.yaml:3:26: accounts.in.connector: there is no connector "webhok"; did you mean "webhook"?`) || strings.Contains(err.Error(), "\n") {
		t.Errorf("got %v", err)
	}
	if err := k.client.Decide(t.Context(), Decision{Delivery: 1, Verb: "forget"}); err == nil || !strings.Contains(err.Error(), `no decision "forget"`) {
		t.Errorf("got %v", err)
	}
	var out struct{}
	if err := k.client.ask(t.Context(), "/unknown", struct{}{}, &out); err == nil || !strings.Contains(err.Error(), "another version of Tengi") {
		t.Errorf("an unknown command: %v", err)
	}
	if err := k.client.ask(t.Context(), "/apply", []int{1}, &out); err == nil || !strings.Contains(err.Error(), "read the command") {
		t.Errorf("a command that is none: %v", err)
	}
}

func TestInbox(t *testing.T) {
	t.Parallel()
	k := setUp(t)
	if causes, err := k.client.Inbox(t.Context()); err != nil || len(causes) != 0 {
		t.Errorf("an empty inbox: %+v, %v", causes, err)
	}
	if _, err := k.desk.Apply(t.Context(), setup.Gather([]setup.File{{Name: "f", Text: recipe}}, look), false); err != nil {
		t.Fatal(err)
	}
	first, second := k.arrive(t, "1", store.Held), k.arrive(t, "2", store.Held)
	k.arrive(t, "3", store.Waiting)
	causes, err := k.client.Inbox(t.Context())
	if err != nil || len(causes) != 1 {
		t.Fatalf("%+v, %v", causes, err)
	}
	for i := range causes[0].Items {
		if causes[0].Items[i].Since.IsZero() {
			t.Error("nobody knows since when")
		}
		causes[0].Items[i].Since = time.Time{}
	}
	want := Cause{Workspace: "shop", Connection: "orders", State: "held", Code: "mapping", Count: 2, Items: []Item{
		{Delivery: second, Object: "order/2", Reason: "a value is missing"}, {Delivery: first, Object: "order/1", Reason: "a value is missing"}}}
	if diff := cmp.Diff(want, causes[0]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}

	for _, c := range []struct {
		what Decision
		want string // empty: it is done
	}{
		{Decision{Delivery: first, Verb: SendAgain}, "no request of delivery"},
		{Decision{Delivery: first, Verb: Adopt, ID: "7"}, "no request of delivery"},
		{Decision{Delivery: 987654, Verb: Skip}, "there is no delivery 987654: tengi inbox lists what waits"},
		{Decision{Delivery: first, Verb: Skip, Why: "paid in cash"}, ""},
		{Decision{Delivery: first, Verb: Skip, Why: "again"}, "skip delivery"},
		{Decision{Delivery: second, Verb: Replay}, ""},
	} {
		err := k.client.Decide(t.Context(), c.what)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%+v: got %v, want %q", c.what, err, c.want)
		}
	}
	found, err := k.desk.Store.Deliveries(t.Context(), store.DeliveryFilter{})
	if err != nil {
		t.Fatal(err)
	}
	states := map[int64]store.State{}
	for _, d := range found {
		states[d.ID] = d.State
		if d.ID == first && d.Reason != "paid in cash" {
			t.Errorf("the reason is %q", d.Reason)
		}
	}
	if states[first] != store.Skipped || states[second] != store.Waiting {
		t.Errorf("after the decisions: %v", states)
	}
}

func TestSocket(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if _, err := Dial(t.Context(), dir); !errors.Is(err, ErrNoHub) {
		t.Errorf("an empty folder: %v", err)
	}
	// What a killed hub leaves behind is a socket that nobody answers.
	left, err := net.Listen("unix", filepath.Join(dir, socketName))
	if err != nil {
		t.Fatal(err)
	}
	left.(*net.UnixListener).SetUnlinkOnClose(false)
	if err := left.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Dial(t.Context(), dir); !errors.Is(err, ErrNoHub) {
		t.Errorf("a socket left behind: %v", err)
	}
	server, err := Serve(t.Context(), &Desk{Data: dir}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(filepath.Join(dir, socketName))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, mode %v", err, info.Mode())
	}
	if _, err := Dial(t.Context(), dir); err != nil {
		t.Errorf("a hub that runs: %v", err)
	}
	if err := server.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if names, err := os.ReadDir(dir); err != nil || len(names) > 0 {
		t.Errorf("left behind: %v, %v", names, err)
	}
	if _, err := Serve(t.Context(), &Desk{Data: filepath.Join(dir, strings.Repeat("x", 120))}, slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), "open the socket") {
		t.Errorf("a folder that is not there: %v", err)
	}
}
