package connectortest

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/field"
	"github.com/tengi/tengi/mapping"
	"github.com/tengi/tengi/money"
	"github.com/tengi/tengi/sale"
)

// Sale is a sale as any source may give it: two lines, two rates, paid in part, in krónur, VAT included.
func Sale() *sale.Sale {
	isk := decimal.NewFromInt
	return &sale.Sale{
		Reference: "FJR-71500321", Status: sale.Confirmed, CreatedAt: time.Date(2026, 7, 1, 11, 59, 0, 0, time.UTC), ServiceDate: "2026-07-12",
		Customer: sale.Customer{Name: "Anna Lind", Email: "anna@example.com", Phone: "+3545550123", Language: "is", Country: "IS", TaxID: "1201743399"},
		Lines: []sale.Line{
			{Text: "Gullni hringurinn 12.07.2026", Quantity: isk(2), UnitPrice: isk(14900), Total: isk(29800), VATRate: isk(11), VATAmount: isk(2953), VATCode: "reduced"},
			{Text: "Nesti", Quantity: isk(1), UnitPrice: isk(2480), Total: isk(2480), VATRate: isk(24), VATAmount: isk(480), VATCode: "standard"},
		},
		Currency: "ISK", Total: isk(32280), VATIncluded: true,
		Payments: []sale.Payment{{Amount: isk(10000), Method: "card", Reference: "pay-1", PaidAt: time.Date(2026, 7, 1, 11, 59, 30, 0, time.UTC)}},
		Channel:  "website",
	}
}

// checkSamples wants a sample for each trigger, of a form that expressions can read.
func checkSamples(t *testing.T, c *connector.Connector) {
	for _, trigger := range c.Triggers {
		events, err := c.Samples(trigger.Key)
		if err != nil {
			t.Error(err)
			continue
		}
		if len(events) == 0 {
			t.Errorf("there is no samples/%s.json", trigger.Key)
		}
		for _, event := range events {
			checkSample(t, trigger, event)
		}
	}
}

func checkSample(t *testing.T, trigger connector.Trigger, event tengi.Event) {
	t.Helper()
	name := event.Dedupe
	if !trigger.Covers(event.Type) {
		t.Errorf("%s: trigger %s does not report the type %q", name, trigger.Key, event.Type)
	}
	switch {
	case trigger.Sale && event.Sale == nil:
		t.Errorf("%s has no sale", name)
	case trigger.Sale:
		if faults := event.Sale.Check(); len(faults) > 0 {
			t.Errorf("%s: sale: %v", name, faults)
		}
	case event.Sale != nil:
		t.Errorf("%s has a sale, which trigger %s does not promise", name, trigger.Key)
	}
	if _, err := mapping.NewEnv(event); err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	if len(trigger.Output) == 0 {
		return
	}
	data, err := field.ReadJSON(event.Data)
	if err != nil {
		t.Errorf("%s: the data has no fields in it: %v", name, err)
		return
	}
	declared := map[string]any{}
	for _, f := range trigger.Output {
		if value, ok := data[f.Key]; ok {
			declared[f.Key] = value
		}
	}
	if _, faults := trigger.Output.Parse(declared); len(faults) > 0 {
		t.Errorf("%s: data: %v", name, faults)
	}
}

// earlierSteps are what the connection of checkDefaults has made before: defaults may name the step that makes the invoice, steps.invoice, and expressions
// of a test any earlier one, steps.earlier.
func earlierSteps() map[string]tengi.Document {
	return map[string]tengi.Document{
		"earlier": {Kind: tengi.CustomerRecord, ExternalID: "c1"},
		"invoice": {Kind: tengi.Invoice, ExternalID: "9f1d3c5e-0b1a-4c6f-8a57-1d2e3f405162", Number: "1047", URL: "https://books.example/1047", Status: "sent",
			Amount: money.New(Sale().Total, Sale().Currency), Customer: "c1"},
	}
}

// checkDefaults fills an action from a sale as a connection does that nobody has changed: by the defaults of its fields. What has no default and
// must be given is taken from the case.
func checkDefaults(t *testing.T, action *connector.Action, test Case) {
	t.Helper()
	given := map[string]any{}
	for _, f := range action.Input {
		if value, ok := test.Values[f.Key]; ok && f.Required && f.Default == "" {
			given[f.Key] = value
		}
	}
	steps := earlierSteps()
	maps.Copy(steps, test.Steps)
	scope := mapping.Scope{Sale: true, Steps: slices.Sorted(maps.Keys(steps))}
	fields, err := mapping.CompileFields(action.Input, given, scope)
	if err != nil {
		t.Errorf("the defaults of its fields: %v", err)
		return
	}
	env, err := mapping.NewEnv(tengi.Event{ID: 1, Type: "sale.confirmed", Object: "sale/1", Sale: Sale(), Data: json.RawMessage(`{}`)})
	if err != nil {
		t.Fatal(err)
	}
	env.Workspace, env.Now = Workspace(), NewClock().Now()
	env.Connection = tengi.Connection{Key: "sales", Name: "Sales"}
	env.Steps = steps
	values, err := fields.Fill(env)
	if err != nil {
		t.Errorf("a sale does not fill it: %v", err)
		return
	}
	if action.Total == nil || !action.Makes.Binding() {
		return
	}
	total, err := action.Total(values)
	if err != nil {
		t.Errorf("the total of what a sale gives: %v", err)
	} else if !total.IsZero() && (total.Currency != "ISK" || !total.Value.Equal(Sale().Total)) {
		t.Errorf("from a sale of %s ISK it makes a document of %s", Sale().Total, total)
	}
}
