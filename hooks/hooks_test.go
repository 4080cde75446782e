package hooks

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/engine"
	"github.com/tengi/tengi/store"
)

// TestAnswers: what a sender is told, and what else happened.
func TestAnswers(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", MaxBody)
	proof := []string{"X-Proof", shared, "Content-Type", "application/json"}
	tests := []struct {
		name          string
		account, body string
		header        []string
		status        int
		text          string // of the answer
		event         string // type, object and dedupe of the one event; empty = none
		delivery      string // state and code
		counted       string
	}{
		{"verified", "hook", `{"id":7}`, proof, 200, "OK\n", "webhook.received order/7 own:7-", "waiting ", "webhook 200"},
		{"not verified", "hook", `{"id":7}`, []string{"X-Proof", "guess"}, 401, "the notice could not be verified\n", "", "", "webhook 401"},
		{"no proof", "hook", `{"id":7}`, nil, 401, "the notice could not be verified\n", "", "", "webhook 401"},
		{"verified and unreadable", "hook", `{"id":`, proof, 200, "OK\n", "webhook.received  sha256:", "held unreadable", "webhook 200"},
		{"a template that fails", "hook", `{"id":{}}`, proof, 200, "OK\n", "webhook.received  sha256:", "held unreadable", "webhook 200"},
		{"an error for an answer", "moody", "quote this", nil, 200, "OK\n", "unreadable  unreadable:", "held unreadable", "moody 200"},
		{"refused from within", "moody", "forged", nil, 401, "the notice could not be verified\n", "", "", "moody 401"},
		{"nothing in it", "moody", "nothing", nil, 200, "OK\n", "", "", "moody 200"},
		{"empty", "moody", "", nil, 200, "OK\n", "t o/ notice:", "waiting ", "moody 200"},
		{"the longest", "moody", "number 1" + long[8:], nil, 200, "OK\n", "t o/1", "", "moody 200"},
		{"too long", "moody", long + "x", nil, 413, "a notice may have 1048576 bytes\n", "", "", "moody 413"},
		{"a fault", "moody", "panic Anna Lind", nil, 500, "not stored: this program has a fault\n", "", "", "moody 500"},
		{"a fault of the runtime", "moody", "index", nil, 500, "not stored: this program has a fault\n", "", "", "moody 500"},
		{"switched off", "off", `{"id":7}`, []string{"Content-Type", "application/json"}, 200, "OK\n", "webhook.received  sha256:", "waiting ", "webhook 200"},
		{"cannot be opened", "sealed", `{"id":7}`, nil, 200, "OK\n", "unreadable  unreadable:", "held unreadable", "webhook 200"},
		{"service unheard of", "stranger", `{"id":7}`, nil, 200, "OK\n", "unreadable  unreadable:", "held unreadable", "unheard-of 200"},
		{"service that sends nothing", "books", `{"id":7}`, nil, 200, "OK\n", "unreadable  unreadable:", "held unreadable", "books 200"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := setup(t, patient)
			got := d.hooked(tt.account, tt.body, tt.header...)
			if got.status != tt.status || got.body != tt.text {
				t.Errorf("answer %d %q, want %d %q", got.status, got.body, tt.status, tt.text)
			}
			if diff := cmp.Diff(map[string]float64{tt.counted: 1}, d.counted()); diff != "" {
				t.Errorf("counted (-want +got):\n%s", diff)
			}
			if tt.event == "" {
				if stored := d.events(); len(stored) != 0 {
					t.Errorf("stored: %+v", stored)
				}
				return
			}
			e := d.event()
			if said := fmt.Sprintf("%s %s %s", e.Type, e.Object, e.Dedupe); !strings.HasPrefix(said, tt.event) {
				t.Errorf("event %q, want %q", said, tt.event)
			}
			if e.Raw.Method != http.MethodPost || string(e.Raw.Body) != tt.body || e.ReceivedAt.IsZero() || e.AccountID != "acc_"+tt.account {
				t.Errorf("stored as it came? %s %.100q %v %s", e.Raw.Method, e.Raw.Body, e.ReceivedAt, e.AccountID)
			}
			if held := tt.delivery == "held unreadable"; held != (e.Unreadable != "") {
				t.Errorf("unreadable: %q", e.Unreadable)
			}
			if delivery := d.delivery(tt.account); tt.delivery != "" && string(delivery.State)+" "+delivery.Code != tt.delivery {
				t.Errorf("delivery %s %q, want %s", delivery.State, delivery.Code, tt.delivery)
			}
		})
	}
}

