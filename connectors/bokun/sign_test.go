package bokun

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/connector/connectortest"
)

// TestSignature is the example of Bókun's documentation ("Configuring the platform for API usage and authentication").
func TestSignature(t *testing.T) {
	t.Parallel()
	got := signature("23e2c7da7f7048e5b46f96bc91324800", "2013-11-09 14:33:46", "de235a6a15c340b6b1e1cb5f3687d04a", "POST", "/activity.json/search?lang=EN&currency=ISK")
	if want := "XrOiTYa9Y34zscnLCsAEh8ieoyo="; got != want {
		t.Errorf("signature = %s, want %s", got, want)
	}
}

func TestAllowed(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		method, path string
		want         bool
	}{
		{"GET", "/booking.json/booking/71500321", true},
		{"GET", "/booking.json/booking/FJR-71500321", true},
		{"GET", "/booking.json/activity-booking/90120001", true},
		{"GET", "/booking.json/route-booking/90120001", true},
		{"GET", "/booking.json/accommodation-booking/90120001", true},
		{"GET", "/restapi/v2.0/booking/71500321/invoices", true},
		{"GET", "/restapi/v2.0/booking/71500321/payments", true},
		{"POST", "/booking.json/booking-search", true},

		{"POST", "/booking.json/booking/71500321", false},
		{"DELETE", "/booking.json/booking/71500321", false},
		{"GET", "/booking.json/71500321/abort-reserved", false},
		{"GET", "/booking.json/booking/71500321/customer-status/ARRIVED", false},
		{"GET", "/booking.json/booking/../71500321/abort-reserved", false},
		{"GET", "/booking.json/booking/..%2f71500321%2fabort-reserved", false},
		{"GET", "/booking.json/booking/", false},
		{"GET", "/booking.json/activity-booking/FJR-T90120001", false},
		{"POST", "/booking.json/cancel-booking/FJR-71500321", false},
		{"GET", "/shopping-cart.json/session/x/remove-activity/1", false},
		{"GET", "/restapi/v2.0/booking/FJR-1/invoices", false},
		{"GET", "/booking.json/booking/1\n", false},
	} {
		if got := allowed(tc.method, tc.path); got != tc.want {
			t.Errorf("allowed(%s %q) = %v, want %v", tc.method, tc.path, got, tc.want)
		}
	}
}

func TestPathBelow(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ base, target, want string }{
		{"", "https://api.bokun.io/booking.json/booking/1", "/booking.json/booking/1"},
		{"http://127.0.0.1:8090/bokun", "http://127.0.0.1:8090/bokun/booking.json/booking/1", "/booking.json/booking/1"},
		{"http://127.0.0.1:8090/bokun/", "http://127.0.0.1:8090/bokun/booking.json/booking/1", "/booking.json/booking/1"},
		{"http://127.0.0.1:8090", "http://127.0.0.1:8090/booking.json/booking/a%2Fb", "/booking.json/booking/a%2Fb"},
	} {
		target, err := url.Parse(tc.target)
		if err != nil {
			t.Fatal(err)
		}
		if got := pathBelow(tc.base, target); got != tc.want {
			t.Errorf("pathBelow(%q, %q) = %q, want %q", tc.base, tc.target, got, tc.want)
		}
	}
}

