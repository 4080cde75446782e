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
	// Takes says whether a delivery lost so many times in a row is for this claim, which passes by the others; nil = each is.
	Takes func(losses int) bool
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
	Touched      bool      // there are steps and calls of earlier attempts
	Losses       int       // leases lost in a row: workers that held it and came to no outcome
	LostSince    time.Time // when the first of them was lost
	LostAt       time.Time // when the last was
	Lease        int64
	// Situation is what a reading would give, where the transaction that took the delivery could tell; nil otherwise.
	Situation *Situation
}

// Claims is what a claim got.
type Claims struct {
	Deliveries []Claimed
	// Again holds the lanes that may have more, with the moment to ask again; a lane that is not in it has nothing until something new comes.
	Again map[Lane]time.Time
	// Passed are the lanes in which some were due that this claim does not take.
	Passed []Lane
}

type claimCommand struct {
	in     Claim
	result Claims
	read   []*glance // of the deliveries, in their order
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
	for i, g := range c.read {
		if g != nil { // what cannot be decoded is found by whoever reads it for itself
			c.result.Deliveries[i].Situation, _ = g.situation()
		}
	}
	return c.result, nil
}

var markRunning = newBulk(`UPDATE delivery SET state = 'running', due_at = NULL, lease = v.lease, lease_until = v.until, node = v.node {from} WHERE delivery.id = v.id`,
	column{"id", integer}, column{"lease", integer}, column{"until", integer}, column{"node", text})

func (t *tx) applyClaim(c *claimCommand) error {
	c.result, c.read = Claims{Again: make(map[Lane]time.Time, len(c.in.Lanes))}, nil
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
	found, more, err := t.heads(c, lane, allowed)
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
	if err := t.glances(c, found); err != nil {
		return err
	}
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

// due says when a lane has something to do: how long its account is blocked, when the next delivery is due, and whether some are due already.
const due = `SELECT coalesce((SELECT blocked_until FROM account_limit WHERE account_id = $2), 0),
coalesce((SELECT min(due_at) FROM delivery WHERE connection_id = $1 AND account_id = $2 AND behind = 0 AND due_at IS NOT NULL AND due_at > $3), 0),
EXISTS (SELECT 1 FROM delivery WHERE connection_id = $1 AND account_id = $2 AND behind = 0 AND due_at IS NOT NULL AND due_at <= $3)`

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
