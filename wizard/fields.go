package wizard

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/engine"
	"github.com/tengi/tengi/field"
	"github.com/tengi/tengi/mapping"
	"github.com/tengi/tengi/setup"
)

// Field is a field of a step beside what it would get from the sample.
type Field struct {
	field.Field        // its declaration; of pairs an entry of theirs
	Path        string // "description", "lines.text", "lines[0].text" of rows written out, "customer.email", "headers.X-Shop"
	Template    string // what it is filled from, as it was written: the user's, or the action's default
	Default     bool   // the template is the action's default
	Given       bool   // somebody has said what it is filled from, be it nothing
	Text        string // its value for the sample, as a person reads it; of a column of a list that of the first row
	Hidden      bool   // not shown, because of the value that the field it depends on has with this sample
	Fault       *Fault
	// Of a list that is filled row by row, Children are its columns and Template is where the rows come from; Row is what its columns may name besides. Of rows
	// written out, Children are their fields, row after row. Of a group its fields, of pairs their entries.
	Children []Field
	Rows     int // of a list how many rows the sample gives, or are written out
	Written  bool
	Row      []mapping.Path
}

// Condition is a condition beside what it comes to for the sample.
type Condition struct {
	Text    string
	Holds   bool   // for the sample; an empty condition always holds
	Explain string // what it looks at, and what it finds
	Fault   *Fault
}

// Step is everything a page needs on which the fields of a step are filled.
type Step struct {
	Key       string
	Connector *connector.Connector
	Action    *connector.Action
	When      Condition
	Fields    []Field
	Paths     []mapping.Path // what may be put into a field
	Guesses   []Guess        // what may be meant, where the source has no fixed shape
	Total     string         // what the document would come to; empty when it has no amount or cannot be computed
	Faults    []Fault        // faults of no field: of keys that the action does not have
}

// Functions is what expressions may call, with signature, help and an example.
func Functions() []mapping.Function { return mapping.Functions() }

// bench is what the templates of one step are tried on.
type bench struct {
	scope mapping.Scope
	env   *mapping.Env
	conn  *connector.Connector
	act   *connector.Action
	step  *tengi.Step
}

// bench readies a step, or with an empty key the filter. Without a sample there is no env.
func (w *Wizard) bench(ctx context.Context, d Draft, key string) (bench, error) {
	_, t, ok := w.trigger(d)
	if !ok {
		return bench{}, ErrNoConnector
	}
	b := bench{scope: w.scope(d, t, key)}
	if key != "" {
		if b.conn, b.act, ok = w.action(d, key); !ok {
			return bench{}, ErrNoStep
		}
		b.step, _ = d.step(key)
	}
	if d.Sample.From == "" {
		return b, nil
	}
	e, err := w.Event(ctx, d)
	if err != nil {
		return bench{}, err
	}
	if b.env, err = mapping.NewEnv(e); err != nil {
		return bench{}, err
	}
	b.env.Workspace, _ = w.workspace(d.Connection.WorkspaceID)
	b.env.Connection, b.env.Now = d.Connection, w.target.Store.Now()
	b.env.Steps = w.documents(d, e, b.scope.Steps)
	if up, ok := w.upstream(d); ok {
		b.env.Upstream = map[string]tengi.Document{}
		for _, s := range up.Steps {
			if a, ok := w.account(up.WorkspaceID, s.AccountID); ok && a.Connector != nil {
				if action, ok := a.Connector.Action(s.Action); ok {
					b.env.Upstream[s.Key] = engine.Assume(action, s.Key)
				}
			}
		}
	}
	return b, nil
}

// upstream is the connection that the draft's runs after.
func (w *Wizard) upstream(d Draft) (tengi.Connection, bool) {
	for _, c := range w.connections(d.Connection.WorkspaceID) {
		if c.ID == d.Connection.Schedule.After {
			return c, true
		}
	}
	return tengi.Connection{}, false
}

// scope is what a step's expressions may name.
func (w *Wizard) scope(d Draft, t *connector.Trigger, key string) mapping.Scope {
	scope := mapping.Scope{Sale: t.Sale, Data: t.Output}
	if up, ok := w.upstream(d); ok {
		for _, s := range up.Steps {
			scope.Upstream = append(scope.Upstream, s.Key)
		}
	}
	for _, s := range d.Connection.Steps {
		if s.Key == key || key == "" {
			break
		}
		scope.Steps = append(scope.Steps, s.Key)
	}
	return scope
}

