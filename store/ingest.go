package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/tengi/tengi"
)

// NewEvent is an event to store with the deliveries it gives rise to.
type NewEvent struct {
	tengi.Event
	Deliveries []NewDelivery
}

// NewDelivery is a delivery to create for a new event.
type NewDelivery struct {
	ConnectionID string
	AccountID    string // of the operation that comes first
	State        State  // Waiting, or Held with Code and Reason
	Code, Reason string
	Take         *Take // nil: it waits to be claimed
}

// Ingest is what one transaction stores together: events with their deliveries and, for a poll, how far it has come.
type Ingest struct {
	Events []NewEvent
	// Join says that an event already stored still gets the deliveries it lacks: a poll on behalf of one connection finds what another has stored.
	Join   bool
	Cursor *Cursor
}

// Ingested is what became of one event.
type Ingested struct {
	EventID   int64
	Duplicate bool      // it was already there
	Joined    int       // deliveries created
	Taken     []Claimed // those of them that were taken at once
}

// Ingest stores events with their deliveries, and returns only when they are durable.
// A dedupe key that is known stores nothing and is reported as a duplicate. ErrBusy means that nothing was stored.
func (s *Store) Ingest(ctx context.Context, in Ingest) ([]Ingested, error) {
	events, err := arrivals(in.Events, in.Join)
	if err != nil {
		return nil, err
	}
	c := &ingestCommand{events: events, cursor: in.Cursor, reply: newReply()}
	if in.Cursor != nil {
		for _, a := range events {
			a.follow = in.Cursor.ConnectionID
		}
	}
	if err := s.submit(ctx, c, c.reply, in.Cursor != nil); err != nil {
		return nil, err
	}
	results := make([]Ingested, len(events))
	for i, a := range events {
		results[i] = a.result
	}
	return results, nil
}

type ingestCommand struct {
	events []*arrival
	cursor *Cursor
	lost   bool
	reply
}

func (c *ingestCommand) join(b *batch) { b.ingests = append(b.ingests, c) }
func (c *ingestCommand) weight() int   { return weigh(c.events) }
func (c *ingestCommand) finish(err error) {
	if err == nil && c.lost {
		err = ErrLeaseLost
	}
	c.reply <- err
}

func weigh(events []*arrival) (bytes int) {
	for _, a := range events {
		bytes += a.weight
	}
	return bytes
}

// arrival is one event on its way in, encoded by its caller so that the writer has nothing to do but write.
type arrival struct {
	hash       [16]byte
	lock       int64 // of its object, for PostgreSQL
	account    string
	object     string
	join       bool
	row        []any        // of the event; its first value is the id, given by the writer
	deliveries [][]any      // the first two values are ids, given by the writer; the fifth is the object
	takes      []*Take      // of the deliveries, in their order; nil when none is to be taken
	asRead     *tengi.Event // see Claimed.Situation; nil when none is to be taken
	weight     int
	result     Ingested
	follow     string // the connection whose run this is, whose delivery is noted; empty for what nobody asked for
	followed   int64  // its delivery, when one was created
}

// arrivals encodes events.
func arrivals(events []NewEvent, join bool) ([]*arrival, error) {
	list := make([]*arrival, len(events))
	for i := range events {
		a, err := newArrival(&events[i], join)
		if err != nil {
			return nil, err
		}
		list[i] = a
	}
	return list, nil
}

