package bokun

import (
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/tengi/tengi/connector"
)

// bill is one invoice of Bókun's, whichever API it was read from.
type bill struct {
	kind     string // "customer", "seller", "agent": for error texts
	currency string
	total    amount // what the recipient owes, everything included; the lines must lead to it
	promo    string // a promo code applied to it; empty = none
	lines    []billLine
}

// billLine is one line as Bókun states it; total is authoritative.
type billLine struct {
	text       string
	sku        string
	item       id // the product booking it belongs to; 0 = the booking as a whole
	quantity   decimal.Decimal
	unit       decimal.Decimal
	total      decimal.Decimal
	tax        decimal.Decimal
	onTop      bool            // the tax comes on top of the price instead of being inside it
	percent    decimal.Decimal // as the line says, which may be the sum of two taxes: only ever a hint
	commission amount          // of the agent, where the line states one
	net        bool            // total is already less commission, unlike quantity x unit price
	fee        bool            // a fee of the booking, not a price of a product
}

// invoices is v2's answer about a booking's invoices (https://api-docs.bokun.dev/rest-v2.yaml). A supplier of a resold booking gets no customer
// invoice, a direct sale has no seller invoice.
type invoices struct {
	Customer         *newBill          `json:"activeCustomerInvoice"`
	HistoricCustomer []newBill         `json:"historicCustomerInvoices"`
	Agent            *newBill          `json:"activeAgentInvoice"`
	Seller           map[string]seller `json:"sellerInvoices"` // by product booking
}

type seller struct {
	Active   *newBill  `json:"activeSellerInvoice"`
	Historic []newBill `json:"historicSellerInvoices"`
}

// newBill is an invoice as v2 writes it. Money and percentages are text.
type newBill struct {
	ID          id        `json:"id"`
	Currency    text      `json:"currency"`
	Issued      moment    `json:"issued"`
	Issuer      id        `json:"issuerVendorId"`
	Recipient   id        `json:"recipientVendorId"`
	PromoCodeID id        `json:"promoCodeId"`
	TimeZone    text      `json:"issuerTimeZone"`
	Lines       []newLine `json:"lineItems"`
	Fees        []newFee  `json:"fees"`
	Total       amount    `json:"total"`
}

type newLine struct {
	Title      text   `json:"title"`
	Quantity   amount `json:"quantity"`
	UnitPrice  amount `json:"unitPrice"`
	TaxPercent amount `json:"taxPercentage"`
	TaxAmount  amount `json:"taxAmount"`
	Included   flag   `json:"taxIncluded"`
	Total      amount `json:"total"`
	Commission amount `json:"commissionAmount"`
	SKU        text   `json:"experienceExternalId"`
	GiftCard   id     `json:"giftCardId"`
	Item       id     `json:"experienceBookingId"`
}

type newFee struct {
	Title  text   `json:"title"`
	Amount amount `json:"amount"`
}

const codeGiftCard = "gift_card"

// errGiftCard parks a booking that sells a gift card: that is not yet a taxable sale, and how it is booked is the accountant's decision.
func errGiftCard() error {
	return connector.Refusal(codeGiftCard, "", "the booking sells a gift card, which is not yet a sale with VAT: write its document by hand, then skip this event")
}

// bill gives the invoice its common form. net says that line totals are less commission.
func (inv *newBill) bill(kind string, net bool) (*bill, error) {
	b := &bill{kind: kind, currency: strings.ToUpper(string(inv.Currency)), total: inv.Total}
	if inv.PromoCodeID > 0 {
		b.promo = inv.PromoCodeID.String()
	}
	for i := range inv.Lines {
		l := &inv.Lines[i]
		if l.GiftCard > 0 {
			return nil, errGiftCard()
		}
		if !l.Total.set {
			return nil, errNoTotal(kind)
		}
		b.lines = append(b.lines, billLine{
			text: string(l.Title), sku: string(l.SKU), item: l.Item, quantity: l.Quantity.Decimal, unit: l.UnitPrice.Decimal, total: l.Total.Decimal,
			tax: l.TaxAmount.Decimal, onTop: l.Included.set && !l.Included.yes, percent: l.TaxPercent.Decimal, commission: l.Commission, net: net,
		})
	}
	for _, fee := range inv.Fees {
		if !fee.Amount.Decimal.IsZero() {
			b.lines = append(b.lines, feeLine(fee.Title, fee.Amount.Decimal))
		}
	}
	return b, nil
}

// feeLine is a booking fee, of which Bókun states no tax.
func feeLine(title text, total decimal.Decimal) billLine {
	if title == "" {
		title = "Booking fee"
	}
	return billLine{text: string(title), quantity: one, unit: total, total: total, fee: true}
}

var one = decimal.NewFromInt(1)

func errNoTotal(kind string) error {
	return connector.Refusal("no_total", "", "Bókun's "+kind+" invoice states no total: look at the booking in Bókun, then try again")
}

const codeNoInvoice = "no_invoice"

// errNoInvoice is for a booking that is sold and has nothing to bill by.
func errNoInvoice(kind string) error {
	return connector.Refusal(codeNoInvoice, "", "Bókun shows no "+kind+" invoice for this booking: look at the booking in Bókun, then try again")
}

// sellerBills are the active invoices to the reseller that are ours to send: those that the given vendor issued, or all when it is not known.
// The order is that of the product bookings.
func (all *invoices) sellerBills(vendor id) []*newBill {
	keys := make([]string, 0, len(all.Seller))
	for key := range all.Seller {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(a, b string) int {
		if len(a) != len(b) {
			return len(a) - len(b) // numbers without leading zeros
		}
		return strings.Compare(a, b)
	})
	var bills []*newBill
	for _, key := range keys {
		active := all.Seller[key].Active
		if active != nil && (vendor == 0 || active.Issuer == 0 || active.Issuer == vendor) {
			bills = append(bills, active)
		}
	}
	return bills
}

// lastCustomer is the newest customer invoice that was replaced or withdrawn: what a cancelled booking once came to.
func (all *invoices) lastCustomer() *newBill {
	var last *newBill
	for i := range all.HistoricCustomer {
		inv := &all.HistoricCustomer[i]
		if inv.Total.IsPositive() && (last == nil || inv.Issued.After(last.Issued.Time)) {
			last = inv
		}
	}
	return last
}

// merge puts several invoices to the same recipient into one bill. One document has one currency.
func merge(kind string, bills []*bill) (*bill, error) {
	merged := &bill{kind: kind, currency: bills[0].currency, total: amount{set: true}}
	for _, b := range bills {
		if b.currency != merged.currency {
			return nil, connector.Refusal("currency_mixed", "currency", "the booking's "+kind+" invoices are in "+merged.currency+" and "+short(b.currency)+
				": one document has one currency, so bill this booking by hand")
		}
		if !b.total.set {
			return nil, errNoTotal(kind)
		}
		merged.total.Decimal = merged.total.Add(b.total.Decimal)
		merged.lines = append(merged.lines, b.lines...)
		if b.promo != "" {
			merged.promo = b.promo
		}
	}
	return merged, nil
}
