package bokun

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tengi/tengi/money"
)

// The types of this file read one value of Bókun's JSON each. v1 writes money as floating-point numbers and dates as milliseconds, text or
// arrays, v2 writes money as text; absent and null mean the same (observed in practice; https://api-docs.bokun.dev/rest-v2.yaml).
// What does not matter is read leniently; money that cannot be read is an error, never nothing.

// amount is an exact number, from a JSON number or from text.
type amount struct {
	decimal.Decimal
	set bool // false when absent or null
}

var errAmount = errors.New("not a number")

// UnmarshalJSON takes the digits as they stand: no floating point in between.
func (a *amount) UnmarshalJSON(raw []byte) error {
	text, ok := scalar(raw)
	if !ok {
		return errAmount
	}
	if text == "" {
		return nil
	}
	value, err := decimal.NewFromString(text)
	if err != nil {
		return errAmount // without the text: it came from outside
	}
	if err := money.Bounded(value); err != nil {
		return err
	}
	a.Decimal, a.set = value, true
	return nil
}

// cash is an amount with its currency, as v1 writes totals.
type cash struct {
	Amount   amount `json:"amount"`
	Currency text   `json:"currency"`
}

// text is a piece of text; numbers count as text, anything else as nothing.
type text string

// UnmarshalJSON never fails.
func (t *text) UnmarshalJSON(raw []byte) error {
	value, _ := scalar(raw)
	*t = text(strings.TrimSpace(value))
	return nil
}

// id is a number that names something; 0 when absent or not a positive number.
type id int64

// UnmarshalJSON never fails.
func (i *id) UnmarshalJSON(raw []byte) error {
	value, _ := scalar(raw)
	*i, _ = parseID(value)
	return nil
}

// String is the id as it stands in addresses.
func (i id) String() string { return strconv.FormatInt(int64(i), 10) }

// parseID reads digits. Only what it returned may stand in an address: ids arrive from outside.
func parseID(digits string) (id, bool) {
	if digits == "" || len(digits) > 18 || strings.Trim(digits, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	return id(n), err == nil && n > 0
}

// moment is a point in time: milliseconds, or ISO text. Other forms (arrays, English text) occur and are ignored: the zero time.
type moment struct{ time.Time }

// UnmarshalJSON never fails.
func (m *moment) UnmarshalJSON(raw []byte) error {
	value, _ := scalar(raw)
	if ms, err := strconv.ParseInt(strings.TrimSuffix(value, ".0"), 10, 64); err == nil {
		if ms > 0 && ms < 1e14 { // the year 5138
			m.Time = time.UnixMilli(ms).UTC()
		}
		return nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04:05", time.DateOnly} {
		if at, err := time.Parse(layout, value); err == nil {
			m.Time = at.UTC()
			return nil
		}
	}
	return nil
}

// flag is a yes or no that may be absent.
type flag struct{ yes, set bool }

// UnmarshalJSON never fails.
func (f *flag) UnmarshalJSON(raw []byte) error {
	switch value, _ := scalar(raw); value {
	case "true":
		f.yes, f.set = true, true
	case "false":
		f.yes, f.set = false, true
	}
	return nil
}

// scalar is a JSON value's text: of a string its content, of a number or a truth value its digits, of null nothing.
// It is false for objects and arrays.
func scalar(raw []byte) (string, bool) {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 || bytes.Equal(raw, []byte("null")) {
		return "", true
	}
	switch raw[0] {
	case '{', '[':
		return "", false
	case '"':
		var s string
		if err := json.Unmarshal(raw, &s); err != nil {
			return "", false
		}
		return strings.TrimSpace(s), true
	default:
		return string(raw), true
	}
}
