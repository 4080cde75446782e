package caspit

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/tengi/tengi/connector"
)

// perhaps is what the journal keeps of a mail whose answer was lost.
const perhaps = "perhaps"

// letter is a mail with a document, which Caspit sends with the PDF from its own address.
type letter struct {
	document      document
	kind          kind
	to, bcc       string
	english       bool
	subject, text string
	prefix        string // of the name of its call
}

// mailBody is a mail as Caspit takes it (https://app.caspit.biz/ApiHelp, EmailDocument).
type mailBody struct {
	Subject string `json:"Subject"`
	Body    string `json:"Body"`
	To      string `json:"To"`
	CC      string `json:"CC"`
	BCC     string `json:"BCC"`
}

// deliver mails the document, and notes in data and remarks what came of it.
func (l letter) deliver(ctx context.Context, c *connector.Client, data map[string]any, old bool, notes *remarks) error {
	switch {
	case !l.document.is(statusClosed):
		return nil // a draft is for the business alone
	case l.to == "":
		notes.add("Not mailed: there is no e-mail for the customer.")
		return nil
	case old:
		notes.add("Not mailed again: the document was in Caspit already.")
		return nil
	}
	resp, err := l.send(ctx, c)
	if err != nil {
		if e := connector.AsError(err); e.Kind == connector.Permanent {
			return &connector.Error{Kind: e.Kind, Code: codeMail, Field: "customer_email", Status: e.Status, Detail: e.Detail,
				Message: "the document is made and closed, only its mail was refused: correct the e-mail and go on, or turn the mail off and go on"}
		}
		return fmt.Errorf("caspit: mail the document: %w", err)
	}
	data["mailed"] = "yes"
	if l.english {
		data["mail_language"] = english
	}
	if string(resp.Body) == perhaps {
		data["mailed"] = perhaps
		notes.add("The mail may not have gone out: Caspit did not answer. Look in Caspit, and send it from there if it did not.")
	}
	return nil
}

// send asks Caspit to send the mail, once. Whether a mail went out cannot be looked up, and a customer who gets it twice is worse than a remark: a
// lost answer counts as "perhaps", and the document is not held up by it.
func (l letter) send(ctx context.Context, c *connector.Client) (*connector.Response, error) {
	language := "0"
	if l.english {
		language = "1"
	}
	return c.Change(ctx, connector.Change{
		Name: l.prefix + "mail",
		Request: connector.Request{Method: http.MethodPost, Path: "/EmailDocument/" + url.PathEscape(string(l.document.ID)), Query: url.Values{"lan": {language}},
			JSON: l.body()},
		Recover: connector.Recovery{Rounds: []time.Duration{15 * time.Second}, Find: func(context.Context, connector.Call) ([]byte, bool, error) {
			return []byte(perhaps), true, nil
		}},
	})
}

func (l letter) body() mailBody {
	name, text := l.kind.he, "שלום,\n\nמצורף המסמך. תודה רבה!"
	if l.english {
		name, text = l.kind.en, "Hello,\n\nPlease find the document attached. Thank you!"
	}
	body := mailBody{Subject: strings.TrimSpace(name + " " + string(l.document.Number)), Body: text, To: l.to, BCC: l.bcc}
	if l.subject != "" {
		body.Subject = l.subject
	}
	if l.text != "" {
		body.Body = l.text
	}
	return body
}
