// Package form is the connector for forms: a page of the hub's own that anybody can open, or a form on any website that is sent to the same address.
// What visitors fill in becomes an event, and where there is something to pay, a sale.
package form

import (
	"embed"

	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/field"
)

//go:embed setup*.md locale/*.json icon.svg samples/*.json
var files embed.FS

// The types of the events this connector reports.
const (
	typeOrder   = "form.order"   // something is to be paid: the event carries a sale
	typeMessage = "form.message" // nothing is
)

// Connector describes forms.
func Connector() *connector.Connector {
	return &connector.Connector{
		Name:    "form",
		Title:   "Form",
		Summary: "Shows a form to your visitors, or takes what a form on your website sends, and reports what they filled in.",
		Auth:    connector.Auth{Fields: accountFields()},
		Receive: receive,
		Answer:  thank,
		Page:    open,
		Triggers: []connector.Trigger{
			{Key: "order", Title: "Form filled in, with something to pay", Types: []string{typeOrder}, Sale: true},
			{Key: "message", Title: "Form filled in", Types: []string{typeMessage}},
		},
		Files: files,
	}
}

// What a field of the form is for the sale.
const (
	meansNothing  = "other"
	meansName     = "name"
	meansEmail    = "email"
	meansPhone    = "phone"
	meansAddress  = "address"
	meansPostCode = "post_code"
	meansCity     = "city"
	meansCountry  = "country"
	meansTaxID    = "tax_id"
	meansAmount   = "amount"
	meansQuantity = "quantity"
	meansText     = "text"
	meansNumber   = "reference"
	meansDay      = "service_date"
	meansRemarks  = "remarks"
)

// keyPattern is what a field may be called; nothing that begins with a line belongs to the visitor's fields.
const keyPattern = "[a-z][a-z0-9_]{0,39}"

// accountFields are what one form consists of.
func accountFields() field.Set {
	return field.Set{
		{Key: "title", Type: field.Text, Label: "Title", Required: true, Max: "100", Example: "Golden Circle"},
		{Key: "intro", Type: field.LongText, Label: "Text above the fields", Max: "2000"},
		{Key: "fields", Type: field.List, Label: "Fields", Required: true, Min: "1", Max: "40", Children: fieldFields(),
			Help: "What visitors fill in, from top to bottom."},
		{Key: "language", Type: field.Select, Label: "Language", Default: "en", Help: "Of the button, of the thanks and of what is said about mistakes.",
			Options: []field.Option{{Value: "en", Label: "English"}, {Value: "is", Label: "Íslenska"}, {Value: "uk", Label: "Українська"}, {Value: "he", Label: "עברית"}, {Value: "pl", Label: "Polski"}}},
		{Key: "currency", Type: field.Currency, Label: "Currency", Example: "UAH", Help: "Needed where there is something to pay."},
		{Key: "price", Type: field.Amount, Label: "Price", Min: "0",
			Help: "What the form costs, or one piece where a field is the quantity. Empty: a field is the amount, or there is nothing to pay."},
		{Key: "line_text", Type: field.Text, Label: "What is sold", Max: "200", Help: "Stands on the document. Empty: the form's title."},
		{Key: "vat_rate", Type: field.VAT, Label: "VAT rate", Default: "0", Help: "Per cent. The amounts include it."},
		{Key: "button", Type: field.Text, Label: "Text of the button", Max: "60"},
		{Key: "thanks", Type: field.LongText, Label: "Thanks", Max: "2000", Help: "What visitors read when it is done."},
		{Key: "redirect", Type: field.URL, Label: "Page to go to afterwards", Help: "In place of the thanks: a page of your website."},
	}
}

// fieldFields are what one field of a form consists of.
func fieldFields() field.Set {
	return field.Set{
		{Key: "key", Type: field.Text, Label: "Name", Required: true, Pattern: keyPattern, Example: "phone",
			Help: "Small letters, digits and lines; the name of the input on your website, and in mappings."},
		{Key: "label", Type: field.Text, Label: "Label", Required: true, Max: "200", Example: "Phone"},
		{Key: "kind", Type: field.Select, Label: "Kind", Default: string(field.Text), Options: []field.Option{
			{Value: string(field.Text), Label: "Text, one line"},
			{Value: string(field.LongText), Label: "Text, several lines"},
			{Value: string(field.Email), Label: "E-mail"},
			{Value: string(field.Phone), Label: "Phone"},
			{Value: string(field.Amount), Label: "Amount"},
			{Value: string(field.Int), Label: "Whole number"},
			{Value: string(field.Date), Label: "Date"},
			{Value: string(field.Select), Label: "Choice"},
			{Value: string(field.Bool), Label: "Tick box"},
		}},
		{Key: "meaning", Type: field.Select, Label: "Stands for", Default: meansNothing, Options: []field.Option{
			{Value: meansNothing, Label: "Nothing of these"},
			{Value: meansName, Label: "Customer's name"},
			{Value: meansEmail, Label: "Customer's e-mail"},
			{Value: meansPhone, Label: "Customer's phone"},
			{Value: meansAddress, Label: "Address"},
			{Value: meansPostCode, Label: "Post code"},
			{Value: meansCity, Label: "Town"},
			{Value: meansCountry, Label: "Country"},
			{Value: meansTaxID, Label: "Tax number"},
			{Value: meansAmount, Label: "Amount to pay"},
			{Value: meansQuantity, Label: "Quantity"},
			{Value: meansText, Label: "What is sold"},
			{Value: meansNumber, Label: "Number of the order"},
			{Value: meansDay, Label: "Day of the service"},
			{Value: meansRemarks, Label: "Remarks"},
		}},
		{Key: "required", Type: field.Bool, Label: "Must be filled in", Default: "false"},
		{Key: "choices", Type: field.LongText, Label: "Choices", DependsOn: &field.Condition{Key: "kind", Values: []string{string(field.Select)}}, Required: true, Max: "2000",
			Example: "Small\nLarge", Help: "One on each line."},
	}
}
