package caspit

import (
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/connector/connectortest"
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

// Whatever request of the work it is whose answer is lost, reads and logins included, acted on or not, with the process dying at that moment: in the
// end there is one closed document, one credit, one refund note, one card, and never two mails.
func TestLostAtEveryRequest(t *testing.T) {
	t.Parallel()
	paid := map[string]any{"make_contact": true, "document_date": "2026-07-01"}
	for name, work := range map[string]struct {
		do   func(*desk, tengi.Document) (tengi.Document, error)
		want map[string]int
	}{
		"create": {func(d *desk, _ tengi.Document) (tengi.Document, error) { return d.do("invoice.create", paid) }, map[string]int{"documents": 1, "contacts": 1}},
		"credit": {(*desk).undo, map[string]int{"documents": 1, "contacts": 1, "credits": 1, "refunds": 1}},
	} {
		for _, acts := range []bool{true, false} {
			for n := 1; n <= 14; n++ {
				t.Run(name, func(t *testing.T) {
					d := setup(t)
					d.account.Settings["refund_note"] = true
					var made tengi.Document
					mails := 1
					if name == "credit" {
						made, mails = d.made("invoice.create", paid), 2
						d.next("tengi-test-0001C")
						d.restart()
					}
					c := &cutter{next: d.caspit, left: n, acts: acts}
					d.server.Config.Handler = c
					if _, err := d.persist(func() (tengi.Document, error) { return work.do(d, made) }); err != nil {
						t.Fatalf("request %d lost (acted: %t): %v", n, acts, err)
					}
					for kind, want := range work.want {
						if got := held(d.caspit, kind); got != want {
							t.Errorf("request %d lost (acted: %t): %d %s, want %d", n, acts, got, kind, want)
						}
					}
					if drafts := held(d.caspit, "drafts"); drafts != 0 || len(d.caspit.Mails()) > mails {
						t.Errorf("request %d lost (acted: %t): %d drafts, %d mails", n, acts, drafts, len(d.caspit.Mails()))
					}
					if n == 1 && !c.cut {
						t.Error("no answer was lost: the test tests nothing")
					}
				})
			}
		}
	}
}

// persist runs work again and again as the engine does, each time in a new process, until it succeeds or asks for a person.
func (d *desk) persist(work func() (tengi.Document, error)) (tengi.Document, error) {
	d.t.Helper()
	for range 30 {
		doc, err := work()
		if err == nil {
			return doc, nil
		}
		e := connector.AsError(err)
		if e.Kind == connector.Permanent || e.Kind == connector.Attention || e.Code == connector.CodeAskPerson {
			return doc, err
		}
		d.clock.Advance(max(e.RetryAfter, 1))
		d.restart()
	}
	d.t.Fatal("it neither ends nor asks for a person")
	return tengi.Document{}, nil
}

func held(svc *Fake, kind string) int { return connectortest.Held(kind)(svc) }
