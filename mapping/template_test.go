package mapping

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/field"
	"github.com/tengi/tengi/sale"
)

func TestTemplateEval(t *testing.T) {
	t.Parallel()
	d := decimal.RequireFromString
	env := sample(t)
	for _, tt := range []struct {
		template string
		want     any
	}{
		// One expression alone keeps its type, blanks around it or not.
		{"{{ sale.total }}", d("39800")},
		{" \n{{ sale.total }}\t", d("39800")},
		{"{{ sale.vat_included }}", true},
		{"{{ sale.created_at }}", env.Event.Sale.CreatedAt},
		{"{{ data.missing }}", nil},
		{"{{ data.state }}", "PAID"},
		{`{{ {"a": {"b": 1}}.a.b }}`, d("1")},
		{`{{ {"a": {"b": 1}}}}`, map[string]any{"a": map[string]any{"b": d("1")}}},

		// Anything else is text.
		{"", ""},
		{"plain text", "plain text"},
		{"Bókun {{ sale.reference }}", "Bókun FJO-51654"},
		{"{{ sale.reference }} {{ sale.currency }}", "FJO-51654 ISK"},
		{"{{ sale.reference }}{{ sale.currency }}", "FJO-51654ISK"},
		{"{{ sale.total }} kr.", "39800 kr."},
		{"{{ data.price }} on {{ sale.created_at }} ({{ data.missing }}) {{ sale.vat_included }}", "12.1 on 2026-11-20 () true"},
		{"a\n{{sale.currency}}\nb", "a\nISK\nb"},

		// Braces that are text.
		{`{{ "{{" }}x}}`, "{{x}}"},
		{`{ {a} } }}`, "{ {a} } }}"},
		{`{{ "}}" }}`, "}}"},
		{"{{ '}}' + `}}` + \"\\\"}}\" }}!", `}}}}"}}!`},
		{`{{{"a": 1}.a}}`, d("1")},
	} {
		t.Run(tt.template, func(t *testing.T) {
			t.Parallel()
			tpl, err := CompileTemplate(tt.template, everything)
			if err != nil {
				t.Fatal(err)
			}
			if tpl.Text() != tt.template {
				t.Errorf("Text() = %q", tpl.Text())
			}
			got, err := tpl.Eval(sample(t))
			if err != nil {
				t.Fatal(err)
			}
			if !cmp.Equal(got, tt.want) {
				t.Errorf("got %#v, want %#v", got, tt.want)
			}
		})
	}
}

// Places are counted in characters of the whole template, from 1, so that an editor can underline them.
func TestTemplatePlaces(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		template string
		char     int
	}{
		{"{{ sle }}", 4},
		{"Þú átt {{ sle }}", 11},
		{"{{ sale.total }} ✓ {{ sale.ttal }}", 28},
		{"x {{", 3},
		{"x {{ sale.total }", 3},
		{"{{}}", 3},
		{"{{ sale.total }}{{   }}", 19},
		{"ab {{ sale.lines }}", 6},
		{"ab {{ sale.total + sale.reference }}", 18},
		{"{{ upper(sale.reference, 1) }}", 4},
		{"{{ round(sale.total, sale.reference) }}", 22},
	} {
		_, err := CompileTemplate(tt.template, everything)
		var fault *Fault
		if !errors.As(err, &fault) {
			t.Errorf("%q: got %v, want a fault", tt.template, err)
			continue
		}
		if fault.Char != tt.char {
			t.Errorf("%q: fault at %d, want %d (%v)", tt.template, fault.Char, tt.char, fault)
		}
	}
}

