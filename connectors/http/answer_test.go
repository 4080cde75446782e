package http

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/connector/connectortest"
	"github.com/tengi/tengi/money"
)

func TestDocument(t *testing.T) {
	t.Parallel()
	paths := map[string]any{
		"url": "/x", "content": "none", "id_path": "data.id", "number_path": "data.number", "link_path": "links.0.href", "status_path": "data.status", "amount_path": "data.total",
		"currency_path": "data.currency",
	}
	isk := func(text string) money.Amount { return money.New(decimal.RequireFromString(text), "ISK") }
	tests := []struct {
		name, answer string
		want         tengi.Document
	}{
		{"all", `{"data":{"id":12345678901234567890,"number":"A-7","status":"open","total":149.90,"currency":"pln"},"links":[{"href":"https://x.example.com/7"}]}`,
			tengi.Document{ExternalID: "12345678901234567890", Number: "A-7", Status: "open", URL: "https://x.example.com/7", Amount: money.New(decimal.RequireFromString("149.90"), "PLN")}},
		{"amount as text", `{"data":{"id":"7","total":"24900"}}`, tengi.Document{ExternalID: "7", Amount: isk("24900")}},
		{"nothing there", `{"data":null}`, tengi.Document{ExternalID: string(connectortest.Ref)}},
		{"another shape", `{"data":{"id":{"x":1},"total":[1]},"links":{}}`, tengi.Document{ExternalID: string(connectortest.Ref)}},
		{"no json", `OK`, tengi.Document{ExternalID: string(connectortest.Ref)}},
		{"no answer", ``, tengi.Document{ExternalID: string(connectortest.Ref)}},
		{"an absurd amount", `{"data":{"id":"7","total":1e99999}}`, tengi.Document{ExternalID: "7"}},
		{"a link that is none", `{"data":{"id":"7"},"links":[{"href":"javascript:alert(1)"}]}`, tengi.Document{ExternalID: "7"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			server, _ := serve(t, 201, tt.answer)
			got, err := try(t, server, nil, "", paths)
			if err != nil {
				t.Fatal(err)
			}
			if got.Data["status_code"] != 201 {
				t.Errorf("data %v", got.Data)
			}
			got.Data = nil
			tt.want.Kind = tengi.Other
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("document (-want +got):\n%s", diff)
			}
		})
	}
}

func TestDocumentKeepsTheAnswer(t *testing.T) {
	t.Parallel()
	server, _ := serve(t, 200, `{"a":{"b":[1]}}`)
	doc, err := try(t, server, nil, "", map[string]any{"url": "/x", "content": "none"})
	if err != nil {
		t.Fatal(err)
	}
	if b, ok := at(doc.Data["answer"], "a.b.0"); !ok || text(b) != "1" {
		t.Errorf("%v", doc.Data)
	}
	server, _ = serve(t, 200, `{"a":"`+strings.Repeat("x", maxKept)+`"}`)
	if doc, err = try(t, server, nil, "", map[string]any{"url": "/x", "content": "none"}); err != nil || doc.Data["answer"] != nil {
		t.Errorf("a long answer was kept, %v", err)
	}
}

func TestSuccess(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		status  int
		answer  string
		success string
		errors  string
		kind    string // empty = success
		detail  string
	}{
		{"ok", 200, `{}`, "", "", "", ""},
		{"created", 201, `{}`, "2xx", "", "", ""},
		{"only 201", 202, `{"queued":true}`, "201", "", "permanent", `{"queued":true}`},
		{"conflict is fine", 409, `{}`, "2xx, 409", "", "", ""},
		{"conflict is not", 409, `{"message":"it is there"}`, "2xx", "", "permanent", "it is there"},
		{"see other is fine", 303, ``, " 303 ", "", "", ""},
		{"error in an answer", 200, `{"error":{"message":"no such customer"}}`, "", "error.message", "permanent", "no such customer"},
		{"error that is an object", 200, `{"error":{"code":7}}`, "", "error", "permanent", `{"error":{"code":7}}`},
		{"no error", 200, `{"error":null}`, "", "error", "", ""},
		{"no error said so", 200, `{"error":false}`, "", "error", "", ""},
		{"no error in words", 200, `{"error":""}`, "", "error", "", ""},
		{"no json", 200, `OK`, "", "error", "", ""},
		{"problem", 422, `{"title":"Invalid","detail":"vat is missing"}`, "", "", "permanent", "vat is missing"},
		{"list of errors", 400, `{"errors":[{"message":"a"},{"message":"b"}]}`, "", "", "permanent", "a"},
		{"markup", 400, `<html>no</html>`, "", "", "permanent", `<html>no</html>`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			server, _ := serve(t, tt.status, tt.answer)
			raw := map[string]any{"url": "/x", "content": "none"}
			if tt.success != "" {
				raw["success"] = tt.success
			}
			if tt.errors != "" {
				raw["error_path"] = tt.errors
			}
			_, err := try(t, server, nil, "", raw)
			if tt.kind == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			if e := connector.AsError(err); err == nil || e.Kind.String() != tt.kind || e.Detail != tt.detail || e.Status != tt.status {
				t.Errorf("%s %d %q: %v", e.Kind, e.Status, e.Detail, err)
			}
		})
	}
}

