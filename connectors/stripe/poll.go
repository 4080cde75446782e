package stripe

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/field"
)

const (
	// overlap is how far every poll reaches back behind the one before. Events carry the second they were made in, and the list is not promised to
	// be complete at once.
	overlap = time.Hour
	// kept is how long Stripe keeps events (https://docs.stripe.com/api/events: 30 days), less a margin.
	kept    = 30*24*time.Hour - time.Hour
	samples = 3
	// lookedThrough is how many events are looked at for samples.
	lookedThrough = 12
)

// triggers are what the connector reports, each with Stripe's own types of events. One sale is reported by several of them: a connection takes one.
func triggers() []connector.Trigger {
	return []connector.Trigger{
		trigger("checkout", "Checkout completed or refunded", true, checkoutOutput(), []string{typeCheckout, typeCheckoutPaid, typeCheckoutBack},
			"checkout.session.completed", "checkout.session.async_payment_succeeded", "charge.refunded"),
		trigger("invoice", "Invoice paid or credited", true, invoiceOutput(), []string{typeInvoice, typeInvoicePaid, typeInvoiceCredited},
			"invoice.paid", "credit_note.created"),
		trigger("invoice_failed", "Payment of an invoice failed", false, failureOutput(), []string{typeInvoiceFailed}, "invoice.payment_failed"),
		trigger("payment_failed", "Payment failed", false, failureOutput(), []string{typePaymentFailed}, "payment_intent.payment_failed"),
		trigger("refund", "Refund made or failed", false, refundOutput(), []string{typeRefund, typeRefundFailed}, "refund.created", "refund.failed"),
	}
}

func trigger(key, title string, sale bool, output field.Set, types []string, theirs ...string) connector.Trigger {
	return connector.Trigger{
		Key: key, Title: title, Types: types, Sale: sale, Output: output, Anew: []string{"since"},
		Options: field.Set{{Key: "since", Type: field.Date, Label: "From this day on", Example: "2026-07-01",
			Help: "Only for the first time that Stripe is asked, and the next time when you change it: events of the last 30 days can be fetched. Empty = only what is new."}},
		Poll: func(ctx context.Context, c *connector.Client, at connector.Cursor) (connector.Polled, error) {
			return poll(ctx, c, at, theirs)
		},
		Backfill: func(ctx context.Context, c *connector.Client, span connector.Span, at connector.Cursor) (connector.Polled, error) {
			return backfill(ctx, c, span, at, theirs)
		},
		Sample: func(ctx context.Context, c *connector.Client) ([]tengi.Event, error) { return sample(ctx, c, theirs) },
	}
}

// position is how far a poll has come: between polls only From is set, within one the window and the last event of the page before.
type position struct {
	From  int64  `json:"from"` // Unix seconds
	To    int64  `json:"to,omitempty"`
	After string `json:"after,omitempty"`
}

// poll lists the events since the last time. It finds what no notice told of: a lost one, one refused while the hub was away, or all of them where
// the hub cannot be reached from outside.
func poll(ctx context.Context, c *connector.Client, cursor connector.Cursor, theirs []string) (connector.Polled, error) {
	at, err := resume(c, cursor)
	if err != nil {
		return connector.Polled{}, err
	}
	return at.page(ctx, c, position{From: time.Unix(at.To, 0).Add(-overlap).Unix()}, theirs)
}

// backfill lists the events of a span of time, as far back as Stripe keeps them.
func backfill(ctx context.Context, c *connector.Client, span connector.Span, cursor connector.Cursor, theirs []string) (connector.Polled, error) {
	if first := c.Now().Add(-kept); span.From.Before(first) && cursor == "" {
		day := first.In(c.Zone()).AddDate(0, 0, 1).Format(time.DateOnly)
		return connector.Polled{}, connector.Refusal(codeTooOld, "", "Stripe tells of the last 30 days only: begin on "+day+" or later")
	}
	at := position{From: span.From.Unix(), To: span.To.Unix() - 1} // created[lte] takes the second itself
	if cursor != "" {
		if err := json.Unmarshal([]byte(cursor), &at); err != nil || at.To <= 0 {
			return connector.Polled{}, connector.Refusal("cursor", "", "the position in Stripe's events cannot be read: start anew")
		}
	}
	return at.page(ctx, c, at, theirs)
}

// codeTooOld says that Stripe does not go back so far.
const codeTooOld = "too_old"

