package store

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

var insertTerm = newBulk(`INSERT INTO term (workspace_id, word, event_id)
{values}
ON CONFLICT DO NOTHING`, column{"workspace_id", text}, column{"word", text}, column{"event_id", integer})

var putWords = newBulk(`INSERT INTO event_words (workspace_id, event_id, words)
{values}
ON CONFLICT (workspace_id, event_id) DO UPDATE SET words = excluded.words`, column{"workspace_id", text}, column{"event_id", integer}, column{"words", text})

var addTally = newBulk(`INSERT INTO tally (connection_id, what, hour, currency, count, amount)
{values}
ON CONFLICT (connection_id, what, hour, currency) DO UPDATE SET count = tally.count + excluded.count, amount = tally.amount + excluded.amount`,
	column{"connection_id", text}, column{"what", text}, column{"hour", integer}, column{"currency", text}, column{"count", integer}, column{"amount", integer})

// write stores a batch, unless another node has been there.
func (b *indexing) write(t *tx) error {
	if err := t.moveIndex(b.was, b.to); err != nil {
		return err
	}
	for _, workspace := range b.workspaces {
		t.tell(workspace)
	}
	for key := range b.tally {
		t.tell(key.connection)
	}
	if err := b.writeWords(t); err != nil {
		return err
	}
	if err := t.run(t.ctx, addTally, b.tallyRows()); err != nil {
		return err
	}
	return b.recount(t)
}

// moveIndex moves the indexer on from where it was. Its row is also what two who write the index, or remove from it, wait for each other by.
func (t *tx) moveIndex(was string, to int64) error {
	statement := "UPDATE meta SET value = $2 WHERE key = $1 AND value = $3"
	if was == "" {
		statement = "INSERT INTO meta (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = $2 WHERE meta.value = $3"
	}
	n, err := t.affect(statement, indexed, strconv.FormatInt(to, 10), was)
	if err == nil && n == 0 {
		err = errOvertaken
	}
	return err
}

// writeWords stores the words that are not known yet of events that are still there.
func (b *indexing) writeWords(t *tx) error {
	var terms, words [][]any
	for ids := range slices.Chunk(slices.Sorted(maps.Keys(b.words)), 200) {
		known, err := t.knownWords(ids)
		if err != nil {
			return err
		}
		for _, id := range ids {
			was, there := known[id]
			workspace := b.workspaces[id]
			if !there || workspace == "" {
				continue // it was forgotten meanwhile, or its account was
			}
			all := strings.Fields(was)
			fresh := slices.DeleteFunc(slices.Clone(b.words[id].list), func(word string) bool { return slices.Contains(all, word) })
			if len(fresh) == 0 && was != "" {
				continue
			}
			for _, word := range fresh {
				terms = append(terms, []any{workspace, word, id})
			}
			words = append(words, []any{workspace, id, joined(append(all, fresh...))})
		}
	}
	slices.SortFunc(terms, func(a, c []any) int { return strings.Compare(a[1].(string), c[1].(string)) }) //nolint:forcetypeassert // made above; neighbours share pages
	if err := t.run(t.ctx, insertTerm, terms); err != nil {
		return err
	}
	return t.run(t.ctx, putWords, words)
}

// knownWords are the words so far of those of some events that are there.
func (t *tx) knownWords(ids []int64) (map[int64]string, error) {
	known := map[int64]string{}
	in, args := listed(ids, 1)
	err := t.query(t.ctx, func(r scanner) error {
		var id int64
		var words string
		err := r.Scan(&id, &words)
		known[id] = words
		return err
	}, `SELECT e.id, coalesce((SELECT w.words FROM event_words w WHERE w.workspace_id = a.workspace_id AND w.event_id = e.id), '')
FROM event e LEFT JOIN account a ON a.id = e.account_id WHERE e.raw <> '' AND e.id IN (`+in+")", args...)
	return known, err
}

