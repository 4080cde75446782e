package bokun

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"github.com/tengi/tengi/sale"
)

// rich is an order with everything that changes amounts.
func rich() Order {
	return Order{Fee: "500", Items: []Product{
		{Title: "Glacier walk", Date: "2026-07-10", Time: "09:00", Prices: []Price{
			{Title: "Adults", Quantity: 2, Unit: "19900", Discount: "10", VAT: []string{"24"}},
			{Title: "Infants", Quantity: 1, Unit: "0", VAT: []string{"24"}},
		}},
		{Title: "Transfer", Date: "2026-07-09", Time: "17:30", Prices: []Price{{Title: "Seat", Quantity: 3, Unit: "3333", VAT: []string{"11"}}}},
		{Title: "Guide book", Date: "2026-07-11", Time: "09:00", Prices: []Price{{Title: "Copy", Quantity: 1, Unit: "2500"}}},
	}}
}

// TestOldAndNewAgree: v1's invoice says the same as v2's, so a key without the permission for v2 bills the same.
func TestOldAndNewAgree(t *testing.T) {
	t.Parallel()
	twoRates := rich()
	twoRates.Items[0].Prices[0].VAT = []string{"12", "12"}
	onTop := Order{Currency: "EUR", Items: []Product{{Title: "Walk", Date: "2026-07-10", Time: "09:00", Prices: []Price{
		{Title: "Adults", Quantity: 3, Unit: "33.33", VAT: []string{"24"}, OnTop: true}, {Title: "Map", Quantity: 2, Unit: "5.05", VAT: []string{"11"}}}}}}
	reseller := rich()
	reseller.Fee, reseller.Reseller = "", &Partner{ID: 34, Title: "Suðurferðir ehf", TaxID: "560269-3829", Email: "bills@example.is", Commission: "15"}
	agent := rich()
	agent.Fee, agent.Agent = "", &Partner{ID: 8, Title: "Norðurskrifstofa", TaxID: "4101010179", Commission: "20"}
	promo := Order{Promo: "SUMMER", PromoOff: "1000"}
	for name, tc := range map[string]struct {
		order Order
		want  []string
	}{
		"rich": {rich(), []string{
			"confirmed Anna Lind 48819 ISK",
			"Glacier walk (2026-07-10): Adults | 2 x 19900 - 3980 = 35820 | 24% 6933",
			"Transfer (2026-07-09): Seat | 3 x 3333 = 9999 | 11% 991",
			"Guide book (2026-07-11): Copy | 1 x 2500 = 2500 | 0% 0",
			"Booking fee | 1 x 500 = 500 | 0% 0",
			"paid 48819 WEB_PAYMENT",
		}},
		"taxes on top": {onTop, []string{
			"confirmed Anna Lind 134.09 EUR",
			"Walk (2026-07-10): Adults | 3 x 41.33 = 123.99 | 24% 24",
			"Walk (2026-07-10): Map | 2 x 5.05 = 10.1 | 11% 1",
			"paid 134.09 WEB_PAYMENT",
		}},
		"reseller": {reseller, []string{
			"confirmed Suðurferðir ehf 41071 ISK",
			"2 × Glacier walk (2026-07-10): Adults | 1 x 30447 = 30447 | 24% 5893",
			"Transfer (2026-07-09): Seat | 3 x 2833 = 8499 | 11% 842",
			"Guide book (2026-07-11): Copy | 1 x 2125 = 2125 | 0% 0",
		}},
		"agent": {agent, []string{
			"confirmed Norðurskrifstofa 38655 ISK",
			"Glacier walk (2026-07-10): Adults | 2 x 14328 = 28656 | 24% 5546",
			"3 × Transfer (2026-07-09): Seat | 1 x 7999 = 7999 | 11% 793",
			"Guide book (2026-07-11): Copy | 1 x 2000 = 2000 | 0% 0",
		}},
		"promo code": {promo, []string{
			"confirmed Anna Lind 38800 ISK",
			"Glacier walk (2026-07-10): Adults | 2 x 19900 = 39800 | 24% 7703",
			"Promo code SUMMER | 1 x -1000 = -1000 | 24% -194",
			"paid 38800 WEB_PAYMENT",
		}},
	} {
		for _, forbid := range []bool{false, true} {
			version := "v2"
			if forbid {
				version = "v1"
			}
			t.Run(name+" by "+version, func(t *testing.T) {
				t.Parallel()
				b := setup(t)
				b.fake.ForbidInvoices(forbid)
				wantBrief(t, b.load(b.client(nil), b.fake.MakeBooking(tc.order)).Sale, tc.want...)
			})
		}
	}
}

