package mapping

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/shopspring/decimal"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/field"
	"github.com/tengi/tengi/money"
	"github.com/tengi/tengi/sale"
)

// Values in expressions are nil, bool, string, decimal.Decimal, time.Time, lists (any slice) and records (maps with text keys, and pointers
// to the structs in ownRecords).

// errDigits is the end of a sentence that begins with the name of the number.
var errDigits = fmt.Errorf("is a number of more than %d digits", maxDigits)

// sane refuses numbers that are cheap to write and ruinous to work with: 1e999999999 has a gigabyte of digits.
func sane(d decimal.Decimal) (any, error) {
	if !isSane(d) {
		return nil, errDigits
	}
	return d, nil
}

// isSane is the bound itself. It is wider than that of package money, since what is computed on the way to an amount may be more exact than it.
func isSane(d decimal.Decimal) bool {
	return d.Exponent() >= -maxDigits && d.Exponent() <= maxDigits && d.NumDigits() <= maxDigits
}

// parseNumber reads a number as programs write it: "1234.50", "-1e3". It is exact.
func parseNumber(s string) (any, error) {
	if len(s) > 2*maxDigits {
		return nil, errDigits
	}
	d, err := decimal.NewFromString(s)
	if err != nil {
		return nil, errors.New("is text that is not a number; write number(…) around it") // err repeats the text
	}
	return sane(d)
}

// count is a whole number of things.
func count(n int) decimal.Decimal { return decimal.NewFromInt(int64(n)) }

// known brings a value from outside (JSON, YAML, a connector's document) into one of the kinds.
func known(v any) (any, error) {
	switch v := v.(type) {
	case nil, bool, string, []any, map[string]any, map[string]string, field.Values:
		return v, nil
	case decimal.Decimal:
		return sane(v)
	case time.Time:
		return orNil(v), nil
	case json.Number:
		d, err := parseNumber(v.String())
		if err != nil {
			return nil, errDigits
		}
		return d, nil
	case int:
		return count(v), nil
	case int64:
		return decimal.NewFromInt(v), nil
	case uint64:
		return decimal.NewFromUint64(v), nil
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, errors.New("is not a finite number")
		}
		return sane(decimal.NewFromFloat(v)) // the shortest digits that mean this float: 0.1 is 0.1
	case money.Amount:
		return sane(v.Value)
	case *sale.Sale, *sale.Customer, *sale.Line, *sale.Payment, *tengi.Document: // ours, out of a list
		return v, nil
	}
	return knownByReflection(reflect.ValueOf(v))
}

// knownByReflection takes the Go types that decoders and connectors seldom use. Bytes are no text: nobody said how they are encoded.
func knownByReflection(v reflect.Value) (any, error) {
	switch v.Kind() {
	case reflect.Int8, reflect.Int16, reflect.Int32:
		return decimal.NewFromInt(v.Int()), nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32:
		return decimal.NewFromUint64(v.Uint()), nil
	case reflect.Float32:
		return known(v.Float())
	case reflect.String:
		return v.String(), nil
	case reflect.Bool:
		return v.Bool(), nil
	case reflect.Slice:
		if v.Type().Elem().Kind() != reflect.Uint8 {
			return v.Interface(), nil
		}
	}
	return nil, errors.New("is of a type expressions do not know")
}

// kindOf is the kind of a value that known has passed.
func kindOf(v any) kind {
	switch v.(type) {
	case nil:
		return nothing
	case bool:
		return boolean
	case string:
		return text
	case decimal.Decimal:
		return number
	case time.Time:
		return moment
	case []any:
		return list
	case map[string]any, map[string]string, field.Values, struct{}:
		return record
	}
	if reflect.TypeOf(v).Kind() == reflect.Slice {
		return list
	}
	return record
}

// become brings a value into the kind its source declares for it: JSON knows neither times nor decimals.
func (r *run) become(v any, want kind) (any, error) {
	have := kindOf(v)
	if have == want || have == nothing {
		return v, nil
	}
	s, isText := v.(string)
	switch {
	case isText && s == "" && want != record:
		return nil, nil
	case isText && want == number:
		return parseNumber(strings.TrimSpace(s))
	case isText && want == moment:
		return r.parseMoment(s)
	case isText && want == boolean && (s == "true" || s == "false"):
		return s == "true", nil
	case have == number && want == text:
		return v.(decimal.Decimal).String(), nil
	}
	return nil, fmt.Errorf("is %s where the source declares %s", have, want)
}

// lookUp reads one name of a record whose names are known only now. A name that is not there gives nil.
func lookUp(base any, name string) (any, error) {
	switch m := base.(type) {
	case nil:
		return nil, nil
	case *document:
		return known(m.member(name))
	case map[string]any:
		return known(m[name])
	case field.Values:
		return known(m[name])
	case map[string]string:
		if s, ok := m[name]; ok {
			return s, nil
		}
		return nil, nil
	}
	own, ok := ownRecords[reflect.TypeOf(base)]
	if !ok {
		return nil, fmt.Errorf("stands in %s, which has no names inside", kindOf(base))
	}
	member, ok := own.members[name]
	if !ok {
		return nil, fmt.Errorf("stands in a %s, which has no such name%s", own.name, suggestion(name, own.names()))
	}
	return member.get(nil, base)
}

// length is the number of elements of a list. It fails on longer lists than expressions may work on.
func length(v any) (int, error) {
	var n int
	switch l := v.(type) {
	case []any:
		n = len(l)
	default:
		n = reflect.ValueOf(v).Len()
	}
	if n > maxItems {
		return 0, fmt.Errorf("works on a list of more than %d rows", maxItems)
	}
	return n, nil
}

// element is the i-th element of a list, which must have it.
func element(v any, i int) (any, error) {
	if l, ok := v.([]any); ok {
		return known(l[i])
	}
	e := reflect.ValueOf(v).Index(i)
	// The rows of our own lists are handed on as pointers: a sale of a thousand lines is not copied for every field.
	if e.Kind() == reflect.Struct && e.CanAddr() {
		if _, ok := ownRecords[reflect.PointerTo(e.Type())]; ok {
			return e.Addr().Interface(), nil
		}
	}
	return known(e.Interface())
}

// write is a value as it stands in a text: numbers without trailing zeros, dates as YYYY-MM-DD in the workspace's time zone, nil as nothing.
func (r *run) write(v any) (string, error) {
	switch v := v.(type) {
	case nil:
		return "", nil
	case string:
		return v, nil
	case decimal.Decimal:
		return v.String(), nil
	case bool:
		return strconv.FormatBool(v), nil
	case time.Time:
		return r.writeDate(v)
	}
	if kindOf(v) == list {
		return "", errors.New("is a list, which cannot stand in a text; write join(…, \", \") around it")
	}
	return "", errors.New("is a group of values, which cannot stand in a text; name one of them")
}

// writeDate is the day of a time where the workspace is.
func (r *run) writeDate(t time.Time) (string, error) {
	zone, err := r.zone()
	if err != nil {
		return "", err
	}
	return t.In(zone).Format(time.DateOnly), nil
}

// isEmpty says whether ?? and default() take the other value instead.
func isEmpty(v any) bool {
	s, ok := v.(string)
	return v == nil || ok && s == ""
}

// characters counts what a person would call the length of a text.
func characters(s string) int { return utf8.RuneCountInString(s) }
