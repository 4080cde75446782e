package mapping

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"
	"time"

	"github.com/expr-lang/expr/ast"
	"github.com/shopspring/decimal"
)

// comparison compiles == != < <= > >=. Values of different kinds are not unequal but a mistake: "5" from a sheet is not 5, and a condition
// that is quietly false would leave a sale without its invoice.
func (c *compiler) comparison(n *ast.BinaryNode) (program, error) {
	left, right, err := c.both(n)
	if err != nil {
		return program{}, err
	}
	// Only numbers, texts and times have an order; whether things are equal can be asked of more.
	char := c.place(n)
	equality := n.Operator == "==" || n.Operator == "!="
	for _, p := range []program{left, right} {
		if k := p.shape.kind; !equality && k != unknown && k != number && k != text && k != moment {
			return c.fail(char, CodeType, "%s: %s cannot be put in order", show(n), k)
		}
	}
	// Anything may be compared with nil, to ask whether it is there at all.
	if a, b := left.shape.kind, right.shape.kind; a != b && a != unknown && b != unknown && a != nothing && b != nothing {
		return c.fail(char, CodeType, "%s compares %s with %s%s", show(n), a, b, remedy(a, b))
	}
	return program{shape: shape{kind: boolean}, eval: func(r *run) (any, error) {
		a, err := left.eval(r)
		if err != nil {
			return nil, err
		}
		b, err := right.eval(r)
		if err != nil {
			return nil, err
		}
		v, err := r.compare(n.Operator, a, b)
		if err != nil {
			return nil, at(char, fmt.Errorf("%s %w", show(n), err))
		}
		return v, nil
	}}, nil
}

// remedy is what to do about two kinds that cannot be compared.
func remedy(a, b kind) string {
	switch {
	case a == text && b == number, a == number && b == text:
		return "; write number(…) around the text"
	case a == text && b == moment, a == moment && b == text:
		return "; write date(…) around the time"
	}
	return ""
}

// compare compares two values that are known now. Both sides may come out of free-form data, so their kinds are looked at again.
func (r *run) compare(operator string, a, b any) (bool, error) {
	if s, ok := a.(string); ok {
		if err := r.read(s); err != nil {
			return false, err
		}
	}
	if operator == "==" || operator == "!=" {
		same, err := equal(a, b)
		return same == (operator == "=="), err
	}
	order, err := order(a, b)
	if err != nil {
		return false, err
	}
	switch operator {
	case "<":
		return order < 0, nil
	case "<=":
		return order <= 0, nil
	case ">":
		return order > 0, nil
	default:
		return order >= 0, nil
	}
}

// equal says whether two values are the same. Nothing equals only nothing; numbers are equal by value, 5 and 5.00; lists and records are never
// compared, because a deep comparison can be made to cost anything.
func equal(a, b any) (bool, error) {
	if a == nil || b == nil {
		return a == nil && b == nil, nil
	}
	ka, kb := kindOf(a), kindOf(b)
	switch {
	case ka != kb:
		return false, fmt.Errorf("compares %s with %s%s", ka, kb, remedy(ka, kb))
	case ka == list || ka == record:
		return false, fmt.Errorf("compares %s with another; only single values can be compared", ka)
	case ka == boolean || ka == text:
		return a == b, nil
	}
	n, err := order(a, b)
	return n == 0, err
}

// order is negative when a comes before b. Texts are ordered by their characters, which puts dates (YYYY-MM-DD) right.
func order(a, b any) (int, error) {
	switch x := a.(type) {
	case decimal.Decimal:
		if y, ok := b.(decimal.Decimal); ok {
			return x.Cmp(y), nil
		}
	case string:
		if y, ok := b.(string); ok {
			return strings.Compare(x, y), nil
		}
	case time.Time:
		if y, ok := b.(time.Time); ok {
			return x.Compare(y), nil
		}
	}
	ka, kb := kindOf(a), kindOf(b)
	if ka == nothing || kb == nothing {
		return 0, errors.New("compares a value with nothing; say what to take when it is missing: (… ?? 0)")
	}
	return 0, fmt.Errorf("compares %s with %s%s", ka, kb, remedy(ka, kb))
}

// otherwise compiles a ?? b: b when a is nothing or an empty text.
func (c *compiler) otherwise(n *ast.BinaryNode) (program, error) {
	left, right, err := c.both(n)
	if err != nil {
		return program{}, err
	}
	return program{shape: join(left.shape, right.shape), eval: func(r *run) (any, error) {
		if v, err := left.eval(r); err != nil || !isEmpty(v) {
			return v, err
		}
		return right.eval(r)
	}}, nil
}

