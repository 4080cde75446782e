package portmone

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/field"
	"github.com/tengi/tengi/money"
)

// refundFields are what a refund consists of.
func refundFields() field.Set {
	return field.Set{
		{Key: "transaction_id", Type: field.Text, Label: "Payment", Required: true, Pattern: "[0-9A-Za-z_-]{1,40}", Example: "700000001",
			Help: "The payment that is given back: data.transaction_id of the event that told of it."},
		{Key: "amount", Type: field.Amount, Label: "Amount", Required: true, Min: "0.01", Max: "9999999.99", Default: "{{ sale.total }}"},
		{Key: "currency", Type: field.Currency, Label: "Currency", Required: true, Default: "{{ sale.currency }}", Example: "UAH", Help: "UAH only."},
		{Key: "title", Type: field.Text, Label: "Reason", Max: "200", Default: "{{ sale.reference }}"},
	}
}

// codeDone is Portmone's error of a refund that was made before, and of an order it cannot find (observed in practice).
const codeDone = "6"

// refund gives money back. Portmone has no key by which it would know a repeat, so what was given back before is frozen into the request: whatever comes to
// it later is compared with that.
func refund(ctx context.Context, c *connector.Client, ref tengi.Ref, values field.Values) (tengi.Document, error) {
	amount, err := amountOf(values)
	if err != nil {
		return tengi.Document{}, err
	}
	bill, wanted := values.Text("transaction_id"), values.Decimal("amount")
	resp, err := c.Change(ctx, connector.Change{
		Name:    "refund",
		Request: connector.Request{Method: http.MethodPost, Path: gatewayPath, Header: jsonHeader(), Private: true},
		Compose: func(ctx context.Context) ([]byte, error) {
			payment, rows, err := paymentRows(ctx, c, bill)
			if err != nil {
				return nil, err
			}
			before, err := refundable(payment, rows, wanted, c.Settings.Text("payee_id"))
			if err != nil {
				return nil, err
			}
			return json.Marshal(envelope{Method: "return", ID: string(ref) + before.mark(), Params: params{Data: map[string]string{
				"payeeId": c.Settings.Text("payee_id"), "shopbillId": bill, "returnAmount": amount, "message": values.Text("title"),
			}}})
		},
		Accept: func(resp *connector.Response) error {
			rows, err := acceptRows(resp)
			if err != nil {
				e := connector.AsError(err)
				if e.Code == codeRefused && strings.HasPrefix(e.Detail+" ", codeDone+" ") {
					return lost() // it may speak of an earlier send of this very request
				}
				return e
			}
			if _, ok := madeIn(rows); !ok {
				return lost()
			}
			return nil
		},
		Recover: connector.Recovery{
			Rounds: []time.Duration{45 * time.Second, 2 * time.Minute, 5 * time.Minute},
			Find:   func(ctx context.Context, call connector.Call) ([]byte, bool, error) { return findRefund(ctx, c, call) },
		},
	})
	if err != nil {
		return tengi.Document{}, err
	}
	rows, err := decodeRows(resp.Body)
	made, ok := madeIn(rows)
	if err != nil || !ok {
		return tengi.Document{}, lost()
	}
	return tengi.Document{
		Kind: tengi.CreditNote, ExternalID: made.ID, Number: made.ID, Status: made.Status, Amount: money.New(made.Amount.Abs(), "UAH"),
		Data: map[string]any{"transaction_id": bill, "order_id": made.Order},
	}, nil
}

// mark is written into the id of a refund's request, behind our reference: how many refunds there had been before, and what they came to.
func (s sums) mark() string { return fmt.Sprintf(returnedMark+"%d/%s", s.refunds, s.returned) }

// returnedMark begins a mark.
const returnedMark = " returned="

// readMark reads a mark again.
func readMark(id string) (before sums, ok bool) {
	_, text, _ := strings.Cut(id, returnedMark)
	count, sum, _ := strings.Cut(text, "/")
	n, err := strconv.Atoi(count)
	if err != nil || !amountText.MatchString(sum) {
		return sums{}, false
	}
	return sums{refunds: n, returned: decimal.RequireFromString(sum)}, true
}

// paymentRows finds a payment by its number, and all rows of its order.
func paymentRows(ctx context.Context, c *connector.Client, bill string) (payment row, rows []row, err error) {
	found, err := ask(ctx, c, question{bill: bill, from: lookback(c), to: c.Now()})
	if err != nil {
		return row{}, nil, err
	}
	if len(found) == 0 || found[0].Order == "" {
		return row{}, nil, connector.Refusal("not_found", "transaction_id", "Portmone does not know this payment, or it is older than the account asks back for")
	}
	rows, err = orderRows(ctx, c, found[0].Order)
	return found[0], rows, err
}

// refundable refuses what cannot be given back: what was never paid, and more than is left. It gives what has been given back so far.
func refundable(payment row, rows []row, wanted decimal.Decimal, payee string) (sums, error) {
	s := sumOf(rows, payee)
	left := decimal.Min(payment.Amount, s.paid.Sub(s.returned))
	switch {
	case !payment.paid(payee):
		return s, connector.Refusal("not_paid", "transaction_id", "this is not a payment that has come in")
	case wanted.GreaterThan(left):
		return s, connector.Refusal("too_much", "amount", "only "+left.StringFixed(2)+" UAH of the payment is left")
	}
	return s, nil
}

// findRefund compares what has been given back with what had been when the request was made. One more refund of exactly its amount is the request's.
func findRefund(ctx context.Context, c *connector.Client, call connector.Call) ([]byte, bool, error) {
	var sent envelope
	if err := json.Unmarshal(call.Body, &sent); err != nil {
		return nil, false, cannotTell()
	}
	before, marked := readMark(sent.ID)
	wanted, err := decimal.NewFromString(sent.Params.Data["returnAmount"])
	if err != nil || !marked {
		return nil, false, cannotTell()
	}
	_, rows, err := paymentRows(ctx, c, sent.Params.Data["shopbillId"])
	if err != nil {
		return nil, false, err
	}
	now := sumOf(rows, c.Settings.Text("payee_id"))
	if now.refunds == before.refunds && now.returned.Equal(before.returned) {
		return nil, false, nil
	}
	ours := now.refunds == before.refunds+1 && now.returned.Sub(before.returned).Equal(wanted)
	inOrder(rows)
	for i := len(rows) - 1; i >= 0 && ours; i-- { // the newest of this amount
		if rows[i].Status == statusReturned && rows[i].Amount.Abs().Equal(wanted) {
			answer, err := json.Marshal([]row{rows[i]})
			return answer, true, err
		}
	}
	return nil, false, cannotTell()
}

func cannotTell() error {
	return &connector.Error{Kind: connector.Unknown, Code: connector.CodeAskPerson,
		Message: "the answer was lost, and what was given back of this order since is not what was asked for: look at the order's refunds in Portmone's panel"}
}

// madeIn is the refund among the rows of an answer.
func madeIn(rows []row) (row, bool) {
	for _, r := range rows {
		if r.Status == statusReturned && r.ID != "" {
			return r, true
		}
	}
	return row{}, false
}
