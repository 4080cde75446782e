package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// forgottenText is why an event whose content was removed cannot be read.
const forgottenText = "it is older than the workspace keeps events: what it said was removed"

// forgetBatch is how many events are forgotten in one commit, while other writes wait.
const forgetBatch = 50

// Forget removes what events of a workspace said that came before a moment and whose work has ended before it: what came in and its data, the attempts
// with their requests and answers, the calls, the frozen values of steps, the words by which they were found. What somebody still has to do
// something about is left as it is, and so are the documents: they are the ledger.
//
// Of an event and its deliveries the bare rows stay. Invariant 2: a source that repeats a notice after years must find it known, and a document, its
// Ref and its issue must never be given twice.
func (s *Store) Forget(ctx context.Context, workspaceID string, before time.Time) (events int, err error) {
	accounts, err := s.ids(ctx, "SELECT id FROM account WHERE workspace_id = $1", workspaceID)
	if err != nil {
		return 0, fmt.Errorf("forget old events: %w", err)
	}
	for _, account := range accounts {
		for after := int64(0); after >= 0; {
			n, last, err := s.forgetSome(ctx, workspaceID, account, before, after)
			if events += n; err != nil {
				return events, fmt.Errorf("forget old events of account %s: %w", account, err)
			}
			after = last
		}
	}
	return events, nil
}

// forgetSome forgets the next events of an account, in a commit of its own. last is where to go on, -1 when there is nothing more.
func (s *Store) forgetSome(ctx context.Context, workspaceID, account string, before time.Time, after int64) (n int, last int64, err error) {
	var ids []int64
	last = -1
	looked := 0
	err = s.rows(ctx, func(r scanner) error {
		var id, received, whole int64
		if err := r.Scan(&id, &whole, &received); err != nil {
			return err
		}
		looked++
		if received < before.UnixMilli() {
			last = id
			if whole == 1 {
				ids = append(ids, id)
			}
		}
		return nil
	}, "SELECT id, CASE WHEN raw = '' THEN 0 ELSE 1 END, received_at FROM event WHERE account_id = $1 AND id > $2 ORDER BY id LIMIT $3", account, after, forgetBatch)
	if err != nil || len(ids) == 0 {
		return 0, last, err
	}
	began, commands := time.Now(), s.stats.commands.Load()
	err = s.change(ctx, func(t *tx) error {
		var err error
		n, err = t.forget(workspaceID, ids, before)
		return err
	})
	if s.stats.commands.Load()-commands > 4 { // others want the writer, and this can wait
		waits(ctx, nil, indexRest*time.Since(began))
	}
	return n, last, errors.Join(err, ctx.Err())
}

// forget removes the content of those of some events whose work has ended.
func (t *tx) forget(workspaceID string, ids []int64, before time.Time) (int, error) {
	// The indexer writes words under the same row: it must not bring back what is removed here.
	if err := t.query(t.ctx, func(r scanner) error { return r.Scan(new(string)) }, "SELECT value FROM meta WHERE key = $1"+t.w.store.dialect.forUpdate, indexed); err != nil {
		return 0, err
	}
	in, args := listed(ids, 1)
	deliveries, kept, err := t.ended(in, args, before)
	if err != nil {
		return 0, err
	}
	ids = slices.DeleteFunc(slices.Clone(ids), func(id int64) bool { return kept[id] })
	if len(ids) == 0 {
		return 0, nil
	}
	if len(deliveries) > 0 {
		in, args := listed(deliveries, 1)
		for _, statement := range []string{
			"DELETE FROM attempt WHERE delivery_id IN (" + in + ")",
			"DELETE FROM call WHERE delivery_id IN (" + in + ")",
			"UPDATE step SET input = '{}', reason = '' WHERE delivery_id IN (" + in + ")",
			"UPDATE delivery SET reason = '' WHERE id IN (" + in + ")",
		} {
			if _, err := t.exec(t.ctx, statement, args...); err != nil {
				return 0, err
			}
		}
	}
	in, args = listed(ids, 1)
	if err := t.forgetWords(workspaceID, ids); err != nil {
		return 0, err
	}
	_, err = t.exec(t.ctx, "UPDATE event SET raw = '', body = '', sale = '', data = '', dedupe = '', unreadable = '' WHERE id IN ("+in+")", args...)
	return len(ids), err
}

