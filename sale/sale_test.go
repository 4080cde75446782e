package sale

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"github.com/tengi/tengi/field"
	"github.com/tengi/tengi/money"
)

func dec(t testing.TB, text string) decimal.Decimal {
	t.Helper()
	d, err := decimal.NewFromString(text)
	if err != nil {
		t.Fatalf("bad number in test: %v", err)
	}
	return d
}

// tour is a sale with nothing wrong: two rates, prices with VAT.
func tour(t testing.TB) Sale {
	t.Helper()
	return Sale{
		Reference: "FJO-51654", Status: Confirmed, CreatedAt: time.Date(2026, 11, 22, 14, 30, 0, 0, time.UTC), ServiceDate: "2026-12-24",
		Customer: Customer{Name: "Anna Lind", Email: "anna@example.is", TaxID: "1203894569", Country: "IS"},
		Lines: []Line{
			{Text: "Whale watching", Quantity: dec(t, "2"), UnitPrice: dec(t, "12950"), Discount: dec(t, "1000"), Total: dec(t, "24900"), VATRate: dec(t, "11"), VATAmount: dec(t, "2468"), VATCode: "reduced"},
			{Text: "Warm suit", Quantity: dec(t, "1"), UnitPrice: dec(t, "14900"), Total: dec(t, "14900"), VATRate: dec(t, "24"), VATAmount: dec(t, "2884"), VATCode: "standard"},
		},
		Currency: "ISK", Total: dec(t, "39800"), VATIncluded: true,
		Payments: []Payment{{Amount: dec(t, "39800"), Method: "card", PaidAt: time.Date(2026, 11, 22, 14, 31, 0, 0, time.UTC)}},
		Channel:  "Web site", Remarks: "Late arrival\nNo wool",
	}
}

// same compares sales: numbers by value, times by the moment.
var same = cmp.Options{
	cmp.Comparer(func(a, b decimal.Decimal) bool { return a.Equal(b) }),
	cmp.Comparer(func(a, b time.Time) bool { return a.Equal(b) }),
}

func TestGrossAndPaid(t *testing.T) {
	t.Parallel()
	l := Line{Total: dec(t, "100"), VATAmount: dec(t, "24")}
	if got := l.Gross(true); !got.Equal(dec(t, "100")) {
		t.Errorf("gross of a price with VAT = %s", got)
	}
	if got := l.Gross(false); !got.Equal(dec(t, "124")) {
		t.Errorf("gross of a price without VAT = %s", got)
	}
	s := tour(t)
	s.Payments = append(s.Payments, Payment{Amount: dec(t, "-800")})
	if got := s.Paid(); !got.Equal(dec(t, "39000")) {
		t.Errorf("paid = %s", got)
	}
	if got := (Sale{}).Paid(); !got.IsZero() {
		t.Errorf("nothing paid = %s", got)
	}
}

// TestFieldsDescribeTheStruct fails when a member is added to the struct and not to Fields, or the other way about.
func TestFieldsDescribeTheStruct(t *testing.T) {
	t.Parallel()
	if err := Fields.Check(); err != nil {
		t.Error(err)
	}
	describes(t, "", reflect.TypeFor[Sale](), Fields)
}

func describes(t *testing.T, path string, struc reflect.Type, set field.Set) {
	t.Helper()
	var names []string
	for i := range struc.NumField() {
		member := struc.Field(i)
		name, _, _ := strings.Cut(member.Tag.Get("json"), ",")
		names = append(names, name)
		f, ok := set.Lookup(name)
		if !ok {
			continue
		}
		if f.Label == "" || f.Secret || f.Default != "" {
			t.Errorf("%s%s needs a label, and is neither secret nor has it a default", path, name)
		}
		if !holds(f.Type, member.Type) {
			t.Errorf("%s%s is a %s and described as %s", path, name, member.Type, f.Type)
		}
		inner := member.Type
		if inner.Kind() == reflect.Slice {
			inner = inner.Elem()
		}
		if len(f.Children) > 0 {
			describes(t, path+name+".", inner, f.Children)
		}
	}
	var keys []string
	for _, f := range set {
		keys = append(keys, f.Key)
	}
	if diff := cmp.Diff(names, keys); diff != "" {
		t.Errorf("%s: members of the struct (-) and fields (+), in order:\n%s", path, diff)
	}
}

