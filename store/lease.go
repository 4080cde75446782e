package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"
)

// Lease names a delivery and the token under which it is held.
type Lease struct{ DeliveryID, Token int64 }

// lease is that of a claimed delivery.
func (d Claimed) lease() Lease { return Lease{DeliveryID: d.ID, Token: d.Lease} }

// Renew prolongs leases. It returns those that are lost.
func (s *Store) Renew(ctx context.Context, held []Claimed, until time.Time) (lost []Claimed, err error) {
	rows := make([][]any, len(held))
	for i, d := range held {
		rows[i] = []any{d.ID, d.Lease, until.UnixMilli()}
	}
	slices.SortFunc(rows, byID)
	err = s.change(ctx, func(t *tx) error {
		lost = nil
		kept, err := t.renew(rows)
		if err != nil {
			return err
		}
		for _, d := range held {
			if !kept[d.lease()] {
				lost = append(lost, d)
			}
		}
		return nil
	})
	return lost, err
}

// byID puts rows in the order of the ids they begin with.
func byID(a, b []any) int { return cmp.Compare(a[0].(int64), b[0].(int64)) } //nolint:forcetypeassert // as all rows of deliveries do

const prolongText = `UPDATE delivery SET lease_until = v.until {from} WHERE delivery.id = v.id AND delivery.lease = v.lease AND delivery.state = 'running'`

var (
	stands = newBulk(`SELECT d.id, d.lease FROM delivery d{join} WHERE d.id = v.id AND d.lease = v.lease AND d.state = 'running'`,
		column{"id", integer}, column{"lease", integer}, column{"until", integer})
	prolong = newBulk(prolongText, column{"id", integer}, column{"lease", integer}, column{"until", integer})
	// prolongFree is for PostgreSQL: a delivery that another transaction is just changing is left alone, lest two transactions wait for each other.
	prolongFree = newBulk(prolongText+` AND delivery.id IN (SELECT f.id FROM delivery f WHERE f.id = v.id FOR UPDATE SKIP LOCKED)`,
		column{"id", integer}, column{"lease", integer}, column{"until", integer})
)

// renew prolongs leases and returns those that stand.
func (t *tx) renew(rows [][]any) (map[Lease]bool, error) {
	kept := make(map[Lease]bool, len(rows))
	err := t.find(t.ctx, stands, rows, func(r scanner) error {
		var l Lease
		err := r.Scan(&l.DeliveryID, &l.Token)
		kept[l] = true
		return err
	})
	if err != nil {
		return nil, err
	}
	if t.w.store.dialect.postgres {
		return kept, t.run(t.ctx, prolongFree, rows)
	}
	return kept, t.run(t.ctx, prolong, rows)
}

// Expire returns deliveries whose lease has ended to where they were taken from: to the queue, where their open calls say what has to be found
// out, or to the person who was deciding about them. With node given, every lease of that node ends at once: at its start, when nothing of its
// earlier life can still be running here. wait says how long one goes without being claimed that has been lost so many times in a row; nil = not at
// all. It returns the lanes that have work again.
func (s *Store) Expire(ctx context.Context, now time.Time, node string, wait func(losses int) time.Duration) (lanes []Lane, err error) {
	err = s.change(ctx, func(t *tx) error {
		lanes = nil
		var rows, objects [][]any
		err := t.query(t.ctx, func(r scanner) error {
			var id int64
			var l Lane
			var object string
			var losses int
			err := r.Scan(&id, &l.ConnectionID, &l.AccountID, &object, &losses)
			if !slices.Contains(lanes, l) {
				lanes = append(lanes, l)
			}
			due := now
			if wait != nil {
				due = now.Add(wait(losses + 1))
			}
			rows, objects = append(rows, []any{id, due.UnixMilli(), now.UnixMilli()}), add(objects, moved(l.ConnectionID, object))
			return err
		}, "SELECT id, connection_id, account_id, object, losses FROM delivery WHERE state = 'running' AND (lease_until < $1 OR ($2 <> '' AND node = $2))"+
			t.w.store.dialect.skipLocked, now.UnixMilli(), node)
		if err != nil {
			return err
		}
		slices.SortFunc(rows, byID)
		if err := t.run(t.ctx, expire, rows); err != nil {
			return err
		}
		return t.run(t.ctx, surface, objects)
	})
	return lanes, err
}

