package wizard

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/connectors"
	"github.com/tengi/tengi/field"
	"github.com/tengi/tengi/internal/testutil"
	"github.com/tengi/tengi/mapping"
)

// guessed runs the guesses for an action of a connector over data.
func guessed(t *testing.T, name, action, data string, fields map[string]any) map[string]string {
	t.Helper()
	for _, c := range connectors.All() {
		if c.Name != name {
			continue
		}
		a, ok := c.Action(action)
		if !ok {
			t.Fatalf("no action %s", action)
		}
		return guessedFor(t, a, data, fields)
	}
	t.Fatalf("no connector %s", name)
	return nil
}

func guessedFor(t *testing.T, a *connector.Action, data string, fields map[string]any) map[string]string {
	t.Helper()
	env, err := mapping.NewEnv(tengi.Event{Data: json.RawMessage(data)})
	must(t, err)
	env.Workspace.TimeZone = "UTC"
	b := bench{act: a, env: env, step: &tengi.Step{Key: "x", Fields: fields}}
	found := map[string]string{}
	columns := map[string]string{}
	for _, g := range new(Wizard).guesses(b, a.Input) {
		found[g.Path] = fmt.Sprintf("%s %d", g.Column, g.Confidence)
		columns[g.Column] += g.Path + " "
		if _, err := mapping.CompileTemplate(g.Template, mapping.Scope{}); err != nil && !strings.Contains(g.Template, "row") {
			t.Errorf("%s: %s: %v", g.Path, g.Template, err)
		}
	}
	return found
}

// sheet is a row of a table as an event has it.
func sheet(cells ...any) string {
	row := map[string]any{"_row": 2}
	for i := 0; i+1 < len(cells); i += 2 {
		row[cells[i].(string)] = cells[i+1]
	}
	text, _ := json.Marshal(row)
	return string(text)
}

// The same table in five languages fills the same fields.
func TestGuessesInFiveLanguages(t *testing.T) {
	t.Parallel()
	tables := map[string]string{
		"en": sheet("Booking No.", "B-1", "Full name", "Anna Lind", "E-Mail", "anna@example.com", "Mobile phone", "+380671234567", "To pay", 1250.5, "Currency", "UAH", "Description", "Tour", "Note", "x"),
		"is": sheet("Bókunarnúmer", "B-1", "Nafn", "Anna Lind", "Netfang", "anna@example.com", "Farsími", "+380671234567", "Upphæð", 1250.5, "Gjaldmiðill", "UAH", "Lýsing", "Tour", "Annað", "x"),
		"uk": sheet("Номер замовлення", "B-1", "ПІБ", "Anna Lind", "Ел. пошта", "anna@example.com", "Моб. телефон", "+380671234567", "Сума (грн)", "1250,50", "Валюта", "UAH", "Призначення платежу", "Tour", "Інше", "x"),
		"he": sheet("מספר הזמנה", "B-1", "שם מלא", "Anna Lind", "דוא״ל", "anna@example.com", "טלפון נייד", "+380671234567", "סה״כ", 1250.5, "מטבע", "UAH", "תיאור", "Tour", "אחר", "x"),
		"pl": sheet("Nr zamówienia", "B-1", "Imię i nazwisko", "Anna Lind", "Adres e-mail", "anna@example.com", "Tel. kontaktowy", "+380671234567", "Do zapłaty", "1250,50", "Waluta", "UAH", "Opis", "Tour", "Inne", "x"),
	}
	for language, data := range tables {
		found := guessed(t, "portmone", "invoice.create", data, nil)
		for _, path := range []string{"order_id", "customer_name", "customer_email", "customer_phone", "amount", "currency", "title"} {
			column, confidence := found[path], 0
			if i := strings.LastIndexByte(column, ' '); i > 0 {
				_, _ = fmt.Sscan(column[i+1:], &confidence)
			}
			if confidence < Sure {
				t.Errorf("%s: %s is guessed to be %q", language, path, column)
			}
		}
		if len(found) != 7 {
			t.Errorf("%s: %v", language, found)
		}
	}
}

