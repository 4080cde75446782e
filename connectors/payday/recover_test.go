package payday

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/connector/connectortest"
	"github.com/tengi/tengi/connector/fake"
)

// lose makes the answers to the next so many requests that make invoices get lost, in one of the ways they do.
func (d *desk) lose(kind fake.FaultKind, times int) {
	d.payday.Faults().Add(fake.Fault{Kind: kind, Method: "POST", Path: "/invoices", Times: times})
}

// A lost answer of a request that acted is found by our reference, and the invoice is there once.
func TestAnswerLostAfterActing(t *testing.T) {
	t.Parallel()
	for _, kind := range []fake.FaultKind{fake.DropAnswer, fake.FailActed} {
		t.Run(string(kind), func(t *testing.T) {
			d := setup(t)
			d.lose(kind, 1)
			_, err := d.create(nil)
			e := wantError(t, err, connector.Unknown, connector.CodeAnswerLost, "")
			if e.RetryAfter != 15*time.Second {
				t.Errorf("looks first after %s", e.RetryAfter)
			}
			d.restart()
			_, err = d.create(nil) // too early: nothing is read, nothing is sent
			if e := wantError(t, err, connector.Unknown, connector.CodeAnswerLost, ""); e.RetryAfter != 15*time.Second {
				t.Errorf("before the first round it waits %s", e.RetryAfter)
			}
			d.clock.Advance(15 * time.Second)
			d.restart()
			doc := d.made(nil)
			if inv := d.only(); doc.ExternalID != inv.ID || !doc.Amount.Equal(isk(34800)) || doc.Customer != inv.Customer || d.sends("create") != 1 {
				t.Errorf("adopted %+v, sent %d times", doc, d.sends("create"))
			}
		})
	}
}

// Days later the invoice is still looked for near the date that was asked for then, and found in one look.
func TestFoundByTheDateThatWasSent(t *testing.T) {
	d := setup(t)
	d.lose(fake.DropAnswer, 1)
	if _, err := d.create(nil); err == nil {
		t.Fatal("the answer was not lost")
	}
	date, _ := d.sent("create")["invoiceDate"].(string)
	d.restart()
	d.clock.Advance(30 * 24 * time.Hour)
	c := d.client()
	if _, err := create(t.Context(), c, d.ref, d.values(nil)); err != nil {
		t.Fatal(err)
	}
	day, err := time.Parse(time.DateOnly, date)
	if err != nil {
		t.Fatal(err)
	}
	var lists []string
	for _, e := range c.Recorded() {
		if strings.Contains(e.URL, "/invoices?") {
			lists = append(lists, e.URL)
		}
	}
	if from := day.AddDate(0, 0, -findWindow).Format(time.DateOnly); len(lists) != 1 || !strings.Contains(lists[0], "dateFrom="+from) {
		t.Errorf("looked in %v, want once from %s", lists, from)
	}
}

// The control: without looking there are two. If this fails, the tests around it prove nothing.
func TestCarelessDoubles(t *testing.T) {
	d := setup(t)
	d.lose(fake.DropAnswer, 1)
	if _, err := d.create(nil); err == nil {
		t.Fatal("the answer was not lost")
	}
	if _, err := d.create(nil, connectortest.Careless()); err != nil {
		t.Fatal(err)
	}
	if n := len(d.payday.Invoices()); n != 2 {
		t.Errorf("%d invoices, want the two that carelessness makes", n)
	}
}

func TestAnswerWithoutBody(t *testing.T) {
	d := setup(t, func(b *Behaviour) { b.EmptyAnswers = true })
	_, err := d.create(nil)
	wantError(t, err, connector.Unknown, connector.CodeBadAnswer, "")
	doc, err := d.persist(func() (tengi.Document, error) { return d.create(nil) })
	if inv := d.only(); err != nil || doc.ExternalID != inv.ID || d.sends("create") != 1 || len(d.payday.Customers()) != 1 {
		t.Errorf("%+v, %v, %d customers", doc, err, len(d.payday.Customers()))
	}
}

