package mapping

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/shopspring/decimal"
)

// Condition is an expression that is true or false. It is compiled once and may then be used by many goroutines.
type Condition struct {
	text    string
	char    int
	prog    program
	looked  []look
	strings map[string]bool
	zones   zones
}

// CompileCondition reads a condition such as sale.total > 0 and sale.status == "confirmed". The error is a *[Fault].
func CompileCondition(text string, scope Scope) (*Condition, error) {
	source, char := bareExpression(text)
	prog, compiled, err := compileExpression(source, char, scope.roots(nil))
	if err != nil {
		return nil, err
	}
	// Free-form data may turn out to be a bool; anything known to be something else is a mistake.
	if k := prog.shape.kind; k != boolean && k != unknown {
		return nil, &Fault{Char: char, Code: CodeType, Message: fmt.Sprintf("a condition must be true or false, and %s is %s", brief(source), k)}
	}
	return &Condition{text: oneLine(source), char: char, prog: prog, looked: compiled.looked, strings: compiled.strings}, nil
}

// bareExpression takes the {{ }} off an expression that somebody wrote as in a template.
func bareExpression(text string) (source string, char int) {
	// What is no template at all, such as one that is never closed, may still be an expression: a quoted brace, for one. Let its parser judge.
	if pieces, fault := cut(text); fault == nil {
		if only := onlyExpression(pieces); only != nil {
			return only.text, only.char
		}
	}
	return text, 1
}

// Text is the condition as it was written, on one line.
func (c *Condition) Text() string { return c.text }

// Eval says whether the condition holds. The error is a *[Fault] and holds no values of the event: a value is missing, or of another kind than
// what it is compared with.
func (c *Condition) Eval(env *Env) (bool, error) {
	v, err := c.prog.eval(c.run(env))
	if err != nil {
		return false, at(c.char, err)
	}
	if yes, ok := v.(bool); ok {
		return yes, nil
	}
	return false, &Fault{Char: c.char, Code: CodeValue, Message: fmt.Sprintf("%s must be true or false and is %s", brief(c.text), kindOf(v))}
}

// run begins an evaluation with a budget of its own.
func (c *Condition) run(env *Env) *run {
	return &run{env: env, zones: &c.zones, steps: conditionSteps, bytes: conditionBytes}
}

// Explain is the condition with what it looked at, for the story of a delivery: sale.total > 0 (sale.total = 39800).
//
// A story may be read by more people than a customer's data, so only what says nothing about a person is shown: numbers, bools, the number of
// rows, and words such as statuses and currency codes. Of all else only its kind is told. Whole numbers of free-form data are shown up to six
// digits, since longer ones may be phone or identity numbers; a text of free-form data only when the condition itself names it or when it is
// one word under a name such as status.
func (c *Condition) Explain(env *Env) string {
	var values []string
	seen := map[string]bool{}
	// Names are told in the order in which the condition reads them, each once. A group of values has nothing to tell by itself.
	for _, l := range c.looked {
		if l.shape.kind == record || seen[l.path] {
			continue
		}
		seen[l.path] = true
		values = append(values, l.path+" = "+c.show(l, env))
	}
	if len(values) == 0 {
		return c.text
	}
	return c.text + " (" + strings.Join(values, ", ") + ")"
}

// word is what a status, a code or a type may look like to be shown.
var word = regexp.MustCompile(`^[A-Za-z0-9_./-]{1,32}$`)

// states are the names under which free-form data says where something stands or what sort of thing it is, and never who somebody is.
var states = []string{"status", "state", "type", "currency"}

// isState says whether the last name of a path is one of those.
func isState(path string) bool {
	return slices.Contains(states, path[strings.LastIndexByte(path, '.')+1:])
}

// longNumber is the least whole number of free-form data that is not shown.
var longNumber = decimal.New(1, 6)

// show is one value as the explanation may tell it. When in doubt it tells the kind.
func (c *Condition) show(l look, env *Env) string {
	v, err := l.eval(c.run(env))
	if err != nil {
		return "an error"
	}
	switch v := v.(type) {
	case nil:
		return "nothing"
	case bool:
		return fmt.Sprint(v)
	case decimal.Decimal:
		// Declared numbers are amounts and counts; of others nobody has said so.
		if l.free && v.Abs().GreaterThanOrEqual(longNumber) {
			return "a long number"
		}
		return v.String()
	case string:
		if v == "" {
			return "an empty text"
		}
		if l.free && c.strings[v] || (l.plain || l.free && isState(l.path)) && word.MatchString(v) {
			return v
		}
		return "a text"
	}
	if k := kindOf(v); k != list {
		return k.String()
	}
	n, err := length(v)
	if err != nil {
		return "a long list"
	}
	return rowCount(n)
}

// rowCount is a number of rows in words.
func rowCount(n int) string {
	if n == 1 {
		return "1 row"
	}
	return fmt.Sprintf("%d rows", n)
}
