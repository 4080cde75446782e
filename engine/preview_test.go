package engine

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/connector/fake"
	"github.com/tengi/tengi/field"
	"github.com/tengi/tengi/internal/shop"
	"github.com/tengi/tengi/store"
)

// sampleEvent is an event of the shop's as a sample, not stored.
func sampleEvent(o shop.Order) tengi.Event {
	data, _ := json.Marshal(o)
	return tengi.Event{Type: "order.changed", Object: "order/" + o.ID, Sale: o.Sale(), Data: data, Dedupe: "sample", AccountID: "acc_shop"}
}

func (b *bench) preview(c tengi.Connection, event tengi.Event) Preview {
	b.t.Helper()
	p, err := b.engine.Preview(b.t.Context(), c, event)
	must(b.t, err)
	return p
}

// brief is a preview on one line.
func brief(p Preview) string {
	text := string(p.Outcome)
	for _, s := range p.Steps {
		text += " " + s.Key + ":" + string(s.Outcome)
		for _, c := range s.Calls {
			text += "/" + c.Name
		}
	}
	return text
}

func TestPreview(t *testing.T) {
	t.Parallel()
	b := setup(t, "key")
	three := shop.Connection(func(c *tengi.Connection) {
		c.ID, c.Key = "", "draft" // it is not stored
		c.Enabled = false
		c.Source.Filter = "sale.total > 100"
		c.Steps = []tengi.Step{
			{Key: "invoice", AccountID: "acc_books", Action: "invoice.send"},
			{Key: "dear", AccountID: "acc_books", Action: "note.create", When: "sale.total > 1000"},
			{Key: "note", AccountID: "acc_books", Action: "note.create", Fields: map[string]any{"text": "{{ steps.invoice.number }} for {{ sale.reference }}"}},
		}
	})
	got := b.preview(three, sampleEvent(shop.Order{ID: "A1", Status: "confirmed", Total: "500"}))
	if brief(got) != "make invoice:make/create dear:skip note:make/create" {
		t.Fatalf("%s: %+v", brief(got), got)
	}
	invoice, note := got.Steps[0], got.Steps[2]
	if call := invoice.Calls[0]; call.Method != http.MethodPost || call.URL != "http://books.test/invoices" || !strings.Contains(string(call.Body), `"total":"500"`) || call.Header.Get("Idempotency-Key") == "" {
		t.Errorf("call %+v", call)
	}
	if invoice.Document.Kind != tengi.Invoice || invoice.Document.Amount.String() != "500 ISK" || invoice.Assumed || string(invoice.Input) != `{"currency":"ISK","total":"500"}` {
		t.Errorf("%+v", invoice)
	}
	if !note.Assumed || note.Values.Text("text") != Placeholder+"invoice for A1" {
		t.Errorf("%+v", note)
	}
	if len(b.books.Invoices()) != 0 {
		t.Error("a preview made something")
	}
	if events, err := b.store.Events(t.Context(), store.EventFilter{}); err != nil || len(events) != 0 {
		t.Errorf("a preview stored %d events, %v", len(events), err)
	}
}

// Whatever ends a delivery ends a preview in the same way.
func TestPreviewSaysWhyNothingIsMade(t *testing.T) {
	t.Parallel()
	b := setup(t, "key")
	filtered := func(c *tengi.Connection) { c.Source.Filter = "sale.total > 1000" }
	wrong := func(c *tengi.Connection) { c.Steps[0].Fields = map[string]any{"total": "{{ sale.total * 2 }}"} }
	missing := func(c *tengi.Connection) { c.Steps[0].Fields = map[string]any{"currency": "{{ data.nothing }}"} }
	for _, c := range []struct {
		name      string
		change    func(*tengi.Connection)
		order     shop.Order
		want      string
		code, why string
	}{
		{"pending", nil, shop.Order{ID: "A", Status: "pending", Total: "5"}, "skip", "pending", "not confirmed"},
		{"cancelled", nil, shop.Order{ID: "A", Status: "cancelled", Total: "5"}, "skip", "not_wanted", "cancelled before anything"},
		{"filtered", filtered, shop.Order{ID: "A", Status: "confirmed", Total: "5"}, "skip", "not_wanted", "sale.total > 1000"},
		{"lines differ", nil, shop.Order{ID: "A", Status: "confirmed", Total: "5", Line: "6"}, "hold", "sale_check", "difference 1"},
		{"total differs", wrong, shop.Order{ID: "A", Status: "confirmed", Total: "5"}, "hold invoice:hold", "totals_differ", "10 ISK"},
		{"nothing given", missing, shop.Order{ID: "A", Status: "confirmed", Total: "5"}, "hold invoice:hold", "mapping", "Currency is required"},
	} {
		got := b.preview(shop.Connection(c.change), sampleEvent(c.order))
		if brief(got) != c.want || got.Code != c.code || !strings.Contains(got.Reason, c.why) {
			t.Errorf("%s: %s, %s, %s", c.name, brief(got), got.Code, got.Reason)
		}
	}
	broken := shop.Connection(func(c *tengi.Connection) { c.Source.Filter = "sale.totl" })
	if _, err := b.engine.Preview(t.Context(), broken, tengi.Event{}); err == nil || !strings.Contains(err.Error(), "source.filter") {
		t.Errorf("%v", err)
	}
	elsewhere := shop.Connection(func(c *tengi.Connection) { c.WorkspaceID = "ws_other" })
	if _, err := b.engine.Preview(t.Context(), elsewhere, tengi.Event{}); err == nil {
		t.Error("a connection of a workspace that does not exist has a preview")
	}
}

