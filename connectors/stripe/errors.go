package stripe

import (
	"encoding/json"
	"errors"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/stripe/stripe-go/v85"

	"github.com/tengi/tengi/connector"
)

// Codes of errors that are this connector's own. Stripe's own codes are kept where there is one.
const (
	codeKey        = "invalid_key"     // the key is wrong, expired or revoked
	codePermission = "no_permission"   // a restricted key lacks a permission
	codeMode       = "other_mode"      // the object is of test mode and the key is not, or the reverse
	codeCurrency   = "currency"        // not a currency of Stripe's
	codeFraction   = "fraction"        // an amount that cannot be paid
	codeTotal      = "total_differs"   // Stripe makes another total of the lines
	codeRounding   = "vat_rounding"    // the total depends on how the VAT is rounded
	codeTaxRate    = "tax_rate"        // Stripe has no such tax rate
	codeLines      = "lines"           // nothing to invoice
	codeEmail      = "customer_email"  // an invoice is to be mailed and there is no address
	codePaidPart   = "paid_in_part"    // the sale is paid in part and Stripe would ask for all of it
	codePaid       = "invoice_paid"    // crediting a paid invoice is a person's decision
	codeGone       = "invoice_gone"    // Stripe no longer has the invoice
	codeEdited     = "invoice_edited"  // somebody changed it by hand
	codeState      = "invoice_state"   // it is in a state that does not allow it
	codeCredited   = "credited_partly" // a credit note for a part of it
	codeMetadata   = "metadata"        // metadata that Stripe does not take
	codeMixed      = "mixed_mode"      // a test notice at a live account, or the reverse
)

// failure is the body of a refusal (https://docs.stripe.com/api/errors).
type failure struct {
	Type    string `json:"type"`
	Code    string `json:"code"`
	Message string `json:"message"`
	Param   string `json:"param"`
	Decline string `json:"decline_code"`
}

// permission finds the name of a missing permission: rak_invoice_write (observed).
var permission = regexp.MustCompile(`rak_[a-z_]+`)

// lockWait is how long an object that something else is changing is left alone.
const lockWait = 2 * time.Second

// explain says better what a refusal means. Most of it follows https://docs.stripe.com/error-low-level; the header Stripe-Should-Retry is what
// Stripe's own clients obey.
func explain(req *connector.Request, resp *connector.Response, e *connector.Error) {
	var said struct {
		Error failure `json:"error"`
	}
	_ = json.Unmarshal(resp.Body, &said) // an answer from before Stripe, HTML or nothing, says nothing
	f := said.Error
	if f.Message != "" {
		e.Detail = f.Message
	}
	changes := req.Method == http.MethodPost || req.Method == http.MethodDelete
	switch {
	case f.Type == string(stripe.ErrorTypeIdempotency):
		// Another request had this key first, so something may have been made under it. Sending other bytes would be a second one.
		e.Kind, e.Code, e.Message = connector.Unknown, connector.CodeAskPerson, "Stripe knows our key with another request: look in Stripe for the reference"
	case resp.Status == http.StatusUnauthorized:
		e.Code, e.Message = codeKey, "Stripe refused the key: it is wrong, has expired or was revoked; make a new one in Stripe and enter it here"
	case resp.Status == http.StatusForbidden:
		e.Code, e.Message = codePermission, "the key lacks a permission in Stripe: tick it under Developers → API keys, or take a key that has it"
		if name := permission.FindString(f.Message); name != "" {
			e.Message = "the key lacks the permission " + name + ": tick it in Stripe under Developers → API keys"
		}
	case resp.Status == http.StatusTooManyRequests:
		e.RetryAfter = max(e.RetryAfter, lockWait)
		if f.Code == string(stripe.ErrorCodeLockTimeout) {
			e.Code, e.Message = connector.CodeUnavailable, "Stripe is busy with the same object"
		}
	case resp.Header.Get("Stripe-Should-Retry") == "true" && changes && e.Kind == connector.Permanent:
		e.Kind, e.Code, e.Message = connector.Unknown, connector.CodeAnswerLost, "Stripe asks to send the same request again"
	case resp.Status == http.StatusConflict:
		e.RetryAfter = max(e.RetryAfter, 5*time.Second)
	case e.Kind == connector.Permanent:
		explainRefusal(f, e)
	}
}

// explainRefusal is about what will never pass as it stands.
func explainRefusal(f failure, e *connector.Error) {
	if f.Code != "" {
		e.Code = f.Code
	}
	e.Message = "Stripe refused the request"
	switch {
	case strings.Contains(f.Message, "similar object exists in"):
		e.Code, e.Message = codeMode, "Stripe has this in the other of its two modes: test and live keys do not see each other's customers and invoices"
	case f.Code == string(stripe.ErrorCodeResourceMissing):
		e.Message = "Stripe does not know this"
	case f.Code == string(stripe.ErrorCodeEmailInvalid):
		e.Message = "Stripe does not take the e-mail address"
	case f.Code == string(stripe.ErrorCodeTaxIDInvalid):
		e.Message = "Stripe does not take the tax number: look whether its kind fits"
	case f.Code == string(stripe.ErrorCodeAmountTooSmall):
		e.Message = "the amount is below the least that Stripe takes in this currency"
	case strings.Contains(f.Message, "no_decimal_compatible"):
		e.Code, e.Message = codeFraction, "Stripe does not take fractions in this currency"
	}
	if f.Param != "" {
		e.Message += " (" + f.Param + ")"
		if own, ok := ownFields[f.Param]; ok {
			e.Field = own
		}
	}
}

// ownFields are the inputs that Stripe's parameters are made from, where the two have one meaning in every action.
var ownFields = map[string]string{"customer": "customer", "invoice": "invoice", "currency": "currency", "days_until_due": "days_until_due"}

// missing says whether err is Stripe's answer that there is no such thing.
func missing(err error) bool {
	e, ok := errors.AsType[*connector.Error](err)
	return ok && e.Status == http.StatusNotFound
}
