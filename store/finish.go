package store

import (
	"context"
	"fmt"
)

// Finish stores an outcome, and returns only when it is durable. With ErrLeaseLost the attempt and its answers were recorded and nothing else.
// On success the document, its CallStep and the step among Steps have the document's id.
func (s *Store) Finish(ctx context.Context, out Outcome) error {
	c, err := newOutcome(&out)
	if err != nil {
		return err
	}
	if err := s.submit(ctx, c, c.reply, true); err != nil {
		return err
	}
	if out.Document != nil {
		out.Document.ID = c.documentID
		out.identify(c.documentID)
	}
	return nil
}

// makes says whether a step is the one that made the outcome's document.
func (out *Outcome) makes(s *Step) bool {
	return out.Document != nil && out.CallStep != nil && out.CallStep.Op == Do && s.Op == Do && s.Key == out.CallStep.Key
}

// identify puts the document's id into the steps that made it.
func (out *Outcome) identify(id int64) {
	for i := range out.Steps {
		if out.makes(&out.Steps[i]) {
			out.Steps[i].DocumentID = id
		}
	}
	if out.CallStep != nil && out.makes(out.CallStep) {
		out.CallStep.DocumentID = id
	}
}

// outcomeCommand is an outcome, encoded by its caller so that the writer has nothing to do but write. Nil rows are not written.
type outcomeCommand struct {
	delivery                            int64
	connection                          string
	move, attempt, load, document, undo []any
	decide, supersede, moved            []any
	settle                              [][]any
	steps                               []stepChange
	instead                             []*arrival
	slow                                *Slow
	size                                int
	documentID                          int64
	lost                                bool
	reply
}

// stepChange is a step's row, and whether it gets the id of the document made.
type stepChange struct {
	row    []any
	makes  bool
	settle bool // the row is one of settleStep
}

func (c *outcomeCommand) join(b *batch) { b.outcomes = append(b.outcomes, c) }
func (c *outcomeCommand) weight() int   { return c.size + weigh(c.instead) }
func (c *outcomeCommand) finish(err error) {
	if err == nil && c.lost {
		err = ErrLeaseLost
	}
	c.reply <- err
}

func newOutcome(out *Outcome) (*outcomeCommand, error) {
	c := &outcomeCommand{delivery: out.Lease.DeliveryID, connection: out.ConnectionID, move: moveRow(out), slow: out.Slow, size: 500, reply: newReply()}
	if a := out.Attempt; a != nil {
		c.attempt = attemptRow(out.Lease.DeliveryID, a)
		c.size += len(a.Detail) + len(a.Exchanges)
	}
	if !out.Next.Keep {
		c.moved = moved(out.ConnectionID, out.Object)
	}
	for _, call := range out.Calls {
		c.settle = append(c.settle, []any{out.Lease.DeliveryID, out.CallStep.Key, string(out.CallStep.Op), call.Name, int64(call.Sends), string(call.State), int64(call.Looks),
			int64(call.Status), blob(call.Answer)})
		c.size += len(call.Answer)
	}
	for i := range out.Steps {
		s := &out.Steps[i]
		if out.Intended && out.CallStep != nil && s.Key == out.CallStep.Key && s.Op == out.CallStep.Op {
			c.steps = append(c.steps, stepChange{row: []any{out.Lease.DeliveryID, s.Key, string(s.Op), string(s.State), s.DocumentID, clean(s.Reason)}, makes: out.makes(s), settle: true})
			continue
		}
		c.steps = append(c.steps, stepChange{row: stepRow(out.Lease.DeliveryID, out.ConnectionID, out.Object, *s), makes: out.makes(s)})
		c.size += len(s.Input)
	}
	if out.Decided {
		c.decide = []any{out.ConnectionID, clean(out.Object), out.Version, out.EventID}
		c.supersede = []any{out.ConnectionID, clean(out.Object), out.Lease.DeliveryID, millis(out.Now), fmt.Sprintf("decided by the later event %d", out.EventID)}
	}
	return c, errorOf(c.encodeEvents(out), c.encodeDocument(out))
}

