package bokun

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/connector/connectortest"
	"github.com/tengi/tengi/sale"
)

// decoded reads JSON as an answer of Bókun's is read.
func decoded[T any](t *testing.T, raw string) *T {
	t.Helper()
	var v T
	if err := json.Unmarshal([]byte(raw), &v); err != nil {
		t.Fatal(err)
	}
	return &v
}

func TestTravellerDetails(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, customer string
		want           sale.Customer
	}{
		{"hidden, though something is filled in", `{"firstName":"Anna","email":"anna@example.com","phoneNumber":"+46700000000","contactDetailsHidden":true}`, sale.Customer{Name: "Anna", Language: "en"}},
		{"only an organisation", `{"organization":"Fjörður Tours ehf","contactDetailsHidden":false}`, sale.Customer{Name: "Fjörður Tours ehf", Company: true, Language: "en"}},
		{"nothing", `null`, sale.Customer{Name: "www.example.is FJR-1", Language: "en"}},
		{"address", `{"lastName":"Lind","address":"Hafnargata 1","postCode":101,"place":"Reykjavík","country":"is","language":"IS_is"}`,
			sale.Customer{Name: "Lind", Address: "Hafnargata 1", PostCode: "101", City: "Reykjavík", Country: "IS", Language: "is"}},
		{"nonsense codes", `{"lastName":"Lind","country":"Ísland","language":"1"}`, sale.Customer{Name: "Lind"}},
	} {
		b := &booking{Code: "FJR-1", Language: "EN", Channel: &channel{Title: "www.example.is"}, Customer: decoded[traveller](t, tc.customer)}
		if tc.customer == `null` {
			b.Customer = nil
		}
		if diff := cmp.Diff(tc.want, b.traveller()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tc.name, diff)
		}
	}
}

func TestPhone(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ number, code, want text }{
		{"+46700000000", "", "+46700000000"}, {"SE+46700000000", "", "+46700000000"}, {"7754100", "354", "+354 7754100"}, {"7754100", "+354", "+354 7754100"},
		{"7754100", "00354", "+354 7754100"}, {"003547754100", "354", "003547754100"}, {"7754100", "IS", "7754100"}, {"7754100", "", "7754100"}, {"", "354", ""},
	} {
		if got := phone(tc.number, tc.code); got != string(tc.want) {
			t.Errorf("phone(%q, %q) = %q, want %q", tc.number, tc.code, got, tc.want)
		}
	}
}