// An event that only points at something is asked for, and so is what a service refuses.
func TestPreviewAsksAndIsRefused(t *testing.T) {
	t.Parallel()
	b := setupWith(t, "key", func(b *bench) {
		b.target.Actions = append(b.target.Actions, connector.Action{Key: "picky", Title: "Picky", Makes: tengi.Other, Do: func(context.Context, *connector.Client, tengi.Ref, field.Values) (tengi.Document, error) {
			return tengi.Document{}, connector.Refusal("no_rate", "vat", "the rate is not known there")
		}}, connector.Action{Key: "there", Title: "There", Makes: tengi.CustomerRecord, Do: func(ctx context.Context, c *connector.Client, _ tengi.Ref, _ field.Values) (tengi.Document, error) {
			var me struct{ Name string }
			return tengi.Document{ExternalID: "cus_1"}, c.Get(ctx, "/me", nil, &me)
		}})
	})
	b.shop.Set(shop.Order{ID: "A1", Status: "confirmed", Total: "700"})
	pointer := tengi.Event{AccountID: "acc_shop", Type: "order.changed", Object: "order/A1", NeedsLoad: true}
	got := b.preview(shop.Connection(func(c *tengi.Connection) {
		c.Steps = []tengi.Step{{Key: "who", AccountID: "acc_books", Action: "there"}, {Key: "picky", AccountID: "acc_books", Action: "picky"}}
	}), pointer)
	if brief(got) != "fail who:make picky:fail" || b.shop.Asked() != 1 || got.Event.Sale.Total.String() != "700" {
		t.Fatalf("%s, asked %d times", brief(got), b.shop.Asked())
	}
	if who := got.Steps[0]; who.Document.ExternalID != "cus_1" || who.Document.Kind != tengi.CustomerRecord || len(who.Reads) != 1 {
		t.Errorf("%+v", who)
	}
	if picky := got.Steps[1]; picky.Field != "vat" || picky.Code != "no_rate" || picky.Kind != connector.Permanent {
		t.Errorf("%+v", picky)
	}
}

// What can only be filled from an earlier document is excused, and nothing else is.
func TestPreviewOfWhatIsNotKnownYet(t *testing.T) {
	t.Parallel()
	b := setupWith(t, "key", func(b *bench) {
		b.target.Actions[2].Input = field.Set{{Key: "text", Type: field.Text, Label: "Text", Required: true, Pattern: "[0-9]+"}, {Key: "more", Type: field.Int, Label: "More"}}
	})
	connection := func(fields map[string]any) tengi.Connection {
		return shop.Connection(func(c *tengi.Connection) {
			c.Steps = append(c.Steps, tengi.Step{Key: "note", AccountID: "acc_books", Action: "note.create", Fields: fields})
		})
	}
	event := sampleEvent(shop.Order{ID: "A1", Status: "confirmed", Total: "700"})
	got := b.preview(connection(map[string]any{"text": "{{ steps.invoice.number }}"}), event)
	if brief(got) != "make invoice:make/create note:make" || !got.Steps[1].Assumed || got.Steps[1].Reason == "" {
		t.Errorf("%s: %+v", brief(got), got.Steps)
	}
	got = b.preview(connection(map[string]any{"text": "{{ steps.invoice.number }}", "more": "{{ data.id }}"}), event)
	if brief(got) != "hold invoice:make/create note:hold" || got.Code != "mapping" {
		t.Errorf("%s: %+v", brief(got), got.Steps)
	}
}

