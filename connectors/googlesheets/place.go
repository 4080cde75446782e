package googlesheets

import (
	"context"
	"fmt"
	"strings"

	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/connectors/internal/rows"
	"github.com/tengi/tengi/field"
)

// place is the table that an action writes to.
type place struct {
	book    *book
	tab     tab
	header  int // row number
	columns []rows.Column
}

// openPlace finds the table and reads its header.
func openPlace(ctx context.Context, c *connector.Client, tabName string, header int64) (*place, error) {
	b, err := openBook(ctx, c)
	if err != nil {
		return nil, err
	}
	t, err := b.tab(tabName)
	if err != nil {
		return nil, err
	}
	p := &place{book: b, tab: t, header: max(int(header), 1)}
	values, err := b.read(ctx, c, t.at(fmt.Sprintf("A%d:ZZ%d", p.header, p.header)))
	if err != nil {
		return nil, err
	}
	var names []any
	if len(values) > 0 {
		names = values[0]
	}
	read, err := rows.NewTable([]rows.Line{{Number: p.header, Cells: names}}, p.header, 0)
	if err != nil {
		return nil, tableFault(codeSheetShape, "the tab “"+t.Title+"” cannot be written to: "+err.Error())
	}
	p.columns = read.Columns
	return p, nil
}

// placeOf opens the table that an action's values name.
func placeOf(ctx context.Context, c *connector.Client, v field.Values) (*place, error) {
	return openPlace(ctx, c, v.Text("tab"), v.Int("header_row"))
}

// column is the place of a column that must be there.
func (p *place) column(name string) (int, error) {
	if i, ok := rows.Find(p.columns, name); ok {
		return i, nil
	}
	return 0, tableFault(codeColumn, fmt.Sprintf("the tab “%s” has no column %q: add it to the header, or choose another in the connection", p.tab.Title, name))
}

// cell names one cell.
func (p *place) cell(column, row int) string {
	return p.tab.at(fmt.Sprintf("%s%d", rows.Letters(column), row))
}

// numbers are the numbers of the rows below the header that have a text in a column.
func (p *place) numbers(ctx context.Context, c *connector.Client, column int, text string) ([]int, error) {
	letters := rows.Letters(column)
	values, err := p.book.read(ctx, c, p.tab.at(letters+"1:"+letters))
	if err != nil {
		return nil, err
	}
	var found []int
	for i, line := range values {
		if i+1 > p.header && len(line) > 0 && same(rows.Text(line[0]), text) {
			found = append(found, i+1)
		}
	}
	return found, nil
}

// same says whether two cells say the same to people.
func same(a, b string) bool {
	return strings.EqualFold(strings.Join(strings.Fields(a), " "), strings.Join(strings.Fields(b), " "))
}

// link is the address of a row in the browser.
func (p *place) link(row int) string {
	return fmt.Sprintf("https://docs.google.com/spreadsheets/d/%s/edit#gid=%d&range=A%d", p.book.id, p.tab.ID, row)
}
