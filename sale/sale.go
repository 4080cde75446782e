// Package sale is the common shape of what was sold: every source that knows it gives its events one, and every action that makes documents
// says, field by field, what it takes from one. So any source reaches any destination without a mapping made by hand.
package sale

import (
	"time"

	"github.com/shopspring/decimal"
)

// Status says where a sale stands. The engine compares it with the documents made so far: a confirmed sale wants its documents, a cancelled
// one wants them undone, a pending one wants nothing yet.
type Status string

// The statuses of a sale. A source translates its own into one of these.
const (
	Pending   Status = "pending"   // a basket, a request, a reservation: not sold yet; nothing is made, nothing is undone
	Confirmed Status = "confirmed" // sold: the documents are wanted
	Cancelled Status = "cancelled" // not sold after all: documents made are to be undone
)

// Sale is what was sold, to whom, for how much, and how it was paid.
// Amounts are in Currency and exact; percentages are plain ("24" is 24 %). JSON names are the names expressions use.
type Sale struct {
	Reference   string          `json:"reference"` // what seller and customer call it: a booking code, an order number
	Status      Status          `json:"status"`
	CreatedAt   time.Time       `json:"created_at,omitzero"`
	ServiceDate string          `json:"service_date,omitempty"` // first day of the service, YYYY-MM-DD in the seller's time zone
	ServiceEnd  string          `json:"service_end,omitempty"`  // last day, when it differs
	Customer    Customer        `json:"customer"`
	Lines       []Line          `json:"lines"`
	Currency    string          `json:"currency"` // ISO 4217
	Total       decimal.Decimal `json:"total"`    // what the customer owes in all, VAT included whatever VATIncluded says
	VATIncluded bool            `json:"vat_included"`
	Payments    []Payment       `json:"payments,omitempty"`
	Channel     string          `json:"channel,omitempty"` // where it was sold: a web site, an agent, an OTA
	Remarks     string          `json:"remarks,omitempty"` // the seller's own remarks
}

// Customer is who is billed. Any field may be empty; a country is ISO 3166-1 alpha-2, a language ISO 639-1.
type Customer struct {
	Name     string `json:"name"`
	Company  bool   `json:"company,omitempty"` // an agent, a reseller, a firm
	Email    string `json:"email,omitempty"`
	Phone    string `json:"phone,omitempty"`
	Language string `json:"language,omitempty"`
	Country  string `json:"country,omitempty"`
	Address  string `json:"address,omitempty"`
	PostCode string `json:"post_code,omitempty"`
	City     string `json:"city,omitempty"`
	TaxID    string `json:"tax_id,omitempty"` // kennitala, NIP, VAT number: digits as the source gives them, without blanks and hyphens
}

// Line is one thing sold. Total is authoritative: Quantity x UnitPrice less the discount, and where the service says so it is checked.
type Line struct {
	Text      string          `json:"text"`
	Quantity  decimal.Decimal `json:"quantity"`
	UnitPrice decimal.Decimal `json:"unit_price"`         // with VAT when the sale's VATIncluded is true, else without
	Discount  decimal.Decimal `json:"discount"`           // amount taken off the line, same basis as UnitPrice, not negative
	Total     decimal.Decimal `json:"total"`              // of the line, after discount, same basis as UnitPrice
	VATRate   decimal.Decimal `json:"vat_rate"`           // per cent
	VATAmount decimal.Decimal `json:"vat_amount"`         // VAT in (or on) the line
	VATCode   string          `json:"vat_code,omitempty"` // standard, reduced, zero, exempt, outside; empty when the source does not say
	SKU       string          `json:"sku,omitempty"`
}

// Payment is money received for the sale.
type Payment struct {
	Amount    decimal.Decimal `json:"amount"`
	Currency  string          `json:"currency,omitempty"` // ISO 4217; empty = the sale's. Check holds a sale that was paid in another one
	Method    string          `json:"method,omitempty"`   // as the source names it: WEB_PAYMENT, card, blik
	Fee       decimal.Decimal `json:"fee,omitzero"`
	Reference string          `json:"reference,omitempty"` // the payment provider's
	PaidAt    time.Time       `json:"paid_at,omitzero"`
}

// Gross is what the line costs the customer, VAT included.
func (l Line) Gross(vatIncluded bool) decimal.Decimal {
	if vatIncluded {
		return l.Total
	}
	return l.Total.Add(l.VATAmount)
}

// Paid is the sum of the payments received.
func (s Sale) Paid() decimal.Decimal {
	var sum decimal.Decimal
	for _, p := range s.Payments {
		sum = sum.Add(p.Amount)
	}
	return sum
}
