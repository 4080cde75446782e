package web

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/tengi/tengi/connectors"
	"github.com/tengi/tengi/control"
	"github.com/tengi/tengi/hub"
	"github.com/tengi/tengi/store"
	"github.com/tengi/tengi/web/assets"
)

// site is a running hub with its pages, and one reader's browser without scripts.
type site struct {
	t    *testing.T
	hub  *hub.Hub
	app  *App
	base string
	data string
	http *http.Client
	set  *assets.Set // how the pages are dressed
}

// newSite starts a hub with nothing in it. change may alter how it is started.
func newSite(t *testing.T, change func(*hub.Config)) *site {
	t.Helper()
	return openSite(t, assets.Bare(), change)
}

// openSite starts a hub whose pages are dressed with a set of assets.
func openSite(t *testing.T, set *assets.Set, change func(*hub.Config)) *site {
	t.Helper()
	s := &site{t: t, set: set}
	cfg := hub.Config{Data: t.TempDir(), Listen: "127.0.0.1:0", AllowPrivate: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, Connectors: connectors.All(),
		Pages: func(_ context.Context, h *hub.Hub) (http.Handler, error) {
			desk := &control.Desk{Store: h.Store, Engine: h.Engine, Secrets: h.Secrets, Connectors: connectors.All(), HookURL: h.HookURL}
			s.app = newApp(Deps{Desk: desk, Now: h.Store.Now, Log: slog.New(slog.NewTextHandler(t.Output(), nil)), URL: h.URL, Ending: h.Ending()}, s.set)
			return s.app, nil
		}}
	if change != nil {
		change(&cfg)
	}
	h, err := hub.Start(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	})
	s.hub, s.base, s.data = h, h.URL(), cfg.Data
	s.http = s.browser()
	return s
}

// browser is another reader's, with cookies of its own. It does not follow where it is sent.
func (s *site) browser() *http.Client {
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	return &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// answer is what came of a request.
type answer struct {
	status int
	header http.Header
	body   string
	doc    *html.Node
}

// to is where the answer sends the reader.
func (a *answer) to() string { return a.header.Get("Location") }

func (s *site) do(r *http.Request) *answer {
	s.t.Helper()
	response, err := s.http.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	doc, err := html.Parse(strings.NewReader(string(body)))
	if err != nil {
		s.t.Fatal(err)
	}
	return &answer{status: response.StatusCode, header: response.Header, body: string(body), doc: doc}
}

// get opens a page.
func (s *site) get(path string) *answer {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, s.base+path, http.NoBody)
	if err != nil {
		s.t.Fatal(err)
	}
	return s.do(r)
}

// post sends a form as a browser does from one of our pages; pairs are names and values.
func (s *site) post(path string, pairs ...string) *answer {
	s.t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.base+path, strings.NewReader(form.Encode()))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return s.do(r)
}

// What the first owner of a test's site is.
const (
	ownerEmail    = "gudrun@fjord.example"
	ownerPassword = "three fjords in the morning"
)

// begin lets the first owner in, with a business in Iceland, and signs them in. The workspace's key is "fjordur-tours".
func (s *site) begin() {
	s.t.Helper()
	welcome, err := s.app.Welcome(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	u, err := url.Parse(welcome)
	if err != nil {
		s.t.Fatal(err)
	}
	a := s.post("/first", "code", u.Query().Get("code"), "name", "Guðrún", "email", ownerEmail, "password", ownerPassword,
		"workspace", "Fjörður Tours", "country", "IS", "currency", "ISK", "timezone", "Atlantic/Reykjavik", "workspace_language", "is")
	if a.status != http.StatusSeeOther || a.to() != "/" {
		s.t.Fatalf("beginning answered %d to %q:\n%s", a.status, a.to(), textOf(a.doc))
	}
}

// textOf is what a reader sees of a part of a page, its blanks made one.
func textOf(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode && (d.Parent.Data != "script" && d.Parent.Data != "style") {
			b.WriteString(d.Data)
			b.WriteByte(' ')
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// all lists the elements of a page with a name and, when key is given, an attribute of that value.
func all(n *html.Node, name, key, value string) (found []*html.Node) {
	for d := range n.Descendants() {
		if d.Type != html.ElementNode || d.Data != name {
			continue
		}
		if key == "" || attr(d, key) == value {
			found = append(found, d)
		}
	}
	return found
}

func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

// sees fails the test unless the page says all of it.
func (s *site) sees(a *answer, texts ...string) {
	s.t.Helper()
	page := textOf(a.doc)
	for _, text := range texts {
		if !strings.Contains(page, text) {
			s.t.Errorf("the page (%d) does not say %q:\n%s", a.status, text, page)
		}
	}
}

// person lets another person in, with a role in the workspace, and returns their browser, signed in.
func (s *site) person(email string, role store.Role) *http.Client {
	s.t.Helper()
	hash, err := s.app.hashPassword(s.t.Context(), ownerPassword)
	if err != nil {
		s.t.Fatal(err)
	}
	workspace := s.hub.Engine.Workspaces()[0]
	p := store.Person{ID: "person_" + email, Email: email, Name: email, Password: hash, Language: "en", Theme: "light"}
	if err := s.hub.Store.CreatePerson(s.t.Context(), p, []store.Membership{{WorkspaceID: workspace.ID, Role: role}}, s.hub.Store.Now()); err != nil {
		s.t.Fatal(err)
	}
	mine := s.http
	defer func() { s.http = mine }()
	s.http = s.browser()
	if a := s.post("/signin", "email", email, "password", ownerPassword); a.status != http.StatusSeeOther {
		s.t.Fatalf("%s cannot sign in: %d", email, a.status)
	}
	return s.http
}
