package sandbox

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tengi/tengi/connector/fake"
	"github.com/tengi/tengi/connectors/bokun"
	connectorhttp "github.com/tengi/tengi/connectors/http"
	"github.com/tengi/tengi/connectors/payday"
	"github.com/tengi/tengi/internal/testutil"
)

// rig is a sandbox that listens, and a webhook that keeps what it is sent.
type rig struct {
	t   *testing.T
	url string

	mu      sync.Mutex
	notices []*http.Request
	bodies  []map[string]any
	status  int
	hook    string
}

func setup(t *testing.T) *rig {
	t.Helper()
	server, err := Start(t.Context(), "127.0.0.1:0", false, New([]fake.Service{payday.NewFake(), connectorhttp.NewFake(), bokun.NewFake()}), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{t: t, url: server.URL(), status: http.StatusOK}
	hook := httptest.NewServer(http.HandlerFunc(r.receive))
	r.hook = hook.URL + "/hooks/token"
	t.Cleanup(func() {
		hook.Close()
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

func (r *rig) receive(w http.ResponseWriter, req *http.Request) {
	body, _ := io.ReadAll(req.Body)
	r.mu.Lock()
	defer r.mu.Unlock()
	var decoded map[string]any
	if err := json.Unmarshal(body, &decoded); err != nil {
		r.t.Errorf("a notice is not JSON: %v", err)
	}
	r.notices, r.bodies = append(r.notices, req), append(r.bodies, decoded)
	w.WriteHeader(r.status)
}

// taken gives the notices received so far and forgets them.
func (r *rig) taken() ([]*http.Request, []map[string]any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	notices, bodies := r.notices, r.bodies
	r.notices, r.bodies = nil, nil
	return notices, bodies
}

// do sends a request and decodes a JSON answer.
func (r *rig) do(method, path, body string, into any) int {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), method, r.url+path, strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	if into != nil {
		if err := json.Unmarshal(answer, into); err != nil {
			r.t.Fatalf("%s %s answered %s", method, path, answer)
		}
	}
	return resp.StatusCode
}

func (r *rig) want(status int, method, path, body string, into any) {
	r.t.Helper()
	if got := r.do(method, path, body, into); got != status {
		r.t.Fatalf("%s %s %s answered %d, want %d: %v", method, path, body, got, status, into)
	}
}

func TestServices(t *testing.T) {
	t.Parallel()
	r := setup(t)
	var token struct{ AccessToken string }
	r.want(200, "POST", "/payday/auth/token", `{"clientId":"c0ffee00-1111-4222-8333-444455556666","clientSecret":"fjord-tours-payday-secret"}`, &token)
	if token.AccessToken == "" {
		t.Error("payday does not stand below its name")
	}
	r.want(401, "GET", "/bokun/booking.json/booking/1", "", nil)
	r.want(404, "GET", "/paypal/x", "", nil)
	r.want(404, "GET", "/_sandbox/paypal/holdings", "", nil)
}

func TestPage(t *testing.T) {
	t.Parallel()
	r := setup(t)
	r.want(201, "POST", "/_sandbox/bokun/bookings", `{"sample": true}`, nil)
	resp, err := http.Get(r.url + "/")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	page, err := io.ReadAll(resp.Body)
	if err != nil || !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/plain") {
		t.Fatalf("%v, %s", err, resp.Header)
	}
	testutil.Golden(t, "page", bytes.ReplaceAll(page, []byte(r.url), []byte("http://ADDRESS")))

	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, r.url+"/_sandbox/", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept", "application/json")
	resp, err = http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var list []Listing
	if err := json.NewDecoder(resp.Body).Decode(&list); err != nil {
		t.Fatal(err)
	}
	if len(list) != 3 || list[0].Name != "bokun" || list[0].URL != r.url+"/bokun" || list[0].Holds["bookings"] != 1 || list[2].Secrets["client_secret"] == "" {
		t.Errorf("got %+v", list)
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	r := setup(t)
	login := `{"clientId":"c0ffee00-1111-4222-8333-444455556666","clientSecret":"fjord-tours-payday-secret"}`
	r.want(201, "POST", "/_sandbox/payday/faults", `{"kind":"unavailable","path":"/auth","times":2,"wait":7}`, nil)
	r.want(503, "POST", "/payday/auth/token", login, nil)
	r.want(503, "POST", "/payday/auth/token", login, nil)
	r.want(200, "POST", "/payday/auth/token", login, nil)
	r.want(201, "POST", "/_sandbox/payday/faults", `{"kind":"refuse","times":-1,"status":418}`, nil)
	r.want(418, "POST", "/payday/auth/token", login, nil)
	r.want(204, "DELETE", "/_sandbox/payday/faults", "", nil)
	r.want(200, "POST", "/payday/auth/token", login, nil)
	var planned fake.Fault
	r.want(201, "POST", "/_sandbox/payday/faults", `{"kind":"slow","path":"/never","delay":"1m30s"}`, &planned)
	if planned.Delay.String() != "1m30s" {
		t.Errorf("the delay became %s", planned.Delay)
	}
	for body, want := range map[string]string{
		`{"kind":"explode"}`:              "kind: there is no such fault; there are [refuse",
		`{}`:                              "kind: there is no such fault",
		`{"kind":"slow","dealy":"2s"}`:    `unknown field "dealy"`,
		`{"kind":"slow","delay":"later"}`: "invalid duration",
		`{"kind":"slow"} {"kind":"slow"}`: "something follows",
		`kind=slow`:                       "not what is expected here",
		`["slow"]`:                        "not what is expected here",
	} {
		var refused struct{ Error string }
		if status := r.do("POST", "/_sandbox/payday/faults", body, &refused); status < 400 || status > 499 || !strings.Contains(refused.Error, want) {
			t.Errorf("%s: %d %s, want %s", body, status, refused.Error, want)
		}
	}
	if status := r.do("POST", "/_sandbox/payday/faults", `{"kind":"`+strings.Repeat("x", maxBody)+`"}`, nil); status != 400 {
		t.Errorf("a body too long: %d", status)
	}
}

// The life of a booking: made, changed, cancelled, and each time a notice in the form that was asked for.
func TestBookings(t *testing.T) {
	t.Parallel()
	r := setup(t)
	var a Answer
	r.want(201, "POST", "/_sandbox/bokun/bookings", `{"sample":true}`, &a)
	if a.Notified || !strings.Contains(a.Problem, "no hook is set") {
		t.Errorf("without a hook: %+v", a)
	}
	r.want(204, "PUT", "/_sandbox/bokun/hook", fmt.Sprintf(`{"url":%q}`, r.hook), nil)

	a = Answer{}
	r.want(201, "POST", "/_sandbox/bokun/bookings", `{"customer":{"first_name":"Jón","last_name":"Jónsson","email":"jon@example.is","country":"IS","kennitala":"1201743399"},
		"title":"Whale watching","date":"2026-08-01","lines":[{"title":"Adults","quantity":2,"unit":"9900","vat":"11"},{"title":"Hot drink","quantity":1,"unit":"700"}]}`, &a)
	notices, bodies := r.taken()
	if !a.Notified || a.Problem != "" || len(notices) != 1 || bodies[0]["action"] != "BOOKING_CONFIRMED" || fmt.Sprintf("%.0f", bodies[0]["bookingId"]) != fmt.Sprint(a.ID) || bodies[0]["activityBookings"] == nil {
		t.Fatalf("booked: %+v, %v", a, bodies)
	}
	var holdings struct {
		Bookings []struct {
			ID           int64
			Code, Status string
			Total        string
		}
	}
	r.want(200, "GET", "/_sandbox/bokun/holdings", "", &holdings)
	if got := holdings.Bookings[1]; got.ID != a.ID || got.Code != a.Code || got.Total != "20500" || got.Status != "CONFIRMED" {
		t.Errorf("holds %+v", got)
	}

	path := fmt.Sprintf("/_sandbox/bokun/bookings/%d", a.ID)
	r.want(200, "POST", path+"/price", `{"unit":"12000"}`, &a)
	if _, bodies := r.taken(); len(bodies) != 1 || bodies[0]["action"] != "BOOKING_UPDATED" {
		t.Errorf("price: %v", bodies)
	}
	r.want(200, "POST", path+"/fire", `{"shape":2}`, &a)
	if _, bodies := r.taken(); len(bodies) != 1 || bodies[0]["parentBooking"] == nil {
		t.Errorf("shape 2: %v", bodies)
	}
	r.want(200, "POST", path+"/fire", `{"kind":"A"}`, &a)
	if notices, bodies := r.taken(); len(bodies) != 1 || notices[0].Header.Get("X-Bokun-Hmac") == "" || notices[0].Header.Get("X-Bokun-Topic") != "bookings/create" || len(bodies[0]) != 2 {
		t.Errorf("kind A: %v", bodies)
	}
	r.want(200, "POST", path+"/fire", "", &a)
	if _, bodies := r.taken(); len(bodies) != 1 || bodies[0]["activityBookings"] == nil {
		t.Errorf("what one notice was does not stay: %v", bodies)
	}
	r.want(204, "PUT", "/_sandbox/bokun/hook", fmt.Sprintf(`{"url":%q,"kind":"A"}`, r.hook), nil)
	r.want(200, "POST", path+"/cancel", "", &a)
	if notices, _ := r.taken(); len(notices) != 1 || notices[0].Header.Get("X-Bokun-Topic") != "bookings/cancel" {
		t.Errorf("cancelled: %v", notices)
	}
	r.want(200, "GET", "/_sandbox/bokun/holdings", "", &holdings)
	if got := holdings.Bookings[1]; got.Status != "CANCELLED" || got.Total != "0" {
		t.Errorf("holds %+v after the cancellation", got)
	}

	r.answer(503)
	a = Answer{}
	r.want(201, "POST", "/_sandbox/bokun/bookings", `{"sample":true}`, &a)
	if a.Notified || !strings.Contains(a.Problem, "503") || strings.Contains(a.Problem, "token") {
		t.Errorf("a hook that refuses: %+v", a)
	}
	r.taken()
	r.want(201, "POST", "/_sandbox/bokun/bookings", `{"sample":true,"silent":true}`, &a)
	if notices, _ := r.taken(); len(notices) > 0 {
		t.Error("a silent booking made a noise")
	}
}

func TestBookingsRefused(t *testing.T) {
	t.Parallel()
	r := setup(t)
	line := `{"title":"x","quantity":1,"unit":"100"}`
	for _, c := range []struct{ method, path, body, want string }{
		{"POST", "/bookings", `{}`, "either"},
		{"POST", "/bookings", `{"sample":true,"lines":[` + line + `]}`, "either"},
		{"POST", "/bookings", `{"lines":[{"title":"x","quantity":0,"unit":"100"}]}`, "lines[0]"},
		{"POST", "/bookings", `{"lines":[` + line + `,{"title":"x","quantity":1,"unit":"1e99"}]}`, "lines[1]"},
		{"POST", "/bookings", `{"lines":[{"title":"x","quantity":1,"unit":"100","vat":"lots"}]}`, "lines[0]"},
		{"POST", "/bookings", `{"sample":true,"currency":"kr"}`, "currency"},
		{"POST", "/bookings", `{"date":"10.7.2026","lines":[` + line + `]}`, "date"},
		{"POST", "/bookings", `{"smaple":true}`, "smaple"},
		{"POST", "/bookings/7/cancel", ``, "no booking 7"},
		{"POST", "/bookings/7/price", `{"unit":"5"}`, "no booking 7"},
		{"POST", "/bookings/7/fire", ``, "no booking 7"},
		{"POST", "/bookings/x/fire", ``, "by its number"},
		{"POST", "/bookings/71500321/price", `{"unit":"-5"}`, "unit"},
		{"POST", "/bookings/71500321/cancel", `{"keep":"all"}`, "keep"},
		{"POST", "/bookings/71500321/fire", `{"shape":3}`, "shape"},
		{"PUT", "/hook", `{"url":"localhost:8080"}`, "url"},
		{"PUT", "/hook", `{"url":"http://x/","kind":"C"}`, "kind"},
		{"PUT", "/hook", `{"url":"http://x/","kind":"A","shape":2}`, "shape"},
	} {
		if c.path == "/bookings/71500321/price" {
			r.want(201, "POST", "/_sandbox/bokun/bookings", `{"sample":true,"silent":true}`, nil)
		}
		var refused struct{ Error string }
		if status := r.do(c.method, "/_sandbox/bokun"+c.path, c.body, &refused); status < 400 || status > 499 || !strings.Contains(refused.Error, c.want) {
			t.Errorf("%s %s %s: %d %q, want %s", c.method, c.path, c.body, status, refused.Error, c.want)
		}
	}
}

// A web page in the same browser can reach the address, but must not direct the stand-ins.
func TestOtherSites(t *testing.T) {
	t.Parallel()
	r := setup(t)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, r.url+"/_sandbox/bokun/hook", strings.NewReader(`{"url":"http://10.0.0.1/"}`))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Sec-Fetch-Site", "cross-site")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusForbidden {
		t.Errorf("answered %d", resp.StatusCode)
	}
}

func TestLoopbackOnly(t *testing.T) {
	t.Parallel()
	log := slog.New(slog.DiscardHandler)
	if _, err := Start(t.Context(), "0.0.0.0:0", false, New(nil), log); err == nil || !strings.Contains(err.Error(), "reached from outside") {
		t.Errorf("got %v", err)
	}
	server, err := Start(t.Context(), "0.0.0.0:0", true, New(nil), log)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Start(t.Context(), strings.TrimPrefix(server.URL(), "http://"), true, New(nil), log); err == nil || !strings.Contains(err.Error(), "listen on") {
		t.Errorf("an address that is taken: %v", err)
	}
	if err := server.Close(); err != nil {
		t.Error(err)
	}
}

func TestHookOver(t *testing.T) {
	t.Parallel()
	usual := Hook{URL: "http://a/", Kind: "B", Shape: 2}
	for _, c := range []struct{ other, want Hook }{
		{Hook{}, usual},
		{Hook{URL: "http://b/"}, Hook{URL: "http://b/", Kind: "B", Shape: 2}},
		{Hook{Kind: "A"}, Hook{URL: "http://a/", Kind: "A"}},
		{Hook{Shape: 1}, Hook{URL: "http://a/", Kind: "B", Shape: 1}},
	} {
		if diff := cmp.Diff(c.want, usual.over(c.other)); diff != "" {
			t.Errorf("%+v (-want +got):\n%s", c.other, diff)
		}
	}
}

// answer sets what the webhook answers from now on.
func (r *rig) answer(status int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status = status
}
