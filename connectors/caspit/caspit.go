// Package caspit is the connector for Caspit (https://www.caspit.biz, כספית בענן), the Israeli cloud bookkeeping: sales become tax invoices,
// invoice/receipts and receipts, mailed to the customer, and cancelled sales are credited.
//
// The key of a document is ours to choose, and Caspit refuses a second one once the first is closed: that is what keeps a repeat from making
// anything twice. A document is a draft at first and outside of the books. It is closed, which is final, only after what Caspit says it comes to
// has been compared with the sale. Where a rule comes from is said beside it: Caspit's own help (https://app.caspit.biz/ApiHelp, its questions
// and answers), "observed" for what was seen of the service in practice, or that it is not documented.
package caspit

import (
	"embed"
	"time"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/field"
)

//go:embed setup*.md locale/*.json icon.svg
var files embed.FS

// liveURL is where the service answers. There is no system for trying things out, only a public demo business.
const liveURL = "https://app.caspit.biz/api/v1"

// demoUser is the public demo login (https://app.caspit.biz/ApiHelp).
const demoUser = "demo"

// Connector describes Caspit.
func Connector() *connector.Connector {
	return &connector.Connector{
		Name:    "caspit",
		Title:   "Caspit",
		Summary: "Makes invoices, receipts and the like in Caspit for what was sold, mails them to the customer, and credits them when the sale is cancelled.",
		Auth: connector.Auth{
			Fields:  accountFields(),
			BaseURL: func(field.Values) string { return liveURL },
			Sign:    sign,
			Check:   check,
		},
		// Caspit states no limit; one piece of work at a time keeps two from touching the same card.
		Limits:  connector.Limits{Every: 500 * time.Millisecond, Burst: 4, InFlight: 1, Timeout: 30 * time.Second},
		Explain: explain,
		Actions: []connector.Action{
			documentAction("invoice.create", "Create an invoice", "Makes an invoice/receipt or a tax invoice, closes it and mails it to the customer.",
				tengi.Invoice, invoiceReceipt, taxInvoice),
			documentAction("receipt.create", "Create a receipt", "Makes a receipt for money received, closes it and mails it to the customer.",
				tengi.Receipt, receipt, donation),
			documentAction("proforma.create", "Create a pro-forma invoice", "Makes a request for payment that is not a tax document, closes it and mails it to the customer.",
				tengi.PaymentRequest, proforma),
			documentAction("delivery.create", "Create a delivery note", "Makes a delivery note, closes it and mails it to the customer.",
				tengi.Other, deliveryNote),
			documentAction("credit.create", "Create a credit invoice or refund note", "Credits a part of an earlier document, or records money paid back. Cancelled sales are credited without it.",
				tengi.CreditNote, creditInvoice, refundNote),
			contactAction(),
		},
		Files: files,
	}
}

// documentAction makes documents of one of some kinds, the first unless somebody chooses.
func documentAction(key, title, help string, makes tengi.DocumentKind, kinds ...kind) connector.Action {
	action := connector.Action{
		Key: key, Title: title, Help: help, Makes: makes, Input: documentFields(kinds), Do: createOf(makes, kinds), Refresh: refresh, TestMark: "comments",
		Recovery: "The document has a key of ours, and Caspit refuses a second one with it. When an answer is lost, the document is read by that key 15, 60, " +
			"150 and 300 seconds after the request; what is there is taken over. A closing that went unanswered is looked up in the same way. A mail that " +
			"went unanswered is not sent again: the document says that it may not have gone out.",
	}
	if kinds[0].lines {
		action.Total = total
	}
	if makes != tengi.CreditNote {
		action.Undo = undo
	}
	return action
}

func contactAction() connector.Action {
	return connector.Action{
		Key:   "contact.save",
		Title: "Save a customer card",
		Help:  "Makes a customer card in Caspit, or brings the one with the same key up to date.",
		Makes: tengi.CustomerRecord,
		Input: contactFields(),
		Do:    saveContact,
		Recovery: "The card has a key of ours. Caspit updates the card that has it and makes no second one, so the same request is simply sent again when " +
			"its answer is lost.",
	}
}

// accountFields are what a login at Caspit consists of.
func accountFields() field.Set {
	return field.Set{
		{Key: "user_name", Type: field.Text, Label: "User name", Required: true, Max: "200", Example: "fjord",
			Help: "The user name with which you sign in to Caspit; best one of its own for Tengi."},
		{Key: "password", Type: field.Text, Label: "Password", Required: true, Secret: true, Max: "200",
			Help: "The password of that user. It is kept sealed and never shown again."},
		{Key: "business_number", Type: field.Text, Label: "Business number", Pattern: `[0-9]{5,9}`, Example: "516179157",
			Help: "עוסק מורשה or ח.פ., digits only. It may be left out when the user has only one business."},
		{Key: "refund_note", Type: field.Bool, Label: "Refund note beside a credit", Advanced: true, Default: "false",
			Help: "When the invoice/receipt of a cancelled sale is credited, also make a refund note for the money. Ask your accountant whether you want it."},
	}
}
