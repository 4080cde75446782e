package payday

import "github.com/tengi/tengi/field"

// Limits that Payday states for texts (https://apidoc.payday.is, "Create invoice"). A longer line text is cut, a longer description refused.
const maxDescription = 1024

// invoiceFields is the input of invoice.create. The defaults take everything from the sale.
func invoiceFields() field.Set {
	set := customerFields()
	set = append(set, documentFields()...)
	set = append(set, paidFields()...)
	return append(set, lineFields())
}

func customerFields() field.Set {
	return field.Set{
		{Key: "customer_name", Type: field.Text, Label: "Customer's name", Max: "250", Default: "{{ sale.customer.name }}",
			Help: "With a kennitala Payday takes the name from the national register instead.", Example: "Anna Lind"},
		{Key: "customer_email", Type: field.Email, Label: "Customer's e-mail", Default: "{{ sale.customer.email }}",
			Help: "Together with the name it tells one customer without kennitala from another. The e-mail of a customer who is in Payday already is never changed."},
		{Key: "customer_ssn", Type: field.Text, Label: "Customer's kennitala", Max: "30",
			Default: `{{ sale.customer.country == "IS" ? sale.customer.tax_id : "" }}`, Example: "120174-3399",
			Help: "Used when it has ten digits; anything else is left out and noted. Empty makes a foreign customer."},
		{Key: "customer_company", Type: field.Bool, Label: "Customer is a company", Advanced: true, Default: "{{ sale.customer.company }}",
			Help: "A company without kennitala gets a customer of its own even where travellers share one."},
		{Key: "customer_address", Type: field.Text, Label: "Address", Max: "250", Default: "{{ sale.customer.address }}"},
		{Key: "customer_post_code", Type: field.Text, Label: "Post code", Max: "20", Default: "{{ sale.customer.post_code }}"},
		{Key: "customer_city", Type: field.Text, Label: "Town", Max: "100", Default: "{{ sale.customer.city }}"},
		{Key: "customer_country", Type: field.Text, Label: "Country", Max: "100", Default: "{{ sale.customer.country }}", Example: "IS",
			Help: "Two letters (ISO 3166) or a name."},
		{Key: "customer_phone", Type: field.Text, Label: "Phone", Max: "50", Default: "{{ sale.customer.phone }}"},
		{Key: "customer_language", Type: field.Text, Label: "Language", Max: "10", Default: "{{ sale.customer.language }}", Example: "is",
			Help: "Payday writes invoices and mails in Icelandic (is) or English (everything else)."},
		{Key: "shared_customer", Type: field.Text, Label: "Shared customer for travellers", Advanced: true,
			Pattern: guidPattern, Example: "0b7c1a52-6a0e-4a53-9d0c-2f6a0f2f7c11",
			Help: "The id of one customer in Payday under whom everybody without kennitala is invoiced, instead of a customer for each. Payday does not mail such invoices."},
	}
}

func documentFields() field.Set {
	return field.Set{
		{Key: "description", Type: field.LongText, Label: "Text on the invoice", Max: "1024", Default: "{{ sale.reference }}"},
		{Key: "invoice_date", Type: field.Date, Label: "Invoice date", Help: "Empty = the day the invoice is made. An earlier date may fall into a VAT period that is closed."},
		{Key: "due_days", Type: field.Int, Label: "Days until due", Min: "0", Max: "365", Default: "14", Help: "Gjalddagi, counted from the invoice date."},
		{Key: "final_due_days", Type: field.Int, Label: "Days until finally due", Min: "0", Max: "365", Advanced: true,
			Help: "Eindagi, counted from the invoice date. Empty = the same as due; never earlier than that."},
		{Key: "currency", Type: field.Currency, Label: "Currency", Required: true, Default: "{{ sale.currency }}"},
		{Key: "status", Type: field.Select, Label: "Issue or draft", Required: true, Default: statusSent,
			Help: "An issued invoice has a number and can only be cancelled, never deleted. For the first week drafts are wiser: look at them in Payday, " +
				"delete what is wrong, issue the rest by hand, and choose “Issue at once” when they are all right.",
			Options: []field.Option{
				{Value: statusSent, Label: "Issue at once"},
				{Value: statusDraft, Label: "Keep as a draft"},
			}},
		{Key: "send_email", Type: field.Bool, Label: "Let Payday mail the invoice", Default: "false",
			Help: "It goes to the e-mail that Payday holds for the customer. Drafts and invoices of the shared customer are not mailed."},
		{Key: "create_claim", Type: field.Bool, Label: "Make a claim in the online bank", Default: "false",
			Help: "Needs a kennitala, krónur and an agreement on claims with your bank. Not made for what is paid already."},
		{Key: "electronic_invoice", Type: field.Select, Label: "Electronic invoice", Advanced: true, Default: "customer",
			Help: "A customer who cannot receive one gets an ordinary invoice instead.",
			Options: []field.Option{
				{Value: "customer", Label: "As the customer is set up in Payday"},
				{Value: "yes", Label: "Yes"},
				{Value: "no", Label: "No"},
			}},
	}
}

