package web

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"testing"

	"github.com/tengi/tengi/connector/fake"
	"github.com/tengi/tengi/connectors"
	"github.com/tengi/tengi/recipes"
	"github.com/tengi/tengi/sandbox"
	"github.com/tengi/tengi/setup"
)

// stands are the stand-ins of all services, on one address.
type stands struct {
	url      string
	services map[string]fake.Service
	listing  []sandbox.Listing
}

// newStands starts them.
func newStands(t *testing.T) *stands {
	t.Helper()
	s := &stands{services: map[string]fake.Service{}}
	all := connectors.Fakes()
	for _, f := range all {
		s.services[f.Name()] = f
	}
	box := sandbox.New(all)
	server, err := sandbox.Start(t.Context(), "127.0.0.1:0", false, box, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	s.url, s.listing = server.URL(), box.List(server.URL())
	return s
}

// at is what an account at a stand-in is told.
func (at *stands) at(t *testing.T, name string) sandbox.Listing {
	t.Helper()
	for _, l := range at.listing {
		if l.Name == name {
			return l
		}
	}
	t.Fatalf("there is no stand-in for %s", name)
	return sandbox.Listing{}
}

// setUp sets a file up as `tengi apply` does; what it names in the environment are the stand-ins' addresses and logins. It gives the webhook
// addresses of the accounts by their keys.
func (s *site) setUp(at *stands, file string) map[string]string {
	s.t.Helper()
	env := map[string]string{}
	for _, l := range at.listing {
		env[recipes.Env(l.Name, "url")] = l.URL
		for field, value := range l.Settings {
			env[recipes.Env(l.Name, field)] = fmt.Sprint(value)
		}
		for field, value := range l.Secrets {
			env[recipes.Env(l.Name, field)] = value
		}
	}
	in := setup.Gather([]setup.File{{Name: "test.yaml", Text: file}}, setup.Look{
		Env:  func(name string) (string, bool) { value, ok := env[name]; return value, ok },
		File: func(string) ([]byte, error) { return nil, os.ErrNotExist },
	})
	report, err := s.app.Desk.Apply(s.t.Context(), in, false)
	if err != nil {
		s.t.Fatal(err)
	}
	hooks := map[string]string{}
	for _, c := range report.Changes {
		if c.HookURL != "" {
			hooks[c.Key] = c.HookURL
		}
	}
	return hooks
}

// bookings is Bókun → Payday at the stand-ins, and a connection that runs after it.
const bookings = `
accounts:
  - {key: bokun, connector: bokun, base_url: {env: BOKUN_URL}, access_key: {env: BOKUN_ACCESS_KEY}, secret_key: {env: BOKUN_SECRET_KEY}}
  - {key: payday, connector: payday, base_url: {env: PAYDAY_URL}, client_id: {env: PAYDAY_CLIENT_ID}, client_secret: {env: PAYDAY_CLIENT_SECRET}}
connections:
  - key: bookings
    name: Bookings to invoices
    source: {account: bokun, trigger: booking}
    steps:
      - {key: invoice, account: payday, action: invoice.create, when: 'sale.status == "confirmed"'}
    on_cancel: undo
    on_change: redo
    schedule: {every: 15m}
    enabled: true
  - key: later
    name: Later
    source: {account: bokun, trigger: booking}
    steps:
      - {key: invoice, account: payday, action: invoice.create, when: 'sale.total > 1000000'}
    schedule: {at: ["08:00"]}
    enabled: false
`

// count is how many of a kind a stand-in holds.
func (at *stands) count(t *testing.T, service, kind string) int {
	t.Helper()
	text, err := json.Marshal(at.services[service].Holdings()[kind])
	if err != nil {
		t.Fatal(err)
	}
	var list []any
	if err := json.Unmarshal(text, &list); err != nil {
		t.Fatal(err)
	}
	return len(list)
}
