package mapping

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/tengi/tengi/field"
	"github.com/tengi/tengi/sale"
)

// Path is a value that an expression can name, beside what it is in a sample: what a person may put into a field.
type Path struct {
	Path  string // sale.customer.email, data["Booking number"], steps.invoice.number
	Label string // as its declaration calls it, else its own name
	Kind  string // text, number, boolean, time, list, group, or unknown where only the sample could tell and has nothing there
	Text  string // its value in the sample as a text, cut where it is long; of a list how many rows it has; empty = nothing
}

// The bounds of a list of paths. Free-form data may be anything.
const (
	maxPaths     = 500
	maxPathDepth = 5
	maxPathText  = 200
)

// Paths lists the values that expressions of a scope can name, with their values in a sample: what was sold, the data, the documents of earlier steps,
// and what is known of event, workspace and connection. Of lists it shows the list and its first row. What free-form data holds is seen in the sample.
func Paths(scope Scope, env *Env) []Path {
	roots := scope.roots(nil)
	l := newLister(env)
	first := []string{"sale", "data", "steps"}
	for _, name := range slices.Concat(first, roots.names()) {
		m, ok := roots.members[name]
		if !ok || l.seen[name] {
			continue
		}
		l.seen[name] = true
		l.walk(place{path: name, label: name, shape: m.shape, declared: declaredRoot(name, scope)}, l.read(m, nil), 0)
	}
	return l.paths
}

// RowPaths lists the values that the fields of a list can name besides, when it is filled row by row from each: those of the sample's first row, and
// its place. Where each is no list that can be read, there are none.
func RowPaths(scope Scope, env *Env, each string) []Path {
	expression, char := bareExpression(each)
	prog, _, err := compileExpression(expression, char, scope.roots(nil))
	if err != nil || !prog.shape.is(list) {
		return nil
	}
	l := newLister(env)
	var row any
	if v, err := prog.eval(l.run); err == nil && kindOf(v) == list {
		if n, err := length(v); err == nil && n > 0 {
			row, _ = element(v, 0)
		}
	}
	elem := prog.shape.elements()
	name, set := "row", field.Set(nil)
	if elem.sameRecord(lineShape) {
		name, set = "line", declaredRow("lines")
	}
	l.walk(place{path: name, label: name, shape: elem, declared: set}, row, 0)
	l.add(Path{Path: "index", Label: "index", Kind: number.word(), Text: "0"})
	return l.paths
}

// word is the kind as programs know it.
func (k kind) word() string {
	return [...]string{"unknown", "unknown", "boolean", "text", "number", "time", "list", "group"}[k]
}

// declaredRoot is what is said about the members of a root.
func declaredRoot(root string, scope Scope) field.Set {
	switch root {
	case "sale":
		return sale.Fields
	case "data":
		return scope.Data
	}
	return nil
}

// declaredRow is what is said about the rows of a list of a sale.
func declaredRow(key string) field.Set {
	f, _ := sale.Fields.Lookup(key)
	return f.Children
}

// lister gathers paths.
type lister struct {
	run   *run
	paths []Path
	seen  map[string]bool // roots
}

func newLister(env *Env) *lister {
	if env == nil {
		env = &Env{}
	}
	return &lister{run: &run{env: env, zones: &zones{}, steps: fillSteps, bytes: fillBytes}, seen: map[string]bool{}}
}

// place is where a lister stands.
type place struct {
	path, label string
	shape       shape
	declared    field.Set
}

// add keeps a path, as long as there are not too many.
func (l *lister) add(p Path) {
	if len(l.paths) < maxPaths {
		l.paths = append(l.paths, p)
	}
}

// read is the value of a member; nil where it cannot be read.
func (l *lister) read(m member, base any) any {
	get := m.get
	if base == nil && m.record != nil {
		get = func(r *run, _ any) (any, error) { return m.record(r) }
	}
	v, err := get(l.run, base)
	if err != nil {
		return nil
	}
	return v
}

// walk lists a value and what is inside it.
func (l *lister) walk(at place, value any, depth int) {
	if depth > maxPathDepth || len(l.paths) >= maxPaths {
		return
	}
	k := at.shape.kind
	if k == unknown || k == nothing {
		if k = unknown; value != nil {
			k = valueKind(value)
		}
	}
	switch k {
	case record:
		l.record(at, value, depth)
	case list:
		l.list(at, value, depth)
	default:
		l.add(Path{Path: at.path, Label: at.label, Kind: k.word(), Text: l.text(value)})
	}
}

// valueKind is the kind of a value, a document's data included.
func valueKind(v any) kind {
	if _, ok := v.(*document); ok {
		return record
	}
	return kindOf(v)
}

// record lists the members of a record: as they are declared, else as they stand in the data.
func (l *lister) record(at place, value any, depth int) {
	if at.shape.members == nil {
		for _, name := range memberNames(value) {
			v, err := lookUp(value, name)
			if err != nil {
				v = nil
			}
			l.walk(place{path: inside(at.path, name), label: name}, v, depth+1)
		}
		return
	}
	names := at.shape.names()
	slices.SortStableFunc(names, func(a, b string) int { return at.order(a) - at.order(b) })
	for _, name := range names {
		m := at.shape.members[name]
		var v any
		if value != nil {
			v = l.read(m, value)
		}
		next := place{path: inside(at.path, name), label: name, shape: m.shape}
		if f, ok := at.declared.Lookup(name); ok {
			next.label, next.declared = f.Label, f.Children
		}
		l.walk(next, v, depth+1)
	}
}

// order is where a member stands among its likes: as it is declared, and what people want of a document first.
func (at place) order(name string) int {
	if i := slices.IndexFunc(at.declared, func(f field.Field) bool { return f.Key == name }); i >= 0 {
		return i
	}
	if i := slices.Index([]string{"number", "url", "id", "status", "amount", "currency"}, name); i >= 0 {
		return i
	}
	return len(at.declared) + 100
}

// memberNames are the names in a record that was not declared.
func memberNames(value any) []string {
	switch v := value.(type) {
	case *document:
		var names []string
		seen := map[string]bool{}
		for i := range v.members {
			if name := v.members[i].name; !seen[name] && len(names) < maxPaths {
				seen[name] = true
				names = append(names, name)
			}
		}
		return names
	case map[string]any:
		return slices.Sorted(maps.Keys(v))
	case map[string]string:
		return slices.Sorted(maps.Keys(v))
	case field.Values:
		return slices.Sorted(maps.Keys(v))
	}
	return nil
}

// list lists a list, and its first row where the sample has one.
func (l *lister) list(at place, value any, depth int) {
	n := 0
	if value != nil && kindOf(value) == list {
		n, _ = length(value)
	}
	p := Path{Path: at.path, Label: at.label, Kind: list.word()}
	if n > 0 {
		p.Text = strconv.Itoa(n)
	}
	l.add(p)
	var first any
	if n > 0 {
		first, _ = element(value, 0)
	}
	if first == nil && at.shape.elements().members == nil {
		return // nobody knows what its rows are
	}
	l.walk(place{path: at.path + "[0]", label: at.label, shape: at.shape.elements(), declared: at.declared}, first, depth+1)
}

// text is a value for a person.
func (l *lister) text(value any) string {
	s, err := l.run.write(value)
	if err != nil {
		return ""
	}
	if short := firstCharacters(s, maxPathText); short != s {
		return strings.TrimSpace(short) + "…"
	}
	return s
}