// A request that never acted is sent once more, and only after the last look.
func TestAbsentIsSentOnceMore(t *testing.T) {
	d := setup(t)
	d.lose(fake.DropRequest, 1)
	var looks []time.Duration
	start := d.clock.Now()
	_, err := d.create(nil)
	for err != nil {
		e := wantError(t, err, connector.Unknown, connector.CodeAnswerLost, "")
		if d.sends("create") != 1 {
			t.Fatalf("sent again after %s", d.clock.Now().Sub(start))
		}
		d.clock.Advance(e.RetryAfter)
		looks = append(looks, d.clock.Now().Sub(start))
		d.restart()
		_, err = d.create(nil)
	}
	d.only()
	want := []time.Duration{15 * time.Second, time.Minute, 150 * time.Second, 5 * time.Minute}
	if len(looks) != len(want) || d.sends("create") != 2 {
		t.Fatalf("looked at %s, sent %d times", looks, d.sends("create"))
	}
	for i := range want {
		if looks[i] != want[i] {
			t.Errorf("look %d came after %s, want %s", i+1, looks[i], want[i])
		}
	}
}

// The bytes of a call do not change, whatever changes around it: not with the day, not with the mapping.
func TestFrozenBytes(t *testing.T) {
	d := setup(t)
	d.lose(fake.DropRequest, 1)
	_, _ = d.create(nil)
	before, _ := d.journal.Call("create")
	d.clock.Advance(24 * time.Hour)
	d.restart()
	if _, err := d.create(map[string]any{"description": "edited meanwhile"}); err != nil {
		t.Fatal(err)
	}
	after, _ := d.journal.Call("create")
	if !bytes.Equal(before.Body, after.Body) || d.only().Date != "2026-07-01" || d.only().Description != "Bókun DEMO-71500321" {
		t.Errorf("sent first\n%s\nthen\n%s", before.Body, after.Body)
	}
}

func TestSecondLostAnswerAsksAPerson(t *testing.T) {
	d := setup(t)
	d.lose(fake.DropRequest, 2)
	_, err := d.persist(func() (tengi.Document, error) { d.restart(); return d.create(nil) })
	wantError(t, err, connector.Unknown, connector.CodeAskPerson, "")
	if d.sends("create") != 2 || len(d.payday.Invoices()) != 0 {
		t.Errorf("sent %d times, %d invoices", d.sends("create"), len(d.payday.Invoices()))
	}
}

// What acted on the second send is found as well.
func TestSecondLostAnswerThatActed(t *testing.T) {
	d := setup(t)
	d.lose(fake.DropRequest, 1)
	d.lose(fake.DropAnswer, 1)
	doc, err := d.persist(func() (tengi.Document, error) { d.restart(); return d.create(nil) })
	if inv := d.only(); err != nil || doc.ExternalID != inv.ID || d.sends("create") != 2 {
		t.Errorf("%+v, %v", doc, err)
	}
}

// gate takes the first request that makes an invoice, drops the connection, and lets it act when the test says so: the service's own slowness.
type gate struct {
	next http.Handler
	mu   sync.Mutex
	held *http.Request
	used bool
}

func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	first := !g.used && r.Method == http.MethodPost && r.URL.Path == "/invoices"
	if first {
		body, _ := io.ReadAll(r.Body)
		g.used, g.held = true, r.Clone(r.Context())
		g.held.Body = io.NopCloser(bytes.NewReader(body))
	}
	g.mu.Unlock()
	if first {
		panic(http.ErrAbortHandler)
	}
	g.next.ServeHTTP(w, r)
}

func (g *gate) act(t *testing.T) {
	t.Helper()
	w := httptest.NewRecorder()
	g.next.ServeHTTP(w, g.held)
	if w.Code != http.StatusOK {
		t.Fatalf("the late request was answered %d: %s", w.Code, w.Body)
	}
}

