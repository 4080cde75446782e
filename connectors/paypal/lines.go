package paypal

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/tengi/tengi/sale"
)

// item is one position of a cart as an IPN writes it.
type item struct {
	text, sku                      string
	quantity                       decimal.Decimal
	gross, shipping, handling, tax decimal.Decimal
}

// sums are the amounts that a message states for the whole payment.
type sums struct {
	gross, shipping, handling, tax, insurance, discount decimal.Decimal
}

// soldLines makes lines of a message's items, which come to its mc_gross exactly. Everything in them is as the buyer paid it: tax is never added
// on top. added is false when the items do not add up and one line stands for all.
func (m *message) soldLines(w words, currency string) (lines []sale.Line, added bool, err error) {
	s, err := m.sums()
	if err != nil {
		return nil, false, err
	}
	items, err := m.items(w)
	if err != nil {
		return nil, false, err
	}
	if len(items) == 0 {
		lines = m.single(s, w, currency)
	} else {
		lines = cart(items, s, w, currency)
	}
	if lines != nil {
		return lines, true, nil
	}
	return only(m.title(w), s.gross), false, nil
}

// title names what was bought in one text.
func (m *message) title(w words) string {
	var names []string
	for _, n := range m.numbers() {
		if name := m.get("item_name" + n); name != "" {
			names = append(names, name)
		}
	}
	if len(names) > 0 {
		return strings.Join(names, ", ")
	}
	if name := m.first("item_name", "product_name", "item_number", "transaction_subject"); name != "" {
		return name
	}
	return w.payment
}

// sums reads the amounts of the whole. A single item calls shipping and handling otherwise than a cart
// (https://developer.paypal.com/api/nvp-soap/ipn/IPNandPDTVariables/).
func (m *message) sums() (s sums, err error) {
	read := func(names ...string) decimal.Decimal {
		for _, name := range names {
			value, fault := amount(m.get(name))
			if fault != nil && err == nil {
				err = errors.New(name)
			}
			if !value.IsZero() {
				return value
			}
		}
		return decimal.Decimal{}
	}
	s = sums{gross: read("mc_gross"), shipping: read("mc_shipping", "shipping"), handling: read("mc_handling", "handling_amount"), tax: read("tax"),
		insurance: read("insurance_amount"), discount: read("discount").Add(read("shipping_discount"))}
	return s, err
}

// numbers are the numbers of the items in a cart, in order. num_cart_items is not to be relied on: it is missing in messages of refunds, whose
// numbers need not begin at 1 either (observed in practice).
func (m *message) numbers() []string {
	var found []int
	for name := range m.fields {
		for _, stem := range []string{"item_name", "mc_gross_", "mc_gross"} {
			digits, ok := strings.CutPrefix(name, stem)
			if n, err := strconv.Atoi(digits); ok && err == nil && n > 0 && n <= sale.MaxLines && strconv.Itoa(n) == digits {
				found = append(found, n)
			}
		}
	}
	slices.Sort(found)
	var numbers []string
	for _, n := range slices.Compact(found) {
		numbers = append(numbers, strconv.Itoa(n))
	}
	return numbers
}

// items are the positions of a cart; none for a message of a single item.
func (m *message) items(w words) (items []item, err error) {
	for _, n := range m.numbers() {
		it := item{text: m.get("item_name" + n), sku: m.get("item_number" + n), quantity: one}
		read := func(into *decimal.Decimal, names ...string) {
			for _, name := range names {
				if m.get(name) == "" {
					continue
				}
				value, fault := amount(m.get(name))
				if fault != nil && err == nil {
					err = errors.New(name)
				}
				*into = value
				return
			}
		}
		read(&it.quantity, "quantity"+n)
		read(&it.gross, "mc_gross_"+n, "mc_gross"+n) // without the underscore from PayPal's simulator
		read(&it.shipping, "mc_shipping"+n)
		read(&it.handling, "mc_handling"+n)
		read(&it.tax, "tax"+n)
		if it.text == "" {
			it.text = it.sku
		}
		if it.text == "" {
			it.text = w.payment
		}
		it.text += m.choices("_" + n)
		items = append(items, it)
	}
	return items, err
}

