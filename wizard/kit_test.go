package wizard

import (
	"context"
	"encoding/json"
	"log/slog"
	"maps"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector/fake"
	"github.com/tengi/tengi/connectors"
	"github.com/tengi/tengi/engine"
	"github.com/tengi/tengi/hub"
	"github.com/tengi/tengi/internal/pgtest"
	"github.com/tengi/tengi/sandbox"
	"github.com/tengi/tengi/setup"
	"github.com/tengi/tengi/store"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// house is a whole hub beside every stand-in, with a business in it and nothing else.
type house struct {
	t        *testing.T
	hub      *hub.Hub
	services map[string]fake.Service
	stands   map[string]sandbox.Listing
	target   setup.Target
	*Wizard
}

// ws is the business.
var ws = tengi.Workspace{ID: "ws", Key: "tours", Name: "Fjörður Tours", Country: "IS", Currency: "ISK", TimeZone: "Atlantic/Reykjavik", Language: "is"}

// home starts a hub on SQLite; change may alter the business.
func home(t *testing.T, change ...func(*tengi.Workspace)) *house {
	t.Helper()
	return homeOn(t, "", change...)
}

// homeOn starts a hub on a database; empty = SQLite.
func homeOn(t *testing.T, database string, change ...func(*tengi.Workspace)) *house {
	t.Helper()
	h := &house{t: t, services: map[string]fake.Service{}, stands: map[string]sandbox.Listing{}}
	services := connectors.Fakes()
	for _, s := range services {
		h.services[s.Name()] = s
	}
	box := sandbox.New(services)
	server, err := sandbox.Start(t.Context(), "127.0.0.1:0", false, box, slog.New(slog.DiscardHandler))
	must(t, err)
	t.Cleanup(func() { must(t, server.Close()) })
	for _, l := range box.List(server.URL()) {
		h.stands[l.Name] = l
	}
	all := connectors.All()
	for _, c := range all {
		c.Limits.Every = 0 // stand-ins need no sparing
	}
	h.hub, err = hub.Start(t.Context(), hub.Config{Data: t.TempDir(), Database: database, Listen: "127.0.0.1:0", Log: slog.New(slog.DiscardHandler), Connectors: all,
		AllowPrivate: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	must(t, err)
	t.Cleanup(func() { must(t, h.hub.Close()) })
	own := ws
	for _, f := range change {
		f(&own)
	}
	must(t, h.hub.Store.SaveWorkspace(t.Context(), own, h.hub.Store.Now()))
	must(t, h.hub.Engine.Changed(t.Context()))
	h.target = setup.Target{Store: h.hub.Store, Secrets: h.hub.Secrets, Connectors: all, HookURL: h.hub.HookURL}
	h.Wizard = New(h.target, h.hub.Engine)
	return h
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// none fails when anything is wrong.
func (h *house) none(faults []Fault, err error) {
	h.t.Helper()
	must(h.t, err)
	for _, f := range faults {
		h.t.Errorf("%s (%s)", f, f.Code)
	}
	if len(faults) > 0 {
		h.t.FailNow()
	}
}

// login are the values of an account at a stand-in, as a person types them.
func (h *house) login(name string) map[string]any {
	values := map[string]any{}
	at := h.stands[name]
	maps.Copy(values, at.Settings)
	for key, secret := range at.Secrets {
		values[key] = secret
	}
	if _, speaksOtherwise := h.services[name].(fake.Listener); !speaksOtherwise {
		values["base_url"] = at.URL
	}
	return values
}

// join makes an account at a stand-in and checks it.
func (h *house) join(name string, more map[string]any) string {
	h.t.Helper()
	values := h.login(name)
	maps.Copy(values, more)
	id, faults, err := h.SaveAccount(h.t.Context(), AccountForm{WorkspaceID: ws.ID, Connector: name, Values: values})
	h.none(faults, err)
	check, err := h.CheckAccount(h.t.Context(), ws.ID, id)
	must(h.t, err)
	if !check.OK {
		h.t.Fatalf("the account at %s: %+v", name, check)
	}
	return id
}

// again is the draft after it was kept and read again, as between two requests.
func (h *house) again(d *Draft) {
	h.t.Helper()
	data, err := d.Encode()
	must(h.t, err)
	*d, err = Decode(data)
	must(h.t, err)
}

// at fails when the draft is not at a place.
func (h *house) at(d *Draft, want Place) {
	h.t.Helper()
	h.again(d)
	if got := h.Next(*d); got != want {
		h.t.Fatalf("the wizard is at %+v and not at %+v: %+v", got, want, h.Outline(*d))
	}
}

// choose takes the first sample of a kind.
func (h *house) choose(d *Draft, from From) Item {
	h.t.Helper()
	offer, err := h.Samples(h.t.Context(), *d)
	must(h.t, err)
	if offer.Problem != nil {
		h.t.Fatalf("samples: %v", offer.Problem)
	}
	for _, i := range offer.Items {
		if i.From == from {
			must(h.t, h.Choose(h.t.Context(), d, i.ID))
			return i
		}
	}
	h.t.Fatalf("no sample from %s among %+v", from, offer.Items)
	return Item{}
}

// fields reads the fields of a step, by their paths.
func (h *house) fields(d Draft, key string) (Step, map[string]Field) {
	h.t.Helper()
	s, err := h.Fields(h.t.Context(), d, key, nil)
	must(h.t, err)
	byPath := map[string]Field{}
	var walk func([]Field)
	walk = func(list []Field) {
		for _, f := range list {
			byPath[f.Path] = f
			walk(f.Children)
		}
	}
	walk(s.Fields)
	return s, byPath
}

// preview shows what would be sent.
func (h *house) preview(d *Draft) engine.Preview {
	h.t.Helper()
	p, faults, err := h.Preview(h.t.Context(), d)
	h.none(faults, err)
	return p
}

// enough is how long a test may wait for the hub; nobody waits so long.
const enough = time.Minute

// sent sends test data and wants it done.
func (h *house) sent(d *Draft) Test {
	h.t.Helper()
	sent, faults, err := h.SendTest(h.t.Context(), d, enough)
	h.none(faults, err)
	if sent.Delivery.State != store.Done || !sent.Settled {
		h.t.Fatalf("the test is %s: %s %s", sent.Delivery.State, sent.Delivery.Code, sent.Delivery.Reason)
	}
	return sent
}

// save saves the draft.
func (h *house) save(d *Draft) tengi.Connection {
	h.t.Helper()
	c, faults, err := h.Save(h.t.Context(), d, false)
	h.none(faults, err)
	return c
}

// done waits until so many deliveries of a connection are done.
func (h *house) done(connectionID string, n int) {
	h.t.Helper()
	h.doneAbout(connectionID, "", n)
}

// doneAbout waits until so many deliveries of a connection about an object are done.
func (h *house) doneAbout(connectionID, object string, n int) {
	h.t.Helper()
	for {
		list, err := h.hub.Store.Deliveries(h.t.Context(), store.DeliveryFilter{ConnectionID: connectionID, Object: object, Limit: 100})
		must(h.t, err)
		done := 0
		for _, d := range list {
			switch d.State {
			case store.Done:
				done++
			case store.Skipped:
				if d.Code != "instead" && d.Code != "superseded" {
					h.t.Fatalf("a delivery is skipped: %s %s", d.Code, d.Reason)
				}
			case store.Held, store.Failed:
				h.t.Fatalf("a delivery is %s: %s %s", d.State, d.Code, d.Reason)
			}
		}
		if done >= n {
			return
		}
		select {
		case <-time.After(5 * time.Millisecond): // nothing tells when it is done
		case <-h.t.Context().Done():
			h.t.Fatalf("%d of %d deliveries are done", done, n)
		}
	}
}

// holds reads what a stand-in has of a kind.
func holds[T any](h *house, service, kind string) []T {
	h.t.Helper()
	text, err := json.Marshal(h.services[service].Holdings()[kind])
	must(h.t, err)
	var list []T
	must(h.t, json.Unmarshal(text, &list))
	return list
}

// hook is an account's webhook address.
func (h *house) hook(accountID string) string {
	h.t.Helper()
	a, err := h.Account(ws.ID, accountID)
	must(h.t, err)
	if !strings.HasPrefix(a.HookURL, h.hub.URL()+"/hooks/") {
		h.t.Fatalf("the address %q", a.HookURL)
	}
	return a.HookURL
}

// post sends a form to an address as a visitor's browser does.
func (h *house) post(ctx context.Context, address string, values url.Values) int {
	h.t.Helper()
	status, err := postForm(ctx, address, values)
	must(h.t, err)
	return status
}

// postForm sends a form as a browser does.
func postForm(ctx context.Context, address string, values url.Values) (int, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(values.Encode()))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	return resp.StatusCode, resp.Body.Close()
}

// run has a connection ask its source once, and waits until it has.
func (h *house) run(connectionID string) {
	h.t.Helper()
	run, err := h.hub.Engine.RunOnce(h.t.Context(), connectionID)
	must(h.t, err)
	for {
		runs, err := h.hub.Store.Runs(h.t.Context(), connectionID, 10)
		must(h.t, err)
		for _, r := range runs {
			if r.Problem != "" {
				h.t.Fatalf("the run: %s", r.Problem)
			}
			if r.ID == run.ID && r.EndedAt.Unix() > 0 {
				return
			}
		}
		select {
		case <-time.After(5 * time.Millisecond): // nothing tells when it has
		case <-h.t.Context().Done():
			h.t.Fatal("the run does not end")
		}
	}
}

// failing has a stand-in answer so many requests with 503.
func failing(times int) fake.Fault { return fake.Fault{Kind: fake.Refuse, Status: 503, Times: times} }
