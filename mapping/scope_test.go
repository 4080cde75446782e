package mapping

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/field"
	"github.com/tengi/tengi/sale"
)

// Records of different makes come together in choices and lists; none may be read as if it were the other, least of all by a name they share.
func TestMixedRecords(t *testing.T) {
	t.Parallel()
	scope := Scope{Sale: true, Steps: []string{"invoice"}, Data: field.Set{
		{Key: "customer", Type: field.Group, Children: field.Set{{Key: "name", Type: field.Text}, {Key: "shoe", Type: field.Int}}},
		{Key: "lines", Type: field.List, Children: field.Set{{Key: "text", Type: field.Text}}},
		{Key: "old", Type: field.Bool},
	}}
	env, err := NewEnv(tengi.Event{
		Sale: &sale.Sale{Customer: sale.Customer{Name: "Sale"}, Lines: []sale.Line{{Text: "one"}}},
		Data: []byte(`{"customer": {"name": "Data", "shoe": 42}, "lines": [{"text": "two"}], "old": true}`),
	})
	if err != nil {
		t.Fatal(err)
	}
	env.Steps = map[string]tengi.Document{"invoice": {Number: "7"}}
	for expression, want := range map[string]string{
		`(data.old ? data.customer : sale.customer).name`:                "Data",
		`(data.old ? sale.customer : data.customer).name`:                "Sale",
		`(data.old ? data.customer : sale.customer).shoe`:                "42",
		`(data.old ? sale.customer : data.customer).shoe`:                "character 46: data.old ? sale.customer : data.customer.shoe stands in a customer, which has no such name",
		`[sale.customer, data.customer][1].name`:                         "Data",
		`[data.customer, sale.customer][1].name`:                         "Sale",
		`map([data.customer, sale.customer], .name)[0]`:                  "Data",
		`map([sale.customer, steps.invoice], .name)[0]`:                  "character 40: .name stands in a document, which has no such name",
		`(sale.customer ?? data.customer).name`:                          "Sale",
		`(data.missing2 ?? 1)`:                                           "character 9: unknown name missing2 in data; known here: customer, lines, old",
		`join(map(data.old ? data.lines : sale.lines, .text))`:           "two",
		`join(map(data.old ? sale.lines : data.lines, .text))`:           "one",
		`[[sale.lines], [data.lines]][1][0][0].text`:                     "two",
		`filter([sale.lines[0], data.lines[0]], .text == "two")[0].text`: "two",
		`lookup("a", {"a": sale.customer}).name`:                         "Sale",
		`default(nil, sale.customer).email ?? "no e-mail"`:               "no e-mail",
		`[event][0].type`: "character 11: [event][0] is of a type expressions do not know",
	} {
		tpl, err := CompileTemplate("{{"+expression+"}}", scope)
		got := ""
		if err == nil {
			var v any
			v, err = tpl.Eval(env)
			got = fmt.Sprint(v)
		}
		if err != nil {
			got = err.Error()
		}
		if !strings.HasPrefix(got, want) {
			t.Errorf("%s\ngot  %s\nwant %s", expression, got, want)
		}
	}
}

