package mapping

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tengi/tengi/field"
)

// kind says what sort of value an expression gives.
type kind uint8

// The kinds of values. A kind is a promise of the compiler to the functions that run later; unknown promises nothing.
const (
	unknown kind = iota // free-form data: known only when the expression runs
	nothing             // nil
	boolean
	text
	number // decimal.Decimal
	moment // time.Time
	list
	record
)

// String is the kind as error messages call it.
func (k kind) String() string {
	return [...]string{"a value", "nothing", "true or false", "text", "a number", "a time", "a list", "a group of values"}[k]
}

// shape is what is known of a value before the expression runs. Whatever a shape promises holds when it runs, except that any value may be
// nil.
type shape struct {
	kind    kind
	elem    *shape            // of a list; nil = unknown
	name    string            // of a record: sale, customer, line
	members map[string]member // of a record; nil = any name, with unknown values
}

// member is one named value of a record.
type member struct {
	shape shape
	get   func(r *run, base any) (any, error)
	// record is get for whoever only looks members up (see lookUp), where that saves making the value; nil = it does not.
	record func(*run) (any, error)
	plain  bool // never says who somebody is: may be shown where personal data may not (see Condition.Explain)
}

// names lists the members of a record in alphabetical order.
func (s shape) names() []string { return slices.Sorted(maps.Keys(s.members)) }

// elements is the shape of a list's elements.
func (s shape) elements() shape {
	if s.elem == nil {
		return shape{}
	}
	return *s.elem
}

// is says whether a value of this shape may turn out to be of kind k.
func (s shape) is(k ...kind) bool {
	return s.kind == unknown || s.kind == nothing || slices.Contains(k, s.kind)
}

// join is the shape of "one of these two".
func join(a, b shape) shape {
	// Nothing may turn up wherever a value may, so it takes nothing away from what is known of the other.
	switch {
	case a.kind == nothing:
		return b
	case b.kind == nothing:
		return a
	case a.kind != b.kind:
		return shape{}
	case a.kind == record && !a.sameRecord(b):
		return shape{kind: record}
	case a.kind == list:
		elem := join(a.elements(), b.elements())
		return shape{kind: list, elem: &elem}
	default:
		return a
	}
}

// sameRecord says whether two records are the same one. Their names may agree by chance: a source may declare a customer of its own.
func (s shape) sameRecord(o shape) bool {
	return s.kind == o.kind && reflect.ValueOf(s.members).Pointer() == reflect.ValueOf(o.members).Pointer()
}

// Go types that are values of their own and not records.
var (
	decimalType = reflect.TypeFor[decimal.Decimal]()
	timeType    = reflect.TypeFor[time.Time]()
)

// structShape describes a Go struct by its JSON names, so that what expressions may name never differs from what is stored.
// A value of it is a pointer to the struct. It panics on a field type it does not know: that is a mistake in our own source.
func structShape(name string, t reflect.Type, plain ...string) shape {
	s := shape{kind: record, name: name, members: map[string]member{}}
	for i := range t.NumField() {
		f := t.Field(i)
		key := jsonName(f)
		fieldShape, read := goShape(key, f.Type, plain)
		s.members[key] = member{
			shape: fieldShape,
			plain: slices.Contains(plain, key),
			get: func(_ *run, base any) (any, error) {
				return read(reflect.ValueOf(base).Elem().Field(i))
			},
		}
	}
	return s
}

// jsonName is the name a struct field has in JSON.
func jsonName(f reflect.StructField) string {
	tag := f.Tag.Get("json")
	for i, c := range tag {
		if c == ',' {
			return tag[:i]
		}
	}
	return tag
}

// goShape is the shape of a Go type, and how to read a value of it.
func goShape(key string, t reflect.Type, plain []string) (shape, func(reflect.Value) (any, error)) {
	switch {
	case t == decimalType:
		return shape{kind: number}, func(v reflect.Value) (any, error) { return sane(*v.Addr().Interface().(*decimal.Decimal)) }
	case t == timeType:
		return shape{kind: moment}, func(v reflect.Value) (any, error) { return orNil(*v.Addr().Interface().(*time.Time)), nil }
	case t.Kind() == reflect.String:
		return shape{kind: text}, func(v reflect.Value) (any, error) { return v.String(), nil }
	case t.Kind() == reflect.Bool:
		return shape{kind: boolean}, func(v reflect.Value) (any, error) { return v.Bool(), nil }
	case t.Kind() == reflect.Struct:
		return structShape(key, t, plain...), func(v reflect.Value) (any, error) { return v.Addr().Interface(), nil }
	case t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Struct:
		elem := structShape(key[:len(key)-1], t.Elem(), plain...) // lines → line
		return shape{kind: list, elem: &elem}, func(v reflect.Value) (any, error) { return v.Interface(), nil }
	default:
		panic(fmt.Sprintf("mapping: %s has the type %s, which expressions do not know", key, t))
	}
}

// orNil turns the zero time, which stands for "not said", into nil.
func orNil(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t
}

// dataShape describes what a source declares of its events. Values arrive as JSON and are brought into the declared kind when they are read.
func dataShape(name string, set field.Set) shape {
	s := shape{kind: record, name: name, members: make(map[string]member, len(set))}
	for _, f := range set {
		s.members[f.Key] = member{
			shape: fieldShape(f),
			plain: f.Type == field.Select || f.Type == field.Currency,
			// The source's word for the type is not taken on trust: what came may be anything.
			get: func(r *run, base any) (any, error) {
				v, err := lookUp(base, f.Key)
				if err != nil {
					return nil, err
				}
				return r.become(v, fieldKind(f.Type))
			},
		}
	}
	return s
}

// fieldShape is the shape of a declared field.
func fieldShape(f field.Field) shape {
	switch f.Type {
	case field.List:
		elem := dataShape("row", f.Children)
		return shape{kind: list, elem: &elem}
	case field.Group:
		return dataShape(f.Key, f.Children)
	default:
		return shape{kind: fieldKind(f.Type)}
	}
}

// fieldKind is the kind of a field's value in an expression.
func fieldKind(t field.Type) kind {
	switch t {
	case field.Int, field.Decimal, field.Amount, field.VAT:
		return number
	case field.DateTime:
		return moment
	case field.Bool:
		return boolean
	case field.List:
		return list
	case field.Pairs, field.Group:
		return record
	default: // texts, and dates: YYYY-MM-DD
		return text
	}
}
