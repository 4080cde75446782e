package engine

import (
	"errors"
	"testing"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/connector/fake"
	"github.com/tengi/tengi/internal/shop"
	"github.com/tengi/tengi/store"
)

// made lists the documents that stand, newest first.
func (b *bench) made() []tengi.Document {
	b.t.Helper()
	documents, err := b.store.Documents(b.t.Context(), store.DocumentFilter{ConnectionID: "con_1"})
	must(b.t, err)
	return documents
}

// A person has a document undone: once, by the delivery that made it, and nothing is made in its place by that.
func TestUndo(t *testing.T) {
	t.Parallel()
	b := setup(t, "key")
	event := b.notice(confirmed("100", 1)).EventID
	b.settle()
	doc := b.made()[0]
	shown, err := b.engine.PreviewUndo(t.Context(), doc.ID)
	if must(t, err); len(shown.Calls) != 1 || shown.Outcome != WouldMake || b.books.Count("cancelled") != 0 {
		t.Errorf("the preview: %+v; cancelled %d", shown, b.books.Count("cancelled"))
	}
	must(t, b.engine.Undo(t.Context(), doc.ID))
	if err := b.engine.Undo(t.Context(), doc.ID); err == nil {
		t.Error("it was asked for twice")
	}
	b.fault(fake.DropAnswer, "")
	b.settleLater()
	if d := b.delivery(event); d.state != "done" || b.books.Count("cancelled") != 1 || b.books.Count("issued") != 0 {
		t.Fatalf("%+v, %+v", d, b.books.Invoices())
	}
	documents := b.made()
	if len(documents) != 2 || documents[0].Kind != tengi.CreditNote || documents[1].UndoneBy != documents[0].ID {
		t.Errorf("%+v", documents)
	}
	for _, id := range []int64{documents[0].ID, documents[1].ID} {
		if err := b.engine.Undo(t.Context(), id); !errors.Is(err, ErrUndone) {
			t.Errorf("document %d: %v", id, err)
		}
		if _, err := b.engine.PreviewUndo(t.Context(), id); !errors.Is(err, ErrUndone) {
			t.Errorf("document %d: %v", id, err)
		}
	}
	if err := b.engine.Undo(t.Context(), 999_999); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a document that there is not: %v", err)
	}
	// The sale goes on: a later state of it has its document.
	later := b.notice(confirmed("150", 2)).EventID
	b.settle()
	if d := b.delivery(later); d.state != "done" || b.books.Count("issued") != 1 {
		t.Errorf("%+v, %+v", d, b.books.Invoices())
	}
}

// The undo of an earlier delivery's document is done also when later events of its sale have been decided.
func TestUndoAfterLaterEvents(t *testing.T) {
	t.Parallel()
	b := setup(t, "key")
	first := b.notice(confirmed("100", 1)).EventID
	b.settle()
	same := confirmed("100", 2)
	same.Notice = "the same in other words"
	b.notice(same)
	b.settle()
	must(t, b.engine.Undo(t.Context(), b.made()[0].ID))
	b.settle()
	if d := b.delivery(first); d.state != "done" || b.books.Count("cancelled") != 1 {
		t.Fatalf("%+v, %+v", d, b.books.Invoices())
	}
}

// A service that refuses leaves the undo to a person, who may replay it, or have done it by hand.
func TestUndoRefused(t *testing.T) {
	t.Parallel()
	for _, byHand := range []bool{false, true} {
		b := setup(t, "key")
		event := b.notice(confirmed("100", 1)).EventID
		b.settle()
		b.books.Faults.Add(fake.Fault{Kind: fake.Refuse, Method: "POST"})
		must(t, b.engine.Undo(t.Context(), b.made()[0].ID))
		b.settle()
		if d := b.delivery(event); d.state != "failed" || d.code != connector.CodeRefused {
			t.Fatalf("%+v", d)
		}
		want := 1
		if byHand {
			want = 0
			must(t, b.engine.Adopt(t.Context(), b.deliveryID(event), tengi.Document{ExternalID: "C-9"}))
		} else {
			must(t, b.engine.Replay(t.Context(), b.deliveryID(event)))
		}
		b.settle()
		if d := b.delivery(event); d.state != "done" || b.books.Count("cancelled") != want || b.made()[1].UndoneBy == 0 {
			t.Errorf("by hand %v: %+v, %+v", byHand, d, b.made())
		}
	}
}

// What Tengi cannot undo a person undoes, and says so.
func TestUndone(t *testing.T) {
	t.Parallel()
	b := setupWith(t, "key", func(b *bench) { b.target.Actions[0].Undo = nil })
	event := b.notice(confirmed("100", 1)).EventID
	b.settle()
	doc := b.made()[0]
	if _, err := b.engine.PreviewUndo(t.Context(), doc.ID); !errors.Is(err, ErrUndoByHand) {
		t.Errorf("%v", err)
	}
	if err := b.engine.Undo(t.Context(), doc.ID); !errors.Is(err, ErrUndoByHand) {
		t.Errorf("%v", err)
	}
	must(t, b.engine.Undone(t.Context(), doc.ID, tengi.Document{ExternalID: "C-9", Number: "C-9"}))
	b.settle()
	documents := b.made()
	if d := b.delivery(event); d.state != "done" || len(documents) != 2 || documents[0].Number != "C-9" || documents[1].UndoneBy != documents[0].ID || len(b.books.Invoices()) != 1 {
		t.Errorf("%+v, %+v", d, documents)
	}
}

// What was built on a document goes before it does.
func TestUndoInOrder(t *testing.T) {
	t.Parallel()
	b := setup(t, "key", shop.Connection(func(c *tengi.Connection) {
		c.Steps = append(c.Steps, tengi.Step{Key: "second", AccountID: "acc_books", Action: "invoice.send"})
	}))
	event := b.notice(confirmed("100", 1)).EventID
	b.settle()
	documents := b.made()
	if err := b.engine.Undo(t.Context(), documents[1].ID); !errors.Is(err, ErrBuiltOn) {
		t.Fatalf("%v", err)
	}
	for _, doc := range documents {
		must(t, b.engine.Undo(t.Context(), doc.ID))
		b.settle()
	}
	if d := b.delivery(event); d.state != "done" || b.books.Count("cancelled") != 2 {
		t.Errorf("%+v, %+v", d, b.books.Invoices())
	}
}
