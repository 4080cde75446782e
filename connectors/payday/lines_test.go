package payday

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tengi/tengi/connector"
)

// row is a line as the mapping gives it.
func row(pairs ...string) map[string]any {
	r := map[string]any{"description": "Tour", "vat_rate": "24"}
	for i := 0; i < len(pairs); i += 2 {
		r[pairs[i]] = pairs[i+1]
	}
	return r
}

func TestBill(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		currency string
		without  bool // prices are without VAT
		lines    []any
		want     []string // "quantity × price @ VAT: text"
		total    string
	}{
		"divides":                     {lines: []any{row("quantity", "2", "total", "29800")}, want: []string{"2 × 14900 @ 24: Tour"}, total: "29800 ISK"},
		"no quantity":                 {lines: []any{row("total", "500")}, want: []string{"1 × 500 @ 24: Tour"}, total: "500 ISK"},
		"four decimals are enough":    {lines: []any{row("quantity", "8", "total", "1001")}, want: []string{"8 × 125.125 @ 24: Tour"}, total: "1001 ISK"},
		"five decimals would be":      {lines: []any{row("quantity", "32", "total", "1001")}, want: []string{"1 × 1001 @ 24: 32 × Tour"}, total: "1001 ISK"},
		"does not divide":             {lines: []any{row("quantity", "3", "total", "10000")}, want: []string{"1 × 10000 @ 24: 3 × Tour"}, total: "10000 ISK"},
		"parts of a piece":            {lines: []any{row("quantity", "1.5", "total", "15000")}, want: []string{"1 × 15000 @ 24: 1.5 × Tour"}, total: "15000 ISK"},
		"nothing of it":               {lines: []any{row("quantity", "0", "total", "0")}, want: []string{"1 × 0 @ 24: 0 × Tour"}, total: "0 ISK"},
		"free of charge":              {lines: []any{row("quantity", "2", "total", "0")}, want: []string{"2 × 0 @ 24: Tour"}, total: "0 ISK"},
		"taken back":                  {lines: []any{row("quantity", "2", "total", "-29800")}, want: []string{"2 × -14900 @ 24: Tour"}, total: "-29800 ISK"},
		"taken back by the quantity":  {lines: []any{row("quantity", "-2", "unit_price", "14900")}, want: []string{"2 × -14900 @ 24: Tour"}, total: "-29800 ISK"},
		"unit price":                  {lines: []any{row("quantity", "3", "unit_price", "333")}, want: []string{"3 × 333 @ 24: Tour"}, total: "999 ISK"},
		"both, and they agree":        {lines: []any{row("quantity", "3", "unit_price", "333", "total", "999")}, want: []string{"3 × 333 @ 24: Tour"}, total: "999 ISK"},
		"two rates":                   {lines: []any{row("total", "100"), row("total", "50", "vat_rate", "11")}, want: []string{"1 × 100 @ 24: Tour", "1 × 50 @ 11: Tour"}, total: "150 ISK"},
		"cents":                       {currency: "EUR", lines: []any{row("quantity", "3", "total", "100.01")}, want: []string{"1 × 100.01 @ 24: 3 × Tour"}, total: "100.01 EUR"},
		"cents that divide":           {currency: "EUR", lines: []any{row("quantity", "2", "total", "100.01")}, want: []string{"2 × 50.005 @ 24: Tour"}, total: "100.01 EUR"},
		"without VAT":                 {without: true, lines: []any{row("quantity", "2", "total", "20000")}, want: []string{"2 × 10000 net @ 24: Tour"}, total: "24800 ISK"},
		"without VAT, rounded":        {without: true, lines: []any{row("total", "9999")}, want: []string{"1 × 9999 net @ 24: Tour"}, total: "12399 ISK"}, // 12398.76
		"without VAT, fractions":      {without: true, lines: []any{row("total", "8064.5161")}, want: []string{"1 × 8064.5161 net @ 24: Tour"}, total: "10000 ISK"},
		"without VAT, and none on it": {without: true, lines: []any{row("total", "50", "vat_rate", "0")}, want: []string{"1 × 50 net @ 0: Tour"}, total: "50 ISK"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			currency := test.currency
			if currency == "" {
				currency = "ISK"
			}
			values, faults := invoiceFields().Parse(sample(map[string]any{"lines": test.lines, "currency": currency, "prices_include_vat": !test.without}))
			if faults != nil {
				t.Fatal(faults.Err())
			}
			b, err := readBill(values)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for i, line := range b.lines {
				if line.Position != i+1 {
					t.Errorf("line %d has position %d", i, line.Position)
				}
				if (line.WithVAT == nil) == (line.WithoutVAT == nil) {
					t.Fatal("a line needs exactly one of the two prices")
				}
				var price string
				if line.WithVAT != nil {
					price = line.WithVAT.String()
				} else {
					price = line.WithoutVAT.String() + " net"
				}
				got = append(got, line.Quantity.String()+" × "+price+" @ "+line.VAT.String()+": "+line.Description)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("lines (-want +got):\n%s", diff)
			}
			if b.total.String() != test.total {
				t.Errorf("total %s, want %s", b.total, test.total)
			}
			if again, err := total(values); err != nil || !again.Equal(b.total) {
				t.Errorf("Total says %s, %v", again, err)
			}
		})
	}
}

