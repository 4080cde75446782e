package paypal

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/connector/connectortest"
	"github.com/tengi/tengi/connector/fake"
	"github.com/tengi/tengi/field"
	"github.com/tengi/tengi/sale"
)

// TestConnector is what every connector promises, and both kinds of notices.
func TestConnector(t *testing.T) {
	t.Parallel()
	f := NewFake()
	paid := must(f.Pay(Order{}))
	back := must(f.TakeBack(paid.ID))
	opened := must(f.Dispute(paid.ID))
	settings, secrets := f.Login()
	notice := func(name string, n Notice, events int) connectortest.Notice {
		return connectortest.Notice{Name: name, Header: n.Header, Body: string(n.Body), Settings: settings, Secrets: secrets, Events: events}
	}
	newFake := func(clock *connectortest.Clock) fake.Service {
		svc := NewFake()
		svc.SetClock(clock.Now)
		return svc
	}
	approved := paid.Webhook
	approved.Body = []byte(`{"id":"WH-1","event_type":"CHECKOUT.ORDER.APPROVED","resource":{"id":"5O190127TN364715T"}}`)
	connectortest.Run(t, Connector(), newFake,
		notice("ipn", paid.IPN, 1), notice("webhook", paid.Webhook, 1), notice("ipn of a reversal", back.IPN, 2), notice("webhook of a reversal", back.Webhook, 2),
		notice("ipn of a dispute", opened.IPN, 1), notice("webhook of a dispute", opened.Webhook, 1), notice("webhook of nothing sold", approved, 0),
		notice("ipn of a subscription", Notice{Body: []byte("txn_type=subscr_signup&verify_sign=A&subscr_id=I-1")}, 0))
}

func must(h Happening, err error) Happening {
	if err != nil {
		panic(err)
	}
	return h
}

// bench is an Israeli business with an account at the stand-in.
type bench struct {
	t       *testing.T
	fake    *Fake
	clock   *connectortest.Clock
	account *tengi.Account
	server  *httptest.Server
	zone    string
}

func setup(t *testing.T) *bench {
	t.Helper()
	t.Parallel()
	b := &bench{t: t, fake: NewFake(), clock: connectortest.NewClock(), zone: "Asia/Jerusalem"}
	b.fake.SetClock(b.clock.Now)
	b.account = connectortest.Account(Connector(), b.fake)
	b.server = httptest.NewServer(b.fake)
	t.Cleanup(b.server.Close)
	return b
}

// ipnOnly takes the REST app's login away.
func (b *bench) ipnOnly() *bench {
	delete(b.account.Settings, "client_id")
	delete(b.account.Settings, "webhook_id")
	b.account.Secrets = map[string]string{}
	return b
}

func (b *bench) set(key string, value any) *bench {
	b.account.Settings[key] = value
	return b
}

func (b *bench) client(opts ...connectortest.Option) *connector.Client {
	b.t.Helper()
	ws := tengi.Workspace{ID: "ws1", Key: "carmel", Name: "Carmel Oil", Country: "IL", Currency: "ILS", TimeZone: b.zone, Language: "en"}
	opts = append([]connectortest.Option{connectortest.WithClock(b.clock), connectortest.WithWorkspace(ws), func(cfg *connector.ClientConfig) { cfg.Journal = nil }}, opts...)
	return connectortest.ClientAt(b.t, Connector(), b.server, b.account, opts...)
}

// receive is what the hub does with a notice: the connector's events, with the raw bytes as they came.
func (b *bench) receive(n Notice) []tengi.Event {
	b.t.Helper()
	events, err := receive(b.inbound(n))
	if err != nil {
		b.t.Fatalf("receive: %v", err)
	}
	for i := range events {
		raw := tengi.Raw{Method: http.MethodPost, Header: map[string]string{}, Body: n.Body}
		for name, values := range n.Header {
			raw.Header[http.CanonicalHeaderKey(name)] = strings.Join(values, ", ")
		}
		events[i].Raw = raw
	}
	return events
}

func (b *bench) inbound(n Notice) *connector.Inbound {
	settings, err := Connector().Settings(b.account)
	if err != nil {
		b.t.Fatal(err)
	}
	header := http.Header{}
	for name, values := range n.Header {
		header[http.CanonicalHeaderKey(name)] = values
	}
	return &connector.Inbound{Method: http.MethodPost, Header: header, Body: n.Body, ReceivedAt: b.clock.Now(), Account: b.account, Settings: settings}
}

// load is receiving a notice and asking what its event of a kind means.
func (b *bench) load(kind string, n Notice) (connector.Loaded, error) {
	b.t.Helper()
	for _, event := range b.receive(n) {
		if event.Type == kind {
			return load(context.WithoutCancel(b.t.Context()), b.client(), event)
		}
	}
	b.t.Fatalf("the notice makes no %s", kind)
	return connector.Loaded{}, nil
}

