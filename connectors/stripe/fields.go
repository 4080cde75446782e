package stripe

import "github.com/tengi/tengi/field"

// The choices of invoice.create.
const (
	finishSend  = "send"
	finishIssue = "issue"
	finishDraft = "draft"

	taxFind = "find"
	taxNone = "none"

	paidMark   = "mark"
	paidIgnore = "ignore"

	pendingNone = "none"
	pendingOurs = "ours"
	pendingAll  = "all"
)

// invoiceInput is the input of invoice.create. The defaults take everything from the sale.
func invoiceInput() field.Set {
	set := field.Set{{Key: "customer", Type: field.Text, Label: "Customer", Pattern: customerID, Advanced: true, Example: "cus_NffrFeUfNV2Hib",
		Help: "Stripe's id of the customer, when an earlier step found or made them: {{ steps.customer.id }}. Empty = by the e-mail below."}}
	set = append(set, customerFields("customer_")...)
	set = append(set, documentFields()...)
	return append(set, linesFields()...)
}

func documentFields() field.Set {
	return field.Set{
		{Key: "description", Type: field.LongText, Label: "Text on the invoice", Max: "500", Default: "{{ sale.reference }}"},
		{Key: "currency", Type: field.Currency, Label: "Currency", Required: true, Default: "{{ sale.currency }}"},
		{Key: "days_until_due", Type: field.Int, Label: "Days until due", Required: true, Min: "0", Max: "365", Default: "14"},
		{Key: "finish", Type: field.Select, Label: "Send, issue or draft", Required: true, Default: finishSend,
			Help: "A finalised invoice has a number and can only be voided or credited. Begin with drafts: look at them in Stripe, and delete what is wrong there. " +
				"In test mode Stripe mails nothing.",
			Options: []field.Option{
				{Value: finishSend, Label: "Finalise it and let Stripe mail it"},
				{Value: finishIssue, Label: "Finalise it without a mail"},
				{Value: finishDraft, Label: "Keep it as a draft"},
			}},
		{Key: "reminders", Type: field.Bool, Label: "Let Stripe send reminders", Default: "false", Advanced: true,
			Help: "As they are set up in Stripe under Billing → Invoices."},
		{Key: "when_paid", Type: field.Select, Label: "When the sale is paid already", Required: true, Default: paidMark,
			Help: "A sale paid in full becomes a paid invoice, and no mail asks the customer to pay it again.",
			Options: []field.Option{
				{Value: paidMark, Label: "Mark as paid what is paid in full, hold what is paid in part"},
				{Value: paidIgnore, Label: "Ask the customer for the whole amount"},
			}},
		{Key: "paid", Type: field.Amount, Label: "Paid so far", Advanced: true, Default: "{{ sum(sale.payments, .amount) }}"},
		{Key: "footer", Type: field.LongText, Label: "Footer", Max: "500", Advanced: true},
		metadataField(),
	}
}

func linesFields() field.Set {
	return field.Set{
		{Key: "prices_include_vat", Type: field.Bool, Label: "Prices include VAT", Default: "{{ sale.vat_included }}",
			Help: "When they do not, Stripe adds the VAT. Where the total depends on how it rounds, nothing is sent: give prices with VAT then."},
		{Key: "tax", Type: field.Select, Label: "VAT on the invoice", Required: true, Default: taxFind,
			Help: "Lines without VAT need no tax rate.",
			Options: []field.Option{
				{Value: taxFind, Label: "With the tax rate in Stripe that has the line's percentage"},
				{Value: taxNone, Label: "Do not state it"},
			}},
		{Key: "tax_rates", Type: field.Pairs, Label: "Tax rates", Max: "50", Advanced: true,
			Help: "Only when Stripe has several of one percentage: the percentage and the id of the tax rate, as 24 and txr_1MnyXf."},
		{Key: "lines", Type: field.List, Label: "Lines", Max: maxLinesText, Default: "{{ sale.lines }}",
			Children: field.Set{
				{Key: "description", Type: field.LongText, Label: "Text", Required: true, Default: "{{ line.text }}", Help: "Cut at 500 characters."},
				{Key: "quantity", Type: field.Decimal, Label: "Quantity", Default: "{{ line.quantity }}", Help: "Stands before the text, unless it is 1."},
				{Key: "total", Type: field.Amount, Label: "Line total", Required: true, Default: "{{ line.total }}", Help: "After discount."},
				{Key: "vat_rate", Type: field.VAT, Label: "VAT, per cent", Default: "{{ line.vat_rate }}", Example: "24"},
			}},
		{Key: "items", Type: field.List, Label: "Items of earlier steps", Max: maxLinesText, Advanced: true,
			Help: "Invoice items that wait at the customer and go onto this invoice, each with its amount.",
			Children: field.Set{
				{Key: "id", Type: field.Text, Label: "Item", Required: true, Pattern: itemID, Example: "ii_1MtGUtLkdIwHu7ixBYwjAM00", Help: "Its id, as the step that added it has it: {{ steps.item.id }}."},
				{Key: "amount", Type: field.Amount, Label: "Amount", Required: true, Example: "29800", Help: "What it comes to: {{ steps.item.amount }}."},
			}},
		{Key: "pending", Type: field.Select, Label: "What else waits at the customer", Required: true, Default: pendingNone, Advanced: true,
			Help: "For connections that follow one another, of which another one adds the items. The total cannot be checked then.",
			Options: []field.Option{
				{Value: pendingNone, Label: "Leave it"},
				{Value: pendingOurs, Label: "Take the items that Tengi added"},
				{Value: pendingAll, Label: "Take all items, whoever added them"},
			}},
	}
}

// maxLines is how many lines an invoice may have (https://docs.stripe.com/invoicing/overview, 250).
const (
	maxLines     = 250
	maxLinesText = "250"
)
