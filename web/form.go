package web

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tengi/tengi/field"
	"github.com/tengi/tengi/web/view"
)

// fieldForm is a declared set as a form: its texts in the reader's language, what its inputs hold, and what is wrong with that.
type fieldForm struct {
	set    field.Set
	prefix string         // before the names of its inputs, "account."; every form on a page has another
	values map[string]any // raw: as stored, or as given
	stored []string       // the keys of secrets that are set
	faults field.Faults
}

// localTime is how a browser writes a point in time, on the reader's clock.
const localTime = "2006-01-02T15:04"

// moreRows is how many empty rows a list offers to whoever has no scripts.
const moreRows = 1

// fields readies a form to be drawn.
func (v *visit) fields(form fieldForm) view.Fields {
	d := drawing{v: v, form: form, wrong: map[string]string{}}
	for _, f := range form.faults {
		name := form.nameOf(f.Path)
		if d.wrong[name] == "" {
			d.wrong[name] = v.P.Fault(form.set, f)
		}
	}
	shown := view.Fields{Wrong: len(form.faults)}
	for i, f := range d.list(form.set, form.prefix, form.values, true) {
		if !form.set[i].Advanced {
			shown.Plain = append(shown.Plain, f)
			continue
		}
		shown.Advanced = append(shown.Advanced, f)
		for name := range d.wrong {
			shown.Open = shown.Open || name == f.Name || strings.HasPrefix(name, f.Name+".")
		}
	}
	return shown
}

// nameOf is the name of the input that a fault belongs to: "lines[2].amount" is "prefix" + "lines.2.amount". What is wrong within pairs belongs to
// all of them.
func (form *fieldForm) nameOf(path string) string {
	name, set := form.prefix, form.set
	for i, part := range strings.Split(path, ".") {
		key, index, indexed := strings.Cut(part, "[")
		if i > 0 {
			name += "."
		}
		name += key
		if indexed {
			name += "." + strings.TrimSuffix(index, "]")
		}
		f, known := set.Lookup(key)
		if !known || f.Type == field.Pairs {
			break
		}
		set = f.Children
	}
	return name
}

// drawing turns a set into inputs.
type drawing struct {
	v     *visit
	form  fieldForm
	wrong map[string]string // by the name of the input
}

// list is the inputs of a set. A value that is not given is the field's default, unless that is a template. Only the set at the top has secrets
// that are stored apart.
func (d *drawing) list(set field.Set, prefix string, values map[string]any, top bool) []view.Field {
	defaults := set.Defaults()
	list := make([]view.Field, 0, len(set))
	for _, f := range set {
		x, given := values[f.Key]
		if text, ok := defaults[f.Key].(string); !given && !(ok && strings.Contains(text, "{{")) {
			x = defaults[f.Key]
		}
		in := d.input(f, prefix+f.Key, x)
		if top && f.Secret {
			in.Stored = slices.Contains(d.form.stored, f.Key)
		}
		if f.DependsOn != nil {
			matter, _ := json.Marshal(f.DependsOn.Values) // texts can be written as JSON
			in.When, in.WhenValues = prefix+f.DependsOn.Key, string(matter)
		}
		list = append(list, in)
	}
	return list
}

// input is one field with its value.
func (d *drawing) input(f field.Field, name string, x any) view.Field {
	in := view.Field{Kind: view.FieldText, Name: name, Label: f.Label, Help: f.Help, Wrong: d.wrong[name], Required: f.Required, Type: "text"}
	if f.Example != "" && !f.Secret {
		in.Example = f.Example
	}
	switch f.Type {
	case field.Bool:
		in.Kind, in.On = view.FieldBool, written(x) == "true"
		return in
	case field.Group:
		in.Kind = view.FieldGroup
		entries, _ := x.(map[string]any)
		in.Children = d.list(f.Children, name+".", entries, false)
		return in
	case field.List, field.Pairs:
		return d.rows(f, in, x)
	case field.Select:
		in.Kind, in.Value = view.FieldSelect, written(x)
		d.options(f, &in)
		return in
	}
	in.Type, in.Mode, in.LTR, in.Lines = inputOf(f.Type)
	if f.Secret {
		in.Kind, in.Value, in.Example = view.FieldSecret, "", ""
		return in
	}
	in.Value = d.text(f.Type, x)
	if f.Type == field.Currency {
		in.Suggestions = currencies()
	}
	return in
}

