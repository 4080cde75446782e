package field

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestJSONSchemaGolden(t *testing.T) {
	t.Parallel()
	data, err := json.MarshalIndent(everything.JSONSchema(), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "schema.golden", string(data)+"\n")
}

func TestMarkdownGolden(t *testing.T) {
	t.Parallel()
	text := everything.Markdown()
	golden(t, "docs.golden", text)
	for i, line := range strings.Split(strings.TrimSpace(text), "\n") {
		if cells := strings.Count(strings.ReplaceAll(line, `\|`, ""), "|"); cells != 6 {
			t.Errorf("line %d has %d bars: %s", i+1, cells, line)
		}
	}
	s := Set{{Key: "a", Type: Text, Label: "A", Secret: true, Example: "sesame", Default: "sesame"}, {Key: "b", Type: Text, Label: "B", Default: "`x|y`"}}
	if text := s.Markdown(); strings.Contains(text, "sesame") || !strings.Contains(text, "`` `x\\|y` ``") {
		t.Error(text)
	}
}

func TestKeys(t *testing.T) {
	t.Parallel()
	golden(t, "keys.golden", strings.Join(everything.Keys("payday"), "\n")+"\n")
	s := Set{{Key: "a", Type: Text}, {Key: "b", Type: Text, Label: "B"}}
	if got := s.Keys(""); !slices.Equal(got, []string{"b.label"}) {
		t.Errorf("keys without a prefix: %v", got)
	}
}

// violation holds a JSON value against a schema, as far as the keywords go that JSONSchema uses; any other keyword is a violation, so the test
// cannot overlook one. It is empty when the value fits.
func violation(schema map[string]any, x any) string {
	object, isObject := x.(map[string]any)
	number, isNumber := x.(float64)
	text, isText := x.(string)
	list, isList := x.([]any)
	for keyword, rule := range schema {
		limit, _ := rule.(float64)
		bad := false
		switch keyword {
		case "$schema", "title", "description", "writeOnly", "default", "examples", "format":
		case "type":
			bad = !hasType(rule, x)
		case "enum":
			bad = !slices.Contains(rule.([]any), x)
		case "pattern":
			bad = isText && !regexp.MustCompile(rule.(string)).MatchString(text)
		case "minLength":
			bad = isText && utf8.RuneCountInString(text) < int(limit)
		case "maxLength":
			bad = isText && utf8.RuneCountInString(text) > int(limit)
		case "minimum":
			bad = isNumber && number < limit
		case "maximum":
			bad = isNumber && number > limit
		case "minItems":
			bad = isList && len(list) < int(limit)
		case "maxItems":
			bad = isList && len(list) > int(limit)
		case "minProperties":
			bad = isObject && len(object) < int(limit)
		case "maxProperties":
			bad = isObject && len(object) > int(limit)
		case "required":
			for _, key := range rule.([]any) {
				_, has := object[key.(string)]
				bad = bad || isObject && !has
			}
		case "properties":
			for key, inner := range rule.(map[string]any) {
				if value, has := object[key]; has {
					if v := violation(inner.(map[string]any), value); v != "" {
						return key + "." + v
					}
				}
			}
		case "additionalProperties":
			for key, value := range object {
				known, _ := schema["properties"].(map[string]any)
				if inner, ok := rule.(map[string]any); ok {
					bad = bad || violation(inner, value) != ""
				} else if _, has := known[key]; !has {
					bad = true
				}
			}
		case "items":
			for _, item := range list {
				if v := violation(rule.(map[string]any), item); v != "" {
					return v
				}
			}
		case "allOf":
			for _, inner := range rule.([]any) {
				if v := violation(inner.(map[string]any), x); v != "" {
					return v
				}
			}
		case "if":
			if then := schema["then"].(map[string]any); violation(rule.(map[string]any), x) == "" {
				if v := violation(then, x); v != "" {
					return v
				}
			}
		case "then":
		default:
			bad = true
		}
		if bad {
			return fmt.Sprintf("%s: %v", keyword, x)
		}
	}
	return ""
}

func hasType(rule, x any) bool {
	if several, ok := rule.([]any); ok {
		return slices.ContainsFunc(several, func(one any) bool { return hasType(one, x) })
	}
	switch x := x.(type) {
	case string:
		return rule == "string"
	case bool:
		return rule == "boolean"
	case float64:
		return rule == "number" || rule == "integer" && x == float64(int64(x))
	case []any:
		return rule == "array"
	case map[string]any:
		return rule == "object"
	}
	return false
}

