package mapping

import (
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/shopspring/decimal"
)

// elsewhere says of the names that are known only in some scopes why they are missing in this one.
var elsewhere = map[string]string{
	"sale":  "sale is not known here: this source does not say what was sold; use data",
	"line":  "line is known only inside a list that is filled from the lines of a sale",
	"row":   "row is known only inside a list that is filled row by row",
	"index": "index is known only inside a list that is filled row by row",
}

// name compiles a name and notes that the expression looks at it.
func (c *compiler) name(n ast.Node) (program, error) {
	p, err := c.bare(n)
	if err == nil && isPath(n) {
		c.looked = append(c.looked, look{path: n.String(), program: p})
	}
	return p, err
}

// isPath says whether a node is a name, names inside it and fixed places of lists: sale.payments[0].method.
func isPath(n ast.Node) bool {
	for {
		switch at := n.(type) {
		case *ast.IdentifierNode:
			return true
		case *ast.ChainNode:
			n = at.Node
		case *ast.MemberNode:
			_, named := at.Property.(*ast.StringNode)
			_, numbered := at.Property.(*ast.IntegerNode)
			if !named && !numbered {
				return false
			}
			n = at.Node
		default:
			return false
		}
	}
}

// bare compiles a name that is itself, or is only the beginning of, what an expression looks at.
func (c *compiler) bare(n ast.Node) (program, error) {
	if err := c.count(); err != nil {
		return program{}, err
	}
	switch n := n.(type) {
	case *ast.IdentifierNode:
		return c.root(n)
	case *ast.PointerNode:
		return c.pointer(n)
	case *ast.ChainNode: // a?.b: a name inside nothing is nothing, with or without the question mark
		return c.bare(n.Node)
	case *ast.MemberNode:
		base, err := c.bare(n.Node)
		if err != nil {
			return program{}, err
		}
		if key, ok := n.Property.(*ast.StringNode); ok {
			return c.member(n, base, key.Value)
		}
		return c.index(n, base)
	default:
		return c.node(n)
	}
}

// root compiles the first name of a path: sale, data, steps …
func (c *compiler) root(n *ast.IdentifierNode) (program, error) {
	char := c.place(n)
	m, ok := c.roots.members[n.Value]
	if !ok {
		return program{}, c.unknownRoot(char, n.Value)
	}
	read := func(get func(*run) (any, error)) func(*run) (any, error) {
		return func(r *run) (any, error) {
			v, err := get(r)
			if err != nil {
				return nil, at(char, fmt.Errorf("%s %w", n.Value, err))
			}
			return v, nil
		}
	}
	p := program{shape: m.shape, plain: m.plain, free: m.shape.kind == unknown, eval: read(func(r *run) (any, error) { return m.get(r, nil) })}
	if m.record != nil {
		p.record = read(m.record)
	}
	return p, nil
}

// unknownRoot says what was probably meant. People leave out the sale. before its names, so that is tried as well.
func (c *compiler) unknownRoot(char int, name string) error {
	if why := elsewhere[name]; why != "" {
		return &Fault{Char: char, Code: CodeName, Message: why, absent: true}
	}
	fault := &Fault{Char: char, Code: CodeName, Message: "unknown name " + name}
	_, hasSale := c.roots.members["sale"]
	_, ofSale := saleShape.members[name]
	switch {
	case isFunction(name):
		fault.Message = fmt.Sprintf("%s is a function; write %s(…)", name, name)
	case hasSale && ofSale:
		fault.Message += "; did you mean sale." + name + "?"
	case hasSale && nearest(name, c.roots.names()) == "" && nearest(name, saleShape.names()) != "":
		fault.Message += "; did you mean sale." + nearest(name, saleShape.names()) + "?"
	default:
		fault.Message += suggestion(name, c.roots.names())
	}
	return fault
}

// suggestion is the end of a message about a name that does not exist.
func suggestion(name string, names []string) string {
	if best := nearest(name, names); best != "" {
		return "; did you mean " + best + "?"
	}
	if len(names) == 0 {
		return ""
	}
	return "; known here: " + strings.Join(names, ", ")
}

