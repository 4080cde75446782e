package mapping

import (
	"fmt"
	"slices"
	"strings"
)

// Template is a text with {{ expressions }}. It is compiled once and may then be used by many goroutines.
type Template struct {
	text  string
	parts []part
	whole bool // one expression and nothing else: its value keeps its type
	shape shape
	cost  int // steps of one evaluation: its names, literals and operators
	zones zones
}

// part is a piece of plain text, or an expression.
type part struct {
	piece
	prog program
}

// CompileTemplate reads a template. The error is a *[Fault], which gives the place of the first mistake in characters of the text.
//
// A literal brace is written {{ "{{" }}.
func CompileTemplate(text string, scope Scope) (*Template, error) {
	return compileTemplate(text, scope.roots(nil))
}

// compileTemplate compiles a template over the names of any scope, rows included.
func compileTemplate(source string, roots shape) (*Template, error) {
	pieces, fault := cut(source)
	if fault != nil {
		return nil, fault
	}
	t := &Template{text: source, shape: shape{kind: text}}
	if only := onlyExpression(pieces); only != nil {
		pieces, t.whole = []piece{*only}, true
	}
	for _, p := range pieces {
		compiled := part{piece: p}
		if p.isExpr {
			// The first mistake is enough: what comes behind it may only follow from it.
			prog, c, err := compileExpression(p.text, p.char, roots)
			if err != nil {
				return nil, err
			}
			compiled.prog = prog
			t.cost += c.nodes
			if k := compiled.prog.shape.kind; !t.whole && (k == list || k == record) {
				return nil, &Fault{Char: p.char, Code: CodeType, Message: fmt.Sprintf("%s is %s, which cannot stand in a text%s", brief(p.text), k, textRemedy(k))}
			}
		}
		t.parts = append(t.parts, compiled)
	}
	if t.whole {
		t.shape = t.parts[0].prog.shape
	}
	return t, nil
}

// textRemedy is what to do about a value that cannot stand in a text.
func textRemedy(k kind) string {
	if k == list {
		return "; write join(…) around it"
	}
	return "; name one of its values"
}

// onlyExpression is the expression of a template that holds nothing else but blanks, which are then not part of the value.
func onlyExpression(pieces []piece) *piece {
	var only *piece
	for i, p := range pieces {
		switch {
		case p.isExpr && only == nil:
			only = &pieces[i]
		case p.isExpr, strings.TrimSpace(p.text) != "":
			return nil
		}
	}
	return only
}

// constant says whether the template holds no expression.
func (t *Template) constant() bool {
	return !t.whole && !slices.ContainsFunc(t.parts, func(p part) bool { return p.isExpr })
}

// Text is the template as it was written.
func (t *Template) Text() string { return t.text }

// Eval gives the template's value. A template that is one expression keeps the type of its value: nil, bool, string, [decimal.Decimal],
// [time.Time], a list or a group of values. Any other is a text: numbers without trailing zeros, dates as YYYY-MM-DD in the workspace's time
// zone, nothing for nil. The error is a *[Fault] and holds no values of the event.
func (t *Template) Eval(env *Env) (any, error) {
	return t.eval(&run{env: env, zones: &t.zones, steps: conditionSteps, bytes: conditionBytes})
}

// eval runs the template within a budget that it may share with others.
func (t *Template) eval(r *run) (any, error) {
	if t.constant() {
		return t.text, nil
	}
	if err := r.step(t.cost); err != nil {
		return nil, at(0, fmt.Errorf("%s %w", brief(t.text), err))
	}
	if t.whole {
		return t.evalWhole(r)
	}
	var b strings.Builder
	for _, p := range t.parts {
		s := p.text
		if p.isExpr {
			var err error
			if s, err = p.write(r); err != nil {
				return nil, err
			}
		}
		// Each piece is paid for, and all of them together must stay a text of the allowed length.
		err := r.grow(len(s))
		if err == nil && b.Len()+len(s) > maxText {
			err = errText
		}
		if err != nil {
			return nil, at(p.char, fmt.Errorf("%s %w", brief(t.text), err))
		}
		b.WriteString(s)
	}
	return b.String(), nil
}

// evalWhole is the value of the one expression, as it is.
func (t *Template) evalWhole(r *run) (any, error) {
	p := t.parts[0]
	v, err := p.prog.eval(r)
	if s, ok := v.(string); ok && err == nil {
		err = r.grow(len(s))
	}
	if err != nil {
		return nil, at(p.char, fmt.Errorf("%s %w", brief(p.text), err))
	}
	return v, nil
}

// write is the expression's value as text.
func (p part) write(r *run) (string, error) {
	v, err := p.prog.eval(r)
	if err != nil {
		return "", at(p.char, err)
	}
	s, err := r.write(v)
	if err != nil {
		return "", at(p.char, fmt.Errorf("%s %w", brief(p.text), err))
	}
	return s, nil
}

// brief is the source of an expression as messages quote it.
func brief(source string) string {
	s := []rune(oneLine(source))
	if len(s) > 60 {
		return string(s[:59]) + "…"
	}
	return string(s)
}
