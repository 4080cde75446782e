package googlesheets

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/connectors/internal/rows"
)

// spreadsheetPattern is the address of a spreadsheet, or its id alone.
const spreadsheetPattern = `(https://docs\.google\.com/.*/d/)?[A-Za-z0-9_-]{20,}([/?#].*)?`

var spreadsheetID = regexp.MustCompile(`^(?:https://docs\.google\.com/.*/d/)?([A-Za-z0-9_-]{20,})(?:[/?#].*)?$`)

// book is a spreadsheet without its cells.
type book struct {
	id         string
	Properties struct {
		Title    string `json:"title"`
		Locale   string `json:"locale"`
		TimeZone string `json:"timeZone"`
	} `json:"properties"`
	Sheets []struct {
		Properties tab `json:"properties"`
	} `json:"sheets"`
}

// tab is one sheet of a spreadsheet. Its id stays when it is renamed.
type tab struct {
	ID     int64  `json:"sheetId"`
	Title  string `json:"title"`
	Hidden bool   `json:"hidden"`
}

// openBook reads what the spreadsheet is called and which tabs it has.
func openBook(ctx context.Context, c *connector.Client) (*book, error) {
	match := spreadsheetID.FindStringSubmatch(c.Settings.Text("spreadsheet"))
	if match == nil {
		return nil, &connector.Error{Kind: connector.Attention, Code: codeNotFound, Field: "spreadsheet", Message: "the account does not say which spreadsheet"}
	}
	b := &book{id: match[1]}
	query := url.Values{"fields": {"properties(title,locale,timeZone),sheets.properties(sheetId,title,hidden)"}}
	if err := c.Get(ctx, "/v4/spreadsheets/"+b.id, query, b); err != nil {
		return nil, fmt.Errorf("googlesheets: open the spreadsheet: %w", err)
	}
	return b, nil
}

var gid = regexp.MustCompile(`(?:^|[#?&])gid=(\d+)`)

// tab finds a tab by its name, by its number, or by its address; the first that is not hidden when nothing is said.
func (b *book) tab(want string) (tab, error) {
	want = strings.TrimSpace(want)
	number := want
	if match := gid.FindStringSubmatch(want); match != nil {
		number = match[1]
	}
	found := -1
	for i, s := range b.Sheets {
		t := s.Properties
		switch {
		case want == "" && !t.Hidden, strings.EqualFold(t.Title, want):
			return t, nil
		case number != "" && number == strconv.FormatInt(t.ID, 10):
			found = i
		}
	}
	if found >= 0 {
		return b.Sheets[found].Properties, nil
	}
	return tab{}, tableFault(codeTab, fmt.Sprintf("the spreadsheet has no tab %q: it was renamed or removed; choose it again, best by its address with #gid=", want))
}

// at is a range in A1 notation, such as 'Bókanir 2026'!A1:ZZ (https://developers.google.com/workspace/sheets/api/guides/concepts).
func (t tab) at(cells string) string {
	return "'" + strings.ReplaceAll(t.Title, "'", "''") + "'!" + cells
}

// read reads a range, as values and not as they are shown: a shown amount depends on the sheet's language. Dates come as numbers.
func (b *book) read(ctx context.Context, c *connector.Client, cells string) ([][]any, error) {
	resp, err := c.Read(ctx, connector.Request{Path: "/v4/spreadsheets/" + b.id + "/values/" + url.PathEscape(cells),
		Query: url.Values{"valueRenderOption": {"UNFORMATTED_VALUE"}, "dateTimeRenderOption": {"SERIAL_NUMBER"}, "majorDimension": {"ROWS"}}})
	if err != nil {
		return nil, fmt.Errorf("googlesheets: read the sheet: %w", err)
	}
	values, err := decodeValues(resp.Body)
	if err != nil {
		return nil, &connector.Error{Kind: connector.Temporary, Code: connector.CodeBadAnswer, Message: "Google's answer could not be read", Err: err}
	}
	return values, nil
}

// decodeValues reads the cells of a range. Trailing empty cells and rows are left out by Google, and of an empty range comes no list at all.
func decodeValues(body []byte) ([][]any, error) {
	var answer struct {
		Values [][]any `json:"values"`
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	if err := decoder.Decode(&answer); err != nil {
		return nil, errors.New("not the cells of a range") // the decoder's own words quote cells
	}
	for _, line := range answer.Values {
		for i, cell := range line {
			switch v := cell.(type) {
			case json.Number:
				line[i] = v.String()
				if number, err := rows.Number(v.String()); err == nil {
					line[i] = number
				}
			case string, bool, nil:
			default:
				line[i] = nil
			}
		}
	}
	return answer.Values, nil
}

// lines numbers cells as the sheet does.
func lines(values [][]any) []rows.Line {
	list := make([]rows.Line, len(values))
	for i, cells := range values {
		list[i] = rows.Line{Number: i + 1, Cells: cells}
	}
	return list
}

// whole is all of a tab, from its first cell on.
const whole = "A1:ZZ"
