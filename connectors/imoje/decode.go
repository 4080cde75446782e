package imoje

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/tengi/tengi/connector"
)

// cents is an amount in the smallest unit; imoje writes it as a number, and sometimes as a text (observed).
type cents int64

// UnmarshalJSON reads either form.
func (a *cents) UnmarshalJSON(data []byte) error {
	d, err := decimal.NewFromString(strings.Trim(string(data), `"`))
	if err != nil || !d.IsInteger() || d.Abs().GreaterThan(decimal.New(1, 12)) {
		return errors.New("an amount is not a whole number of the smallest unit")
	}
	*a = cents(d.IntPart())
	return nil
}

func (a cents) decimal() decimal.Decimal { return decimal.New(int64(a), -2) }

// payment is a link, as an answer or a notice tells of it.
type payment struct {
	ID           string        `json:"id"`
	URL          string        `json:"url"`
	Title        string        `json:"title"`
	ServiceID    string        `json:"serviceId"`
	OrderID      string        `json:"orderId"`
	Amount       cents         `json:"amount"`
	Currency     string        `json:"currency"`
	Status       string        `json:"status"`
	ValidTo      int64         `json:"validTo"`
	Modified     int64         `json:"modified"`
	Transactions []transaction `json:"transactions"`
}

// transaction is one try to pay, or one refund.
type transaction struct {
	ID         string `json:"id"`
	Type       string `json:"type"`
	Status     string `json:"status"`
	StatusCode string `json:"statusCode"`
	ServiceID  string `json:"serviceId"`
	OrderID    string `json:"orderId"`
	Title      string `json:"title"`
	Amount     cents  `json:"amount"`
	Currency   string `json:"currency"`
	Method     string `json:"paymentMethod"`
	MethodCode string `json:"paymentMethodCode"`
	Created    int64  `json:"created"`
	Modified   int64  `json:"modified"`
	Refunds    []struct {
		Transaction transaction `json:"transaction"`
	} `json:"refunds"`
}

// paid says whether a try to pay has succeeded: one that was rejected before or after takes nothing back.
func (p payment) paid() bool {
	if p.Status == settled {
		return true
	}
	for _, t := range p.Transactions {
		if t.Type == "sale" && t.Status == settled {
			return true
		}
	}
	return false
}

// decodePayment reads a link, which stands under "payment" in some answers and bare in others.
func decodePayment(resp *connector.Response) (payment, error) {
	var p payment
	if err := decode(resp, "payment", &p); err != nil {
		return payment{}, err
	}
	if p.ID == "" {
		return payment{}, unreadable()
	}
	return p, nil
}

func decodeTransaction(resp *connector.Response) (transaction, error) {
	var t transaction
	if err := decode(resp, "transaction", &t); err != nil {
		return transaction{}, err
	}
	if t.ID == "" {
		return transaction{}, unreadable()
	}
	return t, nil
}

// decode reads what stands under a name, or the whole when nothing does.
func decode(resp *connector.Response, name string, into any) error {
	var wrapped map[string]json.RawMessage
	if json.Unmarshal(resp.Body, &wrapped) != nil {
		return unreadable()
	}
	body := resp.Body
	if inner, ok := wrapped[name]; ok && len(bytes.TrimSpace(inner)) > 0 && bytes.TrimSpace(inner)[0] == '{' {
		if _, bare := wrapped["id"]; !bare {
			body = inner
		}
	}
	if json.Unmarshal(body, into) != nil {
		return unreadable()
	}
	return nil
}

// unreadable leaves open what happened: a page of a proxy with status 200 says nothing.
func unreadable() error {
	return &connector.Error{Kind: connector.Unknown, Code: connector.CodeBadAnswer, Message: "imoje's answer could not be read"}
}
