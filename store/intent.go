package store

import (
	"context"
	"fmt"
	"time"

	"github.com/tengi/tengi"
)

// Intent is what must be durable before a byte is sent: the operation with its frozen input and Ref, and its calls as far as they have come.
type Intent struct {
	Lease Lease
	Until time.Time // the lease is renewed with it
	// ConnectionID and Object are those of the delivery.
	ConnectionID string
	Object       string
	Step         Step
	Calls        []tengi.Call
}

// Intend stores an intent, and returns only when it is durable. ErrLeaseLost means that nothing may be sent.
func (s *Store) Intend(ctx context.Context, in Intent) error {
	c, err := newIntent(in)
	if err != nil {
		return err
	}
	return s.submit(ctx, c, c.reply, true)
}

type intentCommand struct {
	delivery int64
	touch    []any
	step     []any
	calls    [][]any
	size     int
	lost     bool
	reply
}

func (c *intentCommand) join(b *batch) { b.intents = append(b.intents, c) }
func (c *intentCommand) weight() int   { return c.size }
func (c *intentCommand) finish(err error) {
	if err == nil && c.lost {
		err = ErrLeaseLost
	}
	c.reply <- err
}

func newIntent(in Intent) (*intentCommand, error) {
	c := &intentCommand{delivery: in.Lease.DeliveryID, touch: []any{in.Lease.DeliveryID, in.Lease.Token, in.Until.UnixMilli()},
		step: stepRow(in.Lease.DeliveryID, in.ConnectionID, in.Object, in.Step), size: 500 + len(in.Step.Input), reply: newReply()}
	place := make(map[string]int, len(in.Calls))
	for _, call := range in.Calls {
		row, err := callRow(in.Lease.DeliveryID, in.Step, call)
		if err != nil {
			return nil, err
		}
		if i, ok := place[call.Name]; ok { // the same call twice: the later is how far it has come
			c.calls[i] = row
			continue
		}
		place[call.Name] = len(c.calls)
		c.calls = append(c.calls, row)
		c.size += 500 + len(call.Body) + len(call.Answer)
	}
	return c, nil
}

var touch = newBulk(`UPDATE delivery SET touched = 1, lease_until = v.until {from} WHERE delivery.id = v.id AND delivery.lease = v.lease AND delivery.state = 'running'`,
	column{"id", integer}, column{"lease", integer}, column{"until", integer})

var putStep = newBulk(`INSERT INTO step (delivery_id, key, op, connection_id, object, issue, ref, state, input, fingerprint, document_id, reason)
{values}
ON CONFLICT (delivery_id, key, op) DO UPDATE SET issue = excluded.issue, ref = excluded.ref, state = excluded.state, input = excluded.input,
fingerprint = excluded.fingerprint, document_id = excluded.document_id, reason = excluded.reason`, stepColumns...)

// stepColumns are the values of a step, as stepRow gives them.
var stepColumns = []column{{"delivery_id", integer}, {"key", text}, {"op", text}, {"connection_id", text}, {"object", text}, {"issue", integer}, {"ref", text},
	{"state", text}, {"input", text}, {"fingerprint", text}, {"document_id", integer}, {"reason", text}}

// stepDocument is the place of the document's id in a step's row.
const stepDocument = 10

var putCall = newBulk(`INSERT INTO call (delivery_id, step_key, op, name, version, key, method, url, header, body, state, sends, looks, resent, first_sent, last_sent, status, answer)
{values}
ON CONFLICT (delivery_id, step_key, op, name) DO UPDATE SET version = excluded.version, key = excluded.key, method = excluded.method, url = excluded.url,
header = excluded.header, body = excluded.body, state = excluded.state, sends = excluded.sends, looks = excluded.looks, resent = excluded.resent, first_sent = excluded.first_sent,
last_sent = excluded.last_sent, status = excluded.status, answer = excluded.answer`,
	column{"delivery_id", integer}, column{"step_key", text}, column{"op", text}, column{"name", text}, column{"version", integer}, column{"key", text},
	column{"method", text}, column{"url", text}, column{"header", text}, column{"body", octets}, column{"state", text}, column{"sends", integer},
	column{"looks", integer}, column{"resent", integer}, column{"first_sent", integer}, column{"last_sent", integer}, column{"status", integer}, column{"answer", octets})

func (t *tx) applyIntents(commands []*intentCommand) error {
	for _, round := range rounds(commands, func(c *intentCommand) int64 { return c.delivery }) {
		if err := t.intend(round); err != nil {
			return err
		}
	}
	return nil
}

// intend stores intents of different deliveries.
func (t *tx) intend(commands []*intentCommand) error {
	rows := make([][]any, len(commands))
	for i, c := range commands {
		rows[i] = c.touch
	}
	// Invariant 3, with fencing: only who holds the lease may send, and only after this is durable.
	held, err := t.hits(t.ctx, touch, rows)
	if err != nil {
		return err
	}
	var steps, calls [][]any
	for i, c := range commands {
		c.lost = !held[i]
		if !c.lost {
			steps, calls = append(steps, c.step), append(calls, c.calls...)
		}
	}
	if err := t.run(t.ctx, putStep, steps); err != nil {
		return err
	}
	return t.run(t.ctx, putCall, calls)
}

func stepRow(deliveryID int64, connectionID, object string, s Step) []any {
	return []any{deliveryID, s.Key, string(s.Op), connectionID, clean(object), int64(s.Issue), string(s.Ref), string(s.State), clean(string(s.Input)), s.Fingerprint, s.DocumentID,
		clean(s.Reason)}
}

func callRow(deliveryID int64, s Step, c tengi.Call) ([]any, error) {
	header, err := mapText(c.Header)
	if err != nil {
		return nil, fmt.Errorf("encode the header of call %q: %w", c.Name, err)
	}
	return []any{deliveryID, s.Key, string(s.Op), c.Name, int64(c.Version), clean(c.Key), c.Method, clean(c.URL), header, blob(c.Body), string(c.State),
		int64(c.Sends), int64(c.Looks), int64(c.Resent), millis(c.FirstSent), millis(c.LastSent), int64(c.Status), blob(c.Answer)}, nil
}
