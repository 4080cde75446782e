package mapping

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/field"
)

func TestCheckSettings(t *testing.T) {
	t.Parallel()
	set := field.Set{
		{Key: "plain", Type: field.Text, Label: "Plain"},
		{Key: "dedupe", Type: field.Text, Label: "Dedupe", Template: true},
		{Key: "object", Type: field.Text, Label: "Object", Template: true},
	}
	for _, c := range []struct {
		name   string
		values map[string]any
		want   []string // path, place
	}{
		{"none given", nil, nil},
		{"right", map[string]any{"dedupe": `{{ data.id }}-{{ header["X-Event"] }}`, "object": "order/{{ data.order.id }}{{ query.x }}"}, nil},
		{"a text", map[string]any{"dedupe": "always the same"}, nil},
		{"what is no template", map[string]any{"plain": "{{ nope"}, nil},
		{"an unknown name", map[string]any{"dedupe": "a{{ date.id }}"}, []string{"dedupe 5"}},
		{"a name of an event", map[string]any{"object": "{{ sale.reference }}"}, []string{"object 4"}},
		{"cut off", map[string]any{"object": "order/{{ data.id"}, []string{"object 7"}},
		{"an unknown function", map[string]any{"dedupe": "{{ data.id }}{{ md5(data.id) }}"}, []string{"dedupe 17"}},
		{"both", map[string]any{"dedupe": "{{ }}", "object": "{{ 1 + }}"}, []string{"dedupe 3", "object 7"}},
		{"a list in a text", map[string]any{"object": "order/{{ [1, 2] }}"}, []string{"object 9"}},
		{"a list alone", map[string]any{"object": "{{ [1, 2] }}"}, []string{"object 3"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			values, faults := set.Parse(c.values)
			if err := faults.Err(); err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, f := range CheckSettings(set, values) {
				got = append(got, fmt.Sprintf("%s %d", f.Path, f.Char))
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A template over a notice makes a text of whatever it names, by itself or among other words.
func TestCompileNotice(t *testing.T) {
	t.Parallel()
	env, err := NewEnv(tengi.Event{Data: []byte(`{"id": 7, "ok": true, "none": null}`)})
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{"{{ data.id }}": "7", "{{ data.ok }}": "true", "n{{ data.id }}": "n7", "{{ data.none }}": "", "x": "x"} {
		template, err := CompileNotice(text)
		if err != nil {
			t.Fatal(err)
		}
		got, err := template.Eval(env)
		if err != nil || got != any(want) {
			t.Errorf("%s: %v, %v; want the text %q", text, got, err, want)
		}
	}
}
