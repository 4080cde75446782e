package hooks

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

func from(peer string, forwarded ...string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/hooks/x", http.NoBody)
	r.RemoteAddr = peer
	r.Header["X-Forwarded-For"] = forwarded
	return r
}

func TestVisitor(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		request *http.Request
		want    string
	}{
		{from("203.0.113.5:4711"), "203.0.113.5"},
		{from("203.0.113.5:4711", "198.51.100.1"), "203.0.113.5"}, // a stranger's tale
		{from("127.0.0.1:4711", "198.51.100.1"), "198.51.100.1"},
		{from("10.0.0.2:4711", "1.2.3.4, 198.51.100.1"), "198.51.100.1"},
		{from("10.0.0.2:4711", "1.2.3.4", "198.51.100.1"), "198.51.100.1"},
		{from("127.0.0.1:4711", "nonsense"), "127.0.0.1"},
		{from("[2001:db8:1:2:3:4:5:6]:4711"), "2001:db8:1:2::/64"},
		{from("[::ffff:203.0.113.5]:4711"), "203.0.113.5"},
		{from("pipe"), "pipe"},
	} {
		if got := visitor(tt.request); got != tt.want {
			t.Errorf("%s %v is %s, want %s", tt.request.RemoteAddr, tt.request.Header, got, tt.want)
		}
	}
}

func TestVisitorsAreCounted(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
	v := newVisitors(func() time.Time { return now })
	for i := range visitorBurst {
		if !v.admit("acc", from("203.0.113.5:1")) {
			t.Fatalf("the %dth of one visitor is refused", i+1)
		}
	}
	if v.admit("acc", from("203.0.113.5:2")) {
		t.Error("one visitor sends without end")
	}
	if !v.admit("acc", from("203.0.113.6:1")) || !v.admit("other", from("203.0.113.5:1")) {
		t.Error("one visitor's zeal is another's, or another account's, trouble")
	}
	now = now.Add(visitorEvery)
	if !v.admit("acc", from("203.0.113.5:1")) || v.admit("acc", from("203.0.113.5:1")) {
		t.Error("after a while there is exactly one turn more")
	}
	admitted := 0
	for i := range 3 * accountBurst {
		if v.admit("acc", from(fmt.Sprintf("198.51.%d.%d:1", i/250, i%250))) {
			admitted++
		}
	}
	if admitted > accountBurst {
		t.Errorf("a crowd sent %d at once", admitted)
	}
	for i := range 2 * maxVisitors {
		v.admit("acc", from(fmt.Sprintf("10.%d.%d.%d:1", i/65536, i/256%256, i%256)))
	}
	if len(v.counts) > maxVisitors+2 {
		t.Errorf("%d visitors are remembered", len(v.counts))
	}
	if v.admit("acc", from("192.0.2.1:1")) {
		t.Error("forgetting the crowd forgot the account")
	}
}
