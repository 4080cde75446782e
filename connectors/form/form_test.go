package form

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/connector/connectortest"
)

// course is a form with an amount.
func course() map[string]any {
	return map[string]any{
		"title": "Курс", "language": "uk", "currency": "UAH", "vat_rate": "20",
		"fields": []any{
			map[string]any{"key": "name", "label": "Ім’я", "meaning": "name", "required": true},
			map[string]any{"key": "phone", "label": "Телефон", "kind": "phone", "meaning": "phone", "required": true},
			map[string]any{"key": "email", "label": "E-mail", "kind": "email", "meaning": "email"},
			map[string]any{"key": "amount", "label": "Сума", "kind": "amount", "meaning": "amount", "required": true},
			map[string]any{"key": "group", "label": "Група", "kind": "select", "choices": "ранкова\nвечірня"},
			map[string]any{"key": "agree", "label": "Згода", "kind": "bool", "required": true},
		},
	}
}

// tickets is a form with a price.
func tickets() map[string]any {
	return map[string]any{"title": "Golden Circle", "language": "is", "currency": "ISK", "price": "14900", "vat_rate": "11", "redirect": "https://fjordur.example/takk",
		"fields": []any{map[string]any{"key": "seats", "label": "Sæti", "kind": "int", "meaning": "quantity", "required": true}}}
}

// question is a form without anything to pay.
func question() map[string]any {
	return map[string]any{"title": "Ask us", "fields": []any{map[string]any{"key": "text", "label": "Question", "kind": "longtext", "required": true}}}
}

const filled = "name=Анна+Лінд&phone=%2B380671234567&amount=1250%2C50&group=ранкова&agree=on&_once=a1"

func formHeader() http.Header {
	return http.Header{"Content-Type": {"application/x-www-form-urlencoded"}, "Accept": {"text/html"}}
}

func TestConnector(t *testing.T) {
	t.Parallel()
	connectortest.Run(t, Connector(), nil,
		connectortest.Notice{Name: "amount", Settings: course(), Header: formHeader(), Body: filled, Events: 1},
		connectortest.Notice{Name: "price", Settings: tickets(), Header: formHeader(), Body: "seats=2&_once=b", Events: 1},
		connectortest.Notice{Name: "message", Settings: question(), Header: formHeader(), Body: "text=Hello", Events: 1},
		connectortest.Notice{Name: "program", Settings: question(), Header: formHeader(), Body: "text=Hello&_website=x", Events: 0},
	)
}

func inbound(t testing.TB, settings map[string]any, header http.Header, body string) *connector.Inbound {
	t.Helper()
	account := &tengi.Account{Key: "form", Settings: settings}
	parsed, err := Connector().Settings(account)
	if err != nil {
		t.Fatal(err)
	}
	return &connector.Inbound{Method: http.MethodPost, Query: url.Values{}, Header: header, Body: []byte(body), Account: account, Settings: parsed,
		ReceivedAt: time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)}
}

func one(t *testing.T, in *connector.Inbound) tengi.Event {
	t.Helper()
	events, err := receive(in)
	if err != nil || len(events) != 1 {
		t.Fatalf("%d events, %v", len(events), err)
	}
	return events[0]
}

func TestOrder(t *testing.T) {
	t.Parallel()
	s := one(t, inbound(t, course(), formHeader(), filled)).Sale
	if s == nil || s.Total.String() != "1250.5" || s.Currency != "UAH" || s.Customer.Name != "Анна Лінд" || s.Customer.Phone != "+380671234567" || s.Lines[0].Text != "Курс" ||
		s.Lines[0].VATAmount.String() != "208.42" || !strings.HasPrefix(s.Reference, "F-") || s.Customer.Language != "uk" {
		t.Errorf("the sale is %+v", s)
	}
	event := one(t, inbound(t, tickets(), formHeader(), "seats=3"))
	if s := event.Sale; s.Total.String() != "44700" || s.Lines[0].Quantity.String() != "3" || event.Type != typeOrder || string(event.Data) != `{"seats":3}` {
		t.Errorf("three seats: %+v %s", s, event.Data)
	}
	if event := one(t, inbound(t, question(), formHeader(), "text=a")); event.Sale != nil || event.Type != typeMessage {
		t.Errorf("a question: %+v", event)
	}
}