// TestUnknownToken: nothing tells a wrong token from another wrong one, or a missing account from any other.
func TestUnknownToken(t *testing.T) {
	t.Parallel()
	d := setup(t, patient)
	right := token("hook")
	want := d.send("/hooks/x", "")
	if want.status != http.StatusNotFound || want.body != "no such address\n" {
		t.Fatalf("%+v", want)
	}
	wrong := []string{right[:len(right)-1], right + "0", strings.ToUpper(right), right[:len(right)-1] + "c", "%00", strings.Repeat("x", 4000), "acc_hook", "hook", "%2e%2e"}
	for _, token := range wrong {
		for _, body := range []string{"", `{"id":7}`, strings.Repeat("x", MaxBody+1)} {
			got := d.send("/hooks/"+token, body, "X-Proof", shared)
			got.header.Del("Connection") // a body that was not read ends the connection, for every token alike
			if diff := cmp.Diff(want, got, cmp.AllowUnexported(reply{})); diff != "" {
				t.Errorf("%.50s, body of %d bytes (-want +got):\n%s", token, len(body), diff)
			}
		}
	}
	if len(d.events()) != 0 || d.log.String() != "" {
		t.Errorf("stored: %d, logged: %s", len(d.events()), d.log)
	}
	if diff := cmp.Diff(map[string]float64{" 404": float64(1 + 3*len(wrong))}, d.counted()); diff != "" {
		t.Errorf("counted (-want +got):\n%s", diff)
	}
}

// unreadableBody fails the test when somebody reads it.
type unreadableBody struct{ t *testing.T }

func (b unreadableBody) Read([]byte) (int, error) {
	b.t.Error("the body was read")
	return 0, io.EOF
}

// TestUnknownTokenReadsNothing: what is sent to an unknown address costs nothing and changes nothing about the answer's time.
func TestUnknownTokenReadsNothing(t *testing.T) {
	t.Parallel()
	d := setup(t, patient)
	r := httptest.NewRequest(http.MethodPost, "/hooks/x", unreadableBody{t})
	r.SetPathValue("token", "x")
	w := httptest.NewRecorder()
	d.receiver.ServeHTTP(w, r)
	if w.Code != http.StatusNotFound {
		t.Errorf("answer %d", w.Code)
	}
}

// TestTooLongReadsNothing: a sender that says how long its notice is gets its answer before it has sent it.
func TestTooLongReadsNothing(t *testing.T) {
	t.Parallel()
	d := setup(t, patient)
	r := httptest.NewRequest(http.MethodPost, "/hooks/x", unreadableBody{t})
	r.ContentLength = MaxBody + 1
	r.SetPathValue("token", token("shop"))
	w := httptest.NewRecorder()
	d.receiver.ServeHTTP(w, r)
	if w.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("answer %d", w.Code)
	}
}

func TestMethods(t *testing.T) {
	t.Parallel()
	d := setup(t, patient)
	for _, method := range []string{"GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"} {
		for path, looked := range map[string]int{"/hooks/" + token("shop"): http.StatusMethodNotAllowed, "/hooks/x": http.StatusNotFound} {
			got, err := d.try(t.Context(), method, path, strings.NewReader(`{"id":"A"}`))
			must(t, err)
			want := http.StatusMethodNotAllowed
			if method == "GET" || method == "HEAD" { // which an account may have a page for
				want = looked
			}
			if got.status != want || want == http.StatusMethodNotAllowed && !strings.Contains(got.header.Get("Allow"), "POST") {
				t.Errorf("%s %s: %+v", method, path, got)
			}
		}
	}
	if len(d.events()) != 0 {
		t.Error("something was stored")
	}
}

