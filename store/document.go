package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/money"
)

// documentColumns are read by documents.
const documentColumns = `id, connection_id, object, step_key, kind, external_id, number, url, status, amount, currency, customer, data, ref, fingerprint,
undone_by, created_at`

// documents lists documents that fit a condition, which also says in what order.
func (s *Store) documents(ctx context.Context, where string, args ...any) ([]tengi.Document, error) {
	var documents []tengi.Document
	err := s.rows(ctx, func(r scanner) error {
		var d tengi.Document
		var amount, created int64
		var currency, data string
		if err := r.Scan(&d.ID, &d.ConnectionID, &d.Object, &d.StepKey, &d.Kind, &d.ExternalID, &d.Number, &d.URL, &d.Status, &amount, &currency, &d.Customer, &data, &d.Ref,
			&d.Fingerprint, &d.UndoneBy, &created); err != nil {
			return err
		}
		if currency != "" {
			d.Amount = money.FromMinor(amount, currency)
		}
		d.CreatedAt = moment(created)
		err := readMap(data, &d.Data)
		documents = append(documents, d)
		return err
	}, "SELECT "+documentColumns+" FROM document WHERE "+where, args...)
	if err != nil {
		return nil, fmt.Errorf("read documents: %w", err)
	}
	return documents, nil
}

// Document reads one document.
func (s *Store) Document(ctx context.Context, id int64) (tengi.Document, error) {
	list, err := s.documents(ctx, "id = $1", id)
	if err == nil && len(list) == 0 {
		err = fmt.Errorf("document %d: %w", id, ErrNotFound)
	}
	if err != nil {
		return tengi.Document{}, err
	}
	return list[0], nil
}

// RefreshDocument stores what the service says of a document by now: its Number, URL and Status. An empty one of them leaves what is known.
func (s *Store) RefreshDocument(ctx context.Context, d tengi.Document) error {
	err := s.change(ctx, func(t *tx) error {
		n, err := t.affect(`UPDATE document SET number = CASE WHEN $2 = '' THEN number ELSE $2 END, url = CASE WHEN $3 = '' THEN url ELSE $3 END,
status = CASE WHEN $4 = '' THEN status ELSE $4 END WHERE id = $1`, d.ID, d.Number, d.URL, d.Status)
		if err == nil && n == 0 {
			err = ErrNotFound
		}
		return err
	})
	if errors.Is(err, ErrNotFound) {
		return fmt.Errorf("document %d: %w", d.ID, err)
	}
	return err
}

// PendingNumbers lists invoices made since a moment that have no number yet and were not undone, oldest first.
func (s *Store) PendingNumbers(ctx context.Context, since time.Time, limit int) ([]tengi.Document, error) {
	return s.documents(ctx, "kind = 'invoice' AND number = '' AND undone_by = 0 AND created_at >= $1 ORDER BY created_at, id LIMIT $2", millis(since), limit)
}
