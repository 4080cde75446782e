package mapping

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/field"
)

func BenchmarkFill(b *testing.B) {
	set := field.Set{
		{Key: "name", Type: field.Text, Required: true, Default: "{{ sale.customer.name }}"},
		{Key: "email", Type: field.Email, Default: "{{ sale.customer.email }}"},
		{Key: "description", Type: field.Text, Default: "Bókun {{ sale.reference }}"},
		{Key: "amount", Type: field.Amount, Default: "{{ sale.total }}"},
		{Key: "vat", Type: field.Amount, Default: "{{ round(sale.total * 11 / 111, 2) }}"},
		{Key: "currency", Type: field.Currency, Default: "{{ sale.currency }}"},
	}
	f := mustCompile(b, set, nil, everything)
	env := sample(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := f.Fill(env); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkFillInvoice(b *testing.B) {
	f := mustCompile(b, invoice, nil, everything)
	env := sample(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := f.Fill(env); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCondition(b *testing.B) {
	c, err := CompileCondition(`sale.status == "confirmed" and sale.total > 0`, everything)
	if err != nil {
		b.Fatal(err)
	}
	env := sample(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Eval(env); err != nil {
			b.Fatal(err)
		}
	}
}

// paidOrder is what a shop says about an order, about 2 KB.
func paidOrder() tengi.Event {
	line := `{"sku":"TOUR-101","title":"Glacier walk, group 1 of 6, with guide and equipment","quantity":2,"unit_price":"12450","vat_rate":"11","total":"24900"}`
	return tengi.Event{ID: 1, Type: "webhook.received", Data: json.RawMessage(`{"event":"order.paid","number":"0000000001","placed_at":"2026-06-11T09:24:31Z","currency":"ISK",` +
		`"total":"149400","status":"paid","customer":{"name":"Anna Lind","email":"anna.lind@example.com","phone":"+354 555 0147","language":"is","address":{"street":"Hafnargata 12",` +
		`"postcode":"230","city":"Reykjanesbær","country":"IS"}},"lines":[` + strings.Repeat(line+",", 5) + line + `],"payments":[{"method":"card","amount":"149400"}],` +
		`"notes":"` + strings.Repeat("Meeting point at the visitor centre, twenty minutes before the walk begins. ", 9) + `"}`)}
}

func BenchmarkNewEnv(b *testing.B) {
	event := paidOrder()
	b.SetBytes(int64(len(event.Data)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := NewEnv(event); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkFillRequest is a request of the user's own making: choices, fields that depend on them, and a body of many expressions.
func BenchmarkFillRequest(b *testing.B) {
	when := func(key string, values ...string) *field.Condition { return &field.Condition{Key: key, Values: values} }
	path := func(key string) field.Field {
		return field.Field{Key: key, Type: field.Text, Pattern: `[^.\s]+(\.[^.\s]+)*`, Max: "200"}
	}
	set := field.Set{
		{Key: "method", Type: field.Select, Default: "POST", Options: []field.Option{{Value: "POST"}, {Value: "PUT"}}},
		{Key: "url", Type: field.Text, Required: true, Max: "2000"},
		{Key: "content", Type: field.Select, Default: "json", Options: []field.Option{{Value: "json"}, {Value: "form"}}},
		{Key: "fields", Type: field.Pairs, DependsOn: when("content", "form")},
		{Key: "body", Type: field.LongText, DependsOn: when("content", "json"), Max: "1000000"},
		{Key: "success", Type: field.Text, Default: "2xx", Max: "100", Pattern: `\s*([2-4]\d\d|2xx)(\s*,\s*([2-4]\d\d|2xx))*\s*`},
		path("id_path"), path("number_path"), path("status_path"),
		{Key: "recovery", Type: field.Select, Default: "ask", Options: []field.Option{{Value: "ask"}, {Value: "key"}, {Value: "find"}}},
		{Key: "header", Type: field.Text, Default: "Idempotency-Key", DependsOn: when("recovery", "key"), Required: true, Pattern: "[A-Za-z0-9-]+", Max: "100"},
		{Key: "hours", Type: field.Int, Default: "24", DependsOn: when("recovery", "key"), Min: "1", Max: "720"},
		{Key: "find", Type: field.Text, DependsOn: when("recovery", "find"), Required: true},
	}
	f := mustCompile(b, set, map[string]any{
		"url": "/invoices", "id_path": "id", "number_path": "number", "status_path": "status", "recovery": "key",
		"body": `{"number":"{{ data.number }}","customer":"{{ data.customer.name }}","email":"{{ data.customer.email }}","total":{{ data.total }},` +
			`"currency":"{{ data.currency }}","date":"{{ date(data.placed_at) }}"}`,
	}, Scope{})
	env, err := NewEnv(paidOrder())
	if err != nil {
		b.Fatal(err)
	}
	env.Workspace.TimeZone = "Atlantic/Reykjavik"
	b.ReportAllocs()
	for b.Loop() {
		if _, err := f.Fill(env); err != nil {
			b.Fatal(err)
		}
	}
}
