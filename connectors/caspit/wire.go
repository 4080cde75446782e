package caspit

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/money"
)

// The states of a document that matter (observed): a draft is not in the books; closing makes it final.
const (
	statusDraft  = 0
	statusClosed = 2
)

// documentBody is a document as Caspit takes and gives it (https://app.caspit.biz/ApiHelp, model CaspitDocument). Amounts are in the currency of
// the receipt or the line; the totals of an answer are in shekels.
type documentBody struct {
	DocumentID      string        `json:"DocumentId"`
	TrxTypeID       int64         `json:"TrxTypeId"`
	TrxCode         int64         `json:"TrxCodeNumber"`
	Date            string        `json:"Date"`
	DueDate         string        `json:"DueDate,omitempty"` // left out or null: the account's usual terms, even on what is paid (observed)
	CustomerID      string        `json:"CustomerId,omitempty"`
	Name            string        `json:"CustomerBusinessName"`
	TaxID           string        `json:"CustomerOsekMorshe"`
	Address         string        `json:"CustomerAddress1"`
	City            string        `json:"CustomerCity"`
	PostCode        string        `json:"CustomerPostalCode"`
	Country         string        `json:"CustomerCountry"`
	Email           string        `json:"CustomerEmail"`
	Phone           string        `json:"MobilePhone"`
	Details         string        `json:"Details"` // not shown to the customer
	Comments        string        `json:"Comments"`
	Rebate          number        `json:"Rebate"`
	RoundTotal      bool          `json:"RountTotal"` // sic
	TaxDeduction    number        `json:"TaxDeduction"`
	ReceiptCurrency string        `json:"ReceiptCurrencySymbol"`
	ReceiptRate     number        `json:"ReceiptRate"`
	Payment         *number       `json:"Payment,omitempty"`
	Lines           []lineBody    `json:"DocumentLines"`
	Receipts        []receiptBody `json:"ReceiptLines"`
}

// lineBody is a line; its price is without VAT.
type lineBody struct {
	Number    int    `json:"Number"`
	Name      words  `json:"ProductName"`
	Details   words  `json:"Details"`
	UnitPrice number `json:"UnitPrice"`
	Quantity  number `json:"Qty"`
	Currency  words  `json:"CurrencySymbol"`
	Rate      number `json:"Rate"`
	Rebate    number `json:"Rebate"`
	ChargeVAT bool   `json:"ChargeVAT"`
}

// receiptBody is a payment.
type receiptBody struct {
	Number    int    `json:"Number"`
	TypeID    number `json:"PaymentTypeId"`
	Payment   number `json:"Payment"`
	PaidOn    words  `json:"PaymentDate,omitempty"`
	Reference words  `json:"CheckNumber,omitempty"`
	Rate      number `json:"Rate"`
}

// document is what is read of an answer.
type document struct {
	ID           words         `json:"DocumentId"`
	TrxTypeID    number        `json:"TrxTypeId"`
	Number       words         `json:"Number"`
	Status       number        `json:"Status"`
	Date         words         `json:"Date"`
	CustomerID   words         `json:"CustomerId"`
	Name         words         `json:"CustomerBusinessName"`
	TaxID        words         `json:"CustomerOsekMorshe"`
	Address      words         `json:"CustomerAddress1"`
	City         words         `json:"CustomerCity"`
	PostCode     words         `json:"CustomerPostalCode"`
	Country      words         `json:"CustomerCountry"`
	Email        words         `json:"CustomerEmail"`
	Phone        words         `json:"MobilePhone"`
	Comments     words         `json:"Comments"`
	Total        number        `json:"Total"`
	VAT          number        `json:"Vat"`
	Payment      number        `json:"Payment"`
	Currency     words         `json:"ReceiptCurrencySymbol"`
	ReceiptRate  number        `json:"ReceiptRate"`
	ViewURL      words         `json:"ViewUrl"`
	Lines        []lineBody    `json:"DocumentLines"`
	ReceiptLines []receiptBody `json:"ReceiptLines"`
}

var errShape = errors.New("it is not of the expected form")

// decodeDocument reads an answer about one document.
func decodeDocument(body []byte) (document, error) {
	var d document
	if err := json.Unmarshal(body, &d); err != nil || d.ID == "" {
		return document{}, errShape // the reason may quote a customer
	}
	return d, nil
}

func (d document) is(status int64) bool {
	return d.Status.given && d.Status.Equal(decimal.NewFromInt(status))
}

// day is the document's date. Caspit writes local times without a zone, so it is compared as text.
func (d document) day() string { return string(d.Date[:min(len(d.Date), len("2006-01-02"))]) }

// row is one entry of a list of Caspit's, whose fields differ from list to list.
type row map[string]json.RawMessage

// decodeRows reads a list, which comes in pages with Results or as it is.
func decodeRows(body []byte) ([]row, error) {
	var page struct {
		Results []row `json:"Results"`
	}
	if json.Unmarshal(body, &page) == nil && page.Results != nil {
		return page.Results, nil
	}
	var rows []row
	if err := json.Unmarshal(body, &rows); err != nil {
		return nil, errShape
	}
	return rows, nil
}

// text is the first of the named fields that says anything.
func (r row) text(names ...string) string {
	for _, name := range names {
		for key, raw := range r {
			var w words
			if strings.EqualFold(key, name) && json.Unmarshal(raw, &w) == nil && w != "" {
				return string(w)
			}
		}
	}
	return ""
}

// words is a text that may also come as a number or as null.
type words string

// UnmarshalJSON never fails: what is neither text nor number is no text.
func (w *words) UnmarshalJSON(data []byte) error {
	var text string
	if json.Unmarshal(data, &text) != nil {
		var n json.Number
		_ = json.Unmarshal(data, &n) // no number either: no text
		text = string(n)
	}
	*w = words(text)
	return nil
}

// number is an exact number that may be missing.
type number struct {
	decimal.Decimal
	given bool
}

// maxNumber is more characters than any amount has.
const maxNumber = 40

// UnmarshalJSON never fails: what is not a number is a missing one.
func (n *number) UnmarshalJSON(data []byte) error {
	*n = number{}
	text := strings.Trim(string(data), `"`)
	if len(text) > maxNumber {
		return nil
	}
	if d, err := decimal.NewFromString(text); err == nil && money.Bounded(d) == nil {
		*n = number{d, true}
	}
	return nil
}

// MarshalJSON writes the digits as they are, not through a float.
func (n number) MarshalJSON() ([]byte, error) {
	if !n.given {
		return []byte("null"), nil
	}
	return []byte(n.String()), nil
}

func exactly(d decimal.Decimal) number { return number{d, true} }

func whole(n int64) number { return exactly(decimal.NewFromInt(n)) }

// cut shortens a text to so many characters and shows that there was more.
func cut(text string, limit int) string {
	text = strings.TrimSpace(text)
	if runes := []rune(text); len(runes) > limit {
		return string(runes[:limit-1]) + "…"
	}
	return text
}

// badAnswer is a read that cannot be used.
func badAnswer(what string, err error) error {
	return &connector.Error{Kind: connector.Temporary, Code: connector.CodeBadAnswer, Err: err, Message: fmt.Sprintf("Caspit's answer about %s could not be read", what)}
}
