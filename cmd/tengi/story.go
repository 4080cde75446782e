package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/sale"
	"github.com/tengi/tengi/sandbox"
	"github.com/tengi/tengi/store"
)

// act is one booking of the demo: what happens to it and what must stand at Payday afterwards.
type act struct {
	title   string
	booking sandbox.Answer
	issued  int // invoices that stand
	undone  int // invoices that were credited
}

// perform has the stand-in Bókun take three bookings and tell of them by real webhooks.
func (d *demo) perform(ctx context.Context) ([]*act, error) {
	acts := []*act{
		{title: "is confirmed", issued: 1},
		{title: "is confirmed, and cancelled afterwards", undone: 1},
		{title: "is confirmed, and its notice comes three times: twice word for word, once in Bókun's other shape", issued: 1},
	}
	for _, a := range acts {
		if err := d.send(ctx, http.MethodPost, "bokun/bookings", sandbox.Order{Sample: true}, &a.booking); err != nil {
			return nil, err
		}
		if !a.booking.Notified {
			return nil, fmt.Errorf("the hub did not take the notice of booking %s: %s", a.booking.Code, a.booking.Problem)
		}
	}
	// Payday numbers an invoice some time after it was made, and cancels none before.
	if err := d.until(ctx, acts[1], 1, 0); err != nil {
		return nil, err
	}
	if err := d.notice(ctx, acts[1], "cancel", struct{}{}); err != nil {
		return nil, err
	}
	for _, again := range []sandbox.Hook{{}, {Shape: 2}} {
		if err := d.notice(ctx, acts[2], "fire", again); err != nil {
			return nil, err
		}
	}
	for _, a := range acts {
		if err := d.until(ctx, a, a.issued, a.undone); err != nil {
			return nil, err
		}
	}
	return acts, d.rest(ctx)
}

// notice has the stand-in Bókun change a booking, or only tell of it again.
func (d *demo) notice(ctx context.Context, a *act, what string, in any) error {
	var answer sandbox.Answer
	if err := d.send(ctx, http.MethodPost, fmt.Sprintf("bokun/bookings/%d/%s", a.booking.ID, what), in, &answer); err != nil {
		return err
	}
	if !answer.Notified {
		return fmt.Errorf("the hub did not take a notice of booking %s: %s", a.booking.Code, answer.Problem)
	}
	return nil
}

// count counts invoices: those that stand, numbered, and those that were credited.
func count(papers []paper) (standing, undone int) {
	for _, p := range papers {
		switch {
		case p.Status == issued && p.Number != nil:
			standing++
		case p.Status == cancelled:
			undone++
		}
	}
	return standing, undone
}

// until waits for what must stand at Payday.
func (d *demo) until(ctx context.Context, a *act, wantStanding, wantUndone int) error {
	return poll(ctx, func() (bool, error) {
		papers, err := d.books.of(ctx, a.booking.Code)
		standing, undone := count(papers)
		return err == nil && standing == wantStanding && undone == wantUndone, err
	}, fmt.Sprintf("booking %s, which %s, to have %d invoices standing and %d credited", a.booking.Code, a.title, wantStanding, wantUndone))
}

// rest waits until nothing is left to do, so that a second invoice would be there by now.
func (d *demo) rest(ctx context.Context) error {
	return poll(ctx, func() (bool, error) {
		counts, err := d.hub.Store.Counts(ctx)
		return counts.States[store.Waiting]+counts.States[store.Running]+counts.States[store.Retrying]+counts.States[store.Unknown] == 0, err
	}, "the hub to come to rest")
}

func poll(ctx context.Context, holds func() (bool, error), what string) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		ok, err := holds()
		if ok && err == nil {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return errors.Join(fmt.Errorf("waited in vain for %s", what), err)
		}
	}
}

// tell prints the story of each booking: what came and what was decided, from the hub; what was made, from Payday. It fails when Payday holds anything
// else than what should be there.
func (d *demo) tell(ctx context.Context, w io.Writer, acts []*act) error {
	wrong, expected := 0, 0
	for i, a := range acts {
		lines, err := d.decisions(ctx, a)
		if err != nil {
			return err
		}
		papers, err := d.books.of(ctx, a.booking.Code)
		if err != nil {
			return err
		}
		for _, p := range papers {
			lines = append(lines, "Payday has "+p.String()+".")
		}
		expected += a.issued + a.undone
		if standing, undone := count(papers); standing != a.issued || undone != a.undone || len(papers) != a.issued+a.undone {
			wrong++
			lines = append(lines, fmt.Sprintf("WRONG: there should be %d issued and %d cancelled.", a.issued, a.undone))
		}
		if _, err := fmt.Fprintf(w, "%d. Booking %s %s.\n   %s\n", i+1, a.booking.Code, a.title, strings.Join(lines, "\n   ")); err != nil {
			return err
		}
	}
	all, err := d.books.papers(ctx)
	switch {
	case err != nil:
		return err
	case wrong > 0:
		return fmt.Errorf("%d of the bookings have not the documents they should have", wrong)
	case len(all) != expected:
		return fmt.Errorf("there are %d invoices at Payday; the bookings have %d", len(all), expected)
	}
	_, err = fmt.Fprintln(w, "Every booking has exactly the documents it should have; they were read back from the stand-in Payday.")
	return err
}

// decisions are what the hub was told about a booking and what it decided, in order.
func (d *demo) decisions(ctx context.Context, a *act) ([]string, error) {
	configuration, err := d.hub.Store.Configuration(ctx)
	if err != nil {
		return nil, err
	}
	list, err := d.hub.Store.Deliveries(ctx, store.DeliveryFilter{ConnectionID: configuration.Connections[0].ID, Object: fmt.Sprintf("booking/%d", a.booking.ID), Limit: 20})
	if err != nil {
		return nil, err
	}
	lines := make([]string, len(list))
	for i, delivery := range list {
		event, _, err := d.hub.Store.Event(ctx, delivery.EventID)
		if err != nil {
			return nil, err
		}
		lines[len(list)-1-i] = decision(event, delivery)
	}
	return lines, nil
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
