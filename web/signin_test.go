package web

import (
	"net/http"
	"strings"
	"testing"

	"github.com/tengi/tengi/store"
)

// The first owner comes with the code that the hub printed, once.
func TestFirstOwner(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	if a := s.get("/"); a.to() != "/first" {
		t.Fatalf("an empty hub sends to %q", a.to())
	}
	if a := s.post("/first", "code", "guessed", "name", "", "email", "nobody", "password", "short"); a.status != http.StatusUnprocessableEntity {
		t.Errorf("a guessed code: %d", a.status)
	} else {
		s.sees(a, "This code is not right", "Write a name", "Write an e-mail address", "Use at least 12", "This value cannot be used")
		if strings.Contains(a.body, "short") {
			t.Error("the password stands in the answer")
		}
	}
	s.begin()
	if a := s.get("/you"); a.status != http.StatusOK {
		t.Errorf("the owner is not signed in: %d", a.status)
	}
	if got := s.hub.Engine.Workspaces(); len(got) != 1 || got[0].Key != "fjordur-tours" || got[0].Currency != "ISK" {
		t.Errorf("the workspaces: %+v", got)
	}
	welcome, err := s.app.Welcome(t.Context())
	if err != nil || welcome != "" {
		t.Errorf("a second first owner is awaited at %q (%v)", welcome, err)
	}
	s.http = s.browser()
	if a := s.get("/first"); a.to() != "/signin" {
		t.Errorf("the form of the first owner is still shown: %d", a.status)
	}
}

// Signing in takes the right address with the right password, says nothing more than that of wrong ones, and lets nobody try for long.
func TestSignIn(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	s.begin()
	s.http = s.browser()
	if a := s.get("/you"); a.to() != "/signin" {
		t.Fatalf("a stranger is sent to %q", a.to())
	}
	wrong := s.post("/signin", "email", ownerEmail, "password", "something else")
	unknown := s.post("/signin", "email", "somebody@else.example", "password", ownerPassword)
	if wrong.status != http.StatusUnauthorized || unknown.status != http.StatusUnauthorized {
		t.Errorf("wrong password %d, unknown address %d", wrong.status, unknown.status)
	}
	if a, b := strings.ReplaceAll(textOf(wrong.doc), ownerEmail, ""), strings.ReplaceAll(textOf(unknown.doc), "somebody@else.example", ""); a != b {
		t.Errorf("the answers tell who may sign in:\n%s\n%s", a, b)
	}
	if a := s.post("/signin", "email", strings.ToUpper(ownerEmail), "password", ownerPassword); a.to() != "/you" {
		t.Errorf("signed in, sent to %q, wanted /you", a.to())
	}
	s.http = s.browser()
	limited := 0
	for range triesAtOnce + 2 {
		if s.post("/signin", "email", ownerEmail, "password", "guess").status == http.StatusTooManyRequests {
			limited++
		}
	}
	if limited == 0 {
		t.Error("passwords can be tried without end")
	}
}

// A form that another site sends is refused, and a page cannot be put into a frame.
func TestForeignForm(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	s.begin()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.base+"/you", strings.NewReader("name=Mallory&email=m@example.com"))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	if a := s.do(r); a.status != http.StatusForbidden {
		t.Errorf("a foreign form was answered %d", a.status)
	}
	a := s.get("/you")
	if strings.Contains(a.body, "Mallory") {
		t.Error("a foreign form changed the profile")
	}
	for _, want := range []string{"frame-ancestors 'none'", "script-src 'self'", "default-src 'none'"} {
		if !strings.Contains(a.header.Get("Content-Security-Policy"), want) {
			t.Errorf("the policy lacks %s", want)
		}
	}
}

