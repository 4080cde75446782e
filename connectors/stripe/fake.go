package stripe

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/stripe/stripe-go/v85"

	"github.com/tengi/tengi/connector/fake"
)

// Fake is a stand-in for Stripe, small but with a memory: idempotency keys that are replayed and run out, lists that are compared with regard to
// case, lines that only drafts take, króna amounts without hundredths. It takes one account of test mode, whose key [Fake.Login] tells. It is safe
// for concurrent use.
type Fake struct {
	faults  fake.Faults
	handler http.Handler

	mu        sync.Mutex
	behaviour Behaviour
	books     map[string]*book // by the path of their list
	order     []string         // ids of everything, in the order it was made
	keys      map[string]remembered
	mails     []string       // ids of invoices mailed
	discounts map[string]int // per cent taken off everything a customer buys, by the customer's id
}

var _ fake.Service = (*Fake)(nil)

// Behaviour is how a stand-in differs from one in which everything is in order. The zero value is that one.
type Behaviour struct {
	Now     func() time.Time // nil = the time of day
	KeyLife time.Duration    // how long idempotency keys are known; 0 = 24 hours
	// StoreFailures answers so many changes, which act, with 500, and every repeat under the same key as well.
	StoreFailures int
	// Lacks are permissions that the key has not, as in rak_invoice_write.
	Lacks []string
	// Before is called before each request is worked on, without any lock held: what a person does between two of our requests.
	Before func(*http.Request)
}

// The login of the stand-in's one account.
const (
	fakeKey    = "sk_test_FakeFjordTours0123456789"
	fakeSecret = "whsec_FakeFjordTours0123456789"
)

// obj is an object as JSON.
type obj = map[string]any

// book holds the objects of one kind.
type book struct {
	prefix, kind string // "cus", "customer"
	all          map[string]obj
}

// remembered is what is known of a request under an idempotency key.
type remembered struct {
	request string
	status  int
	answer  []byte
	at      time.Time
}

// NewFake makes a stand-in without customers. It has tax rates of 24 and 11 per cent, included and added, for Iceland.
func NewFake(changes ...func(*Behaviour)) *Fake {
	f := &Fake{keys: map[string]remembered{}, discounts: map[string]int{}, books: map[string]*book{}}
	for path, b := range map[string][2]string{
		"customers": {"cus", "customer"}, "invoiceitems": {"ii", "invoiceitem"}, "invoices": {"in", "invoice"}, "tax_rates": {"txr", "tax_rate"},
		"credit_notes": {"cn", "credit_note"}, "events": {"evt", "event"}, "checkout/sessions": {"cs", "checkout.session"},
		"lines": {"il", "line_item"}, "items": {"li", "item"}, "payments": {"pi", "payment_intent"}, "refunds": {"re", "refund"},
	} {
		f.books[path] = &book{prefix: b[0], kind: b[1], all: map[string]obj{}}
	}
	for _, change := range changes {
		change(&f.behaviour)
	}
	for _, percentage := range []float64{24, 11} {
		for _, inclusive := range []bool{true, false} {
			f.add("tax_rates", obj{"percentage": percentage, "inclusive": inclusive, "country": "IS", "active": true, "display_name": "VSK"})
		}
	}
	f.handler = f.faults.Wrap(http.HandlerFunc(f.serve))
	return f
}

// Set changes how the stand-in behaves from now on.
func (f *Fake) Set(change func(*Behaviour)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change(&f.behaviour)
}

// Name is the connector's name.
func (f *Fake) Name() string { return "stripe" }

// Login is an account that the stand-in accepts.
func (f *Fake) Login() (settings map[string]any, secrets map[string]string) {
	return map[string]any{}, map[string]string{"api_key": fakeKey, "webhook_secret": fakeSecret}
}

// Faults are the faults it is to commit.
func (f *Fake) Faults() *fake.Faults { return &f.faults }

