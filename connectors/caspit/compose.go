package caspit

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/field"
	"github.com/tengi/tengi/money"
)

// shekel is the currency of the books.
const shekel = "ILS"

// symbols are the currencies Caspit knows, by its own signs (observed).
var symbols = map[string]string{shekel: "₪", "USD": "$", "GBP": "£", "EUR": "€", "AUD": "A$"}

const (
	maxKey = 50
	// oldDays is how long after a payment of an earlier month its date is taken without asking: VAT is reported by the 15th of the next month.
	oldDays = 10
)

// remarks are notes for the document: what was done otherwise than asked for, and what to look after.
type remarks []string

func (r *remarks) add(text string) { *r = append(*r, text) }

// compose works out a document from the values. It reads, and makes the customer's card when that is asked for.
func compose(ctx context.Context, c *connector.Client, ref tengi.Ref, v field.Values, k kind, notes *remarks) (order, error) {
	if len(ref) > maxKey {
		return order{}, connector.Refusal(codeKey, "", fmt.Sprintf("the reference has %d characters, a key in Caspit at most %d", len(ref), maxKey))
	}
	symbol, rate, err := readCurrency(v)
	if err != nil {
		return order{}, err
	}
	date, err := dateOf(c, v, k)
	if err != nil {
		return order{}, err
	}
	o := order{kind: k, keep: v.Text("close") == keepDraft, body: documentBody{
		DocumentID: string(ref), TrxTypeID: k.trxType, TrxCode: k.trxCode, Date: date, Rebate: whole(0), TaxDeduction: whole(0),
		ReceiptCurrency: symbol, ReceiptRate: exactly(rate), Lines: []lineBody{}, Receipts: []receiptBody{},
		Comments: cut(v.Text("comments"), 5000), Details: details(ref, v),
	}}
	if original := v.Text("original"); original != "" {
		o.body.Comments = cut(strings.TrimSpace("זיכוי עבור "+original+"\n"+o.body.Comments), 5000)
	}
	setCustomer(&o.body, v)
	if err := setDue(&o.body, v, k); err != nil {
		return order{}, err
	}
	if k.lines {
		if err := o.setLines(ctx, c, v, rate, notes); err != nil {
			return order{}, err
		}
	}
	if k.receipt {
		if err := o.setReceipts(ctx, c, v, rate); err != nil {
			return order{}, err
		}
	}
	o.body.CustomerID, err = cardFor(ctx, c, v)
	return o, err
}

// readCurrency finds the sign of the currency and the rate, which is always sent: one that is left out may count as 1.
func readCurrency(v field.Values) (symbol string, rate decimal.Decimal, err error) {
	currency := v.Text("currency")
	symbol, known := symbols[currency]
	switch rate = v.Decimal("exchange_rate"); {
	case !known:
		return "", rate, connector.Refusal(codeCurrency, "currency",
			fmt.Sprintf("Caspit has no sign for %s; it knows ILS, USD, EUR, GBP and AUD: convert the amounts, or make this document by hand", money.New(decimal.Zero, currency).Currency))
	case currency == shekel:
		return symbol, decimal.NewFromInt(1), nil
	case !rate.IsPositive():
		return "", rate, connector.Refusal(codeRate, "exchange_rate",
			fmt.Sprintf("the document is in %s: give the exchange rate, shekels for one %s, of the day of payment", currency, currency))
	}
	return symbol, rate, nil
}

// dateOf is the date of the document, by the workspace's calendar.
func dateOf(c *connector.Client, v field.Values, k kind) (string, error) {
	if date := v.Text("document_date"); date != "" {
		return date, nil
	}
	today := c.Today()
	paid := lastPaid(v)
	if !k.receipt || paid == "" || paid >= today {
		return today, nil
	}
	now, err := time.Parse(time.DateOnly, today)
	if err != nil {
		return "", fmt.Errorf("caspit: today: %w", err)
	}
	if paid[:len("2006-01")] < today[:len("2006-01")] && paid < now.AddDate(0, 0, -oldDays).Format(time.DateOnly) {
		return "", connector.Refusal(codeOldDate, "document_date",
			fmt.Sprintf("the payment is of %s, and the VAT of that month may be reported already: enter the date the document is to have, such as today's", paid))
	}
	return paid, nil
}

// setDue says when the document is due. What is paid, or is no demand for money, is due on its own date.
func setDue(body *documentBody, v field.Values, k kind) error {
	due := body.Date
	if k == taxInvoice || k == proforma {
		if !v.Has("due_days") {
			return nil
		}
		date, err := time.Parse(time.DateOnly, body.Date)
		if err != nil {
			return connector.Refusal("type", "document_date", "the date of the document is not a date")
		}
		due = date.AddDate(0, 0, int(v.Int("due_days"))).Format(time.DateOnly)
	}
	body.DueDate = due + "T00:00:00"
	return nil
}

