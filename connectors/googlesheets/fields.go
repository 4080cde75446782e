package googlesheets

import (
	"github.com/tengi/tengi/connectors/internal/rows"
	"github.com/tengi/tengi/field"
)

// The columns that Tengi writes into, unless a step says otherwise. They begin with Tengi, so that what is written is no news to a source.
const (
	columnRef    = "Tengi ref"
	columnStatus = "Tengi status"
	columnNumber = "Tengi number"
	columnLink   = "Tengi link"
)

// statusCancelled is what stands in the status column of a row whose sale was cancelled.
const statusCancelled = "cancelled"

// appendFields are what a new row is made of. What a sale knows goes into the columns whose headers say so, in any of our languages.
func appendFields() field.Set {
	return append(placeFields(),
		field.Field{Key: "reference", Type: field.Text, Label: "Booking or order number", Max: "500", Default: "{{ sale.reference }}"},
		field.Field{Key: "name", Type: field.Text, Label: "Customer's name", Max: "500", Default: "{{ sale.customer.name }}"},
		field.Field{Key: "email", Type: field.Text, Label: "Customer's e-mail", Max: "500", Default: "{{ sale.customer.email }}"},
		field.Field{Key: "phone", Type: field.Text, Label: "Customer's phone", Max: "100", Default: "{{ sale.customer.phone }}"},
		field.Field{Key: "tax_id", Type: field.Text, Label: "Customer's tax number", Max: "100", Default: "{{ sale.customer.tax_id }}"},
		field.Field{Key: "amount", Type: field.Amount, Label: "Amount", Default: "{{ sale.total }}"},
		field.Field{Key: "currency", Type: field.Currency, Label: "Currency", Default: "{{ sale.currency }}"},
		field.Field{Key: "text", Type: field.LongText, Label: "What was sold", Max: "5000", Default: `{{ join(map(sale.lines, .text), ", ") }}`},
		field.Field{Key: "date", Type: field.Date, Label: "Day of service", Default: "{{ sale.service_date }}"},
		field.Field{Key: "cells", Type: field.Pairs, Label: "Other columns", Max: "100", Help: "For each column, by its header, the text that goes there. It wins over what is found by itself."},
		field.Field{Key: "numbers", Type: field.Pairs, Label: "Other columns with numbers", Max: "100", Help: "The same, as numbers that the sheet can compute with: 1234.50."},
		field.Field{Key: "ref_column", Type: field.Text, Label: "Column for our reference", Required: true, Default: columnRef, Advanced: true, Max: "200",
			Help: "It must be there, best as the first: by it a row is found again when an answer was lost."},
		field.Field{Key: "status_column", Type: field.Text, Label: "Column for the status", Default: columnStatus, Advanced: true, Max: "200",
			Help: "Where “cancelled” is written when the sale is."},
	)
}

// updateFields are what is written back into a row.
func updateFields() field.Set {
	return append(placeFields(),
		field.Field{Key: "key_column", Type: field.Text, Label: "Column that names the row", Max: "200",
			Help: "Empty: the column of booking numbers, or “" + rows.IdentityColumn + "” where there is one."},
		field.Field{Key: "key", Type: field.Text, Label: "What stands there", Required: true, Max: "500", Default: "{{ data._key ?? sale.reference }}"},
		field.Field{Key: "status", Type: field.Text, Label: "Status", Max: "200", Default: "done"},
		field.Field{Key: "number", Type: field.Text, Label: "Number of the document", Max: "200", Example: "1047"},
		field.Field{Key: "link", Type: field.Text, Label: "Link to the document", Max: "2000", Example: "https://example.com/invoice/1047"},
		field.Field{Key: "cells", Type: field.Pairs, Label: "Other columns", Max: "100", Help: "For each column, by its header, the text that goes there."},
		field.Field{Key: "status_column", Type: field.Text, Label: "Column for the status", Default: columnStatus, Advanced: true, Max: "200"},
		field.Field{Key: "number_column", Type: field.Text, Label: "Column for the number", Default: columnNumber, Advanced: true, Max: "200"},
		field.Field{Key: "link_column", Type: field.Text, Label: "Column for the link", Default: columnLink, Advanced: true, Max: "200"},
	)
}

// placeFields say which table.
func placeFields() field.Set {
	return field.Set{
		{Key: "tab", Type: field.Text, Label: "Tab", Max: "200", Example: "Bookings 2026",
			Help: "Its name, or better its address with #gid=, which stays the same when the tab is renamed. Empty: the first."},
		{Key: "header_row", Type: field.Int, Label: "Row of the header", Default: "1", Min: "1", Max: "1000", Advanced: true},
	}
}