// A new password ends every other session; signing out everywhere ends them all.
func TestSessionsEnd(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	s.begin()
	here := s.http
	there := s.browser()
	s.http = there
	if a := s.post("/signin", "email", ownerEmail, "password", ownerPassword); a.status != http.StatusSeeOther {
		t.Fatal(a.status)
	}
	s.http = here
	if a := s.post("/you/password", "old", "not it", "password", "another long password"); a.status != http.StatusUnprocessableEntity {
		t.Errorf("a wrong old password: %d", a.status)
	}
	if a := s.post("/you/password", "old", ownerPassword, "password", "another long password"); a.to() != "/you" {
		t.Errorf("the password was not changed: %d %s", a.status, textOf(a.doc))
	}
	s.sees(s.get("/you"), "The password is changed")
	s.http = there
	if a := s.get("/you"); a.to() != "/signin" {
		t.Errorf("the other session lives on: %d", a.status)
	}
	s.http = here
	if a := s.post("/you/signout-everywhere"); a.to() != "/signin" {
		t.Errorf("signing out everywhere: %d", a.status)
	}
	if a := s.get("/you"); a.to() != "/signin" {
		t.Errorf("signed out and still in: %d", a.status)
	}
}

// Language and theme are kept, for those who have not signed in as well.
func TestChoices(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	s.post("/language", "language", "he", "back", "/first")
	if page := all(s.get("/first").doc, "html", "", ""); attr(page[0], "dir") != "rtl" || attr(page[0], "lang") != "he" {
		t.Errorf("Hebrew was chosen: %v", page[0].Attr)
	}
	s.begin()
	if a := s.post("/theme", "theme", "dark", "back", "/you"); a.to() != "/you" {
		t.Errorf("sent to %q", a.to())
	}
	if page := all(s.get("/you").doc, "html", "", ""); attr(page[0], "data-bs-theme") != "dark" || attr(page[0], "lang") != "he" {
		t.Errorf("dark and Hebrew were chosen: %v", page[0].Attr)
	}
	if a := s.post("/theme", "theme", "light", "back", "//elsewhere.example"); a.to() != "/" {
		t.Errorf("a form sends away to %q", a.to())
	}
}

// A person who was disabled is out at once.
func TestDisabled(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	s.begin()
	theirs := s.person("viewer@fjord.example", store.Viewer)
	p, err := s.hub.Store.PersonByEmail(t.Context(), "viewer@fjord.example")
	if err != nil {
		t.Fatal(err)
	}
	s.http = theirs
	if a := s.get("/you"); a.status != http.StatusOK {
		t.Fatalf("not signed in: %d", a.status)
	}
	if err := s.hub.Store.SetDisabled(t.Context(), p.ID, true, s.hub.Store.Now()); err != nil {
		t.Fatal(err)
	}
	if a := s.get("/you"); a.to() != "/signin" {
		t.Errorf("still in: %d", a.status)
	}
	if a := s.post("/signin", "email", "viewer@fjord.example", "password", ownerPassword); a.status != http.StatusUnauthorized {
		t.Errorf("signed in again: %d", a.status)
	}
}

// What is too long, or is no text, is refused by every page before anything is done with it.
func TestUnreadableForms(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	s.begin()
	for _, c := range []struct {
		name, path, value string
		want              int
	}{
		{"too long", "/you", strings.Repeat("a", maxForm), http.StatusRequestEntityTooLarge},
		{"a zero byte", "/you", "An\x00na", http.StatusUnprocessableEntity},
		{"not UTF-8", "/you", "An\xffna", http.StatusUnprocessableEntity},
	} {
		if a := s.post(c.path, "name", c.value, "email", ownerEmail); a.status != c.want {
			t.Errorf("%s: %d, want %d", c.name, a.status, c.want)
		}
	}
	for _, query := range []string{"q=%00", "q=%ff", "q=%zz"} {
		if a := s.get("/w/fjordur-tours/events?" + query); a.status != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d", query, a.status)
		}
	}
	if page := s.get("/you"); strings.Contains(page.body, "Anna") || strings.Contains(page.body, "aaaa") {
		t.Error("the profile was changed")
	}
}
