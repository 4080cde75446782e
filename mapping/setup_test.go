package mapping

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/money"
	"github.com/tengi/tengi/sale"
)

// everything is a scope in which a sale, free-form data and one earlier step are known.
var everything = Scope{Sale: true, Steps: []string{"invoice", "customer"}}

// sample is a confirmed booking at a tour operator in Reykjavík, with an invoice made by an earlier step.
func sample(t testing.TB) *Env {
	t.Helper()
	d := decimal.RequireFromString
	s := &sale.Sale{
		Reference:   "FJO-51654",
		Status:      sale.Confirmed,
		CreatedAt:   time.Date(2026, 11, 20, 14, 5, 0, 0, time.UTC),
		ServiceDate: "2026-12-01",
		Customer:    sale.Customer{Name: "Anna Lind", Email: "Anna@example.is", Country: "IS", Language: "is", TaxID: "0101303019"},
		Lines: []sale.Line{
			{Text: "Golden Circle", Quantity: d("2"), UnitPrice: d("14900"), Total: d("29800"), VATRate: d("11"), VATAmount: d("2953"), VATCode: "reduced"},
			{Text: "Lunch", Quantity: d("2"), UnitPrice: d("5000"), Total: d("10000"), VATRate: d("11"), VATAmount: d("991"), VATCode: "reduced"},
		},
		Currency:    "ISK",
		Total:       d("39800"),
		VATIncluded: true,
		Payments:    []sale.Payment{{Amount: d("39800"), Method: "WEB_PAYMENT", Reference: "pi_1"}},
	}
	env, err := NewEnv(tengi.Event{
		ID: 7, Type: "booking.confirmed", Object: "booking/51654", Sale: s, ReceivedAt: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC),
		Data: json.RawMessage(`{"state": "PAID", "price": 12.10, "qty": "3", "Unit price": "1.234,50", "note": "for Anna Lind", "phone": 5551234,
			"paid": true, "nothing": null, "items": [{"name": "Boat", "cost": 0.1}, {"name": "Bus", "cost": 0.2}], "tags": ["a", "b"],
			"when": "2026-11-22T23:30:00+02:00", "nested": {"deep": {"er": 1}}}`),
	})
	if err != nil {
		t.Fatal(err)
	}
	env.Workspace = tengi.Workspace{Name: "Fjörður Tours", Country: "IS", Currency: "ISK", TimeZone: "Atlantic/Reykjavik", Language: "is"}
	env.Connection = tengi.Connection{Key: "bookings", Name: "Bókun → Payday"}
	env.Now = time.Date(2026, 11, 22, 9, 30, 0, 0, time.UTC)
	env.Steps = map[string]tengi.Document{"invoice": {
		Kind: tengi.Invoice, ExternalID: "inv_9", Number: "1047", URL: "https://payday.example/inv_9", Status: "SENT",
		Amount: money.New(d("39800"), "ISK"), Customer: "cus_1", Data: map[string]any{"due": "2026-12-06", "lines": 2},
	}}
	return env
}

// evaluate runs one expression on the sample.
func evaluate(t testing.TB, expression string) (any, error) {
	t.Helper()
	tpl, err := CompileTemplate("{{"+expression+"}}", everything)
	if err != nil {
		return nil, err
	}
	return tpl.Eval(sample(t))
}

// written runs one expression on the sample and writes its value as in a text.
func written(t testing.TB, expression string) (string, error) {
	t.Helper()
	tpl, err := CompileTemplate("{{"+expression+"}}", everything)
	if err != nil {
		return "", err
	}
	r := &run{env: sample(t), zones: &zones{}, steps: conditionSteps, bytes: conditionBytes}
	v, err := tpl.eval(r)
	if err != nil {
		return "", err
	}
	return r.write(v)
}
