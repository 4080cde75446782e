package rows

import (
	"fmt"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/tengi/tengi/field"
	"github.com/tengi/tengi/money"
)

// Rules are what a user has said about a table. The zero value guesses everything.
type Rules struct {
	Key         []string        // the columns that together name a row; empty = a row is known by all it says
	Ready       string          // the column that says that a row may go; empty = a complete row may
	ReadyValues []string        // what it says then
	Required    []string        // columns that must be filled, beside those of the key and the amount
	Ignored     []string        // columns whose changes are no news
	Dates       []string        // columns whose numbers are dates
	Chosen      map[Role]string // the column of a role; NoColumn = there is none
	Currency    string          // ISO 4217, where no column says it
	VAT         decimal.Decimal // per cent, where no column says it; amounts include it
	Point       rune            // the decimal sign of amounts written as text; 0 = as it looks
}

// NoColumn is chosen for a role that no column has, whatever the headers look like.
const NoColumn = "-"

// Fields are the questions that make up Rules, for a source's options or an account's settings.
func Fields() field.Set {
	set := field.Set{
		{Key: "key_columns", Type: field.Text, Label: "Columns that name a row", Max: "500", Example: "Booking number",
			Help: "What stands there must be different in every row and stay the same for ever, such as a booking number. Several are divided by commas. Empty: a row is known by " +
				"all that it says, and when it is edited nobody can tell whether it is a new one."},
		{Key: "ready_column", Type: field.Text, Label: "Column that says a row may go", Max: "200", Example: "Send",
			Help: "The safest way where money is concerned: nothing happens to a row before this column says so."},
		{Key: "ready_values", Type: field.Text, Label: "What it says then", Max: "500", Default: defaultReady, Advanced: true,
			Help: "Divided by commas. A ticked box is TRUE."},
		{Key: "required_columns", Type: field.Text, Label: "Columns that must be filled", Max: "1000", Example: "Name, E-mail",
			Help: "A row waits until they are. The columns that name a row, the amount, and a name or an e-mail must be filled in any case."},
		{Key: "currency", Type: field.Currency, Label: "Currency", Example: "ISK", Help: "Where no column says it. Empty: the currency of your business."},
		{Key: "vat_rate", Type: field.VAT, Label: "VAT in the amounts, per cent", Default: "0", Help: "Where no column says it. Amounts are what the customer pays, VAT included."},
		{Key: "decimal_sign", Type: field.Select, Label: "Decimal sign of amounts that are text", Default: "auto", Advanced: true, Options: []field.Option{
			{Value: "auto", Label: "As it looks"}, {Value: "comma", Label: "Comma: 1.234,50"}, {Value: "point", Label: "Point: 1,234.50"}}},
		{Key: "ignored_columns", Type: field.Text, Label: "Columns whose changes are no news", Max: "1000", Advanced: true, Example: "Internal notes",
			Help: "Columns whose name begins with Tengi are among them in any case."},
		{Key: "date_columns", Type: field.Text, Label: "Further columns with dates", Max: "1000", Advanced: true,
			Help: "In a sheet a date is a number; these are read as dates, beside the date of the service."},
	}
	for _, role := range Roles() {
		set = append(set, field.Field{Key: "column_" + string(role), Type: field.Text, Label: roleLabels[role], Max: "200", Advanced: true, Help: roleHelp(role)})
	}
	return set
}

var roleLabels = map[Role]string{
	Reference: "Column of the booking or order number", Name: "Column of the customer's name", Email: "Column of the e-mail", Phone: "Column of the phone",
	TaxID: "Column of the tax number", Amount: "Column of the amount", Currency: "Column of the currency", VATRate: "Column of the VAT rate",
	Words: "Column of what was sold", Day: "Column of the day of service", Status: "Column of the status",
}

func roleHelp(role Role) string {
	if role == Status {
		return "Cancelled rows undo their documents and pending ones wait, when this column says so in English, Icelandic, Ukrainian, Hebrew or Polish. Empty: there is none."
	}
	return "Empty: found by its header. A hyphen: there is none."
}

// defaultReady is what people write into a column that says "go", in our languages; "TRUE" is a ticked box.
const defaultReady = "TRUE, yes, y, x, ok, send, ready, ✓, 1, já, senda, tilbúið, так, надіслати, готово, כן, לשלוח, מוכן, tak, wyślij, gotowe"

// ParseRules reads the values of Fields. currency stands in where none was chosen.
func ParseRules(v field.Values, currency string) (Rules, error) {
	r := Rules{
		Key: names(v.Text("key_columns")), Ready: v.Text("ready_column"), ReadyValues: names(v.Text("ready_values")), Required: names(v.Text("required_columns")),
		Ignored: names(v.Text("ignored_columns")), Dates: names(v.Text("date_columns")), Currency: v.Text("currency"), VAT: v.Decimal("vat_rate"),
		Chosen: map[Role]string{},
	}
	if r.Currency == "" {
		r.Currency = strings.ToUpper(currency)
	}
	if _, ok := money.Exponent(r.Currency); !ok {
		return Rules{}, fmt.Errorf("the currency of the amounts is not known: choose one")
	}
	if len(r.ReadyValues) == 0 {
		r.ReadyValues = names(defaultReady)
	}
	switch v.Text("decimal_sign") {
	case "comma":
		r.Point = ','
	case "point":
		r.Point = '.'
	}
	for _, role := range Roles() {
		if name := v.Text("column_" + string(role)); name != "" {
			r.Chosen[role] = name
		}
	}
	return r, nil
}

// names divides a list written by a person, at commas and line ends.
func names(list string) []string {
	var out []string
	for _, name := range strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == '\n' }) {
		if name = strings.TrimSpace(name); name != "" && !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}

// shape is the part of the rules that decides what an event says, as text. Two sources with the same shape make the same events of a row.
func (r Rules) shape() string {
	parts := []string{"1", strings.Join(r.Key, ","), r.Currency, r.VAT.String(), string(r.Point), strings.Join(r.Dates, ",")}
	for _, role := range Roles() {
		parts = append(parts, r.Chosen[role])
	}
	return strings.Join(parts, "\x1f")
}

// lens is the part of the rules that decides which columns are watched, as text.
func (r Rules) lens() string { return strings.Join(r.Ignored, ",") + "\x1f" + r.Ready }