// choices are the variants a buyer chose: " (Size: L, Colour: red)".
func (m *message) choices(suffix string) string {
	var chosen []string
	for n := range 10 {
		name, value := m.get("option_name"+strconv.Itoa(n+1)+suffix), m.get("option_selection"+strconv.Itoa(n+1)+suffix)
		switch {
		case value == "":
		case name == "":
			chosen = append(chosen, value)
		default:
			chosen = append(chosen, name+": "+value)
		}
	}
	if len(chosen) == 0 {
		return ""
	}
	return " (" + strings.Join(chosen, ", ") + ")"
}

// single is the line of an item bought alone, with shipping and handling beside it.
func (m *message) single(s sums, w words, currency string) []sale.Line {
	rest := s.gross.Sub(s.shipping).Sub(s.handling).Sub(s.insurance)
	if !rest.IsPositive() {
		return only(m.title(w), s.gross)
	}
	quantity, err := amount(m.get("quantity"))
	if err != nil {
		quantity = one
	}
	lines := []sale.Line{pieces(m.title(w)+m.choices(""), m.get("item_number"), quantity, rest, currency)}
	return extras(lines, extra{w.shipping, s.shipping}, extra{w.handling, s.handling}, extra{w.insurance, s.insurance})
}

// extra is an amount beside the items.
type extra struct {
	text  string
	total decimal.Decimal
}

func extras(lines []sale.Line, more ...extra) []sale.Line {
	for _, e := range more {
		if !e.total.IsZero() {
			lines = append(lines, line(e.text, e.total))
		}
	}
	return lines
}

// cart makes lines of a cart's items, or nil when they do not come to the payment in any way that PayPal has been seen to write it. What the items'
// amounts contain differs: PayPal's documentation has them add up to mc_gross, with their shipping inside; other messages have shipping or tax beside
// them. The first reading that is exact to the last unit is taken.
func cart(items []item, s sums, w words, currency string) []sale.Line {
	if inside := inclusive(items, w, currency); adds(inside, s.gross) {
		return inside
	}
	var itemTax decimal.Decimal
	for _, it := range items {
		itemTax = itemTax.Add(it.tax)
	}
	own := itemTax.Equal(s.tax) // each item's tax is known, and goes with it
	for _, with := range [...]struct{ tax, shipping bool }{{true, true}, {false, true}, {true, false}, {false, false}} {
		var lines []sale.Line
		tax := s.tax
		for _, it := range items {
			total := it.gross
			if with.tax && own {
				total = total.Add(it.tax)
			}
			lines = append(lines, pieces(it.text, it.sku, it.quantity, total, currency))
		}
		if !with.tax || own {
			tax = decimal.Decimal{}
		}
		shipping := s.shipping
		if !with.shipping {
			shipping = decimal.Decimal{}
		}
		lines = extras(lines, extra{w.shipping, shipping}, extra{w.handling, s.handling}, extra{w.insurance, s.insurance}, extra{w.tax, tax}, extra{w.discount, s.discount.Neg()})
		if adds(lines, s.gross) {
			return lines
		}
	}
	return nil
}

// inclusive reads the items' amounts as holding their shipping and handling, which become lines of their own.
func inclusive(items []item, w words, currency string) []sale.Line {
	var lines []sale.Line
	var shipping, handling decimal.Decimal
	for _, it := range items {
		total := it.gross
		if rest := total.Sub(it.shipping).Sub(it.handling); !rest.IsNegative() {
			total, shipping, handling = rest, shipping.Add(it.shipping), handling.Add(it.handling)
		}
		lines = append(lines, pieces(it.text, it.sku, it.quantity, total, currency))
	}
	return extras(lines, extra{w.shipping, shipping}, extra{w.handling, handling})
}
