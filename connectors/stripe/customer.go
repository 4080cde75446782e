package stripe

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/field"
)

// The choices of how a customer is found.
const (
	byEmail = "email"
	never   = "never"
)

// customerFields are who is billed, under keys with a prefix.
func customerFields(prefix string) field.Set {
	return field.Set{
		{Key: prefix + "name", Type: field.Text, Label: "Customer's name", Max: "250", Default: "{{ sale.customer.name }}", Example: "Anna Lind"},
		{Key: prefix + "email", Type: field.Email, Label: "Customer's e-mail", Max: "512", Default: "{{ sale.customer.email }}",
			Help: "Customers are found by it, and Stripe mails the invoice to it."},
		{Key: prefix + "phone", Type: field.Text, Label: "Phone", Max: "50", Default: "{{ sale.customer.phone }}"},
		{Key: prefix + "address", Type: field.Text, Label: "Address", Max: "250", Default: "{{ sale.customer.address }}"},
		{Key: prefix + "post_code", Type: field.Text, Label: "Post code", Max: "20", Default: "{{ sale.customer.post_code }}"},
		{Key: prefix + "city", Type: field.Text, Label: "Town", Max: "100", Default: "{{ sale.customer.city }}"},
		{Key: prefix + "country", Type: field.Text, Label: "Country", Pattern: `[A-Za-z]{2}`, Default: "{{ sale.customer.country }}", Example: "IS",
			Help: "Two letters (ISO 3166)."},
		{Key: prefix + "language", Type: field.Text, Label: "Language", Max: "10", Default: "{{ sale.customer.language }}", Example: "uk",
			Help: "Of Stripe's mails and pages, as far as Stripe speaks it."},
		{Key: prefix + "tax_id", Type: field.Text, Label: "Tax number", Max: "50", Advanced: true,
			Help: "Printed on the invoice. Stripe checks its form, so give its kind as well."},
		{Key: prefix + "tax_id_type", Type: field.Text, Label: "Kind of tax number", Pattern: `[a-z]{2}_[a-z_]+`, Advanced: true, Example: "eu_vat",
			Help: "As Stripe calls it: eu_vat, is_vat, pl_nip, il_vat."},
		{Key: prefix + "find", Type: field.Select, Label: "When the e-mail is known in Stripe", Required: true, Default: byEmail,
			Help: "Of several customers with the same e-mail, one that Tengi made is taken, else the oldest. Nobody's data are changed.",
			Options: []field.Option{
				{Value: byEmail, Label: "Take that customer"},
				{Value: never, Label: "Make a new one all the same"},
			}},
	}
}

// customerInput is the input of customer.create.
func customerInput() field.Set {
	return append(customerFields(""),
		field.Field{Key: "description", Type: field.Text, Label: "Note", Max: "500", Advanced: true, Help: "Shown only in Stripe's dashboard."},
		metadataField())
}

func metadataField() field.Field {
	return field.Field{Key: "metadata", Type: field.Pairs, Label: "Metadata", Max: "40", Advanced: true,
		Help: "Names and values for programs of your own, kept in Stripe and not shown to the customer."}
}

// customer is a customer as Stripe answers one (https://docs.stripe.com/api/customers/object).
type customer struct {
	thing
	Email    string `json:"email"`
	Livemode bool   `json:"livemode"`
}

// customerBody is a customer as Stripe takes one.
type customerBody struct {
	Name        string            `form:"name"`
	Email       string            `form:"email"`
	Phone       string            `form:"phone"`
	Description string            `form:"description"`
	Address     addressBody       `form:"address"`
	Locales     []string          `form:"preferred_locales"`
	TaxIDs      []taxIDBody       `form:"tax_id_data"`
	Metadata    map[string]string `form:"metadata"`
}

type addressBody struct {
	Line1      string `form:"line1"`
	City       string `form:"city"`
	PostalCode string `form:"postal_code"`
	Country    string `form:"country"`
}

type taxIDBody struct {
	Type  string `form:"type"`
	Value string `form:"value"`
}

// locale is the form of a language as Stripe takes it (RFC 5646).
var locale = regexp.MustCompile(`^[a-z]{2}(-[A-Z]{2})?$`)

// buyer is who is billed, as the mapping says.
type buyer struct {
	body    customerBody
	asTyped string // the e-mail as it came: customers made by hand are written in any way
	find    bool
	assume  string // see call
}

