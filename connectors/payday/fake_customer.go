package payday

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/mail"
	"strings"
	"time"

	"github.com/tengi/tengi/connector/fake"
)

// FakeCustomer is a customer in the stand-in's books.
type FakeCustomer struct {
	ID           string `json:"id"`
	SSN          string `json:"ssn"`
	Name         string `json:"name"`
	Email        string `json:"email"`
	Address      string `json:"address"`
	ZipCode      string `json:"zipCode"`
	City         string `json:"city"`
	Country      string `json:"country"`
	Phone        string `json:"phone"`
	Language     string `json:"language"`
	Electronic   bool   `json:"sendElectronicInvoices"`
	Created      string `json:"created"`
	made         time.Time
	noElectronic bool // cannot receive electronic invoices, whatever is asked for
	invoiced     bool
}

// customerBook finds customers without reading all of them: the stand-in is also what throughput is measured with.
type customerBook struct {
	all    []*FakeCustomer
	byID   map[string]*FakeCustomer
	bySSN  map[string][]*FakeCustomer
	byTail map[string][]*FakeCustomer // by the last letters before the @ of the e-mail and the first behind it
}

func newCustomerBook() customerBook {
	return customerBook{byID: map[string]*FakeCustomer{}, bySSN: map[string][]*FakeCustomer{}, byTail: map[string][]*FakeCustomer{}}
}

func (b *customerBook) add(c *FakeCustomer) {
	c.ID = fmt.Sprintf("0b7c0000-0000-4000-8000-%012d", len(b.all)+1)
	b.all = append(b.all, c)
	b.byID[c.ID] = c
	if c.SSN != "" {
		b.bySSN[c.SSN] = append(b.bySSN[c.SSN], c)
	}
	if tail, ok := emailTail(c.Email); ok {
		b.byTail[tail] = append(b.byTail[tail], c)
	}
}

// emailTail is the part of an e-mail that every longer e-mail which ends with it shares.
func emailTail(email string) (string, bool) {
	local, domain, ok := strings.Cut(strings.ToLower(email), "@")
	if !ok || local == "" || domain == "" {
		return "", false
	}
	return local[max(0, len(local)-3):] + "@" + domain, true
}

// search finds what contains the query in name or e-mail. Those with more than was asked for come first: the similar before the same.
func (b *customerBook) search(query string) []*FakeCustomer {
	query = strings.ToLower(query)
	candidates := b.all
	if local, _, isEmail := strings.Cut(query, "@"); isEmail && len(local) >= 3 {
		tail, _ := emailTail(query)
		candidates = b.byTail[tail]
	}
	var similar, same []*FakeCustomer
	for _, c := range candidates {
		switch {
		case strings.EqualFold(c.Email, query), strings.EqualFold(c.Name, query):
			same = append(same, c)
		case strings.Contains(strings.ToLower(c.Email), query), strings.Contains(strings.ToLower(c.Name), query):
			similar = append(similar, c)
		}
	}
	return append(similar, same...)
}

func (f *Fake) serveCustomers(w http.ResponseWriter, r *http.Request, part, rest string, body []byte) {
	switch {
	case r.Method == http.MethodPost && part == "":
		f.makeCustomer(w, body)
	case r.Method != http.MethodGet && r.Method != http.MethodDelete, part == "" && r.Method != http.MethodGet:
		w.WriteHeader(http.StatusMethodNotAllowed)
	case part == "":
		f.listCustomers(w, r)
	case part == "number":
		f.customerByNumber(w, rest)
	case part == "search":
		fake.JSON(w, http.StatusOK, f.listed(f.customers.search(r.URL.Query().Get("query"))))
	default:
		f.serveCustomer(w, r, part)
	}
}

func (f *Fake) serveCustomer(w http.ResponseWriter, r *http.Request, id string) {
	c := f.customers.byID[id]
	switch {
	case c == nil:
		w.WriteHeader(http.StatusNotFound)
	case r.Method == http.MethodDelete && c.invoiced:
		f.coded(w, numberInvoiced, "Customer has invoices and cannot be deleted")
	case r.Method == http.MethodDelete:
		message(w, "Deleting customers is not part of the stand-in")
	default:
		fake.JSON(w, http.StatusOK, c)
	}
}

// listed leaves out what was made too recently to show, and is a list even when nothing is left.
func (f *Fake) listed(rows []*FakeCustomer) []*FakeCustomer {
	shown := make([]*FakeCustomer, 0, len(rows))
	for _, c := range rows {
		if !f.now().Before(c.made.Add(f.behaviour.ListLag)) {
			shown = append(shown, c)
		}
	}
	return shown
}

// listCustomers ignores the filter by ssn, as the real one does.
func (f *Fake) listCustomers(w http.ResponseWriter, r *http.Request) {
	rows := f.listed(f.customers.all)
	from, to, p := pageOf(r.URL.Query(), len(rows))
	fake.JSON(w, http.StatusOK, map[string]any{"customers": rows[from:to], "perPage": p.per, "total": len(rows), "page": p.page, "pages": p.pages})
}

func (f *Fake) customerByNumber(w http.ResponseWriter, ssn string) {
	rows := f.listed(f.customers.bySSN[ssn])
	if len(rows) == 0 {
		message404(w, "Customer not found")
		return
	}
	fake.JSON(w, http.StatusOK, rows[0])
}

func message404(w http.ResponseWriter, text string) {
	fake.JSON(w, http.StatusNotFound, map[string]string{"message": text})
}

// makeCustomer takes the name from the register when it knows the kennitala, and silently drops a kennitala it does not know.
func (f *Fake) makeCustomer(w http.ResponseWriter, body []byte) {
	var asked customerBody
	if err := json.Unmarshal(body, &asked); err != nil {
		sentence(w, http.StatusBadRequest, "The request body is not valid JSON")
		return
	}
	if asked.Name == "" && asked.SSN == "" {
		message(w, "Name is required for a customer without ssn")
		return
	}
	if _, err := mail.ParseAddress(asked.Email); asked.Email != "" && err != nil {
		message(w, "Email is not valid")
		return
	}
	if asked.Language != "is" && asked.Language != "en" {
		message(w, "Language must be is or en")
		return
	}
	c := &FakeCustomer{
		SSN: asked.SSN, Name: asked.Name, Email: asked.Email, Address: asked.Address, ZipCode: asked.ZipCode, City: asked.City, Country: asked.Country,
		Phone: asked.Phone, Language: asked.Language, made: f.now(), Created: timestamp(f.now()),
	}
	if name, known := f.register[c.SSN]; known {
		c.Name = name
	} else {
		c.SSN = ""
	}
	f.customers.add(c)
	f.made(w, c)
}
