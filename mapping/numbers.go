package mapping

import (
	"errors"
	"fmt"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/tengi/tengi/money"
)

// numberFunctions compute with exact decimals. Nothing is rounded unless round, floor, ceil or fixed is written.
var numberFunctions = []function{
	{
		Function: Function{
			// A sheet says 24.900 for a thousand times what a price list means by it. Which one it is cannot be seen from the number, and a wrong guess is an
			// invoice a thousand times too high, so there is no guess.
			Name: "number", Group: groupNumbers, Signature: `number(x, reading = "")`,
			Help: "The number a person or a sheet wrote: blanks, currency signs and thousands separators are left out. Of 1.234 nobody can say " +
				"whether it is one or a thousand: such a text is refused unless reading names the sign before the decimals (\".\" or \",\") or the currency.",
			Example: `number("kr. 1.234,50")`, Result: "1234.5",
		},
		params: []param{anyParam("x"), optional(textParam("reading"))}, result: number, cost: 20, check: checkReading,
		call: func(_ *run, a []any) (any, error) {
			switch x := a[0].(type) {
			case nil, decimal.Decimal:
				return x, nil
			case string:
				return humanNumber(x, optionalText(a))
			default:
				return nil, fmt.Errorf("takes a text, not %s", kindOf(x))
			}
		},
	},
	{
		Function: Function{
			// Halves go away from zero, as people round by hand: 2.5 is 3 and -2.5 is -3.
			Name: "round", Group: groupNumbers, Signature: "round(x, places = 0)",
			Help:    "x rounded to so many decimals, halves away from zero; negative places round to tens and hundreds.",
			Example: `round(sale.total / 3, 2)`, Result: "13266.67",
		},
		params: []param{numberParam("x"), optional(numberParam("places"))}, result: number,
		call: func(_ *run, a []any) (any, error) {
			places, err := decimalPlaces(a)
			return a[0].(decimal.Decimal).Round(places), err
		},
	},
	{
		Function: Function{
			Name: "floor", Group: groupNumbers, Signature: "floor(x)", Help: "The next whole number at or below x.",
			Example: `floor(-2.5)`, Result: "-3",
		},
		params: []param{numberParam("x")}, result: number,
		call: func(_ *run, a []any) (any, error) { return a[0].(decimal.Decimal).Floor(), nil },
	},
	{
		Function: Function{
			Name: "ceil", Group: groupNumbers, Signature: "ceil(x)", Help: "The next whole number at or above x.",
			Example: `ceil(2.1)`, Result: "3",
		},
		params: []param{numberParam("x")}, result: number,
		call: func(_ *run, a []any) (any, error) { return a[0].(decimal.Decimal).Ceil(), nil },
	},
	{
		Function: Function{
			Name: "abs", Group: groupNumbers, Signature: "abs(x)", Help: "x without its sign.",
			Example: `abs(-12.5)`, Result: "12.5",
		},
		params: []param{numberParam("x")}, result: number,
		call: func(_ *run, a []any) (any, error) { return a[0].(decimal.Decimal).Abs(), nil },
	},
	extreme("min", "The least of the numbers, or of a list of numbers.", "min(sale.total, 10000)", "10000", -1),
	extreme("max", "The greatest of the numbers, or of a list of numbers.", "max(map(sale.lines, .total))", "29800", 1),
	{
		Function: Function{
			// The only way to have zeros at the end: a number in a text is written without them.
			Name: "fixed", Group: groupNumbers, Signature: "fixed(x, places)",
			Help:    "x as text, rounded and with exactly so many decimals.",
			Example: `fixed(12.5, 2)`, Result: "12.50",
		},
		params: []param{numberParam("x"), numberParam("places")}, result: text,
		call: func(_ *run, a []any) (any, error) {
			places, err := decimalPlaces(a)
			return a[0].(decimal.Decimal).StringFixed(places), err
		},
	},
}

// extreme is min or max: the number that compares as sign with all others.
func extreme(name, help, example, result string, sign int) function {
	return function{
		Function: Function{Name: name, Group: groupNumbers, Signature: name + "(x, …)", Help: help, Example: example, Result: result},
		params:   []param{{name: "x", kinds: []kind{number, list}, want: "numbers or a list of them"}}, rest: true, result: number,
		call: func(r *run, a []any) (any, error) {
			var best any
			take := func(d decimal.Decimal) error {
				if best == nil || d.Cmp(best.(decimal.Decimal)) == sign {
					best = d
				}
				return nil
			}
			for _, v := range a {
				if d, ok := v.(decimal.Decimal); ok {
					_ = take(d)
				} else if err := r.numbers(v, take); err != nil {
					return nil, err
				}
			}
			// Nothing would be a number of no size at all; whoever asks for the greatest of no numbers has made a mistake.
			if best == nil {
				return nil, errors.New("has nothing to choose from: the list is empty")
			}
			return best, nil
		},
	}
}

// optionalText is the second argument as a text, empty when it was left out.
func optionalText(a []any) string {
	if len(a) > 1 && a[1] != nil {
		return a[1].(string)
	}
	return ""
}

// decimalPlaces is the second argument as a number of decimals, 0 when it was left out.
func decimalPlaces(a []any) (int32, error) {
	if len(a) < 2 || a[1] == nil {
		return 0, nil
	}
	places, err := whole(a[1].(decimal.Decimal))
	if err == nil && (places < -20 || places > 20) {
		err = errors.New("takes between -20 and 20 decimals")
	}
	if err != nil {
		return 0, err
	}
	return int32(places), nil
}

// humanNumber reads a number as a person writes it in any of our languages. An empty text is nothing. The errors of package money may show
// the number, so only their kind is told.
func humanNumber(s, reading string) (any, error) {
	if s = strings.TrimSpace(s); s == "" {
		return nil, nil
	}
	hints, err := readingHints(reading)
	if err != nil {
		return nil, err
	}
	// A per cent sign changes nothing: percentages are plain numbers everywhere in Tengi, 24 for 24 %.
	d, err := money.ParseLocal(strings.TrimSpace(strings.TrimSuffix(s, "%")), hints...)
	switch {
	case err == nil:
		return d, nil
	case errors.Is(err, money.ErrAmbiguous):
		return nil, errAmbiguous
	case errors.Is(err, money.ErrCurrency):
		return nil, errors.New("meets a number in another currency than it is told to read")
	default:
		return nil, errors.New("meets a text that is not a number")
	}
}

// errAmbiguous does not show the two readings, as the error of package money does: faults hold no values.
var errAmbiguous = errors.New(`meets a number that can be read in two ways; say which sign stands before the decimals: number(…, ",") or number(…, ".")`)

// readingHints understands the second argument of number(): a decimal sign or a currency.
func readingHints(reading string) ([]money.Hint, error) {
	switch reading = strings.TrimSpace(reading); reading {
	case "":
		return nil, nil
	case ".", ",":
		return []money.Hint{money.DecimalSign(rune(reading[0]))}, nil
	}
	if _, ok := money.Exponent(strings.ToUpper(reading)); ok {
		return []money.Hint{money.InCurrency(reading)}, nil
	}
	return nil, errors.New(`reads numbers by "." or "," before the decimals, or by a currency such as "ISK"`)
}

// checkReading refuses a reading that is neither when the expression is saved.
func checkReading(param string, v any) error {
	reading, ok := v.(string)
	if !ok || param != "reading" {
		return nil
	}
	_, err := readingHints(reading)
	return err
}
