package payday

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tengi/tengi/connector/fake"
	"github.com/tengi/tengi/money"
)

// fakeInvoice is an invoice in the stand-in's books.
type fakeInvoice struct {
	id, reference, description, status, currency string
	customer                                     *FakeCustomer
	date, due, finalDue                          string
	paidDate, paymentType, cancelledDate         string
	number                                       int // 0 for a draft
	made, issued                                 time.Time
	gross, vat                                   decimal.Decimal // in its own currency
	lines                                        []FakeLine
	sendEmail, claim, electronic                 bool
}

// invoiceBook keeps invoices in the order they were made.
type invoiceBook struct {
	all    []*fakeInvoice
	byID   map[string]*fakeInvoice
	issued int
}

func newInvoiceBook() invoiceBook { return invoiceBook{byID: map[string]*fakeInvoice{}} }

// fakeRequest is an invoice as it is asked for. Pointers tell what was left out from what is zero.
type fakeRequest struct {
	Customer     *idBody `json:"customer"`
	Description  string  `json:"description"`
	Reference    string  `json:"reference"`
	InvoiceDate  string  `json:"invoiceDate"`
	DueDate      string  `json:"dueDate"`
	FinalDueDate string  `json:"finalDueDate"`
	Currency     string  `json:"currencyCode"`
	Status       string  `json:"status"`
	SendEmail    bool    `json:"sendEmail"`
	CreateClaim  bool    `json:"createClaim"`
	Electronic   *bool   `json:"createElectronicInvoice"`
	PaidDate     string  `json:"paidDate"`
	PaymentType  string  `json:"paymentType"`
	Lines        []struct {
		Description string `json:"description"`
		Quantity    number `json:"quantity"`
		WithVAT     number `json:"unitPriceIncludingVat"`
		WithoutVAT  number `json:"unitPriceExcludingVat"`
		VAT         number `json:"vatPercentage"`
		Discount    number `json:"discountPercentage"`
	} `json:"lines"`
}

func (f *Fake) serveInvoices(w http.ResponseWriter, r *http.Request, id, rest string, body []byte) {
	switch {
	case id == "" && r.Method == http.MethodPost:
		f.makeInvoice(w, body)
		return
	case id == "" && r.Method == http.MethodGet:
		f.listInvoices(w, r.URL.Query())
		return
	}
	inv := f.invoices.byID[id]
	if inv == nil || inv.status == statusDeleted && !f.behaviour.KeepDeleted {
		message404(w, "Invoice not found")
		return
	}
	switch {
	case r.Method == http.MethodGet && rest == "pdf":
		f.servePDF(w, inv)
	case rest != "":
		w.WriteHeader(http.StatusNotFound)
	case r.Method == http.MethodGet:
		fake.JSON(w, http.StatusOK, f.answer(inv))
	case r.Method == http.MethodPut:
		f.changeInvoice(w, inv, body)
	case r.Method == http.MethodDelete:
		f.deleteInvoice(w, inv)
	default:
		w.WriteHeader(http.StatusMethodNotAllowed)
	}
}

// makeInvoice is strict about what it is sent, and issues what has no status.
func (f *Fake) makeInvoice(w http.ResponseWriter, body []byte) {
	var asked fakeRequest
	if err := json.Unmarshal(body, &asked); err != nil {
		sentence(w, http.StatusBadRequest, "The request body is not valid JSON")
		return
	}
	if asked.Status == "" {
		asked.Status = statusSent
	}
	if fault := f.faultIn(&asked); fault != "" {
		message(w, fault)
		return
	}
	inv := &fakeInvoice{
		reference: asked.Reference, description: asked.Description, status: asked.Status, currency: asked.Currency,
		customer: f.customers.byID[asked.Customer.ID], date: asked.InvoiceDate, due: asked.DueDate, finalDue: asked.FinalDueDate,
		sendEmail: asked.SendEmail, claim: asked.CreateClaim, made: f.now(),
	}
	if fault := f.addLines(inv, &asked); fault != "" {
		sentence(w, http.StatusBadRequest, fault)
		return
	}
	inv.electronic = inv.customer.Electronic
	if asked.Electronic != nil {
		inv.electronic = *asked.Electronic
	}
	if inv.electronic && inv.customer.noElectronic {
		f.coded(w, numberElectronic, "Customer does not accept electronic invoices")
		return
	}
	f.keep(inv, asked.PaidDate, asked.PaymentType)
	answer := f.answer(inv)
	answer.Number = nil // the numbering job has not run, however quick it is
	f.made(w, answer)
}

