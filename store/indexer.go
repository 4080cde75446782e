package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tengi/tengi"
)

// indexed is the name under which the indexer keeps the last number of the ledger that it has looked at.
const indexed = "indexed"

// indexBatch is how many rows of each kind the indexer looks at for one commit.
const indexBatch = 256

// errOvertaken says that another node was quicker: nothing was done, and nothing is lost.
var errOvertaken = errors.New("another node is further")

// IndexOnce writes down what pages read, for the next rows of the ledger, and says whether there is more. It reads beside the writer and hands it
// only what is to be stored, so that events on their way in wait for nothing but that.
//
// The ledger's counter leads it: a row that is new, or that learned something worth looking for, has a number that it has not seen, or is named in
// revisit. Where it stands and what it has written change in one transaction, so every row is counted once.
func (s *Store) IndexOnce(ctx context.Context) (more bool, err error) {
	at, err := s.Meta(ctx, indexed)
	if err != nil {
		return false, err
	}
	from, _ := strconv.ParseInt(at, 10, 64) // at first it is empty
	to, err := s.settled(ctx)
	if err != nil {
		return false, fmt.Errorf("see how far the ledger is: %w", err)
	}
	b := &indexing{store: s, was: at, from: from, to: max(from, to), words: map[int64]*wordSet{}, workspaces: map[int64]string{}, tally: map[tallyKey]tallied{}}
	if err := b.read(ctx); err != nil {
		return false, fmt.Errorf("read what is to be indexed: %w", err)
	}
	if b.to == b.from && len(b.revisit) == 0 {
		return false, nil
	}
	err = s.change(ctx, b.write)
	if errors.Is(err, errOvertaken) {
		return true, nil
	}
	if err != nil {
		return false, fmt.Errorf("write the index: %w", err)
	}
	return b.more, nil
}

// indexing is one batch on its way from the ledger into the index.
type indexing struct {
	store      *Store
	was        string
	from, to   int64 // numbers, the first excluded
	more       bool
	places     places
	words      map[int64]*wordSet // by event
	workspaces map[int64]string   // of the events
	received   map[int64]int64    // when they came, of those in the batch
	tally      map[tallyKey]tallied
	revisit    [][2]int64 // document, mark
}

// places say which workspace accounts and connections belong to, and by which clock it counts its hours.
type places struct {
	workspace map[string]string // by account or connection
	clock     map[string]*time.Location
	test      map[string]bool // connections for test data
}

func (s *Store) places(ctx context.Context) (places, error) {
	p := places{workspace: map[string]string{}, clock: map[string]*time.Location{}, test: map[string]bool{}}
	for _, statement := range []string{"SELECT id, workspace_id FROM account", "SELECT id, workspace_id FROM connection"} {
		err := s.rows(ctx, func(r scanner) error {
			var id, workspace string
			err := r.Scan(&id, &workspace)
			p.workspace[id] = workspace
			return err
		}, statement)
		if err != nil {
			return p, err
		}
	}
	for id, workspace := range p.workspace {
		s.live.learn(workspace, id)
	}
	tests, err := s.testConnections(ctx)
	if err != nil {
		return p, err
	}
	for _, id := range tests {
		p.test[id] = true
	}
	err = s.rows(ctx, func(r scanner) error {
		var id, name string
		if err := r.Scan(&id, &name); err != nil {
			return err
		}
		clock, err := time.LoadLocation(name)
		if err != nil {
			clock = time.UTC // a name that is none; the hours are right all the same
		}
		p.clock[id] = clock
		return nil
	}, "SELECT id, timezone FROM workspace")
	return p, err
}

// testConnections are those for test data alone: what goes through them is listed, and not counted.
func (s *Store) testConnections(ctx context.Context) (ids []string, err error) {
	err = s.rows(ctx, func(r scanner) error {
		var id, spec string
		if err := r.Scan(&id, &spec); err != nil {
			return err
		}
		var c tengi.Connection
		err := json.Unmarshal([]byte(spec), &c)
		if c.Test {
			ids = append(ids, id)
		}
		return err
	}, `SELECT id, spec FROM connection WHERE spec LIKE '%"Test":true%'`)
	return ids, err
}