// pointer is the element a loop stands at (#, or the nothing before the dot in .total) or its place in the list (#index, from 0).
func (c *compiler) pointer(n *ast.PointerNode) (program, error) {
	depth := len(c.loops) - 1
	switch {
	case depth < 0:
		return c.fail(c.place(n), CodeName, "# is known only inside map, filter, any, all, count and sum")
	case n.Name == "":
		elem := c.loops[depth]
		return program{shape: elem, eval: func(r *run) (any, error) { return r.items[depth], nil }}, nil
	case n.Name == "index":
		return program{shape: shape{kind: number}, eval: func(r *run) (any, error) { return count(r.indexes[depth]), nil }}, nil
	default:
		return c.fail(c.place(n), CodeName, "unknown name #%s; did you mean #index?", n.Name)
	}
}

// member compiles base.key. A name inside nothing is nothing: a step that made no document, a customer nobody named.
func (c *compiler) member(n *ast.MemberNode, base program, key string) (program, error) {
	char := c.place(n.Property)
	// Of a record whose names are not known now, the name is looked up when the expression runs; of a known one its member is at hand.
	get := func(_ *run, v any) (any, error) { return lookUp(v, key) }
	p := program{free: true}
	switch base.shape.kind {
	case unknown:
	case record:
		if base.shape.members == nil {
			break
		}
		m, ok := base.shape.members[key]
		if !ok {
			return c.fail(char, CodeName, "unknown name %s in %s%s", key, base.shape.name, suggestion(key, base.shape.names()))
		}
		get, p.shape, p.plain, p.free = m.get, m.shape, m.plain, base.free || m.shape.kind == unknown
	case list:
		return c.fail(char, CodeType, "%s is a list; write %s[0].%s for its first row, or map(%s, .%s) for all", show(n.Node), show(n.Node), key, show(n.Node), key)
	default:
		return c.fail(char, CodeType, "%s is %s and has no names inside", show(n.Node), base.shape.kind)
	}
	of := base.eval
	if base.record != nil {
		of = base.record
	}
	if base.record != nil && p.shape.members == nil {
		p.record = func(r *run) (any, error) {
			v, err := of(r)
			if d, ok := v.(*document); ok && err == nil {
				if inner, ok := d.record(key).(*document); ok {
					return inner, nil
				}
			}
			return p.eval(r)
		}
	}
	p.eval = func(r *run) (any, error) {
		v, err := of(r)
		if v == nil || err != nil {
			return nil, err
		}
		if v, err = get(r, v); err != nil {
			return nil, at(char, fmt.Errorf("%s %w", show(n), err))
		}
		return v, nil
	}
	return p, nil
}

// index compiles base[key] where key is a place in a list, or a name worked out while running. A place outside of the list is nothing.
func (c *compiler) index(n *ast.MemberNode, base program) (program, error) {
	key, err := c.node(n.Property)
	if err != nil {
		return program{}, err
	}
	char := c.start(n.Property)
	// A name that is worked out while running cannot be checked, so it is only taken of records whose names nobody knows anyway.
	switch {
	case base.shape.kind == list && key.shape.is(number):
	case base.shape.kind == record && base.shape.members == nil && key.shape.is(text):
	case base.shape.kind == unknown && key.shape.is(number, text):
	case base.shape.kind == list:
		return c.fail(char, CodeType, "%s is a list, and a place in it is a whole number from 0, not %s", show(n.Node), key.shape.kind)
	default:
		return c.fail(char, CodeType, "nothing can be taken out of %s, which is %s, by %s", show(n.Node), base.shape.kind, key.shape.kind)
	}
	return program{shape: base.shape.elements(), free: true, eval: func(r *run) (any, error) {
		v, err := base.eval(r)
		if v == nil || err != nil {
			return nil, err
		}
		k, err := key.eval(r)
		if err != nil {
			return nil, err
		}
		if v, err = pick(v, k); err != nil {
			return nil, at(char, fmt.Errorf("%s %w", show(n), err))
		}
		return v, nil
	}}, nil
}

