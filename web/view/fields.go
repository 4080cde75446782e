package view

import "strings"

// The kinds of fields that a form draws.
const (
	FieldText   = "text"
	FieldSecret = "secret"
	FieldSelect = "select"
	FieldBool   = "bool"
	FieldList   = "list"
	FieldPairs  = "pairs"
	FieldGroup  = "group"
)

// RowMark stands in the names of a row that a script copies, where the number of the row will be.
const RowMark = "ROW"

// Field is one declared field as a form draws it.
type Field struct {
	Kind                 string
	Name                 string // of its input; also its id
	Label, Help, Wrong   string
	Value, Example       string
	Type, Mode           string // the attributes type and inputmode of its input
	Required, LTR        bool
	Lines                int // more than one = a text of several lines
	Options, Suggestions []Choice
	Empty                string // the label of choosing none; empty = one must be chosen
	On                   bool   // of a bool
	Stored               bool   // of a secret: there is one, and what is left empty keeps it
	When                 string // the name of the input it depends on; empty = it always counts
	WhenValues           string // the values of that input with which it counts, as JSON
	Children             []Field
	Rows                 []FieldRow
	Blank                []Field // a row without values, for a script to copy
}

// FieldRow is one row of a list, or a name with its value of pairs.
type FieldRow struct {
	Number string // from 1, as the reader writes it
	Fields []Field
}

// Fields are the inputs of a declared set: those that everybody needs, and those behind "more settings".
type Fields struct {
	Plain, Advanced []Field
	Open            bool // the advanced ones are shown at once: one of them is wrong
	Wrong           int  // how many faults there are
}

// line is the field as an input of its own.
func (f Field) line() TextInput {
	in := TextInput{Name: f.Name, Label: f.Label, Help: f.Help, Value: f.Value, Type: f.Type, Mode: f.Mode, Required: f.Required, Wrong: f.Wrong, LTR: f.LTR, Example: f.Example, Complete: "off"}
	if f.Lines > 1 {
		in.Rows = f.Lines
	}
	for _, s := range f.Suggestions {
		in.Suggestions = append(in.Suggestions, s.Value)
	}
	return in
}

// choices is the field as a select.
func (f Field) choices() SelectInput {
	return SelectInput{Name: f.Name, Label: f.Label, Help: f.Help, Value: f.Value, Options: f.Options, Empty: f.Empty, Required: f.Required, Wrong: f.Wrong}
}

// nextRow is the number that a new row gets.
func (f Field) nextRow() int { return len(f.Rows) }

// hintsOf lists the ids of the texts that belong to a secret, which always has a word on whether it is set.
func (f Field) hintsOf() string {
	return strings.TrimSpace(described(f.Name, f.Help, f.Wrong) + " " + f.Name + "-set")
}
