package sale

import "github.com/tengi/tengi/field"

// Fields describes a sale, member by member, under the names of its JSON form: what expressions, mappings and the documentation know of a sale
// comes from here. A test holds it against the struct.
var Fields = field.Set{
	{Key: "reference", Type: field.Text, Label: "Reference", Help: "What seller and customer call the sale: a booking code, an order number.", Example: "FJO-51654"},
	{Key: "status", Type: field.Select, Label: "Status", Help: "Where the sale stands.", Required: true, Options: []field.Option{
		{Value: string(Pending), Label: "Not sold yet"}, {Value: string(Confirmed), Label: "Sold"}, {Value: string(Cancelled), Label: "Cancelled"}}},
	{Key: "created_at", Type: field.DateTime, Label: "Created", Help: "When it was sold.", Example: "2026-11-22T14:30:00Z"},
	{Key: "service_date", Type: field.Date, Label: "Service date", Help: "First day of what was sold, where the seller is.", Example: "2026-12-24"},
	{Key: "service_end", Type: field.Date, Label: "Last day", Help: "Last day of what was sold, when it is not the first.", Example: "2026-12-26"},
	{Key: "customer", Type: field.Group, Label: "Customer", Help: "Who is billed.", Children: customerFields},
	{Key: "lines", Type: field.List, Label: "Lines", Help: "What was sold.", Children: lineFields},
	{Key: "currency", Type: field.Currency, Label: "Currency", Help: "Currency of every amount of the sale.", Required: true, Example: "ISK"},
	{Key: "total", Type: field.Amount, Label: "Total", Help: "What the customer owes in all, VAT included.", Required: true, Example: "24900"},
	{Key: "vat_included", Type: field.Bool, Label: "VAT included", Help: "Whether unit prices, discounts and totals of the lines include VAT.", Required: true},
	{Key: "payments", Type: field.List, Label: "Payments", Help: "Money received for the sale.", Children: paymentFields},
	{Key: "channel", Type: field.Text, Label: "Channel", Help: "Where it was sold: a web site, an agent, a booking portal.", Example: "Web site"},
	{Key: "remarks", Type: field.LongText, Label: "Remarks", Help: "The seller's own remarks."},
}

var customerFields = field.Set{
	{Key: "name", Type: field.Text, Label: "Name", Example: "Anna Lind"},
	{Key: "company", Type: field.Bool, Label: "Company", Help: "An agent, a reseller or another firm, not a person."},
	{Key: "email", Type: field.Email, Label: "E-mail", Example: "anna@example.is"},
	{Key: "phone", Type: field.Phone, Label: "Phone", Example: "+354 555 1234"},
	{Key: "language", Type: field.Text, Label: "Language", Help: "Two letters (ISO 639-1).", Pattern: "[a-z]{2}", Example: "is"},
	{Key: "country", Type: field.Text, Label: "Country", Help: "Two letters (ISO 3166-1).", Pattern: "[A-Z]{2}", Example: "IS"},
	{Key: "address", Type: field.Text, Label: "Address", Example: "Hafnargata 1"},
	{Key: "post_code", Type: field.Text, Label: "Postcode", Example: "101"},
	{Key: "city", Type: field.Text, Label: "City", Example: "Reykjavík"},
	{Key: "tax_id", Type: field.Text, Label: "Tax number", Help: "Kennitala, NIP or VAT number, without blanks and hyphens.", Example: "1203894569"},
}

var lineFields = field.Set{
	{Key: "text", Type: field.Text, Label: "Text", Help: "What it is, as it shall stand on the document.", Example: "Whale watching, 2 adults"},
	{Key: "quantity", Type: field.Decimal, Label: "Quantity", Example: "2"},
	{Key: "unit_price", Type: field.Amount, Label: "Unit price", Help: "With VAT when the sale's prices include it, else without.", Example: "12450"},
	{Key: "discount", Type: field.Amount, Label: "Discount", Help: "Amount taken off the line.", Min: "0", Example: "0"},
	{Key: "total", Type: field.Amount, Label: "Line total", Help: "Of the line after discount, with VAT when the sale's prices include it, else without.", Required: true, Example: "24900"},
	{Key: "vat_rate", Type: field.VAT, Label: "VAT rate", Help: "Per cent.", Example: "11"},
	{Key: "vat_amount", Type: field.Amount, Label: "VAT amount", Help: "VAT in the line's total, or on it when prices do not include it.", Example: "2468"},
	{Key: "vat_code", Type: field.Select, Label: "VAT code", Help: "Kind of VAT, when the source says.", Options: vatCodes},
	{Key: "sku", Type: field.Text, Label: "Product number", Example: "WHALE-01"},
}

// vatCodes are what a line's VATCode may be, beside empty.
var vatCodes = []field.Option{
	{Value: "standard", Label: "Standard rate"}, {Value: "reduced", Label: "Reduced rate"}, {Value: "zero", Label: "Zero rate"},
	{Value: "exempt", Label: "Exempt"}, {Value: "outside", Label: "Outside VAT"},
}

var paymentFields = field.Set{
	{Key: "amount", Type: field.Amount, Label: "Amount", Help: "What was received.", Required: true, Example: "24900"},
	{Key: "currency", Type: field.Currency, Label: "Currency", Help: "Currency of the payment, when it is not the sale's.", Example: "ISK"},
	{Key: "method", Type: field.Text, Label: "Method", Help: "As the source names it.", Example: "card"},
	{Key: "fee", Type: field.Amount, Label: "Fee", Help: "What the payment provider keeps."},
	{Key: "reference", Type: field.Text, Label: "Payment reference", Help: "The payment provider's number.", Example: "9AB12345CD678901E"},
	{Key: "paid_at", Type: field.DateTime, Label: "Paid", Help: "When it was received.", Example: "2026-11-22T14:31:00Z"},
}
