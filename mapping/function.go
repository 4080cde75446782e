package mapping

import (
	"fmt"
	"slices"

	"github.com/shopspring/decimal"
)

// Function is one function expressions may call, as the documentation shows it.
type Function struct {
	Name      string
	Group     string // Operators, Numbers, Dates, People, Texts, Lists and choices
	Signature string // round(x, places = 0)
	Help      string
	Example   string // an expression over the sample
	Result    string // what it gives, written as in a text
}

// The groups of functions, in the order of the documentation.
const (
	groupSigns   = "Operators"
	groupNumbers = "Numbers"
	groupDates   = "Dates"
	groupPeople  = "People"
	groupTexts   = "Texts"
	groupLists   = "Lists and choices"
)

// Functions is every operator and function expressions may use, by group: what the documentation shows. A test runs every example.
func Functions() []Function {
	all := slices.Clone(operatorTable)
	// Loops and other functions stand together: to whoever reads the reference they are the same.
	for _, group := range []string{groupNumbers, groupDates, groupPeople, groupTexts, groupLists} {
		for _, f := range functionTable {
			if f.Group == group {
				all = append(all, f.Function)
			}
		}
		for _, l := range loopTable {
			if l.Group == group {
				all = append(all, l.Function)
			}
		}
	}
	return all
}

// operatorTable describes the operators; operator.go and compare.go know them.
var operatorTable = []Function{
	{"+ - * / %", groupSigns, "a + b", "Exact arithmetic; a division is exact to 16 decimals. Two texts may be added as well.", `sale.total * 0.11 - 8`, "4370"},
	{"== != < <= > >=", groupSigns, "a >= b", "Comparisons of two numbers, two texts (dates among them) or two times.", `sale.service_date >= today()`, "true"},
	{"and or not", groupSigns, "a and not b", "Both, at least one, the opposite; also && || and !.", `sale.total > 0 and not sale.customer.company`, "true"},
	{"? :", groupSigns, "condition ? a : b", "a when the condition is true, otherwise b.", `sale.currency == "ISK" ? 0 : 2`, "0"},
	{"??", groupSigns, "a ?? b", "a, or b when a is missing or an empty text.", `sale.customer.phone ?? "none"`, "none"},
	{"in", groupSigns, "a in list", "Whether the list has a; the opposite is a not in list.", `sale.currency in ["ISK", "EUR"]`, "true"},
	{"contains", groupSigns, "a contains b", "Whether the text b stands in the text a; likewise startsWith and endsWith.", `sale.reference contains "516"`, "true"},
	{"matches", groupSigns, `a matches "pattern"`, "Whether the text matches the regular expression (RE2 syntax).", `sale.reference matches "^FJO-[0-9]+$"`, "true"},
	{"|", groupSigns, "a | f(b)", "The same as f(a, b), for reading from left to right.", `sale.customer.name | upper() | truncate(4)`, "ANN…"},
	{"[ ]", groupSigns, "list[0], text[0:3]", "One row of a list from 0 (-1 is the last), or a part of a list or a text; outside of it there is nothing.",
		`sale.lines[-1].text[0:3]`, "Lun"},
	{"{ }", groupSigns, `{"a": 1}, [1, 2]`, "Pairs and lists written out, for lookup and in.", `lookup("b", {"a": 1, "b": 2})`, "2"},
}

// functionTable is every function that is not a loop.
var functionTable = slices.Concat(numberFunctions, dateFunctions, peopleFunctions, textFunctions, choiceFunctions)

// functions finds a function by name.
var functions = byName(functionTable, func(f *function) string { return f.Name })

// byName indexes a table. Two entries of one name are a mistake in our own source.
func byName[T any](table []T, name func(*T) string) map[string]*T {
	index := make(map[string]*T, len(table))
	for i := range table {
		key := name(&table[i])
		if index[key] != nil {
			panic("mapping: two functions are called " + key)
		}
		index[key] = &table[i]
	}
	return index
}

// each calls f for every element of a list, one step each.
func (r *run) each(v any, f func(i int, elem any) error) error {
	n, err := length(v)
	if err != nil {
		return err
	}
	if err := r.step(n); err != nil {
		return err
	}
	for i := range n {
		elem, err := element(v, i)
		if err != nil {
			return fmt.Errorf("meets a row that %w", err)
		}
		if err := f(i, elem); err != nil {
			return err
		}
	}
	return nil
}

// numbers calls f for every number of a list.
func (r *run) numbers(v any, f func(decimal.Decimal) error) error {
	return r.each(v, func(_ int, elem any) error {
		d, ok := elem.(decimal.Decimal)
		if !ok {
			return fmt.Errorf("meets a row that is %s and not a number", kindOf(elem))
		}
		return f(d)
	})
}
