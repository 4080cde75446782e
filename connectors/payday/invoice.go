package payday

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/field"
	"github.com/tengi/tengi/money"
)

// The states of an invoice at Payday (observed in practice). Between its making and its numbering an issued invoice already reads SENT, yet
// refuses every change as "Pending".
const (
	statusDraft     = "DRAFT"
	statusSent      = "SENT"
	statusPaid      = "PAID"
	statusCancelled = "CANCELLED"
	statusCredit    = "CREDIT"
	statusDeleted   = "DELETED"
)

// krona is the currency that Payday keeps books in: in it amounts stand in other fields than in foreign currencies.
const krona = "ISK"

// createRounds are when an invoice whose making went unanswered is looked for. Payday's answers take up to 30 seconds and an invoice may show in
// the list later than that; five minutes is far beyond anything seen.
var createRounds = []time.Duration{15 * time.Second, 60 * time.Second, 150 * time.Second, 300 * time.Second}

// invoiceBody is an invoice as Payday takes one (https://apidoc.payday.is, "Create invoice"). Whatever has a default at Payday that acts is said
// outright: without a status the invoice is issued.
type invoiceBody struct {
	Customer     idBody     `json:"customer"`
	Description  string     `json:"description,omitempty"`
	Reference    string     `json:"reference"`
	InvoiceDate  string     `json:"invoiceDate"`
	DueDate      string     `json:"dueDate"`
	FinalDueDate string     `json:"finalDueDate"`
	Currency     string     `json:"currencyCode"`
	Status       string     `json:"status"`
	SendEmail    bool       `json:"sendEmail"`
	CreateClaim  bool       `json:"createClaim"`
	Electronic   *bool      `json:"createElectronicInvoice,omitempty"` // left out: as the customer is set up
	PaidDate     string     `json:"paidDate,omitempty"`
	PaymentType  string     `json:"paymentType,omitempty"`
	Lines        []lineBody `json:"lines"`
}

type idBody struct {
	ID string `json:"id"`
}

// create makes an invoice. It may run again from the top: what was sent is in the journal and is not sent again.
func create(ctx context.Context, c *connector.Client, ref tengi.Ref, v field.Values) (tengi.Document, error) {
	var notes remarks
	body, err := compose(ctx, c, ref, v, &notes)
	if err != nil {
		return tengi.Document{}, err
	}
	resp, err := sendInvoice(ctx, c, body)
	if hasCode(err, codeElectronic) && (body.Electronic == nil || *body.Electronic) {
		// It was refused, so nothing was made: once more without, as Payday's own shop plugin does.
		ordinary := false
		body.Electronic = &ordinary
		notes.add("The customer cannot receive electronic invoices: it is an ordinary one.")
		resp, err = sendInvoice(ctx, c, body)
	}
	if err != nil {
		return tengi.Document{}, fmt.Errorf("payday: create invoice: %w", err)
	}
	inv, err := decodeInvoice(resp.Body)
	if err != nil { // acceptInvoice and the look-up let nothing else through
		return tengi.Document{}, &connector.Error{Kind: connector.Unknown, Code: connector.CodeAskPerson, Message: "the invoice made cannot be read", Err: err}
	}
	if !inv.amount(body.Currency).given {
		// An answer to a create may leave the sums out; a read has them.
		if read, err := readInvoice(ctx, c, string(inv.ID)); err == nil {
			inv = read
		}
	}
	doc := inv.document(c, body.Currency)
	if doc.Customer == "" {
		doc.Customer = body.Customer.ID
	}
	if inv.Currency != "" && string(inv.Currency) != body.Currency {
		notes.add(fmt.Sprintf("Payday made the invoice in %s instead of %s.", inv.Currency, body.Currency))
	}
	if len(notes) > 0 {
		doc.Data["remarks"] = []string(notes)
	}
	return doc, nil
}

