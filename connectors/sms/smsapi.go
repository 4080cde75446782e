package sms

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
)

// smsapiAnswer is what /sms.do answers: what was sent, or an error's number and words.
type smsapiAnswer struct {
	Error int `json:"error"`
	List  []struct {
		ID     string `json:"id"`
		Status string `json:"status"`
	} `json:"list"`
}

// smsapiKeyLife is how long a repeat is left to check_idx. The documentation sets no end to how long an idx is remembered; half a day is assumed.
const smsapiKeyLife = 12 * time.Hour

// sentBefore is the error of a second message under an idx, when the request has check_idx (SMSAPI's documentation of sms.do).
const sentBefore = 53

func sendSMSAPI(ctx context.Context, c *connector.Client, ref tengi.Ref, m message) (tengi.Document, error) {
	form := url.Values{
		"to": {digits(m.to)}, "message": {m.text}, "format": {"json"}, "encoding": {"utf-8"}, "idx": {string(ref)}, "check_idx": {"1"},
	}
	if m.sender != "" {
		form.Set("from", m.sender)
	}
	resp, err := c.Change(ctx, connector.Change{
		Name:    "send",
		Request: connector.Request{Method: http.MethodPost, Path: "/sms.do", Form: form, Also: []int{http.StatusBadRequest}},
		Accept:  acceptSMSAPI,
		// Our reference is the idx: whichever request of these bytes comes first is sent, every other is refused.
		Recover: connector.Recovery{Repeatable: true, KeyLife: smsapiKeyLife},
	})
	if err != nil {
		return tengi.Document{}, err
	}
	var answer smsapiAnswer
	if err := resp.JSON(&answer); err != nil {
		return tengi.Document{}, err
	}
	if answer.Error == sentBefore {
		return tengi.Document{Status: "SENT"}, nil // the id went with the lost answer
	}
	return tengi.Document{ExternalID: answer.List[0].ID, Status: answer.List[0].Status}, nil
}

// acceptSMSAPI reads an answer, which tells of errors under any status.
func acceptSMSAPI(resp *connector.Response) error {
	var answer smsapiAnswer
	err := json.Unmarshal(resp.Body, &answer)
	e := &connector.Error{Status: resp.Status, Detail: string(resp.Body)}
	switch {
	case err == nil && answer.Error == sentBefore:
		return nil
	case err == nil && answer.Error != 0:
		smsapiCode(answer.Error).put(e)
	case resp.Status >= 300:
		e.Kind, e.Code, e.Message = connector.Permanent, connector.CodeRefused, "the service refused the request"
	case err != nil || len(answer.List) != 1 || answer.List[0].ID == "":
		e.Kind, e.Code, e.Message = connector.Unknown, connector.CodeBadAnswer, "the service's answer could not be read"
	default:
		return nil
	}
	return e
}

// smsapiCode says what an error's number means (SMSAPI's list of errors, observed in the answers of its clients).
func smsapiCode(code int) meaning {
	switch code {
	case 101, 102, 105: // token, user, address of the caller
		return badLogin()
	case 110, 1000:
		return notAllowed()
	case 103:
		return noCredit()
	case 13:
		return badNumber()
	case 14:
		return badSender()
	case 11, 12:
		return badText()
	case 202, 203:
		return tooFast()
	case 200, 201, 999: // failures inside; the idx makes repeating harmless
		return unsure()
	}
	return meaning{connector.Permanent, connector.CodeRefused, "", "the service refused the request"}
}

func statusSMSAPI(ctx context.Context, c *connector.Client, id string) (string, error) {
	var answer smsapiAnswer
	if err := c.Get(ctx, "/sms.do", url.Values{"status": {id}, "format": {"json"}}, &answer); err != nil {
		return "", err
	}
	if answer.Error != 0 || len(answer.List) != 1 {
		return "", &connector.Error{Kind: connector.Temporary, Code: connector.CodeBadAnswer, Message: "the service does not say what became of the message"}
	}
	return answer.List[0].Status, nil
}

func checkSMSAPI(ctx context.Context, c *connector.Client) (connector.Identity, error) {
	var profile struct {
		Name     string           `json:"name"`
		Username string           `json:"username"`
		Payment  string           `json:"payment_type"` // prepaid, trial, postpaid (observed)
		Points   *decimal.Decimal `json:"points"`
	}
	if err := c.Get(ctx, "/profile", nil, &profile); err != nil {
		return connector.Identity{}, err
	}
	identity := connector.Identity{Name: profile.Username}
	if identity.Name == "" {
		identity.Name = "SMSAPI"
	}
	if profile.Points != nil && !profile.Points.IsPositive() && profile.Payment != "postpaid" {
		identity.Warnings = append(identity.Warnings, "The account has no points left.")
	}
	if c.Settings.Text("sender") == "" {
		identity.Warnings = append(identity.Warnings, "The account names no sender; SMSAPI then uses your default one.")
	}
	return identity, nil
}

func explainSMSAPI(resp *connector.Response, e *connector.Error) {
	var said struct {
		Error json.Number `json:"error"`
	}
	if json.Unmarshal(resp.Body, &said) != nil || resp.Status >= 500 {
		return
	}
	if code, err := said.Error.Int64(); err == nil && code > 0 {
		smsapiCode(int(code)).put(e)
	}
}
