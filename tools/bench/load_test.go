package main

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// hour is longer than any of these runs: they end when their orders are sent.
const hour = time.Hour

// server is what the senders of a test send to.
func server(t *testing.T, handler http.HandlerFunc) (address string) {
	t.Helper()
	s := httptest.NewServer(handler)
	t.Cleanup(s.Close)
	return strings.TrimPrefix(s.URL, "http://")
}

func TestLoad(t *testing.T) {
	t.Parallel()
	d, err := openDestination(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.close() })
	var refused atomic.Int64
	f, err := openForwarder(t.TempDir(), "http://"+d.address, 4)
	if err != nil {
		t.Fatal(err)
	}
	address := server(t, func(w http.ResponseWriter, r *http.Request) {
		if refused.Add(1)%10 == 0 {
			http.Error(w, "repeat", http.StatusServiceUnavailable)
			return
		}
		f.ServeHTTP(w, r)
	})
	w := (&numbers{}).witness(200)
	d.expect(w, 0)
	s, err := load{address: address, notice: newNotice(address, "/", ""), senders: 8, last: hour, witness: w}.run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := f.close(); err != nil { // waits for what is queued
		t.Fatal(err)
	}
	if s.acked != 200 || len(s.answers) != 200 || s.refused == 0 || w.effects.Load() != 200 || d.faults.Load() != 0 {
		t.Errorf("%d acknowledged, %d timed, %d refused, %d called, %d bad calls", s.acked, len(s.answers), s.refused, w.effects.Load(), d.faults.Load())
	}
	if err := w.check(false); err != nil {
		t.Error(err)
	}
}

func TestPacedLoadSendsEveryOrder(t *testing.T) {
	t.Parallel()
	address := server(t, bareHandler().ServeHTTP)
	w := (&numbers{}).witness(50)
	s, err := load{address: address, notice: newNotice(address, "/", ""), senders: 4, pace: time.Microsecond, last: hour, witness: w}.run(t.Context())
	if err != nil || s.acked != 50 {
		t.Errorf("%d acknowledged, %v", s.acked, err)
	}
}

// Orders on a schedule count from the moment they were due: what all senders together keep waiting is not left out.
func TestPacedLoadCountsWaiting(t *testing.T) {
	t.Parallel()
	const orders, pace = 100, time.Microsecond
	var mu sync.Mutex
	var came []time.Time
	address := server(t, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		came = append(came, time.Now())
		mu.Unlock()
		bareHandler().ServeHTTP(w, r)
	})
	w := (&numbers{}).witness(orders)
	s, err := load{address: address, notice: newNotice(address, "/", ""), senders: 1, pace: pace, last: hour, witness: w}.run(t.Context())
	if err != nil || len(s.answers) != orders {
		t.Fatalf("%d timed, %v", len(s.answers), err)
	}
	// The last was due before the first had come, and was answered after it had come itself.
	least := came[orders-1].Sub(came[0]) - orders*pace
	if got := s.answers.quantile(1); got < least {
		t.Errorf("the longest took %v, but the last order waited at least %v", got, least)
	}
}

// What was due before the end is sent, however late; what is due after it is not.
func TestPacedLoadSendsWhatWasDue(t *testing.T) {
	t.Parallel()
	address := server(t, bareHandler().ServeHTTP)
	for _, c := range []struct {
		last time.Duration
		want int
	}{{25 * time.Nanosecond, 3}, {30 * time.Nanosecond, 3}, {31 * time.Nanosecond, 4}, {0, 0}} {
		w := (&numbers{}).witness(1000)
		s, err := load{address: address, notice: newNotice(address, "/", ""), senders: 2, pace: 10 * time.Nanosecond, last: c.last, witness: w}.run(t.Context())
		if err != nil || s.acked != c.want {
			t.Errorf("%v: %d acknowledged, want %d, %v", c.last, s.acked, c.want, err)
		}
	}
}

// The warm-up is not measured: of orders on a schedule those that were due in it.
func TestPacedLoadWarmsUp(t *testing.T) {
	t.Parallel()
	address := server(t, bareHandler().ServeHTTP)
	w := (&numbers{}).witness(1000)
	s, err := load{address: address, notice: newNotice(address, "/", ""), senders: 2, pace: 10, last: 100, warm: 40, witness: w}.run(t.Context())
	if err != nil || s.acked != 10 || len(s.answers) != 6 {
		t.Errorf("%d acknowledged, %d timed, %v", s.acked, len(s.answers), err)
	}
}

func TestLoadEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	address := server(t, func(http.ResponseWriter, *http.Request) { cancel() })
	w := (&numbers{}).witness(1 << 16)
	if _, err := (load{address: address, notice: newNotice(address, "/", ""), senders: 2, last: hour, witness: w}).run(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestLoadFails(t *testing.T) {
	t.Parallel()
	for name, handler := range map[string]http.HandlerFunc{
		"another status":     func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", http.StatusTeapot) },
		"a broken answer":    func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"an answer in parts": func(w http.ResponseWriter, _ *http.Request) { w.(http.Flusher).Flush() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address := server(t, handler)
			w := (&numbers{}).witness(100)
			if s, err := (load{address: address, notice: newNotice(address, "/", ""), senders: 3, last: hour, witness: w}).run(t.Context()); err == nil || s.acked != 0 {
				t.Errorf("%d acknowledged, %v", s.acked, err)
			}
		})
	}
}

// Stubborn senders repeat an order until it is acknowledged, and count it once.
func TestStubbornSenders(t *testing.T) {
	t.Parallel()
	var calls atomic.Int64
	address := server(t, func(w http.ResponseWriter, r *http.Request) {
		if calls.Add(1)%3 != 0 {
			panic(http.ErrAbortHandler)
		}
		bareHandler().ServeHTTP(w, r)
	})
	w := (&numbers{}).witness(20)
	s, err := load{address: address, notice: newNotice(address, "/", ""), senders: 2, last: hour, stubborn: true, witness: w}.run(t.Context())
	if err != nil || s.acked != 20 || calls.Load() < 60 {
		t.Errorf("%d acknowledged with %d calls, %v", s.acked, calls.Load(), err)
	}
}

func TestDestination(t *testing.T) {
	t.Parallel()
	w := (&numbers{}).witness(2)
	w.take()
	body := strings.Replace(`{"number":"0000000000"}`, "0000000000", "0000000001", 1)
	for _, c := range []struct {
		name, key, body string
		expected        bool
		status          int
	}{
		{"a call", "a", body, true, 200},
		{"no key", "", body, true, 400},
		{"no order", "a", `{}`, true, 400},
		{"nobody waits", "a", body, false, 503},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := &destination{}
			if c.expected {
				d.expect(w, 0)
			}
			r := httptest.NewRequest(http.MethodPost, "/invoices", strings.NewReader(c.body))
			if c.key != "" {
				r.Header.Set("Idempotency-Key", c.key)
			}
			answer := httptest.NewRecorder()
			d.ServeHTTP(answer, r)
			if answer.Code != c.status {
				t.Errorf("status %d, want %d", answer.Code, c.status)
			}
			if c.status == 200 && !strings.Contains(answer.Body.String(), `"id":"inv_1"`) {
				t.Errorf("answer %s", answer.Body)
			}
			if (c.status == 400) != (d.faults.Load() == 1) {
				t.Errorf("%d bad calls", d.faults.Load())
			}
		})
	}
}
