package template

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/field"
)

// headerSignature carries the HMAC-SHA256 of the body under the signing secret, in hexadecimal.
const headerSignature = "X-Template-Signature"

// noticeFields are what a notice says.
func noticeFields() field.Set {
	return field.Set{
		{Key: "id", Type: field.Text, Label: "Number of the note"},
		{Key: "text", Type: field.LongText, Label: "Text"},
	}
}

// receive turns a notice into an event, from its bytes alone.
func receive(in *connector.Inbound) ([]tengi.Event, error) {
	secret := in.Secret("signing_secret")
	signature, err := hex.DecodeString(in.Header.Get(headerSignature))
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(in.Body)
	if err != nil || secret == "" || !hmac.Equal(signature, mac.Sum(nil)) {
		return nil, connector.Unverified("the signature does not fit")
	}
	var said note
	if err := json.Unmarshal(in.Body, &said); err != nil || said.ID == "" {
		return nil, errors.New("the notice is not a note")
	}
	return []tengi.Event{{
		Type: typeWritten, Object: "note/" + said.ID, Dedupe: said.ID, Data: bytes.Clone(in.Body), ReceivedAt: in.ReceivedAt,
	}}, nil
}
