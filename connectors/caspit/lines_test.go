package caspit

import (
	"fmt"
	"testing"

	"github.com/shopspring/decimal"

	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/field"
	"github.com/tengi/tengi/money"
)

func priced(t testing.TB, rate string, taxed []bool, lines ...soldLine) (bill, []lineBody) {
	t.Helper()
	b := bill{lines: lines}
	var sum decimal.Decimal
	for _, l := range lines {
		sum = sum.Add(l.gross)
	}
	b.total = money.New(sum, shekel)
	if taxed == nil {
		taxed = make([]bool, len(lines))
		for i := range taxed {
			taxed[i] = true
		}
	}
	return b, b.price(dec(t, rate), taxed)
}

func sold(t testing.TB, text, quantity, gross string) soldLine {
	t.Helper()
	return soldLine{text: text, quantity: dec(t, quantity), gross: dec(t, gross)}
}

func TestPrice(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		lines []soldLine
		taxed []bool
		want  string
	}{
		{"one", []soldLine{sold(t, "סדנה", "1", "180.00")}, nil, "1x152.5424 סדנה;"},
		{"three", []soldLine{sold(t, "סדנה", "3", "180.00")}, nil, "3x50.8475 סדנה;"},
		{"an agora", []soldLine{sold(t, "סדנה", "1", "0.01")}, nil, "1x0.0085 סדנה;"},
		{"without VAT", []soldLine{sold(t, "סדנה", "2", "180.00")}, []bool{false}, "2x90 סדנה;"},
		{"does not divide", []soldLine{sold(t, "כרטיס", "300", "1000.00")}, []bool{false}, "1x1000 300 × כרטיס;"},
		{"both", []soldLine{sold(t, "סדנה", "1", "118.00"), sold(t, "תרומה", "1", "50.00")}, []bool{true, false}, "1x100 סדנה;1x50 תרומה;"},
		{"no quantity", []soldLine{sold(t, "סדנה", "0", "118.00")}, nil, "1x100 סדנה;"},
		{"a discount", []soldLine{sold(t, "סדנה", "1", "236.00"), sold(t, "הנחה", "1", "-118.00")}, nil, "1x200 סדנה;1x-100 הנחה;"},
	} {
		_, lines := priced(t, "18", c.taxed, c.lines...)
		got := ""
		for i, l := range lines {
			got += fmt.Sprintf("%sx%s %s;", l.Quantity, l.UnitPrice, l.Name)
			if l.Number != i+1 {
				t.Errorf("%s: line %d has number %d", c.name, i, l.Number)
			}
		}
		if got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

// Whatever is sold comes to its total, at any rate, in prices that the service can keep.
func FuzzPrice(f *testing.F) {
	f.Add(uint32(18000), uint8(1), uint32(0), uint8(3), uint16(1800), true)
	f.Add(uint32(1), uint8(7), uint32(999), uint8(250), uint16(1700), false)
	f.Add(uint32(99_999_99), uint8(255), uint32(3333), uint8(3), uint16(0), true)
	f.Fuzz(func(t *testing.T, first uint32, pieces uint8, second uint32, more uint8, rateBasis uint16, taxed bool) {
		rate := decimal.New(int64(rateBasis%10_000), -2)
		lines := []soldLine{
			{text: "a", quantity: decimal.NewFromInt(int64(pieces)), gross: decimal.New(int64(first), -2)},
			{text: "b", quantity: decimal.NewFromInt(int64(more)), gross: decimal.New(int64(second), -2)},
			{text: "c", quantity: decimal.NewFromInt(1), gross: decimal.New(int64(first/3), -2)},
		}
		b, got := priced(t, rate.String(), []bool{true, taxed, true}, lines...)
		if total := comesTo(got, rate, false); !total.Equal(b.total.Value) {
			t.Errorf("%s comes to %s: %+v", b.total, total, got)
		}
		for _, l := range got {
			if -l.UnitPrice.Exponent() > netDecimals && !l.UnitPrice.Equal(l.UnitPrice.Round(netDecimals)) {
				t.Errorf("a unit price of %s", l.UnitPrice)
			}
			if !l.Quantity.IsPositive() {
				t.Errorf("a quantity of %s", l.Quantity)
			}
		}
	})
}

func TestReadBillRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		currency    string
		lines       []field.Values
		code, field string
	}{
		"a fraction":  {"ILS", []field.Values{{"description": "x", "total": dec(t, "1.005")}}, codeFraction, "lines[0].total"},
		"no lines":    {"ILS", nil, "required", "lines"},
		"less than 0": {"ILS", []field.Values{{"description": "x", "total": dec(t, "-1")}}, "negative", "lines"},
		"no currency": {"XX", []field.Values{{"description": "x", "total": dec(t, "1")}}, codeFraction, "lines[0].total"},
	} {
		_, err := total(field.Values{"currency": c.currency, "lines": c.lines})
		if err == nil {
			t.Errorf("%s: no error", name)
			continue
		}
		if e := connector.AsError(err); e.Kind != connector.Permanent || e.Code != c.code || e.Field != c.field {
			t.Errorf("%s: %s %s on %s", name, e.Kind, e.Code, e.Field)
		}
	}
}

// Who says nothing about VAT has it; who says that there is none has none.
func TestTaxed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		vat, code, country string
		want               bool
	}{
		{vatAsSold, "", "", true}, {vatAsSold, "standard", "GB", true}, {vatAsSold, "zero", "IL", false}, {vatAsSold, "exempt", "", false}, {vatAsSold, "outside", "", false},
		{vatDomestic, "", "IL", true}, {vatDomestic, "", "ישראל", true}, {vatDomestic, "", "", true}, {vatDomestic, "", "GB", false}, {vatDomestic, "zero", "IL", false},
		{vatNone, "", "IL", false}, {vatNone, "standard", "IL", false},
	} {
		v := field.Values{"vat": c.vat, "customer_country": c.country}
		if got := (soldLine{code: c.code}).taxed(v); got != c.want {
			t.Errorf("%+v: %t", c, got)
		}
	}
}
