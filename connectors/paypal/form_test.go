package paypal

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/sale"
)

func TestParseForm(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, body, otherwise, field, want string }{
		{"latin", "charset=windows-1252&n=Zo%E9+%80", "", "n", "Zoé €"},
		{"hebrew", "n=%F9%EC%E5%ED&charset=windows-1255", "", "n", "שלום"},
		{"hebrew by default", "n=%F9%EC%E5%ED", "windows-1255", "n", "שלום"},
		{"hebrew of DOS", "charset=ibm-862&n=%99%8C%85%8D", "", "n", "שלום"},
		{"hebrew of ISO", "charset=ISO-8859-8&n=%F9%EC%E5%ED", "", "n", "שלום"},
		{"utf-8", "charset=UTF-8&n=%D7%A9%D7%9C%D7%95%D7%9D", "windows-1252", "n", "שלום"},
		{"utf-8 that is none", "charset=UTF-8&n=Zo%E9!", "", "n", "Zo\ufffd!"},
		{"a byte that means nothing", "charset=windows-1255&n=a%D9b", "", "n", "a\ufffdb"},
		{"russian", "charset=KOI8_R&n=%C4%C1", "", "n", "да"},
		{"japanese", "charset=Shift_JIS&n=%93%FA%96%7B", "", "n", "日本"},
		{"unknown", "charset=UTF-7&n=%E9", "windows-1252", "n", "é"},
		{"unknown twice", "charset=klingon&n=%E9", "ferengi", "n", "é"},
		{"a default that names none", "n=%E9", "", "n", "é"},
		{"semicolon", "n=a;b&c=1", "", "n", "a;b"},
		{"broken escape", "n=%u010D%zz%4", "", "n", "%u010D%zz%4"},
		{"plus and percent", "n=a%2Bb+c%25", "", "n", "a+b c%"},
		{"twice", "n=1&n=2", "", "n", "1"},
		{"equals signs", "n=a=b", "", "n", "a=b"},
		{"without a value", "n&m=1", "", "n", ""},
		{"line breaks", "n=%0D%0Aa%0D%0Ab%0Ac%09%00d", "", "n", "a, b, c d"},
		{"wide blanks", "n=+a++b+", "", "n", "a b"},
		{"too long a value", "n=" + strings.Repeat("x", 3000), "", "n", strings.Repeat("x", maxValue)},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			m, err := parseForm([]byte(tc.body), tc.otherwise)
			if err != nil {
				t.Fatal(err)
			}
			if got := m.get(tc.field); got != tc.want {
				t.Errorf("%q, want %q", got, tc.want)
			}
		})
	}
	for name, body := range map[string]string{"300 KB": strings.Repeat("x", 300<<10), "6000 fields": strings.Repeat("a=1&", 6000)} {
		if _, err := parseForm([]byte(body), ""); err == nil {
			t.Errorf("%s is read", name)
		}
	}
}

func TestParseDate(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"02:14:37 Nov 22, 2026 PST": "2026-11-22T10:14:37Z",
		"23:58:12 Nov 30, 2026 PST": "2026-12-01T07:58:12Z",
		"23:58:12 Jul 02, 2026 PDT": "2026-07-03T06:58:12Z",
		"23:58:12 Jul 2, 2026 PDT":  "2026-07-03T06:58:12Z",
		"03:58:12 Jul. 2, 2026 PDT": "2026-07-02T10:58:12Z",
		"03:58:12 Jul 2, 2026 MST":  "2026-07-02T10:58:12Z",
		"03:58:12 Jul 2, 2026 GMT":  "2026-07-02T03:58:12Z",
		"00:30:00 Dec 31, 2026 PST": "2026-12-31T08:30:00Z",
		"02:30:00 Mar 08, 2026 PST": "2026-03-08T10:30:00Z", // skipped by the clock, and still exact
		"03:58:12 Jul 2, 2026 XYZ":  "",
		"03:58:12 Jul 32, 2026 PDT": "",
		"03:58:12 Jul 2, 1997 PDT":  "",
		"N/A":                       "",
		"":                          "",
		" PST":                      "",
		"Thu Jul 02 2026 03:58:12 GMT+0000 (Coordinated Universal Time)": "",
	} {
		at, ok := parseDate(given)
		if got := at.Format(time.RFC3339); ok != (want != "") || ok && got != want {
			t.Errorf("%q is %s %t, want %s", given, got, ok, want)
		}
	}
}

