package portmone

import (
	"context"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/field"
	"github.com/tengi/tengi/money"
)

// The ways in which a link comes to the customer.
const (
	byHub      = "hub"
	byPortmone = "portmone"
	channelSMS = "sms"
)

// waysPattern are the ways of paying that a signed link may offer, as Portmone names them. Apple's has two names in its own plugins.
const waysPattern = `(card|gpay|applepay|apay|clicktopay|privat|portmone)(, ?(card|gpay|applepay|apay|clicktopay|privat|portmone))*`

// invoiceFields are what an invoice consists of.
func invoiceFields() field.Set {
	return field.Set{
		{Key: "order_id", Type: field.Text, Label: "Number of the order", Max: "80", Default: "{{ sale.reference }}", Example: "INV-1001",
			Help: "At Portmone it gets a short ending, so that no two invoices ever have the same number. Empty = our reference."},
		{Key: "amount", Type: field.Amount, Label: "Amount", Required: true, Min: "0.01", Max: "9999999.99", Default: "{{ sale.total }}"},
		{Key: "currency", Type: field.Currency, Label: "Currency", Required: true, Default: "{{ sale.currency }}", Example: "UAH", Help: "UAH only."},
		{Key: "title", Type: field.Text, Label: "Purpose of the payment", Max: "250", Default: "{{ sale.reference }}", Example: "Invoice 1001",
			Help: "Whoever has the link sees it, so leave personal details out."},
		{Key: "customer_name", Type: field.Text, Label: "Customer's name", Max: "200", Default: "{{ sale.customer.name }}", Help: "For the next step."},
		{Key: "customer_email", Type: field.Email, Label: "Customer's e-mail", Max: "200", Default: "{{ sale.customer.email }}", Help: "For the next step."},
		{Key: "customer_phone", Type: field.Phone, Label: "Customer's phone", Default: "{{ sale.customer.phone }}", Help: "For the next step."},
		{Key: "language", Type: field.Text, Label: "Language", Max: "10", Advanced: true, Default: "{{ sale.customer.language }}",
			Help: "Of the page of a signed link: Ukrainian, or English for all other languages. Empty = Ukrainian."},
		{Key: "hours", Type: field.Int, Label: "Hours to pay", Min: "1", Max: "8760", Advanced: true, Help: "Only with a signing key. Empty = no end."},
		{Key: "methods", Type: field.Text, Label: "Ways of paying", Pattern: waysPattern, Advanced: true, Example: "card, gpay",
			Help: "Only with a signing key. With commas. Empty = card and Google Pay."},
		{Key: "return_url", Type: field.URL, Label: "Page to return to", Advanced: true, Max: "300", Help: "Only with a signing key."},
		{Key: "delivery", Type: field.Select, Label: "Who sends the link", Default: byHub, Advanced: true,
			Help: "Portmone's own sending is not proved: it needs the method that Portmone's support named to you, in the account.",
			Options: []field.Option{
				{Value: byHub, Label: "This hub, with the next step"}, {Value: byPortmone, Label: "Portmone (not proved)"},
			}},
		{Key: "channel", Type: field.Select, Label: "Portmone sends by", Default: "email", Advanced: true, DependsOn: &field.Condition{Key: "delivery", Values: []string{byPortmone}},
			Options: []field.Option{{Value: "email", Label: "E-mail"}, {Value: channelSMS, Label: "SMS"}}},
	}
}

func total(values field.Values) (money.Amount, error) {
	return money.New(values.Decimal("amount"), values.Text("currency")), nil
}

// amountOf is an amount as Portmone takes it: hryvnias with a point and two decimals. Amounts in other currencies would be turned into hryvnias at a rate
// that nobody here knows, so they are refused.
func amountOf(values field.Values) (string, error) {
	amount := values.Decimal("amount")
	switch {
	case values.Text("currency") != "UAH":
		return "", connector.Refusal("currency", "currency", "Portmone pays out in hryvnias: give the amount in UAH")
	case !amount.Equal(amount.Truncate(2)):
		return "", connector.Refusal("fraction", "amount", "the amount has more than two decimals")
	}
	return amount.StringFixed(2), nil
}

// request is an invoice to be made.
type request struct {
	order, amount, title string
	values               field.Values
}