// holds says whether a member of the Go type can be described by the field type.
func holds(typ field.Type, member reflect.Type) bool {
	switch typ {
	case field.Bool:
		return member.Kind() == reflect.Bool
	case field.Decimal, field.Amount, field.VAT:
		return member == reflect.TypeFor[decimal.Decimal]()
	case field.DateTime:
		return member == reflect.TypeFor[time.Time]()
	case field.Group:
		return member.Kind() == reflect.Struct
	case field.List:
		return member.Kind() == reflect.Slice && member.Elem().Kind() == reflect.Struct
	}
	return member.Kind() == reflect.String
}

// TestFieldsTakeASale holds the description against the form that a sale has in JSON.
func TestFieldsTakeASale(t *testing.T) {
	t.Parallel()
	s := tour(t)
	s.Payments[0].Fee = dec(t, "25")
	s.Customer.Language, s.Customer.Phone = "is", "+354 555 1234"
	data, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := field.ReadJSON(data)
	if err != nil {
		t.Fatal(err)
	}
	values, faults := Fields.Parse(raw)
	if faults != nil {
		t.Fatal(faults)
	}
	if got := values.Group("customer").Text("email"); got != "anna@example.is" {
		t.Errorf("customer.email = %q", got)
	}
	if got := values.List("lines")[0].Decimal("total"); !got.Equal(dec(t, "24900")) {
		t.Errorf("lines[0].total = %s", got)
	}
}

func TestVATGroups(t *testing.T) {
	t.Parallel()
	s := tour(t)
	s.Lines = append(s.Lines,
		Line{Total: dec(t, "-100"), VATRate: dec(t, "11.0"), VATAmount: dec(t, "-10")},
		Line{Total: dec(t, "500")})
	want := []VATGroup{
		{dec(t, "24"), dec(t, "12016"), dec(t, "2884"), dec(t, "14900")},
		{dec(t, "11"), dec(t, "22342"), dec(t, "2458"), dec(t, "24800")},
		{dec(t, "0"), dec(t, "500"), dec(t, "0"), dec(t, "500")},
	}
	if diff := cmp.Diff(want, s.VATGroups(), same); diff != "" {
		t.Error(diff)
	}
	s.VATIncluded = false
	s.Lines = s.Lines[:1]
	if diff := cmp.Diff([]VATGroup{{dec(t, "11"), dec(t, "24900"), dec(t, "2468"), dec(t, "27368")}}, s.VATGroups(), same); diff != "" {
		t.Error(diff)
	}
	if got := (Sale{}).VATGroups(); got != nil {
		t.Errorf("groups of nothing: %v", got)
	}
}

