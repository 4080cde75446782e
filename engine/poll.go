package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/store"
)

// maxPolls is how many schedules one node runs at once, so that a slow source does not hold up the others.
const maxPolls = 16

// poll fires due schedules until ctx ends, and returns when the runs under way have. Any node may fire; each planned time is fired by exactly one.
// Requests are made under work, which outlives ctx by the grace.
func (e *Engine) poll(ctx, work context.Context) {
	t := newTurns(maxPolls)
	defer t.runs.Wait()
	tick := time.NewTicker(max(e.hurry(time.Second), 20*time.Millisecond))
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		due, err := e.store.DueSchedules(ctx, e.store.Now())
		if err != nil && ctx.Err() == nil {
			e.log.Error("look for due schedules", "error", err)
		}
		for _, d := range due {
			t.start(ctx, d.ConnectionID, func() { // a run that takes longer than its interval is not run beside itself, and stays due
				if err := e.fire(work, ctx.Done(), d); err != nil {
					e.log.Error("run a schedule", "connection", d.ConnectionID, "error", err)
				}
			})
		}
	}
}

// fire runs one due schedule. What was missed while nobody ran collapses into one run.
func (e *Engine) fire(ctx context.Context, stop <-chan struct{}, d store.Due) error {
	pipe, ok := e.Pipe(d.ConnectionID)
	if !ok || d.Every <= 0 {
		return nil
	}
	now := e.store.Now()
	next := d.PlannedAt.Add(now.Sub(d.PlannedAt).Truncate(d.Every) + d.Every)
	runID, won, err := e.store.Fire(ctx, d, next, now)
	if err != nil || !won {
		return err
	}
	problem, polls := pollable(pipe)
	if !polls {
		return e.store.EndRun(ctx, runID, problem, now)
	}
	err = e.pollPages(ctx, stop, pipe, runID)
	if err != nil {
		failure := connector.AsError(err)
		problem = reason(failure)
		if p, ok := errors.AsType[*panicked](err); ok {
			problem = p.Error()
		}
		e.log.Warn("a poll failed", "connection", pipe.Key, "kind", failure.Kind.String(), "code", failure.Code) // the text may be the connector's own
		err = nil
		if failure.Kind == connector.Attention {
			err = e.attention(ctx, pipe.From, failure)
		}
	}
	return errors.Join(err, e.store.EndRun(context.WithoutCancel(ctx), runID, problem, e.store.Now()))
}

// pollable says whether a due connection is asked for what is new; one that should be and cannot comes with the reason.
func pollable(pipe *Pipe) (problem string, ok bool) {
	switch {
	case pipe.Problem != nil:
		return "the connection has faults and cannot run", false
	case pipe.Trigger.Poll == nil:
		return "", false
	case !pipe.From.Usable():
		return "its account cannot be used now", false
	}
	return "", true
}

// maxPages bounds one run; the next goes on where it ended.
const maxPages = 1000

// pollPages asks the source page by page, each stored together with how far it came.
func (e *Engine) pollPages(ctx context.Context, stop <-chan struct{}, pipe *Pipe, runID int64) error {
	place := pipe.place()
	cursor, err := e.store.Cursor(ctx, pipe.ID, place)
	if err != nil {
		return err
	}
	for range maxPages {
		select {
		case <-stop:
			return connector.Refusal("stopped", "", "Tengi was stopped before the poll had come to its end; the next goes on from there")
		default:
		}
		client, err := e.client(pipe.From, pipe.Options, nil, "")
		if err != nil {
			return err
		}
		var page connector.Polled
		err = e.guard(pipe.From.Connector, "poll", func() (err error) {
			page, err = pipe.Trigger.Poll(ctx, client, connector.Cursor(cursor))
			return err
		})
		if err != nil {
			return fmt.Errorf("ask %s: %w", pipe.From.Connector.Title, err)
		}
		if err := e.storePage(ctx, pipe, store.Cursor{ConnectionID: pipe.ID, Place: place, Cursor: cursor, RunID: runID}, page); err != nil {
			return fmt.Errorf("store what the poll found: %w", err)
		}
		cursor = string(page.Cursor)
		if !page.More {
			return nil
		}
	}
	return nil
}

// storePage stores a page of a poll and moves the cursor from at. What is new goes to every connection of the account, as a notice would: the notice
// may come later, and be a repeat then. What is known already is only joined by the connection that asked. Of a trigger whose polls are the source's
// own, everything goes to the connection that asked.
func (e *Engine) storePage(ctx context.Context, pipe *Pipe, at store.Cursor, page connector.Polled) error {
	pipes := e.snapshot.Load().bySource[pipe.From.ID]
	if pipe.Trigger.Own {
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
	stored, err := e.store.Ingest(ctx, store.Ingest{Events: events, Cursor: &at}) // the cursor stays: this may have to be done again
	if err != nil {
		return err
	}
	e.arrived(ctx, pipe.From, pipes, stored)
	known := store.Ingest{Join: true, Cursor: &store.Cursor{ConnectionID: pipe.ID, Place: at.Place, Cursor: string(page.Cursor)}}
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
