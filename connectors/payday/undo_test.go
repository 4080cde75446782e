package payday

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/connector/fake"
	"github.com/tengi/tengi/money"
)

func (d *desk) undo(doc tengi.Document) (tengi.Document, error) {
	d.t.Helper()
	return undo(d.t.Context(), d.client(), d.ref, doc)
}

// madeBefore makes an invoice and leaves the desk at the step that undoes it.
func (d *desk) madeBefore(changes map[string]any) tengi.Document {
	doc := d.made(changes)
	d.next("tengi-test-0001-undo")
	return doc
}

func TestUndoIssued(t *testing.T) {
	t.Parallel()
	for _, as := range []string{statusCancelled, statusCredit} {
		t.Run(as, func(t *testing.T) {
			d := setup(t, func(b *Behaviour) { b.CancelledAs = as })
			doc := d.madeBefore(nil)
			credit, err := d.undo(doc)
			if err != nil {
				t.Fatal(err)
			}
			if credit.Kind != tengi.CreditNote || credit.ExternalID != doc.ExternalID || credit.Status != as || !credit.Amount.Equal(isk(-34800)) {
				t.Errorf("credit note %+v", credit)
			}
			if body := d.sent("cancel"); body["status"] != statusCancelled || body["cancelledDate"] != "2026-07-01" || len(body) != 2 {
				t.Errorf("sent %v", body)
			}
			d.journal.Save()
			d.restart()
			if again, err := d.undo(doc); err != nil || again.ExternalID != doc.ExternalID {
				t.Errorf("again: %+v, %v", again, err)
			}
			if n := len(d.payday.Credits()); n != 1 {
				t.Errorf("%d credit notes", n)
			}
		})
	}
}

// Booked and cancelled within the minute: the cancellation waits for the number and then goes through.
func TestUndoWaitsForTheNumber(t *testing.T) {
	d := setup(t, func(b *Behaviour) { b.NumberAfter = time.Minute })
	doc := d.madeBefore(nil)
	_, err := d.undo(doc)
	e := wantError(t, err, connector.Temporary, codePending, "")
	if e.RetryAfter != 15*time.Second || d.sends("cancel") != 0 {
		t.Errorf("waits %s, sent %d times", e.RetryAfter, d.sends("cancel"))
	}
	start := d.clock.Now()
	if _, err = d.persist(func() (tengi.Document, error) { return d.undo(doc) }); err != nil {
		t.Fatal(err)
	}
	if took := d.clock.Now().Sub(start); took != time.Minute || len(d.payday.Credits()) != 1 {
		t.Errorf("took %s, %d credit notes", took, len(d.payday.Credits()))
	}
}

// A number may be read and the change still be refused as Pending: that is for the clock, and the same bytes go again.
func TestUndoRefusedAsPending(t *testing.T) {
	d := setup(t)
	doc := d.madeBefore(nil)
	d.payday.Faults().Add(fake.Fault{Kind: fake.Refuse, Method: "PUT", Status: 400, Body: "Invoice with status Pending cannot be updated to status CANCELLED"})
	_, err := d.undo(doc)
	if e := wantError(t, err, connector.Temporary, codePending, ""); e.RetryAfter != 15*time.Second {
		t.Errorf("waits %s", e.RetryAfter)
	}
	d.clock.Advance(24 * time.Hour)
	if _, err := d.undo(doc); err != nil {
		t.Fatal(err)
	}
	if body := d.sent("cancel"); body["cancelledDate"] != "2026-07-01" {
		t.Errorf("the bytes changed: %v", body)
	}
}

func TestUndoDraft(t *testing.T) {
	for _, keep := range []bool{false, true} {
		t.Run("", func(t *testing.T) {
			d := setup(t, func(b *Behaviour) { b.KeepDeleted = keep })
			gone, err := d.undo(d.madeBefore(map[string]any{"status": "DRAFT"}))
			if err != nil || gone.ExternalID != "" || len(d.payday.Invoices()) != 0 || len(d.payday.Credits()) != 0 {
				t.Errorf("%+v, %v, %d invoices", gone, err, len(d.payday.Invoices()))
			}
		})
	}
}

