// Package rows turns tables without a fixed shape into events. It knows what every source of rows has to know: which row is which although people
// sort, insert and delete; when a row is complete and no longer being typed; what its columns mean, by their headers in our languages; and when
// so much has changed at once that a person must be asked first.
//
// A [Table] is what a sheet or a file holds, a [Reader] is a table's header under the [Rules] that the user has chosen, and a [Memory] is what a
// source that is asked again and again has seen so far.
package rows

import (
	"errors"
	"fmt"
	"strings"
	"unicode"

	"github.com/shopspring/decimal"
)

// MaxRows is how many rows a table may have, and MaxColumns how many columns. What a source remembers of its rows is stored after every look.
const (
	MaxRows    = 10_000
	MaxColumns = 200
)

// Date is a cell that holds a day, YYYY-MM-DD, or a moment without a zone, YYYY-MM-DDTHH:MM:SS.
type Date string

// Table is a header and the rows below it.
type Table struct {
	Columns []Column
	Rows    []Row // those that hold anything
}

// Column is one column as people know it.
type Column struct {
	Name  string // trimmed, never empty, never twice: a second "Name" is "Name (2)", one without a header is "Column C"
	Named bool   // the header says so
}

// Row is one row of a table.
type Row struct {
	Number int   // as people count, from 1; rows move, so it tells nothing about which row this is
	Cells  []any // one for each column: nil (empty), string, decimal.Decimal, bool or [Date]
}

// Line is one line of a sheet or file before it is known what it is.
type Line struct {
	Number int // as people count, from 1
	Cells  []any
}

// NewTable takes the first line numbered header for the header, and those from first on for rows; first 0 is the line after the header.
// Lines between the two are passed over. Its errors say what a person has to change.
func NewTable(lines []Line, header, first int) (*Table, error) {
	if first <= header {
		first = header + 1
	}
	t := &Table{}
	width := 0
	var names []any
	for _, line := range lines {
		switch {
		case line.Number == header:
			names = line.Cells
		case line.Number < first:
			continue
		}
		width = max(width, used(line.Cells))
	}
	switch {
	case used(names) == 0:
		return nil, fmt.Errorf("there is no header: row %d is empty", header)
	case width > MaxColumns:
		return nil, fmt.Errorf("there are %d columns; at most %d can be read", width, MaxColumns)
	}
	t.Columns = columns(names, width)
	for _, line := range lines {
		if line.Number < first || used(line.Cells) == 0 {
			continue
		}
		row := Row{Number: line.Number, Cells: make([]any, width)}
		for i := range min(width, len(line.Cells)) {
			row.Cells[i] = tidy(line.Cells[i])
		}
		t.Rows = append(t.Rows, row)
	}
	if len(t.Rows) > MaxRows {
		return nil, fmt.Errorf("there are %d rows; at most %d can be watched: begin a new sheet or file and keep the old rows where they are", len(t.Rows), MaxRows)
	}
	return t, nil
}

// used is how many cells there are up to the last that holds anything.
func used(cells []any) int {
	for n := len(cells); n > 0; n-- {
		if tidy(cells[n-1]) != nil {
			return n
		}
	}
	return 0
}

// tidy drops the blanks around a text, also those that do not look like any, and makes nothing of an empty one.
func tidy(cell any) any {
	text, ok := cell.(string)
	if !ok {
		return cell
	}
	text = strings.TrimFunc(text, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\ufeff' || r == '\u200b'
	})
	if text == "" {
		return nil
	}
	return text
}

// columns names the columns so that each name stands once.
func columns(names []any, width int) []Column {
	list := make([]Column, width)
	seen := map[string]bool{}
	for i := range list {
		if i < len(names) {
			list[i].Name = strings.Join(strings.Fields(Text(tidy(names[i]))), " ")
		}
		list[i].Named = list[i].Name != ""
		if !list[i].Named {
			list[i].Name = "Column " + Letters(i)
		}
		base := list[i].Name
		for n := 2; seen[fold(list[i].Name)]; n++ {
			list[i].Name = fmt.Sprintf("%s (%d)", base, n)
		}
		seen[fold(list[i].Name)] = true
	}
	return list
}

// Letters is how a sheet calls a column, counted from 0: A, Z, AA.
func Letters(column int) string {
	text := ""
	for n := column + 1; n > 0; n = (n - 1) / 26 {
		text = string(rune('A'+(n-1)%26)) + text
	}
	return text
}

// Find is the place of a column by its name, whatever its case and blanks.
func Find(columns []Column, name string) (int, bool) {
	for i, c := range columns {
		if fold(c.Name) == fold(name) {
			return i, true
		}
	}
	return 0, false
}

// fold makes names alike that people take for the same.
func fold(name string) string { return strings.ToLower(strings.Join(strings.Fields(name), " ")) }

// Text is a cell as text: a number in plain digits, TRUE or FALSE, nothing for an empty one.
func Text(cell any) string {
	switch c := cell.(type) {
	case string:
		return c
	case decimal.Decimal:
		return c.String()
	case bool:
		if c {
			return "TRUE"
		}
		return "FALSE"
	case Date:
		return string(c)
	}
	return ""
}

// errNumber is a number in a form that no sheet writes.
var errNumber = errors.New("not a number")

// sureDigits is how many digits of a number sheets keep and show; what lies beyond is the dust of their binary arithmetic.
const sureDigits = 15

// Number reads a number as sheets hand it out, with an exponent where it is long, to the 15 digits that sheets are sure of.
func Number(text string) (decimal.Decimal, error) {
	if len(text) == 0 || len(text) > 40 || strings.Trim(text, "0123456789+-.eE") != "" {
		return decimal.Decimal{}, errNumber
	}
	d, err := decimal.NewFromString(text)
	if err != nil || d.Exponent() > 300 || d.Exponent() < -340 {
		return decimal.Decimal{}, errNumber
	}
	if extra := int32(d.NumDigits()) - sureDigits; extra > 0 {
		d = d.Round(-d.Exponent() - extra)
	}
	if d.Exponent() > 30 || d.Exponent() < -30 {
		return decimal.Decimal{}, errNumber
	}
	return decimal.NewFromString(d.String()) // without zeros at the end of a fraction, and without an exponent
}

// failed says whether a cell holds what sheets write where a formula went wrong.
func failed(cell any) bool {
	text, ok := cell.(string)
	if !ok || !strings.HasPrefix(text, "#") {
		return false
	}
	switch strings.ToUpper(text) {
	case "#REF!", "#N/A", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "#ERROR!", "#SPILL!", "#CALC!":
		return true
	}
	return false
}