// TestRepeats: the same notice again is one event; whatever differs in what it says is another.
func TestRepeats(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		account string
		first   []string // body, path's query, header...
		second  []string
		events  int
	}{
		{"the connector knows", "shop", []string{`{"id":"A","notice":"n1","total":"1","status":"confirmed"}`, ""}, []string{`{"id":"A","notice":"n1","total":"2","status":"confirmed"}`, ""}, 1},
		{"unreadable, the same", "sealed", []string{"x", "?a=1", "X-Event", "e", "User-Agent", "a", "X-Request-Id", "1"}, []string{"x", "?a=1", "X-Event", "e", "User-Agent", "b", "X-Request-Id", "2"}, 1},
		{"unreadable, another body", "sealed", []string{"x", ""}, []string{"y", ""}, 2},
		{"unreadable, another query", "sealed", []string{"", "?id=1"}, []string{"", "?id=2"}, 2},
		{"unreadable, another header", "sealed", []string{"", "", "X-Booking", "1"}, []string{"", "", "X-Booking", "2"}, 2},
		{"without an identity, the same", "moody", []string{"two", ""}, []string{"two", ""}, 2}, // two events in one notice
		{"without an identity, another", "moody", []string{"two", ""}, []string{"two", "?n=2"}, 4},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := setup(t, patient)
			for _, n := range [][]string{tt.first, tt.second} {
				if got := d.send("/hooks/"+token(tt.account)+n[1], n[0], n[2:]...); got.status != http.StatusOK {
					t.Fatalf("%+v", got)
				}
			}
			if got := d.events(); len(got) != tt.events {
				t.Errorf("%d events, want %d: %+v", len(got), tt.events, got)
			}
		})
	}
}

// TestConnectorScribbles: whatever a connector does to what it was given, the notice is stored as it came.
func TestConnectorScribbles(t *testing.T) {
	t.Parallel()
	d := setup(t, patient)
	d.send("/hooks/"+token("moody")+"?q=1", "scribble this", "X-Mine", "mine")
	raw := d.event().Raw
	if string(raw.Body) != "scribble this" || raw.Header["X-Mine"] != "mine" || raw.Query != "q=1" {
		t.Errorf("%s %+v", raw.Body, raw)
	}
}

// TestLogs: a fault and a refusal are logged once, with where they come from and nothing of what was sent.
func TestLogs(t *testing.T) {
	t.Parallel()
	d := setup(t, patient)
	for range 5 {
		d.send("/hooks/"+token("moody")+"?mail=anna@example.is", "panic Anna Lind", "X-Name", "Anna Lind")
		d.hooked("hook", "Anna Lind", "X-Proof", "guess of Anna Lind")
		d.hooked("moody", "quote Anna Lind")
		d.hooked("sealed", "Anna Lind", "X-Proof", shared)
	}
	log := d.log.String()
	for _, personal := range []string{"Anna", "anna", token("moody"), token("hook"), shared, "guess"} {
		if strings.Contains(log, personal) {
			t.Errorf("the log holds %q:\n%s", personal, log)
		}
	}
	for _, line := range []string{`level=ERROR msg="a fault while taking a notice" account=moody panic=string at="github.com/tengi/tengi/hooks.`, "moody.func1 (kit_test.go:",
		`level=WARN msg="a notice was not taken" account=hook why=refused reason="not verified: `} {
		if n := strings.Count(log, line); n < 1 || n > 4 { // the clock may pass a second's end between two
			t.Errorf("%d lines with %q:\n%s", n, line, log)
		}
	}
}

// partly is a body that ends with an error.
type partly struct {
	from io.Reader
	err  error
}

func (p partly) Read(b []byte) (int, error) {
	n, err := p.from.Read(b)
	if err != nil {
		err = p.err
	}
	return n, err
}

func TestBodyThatDoesNotArrive(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		err    error
		status int
	}{
		{io.ErrUnexpectedEOF, http.StatusBadRequest},
		{fmt.Errorf("read: %w", os.ErrDeadlineExceeded), http.StatusRequestTimeout},
	} {
		d := setup(t, patient)
		r := httptest.NewRequest(http.MethodPost, "/hooks/x", partly{strings.NewReader(`{"id":"A","notice":"1"}`), tt.err})
		r.SetPathValue("token", token("shop"))
		w := httptest.NewRecorder()
		d.receiver.ServeHTTP(w, r)
		if w.Code != tt.status || len(d.events()) != 0 {
			t.Errorf("%v: answer %d, %d events", tt.err, w.Code, len(d.events()))
		}
	}
}

