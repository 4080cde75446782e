package engine

import (
	"testing"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/connector/fake"
	"github.com/tengi/tengi/internal/shop"
)

// A story is what happens to one order, told by its notices, and what must stand at the bookkeeper in the end.
func TestStories(t *testing.T) {
	t.Parallel()
	type tell struct {
		shop.Order
		work bool // everything due is worked after this notice
	}
	confirmed := func(total string, version int64) shop.Order {
		return shop.Order{ID: "A1", Status: "confirmed", Total: total, Version: version}
	}
	cancelled := shop.Order{ID: "A1", Status: "cancelled", Total: "0", Line: "0", Version: 9}
	for _, c := range []struct {
		name              string
		change            func(*tengi.Connection)
		notices           []tell
		issued, cancelled int
		last              string // state and code of the last delivery
	}{
		{"confirmed", nil, []tell{{confirmed("100", 0), true}}, 1, 0, "done "},
		{"pending makes nothing", nil, []tell{{shop.Order{ID: "A1", Status: "pending", Total: "100"}, true}}, 0, 0, "skipped pending"},
		{"confirmed, then cancelled", nil, []tell{{confirmed("100", 0), true}, {cancelled, true}}, 0, 1, "done "},
		{"cancelled before the first call", nil, []tell{{confirmed("100", 0), false}, {cancelled, true}}, 0, 0, "skipped not_wanted"},
		{"cancelled without an invoice", nil, []tell{{cancelled, true}}, 0, 0, "skipped not_wanted"},
		{"a late confirmation after the cancellation", nil, []tell{{cancelled, true}, {confirmed("100", 1), true}}, 0, 0, "skipped superseded"},
		{"price changed", nil, []tell{{confirmed("100", 1), true}, {confirmed("150", 2), true}}, 1, 1, "done "},
		{"price changed before the first call", nil, []tell{{confirmed("100", 1), false}, {confirmed("150", 2), true}}, 1, 0, "done "},
		{"price changed, to be held", func(c *tengi.Connection) { c.OnChange = tengi.Hold }, []tell{{confirmed("100", 1), true}, {confirmed("150", 2), true}}, 1, 0, "held sale_changed"},
		{"price changed, to be ignored", func(c *tengi.Connection) { c.OnChange = tengi.Ignore }, []tell{{confirmed("100", 1), true}, {confirmed("150", 2), true}}, 1, 0, "skipped nothing_to_do"},
		{"the same again in other words", nil, []tell{{confirmed("100", 1), true}, {shop.Order{ID: "A1", Status: "confirmed", Total: "100", Version: 2, Notice: "x"}, true}}, 1, 0, "skipped nothing_to_do"},
		{"an older state comes late", nil, []tell{{confirmed("150", 2), true}, {confirmed("100", 1), true}}, 1, 0, "skipped superseded"},
		{"cancel held", func(c *tengi.Connection) { c.OnCancel = tengi.Hold }, []tell{{confirmed("100", 1), true}, {cancelled, true}}, 1, 0, "held cancelled"},
		{"cancel ignored", func(c *tengi.Connection) { c.OnCancel = tengi.Ignore }, []tell{{confirmed("100", 1), true}, {cancelled, true}}, 1, 0, "skipped cancelled"},
		{"cancelled and confirmed anew", nil, []tell{{confirmed("100", 1), true}, {shop.Order{ID: "A1", Status: "cancelled", Total: "0", Line: "0", Version: 2}, true}, {confirmed("100", 3), true}}, 1, 1, "done "},
		{"lines do not add up", nil, []tell{{shop.Order{ID: "A1", Status: "confirmed", Total: "100", Line: "99"}, true}}, 0, 0, "held sale_check"},
		{"a fraction of a króna", nil, []tell{{confirmed("100.50", 0), true}}, 0, 0, "held sale_check"},
		{"held, then corrected at the source", nil, []tell{{shop.Order{ID: "A1", Status: "confirmed", Total: "100", Line: "99", Version: 1}, true}, {confirmed("100", 2), true}}, 1, 0, "done "},
		{"filter", func(c *tengi.Connection) { c.Source.Filter = "sale.total > 1000" }, []tell{{confirmed("100", 0), true}}, 0, 0, "skipped not_wanted"},
		{"filter no longer lets it through", func(c *tengi.Connection) { c.Source.Filter = "sale.total > 50" }, []tell{{confirmed("100", 1), true}, {confirmed("10", 2), true}}, 0, 1, "done "},
		{"step condition", func(c *tengi.Connection) { c.Steps[0].When = `sale.customer.country == "IS"` }, []tell{{confirmed("100", 0), true}}, 0, 0, "skipped nothing_to_do"},
		{"mapped total differs", func(c *tengi.Connection) { c.Steps[0].Fields = map[string]any{"total": "{{ sale.total - 1 }}"} }, []tell{{confirmed("100", 0), true}}, 0, 0, "held totals_differ"},
		{"loaded, three notices become one", nil, []tell{
			{shop.Order{ID: "A1", Status: "confirmed", Total: "100", Load: true, Notice: "n1"}, false},
			{shop.Order{ID: "A1", Status: "confirmed", Total: "100", Load: true, Notice: "n2"}, false},
			{shop.Order{ID: "A1", Status: "confirmed", Total: "100", Load: true, Notice: "n3"}, true}}, 1, 0, "done "},
		{"loaded, cancelled meanwhile", nil, []tell{
			{shop.Order{ID: "A1", Status: "confirmed", Total: "100", Load: true, Notice: "n1"}, false},
			{shop.Order{ID: "A1", Status: "cancelled", Total: "0", Line: "0", Load: true, Notice: "n2"}, true}}, 0, 0, "skipped not_wanted"},
		{"two steps of one account", func(c *tengi.Connection) {
			c.Steps = append(c.Steps, tengi.Step{Key: "second", AccountID: "acc_books", Action: "invoice.send", When: `steps.invoice.number != ""`})
		}, []tell{{confirmed("100", 1), true}, {cancelled, true}}, 0, 2, "done "},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, "key", shop.Connection(c.change))
			var last int64
			for _, n := range c.notices {
				last = b.notice(n.Order).EventID
				if n.work {
					b.settle()
				}
			}
			d := b.delivery(last)
			if got := d.state + " " + d.code; got != c.last {
				t.Errorf("the last delivery is %q (%s), want %q", got, d.reason, c.last)
			}
			if i, x := b.books.Count("issued"), b.books.Count("cancelled"); i != c.issued || x != c.cancelled {
				t.Errorf("%d issued and %d cancelled, want %d and %d", i, x, c.issued, c.cancelled)
			}
		})
	}
}

