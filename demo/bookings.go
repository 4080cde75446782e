package demo

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connectors/bokun"
	"github.com/tengi/tengi/connectors/payday"
	"github.com/tengi/tengi/sale"
	"github.com/tengi/tengi/store"
)

// bookings is the story of Bókun → Payday.
type bookings struct{ acts []*booking }

// booking is one booking, and what must stand at Payday afterwards.
type booking struct {
	title   string
	id      int64
	code    string
	decided []string // what the hub was told of it, and decided
	issued  int      // invoices that stand
	undone  int      // invoices that were credited
}

// The statuses of an invoice at Payday.
const (
	invoiceSent      = "SENT"
	invoiceCancelled = "CANCELLED"
)

func (b *bookings) play(ctx context.Context, s *stage) error {
	stand, ok := s.services["bokun"].(*bokun.Fake)
	if !ok {
		return errors.New("there is no stand-in for Bókun")
	}
	b.acts = []*booking{
		{title: "is confirmed", issued: 1},
		{title: "is confirmed, and cancelled afterwards", undone: 1},
		{title: "is confirmed, and its notice comes three times: twice word for word, once in Bókun's other shape", issued: 1},
	}
	for _, a := range b.acts {
		made := stand.MakeBooking(bokun.Order{})
		a.id, a.code = made.ID, made.Code
		if err := s.booked(ctx, stand, a, bokun.ActionConfirmed); err != nil {
			return err
		}
	}
	if err := b.numbered(ctx, s, b.acts[1].code); err != nil {
		return err
	}
	if err := stand.CancelKeeping(b.acts[1].id, "0"); err != nil {
		return fmt.Errorf("cancel booking %s: %w", b.acts[1].code, err)
	}
	if err := s.booked(ctx, stand, b.acts[1], bokun.ActionItemCancelled); err != nil {
		return err
	}
	if err := b.repeat(ctx, s, stand); err != nil {
		return err
	}
	if err := s.rest(ctx); err != nil {
		return err
	}
	for _, a := range b.acts {
		err := s.events(ctx, fmt.Sprintf("booking/%d", a.id), func(e tengi.Event, d store.Delivery) { a.decided = append(a.decided, decision(e, d)) })
		if err != nil {
			return err
		}
	}
	return nil
}

// numbered waits until Payday has numbered a booking's invoice: that takes a while after it was made, and before nothing can be cancelled.
func (b *bookings) numbered(ctx context.Context, s *stage, code string) error {
	if err := until(ctx, "the invoice of booking "+code, func() (bool, error) {
		invoices, err := invoicesOf(s, code)
		return len(invoices) > 0, err
	}); err != nil {
		return err
	}
	select {
	case <-time.After(s.options.NumberAfter):
	case <-ctx.Done():
	}
	return ctx.Err()
}

// booked has Bókun tell of a booking.
func (s *stage) booked(ctx context.Context, stand *bokun.Fake, a *booking, action string) error {
	notice, err := stand.BookingNotice(a.id, action)
	if err == nil {
		err = insist(ctx, func() error { return stand.Fire(ctx, s.hooks["bokun"], notice) })
	}
	if err != nil {
		return fmt.Errorf("tell of booking %s: %w", a.code, err)
	}
	return nil
}

// repeat has Bókun tell of the third booking twice more.
func (b *bookings) repeat(ctx context.Context, s *stage, stand *bokun.Fake) error {
	a := b.acts[2]
	if err := s.booked(ctx, stand, a, bokun.ActionConfirmed); err != nil {
		return err
	}
	notices, err := stand.ItemNotices(a.id, bokun.ActionConfirmed)
	if err == nil {
		err = insist(ctx, func() error { return stand.Fire(ctx, s.hooks["bokun"], notices...) })
	}
	if err != nil {
		return fmt.Errorf("tell of booking %s in another shape: %w", a.code, err)
	}
	return nil
}

// invoicesOf are the invoices at Payday that carry a booking's code.
func invoicesOf(s *stage, code string) (found []payday.FakeInvoice, err error) {
	all, err := holds[payday.FakeInvoice](s, "payday", "invoices")
	for _, invoice := range all {
		if strings.HasPrefix(invoice.Reference, code+"-") {
			found = append(found, invoice)
		}
	}
	return found, err
}

func (b *bookings) tell(s *stage) error {
	expected := 0
	for _, a := range b.acts {
		s.begin("Booking %s %s.", a.code, a.title)
		for _, line := range a.decided {
			s.says("%s", line)
		}
		invoices, err := invoicesOf(s, a.code)
		if err != nil {
			return err
		}
		issued, undone := 0, 0
		for _, invoice := range invoices {
			state := invoice.Status
			switch invoice.Status {
			case invoiceSent:
				issued, state = issued+1, "issued"
			case invoiceCancelled:
				undone, state = undone+1, "cancelled, which made its credit note"
			}
			s.says("Payday has invoice %d over %s %s, reference %s: %s.", invoice.Number, invoice.Total, invoice.Currency, invoice.Reference, state)
		}
		s.want(issued == a.issued && undone == a.undone && len(invoices) == issued+undone, "there should be %d issued and %d cancelled", a.issued, a.undone)
		expected += a.issued + a.undone
	}
	all, err := holds[payday.FakeInvoice](s, "payday", "invoices")
	if err != nil {
		return err
	}
	credits, err := holds[payday.FakeCredit](s, "payday", "credits")
	if err != nil {
		return err
	}
	s.want(len(all) == expected && len(credits) == 1, "Payday has %d invoices and %d credit notes in all; the bookings have %d and 1", len(all), len(credits), expected)
	return nil
}

// decision says in words what came and what became of it.
func decision(event tengi.Event, delivery store.Delivery) string {
	came := "A notice came"
	if event.Raw.Method == "" {
		came = "A search found the booking"
	}
	if event.Sale != nil {
		came += fmt.Sprintf("; Bókun, asked, says it is %s, %s %s", event.Sale.Status, event.Sale.Total, event.Sale.Currency)
	}
	switch {
	case delivery.State == store.Done && event.Sale != nil && event.Sale.Status == sale.Cancelled:
		return came + ": what was made is undone."
	case delivery.State == store.Done:
		return came + ": an invoice is made."
	case delivery.State == store.Skipped:
		return came + ": nothing is done, " + delivery.Reason + "."
	default:
		return fmt.Sprintf("%s: %s, %s.", came, delivery.State, delivery.Reason)
	}
}
