package caspit

import (
	"fmt"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/field"
	"github.com/tengi/tengi/money"
)

const (
	// maxName is how long the text of a line may be (observed).
	maxName = 200
	// netDecimals is how many decimals of a price Caspit keeps (the samples of https://app.caspit.biz/ApiHelp).
	netDecimals = 4
	// agorot is how many decimals a total has.
	agorot = 2
)

// soldLine is a line as it was sold, VAT included.
type soldLine struct {
	text     string
	quantity decimal.Decimal
	gross    decimal.Decimal
	rate     decimal.Decimal // 0 when the source does not say
	code     string
	path     string
}

// bill is what was sold and what it comes to, VAT included.
type bill struct {
	lines []soldLine
	total money.Amount
}

// total is what a document of these values will come to.
func total(v field.Values) (money.Amount, error) {
	b, err := readBill(v)
	return b.total, err
}

// readBill reads the lines. Amounts that cannot be paid are refused, never rounded.
func readBill(v field.Values) (bill, error) {
	currency := v.Text("currency")
	var b bill
	var sum decimal.Decimal
	for i, r := range v.List("lines") {
		line := soldLine{
			text: strings.TrimSpace(r.Text("description")), quantity: decimal.NewFromInt(1), gross: r.Decimal("total"),
			rate: r.Decimal("vat_rate"), code: r.Text("vat_code"), path: fmt.Sprintf("lines[%d]", i),
		}
		if r.Has("quantity") {
			line.quantity = r.Decimal("quantity").Abs() // a sign belongs to the amount
		}
		if err := money.New(line.gross, currency).Whole(); err != nil {
			return bill{}, connector.Refusal(codeFraction, line.path+".total", fmt.Sprintf("the line cannot be paid: %v", err))
		}
		sum = sum.Add(line.gross)
		b.lines = append(b.lines, line)
	}
	if len(b.lines) == 0 {
		return bill{}, connector.Refusal("required", "lines", "the document needs at least one line")
	}
	if sum.IsNegative() {
		return bill{}, connector.Refusal("negative", "lines", fmt.Sprintf("the lines come to %s: money given back is a credit, with amounts above zero", money.New(sum, currency)))
	}
	b.total = money.New(sum, currency)
	return b, nil
}

// taxed says whether a line carries VAT. A rate of 0 without a code means that the source does not say, as a payment does not.
func (l soldLine) taxed(v field.Values) bool {
	switch l.code {
	case "zero", "exempt", "outside":
		return false
	}
	switch v.Text("vat") {
	case vatNone:
		return false
	case vatDomestic:
		return !abroad(v)
	}
	return true
}

// abroad says whether the customer is known to be outside of Israel.
func abroad(v field.Values) bool {
	switch country := strings.ToLower(strings.TrimSpace(v.Text("customer_country"))); country {
	case "", "il", "israel", "ישראל":
		return false
	}
	return true
}

// checkRate refuses a line whose own rate is not Caspit's: the sale would come out at another VAT than it was sold with.
func (l soldLine) checkRate(rate decimal.Decimal) error {
	if l.rate.IsZero() || l.rate.Equal(rate) {
		return nil
	}
	return connector.Refusal(codeVATRate, l.path+".vat_rate",
		fmt.Sprintf("the line was sold with %s %% VAT, Caspit has %s %% for this date: correct the rate or the date", l.rate, rate))
}

// price turns lines sold with VAT into lines priced without, so that Caspit comes to the same total. Where Caspit rounds is not documented: the
// quantities stay as they are when the total is right whether each line is rounded or none. Otherwise every line is one piece, and all
// but the last with VAT are whole agorot, so that there is only one place left where anything is rounded.
func (b bill) price(rate decimal.Decimal, taxed []bool) []lineBody {
	factor := rate.Shift(-2).Add(decimal.NewFromInt(1))
	natural := make([]lineBody, len(b.lines))
	for i, l := range b.lines {
		unit := l.gross
		if taxed[i] {
			unit = unit.DivRound(factor, 4*netDecimals)
		}
		quantity := l.quantity
		if !quantity.IsPositive() {
			quantity = decimal.NewFromInt(1)
		}
		natural[i] = lineBody{Number: i + 1, Name: words(cut(l.text, maxName)), Quantity: exactly(quantity), UnitPrice: exactly(unit.DivRound(quantity, netDecimals)), ChargeVAT: taxed[i]}
	}
	if comesTo(natural, rate, false).Equal(b.total.Value) && comesTo(natural, rate, true).Equal(b.total.Value) {
		return natural
	}
	return b.pieces(natural, factor)
}

// pieces makes every line one piece. A quantity that was there stands in the text.
func (b bill) pieces(natural []lineBody, factor decimal.Decimal) []lineBody {
	last, gross := -1, decimal.Decimal{}
	for i := range natural {
		if natural[i].ChargeVAT {
			last, gross = i, gross.Add(b.lines[i].gross)
		}
	}
	left := gross.DivRound(factor, netDecimals)
	for i, l := range b.lines {
		price := l.gross
		switch {
		case i == last:
			price = left
		case natural[i].ChargeVAT:
			price = price.DivRound(factor, agorot)
			left = left.Sub(price)
		}
		if one := decimal.NewFromInt(1); !natural[i].Quantity.Equal(one) {
			natural[i].Name, natural[i].Quantity = words(cut(l.quantity.String()+" × "+l.text, maxName)), exactly(one)
		}
		natural[i].UnitPrice = exactly(price)
	}
	return natural
}

// comesTo is the total of lines with their VAT, with each line rounded or only the end.
func comesTo(lines []lineBody, rate decimal.Decimal, roundLines bool) decimal.Decimal {
	var sum, base decimal.Decimal
	for _, l := range lines {
		extended := l.UnitPrice.Mul(l.Quantity.Decimal)
		if roundLines {
			extended = extended.Round(agorot)
		}
		sum = sum.Add(extended)
		if l.ChargeVAT {
			base = base.Add(extended)
		}
	}
	return sum.Add(base.Mul(rate.Shift(-2))).Round(agorot)
}