// TestPacific: the stand-in writes dates as PayPal does, and they are read as what they were, across the changes of the clock.
func TestPacific(t *testing.T) {
	t.Parallel()
	for at := time.Date(2026, 1, 1, 0, 17, 0, 0, time.UTC); at.Year() < 2028; at = at.Add(7 * time.Hour) {
		if read, ok := parseDate(pacific(at)); !ok || !read.Equal(at) {
			t.Fatalf("%s is written %s and read %s", at, pacific(at), read)
		}
	}
	for at, want := range map[time.Time]string{
		time.Date(2026, 3, 8, 9, 59, 0, 0, time.UTC): "01:59:00 Mar 08, 2026 PST", time.Date(2026, 3, 8, 10, 1, 0, 0, time.UTC): "03:01:00 Mar 08, 2026 PDT",
		time.Date(2026, 11, 1, 8, 59, 0, 0, time.UTC): "01:59:00 Nov 01, 2026 PDT", time.Date(2026, 11, 1, 9, 1, 0, 0, time.UTC): "01:01:00 Nov 01, 2026 PST",
	} {
		if got := pacific(at); got != want {
			t.Errorf("%s is written %s, want %s", at, got, want)
		}
	}
}

// TestPieces: a unit price is exact or there is none.
func TestPieces(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		quantity, total, currency string
		want                      string
	}{
		{"1", "10", "EUR", "Oil 1 x 10"}, {"3", "10", "EUR", "3 × Oil 1 x 10"}, {"3", "9.99", "EUR", "Oil 3 x 3.33"}, {"0", "10", "EUR", "Oil 1 x 10"},
		{"-2", "10", "EUR", "Oil 1 x 10"}, {"4", "10", "HUF", "4 × Oil 1 x 10"}, {"4", "12", "JPY", "Oil 4 x 3"}, {"2.5", "10", "EUR", "2.5 × Oil 1 x 10"},
		{"8", "0.01", "EUR", "8 × Oil 1 x 0.01"},
	} {
		l := pieces("Oil", "", dec(tc.quantity), dec(tc.total), tc.currency)
		if got := l.Text + " " + l.Quantity.String() + " x " + l.UnitPrice.String(); got != tc.want || !l.Total.Equal(dec(tc.total)) || !l.Quantity.Mul(l.UnitPrice).Equal(l.Total) {
			t.Errorf("%s for %s %s: %s = %s", tc.quantity, tc.total, tc.currency, got, l.Total)
		}
	}
}

