package main

import (
	"net/http"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/tengi/tengi/config"
	"github.com/tengi/tengi/control"
	"github.com/tengi/tengi/internal/testutil"
)

func TestInboxText(t *testing.T) {
	t.Parallel()
	since := time.Date(2026, 7, 2, 9, 14, 5, 0, time.UTC)
	causes := []control.Cause{
		{Workspace: "fjordur-tours", Connection: "bookings", State: "failed", Code: "refused", Count: 12, Items: []control.Item{
			{Delivery: 107, Object: "booking/71500321", Reason: "lines[0].vat_rate: the service refused the values", Since: since},
			{Delivery: 9, Object: "booking/7", Reason: "the service refused the values", Since: since},
		}},
		{Workspace: "fjordur-tours", Connection: "bookings", State: "held", Code: "totals_differ", Count: 1, Items: []control.Item{
			{Delivery: 3, Object: "booking/1", Reason: "the invoice would come to 100 ISK, the sale says 110 ISK", Since: since}}},
		{Workspace: "shop", Connection: "orders", State: "unknown", Code: "outcome_unknown", Count: 1, Items: []control.Item{{Delivery: 4, Object: "order/1", Reason: "the answer was lost", Since: since}}},
	}
	testutil.Golden(t, "inbox", []byte(inboxText(causes)))
	for _, state := range []string{"failed", "held", "unknown"} {
		if remedy[state] == "" {
			t.Errorf("nothing is said about what to do with what is %s", state)
		}
	}
}

func TestDoctorText(t *testing.T) {
	t.Parallel()
	testutil.Golden(t, "doctor", []byte(doctorText([]control.Finding{
		{Area: "store", Subject: "sqlite", Health: control.OK, Text: "journal_mode=wal, synchronous=full; schema 1"},
		{Area: "clock", Health: control.Warning, Text: "it differs from the database's by 2s: is time synchronisation on?"},
		{Area: "account", Subject: "fjordur-tours/payday", Health: control.Wrong, Text: "check account payday: the service\nrefused the login"},
	})))
}

func TestVersionOf(t *testing.T) {
	t.Parallel()
	for want, info := range map[string]*debug.BuildInfo{
		"development": nil,
		"v1.2.3":      {Main: debug.Module{Version: "v1.2.3"}},
		"development 0123456789ab with changes": {Main: debug.Module{Version: "(devel)"}, Settings: []debug.BuildSetting{
			{Key: "vcs.revision", Value: "0123456789abcdef"}, {Key: "vcs.modified", Value: "true"}}},
		"development abc": {Settings: []debug.BuildSetting{{Key: "vcs.revision", Value: "abc"}, {Key: "vcs.modified", Value: "false"}}},
	} {
		if got := versionOf(info); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// Whom the operator named may stand on a private address, also when a name leads there; nobody else may.
func TestOutgoing(t *testing.T) {
	t.Parallel()
	server := hello(t)
	port := server[strings.LastIndexByte(server, ':'):]
	for _, c := range []struct {
		allow []string
		host  string
		want  bool
	}{
		{nil, "127.0.0.1", false},
		{nil, "localhost", false},
		{[]string{"127.0.0.1"}, "127.0.0.1", true},
		{[]string{"127.0.0.0/8"}, "localhost", true},
		{[]string{"LocalHost"}, "localhost", true},
		{[]string{"localhost"}, "LOCALHOST", true},
		{[]string{"localhost"}, "127.0.0.1", false},
		{[]string{"intranet"}, "localhost", false},
		{[]string{"10.0.0.0/8"}, "127.0.0.1", false},
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+c.host+port, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := outgoing(config.Serve{AllowPrivate: c.allow}).RoundTrip(req)
		if err == nil {
			resp.Body.Close()
		}
		if (err == nil) != c.want {
			t.Errorf("allow %q: %s: %v", c.allow, c.host, err)
		}
		conn, err := dialing(config.Serve{AllowPrivate: c.allow})(t.Context(), "tcp", c.host+port)
		if err == nil {
			_ = conn.Close()
		}
		if (err == nil) != c.want {
			t.Errorf("dial, allow %q: %s: %v", c.allow, c.host, err)
		}
	}
}
