package mapping

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tengi/tengi/field"
	"github.com/tengi/tengi/money"
)

// Fill gives the values of an action's input for one event, parsed and checked against the set. The error is [Faults]: every field that could
// not be filled, with what to do about it and without any value of the event.
func (f *Fields) Fill(env *Env) (field.Values, error) { return f.FillWith(env, nil) }

// FillWith is Fill with values that a person gave for some fields, by key, instead of what the mapping makes of them. They are parsed as all others are.
func (f *Fields) FillWith(env *Env, given map[string]any) (field.Values, error) {
	fl := f.filling(env)
	fl.given = given
	values := fl.values(f)
	if err := f.sorted(fl.faults).asError(); err != nil {
		return nil, err
	}
	return values, nil
}

// filling begins a Fill. All its expressions share one budget, so that many fields together can spend no more than one.
func (f *Fields) filling(env *Env) *filling {
	return &filling{run: &run{env: env, zones: &f.zones, steps: fillSteps, bytes: fillBytes}}
}

// filling is one Fill while it goes on.
type filling struct {
	run    *run
	faults Faults
	ended  bool                         // so much is wrong, or so much was spent, that nothing more is filled
	given  map[string]any               // by key of the outermost set: not filled, but given
	note   func(path string, value any) // told of every field as it is filled, for the preview; nil = nobody asks
}

// maxFaults is how many faults are worth reading.
const maxFaults = 100

// fault notes what is wrong with a field.
func (fl *filling) fault(f *Fault) {
	fl.faults = append(fl.faults, f)
	fl.ended = fl.ended || f.Code == CodeLimit || len(fl.faults) == maxFaults
}

// values fills a set and has its values parsed.
func (fl *filling) values(f *Fields) field.Values {
	raw := fl.set(&f.set, "")
	if fl.ended { // what is missing now is not the event's fault
		return nil
	}
	values, refused := f.input.Parse(raw)
	fl.refuse(&f.set, refused)
	return values
}

// set gives the raw values of a set. Fields that are not shown, because the field they depend on has another value, are not filled: what they
// would have said does not count, nor does what is wrong with them.
func (fl *filling) set(s *filledSet, path string) map[string]any {
	raw := make(map[string]any, len(s.fillers))
	dependent := false
	for i := range s.fillers {
		if s.fillers[i].field.DependsOn != nil {
			dependent = true
			continue
		}
		fl.one(&s.fillers[i], path, raw)
	}
	if dependent {
		done := map[string]bool{}
		for i := range s.fillers {
			fl.dependent(s, &s.fillers[i], path, raw, done)
		}
	}
	return raw
}

// dependent fills a field that depends on another, after that one.
func (fl *filling) dependent(s *filledSet, f *filler, path string, raw map[string]any, done map[string]bool) {
	on := f.field.DependsOn
	if on == nil || done[f.field.Key] {
		return
	}
	done[f.field.Key] = true
	if first := s.filler(on.Key); first != nil {
		fl.dependent(s, first, path, raw, done)
	}
	// The set decides the same way when it parses. It is asked before as well, because a field that is not shown must not be evaluated: its expression
	// may well fail for an event that it is not meant for.
	if s.fields.Shown(f.field.Key, raw) {
		fl.one(f, path, raw)
	}
}

// one fills a field.
func (fl *filling) one(f *filler, path string, raw map[string]any) {
	if fl.ended {
		return
	}
	at := path + f.field.Key
	if value, ok := fl.given[f.field.Key]; ok && path == "" {
		raw[f.field.Key] = value
		return
	}
	if f.broken {
		fl.note(at, nil) // only Sketch keeps such fields, and it takes notes
		raw[f.field.Key] = nil
		return
	}
	value, err := fl.value(f, at)
	if err != nil {
		fl.fault(in(at, err))
	}
	if fl.note != nil {
		fl.note(at, value)
	}
	raw[f.field.Key] = value
}

