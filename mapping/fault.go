package mapping

import (
	"errors"
	"fmt"
	"strings"
)

// The codes of faults, stable for translations and for programs.
const (
	CodeSyntax   = "syntax"       // cannot be read as an expression
	CodeName     = "unknown_name" // no such name, function or field
	CodeType     = "type"         // a text where a number is needed, and the like
	CodeLimit    = "limit"        // too long, too deep, too much work
	CodeValue    = "value"        // the expression is right, what it met in this event is not
	CodeRequired = "required"     // a required field gets no value
)

// Fault is one thing wrong with one expression or with the value it gives. It names the expression and never repeats a value, so it may be
// logged and mailed.
type Fault struct {
	Path    string // of the field: "description", "lines[2].amount"; empty for a condition
	Char    int    // place in the template or condition, in characters from 1; 0 = all of it
	Code    string // one of the codes above, or one of package field's for a value the field refuses
	Message string // a sentence for a person, without path and place

	absent bool // the name is a right one, only not here: sale where the source knows no sales, line outside of a list
}

// Error is "fields.description, character 12: unknown name custmer in sale; did you mean customer?".
func (f *Fault) Error() string {
	var b strings.Builder
	if f.Path != "" {
		b.WriteString("fields.")
		b.WriteString(f.Path)
	}
	if f.Char > 0 {
		if b.Len() > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "character %d", f.Char)
	}
	if b.Len() > 0 {
		b.WriteString(": ")
	}
	b.WriteString(f.Message)
	return b.String()
}

// Faults is everything wrong with a set of fields, in the order of the fields. It is never an empty error.
type Faults []*Fault

// Error is one fault a line.
func (f Faults) Error() string {
	lines := make([]string, len(f))
	for i, fault := range f {
		lines[i] = fault.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap lets errors.As find the single faults.
func (f Faults) Unwrap() []error {
	errs := make([]error, len(f))
	for i, fault := range f {
		errs[i] = fault
	}
	return errs
}

// asError keeps the empty list from becoming an error that is not nil.
func (f Faults) asError() error {
	if len(f) == 0 {
		return nil
	}
	return f
}

// at returns err as a fault at a place. A fault it wraps is given back as it is: its own place is nearer to the cause.
func at(char int, err error) error {
	var fault *Fault
	if errors.As(err, &fault) {
		return fault
	}
	return &Fault{Char: char, Code: codeOf(err), Message: err.Error()}
}

// inRow adds to a fault in which row, counted from 0, it was met.
func inRow(i int, err error) error {
	var fault *Fault
	if !errors.As(err, &fault) {
		return err
	}
	named := *fault
	named.Message += fmt.Sprintf(" (in row %d)", i)
	return &named
}

// codeOf tells what is wrong with the expression from what is wrong with the event.
func codeOf(err error) string {
	if errors.Is(err, errSpent) {
		return CodeLimit
	}
	return CodeValue
}

// in returns err as a fault of the field at path.
func in(path string, err error) *Fault {
	var fault *Fault
	if errors.As(err, &fault) {
		named := *fault
		named.Path = path
		return &named
	}
	return &Fault{Path: path, Code: codeOf(err), Message: err.Error()}
}

// nearest returns the candidate a person most likely meant by name, or "". Candidates are tried in the order given.
func nearest(name string, candidates []string) string {
	// A third of the letters may be wrong, at least one; beyond that a suggestion would only confuse.
	best, least := "", max(1, len([]rune(name))/3)+1
	for _, c := range candidates {
		if d := distance(strings.ToLower(name), strings.ToLower(c)); d < least {
			best, least = c, d
		}
	}
	return best
}

// distance counts the letters added, left out, changed or swapped with their neighbour (optimal string alignment).
func distance(from, to string) int {
	a, b := []rune(from), []rune(to)
	if len(a) > 64 || len(b) > 64 { // nobody mistypes a name that long, and the table grows with both
		return max(len(a), len(b))
	}
	// rows[i][j] is the distance between the first i letters of the one and the first j of the other.
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			change := 1
			if a[i-1] == b[j-1] {
				change = 0
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+change)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}
