package webhook

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // some senders sign with nothing better; as a keyed hash it is not broken
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"hash"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/tengi/tengi/connector"
)

// tolerance is how far a signed time may be from ours, either way: what Standard Webhooks' own libraries take.
const tolerance = 5 * time.Minute

// maxSignatures is how many signatures of one notice are tried; senders that change their secret send two.
const maxSignatures = 8

// algorithms are the hashes an HMAC may be made with.
var algorithms = map[string]func() hash.Hash{"sha1": sha1.New, "sha256": sha256.New, "sha512": sha512.New}

// verify refuses a notice that the account's sender did not send.
func verify(in *connector.Inbound) error {
	switch in.Settings.Text("scheme") {
	case schemeHMAC:
		return verifyHMAC(in)
	case schemeStandard:
		return verifyStandard(in)
	default:
		return verifyToken(in)
	}
}

// verifyToken compares the shared token, where there is one.
func verifyToken(in *connector.Inbound) error {
	want := in.Secret("token")
	if want == "" {
		return nil // the address was secret, and the hub has found the account by it
	}
	name := in.Settings.Text("token_header")
	got := strings.TrimSpace(in.Header.Get(name))
	if strings.EqualFold(name, "Authorization") {
		if scheme, rest, ok := strings.Cut(got, " "); ok && strings.EqualFold(scheme, "Bearer") {
			got = strings.TrimSpace(rest)
		}
	}
	if subtle.ConstantTimeCompare([]byte(got), []byte(want)) != 1 {
		return connector.Unverified("the token in the header " + name + " is missing or another one")
	}
	return nil
}

// verifyHMAC compares the signatures in the account's header with the one over the body.
func verifyHMAC(in *connector.Inbound) error {
	name := in.Settings.Text("signature_header")
	header := in.Header.Get(name)
	newHash, known := algorithms[in.Settings.Text("algorithm")]
	secret := in.Secret("hmac_secret")
	switch {
	case header == "":
		return connector.Unverified("the header " + name + " is missing")
	case !known || secret == "":
		return connector.Unverified("the account is not set up to check signatures")
	}
	mac := hmac.New(newHash, []byte(secret))
	mac.Write(in.Body)
	want := mac.Sum(nil)
	for _, signature := range signatures(header, in.Settings.Text("prefix")) {
		if got, ok := decode(signature, in.Settings.Text("encoding")); ok && hmac.Equal(got, want) {
			return nil
		}
	}
	return connector.Unverified("the signature in the header " + name + " does not fit")
}

// signatures are the parts of a header that may be signatures, without their prefix. A header that lacks the prefix has none.
func signatures(header, prefix string) []string {
	parts := strings.SplitN(header, ",", maxSignatures+1)
	found := make([]string, 0, len(parts))
	for _, part := range parts[:min(len(parts), maxSignatures)] {
		part = strings.TrimSpace(part)
		if len(part) >= len(prefix) && strings.EqualFold(part[:len(prefix)], prefix) {
			found = append(found, part[len(prefix):])
		}
	}
	return found
}

// decode reads a signature as written. Base64 is taken in both alphabets, with padding and without.
func decode(text, encoding string) ([]byte, bool) {
	if encoding == "hex" {
		sum, err := hex.DecodeString(text)
		return sum, err == nil
	}
	text = strings.NewReplacer("-", "+", "_", "/").Replace(strings.TrimRight(text, "="))
	sum, err := base64.RawStdEncoding.DecodeString(text)
	return sum, err == nil
}

// verifyStandard checks a notice by Standard Webhooks: an HMAC-SHA256 over id, time and body
// (https://www.standardwebhooks.com, "Signature scheme").
func verifyStandard(in *connector.Inbound) error {
	id, sent, header := standardHeaders(in.Header)
	if id == "" || sent == "" || header == "" {
		return connector.Unverified("a header of Standard Webhooks is missing")
	}
	seconds, err := strconv.ParseInt(sent, 10, 64)
	if err != nil {
		return connector.Unverified("the time of sending cannot be read")
	}
	if age := in.ReceivedAt.Unix() - seconds; age > int64(tolerance/time.Second) || age < -int64(tolerance/time.Second) {
		return connector.Unverified("it was sent more than five minutes before or after it came, by the clocks of both sides")
	}
	key, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(strings.TrimPrefix(in.Secret("standard_secret"), "whsec_"), "="))
	if err != nil || len(key) == 0 {
		return connector.Unverified("the account is not set up to check signatures")
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(id + "." + sent + "."))
	mac.Write(in.Body)
	want := mac.Sum(nil)
	parts := strings.SplitN(header, " ", maxSignatures+1)
	for _, part := range parts[:min(len(parts), maxSignatures)] {
		version, signature, _ := strings.Cut(part, ",")
		if got, err := base64.StdEncoding.DecodeString(signature); err == nil && version == "v1" && hmac.Equal(got, want) {
			return nil
		}
	}
	return connector.Unverified("the signature does not fit")
}

// standardHeaders are the three headers of Standard Webhooks, under their names or under those of Svix, from which the standard came and which many
// senders still use (https://docs.svix.com/receiving/verifying-payloads/how-manual).
func standardHeaders(header http.Header) (id, sent, signature string) {
	for _, prefix := range []string{"Webhook-", "Svix-"} {
		if id = header.Get(prefix + "Id"); id != "" {
			return id, header.Get(prefix + "Timestamp"), header.Get(prefix + "Signature")
		}
	}
	return "", "", ""
}
