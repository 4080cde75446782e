package web

import (
	"testing"

	"github.com/tengi/tengi/connector/fake"
	"github.com/tengi/tengi/internal/browser"
	"github.com/tengi/tengi/internal/shop"
	"github.com/tengi/tengi/store"
)

// Everybody can use the page of an event whose outcome is unknown: the longest that there is.
func TestBrowserEvent(t *testing.T) {
	t.Parallel()
	tr := openTrade(t, dressed, nil)
	tr.books.Faults.Add(fake.Fault{Kind: fake.DropAnswer, Method: "POST"})
	e, _ := tr.notice(order("A1", "24900", 1))
	tab := tr.enter()
	tab.Go(tr.base + eventPath(e))
	tab.Sees("Did it work?")
	tr.seen(tab, "event", eventPath(e))
}

// The list of events shows what happens while somebody looks at it.
func TestBrowserEvents(t *testing.T) {
	t.Parallel()
	tr := openTrade(t, dressed, nil)
	tab := tr.enter()
	tab.Go(tr.base + "/w/ws/events")
	tab.Sees("Nothing has happened yet")
	tr.notice(order("A1", "24900", 1))
	tab.Sees("A1", "Invoice")
	tr.notice(shop.Order{ID: "A2", Status: "confirmed", Total: "100", Line: "99"})
	tab.Sees("A2", "Held")
	tr.seen(tab, "events", "/w/ws/events")
}

// Everybody can use the inbox, and a value is filled in there as a person would.
func TestBrowserInbox(t *testing.T) {
	t.Parallel()
	tr := openTrade(t, dressed, askKennitala)
	tab := tr.enter()
	tab.Go(tr.base + "/w/ws/inbox")
	tab.Sees("Nothing waits for you")
	e, _ := tr.notice(order("A1", "24900", 1))
	tr.notice(order("A2", "100", 1))
	tr.seen(tab, "inbox", "/w/ws/inbox")
	tab.Resize(browser.Desktop)
	tab.Go(tr.base + eventPath(e))
	tab.Run(`document.querySelector("form[action='/language']").parentElement.querySelector("summary").click()`, nil)
	tab.Follow("English")
	tab.Write("Kennitala", "1203894569")
	tab.Follow("Save and go on")
	if d := tr.rest(e.ID); d.State != store.Done {
		t.Errorf("%+v", d)
	}
}

// Everybody can use the first page, on an empty hub and on one at work.
func TestBrowserHome(t *testing.T) {
	t.Parallel()
	tr := openTrade(t, dressed, nil)
	tab := tr.enter()
	tr.seen(tab, "home-empty", "/w/ws")
	tr.notice(order("A1", "24900", 1))
	tr.notice(shop.Order{ID: "A2", Status: "confirmed", Total: "100", Line: "99"})
	tr.indexed()
	tr.seen(tab, "home", "/w/ws")
}
