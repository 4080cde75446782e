package payday

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/shopspring/decimal"
)

// Answers are read leniently: every field may be null or of another kind than last year, numbers may carry ".0" or stand in quotes, fields we
// do not know are skipped (all of it observed in practice). What matters is asked for where it is used.

// words is a text that may also come as a number.
type words string

// UnmarshalJSON never fails: what is neither text nor number is no text.
func (w *words) UnmarshalJSON(data []byte) error {
	*w = ""
	switch {
	case len(data) > 0 && data[0] == '"':
		var s string
		if err := json.Unmarshal(data, &s); err == nil {
			*w = words(s)
		}
	case isNumber(data):
		*w = words(data)
	}
	return nil
}

// number is an exact number that may be missing.
type number struct {
	decimal.Decimal
	given bool
}

// maxNumber is more characters than any amount has; "1e999999999" is short and would fill the memory.
const maxNumber = 40

// UnmarshalJSON never fails: what is not a number is a missing one.
func (n *number) UnmarshalJSON(data []byte) error {
	*n = number{}
	text := strings.Trim(string(data), `"`)
	if len(text) == 0 || len(text) > maxNumber || !isNumber([]byte(text)) {
		return nil
	}
	if d, err := decimal.NewFromString(text); err == nil && d.Exponent() <= maxNumber && d.Exponent() >= -maxNumber {
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

// whole is the number without its ".0", empty when there is none or when it is no whole number.
func (n number) whole() string {
	if !n.given || !n.IsInteger() {
		return ""
	}
	return n.Truncate(0).String()
}

// flag is true for true, and for anything that says that something has happened: a date, a number other than 0.
type flag bool

// UnmarshalJSON never fails.
func (f *flag) UnmarshalJSON(data []byte) error {
	switch text := string(bytes.TrimSpace(data)); text {
	case "null", "false", `""`, "0", `"false"`, "{}", "[]":
		*f = false
	default:
		*f = true
	}
	return nil
}

func isNumber(data []byte) bool {
	return len(data) > 0 && (data[0] == '-' || data[0] >= '0' && data[0] <= '9')
}

// customer is a customer as Payday answers one.
type customer struct {
	ID      words `json:"id"`
	SSN     words `json:"ssn"`
	Name    words `json:"name"`
	Email   words `json:"email"`
	Phone   words `json:"phone"`
	Created words `json:"created"`
}

// invoice is an invoice as Payday answers one; raw is the object it was read from.
type invoice struct {
	ID               words  `json:"id"`
	Number           number `json:"number"` // null until the numbering job has run
	Status           words  `json:"status"`
	Reference        words  `json:"reference"`
	Currency         words  `json:"currencyCode"`
	Gross            number `json:"amountIncludingVat"` // in krónur, whatever the currency
	VAT              number `json:"amountVat"`
	ForeignGross     number `json:"foreignAmountIncludingVat"` // in the invoice's currency when that is not ISK
	ForeignVAT       number `json:"foreignAmountVat"`
	InvoiceDate      words  `json:"invoiceDate"`
	DueDate          words  `json:"dueDate"`
	PaidDate         words  `json:"paidDate"`
	ClaimCreated     flag   `json:"claimCreated"`
	ClaimCancelled   flag   `json:"claimCancelled"`
	ClaimCancelledOn flag   `json:"claimCancelledDate"`
	CreatesClaim     flag   `json:"createClaim"`
	Customer         party  `json:"customer"`
	raw              json.RawMessage
}

// party is the customer inside an invoice; null, or an id alone, is as good as none.
type party struct{ ID words }

// UnmarshalJSON never fails.
func (p *party) UnmarshalJSON(data []byte) error {
	var object struct {
		ID words `json:"id"`
	}
	if json.Unmarshal(data, &object) == nil {
		p.ID = object.ID
	}
	return nil
}

var errShape = errors.New("not of the expected shape")

// decodeInvoice reads one invoice. Without an id it is none.
func decodeInvoice(body []byte) (invoice, error) {
	var inv invoice
	if err := json.Unmarshal(body, &inv); err != nil {
		return invoice{}, errShape // the error of the decoder may quote the answer
	}
	if inv.ID == "" {
		return invoice{}, fmt.Errorf("an invoice without id: %w", errShape)
	}
	inv.Status = words(strings.ToUpper(string(inv.Status)))
	inv.raw = bytes.Clone(body)
	return inv, nil
}

// page is one page of the list of invoices.
type page struct {
	rows              []invoice
	total, page, last int // as the service says; 0 = it does not
}

// decodeInvoices reads a page of the list. Everything in it must be readable, or the page proves nothing.
func decodeInvoices(body []byte) (page, error) {
	var list struct {
		Invoices *[]json.RawMessage `json:"invoices"`
		Total    number             `json:"total"`
		Page     number             `json:"page"`
		Pages    number             `json:"pages"`
	}
	if err := json.Unmarshal(body, &list); err != nil || list.Invoices == nil {
		return page{}, fmt.Errorf("the list of invoices: %w", errShape)
	}
	p := page{total: small(list.Total), page: small(list.Page), last: small(list.Pages)}
	for i, raw := range *list.Invoices {
		inv, err := decodeInvoice(raw)
		if err != nil {
			return page{}, fmt.Errorf("row %d of the list of invoices: %w", i+1, err)
		}
		p.rows = append(p.rows, inv)
	}
	return p, nil
}

// small is a count, 0 when it is missing or no sensible one.
func small(n number) int {
	if !n.given || n.IsNegative() || n.GreaterThan(decimal.NewFromInt(1<<30)) {
		return 0
	}
	return int(n.IntPart())
}

// decodeCustomers reads what the customer look-ups answer: a bare list, {"customers": [...]} or one customer (all observed in practice).
// Rows without an id are left out.
func decodeCustomers(body []byte) ([]customer, error) {
	var rows []customer
	if body = bytes.TrimSpace(body); len(body) > 0 && body[0] == '[' {
		if err := json.Unmarshal(body, &rows); err != nil {
			return nil, fmt.Errorf("customers: %w", errShape)
		}
	} else {
		var wrapped struct {
			Customers *[]customer `json:"customers"`
			customer
		}
		if err := json.Unmarshal(body, &wrapped); err != nil {
			return nil, fmt.Errorf("customers: %w", errShape)
		}
		rows = []customer{wrapped.customer}
		if wrapped.Customers != nil {
			rows = *wrapped.Customers
		}
	}
	known := rows[:0]
	for _, row := range rows {
		if row.ID != "" {
			known = append(known, row)
		}
	}
	return known, nil
}

// decodeRates reads the VAT rates a company may use: [0.00, 11.00, 24.00], or objects with the rate inside (both observed in practice).
func decodeRates(body []byte) ([]decimal.Decimal, error) {
	var list []json.RawMessage
	if err := json.Unmarshal(unwrap(body), &list); err != nil {
		return nil, fmt.Errorf("VAT rates: %w", errShape)
	}
	var rates []decimal.Decimal
	for _, raw := range list {
		var rate number
		_ = rate.UnmarshalJSON(raw)
		if !rate.given {
			var object struct {
				Percentage    number `json:"percentage"`
				VATPercentage number `json:"vatPercentage"`
				Rate          number `json:"rate"`
				Value         number `json:"value"`
			}
			_ = json.Unmarshal(raw, &object)
			for _, n := range []number{object.VATPercentage, object.Percentage, object.Rate, object.Value} {
				if n.given {
					rate = n
					break
				}
			}
		}
		if !rate.given {
			return nil, fmt.Errorf("a VAT rate: %w", errShape)
		}
		rates = append(rates, rate.Decimal)
	}
	return rates, nil
}

// decodeCurrencies reads the currencies a company may use: every three capital letters in the answer, as its shape is not documented.
func decodeCurrencies(body []byte) ([]string, error) {
	var answer any
	if err := json.Unmarshal(body, &answer); err != nil {
		return nil, fmt.Errorf("currencies: %w", errShape)
	}
	var codes []string
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case string:
			if len(v) == 3 && strings.Trim(v, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == "" {
				codes = append(codes, v)
			}
		case []any:
			for _, e := range v {
				walk(e)
			}
		case map[string]any:
			for _, e := range v {
				walk(e)
			}
		}
	}
	walk(answer)
	return codes, nil
}

// paymentType is one of the ways of being paid that a company has set up.
type paymentType struct {
	ID    words `json:"id"`
	Title words `json:"title"`
}

func decodePaymentTypes(body []byte) ([]paymentType, error) {
	var types []paymentType
	if err := json.Unmarshal(unwrap(body), &types); err != nil {
		return nil, fmt.Errorf("payment types: %w", errShape)
	}
	return types, nil
}

// company is the company a login belongs to.
type company struct {
	Name               words `json:"name"`
	HasClaimCollection flag  `json:"hasClaimCollection"`
}

func decodeCompany(body []byte) (company, error) {
	var own company
	if err := json.Unmarshal(body, &own); err != nil {
		return company{}, fmt.Errorf("the company: %w", errShape)
	}
	return own, nil
}

// unwrap finds the list in an object that holds just one, as some of Payday's lists come and others do not.
func unwrap(body []byte) []byte {
	var object map[string]json.RawMessage
	if json.Unmarshal(body, &object) != nil {
		return body
	}
	var found []byte
	for _, value := range object {
		if len(value) > 0 && value[0] == '[' {
			if found != nil {
				return body
			}
			found = value
		}
	}
	if found == nil {
		return body
	}
	return found
}