// TestFence shows that nothing outside the list is ever sent, whichever way it is asked for.
func TestFence(t *testing.T) {
	t.Parallel()
	sent := 0
	c := connectortest.Client(t, Connector(), NewFake(), connectortest.WithHTTP(roundTrip(func(*http.Request) (*http.Response, error) {
		sent++
		return nil, context.Canceled
	})))
	harmful := connector.Request{Path: "/booking.json/71500321/abort-reserved"}
	if _, err := read(t.Context(), c, harmful); err == nil || connector.AsError(err).Code != "path_refused" || connector.AsError(err).Kind != connector.Permanent {
		t.Errorf("read: %v", err)
	}
	if _, err := c.Read(t.Context(), harmful); err == nil {
		t.Error("a request outside the list was signed")
	}
	if sent != 0 {
		t.Errorf("%d requests were sent", sent)
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// TestStandInIsStrict holds the stand-in to what it is a stand-in for: it must refuse what Bókun refuses.
func TestStandInIsStrict(t *testing.T) {
	t.Parallel()
	clock := connectortest.NewClock()
	f := NewFake()
	f.SetClock(clock.Now)
	f.Tolerate(time.Minute)
	booked := f.MakeBooking(Order{})
	path := "/booking.json/booking/" + booked.Code + "?lang=EN"
	date := clock.Now().UTC().Format(dateLayout)
	good := func() *http.Request {
		r := httptest.NewRequest(http.MethodGet, path, nil)
		r.Header.Set("Content-Type", "application/json;charset=UTF-8")
		r.Header.Set("X-Bokun-Date", date)
		r.Header.Set("X-Bokun-AccessKey", fakeAccessKey)
		r.Header.Set("X-Bokun-Signature", signature(fakeSecretKey, date, fakeAccessKey, http.MethodGet, path))
		return r
	}
	for _, tc := range []struct {
		name   string
		change func(*http.Request)
		want   int
	}{
		{"as it should be", func(*http.Request) {}, http.StatusOK},
		{"no date", func(r *http.Request) { r.Header.Del("X-Bokun-Date") }, http.StatusUnauthorized},
		{"ISO date", func(r *http.Request) { r.Header.Set("X-Bokun-Date", clock.Now().Format(time.RFC3339)) }, http.StatusUnauthorized},
		{"another key", func(r *http.Request) { r.Header.Set("X-Bokun-AccessKey", "0") }, http.StatusUnauthorized},
		{"query not signed", func(r *http.Request) {
			r.Header.Set("X-Bokun-Signature", signature(fakeSecretKey, date, fakeAccessKey, http.MethodGet, strings.Split(path, "?")[0]))
		}, http.StatusUnauthorized},
		{"another method signed", func(r *http.Request) {
			r.Header.Set("X-Bokun-Signature", signature(fakeSecretKey, date, fakeAccessKey, http.MethodPost, path))
		}, http.StatusUnauthorized},
		{"not JSON", func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") }, http.StatusUnauthorized},
		{"too old", func(r *http.Request) {
			old := clock.Now().UTC().Add(-2 * time.Minute).Format(dateLayout)
			r.Header.Set("X-Bokun-Date", old)
			r.Header.Set("X-Bokun-Signature", signature(fakeSecretKey, old, fakeAccessKey, http.MethodGet, path))
		}, http.StatusUnauthorized},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			r, w := good(), httptest.NewRecorder()
			tc.change(r)
			f.ServeHTTP(w, r)
			if w.Code != tc.want {
				t.Errorf("status %d, want %d: %s", w.Code, tc.want, w.Body)
			}
		})
	}
}

// TestBehindPrefix: the signature covers the path as sent, also when the service stands below a prefix.
func TestBehindPrefix(t *testing.T) {
	t.Parallel()
	f := NewFake()
	booked := f.MakeBooking(Order{})
	server := httptest.NewServer(http.StripPrefix("/bokun", f))
	t.Cleanup(server.Close)
	c := connectortest.Client(t, Connector(), f, connectortest.WithSetting("base_url", server.URL+"/bokun"))
	loaded, err := load(t.Context(), c, bookingEvent(c, booked))
	if err != nil || loaded.Sale == nil {
		t.Fatalf("load behind a prefix: %+v, %v", loaded, err)
	}
}

func TestClockSkew(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name              string
		skew              time.Duration
		secret, code, say string
	}{
		{"ahead", 7 * time.Minute, fakeSecretKey, codeSkew, "7m0s ahead of Bókun's"},
		{"behind", -7 * time.Minute, fakeSecretKey, codeSkew, "7m0s behind Bókun's"},
		{"right, with a wrong key", 10 * time.Second, "wrong-secret-key", connector.CodeLogin, "access key"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			clock := connectortest.NewClock()
			f := NewFake()
			f.SetClock(func() time.Time { return clock.Now().Add(-tc.skew) })
			f.Tolerate(5 * time.Minute)
			c := connectortest.Client(t, Connector(), f, connectortest.WithClock(clock), connectortest.WithSecret("secret_key", tc.secret))
			_, err := check(t.Context(), c)
			e := connector.AsError(err)
			if err == nil || e.Kind != connector.Attention || e.Code != tc.code || !strings.Contains(e.Message, tc.say) {
				t.Errorf("check: %v (%v, %s)", err, e.Kind, e.Code)
			}
		})
	}
}
