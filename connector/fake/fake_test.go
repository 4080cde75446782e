package fake_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tengi/tengi/connector/fake"
)

// service counts how often it acted.
func service(t *testing.T, faults *fake.Faults) (*httptest.Server, *atomic.Int32) {
	t.Helper()
	acted := new(atomic.Int32)
	server := httptest.NewServer(faults.Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		acted.Add(1)
		w.Header().Set("X-Made", "7")
		fake.JSON(w, http.StatusCreated, map[string]string{"got": string(body)})
	})))
	t.Cleanup(server.Close)
	return server, acted
}

func post(ctx context.Context, t *testing.T, address string) (*http.Response, string, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader("x"))
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	resp, err := transport.RoundTrip(req)
	if err != nil {
		return nil, "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return resp, string(body), err
}

func TestFaults(t *testing.T) {
	t.Parallel()
	const made = `{"got":"x"}` + "\n"
	tests := []struct {
		fault  fake.Fault
		status int // 0 = no answer
		body   string
		wait   string
		acts   int32
	}{
		{fake.Fault{Kind: fake.Refuse}, 422, "", "", 0},
		{fake.Fault{Kind: fake.Refuse, Status: 400, Body: "because"}, 400, "because", "", 0},
		{fake.Fault{Kind: fake.RateLimit, Wait: 7}, 429, "", "7", 0},
		{fake.Fault{Kind: fake.RateLimit}, 429, "", "", 0},
		{fake.Fault{Kind: fake.Fail}, 500, "", "", 0},
		{fake.Fault{Kind: fake.Unavailable}, 503, "", "1", 0},
		{fake.Fault{Kind: fake.Unavailable, Wait: 3}, 503, "", "3", 0},
		{fake.Fault{Kind: fake.LoginFails}, 401, "", "", 0},
		{fake.Fault{Kind: fake.Slow, Delay: time.Millisecond}, 201, made, "", 1},
		{fake.Fault{Kind: fake.SlowAct, Delay: time.Millisecond}, 201, made, "", 1},
		{fake.Fault{Kind: fake.DropAnswer}, 0, "", "", 1},
		{fake.Fault{Kind: fake.FailActed}, 500, "", "", 1},
		{fake.Fault{Kind: fake.DropRequest}, 0, "", "", 0},
	}
	for _, tt := range tests {
		t.Run(string(tt.fault.Kind), func(t *testing.T) {
			t.Parallel()
			faults := new(fake.Faults)
			server, acted := service(t, faults)
			faults.Add(tt.fault)
			resp, body, err := post(t.Context(), t, server.URL)
			switch {
			case tt.status == 0 && err == nil:
				t.Errorf("answered %d", resp.StatusCode)
			case tt.status != 0 && err != nil:
				t.Error(err)
			case tt.status != 0 && (resp.StatusCode != tt.status || body != tt.body || resp.Header.Get("Retry-After") != tt.wait):
				t.Errorf("%d %q, wait %q", resp.StatusCode, body, resp.Header.Get("Retry-After"))
			}
			if n := acted.Load(); n != tt.acts {
				t.Errorf("acted %d times, want %d", n, tt.acts)
			}
			if resp, body, err := post(t.Context(), t, server.URL); err != nil || resp.StatusCode != 201 || body != made || resp.Header.Get("X-Made") != "7" {
				t.Errorf("afterwards %v %q %v", resp, body, err)
			}
		})
	}
}

// TestSlowActOutlivesTheCaller: the caller is gone, and the service acts all the same.
func TestSlowActOutlivesTheCaller(t *testing.T) {
	t.Parallel()
	faults := new(fake.Faults)
	acted := make(chan error, 1)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	slow := faults.Wrap(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { acted <- r.Context().Err() }))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		cancel() // the request has arrived, and its caller goes
		slow.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	faults.Add(fake.Fault{Kind: fake.SlowAct, Delay: 50 * time.Millisecond})
	if _, _, err := post(ctx, t, server.URL); err == nil {
		t.Error("answered in time")
	}
	if err := <-acted; err != nil {
		t.Errorf("it acted in a context that says %v", err)
	}
}

func TestFaultsMatch(t *testing.T) {
	t.Parallel()
	faults := new(fake.Faults)
	server, _ := service(t, faults)
	status := func(path string) int {
		resp, _, err := post(t.Context(), t, server.URL+path)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode
	}
	faults.Add(fake.Fault{Kind: fake.Fail, Method: "GET"})
	faults.Add(fake.Fault{Kind: fake.Refuse, Path: "/invoices", Times: 2})
	faults.Add(fake.Fault{Kind: fake.LoginFails, Path: "/invoices"})
	faults.Add(fake.Fault{Kind: fake.RateLimit, Path: "/always", Times: -1})
	for i, want := range []struct {
		path   string
		status int
	}{{"/x", 201}, {"/v1/invoices/7", 422}, {"/x", 201}, {"/invoices", 422}, {"/invoices", 401}, {"/invoices", 201}, {"/always", 429}, {"/always", 429}} {
		if got := status(want.path); got != want.status {
			t.Errorf("%d: %s answered %d, want %d", i, want.path, got, want.status)
		}
	}
	faults.Clear()
	if got := status("/always"); got != 201 {
		t.Errorf("after Clear: %d", got)
	}
}
