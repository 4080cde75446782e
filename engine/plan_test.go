package engine

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/connector/fake"
	"github.com/tengi/tengi/field"
	"github.com/tengi/tengi/internal/shop"
	"github.com/tengi/tengi/sale"
	"github.com/tengi/tengi/store"
)

// Where the source numbers its states, the highest stands in the end, in whatever order they come and however many wait together.
func TestVersionsCountAndNotArrival(t *testing.T) {
	t.Parallel()
	for _, order := range [][]int64{{1, 2, 3}, {3, 2, 1}, {2, 3, 1}, {3, 1, 2}, {1, 3, 2}, {2, 1, 3}} {
		b := setup(t, "key")
		for _, v := range order {
			b.notice(confirmed(string(rune('0'+v))+"00", v))
		}
		b.settle()
		var standing []string
		for _, i := range b.books.Invoices() {
			if i.Status == "issued" {
				standing = append(standing, i.Total)
			}
		}
		if diff := cmp.Diff([]string{"300"}, standing); diff != "" {
			t.Errorf("in the order %v: %s", order, diff)
		}
	}
}

func TestRedoUndoesLastFirst(t *testing.T) {
	t.Parallel()
	var seen func() []string
	b := setupWith(t, "key", func(b *bench) { seen = b.watch("books.test") }, shop.Connection(secondStep("acc_books", "invoice.create", "")))
	b.notice(confirmed("100", 1))
	b.settle()
	b.notice(confirmed("150", 2))
	b.settle()
	b.notice(cancelled(3))
	b.settle()
	want := []string{"", "", "/2/cancelled", "/1/cancelled", "", "", "/4/cancelled", "/3/cancelled"}
	if diff := cmp.Diff(want, seen()); diff != "" {
		t.Fatal(diff)
	}
}

func TestIgnoredChangeDoesNotStopLaterSteps(t *testing.T) {
	t.Parallel()
	b := setup(t, "key", shop.Connection(func(c *tengi.Connection) {
		secondStep("acc_books", "invoice.create", "sale.total < 100")(c)
		c.Steps[0].When, c.OnChange = "sale.total >= 100", tengi.Ignore
	}))
	b.notice(confirmed("100", 1))
	b.settle()
	event := b.notice(confirmed("50", 2)).EventID
	b.settle()
	if d := b.delivery(event); d.state != "done" || b.books.Count("issued") != 2 {
		t.Fatalf("%+v, %d invoices", d, b.books.Count("issued"))
	}
}

func TestFilterHeedsTheChangePolicy(t *testing.T) {
	t.Parallel()
	for policy, want := range map[tengi.Policy]string{tengi.Hold: "held sale_changed", tengi.Ignore: "skipped not_wanted"} {
		b := setup(t, "key", shop.Connection(func(c *tengi.Connection) { c.Source.Filter, c.OnChange = "sale.total >= 100", policy }))
		b.notice(confirmed("100", 1))
		b.settle()
		event := b.notice(confirmed("50", 2)).EventID
		b.settle()
		if d := b.delivery(event); d.state+" "+d.code != want || b.books.Count("issued") != 1 {
			t.Errorf("%s: %+v, %d invoices", policy, d, b.books.Count("issued"))
		}
	}
}

// A step that needed nothing is looked at again when a person has changed its condition.
func TestReplayTakesTodaysConditions(t *testing.T) {
	t.Parallel()
	connection := shop.Connection(func(c *tengi.Connection) {
		secondStep("acc_books", "invoice.create", "")(c)
		c.Steps[0].When = "sale.total > 1000"
		c.Steps[1].Fields = map[string]any{"total": "{{ sale.total + 1 }}"}
	})
	b := setup(t, "key", connection)
	event := b.notice(confirmed("100", 1)).EventID
	b.settle()
	if d := b.delivery(event); d.code != "totals_differ" {
		t.Fatalf("%+v", d)
	}
	connection.Steps[0].When, connection.Steps[1].Fields = "", nil
	b.save(connection)
	must(t, b.engine.Replay(t.Context(), b.deliveryID(event)))
	b.settle()
	if d := b.delivery(event); d.state != "done" || b.books.Count("issued") != 2 {
		t.Fatalf("%+v, %d invoices", d, b.books.Count("issued"))
	}
}

