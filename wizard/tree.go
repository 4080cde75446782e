package wizard

import (
	"maps"
	"slices"
	"strconv"

	"github.com/tengi/tengi/field"
	"github.com/tengi/tengi/mapping"
)

// tree brings the previews of a mapping into the shape of the form.
type tree struct {
	previews map[string]mapping.Preview
	strays   []Fault
	bench    bench
}

func newTree(input field.Set, _ map[string]any, previews []mapping.Preview, b bench) *tree {
	t := &tree{previews: map[string]mapping.Preview{}, bench: b}
	for _, p := range previews {
		t.previews[p.Path] = p
		if _, known := input.Lookup(p.Path); p.Fault != nil && !known && !withinPairs(input, p.Path) {
			t.strays = append(t.strays, Fault{Path: p.Path, Char: p.Fault.Char, Code: p.Fault.Code, Message: p.Fault.Message})
		}
	}
	return t
}

// withinPairs says whether a path is that of an entry of pairs.
func withinPairs(input field.Set, path string) bool {
	for i := range path {
		if path[i] == '.' {
			if f, ok := input.Lookup(path[:i]); ok && f.Type == field.Pairs {
				return true
			}
		}
	}
	return false
}

// fields describes a set. given is what the user has said of it, filled whether the sample fills it at all.
func (t *tree) fields(set field.Set, path string, given map[string]any, filled bool) []Field {
	var list []Field
	for _, f := range set {
		list = append(list, t.one(f, path+f.Key, given, filled))
	}
	return list
}

// one describes a field.
func (t *tree) one(f field.Field, path string, given map[string]any, filled bool) Field {
	p, described := t.previews[path]
	said, isGiven := given[f.Key]
	shown := Field{Field: f, Path: path, Template: p.Template, Default: p.Default, Given: isGiven, Text: p.Text}
	shown.Hidden = filled && !described && f.DependsOn != nil && t.bench.env != nil
	if shown.Hidden || !described { // it is not filled: what it would be filled from is shown all the same
		shown.Template, shown.Default = source(f, said, isGiven), !isGiven && f.Default != ""
	}
	if p.Fault != nil {
		shown.Fault = &Fault{Path: path, Char: p.Fault.Char, Code: p.Fault.Code, Message: p.Fault.Message}
	}
	switch f.Type {
	case field.List:
		t.list(&shown, said)
	case field.Group:
		inner, _ := said.(map[string]any)
		shown.Children = t.fields(f.Children, path+".", inner, described)
	case field.Pairs:
		t.entries(&shown, said)
	}
	return shown
}

// source is what a field that is not filled would be filled from.
func source(f field.Field, said any, isGiven bool) string {
	if !isGiven {
		return f.Default
	}
	text, _ := said.(string)
	return text
}

// list describes the columns of a list, or its rows when they are written out.
func (t *tree) list(shown *Field, said any) {
	if rows, ok := said.([]any); ok {
		shown.Written, shown.Rows = true, len(rows)
		for i, row := range rows {
			columns, _ := row.(map[string]any)
			shown.Children = append(shown.Children, t.fields(shown.Field.Children, shown.Path+"["+strconv.Itoa(i)+"].", columns, true)...)
		}
		return
	}
	columns, _ := said.(map[string]any)
	if each, ok := columns["each"].(string); ok {
		shown.Template = each
	}
	if shown.Template == "" && said == nil && !shown.Given {
		shown.Template = shown.Field.Default
	}
	for row := 0; ; row++ {
		if _, ok := t.previews[shown.Path+"["+strconv.Itoa(row)+"]."+shown.Field.Children[0].Key]; !ok {
			break
		}
		shown.Rows = row + 1
	}
	shown.Row = mapping.RowPaths(t.bench.scope, t.bench.env, shown.Template)
	shown.Children = t.fields(shown.Field.Children, shown.Path+".", columns, shown.Rows > 0)
	for i := range shown.Children { // what is wrong in the first row is wrong with the column
		if c := &shown.Children[i]; c.Fault == nil {
			first := t.previews[shown.Path+"[0]."+c.Key]
			if first.Fault != nil {
				c.Fault = &Fault{Path: first.Path, Char: first.Fault.Char, Code: first.Fault.Code, Message: first.Fault.Message}
			}
		}
	}
}

// entries describes the entries of pairs.
func (t *tree) entries(shown *Field, said any) {
	values, ok := said.(map[string]any)
	if !ok {
		return
	}
	shown.Template, shown.Text = "", ""
	for _, name := range slices.Sorted(maps.Keys(values)) {
		at := shown.Path + "." + name
		p := t.previews[at]
		entry := Field{Field: field.Field{Key: name, Type: field.Text, Label: name}, Path: at, Template: p.Template, Given: true, Text: p.Text}
		if p.Fault != nil {
			entry.Fault = &Fault{Path: at, Char: p.Fault.Char, Code: p.Fault.Code, Message: p.Fault.Message}
		}
		shown.Children = append(shown.Children, entry)
	}
}
