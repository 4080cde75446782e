package mapping

import (
	"errors"
	"fmt"

	"github.com/expr-lang/expr/ast"
	"github.com/shopspring/decimal"
)

// divisionPlaces is how exact a division is: places behind the decimal mark.
const divisionPlaces = 16

// unary compiles not, ! and the signs before a number.
func (c *compiler) unary(n *ast.UnaryNode) (program, error) {
	if n.Operator == "not" || n.Operator == "!" {
		yes, err := c.truth(n.Node)
		return program{shape: shape{kind: boolean}, eval: func(r *run) (any, error) {
			v, err := yes(r)
			return !v, err
		}}, err
	}
	operand, err := c.operand(n.Node)
	if err != nil {
		return program{}, err
	}
	p := program{shape: shape{kind: number}, constant: operand.constant, eval: func(r *run) (any, error) {
		// A plus sign changes nothing, but asks for a number all the same.
		d, err := operand.number(r)
		if n.Operator == "-" {
			d = d.Neg()
		}
		return d, err
	}}
	return fold(p)
}

// operand is one side of an arithmetic operator.
type operand struct {
	program
	char int
	node ast.Node
}

// operand compiles a node that must be a number.
func (c *compiler) operand(n ast.Node) (operand, error) {
	p, err := c.node(n)
	if err != nil {
		return operand{}, err
	}
	o := operand{program: p, char: c.start(n), node: n}
	if p.shape.kind != unknown && p.shape.kind != number {
		return o, o.refuse(p.shape.kind, CodeType)
	}
	return o, nil
}

// refuse says what to do about a value that is not the number needed here.
func (o operand) refuse(k kind, code string) error {
	fault := &Fault{Char: o.char, Code: code}
	switch k {
	case text:
		fault.Message = fmt.Sprintf("%s is text and a number is needed; write number(%s)", show(o.node), show(o.node))
	case nothing:
		fault.Message = fmt.Sprintf("%s has no value and a number is needed; say what to take then: (%s ?? 0)", show(o.node), show(o.node))
	case moment:
		fault.Message = fmt.Sprintf("%s is a time and a number is needed; use add_days or days_between", show(o.node))
	case list:
		fault.Message = fmt.Sprintf("%s is a list and a number is needed; use sum or count", show(o.node))
	default:
		fault.Message = fmt.Sprintf("%s is %s and a number is needed", show(o.node), k)
	}
	return fault
}

// number is the value of one side when the expression runs. Free-form data may give anything there.
func (o operand) number(r *run) (decimal.Decimal, error) {
	v, err := o.eval(r)
	if err != nil {
		return decimal.Decimal{}, err
	}
	if d, ok := v.(decimal.Decimal); ok {
		return d, nil
	}
	return decimal.Decimal{}, o.refuse(kindOf(v), CodeValue)
}

// binary compiles an operator with two sides. Those left out give values that nobody needs in a mapping and that can grow without end.
func (c *compiler) binary(n *ast.BinaryNode) (program, error) {
	switch n.Operator {
	case "and", "&&", "or", "||":
		return c.logical(n)
	case "==", "!=", "<", "<=", ">", ">=":
		return c.comparison(n)
	case "+":
		return c.plus(n)
	case "-", "*", "/", "%":
		return c.arithmetic(n)
	case "??":
		return c.otherwise(n)
	case "in":
		return c.membership(n)
	case "contains", "startsWith", "endsWith":
		return c.search(n)
	case "matches":
		return c.matches(n)
	// 1..1000000000 would be a list before anybody could count it.
	case "..":
		return c.fail(c.place(n), CodeSyntax, "ranges (..) cannot be used here")
	default:
		return c.fail(c.place(n), CodeSyntax, "the operator %s cannot be used here", n.Operator)
	}
}

// logical compiles and, or. The right side runs only when the left one does not decide, so that it may rely on it.
func (c *compiler) logical(n *ast.BinaryNode) (program, error) {
	left, err := c.truth(n.Left)
	if err != nil {
		return program{}, err
	}
	right, err := c.truth(n.Right)
	if err != nil {
		return program{}, err
	}
	// Both sides are told apart by the value at which the left one settles the matter: true for or, false for and.
	decides := n.Operator == "or" || n.Operator == "||" // the left side alone decides when it is this
	return program{shape: shape{kind: boolean}, eval: func(r *run) (any, error) {
		if v, err := left(r); err != nil || v == decides {
			return v, err
		}
		return right(r)
	}}, nil
}

