package mapping

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/tengi/tengi/field"
	"github.com/tengi/tengi/internal/testutil"
	"github.com/tengi/tengi/sale"
)

// Everything wrong with a mapping is said at once, each with its path and place; the golden is read for its wording.
func TestFaultsOfAMapping(t *testing.T) {
	t.Parallel()
	given := map[string]any{
		"description":  "Bókun {{ sale.custmer }}",
		"descripion":   "x",
		"customer":     map[string]any{"nam": "x", "email": "not an address", "name": ""},
		"date":         "{{ sale.total }}",
		"due_date":     "tomorrow",
		"issued_at":    "{{ sale.vat_included }}",
		"currency":     "EURO",
		"vat_included": "{{ sale.created_at }}",
		"copies":       7,
		"send_by":      "pigeon",
		"phone":        []any{"1"},
		"headers":      map[string]any{"a": "{{ sale.lines }}", "b": []any{1}, "c": "{{ x }}"},
		"note":         "{{ sale.lines }}",
		"lines": map[string]any{
			"each": "{{ sale.lines }}", "text": "{{ lne.text }}", "quantity": true, "price": "{{ line.text + 1 }}", "vat": "{{ line }}", "color": "red",
		},
	}
	_, err := CompileFields(invoice, given, everything)
	var faults Faults
	if !errors.As(err, &faults) {
		t.Fatalf("got %v, want Faults", err)
	}
	testutil.Golden(t, "faults", []byte(err.Error()+"\n"))
	var single *Fault
	if !errors.As(err, &single) || single != faults[0] {
		t.Error("errors.As does not find the first fault")
	}
}

func TestFaultsOfTheShapeOfAMapping(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		key   string
		given any
		want  string
	}{
		{"lines", 5, "fields.lines: Lines takes a list: {each: sale.lines, …}, or rows written out"},
		{"lines", "{{ sale.total }}", "fields.lines: Lines takes a list, and sale.total is a number"},
		{"lines", "sale.lnes", "fields.lines, character 6: unknown name lnes in sale; did you mean lines?"},
		{"lines", map[string]any{"each": 5}, "fields.lines: say under each what the rows come from, such as each: sale.lines"},
		{"lines", []any{"x"}, "fields.lines[0]: a row takes its fields by name"},
		{"lines", []any{map[string]any{"text": "a", "quantity": 1, "price": 2, "txt": "b"}}, "fields.lines[0].txt: there is no such field; did you mean text?"},
		{"lines", []any{map[string]any{"quantity": 1, "price": 2}}, "fields.lines[0].text: Text is required and nothing is given for it; its default {{ line.text }} cannot be used here"},
		{"lines", make([]any, maxRows+1), "fields.lines: Lines has more than 1000 rows"},
		{"lines", nil, "fields.lines: Lines is required and nothing is given for it"},
		{"lines", "", "fields.lines: Lines is required and nothing is given for it"},
		{"currency", " ", "fields.currency: Currency is required and nothing is given for it"},
		{"customer", nil, "fields.customer: Customer is required and nothing is given for it"},
		{"customer", "Anna", "fields.customer: Customer takes its fields by name"},
		{"headers", 5, "fields.headers: Headers takes names with their values"},
		{"headers", "plain", "fields.headers: Headers takes names with their values, or one expression that gives them"},
		{"description", map[string]any{}, "fields.description: Description takes one value: a text with {{ expressions }}, a number, true or false"},
		{"description", strings.Repeat("x", field.MaxText+1), "fields.description: the template has 10001 characters; 10000 is the most"},
		{"copies", "{{ 1 + }}", "fields.copies, character 7: the expression ends too early"},
	} {
		_, err := CompileFields(invoice, map[string]any{tt.key: tt.given}, everything)
		if err == nil || err.Error() != tt.want {
			t.Errorf("%s: %.60v\ngot  %v\nwant %s", tt.key, tt.given, err, tt.want)
		}
	}
	// A default with a mistake is the connector author's, and is not passed over as one that needs a sale is.
	_, err := CompileFields(field.Set{{Key: "a", Type: field.Text, Default: "{{ sale.ttal }}"}}, nil, everything)
	if err == nil || !strings.Contains(err.Error(), "unknown name ttal in sale") {
		t.Errorf("a wrong default gave %v", err)
	}
}

