package rows

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/field"
	"github.com/tengi/tengi/mapping"
	"github.com/tengi/tengi/sale"
)

// read makes the event of one row below a header.
func read(t *testing.T, rules Rules, header, cells []any) (tengi.Event, error) {
	t.Helper()
	table, err := NewTable([]Line{{1, header}, {2, cells}}, 1, 0)
	if err != nil {
		t.Fatal(err)
	}
	if rules.Currency == "" {
		rules.Currency = "ISK"
	}
	r, err := NewReader(table.Columns, rules, "x")
	if err != nil {
		return tengi.Event{}, err
	}
	entries := r.Identify(table.Rows)
	if len(entries) != 1 {
		t.Fatalf("%d entries", len(entries))
	}
	return r.Event(TypeNew, entries[0], "")
}

func texts(list ...string) []any {
	cells := make([]any, len(list))
	for i, text := range list {
		if text != "" {
			cells[i] = text
		}
	}
	return cells
}

// A sheet of each language is understood without a word of set-up.
func TestGuesses(t *testing.T) {
	t.Parallel()
	row := texts("B-1022", "Anna Lind", "anna@example.com", "+354 555 0123", "1234,50", "Golden circle", "12.07.2026")
	for language, header := range map[string][]any{
		"en": texts("Booking no.", "Customer name", "E-mail", "Phone", "Amount (EUR)", "Description", "Date"),
		"is": texts("Bókunarnúmer", "Nafn gests", "Netfang", "Sími", "Samtals:", "Lýsing", "Dags."),
		"uk": texts("Номер замовлення", "Ім'я клієнта", "Ел. пошта", "Телефон", "Сума, грн", "Призначення платежу", "Дата"),
		"he": texts("מס' הזמנה", "שם הלקוח", `דוא"ל`, "טלפון", `סה"כ`, "תיאור", "תאריך"),
		"pl": texts("Nr zamówienia", "Imię i nazwisko", "Adres e-mail", "Telefon", "Do zapłaty [PLN]", "Nazwa usługi", "Data"),
	} {
		if language == "uk" {
			header[4] = "Сума (грн)"
		}
		event, err := read(t, Rules{Currency: "EUR", Key: []string{fmt.Sprint(header[0])}}, header, row)
		if err != nil {
			t.Errorf("%s: %v", language, err)
			continue
		}
		amount := decimal.RequireFromString("1234.50")
		want := &sale.Sale{Reference: "B-1022", Status: sale.Confirmed, Currency: "EUR", Total: amount, VATIncluded: true, ServiceDate: "2026-07-12",
			Customer: sale.Customer{Name: "Anna Lind", Email: "anna@example.com", Phone: "+354 555 0123"},
			Lines:    []sale.Line{{Text: "Golden circle", Quantity: decimal.NewFromInt(1), UnitPrice: amount, Total: amount}}}
		if diff := cmp.Diff(want, event.Sale); diff != "" || len(event.Sale.Check()) > 0 {
			t.Errorf("%s: %v %s", language, event.Sale.Check(), diff)
		}
		if !strings.HasSuffix(event.Object, "/b-1022") {
			t.Errorf("%s: object %s", language, event.Object)
		}
	}
}

