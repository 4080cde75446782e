package caspit

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tengi/tengi/connector/fake"
)

// Fake is a stand-in for Caspit, small but with a memory: tokens that end, drafts that are brought up to date, closed documents that are not, cards
// by key, and refusals in its own words. It has one business, whose login [Fake.Login] tells. It is safe for concurrent use.
type Fake struct {
	faults  fake.Faults
	handler http.Handler

	mu        sync.Mutex
	behaviour Behaviour
	tokens    map[string]time.Time // when each was used last
	logins    int
	documents []*FakeDocument
	numbers   map[int64]int // of each kind
	contacts  []*FakeContact
	mails     []FakeMail
}

var _ fake.Service = (*Fake)(nil)

// Behaviour is how a stand-in differs from one in which everything is in order. The zero value is that one.
type Behaviour struct {
	Now          func() time.Time // nil = the time of day
	VATRate      decimal.Decimal  // per cent; zero = 18
	RoundLines   bool             // each line is rounded before VAT
	Off          decimal.Decimal  // what every total is wrong by
	MissingAs400 bool             // what is not there is answered 400 instead of 404
	TokenAs400   bool             // a token that is no longer good is answered 400 instead of 401
	NoLicence    bool             // the business has no licence for documents
	NoPayPal     bool             // it has no kind of payment for PayPal
	StaysOpen    bool             // a closing is accepted and does not show
	PlainLists   bool             // lists come without pages

	// Before is called before each request is worked on, without any lock held.
	Before func(*http.Request)
}

// FakeDocument is a document in the stand-in's books.
type FakeDocument struct {
	documentBody
	Number string
	Status int
	Total  decimal.Decimal
	VAT    decimal.Decimal
}

// FakeContact is a customer card.
type FakeContact struct {
	contactBody
	Number int
}

// FakeMail is a mail that was sent; Draft says that its document was not closed.
type FakeMail struct {
	Document, To, BCC, Subject, Text, Language string
	Draft                                      bool
}

// The login of the stand-in's one business.
const (
	fakeUser     = "fjord"
	fakePassword = "fjord-caspit-password"
	fakeBusiness = "516179157"
	fakePayPal   = 17
)

// NewFake makes a stand-in with empty books.
func NewFake(changes ...func(*Behaviour)) *Fake {
	f := &Fake{tokens: map[string]time.Time{}, numbers: map[int64]int{}}
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
func (f *Fake) Name() string { return "caspit" }

// Login is an account that the stand-in accepts.
func (f *Fake) Login() (settings map[string]any, secrets map[string]string) {
	return map[string]any{"user_name": fakeUser, "business_number": fakeBusiness}, map[string]string{"password": fakePassword}
}

// Faults are the faults it is to commit.
func (f *Fake) Faults() *fake.Faults { return &f.faults }

// ServeHTTP is Caspit's API.
func (f *Fake) ServeHTTP(w http.ResponseWriter, r *http.Request) { f.handler.ServeHTTP(w, r) }

// Documents are the documents, drafts included, in the order they were made.
func (f *Fake) Documents() []FakeDocument {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := make([]FakeDocument, len(f.documents))
	for i, d := range f.documents {
		all[i] = *d
	}
	return all
}

// Mails are the mails sent.
func (f *Fake) Mails() []FakeMail {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]FakeMail{}, f.mails...)
}

// Holdings are the documents by what they are to the books, the cards and the mails.
func (f *Fake) Holdings() map[string]any {
	held := map[string]any{"mails": f.Mails()}
	closed, drafts, credits, refunds := []FakeDocument{}, []FakeDocument{}, []FakeDocument{}, []FakeDocument{}
	for _, d := range f.Documents() {
		switch {
		case d.Status == statusDraft:
			drafts = append(drafts, d)
		case d.TrxTypeID == creditInvoice.trxType:
			credits = append(credits, d)
		case d.TrxTypeID == refundNote.trxType:
			refunds = append(refunds, d)
		default:
			closed = append(closed, d)
		}
	}
	held["documents"], held["drafts"], held["credits"], held["refunds"] = closed, drafts, credits, refunds
	f.mu.Lock()
	defer f.mu.Unlock()
	contacts := []FakeContact{}
	for _, c := range f.contacts {
		contacts = append(contacts, *c)
	}
	held["contacts"] = contacts
	return held
}

// ByHand lets a person change a document: close it, or give it another total. It fails for one that is not there.
func (f *Fake) ByHand(id string, change func(*FakeDocument)) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	d := f.document(id)
	if d == nil {
		return fmt.Errorf("caspit stand-in: no document %s", id)
	}
	change(d)
	return nil
}

// ForgetTokens ends every login.
func (f *Fake) ForgetTokens() {
	f.mu.Lock()
	defer f.mu.Unlock()
	clear(f.tokens)
}

func (f *Fake) now() time.Time {
	if f.behaviour.Now != nil {
		return f.behaviour.Now()
	}
	return time.Now()
}

// maxFakeBody is the longest request taken.
const maxFakeBody = 1 << 20

