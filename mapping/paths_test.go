package mapping

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/field"
	"github.com/tengi/tengi/internal/testutil"
)

func listed(paths []Path) string {
	var b strings.Builder
	for _, p := range paths {
		fmt.Fprintf(&b, "%s [%s] %s: %q\n", p.Path, p.Label, p.Kind, p.Text)
	}
	return b.String()
}

func TestPaths(t *testing.T) {
	t.Parallel()
	env := sample(t)
	testutil.Golden(t, "paths", []byte(listed(Paths(everything, env))+"\nrows of sale.lines\n"+listed(RowPaths(everything, env, "{{ sale.lines }}"))+
		"\nrows of data.items\n"+listed(RowPaths(everything, env, "data.items"))))
}

// Every path that is offered can be put into a template, is read as a chip, and gives the text beside it.
func TestPathsCanBePutIn(t *testing.T) {
	t.Parallel()
	env := sample(t)
	odd, err := NewEnv(tengi.Event{Data: []byte(`{"Booking number": "B-1", "Сума (грн)": 5, "שם": "x", "a\"b\\c": 1, "{{}}": 2, "sale": 3, "in": 4, "": 5, "\u200fx": 6, "list": [[1, 2], {"a b": 1}], "not": {"or": 1}}`)})
	if err != nil {
		t.Fatal(err)
	}
	declared := Scope{Data: field.Set{{Key: "code", Type: field.Text, Label: "Code"}, {Key: "rows", Type: field.List, Label: "Rows", Children: field.Set{{Key: "n", Type: field.Int, Label: "N"}}}}}
	said, err := NewEnv(tengi.Event{Data: []byte(`{"code": "C", "rows": [{"n": "7"}]}`)})
	if err != nil {
		t.Fatal(err)
	}
	odd.Workspace.TimeZone, said.Workspace.TimeZone = "UTC", "UTC"
	for _, c := range []struct {
		scope Scope
		env   *Env
		least int
	}{{everything, env, 60}, {Scope{}, odd, 20}, {declared, said, 10}, {everything, nil, 40}} {
		paths := Paths(c.scope, c.env)
		if len(paths) < c.least {
			t.Errorf("only %d paths", len(paths))
		}
		for _, p := range paths {
			parts, fault := Parts("a" + Insertion(p.Path) + "b")
			if fault != nil || len(parts) != 3 || parts[1].Kind != PathPart || parts[1].Path != p.Path {
				t.Errorf("%s is read as %+v, %v", p.Path, parts, fault)
				continue
			}
			text := "x" + Insertion(p.Path)
			if p.Kind == "list" {
				text = "x{{ count(" + p.Path + ") }}"
			}
			tpl, err := CompileTemplate(text, c.scope)
			if err != nil {
				t.Errorf("%s: %v", p.Path, err)
				continue
			}
			if c.env == nil {
				continue
			}
			if p.Kind == "list" && p.Text == "" {
				continue
			}
			got, err := tpl.Eval(c.env)
			if err != nil || got != "x"+p.Text {
				t.Errorf("%s gives %v, %v; it is said to be %q", p.Path, got, err, p.Text)
			}
		}
	}
}

// Data may be of any size; a list of paths is not.
func TestPathsAreBounded(t *testing.T) {
	t.Parallel()
	var wide, deep strings.Builder
	for i := range 3000 {
		fmt.Fprintf(&wide, `"k%d": 1,`, i)
	}
	deep.WriteString(strings.Repeat(`{"a":`, 100) + `1` + strings.Repeat(`}`, 100))
	for _, data := range []string{"{" + wide.String() + `"last": "` + strings.Repeat("ü", 5000) + `"}`, deep.String(), `[1, 2]`, `"text"`, `null`, ``} {
		env, err := NewEnv(tengi.Event{Data: []byte(data)})
		if err != nil {
			t.Fatal(err)
		}
		paths := Paths(Scope{}, env)
		if len(paths) > maxPaths || len(paths) == 0 {
			t.Errorf("%d paths", len(paths))
		}
		for _, p := range paths {
			if characters(p.Text) > maxPathText+1 || strings.Count(p.Path, ".a") > maxPathDepth {
				t.Errorf("%s: %d characters", p.Path, characters(p.Text))
			}
		}
	}
}
