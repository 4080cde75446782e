package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
)

// Link is one document of an object's story, with what made it.
type Link struct {
	Document DocumentRow
	Event    *EventRow    // nil: it is not there any more
	Delivery *DeliveryRow // nil with it
}

// Chain is the documents of an object across all connections of a workspace, oldest first: invoice, payment, message, credit, and the invoice after it.
func (s *Store) Chain(ctx context.Context, workspaceID, object string) ([]Link, error) {
	links, err := s.chain(ctx, workspaceID, object)
	if err != nil {
		return nil, fmt.Errorf("read the documents of %s: %w", object, err)
	}
	return links, nil
}

func (s *Store) chain(ctx context.Context, workspaceID, object string) ([]Link, error) {
	documents, err := s.documentRows(ctx, DocumentFilter{WorkspaceID: workspaceID, Object: object, Limit: maxList})
	if err != nil || len(documents) == 0 {
		return nil, err
	}
	slices.Reverse(documents)
	deliveries := make([]int64, len(documents))
	for i, d := range documents {
		deliveries[i] = d.DeliveryID
	}
	owners, err := s.owners(ctx, deliveries)
	if err != nil {
		return nil, err
	}
	var events []int64
	for _, owner := range owners {
		events = append(events, owner.event)
	}
	rows, err := s.eventRows(ctx, workspaceID, events)
	if err != nil {
		return nil, err
	}
	links := make([]Link, len(documents))
	for i, d := range documents {
		links[i].Document = d
		if at := slices.IndexFunc(rows, func(row EventRow) bool { return row.ID == owners[d.DeliveryID].event }); at >= 0 {
			links[i].Event = &rows[at]
			if at := slices.IndexFunc(rows[at].Deliveries, func(row DeliveryRow) bool { return row.ID == d.DeliveryID }); at >= 0 {
				links[i].Delivery = &links[i].Event.Deliveries[at]
			}
		}
	}
	return links, nil
}

// InboxQuery says which group of the inbox a page shows.
type InboxQuery struct {
	WorkspaceID  string
	ConnectionID string
	State        State
	Code         string
	Before       int64 // only deliveries below; for the next page: the last one of this
	Limit        int   // at most maxList; 0 = 50
}

// InboxRow is a delivery that waits for a person, since Delivery.UpdatedAt, with the event it is to bring.
type InboxRow struct {
	Event    EventRow
	Delivery DeliveryRow
}

// InboxPage lists the deliveries of a group of the inbox, newest first.
func (s *Store) InboxPage(ctx context.Context, q InboxQuery) ([]InboxRow, error) {
	rows, err := s.inboxPage(ctx, q)
	if err != nil {
		return nil, fmt.Errorf("list what waits for a person: %w", err)
	}
	return rows, nil
}

func (s *Store) inboxPage(ctx context.Context, q InboxQuery) ([]InboxRow, error) {
	before, limit := page(q.Before, q.Limit)
	if !slices.Contains([]State{Failed, Held, Unknown}, q.State) {
		return nil, nil
	}
	connections, err := s.connections(ctx, q.WorkspaceID, q.ConnectionID)
	if err != nil || len(connections) != 1 {
		return nil, err
	}
	var pairs [][2]int64
	err = s.pairs(ctx, &pairs, "SELECT id, event_id FROM delivery WHERE connection_id = $1 AND state = '"+string(q.State)+"' AND due_at IS NULL AND code = $2 AND id < $3 ORDER BY id DESC LIMIT $4",
		q.ConnectionID, q.Code, before, limit)
	if err != nil {
		return nil, err
	}
	events := make([]int64, len(pairs))
	for i, pair := range pairs {
		events[i] = pair[1]
	}
	found, err := s.eventRows(ctx, q.WorkspaceID, events)
	var rows []InboxRow
	for _, e := range found {
		for _, d := range e.Deliveries {
			if slices.ContainsFunc(pairs, func(pair [2]int64) bool { return pair[0] == d.ID }) {
				rows = append(rows, InboxRow{Event: e, Delivery: d})
			}
		}
	}
	slices.SortFunc(rows, func(a, b InboxRow) int { return cmp.Compare(b.Delivery.ID, a.Delivery.ID) })
	return rows, err
}
