package mapping

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/internal/testutil"
)

func TestConditions(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for _, text := range []string{
		`sale.total > 0`,
		`sale.total > 100000`,
		`{{ sale.total > 0 }}`,
		`sale.status == "confirmed" and sale.currency in ["ISK", "EUR"]`,
		`sale.customer.name != "" and sale.customer.email contains "@" and sale.customer.country == "IS"`,
		`sale.customer.phone == ""`,
		`sale.customer.name == "Anna Lind"`,
		`any(sale.lines, .vat_code == "reduced" and .total > 5000)`,
		`len(sale.lines) == 2 and sale.lines[0].vat_code == "reduced"`,
		`sale.payments[0].method == "CASH"`,
		`sale.service_date >= today()`,
		`sale.created_at < now()`,
		`data.paid`,
		`data.state == "PAID"`,
		`data.state == "NEW"`,
		`data.note != ""`,
		`data.price < 20 and data.phone > 1000`,
		`data.missing == nil`,
		`data.missing?.deeper ?? false`,
		`data.items != nil`,
		`count(data.items, .cost > 0.1) == 1`,
		`steps.invoice.status == "SENT" and steps.invoice.amount == sale.total`,
		`steps.customer.number == nil`,
		`event.type startsWith "booking."`,
		`workspace.currency == sale.currency and connection.key == "bookings" and workspace.name != ""`,
		`true`,
		`sale.total >
			0`,
		`data.qty > 1`,
		`data.missing > 1`,
		`data.state`,
	} {
		c, err := CompileCondition(text, everything)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if !strings.HasPrefix(c.Explain(sample(t)), c.Text()) {
			t.Errorf("%s: the explanation does not begin with the condition", text)
		}
		b.WriteString(c.Explain(sample(t)) + "\n    ")
		switch yes, err := c.Eval(sample(t)); {
		case err != nil:
			b.WriteString(err.Error() + "\n")
		case yes:
			b.WriteString("holds\n")
		default:
			b.WriteString("does not hold\n")
		}
	}
	testutil.Golden(t, "conditions", []byte(b.String()))
}

func TestConditionsMustBeTrueOrFalse(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"sale.total":               "character 1: a condition must be true or false, and sale.total is a number",
		`"confirmed"`:              "is text",
		"sale.lines":               "is a list",
		"nil":                      "is nothing",
		"":                         "an expression is missing",
		"{{ sale.total }}":         "character 3: a condition must be true or false, and sale.total is a number",
		"sale.total > 0 }}":        "unexpected",
		"{{ sale.total > 0 }} and": "unexpected",
		"sale.totl > 0":            "character 6: unknown name totl in sale; did you mean total?",
	} {
		_, err := CompileCondition(text, everything)
		var fault *Fault
		if !errors.As(err, &fault) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want … %s …", text, err, want)
		}
	}
	// A literal brace in quotes does not make a condition a template.
	if _, err := CompileCondition(`sale.reference contains "{{"`, everything); err != nil {
		t.Error(err)
	}
}

// Whatever a condition looks at, its explanation tells nothing about a person: it is kept with the delivery and read by anybody who runs Tengi.
func TestExplainHidesPersonalData(t *testing.T) {
	t.Parallel()
	const secret = "Þórunn"
	env := sample(t)
	fill := func(s *string) { *s = secret }
	c := &env.Event.Sale.Customer
	for _, s := range []*string{&c.Name, &c.Email, &c.Phone, &c.Address, &c.PostCode, &c.City, &c.TaxID, &c.Country, &c.Language, &env.Event.Sale.Remarks, &env.Event.Sale.Channel,
		&env.Event.Sale.Reference, &env.Event.Sale.Lines[0].Text, &env.Event.Sale.Lines[0].SKU, &env.Event.Sale.Payments[0].Reference, &env.Event.Sale.Payments[0].Method} {
		fill(s)
	}
	env.Data = map[string]any{"status": secret, "deep": map[string]any{"name": secret}, "kennitala": json.Number("1012303019"), "phone": 5551234.0}
	env.Steps = map[string]tengi.Document{"invoice": {Number: secret, Customer: secret, URL: secret, Data: map[string]any{"to": secret}}}
	for _, path := range []string{"sale.customer.name", "sale.customer.email", "sale.customer.phone", "sale.customer.address", "sale.customer.post_code", "sale.customer.city",
		"sale.customer.tax_id", "sale.customer.country", "sale.customer.language", "sale.remarks", "sale.channel", "sale.reference", "sale.lines[0].text", "sale.lines[0].sku", "sale.payments[0].reference",
		"sale.payments[0].method", "data.status", "data.deep.name", "data.kennitala", "data.phone", `data["status"]`, "steps.invoice.number", "steps.invoice.customer", "steps.invoice.url", "steps.invoice.data.to"} {
		cond, err := CompileCondition(path+" == nil", everything)
		if err != nil {
			t.Fatal(err)
		}
		text := cond.Explain(env)
		if strings.Contains(text, secret) || strings.Contains(text, "1012303019") || strings.Contains(text, "5551234") {
			t.Errorf("%s is told: %s", path, text)
		}
		if !strings.Contains(text, " = a ") {
			t.Errorf("%s is not explained: %s", path, text)
		}
	}
}