// faultIn finds what is wrong with what was asked for, apart from the lines.
func (f *Fake) faultIn(asked *fakeRequest) string {
	if asked.Customer == nil || f.customers.byID[asked.Customer.ID] == nil {
		return "Customer not found"
	}
	for _, date := range []string{asked.InvoiceDate, asked.DueDate, asked.FinalDueDate} {
		if _, err := time.Parse(time.DateOnly, date); err != nil {
			return "Invoice date, due date and final due date are required"
		}
	}
	_, known := fakeCurrencies[asked.Currency]
	paid := asked.Status == statusPaid
	switch {
	case asked.InvoiceDate > asked.DueDate || asked.DueDate > asked.FinalDueDate:
		return "Due date cannot be before invoice date"
	case !known:
		return "Currency is not supported"
	case asked.Status != statusDraft && asked.Status != statusSent && !paid:
		return "Status is not valid"
	case paid && (asked.PaidDate == "" || asked.PaymentType != FakeCard && asked.PaymentType != FakeCash):
		return "Paid date and payment type are required"
	case len(asked.Description) > 4*maxDescription || len([]rune(asked.Description)) > maxDescription:
		return "Description is too long"
	case len(asked.Lines) == 0:
		return "At least one line is required"
	case asked.CreateClaim && (f.customers.byID[asked.Customer.ID].SSN == "" || f.behaviour.NoClaimCollection || asked.Currency != krona):
		return "A claim cannot be created"
	}
	return ""
}

// addLines works the sums out. With both prices given the one without VAT counts.
func (f *Fake) addLines(inv *fakeInvoice, asked *fakeRequest) string {
	exponent, _ := money.Exponent(inv.currency)
	var gross, vat decimal.Decimal
	for _, line := range asked.Lines {
		rate := line.VAT.Decimal
		switch {
		case line.Description == "" || len([]rune(line.Description)) > maxDescription:
			return "Line description is required and cannot be longer than 1024 characters"
		case !line.Quantity.given || !line.VAT.given || !line.Discount.given:
			return "Quantity, vat percentage and discount percentage are required"
		case !line.WithVAT.given && !line.WithoutVAT.given:
			return "Either unit price including vat or unit price excluding vat is required"
		case -line.WithVAT.Exponent() > maxUnitDecimals || -line.WithoutVAT.Exponent() > maxUnitDecimals:
			return "Unit price can have at most 4 decimals"
		case f.behaviour.NoVATNumber && !rate.IsZero():
			return "A company without a VAT number may not have VAT on lines"
		case !slices.Contains(f.rates(), rate.StringFixed(2)):
			return "Vat percentage is not valid"
		}
		kept := decimal.NewFromInt(100).Sub(line.Discount.Decimal).Shift(-2)
		var lineGross, lineVAT decimal.Decimal
		if line.WithoutVAT.given {
			net := line.Quantity.Mul(line.WithoutVAT.Decimal).Mul(kept)
			lineVAT = net.Mul(rate.Shift(-2))
			lineGross = net.Add(lineVAT)
		} else {
			lineGross = line.Quantity.Mul(line.WithVAT.Decimal).Mul(kept)
			lineVAT = lineGross.Mul(rate).DivRound(rate.Add(decimal.NewFromInt(100)), 8)
		}
		if f.behaviour.RoundLines {
			lineGross, lineVAT = lineGross.Round(exponent), lineVAT.Round(exponent)
		}
		gross, vat = gross.Add(lineGross), vat.Add(lineVAT)
		inv.lines = append(inv.lines, FakeLine{Text: line.Description, Quantity: line.Quantity.Decimal, Total: lineGross, VATRate: rate})
	}
	inv.gross, inv.vat = gross.Round(exponent), vat.Round(exponent)
	return ""
}

// keep enters the invoice into the books, issues it when it is no draft, and mails it.
func (f *Fake) keep(inv *fakeInvoice, paidDate, paymentType string) {
	inv.id = fmt.Sprintf("9f1d0000-0000-4000-8000-%012d", len(f.invoices.all)+1)
	f.invoices.all = append(f.invoices.all, inv)
	f.invoices.byID[inv.id] = inv
	inv.customer.invoiced = true
	if inv.status == statusDraft {
		return
	}
	f.issue(inv)
	if inv.status == statusPaid {
		f.enterPayment(inv, paidDate, paymentType)
	}
	if inv.sendEmail {
		f.mails = append(f.mails, FakeMail{Invoice: inv.id, To: inv.customer.Email})
	}
}

func (f *Fake) issue(inv *fakeInvoice) {
	f.invoices.issued++
	inv.number, inv.issued = 1000+f.invoices.issued, f.now()
}

func (f *Fake) enterPayment(inv *fakeInvoice, date, kind string) {
	inv.status, inv.paidDate, inv.paymentType = statusPaid, date, kind
	f.payments = append(f.payments, FakePayment{Invoice: inv.id, Date: date, Type: kind, Amount: inv.gross, Currency: inv.currency})
}

// numbered says whether the numbering job has reached the invoice.
func (f *Fake) numbered(inv *fakeInvoice) bool {
	return inv.number > 0 && !f.now().Before(inv.issued.Add(f.behaviour.NumberAfter))
}

