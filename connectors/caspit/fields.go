package caspit

import "github.com/tengi/tengi/field"

// The choices of VAT and of closing.
const (
	vatAsSold   = "as_sold"
	vatDomestic = "domestic"
	vatNone     = "none"

	closeNow  = "close"
	keepDraft = "draft"

	hebrew  = "he"
	english = "en"
)

// documentFields are the input of an action that makes documents. The defaults take everything from the sale.
func documentFields(kinds []kind) field.Set {
	var set field.Set
	if len(kinds) > 1 {
		set = append(set, field.Field{Key: "kind", Type: field.Select, Label: "Kind of document", Required: true, Default: kinds[0].key, Options: options(kinds)})
	}
	if kinds[0].key == creditInvoice.key {
		set = append(set, field.Field{Key: "original", Type: field.Text, Label: "What is credited", Required: true, Max: "200", Example: "98/10086, 2026-12-01",
			Help: "Number and date of the original document; printed on the credit."})
	}
	set = append(set, customerFields()...)
	set = append(set, cardFields()...)
	set = append(set, headFields(kinds)...)
	if kinds[0].lines {
		set = append(set, vatField(), lineFields())
	}
	if anyReceipt(kinds) {
		set = append(set, paymentFields()...)
	}
	return append(set, mailFields()...)
}

func anyReceipt(kinds []kind) bool {
	for _, k := range kinds {
		if k.receipt {
			return true
		}
	}
	return false
}

func customerFields() field.Set {
	return field.Set{
		{Key: "customer_name", Type: field.Text, Label: "Customer's name", Required: true, Default: "{{ sale.customer.name }}", Example: "Anna Lind"},
		{Key: "customer_email", Type: field.Email, Label: "Customer's e-mail", Default: "{{ sale.customer.email }}", Help: "Where Caspit mails the document."},
		{Key: "customer_tax_id", Type: field.Text, Label: "Customer's business number", Max: "20",
			Default: `{{ sale.customer.country == "IL" || sale.customer.country == "" ? sale.customer.tax_id : "" }}`, Example: "516179157",
			Help: "עוסק מורשה or ח.פ. of a business in Israel. Without it the customer cannot deduct the VAT."},
		{Key: "customer_address", Type: field.Text, Label: "Address", Default: "{{ sale.customer.address }}"},
		{Key: "customer_city", Type: field.Text, Label: "Town", Default: "{{ sale.customer.city }}"},
		{Key: "customer_post_code", Type: field.Text, Label: "Post code", Default: "{{ sale.customer.post_code }}"},
		{Key: "customer_country", Type: field.Text, Label: "Country", Default: "{{ sale.customer.country }}", Example: "IL", Help: "Two letters (ISO 3166) or a name."},
		{Key: "customer_phone", Type: field.Text, Label: "Phone", Default: "{{ sale.customer.phone }}"},
	}
}

// cardFields tie a document to a customer card, without which Caspit keeps no balance of the customer (observed).
func cardFields() field.Set {
	return field.Set{
		{Key: "contact_id", Type: field.Text, Label: "Key of a customer card", Advanced: true, Max: "50",
			Help: "The document is entered on this card. Empty = none, or one made by the next field."},
		{Key: "make_contact", Type: field.Bool, Label: "Make a customer card", Advanced: true, Default: "false",
			Help: "Makes a card for a customer who has none yet, by business number or e-mail. A card that is there is not changed. For one-off buyers leave it off."},
	}
}

func headFields(kinds []kind) field.Set {
	set := field.Set{
		{Key: "document_date", Type: field.Date, Label: "Date of the document",
			Help: "Empty = the day of the last payment where the document says what was paid, else today. A payment of an earlier month and more than ten days ago asks you first."},
		{Key: "currency", Type: field.Currency, Label: "Currency", Required: true, Default: "{{ sale.currency }}"},
		{Key: "exchange_rate", Type: field.Decimal, Label: "Exchange rate", Min: "0", Example: "3.6540",
			Help: "Shekels for one unit of the currency, the representative rate of the day of payment. Needed for every currency but the shekel."},
		{Key: "comments", Type: field.LongText, Label: "Remarks on the document", Default: "{{ sale.reference }}", Help: "Printed, at most 5000 characters."},
		{Key: "close", Type: field.Select, Label: "Close or draft", Required: true, Default: closeNow,
			Help: "A closed document has its final number, is in the books and can only be credited. A draft is neither in the books nor mailed: look at it in Caspit and close it there.",
			Options: []field.Option{
				{Value: closeNow, Label: "Close at once"},
				{Value: keepDraft, Label: "Keep as a draft"},
			}},
	}
	if kinds[0].lines && kinds[0].key != creditInvoice.key && kinds[0].key != deliveryNote.key {
		set = append(set, field.Field{Key: "due_days", Type: field.Int, Label: "Days until due", Min: "0", Max: "365", Advanced: true,
			Help: "Counted from the document's date. Empty = as your terms are in Caspit. What is paid already is due on its own date."})
	}
	return set
}