func newArrival(e *NewEvent, join bool) (*arrival, error) {
	raw, err := json.Marshal(e.Raw)
	if err != nil {
		return nil, fmt.Errorf("encode the raw input: %w", err)
	}
	sold, err := saleText(e.Sale)
	if err != nil {
		return nil, err
	}
	data := clean(string(e.Data))
	if len(e.Data) > 0 && slices.Equal(e.Data, e.Raw.Body) {
		data = sameAsBody
	}
	a := &arrival{hash: dedupeHash(e.AccountID, e.Dedupe), account: e.AccountID, object: clean(e.Object), join: join, weight: len(raw) + len(sold) + len(data) + len(e.Raw.Body) + 500}
	if a.object != "" {
		a.lock = objectLock(e.AccountID, a.object)
	}
	received := millis(e.ReceivedAt)
	a.row = []any{int64(0), e.AccountID, clean(e.Type), a.object, e.Version, clean(e.Dedupe), a.hash[:], string(raw), blob(e.Raw.Body), sold, data, flag(!e.NeedsLoad),
		clean(e.Unreadable), received}
	a.deliveries = make([][]any, len(e.Deliveries))
	for i, d := range e.Deliveries {
		due := any(nil)
		if d.State == Waiting {
			due = received
		}
		a.deliveries[i] = []any{int64(0), int64(0), d.ConnectionID, d.AccountID, a.object, string(d.State), flag(d.State.blocks(false)), due, clean(d.Code), clean(d.Reason), received,
			int64(0), int64(0), ""}
		if d.Take == nil {
			continue
		}
		if a.takes == nil {
			a.takes, a.asRead = make([]*Take, len(e.Deliveries)), asRead(&e.Event, data)
		}
		a.takes[i] = d.Take
	}
	return a, nil
}

var insertEvent = newBulk(`INSERT INTO event (id, account_id, type, object, version, dedupe, dedupe_hash, raw, body, sale, data, loaded, unreadable, received_at)
{values}
ON CONFLICT (dedupe_hash) DO NOTHING`,
	column{"id", integer}, column{"account_id", text}, column{"type", text}, column{"object", text}, column{"version", integer},
	column{"dedupe", text}, column{"dedupe_hash", octets}, column{"raw", text}, column{"body", octets}, column{"sale", text}, column{"data", text},
	column{"loaded", integer}, column{"unreadable", text}, column{"received_at", integer})

var findEvent = newBulk(`SELECT e.id, e.dedupe_hash FROM event e{join} WHERE e.dedupe_hash = v.hash`, column{"hash", octets})

var insertDelivery = newBulk(`INSERT INTO delivery (id, event_id, connection_id, account_id, object, state, open, due_at, code, reason, updated_at, lease, lease_until, node)
{values}
ON CONFLICT (event_id, connection_id) DO NOTHING`,
	column{"id", integer}, column{"event_id", integer}, column{"connection_id", text}, column{"account_id", text}, column{"object", text},
	column{"state", text}, column{"open", integer}, column{"due_at", nullable}, column{"code", text}, column{"reason", text}, column{"updated_at", integer},
	column{"lease", integer}, column{"lease_until", integer}, column{"node", text})

// The places of values in a delivery's row.
const (
	deliveryConnection = 2
	deliveryAccount    = 3
	deliveryObject     = 4
	deliveryState      = 5
	deliveryDue        = 7
	deliveryUpdated    = 10
	deliveryLease      = 11
	deliveryUntil      = 12
	deliveryNode       = 13
)

func (t *tx) applyIngests(commands []*ingestCommand) error {
	var all []*arrival
	for _, c := range commands {
		all = append(all, c.events...)
	}
	if err := t.receive(all); err != nil {
		return err
	}
	for _, c := range commands {
		if err := t.advance(c); err != nil {
			return err
		}
	}
	return nil
}

// receive stores events and their deliveries. It may run again after a rollback, so it sets every result from the start.
func (t *tx) receive(all []*arrival) error {
	n := len(all)
	for _, a := range all {
		n += len(a.deliveries)
	}
	// Invariant 5: the ids of one object's events are in the order of their commits, on all nodes: its lock is held by now.
	ids, err := t.ids(n)
	if err != nil || len(all) == 0 {
		return err
	}
	if err := t.insertEvents(all, ids); err != nil {
		return err
	}
	return t.insertDeliveries(all, ids[len(all):])
}

