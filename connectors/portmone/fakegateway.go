package portmone

import (
	"bytes"
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/shopspring/decimal"
)

var (
	fakeOrder  = regexp.MustCompile(`^[A-Za-z0-9_-]{1,120}$`)
	fakeAmount = regexp.MustCompile(`^[0-9]{1,9}\.[0-9]{2}$`)
)

// issue makes a link, when the values are what the gateway takes. The lock is held.
func (f *Fake) issue(w http.ResponseWriter, order, amount, currency, title string) (*fakeInvoice, bool) {
	switch {
	case !fakeOrder.MatchString(order), !fakeAmount.MatchString(amount), amount == "0.00", currency != "UAH", utf8.RuneCountInString(title) > 250:
		f.answer(w, fakeError("2", "Невірні параметри рахунку"))
		return nil, false
	}
	invoice := &fakeInvoice{Order: order, Amount: amount, Title: title}
	f.invoices = append(f.invoices, invoice)
	invoice.Link = "https://www.portmone.com.ua/r3/pay/" + f.id()
	return invoice, true
}

// links is the newer of the two addresses.
func (f *Fake) links(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	_, e, ok := f.read(w, r)
	if !ok {
		return
	}
	d := e.Params.Data
	known := []string{"login", "password", "payeeId", "amount", "billCurrency", "shopOrderNumber", "comment", "preauthFlag"}
	switch e.Method {
	case "getLinkInvoice":
	case fakeSend:
		known = append(known, fakeRecipient)
		if d[fakeRecipient] == "" {
			f.answer(w, map[string]any{"error": map[string]any{"code": 7, "message": "Не вказано отримувача"}, "id": e.ID})
			return
		}
	default:
		page(w)
		return
	}
	for name := range d {
		if !slices.Contains(known, name) {
			f.answer(w, fakeError("2", "Невідомий параметр "+name))
			return
		}
	}
	invoice, ok := f.issue(w, d["shopOrderNumber"], d["amount"], d["billCurrency"], d["comment"])
	switch {
	case !ok:
	case e.Method == fakeSend:
		f.sent = append(f.sent, d[fakeRecipient])
		f.answer(w, map[string]any{"result": map[string]any{"status": "OK"}, "id": e.ID})
	default:
		f.answer(w, map[string]any{"result": map[string]any{"linkInvoice": invoice.Link}, "id": e.ID})
	}
}

// signedLink makes a link whose request is signed.
func (f *Fake) signedLink(w http.ResponseWriter, whole map[string]json.RawMessage) {
	var in newLink
	text, err := json.Marshal(whole)
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err != nil || decoder.Decode(&in) != nil {
		page(w)
		return
	}
	signed, err := time.ParseInLocation("20060102150405", in.Payee["dt"], kyiv())
	late := err != nil || signed.Sub(f.now()).Abs() > time.Hour
	if late || in.Payee["payeeId"] != fakePayee || in.Payee["login"] != fakeLogin ||
		in.Payee["signature"] != signature(fakePayee, in.Payee["dt"], in.Order.ShopOrderNumber, in.Order.BillAmount, fakeLogin, fakeKey) {
		f.answer(w, fakeError("8", "Невірний підпис"))
		return
	}
	if len(in.PaymentTypes) == 0 || in.Payer.Lang != "uk" && in.Payer.Lang != "en" {
		f.answer(w, fakeError("2", "Невірні параметри рахунку"))
		return
	}
	if invoice, ok := f.issue(w, in.Order.ShopOrderNumber, in.Order.BillAmount, in.Order.BillCurrency, in.Order.Description); ok {
		f.answer(w, map[string]any{"linkPayment": invoice.Link, "errorCode": "0", "error": ""})
	}
}