func TestIdentity(t *testing.T) {
	t.Parallel()
	of := func(body string, after time.Duration) string {
		in := inbound(t, question(), formHeader(), body)
		in.ReceivedAt = in.ReceivedAt.Add(after)
		return one(t, in).Dedupe
	}
	same := of("text=a&_once=1", 0)
	if of("text=a&_once=1", time.Hour) != same {
		t.Error("one opening sent twice is two events")
	}
	if of("text=a&_once=2", 0) == same || of("text=b&_once=1", 0) == same {
		t.Error("two openings, or another content, are one event")
	}
	if of("text=a", 0) != of("text=a&other=1", time.Minute) || of("text=a", 0) == of("text=a", repeatWindow) {
		t.Error("without a mark the same content counts as one within some minutes, and only then")
	}
}

// What is wrong goes back to the visitor with what they wrote, and nothing is kept.
func TestDeclined(t *testing.T) {
	t.Parallel()
	with := func(key, value string) string {
		inputs, _ := url.ParseQuery(filled)
		inputs.Set(key, value)
		return inputs.Encode()
	}
	w := wordsOf("uk")
	for _, tt := range []struct {
		name     string
		settings map[string]any
		body     string
		want     string
	}{
		{"no name", course(), with("name", " "), w.Required},
		{"no phone number", course(), with("phone", "abc"), w.Phone},
		{"no e-mail address", course(), with("email", "anna@"), w.Email},
		{"no number", course(), with("amount", "many"), w.Number},
		{"nothing to pay", course(), with("amount", "0"), w.TooSmall},
		{"less than nothing", course(), with("amount", "-5"), w.TooSmall},
		{"a fraction", course(), with("amount", "10.0055"), w.Fraction},
		{"two readings", course(), with("amount", "1.250"), w.Ambiguous},
		{"no such choice", course(), with("group", "нічна"), w.Option},
		{"not ticked", course(), with("agree", ""), w.Required},
		{"no seats", tickets(), "seats=0", wordsOf("is").TooSmall},
		{"too many", tickets(), "seats=99999999", wordsOf("is").TooLarge},
		{"not a form", course(), "%zz", w.Unreadable},
		{"a zero byte", course(), "name=a\x00", w.Unreadable},
	} {
		events, err := receive(inbound(t, tt.settings, formHeader(), tt.body))
		declined, ok := errors.AsType[*connector.Declined](err)
		if !ok || len(events) != 0 {
			t.Errorf("%s: %v, %d events", tt.name, err, len(events))
			continue
		}
		if page := string(declined.Reply.Body); !strings.Contains(page, tt.want) || !strings.Contains(page, `aria-invalid="true"`) && tt.want != w.Unreadable {
			t.Errorf("%s: the page does not say %q at its field:\n%s", tt.name, tt.want, page)
		}
	}
	_, err := receive(inbound(t, course(), formHeader(), with("email", `"><script>alert(1)</script>`)))
	declined, _ := errors.AsType[*connector.Declined](err)
	if page := string(declined.Reply.Body); strings.Contains(page, "<script>") || !strings.Contains(page, `value="Анна Лінд"`) || !strings.Contains(page, `value="a1"`) {
		t.Errorf("the page runs what was written, or lost it:\n%s", page)
	}
}

func TestScriptsGetJSON(t *testing.T) {
	t.Parallel()
	header := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}, "Accept": {"application/json"}}
	_, err := receive(inbound(t, course(), header, "name=Anna"))
	declined, ok := errors.AsType[*connector.Declined](err)
	var said struct{ Fields map[string]string }
	if !ok || json.Unmarshal(declined.Reply.Body, &said) != nil || said.Fields["phone"] == "" || said.Fields["name"] != "" {
		t.Errorf("%v %+v", err, said)
	}
	reply := thank(inbound(t, tickets(), header, "seats=1"), nil)
	if reply.Status != 0 || !strings.Contains(string(reply.Body), `"status":"ok"`) || reply.Header.Get("Access-Control-Allow-Origin") != "*" {
		t.Errorf("thanks: %+v", reply)
	}
}

