package paypal

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/sale"
)

// order is an order of the second version of REST: who paid and for what, which a capture does not say
// (https://developer.paypal.com/docs/api/orders/v2/#orders_get).
type order struct {
	ID     string `json:"id"`
	Payer  *buyer `json:"payer"`
	Source struct {
		PayPal *buyer `json:"paypal"`
		Card   *struct {
			Name string `json:"name"`
		} `json:"card"`
	} `json:"payment_source"`
	Units []unit `json:"purchase_units"`
}

// buyer is who paid. v1 calls the parts of a name otherwise in payments than in subscriptions.
type buyer struct {
	Name    personName `json:"name"`
	Email   string     `json:"email_address"`
	PayerID string     `json:"payer_id"`
	Phone   struct {
		Number struct {
			National string `json:"national_number"`
		} `json:"phone_number"`
	} `json:"phone"`
	Address  restAddress  `json:"address"`
	Shipping restShipping `json:"shipping_address"` // of a subscriber
}

type personName struct {
	Given string `json:"given_name"`
	Last  string `json:"surname"`
	Full  string `json:"full_name"`
}

func (n personName) text() string {
	if name := strings.TrimSpace(n.Given + " " + n.Last); name != "" {
		return clean(name)
	}
	return clean(n.Full)
}

type restShipping struct {
	Name    personName  `json:"name"`
	Address restAddress `json:"address"`
}

type restAddress struct {
	Line1   string `json:"address_line_1"`
	Line2   string `json:"address_line_2"`
	City    string `json:"admin_area_2"`
	State   string `json:"admin_area_1"`
	Code    string `json:"postal_code"`
	Country string `json:"country_code"`
}

// unit is the part of an order that goes to one seller.
type unit struct {
	Description string `json:"description"`
	Invoice     string `json:"invoice_id"`
	Custom      string `json:"custom_id"`
	Amount      struct {
		cash
		Breakdown struct {
			Shipping         cash `json:"shipping"`
			Handling         cash `json:"handling"`
			Insurance        cash `json:"insurance"`
			Tax              cash `json:"tax_total"`
			Discount         cash `json:"discount"`
			ShippingDiscount cash `json:"shipping_discount"`
		} `json:"breakdown"`
	} `json:"amount"`
	Items []struct {
		Name     string `json:"name"`
		Quantity string `json:"quantity"`
		SKU      string `json:"sku"`
		Price    cash   `json:"unit_amount"`
		Tax      cash   `json:"tax"` // of one piece
	} `json:"items"`
	Shipping restShipping `json:"shipping"`
	Payments struct {
		Captures []struct {
			ID string `json:"id"`
		} `json:"captures"`
	} `json:"payments"`
}

// describe finds out who paid and for what. What PayPal does not show to this app is left out: then one line stands for all.
func (p *payment) describe(ctx context.Context, c *connector.Client, r *restPayment) error {
	w := wordsOf(c)
	p.Item = w.payment
	var err error
	switch {
	case r.Supplement.Related.Order != "":
		err = p.describeOrder(ctx, c, r.Supplement.Related.Order, w)
	case r.Subscription != "":
		err = p.describeSubscription(ctx, c, r.Subscription)
	case r.Parent != "":
		err = p.describeOld(ctx, c, r.Parent)
	}
	if missing(err) {
		p.doubt("PayPal does not show the order of this payment")
	} else if err != nil {
		return err
	}
	if p.lines == nil {
		p.lines = only(p.Item, p.gross)
	}
	return nil
}

func (p *payment) describeOrder(ctx context.Context, c *connector.Client, id string, w words) error {
	var o order
	if err := c.Get(ctx, "/v2/checkout/orders/"+url.PathEscape(id), nil, &o); err != nil {
		return fmt.Errorf("read the order of payment %s: %w", p.ID, err)
	}
	var u unit
	if len(o.Units) == 1 {
		u = o.Units[0]
	}
	for i := range o.Units {
		for _, capture := range o.Units[i].Payments.Captures {
			if capture.ID == p.ID {
				u = o.Units[i]
			}
		}
	}
	who := o.Payer
	if who == nil {
		who = o.Source.PayPal
	}
	if who == nil {
		who = &buyer{}
		if o.Source.Card != nil {
			who.Name.Full = o.Source.Card.Name
		}
	}
	p.paidBy(who, u.Shipping)
	if p.Invoice == "" {
		p.Invoice = clean(u.Invoice)
	}
	if p.Custom == "" {
		p.Custom = clean(u.Custom)
	}
	p.Item = u.title(w)
	if p.lines = u.lines(p.gross, p.currency, w); p.lines == nil && len(u.Items) > 0 {
		p.doubt("the items do not add up to the amount paid, so one line stands for all")
	}
	return nil
}

