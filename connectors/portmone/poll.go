package portmone

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/field"
)

// sliceDays is how many days are asked for at once; fewer where the answer would be too long.
const sliceDays = 7

// sourceFields are the options of a source.
func sourceFields() field.Set {
	return field.Set{
		{Key: "since", Type: field.Date, Label: "Payments from", Example: "2026-07-01",
			Help: "Older payments are left alone. Empty = from the day before this source began. When you change it, everything from that day on is asked for once more."},
		{Key: "days", Type: field.Int, Label: "Days asked back", Default: "31", Min: "2", Max: "180", Advanced: true,
			Help: "Each time the source asks by itself: what Portmone's notices did not tell is found so long afterwards."},
	}
}

// position is how far a poll has come. Days are Kyiv's.
type position struct {
	Since string `json:"since"`          // rows of earlier days are not ours to report
	From  string `json:"from,omitempty"` // the slice to ask next; empty between polls
	Days  int    `json:"days,omitempty"` // its length
}

// poll lists what the notices may have missed: they are sent for payments alone, and only where Portmone has switched them on. Rows that state no day tell of
// no money and are left alone.
func poll(ctx context.Context, c *connector.Client, cursor connector.Cursor) (connector.Polled, error) {
	today := dayOf(c.Now())
	at, from, err := resume(c, cursor, today)
	if err != nil {
		return connector.Polled{}, err
	}
	to := from.AddDate(0, 0, at.Days-1)
	if to.After(today) {
		to = today
	}
	rows, err := ask(ctx, c, question{from: from, to: to})
	if err != nil {
		e := connector.AsError(err)
		if e.Kind == connector.Permanent && e.Code == connector.CodeBadAnswer && at.Days > 1 { // longer than may be read: ask for less at once
			return at.next(from, max(at.Days/2, 1), nil)
		}
		return connector.Polled{}, fmt.Errorf("list payments: %w", err)
	}
	events, err := pointers(rows, at.Since, c)
	if err != nil {
		return connector.Polled{}, err
	}
	if to.Before(today) {
		return at.next(to.AddDate(0, 0, 1), at.Days, events)
	}
	text, err := json.Marshal(position{Since: at.Since})
	return connector.Polled{Events: events, Cursor: connector.Cursor(text)}, err
}

// next goes on with another slice.
func (p position) next(from time.Time, days int, events []tengi.Event) (connector.Polled, error) {
	p.From, p.Days = from.Format(time.DateOnly), days
	text, err := json.Marshal(p)
	return connector.Polled{Events: events, Cursor: connector.Cursor(text), More: true}, err
}

// dayOf is the beginning of a day in Kyiv.
func dayOf(t time.Time) time.Time {
	y, m, d := t.In(kyiv()).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, kyiv())
}

// resume reads the cursor. The first poll begins with the source's own first day, and does not report the shop's history by accident.
func resume(c *connector.Client, cursor connector.Cursor, today time.Time) (position, time.Time, error) {
	at := position{Since: c.Options.Text("since")}
	if cursor == "" {
		if at.Since == "" {
			at.Since = today.AddDate(0, 0, -1).Format(time.DateOnly)
		}
		at.From = at.Since
	} else if err := json.Unmarshal([]byte(cursor), &at); err != nil {
		return at, today, connector.Refusal("cursor", "", "the position of this search cannot be read: start the search anew")
	}
	if at.Days < 1 || at.Days > sliceDays {
		at.Days = sliceDays
	}
	since, err := time.ParseInLocation(time.DateOnly, at.Since, kyiv())
	if err != nil {
		return at, today, connector.Refusal("cursor", "", "the position of this search cannot be read: start the search anew")
	}
	from := today.AddDate(0, 0, -int(max(c.Options.Int("days"), 2)))
	if at.From != "" {
		if from, err = time.ParseInLocation(time.DateOnly, at.From, kyiv()); err != nil {
			return at, today, connector.Refusal("cursor", "", "the position of this search cannot be read: start the search anew")
		}
	}
	if from.Before(since) {
		from = since
	}
	if from.After(today) {
		from = today
	}
	return at, from, nil
}

// pointers are events for the rows that tell of money. Each is named as what a notice leads to, so that one payment is told of once.
func pointers(rows []row, since string, c *connector.Client) ([]tengi.Event, error) {
	payee := c.Settings.Text("payee_id")
	var events []tengi.Event
	for _, r := range rows {
		if r.Day == "" || r.Day < since || r.Status == statusCreated || r.Order == "" || len([]rune(r.Order)) > maxOrder {
			continue
		}
		data, err := json.Marshal(pointer{Order: r.Order, Bill: r.ID})
		if err != nil {
			return nil, fmt.Errorf("write what was found: %w", err)
		}
		events = append(events, tengi.Event{
			Type: r.eventType(payee, false), Object: "payment/" + r.Order, Dedupe: r.identity(payee), Data: data, NeedsLoad: true, ReceivedAt: c.Now(),
		})
	}
	return events, nil
}
