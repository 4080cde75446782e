package setup

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// MaxFile is the longest file taken, in bytes.
const MaxFile = 1 << 20

// File is a YAML file as it was read. Name is for people.
type File struct {
	Name string `json:"name"`
	Text string `json:"text"`
}

// documents cuts the files into documents and reads their trees.
func documents(files []File) ([]*node, Faults) {
	var docs []*node
	var faults Faults
	for _, f := range files {
		at := Place{File: f.Name}
		switch {
		case len(f.Text) > MaxFile:
			faults = append(faults, &Fault{Place: at, Message: fmt.Sprintf("is longer than %d bytes: divide it into several files", MaxFile)})
			continue
		case !utf8.ValidString(f.Text):
			faults = append(faults, &Fault{Place: at, Message: "is not a text in UTF-8"})
			continue
		}
		before := len(docs)
		for _, part := range cut(f.Text) {
			c := &converter{file: f.Name, line: part.line}
			if n := c.document(part.text); n != nil {
				docs = append(docs, n)
			}
			faults = append(faults, c.faults...)
		}
		if len(docs) == before && len(faults) == 0 {
			faults = append(faults, &Fault{Place: at, Message: "holds nothing"})
		}
	}
	return docs, faults
}

// part is the text of one document, which begins after so many lines of the file.
type part struct {
	line int
	text string
}

// cut divides a file at the lines that mark documents (YAML 1.2.2, section 9.1: such a line ends any value, also a quoted one). The parser would do so
// by itself, but it drops the document after an empty one.
func cut(source string) []part {
	var parts []part
	var current strings.Builder
	begin, n := 0, 0
	for line := range strings.SplitAfterSeq(lineBreaks.Replace(source), "\n") {
		bare := strings.TrimRight(line, "\n")
		marker := strings.HasPrefix(bare, "---") || strings.HasPrefix(bare, "...")
		if marker && (len(bare) == 3 || bare[3] == ' ' || bare[3] == '\t') {
			parts = append(parts, part{line: begin, text: current.String()})
			current.Reset()
			begin = n
			line = "   " + line[3:] // what stands behind the marker belongs to the document; blanks keep its column
		}
		current.WriteString(line)
		n++
	}
	return append(parts, part{line: begin, text: current.String()})
}

// lineBreaks makes one of the three breaks a line can have (YAML 1.2.2, section 5.4).
var lineBreaks = strings.NewReplacer("\r\n", "\n", "\r", "\n")

// document reads one document; nil when it is empty or cannot be read.
func (c *converter) document(source string) *node {
	if deepest(source) > maxBrackets {
		c.fault(Place{File: c.file, Line: c.line + 1, Column: 1}, "values nest deeper than %d", maxDepth)
		return nil
	}
	tree, err := parser.ParseBytes([]byte(source), 0, parser.AllowDuplicateMapKey()) // the converter refuses them and says where the first stands
	if err != nil {
		c.syntax(err)
		return nil
	}
	var body ast.Node
	for _, doc := range tree.Docs {
		switch {
		case doc.Body == nil:
		case body != nil:
			c.fault(c.place(doc.Body.GetToken()), "give a document a line of its own: ---")
			return nil
		default:
			body = doc.Body
		}
	}
	if body == nil || body.Type() == ast.NullType {
		return nil
	}
	n := c.node(body, 0)
	if n.kind != group {
		if len(c.faults) == 0 {
			c.fault(n.at, "a document holds workspace:, accounts: and connections:, this is %s", n.kind)
		}
		return nil
	}
	return n
}

// maxBrackets is how many brackets may be open at the same place. It is far above maxDepth, because those inside of texts are counted too, and far below
// what the parser, which calls itself for each, has stack for.
const maxBrackets = 2000

// deepest counts the brackets open at the same place.
func deepest(source string) int {
	open, most := 0, 0
	for _, r := range source {
		switch r {
		case '[', '{':
			open++
			most = max(most, open)
		case ']', '}':
			open = max(open-1, 0)
		}
	}
	return most
}

// syntax words what the parser found. Its own text quotes the lines around the fault, which may hold a secret, so only its message is kept, and not
// even that when it repeats what it met.
func (c *converter) syntax(err error) {
	var fault yaml.Error
	if !errors.As(err, &fault) {
		c.fault(Place{File: c.file, Line: c.line + 1, Column: 1}, "this is not YAML")
		return
	}
	c.fault(c.place(fault.GetToken()), "this is not YAML: %s", fault.GetMessage())
}
