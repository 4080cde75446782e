package bokun

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/connector/connectortest"
	"github.com/tengi/tengi/connector/fake"
	"github.com/tengi/tengi/sale"
)

func TestLoadDirect(t *testing.T) {
	t.Parallel()
	b := setup(t)
	booked := b.fake.MakeBooking(Order{ExternalReference: "BR-118822"})
	loaded := b.load(b.client(nil), booked)
	if loaded.Type != typeConfirmed || loaded.Version != 0 || loaded.Nothing != "" || loaded.Instead != nil {
		t.Errorf("loaded = %+v", loaded)
	}
	wantBrief(t, loaded.Sale, "confirmed Anna Lind 39800 ISK", "Glacier walk (2026-07-10): Adults | 2 x 19900 = 39800 | 24% 7703", "paid 39800 WEB_PAYMENT")
	want := sale.Customer{Name: "Anna Lind", Email: "anna@example.com", Phone: "+46700000000", Language: "sv", Country: "SE"}
	if diff := cmp.Diff(want, loaded.Sale.Customer); diff != "" {
		t.Errorf("customer (-want +got):\n%s", diff)
	}
	if s := loaded.Sale; s.Reference != booked.Code || s.ServiceDate != "2026-07-10" || s.ServiceEnd != "" || s.Channel != "www.example.is" ||
		!s.VATIncluded || !s.CreatedAt.Equal(b.clock.Now()) || s.Lines[0].SKU != "GW1" {
		t.Errorf("sale = %+v", s)
	}
	data, ok := loaded.Data.(map[string]any)["booking"].(facts)
	if !ok || data.ID != "71500321" || data.Products != "Glacier walk" || data.Participants != 2 || data.StartTime != "09:00" ||
		data.BilledTo != billTraveller || data.ExternalReference != "BR-118822" || data.PaymentType != "PAID_IN_FULL" {
		t.Errorf("data = %+v", loaded.Data)
	}
}

func TestSince(t *testing.T) {
	t.Parallel()
	b := setup(t) // the clock shows 1 July 2026
	booked := b.fake.MakeBooking(Order{})
	if loaded := b.load(b.client(map[string]any{"since": "2026-07-02"}), booked); !strings.Contains(loaded.Nothing, "2026-07-02") {
		t.Errorf("loaded = %+v", loaded)
	}
	if loaded := b.load(b.client(map[string]any{"since": "2026-07-01"}), booked); loaded.Sale == nil {
		t.Errorf("loaded = %+v", loaded)
	}
}

// TestNotThereYet: a booking announced before it can be read is waited for, and not for ever.
func TestNotThereYet(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.fake.Lag(90*time.Second, 0)
	booked := b.fake.MakeBooking(Order{})
	c := b.client(nil)
	event := bookingEvent(c, booked)
	_, err := load(t.Context(), c, event)
	if e := connector.AsError(err); e.Kind != connector.Temporary || e.Code != codeNotFound || e.RetryAfter != lookAgain {
		t.Fatalf("at once: %+v", e)
	}
	b.clock.Advance(100 * time.Second)
	if loaded, err := load(t.Context(), c, event); err != nil || loaded.Sale == nil {
		t.Fatalf("later: %+v, %v", loaded, err)
	}
	missing := event
	missing.Object = "booking/1"
	b.clock.Advance(appearsWithin - 100*time.Second - 5*time.Second)
	_, err = load(t.Context(), c, missing)
	if e := connector.AsError(err); e.Kind != connector.Temporary || e.RetryAfter != 5*time.Second {
		t.Errorf("after %s: %+v", c.Now().Sub(event.ReceivedAt), e)
	}
	b.clock.Advance(time.Minute)
	_, err = load(t.Context(), c, missing)
	if e := connector.AsError(err); e.Kind != connector.Permanent || e.Code != codeNotFound {
		t.Errorf("after %s: %+v", c.Now().Sub(event.ReceivedAt), e)
	}
}

