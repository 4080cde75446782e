package web

import (
	"testing"

	"github.com/tengi/tengi/connector/fake"
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
