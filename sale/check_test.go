package sale

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"
)

func codes(faults Faults) []string {
	var out []string
	for _, f := range faults {
		out = append(out, f.Path+": "+f.Code)
	}
	return out
}

func TestCheck(t *testing.T) {
	t.Parallel()
	line := func(quantity, unit, discount, total, rate, vat string) Line {
		return Line{Quantity: dec(t, quantity), UnitPrice: dec(t, unit), Discount: dec(t, discount), Total: dec(t, total), VATRate: dec(t, rate), VATAmount: dec(t, vat)}
	}
	// only makes a sale of lines, in a currency, with a total.
	only := func(currency, total string, included bool, lines ...Line) func(*Sale) {
		return func(s *Sale) {
			s.Currency, s.Total, s.VATIncluded, s.Lines, s.Payments = currency, dec(t, total), included, lines, nil
		}
	}
	for _, c := range []struct {
		name   string
		change func(*Sale)
		want   []string
	}{
		{"as it should be", func(*Sale) {}, nil},
		{"pending", func(s *Sale) { s.Status = Pending }, nil},
		{"cancelled", func(s *Sale) { s.Status = Cancelled }, nil},
		{"no status", func(s *Sale) { s.Status = "" }, []string{"status: status_unknown"}},
		{"another status", func(s *Sale) { s.Status = "CONFIRMED" }, []string{"status: status_unknown"}},
		{"nothing for nothing", only("ISK", "0", true), nil},
		{"a free line", only("ISK", "0", true, line("1", "0", "0", "0", "24", "0")), nil},
		{"given away", only("ISK", "0", true, line("2", "500", "1000", "0", "24", "0")), nil},
		{"no lines", only("ISK", "100", true), []string{"lines: no_lines"}},
		{"one króna off", func(s *Sale) { s.Total = dec(t, "39799") }, []string{"total: lines_differ"}},
		{"same number, other zeros", func(s *Sale) { s.Total = dec(t, "39800.00") }, nil},
		{"fraction of a króna", func(s *Sale) { s.Total = dec(t, "39800.5") }, []string{"total: fraction", "total: lines_differ"}},
		{"fraction that adds up", only("ISK", "100.5", true, line("1", "100.5", "0", "100.5", "0", "0")), []string{"total: fraction"}},
		{"lines with fractions, total without", only("ISK", "100", true, line("1", "33.5", "0", "33.5", "0", "0"), line("1", "66.5", "0", "66.5", "0", "0")), nil},
		{"three decimals in EUR", only("EUR", "1.005", true, line("1", "1.005", "0", "1.005", "0", "0")), []string{"total: fraction"}},
		{"three decimals in KWD", only("KWD", "1.005", true, line("1", "1.005", "0", "1.005", "0", "0")), nil},
		{"no currency", func(s *Sale) { s.Currency = "" }, []string{"currency: currency_unknown"}},
		{"unknown currency", func(s *Sale) { s.Currency = "KRX" }, []string{"currency: currency_unknown"}},
		{"small letters", func(s *Sale) { s.Currency = "isk" }, []string{"currency: currency_unknown"}},

		{"line total wrong", func(s *Sale) { s.Lines[0].Total, s.Total = dec(t, "24901"), dec(t, "39801") }, []string{"lines[0].total: line_total"}},
		{"discount forgotten", func(s *Sale) { s.Lines[0].Discount = decimal.Decimal{} }, []string{"lines[0].total: line_total"}},
		{"no unit price, so no check", func(s *Sale) { s.Lines[0].UnitPrice = decimal.Decimal{} }, nil},
		{"negative discount", func(s *Sale) { s.Lines[0].Discount, s.Lines[0].UnitPrice = dec(t, "-1000"), dec(t, "11950") }, []string{"lines[0].discount: discount"}},
		{"unit price with many decimals", only("EUR", "100", true, line("3", "33.3333", "0", "100", "0", "0")), nil},
		{"rounded half up", only("ISK", "17", true, line("3", "5.5", "0", "17", "0", "0")), nil},
		{"rounded half down", only("ISK", "16", true, line("3", "5.5", "0", "16", "0", "0")), nil},
		{"rounded too far", only("ISK", "18", true, line("3", "5.5", "0", "18", "0", "0")), []string{"lines[0].total: line_total"}},
		{"nearly, but not whole", only("ISK", "33", true, line("3", "5.5", "0", "16.4", "0", "0"), line("1", "16.6", "0", "16.6", "0", "0")), []string{"lines[0].total: line_total"}},
		{"thirds that do not fit", only("EUR", "100", true, line("3", "33.33", "0", "100", "0", "0")), []string{"lines[0].total: line_total"}},
		{"a credit", only("ISK", "-24900", true, line("-2", "12450", "0", "-24900", "11", "-2468")), nil},

		{"VAT one off", func(s *Sale) { s.Lines[0].VATAmount = dec(t, "2469") }, nil},
		{"VAT unrounded", func(s *Sale) { s.Lines[1].VATAmount = dec(t, "2883.87") }, nil},
		{"VAT two off", func(s *Sale) { s.Lines[1].VATAmount = dec(t, "2886") }, []string{"lines[1].vat_amount: vat_amount"}},
		{"VAT of another rate", func(s *Sale) { s.Lines[1].VATAmount = dec(t, "1477") }, []string{"lines[1].vat_amount: vat_amount"}},
		{"VAT missing", func(s *Sale) { s.Lines[1].VATAmount = decimal.Decimal{} }, []string{"lines[1].vat_amount: vat_amount"}},
		{"VAT of the wrong sign", func(s *Sale) { s.Lines[1].VATAmount = dec(t, "-2884") }, []string{"lines[1].vat_amount: vat_amount"}},
		{"VAT on the price, not in it", only("ISK", "12400", false, line("1", "10000", "0", "10000", "24", "2400")), nil},
		{"VAT in the price, not on it", only("ISK", "11935", false, line("1", "10000", "0", "10000", "24", "1935")), []string{"lines[0].vat_amount: vat_amount"}},
		{"VAT without a rate", only("ISK", "100", true, line("1", "100", "0", "100", "0", "1")), []string{"lines[0].vat_amount: vat_amount"}},
		{"VAT piece by piece", only("PLN", "99.90", true, line("10", "9.99", "0", "99.90", "23", "18.70")), nil},                                                     // 10 x 1.87; exact 18.68
		{"more than piece by piece makes", only("PLN", "99.90", true, line("10", "9.99", "0", "99.90", "23", "18.75")), []string{"lines[0].vat_amount: vat_amount"}}, // 6.9 grosz
		{"many cheap pieces", only("ISK", "5000", true, line("1000", "5", "0", "5000", "11", "968")), []string{"lines[0].vat_amount: vat_amount"}},                   // that is 24 %
		{"rate of basis points", func(s *Sale) { s.Lines[0].VATRate = dec(t, "1100") }, []string{"lines[0].vat_rate: vat_rate"}},
		{"negative rate", func(s *Sale) { s.Lines[0].VATRate = dec(t, "-11") }, []string{"lines[0].vat_rate: vat_rate"}},
		{"no code", func(s *Sale) { s.Lines[0].VATCode = "" }, nil},
		{"unknown code", func(s *Sale) { s.Lines[0].VATCode = "S" }, []string{"lines[0].vat_code: vat_code"}},
		{"exempt with a rate", func(s *Sale) { s.Lines[0].VATCode = "exempt" }, []string{"lines[0].vat_code: vat_code"}},
		{"standard without a rate", func(s *Sale) { s.Lines[1].VATRate, s.Lines[1].VATAmount = decimal.Decimal{}, decimal.Decimal{} }, []string{"lines[1].vat_code: vat_code"}},
		{"outside", func(s *Sale) {
			s.Lines[1].VATCode, s.Lines[1].VATRate, s.Lines[1].VATAmount = "outside", decimal.Decimal{}, decimal.Decimal{}
		}, nil},

		{"paid in the same currency", func(s *Sale) { s.Payments[0].Currency = "ISK" }, nil},
		{"paid in another currency", func(s *Sale) { s.Payments[0].Currency = "EUR" }, []string{"payments[0].currency: payments_currency"}},
		{"not paid in full", func(s *Sale) { s.Payments = nil }, nil},
		{"too many lines", func(s *Sale) { s.Lines = make([]Line, MaxLines+1) }, []string{": too_many_lines"}},
		{"too many payments", func(s *Sale) { s.Payments = make([]Payment, MaxLines+1) }, []string{": too_many_lines"}},
		{"numbers out of all measure", func(s *Sale) {
			s.Total, s.Lines[1].Quantity, s.Payments[0].Fee = decimal.New(1, math.MaxInt32), decimal.New(1, math.MinInt32), decimal.New(1, 31)
		}, []string{"total: size", "lines[1].quantity: size", "payments[0].fee: size"}},
	} {
		s := tour(t)
		c.change(&s)
		faults := s.Check()
		if diff := cmp.Diff(c.want, codes(faults)); diff != "" {
			t.Errorf("%s: %v\n%s", c.name, faults, diff)
		}
		if (faults.Err() == nil) != (c.want == nil) {
			t.Errorf("%s: Err = %v", c.name, faults.Err())
		}
	}
}

