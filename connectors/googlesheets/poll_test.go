package googlesheets

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/connector/connectortest"
	"github.com/tengi/tengi/connector/fake"
)

// source is a source that is asked every minute.
type source struct {
	*testing.T
	svc     *Fake
	clock   *connectortest.Clock
	trigger *connector.Trigger
	options map[string]any
	session *connector.Session
	cursor  connector.Cursor
	err     error
}

func newSource(t *testing.T, trigger string, options map[string]any) *source {
	t.Helper()
	s := &source{T: t, clock: connectortest.NewClock(), options: options, session: connector.NewSession(connector.Limits{})}
	s.svc = NewFake(s.clock.Now)
	s.trigger, _ = Connector().Trigger(trigger)
	return s
}

func (s *source) client() *connector.Client {
	s.Helper()
	values, faults := s.trigger.Options.Parse(s.options)
	if err := faults.Err(); err != nil {
		s.Fatal(err)
	}
	return connectortest.Client(s, Connector(), s.svc, connectortest.WithClock(s.clock), connectortest.WithOptions(values), connectortest.WithSession(s.session),
		connectortest.WithJournal(nil))
}

// polls asks n times, a minute apart.
func (s *source) polls(n int) []tengi.Event {
	s.Helper()
	var all []tengi.Event
	for range n {
		s.clock.Advance(time.Minute)
		page, err := s.trigger.Poll(s.Context(), s.client(), s.cursor)
		if s.err = err; err != nil {
			return all
		}
		all, s.cursor = append(all, page.Events...), page.Cursor
	}
	return all
}

func types(events []tengi.Event) (list []string) {
	for _, e := range events {
		list = append(list, e.Type)
	}
	return list
}

func row(key string) []any {
	return []any{key, "Anna Lind", "anna@example.com", nil, json.Number("1234.5600000000001"), "EUR", "Tour", json.Number("46217.5"), "id-" + key}
}

func TestPoll(t *testing.T) {
	t.Parallel()
	s := newSource(t, "row_new", map[string]any{"vat_rate": "24"})
	if events := s.polls(2); len(events) != 0 {
		t.Fatalf("what was there was reported: %+v", events)
	}
	s.svc.AddRow(row("B-1")...)
	events := s.polls(3)
	if diff := cmp.Diff([]string{"row.new"}, types(events)); diff != "" || s.err != nil {
		t.Fatal(diff, s.err)
	}
	e := events[0]
	if faults := e.Sale.Check(); len(faults) > 0 || e.Sale.Total.String() != "1234.56" || e.Sale.Currency != "EUR" || e.Sale.ServiceDate != "2026-07-14" || e.Sale.Reference != "B-1" ||
		e.Sale.Lines[0].VATRate.String() != "24" {
		t.Errorf("%v %+v", faults, e.Sale)
	}
	if !strings.Contains(string(e.Data), `"Date":"2026-07-14T12:00:00"`) || !strings.Contains(string(e.Data), `"_row":4`) || !strings.HasSuffix(e.Object, "/id-b-1") {
		t.Errorf("%s %s", e.Object, e.Data)
	}
}

// What Tengi writes back is no news, whoever watches for changes.
func TestWrittenBackIsNoChange(t *testing.T) {
	t.Parallel()
	s := newSource(t, "row_changed", nil)
	s.polls(2)
	action, _ := Connector().Action("row.update")
	values, faults := action.Input.Parse(map[string]any{"key": "r-1", "status": "paid", "number": "7"})
	if err := faults.Err(); err != nil {
		t.Fatal(err)
	}
	if _, err := action.Do(t.Context(), connectortest.Client(t, Connector(), s.svc, connectortest.WithClock(s.clock)), connectortest.Ref, values); err != nil {
		t.Fatal(err)
	}
	if events := s.polls(3); len(events) != 0 || counted(columnNumber, "7")(s.svc) != 1 {
		t.Errorf("%+v", events)
	}
	s.svc.Edit(func(cells [][]any) [][]any { cells[1][4] = json.Number("5"); return append(cells, row("B-1")) })
	events := s.polls(3)
	if diff := cmp.Diff([]string{"row.changed", "row.new"}, types(events)); diff != "" {
		t.Error(diff)
	}
	s.options = map[string]any{"new_rows": false}
	s.svc.AddRow(row("B-2")...)
	if events := s.polls(3); len(events) != 0 {
		t.Errorf("new rows were not wanted: %+v", events)
	}
}

