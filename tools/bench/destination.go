package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"
)

// destination is the service at the end: it takes calls, counts them, and answers with the document it made. It is in the senders' process, so
// that one clock tells when an order was acknowledged and when its call began.
type destination struct {
	address string
	server  *http.Server
	witness atomic.Pointer[witness]
	slow    atomic.Int64 // how long a call takes, in nanoseconds
	atOnce  atomic.Int64
	peak    atomic.Int64 // the most calls at once since the last reset
	faults  atomic.Int64 // calls without what every call must have
}

// openDestination starts the service on a free port.
func openDestination(ctx context.Context) (*destination, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("open the destination: %w", err)
	}
	d := &destination{address: listener.Addr().String()}
	d.server = &http.Server{Handler: d, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = d.server.Serve(listener) }() // until close; a service that ends early shows in every count
	return d, nil
}

func (d *destination) close() error { return d.server.Close() }

// expect sends what comes from now on to a witness.
func (d *destination) expect(w *witness, slow time.Duration) {
	d.slow.Store(int64(slow))
	d.peak.Store(0)
	d.witness.Store(w)
}

// ServeHTTP takes one call.
func (d *destination) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	witness := d.witness.Load()
	if witness == nil {
		http.Error(w, "nothing is expected", http.StatusServiceUnavailable)
		return
	}
	at := witness.now()
	d.peakOf(d.atOnce.Add(1))
	defer d.atOnce.Add(-1)
	order, err := orderOf(r)
	if err != nil {
		d.faults.Add(1)
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	witness.called(order, r.Header.Get("Idempotency-Key"), at)
	if slow := time.Duration(d.slow.Load()); slow > 0 {
		time.Sleep(slow)
	}
	answer := make([]byte, 0, 128)
	answer = append(answer, `{"id":"inv_`...)
	answer = strconv.AppendInt(answer, order, 10)
	answer = append(answer, `","number":"`...)
	answer = strconv.AppendInt(answer, order, 10)
	answer = append(answer, `","status":"issued"}`...)
	w.Header()["Content-Type"] = []string{"application/json"}
	_, _ = w.Write(answer) // a caller that is gone will ask again
}

// orderOf reads which order a call is for.
func orderOf(r *http.Request) (int64, error) {
	if r.Header.Get("Idempotency-Key") == "" {
		return 0, errors.New("the call has no Idempotency-Key")
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, 64<<10))
	if err != nil {
		return 0, fmt.Errorf("read the call: %w", err)
	}
	order, ok := numberIn(body)
	if !ok {
		return 0, errors.New("the call names no order")
	}
	return order, nil
}

func (d *destination) peakOf(n int64) {
	for {
		peak := d.peak.Load()
		if n <= peak || d.peak.CompareAndSwap(peak, n) {
			return
		}
	}
}
