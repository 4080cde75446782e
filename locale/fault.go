package locale

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/tengi/tengi/field"
)

// Fault says what is wrong with a value, to stand beside its field: "Must be a whole number.". The set is the one that was parsed, in any language.
func (p *Printer) Fault(set field.Set, fault field.Fault) string {
	f, _, ok := find(set, fault.Path)
	if !ok {
		return p.Text("fault.unknown")
	}
	switch fault.Code {
	case field.CodeRequired:
		return p.Text("fault.required")
	case field.CodeAmbiguous:
		if fault.Readings[0] != "" {
			return p.Text("fault.ambiguous", "first", fault.Readings[0], "second", fault.Readings[1])
		}
		return p.wrongType(f)
	case field.CodeTooSmall:
		return p.tooSmall(f)
	case field.CodeTooLarge, field.CodeTooLong:
		return p.tooLarge(f)
	case field.CodePattern:
		if f.Example != "" && !f.Secret {
			return p.Text("fault.pattern_example", "example", f.Example)
		}
		return p.Text("fault.pattern")
	case field.CodeOption:
		if f.Type == field.Currency {
			return p.Text("fault.currency")
		}
		return p.Text("fault.option")
	case field.CodeUnknown:
		return p.Text("fault.unknown")
	}
	return p.wrongType(f)
}

// FaultLine is the same with the name of the field before it, for a list above the form: "Lines, row 3, Amount: Must be a number.".
func (p *Printer) FaultLine(set field.Set, fault field.Fault) string {
	_, labels, _ := find(set, fault.Path)
	parts := make([]string, 0, len(labels))
	for _, l := range labels {
		parts = append(parts, isolated(l.text, p.Direction))
		if l.row > 0 {
			parts = append(parts, p.Text("fault.row", "row", l.row))
		}
	}
	if len(parts) == 0 {
		parts = append(parts, isolated(fault.Path, p.Direction))
	}
	return strings.Join(parts, ", ") + ": " + p.Fault(set, fault)
}

// ExpressionFault says what is wrong with an expression, by the code of a fault of package mapping and its place, 0 = all of it. What exactly, with the
// names in it, stands in the fault's own message, in English. A code of a field's fault says no more than that the value does not fit.
func (p *Printer) ExpressionFault(code string, char int) string {
	text := p.Family("fault.expression", code)
	if text == code {
		text = p.Text("fault.pattern")
	}
	if char > 0 {
		return p.Text("fault.expression.at", "char", char, "text", text)
	}
	return text
}

// wrongType is what a field of the type must be.
func (p *Printer) wrongType(f field.Field) string {
	if f.Secret {
		return p.Text("fault.secret")
	}
	switch f.Type {
	case field.Int:
		return p.Text("fault.whole")
	case field.Decimal, field.VAT:
		return p.Text("fault.number")
	case field.Amount:
		return p.Text("fault.amount")
	case field.Date:
		return p.Text("fault.date")
	case field.DateTime:
		return p.Text("fault.datetime")
	case field.Email:
		return p.Text("fault.email")
	case field.Phone:
		return p.Text("fault.phone")
	case field.URL:
		return p.Text("fault.url")
	case field.Bool:
		return p.Text("fault.bool")
	case field.List, field.Group:
		return p.Text("fault.rows")
	case field.Pairs:
		return p.Text("fault.pairs")
	}
	return p.Text("fault.text")
}

func (p *Printer) tooSmall(f field.Field) string {
	switch f.Type {
	case field.Date:
		return p.Text("fault.too_early", "day", p.Day(f.Min))
	case field.List, field.Pairs:
		return p.Count("fault.too_few", count(f.Min, 1))
	case field.Text, field.LongText, field.Email, field.Phone, field.URL:
		return p.Count("fault.too_short", count(f.Min, 1))
	}
	return p.Text("fault.too_small", "least", bound(f.Min, "0"))
}

func (p *Printer) tooLarge(f field.Field) string {
	switch f.Type {
	case field.Date:
		return p.Text("fault.too_late", "day", p.Day(f.Max))
	case field.List, field.Pairs:
		return p.Count("fault.too_many", count(f.Max, field.MaxRows))
	case field.Text, field.LongText, field.Email, field.Phone:
		return p.Count("fault.too_long", count(f.Max, field.MaxText))
	case field.URL:
		return p.Count("fault.too_long", count(f.Max, 2048)) // what browsers and servers are sure to take
	}
	return p.Text("fault.too_large", "most", bound(f.Max, "100")) // only VAT has a bound that it does not state
}

// count is a bound that counts characters or rows.
func count(text string, other int) int {
	if n, err := strconv.Atoi(text); err == nil {
		return n
	}
	return other
}

// bound is one that a number is held against.
func bound(text, other string) decimal.Decimal {
	for _, t := range []string{text, other} {
		if d, err := decimal.NewFromString(t); err == nil {
			return d
		}
	}
	return decimal.Zero
}

// label names a field on the way to a fault; row counts from 1, 0 = none.
type label struct {
	text string
	row  int
}

// row is the end of a path's part that names one of the rows of a list.
var row = regexp.MustCompile(`^(.*)\[(\d+)\]$`)

// find goes down a path such as "lines[2].amount". What lies in Pairs, below a name that anybody may choose, is told of the field that holds them.
func find(set field.Set, path string) (field.Field, []label, bool) {
	var labels []label
	var last field.Field
	for part := range strings.SplitSeq(path, ".") {
		if last.Type == field.Pairs {
			break
		}
		at := label{}
		if m := row.FindStringSubmatch(part); m != nil {
			part, at.row = m[1], count(m[2], 0)+1
		}
		i := indexOf(set, part)
		if i < 0 {
			return field.Field{}, labels, false
		}
		last = set[i]
		at.text = last.Label
		labels, set = append(labels, at), last.Children
	}
	return last, labels, true
}

func indexOf(set field.Set, key string) int {
	for i := range set {
		if set[i].Key == key {
			return i
		}
	}
	return -1
}