func paidFields() field.Set {
	return field.Set{
		{Key: "payment_types", Type: field.Pairs, Label: "Kinds of payment",
			Help: "For each method of payment as the source names it (WEB_PAYMENT, card) the payment type in Payday, by its title or id. When the sale is " +
				"paid in full by such methods, the invoice is made as paid; otherwise it stays open."},
		{Key: "paid_date", Type: field.Date, Label: "Day of payment", Advanced: true, Help: "Empty = the day of the last payment."},
		{Key: "payments", Type: field.List, Label: "Payments", Advanced: true, Default: "{{ sale.payments }}",
			Children: field.Set{
				{Key: "amount", Type: field.Amount, Label: "Amount", Required: true, Default: "{{ row.amount }}"},
				{Key: "method", Type: field.Text, Label: "Method", Max: "100", Default: "{{ row.method }}"},
				{Key: "paid_on", Type: field.Date, Label: "Day", Default: "{{ row.paid_at }}"},
			}},
		{Key: "prices_include_vat", Type: field.Bool, Label: "Prices include VAT", Default: "{{ sale.vat_included }}",
			Help: "When they do not, the VAT is added here exactly as Payday adds it. Where the króna depends on whether each line or the sum is rounded, " +
				"nothing is sent: give prices with VAT then."},
	}
}

func lineFields() field.Field {
	return field.Field{Key: "lines", Type: field.List, Label: "Lines", Required: true, Default: "{{ sale.lines }}",
		Children: field.Set{
			{Key: "description", Type: field.LongText, Label: "Text", Required: true, Default: "{{ line.text }}", Help: "Cut at 1024 characters."},
			{Key: "quantity", Type: field.Decimal, Label: "Quantity", Default: "{{ line.quantity }}", Help: "Empty = 1."},
			{Key: "total", Type: field.Amount, Label: "Line total", Default: "{{ line.total }}",
				Help: "After discount. The unit price follows from it; when it does not divide, the line is sent as one piece and the quantity stands in its text."},
			{Key: "unit_price", Type: field.Amount, Label: "Unit price", Advanced: true, Help: "Only when there is no line total."},
			{Key: "vat_rate", Type: field.VAT, Label: "VAT, per cent", Required: true, Default: "{{ line.vat_rate }}", Example: "24",
				Help: "One of the rates the company has in Payday, usually 24, 11 or 0."},
		}}
}

// paymentFields is the input of invoice.pay.
func paymentFields() field.Set {
	return field.Set{
		{Key: "invoice", Type: field.Text, Label: "Invoice", Required: true, Pattern: guidPattern, Default: "{{ steps.invoice.id }}",
			Help: "Payday's id of the invoice, as the step that made it has it.", Example: "9f1d3c5e-0b1a-4c6f-8a57-1d2e3f405162"},
		{Key: "payment_type", Type: field.Text, Label: "Payment type", Required: true, Max: "100", Example: "Kort",
			Help: "One of the payment types in Payday, by its title or id."},
		{Key: "paid_date", Type: field.Date, Label: "Day of payment", Help: "Empty = today."},
	}
}

// guidPattern is the form of Payday's ids (https://apidoc.payday.is).
const guidPattern = `[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}`