// TestTwoTaxes holds the line that was seen in practice: two taxes of 295 in 2974, a title of 11 % and a percentage of 22. It fits no rate.
func TestTwoTaxes(t *testing.T) {
	t.Parallel()
	b := setup(t)
	booked := b.fake.MakeBooking(Order{Items: []Product{{Title: "Flybus", Date: "2026-07-10", Time: "04:00", Prices: []Price{
		{Title: "Adults", Quantity: 1, Unit: "2974", VAT: []string{"11", "11"}}}}}})
	e := b.held(b.client(nil), booked, "vat_rate")
	for _, number := range []string{"2974", "590", "22 %", "24 %, 11 %, 0 %"} {
		if !strings.Contains(e.Message, number) {
			t.Errorf("message %q lacks %s", e.Message, number)
		}
	}
}

func TestVATRatesOption(t *testing.T) {
	t.Parallel()
	b := setup(t)
	booked := b.fake.MakeBooking(Order{Currency: "PLN", Items: []Product{{Title: "Salon", Date: "2026-07-10", Time: "09:00", Prices: []Price{
		{Title: "Hour", Quantity: 1, Unit: "123.45", VAT: []string{"23"}}}}}})
	b.held(b.client(nil), booked, "vat_rate")
	loaded := b.load(b.client(map[string]any{"vat_rates": "23; 8,5"}), booked)
	wantBrief(t, loaded.Sale, "confirmed Anna Lind 123.45 PLN", "Salon (2026-07-10): Hour | 1 x 123.45 = 123.45 | 23% 23.08", "paid 123.45 WEB_PAYMENT")
}

func TestCancellation(t *testing.T) {
	t.Parallel()
	for _, forbid := range []bool{false, true} {
		b := setup(t)
		b.fake.ForbidInvoices(forbid)
		booked := b.fake.MakeBooking(Order{})
		if err := b.fake.CancelBooking(booked.ID); err != nil {
			t.Fatal(err)
		}
		loaded := b.load(b.client(nil), booked)
		if loaded.Type != typeCancelled || loaded.Sale.Status != sale.Cancelled || len(loaded.Sale.Payments) != 0 {
			t.Errorf("loaded = %+v", loaded)
		}
		// What was sold stays visible: a filter on the total must not hide the cancellation.
		if !loaded.Sale.Total.Equal(decimal.NewFromInt(39800)) {
			t.Errorf("total = %s, want what was cancelled", loaded.Sale.Total)
		}
	}
}

// TestItemsDecide: the booking can stay confirmed while all its items are cancelled.
func TestItemsDecide(t *testing.T) {
	t.Parallel()
	b := setup(t)
	booked := b.fake.MakeBooking(rich())
	c := b.client(nil)
	for i, want := range []string{"confirmed Anna Lind 12999 ISK", "confirmed Anna Lind 3000 ISK", "cancelled Anna Lind 3000 ISK"} {
		b.clock.Advance(time.Minute)
		if err := b.fake.CancelItem(booked.ID, booked.Items[i]); err != nil {
			t.Fatal(err)
		}
		if got := brief(b.load(c, booked).Sale)[0]; got != want {
			t.Errorf("after item %d: %s, want %s", i, got, want)
		}
	}
}

// TestLateConfirmation: a notice of the confirmation that arrives after the cancellation finds a cancelled booking.
func TestLateConfirmation(t *testing.T) {
	t.Parallel()
	b := setup(t)
	booked := b.fake.MakeBooking(Order{})
	confirmed, err := b.fake.BookingNotice(booked.ID, ActionConfirmed)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.fake.CancelBooking(booked.ID); err != nil {
		t.Fatal(err)
	}
	c := b.client(nil)
	event := receiveOne(t, inbound(confirmed))
	event.ReceivedAt = c.Now()
	loaded, err := load(t.Context(), c, event)
	if err != nil || loaded.Type != typeCancelled {
		t.Errorf("loaded = %+v, %v", loaded, err)
	}
}

