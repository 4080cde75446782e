package cut

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// echo answers every line with the same line.
func echo(t *testing.T, network, address string) net.Addr {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), network, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() { // ends with the listener
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() { // ends with the connection
				defer conn.Close()
				for lines := bufio.NewScanner(conn); lines.Scan(); {
					fmt.Fprintln(conn, lines.Text())
				}
			}()
		}
	}()
	return listener.Addr()
}

// caller is a connection through the proxy.
type caller struct {
	net.Conn
	from *bufio.Reader
}

func call(t *testing.T, p *Proxy) caller {
	t.Helper()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", p.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return caller{conn, bufio.NewReader(conn)}
}

func (c caller) say(text string) (string, error) {
	if _, err := fmt.Fprintln(c, text); err != nil {
		return "", err
	}
	return c.from.ReadString('\n')
}

// deaf says whether a new connection comes to nothing: the reset may come while it is made, or later.
func deaf(t *testing.T, p *Proxy) bool {
	t.Helper()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", p.Addr())
	if err != nil {
		return true
	}
	defer conn.Close()
	_, err = caller{conn, bufio.NewReader(conn)}.say("hello")
	return err != nil
}

func (c caller) must(t *testing.T, text string) {
	t.Helper()
	if got, err := c.say(text); err != nil || got != text+"\n" {
		t.Fatalf("said %q, heard %q, %v", text, got, err)
	}
}

func TestPassesAndCuts(t *testing.T) {
	t.Parallel()
	for network, address := range map[string]string{"tcp": "127.0.0.1:0", "unix": filepath.Join(t.TempDir(), "s")} {
		p := Listen(t, network, echo(t, network, address).String())
		one, two := call(t, p), call(t, p)
		one.must(t, "a")
		two.must(t, strings.Repeat("long ", 9000)) // several chunks
		if n := p.Cut(); n != 2 {
			t.Errorf("%s: %d connections cut, want 2", network, n)
		}
		if got, err := one.say("b"); err == nil {
			t.Errorf("%s: after the cut %q came", network, got)
		}
		call(t, p).must(t, "c")
	}
}

func TestRefuses(t *testing.T) {
	t.Parallel()
	p := Listen(t, "tcp", echo(t, "tcp", "127.0.0.1:0").String())
	stands := call(t, p)
	stands.must(t, "a")
	p.Refuse(true)
	if !deaf(t, p) {
		t.Error("refused, and it answers")
	}
	stands.must(t, "c")
	p.Refuse(false)
	call(t, p).must(t, "d")
}

func TestNobodyThere(t *testing.T) {
	t.Parallel()
	p := Listen(t, "unix", filepath.Join(t.TempDir(), "nobody"))
	if !deaf(t, p) {
		t.Error("nobody is there, and it answers")
	}
}

// TestHolds: nothing passes, nothing ends; afterwards what was held back arrives. A held connection can be cut.
func TestHolds(t *testing.T) {
	t.Parallel()
	p := Listen(t, "tcp", echo(t, "tcp", "127.0.0.1:0").String())
	held, doomed := call(t, p), call(t, p)
	held.must(t, "a")
	p.Hold(true)
	p.Hold(true)
	if err := doomed.SetReadDeadline(time.Now().Add(50 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if got, err := doomed.say("b"); err == nil || !err.(net.Error).Timeout() { //nolint:errorlint,forcetypeassert // it is one
		t.Errorf("held, and %q, %v came", got, err)
	}
	heard := make(chan error, 1)
	go func() { // ends with the answer
		_, err := held.say("c")
		heard <- err
	}()
	p.Hold(false)
	p.Hold(false)
	if err := <-heard; err != nil {
		t.Errorf("what was held back did not arrive: %v", err)
	}
	p.Hold(true)
	if n := p.Cut(); n != 2 {
		t.Errorf("%d connections cut while held, want 2", n)
	}
	if _, err := held.from.ReadString('\n'); err == nil {
		t.Error("a cut connection lives on")
	}
}

// TestLosesAnswers: the service has acted every time, and has been heard only some times.
func TestLosesAnswers(t *testing.T) {
	t.Parallel()
	var acted atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		acted.Add(1)
		_, _ = w.Write([]byte("done"))
	}))
	t.Cleanup(server.Close)
	p := Listen(t, "tcp", server.Listener.Addr().String())
	p.LoseAnswers(3)
	transport := &http.Transport{DisableKeepAlives: true} // or it would repeat a GET by itself
	heard := 0
	for range 30 {
		req, err := http.NewRequestWithContext(context.WithoutCancel(t.Context()), http.MethodPost, "http://"+p.Addr(), strings.NewReader("x"))
		if err != nil {
			t.Fatal(err)
		}
		resp, err := transport.RoundTrip(req)
		if err != nil {
			continue
		}
		_ = resp.Body.Close()
		heard++
	}
	if acted.Load() != 30 || p.Lost() != 10 || heard != 20 {
		t.Errorf("acted %d times, %d answers lost, %d heard; want 30, 10, 20", acted.Load(), p.Lost(), heard)
	}
	p.LoseAnswers(0)
	for range 10 {
		resp, err := http.Get("http://" + p.Addr())
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
	}
}

// TestEnds: the end of a test ends what still stands, also what is held back.
func TestEnds(t *testing.T) {
	t.Parallel()
	var open caller
	address := echo(t, "tcp", "127.0.0.1:0").String()
	t.Run("inner", func(t *testing.T) {
		p := Listen(t, "tcp", address)
		conn, err := net.Dial("tcp", p.Addr())
		if err != nil {
			t.Fatal(err)
		}
		open = caller{conn, bufio.NewReader(conn)}
		open.must(t, "a")
		p.Hold(true)
	})
	defer open.Close()
	if got, err := open.say("b"); err == nil {
		t.Errorf("the proxy is closed, and %q came", got)
	}
}