func TestColumnsNotGuessed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		header []any
		rules  Rules
		column string // of the amount; empty = none
		fault  string
	}{
		{header: texts("Name", "VAT amount")},
		{header: texts("Name", "Deposit")},
		{header: texts("Name", "Price"), column: "Price"},
		{header: texts("Name", "Price", "Quantity")},
		{header: texts("Name", "Price", "Quantity", "Total"), column: "Total"},
		{header: texts("Name", "Amount", "Total"), fault: "choose one in the settings"},
		{header: texts("Name", "Amount", "Total"), rules: Rules{Chosen: map[Role]string{Amount: "amount"}}, column: "Amount"},
		{header: texts("Name", "Amount", "Total"), rules: Rules{Chosen: map[Role]string{Amount: NoColumn}}},
		{header: texts("Name", "Amount"), rules: Rules{Chosen: map[Role]string{Amount: "Sum"}}, fault: "no column “Sum”"},
		{header: texts("Tengi amount", "Sum"), column: "Sum"},
		{header: texts("Email", "Amount"), rules: Rules{Chosen: map[Role]string{Reference: "Amount"}}},
	} {
		table, err := NewTable([]Line{{1, c.header}}, 1, 0)
		if err != nil {
			t.Fatal(err)
		}
		r, err := NewReader(table.Columns, c.rules, "x")
		if c.fault != "" {
			if err == nil || !strings.Contains(err.Error(), c.fault) {
				t.Errorf("%v: %v", c.header, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%v: %v", c.header, err)
			continue
		}
		got := ""
		if i, ok := r.Column(Amount); ok {
			got = table.Columns[i].Name
		}
		if got != c.column {
			t.Errorf("%v: the amount is %q, want %q", c.header, got, c.column)
		}
	}
}

func TestSale(t *testing.T) {
	t.Parallel()
	number := decimal.RequireFromString
	header := texts("Name", "Amount", "Currency", "VAT %", "Status", "Date")
	rules := Rules{VAT: number("24"), Chosen: map[Role]string{Status: "Status"}}
	for _, c := range []struct {
		amount, currency, vat, status, date any
		want                                string // total currency rate vat status date
		fault                               string
	}{
		{amount: number("1240"), want: "1240 ISK 24 240 confirmed "},
		{amount: "12.400 kr.", want: "12400 ISK 24 2400 confirmed "},
		{amount: "12.400,-", want: "12400 ISK 24 2400 confirmed "},
		{amount: number("100"), currency: "eur", vat: number("0.11"), want: "100 EUR 11 9.91 confirmed "},
		{amount: number("100"), currency: "EUR", vat: "5,5 %", want: "100 EUR 5.5 5.21 confirmed "},
		{amount: number("100"), vat: number("0"), want: "100 ISK 0 0 confirmed "},
		{amount: number("100"), status: "Afbókað", want: "100 ISK 24 19 cancelled "},
		{amount: number("100"), status: "בוטל", want: "100 ISK 24 19 cancelled "},
		{amount: number("100"), status: "У роботі", want: "100 ISK 24 19 confirmed "},
		{amount: number("100"), status: "draft", want: "100 ISK 24 19 pending "},
		{amount: number("100"), date: number("46215"), want: "100 ISK 24 19 confirmed 2026-07-12"},
		{amount: number("100"), date: number("46215.75"), want: "100 ISK 24 19 confirmed 2026-07-12"},
		{amount: number("100"), date: Date("2026-07-12T10:30:00"), want: "100 ISK 24 19 confirmed 2026-07-12"},
		{amount: number("100"), date: "2026-07-12 10:30", want: "100 ISK 24 19 confirmed 2026-07-12"},
		{amount: number("100"), date: "13/7/2026", want: "100 ISK 24 19 confirmed 2026-07-13"},
		{amount: number("100"), date: "7/13/2026", want: "100 ISK 24 19 confirmed 2026-07-13"},
		{amount: number("100"), date: "6/7/2026", want: "100 ISK 24 19 confirmed "}, // nobody can tell
		{amount: number("100"), date: number("12"), want: "100 ISK 24 19 confirmed "},
		{amount: number("-100"), want: "-100 ISK 24 -19 confirmed "},
		{amount: number("0"), want: "0 ISK   confirmed "},
		{amount: true, fault: "column “Amount” is not an amount"},
		{amount: "12 EUR", fault: "column “Amount” is not an amount"},
		{amount: number("1"), currency: "kr", fault: "column “Currency” is not a currency"},
		{amount: number("1"), vat: number("2400"), fault: "column “VAT %” is not a VAT rate"},
		{amount: "#N/A", fault: "column “Amount” holds an error"},
	} {
		event, err := read(t, rules, header, []any{"Anna", c.amount, c.currency, c.vat, c.status, c.date})
		if c.fault != "" {
			if err == nil || !strings.Contains(err.Error(), c.fault) {
				t.Errorf("%v: %v", c, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%v: %v", c, err)
			continue
		}
		s, rate, vat := event.Sale, "", ""
		if len(s.Lines) > 0 {
			rate, vat = s.Lines[0].VATRate.String(), s.Lines[0].VATAmount.String()
		}
		if got := fmt.Sprintf("%s %s %s %s %s %s", s.Total, s.Currency, rate, vat, s.Status, s.ServiceDate); got != c.want {
			t.Errorf("%v: %s, want %s", c, got, c.want)
		}
		if faults := s.Check(); len(faults) > 0 {
			t.Errorf("%v: %v", c, faults)
		}
	}
}

// 0, FALSE and nothing are three things, names that stand twice are told apart, and what has no header is found all the same.
func TestData(t *testing.T) {
	t.Parallel()
	event, err := read(t, Rules{Key: []string{"Nr."}, Dates: []string{"Till"}}, texts("Nr.", "Name", "name", "", "Till", "Vegan", "Seats", "Empty"),
		[]any{decimal.NewFromInt(7), "A & B", "x", "loose", decimal.NewFromInt(46215), false, decimal.NewFromInt(0), " \u200f "})
	if err != nil {
		t.Fatal(err)
	}
	want := `{"Column D":"loose","Empty":null,"Name":"A & B","Nr.":7,"Seats":0,"Till":"2026-07-12","Vegan":false,"_key":"7","_row":2,"name (2)":"x"}`
	if string(event.Data) != want || event.Sale != nil {
		t.Errorf("%s, want %s", event.Data, want)
	}
	if _, err := mapping.NewEnv(event); err != nil {
		t.Error(err)
	}
}

func TestNumber(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"24900": "24900", "1234.5": "1234.5", "0.30000000000000004": "0.3", "1234.5600000000001": "1234.56", "1E+5": "100000", "1e-7": "0.0000001", "-0": "0",
		"9007199254740993": "9007199254740990", "1.7976931348623157e308": "", "": "", "0x1": "", "NaN": "", "1,5": "", "5e-324": "",
	} {
		d, err := Number(text)
		if err != nil && want != "" || err == nil && want != "" && d.String() != want || err == nil && want == "" && d.NumDigits() > 20 {
			t.Errorf("%s: %s %v, want %q", text, d, err, want)
		}
	}
}

func TestTable(t *testing.T) {
	t.Parallel()
	lines := func(rows ...[]any) (all []Line) {
		for i, cells := range rows {
			all = append(all, Line{i + 1, cells})
		}
		return all
	}
	for _, c := range []struct {
		lines         []Line
		header, first int
		rows          string // numbers of the rows
		fault         string
	}{
		{lines: lines(texts("A"), texts("1"), texts("2")), header: 1, rows: "[2 3]"},
		{lines: lines(texts("A"), nil, texts("2"), nil), header: 1, rows: "[3]"},
		{lines: lines(texts("title"), texts("A"), texts("unit"), texts("1")), header: 2, first: 4, rows: "[4]"},
		{lines: lines(texts("A"), texts("1")), header: 1, first: 1, rows: "[2]"}, // the header is no row
		{lines: lines(texts("A")), header: 1, rows: "[]"},
		{lines: nil, header: 1, fault: "row 1 is empty"},
		{lines: lines(texts(""), texts("1")), header: 1, fault: "row 1 is empty"},
		{lines: lines(texts("A"), texts("1")), header: 3, fault: "row 3 is empty"},
		{lines: lines(texts("A"), append(make([]any, MaxColumns), "x")), header: 1, fault: "at most 200"},
		{lines: lines(append([][]any{texts("A")}, slicesOf(MaxRows+1)...)...), header: 1, fault: "at most 10000"},
	} {
		table, err := NewTable(c.lines, c.header, c.first)
		if c.fault != "" {
			if err == nil || !strings.Contains(err.Error(), c.fault) {
				t.Errorf("%v, want %s", err, c.fault)
			}
			continue
		}
		if err != nil {
			t.Error(err)
			continue
		}
		numbers := []int{}
		for _, row := range table.Rows {
			numbers = append(numbers, row.Number)
		}
		if fmt.Sprint(numbers) != c.rows {
			t.Errorf("rows %v, want %s", numbers, c.rows)
		}
	}
	if got := Letters(0) + Letters(25) + Letters(26) + Letters(701) + Letters(702); got != "AZAAZZAAA" {
		t.Error(got)
	}
}

func slicesOf(n int) [][]any {
	all := make([][]any, n)
	for i := range all {
		all[i] = []any{"x"}
	}
	return all
}

// An e-mail that is the key, or any key that is no plain word, does not stand in the name of the object.
func TestObjectNames(t *testing.T) {
	t.Parallel()
	for key, legible := range map[string]bool{"B-1022": true, "anna@example.com": false, "Anna Lind": false, "חשבון": false, strings.Repeat("x", 61): false} {
		event, err := read(t, Rules{Key: []string{"Id"}}, texts("Id", "Sum"), texts(key, "1"))
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(event.Object, strings.ToLower(key)) != legible {
			t.Errorf("%s is the object of %s", event.Object, key)
		}
	}
}

func TestRules(t *testing.T) {
	t.Parallel()
	set := Fields()
	if err := set.Check(); err != nil {
		t.Fatal(err)
	}
	values, faults := set.Parse(map[string]any{"key_columns": "Nr, Day", "decimal_sign": "comma", "column_amount": "Sum", "vat_rate": "24", "ready_values": "go, now"})
	if err := faults.Err(); err != nil {
		t.Fatal(err)
	}
	got, err := ParseRules(values, "isk")
	if err != nil {
		t.Fatal(err)
	}
	want := Rules{Key: []string{"Nr", "Day"}, ReadyValues: []string{"go", "now"}, Chosen: map[Role]string{Amount: "Sum"}, Currency: "ISK", VAT: decimal.NewFromInt(24), Point: ','}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if _, err := ParseRules(field.Values{}, ""); err == nil {
		t.Error("no currency is no fault")
	}
	if _, err := ParseRules(field.Values{}, connector.CodeRefused); err == nil {
		t.Error("a currency that is none is no fault")
	}
}
