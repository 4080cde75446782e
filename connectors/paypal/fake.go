package paypal

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/tengi/tengi/connector/fake"
)

// The account that the stand-in plays.
const (
	fakeMerchant = "R6PZK3M8WQ2VC"
	fakeEmail    = "pay@fjordur.example"
	fakeClient   = "AfjordurClient-stand-in"
	fakeSecret   = "EfjordurSecret-stand-in"
	fakeToken    = "A21AA-stand-in-token"
	fakeWebhook  = "9XL90610J3647323C"
)

// Fake is a stand-in for PayPal. It takes payments, refunds them and takes them back as it is told to, writes the messages and webhooks that PayPal
// would send, confirms those and no others, and answers the REST calls that the connector makes. It is safe for use by many goroutines.
type Fake struct {
	faults  fake.Faults
	handler http.Handler

	mu       sync.Mutex
	now      func() time.Time
	last     int
	payments map[string]*fakePayment
	order    []string // of payments, as they were made
	refunds  map[string]*fakeRefund
	disputes []map[string]any
	messages map[string]bool         // the IPN it has sent, byte for byte
	sent     map[string]transmission // the webhooks it has sent, by transmission
	hook     map[string]any          // what the REST app says about its webhook
	lag      bool                    // refunds are reported and do not show yet
}

var _ fake.Service = (*Fake)(nil)

// transmission is a webhook as it was sent.
type transmission struct {
	header map[string]string
	body   string
}

// NewFake returns a PayPal without payments, by the machine's clock.
func NewFake() *Fake {
	f := &Fake{now: time.Now, payments: map[string]*fakePayment{}, refunds: map[string]*fakeRefund{}, messages: map[string]bool{}, sent: map[string]transmission{},
		disputes: []map[string]any{}}
	f.SetWebhook("https://tengi.example/hooks/hook-token-1", "*")
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+postbackPath, f.confirm)
	mux.HandleFunc("POST "+tokenPath, f.login)
	mux.HandleFunc("POST /v1/notifications/verify-webhook-signature", f.signed(f.verify))
	mux.HandleFunc("GET /v1/notifications/webhooks", f.signed(func(w http.ResponseWriter, _ *http.Request) {
		fake.JSON(w, http.StatusOK, map[string]any{"webhooks": []any{f.hook}})
	}))
	mux.HandleFunc("GET /v1/notifications/webhooks/{id}", f.signed(func(w http.ResponseWriter, r *http.Request) { f.found(w, r.PathValue("id") == fakeWebhook, f.hook) }))
	for path, read := range map[string]func(string) (map[string]any, bool){
		"/v2/payments/captures/": f.capture, "/v2/payments/refunds/": f.refund, "/v2/checkout/orders/": f.orderOf,
		"/v1/payments/sale/": f.oldSale, "/v1/payments/refund/": f.oldRefund, "/v1/billing/subscriptions/": f.subscription, "/v1/payments/payment/": f.oldPayment,
	} {
		mux.HandleFunc("GET "+path+"{id}", f.signed(func(w http.ResponseWriter, r *http.Request) {
			document, ok := read(r.PathValue("id"))
			f.found(w, ok, document)
		}))
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) })
	f.handler = f.faults.Wrap(mux)
	return f
}

// SetClock makes the stand-in go by another clock.
func (f *Fake) SetClock(now func() time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.now = now
}

// SetWebhook says where the REST app's webhook leads and which events it reports.
func (f *Fake) SetWebhook(address string, events ...string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	types := make([]map[string]string, len(events))
	for i, name := range events {
		types[i] = map[string]string{"name": name, "status": "ENABLED"}
	}
	f.hook = map[string]any{"id": fakeWebhook, "url": address, "event_types": types}
}

// Lag makes refunds show on the payment only when it is switched off again, though they are reported at once.
func (f *Fake) Lag(on bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.lag = on
}

// Name is the connector's name.
func (f *Fake) Name() string { return "paypal" }

// Login is an account that the stand-in accepts, for both kinds of notices.
func (f *Fake) Login() (settings map[string]any, secrets map[string]string) {
	return map[string]any{
		"merchant_id": fakeMerchant, "emails": fakeEmail, "environment": "live", "vat_rate": "18", "client_id": fakeClient, "webhook_id": fakeWebhook,
	}, map[string]string{"client_secret": fakeSecret}
}

// Faults are the faults it is to commit.
func (f *Fake) Faults() *fake.Faults { return &f.faults }

