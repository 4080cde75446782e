package payday

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tengi/tengi/connector/fake"
)

// Fake is a stand-in for Payday, small but with a memory and with the manners of the real one: numbers that come later, filters that are ignored,
// kennitölur that vanish, refusals in four shapes. It takes one account, whose login [Fake.Login] tells. It is safe for concurrent use.
type Fake struct {
	faults  fake.Faults
	handler http.Handler

	mu        sync.Mutex
	behaviour Behaviour
	tokens    map[string]time.Time // when each ends
	logins    int
	register  map[string]string // the national register: kennitala → name
	customers customerBook
	invoices  invoiceBook
	payments  []FakePayment
	credits   []FakeCredit
	mails     []FakeMail
}

var _ fake.Service = (*Fake)(nil)

// Behaviour is how a stand-in differs from one in which everything is in order and happens at once. The zero value is that one.
type Behaviour struct {
	Now         func() time.Time // nil = the time of day
	TokenLife   time.Duration    // 0 = a day
	NumberAfter time.Duration    // from issuing an invoice to its number; before that it is "Pending" to changes
	ListLag     time.Duration    // from making something to its showing in lists and look-ups
	RoundLines  bool             // VAT is rounded on each line instead of once
	CancelledAs string           // the status of a cancelled invoice; empty = CANCELLED
	KeepDeleted bool             // deleted drafts are still there, as DELETED

	SetUpMissing      bool // the company has not finished its set-up: everything but logging in is 401
	NoVATNumber       bool // the company may not charge VAT
	NoClaimCollection bool // the company has no agreement on claims
	EmptyAnswers      bool // what is made is answered without a body
	TextCodes         bool // error codes are texts instead of numbers

	// Before is called before each request is worked on, without any lock held: what a person does between two of our requests.
	Before func(*http.Request)
}

// The login, payment types and rates of the stand-in's one company.
const (
	fakeClientID     = "c0ffee00-1111-4222-8333-444455556666"
	fakeClientSecret = "fjord-tours-payday-secret"

	// FakeCard and FakeCash are the ids of its payment types, "Kort" and "Reiðufé".
	FakeCard = "aaaa0000-0000-4000-8000-000000000001"
	FakeCash = "aaaa0000-0000-4000-8000-000000000002"
)

// fakeCurrencies are the currencies it knows, with the krónur it takes for one.
var fakeCurrencies = map[string]decimal.Decimal{
	"ISK": decimal.NewFromInt(1), "EUR": decimal.NewFromInt(150), "USD": decimal.NewFromInt(140), "GBP": decimal.NewFromInt(175),
}

// NewFake makes a stand-in with an empty set of books. Its register knows a person, 120174-3399, and a company, 410101-0179.
func NewFake(changes ...func(*Behaviour)) *Fake {
	f := &Fake{tokens: map[string]time.Time{}, customers: newCustomerBook(), invoices: newInvoiceBook(), register: map[string]string{
		"1201743399": "Anna Lind", "4101010179": "Ferðaskrifstofa Dæmi ehf.",
	}}
	for _, change := range changes {
		change(&f.behaviour)
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
func (f *Fake) Name() string { return "payday" }

// Login is an account that the stand-in accepts.
func (f *Fake) Login() (settings map[string]any, secrets map[string]string) {
	return map[string]any{"client_id": fakeClientID, "environment": "test"}, map[string]string{"client_secret": fakeClientSecret}
}

// Faults are the faults it is to commit.
func (f *Fake) Faults() *fake.Faults { return &f.faults }

// ServeHTTP is Payday's API.
func (f *Fake) ServeHTTP(w http.ResponseWriter, r *http.Request) { f.handler.ServeHTTP(w, r) }

// maxFakeBody is the longest request taken.
const maxFakeBody = 1 << 20

func (f *Fake) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxFakeBody))
	if err != nil {
		sentence(w, http.StatusRequestEntityTooLarge, "The request is too large")
		return
	}
	f.mu.Lock()
	before := f.behaviour.Before
	f.mu.Unlock()
	if before != nil {
		before(r)
	}
	answer := &heldAnswer{ResponseWriter: w}
	f.answerTo(answer, r, body)
	answer.send() // not under the lock: a caller that does not read must not stop the others
}

// heldAnswer keeps an answer back until it is whole.
type heldAnswer struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

func (a *heldAnswer) WriteHeader(status int) { a.status = status }

func (a *heldAnswer) Write(data []byte) (int, error) { return a.body.Write(data) }

func (a *heldAnswer) send() {
	if a.status != 0 {
		a.ResponseWriter.WriteHeader(a.status)
	}
	_, _ = a.ResponseWriter.Write(a.body.Bytes())
}