// expire counts only what a worker lost: a person who goes to lunch says nothing about the delivery.
var expire = newBulk(`UPDATE delivery SET state = CASE WHEN taken_from = '' THEN 'waiting' ELSE taken_from END, due_at = CASE WHEN taken_from = '' THEN v.due ELSE taken_due END,
losses = CASE WHEN taken_from = '' THEN losses + 1 ELSE losses END, lost_since = CASE WHEN taken_from = '' AND losses = 0 THEN v.now ELSE lost_since END,
lost_at = CASE WHEN taken_from = '' THEN v.now ELSE lost_at END,
taken_from = '', taken_due = NULL, lease = 0, node = '', behind = 0 {from} WHERE delivery.id = v.id`,
	column{"id", integer}, column{"due", integer}, column{"now", integer})

// Taken is a delivery under lease for a person's decision.
type Taken struct{ Claimed }

// Take puts a delivery that nobody works on under a lease, for a person's decision, which is then stored with Finish or dropped with GiveBack.
// It must be in one of the states given. The error is ErrNotFound, a *StateError for a delivery that is in another state, or
// ErrAtWork while another delivery of its object is at work; the last two are ErrWrongState as well.
func (s *Store) Take(ctx context.Context, deliveryID int64, from []State, token int64, until time.Time) (taken Taken, err error) {
	err = s.change(ctx, func(t *tx) error {
		taken = Taken{}
		d, due, err := t.look(deliveryID)
		if err != nil {
			return fmt.Errorf("delivery %d: %w", deliveryID, err)
		}
		if d.Was == Running || !slices.Contains(from, d.Was) {
			return &StateError{DeliveryID: deliveryID, State: d.Was}
		}
		busy := false
		err = t.query(t.ctx, func(r scanner) error { return r.Scan(&busy) },
			"SELECT EXISTS (SELECT 1 FROM delivery WHERE connection_id = $1 AND object = $2 AND state = 'running')", d.ConnectionID, d.Object)
		if err != nil {
			return err
		}
		if busy {
			return fmt.Errorf("delivery %d: %w", deliveryID, ErrAtWork)
		}
		d.Lease, taken.Claimed = token, d
		_, err = t.affect(`UPDATE delivery SET state = 'running', taken_from = state, taken_due = $2, due_at = NULL, lease = $3, lease_until = $4, node = '' WHERE id = $1`,
			deliveryID, due, token, until.UnixMilli())
		return err
	})
	if err != nil {
		return Taken{}, err
	}
	taken.Lease = token
	return taken, nil
}

// look reads a delivery that is about to be taken.
func (t *tx) look(id int64) (d Claimed, due *int64, err error) {
	err = t.query(t.ctx, func(r scanner) error {
		var state string
		var touched int64
		err := r.Scan(&d.ID, &d.EventID, &d.ConnectionID, &d.AccountID, &d.Object, &state, &d.Tries, &touched, &due)
		d.Was, d.Touched = State(state), touched != 0
		return err
	}, "SELECT id, event_id, connection_id, account_id, object, state, tries, touched, due_at FROM delivery WHERE id = $1"+t.w.store.dialect.forUpdate, id)
	if err == nil && d.ID == 0 {
		err = ErrNotFound
	}
	return d, due, err
}

// GiveBack returns a delivery as it was taken: nothing was decided. ErrLeaseLost means that it is no longer held under this lease.
func (s *Store) GiveBack(ctx context.Context, d Taken, now time.Time) error {
	return s.change(ctx, func(t *tx) error {
		n, err := t.affect(`UPDATE delivery SET state = taken_from, due_at = taken_due, taken_from = '', taken_due = NULL, behind = 0, lease = 0, updated_at = $3
WHERE id = $1 AND lease = $2 AND state = 'running' AND taken_from <> ''`, d.ID, d.Lease, millis(now))
		if err == nil && n == 0 {
			err = ErrLeaseLost
		}
		if err != nil {
			return err
		}
		return t.run(t.ctx, surface, add(nil, moved(d.ConnectionID, d.Object)))
	})
}
