package payday

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"github.com/tengi/tengi/connector/connectortest"
)

func answer(t testing.TB, name string) []byte {
	t.Helper()
	body, err := os.ReadFile(filepath.Join("testdata", "answers", name))
	if err != nil {
		t.Fatal(err)
	}
	return body
}

func TestDecodeInvoice(t *testing.T) {
	t.Parallel()
	c := connectortest.Client(t, Connector(), NewFake())
	inv, err := decodeInvoice(answer(t, "invoice.json"))
	if err != nil {
		t.Fatal(err)
	}
	doc := inv.document(c, "ISK")
	if doc.Number != "1047" || doc.Status != "SENT" || doc.Amount.String() != "34800 ISK" || doc.Data["vat"] != "6263" || doc.Data["due_date"] != "2026-06-15" ||
		doc.Customer != "0b7c1a52-6a0e-4a53-9d0c-2f6a0f2f7c11" || !inv.liveClaim() {
		t.Errorf("%+v of %+v", doc, inv)
	}
	if inv, err = decodeInvoice(answer(t, "invoice-foreign.json")); err != nil {
		t.Fatal(err)
	}
	doc = inv.document(c, "EUR")
	if doc.Number != "1048" || doc.Amount.String() != "99.90 EUR" || doc.Data["vat"] != "19.34" || string(inv.Reference) != "71500322" || doc.Customer != "" || inv.liveClaim() {
		t.Errorf("%+v of %+v", doc, inv)
	}
	for _, body := range []string{``, `null`, `[]`, `"x"`, `{}`, `{"id":null}`, `{"id":""}`, `{"id":{}}`, `<html>`, `{"id":"x"`} {
		if _, err := decodeInvoice([]byte(body)); !errors.Is(err, errShape) {
			t.Errorf("%s is an invoice: %v", body, err)
		}
	}
}

func TestDecodeInvoices(t *testing.T) {
	t.Parallel()
	p, err := decodeInvoices(answer(t, "invoices.json"))
	if err != nil || len(p.rows) != 2 || p.total != 2 || p.page != 1 || p.last != 1 {
		t.Fatalf("%+v, %v", p, err)
	}
	if p.rows[0].Number.given || p.rows[1].Number.whole() != "1" || !json.Valid(p.rows[1].raw) {
		t.Errorf("rows %+v", p.rows)
	}
	for _, body := range []string{``, `{}`, `[]`, `{"invoices":null}`, `{"invoices":{}}`, `{"invoices":[null]}`, `{"invoices":[{"number":1}]}`, `{"invoices":["x"]}`} {
		if _, err := decodeInvoices([]byte(body)); !errors.Is(err, errShape) {
			t.Errorf("%s is a list of invoices: %v", body, err)
		}
	}
}

func TestDecodeCustomers(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		string(answer(t, "customers.json")): "c1 c2",
		`[{"id":"a"},{"id":"b"}]`:           "a b",
		`{"id":"a","ssn":""}`:               "a",
		`{"customers":[]}`:                  "",
		`{"customers":null}`:                "",
		`[]`:                                "",
		`{}`:                                "",
		`null`:                              "",
	}
	for body, want := range tests {
		rows, err := decodeCustomers([]byte(body))
		var ids []string
		for _, row := range rows {
			ids = append(ids, string(row.ID))
		}
		if err != nil || strings.Join(ids, " ") != want {
			t.Errorf("%s holds %q, %v", body, ids, err)
		}
	}
	for _, body := range []string{``, `x`, `"x"`, `[1]`, `{"customers":{}}`} {
		if rows, err := decodeCustomers([]byte(body)); err == nil {
			t.Errorf("%s holds %v", body, rows)
		}
	}
}

func TestDecodeCatalogs(t *testing.T) {
	t.Parallel()
	for _, body := range []string{`[0.00, 11.00, 24.00]`, `["0","11","24"]`, `[{"vatPercentage":0},{"percentage":11.0},{"rate":"24"}]`, `{"vat":[0,11,24],"total":3}`} {
		rates, err := decodeRates([]byte(body))
		if err != nil || len(rates) != 3 || !rates[2].Equal(decimal.NewFromInt(24)) {
			t.Errorf("%s: %v, %v", body, rates, err)
		}
	}
	for _, body := range []string{`{}`, `[null]`, `[{"name":"x"}]`, `{"a":[1],"b":[2]}`, ``} {
		if rates, err := decodeRates([]byte(body)); err == nil {
			t.Errorf("%s: %v", body, rates)
		}
	}
	for _, body := range []string{`["ISK","EUR"]`, `[{"code":"ISK","name":"Króna"},{"code":"EUR"}]`, `{"currencies":[{"currencyCode":"ISK"},{"currencyCode":"EUR"}]}`} {
		codes, err := decodeCurrencies([]byte(body))
		if err != nil || len(codes) != 2 {
			t.Errorf("%s: %v, %v", body, codes, err)
		}
	}
	for _, body := range []string{`[{"id":"a","title":"Kort"}]`, `{"paymentTypes":[{"id":"a","title":"Kort"}]}`} {
		types, err := decodePaymentTypes([]byte(body))
		if diff := cmp.Diff([]paymentType{{ID: "a", Title: "Kort"}}, types); err != nil || diff != "" {
			t.Errorf("%s: %v\n%s", body, err, diff)
		}
	}
}

