package portmone

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

// row is one bill of an order: a try to pay, a payment, or a refund. One order may have several.
type row struct {
	ID         string // the bill's
	Order      string // ours
	Payee      string
	Status     string
	Amount     decimal.Decimal // of a refund below zero
	Day        string          // YYYY-MM-DD, Kyiv's; empty when Portmone states none
	PaidAt     time.Time       // zero when only the day is known
	Chargeback bool
	Code       string // "0" is no error
	Text       string // of the error
	Title      string
	Method     string
}

// amountText is how amounts come: 50, -9, 150.00 (observed in practice). Anything else, such as an exponent, is refused.
var amountText = regexp.MustCompile(`^-?[0-9]{1,12}(\.[0-9]{1,6})?$`)

// UnmarshalJSON reads a row of any method: some name their fields shopBillId, some shop_bill_id, and one answer may hold both kinds (observed in practice).
func (r *row) UnmarshalJSON(data []byte) error {
	f, err := flat(data)
	if err != nil {
		return err
	}
	*r = row{
		ID: f["shopbillid"], Order: f["shopordernumber"], Payee: f["payeeid"], Status: strings.ToUpper(f["status"]), Chargeback: strings.EqualFold(f["chargeback"], "Y"),
		Code: f["errorcode"], Text: first(f["errormessage"], f["error"]), Title: f["description"], Method: f["gatetype"],
	}
	if text := f["billamount"]; text != "" {
		if !amountText.MatchString(text) {
			return errors.New("an amount is not a plain number")
		}
		r.Amount = decimal.RequireFromString(text)
	}
	r.Day, r.PaidAt = moment(f["paydate"])
	return nil
}

// MarshalJSON writes what a row tells us, and so leaves out what nobody should keep: the token of a card, its mask, the payer's words.
func (r row) MarshalJSON() ([]byte, error) {
	date := ""
	if day, err := time.Parse(time.DateOnly, r.Day); err == nil {
		date = day.Format(dateFormat)
	}
	if !r.PaidAt.IsZero() {
		date = r.PaidAt.In(kyiv()).Format(timeFormat)
	}
	chargeback := "N"
	if r.Chargeback {
		chargeback = "Y"
	}
	return json.Marshal(map[string]string{"shopBillId": r.ID, "shopOrderNumber": r.Order, "payee_id": r.Payee, "status": r.Status, "billAmount": r.Amount.String(), "pay_date": date,
		"chargeback": chargeback, "errorCode": r.Code, "errorMessage": r.Text, "description": r.Title, "gateType": r.Method})
}

// The two forms of a date at Portmone, in Kyiv's time.
const (
	dateFormat = "02.01.2006"
	timeFormat = "02.01.2006 15:04:05"
)

// moment reads a date with or without the time of day; refunds have none (observed in practice).
func moment(text string) (day string, at time.Time) {
	if t, err := time.ParseInLocation(timeFormat, text, kyiv()); err == nil {
		return t.Format(time.DateOnly), t
	}
	if t, err := time.Parse(dateFormat, text); err == nil {
		return t.Format(time.DateOnly), time.Time{}
	}
	return "", time.Time{}
}

// failed says whether the row tells of an error. A row that says nothing of errors tells of none, but proves no payment either.
func (r row) failed() bool { return r.Code != "" && !r.fine() }

// fine says whether the row itself says that there was no error.
func (r row) fine() bool { return r.Code != "" && strings.Trim(r.Code, "0") == "" }

// paid says whether the row proves money that has come in for this shop: Portmone's plugins ask the same of it.
func (r row) paid(payee string) bool {
	return r.Status == statusPaid && r.Payee == payee && r.fine() && r.Amount.IsPositive() && !r.Chargeback
}

// decodeRows reads the rows of an answer: a list, or a bare row where there is but one (observed in practice).
func decodeRows(body []byte) ([]row, error) {
	body = bytes.TrimSpace(body)
	if len(body) > 0 && body[0] == '[' {
		var rows []row
		if err := json.Unmarshal(body, &rows); err != nil {
			return nil, errors.New("the list is not of the shape that Portmone's have")
		}
		return rows, nil
	}
	var one row
	if err := json.Unmarshal(body, &one); err != nil {
		return nil, errors.New("the answer is not of the shape that Portmone's have")
	}
	return []row{one}, nil
}

// flat is a JSON object by names without case and underscores, its values as texts. Of what is nested it takes "result" and "error", in which the newer
// methods answer. A value that says null in words is empty: Portmone fills empty fields so (observed in practice).
func flat(data []byte) (map[string]string, error) {
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(data, &raw); err != nil || raw == nil {
		return nil, errors.New("not a JSON object")
	}
	out := make(map[string]string, len(raw))
	for _, name := range slices.Sorted(maps.Keys(raw)) {
		put(out, plain(name), raw[name])
	}
	for _, nested := range []string{"result", "error"} {
		var inner map[string]json.RawMessage
		if json.Unmarshal(raw[nested], &inner) != nil {
			continue
		}
		for _, key := range slices.Sorted(maps.Keys(inner)) {
			name := plain(key)
			if nested == "error" && (name == "code" || name == "message") {
				name = "error" + name
			}
			put(out, name, inner[key])
		}
	}
	return out, nil
}

func plain(name string) string { return strings.ToLower(strings.ReplaceAll(name, "_", "")) }

// put keeps a text, a number or a truth value. What stands there already with a value stays.
func put(out map[string]string, name string, value json.RawMessage) {
	var text string
	if json.Unmarshal(value, &text) != nil {
		text = string(bytes.TrimSpace(value))
		if len(text) > 0 && (text[0] == '{' || text[0] == '[') {
			return
		}
	}
	if text = strings.TrimSpace(text); text != "" && text != "null" && out[name] == "" {
		out[name] = text
	}
}

func first(texts ...string) string {
	for _, text := range texts {
		if text != "" {
			return text
		}
	}
	return ""
}

// cut shortens a text to so many characters.
func cut(text string, most int) string {
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most])
	}
	return text
}
