package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/tengi/tengi"
)

// DeleteAccount forgets an account and its secrets. ErrConflict when a connection works at it. The events and documents that came of it stay.
func (s *Store) DeleteAccount(ctx context.Context, workspaceID, id string) error {
	err := s.change(ctx, func(t *tx) error {
		used := false
		err := t.query(ctx, func(r scanner) error {
			var spec string
			if err := r.Scan(&spec); err != nil {
				return err
			}
			var c tengi.Connection
			err := json.Unmarshal([]byte(spec), &c)
			used = used || c.Source.AccountID == id || slices.ContainsFunc(c.Steps, func(s tengi.Step) bool { return s.AccountID == id })
			return err
		}, "SELECT spec FROM connection WHERE workspace_id = $1", workspaceID)
		if err != nil {
			return err
		}
		if used {
			return ErrConflict
		}
		_, err = t.affect("DELETE FROM account_limit WHERE account_id IN (SELECT id FROM account WHERE id = $1 AND workspace_id = $2)", id, workspaceID)
		if err != nil {
			return err
		}
		return found(t.affect("DELETE FROM account WHERE id = $1 AND workspace_id = $2", id, workspaceID))
	})
	if err != nil {
		return fmt.Errorf("delete account %s: %w", id, err)
	}
	return nil
}
