package field

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/shopspring/decimal"

	"github.com/tengi/tengi/money"
)

// maxNumber is the longest JSON number that is read, in bytes.
const maxNumber = 64

// numberOf reads a number that is not a text. It never rounds.
func numberOf(x any) (decimal.Decimal, *problem) {
	var text string
	switch x := x.(type) {
	case int64:
		return decimal.NewFromInt(x), nil
	case uint64:
		return decimal.NewFromUint64(x), nil
	case decimal.Decimal:
		return settle(x)
	case json.Number:
		text = string(x)
	case float64:
		var ok bool
		if text, ok = exact(x); !ok {
			return decimal.Decimal{}, &problem{code: CodeType, message: "has too many digits to come as a JSON number; write it as text, in quotes"}
		}
	default:
		return decimal.Decimal{}, notNumber()
	}
	if len(text) > maxNumber {
		return decimal.Decimal{}, notNumber()
	}
	d, err := decimal.NewFromString(text)
	if err != nil {
		return decimal.Decimal{}, notNumber()
	}
	return settle(d)
}

func notNumber() *problem { return &problem{code: CodeType, message: "must be a number"} }

// settle refuses numbers beyond all measure, and writes out those like 25e3, so that a number has one form: digits and decimals.
func settle(d decimal.Decimal) (decimal.Decimal, *problem) {
	if money.Bounded(d) == nil && d.Exponent() > 0 {
		d = decimal.NewFromBigInt(d.BigInt(), 0)
	}
	if money.Bounded(d) != nil {
		return decimal.Decimal{}, &problem{code: CodeType, message: "has too many digits"}
	}
	return d, nil
}

// intOf reads a whole number.
func intOf(x any) (any, *problem) {
	var d decimal.Decimal
	if text, ok := x.(string); ok {
		var err error
		if d, err = money.ParseDecimal(strings.TrimSpace(text)); err != nil {
			return nil, notWhole()
		}
	} else {
		var wrong *problem
		if d, wrong = numberOf(x); wrong != nil {
			return nil, wrong
		}
	}
	if !d.IsInteger() || !d.BigInt().IsInt64() {
		return nil, notWhole()
	}
	return d.IntPart(), nil
}

func notWhole() *problem { return &problem{code: CodeType, message: "must be a whole number"} }

// decimalOf reads a number of one of the decimal types.
func decimalOf(t Type, x any) (any, *problem) {
	text, ok := x.(string)
	if !ok {
		d, wrong := numberOf(x)
		if wrong != nil {
			return nil, wrong
		}
		return d, nil
	}
	text = strings.TrimSpace(text)
	if t == VAT {
		text = strings.TrimSpace(strings.TrimSuffix(text, "%"))
	}
	d, err := decimalText(t, text)
	ambiguous, twice := errors.AsType[*money.Ambiguous](err)
	switch {
	case twice:
		return nil, &problem{code: CodeAmbiguous, message: err.Error(), readings: [2]string{ambiguous.Whole, ambiguous.Decimal}, reveals: true}
	case err != nil && t == Amount:
		return nil, &problem{code: CodeType, message: "must be an amount such as 1234.50"}
	case err != nil:
		return nil, &problem{code: CodeType, message: "must be a number such as 12.5"}
	}
	return d, nil
}

// decimalText reads the form of machines first and then those of people. An Amount is read in the form of machines only when people could
// not mean another number by it: a factor of a thousand must not hang on who wrote "24.900".
func decimalText(t Type, text string) (decimal.Decimal, error) {
	machine, err := money.ParseDecimal(text)
	if err == nil && t != Amount {
		return machine, nil
	}
	if t != Amount && strings.ContainsFunc(text, currencySign) {
		return decimal.Decimal{}, money.ErrFormat // "5 kr." is no quantity
	}
	local, localErr := money.ParseLocal(text)
	if err == nil && !errors.Is(localErr, money.ErrAmbiguous) {
		return machine, nil
	}
	return local, localErr
}

func currencySign(r rune) bool { return unicode.IsLetter(r) || unicode.Is(unicode.Sc, r) }

// bounds holds a value against Min and Max.
func (f *Field) bounds(value any) *problem {
	switch v := value.(type) {
	case int64:
		return f.within(decimal.NewFromInt(v))
	case decimal.Decimal:
		return f.within(v)
	case string:
		switch f.Type {
		case Date:
			return f.days(v)
		case Text, LongText, Email, Phone, URL:
			return f.length(utf8.RuneCountInString(v))
		}
	}
	return nil
}

// within holds a number against the bounds. A bound that is no number is a fault of the declaration, which Check reports.
func (f *Field) within(d decimal.Decimal) *problem {
	lowest, highest := f.Min, f.Max
	if f.Type == VAT {
		lowest, highest = or(lowest, "0"), or(highest, "100")
	}
	if lowest != "" {
		if bound, err := money.ParseDecimal(lowest); err == nil && d.LessThan(bound) {
			return &problem{code: CodeTooSmall, message: "must be at least " + lowest}
		}
	}
	if highest != "" {
		if bound, err := money.ParseDecimal(highest); err == nil && d.GreaterThan(bound) {
			return &problem{code: CodeTooLarge, message: "must be at most " + highest}
		}
	}
	return nil
}

// days holds a date against the bounds. Dates in this form sort as texts.
func (f *Field) days(day string) *problem {
	if f.Min != "" && day < f.Min {
		return &problem{code: CodeTooSmall, message: "must not be before " + f.Min}
	}
	if f.Max != "" && day > f.Max {
		return &problem{code: CodeTooLarge, message: "must not be after " + f.Max}
	}
	return nil
}

// length holds the length of a text against the bounds.
func (f *Field) length(n int) *problem {
	if least, _ := f.limits(0); n < least {
		return &problem{code: CodeTooSmall, message: "must have at least " + strconv.Itoa(least) + " characters"}
	}
	if _, most := f.limits(MaxText); n > most {
		return &problem{code: CodeTooLong, message: "must have at most " + strconv.Itoa(most) + " characters"}
	}
	return nil
}

// count holds the number of rows or entries against the bounds.
func (f *Field) count(n int, of string) *problem {
	least, most := f.limits(MaxRows)
	if n < least {
		return &problem{code: CodeTooSmall, message: "must have at least " + strconv.Itoa(least) + " " + of}
	}
	if n > most {
		return &problem{code: CodeTooLarge, message: "must have at most " + strconv.Itoa(most) + " " + of}
	}
	return nil
}

// limits is Min and Max as counts; a Max that is not given is most.
func (f *Field) limits(most int) (int, int) {
	least := 0
	if f.Min != "" { // as most have none, and even the error of an empty one is made anew each time
		least, _ = strconv.Atoi(f.Min)
	}
	if f.Max != "" {
		if n, err := strconv.Atoi(f.Max); err == nil {
			most = n
		}
	}
	return least, most
}

func or(text, other string) string {
	if text == "" {
		return other
	}
	return text
}
