package paypal

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/field"
	"github.com/tengi/tengi/money"
	"github.com/tengi/tengi/sale"
)

var one = decimal.NewFromInt(1)

// payment is one payment as it stands, whichever kind of notice told of it.
type payment struct {
	facts
	state    string // one of the types of events: typeCompleted and the like
	gross    decimal.Decimal
	fee      decimal.Decimal
	refunded decimal.Decimal // of gross, in all
	currency string
	at       time.Time
	customer sale.Customer
	lines    []sale.Line // text, quantity, unit price and total, as the buyer paid them
}

// The versions of a payment order its states, whichever arrives first: pending, failed, completed, and then the more is refunded the later.
// Completed counts after failed, because money that is in the account is there.
const (
	versionPending   = 1
	versionFailed    = 2
	versionCompleted = 3
	versionWhole     = math.MaxInt64 / 2
)

// event is what is stored of a payment. Both kinds of notice give the same identity to the same state of the same payment, so that an account with
// both reports it once.
func (p *payment) event(c *connector.Client) (connector.Loaded, error) {
	object := "payment/" + p.ID
	e := tengi.Event{Object: object, Type: p.state, Dedupe: object + "/" + strings.TrimPrefix(p.state, "payment.")}
	status := sale.Confirmed
	switch p.state {
	case typePending:
		e.Version, status = versionPending, sale.Pending
	case typeFailed:
		e.Version, status = versionFailed, sale.Cancelled
	case typeCompleted:
		e.Version = versionCompleted
	case typeRefunded:
		if p.refunded.LessThan(p.gross) {
			minor, err := money.New(p.refunded, p.currency).Minor()
			if err != nil {
				return connector.Loaded{}, unreadable("the amount refunded")
			}
			e.Version, e.Dedupe = versionCompleted+minor, fmt.Sprintf("%s/%d", e.Dedupe, minor)
		} else {
			e.Version, status = versionWhole, sale.Cancelled
		}
	}
	sold, err := p.sale(c, status)
	if err != nil {
		return connector.Loaded{}, err
	}
	e.Sale = sold
	if e.Data, err = encode("payment", p.facts.of(p, c)); err != nil {
		return connector.Loaded{}, err
	}
	return connector.Loaded{Instead: []tengi.Event{e}}, nil
}

// sale says what was sold. What was refunded in part is a line of its own, so that the sale comes to what the buyer has paid in the end.
func (p *payment) sale(c *connector.Client, status sale.Status) (*sale.Sale, error) {
	s := sale.Sale{
		Reference: p.Invoice, Status: status, CreatedAt: p.at, Customer: p.customer, Lines: p.lines, Currency: p.currency, Total: p.gross, VATIncluded: true, Channel: "PayPal",
	}
	if s.Reference == "" {
		s.Reference = p.ID
	}
	if status == sale.Confirmed && p.refunded.IsPositive() {
		s.Lines = append(s.Lines[:len(s.Lines):len(s.Lines)], line(wordsOf(c).refund, p.refunded.Neg()))
		s.Total = p.gross.Sub(p.refunded)
	}
	if status == sale.Confirmed { // what is left of it, as one: a document takes no payment below zero
		s.Payments = []sale.Payment{{Amount: s.Total, Method: "PayPal", Fee: p.fee, Reference: p.ID, PaidAt: p.at}}
	}
	rate, code := vat(c.Settings, c.Workspace.Country, p.customer.Country)
	for i := range s.Lines {
		s.Lines[i].VATRate, s.Lines[i].VATCode = rate, code
	}
	filled, err := s.FillVAT()
	if err != nil {
		return nil, connector.Refusal(codeAmounts, "total", fmt.Sprintf("the amounts of payment %s cannot be used: %v", p.ID, err))
	}
	return &filled, nil
}

const codeAmounts = "amounts"

// vat is how much of what a buyer pays is VAT, in per cent, and why there is none. PayPal does not say; the owner does.
func vat(settings field.Values, home, buyer string) (rate decimal.Decimal, code string) {
	rate, code = settings.Decimal("vat_rate"), "exempt"
	if settings.Has("vat_abroad") && buyer != "" && !strings.EqualFold(buyer, home) {
		rate, code = settings.Decimal("vat_abroad"), "zero"
	}
	if !rate.IsZero() {
		code = "" // which of the rates it is differs between countries
	}
	return rate, code
}

// unreadable refuses a genuine message that lacks something or has it in another form than PayPal describes.
func unreadable(what string) error {
	return connector.Refusal(connector.CodeUnreadable, "", "PayPal's message is genuine, but "+what+" in it is missing or cannot be read: look at the payment in PayPal and make the document by hand")
}

// line is one thing at one price.
func line(text string, total decimal.Decimal) sale.Line {
	return sale.Line{Text: text, Quantity: one, UnitPrice: total, Total: total}
}

// pieces is a line of several pieces where the total divides exactly, else one piece that says how many it stands for.
func pieces(text, sku string, quantity, total decimal.Decimal, currency string) sale.Line {
	l := line(text, total)
	l.SKU = sku
	if quantity.Equal(one) || !quantity.IsPositive() {
		return l
	}
	if quantity.IsInteger() {
		if unit, rest := total.QuoRem(quantity, decimals(currency)); rest.IsZero() {
			l.Quantity, l.UnitPrice = quantity, unit
			return l
		}
	}
	l.Text = quantity.String() + " × " + text
	return l
}

// decimals is how many decimals PayPal's amounts have. Three currencies have none there, whatever ISO 4217 says of them
// (https://developer.paypal.com/api/rest/reference/currency-codes/).
func decimals(currency string) int32 {
	switch currency {
	case "HUF", "JPY", "TWD":
		return 0
	}
	exp, known := money.Exponent(currency)
	if !known {
		return 2
	}
	return exp
}

// only is the single line of a payment of which nothing else is known, or whose items do not add up to it.
func only(text string, total decimal.Decimal) []sale.Line {
	const limit = 250 // of invoices elsewhere
	if runes := []rune(text); len(runes) > limit {
		text = string(runes[:limit-1]) + "…"
	}
	return []sale.Line{line(text, total)}
}

// adds says whether lines come to a total.
func adds(lines []sale.Line, total decimal.Decimal) bool {
	var sum decimal.Decimal
	for _, l := range lines {
		sum = sum.Add(l.Total)
	}
	return sum.Equal(total)
}
