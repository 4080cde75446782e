package store

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/sale"
)

// Event reads one event, and whether its data has been loaded.
func (s *Store) Event(ctx context.Context, id int64) (tengi.Event, bool, error) {
	var row eventRow
	if err := s.one(ctx, row.dest(), "SELECT "+eventColumns+" FROM event WHERE id = $1", id); err != nil {
		return tengi.Event{}, false, fmt.Errorf("read event %d: %w", id, err)
	}
	e, err := row.event()
	return e, !e.NeedsLoad, err
}

// eventColumns are read into an eventRow.
const eventColumns = "id, account_id, type, object, version, dedupe, raw, body, sale, data, loaded, unreadable, received_at"

type eventRow struct {
	e                tengi.Event
	raw, sold, data  string
	body             []byte
	loaded, received int64
}

func (r *eventRow) dest() []any {
	return []any{&r.e.ID, &r.e.AccountID, &r.e.Type, &r.e.Object, &r.e.Version, &r.e.Dedupe, &r.raw, &r.body, &r.sold, &r.data, &r.loaded, &r.e.Unreadable, &r.received}
}

func (r *eventRow) event() (tengi.Event, error) {
	e := r.e
	e.ReceivedAt, e.NeedsLoad = moment(r.received), r.loaded == 0
	if r.raw == "" {
		e.Unreadable = forgottenText
		return e, nil
	}
	if err := json.Unmarshal([]byte(r.raw), &e.Raw); err != nil {
		return e, fmt.Errorf("read the raw input of event %d: %w", e.ID, err)
	}
	e.Raw.Body = bare(r.body)
	switch r.data {
	case "":
	case sameAsBody:
		e.Data = r.body
	default:
		e.Data = json.RawMessage(r.data)
	}
	var err error
	e.Sale, err = readSale(r.sold)
	if err != nil {
		return e, fmt.Errorf("read the sale of event %d: %w", e.ID, err)
	}
	return e, nil
}

func readSale(encoded string) (*sale.Sale, error) {
	if encoded == "" {
		return nil, nil
	}
	s := new(sale.Sale)
	return s, json.Unmarshal([]byte(encoded), s)
}
