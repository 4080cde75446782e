package sale

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"
	"pgregory.net/rapid"
)

// least is the shortest JSON that is a sale.
const least = `{"status":"confirmed","currency":"ISK","total":"24900","vat_included":true,"lines":[{"total":"24900"}]}`

func TestParse(t *testing.T) {
	t.Parallel()
	want := Sale{Status: Confirmed, Currency: "ISK", Total: dec(t, "24900"), VATIncluded: true, Lines: []Line{{Quantity: dec(t, "1"), Total: dec(t, "24900")}}}
	for _, data := range []string{
		least,
		`{"status":"confirmed","currency":"isk","total":24900,"vat_included":true,"lines":[{"total":2.49e4}]}`,
		`{"status":"confirmed","currency":"ISK","total":" 24900.00 ","vat_included":true,"lines":[{"total":24900.0,"quantity":null,"discount":"","text":null}],
		  "customer":null,"payments":null,"created_at":"","service_date":null,"remarks":""}`,
		" " + least + "\n",
	} {
		got, err := Parse([]byte(data))
		if err != nil {
			t.Errorf("%s: %v", data, err)
			continue
		}
		if diff := cmp.Diff(want, got, same); diff != "" {
			t.Errorf("%s:\n%s", data, diff)
		}
	}
	got, err := Parse([]byte(`{"reference":51654,"status":"pending","created_at":"2026-11-22T14:30:00.5+01:00","service_date":"2026-12-24","customer":{"name":"Anna Lind",
		"company":true,"email":"not checked here","post_code":101},"lines":[{"text":"Tour\n2 adults","quantity":0.5,"unit_price":"41.667","total":"24.900","vat_rate":25.5}],
		"currency":"EUR","total":"24.90","vat_included":false,"payments":[{"amount":-1,"currency":"eur","paid_at":"2026-11-22T00:00:00Z"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	full := Sale{
		Reference: "51654", Status: Pending, CreatedAt: time.Date(2026, 11, 22, 13, 30, 0, 5e8, time.UTC), ServiceDate: "2026-12-24",
		Customer: Customer{Name: "Anna Lind", Company: true, Email: "not checked here", PostCode: "101"},
		Lines:    []Line{{Text: "Tour\n2 adults", Quantity: dec(t, "0.5"), UnitPrice: dec(t, "41.667"), Total: dec(t, "24.9"), VATRate: dec(t, "25.5")}},
		Currency: "EUR", Total: dec(t, "24.9"),
		Payments: []Payment{{Amount: dec(t, "-1"), Currency: "EUR", PaidAt: time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)}},
	}
	if diff := cmp.Diff(full, got, same); diff != "" {
		t.Error(diff)
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	with := func(member string) string { return strings.Replace(least, "{", "{"+member+",", 1) }
	without := func(name string) string {
		var object map[string]any
		if err := json.Unmarshal([]byte(least), &object); err != nil {
			t.Fatal(err)
		}
		delete(object, name)
		data, err := json.Marshal(object)
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	line := func(members string) string { return strings.Replace(least, `{"total":"24900"}`, "{"+members+"}", 1) }
	for _, c := range []struct{ data, want string }{
		{"", ": type"}, {"null", ": type"}, {"[]", ": type"}, {"{", ": type"}, {least + "x", ": type"}, {least + least, ": type"}, {"{\"status\":\"\xff\"}", ": type"},
		{strings.Repeat(`{"customer":`, 100), ": type"},
		{with(`"total":"1"`), ": type"}, // twice
		{with(`"remarks":"` + strings.Repeat("x", MaxBytes) + `"`), ": size"},
		{with(`"remarks":"` + strings.Repeat("x", 10_001) + `"`), "remarks: type"},
		{with(`"remarks":"a\u0000b"`), "remarks: type"},
		{without("status"), "status: required"}, {without("currency"), "currency: required"}, {without("total"), "total: required"},
		{without("vat_included"), "vat_included: required"}, {line(`"text":"a"`), "lines[0].total: required"}, {line(`"total":""`), "lines[0].total: required"},
		{with(`"payments":[{}]`), "payments[0].amount: required"},
		{with(`"totals":1`), "totals: unknown"}, {with(`"Reference":"a"`), "Reference: unknown"}, {with(`"customer.name":"a"`), "customer.name: unknown"},
		{with(`"customer":{"tax_Id":"1"}`), "customer.tax_Id: unknown"}, {line(`"total":1,"vat":1`), "lines[0].vat: unknown"},
		{with(`"lines[0]":1`), "(not a name): unknown"}, {with(`"":1`), "(not a name): unknown"},
		{with(`"customer":"Anna"`), "customer: type"}, {with(`"customer":[]`), "customer: type"}, {with(`"payments":{}`), "payments: type"},
		{with(`"payments":[1]`), "payments[0]: type"}, {with(`"payments":[null]`), "payments[0]: type"}, {with(`"reference":true`), "reference: type"}, {with(`"reference":{}`), "reference: type"},
		{line(`"total":"24.900,00"`), "lines[0].total: type"}, {line(`"total":"1e5"`), "lines[0].total: type"}, {line(`"total":true`), "lines[0].total: type"},
		{line(`"total":1e400`), "lines[0].total: type"}, {line(`"total":1e999999999999`), "lines[0].total: type"}, {line(`"total":` + strings.Repeat("1", 65)), "lines[0].total: type"},
		{line(`"total":"Anna"`), "lines[0].total: type"}, {line(`"total":[1]`), "lines[0].total: type"},
		{with(`"service_date":"24.12.2026"`), "service_date: type"}, {with(`"service_date":"2026-02-30"`), "service_date: type"},
		{with(`"created_at":"2026-11-22"`), "created_at: type"}, {with(`"created_at":"2026-11-22T14:30:00"`), "created_at: type"},
		{with(`"created_at":1700000000`), "created_at: type"},
		{with(`"customer":{"company":"yes"}`), "customer.company: type"},
		{strings.Replace(least, "true", `"true"`, 1), "vat_included: type"}, {strings.Replace(least, "true", `1`, 1), "vat_included: type"},
		{strings.Replace(least, `{"total":"24900"}`, strings.Repeat("{},", MaxLines)+"{}", 1), "lines: too_many_lines"},
		{with(`"payments":[` + strings.Repeat("{},", MaxLines) + `{}]`), "payments: too_many_lines"},
	} {
		got, err := Parse([]byte(c.data))
		var faults Faults
		if !errors.As(err, &faults) || len(faults) != 1 || codes(faults)[0] != c.want {
			t.Errorf("%.100s = %v, %v; want %s", c.data, got.Status, err, c.want)
		}
		if err != nil && strings.Contains(err.Error(), "Anna") {
			t.Errorf("the error repeats a value: %v", err)
		}
		if got.Status != "" {
			t.Errorf("%.100s: half a sale comes back beside the error", c.data)
		}
	}
}

func TestParseSaysEverythingAtOnce(t *testing.T) {
	t.Parallel()
	_, err := Parse([]byte(`{"status":"confirmed","currncy":"ISK","total":"x","vat_included":true,"lines":[{"total":1},{"totl":1}]}`))
	want := `lines[1].total: is missing; lines[1].totl: is nothing that a sale has here; do you mean total?; currency: is missing; ` +
		`total: must be a number such as 24900 or "149.99"; currncy: is nothing that a sale has here; do you mean currency?`
	if err == nil || err.Error() != want {
		t.Errorf("error = %v\nwant    %s", err, want)
	}
	many := map[string]any{}
	for i := range 100 {
		many[fmt.Sprintf("x%d", i)] = i
	}
	data, err := json.Marshal(many)
	if err != nil {
		t.Fatal(err)
	}
	_, err = Parse(data)
	var faults Faults
	if !errors.As(err, &faults) || len(faults) != 4+maxUnknown {
		t.Errorf("%d faults", len(faults))
	}
}

// A sale that a connector made is read back the same, whatever stands in it.
func TestParseReadsWhatWasWritten(t *testing.T) {
	t.Parallel()
	text := rapid.StringOfN(rapid.RuneFrom([]rune("aðзשż \n\"<&'€\u2028\u200f")), 0, 20, -1)
	number := rapid.Custom(func(t *rapid.T) decimal.Decimal {
		return decimal.New(rapid.Int64().Draw(t, "digits"), -rapid.Int32Range(0, 10).Draw(t, "decimals"))
	})
	moment := rapid.Custom(func(t *rapid.T) time.Time {
		return time.Unix(rapid.Int64Range(0, 4e9).Draw(t, "seconds"), rapid.Int64Range(0, 1e9-1).Draw(t, "nanoseconds")).UTC()
	})
	rapid.Check(t, func(t *rapid.T) {
		s := Sale{
			Reference: text.Draw(t, "reference"), Status: rapid.SampledFrom([]Status{Pending, Confirmed, Cancelled}).Draw(t, "status"),
			CreatedAt: moment.Draw(t, "created"), ServiceDate: rapid.SampledFrom([]string{"", "2026-12-24"}).Draw(t, "date"),
			Customer: Customer{Name: text.Draw(t, "name"), Company: rapid.Bool().Draw(t, "company"), Email: text.Draw(t, "email"), TaxID: text.Draw(t, "tax id")},
			Currency: rapid.SampledFrom([]string{"ISK", "PLN"}).Draw(t, "currency"), Total: number.Draw(t, "total"),
			VATIncluded: rapid.Bool().Draw(t, "included"), Channel: text.Draw(t, "channel"), Remarks: text.Draw(t, "remarks"),
			Lines: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Line {
				return Line{Text: text.Draw(t, "text"), Quantity: number.Draw(t, "quantity"), UnitPrice: number.Draw(t, "unit"), Discount: number.Draw(t, "discount"),
					Total: number.Draw(t, "line total"), VATRate: number.Draw(t, "rate"), VATAmount: number.Draw(t, "VAT"), SKU: text.Draw(t, "sku")}
			}), -1, 4).Draw(t, "lines"),
			Payments: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Payment {
				return Payment{Amount: number.Draw(t, "paid"), Method: text.Draw(t, "method"), Fee: number.Draw(t, "fee"), PaidAt: moment.Draw(t, "paid at")}
			}), -1, 2).Draw(t, "payments"),
		}
		if len(s.Lines) == 0 {
			s.Lines = nil // written as null, read as none
		}
		if len(s.Payments) == 0 {
			s.Payments = nil
		}
		data, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Parse(data)
		if err != nil {
			t.Fatalf("%s: %v", data, err)
		}
		if diff := cmp.Diff(s, got, same); diff != "" {
			t.Fatalf("%s:\n%s", data, diff)
		}
		if s.Fingerprint() != got.Fingerprint() {
			t.Fatal("the fingerprint is another one after reading")
		}
	})
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(least))
	if data, err := json.Marshal(tour(f)); err == nil {
		f.Add(data)
	}
	f.Add([]byte(`{"status":"pending","currency":"kr","total":1e5,"vat_included":false,"lines":[{"total":1,"quantity":"","vat_rate":"24.0","unit_price":3}],"payments":[{"amount":"1","paid_at":"2026-11-22T00:00:00Z"}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := Parse(data)
		if err != nil {
			var faults Faults
			if !errors.As(err, &faults) || len(faults) == 0 {
				t.Fatalf("%q: an error of another kind: %v", data, err)
			}
			return
		}
		_ = s.Check().Error()
		s.VATGroups()
		again, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		back, err := Parse(again)
		if err != nil {
			t.Fatalf("%q, then %s: %v", data, again, err)
		}
		if back.Fingerprint() != s.Fingerprint() {
			t.Fatalf("%q, then %s: another fingerprint", data, again)
		}
		if filled, err := s.FillVAT(); err == nil {
			for i, l := range filled.Lines {
				if !l.Total.Equal(s.Lines[i].Total) {
					t.Fatal("filling in the VAT changed a total")
				}
			}
		}
	})
}
