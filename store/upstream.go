package store

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/tengi/tengi"
)

// Upstream is what another connection has made of what an event is about.
type Upstream struct {
	Documents []tengi.Document // that stand, oldest first
	Working   bool             // it is still at it
	Waits     State            // its last delivery waits for a person in this state; empty = it does not
}

// Upstream reads what a connection has made for an object, or for an event alone.
func (s *Store) Upstream(ctx context.Context, connectionID string, eventID int64, object string) (Upstream, error) {
	var up Upstream
	f := DeliveryFilter{ConnectionID: connectionID, Object: object, Limit: maxList}
	deliveries, err := s.Deliveries(ctx, f)
	if err != nil {
		return up, err
	}
	up.Working = slices.ContainsFunc(deliveries, func(d Delivery) bool { return d.State == Running || !d.DueAt.IsZero() })
	if len(deliveries) > 0 && !up.Working && !deliveries[0].State.Ended() {
		up.Waits = deliveries[0].State
	}
	up.Documents, err = s.documents(ctx, "connection_id = $1 AND object = $2 AND undone_by = 0 AND undoes = 0 ORDER BY id", connectionID, object)
	if err != nil {
		return up, fmt.Errorf("read what connection %s has made for event %d: %w", connectionID, eventID, err)
	}
	return up, nil
}

// Delivered says whether an event that a source reports again has been brought to a connection before.
func (s *Store) Delivered(ctx context.Context, connectionID, accountID, dedupe string) (bool, error) {
	var id int64
	hash := dedupeHash(accountID, clean(dedupe))
	err := s.one(ctx, []any{&id}, "SELECT d.id FROM event e JOIN delivery d ON d.event_id = e.id AND d.connection_id = $2 WHERE e.dedupe_hash = $1", hash[:], connectionID)
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}
