package field

import (
	"time"

	"github.com/shopspring/decimal"
)

// Has says whether there is a value of the key. A text that was given empty is not there.
func (v Values) Has(key string) bool {
	_, ok := v[key]
	return ok
}

// Text is the value of a field whose values are texts: text, longtext, currency, date, email, phone, url, select. Empty when absent.
func (v Values) Text(key string) string { return value[string](v, key) }

// Decimal is the value of a decimal, amount or VAT field, and of an int field too. Zero when absent.
func (v Values) Decimal(key string) decimal.Decimal {
	if n, ok := v[key].(int64); ok {
		return decimal.NewFromInt(n)
	}
	return value[decimal.Decimal](v, key)
}

// Int is the value of an int field. Zero when absent.
func (v Values) Int(key string) int64 { return value[int64](v, key) }

// Bool is the value of a bool field. False when absent.
func (v Values) Bool(key string) bool { return value[bool](v, key) }

// Time is the value of a datetime field. The zero time when absent.
func (v Values) Time(key string) time.Time { return value[time.Time](v, key) }

// List is the rows of a list field. Nil when absent.
func (v Values) List(key string) []Values { return value[[]Values](v, key) }

// Group is the values of a group field. Nil, from which everything reads as absent, when absent.
func (v Values) Group(key string) Values { return value[Values](v, key) }

// Pairs is the entries of a pairs field. Nil when absent.
func (v Values) Pairs(key string) map[string]string { return value[map[string]string](v, key) }

// value is what stands under a key when it has the wanted type, otherwise that type's zero value.
func value[T any](v Values, key string) T {
	x, _ := v[key].(T)
	return x
}

// MaxLength is the most characters a text of the field may have.
func (f Field) MaxLength() int {
	_, most := f.limits(MaxText)
	return most
}