// asJSON is a value as a JSON reader sees it.
func asJSON[T any](t interface{ Fatal(...any) }, x any) T {
	data, err := json.Marshal(x)
	if err != nil {
		t.Fatal(err)
	}
	var out T
	if err := json.Unmarshal(data, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestSchemaTakesWhatParseTakes(t *testing.T) {
	t.Parallel()
	schema := asJSON[map[string]any](t, everything.JSONSchema())
	rapid.Check(t, func(t *rapid.T) {
		raw := map[string]any{"name": "Anna", "email": "anna@example.is"}
		for key, samples := range map[string][]any{
			"days": {0, 90, 14}, "quantity": {"1.5", 2, "-3"}, "amount": {"24900", 0, 1.5}, "currency": {"ISK"}, "vat": {"0", 24, "25.5"}, "day": {"2026-11-22"},
			"at": {"2026-11-22T14:30:00Z"}, "phone": {"+354 555 1234"}, "site": {"https://example.is"}, "send": {true, false}, "kind": {"invoice", "30"},
			"code": {"AB", "123"}, "token": {"12345678"}, "headers": {map[string]any{"a": "b"}}, "notes": {"a\nb"},
			"customer": {map[string]any{"company": false}, map[string]any{"company": true, "tax_id": "1"}},
			"lines":    {[]any{map[string]any{"text": "a", "amount": "1"}}},
		} {
			if rapid.Bool().Draw(t, key) {
				raw[key] = rapid.SampledFrom(samples).Draw(t, key+" value")
			}
		}
		if rapid.Bool().Draw(t, "receipt") {
			raw["kind"], raw["reason"] = "receipt", "because"
		}
		values, faults := everything.Parse(raw)
		if faults != nil {
			t.Fatal(faults)
		}
		if v := violation(schema, asJSON[any](t, raw)); v != "" {
			t.Fatalf("the schema refuses what Parse takes: %s", v)
		}
		encoded, err := everything.Encode(values)
		if err != nil {
			t.Fatal(err)
		}
		if v := violation(schema, asJSON[any](t, encoded)); v != "" {
			t.Fatalf("the schema refuses parsed values: %s", v)
		}
	})
}

func TestSchemaRefusesWhatParseRefuses(t *testing.T) {
	t.Parallel()
	schema := asJSON[map[string]any](t, everything.JSONSchema())
	for _, data := range []string{
		`{}`, `{"name":""}`, `{"name":"A"}`, `{"name":5}`, `{"name":"Anna","colour":1}`, `{"name":"Anna","days":91}`, `{"name":"Anna","days":1.5}`,
		`{"name":"Anna","amount":"x"}`, `{"name":"Anna","amount":-1}`, `{"name":"Anna","vat":2400}`, `{"name":"Anna","currency":"isk."}`,
		`{"name":"Anna","send":"maybe"}`, `{"name":"Anna","kind":"x"}`, `{"name":"Anna","kind":"receipt"}`, `{"name":"Anna","code":"ABC"}`,
		`{"name":"Anna","token":"short"}`, `{"name":"Anna","headers":{"a":"1","b":"2","c":"3","d":"4"}}`, `{"name":"Anna","headers":{"a":{}}}`,
		`{"name":"Anna","customer":{"company":true}}`, `{"name":"Anna","customer":{"x":1}}`, `{"name":"Anna","lines":[{"text":"a"}]}`,
		`{"name":"Anna","lines":[{"text":"","amount":1}]}`, `{"name":"Anna","lines":[{"text":"a","amount":-1001}]}`, `{"name":"Anna","lines":{"a":1}}`,
		`{"name":"Anna","lines":[{},{},{},{},{},{}]}`,
	} {
		var x any
		if err := json.Unmarshal([]byte(data), &x); err != nil {
			t.Fatal(err)
		}
		raw, err := ReadJSON([]byte(data))
		if err != nil {
			t.Fatal(err)
		}
		raw["email"] = "anna@example.is" // its default is a template, which only a mapping renders
		if _, faults := everything.Parse(raw); faults == nil {
			t.Errorf("Parse takes %s", data)
		}
		if violation(schema, x) == "" {
			t.Errorf("the schema takes %s", data)
		}
	}
}

func TestSchemaConditions(t *testing.T) {
	t.Parallel()
	s := Set{
		{Key: "auth", Type: Select, Options: []Option{{"none", ""}, {"token", ""}}, Default: "token"},
		{Key: "own", Type: Bool, DependsOn: &Condition{"auth", []string{"token"}}},
		{Key: "token", Type: Text, Required: true, DependsOn: &Condition{"own", []string{"true"}}},
		{Key: "days", Type: Int},
		{Key: "why", Type: Text, Required: true, DependsOn: &Condition{"days", []string{"30"}}},
		{Key: "quiet", Type: Text, Required: true, DependsOn: &Condition{"loud", []string{"false"}}},
		{Key: "loud", Type: Bool},
	}
	if err := s.Check(); err != nil {
		t.Fatal(err)
	}
	schema := asJSON[map[string]any](t, s.JSONSchema())
	for _, raw := range []map[string]any{
		{"loud": true}, {}, {"loud": false}, {"loud": false, "quiet": "x"},
		{"loud": true, "own": true}, {"loud": true, "own": true, "token": "x"}, {"loud": true, "auth": "none", "own": true}, {"loud": true, "auth": "token", "own": false},
		{"loud": true, "days": 30}, {"loud": true, "days": 30, "why": "x"}, {"loud": true, "days": 31},
	} {
		_, faults := s.Parse(raw)
		if v := violation(schema, asJSON[any](t, raw)); (v == "") != (faults == nil) {
			t.Errorf("%v: the schema says %q, Parse says %v", raw, v, faults)
		}
	}
}
