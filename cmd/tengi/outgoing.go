package main

import (
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
	return byHost{hosts: hosts, named: connector.NewTransport(everywhere), others: guarded}
}

// byHost takes a way by the host that a request names.
type byHost struct {
	hosts         []string // small letters
	named, others http.RoundTripper
}

// RoundTrip sends a request.
func (b byHost) RoundTrip(r *http.Request) (*http.Response, error) {
	if slices.Contains(b.hosts, strings.TrimSuffix(strings.ToLower(r.URL.Hostname()), ".")) {
		return b.named.RoundTrip(r)
	}
	return b.others.RoundTrip(r)
}
