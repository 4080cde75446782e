package googlesheets

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/connectors/internal/rows"
	"github.com/tengi/tengi/field"
)

// updateRow writes status, number and link into the row that a key names.
func updateRow(ctx context.Context, c *connector.Client, _ tengi.Ref, v field.Values) (tengi.Document, error) {
	p, err := placeOf(ctx, c, v)
	if err != nil {
		return tengi.Document{}, err
	}
	key, err := p.keyColumn(v.Text("key_column"))
	if err != nil {
		return tengi.Document{}, err
	}
	wanted := map[int]string{}
	want := func(name, text string) error {
		if text == "" {
			return nil
		}
		i, err := p.column(name)
		if i == key && err == nil {
			err = tableFault(codeColumn, fmt.Sprintf("the column %q names the rows, so nothing is written into it", name))
		}
		wanted[i] = text
		return err
	}
	for _, part := range []string{"status", "number", "link"} {
		if err := want(v.Text(part+"_column"), v.Text(part)); err != nil {
			return tengi.Document{}, err
		}
	}
	pairs := v.Pairs("cells")
	for _, name := range sorted(pairs) {
		if err := want(name, pairs[name]); err != nil {
			return tengi.Document{}, err
		}
	}
	if len(wanted) == 0 {
		return tengi.Document{}, connector.Refusal(codeColumn, "status", "there is nothing to write: every value is empty")
	}
	row, err := p.write(ctx, c, key, v.Text("key"), wanted)
	if err != nil {
		return tengi.Document{}, err
	}
	return tengi.Document{Kind: tengi.Message, ExternalID: fmt.Sprintf("%d/%s", p.tab.ID, v.Text("key")), Number: strconv.Itoa(row), Status: v.Text("status"), URL: p.link(row)}, nil
}

// keyColumn is the column that names the rows.
func (p *place) keyColumn(name string) (int, error) {
	if name != "" {
		return p.column(name)
	}
	if i, ok := rows.Find(p.columns, rows.IdentityColumn); ok {
		return i, nil
	}
	if i, ok := rows.Understood(p.columns, -1)[rows.Reference]; ok {
		return i, nil
	}
	return 0, tableFault(codeColumn, fmt.Sprintf("the tab “%s” has no column that is known to name the rows: choose it in the connection", p.tab.Title))
}

// one is a cell to be written.
type one struct {
	Range  string     `json:"range"`
	Values [][]string `json:"values"`
}

// write writes cells of the one row that has the text in the key column, and says which row that was. Rows have no name of their own at Google, so
// what is sent names a place; afterwards it is made sure that the row with the key is the one that was written to.
func (p *place) write(ctx context.Context, c *connector.Client, key int, text string, cells map[int]string) (int, error) {
	row, err := p.the(ctx, c, key, text)
	if err != nil {
		return 0, err
	}
	order := make([]int, 0, len(cells))
	for i := range cells {
		order = append(order, i)
	}
	slices.Sort(order)
	data := make([]one, len(order))
	for n, i := range order {
		data[n] = one{Range: p.cell(i, row), Values: [][]string{{cells[i]}}}
	}
	_, err = c.Change(ctx, connector.Change{
		Name: "update",
		Request: connector.Request{
			Method: http.MethodPost, Path: "/v4/spreadsheets/" + p.book.id + "/values:batchUpdate",
			JSON: map[string]any{"valueInputOption": "RAW", "data": data},
		},
		Recover: connector.Recovery{Rounds: lookRounds, Find: func(ctx context.Context, call connector.Call) ([]byte, bool, error) {
			return p.findWritten(ctx, c, key, text, cells, call)
		}},
	})
	if err != nil {
		return 0, err
	}
	now, err := p.the(ctx, c, key, text)
	if err != nil {
		return 0, err
	}
	if holds, err := p.holds(ctx, c, now, cells); err != nil {
		return 0, err
	} else if !holds {
		return 0, moved()
	}
	return now, nil
}

// moved asks a person, because what was written may stand in a row that it is not for.
func moved() error {
	return &connector.Error{Kind: connector.Unknown, Code: connector.CodeAskPerson,
		Message: "rows were moved while one was written to: look in the sheet whether the values stand in the right row, and put them there"}
}

// the finds the one row that has the text in the key column.
func (p *place) the(ctx context.Context, c *connector.Client, key int, text string) (int, error) {
	numbers, err := p.numbers(ctx, c, key, text)
	switch {
	case err != nil:
		return 0, err
	case len(numbers) == 0:
		return 0, tableFault(codeRow, fmt.Sprintf("no row has in the column %q what names it: it was deleted, or what names it was changed", p.columns[key].Name))
	case len(numbers) > 1:
		return 0, tableFault(codeRow, fmt.Sprintf("the rows %d and %d have the same in the column %q: give each its own", numbers[0], numbers[1], p.columns[key].Name))
	}
	return numbers[0], nil
}

// holds says whether a row has the cells.
func (p *place) holds(ctx context.Context, c *connector.Client, row int, cells map[int]string) (bool, error) {
	values, err := p.book.read(ctx, c, p.tab.at(fmt.Sprintf("A%d:ZZ%d", row, row)))
	if err != nil {
		return false, err
	}
	for i, text := range cells {
		if len(values) == 0 || i >= len(values[0]) || strings.TrimSpace(rows.Text(values[0][i])) != strings.TrimSpace(text) {
			return false, nil
		}
	}
	return true, nil
}

// findWritten finds out what became of a lost write. Where the row has moved since, the same request would write into another.
func (p *place) findWritten(ctx context.Context, c *connector.Client, key int, text string, cells map[int]string, call connector.Call) ([]byte, bool, error) {
	row, err := p.the(ctx, c, key, text)
	if err != nil {
		return nil, false, err
	}
	if holds, err := p.holds(ctx, c, row, cells); err != nil || holds {
		return []byte("{}"), holds, err
	}
	var sent struct {
		Data []one `json:"data"`
	}
	if err := json.Unmarshal(call.Body, &sent); err != nil {
		return nil, false, fmt.Errorf("read what was sent: %w", err)
	}
	for _, cell := range sent.Data {
		if match := rangeRow.FindStringSubmatch(cell.Range); len(match) < 2 || match[1] != strconv.Itoa(row) {
			return nil, false, moved()
		}
	}
	return nil, false, nil
}
