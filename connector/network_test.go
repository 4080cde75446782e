package connector

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
)

func TestGuard(t *testing.T) {
	t.Parallel()
	allow := []netip.Prefix{netip.MustParsePrefix("192.168.7.0/24"), netip.MustParsePrefix("fd00:7::/32"), netip.MustParsePrefix("::ffff:10.9.0.0/112"), netip.MustParsePrefix("93.184.216.34/32")}
	tests := []struct {
		network, address string
		want             string // part of the refusal; empty = dialled
	}{
		{"tcp4", "93.184.216.35:443", ""},
		{"tcp4", "93.184.216.35:80", ""},
		{"tcp6", "[2606:2800:220:1::1]:443", ""},
		{"tcp6", "[::ffff:93.184.216.35]:443", ""},
		{"tcp4", "93.184.216.35:8443", "port 8443 of 93.184.216.35"},
		{"tcp4", "93.184.216.35:25", "port 25"},
		{"tcp4", "93.184.216.34:8443", ""}, // allowed by name
		{"tcp4", "127.0.0.1:80", "the address 127.0.0.1 is private"},
		{"tcp4", "127.0.0.1:8080", "the address 127.0.0.1 is private"},
		{"tcp4", "127.255.255.254:443", "is private"},
		{"tcp4", "10.0.0.5:443", "the address 10.0.0.5 is private; start with --allow-private to permit it"},
		{"tcp4", "10.9.3.4:9000", ""}, // allowed, written as IPv4 in IPv6
		{"tcp4", "172.16.0.1:443", "is private"},
		{"tcp4", "172.31.255.255:443", "is private"},
		{"tcp4", "172.32.0.1:443", ""},
		{"tcp4", "192.168.6.255:443", "is private"},
		{"tcp4", "192.168.7.1:5432", ""},
		{"tcp4", "169.254.169.254:80", "is private"}, // metadata of cloud machines
		{"tcp4", "100.64.0.1:443", "is private"},
		{"tcp4", "0.0.0.0:80", "is private"},
		{"tcp4", "224.0.0.1:80", "is private"},
		{"tcp4", "255.255.255.255:80", "is private"},
		{"tcp6", "[::1]:443", "the address ::1 is private"},
		{"tcp6", "[::]:443", "is private"},
		{"tcp6", "[::ffff:127.0.0.1]:80", "the address 127.0.0.1 is private"},
		{"tcp6", "[::ffff:10.0.0.5]:443", "the address 10.0.0.5 is private"},
		{"tcp6", "[::ffff:192.168.7.1]:443", ""},
		{"tcp6", "[fe80::1%eth0]:443", "is private"},
		{"tcp6", "[fd00::1]:443", "is private"},
		{"tcp6", "[fd00:7::1]:443", ""},
		{"tcp6", "[fd00:7::1%eth0]:8443", ""},
		{"tcp6", "[64:ff9b::7f00:1]:443", "is private"},
		{"tcp6", "[2001:db8::1]:443", "is private"},
		{"tcp6", "[2002:7f00:1::]:443", "is private"},
		{"udp4", "93.184.216.35:443", "network"},
		{"unix", "/run/x.sock", "network"},
		{"tcp4", "example.com:80", "cannot be judged"},
	}
	g := newGuard(allow, 80, 443)
	for _, tt := range tests {
		err := g.control(tt.network, tt.address, nil)
		switch {
		case tt.want == "" && err != nil:
			t.Errorf("%s %s: %v", tt.network, tt.address, err)
		case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
			t.Errorf("%s %s: %v, want %q", tt.network, tt.address, err, tt.want)
		}
	}
}

// The ports of mail servers are open to what is not HTTP, and only to that.
func TestGuardOfMail(t *testing.T) {
	t.Parallel()
	g := newGuard(nil, 25, 465, 587, 2525)
	for address, want := range map[string]string{
		"93.184.216.35:465": "", "93.184.216.35:587": "", "[2606:2800:220:1::1]:25": "", "93.184.216.35:2525": "",
		"93.184.216.35:443": "port 443 of 93.184.216.35 is not one of 25, 465, 587 and 2525", "10.0.0.5:587": "is private", "127.0.0.1:25": "is private",
	} {
		network := "tcp4"
		if strings.HasPrefix(address, "[") {
			network = "tcp6"
		}
		err := g.control(network, address, nil)
		if (want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", address, err, want)
		}
	}
}

// TestTransportRefusesPrivate asks through the whole transport, by number and by name.
func TestTransportRefusesPrivate(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { asked.Add(1) }))
	t.Cleanup(server.Close)
	_, port, err := net.SplitHostPort(server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	strict := NewTransport(nil)
	for _, host := range []string{"127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0"} {
		resp, err := strict.RoundTrip(get(t, "http://"+host+":"+port+"/"))
		if err == nil {
			_ = resp.Body.Close()
			t.Errorf("%s: answered", host)
			continue
		}
		e := classifyTransport(err, !neverConnected(err), changes)
		if e.Kind != Permanent || e.Code != CodePrivate || !strings.Contains(e.Message, "--allow-private") {
			t.Errorf("%s: %s %s %v", host, e.Kind, e.Code, e)
		}
	}
	if n := asked.Load(); n != 0 {
		t.Errorf("%d requests arrived", n)
	}

	open := NewTransport([]netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")})
	t.Cleanup(open.CloseIdleConnections)
	resp, err := open.RoundTrip(get(t, server.URL))
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if n := asked.Load(); n != 1 {
		t.Errorf("%d requests arrived, want 1", n)
	}
}

// TestTransportRedirect: a public service that points at a private address is not followed there, because nothing is followed.
func TestTransportRedirect(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.RedirectHandler("http://169.254.169.254/latest/meta-data", http.StatusFound))
	t.Cleanup(server.Close)
	transport := NewTransport([]netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")})
	t.Cleanup(transport.CloseIdleConnections)
	resp, err := transport.RoundTrip(get(t, server.URL))
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusFound {
		t.Errorf("status %d", resp.StatusCode)
	}
}

// TestTransportIgnoresProxy: a proxy from the environment would be dialled in place of the address that is judged.
func TestTransportIgnoresProxy(t *testing.T) {
	t.Parallel()
	if NewTransport(nil).Proxy != nil {
		t.Error("the transport asks for a proxy")
	}
}

func get(t *testing.T, address string) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	return req
}