// The number of a document that was refused is never given again, even when the step turned out not to be wanted.
func TestRefsAreNeverGivenTwice(t *testing.T) {
	t.Parallel()
	connection := shop.Connection(nil)
	b := setup(t, "key", connection)
	b.fault(fake.Refuse, "")
	event := b.notice(confirmed("100", 1)).EventID
	b.settle()
	connection.Steps[0].When = "sale.total > 100"
	b.save(connection)
	refused, err := b.store.Steps(t.Context(), b.deliveryID(event))
	must(t, err)
	must(t, b.engine.Replay(t.Context(), b.deliveryID(event)))
	b.settle()
	if d := b.delivery(event); d.state != "skipped" {
		t.Fatalf("%+v", d)
	}
	b.notice(confirmed("150", 2))
	b.settle()
	made := b.books.Invoices()
	if len(made) != 1 || made[0].Reference == string(refused[0].Ref) || !strings.HasPrefix(made[0].Reference, "A1-2-") {
		t.Fatalf("%+v after %s", made, refused[0].Ref)
	}
}

// Words for references are letters, digits and single hyphens, and no more than a short-sighted service takes.
func TestSlug(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"A1": "A1", "order/51654": "order-51654", "--a--b--": "a-b", "Þór": "r", "": "TENGI", "Þ": "TENGI",
		"abcdefghijklmnopqrstuvwxyz": "abcdefghijklmnopqrstuvwx", "abcdefghijklmnopqrstuvw xyz": "abcdefghijklmnopqrstuvw",
	} {
		if got := slug(text); got != want {
			t.Errorf("slug(%q) = %q, want %q", text, got, want)
		}
	}
}

// An undo whose answer is lost is finished before the newer event is looked at; one that is refused does not stop it.
func TestUndoGoesWrongAndSomethingNewerComes(t *testing.T) {
	t.Parallel()
	for _, kind := range []fake.FaultKind{fake.DropRequest, fake.DropAnswer, fake.FailActed, fake.Unavailable, fake.RateLimit} {
		b := setup(t, "key")
		b.notice(confirmed("100", 1))
		b.settle()
		b.fault(kind, "")
		cancel := b.notice(cancelled(2)).EventID
		b.settle()
		if d := b.delivery(cancel); d.state != "retrying" && d.state != "unknown" {
			t.Fatalf("%s: %+v", kind, d)
		}
		again := b.notice(confirmed("100", 3)).EventID
		b.settleLater()
		if d := b.delivery(again); b.books.Count("issued") != 1 || !store.State(d.state).Ended() || !store.State(b.delivery(cancel).state).Ended() {
			t.Errorf("%s: %+v then %+v, %d invoices stand", kind, b.delivery(cancel), d, b.books.Count("issued"))
		}
	}
	b := setup(t, "key")
	b.notice(confirmed("100", 1))
	b.settle()
	b.fault(fake.Refuse, "")
	cancel := b.notice(cancelled(2)).EventID
	b.settle()
	again := b.notice(confirmed("150", 3)).EventID
	b.settle()
	if c, d := b.delivery(cancel), b.delivery(again); c.code != "superseded" || d.state != "done" || b.books.Count("issued") != 1 || b.books.Count("cancelled") != 1 {
		t.Errorf("refused: %+v then %+v", c, d)
	}
}