func vatField() field.Field {
	return field.Field{Key: "vat", Type: field.Select, Label: "VAT", Required: true, Default: vatAsSold,
		Help: "Amounts include VAT; it is taken out of them at the rate Caspit has for the date. Whether a sale abroad is free of VAT does not depend on the country alone: ask your accountant.",
		Options: []field.Option{
			{Value: vatAsSold, Label: "On everything, except lines sold as zero-rated or exempt"},
			{Value: vatDomestic, Label: "The same, but none for customers abroad"},
			{Value: vatNone, Label: "None at all"},
		}}
}

func lineFields() field.Field {
	return field.Field{Key: "lines", Type: field.List, Label: "Lines", Required: true, Default: "{{ sale.lines }}",
		Children: field.Set{
			{Key: "description", Type: field.LongText, Label: "Text", Required: true, Default: "{{ line.text }}", Help: "Cut at 200 characters."},
			{Key: "quantity", Type: field.Decimal, Label: "Quantity", Default: "{{ line.quantity }}", Help: "Empty = 1."},
			{Key: "total", Type: field.Amount, Label: "Line total with VAT", Required: true,
				Default: "{{ sale.vat_included ? line.total : line.total + line.vat_amount }}", Help: "After discount. The unit price without VAT follows from it."},
			{Key: "vat_rate", Type: field.VAT, Label: "VAT, per cent", Default: "{{ line.vat_rate }}", Example: "18",
				Help: "Only compared: a rate above 0 that is not Caspit's is refused. Caspit knows one rate for each date."},
			{Key: "vat_code", Type: field.Text, Label: "VAT code", Advanced: true, Default: "{{ line.vat_code }}",
				Help: "A line that says zero, exempt or outside has no VAT."},
		}}
}

func paymentFields() field.Set {
	return field.Set{
		{Key: "payments", Type: field.List, Label: "Payments", Default: "{{ sale.payments }}",
			Help: "On an invoice/receipt they must come to its total.",
			Children: field.Set{
				{Key: "amount", Type: field.Amount, Label: "Amount", Required: true, Default: "{{ row.amount }}"},
				{Key: "method", Type: field.Text, Label: "Method", Max: "100", Default: "{{ row.method }}"},
				{Key: "reference", Type: field.Text, Label: "Reference", Max: "200", Default: "{{ row.reference }}", Help: "Such as the PayPal transaction."},
				{Key: "paid_on", Type: field.Date, Label: "Day", Default: "{{ row.paid_at }}"},
			}},
		{Key: "payment_types", Type: field.Pairs, Label: "Kinds of payment", Advanced: true,
			Help: "For a method of payment as the source names it (card, paypal) the kind of payment in Caspit, by its name or number. A method that is not here is recognised " +
				"by its name (PayPal, cash, transfer, Bit) or becomes “other”."},
	}
}

func mailFields() field.Set {
	shown := &field.Condition{Key: "send_email", Values: []string{"true"}}
	return field.Set{
		{Key: "send_email", Type: field.Bool, Label: "Let Caspit mail it to the customer", Default: "true", Help: "Only once it is closed, and only when there is an e-mail."},
		{Key: "mail_bcc", Type: field.Email, Label: "Hidden copy to", Advanced: true, DependsOn: shown, Help: "Such as your bookkeeper."},
		{Key: "mail_language", Type: field.Select, Label: "Language", Default: hebrew, DependsOn: shown,
			Help: "For English the business needs its name and address in English in Caspit.",
			Options: []field.Option{
				{Value: hebrew, Label: "Hebrew"},
				{Value: english, Label: "English"},
				{Value: "customer", Label: "English for customers abroad, else Hebrew"},
			}},
		{Key: "mail_subject", Type: field.Text, Label: "Subject", Max: "200", Advanced: true, DependsOn: shown, Help: "Empty = the kind of document and its number."},
		{Key: "mail_text", Type: field.LongText, Label: "Text of the mail", Max: "5000", Advanced: true, DependsOn: shown, Help: "Empty = two polite lines."},
	}
}

// contactFields is the input of contact.save.
func contactFields() field.Set {
	set := field.Set{{Key: "contact_id", Type: field.Text, Label: "Key of the card", Max: "50",
		Help: "Empty = made from the business number or the e-mail, so that the same customer has the same card."}}
	return append(set, customerFields()...)
}
