// Package http is the connector for any service that takes HTTP requests: a request of the user's own making, with what happens to a lost answer
// said beside it. It imports net/http under the same name; only the list of connectors imports this package.
package http

import (
	"context"
	"embed"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/field"
)

//go:embed setup*.md locale/*.json icon.svg
var files embed.FS

// Connector describes the generic request.
func Connector() *connector.Connector {
	return &connector.Connector{
		Name:    "http",
		Title:   "HTTP request",
		Summary: "Sends a request of your own making to any service that takes JSON, a form or text.",
		Auth: connector.Auth{
			Fields:  accountFields(),
			BaseURL: func(settings field.Values) string { return settings.Text("url") },
			Sign:    sign,
			Check:   check,
		},
		Limits:  connector.Limits{Timeout: 30 * time.Second},
		Explain: explain,
		Actions: []connector.Action{{
			Key:   "request",
			Title: "Send a request",
			Help:  "Sends one request and keeps what the answer says: id, number, link, status and amount, wherever they stand in it.",
			Makes: tengi.Other,
			Input: requestFields(),
			Do:    do,
			Recovery: "As the action says: the same request again under the same idempotency key, or a look-up by our reference after a settle time, or the same " +
				"request again because it only sets a state, or a person is asked. Nothing is sent again before one of these has been gone through.",
		}},
		Files: files,
	}
}

// The ways of signing in.
const (
	authNone   = "none"
	authBearer = "bearer"
	authBasic  = "basic"
	authHeader = "header"
	authQuery  = "query"
)

// accountFields are what a login at any service may consist of.
func accountFields() field.Set {
	only := func(kinds ...string) *field.Condition { return &field.Condition{Key: "auth", Values: kinds} }
	return field.Set{
		{Key: "url", Type: field.URL, Label: "Address", Example: "https://api.example.com/v1",
			Help: "Requests go below this address. It may be empty when there is no login; then every action names a whole address."},
		{Key: "auth", Type: field.Select, Label: "Login", Default: authNone, Options: []field.Option{
			{Value: authNone, Label: "None"}, {Value: authBearer, Label: "Token (Bearer)"}, {Value: authBasic, Label: "User name and password (Basic)"},
			{Value: authHeader, Label: "Key in a header"}, {Value: authQuery, Label: "Key in the address"},
		}},
		{Key: "username", Type: field.Text, Label: "User name", Required: true, DependsOn: only(authBasic), Max: "200", Pattern: "[^:]+"},
		{Key: "auth_name", Type: field.Text, Label: "Name of the header or parameter", Required: true, Default: "X-Api-Key", DependsOn: only(authHeader, authQuery),
			Pattern: "[A-Za-z0-9_.~-]+", Max: "100", Example: "X-Api-Key"},
		{Key: "secret", Type: field.Text, Label: "Token, password or key", Required: true, Secret: true, DependsOn: only(authBearer, authBasic, authHeader, authQuery), Max: "4000"},
		{Key: "check_path", Type: field.Text, Label: "Path to check the login with", Advanced: true, Pattern: "/.*", Max: "500", Example: "/me",
			Help: "A GET to it must succeed when the login is right and change nothing. Empty: the login shows itself with the first request."},
	}
}

// address is where requests of the account go to, without a slash at its end; empty when every action names a whole address.
func address(settings field.Values) string {
	base := settings.Text("base_url")
	if base == "" {
		base = settings.Text("url")
	}
	return strings.TrimRight(base, "/")
}

// sign puts the login onto a request. It goes nowhere but to the account's own address.
func sign(_ context.Context, c *connector.Client, r *http.Request) error {
	kind := c.Settings.Text("auth")
	if kind == authNone {
		return nil
	}
	home, err := url.Parse(address(c.Settings))
	if err != nil || home.Host == "" {
		return &connector.Error{Kind: connector.Attention, Code: "no_address", Message: "the account has a login and no address; give the address that the login belongs to"}
	}
	if !strings.EqualFold(home.Scheme, r.URL.Scheme) || !strings.EqualFold(home.Host, r.URL.Host) {
		return connector.Refusal("other_address", "url", "the login belongs to "+home.Host+" and is not sent to "+r.URL.Host+"; use an account without a login, or one for that address")
	}
	secret := c.Secret("secret")
	switch kind {
	case authBearer:
		r.Header.Set("Authorization", "Bearer "+secret)
	case authBasic:
		r.SetBasicAuth(c.Settings.Text("username"), secret)
	case authHeader:
		r.Header.Set(c.Settings.Text("auth_name"), secret)
	case authQuery:
		query := r.URL.Query()
		query.Set(c.Settings.Text("auth_name"), secret)
		r.URL.RawQuery = query.Encode()
	}
	return nil
}

// check asks what the account says it may be asked.
func check(ctx context.Context, c *connector.Client) (connector.Identity, error) {
	identity := connector.Identity{Name: "HTTP"}
	if home, err := url.Parse(address(c.Settings)); err == nil && home.Host != "" {
		identity.Name = home.Host
	}
	path := c.Settings.Text("check_path")
	if path == "" {
		identity.Warnings = []string{"The login cannot be checked: the account names no path to check it with."}
		return identity, nil
	}
	if address(c.Settings) == "" {
		return connector.Identity{}, &connector.Error{Kind: connector.Attention, Code: "no_address", Message: "the account names a path to check and no address"}
	}
	_, err := c.Read(ctx, connector.Request{Path: path})
	return identity, err
}
