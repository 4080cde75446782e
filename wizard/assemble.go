package wizard

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/field"
)

// Entry is what somebody wrote into one field of a form: "description", "lines.text" for a column, "lines" for where its rows come from, "lines[0].text" in a
// row that is written out, "customer.email" in a group, "headers.X-Shop" in pairs.
type Entry struct {
	Path     string
	Template string
}

// Assemble makes what SetFields takes of the entries of a form. A field without an entry takes its default; one with an empty text stays empty on purpose.
// Entries of fields that the action does not have are left out.
func Assemble(input field.Set, entries []Entry) map[string]any {
	fields := map[string]any{}
	for _, e := range entries {
		root, _ := cutPath(e.Path)
		if f, ok := input.Lookup(root); ok && known(f, e.Path) {
			fields[root] = put(f, fields[root], e.Path, e.Template)
		}
	}
	return fields
}

// known says whether a path leads to something inside a field.
func known(f field.Field, path string) bool {
	_, rest := cutPath(path)
	switch f.Type {
	case field.Pairs:
		return true
	case field.List:
		if strings.HasPrefix(rest, "[") {
			_, rest = cutIndex(rest)
		}
	case field.Group:
	default:
		return rest == ""
	}
	if rest == "" {
		return true
	}
	part, _ := cutPath(rest)
	child, ok := f.Children.Lookup(part)
	return ok && known(child, rest)
}

// put puts a template into what a field is given.
func put(f field.Field, given any, path, template string) any {
	_, rest := cutPath(path)
	if rest == "" {
		if columns, ok := given.(map[string]any); ok && f.Type == field.List { // where the rows come from, beside the columns that are there
			return with(columns, "each", template)
		}
		return template
	}
	if f.Type == field.List && strings.HasPrefix(rest, "[") {
		i, inner := cutIndex(rest)
		rows, _ := given.([]any)
		rows = slices.Clone(rows)
		for len(rows) <= i {
			rows = append(rows, map[string]any{})
		}
		row, _ := rows[i].(map[string]any)
		rows[i] = inside(f, row, inner, template)
		return rows
	}
	columns, ok := given.(map[string]any)
	if each, isText := given.(string); isText && !ok && f.Type == field.List {
		columns = map[string]any{"each": each}
	}
	if f.Type == field.Pairs {
		return with(columns, rest, template)
	}
	return inside(f, columns, rest, template)
}

// inside puts a template into one of the fields inside a field.
func inside(f field.Field, given map[string]any, rest, template string) map[string]any {
	key, _ := cutPath(rest)
	child, ok := f.Children.Lookup(key)
	if !ok {
		return with(given, key, template) // the mapping says that there is no such field
	}
	return with(given, key, put(child, given[key], rest, template))
}

// with is a copy of a map with one value more.
func with(m map[string]any, key string, value any) map[string]any {
	fresh := maps.Clone(m)
	if fresh == nil {
		fresh = map[string]any{}
	}
	fresh[key] = value
	return fresh
}

// cutPath takes the first name off a path; what is left begins with a bracket or a name.
func cutPath(path string) (name, rest string) {
	end := strings.IndexAny(path, ".[")
	if end < 0 {
		return path, ""
	}
	return path[:end], strings.TrimPrefix(path[end:], ".")
}

// maxWritten is how many rows a form may write out.
const maxWritten = 200

// cutIndex takes the number of a row off a path.
func cutIndex(path string) (int, string) {
	number, rest, _ := strings.Cut(strings.TrimPrefix(path, "["), "]")
	i, err := strconv.Atoi(number)
	if err != nil || i < 0 || i >= maxWritten {
		i = 0
	}
	return i, strings.TrimPrefix(rest, ".")
}

// SetField sets what one field of a step is filled from and leaves the others as they are.
func (w *Wizard) SetField(d *Draft, key, path, template string) ([]Fault, error) {
	s, f, err := w.fieldOf(d, key, path)
	if err != nil {
		return nil, err
	}
	return w.SetFields(d, key, with(s.Fields, f.Key, put(f, s.Fields[f.Key], path, template)))
}

// ResetField has one field of a step, with all that is inside it, take the action's default again.
func (w *Wizard) ResetField(d *Draft, key, path string) ([]Fault, error) {
	s, f, err := w.fieldOf(d, key, path)
	if err != nil {
		return nil, err
	}
	fields := maps.Clone(s.Fields)
	delete(fields, f.Key)
	return w.SetFields(d, key, fields)
}

// fieldOf finds the field that a path leads into.
func (w *Wizard) fieldOf(d *Draft, key, path string) (*tengi.Step, field.Field, error) {
	_, a, ok := w.action(*d, key)
	if !ok {
		return nil, field.Field{}, ErrNoStep
	}
	root, _ := cutPath(path)
	f, ok := a.Input.Lookup(root)
	if !ok || !known(f, path) {
		return nil, field.Field{}, ErrNoStep
	}
	s, _ := d.step(key)
	return s, f, nil
}