func TestGuesses(t *testing.T) {
	t.Parallel()
	two := field.Set{{Key: "to", Type: field.Email, Label: "To"}, {Key: "customer_email", Type: field.Email, Label: "Customer's e-mail"}, {Key: "name", Type: field.Text, Label: "Name"},
		{Key: "text", Type: field.Text, Label: "Text"}, {Key: "amount", Type: field.Amount, Label: "Amount"}, {Key: "day", Type: field.Date, Label: "Day"}}
	action := &connector.Action{Key: "x", Input: two}
	for _, c := range []struct {
		name   string
		data   string
		fields map[string]any
		want   map[string]string
	}{
		{"one column for two fields that mean the same, and for no others", `{"Mail": "a@b.example"}`, nil, map[string]string{"to": "Mail 95", "customer_email": "Mail 95"}},
		{"one column for one of two that differ", `{"title": "x"}`, nil, map[string]string{"text": "title 95"}},
		{"what is given is not guessed", `{"Mail": "a@b.example", "name": "Anna"}`, map[string]any{"to": "", "name": "{{ data.x }}"}, map[string]string{"customer_email": "Mail 95"}},
		{"a value that cannot be one", `{"email": "yes", "amount": "none", "name": true}`, nil, map[string]string{}},
		{"only the value says so", `{"col7": "anna@example.com"}`, nil, map[string]string{"to": "col7 50", "customer_email": "col7 50"}},
		{"mistyped", `{"Discription": "Tour"}`, nil, map[string]string{"text": "Discription 60"}},
		{"part of a longer name", `{"The customer's name please": "Anna"}`, nil, map[string]string{"name": "The customer's name please 65"}},
		{"words run together", `{"customerName": "Anna", "total_amount": 5}`, nil, map[string]string{"name": "customerName 95", "amount": "total_amount 95"}},
		{"between two amounts nobody can tell", `{"Total": 5, "Sum": 6}`, nil, map[string]string{"amount": "Total 65"}},
		{"a date as people write it", `{"Date": "24.12.2026"}`, nil, map[string]string{"day": "Date 95"}},
		{"inside another", `{"buyer": {"email": "a@b.example", "name": "Anna"}}`, nil, map[string]string{"to": "email 95", "customer_email": "email 98", "name": "name 98"}},
		{"nothing at all", `{}`, nil, map[string]string{}},
		{"no data", ``, nil, map[string]string{}},
	} {
		got := guessedFor(t, action, c.data, c.fields)
		if c.name == "inside another" { // a label that is the same is a little surer than a word that means the same
			delete(got, "customer_email")
			delete(c.want, "customer_email")
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

// Lists are filled from a list of rows where the data has one, else from single values as one row.
func TestGuessesOfLists(t *testing.T) {
	t.Parallel()
	want := map[string]string{"lines": "items 95", "lines.description": "title 95", "lines.quantity": "qty 95", "lines.unit_price": "price each 95", "lines.vat_rate": "tax % 95"}
	got := guessed(t, "payday", "invoice.create", `{"items": [{"title": "Tour", "qty": 2, "price each": 100, "tax %": 24}], "tags": ["a"]}`, nil)
	for path, column := range want {
		if got[path] != column {
			t.Errorf("%s is guessed to be %q, want %q: %v", path, got[path], column, got)
		}
	}
	got = guessed(t, "payday", "invoice.create", `{"product": "Tour", "quantity": 2, "vat rate": 24, "name": "Anna"}`, nil)
	want = map[string]string{"lines[0].description": "product 95", "lines[0].quantity": "quantity 98", "customer_name": "name 95"}
	for path, column := range want {
		if got[path] != column {
			t.Errorf("%s is guessed to be %q, want %q: %v", path, got[path], column, got)
		}
	}
}

// No word stands for two things, else the same column would be taken now for one and now for the other.
func TestWordsMeanOneThing(t *testing.T) {
	t.Parallel()
	seen := map[string]meaning{}
	for m, list := range words {
		for _, word := range list {
			key := squash(word)
			if key == "" {
				t.Errorf("%q has no letters", word)
			}
			if other, ok := seen[key]; ok && other != m {
				t.Errorf("%q stands for %s and for %s", word, m, other)
			}
			seen[key] = m
		}
	}
}

// What the fields of every action mean, for a person to read.
func TestMeanings(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for _, c := range connectors.All() {
		for _, a := range c.Actions {
			fmt.Fprintf(&b, "%s %s\n", c.Name, a.Key)
			for _, f := range a.Input {
				if m := meaningsOf(f); len(m) > 0 {
					fmt.Fprintf(&b, "  %s: %s\n", f.Key, m)
				}
				for _, child := range f.Children {
					if m := meaningsOf(child); len(m) > 0 {
						fmt.Fprintf(&b, "  %s.%s: %s\n", f.Key, child.Key, m)
					}
				}
			}
		}
	}
	testutil.Golden(t, "meanings", []byte(b.String()))
}