// compose works out what to send. It reads, and makes the customer when there is none.
func compose(ctx context.Context, c *connector.Client, ref tengi.Ref, v field.Values, notes *remarks) (invoiceBody, error) {
	b, err := readBill(v)
	if err != nil {
		return invoiceBody{}, err
	}
	who, err := readBuyer(v, notes)
	if err != nil {
		return invoiceBody{}, err
	}
	body := invoiceBody{
		Description: strings.TrimSpace(v.Text("description")), Reference: string(ref), Currency: b.total.Currency, Status: v.Text("status"), Lines: b.lines,
	}
	if err := setDates(&body, v, c.Today()); err != nil {
		return invoiceBody{}, err
	}
	if err := checkCatalogs(ctx, c, body); err != nil {
		return invoiceBody{}, err
	}
	if err := setPaid(ctx, c, &body, v, b.total, notes); err != nil {
		return invoiceBody{}, err
	}
	customer, err := customerFor(ctx, c, who, notes)
	if err != nil {
		return invoiceBody{}, err
	}
	body.Customer.ID = customer.id
	return body, setDelivery(ctx, c, &body, v, customer, notes)
}

// setDates works out the three dates Payday wants: made ≤ due ≤ finally due.
func setDates(body *invoiceBody, v field.Values, today string) error {
	body.InvoiceDate = v.Text("invoice_date")
	if body.InvoiceDate == "" {
		body.InvoiceDate = today
	}
	made, err := time.Parse(time.DateOnly, body.InvoiceDate)
	if err != nil {
		return connector.Refusal("type", "invoice_date", "the invoice date is not a date")
	}
	due := v.Int("due_days")
	final := max(v.Int("final_due_days"), due)
	body.DueDate = made.AddDate(0, 0, int(due)).Format(time.DateOnly)
	body.FinalDueDate = made.AddDate(0, 0, int(final)).Format(time.DateOnly)
	return nil
}

// checkCatalogs refuses a VAT rate or a currency that the company does not have: there is no guess at the one that was meant.
func checkCatalogs(ctx context.Context, c *connector.Client, body invoiceBody) error {
	rates, err := ownRates.cached(ctx, c)
	if err != nil {
		return err
	}
lines:
	for i, line := range body.Lines {
		for _, rate := range rates {
			if rate.Equal(line.VAT.Decimal) {
				continue lines
			}
		}
		return connector.Refusal(codeVATRate, fmt.Sprintf("lines[%d].vat_rate", i),
			fmt.Sprintf("the company has no VAT rate of %s %% in Payday: correct the rate, or the product it comes from", line.VAT))
	}
	if body.Currency == krona {
		return nil
	}
	codes, err := ownCurrencies.cached(ctx, c)
	if err != nil {
		return err
	}
	for _, code := range codes {
		if code == body.Currency {
			return nil
		}
	}
	if len(codes) == 0 {
		return nil // an answer without codes says nothing; Payday itself will refuse
	}
	return connector.Refusal(codeCurrency, "currency", fmt.Sprintf("Payday has no currency %s", body.Currency))
}

// setDelivery decides how the invoice reaches the customer.
func setDelivery(ctx context.Context, c *connector.Client, body *invoiceBody, v field.Values, to billed, notes *remarks) error {
	switch v.Text("electronic_invoice") {
	case "yes", "no":
		electronic := v.Text("electronic_invoice") == "yes"
		body.Electronic = &electronic
	}
	if v.Bool("send_email") && body.Status != statusDraft {
		switch wanted := strings.TrimSpace(v.Text("customer_email")); {
		case to.shared:
			notes.add("Payday did not mail the invoice: it is to the shared customer, whose e-mail is not the traveller's.")
		case to.email == "":
			notes.add("Payday did not mail the invoice: it has no e-mail for the customer.")
		default:
			body.SendEmail = true
			if wanted != "" && !strings.EqualFold(wanted, to.email) {
				notes.add("Payday mailed the invoice to the e-mail it has for the customer, which is not the one of this sale.")
			}
		}
	}
	if !v.Bool("create_claim") || body.Status != statusSent {
		return nil
	}
	own, err := ownCompany.cached(ctx, c)
	if err != nil {
		return err
	}
	switch {
	case !to.ssn:
		notes.add("No claim was made: the customer has no kennitala in Payday.")
	case body.Currency != krona:
		notes.add("No claim was made: claims are in krónur only.")
	case !bool(own.HasClaimCollection):
		notes.add("No claim was made: the company has no agreement on claims in Payday.")
	default:
		body.CreateClaim = true
	}
	return nil
}

