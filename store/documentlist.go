package store

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/tengi/tengi"
)

// DocumentFilter narrows a list of documents; zero fields do not.
type DocumentFilter struct {
	WorkspaceID  string
	ConnectionID string
	Object       string
	Kind         tengi.DocumentKind
	Currency     string
	From, Until  time.Time // when they were made
	Undone       Undone
	Before       int64 // for the next page: the id of this page's last document
	Limit        int   // at most maxList; 0 = 50
}

// Undone says which documents a list shows.
type Undone string

// The choices. The zero one shows all: those that were undone and those that undid them included.
const (
	OnlyUndone Undone = "undone"
	NotUndone  Undone = "standing"
)

// Documents lists documents, newest first, with their Data.
func (s *Store) Documents(ctx context.Context, f DocumentFilter) ([]tengi.Document, error) {
	rows, err := s.DocumentRows(ctx, f)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	ids := make([]int64, len(rows))
	place := map[int64]int{}
	for i, row := range rows {
		ids[i], place[row.ID] = row.ID, i
	}
	in, args := listed(ids, 1)
	list, err := s.documents(ctx, "id IN ("+in+")", args...)
	slices.SortFunc(list, func(a, b tengi.Document) int { return cmp.Compare(place[a.ID], place[b.ID]) })
	return list, err
}

// DocumentRows lists documents, newest first. Every filter is served by an index, however many documents there are.
func (s *Store) DocumentRows(ctx context.Context, f DocumentFilter) ([]DocumentRow, error) {
	list, err := s.documentRows(ctx, f)
	if err != nil {
		return nil, fmt.Errorf("list documents: %w", err)
	}
	return list, nil
}

func (s *Store) documentRows(ctx context.Context, f DocumentFilter) ([]DocumentRow, error) {
	if _, f.Limit = page(0, f.Limit); f.Before < 0 {
		f.Before = 0
	}
	connections, err := s.connections(ctx, f.WorkspaceID, f.ConnectionID)
	if err != nil {
		return nil, err
	}
	latest := int64(math.MaxInt64)
	if f.Before > 0 {
		if err := s.one(ctx, []any{&latest}, "SELECT created_at FROM document WHERE id = $1", f.Before); err != nil {
			return nil, err
		}
	}
	var list []DocumentRow
	for _, id := range connections {
		shelves := []shelf{{object: f.Object}}
		if f.Object == "" {
			if shelves, err = s.shelves(ctx, id, f); err != nil {
				return nil, err
			}
		}
		for _, one := range shelves {
			if err := s.shelf(ctx, &list, id, one, f, latest); err != nil {
				return nil, err
			}
		}
	}
	slices.SortFunc(list, func(a, b DocumentRow) int { return cmp.Or(b.CreatedAt.Compare(a.CreatedAt), cmp.Compare(b.ID, a.ID)) })
	return list[:min(f.Limit, len(list))], nil
}

// shelf is documents of a connection that an index has in the order of their time: of one kind and currency, or of one object.
type shelf struct{ kind, currency, object string }

// shelves finds the kinds and currencies of a connection's documents, as far as a filter wants them, by leaping from one to the next: first to the next
// currency of a kind, then to the next kind.
func (s *Store) shelves(ctx context.Context, connectionID string, f DocumentFilter) (list []shelf, err error) {
	const columns = "SELECT kind, currency FROM document WHERE connection_id = $1 AND "
	leap := func(statement string, args ...any) (next shelf, found bool, err error) {
		err = s.rows(ctx, func(r scanner) error {
			found = true
			return r.Scan(&next.kind, &next.currency)
		}, columns+statement, append([]any{connectionID}, args...)...)
		return next, found, err
	}
	at, found, err := leap("kind >= $2 ORDER BY kind, currency LIMIT 1", string(f.Kind))
	for found && err == nil && (f.Kind == "" || at.kind == string(f.Kind)) {
		list = append(list, at)
		last := at
		if at, found, err = leap("kind = $2 AND currency > $3 ORDER BY currency LIMIT 1", last.kind, last.currency); !found && err == nil {
			at, found, err = leap("kind > $2 ORDER BY kind, currency LIMIT 1", last.kind)
		}
	}
	return slices.DeleteFunc(list, func(one shelf) bool { return f.Currency != "" && one.currency != f.Currency }), err
}

// shelf appends the page of one shelf.
func (s *Store) shelf(ctx context.Context, list *[]DocumentRow, connectionID string, one shelf, f DocumentFilter, latest int64) error {
	where, args := "d.kind = $2 AND d.currency = $3", []any{connectionID, one.kind, one.currency}
	if one.object != "" {
		where, args = "d.object = $2 AND (d.kind = $3 OR $3 = '')", []any{connectionID, one.object, string(f.Kind)}
	}
	until := int64(math.MaxInt64)
	if !f.Until.IsZero() {
		until = f.Until.UnixMilli()
	}
	args = append(args, millis(f.From), until, latest, f.Before, f.Limit)
	where += " AND d.created_at >= $4 AND d.created_at < $5 AND d.created_at <= $6 AND (d.created_at < $6 OR d.id < $7)"
	if one.object != "" && f.Currency != "" {
		args = append(args, f.Currency)
		where += " AND d.currency = $9"
	}
	switch f.Undone {
	case OnlyUndone:
		where += " AND d.undone_by > 0"
	case NotUndone:
		where += " AND d.undone_by = 0"
	}
	return s.rows(ctx, func(r scanner) error {
		d, err := scanDocumentRow(r)
		*list = append(*list, d)
		return err
	}, "SELECT "+documentRowColumns+" FROM document d WHERE d.connection_id = $1 AND "+where+" ORDER BY d.created_at DESC, d.id DESC LIMIT $8", args...)
}

// EachDocument hands every document that fits to each, newest first, without holding all of them: for a file that somebody takes away. Before and Limit
// of the filter are not looked at. Documents made meanwhile are not among them.
func (s *Store) EachDocument(ctx context.Context, f DocumentFilter, each func(DocumentRow) error) error {
	f.Before, f.Limit = 0, maxList
	for {
		list, err := s.DocumentRows(ctx, f)
		if err != nil {
			return err
		}
		for _, d := range list {
			if err := each(d); err != nil {
				return err
			}
		}
		if len(list) < f.Limit {
			return nil
		}
		f.Before = list[len(list)-1].ID
	}
}
