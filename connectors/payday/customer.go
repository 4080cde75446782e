package payday

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/field"
)

// buyer is who is to be invoiced, as the mapping says.
type buyer struct {
	ssn     kennitala // empty when there is none
	name    string
	email   string
	phone   string
	company bool
	shared  string // the customer for travellers without kennitala
	body    customerBody
}

// customerBody is a customer as Payday takes one (https://apidoc.payday.is, "Create customer").
type customerBody struct {
	SSN      string `json:"ssn,omitempty"`
	Name     string `json:"name,omitempty"`
	Email    string `json:"email,omitempty"`
	Address  string `json:"address,omitempty"`
	ZipCode  string `json:"zipCode,omitempty"`
	City     string `json:"city,omitempty"`
	Country  string `json:"country,omitempty"`
	Phone    string `json:"phone,omitempty"`
	Language string `json:"language"`
}

// billed is the customer in Payday that the invoice goes to.
type billed struct {
	id     string
	email  string // where Payday would mail the invoice
	ssn    bool   // Payday has the kennitala, so that a claim is possible
	shared bool
}

// remarks are what a person should know of a document although it was made.
type remarks []string

func (r *remarks) add(remark string) { *r = append(*r, remark) }

func readBuyer(v field.Values, notes *remarks) (buyer, error) {
	b := buyer{
		name: strings.Join(strings.Fields(v.Text("customer_name")), " "), email: strings.TrimSpace(v.Text("customer_email")), phone: v.Text("customer_phone"),
		company: v.Bool("customer_company"), shared: v.Text("shared_customer"),
	}
	if text := strings.TrimSpace(v.Text("customer_ssn")); text != "" {
		ssn, ok := parseKennitala(text)
		switch {
		case !ok:
			notes.add("The kennitala was left out: what was given is not one.")
		case !ssn.checks():
			notes.add("The kennitala's check digit does not fit: look whether it is mistyped.")
		}
		b.ssn = ssn
	}
	if b.ssn == "" && b.name == "" && (b.shared == "" || b.company) {
		return b, connector.Refusal(codeNoName, "customer_name", "a customer without kennitala needs a name")
	}
	b.body = customerBody{
		SSN: string(b.ssn), Name: b.name, Email: b.email, Phone: b.phone, Address: v.Text("customer_address"), ZipCode: v.Text("customer_post_code"),
		City: v.Text("customer_city"), Country: countryName(v.Text("customer_country")), Language: languageOf(v.Text("customer_language")),
	}
	return b, nil
}

// countryName is a country as Payday writes it: Iceland in Icelandic (as its own shop plugin does), others by their English name.
func countryName(country string) string {
	country = strings.TrimSpace(country)
	if len(country) != 2 {
		return country
	}
	if strings.EqualFold(country, "IS") {
		return "Ísland"
	}
	region, err := language.ParseRegion(country)
	if err != nil {
		return country
	}
	return display.English.Regions().Name(region)
}

// languageOf is one of the two languages that Payday writes in.
func languageOf(lang string) string {
	if lang = strings.ToLower(strings.TrimSpace(lang)); lang == "is" || strings.HasPrefix(lang, "is-") || strings.HasPrefix(lang, "is_") {
		return "is"
	}
	return "en"
}

// customerFor finds the customer to invoice, or makes it. It never takes a row of a list without comparing it, and changes no customer.
func customerFor(ctx context.Context, c *connector.Client, b buyer, notes *remarks) (billed, error) {
	if b.ssn == "" && b.shared != "" && !b.company {
		return sharedCustomer(ctx, c, b.shared)
	}
	found, err := b.find(ctx, c, notes)
	if err != nil {
		return billed{}, err
	}
	if found == nil {
		if found, err = b.add(ctx, c); err != nil {
			return billed{}, err
		}
	}
	who := billed{id: string(found.ID), email: strings.TrimSpace(string(found.Email)), ssn: b.ssn != "" && b.ssn.is(found.SSN)}
	if b.ssn != "" && !who.ssn {
		notes.add("Payday left the kennitala out, because the national register does not know it: the invoice is to a customer without kennitala.")
	}
	return who, nil
}

func sharedCustomer(ctx context.Context, c *connector.Client, id string) (billed, error) {
	known := catalog[[]customer]{"the shared customer", "/customers/" + url.PathEscape(id), decodeCustomers}
	rows, err := known.cached(ctx, c)
	if notFound(err) || err == nil && (len(rows) != 1 || !strings.EqualFold(string(rows[0].ID), id)) {
		return billed{}, connector.Refusal(codeNoCustomer, "shared_customer", "Payday has no customer with this id")
	}
	if err != nil {
		return billed{}, err
	}
	return billed{id: string(rows[0].ID), shared: true}, nil
}

