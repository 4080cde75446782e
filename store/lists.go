package store

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/tengi/tengi"
)

// EventFilter narrows a list of events; zero fields do not.
type EventFilter struct {
	AccountIDs   []string // where they came from
	ConnectionID string   // that has a delivery for them; they come in the order of the deliveries
	Object       string
	Before       int64 // for the next page: the id of this page's last event
	Limit        int   // at most maxList; 0 = 50
}

// Events lists events, newest first, without what came in and its data: these may be large, and Event reads them.
func (s *Store) Events(ctx context.Context, f EventFilter) ([]tengi.Event, error) {
	var list []tengi.Event
	var err error
	before, limit := page(f.Before, f.Limit)
	switch {
	case f.Object != "":
		err = s.events(ctx, &list, f, limit, "object = $1 AND object <> '' AND id < $2", f.Object, before)
	case f.ConnectionID != "":
		return s.eventsOf(ctx, f, limit)
	case len(f.AccountIDs) > 0:
		accounts := f.AccountIDs
		f.AccountIDs = nil
		for _, id := range accounts {
			if err = s.events(ctx, &list, f, limit, "account_id = $1 AND id < $2", id, before); err != nil {
				break
			}
		}
	default:
		err = s.events(ctx, &list, f, limit, "id < $1", before)
	}
	if err != nil {
		return nil, fmt.Errorf("list events: %w", err)
	}
	return newest(list, limit, func(e tengi.Event) int64 { return e.ID }), nil
}

// events appends the page of a query to list, with the filters that need no index of their own.
func (s *Store) events(ctx context.Context, list *[]tengi.Event, f EventFilter, limit int, where string, args ...any) error {
	if n := len(f.AccountIDs); n > 0 {
		where += " AND account_id IN (" + placeholders(len(args)+1, n) + ")"
		for _, id := range f.AccountIDs {
			args = append(args, id)
		}
	}
	if f.ConnectionID != "" {
		args = append(args, f.ConnectionID)
		where += fmt.Sprintf(" AND EXISTS (SELECT 1 FROM delivery d WHERE d.event_id = event.id AND d.connection_id = $%d)", len(args))
	}
	args = append(args, limit)
	return s.rows(ctx, func(r scanner) error {
		var e tengi.Event
		var sold string
		var loaded, received int64
		if err := r.Scan(&e.ID, &e.AccountID, &e.Type, &e.Object, &e.Version, &e.Dedupe, &sold, &loaded, &e.Unreadable, &received); err != nil {
			return err
		}
		e.NeedsLoad, e.ReceivedAt = loaded == 0, moment(received)
		var err error
		e.Sale, err = readSale(sold)
		*list = append(*list, e)
		return err
	}, "SELECT id, account_id, type, object, version, dedupe, sale, loaded, unreadable, received_at FROM event WHERE "+where+fmt.Sprintf(" ORDER BY id DESC LIMIT $%d", len(args)), args...)
}

// eventsOf lists the events that a connection has deliveries for.
func (s *Store) eventsOf(ctx context.Context, f EventFilter, limit int) ([]tengi.Event, error) {
	find := DeliveryFilter{ConnectionID: f.ConnectionID, Limit: limit}
	if f.Before > 0 {
		last, err := s.Deliveries(ctx, DeliveryFilter{ConnectionID: f.ConnectionID, EventID: f.Before, Limit: 1})
		if err != nil {
			return nil, err
		}
		if find.Before = f.Before; len(last) == 1 { // it should be there; if not, ids of one counter are still a place to begin
			find.Before = last[0].ID
		}
	}
	deliveries, err := s.Deliveries(ctx, find)
	if err != nil || len(deliveries) == 0 {
		return nil, err
	}
	args := make([]any, len(deliveries))
	place := make(map[int64]int, len(deliveries))
	for i, d := range deliveries {
		args[i], place[d.EventID] = d.EventID, i
	}
	f.ConnectionID = ""
	var found []tengi.Event
	if err := s.events(ctx, &found, f, limit, "id IN ("+placeholders(1, len(args))+")", args...); err != nil {
		return nil, fmt.Errorf("list events of connection %s: %w", find.ConnectionID, err)
	}
	return newest(found, limit, func(e tengi.Event) int64 { return int64(-place[e.ID]) }), nil
}

// Attempts lists a delivery's attempts, oldest first.
func (s *Store) Attempts(ctx context.Context, deliveryID int64) ([]Attempt, error) {
	var attempts []Attempt
	err := s.rows(ctx, func(r scanner) error {
		a := Attempt{DeliveryID: deliveryID}
		var exchanges string
		var started, ended int64
		err := r.Scan(&a.ID, &a.StepKey, &a.Op, &a.Outcome, &a.Code, &a.Message, &a.Detail, &exchanges, &a.Node, &started, &ended)
		a.StartedAt, a.EndedAt = moment(started), moment(ended)
		if exchanges != "" {
			a.Exchanges = json.RawMessage(exchanges)
		}
		attempts = append(attempts, a)
		return err
	}, "SELECT id, step_key, op, outcome, code, message, detail, exchanges, node, started_at, ended_at FROM attempt WHERE delivery_id = $1 ORDER BY id", deliveryID)
	if err != nil {
		return nil, fmt.Errorf("list the attempts of delivery %d: %w", deliveryID, err)
	}
	return attempts, nil
}