func TestParts(t *testing.T) {
	t.Parallel()
	body := "--b\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\nHello\r\n--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"x\"\r\n\r\nbytes\r\n--b--\r\n"
	header := http.Header{"Content-Type": {"multipart/form-data; boundary=b"}}
	if event := one(t, inbound(t, question(), header, body)); string(event.Data) != `{"text":"Hello"}` {
		t.Errorf("the data is %s", event.Data)
	}
	for _, broken := range []string{"", "--b\r\n", strings.TrimSuffix(body, "--b--\r\n")} {
		if _, err := receive(inbound(t, question(), header, broken)); err == nil {
			t.Errorf("taken: %q", broken)
		}
	}
}

func TestPage(t *testing.T) {
	t.Parallel()
	first, second := open(inbound(t, course(), formHeader(), "")), open(inbound(t, course(), formHeader(), ""))
	if bytes.Equal(first.Body, second.Body) {
		t.Error("two openings have the same mark")
	}
	page := string(first.Body)
	style, _, _ := strings.Cut(page[strings.Index(page, "<style>")+len("<style>"):], "</style>")
	if sum := sha256.Sum256([]byte(style)); !strings.Contains(first.Header.Get("Content-Security-Policy"), base64.StdEncoding.EncodeToString(sum[:])) {
		t.Error("the policy forbids the page its style")
	}
	for _, want := range []string{`lang="uk" dir="ltr"`, `name="phone" type="tel"`, `inputmode="decimal"`, `autocomplete="name"`, "<option>ранкова</option>", `type="checkbox"`, "Надіслати", `name="_website"`} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s:\n%s", want, page)
		}
	}
	if policy := open(inbound(t, tickets(), formHeader(), "")).Header.Get("Content-Security-Policy"); !strings.Contains(policy, "form-action 'self' https://fjordur.example;") || !strings.Contains(policy, "style-src 'sha256-") {
		t.Errorf("the policy is %s", policy)
	}
	if reply := open(inbound(t, tickets(), formHeader(), "")); !strings.Contains(string(reply.Body), "14.900") {
		t.Errorf("the price is missing:\n%s", reply.Body)
	}
	if reply := thank(inbound(t, tickets(), formHeader(), ""), nil); reply.Status != http.StatusSeeOther || reply.Header.Get("Location") != "https://fjordur.example/takk" {
		t.Errorf("afterwards: %+v", reply)
	}
	hebrew := question()
	hebrew["language"] = "he"
	if reply := thank(inbound(t, hebrew, formHeader(), ""), nil); !strings.Contains(string(reply.Body), `dir="rtl"`) || !strings.Contains(string(reply.Body), "תודה") || strings.Contains(string(reply.Body), "<form") {
		t.Errorf("thanks in Hebrew:\n%s", reply.Body)
	}
}

func FuzzReceive(f *testing.F) {
	f.Add("application/x-www-form-urlencoded", filled)
	f.Add("multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nHello\r\n--b--\r\n")
	f.Fuzz(func(t *testing.T, kind, body string) {
		in := inbound(t, course(), http.Header{"Content-Type": {kind}}, body)
		events, err := receive(in)
		if _, declined := errors.AsType[*connector.Declined](err); err != nil && !declined {
			t.Fatalf("neither taken nor sent back: %v", err)
		}
		for _, e := range events {
			if !json.Valid(e.Data) || e.Dedupe == "" || e.Sale == nil {
				t.Fatalf("%+v", e)
			}
			if faults := e.Sale.Check(); len(faults) > 0 {
				t.Fatalf("a sale that does not add up: %v", faults)
			}
		}
	})
}
