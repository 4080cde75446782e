package bokun

import (
	"net/http"
	"strings"
	"testing"

	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/connector/connectortest"
	"github.com/tengi/tengi/connector/fake"
	"github.com/tengi/tengi/field"
)

func TestCheck(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name    string
		prepare func(*Fake)
		test    bool
		who     string
		warning string
	}{
		{"with a booking", func(f *Fake) { f.MakeBooking(Order{}) }, false, "Fjörður Tours ehf", ""},
		{"without bookings", func(*Fake) {}, false, "Bókun, key de235a…", "cannot be checked yet"},
		{"test system", func(*Fake) {}, true, "Bókun, key de235a… (test system)", "cannot be checked yet"},
		{"without the permission for invoices", func(f *Fake) { f.MakeBooking(Order{}); f.ForbidInvoices(true) }, false, "Fjörður Tours ehf", "may not read invoices"},
		{"resold only", func(f *Fake) { f.MakeBooking(Order{Reseller: &Partner{ID: 34, Title: "Suðurferðir ehf"}}) }, false, "Bókun, key de235a…", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			tc.prepare(b.fake)
			var opts []connectortest.Option
			if tc.test {
				opts = append(opts, connectortest.WithSetting("environment", "test"))
			}
			before := len(b.fake.Holdings()["bookings"].([]map[string]any))
			who, err := check(t.Context(), b.client(nil, opts...))
			if err != nil || who.Name != tc.who {
				t.Fatalf("check = %+v, %v; want %s", who, err, tc.who)
			}
			if said := strings.Join(who.Warnings, " "); (tc.warning == "") != (said == "") || !strings.Contains(said, tc.warning) {
				t.Errorf("warnings = %q, want %q", said, tc.warning)
			}
			if after := len(b.fake.Holdings()["bookings"].([]map[string]any)); after != before {
				t.Error("checking the login changed something")
			}
		})
	}
	t.Run("wrong key", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		_, err := check(t.Context(), b.client(nil, connectortest.WithSecret("secret_key", "wrong-secret-key")))
		if e := connector.AsError(err); e.Kind != connector.Attention || e.Code != connector.CodeLogin || strings.Contains(err.Error(), "wrong-secret-key") {
			t.Errorf("check: %v (%v, %s)", err, e.Kind, e.Code)
		}
	})
}

func TestBaseURL(t *testing.T) {
	t.Parallel()
	for environment, want := range map[string]string{"": liveURL, "live": liveURL, "test": testURL} {
		if got := baseURL(field.Values{"environment": environment}); got != want {
			t.Errorf("%q: %s, want %s", environment, got, want)
		}
	}
}

// TestExplain: Bókun's own words are shown, in whichever of its shapes they come.
func TestExplain(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		body, detail, code string
		status             int
	}{
		{`{"message":"No such booking","fields":{"a":"b"}}`, "No such booking", "not_found", http.StatusNotFound},
		{`{"errorCode":"X1","errorDescription":"Bad id"}`, "Bad id", connector.CodeRefused, http.StatusBadRequest},
		{`{"errorCode":"X1"}`, "X1", connector.CodeRefused, http.StatusBadRequest},
		{`{"error":"Missing permission"}`, "Missing permission", "no_permission", http.StatusForbidden},
		{`<html>gone</html>`, "<html>gone</html>", connector.CodeRefused, http.StatusBadRequest},
		{`{"message":{"a":1}}`, `{"message":{"a":1}}`, connector.CodeRefused, http.StatusBadRequest},
		{`{}`, `{}`, connector.CodeRateLimited, http.StatusTooManyRequests},
	} {
		b := setup(t)
		b.fake.Faults().Add(fake.Fault{Kind: fake.Refuse, Status: tc.status, Body: tc.body})
		// Past read, which would compare clocks: the fault is answered by the machine's.
		_, err := b.client(nil).Read(t.Context(), connector.Request{Path: "/booking.json/booking/1"})
		e := connector.AsError(err)
		if e.Detail != tc.detail || e.Code != tc.code || strings.Contains(e.Error(), tc.detail) || e.Status != tc.status {
			t.Errorf("%d %s: %+v", tc.status, tc.body, e)
		}
	}
}
