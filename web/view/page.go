// Package view draws the pages: a struct for each page, built by its handler, and the components that draw it. Components decide nothing: they
// know neither the store nor the engine, only words, amounts and addresses.
package view

import (
	"net/url"
	"time"

	"github.com/a-h/templ"

	"github.com/tengi/tengi/locale"
)

// Page is what every page has around its own content.
type Page struct {
	P          *locale.Printer
	Asset      func(name string) string // the address of a style, script or icon by its name
	Now        time.Time
	Theme      string // light, dark or auto
	Path       string // of this page, with its query: where a change of language or theme comes back to
	Area       string // the entry of the navigation it belongs to: "events"
	User       *User  // nil before signing in
	Workspace  Workspace
	Workspaces []Workspace // those of the user
	Waiting    int         // what waits for a person in the workspace
	Said       string      // what the last action came to; shown once
	Failed     string      // what the last action failed of; shown once
	Demo       bool        // a throw-away hub: the control page is in the navigation
}

// User is who is signed in.
type User struct {
	Name, Email string
	Manages     bool // may decide and configure
	Owns        bool // may also see to people, keys and backups
}

// Workspace is one business, by the key that stands in addresses.
type Workspace struct{ Key, Name string }

// At is an address in the workspace of the page: At("events", "41") is /w/KEY/events/41.
func (p *Page) At(parts ...string) templ.SafeURL {
	address := "/w/" + url.PathEscape(p.Workspace.Key)
	for _, part := range parts {
		address += "/" + url.PathEscape(part)
	}
	return templ.SafeURL(address)
}

// Query is an address in the workspace with a query of name and value pairs; those without a value are left out.
func (p *Page) Query(part string, pairs ...string) templ.SafeURL {
	q := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	address := string(p.At(part))
	if len(q) > 0 {
		address += "?" + q.Encode()
	}
	return templ.SafeURL(address)
}

// sheet is the style sheet for the page's direction of writing.
func (p *Page) sheet() string {
	if p.P.Direction == "rtl" {
		return "rtl.css"
	}
	return "ltr.css"
}

// scheme is light or dark as the browser is told before a script runs.
func (p *Page) scheme() string {
	if p.Theme == "dark" {
		return "dark"
	}
	return "light"
}

// entry is one line of the navigation.
type entry struct{ area, icon string }

// entries are the areas in the order of the navigation.
var entries = []entry{
	{"home", "home"}, {"connections", "plug-connected"}, {"events", "activity"}, {"inbox", "inbox"}, {"documents", "file-invoice"}, {"accounts", "key"}, {"guides", "book"},
}

// path is where an area is, below the workspace.
func (e entry) path() string {
	if e.area == "home" {
		return ""
	}
	return e.area
}
