package mapping

import (
	"fmt"
	"maps"
	"slices"

	"github.com/tengi/tengi/field"
)

// Fields fills the input of an action from events. It is compiled once and may then be used by many goroutines.
type Fields struct {
	set   filledSet
	input *field.Compiled // the whole set, to parse what it was filled with
	zones zones
}

// filledSet is a set of fields with what each is filled from. A field that is filled from nothing is missing.
type filledSet struct {
	fields  field.Set
	fillers []filler
}

// filler is what one field is filled from: exactly one of value, each, rows, group and pairs, or none of them when the field is left empty on
// purpose.
type filler struct {
	field     field.Field
	source    string    // as it was written, for previews and messages
	byDefault bool      // the action's default, not somebody's choice
	value     *Template // one value
	literal   any       // a bool or number written as such
	each      *Template // a list: where its rows come from
	row       filledSet // ... and each of its rows
	rows      []filledSet
	group     *filledSet
	pairs     []pairFiller // in the order of their names
	broken    bool         // what it is given is wrong: it is shown and not filled (see Sketch)
}

// pairFiller is one entry of pairs.
type pairFiller struct {
	name   string
	source string // as it was written
	value  *Template
}

// eachKey is where a list says what it is filled from, beside the templates of its columns.
const eachKey = "each"

// CompileFields reads what the fields of an action's input are to be filled from. given has, by field key:
//
//   - for a plain field a template, or a bool or number as such;
//   - for a list a map with the list to go through under "each" (sale.lines) and templates for the fields of a row, which may name row, line
//     (the same, when it is a line of a sale) and index (its place, from 0); or the rows written out, a list of maps; or only the list as a
//     template;
//   - for a group a map of its fields, for pairs a map of templates, or one expression that gives pairs.
//
// A field that is not given takes its Default as a template, unless that names sale or line where there is none. nil or an empty text leaves
// the field empty on purpose. Everything wrong comes back together as [Faults], each with its path.
func CompileFields(input field.Set, given map[string]any, scope Scope) (*Fields, error) {
	c := fieldCompiler{scope: scope}
	set := c.set(input, given, "", nil, true)
	if err := c.faults.asError(); err != nil {
		return nil, err
	}
	return &Fields{set: set, input: input.Compile()}, nil
}

// fieldCompiler goes through a mapping once and collects everything that is wrong with it.
type fieldCompiler struct {
	scope  Scope
	faults Faults
	all    bool // fields that are wrong are kept as well, for Sketch
}

// fault notes what an expression had to say about itself.
func (c *fieldCompiler) fault(path string, err error) { c.faults = append(c.faults, in(path, err)) }

// wrong notes what is wrong with what a field is given.
func (c *fieldCompiler) wrong(path, code, format string, args ...any) {
	c.faults = append(c.faults, &Fault{Path: path, Code: code, Message: fmt.Sprintf(format, args...)})
}

// set compiles the fields of a set. must says that a required field without anything to fill it from is a fault: it is not in a group that may
// be left out.
func (c *fieldCompiler) set(fields field.Set, given map[string]any, path string, row *shape, must bool) filledSet {
	compiled := filledSet{fields: fields}
	for _, f := range fields {
		at := path + f.Key
		before := len(c.faults)
		x, isGiven := given[f.Key]
		fill, ok := c.field(f, x, isGiven, at, row)
		if c.all && len(c.faults) > before {
			fill.broken = !fill.holds()
		}
		if ok || c.all && (fill.source != "" || fill.holds()) {
			compiled.fillers = append(compiled.fillers, fill)
		}
		if must && f.Required && f.DependsOn == nil && (!ok || fill.isBlank()) && len(c.faults) == before {
			c.wrong(at, CodeRequired, "%s is required and nothing is given for it%s", name(f), whyMissing(f, isGiven))
		}
	}
	// In the order of the alphabet: maps have none, and faults must come in the same order every time.
	for _, key := range slices.Sorted(maps.Keys(given)) {
		if !slices.ContainsFunc(fields, func(f field.Field) bool { return f.Key == key }) {
			c.unknownField(fields, path, key)
		}
	}
	return compiled
}

// unknownField names the field that was probably meant. A key nobody knows is refused: a mistyped one would otherwise be a field left empty.
func (c *fieldCompiler) unknownField(fields field.Set, path, key string) {
	keys := make([]string, len(fields))
	for i, f := range fields {
		keys[i] = f.Key
	}
	c.wrong(path+key, CodeName, "there is no such field%s", suggestion(key, keys))
}