// The killed request may still be running on the other side: it acts after two looks have found nothing, and is found by the third.
func TestRequestThatActsAfterTheFirstLooks(t *testing.T) {
	d := setup(t)
	g := &gate{next: d.payday}
	d.server.Config.Handler = g
	start := d.clock.Now()
	acted := false
	doc, err := d.persist(func() (tengi.Document, error) {
		if !acted && d.clock.Now().Sub(start) > 100*time.Second {
			acted = true
			g.act(t)
		}
		d.restart()
		return d.create(nil)
	})
	if inv := d.only(); err != nil || !acted || doc.ExternalID != inv.ID || d.sends("create") != 1 {
		t.Errorf("%+v, %v, acted %t, sent %d times", doc, err, acted, d.sends("create"))
	}
}

// The list shows what is new only after a while.
func TestListLag(t *testing.T) {
	d := setup(t, func(b *Behaviour) { b.ListLag = 4 * time.Minute })
	d.lose(fake.DropAnswer, 1)
	doc, err := d.persist(func() (tengi.Document, error) { d.restart(); return d.create(nil) })
	if inv := d.only(); err != nil || doc.ExternalID != inv.ID || d.sends("create") != 1 {
		t.Errorf("%+v, %v, sent %d times", doc, err, d.sends("create"))
	}
}

// Tengi may be down for weeks after the request went out: today's date is then no guide to the invoice's.
func TestLookUpAfterAMonth(t *testing.T) {
	d := setup(t)
	d.lose(fake.DropAnswer, 1)
	_, _ = d.create(nil)
	d.clock.Advance(30 * 24 * time.Hour)
	d.restart()
	if doc := d.made(nil); doc.ExternalID != d.only().ID || d.sends("create") != 1 {
		t.Errorf("adopted %s, sent %d times", doc.ExternalID, d.sends("create"))
	}
}

// A look that fails, or sees only a part of the list, proves nothing, however often.
func TestFailedLooksAreNotRounds(t *testing.T) {
	t.Parallel()
	tests := map[string]func(d *desk){
		"500": func(d *desk) {
			d.payday.Faults().Add(fake.Fault{Kind: fake.Fail, Method: "GET", Path: "/invoices", Times: -1})
		},
		"not JSON": func(d *desk) {
			d.payday.Faults().Add(fake.Fault{Kind: fake.Refuse, Method: "GET", Path: "/invoices", Status: 200, Body: "<html>", Times: -1})
		},
		"another object": func(d *desk) {
			d.payday.Faults().Add(fake.Fault{Kind: fake.Refuse, Method: "GET", Path: "/invoices", Status: 200, Body: `{"message":"later"}`, Times: -1})
		},
		"a row without id": func(d *desk) {
			d.payday.Faults().Add(fake.Fault{Kind: fake.Refuse, Method: "GET", Path: "/invoices", Status: 200, Body: `{"invoices":[{}],"total":1,"page":1,"pages":1}`, Times: -1})
		},
		"fewer rows than it says": func(d *desk) {
			d.payday.Faults().Add(fake.Fault{Kind: fake.Refuse, Method: "GET", Path: "/invoices", Status: 200, Body: `{"invoices":[],"total":1,"page":1,"pages":1}`, Times: -1})
		},
		"an empty page among others": func(d *desk) {
			d.payday.Faults().Add(fake.Fault{Kind: fake.Refuse, Method: "GET", Path: "/invoices", Status: 200, Body: `{"invoices":[],"page":1,"pages":3}`, Times: -1})
		},
		"404": func(d *desk) {
			d.payday.Faults().Add(fake.Fault{Kind: fake.Refuse, Method: "GET", Path: "/invoices", Status: 404, Times: -1})
		},
	}
	for name, spoil := range tests {
		t.Run(name, func(t *testing.T) {
			d := setup(t)
			d.lose(fake.DropAnswer, 1)
			_, err := d.create(nil)
			spoil(d)
			for range 8 {
				if err == nil || d.sends("create") != 1 {
					t.Fatalf("a spoilt look led to %v, sent %d times", err, d.sends("create"))
				}
				if e := connector.AsError(err); e.Kind != connector.Unknown {
					t.Fatalf("a spoilt look made it %s: %v", e.Kind, err)
				}
				d.clock.Advance(10 * time.Minute)
				_, err = d.create(nil)
			}
			d.payday.Faults().Clear()
			d.clock.Advance(10 * time.Minute)
			if doc := d.made(nil); doc.ExternalID != d.only().ID {
				t.Errorf("adopted %s", doc.ExternalID)
			}
		})
	}
}

