package payday

import (
	"fmt"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/field"
	"github.com/tengi/tengi/money"
)

// maxUnitDecimals is how many decimals a unit price may have (observed in practice).
const maxUnitDecimals = 4

// lineBody is a line as Payday takes one (https://apidoc.payday.is, "Create invoice"). Only one of the two prices is ever given: with both,
// the one without VAT wins and the invoice comes out too high. A discount is in the price: two decimals of a percentage cannot hit every sum.
type lineBody struct {
	Position    int     `json:"position"`
	Description string  `json:"description"`
	Quantity    number  `json:"quantity"`
	WithVAT     *number `json:"unitPriceIncludingVat,omitempty"`
	WithoutVAT  *number `json:"unitPriceExcludingVat,omitempty"`
	VAT         number  `json:"vatPercentage"`
	Discount    number  `json:"discountPercentage"`
}

// bill is what is to be paid: the lines as they will be sent and what Payday will make of them.
type bill struct {
	lines []lineBody
	total money.Amount // VAT included
}

// total is what an invoice of these values will come to.
func total(v field.Values) (money.Amount, error) {
	b, err := readBill(v)
	return b.total, err
}

// readBill makes the lines. It refuses what Payday would round: lines must come to whole units of the currency, and where prices are without
// VAT, rounding each line and rounding the sum must give the same, since which of the two Payday does is not known.
func readBill(v field.Values) (bill, error) {
	currency := v.Text("currency")
	exponent, known := money.Exponent(currency)
	if !known {
		return bill{}, connector.Refusal(codeCurrency, "currency", fmt.Sprintf("%q is not a currency that Tengi knows", currency))
	}
	withVAT := v.Bool("prices_include_vat")
	var b bill
	var sum, sumOfRounded decimal.Decimal
	for i, row := range v.List("lines") {
		path := fmt.Sprintf("lines[%d]", i)
		line, price, err := readLine(row, path, withVAT)
		if err != nil {
			return bill{}, err
		}
		gross := price
		if !withVAT {
			gross = price.Add(price.Mul(line.VAT.Shift(-2)))
		} else if err := money.New(price, currency).Whole(); err != nil {
			return bill{}, connector.Refusal(codeFraction, path+".total",
				fmt.Sprintf("the line comes to %s %s, which cannot be paid: %s has %d decimals", price, currency, currency, exponent))
		}
		line.Position = i + 1
		b.lines = append(b.lines, line)
		sum, sumOfRounded = sum.Add(gross), sumOfRounded.Add(gross.Round(exponent))
	}
	if len(b.lines) == 0 {
		return bill{}, connector.Refusal("required", "lines", "an invoice needs at least one line")
	}
	if sum = sum.Round(exponent); !sum.Equal(sumOfRounded) {
		return bill{}, connector.Refusal(codeRounding, "prices_include_vat", fmt.Sprintf(
			"with VAT added and rounded on each line the lines come to %s %s, rounded once to %s: map line totals with VAT and set “prices include VAT”",
			sumOfRounded, currency, sum))
	}
	b.total = money.New(sum, currency)
	return b, nil
}

// readLine makes one line and says what it comes to, with or without VAT as the prices are.
func readLine(row field.Values, path string, withVAT bool) (lineBody, decimal.Decimal, error) {
	line := lineBody{Description: strings.TrimSpace(row.Text("description")), VAT: exactly(row.Decimal("vat_rate")), Discount: exactly(decimal.Zero)}
	quantity := decimal.NewFromInt(1)
	if row.Has("quantity") {
		quantity = row.Decimal("quantity")
	}
	price := row.Decimal("total")
	if row.Has("unit_price") {
		product := quantity.Mul(row.Decimal("unit_price"))
		if row.Has("total") && !product.Equal(price) {
			return line, price, connector.Refusal(codePrice, path+".unit_price",
				fmt.Sprintf("quantity times unit price is %s, the line total is %s: give only one of them", product, price))
		}
		price = product
	} else if !row.Has("total") {
		return line, price, connector.Refusal(codePrice, path+".total", "the line has neither a total nor a unit price")
	}
	if -price.Exponent() > maxUnitDecimals && !price.Equal(price.Round(maxUnitDecimals)) {
		return line, price, connector.Refusal(codeFraction, path+".total", fmt.Sprintf("the line comes to %s, more than %d decimals", price, maxUnitDecimals))
	}
	pieces, unit, exact := divide(price, quantity)
	if !exact {
		line.Description = quantity.String() + " × " + line.Description
	}
	line.Description = cut(line.Description, maxDescription)
	line.Quantity = exactly(pieces)
	if given := exactly(unit); withVAT {
		line.WithVAT = &given
	} else {
		line.WithoutVAT = &given
	}
	return line, price, nil
}

// divide finds a quantity and a unit price whose product is exactly the price. The quantity is whole and above zero, as an amount taken back has
// a negative price instead. Where there is no such unit price the line is one piece.
func divide(price, quantity decimal.Decimal) (pieces, unit decimal.Decimal, exact bool) {
	if quantity.IsNegative() {
		quantity = quantity.Neg() // the sign is in the price
	}
	if quantity.IsPositive() && quantity.IsInteger() {
		unit = price.DivRound(quantity, maxUnitDecimals)
		if unit.Mul(quantity).Equal(price) {
			return quantity, unit, true
		}
	}
	return decimal.NewFromInt(1), price, false
}

// cut shortens a text to so many characters and shows that there was more.
func cut(text string, limit int) string {
	if runes := []rune(text); len(runes) > limit {
		return string(runes[:limit-1]) + "…"
	}
	return text
}
