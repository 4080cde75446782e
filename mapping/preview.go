package mapping

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tengi/tengi/field"
)

// Preview is one field of a mapping beside its value for a sample, as the wizard shows it.
type Preview struct {
	Path     string // "description", "lines[0].text"
	Label    string
	Template string // what the field is filled from, as it was written; empty when it is filled from nothing
	Default  bool   // the template is the action's default
	Value    any    // the parsed value, with the Go type its field names; nil when there is none, or when it or a list it stands in is wrong
	Text     string // the value as a person reads it
	Fault    *Fault // what is wrong with it; nil = nothing
}

// previewRows is how many rows of a list a preview shows.
const previewRows = 3

// Describe fills the fields from a sample and says of each what it is filled from, its value, and what is wrong with it. Of lists it shows the
// first three rows. Unlike errors, previews hold values of the event.
func (f *Fields) Describe(env *Env) []Preview {
	return f.describe(env, describing{})
}

// describe fills the fields and goes through them. What d knows to be wrong before is not said again.
func (f *Fields) describe(env *Env, d describing) []Preview {
	fl := f.filling(env)
	fl.faults = d.faults
	d.raws, d.run = map[string]any{}, fl.run
	fl.note = func(path string, value any) { d.raws[path] = value }
	values := fl.values(f)
	d.faults = f.sorted(fl.faults)
	d.set(&f.set, values, "")
	return d.previews
}

// describing goes through a set beside its values.
type describing struct {
	faults   Faults
	raws     map[string]any
	run      *run
	columns  bool // of lists that are filled row by row also what each column is filled from, of pairs their entries
	previews []Preview
}

// set describes the fields of a set in their order, those filled from nothing included: the wizard offers them.
func (d *describing) set(s *filledSet, values field.Values, path string) {
	for _, f := range s.fields {
		at := path + f.Key
		fill := s.filler(f.Key)
		if _, filled := d.raws[at]; fill != nil && !filled { // not shown while the field it depends on has this value
			continue
		}
		p := Preview{Path: at, Label: name(f), Value: values[f.Key]}
		// What a field is filled from is shown even when it gave nothing: that is what the person looks for.
		if fill != nil {
			p.Template, p.Default = fill.source, fill.byDefault
		}
		p.Fault, p.Text = d.fault(at), d.text(at, p.Value)
		d.previews = append(d.previews, p)
		d.inside(fill, at, p.Value)
	}
}

// inside goes through the rows of a list and the fields of a group.
func (d *describing) inside(fill *filler, path string, value any) {
	switch {
	case fill == nil:
	case fill.group != nil:
		group, _ := value.(field.Values)
		d.set(fill.group, group, path+".")
	case fill.pairs != nil && d.columns:
		d.entries(fill, path)
	case fill.each != nil || fill.rows != nil:
		if d.columns && fill.each != nil {
			d.heads(fill, path)
		}
		rows, _ := value.([]field.Values)
		raws, _ := d.raws[path].([]any)
		for i := range min(len(raws), previewRows) {
			row, set := field.Values{}, &fill.row
			if fill.rows != nil {
				set = &fill.rows[i]
			}
			if i < len(rows) {
				row = rows[i]
			}
			d.set(set, row, path+"["+strconv.Itoa(i)+"].")
		}
	}
}

// fault is what is wrong with a field.
func (d *describing) fault(path string) *Fault {
	if i := slices.IndexFunc(d.faults, func(f *Fault) bool { return f.Path == path }); i >= 0 {
		return d.faults[i]
	}
	return nil
}

// text is the parsed value for a person; of a value that was refused what was given.
func (d *describing) text(path string, value any) string {
	if value == nil {
		value = d.raws[path]
	}
	switch v := value.(type) {
	case int64:
		return strconv.FormatInt(v, 10)
	case time.Time:
		zone, err := d.run.zone()
		if err != nil {
			return ""
		}
		return v.In(zone).Format("2006-01-02 15:04")
	case []field.Values:
		return rowCount(len(v))
	case []any:
		return rowCount(len(v))
	case field.Values, map[string]any:
		return ""
	case map[string]string:
		keys := make([]string, 0, len(v))
		for k, x := range v {
			keys = append(keys, k+": "+x)
		}
		slices.Sort(keys)
		return strings.Join(keys, "\n")
	}
	s, err := d.run.write(value)
	if err != nil {
		return ""
	}
	return s
}

// filler finds what a field is filled from; nil = nothing.
func (s *filledSet) filler(key string) *filler {
	for i := range s.fillers {
		if s.fillers[i].field.Key == key {
			return &s.fillers[i]
		}
	}
	return nil
}

// find is the filler of a path such as lines[2].amount, and the path as far as it names fields: what is behind that came with the data.
func (s *filledSet) find(path string) (string, *filler) {
	known := ""
	for {
		segment, rest, more := strings.Cut(path, ".")
		key, place, isRow := strings.Cut(segment, "[")
		f := s.filler(key)
		if f == nil {
			if i := slices.IndexFunc(s.fields, func(f field.Field) bool { return f.Key == key }); i >= 0 && !more {
				return known + segment, &filler{field: s.fields[i]}
			}
			return strings.TrimSuffix(known, "."), nil
		}
		row, _ := strconv.Atoi(strings.TrimSuffix(place, "]"))
		switch {
		case f.pairs != nil: // the names of its entries stand in the mapping
			return known + path, f
		case !more || f.value != nil:
			return known + segment, f
		case f.group != nil:
			s = f.group
		case isRow && row < len(f.rows):
			s = &f.rows[row]
		case isRow && f.each != nil:
			s = &f.row
		default:
			return known + segment, f
		}
		known += segment + "."
		path = rest
	}
}

// sorted brings faults into the order of the fields and their rows.
func (f *Fields) sorted(faults Faults) Faults {
	slices.SortStableFunc(faults, func(a, b *Fault) int {
		return slices.Compare(position(f.set.fields, a.Path), position(f.set.fields, b.Path))
	})
	return faults
}

// position is where a path stands among the fields: the place of each of its names, and of each row.
func position(fields field.Set, path string) []int {
	var places []int
	for path != "" {
		segment, rest, _ := strings.Cut(path, ".")
		key, row, _ := strings.Cut(segment, "[")
		i := slices.IndexFunc(fields, func(f field.Field) bool { return f.Key == key })
		if i < 0 {
			return append(places, len(fields))
		}
		n, _ := strconv.Atoi(strings.TrimSuffix(row, "]"))
		places = append(places, i, n)
		fields, path = fields[i].Children, rest
	}
	return places
}