// read gathers what a batch has to write.
func (b *indexing) read(ctx context.Context) (err error) {
	if b.places, err = b.store.places(ctx); err != nil {
		return err
	}
	var events []int64
	var deliveries []newDelivered
	var attempts []newAttempt
	var documents []DocumentRow
	for _, read := range []func() error{
		func() error { events, err = b.newEvents(ctx); return err },
		func() error { deliveries, err = b.newDeliveries(ctx); return err },
		func() error { attempts, err = b.newAttempts(ctx); return err },
		func() error { documents, err = b.newDocuments(ctx); return err },
		func() error {
			return b.store.pairs(ctx, &b.revisit, "SELECT document_id, mark FROM revisit ORDER BY document_id, mark LIMIT $1", indexBatch)
		},
	} {
		if err := read(); err != nil {
			return err
		}
	}
	// Whatever came last may have made the batch shorter than what was read before it.
	events = slices.DeleteFunc(events, func(id int64) bool { return id > b.to })
	deliveries = slices.DeleteFunc(deliveries, func(d newDelivered) bool { return d.id > b.to })
	attempts = slices.DeleteFunc(attempts, func(a newAttempt) bool { return a.id > b.to })
	documents = slices.DeleteFunc(documents, func(d DocumentRow) bool { return d.ID > b.to })
	return b.digest(ctx, events, deliveries, attempts, documents)
}

// upTo ends the batch with the last row of a kind when there may be more of them.
func (b *indexing) upTo(n int, last int64) {
	if n == indexBatch && last < b.to {
		b.to, b.more = last, true
	}
}

// newEvents are the events of the batch.
func (b *indexing) newEvents(ctx context.Context) ([]int64, error) {
	ids, err := b.store.numbers(ctx, "SELECT id FROM event WHERE id > $1 AND id <= $2 ORDER BY id LIMIT $3", b.from, b.to, indexBatch)
	if err == nil && len(ids) > 0 {
		b.upTo(len(ids), ids[len(ids)-1])
	}
	return ids, err
}

type newDelivered struct {
	id, event, updated int64
	connection         string
}

// newDeliveries are the deliveries of the batch.
func (b *indexing) newDeliveries(ctx context.Context) (list []newDelivered, err error) {
	err = b.store.rows(ctx, func(r scanner) error {
		var d newDelivered
		err := r.Scan(&d.id, &d.event, &d.connection, &d.updated)
		list = append(list, d)
		return err
	}, "SELECT id, event_id, connection_id, updated_at FROM delivery WHERE id > $1 AND id <= $2 ORDER BY id LIMIT $3", b.from, b.to, indexBatch)
	if err == nil && len(list) > 0 {
		b.upTo(len(list), list[len(list)-1].id)
	}
	return list, err
}

type newAttempt struct {
	id, delivery, ended int64
	op                  Op
	outcome             string
}

// newAttempts are the attempts of the batch.
func (b *indexing) newAttempts(ctx context.Context) (list []newAttempt, err error) {
	err = b.store.rows(ctx, func(r scanner) error {
		var a newAttempt
		err := r.Scan(&a.id, &a.delivery, &a.op, &a.outcome, &a.ended)
		list = append(list, a)
		return err
	}, "SELECT id, delivery_id, op, outcome, ended_at FROM attempt WHERE id > $1 AND id <= $2 ORDER BY id LIMIT $3", b.from, b.to, indexBatch)
	if err == nil && len(list) > 0 {
		b.upTo(len(list), list[len(list)-1].id)
	}
	return list, err
}

// newDocuments are the documents of the batch.
func (b *indexing) newDocuments(ctx context.Context) (list []DocumentRow, err error) {
	err = b.store.rows(ctx, func(r scanner) error {
		d, err := scanDocumentRow(r)
		list = append(list, d)
		return err
	}, "SELECT "+documentRowColumns+" FROM document d WHERE d.id > $1 AND d.id <= $2 ORDER BY d.id LIMIT $3", b.from, b.to, indexBatch)
	if err == nil && len(list) > 0 {
		b.upTo(len(list), list[len(list)-1].ID)
	}
	return list, err
}

// digest turns rows into words and sums.
func (b *indexing) digest(ctx context.Context, events []int64, deliveries []newDelivered, attempts []newAttempt, documents []DocumentRow) error {
	owners, err := b.owners(ctx, attempts, documents)
	if err != nil {
		return err
	}
	for _, a := range attempts {
		owner := owners[a.delivery]
		if a.op == Load && a.outcome == "done" {
			events = append(events, owner.event)
		}
		if a.outcome == "permanent" || a.outcome == "attention" {
			b.count(owner.connection, tallyFailures, a.ended, "", 0)
		}
	}
	if err := b.eventWords(ctx, events); err != nil {
		return err
	}
	for _, d := range deliveries {
		at, ok := b.received[d.event]
		if !ok {
			at = d.updated
		}
		b.count(d.connection, tallyDeliveries, at, "", 0)
	}
	for _, d := range documents {
		b.documentWords(owners[d.DeliveryID].event, d)
		if d.UndoneBy != d.ID {
			b.count(d.ConnectionID, string(d.Kind), d.CreatedAt.UnixMilli(), d.Amount.Currency, signed(d))
		}
	}
	return b.revisitedWords(ctx)
}