func TestTemplateRunTimePlaces(t *testing.T) {
	t.Parallel()
	tpl, err := CompileTemplate("Verð: {{ data.price }} og {{ data.note * 2 }}", everything)
	if err != nil {
		t.Fatal(err)
	}
	_, err = tpl.Eval(sample(t))
	if want := "character 30: data.note is text and a number is needed; write number(data.note)"; err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

// Dates in texts are those of the workspace: half past eleven in the evening in Warsaw is another day in Reykjavík.
func TestDatesAreTheWorkspaces(t *testing.T) {
	t.Parallel()
	tpl, err := CompileTemplate(`{{ event.received_at }} {{ date(event.received_at, "HH:mm") }} {{ today() }} {{ date("2026-07-01 12:00", "HH") }}`, Scope{})
	if err != nil {
		t.Fatal(err)
	}
	env := sample(t)
	env.Event.ReceivedAt = time.Date(2026, 7, 1, 22, 30, 0, 0, time.UTC)
	env.Now = env.Event.ReceivedAt
	for zone, want := range map[string]string{
		"Europe/Warsaw":      "2026-07-02 00:30 2026-07-02 12",
		"Atlantic/Reykjavik": "2026-07-01 22:30 2026-07-01 12",
		"Asia/Jerusalem":     "2026-07-02 01:30 2026-07-02 12",
		"":                   "2026-07-01 22:30 2026-07-01 12",
	} {
		env.Workspace.TimeZone = zone
		if got, err := tpl.Eval(env); err != nil || got != want {
			t.Errorf("%s: got %v, %v, want %s", zone, got, err, want)
		}
	}
	env.Workspace.TimeZone = "Atlantis/Capital"
	if _, err := tpl.Eval(env); err == nil || !strings.Contains(err.Error(), "Atlantis/Capital") {
		t.Errorf("an unknown time zone gave %v", err)
	}
}

// Whatever the sale's JSON names, expressions can name, with the type the sale has; and nothing else.
func TestEverySaleFieldIsKnown(t *testing.T) {
	t.Parallel()
	var check func(t *testing.T, path string, s shape, typ reflect.Type)
	check = func(t *testing.T, path string, s shape, typ reflect.Type) {
		if len(s.members) != typ.NumField() {
			t.Errorf("%s has %d names, the type has %d fields", path, len(s.members), typ.NumField())
		}
		for i := range typ.NumField() {
			f := typ.Field(i)
			key, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			at := path + "." + key
			m := s.members[key]
			want := map[reflect.Type]kind{decimalType: number, timeType: moment}[f.Type]
			if want == unknown {
				want = map[reflect.Kind]kind{reflect.String: text, reflect.Bool: boolean, reflect.Struct: record, reflect.Slice: list}[f.Type.Kind()]
			}
			if m.shape.kind != want {
				t.Errorf("%s is %s, want %s", at, m.shape.kind, want)
			}
			switch want {
			case record:
				check(t, at, m.shape, f.Type)
			case list:
				check(t, at+"[0]", m.shape.elements(), f.Type.Elem())
				continue
			}
			if path == "sale" {
				if _, err := evaluate(t, at); err != nil {
					t.Errorf("%s: %v", at, err)
				}
			}
		}
	}
	check(t, "sale", saleShape, reflect.TypeFor[sale.Sale]())
	for typ := range ownRecords {
		if _, err := known(reflect.New(typ.Elem()).Interface()); err != nil {
			t.Errorf("a %s cannot be an element of a list: %v", typ, err)
		}
	}
}

// A source that knows no sale, or an event whose sale is not loaded, must not be taken for an empty sale.
func TestWithoutSale(t *testing.T) {
	t.Parallel()
	_, err := CompileTemplate("{{ sale.total }}", Scope{})
	if err == nil || !strings.Contains(err.Error(), "does not say what was sold") {
		t.Errorf("got %v", err)
	}
	tpl, err := CompileTemplate("{{ sale.total }}", Scope{Sale: true})
	if err != nil {
		t.Fatal(err)
	}
	if v, err := tpl.Eval(&Env{}); v != nil || err != nil {
		t.Errorf("without a sale its total is %v, %v; want nothing", v, err)
	}
	c, err := CompileCondition("sale.total > 0", Scope{Sale: true})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Eval(&Env{}); err == nil {
		t.Error("a comparison with a sale that is not there must fail, not be false")
	}
}

var declared = field.Set{
	{Key: "amount", Type: field.Amount},
	{Key: "count", Type: field.Int},
	{Key: "name", Type: field.Text},
	{Key: "state", Type: field.Select, Options: []field.Option{{Value: "NEW"}, {Value: "PAID"}}},
	{Key: "day", Type: field.Date},
	{Key: "at", Type: field.DateTime},
	{Key: "paid", Type: field.Bool},
	{Key: "extra", Type: field.Pairs},
	{Key: "who", Type: field.Group, Children: field.Set{{Key: "email", Type: field.Email}}},
	{Key: "items", Type: field.List, Children: field.Set{{Key: "price", Type: field.Amount}, {Key: "title", Type: field.Text}}},
}

// What a source declares is checked when the expression is saved, and brought into its type when it is read.
func TestDeclaredData(t *testing.T) {
	t.Parallel()
	scope := Scope{Data: declared}
	env, err := NewEnv(tengi.Event{Data: []byte(`{"amount": "12.50", "count": 3, "name": 5, "state": "PAID", "day": "2026-01-02", "at": "2026-01-02T10:00:00Z",
		"paid": "true", "extra": {"a": "b"}, "who": {"email": "anna@example.is"}, "items": [{"price": 1.1, "title": "x"}, {"price": "2.2"}], "undeclared": 1}`)})
	if err != nil {
		t.Fatal(err)
	}
	for expression, want := range map[string]string{
		"data.amount * data.count":             "37.5",
		"upper(data.name)":                     "5",
		`data.state == "PAID"`:                 "true",
		"add_days(data.day, 1)":                "2026-01-03",
		`date(data.at, "HH")`:                  "10",
		"not data.paid":                        "false",
		"data.extra.a":                         "b",
		"data.extra.b ?? 0":                    "0",
		"data.who.email":                       "anna@example.is",
		"sum(data.items, .price)":              "3.3",
		"join(map(data.items, .title), \"-\")": "x-",
	} {
		tpl, err := CompileTemplate("{{"+expression+"}} ", scope)
		if err != nil {
			t.Errorf("%s: %v", expression, err)
			continue
		}
		if v, err := tpl.Eval(env); err != nil || fmt.Sprint(v) != want {
			t.Errorf("%s: got %v, %v, want %s", expression, v, err, want)
		}
	}
	for expression, want := range map[string]string{
		"data.amout":                 "unknown name amout in data; did you mean amount?",
		"data.undeclared":            "unknown name undeclared in data",
		"data.who.mail":              "unknown name mail in who; did you mean email?",
		"data.items[0].prize":        "unknown name prize in row; did you mean price?",
		"data.name * 2":              "data.name is text and a number is needed",
		"data.amount > \"5\"":        "compares a number with text",
		"sum(data.items, .title)":    "sum needs a number",
		"data.paid + 1":              "a number is needed",
		"filter(data.items, .price)": "needs true or false",
	} {
		if _, err := CompileTemplate("{{"+expression+"}}", scope); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want … %s …", expression, err, want)
		}
	}
}

