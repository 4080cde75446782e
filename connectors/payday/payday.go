// Package payday is the connector for Payday (https://payday.is), the Icelandic bookkeeping and invoicing service: sales become invoices,
// cancelled sales are credited, invoices are marked as paid.
//
// Payday has no idempotency key, and it neither refuses a second invoice with the same reference nor promises to find one by it. So what was
// asked for is proved from its list of invoices, read whole and compared here. An issued invoice has a legal number in an unbroken series and
// can only be cancelled; its number is given by a job at Payday about a minute after the invoice was made. Where a rule here comes from is said
// beside it: Payday's API documentation (https://apidoc.payday.is), its help pages (https://hjalp.payday.is), Registers Iceland
// (https://www.skra.is), or "observed in practice", where they are silent.
package payday

import (
	"embed"
	"time"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/field"
)

//go:embed setup*.md locale/*.json icon.svg
var files embed.FS

// The two systems of Payday; they share nothing, and keys of one are refused by the other (https://apidoc.payday.is).
const (
	liveURL = "https://api.payday.is"
	testURL = "https://api.test.payday.is"
)

// Connector describes Payday.
func Connector() *connector.Connector {
	return &connector.Connector{
		Name:    "payday",
		Title:   "Payday",
		Summary: "Makes invoices in Payday for what was sold, credits them when the sale is cancelled, and marks them as paid.",
		Auth: connector.Auth{
			Fields:  accountFields(),
			BaseURL: baseURL,
			Sign:    sign,
			Check:   check,
		},
		// Payday states no limit. Two requests a second, one piece of work at a time, is what its own shop plugin stays below; the same
		// plugin waits 30 seconds for an answer.
		Limits:  connector.Limits{Every: 500 * time.Millisecond, Burst: 4, InFlight: 1, Timeout: 30 * time.Second},
		Explain: explain,
		Actions: []connector.Action{createAction(), payAction()},
		Files:   files,
	}
}

func createAction() connector.Action {
	return connector.Action{
		Key:      "invoice.create",
		Title:    "Create an invoice",
		Help:     "Finds or makes the customer and makes an invoice, issued, as a draft, or paid already when the sale is.",
		Makes:    tengi.Invoice,
		Input:    invoiceFields(),
		Total:    total,
		Do:       create,
		Undo:     undo,
		Refresh:  refresh,
		TestMark: "description",
		Recovery: "The invoice carries our reference. When the answer is lost, Payday's whole list of invoices is read and compared, at 15, 60, 150 and " +
			"300 seconds after the request; an invoice found is taken over, and only when none is there after the last look is the same request " +
			"sent once more. A second lost answer asks a person.",
	}
}

func payAction() connector.Action {
	return connector.Action{
		Key:   "invoice.pay",
		Title: "Mark an invoice as paid",
		Help:  "Records that an invoice made earlier has been paid. An invoice that is paid already is left as it is.",
		Makes: tengi.PaymentRecord,
		Input: paymentFields(),
		Do:    pay,
		Recovery: "The invoice is read before anything is sent. When the answer is lost, it is read again 15, 60 and 120 seconds later; only when it " +
			"is still unpaid then is the same request sent once more.",
	}
}

// accountFields are what a login at Payday consists of.
func accountFields() field.Set {
	return field.Set{
		{Key: "client_id", Type: field.Text, Label: "Client ID", Required: true, Max: "100", Example: "c0ffee00-1111-4222-8333-444455556666",
			Help: "In Payday: Stillingar → Fyrirtæki → Samþættingar → Bæta við."},
		{Key: "client_secret", Type: field.Text, Label: "Client secret", Required: true, Secret: true, Max: "200",
			Help: "Shown once, beside the client ID. It has access to everything of the one company it belongs to."},
		{Key: "environment", Type: field.Select, Label: "Environment", Default: "live",
			Help: "The test system is a sign-up of its own with keys of its own; Payday empties it now and then.",
			Options: []field.Option{
				{Value: "live", Label: "Live (app.payday.is)"},
				{Value: "test", Label: "Test (app.test.payday.is)"},
			}},
	}
}

func baseURL(settings field.Values) string {
	if settings.Text("environment") == "test" {
		return testURL
	}
	return liveURL
}