func (f *Fake) answerTo(w http.ResponseWriter, r *http.Request, body []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if r.URL.Path == tokenPath {
		f.giveToken(w, r, body)
		return
	}
	if !f.signedIn(r) {
		fake.JSON(w, http.StatusUnauthorized, map[string]string{"error": "invalid_token", "error_description": "The access token is invalid or has expired"})
		return
	}
	if f.behaviour.SetUpMissing {
		sentence(w, http.StatusUnauthorized, "Please complete the required system setup before using the API.")
		return
	}
	f.route(w, r, body)
}

// route finds the handler by the parts of the path.
func (f *Fake) route(w http.ResponseWriter, r *http.Request, body []byte) {
	parts := append(strings.Split(strings.Trim(r.URL.Path, "/"), "/"), "", "")
	switch key := r.Method + " " + parts[0]; key {
	case "GET companies", "GET users":
		fake.JSON(w, http.StatusOK, map[string]any{"id": 4711, "name": "Fjörður Tours ehf.", "ssn": "6903050180", "hasClaimCollection": !f.behaviour.NoClaimCollection})
	case "GET general":
		f.general(w, parts[1])
	case "GET sales":
		fake.JSON(w, http.StatusOK, []map[string]any{
			{"id": FakeCard, "title": "Kort", "description": nil, "created": "2026-01-02T10:00:00"},
			{"id": FakeCash, "title": "Reiðufé", "description": "", "created": "2026-01-02T10:00:00"},
		})
	case "GET customers", "POST customers", "PUT customers", "DELETE customers":
		f.serveCustomers(w, r, parts[1], parts[2], body)
	case "GET invoices", "POST invoices", "PUT invoices", "DELETE invoices":
		f.serveInvoices(w, r, parts[1], parts[2], body)
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

func (f *Fake) general(w http.ResponseWriter, what string) {
	switch what {
	case "vat":
		_, _ = io.WriteString(w, "["+strings.Join(f.rates(), ", ")+"]")
	case "currency":
		list := make([]map[string]any, 0, len(fakeCurrencies))
		for code := range fakeCurrencies {
			list = append(list, map[string]any{"code": code, "description": "Currency " + code})
		}
		fake.JSON(w, http.StatusOK, list)
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

// rates are the VAT rates as Payday writes them.
func (f *Fake) rates() []string {
	if f.behaviour.NoVATNumber {
		return []string{"0.00"}
	}
	return []string{"0.00", "11.00", "24.00"}
}

func (f *Fake) giveToken(w http.ResponseWriter, r *http.Request, body []byte) {
	var login struct {
		ID     string `json:"clientId"`
		Secret string `json:"clientSecret"`
	}
	if r.Method != http.MethodPost || json.Unmarshal(body, &login) != nil || login.ID != fakeClientID || login.Secret != fakeClientSecret {
		fake.JSON(w, http.StatusUnauthorized, map[string]string{"error": "invalid_client", "error_description": "Client authentication failed"})
		return
	}
	life := f.behaviour.TokenLife
	if life == 0 {
		life = 24 * time.Hour
	}
	f.logins++
	token := fmt.Sprintf("fake-access-token-%d", f.logins)
	f.tokens[token] = f.now().Add(life)
	fake.JSON(w, http.StatusOK, map[string]any{
		"accessToken": token, "tokenType": "bearer", "expiresIn": int(life / time.Second), "createdAt": f.now().Unix(),
	})
}

func (f *Fake) signedIn(r *http.Request) bool {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	end, known := f.tokens[token]
	return ok && known && f.now().Before(end)
}

func (f *Fake) now() time.Time {
	if f.behaviour.Now != nil {
		return f.behaviour.Now()
	}
	return time.Now()
}

// timestamp is a time as Payday writes it: without a zone.
func timestamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05") }

// The shapes of a refusal beside OAuth's.

func sentence(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text)
}

func message(w http.ResponseWriter, text string) {
	fake.JSON(w, http.StatusBadRequest, map[string]string{"message": text})
}

func (f *Fake) coded(w http.ResponseWriter, code string, text string) {
	answer := map[string]any{"errorCode": json.Number(code), "errorMessage": text}
	if f.behaviour.TextCodes {
		answer["errorCode"] = code
	}
	fake.JSON(w, http.StatusBadRequest, answer)
}

// made answers with what was made.
func (f *Fake) made(w http.ResponseWriter, what any) {
	if f.behaviour.EmptyAnswers {
		w.WriteHeader(http.StatusOK)
		return
	}
	fake.JSON(w, http.StatusOK, what)
}

// float writes a decimal with the ".0" that Payday gives whole numbers; without a value it is null.
type float struct{ *decimal.Decimal }

func (d float) MarshalJSON() ([]byte, error) {
	switch {
	case d.Decimal == nil:
		return []byte("null"), nil
	case d.IsInteger():
		return []byte(d.StringFixed(1)), nil
	default:
		return []byte(d.String()), nil
	}
}
