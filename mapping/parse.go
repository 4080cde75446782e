package mapping

import (
	"errors"
	"fmt"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"
)

// piece is a part of a template: plain text, or the source of an expression and where it begins.
type piece struct {
	text   string
	isExpr bool
	char   int // of the first character, from 1
}

// cut splits a template into its pieces. An expression ends at the first }} that is in no quotes and closes no bracket of its own. With a fault come the
// pieces as far as they could be told apart, the rest as one plain text.
func cut(template string) ([]piece, *Fault) {
	if n := characters(template); n > maxSource {
		return []piece{{text: template, char: 1}}, &Fault{Code: CodeLimit, Message: fmt.Sprintf("the template has %d characters; %d is the most", n, maxSource)}
	}
	var pieces []piece
	char := 1
	for template != "" {
		before, rest, found := strings.Cut(template, "{{")
		if before != "" {
			pieces = append(pieces, piece{text: before, char: char})
		}
		if !found {
			break
		}
		char += characters(before) + 2
		end := endOfExpression(rest)
		if end < 0 {
			return append(pieces, piece{text: "{{" + rest, char: char - 2}), &Fault{Char: char - 2, Code: CodeSyntax, Message: "{{ is never closed by }}, or a quote is left open"}
		}
		pieces = append(pieces, piece{text: rest[:end], isExpr: true, char: char})
		char += characters(rest[:end]) + 2
		template = rest[end+2:]
	}
	return pieces, nil
}

// endOfExpression is where the closing }} begins, or -1.
func endOfExpression(s string) int {
	braces := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '"', '\'', '`':
			i += quoted(s[i:]) - 1
		case '{':
			braces++
		case '}':
			if braces == 0 && strings.HasPrefix(s[i:], "}}") {
				return i
			}
			braces = max(0, braces-1)
		}
	}
	return -1
}

// quoted is the length in bytes of the quoted text s begins with, to the end of s when the quotes are never closed.
func quoted(s string) int {
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == s[0]:
			return i + 1
		case s[i] == '\\' && s[0] != '`':
			i++
		}
	}
	return len(s)
}

// nesting is how deep the brackets of an expression go. The parser calls itself for every one of them before it counts anything.
func nesting(s string) int {
	depth, deepest := 0, 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '"', '\'', '`':
			i += quoted(s[i:]) - 1
		case '(', '[', '{':
			depth++
			deepest = max(deepest, depth)
		case ')', ']', '}':
			depth--
		}
	}
	return deepest
}

// parse reads one expression, which begins at the given character of its template.
func parse(source string, char int) (node ast.Node, fault *Fault) {
	switch {
	case strings.TrimSpace(source) == "":
		return nil, &Fault{Char: char, Code: CodeSyntax, Message: "an expression is missing"}
	case characters(source) > maxSource:
		return nil, &Fault{Char: char, Code: CodeLimit, Message: fmt.Sprintf("the expression has more than %d characters", maxSource)}
	case nesting(source) > maxNesting:
		return nil, &Fault{Char: char, Code: CodeLimit, Message: fmt.Sprintf("brackets stand inside brackets more than %d deep", maxNesting)}
	}
	// The parser is not ours and reads what anybody may type: a mistake of its own must cost this expression, not the hub.
	defer func() {
		if recover() != nil {
			node, fault = nil, &Fault{Char: char, Code: CodeSyntax, Message: "cannot be read as an expression"}
		}
	}()
	tree, err := parser.ParseWithConfig(source, &conf.Config{MaxNodes: maxNodes, DisableIfOperator: true})
	if err != nil {
		return nil, syntaxFault(err, char)
	}
	return tree.Node, nil
}

// syntaxFault says in plain words what the parser says in terms of its tokens.
func syntaxFault(err error, char int) *Fault {
	fault := &Fault{Char: char, Code: CodeSyntax, Message: "cannot be read as an expression"}
	var located *file.Error
	if !errors.As(err, &located) {
		return fault
	}
	fault.Char = char + located.From
	// The parser's tokens look like Operator("+") and say EOF for the end; neither is a word for a merchant.
	token, unexpected := strings.CutPrefix(located.Message, "unexpected token ")
	switch {
	case strings.Contains(located.Message, "maximum allowed nodes"):
		fault.Code, fault.Char = CodeLimit, char
		fault.Message = fmt.Sprintf("the expression has more than %d names, values and operators", maxNodes)
	case token == "EOF", strings.Contains(located.Message, "unexpected end"):
		fault.Message = "the expression ends too early"
	case strings.HasPrefix(located.Message, "invalid ") && strings.Contains(located.Message, " literal: "):
		fault.Code, fault.Message = CodeLimit, "the number has too many digits"
	case strings.Contains(located.Message, "coalesce"):
		fault.Message = "?? and another operator stand side by side; put brackets around one of them"
	case unexpected:
		fault.Message = "unexpected " + strings.TrimSuffix(token[strings.Index(token, "(")+1:], ")")
	default:
		fault.Message = strings.ToLower(located.Message[:1]) + located.Message[1:]
	}
	return fault
}
