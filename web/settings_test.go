package web

import (
	"database/sql"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	_ "modernc.org/sqlite"

	"github.com/tengi/tengi/store"
)

// kept is the text of the input that a page shows once, to be copied.
func (s *site) kept(a *answer, id string) string {
	s.t.Helper()
	inputs := all(a.doc, "input", "id", id)
	if len(inputs) != 1 {
		s.t.Fatalf("the page (%d) shows no %s: %s", a.status, id, textOf(a.doc))
	}
	return attr(inputs[0], "value")
}

const here = "/w/fjordur-tours"

func TestInvitation(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	s.begin()
	if a := s.post(here+"/settings/people", "name", "", "email", "nobody", "role", "king"); a.status != http.StatusUnprocessableEntity {
		t.Errorf("an invitation of nobody answered %d", a.status)
	}
	a := s.post(here+"/settings/people", "name", "Jón", "email", "Jon@fjord.example", "role", "manager")
	link := s.kept(a, "link")
	path := strings.TrimPrefix(link, s.base)
	if again := s.get(here + "/settings/people"); strings.Contains(again.body, "code=") {
		t.Error("the link is shown a second time")
	}
	owner := s.http

	s.http = s.browser()
	s.sees(s.get(path), "jon@fjord.example")
	u, _ := url.Parse(link)
	code := u.Query().Get("code")
	if a := s.post("/join", "code", code, "name", "Jón", "password", "short"); a.status != http.StatusUnprocessableEntity {
		t.Errorf("a short password answered %d", a.status)
	}
	if a := s.post("/join", "code", code, "name", "Jón Jónsson", "password", ownerPassword); a.to() != "/" {
		t.Fatalf("joining answered %d: %s", a.status, textOf(a.doc))
	}
	if a := s.get(here + "/settings"); a.status != http.StatusOK {
		t.Errorf("who joined is not in: %d", a.status)
	}
	if a := s.get(here + "/settings/people"); a.status != http.StatusForbidden {
		t.Errorf("a manager sees to people: %d", a.status)
	}
	invited := s.http
	s.http = s.browser()
	if a := s.get(path); a.status != http.StatusUnprocessableEntity {
		t.Errorf("the link is good twice: %d", a.status)
	}

	s.http = owner
	jon, err := s.hub.Store.PersonByEmail(t.Context(), "jon@fjord.example")
	if err != nil {
		t.Fatal(err)
	}
	people := here + "/settings/people/" + jon.ID
	s.post(people+"/role", "role", "viewer")
	s.http = invited
	if a := s.post(here+"/settings", "workspace", "Mine"); a.status != http.StatusForbidden {
		t.Errorf("a viewer changes the business: %d", a.status)
	}
	s.http = owner
	s.post(people+"/disabled", "disabled", "true")
	s.http = invited
	if a := s.get(here + "/settings"); a.to() != "/signin" {
		t.Errorf("who was disabled is still in: %d", a.status)
	}
	s.http = owner
	s.sees(s.get(here+"/settings/log"), "Invited a person", "Accepted the invitation", "Changed a role", "Disabled a person", "Jón Jónsson", "role=viewer")
}

func TestLastOwnerStays(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	s.begin()
	owner, err := s.hub.Store.PersonByEmail(t.Context(), ownerEmail)
	if err != nil {
		t.Fatal(err)
	}
	s.post(here+"/settings/people/"+owner.ID+"/role", "role", "viewer")
	s.sees(s.get(here+"/settings/people"), "A business needs an owner")
}

// The owner of one business gets nothing of a person who belongs to another as well: no link to become them, no way to keep them out.
func TestPeopleOfOthers(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	s.begin()
	mine := s.http
	their := s.person("their@other.example", store.Owner) // founds a business of their own
	s.http = their
	if a := s.post("/workspaces", "workspace", "Other", "country", "PL", "currency", "PLN", "timezone", "Europe/Warsaw", "workspace_language", "pl"); a.to() != "/w/other" {
		t.Fatalf("founding answered %d: %s", a.status, textOf(a.doc))
	}
	their2, err := s.hub.Store.PersonByEmail(t.Context(), "their@other.example")
	if err != nil {
		t.Fatal(err)
	}
	s.http = mine
	for _, what := range []string{"link", "disabled"} {
		if a := s.post(here+"/settings/people/"+their2.ID+"/"+what, "disabled", "true"); a.status != http.StatusForbidden {
			t.Errorf("%s of somebody else's person answered %d", what, a.status)
		}
	}
	if a := s.get(here + "/settings/backup/download"); a.status != http.StatusForbidden {
		t.Errorf("the data of another's business can be downloaded: %d", a.status)
	}
	if a := s.get("/w/other/settings"); a.status != http.StatusNotFound {
		t.Errorf("another's business answered %d", a.status)
	}
	if a := s.post(here+"/settings/people/"+their2.ID+"/role", "role", ""); a.status != http.StatusSeeOther {
		t.Errorf("taking them out of one's own business answered %d", a.status)
	}
	s.http = their
	if a := s.get(here + "/settings"); a.status != http.StatusNotFound {
		t.Errorf("who was taken out is still in: %d", a.status)
	}
}

func TestKeys(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	s.begin()
	token := s.kept(s.post(here+"/settings/keys", "name", "Bookkeeping script", "role", "viewer"), "token")
	k, err := s.hub.Store.UseKey(t.Context(), token, s.hub.Store.Now())
	if err != nil || k.Role != store.Viewer {
		t.Fatalf("the key that was shown: %+v, %v", k, err)
	}
	list := s.get(here + "/settings/keys")
	s.sees(list, "Bookkeeping script")
	if strings.Contains(list.body, token) {
		t.Error("the token is shown a second time")
	}
	if a := s.post(here + "/settings/keys/" + k.ID + "/revoke"); a.status != http.StatusSeeOther {
		t.Errorf("revoking answered %d", a.status)
	}
	if _, err := s.hub.Store.UseKey(t.Context(), token, s.hub.Store.Now()); err == nil {
		t.Error("a revoked key is good")
	}
}

func TestWorkspaceSettings(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	s.begin()
	if a := s.post(here+"/settings", "workspace", "Fjörður Tours", "country", "IS", "currency", "ISK", "timezone", "Nowhere", "workspace_language", "is"); a.status != http.StatusUnprocessableEntity {
		t.Errorf("a time zone that does not exist answered %d", a.status)
	}
	if a := s.post(here+"/settings", "workspace", "Fjörður ehf.", "country", "IS", "currency", "EUR", "timezone", "Europe/Paris", "workspace_language", "en"); a.status != http.StatusSeeOther {
		t.Fatalf("saving answered %d", a.status)
	}
	w := s.hub.Engine.Workspaces()[0]
	if w.Name != "Fjörður ehf." || w.Currency != "EUR" || w.TimeZone != "Europe/Paris" || w.Language != "en" || w.Key != "fjordur-tours" {
		t.Errorf("the business is %+v", w)
	}
}

func TestDownloadOfBackup(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	s.begin()
	s.sees(s.get(here+"/settings/backup"), "Download a copy")
	a := s.get(here + "/settings/backup/download")
	path := filepath.Join(t.TempDir(), "copy.db")
	if err := os.WriteFile(path, []byte(a.body), 0o600); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var name string
	if err := db.QueryRowContext(t.Context(), "SELECT name FROM workspace").Scan(&name); err != nil || name != "Fjörður Tours" {
		t.Errorf("the copy has %q, %v", name, err)
	}
	if left, err := filepath.Glob(filepath.Join(s.data, "snapshot-*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