func TestNoticesOfOneObjectBecomeOneLoad(t *testing.T) {
	t.Parallel()
	b := setup(t, "key")
	for _, n := range []string{"n1", "n2", "n3"} {
		b.notice(shop.Order{ID: "A1", Status: "confirmed", Total: "100", Load: true, Notice: n})
	}
	b.settle()
	if b.shop.Asked() != 1 {
		t.Fatalf("the shop was asked %d times", b.shop.Asked())
	}
}

func TestTwoConnectionsLoadOnce(t *testing.T) {
	t.Parallel()
	b := setup(t, "key", shop.Connection(nil), shop.Connection(func(c *tengi.Connection) { c.ID, c.Key = "con_2", "second" }))
	b.notice(shop.Order{ID: "A1", Status: "confirmed", Total: "100", Load: true})
	b.settle()
	if b.shop.Asked() != 1 || b.books.Count("issued") != 2 {
		t.Fatalf("asked %d times, %d invoices", b.shop.Asked(), b.books.Count("issued"))
	}
}

func TestEventsWithoutSaleEachCount(t *testing.T) {
	t.Parallel()
	b := setup(t, "key", shop.Connection(func(c *tengi.Connection) { c.Source.Trigger, c.Steps[0].Action = "note", "note.create" }))
	for _, n := range []string{"n1", "n2", "n2", "n3"} {
		b.notice(shop.Order{ID: "A1", Total: "0", Bare: true, Notice: n})
	}
	b.settle()
	if n := b.books.Count("note:A1"); n != 3 {
		t.Fatalf("%d notes, want 3", n)
	}
}

// Every way in which an answer can be lost, with every means: one invoice, never two, and a person is asked only where nothing else is left.
func TestLostAnswers(t *testing.T) {
	t.Parallel()
	for _, means := range []string{"key", "find", "none"} {
		for _, kind := range []fake.FaultKind{fake.DropAnswer, fake.FailActed, fake.DropRequest, fake.Fail} {
			t.Run(means+" "+string(kind), func(t *testing.T) {
				t.Parallel()
				b := setup(t, means)
				b.books.UseKeys = means == "key"
				b.books.Faults.Add(fake.Fault{Kind: kind, Method: "POST"})
				event := b.notice(shop.Order{ID: "A1", Status: "confirmed", Total: "100"}).EventID
				b.settleLater()
				d := b.delivery(event)
				acted := kind == fake.DropAnswer || kind == fake.FailActed
				if means == "none" {
					want := 0
					if acted {
						want = 1
					}
					if d.state != "unknown" || d.code != connector.CodeAskPerson || b.books.Count("issued") != want {
						t.Fatalf("%+v, %d invoices", d, b.books.Count("issued"))
					}
					return
				}
				if d.state != "done" || b.books.Count("issued") != 1 {
					t.Fatalf("%+v, %d invoices", d, b.books.Count("issued"))
				}
			})
		}
	}
}