// insertEvents stores the events that are new and finds the others.
func (t *tx) insertEvents(all []*arrival, ids []int64) error {
	rows := make([][]any, len(all))
	for i, a := range all {
		a.result, a.followed = Ingested{EventID: ids[i]}, 0
		a.row[0] = ids[i]
		rows[i] = a.row
	}
	// Invariant 2: one event per dedupe key.
	fresh, err := t.hits(t.ctx, insertEvent, rows)
	if err != nil {
		return err
	}
	var hashes [][]any
	for i, a := range all {
		if !fresh[i] {
			a.result.Duplicate = true
			hashes = append(hashes, []any{a.hash[:]})
		}
	}
	return t.findDuplicates(all, hashes)
}

func (t *tx) findDuplicates(all []*arrival, hashes [][]any) error {
	known := make(map[[16]byte]int64, len(hashes))
	err := t.find(t.ctx, findEvent, hashes, func(r scanner) error {
		var id int64
		var hash []byte
		if err := r.Scan(&id, &hash); err != nil {
			return err
		}
		known[[16]byte(hash)] = id
		return nil
	})
	if err != nil {
		return err
	}
	for _, a := range all {
		if a.result.Duplicate {
			a.result.EventID = known[a.hash]
			if a.result.EventID == 0 {
				return fmt.Errorf("an event that is there was not found again")
			}
		}
	}
	return nil
}

func (t *tx) insertDeliveries(all []*arrival, ids []int64) error {
	var rows [][]any
	var owners []*arrival
	before := queued{}
	for _, a := range all {
		if a.result.Duplicate && !a.join {
			continue
		}
		for i, row := range a.deliveries {
			row[0], row[1], row[deliveryObject] = ids[len(rows)], a.result.EventID, objectOf(a.object, a.result.EventID)
			rows, owners = append(rows, row), append(owners, a)
			var take *Take
			if a.takes != nil {
				take = a.takes[i]
			}
			if err := t.direct(a, row, take, before); err != nil {
				return err
			}
		}
	}
	// Invariant 2: one delivery per (connection, event).
	created, err := t.hits(t.ctx, insertDelivery, rows)
	if err != nil {
		return err
	}
	var restored [][]any
	for i, a := range owners {
		if created[i] {
			a.result.Joined++
			if a.follow != "" && rows[i][2] == a.follow {
				a.followed = ids[i]
			}
			if a.result.Duplicate {
				restored = append(restored, a.restored())
			}
		}
	}
	return t.run(t.ctx, restoreEvent, restored)
}

// restored is an event that was there, as restoreEvent takes it.
func (a *arrival) restored() []any {
	return []any{a.result.EventID, a.row[7], a.row[8], a.row[9], a.row[10], a.row[5], a.row[11], a.row[12]}
}

var noteDelivery = newBulk(`INSERT INTO run_delivery (run_id, delivery_id) {values} ON CONFLICT (run_id, delivery_id) DO NOTHING`,
	column{"run_id", integer}, column{"delivery_id", integer})

// advance notes what a run has found, and moves its cursor, in the transaction that stores it.
func (t *tx) advance(c *ingestCommand) error {
	at := c.cursor
	if at == nil {
		return nil
	}
	if at.RunID != 0 {
		if err := t.noteFound(c); err != nil || c.lost {
			return err
		}
	}
	if at.Stay || at.Range {
		return nil
	}
	return t.moveTo(at)
}

// noteFound counts what a run has found and notes its deliveries, unless another node has the run by now.
func (t *tx) noteFound(c *ingestCommand) error {
	at := c.cursor
	found, moved := at.Found, flag(at.Range && !at.Stay)
	if at.Stay {
		found = 0
	}
	n, err := t.affect("UPDATE run SET found = found + $1, cursor = CASE WHEN $2 = 1 THEN $3 ELSE cursor END WHERE id = $4 AND lease = $5 AND state <> 'ended'",
		found, moved, at.Cursor, at.RunID, at.Lease)
	if c.lost = n == 0; err != nil || c.lost {
		return err
	}
	var rows [][]any
	for _, a := range c.events {
		if a.followed != 0 {
			rows = append(rows, []any{at.RunID, a.followed})
		}
	}
	return t.run(t.ctx, noteDelivery, rows)
}

// sameAsBody stands in the data column when the data is the body, byte for byte: most webhooks, so it is stored once.
const sameAsBody = "="
