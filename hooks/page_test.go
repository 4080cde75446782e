package hooks

import (
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
)

func moodyPage(in *connector.Inbound) *connector.Reply {
	switch in.Query.Get("mood") {
	case "panic":
		panic("of the page")
	case "none":
		return nil
	case "away":
		return &connector.Reply{Status: http.StatusSeeOther, Header: http.Header{"Location": {"/elsewhere"}}}
	}
	return &connector.Reply{Header: http.Header{"Content-Type": {"text/html; charset=utf-8"}}, Body: []byte("<p>" + in.Account.Key)}
}

func moodyAnswer(in *connector.Inbound, events []tengi.Event) *connector.Reply {
	switch word, _, _ := strings.Cut(string(in.Body), " "); {
	case word == "speechless":
		panic("for want of words")
	case word == "thanks":
		return &connector.Reply{Header: http.Header{"Content-Type": {"application/json"}}, Body: []byte(`{"status":"ok"}`)}
	case string(in.Body) == "nothing at all" && len(events) == 0:
		return &connector.Reply{Status: http.StatusAccepted, Body: []byte("nothing in it")}
	}
	return nil
}

func TestPage(t *testing.T) {
	t.Parallel()
	d := setup(t, patient)
	for _, tt := range []struct {
		account, query string
		status         int
		body, kind     string
	}{
		{"moody", "", 200, "<p>moody", "text/html; charset=utf-8"},
		{"moody", "?mood=away", 303, "", "text/plain; charset=utf-8"},
		{"moody", "?mood=none", 405, "this address takes notices, sent by POST\n", "text/plain; charset=utf-8"},
		{"moody", "?mood=panic", 500, "not stored: this program has a fault\n", "text/plain; charset=utf-8"},
		{"shop", "", 405, "this address takes notices, sent by POST\n", "text/plain; charset=utf-8"},
		{"sealed", "", 503, "not ready, repeat shortly\n", "text/plain; charset=utf-8"},
		{"nobody", "", 404, "no such address\n", "text/plain; charset=utf-8"},
	} {
		got, err := d.try(t.Context(), http.MethodGet, "/hooks/"+token(tt.account)+tt.query, http.NoBody)
		must(t, err)
		if got.status != tt.status || got.body != tt.body || got.header.Get("Content-Type") != tt.kind {
			t.Errorf("%s%s: %+v", tt.account, tt.query, got)
		}
		if tt.status == 200 && (!strings.HasPrefix(got.header.Get("Content-Security-Policy"), "default-src 'none'") || got.header.Get("X-Content-Type-Options") != "nosniff") {
			t.Errorf("a page that may do what it likes: %v", got.header)
		}
	}
	if len(d.events()) != 0 {
		t.Error("looking at a page stored something")
	}
}

// A connector's own words come only after the commit, and their failing takes nothing back.
func TestAnswer(t *testing.T) {
	t.Parallel()
	d := setup(t, patient)
	for _, tt := range []struct {
		body, answer string
		status       int
		stored       int // in all
	}{
		{"thanks 1", `{"status":"ok"}`, 200, 1},
		{"thanks 1", `{"status":"ok"}`, 200, 1}, // a repeat
		{"plain 2", "OK\n", 200, 2},
		{"speechless 3", "OK\n", 200, 3},
		{"nothing at all", "nothing in it", 202, 3},
		{"forged", "the notice could not be verified\n", 401, 3},
		{"decline the name", "fill in the name", 422, 3},
	} {
		if got := d.hooked("moody", tt.body); got.status != tt.status || got.body != tt.answer {
			t.Errorf("%s: %+v", tt.body, got)
		}
		if n := len(d.events()); n != tt.stored {
			t.Errorf("after %q %d events are stored, want %d", tt.body, n, tt.stored)
		}
	}
}

// An address that people may open takes no more from one of them than a person fills in; a service's notices are not counted.
func TestVisitorsAreSparedNothingElse(t *testing.T) {
	t.Parallel()
	d := setup(t, patient)
	for i := range visitorBurst {
		if got := d.hooked("moody", "number "+strconv.Itoa(i)); got.status != http.StatusOK {
			t.Fatalf("the %dth: %+v", i+1, got)
		}
	}
	if got := d.hooked("moody", "number 99"); got.status != http.StatusTooManyRequests || got.header.Get("Retry-After") == "" {
		t.Errorf("one too many: %+v", got)
	}
	if n := len(d.events()); n != visitorBurst {
		t.Errorf("%d events are stored", n)
	}
	for i := range 2 * visitorBurst {
		if got := d.hooked("shop", order(strconv.Itoa(i))); got.status != http.StatusOK {
			t.Fatalf("a service's notice: %+v", got)
		}
	}
}