// attemptRow is an attempt as insertAttempt takes it; its first value is the id, given by the writer.
func attemptRow(deliveryID int64, a *Attempt) []any {
	return []any{int64(0), deliveryID, a.StepKey, string(a.Op), a.Outcome, clean(a.Code), clean(a.Message), clean(a.Detail), clean(string(a.Exchanges)), a.Node,
		millis(a.StartedAt), millis(a.EndedAt)}
}

// errorOf is the first error.
func errorOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *outcomeCommand) encodeEvents(out *Outcome) (err error) {
	if out.Loaded != nil {
		sold, err := saleText(out.Loaded.Sale)
		if err != nil {
			return err
		}
		c.load = []any{out.EventID, clean(out.Loaded.Type), out.Loaded.Version, sold, clean(string(out.Loaded.Data))}
		c.size += len(sold) + len(out.Loaded.Data)
	}
	c.instead, err = arrivals(out.Instead, true)
	return err
}

// encodeDocument prepares what was made and what was undone. A document removed without trace is undone by itself.
func (c *outcomeCommand) encodeDocument(out *Outcome) error {
	if out.Undone != 0 {
		c.undo = []any{out.Undone, out.Undone}
	}
	d := out.Document
	if d == nil {
		return nil
	}
	data, err := mapText(d.Data)
	if err != nil {
		return fmt.Errorf("encode the document's data: %w", err)
	}
	amount, currency := minor(d.Amount)
	c.document = []any{int64(0), out.ConnectionID, clean(out.Object), d.StepKey, out.Lease.DeliveryID, out.AccountID, string(d.Kind), clean(d.ExternalID), clean(d.Number), clean(d.URL),
		clean(d.Status), amount, currency, clean(d.Customer), data, string(d.Ref), d.Fingerprint, out.Undone, millis(out.Now), nullMillis(out.Refresh)}
	c.size += len(data)
	return nil
}

func moveRow(out *Outcome) []any {
	n := out.Next
	lease, due := int64(0), any(nil)
	if n.Keep {
		lease = out.Lease.Token
	}
	if !n.DueAt.IsZero() {
		due = n.DueAt.UnixMilli()
	}
	return []any{out.Lease.DeliveryID, out.Lease.Token, string(n.State), flag(n.State.blocks(n.Open)), n.AccountID, due, int64(n.Tries), clean(n.Code), clean(n.Reason),
		millis(out.Now), lease, flag(len(out.Steps) > 0 || len(out.Calls) > 0)}
}

var moveDelivery = newBulk(`UPDATE delivery SET state = v.state, open = v.open, account_id = v.account_id, due_at = v.due_at, tries = v.tries, code = v.code,
reason = v.reason, updated_at = v.now, lease = v.next_lease, taken_from = '', taken_due = NULL, behind = 0, losses = 0, lost_since = 0, lost_at = 0, touched = CASE WHEN v.touched = 1 THEN 1 ELSE delivery.touched END {from}
WHERE delivery.id = v.id AND delivery.lease = v.lease AND delivery.state = 'running'`,
	column{"id", integer}, column{"lease", integer}, column{"state", text}, column{"open", integer}, column{"account_id", text}, column{"due_at", nullable},
	column{"tries", integer}, column{"code", text}, column{"reason", text}, column{"now", integer}, column{"next_lease", integer}, column{"touched", integer})

// settleCall records only what became of a call that is still open as it was sent: cheaper than storing its bytes again, and harmless when
// somebody else has come further.
var settleCall = newBulk(`UPDATE call SET state = v.state, looks = v.looks, status = v.status, answer = v.answer {from}
WHERE call.delivery_id = v.delivery_id AND call.step_key = v.step_key AND call.op = v.op AND call.name = v.name AND call.state = 'open' AND call.sends = v.sends`,
	column{"delivery_id", integer}, column{"step_key", text}, column{"op", text}, column{"name", text}, column{"sends", integer},
	column{"state", text}, column{"looks", integer}, column{"status", integer}, column{"answer", octets})

