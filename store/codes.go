package store

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"time"
)

// FirstOwner is the purpose of the code with which the first owner lets themselves in.
const FirstOwner = "first-owner"

// ErrWrongCode says that a code is not the one that was given out, was used, or has expired. It does not say which.
var ErrWrongCode = errors.New("the code is wrong, used or expired")

// hashOf is all that is stored of a token, a code or a key: who reads the database can use none of them. They are random enough not to be guessed
// from it.
func hashOf(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

// sameHash compares in constant time.
func sameHash(a, b []byte) bool { return subtle.ConstantTimeCompare(a, b) == 1 }

// PutCode stores a one-time code for a purpose, in place of any earlier one.
func (s *Store) PutCode(ctx context.Context, purpose, code string, expires time.Time) error {
	err := s.change(ctx, func(t *tx) error {
		_, err := t.affect("INSERT INTO one_time_code (purpose, hash, expires_at) VALUES ($1, $2, $3) ON CONFLICT (purpose) DO UPDATE SET hash = excluded.hash, expires_at = excluded.expires_at",
			purpose, hashOf(code), millis(expires))
		return err
	})
	if err != nil {
		return fmt.Errorf("store a one-time code: %w", err)
	}
	return nil
}

// CheckCode says whether a code is good, without using it up: a page may ask before it shows its form. ErrWrongCode when it is not.
func (s *Store) CheckCode(ctx context.Context, purpose, code string, now time.Time) error {
	var hash []byte
	var expires int64
	err := s.one(ctx, []any{&hash, &expires}, "SELECT hash, expires_at FROM one_time_code WHERE purpose = $1", purpose)
	if errors.Is(err, ErrNotFound) || err == nil && (!sameHash(hash, hashOf(code)) || expires <= millis(now)) {
		return ErrWrongCode
	}
	if err != nil {
		return fmt.Errorf("check a one-time code: %w", err)
	}
	return nil
}

// useCode checks a code and uses it up. Of two who come with the same one gets through.
func (t *tx) useCode(purpose, code string, now time.Time) error {
	var hash []byte
	var expires int64
	err := t.query(t.ctx, func(r scanner) error { return r.Scan(&hash, &expires) }, "SELECT hash, expires_at FROM one_time_code WHERE purpose = $1"+t.w.store.dialect.forUpdate, purpose)
	if err != nil {
		return err
	}
	if !sameHash(hash, hashOf(code)) || expires <= millis(now) {
		return ErrWrongCode
	}
	n, err := t.affect("DELETE FROM one_time_code WHERE purpose = $1", purpose)
	if err == nil && n == 0 {
		err = ErrWrongCode
	}
	return err
}

// CreateFirstOwner lets the first person in, with the code for it: owner of every workspace there is. ErrConflict when somebody was let in before,
// whatever the code.
func (s *Store) CreateFirstOwner(ctx context.Context, p Person, code string, now time.Time) error {
	err := s.change(ctx, func(t *tx) error {
		var has bool
		err := t.query(t.ctx, func(r scanner) error { return r.Scan(&has) }, "SELECT EXISTS (SELECT 1 FROM person)")
		if err != nil {
			return err
		}
		if has {
			return ErrConflict
		}
		if err := t.useCode(FirstOwner, code, now); err != nil {
			return err
		}
		if err := t.createPerson(p, now); err != nil {
			return err
		}
		_, err = t.affect("INSERT INTO membership (workspace_id, person_id, role) SELECT id, $1, 'owner' FROM workspace", p.ID)
		return err
	})
	if err != nil {
		return fmt.Errorf("create the first owner: %w", err)
	}
	return nil
}

// SetPasswordWithCode gives a person a password with the code for the purpose, using it up: an invitation, or a way back in. All sessions of theirs end.
func (s *Store) SetPasswordWithCode(ctx context.Context, personID, password, purpose, code string, now time.Time) error {
	err := s.change(ctx, func(t *tx) error {
		if err := t.useCode(purpose, code, now); err != nil {
			return err
		}
		n, err := t.affect("UPDATE person SET password = $1 WHERE id = $2", password, personID)
		if err := found(n, err); err != nil {
			return err
		}
		return t.endSessions(personID, "")
	})
	if err != nil {
		return fmt.Errorf("set the password of person %s: %w", personID, err)
	}
	return nil
}
