package bokun

import (
	"strings"
	"testing"

	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/connector/connectortest"
	"github.com/tengi/tengi/field"
)

func TestPayers(t *testing.T) {
	t.Parallel()
	agent := func() *Partner {
		return &Partner{ID: 8, Title: "Norðurskrifstofa", TaxID: "410101-0179", Commission: "20"}
	}
	noCommission := agent()
	noCommission.Commission = ""
	reseller := &Partner{ID: 34, Title: "Suðurferðir ehf", TaxID: "560269-3829", Commission: "15"}
	ota := Order{Channel: "Viator.com", Guest: Guest{Hidden: true}}
	for _, tc := range []struct {
		name    string
		order   Order
		raw     map[string]any
		who     string
		total   string
		nothing string
	}{
		{"traveller", Order{}, nil, "traveller Anna Lind", "39800", ""},
		{"travellers left alone", Order{}, map[string]any{"bill_traveller": false}, "", "", "travellers"},
		{"channel left alone", Order{Channel: "Front desk"}, map[string]any{"skip_channels": "Test, front DESK"}, "", "", "Front desk"},
		{"agent net", Order{Agent: agent()}, nil, "agent Norðurskrifstofa", "31840", ""},
		{"agent by its invoice", Order{Agent: agent()}, map[string]any{"agent": "invoice"}, "agent Norðurskrifstofa", "31840", ""},
		{"agent gross", Order{Agent: agent()}, map[string]any{"agent": "gross"}, "agent Norðurskrifstofa", "39800", ""},
		{"agent's traveller", Order{Agent: agent()}, map[string]any{"agent": "traveller"}, "traveller Anna Lind", "39800", ""},
		{"agents left alone", Order{Agent: agent()}, map[string]any{"agent": "skip"}, "", "", "agents"},
		{"agent not on account", Order{Agent: agent(), PaymentType: "PAID_IN_FULL"}, nil, "traveller Anna Lind", "39800", ""},
		{"agent not paid", Order{Agent: agent(), PaymentType: "NOT_PAID"}, nil, "agent Norðurskrifstofa", "31840", ""},
		{"reseller", Order{Reseller: reseller}, nil, "reseller Suðurferðir ehf", "33830", ""},
		{"resellers left alone", Order{Reseller: reseller}, map[string]any{"reseller": "skip"}, "", "", "resellers"},
		{"OTA left alone", ota, nil, "", "", "online travel agencies"},
		{"OTA by its type", Order{Channel: "Marketplace 7", ChannelType: "OTA"}, nil, "", "", "online travel agencies"},
		{"OTA not in the list", Order{Channel: "Viator.com"}, map[string]any{"ota_channels": "GetYourGuide"}, "traveller Anna Lind", "39800", ""},
		{"OTA billed", ota, map[string]any{"ota": "gross"}, "ota Viator.com", "39800", ""},
		{"OTA billed net, no commission known", ota, map[string]any{"ota": "net"}, "ota Viator.com", "39800", ""},
		{"OTA's traveller, hidden", ota, map[string]any{"ota": "traveller"}, "traveller Viator.com FJR-71500321", "39800", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			loaded := b.load(b.client(tc.raw), b.fake.MakeBooking(tc.order))
			if tc.nothing != "" {
				if !strings.Contains(loaded.Nothing, tc.nothing) || loaded.Sale != nil {
					t.Errorf("loaded = %+v; want nothing because of %s", loaded, tc.nothing)
				}
				return
			}
			if loaded.Nothing != "" {
				t.Fatalf("nothing: %s", loaded.Nothing)
			}
			who := loaded.Data.(map[string]any)["booking"].(facts).BilledTo + " " + loaded.Sale.Customer.Name
			if who != tc.who || loaded.Sale.Total.String() != tc.total {
				t.Errorf("%s owes %s; want %s %s", who, loaded.Sale.Total, tc.who, tc.total)
			}
			if !strings.HasPrefix(tc.who, billTraveller) && (!loaded.Sale.Customer.Company || len(loaded.Sale.Payments) != 0) {
				t.Errorf("a company's sale: %+v", loaded.Sale)
			}
		})
	}
}

// TestResellerWithoutVendorNumber: without our own number the roles and the invoices tell who sold.
func TestResellerWithoutVendorNumber(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c := b.client(nil, connectortest.WithSetting("vendor_id", nil))
	loaded := b.load(c, b.fake.MakeBooking(Order{Reseller: &Partner{ID: 34, Title: "Suðurferðir ehf", TaxID: "560269-3829", Commission: "15"}}))
	if loaded.Sale.Customer.Name != "Suðurferðir ehf" || loaded.Sale.Customer.TaxID != "5602693829" {
		t.Errorf("customer = %+v", loaded.Sale.Customer)
	}
	direct := b.load(c, b.fake.MakeBooking(Order{}))
	if direct.Sale.Customer.Name != "Anna Lind" {
		t.Errorf("customer = %+v", direct.Sale.Customer)
	}
}

func TestKennitala(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ country, number, want string }{
		{"IS", "120174-3399", "1201743399"}, {"IS", "120174 3399", "1201743399"}, {"IS", "12017433", ""}, {"IS", "ABCDEFGHIJ", ""}, {"SE", "8112189876", ""}, {"IS", "", ""},
	} {
		b := setup(t)
		loaded := b.load(b.client(nil), b.fake.MakeBooking(Order{Guest: Guest{FirstName: "Anna", Country: tc.country, PersonalID: tc.number}}))
		if got := loaded.Sale.Customer.TaxID; got != tc.want {
			t.Errorf("%s %q: tax id %q, want %q", tc.country, tc.number, got, tc.want)
		}
	}
}

func TestCommissionUnknown(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.fake.ForbidInvoices(true)
	booked := b.fake.MakeBooking(Order{Agent: &Partner{ID: 8, Title: "Norðurskrifstofa"}})
	// v1's agent invoice stands in: without a commission it says the same as the customer's.
	loaded := b.load(b.client(nil), booked)
	wantBrief(t, loaded.Sale, "confirmed Norðurskrifstofa 39800 ISK", "Glacier walk (2026-07-10): Adults | 2 x 19900 = 39800 | 24% 7703")
}

func TestWrongOptions(t *testing.T) {
	t.Parallel()
	for _, rates := range []string{"x", "24 %", "-1", "101", "1e99"} {
		_, err := readOptions(field.Values{"vat_rates": rates})
		if e := connector.AsError(err); err == nil || e.Kind != connector.Permanent || e.Field != "vat_rates" {
			t.Errorf("rates %q: %v", rates, err)
		}
	}
	o, err := readOptions(nil)
	if err != nil || !o.traveller || o.agent != billNet || o.ota != billNobody || o.kept != keptHold || len(o.rates) != 3 {
		t.Errorf("defaults: %+v, %v", o, err)
	}
	if _, faults := sourceFields().Parse(map[string]any{"vat_rates": "24 %"}); faults == nil {
		t.Error("a form took rates with signs")
	}
}