// pick takes one element out of a list or a record.
func pick(from, key any) (any, error) {
	if name, ok := key.(string); ok && kindOf(from) == record {
		return lookUp(from, name)
	}
	place, ok := key.(decimal.Decimal)
	if !ok || kindOf(from) != list {
		return nil, fmt.Errorf("takes %s out of %s, which cannot be done", kindOf(key), kindOf(from))
	}
	n, err := length(from)
	if err != nil {
		return nil, err
	}
	i, err := whole(place)
	if err != nil {
		return nil, err
	}
	if i < 0 {
		i += n // [-1] is the last
	}
	// Beyond the end there is nothing: a sale without payments has no first one, and that is no mistake.
	if i < 0 || i >= n {
		return nil, nil
	}
	return element(from, i)
}

// whole is a number as a count or a place; far too large ones become merely too large.
func whole(d decimal.Decimal) (int, error) {
	if !d.IsInteger() {
		return 0, errors.New("needs a whole number")
	}
	// Far more than any list or text has, so that a place as large as this is outside of all of them.
	const limit = 1 << 31
	switch {
	case d.GreaterThan(decimal.NewFromInt(limit)):
		return limit, nil
	case d.LessThan(decimal.NewFromInt(-limit)):
		return -limit, nil
	}
	return int(d.IntPart()), nil
}

// slice compiles base[from:to] of a text, in characters, or of a list. Places beyond the end are the end; negative ones count from there.
func (c *compiler) slice(n *ast.SliceNode) (program, error) {
	base, err := c.node(n.Node)
	if err != nil {
		return program{}, err
	}
	if !base.shape.is(text, list) || base.shape.kind == nothing {
		return c.fail(c.start(n), CodeType, "%s is %s; only a text or a list can be cut", show(n.Node), base.shape.kind)
	}
	bounds := [2]program{}
	for i, bound := range []ast.Node{n.From, n.To} {
		if bound == nil {
			bounds[i] = literal(shape{kind: nothing}, nil)
			continue
		}
		if bounds[i], err = c.node(bound); err != nil {
			return program{}, err
		}
		if !bounds[i].shape.is(number) {
			return c.fail(c.start(bound), CodeType, "%s is %s, and a place is a whole number from 0", show(bound), bounds[i].shape.kind)
		}
	}
	char := c.place(n)
	return program{shape: base.shape, eval: func(r *run) (any, error) {
		var values [3]any
		for i, p := range [3]program{base, bounds[0], bounds[1]} {
			v, err := p.eval(r)
			if err != nil {
				return nil, err
			}
			values[i] = v
		}
		v, err := r.cutOut(values[0], values[1], values[2])
		if err != nil {
			return nil, at(char, fmt.Errorf("%s %w", show(n), err))
		}
		return v, nil
	}}, nil
}

// cutOut is a part of a text or list. It shares the memory of the whole.
func (r *run) cutOut(v, from, to any) (any, error) {
	switch kindOf(v) {
	case nothing:
		return nil, nil
	case text:
		s := v.(string)
		if err := r.read(s); err != nil {
			return nil, err
		}
		i, j, err := span(characters(s), from, to)
		if err != nil {
			return nil, err
		}
		return firstCharacters(s[len(firstCharacters(s, i)):], j-i), nil
	case list:
		n, err := length(v)
		if err != nil {
			return nil, err
		}
		i, j, err := span(n, from, to)
		if err != nil {
			return nil, err
		}
		return reflect.ValueOf(v).Slice(i, j).Interface(), nil
	default:
		return nil, fmt.Errorf("cuts %s; only a text or a list can be cut", kindOf(v))
	}
}

// span brings the two ends of a cut into 0 <= i <= j <= n. nil is the very beginning and the very end.
func span(n int, from, to any) (int, int, error) {
	ends := [2]int{0, n}
	for k, bound := range [2]any{from, to} {
		if bound == nil {
			continue
		}
		d, ok := bound.(decimal.Decimal)
		if !ok {
			return 0, 0, fmt.Errorf("is cut at %s; a place is a whole number from 0", kindOf(bound))
		}
		place, err := whole(d)
		if err != nil {
			return 0, 0, err
		}
		if place < 0 {
			place += n
		}
		ends[k] = min(max(place, 0), n)
	}
	return ends[0], max(ends[0], ends[1]), nil
}
