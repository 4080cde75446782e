package field

import (
	"encoding/json"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

// plain brings values of the many Go types that decoders and mappings hand over down to a few: nil, string, bool, int64, uint64, float64, json.Number,
// decimal.Decimal, time.Time, []any, map[string]any. Anything else is given back as it is and refused where a type is wanted.
func plain(x any) any {
	switch x := x.(type) {
	case nil, string, bool, int64, uint64, float64, json.Number, decimal.Decimal, time.Time, []any, map[string]any:
		return x
	case float32:
		// Through its own shortest text, or 0.1 would become 0.10000000149011612.
		return json.Number(strconv.FormatFloat(float64(x), 'g', -1, 32))
	}
	v := reflect.ValueOf(x)
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return nil
		}
		return plain(v.Elem().Interface())
	case reflect.String:
		return v.String()
	case reflect.Bool:
		return v.Bool()
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return v.Int()
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return v.Uint()
	case reflect.Float64:
		return v.Float()
	case reflect.Slice:
		return plainSlice(v)
	case reflect.Map:
		return plainMap(v)
	}
	return x
}

func plainSlice(v reflect.Value) any {
	if v.Type().Elem().Kind() == reflect.Uint8 {
		return v.Interface() // bytes are no list, and no text either: nobody said how they are encoded
	}
	out := make([]any, v.Len())
	for i := range out {
		out[i] = v.Index(i).Interface()
	}
	return out
}

func plainMap(v reflect.Value) any {
	out := make(map[string]any, v.Len())
	for entries := v.MapRange(); entries.Next(); {
		key := entries.Key()
		if key.Kind() == reflect.Interface {
			key = key.Elem()
		}
		if key.Kind() != reflect.String {
			return v.Interface()
		}
		out[key.String()] = entries.Value().Interface()
	}
	return out
}

// boolOf reads yes and no as JSON, YAML, HTML forms and sheets write them.
func boolOf(x any) (any, *problem) {
	switch x := x.(type) {
	case bool:
		return x, nil
	case string:
		switch strings.ToLower(strings.TrimSpace(x)) {
		case "true", "yes", "on", "1":
			return true, nil
		case "false", "no", "off", "0":
			return false, nil
		}
	case int64, uint64, float64, json.Number, decimal.Decimal:
		d, notNumber := numberOf(x)
		if notNumber != nil {
			return nil, notBool()
		}
		switch d.String() {
		case "1":
			return true, nil
		case "0":
			return false, nil
		}
	}
	return nil, notBool()
}

func notBool() *problem { return &problem{code: CodeType, message: "must be true or false"} }

// dateOf reads a calendar date. A point in time given as text is refused: which date it is depends on a time zone nobody named.
func dateOf(x any) (any, *problem) {
	switch x := x.(type) {
	case time.Time:
		if x.Year() < 1 || x.Year() > 9999 {
			return nil, notDate()
		}
		return x.Format(time.DateOnly), nil
	case string:
		text := strings.TrimSpace(x)
		day, err := time.Parse(time.DateOnly, text)
		if err != nil || day.Year() < 1 {
			return nil, notDate()
		}
		return text, nil
	}
	return nil, notDate()
}

func notDate() *problem {
	return &problem{code: CodeType, message: "must be a date that exists, written like 2026-11-22"}
}

// timeOf reads a point in time with its offset from UTC.
func timeOf(x any) (any, *problem) {
	var t time.Time
	switch x := x.(type) {
	case time.Time:
		t = x
	case string:
		var err error
		if t, err = time.Parse(time.RFC3339Nano, strings.TrimSpace(x)); err != nil {
			return nil, notTime()
		}
	default:
		return nil, notTime()
	}
	t, ok := stamp(t)
	if !ok {
		return nil, notTime()
	}
	return t, nil
}

func notTime() *problem {
	return &problem{code: CodeType, message: "must be a date and time with its time zone, written like 2026-11-22T14:30:00Z"}
}

// stamp brings a time into the one form that its text gives back: UTC or a plain offset in whole minutes. Both also drop the monotonic clock.
func stamp(t time.Time) (time.Time, bool) {
	_, offset := t.Zone()
	switch {
	case offset == 0 || offset%60 != 0 || offset <= -24*60*60 || offset >= 24*60*60:
		t = t.UTC()
	default:
		t = t.In(time.FixedZone("", offset))
	}
	return t, t.Year() >= 1 && t.Year() <= 9999
}

// exact is the shortest decimal text of a float, and whether it can be taken for what was written: a decimal of at most 15 significant digits
// survives the way through a float64 (IEEE 754), while one with more, or from 1e15 on, may have been another number before.
func exact(x float64) (string, bool) {
	if math.IsNaN(x) || math.Abs(x) >= 1e15 {
		return "", false
	}
	text := strconv.FormatFloat(x, 'e', -1, 64)
	digits, _, _ := strings.Cut(text, "e")
	return text, len(strings.TrimLeft(strings.Replace(digits, ".", "", 1), "-")) <= 15
}
