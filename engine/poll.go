package engine

import (
	"context"
	"fmt"
	"slices"

	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/store"
)

// maxPages bounds one run of a schedule; the next goes on where it ended.
const maxPages = 1000

// errStopped says that a run was stopped between two pages, because its node stops.
var errStopped = connector.Refusal("stopped", "", "Tengi was stopped before the source had been read to its end; it goes on from there")

// ask is how a source is asked for the page after a cursor.
type ask func(context.Context, *connector.Client, connector.Cursor) (connector.Polled, error)

// readPages asks the source page by page, from a cursor on, and hands each to each together with the cursor it came from.
func (e *Engine) readPages(ctx context.Context, stop <-chan struct{}, pipe *Pipe, from string, most int, asking ask, each func(at string, page connector.Polled) error) error {
	cursor := from
	for range most {
		select {
		case <-stop:
			return errStopped
		case <-ctx.Done():
			return context.Cause(ctx)
		default:
		}
		client, err := e.client(pipe.From, pipe.Options, nil, "")
		if err != nil {
			return err
		}
		var page connector.Polled
		err = e.guard(pipe.From.Connector, "poll", func() (err error) {
			page, err = asking(ctx, client, connector.Cursor(cursor))
			return err
		})
		if err != nil {
			return fmt.Errorf("ask %s: %w", pipe.From.Connector.Title, err)
		}
		if err := each(cursor, page); err != nil {
			return fmt.Errorf("store what was found: %w", err)
		}
		cursor = string(page.Cursor)
		if !page.More {
			return nil
		}
	}
	return nil
}

// pollPages asks for what is new, each page stored together with how far it came.
func (e *Engine) pollPages(ctx context.Context, stop <-chan struct{}, pipe *Pipe, run *store.Run) error {
	place := pipe.place()
	cursor, err := e.store.Cursor(ctx, pipe.ID, place)
	if err != nil {
		return err
	}
	return e.readPages(ctx, stop, pipe, cursor, maxPages, pipe.Trigger.Poll, func(at string, page connector.Polled) error {
		return e.storePage(ctx, pipe, store.Cursor{ConnectionID: pipe.ID, Place: place, Cursor: at, RunID: run.ID, Lease: run.Lease, Found: len(page.Events)}, page)
	})
}

// storePage stores a page of a poll and moves the cursor from at. What is new goes to every connection of the account, as a notice would: the notice
// may come later, and be a repeat then. What is known already is only joined by the connection that asked. Of a trigger whose polls are the source's
// own, and of a range that one connection asked for, everything goes to the connection that asked.
func (e *Engine) storePage(ctx context.Context, pipe *Pipe, at store.Cursor, page connector.Polled) error {
	pipes := e.snapshot.Load().bySource[pipe.From.ID]
	if pipe.Trigger.Own || at.Range {
		pipes = []*Pipe{pipe}
	}
	events := make([]store.NewEvent, len(page.Events))
	for i, event := range page.Events {
		event.AccountID = pipe.From.ID
		if event.ReceivedAt.IsZero() {
			event.ReceivedAt = e.store.Now()
		}
		events[i] = newEvent(event, pipes)
	}
	at.Stay = true // the cursor stays: this may have to be done again
	stored, err := e.store.Ingest(ctx, store.Ingest{Events: events, Cursor: &at})
	if err != nil {
		return err
	}
	e.arrived(ctx, pipe.From, pipes, stored)
	at.Stay, at.Cursor = false, string(page.Cursor)
	known := store.Ingest{Join: true, Cursor: &at}
	for i, s := range stored {
		if s.Duplicate {
			known.Events = append(known.Events, newEvent(events[i].Event, []*Pipe{pipe}))
		}
	}
	joined, err := e.store.Ingest(ctx, known)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(joined, func(s store.Ingested) bool { return s.Joined > 0 }) {
		e.askPipe(pipe)
	}
	return nil
}
