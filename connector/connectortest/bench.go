package connectortest

import (
	"context"
	"encoding/json"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/connector/fake"
	"github.com/tengi/tengi/field"
)

// bench is a case to be tried in many ways, each on a stand-in of its own.
type bench struct {
	c       *connector.Connector
	action  *connector.Action
	test    Case
	newFake func(*Clock) fake.Service
}

// trial is one way: one step of one delivery, through any number of attempts and restarts.
type trial struct {
	*testing.T
	bench   *bench
	svc     fake.Service
	server  *httptest.Server
	clock   *Clock
	journal *Journal
	session *connector.Session
	account *tengi.Account
	values  field.Values
	wire    *wire
	undoing *tengi.Document // what is to be undone; nil = it is to be made
	before  int             // what was counted before the step
}

// start sets a trial up, before its first attempt.
func (b *bench) start(t *testing.T) *trial {
	t.Helper()
	s := &trial{T: t, bench: b, clock: NewClock(), journal: NewJournal(), session: connector.NewSession(connector.Limits{})}
	s.svc = b.newFake(s.clock)
	raw := maps.Clone(b.test.Values)
	if raw == nil {
		raw = map[string]any{}
	}
	if b.test.Prepare != nil {
		b.test.Prepare(t, s.svc, raw)
	}
	values, faults := b.action.Input.Parse(raw)
	if err := faults.Err(); err != nil {
		t.Fatalf("the values of the case: %v", err)
	}
	s.values = values
	s.server = httptest.NewServer(s.svc)
	t.Cleanup(s.server.Close)
	s.account = Account(b.c, s.svc)
	listen(t, s.svc, s.account)
	maps.Copy(s.account.Settings, b.test.Account)
	s.wire = newWire()
	t.Cleanup(s.wire.transport.CloseIdleConnections)
	s.before = s.held()
	return s
}

// startUndo sets a trial up in which the case was done already and is to be undone.
func (b *bench) startUndo(t *testing.T) *trial {
	t.Helper()
	s := b.start(t)
	doc := s.succeed()
	s.undoing, s.journal = &doc, NewJournal()
	s.before = s.held()
	return s
}

// held counts what the step makes.
func (s *trial) held() int {
	if s.undoing != nil {
		return s.bench.test.Undone(s.svc)
	}
	return s.bench.test.Made(s.svc)
}

// made is how many of it the step has made.
func (s *trial) made() int { return s.held() - s.before }

func (s *trial) client(opts ...Option) *connector.Client {
	s.Helper()
	opts = append([]Option{WithJournal(s.journal), WithClock(s.clock), WithSession(s.session), WithHTTP(s.wire), WithDial(s.wire.dial)}, opts...)
	if s.undoing != nil {
		opts = append(opts, WithRef(undoRef))
	}
	return ClientAt(s, s.bench.c, s.server, s.account, opts...)
}

// attempt runs the step once, and stores what was noted as the engine does with the outcome.
func (s *trial) attempt(opts ...Option) (tengi.Document, error) {
	s.Helper()
	client := s.client(opts...)
	doc, err := s.work(client)
	s.checkSecrets(client, doc, err)
	s.journal.Save()
	return doc, err
}

func (s *trial) work(client *connector.Client) (tengi.Document, error) {
	if s.undoing != nil {
		return s.bench.action.Undo(s.Context(), client, undoRef, *s.undoing)
	}
	return s.bench.action.Do(s.Context(), client, Ref, s.values)
}

// restart is the process dying: what was noted and not stored, the tokens and the connections are gone.
func (s *trial) restart() {
	s.journal.Lose()
	s.session = connector.NewSession(connector.Limits{})
	s.wire.transport.CloseIdleConnections()
}

// rounds is how often a step is tried before the suite gives up; the longest look-ups of a real service take fewer.
const rounds = 60

// persist goes on as the engine does, each time in a new process, until the step succeeds or waits for a person.
func (s *trial) persist() (tengi.Document, error) {
	s.Helper()
	for range rounds {
		s.restart()
		doc, err := s.attempt()
		if err == nil {
			return doc, nil
		}
		e := connector.AsError(err)
		if e.Kind == connector.Permanent || e.Kind == connector.Attention || e.Code == connector.CodeAskPerson {
			return doc, err
		}
		s.clock.Advance(max(e.RetryAfter, time.Second))
	}
	s.Fatalf("after %d attempts it neither succeeds nor asks a person", rounds)
	return tengi.Document{}, nil
}

// succeed goes on until the step is done.
func (s *trial) succeed() tengi.Document {
	s.Helper()
	doc, err := s.persist()
	if err != nil {
		s.Fatalf("%v (%s)", err, connector.AsError(err).Detail)
	}
	return doc
}