// fakeAnswer is an invoice as it is answered; fields that are of no use here are there to be skipped.
type fakeAnswer struct {
	ID            string         `json:"id"`
	Number        *int           `json:"number"`
	Status        string         `json:"status"`
	Reference     string         `json:"reference"`
	Description   string         `json:"description"`
	Customer      map[string]any `json:"customer"`
	InvoiceDate   string         `json:"invoiceDate"`
	DueDate       string         `json:"dueDate"`
	FinalDueDate  string         `json:"finalDueDate"`
	PaidDate      *string        `json:"paidDate"`
	CancelledDate *string        `json:"cancelledDate"`
	ClaimCreated  *string        `json:"claimCreated"`
	CreateClaim   bool           `json:"createClaim"`
	Currency      string         `json:"currencyCode"`
	CurrencyRate  float          `json:"currencyRate"`
	Gross         float          `json:"amountIncludingVat"`
	Net           float          `json:"amountExcludingVat"`
	VAT           float          `json:"amountVat"`
	ForeignGross  float          `json:"foreignAmountIncludingVat"`
	ForeignVAT    float          `json:"foreignAmountVat"`
	Created       string         `json:"created"`
	Source        any            `json:"source"`
	CapitalGains  any            `json:"capitalGainsTax"`
	Interest      any            `json:"defaultInterest"`
}

// answer is the invoice as it is answered: sums in krónur, and for another currency the sums in that one beside them.
func (f *Fake) answer(inv *fakeInvoice) *fakeAnswer {
	rate := fakeCurrencies[inv.currency]
	gross, vat := inv.gross.Mul(rate).Round(0), inv.vat.Mul(rate).Round(0)
	net := gross.Sub(vat)
	a := &fakeAnswer{
		ID: inv.id, Status: inv.status, Reference: inv.reference, Description: inv.description,
		Customer:    map[string]any{"id": inv.customer.ID, "name": inv.customer.Name},
		InvoiceDate: inv.date, DueDate: inv.due, FinalDueDate: inv.finalDue, PaidDate: orNull(inv.paidDate), CancelledDate: orNull(inv.cancelledDate),
		CreateClaim: inv.claim, Currency: inv.currency, Gross: float{&gross}, Net: float{&net}, VAT: float{&vat}, Created: timestamp(inv.made),
	}
	if inv.claim {
		a.ClaimCreated = &a.Created
	}
	if f.numbered(inv) {
		a.Number = &inv.number
	}
	if inv.currency != krona {
		a.CurrencyRate, a.ForeignGross, a.ForeignVAT = float{&rate}, float{&inv.gross}, float{&inv.vat}
	}
	return a
}

func orNull(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// paging is where a page lies in a list.
type paging struct{ page, per, pages int }

func pageOf(query url.Values, rows int) (from, to int, p paging) {
	p.page, _ = strconv.Atoi(query.Get("page"))
	p.per, _ = strconv.Atoi(query.Get("perpage"))
	p.page = max(p.page, 1)
	if p.per < 1 || p.per > 500 {
		p.per = 50
	}
	p.pages = (rows + p.per - 1) / p.per
	from = min((p.page-1)*p.per, rows)
	return from, min(from+p.per, rows), p
}

// listInvoices is the list, newest first.
func (f *Fake) listInvoices(w http.ResponseWriter, query url.Values) {
	rows := make([]*fakeAnswer, 0)
	var shown []*fakeInvoice
	for _, inv := range slices.Backward(f.invoices.all) {
		if f.lists(inv, query) {
			shown = append(shown, inv)
		}
	}
	from, to, p := pageOf(query, len(shown))
	for _, inv := range shown[from:to] {
		rows = append(rows, f.answer(inv))
	}
	fake.JSON(w, http.StatusOK, map[string]any{"invoices": rows, "perPage": p.per, "total": len(shown), "page": p.page, "pages": p.pages,
		"summary": map[string]any{"count": len(shown)}})
}

func (f *Fake) lists(inv *fakeInvoice, query url.Values) bool {
	from, to, wanted := query.Get("dateFrom"), query.Get("dateTo"), query.Get("query")
	switch {
	case f.now().Before(inv.made.Add(f.behaviour.ListLag)):
		return false
	case inv.status == statusDeleted && !f.behaviour.KeepDeleted:
		return false
	case from != "" && inv.date < from, to != "" && inv.date > to:
		return false
	case query.Get("customerId") != "" && query.Get("customerId") != inv.customer.ID:
		return false
	case slices.Contains(strings.Split(query.Get("excludeStatus"), ","), inv.status):
		return false
	}
	// The search looks at number and customer, not at the reference.
	return wanted == "" || wanted == strconv.Itoa(inv.number) || strings.Contains(strings.ToLower(inv.customer.Name), strings.ToLower(wanted))
}
