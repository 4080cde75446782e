package web

import (
	"bytes"
	"encoding/json"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/google/go-cmp/cmp"

	"github.com/tengi/tengi/connectors"
	"github.com/tengi/tengi/field"
	"github.com/tengi/tengi/locale"
	"github.com/tengi/tengi/web/view"
)

// everyType is a set with a field of each type.
var everyType = field.Set{
	{Key: "name", Type: field.Text, Label: "Name", Required: true, Example: "Anna"},
	{Key: "note", Type: field.LongText, Label: "Note"},
	{Key: "days", Type: field.Int, Label: "Days", Default: "14"},
	{Key: "weight", Type: field.Decimal, Label: "Weight"},
	{Key: "total", Type: field.Amount, Label: "Total"},
	{Key: "currency", Type: field.Currency, Label: "Currency"},
	{Key: "vat", Type: field.VAT, Label: "VAT"},
	{Key: "day", Type: field.Date, Label: "Day"},
	{Key: "moment", Type: field.DateTime, Label: "Moment"},
	{Key: "email", Type: field.Email, Label: "E-mail"},
	{Key: "phone", Type: field.Phone, Label: "Phone"},
	{Key: "link", Type: field.URL, Label: "Link", Advanced: true},
	{Key: "mail", Type: field.Bool, Label: "Mail it", Default: "true"},
	{Key: "kind", Type: field.Select, Label: "Kind", Default: "a", Options: []field.Option{{Value: "a", Label: "A"}, {Value: "b", Label: "B"}}},
	{Key: "only_b", Type: field.Text, Label: "Only with B", Required: true, DependsOn: &field.Condition{Key: "kind", Values: []string{"b"}}},
	{Key: "token", Type: field.Text, Label: "Token", Secret: true, Required: true},
	{Key: "spare", Type: field.LongText, Label: "Spare", Secret: true},
	{Key: "headers", Type: field.Pairs, Label: "Headers"},
	{Key: "lines", Type: field.List, Label: "Lines", Children: field.Set{{Key: "text", Type: field.Text, Label: "Text"}, {Key: "amount", Type: field.Amount, Label: "Amount"},
		{Key: "free", Type: field.Bool, Label: "Free"}}},
	{Key: "customer", Type: field.Group, Label: "Customer", Children: field.Set{{Key: "city", Type: field.Text, Label: "City"}, {Key: "tags", Type: field.Pairs, Label: "Tags"}}},
}

// formKit draws forms and sends them back, as a browser without scripts does.
type formKit struct {
	t *testing.T
	v *visit
}

func newFormKit(t *testing.T) *formKit {
	zone, err := time.LoadLocation("Europe/Warsaw")
	if err != nil {
		t.Fatal(err)
	}
	return &formKit{t: t, v: &visit{Page: &view.Page{P: locale.New("en", zone), Asset: func(name string) string { return name }}}}
}

// draw is the form as a page.
func (k *formKit) draw(form fieldForm) *html.Node {
	k.t.Helper()
	var b bytes.Buffer
	if err := view.FieldSet(k.v.Page, k.v.fields(form)).Render(view.With(k.t.Context(), k.v.Page), &b); err != nil {
		k.t.Fatal(err)
	}
	doc, err := html.Parse(&b)
	if err != nil {
		k.t.Fatal(err)
	}
	return doc
}

// sent are the values that a browser sends of a page, with changes of the person; a change to "off" is an unticked box.
func sent(doc *html.Node, changes map[string]string) url.Values {
	form := url.Values{}
	for d := range doc.Descendants() {
		name := attr(d, "name")
		if d.Type != html.ElementNode || name == "" || inTemplate(d) {
			continue
		}
		value, changed := changes[name]
		switch {
		case d.Data == "select":
			if !changed {
				for i, o := range all(d, "option", "", "") {
					if hasAttr(o, "selected") || i == 0 {
						value = attr(o, "value")
					}
				}
			}
			form.Set(name, value)
		case attr(d, "type") == "checkbox":
			if value == "on" || !changed && hasAttr(d, "checked") {
				form.Add(name, attr(d, "value"))
			}
		case attr(d, "type") == "hidden":
			form.Add(name, attr(d, "value"))
		case changed:
			form.Add(name, value)
		case d.Data == "textarea":
			if d.FirstChild != nil {
				value = d.FirstChild.Data
			}
			form.Add(name, value)
		default:
			form.Add(name, attr(d, "value"))
		}
	}
	return form
}

func hasAttr(n *html.Node, key string) bool {
	for _, a := range n.Attr {
		if a.Key == key {
			return true
		}
	}
	return false
}

func inTemplate(n *html.Node) bool {
	for ; n != nil; n = n.Parent {
		if n.Data == "template" {
			return true
		}
	}
	return false
}

func (k *formKit) given(set field.Set, form url.Values) map[string]any {
	k.t.Helper()
	k.v.r = httptest.NewRequestWithContext(k.t.Context(), "POST", "/", strings.NewReader(form.Encode()))
	k.v.r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if err := k.v.read(); err != nil { // as every request is
		k.t.Fatal(err)
	}
	return k.v.given(set, "f.")
}

