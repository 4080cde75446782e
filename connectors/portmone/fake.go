package portmone

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tengi/tengi/connector/fake"
)

// The login that the stand-in accepts, and the method by which it sends invoices itself. What that one is called at Portmone is not public.
const (
	fakePayee     = "99999"
	fakeLogin     = "TENGI_SHOP"
	fakePassword  = "portmone-stand-in-0001"
	fakeKey       = "tengi-portmone-key-0001"
	fakeSend      = "standInSend"
	fakeRecipient = "standInRecipient"
)

// Fake is a stand-in for Portmone's gateway. It remembers invoices, payments and refunds, and makes notices in both formats. It is safe for concurrent use.
type Fake struct {
	faults  fake.Faults
	handler http.Handler
	now     func() time.Time
	signs   bool // the shop has a signing key

	mu       sync.Mutex
	invoices []*fakeInvoice
	bills    []*fakeBill
	sent     []string // recipients, of what it sent itself
	html     int      // so many answers are pages of HTML
	last     int
}

// fakeInvoice is a link that was made. Two with one number are two that can be paid: the worst of what Portmone may do.
type fakeInvoice struct {
	Order  string `json:"order"`
	Amount string `json:"amount"`
	Title  string `json:"title"`
	Link   string `json:"link"`
	Closed bool   `json:"closed"`
}

// fakeBill is a row of an order.
type fakeBill struct {
	ID         string          `json:"id"`
	Order      string          `json:"order"`
	Status     string          `json:"status"`
	Amount     decimal.Decimal `json:"amount"`
	At         time.Time       `json:"at"`
	Chargeback bool            `json:"chargeback"`
}

var _ fake.Service = (*Fake)(nil)

// NewFake makes a stand-in without invoices, for a shop without a signing key. now is its clock.
func NewFake(now func() time.Time) *Fake {
	f := &Fake{now: now}
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+gatewayPath+"{$}", f.gateway)
	mux.HandleFunc("POST "+linkPath+"{$}", f.links)
	f.handler = f.faults.Wrap(mux)
	return f
}

// NewSigningFake makes a stand-in for a shop whose links are signed.
func NewSigningFake(now func() time.Time) *Fake {
	f := NewFake(now)
	f.signs = true
	return f
}

// Name is the connector's name.
func (f *Fake) Name() string { return "portmone" }

// Login is an account that the stand-in accepts.
func (f *Fake) Login() (settings map[string]any, secrets map[string]string) {
	secrets = map[string]string{"password": fakePassword}
	if f.signs {
		secrets["signing_key"] = fakeKey
	}
	return map[string]any{"payee_id": fakePayee, "login": fakeLogin}, secrets
}

// Faults are the faults it is to commit.
func (f *Fake) Faults() *fake.Faults { return &f.faults }

// Holdings are the links, the orders that have any, those that are closed, the rows, the refunds among them, and whom it has sent invoices to.
func (f *Fake) Holdings() map[string]any {
	f.mu.Lock()
	defer f.mu.Unlock()
	invoices, orders, closed := []fakeInvoice{}, []string{}, []string{}
	for _, i := range f.invoices {
		invoices = append(invoices, *i)
		if !slices.Contains(orders, i.Order) {
			orders = append(orders, i.Order)
		}
		if i.Closed {
			closed = append(closed, i.Order)
		}
	}
	bills, refunds := []fakeBill{}, []fakeBill{}
	for _, b := range f.bills {
		bills = append(bills, *b)
		if b.Status == statusReturned {
			refunds = append(refunds, *b)
		}
	}
	return map[string]any{"invoices": invoices, "orders": orders, "closed": closed, "bills": bills, "refunds": refunds, "sent": append([]string{}, f.sent...)}
}

// ServeHTTP is the service's interface.
func (f *Fake) ServeHTTP(w http.ResponseWriter, r *http.Request) { f.handler.ServeHTTP(w, r) }

// AnswerHTML makes the next answers pages of HTML with status 200, after acting.
func (f *Fake) AnswerHTML(times int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.html = times
}

// page is how the gateway says that it cannot make sense of something.
func page(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/html; charset=UTF-8")
	_, _ = w.Write([]byte(`<html><body><div class="response error">Помилка</div></body></html>`))
}

// answer answers, unless a page was asked for.
func (f *Fake) answer(w http.ResponseWriter, value any) {
	if f.html > 0 {
		f.html--
		page(w)
		return
	}
	fake.JSON(w, http.StatusOK, value)
}

// fakeError is an error as the gateway's methods answer it.
func fakeError(code, text string) map[string]any {
	return map[string]any{"errorCode": code, "error": text}
}