func TestUndoEditedByHand(t *testing.T) {
	d := setup(t)
	doc := d.madeBefore(map[string]any{"status": "DRAFT"})
	if err := d.payday.EditByHand(doc.ExternalID, decimal.NewFromInt(30000)); err != nil {
		t.Fatal(err)
	}
	_, err := d.undo(doc)
	wantError(t, err, connector.Permanent, codeEdited, "")
	if err := d.payday.ByHand(doc.ExternalID, statusSent); err != nil {
		t.Fatal(err)
	}
	_, err = d.undo(doc) // and issued with the other total
	wantError(t, err, connector.Permanent, codeEdited, "")
	if len(d.journal.Calls()) != 0 {
		t.Errorf("sent %v", d.journal.Calls())
	}
}

// A draft that was issued by hand without a change is cancelled like any other.
func TestUndoDraftIssuedByHand(t *testing.T) {
	d := setup(t)
	doc := d.madeBefore(map[string]any{"status": "DRAFT"})
	if err := d.payday.ByHand(doc.ExternalID, statusSent); err != nil {
		t.Fatal(err)
	}
	if credit, err := d.undo(doc); err != nil || credit.ExternalID != doc.ExternalID || len(d.payday.Credits()) != 1 {
		t.Errorf("%+v, %v", credit, err)
	}
}

// What a person has done is done: nothing is sent.
func TestUndoDoneByHand(t *testing.T) {
	t.Parallel()
	for _, status := range []string{statusCancelled, statusCredit} {
		t.Run(status, func(t *testing.T) {
			d := setup(t)
			doc := d.madeBefore(nil)
			if err := d.payday.ByHand(doc.ExternalID, status); err != nil {
				t.Fatal(err)
			}
			credit, err := d.undo(doc)
			if err != nil || credit.Status != status || len(d.payday.Credits()) != 1 || len(d.journal.Calls()) != 0 {
				t.Errorf("%+v, %v, %d credit notes", credit, err, len(d.payday.Credits()))
			}
		})
	}
}

func TestUndoPaid(t *testing.T) {
	d := setup(t)
	doc := d.madeBefore(nil)
	if err := d.payday.ByHand(doc.ExternalID, statusPaid); err != nil {
		t.Fatal(err)
	}
	_, err := d.undo(doc)
	if e := wantError(t, err, connector.Permanent, codePaid, ""); !strings.Contains(e.Message, "Kreditfæra") {
		t.Errorf("message %q does not say what to do", e.Message)
	}
	if len(d.journal.Calls()) != 0 || d.only().Status != statusPaid {
		t.Error("a paid invoice was touched")
	}
}

// A person acts between our read and our request. Payday refuses; the state says what it means.
func TestUndoOvertakenByHand(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		status string
		code   string
	}{
		"paid":     {statusPaid, codePaid},
		"credited": {statusCredit, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			d := setup(t)
			doc := d.madeBefore(nil)
			d.payday.Set(func(b *Behaviour) {
				b.Before = func(r *http.Request) {
					if r.Method == http.MethodPut {
						if err := d.payday.ByHand(doc.ExternalID, test.status); err != nil {
							t.Error(err)
						}
					}
				}
			})
			// The stand-in would make a second credit note; the point here is what we do with a refusal.
			d.payday.Faults().Add(fake.Fault{Kind: fake.Refuse, Method: "PUT", Status: 400, Body: "Invoice cannot be updated"})
			d.server.Config.Handler = beforeFaults(d)
			credit, err := d.undo(doc)
			if test.code != "" {
				wantError(t, err, connector.Permanent, test.code, "")
				return
			}
			if err != nil || credit.Status != test.status || len(d.payday.Credits()) != 1 {
				t.Errorf("%+v, %v", credit, err)
			}
		})
	}
}

// beforeFaults runs Before for requests that a fault keeps from the stand-in.
func beforeFaults(d *desk) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		d.payday.mu.Lock()
		before := d.payday.behaviour.Before
		d.payday.mu.Unlock()
		before(r)
		d.payday.ServeHTTP(w, r)
	})
}

func TestUndoRefused(t *testing.T) {
	d := setup(t)
	doc := d.madeBefore(nil)
	d.payday.Faults().Add(fake.Fault{Kind: fake.Refuse, Method: "PUT", Status: 400, Body: `{"errorCode":"77","errorMessage":"The period is closed"}`})
	_, err := d.undo(doc)
	if e := wantError(t, err, connector.Permanent, connector.CodeRefused, ""); e.Detail != "The period is closed" {
		t.Errorf("detail %q", e.Detail)
	}
}

func TestUndoGone(t *testing.T) {
	t.Parallel()
	for _, status := range []string{"SENT", "DRAFT"} {
		t.Run(status, func(t *testing.T) {
			d := setup(t)
			doc := d.madeBefore(map[string]any{"status": status})
			d.payday.Forget()
			_, err := d.undo(doc)
			wantError(t, err, connector.Permanent, codeGone, "")
		})
	}
}