// row is a bill as "result" shows it: names of two kinds, amounts as they come.
func (b *fakeBill) row() map[string]any {
	local := b.At.In(kyiv())
	date, flag := local.Format(timeFormat), "N"
	if b.Status == statusReturned {
		date = local.Format(dateFormat)
	}
	if b.Status == statusCreated {
		date = ""
	}
	code, message := "0", ""
	if b.Status == statusRejected {
		code, message = "5", "Банк відхилив платіж"
	}
	if b.Chargeback {
		flag = "Y"
	}
	return map[string]any{
		"shopBillId": b.ID, "shopOrderNumber": b.Order, "payee_id": fakePayee, "payee_name": "TENGI SHOP", "description": "Invoice", "status": b.Status, "billAmount": b.Amount.String(),
		"commission": 0, "payee_commission": "3.00", "pay_date": date, "pay_order_date": nil, "payee_export_flag": "Y", "authCode": "123456", "cardMask": "444433******1111",
		"token": "stand-in-card-token", "gateType": "ECOM", "chargeback": flag, "attribute1": "null", "errorCode": code, "errorMessage": message,
	}
}

// changedRow is a bill as the methods that change something show it.
func (b *fakeBill) changedRow() map[string]any {
	return map[string]any{
		"shop_bill_id": b.ID, "shop_order_number": b.Order, "payee_id": fakePayee, "status": b.Status, "bill_amount": b.Amount.String(), "pay_date": b.At.In(kyiv()).Format(dateFormat),
		"token": "stand-in-card-token", "error_code": "0", "error_message": "",
	}
}

// result lists rows. Without days it looks back one month.
func (f *Fake) result(w http.ResponseWriter, d map[string]string) {
	from, to := f.now().AddDate(0, -1, 0), f.now()
	for name, into := range map[string]*time.Time{"startDate": &from, "endDate": &to} {
		if d[name] == "" {
			continue
		}
		at, err := time.ParseInLocation(dateFormat, d[name], kyiv())
		if err != nil {
			f.answer(w, fakeError("2", "Невірна дата"))
			return
		}
		*into = at
	}
	to = dayOf(to).AddDate(0, 0, 1)
	rows := []any{}
	for _, b := range f.bills {
		if (d["shopOrderNumber"] == "" || d["shopOrderNumber"] == b.Order) && (d["shopbillId"] == "" || d["shopbillId"] == b.ID) && (d["status"] == "" || d["status"] == b.Status) &&
			!b.At.Before(dayOf(from)) && b.At.Before(to) {
			rows = append(rows, b.row())
		}
	}
	f.answer(w, rows)
}

// giveBack refunds. It knows no repeat: the same request twice is two refunds.
func (f *Fake) giveBack(w http.ResponseWriter, d map[string]string) {
	var payment *fakeBill
	left := decimal.Zero
	for _, b := range f.bills {
		if b.ID == d["shopbillId"] {
			payment = b
		}
	}
	if payment == nil || !fakeAmount.MatchString(d["returnAmount"]) {
		f.answer(w, []any{map[string]any{"error_code": "6", "error_message": "Рахунок не знайдено"}})
		return
	}
	for _, b := range f.bills {
		if b.Order == payment.Order && (b.Status == statusPaid || b.Status == statusReturned) {
			left = left.Add(b.Amount)
		}
	}
	amount := decimal.RequireFromString(d["returnAmount"])
	switch {
	case payment.Status != statusPaid:
		f.answer(w, []any{map[string]any{"error_code": "1", "error_message": "Рахунок не сплачено"}})
		return
	case left.LessThan(amount):
		f.answer(w, map[string]any{"error_code": "6", "error_message": "Платіж вже скасовано"})
		return
	}
	back := &fakeBill{ID: f.id(), Order: payment.Order, Status: statusReturned, Amount: amount.Neg(), At: f.now()}
	f.bills = append(f.bills, back)
	f.answer(w, []any{back.changedRow()})
}

// close ends the links of an order. The first time it answers with a list, later with an object.
func (f *Fake) close(w http.ResponseWriter, order string) {
	found, again := false, false
	paid := slices.ContainsFunc(f.bills, func(b *fakeBill) bool { return b.Order == order && b.Status == statusPaid })
	for _, i := range f.invoices {
		if i.Order == order && !paid {
			found, again = true, i.Closed
			i.Closed = true
		}
	}
	row := map[string]any{"shop_bill_id": "7", "shop_order_number": order, "status": "CLOSED", "bill_amount": "0", "error_code": "0", "error_message": ""}
	switch {
	case !found:
		f.answer(w, map[string]any{"error_code": "6", "error_message": "Рахунок не знайдено або сплачено"})
	case again:
		f.answer(w, row)
	default:
		f.answer(w, []any{row})
	}
}
