package mapping

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"github.com/tengi/tengi/field"
)

// invoice is the input of an action that makes invoices, with every type of field.
var invoice = field.Set{
	{Key: "customer", Type: field.Group, Label: "Customer", Required: true, Children: field.Set{
		{Key: "name", Type: field.Text, Label: "Customer's name", Required: true, Default: "{{ sale.customer.name }}"},
		{Key: "email", Type: field.Email, Label: "Customer's e-mail", Default: "{{ sale.customer.email }}"},
	}},
	{Key: "date", Type: field.Date, Label: "Date", Default: "{{ today() }}"},
	{Key: "due_date", Type: field.Date, Label: "Due date", Default: "{{ add_days(today(), 14) }}"},
	{Key: "issued_at", Type: field.DateTime, Label: "Issued at", Default: "{{ event.received_at }}"},
	{Key: "description", Type: field.Text, Label: "Description", Default: "{{ sale.reference }}"},
	{Key: "currency", Type: field.Currency, Label: "Currency", Required: true, Default: "{{ sale.currency }}"},
	{Key: "vat_included", Type: field.Bool, Label: "VAT included", Default: "{{ sale.vat_included }}"},
	{Key: "lines", Type: field.List, Label: "Lines", Required: true, Default: "{{ sale.lines }}", Children: field.Set{
		{Key: "text", Type: field.Text, Label: "Text", Required: true, Default: "{{ line.text }}"},
		{Key: "quantity", Type: field.Decimal, Label: "Quantity", Required: true, Default: "{{ line.quantity }}", Min: "0"},
		{Key: "price", Type: field.Amount, Label: "Price", Required: true, Default: "{{ line.unit_price }}"},
		{Key: "vat", Type: field.VAT, Label: "VAT", Default: "{{ line.vat_rate }}"},
	}},
	{Key: "copies", Type: field.Int, Label: "Copies", Default: "1", Min: "1", Max: "5"},
	{Key: "send_by", Type: field.Select, Label: "Send by", Default: "email", Options: []field.Option{{Value: "email"}, {Value: "sms"}, {Value: "none"}}},
	{Key: "phone", Type: field.Phone, Label: "Phone", Required: true, Default: "{{ phone(sale.customer.phone) }}", DependsOn: &field.Condition{Key: "send_by", Values: []string{"sms"}}},
	{Key: "headers", Type: field.Pairs, Label: "Headers"},
	{Key: "note", Type: field.LongText, Label: "Note"},
}

func mustCompile(t testing.TB, set field.Set, given map[string]any, scope Scope) *Fields {
	t.Helper()
	if err := set.Check(); err != nil {
		t.Fatalf("the test's own set: %v", err)
	}
	f, err := CompileFields(set, given, scope)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func dec(s string) decimal.Decimal { return decimal.RequireFromString(s) }

func TestFillByDefaults(t *testing.T) {
	t.Parallel()
	got, err := mustCompile(t, invoice, nil, everything).Fill(sample(t))
	if err != nil {
		t.Fatal(err)
	}
	want := field.Values{
		"customer": field.Values{"name": "Anna Lind", "email": "Anna@example.is"},
		"date":     "2026-11-22", "due_date": "2026-12-06", "issued_at": time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC),
		"description": "FJO-51654", "currency": "ISK", "vat_included": true, "copies": int64(1), "send_by": "email",
		"lines": []field.Values{
			{"text": "Golden Circle", "quantity": dec("2"), "price": dec("14900"), "vat": dec("11")},
			{"text": "Lunch", "quantity": dec("2"), "price": dec("5000"), "vat": dec("11")},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("values (-want +got):\n%s", diff)
	}
}

func TestFillByChoice(t *testing.T) {
	t.Parallel()
	given := map[string]any{
		"customer":     map[string]any{"name": "{{ upper(sale.customer.name) }}", "email": nil},
		"date":         "{{ sale.created_at }}",
		"due_date":     "",
		"issued_at":    nil,
		"description":  "Bókun {{ sale.reference }}: {{ sale.total }} {{ sale.currency }}",
		"vat_included": false,
		"lines": map[string]any{
			"each":     `filter(sale.lines, .total > 10000)`,
			"text":     "{{ index + 1 }}. {{ line.text }} / {{ row.sku ?? \"-\" }}",
			"quantity": 1,
			"price":    "{{ line.total / 2 }}",
			"vat":      "24",
		},
		"copies":  2,
		"send_by": "{{ sale.customer.phone == \"\" ? \"none\" : \"sms\" }}",
		"headers": map[string]any{"X-Ref": "{{ sale.reference }}", "X-Total": "{{ sale.total }}", "X-Count": 3, "X-Empty": nil},
		"note":    "one\n{{ sale.service_date }}\n",
	}
	got, err := mustCompile(t, invoice, given, everything).Fill(sample(t))
	if err != nil {
		t.Fatal(err)
	}
	want := field.Values{
		"customer": field.Values{"name": "ANNA LIND"},
		"date":     "2026-11-20", "description": "Bókun FJO-51654: 39800 ISK", "currency": "ISK", "vat_included": false,
		"lines":  []field.Values{{"text": "1. Golden Circle / -", "quantity": dec("1"), "price": dec("14900"), "vat": dec("24")}},
		"copies": int64(2), "send_by": "none",
		"headers": map[string]string{"X-Ref": "FJO-51654", "X-Total": "39800", "X-Count": "3", "X-Empty": ""},
		"note":    "one\n2026-12-01\n",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("values (-want +got):\n%s", diff)
	}
}

// The ways to say where a list's rows come from.
func TestLists(t *testing.T) {
	t.Parallel()
	set := field.Set{{Key: "rows", Type: field.List, Label: "Rows", Children: field.Set{
		{Key: "name", Type: field.Text, Default: "{{ line.text }}"},
		{Key: "n", Type: field.Int},
	}}}
	for _, tt := range []struct {
		name  string
		given any
		want  []field.Values
	}{
		{"each as an expression", map[string]any{"each": "sale.lines", "n": "{{ index }}"}, []field.Values{{"name": "Golden Circle", "n": int64(0)}, {"name": "Lunch", "n": int64(1)}}},
		{"each as a template", map[string]any{"each": "{{ sale.lines }}"}, []field.Values{{"name": "Golden Circle"}, {"name": "Lunch"}}},
		{"only the list", "{{ sale.lines[1:] }}", []field.Values{{"name": "Lunch"}}},
		{"rows of free-form data, whose default is not for them", map[string]any{"each": "data.items", "n": "{{ index + len(row.name) }}"}, []field.Values{{"n": int64(4)}, {"n": int64(4)}}},
		{"values as rows", map[string]any{"each": "data.tags", "name": "{{ row }}"}, []field.Values{{"name": "a"}, {"name": "b"}}},
		{"written out", []any{map[string]any{"name": "{{ sale.reference }}"}, map[string]any{"name": "fee", "n": 5}}, []field.Values{{"name": "FJO-51654"}, {"name": "fee", "n": int64(5)}}},
		{"written out, as Go writes it", []map[string]any{{"name": "x"}}, []field.Values{{"name": "x"}}},
		{"an empty list", map[string]any{"each": "filter(sale.lines, false)"}, nil},
		{"a list that is not there", map[string]any{"each": "data.missing"}, nil},
		{"nothing", nil, nil},
		{"nothing as text", "", nil},
		{"no rows", []any{}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := mustCompile(t, set, map[string]any{"rows": tt.given}, everything).Fill(sample(t))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got.List("rows")); diff != "" {
				t.Errorf("rows (-want +got):\n%s", diff)
			}
		})
	}
}

