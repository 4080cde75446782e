package sale

import (
	"fmt"
	"strings"
)

// The codes of faults. They are stable: the Inbox groups by them and translations go by them.
const (
	CodeLinesDiffer      = "lines_differ"      // the lines do not add up to the total
	CodeNoLines          = "no_lines"          // a total, but nothing sold
	CodeTooManyLines     = "too_many_lines"    // more than MaxLines
	CodeCurrencyUnknown  = "currency_unknown"  // not an ISO 4217 code
	CodeFraction         = "fraction"          // a total with more decimals than the currency has
	CodeLineTotal        = "line_total"        // not quantity times unit price less discount
	CodeDiscount         = "discount"          // a negative discount
	CodeVATRate          = "vat_rate"          // not a percentage
	CodeVATAmount        = "vat_amount"        // not what the rate makes of the total
	CodeVATCode          = "vat_code"          // an unknown code, or one that contradicts the rate
	CodePaymentsCurrency = "payments_currency" // paid in another currency than sold
	CodeStatusUnknown    = "status_unknown"    // none of the statuses
	CodeSize             = "size"              // a number with more digits than money has
	CodeUnknown          = "unknown"           // Parse: a name that a sale does not have
	CodeRequired         = "required"          // Parse: something is missing
	CodeType             = "type"              // Parse: a value of the wrong kind
)

// Fault is one thing wrong with a sale: a stable code, the path of the value ("lines[2].total", lines counted from 0; empty = the sale as a whole) and
// a sentence with the numbers. It never contains anything of the customer.
type Fault struct {
	Code    string // one of the Code constants
	Path    string
	Message string
}

// Faults is everything wrong with a sale. As an error it is all of them.
type Faults []Fault

// shownFaults is how many faults an error text spells out.
const shownFaults = 10

// Error lists the faults, at most ten of them.
func (fs Faults) Error() string {
	texts := make([]string, 0, min(len(fs), shownFaults)+1)
	for i, f := range fs {
		if i == shownFaults {
			texts = append(texts, fmt.Sprintf("and %d more", len(fs)-i))
			break
		}
		text := f.Message
		if f.Path != "" {
			text = f.Path + ": " + text
		}
		texts = append(texts, text)
	}
	return strings.Join(texts, "; ")
}

// Err is the faults as an error, nil when there are none.
func (fs Faults) Err() error {
	if len(fs) == 0 {
		return nil
	}
	return fs
}
