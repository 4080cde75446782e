package caspit

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func answer(t testing.TB, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "answers", name))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestDecodeDocument(t *testing.T) {
	t.Parallel()
	d, err := decodeDocument(answer(t, "document.json"))
	if err != nil {
		t.Fatal(err)
	}
	if d.Number != "98/70001" || !d.is(statusClosed) || d.state() != "closed" || d.day() != "2026-07-01" || !d.Total.Equal(dec(t, "180")) || !d.Payment.Equal(dec(t, "180")) {
		t.Errorf("%+v", d)
	}
	if len(d.Lines) != 1 || !d.Lines[0].UnitPrice.Equal(dec(t, "152.5424")) || !d.Lines[0].ChargeVAT || len(d.ReceiptLines) != 1 || d.ReceiptLines[0].Reference != "1GH52670PL883904Y" {
		t.Errorf("lines %+v, receipts %+v", d.Lines, d.ReceiptLines)
	}
	if k, known := kindOf(d.TrxTypeID); !known || k != invoiceReceipt {
		t.Errorf("kind %+v", k)
	}
	for _, bad := range []string{"", "null", "{}", `"Document sent"`, `[{"DocumentId":"x"}]`, `{"DocumentId":null}`, "<html>"} {
		if _, err := decodeDocument([]byte(bad)); err == nil {
			t.Errorf("%q is taken for a document", bad)
		}
	}
}

// A draft is one only when it is said: a status that is missing, or null, is neither draft nor closed.
func TestStatus(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"0": "draft", "2": "closed", `"2"`: "closed", "2.0": "closed", "1": "status 1", "null": "", `"x"`: ""} {
		d, err := decodeDocument([]byte(`{"DocumentId":"x","Status":` + text + `}`))
		if err != nil || d.state() != want {
			t.Errorf("%s is %q, %v", text, d.state(), err)
		}
	}
}

// The link of a document is shown only when it works without the login's token.
func TestPage(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"https://app.caspit.biz/view/7": "https://app.caspit.biz/view/7", "https://app.caspit.biz/view?Token=8F2C": "", "": "", "javascript:alert(1)": "", "http://app.caspit.biz/view/7": "",
	} {
		if got := (document{ViewURL: words(address)}).page(); got != want {
			t.Errorf("%q is shown as %q", address, got)
		}
	}
}

func TestDecodeRows(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"in pages": string(answer(t, "vatrate.json")), "as they are": `[{"vatratepercent":"18"}]`,
	} {
		rows, err := decodeRows([]byte(text))
		if err != nil || len(rows) != 1 || !dec(t, rows[0].text("VatRatePercent")).Equal(dec(t, "18")) {
			t.Errorf("%s: %v, %v", name, rows, err)
		}
	}
	if rows, err := decodeRows([]byte(`{"Results":[]}`)); err != nil || len(rows) != 0 {
		t.Errorf("an empty list is %v, %v", rows, err)
	}
	for _, bad := range []string{"", "{}", `"x"`, "[1]", `{"Results":null}`} {
		if _, err := decodeRows([]byte(bad)); err == nil {
			t.Errorf("%q is taken for a list", bad)
		}
	}
}

func TestNumbersStayExact(t *testing.T) {
	t.Parallel()
	var n number
	for text, want := range map[string]string{"180.0000": "180", `"0.1"`: "0.1", "1e2": "100", "152.5424": "152.5424", "-0.01": "-0.01"} {
		if err := json.Unmarshal([]byte(text), &n); err != nil || !n.given || !n.Equal(dec(t, want)) {
			t.Errorf("%s is %v, %v", text, n, err)
		}
	}
	for _, bad := range []string{"null", "true", `""`, `"x"`, "[]", "{}", "1e999999999", strings.Repeat("9", 41)} {
		if err := json.Unmarshal([]byte(bad), &n); err != nil || n.given {
			t.Errorf("%s is %v, %v", bad, n, err)
		}
	}
	if text, err := json.Marshal([]number{exactly(dec(t, "152.5424")), {}}); err != nil || string(text) != "[152.5424,null]" {
		t.Errorf("%s, %v", text, err)
	}
}

func TestCut(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text  string
		limit int
		want  string
	}{{" שלום ", 4, "שלום"}, {"שלום לך", 5, "שלום…"}, {"", 3, ""}} {
		if got := cut(c.text, c.limit); got != c.want {
			t.Errorf("%q at %d is %q", c.text, c.limit, got)
		}
	}
}

// Whatever comes as an answer, nothing panics, and what is made of it can be written.
func FuzzAnswer(f *testing.F) {
	f.Add(answer(f, "document.json"))
	f.Add(answer(f, "vatrate.json"))
	f.Add([]byte(`{"Message":"Document x already exists in Caspit"}`))
	f.Add([]byte(`"800c73ea-0264-4bb8-9d94-6d44e951eff8"`))
	f.Fuzz(func(t *testing.T, body []byte) {
		_ = said(string(body))
		if rows, err := decodeRows(body); err == nil {
			for _, r := range rows {
				_ = r.text("Name", "PaymentTypeId")
			}
		}
		d, err := decodeDocument(body)
		if err != nil {
			return
		}
		if len(d.day()) > 10 {
			t.Errorf("a day is %q", d.day())
		}
		if _, err := json.Marshal(d.document("invoice", ils(t, "1"))); err != nil {
			t.Errorf("the document cannot be written: %v", err)
		}
		if _, err := json.Marshal(d); err != nil {
			t.Errorf("what was read cannot be written: %v", err)
		}
	})
}
