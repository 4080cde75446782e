package caspit

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/connector/connectortest"
	"github.com/tengi/tengi/connector/fake"
	"github.com/tengi/tengi/field"
	"github.com/tengi/tengi/internal/testutil"
	"github.com/tengi/tengi/mapping"
	"github.com/tengi/tengi/sale"
)

// filled is what a mapping that nobody has changed takes from a sale.
func filled(t *testing.T, set field.Set, given map[string]any, sold *sale.Sale) field.Values {
	t.Helper()
	fields, err := mapping.CompileFields(set, given, mapping.Scope{Sale: true})
	if err != nil {
		t.Fatal(err)
	}
	if faults := sold.Check(); len(faults) > 0 {
		t.Fatalf("the test's own sale: %v", faults)
	}
	env, err := mapping.NewEnv(tengi.Event{ID: 1, Type: "payment.completed", Object: "payment/1", Sale: sold, Data: json.RawMessage(`{}`)})
	if err != nil {
		t.Fatal(err)
	}
	env.Workspace, env.Now = israel(), connectortest.NewClock().Now()
	values, err := fields.Fill(env)
	if err != nil {
		t.Fatal(err)
	}
	return values
}

// paypalSale is what a PayPal payment knows: what was paid and for what, and nothing of VAT. It was made after midnight in Jerusalem.
func paypalSale(t *testing.T) *sale.Sale {
	t.Helper()
	total := dec(t, "180.00")
	return &sale.Sale{
		Reference: "1GH52670PL883904Y", Status: sale.Confirmed, Currency: "ILS", Total: total, VATIncluded: true,
		Customer: sale.Customer{Name: "Anna Lind", Email: "anna@example.com", Country: "IL", Address: "רחוב הגפן 7", City: "חיפה", PostCode: "3109601"},
		Lines:    []sale.Line{{Text: "סדנת בישול", Quantity: decimal.NewFromInt(2), UnitPrice: dec(t, "90.00"), Total: total}},
		Payments: []sale.Payment{{Amount: total, Method: "paypal", Fee: dec(t, "6.20"), Reference: "1GH52670PL883904Y", PaidAt: time.Date(2026, 6, 30, 22, 30, 0, 0, time.UTC)}},
	}
}

// The classic job: a PayPal payment is an invoice/receipt, closed and mailed, with nothing mapped by hand.
func TestPayPalPayment(t *testing.T) {
	d := setup(t)
	action := d.action("invoice.create")
	values := filled(t, action.Input, nil, paypalSale(t))
	total, err := action.Total(values)
	if err != nil || !total.Equal(ils(t, "180")) {
		t.Fatalf("total %s, %v", total, err)
	}
	doc, err := action.Do(t.Context(), d.client(), d.ref, values)
	if err != nil {
		t.Fatalf("%v (%s)", err, connector.AsError(err).Detail)
	}
	one := d.one()
	if one.TrxTypeID != 7 || one.Status != statusClosed || !one.Total.Equal(dec(t, "180")) || !one.VAT.Equal(dec(t, "27.46")) || one.Date != "2026-07-01" || one.Country != "ישראל" {
		t.Errorf("%+v", one)
	}
	if r := one.Receipts; len(r) != 1 || r[0].TypeID.IntPart() != fakePayPal || r[0].Reference != "1GH52670PL883904Y" || !r[0].Payment.Equal(dec(t, "180")) {
		t.Errorf("receipts %+v", r)
	}
	mails := d.caspit.Mails()
	if len(mails) != 1 || mails[0].To != "anna@example.com" || mails[0].Subject != "חשבונית מס/קבלה "+one.Number || mails[0].Draft {
		t.Errorf("mails %+v", mails)
	}
	if doc.Kind != tengi.Invoice || doc.Number != one.Number || !doc.Amount.Equal(total) || doc.Data["vat"] != "27.46" || doc.Data["mailed"] != "yes" || remarksOf(doc) != "" {
		t.Errorf("%+v", doc)
	}
}

