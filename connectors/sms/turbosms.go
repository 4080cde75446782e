package sms

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/shopspring/decimal"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
)

// turboAnswer is how TurboSMS answers everything, under status 200.
type turboAnswer struct {
	Code   *int            `json:"response_code"`
	Status string          `json:"response_status"`
	Result json.RawMessage `json:"response_result"`
}

// turboResult is what became of one recipient.
type turboResult struct {
	Code      int    `json:"response_code"`
	MessageID string `json:"message_id"`
	Status    string `json:"response_status"`
}

// turboMessage is the request.
type turboMessage struct {
	Recipients []string  `json:"recipients"`
	SMS        turboText `json:"sms"`
}

type turboText struct {
	Sender string `json:"sender"`
	Text   string `json:"text"`
}

func sendTurboSMS(ctx context.Context, c *connector.Client, _ tengi.Ref, m message) (tengi.Document, error) {
	if m.sender == "" {
		return tengi.Document{}, connector.Refusal("sender", "sender", "TurboSMS needs a sender: a name that is registered there")
	}
	resp, err := c.Change(ctx, connector.Change{
		Name:    "send",
		Request: connector.Request{Method: http.MethodPost, Path: "/message/send.json", JSON: turboMessage{[]string{digits(m.to)}, turboText{m.sender, m.text}}},
		Accept:  func(resp *connector.Response) error { _, err := readTurbo(resp); return err },
		// No list of what was sent and no key that is documented: the zero Recovery asks a person.
	})
	if err != nil {
		return tengi.Document{}, err
	}
	result, err := readTurbo(resp)
	if err != nil {
		return tengi.Document{}, err
	}
	return tengi.Document{ExternalID: result.MessageID, Status: "accepted"}, nil
}

// readTurbo reads what became of the one recipient. 800 to 803 say that messages were taken, all or some, now or later; which, each recipient's own
// code says. Accepted as a whole without a word about the recipient is accepted (observed).
func readTurbo(resp *connector.Response) (turboResult, error) {
	var answer turboAnswer
	e := &connector.Error{Status: resp.Status, Detail: string(resp.Body)}
	if err := json.Unmarshal(resp.Body, &answer); err != nil || answer.Code == nil {
		e.Kind, e.Code, e.Message = connector.Unknown, connector.CodeBadAnswer, "the service's answer could not be read"
		return turboResult{}, e
	}
	var results []turboResult
	if len(answer.Result) > 0 && json.Unmarshal(answer.Result, &results) != nil {
		results = nil
	}
	taken := *answer.Code == 0 || *answer.Code >= 800 && *answer.Code <= 803
	switch {
	case !taken:
		turboCode(*answer.Code).put(e)
	case len(results) == 1 && results[0].Code == 0 && results[0].MessageID != "":
		return results[0], nil
	case len(results) == 1 && results[0].Code != 0:
		turboCode(results[0].Code).put(e)
	case len(results) == 0 && (*answer.Code == 800 || *answer.Code == 801):
		return turboResult{}, nil
	default:
		unsure().put(e)
	}
	return turboResult{}, e
}

// turboCode says what a code means (TurboSMS's table of response_code).
func turboCode(code int) meaning {
	switch code {
	case 103, 105, 301:
		return badLogin()
	case 106:
		return meaning{connector.Attention, "suspended", "", "the user at TurboSMS is blocked: ask their support"}
	case 203:
		return noCredit()
	case 202, 305, 404, 406, 407:
		return badNumber()
	case 200, 302, 400, 401, 415:
		return badSender()
	case 201, 304, 411, 412, 413:
		return badText()
	case 104, 300, 502: // the request could not be read
		return meaning{connector.Permanent, connector.CodeRefused, "", "the service refused the request"}
	case 500, 501, 503, 507, 999: // failures inside, some of them after the message was made
		return unsure()
	}
	if code < 500 {
		return meaning{connector.Permanent, connector.CodeRefused, "", "the service refused the request"}
	}
	return unsure()
}

// ask sends a request that only reads, as TurboSMS wants it: a POST with JSON.
func ask(ctx context.Context, c *connector.Client, path string, body, into any) error {
	resp, err := c.Read(ctx, connector.Request{Method: http.MethodPost, Path: path, JSON: body})
	if err != nil {
		return err
	}
	var answer turboAnswer
	if err := resp.JSON(&answer); err != nil {
		return err
	}
	e := &connector.Error{Status: resp.Status, Detail: string(resp.Body)}
	if answer.Code == nil || *answer.Code != 0 {
		if answer.Code != nil {
			turboCode(*answer.Code).put(e)
		}
		if e.Kind == connector.Unknown { // a question that fails has changed nothing
			e.Kind, e.Code, e.Message = connector.Temporary, connector.CodeUnavailable, "the service failed"
		}
		return e
	}
	if err := json.Unmarshal(answer.Result, into); err != nil {
		return &connector.Error{Kind: connector.Temporary, Code: connector.CodeBadAnswer, Message: "the service's answer could not be read"}
	}
	return nil
}

func statusTurboSMS(ctx context.Context, c *connector.Client, id string) (string, error) {
	var results []struct {
		MessageID string `json:"message_id"`
		Status    string `json:"status"`
	}
	if err := ask(ctx, c, "/message/status.json", map[string]any{"messages": []string{id}}, &results); err != nil {
		return "", err
	}
	for _, r := range results {
		if r.MessageID == id {
			return r.Status, nil
		}
	}
	return "", nil
}

func checkTurboSMS(ctx context.Context, c *connector.Client) (connector.Identity, error) {
	var balance struct {
		Balance decimal.Decimal `json:"balance"`
	}
	if err := ask(ctx, c, "/user/balance.json", struct{}{}, &balance); err != nil {
		return connector.Identity{}, err
	}
	identity := connector.Identity{Name: "TurboSMS"}
	if sender := c.Settings.Text("sender"); sender != "" {
		identity.Name += " " + sender
	} else {
		identity.Warnings = append(identity.Warnings, "The account names no sender.")
	}
	if !balance.Balance.IsPositive() {
		identity.Warnings = append(identity.Warnings, "The account has no credits left.")
	}
	return identity, nil
}

func explainTurboSMS(resp *connector.Response, e *connector.Error) {
	var answer turboAnswer
	if json.Unmarshal(resp.Body, &answer) == nil && answer.Code != nil && resp.Status < 500 {
		turboCode(*answer.Code).put(e)
	}
}
