package file

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/connectors/internal/rows"
	"github.com/tengi/tengi/field"
)

// events makes the events of one file. name is that of the file, where it has one. A file that cannot be read is one event that says why; a row that
// cannot be read is one of its own, and the others go on.
func events(settings field.Values, name string, data []byte) []tengi.Event {
	list, err := understand(settings, name, data)
	if err != nil {
		return []tengi.Event{rows.Held(fmt.Sprintf("the file %s cannot be read: %v", shown(name), err), "file", name, digest(data))}
	}
	return list
}

// shown is a file's name in a sentence; names that people give are not repeated at any length.
func shown(name string) string {
	if name == "" {
		return "without a name"
	}
	if runes := []rune(name); len(runes) > 60 {
		name = string(runes[:60]) + "…"
	}
	return fmt.Sprintf("%q", name)
}

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:16])
}

// understand reads a file by the account's settings.
func understand(settings field.Values, name string, data []byte) ([]tengi.Event, error) {
	rules, err := rows.ParseRules(settings, settings.Text("currency"))
	if err != nil {
		return nil, err
	}
	table, err := tableOf(settings, data)
	if err != nil {
		return nil, err
	}
	if most := int(settings.Int("most_rows")); most > 0 && len(table.Rows) > most {
		return nil, fmt.Errorf("it has %d rows, more than the %d that the account's settings allow: raise the number there if it is the right file, and send it again", len(table.Rows), most)
	}
	place := "" // a row with a key is the same in whatever file it stands
	if len(rules.Key) == 0 {
		place = name // two files may well say the same twice
	}
	reader, err := rows.NewReader(table.Columns, rules, place)
	if err != nil {
		return nil, err
	}
	if settings.Bool("changes") && !reader.Keyed() {
		return nil, errors.New("changed rows can only be told from new ones by columns that name a row: choose them in the account's settings")
	}
	return found(reader, table, settings.Bool("changes")), nil
}

// tableOf takes a file apart by what it is, not by what it is called.
func tableOf(settings field.Values, data []byte) (*rows.Table, error) {
	var lines []rows.Line
	var err error
	switch {
	case len(bytes.TrimSpace(data)) == 0:
		return nil, errors.New("it is empty")
	case bytes.HasPrefix(data, []byte("PK\x03\x04")):
		lines, err = readXLSX(data, settings.Text("tab"))
	case bytes.HasPrefix(data, []byte("\xd0\xcf\x11\xe0")):
		err = errors.New("it is an old workbook (.xls), or one with a password: save it as .xlsx without one, or as CSV")
	case bytes.ContainsRune(data, 0) && !bytes.HasPrefix(data, []byte("\xff\xfe")) && !bytes.HasPrefix(data, []byte("\xfe\xff")):
		err = errors.New("it is neither CSV nor a workbook of Excel (.xlsx)")
	default:
		var text string
		if text, err = decode(data, settings.Text("encoding")); err == nil {
			lines, err = readCSV(text, settings.Text("separator"))
		}
	}
	if err != nil {
		return nil, err
	}
	return rows.NewTable(lines, max(int(settings.Int("header_row")), 1), int(settings.Int("first_row")))
}

// found are the events of a table. A row that is not complete is left out: it comes with a later file, when it is.
func found(reader *rows.Reader, table *rows.Table, changes bool) []tengi.Event {
	var list []tengi.Event
	for _, e := range reader.Identify(table.Rows) {
		switch {
		case len(e.Twins) > 0:
			if e.Number == e.Twins[0] {
				list = append(list, rows.Held(fmt.Sprintf("the lines %v have the same in the columns that name a row, so nobody can tell which is which: give each its own", e.Twins),
					"twins", e.ID.String(), fmt.Sprint(e.Twins)))
			}
			continue
		case !reader.Complete(e.Row):
			continue
		}
		issue := ""
		if changes {
			issue = e.Print.String()
		}
		event, err := reader.Event(rows.TypeNew, e, issue)
		if err != nil {
			event = rows.Held(err.Error()+". Put it right in the file and send it again: what came already does not come twice.", "row", e.ID.String(), e.Print.String())
		}
		list = append(list, event)
	}
	return list
}

// refusal is an error about the settings, which a person mends there.
func refusal(message string) error { return connector.Refusal(connector.CodeFolder, "", message) }
