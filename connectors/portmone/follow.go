package portmone

import (
	"context"
	"net/http"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
)

// What has become of an invoice. Portmone has no word for it: it knows only the rows of an order.
const (
	standingSent       = "sent"
	standingAuthorized = "authorized"
	standingPaid       = "paid"
	standingUnderpaid  = "underpaid"
	standingOverpaid   = "overpaid" // paid by two links, or twice
	standingPartly     = "partly_refunded"
	standingRefunded   = "refunded"
	standingChargeback = "chargeback"
)

// documentRows are the rows of an invoice made earlier. Without a first day Portmone would look back one month, and an older invoice would seem unpaid for ever
// (observed in practice).
func documentRows(ctx context.Context, c *connector.Client, doc tengi.Document) ([]row, error) {
	from := doc.CreatedAt
	if text, ok := doc.Data["created_on"].(string); ok {
		if day, err := time.ParseInLocation(time.DateOnly, text, kyiv()); err == nil {
			from = day
		}
	}
	if from.IsZero() {
		return orderRows(ctx, c, doc.ExternalID)
	}
	return ask(ctx, c, question{order: doc.ExternalID, from: from.AddDate(0, 0, -1), to: c.Now()})
}

// refresh reads what has become of an invoice.
func refresh(ctx context.Context, c *connector.Client, doc tengi.Document) (tengi.Document, error) {
	rows, err := documentRows(ctx, c, doc)
	if err == nil {
		doc.Status = standing(sumOf(rows, c.Settings.Text("payee_id")), doc.Amount.Value)
	}
	return doc, err
}

// standing says where an invoice over an amount stands.
func standing(s sums, amount decimal.Decimal) string {
	switch left := s.paid.Sub(s.returned); {
	case s.chargeback:
		return standingChargeback
	case left.GreaterThan(amount):
		return standingOverpaid
	case s.returned.IsPositive() && !left.IsPositive():
		return standingRefunded
	case s.returned.IsPositive() && left.LessThan(amount):
		return standingPartly
	case left.Equal(amount) && left.IsPositive():
		return standingPaid
	case left.IsPositive():
		return standingUnderpaid
	case s.held:
		return standingAuthorized
	}
	return standingSent
}

// closeInvoice ends an invoice that nobody has paid. One that is paid needs a refund, which is not a computer's to decide.
func closeInvoice(ctx context.Context, c *connector.Client, ref tengi.Ref, doc tengi.Document) (tengi.Document, error) {
	if done, err := unpaid(ctx, c, doc); err != nil || done {
		return tengi.Document{}, err
	}
	_, err := c.Change(ctx, connector.Change{
		Name: "close",
		Request: connector.Request{Method: http.MethodPost, Path: gatewayPath, Header: jsonHeader(), Private: true,
			JSON: envelope{Method: "closeInvoice", Params: params{Data: map[string]string{"payeeId": c.Settings.Text("payee_id"), "shopOrderNumber": doc.ExternalID}}, ID: string(ref)}},
		Accept: func(resp *connector.Response) error {
			_, err := acceptRows(resp)
			if e := connector.AsError(err); err != nil && e.Code == codeRefused {
				e.Message = "Portmone did not close the invoice; its own words stand with the attempt. The link may still be payable: close it in Portmone's panel or tell the customer, then skip this"
				return e
			}
			return err
		},
		Recover: connector.Recovery{Repeatable: true}, // it sets a wanted state
	})
	if err != nil {
		return tengi.Document{}, err
	}
	_, err = unpaid(ctx, c, doc) // somebody may have paid in the last moment
	return tengi.Document{}, err
}

// unpaid refuses when money for the invoice has come in or is held. done says that it came in and went back again, so that nothing is left to close.
func unpaid(ctx context.Context, c *connector.Client, doc tengi.Document) (done bool, err error) {
	rows, err := documentRows(ctx, c, doc)
	if err != nil {
		return false, err
	}
	switch s := sumOf(rows, c.Settings.Text("payee_id")); {
	case s.chargeback:
		return false, connector.Refusal("chargeback", "", "the bank has taken this payment back: settle that with Portmone, then skip this")
	case s.paid.GreaterThan(s.returned):
		return false, connector.Refusal("paid", "", "the invoice has been paid: refund the payment, or keep it")
	case s.held:
		return false, connector.Refusal("authorized", "", "money for this invoice is held: let it go or take it in Portmone's panel, then skip this")
	default:
		return s.paid.IsPositive(), nil
	}
}
