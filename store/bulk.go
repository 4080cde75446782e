package store

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// kind is the database type of a bulk statement's column.
type kind string

const (
	integer  kind = "bigint"
	text     kind = "text"
	octets   kind = "bytea"
	nullable kind = "bigint " // an integer that may be nil
)

// column is one value of a row.
type column struct {
	name string
	kind kind
}

// bulk is one statement applied to many rows. SQLite runs it row by row, prepared once; PostgreSQL runs it once over arrays. The text is the same:
// v.name is a value of the row, {values} stands for all of them in an INSERT, {from} brings them into an UPDATE that uses v, and {join} into a
// SELECT.
type bulk struct {
	columns []column
	sqlite  string // with one ? for every use of a value
	uses    []int  // which column each ? is
	pg      string // with $1 ... $n, one array for each column
	table   string // of an INSERT or UPDATE
}

var (
	marks  = regexp.MustCompile(`\bv\.[a-z_]+|\{[a-z]+\}`)
	tables = regexp.MustCompile(`^(?:INSERT INTO|UPDATE) ([a-z_]+)`)
)

// newBulk makes a bulk statement. A text that does not fit its columns is a mistake in this package and stops the program at its start.
func newBulk(statement string, columns ...column) *bulk {
	b := &bulk{columns: columns}
	if m := tables.FindStringSubmatch(statement); m != nil {
		b.table = m[1]
	}
	arrays, names, marked := make([]string, len(columns)), make([]string, len(columns)), make([]string, len(columns))
	for i, c := range columns {
		arrays[i], names[i], marked[i] = "$"+strconv.Itoa(i+1)+"::"+strings.TrimSpace(string(c.kind))+"[]", c.name, "?"
	}
	rows := "unnest(" + strings.Join(arrays, ", ") + ") AS v(" + strings.Join(names, ", ") + ")"
	b.pg = strings.NewReplacer("{values}", "SELECT * FROM "+rows, "{from}", "FROM "+rows, "{join}", ", "+rows).Replace(statement)
	b.sqlite = marks.ReplaceAllStringFunc(statement, func(mark string) string {
		switch mark {
		case "{values}":
			for i := range columns {
				b.uses = append(b.uses, i)
			}
			return "VALUES (" + strings.Join(marked, ", ") + ")"
		case "{from}", "{join}":
			return ""
		}
		b.uses = append(b.uses, b.column(strings.TrimPrefix(mark, "v.")))
		return "?"
	})
	return b
}

func (b *bulk) column(name string) int {
	for i, c := range b.columns {
		if c.name == name {
			return i
		}
	}
	panic(fmt.Sprintf("bulk statement: no column %q", name))
}

// transpose turns rows into one array per column.
func (b *bulk) transpose(rows [][]any) []any {
	args := make([]any, len(b.columns))
	for i, c := range b.columns {
		switch c.kind {
		case integer:
			args[i] = columnOf[int64](rows, i)
		case text:
			args[i] = columnOf[string](rows, i)
		case octets:
			args[i] = columnOf[[]byte](rows, i)
		case nullable:
			values := make([]*int64, len(rows))
			for j, row := range rows {
				if v, ok := row[i].(int64); ok {
					values[j] = &v
				}
			}
			args[i] = values
		}
	}
	return args
}

func columnOf[T any](rows [][]any, i int) []T {
	values := make([]T, len(rows))
	for j, row := range rows {
		values[j] = row[i].(T) //nolint:forcetypeassert // a wrong type is a mistake in this package and must not pass
	}
	return values
}

// explain names the statement an error belongs to by its first line.
func explain(statement string, err error) error {
	if err == nil {
		return nil
	}
	line, _, _ := strings.Cut(strings.TrimSpace(statement), "\n")
	return fmt.Errorf("%.80s …: %w", strings.TrimSpace(line), err)
}
