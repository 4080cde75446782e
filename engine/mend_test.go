package engine

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/connector/fake"
	"github.com/tengi/tengi/field"
	"github.com/tengi/tengi/internal/shop"
)

// kennitala has the bookkeeper ask for a number that the shop does not know.
func kennitala(b *bench) {
	b.target.Actions[0].Input = append(slices.Clone(b.target.Actions[0].Input),
		field.Field{Key: "kennitala", Type: field.Text, Label: "Kennitala", Required: true, Pattern: `\d{10}`, Default: "{{ sale.customer.tax_id }}"})
}

// look is what a person is shown of the delivery of an event.
func (b *bench) look(eventID int64) Look {
	b.t.Helper()
	look, err := b.engine.Look(b.t.Context(), b.row(eventID))
	must(b.t, err)
	return look
}

func TestMissingValueIsGivenByAPerson(t *testing.T) {
	t.Parallel()
	b := setupWith(t, "key", kennitala)
	event := b.notice(confirmed("100", 1)).EventID
	b.settle()
	if d := b.delivery(event); d.state != "held" || d.code != "mapping" {
		t.Fatalf("%+v", d)
	}
	look := b.look(event)
	if len(look.Mends) != 1 || look.Mends[0].Step != "invoice" || look.Mends[0].Field.Key != "kennitala" || !look.May.Skip || !look.May.Replay || look.May.Adopt || look.May.SendAgain {
		t.Fatalf("%+v, %+v", look.Mends, look.May)
	}
	id := b.deliveryID(event)
	var still *StillHeldError
	if err := b.engine.ReplayWith(t.Context(), id, "invoice", map[string]any{"kennitala": "12"}); !errors.As(err, &still) || still.Code != "mapping" {
		t.Fatalf("a value that the field refuses: %v", err)
	}
	if err := b.engine.ReplayWith(t.Context(), id, "invoice", map[string]any{"kennitala": "1203894569", "total": "90"}); !errors.As(err, &still) || still.Code != "totals_differ" {
		t.Fatalf("another total than the sale's: %v", err)
	}
	if err := b.engine.ReplayWith(t.Context(), id, "receipt", map[string]any{"kennitala": "1203894569"}); !errors.As(err, &still) {
		t.Fatalf("a step that there is not: %v", err)
	}
	if d := b.delivery(event); d.state != "held" || len(b.books.Invoices()) != 0 {
		t.Fatalf("%+v", d)
	}
	b.fault(fake.DropAnswer, "") // the answer is lost: what goes again is what was frozen
	must(t, b.engine.ReplayWith(t.Context(), id, "invoice", map[string]any{"kennitala": "1203894569"}))
	b.settleLater()
	steps, err := b.store.Steps(t.Context(), id)
	must(t, err)
	if d := b.delivery(event); d.state != "done" || b.books.Count("issued") != 1 || !strings.Contains(string(steps[0].Input), `"1203894569"`) || steps[0].Reason != givenByPerson {
		t.Fatalf("%+v, %d invoices, %+v", d, len(b.books.Invoices()), steps)
	}
}

// What a person gave lasts until a replay with today's mapping, unless a request was made of it.
func TestReplayForgetsWhatWasGivenAndNotSent(t *testing.T) {
	t.Parallel()
	b := setupWith(t, "key", kennitala)
	event := b.notice(confirmed("100", 1)).EventID
	b.settle()
	id := b.deliveryID(event)
	must(t, b.engine.ReplayWith(t.Context(), id, "invoice", map[string]any{"kennitala": "1203894569"}))
	must(t, b.engine.Replay(t.Context(), id))
	b.settle()
	if d := b.delivery(event); d.state != "held" || d.code != "mapping" || len(b.books.Invoices()) != 0 {
		t.Fatalf("%+v", d)
	}
	must(t, b.engine.ReplayWith(t.Context(), id, "invoice", map[string]any{"kennitala": "1203894569"}))
	b.settle()
	if d := b.delivery(event); d.state != "done" || b.books.Count("issued") != 1 {
		t.Fatalf("%+v", d)
	}
}

// A field that the service refuses can be given too; not while a request may have acted.
func TestRefusedValueIsGivenByAPerson(t *testing.T) {
	t.Parallel()
	b := setupWith(t, "none", kennitala, shop.Connection(func(c *tengi.Connection) {
		c.Steps[0].Fields = map[string]any{"kennitala": "0000000000"}
	}))
	b.books.Faults.Add(fake.Fault{Kind: fake.Refuse, Method: "POST"})
	refused := b.notice(confirmed("100", 1)).EventID
	b.settle()
	if d := b.delivery(refused); d.state != "failed" {
		t.Fatalf("%+v", d)
	}
	must(t, b.engine.ReplayWith(t.Context(), b.deliveryID(refused), "invoice", map[string]any{"kennitala": "1203894569"}))
	b.fault(fake.DropAnswer, "")
	b.settleLater()
	if d := b.delivery(refused); d.state != "unknown" || d.code != connector.CodeAskPerson {
		t.Fatalf("%+v", d)
	}
	look := b.look(refused)
	if !look.May.Adopt || !look.May.SendAgain || look.May.Skip || look.May.Undoes || len(look.Mends) != 0 {
		t.Errorf("%+v", look.May)
	}
	if err := b.engine.ReplayWith(t.Context(), b.deliveryID(refused), "invoice", map[string]any{"kennitala": "1203894569"}); err == nil {
		t.Error("another request was made ready while the first may have acted")
	}
	if b.books.Count("issued") != 1 {
		t.Errorf("%d invoices", b.books.Count("issued"))
	}
}

func TestLookTellsEveryCondition(t *testing.T) {
	t.Parallel()
	b := setup(t, "key", shop.Connection(func(c *tengi.Connection) {
		c.Source.Filter = "sale.total > 50"
		c.Steps[0].When = `sale.currency == "EUR"`
	}))
	event := b.notice(confirmed("100", 1)).EventID
	b.settle()
	look := b.look(event)
	if len(look.Checks) != 2 || !look.Checks[0].Holds || look.Checks[0].Step != "" || look.Checks[1].Holds || look.Checks[1].Step != "invoice" || look.Checks[0].Saw != "sale.total > 50 (sale.total = 100)" {
		t.Errorf("%+v", look.Checks)
	}
	if look.Next.Does != "skip" || !look.May.Replay || look.May.Skip {
		t.Errorf("%+v, %+v", look.Next, look.May)
	}
	// What was skipped is wanted after all.
	b.save(shop.Connection(nil))
	must(t, b.engine.Replay(t.Context(), b.deliveryID(event)))
	b.settle()
	if d := b.delivery(event); d.state != "done" || b.books.Count("issued") != 1 {
		t.Fatalf("%+v", d)
	}
}
