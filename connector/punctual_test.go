package connector

import (
	"errors"
	"net"
	"testing"
	"time"
)

// paper is a connection that takes everything.
type paper struct {
	net.Conn
	text  []byte
	while func() // runs while it writes
}

func (p *paper) Write(b []byte) (int, error) {
	p.text = append(p.text, b...)
	if p.while != nil {
		p.while()
	}
	return len(b), nil
}

func (*paper) SetWriteDeadline(time.Time) error { return nil }

// A request is written as long as there is time, whole or not at all or, at worst, in part: half a request does nothing.
func TestPunctual(t *testing.T) {
	t.Parallel()
	under := &paper{}
	conn := &punctual{Conn: under}
	write := func(text string, want error) {
		t.Helper()
		if n, err := conn.Write([]byte(text)); !errors.Is(err, want) || (n == 0) != (text == "no") {
			t.Errorf("write %q: %d, %v", text, n, err)
		}
	}
	write("free ", nil) // the handshake belongs to no request
	first := &departure{latest: time.Now().Add(time.Hour)}
	first.by(conn)
	write("first ", nil)
	first.latest = time.Now()
	write("no", errOverdue)
	if !first.guarded || !first.begun.Load() || first.late.Load() {
		t.Errorf("the first: %+v", first)
	}
	asleep := &departure{latest: time.Now().Add(time.Hour)} // a machine that slept: only the clock on the wall went on
	asleep.latest = asleep.latest.Add(-2 * time.Hour).Round(0)
	asleep.by(conn)
	write("no", errOverdue)
	second := &departure{latest: time.Now().Add(time.Hour)}
	second.by(conn)
	under.while = func() { second.latest = time.Now() }
	write("late", errOverdue)
	if !second.begun.Load() || !second.late.Load() {
		t.Errorf("the second: %+v", second)
	}
	if got := string(under.text); got != "free first late" {
		t.Errorf("written: %q", got)
	}
	none := &departure{latest: time.Now()}
	none.by(&net.TCPConn{}) // another dialer's
	if none.guarded {
		t.Error("it is guarded by a connection that does not know it")
	}
}
