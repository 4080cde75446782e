package web

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector/fake"
	"github.com/tengi/tengi/store"
)

func TestInbox(t *testing.T) {
	t.Parallel()
	tr := newTrade(t, askKennitala)
	tr.sees(tr.get("/w/ws/inbox"), "Nothing waits for you")
	var events []tengi.Event
	var items []string
	for i := range inboxOfGroup + 2 {
		e, d := tr.notice(order(fmt.Sprintf("B%d", i), "100", 1))
		events, items = append(events, e), append(items, itemOf(d))
	}
	a := tr.get("/w/ws/inbox")
	tr.sees(a, "A field cannot be filled", "7 wait", "Shop → Books", "Anna Lind", "ISK 100", "Fill in the value", "Change the mapping", "Show all 7")
	if boxes := all(a.doc, "input", "name", "item"); len(boxes) < inboxOfGroup {
		t.Errorf("%d can be chosen", len(boxes))
	}
	tr.sees(tr.get("/w/ws/inbox?group=orders%2Fheld%2Fmapping"), "B0", "B6", "All of this cause (7)")
	for _, group := range []string{"orders", "nobody%2Fheld%2Fmapping"} {
		if a := tr.get("/w/ws/inbox?group=" + group); a.status != http.StatusNotFound {
			t.Errorf("%s: %d", group, a.status)
		}
	}
	// One is given its value, two are skipped, then all that are left; each with a word why.
	tr.post("/w/ws/decide", "verb", "give", "item", items[0], "step", "invoice", "give."+items[0][len(fmt.Sprint(events[0].ID))+1:]+".kennitala", "1203894569", "back", "/w/ws/inbox")
	if d := tr.rest(events[0].ID); d.State != store.Done {
		t.Fatalf("%+v", d)
	}
	tr.post("/w/ws/decide", "verb", "skip", "item", items[1], "item", items[2], "back", "/w/ws/inbox")
	tr.sees(tr.get("/w/ws/inbox"), "Say why it is skipped", "6 wait")
	tr.post("/w/ws/decide", "verb", "skip", "why", "tests", "item", items[1], "item", items[2], "back", "/w/ws/inbox")
	tr.sees(tr.get("/w/ws/inbox"), "Done for 2", "4 wait")
	tr.post("/w/ws/decide", "verb", "skip", "why", "tests", "group", "orders/held/mapping", "all", "1", "back", "/w/ws/inbox")
	tr.sees(tr.get("/w/ws/inbox"), "Done for 4", "Nothing waits for you")
	for _, e := range events[1:] {
		if d := tr.rest(e.ID); d.State != store.Skipped || d.Reason != "tests" {
			t.Errorf("%+v", d)
		}
	}
	if a := tr.get("/w/ws/inbox?group=orders%2Fheld%2Fmapping"); a.to() != "/w/ws/inbox" {
		t.Errorf("a cause that is no more: %d to %q", a.status, a.to())
	}
}

// An account that its service refuses is the first thing that is said, and its work waits without a word of its own.
func TestInboxOfAnAccount(t *testing.T) {
	t.Parallel()
	tr := newTrade(t, nil)
	tr.books.Faults.Add(fake.Fault{Kind: fake.Refuse, Method: "POST", Status: http.StatusUnauthorized})
	tr.tell(order("A1", "100", 1))
	for tr.get("/w/ws/inbox").doc != nil {
		a, ok := tr.hub.Engine.Account("acc_books")
		if ok && a.State == tengi.AccountAttention {
			break
		}
	}
	tr.sees(tr.get("/w/ws/inbox"), "books must be reconnected", "Waiting for it: Shop → Books", "Reconnect")
	tr.http = tr.person("viewer@example.com", store.Viewer)
	if a := tr.get("/w/ws/inbox"); a.status != http.StatusOK || len(all(a.doc, "form", "action", "/w/ws/decide")) != 0 {
		t.Errorf("a viewer: %d", a.status)
	}
}
