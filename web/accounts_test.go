package web

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/engine"
	"github.com/tengi/tengi/store"
)

// login is what the form of an account at a stand-in is filled in with.
func (at *stands) login(t *testing.T, name string, changes map[string]string) (pairs []string) {
	t.Helper()
	l := at.at(t, name)
	values := map[string]string{"base_url": l.URL}
	for key, value := range l.Settings {
		values[key] = fmt.Sprint(value)
	}
	for key, value := range l.Secrets {
		values[key] = value
	}
	for key, value := range changes {
		values[key] = value
	}
	for key, value := range values {
		pairs = append(pairs, accountPrefix+key, value)
	}
	return pairs
}

// account is the one with the key, as the engine has it.
func (s *site) account(key string) *engine.Account {
	s.t.Helper()
	for _, a := range s.hub.Engine.Accounts(s.hub.Engine.Workspaces()[0].ID) {
		if a.Key == key {
			return a
		}
	}
	s.t.Fatalf("there is no account %s", key)
	return nil
}

func TestConnectAnAccount(t *testing.T) {
	t.Parallel()
	s, at := newSite(t, nil), newStands(t)
	s.begin()
	s.sees(s.get(here+"/accounts"), "No account yet")
	s.sees(s.get(here+"/connect"), "Payday", "Bókun")
	s.sees(s.get(here+"/connect/payday"), "Client ID")

	bad := s.post(here+"/connect/payday", "name", "Books", "account.client_id", "", "account.base_url", at.at(t, "payday").URL)
	if bad.status != http.StatusUnprocessableEntity || len(all(bad.doc, "div", "id", "account.client_secret-wrong")) != 1 {
		t.Errorf("an empty form answered %d: %s", bad.status, textOf(bad.doc))
	}
	made := s.post(here+"/connect/payday", append(at.login(t, "payday", nil), "name", "Books")...)
	if made.to() != here+"/accounts/books" {
		t.Fatalf("connecting answered %d to %q: %s", made.status, made.to(), textOf(made.doc))
	}
	page := s.get(made.to())
	s.sees(page, "The account is connected.", "The login works. It belongs to", "Active", "A value is stored.")
	if secret := at.at(t, "payday").Secrets["client_secret"]; secret == "" || strings.Contains(page.body, secret) {
		t.Error("the page shows the secret")
	}
	s.sees(s.get(here+"/accounts"), "Books", "Payday", "No connection uses it.")
	s.sees(s.get(here+"/settings/log"), "Connected an account")

	// A second of the same name gets a key of its own, and goes again.
	if again := s.post(here+"/connect/payday", append(at.login(t, "payday", nil), "name", "Books")...); again.to() != here+"/accounts/books-2" {
		t.Errorf("the second leads to %q", again.to())
	}
	if a := s.post(here + "/accounts/books-2/delete"); a.to() != here+"/accounts" {
		t.Errorf("deleting answered %d to %q", a.status, a.to())
	}
	if a := s.get(here + "/accounts/books-2"); a.status != http.StatusNotFound {
		t.Errorf("the deleted one answered %d", a.status)
	}
}

func TestRefusedLogin(t *testing.T) {
	t.Parallel()
	s, at := newSite(t, nil), newStands(t)
	s.begin()
	right := at.at(t, "payday").Secrets["client_secret"]
	a := s.post(here+"/connect/payday", append(at.login(t, "payday", map[string]string{"client_secret": "not the secret"}), "name", "Books")...)
	page := s.get(a.to())
	s.sees(page, "Needs attention")
	if alerts := all(page.doc, "div", "role", "alert"); len(alerts) != 1 {
		t.Errorf("nobody is told what is wrong: %s", textOf(page.doc))
	}
	if s.account("books").State != tengi.AccountAttention {
		t.Error("a refused login is active")
	}
	s.sees(s.get(here+"/accounts"), "Needs attention")

	// The right secret mends it, and everything else stays as it is.
	s.post(here+"/accounts/books", append(at.login(t, "payday", map[string]string{"client_secret": right}), "name", "Books")...)
	s.sees(s.get(here+"/accounts/books"), "The login works.", "Active")

	// One that works keeps its secret until the service takes another.
	values := at.login(t, "payday", map[string]string{"client_secret": "a wrong one"})
	s.post(here+"/accounts/books", append(values, "name", "Books")...)
	s.sees(s.get(here+"/accounts/books"), "Nothing was changed")
	if now := s.account("books"); now.Secrets["client_secret"] != right || now.State != tengi.AccountActive {
		t.Errorf("a secret that is refused takes the place of the right one; the account is %s", now.State)
	}
}

func TestAccountInUse(t *testing.T) {
	t.Parallel()
	s, at := newSite(t, nil), newStands(t)
	s.begin()
	s.setUp(at, bookings)
	page := s.get(here + "/accounts/bokun")
	s.sees(page, "Bookings to invoices", "confirmed")
	before := s.kept(page, "hook")
	if !strings.HasPrefix(before, s.base+"/hooks/") {
		t.Errorf("the webhook address is %q", before)
	}
	s.post(here + "/accounts/bokun/delete")
	s.sees(s.get(here+"/accounts/bokun"), "A connection uses it")

	s.post(here + "/accounts/bokun/hook")
	if after := s.kept(s.get(here+"/accounts/bokun"), "hook"); after == before || !strings.HasPrefix(after, s.base+"/hooks/") {
		t.Errorf("the new address is %q", after)
	}
	settings := len(s.account("payday").Account.Settings)
	s.post(here+"/accounts/payday/switch", "off", "true")
	if a := s.account("payday"); a.State != tengi.AccountOff || len(a.Account.Settings) != settings || a.Secrets["client_secret"] == "" {
		t.Errorf("switched off, the account is %s with %v", a.State, a.Account.Settings)
	}
	s.post(here+"/accounts/payday/switch", "off", "false")
	if a := s.account("payday"); a.State != tengi.AccountActive {
		t.Errorf("switched on, the account is %s", a.State)
	}
	s.post(here + "/accounts/payday/check")
	s.sees(s.get(here+"/accounts/payday"), "The login works.")

	s.http = s.person("viewer@fjord.example", store.Viewer)
	page = s.get(here + "/accounts/bokun")
	s.sees(page, "Bookings to invoices")
	if strings.Contains(page.body, "/hooks/") || len(all(page.doc, "input", "name", "account.access_key")) > 0 {
		t.Error("a viewer is shown the webhook address or the form")
	}
	if a := s.post(here + "/accounts/bokun/hook"); a.status != http.StatusForbidden {
		t.Errorf("a viewer makes a new address: %d", a.status)
	}
}
