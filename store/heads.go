package store

// A delivery that stands behind another one of its object cannot be claimed, and however many do must not make claims slower. So a claim that comes
// upon one marks it, and claims pass by what is marked without looking at it: each is looked at once. The mark is taken away from the first
// open delivery of an object whenever one of the object leaves a worker's hands; so the one that is next is never marked.

// candidates are the due deliveries of a lane that are not marked, from a place on, each with one that stands in its way; 0 = none does. Invariant 5: a
// delivery waits for every earlier open one of its object, and for any that is at work: one that a person replays may be earlier than the one at work.
// These are scalar subqueries and not NOT EXISTS: PostgreSQL turns the latter into joins, and while it has not yet counted the rows of a young ledger
// it joins every delivery with every other. The limit is a sum because SQLite plans a statement anew whenever the bare parameter of a LIMIT has another
// value, which takes ten times as long as running it.
const candidates = `SELECT d.id, d.event_id, d.object, d.state, d.tries, d.touched, d.losses, d.lost_since, d.lost_at, d.due_at,
coalesce((SELECT e.id FROM delivery e WHERE e.connection_id = d.connection_id AND e.object = d.object AND e.open = 1 AND e.id < d.id LIMIT 1),
(SELECT r.id FROM delivery r WHERE r.connection_id = d.connection_id AND r.object = d.object AND r.state = 'running' LIMIT 1), 0)
FROM delivery d
WHERE d.connection_id = $1 AND d.account_id = $2 AND d.behind = 0 AND d.due_at IS NOT NULL AND d.due_at <= $3 AND (d.due_at, d.id) > ($4, $5)
AND NOT EXISTS (SELECT 1 FROM account_limit l WHERE l.account_id = $2 AND l.blocked_until > $3)
ORDER BY d.due_at, d.id LIMIT $6 + 0`

// How a claim goes through what is due: most find what they want at once; where many stand behind others it goes on in larger steps, and leaves the
// rest to the next claim rather than keep the writer for long.
const (
	nextLook = 128
	maxLooks = 8
)

// candidate is a due delivery and one that stands in its way.
type candidate struct {
	Claimed
	due   int64
	ahead int64
}

// heads finds up to want due deliveries of a lane that nothing stands in the way of, and says whether there may be more.
func (t *tx) heads(c *claimCommand, lane Lane, want int) (found []Claimed, more bool, err error) {
	seen := make(map[string]bool, want)
	var last candidate
	passed := false
	defer func() {
		if passed {
			c.result.Passed = append(c.result.Passed, lane)
		}
	}()
	for n := range maxLooks {
		size := want + 1
		if n > 0 {
			size = max(size, nextLook)
		}
		list, err := t.candidates(c, lane, last, size)
		if err != nil {
			return nil, false, err
		}
		var behind [][]any
		for _, d := range list {
			switch {
			case d.ahead != 0:
				behind = append(behind, []any{d.ID, d.ahead})
			case c.in.Takes != nil && !c.in.Takes(d.Losses):
				passed = true
			case len(found) == want:
				more = true
			case !seen[d.Object]: // two that do not stand in each other's way are still one object's
				seen[d.Object] = true
				found = append(found, d.Claimed)
			}
		}
		if err := t.mark(behind); err != nil {
			return nil, false, err
		}
		if more || len(list) < size {
			return found, more, nil
		}
		last = list[len(list)-1]
	}
	return found, true, nil
}

// candidates reads what is due in a lane after a place, in order.
func (t *tx) candidates(c *claimCommand, lane Lane, after candidate, limit int) (list []candidate, err error) {
	statement := candidates
	if t.w.store.dialect.postgres {
		statement += " FOR UPDATE OF d SKIP LOCKED" // what another node is claiming is not for us
	}
	err = t.query(t.ctx, func(r scanner) error {
		d := candidate{Claimed: Claimed{ConnectionID: lane.ConnectionID, AccountID: lane.AccountID, Lease: c.in.Lease}}
		var was string
		var touched, since, at int64
		err := r.Scan(&d.ID, &d.EventID, &d.Object, &was, &d.Tries, &touched, &d.Losses, &since, &at, &d.due, &d.ahead)
		d.Was, d.Touched, d.LostSince, d.LostAt = State(was), touched != 0, moment(since), moment(at)
		list = append(list, d)
		return err
	}, statement, lane.ConnectionID, lane.AccountID, c.in.Now.UnixMilli(), after.due, after.ID, limit)
	t.w.store.stats.looked.Add(uint64(len(list)))
	return list, err
}

const markText = `UPDATE delivery SET behind = 1 {from} WHERE delivery.id = v.id AND delivery.behind = 0`

var (
	markBehind = newBulk(markText, column{"id", integer}, column{"ahead", integer})
	// markBehindHeld is for PostgreSQL: the one ahead must still stand in the way and must not be about to leave it, or nobody would take the mark
	// away again. While this transaction shares its lock, it cannot leave; when it does, it sees the mark.
	markBehindHeld = newBulk(markText+` AND EXISTS (SELECT 1 FROM delivery h WHERE h.id = v.ahead AND (h.open = 1 AND h.id < v.id OR h.state = 'running') FOR SHARE SKIP LOCKED)`,
		column{"id", integer}, column{"ahead", integer})
	// surface takes the mark from the first open delivery of objects of which one has moved.
	surface = newBulk(`UPDATE delivery SET behind = 0 {from} WHERE delivery.behind = 1
AND delivery.id = (SELECT min(e.id) FROM delivery e WHERE e.connection_id = v.connection_id AND e.object = v.object AND e.open = 1)`,
		column{"connection_id", text}, column{"object", text})
)

// mark marks deliveries that stand behind others.
func (t *tx) mark(rows [][]any) error {
	if t.w.store.dialect.postgres {
		return t.run(t.ctx, markBehindHeld, rows)
	}
	return t.run(t.ctx, markBehind, rows)
}

// moved is an object of which a delivery has moved, as a row for surface; nil for one that can hold no other.
func moved(connectionID, object string) []any {
	if _, alone := aloneEvent(object); alone {
		return nil
	}
	return []any{connectionID, clean(object)}
}
