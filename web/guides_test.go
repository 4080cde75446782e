package web

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/tengi/tengi/connectors"
	"github.com/tengi/tengi/recipes"
	"github.com/tengi/tengi/store"
)

// addresses are where the links of a page lead, within the hub.
func addresses(a *answer) (list []string) {
	for _, link := range all(a.doc, "a", "", "") {
		if to := attr(link, "href"); strings.HasPrefix(to, "/") {
			list = append(list, to)
		}
	}
	return list
}

// Every guide can be reached from the list of guides, in every language, and has its picture.
func TestGuidesCanBeRead(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	s.begin()
	for _, language := range []string{"en", "is", "uk", "he", "pl"} {
		s.post("/language", "language", language, "back", "/")
		seen := map[string]bool{}
		for _, to := range addresses(s.get(here + "/guides")) {
			if !strings.HasPrefix(to, here+"/guides/") || seen[to] {
				continue
			}
			seen[to] = true
			if a := s.get(to); a.status != http.StatusOK || len(all(a.doc, "h1", "", "")) != 1 {
				t.Errorf("%s answered %d in %s", to, a.status, language)
			}
		}
		if want := len(connectors.All()) + len(recipes.All()); len(seen) != want {
			t.Errorf("%d guides in %s, want %d", len(seen), language, want)
		}
	}
	for _, picture := range beginsWith(s.get(here+"/guides").doc, "img", "src", "/icons/") {
		if a := s.get(attr(picture, "src")); a.status != http.StatusOK || a.header.Get("Content-Type") != "image/svg+xml" {
			t.Errorf("%s answered %d", attr(picture, "src"), a.status)
		}
	}
	if a := s.get(here + "/guides/nothing"); a.status != http.StatusNotFound {
		t.Errorf("a guide that does not exist answered %d", a.status)
	}
}

func TestGuideSaysItsLanguage(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	s.app.Support = "help@fjord.example"
	s.begin()
	s.post("/language", "language", "is", "back", "/")
	a := s.get(here + "/guides/bokun")
	if parts := all(a.doc, "div", "class", "card-body"); len(parts) == 0 || attr(parts[0], "lang") != "is" {
		t.Error("the guide is not in the reader's language")
	}
	s.post("/language", "language", "he", "back", "/")
	a = s.get(here + "/guides/bokun")
	if parts := all(a.doc, "div", "class", "card-body"); len(parts) == 0 || attr(parts[0], "lang") != "en" || attr(parts[0], "dir") != "ltr" {
		t.Error("a guide in another language does not say so")
	}
	if notes := all(a.doc, "div", "role", "note"); len(notes) != 1 {
		t.Error("the reader is not told")
	}
	links := all(a.doc, "a", "href", "mailto:help@fjord.example")
	if len(links) != 1 {
		t.Error("nobody is named for questions")
	}
}

// beginsWith finds elements whose attribute begins so.
func beginsWith(n *html.Node, name, key, prefix string) (found []*html.Node) {
	for _, e := range all(n, name, "", "") {
		if strings.HasPrefix(attr(e, key), prefix) {
			found = append(found, e)
		}
	}
	return found
}

func TestGuideHasTheAddress(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	s.begin()
	s.setUp(newStands(t), bookings)
	a := s.get(here + "/guides/bokun")
	if codes := beginsWith(a.doc, "code", "id", "own-"); len(codes) != 1 || !strings.HasPrefix(textOf(codes[0]), s.base+"/hooks/") {
		t.Error("the guide does not have the account's address")
	}
	s.http = s.person("viewer@fjord.example", store.Viewer)
	if a := s.get(here + "/guides/bokun"); strings.Contains(a.body, "/hooks/") {
		t.Error("a viewer is shown the address")
	}
}

// Who reads no English finds the way through an English guide by its headings.
func TestHeadingsOfForeignGuides(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	s.begin()
	s.post("/language", "language", "pl", "back", "/")
	page := s.get(here + "/guides/webhook").doc
	var titles []string
	for _, h := range all(page, "h2", "class", "card-title") {
		titles = append(titles, textOf(h))
	}
	if want := []string{"Czego potrzeba", "Połącz konto", "Sprawdź, czy działa", "Gdy coś pójdzie nie tak"}; !slices.Equal(titles, want) {
		t.Errorf("the headings are %q, want %q", titles, want)
	}
	for _, body := range all(page, "div", "class", "card-body") {
		if attr(body, "lang") != "en" {
			t.Errorf("an English part is said to be %q", attr(body, "lang"))
		}
	}
}
