package googlesheets

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
)

// headerSignature carries the HMAC-SHA256 of the body under the script's secret, in hexadecimal. The script in the guide makes it.
const headerSignature = "X-Tengi-Signature"

// receive verifies a notice of the script in the sheet. It says only that something was edited, and nothing of it is kept: the sheet is read at once,
// and what is new there is found as by any other poll, so that nothing happens twice and a lost notice costs no more than the wait for the next poll.
func receive(in *connector.Inbound) ([]tengi.Event, error) {
	secret := in.Secret("script_secret")
	if secret == "" {
		return nil, connector.Unverified("the account has no secret for a script")
	}
	signature, err := hex.DecodeString(in.Header.Get(headerSignature))
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(in.Body)
	if err != nil || !hmac.Equal(signature, mac.Sum(nil)) {
		return nil, connector.Unverified("the signature does not fit: the script and the account have different secrets")
	}
	return nil, nil
}