// Holdings is everything it has made: customers, items that wait, drafts and invoices, credit notes, mails.
func (f *Fake) Holdings() map[string]any {
	f.mu.Lock()
	defer f.mu.Unlock()
	held := map[string]any{"mails": append([]string{}, f.mails...)}
	for _, path := range []string{"customers", "invoiceitems", "invoices", "credit_notes", "checkout/sessions", "refunds"} {
		rows := []obj{}
		for _, o := range f.rows(path, func(obj) bool { return true }) {
			rows = append(rows, f.shown(path, o))
		}
		held[strings.ReplaceAll(path, "/", "_")] = rows
	}
	return held
}

// ServeHTTP is Stripe's API.
func (f *Fake) ServeHTTP(w http.ResponseWriter, r *http.Request) { f.handler.ServeHTTP(w, r) }

// refusal is a refusal as Stripe words one.
type refusal struct {
	status                     int
	kind, code, param, message string
}

func invalid(code, param, format string, args ...any) *refusal {
	return &refusal{http.StatusBadRequest, string(stripe.ErrorTypeInvalidRequest), code, param, fmt.Sprintf(format, args...)}
}

func noSuch(kind, id string) *refusal {
	r := invalid("resource_missing", "id", "No such %s: '%s'", kind, id)
	r.status = http.StatusNotFound
	return r
}

// maxFakeBody is the longest request taken.
const maxFakeBody = 1 << 20

func (f *Fake) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxFakeBody))
	if err != nil {
		w.WriteHeader(http.StatusRequestEntityTooLarge)
		return
	}
	f.mu.Lock()
	before := f.behaviour.Before
	f.mu.Unlock()
	if before != nil {
		before(r)
	}
	answer := httptest.NewRecorder() // written out without the lock: a caller that does not read must not stop the others
	f.answer(answer, r, body)
	for name, values := range answer.Header() {
		w.Header()[name] = values
	}
	w.WriteHeader(answer.Code)
	_, _ = w.Write(answer.Body.Bytes())
}

// answer checks the login, replays what is known under the key, and works on the rest.
func (f *Fake) answer(w http.ResponseWriter, r *http.Request, body []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	w.Header().Set("Request-Id", fmt.Sprintf("req_fake%08d", len(f.order)))
	if err := f.admit(r); err != nil {
		err.write(w)
		return
	}
	key := r.Header.Get("Idempotency-Key")
	if r.Method != http.MethodPost {
		key = ""
	}
	request := r.URL.Path + "?" + string(body)
	life := f.behaviour.KeyLife
	if life == 0 {
		life = 24 * time.Hour
	}
	if k, known := f.keys[key]; known && key != "" && f.now().Before(k.at.Add(life)) {
		if k.request != request {
			(&refusal{http.StatusBadRequest, string(stripe.ErrorTypeIdempotency), "", "", "Keys for idempotent requests can only be used with the same parameters they were first used with."}).write(w)
			return
		}
		w.Header().Set("Idempotent-Replayed", "true")
		raw(w, k.status, k.answer)
		return
	}
	params, err := readParams(r, body)
	var made obj
	if err == nil {
		made, err = f.work(r.Method, strings.TrimPrefix(r.URL.Path, "/v1/"), params)
	}
	if err != nil {
		err.write(w) // nothing was done, so nothing is remembered
		return
	}
	status, answer := http.StatusOK, encodeObj(made)
	if key != "" {
		if f.behaviour.StoreFailures > 0 {
			f.behaviour.StoreFailures--
			status, answer = http.StatusInternalServerError, []byte(`{"error":{"type":"api_error","message":"An unknown error occurred"}}`)
		}
		f.keys[key] = remembered{request, status, answer, f.now()}
	}
	raw(w, status, answer)
}

func raw(w http.ResponseWriter, status int, body []byte) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

func (e *refusal) write(w http.ResponseWriter) {
	said := obj{"type": e.kind, "message": e.message}
	for key, value := range map[string]string{"code": e.code, "param": e.param} {
		if value != "" {
			said[key] = value
		}
	}
	raw(w, e.status, encodeObj(obj{"error": said}))
}

