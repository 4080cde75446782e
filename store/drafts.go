package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// Draft is a connection being made or changed in the wizard, kept between its steps.
type Draft struct {
	ID           string
	WorkspaceID  string
	ConnectionID string // that is being changed; empty = a new one
	PersonID     string // who began it
	Data         json.RawMessage
	CreatedAt    time.Time
	UpdatedAt    time.Time
}

// SaveDraft creates a draft or changes the data of the one with its ID. A draft of another workspace is ErrNotFound.
func (s *Store) SaveDraft(ctx context.Context, d Draft, now time.Time) error {
	err := s.change(ctx, func(t *tx) error {
		return found(t.affect(`INSERT INTO draft (id, workspace_id, connection_id, person_id, data, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $6)
ON CONFLICT (id) DO UPDATE SET data = excluded.data, connection_id = excluded.connection_id, updated_at = excluded.updated_at WHERE draft.workspace_id = excluded.workspace_id`,
			d.ID, d.WorkspaceID, d.ConnectionID, d.PersonID, string(d.Data), millis(now)))
	})
	if err != nil {
		return fmt.Errorf("save draft %s: %w", d.ID, err)
	}
	return nil
}

// drafts lists those of a workspace that fit a condition.
func (s *Store) drafts(ctx context.Context, where string, args ...any) ([]Draft, error) {
	var list []Draft
	err := s.rows(ctx, func(r scanner) error {
		var d Draft
		var data string
		var created, updated int64
		err := r.Scan(&d.ID, &d.WorkspaceID, &d.ConnectionID, &d.PersonID, &data, &created, &updated)
		d.Data, d.CreatedAt, d.UpdatedAt = json.RawMessage(data), moment(created), moment(updated)
		list = append(list, d)
		return err
	}, "SELECT id, workspace_id, connection_id, person_id, data, created_at, updated_at FROM draft WHERE "+where, args...)
	if err != nil {
		return nil, fmt.Errorf("read drafts: %w", err)
	}
	return list, nil
}

// Draft reads a draft of a workspace; ErrNotFound when it has none with this id.
func (s *Store) Draft(ctx context.Context, workspaceID, id string) (Draft, error) {
	list, err := s.drafts(ctx, "id = $1 AND workspace_id = $2", id, workspaceID)
	if err == nil && len(list) == 0 {
		err = fmt.Errorf("draft %s: %w", id, ErrNotFound)
	}
	if err != nil {
		return Draft{}, err
	}
	return list[0], nil
}

// Drafts lists the drafts of a workspace, last changed first.
func (s *Store) Drafts(ctx context.Context, workspaceID string) ([]Draft, error) {
	return s.drafts(ctx, "workspace_id = $1 ORDER BY updated_at DESC, id", workspaceID)
}

// DeleteDraft removes a draft of a workspace, if it is there.
func (s *Store) DeleteDraft(ctx context.Context, workspaceID, id string) error {
	err := s.change(ctx, func(t *tx) error {
		_, err := t.affect("DELETE FROM draft WHERE id = $1 AND workspace_id = $2", id, workspaceID)
		return err
	})
	if err != nil {
		return fmt.Errorf("delete draft %s: %w", id, err)
	}
	return nil
}
