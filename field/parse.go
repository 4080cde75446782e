package field

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"
)

// template is what a Default contains when it is to be rendered and not to be taken as it stands.
const template = "{{"

// literal says whether the field has a default that is a value and not a template.
func (f *Field) literal() bool { return f.Default != "" && !strings.Contains(f.Default, template) }

// Parse turns raw values, as forms, JSON, YAML and mappings give them, into the Go types that the field types name, and checks them against the
// set: required, bounds, pattern, options, keys that are no fields. It takes texts, bools, numbers (float64, json.Number, every kind of int,
// decimal.Decimal), time.Time, slices and maps.
//
// Nothing is rounded or cut. A float64 is read by its shortest decimal text and refused when that is so long that digits may have been lost before.
// Texts for numbers may be written as people do ("1.234,50"); an Amount that can be read in two ways ("24.900") is refused. One-line texts lose the
// blanks around them, all else is kept as given. An empty value counts as none.
//
// The values that are right come back even when there are faults.
func (s Set) Parse(raw map[string]any) (Values, Faults) {
	var p parser
	values := p.set(s, raw, "")
	return values, p.faults
}

// parser collects the faults of one Parse.
type parser struct {
	faults   Faults
	patterns patterns // compiled before; nil = as they are met
}

func (p *parser) fault(f *Field, path string, wrong *problem) {
	message, readings := wrong.message, wrong.readings
	if f.Secret && wrong.reveals {
		message, readings = "is not of the right form", [2]string{}
	}
	p.faults = append(p.faults, Fault{Path: path, Code: wrong.code, Message: message, Readings: readings})
}

// problem is what a conversion has to say about a value.
type problem struct {
	code, message string
	readings      [2]string
	reveals       bool // the message tells something of the value
}

func (p *parser) set(s Set, raw map[string]any, path string) Values {
	values := make(Values, len(raw))
	for i := range s {
		f := &s[i]
		if !p.shown(s, f, raw, len(s)) {
			continue
		}
		x, given := raw[f.Key]
		if !given && f.literal() {
			x = f.Default
		}
		if value, ok := p.field(f, x, path+f.Key); ok {
			values[f.Key] = value
		}
	}
	p.unknown(s, raw, path)
	return values
}

// Shown says whether a field of the set counts beside the given raw values: whether its condition holds, and that of the field it depends on in turn.
func (s Set) Shown(key string, raw map[string]any) bool {
	f, ok := s.field(key)
	return ok && new(parser).shown(s, f, raw, len(s))
}

// shown says whether the field's condition holds, and that of the field it depends on in turn. left bounds the chain, should it be a circle.
func (p *parser) shown(s Set, f *Field, raw map[string]any, left int) bool {
	if f.DependsOn == nil {
		return true
	}
	on, ok := s.field(f.DependsOn.Key)
	if !ok || left == 0 || !p.shown(s, on, raw, left-1) {
		return false
	}
	x, given := raw[on.Key]
	if !given && on.literal() {
		x = on.Default
	}
	quiet := parser{patterns: p.patterns} // its faults are not this field's
	value, ok := quiet.field(on, x, "")
	if !ok && on.Type == Bool && len(quiet.faults) == 0 {
		value = false // a box that is not ticked is not sent at all
	}
	return slices.Contains(f.DependsOn.Values, conditionText(value))
}

// conditionText is how a Condition writes a value.
func conditionText(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case bool:
		return strconv.FormatBool(v)
	case int64:
		return strconv.FormatInt(v, 10)
	case decimal.Decimal:
		return v.String()
	}
	return ""
}

// field finds the field of a key.
func (s Set) field(key string) (*Field, bool) {
	for i := range s {
		if s[i].Key == key {
			return &s[i], true
		}
	}
	return nil, false
}

// field parses one value. It is false when there is none or it is wrong, which is then among the faults.
func (p *parser) field(f *Field, x any, path string) (any, bool) {
	x = plain(x)
	if empty(x) {
		if f.Required {
			p.fault(f, path, &problem{code: CodeRequired, message: "must not be empty"})
		}
		return nil, false
	}
	if f.Secret && x == Masked {
		p.fault(f, path, &problem{code: CodeType, message: "is the placeholder for a stored secret, not a secret; leave it out to keep the stored one"})
		return nil, false
	}
	switch f.Type {
	case List:
		return p.list(f, x, path)
	case Group:
		return p.group(f, x, path)
	case Pairs:
		return p.pairs(f, x, path)
	}
	value, wrong := scalar(f, x)
	if wrong == nil {
		wrong = f.bounds(value)
	}
	if wrong == nil {
		wrong = p.matches(f, value)
	}
	if wrong != nil {
		p.fault(f, path, wrong)
		return nil, false
	}
	return value, true
}