// A tab is known by its number: renaming it is no matter, as long as it is not chosen by its name.
func TestRenamedTab(t *testing.T) {
	t.Parallel()
	for tab, survives := range map[string]bool{"": true, "0": true, "https://docs.google.com/spreadsheets/d/x/edit?gid=0#gid=0": true, fakeTab: false} {
		s := newSource(t, "row_new", map[string]any{"tab": tab, "settle": 0})
		s.polls(1)
		s.svc.tabs[1].title = "Bókanir '26 / sumar"
		s.svc.AddRow(row("B-1")...)
		events := s.polls(2)
		if want := []string{"row.new"}; survives && !slices.Equal(types(events), want) {
			t.Errorf("%q: %+v %v", tab, events, s.err)
		}
		if !survives && (len(events) != 1 || !strings.Contains(events[0].Unreadable, "has no tab")) {
			t.Errorf("%q: %+v %v", tab, events, s.err)
		}
	}
}

// A row that somebody adds while the header is broken is not lost.
func TestHeaderIsHeld(t *testing.T) {
	t.Parallel()
	s := newSource(t, "row_new", map[string]any{"settle": 0})
	s.polls(1)
	var header []any
	s.svc.Edit(func(cells [][]any) [][]any { header, cells[0] = cells[0], nil; return append(cells, row("B-1")) })
	events := s.polls(3)
	if len(events) != 1 || !strings.Contains(events[0].Unreadable, "row 1 is empty") || events[0].ReceivedAt.IsZero() {
		t.Fatalf("%+v %v", events, s.err)
	}
	s.svc.Edit(func(cells [][]any) [][]any { cells[0] = header; return cells })
	if diff := cmp.Diff([]string{"row.new"}, types(s.polls(3))); diff != "" {
		t.Error(diff)
	}
}

func TestPasteIsAsked(t *testing.T) {
	t.Parallel()
	s := newSource(t, "row_new", map[string]any{"most_rows": 3})
	s.polls(1)
	for _, key := range []string{"A", "B", "C", "D"} {
		s.svc.AddRow(row(key)...)
	}
	events := s.polls(4)
	if len(events) != 1 || !strings.Contains(events[0].Unreadable, "4 rows are new or changed at once, more than 3") {
		t.Fatalf("%+v", events)
	}
	_, after, _ := strings.Cut(events[0].Unreadable, "“send ")
	s.options["answers"] = "send " + after[:6]
	if got := types(s.polls(2)); len(got) != 4 {
		t.Errorf("%v", got)
	}
}

func TestSample(t *testing.T) {
	t.Parallel()
	s := newSource(t, "row_changed", nil)
	s.svc.AddRow("B-9", "half a row")
	events, err := s.trigger.Sample(t.Context(), s.client())
	if err != nil || len(events) != 2 || events[0].Sale.Reference != "B-1022" || events[0].Type != "row.changed" {
		t.Errorf("%+v %v", events, err)
	}
	s.svc.Edit(func(cells [][]any) [][]any {
		return [][]any{cells[0], {"B-9", "Anna", "a@example.com", nil, "much", nil, nil, nil, "r9"}}
	})
	if _, err := s.trigger.Sample(t.Context(), s.client()); err == nil || !strings.Contains(err.Error(), "row 2: the column “Amount”") {
		t.Errorf("%v", err)
	}
}