// owner is what a delivery belongs to.
type owner struct {
	event      int64
	connection string
}

// owners finds what attempts and documents belong to.
func (b *indexing) owners(ctx context.Context, attempts []newAttempt, documents []DocumentRow) (map[int64]owner, error) {
	wanted := map[int64]bool{}
	for _, a := range attempts {
		if a.op == Load || a.outcome != "done" {
			wanted[a.delivery] = true
		}
	}
	for _, d := range documents {
		wanted[d.DeliveryID] = true
	}
	return b.store.owners(ctx, slices.Sorted(maps.Keys(wanted)))
}

func (s *Store) owners(ctx context.Context, deliveries []int64) (map[int64]owner, error) {
	owners := map[int64]owner{}
	for ids := range slices.Chunk(deliveries, maxList) {
		in, args := listed(ids, 1)
		err := s.rows(ctx, func(r scanner) error {
			var id int64
			var o owner
			err := r.Scan(&id, &o.event, &o.connection)
			owners[id] = o
			return err
		}, "SELECT id, event_id, connection_id FROM delivery WHERE id IN ("+in+")", args...)
		if err != nil {
			return nil, err
		}
	}
	return owners, nil
}

// eventWords reads what events say.
func (b *indexing) eventWords(ctx context.Context, events []int64) error {
	b.received = map[int64]int64{}
	slices.Sort(events)
	for ids := range slices.Chunk(slices.Compact(events), 50) {
		in, args := listed(ids, 1)
		err := b.store.rows(ctx, func(r scanner) error {
			var id, received int64
			var account, object, sold, data string
			var body []byte
			if err := r.Scan(&id, &account, &object, &sold, &data, &body, &received); err != nil {
				return err
			}
			sale, err := readSale(sold)
			if err != nil {
				return fmt.Errorf("read the sale of event %d: %w", id, err)
			}
			b.received[id], b.workspaces[id] = received, b.places.workspace[account]
			b.of(id).event(object, sale, append([]byte(data), body...))
			return nil
		}, saidByEvents+"("+in+")", args...)
		if err != nil {
			return err
		}
	}
	return nil
}

// saidByEvents reads the sale of events, and the data only of those that have none.
const saidByEvents = "SELECT id, account_id, object, sale, CASE WHEN sale = '' AND data <> '" + sameAsBody + "' THEN data ELSE '' END, CASE WHEN sale = '' AND data = '" + sameAsBody +
	"' AND length(body) <= 65536 THEN body END, received_at FROM event WHERE raw <> '' AND id IN "

// of are the words of an event.
func (b *indexing) of(event int64) *wordSet {
	if b.words[event] == nil {
		b.words[event] = &wordSet{}
	}
	return b.words[event]
}

// documentWords adds what a document is known by to the words of the event it was made for.
func (b *indexing) documentWords(event int64, d DocumentRow) {
	if event == 0 {
		return // it is forgotten
	}
	b.workspaces[event] = b.places.workspace[d.ConnectionID]
	w := b.of(event)
	w.text(d.Number)
	w.code(d.ExternalID)
	w.amount(d.Amount.Value)
}

// revisitedWords does the same for documents that have changed.
func (b *indexing) revisitedWords(ctx context.Context) error {
	if len(b.revisit) == 0 {
		return nil
	}
	ids := make([]int64, len(b.revisit))
	for i, pair := range b.revisit {
		ids[i] = pair[0]
	}
	in, args := listed(ids, 1)
	var documents []DocumentRow
	err := b.store.rows(ctx, func(r scanner) error {
		d, err := scanDocumentRow(r)
		documents = append(documents, d)
		return err
	}, "SELECT "+documentRowColumns+" FROM document d WHERE d.id IN ("+in+")", args...)
	if err != nil {
		return err
	}
	owners, err := b.owners(ctx, nil, documents)
	for _, d := range documents {
		b.documentWords(owners[d.DeliveryID].event, d)
	}
	return err
}

// signed is what a document adds to a sum: a credit takes away.
func signed(d DocumentRow) int64 {
	amount, _ := minor(d.Amount)
	if d.Kind == tengi.CreditNote || d.Undoes > 0 {
		return -max(amount, -amount)
	}
	return amount
}

// joined are words as event_words has them: between blanks.
func joined(words []string) string { return " " + strings.Join(words, " ") + " " }
