// Package cut is a TCP proxy for tests that breaks what goes through it: it cuts connections, refuses new ones, holds everything back like a network
// that is gone without a word, and loses answers whose requests have arrived.
package cut

import (
	"context"
	"errors"
	"net"
	"sync"
	"testing"
)

// Proxy listens on a port of this machine and passes on what comes. Its methods may be called from many goroutines.
type Proxy struct {
	listener        net.Listener
	network, target string
	work            sync.WaitGroup

	mu      sync.Mutex
	lines   map[*line]bool
	closed  bool
	refuses bool
	gate    chan struct{} // closed while bytes may pass
	every   int           // which answers are lost; 0 = none
	answers int
	lost    int
}

// line is one connection, with its other half towards the target.
type line struct {
	near, far net.Conn
	once      sync.Once
	gone      chan struct{}
}

// Listen starts a proxy to an address, which may also be that of a unix socket (network "unix"). It ends with the test.
func Listen(t testing.TB, network, target string) *Proxy {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("cut: %v", err)
	}
	p := &Proxy{listener: listener, network: network, target: target, lines: map[*line]bool{}, gate: make(chan struct{})}
	close(p.gate)
	p.work.Go(p.accept)
	t.Cleanup(p.close)
	return p
}

// Addr is the host and port that the proxy listens on.
func (p *Proxy) Addr() string { return p.listener.Addr().String() }

// Cut ends every connection at once, by a reset, and says how many there were.
func (p *Proxy) Cut() int {
	p.mu.Lock()
	lines := p.lines
	p.lines = map[*line]bool{}
	p.mu.Unlock()
	for l := range lines {
		l.reset()
	}
	return len(lines)
}

// Refuse has new connections ended as soon as they are made, or lets them be made again. Those that stand are not touched.
func (p *Proxy) Refuse(on bool) {
	p.mu.Lock()
	p.refuses = on
	p.mu.Unlock()
}

// Hold keeps back all bytes in both directions, or lets them pass again: connections stay, and nobody is told anything.
func (p *Proxy) Hold(on bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.gate:
		if on {
			p.gate = make(chan struct{})
		}
	default:
		if !on {
			close(p.gate)
		}
	}
}

// LoseAnswers has every nth answer lost, counted over all connections: the target has got the request and has answered, and the connection is reset
// instead, every other time after half of the answer. 0 = none is lost any more. What the target sends at one go counts as one answer.
func (p *Proxy) LoseAnswers(every int) {
	p.mu.Lock()
	p.every = every
	p.mu.Unlock()
}

// Lost is how many answers were lost so far.
func (p *Proxy) Lost() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.lost
}

// close ends everything and waits for it.
func (p *Proxy) close() {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	_ = p.listener.Close()
	p.Cut()
	p.work.Wait()
}

func (p *Proxy) accept() {
	for {
		near, err := p.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err == nil {
			p.work.Go(func() { p.serve(near) })
		}
	}
}

// serve carries one connection until either side has had enough.
func (p *Proxy) serve(near net.Conn) {
	l := &line{near: near, gone: make(chan struct{})}
	p.mu.Lock()
	refused := p.refuses || p.closed
	p.mu.Unlock()
	if refused {
		l.reset()
		return
	}
	var err error
	if l.far, err = new(net.Dialer).DialContext(context.Background(), p.network, p.target); err != nil {
		l.reset()
		return
	}
	p.mu.Lock()
	refused = p.refuses || p.closed // meanwhile
	p.lines[l] = !refused
	p.mu.Unlock()
	if refused {
		l.reset()
	}
	var answers sync.WaitGroup
	answers.Go(func() { p.pass(l, l.far, l.near, p.loses) })
	p.pass(l, l.near, l.far, func() (bool, bool) { return false, false })
	answers.Wait()
	p.mu.Lock()
	delete(p.lines, l)
	p.mu.Unlock()
}

// loses says whether the answer at hand is lost, and whether half of it arrives.
func (p *Proxy) loses() (lost, half bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answers++
	if p.every == 0 || p.answers%p.every != 0 {
		return false, false
	}
	p.lost++
	return true, p.lost%2 == 0
}

// pass copies one direction. When it ends, so does the other.
func (p *Proxy) pass(l *line, from, to net.Conn, loses func() (lost, half bool)) {
	defer l.reset()
	chunk := make([]byte, 64<<10)
	for {
		n, err := from.Read(chunk)
		p.mu.Lock()
		gate := p.gate
		p.mu.Unlock()
		select {
		case <-gate:
		case <-l.gone:
			return
		}
		if n > 0 {
			lost, half := loses()
			if lost {
				n /= 2
			}
			if !lost || half {
				if _, err := to.Write(chunk[:n]); err != nil {
					return
				}
			}
			if lost {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// reset ends both halves. A reset instead of an orderly end is what a network gives that has lost its state.
func (l *line) reset() {
	l.once.Do(func() {
		close(l.gone)
		for _, half := range []net.Conn{l.near, l.far} {
			if tcp, ok := half.(*net.TCPConn); ok {
				_ = tcp.SetLinger(0)
			}
			if half != nil {
				_ = half.Close()
			}
		}
	})
}
