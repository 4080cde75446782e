package payday

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector/connectortest"
	"github.com/tengi/tengi/field"
	"github.com/tengi/tengi/mapping"
	"github.com/tengi/tengi/sale"
)

// filled is what a mapping that nobody has changed takes from a sale.
func filled(t *testing.T, set field.Set, given map[string]any, sold *sale.Sale, steps map[string]tengi.Document) field.Values {
	t.Helper()
	scope := mapping.Scope{Sale: true}
	for key := range steps {
		scope.Steps = append(scope.Steps, key)
	}
	fields, err := mapping.CompileFields(set, given, scope)
	if err != nil {
		t.Fatal(err)
	}
	env, err := mapping.NewEnv(tengi.Event{ID: 1, Type: "booking.confirmed", Object: "booking/1", Sale: sold, Data: json.RawMessage(`{}`)})
	if err != nil {
		t.Fatal(err)
	}
	env.Workspace, env.Now, env.Steps = connectortest.Workspace(), connectortest.NewClock().Now(), steps
	values, err := fields.Fill(env)
	if err != nil {
		t.Fatal(err)
	}
	return values
}

func TestSaleBecomesAnInvoice(t *testing.T) {
	d := setup(t)
	sold := connectortest.Sale()
	values := filled(t, invoiceFields(), nil, sold, nil)
	doc, err := create(t.Context(), d.client(), d.ref, values)
	if err != nil {
		t.Fatal(err)
	}
	inv, who := d.only(), d.payday.Customers()[0]
	if !doc.Amount.Equal(isk(32280)) || inv.Status != statusSent || inv.SendEmail || inv.Claim || inv.Description != "FJR-71500321" {
		t.Errorf("invoice %+v", inv)
	}
	if who.SSN != "1201743399" || who.Language != "is" || who.Country != "Ísland" || who.Phone != "+3545550123" {
		t.Errorf("customer %+v", who)
	}
}

// A number of another country's is not a kennitala, even if it looks like one.
func TestForeignTaxNumberIsNoKennitala(t *testing.T) {
	t.Parallel()
	sold := connectortest.Sale()
	sold.Customer.Country = "DK"
	if values := filled(t, invoiceFields(), nil, sold, nil); values.Has("customer_ssn") {
		t.Errorf("the kennitala is %q", values.Text("customer_ssn"))
	}
}

// A discount is in the price, and what was paid is taken with its day, in the workspace's time.
func TestDiscountedAndPaidSale(t *testing.T) {
	d := setup(t)
	sold := connectortest.Sale()
	sold.Lines[0].Discount, sold.Lines[0].Total = decimal.NewFromInt(1000), decimal.NewFromInt(28800)
	sold.Total = decimal.NewFromInt(31280)
	sold.Payments = []sale.Payment{
		{Amount: decimal.NewFromInt(31280), Method: "WEB_PAYMENT", PaidAt: time.Date(2026, 6, 30, 23, 30, 0, 0, time.UTC)},
	}
	values := filled(t, invoiceFields(), map[string]any{"payment_types": map[string]any{"WEB_PAYMENT": "Kort"}}, sold, nil)
	if _, err := create(t.Context(), d.client(), d.ref, values); err != nil {
		t.Fatal(err)
	}
	inv := d.only()
	if inv.Status != statusPaid || inv.PaidDate != "2026-06-30" || inv.PaymentType != FakeCard || !inv.Lines[0].Total.Equal(decimal.NewFromInt(28800)) {
		t.Errorf("invoice %+v", inv)
	}
}

func TestPayTakesTheStepBefore(t *testing.T) {
	d := setup(t)
	made := d.madeBefore(nil)
	values := filled(t, paymentFields(), map[string]any{"payment_type": "Kort"}, connectortest.Sale(), map[string]tengi.Document{"invoice": made})
	doc, err := pay(t.Context(), d.client(), d.ref, values)
	if err != nil || doc.ExternalID != made.ExternalID || d.only().Status != statusPaid {
		t.Errorf("%+v, %v", doc, err)
	}
}
