package paypal

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/tengi/tengi/connector"
)

// wanted are the webhook's events without which something would go unnoticed.
var wanted = []string{
	"PAYMENT.CAPTURE.COMPLETED", "PAYMENT.CAPTURE.REFUNDED", "PAYMENT.CAPTURE.REVERSED", "CUSTOMER.DISPUTE.CREATED",
}

// check proves what can be proved. A merchant ID cannot: PayPal says whose it is only with a payment. Without a REST app it is seen to that PayPal
// confirms messages to this machine at all; with one its login is tried and its webhook looked at.
func check(ctx context.Context, c *connector.Client) (connector.Identity, error) {
	who := connector.Identity{Name: strings.ToUpper(strings.TrimSpace(c.Settings.Text("merchant_id")))}
	if isSandbox(c.Settings) {
		who.Name += " (sandbox)"
	}
	id, secret := strings.TrimSpace(c.Settings.Text("client_id")), strings.TrimSpace(c.Secret("client_secret"))
	webhook := strings.TrimSpace(c.Settings.Text("webhook_id"))
	switch {
	case (id == "") != (secret == ""), id == "" && webhook != "":
		return connector.Identity{}, &connector.Error{Kind: connector.Attention, Code: "incomplete",
			Message: "client ID, client secret and webhook ID belong together: enter all three, or none of them for IPN alone"}
	case id != "" && webhook == "":
		if err := tryLogin(ctx, c); err != nil {
			return connector.Identity{}, err
		}
		who.Warnings = append(who.Warnings, "Without the webhook ID no webhook is taken. For IPN alone that is as it should be.")
	case id != "":
		warnings, err := checkWebhook(ctx, c, webhook)
		if err != nil {
			return connector.Identity{}, err
		}
		who.Warnings = warnings
	}
	if _, err := askPostback(ctx, c, nil); err != nil {
		return connector.Identity{}, err
	}
	return who, nil
}

// tryLogin reads the list of webhooks, which every REST app may.
func tryLogin(ctx context.Context, c *connector.Client) error {
	if _, err := c.Read(ctx, connector.Request{Path: "/v1/notifications/webhooks"}); err != nil {
		return fmt.Errorf("read the webhooks of the REST app: %w", err)
	}
	return nil
}

// checkWebhook looks whether the webhook is there, leads here, and reports what it should
// (https://developer.paypal.com/docs/api/webhooks/v1/#webhooks_get).
func checkWebhook(ctx context.Context, c *connector.Client, id string) ([]string, error) {
	var hook struct {
		URL   string `json:"url"`
		Types []struct {
			Name string `json:"name"`
		} `json:"event_types"`
	}
	err := c.Get(ctx, "/v1/notifications/webhooks/"+url.PathEscape(id), nil, &hook)
	if missing(err) {
		return nil, &connector.Error{Kind: connector.Attention, Code: "webhook_missing", Err: err,
			Message: "this REST app has no webhook with that ID: copy the ID from the app's page in the developer dashboard, in the same environment"}
	}
	if err != nil {
		return nil, fmt.Errorf("read the webhook: %w", err)
	}
	var warnings []string
	if token := c.Account.HookToken; token != "" && !strings.Contains(hook.URL, token) {
		warnings = append(warnings, "The webhook with this ID leads to another address than this account's. Paste the account's address into it in PayPal.")
	}
	var lacking []string
	for _, name := range wanted {
		if !slices.ContainsFunc(hook.Types, func(t struct {
			Name string `json:"name"`
		}) bool {
			return t.Name == name || t.Name == "*"
		}) {
			lacking = append(lacking, name)
		}
	}
	if len(lacking) > 0 {
		warnings = append(warnings, "The webhook does not report everything. Tick these events in PayPal: "+strings.Join(lacking, ", ")+".")
	}
	return warnings, nil
}
