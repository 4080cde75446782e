package paypal

import (
	"encoding/json"
	"strings"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/field"
)

// dispute is what an event of a dispute says, as expressions see it below data.dispute. It is told and nothing else: no sale goes with it.
type dispute struct {
	Case     string `json:"case"`
	What     string `json:"what"`
	Reason   string `json:"reason"`
	Kind     string `json:"kind"`
	Status   string `json:"status"`
	Payment  string `json:"payment"`
	Invoice  string `json:"invoice"`
	Custom   string `json:"custom"`
	Amount   string `json:"amount"`
	Currency string `json:"currency"`
	Buyer    string `json:"buyer"`
	Email    string `json:"email"`
	Note     string `json:"note"`
}

// disputeFields declares dispute.
func disputeFields() field.Set {
	return field.Set{{Key: "dispute", Type: field.Group, Label: "Dispute", Children: field.Set{
		{Key: "case", Type: field.Text, Label: "Case number", Example: "PP-R-WHA-123456789"},
		{Key: "what", Type: field.Text, Label: "What happened", Example: "opened",
			Help: "opened, updated or resolved; taken when PayPal took the money back, returned when it gave it back again."},
		{Key: "reason", Type: field.Text, Label: "Reason", Example: "non_receipt"},
		{Key: "kind", Type: field.Text, Label: "Kind of case", Example: "complaint"},
		{Key: "status", Type: field.Text, Label: "Status at PayPal", Example: "Reversed"},
		{Key: "payment", Type: field.Text, Label: "Transaction number of the payment", Example: "4RT81930KX552614H"},
		{Key: "invoice", Type: field.Text, Label: "Your order number", Example: "WEB-20261"},
		{Key: "custom", Type: field.Text, Label: "Your own remark to PayPal", Example: "cart-5571"},
		{Key: "amount", Type: field.Decimal, Label: "Amount", Help: "Negative when it was taken from you.", Example: "-241.80"},
		{Key: "currency", Type: field.Currency, Label: "Currency", Example: "ILS"},
		{Key: "buyer", Type: field.Text, Label: "Buyer"},
		{Key: "email", Type: field.Text, Label: "Buyer's e-mail"},
		{Key: "note", Type: field.LongText, Label: "Buyer's words"},
	}}}
}

// event is what is stored of a dispute. Its object is the case or the payment, apart from the payment's own: a dispute must not stand in the way of
// what a payment's documents need. occasion tells several happenings of one kind apart.
func (d dispute) event(kind, occasion string) (connector.Loaded, error) {
	object := "dispute/" + ascii(d.Case)
	if d.Case == "" {
		object = "dispute/" + ascii(d.Payment)
	}
	if object == "dispute/" {
		return connector.Loaded{}, unreadable("the number of the case")
	}
	d.What = strings.TrimPrefix(kind, "dispute.")
	data, err := encode("dispute", d)
	if err != nil {
		return connector.Loaded{}, err
	}
	return connector.Loaded{Instead: []tengi.Event{{Type: kind, Object: object, Dedupe: object + "/" + d.What + "/" + ascii(occasion), Data: data}}}, nil
}

// dispute says what a verified message tells of a dispute.
func (m *message) dispute(_ *connector.Client) (connector.Loaded, error) {
	buyer := m.customer()
	d := dispute{
		Case: m.get("case_id"), Reason: m.get("reason_code"), Kind: m.get("case_type"), Status: m.get("payment_status"), Payment: m.about(), Invoice: m.get("invoice"),
		Custom: m.get("custom"), Amount: m.get("mc_gross"), Currency: strings.ToUpper(m.get("mc_currency")), Buyer: buyer.Name, Email: buyer.Email, Note: m.get("buyer_additional_information"),
	}
	if _, err := amount(d.Amount); err != nil {
		return connector.Loaded{}, unreadable("the amount")
	}
	switch {
	case m.get("txn_type") == "new_case":
		return d.event(typeOpened, m.first("case_creation_date", "case_id"))
	case m.returned():
		return d.event(typeReturned, m.get("txn_id"))
	default:
		return d.event(typeTaken, m.get("txn_id"))
	}
}

// restDispute is a dispute as webhooks tell of it (https://developer.paypal.com/docs/api/customer-disputes/v1/).
type restDispute struct {
	ID           string `json:"dispute_id"`
	Reason       string `json:"reason"`
	Status       string `json:"status"`
	Stage        string `json:"dispute_life_cycle_stage"`
	Updated      string `json:"update_time"`
	Amount       cash   `json:"dispute_amount"`
	Transactions []struct {
		ID      string `json:"seller_transaction_id"`
		Invoice string `json:"invoice_number"`
		Custom  string `json:"custom"`
		Buyer   struct {
			Name string `json:"name"`
		} `json:"buyer"`
		Seller struct {
			MerchantID string `json:"merchant_id"`
		} `json:"seller"`
	} `json:"disputed_transactions"`
	Outcome struct {
		Code string `json:"outcome_code"`
	} `json:"dispute_outcome"`
}

// loadDispute says what a verified webhook tells of a dispute.
func loadDispute(c *connector.Client, e *envelope) (connector.Loaded, error) {
	of, what := splitType(e.Type)
	if of != "CUSTOMER.DISPUTE" {
		return e.takenDispute()
	}
	var r restDispute
	if json.Unmarshal(e.Resource, &r) != nil {
		return connector.Loaded{}, unreadable("the dispute")
	}
	d := dispute{Case: clean(r.ID), Reason: clean(r.Reason), Kind: clean(r.Stage), Status: clean(r.Status), Amount: r.Amount.text(), Currency: r.Amount.currency()}
	if r.Outcome.Code != "" {
		d.Status = clean(r.Outcome.Code)
	}
	if len(r.Transactions) > 0 {
		t := r.Transactions[0]
		d.Payment, d.Invoice, d.Custom, d.Buyer = clean(t.ID), clean(t.Invoice), clean(t.Custom), clean(t.Buyer.Name)
		if id := t.Seller.MerchantID; id != "" {
			if err := otherReceiver(strings.EqualFold(id, strings.TrimSpace(c.Settings.Text("merchant_id")))); err != nil {
				return connector.Loaded{}, err
			}
		}
	}
	kinds := map[string]string{"CREATED": typeOpened, "RESOLVED": typeResolved}
	if kind, ok := kinds[what]; ok {
		return d.event(kind, r.Updated)
	}
	return d.event(typeUpdated, e.ID)
}

// takenDispute tells of money taken back, by a webhook of the payment.
func (e *envelope) takenDispute() (connector.Loaded, error) {
	var r restRefund
	if json.Unmarshal(e.Resource, &r) != nil {
		return connector.Loaded{}, unreadable("the payment")
	}
	d := dispute{Status: "REVERSED", Payment: r.payment(), Invoice: clean(r.Invoice), Custom: clean(r.Custom), Amount: r.Amount.text(), Currency: r.Amount.currency()}
	if d.Amount != "" && !strings.HasPrefix(d.Amount, "-") {
		d.Amount = "-" + d.Amount
	}
	return d.event(typeTaken, r.ID)
}
