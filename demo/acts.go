package demo

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"

	"github.com/tengi/tengi/connectors/bokun"
	"github.com/tengi/tengi/connectors/googlesheets"
	"github.com/tengi/tengi/connectors/imoje"
	"github.com/tengi/tengi/connectors/paypal"
)

// actsOf are the things that may happen in a recipe's business, an ordinary sale first.
func actsOf(recipe string) []act {
	switch recipe {
	case "bokun-payday":
		d := &desk{}
		return []act{{"book", d.book}, {"repeat", d.repeat}, {"change", d.change}, {"cancel", d.cancel}}
	case "paypal-caspit":
		t := &till{}
		return []act{{"pay", t.pay}, {"repeat", t.repeat}, {"pay_later", t.later}, {"give_back", t.giveBack}}
	case "sheet-stripe":
		return []act{{"row", (&writer{name: "Anna Lind", email: "anna@example.com", text: "Glacier walk"}).row}}
	case "sheet-portmone":
		return []act{{"row", (&writer{name: "Анна Лінд", email: "anna@example.com", text: "Похід на льодовик"}).row}}
	case "form-portmone":
		return []act{{"fill_in", fillInForm}}
	default:
		r := &reception{}
		return []act{{"book", r.book}, {"settle", r.settle}, {"give_back", r.giveBack}}
	}
}

// errNothingYet says that something must have happened before.
var errNothingYet = errors.New("nothing has happened yet that this could happen to")

// some is an amount of so many units, at random.
func some(least, most, unit int) int {
	return (least + rand.IntN(most-least)) * unit
}

// desk is where bookings are made at the stand-in Bókun.
type desk struct{ last *bokun.Booking }

func (d *desk) tell(ctx context.Context, s *stage, action string) error {
	if d.last == nil {
		return errNothingYet
	}
	stand, ok := s.services["bokun"].(*bokun.Fake)
	if !ok {
		return errors.New("there is no stand-in for Bókun")
	}
	return s.booked(ctx, stand, &booking{id: d.last.ID, code: d.last.Code}, action)
}

func (d *desk) book(ctx context.Context, s *stage) error {
	stand, ok := s.services["bokun"].(*bokun.Fake)
	if !ok {
		return errors.New("there is no stand-in for Bókun")
	}
	guest, tour := pick(guests), pick(tours)
	tour.Prices = []bokun.Price{{Title: "Adults", Quantity: int64(1 + rand.IntN(4)), Unit: strconv.Itoa(some(80, 300, 100)), VAT: []string{"24"}}}
	made := stand.MakeBooking(bokun.Order{Guest: guest, Items: []bokun.Product{tour}})
	d.last = &made
	return d.tell(ctx, s, bokun.ActionConfirmed)
}

// Who books in the demo, and what.
var (
	guests = []bokun.Guest{
		{FirstName: "Anna", LastName: "Lind", Email: "anna@example.com", Phone: "+46700000000", Country: "SE", Language: "sv"},
		{FirstName: "Jón", LastName: "Jónsson", Email: "jon@example.com", Phone: "+3545550100", Country: "IS", Language: "is"},
		{FirstName: "Zofia", LastName: "Zając", Email: "zofia@example.com", Phone: "+48600100200", Country: "PL", Language: "pl"},
		{FirstName: "דנה", LastName: "לוי", Email: "dana@example.com", Phone: "+972501234567", Country: "IL", Language: "he"},
	}
	tours = []bokun.Product{
		{Title: "Glacier walk", ExternalID: "GW1", Date: "2026-07-10", Time: "09:00"},
		{Title: "Whale watching", ExternalID: "WW1", Date: "2026-07-11", Time: "13:00"},
		{Title: "Golden circle", ExternalID: "GC1", Date: "2026-07-12", Time: "08:30"},
	}
)

// pick takes one at random.
func pick[T any](list []T) T { return list[rand.IntN(len(list))] }

func (d *desk) repeat(ctx context.Context, s *stage) error {
	return d.tell(ctx, s, bokun.ActionConfirmed)
}

func (d *desk) change(ctx context.Context, s *stage) error {
	stand, ok := s.services["bokun"].(*bokun.Fake)
	if !ok || d.last == nil {
		return errNothingYet
	}
	if err := stand.ChangePrice(d.last.ID, d.last.Items[0], strconv.Itoa(some(80, 300, 100))); err != nil {
		return fmt.Errorf("change the price of booking %s: %w", d.last.Code, err)
	}
	return d.tell(ctx, s, bokun.ActionConfirmed)
}

func (d *desk) cancel(ctx context.Context, s *stage) error {
	stand, ok := s.services["bokun"].(*bokun.Fake)
	if !ok || d.last == nil {
		return errNothingYet
	}
	if err := stand.CancelKeeping(d.last.ID, "0"); err != nil {
		return fmt.Errorf("cancel booking %s: %w", d.last.Code, err)
	}
	return d.tell(ctx, s, bokun.ActionItemCancelled)
}

// till is where things are paid for at the stand-in PayPal.
type till struct {
	count int
	last  paypal.Happening
}

func (t *till) sell(ctx context.Context, s *stage, order paypal.Order) error {
	stand, ok := s.services["paypal"].(*paypal.Fake)
	if !ok {
		return errors.New("there is no stand-in for PayPal")
	}
	t.count++
	order.Invoice = fmt.Sprintf("WEB-%d", 20260+t.count)
	happened, err := stand.Pay(order)
	if err != nil {
		return fmt.Errorf("pay order %s: %w", order.Invoice, err)
	}
	t.last = happened
	return insist(ctx, func() error { return stand.Fire(ctx, s.hooks["paypal"], happened.IPN) })
}

