package store

import (
	"maps"
	"slices"
)

func (t *tx) applyOutcomes(commands []*outcomeCommand) error {
	for _, round := range rounds(commands, func(c *outcomeCommand) int64 { return c.delivery }) {
		if err := t.record(round); err != nil {
			return err
		}
	}
	return nil
}

// record stores outcomes of different deliveries.
func (t *tx) record(commands []*outcomeCommand) error {
	ids, err := t.ids(2 * len(commands))
	if err != nil {
		return err
	}
	moves := make([][]any, len(commands))
	for i, c := range commands {
		moves[i] = c.move
	}
	// Invariant 2, fencing: only who holds the lease decides.
	held, err := t.hits(t.ctx, moveDelivery, moves)
	if err != nil {
		return err
	}
	var rows outcomeRows
	for i, c := range commands {
		c.lost = !held[i]
		rows.collect(c, ids[2*i], ids[2*i+1])
	}
	if err := rows.store(t); err != nil {
		return err
	}
	return t.receive(rows.instead)
}

// outcomeRows are the rows that the outcomes of a batch come to.
type outcomeRows struct {
	settle, load, document, undo, step, settleStep, attempt, decide, supersede, moved, revisit [][]any
	slow                                                                                       map[string]int64
	instead                                                                                    []*arrival
}

// collect adds an outcome. One whose lease was lost leaves its attempt and its answers, which may name what was made.
func (r *outcomeRows) collect(c *outcomeCommand, attemptID, documentID int64) {
	c.documentID = 0
	if c.attempt != nil {
		c.attempt[0] = attemptID
		r.attempt = append(r.attempt, c.attempt)
	}
	r.settle = append(r.settle, c.settle...)
	if c.lost {
		return
	}
	r.load = add(r.load, c.load)
	if c.document != nil {
		c.document[0], c.documentID = documentID, documentID
		r.document = append(r.document, c.document)
		if c.undo != nil {
			c.undo[1] = documentID
		}
	}
	r.undo = add(r.undo, c.undo)
	if c.undo != nil && c.document == nil { // nothing new tells the index of it
		r.revisit = append(r.revisit, []any{c.undo[0], c.move[1]})
	}
	for _, s := range c.steps {
		place := stepDocument
		if s.settle {
			place = settledDocument
		}
		if s.makes {
			s.row[place] = documentID
		}
		if s.settle {
			r.settleStep = append(r.settleStep, s.row)
		} else {
			r.step = append(r.step, s.row)
		}
	}
	r.decide, r.supersede, r.moved = add(r.decide, c.decide), add(r.supersede, c.supersede), add(r.moved, c.moved)
	if c.slow != nil {
		if r.slow == nil {
			r.slow = map[string]int64{}
		}
		r.slow[c.slow.AccountID] = max(r.slow[c.slow.AccountID], millis(c.slow.Until))
	}
	r.instead = append(r.instead, c.instead...)
}

// add appends a row if there is one.
func add(rows [][]any, row []any) [][]any {
	if row == nil {
		return rows
	}
	return append(rows, row)
}

func (r *outcomeRows) store(t *tx) error {
	var slow [][]any
	for _, account := range slices.Sorted(maps.Keys(r.slow)) {
		slow = append(slow, []any{account, r.slow[account]})
	}
	for _, part := range []struct {
		bulk *bulk
		rows [][]any
	}{{settleCall, r.settle}, {loadEvent, r.load}, {insertDocument, r.document}, {undoDocument, r.undo}, {putStep, r.step}, {settleStep, r.settleStep}, {insertAttempt, r.attempt},
		{decide, r.decide}, {supersede, r.supersede}, {surface, r.moved}, {revisit, r.revisit}, {block, slow}} {
		if err := t.run(t.ctx, part.bulk, part.rows); err != nil {
			return err
		}
	}
	return nil
}
