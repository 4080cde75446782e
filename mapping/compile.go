package mapping

import (
	"fmt"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/shopspring/decimal"
)

// program is a compiled expression, or a part of one. A part that is constant ignores its run.
type program struct {
	shape    shape
	constant bool
	plain    bool // never says who somebody is (see member)
	free     bool // out of free-form data: nobody has said what it means
	eval     func(*run) (any, error)
	record   func(*run) (any, error) // its value for looking members up (see member); nil = as eval has it
}

// compiler turns the tree of one expression into a program and checks every name and type on the way.
type compiler struct {
	roots   shape
	source  []rune
	char    int     // of the template, where source begins
	nodes   int     // compiled so far
	loops   []shape // elements of the loops around the node being compiled
	looked  []look
	strings map[string]bool // the text literals of the expression
}

// look is a name an expression looks at, for the story told of a condition.
type look struct {
	path string
	program
}

// compileExpression compiles the source of one expression that begins at the given character of its template.
func compileExpression(source string, char int, roots shape) (program, *compiler, error) {
	node, fault := parse(source, char)
	if fault != nil {
		return program{}, nil, fault
	}
	c := &compiler{roots: roots, source: []rune(source), char: char, strings: map[string]bool{}}
	p, err := c.node(node)
	return p, c, err
}

// place is where a node's own token stands in the template.
func (c *compiler) place(n ast.Node) int { return c.char + n.Location().From }

// start is where a node begins: an operator stands behind its left side, a name behind what it is a name of.
func (c *compiler) start(n ast.Node) int {
	for {
		switch at := n.(type) {
		case *ast.BinaryNode:
			n = at.Left
		case *ast.ConditionalNode:
			n = at.Cond
		case *ast.MemberNode:
			n = at.Node
		case *ast.SliceNode:
			n = at.Node
		case *ast.ChainNode:
			n = at.Node
		default:
			return c.place(n)
		}
	}
}

// fail is the way out of every method that compiles: no program, and a fault at a place of the template.
func (c *compiler) fail(char int, code, format string, args ...any) (program, error) {
	return program{}, &Fault{Char: char, Code: code, Message: fmt.Sprintf(format, args...)}
}

// count counts one node. The parser lets two comparisons share a node (a < b < c), so that a small tree can have very many paths: what is
// counted is what is compiled, not what was parsed.
func (c *compiler) count() error {
	if c.nodes++; c.nodes <= maxNodes {
		return nil
	}
	_, err := c.fail(c.char, CodeLimit, "the expression has more than %d names, values and operators", maxNodes)
	return err
}

// node compiles one node.
func (c *compiler) node(n ast.Node) (program, error) {
	if err := c.count(); err != nil {
		return program{}, err
	}
	// What is not named here cannot be used, whatever a later version of the parser may read.
	switch n := n.(type) {
	case *ast.NilNode:
		return literal(shape{kind: nothing}, nil), nil
	case *ast.BoolNode:
		return literal(shape{kind: boolean}, n.Value), nil
	case *ast.IntegerNode:
		return literal(shape{kind: number}, count(n.Value)), nil
	case *ast.FloatNode:
		return c.float(n)
	case *ast.StringNode:
		return c.string(n)
	case *ast.IdentifierNode, *ast.MemberNode, *ast.PointerNode, *ast.ChainNode:
		return c.name(n)
	case *ast.SliceNode:
		return c.slice(n)
	case *ast.UnaryNode:
		return c.unary(n)
	case *ast.BinaryNode:
		return c.binary(n)
	case *ast.ConditionalNode:
		return c.conditional(n)
	case *ast.ArrayNode:
		return c.array(n)
	case *ast.MapNode:
		return c.pairs(n)
	case *ast.BuiltinNode:
		return c.call(n, n.Name, n.Arguments)
	case *ast.CallNode:
		if name, ok := n.Callee.(*ast.IdentifierNode); ok {
			return c.call(n, name.Value, n.Arguments)
		}
		return c.method(n)
	case *ast.VariableDeclaratorNode:
		return c.fail(c.place(n), CodeSyntax, "let cannot be used here; write the value where it is needed")
	case *ast.SequenceNode:
		return c.fail(c.place(n), CodeSyntax, "only one expression can stand here; write each in its own {{ }}")
	default:
		return c.fail(c.place(n), CodeSyntax, "this cannot be used in an expression")
	}
}

// method refuses value.function(…). Values of Go types have methods, some of which can do far more than an expression should.
func (c *compiler) method(n *ast.CallNode) (program, error) {
	if m, ok := n.Callee.(*ast.MemberNode); ok && isPath(m) {
		if key, ok := m.Property.(*ast.StringNode); ok && isFunction(key.Value) {
			return c.fail(c.place(n), CodeSyntax, "values have no functions of their own; write %s(%s)", key.Value, show(m.Node))
		}
	}
	return c.fail(c.place(n), CodeSyntax, "values have no functions of their own; write function(value) or value | function()")
}

// literal is a program that always gives the same value.
func literal(s shape, v any) program {
	return program{shape: s, constant: true, eval: func(*run) (any, error) { return v, nil }}
}

