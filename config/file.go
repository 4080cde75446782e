package config

import (
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// maxFile bounds the size of an option file, in bytes.
const maxFile = 1 << 20

// file holds the options of a YAML file: a flat mapping of the names in the table. No error repeats a value, which may be a password.
type file struct {
	name   string
	values map[string]value
}

// value is one option in the file.
type value struct {
	text string // as it would stand on the command line; a list is joined by commas
	at   string // file:line:column
}

func readFile(name string) (*file, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("config: open the option file: %w", err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("config: read the option file: %w", err)
	}
	if len(text) > maxFile {
		return nil, fmt.Errorf("config: %s is larger than %d bytes: this is no option file", name, maxFile)
	}
	return parseFile(name, text)
}

func parseFile(name string, text []byte) (*file, error) {
	f := &file{name: name, values: map[string]value{}}
	tree, err := parser.ParseBytes(text, 0)
	if err != nil {
		return nil, f.syntax(err)
	}
	var docs []ast.Node
	for _, doc := range tree.Docs {
		if doc.Body != nil {
			docs = append(docs, doc.Body)
		}
	}
	switch len(docs) {
	case 0: // an empty file, or only comments
		return f, nil
	case 1:
		if err := f.take(docs[0]); err != nil {
			return nil, err
		}
		return f, nil
	default:
		return nil, f.fault(docs[1].GetToken(), "a second document begins: one file holds one list of options")
	}
}

// take reads the mapping and gathers all its faults.
func (f *file) take(body ast.Node) error {
	if body.Type() == ast.NullType {
		return nil
	}
	mapping, ok := body.(ast.MapNode)
	if !ok {
		return f.fault(body.GetToken(), "options are written as `name: value`, one a line")
	}
	var faults []error
	for entries := mapping.MapRange(); entries.Next(); {
		if err := f.option(entries.KeyValue()); err != nil {
			faults = append(faults, err)
		}
	}
	return errors.Join(faults...)
}

// option reads one line.
func (f *file) option(entry *ast.MappingValueNode) error {
	key := entry.Key.GetToken()
	o, err := findOption(key.Value)
	if err != nil {
		return f.fault(key, err.Error())
	}
	list := reflect.TypeFor[Serve]().Field(o.field).Type.Kind() == reflect.Slice
	text, at, problem := f.read(entry.Value, list)
	if problem != "" {
		return f.fault(at, o.Name+": "+problem)
	}
	if reflect.TypeFor[Serve]().Field(o.field).Type.Kind() == reflect.Int {
		if _, err := strconv.Atoi(text); err != nil {
			return f.fault(at, o.Name+": this is not a whole number")
		}
	}
	f.values[o.Name] = value{text: text, at: f.position(at)}
	return nil
}

// read turns a value of the file into the text of a flag; at is where it stands and problem, when it is not empty, what is wrong there.
func (f *file) read(node ast.Node, list bool) (text string, at *token.Token, problem string) {
	if node == nil {
		return "", nil, "no value"
	}
	if sequence, ok := node.(*ast.SequenceNode); ok && list {
		var items []string
		for _, item := range sequence.Values {
			text, at, problem := f.read(item, false)
			if problem != "" {
				return "", at, problem
			}
			items = append(items, text)
		}
		return strings.Join(items, ","), sequence.GetToken(), ""
	}
	switch n := node.(type) {
	case *ast.StringNode:
		return n.Value, n.GetToken(), ""
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return n.GetToken().Value, n.GetToken(), "" // as written: 0x10 is for the check to judge, not for YAML
	case *ast.LiteralNode:
		return strings.TrimSpace(n.Value.Value), n.GetToken(), ""
	case *ast.NullNode:
		return "", n.GetToken(), "no value: give one, or remove the line"
	default:
		return "", node.GetToken(), "give a plain value"
	}
}

// findOption finds an option by its name in a file; the error says what may have been meant.
func findOption(name string) (Option, error) {
	best, distance := "", len(name)/2+1
	for _, o := range Options() {
		switch {
		case o.Name == name && o.EnvOnly:
			return o, fmt.Errorf("%s cannot stand in a file: set %s in the environment", name, o.Env)
		case o.Name == name && name == fileOption:
			return o, fmt.Errorf("%s names this file and cannot stand in it: remove the line", name)
		case o.Name == name:
			return o, nil
		}
		if d := editDistance(strings.ReplaceAll(strings.ToLower(name), "_", "-"), o.Name); d < distance && !o.EnvOnly {
			best, distance = o.Name, d
		}
	}
	if best != "" {
		return Option{}, fmt.Errorf("unknown option %q: did you mean %q?", name, best)
	}
	return Option{}, fmt.Errorf("unknown option %q: `tengi serve --help` lists them", name)
}

// syntax words what the YAML reader found. Its own text quotes the lines around the fault, so only its message is kept.
func (f *file) syntax(err error) error {
	var fault yaml.Error
	if errors.As(err, &fault) {
		return f.fault(fault.GetToken(), fault.GetMessage())
	}
	return fmt.Errorf("config: %s: this is not YAML", f.name)
}

func (f *file) fault(at *token.Token, problem string) error {
	return fmt.Errorf("config: %s: %s", f.position(at), problem)
}

func (f *file) position(at *token.Token) string {
	if at == nil || at.Position == nil {
		return f.name
	}
	return fmt.Sprintf("%s:%d:%d", f.name, at.Position.Line, at.Position.Column)
}

// editDistance counts the letters to change, add or remove between two words (Levenshtein).
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			changed := diagonal
			if a[i] != b[j] {
				changed++
			}
			diagonal = row[j+1]
			row[j+1] = min(changed, row[j+1]+1, row[j]+1)
		}
	}
	return row[len(b)]
}
