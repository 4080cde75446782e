package locale

import (
	"testing"

	"github.com/tengi/tengi/field"
)

// Every way in which a value can be wrong, from the parser to the words.
func TestFault(t *testing.T) {
	t.Parallel()
	rows := field.Field{Key: "lines", Type: field.List, Label: "Lines", Min: "2", Children: field.Set{{Key: "amount", Type: field.Amount, Label: "Amount", Required: true}}}
	for _, c := range []struct {
		field        field.Field
		given        any
		line, polish string
	}{
		{field.Field{Type: field.Text, Required: true}, "", "F: Fill this in.", "F: Wypełnij to pole."},
		{field.Field{Type: field.Text}, "a\x01b", "F: Must be plain text without control characters, on one line where the field has one.",
			"F: Musi to być zwykły tekst bez znaków sterujących, w jednym wierszu, jeśli pole jest jednowierszowe."},
		{field.Field{Type: field.Text, Min: "3"}, "ab", "F: Must have at least 3 characters.", "F: Co najmniej 3 znaki."},
		{field.Field{Type: field.Text, Max: "1"}, "ab", "F: Must have at most 1 character.", "F: Najwyżej 1 znak."},
		{field.Field{Type: field.Text, Pattern: "[0-9]+", Example: "12"}, "ab", "F: Does not have the right form, such as 12.", "F: Nieprawidłowy format; prawidłowo na przykład 12."},
		{field.Field{Type: field.Text, Pattern: "[0-9]+"}, "ab", "F: Does not have the right form.", "F: Nieprawidłowy format."},
		{field.Field{Type: field.Text, Secret: true}, field.Masked, "F: Enter the secret itself, or leave the field empty to keep the stored one.",
			"F: Wpisz same tajne dane albo zostaw pole puste, aby zachować zapisane."},
		{field.Field{Type: field.Int}, "1.5", "F: Must be a whole number.", "F: Musi to być liczba całkowita."},
		{field.Field{Type: field.Int, Min: "1000"}, "1", "F: Must be at least 1,000.", "F: Co najmniej 1000."},
		{field.Field{Type: field.Int, Max: "90"}, "91", "F: Must be at most 90.", "F: Najwyżej 90."},
		{field.Field{Type: field.VAT}, "101", "F: Must be at most 100.", "F: Najwyżej 100."},
		{field.Field{Type: field.VAT}, "-1", "F: Must be at least 0.", "F: Co najmniej 0."},
		{field.Field{Type: field.Decimal}, "x", "F: Must be a number, such as 12.5.", "F: Musi to być liczba, na przykład 12,5."},
		{field.Field{Type: field.Amount}, "x", "F: Must be an amount, such as 1234.50.", "F: Musi to być kwota, na przykład 1234,50."},
		{field.Field{Type: field.Amount}, "24.900", "F: Can be read in two ways. Write 24900 or 24.9000.", "F: Można to odczytać na dwa sposoby. Napisz 24900 lub 24.9000."},
		{field.Field{Type: field.Amount, Secret: true}, "24.900", "F: Enter the secret itself, or leave the field empty to keep the stored one.",
			"F: Wpisz same tajne dane albo zostaw pole puste, aby zachować zapisane."},
		{field.Field{Type: field.Currency}, "kr", "F: Must be the three-letter code of a currency, such as ISK.", "F: Musi to być trzyliterowy kod waluty, na przykład PLN."},
		{field.Field{Type: field.Select, Options: []field.Option{{Value: "a"}}}, "b", "F: Choose one of the options.", "F: Wybierz jedną z opcji."},
		{field.Field{Type: field.Date}, "2026-02-30", "F: Must be a date that exists, written like 2026-11-22.", "F: Musi to być istniejąca data, zapisana jak 2026-11-22."},
		{field.Field{Type: field.Date, Min: "2026-11-03"}, "2026-11-02", "F: Must not be before 3 November 2026.", "F: Nie wcześniej niż 3 listopada 2026."},
		{field.Field{Type: field.Date, Max: "2026-11-03"}, "2026-11-04", "F: Must not be after 3 November 2026.", "F: Nie później niż 3 listopada 2026."},
		{field.Field{Type: field.DateTime}, "noon", "F: Must be a date and time with its time zone, written like 2026-11-22T14:30:00Z.",
			"F: Musi to być data i godzina ze strefą czasową, zapisane jak 2026-11-22T14:30:00Z."},
		{field.Field{Type: field.Email}, "x", "F: Must be one e-mail address, such as anna@example.com.", "F: Musi to być jeden adres e-mail, na przykład anna@example.com."},
		{field.Field{Type: field.Phone}, "x", "F: Must be a phone number with its country code, such as +354 555 1234.",
			"F: Musi to być numer telefonu z kodem kraju, na przykład +48 22 123 45 67."},
		{field.Field{Type: field.URL}, "x", "F: Must be a complete web address without user name or password, such as https://example.com/path.",
			"F: Musi to być pełny adres internetowy bez nazwy użytkownika i hasła, na przykład https://example.com/path."},
		{field.Field{Type: field.Bool}, "x", "F: Must be yes or no.", "F: Musi to być „tak” lub „nie”."},
		{field.Field{Type: field.Pairs}, "x", "F: Must be names with their values, each name once and on one line.", "F: Muszą to być nazwy z wartościami, każda nazwa raz i w jednym wierszu."},
		{field.Field{Type: field.Pairs}, map[string]any{"a.b": "c\x01"}, "F: Must be names with their values, each name once and on one line.",
			"F: Muszą to być nazwy z wartościami, każda nazwa raz i w jednym wierszu."},
		{field.Field{Type: field.Pairs, Max: "1"}, map[string]any{"a": "b", "c": "d"}, "F: Must have at most 1 row.", "F: Najwyżej 1 wiersz."},
		{rows, []any{map[string]any{"amount": "1"}}, "Lines: Must have at least 2 rows.", "Lines: Co najmniej 2 wiersze."},
		{rows, []any{map[string]any{"amount": "1"}, map[string]any{}}, "Lines, row 2, Amount: Fill this in.", "Lines, wiersz 2, Amount: Wypełnij to pole."},
		{rows, "x", "Lines: Must be rows of fields.", "Lines: Muszą to być wiersze pól."},
	} {
		f := c.field
		if f.Key == "" {
			f.Key, f.Label = "f", "F"
		}
		set := field.Set{f}
		_, faults := set.Parse(map[string]any{f.Key: c.given})
		if len(faults) != 1 {
			t.Errorf("%s %v: %d faults, want one: %v", f.Type, c.given, len(faults), faults)
			continue
		}
		if got := New("en", nil).FaultLine(set, faults[0]); got != c.line {
			t.Errorf("%s %v: %q, want %q", f.Type, c.given, got, c.line)
		}
		if got := New("pl", nil).FaultLine(set, faults[0]); got != c.polish {
			t.Errorf("%s %v: %q, want %q", f.Type, c.given, got, c.polish)
		}
	}
	_, faults := field.Set{}.Parse(map[string]any{"stray": "x"})
	if got, want := New("en", nil).FaultLine(nil, faults[0]), "stray: There is no such field."; got != want {
		t.Errorf("a key that is no field: %q, want %q", got, want)
	}
}
