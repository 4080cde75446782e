package store

import (
	"context"
	"fmt"

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

// DocumentRow is a document as a list shows it: without its Data, and with where it came from.
type DocumentRow struct {
	tengi.Document
	AccountID  string // where it was made
	DeliveryID int64  // that made it
	Undoes     int64  // the document that this one credits or voids; 0 = none
}

// documentRowColumns are read by scanDocumentRow.
const documentRowColumns = `d.id, d.connection_id, d.object, d.step_key, d.kind, d.external_id, d.number, d.url, d.status, d.amount, d.currency, d.customer, d.ref, d.fingerprint,
d.undone_by, d.created_at, d.account_id, d.delivery_id, d.undoes`

func scanDocumentRow(r scanner, more ...any) (d DocumentRow, err error) {
	var amount, created int64
	var currency string
	err = r.Scan(append([]any{&d.ID, &d.ConnectionID, &d.Object, &d.StepKey, &d.Kind, &d.ExternalID, &d.Number, &d.URL, &d.Status, &amount, &currency, &d.Customer, &d.Ref,
		&d.Fingerprint, &d.UndoneBy, &created, &d.AccountID, &d.DeliveryID, &d.Undoes}, more...)...)
	if currency != "" {
		d.Amount = money.FromMinor(amount, currency)
	}
	d.CreatedAt = moment(created)
	return d, err
}
