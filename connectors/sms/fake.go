package sms

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tengi/tengi/connector/fake"
)

// The logins that the stand-in accepts, and the senders that are registered there.
const (
	fakeAccount  = "AC00000000000000000000000000000001"
	fakeToken    = "sms-stand-in-token"
	fakeAPIKey   = "SK00000000000000000000000000000001"
	fakeService  = "MG00000000000000000000000000000001"
	fakeNumber   = "+15005550006" // Twilio's own test number
	fakeSender   = "Fjordur"
	fakeBlocked  = "380500000000" // stands on TurboSMS's stop list; a number without its plus
	fakeNowhere  = "15005550001"  // Twilio's test number that is none
	fakeIDFormat = "%032x"
)

// Fake is a stand-in for the three services behind one address, each with its own paths, logins and errors:
//
//	POST /2010-04-01/Accounts/{sid}/Messages.json, GET the same, GET .../Messages/{id}.json, GET .../Accounts/{sid}.json    Twilio
//	POST /sms.do, GET /sms.do?status=, GET /profile                                                                       SMSAPI
//	POST /message/send.json, POST /message/status.json, POST /user/balance.json                                           TurboSMS
//
// It remembers every message, whoever took it. It is safe for concurrent use.
type Fake struct {
	faults  fake.Faults
	handler http.Handler
	variant string
	now     func() time.Time

	mu       sync.Mutex
	messages []Message
	account  string // state of the Twilio account
	redacted bool
	balance  string
}

// Message is a message in the stand-in's memory.
type Message struct {
	ID      string    `json:"id"`
	Service string    `json:"service"`
	To      string    `json:"to"`
	From    string    `json:"from"`
	Text    string    `json:"text"`
	Idx     string    `json:"idx,omitempty"`
	Status  string    `json:"status"`
	At      time.Time `json:"at"`
}

var _ fake.Service = (*Fake)(nil)

// NewFake makes a stand-in whose Login is one at Twilio.
func NewFake() *Fake { return NewFakeOf(twilio, time.Now) }

// NewFakeOf makes a stand-in whose Login is one at the given service ("twilio", "smsapi", "turbosms"), and which goes by a clock.
func NewFakeOf(service string, now func() time.Time) *Fake {
	f := &Fake{variant: service, now: now, account: "active", balance: "25.5"}
	mux := http.NewServeMux()
	f.twilio(mux)
	f.smsapi(mux)
	f.turbo(mux)
	f.handler = f.faults.Wrap(mux)
	return f
}

// Name is the connector's name.
func (f *Fake) Name() string { return "sms" }

// Login is an account that the stand-in accepts.
func (f *Fake) Login() (settings map[string]any, secrets map[string]string) {
	settings = map[string]any{"service": f.variant, "sender": fakeSender}
	if f.variant == twilio {
		settings["account_sid"], settings["sender"] = fakeAccount, fakeNumber
	}
	return settings, map[string]string{"token": fakeToken}
}

// Faults are the faults it is to commit.
func (f *Fake) Faults() *fake.Faults { return &f.faults }

// Holdings are the messages.
func (f *Fake) Holdings() map[string]any { return map[string]any{"messages": f.Messages()} }

// Messages are all messages taken, oldest first.
func (f *Fake) Messages() []Message {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]Message{}, f.messages...)
}

// Deliver has every message arrive.
func (f *Fake) Deliver() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range f.messages {
		f.messages[i].Status = map[string]string{twilio: "delivered", smsapi: "DELIVERED", turbosms: "Delivered"}[f.messages[i].Service]
	}
}

// Suspend has Twilio close the account, and nobody have credit.
func (f *Fake) Suspend() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.account, f.balance = "suspended", "0"
}

// Redact has Twilio keep the texts of messages to itself.
func (f *Fake) Redact() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.redacted = true
}

// ServeHTTP is the services' interface.
func (f *Fake) ServeHTTP(w http.ResponseWriter, r *http.Request) { f.handler.ServeHTTP(w, r) }

// keep puts a message into the memory. The caller holds the lock.
func (f *Fake) keep(m Message, id string) Message {
	m.ID, m.At = fmt.Sprintf(id, len(f.messages)+1), f.now().UTC()
	f.messages = append(f.messages, m)
	return m
}

// find finds a service's message. The caller holds the lock.
func (f *Fake) find(service, id string) (Message, bool) {
	i := slices.IndexFunc(f.messages, func(m Message) bool { return m.Service == service && m.ID == id })
	if i < 0 {
		return Message{}, false
	}
	return f.messages[i], true
}

var (
	e164     = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)
	plainTel = regexp.MustCompile(`^[1-9][0-9]{6,14}$`)
)

// Twilio.

