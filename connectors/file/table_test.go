package file

import (
	"fmt"
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"github.com/tengi/tengi/connectors/internal/rows"
	"github.com/tengi/tengi/field"
)

// Samples of what people in our countries export.
var exports = map[string]string{
	"uk": "Номер замовлення;ПІБ;Ел. пошта;Сума\nЗ-1;Ганна Лінд;anna@example.com;1 234,50\nЗ-2;Їжакевич Євген;x@example.com;99,00\n",
	"he": "מספר הזמנה,שם לקוח,אימייל,סכום\n1,אנה לינד,anna@example.com,\"1,234.50\"\n2,יוסי כהן,x@example.com,99.00\n",
	"pl": "Nr zamówienia;Imię i nazwisko;Adres e-mail;Kwota\nZ-1;Łucja Źdźbło;anna@example.com;1 234,50\nZ-2;Jan Kowalski;x@example.com;99,00\n",
	"is": "Bókunarnúmer;Nafn;Netfang;Upphæð\nB-1;Þórður Ægisson;anna@example.com;1.234,50\nB-2;Anna Lind;x@example.com;99,00\n",
}

func TestDecode(t *testing.T) {
	t.Parallel()
	for language, legacy := range map[string]*charmap.Charmap{"uk": charmap.Windows1251, "he": charmap.Windows1255, "pl": charmap.Windows1250, "is": charmap.Windows1252} {
		text := exports[language]
		old, err := legacy.NewEncoder().String(text)
		if err != nil {
			t.Fatal(err)
		}
		wide, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String(text)
		if err != nil {
			t.Fatal(err)
		}
		big, err := unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewEncoder().String(text)
		if err != nil {
			t.Fatal(err)
		}
		for form, encoded := range map[string]string{"legacy": old, "UTF-8": text, "UTF-8 with a mark": "\ufeff" + text, "UTF-16": wide, "UTF-16 of the other kind": big} {
			if got, err := decode([]byte(encoded), auto); err != nil || got != text {
				t.Errorf("%s in %s: %q %v", language, form, got, err)
			}
		}
	}
	for encoded, choice := range map[string]string{
		"Matja\xe6":        auto, // æ in the west, ć in the middle
		"k\xfe\xb9":        auto, // þ of one and ą of the other
		"\xcf\xf0\xe8":     auto, // a word is too little
		"caf\xe9!":         "utf-8",
		"\x81":             "windows-1251x",
		"\x81\x8d":         "windows-1252",
		"\xff\xfea":        auto,
		"\xff\xfe\x00\xd8": auto,
	} {
		if got, err := decode([]byte(encoded), choice); err == nil && choice != "windows-1252" {
			t.Errorf("%q as %s is taken for %q", encoded, choice, got)
		}
	}
	for encoded, want := range map[string]string{"J\xf3n": "Jón", "J\xf3n Gu\xf0mundsson": "Jón Guðmundsson", "Wac\xb3aw": "Wacław", "caf\xe9": "café"} {
		if got, err := decode([]byte(encoded), auto); err != nil || got != want {
			t.Errorf("%q is taken for %q, want %q: %v", encoded, got, want, err)
		}
	}
}

// The sums of all exports are read right, whatever sign stands before the decimals and between the columns.
func TestExports(t *testing.T) {
	t.Parallel()
	for language, text := range exports {
		for _, separator := range []string{"", "\t", "|"} {
			body := text
			if separator != "" && language != "he" {
				body = strings.ReplaceAll(text, ";", separator)
			}
			events, err := receive(inbound(t, map[string]any{"currency": "EUR"}, nil, body, ""))
			if err != nil || len(events) != 2 || events[0].Unreadable != "" {
				t.Fatalf("%s: %+v %v", language, events, err)
			}
			if s := events[0].Sale; s.Total.String() != "1234.5" || s.Customer.Name == "" || s.Customer.Email != "anna@example.com" || s.Reference == "" {
				t.Errorf("%s: %+v", language, s)
			}
		}
	}
}

func TestReadCSV(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text, separator, want string
	}{
		{"a;b\n1;2", "", "1[a b] 2[1 2]"},
		{"a,b\n1,2", "", "1[a b] 2[1 2]"},
		{"a\tb\r\n1\t2\r\n", "", "1[a b] 2[1 2]"},
		{"sep=|\na|b\n", "", "1[a b]"},
		{"sep=;\r\na;b\r\n", ",", "1[a;b]"},
		{"a;b\n1,5;2,5\n1,5;2,5\n", "", "1[a b] 2[1,5 2,5] 3[1,5 2,5]"},
		{"\"a;x\",b\n\"1;y\",2\n", "", "1[a;x b] 2[1;y 2]"},
		{"a;b\n\n\n1;\"x\ny\"\n3;4", "", "1[a b] 4[1 x\ny] 6[3 4]"},
		{"only\n1\n", "", "1[only] 2[1]"},
		{"a;b;c\n1\n1;2;3;4", "", "1[a b c] 2[1] 3[1 2 3 4]"},
		{"a;b", "tab", "1[a;b]"},
		{"\"say \"\"no\"\"\";b", "", "1[say \"no\" b]"},
	} {
		lines, err := readCSV(c.text, c.separator)
		var got []string
		for _, l := range lines {
			got = append(got, fmt.Sprint(l.Number, l.Cells))
		}
		if joined := strings.Join(got, " "); err != nil || joined != spaced(c.want) {
			t.Errorf("%q: %q %v, want %q", c.text, joined, err, spaced(c.want))
		}
	}
	if _, err := readCSV(strings.Repeat("x\n", rows.MaxRows+2000), ""); err == nil {
		t.Error("a file without end is read")
	}
}

// spaced writes "1[a b]" as fmt does a number and its cells.
func spaced(want string) string { return strings.ReplaceAll(want, "[", " [") }

func FuzzReadCSV(f *testing.F) {
	for _, text := range exports {
		f.Add([]byte(text), auto)
	}
	f.Fuzz(func(t *testing.T, data []byte, separator string) {
		table, err := tableOf(field.Values{"separator": separator, "encoding": auto}, data)
		if err != nil {
			return
		}
		for _, row := range table.Rows {
			if len(row.Cells) != len(table.Columns) {
				t.Errorf("row %d has %d cells of %d", row.Number, len(row.Cells), len(table.Columns))
			}
		}
	})
}