// setCustomer repeats the customer's details in the document: Caspit does not take them from the card (its questions and answers).
func setCustomer(body *documentBody, v field.Values) {
	country := strings.TrimSpace(v.Text("customer_country"))
	if !abroad(v) && country != "" {
		country = "ישראל"
	}
	body.Name, body.TaxID = cut(v.Text("customer_name"), 200), strings.TrimSpace(v.Text("customer_tax_id"))
	body.Address, body.City = cut(v.Text("customer_address"), 100), cut(v.Text("customer_city"), 100)
	body.PostCode, body.Country = cut(v.Text("customer_post_code"), 20), cut(country, 100)
	body.Email, body.Phone = strings.TrimSpace(v.Text("customer_email")), cut(v.Text("customer_phone"), 100)
}

// details are for the business's eyes: our reference and those of the payments.
func details(ref tengi.Ref, v field.Values) string {
	parts := []string{"Tengi " + string(ref)}
	for _, p := range v.List("payments") {
		if text := strings.TrimSpace(p.Text("method") + " " + p.Text("reference")); text != "" {
			parts = append(parts, text)
		}
	}
	return cut(strings.Join(parts, ", "), 1000)
}

// setLines prices the lines and says what they must come to, in shekels.
func (o *order) setLines(ctx context.Context, c *connector.Client, v field.Values, exchange decimal.Decimal, notes *remarks) error {
	b, err := readBill(v)
	if err != nil {
		return err
	}
	taxed, charged := make([]bool, len(b.lines)), false
	for i, l := range b.lines {
		taxed[i] = l.taxed(v)
		charged = charged || taxed[i]
	}
	var rate decimal.Decimal
	if charged {
		if rate, err = vatRate(ctx, c, o.body.Date); err != nil {
			return err
		}
	}
	for i, l := range b.lines {
		if taxed[i] {
			if err := l.checkRate(rate); err != nil {
				return err
			}
		}
	}
	o.body.Lines = b.price(rate, taxed)
	for i := range o.body.Lines {
		line := &o.body.Lines[i]
		line.Currency, line.Rate, line.Rebate = words(o.body.ReceiptCurrency), exactly(exchange), whole(0)
	}
	o.amount, o.total = b.total, b.total.Value.Mul(exchange).Round(agorot)
	if b.total.Currency != shekel {
		o.tolerance = decimal.New(2, -agorot) // agorot that converting line by line may make
	}
	if charged {
		noteTaxID(o.body, o.total.DivRound(rate.Shift(-2).Add(decimal.NewFromInt(1)), agorot), o.kind, notes)
	}
	return nil
}

// setReceipts enters the payments, which on an invoice/receipt must be the whole of it.
func (o *order) setReceipts(ctx context.Context, c *connector.Client, v field.Values, exchange decimal.Decimal) (err error) {
	sum := money.New(paidSum(v), v.Text("currency"))
	if o.kind.lines && !sum.Equal(o.amount) {
		return connector.Refusal(codeUnpaid, "payments", fmt.Sprintf(
			"the payments come to %s, the document to %s: an invoice/receipt is for what is paid in full. Choose another kind of document, or correct the payments", sum, o.amount))
	}
	if o.body.Receipts, err = receipts(ctx, c, v, o.body.Date, exchange); err != nil {
		return err
	}
	o.amount, o.payment = sum, sum.Value
	paid := exactly(sum.Value)
	o.body.Payment = &paid
	return nil
}

// allocation are the sums before VAT above which a business may deduct the VAT of an invoice only with an allocation number, in shekels, newest
// first (Israel Tax Authority, "Israel Invoices"; the steps of 2024 to 2026).
var allocation = []struct {
	from string
	net  int64
}{{"2026-06-01", 5_000}, {"2026-01-01", 10_000}, {"2025-01-01", 20_000}, {"2024-05-05", 25_000}}

// noteTaxID says what to look after when a business in Israel buys. Caspit asks the tax authority itself.
func noteTaxID(body documentBody, net decimal.Decimal, k kind, notes *remarks) {
	if body.TaxID == "" {
		return
	}
	if !validBusinessNumber(body.TaxID) {
		notes.add("The customer's business number does not pass its check digit.")
	}
	if k != taxInvoice && k != invoiceReceipt {
		return
	}
	for _, step := range allocation {
		if body.Date >= step.from {
			if net.GreaterThan(decimal.NewFromInt(step.net)) {
				notes.add("This invoice needs an allocation number (מספר הקצאה): see in Caspit that it has one.")
			}
			return
		}
	}
}