// settleStep records how an operation ended whose intent is stored.
var settleStep = newBulk(`UPDATE step SET state = v.state, document_id = v.document_id, reason = v.reason {from}
WHERE step.delivery_id = v.delivery_id AND step.key = v.key AND step.op = v.op`,
	column{"delivery_id", integer}, column{"key", text}, column{"op", text}, column{"state", text}, column{"document_id", integer}, column{"reason", text})

// settledDocument is the place of the document's id in a row of settleStep.
const settledDocument = 4

var loadEvent = newBulk(`UPDATE event SET type = v.type, version = v.version, sale = v.sale, data = v.data, loaded = 1 {from} WHERE event.id = v.id AND event.loaded = 0`,
	column{"id", integer}, column{"type", text}, column{"version", integer}, column{"sale", text}, column{"data", text})

var insertAttempt = newBulk(`INSERT INTO attempt (id, delivery_id, step_key, op, outcome, code, message, detail, exchanges, node, started_at, ended_at)
{values}`,
	column{"id", integer}, column{"delivery_id", integer}, column{"step_key", text}, column{"op", text}, column{"outcome", text}, column{"code", text},
	column{"message", text}, column{"detail", text}, column{"exchanges", text}, column{"node", text}, column{"started_at", integer}, column{"ended_at", integer})

var insertDocument = newBulk(`INSERT INTO document (id, connection_id, object, step_key, delivery_id, account_id, kind, external_id, number, url, status, amount, currency,
customer, data, ref, fingerprint, undoes, created_at, refresh_at)
{values}`,
	column{"id", integer}, column{"connection_id", text}, column{"object", text}, column{"step_key", text}, column{"delivery_id", integer}, column{"account_id", text},
	column{"kind", text}, column{"external_id", text}, column{"number", text}, column{"url", text}, column{"status", text}, column{"amount", integer},
	column{"currency", text}, column{"customer", text}, column{"data", text}, column{"ref", text}, column{"fingerprint", text}, column{"undoes", integer}, column{"created_at", integer},
	column{"refresh_at", nullable})

var undoDocument = newBulk(`UPDATE document SET undone_by = v.by, refresh_at = NULL {from} WHERE document.id = v.id AND document.undone_by = 0`,
	column{"id", integer}, column{"by", integer})

var decide = newBulk(`INSERT INTO object (connection_id, name, version, event_id) {values}
ON CONFLICT (connection_id, name) DO UPDATE SET version = CASE WHEN excluded.version > object.version THEN excluded.version ELSE object.version END,
event_id = CASE WHEN excluded.event_id > object.event_id THEN excluded.event_id ELSE object.event_id END`,
	column{"connection_id", text}, column{"name", text}, column{"version", integer}, column{"event_id", integer})

// supersede ends earlier deliveries of a decided object that wait for a person and stand in nobody's way: what they were about has been decided by a later event.
var supersede = newBulk(`UPDATE delivery SET state = 'skipped', reason = v.reason, code = 'superseded', due_at = NULL, updated_at = v.now {from}
WHERE delivery.connection_id = v.connection_id AND delivery.object = v.object AND delivery.id < v.id AND delivery.open = 0 AND (delivery.state = 'failed' OR delivery.state = 'held')`,
	column{"connection_id", text}, column{"object", text}, column{"id", integer}, column{"now", integer}, column{"reason", text})

var block = newBulk(`UPDATE account_limit SET blocked_until = v.until {from} WHERE account_limit.account_id = v.account_id AND account_limit.blocked_until < v.until`,
	column{"account_id", text}, column{"until", integer})