// TestSellerInvoices: only those that we issued are ours to send, in the order of the items, and all in one currency.
func TestSellerInvoices(t *testing.T) {
	t.Parallel()
	all := decoded[invoices](t, `{"sellerInvoices":{
		"100":{"activeSellerInvoice":{"id":3,"issuerVendorId":3038,"currency":"ISK","total":"30","lineItems":[]}},
		"99":{"activeSellerInvoice":{"id":2,"issuerVendorId":3038,"currency":"ISK","total":"20","lineItems":[]}},
		"98":{"activeSellerInvoice":{"id":1,"issuerVendorId":34,"currency":"EUR","total":"10","lineItems":[]}},
		"97":{"activeSellerInvoice":null}}}`)
	ids := func(bills []*newBill) (list []id) {
		for _, b := range bills {
			list = append(list, b.ID)
		}
		return list
	}
	if diff := cmp.Diff([]id{2, 3}, ids(all.sellerBills(3038))); diff != "" {
		t.Errorf("ours (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]id{1, 2, 3}, ids(all.sellerBills(0))); diff != "" {
		t.Errorf("all (-want +got):\n%s", diff)
	}
	w := &work{booking: &booking{}, invoices: all, payer: payer{invoice: "seller"}, vendor: 3038}
	b, err := w.bill()
	if err != nil || !b.total.Equal(decimal.NewFromInt(50)) || b.currency != "ISK" {
		t.Errorf("bill = %+v, %v", b, err)
	}
	w.vendor = 0
	if _, err := w.bill(); connector.AsError(err).Code != "currency_mixed" || err == nil {
		t.Errorf("two currencies: %v", err)
	}
}

// TestLastCustomerInvoice: of the invoices that were replaced, the newest that came to something, wherever it stands in the list.
func TestLastCustomerInvoice(t *testing.T) {
	t.Parallel()
	all := decoded[invoices](t, `{"historicCustomerInvoices":[{"id":1,"issued":1000,"total":"10"},{"id":3,"issued":3000,"total":"30"},{"id":4,"issued":4000,"total":"0"},{"id":2,"issued":2000,"total":"20"}]}`)
	if last := all.lastCustomer(); last == nil || last.ID != 3 {
		t.Errorf("last = %+v", last)
	}
	if last := (&invoices{}).lastCustomer(); last != nil {
		t.Errorf("last of none = %+v", last)
	}
}

// TestOldFees: v1 states fees on the invoice of an item, on the whole, or on both, where the whole sums up its parts.
func TestOldFees(t *testing.T) {
	t.Parallel()
	line := `"lineItems":[{"title":"Adults","quantity":1,"unitPrice":1000.0,"total":1000.0,"totalDiscounted":1000.0}]`
	for name, tc := range map[string]struct {
		raw  string
		want string
	}{
		"on the item":  {`{"currency":"ISK","totalDueAsMoney":{"amount":1100.0},"productInvoices":[{"totalFeesAsMoney":{"amount":100.0},` + line + `}]}`, "1100"},
		"on the whole": {`{"currency":"ISK","totalDueAsMoney":{"amount":1100.0},"totalFeesAsMoney":{"amount":100.0},"productInvoices":[{` + line + `}]}`, "1100"},
		"on both":      {`{"currency":"ISK","totalDueAsMoney":{"amount":1100.0},"totalFeesAsMoney":{"amount":100.0},"productInvoices":[{"totalFeesAsMoney":{"amount":100.0},` + line + `}]}`, "1100"},
	} {
		b, err := decoded[oldBill](t, tc.raw).bill("customer", false)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		p, err := newPricing(b.currency, nil)
		if err != nil {
			t.Fatal(err)
		}
		out, err := p.price(b)
		if err != nil || out.total.String() != tc.want || len(out.lines) != 2 {
			t.Errorf("%s: %+v, %v", name, out, err)
		}
	}
}

// TestOldTotals: which of v1's totals says what is owed, from the surest down.
func TestOldTotals(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ kind, raw, want string }{
		{"customer", `{"totalDueAsMoney":{"amount":1.0},"totalDiscountedAsMoney":{"amount":2.0},"totalAsMoney":{"amount":3.0}}`, "1"},
		{"customer", `{"totalWithExcludedTaxAsMoney":{"amount":4.0},"totalDiscountedAsMoney":{"amount":2.0},"totalAsMoney":{"amount":3.0}}`, "4"},
		{"agent", `{"totalDiscountedAsMoney":{"amount":2.0},"totalAsMoney":{"amount":3.0}}`, "2"},
		{"seller", `{"totalDiscountedAsMoney":{"amount":2.0},"totalAsMoney":{"amount":3.0},"total":3.0}`, "3"},
		{"customer", `{"total":5}`, "5"},
	} {
		b, err := decoded[oldBill](t, tc.raw).bill(tc.kind, tc.kind != "customer")
		if err != nil || b.total.String() != tc.want {
			t.Errorf("%s %s: %v, %v; want %s", tc.kind, tc.raw, b, err, tc.want)
		}
	}
	b, err := decoded[oldBill](t, `{"currency":"ISK"}`).bill("customer", false)
	if err != nil || b.total.set {
		t.Fatalf("no total: %+v, %v", b, err)
	}
	if _, err := (&pricing{}).price(b); connector.AsError(err).Code != "no_total" || err == nil {
		t.Errorf("an invoice without a total: %v", err)
	}
	if _, err := decoded[oldBill](t, `{"lineItems":[{"title":"Adults","quantity":1}]}`).bill("customer", false); connector.AsError(err).Code != "no_total" || err == nil {
		t.Errorf("a line without a total: %v", err)
	}
}

