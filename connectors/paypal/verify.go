package paypal

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
)

// The codes of what is wrong with a notice, for the locale files.
const (
	codeNotGenuine  = "not_genuine"
	codeReceiver    = "other_receiver"
	codeEnvironment = "other_environment"
	codeSetup       = "webhook_setup"
)

// PayPal has been seen to call genuine messages INVALID for a while (observed in practice, in the sandbox above all). So long is one asked about
// again before a person is told.
const (
	doubtFor = 5 * time.Minute
	askAgain = 2 * time.Minute
)

// userAgent names the listener, which PayPal's documentation asks for; without one the postback was refused (observed in practice).
const userAgent = "Tengi-IPN/1.0"

// postback sends a message back to PayPal, byte for byte as it came, and wants to hear that it is PayPal's
// (https://developer.paypal.com/api/nvp-soap/ipn/IPNImplementation/). To encode its fields anew is the known way to have genuine messages refused.
func postback(ctx context.Context, c *connector.Client, event tengi.Event) error {
	word, err := askPostback(ctx, c, event.Raw.Body)
	if err != nil {
		return err
	}
	switch word {
	case "VERIFIED":
		return nil
	case "INVALID":
		return notGenuine(c, event, "PayPal says that it did not send this message")
	}
	// A page for people, or nothing: neither yes nor no.
	return &connector.Error{Kind: connector.Temporary, Code: connector.CodeBadAnswer, Message: "PayPal answered neither VERIFIED nor INVALID; asking again"}
}

// askPostback is the postback alone.
func askPostback(ctx context.Context, c *connector.Client, body []byte) (string, error) {
	resp, err := c.Read(ctx, connector.Request{
		Method: http.MethodPost, Path: postbackURL(c.Settings), Body: append([]byte("cmd=_notify-validate&"), body...),
		Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}, "User-Agent": {userAgent}, "Accept": {"text/plain, */*"}},
	})
	if err != nil {
		return "", fmt.Errorf("send an IPN message back: %w", err)
	}
	return strings.TrimSpace(string(resp.Body)), nil
}

// notGenuine is for the clock at first and for a person afterwards: dropping a real payment in silence is worse than asking about a forged one.
func notGenuine(c *connector.Client, event tengi.Event, message string) error {
	if age := c.Now().Sub(event.ReceivedAt); !event.ReceivedAt.IsZero() && age < doubtFor {
		return &connector.Error{Kind: connector.Temporary, Code: codeNotGenuine, Message: message + "; asking once more", RetryAfter: askAgain}
	}
	return connector.Refusal(codeNotGenuine, "", message+". Nothing is made of it: look in PayPal whether there is such a payment")
}

// verifyWebhook has PayPal verify a webhook's signature (https://developer.paypal.com/docs/api/webhooks/v1/#verify-webhook-signature_post). The signature
// itself covers only a CRC-32 of the body, which can be forged to fit, so nothing is checked here by ourselves and the payment is read again
// in any case. The ID of the webhook is the account's and never the notice's.
func verifyWebhook(ctx context.Context, c *connector.Client, event tengi.Event) error {
	id := strings.TrimSpace(c.Settings.Text("webhook_id"))
	if !hasREST(c) || id == "" {
		return connector.Refusal(codeSetup, "", "a webhook came, but the account lacks the client ID, the client secret or the webhook ID to verify it with: enter them and try again")
	}
	if !json.Valid(event.Raw.Body) {
		return connector.Refusal(connector.CodeUnreadable, "", "the webhook is not JSON")
	}
	var body bytes.Buffer
	body.WriteString("{")
	for _, part := range [...]struct{ name, value string }{
		{"auth_algo", event.Raw.Header[headerAlgo]}, {"cert_url", event.Raw.Header[headerCert]}, {"transmission_id", event.Raw.Header[headerID]},
		{"transmission_sig", event.Raw.Header[headerSig]}, {"transmission_time", event.Raw.Header[headerTime]}, {"webhook_id", id},
	} {
		value, err := json.Marshal(part.value)
		if err != nil {
			return fmt.Errorf("write the header %s: %w", part.name, err)
		}
		fmt.Fprintf(&body, "%q:%s,", part.name, value)
	}
	// The bytes as they came: written anew, numbers and escapes would differ from what was signed.
	body.WriteString(`"webhook_event":`)
	body.Write(event.Raw.Body)
	body.WriteString("}")
	resp, err := c.Read(ctx, connector.Request{
		Method: http.MethodPost, Path: "/v1/notifications/verify-webhook-signature", Body: body.Bytes(), Header: http.Header{"Content-Type": {"application/json"}},
	})
	if err != nil {
		return fmt.Errorf("verify a webhook: %w", err)
	}
	var answer struct {
		Status string `json:"verification_status"`
	}
	if err := resp.JSON(&answer); err != nil {
		return fmt.Errorf("verify a webhook: %w", err)
	}
	switch answer.Status {
	case "SUCCESS":
		return nil
	case "FAILURE":
		return notGenuine(c, event, "PayPal says that this webhook is not from it, or not from the webhook whose ID the account names")
	}
	return &connector.Error{Kind: connector.Temporary, Code: connector.CodeBadAnswer, Message: "PayPal answered neither SUCCESS nor FAILURE; asking again"}
}

var errNoToken = errors.New("no token in the answer")

// hasREST says whether the account holds the login of a REST app.
func hasREST(c *connector.Client) bool {
	return strings.TrimSpace(c.Settings.Text("client_id")) != "" && strings.TrimSpace(c.Secret("client_secret")) != ""
}

// sign puts the REST app's token onto a request. The postback of an IPN has no login, and its host must not be given ours.
func sign(ctx context.Context, c *connector.Client, req *http.Request) error {
	if strings.HasSuffix(req.URL.Path, postbackPath) {
		return nil
	}
	token, err := c.Session().Token(ctx, "access", c.Now(), func(ctx context.Context) (string, time.Duration, error) { return login(ctx, c) })
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	return nil
}

// login asks for a token (https://developer.paypal.com/api/rest/authentication/).
func login(ctx context.Context, c *connector.Client) (string, time.Duration, error) {
	signer := &http.Request{Header: http.Header{}}
	signer.SetBasicAuth(strings.TrimSpace(c.Settings.Text("client_id")), strings.TrimSpace(c.Secret("client_secret")))
	resp, err := c.Read(ctx, connector.Request{
		Method: http.MethodPost, Path: tokenPath, Private: true, Header: signer.Header, Form: map[string][]string{"grant_type": {"client_credentials"}},
	})
	if err != nil {
		return "", 0, err
	}
	var answer struct {
		Token string      `json:"access_token"`
		Life  json.Number `json:"expires_in"` // seconds
	}
	if err := json.Unmarshal(resp.Body, &answer); err != nil || answer.Token == "" {
		return "", 0, &connector.Error{Kind: connector.Temporary, Code: connector.CodeBadAnswer, Message: "PayPal's answer to the login could not be read", Err: errNoToken}
	}
	seconds, err := answer.Life.Int64()
	if err != nil || seconds <= 0 || seconds > 86_400 {
		seconds = 600 // shorter than any seen
	}
	return answer.Token, time.Duration(seconds) * time.Second, nil
}