func TestFillVAT(t *testing.T) {
	t.Parallel()
	three := func(total string) []Line {
		l := Line{Total: dec(t, total), VATRate: dec(t, "23")}
		return []Line{l, l, l}
	}
	for _, c := range []struct {
		name, currency string
		included       bool
		lines          []Line
		want           string
	}{
		{"the group is rounded, not the lines", "PLN", true, three("9.99"), "1.87 1.87 1.86"},
		{"a credit", "PLN", true, three("-9.99"), "-1.86 -1.87 -1.87"},
		{"prices without VAT", "PLN", false, three("8.12"), "1.87 1.87 1.86"},
		{"two rates and none", "ISK", true, []Line{
			{Total: dec(t, "24900"), VATRate: dec(t, "11")}, {Total: dec(t, "24900"), VATRate: dec(t, "24")}, {Total: dec(t, "24900")},
		}, "2468 4819 0"},
		{"a discount line", "ISK", true, []Line{
			{Total: dec(t, "24900"), VATRate: dec(t, "24")}, {Total: dec(t, "-1000"), VATRate: dec(t, "24.0")},
		}, "4819 -193"},
		{"what stood there before is forgotten", "ISK", true, []Line{{Total: dec(t, "124"), VATRate: dec(t, "24"), VATAmount: dec(t, "99")}}, "24"},
		{"nothing", "ISK", true, nil, ""},
	} {
		s := Sale{Currency: c.currency, VATIncluded: c.included, Lines: c.lines}
		before := append([]Line(nil), c.lines...)
		got, err := s.FillVAT()
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		var texts []string
		for _, l := range got.Lines {
			texts = append(texts, l.VATAmount.String())
		}
		if text := strings.Join(texts, " "); text != c.want {
			t.Errorf("%s: %s, want %s", c.name, text, c.want)
		}
		if diff := cmp.Diff(before, c.lines, same); diff != "" {
			t.Errorf("%s: the sale asked was changed:\n%s", c.name, diff)
		}
	}
	for _, s := range []Sale{
		{Currency: "KRX"},
		{Currency: "ISK", Lines: []Line{{VATRate: dec(t, "-1")}}},
		{Currency: "ISK", Lines: []Line{{VATRate: dec(t, "2400")}}},
		{Currency: "ISK", Lines: []Line{{Total: decimal.New(1, 1<<30)}}},
	} {
		if got, err := s.FillVAT(); err == nil {
			t.Errorf("%v", got)
		}
	}
}

// anyLines draws lines as a till makes them, in the smallest unit of the currency.
func anyLines(t *rapid.T, exp int32) []Line {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Line {
		quantity := decimal.NewFromInt(rapid.Int64Range(1, 20).Draw(t, "quantity"))
		unit := decimal.New(rapid.Int64Range(0, 5_000_000).Draw(t, "unit"), -exp)
		discount := decimal.New(rapid.Int64Range(0, 1000).Draw(t, "discount"), -exp)
		return Line{
			Quantity: quantity, UnitPrice: unit, Discount: discount, Total: quantity.Mul(unit).Sub(discount),
			VATRate: decimal.NewFromInt(rapid.SampledFrom([]int64{0, 5, 8, 11, 23, 24}).Draw(t, "rate")),
		}
	}), 1, 15).Draw(t, "lines")
}

// A sale whose VAT was filled in and whose total is that of its lines has nothing wrong; and its groups are those of the VAT arithmetic.
func TestFilledSalesAreRight(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		currency := rapid.SampledFrom([]string{"ISK", "PLN", "KWD"}).Draw(t, "currency")
		exp, _ := money.Exponent(currency)
		s, err := Sale{Status: Confirmed, Currency: currency, VATIncluded: rapid.Bool().Draw(t, "included"), Lines: anyLines(t, exp)}.FillVAT()
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range s.Lines {
			if l.UnitPrice.IsZero() && l.Total.IsZero() && !l.VATAmount.IsZero() {
				t.Fatalf("VAT of nothing: %s", l.VATAmount)
			}
			s.Total = s.Total.Add(l.Gross(s.VATIncluded))
		}
		if faults := s.Check(); faults != nil {
			t.Fatal(faults)
		}
		var sum decimal.Decimal
		for _, g := range s.VATGroups() {
			sum = sum.Add(g.Gross)
			var vat money.Amount
			if s.VATIncluded {
				_, vat, err = money.SplitGross(money.New(g.Gross, currency), g.Rate)
			} else {
				_, vat, err = money.AddVAT(money.New(g.Net, currency), g.Rate)
			}
			if err != nil || !vat.Value.Equal(g.VAT) {
				t.Fatalf("VAT of the group at %s %% is %s, want %s: %v", g.Rate, g.VAT, vat, err)
			}
		}
		if !sum.Equal(s.Total) {
			t.Fatalf("the groups come to %s, the sale to %s", sum, s.Total)
		}
		// One unit off, and it is found.
		s.Total = s.Total.Add(decimal.New(1, -exp))
		if faults := s.Check(); len(faults) != 1 || faults[0].Code != CodeLinesDiffer {
			t.Fatalf("a total one unit too large: %v", faults)
		}
	})
}
