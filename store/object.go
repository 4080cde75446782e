package store

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"strconv"
	"strings"
)

// objectOf is what deliveries are ordered by; an event that concerns nothing with a name is alone.
func objectOf(object string, eventID int64) string {
	if object == "" {
		return alone + strconv.FormatInt(eventID, 10)
	}
	return object
}

// alone begins the object of deliveries whose event concerns nothing that has a name.
const alone = "event/"

// aloneEvent is the event of a delivery's object that objectOf made up.
func aloneEvent(object string) (eventID int64, ok bool) {
	digits, ok := strings.CutPrefix(object, alone)
	if !ok {
		return 0, false
	}
	id, err := strconv.ParseInt(digits, 10, 64)
	return id, err == nil && id > 0
}

// dedupeHash is what makes an event unique: the first half of SHA-256 of its account and its source's identity of it.
func dedupeHash(accountID, dedupe string) [16]byte {
	sum := sha256.Sum256([]byte(accountID + "\x00" + dedupe))
	return [16]byte(sum[:16])
}

// objectLock is the number of the lock under which events of an object are stored. Two objects with the same number only wait for each other.
func objectLock(accountID, object string) int64 {
	hash := dedupeHash(accountID, "object\x00"+object)
	return int64(binary.BigEndian.Uint64(hash[:8]))
}

// everything is the lock that batches of a few objects share and one of many takes alone: a server has room for some thousands of locks in all.
const (
	everything = 7_305_119_320_271_853_282
	manyLocks  = 256
)

// lockObjects is for PostgreSQL alone, as SQLite has one writer. Invariant 5: two nodes must not give numbers to events of one object in another
// order than they commit them, or a later one might be seen, and worked on, before an earlier one. All locks of a batch are taken in one order.
func (t *tx) lockObjects(b *batch) error {
	if !t.w.store.dialect.postgres {
		return nil
	}
	var keys []int64
	add := func(events []*arrival) {
		for _, a := range events {
			if a.object != "" {
				keys = append(keys, a.lock)
			} else { // nobody waits for it, but two that store it at once must not wait for each other
				keys = append(keys, int64(binary.BigEndian.Uint64(a.hash[:8])))
			}
		}
	}
	for _, c := range b.ingests {
		add(c.events)
	}
	for _, c := range b.outcomes {
		add(c.instead)
	}
	if len(keys) == 0 {
		return nil
	}
	slices.Sort(keys)
	keys = slices.Compact(keys)
	if len(keys) > manyLocks {
		return t.run(t.ctx, lockAlone, [][]any{{int64(everything)}})
	}
	if err := t.run(t.ctx, lockShared, [][]any{{int64(everything)}}); err != nil {
		return err
	}
	rows := make([][]any, len(keys))
	for i, key := range keys {
		rows[i] = []any{key}
	}
	return t.run(t.ctx, lockAlone, rows)
}

// The locks end with the transaction.
var (
	lockAlone  = newBulk("SELECT pg_advisory_xact_lock(v.key) {from}", column{"key", integer})
	lockShared = newBulk("SELECT pg_advisory_xact_lock_shared(v.key) {from}", column{"key", integer})
)