func (f *Fake) twilio(mux *http.ServeMux) {
	mux.HandleFunc("POST /2010-04-01/Accounts/{sid}/Messages.json", f.atTwilio(f.twilioSend))
	mux.HandleFunc("GET /2010-04-01/Accounts/{sid}/Messages.json", f.atTwilio(f.twilioList))
	mux.HandleFunc("GET /2010-04-01/Accounts/{sid}/Messages/{file}", f.atTwilio(f.twilioGet))
	mux.HandleFunc("GET /2010-04-01/Accounts/{file}", f.atTwilio(f.twilioAccount))
}

func twilioError(w http.ResponseWriter, status, code int, words string) {
	fake.JSON(w, status, map[string]any{"code": code, "message": words, "more_info": fmt.Sprintf("https://www.twilio.com/docs/errors/%d", code), "status": status})
}

// atTwilio checks the login. An API key may do everything but look at the account.
func (f *Fake) atTwilio(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		user, password, ok := r.BasicAuth()
		key := user == fakeAPIKey && r.PathValue("sid") != ""
		if !ok || password != fakeToken || user != fakeAccount && !key {
			twilioError(w, http.StatusUnauthorized, 20003, "Authenticate")
			return
		}
		if sid := r.PathValue("sid"); sid != "" && sid != fakeAccount {
			twilioError(w, http.StatusNotFound, 20404, "The requested resource was not found")
			return
		}
		f.mu.Lock()
		defer f.mu.Unlock()
		next(w, r)
	}
}

func (f *Fake) twilioView(m Message) map[string]any {
	body := m.Text
	if f.redacted {
		body = ""
	}
	return map[string]any{
		"sid": m.ID, "account_sid": fakeAccount, "to": m.To, "from": m.From, "body": body, "status": m.Status, "direction": "outbound-api",
		"date_created": m.At.Format(time.RFC1123Z), "date_sent": nil, "num_segments": fmt.Sprint(measure(m.Text).parts), "error_code": nil,
	}
}

func (f *Fake) twilioSend(w http.ResponseWriter, r *http.Request) {
	from, service := r.PostFormValue("From"), r.PostFormValue("MessagingServiceSid")
	to, body := r.PostFormValue("To"), r.PostFormValue("Body")
	switch {
	case f.account != "active":
		twilioError(w, http.StatusForbidden, 20005, "Account not active")
	case to == "" || body == "":
		twilioError(w, http.StatusBadRequest, 21602, "A message body is required")
	case !e164.MatchString(to) || to == "+"+fakeNowhere:
		twilioError(w, http.StatusBadRequest, 21211, "The 'To' number is not a valid phone number.")
	case (from == "") == (service == ""):
		twilioError(w, http.StatusBadRequest, 21603, "A 'From' phone number is required.")
	case from != "" && from != fakeNumber && from != fakeSender, service != "" && service != fakeService:
		twilioError(w, http.StatusBadRequest, 21606, "The 'From' phone number provided is not a valid message-capable phone number")
	case measure(body).characters > 1600:
		twilioError(w, http.StatusBadRequest, 21617, "The concatenated message body exceeds the 1600 character limit")
	default:
		fake.JSON(w, http.StatusCreated, f.twilioView(f.keep(Message{Service: twilio, To: to, From: from + service, Text: body, Status: "queued"}, "SM"+fakeIDFormat)))
	}
}

func (f *Fake) twilioList(w http.ResponseWriter, r *http.Request) {
	list := []map[string]any{}
	for _, m := range slices.Backward(f.messages) {
		if to := r.URL.Query().Get("To"); m.Service == twilio && (to == "" || m.To == to) && len(list) < twilioPage {
			list = append(list, f.twilioView(m))
		}
	}
	fake.JSON(w, http.StatusOK, map[string]any{"messages": list, "page": 0, "page_size": twilioPage, "next_page_uri": nil})
}

func (f *Fake) twilioGet(w http.ResponseWriter, r *http.Request) {
	m, ok := f.find(twilio, strings.TrimSuffix(r.PathValue("file"), ".json"))
	if !ok {
		twilioError(w, http.StatusNotFound, 20404, "The requested resource was not found")
		return
	}
	fake.JSON(w, http.StatusOK, f.twilioView(m))
}

func (f *Fake) twilioAccount(w http.ResponseWriter, r *http.Request) {
	if r.PathValue("file") != fakeAccount+".json" {
		twilioError(w, http.StatusNotFound, 20404, "The requested resource was not found")
		return
	}
	fake.JSON(w, http.StatusOK, map[string]any{"sid": fakeAccount, "friendly_name": "Fjörður Tours", "status": f.account, "type": "Trial"})
}

// decodeJSON reads a request's JSON strictly.
func decodeJSON(r *http.Request, into any) bool {
	dec := json.NewDecoder(r.Body)
	dec.DisallowUnknownFields()
	return dec.Decode(into) == nil
}