// inputOf says with what a browser asks for a value of a type. Numbers are texts, as people write them in many ways; only the keys of a phone differ.
func inputOf(t field.Type) (input, mode string, ltr bool, lines int) {
	switch t {
	case field.LongText:
		return "", "", false, 4
	case field.Int:
		return "text", "numeric", true, 1
	case field.Decimal, field.Amount, field.VAT:
		return "text", "decimal", true, 1
	case field.Currency:
		return "text", "", true, 1
	case field.Date:
		return "date", "", true, 1
	case field.DateTime:
		return "datetime-local", "", true, 1
	case field.Email:
		return "email", "email", true, 1
	case field.Phone:
		return "tel", "tel", true, 1
	case field.URL:
		return "text", "url", true, 1
	}
	return "text", "", false, 1
}

// options are the choices of a select. One that is stored and no longer offered stays chosen until somebody chooses another.
func (d *drawing) options(f field.Field, in *view.Field) {
	known := in.Value == ""
	for _, o := range f.Options {
		label := o.Label
		if label == "" {
			label = o.Value
		}
		in.Options = append(in.Options, view.Choice{Value: o.Value, Label: label})
		known = known || o.Value == in.Value
	}
	if !known {
		in.Options = append(in.Options, view.Choice{Value: in.Value, Label: in.Value})
	}
	if f.Default == "" || in.Value == "" {
		in.Empty = d.v.P.Text("form.none")
	}
}

// rows are the rows of a list, or the entries of pairs, with empty ones behind.
func (d *drawing) rows(f field.Field, in view.Field, x any) view.Field {
	set := f.Children
	in.Kind = view.FieldList
	var rows []map[string]any
	if f.Type == field.Pairs {
		in.Kind, set = view.FieldPairs, d.pair()
		rows = entriesOf(x)
	} else if list, ok := x.([]any); ok {
		for _, row := range list {
			values, _ := row.(map[string]any)
			rows = append(rows, values)
		}
	}
	for range moreRows {
		rows = append(rows, map[string]any{})
	}
	for i, row := range rows {
		at := in.Name + "." + strconv.Itoa(i)
		shown := view.FieldRow{Number: strconv.Itoa(i + 1), Fields: d.list(set, at+".", row, false)}
		if wrong := d.wrong[at]; wrong != "" && in.Wrong == "" {
			in.Wrong = wrong
		}
		if i >= len(rows)-moreRows {
			optional(shown.Fields)
		}
		in.Rows = append(in.Rows, shown)
	}
	in.Blank = d.list(set, in.Name+"."+view.RowMark+".", nil, false)
	optional(in.Blank)
	return in
}

// optional lets a browser send a row with nothing in it.
func optional(fields []view.Field) {
	for i := range fields {
		fields[i].Required = false
		optional(fields[i].Children)
	}
}

// The keys of the two inputs of a pair.
const (
	pairName  = "name"
	pairValue = "value"
)

// pair is a name with its value, as fields.
func (d *drawing) pair() field.Set {
	return field.Set{{Key: pairName, Type: field.Text, Label: d.v.P.Text("form.pair_name")}, {Key: pairValue, Type: field.Text, Label: d.v.P.Text("form.pair_value")}}
}

// text is a value as its input holds it.
func (d *drawing) text(t field.Type, x any) string {
	text := written(x)
	if t != field.DateTime {
		return text
	}
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return text // as it was given: the hub says what is wrong with it
	}
	return at.In(d.v.P.Zone()).Format(localTime)
}

// written is a raw value as a text.
func written(x any) string {
	switch x := x.(type) {
	case nil:
		return ""
	case string:
		return x
	case time.Time:
		return x.Format(time.RFC3339Nano)
	case float64:
		return strconv.FormatFloat(x, 'f', -1, 64)
	case bool, int, int64, json.Number, fmt.Stringer:
		return fmt.Sprint(x)
	}
	return ""
}
