package mapping

import (
	"maps"
	"slices"
	"strings"

	"github.com/tengi/tengi/field"
)

// Sketch is [CompileFields] and [Fields.Describe] for a mapping that is being written: what is right is filled from the sample, and what is wrong comes
// with its fault instead of hiding the rest. Of a list that is filled row by row the columns come as well, under lines.text, each with what it is filled
// from and its value in the first row; faults of a row stand with the row. Of pairs every entry comes by itself. Keys that are no fields come last. A nil env fills nothing: then it only tells
// what each field is filled from and what of that is wrong.
func Sketch(input field.Set, given map[string]any, scope Scope, env *Env) []Preview {
	c := fieldCompiler{scope: scope, all: true}
	f := &Fields{set: c.set(input, given, "", nil, true), input: input.Compile()}
	if env == nil {
		return f.outline(c.faults)
	}
	previews := f.describe(env, describing{faults: c.faults, columns: true})
	return strays(previews, c.faults)
}

// outline describes the fields without a sample.
func (f *Fields) outline(faults Faults) []Preview {
	d := describing{faults: f.sorted(faults), columns: true, raws: map[string]any{}, run: &run{env: &Env{}, zones: &f.zones}}
	d.mark(&f.set, "")
	d.set(&f.set, nil, "")
	return strays(d.previews, faults)
}

// mark notes every field as shown: without a sample nobody knows which are not.
func (d *describing) mark(s *filledSet, path string) {
	for i := range s.fillers {
		at := path + s.fillers[i].field.Key
		d.raws[at] = nil
		if group := s.fillers[i].group; group != nil {
			d.mark(group, at+".")
		}
	}
}

// heads describes the columns of a list, each with its value in the first row.
func (d *describing) heads(fill *filler, path string) {
	for _, f := range fill.row.fields {
		at, first := path+"."+f.Key, path+"[0]."+f.Key
		p := Preview{Path: at, Label: name(f), Fault: d.fault(at)}
		if column := fill.row.filler(f.Key); column != nil {
			p.Template, p.Default = column.source, column.byDefault
			p.Text = d.text(first, nil)
		}
		d.previews = append(d.previews, p)
	}
}

// entries describes the entries of pairs.
func (d *describing) entries(fill *filler, path string) {
	values, _ := d.raws[path].(map[string]any)
	for _, p := range fill.pairs {
		at := path + "." + p.name
		text, _ := values[p.name].(string)
		d.previews = append(d.previews, Preview{Path: at, Label: p.name, Template: p.source, Text: text, Fault: d.fault(at)})
	}
}

// strays adds the faults that no field was described for: keys that are no fields.
func strays(previews []Preview, faults Faults) []Preview {
	told := map[string]bool{}
	for _, p := range previews {
		told[p.Path] = true
	}
	missing := map[string]*Fault{}
	for _, f := range faults {
		if !told[f.Path] && missing[f.Path] == nil {
			missing[f.Path] = f
		}
	}
	for _, path := range slices.SortedFunc(maps.Keys(missing), strings.Compare) {
		previews = append(previews, Preview{Path: path, Fault: missing[path]})
	}
	return previews
}
