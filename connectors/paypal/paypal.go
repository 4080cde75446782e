// Package paypal is the connector for PayPal (https://www.paypal.com): payments received, refunded or taken back, from either kind of notice that
// PayPal sends. Instant Payment Notifications (IPN) tell of every payment of an account, whatever button or shop took it; the webhooks of a REST
// app tell of that app's payments only. Both give the same events, so an account may have both at once.
//
// A notice is stored from its bytes and proves nothing. Load asks PayPal whether it sent it, checks whom it was paid to, and only then stores what
// it means as an event of the payment: payment/TRANSACTION, so that a refund finds the payment it belongs to. Where a rule comes from is said beside
// it: PayPal's documentation (https://developer.paypal.com), or "observed in practice" where that is silent.
package paypal

import (
	"embed"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/field"
)

//go:embed setup*.md locale/*.json icon.svg samples/*.json
var files embed.FS

// The types of the events this connector reports. A notice is one of the first two until PayPal has confirmed it.
const (
	typeNotice        = "payment.notice"
	typeDisputeNotice = "dispute.notice"

	typeCompleted = "payment.completed"
	typePending   = "payment.pending"
	typeFailed    = "payment.failed"
	typeRefunded  = "payment.refunded" // in part or whole: the sale says which

	typeOpened   = "dispute.opened"
	typeUpdated  = "dispute.updated"
	typeResolved = "dispute.resolved"
	typeTaken    = "dispute.taken"    // PayPal took the money back
	typeReturned = "dispute.returned" // and gave it back again
)

// What the setting for refunds may say.
const (
	refundsAsk    = "ask"
	refundsWhole  = "whole"
	refundsIgnore = "ignore"
)

// Connector describes PayPal.
func Connector() *connector.Connector {
	return &connector.Connector{
		Name:    "paypal",
		Title:   "PayPal",
		Summary: "Reports payments received through PayPal with their lines, fee and buyer, and tells of refunds and disputes.",
		Auth:    connector.Auth{Fields: accountFields(), BaseURL: baseURL, Sign: sign, Check: check},
		Limits:  connector.Limits{Every: 100 * time.Millisecond, Burst: 10, InFlight: 4, Timeout: 30 * time.Second},
		Receive: receive,
		// Anything but an empty 200 makes PayPal send the message again (https://developer.paypal.com/api/nvp-soap/ipn/IPNImplementation/).
		Answer: func(*connector.Inbound, []tengi.Event) *connector.Reply {
			return &connector.Reply{Status: http.StatusOK}
		},
		Load:    load,
		Explain: explain,
		Triggers: []connector.Trigger{
			{Key: "payment", Title: "Payment received, pending or refunded", Types: []string{"payment.*"}, Sale: true, Output: paymentFields()},
			{Key: "dispute", Title: "Dispute or chargeback", Types: []string{"dispute.*"}, Output: disputeFields()},
		},
		Files: files,
	}
}

// accountFields are what an account at PayPal is known by. The merchant ID does for IPN; the rest of the login belongs to a REST app.
func accountFields() field.Set {
	return field.Set{
		{Key: "merchant_id", Type: field.Text, Label: "Merchant ID", Required: true, Pattern: `\s*[A-Za-z0-9]{13}\s*`, Example: "R6PZK3M8WQ2VC",
			Help: "13 letters and digits. In PayPal: Account Settings → Business information. Only payments to this account are taken."},
		{Key: "emails", Type: field.Text, Label: "E-mail addresses of the PayPal account", Max: "500", Example: "pay@fjordur.example",
			Help: "For the few messages that name no merchant ID. Several are divided by commas."},
		{Key: "environment", Type: field.Select, Label: "Environment", Default: "live",
			Help: "Messages of the sandbox are never taken for real money, nor the other way round.",
			Options: []field.Option{
				{Value: "live", Label: "Live (paypal.com)"},
				{Value: "sandbox", Label: "Sandbox (sandbox.paypal.com)"},
			}},
		{Key: "vat_rate", Type: field.VAT, Label: "VAT in your prices, per cent", Required: true, Example: "18",
			Help: "PayPal knows only what was paid, and not how much of it is VAT. Write 0 if you charge none."},
		{Key: "vat_abroad", Type: field.VAT, Label: "VAT for buyers in other countries, per cent", Advanced: true, Example: "0",
			Help: "Leave empty to charge everybody the same. The country is that of the buyer's address, or else of the buyer's PayPal account."},
		{Key: "refunds", Type: field.Select, Label: "Refunds", Default: refundsAsk,
			Help: "A message of a refund does not say how large the payment was. With client ID and secret below, Tengi looks that up and this counts only where PayPal does not show the payment.",
			Options: []field.Option{
				{Value: refundsAsk, Label: "Ask what to do"},
				{Value: refundsWhole, Label: "We always refund the whole payment: cancel the sale"},
				{Value: refundsIgnore, Label: "Leave alone"},
			}},
		{Key: "client_id", Type: field.Text, Label: "Client ID of a REST app", Max: "200",
			Help: "For webhooks, and for refunds in part. In PayPal's developer dashboard: Apps & Credentials. Not needed for IPN alone."},
		{Key: "client_secret", Type: field.Text, Label: "Client secret", Secret: true, Max: "200", Help: "Shown beside the client ID."},
		{Key: "webhook_id", Type: field.Text, Label: "Webhook ID", Pattern: `\s*[A-Za-z0-9]{1,50}\s*`, Example: "9XL90610J3647323C",
			Help: "Shown in the REST app once the webhook is saved. Without it no webhook can be verified."},
		{Key: "charset", Type: field.Text, Label: "Encoding when PayPal names none", Advanced: true, Max: "40", Example: "windows-1255",
			Help: "Leave empty: windows-1255 for a business in Israel, windows-1252 elsewhere."},
	}
}

