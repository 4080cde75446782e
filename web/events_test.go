package web

import (
	"bufio"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/internal/shop"
	"github.com/tengi/tengi/store"
)

// indexed waits until everything that is stored can be found.
func (tr *trade) indexed() {
	tr.t.Helper()
	for {
		page, err := tr.hub.Store.EventPage(tr.t.Context(), store.EventQuery{WorkspaceID: "ws", Search: "A"})
		if err != nil {
			tr.t.Fatal(err)
		}
		if !page.Behind {
			return
		}
		select {
		case <-time.After(5 * time.Millisecond):
		case <-tr.t.Context().Done():
			tr.t.Fatal("the index does not catch up")
		}
	}
}

func TestEvents(t *testing.T) {
	t.Parallel()
	tr := newTrade(t, func(c *tengi.Connection, _ *connector.Connector) { c.Source.Filter = "sale.total > 50" })
	tr.sees(tr.get("/w/ws/events"), "Nothing has happened yet", "Live")
	tr.notice(order("A1", "24900", 1))
	tr.notice(order("A2", "10", 1))
	tr.notice(shop.Order{ID: "A3", Status: "confirmed", Total: "100", Line: "99"})
	a := tr.get("/w/ws/events")
	tr.sees(a, "A1", "Anna Lind", "ISK 24,900", "Invoice I-1", "Shop → Books", "A2", "Nothing was wanted", "A3", "Held")
	if rows := all(a.doc, "tr", "", ""); len(rows) != 4 {
		t.Errorf("%d rows", len(rows))
	}
	for path, want := range map[string]int{"?state=person": 2, "?state=done": 2, "?state=skipped&connection=orders": 2, "?state=working": 0, "?connection=orders": 4, "?from=2001-01-01&until=2001-01-02": 0,
		"?until=3001-01-01": 4, "?from=nonsense": 4, "?after=nonsense": 4} {
		if rows := all(tr.get("/w/ws/events"+path).doc, "tr", "", ""); len(rows) != want {
			t.Errorf("%s: %d rows, want %d", path, len(rows), want)
		}
	}
	tr.indexed()
	for q, want := range map[string]string{"A1": "A1", "anna": "A3", "I-1": "A1", "24900": "A1"} {
		a := tr.get("/w/ws/events?q=" + q)
		tr.sees(a, want)
		if all(a.doc, "div", "id", "live") != nil {
			t.Errorf("%s: a list of what was searched for is live", q)
		}
	}
	tr.sees(tr.get("/w/ws/events?q=nobody+at+all"), "Nothing found", "Show all")
}

func TestEventsArePaged(t *testing.T) {
	t.Parallel()
	tr := newTrade(t, nil)
	for i := range eventsPage + 3 {
		tr.notice(order(fmt.Sprintf("P%d", i), "100", 1))
	}
	a := tr.get("/w/ws/events")
	next := all(a.doc, "a", "rel", "next")
	if rows := all(a.doc, "tr", "", ""); len(rows) != eventsPage+1 || len(next) != 1 {
		t.Fatalf("%d rows, %d ways on", len(rows), len(next))
	}
	a = tr.get(attr(next[0], "href"))
	tr.sees(a, "P0", "P2", "Newest")
	if rows := all(a.doc, "tr", "", ""); len(rows) != 4 || all(a.doc, "div", "id", "live") != nil {
		t.Errorf("%d rows on the second page, or it is live", len(rows))
	}
}

// A page that is open is told of changes, and fetches the part of itself that may have changed.
func TestLive(t *testing.T) {
	t.Parallel()
	tr := newTrade(t, nil)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, tr.base+"/w/ws/live", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	stream, err := tr.http.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Body.Close()
	if kind := stream.Header.Get("Content-Type"); stream.StatusCode != http.StatusOK || kind != "text/event-stream" {
		t.Fatalf("%d %s", stream.StatusCode, kind)
	}
	lines := bufio.NewScanner(stream.Body)
	for lines.Scan() && lines.Text() != "" { // what it begins with
	}
	tr.notice(order("A1", "24900", 1))
	if !lines.Scan() || lines.Text() != "event: changed" {
		t.Fatalf("it says %q", lines.Text())
	}
	r, err = http.NewRequestWithContext(t.Context(), http.MethodGet, tr.base+"/w/ws/events", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("HX-Request", "true")
	a := tr.do(r)
	tr.sees(a, "A1", "Anna Lind")
	if strings.Contains(a.body, "<html") {
		t.Error("a part of the page is the whole of it")
	}
	// A hub that closes does not wait for its readers.
	if err := tr.hub.Close(); err != nil {
		t.Errorf("closing: %v", err)
	}
	for lines.Scan() {
	}
}