// read reads the body of a request with the login in it. It answers by itself when that is wrong.
func (f *Fake) read(w http.ResponseWriter, r *http.Request) (whole map[string]json.RawMessage, e envelope, ok bool) {
	if !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") || json.NewDecoder(r.Body).Decode(&whole) != nil {
		page(w)
		return nil, e, false
	}
	text, err := json.Marshal(whole)
	if err != nil || json.Unmarshal(text, &e) != nil || e.Method == "" {
		page(w)
		return nil, e, false
	}
	if e.Method == methodCreateLink {
		return whole, e, true
	}
	if d := e.Params.Data; d["login"] != fakeLogin || d["password"] != fakePassword || d["payeeId"] != fakePayee {
		f.answer(w, fakeError("3", "Невірний логін або пароль"))
		return nil, e, false
	}
	return whole, e, true
}

// gateway is the older of the two addresses.
func (f *Fake) gateway(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	whole, e, ok := f.read(w, r)
	if !ok {
		return
	}
	switch e.Method {
	case "result":
		f.result(w, e.Params.Data)
	case "return":
		f.giveBack(w, e.Params.Data)
	case "closeInvoice":
		f.close(w, e.Params.Data["shopOrderNumber"])
	case methodCreateLink:
		f.signedLink(w, whole)
	default:
		page(w)
	}
}

// id is the next number of a bill.
func (f *Fake) id() string {
	f.last++
	return fmt.Sprintf("%d", 700000000+f.last)
}

// Pay has a customer use the newest link of an order, with a status as Portmone names it, and gives the bill's number.
func (f *Fake) Pay(order, status string) (string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := len(f.invoices) - 1; i >= 0; i-- {
		if invoice := f.invoices[i]; invoice.Order == order && !invoice.Closed {
			b := &fakeBill{ID: f.id(), Order: order, Status: status, Amount: decimal.RequireFromString(invoice.Amount), At: f.now()}
			f.bills = append(f.bills, b)
			return b.ID, nil
		}
	}
	return "", fmt.Errorf("order %s has no link that could be paid", order)
}

// Chargeback has the bank take a payment back.
func (f *Fake) Chargeback(bill string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, b := range f.bills {
		if b.ID == bill {
			b.Chargeback = true
		}
	}
}

// GiveBack refunds a part of a payment as by hand in Portmone's panel.
func (f *Fake) GiveBack(bill string, amount decimal.Decimal) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, b := range f.bills {
		if b.ID == bill {
			f.bills = append(f.bills, &fakeBill{ID: f.id(), Order: b.Order, Status: statusReturned, Amount: amount.Neg(), At: f.now()})
			return
		}
	}
}

// Notice is the notice of a bill in JSON.
func (f *Fake) Notice(bill string) ([]byte, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, b := range f.bills {
		if b.ID == bill {
			return json.Marshal(b.row())
		}
	}
	return nil, fmt.Errorf("no bill %s", bill)
}

// NoticeXML is the notice of bills in XML, as the value of the form's field "data".
func (f *Fake) NoticeXML(bills ...string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var text strings.Builder
	text.WriteString(`<?xml version="1.0" encoding="UTF-8"?><BILLS>`)
	for _, b := range f.bills {
		if slices.Contains(bills, b.ID) {
			date := b.At.In(kyiv()).Format(time.DateOnly)
			fmt.Fprintf(&text, `<BILL><PAYEE><NAME>TENGI SHOP</NAME><CODE>%s</CODE></PAYEE><BANK><NAME>BANK</NAME><CODE>300000</CODE><ACCOUNT>UA00</ACCOUNT></BANK>`+
				`<BILL_ID>%s</BILL_ID><BILL_NUMBER>%s</BILL_NUMBER><BILL_DATE>%s</BILL_DATE><BILL_PERIOD>0726</BILL_PERIOD><PAY_DATE>%s</PAY_DATE>`+
				`<PAYED_AMOUNT>%s</PAYED_AMOUNT><PAYED_COMMISSION>0.00</PAYED_COMMISSION><PAYED_DEBT>0.00</PAYED_DEBT><AUTH_CODE>123456</AUTH_CODE>`+ //nolint:misspell // so it is spelled
				`<PAYER><CONTRACT_NUMBER>Invoice</CONTRACT_NUMBER><ATTRIBUTE1></ATTRIBUTE1></PAYER></BILL>`, fakePayee, b.ID, b.Order, date, date, b.Amount.StringFixed(2))
		}
	}
	text.WriteString(`</BILLS>`)
	return text.String()
}