// The addresses of PayPal (https://developer.paypal.com/api/rest/requests/ and, for the postback of IPN,
// https://developer.paypal.com/api/nvp-soap/ipn/IPNImplementation/).
const (
	liveAPI      = "https://api-m.paypal.com"
	sandboxAPI   = "https://api-m.sandbox.paypal.com"
	livePostback = "https://ipnpb.paypal.com"
	testPostback = "https://ipnpb.sandbox.paypal.com"
	postbackPath = "/cgi-bin/webscr"
	tokenPath    = "/v1/oauth2/token"
)

func isSandbox(settings field.Values) bool { return settings.Text("environment") == "sandbox" }

// baseURL is the address of the REST API. Which it is comes from the settings and from nothing a message says: anybody can make the sandbox
// confirm messages.
func baseURL(settings field.Values) string {
	if isSandbox(settings) {
		return sandboxAPI
	}
	return liveAPI
}

// postbackURL is where an IPN is sent back to be confirmed.
func postbackURL(settings field.Values) string {
	switch {
	case settings.Text("base_url") != "":
		return postbackPath // below the address the account names, as all else
	case isSandbox(settings):
		return testPostback + postbackPath
	}
	return livePostback + postbackPath
}

// explain says what an unsuccessful answer of PayPal's means. REST answers {"name", "message", "details"}, the login {"error", "error_description"}
// (https://developer.paypal.com/api/rest/responses/).
func explain(req *connector.Request, resp *connector.Response, e *connector.Error) {
	var said struct {
		Name        string `json:"name"`
		Message     string `json:"message"`
		Error       string `json:"error"`
		Description string `json:"error_description"`
	}
	// From Detail, which is masked and capped already; a longer answer stays as it is.
	if json.Unmarshal([]byte(e.Detail), &said) == nil {
		if words := strings.TrimSpace(said.Name + said.Error + ": " + said.Message + said.Description); words != ":" {
			e.Detail = words
		}
	}
	switch {
	case strings.HasSuffix(req.Path, postbackPath):
		// No status but 200 says anything about the message: it is neither genuine nor forged, and is asked about again.
		e.Kind, e.Code, e.Message = connector.Temporary, connector.CodeUnavailable, "PayPal does not say now whether the message is genuine"
	case resp.Status == http.StatusUnauthorized:
		e.Message = "PayPal refused client ID and secret: copy both again, from the list that belongs to the environment (live or sandbox)"
	case resp.Status == http.StatusForbidden:
		e.Code, e.Message = "no_permission", "PayPal does not let this REST app do that: look at the app's features in the developer dashboard"
		if strings.HasPrefix(req.Path, "/v2/") || strings.HasPrefix(req.Path, "/v1/payments/") || strings.HasPrefix(req.Path, "/v1/billing/") {
			e.Kind = connector.Permanent // somebody else's payment, which must not stop the account
		}
	case resp.Status == http.StatusNotFound:
		e.Code, e.Message = "not_found", "PayPal does not know this, or does not show it to this REST app"
	case resp.Status == http.StatusTooManyRequests:
		e.Message = "PayPal asks to slow down"
	}
}