// Holdings are the payments with what became of them, and the disputes.
func (f *Fake) Holdings() map[string]any {
	f.mu.Lock()
	defer f.mu.Unlock()
	list := make([]map[string]any, 0, len(f.order))
	for _, id := range f.order {
		p := f.payments[id]
		list = append(list, map[string]any{"id": id, "status": p.status, "gross": p.gross.String(), "refunded": p.refunded.String(), "currency": p.order.Currency})
	}
	return map[string]any{"payments": list, "disputes": append([]map[string]any{}, f.disputes...)}
}

// ServeHTTP answers as PayPal does, on both of its hosts.
func (f *Fake) ServeHTTP(w http.ResponseWriter, r *http.Request) { f.handler.ServeHTTP(w, r) }

// confirm answers the postback of an IPN. Only what was sent is confirmed, to the byte; a caller without a name of its own is sent away.
func (f *Fake) confirm(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 2*maxBody))
	agent := r.Header.Get("User-Agent")
	if err != nil || agent == "" || strings.HasPrefix(agent, "Go-http-client") || r.Header.Get("Content-Type") != "application/x-www-form-urlencoded" {
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(w, "<html><body>Access Denied</body></html>")
		return
	}
	message, ok := strings.CutPrefix(string(body), "cmd=_notify-validate&")
	f.mu.Lock()
	defer f.mu.Unlock()
	w.Header().Set("Content-Type", "text/html; charset=UTF-8") // as PayPal does
	if ok && f.messages[message] {
		_, _ = io.WriteString(w, "VERIFIED")
		return
	}
	_, _ = io.WriteString(w, "INVALID")
}

// login gives a token for the client ID and the secret.
func (f *Fake) login(w http.ResponseWriter, r *http.Request) {
	id, secret, ok := r.BasicAuth()
	switch {
	case !ok || id != fakeClient || secret != fakeSecret:
		fake.JSON(w, http.StatusUnauthorized, map[string]string{"error": "invalid_client", "error_description": "Client Authentication failed"})
	case r.PostFormValue("grant_type") != "client_credentials":
		fake.JSON(w, http.StatusBadRequest, map[string]string{"error": "unsupported_grant_type", "error_description": "unsupported grant_type"})
	default:
		fake.JSON(w, http.StatusOK, map[string]any{"access_token": fakeToken, "token_type": "Bearer", "expires_in": 32400})
	}
}

// signed lets only those in who bring the token, one at a time.
func (f *Fake) signed(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+fakeToken {
			fake.JSON(w, http.StatusUnauthorized, map[string]string{"error": "invalid_token", "error_description": "Token signature verification failed"})
			return
		}
		f.mu.Lock()
		defer f.mu.Unlock()
		next(w, r)
	}
}

// found answers with a document, or that there is none.
func (f *Fake) found(w http.ResponseWriter, ok bool, document map[string]any) {
	if !ok {
		fake.JSON(w, http.StatusNotFound, map[string]any{"name": "RESOURCE_NOT_FOUND", "message": "The specified resource does not exist.", "debug_id": "90957fca61718"})
		return
	}
	fake.JSON(w, http.StatusOK, document)
}

// verify says whether a webhook is one that was sent, with exactly these bytes and headers, for exactly this webhook.
func (f *Fake) verify(w http.ResponseWriter, r *http.Request) {
	var q struct {
		Algo    string          `json:"auth_algo"`
		Cert    string          `json:"cert_url"`
		ID      string          `json:"transmission_id"`
		Sig     string          `json:"transmission_sig"`
		Time    string          `json:"transmission_time"`
		Webhook string          `json:"webhook_id"`
		Event   json.RawMessage `json:"webhook_event"`
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, 2*maxBody))
	if err != nil || json.Unmarshal(body, &q) != nil || q.Algo == "" || q.Cert == "" || q.ID == "" || q.Sig == "" || q.Time == "" || q.Webhook == "" || len(q.Event) == 0 {
		fake.JSON(w, http.StatusBadRequest, map[string]any{"name": "VALIDATION_ERROR", "message": "Invalid data provided", "debug_id": "f1d2a1c1a1b1c"})
		return
	}
	sent := f.sent[q.ID]
	given := map[string]string{headerAlgo: q.Algo, headerCert: q.Cert, headerID: q.ID, headerSig: q.Sig, headerTime: q.Time}
	same := q.Webhook == fakeWebhook && sent.body == string(q.Event)
	for name, value := range given {
		same = same && sent.header[name] == value
	}
	status := "FAILURE"
	if same {
		status = "SUCCESS"
	}
	fake.JSON(w, http.StatusOK, map[string]string{"verification_status": status})
}