// A source that does not keep to what it declares is found out by the expression that meets the value, without the value.
func TestDeclaredDataThatIsNot(t *testing.T) {
	t.Parallel()
	env, err := NewEnv(tengi.Event{Data: []byte(`{"amount": "Anna", "count": true, "at": "Anna", "paid": "Anna", "items": "Anna", "who": "Anna", "name": ["Anna"]}`)})
	if err != nil {
		t.Fatal(err)
	}
	for _, expression := range []string{"data.amount + 1", "data.count + 1", "date(data.at)", "not data.paid", "len(data.items)", "data.who.email", "upper(data.name)"} {
		tpl, err := CompileTemplate("{{"+expression+"}}", Scope{Data: declared})
		if err != nil {
			t.Fatal(err)
		}
		v, err := tpl.Eval(env)
		if err == nil || strings.Contains(err.Error(), "Anna") {
			t.Errorf("%s: got %v, %v, want an error without the value", expression, v, err)
		}
	}
}

func TestNewEnvRefusesWhatIsNotJSON(t *testing.T) {
	t.Parallel()
	for _, data := range []string{`{"a": Anna}`, `{"a": 1} {"b": 2}`, `{"a"`, `1 2`, `]`} {
		_, err := NewEnv(tengi.Event{ID: 3, Data: []byte(data)})
		if err == nil || strings.Contains(err.Error(), "Anna") || strings.Contains(err.Error(), "'A'") {
			t.Errorf("%s: got %v, want an error without the data", data, err)
		}
	}
	for _, data := range []string{"", "null", `"text"`, "5", "[1]", " {} "} {
		if _, err := NewEnv(tengi.Event{Data: []byte(data)}); err != nil {
			t.Errorf("%s: %v", data, err)
		}
	}
}

// Values that connectors put into documents come in any Go type.
func TestGoValues(t *testing.T) {
	t.Parallel()
	d := decimal.RequireFromString
	type word string
	for _, tt := range []struct {
		in   any
		want any // nil = refused
	}{
		{5, d("5")},
		{int32(-5), d("-5")},
		{uint64(1<<63 + 1), d("9223372036854775809")},
		{uint8(5), d("5")},
		{0.1, d("0.1")},
		{float32(0.5), d("0.5")},
		{word("x"), "x"},
		{[]string{"a"}, []string{"a"}},
		{true, true},
		{d("1.50"), d("1.50")},
		{[]byte("x"), nil},
		{struct{ A int }{1}, nil},
		{make(chan int), nil},
		{decimal.New(1, 1_000_000_000), nil},
		{decimal.New(1, -1_000_000_000), nil},
		{1e300, nil},
	} {
		got, err := known(tt.in)
		if tt.want == nil {
			if err == nil {
				t.Errorf("%T %v became %v, want an error", tt.in, tt.in, got)
			}
			continue
		}
		if err != nil || !cmp.Equal(got, tt.want) {
			t.Errorf("%T %v became %v, %v, want %v", tt.in, tt.in, got, err, tt.want)
		}
	}
}

// Compiled templates are shared by all deliveries of a connection. The race detector watches this test.
func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	tpl, err := CompileTemplate(`{{ sale.reference }} {{ join(map(filter(sale.lines, any(data.tags, # == "a")), .text)) }} {{ today() }} {{ phone(data.phone) }}`, everything)
	if err != nil {
		t.Fatal(err)
	}
	want := "FJO-51654 Golden Circle, Lunch 2026-11-22 +3545551234"
	envs := []*Env{sample(t), sample(t)}
	envs[1].Workspace.TimeZone = "Europe/Warsaw"
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			for range 50 {
				if got, err := tpl.Eval(envs[i%2]); err != nil || got != want {
					t.Errorf("got %v, %v", got, err)
					return
				}
			}
		})
	}
	group.Wait()
}
