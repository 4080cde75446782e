package bokun

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/connector/connectortest"
	"github.com/tengi/tengi/field"
)

// TestFire sends three items' notices at once: each is sent once, and each leads to the same booking.
func TestFire(t *testing.T) {
	t.Parallel()
	b := setup(t)
	booked := b.fake.MakeBooking(rich())
	var mu sync.Mutex
	objects, status := map[string]int{}, http.StatusOK
	var together sync.WaitGroup // every call waits for the others: they must come at once
	together.Add(3)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body json.RawMessage
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
			t.Error(err)
		}
		events, err := receive(&connector.Inbound{Header: r.Header, Body: body, Settings: field.Values{}, Account: connectortest.Account(Connector(), b.fake)})
		if err != nil || len(events) != 1 {
			t.Errorf("receive = %v, %v", events, err)
		}
		if r.URL.Path == "/together" {
			together.Done()
			together.Wait()
		}
		mu.Lock()
		defer mu.Unlock()
		objects[events[0].Object]++
		w.WriteHeader(status)
	}))
	t.Cleanup(server.Close)
	notices, err := b.fake.ItemNotices(booked.ID, ActionConfirmed)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.fake.Fire(t.Context(), server.URL+"/together", notices...); err != nil {
		t.Fatal(err)
	}
	if objects["booking/71500321"] != 3 || len(objects) != 1 {
		t.Errorf("objects = %v", objects)
	}
	status = http.StatusFound
	if err := b.fake.Fire(t.Context(), server.URL, b.fake.SignedNotice(TopicCreate, booked.ID)); err == nil || !strings.Contains(err.Error(), "302") {
		t.Errorf("a redirect: %v", err)
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if err := b.fake.Fire(cancelled, server.URL+"/hooks/secret-token", notices[0]); !errors.Is(err, context.Canceled) || strings.Contains(err.Error(), "secret-token") {
		t.Errorf("cancelled: %v", err)
	}
}

// TestFakeKeepsBooks: the stand-in is a witness, so its own sums are checked by hand.
func TestFakeKeepsBooks(t *testing.T) {
	t.Parallel()
	f := NewFake()
	booked := f.MakeBooking(rich())
	total := func() string { return f.Holdings()["bookings"].([]map[string]any)[0]["total"].(string) }
	if total() != "48819" { // 35 820 + 9 999 + 2 500 + 500
		t.Errorf("total = %s", total())
	}
	if err := f.ChangePrice(booked.ID, booked.Items[1], "4000"); err != nil || total() != "50820" {
		t.Errorf("after a change of price: %s, %v", total(), err)
	}
	if err := f.CancelItem(booked.ID, booked.Items[1]); err != nil || total() != "38820" {
		t.Errorf("after an item: %s, %v", total(), err)
	}
	if err := f.CancelBooking(booked.ID); err != nil || total() != "0" {
		t.Errorf("after all: %s, %v", total(), err)
	}
	for _, err := range []error{
		f.CancelBooking(1), f.CancelItem(booked.ID, 1), f.ChangePrice(booked.ID, booked.Items[0], "x"), f.ChangePrice(booked.ID, 1, "1"), f.CancelKeeping(booked.ID, "x"), f.SetStatus(1, "ARRIVED"),
	} {
		if err == nil {
			t.Error("a change of what does not exist was taken")
		}
	}
	if _, err := f.BookingNotice(1, ""); err == nil {
		t.Error("a notice of a booking that does not exist")
	}
	if _, err := f.ItemNotices(1, ""); err == nil {
		t.Error("notices of a booking that does not exist")
	}
}

// TestFakeRefusals: what Bókun refuses the stand-in must refuse too.
func TestFakeRefusals(t *testing.T) {
	t.Parallel()
	b := setup(t)
	booked := b.fake.MakeBooking(Order{})
	c := b.client(nil)
	number := id(booked.ID).String()
	for _, tc := range []struct {
		path   string
		query  url.Values
		status int
	}{
		{"/restapi/v2.0/booking/" + number + "/invoices", nil, http.StatusBadRequest},
		{"/restapi/v2.0/booking/" + number + "/invoices", url.Values{"invoiceType": {"SOME"}}, http.StatusBadRequest},
		{"/restapi/v2.0/booking/1/invoices", url.Values{"invoiceType": {"ALL"}}, http.StatusNotFound},
		{"/restapi/v2.0/booking/1/payments", nil, http.StatusNotFound},
		{"/booking.json/booking/1", nil, http.StatusNotFound},
		{"/booking.json/booking/" + id(booked.Items[0]).String(), nil, http.StatusNotFound}, // an item's number is no booking's
		{"/booking.json/activity-booking/" + number, nil, http.StatusNotFound},
		{"/booking.json/route-booking/" + id(booked.Items[0]).String(), nil, http.StatusNotFound},
	} {
		resp, err := c.Read(t.Context(), connector.Request{Path: tc.path, Query: tc.query})
		if err == nil || resp == nil || resp.Status != tc.status {
			t.Errorf("%s?%s: %v, want %d", tc.path, tc.query.Encode(), err, tc.status)
		}
	}
}

// TestFakeUnderLoad: many goroutines book, cancel, read and search at once.
func TestFakeUnderLoad(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 20 {
				booked := b.fake.MakeBooking(Order{})
				if err := b.fake.CancelItem(booked.ID, booked.Items[0]); err != nil {
					t.Error(err)
				}
				if _, err := b.fake.ItemNotices(booked.ID, ActionUpdated); err != nil {
					t.Error(err)
				}
				b.fake.Holdings()
				b.fake.SignedNotice(TopicUpdate, booked.ID)
			}
		})
	}
	c := b.client(nil)
	for range 5 {
		if _, err := search(t.Context(), c, query{Modified: span(b.clock.Now().Add(-time.Hour), b.clock.Now().Add(time.Hour)), Page: 1, PageSize: 5}); err != nil {
			t.Error(err)
		}
	}
	all.Wait()
	if n := len(b.fake.Holdings()["bookings"].([]map[string]any)); n != 160 {
		t.Errorf("%d bookings, want 160", n)
	}
}
