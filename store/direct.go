package store

import (
	"encoding/json"
	"time"

	"github.com/tengi/tengi"
)

// Take asks that a new delivery goes straight to a worker, where nothing stands in its way: it is then stored under lease, in the transaction that stores
// its event, and need not be claimed in another. Who asks has room for it and knows that its account has no limits but being asked to wait.
type Take struct {
	Node  string
	Lease int64 // the token under which it is held; never given twice
	Now   time.Time
	Until time.Time // when the lease ends unless renewed
}

// Direct says whether deliveries can be taken as they are stored. One writer sees all there is of an object; among several, on PostgreSQL, another may
// be about to commit what stands in the way.
func (s *Store) Direct() bool { return !s.dialect.postgres }

// past says whether something stands in the way of a new delivery: an open one of its object, one at work, its account's having asked to wait; and
// whether anything is known of the object that would have to be read for deciding what to do (see situation).
const past = `SELECT EXISTS (SELECT 1 FROM delivery d WHERE d.connection_id = $1 AND d.object = $2 AND d.open = 1)
OR EXISTS (SELECT 1 FROM delivery d WHERE d.connection_id = $1 AND d.object = $2 AND d.state = 'running')
OR EXISTS (SELECT 1 FROM account_limit l WHERE l.account_id = $3 AND l.blocked_until > $4),
EXISTS (SELECT 1 FROM object o WHERE o.connection_id = $1 AND o.name = $2)
OR EXISTS (SELECT 1 FROM document d WHERE d.connection_id = $1 AND d.object = $2)
OR EXISTS (SELECT 1 FROM step s WHERE s.connection_id = $1 AND s.object = $2 AND s.issue > 0)`

// queued are the objects, each of a connection, that have a delivery earlier in the batch.
type queued map[[2]string]bool

// direct looks whether a new delivery may be taken at once, and writes the lease into its row if so. Invariant 5: it may not while another of its
// object, in the ledger or earlier in the batch, is open.
func (t *tx) direct(a *arrival, row []any, take *Take, before queued) error {
	connectionID, accountID, object := row[deliveryConnection].(string), row[deliveryAccount].(string), row[deliveryObject].(string) //nolint:forcetypeassert // as newArrival made it
	queue := [2]string{connectionID, object}
	behind := before[queue]
	before[queue] = true
	if take == nil || !t.w.store.Direct() {
		return nil
	}
	// The batch may run again after a rollback.
	row[deliveryState], row[deliveryDue], row[deliveryLease], row[deliveryUntil], row[deliveryNode] = string(Waiting), row[deliveryUpdated], int64(0), int64(0), ""
	if behind || a.result.Duplicate {
		return nil
	}
	var stands, known bool
	err := t.query(t.ctx, func(r scanner) error { return r.Scan(&stands, &known) }, past, connectionID, object, accountID, millis(take.Now))
	if err != nil || stands {
		return err
	}
	row[deliveryState], row[deliveryDue], row[deliveryLease], row[deliveryUntil], row[deliveryNode] = string(Running), nil, take.Lease, millis(take.Until), take.Node
	d := Claimed{ID: row[0].(int64), EventID: a.result.EventID, ConnectionID: connectionID, AccountID: accountID, Object: object, Was: Waiting, Lease: take.Lease} //nolint:forcetypeassert // as newArrival made it
	if !known && a.asRead != nil {
		d.Situation = &Situation{Event: *a.asRead, Loaded: !a.asRead.NeedsLoad, Issues: map[string]int{}}
		d.Situation.Event.ID = d.EventID
	}
	a.result.Taken = append(a.result.Taken, d)
	return nil
}

// asRead is an event as it would be read from the ledger, but for its id. Of one with a sale it is nil: how a sale looks after it was stored is known
// by reading it.
func asRead(e *tengi.Event, data string) *tengi.Event {
	if e.Sale != nil {
		return nil
	}
	read := *e
	read.Type, read.Object, read.Dedupe, read.Unreadable = clean(e.Type), clean(e.Object), clean(e.Dedupe), clean(e.Unreadable)
	read.ReceivedAt, read.Raw.Body = moment(millis(e.ReceivedAt)), bare(e.Raw.Body)
	switch data {
	case "":
		read.Data = nil
	case sameAsBody:
		read.Data = e.Raw.Body
	default:
		read.Data = json.RawMessage(data)
	}
	return &read
}