// What is undone in the service by hand is undone for what comes later too.
func TestUndoneByHand(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		change func(*bench, *tengi.Connection)
		second shop.Order
		code   string
		issued int // invoices made by then, the one undone by hand included
	}{
		{"the service cannot undo", func(b *bench, _ *tengi.Connection) { b.target.Actions[0].Undo = nil }, cancelled(2), "undo_by_hand", 1},
		{"cancelled, to be held", func(_ *bench, c *tengi.Connection) { c.OnCancel = tengi.Hold }, cancelled(2), "cancelled", 1},
		{"changed, to be held", func(_ *bench, c *tengi.Connection) { c.OnChange = tengi.Hold }, confirmed("150", 2), "sale_changed", 2},
		{"filtered, to be held", func(_ *bench, c *tengi.Connection) { c.OnChange, c.Source.Filter = tengi.Hold, "sale.total < 120" }, confirmed("150", 2), "sale_changed", 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			connection := shop.Connection(nil)
			b := setupWith(t, "key", func(b *bench) { c.change(b, &connection) }, shop.Connection(func(changed *tengi.Connection) { c.change(&bench{target: shop.Destination()}, changed) }))
			first := b.notice(confirmed("100", 1)).EventID
			b.settle()
			if err := b.engine.UndoneByHand(t.Context(), b.deliveryID(first), tengi.Document{}); err == nil {
				t.Fatal("a delivery that is done was decided about")
			}
			event := b.notice(c.second).EventID
			b.settle()
			if d := b.delivery(event); d.state != "held" || d.code != c.code {
				t.Fatalf("%+v", d)
			}
			must(t, b.engine.UndoneByHand(t.Context(), b.deliveryID(event), tengi.Document{ExternalID: "C-9"}))
			b.settle()
			documents, err := b.store.Documents(t.Context(), store.DocumentFilter{ConnectionID: "con_1"})
			must(t, err)
			var kinds []string
			for _, d := range documents {
				kinds = append(kinds, string(d.Kind))
			}
			if d := b.delivery(event); d.state != "done" || len(b.books.Invoices()) != c.issued {
				t.Fatalf("%+v, %d invoices, documents %v", d, len(b.books.Invoices()), kinds)
			}
			if documents[len(documents)-1].UndoneBy == 0 || documents[len(documents)-2].Kind != tengi.CreditNote {
				t.Errorf("%+v", documents)
			}
		})
	}
}

// An undo whose outcome nobody can look up is a person's: "it is undone" ends it.
func TestUndoOfUnknownOutcomeIsAdopted(t *testing.T) {
	t.Parallel()
	b := setupWith(t, "key", func(b *bench) {
		b.target.Actions[0].Undo = func(ctx context.Context, c *connector.Client, _ tengi.Ref, doc tengi.Document) (tengi.Document, error) {
			_, err := c.Change(ctx, connector.Change{Name: "cancel", Request: connector.Request{Method: "POST", Path: "/invoices/" + doc.ExternalID + "/cancelled"}})
			return tengi.Document{ExternalID: doc.ExternalID}, err
		}
	})
	b.notice(confirmed("100", 1))
	b.settle()
	b.fault(fake.DropAnswer, "")
	event := b.notice(cancelled(2)).EventID
	b.settleLater()
	if d := b.delivery(event); d.state != "unknown" || d.code != connector.CodeAskPerson {
		t.Fatalf("%+v", d)
	}
	must(t, b.engine.Adopt(t.Context(), b.deliveryID(event), tengi.Document{}))
	b.settle()
	again := b.notice(confirmed("100", 3)).EventID
	b.settle()
	if d, e := b.delivery(event), b.delivery(again); d.state != "done" || e.state != "done" || b.books.Count("issued") != 1 || b.books.Count("cancelled") != 1 {
		t.Fatalf("%+v, %+v, %+v", d, e, b.books.Invoices())
	}
}

