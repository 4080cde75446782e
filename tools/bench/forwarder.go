package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"sync"
	"time"
)

// What the floors are made of: programs that do what the hub does without what makes it a hub. Each runs in a process of its own, as the hub does.

// bareHandler answers 200 to everything at once.
func bareHandler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, r.Body); err == nil {
			_, _ = io.WriteString(w, "OK\n")
		}
	})
}

// forwarder takes a notice, appends it to a file, answers when it is durable, posts it to the destination with a bounded number of calls at once,
// and appends the outcome. It maps nothing, keeps no order, repeats nothing, and can be asked nothing.
type forwarder struct {
	commits     *committer
	destination string // empty: what is stored goes nowhere
	client      *http.Client
	queue       chan []byte
	workers     sync.WaitGroup
}

// openForwarder starts the workers; close ends them.
func openForwarder(dir, destination string, workers int) (*forwarder, error) {
	commits, err := openCommitter(filepath.Join(dir, "forwarder.log"))
	if err != nil {
		return nil, err
	}
	f := &forwarder{commits: commits, destination: destination, queue: make(chan []byte, most),
		client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: workers}, Timeout: 30 * time.Second}}
	for range workers {
		f.workers.Go(f.work)
	}
	return f, nil
}

func (f *forwarder) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err == nil {
		err = f.commits.commit(body)
	}
	if err != nil {
		http.Error(w, "not stored", http.StatusServiceUnavailable)
		return
	}
	if f.destination != "" {
		f.queue <- body
	}
	_, _ = io.WriteString(w, "OK\n")
}

// work forwards what is stored until close.
func (f *forwarder) work() {
	for body := range f.queue {
		answer, err := f.forward(body)
		if err != nil {
			continue // the witness counts what did not arrive, and the run fails
		}
		_ = f.commits.commit(answer) // the same: a disk that fails shows in the next notice
	}
}

func (f *forwarder) forward(body []byte) ([]byte, error) {
	order, _ := numberIn(body)
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, f.destination, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Idempotency-Key", fmt.Sprintf("order-%d", order))
	resp, err := f.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	return io.ReadAll(resp.Body)
}

// close finishes what is queued.
func (f *forwarder) close() error {
	close(f.queue)
	f.workers.Wait()
	return f.commits.close()
}

// serve answers on an address until ctx ends.
func serve(ctx context.Context, address string, handler http.Handler) error {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", address)
	if err != nil {
		return fmt.Errorf("listen on %s: %w", address, err)
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		return server.Shutdown(last)
	}
}
