package bokun

import (
	"strings"

	"github.com/shopspring/decimal"
)

// oldBill is an invoice as v1 writes it, used when the key may not read v2's. The customer's has its lines under productInvoices, the
// seller's and the agent's have them directly (observed in practice).
type oldBill struct {
	ID              id        `json:"id"`
	Currency        text      `json:"currency"`
	ProductInvoices []oldPart `json:"productInvoices"`
	oldPart
	LodgingTaxes   []oldTax `json:"lodgingTaxes"`
	Due            cash     `json:"totalDueAsMoney"` // everything included, nothing paid taken off
	WithTax        cash     `json:"totalWithExcludedTaxAsMoney"`
	TotalAsMoney   cash     `json:"totalAsMoney"`
	Total          amount   `json:"total"`
	TotalReduced   amount   `json:"totalDiscounted"`
	ReducedAsMoney cash     `json:"totalDiscountedAsMoney"`
}

// oldPart is what the invoice of one item and the invoice as a whole have in common.
type oldPart struct {
	Item     id        `json:"productBookingId"`
	Title    text      `json:"title"`
	Product  *product  `json:"product"`
	Lines    []oldLine `json:"lineItems"`
	Custom   []oldLine `json:"customLineItems"` // BOOKING_FEE, CUSTOM_PRICE, DISCOUNT, OTHER
	Fees     []oldFee  `json:"appliedFees"`
	FeeTotal cash      `json:"totalFeesAsMoney"`
}

type oldLine struct {
	Title          text   `json:"title"`
	Quantity       amount `json:"quantity"`
	UnitPrice      amount `json:"unitPrice"`
	Total          amount `json:"total"`
	TotalReduced   amount `json:"totalDiscounted"`
	ReducedAsMoney cash   `json:"totalDiscountedAsMoney"`
	TotalAsMoney   cash   `json:"totalAsMoney"`
	TaxAmount      amount `json:"taxAmount"`
	Taxes          []cash `json:"taxesAsMoney"`
	Tax            *struct {
		Included   flag   `json:"included"`
		Percentage amount `json:"percentage"`
	} `json:"tax"` // absent on an untaxed line
}

type oldFee struct {
	Title text `json:"title"`
}

type oldTax struct {
	Title      text   `json:"title"`
	Tax        amount `json:"tax"`
	TaxAsMoney cash   `json:"taxAsMoney"`
}

// bill gives the invoice its common form. net says that line totals are less commission: seller invoices state the gross unit price beside a
// total that is less commission, agent invoices show the commission as a discount (observed in practice).
func (inv *oldBill) bill(kind string, net bool) (*bill, error) {
	b := &bill{kind: kind, currency: strings.ToUpper(string(inv.Currency))}
	for i := range inv.ProductInvoices {
		if err := inv.ProductInvoices[i].addTo(b, net); err != nil {
			return nil, err
		}
	}
	whole := inv.oldPart
	if len(inv.ProductInvoices) > 0 && partFees(inv.ProductInvoices).Equal(whole.FeeTotal.Amount.Decimal) {
		whole.FeeTotal = cash{} // the invoice sums up the fees of its parts
	}
	if err := whole.addTo(b, net); err != nil {
		return nil, err
	}
	for _, tax := range inv.LodgingTaxes { // a due per night, not VAT
		if value := first(tax.TaxAsMoney.Amount, tax.Tax); !value.IsZero() {
			b.lines = append(b.lines, feeLine(tax.Title, value.Decimal))
		}
	}
	if net && kind == "seller" {
		b.total = first(inv.Due.Amount, inv.TotalAsMoney.Amount, inv.Total)
	} else {
		b.total = first(inv.Due.Amount, inv.WithTax.Amount, inv.ReducedAsMoney.Amount, inv.TotalReduced, inv.TotalAsMoney.Amount, inv.Total)
	}
	return b, nil
}

// addTo appends the part's lines and its fees.
func (p *oldPart) addTo(b *bill, net bool) error {
	for _, list := range [][]oldLine{p.Lines, p.Custom} {
		for i := range list {
			line, err := list[i].line(b.kind, net)
			if err != nil {
				return err
			}
			line.item = p.Item
			if p.Product != nil {
				line.sku = string(p.Product.ExternalID)
			}
			b.lines = append(b.lines, line)
		}
	}
	if fees := p.FeeTotal.Amount; !fees.IsZero() {
		titles := make([]string, 0, len(p.Fees))
		for _, fee := range p.Fees {
			if fee.Title != "" {
				titles = append(titles, string(fee.Title))
			}
		}
		b.lines = append(b.lines, feeLine(text(strings.Join(titles, ", ")), fees.Decimal))
	}
	return nil
}

// line gives one line its common form. The tax is an amount: percentage may be the sum of two taxes while the title names one (observed in
// practice), so nothing is computed from it.
func (l *oldLine) line(kind string, net bool) (billLine, error) {
	total := first(l.TotalReduced, l.ReducedAsMoney.Amount, l.Total, l.TotalAsMoney.Amount)
	if kind == "seller" { // where both stand, total is the one less commission (observed in practice)
		total = first(l.Total, l.TotalAsMoney.Amount)
	}
	if !total.set {
		return billLine{}, errNoTotal(kind)
	}
	line := billLine{text: string(l.Title), quantity: l.Quantity.Decimal, unit: l.UnitPrice.Decimal, total: total.Decimal, net: net}
	if l.Tax != nil {
		line.percent, line.onTop = l.Tax.Percentage.Decimal, l.Tax.Included.set && !l.Tax.Included.yes
	}
	line.tax = l.TaxAmount.Decimal
	if !l.TaxAmount.set || l.TaxAmount.IsZero() {
		for _, tax := range l.Taxes {
			line.tax = line.tax.Add(tax.Amount.Decimal)
		}
	}
	return line, nil
}

// first is the first amount that is stated.
func first(amounts ...amount) amount {
	for _, a := range amounts {
		if a.set {
			return a
		}
	}
	return amount{}
}

// partFees is the sum of the fees that the invoices of single items state.
func partFees(parts []oldPart) decimal.Decimal {
	var sum decimal.Decimal
	for i := range parts {
		sum = sum.Add(parts[i].FeeTotal.Amount.Decimal)
	}
	return sum
}