// both compiles the two sides of an operator.
func (c *compiler) both(n *ast.BinaryNode) (left, right program, err error) {
	if left, err = c.node(n.Left); err != nil {
		return left, right, err
	}
	right, err = c.node(n.Right)
	return left, right, err
}

// arithmetic compiles - * / %, which know only numbers.
func (c *compiler) arithmetic(n *ast.BinaryNode) (program, error) {
	left, err := c.operand(n.Left)
	if err != nil {
		return program{}, err
	}
	right, err := c.operand(n.Right)
	if err != nil {
		return program{}, err
	}
	char := c.place(n)
	return fold(program{shape: shape{kind: number}, constant: left.constant && right.constant, eval: func(r *run) (any, error) {
		a, err := left.number(r)
		if err != nil {
			return nil, err
		}
		b, err := right.number(r)
		if err != nil {
			return nil, err
		}
		d, err := calculate(n.Operator, a, b)
		if err != nil {
			return nil, at(char, fmt.Errorf("%s %w", show(n), err))
		}
		return d, nil
	}})
}

// calculate is exact but for /, which is exact to divisionPlaces. Both numbers are sane, so nothing here is costly.
func calculate(operator string, a, b decimal.Decimal) (any, error) {
	switch operator {
	case "+":
		return sane(a.Add(b))
	case "-":
		return sane(a.Sub(b))
	case "*":
		return sane(a.Mul(b))
	}
	if b.IsZero() {
		return nil, errors.New("divides by zero")
	}
	if operator == "/" {
		return sane(trimZeros(a.DivRound(b, divisionPlaces)))
	}
	return sane(a.Mod(b))
}

// trimZeros takes the zeros off the end of the decimals, which a division has always sixteen of: they would add up.
func trimZeros(d decimal.Decimal) decimal.Decimal {
	if short := d.Normalize(); short.Exponent() <= 0 {
		return short
	}
	return d.Truncate(0)
}

// plus compiles +: the sum of two numbers, or two texts put together. Values of free-form data are never put together as texts, because
// "10" + "5" would then be "105" where a sum was meant.
func (c *compiler) plus(n *ast.BinaryNode) (program, error) {
	left, right, err := c.both(n)
	if err != nil {
		return program{}, err
	}
	// One side that is surely text makes it a joining. Of two values of free-form data nobody knows what was meant, so they must be numbers.
	if left.shape.kind == text && right.shape.is(text) || right.shape.kind == text && left.shape.is(text) {
		return c.concat(n, left, right)
	}
	a, b := operand{left, c.start(n.Left), n.Left}, operand{right, c.start(n.Right), n.Right}
	char := c.place(n)
	if left.shape.kind == text && right.shape.kind == number || left.shape.kind == number && right.shape.kind == text {
		return c.fail(char, CodeType, "%s adds text and a number; write number(…) around the text, or to put them together text(…) around the number", show(n))
	}
	for _, o := range []operand{a, b} {
		if k := o.shape.kind; k != unknown && k != number {
			return program{}, o.refuse(k, CodeType)
		}
	}
	return fold(program{shape: shape{kind: number}, constant: left.constant && right.constant, eval: func(r *run) (any, error) {
		x, err := a.number(r)
		if err != nil {
			return nil, err
		}
		y, err := b.number(r)
		if err != nil {
			return nil, err
		}
		d, err := calculate("+", x, y)
		if err != nil {
			return nil, at(char, fmt.Errorf("%s %w", show(n), err))
		}
		return d, nil
	}})
}

// concat compiles the joining of two texts.
func (c *compiler) concat(n *ast.BinaryNode, left, right program) (program, error) {
	char := c.place(n)
	return program{shape: shape{kind: text}, eval: func(r *run) (any, error) {
		a, err := left.eval(r)
		if err != nil {
			return nil, err
		}
		b, err := right.eval(r)
		if err != nil {
			return nil, err
		}
		s, err := r.concat(a, b)
		if err != nil {
			return nil, at(char, fmt.Errorf("%s %w", show(n), err))
		}
		return s, nil
	}}, nil
}

// concat joins two texts, once it is known that they are not too long together.
func (r *run) concat(a, b any) (any, error) {
	x, err := r.write(a)
	if err != nil {
		return nil, err
	}
	y, err := r.write(b)
	if err != nil {
		return nil, err
	}
	if err := r.grow(len(x) + len(y)); err != nil {
		return nil, err
	}
	return x + y, nil
}
