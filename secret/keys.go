package secret

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	tinkpb "github.com/tink-crypto/tink-go/v2/proto/tink_go_proto"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// The one kind of key we make and take.
const keyType = "type.googleapis.com/google.crypto.tink.AesGcmKey"

// errKeyFile is what is said of a key that cannot be read. What is in it is never repeated.
var errKeyFile = errors.New("this is not a key made by tengi: put the old key back")

// keys is a keyset ready for use. It never changes; rotation makes another.
type keys struct {
	handle  *keyset.Handle
	aead    tink.AEAD
	primary uint32
	ids     map[uint32]bool // the enabled keys, the primary among them
}

func newKeys() (*keys, error) {
	handle, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, fmt.Errorf("make a key: %w", err)
	}
	return keysOf(handle)
}

func keysOf(handle *keyset.Handle) (*keys, error) {
	info := handle.KeysetInfo()
	k := &keys{handle: handle, primary: info.GetPrimaryKeyId(), ids: make(map[uint32]bool)}
	for _, key := range info.GetKeyInfo() {
		// A key without Tink's prefix would seal data that does not name its key; one of another type may not be an AEAD at all.
		if key.GetTypeUrl() != keyType || key.GetOutputPrefixType() != tinkpb.OutputPrefixType_TINK {
			return nil, errKeyFile
		}
		if key.GetStatus() == tinkpb.KeyStatusType_ENABLED {
			k.ids[key.GetKeyId()] = true
		}
	}
	if !k.ids[k.primary] {
		return nil, errKeyFile
	}
	var err error
	if k.aead, err = aead.New(handle); err != nil {
		return nil, errKeyFile
	}
	return k, nil
}

func (k *keys) has(id uint32) bool { return k.ids[id] }

// rotated returns the same keys and a new one, which is the primary.
func (k *keys) rotated() (*keys, error) {
	manager := keyset.NewManagerFromHandle(k.handle)
	id, err := manager.Add(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, fmt.Errorf("make a key: %w", err)
	}
	if err := manager.SetPrimary(id); err != nil {
		return nil, fmt.Errorf("make key %s the primary: %w", formatID(id), err)
	}
	handle, err := manager.Handle()
	if err != nil {
		return nil, fmt.Errorf("make a key: %w", err)
	}
	return keysOf(handle)
}

// marshal gives the content of a key file: a Tink keyset in JSON, in the clear.
func (k *keys) marshal() ([]byte, error) {
	var buf bytes.Buffer
	if err := insecurecleartextkeyset.Write(k.handle, keyset.NewJSONWriter(&buf)); err != nil {
		return nil, fmt.Errorf("write the key: %w", err)
	}
	buf.WriteByte('\n')
	return buf.Bytes(), nil
}

// parseKeys is the other way round.
func parseKeys(text []byte) (*keys, error) {
	if len(bytes.TrimSpace(text)) == 0 {
		return nil, errors.New("it is empty: put the old key back, or, if nothing was ever stored, remove it")
	}
	handle, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(text)))
	if err != nil {
		return nil, errKeyFile // the reader's own error may quote the text
	}
	return keysOf(handle)
}

// decodeKeys reads the environment's form: base64 of a key file, in any line breaking, as base64(1) prints it.
func decodeKeys(env string) (*keys, error) {
	text, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(env), ""))
	if err != nil {
		return nil, errors.New("it is not base64: set it to what `base64 -w0 KEYFILE` prints")
	}
	return parseKeys(text)
}