// ended reads the deliveries of some events, and which of the events are kept because of one.
func (t *tx) ended(in string, args []any, before time.Time) (deliveries []int64, kept map[int64]bool, err error) {
	type delivery struct{ id, event int64 }
	var all []delivery
	kept = map[int64]bool{}
	err = t.query(t.ctx, func(r scanner) error {
		var d delivery
		var state State
		var updated int64
		err := r.Scan(&d.id, &d.event, &state, &updated)
		if !state.Ended() || updated >= before.UnixMilli() {
			kept[d.event] = true
		}
		all = append(all, d)
		return err
	}, "SELECT id, event_id, state, updated_at FROM delivery WHERE event_id IN ("+in+")"+t.w.store.dialect.forUpdate, args...)
	for _, d := range all {
		if !kept[d.event] {
			deliveries = append(deliveries, d.id)
		}
	}
	return deliveries, kept, err
}

// forgetWords removes the words of events from the index.
func (t *tx) forgetWords(workspaceID string, ids []int64) error {
	in, args := listed(ids, 2)
	args = append([]any{workspaceID}, args...)
	var terms [][]any
	err := t.query(t.ctx, func(r scanner) error {
		var id int64
		var words string
		err := r.Scan(&id, &words)
		for word := range strings.FieldsSeq(words) {
			terms = append(terms, []any{workspaceID, word, id})
		}
		return err
	}, "SELECT event_id, words FROM event_words WHERE workspace_id = $1 AND event_id IN ("+in+")", args...)
	if err != nil {
		return err
	}
	for _, term := range terms {
		if _, err := t.exec(t.ctx, "DELETE FROM term WHERE workspace_id = $1 AND word = $2 AND event_id = $3", term...); err != nil {
			return err
		}
	}
	_, err = t.exec(t.ctx, "DELETE FROM event_words WHERE workspace_id = $1 AND event_id IN ("+in+")", args...)
	return err
}

// restoreEvent gives a forgotten event its content back: a connection that is new to it has found it at its source again.
var restoreEvent = newBulk(`UPDATE event SET raw = v.raw, body = v.body, sale = v.sale, data = v.data, dedupe = v.dedupe, loaded = v.loaded, unreadable = v.unreadable {from}
WHERE event.id = v.id AND event.raw = ''`,
	column{"id", integer}, column{"raw", text}, column{"body", octets}, column{"sale", text}, column{"data", text}, column{"dedupe", text}, column{"loaded", integer},
	column{"unreadable", text})

// retention is the name under which it is kept how long a workspace keeps its events.
func retention(workspaceID string) string { return "retention/" + workspaceID }

// SetRetention says for how many days a workspace keeps what events said; 0 is for ever. Follow forgets by it, every few hours.
func (s *Store) SetRetention(ctx context.Context, workspaceID string, days int) error {
	if days < 0 {
		return fmt.Errorf("keep events for %d days: it must be a number of days, or 0 for ever", days)
	}
	return s.SetMeta(ctx, retention(workspaceID), strconv.Itoa(days))
}

// Retention is for how many days a workspace keeps what events said; 0 is for ever.
func (s *Store) Retention(ctx context.Context, workspaceID string) (days int, err error) {
	text, err := s.Meta(ctx, retention(workspaceID))
	if err == nil && text != "" {
		days, err = strconv.Atoi(text)
	}
	if err != nil {
		return 0, fmt.Errorf("read how long workspace %s keeps events: %w", workspaceID, err)
	}
	return days, nil
}

// ForgetByRetention forgets what each workspace does not keep any longer, and removes sessions and codes that have expired.
func (s *Store) ForgetByRetention(ctx context.Context) (events int, err error) {
	workspaces, err := s.ids(ctx, "SELECT id FROM workspace")
	if err != nil {
		return 0, fmt.Errorf("list workspaces: %w", err)
	}
	for _, id := range workspaces {
		days, err := s.Retention(ctx, id)
		if err != nil {
			return events, err
		}
		if days == 0 {
			continue
		}
		n, err := s.Forget(ctx, id, s.Now().AddDate(0, 0, -days))
		if events += n; err != nil {
			return events, err
		}
	}
	return events, s.PruneSessions(ctx)
}
