package shop

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"sync"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/connector/fake"
	"github.com/tengi/tengi/field"
	"github.com/tengi/tengi/money"
)

// Invoice is what the bookkeeper keeps.
type Invoice struct {
	ID        string `json:"id"`
	Reference string `json:"reference"`
	Total     string `json:"total"`
	Status    string `json:"status"`
}

// Books is the destination, and the witness of every test: it counts what it was made to do.
type Books struct {
	Faults  fake.Faults
	UseKeys bool  // heeds idempotency keys
	Extra   int64 // added to every invoice's total, to play a service that rounds

	mu       sync.Mutex
	invoices []*Invoice
	byKey    map[string]*Invoice
}

// NewBooks is a bookkeeper without invoices.
func NewBooks() *Books { return &Books{byKey: map[string]*Invoice{}} }

// Invoices are all invoices in the order they were made.
func (b *Books) Invoices() []Invoice {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := make([]Invoice, len(b.invoices))
	for i, made := range b.invoices {
		all[i] = *made
	}
	return all
}

func (b *Books) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case r.Method == http.MethodGet && r.URL.Path == "/me":
		fake.JSON(w, 200, map[string]string{"name": "Books"})
	case r.Method == http.MethodGet:
		found := []*Invoice{}
		for _, i := range b.invoices {
			if i.Reference == r.URL.Query().Get("reference") {
				found = append(found, i)
			}
		}
		fake.JSON(w, 200, found)
	case r.URL.Path == "/invoices":
		b.create(w, r)
	default:
		b.move(w, r)
	}
}

func (b *Books) create(w http.ResponseWriter, r *http.Request) {
	key := r.Header.Get("Idempotency-Key")
	if made, ok := b.byKey[key]; ok && b.UseKeys && key != "" {
		fake.JSON(w, 200, made)
		return
	}
	var i Invoice
	if err := json.NewDecoder(r.Body).Decode(&i); err != nil || i.Total == "" {
		http.Error(w, "bad invoice", http.StatusUnprocessableEntity)
		return
	}
	total := decimal.RequireFromString(i.Total).Add(decimal.NewFromInt(b.Extra))
	i.Total, i.ID = total.String(), fmt.Sprint(len(b.invoices)+1)
	if i.Status == "" {
		i.Status = "issued"
	}
	b.invoices = append(b.invoices, &i)
	b.byKey[key] = &i
	fake.JSON(w, 201, i)
}

// move handles POST /invoices/ID/STATUS.
func (b *Books) move(w http.ResponseWriter, r *http.Request) {
	id, status := path.Base(path.Dir(r.URL.Path)), path.Base(r.URL.Path)
	for _, i := range b.invoices {
		if i.ID == id {
			i.Status = status
			fake.JSON(w, 200, i)
			return
		}
	}
	http.Error(w, "no such invoice", http.StatusNotFound)
}

// Count is how many invoices stand with a status.
func (b *Books) Count(status string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := 0
	for _, i := range b.invoices {
		if i.Status == status {
			n++
		}
	}
	return n
}

// Destination is the connector of the bookkeeper. Its accounts name the means by which lost answers are resolved: key, find, none.
func Destination() *connector.Connector {
	return &connector.Connector{
		Name: "books", Title: "Books",
		Auth: connector.Auth{
			Fields:  field.Set{{Key: "means", Type: field.Text, Label: "Means"}, {Key: "secret", Type: field.Text, Label: "Secret", Secret: true}},
			BaseURL: func(field.Values) string { return "http://books.test" },
			Check: func(ctx context.Context, c *connector.Client) (connector.Identity, error) {
				var me struct{ Name string }
				err := c.Get(ctx, "/me", nil, &me)
				return connector.Identity{Name: me.Name}, err
			},
		},
		Actions: []connector.Action{
			{Key: "invoice.create", Title: "Create", Input: invoiceInput, Makes: tengi.Invoice, Total: invoiceTotal, Do: createInvoice("issued", false), Undo: cancelInvoice},
			{Key: "invoice.send", Title: "Draft and send", Input: invoiceInput, Makes: tengi.Invoice, Total: invoiceTotal, Do: createInvoice("draft", true), Undo: cancelInvoice},
			{Key: "note.create", Title: "Note", Input: field.Set{{Key: "text", Type: field.Text, Label: "Text", Default: "{{ data.id }}"}}, Makes: tengi.Message, Do: createNote},
		},
	}
}

