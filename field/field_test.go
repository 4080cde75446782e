package field

import (
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// everything is a set with every type and every kind of rule.
var everything = Set{
	{Key: "name", Type: Text, Label: "Name", Help: "As it shall stand on the invoice.", Required: true, Min: "2", Max: "40", Example: "Anna Lind"},
	{Key: "notes", Type: LongText, Label: "Notes"},
	{Key: "days", Type: Int, Label: "Days to pay", Default: "14", Min: "0", Max: "90"},
	{Key: "quantity", Type: Decimal, Label: "Quantity"},
	{Key: "amount", Type: Amount, Label: "Amount", Min: "0", Example: "24900"},
	{Key: "currency", Type: Currency, Label: "Currency", Default: "{{ sale.currency }}", Example: "ISK"},
	{Key: "vat", Type: VAT, Label: "VAT", Help: "Per cent."},
	{Key: "day", Type: Date, Label: "Day", Min: "2020-01-01", Max: "2099-12-31"},
	{Key: "at", Type: DateTime, Label: "Time"},
	{Key: "email", Type: Email, Label: "E-mail", Required: true, Default: "{{ sale.customer.email }}"},
	{Key: "phone", Type: Phone, Label: "Phone"},
	{Key: "site", Type: URL, Label: "Web site", Advanced: true},
	{Key: "send", Type: Bool, Label: "Send it | by mail", Default: "true"},
	{Key: "kind", Type: Select, Label: "Kind", Options: []Option{{"invoice", "Invoice"}, {"receipt", "Receipt"}, {"30", ""}, {"true", ""}}},
	{Key: "reason", Type: Text, Label: "Reason", Required: true, DependsOn: &Condition{"kind", []string{"receipt"}}},
	{Key: "code", Type: Text, Label: "Code", Pattern: `[A-Z]{2}|\d{3}`, Example: "AB"},
	{Key: "token", Type: Text, Label: "Token", Help: "From *Settings*,\nAPI.", Secret: true, Min: "8"},
	{Key: "headers", Type: Pairs, Label: "Headers", Secret: true, Max: "3"},
	{Key: "codes", Type: Pairs, Label: "VAT codes"},
	{Key: "customer", Type: Group, Label: "Customer", Children: Set{
		{Key: "company", Type: Bool, Label: "Company"},
		{Key: "tax_id", Type: Text, Label: "Tax number", Required: true, DependsOn: &Condition{"company", []string{"true"}}},
	}},
	{Key: "lines", Type: List, Label: "Lines", Max: "5", Children: Set{
		{Key: "text", Type: Text, Label: "Text", Required: true},
		{Key: "amount", Type: Amount, Label: "Amount", Required: true, Min: "-1000"},
		{Key: "pin", Type: Text, Label: "PIN", Secret: true},
		{Key: "tags", Type: List, Label: "Tags", Children: Set{{Key: "tag", Type: Text, Label: "Tag", Required: true}}},
	}},
}

// same compares values to the last digit: 24.00 is not 24, and a time has its offset.
var same = cmp.Options{
	cmp.Comparer(func(a, b decimal.Decimal) bool { return a.Equal(b) && a.Exponent() == b.Exponent() }),
	cmp.Comparer(func(a, b time.Time) bool {
		return a.Equal(b) && a.Format(time.RFC3339Nano) == b.Format(time.RFC3339Nano)
	}),
}

func dec(t testing.TB, text string) decimal.Decimal {
	t.Helper()
	d, err := decimal.NewFromString(text)
	if err != nil {
		t.Fatalf("bad number in test: %v", err)
	}
	return d
}

// golden compares a text with a file in testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s differs (run with -update when that is right):\n%s", path, diff)
	}
}

func TestEverythingIsWellFormed(t *testing.T) {
	t.Parallel()
	if err := everything.Check(); err != nil {
		t.Error(err)
	}
	seen := map[Type]bool{}
	for _, f := range everything {
		seen[f.Type] = true
	}
	for _, typ := range types {
		if !seen[typ] {
			t.Errorf("the set of the tests has no %s", typ)
		}
	}
}

func TestValues(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 22, 14, 30, 0, 0, time.UTC)
	rows := []Values{{"text": "a"}}
	v := Values{
		"text": "x", "decimal": dec(t, "1.50"), "int": int64(7), "bool": true, "time": at, "list": rows,
		"pairs": map[string]string{"a": "b"}, "group": Values{"inner": "y"},
	}
	if v.Text("text") != "x" || v.Int("int") != 7 || !v.Bool("bool") || !v.Time("time").Equal(at) || v.Group("group").Text("inner") != "y" ||
		v.List("list")[0].Text("text") != "a" || v.Pairs("pairs")["a"] != "b" || !v.Decimal("decimal").Equal(dec(t, "1.5")) ||
		!v.Decimal("int").Equal(dec(t, "7")) || !v.Has("text") {
		t.Errorf("a getter does not give the value back: %v", v)
	}
	for _, w := range []Values{v, nil} {
		if w.Has("none") || w.Text("none") != "" || w.Int("none") != 0 || w.Bool("none") || !w.Time("none").IsZero() || w.List("none") != nil ||
			w.Pairs("none") != nil || !w.Decimal("none").IsZero() || w.Group("none") != nil || w.Group("none").Text("deeper") != "" {
			t.Errorf("what is absent is not zero in %v", w)
		}
	}
	if v.Text("int") != "" || v.Int("text") != 0 || v.Bool("text") || v.List("text") != nil || !v.Decimal("text").IsZero() {
		t.Error("a value of another type is not absent")
	}
}

func TestFaultsError(t *testing.T) {
	t.Parallel()
	if err := (Faults{}).Err(); err != nil {
		t.Errorf("no faults are the error %v", err)
	}
	fs := Faults{{Path: "lines[2].amount", Code: CodeRequired, Message: "must not be empty"}, {Path: "days", Code: CodeTooLarge, Message: "must be at most 90"}}
	if got, want := fs.Err().Error(), "lines[2].amount: must not be empty; days: must be at most 90"; got != want {
		t.Errorf("error = %q, want %q", got, want)
	}
	many := make(Faults, 13)
	if got, want := many.Error(), ": ; : ; : ; : ; : ; : ; : ; : ; : ; : ; and 3 more"; got != want {
		t.Errorf("error = %q, want %q", got, want)
	}
}
