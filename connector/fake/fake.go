// Package fake is what the connectors' stand-in services share: faults on demand, and the shape by which the sandbox and the tests know them.
// A stand-in is small but has a memory: what it holds is the witness in every test of "exactly once".
package fake

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Service is a stand-in for one outside service.
type Service interface {
	// ServeHTTP is the service's own API, as strict about logins and signatures as the real one.
	http.Handler
	// Name is the connector's name.
	Name() string
	// Login is an account's settings and secrets that the stand-in accepts.
	Login() (settings map[string]any, secrets map[string]string)
	// Holdings is everything it has made or been told, by kind, encodable as JSON: {"invoices": [...], "customers": [...]}.
	Holdings() map[string]any
	// Faults are the faults it is to commit.
	Faults() *Faults
}

// Listener is a stand-in that speaks something other than HTTP, on a port of its own. What it is and holds is the same behind every port it listens on.
type Listener interface {
	Service
	// Listen begins to listen on a free port of host. It gives the settings by which an account reaches it there, over those of Login, and how to stop:
	// stop closes what is open and returns when nothing of it runs any more.
	Listen(ctx context.Context, host string) (settings map[string]any, stop func() error, err error)
}

// FaultKind says how a request goes wrong.
type FaultKind string

// The kinds of faults.
const (
	Refuse      FaultKind = "refuse"       // answers Status (default 422) without acting
	RateLimit   FaultKind = "rate_limit"   // answers 429 with Retry-After, without acting
	Fail        FaultKind = "fail"         // answers 500 without acting
	Unavailable FaultKind = "unavailable"  // answers 503 with Retry-After, without acting
	Slow        FaultKind = "slow"         // acts and answers after Delay
	SlowAct     FaultKind = "slow_act"     // acts only after Delay, even when the caller is long gone
	DropAnswer  FaultKind = "drop_answer"  // acts, then closes the connection without an answer
	FailActed   FaultKind = "fail_acted"   // acts, then answers 500
	DropRequest FaultKind = "drop_request" // closes the connection without acting
	LoginFails  FaultKind = "login_fails"  // answers 401 without acting
)

// Fault is one way of going wrong, for the next Times requests that match.
type Fault struct {
	Kind   FaultKind     `json:"kind"`
	Method string        `json:"method,omitempty"` // empty = any
	Path   string        `json:"path,omitempty"`   // the request's path contains this; empty = any. Of a Listener: the point in its conversation
	Times  int           `json:"times,omitempty"`  // 0 = once; negative = until cleared
	Status int           `json:"status,omitempty"` // of Refuse
	Body   string        `json:"body,omitempty"`   // of Refuse
	Delay  time.Duration `json:"delay,omitempty"`  // of Slow and SlowAct
	Wait   int           `json:"wait,omitempty"`   // seconds in Retry-After
}

// Faults are the faults a stand-in is to commit, in the order they were added.
type Faults struct {
	mu   sync.Mutex
	list []Fault
}

// Add plans a fault.
func (f *Faults) Add(fault Fault) {
	if fault.Times == 0 {
		fault.Times = 1
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.list = append(f.list, fault)
}

// Clear takes back every fault planned.
func (f *Faults) Clear() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.list = nil
}

// take finds the fault for a request and counts it.
func (f *Faults) take(r *http.Request) (Fault, bool) {
	return f.Take(func(fault Fault) bool {
		return (fault.Method == "" || fault.Method == r.Method) && strings.Contains(r.URL.Path, fault.Path)
	})
}

// Take finds the first fault that meets and counts it. It is for stand-ins that speak something other than HTTP; the others have Wrap.
func (f *Faults) Take(meets func(Fault) bool) (Fault, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range f.list {
		fault := &f.list[i]
		if fault.Times == 0 || !meets(*fault) {
			continue
		}
		if fault.Times > 0 {
			fault.Times--
		}
		return *fault, true
	}
	return Fault{}, false
}

// Wrap puts the faults in front of a handler.
func (f *Faults) Wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fault, ok := f.take(r)
		if !ok {
			next.ServeHTTP(w, r)
			return
		}
		if wait := fault.Wait; wait > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(wait))
		}
		switch fault.Kind {
		case Refuse:
			status := fault.Status
			if status == 0 {
				status = http.StatusUnprocessableEntity
			}
			w.WriteHeader(status)
			_, _ = w.Write([]byte(fault.Body))
		case RateLimit:
			w.WriteHeader(http.StatusTooManyRequests)
		case Fail:
			w.WriteHeader(http.StatusInternalServerError)
		case Unavailable:
			w.Header().Set("Retry-After", strconv.Itoa(max(fault.Wait, 1)))
			w.WriteHeader(http.StatusServiceUnavailable)
		case LoginFails:
			w.WriteHeader(http.StatusUnauthorized)
		case Slow:
			late := httptest.NewRecorder()
			next.ServeHTTP(late, r)
			pause(r, fault.Delay)
			replay(w, late)
		case SlowAct:
			slowAct(next, w, r, fault.Delay)
		case DropAnswer:
			next.ServeHTTP(httptest.NewRecorder(), r)
			panic(http.ErrAbortHandler) // closes the connection without an answer
		case FailActed:
			next.ServeHTTP(httptest.NewRecorder(), r)
			w.WriteHeader(http.StatusInternalServerError)
		case DropRequest:
			panic(http.ErrAbortHandler)
		}
	})
}

// pause waits, or until the caller has gone.
func pause(r *http.Request, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.Context().Done():
	}
}

// replay answers with what was recorded.
func replay(w http.ResponseWriter, answer *httptest.ResponseRecorder) {
	maps.Copy(w.Header(), answer.Header())
	w.WriteHeader(answer.Code)
	_, _ = w.Write(answer.Body.Bytes())
}

// slowAct is the nasty case: the request is taken, the caller dies, and the service acts all the same.
func slowAct(next http.Handler, w http.ResponseWriter, r *http.Request, d time.Duration) {
	body, _ := io.ReadAll(r.Body)
	late := r.Clone(context.WithoutCancel(r.Context()))
	late.Body = io.NopCloser(bytes.NewReader(body))
	timer := time.NewTimer(d)
	defer timer.Stop()
	<-timer.C
	next.ServeHTTP(w, late)
}

// JSON answers with a value.
func JSON(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(value)
}
