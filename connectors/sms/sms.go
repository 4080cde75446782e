// Package sms is the connector for text messages to mobile phones, through one of three services: Twilio (https://www.twilio.com/docs/messaging/api),
// SMSAPI (https://www.smsapi.pl/docs) and TurboSMS (https://turbosms.ua/api.html). They differ in how one signs in and in what they offer to whom an answer
// got lost: SMSAPI refuses a second message under the same idx, Twilio lists what was sent, TurboSMS offers neither, so there a person is asked.
//
// Where a rule comes from is said beside it: the service's documentation, "observed" in the answers of public clients, or "assumed" where both are silent;
// then the code takes the side on which no message goes out twice.
package sms

import (
	"context"
	"embed"
	"net/http"
	"time"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/field"
)

//go:embed setup*.md locale/*.json icon.svg
var files embed.FS

// The services.
const (
	twilio   = "twilio"
	smsapi   = "smsapi"
	turbosms = "turbosms"
)

// service is what differs between the services.
type service struct {
	url    string
	sign   func(*connector.Client, *http.Request)
	check  func(context.Context, *connector.Client) (connector.Identity, error)
	send   func(context.Context, *connector.Client, tengi.Ref, message) (tengi.Document, error)
	status func(context.Context, *connector.Client, string) (string, error) // what has become of a message
}

// serviceOf is the service that an account chose.
func serviceOf(settings field.Values) service {
	switch settings.Text("service") {
	case smsapi:
		return service{"https://api.smsapi.pl", bearer, checkSMSAPI, sendSMSAPI, statusSMSAPI}
	case turbosms:
		return service{"https://api.turbosms.ua", bearer, checkTurboSMS, sendTurboSMS, statusTurboSMS}
	default:
		return service{"https://api.twilio.com", basic, checkTwilio, sendTwilio, statusTwilio}
	}
}

// Connector describes text messages.
func Connector() *connector.Connector {
	return &connector.Connector{
		Name:    "sms",
		Title:   "SMS",
		Summary: "Sends text messages to mobile phones through Twilio, SMSAPI or TurboSMS.",
		Auth: connector.Auth{
			Fields:  accountFields(),
			BaseURL: func(settings field.Values) string { return serviceOf(settings).url },
			Sign: func(_ context.Context, c *connector.Client, r *http.Request) error {
				serviceOf(c.Settings).sign(c, r)
				return nil
			},
			Check: func(ctx context.Context, c *connector.Client) (connector.Identity, error) {
				return serviceOf(c.Settings).check(ctx, c)
			},
		},
		Limits:  connector.Limits{Every: 200 * time.Millisecond, Burst: 5, InFlight: 2, Timeout: 20 * time.Second},
		Explain: explain,
		Actions: []connector.Action{{
			Key:      "sms.send",
			Title:    "Send a text message",
			Help:     "Sends one text message to a mobile phone.",
			Makes:    tengi.Message,
			Input:    messageFields(),
			Do:       send,
			Refresh:  refresh,
			TestMark: "text",
			Recovery: "SMSAPI is given our reference and refuses a second message with it, so the same request is sent again within twelve hours. At Twilio the messages " +
				"to the number are looked up 30 seconds, 2 and 5 minutes after the request, and only when none with this text is there is it sent once more. TurboSMS " +
				"offers neither: a person is asked, and nothing is sent again before.",
		}},
		Files: files,
	}
}

// accountFields are what a login at one of the services consists of.
func accountFields() field.Set {
	only := func(names ...string) *field.Condition { return &field.Condition{Key: "service", Values: names} }
	return field.Set{
		{Key: "service", Type: field.Select, Label: "Service", Required: true, Default: twilio, Options: []field.Option{
			{Value: twilio, Label: "Twilio"}, {Value: smsapi, Label: "SMSAPI"}, {Value: turbosms, Label: "TurboSMS"},
		}},
		{Key: "account_sid", Type: field.Text, Label: "Account SID", Required: true, Pattern: "AC[0-9a-f]{32}", DependsOn: only(twilio),
			Help: "On the first page of the Twilio console.", Example: "AC00000000000000000000000000000001"},
		{Key: "api_key", Type: field.Text, Label: "API key SID", Pattern: "SK[0-9a-f]{32}", DependsOn: only(twilio), Advanced: true,
			Help: "When you sign in with an API key: its SID here, its secret as the token. Empty = with the account's auth token."},
		{Key: "token", Type: field.Text, Label: "Token", Required: true, Secret: true, Max: "500",
			Help: "Twilio: the auth token, or the secret of an API key. SMSAPI: an OAuth token with the right to send SMS. TurboSMS: the token of the HTTP API."},
		{Key: "sender", Type: field.Text, Label: "Sender", Max: "34", Example: "Fjordur",
			Help: "The name or number that the receiver sees, as it is registered at the service. Twilio: a number of yours, a name, or a Messaging Service SID."},
	}
}

func basic(c *connector.Client, r *http.Request) {
	user := c.Settings.Text("api_key")
	if user == "" {
		user = c.Settings.Text("account_sid")
	}
	r.SetBasicAuth(user, c.Secret("token"))
}

func bearer(c *connector.Client, r *http.Request) {
	r.Header.Set("Authorization", "Bearer "+c.Secret("token"))
}

// explain says better than the status what a refusal means. The services' answers differ so much that each is known by its shape.
func explain(_ *connector.Request, resp *connector.Response, e *connector.Error) {
	for _, of := range []func(*connector.Response, *connector.Error){explainTwilio, explainSMSAPI, explainTurboSMS} {
		of(resp, e)
	}
}

// meaning is what a code of a service's error means.
type meaning struct {
	kind                 connector.Kind
	code, field, message string
}

// put classifies an error.
func (m meaning) put(e *connector.Error) {
	e.Kind, e.Code, e.Field, e.Message = m.kind, m.code, m.field, m.message
}

// What the services say in different codes.
func badLogin() meaning {
	return meaning{connector.Attention, connector.CodeLogin, "", "the service refused the login: check the token"}
}

func noCredit() meaning {
	return meaning{connector.Attention, "no_credit", "", "the account at the service has no credit left: top it up"}
}

func notAllowed() meaning {
	return meaning{connector.Attention, "no_permission", "", "this login may not send messages: give it the permission at the service"}
}

func badNumber() meaning {
	return meaning{connector.Permanent, "number_refused", "to", "the service does not deliver to this number"}
}

func badSender() meaning {
	return meaning{connector.Permanent, "sender_refused", "sender", "the service does not take this sender: use one that is registered there"}
}

func badText() meaning {
	return meaning{connector.Permanent, "text_refused", "text", "the service does not take this text"}
}

func tooFast() meaning {
	return meaning{connector.Temporary, connector.CodeRateLimited, "", "the service asks to slow down"}
}

func unsure() meaning {
	return meaning{connector.Unknown, connector.CodeAnswerLost, "", "the service failed and may have sent the message"}
}