func TestCompare(t *testing.T) {
	t.Parallel()
	b := setup(t, "key")
	b.run()
	var ids []int64
	for _, o := range []shop.Order{order("A1"), {ID: "A2", Status: "confirmed", Total: "2000"}, {ID: "A3", Status: "pending", Total: "7"}} {
		ids = append(ids, b.notice(o).EventID)
	}
	for _, id := range ids {
		b.rest(id)
	}
	before := len(b.books.Invoices())
	old := shop.Connection(nil)
	will := shop.Connection(func(c *tengi.Connection) {
		c.Source.Filter = "sale.total > 1000"
		c.Steps[0].Action, c.Steps[0].Fields = "note.create", map[string]any{"text": "for {{ sale.reference }}"}
	})
	got, err := b.engine.Compare(t.Context(), old, will, ids)
	must(t, err)
	var lines []string
	for _, c := range got {
		lines = append(lines, c.Event.Object)
		for _, d := range c.Changes {
			lines = append(lines, "  "+d.Step+" "+d.Path+": "+d.Old+" → "+d.New)
		}
	}
	want := `order/A1
   : make → skip: the filter does not let it through: sale.total > 1000 (sale.total = 100)
  invoice : make → 
  invoice currency: ISK → 
  invoice total: 100 → 
order/A2
  invoice currency: ISK → 
  invoice text:  → for A2
  invoice total: 2000 → 
  invoice document.amount: 2000 ISK → 
order/A3`
	if text := strings.Join(lines, "\n"); text != want {
		t.Errorf("got\n%s\nwant\n%s", text, want)
	}
	if len(b.books.Invoices()) != before {
		t.Error("comparing made something")
	}
	same, err := b.engine.Compare(t.Context(), old, old, ids)
	must(t, err)
	for _, c := range same {
		if len(c.Changes) > 0 {
			t.Errorf("nothing changed, and yet %+v", c.Changes)
		}
	}
}

// rest waits until the event's delivery has ended.
func (b *bench) rest(eventID int64) store.Delivery {
	b.t.Helper()
	for {
		list, err := b.store.Deliveries(b.t.Context(), store.DeliveryFilter{EventID: eventID})
		must(b.t, err)
		if len(list) == 1 && list[0].State.Ended() {
			return list[0]
		}
		select {
		case <-b.t.Context().Done():
			b.t.Fatalf("the delivery stays %+v", list)
		case <-time.After(2 * time.Millisecond):
		}
	}
}

// Test data makes real documents through the ledger, by a connection of its own that hears nothing of its source.
func TestSendTest(t *testing.T) {
	t.Parallel()
	b := setupWith(t, "key", func(b *bench) { b.target.Actions[2].TestMark = "text" }, shop.Connection(nil), shop.Connection(func(c *tengi.Connection) {
		c.ID, c.Key, c.Test = "con_test", "test-orders", true
		c.Steps = append(c.Steps, tengi.Step{Key: "note", AccountID: "acc_books", Action: "note.create", Fields: map[string]any{"text": "note {{ sale.reference }}"}})
	}))
	b.run()
	heard := b.notice(order("A1"))
	if b.rest(heard.EventID).ConnectionID != "con_1" {
		t.Error("the event went elsewhere")
	}
	event := sampleEvent(shop.Order{ID: "A1", Status: "confirmed", Total: "300"})
	var objects []string
	var first store.Delivery
	for range 2 {
		d, err := b.engine.SendTest(t.Context(), "con_test", event)
		must(t, err)
		if d = b.rest(d.EventID); d.State != store.Done || !strings.HasPrefix(d.Object, TestObject) {
			t.Fatalf("%+v", d)
		}
		if first.ID == 0 {
			first = d
		}
		objects = append(objects, d.Object)
	}
	if objects[0] == objects[1] {
		t.Error("two tests are about one object")
	}
	var made []string
	for _, i := range b.books.Invoices() {
		made = append(made, i.Total+" "+i.Status)
	}
	if got := strings.Join(made, ", "); got != "100 issued, 300 issued, 0 note:TEST note A1, 300 issued, 0 note:TEST note A1" {
		t.Errorf("made %s", got)
	}
	undo, err := b.engine.UndoTest(t.Context(), first.EventID)
	must(t, err)
	again, err := b.engine.UndoTest(t.Context(), first.EventID)
	must(t, err)
	if undo.ID != again.ID {
		t.Error("a test is undone twice")
	}
	if b.rest(undo.EventID).State != store.Done || b.books.Count("cancelled") != 1 || b.books.Count("issued") != 2 {
		t.Errorf("%d cancelled, %d issued", b.books.Count("cancelled"), b.books.Count("issued"))
	}
	if _, err := b.engine.SendTest(t.Context(), "con_1", event); err == nil {
		t.Error("test data went through a connection that is not for it")
	}
	if _, err := b.engine.UndoTest(t.Context(), heard.EventID); err == nil {
		t.Error("a real event was undone as a test")
	}
}

func TestTry(t *testing.T) {
	t.Parallel()
	b := setup(t, "key")
	account := tengi.Account{WorkspaceID: "ws", Key: "new", Connector: "books", Settings: map[string]any{}, Secrets: map[string]string{"secret": "s3cret-value"}}
	who, err := b.engine.Try(t.Context(), account)
	if err != nil || who.Name != "Books" {
		t.Errorf("%+v, %v", who, err)
	}
	b.books.Faults.Add(fake.Fault{Kind: fake.Refuse, Status: 401, Times: 1})
	if _, err := b.engine.Try(t.Context(), account); connector.AsError(err).Kind != connector.Attention {
		t.Errorf("%v", err)
	}
	account.Connector = "nobody"
	if _, err := b.engine.Try(t.Context(), account); err == nil {
		t.Error("an unknown connector was tried")
	}
}
