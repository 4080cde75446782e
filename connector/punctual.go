package connector

import (
	"context"
	"errors"
	"net"
	"sync/atomic"
	"time"
)

// A node that is frozen in the middle of its work, and goes on when others have taken the work over, must not send what it had not sent by then. Its
// deadline has passed meanwhile, but the timer that says so runs beside the goroutine that sends, and may come second. So the clock is looked at once
// more where it cannot be later: in the write itself.

// errOverdue says that the time of a request was over when it was to be written.
var errOverdue = errors.New("its time was over before it was sent")

// departure is one request on its way out, as the connection sees it that carries it.
type departure struct {
	latest  time.Time // no byte leaves later
	talk    bool      // it is a conversation, whose answers nobody tells of
	guarded bool      // a punctual connection carries it

	begun    atomic.Bool // some of it was written
	late     atomic.Bool // some of it may have left too late
	answered atomic.Bool // the service has begun to answer
}

// over says whether the time is over, by the clock that only goes forward or by the one on the wall: the former stands still while a machine sleeps.
func (s *departure) over() bool {
	now := time.Now()
	return !now.Before(s.latest) || !now.Round(0).Before(s.latest.Round(0))
}

// by gives a request to the connection that carries it, in or beneath conn, and to that one alone: HTTP/1 has one request at a time on a connection.
func (s *departure) by(conn net.Conn) {
	for {
		if p, ok := conn.(*punctual); ok {
			s.guarded = true
			p.at.Store(s)
			_ = p.SetWriteDeadline(s.latest) // for a write that does not get on
			return
		}
		inner, ok := conn.(interface{ NetConn() net.Conn }) // as that of TLS
		if !ok {
			return
		}
		conn = inner.NetConn()
	}
}

// punctual is a connection that writes nothing of a request whose time is over.
type punctual struct {
	net.Conn
	at atomic.Pointer[departure] // the request at work
}

func (p *punctual) Write(b []byte) (int, error) {
	s := p.at.Load()
	if s == nil {
		return p.Conn.Write(b)
	}
	if s.over() {
		return 0, errOverdue
	}
	n, err := p.Conn.Write(b)
	if n > 0 {
		s.begun.Store(true)
	}
	if s.over() { // between the look at the clock and here; whether before or after the bytes left, nobody knows
		s.late.Store(true)
		err = errors.Join(errOverdue, err)
	}
	return n, err
}

// Close throws away what the machine still holds of a request that nobody waits for any more, or it might be sent on long after.
func (p *punctual) Close() error {
	if s := p.at.Load(); s != nil && (s.talk && s.over() || !s.talk && !s.answered.Load()) {
		if tcp, ok := p.Conn.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0) // at worst it is closed as usual
		}
	}
	return p.Conn.Close()
}

// punctually makes the connections of a dialer punctual.
func punctually(dial DialFunc) DialFunc {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return &punctual{Conn: conn}, nil
	}
}