// fill enters other invoices into the books, some with references like ours.
func (d *desk) fill(n int, references ...string) {
	d.t.Helper()
	who := d.payday.AddCustomer(FakeCustomer{Name: "Somebody Else"}, true)
	d.payday.mu.Lock()
	defer d.payday.mu.Unlock()
	for i := range n {
		inv := &fakeInvoice{
			status: statusSent, currency: krona, customer: d.payday.customers.byID[who], date: "2026-07-01", due: "2026-07-01", finalDue: "2026-07-01",
			made: d.clock.Now(), gross: decimal.NewFromInt(1),
		}
		if len(references) > 0 {
			inv.reference = references[i%len(references)]
		}
		d.payday.keep(inv, "", "")
	}
}

// Every page is read, and only the very same reference counts.
func TestLookUpReadsEveryPage(t *testing.T) {
	d := setup(t)
	d.lose(fake.DropAnswer, 1)
	_, _ = d.create(nil)
	d.fill(730, "tengi-test-00011", "TENGI-TEST-0001", " tengi-test-0001", "tengi-test-000", "")
	d.clock.Advance(15 * time.Second)
	doc := d.made(nil)
	if d.payday.Invoices()[0].ID != doc.ExternalID || len(d.payday.Invoices()) != 731 {
		t.Errorf("adopted %s of %d", doc.ExternalID, len(d.payday.Invoices()))
	}
}

func TestTwoWithOurReferenceAskAPerson(t *testing.T) {
	d := setup(t)
	d.lose(fake.DropAnswer, 1)
	_, _ = d.create(nil)
	d.fill(1, string(d.ref))
	d.clock.Advance(15 * time.Second)
	_, err := d.create(nil)
	wantError(t, err, connector.Unknown, connector.CodeAskPerson, "")
	if d.sends("create") != 1 {
		t.Errorf("sent %d times", d.sends("create"))
	}
}

// A person was quicker: what was made and then credited or deleted by hand is not made again.
func TestHandCreditedIsNotMadeAgain(t *testing.T) {
	t.Parallel()
	for _, status := range []string{statusCancelled, statusCredit, statusPaid} {
		t.Run(status, func(t *testing.T) {
			d := setup(t)
			d.lose(fake.DropAnswer, 1)
			_, _ = d.create(nil)
			if err := d.payday.ByHand(d.only().ID, status); err != nil {
				t.Fatal(err)
			}
			d.clock.Advance(15 * time.Second)
			if doc := d.made(nil); doc.Status != status || d.only().ID != doc.ExternalID {
				t.Errorf("document %+v", doc)
			}
		})
	}
}

// A person moved the date of a draft whose making went unanswered.
func TestDraftMovedByHand(t *testing.T) {
	d := setup(t)
	d.lose(fake.DropAnswer, 1)
	_, _ = d.create(map[string]any{"status": "DRAFT"})
	d.payday.mu.Lock()
	d.payday.invoices.all[0].date = "2026-09-30"
	d.payday.mu.Unlock()
	d.clock.Advance(15 * time.Second)
	if doc := d.made(map[string]any{"status": "DRAFT"}); doc.ExternalID != d.only().ID {
		t.Errorf("adopted %s", doc.ExternalID)
	}
}

func TestIntentThatCannotBeStoredIsNotSent(t *testing.T) {
	d := setup(t)
	d.payday.AddCustomer(FakeCustomer{Name: "John Traveller", Email: "john@example.com"}, true)
	d.journal.FailIntend(errors.New("the lease was lost"))
	if _, err := d.create(nil); err == nil {
		t.Fatal("it went on without having stored the intent")
	}
	if len(d.payday.Invoices()) != 0 {
		t.Error("it was sent")
	}
}