func (t *till) pay(ctx context.Context, s *stage) error { return t.sell(ctx, s, paypal.Order{}) }

func (t *till) later(ctx context.Context, s *stage) error {
	return t.sell(ctx, s, paypal.Order{Pending: "echeck"})
}

func (t *till) repeat(ctx context.Context, s *stage) error {
	stand, ok := s.services["paypal"].(*paypal.Fake)
	if !ok || t.last.ID == "" {
		return errNothingYet
	}
	return insist(ctx, func() error { return stand.Fire(ctx, s.hooks["paypal"], t.last.IPN) })
}

func (t *till) giveBack(ctx context.Context, s *stage) error {
	stand, ok := s.services["paypal"].(*paypal.Fake)
	if !ok || t.last.ID == "" {
		return errNothingYet
	}
	happened, err := stand.Refund(t.last.ID, "")
	if err != nil {
		return fmt.Errorf("give a payment back: %w", err)
	}
	return insist(ctx, func() error { return stand.Fire(ctx, s.hooks["paypal"], happened.IPN) })
}

// writer is who writes rows into the stand-in's sheet.
type writer struct {
	name, email, text string
	count             int
}

// row writes one that may go, and has the hub look at the sheet.
func (w *writer) row(ctx context.Context, s *stage) error {
	stand, ok := s.services["googlesheets"].(*googlesheets.Fake)
	if !ok {
		return errors.New("there is no stand-in for Google Sheets")
	}
	w.count++
	row := written{number: fmt.Sprintf("B-%d", 1020+w.count), name: w.name, email: w.email, text: w.text, amount: strconv.Itoa(some(50, 400, 100)), send: "yes"}
	stand.AddRow(row.cells()...)
	return s.hasten(ctx)
}

// fillInForm has somebody fill in the form.
func fillInForm(ctx context.Context, s *stage) error {
	page, err := s.openForm(ctx, "order")
	if err != nil {
		return err
	}
	amount := strconv.Itoa(some(3, 30, 50))
	status, err := s.fillIn(ctx, "order", page, visit{name: "Анна Лінд", phone: "+380 67 123 45 67", amount: amount})
	if err == nil && status >= 400 {
		err = fmt.Errorf("the form that was filled in came back with status %d", status)
	}
	return err
}

// reception is where services are booked that are paid through imoje.
type reception struct {
	count int
	last  *reservation
	paid  string // the transaction of the last
}

func (r *reception) book(ctx context.Context, s *stage) error {
	r.count++
	r.last, r.paid = &reservation{id: fmt.Sprintf("R-%d", 2040+r.count), customer: "anna@example.com"}, ""
	return (&links{}).book(ctx, s, r.last)
}

// link is the link of the last booking; it is there once the hub has worked on it.
func (r *reception) link(s *stage) (string, *imoje.Fake, error) {
	stand, ok := s.services["imoje"].(*imoje.Fake)
	if !ok || r.last == nil {
		return "", nil, errNothingYet
	}
	made, err := holds[paymentLink](s, "imoje", "links")
	if err != nil {
		return "", nil, err
	}
	for _, link := range made {
		if link.OrderID == r.last.id {
			return link.ID, stand, nil
		}
	}
	return "", nil, errNothingYet
}

func (r *reception) settle(ctx context.Context, s *stage) error {
	link, stand, err := r.link(s)
	if err != nil {
		return err
	}
	if r.paid, err = stand.Pay(link, "settled"); err != nil {
		return fmt.Errorf("pay booking %s: %w", r.last.id, err)
	}
	return (&links{}).fire(ctx, s, stand, link, r.paid)
}

func (r *reception) giveBack(ctx context.Context, s *stage) error {
	link, stand, err := r.link(s)
	if err != nil {
		return err
	}
	if r.paid == "" {
		return errNothingYet
	}
	back, err := stand.GiveBack(r.paid)
	if err != nil {
		return fmt.Errorf("give the money back: %w", err)
	}
	return (&links{}).fire(ctx, s, stand, link, back)
}

// hasten has the hub look at every source of the business that is asked by schedule.
func (s *stage) hasten(ctx context.Context) error {
	configuration, err := s.hub.Store.Configuration(ctx)
	if err != nil {
		return fmt.Errorf("find the connections: %w", err)
	}
	for _, c := range configuration.Connections {
		if c.Schedule.IsZero() || c.WorkspaceID != s.workspace {
			continue
		}
		if err := s.hub.Store.Hasten(ctx, c.ID, s.hub.Store.Now()); err != nil {
			return fmt.Errorf("look at the sheet now: %w", err)
		}
	}
	return nil
}

// looked waits until every source of the business that is asked by schedule has been asked once.
func (s *stage) looked(ctx context.Context) error {
	for _, p := range s.hub.Engine.Pipes(s.workspace) {
		if p.Schedule.IsZero() || p.Trigger == nil || p.Trigger.Poll == nil {
			continue
		}
		if err := until(ctx, "the first look of "+p.Key, func() (bool, error) {
			last, err := s.lastRun(ctx, p.ID)
			return last > 0, err
		}); err != nil {
			return err
		}
	}
	return nil
}
