package file

import (
	"archive/zip"
	"bufio"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/tengi/tengi/connectors/internal/rows"
)

// What a workbook may hold at most. It is taken apart by a module that makes room for every cell up to the last that is named, so a file of a few
// bytes that names cell XFD1048576 would take gigabytes; these limits are looked at before.
const (
	maxUnzipped = 32 << 20         // bytes, of all parts together
	maxLine     = 4 * rows.MaxRows // the last row of a sheet
	maxArea     = 600_000          // cells of a workbook, each row counted up to its last
)

var (
	errDamaged  = errors.New("the workbook is damaged, or no workbook of Excel at all")
	errTooLarge = fmt.Errorf("the workbook is too large: at most %d rows and %d cells can be read; put what is to be read into a workbook of its own", rows.MaxRows, maxArea)
)

// checkSize looks through a workbook without keeping anything of it.
func checkSize(data []byte) error {
	archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return errDamaged
	}
	left, area := int64(maxUnzipped), 0
	for _, part := range archive.File {
		opened, err := part.Open()
		if err != nil {
			return errDamaged
		}
		limited := &io.LimitedReader{R: opened, N: left + 1}
		n, err := areaOf(bufio.NewReader(limited), maxArea-area)
		if err == nil {
			_, err = io.Copy(io.Discard, limited) // a part that is no XML counts too
		}
		_ = opened.Close() // it was only read
		area += n
		if left = limited.N - 1; left < 0 {
			return errTooLarge
		}
		if errors.Is(err, errTooLarge) {
			return err
		}
		if err != nil {
			return errDamaged
		}
	}
	return nil
}

// areaOf counts the cells of a part, whatever the part is called: which part is a sheet is said elsewhere in the file, and not always truly.
func areaOf(part *bufio.Reader, most int) (area int, err error) {
	start, err := part.Peek(4)
	if err != nil && !errors.Is(err, io.EOF) {
		return 0, errDamaged
	}
	start = bytes.TrimLeft(bytes.TrimPrefix(start, []byte("\xef\xbb\xbf")), " \t\r\n")
	switch {
	case bytes.HasPrefix(start, []byte("\xff\xfe")), bytes.HasPrefix(start, []byte("\xfe\xff")): // XML of another kind than Excel writes
		return 0, errDamaged
	case len(start) > 0 && start[0] != '<': // a picture, say
		return 0, nil
	}
	decoder := xml.NewDecoder(part)
	row, column, width := 0, 0, 0
	for {
		token, err := decoder.RawToken()
		if errors.Is(err, io.EOF) {
			return area + width, nil
		}
		if err != nil {
			return area, errDamaged
		}
		element, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		switch element.Name.Local {
		case "row":
			area += width
			row, column, width = row+1, 0, 0
			if named := attribute(element, "r"); named != "" {
				if row, err = strconv.Atoi(named); err != nil {
					return area, errDamaged
				}
			}
		case "c":
			column++
			if named := attribute(element, "r"); named != "" {
				letters, number, ok := cellName(named)
				if !ok {
					return area, errDamaged
				}
				column, row = letters, max(row, number)
			}
			width = max(width, column)
		}
		if row > maxLine || area+width > most {
			return area, errTooLarge
		}
	}
}

func attribute(element xml.StartElement, name string) string {
	for _, a := range element.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// cellName takes a name such as BC12 apart: the column and the row, counted from 1.
func cellName(name string) (column, row int, ok bool) {
	for i := range len(name) {
		c := name[i]
		switch {
		case c >= 'a' && c <= 'z':
			c -= 'a' - 'A'
			fallthrough
		case c >= 'A' && c <= 'Z':
			column = column*26 + int(c-'A') + 1
			if column > 1<<20 {
				return 0, 0, false
			}
		case c == '$':
		default:
			row, err := strconv.Atoi(name[i:])
			return column, row, err == nil && row > 0 && column > 0
		}
	}
	return column, row, false
}
