package mapping

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/tengi/tengi"
)

// eager decodes as encoding/json does, all at once.
func eager(t *testing.T, text []byte) map[string]any {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	var want map[string]any
	if err := dec.Decode(&want); err != nil {
		t.Fatal(err)
	}
	return want
}

// checkDocument compares a document with what encoding/json makes of its text, member by member and whole.
func checkDocument(t *testing.T, text []byte) {
	t.Helper()
	d := newDocument(text)
	trimmed := bytes.TrimLeft(text, " \t\r\n")
	if object := json.Valid(text) && trimmed[0] == '{'; d == nil || !object {
		if (d == nil) == object {
			t.Fatalf("%q: a document %v, an object %v", text, d != nil, object)
		}
		return
	}
	want := eager(t, text)
	got := map[string]any{}
	for i := range d.members { // first as records, of which only members are wanted
		name := d.members[i].name
		switch v := d.record(name).(type) {
		case *document:
			if inner := v.all(); !reflect.DeepEqual(want[name], inner) {
				t.Errorf("%q, the record %s: %v, want %v", text, name, inner, want[name])
			}
			for i := range v.members {
				m := &v.members[i]
				if object, _ := want[name].(map[string]any); !reflect.DeepEqual(object[m.name], v.member(m.name)) {
					t.Errorf("%q, %s.%s: %v", text, name, m.name, v.member(m.name))
				}
			}
		default:
			if !reflect.DeepEqual(want[name], v) {
				t.Errorf("%q, %s: %v, want %v", text, name, v, want[name])
			}
		}
	}
	for i := range d.members {
		got[d.members[i].name] = d.member(d.members[i].name)
	}
	if !reflect.DeepEqual(want, got) { // cmp takes for ever over lists in lists
		t.Errorf("%q, by members: %v, want %v", text, got, want)
	}
	if whole := d.all(); !reflect.DeepEqual(any(want), whole) {
		t.Errorf("%q, whole: %v, want %v", text, whole, want)
	}
	if v := d.member("no such name"); v != want["no such name"] {
		t.Errorf("%q: a name that is not there gives %v", text, v)
	}
}

// documents are texts in which members are hard to tell apart.
var documents = []string{
	`{}`, ` { } `, `{"a":1}`, "{\r\n\t\"a\" : 1.10 ,\n \"b\" : -5e-3 }\n", `{"a":true,"b":false,"c":null}`, `{"a":[],"b":{},"c":[{}],"d":[[1,2],[3]]}`,
	`{"a":"b\"c","d":"\\","e\"f":"{}","g":"]},{["}`, `{"a":1,"a":{"b":2},"\u0061":"last"}`, `{"":0}`, `{"þ":"ð","\u00fe":1,"x":"\ud83d\ude00","y":"\ud800"}`,
	"{\"a\xff\":\"\xff\"}", `{"a":{"b":{"c":[1,{"d":"}"}]}},"e":12345678901234567890.123456789}`,
	`[]`, `5`, `"{}"`, `null`, ``, ` `, `{`, `{"a"`, `{"a":}`, `{"a":1,}`, `{"a":1}{}`, `{"a":1} x`, `{"a":01}`, "{\"a\":\"\n\"}", `{"a" 1}`,
	strings.Repeat(`{"a":`, 11_000) + "1" + strings.Repeat("}", 11_000),
}

func TestDocument(t *testing.T) {
	t.Parallel()
	for _, text := range append(documents, string(paidOrder().Data)) {
		checkDocument(t, []byte(text))
	}
}

func FuzzDocument(f *testing.F) {
	for _, text := range documents[:len(documents)-1] {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) { checkDocument(t, text) })
}

// What is read of a member does not depend on whether the whole was read before, nor on who else reads.
func TestDocumentIsShared(t *testing.T) {
	t.Parallel()
	env, err := NewEnv(paidOrder())
	if err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	for _, c := range []struct{ expression, want string }{
		{`data.customer.address.city`, "Reykjanesbær"},
		{`data["customer"].name`, "Anna Lind"},
		{`join(map(data.lines, .quantity), "")`, "222222"},
		{`data.lines[-1].total`, "24900"},
		{`lookup("status", data)`, "paid"},
		{`data.nothing ?? "none"`, "none"},
		{`data.number.digits ?? "none"`, ""},
	} {
		tpl, err := CompileTemplate("{{ "+c.expression+" }}!", Scope{})
		if err != nil {
			t.Fatal(err)
		}
		for range 4 {
			wait.Go(func() {
				got, err := tpl.Eval(env)
				if c.want == "" {
					if err == nil || !strings.Contains(err.Error(), "data.number.digits stands in text, which has no names inside") {
						t.Errorf("%s: %v, %v", c.expression, got, err)
					}
					return
				}
				if err != nil || got != c.want+"!" {
					t.Errorf("%s: %v, %v", c.expression, got, err)
				}
			})
		}
	}
	wait.Wait()
}

// Data that is no object is read all the same, and data that is set counts before that of the event.
func TestDataThatIsNoObject(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		event, expression, want string
		set                     any
	}{
		{event: `["a","b"]`, expression: `data[1]`, want: "b"},
		{event: ` 24.90`, expression: `data * 2`, want: "49.8"},
		{event: `null`, expression: `data.x ?? "none"`, want: "none"},
		{event: ``, expression: `data.x ?? "none"`, want: "none"},
		{event: `{"x":"event"}`, expression: `data.x`, want: "set", set: map[string]any{"x": "set"}},
		{event: `{"x":"event"}`, expression: `lookup("x", data)`, want: "set", set: map[string]any{"x": "set"}},
	} {
		env, err := NewEnv(tengi.Event{Data: json.RawMessage(c.event)})
		if err != nil {
			t.Fatal(err)
		}
		if c.set != nil {
			env.Data = c.set
		}
		tpl, err := CompileTemplate("{{ "+c.expression+" }}.", Scope{})
		if err != nil {
			t.Fatal(err)
		}
		if got, err := tpl.Eval(env); err != nil || got != c.want+"." {
			t.Errorf("%s of %s: %v, %v", c.expression, c.event, got, err)
		}
	}
}