func (f *Fake) serve(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	before := f.behaviour.Before
	f.mu.Unlock()
	if before != nil {
		before(r)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	body := http.MaxBytesReader(w, r.Body, maxFakeBody)
	path := strings.Trim(strings.ToLower(r.URL.Path), "/") // case does not matter
	if path == "token" && r.Method == http.MethodPost {
		f.giveToken(w, json.NewDecoder(body))
		return
	}
	if !f.signedIn(r) {
		status := http.StatusUnauthorized
		if f.behaviour.TokenAs400 {
			status = http.StatusBadRequest
		}
		refuse(w, status, "The token is not valid or has expired")
		return
	}
	first, rest, _ := strings.Cut(path, "/")
	_, id, _ := strings.Cut(strings.Trim(r.URL.Path, "/"), "/")
	switch r.Method + " " + first {
	case "GET vatrate":
		f.list(w, r, map[string]any{"Date": r.URL.Query().Get("date"), "VatRatePercent": plainNumber{f.rate()}})
	case "GET paymenttypes":
		f.list(w, r, f.paymentTypes()...)
	case "GET contacts", "POST contacts":
		f.serveContacts(w, r, id, json.NewDecoder(body))
	case "GET documents", "POST documents", "POST printdocument", "POST emaildocument", "POST canceldocument":
		if f.behaviour.NoLicence {
			refuse(w, http.StatusBadRequest, "לעסק אין רישיון למודול זה")
			return
		}
		f.serveDocuments(w, r, first, id, json.NewDecoder(body))
	default:
		refuse(w, http.StatusNotFound, "No HTTP resource was found that matches the request URI "+rest)
	}
}

// refuse answers with a message, as the service does.
func refuse(w http.ResponseWriter, status int, message string) {
	fake.JSON(w, status, map[string]string{"Message": message})
}

func (f *Fake) missing(w http.ResponseWriter, what string) {
	status := http.StatusNotFound
	if f.behaviour.MissingAs400 {
		status = http.StatusBadRequest
	}
	refuse(w, status, what+" was not found")
}

func (f *Fake) giveToken(w http.ResponseWriter, body *json.Decoder) {
	var asked struct{ UserName, Password, OsekMorsheNumber string }
	if err := body.Decode(&asked); err != nil || asked.UserName != fakeUser || asked.Password != fakePassword || asked.OsekMorsheNumber != "" && asked.OsekMorsheNumber != fakeBusiness {
		refuse(w, http.StatusBadRequest, "שם המשתמש או הסיסמה שגויים")
		return
	}
	f.logins++
	token := fmt.Sprintf("%048X", 0xB47C7DD29B64+f.logins)
	f.tokens[token] = f.now()
	fake.JSON(w, http.StatusOK, token)
}

// signedIn looks at the token and begins its ten minutes anew.
func (f *Fake) signedIn(r *http.Request) bool {
	token := r.Header.Get(tokenHeader)
	if token == "" {
		token = r.URL.Query().Get("token")
	}
	used, known := f.tokens[token]
	if !known || f.now().Sub(used) > tokenLife {
		return false
	}
	f.tokens[token] = f.now()
	return true
}

// list answers with one page. As at the service, the page names its neighbours by addresses that hold the token.
func (f *Fake) list(w http.ResponseWriter, r *http.Request, rows ...any) {
	if f.behaviour.PlainLists {
		fake.JSON(w, http.StatusOK, rows)
		return
	}
	next := "https://app.caspit.biz" + r.URL.Path + "?page=1&token=" + r.Header.Get(tokenHeader)
	fake.JSON(w, http.StatusOK, map[string]any{"CurrentPage": 0, "TotalCount": len(rows), "TotalPages": 1, "PrevPageUrl": nil, "NextPageUrl": next, "Results": rows})
}

func (f *Fake) paymentTypes() []any {
	kinds := []any{
		map[string]any{"PaymentTypeId": payCash, "Name": "מזומן"}, map[string]any{"PaymentTypeId": payCheque, "Name": "שיק"},
		map[string]any{"PaymentTypeId": 3, "Name": "ישראכרט"}, map[string]any{"PaymentTypeId": payTransfer, "Name": "העברה"},
		map[string]any{"PaymentTypeId": payOther, "Name": "אחר"}, map[string]any{"PaymentTypeId": payBit, "Name": "ביט/פייבוקס"},
	}
	if !f.behaviour.NoPayPal {
		kinds = append(kinds, map[string]any{"PaymentTypeId": fakePayPal, "Name": "PayPal"})
	}
	return kinds
}

func (f *Fake) rate() decimal.Decimal {
	if f.behaviour.VATRate.IsZero() {
		return decimal.NewFromInt(18)
	}
	return f.behaviour.VATRate
}

// plainNumber writes a number with four decimals, as the service does.
type plainNumber struct{ decimal.Decimal }

// MarshalJSON writes the digits.
func (n plainNumber) MarshalJSON() ([]byte, error) { return []byte(n.StringFixed(4)), nil }