func TestFind(t *testing.T) {
	t.Parallel()
	const odd = "odd"
	tests := []struct {
		name, answer, list, match string
		want                      string // the entry, empty = absent, odd = proves nothing
	}{
		{"in a list", `{"items":[{"ref":"x","id":1},{"ref":"r","id":2}]}`, "items", "ref", `{"id":2,"ref":"r"}`},
		{"the list itself", `[{"ref":"r"}]`, "", "ref", `{"ref":"r"}`},
		{"the thing itself", `{"ref":"r","id":1}`, "", "ref", `{"id":1,"ref":"r"}`},
		{"deeper", `{"data":{"items":[{"meta":{"ref":"r"}}]}}`, "data.items", "meta.ref", `{"meta":{"ref":"r"}}`},
		{"a number", `[{"ref":5}]`, "", "ref", ""},
		{"any entry", `{"items":[{"id":1}]}`, "items", "", `{"id":1}`},
		{"empty", `{"items":[]}`, "items", "ref", ""},
		{"null", `{"items":null}`, "items", "ref", ""},
		{"others only", `{"items":[{"ref":"x"}]}`, "items", "ref", ""},
		{"one of them has no reference", `[{"id":1},{"ref":"x"}]`, "", "ref", ""},
		{"ours behind one without", `[{"id":1},{"ref":"r"}]`, "", "ref", `{"ref":"r"}`},
		{"none has the field", `{"items":[{"reference":"r"}]}`, "items", "ref", odd},
		{"no list there", `{"data":[]}`, "items", "ref", odd},
		{"a text for a list", `{"items":"none"}`, "items", "ref", odd},
		{"no json", `<html>`, "items", "ref", odd},
		{"nothing", ``, "", "ref", odd},
	}
	for _, tt := range tests {
		entry, found, err := find(&connector.Response{Status: 200, Body: []byte(tt.answer)}, tt.list, tt.match, "r")
		switch {
		case (err != nil) != (tt.want == odd):
			t.Errorf("%s: %v", tt.name, err)
		case err == nil && (string(entry) != tt.want || found != (tt.want != "")):
			t.Errorf("%s: %s, %t, want %s", tt.name, entry, found, tt.want)
		}
	}
}

// TestFoundReadsAsAnswered: an entry of a list lacks what the answer wraps around it, and is read all the same.
func TestFoundReadsAsAnswered(t *testing.T) {
	t.Parallel()
	for _, answer := range []string{`{"data":{"order":{"id":"7"}}}`, `{"order":{"id":"7"}}`, `{"id":"7"}`} {
		value, _ := parse([]byte(answer))
		if got := read(value, "data.order.id"); got != "7" {
			t.Errorf("%s: %q", answer, got)
		}
	}
}

func FuzzAt(f *testing.F) {
	f.Add(`{"a":[{"b":1}]}`, "a.0.b")
	f.Add(`[[1]]`, "0.0")
	f.Add(`{"":{"":2}}`, ".")
	f.Add(`[1]`, "-1")
	f.Fuzz(func(_ *testing.T, answer, path string) {
		value, _ := parse([]byte(answer))
		at(value, path)
		read(value, path)
		_, _, _ = find(&connector.Response{Body: []byte(answer)}, path, path, "r")
		_ = accept(&connector.Response{Status: 200, Body: []byte(answer)}, statuses{class: true}, path)
	})
}
