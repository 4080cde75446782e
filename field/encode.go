package field

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/shopspring/decimal"

	"github.com/tengi/tengi/money"
)

// Encode writes parsed values as JSON from which [Set.Decode] makes exactly the same values: decimals as texts with all their zeros, times with
// their offset, keys in the order of the alphabet, so equal values are equal bytes. A value that is not of its field's type, or of no field, is an
// error that names its path. Secrets are written as they are: who stores the result seals it.
func (s Set) Encode(values Values) (json.RawMessage, error) {
	data, err := s.encode(nil, values, "")
	if err != nil {
		return nil, err
	}
	return data, nil
}

// encode appends values as an object.
func (s Set) encode(to []byte, values Values, path string) ([]byte, error) {
	keys := make([]string, 0, len(values))
	for key := range values {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	to = append(to, '{')
	for i, key := range keys {
		f, ok := s.field(key)
		if !ok {
			return nil, fmt.Errorf("encode %s: the set has no such field", path+ShownName(key))
		}
		if i > 0 {
			to = append(to, ',')
		}
		to = append(appendText(to, key), ':')
		var err error
		if to, err = f.encode(to, values[key], path+key); err != nil {
			return nil, err
		}
	}
	return append(to, '}'), nil
}

// encode appends one value in the form that is read back without loss.
func (f *Field) encode(to []byte, value any, path string) ([]byte, error) {
	switch v := value.(type) {
	case string:
		if f.isText() && utf8.ValidString(v) {
			return appendText(to, v), nil
		}
	case int64:
		if f.Type == Int {
			return strconv.AppendInt(to, v, 10), nil
		}
	case bool:
		if f.Type == Bool {
			return strconv.AppendBool(to, v), nil
		}
	case decimal.Decimal:
		if text, ok := exactText(v); ok && f.isDecimal() {
			return appendText(to, text), nil
		}
	case time.Time:
		if t, ok := stamp(v); ok && f.Type == DateTime {
			return appendText(to, t.Format(time.RFC3339Nano)), nil
		}
	case []Values:
		if f.Type == List {
			return f.encodeRows(to, v, path)
		}
	case Values:
		if f.Type == Group {
			return f.Children.encode(to, v, path+".")
		}
	case map[string]string:
		if f.Type == Pairs && validPairs(v) {
			return encodePairs(to, v), nil
		}
	}
	return nil, fmt.Errorf("encode %s: a %T is not a value of type %s, or cannot be written without loss", path, value, f.Type)
}

func (f *Field) encodeRows(to []byte, rows []Values, path string) ([]byte, error) {
	to = append(to, '[')
	for i, row := range rows {
		if i > 0 {
			to = append(to, ',')
		}
		var err error
		if to, err = f.Children.encode(to, row, path+"["+strconv.Itoa(i)+"]."); err != nil {
			return nil, err
		}
	}
	return append(to, ']'), nil
}

func encodePairs(to []byte, pairs map[string]string) []byte {
	to = append(to, '{')
	for i, name := range slices.Sorted(maps.Keys(pairs)) {
		if i > 0 {
			to = append(to, ',')
		}
		to = append(appendText(to, name), ':')
		to = appendText(to, pairs[name])
	}
	return append(to, '}')
}

// appendText appends a valid text in quotes, with the escapes of encoding/json.
func appendText(to []byte, text string) []byte {
	if needsEscape(text) {
		quoted, _ := json.Marshal(text) // a text always encodes
		return append(to, quoted...)
	}
	to = append(to, '"')
	to = append(to, text...)
	return append(to, '"')
}

// needsEscape says whether encoding/json would, or might, write a text otherwise than it stands: control characters, quotes, markup, and U+2028 and
// U+2029, which begin with the byte E2.
func needsEscape(text string) bool {
	for i := range len(text) {
		switch c := text[i]; {
		case c < ' ', c == '"', c == '\\', c == '<', c == '>', c == '&', c == 0x7f, c == 0xe2:
			return true
		}
	}
	return false
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
func (f *Field) isText() bool {
	switch f.Type {
	case Text, LongText, Currency, Date, Email, Phone, URL, Select:
		return true
	}
	return false
}

// isDecimal says whether the values of the field are decimals.
func (f *Field) isDecimal() bool { return f.Type == Decimal || f.Type == Amount || f.Type == VAT }