// paidBy is the buyer with the address the goods go to, or else that of the buyer's account.
func (p *payment) paidBy(who *buyer, ship restShipping) {
	at := ship.Address
	if at.Country == "" {
		at = who.Address
	}
	p.PayerID, p.PayerCountry = clean(who.PayerID), clean(who.Address.Country)
	street := strings.TrimSuffix(clean(at.Line1)+", "+clean(at.Line2), ", ")
	p.customer = sale.Customer{
		Name: who.Name.text(), Email: clean(who.Email), Phone: clean(who.Phone.Number.National), Country: strings.ToUpper(clean(at.Country)),
		Address: street, PostCode: clean(at.Code), City: clean(at.City),
	}
	if p.customer.Name == "" {
		p.customer.Name = ship.Name.text()
	}
	if state := clean(at.State); state != "" && p.customer.City != "" {
		p.customer.City += ", " + state
	}
}

// title names what was bought in one text.
func (u *unit) title(w words) string {
	var names []string
	for _, it := range u.Items {
		if name := clean(it.Name); name != "" {
			names = append(names, name)
		}
	}
	if len(names) > 0 {
		return strings.Join(names, ", ")
	}
	if text := clean(u.Description); text != "" {
		return text
	}
	return w.payment
}

// lines are the items of an order, or nil when they do not come to what was captured: an order may be captured in part.
func (u *unit) lines(gross decimal.Decimal, currency string, w words) []sale.Line {
	var lines []sale.Line
	var failed bool
	read := func(a cash) decimal.Decimal {
		value, err := a.in(currency)
		failed = failed || err != nil
		return value
	}
	var taxes decimal.Decimal
	for _, it := range u.Items {
		quantity, err := amount(it.Quantity)
		if err != nil || !quantity.IsPositive() {
			return nil
		}
		tax := read(it.Tax)
		taxes = taxes.Add(tax.Mul(quantity))
		text := clean(it.Name)
		if text == "" {
			text = w.payment
		}
		lines = append(lines, pieces(text, clean(it.SKU), quantity, read(it.Price).Add(tax).Mul(quantity), currency))
	}
	b := u.Amount.Breakdown
	lines = extras(lines, extra{w.shipping, read(b.Shipping)}, extra{w.handling, read(b.Handling)}, extra{w.insurance, read(b.Insurance)},
		extra{w.tax, read(b.Tax).Sub(taxes)}, extra{w.discount, read(b.Discount).Add(read(b.ShippingDiscount)).Neg()})
	if failed || !adds(lines, gross) {
		return nil
	}
	return slices.Clip(lines)
}

// describeSubscription finds who pays an instalment (https://developer.paypal.com/docs/api/subscriptions/v1/#subscriptions_get).
func (p *payment) describeSubscription(ctx context.Context, c *connector.Client, id string) error {
	var s struct {
		Subscriber buyer  `json:"subscriber"`
		Custom     string `json:"custom_id"`
	}
	if err := c.Get(ctx, "/v1/billing/subscriptions/"+url.PathEscape(id), nil, &s); err != nil {
		return fmt.Errorf("read the subscription of payment %s: %w", p.ID, err)
	}
	p.paidBy(&s.Subscriber, s.Subscriber.Shipping)
	p.Item += " (" + clean(id) + ")"
	if p.Custom == "" {
		p.Custom = clean(s.Custom)
	}
	return nil
}

// describeOld finds who paid a payment of the first version of REST (https://developer.paypal.com/docs/api/payments/v1/#payment_get).
func (p *payment) describeOld(ctx context.Context, c *connector.Client, id string) error {
	var old struct {
		Payer struct {
			Info struct {
				Email   string `json:"email"`
				Given   string `json:"first_name"`
				Last    string `json:"last_name"`
				PayerID string `json:"payer_id"`
				Country string `json:"country_code"`
			} `json:"payer_info"`
		} `json:"payer"`
		Transactions []struct {
			Description string `json:"description"`
		} `json:"transactions"`
	}
	if err := c.Get(ctx, "/v1/payments/payment/"+url.PathEscape(id), nil, &old); err != nil {
		return fmt.Errorf("read the order of payment %s: %w", p.ID, err)
	}
	info := old.Payer.Info
	p.paidBy(&buyer{Name: personName{Given: info.Given, Last: info.Last}, Email: info.Email, PayerID: info.PayerID, Address: restAddress{Country: info.Country}}, restShipping{})
	if len(old.Transactions) > 0 && old.Transactions[0].Description != "" {
		p.Item = clean(old.Transactions[0].Description)
	}
	return nil
}
