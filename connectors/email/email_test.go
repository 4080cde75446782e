package email

import (
	"testing"

	"github.com/tengi/tengi/connector/connectortest"
	"github.com/tengi/tengi/connector/fake"
)

var held = connectortest.Held("mail")

func invoice() map[string]any {
	return map[string]any{
		"to": "anna@example.com", "to_name": "Anna Lind", "purpose": "invoice", "language": "is", "reference": "FJR-71500321", "number": "1047",
		"link": "https://app.payday.example/i/1047", "date": "2026-07-12", "amount": "32280", "currency": "ISK",
		"lines": []any{
			map[string]any{"text": "Gullni hringurinn 12.07.2026", "quantity": "2", "total": "29800"},
			map[string]any{"text": "Nesti", "quantity": "1", "total": "2480"},
		},
	}
}

func order() map[string]any {
	values := invoice()
	delete(values, "to_name")
	delete(values, "to")
	values["purpose"], values["customer_name"], values["customer_email"], values["customer_phone"] = "order", "Anna Lind", "anna@example.com", "+3545550123"
	return values
}

func TestConnector(t *testing.T) {
	t.Parallel()
	connectortest.Run(t, Connector(), func(*connectortest.Clock) fake.Service { return NewFake() },
		connectortest.Case{Action: "mail.customer", Values: invoice(), Made: held, Asks: true},
		connectortest.Case{Action: "mail.merchant", Values: order(), Made: held, Asks: true},
	)
}
