package hooks

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/connectors/webhook"
	"github.com/tengi/tengi/engine"
	"github.com/tengi/tengi/field"
	"github.com/tengi/tengi/internal/shop"
	"github.com/tengi/tengi/secret"
	"github.com/tengi/tengi/store"
)

// shared is the secret of the accounts that have one.
const shared = "s3cret-of-Fjörður/&Co"

// desk is a receiver on a real address, with a real engine that does no work, so that what is stored stays as it was stored.
type desk struct {
	t        *testing.T
	store    *store.Store
	engine   *engine.Engine
	receiver *Receiver
	url      string
	client   *http.Client
	metrics  *prometheus.Registry
	log      *journal
	// gate, when it is set, is called before each commit of events.
	gate func()
}

// journal collects log lines.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// setup is a desk with the accounts of accounts(), each with a connection to the books.
func setup(t *testing.T, limits Limits) *desk {
	t.Helper()
	d := &desk{t: t, client: &http.Client{Transport: &http.Transport{}, CheckRedirect: stay}, metrics: prometheus.NewRegistry(), log: &journal{}}
	dir := t.TempDir()
	var err error
	d.store, err = store.Open(t.Context(), store.Config{Dir: dir, Fail: func(point string) {
		if point == "before-ingest" && d.gate != nil {
			d.gate()
		}
	}})
	must(t, err)
	t.Cleanup(func() { must(t, d.store.Close()) })
	box, err := secret.Open(filepath.Join(dir, "key"), "")
	must(t, err)
	save(t, d.store, box)
	log := slog.New(slog.NewTextHandler(d.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	d.engine, err = engine.New(t.Context(), engine.Config{Store: d.store, Secrets: box, Log: slog.New(slog.DiscardHandler), Node: "test",
		Connectors: knownConnectors()})
	must(t, err)
	metrics := NewMetrics()
	d.metrics.MustRegister(metrics.Collectors()...)
	d.receiver = New(Config{Engine: d.engine, Now: d.store.Now, Log: log, Metrics: metrics, Limits: limits})
	mux := http.NewServeMux()
	mux.Handle("POST /hooks/{token}", d.receiver)
	mux.Handle("GET /hooks/{token}", d.receiver)
	server := httptest.NewServer(mux)
	d.url = server.URL
	t.Cleanup(func() {
		d.client.CloseIdleConnections()
		server.Close()
		d.receiver.Close()
	})
	return d
}

func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

func knownConnectors() []*connector.Connector {
	return []*connector.Connector{shop.Source(), shop.Destination(), webhook.Connector(), moody()}
}

// moody is a connector that does what its notice says.
func moody() *connector.Connector {
	return &connector.Connector{Name: "moody", Hints: true, Page: moodyPage, Answer: moodyAnswer, Title: "Moody", Auth: connector.Auth{Fields: field.Set{{Key: "pin", Type: field.Text, Label: "PIN", Secret: true}}}, Triggers: []connector.Trigger{{Key: "all", Types: []string{"*"}}}, Receive: func(in *connector.Inbound) ([]tengi.Event, error) {
		word, rest, _ := strings.Cut(string(in.Body), " ")
		switch word {
		case "panic":
			panic("of " + rest)
		case "index":
			return in.Account.Settings["none"].([]tengi.Event), nil
		case "nothing":
			return nil, nil
		case "two": // without an identity
			return []tengi.Event{{Type: "t", Data: json.RawMessage(`1`)}, {Type: "t", Data: json.RawMessage(`2`)}}, nil
		case "scribble": // over everything it was given
			for i := range in.Body {
				in.Body[i] = 'x'
			}
			in.Header.Set("X-Mine", "scribbled")
			in.Query.Set("q", "scribbled")
			return []tengi.Event{{Type: "t", Dedupe: "scribble"}}, nil
		case "quote":
			return nil, errors.New("cannot read " + rest)
		case "number":
			return []tengi.Event{{Type: "t", Object: "o/" + rest, Dedupe: "d-" + rest, Data: json.RawMessage(rest)}}, nil
		case "decline":
			return nil, &connector.Declined{Reply: connector.Reply{Header: http.Header{"Content-Type": {"text/html; charset=utf-8"}}, Body: []byte("fill in " + rest)}}
		case "forged":
			return nil, fmt.Errorf("%w", connector.Unverified("the signature does not fit"))
		}
		return []tengi.Event{{Type: "t", Object: "o/" + rest, Dedupe: rest, Data: json.RawMessage(`{}`)}}, nil
	}}
}

// token is the token in the address of an account.
func token(account string) string { return "hk-" + account + "-5f0c1d9e7b" }

// save stores the accounts: those that work, one switched off, one whose secrets do not open, one of a service nobody knows, one that sends nothing.
func save(t *testing.T, st *store.Store, box *secret.Box) {
	t.Helper()
	now := st.Now()
	must(t, st.SaveWorkspace(t.Context(), tengi.Workspace{ID: "ws", Key: "ws", Name: "Fjörður Tours", Country: "IS", Currency: "ISK", TimeZone: "Atlantic/Reykjavik", Language: "is"}, now))
	for _, a := range []struct {
		key, connector string
		settings       map[string]any
		secrets        map[string]string
		state          tengi.AccountState
	}{
		{"shop", "shop", nil, nil, tengi.AccountActive},
		{"books", "books", nil, map[string]string{"secret": shared}, tengi.AccountActive},
		{"hook", "webhook", map[string]any{"token_header": "X-Proof", "dedupe": `{{ data.id }}-{{ query.part }}`, "object": "order/{{ data.id }}"}, map[string]string{"token": shared}, tengi.AccountActive},
		{"moody", "moody", nil, map[string]string{"pin": "471100815"}, tengi.AccountActive},
		{"off", "webhook", nil, nil, tengi.AccountOff},
		{"sealed", "webhook", nil, map[string]string{"token": shared}, tengi.AccountActive},
		{"stranger", "unheard-of", nil, map[string]string{"token": shared}, tengi.AccountActive},
	} {
		id := "acc_" + a.key
		plain, err := json.Marshal(engine.Secrets{Values: a.secrets, HookToken: token(a.key)})
		must(t, err)
		context := engine.SealContext(id)
		if a.key == "sealed" {
			context = "another place"
		}
		sealed, err := box.Seal(plain, context)
		must(t, err)
		hash := sha256.Sum256([]byte(token(a.key)))
		must(t, st.SaveAccount(t.Context(), store.AccountRow{Account: tengi.Account{ID: id, WorkspaceID: "ws", Key: a.key, Connector: a.connector, Settings: a.settings, State: a.state},
			Sealed: sealed, HookHash: hash[:]}, now))
		trigger := map[string]string{"shop": "order", "webhook": "received"}[a.connector]
		if trigger == "" {
			trigger = "all"
		}
		must(t, st.SaveConnection(t.Context(), tengi.Connection{ID: "con_" + a.key, WorkspaceID: "ws", Key: a.key, Name: a.key, Enabled: true,
			Source: tengi.Source{AccountID: id, Trigger: trigger}, Steps: []tengi.Step{{Key: "note", AccountID: "acc_books", Action: "note.create"}}}, now))
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// reply is what a sender got.
type reply struct {
	status int
	body   string
	header http.Header
}

// send posts a notice to an address; header are pairs.
func (d *desk) send(path, body string, header ...string) reply {
	d.t.Helper()
	got, err := d.try(d.t.Context(), http.MethodPost, path, strings.NewReader(body), header...)
	must(d.t, err)
	return got
}

func (d *desk) try(ctx context.Context, method, path string, body io.Reader, header ...string) (reply, error) {
	r, err := http.NewRequestWithContext(ctx, method, d.url+path, body)
	if err != nil {
		return reply{}, err
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	resp, err := d.client.Do(r)
	if err != nil {
		return reply{}, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	resp.Header.Del("Date")
	return reply{resp.StatusCode, string(text), resp.Header}, err
}

// hooked posts a notice to an account's address.
func (d *desk) hooked(account, body string, header ...string) reply {
	d.t.Helper()
	return d.send("/hooks/"+token(account), body, header...)
}

// events are all events stored, oldest first, as they stand in the database.
func (d *desk) events() []tengi.Event {
	d.t.Helper()
	list, err := d.store.Events(d.t.Context(), store.EventFilter{Limit: 500})
	must(d.t, err)
	all := make([]tengi.Event, len(list))
	for i, e := range list {
		whole, _, err := d.store.Event(d.t.Context(), e.ID)
		must(d.t, err)
		all[len(list)-1-i] = whole
	}
	return all
}

// event is the one event stored.
func (d *desk) event() tengi.Event {
	d.t.Helper()
	all := d.events()
	if len(all) != 1 {
		d.t.Fatalf("%d events are stored, want 1: %+v", len(all), all)
	}
	return all[0]
}

// delivery is the one delivery of an account's connection.
func (d *desk) delivery(account string) store.Delivery {
	d.t.Helper()
	list, err := d.store.Deliveries(d.t.Context(), store.DeliveryFilter{ConnectionID: "con_" + account, Limit: 10})
	must(d.t, err)
	if len(list) != 1 {
		d.t.Fatalf("%d deliveries, want 1: %+v", len(list), list)
	}
	return list[0]
}

// counted is what the metrics say, by connector and answer: "webhook 401" → 1.
func (d *desk) counted() map[string]float64 {
	d.t.Helper()
	families, err := d.metrics.Gather()
	must(d.t, err)
	counted := map[string]float64{}
	for _, f := range families {
		if f.GetName() != "tengi_hooks_total" {
			continue
		}
		for _, m := range f.GetMetric() {
			labels := map[string]string{}
			for _, l := range m.GetLabel() {
				labels[l.GetName()] = l.GetValue()
			}
			counted[labels["connector"]+" "+labels["answer"]] = m.GetCounter().GetValue()
		}
	}
	return counted
}

// patient is a limit that no test reaches.
var patient = Limits{Patience: time.Hour}