// What an event does not have, or has in another form than the field needs, is said field by field, without the event's values.
func TestFaultsOfAnEvent(t *testing.T) {
	t.Parallel()
	env := sample(t)
	env.Event.Sale.Customer = sale.Customer{Email: "Þórunn at home"}
	env.Event.Sale.Lines[1].Quantity = dec("-2")
	env.Event.Sale.Lines[1].VATRate = dec("240")
	env.Event.Sale.Currency = "Þórunn"
	env.Data = map[string]any{"price": "24.900", "n": "Þórunn", "long": strings.Repeat("Þórunn", 2000), "day": "Þórunn", "list": []any{1}, "h": map[string]any{"a": []any{}}}
	given := map[string]any{
		"description": "{{ data.long }}",
		"date":        "{{ data.day }}",
		"due_date":    "{{ data.list }}",
		"copies":      "{{ data.n }}",
		"send_by":     "sms",
		"headers":     map[string]any{"X-A": "{{ data.n * 2 }}", "X-B": "x"},
		"note":        "{{ data.n }}{{ data.list }}",
		"lines":       map[string]any{"each": "sale.lines", "price": "{{ index == 0 ? data.price : 1 / 3 * (1 / 3) }}"},
	}
	_, err := mustCompile(t, invoice, given, everything).Fill(env)
	var faults Faults
	if !errors.As(err, &faults) {
		t.Fatalf("got %v, want Faults", err)
	}
	testutil.Golden(t, "refusals", []byte(err.Error()+"\n"))
	for _, secret := range []string{"Þórunn", "24.900", "24900", "home"} {
		if strings.Contains(err.Error(), secret) {
			t.Errorf("the error repeats %q", secret)
		}
	}
}

// A field that is not shown is neither filled nor missed, however long the chain it hangs on.
func TestFieldsThatAreNotShown(t *testing.T) {
	t.Parallel()
	set := field.Set{
		{Key: "c", Type: field.Text, Required: true, Default: "{{ 1 / (sale.total - sale.total) }}", DependsOn: &field.Condition{Key: "b", Values: []string{"true"}}},
		{Key: "b", Type: field.Bool, Default: "{{ data.b }}", DependsOn: &field.Condition{Key: "a", Values: []string{"yes"}}},
		{Key: "a", Type: field.Text, Default: "{{ data.a }}"},
	}
	f := mustCompile(t, set, nil, everything)
	for _, tt := range []struct {
		a, b  any
		fails bool
	}{
		{"no", true, false}, {"yes", false, false}, {"yes", nil, false}, {nil, true, false}, {"yes", true, true},
	} {
		env := sample(t)
		env.Data = map[string]any{"a": tt.a, "b": tt.b}
		values, err := f.Fill(env)
		if (err != nil) != tt.fails {
			t.Errorf("a=%v b=%v: got %v, %v", tt.a, tt.b, values, err)
		}
	}
}

// A group nobody asked for is left out when it would be empty, and its required fields with it.
func TestGroupLeftOut(t *testing.T) {
	t.Parallel()
	set := field.Set{{Key: "address", Type: field.Group, Label: "Address", Children: field.Set{
		{Key: "street", Type: field.Text, Label: "Street", Required: true, Default: "{{ sale.customer.address }}"},
		{Key: "city", Type: field.Text, Label: "City", Required: true, Default: "{{ sale.customer.city }}"},
		{Key: "kind", Type: field.Text, Label: "Kind", Required: true},
	}}}
	f := mustCompile(t, set, nil, everything)
	env := sample(t)
	if got, err := f.Fill(env); err != nil || got.Has("address") {
		t.Errorf("got %v, %v, want no address", got, err)
	}
	env.Event.Sale.Customer.City = "Akureyri"
	_, err := f.Fill(env)
	if err == nil || !strings.Contains(err.Error(), "Street is required, and it is filled from {{ sale.customer.address }}, which gives nothing here") ||
		!strings.Contains(err.Error(), "fields.address.kind: Kind is required and nothing is given for it") {
		t.Errorf("got %v", err)
	}
	if _, err := CompileFields(set, map[string]any{"address": map[string]any{}}, everything); err == nil {
		t.Error("a group that is given must have its required fields")
	}
}

func TestFillIsDeterministic(t *testing.T) {
	t.Parallel()
	given := map[string]any{"headers": map[string]any{}, "description": "{{ data.x * 1 }}", "note": "{{ data.y + 1 }}", "copies": "{{ data.z }}"}
	for i := range 30 {
		given["headers"].(map[string]any)[fmt.Sprintf("H-%d", i)] = "{{ data.missing * 1 }}"
	}
	f := mustCompile(t, invoice, given, everything)
	_, first := f.Fill(sample(t))
	for range 20 {
		if _, err := f.Fill(sample(t)); err == nil || err.Error() != first.Error() {
			t.Fatalf("got\n%v\nand before\n%v", err, first)
		}
	}
}

func TestDescribe(t *testing.T) {
	t.Parallel()
	given := map[string]any{
		"description": "Bókun {{ sale.reference }}",
		"copies":      "{{ sale.total }}",
		"note":        "{{ data.note * 2 }}",
		"headers":     map[string]any{"B": "2", "A": "{{ sale.currency }}"},
	}
	env := sample(t)
	for range 3 {
		env.Event.Sale.Lines = append(env.Event.Sale.Lines, env.Event.Sale.Lines[1])
	}
	env.Event.Sale.Lines[0].Text = ""
	var b strings.Builder
	for _, p := range mustCompile(t, invoice, given, everything).Describe(env) {
		origin := "given"
		if p.Default {
			origin = "default"
		}
		fmt.Fprintf(&b, "%s [%s] %q, %s: %q %T\n", p.Path, p.Label, p.Template, origin, p.Text, p.Value)
		if p.Fault != nil {
			fmt.Fprintf(&b, "    %s\n", p.Fault)
		}
	}
	testutil.Golden(t, "preview", []byte(b.String()))
}
