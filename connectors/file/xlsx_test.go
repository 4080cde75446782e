package file

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"
	"github.com/xuri/excelize/v2"

	"github.com/tengi/tengi/connectors/internal/rows"
)

// workbook1 is a workbook as Excel writes one: texts, numbers, dates, a formula's result, a gap, a hidden sheet before it.
func workbook1(t testing.TB) []byte {
	t.Helper()
	book := excelize.NewFile()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(book.SetSheetName("Sheet1", "Hidden"))
	if _, err := book.NewSheet("Bókanir"); err != nil {
		t.Fatal(err)
	}
	book.SetActiveSheet(1)
	must(book.SetSheetVisible("Hidden", false))
	must(book.SetSheetRow("Bókanir", "A1", &[]any{"Bókunarnúmer", "Nafn", "Netfang", "Upphæð", "Kennitala", "Dags.", "Kl.", "Grænmeti", "Hlutfall"}))
	style := func(format string) int {
		id, err := book.NewStyle(&excelize.Style{CustomNumFmt: &format})
		must(err)
		return id
	}
	must(book.SetSheetRow("Bókanir", "A2", &[]any{"B-1", "Anna Lind", "anna@example.com", 14900, "0101302989"}))
	must(book.SetCellValue("Bókanir", "F2", time.Date(2026, 7, 12, 0, 0, 0, 0, time.UTC)))
	must(book.SetCellValue("Bókanir", "G2", 0.5))
	must(book.SetCellStyle("Bókanir", "G2", "G2", style("hh:mm")))
	must(book.SetCellValue("Bókanir", "H2", true))
	must(book.SetCellValue("Bókanir", "I2", 0.1+0.2))
	must(book.SetSheetRow("Bókanir", "A4", &[]any{1022, "Jón", nil, 0.1 + 0.7}))
	must(book.SetCellValue("Bókanir", "F4", 46216.25))
	must(book.SetCellStyle("Bókanir", "F4", "F4", style(`[$-is]d. mmmm yyyy" kl. "hh:mm`)))
	var out bytes.Buffer
	must(book.Write(&out))
	return out.Bytes()
}

func TestReadXLSX(t *testing.T) {
	t.Parallel()
	data := workbook1(t)
	lines, err := readXLSX(data, "")
	if err != nil {
		t.Fatal(err)
	}
	number := decimal.RequireFromString
	want := []rows.Line{
		{Number: 1, Cells: []any{"Bókunarnúmer", "Nafn", "Netfang", "Upphæð", "Kennitala", "Dags.", "Kl.", "Grænmeti", "Hlutfall"}},
		{Number: 2, Cells: []any{"B-1", "Anna Lind", "anna@example.com", number("14900"), "0101302989", rows.Date("2026-07-12"), number("0.5"), true, number("0.3")}},
		{Number: 3, Cells: []any{}},
		{Number: 4, Cells: []any{number("1022"), "Jón", nil, number("0.8"), nil, rows.Date("2026-07-13T06:00:00")}},
	}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Error(diff)
	}
	if _, err := readXLSX(data, "BÓKANIR"); err != nil {
		t.Error(err)
	}
	if lines, err := readXLSX(data, "Hidden"); err != nil || len(lines) != 0 {
		t.Errorf("%v %v", lines, err)
	}
	if _, err := readXLSX(data, "Archive"); err == nil || !strings.Contains(err.Error(), `no sheet "Archive"`) {
		t.Error(err)
	}
	for n := range 40 { // cut off anywhere, it is a fault and no more
		if _, err := readXLSX(data[:len(data)*n/40], ""); err == nil {
			t.Errorf("%d of 40 parts of a workbook are taken for a whole one", n)
		}
	}
}

