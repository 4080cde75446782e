package connectortest

import (
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/connector/fake"
	"github.com/tengi/tengi/field"
)

// Ref is the Ref that clients made here work under when the test names none.
const Ref tengi.Ref = "tengi-test-0001"

// Clock is the time in a test: it stands still until it is moved.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock returns a clock that shows noon, UTC, on 1 July 2026.
func NewClock() *Clock { return &Clock{now: time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)} }

// Now is the time shown.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Advance moves the clock forward.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// Workspace is the business that clients made here work for: Icelandic, in krónur, in Reykjavík's time.
func Workspace() tengi.Workspace {
	return tengi.Workspace{ID: "ws1", Key: "fjord", Name: "Fjörður Tours", Country: "IS", Currency: "ISK", TimeZone: "Atlantic/Reykjavik", Language: "is"}
}

// Option changes what a client is made from.
type Option func(*connector.ClientConfig)

// WithJournal gives the client a journal of the test's own: the same one for two clients is the same step before and after a restart.
// Without it a client has an empty journal of its own.
func WithJournal(j *Journal) Option { return func(cfg *connector.ClientConfig) { cfg.Journal = j } }

// WithClock gives the client a clock that the test moves.
func WithClock(c *Clock) Option { return func(cfg *connector.ClientConfig) { cfg.Now = c.Now } }

// WithRef makes the client work under another Ref.
func WithRef(ref tengi.Ref) Option { return func(cfg *connector.ClientConfig) { cfg.Ref = ref } }

// WithWorkspace makes the client work for another business.
func WithWorkspace(ws tengi.Workspace) Option {
	return func(cfg *connector.ClientConfig) { cfg.Workspace = ws }
}

// WithOptions gives the client a source's options.
func WithOptions(values field.Values) Option {
	return func(cfg *connector.ClientConfig) { cfg.Options = values }
}

// WithSession makes clients share login tokens and pace, as all work of one account in a process does.
func WithSession(s *connector.Session) Option {
	return func(cfg *connector.ClientConfig) { cfg.Session = s }
}

// WithSetting changes one of the account's settings; nil removes it.
func WithSetting(key string, value any) Option {
	return func(cfg *connector.ClientConfig) {
		if value == nil {
			delete(cfg.Account.Settings, key)
			return
		}
		cfg.Account.Settings[key] = value
	}
}

// WithSecret changes one of the account's secrets.
func WithSecret(key, value string) Option {
	return func(cfg *connector.ClientConfig) { cfg.Account.Secrets[key] = value }
}

// WithHTTP sends the client's requests another way than over the wire.
func WithHTTP(rt http.RoundTripper) Option {
	return func(cfg *connector.ClientConfig) { cfg.HTTP = rt }
}

// WithDial opens connections that are not HTTP another way than directly.
func WithDial(dial connector.DialFunc) Option {
	return func(cfg *connector.ClientConfig) { cfg.Dial = dial }
}

// Dry makes a client whose first change is captured instead of sent.
func Dry() Option { return func(cfg *connector.ClientConfig) { cfg.Dry = true } }

// Careless makes a client that resends lost changes without looking: the control of a test of "exactly once".
func Careless() Option { return func(cfg *connector.ClientConfig) { cfg.Careless = true } }

// Account is an account at the connector that the stand-in accepts.
func Account(c *connector.Connector, svc fake.Service) *tengi.Account {
	settings, secrets := svc.Login()
	account := &tengi.Account{
		ID: "acc1", WorkspaceID: "ws1", Key: c.Name, Name: c.Title, Connector: c.Name, State: tengi.AccountActive,
		Settings: maps.Clone(settings), Secrets: maps.Clone(secrets),
	}
	if account.Settings == nil {
		account.Settings = map[string]any{}
	}
	if account.Secrets == nil {
		account.Secrets = map[string]string{}
	}
	return account
}

// Client makes a real client that speaks to the stand-in over HTTP, with a login that the stand-in accepts, under [Ref], for [Workspace].
// Every call starts a server of its own in front of the same stand-in, so a second client is the same service seen by a new process.
func Client(t testing.TB, c *connector.Connector, svc fake.Service, opts ...Option) *connector.Client {
	t.Helper()
	server := httptest.NewServer(svc)
	t.Cleanup(server.Close)
	account := Account(c, svc)
	listen(t, svc, account)
	return ClientAt(t, c, server, account, opts...)
}

// listen has a stand-in that speaks something other than HTTP listen, and tells the account where.
func listen(t testing.TB, svc fake.Service, account *tengi.Account) {
	t.Helper()
	listener, ok := svc.(fake.Listener)
	if !ok {
		return
	}
	settings, stop, err := listener.Listen(t.Context(), "127.0.0.1")
	if err != nil {
		t.Fatalf("the stand-in of %s: %v", svc.Name(), err)
	}
	t.Cleanup(func() {
		if err := stop(); err != nil {
			t.Errorf("stop the stand-in of %s: %v", svc.Name(), err)
		}
	})
	maps.Copy(account.Settings, settings)
}

// ClientAt makes a client that speaks to a server of the test's own, for an account of the test's own.
func ClientAt(t testing.TB, c *connector.Connector, server *httptest.Server, account *tengi.Account, opts ...Option) *connector.Client {
	t.Helper()
	transport := &http.Transport{MaxIdleConnsPerHost: 8}
	t.Cleanup(transport.CloseIdleConnections)
	if account.Settings == nil {
		account.Settings = map[string]any{}
	}
	account.Settings["base_url"] = server.URL
	limits := c.Limits
	limits.Every = 0 // the pace is for services with other customers
	cfg := connector.ClientConfig{
		Connector: c, Account: account, Workspace: Workspace(), HTTP: transport, Dial: new(net.Dialer).DialContext, Now: NewClock().Now, Journal: NewJournal(), Ref: Ref,
		Session: connector.NewSession(limits),
	}
	for _, opt := range opts {
		opt(&cfg)
	}
	if cfg.Dry {
		cfg.Journal = nil
	}
	client, err := connector.NewClient(cfg)
	if err != nil {
		t.Fatalf("client of %s: %v", c.Name, err)
	}
	return client
}