func TestCheckMessages(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		change func(*Sale)
		want   string
	}{
		{func(s *Sale) { s.Lines[1].Total, s.Lines[1].UnitPrice = dec(t, "14901"), dec(t, "14901") }, "total: lines come to 39 801 ISK, the sale says 39 800 ISK: difference 1 ISK"},
		{func(s *Sale) { s.Total = dec(t, "39800.5") },
			"total: the total is 39 800.5 ISK, which cannot be paid: the smallest unit is 1 ISK; total: lines come to 39 800 ISK, the sale says 39 800.5 ISK: difference 0.5 ISK"},
		{func(s *Sale) { s.Lines = nil }, "lines: the sale says 39 800 ISK, and has no lines"},
		{func(s *Sale) { s.Lines[0].Discount = dec(t, "900") },
			"lines[0].total: 2 x 12 950 ISK less 900 ISK comes to 25 000 ISK, the line says 24 900 ISK: difference 100 ISK"},
		{func(s *Sale) { s.Lines[1].VATAmount = dec(t, "1477") },
			"lines[1].vat_amount: 24 % VAT of 14 900 ISK is 2 884 ISK, the line says 1 477 ISK: more than 1 ISK apart"},
		{func(s *Sale) { s.Lines[1].VATRate = dec(t, "2400") }, "lines[1].vat_rate: the VAT rate is 2 400; a rate is per cent, from 0 to 100"},
		{func(s *Sale) { s.Lines[1].VATCode = "exempt" }, "lines[1].vat_code: the VAT code is exempt, the rate 24 %"},
		{func(s *Sale) { s.Currency = "kr" }, "currency: the currency kr is not known; three capital letters such as ISK or EUR are wanted"},
		{func(s *Sale) { s.Currency = "" }, "currency: the sale has no currency"},
		{func(s *Sale) { s.Payments[0].Currency = "EUR" },
			"payments[0].currency: the sale is in ISK, this payment in another currency: it cannot be set against the total"},
		{func(s *Sale) {
			s.Currency, s.Total = "PLN", dec(t, "-1234567.8")
			s.Lines = []Line{{Total: dec(t, "-1234567.80"), Discount: dec(t, "-0.05")}}
		}, "lines[0].discount: the discount is -0.05 PLN; it is what is taken off, and never negative"},
		{func(s *Sale) { s.Currency, s.Total, s.Lines = "PLN", dec(t, "-1234567.8"), nil }, "lines: the sale says -1 234 567.80 PLN, and has no lines"},
	} {
		s := tour(t)
		c.change(&s)
		if got := s.Check().Error(); got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
	}
	s := tour(t)
	for range 20 {
		s.Lines = append(s.Lines, Line{VATRate: dec(t, "-1")})
	}
	if got := s.Check().Error(); !strings.HasSuffix(got, "; and 10 more") {
		t.Errorf("many faults: %s", got)
	}
}

// Whatever is wrong, and wherever a wrong mapping puts the customer's name, no message tells it.
func TestCheckTellsNothingOfTheCustomer(t *testing.T) {
	t.Parallel()
	s := tour(t)
	const who = "Sesame Lind"
	s.Reference, s.Status, s.ServiceDate, s.Currency, s.Channel, s.Remarks = who, who, who, who, who, who
	s.Customer = Customer{Name: who, Email: who, Phone: who, Language: who, Country: who, Address: who, PostCode: who, City: who, TaxID: who}
	for i := range s.Lines {
		s.Lines[i].Text, s.Lines[i].VATCode, s.Lines[i].SKU = who, who, who
	}
	s.Payments[0].Method, s.Payments[0].Reference, s.Payments[0].Currency = who, who, who
	for _, currency := range []string{who, "ISK"} {
		s.Currency = currency
		faults := s.Check()
		if len(faults) < 2 || strings.Contains(faults.Error(), "Sesame") {
			t.Errorf("%s", faults.Error())
		}
	}
}
