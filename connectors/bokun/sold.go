package bokun

import (
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/money"
	"github.com/tengi/tengi/sale"
)

// work is everything known about one booking, from which its sale is made.
type work struct {
	booking  *booking
	invoices *invoices // nil: v1's invoices count
	options  *options
	vendor   id
	zone     *time.Location
	payer    payer
}

// sale says what was sold. A cancelled booking whose invoice still shows an amount is what the option makes of it.
func (w *work) sale(status sale.Status) (*sale.Sale, error) {
	switch status {
	case sale.Pending: // a reservation has an invoice at Bókun already, but nothing is owed by it yet
		return w.unbilled(status), nil
	case sale.Cancelled:
		b, err := w.bill()
		if !w.calledOff() || w.options.kept == keptCredit || (err != nil && connector.AsError(err).Code == codeGiftCard) {
			return w.unbilled(status), nil
		}
		if err != nil {
			return nil, err // whether an amount remains cannot be told
		}
		if b == nil || !b.total.IsPositive() {
			return w.unbilled(status), nil
		}
		if w.options.kept == keptHold {
			return nil, connector.Refusal("amount_kept", "total", "the booking is cancelled, but its invoice in Bókun still shows "+
				money.New(b.total.Decimal, b.currency).String()+": choose in the source's options whether such an amount is billed or credited")
		}
		return w.billed(b)
	}
	b, err := w.bill()
	if err != nil {
		return nil, err
	}
	if b == nil {
		if w.free() {
			return w.gratis(), nil
		}
		return nil, errNoInvoice(w.payer.invoice)
	}
	return w.billed(b)
}

// free says whether the booking costs nothing, so that no invoice is missing.
func (w *work) free() bool {
	return w.booking.PaymentType == "FREE" || (w.booking.TotalPrice.set && w.booking.TotalPrice.IsZero())
}

// billed is the sale by one of Bókun's invoices.
func (w *work) billed(b *bill) (*sale.Sale, error) {
	p, err := newPricing(b.currency, w.options.rates)
	if err != nil {
		return nil, err
	}
	p.lessFee = w.payer.net && b.kind == "customer"
	titles, skus := w.titles()
	var only id
	if items := w.booking.items(); len(items) == 1 {
		only = items[0].id()
	}
	b.describe(titles, skus, only)
	out, err := p.price(b)
	if err != nil {
		return nil, err
	}
	s := w.frame(sale.Confirmed)
	s.Lines, s.Total, s.Currency = out.lines, out.total, b.currency
	return s, nil
}

// unbilled is the sale of which nothing is billed (now): what it comes to, or once came to, is said as well as can be, for conditions and mails.
func (w *work) unbilled(status sale.Status) *sale.Sale {
	b, err := w.bill()
	if status == sale.Cancelled && w.invoices != nil && (err != nil || b == nil || !b.total.IsPositive()) {
		if last := w.invoices.lastCustomer(); last != nil && w.payer.invoice == "customer" {
			b, err = last.bill("customer", false)
		}
	}
	if err == nil && b != nil && b.total.IsPositive() {
		if full, err := w.billed(b); err == nil {
			full.Status = status
			return full
		}
	}
	s := w.frame(status)
	s.Currency = string(w.booking.Currency)
	if exp, ok := money.Exponent(s.Currency); ok && w.price().IsPositive() {
		s.Total = w.price().Round(exp)
		s.Lines = append(s.Lines, sale.Line{Text: "Booking " + s.Reference, Quantity: one, UnitPrice: s.Total, Total: s.Total})
	}
	return s
}

// gratis is the sale of a booking that is sold and costs nothing.
func (w *work) gratis() *sale.Sale {
	s := w.frame(sale.Confirmed)
	s.Currency = string(w.booking.Currency)
	return s
}

// price is what the booking cost by its own account or, once nothing is left of that, by its items'.
func (w *work) price() decimal.Decimal {
	sum := w.booking.TotalPrice.Decimal
	if sum.IsPositive() {
		return sum
	}
	items := w.booking.items()
	for i := range items {
		sum = sum.Add(first(items[i].Reduced, items[i].Price).Decimal)
	}
	return sum
}

// calledOff says whether somebody cancelled, unlike a booking that never came about: only then can an amount be meant to remain.
func (w *work) calledOff() bool {
	items := w.booking.items()
	return w.booking.Status == "CANCELLED" || slices.ContainsFunc(items, func(it item) bool { return it.Status == "CANCELLED" })
}

// frame is the sale without its money.
func (w *work) frame(status sale.Status) *sale.Sale {
	b := w.booking
	s := &sale.Sale{
		Reference: string(b.Code), Status: status, CreatedAt: b.Created.Time, Customer: w.payer.customer, VATIncluded: true, Channel: b.channelTitle(), Lines: []sale.Line{},
	}
	if s.Reference == "" {
		s.Reference = b.ID.String()
	}
	s.ServiceDate, s.ServiceEnd = w.days()
	if s.ServiceEnd <= s.ServiceDate {
		s.ServiceEnd = ""
	}
	return s
}

// days are the first and the last day of the service, of the items that take place, or of all when none does.
func (w *work) days() (from, until string) {
	for _, it := range w.taking() {
		if day := it.start(w.zone); day != "" && (from == "" || day < from) {
			from = day
		}
		until = max(until, it.start(w.zone), it.end(w.zone))
	}
	return from, until
}

