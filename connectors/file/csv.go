package file

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/tengi/tengi/connectors/internal/rows"
)

// separators are the signs that programs put between columns, the likeliest first: where a comma stands before the decimals, it is the semicolon.
const separators = ";,\t|"

// readCSV reads a text file as a table of texts. Its errors name the line and nothing that stands in it.
func readCSV(text, separator string) ([]rows.Line, error) {
	text, told := cutTold(text)
	switch {
	case separator == "tab":
		told = '\t'
	case len(separator) == 1:
		told = rune(separator[0])
	case told == 0:
		told = separatorOf(text)
	}
	reader := newReader(text, told)
	var lines []rows.Line
	for {
		record, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return lines, nil
		}
		if err != nil {
			if fault, ok := errors.AsType[*csv.ParseError](err); ok {
				return nil, fmt.Errorf("line %d: a quotation mark is not closed, or stands where it may not", fault.StartLine)
			}
			return nil, errors.New("it cannot be read as CSV")
		}
		number, _ := reader.FieldPos(0)
		cells := make([]any, len(record))
		for i, cell := range record {
			cells[i] = cell
		}
		if lines = append(lines, rows.Line{Number: number, Cells: cells}); len(lines) > rows.MaxRows+1000 {
			return nil, fmt.Errorf("it has more than %d rows: divide it", rows.MaxRows)
		}
	}
}

func newReader(text string, separator rune) *csv.Reader {
	reader := csv.NewReader(strings.NewReader(text))
	reader.Comma, reader.FieldsPerRecord = separator, -1
	return reader
}

// cutTold takes off the line by which Excel is told the sign, "sep=;".
func cutTold(text string) (rest string, separator rune) {
	line, rest, _ := strings.Cut(text, "\n")
	if line = strings.TrimSpace(line); len(line) == len("sep=;") && strings.EqualFold(line[:4], "sep=") && strings.Contains(separators, line[4:]) {
		return rest, rune(line[4])
	}
	return text, 0
}

// separatorOf finds the sign that divides the first lines into the most columns, the same number in each, or nearly.
func separatorOf(text string) rune {
	best, most := rune(separators[0]), 0
	for _, candidate := range separators {
		reader := newReader(text, candidate)
		counts := map[int]int{}
		for range 20 {
			record, err := reader.Read()
			if err != nil {
				break
			}
			if len(record) > 1 {
				counts[len(record)]++
			}
		}
		for width, times := range counts {
			if score := times * min(width, 50); score > most {
				best, most = candidate, score
			}
		}
	}
	return best
}
