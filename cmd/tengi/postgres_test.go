package main

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/tengi/tengi/internal/pgtest"
)

const webhookAccount = `workspace: {name: Shop, country: IS, currency: ISK, timezone: UTC, language: en}
accounts: [{key: in, connector: webhook}]
`

// On PostgreSQL the commands open the store beside the hub and tell it of what changed: an address made by another process leads somewhere at once.
func TestApplyBesideAHubOnPostgreSQL(t *testing.T) {
	t.Parallel()
	database, data := pgtest.Start(t), t.TempDir()
	file := filepath.Join(data, "shop.yaml")
	if err := os.WriteFile(file, []byte(webhookAccount), 0o600); err != nil {
		t.Fatal(err)
	}
	listen := strings.TrimPrefix(hello(t), "http://")
	listen = listen[:strings.LastIndexByte(listen, ':')] + ":0"

	ctx, stop := context.WithCancel(t.Context())
	log := &signalWriter{want: "msg=ready", seen: make(chan string, 1)}
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, []string{"serve", "--data", data, "--database", database, "--listen", listen}, log, log)
	}()
	var address string
	select {
	case line := <-log.seen:
		address = field(line, "address=")
	case status := <-ended:
		t.Fatalf("the hub ended with status %d before it was ready: %s", status, log)
	}

	var out, errOut strings.Builder
	if status := run(t.Context(), []string{"apply", "--data", data, "--database", database, "--public-url", address, file}, &out, &errOut); status != 0 {
		t.Fatalf("status %d: %s", status, errOut.String())
	}
	hook := field(out.String(), "webhook address: ")
	waiting, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	err := poll(waiting, func() (bool, error) {
		resp, err := http.Post(hook, "application/json", strings.NewReader(`{"id":"1"}`))
		if err != nil {
			return false, err
		}
		defer resp.Body.Close()
		return resp.StatusCode == http.StatusOK, nil
	}, "the hub to know the new address")
	if err != nil {
		t.Error(err)
	}
	stop()
	if status := <-ended; status != 0 {
		t.Errorf("the hub ended with status %d: %s", status, log)
	}
}

// A hub that waits for its database stops when it is told to, in an orderly way.
func TestStopWhileTheDatabaseIsAway(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	log := &signalWriter{want: "the database cannot be reached", seen: make(chan string, 1)}
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, []string{"serve", "--data", t.TempDir(), "--database", "postgres:///tengi?host=" + t.TempDir(), "--listen", "127.0.0.1:0"}, log, log)
	}()
	select {
	case <-log.seen:
	case status := <-ended:
		t.Fatalf("the hub ended with status %d and did not wait: %s", status, log)
	}
	stop()
	if status := <-ended; status != 0 || !strings.Contains(log.String(), "stopped before it was ready") {
		t.Errorf("the hub ended with status %d: %s", status, log)
	}
}

// field is the word behind a mark.
func field(text, mark string) string {
	_, rest, _ := strings.Cut(text, mark)
	word, _, _ := strings.Cut(strings.ReplaceAll(rest, "\n", " "), " ")
	return word
}

// signalWriter keeps a log and hands on the first line that holds what is wanted.
type signalWriter struct {
	want string
	seen chan string

	mu  sync.Mutex
	log strings.Builder
}

func (s *signalWriter) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.log.Write(p)
	if strings.Contains(string(p), s.want) {
		select {
		case s.seen <- string(p):
		default:
		}
	}
	return len(p), nil
}

// String is the log so far.
func (s *signalWriter) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.String()
}
