package caspit

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/tengi/tengi/connector"
)

// Codes of errors that are Caspit's own.
const (
	codeLicence  = "licence"           // a licence or a module is missing or has ended
	codeToken    = "token_expired"     // the login's token is no longer good
	codeExists   = "document_exists"   // a closed document has this key already
	codeNotFound = "not_found"         // Caspit has nothing of this key
	codeGone     = "document_gone"     // a document made earlier is there no more
	codeInUse    = "key_in_use"        // our key belongs to a document of another kind
	codeTotals   = "totals_differ"     // the draft does not come to what was sold
	codeEdited   = "document_edited"   // somebody changed the document by hand
	codeState    = "document_state"    // it is in a state that does not allow this
	codeOpen     = "close_unconfirmed" // the closing was accepted and does not show yet
	codeCurrency = "currency"          // a currency Caspit has no symbol for
	codeRate     = "exchange_rate"     // a foreign currency without a rate
	codeVATRate  = "vat_rate"          // not the rate of the date
	codeFraction = "fraction"          // more decimals than the currency has
	codeUnpaid   = "not_paid"          // payments do not come to the total
	codeOldDate  = "old_date"          // a payment of a month that may be closed
	codePayment  = "payment_type"      // not one of Caspit's kinds of payment
	codeKey      = "key"               // no key for a customer card can be made
	codeMail     = "mail_refused"      // the document is made, its mail was refused
)

// openWait is how soon to look again whether a document is closed.
const openWait = 15 * time.Second

// What Caspit's messages say, in either language. Only a closed document that exists is observed word for word; the others are not documented,
// and what is not recognised stays an ordinary refusal.
var (
	saysExists  = []string{"exists in caspit", "הודפס"}
	saysMissing = []string{"not found", "does not exist", "לא נמצא", "לא קיים"}
	saysToken   = []string{"token", "אסימון"}
	saysLicence = []string{"license", "licence", "module", "not active", "inactive", "cannot create new documents", "רישיון", "רשיון", "מודול", "לא פעיל", "הרשאה"}
)

// said is what an error answer says: a JSON text, an object with a message, or plain text.
func said(body string) string {
	body = strings.TrimSpace(body)
	var text string
	if json.Unmarshal([]byte(body), &text) == nil {
		return text
	}
	var object struct {
		Message   words `json:"Message"`
		Exception words `json:"ExceptionMessage"`
	}
	if json.Unmarshal([]byte(body), &object) != nil {
		return body
	}
	if text = strings.TrimSpace(string(object.Message) + " " + string(object.Exception)); text != "" {
		return text
	}
	return body
}

func says(text string, phrases []string) bool {
	text = strings.ToLower(text)
	for _, phrase := range phrases {
		if strings.Contains(text, phrase) {
			return true
		}
	}
	return false
}

// explain says better what a refusal means.
func explain(req *connector.Request, resp *connector.Response, e *connector.Error) {
	e.Detail = said(e.Detail)
	read := req.Method == "" || req.Method == http.MethodGet
	switch {
	case read && resp.Status >= 400 && resp.Status != http.StatusUnauthorized && says(e.Detail, saysMissing):
		// "Not found" is documented as an exception and was seen with 404 and with 400.
		e.Kind, e.Code, e.Message = connector.Permanent, codeNotFound, "Caspit does not know this"
	case resp.Status >= 500, resp.Status == http.StatusTooManyRequests:
	case says(e.Detail, saysLicence):
		e.Kind, e.Code = connector.Attention, codeLicence
		e.Message = "Caspit says that a licence, a module or a permission is missing: look in Caspit under Maintenance > Business details > Modules, then check the account here"
	case req.Path == tokenPath && e.Kind != connector.Temporary:
		e.Kind, e.Code = connector.Attention, connector.CodeLogin
		e.Message = "Caspit refused the login: check user name, password and business number"
	case resp.Status == http.StatusUnauthorized:
		e.Message = "Caspit refused the login twice: check user name and password"
	case resp.Status == http.StatusForbidden:
		e.Code, e.Message = codeLicence, "Caspit does not allow this to the user: check the user's permissions and the modules of the business in Caspit"
	case e.Kind != connector.Permanent:
	case resp.Status == http.StatusBadRequest && says(e.Detail, saysToken):
		// It did nothing; a new token is asked for at the latest when this one has reached half its life.
		e.Kind, e.Code, e.RetryAfter = connector.Temporary, codeToken, max(e.RetryAfter, tokenLife/2)
		e.Message = "Caspit no longer takes the login's token; a new one is asked for"
	case says(e.Detail, saysExists):
		e.Code, e.Message = codeExists, "Caspit has a closed document with this key already"
	case resp.Status == http.StatusNotFound:
		e.Code, e.Message = codeNotFound, "Caspit does not know this"
	default:
		e.Message = "Caspit refused the request"
	}
}

// notFound says whether err is the service's answer to a look-up that there is no such thing. A plain 400 to a read by key means that too.
func notFound(err error) bool {
	e, ok := errors.AsType[*connector.Error](err)
	return ok && e.Kind == connector.Permanent && (e.Code == codeNotFound || e.Status == http.StatusNotFound || e.Status == http.StatusBadRequest)
}

// hasCode says whether err is a connector's error of that code.
func hasCode(err error, code string) bool {
	e, ok := errors.AsType[*connector.Error](err)
	return ok && e.Code == code
}
