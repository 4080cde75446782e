package field

import (
	"strings"
	"testing"
)

func TestCheck(t *testing.T) {
	t.Parallel()
	options := []Option{{"a", "A"}, {"b", "B"}}
	kind := Field{Key: "kind", Type: Select, Options: options}
	child := Set{{Key: "a", Type: Text}}
	for _, c := range []struct {
		set  Set
		want string // empty = well formed
	}{
		{nil, ""},
		{Set{{Key: "a", Type: Text}, {Key: "a1_b2", Type: Int}}, ""},
		{Set{{Key: "", Type: Text}}, "field : key must be snake_case"},
		{Set{{Key: "A", Type: Text}}, "snake_case"},
		{Set{{Key: "aB", Type: Text}}, "snake_case"},
		{Set{{Key: "a__b", Type: Text}}, "snake_case"},
		{Set{{Key: "a_", Type: Text}}, "snake_case"},
		{Set{{Key: "1a", Type: Text}}, "snake_case"},
		{Set{{Key: "a.b", Type: Text}}, "snake_case"},
		{Set{{Key: "æði", Type: Text}}, "snake_case"},
		{Set{{Key: strings.Repeat("a", 65), Type: Text}}, "snake_case"},
		{Set{{Key: "a", Type: Text}, {Key: "a", Type: Int}}, "field a: key stands twice"},
		{Set{{Key: "a", Type: "secret"}}, `field a: unknown type "secret"`},
		{Set{{Key: "a"}}, "unknown type"},
		{Set{{Key: "a", Type: Text, Children: child}}, "children"},
		{Set{{Key: "a", Type: List}}, "children"},
		{Set{{Key: "a", Type: Group}}, "children"},
		{Set{{Key: "a", Type: List, Children: Set{{Key: "B", Type: Text}}}}, "field a.B: key must be"},
		{Set{{Key: "a", Type: List, Children: child, Min: "1", Max: "20"}}, ""},
		{Set{{Key: "a", Type: Text, Options: options}}, "options"},
		{Set{{Key: "a", Type: Select}}, "options"},
		{Set{{Key: "a", Type: Select, Options: []Option{{"a", ""}, {"a", ""}}}}, `option "a" stands twice`},
		{Set{{Key: "a", Type: Select, Options: []Option{{"", "None"}}}}, "not one line of text"},
		{Set{{Key: "a", Type: Select, Options: []Option{{" a", "A"}}}}, "not one line of text"},
		{Set{{Key: "a", Type: Text, Pattern: "("}}, "pattern: error parsing regexp"},
		{Set{{Key: "a", Type: Text, Pattern: "a)(b"}}, "pattern: error parsing regexp"}, // would close our own bracket
		{Set{{Key: "a", Type: Int, Pattern: `\d`}}, "a int has no pattern"},
		{Set{{Key: "a", Type: Amount, Min: "-0.5", Max: "1"}}, ""},
		{Set{{Key: "a", Type: Int, Min: "x"}}, "bounds must be numbers"},
		{Set{{Key: "a", Type: Int, Min: "5", Max: "4"}}, "min is above max"},
		{Set{{Key: "a", Type: Int, Max: "-5"}}, ""},
		{Set{{Key: "a", Type: Text, Min: "5", Max: "4"}}, "min is above max"},
		{Set{{Key: "a", Type: Text, Max: "1.5"}}, "bounds must be whole numbers"},
		{Set{{Key: "a", Type: Text, Min: "-1"}}, "bounds must be whole numbers"},
		{Set{{Key: "a", Type: Text, Max: "20000"}}, ""},
		{Set{{Key: "a", Type: Date, Min: "2026-02-30"}}, "bounds must be dates"},
		{Set{{Key: "a", Type: Date, Min: "2026-02-02", Max: "2026-02-01"}}, "min is after max"},
		{Set{{Key: "a", Type: Date, Max: "2026-02-01"}}, ""},
		{Set{{Key: "a", Type: Bool, Min: "1"}}, "a bool has no bounds"},
		{Set{{Key: "a", Type: Int, Default: "x"}}, "its default is not a value of it"},
		{Set{{Key: "a", Type: Int, Default: "5", Max: "4"}}, "default: must be at most 4"},
		{Set{{Key: "a", Type: Int, Default: "{{ x }}"}}, ""},
		{Set{{Key: "a", Type: Amount, Default: "1.000"}}, "can be read in two ways"},
		{Set{{Key: "a", Type: Bool, Default: "true"}}, ""},
		{Set{{Key: "a", Type: Pairs, Default: "x"}}, "its default is not a value of it"},
		{Set{{Key: "a", Type: List, Children: child, Default: "{{ sale.lines }}"}}, ""},
		{Set{{Key: "a", Type: Text, Default: " "}}, "its default is not a value of it"},
		{Set{{Key: "a", Type: Text, Secret: true, Default: "sesame"}}, "a secret has no default"},
		{Set{{Key: "a", Type: Email, Example: "anna"}}, "example: must be one e-mail address"},
		{Set{{Key: "a", Type: Text, Pattern: "x", Example: "y"}}, "example: does not have the right form"},
		{Set{{Key: "a", Type: Pairs, Example: "X-Key: abc"}}, ""},
		{Set{kind, {Key: "x", Type: Text, DependsOn: &Condition{"kind", []string{"a"}}}}, ""},
		{Set{kind, {Key: "x", Type: Text, DependsOn: &Condition{"kind", []string{"c"}}}}, `depends on kind being "c"`},
		{Set{kind, {Key: "x", Type: Text, DependsOn: &Condition{"knd", []string{"a"}}}}, `depends on "knd"`},
		{Set{kind, {Key: "x", Type: Text, DependsOn: &Condition{"x", []string{"a"}}}}, `depends on "x"`},
		{Set{kind, {Key: "x", Type: Text, DependsOn: &Condition{"kind", nil}}}, "depends on no value of kind"},
		{Set{{Key: "on", Type: Bool}, {Key: "x", Type: Text, DependsOn: &Condition{"on", []string{"yes"}}}}, "is written true"},
		{Set{{Key: "n", Type: VAT}, {Key: "x", Type: Text, DependsOn: &Condition{"n", []string{"0.0"}}}}, "is written 0"},
		{Set{
			{Key: "a", Type: Text, DependsOn: &Condition{"b", []string{"x"}}},
			{Key: "b", Type: Text, DependsOn: &Condition{"c", []string{"x"}}},
			{Key: "c", Type: Text, DependsOn: &Condition{"a", []string{"x"}}},
		}, "field a: depends on itself by way of b"},
		{Set{
			{Key: "a", Type: Text, DependsOn: &Condition{"b", []string{"x"}}},
			{Key: "b", Type: Text, DependsOn: &Condition{"c", []string{"x"}}},
		}, `field b: depends on "c"`},
	} {
		err := c.set.Check()
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%+v: %v, want %q", c.set, err, c.want)
		}
	}
	err := Set{{Key: "A", Type: Text, Min: "x"}, {Key: "b", Type: Select}}.Check()
	if err == nil || strings.Count(err.Error(), "\n") != 2 {
		t.Errorf("not everything that is wrong is said: %v", err)
	}
}