// TestSlowSender: somebody who sends one byte and waits takes a seat and no more; others are served, and what finally comes is taken.
func TestSlowSender(t *testing.T) {
	t.Parallel()
	d := setup(t, patient)
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", strings.TrimPrefix(d.url, "http://"))
	must(t, err)
	defer func() { must(t, conn.Close()) }()
	body := `{"id":"S","notice":"slow","status":"confirmed","total":"1"}`
	_, err = fmt.Fprintf(conn, "POST /hooks/%s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s", token("shop"), len(body), body[:1])
	must(t, err)
	if got := d.hooked("shop", `{"id":"Q","notice":"quick","status":"confirmed","total":"1"}`); got.status != http.StatusOK {
		t.Errorf("%+v", got)
	}
	if n := len(d.events()); n != 1 {
		t.Errorf("%d events before the slow one is whole", n)
	}
	_, err = io.WriteString(conn, body[1:])
	must(t, err)
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	must(t, err)
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK || len(d.events()) != 2 {
		t.Errorf("answer %d, %d events", resp.StatusCode, len(d.events()))
	}
}

// TestSenderLeaves: a sender that hangs up after its last byte has its notice stored all the same.
func TestSenderLeaves(t *testing.T) {
	t.Parallel()
	d := setup(t, patient)
	arrived, release := make(chan struct{}), make(chan struct{})
	accept := d.receiver.accept
	d.receiver.accept = func(ctx context.Context, a *engine.Account, events []tengi.Event) ([]store.Ingested, error) {
		close(arrived)
		<-release
		if ctx.Err() != nil {
			t.Error("what the store was asked for ended with the sender")
		}
		return accept(ctx, a, events)
	}
	ctx, leave := context.WithCancel(t.Context())
	noticed := make(chan struct{})
	go func() {
		defer close(noticed)
		if _, err := d.try(ctx, http.MethodPost, "/hooks/"+token("shop"), strings.NewReader(order("A"))); err == nil {
			t.Error("the sender got an answer before its notice was stored")
		}
	}()
	<-arrived
	leave()
	<-noticed
	close(release)
	d.receiver.Close() // waits for it
	if d.event().Object != "order/A" || d.delivery("shop").State != store.Waiting {
		t.Errorf("%+v", d.event())
	}
}

// TestReason: what a connector says of an unreadable notice is kept for a person, within bounds.
func TestReason(t *testing.T) {
	t.Parallel()
	d := setup(t, patient)
	d.hooked("moody", "quote "+strings.Repeat("ð", 2000))
	if e := d.event(); len(e.Unreadable) > maxReason+len("…") || !strings.HasSuffix(e.Unreadable, "ð…") {
		t.Errorf("%d bytes: %.30q", len(e.Unreadable), e.Unreadable)
	}
	if why := d.delivery("moody"); why.Code != connector.CodeUnreadable || why.Reason == "" {
		t.Errorf("%+v", why)
	}
}

func TestSparing(t *testing.T) {
	t.Parallel()
	now := time.Unix(0, 0)
	s := newSparing(nil, func() time.Time { return now })
	at := trouble{"a", "x"}
	said := func(want int, ok bool, t2 trouble) {
		t.Helper()
		if unsaid, spoke := s.speaks(t2); unsaid != want || spoke != ok {
			t.Errorf("%d %t, want %d %t", unsaid, spoke, want, ok)
		}
	}
	said(0, true, at)
	said(0, false, at)
	said(0, true, trouble{"b", "x"})
	said(0, true, trouble{"a", "y"})
	now = now.Add(999 * time.Millisecond)
	said(0, false, at)
	now = now.Add(time.Millisecond)
	said(2, true, at)
	now = now.Add(time.Hour)
	said(0, true, at)
}
