package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tengi/tengi"
)

// Refresh is a document that is due to be read again at its service: for the number that comes some time after it was made.
type Refresh struct {
	tengi.Document
	AccountID  string // where it was made
	DeliveryID int64  // by which it was made
	PlannedAt  time.Time
}

// RefreshAccounts lists the accounts that have documents due to be read again.
func (s *Store) RefreshAccounts(ctx context.Context, now time.Time) (ids []string, err error) {
	err = s.rows(ctx, func(r scanner) error {
		var id string
		err := r.Scan(&id)
		ids = append(ids, id)
		return err
	}, "SELECT DISTINCT account_id FROM document WHERE refresh_at IS NOT NULL AND refresh_at <= $1", millis(now))
	if err != nil {
		return nil, fmt.Errorf("look for documents to read again: %w", err)
	}
	return ids, nil
}

// NextRefresh is the document of an account that has been due to be read again for longest; ErrNotFound when none is due.
func (s *Store) NextRefresh(ctx context.Context, accountID string, now time.Time) (Refresh, error) {
	r := Refresh{AccountID: accountID}
	var id, planned int64
	err := s.one(ctx, []any{&id, &r.DeliveryID, &planned},
		"SELECT id, delivery_id, refresh_at FROM document WHERE account_id = $1 AND refresh_at IS NOT NULL AND refresh_at <= $2 ORDER BY refresh_at LIMIT 1", accountID, millis(now))
	if err == nil {
		r.PlannedAt = moment(planned)
		r.Document, err = s.Document(ctx, id)
	}
	if err != nil {
		return Refresh{}, fmt.Errorf("a document to read again at account %s: %w", accountID, err)
	}
	return r, nil
}

// errNotNow takes back a refresh that cannot begin.
var errNotNow = errors.New("not now")

// BeginRefresh plans a document's next refresh, zero for none, and takes what reading it now costs of its account's limits. Of several nodes that
// see it due one gets ok, and none while another document of the account is being read, until it is or its node has been silent for too long, while
// the service has asked to wait, or while the limits allow nothing. A node that dies after that has planned the next one.
func (s *Store) BeginRefresh(ctx context.Context, r Refresh, lane Lane, next, now, until time.Time) (ok bool, err error) {
	err = s.change(ctx, func(t *tx) error {
		limit, err := t.permits(lane, now)
		if err != nil || limit.free == 0 {
			return errorOf(err, errNotNow)
		}
		n, err := t.affect("UPDATE account_limit SET refresh_until = $2 WHERE account_id = $1 AND refresh_until <= $3 AND blocked_until <= $3", r.AccountID, millis(until), millis(now))
		if err != nil || n == 0 {
			return errorOf(err, errNotNow)
		}
		if n, err = t.affect("UPDATE document SET refresh_at = $2 WHERE id = $1 AND refresh_at = $3", r.ID, nullMillis(next), millis(r.PlannedAt)); err != nil || n == 0 {
			return errorOf(err, errNotNow)
		}
		_, err = t.spend(lane, limit, now, 1)
		return err
	})
	if errors.Is(err, errNotNow) {
		return false, nil
	}
	return err == nil, err
}

// nullMillis is a time that may be none, as the database keeps it.
func nullMillis(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return millis(t)
}

// Refreshed is what reading a document again came to.
type Refreshed struct {
	Document *tengi.Document // as its service has it by now; nil = it could not be read
	Over     bool            // it need not be read again
	Attempt  *Attempt        // nil = it was broken off before anything was known
	Slow     *Slow
	Until    time.Time // as in BeginRefresh
}

// EndRefresh records what a refresh came to and lets the account go. Of the document the Number, URL and Status are stored, and an amount that was
// not known before; an empty one of them leaves what is known. Nothing else of it ever changes.
func (s *Store) EndRefresh(ctx context.Context, r Refresh, out Refreshed) error {
	return s.change(ctx, func(t *tx) error {
		if d := out.Document; d != nil {
			amount, currency := minor(d.Amount)
			if _, err := t.affect(`UPDATE document SET number = CASE WHEN $2 = '' THEN number ELSE $2 END, url = CASE WHEN $3 = '' THEN url ELSE $3 END,
status = CASE WHEN $4 = '' THEN status ELSE $4 END, amount = CASE WHEN currency = '' THEN $5 ELSE amount END, currency = CASE WHEN currency = '' THEN $6 ELSE currency END
WHERE id = $1`, r.ID, d.Number, d.URL, d.Status, amount, currency); err != nil {
				return err
			}
			t.tell(r.AccountID)
			if err := t.run(t.ctx, revisit, [][]any{{r.ID, millis(r.PlannedAt)}}); err != nil {
				return err
			}
		}
		if out.Over {
			if _, err := t.affect("UPDATE document SET refresh_at = NULL WHERE id = $1", r.ID); err != nil {
				return err
			}
		}
		if out.Attempt != nil {
			ids, err := t.ids(1)
			if err != nil {
				return err
			}
			row := attemptRow(r.DeliveryID, out.Attempt)
			row[0] = ids[0]
			if err := t.run(t.ctx, insertAttempt, [][]any{row}); err != nil {
				return err
			}
		}
		if out.Slow != nil {
			if err := t.run(t.ctx, block, [][]any{{out.Slow.AccountID, millis(out.Slow.Until)}}); err != nil {
				return err
			}
		}
		_, err := t.affect("UPDATE account_limit SET refresh_until = 0 WHERE account_id = $1 AND refresh_until = $2", r.AccountID, millis(out.Until))
		return err
	})
}
