package field

import (
	"strings"
	"testing"
)

// request is a set as an action has it: choices, fields that depend on them, patterns.
var request = func() Set {
	path := func(key string) Field {
		return Field{Key: key, Type: Text, Label: key, Pattern: `[^.\s]+(\.[^.\s]+)*`, Max: "200", Example: "data.id"}
	}
	recovery := &Condition{Key: "recovery", Values: []string{"key"}}
	return Set{
		{Key: "method", Type: Select, Label: "Method", Default: "POST", Options: []Option{{"POST", "POST"}, {"PUT", "PUT"}, {"GET", "GET"}}},
		{Key: "url", Type: Text, Label: "Path", Required: true, Max: "2000"},
		{Key: "content", Type: Select, Label: "Content", Default: "json", Options: []Option{{"json", "JSON"}, {"form", "Form"}}},
		{Key: "fields", Type: Pairs, Label: "Fields", DependsOn: &Condition{Key: "content", Values: []string{"form"}}},
		{Key: "body", Type: LongText, Label: "Body", DependsOn: &Condition{Key: "content", Values: []string{"json"}}, Max: "1000000"},
		{Key: "success", Type: Text, Label: "Success", Default: "2xx", Pattern: `\s*([2-4]\d\d|2xx)(\s*,\s*([2-4]\d\d|2xx))*\s*`, Max: "100"},
		path("id_path"), path("number_path"), path("status_path"), path("amount_path"),
		{Key: "recovery", Type: Select, Label: "Recovery", Default: "ask", Options: []Option{{"ask", "Ask"}, {"key", "Key"}}},
		{Key: "header", Type: Text, Label: "Header", Default: "Idempotency-Key", DependsOn: recovery, Required: true, Pattern: "[A-Za-z0-9-]+", Max: "100"},
		{Key: "hours", Type: Int, Label: "Hours", Default: "24", DependsOn: recovery, Min: "1", Max: "720"},
		{Key: "total", Type: Amount, Label: "Total"},
		{Key: "lines", Type: List, Label: "Lines", Children: Set{{Key: "text", Type: Text}, {Key: "amount", Type: Amount}, {Key: "vat", Type: VAT}}},
	}
}()

func filled() map[string]any {
	return map[string]any{
		"url": "/invoices", "body": `{"number":"A-1001","text":"` + strings.Repeat("Gullni hringurinn ", 10) + `"}`, "id_path": "id", "number_path": "number",
		"status_path": "status", "recovery": "key", "total": "39800",
		"lines": []any{map[string]any{"text": "Hvalaskoðun", "amount": "14900", "vat": "11"}, map[string]any{"text": "Hádegismatur", "amount": "24900", "vat": "24"}},
	}
}

func BenchmarkParse(b *testing.B) {
	set, raw := request.Compile(), filled()
	b.ReportAllocs()
	for b.Loop() {
		if _, faults := set.Parse(raw); faults != nil {
			b.Fatal(faults)
		}
	}
}

// BenchmarkParseOnce is a set that nobody has compiled.
func BenchmarkParseOnce(b *testing.B) {
	raw := filled()
	b.ReportAllocs()
	for b.Loop() {
		if _, faults := request.Parse(raw); faults != nil {
			b.Fatal(faults)
		}
	}
}

func BenchmarkEncode(b *testing.B) {
	values, _ := request.Parse(filled())
	b.ReportAllocs()
	for b.Loop() {
		if _, err := request.Encode(values); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	values, _ := request.Parse(filled())
	data, err := request.Encode(values)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := request.Decode(data); err != nil {
			b.Fatal(err)
		}
	}
}