// taking are the items that take place; all of them when none does.
func (w *work) taking() []item {
	items := w.booking.items()
	live := slices.DeleteFunc(slices.Clone(items), func(it item) bool { return statuses[string(it.Status)] == sale.Cancelled })
	if len(live) == 0 {
		return items
	}
	return live
}

// titles are, by item, what stands before the text of its lines, and its article number.
func (w *work) titles() (titles, skus map[id]string) {
	titles, skus = map[id]string{}, map[id]string{}
	items := w.booking.items()
	for i := range items {
		it := &items[i]
		title := it.title()
		if day := it.start(w.zone); title != "" && day != "" {
			title += " (" + day + ")"
		}
		titles[it.id()] = title
		if it.Product != nil {
			skus[it.id()] = string(it.Product.ExternalID)
		}
	}
	return titles, skus
}

// bill is the invoice by which the payer is billed; nil when Bókun shows none.
func (w *work) bill() (*bill, error) {
	if len(w.booking.GiftCards) > 0 {
		return nil, errGiftCard()
	}
	switch w.payer.invoice {
	case "seller": // the supplier of a resold booking sees this one only
		return w.sellerBill()
	case "agent":
		return w.agentBill()
	}
	b, err := w.customerBill()
	if err != nil || b == nil || !w.payer.net {
		return b, err
	}
	if slices.ContainsFunc(b.lines, func(l billLine) bool { return l.commission.set }) {
		return b, nil
	}
	if w.payer.role != "agent" {
		return b, nil // what an agency keeps is often not known to Bókun: the option's text says so
	}
	if agent, err := w.agentBill(); err != nil || agent != nil {
		return agent, err
	}
	if b.total.IsZero() {
		return b, nil
	}
	return nil, connector.Refusal("commission_unknown", "", "Bókun states no commission for this agent's booking: set the commission in Bókun, or bill the agent in full in the source's options")
}

// customerBill is the invoice to the customer, from v2 where it may be read: its money is text, v1's went through floating point.
func (w *work) customerBill() (*bill, error) {
	var b *bill
	var err error
	switch {
	case w.invoices != nil && w.invoices.Customer != nil:
		b, err = w.invoices.Customer.bill("customer", false)
	case w.invoices == nil && w.booking.Invoice != nil:
		b, err = w.booking.Invoice.bill("customer", false)
	}
	if err != nil || b == nil {
		return nil, err
	}
	// v2 names the code by its number only; v1's invoice does not say that one was used.
	if code := w.booking.Promo; code != nil && code.Code != "" && (b.promo != "" || w.invoices == nil) {
		b.promo = string(code.Code)
	}
	return b, nil
}

// agentBill is Bókun's own invoice to the agent. v1 has been seen to keep it with the items as well as with the booking.
func (w *work) agentBill() (*bill, error) {
	if w.invoices != nil {
		if w.invoices.Agent == nil {
			return nil, nil //nolint:nilnil // there is none
		}
		return w.invoices.Agent.bill("agent", true)
	}
	var old []*oldBill
	if w.booking.AgentInvoice != nil {
		old = append(old, w.booking.AgentInvoice)
	} else {
		items := w.booking.items()
		for i := range items {
			if items[i].AgentInvoice != nil {
				old = append(old, items[i].ofItem(items[i].AgentInvoice))
			}
		}
	}
	return mergeOld("agent", old)
}

// sellerBill is one bill of all invoices to the reseller: Bókun makes one for each item, the reseller gets one document for the booking.
func (w *work) sellerBill() (*bill, error) {
	if w.invoices == nil {
		return mergeOld("seller", oldSellerInvoices(w.booking.items(), w.vendor))
	}
	var bills []*bill
	for _, inv := range w.invoices.sellerBills(w.vendor) {
		b, err := inv.bill("seller", true)
		if err != nil {
			return nil, err
		}
		bills = append(bills, b)
	}
	if len(bills) == 0 {
		return nil, nil //nolint:nilnil // there is none
	}
	return merge("seller", bills)
}

// oldSellerInvoices are v1's seller invoices of the items that we supply.
func oldSellerInvoices(items []item, vendor id) []*oldBill {
	var found []*oldBill
	for i := range items {
		ours := vendor == 0 || items[i].Supplier == nil || items[i].Supplier.ID == vendor
		if items[i].SellerInvoice != nil && ours {
			found = append(found, items[i].ofItem(items[i].SellerInvoice))
		}
	}
	return found
}

// ofItem is an invoice that stands inside an item, knowing its item.
func (it *item) ofItem(inv *oldBill) *oldBill {
	if inv.Item != 0 {
		return inv
	}
	own := *inv
	own.Item = it.id()
	return &own
}

// mergeOld is merge for v1's invoices; nil when there are none.
func mergeOld(kind string, old []*oldBill) (*bill, error) {
	if len(old) == 0 {
		return nil, nil //nolint:nilnil // there is none
	}
	bills := make([]*bill, len(old))
	for i, inv := range old {
		b, err := inv.bill(kind, true)
		if err != nil {
			return nil, err
		}
		bills[i] = b
	}
	return merge(kind, bills)
}