// TestEffectiveStatus: an item that says nothing of itself is where the booking is; without items the booking speaks for itself.
func TestEffectiveStatus(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		own   text
		items []text
		want  sale.Status
	}{
		{"CONFIRMED", nil, sale.Confirmed}, {"CANCELLED", nil, sale.Cancelled}, {"CONFIRMED", []text{""}, sale.Confirmed}, {"CONFIRMED", []text{"CANCELLED", ""}, sale.Confirmed},
		{"CONFIRMED", []text{"CANCELLED", "CANCELLED"}, sale.Cancelled}, {"RESERVED", []text{"CONFIRMED", "REQUESTED"}, sale.Confirmed},
		{"CONFIRMED", []text{"CANCELLED", "REQUESTED"}, sale.Pending}, {"CONFIRMED", []text{"TIMEOUT", "NO_SHOW"}, sale.Confirmed},
	} {
		items := make([]item, len(tc.items))
		for i, status := range tc.items {
			items[i].Status = status
		}
		if got, err := effectiveStatus(tc.own, items); err != nil || got != tc.want {
			t.Errorf("%s %v: %s, %v; want %s", tc.own, tc.items, got, err, tc.want)
		}
	}
	for _, own := range []text{"", "confirmed", "TELEPORTED"} {
		if got, err := effectiveStatus(own, nil); err == nil {
			t.Errorf("%q is %s", own, got)
		}
	}
}

// TestDays: the printed date needs no time zone; a point in time is read by the clocks of the place.
func TestDays(t *testing.T) {
	t.Parallel()
	warsaw, err := time.LoadLocation("Europe/Warsaw")
	if err != nil {
		t.Fatal(err)
	}
	late := moment{time.Date(2026, 7, 10, 22, 30, 0, 0, time.UTC)}
	for _, tc := range []struct {
		it         item
		start, end string
	}{
		{item{DateString: "Fri 10.Jul 2026", StartsAt: late}, "2026-07-10", ""},
		{item{DateString: "fös. 10.júl. 2026", StartsAt: late}, "2026-07-11", ""},
		{item{StartsAt: late, EndsAt: late}, "2026-07-11", "2026-07-11"},
		{item{Date: late}, "2026-07-10", ""},
		{item{StartDate: late, EndDate: late}, "2026-07-10", "2026-07-10"},
		{item{}, "", ""},
	} {
		if start, end := tc.it.start(warsaw), tc.it.end(warsaw); start != tc.start || end != tc.end {
			t.Errorf("%+v: %s to %s, want %s to %s", tc.it, start, end, tc.start, tc.end)
		}
	}
}

// TestDateIsUTC: the date is signed in UTC, whatever the zone of the machine.
func TestDateIsUTC(t *testing.T) {
	t.Parallel()
	zone := time.FixedZone("far east", 9*60*60)
	at := time.Date(2026, 7, 2, 3, 0, 0, 0, zone)
	var sent string
	c := connectortest.Client(t, Connector(), NewFake(), func(cfg *connector.ClientConfig) { cfg.Now = func() time.Time { return at } },
		connectortest.WithHTTP(roundTrip(func(r *http.Request) (*http.Response, error) {
			sent = r.Header.Get("X-Bokun-Date")
			return &http.Response{StatusCode: http.StatusNotFound, Header: http.Header{}, Body: http.NoBody}, nil
		})))
	if _, err := c.Read(t.Context(), connector.Request{Path: "/booking.json/booking/1"}); err == nil {
		t.Error("404 is no error")
	}
	if want := "2026-07-01 18:00:00"; sent != want {
		t.Errorf("X-Bokun-Date = %q, want %q", sent, want)
	}
}
