package store

import (
	"context"
	"errors"
	"fmt"
)

// countRun counts the deliveries of a run by their state, and whether the clock or a person comes next.
const countRun = `SELECT d.state, CASE WHEN d.state <> 'running' AND d.due_at IS NULL OR d.code = '` + CodeUpstreamHeld + `' THEN 1 ELSE 0 END, count(*)
FROM run_delivery rd JOIN delivery d ON d.id = rd.delivery_id WHERE rd.run_id = $1 GROUP BY 1, 2`

// CodeUpstreamHeld is the code of a delivery that waits for that of another connection, which waits for a person.
const CodeUpstreamHeld = "upstream_held"

// count adds up the deliveries of a run.
type count struct{ RunCounts }

func newCount(r Run) *count { return &count{RunCounts{Found: r.Found}} }

func (c *count) row(row scanner) error {
	var state string
	var rests int64
	var n int
	if err := row.Scan(&state, &rests, &n); err != nil {
		return err
	}
	c.Fresh += n
	switch s := State(state); {
	case s == Done:
		c.Done += n
	case s == Skipped:
		c.Skipped += n
	case s == Failed:
		c.Failed += n
	case s == Held, rests == 1:
		c.Held += n
	default:
		c.Working += n
	}
	return nil
}

// counts is what a run comes to, inside of a transaction.
func (t *tx) counts(r Run) (RunCounts, error) {
	c := newCount(r)
	err := t.query(t.ctx, c.row, countRun, r.ID)
	return c.RunCounts, err
}

// firstWorking is the first delivery of a run, from one on, that is at work or will be without a person: not one whose account or connection is stopped, nor
// one behind another that waits for a person.
const firstWorking = `SELECT rd.delivery_id FROM run_delivery rd JOIN delivery d ON d.id = rd.delivery_id
WHERE rd.run_id = $1 AND rd.delivery_id >= $2 AND (d.state = 'running' OR d.due_at IS NOT NULL AND d.code <> '` + CodeUpstreamHeld + `'
AND EXISTS (SELECT 1 FROM account a WHERE a.id = d.account_id AND a.state = 'active')
AND EXISTS (SELECT 1 FROM connection c WHERE c.id = d.connection_id AND c.enabled = 1)
AND NOT EXISTS (SELECT 1 FROM delivery h WHERE h.connection_id = d.connection_id AND h.object = d.object AND h.open = 1 AND h.id < d.id AND h.due_at IS NULL AND h.state <> 'running'))
ORDER BY rd.delivery_id LIMIT 1`

// RunWorking finds the first delivery of a run that is still being worked, from one on: those before it were found to be done or to wait for a person.
// It is 0 when there is none.
func (s *Store) RunWorking(ctx context.Context, runID, from int64) (int64, error) {
	var id int64
	err := s.one(ctx, []any{&id}, firstWorking, runID, from)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return 0, fmt.Errorf("look what run %d still has at work: %w", runID, err)
	}
	return id, nil
}

// RunDeliveries lists the deliveries that a run has brought about, newest first.
func (s *Store) RunDeliveries(ctx context.Context, runID, before int64, limit int) ([]Delivery, error) {
	f := DeliveryFilter{}
	f.Before, f.Limit = page(before, limit)
	var list []Delivery
	err := s.deliveries(ctx, &list, f, "FROM run_delivery rd JOIN delivery d ON d.id = rd.delivery_id WHERE rd.run_id = $1 AND d.id < $2", runID, f.Before)
	if err != nil {
		return nil, fmt.Errorf("list the deliveries of run %d: %w", runID, err)
	}
	return list, nil
}
