// Package secret seals what must not be read from a stolen copy of the database: the logins of accounts. A Box holds the key, which lives in a
// file of its own or in the environment, never in the database. Sealed data names its key and is bound to the place it belongs to, so it opens
// neither under another key nor in another account's row. The cryptography is Google's Tink (AES-256-GCM keysets); none of it is ours.
package secret

import (
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
)

// EnvName is the environment variable that may hold the key instead of a file: the base64 text of a whole key file.
const EnvName = "TENGI_KEY"

// Why sealed data does not open. Both are wrapped with the key's id and the context, which are no secrets.
var (
	// ErrUnknownKey means the data was sealed with a key that this Box does not hold.
	ErrUnknownKey = errors.New("sealed with a key that is not here")
	// ErrAltered means the key is right but the bytes were changed, or were sealed for another context.
	ErrAltered = errors.New("altered, or sealed for another place")
)

// The first five bytes of everything Tink seals: a version and the id of the key.
// https://developers.google.com/tink/wire-format#tink_output_prefix
const (
	prefixVersion = 1
	prefixSize    = 5
)

// The canary is a known text under a known context; that it opens proves the key.
const (
	canaryText    = "tengi"
	canaryContext = "canary"
)

// Box seals and opens. It is safe for use by several goroutines.
type Box struct {
	path string // the key file; empty when the key came from the environment
	made bool   // the key file did not exist and Open made it

	mu   sync.RWMutex
	keys *keys
}

// Open returns the Box of the key in env when env is not empty, else of the key file at path, which it makes (mode 0600, in a folder of mode
// 0700, durably) when there is none. Two processes that start at once agree on one key. A file that others can read is refused.
func Open(path, env string) (*Box, error) {
	if env != "" {
		k, err := decodeKeys(env)
		if err != nil {
			return nil, fmt.Errorf("secret: %s: %w", EnvName, err)
		}
		return &Box{keys: k}, nil
	}
	k, made, err := readOrMake(path)
	if err != nil {
		return nil, fmt.Errorf("secret: %w", err)
	}
	return &Box{path: path, made: made, keys: k}, nil
}

// KeyID names the key that Seal uses: eight hexadecimal digits, no secret.
func (b *Box) KeyID() string { return formatID(b.current().primary) }

// Made says that Open found no key file and made one, as it should be only on the first start.
func (b *Box) Made() bool { return b.made }

// Seal encrypts plain for one place, its context, such as "account/acc_1". Only Open with the same context gives it back.
func (b *Box) Seal(plain []byte, context string) ([]byte, error) {
	if context == "" {
		return nil, errors.New("secret: seal: the context is empty: name the row the data belongs to")
	}
	sealed, err := b.current().aead.Encrypt(plain, []byte(context))
	if err != nil {
		return nil, fmt.Errorf("secret: seal for %s: %w", context, err)
	}
	return sealed, nil
}

// Open gives back what Seal was given for the same context. The error is ErrUnknownKey or ErrAltered, wrapped.
func (b *Box) Open(sealed []byte, context string) ([]byte, error) {
	id, ok := sealedBy(sealed)
	if !ok {
		return nil, fmt.Errorf("secret: open for %s: this is no sealed data: %w", context, ErrAltered)
	}
	k, err := b.holding(id)
	if err != nil {
		return nil, fmt.Errorf("secret: open for %s: %w", context, err)
	}
	plain, err := k.aead.Decrypt(sealed, []byte(context))
	if err != nil {
		// Tink says only that decryption failed, on purpose; there is nothing in its error to pass on.
		return nil, fmt.Errorf("secret: open for %s with key %s: %w", context, formatID(id), ErrAltered)
	}
	return plain, nil
}

// Canary returns a sealed text for the store to keep, so that Check can tell at the next start whether the key still fits the data.
func (b *Box) Canary() ([]byte, error) { return b.Seal([]byte(canaryText), canaryContext) }

// Check opens a canary. When it was sealed with another key, the error names both keys, where this one came from, and what to do.
func (b *Box) Check(canary []byte) error {
	id, ok := sealedBy(canary)
	if !ok {
		return fmt.Errorf("secret: the canary in the data is not sealed data: the store is damaged, restore a backup: %w", ErrAltered)
	}
	if _, err := b.holding(id); err != nil {
		if !errors.Is(err, ErrUnknownKey) {
			return fmt.Errorf("secret: %w", err)
		}
		return fmt.Errorf("secret: %s: %w", b.mismatch(formatID(id)), ErrUnknownKey)
	}
	plain, err := b.Open(canary, canaryContext)
	if err != nil || string(plain) != canaryText {
		return fmt.Errorf("secret: the canary does not open although its key %s is here: the store is damaged, restore a backup: %w",
			formatID(id), ErrAltered)
	}
	return nil
}

// mismatch words what Check found for the person who has to mend it.
func (b *Box) mismatch(sealedWith string) string {
	switch {
	case b.path == "":
		return fmt.Sprintf("the data was sealed with key %s, the key in %s is %s: set %s to the old key", sealedWith, EnvName, b.KeyID(), EnvName)
	case b.made:
		return fmt.Sprintf("the data was sealed with key %s, but %s was missing and a new key %s was made: put the old key file back",
			sealedWith, b.path, b.KeyID())
	default:
		return fmt.Sprintf("the data was sealed with key %s, the key in %s is %s: put the old key file back", sealedWith, b.path, b.KeyID())
	}
}

// Rotate adds a new key to the key file and seals with it from now on. The old keys stay, so everything sealed before still opens.
// Other processes with the same file learn of the new key when they first meet it. A key from the environment cannot be rotated here.
func (b *Box) Rotate() error {
	if b.path == "" {
		return fmt.Errorf("secret: rotate: the key is in %s, which cannot be written: rotate the key file it was made from and set %s to its base64 again",
			EnvName, EnvName)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	k, err := rotateFile(b.path, b.keys.primary)
	if err != nil {
		return fmt.Errorf("secret: rotate: %w", err)
	}
	b.keys = k
	return nil
}

func (b *Box) current() *keys {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.keys
}

// holding returns the keys when the one of this id is among them, after reading the key file again if need be: another process may have rotated.
func (b *Box) holding(id uint32) (*keys, error) {
	if k := b.current(); k.has(id) {
		return k, nil
	}
	unknown := fmt.Errorf("key %s: %w", formatID(id), ErrUnknownKey)
	if b.path == "" {
		return nil, unknown
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	k, err := readFile(b.path)
	if err != nil {
		return nil, err
	}
	// A file that lost the key this Box seals with is another installation's: keep to the one we started with.
	if !k.has(b.keys.primary) || !k.has(id) {
		return nil, unknown
	}
	b.keys = k
	return k, nil
}

// sealedBy reads the id of the key from the first bytes of sealed data.
func sealedBy(sealed []byte) (id uint32, ok bool) {
	if len(sealed) <= prefixSize || sealed[0] != prefixVersion {
		return 0, false
	}
	return binary.BigEndian.Uint32(sealed[1:prefixSize]), true
}

func formatID(id uint32) string { return fmt.Sprintf("%08x", id) }