// exactlyOne goes on until the step is done and looks what there is. Where the case asks a person, that is an end too; then there is at most one,
// and acted says whether there is.
func (s *trial) exactlyOne(acted bool) {
	s.Helper()
	_, err := s.persist()
	want := 1
	if err != nil {
		e := connector.AsError(err)
		if !s.bench.test.Asks || e.Code != connector.CodeAskPerson {
			s.Fatalf("it ends with %s %s: %v (%s)", e.Kind, e.Code, e, e.Detail)
		}
		if !acted {
			want = 0
		}
	}
	if n := s.made(); n != want {
		s.Errorf("the stand-in holds %d more, want exactly %d", n, want)
	}
}

// wire carries requests to the stand-in. It can commit a fault at exactly the request that a call of the journal stands for, and it remembers every
// login that it carried.
type wire struct {
	transport *http.Transport

	mu     sync.Mutex
	armed  *connector.Call
	fire   func()
	logins map[string]bool
	sent   int
}

func newWire() *wire {
	return &wire{transport: &http.Transport{MaxIdleConnsPerHost: 4}, logins: map[string]bool{}}
}

// arm runs fire just before the call's request is carried.
func (w *wire) arm(call connector.Call, fire func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.armed, w.fire = &call, fire
}

// RoundTrip carries one request.
func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	w.mu.Lock()
	w.sent++
	for _, value := range r.Header["Authorization"] {
		_, token, _ := strings.Cut(value, " ")
		if token == "" {
			token = value
		}
		w.logins[token] = true
	}
	var fire func()
	if w.armed != nil && r.Method == w.armed.Method && r.URL.String() == w.armed.URL {
		fire, w.armed = w.fire, nil
	}
	w.mu.Unlock()
	if fire != nil {
		fire()
	}
	return w.transport.RoundTrip(r)
}

// dial opens a connection that is not HTTP: the request of the call that names its address, or a reading.
func (w *wire) dial(ctx context.Context, network, address string) (net.Conn, error) {
	w.mu.Lock()
	w.sent++
	var fire func()
	if w.armed != nil {
		if at, err := url.Parse(w.armed.URL); err == nil && at.Host == address {
			fire, w.armed = w.fire, nil
		}
	}
	w.mu.Unlock()
	if fire != nil {
		fire()
	}
	return new(net.Dialer).DialContext(ctx, network, address)
}

// requests counts what was carried.
func (w *wire) requests() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.sent
}

// watched is a journal that tells of each intent before its request is sent.
type watched struct {
	*Journal
	intended func(n int, call connector.Call) error // n counts from 0
	n        int
}

// Intend stores a call, unless intended has something against it.
func (j *watched) Intend(ctx context.Context, call connector.Call) error {
	n := j.n
	j.n++
	if err := j.intended(n, call); err != nil {
		return err
	}
	return j.Journal.Intend(ctx, call)
}

// watch is an attempt whose nth intent meets what the test plans.
func (s *trial) watch(intended func(n int, call connector.Call) error) Option {
	return func(cfg *connector.ClientConfig) { cfg.Journal = &watched{Journal: s.journal, intended: intended} }
}

// checkSecrets wants no secret of the account, and no login that went over the wire, in anything that is kept or shown.
func (s *trial) checkSecrets(client *connector.Client, doc tengi.Document, failure error) {
	s.Helper()
	kept := map[string]any{"exchanges": client.Recorded(), "journal": textOf(s.journal.Calls()), "document": doc}
	if failure != nil {
		kept["error"] = failure.Error() + " " + connector.AsError(failure).Detail
	}
	text, err := json.Marshal(kept)
	if err != nil {
		s.Fatalf("what is kept cannot be written as JSON: %v", err)
	}
	for key, secret := range s.account.Secrets {
		if containsSecret(string(text), secret) {
			s.Errorf("the secret %q stands in what is kept: %s", key, text)
		}
	}
	s.wire.mu.Lock()
	defer s.wire.mu.Unlock()
	for login := range s.wire.logins {
		if containsSecret(string(text), login) {
			s.Errorf("a login that went over the wire stands in what is kept: %s", text)
		}
	}
}

// textOf writes the bytes of calls as texts, which JSON would hide in base64.
func textOf(calls []connector.Call) []map[string]any {
	texts := make([]map[string]any, len(calls))
	for i, call := range calls {
		texts[i] = map[string]any{"url": call.URL, "header": call.Header, "body": string(call.Body), "answer": string(call.Answer)}
	}
	return texts
}

func containsSecret(text, secret string) bool {
	quoted, err := json.Marshal(secret)
	if err != nil || len(secret) < 6 {
		return false
	}
	return strings.Contains(text, strings.Trim(string(quoted), `"`))
}