// documents are those of the earlier steps, as far as they can be known before anything was made.
func (w *Wizard) documents(d Draft, e tengi.Event, steps []string) map[string]tengi.Document {
	made := map[string]tengi.Document{}
	c, account := w.whole(d)
	workspace, _ := w.workspace(c.WorkspaceID)
	if pipe, err := engine.Compile(c, workspace, account, w.connections(c.WorkspaceID)...); err == nil {
		for _, s := range w.engine.Rehearse(pipe, e).Steps {
			if s.Outcome == engine.WouldMake {
				made[s.Key] = s.Document
			}
		}
	}
	for _, key := range steps {
		if _, known := made[key]; known {
			continue
		}
		if _, a, ok := w.action(d, key); ok {
			made[key] = engine.Assume(a, key)
		}
	}
	return made
}

// Fields readies the page of a step's fields. labels is the action's input in the reader's language, as package locale gives it; nil = English.
func (w *Wizard) Fields(ctx context.Context, d Draft, key string, labels field.Set) (Step, error) {
	b, err := w.bench(ctx, d, key)
	if err != nil {
		return Step{}, err
	}
	input := b.input(labels)
	s := Step{Key: key, Connector: b.conn, Action: b.act, When: b.condition(b.step.When)}
	tree := newTree(input, b.step.Fields, mapping.Sketch(input, b.step.Fields, b.scope, b.env), b)
	s.Fields, s.Faults = tree.fields(input, "", b.step.Fields, true), tree.strays
	s.Paths = mapping.Paths(b.scope, b.env)
	s.Guesses = w.guesses(b, input)
	s.Total = b.total()
	return s, nil
}

// input is the action's input with the labels of a reader.
func (b bench) input(labels field.Set) field.Set {
	if len(labels) == len(b.act.Input) {
		return labels
	}
	return b.act.Input
}

// total is what the document would come to.
func (b bench) total() string {
	if b.act.Total == nil || b.env == nil {
		return ""
	}
	compiled, err := mapping.CompileFields(b.act.Input, b.step.Fields, b.scope)
	if err != nil {
		return ""
	}
	values, err := compiled.Fill(b.env)
	if err != nil {
		return ""
	}
	total, err := b.act.Total(values)
	if err != nil {
		return ""
	}
	return total.String()
}

// condition tries a condition.
func (b bench) condition(text string) Condition {
	c := Condition{Text: strings.TrimSpace(text), Holds: true}
	if c.Text == "" {
		return c
	}
	c.Holds = false
	compiled, err := mapping.CompileCondition(c.Text, b.scope)
	if err != nil {
		c.Fault = faultOf(err)
		return c
	}
	if b.env == nil {
		return c
	}
	if c.Holds, err = compiled.Eval(b.env); err != nil {
		c.Fault = faultOf(err)
		return c
	}
	c.Explain = compiled.Explain(b.env)
	return c
}

// CheckCondition tries a condition while somebody writes it: that of a step, or with an empty key the filter. It is bounded in time and size like every
// expression.
func (w *Wizard) CheckCondition(ctx context.Context, d Draft, key, text string) (Condition, error) {
	b, err := w.bench(ctx, d, key)
	if err != nil {
		return Condition{}, err
	}
	return b.condition(text), nil
}

// CheckField tries what one field is filled from while somebody writes it, and says what it comes to or what is wrong, with the place. Nothing of the draft
// is changed. It is bounded in time and size like every mapping.
func (w *Wizard) CheckField(ctx context.Context, d Draft, key, path, template string, labels field.Set) (Field, error) {
	b, err := w.bench(ctx, d, key)
	if err != nil {
		return Field{}, err
	}
	input := b.input(labels)
	root, _ := cutPath(path)
	f, ok := input.Lookup(root)
	if !ok {
		return Field{}, ErrNoStep
	}
	fields := maps.Clone(b.step.Fields)
	if fields == nil {
		fields = map[string]any{}
	}
	fields[root] = put(f, fields[root], path, template)
	// Only what the field stands in and what it depends on is filled: the others have nothing to do with it.
	set := field.Set{f}
	for on := f.DependsOn; on != nil; {
		other, ok := input.Lookup(on.Key)
		if !ok || slices.ContainsFunc(set, func(x field.Field) bool { return x.Key == other.Key }) {
			break
		}
		set = append(set, other)
		on = other.DependsOn
	}
	maps.DeleteFunc(fields, func(key string, _ any) bool { _, in := set.Lookup(key); return !in })
	tree := newTree(set, fields, mapping.Sketch(set, fields, b.scope, b.env), b)
	if found, ok := find(tree.fields(set, "", fields, true), path); ok {
		return found, nil
	}
	return Field{Field: f, Path: path, Template: template, Given: true}, nil
}

// find is the field of a path.
func find(fields []Field, path string) (Field, bool) {
	for _, f := range fields {
		if f.Path == path {
			return f, true
		}
		if found, ok := find(f.Children, path); ok {
			return found, true
		}
	}
	return Field{}, false
}

// faultOf is a fault of an expression with its place.
func faultOf(err error) *Fault {
	all := setup.CompileProblems(err)
	if len(all) == 0 {
		return nil
	}
	return &all[0]
}
