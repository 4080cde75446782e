package money

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// MarshalJSON writes {"value":"24900","currency":"ISK"}: the value as text, because JSON numbers become floats in other programs, with
// as many decimals as the currency has, or more when the amount has more. The zero Amount is {"value":"0","currency":""}.
func (a Amount) MarshalJSON() ([]byte, error) {
	if absurd(a.Value) {
		return nil, fmt.Errorf("encode amount %s: %w", a, ErrFormat)
	}
	if _, err := ParseDecimal(a.number()); err != nil {
		return nil, fmt.Errorf("encode amount: %w", err) // what could not be read back is not written
	}
	return json.Marshal(struct {
		Value    string `json:"value"`
		Currency string `json:"currency"`
	}{a.number(), a.Currency})
}

// UnmarshalJSON reads what MarshalJSON writes and nothing else: both members, once, by their exact names, the value a text in the form of
// [Parse], the currency three capital letters or, with a value of zero, empty. Whether the currency is known is for Whole to say, so that
// an amount once stored can always be read. Numbers, null and further members are refused with ErrFormat or ErrUnknown.
func (a *Amount) UnmarshalJSON(data []byte) error {
	members, err := textMembers(data)
	if err != nil {
		return fmt.Errorf("decode amount: %w", err)
	}
	value, hasValue := members["value"]
	currency, hasCurrency := members["currency"]
	if !hasValue || !hasCurrency || len(members) > 2 {
		return fmt.Errorf(`decode amount: %w: exactly "value" and "currency" are wanted`, ErrFormat)
	}
	d, err := ParseDecimal(value)
	if err != nil {
		return fmt.Errorf("decode amount: %w", err)
	}
	if !isCode(currency) && (currency != "" || !d.IsZero()) {
		return fmt.Errorf("decode amount: %w", unknownCurrency(currency))
	}
	*a = Amount{Value: d, Currency: currency}
	return nil
}

// textMembers reads a JSON object whose members are all texts. encoding/json alone would take "VALUE" for "value", and the last of two.
func textMembers(data []byte) (map[string]string, error) {
	dec := json.NewDecoder(bytes.NewReader(data))
	if token, err := dec.Token(); err != nil || token != json.Delim('{') {
		return nil, fmt.Errorf(`%w: an object such as {"value":"149.99","currency":"PLN"} is wanted`, ErrFormat)
	}
	members := map[string]string{}
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return nil, fmt.Errorf("%w: not valid JSON", ErrFormat)
		}
		value, err := dec.Token()
		if err != nil {
			return nil, fmt.Errorf("%w: not valid JSON", ErrFormat)
		}
		key, _ := name.(string)
		text, ok := value.(string)
		if !ok {
			return nil, fmt.Errorf("%w: a text in quotes is wanted for every member", ErrFormat)
		}
		if _, twice := members[key]; twice {
			return nil, fmt.Errorf("%w: a member stands twice", ErrFormat)
		}
		members[key] = text
	}
	if _, err := dec.Token(); err != nil {
		return nil, fmt.Errorf("%w: not valid JSON", ErrFormat)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%w: something follows the object", ErrFormat)
	}
	return members, nil
}
