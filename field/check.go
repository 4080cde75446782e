package field

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"

	"github.com/tengi/tengi/money"
)

var keyForm = regexp.MustCompile(`\A[a-z][a-z0-9]*(?:_[a-z0-9]+)*\z`)

// maxKey is the longest key, in bytes: keys become parts of addresses, columns and names of translations.
const maxKey = 64

// types are all the types there are.
var types = []Type{Text, LongText, Int, Decimal, Amount, Currency, VAT, Date, DateTime, Email, Phone, URL, Bool, Select, List, Pairs, Group}

// Check says whether a declared set is well formed: keys in snake_case and unique, known types, children only where the type has them, options
// only on a Select, patterns that compile, bounds that are bounds, conditions that can come true, defaults and examples that are values of
// their field. The error lists everything that is not, each with its path. It is for the tests of whoever declares a set.
func (s Set) Check() error { return errors.Join(s.check("")...) }

func (s Set) check(path string) []error {
	var all []error
	seen := map[string]bool{}
	for _, f := range s {
		at := path + f.Key
		wrong := func(format string, args ...any) {
			all = append(all, fmt.Errorf("field %s: "+format, append([]any{at}, args...)...))
		}
		if !keyForm.MatchString(f.Key) || len(f.Key) > maxKey {
			wrong("key must be snake_case of at most %d characters", maxKey)
		}
		if seen[f.Key] {
			wrong("key stands twice")
		}
		seen[f.Key] = true
		if !slices.Contains(types, f.Type) {
			wrong("unknown type %q", f.Type)
			continue
		}
		f.checkShape(wrong)
		f.checkBounds(wrong)
		f.checkValues(wrong)
		s.checkCondition(f, wrong)
		all = append(all, f.Children.check(at+".")...)
	}
	return all
}

// checkShape checks what only some types may have.
func (f *Field) checkShape(wrong func(string, ...any)) {
	if nested := f.Type == List || f.Type == Group; nested != (len(f.Children) > 0) {
		wrong("a list and a group have children, and no other type does")
	}
	if (f.Type == Select) != (len(f.Options) > 0) {
		wrong("a select has options, and no other type does")
	}
	seen := map[string]bool{}
	for _, option := range f.Options {
		if text, bad := oneLine(option.Value, MaxText); bad != nil || text == "" || text != option.Value {
			wrong("option %q is not one line of text", option.Value)
		}
		if seen[option.Value] {
			wrong("option %q stands twice", option.Value)
		}
		seen[option.Value] = true
	}
	if f.Template && (f.Type != Text && f.Type != LongText || f.Secret) {
		wrong("only a text that is no secret can be a template")
	}
	if f.Pattern == "" {
		return
	}
	if !slices.Contains([]Type{Text, LongText, Email, Phone, URL}, f.Type) {
		wrong("a %s has no pattern", f.Type)
	}
	// By itself: "a)(b" would be well formed inside the brackets that pattern puts around it.
	if _, err := regexp.Compile(f.Pattern); err != nil {
		wrong("pattern: %w", err)
	}
}

// checkBounds checks that the bounds are of the kind that the type has, and in order.
func (f *Field) checkBounds(wrong func(string, ...any)) {
	if f.Min == "" && f.Max == "" {
		return
	}
	switch f.Type {
	case Int, Decimal, Amount, VAT:
		lowest, errMin := money.ParseDecimal(or(f.Min, "0"))
		highest, errMax := money.ParseDecimal(or(f.Max, "0"))
		if errMin != nil || errMax != nil {
			wrong("bounds must be numbers")
		} else if f.Min != "" && f.Max != "" && lowest.GreaterThan(highest) {
			wrong("min is above max")
		}
	case Date:
		for _, bound := range []string{f.Min, f.Max} {
			if _, bad := dateOf(bound); bound != "" && bad != nil {
				wrong("bounds must be dates")
			}
		}
		if f.Min != "" && f.Max != "" && f.Min > f.Max {
			wrong("min is after max")
		}
	case Text, LongText, Email, Phone, URL, List, Pairs:
		for _, bound := range []string{f.Min, f.Max} {
			if n, err := strconv.Atoi(bound); bound != "" && (err != nil || n < 0) {
				wrong("bounds must be whole numbers, not negative")
			}
		}
		if least, most := f.limits(MaxText); least > most {
			wrong("min is above max")
		}
	default:
		wrong("a %s has no bounds", f.Type)
	}
}

// checkValues checks the default and the example by parsing them as if somebody had given them.
func (f *Field) checkValues(wrong func(string, ...any)) {
	if f.Secret && f.literal() {
		wrong("a secret has no default that everybody can read")
	}
	bare := *f
	bare.Required = false
	if f.literal() {
		var p parser
		if _, ok := p.field(&bare, f.Default, "default"); !ok {
			wrong("%w", errors.Join(p.faults.Err(), errors.New("its default is not a value of it")))
		}
	}
	if f.Example == "" || f.Type == List || f.Type == Group || f.Type == Pairs {
		return
	}
	var p parser
	if _, ok := p.field(&bare, f.Example, "example"); !ok {
		wrong("%w", errors.Join(p.faults.Err(), errors.New("its example is not a value of it")))
	}
}

// checkCondition checks that the field depends on another one of the set, on values that one can have, and not on itself in a circle.
func (s Set) checkCondition(f Field, wrong func(string, ...any)) {
	if f.DependsOn == nil {
		return
	}
	on, ok := s.field(f.DependsOn.Key)
	if !ok || on.Key == f.Key {
		wrong("depends on %q, which is not another field of the set", f.DependsOn.Key)
		return
	}
	if len(f.DependsOn.Values) == 0 {
		wrong("depends on no value of %s", on.Key)
	}
	for _, text := range f.DependsOn.Values {
		value, bad := scalar(on, text)
		if bad == nil && conditionText(value) != text {
			bad = &problem{message: "is written " + conditionText(value)}
		}
		if bad != nil {
			wrong("depends on %s being %q, which it cannot be: it %s", on.Key, text, bad.message)
		}
	}
	for step := 0; on.DependsOn != nil; step++ {
		next, ok := s.field(on.DependsOn.Key)
		if !ok {
			return // said of that field
		}
		if step > len(s) {
			wrong("depends on itself by way of %s", f.DependsOn.Key)
			return
		}
		on = next
	}
}
