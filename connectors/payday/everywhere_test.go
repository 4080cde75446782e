package payday

import (
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/tengi/tengi"
)

// cutter loses the answer to one request, the n-th, after or instead of letting it act.
type cutter struct {
	next http.Handler
	mu   sync.Mutex
	left int
	acts bool
	cut  bool
}

func (c *cutter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	c.left--
	hit := c.left == 0
	c.cut = c.cut || hit
	c.mu.Unlock()
	if hit && c.acts {
		c.next.ServeHTTP(httptest.NewRecorder(), r)
	}
	if hit {
		panic(http.ErrAbortHandler)
	}
	c.next.ServeHTTP(w, r)
}

// Whatever request of the work it is whose answer is lost, acted on or not, with the process dying at that moment: in the end there is one
// invoice to one customer, one credit note, one payment.
func TestLostAtEveryRequest(t *testing.T) {
	t.Parallel()
	works := map[string]func(d *desk) (tengi.Document, error){
		"create": func(d *desk) (tengi.Document, error) { return d.create(nil) },
		"undo": func(d *desk) (tengi.Document, error) {
			return undo(d.t.Context(), d.client(), d.ref, d.document())
		},
		"delete": func(d *desk) (tengi.Document, error) {
			return undo(d.t.Context(), d.client(), d.ref, d.document())
		},
		"pay": func(d *desk) (tengi.Document, error) { return d.pay(nil) },
	}
	for name, work := range works {
		for _, acts := range []bool{true, false} {
			for n := 1; n <= 12; n++ {
				t.Run(name, func(t *testing.T) {
					d := setup(t)
					d.prepare(name)
					c := &cutter{next: d.payday, left: n, acts: acts}
					d.server.Config.Handler = c
					_, err := d.persist(func() (tengi.Document, error) {
						doc, err := work(d)
						if err != nil {
							d.restart()
						}
						return doc, err
					})
					if err != nil {
						t.Fatalf("request %d lost (acted: %t): %v", n, acts, err)
					}
					d.verify(name)
					if n == 1 && !c.cut {
						t.Error("no answer was lost: the test tests nothing")
					}
				})
			}
		}
	}
}

// prepare makes what the work begins with.
func (d *desk) prepare(work string) {
	status := statusSent
	if work == "delete" {
		status = statusDraft
	}
	if work != "create" {
		d.made(map[string]any{"status": status})
		d.next("tengi-test-0001-next")
	}
}

// document is what was made, as the engine has stored it.
func (d *desk) document() tengi.Document {
	d.payday.mu.Lock()
	defer d.payday.mu.Unlock()
	inv := d.payday.invoices.all[0]
	status := statusSent
	if inv.number == 0 {
		status = statusDraft
	}
	return tengi.Document{Kind: tengi.Invoice, ExternalID: inv.id, Status: status, Amount: isk(34800), Customer: inv.customer.ID}
}

func (d *desk) verify(work string) {
	d.t.Helper()
	invoices, credits, payments := len(d.payday.Invoices()), len(d.payday.Credits()), len(d.payday.Payments())
	want := map[string][3]int{"create": {1, 0, 0}, "undo": {1, 1, 0}, "delete": {0, 0, 0}, "pay": {1, 0, 1}}[work]
	if got := [3]int{invoices, credits, payments}; got != want || len(d.payday.Customers()) != 1 {
		d.t.Errorf("invoices, credits, payments are %v, want %v; %d customers", got, want, len(d.payday.Customers()))
	}
}
