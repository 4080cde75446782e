package field

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/shopspring/decimal"

	"github.com/tengi/tengi/money"
)

// Encode writes parsed values as JSON from which [Set.Decode] makes exactly the same values: decimals as texts with all their zeros, times with
// their offset, keys in the order of the alphabet, so equal values are equal bytes. A value that is not of its field's type, or of no field, is an
// error that names its path. Secrets are written as they are: who stores the result seals it.
func (s Set) Encode(values Values) (json.RawMessage, error) {
	object, err := s.encode(values, "")
	if err != nil {
		return nil, err
	}
	data, err := json.Marshal(object)
	if err != nil {
		return nil, fmt.Errorf("encode values: %w", err)
	}
	return data, nil
}

func (s Set) encode(values Values, path string) (map[string]any, error) {
	object := make(map[string]any, len(values))
	for _, key := range slices.Sorted(maps.Keys(values)) {
		f, ok := s.field(key)
		if !ok {
			return nil, fmt.Errorf("encode %s: the set has no such field", path+ShownName(key))
		}
		x, err := f.encode(values[key], path+key)
		if err != nil {
			return nil, err
		}
		object[key] = x
	}
	return object, nil
}

// encode turns one value into what encoding/json writes without loss.
func (f Field) encode(value any, path string) (any, error) {
	switch v := value.(type) {
	case string:
		if f.isText() && utf8.ValidString(v) {
			return v, nil
		}
	case int64:
		if f.Type == Int {
			return v, nil
		}
	case bool:
		if f.Type == Bool {
			return v, nil
		}
	case decimal.Decimal:
		if text, ok := exactText(v); ok && f.isDecimal() {
			return text, nil
		}
	case time.Time:
		if t, ok := stamp(v); ok && f.Type == DateTime {
			return t.Format(time.RFC3339Nano), nil
		}
	case []Values:
		if f.Type == List {
			return f.encodeRows(v, path)
		}
	case Values:
		if f.Type == Group {
			return f.Children.encode(v, path+".")
		}
	case map[string]string:
		if f.Type == Pairs && validPairs(v) {
			return v, nil
		}
	}
	return nil, fmt.Errorf("encode %s: a %T is not a value of type %s, or cannot be written without loss", path, value, f.Type)
}

func (f Field) encodeRows(rows []Values, path string) (any, error) {
	list := make([]any, len(rows))
	for i, row := range rows {
		object, err := f.Children.encode(row, fmt.Sprintf("%s[%d].", path, i))
		if err != nil {
			return nil, err
		}
		list[i] = object
	}
	return list, nil
}

// exactText writes a decimal with all its zeros, 24.00 as "24.00", so that it is read back with the same exponent. It is false for a number
// that ParseDecimal would not read.
func exactText(d decimal.Decimal) (string, bool) {
	if money.Bounded(d) != nil {
		return "", false
	}
	text := d.StringFixed(max(0, -d.Exponent()))
	_, err := money.ParseDecimal(text)
	return text, err == nil
}

func validPairs(pairs map[string]string) bool {
	for name, text := range pairs {
		if !utf8.ValidString(name) || !utf8.ValidString(text) {
			return false
		}
	}
	return true
}

// isText says whether the values of the field are strings.
func (f Field) isText() bool {
	switch f.Type {
	case Text, LongText, Currency, Date, Email, Phone, URL, Select:
		return true
	}
	return false
}

// isDecimal says whether the values of the field are decimals.
func (f Field) isDecimal() bool { return f.Type == Decimal || f.Type == Amount || f.Type == VAT }
