//nolint:misspell // PAYED is Portmone's own word
package portmone

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/tengi/tengi/connector/connectortest"
	"github.com/tengi/tengi/connector/fake"
)

// The notices of the stand-in's shop, in both formats; the XML one tells of two bills.
const (
	jsonNotice = `{"shopBillId":"700000001","shopOrderNumber":"INV-1001-1-K3F7AB","payee_id":"99999","status":"PAYED","billAmount":"150.00"}`
	xmlNotice  = `<?xml version="1.0" encoding="UTF-8"?><BILLS><BILL><PAYEE><NAME>TENGI SHOP</NAME><CODE>99999</CODE></PAYEE><BILL_ID>700000001</BILL_ID><BILL_NUMBER>INV-1001</BILL_NUMBER>` +
		`<PAYED_AMOUNT>150.00</PAYED_AMOUNT><PAYER><CONTRACT_NUMBER>Рахунок 1001</CONTRACT_NUMBER></PAYER></BILL>` +
		`<BILL><PAYEE><CODE>99999</CODE></PAYEE><BILL_ID>700000002</BILL_ID><BILL_NUMBER>INV-1002</BILL_NUMBER></BILL></BILLS>`
)

// formHeader is what a form says of itself.
func formHeader() http.Header {
	return http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
}

func newFake(clock *connectortest.Clock) fake.Service        { return NewFake(clock.Now) }
func newSigningFake(clock *connectortest.Clock) fake.Service { return NewSigningFake(clock.Now) }

// invoice is an invoice as a person fills it in.
func invoice(changes ...any) map[string]any {
	values := map[string]any{
		"order_id": "INV-1001", "amount": "150", "currency": "UAH", "title": "Рахунок 1001", "customer_name": "Anna Lind", "customer_email": "anna@example.com", "customer_phone": "+380441234567",
	}
	for i := 0; i < len(changes); i += 2 {
		values[changes[i].(string)] = changes[i+1]
	}
	return values
}

// issued puts a link into the stand-in, as if it had been made earlier.
func issued(f *Fake, order, amount string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.invoices = append(f.invoices, &fakeInvoice{Order: order, Amount: amount, Link: "https://www.portmone.com.ua/r3/pay/1"})
}

// paidBefore prepares an order that was paid, and gives the payment to the values.
func paidBefore(t testing.TB, svc fake.Service, values map[string]any) {
	t.Helper()
	f := svc.(*Fake)
	issued(f, "INV-1001", "150.00")
	id, err := f.Pay("INV-1001", statusPaid)
	if err != nil {
		t.Fatal(err)
	}
	values["transaction_id"] = id
}

func cases() []connectortest.Part {
	return []connectortest.Part{
		// A lost link is known to nobody, so what counts is for how many orders there are links.
		connectortest.Case{Action: "invoice.create", Values: invoice(), Made: connectortest.Held("orders"), Undone: connectortest.Held("closed")},
		connectortest.Case{Action: "payment.refund", Values: map[string]any{"transaction_id": "of-the-payment", "amount": "50", "currency": "UAH", "title": "Повернення"}, Prepare: paidBefore,
			Made: connectortest.Held("refunds")},
	}
}

func TestConnector(t *testing.T) {
	t.Parallel()
	settings, secrets := NewFake(nil).Login()
	notice := func(name string, header http.Header, body string, events int) connectortest.Notice {
		return connectortest.Notice{Name: name, Header: header, Body: body, Settings: settings, Secrets: secrets, Events: events}
	}
	parts := append(cases(),
		connectortest.Case{Action: "invoice.create", Name: "sent by Portmone", Values: invoice("delivery", byPortmone), Made: connectortest.Held("sent"), Asks: true,
			Account: map[string]any{keyEmailMethod: fakeSend, keyEmailParameter: fakeRecipient}},
		notice("in JSON", http.Header{"Content-Type": {"application/json"}}, jsonNotice, 1),
		notice("in XML", formHeader(), url.Values{"data": {xmlNotice}}.Encode(), 2),
	)
	connectortest.Run(t, Connector(), newFake, parts...)
}

// A shop with a signing key makes its links by another method, at another address.
func TestSigned(t *testing.T) {
	t.Parallel()
	settings, secrets := NewSigningFake(nil).Login()
	connectortest.Run(t, Connector(), newSigningFake, append(cases(),
		connectortest.Notice{Name: "in JSON", Body: jsonNotice, Settings: settings, Secrets: secrets, Events: 1})...)
}
