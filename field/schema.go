package field

import (
	"encoding/json"
	"slices"
	"strconv"

	"github.com/tengi/tengi/money"
)

// decimalPattern is how decimals are written in JSON texts.
const decimalPattern = `^[+-]?[0-9]+(\.[0-9]+)?$`

// JSONSchema describes raw values of the set in JSON Schema, draft 2020-12 (https://json-schema.org/draft/2020-12), for OpenAPI and editors. It
// describes the form that machines should send; Parse takes more kinds of writing. Secrets are writeOnly. A required field that has a default
// need not be sent and so is not required here; one that depends on another is required when the condition holds.
func (s Set) JSONSchema() map[string]any {
	schema := s.object()
	schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	return schema
}

// object is the schema of one level: a set, a row, a group.
func (s Set) object() map[string]any {
	properties := map[string]any{}
	var required []string
	var conditions []any
	for _, f := range s {
		properties[f.Key] = f.schema()
		switch {
		case !f.Required || f.Default != "":
		case f.DependsOn == nil:
			required = append(required, f.Key)
		default:
			conditions = append(conditions, map[string]any{
				"if":   map[string]any{"allOf": s.conditions(&f)},
				"then": map[string]any{"required": []string{f.Key}},
			})
		}
	}
	schema := map[string]any{"type": "object", "properties": properties, "additionalProperties": false}
	if len(required) > 0 {
		schema["required"] = required
	}
	if len(conditions) > 0 {
		schema["allOf"] = conditions
	}
	return schema
}

// conditions is what must hold for a field to be shown: its own condition and those of the fields it depends on.
func (s Set) conditions(f *Field) []any {
	var all []any
	for range s { // as many as there are fields, should the conditions make a circle
		if f.DependsOn == nil {
			break
		}
		on, ok := s.field(f.DependsOn.Key)
		if !ok {
			break
		}
		condition := map[string]any{"properties": map[string]any{on.Key: map[string]any{"enum": on.jsonValues(f.DependsOn.Values)}}}
		if !slices.Contains(f.DependsOn.Values, on.absent()) {
			condition["required"] = []string{on.Key}
		}
		all = append(all, condition)
		f = on
	}
	return all
}

// absent is what a Condition sees of the field when its key is not given.
func (f *Field) absent() string {
	if f.literal() {
		return f.Default
	}
	if f.Type == Bool {
		return "false"
	}
	return ""
}

// jsonValues turns the values of a Condition into those of the field's JSON type.
func (f *Field) jsonValues(texts []string) []any {
	values := make([]any, len(texts))
	for i, text := range texts {
		values[i] = text
		if f.Type == Bool || f.Type == Int {
			if value, wrong := scalar(f, text); wrong == nil {
				values[i] = value
			}
		}
	}
	return values
}

// schema describes one field.
func (f *Field) schema() map[string]any {
	schema := f.typeSchema()
	for key, text := range map[string]string{"title": f.Label, "description": f.Help} {
		if text != "" {
			schema[key] = text
		}
	}
	if f.Secret {
		schema["writeOnly"] = true
	}
	if f.literal() {
		schema["default"] = f.jsonValues([]string{f.Default})[0]
	}
	if f.Example != "" && !f.Secret {
		schema["examples"] = f.jsonValues([]string{f.Example})
	}
	return schema
}

// typeSchema describes the values of a field's type within its bounds.
func (f *Field) typeSchema() map[string]any {
	schema := map[string]any{"type": "string"}
	switch f.Type {
	case Int:
		schema["type"] = "integer"
		f.numberBounds(schema)
	case Decimal, Amount, VAT:
		// JSON numbers are taken too, but only texts are sure to arrive as they were sent.
		schema["type"] = []string{"string", "number"}
		schema["pattern"] = decimalPattern
		f.numberBounds(schema)
	case Bool:
		schema["type"] = "boolean"
	case Select:
		values := make([]any, len(f.Options))
		for i, option := range f.Options {
			values[i] = option.Value
		}
		schema["enum"] = values
	case Currency:
		schema["pattern"] = "^[A-Z]{3}$"
	case Date:
		schema["format"] = "date"
	case DateTime:
		schema["format"] = "date-time"
	case List:
		schema["type"], schema["items"] = "array", f.Children.object()
		f.countBounds(schema, "minItems", "maxItems", MaxRows)
	case Group:
		return f.Children.object()
	case Pairs:
		schema["type"], schema["additionalProperties"] = "object", map[string]any{"type": "string"}
		f.countBounds(schema, "minProperties", "maxProperties", MaxRows)
	default:
		f.textSchema(schema)
	}
	return schema
}

func (f *Field) textSchema(schema map[string]any) {
	longest := MaxText
	switch f.Type {
	case Email:
		schema["format"], longest = "email", maxEmail
	case URL:
		schema["format"], longest = "uri", maxURL
	}
	f.countBounds(schema, "minLength", "maxLength", longest)
	if f.Pattern != "" {
		schema["pattern"] = "^(?:" + f.Pattern + ")$"
	}
}

// numberBounds states bounds of numbers. They bind numbers only; for decimals sent as texts the schema has no words.
func (f *Field) numberBounds(schema map[string]any) {
	lowest, highest := f.Min, f.Max
	if f.Type == VAT {
		lowest, highest = or(lowest, "0"), or(highest, "100")
	}
	for key, bound := range map[string]string{"minimum": lowest, "maximum": highest} {
		if d, err := money.ParseDecimal(bound); err == nil {
			schema[key] = json.Number(d.String())
		}
	}
}

// countBounds states bounds of lengths and numbers of rows.
func (f *Field) countBounds(schema map[string]any, least, most string, limit int) {
	low, high := f.limits(limit)
	if low == 0 && f.Required {
		low = 1
	}
	if low > 0 {
		schema[least] = json.Number(strconv.Itoa(low))
	}
	schema[most] = json.Number(strconv.Itoa(high))
}
