package store

import (
	"context"
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