func TestDateFormats(t *testing.T) {
	t.Parallel()
	custom := func(text string) *string { return &text }
	for _, c := range []struct {
		id     int
		custom *string
		want   bool
	}{
		{id: 14, want: true}, {id: 22, want: true}, {id: 0}, {id: 2}, {id: 20}, {id: 49},
		{custom: custom("dd.mm.yyyy"), want: true}, {custom: custom("yyyy-mm-dd;@"), want: true}, {custom: custom("[$-409]d-mmm-yy"), want: true},
		{custom: custom(`#,##0 "days"`)}, {custom: custom("[Red]#,##0")}, {custom: custom(`0\d`)}, {custom: custom("hh:mm")}, {custom: custom("[hh]:mm")}, {custom: custom("0.00%")},
		{custom: custom("[broken")}, {custom: custom(`"open`)}, {custom: custom(`\`)},
	} {
		if got := dateFormat(c.id, c.custom); got != c.want {
			t.Errorf("%d %v: %t", c.id, c.custom, got)
		}
	}
}

// A workbook of the old Macintosh counts its days from 1904.
func TestDates1904(t *testing.T) {
	t.Parallel()
	book := excelize.NewFile()
	yes := true
	if err := book.SetWorkbookProps(&excelize.WorkbookPropsOptions{Date1904: &yes}); err != nil {
		t.Fatal(err)
	}
	format := "yyyy-mm-dd"
	style, err := book.NewStyle(&excelize.Style{CustomNumFmt: &format})
	if err != nil {
		t.Fatal(err)
	}
	if err := book.SetCellValue("Sheet1", "A1", 46215-days1904); err != nil {
		t.Fatal(err)
	}
	if err := book.SetCellStyle("Sheet1", "A1", "A1", style); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := book.Write(&out); err != nil {
		t.Fatal(err)
	}
	lines, err := readXLSX(out.Bytes(), "")
	if err != nil || len(lines) != 1 || lines[0].Cells[0] != rows.Date("2026-07-12") {
		t.Errorf("%v %v", lines, err)
	}
}

// packed is a workbook with another text in place of its second sheet.
func packed(t testing.TB, whole []byte, sheet func(io.Writer) error) []byte {
	t.Helper()
	from, err := zip.NewReader(bytes.NewReader(whole), int64(len(whole)))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	to := zip.NewWriter(&out)
	for _, file := range from.File {
		w, err := to.Create(file.Name)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(file.Name, "sheet2") {
			if err := sheet(w); err != nil {
				t.Fatal(err)
			}
			continue
		}
		r, err := file.Open()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(w, r); err != nil {
			t.Fatal(err)
		}
	}
	if err := to.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

const sheetHead = `<?xml version="1.0" encoding="UTF-8"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>`

func text(body string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, sheetHead+body+"</sheetData></worksheet>")
		return err
	}
}

// Small files that would take all memory are refused before anything is made of them.
func TestTooLarge(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		sheet func(io.Writer) error
		want  error
	}{
		"small":                {sheet: text(`<row r="1"><c r="A1"><v>1</v></c></row>`)},
		"unnamed":              {sheet: text(`<row><c><v>1</v></c></row>`)},
		"a far row":            {sheet: text(`<row r="1048576"><c r="A1048576"><v>1</v></c></row>`), want: errTooLarge},
		"a far row, otherwise": {sheet: text(`<row r='1'><c r='A&#49;048576'><v>1</v></c></row>`), want: errTooLarge},
		"a row of no number":   {sheet: text(`<row r="99999999999999999999"/>`), want: errDamaged},
		"a cell of no name":    {sheet: text(`<row r="1"><c r="1A"><v>1</v></c></row>`), want: errDamaged},
		"a cell of many":       {sheet: text(`<row r="1"><c r="ZZZZZZZZZZ1"><v>1</v></c></row>`), want: errDamaged},
		"many far cells":       {sheet: text(strings.Repeat(`<row><c r="XFD9"><v>1</v></c></row>`, 100)), want: errTooLarge},
		"many rows":            {sheet: text(strings.Repeat("<row/>", maxLine+1)), want: errTooLarge},
		"another alphabet":     {sheet: func(w io.Writer) error { _, err := w.Write([]byte("\xff\xfe<\x00")); return err }, want: errDamaged},
		"much of something": {sheet: func(w io.Writer) error {
			for range maxUnzipped>>20 + 1 {
				if _, err := w.Write(make([]byte, 1<<20)); err != nil {
					return err
				}
			}
			return nil
		}, want: errTooLarge},
	} {
		data := packed(t, workbook1(t), c.sheet)
		lines, err := readXLSX(data, "")
		if !errors.Is(err, c.want) || len(data) > 1<<20 || c.want == nil && (err != nil || len(lines) != 1) {
			t.Errorf("%s: %d bytes: %v %v, want %v", name, len(data), lines, err, c.want)
		}
	}
}

func FuzzReadXLSX(f *testing.F) {
	f.Add(workbook1(f))
	f.Fuzz(func(t *testing.T, data []byte) { wantTable(t, data) })
}

func FuzzSheet(f *testing.F) {
	f.Add(`<row r="1"><c r="A1" t="inlineStr"><is><t>Nafn</t></is></c><c r="B1" t="s"><v>0</v></c></row><row r="3"><c r="B3" s="1"><v>46215.5</v></c><c t="b"><v>1</v></c></row>`)
	f.Add(`<row><c t="e"><v>#REF!</v></c><c t="str"><f>A1</f><v>x</v></c><c t="d"><v>2026-07-12</v></c></row>`)
	whole := workbook1(f)
	f.Fuzz(func(t *testing.T, body string) { wantTable(t, packed(t, whole, text(body))) })
}

// wantTable reads a workbook and wants nothing of it but that it ends and is bounded.
func wantTable(t *testing.T, data []byte) {
	t.Helper()
	lines, err := readXLSX(data, "")
	if err != nil {
		return
	}
	if table, err := rows.NewTable(lines, 1, 0); err == nil && len(table.Rows) > rows.MaxRows {
		t.Errorf("%d rows", len(table.Rows))
	}
}