// value is the raw value of one field.
func (fl *filling) value(f *filler, path string) (any, error) {
	switch {
	case f.each != nil:
		return fl.each(f, path)
	case f.rows != nil:
		rows := make([]any, len(f.rows))
		for i := range f.rows {
			rows[i] = fl.set(&f.rows[i], path+"["+strconv.Itoa(i)+"].")
		}
		return rows, nil
	case f.group != nil:
		return fl.group(f, path), nil
	case f.pairs != nil:
		return fl.pairs(f, path), nil
	case f.value != nil:
		v, err := f.value.eval(fl.run)
		if err != nil {
			return nil, err
		}
		return fl.run.prepare(f, v)
	default:
		return f.literal, nil
	}
}

// rowBytes is about what a row costs, and each of its values, beside the texts in it.
const rowBytes = 200

// each fills the rows of a list, one for each element of another.
func (fl *filling) each(f *filler, path string) (any, error) {
	v, err := f.each.eval(fl.run)
	if v == nil || err != nil {
		return nil, err
	}
	if k := kindOf(v); k != list {
		return nil, fmt.Errorf("%s takes a list, and %s is %s", name(f.field), brief(f.source), k)
	}
	n, err := length(v)
	if err == nil && n > f.mostRows() {
		err = fmt.Errorf("has more rows than the %d that %s may have", f.mostRows(), name(f.field))
	}
	if err != nil {
		return nil, fmt.Errorf("%s %w", brief(f.source), err)
	}
	// A list inside this one has rows of its own, and the fields behind it want ours again.
	row, index := fl.run.row, fl.run.index
	defer func() { fl.run.row, fl.run.index = row, index }()
	rows := make([]any, 0, n)
	for i := range n {
		err := fl.run.step(1 + len(f.row.fillers))
		if err == nil {
			err = fl.run.grow(rowBytes * (1 + len(f.row.fillers)))
		}
		if err == nil {
			fl.run.row, err = element(v, i)
		}
		if err != nil {
			return nil, fmt.Errorf("%s, row %d: %w", brief(f.source), i, err)
		}
		fl.run.index = i
		rows = append(rows, fl.set(&f.row, path+"["+strconv.Itoa(i)+"]."))
	}
	return rows, nil
}

// mostRows is how many rows the field takes. More are refused before they are filled.
func (f *filler) mostRows() int {
	if n, err := strconv.Atoi(f.field.Max); err == nil {
		return n
	}
	return field.MaxRows
}

// group fills a group. One that nobody gave is left out when its defaults give nothing, so that its required fields are not asked for.
func (fl *filling) group(f *filler, path string) any {
	values := fl.set(f.group, path+".")
	if !f.byDefault {
		return values
	}
	for _, v := range values {
		if !isEmpty(v) {
			return values
		}
	}
	return nil
}

// pairs fills the entries of pairs; what is wrong with one of them is that entry's fault.
func (fl *filling) pairs(f *filler, path string) any {
	values := make(map[string]any, len(f.pairs))
	for _, p := range f.pairs {
		if p.value == nil { // wrong, which only Sketch keeps
			continue
		}
		v, err := p.value.eval(fl.run)
		if err == nil {
			values[p.name], err = fl.run.write(v)
		}
		if err != nil {
			fl.fault(in(path+"."+p.name, err))
		}
	}
	return values
}

// errTooExact is about a number that package money would refuse: a third has no end, and who pays it must be said.
var errTooExact = errors.New("has more digits than an amount may have; write round(…, 2) around it")

// prepare brings the value of a template into what the field's parser reads. What cannot be a value of the field is left to that parser.
func (r *run) prepare(f *filler, v any) (any, error) {
	quote := func(err error) error { return fmt.Errorf("%s %w", brief(f.source), err) }
	switch k := kindOf(v); {
	case k == nothing:
		return nil, nil
	case f.field.Type == field.Pairs:
		return r.preparePairs(f, v)
	case k == list || k == record:
		return nil, fmt.Errorf("%s takes %s, and %s is %s", name(f.field), wants(f.field.Type), brief(f.source), k)
	case f.field.Type == field.Date:
		return r.prepareDate(v)
	case f.field.Type == field.DateTime:
		return r.prepareTime(v), nil
	case k == boolean && fieldKind(f.field.Type) == boolean:
		return v, nil
	case k == number:
		d := trimZeros(v.(decimal.Decimal))
		if money.Bounded(d) != nil {
			return nil, quote(errTooExact)
		}
		return d, nil
	}
	s, err := r.write(v)
	if err != nil {
		return nil, quote(err)
	}
	return s, nil
}

