package field

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/tengi/tengi/money"
)

// Decode reads what [Set.Encode] wrote, and nothing else: every key a field, every value of its field's type and form, no key twice, nothing behind.
// It does not check bounds, options and the like again, so values once frozen stay readable when the declaration becomes stricter.
// The error names the path and never a value.
func (s Set) Decode(data json.RawMessage) (Values, error) {
	object, err := ReadJSON(data)
	if err != nil {
		return nil, fmt.Errorf("decode values: %w", err)
	}
	return s.decode(object, "")
}

func (s Set) decode(object map[string]any, path string) (Values, error) {
	values := make(Values, len(object))
	for _, key := range slices.Sorted(maps.Keys(object)) { // so that the same fault comes first every time
		f, ok := s.field(key)
		if !ok {
			return nil, fmt.Errorf("decode %s: the set has no such field", path+ShownName(key))
		}
		value, err := f.decode(object[key], path+key)
		if err != nil {
			return nil, err
		}
		values[key] = value
	}
	return values, nil
}

func (f *Field) decode(x any, path string) (any, error) {
	switch x := x.(type) {
	case string:
		if value, ok := f.decodeText(x); ok {
			return value, nil
		}
	case bool:
		if f.Type == Bool {
			return x, nil
		}
	case json.Number:
		if n, err := strconv.ParseInt(string(x), 10, 64); err == nil && f.Type == Int {
			return n, nil
		}
	case []any:
		if f.Type == List {
			return f.decodeRows(x, path)
		}
	case map[string]any:
		switch f.Type {
		case Group:
			return f.Children.decode(x, path+".")
		case Pairs:
			if pairs, ok := decodePairs(x); ok {
				return pairs, nil
			}
		}
	}
	return nil, fmt.Errorf("decode %s: not a stored value of type %s", path, f.Type)
}

// decodeText reads the types that are stored as texts.
func (f *Field) decodeText(text string) (any, bool) {
	switch {
	case f.isText():
		return text, true
	case f.isDecimal():
		d, err := money.ParseDecimal(text)
		return d, err == nil
	case f.Type == DateTime:
		t, err := time.Parse(time.RFC3339Nano, text)
		if err != nil {
			return nil, false
		}
		return stamp(t)
	}
	return nil, false
}

func (f *Field) decodeRows(rows []any, path string) (any, error) {
	values := make([]Values, len(rows))
	for i, x := range rows {
		at := path + "[" + strconv.Itoa(i) + "]"
		row, ok := x.(map[string]any)
		if !ok {
			return nil, fmt.Errorf("decode %s: not a row of fields", at)
		}
		var err error
		if values[i], err = f.Children.decode(row, at+"."); err != nil {
			return nil, err
		}
	}
	return values, nil
}

func decodePairs(entries map[string]any) (any, bool) {
	pairs := make(map[string]string, len(entries))
	for name, x := range entries {
		text, ok := x.(string)
		if !ok {
			return nil, false
		}
		pairs[name] = text
	}
	return pairs, true
}

// maxDepth bounds how deep stored JSON nests: no set comes near it.
const maxDepth = 32

// ReadJSON reads one JSON object for [Set.Parse]. Unlike encoding/json by itself it takes numbers as they are written, as json.Number, and
// refuses invalid UTF-8, a key that stands twice, more than 32 levels, and anything behind the object. Its errors repeat no value.
func ReadJSON(data []byte) (map[string]any, error) {
	if !utf8.Valid(data) {
		return nil, errors.New("not valid UTF-8")
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	var x any
	if err := dec.Decode(&x); err != nil {
		return nil, errSyntax
	}
	// A key that stands twice leaves one member of two. Then, and where the nesting is deep, reading token by token tells what is wrong and where.
	if colons, depth := outline(data); colons != members(x) || depth > maxDepth {
		dec = json.NewDecoder(bytes.NewReader(data))
		dec.UseNumber()
		var err error
		if x, err = readValue(dec, 0); err != nil {
			return nil, err
		}
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the JSON object")
	}
	object, ok := x.(map[string]any)
	if !ok {
		return nil, errors.New("not a JSON object")
	}
	return object, nil
}

// outline counts the colons of valid JSON that stand outside of texts, and how deep it nests. What follows the value is counted as well.
func outline(data []byte) (colons, depth int) {
	level, text := 0, false
	for i := 0; i < len(data); i++ {
		switch c := data[i]; {
		case c == '\\': // only inside texts
			i++
		case c == '"':
			text = !text
		case text:
		case c == ':':
			colons++
		case c == '{', c == '[':
			level++
			depth = max(depth, level)
		case c == '}', c == ']':
			level--
		}
	}
	return colons, depth
}

// members counts the members of all objects in a decoded value.
func members(x any) int {
	n := 0
	switch x := x.(type) {
	case map[string]any:
		n = len(x)
		for _, member := range x {
			n += members(member)
		}
	case []any:
		for _, item := range x {
			n += members(item)
		}
	}
	return n
}

// errSyntax stands for the decoder's own errors, whose texts may quote what they read.
var errSyntax = errors.New("not valid JSON")

func readValue(dec *json.Decoder, depth int) (any, error) {
	token, err := dec.Token()
	switch {
	case err != nil:
		return nil, errSyntax
	case depth > maxDepth:
		return nil, errors.New("JSON nests too deeply")
	case token == json.Delim('{'):
		return readMembers(dec, depth)
	case token == json.Delim('['):
		return readItems(dec, depth)
	}
	return token, nil
}

func readMembers(dec *json.Decoder, depth int) (any, error) {
	object := map[string]any{}
	for dec.More() {
		token, err := dec.Token()
		if err != nil {
			return nil, errSyntax
		}
		name, _ := token.(string)
		if _, twice := object[name]; twice {
			return nil, fmt.Errorf("the JSON key %s stands twice", ShownName(name))
		}
		if object[name], err = readValue(dec, depth+1); err != nil {
			return nil, err
		}
	}
	if _, err := dec.Token(); err != nil {
		return nil, errSyntax
	}
	return object, nil
}

func readItems(dec *json.Decoder, depth int) (any, error) {
	items := []any{}
	for dec.More() {
		x, err := readValue(dec, depth+1)
		if err != nil {
			return nil, err
		}
		items = append(items, x)
	}
	if _, err := dec.Token(); err != nil {
		return nil, errSyntax
	}
	return items, nil
}
