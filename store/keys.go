package store

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"time"
)

// Key lets a program in, in place of a person.
type Key struct {
	ID          string
	WorkspaceID string
	Name        string
	Role        Role
	CreatedBy   string // person
	CreatedAt   time.Time
	UsedAt      time.Time // to about five minutes; zero = never
	RevokedAt   time.Time // zero = good
}

// keyPrefix begins every key, so that people and scanners of leaked secrets know one when they see it.
const keyPrefix = "tengi_"

// CreateKey makes a key and returns its token, which is shown once and stored nowhere. ID, CreatedAt and the rest of Key are set here.
func (s *Store) CreateKey(ctx context.Context, k Key, now time.Time) (created Key, token string, err error) {
	if k.Role.rank() == 0 {
		return Key{}, "", fmt.Errorf("create a key: %q is no role", k.Role)
	}
	id, secret := rand.Text()[:12], rand.Text()
	k = Key{ID: id, WorkspaceID: k.WorkspaceID, Name: k.Name, Role: k.Role, CreatedBy: k.CreatedBy, CreatedAt: moment(millis(now))}
	token = keyPrefix + id + "_" + secret
	err = s.change(ctx, func(t *tx) error {
		_, err := t.affect("INSERT INTO api_key (id, workspace_id, name, role, hash, created_by, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
			k.ID, k.WorkspaceID, k.Name, string(k.Role), hashOf(token), k.CreatedBy, millis(now))
		return err
	})
	if err != nil {
		return Key{}, "", fmt.Errorf("create a key: %w", err)
	}
	return k, token, nil
}

const keyColumns = "id, workspace_id, name, role, created_by, created_at, used_at, revoked_at"

func scanKey(r scanner, more ...any) (k Key, err error) {
	var created, used, revoked int64
	err = r.Scan(append([]any{&k.ID, &k.WorkspaceID, &k.Name, &k.Role, &k.CreatedBy, &created, &used, &revoked}, more...)...)
	k.CreatedAt, k.UsedAt, k.RevokedAt = moment(created), moment(used), moment(revoked)
	return k, err
}

// UseKey finds the key of a token and notes that it was used. ErrNotFound when there is none, or it was revoked.
func (s *Store) UseKey(ctx context.Context, token string, now time.Time) (Key, error) {
	id, _, _ := strings.Cut(strings.TrimPrefix(token, keyPrefix), "_")
	var k Key
	var hash []byte
	err := s.rows(ctx, func(r scanner) (err error) {
		k, err = scanKey(r, &hash)
		return err
	}, "SELECT "+keyColumns+", hash FROM api_key WHERE id = $1", id)
	if err != nil {
		return Key{}, fmt.Errorf("read a key: %w", err)
	}
	if !sameHash(hash, hashOf(token)) || !k.RevokedAt.IsZero() {
		return Key{}, fmt.Errorf("use a key: %w", ErrNotFound)
	}
	if now.Sub(k.UsedAt) < seenEvery {
		return k, nil
	}
	err = s.change(ctx, func(t *tx) error {
		_, err := t.affect("UPDATE api_key SET used_at = $1 WHERE id = $2 AND used_at < $1", millis(now), k.ID)
		return err
	})
	if err != nil {
		return Key{}, fmt.Errorf("note the use of key %s: %w", k.ID, err)
	}
	return k, nil
}

// Keys lists the keys of a workspace, revoked ones included, oldest first.
func (s *Store) Keys(ctx context.Context, workspaceID string) ([]Key, error) {
	var keys []Key
	err := s.rows(ctx, func(r scanner) error {
		k, err := scanKey(r)
		keys = append(keys, k)
		return err
	}, "SELECT "+keyColumns+" FROM api_key WHERE workspace_id = $1 ORDER BY created_at, id", workspaceID)
	if err != nil {
		return nil, fmt.Errorf("list the keys of workspace %s: %w", workspaceID, err)
	}
	return keys, nil
}

// RevokeKey ends a key for good. ErrNotFound when the workspace has no such key, or it was revoked before.
func (s *Store) RevokeKey(ctx context.Context, workspaceID, id string, now time.Time) error {
	err := s.change(ctx, func(t *tx) error {
		return found(t.affect("UPDATE api_key SET revoked_at = $1 WHERE id = $2 AND workspace_id = $3 AND revoked_at = 0", millis(now), id, workspaceID))
	})
	if err != nil {
		return fmt.Errorf("revoke key %s: %w", id, err)
	}
	return nil
}