// A sale without VAT in its prices, one with zero-rated lines, and one with a rate that is not Israel's.
func TestSalesWithVAT(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*sale.Sale)
		vat    string
		code   string
	}{
		"VAT on top": {change: func(s *sale.Sale) {
			s.VATIncluded, s.Lines[0].UnitPrice, s.Lines[0].Total = false, dec(t, "76.27"), dec(t, "152.54")
			s.Lines[0].VATRate, s.Lines[0].VATAmount = dec(t, "18"), dec(t, "27.46")
		}, vat: "27.46"},
		"zero-rated":   {change: func(s *sale.Sale) { s.Lines[0].VATCode = "zero" }, vat: "0"},
		"another rate": {change: func(s *sale.Sale) { s.Lines[0].VATRate, s.Lines[0].VATAmount = dec(t, "24"), dec(t, "34.84") }, code: codeVATRate},
		"paid in part": {change: func(s *sale.Sale) { s.Payments[0].Amount = dec(t, "100") }, code: codeUnpaid},
		"not paid":     {change: func(s *sale.Sale) { s.Payments = nil }, code: codeUnpaid},
		"krónur":       {change: func(s *sale.Sale) { s.Currency = "ISK" }, code: codeCurrency},
		"euro":         {change: func(s *sale.Sale) { s.Currency = "EUR" }, code: codeRate},
	} {
		t.Run(name, func(t *testing.T) {
			d := setup(t)
			sold := paypalSale(t)
			c.change(sold)
			action := d.action("invoice.create")
			_, err := action.Do(t.Context(), d.client(), d.ref, filled(t, action.Input, nil, sold))
			if c.code != "" {
				if e := connector.AsError(err); err == nil || e.Code != c.code || e.Kind != connector.Permanent {
					t.Errorf("%v, want %s", err, c.code)
				}
				if n := len(d.caspit.Documents()); n != 0 {
					t.Errorf("%d documents were made", n)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if one := d.one(); !one.Total.Equal(dec(t, "180")) || !one.VAT.Equal(dec(t, c.vat)) {
				t.Errorf("total %s, VAT %s", one.Total, one.VAT)
			}
		})
	}
}

// The payments decide when they are asked to.
func TestKindByPayment(t *testing.T) {
	t.Parallel()
	for paid, want := range map[string]int64{"180.00": invoiceReceipt.trxType, "100.00": taxInvoice.trxType, "": taxInvoice.trxType} {
		t.Run("paid "+paid, func(t *testing.T) {
			d := setup(t)
			payments := []any{}
			if paid != "" {
				payments = append(payments, payment(paid, "card", "", ""))
			}
			d.made("invoice.create", map[string]any{"kind": kindByPayment, "payments": payments})
			if one := d.one(); one.TrxTypeID != want {
				t.Errorf("type %d, want %d", one.TrxTypeID, want)
			}
		})
	}
}

// What is sent for every kind of document.
func TestRequests(t *testing.T) {
	d := setup(t)
	var got bytes.Buffer
	for i, c := range []struct {
		key     string
		changes map[string]any
	}{
		{"invoice.create", nil},
		{"invoice.create", map[string]any{"kind": "tax_invoice", "due_days": "30", "vat": "domestic", "customer_country": "GB", "send_email": false}},
		{"invoice.create", map[string]any{"currency": "USD", "exchange_rate": "3.654", "mail_language": "en", "mail_bcc": "books@example.com"}},
		{"receipt.create", map[string]any{"payments": []any{payment("100", "Bank transfer", "77", "2026-07-01"), payment("80", "card", "", "")}}},
		{"receipt.create", map[string]any{"kind": "donation_receipt", "send_email": false}},
		{"proforma.create", map[string]any{"send_email": false}},
		{"delivery.create", map[string]any{"close": "draft"}},
		{"credit.create", map[string]any{"original": "98/70001, 2026-06-01", "send_email": false}},
		{"credit.create", map[string]any{"kind": "refund_note", "original": "98/70001, 2026-06-01", "send_email": false}},
		{"contact.save", map[string]any{"contact_id": "customer-7"}},
	} {
		d.next(tengi.Ref(fmt.Sprintf("tengi-test-%04d", i)))
		d.made(c.key, c.changes)
		for _, call := range d.journal.Calls() {
			fmt.Fprintf(&got, "%s %s %s\n", call.Name, call.Method, call.URL[len(d.server.URL):])
			if len(call.Body) > 0 {
				if err := json.Indent(&got, call.Body, "", " "); err != nil {
					t.Fatal(err)
				}
				got.WriteByte('\n')
			}
		}
	}
	testutil.Golden(t, "requests", got.Bytes())
}

func TestDates(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		paid, given, want string
	}{
		{"2026-07-01", "", "2026-07-01"}, {"2026-06-28", "", "2026-06-28"}, {"2026-06-21", "", "2026-06-21"}, {"2026-06-20", "", ""}, {"2025-07-01", "", ""},
		{"2026-06-20", "2026-07-01", "2026-07-01"}, {"", "", "2026-07-01"}, {"2026-07-05", "", "2026-07-01"},
	} {
		t.Run(c.paid+" "+c.given, func(t *testing.T) {
			d := setup(t)
			changes := map[string]any{"payments": []any{payment("180", "card", "", c.paid)}, "document_date": c.given}
			if c.want == "" {
				_, err := d.do("invoice.create", changes)
				wantError(t, err, connector.Permanent, codeOldDate, "document_date")
				return
			}
			d.made("invoice.create", changes)
			if one := d.one(); one.Date != c.want || one.DueDate != c.want+"T00:00:00" {
				t.Errorf("date %s, due %s", one.Date, one.DueDate)
			}
		})
	}
}

