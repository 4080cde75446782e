package sale

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/shopspring/decimal"

	"github.com/tengi/tengi/field"
	"github.com/tengi/tengi/money"
)

// MaxBytes is the longest JSON that Parse reads.
const MaxBytes = 2 << 20

// Parse reads a sale from JSON in the form that encoding/json writes it, from a caller or a store.
//
// It is strict about what it does not know: a name that a sale does not have is refused with the one probably meant, as are a name given twice, a
// value of another kind, a date that does not exist, a number of absurd size, more than MaxLines lines. It is kind about the rest: null and
// empty numbers and times count as not given, numbers may be JSON numbers or texts ("24900.00"), numbers do for texts, a currency may be
// in small letters, and a line without a quantity is one piece. The status, the currency, the total, whether VAT is included, each line's total
// and each payment's amount must be there.
//
// The error is [Faults] with every path; none tells anything of the customer. Whether the money is right is for [Sale.Check] to say.
func Parse(data []byte) (Sale, error) {
	if len(data) > MaxBytes {
		return Sale{}, Faults{{Code: CodeSize, Message: fmt.Sprintf("a sale is at most %d bytes of JSON", MaxBytes)}}
	}
	object, err := field.ReadJSON(data)
	if err != nil {
		return Sale{}, Faults{{Code: CodeType, Message: "the sale cannot be read: " + err.Error()}}
	}
	var r reader
	r.members(Fields, object, "")
	if err := r.faults.Err(); err != nil {
		return Sale{}, err
	}
	return build(object)
}

// build makes the sale of members that have all been looked at.
func build(object map[string]any) (Sale, error) {
	tidy, err := json.Marshal(object)
	if err != nil {
		return Sale{}, fmt.Errorf("read sale: %w", err)
	}
	var s Sale
	if err := json.Unmarshal(tidy, &s); err != nil {
		// The decoder's text quotes values, which may be a customer's.
		return Sale{}, Faults{{Code: CodeType, Message: "the sale cannot be read"}}
	}
	return s, nil
}

// reader holds members against the fields and brings them into the form that the struct takes.
type reader struct{ faults Faults }

func (r *reader) fault(code, path, message string) {
	r.faults = append(r.faults, Fault{Code: code, Path: path, Message: message})
}

// maxUnknown is how many unknown names of one level are reported.
const maxUnknown = 20

func (r *reader) members(set field.Set, object map[string]any, path string) {
	for _, f := range set {
		x, wrong := r.value(f, object[f.Key], path+f.Key)
		switch {
		case wrong != "":
			r.fault(CodeType, path+f.Key, wrong)
		case x == nil && f.Required:
			r.fault(CodeRequired, path+f.Key, "is missing")
		case x == nil:
			delete(object, f.Key)
		default:
			object[f.Key] = x
		}
	}
	unknown := 0
	for _, name := range slices.Sorted(maps.Keys(object)) {
		known := slices.ContainsFunc(set, func(f field.Field) bool { return f.Key == name })
		if known || unknown == maxUnknown {
			continue
		}
		unknown++
		message := "is nothing that a sale has here"
		if near := set.Nearest(name); near != "" {
			message += "; do you mean " + near + "?"
		}
		r.fault(CodeUnknown, path+field.ShownName(name), message)
	}
}

// value brings one value into the form that the struct takes; nil when it counts as not given. The text says what is wrong with it.
func (r *reader) value(f field.Field, x any, path string) (any, string) {
	if x == nil {
		return nil, ""
	}
	switch f.Type {
	case field.Bool:
		if _, ok := x.(bool); !ok {
			return nil, "must be true or false"
		}
		return x, ""
	case field.Decimal, field.Amount, field.VAT:
		return number(x)
	case field.Group:
		object, ok := x.(map[string]any)
		if !ok {
			return nil, "must be an object"
		}
		r.members(f.Children, object, path+".")
		return x, ""
	case field.List:
		return r.list(f, x, path)
	}
	return text(f, x)
}

func (r *reader) list(f field.Field, x any, path string) (any, string) {
	rows, ok := x.([]any)
	if !ok {
		return nil, "must be a list"
	}
	if len(rows) > MaxLines {
		r.fault(CodeTooManyLines, path, fmt.Sprintf("must have at most %d entries", MaxLines))
		return x, ""
	}
	for i, row := range rows {
		at := path + "[" + strconv.Itoa(i) + "]"
		object, ok := row.(map[string]any)
		if !ok {
			r.fault(CodeType, at, "must be an object")
			continue
		}
		r.members(f.Children, object, at+".")
		if _, given := object["quantity"]; !given && path == "lines" {
			object["quantity"] = "1"
		}
	}
	return x, ""
}

// number reads a JSON number, or a text in the form of machines: JSON from a program has one decimal sign.
func number(x any) (any, string) {
	const wrong = "must be a number such as 24900 or \"149.99\""
	switch x := x.(type) {
	case string:
		if strings.TrimSpace(x) == "" {
			return nil, ""
		}
		d, err := money.ParseDecimal(strings.TrimSpace(x))
		if err != nil {
			return nil, wrong
		}
		return d, ""
	case json.Number:
		if len(x) > 64 {
			return nil, "has too many digits"
		}
		d, err := decimal.NewFromString(string(x))
		if err != nil || money.Bounded(d) != nil {
			return nil, "has too many digits"
		}
		return d, ""
	}
	return nil, wrong
}

// text reads what the struct holds as a text or a time.
func text(f field.Field, x any) (any, string) {
	var s string
	switch x := x.(type) {
	case string:
		s = x
	case json.Number:
		s = string(x)
	default:
		return nil, "must be a text"
	}
	switch {
	case utf8.RuneCountInString(s) > field.MaxText:
		return nil, fmt.Sprintf("must have at most %d characters", field.MaxText)
	case strings.ContainsRune(s, 0):
		return nil, "must not contain the character NUL"
	case s == "":
		return nil, ""
	case f.Type == field.Currency:
		return strings.ToUpper(s), ""
	case f.Type == field.Date:
		if _, err := time.Parse(time.DateOnly, s); err != nil {
			return nil, "must be a date that exists, written like 2026-11-22"
		}
	case f.Type == field.DateTime:
		if err := new(time.Time).UnmarshalText([]byte(s)); err != nil { // what the struct will do
			return nil, "must be a date and time with its time zone, written like 2026-11-22T14:30:00Z"
		}
	}
	return s, ""
}