// A draft deleted by hand, where Payday still says so.
func TestUndoDeletedByHand(t *testing.T) {
	d := setup(t, func(b *Behaviour) { b.KeepDeleted = true })
	doc := d.madeBefore(map[string]any{"status": "DRAFT"})
	if err := d.payday.ByHand(doc.ExternalID, statusDeleted); err != nil {
		t.Fatal(err)
	}
	if gone, err := d.undo(doc); err != nil || gone.ExternalID != "" || len(d.journal.Calls()) != 0 {
		t.Errorf("%+v, %v", gone, err)
	}
}

// What was deleted by hand before its lost answer was resolved was taken over as such, and there is nothing to undo.
func TestUndoOfWhatWasTakenOverAsDeleted(t *testing.T) {
	d := setup(t, func(b *Behaviour) { b.KeepDeleted = true })
	d.lose(fake.DropAnswer, 1)
	_, _ = d.create(map[string]any{"status": "DRAFT"})
	if err := d.payday.ByHand(d.only().ID, statusDeleted); err != nil {
		t.Fatal(err)
	}
	d.clock.Advance(15 * time.Second)
	doc := d.madeBefore(map[string]any{"status": "DRAFT"})
	if doc.Status != statusDeleted || len(d.payday.Invoices()) != 0 {
		t.Fatalf("taken over as %+v", doc)
	}
	d.payday.Set(func(b *Behaviour) { b.KeepDeleted = false })
	if gone, err := d.undo(doc); err != nil || gone.ExternalID != "" || len(d.journal.Calls()) != 0 {
		t.Errorf("%+v, %v", gone, err)
	}
}

func TestUndoUnknownStatus(t *testing.T) {
	d := setup(t)
	doc := d.madeBefore(nil)
	if err := d.payday.ByHand(doc.ExternalID, "OVERDUE"); err != nil {
		t.Fatal(err)
	}
	_, err := d.undo(doc)
	wantError(t, err, connector.Permanent, codeState, "")
}

func TestUndoWithoutID(t *testing.T) {
	d := setup(t)
	_, err := d.undo(tengi.Document{Kind: tengi.Invoice})
	wantError(t, err, connector.Permanent, codeGone, "")
}

func TestUndoForeign(t *testing.T) {
	d := setup(t)
	doc := d.madeBefore(map[string]any{"currency": "EUR", "lines": []any{row("total", "99.90")}})
	credit, err := d.undo(doc)
	if err != nil || !credit.Amount.Equal(money.New(decimal.New(-9990, -2), "EUR")) {
		t.Errorf("%+v, %v", credit, err)
	}
}

// The answer to the cancellation is lost. It acted: the next run reads so and sends nothing. It did not: it is sent again after the last look.
func TestUndoAnswerLost(t *testing.T) {
	t.Parallel()
	for kind, sends := range map[fake.FaultKind]int{fake.DropAnswer: 1, fake.FailActed: 1, fake.DropRequest: 2, fake.Fail: 2} {
		t.Run(string(kind), func(t *testing.T) {
			d := setup(t)
			doc := d.madeBefore(nil)
			d.payday.Faults().Add(fake.Fault{Kind: kind, Method: "PUT"})
			credit, err := d.persist(func() (tengi.Document, error) { d.restart(); return d.undo(doc) })
			if err != nil || credit.ExternalID != doc.ExternalID || len(d.payday.Credits()) != 1 || d.sends("cancel") != sends {
				t.Errorf("%+v, %v, %d credit notes, sent %d times", credit, err, len(d.payday.Credits()), d.sends("cancel"))
			}
		})
	}
}

// The cancellation was taken and does not show yet: it is read again, never sent again.
func TestUndoNotShownYet(t *testing.T) {
	d := setup(t)
	doc := d.madeBefore(nil)
	d.payday.Faults().Add(fake.Fault{Kind: fake.Refuse, Method: "PUT", Status: 200, Body: `{}`})
	for range 3 {
		_, err := d.undo(doc)
		wantError(t, err, connector.Temporary, codeUnconfirmed, "")
		d.clock.Advance(15 * time.Second)
	}
	if err := d.payday.ByHand(doc.ExternalID, statusCancelled); err != nil {
		t.Fatal(err)
	}
	if _, err := d.undo(doc); err != nil || d.sends("cancel") != 1 {
		t.Errorf("%v, sent %d times", err, d.sends("cancel"))
	}
}