// sendInvoice sends the request that makes the invoice.
func sendInvoice(ctx context.Context, c *connector.Client, body invoiceBody) (*connector.Response, error) {
	return c.Change(ctx, connector.Change{
		Name:    "create",
		Request: connector.Request{Method: http.MethodPost, Path: "/invoices", JSON: body},
		Accept:  acceptInvoice,
		Recover: connector.Recovery{Rounds: createRounds, Resends: 1, Find: func(ctx context.Context, call connector.Call) ([]byte, bool, error) {
			return findAsked(ctx, c, call)
		}},
	})
}

// acceptInvoice takes an answer only when it names the invoice. One that does not may well have made it.
func acceptInvoice(resp *connector.Response) error {
	if _, err := decodeInvoice(resp.Body); err != nil {
		return &connector.Error{Kind: connector.Unknown, Code: connector.CodeBadAnswer, Status: resp.Status, Err: err,
			Message: "Payday answered without naming the invoice; looking for it"}
	}
	return nil
}

// readInvoice reads one invoice.
func readInvoice(ctx context.Context, c *connector.Client, id string) (invoice, error) {
	return get(ctx, c, "the invoice", connector.Request{Path: "/invoices/" + id}, decodeInvoice)
}

// refresh reads what has become of an invoice: its number, which comes about a minute after it was made, and its status.
func refresh(ctx context.Context, c *connector.Client, doc tengi.Document) (tengi.Document, error) {
	inv, err := readInvoice(ctx, c, doc.ExternalID)
	if notFound(err) {
		return doc, goneError()
	}
	if err != nil {
		return doc, err
	}
	doc.Number, doc.Status = inv.Number.whole(), string(inv.Status)
	if doc.Amount.Currency == "" {
		doc.Amount = inv.document(c, krona).Amount
	}
	return doc, nil
}

func goneError() error {
	return &connector.Error{Kind: connector.Permanent, Code: codeGone, Status: http.StatusNotFound,
		Message: "Payday no longer has this invoice: it was deleted by hand, or the account has other keys or another environment than when it was made"}
}

// amount is what the invoice comes to in its own currency, or in the one asked for when the answer does not say.
func (inv invoice) amount(asked string) number {
	if currency := inv.currency(asked); currency == krona {
		return inv.Gross
	}
	return inv.ForeignGross
}

func (inv invoice) currency(asked string) string {
	if inv.Currency != "" {
		return string(inv.Currency)
	}
	return asked
}

// document is the invoice as Tengi keeps it.
func (inv invoice) document(c *connector.Client, asked string) tengi.Document {
	doc := tengi.Document{
		Kind: tengi.Invoice, ExternalID: string(inv.ID), Number: inv.Number.whole(), Status: string(inv.Status), URL: webAddress(c, string(inv.ID)),
		Customer: string(inv.Customer.ID), Data: map[string]any{},
	}
	if gross := inv.amount(asked); gross.given {
		doc.Amount = money.New(gross.Decimal, inv.currency(asked))
	}
	vat := inv.VAT
	if inv.currency(asked) != krona {
		vat = inv.ForeignVAT
	}
	if vat.given {
		doc.Data["vat"] = vat.String()
	}
	if inv.DueDate != "" {
		doc.Data["due_date"] = cutDate(inv.DueDate)
	}
	return doc
}

// cutDate is the day of a date that may come with a time.
func cutDate(date words) string { return string(date[:min(len(date), len(time.DateOnly))]) }

// webAddress is where a person finds the invoice (observed in practice). An account with an address of its own has no such page.
func webAddress(c *connector.Client, id string) string {
	switch {
	case c.Settings.Text("base_url") != "":
		return ""
	case c.Settings.Text("environment") == "test":
		return "https://app.test.payday.is/invoices/" + id
	default:
		return "https://app.payday.is/invoices/" + id
	}
}
