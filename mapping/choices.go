package mapping

import "errors"

// choiceFunctions choose between values. None of them computes, so they take values of any kind and give them back as they are.
var choiceFunctions = []function{
	{
		Function: Function{
			// An empty text counts as missing: sources send "" for what nobody typed.
			Name: "default", Group: groupLists, Signature: "default(x, y)",
			Help:    "x, or y when x is missing or an empty text; also x ?? y.",
			Example: `default(sale.customer.phone, "no phone")`, Result: "no phone",
		},
		params: []param{anyParam("x"), anyParam("y")},
		infer:  func(s []shape) shape { return join(s[0], s[1]) },
		call: func(_ *run, a []any) (any, error) {
			if isEmpty(a[0]) {
				return a[1], nil
			}
			return a[0], nil
		},
	},
	{
		Function: Function{
			// For the words of one service in the words of another: methods of payment, codes of products.
			Name: "lookup", Group: groupLists, Signature: "lookup(key, pairs, default?)",
			Help:    "What stands beside the key in a list of pairs; the default, or nothing, when the key is not there.",
			Example: `lookup(sale.payments[0].method, {"WEB_PAYMENT": "Card", "CASH": "Cash"}, "Other")`, Result: "Card",
		},
		params: []param{textParam("key"), {name: "pairs", kinds: []kind{record}}, optional(anyParam("default"))},
		call:   lookupIn,
	},
	{
		Function: Function{
			// Characters as people count them, not bytes: limits of services are given so.
			Name: "len", Group: groupLists, Signature: "len(x)",
			Help:    "How many characters a text or how many rows a list has; 0 for nothing.",
			Example: `len(sale.lines)`, Result: "2",
		},
		params: []param{{name: "x", kinds: []kind{text, list, nothing}, want: "a text or a list"}}, result: number,
		call: func(r *run, a []any) (any, error) {
			switch x := a[0].(type) {
			case nil:
				return count(0), nil
			case string:
				return count(characters(x)), r.read(x)
			}
			n, err := length(a[0])
			return count(n), err
		},
	},
}

// lookupIn is lookup(key, pairs, default).
func lookupIn(_ *run, a []any) (any, error) {
	// A key that is there with nothing beside it is as good as one that is not: both take the default.
	var v any
	switch pairs := a[1].(type) {
	case map[string]any:
		v = pairs[a[0].(string)]
	case map[string]string:
		if s, ok := pairs[a[0].(string)]; ok {
			return s, nil
		}
	default:
		return nil, errors.New("needs pairs of names and values: {\"a\": \"b\"}")
	}
	if v == nil && len(a) > 2 {
		return a[2], nil
	}
	return known(v)
}