// empty says whether a value counts as none.
func empty(x any) bool {
	switch x := x.(type) {
	case nil:
		return true
	case string:
		return strings.TrimSpace(x) == ""
	case []any:
		return len(x) == 0
	case map[string]any:
		return len(x) == 0
	}
	return false
}

// scalar converts a value to the Go type of the field.
func scalar(f *Field, x any) (any, *problem) {
	switch f.Type {
	case Bool:
		return boolOf(x)
	case Int:
		return intOf(x)
	case Decimal, Amount, VAT:
		return decimalOf(f.Type, x)
	case Date:
		return dateOf(x)
	case DateTime:
		return timeOf(x)
	case Select:
		return optionOf(f, x)
	case Text, LongText, Currency, Email, Phone, URL:
		return textOf(f.Type, x)
	}
	return nil, &problem{code: CodeType, message: "has a type that is not known"}
}

// matches holds a text against the field's Pattern. One that does not compile, which Check reports, matches nothing.
func (p *parser) matches(f *Field, value any) *problem {
	text, ok := value.(string)
	if !ok || f.Pattern == "" {
		return nil
	}
	pattern, compiled := p.patterns[f.Pattern]
	if !compiled {
		pattern = anchored(f.Pattern)
	}
	if pattern != nil && pattern.MatchString(text) {
		return nil
	}
	message := "does not have the right form"
	if f.Example != "" && !f.Secret {
		message += ", such as " + f.Example
	}
	return &problem{code: CodePattern, message: message}
}

// list parses the rows of a List.
func (p *parser) list(f *Field, x any, path string) (any, bool) {
	rows, ok := x.([]any)
	if !ok {
		p.fault(f, path, &problem{code: CodeType, message: "must be a list"})
		return nil, false
	}
	if wrong := f.count(len(rows), "rows"); wrong != nil {
		p.fault(f, path, wrong)
		return nil, false
	}
	before := len(p.faults)
	values := make([]Values, 0, len(rows))
	for i, x := range rows {
		at := path + "[" + strconv.Itoa(i) + "]"
		row, ok := plain(x).(map[string]any)
		if !ok {
			p.fault(f, at, &problem{code: CodeType, message: "must be a row of fields"})
			continue
		}
		values = append(values, p.set(f.Children, row, at+"."))
	}
	return values, len(p.faults) == before
}

// group parses the fields of a Group.
func (p *parser) group(f *Field, x any, path string) (any, bool) {
	fields, ok := x.(map[string]any)
	if !ok {
		p.fault(f, path, &problem{code: CodeType, message: "must be a group of fields"})
		return nil, false
	}
	before := len(p.faults)
	values := p.set(f.Children, fields, path+".")
	return values, len(p.faults) == before
}

// pairs parses names with their texts. Names and texts are one line each, as HTTP headers must be.
func (p *parser) pairs(f *Field, x any, path string) (any, bool) {
	entries, ok := x.(map[string]any)
	if !ok {
		p.fault(f, path, &problem{code: CodeType, message: "must be names with their values"})
		return nil, false
	}
	if wrong := f.count(len(entries), "entries"); wrong != nil {
		p.fault(f, path, wrong)
		return nil, false
	}
	before := len(p.faults)
	values := make(map[string]string, len(entries))
	for _, name := range slices.Sorted(maps.Keys(entries)) {
		key, wrong := oneLine(name, MaxText)
		if wrong == nil && key == "" {
			wrong = &problem{code: CodeRequired, message: "has a value without a name"}
		}
		if _, twice := values[key]; wrong == nil && twice {
			wrong = &problem{code: CodeType, message: "has a name that stands twice"}
		}
		if wrong != nil {
			p.fault(f, path, wrong)
			continue
		}
		text, wrong := pairText(entries[name])
		if wrong == nil && f.Secret && text == Masked {
			wrong = &problem{code: CodeType, message: "holds the placeholder for a stored secret"}
		}
		if wrong != nil {
			p.fault(f, path+"."+ShownName(key), wrong)
			continue
		}
		values[key] = text
	}
	return values, len(p.faults) == before
}
