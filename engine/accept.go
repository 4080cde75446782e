package engine

import (
	"context"
	"fmt"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/store"
)

// Accept stores what an account's source reported, with a delivery for each connection that wants it, and returns only when it is durable.
// Connections that are switched off or broken get their deliveries too; they wait.
func (e *Engine) Accept(ctx context.Context, a *Account, events []tengi.Event) ([]store.Ingested, error) {
	pipes := e.snapshot.Load().bySource[a.ID]
	in := store.Ingest{Events: make([]store.NewEvent, len(events))}
	for i, event := range events {
		event.AccountID = a.ID
		in.Events[i] = newEvent(event, pipes)
	}
	life, places := e.taking.Load(), 0
	if len(events) == 1 { // of several that came together, the later may say what is to become of the earlier
		places = e.offer(life, &in.Events[0])
	}
	// Invariant 1: nothing is acknowledged before it is durably stored.
	stored, err := e.store.Ingest(ctx, in)
	e.taken(life, places, stored)
	if err != nil {
		return nil, fmt.Errorf("store events of account %s: %w", a.Key, err)
	}
	e.arrived(ctx, a, pipes, stored)
	e.doubt(a, events)
	return stored, nil
}

// arrived counts events and wakes those who work on them.
func (e *Engine) arrived(ctx context.Context, a *Account, pipes []*Pipe, stored []store.Ingested) {
	fresh := false
	for _, s := range stored {
		fate := "new"
		if s.Duplicate {
			fate = "repeated"
		}
		fresh = fresh || s.Joined > len(s.Taken)
		e.metrics.events.WithLabelValues(a.Account.Connector, fate).Inc()
	}
	if !fresh {
		return
	}
	for _, p := range pipes {
		e.askPipe(p)
		if err := e.announce(ctx, p.ID); err != nil {
			e.log.Warn("announce new work", "error", err)
		}
	}
}

// announce tells other nodes about work, unless this node has room for it.
func (e *Engine) announce(ctx context.Context, connectionID string) error {
	e.mu.Lock()
	busy := len(e.held) >= e.workers
	e.mu.Unlock()
	if !busy {
		return nil
	}
	return e.store.Announce(ctx, connectionID)
}

// newEvent gives an event a delivery for each connection that wants it.
func newEvent(event tengi.Event, pipes []*Pipe) store.NewEvent {
	n := store.NewEvent{Event: event}
	for _, p := range pipes {
		d := store.NewDelivery{ConnectionID: p.ID, AccountID: p.first(event.NeedsLoad), State: store.Waiting}
		switch {
		case event.Unreadable != "":
			d.State, d.Code, d.Reason = store.Held, connector.CodeUnreadable, event.Unreadable
		case p.Trigger != nil && !p.Trigger.Covers(event.Type):
			continue
		}
		n.Deliveries = append(n.Deliveries, d)
	}
	return n
}