func TestBillRefuses(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		currency    string
		without     bool
		lines       []any
		code, field string
	}{
		"half a króna":              {lines: []any{row("total", "1"), row("total", "100.5")}, code: codeFraction, field: "lines[1].total"},
		"halves that make a whole":  {lines: []any{row("total", "0.5"), row("total", "0.5")}, code: codeFraction, field: "lines[0].total"},
		"a tenth of a cent":         {currency: "EUR", lines: []any{row("total", "1.0015")}, code: codeFraction, field: "lines[0].total"},
		"five decimals without VAT": {without: true, lines: []any{row("total", "1.00001")}, code: codeFraction, field: "lines[0].total"},
		"no price":                  {lines: []any{row("quantity", "2")}, code: codePrice, field: "lines[0].total"},
		"two prices":                {lines: []any{row("quantity", "2", "unit_price", "100", "total", "150")}, code: codePrice, field: "lines[0].unit_price"},
		// 3 × 12398.76: rounded each 37197, rounded once 37196.
		"VAT that depends on rounding": {without: true, lines: []any{row("total", "9999"), row("total", "9999"), row("total", "9999")},
			code: codeRounding, field: "prices_include_vat"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			currency := test.currency
			if currency == "" {
				currency = "ISK"
			}
			values, faults := invoiceFields().Parse(sample(map[string]any{"lines": test.lines, "currency": currency, "prices_include_vat": !test.without}))
			if faults != nil {
				t.Fatal(faults.Err())
			}
			_, err := total(values)
			wantError(t, err, connector.Permanent, test.code, test.field)
		})
	}
}

// Rows that Payday would add up in two ways are refused; of all others the stand-in must make the same total, however it rounds.
func TestBillIsWhatPaydayMakesOfIt(t *testing.T) {
	t.Parallel()
	for _, perLine := range []bool{false, true} {
		for _, without := range []bool{false, true} {
			t.Run("", func(t *testing.T) {
				d := setup(t, func(b *Behaviour) { b.RoundLines = perLine })
				made := 0
				for n := range 40 {
					d.next(nthRef(n))
					rows := []any{
						row("quantity", "3", "total", itoa(7000+137*n)), row("quantity", "7", "total", itoa(4900+n), "vat_rate", "11"), row("total", itoa(900+n), "vat_rate", "0"),
					}
					changes := map[string]any{"lines": rows, "prices_include_vat": !without}
					want, err := total(d.values(changes))
					if err != nil {
						wantError(t, err, connector.Permanent, codeRounding, "prices_include_vat")
						continue
					}
					made++
					if doc := d.made(changes); !doc.Amount.Equal(want) {
						t.Errorf("%d: Payday makes %s, we expected %s", n, doc.Amount, want)
					}
				}
				if made < 10 {
					t.Errorf("only %d of 40 were made: the test says little", made)
				}
			})
		}
	}
}

func TestLongTextsAreCut(t *testing.T) {
	d := setup(t)
	long := strings.Repeat("ð", 1100)
	d.made(map[string]any{"lines": []any{row("description", long, "quantity", "3", "total", "10000")}})
	text := []rune(d.only().Lines[0].Text)
	if len(text) != maxDescription || !strings.HasPrefix(string(text), "3 × ðð") || text[len(text)-1] != '…' {
		t.Errorf("the text has %d characters and begins %q", len(text), string(text[:6]))
	}
}

func TestAmountsAreWrittenExactly(t *testing.T) {
	t.Parallel()
	values, _ := invoiceFields().Parse(sample(map[string]any{"currency": "EUR", "lines": []any{row("quantity", "1", "total", "12345678901234.56")}}))
	b, err := readBill(values)
	if err != nil {
		t.Fatal(err)
	}
	body, err := json.Marshal(b.lines[0])
	if err != nil {
		t.Fatal(err)
	}
	want := `{"position":1,"description":"Tour","quantity":1,"unitPriceIncludingVat":12345678901234.56,"vatPercentage":24,"discountPercentage":0}`
	if string(body) != want {
		t.Errorf("line is\n%s, want\n%s", body, want)
	}
}
