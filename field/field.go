// Package field states once what a setting, an account's secret or an action's input is. Forms, validation, JSON Schema, documentation,
// masking, mapping targets and the keys to translate all follow from a [Set].
package field

// Type says what a field holds and which Go type its parsed value has in [Values].
type Type string

// The types of a field, with the Go type of a parsed value.
const (
	Text     Type = "text"     // string, one line
	LongText Type = "longtext" // string
	Int      Type = "int"      // int64
	Decimal  Type = "decimal"  // decimal.Decimal: a quantity, a percentage
	Amount   Type = "amount"   // decimal.Decimal: an amount in the currency of the document
	Currency Type = "currency" // string, ISO 4217
	VAT      Type = "vat"      // decimal.Decimal, per cent
	Date     Type = "date"     // string, YYYY-MM-DD
	DateTime Type = "datetime" // time.Time
	Email    Type = "email"    // string
	Phone    Type = "phone"    // string
	URL      Type = "url"      // string
	Bool     Type = "bool"     // bool
	Select   Type = "select"   // string, one of Options
	List     Type = "list"     // []Values, each with the Children
	Pairs    Type = "pairs"    // map[string]string: HTTP headers, a lookup table
	Group    Type = "group"    // Values with the Children: one thing of several fields, as the customer of a sale
)

// Field is one declared value. English stands here; other languages in the connector's locale folder under the field's path.
type Field struct {
	Key      string // snake_case, stable for ever: it stands in configuration files and databases
	Type     Type
	Label    string
	Help     string
	Required bool
	Secret   bool // write-only, sealed at rest, masked everywhere
	Advanced bool // not needed for an ordinary set-up
	// Template says of an account's setting that it is itself a template, such as "{{ data.id }}", which its connector has rendered over every notice.
	// It is compiled before it is stored.
	Template bool
	// Default is of a setting: its value when none is given. Of an action's input: a template, such as "{{ sale.customer.email }}". [Set.Parse]
	// fills it in where the key is absent, unless it is a template; a key that is there and empty stays empty.
	Default string
	Options []Option
	// DependsOn shows the field only while another field of the same set has one of the given values. While it is not shown it is neither
	// required nor parsed: what a form still holds for it does not count.
	DependsOn *Condition
	// Min and Max are bounds, both inclusive: of a number its value, of a date the date, of a text its length in characters, of a list or
	// pairs how many there are. Empty = none, but for MaxText, MaxRows, and VAT, which is from 0 to 100.
	Min, Max string
	Pattern  string // anchored regular expression the whole value must match
	Example  string
	Children Set // of a List: the fields of one row; of a Group: its fields
}

// Option is one choice of a Select.
type Option struct{ Value, Label string }

// Condition names a field and the values of it that matter.
type Condition struct {
	Key    string
	Values []string
}

// Set is an ordered list of fields.
type Set []Field

// MaxText is the most characters any text value may have when its field states no Max of its own.
const MaxText = 10_000

// MaxRows is the most rows a List and the most entries Pairs may have when the field states no Max of its own.
const MaxRows = 1000

// Values are the parsed values of a set by key, with the Go types that the field types name.
type Values map[string]any
