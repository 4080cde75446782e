package store

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// WebSessions keeps the sessions of people's browsers. It has the methods that github.com/alexedwards/scs/v2 asks of its store: CtxStore, and for tests
// of it IterableCtxStore is left out on purpose, as tokens cannot be given out again. Of a token only its hash is stored.
type WebSessions struct {
	store *Store
	owner func(data []byte) (personID string)
}

// WebSessions makes a keeper of sessions. owner reads from a session's data whose it is, empty before anybody has signed in: by it all sessions of a
// person can be ended.
func (s *Store) WebSessions(owner func(data []byte) (personID string)) *WebSessions {
	return &WebSessions{store: s, owner: owner}
}

// FindCtx reads the data of a session that has not expired.
func (w *WebSessions) FindCtx(ctx context.Context, token string) (data []byte, found bool, err error) {
	err = w.store.one(ctx, []any{&data}, "SELECT data FROM web_session WHERE hash = $1 AND expires_at > $2", hashOf(token), millis(w.store.Now()))
	if errors.Is(err, ErrNotFound) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("read a session: %w", err)
	}
	return data, true, nil
}

// CommitCtx stores a session's data.
func (w *WebSessions) CommitCtx(ctx context.Context, token string, data []byte, expires time.Time) error {
	person, now := w.owner(data), w.store.Now()
	err := w.store.change(ctx, func(t *tx) error {
		_, err := t.affect(`INSERT INTO web_session (hash, person_id, data, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (hash) DO UPDATE SET person_id = excluded.person_id, data = excluded.data, expires_at = excluded.expires_at`, hashOf(token), person, blob(data), millis(now), millis(expires))
		return err
	})
	if err != nil {
		return fmt.Errorf("store a session: %w", err)
	}
	return nil
}

// DeleteCtx ends a session.
func (w *WebSessions) DeleteCtx(ctx context.Context, token string) error {
	err := w.store.change(ctx, func(t *tx) error {
		_, err := t.affect("DELETE FROM web_session WHERE hash = $1", hashOf(token))
		return err
	})
	if err != nil {
		return fmt.Errorf("end a session: %w", err)
	}
	return nil
}

// Find is FindCtx for those who have no context.
func (w *WebSessions) Find(token string) ([]byte, bool, error) {
	return w.FindCtx(context.Background(), token)
}

// Commit is CommitCtx for those who have no context.
func (w *WebSessions) Commit(token string, data []byte, expires time.Time) error {
	return w.CommitCtx(context.Background(), token, data, expires)
}

// Delete is DeleteCtx for those who have no context.
func (w *WebSessions) Delete(token string) error { return w.DeleteCtx(context.Background(), token) }

// EndSessions ends all sessions of a person but the one with the token keep, which may be empty.
func (s *Store) EndSessions(ctx context.Context, personID, keep string) error {
	err := s.change(ctx, func(t *tx) error { return t.endSessions(personID, keep) })
	if err != nil {
		return fmt.Errorf("end the sessions of person %s: %w", personID, err)
	}
	return nil
}

func (t *tx) endSessions(personID, keep string) error {
	_, err := t.affect("DELETE FROM web_session WHERE person_id = $1 AND hash <> $2", personID, hashOf(keep))
	return err
}

// CountSessions says how many sessions of a person are alive.
func (s *Store) CountSessions(ctx context.Context, personID string) (n int, err error) {
	err = s.one(ctx, []any{&n}, "SELECT count(*) FROM web_session WHERE person_id = $1 AND expires_at > $2", personID, millis(s.Now()))
	if err != nil {
		return 0, fmt.Errorf("count the sessions of person %s: %w", personID, err)
	}
	return n, nil
}

// PruneSessions removes sessions and one-time codes that have expired.
func (s *Store) PruneSessions(ctx context.Context) error {
	err := s.change(ctx, func(t *tx) error {
		now := millis(s.Now())
		if _, err := t.affect("DELETE FROM web_session WHERE expires_at <= $1", now); err != nil {
			return err
		}
		_, err := t.affect("DELETE FROM one_time_code WHERE expires_at <= $1", now)
		return err
	})
	if err != nil {
		return fmt.Errorf("remove expired sessions: %w", err)
	}
	return nil
}
