package portmone

import (
	"bytes"
	"context"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tengi/tengi/connector"
)

// The two addresses of the gateway. Without the slash at the end Portmone points elsewhere, and the body is lost (observed in practice).
const (
	gatewayPath = "/gateway/"
	linkPath    = "/r3/api/gateway/"
)

// The statuses of a row, in Portmone's spelling (observed in practice).
const (
	statusCreated  = "CREATED" // the payer has begun
	statusHeld     = "PREAUTH"
	statusPaid     = "PAYED"    //nolint:misspell // so it is spelled
	statusRejected = "REJECTED" // a try that did not work, or a hold let go
	statusReturned = "RETURN"   // a row of its own, its amount below zero
)

// codeRefused is the code of what Portmone says no to, with its own number and words in the detail.
const codeRefused = "portmone_refused"

// question is what Portmone is asked about. Either of order and bill may be empty; with both empty it lists all between two days.
type question struct {
	order, bill string
	from, to    time.Time
}

// ask asks Portmone for rows of our shop. The answer may hold tokens of cards, so it is not recorded.
func ask(ctx context.Context, c *connector.Client, q question) ([]row, error) {
	payee := c.Settings.Text("payee_id")
	data := map[string]string{
		"payeeId": payee, "shopOrderNumber": q.order, "status": "", "startDate": q.from.In(kyiv()).Format(dateFormat), "endDate": q.to.In(kyiv()).Format(dateFormat),
	}
	if q.bill != "" {
		data["shopbillId"] = q.bill // with a small b in requests (observed in practice)
	}
	resp, err := c.Read(ctx, connector.Request{Method: http.MethodPost, Path: gatewayPath, Header: jsonHeader(), Private: true,
		JSON: envelope{Method: "result", Params: params{Data: data}, ID: "tengi"}})
	if err != nil {
		return nil, err
	}
	rows, err := decodeRows(resp.Body)
	if err != nil { // a page of HTML with status 200 is how the gateway says that something is wrong (observed in practice)
		return nil, &connector.Error{Kind: connector.Temporary, Code: connector.CodeBadAnswer, Status: resp.Status, Message: "Portmone's answer could not be read", Err: err}
	}
	var ours []row
	for _, r := range rows {
		switch {
		case r.ID == "" && r.failed():
			return nil, refusal(r.Code, r.Text)
		case r.ID == "":
			return nil, &connector.Error{Kind: connector.Temporary, Code: connector.CodeBadAnswer, Message: "Portmone's answer names no bill"}
		case r.Payee != "" && r.Payee != payee, q.order != "" && r.Order != q.order, q.bill != "" && r.ID != q.bill:
		default:
			ours = append(ours, r)
		}
	}
	return ours, nil
}

// orderRows are all rows of an order, as far back as the account says.
func orderRows(ctx context.Context, c *connector.Client, order string) ([]row, error) {
	return ask(ctx, c, question{order: order, from: lookback(c), to: c.Now()})
}

// lookback is the first day that Portmone is asked for.
func lookback(c *connector.Client) time.Time {
	return c.Now().AddDate(0, 0, -int(max(c.Settings.Int("window_days"), 31)))
}

// aboutLogin finds errors that are the account's and not the request's. Portmone publishes no list of its codes, so its words must do.
var aboutLogin = regexp.MustCompile(`(?i)\b(login|password|payee_?id|unauthori[sz]ed|access denied|signature)\b|парол|логін|логин|авториз|підпис|подпис`)

// refusal is what Portmone said no to. Its words go into the detail, which is shown and never logged.
func refusal(code, text string) *connector.Error {
	e := connector.Refusal(codeRefused, "", "Portmone refuses the request; its own words stand with the attempt")
	e.Detail = strings.TrimSpace(cut(code, 20) + " " + cut(text, 300))
	if aboutLogin.MatchString(text) {
		e.Kind, e.Code, e.Message = connector.Attention, connector.CodeLogin, loginMessage
	}
	return e
}

// lost says that an answer to a change does not tell what happened.
func lost() *connector.Error {
	return &connector.Error{Kind: connector.Unknown, Code: connector.CodeBadAnswer, Message: "Portmone's answer could not be read, and it may have acted"}
}

// acceptRows reads the rows that a change answered with, and puts only what we read of them in place of the answer, which is stored.
func acceptRows(resp *connector.Response) ([]row, error) {
	rows, err := decodeRows(resp.Body)
	if err != nil || len(rows) == 0 {
		return nil, lost()
	}
	var kept bytes.Buffer
	kept.WriteByte('[')
	for i, r := range rows {
		if r.failed() {
			return nil, refusal(r.Code, r.Text)
		}
		if r.ID == "" && !r.fine() {
			return nil, lost()
		}
		text, err := r.MarshalJSON()
		if err != nil {
			return nil, lost()
		}
		if i > 0 {
			kept.WriteByte(',')
		}
		kept.Write(text)
	}
	kept.WriteByte(']')
	resp.Body = kept.Bytes()
	return rows, nil
}

// sums are what the rows of an order come to.
type sums struct {
	paid, returned decimal.Decimal
	refunds        int
	held           bool
	chargeback     bool
}

func sumOf(rows []row, payee string) sums {
	var s sums
	for _, r := range rows {
		switch {
		case r.paid(payee):
			s.paid = s.paid.Add(r.Amount)
		case r.Status == statusPaid && r.Chargeback:
			s.chargeback = true
		case r.Status == statusReturned && !r.failed():
			s.returned = s.returned.Add(r.Amount.Abs())
			s.refunds++
		case r.Status == statusHeld:
			s.held = true
		}
	}
	return s
}

// inOrder sorts rows by day and, within one, by the bill's number: refunds have no time of day.
func inOrder(rows []row) {
	slices.SortStableFunc(rows, func(a, b row) int {
		if by := strings.Compare(a.Day, b.Day); by != 0 {
			return by
		}
		if by := len(a.ID) - len(b.ID); by != 0 {
			return by
		}
		return strings.Compare(a.ID, b.ID)
	})
}