func TestKeptAmount(t *testing.T) {
	t.Parallel()
	b := setup(t)
	booked := b.fake.MakeBooking(Order{})
	if err := b.fake.CancelKeeping(booked.ID, "9950"); err != nil {
		t.Fatal(err)
	}
	if e := b.held(b.client(nil), booked, "amount_kept"); !strings.Contains(e.Message, "9950 ISK") {
		t.Errorf("message: %s", e.Message)
	}
	bill := b.load(b.client(map[string]any{"kept_amount": keptBill}), booked)
	wantBrief(t, bill.Sale, "confirmed Anna Lind 9950 ISK", "Glacier walk (2026-07-10): Cancellation fee | 1 x 9950 = 9950 | 24% 1926", "paid 9950 WEB_PAYMENT")
	credit := b.load(b.client(map[string]any{"kept_amount": keptCredit}), booked)
	if credit.Sale.Status != sale.Cancelled || credit.Type != typeCancelled {
		t.Errorf("credit: %v", brief(credit.Sale))
	}
}

func TestStatuses(t *testing.T) {
	t.Parallel()
	for status, want := range map[string]sale.Status{
		"CART": sale.Pending, "REQUESTED": sale.Pending, "RESERVED": sale.Pending, "CONFIRMED": sale.Confirmed, "ARRIVED": sale.Confirmed, "NO_SHOW": sale.Confirmed,
		"TIMEOUT": sale.Cancelled, "ABORTED": sale.Cancelled, "ERROR": sale.Cancelled, "REJECTED": sale.Cancelled,
	} {
		b := setup(t)
		booked := b.fake.MakeBooking(Order{Status: status})
		loaded := b.load(b.client(nil), booked)
		if loaded.Sale.Status != want || loaded.Type != "booking."+string(want) {
			t.Errorf("%s: %s, %s; want %s", status, loaded.Type, loaded.Sale.Status, want)
		}
	}
	b := setup(t)
	b.held(b.client(nil), b.fake.MakeBooking(Order{Status: "TELEPORTED"}), "status_unknown")
}

// TestArrivalChangesNothing: that guests arrived or stayed away does not change what they owe.
func TestArrivalChangesNothing(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c := b.client(nil)
	booked := b.fake.MakeBooking(rich())
	before := b.load(c, booked).Sale
	for _, status := range []string{"ARRIVED", "NO_SHOW"} {
		if err := b.fake.SetStatus(booked.ID, status); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(before, b.load(c, booked).Sale); diff != "" {
			t.Errorf("%s changed the sale:\n%s", status, diff)
		}
	}
}

func TestGiftCard(t *testing.T) {
	t.Parallel()
	for _, forbid := range []bool{false, true} {
		b := setup(t)
		b.fake.ForbidInvoices(forbid)
		b.held(b.client(nil), b.fake.MakeBooking(Order{GiftCard: true}), codeGiftCard)
	}
}

func TestPromoOverTwoRates(t *testing.T) {
	t.Parallel()
	b := setup(t)
	order := rich()
	order.Promo, order.PromoOff = "SUMMER", "1000"
	b.held(b.client(nil), b.fake.MakeBooking(order), "promo_vat")
}

func TestUnknownCurrency(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.held(b.client(nil), b.fake.MakeBooking(Order{Currency: "XXZ"}), "currency_unknown")
}

// TestPriceChange: every reading gives what the booking comes to now, whatever notices said in whatever order.
func TestPriceChange(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c := b.client(nil)
	booked := b.fake.MakeBooking(Order{PaymentType: "NOT_PAID"})
	for _, unit := range []string{"15000", "19900", "0.5"} {
		if err := b.fake.ChangePrice(booked.ID, booked.Items[0], unit); err != nil {
			t.Fatal(err)
		}
		loaded := b.load(c, booked)
		want := decimal.RequireFromString(unit).Mul(decimal.NewFromInt(2))
		if !loaded.Sale.Total.Equal(want) {
			t.Errorf("at %s: %v", unit, brief(loaded.Sale))
		}
	}
}
