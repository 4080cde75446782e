package mapping

import (
	"fmt"
	"maps"
	"slices"

	"github.com/expr-lang/expr/ast"
)

// function is how a Function is called.
type function struct {
	Function
	params []param
	rest   bool // the last parameter may come any number of times
	cost   int  // steps beside the one every call costs
	result kind
	infer  func([]shape) shape // the result when it follows from the arguments; nil = result
	// check refuses a value that is written out in the expression, so that a mistake is found when it is saved; nil = nothing to check.
	check func(param string, v any) error
	call  func(r *run, args []any) (any, error)
}

// param is one parameter. A text parameter takes numbers as well and reads nothing as the empty text; every other one that is not optional
// and does not list nothing among its kinds refuses it, so that a missing amount is never quietly zero.
type param struct {
	name     string
	kinds    []kind // empty = anything
	want     string // the kinds in the words of a message; empty = the only one
	optional bool
}

// The kinds of parameters that most functions share. A name is only for messages and for the reference.
func textParam(name string) param   { return param{name: name, kinds: []kind{text}} }
func numberParam(name string) param { return param{name: name, kinds: []kind{number}} }
func listParam(name string) param   { return param{name: name, kinds: []kind{list}} }
func anyParam(name string) param    { return param{name: name} }

// dayParam takes a time, or a date as text (YYYY-MM-DD). Nothing stays nothing: no date, no due date.
func dayParam(name string) param {
	return param{name: name, kinds: []kind{text, moment, nothing}, want: "a time or a date (YYYY-MM-DD)"}
}

// optional makes a parameter one that may be left out; it then is not among the arguments, or is nil when nil was written.
func optional(p param) param {
	p.optional = true
	return p
}

// accepts says whether a value of the shape may be given.
func (p param) accepts(s shape) bool {
	switch {
	case len(p.kinds) == 0, s.kind == unknown:
		return true
	case s.kind == nothing:
		return p.takesNothing()
	case s.kind == number && p.kinds[0] == text && len(p.kinds) == 1:
		return true
	}
	return slices.Contains(p.kinds, s.kind)
}

// takesNothing says whether nil may be written for the parameter. An amount never may: see param.
func (p param) takesNothing() bool {
	return p.optional || len(p.kinds) == 0 || slices.Contains(p.kinds, nothing) || len(p.kinds) == 1 && p.kinds[0] == text
}

// wanted is the parameter in the words of a message.
func (p param) wanted() string {
	if p.want != "" {
		return p.want
	}
	return p.kinds[0].String()
}

// take brings an argument into what the function expects. The error is the end of a sentence that begins with the argument's source.
func (p param) take(r *run, v any) (any, error) {
	k := kindOf(v)
	switch {
	case len(p.kinds) == 0 || k == nothing && p.optional:
		return v, nil
	case len(p.kinds) == 1 && p.kinds[0] == text && (k == nothing || k == number || k == text):
		return r.write(v)
	case slices.Contains(p.kinds, k):
		return v, nil
	case k == nothing:
		return nil, fmt.Errorf("has no value and %s is needed; say what to take then: (… ?? …)", p.wanted())
	}
	hint := ""
	if k == text && p.kinds[0] == number {
		hint = "; write number(…) around it"
	}
	return nil, fmt.Errorf("is %s and %s is needed%s", k, p.wanted(), hint)
}

// param is the parameter of the i-th argument.
func (f *function) param(i int) param { return f.params[min(i, len(f.params)-1)] }

// checkConstant checks an argument that is written out: a layout, a language. What is worked out while running is checked then.
func (f *function) checkConstant(i int, p program) error {
	if f.check == nil || !p.constant {
		return nil
	}
	v, err := p.eval(nil)
	if err != nil {
		return err
	}
	return f.check(f.param(i).name, v)
}

// call compiles a call of a function or of a loop.
func (c *compiler) call(n ast.Node, name string, args []ast.Node) (program, error) {
	if loop, ok := loops[name]; ok {
		return c.loop(n, loop, args)
	}
	f, ok := functions[name]
	if !ok {
		return c.fail(c.place(n), CodeName, "%s", unknownFunction(name))
	}
	return c.apply(n, f, args)
}

// apply compiles a function and its arguments.
func (c *compiler) apply(n ast.Node, f *function, args []ast.Node) (program, error) {
	name, least := f.Name, 0
	for _, p := range f.params {
		if !p.optional {
			least++
		}
	}
	if len(args) < least || len(args) > len(f.params) && !f.rest {
		return c.fail(c.place(n), CodeType, "%s takes other values: %s", name, f.Signature)
	}
	// What is known of the arguments now is checked now; take looks again at what they turn out to be.
	programs := make([]program, len(args))
	shapes := make([]shape, len(args))
	chars := make([]int, len(args))
	for i, arg := range args {
		var err error
		if programs[i], err = c.node(arg); err != nil {
			return program{}, err
		}
		shapes[i], chars[i] = programs[i].shape, c.start(arg)
		if p := f.param(i); !p.accepts(shapes[i]) {
			return c.fail(chars[i], CodeType, "%s is %s, and %s takes %s as %s%s", show(arg), shapes[i].kind, name, p.wanted(), p.name, numberHint(p, shapes[i]))
		}
		if err := f.checkConstant(i, programs[i]); err != nil {
			return c.fail(chars[i], CodeType, "%s %v", name, err)
		}
	}
	result := shape{kind: f.result}
	if f.infer != nil {
		result = f.infer(shapes)
	}
	char := c.place(n)
	return program{shape: result, eval: func(r *run) (any, error) {
		// The price comes first: a function that is too dear must not be called at all.
		if err := r.step(1 + f.cost); err != nil {
			return nil, at(char, fmt.Errorf("%s %w", name, err))
		}
		values := make([]any, len(programs))
		for i, p := range programs {
			v, err := p.eval(r)
			if err != nil {
				return nil, err
			}
			if values[i], err = f.param(i).take(r, v); err != nil {
				return nil, at(chars[i], fmt.Errorf("%s %w", show(args[i]), err))
			}
		}
		v, err := f.call(r, values)
		if err != nil {
			return nil, at(char, fmt.Errorf("%s %w", name, err))
		}
		return v, nil
	}}, nil
}

// numberHint is what to do about a text where a number is needed, the commonest mistake with columns of a sheet.
func numberHint(p param, s shape) string {
	if s.kind == text && p.kinds[0] == number {
		return "; write number(…) around it"
	}
	return ""
}

// refused are functions of the expression language, or of people's habits, that are left out on purpose.
var refused = map[string]string{
	"if":     "write condition ? one value : the other",
	"reduce": "use sum, count, min or max",
	"repeat": "write the text out",
	"none":   "write not any(…)",
	"find":   "write filter(…)[0]",
	"concat": "write the values into the template one after the other: {{ … }}{{ … }}",
}

// unknownFunction says what to write instead: what is left out on purpose has its own advice, the rest the nearest name.
func unknownFunction(name string) string {
	message := "unknown function " + name
	if instead := refused[name]; instead != "" {
		return message + "; " + instead
	}
	if best := nearest(name, slices.Concat(slices.Sorted(maps.Keys(functions)), slices.Sorted(maps.Keys(loops)))); best != "" {
		message += "; did you mean " + best + "?"
	}
	return message
}

// isFunction says whether expressions may call the name.
func isFunction(name string) bool {
	return functions[name] != nil || loops[name] != nil
}
