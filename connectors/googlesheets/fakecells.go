package googlesheets

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/tengi/tengi/connector/fake"
	"github.com/tengi/tengi/connectors/internal/rows"
)

// area is a range of cells, counted from 0; to is inclusive, -1 = open.
type area struct {
	sheet                      *fakeSheet
	row, column, toRow, toCell int
}

var (
	a1Range = regexp.MustCompile(`^'((?:[^']|'')*)'!([A-Z]+)(\d*)(?::([A-Z]+)(\d*))?$`)
)

// area reads a range in A1 notation.
func (f *Fake) area(text string) (area, *refusal) {
	unknown := &refusal{code: 400, status: "INVALID_ARGUMENT", message: "Unable to parse range: " + text}
	match := a1Range.FindStringSubmatch(text)
	if match == nil {
		return area{}, unknown
	}
	a := area{column: number(match[2]), toRow: -1}
	title := strings.ReplaceAll(match[1], "''", "'")
	for _, s := range f.tabs {
		if s.title == title {
			a.sheet = s
		}
	}
	if a.sheet == nil {
		return area{}, unknown
	}
	if match[3] != "" {
		a.row, _ = strconv.Atoi(match[3])
		a.row--
	}
	a.toCell, a.toRow = a.column, a.row
	if match[4] != "" {
		a.toCell, a.toRow = number(match[4]), -1
		if match[5] != "" {
			a.toRow, _ = strconv.Atoi(match[5])
			a.toRow--
		}
	}
	return a, nil
}

// number counts the letters of a column, from 0.
func number(letters string) int {
	n := 0
	for _, r := range letters {
		n = n*26 + int(r-'A') + 1
	}
	return n - 1
}

// get answers what the spreadsheet is called and which tabs it has.
func (f *Fake) get(w http.ResponseWriter, _ *http.Request) {
	var sheets []map[string]any
	for i, s := range f.tabs {
		properties := map[string]any{"sheetId": s.id, "title": s.title, "index": i, "sheetType": "GRID"}
		if s.hidden {
			properties["hidden"] = true
		}
		sheets = append(sheets, map[string]any{"properties": properties})
	}
	fake.JSON(w, http.StatusOK, map[string]any{
		"properties": map[string]string{"title": "Fjörður Tours", "locale": "is_IS", "timeZone": "Atlantic/Reykjavik"}, "sheets": sheets,
	})
}

// read answers the cells of a range, without the empty ones at the end of each row and of the range.
func (f *Fake) read(w http.ResponseWriter, r *http.Request) {
	a, why := f.area(r.PathValue("range"))
	if why != nil {
		refuse(w, why)
		return
	}
	shown := r.URL.Query().Get("valueRenderOption") != "UNFORMATTED_VALUE"
	values := [][]any{}
	for i := a.row; i < len(a.sheet.cells) && (a.toRow < 0 || i <= a.toRow); i++ {
		line := []any{}
		for j := a.column; j <= a.toCell && j < len(a.sheet.cells[i]); j++ {
			cell := a.sheet.cells[i][j]
			if cell == nil {
				cell = ""
			}
			if n, ok := cell.(json.Number); ok && shown { // as people see it, in the sheet's language
				cell = strings.ReplaceAll(n.String(), ".", ",")
			}
			line = append(line, cell)
		}
		for len(line) > 0 && line[len(line)-1] == "" {
			line = line[:len(line)-1]
		}
		values = append(values, line)
	}
	for len(values) > 0 && len(values[len(values)-1]) == 0 {
		values = values[:len(values)-1]
	}
	answer := map[string]any{"range": r.PathValue("range"), "majorDimension": "ROWS"}
	if len(values) > 0 {
		answer["values"] = values
	}
	fake.JSON(w, http.StatusOK, answer)
}

