package caspit

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/money"
)

// rounds are when something whose answer was lost is looked for; five minutes is far beyond any answer.
var rounds = []time.Duration{15 * time.Second, 60 * time.Second, 150 * time.Second, 300 * time.Second}

// order is a document that is wanted, and what it must come to.
type order struct {
	kind      kind
	body      documentBody
	keep      bool            // as a draft
	prefix    string          // of the names of its calls, where one step makes two documents
	amount    money.Amount    // what it says, in its own currency
	total     decimal.Decimal // of its lines with VAT, in shekels
	payment   decimal.Decimal // of its payments, in its own currency
	tolerance decimal.Decimal
}

// issue brings a document into being: a draft under our key, compared with what was wanted, and then closed. It may run again from the top: it
// begins with what is there. earlier says that it was found closed, by an earlier run or before a backup was restored.
func issue(ctx context.Context, c *connector.Client, o order) (d document, earlier bool, err error) {
	d, err = readDocument(ctx, c, o.body.DocumentID)
	switch {
	case notFound(err):
		d, err = o.send(ctx, c, "create", connector.Recovery{Rounds: rounds, Find: func(ctx context.Context, _ connector.Call) ([]byte, bool, error) {
			return findDocument(ctx, c, o.body.DocumentID)
		}})
	case err != nil:
	case d.is(statusClosed):
		return d, true, o.check(d)
	case d.is(statusDraft) && !o.same(d):
		// Values were corrected since. A draft is brought up to date by sending it again (https://app.caspit.biz/ApiHelp, model
		// CaspitDocument: the key is for fetching and updating). Each content is a call of its own.
		d, err = o.send(ctx, c, "redraft-"+o.digest(), connector.Recovery{Repeatable: true})
	}
	if err == nil {
		err = o.check(d)
	}
	if err != nil || o.keep || d.is(statusClosed) {
		return d, d.is(statusClosed), err
	}
	d, err = o.finish(ctx, c)
	return d, false, err
}

// findDocument looks for a document by the key it was to be made with.
func findDocument(ctx context.Context, c *connector.Client, id string) ([]byte, bool, error) {
	body, err := readBytes(ctx, c, id)
	if notFound(err) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	if _, err := decodeDocument(body); err != nil {
		return nil, false, badAnswer("the document", err)
	}
	return body, true, nil
}

// digest tells contents apart.
func (o order) digest() string {
	text, err := json.Marshal(o.body)
	if err != nil {
		return "" // numbers and texts always marshal
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:4])
}

// same says whether a draft is what is wanted, as far as that can be told from what Caspit gives back.
func (o order) same(d document) bool {
	return o.check(d) == nil && string(d.Name) == o.body.Name && string(d.TaxID) == o.body.TaxID && string(d.Email) == o.body.Email && string(d.Comments) == o.body.Comments
}

// check compares what Caspit says with what was wanted. Nothing is closed before it passes.
func (o order) check(d document) error {
	if !d.TrxTypeID.Equal(decimal.NewFromInt(o.kind.trxType)) {
		return connector.Refusal(codeInUse, "", "Caspit has a document of another kind under our key: look at it there, then settle this here")
	}
	if o.kind.lines && !(d.Total.given && d.Total.Sub(o.total).Abs().LessThanOrEqual(o.tolerance)) {
		return o.differs(d, d.Total, o.total)
	}
	if o.kind.receipt && !(d.Payment.given && d.Payment.Equal(o.payment)) {
		return o.differs(d, d.Payment, o.payment)
	}
	return nil
}

func (o order) differs(d document, got number, want decimal.Decimal) error {
	said, next := "does not say what it comes to", "it is a draft and not in the books: correct the values here, or the draft in Caspit, and go on"
	if got.given {
		said = "comes to " + got.StringFixed(agorot)
	}
	if d.is(statusClosed) {
		next = "it is closed: put it right in Caspit, then settle this here"
	}
	return connector.Refusal(codeTotals, "", fmt.Sprintf("the document %s in Caspit %s, it must be %s; %s", o.body.DocumentID, said, want.StringFixed(agorot), next))
}

// send makes the draft, or brings it up to date. A refusal because a closed document has the key is the success of an earlier try.
func (o order) send(ctx context.Context, c *connector.Client, name string, how connector.Recovery) (document, error) {
	resp, err := c.Change(ctx, connector.Change{
		Name:    o.prefix + name,
		Request: connector.Request{Method: http.MethodPost, Path: "/documents/", JSON: o.body},
		Accept:  o.accept,
		Recover: how,
	})
	if hasCode(err, codeExists) {
		return readDocument(ctx, c, o.body.DocumentID)
	}
	if err != nil {
		return document{}, fmt.Errorf("caspit: make the document: %w", err)
	}
	d, err := decodeDocument(resp.Body)
	if err != nil { // accept and the look-up let nothing else through
		return document{}, &connector.Error{Kind: connector.Unknown, Code: connector.CodeAskPerson, Message: "the document made cannot be read", Err: err}
	}
	return d, nil
}

// accept takes an answer only when it names the document and it comes to the right sum; one that does not may be sent again with other values.
func (o order) accept(resp *connector.Response) error {
	d, err := decodeDocument(resp.Body)
	if err != nil {
		return &connector.Error{Kind: connector.Unknown, Code: connector.CodeBadAnswer, Status: resp.Status, Err: err,
			Message: "Caspit answered without naming the document; looking for it"}
	}
	return o.check(d)
}

// finish closes the document and reads what has become of it.
func (o order) finish(ctx context.Context, c *connector.Client) (document, error) {
	id := o.body.DocumentID
	_, err := c.Change(ctx, connector.Change{
		Name:    o.prefix + "close",
		Request: connector.Request{Method: http.MethodPost, Path: "/PrintDocument/", Query: url.Values{"id": {id}}},
		Recover: connector.Recovery{Rounds: rounds, Find: func(ctx context.Context, _ connector.Call) ([]byte, bool, error) {
			d, err := readDocument(ctx, c, id)
			return nil, err == nil && d.is(statusClosed), err
		}},
	})
	if err != nil && connector.AsError(err).Kind != connector.Permanent {
		return document{}, fmt.Errorf("caspit: close the document: %w", err)
	}
	d, readErr := readDocument(ctx, c, id)
	switch {
	case readErr == nil && d.is(statusClosed):
		return d, o.check(d) // a refusal of what a person did a moment earlier ends here too
	case err != nil:
		return document{}, fmt.Errorf("caspit: close the document: %w", err)
	case notFound(readErr):
		return document{}, goneError()
	case readErr != nil:
		return document{}, readErr
	}
	return document{}, &connector.Error{Kind: connector.Temporary, Code: codeOpen, RetryAfter: openWait, Message: "Caspit took the closing and does not show it yet"}
}

func goneError() error {
	return &connector.Error{Kind: connector.Permanent, Code: codeGone, Status: http.StatusNotFound,
		Message: "Caspit no longer has this document: it was deleted by hand, or the account is of another business than when it was made"}
}
