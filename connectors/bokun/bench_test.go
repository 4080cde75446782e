package bokun

import (
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/connector/connectortest"
	"github.com/tengi/tengi/sale"
)

var objectForm = regexp.MustCompile(`\A(app|(booking|item)/[1-9][0-9]*|code/[A-Za-z0-9-]+)\z`)

// bench is a stand-in, its clock and a way to load from it.
type bench struct {
	t     *testing.T
	fake  *Fake
	clock *connectortest.Clock
}

func setup(t *testing.T) *bench {
	t.Helper()
	b := &bench{t: t, fake: NewFake(), clock: connectortest.NewClock()}
	b.fake.SetClock(b.clock.Now)
	return b
}

// client speaks to the stand-in for a source with these options.
func (b *bench) client(raw map[string]any, opts ...connectortest.Option) *connector.Client {
	b.t.Helper()
	values, faults := sourceFields().Parse(raw)
	if err := faults.Err(); err != nil {
		b.t.Fatalf("options: %v", err)
	}
	return connectortest.Client(b.t, Connector(), b.fake, append([]connectortest.Option{connectortest.WithClock(b.clock), connectortest.WithOptions(values)}, opts...)...)
}

func bookingEvent(c *connector.Client, booked Booking) tengi.Event {
	e := changed("booking/"+id(booked.ID).String(), "test")
	e.ReceivedAt = c.Now()
	return e
}

// load loads a booking and expects it to work, and its sale to be consistent.
func (b *bench) load(c *connector.Client, booked Booking) connector.Loaded {
	b.t.Helper()
	loaded, err := load(b.t.Context(), c, bookingEvent(c, booked))
	if err != nil {
		b.t.Fatalf("load: %v", err)
	}
	if loaded.Sale != nil {
		if err := loaded.Sale.Check().Err(); err != nil {
			b.t.Errorf("the sale is not consistent: %v\n%+v", err, loaded.Sale)
		}
	}
	return loaded
}

// held loads a booking and expects a person to be asked.
func (b *bench) held(c *connector.Client, booked Booking, code string) *connector.Error {
	b.t.Helper()
	loaded, err := load(b.t.Context(), c, bookingEvent(c, booked))
	if err == nil {
		b.t.Fatalf("load = %+v; want it held as %s", loaded, code)
	}
	e := connector.AsError(err)
	if e.Kind != connector.Permanent || e.Code != code || e.Message == "" {
		b.t.Fatalf("load: %v (%v, %s); want it held as %s", err, e.Kind, e.Code, code)
	}
	return e
}

// brief is what matters of a sale, one text per line.
func brief(s *sale.Sale) []string {
	lines := []string{string(s.Status) + " " + s.Customer.Name + " " + s.Total.String() + " " + s.Currency}
	for _, l := range s.Lines {
		text := l.Text + " | " + l.Quantity.String() + " x " + l.UnitPrice.String()
		if !l.Discount.IsZero() {
			text += " - " + l.Discount.String()
		}
		lines = append(lines, text+" = "+l.Total.String()+" | "+l.VATRate.String()+"% "+l.VATAmount.String())
	}
	for _, p := range s.Payments {
		lines = append(lines, "paid "+p.Amount.String()+p.Currency+" "+p.Method)
	}
	return lines
}

func wantBrief(t *testing.T, s *sale.Sale, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, brief(s)); diff != "" {
		t.Errorf("sale (-want +got):\n%s", diff)
	}
}
