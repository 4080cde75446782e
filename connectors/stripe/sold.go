package stripe

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/field"
	"github.com/tengi/tengi/money"
	"github.com/tengi/tengi/sale"
)

// basket gathers what was sold. Every amount in it includes its VAT, whatever Stripe's prices did.
type basket struct {
	sale sale.Sale
	unit unit
	exp  int32
}

func newBasket(currency string) (*basket, error) {
	if _, err := major(0, currency); err != nil {
		return nil, err
	}
	b := &basket{sale: sale.Sale{Currency: strings.ToUpper(currency), VATIncluded: true}}
	b.unit, _ = unitOf(b.sale.Currency)
	b.exp, _ = money.Exponent(b.sale.Currency)
	return b, nil
}

// value is an amount of Stripe's.
func (b *basket) value(minor int64) decimal.Decimal { return decimal.New(minor, -b.unit.decimals) }

// add adds a line that comes to gross, of which vat is VAT. Where the pieces do not have one exact price, the line is one piece.
func (b *basket) add(text string, quantity, gross, vat int64, rate decimal.Decimal) {
	if text == "" {
		text = "Stripe"
	}
	l := sale.Line{
		Text: text, Quantity: decimal.NewFromInt(quantity), Total: b.value(gross), VATRate: rate,
		VATAmount: b.value(vat).Round(b.exp), // of krónur Stripe states hundredths
	}
	price := l.Total
	if quantity > 0 {
		price = l.Total.DivRound(l.Quantity, b.exp)
	}
	if quantity <= 0 || !price.Mul(l.Quantity).Equal(l.Total) {
		if quantity > 1 {
			l.Text = l.Quantity.String() + " × " + l.Text
		}
		l.Quantity, price = decimal.NewFromInt(1), l.Total
	}
	l.UnitPrice = price
	b.sale.Lines = append(b.sale.Lines, l)
}

// ship adds the cost of shipping. Its rate is not stated beside it, so it is the one of the lines' rates that gives its VAT.
func (b *basket) ship(s shipping) error {
	if s.Total == 0 {
		return nil
	}
	rates := []decimal.Decimal{{}}
	for _, l := range b.sale.Lines {
		rates = append(rates, l.VATRate)
	}
	rate, err := money.RateFromVAT(b.value(s.Tax), b.value(s.Total), rates, decimal.New(1, -b.exp))
	if err != nil {
		return connector.Refusal(codeTaxRate, "", "the VAT on the shipping costs fits none of the lines' VAT rates: enter this sale by hand")
	}
	b.add("Shipping", 1, s.Total, s.Tax, rate)
	return nil
}

// rateBook keeps the tax rates read for one sale.
type rateBook map[string]taxRate

// sum is the percentage of all the taxes on a line.
func (r rateBook) sum(ctx context.Context, c *connector.Client, ids []string) (decimal.Decimal, error) {
	rates := make([]taxRate, 0, len(ids))
	for _, id := range ids {
		rate, known := r[id]
		if !known {
			if id == "" {
				return decimal.Zero, connector.Refusal(codeTaxRate, "", "Stripe states a tax without its rate: enter this sale by hand")
			}
			if err := read(ctx, c, "a tax rate", "/v1/tax_rates/"+url.PathEscape(id), nil, &rate); err != nil {
				return decimal.Zero, err
			}
			r[id] = rate
		}
		rates = append(rates, rate)
	}
	return addUp(rates)
}

// addUp adds percentages. A reverse charge or an exemption is a rate of nothing.
func addUp(rates []taxRate) (decimal.Decimal, error) {
	var sum decimal.Decimal
	for _, rate := range rates {
		if money.Bounded(rate.Percentage) != nil {
			return decimal.Zero, fmt.Errorf("stripe: %w", errors.New("a tax rate is no percentage"))
		}
		sum = sum.Add(rate.Percentage)
	}
	return sum, nil
}

// at is a time of Stripe's; none when it states none.
func at(seconds int64) time.Time {
	if seconds <= 0 || seconds > 1<<40 {
		return time.Time{}
	}
	return time.Unix(seconds, 0).UTC()
}

// What the events carry beside the sale.

func checkoutOutput() field.Set {
	return field.Set{
		{Key: "id", Type: field.Text, Label: "Stripe's id"},
		{Key: "payment", Type: field.Text, Label: "Id of the payment"},
		{Key: "reference", Type: field.Text, Label: "Your reference"},
		{Key: "link", Type: field.Text, Label: "Id of the payment link"},
		{Key: "customer", Type: field.Text, Label: "Id of the customer"},
		{Key: "refunded", Type: field.Amount, Label: "Refunded so far"},
		{Key: "test", Type: field.Bool, Label: "Test mode"},
		{Key: "metadata", Type: field.Pairs, Label: "Metadata"},
	}
}

func invoiceOutput() field.Set {
	return field.Set{
		{Key: "id", Type: field.Text, Label: "Stripe's id"},
		{Key: "number", Type: field.Text, Label: "Number"},
		{Key: "url", Type: field.URL, Label: "Page of the invoice"},
		{Key: "pdf", Type: field.URL, Label: "PDF"},
		{Key: "status", Type: field.Text, Label: "Status"},
		{Key: "customer", Type: field.Text, Label: "Id of the customer"},
		{Key: "text", Type: field.Text, Label: "Text on the invoice"},
		{Key: "ours", Type: field.Bool, Label: "Made by Tengi"},
		{Key: "test", Type: field.Bool, Label: "Test mode"},
		{Key: "metadata", Type: field.Pairs, Label: "Metadata"},
	}
}

func failureOutput() field.Set {
	return field.Set{
		{Key: "id", Type: field.Text, Label: "Stripe's id"},
		{Key: "amount", Type: field.Amount, Label: "Amount"},
		{Key: "currency", Type: field.Currency, Label: "Currency"},
		{Key: "at", Type: field.DateTime, Label: "When"},
		{Key: "customer", Type: field.Text, Label: "Id of the customer"},
		{Key: "name", Type: field.Text, Label: "Customer's name"},
		{Key: "email", Type: field.Email, Label: "Customer's e-mail"},
		{Key: "number", Type: field.Text, Label: "Number of the invoice"},
		{Key: "url", Type: field.URL, Label: "Page of the invoice"},
		{Key: "reason", Type: field.Text, Label: "Reason"},
		{Key: "message", Type: field.Text, Label: "Message"},
		{Key: "next_try", Type: field.DateTime, Label: "Next try"},
		{Key: "metadata", Type: field.Pairs, Label: "Metadata"},
	}
}

func refundOutput() field.Set {
	return field.Set{
		{Key: "id", Type: field.Text, Label: "Stripe's id"},
		{Key: "amount", Type: field.Amount, Label: "Amount"},
		{Key: "currency", Type: field.Currency, Label: "Currency"},
		{Key: "at", Type: field.DateTime, Label: "When"},
		{Key: "payment", Type: field.Text, Label: "Id of the payment"},
		{Key: "status", Type: field.Text, Label: "Status"},
		{Key: "reason", Type: field.Text, Label: "Reason"},
		{Key: "metadata", Type: field.Pairs, Label: "Metadata"},
	}
}
