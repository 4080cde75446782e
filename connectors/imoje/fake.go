package imoje

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/tengi/tengi/connector/fake"
)

// The login that the stand-in accepts.
const (
	fakeMerchant = "tengitestmerchant001"
	fakeShop     = "11111111-2222-4333-8444-555555555555"
	fakeToken    = "imoje-stand-in-token-0001"
	fakeKey      = "tengi-test-service-key-0001"
)

// Fake is a stand-in for imoje. It remembers links, payments and refunds, and signs notices. It is safe for concurrent use.
type Fake struct {
	faults  fake.Faults
	handler http.Handler
	now     func() time.Time

	mu       sync.Mutex
	links    []*fakeLink
	sales    map[string]*transaction
	inactive bool
	last     int
}

// fakeLink is a link that was made.
type fakeLink struct {
	payment
	Customer customer `json:"customer"`
	Paid     string   `json:"-"` // the transaction that paid it
}

var _ fake.Service = (*Fake)(nil)

// NewFake makes a stand-in without links. now is its clock.
func NewFake(now func() time.Time) *Fake {
	f := &Fake{now: now, sales: map[string]*transaction{}}
	mux := http.NewServeMux()
	at := "/merchant/" + fakeMerchant
	mux.HandleFunc("GET "+at+"/service/{id}", f.service)
	mux.HandleFunc("POST "+at+"/payment", f.create)
	mux.HandleFunc("GET "+at+"/payment/{id}", f.read)
	mux.HandleFunc("POST "+at+"/payment/cancel", f.cancel)
	mux.HandleFunc("GET "+at+"/transaction/{id}", f.readTransaction)
	mux.HandleFunc("POST "+at+"/transaction/{id}/refund", f.refund)
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { refuse(w, http.StatusNotFound, "not found") })
	f.handler = f.faults.Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+fakeToken {
			refuse(w, http.StatusUnauthorized, "unauthorized")
			return
		}
		mux.ServeHTTP(w, r)
	}))
	return f
}

// Name is the connector's name.
func (f *Fake) Name() string { return "imoje" }

// Login is an account that the stand-in accepts.
func (f *Fake) Login() (settings map[string]any, secrets map[string]string) {
	return map[string]any{"merchant_id": fakeMerchant, "service_id": fakeShop}, map[string]string{"token": fakeToken, "service_key": fakeKey}
}

// Faults are the faults it is to commit.
func (f *Fake) Faults() *fake.Faults { return &f.faults }

// Deactivate switches the shop off.
func (f *Fake) Deactivate() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.inactive = true
}

// Holdings are the links, the orders that have any, the payments and the refunds.
func (f *Fake) Holdings() map[string]any {
	f.mu.Lock()
	defer f.mu.Unlock()
	links, orders, seen := []payment{}, []string{}, map[string]bool{}
	for _, l := range f.links {
		links = append(links, l.payment)
		if !seen[l.OrderID] {
			seen[l.OrderID] = true
			orders = append(orders, l.OrderID)
		}
	}
	sales, refunds := []transaction{}, []transaction{}
	for _, l := range f.links {
		for _, t := range l.Transactions {
			s := *f.sales[t.ID]
			sales = append(sales, s)
			for _, r := range s.Refunds {
				refunds = append(refunds, r.Transaction)
			}
		}
	}
	return map[string]any{"links": links, "orders": orders, "payments": sales, "refunds": refunds}
}

// ServeHTTP is the service's interface.
func (f *Fake) ServeHTTP(w http.ResponseWriter, r *http.Request) { f.handler.ServeHTTP(w, r) }

func refuse(w http.ResponseWriter, status int, message string) {
	fake.JSON(w, status, map[string]any{"apiErrorResponse": map[string]any{"code": "E", "message": message, "errors": []any{message}, "traceId": "t-1"}})
}

func (f *Fake) id(kind string) string {
	f.last++
	return fmt.Sprintf("%s-0000-4000-8000-%012d", strings.Repeat(kind, 8), f.last)
}

func (f *Fake) service(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if r.PathValue("id") != fakeShop {
		refuse(w, http.StatusNotFound, "no such service")
		return
	}
	fake.JSON(w, http.StatusOK, map[string]any{"service": map[string]any{"id": fakeShop, "isActive": !f.inactive,
		"paymentMethods": []any{map[string]any{"paymentMethod": "blik", "paymentMethodCode": "blik", "isActive": true, "isOnline": true, "currency": "PLN"}}}})
}

var fakeOrder = regexp.MustCompile("^" + orderPattern + "$")

func (f *Fake) create(w http.ResponseWriter, r *http.Request) {
	var in newLink
	decoder := json.NewDecoder(r.Body)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&in); err != nil {
		refuse(w, http.StatusBadRequest, "malformed")
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	now := f.now().Unix()
	switch {
	case in.ServiceID != fakeShop, in.Amount <= 0, in.Amount > 999999999, !strings.Contains(currencies, " "+in.Currency+" "), !fakeOrder.MatchString(in.OrderID),
		in.Customer.FirstName == "", in.Customer.LastName == "", !strings.Contains(in.Customer.Email, "@"), in.ValidTo < now+60, len([]rune(in.Title)) > maxTitle,
		strings.Contains(in.ReturnURL, "localhost"):
		refuse(w, http.StatusUnprocessableEntity, "validation")
		return
	}
	l := &fakeLink{Customer: in.Customer}
	l.payment = payment{ID: f.id("b"), ServiceID: fakeShop, OrderID: in.OrderID, Title: in.Title, Amount: cents(in.Amount), Currency: in.Currency, Status: "new", ValidTo: in.ValidTo, Modified: now}
	l.URL = "https://paywall.pay.ing.pl/s/" + l.ID[len(l.ID)-6:]
	f.links = append(f.links, l)
	fake.JSON(w, http.StatusOK, map[string]any{"payment": l.payment})
}