// find looks the buyer up: by kennitala when there is one, otherwise by e-mail and name among those without kennitala. Nil = there is none.
func (b buyer) find(ctx context.Context, c *connector.Client, notes *remarks) (*customer, error) {
	if b.ssn != "" {
		return b.findBySSN(ctx, c, notes)
	}
	return b.findByName(ctx, c, notes)
}

// findBySSN asks for one kennitala. The list of customers takes the same as a filter and ignores it: it answers with everybody (observed in
// practice), which is why that is not used, and why what comes back is compared.
func (b buyer) findBySSN(ctx context.Context, c *connector.Client, notes *remarks) (*customer, error) {
	rows, err := get(ctx, c, "a customer", connector.Request{Path: "/customers/number/" + string(b.ssn)}, decodeCustomers)
	if notFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return oldest(rows, func(row customer) bool { return b.ssn.is(row.SSN) }, notes), nil
}

// findByName searches, and keeps those without kennitala who have the same name and e-mail. Of two people without e-mail the phone must be the
// same as well.
func (b buyer) findByName(ctx context.Context, c *connector.Client, notes *remarks) (*customer, error) {
	query := b.email
	if query == "" {
		query = b.name
	}
	rows, err := get(ctx, c, "the customers", connector.Request{Path: "/customers/search/", Query: url.Values{"query": {query}}}, decodeCustomers)
	if notFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return oldest(rows, b.isSame, notes), nil
}

func (b buyer) isSame(row customer) bool {
	return row.SSN == "" && strings.EqualFold(strings.TrimSpace(string(row.Email)), b.email) && sameName(string(row.Name), b.name) &&
		(b.email != "" || digits(string(row.Phone)) == digits(b.phone))
}

// sameName compares names without regard to case and blanks.
func sameName(a, b string) bool {
	return strings.EqualFold(strings.Join(strings.Fields(a), " "), strings.Join(strings.Fields(b), " "))
}

func digits(text string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, text)
}

// oldest is the first made of the rows that fit, so that every run takes the same one.
func oldest(rows []customer, fits func(customer) bool, notes *remarks) *customer {
	var best *customer
	count := 0
	for i := range rows {
		row := &rows[i]
		if !fits(*row) {
			continue
		}
		count++
		if best == nil || row.Created != "" && (best.Created == "" || row.Created < best.Created) {
			best = row
		}
	}
	if count > 1 {
		notes.add("Payday has this customer more than once: the oldest was taken.")
	}
	return best
}

// customerRounds are when a customer whose making went unanswered is looked for; the last lies beyond Payday's slowest answer.
var customerRounds = []time.Duration{15 * time.Second, 60 * time.Second, 150 * time.Second}

// add makes the customer. Payday takes the name from the national register when it knows the kennitala, and drops a kennitala it does not know;
// it says neither (observed in practice).
func (b buyer) add(ctx context.Context, c *connector.Client) (*customer, error) {
	resp, err := c.Change(ctx, connector.Change{
		Name:    "customer",
		Request: connector.Request{Method: http.MethodPost, Path: "/customers", JSON: b.body},
		Assume:  b.assumed(),
		Recover: connector.Recovery{Rounds: customerRounds, Resends: 1, Find: func(ctx context.Context, _ connector.Call) ([]byte, bool, error) {
			found, err := b.findMade(ctx, c)
			if err != nil || found == nil {
				return nil, false, err
			}
			answer, err := json.Marshal(found)
			return answer, err == nil, err
		}},
	})
	if err != nil {
		return nil, fmt.Errorf("payday: make a customer: %w", err)
	}
	if rows, err := decodeCustomers(resp.Body); err == nil && len(rows) == 1 {
		return &rows[0], nil
	}
	// It was made, only the answer holds nothing to read: look it up.
	found, err := b.findMade(ctx, c)
	if err == nil && found == nil {
		err = notYet(codeUnlisted, "the customer was made and Payday does not list it yet")
	}
	return found, err
}

// assumed is what Payday would answer to the making of the customer, for a dry run.
func (b buyer) assumed() []byte {
	answer, err := json.Marshal(customer{ID: "00000000-0000-4000-8000-000000000000", SSN: words(b.ssn), Name: words(b.name), Email: words(b.email)})
	if err != nil {
		return nil // texts always marshal
	}
	return answer
}

// findMade looks for a customer that was asked for, who may have come out without the kennitala.
func (b buyer) findMade(ctx context.Context, c *connector.Client) (*customer, error) {
	var ignored remarks
	found, err := b.find(ctx, c, &ignored)
	if err != nil || found != nil || b.ssn == "" || b.name == "" {
		return found, err
	}
	return b.findByName(ctx, c, &ignored)
}