// name is what a person calls the field.
func name(f field.Field) string {
	if f.Label != "" {
		return f.Label
	}
	return f.Key
}

// whyMissing explains a required field that seemed to have a default.
func whyMissing(f field.Field, isGiven bool) string {
	if f.Default != "" && !isGiven {
		return "; its default " + brief(f.Default) + " cannot be used here"
	}
	return ""
}

// holds says whether the field is filled from the fields inside it, of which some may be right.
func (f filler) holds() bool {
	return f.each != nil || f.rows != nil || f.group != nil || f.pairs != nil
}

// isBlank says whether the field is left empty on purpose.
func (f filler) isBlank() bool {
	return f.literal == nil && f.each == nil && f.rows == nil && f.group == nil && f.pairs == nil &&
		(f.value == nil || f.value.constant() && oneLine(f.value.text) == "")
}

// field compiles one field. ok is false when it is filled from nothing at all, or when what is given is wrong.
func (c *fieldCompiler) field(f field.Field, given any, isGiven bool, path string, row *shape) (filler, bool) {
	fill := filler{field: f, byDefault: !isGiven}
	before := len(c.faults)
	switch f.Type {
	case field.Group:
		return c.group(fill, given, path, row)
	case field.List:
		fill = c.list(fill, given, isGiven, path, row)
	case field.Pairs:
		fill = c.pairs(fill, given, path, row)
	default:
		fill = c.plain(fill, given, path, row)
	}
	// A default that names what this source does not have is as good as none. Any other fault of a default is the connector's mistake.
	if !isGiven && f.Default != "" && len(c.faults) > before && c.onlyAbsent(before) {
		c.faults = c.faults[:before]
		return filler{}, false
	}
	return fill, (isGiven || f.Default != "") && len(c.faults) == before
}

// onlyAbsent says whether all faults since then are about names that are right and only missing here.
func (c *fieldCompiler) onlyAbsent(from int) bool {
	return !slices.ContainsFunc(c.faults[from:], func(f *Fault) bool { return !f.absent })
}

// template compiles one template and checks that the field can take what it gives.
func (c *fieldCompiler) template(f field.Field, source, path string, row *shape) *Template {
	t, err := compileTemplate(source, c.scope.roots(row))
	switch {
	case err != nil:
		c.fault(path, err)
	case t.constant():
		c.constant(f, source, path)
	default:
		if k := t.shape.kind; !takes(f.Type, k) {
			c.wrong(path, CodeType, "%s takes %s, and %s is %s", name(f), wants(f.Type), brief(source), k)
		}
	}
	return t
}

// constant holds a value that is written out against the field now instead of in the night when the first booking comes.
func (c *fieldCompiler) constant(f field.Field, value any, path string) {
	// Whether the field must be there, and when, is asked of the whole set; here it is only about the value.
	f.Required, f.DependsOn, f.Default = false, nil, ""
	_, faults := field.Set{f}.Parse(map[string]any{f.Key: value})
	for _, fault := range faults {
		c.wrong(path, fault.Code, "%s %s", name(f), fault.Message)
	}
}

// takes says whether a field of the type can be filled from a value of the kind.
func takes(t field.Type, k kind) bool {
	// A text may hold whatever the field wants ("39800", "2026-12-01"); whether it does is seen when it is there.
	switch k {
	case unknown, nothing, text:
		return true
	case list:
		return t == field.List
	case record:
		return t == field.Pairs
	}
	switch fieldKind(t) {
	case text:
		return t != field.Date || k == moment
	case moment:
		return k == moment
	case boolean:
		return k == boolean || k == number
	case number:
		return k == number
	default:
		return false
	}
}

// wants is what a field takes in the words of a message.
func wants(t field.Type) string {
	if t == field.Date {
		return "a date"
	}
	return fieldKind(t).String()
}

// plain compiles a field of one value: a template, or a bool or number written as such.
func (c *fieldCompiler) plain(fill filler, given any, path string, row *shape) filler {
	if fill.byDefault {
		given = fill.field.Default
	}
	switch x := given.(type) {
	case nil:
		return fill
	case string:
		fill.source = x
		fill.value = c.template(fill.field, x, path, row)
		return fill
	}
	v, err := known(given)
	if k := kindOf(v); err != nil || k == list || k == record {
		c.wrong(path, CodeType, "%s takes one value: a text with {{ expressions }}, a number, true or false", name(fill.field))
		return fill
	}
	fill.literal = v
	fill.source, _ = (&run{env: &Env{}, zones: &zones{}}).write(v)
	c.constant(fill.field, v, path)
	return fill
}
