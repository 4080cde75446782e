package connector

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"code.dny.dev/ssrf"
)

// The limits of the outgoing transport. How long an answer may take is each request's own affair.
const (
	dialTimeout      = 10 * time.Second
	handshakeTimeout = 10 * time.Second
	idleTimeout      = 30 * time.Second // shorter than servers and load balancers wait, so that they seldom close a connection under a request
	maxIdle          = 512
	maxPerHost       = 256
	maxAnswerHeader  = 256 << 10
)

// NewTransport is the way out for every request to a service. It dials public addresses on the ports 80 and 443, and the networks in allow on any
// port; everything else is refused before a byte is sent, whatever name led there, because the address is judged when it is dialled. Proxies named
// in the environment are not used: behind one the address could not be judged. It speaks HTTP/1.1: where a connection carries one request at a time, none
// of it is written after its time. One transport serves the whole process.
func NewTransport(allow []netip.Prefix) *http.Transport {
	protocols := &http.Protocols{}
	protocols.SetHTTP1(true)
	return &http.Transport{
		Proxy:                  nil,
		DialContext:            punctually(guarded(allow, 80, 443)),
		Protocols:              protocols,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    handshakeTimeout,
		MaxIdleConns:           maxIdle,
		MaxIdleConnsPerHost:    maxPerHost,
		MaxConnsPerHost:        maxPerHost,
		IdleConnTimeout:        idleTimeout,
		MaxResponseHeaderBytes: maxAnswerHeader,
	}
}

// NewDialer is the way out to services that do not speak HTTP, of which there is e-mail: public addresses on the ports that mail servers take messages
// from their users at (465 and 587, RFC 8314; 25; 2525 by custom), and the networks in allow on any port. Names are judged as in [NewTransport].
func NewDialer(allow []netip.Prefix) DialFunc { return guarded(allow, 25, 465, 587, 2525) }

// guarded dials what the guard lets pass.
func guarded(allow []netip.Prefix, ports ...uint16) DialFunc {
	dialer := &net.Dialer{Timeout: dialTimeout, KeepAlive: 30 * time.Second, Control: newGuard(allow, ports...).control}
	return dialer.DialContext
}

// guard decides which addresses may be dialled.
type guard struct {
	allow  []netip.Prefix
	ports  []uint16 // of public addresses
	public *ssrf.Guardian
}

func newGuard(allow []netip.Prefix, ports ...uint16) *guard {
	g := &guard{ports: ports, public: ssrf.New(ssrf.WithPorts(ports...))}
	for _, prefix := range allow {
		if prefix.Addr().Is4In6() && prefix.Bits() >= 96 {
			prefix = netip.PrefixFrom(prefix.Addr().Unmap(), prefix.Bits()-96)
		}
		g.allow = append(g.allow, prefix.Masked())
	}
	return g
}

// control is called by the dialer with each address a name led to, before it connects.
func (g *guard) control(network, address string, _ syscall.RawConn) error {
	if network != "tcp4" && network != "tcp6" {
		return &blockedError{fmt.Sprintf("the network %q is not one that services are reached by", network)}
	}
	target, err := netip.ParseAddrPort(address)
	if err != nil {
		return &blockedError{"the address cannot be judged and is not dialled"}
	}
	addr := target.Addr().Unmap() // ::ffff:10.0.0.5 is 10.0.0.5
	if slices.ContainsFunc(g.allow, func(prefix netip.Prefix) bool { return prefix.Contains(addr.WithZone("")) }) {
		return nil
	}
	switch err := g.public.SafeAddrPort(netip.AddrPortFrom(addr, target.Port())); {
	case err == nil:
		return nil
	case errors.Is(err, ssrf.ErrProhibitedPort) && g.public.SafeAddr(addr) == nil:
		return &blockedError{fmt.Sprintf("port %d of %s is not one of %s; start with --allow-private %s to permit it", target.Port(), addr, g.list(), addr)}
	default:
		return &blockedError{fmt.Sprintf("the address %s is private; start with --allow-private to permit it", addr)}
	}
}

// list names the ports, for people: "80 and 443".
func (g *guard) list() string {
	names := make([]string, len(g.ports))
	for i, port := range g.ports {
		names[i] = strconv.Itoa(int(port))
	}
	if last := len(names) - 1; last > 0 {
		return strings.Join(names[:last], ", ") + " and " + names[last]
	}
	return strings.Join(names, "")
}

// blockedError is an address that is not dialled. Its text is for a person and holds nothing but the address.
type blockedError struct{ message string }

func (b *blockedError) Error() string { return b.message }