// tallyKey is one row of the tally.
type tallyKey struct {
	connection, what string
	hour             int64
	currency         string
}

type tallied struct{ count, amount int64 }

// count adds to an hour of a connection.
func (b *indexing) count(connection, what string, at int64, currency string, amount int64) {
	if connection == "" || b.places.test[connection] {
		return
	}
	key := tallyKey{connection, what, b.hour(connection, at), currency}
	sum := b.tally[key]
	b.tally[key] = tallied{sum.count + 1, sum.amount + amount}
}

func (b *indexing) hour(connection string, at int64) int64 {
	return hourOf(b.places.clock[b.places.workspace[connection]], at)
}

// hourOf is the beginning of the hour that a moment falls into by a workspace's clock: not everywhere is it a whole one by UTC.
func hourOf(clock *time.Location, at int64) int64 {
	if clock == nil {
		clock = time.UTC
	}
	_, offset := time.UnixMilli(at).In(clock).Zone()
	shift := int64(offset) * 1000
	return (at+shift)/hourLength*hourLength - shift
}

// hourLength is an hour in milliseconds.
const hourLength = int64(time.Hour / time.Millisecond)

func (b *indexing) tallyRows() [][]any {
	rows := make([][]any, 0, len(b.tally))
	for key, sum := range b.tally {
		rows = append(rows, []any{key.connection, key.what, key.hour, key.currency, sum.count, sum.amount})
	}
	slices.SortFunc(rows, func(a, c []any) int { return strings.Compare(a[0].(string)+a[1].(string), c[0].(string)+c[1].(string)) }) //nolint:forcetypeassert // made above
	return rows
}

// recount counts the hours of documents that have changed anew, as far as the indexer has come.
func (b *indexing) recount(t *tx) error {
	seen := map[tallyKey]bool{}
	for _, pair := range b.revisit {
		if _, err := t.affect("DELETE FROM revisit WHERE document_id = $1 AND mark = $2", pair[0], pair[1]); err != nil {
			return err
		}
		var key tallyKey
		var created int64
		err := t.query(t.ctx, func(r scanner) error { return r.Scan(&key.connection, &key.what, &key.currency, &created) },
			"SELECT connection_id, kind, currency, created_at FROM document WHERE id = $1", pair[0])
		if err != nil {
			return err
		}
		if b.places.test[key.connection] {
			continue
		}
		key.hour = b.hour(key.connection, created)
		for _, currency := range slices.Compact([]string{"", key.currency}) { // it may have had no amount before
			key.currency = currency
			if seen[key] {
				continue
			}
			seen[key] = true
			if err := t.recount(key, b.to); err != nil {
				return err
			}
		}
	}
	return nil
}

func (t *tx) recount(key tallyKey, to int64) error {
	if _, err := t.affect("DELETE FROM tally WHERE connection_id = $1 AND what = $2 AND hour = $3 AND currency = $4", key.connection, key.what, key.hour, key.currency); err != nil {
		return err
	}
	_, err := t.affect(`INSERT INTO tally (connection_id, what, hour, currency, count, amount) SELECT connection_id, kind, CAST($3 AS BIGINT), currency, count(*),
CAST(sum(CASE WHEN kind = 'credit_note' OR undoes > 0 THEN -abs(amount) ELSE amount END) AS BIGINT)
FROM document WHERE connection_id = $1 AND kind = $2 AND currency = $4 AND created_at >= $3 AND created_at < $5 AND id <= $6 AND undone_by <> id
GROUP BY connection_id, kind, currency`, key.connection, key.what, key.hour, key.currency, key.hour+hourLength, to)
	return err
}

// revisit tells the indexer of a document that has changed, in the transaction that changes it. The mark is different each time, so that one that comes
// while the indexer looks at the last is not taken for it.
var revisit = newBulk("INSERT INTO revisit (document_id, mark) {values} ON CONFLICT DO NOTHING", column{"document_id", integer}, column{"mark", integer})