// create makes the link, or has Portmone make and send it.
func create(ctx context.Context, c *connector.Client, ref tengi.Ref, values field.Values) (tengi.Document, error) {
	amount, err := amountOf(values)
	if err != nil {
		return tengi.Document{}, err
	}
	r := request{order: orderNumber(ref, values.Text("order_id")), amount: amount, title: values.Text("title"), values: values}
	var change connector.Change
	switch {
	case values.Text("delivery") == byPortmone:
		change, err = r.sent(c)
	case c.Secret("signing_key") != "":
		change = r.signed(c)
	default:
		change, err = r.plain(c)
	}
	if err != nil {
		return tengi.Document{}, err
	}
	created := c.Now()
	if change.Accept == nil {
		change.Accept = func(resp *connector.Response) error { _, err := linkIn(resp); return err }
		change.Recover = connector.Recovery{
			Find: func(ctx context.Context, _ connector.Call) ([]byte, bool, error) {
				return nil, false, r.untouched(ctx, c)
			},
			// A repeat does no harm, so this need not outwait Portmone: the link that is made late is known to nobody.
			Rounds: []time.Duration{40 * time.Second}, Resends: 3,
		}
	}
	resp, err := c.Change(ctx, change)
	if err != nil {
		return tengi.Document{}, err
	}
	link, err := linkIn(resp)
	if err != nil && values.Text("delivery") != byPortmone {
		return tengi.Document{}, err
	}
	return tengi.Document{
		Kind: tengi.PaymentRequest, ExternalID: r.order, Number: r.order, URL: link, Status: standingSent, Amount: money.New(values.Decimal("amount"), "UAH"),
		Data: map[string]any{
			"order_id": r.order, "created_on": created.In(kyiv()).Format(time.DateOnly), "delivery": values.Text("delivery"), "title": r.title,
			"customer_name": values.Text("customer_name"), "customer_email": values.Text("customer_email"), "customer_phone": values.Text("customer_phone"),
		},
	}, nil
}

var notInOrder = regexp.MustCompile(`[^A-Za-z0-9_]+`)

// orderNumber is the number of the order at Portmone, at most 120 letters, digits, hyphens and underscores: the seller's own with the part of our reference
// that is different for every invoice. Portmone promises nothing about two links with one number, and what was lost is looked up by it.
func orderNumber(ref tengi.Ref, own string) string {
	whole := strings.Trim(notInOrder.ReplaceAllString(string(ref), "-"), "-")
	own = strings.Trim(notInOrder.ReplaceAllString(cut(own, 80), "-"), "-")
	if own == "" {
		return whole
	}
	parts := strings.Split(whole, "-")
	return own + "-" + strings.Join(parts[max(len(parts)-2, 0):], "-")
}

// ending is what orderNumber puts behind the seller's own number.
var ending = regexp.MustCompile(`-[0-9]+-[A-Z2-7]{6}$`)

// reference is the seller's own number again.
func reference(order string) string { return ending.ReplaceAllString(order, "") }

// plain asks for a link with payee ID, login and password alone (documentation of the gateway, section 12.4).
func (r request) plain(c *connector.Client) (connector.Change, error) {
	for _, key := range []string{"hours", "methods", "return_url"} {
		if r.values.Has(key) {
			return connector.Change{}, connector.Refusal("signing_key", key, "this needs a signing key in the account; without one leave the field empty")
		}
	}
	return r.change("link", "getLinkInvoice", r.data(c)), nil
}

func (r request) data(c *connector.Client) map[string]string {
	return map[string]string{
		"payeeId": c.Settings.Text("payee_id"), "amount": r.amount, "billCurrency": "UAH", "shopOrderNumber": r.order, "comment": r.title, "preauthFlag": "N",
	}
}

func (r request) change(name, method string, data map[string]string) connector.Change {
	return connector.Change{Name: name, Request: connector.Request{Method: http.MethodPost, Path: linkPath, Header: jsonHeader(),
		JSON: envelope{Method: method, Params: params{Data: data}, ID: r.order}}}
}

// untouched is nil when nobody has begun to pay the order. Else there is a link in somebody's hands that we do not hold.
func (r request) untouched(ctx context.Context, c *connector.Client) error {
	rows, err := orderRows(ctx, c, r.order)
	if err != nil || len(rows) == 0 {
		return err
	}
	return &connector.Error{Kind: connector.Unknown, Code: connector.CodeAskPerson, Message: "Portmone knows payments of this order, though its link never arrived here: look at the order in Portmone's panel"}
}