// TestPartOfABooking: an item or a code leads to the booking's own event, once.
func TestPartOfABooking(t *testing.T) {
	t.Parallel()
	b := setup(t)
	booked := b.fake.MakeBooking(rich())
	c := b.client(nil)
	for _, object := range []string{"item/" + id(booked.Items[1]).String(), "code/" + booked.Code} {
		event := bookingEvent(c, booked)
		event.Object = object
		loaded, err := load(t.Context(), c, event)
		if err != nil || len(loaded.Instead) != 1 || loaded.Sale != nil {
			t.Fatalf("%s: %+v, %v", object, loaded, err)
		}
		own := loaded.Instead[0]
		if own.Object != "booking/71500321" || !own.NeedsLoad || own.Type != typeChanged || !strings.HasPrefix(own.Dedupe, "test/") || !own.ReceivedAt.Equal(event.ReceivedAt) {
			t.Errorf("%s: instead %+v", object, own)
		}
		again, err := load(t.Context(), c, event)
		if err != nil || again.Instead[0].Dedupe != own.Dedupe {
			t.Errorf("%s again: %+v, %v", object, again, err)
		}
	}
	event := bookingEvent(c, booked)
	event.Object = "item/5"
	b.clock.Advance(10 * time.Minute)
	if _, err := load(t.Context(), c, event); connector.AsError(err).Kind != connector.Permanent {
		t.Errorf("an unknown item: %v", err)
	}
	for _, object := range []string{"", "booking/", "booking/0", "booking/x", "booking/1/abort-reserved", "code/../x", "app"} {
		event.Object = object
		if _, err := load(t.Context(), c, event); connector.AsError(err).Kind != connector.Permanent {
			t.Errorf("object %q: %v", object, err)
		}
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name  string
		fault fake.Fault
		kind  connector.Kind
		code  string
		wait  time.Duration
	}{
		{"slow down", fake.Fault{Kind: fake.RateLimit, Wait: 7}, connector.Temporary, connector.CodeRateLimited, 7 * time.Second},
		{"slow down at the invoices", fake.Fault{Kind: fake.RateLimit, Wait: 7, Path: "/invoices"}, connector.Temporary, connector.CodeRateLimited, 7 * time.Second},
		{"down", fake.Fault{Kind: fake.Unavailable, Wait: 30}, connector.Temporary, connector.CodeUnavailable, 30 * time.Second},
		{"broken", fake.Fault{Kind: fake.Fail}, connector.Temporary, connector.CodeUnavailable, 0},
		{"silent", fake.Fault{Kind: fake.DropAnswer, Times: -1}, connector.Temporary, connector.CodeUnavailable, 0},
		{"login", fake.Fault{Kind: fake.LoginFails, Times: -1}, connector.Attention, "", 0},
		{"forbidden altogether", fake.Fault{Kind: fake.Refuse, Status: http.StatusForbidden, Times: -1}, connector.Attention, "", 0},
		{"not JSON", fake.Fault{Kind: fake.Refuse, Status: http.StatusOK, Body: "<html>"}, connector.Temporary, connector.CodeBadAnswer, 0},
		{"another booking", fake.Fault{Kind: fake.Refuse, Status: http.StatusOK, Body: `{"bookingId":5}`}, connector.Temporary, connector.CodeBadAnswer, 0},
		{"money that is none", fake.Fault{Kind: fake.Refuse, Status: http.StatusOK, Path: "/invoices", Body: `{"activeCustomerInvoice":{"total":"many"}}`}, connector.Temporary, connector.CodeBadAnswer, 0},
		{"bad request", fake.Fault{Kind: fake.Refuse, Status: http.StatusBadRequest, Body: `{"error":"no"}`}, connector.Permanent, connector.CodeRefused, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			booked := b.fake.MakeBooking(Order{})
			b.fake.Faults().Add(tc.fault)
			c := b.client(nil)
			_, err := load(t.Context(), c, bookingEvent(c, booked))
			e := connector.AsError(err)
			if err == nil || e.Kind != tc.kind || (tc.code != "" && e.Code != tc.code) || e.RetryAfter != tc.wait {
				t.Errorf("load: %v (%v, %s, wait %s)", err, e.Kind, e.Code, e.RetryAfter)
			}
			if err != nil && (strings.Contains(err.Error(), fakeSecretKey) || strings.Contains(err.Error(), "Anna")) {
				t.Errorf("the error tells too much: %v", err)
			}
		})
	}
}

// TestOneForbiddenBooking: a booking that is not ours must not stop the account, since anybody who knows the address can name one.
func TestOneForbiddenBooking(t *testing.T) {
	t.Parallel()
	b := setup(t)
	booked := b.fake.MakeBooking(Order{})
	c := b.client(nil, connectortest.WithHTTP(roundTrip(func(r *http.Request) (*http.Response, error) {
		if strings.HasSuffix(r.URL.Path, "/booking.json/booking/71500321") {
			return &http.Response{StatusCode: http.StatusForbidden, Header: http.Header{}, Body: http.NoBody}, nil
		}
		return http.DefaultTransport.RoundTrip(r)
	})))
	b.clock.Advance(time.Hour)
	event := bookingEvent(c, booked)
	event.ReceivedAt = b.clock.Now().Add(-time.Hour)
	if _, err := load(t.Context(), c, event); connector.AsError(err).Kind != connector.Permanent {
		t.Errorf("load: %v", err)
	}
	refused := b.client(nil, connectortest.WithHTTP(roundTrip(func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: http.StatusForbidden, Header: http.Header{}, Body: http.NoBody}, nil
	})))
	if _, err := load(t.Context(), refused, event); connector.AsError(err).Kind != connector.Attention || connector.AsError(err).Code != "no_permission" {
		t.Errorf("load with a key that may do nothing: %v", err)
	}
}

// TestPaymentsOfV2 reads v2's payments where v1 shows none.
func TestPaymentsOfV2(t *testing.T) {
	t.Parallel()
	b := setup(t)
	booked := b.fake.MakeBooking(Order{})
	c := b.client(nil)
	got, err := paymentsOf(t.Context(), c, &booking{ID: id(booked.ID)}, true, "ISK")
	if err != nil || len(got) != 1 || !got[0].Amount.Equal(decimal.NewFromInt(39800)) || got[0].Reference != "pay-71500321" || got[0].PaidAt.IsZero() || got[0].Currency != "" {
		t.Errorf("payments = %+v, %v", got, err)
	}
	b.fake.ForbidInvoices(true)
	if got, err := paymentsOf(t.Context(), c, &booking{ID: id(booked.ID)}, true, "ISK"); err != nil || got != nil {
		t.Errorf("payments without permission = %+v, %v", got, err)
	}
}
