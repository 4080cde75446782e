package setup

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/connectors/bokun"
	"github.com/tengi/tengi/connectors/http"
	"github.com/tengi/tengi/connectors/payday"
	"github.com/tengi/tengi/connectors/webhook"
	"github.com/tengi/tengi/engine"
	"github.com/tengi/tengi/schedule"
	"github.com/tengi/tengi/secret"
	"github.com/tengi/tengi/store"
)

// The secrets of the tests. No output may hold one.
const (
	bokunSecret  = "23e2c7da7f7048e5b46f96bc91324800"
	paydaySecret = "fjord-payday-secret"
	otherSecret  = "another-payday-secret"
)

// example is the file of the documentation.
const example = `workspace: {name: Fjörður Tours, country: IS, currency: ISK, timezone: Atlantic/Reykjavik, language: is}
accounts:
  - {key: bokun,  connector: bokun,  access_key: {env: BOKUN_ACCESS_KEY}, secret_key: {env: BOKUN_SECRET_KEY}}
  - {key: payday, connector: payday, client_id: {env: PAYDAY_CLIENT_ID},  client_secret: {file: payday-secret}}
connections:
  - key: bookings
    name: Bókun → Payday
    source: {account: bokun, trigger: booking, filter: 'sale.total > 0'}
    steps:
      - {key: invoice, account: payday, action: invoice.create, when: 'sale.status == "confirmed"', fields: {description: 'Bókun {{ sale.reference }}'}}
    on_cancel: undo
    on_change: redo
    schedule: {every: 15m}
    enabled: true
`

// kit is an installation to set up.
type kit struct {
	t      *testing.T
	target Target
	dir    string
	env    map[string]string
}

