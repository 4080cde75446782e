package bokun

import (
	"fmt"
	"slices"
	"time"

	"github.com/shopspring/decimal"
)

// Order is what somebody books at the stand-in. What is left empty is filled in: the zero Order is a glacier walk for two, paid on the web site.
type Order struct {
	Status            string // default CONFIRMED
	Guest             Guest
	Currency          string // default ISK
	Language          string // default en
	Channel           string // default www.example.is
	ChannelType       string // OTA
	ExternalReference string
	PaymentType       string   // default PAID_IN_FULL, INVOICED with an agent; anything else leaves the booking unpaid
	Agent             *Partner // books on account
	Reseller          *Partner // another company sold it and we supply it
	Items             []Product
	Fee               string // booking fee, untaxed
	Promo             string // code
	PromoOff          string // what the code takes off the invoice
	GiftCard          bool   // the first line sells a gift card
}

// Guest is the customer of an order.
type Guest struct {
	FirstName, LastName, Email, Phone, Country, Language, PersonalID string
	Hidden                                                           bool // an OTA keeps the details back
}

// Partner is an agent or a reseller.
type Partner struct {
	ID         int64
	Title      string
	TaxID      string
	Email      string
	Commission string // per cent
}

// Product is one thing booked.
type Product struct {
	Title, ExternalID string
	Date, Time        string // 2026-07-10, 09:00
	Prices            []Price
}

// Price is one line of it.
type Price struct {
	Title    string
	Quantity int64
	Unit     string
	Discount string   // per cent
	VAT      []string // rates; two of them are two taxes on one line, none is untaxed
	OnTop    bool     // the tax comes on top
}

// Booking names a booking at the stand-in.
type Booking struct {
	ID    int64
	Code  string
	Items []int64
}

type fakeBooking struct {
	id, invoice   int64
	code, status  string
	order         Order
	items         []fakeItem
	made, changed time.Time
	cancelled     bool
	kept          decimal.Decimal // what remains on the invoice of a cancelled booking
	refunded      bool
	history       []map[string]any // v2's replaced customer invoices

	reckoned               fakeBill
	old, newActive, newAll func() []byte // as the REST interfaces answer; called with the stand-in's lock held
}

type fakeItem struct {
	id          int64
	code        string
	status      string
	order       Product
	cancelledAt time.Time
}

// complete fills in what an order leaves empty.
func (o Order) complete() Order {
	set := func(field *string, value string) {
		if *field == "" {
			*field = value
		}
	}
	set(&o.Status, "CONFIRMED")
	set(&o.Currency, "ISK")
	set(&o.Language, "en")
	set(&o.Channel, "www.example.is")
	if o.Agent != nil || o.Reseller != nil {
		set(&o.PaymentType, "INVOICED")
	}
	set(&o.PaymentType, "PAID_IN_FULL")
	if o.Guest == (Guest{}) {
		o.Guest = Guest{FirstName: "Anna", LastName: "Lind", Email: "anna@example.com", Phone: "+46700000000", Country: "SE", Language: "sv"}
	}
	if len(o.Items) == 0 {
		o.Items = []Product{{Title: "Glacier walk", ExternalID: "GW1", Date: "2026-07-10", Time: "09:00",
			Prices: []Price{{Title: "Adults", Quantity: 2, Unit: "19900", VAT: []string{"24"}}}}}
	}
	o.Items = slices.Clone(o.Items)
	for i := range o.Items {
		o.Items[i].Prices = slices.Clone(o.Items[i].Prices)
	}
	return o
}

// MakeBooking books. Amounts and dates must be readable: anything else is a mistake in a test and panics.
func (f *Fake) MakeBooking(o Order) Booking {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.lastID++
	n := f.lastID
	o = o.complete()
	b := &fakeBooking{id: n, invoice: n + 800_000_000, code: fmt.Sprintf("FJR-%d", n), status: o.Status, order: o, made: f.now().Truncate(time.Millisecond)}
	b.changed = b.made
	for i, product := range o.Items {
		// Items are counted apart from bookings: the same number may be either.
		item := n*10 + 20_000_000 + int64(i)
		b.items = append(b.items, fakeItem{id: item, code: fmt.Sprintf("FJR-T%d", item), status: o.Status, order: product})
		f.items[item], f.codes[b.items[i].code] = n, n
	}
	f.bookings[n], f.codes[b.code] = b, n
	f.order = append(f.order, n)
	b.render()
	return b.name()
}

func (b *fakeBooking) name() Booking {
	named := Booking{ID: b.id, Code: b.code}
	for _, it := range b.items {
		named.Items = append(named.Items, it.id)
	}
	return named
}

// change finds a booking, changes it, and keeps the invoice it had. touched says that the invoice is replaced.
func (f *Fake) change(n int64, touched bool, apply func(*fakeBooking) error) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	b := f.bookings[n]
	if b == nil {
		return fmt.Errorf("no booking %d", n)
	}
	before := b.newCustomerInvoice()
	if err := apply(b); err != nil {
		return fmt.Errorf("booking %d: %w", n, err)
	}
	b.changed = f.now().Truncate(time.Millisecond)
	if touched && before != nil {
		b.history = append(b.history, before)
		b.invoice++
	}
	b.render()
	return nil
}

// CancelBooking cancels every item; nothing remains invoiced and what was paid is given back.
func (f *Fake) CancelBooking(n int64) error { return f.CancelKeeping(n, "0") }

// CancelKeeping cancels every item, and an amount remains on the invoice: a cancellation fee.
func (f *Fake) CancelKeeping(n int64, amount string) error {
	return f.change(n, true, func(b *fakeBooking) error {
		kept, err := decimal.NewFromString(amount)
		if err != nil {
			return err
		}
		for i := range b.items {
			b.items[i].cancel(f.now())
		}
		b.status, b.kept, b.cancelled, b.refunded = "CANCELLED", kept, true, kept.IsZero()
		return nil
	})
}

// CancelItem cancels one item of a booking. The booking itself stays confirmed, also after its last item, as Bókun has been seen to leave it.
func (f *Fake) CancelItem(n, item int64) error {
	return f.change(n, true, func(b *fakeBooking) error {
		for i := range b.items {
			if b.items[i].id == item {
				b.items[i].cancel(f.now())
				return nil
			}
		}
		return fmt.Errorf("no item %d", item)
	})
}

func (it *fakeItem) cancel(now time.Time) { it.status, it.cancelledAt = "CANCELLED", now }

// ChangePrice sets the unit price of an item's first line.
func (f *Fake) ChangePrice(n, item int64, unit string) error {
	return f.change(n, true, func(b *fakeBooking) error {
		if _, err := decimal.NewFromString(unit); err != nil {
			return err
		}
		for i := range b.items {
			if b.items[i].id == item && len(b.items[i].order.Prices) > 0 {
				b.items[i].order.Prices[0].Unit = unit
				return nil
			}
		}
		return fmt.Errorf("no item %d with a price", item)
	})
}

// SetStatus puts the booking and all its items into a status: ARRIVED, NO_SHOW, TIMEOUT.
func (f *Fake) SetStatus(n int64, status string) error {
	return f.change(n, false, func(b *fakeBooking) error {
		b.status = status
		for i := range b.items {
			b.items[i].status = status
		}
		return nil
	})
}
