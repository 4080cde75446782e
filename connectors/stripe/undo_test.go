package stripe

import (
	"strings"
	"testing"
	"time"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/connector/connectortest"
	"github.com/tengi/tengi/connector/fake"
)

func TestAnOpenInvoiceIsVoided(t *testing.T) {
	d := setup(t)
	doc := d.made("invoice.create", nil)
	back, err := d.undo("invoice.create", doc)
	if err != nil || back.Kind != tengi.CreditNote || back.Status != statusVoid || back.ExternalID != doc.ExternalID || !back.Amount.Equal(isk(-32280)) {
		t.Fatalf("%+v, %v", back, err)
	}
	if again, err := d.undo("invoice.create", doc); err != nil || again.Status != statusVoid || len(d.journal.Calls()) != 0 {
		t.Errorf("undone twice: %+v, %v", again, err)
	}
}

// What becomes of the customer's money is the merchant's choice, and none has been made.
func TestAPaidInvoiceAsksAPerson(t *testing.T) {
	d := setup(t)
	doc := d.made("invoice.create", nil)
	if err := d.stripe.Pay(doc.ExternalID); err != nil {
		t.Fatal(err)
	}
	_, err := d.undo("invoice.create", doc)
	wantError(t, err, connector.Permanent, codePaid, "")
	for choice, key := range map[string]string{paidRefund: "refund_amount", paidBalance: "credit_amount", paidOutside: "out_of_band_amount"} {
		t.Run(choice, func(t *testing.T) {
			d := setup(t)
			doc := d.made("invoice.create", nil)
			if err := d.stripe.Pay(doc.ExternalID); err != nil {
				t.Fatal(err)
			}
			note, err := d.undo("invoice.create", doc, connectortest.WithSetting("cancel_paid", choice))
			if err != nil || !strings.HasPrefix(note.ExternalID, "cn_") || !note.Amount.Equal(isk(-32280)) || note.Number == "" {
				t.Fatalf("%+v, %v", note, err)
			}
			if body := d.sent("credit"); body.Get(key) != "3228000" || body.Get("amount") != "3228000" || body.Get("email_type") != "credit_note" {
				t.Errorf("body %v", body)
			}
		})
	}
}

func TestCreditNotesOnly(t *testing.T) {
	d := setup(t)
	doc := d.made("invoice.create", nil)
	note, err := d.undo("invoice.create", doc, connectortest.WithSetting("cancel_open", cancelCredit))
	if err != nil || !strings.HasPrefix(note.ExternalID, "cn_") || d.sent("credit").Has("refund_amount") {
		t.Fatalf("%+v, %v", note, err)
	}
	// A person who looks again, or a run that broke off, finds the same note.
	again, err := d.undo("invoice.create", doc)
	if err != nil || again.ExternalID != note.ExternalID || len(d.rows("credit_notes")) != 1 {
		t.Errorf("%+v, %v", again, err)
	}
}

func TestACreditNoteIsFoundAfterTheKeyHasRunOut(t *testing.T) {
	d := setup(t)
	doc := d.made("invoice.create", map[string]any{"paid": "32280"})
	d.stripe.Faults().Add(fake.Fault{Kind: fake.DropRequest, Method: "POST", Path: "/v1/credit_notes"})
	d.next("tengi-test-undo")
	work := func() (tengi.Document, error) { return undoInvoice(t.Context(), d.client(), d.ref, doc) }
	_, err := work()
	wantError(t, err, connector.Unknown, connector.CodeAnswerLost, "")
	d.clock.Advance(25 * time.Hour)
	if _, err := d.persist(work); err != nil || len(d.rows("credit_notes")) != 1 {
		t.Errorf("%v, %d credit notes", err, len(d.rows("credit_notes")))
	}
}

func TestDraftsAreDeleted(t *testing.T) {
	d := setup(t)
	doc := d.made("invoice.create", map[string]any{"finish": finishDraft})
	if gone, err := d.undo("invoice.create", doc); err != nil || gone.ExternalID != "" || len(d.rows("invoices")) != 0 {
		t.Errorf("%+v, %v", gone, err)
	}
	if gone, err := d.undo("invoice.create", doc); err != nil || gone.ExternalID != "" { // somebody was first
		t.Errorf("%+v, %v", gone, err)
	}
	doc.Status = statusOpen // a finalised invoice cannot vanish: this is another account
	_, err := d.undo("invoice.create", doc)
	wantError(t, err, connector.Permanent, codeGone, "")
}

func TestAnInvoiceCreditedInPart(t *testing.T) {
	d := setup(t)
	doc := d.made("invoice.create", nil)
	d.next("tengi-test-part")
	if _, err := credit(t.Context(), d.client(), d.ref, creditBody{Invoice: doc.ExternalID, Amount: 100000}, doc); err != nil {
		t.Fatal(err)
	}
	_, err := d.undo("invoice.create", doc)
	wantError(t, err, connector.Permanent, codeCredited, "")
}

func TestItemsOnWhatIsFinalStay(t *testing.T) {
	d := setup(t)
	draft := d.made("invoice.create", map[string]any{"finish": finishDraft})
	d.next("tengi-test-item")
	item := d.made("invoiceitem.create", map[string]any{"customer": draft.Customer, "invoice": draft.ExternalID})
	if err := d.stripe.Finalise(draft.ExternalID); err != nil {
		t.Fatal(err)
	}
	_, err := d.undo("invoiceitem.create", item)
	wantError(t, err, connector.Permanent, codeState, "")
	if len(d.rows("invoiceitems")) != 1 {
		t.Error("the item is gone")
	}
}