// TestErrors holds what Google answers against what a person is told.
func TestErrors(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		denied refusal
		body   string // in place of Google's own
		status int
		kind   connector.Kind
		code   string
		text   string
	}{
		"not shared": {denied: refusal{code: 403, status: "PERMISSION_DENIED", message: "The caller does not have permission"}, kind: connector.Attention, code: codeNotShared, text: fakeEmail},
		"API off": {denied: refusal{code: 403, status: "PERMISSION_DENIED", reason: "SERVICE_DISABLED",
			message: "Google Sheets API has not been used in project 123 before or it is disabled."}, kind: connector.Attention, code: codeAPI, text: "enable it"},
		"gone": {denied: refusal{code: 404, status: "NOT_FOUND", message: "Requested entity was not found."}, kind: connector.Attention, code: codeNotFound, text: fakeEmail},
		"Excel": {denied: refusal{code: 400, status: "FAILED_PRECONDITION", message: "This operation is not supported for this document. The document must not be an Office file."},
			kind: connector.Attention, code: codeOffice, text: "Save as Google Sheets"},
		"quota": {denied: refusal{code: 429, status: "RESOURCE_EXHAUSTED", message: "Quota exceeded for quota metric 'Read requests'"}, kind: connector.Temporary, code: connector.CodeRateLimited},
		"quota as 403": {denied: refusal{code: 403, status: "PERMISSION_DENIED", reason: "RATE_LIMIT_EXCEEDED", message: "Quota exceeded"},
			kind: connector.Temporary, code: connector.CodeRateLimited},
		"a page of a gateway": {status: 502, body: "<!DOCTYPE html><title>Error 502</title>", kind: connector.Temporary, code: connector.CodeUnavailable},
		"no JSON":             {status: 200, body: "<html>", kind: connector.Temporary, code: connector.CodeBadAnswer},
		"overloaded":          {denied: refusal{code: 503, status: "UNAVAILABLE", message: "The service is currently unavailable."}, kind: connector.Temporary, code: connector.CodeUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clock := connectortest.NewClock()
			svc := NewFake(clock.Now)
			if c.denied.code != 0 {
				svc.denied = &c.denied
			} else {
				svc.Faults().Add(fake.Fault{Kind: fake.Refuse, Path: "/v4/", Status: c.status, Body: c.body, Times: -1})
			}
			_, err := check(t.Context(), connectortest.Client(t, Connector(), svc, connectortest.WithClock(clock)))
			e := connector.AsError(err)
			if err == nil || e.Kind != c.kind || e.Code != c.code || !strings.Contains(err.Error(), c.text) {
				t.Errorf("%s %s: %v", e.Kind, e.Code, err)
			}
			if c.code == connector.CodeRateLimited && e.RetryAfter < quotaWait {
				t.Errorf("again after %s", e.RetryAfter)
			}
		})
	}
}

// A token that Google no longer takes is replaced within the same request.
func TestTokenIsRenewed(t *testing.T) {
	t.Parallel()
	s := newSource(t, "row_new", nil)
	s.polls(1)
	clear(s.svc.tokens)
	if s.polls(1); s.err != nil || s.svc.issued != 2 {
		t.Errorf("%v after %d tokens", s.err, s.svc.issued)
	}
	s.clock.Advance(58 * time.Minute)
	if s.polls(1); s.err != nil || s.svc.issued != 3 {
		t.Errorf("%v after %d tokens", s.err, s.svc.issued)
	}
}

func TestSpreadsheetAddresses(t *testing.T) {
	t.Parallel()
	fields := Connector().AccountFields()
	for text, want := range map[string]string{
		fakeBook: fakeBook,
		"https://docs.google.com/spreadsheets/d/" + fakeBook + "/edit?gid=7#gid=7": fakeBook,
		"https://docs.google.com/spreadsheets/u/1/d/" + fakeBook + "/edit":         fakeBook,
		"https://docs.google.com/spreadsheets/d/" + fakeBook:                       fakeBook,
		"https://example.com/spreadsheets/d/" + fakeBook:                           "",
		"Bookings": "",
		"":         "",
	} {
		_, faults := fields.Parse(map[string]any{"spreadsheet": text, "service_account": "x"})
		got := ""
		if match := spreadsheetID.FindStringSubmatch(text); match != nil {
			got = match[1]
		}
		if got != want || (len(faults) == 0) != (want != "") {
			t.Errorf("%s: %q %v", text, got, faults)
		}
	}
}

// Without a secret of the account nobody can give a hint, not even by signing with nothing.
func TestHintNeedsSecret(t *testing.T) {
	t.Parallel()
	n := hint("{}")
	in := &connector.Inbound{Method: http.MethodPost, Header: n.Header, Body: []byte(n.Body), Account: &tengi.Account{Secrets: map[string]string{}}}
	if _, err := receive(in); !connector.IsUnverified(err) {
		t.Errorf("%v", err)
	}
}

func FuzzDecodeValues(f *testing.F) {
	f.Add([]byte(`{"range":"x","values":[["a",1,true,null,"#REF!"],[],[1e400,-0,0.1]]}`))
	f.Add([]byte(`{}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		values, err := decodeValues(body)
		if err != nil {
			return
		}
		for _, line := range lines(values) {
			for _, cell := range line.Cells {
				if _, ok := cell.(json.Number); ok {
					t.Errorf("a number is left as it came: %v", cell)
				}
			}
		}
	})
}