// A person replays an earlier delivery while a later one is in the midst of undoing the same document, and one that tells of an older state waits too:
// the earlier is moot, and the undo that was begun is not taken for one of what came after.
func TestReplayWhileALaterOneIsMidway(t *testing.T) {
	t.Parallel()
	b := setup(t, "key")
	b.notice(confirmed("100", 1))
	b.settle()
	b.fault(fake.Refuse, "")
	refused := b.notice(confirmed("150", 2)).EventID
	b.settle()
	b.fault(fake.DropRequest, "")
	latest := b.notice(confirmed("200", 2)).EventID
	b.settle()
	late := confirmed("300", 1)
	late.Notice = "late"
	b.notice(late)
	if d := b.delivery(latest); d.state != "unknown" || b.delivery(refused).state != "failed" {
		t.Fatalf("%+v, %+v", b.delivery(refused), d)
	}
	must(t, b.engine.Replay(t.Context(), b.deliveryID(refused)))
	b.settleLater()
	if d := b.delivery(refused); d.state != "skipped" || d.code != "superseded" {
		t.Errorf("%+v", d)
	}
	var made []string
	for _, i := range b.books.Invoices() {
		made = append(made, i.Total+" "+i.Status)
	}
	if diff := cmp.Diff([]string{"100 cancelled", "200 issued"}, made); diff != "" {
		t.Error(diff)
	}
}

func TestUndoOfAnotherDocumentIsAnotherOperation(t *testing.T) {
	t.Parallel()
	begun := store.Step{Key: "invoice", Op: store.Undo, Issue: 2, Ref: "A1-2C-X", State: store.StepOpen, DocumentID: 5}
	p := planner{pipe: &Pipe{}, in: &store.Situation{Steps: []store.Step{begun}, Issues: map[string]int{"undo invoice": 2}}, object: "order/A1"}
	if same := p.operation("invoice", store.Undo, 5); same.Ref != begun.Ref {
		t.Errorf("the same undo got another Ref: %+v", same)
	}
	if other := p.operation("invoice", store.Undo, 6); other.Issue != 3 || other.Ref == begun.Ref || other.DocumentID != 6 {
		t.Errorf("another undo: %+v", other)
	}
}

// A delivery that has made a document and meets a later event before its next step did something: it is done, and not skipped.
func TestLaterEventBetweenSteps(t *testing.T) {
	t.Parallel()
	for made, want := range map[bool]verdict{true: ended, false: skipped} {
		in := &store.Situation{Event: tengi.Event{ID: 3, Object: "order/A1", Sale: &sale.Sale{Status: sale.Confirmed}}, Loaded: true, Newer: 7}
		if made {
			in.Steps = []store.Step{{Key: "invoice", Op: store.Do, Issue: 1, State: store.StepDone, DocumentID: 5}}
		}
		p := planner{pipe: &Pipe{}, in: in, object: "order/A1"}
		if d := p.plan(); d.verdict != want || d.code != "superseded" || !strings.Contains(d.reason, "covered by the later event 7") {
			t.Errorf("made %t: %+v", made, d)
		}
	}
}

// The values of an operation are frozen with its first call, not before: one that only failed to read takes today's mapping.
func TestValuesAreFrozenWithTheFirstCall(t *testing.T) {
	t.Parallel()
	connection := shop.Connection(func(c *tengi.Connection) {
		secondStep("acc_books", "note.create", "")(c)
		c.Steps[1].Fields = map[string]any{"text": "yesterday's"}
	})
	b := setupWith(t, "key", func(b *bench) {
		do := b.target.Actions[2].Do
		b.target.Actions[2].Do = func(ctx context.Context, c *connector.Client, ref tengi.Ref, v field.Values) (tengi.Document, error) {
			var me struct{ Name string }
			if err := c.Get(ctx, "/me", nil, &me); err != nil {
				return tengi.Document{}, err
			}
			return do(ctx, c, ref, v)
		}
	}, connection)
	b.books.Faults.Add(fake.Fault{Kind: fake.Fail, Method: "GET"})
	event := b.notice(confirmed("100", 1)).EventID
	b.settle()
	if d := b.delivery(event); d.state != "retrying" {
		t.Fatalf("%+v", d)
	}
	connection.Steps[1].Fields["text"] = "today's"
	b.save(connection)
	must(t, b.engine.Replay(t.Context(), b.deliveryID(event)))
	b.settle()
	if b.books.Count("note:today's") != 1 || len(b.books.Invoices()) != 2 {
		t.Fatalf("%+v, %+v", b.delivery(event), b.books.Invoices())
	}
}