func TestFormOfEveryType(t *testing.T) {
	t.Parallel()
	k := newFormKit(t)
	form := fieldForm{set: everyType, prefix: "f."}
	raw := k.given(everyType, sent(k.draw(form), map[string]string{
		"f.name": "Þórunn", "f.note": "one\r\ntwo", "f.weight": "1,5", "f.total": "1.234,50", "f.currency": "isk", "f.vat": "24", "f.day": "2026-11-22",
		"f.moment": "2026-07-01T12:30", "f.email": "anna@example.is", "f.phone": "+354 555 1234", "f.link": "https://example.is/", "f.mail": "off", "f.only_b": "ignored",
		"f.token": "s3cret", "f.headers.0.name": "X-Key", "f.headers.0.value": "abc", "f.lines.0.text": "Whales", "f.lines.0.amount": "900", "f.customer.city": "Akureyri",
	}))
	values, faults := everyType.Parse(raw)
	if faults != nil {
		t.Fatal(faults)
	}
	encoded, err := everyType.Encode(values)
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"currency":"ISK","customer":{"city":"Akureyri"},"day":"2026-11-22","days":14,"email":"anna@example.is","headers":{"X-Key":"abc"},"kind":"a",` +
		`"lines":[{"amount":"900","free":false,"text":"Whales"}],"link":"https://example.is/","mail":false,"moment":"2026-07-01T12:30:00+02:00","name":"Þórunn",` +
		`"note":"one\ntwo","phone":"+354 555 1234","token":"s3cret","total":"1234.50","vat":"24","weight":"1.5"}`
	if diff := cmp.Diff(want, string(encoded)); diff != "" {
		t.Error(diff)
	}

	// What was stored comes back from its form as it was, but for the secrets, which were never in it.
	var stored map[string]any
	if err := json.Unmarshal(encoded, &stored); err != nil {
		t.Fatal(err)
	}
	delete(stored, "token")
	form.values, form.stored = stored, []string{"token", "spare"}
	doc := k.draw(form)
	again := k.given(everyType, sent(doc, nil))
	for _, key := range []string{"token", "spare"} {
		if _, ok := again[key]; ok {
			t.Errorf("a secret that was left empty is given: %s", key)
		}
	}
	again["token"] = "s3cret"
	values, faults = everyType.Parse(again)
	if encodedAgain, err := everyType.Encode(values); err != nil || faults != nil || string(encodedAgain) != want {
		t.Errorf("through the form again:\n%s\n%s (%v, %v)", encodedAgain, want, err, faults)
	}
	if removed := k.given(everyType, sent(doc, map[string]string{"f.spare.remove": "on"})); removed["spare"] != "" {
		t.Errorf("a secret to be removed is %v, want empty", removed["spare"])
	}
}

func TestFormFaults(t *testing.T) {
	t.Parallel()
	k := newFormKit(t)
	raw := map[string]any{"name": "Anna", "token": "s3cret", "link": "nowhere", "kind": "b", "lines": []any{map[string]any{"text": "a", "amount": "1"}, map[string]any{"text": "b", "amount": "x"}},
		"headers": map[string]any{"X-Key": "a\x00b"}}
	_, faults := everyType.Parse(raw)
	doc := k.draw(fieldForm{set: everyType, prefix: "f.", values: raw, faults: faults})
	for _, name := range []string{"f.link", "f.only_b", "f.lines.1.amount", "f.headers"} {
		if len(all(doc, "div", "id", name+"-wrong")) != 1 {
			t.Errorf("nothing stands at %s; faults are %v", name, faults)
		}
	}
	if open := all(doc, "details", "", ""); len(open) != 1 || !hasAttr(open[0], "open") {
		t.Error("a fault among the further settings is hidden")
	}
	if strings.Contains(textOf(doc), "s3cret") || len(all(doc, "input", "value", "s3cret")) > 0 {
		t.Error("a secret is shown")
	}
	if parts := all(doc, "div", "data-when", "f.kind"); len(parts) != 1 || attr(parts[0], "data-when-values") != `["b"]` {
		t.Error("the field that depends on another does not say on what")
	}
}

// Every form of every connector can be drawn, and sent back as it is gives no value that the connector does not take.
func TestFormsOfConnectors(t *testing.T) {
	t.Parallel()
	k := newFormKit(t)
	for _, c := range connectors.All() {
		sets := map[string]field.Set{"account": c.AccountFields()}
		for _, trigger := range c.Triggers {
			sets[trigger.Key] = trigger.Options
		}
		for of, set := range sets {
			raw := k.given(set, sent(k.draw(fieldForm{set: set, prefix: "f."}), nil))
			_, faults := set.Parse(raw)
			for _, f := range faults {
				if f.Code != field.CodeRequired {
					t.Errorf("%s, %s: %s", c.Name, of, f)
				}
			}
		}
	}
}
