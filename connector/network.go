package connector

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"syscall"
	"time"

	"code.dny.dev/ssrf"
)

// The limits of the outgoing transport. How long an answer may take is each request's own affair.
const (
	dialTimeout      = 10 * time.Second
	handshakeTimeout = 10 * time.Second
	idleTimeout      = 30 * time.Second // shorter than servers and load balancers wait, so that they seldom close a connection under a request
	pingAfter        = 30 * time.Second // a silent HTTP/2 connection is asked whether it lives
	maxIdle          = 512
	maxPerHost       = 256
	maxAnswerHeader  = 256 << 10
)

// NewTransport is the way out for every request to a service. It dials public addresses on the ports 80 and 443, and the networks in allow on any
// port; everything else is refused before a byte is sent, whatever name led there, because the address is judged when it is dialled. Proxies named
// in the environment are not used: behind one the address could not be judged. One transport serves the whole process.
func NewTransport(allow []netip.Prefix) *http.Transport {
	guard := newGuard(allow)
	dialer := &net.Dialer{Timeout: dialTimeout, KeepAlive: 30 * time.Second, Control: guard.control}
	return &http.Transport{
		Proxy:                  nil,
		DialContext:            dialer.DialContext,
		ForceAttemptHTTP2:      true, // a dialer of our own would switch it off
		HTTP2:                  &http.HTTP2Config{SendPingTimeout: pingAfter},
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    handshakeTimeout,
		MaxIdleConns:           maxIdle,
		MaxIdleConnsPerHost:    maxPerHost,
		MaxConnsPerHost:        maxPerHost,
		IdleConnTimeout:        idleTimeout,
		MaxResponseHeaderBytes: maxAnswerHeader,
	}
}

// guard decides which addresses may be dialled.
type guard struct {
	allow  []netip.Prefix
	public *ssrf.Guardian
}

func newGuard(allow []netip.Prefix) *guard {
	g := &guard{public: ssrf.New()}
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
		return &blockedError{fmt.Sprintf("port %d of %s is not one of 80 and 443; start with --allow-private %s to permit it", target.Port(), addr, addr)}
	default:
		return &blockedError{fmt.Sprintf("the address %s is private; start with --allow-private to permit it", addr)}
	}
}

// blockedError is an address that is not dialled. Its text is for a person and holds nothing but the address.
type blockedError struct{ message string }

func (b *blockedError) Error() string { return b.message }