// post appends.
func (f *Fake) post(w http.ResponseWriter, r *http.Request) {
	text, ok := strings.CutSuffix(r.PathValue("range"), ":append")
	if !ok {
		http.NotFound(w, r)
		return
	}
	a, why := f.area(text)
	var body struct {
		Values [][]any `json:"values"`
	}
	if why == nil {
		why = readJSON(r, &body)
	}
	if why == nil && r.URL.Query().Get("valueInputOption") != "RAW" {
		why = &refusal{code: 400, status: "INVALID_ARGUMENT", message: "'valueInputOption' is required but not specified"}
	}
	if why != nil {
		refuse(w, why)
		return
	}
	first, at := a.table()
	for i, line := range body.Values {
		cells := make([]any, first, first+len(line))
		cells = append(cells, line...)
		if r.URL.Query().Get("insertDataOption") == "INSERT_ROWS" {
			a.sheet.cells = slices.Insert(a.sheet.cells, min(at+i, len(a.sheet.cells)), cells)
		} else {
			a.sheet.set(at+i, 0, cells)
		}
	}
	width := 0
	if len(body.Values) > 0 {
		width = len(body.Values[0])
	}
	updated := fmt.Sprintf("'%s'!%s%d:%s%d", a.sheet.title, rows.Letters(first), at+1, rows.Letters(max(first+width-1, first)), at+len(body.Values))
	fake.JSON(w, http.StatusOK, map[string]any{"spreadsheetId": fakeBook, "tableRange": text,
		"updates": map[string]any{"spreadsheetId": fakeBook, "updatedRange": updated, "updatedRows": len(body.Values), "updatedColumns": width}})
}

// table finds the table that an anchor stands in as Google does, roughly: its first column, and the row after its last.
func (a area) table() (first, after int) {
	filled := func(row, column int) bool {
		return row < len(a.sheet.cells) && column < len(a.sheet.cells[row]) && a.sheet.cells[row][column] != nil && a.sheet.cells[row][column] != ""
	}
	first = a.column
	for first > 0 && filled(a.row, first-1) {
		first--
	}
	for after = a.row; after < len(a.sheet.cells); after++ {
		if !slices.ContainsFunc(a.sheet.cells[after], func(cell any) bool { return cell != nil && cell != "" }) {
			break
		}
	}
	return first, after
}

// update writes cells of several ranges.
func (f *Fake) update(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Option string `json:"valueInputOption"`
		Data   []struct {
			Range  string  `json:"range"`
			Values [][]any `json:"values"`
		} `json:"data"`
	}
	why := readJSON(r, &body)
	if why == nil && body.Option != "RAW" {
		why = &refusal{code: 400, status: "INVALID_ARGUMENT", message: "'valueInputOption' is required but not specified"}
	}
	var areas []area
	for _, d := range body.Data {
		if why == nil {
			var a area
			if a, why = f.area(d.Range); why == nil {
				areas = append(areas, a)
			}
		}
	}
	if why != nil {
		refuse(w, why)
		return
	}
	for i, a := range areas {
		for n, line := range body.Data[i].Values {
			a.sheet.set(a.row+n, a.column, line)
		}
	}
	fake.JSON(w, http.StatusOK, map[string]any{"spreadsheetId": fakeBook, "totalUpdatedCells": len(areas)})
}

// set writes cells; null leaves one as it is.
func (s *fakeSheet) set(row, column int, cells []any) {
	for len(s.cells) <= row {
		s.cells = append(s.cells, nil)
	}
	for i, cell := range cells {
		for len(s.cells[row]) <= column+i {
			s.cells[row] = append(s.cells[row], nil)
		}
		if cell != nil {
			s.cells[row][column+i] = cell
		}
	}
}

func readJSON(r *http.Request, into any) *refusal {
	decoder := json.NewDecoder(r.Body)
	decoder.UseNumber()
	if err := decoder.Decode(into); err != nil {
		return &refusal{code: 400, status: "INVALID_ARGUMENT", message: "Invalid JSON payload received."}
	}
	return nil
}
