package http

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// object makes a JSON object of named texts: "customer.name" stands inside customer, and what follows a colon says what a text stands for: number,
// bool or json. An empty text that stands for one of these is null.
func object(fields map[string]string, mark func(string) string) (map[string]any, error) {
	root := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		path, kind, _ := strings.Cut(name, ":")
		value, ok := typed(mark(fields[name]), kind)
		if !ok {
			return nil, refuse("field", "fields."+name, fmt.Sprintf("what was filled in for the field %q is not a %s", path, kind))
		}
		if !place(root, strings.Split(path, "."), value) {
			return nil, refuse("field", "fields."+name, fmt.Sprintf("the field %q has an empty part in its name, or stands where another one is", path))
		}
	}
	return root, nil
}

// typed is the value a text stands for.
func typed(text, kind string) (any, bool) {
	plain := strings.TrimSpace(text)
	switch {
	case kind == "":
		return text, true
	case plain == "":
		return nil, kind == "number" || kind == "bool" || kind == "json"
	case kind == "number":
		number := json.RawMessage(plain)
		return number, json.Valid(number) && strings.ContainsAny(plain[:1], "-0123456789")
	case kind == "bool":
		return plain == "true", plain == "true" || plain == "false"
	case kind == "json":
		return json.RawMessage(plain), json.Valid([]byte(plain))
	}
	return nil, false
}

// place puts a value into an object, making the objects on the way. It is false where something else stands.
func place(object map[string]any, path []string, value any) bool {
	for _, name := range path[:len(path)-1] {
		if name == "" {
			return false
		}
		if _, there := object[name]; !there {
			object[name] = map[string]any{}
		}
		inner, ok := object[name].(map[string]any)
		if !ok {
			return false
		}
		object = inner
	}
	last := path[len(path)-1]
	if _, there := object[last]; there || last == "" {
		return false
	}
	object[last] = value
	return true
}
