package setup

import (
	"fmt"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// Place is where something stands in a file; lines and columns count from 1, a line of 0 means the file as a whole.
type Place struct {
	File         string
	Line, Column int
}

// String is "tengi.yaml:12:7".
func (p Place) String() string {
	if p.Line == 0 {
		return p.File
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
}

// Fault is one thing wrong in what was given: where it stands, what it is about ("accounts.bokun.secret_key") and what to do. It repeats no value.
type Fault struct {
	Place   Place
	Path    string
	Message string
}

// Error is "tengi.yaml:12:7: accounts.bokun.secret_key: the environment variable X is not set".
func (f *Fault) Error() string {
	text := f.Message
	if f.Path != "" {
		text = f.Path + ": " + text
	}
	return f.Place.String() + ": " + text
}

// Faults is everything wrong with what was given, one a line, in the order in which it stands in the files. It is never an empty error.
type Faults []*Fault

// Error is one fault a line.
func (fs Faults) Error() string {
	lines := make([]string, len(fs))
	for i, f := range fs {
		lines[i] = f.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap lets errors.As find the single faults.
func (fs Faults) Unwrap() []error {
	errs := make([]error, len(fs))
	for i, f := range fs {
		errs[i] = f
	}
	return errs
}

// asError keeps the empty list from becoming an error that is not nil.
func (fs Faults) asError() error {
	if len(fs) == 0 {
		return nil
	}
	return fs
}

// kind says what a node is.
type kind int

const (
	null kind = iota
	boolean
	number // text is as it was written
	text
	list
	group
)

func (k kind) String() string {
	return [...]string{"nothing", "true or false", "a number", "a text", "a list", "a group of names with values"}[k]
}

// node is a YAML value and the place where it stands.
type node struct {
	at      Place
	kind    kind
	truth   bool
	text    string
	items   []*node
	entries []pair
}

// pair is one line of a mapping.
type pair struct {
	key   string
	at    Place // of the key
	value *node
}

// get is the value under a key of a mapping; nil when there is none.
func (n *node) get(key string) *node {
	if n == nil {
		return nil
	}
	for _, e := range n.entries {
		if e.key == key {
			return e.value
		}
	}
	return nil
}

// locate finds the place of a path such as "steps.invoice.fields.lines[2].vat", or of as much of it as there is. The parts of a list of things with keys
// are found by their key.
func (n *node) locate(path string) Place {
	at := n.at
	for path != "" && n != nil {
		var part string
		part, path = cutPath(path)
		next := n.get(part)
		if n.kind == list {
			next = n.item(part)
		}
		if next == nil {
			break
		}
		at, n = next.at, next
	}
	return at
}

// cutPath takes the first part off a path: a name, or the number in brackets.
func cutPath(path string) (part, rest string) {
	if strings.HasPrefix(path, "[") {
		part, rest, _ = strings.Cut(path[1:], "]")
		return part, strings.TrimPrefix(rest, ".")
	}
	end := strings.IndexAny(path, ".[")
	if end < 0 {
		return path, ""
	}
	return path[:end], strings.TrimPrefix(path[end:], ".")
}

// item finds one of a list: by its key, else by its number.
func (n *node) item(part string) *node {
	for i, it := range n.items {
		if key := it.get("key"); key != nil && key.text == part || fmt.Sprint(i) == part {
			return it
		}
	}
	return nil
}

// maxDepth bounds how deep values nest.
const maxDepth = 32

// converter turns the parser's tree into nodes and gathers what is wrong with it.
type converter struct {
	file   string
	line   int // of the file, before the document
	faults Faults
}

func (c *converter) place(t *token.Token) Place {
	if t == nil || t.Position == nil {
		return Place{File: c.file, Line: c.line + 1, Column: 1}
	}
	return Place{File: c.file, Line: c.line + t.Position.Line, Column: t.Position.Column}
}

func (c *converter) fault(at Place, format string, args ...any) *node {
	c.faults = append(c.faults, &Fault{Place: at, Message: fmt.Sprintf(format, args...)})
	return &node{at: at}
}

// node converts a value. What YAML can do beyond plain values is refused: what is given must be what is read.
func (c *converter) node(from ast.Node, depth int) *node {
	if from == nil {
		return &node{at: c.place(nil)}
	}
	n := &node{at: c.place(from.GetToken())}
	if depth > maxDepth {
		return c.fault(n.at, "values nest deeper than %d", maxDepth)
	}
	switch v := from.(type) {
	case *ast.NullNode:
	case *ast.BoolNode:
		n.kind, n.truth = boolean, v.Value
	case *ast.IntegerNode, *ast.FloatNode:
		n.kind, n.text = number, from.GetToken().Value // as written: 0123 may be a kennitala without its quotes
	case *ast.StringNode:
		n.kind, n.text = text, v.Value
	case *ast.LiteralNode:
		n.kind, n.text = text, v.Value.Value
	case *ast.SequenceNode:
		n.kind = list
		for _, item := range v.Values {
			n.items = append(n.items, c.node(item, depth+1))
		}
	case ast.MapNode:
		c.mapping(n, v, depth)
	case *ast.AnchorNode, *ast.AliasNode:
		return c.fault(n.at, "anchors (&) and aliases (*) are not taken: write the value where it is needed, or put it into quotes if it is a text")
	case *ast.TagNode:
		return c.fault(n.at, "tags (!) are not taken: put a text into quotes")
	default:
		return c.fault(n.at, "give a plain value: a text in quotes, a number, true or false, a list, or names with values")
	}
	return n
}

func (c *converter) mapping(n *node, from ast.MapNode, depth int) {
	n.kind = group
	if flow, ok := from.(*ast.MappingNode); ok && !flow.IsFlowStyle && len(flow.Values) > 0 {
		n.at = c.place(flow.Values[0].Key.GetToken()) // the parser says the first colon
	}
	seen := map[string]Place{}
	for entries := from.MapRange(); entries.Next(); {
		entry := entries.KeyValue()
		key := entry.Key.GetToken()
		at := c.place(key)
		switch entry.Key.(type) {
		case *ast.StringNode, *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.NullNode:
			if first, twice := seen[key.Value]; twice {
				c.fault(at, "%s stands twice; first in line %d", shown(key.Value), first.Line)
				continue
			}
			seen[key.Value] = at
			n.entries = append(n.entries, pair{key: key.Value, at: at, value: c.node(entry.Value, depth+1)})
		default:
			c.fault(at, "give a plain name before the colon")
		}
	}
}
