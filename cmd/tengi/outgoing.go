package main

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/tengi/tengi/config"
	"github.com/tengi/tengi/connector"
)

// everywhere is every address there is.
var everywhere = []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")}

// outgoing is the way out for calls to services: public addresses, the networks that allow-private names, and the hosts it names wherever they are.
func outgoing(options config.Serve) http.RoundTripper {
	networks, hosts := options.Private()
	guarded := connector.NewTransport(networks)
	if len(hosts) == 0 {
		return guarded
	}
	return byHost{hosts: hosts, free: connector.NewTransport(everywhere), guarded: guarded}
}

// byHost takes a way by the host that a request names.
type byHost struct {
	hosts         []string // small letters
	free, guarded http.RoundTripper
}

// RoundTrip sends a request.
func (b byHost) RoundTrip(r *http.Request) (*http.Response, error) {
	if named(b.hosts, r.URL.Hostname()) {
		return b.free.RoundTrip(r)
	}
	return b.guarded.RoundTrip(r)
}

// dialing is the way out for what is not HTTP, under the same rules.
func dialing(options config.Serve) connector.DialFunc {
	networks, hosts := options.Private()
	guarded, free := connector.NewDialer(networks), connector.NewDialer(everywhere)
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		if host, _, err := net.SplitHostPort(address); err == nil && named(hosts, host) {
			return free(ctx, network, address)
		}
		return guarded(ctx, network, address)
	}
}

// named says whether a host is one of those that allow-private names.
func named(hosts []string, host string) bool {
	return slices.Contains(hosts, strings.TrimSuffix(strings.ToLower(host), "."))
}