var invoiceInput = field.Set{
	{Key: "total", Type: field.Amount, Label: "Total", Required: true, Default: "{{ sale.total }}"},
	{Key: "currency", Type: field.Currency, Label: "Currency", Required: true, Default: "{{ sale.currency }}"},
}

func invoiceTotal(v field.Values) (money.Amount, error) {
	return money.New(v.Decimal("total"), v.Text("currency")), nil
}

func recovery(c *connector.Client, ref tengi.Ref) connector.Recovery {
	switch c.Settings.Text("means") {
	case "key":
		return connector.Recovery{KeyHeader: "Idempotency-Key", KeyLife: 24 * time.Hour}
	case "find":
		return connector.Recovery{Resends: 10, Rounds: []time.Duration{15 * time.Second, time.Minute}, Find: func(ctx context.Context, _ connector.Call) ([]byte, bool, error) {
			var found []Invoice
			err := c.Get(ctx, "/invoices", url.Values{"reference": {string(ref)}}, &found)
			if err != nil || len(found) == 0 {
				return nil, false, err
			}
			answer, err := json.Marshal(found[0])
			return answer, true, err
		}}
	}
	return connector.Recovery{}
}

func createInvoice(status string, send bool) func(context.Context, *connector.Client, tengi.Ref, field.Values) (tengi.Document, error) {
	return func(ctx context.Context, c *connector.Client, ref tengi.Ref, v field.Values) (tengi.Document, error) {
		resp, err := c.Change(ctx, connector.Change{Name: "create", Recover: recovery(c, ref), Request: connector.Request{Method: "POST", Path: "/invoices",
			JSON: Invoice{Reference: string(ref), Total: v.Decimal("total").String(), Status: status}}})
		if err != nil {
			return tengi.Document{}, err
		}
		var made Invoice
		if err := resp.JSON(&made); err != nil {
			return tengi.Document{}, err
		}
		if send {
			if _, err := c.Change(ctx, connector.Change{Name: "send", Recover: connector.Recovery{Repeatable: true},
				Request: connector.Request{Method: "POST", Path: "/invoices/" + made.ID + "/issued"}}); err != nil {
				return tengi.Document{}, err
			}
		}
		return tengi.Document{ExternalID: made.ID, Number: "I-" + made.ID, Status: "issued", Amount: money.New(decimal.RequireFromString(made.Total), v.Text("currency"))}, nil
	}
}

func cancelInvoice(ctx context.Context, c *connector.Client, _ tengi.Ref, doc tengi.Document) (tengi.Document, error) {
	_, err := c.Change(ctx, connector.Change{Name: "cancel", Recover: connector.Recovery{Repeatable: true},
		Request: connector.Request{Method: "POST", Path: "/invoices/" + doc.ExternalID + "/cancelled"}})
	return tengi.Document{Kind: tengi.CreditNote, ExternalID: doc.ExternalID, Status: "cancelled"}, err
}

func createNote(ctx context.Context, c *connector.Client, ref tengi.Ref, v field.Values) (tengi.Document, error) {
	resp, err := c.Change(ctx, connector.Change{Name: "create", Recover: recovery(c, ref), Request: connector.Request{Method: "POST", Path: "/invoices",
		JSON: Invoice{Reference: string(ref), Total: "0", Status: "note:" + v.Text("text")}}})
	if err != nil {
		return tengi.Document{}, err
	}
	var made Invoice
	return tengi.Document{ExternalID: made.ID}, resp.JSON(&made)
}