func TestLines(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, body, want string }{
		{"single", "mc_gross=120&item_name=Oil&quantity=2&shipping=20", "Oil 2 x 50; Shipping 1 x 20"},
		{"single with tax inside", "mc_gross=118&item_name=Oil&tax=18", "Oil 1 x 118"},
		{"single with everything", "mc_gross=130&item_name=Oil&shipping=10&handling_amount=5&insurance_amount=5&option_name1=Size&option_selection1=L&option_selection2=gift",
			"Oil (Size: L, gift) 1 x 110; Shipping 1 x 10; Handling 1 x 5; Insurance 1 x 5"},
		{"single with the cart's names", "mc_gross=120&item_name=Oil&mc_shipping=20", "Oil 1 x 100; Shipping 1 x 20"},
		{"only shipping", "mc_gross=20&item_name=Oil&shipping=20", "Oil 1 x 20"},
		{"nameless", "mc_gross=20", "Payment by PayPal 1 x 20"},
		{"cart with shipping inside", "mc_gross=142&item_name1=Oil&quantity1=3&mc_gross_1=142&mc_shipping1=10&mc_shipping=10", "Oil 3 x 44; Shipping 1 x 10"},
		{"cart with more shipping than price", "mc_gross=15&item_name1=A&mc_gross_1=5&mc_shipping1=10&item_name2=B&mc_gross_2=10", "A 1 x 5; B 1 x 10"},
		{"cart with shipping beside", "mc_gross=120&item_name1=Oil&mc_gross_1=100&mc_shipping=20", "Oil 1 x 100; Shipping 1 x 20"},
		{"cart with tax beside", "mc_gross=138&item_name1=Oil&mc_gross_1=100&mc_shipping=20&tax=18", "Oil 1 x 100; Shipping 1 x 20; Tax 1 x 18"},
		{"cart with each item's tax", "mc_gross=138&item_name1=Oil&mc_gross_1=100&mc_shipping=20&tax=18&tax1=18", "Oil 1 x 118; Shipping 1 x 20"},
		{"cart with tax inside", "mc_gross=120&item_name1=Oil&mc_gross_1=100&mc_shipping=20&tax=18", "Oil 1 x 100; Shipping 1 x 20"},
		{"cart with shipping of the whole inside", "mc_gross=118&item_name1=Oil&mc_gross_1=100&mc_shipping=20&tax=18", "Oil 1 x 100; Tax 1 x 18"},
		{"cart with a discount", "mc_gross=90&item_name1=Oil&mc_gross_1=100&discount=8&shipping_discount=2", "Oil 1 x 100; Discount 1 x -10"},
		{"cart of the simulator", "mc_gross=90&item_name1=Oil&mc_gross1=90", "Oil 1 x 90"},
		{"cart that begins at 2", "mc_gross=98&item_name2=Honey&mc_gross_2=98&item_number2=H", "Honey 1 x 98"},
		{"cart in order", "mc_gross=60&item_name10=C&mc_gross_10=30&item_name9=B&mc_gross_9=20&item_name1=A&mc_gross_1=10", "A 1 x 10; B 1 x 20; C 1 x 30"},
		{"cart that does not add up", "mc_gross=99&item_name1=A&mc_gross_1=10&item_name2=B&mc_gross_2=20", "A, B 1 x 99"},
		{"cart of nameless items", "mc_gross=30&mc_gross_1=10&mc_gross_2=20&item_number2=HON", "Payment by PayPal 1 x 10; HON 1 x 20"},
		{"numbers that are none", "mc_gross=30&item_name=Oil&item_name0=x&item_name01=y&mc_gross_99999=1", "Oil 1 x 30"},
	} {
		m, err := parseForm([]byte(tc.body), "")
		if err != nil {
			t.Fatal(err)
		}
		lines, _, err := m.soldLines(words{payment: "Payment by PayPal", shipping: "Shipping", handling: "Handling", insurance: "Insurance", tax: "Tax", discount: "Discount"}, "EUR")
		if err != nil {
			t.Errorf("%s: %v", tc.name, err)
			continue
		}
		var got []string
		for _, l := range lines {
			got = append(got, l.Text+" "+l.Quantity.String()+" x "+l.UnitPrice.String())
		}
		if diff := cmp.Diff(tc.want, strings.Join(got, "; ")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tc.name, diff)
		}
		if !adds(lines, dec(m.get("mc_gross"))) {
			t.Errorf("%s: the lines do not come to the amount", tc.name)
		}
	}
}