// membership compiles a in list.
func (c *compiler) membership(n *ast.BinaryNode) (program, error) {
	left, right, err := c.both(n)
	if err != nil {
		return program{}, err
	}
	char := c.place(n)
	if !right.shape.is(list) || right.shape.kind == nothing {
		return c.fail(c.start(n.Right), CodeType, "%s is %s; in needs a list, such as [\"a\", \"b\"]", show(n.Right), right.shape.kind)
	}
	if a, b := left.shape.kind, right.shape.elements().kind; a != b && a != unknown && b != unknown && a != nothing {
		return c.fail(char, CodeType, "%s compares %s with %s%s", show(n), a, b, remedy(a, b))
	}
	return program{shape: shape{kind: boolean}, eval: func(r *run) (any, error) {
		v, err := left.eval(r)
		if err != nil {
			return nil, err
		}
		in, err := right.eval(r)
		if err != nil {
			return nil, err
		}
		found, err := r.find(v, in)
		if err != nil {
			return nil, at(char, fmt.Errorf("%s %w", show(n), err))
		}
		return found, nil
	}}, nil
}

// find says whether a list has a value. It looks at the whole list even when the value is first: what an expression costs must not depend on
// luck, or a mapping that was tried out with one event would fail with the next.
func (r *run) find(v, in any) (bool, error) {
	if kindOf(in) != list {
		return false, fmt.Errorf("looks into %s; in needs a list", kindOf(in))
	}
	found := false
	err := r.each(in, func(_ int, elem any) error {
		same, err := r.compare("==", v, elem)
		found = found || same
		return err
	})
	return found, err
}

// search compiles contains, startsWith and endsWith.
func (c *compiler) search(n *ast.BinaryNode) (program, error) {
	f := searches[n.Operator]
	return c.apply(n, &f, []ast.Node{n.Left, n.Right})
}

// matches compiles text matches "pattern". The pattern is RE2 (linear time), written out, and small: a text is matched in time proportional
// to its length times the pattern's instructions.
func (c *compiler) matches(n *ast.BinaryNode) (program, error) {
	left, err := c.node(n.Left)
	if err != nil {
		return program{}, err
	}
	if !left.shape.is(text, number) {
		return c.fail(c.start(n.Left), CodeType, "%s is %s; only a text can match a pattern", show(n.Left), left.shape.kind)
	}
	pattern, ok := n.Right.(*ast.StringNode)
	if !ok {
		return c.fail(c.start(n.Right), CodeType, "the pattern must be written out between quotes")
	}
	// Compiled once: the pattern never changes, and a wrong one is found when the expression is saved.
	re, size, err := compilePattern(pattern.Value)
	if err != nil {
		return c.fail(c.place(pattern), CodeSyntax, "the pattern %v", err)
	}
	char := c.place(n)
	return program{shape: shape{kind: boolean}, eval: func(r *run) (any, error) {
		v, err := left.eval(r)
		if err != nil {
			return nil, err
		}
		s, err := r.write(v)
		if err == nil {
			err = r.step(1 + len(s)*size/8)
		}
		if err != nil {
			return nil, at(char, fmt.Errorf("%s %w", show(n), err))
		}
		return re.MatchString(s), nil
	}}, nil
}

// compilePattern returns the pattern and its size in instructions.
func compilePattern(pattern string) (*regexp.Regexp, int, error) {
	const maxInstructions = 1_000
	if characters(pattern) > maxPattern {
		return nil, 0, fmt.Errorf("has more than %d characters", maxPattern)
	}
	// The compiled program is counted before package regexp makes its machines of it: x{1000} alone is a thousand instructions, and matching
	// a text takes time in proportion to them.
	tree, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return nil, 0, notPattern(err)
	}
	prog, err := syntax.Compile(tree.Simplify())
	if err != nil {
		return nil, 0, notPattern(err)
	}
	if len(prog.Inst) > maxInstructions {
		return nil, 0, errors.New("repeats too much; use smaller numbers in { }")
	}
	re, err := regexp.Compile(pattern)
	return re, len(prog.Inst), err
}

// notPattern drops the words by which package regexp names itself.
func notPattern(err error) error {
	return errors.New("is not a regular expression: " + strings.TrimPrefix(err.Error(), "error parsing regexp: "))
}
