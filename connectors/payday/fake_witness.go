package payday

import (
	"fmt"
	"time"

	"github.com/shopspring/decimal"
)

// FakeInvoice is an invoice as the stand-in's books have it.
type FakeInvoice struct {
	ID          string          `json:"id"`
	Number      int             `json:"number"` // of an issued one, also before the numbering shows it
	Reference   string          `json:"reference"`
	Status      string          `json:"status"`
	Description string          `json:"description"`
	Customer    string          `json:"customer"`
	Date        string          `json:"date"`
	Due         string          `json:"due"`
	FinalDue    string          `json:"final_due"`
	Currency    string          `json:"currency"`
	Total       decimal.Decimal `json:"total"` // VAT included, in its currency
	VAT         decimal.Decimal `json:"vat"`
	Lines       []FakeLine      `json:"lines"`
	PaidDate    string          `json:"paid_date,omitempty"`
	PaymentType string          `json:"payment_type,omitempty"`
	SendEmail   bool            `json:"send_email"`
	Claim       bool            `json:"claim"`
	Electronic  bool            `json:"electronic"`
}

// FakeLine is a line of one.
type FakeLine struct {
	Text     string          `json:"text"`
	Quantity decimal.Decimal `json:"quantity"`
	Total    decimal.Decimal `json:"total"` // VAT included
	VATRate  decimal.Decimal `json:"vat_rate"`
}

// FakePayment is a payment entered for an invoice.
type FakePayment struct {
	Invoice  string          `json:"invoice"`
	Date     string          `json:"date"`
	Type     string          `json:"type"`
	Amount   decimal.Decimal `json:"amount"`
	Currency string          `json:"currency"`
}

// FakeCredit is the minus invoice that cancelling makes.
type FakeCredit struct {
	Invoice  string          `json:"invoice"`
	Total    decimal.Decimal `json:"total"`
	Currency string          `json:"currency"`
}

// FakeMail is an invoice mailed to its customer.
type FakeMail struct {
	Invoice string `json:"invoice"`
	To      string `json:"to"`
}

// Holdings is everything the stand-in has made: invoices that were not deleted, customers, payments, credits, mails.
func (f *Fake) Holdings() map[string]any {
	return map[string]any{"invoices": f.Invoices(), "customers": f.Customers(), "payments": f.Payments(), "credits": f.Credits(), "mails": f.Mails()}
}

// Invoices are the invoices that were not deleted, in the order they were made.
func (f *Fake) Invoices() []FakeInvoice {
	f.mu.Lock()
	defer f.mu.Unlock()
	list := make([]FakeInvoice, 0, len(f.invoices.all))
	for _, inv := range f.invoices.all {
		if inv.status == statusDeleted {
			continue
		}
		list = append(list, FakeInvoice{
			ID: inv.id, Number: inv.number, Reference: inv.reference, Status: inv.status, Description: inv.description, Customer: inv.customer.ID,
			Date: inv.date, Due: inv.due, FinalDue: inv.finalDue, Currency: inv.currency, Total: inv.gross, VAT: inv.vat,
			Lines: append([]FakeLine{}, inv.lines...), PaidDate: inv.paidDate, PaymentType: inv.paymentType,
			SendEmail: inv.sendEmail, Claim: inv.claim, Electronic: inv.electronic,
		})
	}
	return list
}

// Customers are the customers in the order they were made.
func (f *Fake) Customers() []FakeCustomer {
	f.mu.Lock()
	defer f.mu.Unlock()
	list := make([]FakeCustomer, 0, len(f.customers.all))
	for _, c := range f.customers.all {
		list = append(list, *c)
	}
	return list
}

// Payments are the payments entered.
func (f *Fake) Payments() []FakePayment {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]FakePayment{}, f.payments...)
}

// Credits are the minus invoices made; more than one for an invoice is one too many.
func (f *Fake) Credits() []FakeCredit {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]FakeCredit{}, f.credits...)
}

// Mails are the invoices mailed.
func (f *Fake) Mails() []FakeMail {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]FakeMail{}, f.mails...)
}

// Register makes the national register know a kennitala.
func (f *Fake) Register(ssn, name string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.register[ssn] = name
}

// AddCustomer enters a customer by hand and returns its id. Electronic says what the customer wants, acceptsElectronic what it can receive.
func (f *Fake) AddCustomer(c FakeCustomer, acceptsElectronic bool) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	c.noElectronic = !acceptsElectronic
	c.made = f.now().Add(-24 * time.Hour)
	if c.Created == "" {
		c.Created = timestamp(c.made)
	}
	f.customers.add(&c)
	return c.ID
}

// ExpireTokens ends every login.
func (f *Fake) ExpireTokens() {
	f.mu.Lock()
	defer f.mu.Unlock()
	clear(f.tokens)
}

// Forget empties the books, as the test system now and then does.
func (f *Fake) Forget() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.customers, f.invoices = newCustomerBook(), newInvoiceBook()
	f.payments, f.credits, f.mails = nil, nil, nil
}

// ByHand lets a person at Payday bring an invoice into a status: SENT issues a draft, PAID pays, CANCELLED and CREDIT credit, DELETED deletes.
// It fails for an invoice that is not there.
func (f *Fake) ByHand(id, status string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	inv := f.invoices.byID[id]
	if inv == nil {
		return fmt.Errorf("payday stand-in: no invoice %s", id)
	}
	switch status {
	case statusSent:
		f.issue(inv)
	case statusPaid:
		f.enterPayment(inv, f.now().UTC().Format(time.DateOnly), FakeCash)
	case statusCancelled, statusCredit:
		f.cancel(inv, f.now().UTC().Format(time.DateOnly))
	}
	inv.status = status
	return nil
}

// EditByHand lets a person change a draft's total. It fails for an invoice that is not there.
func (f *Fake) EditByHand(id string, total decimal.Decimal) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	inv := f.invoices.byID[id]
	if inv == nil {
		return fmt.Errorf("payday stand-in: no invoice %s", id)
	}
	inv.gross = total
	return nil
}