func setup(t *testing.T) *kit {
	t.Helper()
	dir := t.TempDir()
	s, err := store.Open(t.Context(), store.Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	box, err := secret.Open(filepath.Join(dir, "key"), "")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "payday-secret"), []byte(paydaySecret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return &kit{t: t, dir: dir,
		target: Target{Store: s, Secrets: box, Connectors: []*connector.Connector{bokun.Connector(), http.Connector(), payday.Connector(), webhook.Connector()},
			HookURL: func(token string) string { return "https://tengi.example.com/hooks/" + token }},
		env: map[string]string{"BOKUN_ACCESS_KEY": "de235a6a15c340b6b1e1cb5f3687d04a", "BOKUN_SECRET_KEY": bokunSecret, "PAYDAY_CLIENT_ID": "c0ffee00-1111-4222-8333-444455556666",
			"OTHER": otherSecret, "EMPTY": ""},
	}
}

// gather reads files as if they lay in the kit's folder.
func (k *kit) gather(texts ...string) Input {
	files := make([]File, len(texts))
	for i, text := range texts {
		files[i] = File{Name: filepath.Join(k.dir, fmt.Sprintf("%d.yaml", i)), Text: text}
	}
	return Gather(files, Look{Env: func(name string) (string, bool) { v, ok := k.env[name]; return v, ok }, File: os.ReadFile})
}

func (k *kit) apply(texts ...string) Report {
	k.t.Helper()
	report, err := Apply(k.t.Context(), k.target, k.gather(texts...), false)
	if err != nil {
		k.t.Fatal(err)
	}
	return report
}

// refuse applies what must be refused, and gives the faults without the folder's name. Nothing may have changed.
func (k *kit) refuse(texts ...string) string {
	k.t.Helper()
	before := k.stored()
	_, err := Apply(k.t.Context(), k.target, k.gather(texts...), false)
	if err == nil {
		k.t.Fatal("was not refused")
	}
	if _, ok := errors.AsType[Faults](err); !ok {
		k.t.Errorf("%v is not Faults", err)
	}
	if diff := cmp.Diff(before, k.stored()); diff != "" {
		k.t.Errorf("what was refused changed something (-before +after):\n%s", diff)
	}
	return strings.ReplaceAll(err.Error(), k.dir+string(filepath.Separator), "")
}

func (k *kit) stored() store.Configuration {
	k.t.Helper()
	c, err := k.target.Store.Configuration(k.t.Context())
	if err != nil {
		k.t.Fatal(err)
	}
	return c
}

func (k *kit) export() string {
	k.t.Helper()
	text, err := Export(k.t.Context(), k.target)
	if err != nil {
		k.t.Fatal(err)
	}
	return text
}

// secrets opens what an account has sealed.
func (k *kit) secrets(key string) engine.Secrets {
	k.t.Helper()
	for _, a := range k.stored().Accounts {
		if a.Key == key {
			s, err := k.target.OpenAccount(a)
			if err != nil {
				k.t.Fatal(err)
			}
			return s
		}
	}
	k.t.Fatalf("no account %s", key)
	return engine.Secrets{}
}

// outcome writes a report in short: "created account bokun".
func outcome(r Report) string {
	var b strings.Builder
	for _, c := range r.Changes {
		fmt.Fprintf(&b, "%s %s %s", c.Action, c.Kind, c.Key)
		for _, d := range c.Details {
			fmt.Fprintf(&b, "; %s", d)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func same(t *testing.T, want, got string) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestApply(t *testing.T) {
	t.Parallel()
	k := setup(t)
	report := k.apply(example)
	same(t, "created workspace fjordur-tours\ncreated account bokun\ncreated account payday\ncreated connection bookings\n", outcome(report))

	c := k.stored()
	w := c.Workspaces[0]
	if diff := cmp.Diff(tengi.Workspace{ID: w.ID, Key: "fjordur-tours", Name: "Fjörður Tours", Country: "IS", Currency: "ISK", TimeZone: "Atlantic/Reykjavik", Language: "is"}, w); diff != "" {
		t.Errorf("workspace (-want +got):\n%s", diff)
	}
	b, p := c.Accounts[0], c.Accounts[1]
	if diff := cmp.Diff(tengi.Account{ID: b.ID, WorkspaceID: w.ID, Key: "bokun", Name: "Bókun", Connector: "bokun", State: tengi.AccountActive,
		Settings: map[string]any{"access_key": "de235a6a15c340b6b1e1cb5f3687d04a"}}, b.Account); diff != "" {
		t.Errorf("account (-want +got):\n%s", diff)
	}
	opened := k.secrets("bokun")
	if diff := cmp.Diff(map[string]string{"secret_key": bokunSecret}, opened.Values); diff != "" {
		t.Errorf("secrets (-want +got):\n%s", diff)
	}
	if sum := sha256.Sum256([]byte(opened.HookToken)); len(opened.HookToken) != 43 || !bytes.Equal(b.HookHash, sum[:]) {
		t.Errorf("a token of %d letters whose hash is stored wrong", len(opened.HookToken))
	}
	if got := report.Changes[1].HookURL; got != "https://tengi.example.com/hooks/"+opened.HookToken {
		t.Error("the report tells another address than the stored one")
	}
	if s := k.secrets("payday"); s.HookToken != "" || len(p.HookHash) != 0 || report.Changes[2].HookURL != "" || s.Values["client_secret"] != paydaySecret {
		t.Error("payday sends no notices and yet has an address, or its secret is not that of the file without its line break")
	}
	conn := c.Connections[0]
	if diff := cmp.Diff(tengi.Connection{ID: conn.ID, WorkspaceID: w.ID, Key: "bookings", Name: "Bókun → Payday", Enabled: true,
		Source: tengi.Source{AccountID: b.ID, Trigger: "booking", Filter: "sale.total > 0"},
		Steps: []tengi.Step{{Key: "invoice", AccountID: p.ID, Action: "invoice.create", When: `sale.status == "confirmed"`,
			Fields: map[string]any{"description": "Bókun {{ sale.reference }}"}}},
		OnCancel: tengi.Undo, OnChange: tengi.Redo, Schedule: schedule.Schedule{Every: 15 * time.Minute}}, conn); diff != "" {
		t.Errorf("connection (-want +got):\n%s", diff)
	}
	for _, id := range []string{w.ID, b.ID, p.ID, conn.ID} {
		if kind, letters, ok := strings.Cut(id, "_"); !ok || len(letters) != 12 || !slices.Contains([]string{"ws", "acc", "con"}, kind) {
			t.Errorf("%q is no id", id)
		}
	}
}

func TestApplyTwice(t *testing.T) {
	t.Parallel()
	k := setup(t)
	k.apply(example)
	before := k.stored()
	report := k.apply(example)
	same(t, "unchanged workspace fjordur-tours\nunchanged account bokun\nunchanged account payday\nunchanged connection bookings\n", outcome(report))
	if diff := cmp.Diff(before, k.stored()); diff != "" {
		t.Errorf("applying twice changed something (-before +after):\n%s", diff)
	}
}

// What the engine makes of what was applied works: the accounts open and the connection compiles.
func TestEngineTakesIt(t *testing.T) {
	t.Parallel()
	k := setup(t)
	k.apply(example)
	e, err := engine.New(t.Context(), engine.Config{Store: k.target.Store, Connectors: k.target.Connectors, Secrets: k.target.Secrets})
	if err != nil {
		t.Fatal(err)
	}
	c := k.stored()
	for _, row := range c.Accounts {
		if a, ok := e.Account(row.ID); !ok || a.Problem != nil {
			t.Errorf("account %s: %v", row.Key, a.Problem)
		}
	}
	if p, ok := e.Pipe(c.Connections[0].ID); !ok || p.Problem != nil {
		t.Errorf("the connection: %v", p.Problem)
	}
	if a, ok := e.Hook(k.secrets("bokun").HookToken); !ok || a.Key != "bokun" {
		t.Error("the webhook's token leads nowhere")
	}
}
