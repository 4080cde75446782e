package mapping

import (
	"strings"

	"github.com/expr-lang/expr/ast"
)

// PartKind says what a part of a template is.
type PartKind string

// The kinds of parts.
const (
	PlainPart      PartKind = "text"       // text that stands as it is
	PathPart       PartKind = "path"       // {{ sale.customer.email }}: one value, which an editor shows as a chip
	ExpressionPart PartKind = "expression" // any other expression
)

// Part is a piece of a template as an editor shows it.
type Part struct {
	Kind   PartKind
	Source string // as it was written: of an expression all that stands between the braces, blanks included
	Path   string // of a path: as [Paths] writes it
	Char   int    // place of the first character of Source in the template, from 1
}

// Parts takes a template apart for an editor. [Join] of the parts is the template again, whatever it is. The fault says that the template cannot be
// read as one; its parts then end with all that could not be told apart, as text. Whether the expressions are right is not looked at.
func Parts(template string) ([]Part, *Fault) {
	pieces, fault := cut(template)
	parts := make([]Part, 0, len(pieces))
	for _, p := range pieces {
		part := Part{Kind: PlainPart, Source: p.text, Char: p.char}
		if p.isExpr {
			part.Kind = ExpressionPart
			if path, ok := pathOf(p.text); ok {
				part.Kind, part.Path = PathPart, path
			}
		}
		parts = append(parts, part)
	}
	return parts, fault
}

// Join puts parts together to a template.
func Join(parts []Part) string {
	var b strings.Builder
	for _, p := range parts {
		if p.Kind == PlainPart {
			b.WriteString(p.Source)
			continue
		}
		b.WriteString("{{" + p.Source + "}}")
	}
	return b.String()
}

// Insertion is a path as it is put into a template.
func Insertion(path string) string { return "{{ " + path + " }}" }

// pathOf is the one value an expression names, in its plainest form: a?.b is the same as a.b.
func pathOf(source string) (string, bool) {
	node, fault := parse(source, 1)
	if fault != nil || !isPath(node) {
		return "", false
	}
	return writePath(node), true
}

// writePath writes a path as isPath knows them.
func writePath(n ast.Node) string {
	switch at := n.(type) {
	case *ast.ChainNode:
		return writePath(at.Node)
	case *ast.MemberNode:
		base := writePath(at.Node)
		if key, ok := at.Property.(*ast.StringNode); ok {
			return inside(base, key.Value)
		}
		return base + "[" + at.Property.String() + "]"
	default:
		return n.String()
	}
}

// inside is the path of a name inside of what base names.
func inside(base, name string) string {
	if (&ast.MemberNode{Node: &ast.IdentifierNode{Value: base}, Property: &ast.StringNode{Value: name}}).String() == base+"."+name {
		return base + "." + name
	}
	return base + "[" + (&ast.StringNode{Value: name}).String() + "]"
}
