package field

import (
	"maps"
	"strconv"
	"strings"
)

// Masked stands where a secret is stored, in forms, exports and API answers. [Set.Parse] refuses it as the value of a secret field.
const Masked = "••••"

// Mask is a copy of raw values that may be shown: every secret that is set becomes [Masked]. Keys that are no fields are masked too, as nobody
// said that they are not secret. Empty secrets stay empty, so a form can tell what is not set.
func (s Set) Mask(raw map[string]any) map[string]any {
	if raw == nil {
		return nil
	}
	shown := make(map[string]any, len(raw))
	for key, x := range raw {
		f, ok := s.field(key)
		if !ok {
			f = &Field{Secret: true}
		}
		shown[key] = f.mask(plain(x))
	}
	return shown
}

// mask hides a value as far as the field is secret.
func (f *Field) mask(x any) any {
	switch {
	case empty(x):
		return x
	case f.Secret:
		entries, ok := x.(map[string]any)
		if f.Type != Pairs || !ok {
			return Masked
		}
		hidden := make(map[string]any, len(entries))
		for name, text := range entries {
			hidden[name] = (&Field{Secret: true}).mask(plain(text))
		}
		return hidden
	case f.Type == List:
		rows, ok := x.([]any)
		if !ok {
			return Masked // not a list as it should be: its secrets cannot be told from the rest
		}
		shown := make([]any, len(rows))
		for i, row := range rows {
			shown[i] = f.maskRow(plain(row))
		}
		return shown
	case f.Type == Group:
		return f.maskRow(x)
	}
	if entries, ok := x.(map[string]any); ok && f.Type == Pairs {
		return maps.Clone(entries)
	}
	switch x.(type) {
	case []any, map[string]any:
		return Masked // not of the field's type, so nobody knows what it holds
	}
	return x
}

// maskRow hides what is secret in one row of a List, or in a Group.
func (f *Field) maskRow(x any) any {
	if row, ok := x.(map[string]any); ok {
		return f.Children.Mask(row)
	}
	if empty(x) {
		return x
	}
	return Masked
}

// Secrets is the paths of the secret fields, those of rows without an index: "secret_key", "lines.token".
func (s Set) Secrets() []string {
	var paths []string
	for _, f := range s {
		if f.Secret {
			paths = append(paths, f.Key)
		}
		for _, path := range f.Children.Secrets() {
			paths = append(paths, f.Key+"."+path)
		}
	}
	return paths
}

// Lookup finds the field of a path, with or without the index of a row: "lines[2].amount", "lines.amount", "customer.email".
func (s Set) Lookup(path string) (Field, bool) {
	key, rest, deeper := strings.Cut(path, ".")
	name, index, indexed := strings.Cut(key, "[")
	f, ok := s.field(name)
	if !ok {
		return Field{}, false
	}
	if indexed {
		number, closed := strings.CutSuffix(index, "]")
		if _, err := strconv.ParseUint(number, 10, 31); err != nil || !closed || f.Type != List {
			return Field{}, false
		}
	}
	if deeper {
		return f.Children.Lookup(rest)
	}
	return *f, true
}

// Defaults is the Default of every field that has one, by key: those of int and bool fields in their Go type unless they are templates, all others
// as text. Defaults of a List's rows are those of its Children.
func (s Set) Defaults() map[string]any {
	defaults := map[string]any{}
	for _, f := range s {
		if f.Default == "" {
			continue
		}
		defaults[f.Key] = f.Default
		if f.literal() && (f.Type == Int || f.Type == Bool) {
			if value, wrong := scalar(&f, f.Default); wrong == nil {
				defaults[f.Key] = value
			}
		}
	}
	return defaults
}
