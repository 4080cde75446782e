package mapping

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/tengi/tengi"
)

// marker stands for personal data: it is in the event and may come out in values, never in errors.
const marker = "Qx7Þórunn"

// FuzzTemplate compiles and runs whatever comes. Nothing panics, every error is a fault with a place inside the template, and no fault repeats
// what the event says.
func FuzzTemplate(f *testing.F) {
	for _, v := range values {
		f.Add("{{" + v.expression + "}}")
		f.Add("x {{ " + v.expression + " }} y")
	}
	for _, expression := range append(mistakes, misfortunes...) {
		f.Add("{{" + expression + "}}")
	}
	for _, source := range hostile {
		if len(source) < 300 {
			f.Add(source)
		}
	}
	env := sample(f)
	c := &env.Event.Sale.Customer
	c.Name, c.Email, c.Phone, c.TaxID, env.Event.Sale.Reference = marker, marker, marker, marker, marker
	env.Data = map[string]any{"state": marker, "note": marker, "items": []any{marker, map[string]any{"name": marker}}, "n": json.Number("7.50"), marker: marker}
	f.Fuzz(func(t *testing.T, source string) {
		tpl, err := CompileTemplate(source, everything)
		if err != nil {
			checkFault(t, source, err)
			return
		}
		if _, err = tpl.Eval(env); err != nil {
			checkFault(t, source, err)
		}
		again, err2 := tpl.Eval(env)
		if (err == nil) != (err2 == nil) || err != nil && err.Error() != err2.Error() {
			t.Errorf("%q gave %v and then %v, %v", source, err, again, err2)
		}
	})
}

func checkFault(t *testing.T, source string, err error) {
	t.Helper()
	fault, ok := err.(*Fault) //nolint:errorlint // the promise is the type itself
	if !ok {
		t.Fatalf("%q: %T is no fault: %v", source, err, err)
	}
	if fault.Code == "" || fault.Message == "" || fault.Char < 0 || fault.Char > utf8.RuneCountInString(source)+1 {
		t.Errorf("%q: incomplete fault %+v", source, fault)
	}
	if strings.Contains(err.Error(), marker) && !strings.Contains(source, marker) {
		t.Errorf("%q: the error repeats a value: %v", source, err)
	}
}

// FuzzCondition explains and evaluates whatever comes; the explanation never tells personal data either.
func FuzzCondition(f *testing.F) {
	for _, v := range values {
		f.Add(v.expression)
		f.Add(v.expression + ` == "x"`)
	}
	env := sample(f)
	c := &env.Event.Sale.Customer
	c.Name, c.Email, c.Phone, c.TaxID, env.Event.Sale.Reference, env.Event.Sale.Lines[0].Text = marker, marker, marker, marker, marker, marker
	env.Data = map[string]any{"state": marker, "note": marker, "items": []any{map[string]any{"name": marker}}, "nested": map[string]any{"deep": marker}}
	f.Fuzz(func(t *testing.T, source string) {
		cond, err := CompileCondition(source, everything)
		if err != nil {
			checkFault(t, source, err)
			return
		}
		if _, err := cond.Eval(env); err != nil {
			checkFault(t, source, err)
		}
		if told := cond.Explain(env); strings.Contains(told, marker) && !strings.Contains(source, "Qx7") {
			t.Errorf("%q tells personal data: %s", source, told)
		}
	})
}

// FuzzData runs fixed expressions over whatever a webhook brings.
func FuzzData(f *testing.F) {
	for _, data := range []string{`{}`, `null`, `[1, "a"]`, `{"a": 1e999999999}`, `{"a": "1.234"}`, `{"a": {"a": {"a": []}}}`, `{"a": [{"a": 1}, {"a": "2026-01-01"}]}`,
		`{"a": "2026-11-22T23:30:00Z"}`, `{"a": -0}`, `{"a": "\u0000"}`, `{"a": 1E+2}`, `{"a": "+354 555 1234"}`, `{"a": "31.12.2026"}`} {
		f.Add([]byte(data))
	}
	var compiled []*Template
	for _, expression := range []string{`data.a`, `data.a.a.a`, `data.a[0]`, `data.a + 1`, `data.a / data.a`, `number(data.a)`, `phone(data.a)`, `date(data.a)`, `add_days(data.a, 5)`, `parse_date(data.a, "DD.MM.YYYY")`,
		`sum(data.a, .a)`, `join(data.a)`, `title(data.a) + ascii(data.a) + slug(data.a)`, `truncate(data.a, 3)`, `data.a[1:2]`, `replace(data.a, "a", "aa")`, `split(data.a, " ")`,
		`data.a == data.a`, `data.a < data.a`, `data.a in data.a`, `lookup(data.a, data)`, `len(data.a)`, `map(data.a, #.a ?? #)`, `first_name(data.a)`, `data.a matches "^a+$"`, `round(data.a, 2)`, `fixed(data.a, 3)`} {
		for _, source := range []string{"{{" + expression + "}}", "({{" + expression + "}})"} {
			tpl, err := CompileTemplate(source, Scope{})
			var fault *Fault
			if err != nil && (!errors.As(err, &fault) || fault.Code != CodeType) { // a list in a text
				f.Fatal(err)
			}
			if err == nil {
				compiled = append(compiled, tpl)
			}
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		env, err := NewEnv(tengi.Event{Data: data})
		if err != nil {
			return
		}
		env.Workspace = tengi.Workspace{Country: "IS", Language: "is"}
		for _, tpl := range compiled {
			if _, err := tpl.Eval(env); err != nil {
				checkFault(t, tpl.Text(), err)
			}
		}
	})
}