// A source may declare what it calls lines; only the lines of a sale are a line with its defaults.
func TestLineIsOnlyALineOfASale(t *testing.T) {
	t.Parallel()
	scope := Scope{Sale: true, Data: field.Set{{Key: "line", Type: field.Group, Children: field.Set{{Key: "text", Type: field.Text}}}}}
	set := field.Set{{Key: "rows", Type: field.List, Children: field.Set{{Key: "text", Type: field.Text, Default: "{{ line.text }}"}, {Key: "n", Type: field.Int}}}}
	_, err := CompileFields(set, map[string]any{"rows": map[string]any{"each": "[data.line]", "text": "{{ line.text }}"}}, scope)
	if err == nil || !strings.Contains(err.Error(), "line is known only inside a list that is filled from the lines of a sale") {
		t.Errorf("got %v", err)
	}
	f := mustCompile(t, set, map[string]any{"rows": map[string]any{"each": "filter(sale.lines, .total >= 0)"}}, scope)
	got, err := f.Fill(&Env{Event: tengi.Event{Sale: &sale.Sale{Lines: []sale.Line{{Text: "x"}}}}})
	if err != nil || !cmp.Equal(got.List("rows"), []field.Values{{"text": "x"}}) {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestStepsAreTheEarlierOnes(t *testing.T) {
	t.Parallel()
	scope := Scope{Steps: []string{"invoice", "e-mail"}}
	tpl, err := CompileTemplate(`{{ steps["e-mail"].id }}/{{ steps.invoice.number }}`, scope)
	if err != nil {
		t.Fatal(err)
	}
	env := &Env{Steps: map[string]tengi.Document{"e-mail": {ExternalID: "msg_1"}}}
	if got, err := tpl.Eval(env); err != nil || got != "msg_1/" {
		t.Errorf("got %v, %v", got, err)
	}
	if _, err := CompileTemplate("{{ steps.later.id }}", scope); err == nil || !strings.Contains(err.Error(), "unknown name later in steps; known here: e-mail, invoice") {
		t.Errorf("got %v", err)
	}
	if _, err := CompileTemplate("{{ steps.any.id }}", Scope{}); err == nil || !strings.Contains(err.Error(), "unknown name any in steps") {
		t.Errorf("got %v", err)
	}
}

// Dates and times without a zone, as sheets have them, are the workspace's.
func TestFillTimes(t *testing.T) {
	t.Parallel()
	set := field.Set{{Key: "day", Type: field.Date}, {Key: "at", Type: field.DateTime}}
	f := mustCompile(t, set, map[string]any{"day": "{{ data.x }}", "at": "{{ data.x }}"}, Scope{})
	warsaw, err := time.LoadLocation("Europe/Warsaw")
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]struct {
		day string
		at  time.Time
	}{
		"2026-07-01T22:30:00Z": {"2026-07-02", time.Date(2026, 7, 1, 22, 30, 0, 0, time.UTC)},
		"2026-07-01 22:30":     {"2026-07-01", time.Date(2026, 7, 1, 22, 30, 0, 0, warsaw)},
		"2026-07-01":           {"2026-07-01", time.Date(2026, 7, 1, 0, 0, 0, 0, warsaw)},
	} {
		got, err := f.Fill(&Env{Workspace: tengi.Workspace{TimeZone: "Europe/Warsaw"}, Data: map[string]any{"x": text}})
		if err != nil || got.Text("day") != want.day || !got.Time("at").Equal(want.at) {
			t.Errorf("%s: got %v, %v", text, got, err)
		}
	}
}

// Accounts have templates over what comes in before it is an event: a webhook's body, headers and query, and nothing of a sale.
func TestNotice(t *testing.T) {
	t.Parallel()
	tpl, err := CompileTemplate(`{{ data.id }}/{{ header["X-Topic"] }}/{{ query.shop ?? "none" }}/{{ header.Missing }}`, Scope{Notice: true})
	if err != nil {
		t.Fatal(err)
	}
	env, err := NewEnv(tengi.Event{Data: []byte(`{"id": 5}`)})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := tpl.Eval(env); err != nil || got != "5//none/" {
		t.Errorf("without headers: got %v, %v", got, err)
	}
	env.Header, env.Query = map[string]any{"X-Topic": "booking"}, map[string]any{"shop": "a"}
	if got, err := tpl.Eval(env); err != nil || got != "5/booking/a/" {
		t.Errorf("got %v, %v", got, err)
	}
	for _, name := range []string{"sale.total", "steps.a", "workspace.name", "event.type", "connection.key", "row"} {
		if _, err := CompileTemplate("{{ "+name+" }}", Scope{Notice: true, Sale: true}); err == nil {
			t.Errorf("%s can be named over a notice", name)
		}
	}
	if _, err := CompileTemplate("{{ header.x }}", Scope{}); err == nil {
		t.Error("header can be named over an event")
	}
}

func TestNearest(t *testing.T) {
	t.Parallel()
	names := []string{"customer", "total", "lines", "name", "vat_rate"}
	for name, want := range map[string]string{
		"custmer": "customer", "cutsomer": "customer", "Customer": "customer", "toal": "total", "line": "lines", "naem": "name", "vatrate": "vat_rate",
		"x": "", "price": "", "": "", strings.Repeat("customer", 20): "", "þ": "",
	} {
		if got := nearest(name, names); got != want {
			t.Errorf("%q: got %q, want %q", name, got, want)
		}
	}
}

// YAML decoders give maps with keys of any type.
func TestMapsOfYAML(t *testing.T) {
	t.Parallel()
	set := field.Set{{Key: "h", Type: field.Pairs}, {Key: "g", Type: field.Group, Children: field.Set{{Key: "n", Type: field.Int}}}}
	f := mustCompile(t, set, map[string]any{"h": map[any]any{"A": uint64(5)}, "g": map[any]any{"n": uint64(6)}}, Scope{})
	got, err := f.Fill(&Env{})
	if err != nil || !cmp.Equal(got, field.Values{"h": map[string]string{"A": "5"}, "g": field.Values{"n": int64(6)}}) {
		t.Errorf("got %v, %v", got, err)
	}
	if _, err := CompileFields(set, map[string]any{"g": map[any]any{5: 6}}, Scope{}); err == nil {
		t.Error("a map with a number as key was taken")
	}
}

// Text that can be written into a Fill is counted over all of it, so that many fields cannot do together what one may not do alone.
func TestBudgetOfAFill(t *testing.T) {
	t.Parallel()
	var set field.Set
	given := map[string]any{}
	for i := range 600 {
		key := fmt.Sprintf("f%d", i)
		set = append(set, field.Field{Key: key, Type: field.LongText, Max: "100000"})
		given[key] = "{{ upper(data.x) }}"
	}
	f := mustCompile(t, set, given, Scope{})
	env := &Env{Data: map[string]any{"x": strings.Repeat("x", 50_000)}}
	_, err := f.Fill(env)
	if err == nil || !strings.Contains(err.Error(), errSpent.Error()) {
		t.Errorf("got %.200v", err)
	}
	env.Data = map[string]any{"x": "y"}
	if got, err := f.Fill(env); err != nil || len(got) != 600 {
		t.Errorf("got %d values, %v", len(got), err)
	}
}