func TestNumbers(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{`1`: "1", `1.50`: "1.5", `"2.0"`: "2", `-3e2`: "-300", `0.1`: "0.1", `12345678901234567.89`: "12345678901234567.89"} {
		var n number
		if err := json.Unmarshal([]byte(text), &n); err != nil || !n.given || n.String() != want {
			t.Errorf("%s is %s, %v", text, n, err)
		}
		out, err := json.Marshal(n)
		if err != nil || string(out) != want {
			t.Errorf("%s is written %s, %v", text, out, err)
		}
	}
	for _, text := range []string{`null`, `""`, `"x"`, `{}`, `[]`, `true`, `1e999999999`, `1e-999999999`, `"NaN"`, `11111111111111111111111111111111111111111`} {
		var n number
		if err := json.Unmarshal([]byte(text), &n); err != nil || n.given {
			t.Errorf("%s is %v, %v", text, n.given, err)
		}
	}
	if out, err := json.Marshal(number{}); err != nil || string(out) != "null" {
		t.Errorf("a missing number is written %s, %v", out, err)
	}
	half := number{decimal.New(5, -1), true}
	if half.whole() != "" {
		t.Error("half an invoice number")
	}
}

func FuzzDecodeInvoice(f *testing.F) {
	f.Add(answer(f, "invoice.json"))
	f.Add(answer(f, "invoice-foreign.json"))
	f.Add([]byte(`{"id":"x","amountIncludingVat":1e40,"customer":[1]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		inv, err := decodeInvoice(body)
		if err != nil {
			return
		}
		if inv.ID == "" {
			t.Fatal("an invoice without id")
		}
		// What was found is kept as the answer, and must read the same from there.
		again, err := decodeInvoice(inv.raw)
		if err != nil || again.ID != inv.ID || again.Reference != inv.Reference || again.Status != inv.Status || !again.Gross.Equal(inv.Gross.Decimal) {
			t.Fatalf("read again: %+v, %v", again, err)
		}
		_ = inv.Number.whole() + cutDate(inv.DueDate) + inv.amount("ISK").String() + inv.amount("EUR").String()
	})
}

func FuzzDecodeInvoices(f *testing.F) {
	f.Add(answer(f, "invoices.json"))
	f.Add([]byte(`{"invoices":[],"total":-1,"pages":1e30}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		p, err := decodeInvoices(body)
		if err != nil {
			return
		}
		if p.total < 0 || p.page < 0 || p.last < 0 {
			t.Fatalf("%+v", p)
		}
		for _, row := range p.rows {
			if row.ID == "" {
				t.Fatal("a row without id")
			}
		}
	})
}

func FuzzDecodeCustomers(f *testing.F) {
	f.Add(answer(f, "customers.json"))
	f.Add([]byte(`[{"id":1,"ssn":1201743399}]`))
	f.Fuzz(func(t *testing.T, body []byte) {
		rows, err := decodeCustomers(body)
		if err != nil {
			return
		}
		b := buyer{name: "Anna Lind", email: "anna@example.is", ssn: "1201743399"}
		for _, row := range rows {
			if row.ID == "" {
				t.Fatal("a customer without id")
			}
			if b.isSame(row) && row.SSN != "" {
				t.Fatal("one with a kennitala is taken for one without")
			}
		}
		var notes remarks
		if found := oldest(rows, b.isSame, &notes); found != nil && !b.isSame(*found) {
			t.Fatal("somebody else")
		}
	})
}

func FuzzReadError(f *testing.F) {
	for _, seed := range []string{`Plain text.`, `{"message":"x"}`, `{"errorCode":21018,"errorMessage":"y"}`, `{"error":"invalid_client","error_description":"z"}`, `"quoted"`, ``, `[1]`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		s := readError(body)
		if strings.TrimSpace(body) != "" && s.text == "" && body != `""` && !strings.Contains(body, `"`) {
			t.Fatalf("nothing is left of %q", body)
		}
	})
}

func FuzzDecodeCatalogs(f *testing.F) {
	f.Add([]byte(`[0.00, 11.00, 24.00]`))
	f.Add([]byte(`{"paymentTypes":[{"id":"a","title":"Kort"}]}`))
	f.Add([]byte(`[{"code":"ISK"}]`))
	f.Fuzz(func(_ *testing.T, body []byte) {
		_, _ = decodeRates(body)
		_, _ = decodeCurrencies(body)
		_, _ = decodePaymentTypes(body)
		_, _ = decodeCompany(body)
	})
}
