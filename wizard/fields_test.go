package wizard

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connectors"
	"github.com/tengi/tengi/field"
	"github.com/tengi/tengi/mapping"
)

// What a form gives becomes what a mapping takes.
func TestAssemble(t *testing.T) {
	t.Parallel()
	set := field.Set{
		{Key: "text", Type: field.Text}, {Key: "empty", Type: field.Text},
		{Key: "lines", Type: field.List, Children: field.Set{{Key: "text", Type: field.Text}, {Key: "price", Type: field.Amount}}},
		{Key: "rows", Type: field.List, Children: field.Set{{Key: "id", Type: field.Text}}},
		{Key: "who", Type: field.Group, Children: field.Set{{Key: "name", Type: field.Text}, {Key: "at", Type: field.Group, Children: field.Set{{Key: "city", Type: field.Text}}}}},
		{Key: "headers", Type: field.Pairs},
	}
	got := Assemble(set, []Entry{
		{"text", "a {{ sale.total }}"}, {"empty", ""}, {"lines.text", "{{ line.text }}"}, {"lines", "{{ sale.lines }}"}, {"lines.price", "5"},
		{"rows[1].id", "b"}, {"rows[0].id", "a"}, {"who.name", "Anna"}, {"who.at.city", "Kyiv"}, {"headers.X-Shop", "1"}, {"headers.a.b[0]", "2"},
		{"nonsense", "x"}, {"text.inner", "x"}, {"lines.colour", "x"}, {"who.at.land", "x"}, {"rows[0].id.x", "y"}, {"", "z"},
	})
	want := map[string]any{
		"text": "a {{ sale.total }}", "empty": "", "lines": map[string]any{"each": "{{ sale.lines }}", "text": "{{ line.text }}", "price": "5"},
		"rows": []any{map[string]any{"id": "a"}, map[string]any{"id": "b"}}, "who": map[string]any{"name": "Anna", "at": map[string]any{"city": "Kyiv"}},
		"headers": map[string]any{"X-Shop": "1", "a.b[0]": "2"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := Assemble(set, []Entry{{"lines", "{{ data.items }}"}}); got["lines"] != "{{ data.items }}" {
		t.Errorf("%v", got)
	}
	if got := Assemble(set, []Entry{{"lines", "{{ data.items }}"}, {"lines.text", "x"}}); cmp.Diff(map[string]any{"each": "{{ data.items }}", "text": "x"}, got["lines"]) != "" {
		t.Errorf("%v", got)
	}
	// A number out of all measure makes no list of that length.
	if rows := Assemble(set, []Entry{{"rows[999999999].id", "x"}})["rows"].([]any); len(rows) > maxWritten {
		t.Errorf("%d rows", len(rows))
	}
}

// Setting and resetting one field leaves the others alone, and never changes what was handed out before.
func TestSetField(t *testing.T) {
	t.Parallel()
	h := home(t)
	d := h.booked()
	before := d.Connection.Steps[0].Fields
	h.none(h.SetField(&d, "invoice", "lines.description", "{{ upper(line.text) }}"))
	h.none(h.SetField(&d, "invoice", "payment_types.card", "Kort"))
	if len(before) != 1 {
		t.Errorf("a mapping that was handed out has changed: %v", before)
	}
	want := map[string]any{"description": "Bókun {{ sale.reference }}", "lines": map[string]any{"description": "{{ upper(line.text) }}"}, "payment_types": map[string]any{"card": "Kort"}}
	if diff := cmp.Diff(want, d.Connection.Steps[0].Fields); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	h.none(h.ResetField(&d, "invoice", "lines.description"))
	if _, ok := d.Connection.Steps[0].Fields["lines"]; ok {
		t.Error("the field was not reset")
	}
	faults, err := h.SetField(&d, "invoice", "description", "{{ sale.refernce }}")
	must(t, err)
	if len(faults) != 1 || faults[0].Path != "steps.invoice.fields.description" || faults[0].Char != 9 {
		t.Errorf("%+v", faults)
	}
	if _, err := h.SetField(&d, "invoice", "nonsense", "x"); err == nil {
		t.Error("a field that does not exist was set")
	}
}

// The page of the fields: what each is filled from, what it gives, what is wrong, and what may be put in.
func TestFields(t *testing.T) {
	t.Parallel()
	h := home(t)
	d := h.booked()
	h.none(h.SetField(&d, "invoice", "lines.description", "{{ upper(line.text) }}"))
	h.none(h.SetField(&d, "invoice", "payment_types.card", "Kort"))
	if _, err := h.SetField(&d, "invoice", "due_days", "{{ data.booking.nonsense }}"); err != nil {
		t.Fatal(err)
	}
	mail, err := h.AddStep(&d, "email", "mail.customer", "")
	must(t, err)
	h.none(h.SetField(&d, mail, "link", "{{ steps.invoice.url }}"))

	s, fields := h.fields(d, "invoice")
	for path, want := range map[string]string{
		"description": "given Bókun " + h.described(d).Reference, "status": "default SENT", "paid_date": "", "lines.vat_rate": "default 24", "payment_types.card": "given Kort",
		"currency": "default ISK", "due_days": "given",
	} {
		f, ok := fields[path]
		got := ""
		switch {
		case f.Default:
			got = "default " + f.Text
		case f.Given || f.Template != "":
			got = strings.TrimSpace("given " + f.Text)
		}
		if !ok || got != want {
			t.Errorf("%s is %q, want %q: %+v", path, got, want, f)
		}
	}
	if f := fields["lines.description"]; f.Text != strings.ToUpper(f.Text) || f.Text == "" || !f.Given || f.Key != "description" || f.Label == "" || !f.Required {
		t.Errorf("%+v", f)
	}
	if f := fields["due_days"]; f.Fault == nil || f.Fault.Path != "due_days" {
		t.Errorf("%+v", f.Fault)
	}
	if f := fields["lines"]; f.Written || f.Rows == 0 || f.Row[0].Path != "line.text" {
		t.Errorf("%+v", f)
	}
	has := func(s Step, path string) bool {
		for _, p := range s.Paths {
			if p.Path == path {
				return true
			}
		}
		return false
	}
	if !has(s, "sale.customer.email") || !has(s, "data.booking.code") || !has(s, "workspace.name") || has(s, "steps.invoice.url") || has(s, "line.text") {
		t.Errorf("%+v", s.Paths)
	}
	m, sent := h.fields(d, mail)
	if f := sent["link"]; !strings.HasPrefix(f.Text, "https://dry-run-invoice") || f.Fault != nil || !has(m, "steps.invoice.url") || has(m, "steps.mail.url") {
		t.Errorf("%+v", f)
	}
	if s.Total != "" { // a field is wrong, so nobody knows
		t.Errorf("the total is %s", s.Total)
	}
	// In the reader's language.
	labels := field.Set{}
	for _, f := range s.Action.Input {
		f.Label = "«" + f.Label + "»"
		labels = append(labels, f)
	}
	own, err := h.Fields(t.Context(), d, "invoice", labels)
	must(t, err)
	if !strings.HasPrefix(own.Fields[0].Label, "«") {
		t.Errorf("%+v", own.Fields[0])
	}
}

// Without a sample the page shows what fields are filled from, and what is wrong with that.
func TestFieldsWithoutASample(t *testing.T) {
	t.Parallel()
	h := home(t)
	d := h.booked()
	d.Sample = Sample{}
	if _, err := h.SetField(&d, "invoice", "description", "{{ sale. }}"); err != nil {
		t.Fatal(err)
	}
	s, fields := h.fields(d, "invoice")
	if f := fields["customer_name"]; f.Template != "{{ sale.customer.name }}" || f.Text != "" || f.Hidden {
		t.Errorf("%+v", f)
	}
	if fields["description"].Fault == nil || fields["lines.total"].Template != "{{ line.total }}" || len(s.Paths) == 0 || s.Total != "" {
		t.Errorf("%+v", s)
	}
}

// What the field it depends on says hides a field, and its template is kept in sight.
func TestHiddenFields(t *testing.T) {
	t.Parallel()
	h := home(t)
	d := h.booked()
	key, err := h.AddStep(&d, "http", "request", "")
	must(t, err)
	h.none(h.SetFields(&d, key, map[string]any{"url": "/x", "content": "fields", "fields": map[string]any{"a b": "{{ sale.total }}"}, "body": "never"}))
	_, fields := h.fields(d, key)
	if !fields["body"].Hidden || fields["body"].Template != "never" || fields["fields"].Hidden || fields["fields.a b"].Text == "" {
		t.Errorf("%+v\n%+v", fields["body"], fields["fields.a b"])
	}
}

func TestCheckField(t *testing.T) {
	t.Parallel()
	h := home(t)
	ctx := t.Context()
	d := h.booked()
	key, err := h.AddStep(&d, "http", "request", "")
	must(t, err)
	h.none(h.SetFields(&d, key, map[string]any{"url": "/x", "content": "fields"}))
	for _, c := range []struct {
		step, path, template string
		text, code           string
		char                 int
	}{
		{"invoice", "description", "Nr. {{ sale.lines[0].quantity }}", "Nr. 2", "", 0},
		{"invoice", "description", "{{ sale.nonsense }}", "", "unknown_name", 9},
		{"invoice", "description", "a {{ sale.total", "", "syntax", 3},
		{"invoice", "due_days", "soon", "", "type", 0},
		{"invoice", "due_days", "{{ 400 }}", "400", "too_large", 0},
		{"invoice", "currency", "", "", "required", 0},
		{"invoice", "lines.quantity", "{{ line.quantity * 2 }}", "4", "", 0},
		{"invoice", "lines.quantity", "{{ sale.reference }}", "", "type", 0},
		{"invoice", "lines", "{{ sale.payments }}", "", "", 0},
		{"invoice", "payment_types.card", "{{ upper(sale.currency) }}", "ISK", "", 0},
		{"invoice", "description", "{{ repeat(sale.reference, 99999) }}", "", "unknown_name", 4},
		{"invoice", "description", strings.Repeat("{{ 1 }}", 4000), "", "limit", 0},
		{key, "fields.total", "{{ sale.total }}", "39800", "", 0},
	} {
		f, err := h.CheckField(ctx, d, c.step, c.path, c.template, nil)
		must(t, err)
		code, char := "", 0
		if f.Fault != nil {
			code, char = f.Fault.Code, f.Fault.Char
		}
		if c.text != "" && f.Text != c.text || code != c.code || c.char > 0 && char != c.char || f.Path != c.path {
			t.Errorf("%s %s: %q, %s at %d: %+v", c.path, brief(c.template), f.Text, code, char, f.Fault)
		}
	}
	if fields := d.Connection.Steps[0].Fields; len(fields) != 1 {
		t.Errorf("trying has changed the draft: %v", fields)
	}
	if _, err := h.CheckField(ctx, d, "invoice", "nonsense", "", nil); err == nil {
		t.Error("a field that does not exist was tried")
	}
}

func brief(text string) string {
	if len(text) > 40 {
		return text[:40] + "…"
	}
	return text
}

func TestCheckCondition(t *testing.T) {
	t.Parallel()
	h := home(t)
	ctx := t.Context()
	d := h.booked()
	mail, err := h.AddStep(&d, "email", "mail.customer", "")
	must(t, err)
	for _, c := range []struct {
		step, text string
		holds      bool
		explain    string
		char       int
	}{
		{"", "", true, "", 0},
		{"", "sale.total > 10", true, "sale.total = ", 0},
		{"", "sale.total < 10", false, "sale.total = ", 0},
		{"", "sale.totl < 10", false, "", 6},
		{"", "steps.invoice.number != ''", false, "", 7},
		{mail, `steps.invoice.number != ""`, true, "", 0},
		{mail, "sale.total", false, "", 1},
	} {
		got, err := h.CheckCondition(ctx, d, c.step, c.text)
		must(t, err)
		char := 0
		if got.Fault != nil {
			char = got.Fault.Char
		}
		if got.Holds != c.holds || char != c.char || !strings.Contains(got.Explain, c.explain) {
			t.Errorf("%s: %+v %+v", c.text, got, got.Fault)
		}
	}
}

// A source without a fixed shape: columns are found, taken over, and fill the fields.
func TestFieldsFromAWebhook(t *testing.T) {
	t.Parallel()
	h := home(t)
	d := h.Begin(ws.ID)
	must(t, h.SetSource(&d, "webhook", "received"))
	d.Sample = Sample{From: FromService, Event: &tengi.Event{Type: "webhook.received", Data: []byte(
		`{"Номер замовлення": "Z-7", "ПІБ": "Анна Лінд", "Ел. пошта": "anna@example.com", "Сума (грн)": "1250,50", "Валюта": "UAH", "Призначення": "Курс"}`)}}
	key, err := h.AddStep(&d, "portmone", "invoice.create", "")
	must(t, err)
	s, _ := h.fields(d, key)
	if len(s.Guesses) != 6 {
		t.Fatalf("%+v", s.Guesses)
	}
	var sure []Guess
	for _, g := range s.Guesses {
		if g.Confidence >= Sure {
			sure = append(sure, g)
		}
	}
	h.none(h.Take(&d, key, sure))
	s, fields := h.fields(d, key)
	for path, want := range map[string]string{"order_id": "Z-7", "customer_name": "Анна Лінд", "customer_email": "anna@example.com", "amount": "1250.5", "currency": "UAH", "title": "Курс"} {
		if fields[path].Text != want || fields[path].Fault != nil {
			t.Errorf("%s is %q, %+v", path, fields[path].Text, fields[path].Fault)
		}
	}
	if s.Total != "1250.50 UAH" || len(s.Guesses) != 0 {
		t.Errorf("%s, %+v", s.Total, s.Guesses)
	}
}

// Rows written out are shown row by row.
func TestWrittenRows(t *testing.T) {
	t.Parallel()
	h := home(t)
	d := h.booked()
	h.none(h.SetFields(&d, "invoice", Assemble(action(t, "payday", "invoice.create"), []Entry{{"lines[0].description", "{{ sale.reference }}"}, {"lines[0].total", "{{ sale.total }}"}, {"lines[0].vat_rate", "24"}})))
	s, fields := h.fields(d, "invoice")
	if f := fields["lines"]; !f.Written || f.Rows != 1 || fields["lines[0].total"].Text == "" || fields["lines[0].vat_rate"].Text != "24" || s.Total == "" {
		t.Errorf("%+v, total %s", f, s.Total)
	}
}

// action is the input of an action.
func action(t *testing.T, name, key string) field.Set {
	t.Helper()
	for _, c := range connectors.All() {
		if a, ok := c.Action(key); ok && c.Name == name {
			return a.Input
		}
	}
	t.Fatalf("no action %s at %s", key, name)
	return nil
}

// Every action of every connector can be shown, with every sample that there is, with what its connector gives by default.
func TestFieldsOfEveryAction(t *testing.T) {
	t.Parallel()
	h := home(t)
	for _, from := range h.Sources() {
		for _, trigger := range from.Triggers {
			d := h.Begin(ws.ID)
			must(t, h.SetSource(&d, from.Name, trigger.Key))
			offer, err := h.Samples(t.Context(), d)
			must(t, err)
			if len(offer.Items) == 0 {
				t.Errorf("%s %s has no example", from.Name, trigger.Key)
				continue
			}
			for _, i := range offer.Items {
				must(t, h.Choose(t.Context(), &d, i.ID))
				for _, to := range h.Destinations() {
					for _, a := range to.Actions {
						key, err := h.AddStep(&d, to.Name, a.Key, "")
						must(t, err)
						s, fields := h.fields(d, key)
						if len(s.Faults) > 0 || len(fields) < len(a.Input) {
							t.Errorf("%s → %s %s: %d fields, %v", i.ID, to.Name, a.Key, len(fields), s.Faults)
						}
						for path, f := range fields {
							if f.Fault != nil && f.Fault.Code == mapping.CodeSyntax {
								t.Errorf("%s → %s %s %s: %v", i.ID, to.Name, a.Key, path, f.Fault)
							}
						}
						must(t, h.RemoveStep(&d, key))
					}
				}
			}
		}
	}
}

func TestTemplates(t *testing.T) {
	t.Parallel()
	parts, fault := Templates("Nr. {{ sale.reference }} {{ sale.total")
	if len(parts) != 4 || fault == nil || fault.Char != 26 || mapping.Join(parts) != "Nr. {{ sale.reference }} {{ sale.total" {
		t.Errorf("%+v %+v", parts, fault)
	}
	if len(Functions()) < 30 {
		t.Error(fmt.Sprint(len(Functions()), " functions"))
	}
}
