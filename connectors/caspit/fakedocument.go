package caspit

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/tengi/tengi/connector/fake"
)

func (f *Fake) serveContacts(w http.ResponseWriter, r *http.Request, id string, body *json.Decoder) {
	at := func(key string) int {
		return slices.IndexFunc(f.contacts, func(c *FakeContact) bool { return c.ContactID == key })
	}
	if r.Method == http.MethodGet {
		if i := at(id); i >= 0 {
			f.answerContact(w, http.StatusOK, f.contacts[i])
		} else {
			f.missing(w, "The contact")
		}
		return
	}
	var asked contactBody
	if err := body.Decode(&asked); err != nil || asked.Name == "" || len([]rune(asked.ContactID)) > maxKey {
		refuse(w, http.StatusBadRequest, "The contact is not valid")
		return
	}
	i := at(asked.ContactID)
	if i < 0 {
		f.contacts = append(f.contacts, &FakeContact{Number: 263 + len(f.contacts)})
		i = len(f.contacts) - 1
	}
	f.contacts[i].contactBody = asked
	f.answerContact(w, http.StatusCreated, f.contacts[i])
}

func (f *Fake) answerContact(w http.ResponseWriter, status int, c *FakeContact) {
	fake.JSON(w, status, map[string]any{"ContactId": c.ContactID, "ContactType": 0, "Number": c.Number, "BusinessName": c.Name, "OsekMorshe": c.TaxID,
		"Name": nil, "Email": c.Email, "Balance": 0.0})
}

func (f *Fake) document(id string) *FakeDocument {
	at := slices.IndexFunc(f.documents, func(d *FakeDocument) bool { return d.DocumentID == id })
	if at < 0 {
		return nil
	}
	return f.documents[at]
}

func (f *Fake) serveDocuments(w http.ResponseWriter, r *http.Request, call, id string, body *json.Decoder) {
	switch {
	case call == "documents" && r.Method == http.MethodPost:
		f.takeDocument(w, body)
		return
	case call == "documents" && id == "":
		var rows []any
		for _, d := range f.documents {
			if fmt.Sprint(d.TrxTypeID) == r.URL.Query().Get("trxtypeid") {
				rows = append(rows, f.answerDocument(d))
			}
		}
		f.list(w, r, rows...)
		return
	case call == "printdocument":
		id = r.URL.Query().Get("id")
	}
	d := f.document(id)
	if d == nil {
		f.missing(w, "The document")
		return
	}
	switch call {
	case "documents":
		fake.JSON(w, http.StatusOK, f.answerDocument(d))
	case "printdocument":
		if !f.behaviour.StaysOpen {
			d.Status = statusClosed
		}
		fake.JSON(w, http.StatusOK, true)
	case "emaildocument":
		f.mail(w, r, d, body)
	case "canceldocument":
		f.cancel(w, d)
	}
}

// cancel drops a draft and marks what is not a tax document. What the service makes of a closed tax document is not known, so it is refused.
func (f *Fake) cancel(w http.ResponseWriter, d *FakeDocument) {
	switch {
	case d.Status == statusDraft:
		f.documents = slices.DeleteFunc(f.documents, func(other *FakeDocument) bool { return other == d })
	case d.TrxTypeID == proforma.trxType, d.TrxTypeID == deliveryNote.trxType:
		d.Status = 3
	default:
		refuse(w, http.StatusBadRequest, "The document cannot be canceled")
		return
	}
	fake.JSON(w, http.StatusOK, true)
}

// takeDocument makes a draft or brings one up to date. A closed document is refused in the words of the service.
func (f *Fake) takeDocument(w http.ResponseWriter, body *json.Decoder) {
	var asked documentBody
	if err := body.Decode(&asked); err != nil {
		refuse(w, http.StatusBadRequest, "The request is invalid.")
		return
	}
	if fault := f.faultIn(&asked); fault != "" {
		refuse(w, http.StatusBadRequest, fault)
		return
	}
	d := f.document(asked.DocumentID)
	switch {
	case d == nil:
		d = &FakeDocument{}
		f.documents = append(f.documents, d)
		f.numbers[asked.TrxTypeID]++
		d.Number = fmt.Sprintf("98/%d", 10000*asked.TrxTypeID+int64(f.numbers[asked.TrxTypeID]))
	case d.Status != statusDraft:
		refuse(w, http.StatusBadRequest, "Document "+asked.DocumentID+" already exists in Caspit and was printed")
		return
	}
	d.documentBody = asked
	f.sums(d)
	fake.JSON(w, http.StatusCreated, f.answerDocument(d))
}

