package form

import (
	"errors"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/field"
	"github.com/tengi/tengi/money"
	"github.com/tengi/tengi/sale"
)

// sells says whether the form is about something to pay.
func sells(settings field.Values) bool {
	return settings.Has("price") || slices.ContainsFunc(settings.List("fields"), func(row field.Values) bool { return row.Text("meaning") == meansAmount })
}

// order is what a visitor ordered. Its faults are the visitor's: an amount with too many decimals, nothing to pay.
func order(in *connector.Inbound, values field.Values, id string) (*sale.Sale, field.Faults) {
	said, keys := meanings(in.Settings, values)
	quantity := decimal.NewFromInt(1)
	if key, ok := keys[meansQuantity]; ok && values.Has(key) {
		quantity = number(values, key)
	}
	price, at := in.Settings.Decimal("price"), keys[meansQuantity]
	if key, ok := keys[meansAmount]; ok && values.Has(key) {
		price, quantity, at = number(values, key), decimal.NewFromInt(1), key // an amount is the whole
	}
	total := price.Mul(quantity)
	if !total.IsPositive() {
		return nil, field.Faults{{Path: at, Code: field.CodeTooSmall}}
	}
	s := sale.Sale{
		Reference: said[meansNumber], Status: sale.Confirmed, CreatedAt: in.ReceivedAt, ServiceDate: said[meansDay], Remarks: said[meansRemarks], Channel: "form",
		Customer: sale.Customer{
			Name: said[meansName], Email: said[meansEmail], Phone: said[meansPhone], Address: said[meansAddress], PostCode: said[meansPostCode],
			City: said[meansCity], Country: country(said[meansCountry]), TaxID: said[meansTaxID], Language: in.Settings.Text("language"),
		},
		Currency: in.Settings.Text("currency"), Total: total, VATIncluded: true,
		Lines: []sale.Line{{Text: text(in.Settings, said[meansText]), Quantity: quantity, UnitPrice: price, Total: total, VATRate: in.Settings.Decimal("vat_rate")}},
	}
	if s.Reference == "" {
		s.Reference = "F-" + strings.ToUpper(id[:8])
	}
	filled, err := s.FillVAT()
	if errors.Is(err, money.ErrUnknown) { // the currency is missing: the seller's fault, which Check says where somebody sees it
		return &s, nil
	}
	if err != nil {
		return nil, field.Faults{{Path: at, Code: field.CodeTooLarge}}
	}
	return &filled, exact(filled, at)
}

// exact refuses an amount that the currency cannot express: half a króna is the visitor's to mend while they are there.
func exact(s sale.Sale, at string) field.Faults {
	if money.New(s.Total, s.Currency).Whole() != nil {
		return field.Faults{{Path: at, Code: codeFraction}}
	}
	return nil
}

// meanings are the texts that stand for something in a sale, and the keys of their fields; of several for the same, the first that is filled in.
func meanings(settings, values field.Values) (said, keys map[string]string) {
	said, keys = map[string]string{}, map[string]string{}
	for _, row := range settings.List("fields") {
		means, key := row.Text("meaning"), row.Text("key")
		if _, known := keys[means]; known && said[means] != "" {
			continue
		}
		keys[means] = key
		said[means] = values.Text(key)
	}
	return said, keys
}

// number is a quantity or an amount, of whatever kind its field is; a text that is none counts as nothing.
func number(values field.Values, key string) decimal.Decimal {
	switch x := values[key].(type) {
	case decimal.Decimal:
		return x
	case int64:
		return decimal.NewFromInt(x)
	case string:
		d, err := money.ParseDecimal(strings.TrimSpace(x))
		if err != nil || money.Bounded(d) != nil {
			return decimal.Decimal{}
		}
		return d
	default:
		return decimal.Decimal{}
	}
}

// country keeps what is a code of two letters; a visitor may write anything.
func country(text string) string {
	if len(text) == 2 {
		return strings.ToUpper(text)
	}
	return ""
}

// text says what is sold.
func text(settings field.Values, said string) string {
	for _, text := range []string{said, settings.Text("line_text")} {
		if text != "" {
			return text
		}
	}
	return settings.Text("title")
}