func TestPaymentTypes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		method string
		types  map[string]any
		want   int64
	}{
		{"PayPal", nil, fakePayPal}, {"paypal_express", nil, fakePayPal}, {"CASH", nil, payCash}, {"העברה בנקאית", nil, payTransfer}, {"bank transfer", nil, payTransfer},
		{"Bit", nil, payBit}, {"check", nil, payCheque}, {"card", nil, payOther}, {"", nil, payOther},
		{"card", map[string]any{"CARD": "ישראכרט"}, 3}, {"card", map[string]any{"card": "3"}, 3}, {"paypal", map[string]any{"paypal": "אחר"}, payOther},
	} {
		t.Run(c.method, func(t *testing.T) {
			d := setup(t)
			d.made("receipt.create", map[string]any{"payments": []any{payment("180", c.method, "x", "")}, "payment_types": c.types})
			if got := d.one().Receipts[0].TypeID.IntPart(); got != c.want {
				t.Errorf("%q is %d, want %d", c.method, got, c.want)
			}
		})
	}
}

func TestPaymentTypesThatAreNotThere(t *testing.T) {
	d := setup(t, func(b *Behaviour) { b.NoPayPal = true })
	_, err := d.do("receipt.create", map[string]any{"payment_types": map[string]any{"PayPal": "Ripple"}})
	wantError(t, err, connector.Permanent, codePayment, "payment_types.PayPal")
	d.made("receipt.create", nil)
	if got := d.one().Receipts[0].TypeID.IntPart(); got != payOther {
		t.Errorf("PayPal without a kind of its own is %d", got)
	}
}

// A list of kinds of payment that is refused keeps no PayPal payment from its receipt; one that is not there for the moment is waited for.
func TestListOfPaymentTypesFails(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		fault fake.Fault
		kind  connector.Kind
	}{{fake.Fault{Kind: fake.Refuse, Status: 404}, -1}, {fake.Fault{Kind: fake.Fail}, connector.Temporary}} {
		t.Run(string(c.fault.Kind), func(t *testing.T) {
			d := setup(t)
			c.fault.Path, c.fault.Method = "/PaymentTypes", http.MethodGet
			d.caspit.Faults().Add(c.fault)
			_, err := d.do("receipt.create", nil)
			if c.kind < 0 && err != nil || c.kind >= 0 && (err == nil || connector.AsError(err).Kind != c.kind) {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestPaymentsThatCannotBe(t *testing.T) {
	t.Parallel()
	for code, payments := range map[string][]any{
		"negative":   {payment("200", "card", "", ""), payment("-20", "card", "", "")},
		codeFraction: {payment("180.0050", "card", "", "")},
		codeUnpaid:   {payment("0", "card", "", "")},
	} {
		t.Run(code, func(t *testing.T) {
			d := setup(t)
			_, err := d.do("receipt.create", map[string]any{"payments": payments})
			if e := connector.AsError(err); err == nil || e.Kind != connector.Permanent || e.Code != code {
				t.Errorf("%v", err)
			}
		})
	}
}

// A business that buys much needs an allocation number, which is Caspit's to get; a number that does not pass its check is pointed out.
func TestRemarksAboutBusinesses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		number, amount, kind string
		want                 string
	}{
		{"516179157", "5900.00", "tax_invoice", ""},
		{"516179157", "5900.02", "tax_invoice", "This invoice needs an allocation number (מספר הקצאה): see in Caspit that it has one."},
		{"123456789", "100.00", "tax_invoice", "The customer's business number does not pass its check digit."},
		{"", "50000.00", "tax_invoice", ""},
	} {
		t.Run(c.number+" "+c.amount, func(t *testing.T) {
			d := setup(t)
			doc := d.made("invoice.create", map[string]any{"kind": c.kind, "customer_tax_id": c.number, "lines": []any{line("ייעוץ", "1", c.amount)}})
			if got := remarksOf(doc); got != c.want {
				t.Errorf("remarks %q, want %q", got, c.want)
			}
		})
	}
}

// The rounding of the service makes no difference to what is paid.
func TestRoundedLines(t *testing.T) {
	d := setup(t, func(b *Behaviour) { b.RoundLines = true })
	d.made("invoice.create", map[string]any{
		"lines":    []any{line("א", "3", "10.00"), line("ב", "7", "99.99"), line("ג", "1", "0.01")},
		"payments": []any{payment("110.00", "paypal", "", "")},
	})
	if one := d.one(); !one.Total.Equal(dec(t, "110")) {
		t.Errorf("total %s", one.Total)
	}
}