// admit checks key, version and permissions.
func (f *Fake) admit(r *http.Request) *refusal {
	unauthorized := func(code, message string) *refusal {
		return &refusal{http.StatusUnauthorized, string(stripe.ErrorTypeInvalidRequest), code, "", message}
	}
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	switch {
	case !ok || token == "":
		return unauthorized("", "You did not provide an API key.")
	case strings.HasPrefix(token, "pk_"):
		return unauthorized("secret_key_required", "This API call cannot be made with a publishable API key.")
	case token != fakeKey:
		return unauthorized("", "Invalid API Key provided: "+token[:min(len(token), 8)]+"****")
	case r.Header.Get("Stripe-Version") != stripe.APIVersion:
		return invalid("", "", "Invalid Stripe API version: %s", r.Header.Get("Stripe-Version"))
	}
	access := "write"
	if r.Method == http.MethodGet {
		access = "read"
	}
	for _, lacking := range f.behaviour.Lacks {
		resource, kind, _ := strings.Cut(strings.TrimPrefix(lacking, "rak_"), " ")
		if strings.HasPrefix(r.URL.Path, "/v1/"+kind) && strings.HasSuffix(resource, access) {
			return &refusal{http.StatusForbidden, string(stripe.ErrorTypeInvalidRequest), "", "",
				"The provided key does not have the required permissions for this endpoint. Having the 'rak_" + resource + "' permission would allow this request to continue."}
		}
	}
	return nil
}

func (f *Fake) now() time.Time {
	if f.behaviour.Now != nil {
		return f.behaviour.Now()
	}
	return time.Now()
}

// add makes an object.
func (f *Fake) add(path string, o obj) obj {
	b := f.books[path]
	id := fmt.Sprintf("%s_fake%08d", b.prefix, len(f.order)+1)
	o["id"], o["object"], o["created"], o["livemode"] = id, b.kind, f.now().Unix(), false
	if o["metadata"] == nil {
		o["metadata"] = obj{}
	}
	b.all[id] = o
	f.order = append(f.order, id)
	return o
}

// rows are the objects of a kind that fit, newest first.
func (f *Fake) rows(path string, fits func(obj) bool) []obj {
	found := []obj{}
	for i := len(f.order) - 1; i >= 0; i-- {
		if o := f.books[path].all[f.order[i]]; o != nil && fits(o) {
			found = append(found, o)
		}
	}
	return found
}

// page is one page of a list.
func page(all []obj, p params) (obj, *refusal) {
	limit := 10
	if text := p.text("limit"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > perPage {
			return nil, invalid("parameter_invalid_integer", "limit", "Invalid integer: %s", text)
		}
		limit = n
	}
	if after := p.text("starting_after"); after != "" {
		for i, o := range all {
			if o["id"] == after {
				all = all[i+1:]
				break
			}
		}
	}
	shown := all[:min(limit, len(all))]
	return obj{"object": "list", "data": shown, "has_more": len(all) > len(shown)}, nil
}

func encodeObj(o any) []byte {
	var b bytes.Buffer
	if err := json.NewEncoder(&b).Encode(o); err != nil {
		panic("an object of the stand-in cannot be written as JSON: " + err.Error())
	}
	return b.Bytes()
}

// clone is an object as it is now, which later changes do not touch.
func clone(o obj) obj {
	var same obj
	decoder := json.NewDecoder(bytes.NewReader(encodeObj(o)))
	decoder.UseNumber()
	if err := decoder.Decode(&same); err != nil {
		panic("an object of the stand-in cannot be read back: " + err.Error())
	}
	return same
}

// readParams reads a request's parameters, in the query of a GET and in the body of everything else.
func readParams(r *http.Request, body []byte) (params, *refusal) {
	text := string(body)
	if r.Method == http.MethodGet {
		text = r.URL.RawQuery
	} else if kind := r.Header.Get("Content-Type"); text != "" && kind != "application/x-www-form-urlencoded" {
		return nil, invalid("", "", "Invalid request (check that your POST content type is application/x-www-form-urlencoded)")
	}
	values, err := url.ParseQuery(text)
	if err != nil {
		return nil, invalid("", "", "Invalid request: the parameters cannot be read")
	}
	return params(values), checkParams(r.Method, strings.TrimPrefix(r.URL.Path, "/v1/"), params(values))
}
