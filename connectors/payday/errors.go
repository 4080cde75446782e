package payday

import (
	"encoding/json"
	"errors"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/tengi/tengi/connector"
)

// Codes of errors that are Payday's own.
const (
	codeKeys        = "invalid_client"      // the keys are wrong, or for the other system
	codeSetUp       = "setup_incomplete"    // the keys are right, the company is not set up
	codePermission  = "no_permission"       // the plan or the company does not allow it
	codeNotFound    = "not_found"           // Payday has nothing of this name
	codePending     = "pending"             // the invoice has no number yet
	codeElectronic  = "einvoice_refused"    // the customer cannot receive an electronic invoice
	codeInvoiced    = "customer_in_use"     // a customer with invoices cannot be removed
	codeGone        = "invoice_gone"        // Payday no longer has the invoice
	codePaid        = "invoice_paid"        // a paid invoice is not credited without a person
	codeEdited      = "invoice_edited"      // somebody changed the invoice by hand
	codeState       = "invoice_state"       // the invoice is in a state that does not allow it
	codeUnconfirmed = "cancel_unconfirmed"  // the change was accepted and does not show yet
	codeVATRate     = "vat_rate"            // not one of the company's rates
	codeCurrency    = "currency"            // not one of the company's currencies
	codePaymentType = "payment_type"        // not one of the company's payment types
	codePrice       = "price"               // no price, or two that differ
	codeFraction    = "fraction"            // more decimals than the currency or Payday has
	codeRounding    = "vat_rounding"        // the total depends on how the VAT is rounded
	codeNoName      = "customer_name"       // neither name nor kennitala
	codeNoCustomer  = "customer_gone"       // the shared customer does not exist
	codeUnlisted    = "customer_not_listed" // a customer just made cannot be found yet
)

// The numbers of Payday's errors that matter here (observed in practice).
const (
	numberElectronic = "21018"
	numberInvoiced   = "21001"
)

// numberingWait is how soon after a refusal for want of a number to ask again: the numbering takes about a minute (observed in practice).
const numberingWait = 15 * time.Second

// kennitalaLike finds what may be a kennitala in the words of the service.
var kennitalaLike = regexp.MustCompile(`\b(\d{6})-?\d{4}\b`)

// said is what an error answer holds. Payday has four shapes: a plain sentence, {"message"}, {"errorCode", "errorMessage"} and OAuth's
// {"error", "error_description"} (observed in practice). An error code comes as a number or as a text.
type said struct {
	code string
	text string
}

func readError(body string) said {
	body = strings.TrimSpace(body)
	var object struct {
		Message     words `json:"message"`
		Code        words `json:"errorCode"`
		Text        words `json:"errorMessage"`
		OAuth       words `json:"error"`
		Description words `json:"error_description"`
	}
	if err := json.Unmarshal([]byte(body), &object); err != nil {
		var sentence string
		if json.Unmarshal([]byte(body), &sentence) == nil {
			body = sentence
		}
		return said{text: body}
	}
	s := said{code: string(object.Code)}
	if s.code == "" {
		s.code = string(object.OAuth)
	}
	for _, text := range []words{object.Text, object.Message, object.Description, object.OAuth} {
		if text != "" {
			s.text = string(text)
			break
		}
	}
	if s.text == "" {
		s.text = body
	}
	return s
}

// explain says better what a refusal means. It goes by status and error code, and by words only where Payday gives nothing else.
func explain(req *connector.Request, resp *connector.Response, e *connector.Error) {
	s := readError(e.Detail) // Detail is masked and capped already; what no longer parses stays as it is
	e.Detail = kennitalaLike.ReplaceAllString(s.text, "$1-****")
	switch {
	case e.Kind == connector.Unknown, resp.Status == http.StatusTooManyRequests:
	case strings.Contains(strings.ToLower(s.text), "required system setup"):
		e.Kind, e.Code = connector.Attention, codeSetUp
		e.Message = "the keys are right, but the company is not set up in Payday yet: sign in to Payday and finish its set-up, then check the account here"
	case req.Path == tokenPath && e.Kind != connector.Temporary:
		explainLogin(e)
	case resp.Status == http.StatusUnauthorized:
		e.Code, e.Message = codeKeys, "Payday refused the login twice: make new keys in Payday and enter them here"
	case resp.Status == http.StatusForbidden:
		e.Code, e.Message = codePermission, "Payday does not allow this: check that the company's plan includes access by other programs (Allur pakkinn)"
	case s.code == numberElectronic:
		e.Code, e.Field, e.Message = codeElectronic, "electronic_invoice", "the customer cannot receive electronic invoices"
	case s.code == numberInvoiced:
		e.Code, e.Message = codeInvoiced, "the customer has invoices and cannot be removed"
	case resp.Status == http.StatusBadRequest && req.Method == http.MethodPut && strings.Contains(s.text, "Pending"):
		// The one refusal that only its words tell from the others.
		e.Kind, e.Code, e.RetryAfter = connector.Temporary, codePending, max(e.RetryAfter, numberingWait)
		e.Message = "Payday has not given the invoice its number yet"
	case resp.Status == http.StatusNotFound:
		e.Code, e.Message = codeNotFound, "Payday does not know this"
	case e.Kind == connector.Permanent:
		e.Message = "Payday refused the request"
	}
}

// explainLogin is about the request for a token itself: whatever it is refused for, it is the account that needs mending.
func explainLogin(e *connector.Error) {
	e.Kind, e.Code = connector.Attention, codeKeys
	e.Message = "Payday refused the keys: they are wrong or were renewed, or live keys used against the test address or the reverse"
	if e.Status == http.StatusNotFound {
		e.Code, e.Message = connector.CodeLogin, "there is no Payday at this address: empty the field for the address of the service"
	}
}

// notFound says whether err is the service's answer that there is no such thing.
func notFound(err error) bool {
	e, ok := errors.AsType[*connector.Error](err)
	return ok && e.Status == http.StatusNotFound
}

// hasCode says whether err is a connector's error of that code.
func hasCode(err error, code string) bool {
	e, ok := errors.AsType[*connector.Error](err)
	return ok && e.Code == code
}

// notYet is an error that time mends.
func notYet(code, message string) error {
	return &connector.Error{Kind: connector.Temporary, Code: code, Message: message, RetryAfter: numberingWait}
}