// TestReceive: what is kept, under which name, and what is sent away.
func TestReceive(t *testing.T) {
	b := setup(t)
	paid := must(b.fake.Pay(Order{}))
	first := b.receive(paid.IPN)[0]
	if first.Type != typeNotice || !strings.HasPrefix(first.Object, "notice/") || !first.NeedsLoad || !first.ReceivedAt.Equal(b.clock.Now()) {
		t.Errorf("%+v", first)
	}
	// A forged message of the same transaction must not take the place of the real one.
	forged := b.receive(Notice{Header: paid.IPN.Header, Body: append(slices.Clone(paid.IPN.Body), "&x=1"...)})[0]
	if forged.Dedupe == first.Dedupe || forged.Object == first.Object {
		t.Errorf("%+v", forged)
	}
	// Nor a webhook with another signature, which may be the real one sent again after it was mended.
	again := Notice{Header: paid.Webhook.Header.Clone(), Body: paid.Webhook.Body}
	again.Header.Set(headerSig, "other")
	if x, y := b.receive(paid.Webhook)[0], b.receive(again)[0]; x.Dedupe == y.Dedupe {
		t.Errorf("%+v", x)
	}
	for name, n := range map[string]Notice{
		"empty": {}, "text": {Body: []byte("hello")}, "another form": {Body: []byte("a=1&txn_id=5")}, "unsigned JSON": {Body: []byte(`{"event_type":"PAYMENT.CAPTURE.COMPLETED","resource":{}}`)},
	} {
		if events, err := receive(b.inbound(n)); !connector.IsUnverified(err) || events != nil {
			t.Errorf("%s: %v, %v", name, events, err)
		}
	}
	for name, body := range map[string]string{"broken JSON": `{"event_type":`, "JSON of something else": `{"a":1}`, "300 KB": "verify_sign=A&" + strings.Repeat("x", 300<<10)} {
		n := Notice{Header: paid.Webhook.Header, Body: []byte(body)}
		if events, err := receive(b.inbound(n)); err == nil || connector.IsUnverified(err) || events != nil {
			t.Errorf("%s: %v, %v; want it kept as not understood", name, events, err)
		}
	}
	for kind := range silent {
		n := Notice{Body: []byte("verify_sign=A&payment_status=Completed&txn_type=" + kind)}
		if events, err := receive(b.inbound(n)); err != nil || len(events) != 0 {
			t.Errorf("%s: %v, %v", kind, events, err)
		}
	}
}

// FuzzReceive: no bytes make receiving or reading panic, nothing that was not confirmed becomes an event, and what a reading gives adds up.
func FuzzReceive(f *testing.F) {
	for _, name := range []string{"cart", "refund", "hebrew"} {
		body, err := os.ReadFile("testdata/" + name + ".ipn")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(body, "sig")
	}
	for _, body := range []string{"", "{", `{"event_type":"PAYMENT.CAPTURE.REFUNDED","resource":{"links":[{"rel":"up","href":"%"}]}}`, "verify_sign=%&mc_gross_1=1&%00=%", "charset=UTF-16&verify_sign=1&item_name1=%D8"} {
		f.Add([]byte(body), "")
	}
	f.Fuzz(func(t *testing.T, body []byte, sig string) {
		in := &connector.Inbound{Body: body, Header: map[string][]string{headerSig: {sig}, headerID: {sig}}, Account: &tengi.Account{}}
		events, err := receive(in)
		for _, e := range events {
			if err != nil || !e.NeedsLoad || e.Sale != nil || e.Data != nil || e.Dedupe == "" || !utf8.ValidString(e.Object+e.Dedupe+e.Type) {
				t.Errorf("%+v, %v", e, err)
			}
		}
		m, err := parseForm(body, "windows-1255")
		if err != nil {
			return
		}
		for name, value := range m.fields {
			if !utf8.ValidString(name) || !utf8.ValidString(value) || strings.ContainsAny(value, "\r\n") {
				t.Errorf("%q = %q", name, value)
			}
		}
		gross, err := amount(m.get("mc_gross"))
		if err != nil {
			return
		}
		lines, _, err := m.soldLines(words{payment: "Payment"}, "ILS")
		if err == nil && len(lines) <= sale.MaxLines && !adds(lines, gross) {
			t.Errorf("lines %+v do not come to %s", lines, gross)
		}
	})
}

// FuzzParseDate: no text makes it panic, and what it reads lies in its own century.
func FuzzParseDate(f *testing.F) {
	f.Add("02:14:37 Nov 22, 2026 PST")
	f.Add("N/A")
	f.Fuzz(func(t *testing.T, given string) {
		if at, ok := parseDate(given); ok && (at.Year() < 1997 || at.Year() > 10000) {
			t.Errorf("%q is %s", given, at)
		}
	})
}
