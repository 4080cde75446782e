package sms

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"time"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
)

// twilioMessage is Twilio's Message resource.
type twilioMessage struct {
	SID         string `json:"sid"`
	Status      string `json:"status"`
	To          string `json:"to"`
	Body        string `json:"body"`
	Direction   string `json:"direction"`
	DateCreated string `json:"date_created"` // RFC 2822, GMT
}

var messagingService = regexp.MustCompile(`^MG[0-9a-f]{32}$`)

// twilioRounds are when a lost message is looked up. Twilio puts a message into its list when it makes it; the last look lies well beyond any answer.
var twilioRounds = []time.Duration{30 * time.Second, 2 * time.Minute, 5 * time.Minute}

func twilioPath(c *connector.Client, rest string) string {
	return "/2010-04-01/Accounts/" + c.Settings.Text("account_sid") + rest
}

func sendTwilio(ctx context.Context, c *connector.Client, _ tengi.Ref, m message) (tengi.Document, error) {
	form := url.Values{"To": {m.to}, "Body": {m.text}}
	switch {
	case m.sender == "":
		return tengi.Document{}, connector.Refusal("sender", "sender", "Twilio needs a sender: a number, a name or a Messaging Service SID")
	case messagingService.MatchString(m.sender):
		form.Set("MessagingServiceSid", m.sender)
	default:
		form.Set("From", m.sender)
	}
	resp, err := c.Change(ctx, connector.Change{
		Name:    "send",
		Request: connector.Request{Method: http.MethodPost, Path: twilioPath(c, "/Messages.json"), Form: form},
		Accept:  acceptTwilio,
		Recover: connector.Recovery{Rounds: twilioRounds, Find: func(ctx context.Context, call connector.Call) ([]byte, bool, error) {
			return findTwilio(ctx, c, call)
		}},
	})
	if err != nil {
		return tengi.Document{}, err
	}
	var made twilioMessage
	if err := resp.JSON(&made); err != nil {
		return tengi.Document{}, err
	}
	return tengi.Document{ExternalID: made.SID, Status: made.Status}, nil
}

// acceptTwilio leaves a call open whose answer names no message: the look-up knows more.
func acceptTwilio(resp *connector.Response) error {
	var made twilioMessage
	if err := json.Unmarshal(resp.Body, &made); err != nil || made.SID == "" {
		return &connector.Error{Kind: connector.Unknown, Code: connector.CodeBadAnswer, Message: "the service's answer could not be read"}
	}
	return nil
}

// twilioPage is how many messages to one number are looked at; newest first.
const twilioPage = 100

// skew is how far Twilio's clock and ours may differ.
const skew = time.Minute

// findTwilio looks among the messages to the number for one with this text, made since the request was sent. Twilio takes no reference of ours, so the
// text is the proof. Where texts are not shown (message redaction) nothing can be proved, and a person is asked.
func findTwilio(ctx context.Context, c *connector.Client, call connector.Call) ([]byte, bool, error) {
	form, err := url.ParseQuery(string(call.Body))
	if err != nil {
		return nil, false, err
	}
	var list struct {
		Messages []json.RawMessage `json:"messages"`
	}
	query := url.Values{"To": {form.Get("To")}, "PageSize": {"100"}}
	if err := c.Get(ctx, twilioPath(c, "/Messages.json"), query, &list); err != nil {
		return nil, false, err
	}
	if list.Messages == nil {
		return nil, false, errors.New("the list of messages is not there")
	}
	since := call.FirstSent.Add(-skew)
	for _, text := range list.Messages {
		var m twilioMessage
		if err := json.Unmarshal(text, &m); err != nil {
			return nil, false, errors.New("a message in the list cannot be read")
		}
		made, err := time.Parse(time.RFC1123Z, m.DateCreated)
		if err != nil {
			return nil, false, errors.New("a message in the list has no readable date")
		}
		if made.Before(since) {
			return nil, false, nil // all that follow are older
		}
		switch {
		case m.To != form.Get("To"), m.Direction == "inbound":
		case m.Body == form.Get("Body") && m.SID != "":
			return text, true, nil
		case m.Body == "":
			return nil, false, &connector.Error{Kind: connector.Unknown, Code: connector.CodeAskPerson,
				Message: "the answer was lost, and Twilio does not show the texts of what was sent: look whether the customer got the message"}
		}
	}
	if len(list.Messages) >= twilioPage {
		return nil, false, errors.New("the list of messages goes on")
	}
	return nil, false, nil
}

func statusTwilio(ctx context.Context, c *connector.Client, id string) (string, error) {
	var m twilioMessage
	err := c.Get(ctx, twilioPath(c, "/Messages/"+url.PathEscape(id)+".json"), nil, &m)
	return m.Status, err
}

// checkTwilio reads one message, which every login may that can send; the account itself is only shown to its own auth token.
func checkTwilio(ctx context.Context, c *connector.Client) (connector.Identity, error) {
	identity := connector.Identity{Name: "Twilio " + c.Settings.Text("account_sid")}
	if c.Settings.Text("api_key") != "" {
		_, err := c.Read(ctx, connector.Request{Path: twilioPath(c, "/Messages.json"), Query: url.Values{"PageSize": {"1"}}})
		return identity, err
	}
	var account struct {
		Name   string `json:"friendly_name"`
		Status string `json:"status"` // active, suspended, closed
		Type   string `json:"type"`   // Trial, Full
	}
	if err := c.Get(ctx, twilioPath(c, ".json"), nil, &account); err != nil {
		return connector.Identity{}, err
	}
	if account.Status != "active" {
		return connector.Identity{}, &connector.Error{Kind: connector.Attention, Code: "suspended", Message: "the account at Twilio is suspended or closed: see its console"}
	}
	if account.Name != "" {
		identity.Name = account.Name
	}
	if account.Type == "Trial" {
		identity.Warnings = append(identity.Warnings, "A trial account sends to verified numbers only, and adds a line of its own.")
	}
	if c.Settings.Text("sender") == "" {
		identity.Warnings = append(identity.Warnings, "The account names no sender.")
	}
	return identity, nil
}

// twilioCodes are the errors that need other words than their status (https://www.twilio.com/docs/api/errors).
func twilioCodes(code int) (meaning, bool) {
	switch code {
	case 20003, 20404: // authentication; no such account
		return badLogin(), true
	case 20005, 30002: // account not active, suspended
		return meaning{connector.Attention, "suspended", "", "the account at Twilio is suspended: see its console"}, true
	case 21211, 21214, 21217, 21219, 21408, 21608, 21610, 21612, 21614: // not a number, not verified, country not enabled, unsubscribed, not a mobile
		return badNumber(), true
	case 21212, 21603, 21606, 21659, 21701, 21703: // sender unknown, missing, not ours
		return badSender(), true
	case 21602, 21605, 21617: // no text, too long
		return badText(), true
	case 20429, 14107, 63038: // too many requests, daily limit
		return tooFast(), true
	}
	return meaning{}, false
}

func explainTwilio(resp *connector.Response, e *connector.Error) {
	var said struct {
		Code int `json:"code"`
	}
	if json.Unmarshal(resp.Body, &said) != nil || resp.Status >= 500 {
		return
	}
	if m, ok := twilioCodes(said.Code); ok {
		m.put(e)
	}
}