// A list in a list has its own row and index; the outer ones are there again behind it.
func TestListInAList(t *testing.T) {
	t.Parallel()
	set := field.Set{{Key: "outer", Type: field.List, Children: field.Set{
		{Key: "inner", Type: field.List, Children: field.Set{{Key: "name", Type: field.Text}}},
		{Key: "after", Type: field.Text},
	}}}
	given := map[string]any{"outer": map[string]any{
		"each":  "[sale.lines, sale.lines[1:]]",
		"inner": map[string]any{"each": "row", "name": "{{ index }} {{ line.text }}"},
		"after": "{{ index }} {{ len(row) }}",
	}}
	got, err := mustCompile(t, set, given, everything).Fill(sample(t))
	if err != nil {
		t.Fatal(err)
	}
	want := []field.Values{
		{"inner": []field.Values{{"name": "0 Golden Circle"}, {"name": "1 Lunch"}}, "after": "0 2"},
		{"inner": []field.Values{{"name": "0 Lunch"}}, "after": "1 1"},
	}
	if diff := cmp.Diff(want, got.List("outer")); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

func TestPairsFromAnExpression(t *testing.T) {
	t.Parallel()
	set := field.Set{{Key: "headers", Type: field.Pairs, Label: "Headers"}}
	got, err := mustCompile(t, set, map[string]any{"headers": `{{ {"a": sale.total, "b": nil} }}`}, everything).Fill(sample(t))
	if err != nil || !cmp.Equal(got.Pairs("headers"), map[string]string{"a": "39800", "b": ""}) {
		t.Errorf("got %v, %v", got, err)
	}
	for _, given := range []any{"{{ data.items }}", "{{ data.tags }}", "{{ data.state }}", "{{ sale.customer }}"} {
		f, err := CompileFields(set, map[string]any{"headers": given}, everything)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := f.Fill(sample(t)); err == nil {
			t.Errorf("%v became %v", given, got)
		}
	}
}

// A source without sales leaves the defaults that need one unused; what is then missing is said when the connection is saved.
func TestDefaultsWithoutASale(t *testing.T) {
	t.Parallel()
	_, err := CompileFields(invoice, nil, Scope{})
	want := strings.Join([]string{
		"fields.customer.name: Customer's name is required and nothing is given for it; its default {{ sale.customer.name }} cannot be used here",
		"fields.currency: Currency is required and nothing is given for it; its default {{ sale.currency }} cannot be used here",
		"fields.lines: Lines is required and nothing is given for it; its default {{ sale.lines }} cannot be used here",
	}, "\n")
	if err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
	given := map[string]any{
		"customer": map[string]any{"name": "{{ data.who }}"},
		"currency": "EUR",
		"lines":    []any{map[string]any{"text": "Consulting", "quantity": "{{ data.hours }}", "price": "100.00"}},
	}
	env := &Env{Data: map[string]any{"who": "Anna", "hours": json.Number("1.50")}, Now: time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)}
	got, err := mustCompile(t, invoice, given, Scope{}).Fill(env)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]field.Values{{"text": "Consulting", "quantity": dec("1.5"), "price": dec("100")}}, got.List("lines")); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
}
