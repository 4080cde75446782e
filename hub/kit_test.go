package hub

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/connectors/webhook"
	"github.com/tengi/tengi/engine"
	"github.com/tengi/tengi/hooks"
	"github.com/tengi/tengi/internal/pgtest"
	"github.com/tengi/tengi/internal/shop"
	"github.com/tengi/tengi/secret"
	"github.com/tengi/tengi/store"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// The address of the account whose notices are signed, and its secret.
const (
	signedToken  = "hk-4be1c07d9a53"
	signedSecret = "signing-secret-of-the-shop"
)

// house is a folder with a hub set up in it, which can be started, stopped and started again.
type house struct {
	t      *testing.T
	cfg    Config
	hub    *Hub
	client *http.Client
	log    *journal
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

// setup is a hub that is configured and not started: a shop and a signed webhook, each with a connection to the books, which are out of reach: work
// waits, so that what was stored can be looked at. change may alter how the hub is started.
func setup(t *testing.T, change func(*Config)) *house {
	t.Helper()
	h := &house{t: t, log: &journal{}, client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}}
	h.cfg = Config{Data: t.TempDir(), Listen: "127.0.0.1:0", MetricsListen: "127.0.0.1:0", HTTP: nowhere{}, Notices: hooks.Limits{Patience: time.Hour},
		Log:        slog.New(slog.NewTextHandler(h.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Connectors: []*connector.Connector{shop.Source(), shop.Destination(), webhook.Connector()}}
	if change != nil {
		change(&h.cfg)
	}
	st := h.open()
	box, err := secret.Open(filepath.Join(h.cfg.Data, "key"), "")
	must(t, err)
	now := time.Now()
	signed := shop.Connection(func(c *tengi.Connection) {
		c.ID, c.Key, c.Source = "con_2", "signed", tengi.Source{AccountID: "acc_signed", Trigger: "received"}
		c.Steps = []tengi.Step{{Key: "note", AccountID: "acc_books", Action: "note.create"}}
	})
	seal := func(accountID, hookToken string, values map[string]string) ([]byte, error) {
		plain, err := json.Marshal(engine.Secrets{Values: values, HookToken: hookToken})
		must(t, err)
		return box.Seal(plain, engine.SealContext(accountID))
	}
	must(t, shop.Setup{Connections: []tengi.Connection{shop.Connection(nil), signed}, Seal: seal}.Save(t.Context(), st, now))
	sealed, err := seal("acc_signed", signedToken, map[string]string{"hmac_secret": signedSecret})
	must(t, err)
	hash := sha256.Sum256([]byte(signedToken))
	must(t, st.SaveAccount(t.Context(), store.AccountRow{Account: tengi.Account{ID: "acc_signed", WorkspaceID: "ws", Key: "signed", Connector: "webhook", State: tengi.AccountActive,
		Settings: map[string]any{"scheme": "hmac", "signature_header": "X-Signature"}}, Sealed: sealed, HookHash: hash[:]}, now))
	must(t, st.Close())
	t.Cleanup(h.client.CloseIdleConnections)
	return h
}

// nowhere is a network without services.
type nowhere struct{}

func (nowhere) RoundTrip(*http.Request) (*http.Response, error) {
	return nil, &net.OpError{Op: "dial", Err: fmt.Errorf("no route to host")}
}

// start starts the hub; it is stopped with the test at the latest.
func (h *house) start() {
	h.t.Helper()
	var err error
	h.hub, err = Start(h.t.Context(), h.cfg)
	must(h.t, err)
	hub := h.hub
	h.t.Cleanup(func() { must(h.t, hub.Close()) })
}

// open opens the house's store, which no hub may have open meanwhile.
func (h *house) open() *store.Store {
	h.t.Helper()
	st, err := store.Open(h.t.Context(), store.Config{Dir: h.cfg.Data, Database: h.cfg.Database})
	must(h.t, err)
	return st
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// reply is what somebody got.
type reply struct {
	status int
	body   string
	retry  string // header Retry-After
}

// do sends a request; header are pairs.
func (h *house) do(method, url, body string, header ...string) (reply, error) {
	r, err := http.NewRequestWithContext(context.WithoutCancel(h.t.Context()), method, url, strings.NewReader(body))
	if err != nil {
		return reply{}, err
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	resp, err := h.client.Do(r)
	if err != nil {
		return reply{}, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return reply{resp.StatusCode, string(text), resp.Header.Get("Retry-After")}, err
}

func (h *house) get(path string) reply {
	h.t.Helper()
	got, err := h.do(http.MethodGet, h.hub.URL()+path, "")
	must(h.t, err)
	return got
}

// post sends a notice to a token's address.
func (h *house) post(token, body string, header ...string) reply {
	h.t.Helper()
	got, err := h.do(http.MethodPost, h.hub.HookURL(token), body, header...)
	must(h.t, err)
	return got
}

// postAll sends orders of the shop at the same time and gives their answers as they come.
func (h *house) postAll(n int) <-chan reply {
	answers := make(chan reply, n)
	for i := range n {
		go func() {
			got, err := h.do(http.MethodPost, h.hub.HookURL(shop.HookToken), order(fmt.Sprint(i)))
			if err != nil {
				h.t.Error(err)
			}
			answers <- got
		}()
	}
	return answers
}

// order is a notice of the shop.
func order(id string) string {
	return fmt.Sprintf(`{"id":%q,"notice":%q,"status":"confirmed","total":"100"}`, id, id)
}

// sign is the header that proves a notice to the signed account.
func sign(body string) []string {
	mac := hmac.New(sha256.New, []byte(signedSecret))
	mac.Write([]byte(body))
	return []string{"X-Signature", hex.EncodeToString(mac.Sum(nil)), "Content-Type", "application/json"}
}

// events are what a store holds, newest first.
func events(t *testing.T, st *store.Store) []tengi.Event {
	t.Helper()
	list, err := st.Events(t.Context(), store.EventFilter{Limit: 1000})
	must(t, err)
	return list
}

func deliveries(t *testing.T, st *store.Store, connectionID string) []store.Delivery {
	t.Helper()
	list, err := st.Deliveries(t.Context(), store.DeliveryFilter{ConnectionID: connectionID, Limit: 1000})
	must(t, err)
	return list
}

// metric reads one line of /metrics; 0 when it is not there.
func (h *house) metric(line string) float64 {
	h.t.Helper()
	got, err := h.do(http.MethodGet, "http://"+h.hub.MetricsAddress()+"/metrics", "")
	must(h.t, err)
	found := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(line) + ` (\S+)$`).FindStringSubmatch(got.body)
	if found == nil {
		return 0
	}
	var value float64
	_, err = fmt.Sscan(found[1], &value)
	must(h.t, err)
	return value
}

// noLeaks says, when its answer is called, whether goroutines are left that were not there before. Tests that use it are not parallel: theirs must be
// the only ones.
func noLeaks(t *testing.T) func() {
	t.Helper()
	before := goleak.IgnoreCurrent()
	return func() {
		t.Helper()
		if err := goleak.Find(before); err != nil {
			t.Errorf("something still runs: %v", err)
		}
	}
}

// freeAddress is an address that nobody listens on at this moment.
func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	must(t, err)
	must(t, listener.Close())
	return listener.Addr().String()
}
