package mapping

import (
	"fmt"

	"github.com/expr-lang/expr/ast"
	"github.com/shopspring/decimal"
)

// loop is a function that looks at every element of a list: map(sale.lines, .text).
type loop struct {
	Function
	body     kind // what the second argument must give; unknown = anything
	optional bool // the second argument may be left out
	start    func() state
	result   func(list, body shape) shape
}

// state is one loop while it runs. take gets each element and what the body gave for it (the element itself when there is no body) and says
// whether to go on.
type state interface {
	take(r *run, elem, body any) (more bool, err error)
	value() any
}

// loopTable is the loops in the order of the documentation.
var loopTable = []loop{
	{
		Function: Function{
			// The elements may be of any kind, so what comes out is as well.
			Name: "map", Group: groupLists, Signature: "map(list, value)",
			Help:    "The list with each row replaced by a value of it. Inside, .name is a value of the row, # the row itself and #index its place from 0.",
			Example: `map(sale.lines, .text) | join(" + ")`, Result: "Golden Circle + Lunch",
		},
		start:  func() state { return &mapped{} },
		result: func(_, b shape) shape { return shape{kind: list, elem: &b} },
	},
	{
		Function: Function{
			// What is left keeps its shape: a line of a sale is still one.
			Name: "filter", Group: groupLists, Signature: "filter(list, condition)",
			Help:    "The rows for which the condition is true.",
			Example: `filter(sale.lines, .total > 10000)[0].text`, Result: "Golden Circle",
		},
		body:   boolean,
		start:  func() state { return &kept{} },
		result: func(l, _ shape) shape { return l },
	},
	{
		Function: Function{
			// Ends at the first row that decides, as does all.
			Name: "any", Group: groupLists, Signature: "any(list, condition)",
			Help:    "Whether the condition is true for at least one row.",
			Example: `any(sale.lines, .vat_rate == 24)`, Result: "false",
		},
		body:   boolean,
		start:  func() state { return &decided{stopAt: true} },
		result: always(boolean),
	},
	{
		Function: Function{
			Name: "all", Group: groupLists, Signature: "all(list, condition)",
			Help:    "Whether the condition is true for every row; true for an empty list.",
			Example: `all(sale.lines, .quantity > 0)`, Result: "true",
		},
		body:   boolean,
		start:  func() state { return &decided{stopAt: false, is: true} },
		result: always(boolean),
	},
	{
		Function: Function{
			Name: "count", Group: groupLists, Signature: "count(list, condition?)",
			Help:    "How many rows there are, or for how many of them the condition is true.",
			Example: `count(sale.lines, .total > 10000)`, Result: "1",
		},
		body: boolean, optional: true,
		start:  func() state { return &counted{} },
		result: always(number),
	},
	{
		Function: Function{
			Name: "sum", Group: groupNumbers, Signature: "sum(list, value?)",
			Help:    "The exact sum of a list of numbers, or of a value of each row.",
			Example: `sum(sale.lines, .total)`, Result: "39800",
		},
		body: number, optional: true,
		start:  func() state { return &summed{} },
		result: always(number),
	},
}

// loops finds a loop by name.
var loops = byName(loopTable, func(l *loop) string { return l.Name })

// always is the shape of a loop that gives one kind whatever it goes through.
func always(k kind) func(shape, shape) shape {
	return func(shape, shape) shape { return shape{kind: k} }
}

// decided is any and all: it stops at the first element that decides.
type decided struct{ stopAt, is bool }

func (d *decided) take(_ *run, _, body any) (bool, error) {
	if body.(bool) == d.stopAt {
		d.is = d.stopAt
		return false, nil
	}
	return true, nil
}
func (d *decided) value() any { return d.is }

// counted is count.
type counted struct{ n int }

func (s *counted) take(_ *run, _, body any) (bool, error) {
	if yes, ok := body.(bool); !ok || yes { // without a body every element counts
		s.n++
	}
	return true, nil
}
func (s *counted) value() any { return count(s.n) }

// kept is filter: it keeps the elements, not what the condition gave.
type kept struct{ elems []any }

func (s *kept) take(r *run, elem, body any) (bool, error) {
	if body.(bool) {
		s.elems = append(s.elems, elem)
		return true, r.grow(wordBytes)
	}
	return true, nil
}
func (s *kept) value() any { return listOf(s.elems) }

// mapped is map: it keeps what the body gave.
type mapped struct{ elems []any }

func (s *mapped) take(r *run, _, body any) (bool, error) {
	s.elems = append(s.elems, body)
	return true, r.grow(wordBytes)
}
func (s *mapped) value() any { return listOf(s.elems) }

// listOf is a list even when it is empty.
func listOf(elems []any) []any {
	if elems == nil {
		return []any{}
	}
	return elems
}

