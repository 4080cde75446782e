// Package bokun is the connector for Bókun (https://www.bokun.io), the booking system of tour operators: bookings confirmed, changed and
// cancelled become sales.
//
// A notice is only a hint that a booking changed. What was sold is always read again over REST: the booking itself from v1, its money from the
// v2 invoices. Where a rule here comes from is said beside it: Bókun's public documentation (https://bokun.dev and
// https://api-docs.bokun.dev/rest-v2.yaml), or "observed in practice", where the documentation is silent.
package bokun

import (
	"embed"
	"encoding/json"
	"net/http"
	"time"

	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/field"
)

//go:embed setup*.md locale/*.json icon.svg samples/*.json
var files embed.FS

// The types of the events this connector reports.
const (
	typeChanged   = "booking.changed" // until the booking was read
	typeConfirmed = "booking.confirmed"
	typeCancelled = "booking.cancelled"
	typePending   = "booking.pending"
	typeRemoved   = "app.uninstalled"
)

// Connector describes Bókun.
func Connector() *connector.Connector {
	return &connector.Connector{
		Name:    "bokun",
		Title:   "Bókun",
		Summary: "Reports bookings that are confirmed, changed or cancelled in Bókun, with their lines, VAT and payer.",
		Auth: connector.Auth{
			Fields:  accountFields(),
			BaseURL: baseURL,
			Sign:    sign,
			Check:   check,
			Doubts:  []string{typeRemoved},
		},
		// 400 requests a minute for each vendor are spoken of by operators, not by the documentation; this stays well below.
		Limits:  connector.Limits{Every: 250 * time.Millisecond, Burst: 4, InFlight: 4, Timeout: 20 * time.Second},
		Receive: receive,
		Load:    load,
		Explain: explain,
		Triggers: []connector.Trigger{{
			Key:      "booking",
			Title:    "Booking confirmed, changed or cancelled",
			Types:    []string{"booking.*"},
			Sale:     true,
			Options:  sourceFields(),
			Output:   outputFields(),
			Anew:     []string{"since"},
			Poll:     poll,
			Backfill: backfill,
			Sample:   sample,
		}},
		Files: files,
	}
}

// accountFields are what a login at Bókun consists of.
func accountFields() field.Set {
	return field.Set{
		{Key: "access_key", Type: field.Text, Label: "Access key", Required: true, Max: "100", Pattern: `[A-Za-z0-9-]+`,
			Help: "In Bókun: Settings → API keys. The key belongs to a booking channel and needs permission to read bookings.", Example: "de235a6a15c340b6b1e1cb5f3687d04a"},
		{Key: "secret_key", Type: field.Text, Label: "Secret key", Required: true, Secret: true, Max: "200",
			Help: "Shown beside the access key in Bókun."},
		{Key: "environment", Type: field.Select, Label: "Environment", Default: "live",
			Help: "The test system has keys of its own.",
			Options: []field.Option{
				{Value: "live", Label: "Live (api.bokun.io)"},
				{Value: "test", Label: "Test (api.bokuntest.com)"},
			}},
		{Key: "vendor_id", Type: field.Int, Label: "Our vendor number", Min: "1", Advanced: true,
			Help: "Only when other companies sell your tours: your own number at Bókun. It tells bookings sold by a reseller from your own."},
		{Key: "app_secret", Type: field.Text, Label: "App secret", Secret: true, Advanced: true, Max: "200",
			Help: "Only when the notices come from an app of the Bókun partner dashboard: the app's API secret, with which they are signed."},
		{Key: "require_signature", Type: field.Bool, Label: "Take only signed notices", Default: "false", Advanced: true,
			Help: "Refuses notices without a signature. Leave off for the webhooks of Bókun's own settings: those are never signed."},
	}
}

// explain reads what Bókun says about a refusal: v1 answers {"message", "fields"}, {"errorCode", "errorDescription"} or {"error"}, sometimes
// not JSON at all; v2 answers {"error"} (https://api-docs.bokun.dev/rest-v2.yaml and observed in practice).
func explain(_ *connector.Request, resp *connector.Response, e *connector.Error) {
	var said struct {
		Message     text `json:"message"`
		Description text `json:"errorDescription"`
		Error       text `json:"error"`
		Code        text `json:"errorCode"`
	}
	// From Detail, which is masked and capped already; a longer answer stays as it is.
	if json.Unmarshal([]byte(e.Detail), &said) == nil {
		for _, words := range []text{said.Message, said.Description, said.Error, said.Code} {
			if words != "" {
				e.Detail = string(words)
				break
			}
		}
	}
	switch resp.Status {
	case http.StatusUnauthorized:
		e.Message = "Bókun refused the login: check access key, secret key and environment"
	case http.StatusForbidden:
		e.Code, e.Message = "no_permission", "Bókun does not let this key do that: give it permission to read bookings under Settings → API keys, or check access key and secret key"
	case http.StatusNotFound:
		e.Code, e.Message = "not_found", "Bókun does not know this, or does not show it to this key"
	case http.StatusTooManyRequests:
		e.Message = "Bókun asks to slow down"
	case http.StatusBadRequest:
		e.Message = "Bókun did not understand the request"
	}
}
