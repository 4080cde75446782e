package stripe

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/tengi/tengi/connector"
)

// resources are what a key needs, each with how Stripe's list of permissions names it and what does not work without it. Customers come first:
// a key that cannot read those is no use for anything.
var resources = []struct{ path, permission, without string }{
	{"/v1/customers", "Customers", ""},
	{"/v1/invoices", "Invoices", "invoices"},
	{"/v1/invoiceitems", "Invoice items", "invoice items"},
	{"/v1/tax_rates", "Tax rates", "VAT on invoices"},
	{"/v1/credit_notes", "Credit notes", "taking back a paid invoice"},
	{"/v1/events", "Events", "fetching what no notice told of"},
	{"/v1/checkout/sessions", "Checkout sessions", "reading what was sold through Checkout"},
}

// check proves the key by reading one of everything it needs. Whether it may write is not known before the first time it does.
func check(ctx context.Context, c *connector.Client) (connector.Identity, error) {
	key := c.Secret("api_key")
	who := connector.Identity{Name: "Stripe"}
	for i, r := range resources {
		var ignored struct{}
		err := read(ctx, c, "a list", r.path, url.Values{"limit": {"1"}}, &ignored)
		switch {
		case err == nil:
		case i > 0 && connector.AsError(err).Status == http.StatusForbidden:
			who.Warnings = append(who.Warnings, "The key lacks the permission “"+r.permission+"”; without it this does not work: "+r.without+".")
		default:
			return connector.Identity{}, err
		}
	}
	if name := accountName(ctx, c, key); name != "" {
		who.Name = name
	}
	if isTest(key) {
		who.Name += " (test mode)"
		who.Warnings = append(who.Warnings, "This is a key of test mode: no money moves and Stripe mails nothing.")
	}
	if c.Secret("webhook_secret") == "" {
		who.Warnings = append(who.Warnings, "There is no signing secret, so payments are only seen when Stripe is asked on a schedule. Not needed for making invoices.")
	}
	return who, nil
}

// accountName is what the merchant's account is called. Restricted keys are not asked for it: they would need a permission that has nothing to do
// with all this (observed).
func accountName(ctx context.Context, c *connector.Client, key string) string {
	if !strings.HasPrefix(key, "sk_") {
		return ""
	}
	var account struct {
		Settings struct {
			Dashboard struct {
				Name string `json:"display_name"`
			} `json:"dashboard"`
		} `json:"settings"`
	}
	if err := read(ctx, c, "the account", "/v1/account", nil, &account); err != nil {
		return ""
	}
	return account.Settings.Dashboard.Name
}