// prepareDate is a date as text. A time is brought into the workspace's time zone first; only we know which date it is there.
func (r *run) prepareDate(v any) (any, error) {
	switch x := v.(type) {
	case time.Time:
		return r.writeDate(x)
	case string:
		if len(x) > len(time.DateOnly) {
			if t, err := r.day(x); err == nil && !t.IsZero() {
				return t.Format(time.DateOnly), nil
			}
		}
	}
	return v, nil
}

// prepareTime is a time. A text without a zone means the workspace's, which the parser does not know.
func (r *run) prepareTime(v any) any {
	if s, ok := v.(string); ok {
		if t, err := r.parseMoment(s); err == nil {
			return t
		}
	}
	return v
}

// preparePairs writes the values of a record as texts, which is all that pairs hold.
func (r *run) preparePairs(f *filler, v any) (any, error) {
	var entries map[string]any
	switch m := v.(type) {
	case map[string]any:
		entries = m
	case map[string]string:
		return m, nil
	default:
		return nil, fmt.Errorf("%s takes names with their values, and %s is not that", name(f.field), brief(f.source))
	}
	if len(entries) > maxRows {
		return nil, fmt.Errorf("%s has more than %d entries", brief(f.source), maxRows)
	}
	values := make(map[string]any, len(entries))
	for _, key := range slices.Sorted(maps.Keys(entries)) { // in order, so that of several faults it is always the same that is told
		x, err := known(entries[key])
		if err == nil {
			values[key], err = r.write(x)
		}
		if err != nil {
			return nil, fmt.Errorf("%s holds a value that %w", brief(f.source), err)
		}
	}
	return values, nil
}

// refuse adds what the field set had to say of the values. Of a field whose expression already failed nothing more is said.
func (fl *filling) refuse(s *filledSet, refused field.Faults) {
	failed := len(fl.faults) // what comes behind is what is added here
	for _, r := range refused[:min(len(refused), maxFaults)] {
		if slices.ContainsFunc(fl.faults[:failed], func(f *Fault) bool { return r.Path == f.Path || within(f.Path, r.Path) }) {
			continue
		}
		path, f := s.find(r.Path)
		if f != nil && f.broken || slices.ContainsFunc(fl.faults[:failed], func(f *Fault) bool { return f.Path == withoutRows(r.Path) }) {
			continue // what is wrong with the column has been said
		}
		if f == nil {
			fl.fault(&Fault{Path: path, Code: r.Code, Message: r.Message})
			continue
		}
		fl.fault(&Fault{Path: path, Code: r.Code, Message: refusal(f, r)})
	}
}

// withoutRows is a path without the numbers of rows: lines[2].text is in the column lines.text.
func withoutRows(path string) string {
	for {
		open := strings.IndexByte(path, '[')
		if open < 0 {
			return path
		}
		_, rest, _ := strings.Cut(path[open:], "]")
		path = path[:open] + rest
	}
}

// within says whether a path lies inside a field.
func within(path, field string) bool {
	rest, ok := strings.CutPrefix(path, field)
	return ok && rest != "" && (rest[0] == '.' || rest[0] == '[')
}

// refusal is what is wrong with a field's value, what it came from, and what to do.
func refusal(f *filler, r field.Fault) string {
	// The field says what it needs, the mapping says where it came from; together they say what a person can change.
	from := ""
	if source := brief(f.source); source != "" {
		from = ", and it is filled from " + source
	}
	switch {
	case r.Code == field.CodeRequired && from == "":
		return name(f.field) + " is required and nothing is given for it"
	case r.Code == field.CodeRequired:
		return name(f.field) + " is required" + from + ", which gives nothing here; fill that in at the source, or change the mapping"
	case r.Code == field.CodeAmbiguous:
		return name(f.field) + ` can be read in two ways` + from + `; write number(…, ",") or number(…, ".") around it`
	}
	return name(f.field) + " " + r.Message + from
}