// readBuyer takes the customer from values whose keys have a prefix.
func readBuyer(v field.Values, prefix string, ref tengi.Ref) (buyer, error) {
	typed := strings.TrimSpace(v.Text(prefix + "email"))
	b := buyer{asTyped: typed, find: v.Text(prefix+"find") != never, body: customerBody{
		Name: strings.TrimSpace(v.Text(prefix + "name")), Email: strings.ToLower(typed), Phone: v.Text(prefix + "phone"),
		Address: addressBody{Line1: v.Text(prefix + "address"), City: v.Text(prefix + "city"), PostalCode: v.Text(prefix + "post_code"),
			Country: strings.ToUpper(v.Text(prefix + "country"))},
		Metadata: map[string]string{metaRef: string(ref)},
	}}
	if lang := v.Text(prefix + "language"); locale.MatchString(lang) {
		b.body.Locales = []string{lang}
	}
	switch number, kind := v.Text(prefix+"tax_id"), v.Text(prefix+"tax_id_type"); {
	case number != "" && kind == "":
		return b, connector.Refusal(codeMetadata, prefix+"tax_id_type", "Stripe wants to know of which kind the tax number is")
	case number != "":
		b.body.TaxIDs = []taxIDBody{{kind, number}}
	}
	return b, nil
}

// createCustomer finds a customer or makes one.
func createCustomer(ctx context.Context, c *connector.Client, ref tengi.Ref, v field.Values) (tengi.Document, error) {
	b, err := readBuyer(v, "", ref)
	if err != nil {
		return tengi.Document{}, err
	}
	b.body.Description = v.Text("description")
	if b.body.Metadata, err = metadata(v, ref); err != nil {
		return tengi.Document{}, err
	}
	who, found, err := customerFor(ctx, c, b)
	if err != nil {
		return tengi.Document{}, err
	}
	return tengi.Document{
		Kind: tengi.CustomerRecord, ExternalID: who.ID, Customer: who.ID, URL: dashboard("customers", who.ID, who.Livemode),
		Data: map[string]any{"found": found, "livemode": who.Livemode},
	}, nil
}

// dashboard is where a person sees a thing in Stripe.
func dashboard(kind, id string, live bool) string {
	if !live {
		kind = "test/" + kind
	}
	return "https://dashboard.stripe.com/" + kind + "/" + url.PathEscape(id)
}

// customerFor finds the customer or makes it, and says which. One that this very piece of work made before a restart is not found but answered by
// the journal, so that every run goes the same way.
func customerFor(ctx context.Context, c *connector.Client, b buyer) (who customer, found bool, err error) {
	if b.find && b.body.Email != "" {
		if who, found, err = b.search(ctx, c); err != nil || found {
			return who, found, err
		}
	}
	who, err = post[customer](ctx, c, call{
		name: "customer", what: "a customer", path: "/v1/customers", compose: with(b.body), assume: b.assume,
		find: func(ctx context.Context, open connector.Call) (json.RawMessage, error) {
			return findByRef(ctx, c, "the customers", "/v1/customers", open)
		},
	})
	return who, false, err
}

// search lists the customers with the e-mail: as it came, and in small letters as it is written here. Stripe compares with regard to case
// (https://docs.stripe.com/api/customers/list).
func (b buyer) search(ctx context.Context, c *connector.Client) (best customer, found bool, err error) {
	emails := []string{b.asTyped}
	if b.asTyped != b.body.Email {
		emails = append(emails, b.body.Email)
	}
	for _, email := range emails {
		err := list(ctx, c, "the customers", "/v1/customers", url.Values{"email": {email}}, func(row customer, _ json.RawMessage) error {
			own := row.Metadata[metaRef]
			if row.Deleted || own == b.body.Metadata[metaRef] {
				return nil
			}
			// The list runs from new to old, so a later row is the older one.
			if !found || own != "" || best.Metadata[metaRef] == "" {
				best, found = row, true
			}
			return nil
		})
		if err != nil || found {
			return best, found, err
		}
	}
	return customer{}, false, nil
}

// metadata is the user's own metadata with our reference (https://docs.stripe.com/api/metadata: 50 keys of 40 characters without brackets, values
// of 500).
func metadata(v field.Values, ref tengi.Ref) (map[string]string, error) {
	all := map[string]string{}
	for key, value := range v.Pairs("metadata") {
		if key == "" || len([]rune(key)) > 40 || strings.ContainsAny(key, "[]") || strings.HasPrefix(key, "tengi_") {
			return nil, connector.Refusal(codeMetadata, "metadata", fmt.Sprintf("the name %q is not one that Stripe takes: at most 40 characters, no brackets, and not tengi_", key))
		}
		all[key] = cut(value, 500)
	}
	all[metaRef] = string(ref)
	return all, nil
}

// cut shortens a text to so many characters and shows that there was more.
func cut(text string, limit int) string {
	if runes := []rune(text); len(runes) > limit {
		return string(runes[:limit-1]) + "…"
	}
	return text
}
