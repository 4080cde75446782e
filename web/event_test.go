package web

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/connector/fake"
	"github.com/tengi/tengi/internal/shop"
	"github.com/tengi/tengi/store"
)

// eventPath is the page of an event.
func eventPath(e tengi.Event) string { return fmt.Sprintf("/w/ws/events/%d", e.ID) }

// An event's page tells what came, what was sold, what was decided and why, and what was sent.
func TestEventPage(t *testing.T) {
	t.Parallel()
	tr := newTrade(t, func(c *tengi.Connection, _ *connector.Connector) { c.Source.Filter = "sale.total > 50" })
	e, d := tr.notice(order("A1", "24900", 1))
	if d.State != store.Done {
		t.Fatalf("%+v", d)
	}
	a := tr.get(eventPath(e))
	if a.status != http.StatusOK {
		t.Fatalf("%d: %s", a.status, textOf(a.doc))
	}
	tr.sees(a, "A1 · Anna Lind", "Shop → Books", "Done", "ISK 24,900", "Tour", "Invoice", "I-1", "sale.total > 50 (sale.total = 24900)", "1 attempt", "POST", "/invoices", "201",
		"The sale is confirmed and comes to ISK 24,900; 1 document stands for it.", "order.changed", "Answered")
	if strings.Contains(a.body, "s3cret-value") {
		t.Error("a secret is shown")
	}
	if forms := all(a.doc, "form", "action", "/w/ws/decide"); len(forms) != 0 {
		t.Errorf("%d decisions are offered about what is done", len(forms))
	}
	// Nobody else's event, and no event at all.
	for _, path := range []string{"/w/ws/events/999999", "/w/ws/events/x"} {
		if a := tr.get(path); a.status != http.StatusNotFound {
			t.Errorf("%s: %d", path, a.status)
		}
	}
	tr.http = tr.person("viewer@example.com", store.Viewer)
	if a := tr.get(eventPath(e)); a.status != http.StatusOK {
		t.Errorf("a viewer: %d", a.status)
	}
	if a := tr.post("/w/ws/decide", "verb", "replay", "item", itemOf(d)); a.status != http.StatusForbidden {
		t.Errorf("a viewer decides: %d", a.status)
	}
}

// What is held can be given the value that is missing, is skipped with a reason, and taken up again; each leaves its trace.
func TestDecisions(t *testing.T) {
	t.Parallel()
	tr := newTrade(t, askKennitala)
	e, d := tr.notice(order("A1", "100", 1))
	if d.State != store.Held {
		t.Fatalf("%+v", d)
	}
	a := tr.get(eventPath(e))
	tr.sees(a, "A field cannot be filled", "Fill in the value", "Kennitala", "Skip", "Replay with today’s mapping")
	id := fmt.Sprint(d.ID)
	a = tr.post("/w/ws/decide", "verb", "skip", "item", itemOf(d), "why", "a test", "back", eventPath(e))
	if a.to() != eventPath(e) {
		t.Fatalf("sent to %q", a.to())
	}
	tr.sees(tr.get(eventPath(e)), "Done. It goes on now.", "Skipped", "a test", "Who did what", "Guðrún", "Skipped it")
	tr.post("/w/ws/decide", "verb", "replay", "item", itemOf(d), "back", eventPath(e))
	if d := tr.rest(e.ID); d.State != store.Held {
		t.Fatalf("%+v", d)
	}
	tr.post("/w/ws/decide", "verb", "give", "item", itemOf(d), "step", "invoice", "give."+id+".kennitala", "12", "back", eventPath(e))
	tr.sees(tr.get(eventPath(e)), "A field cannot be filled: step invoice")
	tr.post("/w/ws/decide", "verb", "give", "item", itemOf(d), "step", "invoice", "give."+id+".kennitala", "1203894569", "back", eventPath(e))
	if d := tr.rest(e.ID); d.State != store.Done || tr.books.Count("issued") != 1 {
		t.Fatalf("%+v", d)
	}
	tr.sees(tr.get(eventPath(e)), "Filled in values", "fields: kennitala", "1203894569")
	// Nothing is left to decide.
	tr.post("/w/ws/decide", "verb", "skip", "why", "no", "item", itemOf(d), "back", eventPath(e))
	tr.sees(tr.get(eventPath(e)), "It has changed meanwhile")
	tr.post("/w/ws/decide", "verb", "skip", "why", "no", "back", eventPath(e))
	tr.sees(tr.get(eventPath(e)), "Choose at least one first")
	tr.post("/w/ws/decide", "verb", "skip", "why", "no", "item", "7.7", "back", eventPath(e))
	tr.sees(tr.get(eventPath(e)), "It is no longer there")
}