// event is the one event that a notice of a payment stands for.
func (b *bench) event(n Notice) tengi.Event {
	b.t.Helper()
	return b.one(b.load(typeNotice, n))
}

func (b *bench) one(loaded connector.Loaded, err error) tengi.Event {
	b.t.Helper()
	if err != nil || len(loaded.Instead) != 1 {
		b.t.Fatalf("load: %+v, %v; want one event", loaded, err)
	}
	e := loaded.Instead[0]
	if e.Sale != nil {
		if faults := e.Sale.Check(); len(faults) > 0 {
			b.t.Errorf("sale: %v", faults)
		}
	}
	return e
}

// refused is what a person reads of a notice that is not worked.
func (b *bench) refused(n Notice, kind connector.Kind, code string) {
	b.t.Helper()
	loaded, err := b.load(typeNotice, n)
	if e := connector.AsError(err); err == nil || e.Kind != kind || e.Code != code {
		b.t.Errorf("load: %+v, %v; want %s %s", loaded, err, kind, code)
	}
}

func dec(text string) decimal.Decimal {
	return decimal.RequireFromString(text)
}

// brief is a sale in a few words.
func brief(s *sale.Sale) string {
	var out strings.Builder
	out.WriteString(string(s.Status) + " " + s.Reference + " " + s.Total.String() + " " + s.Currency)
	for _, l := range s.Lines {
		out.WriteString("; " + l.Text + " " + l.Quantity.String() + " x " + l.UnitPrice.String() + " = " + l.Total.String())
	}
	for _, p := range s.Payments {
		out.WriteString("; paid " + p.Amount.String())
	}
	return out.String()
}

func wantSale(t *testing.T, e tengi.Event, want string) {
	t.Helper()
	if e.Sale == nil {
		t.Fatalf("no sale in %+v", e)
	}
	if got := brief(e.Sale); got != want {
		t.Errorf("sale\n got %s\nwant %s", got, want)
	}
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	for environment, want := range map[string][2]string{
		"live":    {"https://api-m.paypal.com", "https://ipnpb.paypal.com/cgi-bin/webscr"},
		"sandbox": {"https://api-m.sandbox.paypal.com", "https://ipnpb.sandbox.paypal.com/cgi-bin/webscr"},
	} {
		settings := field.Values{"environment": environment}
		if got := [2]string{baseURL(settings), postbackURL(settings)}; got != want {
			t.Errorf("%s: %v", environment, got)
		}
	}
}

func TestAnswerIsEmpty(t *testing.T) {
	t.Parallel()
	if r := Connector().Answer(nil, nil); r == nil || r.Status != http.StatusOK || len(r.Body) != 0 {
		t.Errorf("answer %+v", r)
	}
}

var paidAt = time.Date(2026, 11, 22, 10, 14, 37, 0, time.UTC)

// recorder is the stand-in's answer without a connection.
type recorder struct {
	header http.Header
	status int
	body   strings.Builder
}

func (r *recorder) Header() http.Header { return r.header }

func (r *recorder) WriteHeader(status int) { r.status = status }

func (r *recorder) Write(part []byte) (int, error) { return r.body.Write(part) }

func (r *recorder) response() *http.Response {
	return &http.Response{StatusCode: max(r.status, http.StatusOK), Header: r.header, Body: io.NopCloser(strings.NewReader(r.body.String()))}
}

// TestFire: the stand-in sends what it wrote, byte for byte, is content with 200 alone, and does not repeat the address, which is a secret.
func TestFire(t *testing.T) {
	b := setup(t)
	status, got := http.StatusOK, []string{}
	hub := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		got = append(got, string(body))
		w.WriteHeader(status)
	}))
	paid := must(b.fake.Pay(Order{Charset: "windows-1255", First: "רותם"}))
	if err := b.fake.Fire(t.Context(), hub.URL, paid.IPN, paid.Webhook); err != nil || len(got) != 2 || got[0] != string(paid.IPN.Body) || got[1] != string(paid.Webhook.Body) {
		t.Errorf("%v, %q", err, got)
	}
	if e := b.event(Notice{Header: paid.IPN.Header, Body: []byte(got[0])}); e.Sale.Customer.Name != "רותם Lind" {
		t.Errorf("the buyer is %q", e.Sale.Customer.Name)
	}
	for _, status = range []int{204, 302, 503} {
		if err := b.fake.Fire(t.Context(), hub.URL, paid.IPN); err == nil {
			t.Errorf("content with %d", status)
		}
	}
	hub.Close()
	if err := b.fake.Fire(t.Context(), hub.URL+"/hooks/secret-token", paid.IPN); err == nil || strings.Contains(err.Error(), "secret-token") {
		t.Errorf("nobody there: %v", err)
	}
}
