package mapping

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/tengi/tengi/field"
)

// Lists, groups and pairs: the fields that hold more than one value.

// list tells the three ways apart in which a list may be given.
func (c *fieldCompiler) list(fill filler, given any, isGiven bool, path string, row *shape) filler {
	if !isGiven {
		given = fill.field.Default
	}
	switch x := given.(type) {
	case nil:
		return fill
	case string:
		return c.each(fill, x, nil, path, row)
	}
	if m, ok := stringMap(given); ok {
		source, hasEach := m[eachKey]
		if !hasEach && fill.field.Default != "" {
			source, hasEach = fill.field.Default, true
		}
		text, ok := source.(string)
		if !hasEach || !ok {
			c.wrong(path, CodeRequired, "say under %s what the rows come from, such as %s: sale.lines", eachKey, eachKey)
			return fill
		}
		// What is left are the columns. The map is the caller's and may be compiled again, so it is not changed.
		columns := maps.Clone(m)
		delete(columns, eachKey)
		return c.each(fill, text, columns, path, row)
	}
	return c.writtenRows(fill, given, path, row)
}

// each compiles a list that is filled row by row from another.
func (c *fieldCompiler) each(fill filler, source string, columns map[string]any, path string, row *shape) filler {
	fill.source = source
	if oneLine(source) == "" {
		return fill
	}
	expression, char := bareExpression(source)
	prog, _, err := compileExpression(expression, char, c.scope.roots(row))
	if err != nil {
		c.fault(path, err)
		return fill
	}
	if !prog.shape.is(list) || prog.shape.kind == nothing {
		c.wrong(path, CodeType, "%s takes a list, and %s is %s", name(fill.field), brief(expression), prog.shape.kind)
		return fill
	}
	// A list is a value like any other; as a template of its own it runs within the same budget.
	fill.each = &Template{text: source, whole: true, shape: prog.shape, parts: []part{{piece{expression, true, char}, prog}}}
	elem := prog.shape.elements()
	fill.row = c.set(fill.field.Children, columns, path+".", &elem, true)
	return fill
}

// writtenRows compiles a list whose rows are written out in the mapping.
func (c *fieldCompiler) writtenRows(fill filler, given any, path string, row *shape) filler {
	values, err := known(given)
	if err != nil || kindOf(values) != list {
		c.wrong(path, CodeType, "%s takes a list: {each: sale.lines, …}, or rows written out", name(fill.field))
		return fill
	}
	n, err := length(values)
	if err != nil || n > maxRows {
		c.wrong(path, CodeLimit, "%s has more than %d rows", name(fill.field), maxRows)
		return fill
	}
	fill.source = rowCount(n)
	for i := range n {
		at := path + "[" + strconv.Itoa(i) + "]"
		elem, err := element(values, i)
		columns, ok := stringMap(elem)
		if err != nil || !ok {
			c.wrong(at, CodeType, "a row takes its fields by name")
			continue
		}
		fill.rows = append(fill.rows, c.set(fill.field.Children, columns, at+".", row, true))
	}
	return fill
}

// group compiles a group field by field. A group nobody gave is filled from its fields' defaults; when those give nothing, it is left out.
func (c *fieldCompiler) group(fill filler, given any, path string, row *shape) (filler, bool) {
	columns, ok := stringMap(given)
	if !ok && given != nil {
		c.wrong(path, CodeType, "%s takes its fields by name", name(fill.field))
		return fill, false
	}
	if given == nil && !fill.byDefault {
		return fill, true
	}
	// Only a group that is wanted can miss a field: one that is required, or that somebody began to fill.
	before := len(c.faults)
	set := c.set(fill.field.Children, columns, path+".", row, fill.field.Required || !fill.byDefault)
	fill.group = &set
	return fill, len(c.faults) == before && len(set.fillers) > 0
}

// pairs compiles entries one by one, or one expression that gives all of them.
func (c *fieldCompiler) pairs(fill filler, given any, path string, row *shape) filler {
	if fill.byDefault {
		given = fill.field.Default
	}
	if given == nil {
		return fill
	}
	if source, ok := given.(string); ok {
		fill.source = source
		if oneLine(source) == "" {
			return fill
		}
		t, err := compileTemplate(source, c.scope.roots(row))
		switch {
		case err != nil:
			c.fault(path, err)
		case !t.whole || !t.shape.is(record):
			c.wrong(path, CodeType, "%s takes names with their values, or one expression that gives them", name(fill.field))
		}
		fill.value = t
		return fill
	}
	entries, ok := stringMap(given)
	if !ok {
		c.wrong(path, CodeType, "%s takes names with their values", name(fill.field))
		return fill
	}
	if len(entries) > maxRows {
		c.wrong(path, CodeLimit, "%s has more than %d entries", name(fill.field), maxRows)
		return fill
	}
	fill.source = fmt.Sprintf("%d names with their values", len(entries))
	// In the order of their names, so that faults come in the same order every time.
	fill.pairs = make([]pairFiller, 0, len(entries))
	for _, key := range slices.Sorted(maps.Keys(entries)) {
		source, err := pairSource(entries[key])
		if err != nil {
			c.wrong(path+"."+key, CodeType, "an entry takes one value: a text with {{ expressions }}, a number, true or false")
			continue
		}
		t := c.template(field.Field{Key: key, Type: field.Text}, source, path+"."+key, row)
		fill.pairs = append(fill.pairs, pairFiller{key, source, t})
	}
	return fill
}

// pairSource is an entry of pairs as a template.
func pairSource(x any) (string, error) {
	v, err := known(x)
	if k := kindOf(v); err != nil || k == list || k == record || k == moment {
		return "", errors.Join(err, errors.New("not one value"))
	}
	return (&run{}).write(v)
}

// stringMap is a map as JSON and YAML decoders make them.
func stringMap(x any) (map[string]any, bool) {
	switch m := x.(type) {
	case map[string]any:
		return m, true
	case map[string]string:
		out := make(map[string]any, len(m))
		for k, v := range m {
			out[k] = v
		}
		return out, true
	case map[any]any:
		out := make(map[string]any, len(m))
		for k, v := range m {
			key, ok := k.(string)
			if !ok {
				return nil, false
			}
			out[key] = v
		}
		return out, true
	}
	return nil, false
}