// page lists one page. The cursor is that of the page after it, or the end when there is none.
func (at position) page(ctx context.Context, c *connector.Client, next position, theirs []string) (connector.Polled, error) {
	query := url.Values{"limit": {strconv.Itoa(perPage)}, "created[gte]": {strconv.FormatInt(at.From, 10)}, "created[lte]": {strconv.FormatInt(at.To, 10)}}
	for i, name := range theirs {
		query.Set("types["+strconv.Itoa(i)+"]", name)
	}
	if at.After != "" {
		query.Set("starting_after", at.After)
	}
	var page struct {
		Data    []event `json:"data"`
		HasMore bool    `json:"has_more"`
	}
	if err := read(ctx, c, "the events", "/v1/events", query, &page); err != nil {
		return connector.Polled{}, err
	}
	if page.HasMore {
		if len(page.Data) == 0 || page.Data[len(page.Data)-1].ID == at.After {
			return connector.Polled{}, fmt.Errorf("stripe: read the events: %w", incomplete())
		}
		next = position{From: at.From, To: at.To, After: page.Data[len(page.Data)-1].ID}
	}
	encoded, err := json.Marshal(next)
	if err != nil {
		return connector.Polled{}, fmt.Errorf("write the cursor: %w", err)
	}
	out := connector.Polled{Cursor: connector.Cursor(encoded), More: page.HasMore}
	for _, e := range slices.Backward(page.Data) { // the list runs from new to old
		out.Events = append(out.Events, e.polled(c.Now())...)
	}
	return out, nil
}

// polled is what an event of the list means. One that cannot be understood is kept for a person, as a notice would be.
func (e event) polled(now time.Time) []tengi.Event {
	events, err := e.events()
	if err != nil {
		events = []tengi.Event{{Type: "unreadable", Dedupe: e.ID, Unreadable: err.Error()}}
	}
	for i := range events {
		events[i].ReceivedAt = now
	}
	return events
}

// resume reads the cursor and opens the window of a new poll, whose end is fixed for all its pages.
func resume(c *connector.Client, cursor connector.Cursor) (position, error) {
	now := c.Now()
	var at position
	if cursor != "" {
		if err := json.Unmarshal([]byte(cursor), &at); err != nil || at.From <= 0 {
			return at, connector.Refusal("cursor", "", "the position in Stripe's events cannot be read: start anew")
		}
	} else {
		at.From = now.Add(-overlap).Unix()
		if since, err := time.ParseInLocation(time.DateOnly, c.Options.Text("since"), c.Zone()); err == nil && since.Unix() < at.From {
			at.From = since.Unix()
		}
	}
	at.From = max(at.From, now.Add(-kept).Unix())
	if at.To == 0 {
		at.To = now.Unix()
	}
	return at, nil
}

// sample fetches the newest events and what they mean.
func sample(ctx context.Context, c *connector.Client, theirs []string) ([]tengi.Event, error) {
	query := url.Values{}
	for i, name := range theirs {
		query.Set("types["+strconv.Itoa(i)+"]", name)
	}
	var shown []tengi.Event
	seen, looked := map[string]bool{}, 0
	err := list(ctx, c, "the events", "/v1/events", query, func(e event, _ json.RawMessage) error {
		if looked++; looked > lookedThrough || len(shown) >= samples {
			return errEnough
		}
		for _, event := range e.polled(c.Now()) {
			if event.Unreadable != "" || event.NeedsLoad && seen[event.Object] {
				continue
			}
			seen[event.Object] = true
			ready, ok, err := prepare(ctx, c, event)
			if err != nil {
				return err
			}
			if ok {
				shown = append(shown, ready)
			}
		}
		return nil
	})
	return shown, err
}

// prepare loads an event as the engine does; false when there is nothing in it to show.
func prepare(ctx context.Context, c *connector.Client, e tengi.Event) (tengi.Event, bool, error) {
	if !e.NeedsLoad {
		return e, true, nil
	}
	loaded, err := load(ctx, c, e)
	if err == nil && len(loaded.Instead) > 0 {
		e = loaded.Instead[0]
		loaded, err = load(ctx, c, e)
	}
	if err != nil && connector.AsError(err).Kind == connector.Permanent {
		return e, false, nil // one that a person would have to look at is no sample
	}
	if err != nil || loaded.Nothing != "" {
		return e, false, err
	}
	data, err := json.Marshal(loaded.Data)
	e.Type, e.Sale, e.Data, e.NeedsLoad = loaded.Type, loaded.Sale, data, false
	return e, err == nil, err
}