// summed is sum. It adds exactly and refuses everything but numbers: a price that came as text would otherwise be left out of the total.
type summed struct{ sum decimal.Decimal }

func (s *summed) take(_ *run, _, body any) (bool, error) {
	d, ok := body.(decimal.Decimal)
	if !ok {
		return false, fmt.Errorf("meets %s and needs a number", kindOf(body))
	}
	s.sum = s.sum.Add(d)
	if !isSane(s.sum) {
		return false, errDigits
	}
	return true, nil
}
func (s *summed) value() any { return s.sum }

// wordBytes is what an element of a new list costs.
const wordBytes = 16

// loop compiles a loop. Its body costs a step for each of its nodes every time.
func (c *compiler) loop(n ast.Node, l *loop, args []ast.Node) (program, error) {
	if len(args) == 0 || len(args) == 1 && !l.optional || len(args) > 2 {
		return c.fail(c.place(n), CodeType, "%s takes other values: %s", l.Name, l.Signature)
	}
	over, err := c.node(args[0])
	if err != nil {
		return program{}, err
	}
	start := c.start(args[0])
	if !over.shape.is(list) || over.shape.kind == nothing {
		return c.fail(start, CodeType, "%s is %s, and %s needs a list", show(args[0]), over.shape.kind, l.Name)
	}
	elem := over.shape.elements()
	if len(args) == 1 { // count(list), sum(list): the elements themselves
		if !elem.is(l.body) && l.body != boolean {
			return c.fail(start, CodeType, "the rows of %s are not numbers; say which of their values: %s(%s, .total)", show(args[0]), l.Name, show(args[0]))
		}
		return c.runLoop(n, args, l, over, nil, 1), nil
	}
	if len(c.loops) == maxLoops {
		return c.fail(c.place(n), CodeLimit, "more than %d loops stand inside one another", maxLoops)
	}
	// While the body is compiled, # is an element of this list; behind it, of the list around it again.
	before := c.nodes
	c.loops = append(c.loops, elem)
	body, err := c.body(args[1], l)
	c.loops = c.loops[:len(c.loops)-1]
	if err != nil {
		return program{}, err
	}
	return c.runLoop(n, args, l, over, &body, c.nodes-before+1), nil
}

// body compiles what a loop does with each element and checks what it gives.
func (c *compiler) body(n ast.Node, l *loop) (program, error) {
	if predicate, ok := n.(*ast.PredicateNode); ok {
		n = predicate.Node
	}
	p, err := c.node(n)
	if err != nil {
		return p, err
	}
	if l.body != unknown && p.shape.kind != unknown && p.shape.kind != l.body {
		return c.fail(c.start(n), CodeType, "%s is %s, and %s needs %s for each row", show(n), p.shape.kind, l.Name, l.body)
	}
	return p, nil
}

// runLoop is the loop at work. depth is its place among the loops around it: each keeps its element in a slot of its own, so that the body of an
// inner loop does not disturb the outer one.
func (c *compiler) runLoop(n ast.Node, args []ast.Node, l *loop, over program, body *program, cost int) program {
	depth, char := len(c.loops), c.place(n)
	result := shape{}
	if body != nil {
		result = body.shape
	}
	return program{shape: l.result(over.shape, result), eval: func(r *run) (any, error) {
		v, err := over.eval(r)
		if err != nil {
			return nil, err
		}
		if kindOf(v) != list {
			return nil, at(char, fmt.Errorf("%s is %s, and %s needs a list%s", show(args[0]), kindOf(v), l.Name, emptyHint(v, args[0])))
		}
		size, err := length(v)
		if err != nil {
			return nil, at(char, fmt.Errorf("%s %w", l.Name, err))
		}
		s, more := l.start(), true
		for i := 0; i < size && more; i++ {
			elem, err := element(v, i)
			if err == nil {
				err = r.step(cost)
			}
			if err == nil {
				more, err = l.round(r, s, depth, i, elem, body)
			}
			if err != nil {
				return nil, inRow(i, at(char, fmt.Errorf("%s %w", l.Name, err)))
			}
		}
		return s.value(), nil
	}}
}

// emptyHint is what to do about a list that is not there.
func emptyHint(v any, n ast.Node) string {
	if v != nil {
		return ""
	}
	return "; say what to take then: (" + show(n) + " ?? [])"
}

// round is the turn of the i-th element.
func (l *loop) round(r *run, s state, depth, i int, elem any, body *program) (more bool, err error) {
	given := elem
	switch {
	case body != nil:
		r.items[depth], r.indexes[depth] = elem, i
		if given, err = body.eval(r); err != nil {
			return false, err
		}
		if l.body == boolean && kindOf(given) != boolean {
			return false, fmt.Errorf("needs true or false and meets %s", kindOf(given))
		}
	case l.body == boolean:
		given = true
	}
	return s.take(r, elem, given)
}