var fakeDate = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}$`)

// faultIn finds what is wrong with what was asked for.
func (f *Fake) faultIn(asked *documentBody) string {
	k, known := kindOf(whole(asked.TrxTypeID))
	switch {
	case len([]rune(asked.DocumentID)) > maxKey || asked.DocumentID == "":
		return "The field DocumentId must be a string with a maximum length of 50"
	case !known:
		return "TrxTypeId is not valid"
	case asked.TrxCode != k.trxCode:
		return fmt.Sprintf("TrxCodeNumber %d is not a %s TrxCode. Allowed values: %d", asked.TrxCode, k.en, k.trxCode)
	case !fakeDate.MatchString(asked.Date), asked.Name == "", len([]rune(asked.Name)) > 200, len([]rune(asked.TaxID)) > 20:
		return "The date or the customer is not valid"
	case k.lines != (len(asked.Lines) > 0), k.receipt != (len(asked.Receipts) > 0):
		return "A document of this type has other lines"
	case asked.CustomerID != "" && !slices.ContainsFunc(f.contacts, func(c *FakeContact) bool { return c.ContactID == asked.CustomerID }):
		return "The customer is not known"
	}
	for _, line := range asked.Lines {
		if line.Name == "" || len([]rune(string(line.Name))) > maxName || !line.Rate.given || !line.UnitPrice.given || -line.UnitPrice.Exponent() > netDecimals {
			return "A document line is not valid"
		}
	}
	var paid decimal.Decimal
	for _, line := range asked.Receipts {
		if !line.TypeID.IsPositive() || !line.Payment.given || len([]rune(string(line.Reference))) > maxReference {
			return "A receipt line is not valid"
		}
		paid = paid.Add(line.Payment.Decimal)
	}
	if k.receipt && (asked.Payment == nil || !asked.Payment.Equal(paid)) {
		return "The payment is not the sum of the receipt lines"
	}
	return ""
}

// sums works out totals in shekels from prices without VAT.
func (f *Fake) sums(d *FakeDocument) {
	var sum, base decimal.Decimal
	for _, line := range d.Lines {
		extended := line.UnitPrice.Mul(line.Quantity.Decimal).Mul(line.Rate.Decimal)
		if f.behaviour.RoundLines {
			extended = extended.Round(agorot)
		}
		sum = sum.Add(extended)
		if line.ChargeVAT {
			base = base.Add(extended)
		}
	}
	vat := base.Mul(f.rate().Shift(-2))
	d.VAT, d.Total = vat.Round(agorot), sum.Add(vat).Round(agorot)
	if len(d.Lines) > 0 {
		d.Total = d.Total.Add(f.behaviour.Off)
	}
}

// answerDocument is the document as it is answered: what was sent, and what Caspit adds. A date without a time gets one.
func (f *Fake) answerDocument(d *FakeDocument) map[string]any {
	text, err := json.Marshal(d.documentBody)
	if err != nil {
		panic("caspit stand-in: " + err.Error()) // numbers and texts always marshal
	}
	var answer map[string]any
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&answer); err != nil {
		panic("caspit stand-in: " + err.Error())
	}
	if d.CustomerID == "" {
		answer["CustomerId"] = nil
	}
	if d.DueDate == "" {
		answer["DueDate"] = d.Date[:8] + "30T00:00:00" // the account's terms
	}
	answer["Date"], answer["Number"], answer["Status"] = d.Date+"T00:00:00", d.Number, d.Status
	answer["Total"], answer["Vat"], answer["VatRate"] = plainNumber{d.Total}, plainNumber{d.VAT}, plainNumber{f.rate()}
	if d.Payment != nil {
		answer["Payment"] = plainNumber{d.Payment.Decimal}
	} else {
		answer["Payment"] = 0
	}
	answer["LinkToPdf"] = "https://app.caspit.biz/pdf/" + d.DocumentID + "?token=_REPLACE_WITH_YOUR_TOKEN_"
	answer["ViewUrl"] = "https://app.caspit.biz/view/" + d.DocumentID
	return answer
}

func (f *Fake) mail(w http.ResponseWriter, r *http.Request, d *FakeDocument, body *json.Decoder) {
	var asked mailBody
	if err := body.Decode(&asked); err != nil || !strings.Contains(asked.To, "@") || asked.Subject == "" {
		refuse(w, http.StatusBadRequest, "The e-mail address is not valid")
		return
	}
	language := hebrew
	if r.URL.Query().Get("lan") == "1" {
		language = english
	}
	f.mails = append(f.mails, FakeMail{Document: d.DocumentID, To: asked.To, BCC: asked.BCC, Subject: asked.Subject, Text: asked.Body, Language: language, Draft: d.Status == statusDraft})
	fake.JSON(w, http.StatusOK, "Document sent to: "+asked.To)
}
