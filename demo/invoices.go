package demo

import (
	"context"
	"slices"

	"github.com/shopspring/decimal"
)

// invoices is the story of Google Sheets → Stripe.
type invoices struct{ sheet sheetStory }

// What Stripe holds, as it writes it. Amounts are in the smallest unit, which for krónur is hundredths all the same.
type (
	stripeCustomer struct {
		ID    string `json:"id"`
		Email string `json:"email"`
	}
	stripeItem struct {
		ID          string `json:"id"`
		Customer    string `json:"customer"`
		Invoice     string `json:"invoice"`
		Description string `json:"description"`
		Amount      int64  `json:"amount"`
	}
	stripeInvoice struct {
		ID       string `json:"id"`
		Number   string `json:"number"`
		Status   string `json:"status"`
		Customer string `json:"customer"`
		Total    int64  `json:"total"`
		Currency string `json:"currency"`
		URL      string `json:"hosted_invoice_url"`
	}
)

func (i *invoices) play(ctx context.Context, s *stage) error {
	i.sheet = sheetStory{
		old:    written{"B-1020", "Anna Lind", "anna@example.com", "Whale watching", "12900", "yes"},
		sent:   written{"B-1021", "Anna Lind", "anna@example.com", "Golden circle", "14900", ""},
		second: written{"B-1022", "Anna Lind", "anna@example.com", "Glacier walk", "29800", ""},
		waits:  written{"B-1023", "Jón Jónsson", "jon@example.com", "Kayaking", "19900", ""},
	}
	return i.sheet.play(ctx, s)
}

func (i *invoices) tell(s *stage) error {
	customers, err := holds[stripeCustomer](s, "stripe", "customers")
	if err != nil {
		return err
	}
	items, err := holds[stripeItem](s, "stripe", "invoiceitems")
	if err != nil {
		return err
	}
	made, err := holds[stripeInvoice](s, "stripe", "invoices")
	if err != nil {
		return err
	}
	mails, err := holds[string](s, "stripe", "mails")
	if err != nil {
		return err
	}
	rows, err := i.sheet.rows(s)
	if err != nil {
		return err
	}
	for _, w := range []written{i.sheet.sent, i.sheet.second} {
		s.begin("%s", i.sheet.title(w))
		row, found, mailed := rows[w.number], 0, 0
		for _, item := range items {
			at := slices.IndexFunc(made, func(m stripeInvoice) bool { return m.ID == item.Invoice })
			if item.Description != w.text || at < 0 {
				continue
			}
			invoice := made[at]
			s.says("Stripe has an item %q over %s, and invoice %s with it over %s: %s.", item.Description, krónur(item.Amount), invoice.Number, krónur(invoice.Total), invoice.Status)
			if slices.Contains(mails, invoice.ID) {
				mailed++
				s.says("Stripe mailed it to %s.", emailOf(customers, invoice.Customer))
			}
			s.says("The sheet says of the row: %s, %s, %s.", row.Status, row.Paper, row.Link)
			if row.Status == "invoiced" && row.Paper == invoice.Number && row.Link == invoice.URL && invoice.Total == item.Amount && krónur(invoice.Total) == w.amount+" ISK" &&
				emailOf(customers, invoice.Customer) == w.email {
				found++
			}
		}
		s.want(found == 1 && mailed == 1, "there should be one invoice with one item over %s ISK, mailed once, and the row should say so", w.amount)
	}
	i.sheet.untouched(s, rows, func(w written) (count int) {
		for _, item := range items {
			if item.Description == w.text {
				count++
			}
		}
		return count
	})
	s.want(len(customers) == 1 && len(items) == 2 && len(made) == 2 && len(mails) == 2 && len(rows) == 4,
		"Stripe has %d customers, %d items, %d invoices and %d mails in all, and the sheet %d rows; there should be 1, 2, 2, 2 and 4",
		len(customers), len(items), len(made), len(mails), len(rows))
	return nil
}

// krónur is an amount of krónur as Stripe counts it, in hundredths, for a person.
func krónur(hundredths int64) string { return decimal.New(hundredths, -2).String() + " ISK" }

// emailOf is the address of a customer at Stripe.
func emailOf(customers []stripeCustomer, id string) string {
	for _, c := range customers {
		if c.ID == id {
			return c.Email
		}
	}
	return ""
}
