package store

import (
	"context"
	"fmt"
	"time"

	"github.com/tengi/tengi/money"
)

// EventRow is an event as a list shows it.
type EventRow struct {
	ID         int64
	AccountID  string
	Type       string
	Object     string
	ReceivedAt time.Time
	NeedsLoad  bool   // what it says is not known yet
	Unreadable string // why its input could not be understood
	Forgotten  bool   // what it said was removed, as it is older than the workspace keeps events
	Reference  string // the sale's
	Customer   string
	Email      string
	Total      money.Amount  // of the sale, or else of the first document that has an amount; without a currency when there is none
	Deliveries []DeliveryRow // in the order in which they were made
}

// DeliveryRow is a delivery as a list shows it.
type DeliveryRow struct {
	ID           int64
	EventID      int64
	ConnectionID string
	State        State
	DueAt        time.Time // zero: not the clock's
	Code         string
	Reason       string
	UpdatedAt    time.Time
	Documents    []DocumentRow // what it made and what it undid others by, oldest first; of what was undone without a trace, that itself
}

// Standing is where people look for the delivery.
func (d DeliveryRow) Standing() Standing { return standingOf(d.State, d.DueAt) }

// Document is the newest document; nil when nothing was made.
func (d DeliveryRow) Document() *DocumentRow {
	if len(d.Documents) == 0 {
		return nil
	}
	return &d.Documents[len(d.Documents)-1]
}

// eventRows reads events in the order of their ids, with what became of them. An event that is gone meanwhile is left out.
func (s *Store) eventRows(ctx context.Context, workspaceID string, ids []int64) ([]EventRow, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	found := map[int64]*EventRow{}
	in, args := listed(ids, 1)
	err := s.rows(ctx, func(r scanner) error {
		var e EventRow
		var sold string
		var loaded, received int64
		if err := r.Scan(&e.ID, &e.AccountID, &e.Type, &e.Object, &e.Forgotten, &sold, &loaded, &e.Unreadable, &received); err != nil {
			return err
		}
		e.NeedsLoad, e.ReceivedAt = loaded == 0, moment(received)
		found[e.ID] = &e
		return e.tell(sold)
	}, "SELECT id, account_id, type, object, raw = '', sale, loaded, unreadable, received_at FROM event WHERE id IN ("+in+")", args...)
	if err != nil {
		return nil, err
	}
	deliveries, err := s.deliveryRows(ctx, workspaceID, ids)
	if err != nil {
		return nil, err
	}
	rows := make([]EventRow, 0, len(ids))
	for _, id := range ids {
		e := found[id]
		if e == nil {
			continue
		}
		e.Deliveries = deliveries[id]
		e.appraise()
		rows = append(rows, *e)
	}
	return rows, nil
}

// tell fills in what the sale says.
func (e *EventRow) tell(sold string) error {
	sale, err := readSale(sold)
	if err != nil {
		return fmt.Errorf("read the sale of event %d: %w", e.ID, err)
	}
	if sale != nil {
		e.Reference, e.Customer, e.Email = sale.Reference, sale.Customer.Name, sale.Customer.Email
		e.Total = money.New(sale.Total, sale.Currency)
	}
	return nil
}

// appraise takes the total from the documents when no sale has said it.
func (e *EventRow) appraise() {
	for _, d := range e.Deliveries {
		for _, document := range d.Documents {
			if e.Total.Currency == "" {
				e.Total = document.Amount
			}
		}
	}
}

// deliveryRows reads the deliveries of events, by event, with their documents.
func (s *Store) deliveryRows(ctx context.Context, workspaceID string, events []int64) (map[int64][]DeliveryRow, error) {
	in, args := listed(events, 2)
	var list []DeliveryRow
	err := s.rows(ctx, func(r scanner) error {
		var d DeliveryRow
		var due, updated int64
		err := r.Scan(&d.ID, &d.EventID, &d.ConnectionID, &d.State, &due, &d.Code, &d.Reason, &updated)
		d.DueAt, d.UpdatedAt = moment(due), moment(updated)
		list = append(list, d)
		return err
	}, `SELECT d.id, d.event_id, d.connection_id, d.state, coalesce(d.due_at, 0), d.code, d.reason, d.updated_at FROM delivery d
WHERE d.connection_id IN (SELECT c.id FROM connection c WHERE c.workspace_id = $1) AND d.event_id IN (`+in+") ORDER BY d.id", append([]any{workspaceID}, args...)...)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	ids := make([]int64, len(list))
	for i, d := range list {
		ids[i] = d.ID
	}
	documents, err := s.documentsOf(ctx, ids)
	if err != nil {
		return nil, err
	}
	rows := map[int64][]DeliveryRow{}
	for _, d := range list {
		d.Documents = documents[d.ID]
		rows[d.EventID] = append(rows[d.EventID], d)
	}
	return rows, nil
}

// documentsOf reads what deliveries made, or undid others by.
func (s *Store) documentsOf(ctx context.Context, deliveries []int64) (map[int64][]DocumentRow, error) {
	in, args := listed(deliveries, 1)
	rows := map[int64][]DocumentRow{}
	err := s.rows(ctx, func(r scanner) error {
		var delivery int64
		d, err := scanDocumentRow(r, &delivery)
		rows[delivery] = append(rows[delivery], d)
		return err
	}, "SELECT "+documentRowColumns+`, s.delivery_id FROM step s JOIN document t ON t.id = s.document_id
JOIN document d ON d.id = CASE WHEN s.op = 'undo' AND t.undone_by > 0 THEN t.undone_by ELSE t.id END
WHERE s.delivery_id IN (`+in+") AND s.document_id > 0 ORDER BY d.id", args...)
	return rows, err
}

// listed writes ids into a statement as $from, $from+1, ... Lists of a few lengths keep the number of different statements small; a shorter one is
// filled up with its last id.
func listed(ids []int64, from int) (string, []any) {
	n := len(ids)
	for _, length := range []int{1, 10, 50, 200, maxList} {
		if n <= length {
			n = length
			break
		}
	}
	args := make([]any, n)
	for i := range args {
		args[i] = ids[min(i, len(ids)-1)]
	}
	return placeholders(from, n), args
}
