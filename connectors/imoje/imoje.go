// Package imoje is the connector for imoje, since 2026 ING Pay (https://www.imoje.pl), payments of ING Bank Śląski in Poland: BLIK, transfers, cards, pay
// later. A sale becomes a payment link or a signed page, its payment is followed by signed notices, and money is given back.
//
// Where a rule comes from is said beside it: imoje's documentation of REST and of the payment page, or "observed", where that is silent.
package imoje

import (
	"context"
	"embed"
	"net/http"
	"time"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/field"
)

//go:embed setup*.md locale/*.json icon.svg samples/*.json
var files embed.FS

// Connector describes imoje.
func Connector() *connector.Connector {
	return &connector.Connector{
		Name:    "imoje",
		Title:   "imoje",
		Summary: "Asks customers to pay by BLIK, transfer, card or later, follows their payments, and gives money back.",
		Auth:    connector.Auth{Fields: accountFields(), BaseURL: baseURL, Sign: sign, Check: check},
		// No limits are published. The documentation asks for a timeout of 30 s, and for five seconds between refunds of one payment.
		Limits:  connector.Limits{Every: 200 * time.Millisecond, Burst: 5, InFlight: 4, Timeout: 30 * time.Second},
		Explain: explain,
		Receive: receive,
		Answer:  acknowledge,
		Triggers: []connector.Trigger{{
			Key: "payment", Title: "Payment changed", Types: []string{typePrefix + "*"}, Output: noticeFields(),
		}},
		Actions: []connector.Action{
			{
				Key: "payment.request", Title: "Request a payment", Makes: tengi.PaymentRequest,
				Help:  "Makes a link under which the customer pays. Send it with the step after this one.",
				Input: linkFields(), Total: linkTotal, Do: requestPayment, Undo: cancelLink, Refresh: readLink, TestMark: "title",
				Recovery: "imoje cannot look up a link by our number, and would make a second one for it. A link whose answer was lost is known to nobody, so nobody can pay " +
					"by it: the same request is sent again, and only the link whose answer is stored is ever handed on. The lost one ends by itself when its time is over.",
			},
			{
				Key: "payment.refund", Title: "Refund a payment", Makes: tengi.CreditNote,
				Help:  "Gives money of a settled payment back, all or part of it.",
				Input: refundFields(), Total: refundTotal, Do: refund, Refresh: readRefund,
				Recovery: "The refund carries our reference in its title. When the answer is lost, the payment's refunds are read 30, 120 and 300 seconds after the request; only when ours " +
					"is not among them is the same request sent once more. A second lost answer asks a person.",
			},
		},
		Files: files,
	}
}

// accountFields are what a login consists of: the four values that a shop's owner sees at imoje, and where they belong.
func accountFields() field.Set {
	return field.Set{
		{Key: "environment", Type: field.Select, Label: "Environment", Default: "live", Help: "The sandbox has keys of its own.",
			Options: []field.Option{{Value: "live", Label: "Live"}, {Value: "sandbox", Label: "Sandbox"}}},
		{Key: "hosts", Type: field.Select, Label: "Addresses", Default: "new", Advanced: true, Help: "imoje became ING Pay in 2026 and has two sets of addresses.",
			Options: []field.Option{{Value: "new", Label: "ING Pay (pay.ing.pl)"}, {Value: "legacy", Label: "imoje (imoje.pl)"}}},
		{Key: "merchant_id", Type: field.Text, Label: "Merchant ID", Required: true, Pattern: "[a-zA-Z0-9]{1,40}", Example: "tengitestmerchant001"},
		{Key: "service_id", Type: field.Text, Label: "Shop ID", Required: true, Pattern: "[0-9a-fA-F-]{36}", Example: "11111111-2222-4333-8444-555555555555"},
		{Key: "token", Type: field.Text, Label: "Authorisation token", Required: true, Secret: true, Max: "500"},
		{Key: "service_key", Type: field.Text, Label: "Shop key", Required: true, Secret: true, Min: "8", Max: "100", Help: "Notices are verified with it. It never leaves this hub."},
	}
}

// hosts are the addresses of the interface and of the payment page. Note the word order of the sandbox, which differs.
func hosts(settings field.Values) (api, paywall string) {
	switch sandbox, legacy := settings.Text("environment") == "sandbox", settings.Text("hosts") == "legacy"; {
	case sandbox && legacy:
		return "https://sandbox.api.imoje.pl/v1", "https://sandbox.paywall.imoje.pl/payment"
	case legacy:
		return "https://api.imoje.pl/v1", "https://paywall.imoje.pl/payment"
	case sandbox:
		return "https://api.sandbox.pay.ing.pl/v1", "https://paywall.sandbox.pay.ing.pl/payment"
	default:
		return "https://api.pay.ing.pl/v1", "https://paywall.pay.ing.pl/payment"
	}
}

func baseURL(settings field.Values) string {
	api, _ := hosts(settings)
	return api
}

func sign(_ context.Context, c *connector.Client, r *http.Request) error {
	r.Header.Set("Authorization", "Bearer "+c.Secret("token"))
	return nil
}

// merchant is the path below which everything of the merchant stands.
func merchant(c *connector.Client) string { return "/merchant/" + c.Settings.Text("merchant_id") }

// check reads the shop. That proves the token and the ids; the shop key proves itself only by the first signed notice.
func check(ctx context.Context, c *connector.Client) (connector.Identity, error) {
	var answer struct {
		Service struct {
			IsActive bool `json:"isActive"`
			Methods  []struct {
				Method   string `json:"paymentMethod"`
				IsActive bool   `json:"isActive"`
			} `json:"paymentMethods"`
		} `json:"service"`
	}
	if err := c.Get(ctx, merchant(c)+"/service/"+c.Settings.Text("service_id"), nil, &answer); err != nil {
		return connector.Identity{}, err
	}
	if !answer.Service.IsActive {
		return connector.Identity{}, &connector.Error{Kind: connector.Attention, Code: "shop_inactive", Message: "the shop is not active at imoje: activate it in imoje's panel, or write to imoje"}
	}
	who := connector.Identity{Name: c.Settings.Text("merchant_id")}
	if c.Settings.Text("environment") == "sandbox" {
		who.Warnings = append(who.Warnings, "This is the sandbox: nobody's money moves.")
	}
	usable := false
	for _, m := range answer.Service.Methods {
		usable = usable || m.IsActive
	}
	if !usable {
		who.Warnings = append(who.Warnings, "No way of paying is active in this shop.")
	}
	return who, nil
}

// explain says better than the status what a refusal means. imoje tells a wrong login and an address that is not on the shop's list alike.
func explain(_ *connector.Request, resp *connector.Response, e *connector.Error) {
	switch resp.Status {
	case http.StatusUnauthorized, http.StatusForbidden:
		e.Message = "imoje refuses the login: compare merchant ID, token and environment; and if trusted addresses are set in imoje's panel, this hub's must be among them"
	case http.StatusNotFound:
		e.Code, e.Message = "not_found", "imoje does not know that: compare the shop ID and the environment"
	case http.StatusUnprocessableEntity, http.StatusBadRequest:
		e.Code, e.Message = "values", "imoje refuses a value; its own words stand with the attempt"
	}
}