// float reads the number from the source again: the parser has already made a float of it, and 0.1 has none.
func (c *compiler) float(n *ast.FloatNode) (program, error) {
	at := n.Location()
	// 1_000.50 may be written with underscores, as in Go.
	d, err := decimal.NewFromString(strings.ReplaceAll(string(c.source[at.From:at.To]), "_", ""))
	if err != nil || !isSane(d) {
		return c.fail(c.place(n), CodeLimit, "the number has more than %d digits", maxDigits)
	}
	return literal(shape{kind: number}, d), nil
}

// string compiles a text literal. The condition that holds it may show it in its explanation.
func (c *compiler) string(n *ast.StringNode) (program, error) {
	c.strings[n.Value] = true
	return literal(shape{kind: text}, n.Value), nil
}

// array compiles a list that is written out. Its elements have one shape when all of them do, so that in can be checked against it.
func (c *compiler) array(n *ast.ArrayNode) (program, error) {
	elems := make([]program, len(n.Nodes))
	shaped := shape{kind: nothing} // joined with anything it is that thing
	constant := true
	for i, child := range n.Nodes {
		var err error
		if elems[i], err = c.node(child); err != nil {
			return program{}, err
		}
		shaped = join(shaped, elems[i].shape)
		constant = constant && elems[i].constant
	}
	if shaped.kind == nothing { // an empty list: of anything
		shaped = shape{}
	}
	return fold(program{shape: shape{kind: list, elem: &shaped}, constant: constant, eval: func(r *run) (any, error) {
		values := make([]any, len(elems))
		for i, elem := range elems {
			var err error
			if values[i], err = elem.eval(r); err != nil {
				return nil, err
			}
		}
		return values, nil
	}})
}

// pairs compiles {"name": value}. A name that stands twice is refused: which of the two counts is nothing to guess about.
func (c *compiler) pairs(n *ast.MapNode) (program, error) {
	type pair struct {
		key   string
		value program
	}
	pairs := make([]pair, len(n.Pairs))
	seen := make(map[string]bool, len(n.Pairs))
	constant := true
	for i, child := range n.Pairs {
		node := child.(*ast.PairNode)
		key, ok := node.Key.(*ast.StringNode)
		if !ok {
			return c.fail(c.start(node.Key), CodeSyntax, "the name before the colon must be a plain text")
		}
		if seen[key.Value] {
			return c.fail(c.place(key), CodeSyntax, "%q stands here twice", key.Value)
		}
		seen[key.Value] = true
		value, err := c.node(node.Value)
		if err != nil {
			return program{}, err
		}
		pairs[i] = pair{key.Value, value}
		constant = constant && value.constant
	}
	return fold(program{shape: shape{kind: record}, constant: constant, eval: func(r *run) (any, error) {
		m := make(map[string]any, len(pairs))
		for _, p := range pairs {
			v, err := p.value.eval(r)
			if err != nil {
				return nil, err
			}
			m[p.key] = v
		}
		return m, nil
	}})
}

// fold runs a constant program now instead of every time. Nothing changes a value once it is made, so all runs may share it.
func fold(p program) (program, error) {
	if !p.constant {
		return p, nil
	}
	v, err := p.eval(nil)
	if err != nil {
		return program{}, err
	}
	return literal(p.shape, v), nil
}

// conditional compiles condition ? a : b. Only the chosen side runs, so that b may say what to do where a would fail.
func (c *compiler) conditional(n *ast.ConditionalNode) (program, error) {
	cond, err := c.truth(n.Cond)
	if err != nil {
		return program{}, err
	}
	then, err := c.node(n.Exp1)
	if err != nil {
		return program{}, err
	}
	otherwise, err := c.node(n.Exp2)
	if err != nil {
		return program{}, err
	}
	return program{shape: join(then.shape, otherwise.shape), eval: func(r *run) (any, error) {
		yes, err := cond(r)
		switch {
		case err != nil:
			return nil, err
		case yes:
			return then.eval(r)
		default:
			return otherwise.eval(r)
		}
	}}, nil
}

// truth compiles a node that must be true or false.
func (c *compiler) truth(n ast.Node) (func(*run) (bool, error), error) {
	p, err := c.node(n)
	if err != nil {
		return nil, err
	}
	char := c.start(n)
	if !p.shape.is(boolean) || p.shape.kind == nothing {
		_, err := c.fail(char, CodeType, "%s is %s, and true or false is needed", show(n), p.shape.kind)
		return nil, err
	}
	return func(r *run) (bool, error) {
		v, err := p.eval(r)
		if err != nil {
			return false, err
		}
		if yes, ok := v.(bool); ok {
			return yes, nil
		}
		return false, at(char, fmt.Errorf("%s is %s, and true or false is needed", show(n), kindOf(v)))
	}, nil
}

// show is the source of a compiled node as messages quote it.
func show(n ast.Node) string {
	s := []rune(n.String())
	if len(s) > 60 {
		return string(s[:59]) + "…"
	}
	return string(s)
}
