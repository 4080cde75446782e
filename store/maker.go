package store

import (
	"context"
	"fmt"
)

// Maker is the delivery that made a document.
type Maker struct {
	DeliveryID   int64
	EventID      int64
	ConnectionID string
	AccountID    string // where it was made
	Object       string // of the delivery
	Undoes       int64  // the document that this one undid; 0 = none
}

// Maker finds the delivery that made a document.
func (s *Store) Maker(ctx context.Context, documentID int64) (Maker, error) {
	var m Maker
	err := s.one(ctx, []any{&m.DeliveryID, &m.EventID, &m.ConnectionID, &m.AccountID, &m.Object, &m.Undoes},
		"SELECT t.delivery_id, d.event_id, t.connection_id, t.account_id, d.object, t.undoes FROM document t JOIN delivery d ON d.id = t.delivery_id WHERE t.id = $1", documentID)
	if err != nil {
		return m, fmt.Errorf("find who made document %d: %w", documentID, err)
	}
	return m, nil
}