func TestRefusedAndReplayed(t *testing.T) {
	t.Parallel()
	b := setup(t, "key")
	b.books.Faults.Add(fake.Fault{Kind: fake.Refuse, Method: "POST"})
	event := b.notice(shop.Order{ID: "A1", Status: "confirmed", Total: "100"}).EventID
	b.settle()
	if d := b.delivery(event); d.state != "failed" || d.code != connector.CodeRefused {
		t.Fatalf("%+v", d)
	}
	must(t, b.engine.Replay(t.Context(), b.deliveryID(event)))
	b.settle()
	if d := b.delivery(event); d.state != "done" || b.books.Count("issued") != 1 {
		t.Fatalf("%+v, %d invoices", d, b.books.Count("issued"))
	}
}

func TestAccountNeedsAttention(t *testing.T) {
	t.Parallel()
	b := setup(t, "key")
	b.books.Faults.Add(fake.Fault{Kind: fake.LoginFails, Times: -1})
	event := b.notice(shop.Order{ID: "A1", Status: "confirmed", Total: "100"}).EventID
	b.settle()
	a, _ := b.engine.Account("acc_books")
	if d := b.delivery(event); a.State != tengi.AccountAttention || d.state != "waiting" {
		t.Fatalf("account %s, delivery %+v", a.State, d)
	}
	if _, err := b.engine.Check(t.Context(), "acc_books"); err == nil {
		t.Fatal("the check passes while the login is refused")
	}
	b.books.Faults.Clear()
	if _, err := b.engine.Check(t.Context(), "acc_books"); err != nil {
		t.Fatal(err)
	}
	b.settle()
	if d := b.delivery(event); d.state != "done" || b.books.Count("issued") != 1 {
		t.Fatalf("%+v", d)
	}
}

func TestDocumentThatComesToAnotherAmountIsHeld(t *testing.T) {
	t.Parallel()
	b := setup(t, "key")
	b.books.Extra = 1
	event := b.notice(shop.Order{ID: "A1", Status: "confirmed", Total: "100"}).EventID
	b.settle()
	if d := b.delivery(event); d.state != "held" || d.code != "document_total_differs" {
		t.Fatalf("%+v", d)
	}
	must(t, b.engine.Replay(t.Context(), b.deliveryID(event)))
	b.settle()
	if b.books.Count("issued") != 1 {
		t.Fatalf("%d invoices", b.books.Count("issued"))
	}
}

func TestPersonDecidesAnUnknownOutcome(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		kind   fake.FaultKind
		decide func(*bench, int64) error
	}{
		{"it exists", fake.DropAnswer, func(b *bench, id int64) error {
			return b.engine.Adopt(b.t.Context(), id, tengi.Document{ExternalID: "1", Number: "I-1"})
		}},
		{"it does not", fake.DropRequest, func(b *bench, id int64) error { return b.engine.SendAgain(b.t.Context(), id) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, "none")
			b.books.Faults.Add(fake.Fault{Kind: c.kind, Method: "POST"})
			event := b.notice(shop.Order{ID: "A1", Status: "confirmed", Total: "100"}).EventID
			b.settleLater()
			id := b.deliveryID(event)
			if err := b.engine.Skip(t.Context(), id, "not needed"); err == nil {
				t.Fatal("skipped although a request may have acted")
			}
			must(t, c.decide(b, id))
			b.settle()
			if d := b.delivery(event); (d.state != "done" && d.state != "skipped") || b.books.Count("issued") != 1 {
				t.Fatalf("%+v, %d invoices", d, b.books.Count("issued"))
			}
			cancel := b.notice(shop.Order{ID: "A1", Status: "cancelled", Total: "0", Line: "0"}).EventID
			b.settle()
			if d := b.delivery(cancel); d.state != "done" || b.books.Count("cancelled") != 1 {
				t.Fatalf("the adopted invoice is not undone: %+v", d)
			}
		})
	}
}