func (f *Fake) link(id string) *fakeLink {
	for _, l := range f.links {
		if l.ID == id {
			return l
		}
	}
	return nil
}

func (f *Fake) read(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	l := f.link(r.PathValue("id"))
	if l == nil {
		refuse(w, http.StatusNotFound, "no such payment")
		return
	}
	fake.JSON(w, http.StatusOK, l.payment) // bare, unlike the answer to making one
}

func (f *Fake) cancel(w http.ResponseWriter, r *http.Request) {
	var in struct{ ServiceID, PaymentID string }
	err := json.NewDecoder(r.Body).Decode(&in)
	f.mu.Lock()
	defer f.mu.Unlock()
	l := f.link(in.PaymentID)
	switch {
	case err != nil || in.ServiceID != fakeShop || l == nil:
		refuse(w, http.StatusNotFound, "no such payment")
	case l.Status == settled:
		refuse(w, http.StatusUnprocessableEntity, "already paid")
	default:
		l.Status = "cancelled"
		fake.JSON(w, http.StatusOK, l.payment)
	}
}

func (f *Fake) readTransaction(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	t := f.sales[r.PathValue("id")]
	if t == nil {
		refuse(w, http.StatusNotFound, "no such transaction")
		return
	}
	fake.JSON(w, http.StatusOK, map[string]any{"transaction": t})
}

func (f *Fake) refund(w http.ResponseWriter, r *http.Request) {
	var in newRefund
	err := json.NewDecoder(r.Body).Decode(&in)
	f.mu.Lock()
	defer f.mu.Unlock()
	sale := f.sales[r.PathValue("id")]
	if sale == nil || sale.Type != "sale" {
		refuse(w, http.StatusNotFound, "no such transaction")
		return
	}
	if err != nil || in.Type != "refund" || in.ServiceID != fakeShop || in.Amount <= 0 || refundable(*sale, in.Amount, sale.Currency) != nil {
		refuse(w, http.StatusUnprocessableEntity, "not refundable")
		return
	}
	fake.JSON(w, http.StatusOK, map[string]any{"transaction": f.back(sale, in.Amount, in.Title)})
}

// back gives money of a payment back. The caller holds the lock.
func (f *Fake) back(sale *transaction, amount int64, title string) transaction {
	now := f.now().Unix()
	back := transaction{ID: f.id("c"), Type: "refund", Status: settled, ServiceID: fakeShop, OrderID: sale.OrderID, Title: title, Amount: cents(amount), Currency: sale.Currency,
		Method: sale.Method, MethodCode: sale.MethodCode, Created: now, Modified: now}
	sale.Refunds = append(sale.Refunds, struct {
		Transaction transaction `json:"transaction"`
	}{back})
	f.sales[back.ID] = &back
	return back
}

// GiveBack has the owner give a payment back by hand, all of it, and gives the transaction of the refund.
func (f *Fake) GiveBack(transactionID string) (string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	sale := f.sales[transactionID]
	if sale == nil || sale.Type != "sale" || refundable(*sale, int64(sale.Amount), sale.Currency) != nil {
		return "", errors.New("there is no such payment to give back")
	}
	return f.back(sale, int64(sale.Amount), sale.Title).ID, nil
}

// Pay has a customer try to pay a link, with a status as imoje names it, and gives the transaction.
func (f *Fake) Pay(linkID, status string) (string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	l := f.link(linkID)
	if l == nil || l.Status == "cancelled" || l.Status == settled {
		return "", errors.New("there is no such link to pay")
	}
	now := f.now().Unix()
	t := transaction{ID: f.id("a"), Type: "sale", Status: status, ServiceID: fakeShop, OrderID: l.OrderID, Title: l.Title, Amount: l.Amount, Currency: l.Currency,
		Method: "blik", MethodCode: "blik", Created: now, Modified: now}
	f.sales[t.ID] = &t
	l.Transactions = append(l.Transactions, t)
	l.Modified = now
	if status == settled {
		l.Status = settled
	}
	return t.ID, nil
}

// End ends a link whose time is over.
func (f *Fake) End(linkID string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if l := f.link(linkID); l != nil && l.Status != settled {
		l.Status = "cancelled"
	}
}

// Notice is the body and the signature of a notice: of a transaction when it is named, else of the link alone.
func (f *Fake) Notice(linkID, transactionID string) (body []byte, signature string, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	said := map[string]any{}
	if t := f.sales[transactionID]; t != nil {
		said["transaction"] = map[string]any{"id": t.ID, "type": t.Type, "status": t.Status, "source": "web", "created": t.Created, "modified": t.Modified, "serviceId": fakeShop,
			"amount": t.Amount, "currency": t.Currency, "title": t.Title, "orderId": t.OrderID, "paymentMethod": t.Method, "paymentMethodCode": t.MethodCode}
	}
	if l := f.link(linkID); l != nil {
		said["payment"] = map[string]any{"id": l.ID, "title": l.Title, "amount": l.Amount, "status": l.Status, "orderId": l.OrderID, "currency": l.Currency, "modified": l.Modified, "serviceId": fakeShop}
	}
	if len(said) == 0 {
		return nil, "", errors.New("there is nothing to tell of")
	}
	if body, err = json.Marshal(said); err != nil {
		return nil, "", err
	}
	return body, Signed(body), nil
}

// Signed is the signature's header over a body, as the stand-in's shop signs.
func Signed(body []byte) string {
	sum := sha256.Sum256(append(append([]byte{}, body...), fakeKey...))
	return "merchantid=" + fakeMerchant + ";serviceid=" + fakeShop + ";signature=" + hex.EncodeToString(sum[:]) + ";alg=sha256"
}