// An outcome that nobody can look up is a person's: it exists, or it does not.
func TestUnknownOutcome(t *testing.T) {
	t.Parallel()
	for _, exists := range []bool{true, false} {
		tr := newTrade(t, nil)
		tr.books.Faults.Add(fake.Fault{Kind: fake.DropAnswer, Method: "POST"})
		e, d := tr.notice(order("A1", "100", 1))
		if d.State != store.Unknown {
			t.Fatalf("%+v", d)
		}
		a := tr.get(eventPath(e))
		tr.sees(a, "Did it work?", "It exists", "It does not exist: send again", "Its answer is not known and cannot be found out from here", "Answer not known")
		verb, want := "send_again", 2
		if exists {
			verb, want = "adopt", 1
		}
		tr.post("/w/ws/decide", "verb", verb, "item", itemOf(d), "number", "I-77", "url", "javascript:alert(1)", "back", eventPath(e))
		if d := tr.rest(e.ID); d.State != store.Done || tr.books.Count("issued") != want {
			t.Fatalf("%s: %+v, %d invoices", verb, d, tr.books.Count("issued"))
		}
		a = tr.get(eventPath(e))
		if exists {
			tr.sees(a, "I-77", "Said that it exists", "number: I-77")
		}
		if strings.Contains(a.body, "javascript:") {
			t.Error("an address that runs a script was taken")
		}
	}
}

// A cancelled sale's held document is undone by hand.
func TestUndoneByHandOnItsPage(t *testing.T) {
	t.Parallel()
	tr := newTrade(t, func(c *tengi.Connection, _ *connector.Connector) { c.OnCancel = tengi.Hold })
	tr.notice(order("A1", "100", 1))
	e, d := tr.notice(shop.Order{ID: "A1", Status: "cancelled", Total: "0", Line: "0", Version: 2})
	if d.State != store.Held {
		t.Fatalf("%+v", d)
	}
	a := tr.get(eventPath(e))
	tr.sees(a, "Cancelled after a document was made", "The sale is cancelled, and 1 document still stands.", "made by another event", "I have undone it in the service", "Everything about the same sale")
	tr.post("/w/ws/decide", "verb", "undone", "item", itemOf(d), "number", "C-1", "back", eventPath(e))
	if d := tr.rest(e.ID); d.State != store.Done {
		t.Fatalf("%+v", d)
	}
	tr.sees(tr.get(eventPath(e)), "C-1", "Credit note", "Undone", "Said that it was undone by hand")
}

func TestPretty(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"a":1,"b":[2]}`:        "{\n  \"a\": 1,\n  \"b\": [\n    2\n  ]\n}",
		`{"a":`:                  `{"a":`,
		"a=1&b=%C3%A1&c=x+y":     "a=1\nb=á\nc=x y",
		"a=1":                    "a=1",
		"<a>\n<b/></a>":          "<a>\n<b/></a>",
		"x\xff":                  "x�",
		"":                       "",
		"a=1&b=2%0D%0Aforged":    "a=1\nb=2%0D%0Aforged",
		"Dear A & B, 1 = 1 & so": "Dear A & B, 1 = 1 & so",
	} {
		if got := pretty(text); got != want {
			t.Errorf("%q:\n%s", text, got)
		}
	}
	if long := pretty(strings.Repeat("é", maxBody)); len(long) > maxBody+8 || !strings.HasSuffix(long, "\n…") {
		t.Errorf("a long text has %d bytes", len(long))
	}
	if got := maskQuery("a=1&api_key=xyz&Signature=s&b"); got != "a=1&api_key=••••&Signature=••••&b" {
		t.Error(got)
	}
}
