package file

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/shopspring/decimal"
	"github.com/xuri/excelize/v2"

	"github.com/tengi/tengi/connectors/internal/rows"
)

// days1904 is how much later old workbooks of the Macintosh begin to count days
// (https://support.microsoft.com/en-us/office/date-systems-in-excel-e7fe7167-48a9-4b96-bb53-5612a800b487).
const days1904 = 1462

// readXLSX reads one sheet of a workbook. Texts stay texts, so that leading zeros do; numbers that are shown as dates are dates.
func readXLSX(data []byte, sheet string) (lines []rows.Line, err error) {
	if err := checkSize(data); err != nil {
		return nil, err
	}
	defer func() { // files come from anywhere, and the module that takes them apart is made for those that Excel wrote
		if recover() != nil {
			lines, err = nil, errDamaged
		}
	}()
	book, err := excelize.OpenReader(bytes.NewReader(data), excelize.Options{UnzipSizeLimit: maxUnzipped, UnzipXMLSizeLimit: maxUnzipped})
	if err != nil {
		return nil, errDamaged // its own words may quote cells
	}
	defer func() { _ = book.Close() }() // nothing of it lies on disk
	if sheet, err = sheetOf(book, sheet); err != nil {
		return nil, err
	}
	w := workbook{File: book, sheet: sheet, dates: map[int]bool{}}
	if props, err := book.GetWorkbookProps(); err == nil && props.Date1904 != nil {
		w.since1904 = *props.Date1904
	}
	return w.lines()
}

// sheetOf finds a sheet by its name; the first that is not hidden when nothing is said.
func sheetOf(book *excelize.File, want string) (string, error) {
	for _, name := range book.GetSheetList() {
		if strings.EqualFold(name, want) {
			return name, nil
		}
		if visible, err := book.GetSheetVisible(name); want == "" && err == nil && visible {
			return name, nil
		}
	}
	return "", fmt.Errorf("the workbook has no sheet %q", want)
}

// workbook is one sheet of a workbook being read.
type workbook struct {
	*excelize.File
	sheet     string
	since1904 bool
	dates     map[int]bool // whether a style shows numbers as dates
}

func (w *workbook) lines() ([]rows.Line, error) {
	broken := errors.New("a sheet of the workbook is damaged")
	iterator, err := w.Rows(w.sheet)
	if err != nil {
		return nil, broken
	}
	defer func() { _ = iterator.Close() }()
	var lines []rows.Line
	for number := 1; iterator.Next(); number++ {
		cells, err := iterator.Columns(excelize.Options{RawCellValue: true})
		if err != nil {
			return nil, broken
		}
		if number > maxLine {
			return nil, errTooLarge
		}
		line := rows.Line{Number: number, Cells: make([]any, len(cells))}
		for i, raw := range cells {
			if raw != "" {
				line.Cells[i] = w.cell(i, number, raw)
			}
		}
		lines = append(lines, line)
	}
	return lines, nil
}

// cell is a cell by what it is and not by what it looks like.
func (w *workbook) cell(column, row int, raw string) any {
	name := fmt.Sprintf("%s%d", rows.Letters(column), row)
	kind, err := w.GetCellType(w.sheet, name)
	if err != nil {
		return raw
	}
	switch kind {
	case excelize.CellTypeBool:
		return raw == "1" || strings.EqualFold(raw, "true")
	case excelize.CellTypeSharedString, excelize.CellTypeInlineString, excelize.CellTypeError:
		return raw
	case excelize.CellTypeDate: // written out as a date, which few programs do
		return raw
	}
	number, err := rows.Number(raw)
	if err != nil {
		return raw
	}
	if w.isDate(name) {
		if w.since1904 {
			number = number.Add(decimal.NewFromInt(days1904))
		}
		if day, ok := rows.Serial(number); ok {
			return day
		}
	}
	return number
}

// isDate says whether a cell's style shows its number as a date.
func (w *workbook) isDate(name string) bool {
	style, err := w.GetCellStyle(w.sheet, name)
	if err != nil || style == 0 {
		return false
	}
	date, known := w.dates[style]
	if !known {
		if s, err := w.GetStyle(style); err == nil {
			date = dateFormat(s.NumFmt, s.CustomNumFmt)
		}
		w.dates[style] = date
	}
	return date
}

// dateFormat says whether a number format is one of dates: a built-in one (ECMA-376 part 1, section 18.8.30, with those of East Asia), or one that
// speaks of days or years outside of its quoted parts.
func dateFormat(id int, custom *string) bool {
	if custom == nil {
		return id >= 14 && id <= 17 || id == 22 || id >= 27 && id <= 31 || id == 36 || id >= 50 && id <= 58
	}
	quoted := false
	var plain strings.Builder
	for i := 0; i < len(*custom); i++ {
		switch c := (*custom)[i]; {
		case c == '"':
			quoted = !quoted
		case c == '\\':
			i++
		case c == '[':
			if end := strings.IndexByte((*custom)[i:], ']'); end > 0 {
				i += end // a colour, a language or hours beyond a day
			}
		case !quoted:
			plain.WriteByte(c)
		}
	}
	return strings.ContainsAny(strings.ToLower(plain.String()), "dy")
}
