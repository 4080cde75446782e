package bokun

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"github.com/tengi/tengi/connector/connectortest"
	"github.com/tengi/tengi/sale"
)

// direct answers a client's requests from the stand-in without a network.
func direct(f *Fake) http.RoundTripper {
	return roundTrip(func(r *http.Request) (*http.Response, error) {
		w := httptest.NewRecorder()
		f.ServeHTTP(w, r)
		return w.Result(), nil
	})
}

// drawOrder is any order that Bókun could take: products of several rates, discounts, taxes inside or on top, fees, agents, resellers.
func drawOrder(t *rapid.T) Order {
	currency := rapid.SampledFrom([]string{"ISK", "EUR", "KWD"}).Draw(t, "currency")
	price := func(t *rapid.T) Price {
		unit := strconv.Itoa(rapid.IntRange(0, 100_000).Draw(t, "unit"))
		if currency != "ISK" && len(unit) > 2 {
			unit = unit[:len(unit)-2] + "." + unit[len(unit)-2:]
		}
		return Price{
			Title: "Adults", Quantity: int64(rapid.IntRange(1, 12).Draw(t, "quantity")), Unit: unit,
			Discount: rapid.SampledFrom([]string{"", "10", "33.3", "100"}).Draw(t, "discount"),
			VAT:      rapid.SampledFrom([][]string{nil, {"24"}, {"11"}, {"0"}}).Draw(t, "vat"),
			OnTop:    rapid.Bool().Draw(t, "on top"),
		}
	}
	order := Order{Currency: currency, PaymentType: rapid.SampledFrom([]string{"PAID_IN_FULL", "NOT_PAID"}).Draw(t, "paid")}
	for range rapid.IntRange(1, 3).Draw(t, "items") {
		order.Items = append(order.Items, Product{Title: "Walk", Date: "2026-07-10", Time: "09:00", Prices: rapid.SliceOfN(rapid.Custom(price), 1, 3).Draw(t, "prices")})
	}
	partner := &Partner{ID: 34, Title: "Suðurferðir ehf", Commission: rapid.SampledFrom([]string{"0", "15", "20"}).Draw(t, "commission")}
	switch rapid.SampledFrom([]string{"traveller", "agent", "reseller"}).Draw(t, "payer") {
	case "traveller":
		order.Fee = rapid.SampledFrom([]string{"", "500"}).Draw(t, "fee")
	case "agent":
		order.Agent = partner
	case "reseller":
		order.Reseller = partner
	}
	for i := range order.Items {
		for j := range order.Items[i].Prices {
			// How a commission is taken off a price with its tax on top was never seen: partners' prices have it inside.
			order.Items[i].Prices[j].OnTop = order.Items[i].Prices[j].OnTop && order.Agent == nil && order.Reseller == nil
		}
	}
	return order
}

// owed is what the stand-in says that somebody owes.
func (b *fakeBooking) owed() decimal.Decimal {
	bill := b.bill()
	if b.order.Agent == nil && b.order.Reseller == nil {
		return bill.total
	}
	if b.order.Agent != nil && b.order.PaymentType != "INVOICED" && b.order.PaymentType != "NOT_PAID" {
		return bill.total
	}
	var sum decimal.Decimal
	for i := range bill.lines {
		total, _ := bill.lines[i].lessCommission(bill.exp)
		sum = sum.Add(total)
	}
	return sum
}

// TestAnyOrder: whatever was booked and whichever interface tells of it, the sale comes to exactly what Bókun says is owed, every line adds up,
// and each line has the rate its product has.
func TestAnyOrder(t *testing.T) {
	t.Parallel()
	base := setup(t)
	rapid.Check(t, func(rt *rapid.T) {
		f := NewFake()
		f.SetClock(base.clock.Now)
		f.ForbidInvoices(rapid.Bool().Draw(rt, "v1"))
		booked := f.MakeBooking(drawOrder(rt))
		if rapid.Bool().Draw(rt, "cancel one") {
			if err := f.CancelItem(booked.ID, booked.Items[0]); err != nil {
				rt.Fatal(err)
			}
		}
		c := (&bench{t: t, fake: f, clock: base.clock}).client(nil, connectortest.WithHTTP(direct(f)))
		loaded, err := load(t.Context(), c, bookingEvent(c, booked))
		if err != nil {
			rt.Fatalf("load: %v", err)
		}
		if err := loaded.Sale.Check().Err(); err != nil {
			rt.Fatalf("inconsistent: %v\n%v", err, brief(loaded.Sale))
		}
		if want := f.bookings[booked.ID].owed(); loaded.Sale.Status == sale.Confirmed && !loaded.Sale.Total.Equal(want) {
			rt.Fatalf("total %s, want %s\n%v", loaded.Sale.Total, want, brief(loaded.Sale))
		}
		var vat, wantVAT decimal.Decimal
		for _, l := range loaded.Sale.Lines {
			vat = vat.Add(l.VATAmount)
		}
		bill := f.bookings[booked.ID].bill()
		for i := range bill.lines {
			wantVAT = wantVAT.Add(bill.lines[i].tax)
		}
		if role := loaded.Data.(map[string]any)["booking"].(facts).BilledTo; role == billTraveller && loaded.Sale.Status == sale.Confirmed && !vat.Equal(wantVAT) {
			rt.Fatalf("VAT %s, Bókun says %s\n%v", vat, wantVAT, brief(loaded.Sale))
		}
	})
}
