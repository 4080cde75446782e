package web

import (
	"context"
	"errors"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"
)

// How long a password is: the least is NIST SP 800-63B's for one that is the only factor; more than the most is no password.
const (
	minPassword = 12
	maxPassword = 200
)

// costs are those of OWASP's Password Storage Cheat Sheet for argon2id: 19 MiB, two passes, one lane.
var costs = argon2id.Params{Memory: 19 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}

// nobody is the hash that is compared when there is no such person, so that finding that out takes as long as a wrong password.
const nobody = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

// hashPassword seals a password for the store.
func (app *App) hashPassword(ctx context.Context, password string) (hash string, err error) {
	err = app.guard.check(ctx, func() error {
		hash, err = argon2id.CreateHash(password, &costs)
		return err
	})
	return hash, err
}

// rightPassword compares a password with what the store has; an empty hash fits none.
func (app *App) rightPassword(ctx context.Context, password, hash string) (right bool, err error) {
	if hash == "" {
		hash = nobody
	}
	if utf8.RuneCountInString(password) > maxPassword {
		password = "" // is never right, and takes as long
	}
	err = app.guard.check(ctx, func() error {
		right, err = argon2id.ComparePasswordAndHash(password, hash)
		return err
	})
	return right && hash != nobody, err
}

// errWeak says that a password is too short or too long.
var errWeak = errors.New("the password is too short or too long")

// checkPassword says whether a password may be chosen.
func checkPassword(password string) error {
	if n := utf8.RuneCountInString(password); n < minPassword || n > maxPassword {
		return errWeak
	}
	return nil
}
