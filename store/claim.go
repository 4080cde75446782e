package store

import (
	"context"
	"fmt"
	"time"
)

// Lane is where claims look for work: the deliveries of one connection whose next operation is at one account, with the account's limits.
type Lane struct {
	ConnectionID string
	AccountID    string
	Every        time.Duration // between two permits; 0 = no limit
	Burst        int           // permits that may come at once; at least 1
	InFlight     int           // deliveries of the account at work at the same time, over all nodes; 0 = no limit
}

// Claim asks for deliveries to work on.
type Claim struct {
	Lanes []Lane
	Want  int
	Node  string
	Lease int64 // the token under which they are held; never given twice
	Now   time.Time
	Until time.Time // when the lease ends unless renewed
}

// Claimed is a delivery under lease.
type Claimed struct {
	ID           int64
	EventID      int64
	ConnectionID string
	AccountID    string
	Object       string
	Was          State
	Tries        int
	Touched      bool // there are steps and calls of earlier attempts
	Lease        int64
}

// Claims is what a claim got.
type Claims struct {
	Deliveries []Claimed
	// Again holds the lanes that may have more, with the moment to ask again; a lane that is not in it has nothing until something new comes.
	Again map[Lane]time.Time
}

type claimCommand struct {
	in     Claim
	result Claims
	reply
}

func (c *claimCommand) join(b *batch)    { b.claims = append(b.claims, c) }
func (c *claimCommand) finish(err error) { c.reply <- err }
func (c *claimCommand) weight() int      { return 0 }

// Claim takes up to Want due deliveries under lease: the head of each object's queue only, and no more per account than its limits allow.
func (s *Store) Claim(ctx context.Context, in Claim) (Claims, error) {
	c := &claimCommand{in: in, reply: newReply()}
	if err := s.submit(ctx, c, c.reply, true); err != nil {
		return Claims{}, err
	}
	return c.result, nil
}

// candidates are the due heads of a lane. Invariant 5: a delivery waits for every earlier open one of its object, and for any that is at work: one
// that a person replays may be earlier than the one at work. These are scalar subqueries and not NOT EXISTS: PostgreSQL turns the latter into joins,
// and while it has not yet counted the rows of a young ledger it joins every delivery with every other.
const candidates = `SELECT d.id, d.event_id, d.object, d.state, d.tries, d.touched FROM delivery d
WHERE d.connection_id = $1 AND d.account_id = $2 AND d.due_at IS NOT NULL AND d.due_at <= $3
AND (SELECT 1 FROM delivery e WHERE e.connection_id = d.connection_id AND e.object = d.object AND e.open = 1 AND e.id < d.id LIMIT 1) IS NULL
AND (SELECT 1 FROM delivery r WHERE r.connection_id = d.connection_id AND r.object = d.object AND r.state = 'running' LIMIT 1) IS NULL
AND NOT EXISTS (SELECT 1 FROM account_limit l WHERE l.account_id = $2 AND l.blocked_until > $3)
ORDER BY d.due_at, d.id LIMIT $4`

var markRunning = newBulk(`UPDATE delivery SET state = 'running', due_at = NULL, lease = v.lease, lease_until = v.until, node = v.node {from} WHERE delivery.id = v.id`,
	column{"id", integer}, column{"lease", integer}, column{"until", integer}, column{"node", text})

func (t *tx) applyClaim(c *claimCommand) error {
	c.result = Claims{Again: make(map[Lane]time.Time, len(c.in.Lanes))}
	for _, lane := range c.in.Lanes {
		want := c.in.Want - len(c.result.Deliveries)
		if want <= 0 {
			c.result.Again[lane] = c.in.Now
			continue
		}
		if err := t.claimLane(c, lane, want); err != nil {
			return fmt.Errorf("connection %s, account %s: %w", lane.ConnectionID, lane.AccountID, err)
		}
	}
	return nil
}

// claimLane takes up to want deliveries of a lane.
func (t *tx) claimLane(c *claimCommand, lane Lane, want int) error {
	limit, err := t.permits(lane, c.in.Now)
	if err != nil {
		return err
	}
	allowed := min(want, limit.free)
	if allowed == 0 {
		return t.nextDue(c, lane, limit.next)
	}
	found, more, err := t.candidates(c, lane, allowed)
	if err != nil {
		return err
	}
	rows := make([][]any, len(found))
	for i, d := range found {
		rows[i] = []any{d.ID, c.in.Lease, c.in.Until.UnixMilli(), c.in.Node}
	}
	if err := t.run(t.ctx, markRunning, rows); err != nil {
		return err
	}
	c.result.Deliveries = append(c.result.Deliveries, found...)
	after, err := t.spend(lane, limit, c.in.Now, len(found))
	if err != nil {
		return err
	}
	if more {
		c.result.Again[lane] = after
		return nil
	}
	return t.nextDue(c, lane, after)
}

// candidates reads up to limit due heads, and says whether there are more.
func (t *tx) candidates(c *claimCommand, lane Lane, limit int) (found []Claimed, more bool, err error) {
	statement := candidates
	if t.w.store.dialect.postgres {
		statement += " FOR UPDATE OF d SKIP LOCKED" // what another node is claiming is not for us
	}
	seen := make(map[string]bool, limit)
	err = t.query(t.ctx, func(r scanner) error {
		d := Claimed{ConnectionID: lane.ConnectionID, AccountID: lane.AccountID, Lease: c.in.Lease}
		var was string
		var touched int64
		if err := r.Scan(&d.ID, &d.EventID, &d.Object, &was, &d.Tries, &touched); err != nil {
			return err
		}
		d.Was, d.Touched = State(was), touched != 0
		switch {
		case len(found) == limit:
			more = true
		case !seen[d.Object]: // two that do not stand in each other's way are still one object's
			seen[d.Object] = true
			found = append(found, d)
		}
		return nil
	}, statement, lane.ConnectionID, lane.AccountID, c.in.Now.UnixMilli(), limit+1)
	return found, more, err
}

// due says when a lane has something to do: how long its account is blocked, when the next delivery is due, and whether some are due already.
const due = `SELECT coalesce((SELECT blocked_until FROM account_limit WHERE account_id = $2), 0),
coalesce((SELECT min(due_at) FROM delivery WHERE connection_id = $1 AND account_id = $2 AND due_at IS NOT NULL AND due_at > $3), 0),
EXISTS (SELECT 1 FROM delivery WHERE connection_id = $1 AND account_id = $2 AND due_at IS NOT NULL AND due_at <= $3)`

// nextDue says when to ask a lane again. notBefore is when its account's limits allow the next delivery. What is due already and was not taken,
// though the limits allow it, waits behind another delivery: it is asked for when that one moves.
func (t *tx) nextDue(c *claimCommand, lane Lane, notBefore time.Time) error {
	return t.query(t.ctx, func(r scanner) error {
		var blocked, next int64
		var waiting bool
		if err := r.Scan(&blocked, &next, &waiting); err != nil {
			return err
		}
		at := moment(next)
		if waiting && (blocked > c.in.Now.UnixMilli() || notBefore.After(c.in.Now)) {
			at = c.in.Now
		}
		if at.IsZero() {
			return nil
		}
		for _, bound := range []time.Time{moment(blocked), notBefore} {
			if at.Before(bound) {
				at = bound
			}
		}
		c.result.Again[lane] = at
		return nil
	}, due, lane.ConnectionID, lane.AccountID, c.in.Now.UnixMilli())
}
