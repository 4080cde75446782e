package demo

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/tengi/tengi/connectors/caspit"
	"github.com/tengi/tengi/connectors/email"
	"github.com/tengi/tengi/connectors/paypal"
)

// payments is the story of PayPal → Caspit.
type payments struct{ acts []*payment }

// payment is one payment, and what must have come of it.
type payment struct {
	title    string
	order    string // the shop's number
	id       string
	closed   int // invoice/receipts in the books
	mailed   int // of them, to the customer
	notified int // letters to the merchant
}

func (p *payments) play(ctx context.Context, s *stage) error {
	stand, ok := s.services["paypal"].(*paypal.Fake)
	if !ok {
		return errors.New("there is no stand-in for PayPal")
	}
	p.acts = []*payment{
		{title: "is paid, and its message comes three times", order: "WEB-20261", closed: 1, mailed: 1, notified: 1},
		{title: "is paid by eCheck: pending at first, completed afterwards", order: "WEB-20262", closed: 1, mailed: 1, notified: 1},
		{title: "is begun and then denied", order: "WEB-20263"},
	}
	paid, later, denied := p.acts[0], p.acts[1], p.acts[2]
	if err := p.pay(ctx, s, stand, paid, paypal.Order{}, 3); err != nil {
		return err
	}
	for _, a := range []*payment{later, denied} {
		if err := p.pay(ctx, s, stand, a, paypal.Order{Pending: "echeck"}, 1); err != nil {
			return err
		}
	}
	if err := s.rest(ctx); err != nil { // what is pending has made nothing when it is completed
		return err
	}
	completed, err := stand.Complete(later.id)
	if err != nil {
		return fmt.Errorf("complete the payment of order %s: %w", later.order, err)
	}
	refused, err := stand.Deny(denied.id)
	if err != nil {
		return fmt.Errorf("deny the payment of order %s: %w", denied.order, err)
	}
	if err := insist(ctx, func() error { return stand.Fire(ctx, s.hooks["paypal"], completed.IPN, refused.IPN) }); err != nil {
		return fmt.Errorf("tell of what became of the payments: %w", err)
	}
	return s.rest(ctx)
}

// pay has somebody buy, and PayPal tell of it so many times.
func (p *payments) pay(ctx context.Context, s *stage, stand *paypal.Fake, a *payment, order paypal.Order, times int) error {
	order.Invoice = a.order
	happened, err := stand.Pay(order)
	if err != nil {
		return fmt.Errorf("pay order %s: %w", a.order, err)
	}
	a.id = happened.ID
	for range times {
		if err := insist(ctx, func() error { return stand.Fire(ctx, s.hooks["paypal"], happened.IPN) }); err != nil {
			return fmt.Errorf("tell of the payment of order %s: %w", a.order, err)
		}
	}
	return nil
}

func (p *payments) tell(s *stage) error {
	documents, err := holds[caspit.FakeDocument](s, "caspit", "documents")
	if err != nil {
		return err
	}
	sent, err := holds[caspit.FakeMail](s, "caspit", "mails")
	if err != nil {
		return err
	}
	letters, err := holds[email.Mail](s, "email", "mail")
	if err != nil {
		return err
	}
	expected := payment{}
	for _, a := range p.acts {
		s.begin("Order %s %s.", a.order, a.title)
		found := payment{}
		for _, d := range documents {
			if !strings.Contains(d.Comments, a.order) {
				continue
			}
			found.closed++
			s.says("Caspit has invoice/receipt %s over %s ILS, %s of it VAT: closed.", d.Number, d.Total, d.VAT)
			for _, m := range sent {
				if m.Document == d.DocumentID {
					found.mailed++
					s.says("Caspit mailed it to %s in %s.", m.To, languageName(m.Language))
				}
			}
		}
		for _, l := range letters {
			if strings.Contains(l.Text, a.order) {
				found.notified++
				s.says("The mail server took a letter to %s: “%s”.", strings.Join(l.EnvelopeTo, ", "), l.Subject)
			}
		}
		if found.closed+found.mailed+found.notified == 0 {
			s.says("Caspit has nothing of it, and nobody got a mail.")
		}
		s.want(found.closed == a.closed && found.mailed == a.mailed && found.notified == a.notified,
			"there should be %d documents, %d mails to the customer and %d to the merchant", a.closed, a.mailed, a.notified)
		expected.closed, expected.mailed, expected.notified = expected.closed+a.closed, expected.mailed+a.mailed, expected.notified+a.notified
	}
	drafts, err := holds[caspit.FakeDocument](s, "caspit", "drafts")
	s.want(len(documents) == expected.closed && len(sent) == expected.mailed && len(letters) == expected.notified && len(drafts) == 0,
		"there are %d documents, %d drafts, %d mails to customers and %d to the merchant in all; there should be %d, 0, %d and %d",
		len(documents), len(drafts), len(sent), len(letters), expected.closed, expected.mailed, expected.notified)
	return err
}

// languageName names a language in which Caspit writes.
func languageName(code string) string {
	if strings.HasPrefix(strings.ToLower(code), "en") {
		return "English"
	}
	return "Hebrew"
}
