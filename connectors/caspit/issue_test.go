package caspit

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/connector/connectortest"
	"github.com/tengi/tengi/connector/fake"
)

// Totals are compared while the document is a draft: one that is off is not closed and not mailed, and goes on when it is right.
func TestTotalsDiffer(t *testing.T) {
	d := setup(t, func(b *Behaviour) { b.Off = dec(t, "0.01") })
	_, err := d.do("invoice.create", nil)
	e := wantError(t, err, connector.Permanent, codeTotals, "")
	if !strings.Contains(e.Message, "180.01") || !strings.Contains(e.Message, "180.00") {
		t.Errorf("the message does not name the sums: %s", e.Message)
	}
	if doc := d.one(); doc.Status != statusDraft || len(d.caspit.Mails()) != 0 {
		t.Errorf("status %d, %d mails", doc.Status, len(d.caspit.Mails()))
	}
	d.caspit.Set(func(b *Behaviour) { b.Off = dec(t, "0") })
	doc := d.made("invoice.create", nil)
	if one := d.one(); one.Status != statusClosed || doc.Status != "closed" || !doc.Amount.Equal(ils(t, "180")) {
		t.Errorf("%+v", doc)
	}
}

// A draft that a person has put right is closed as it is.
func TestDraftPutRightByHand(t *testing.T) {
	d := setup(t, func(b *Behaviour) { b.Off = dec(t, "0.01") })
	_, err := d.do("invoice.create", nil)
	wantError(t, err, connector.Permanent, codeTotals, "")
	if err := d.caspit.ByHand(string(d.ref), func(f *FakeDocument) { f.Total = dec(t, "180") }); err != nil {
		t.Fatal(err)
	}
	d.made("invoice.create", nil)
	if one := d.one(); one.Status != statusClosed || !one.Total.Equal(dec(t, "180")) {
		t.Errorf("%+v", one)
	}
}

// A draft is brought up to date when the values are corrected after something went wrong.
func TestDraftIsBroughtUpToDate(t *testing.T) {
	d := setup(t)
	d.caspit.Faults().Add(fake.Fault{Kind: fake.Refuse, Method: http.MethodPost, Path: "/PrintDocument", Status: 400, Body: `{"Message":"The customer is not valid"}`})
	_, err := d.do("invoice.create", nil)
	wantError(t, err, connector.Permanent, connector.CodeRefused, "")
	d.made("invoice.create", map[string]any{"customer_name": "Anna Lind", "lines": []any{line("סדנה", "2", "180.00")}})
	if one := d.one(); one.Status != statusClosed || one.Name != "Anna Lind" || one.Lines[0].Name != "סדנה" {
		t.Errorf("%+v", one)
	}
}

// A document that is there already, as after a backup was restored, is taken over and not made or mailed again.
func TestRestoredBackup(t *testing.T) {
	d := setup(t)
	first := d.made("invoice.create", nil)
	d.clock.Advance(72 * time.Hour)
	d.next(d.ref) // the journal is gone
	again := d.made("invoice.create", nil)
	if again.ExternalID != first.ExternalID || again.Number != first.Number || len(d.caspit.Mails()) != 1 || len(d.journal.Calls()) != 0 {
		t.Errorf("%+v, %d mails, calls %v", again, len(d.caspit.Mails()), d.journal.Calls())
	}
	d.one()
	if !strings.Contains(remarksOf(again), "already") {
		t.Errorf("remarks %q", remarksOf(again))
	}
}

// The look before making is one means, Caspit's own refusal the other: a closed document that the look missed is taken over.
func TestClosedDocumentIsRefusedASecondTime(t *testing.T) {
	d := setup(t)
	first := d.made("invoice.create", nil)
	d.next(d.ref)
	d.caspit.Faults().Add(fake.Fault{Kind: fake.Refuse, Method: http.MethodGet, Path: "/documents/", Status: 404})
	again := d.made("invoice.create", nil)
	if again.ExternalID != first.ExternalID || again.Number != first.Number {
		t.Errorf("%+v", again)
	}
	d.one()
}

// The control: without looking and without our key there would be two. The key alone keeps the stand-in from it.
func TestCarelessIsKeptFromDoubles(t *testing.T) {
	d := setup(t)
	d.caspit.Faults().Add(fake.Fault{Kind: fake.DropAnswer, Method: http.MethodPost, Path: "/documents"})
	if _, err := d.do("invoice.create", nil); err == nil {
		t.Fatal("the answer was not lost")
	}
	if _, err := d.do("invoice.create", nil, connectortest.Careless()); err != nil {
		t.Fatal(err)
	}
	d.one()
	d.next("tengi-test-0002") // another key is another document: the witness counts
	d.made("invoice.create", nil)
	if n := len(d.caspit.Documents()); n != 2 {
		t.Errorf("%d documents, want 2", n)
	}
}

// A request that acts long after its caller has gone is still one document.
func TestSlowAct(t *testing.T) {
	d := setup(t)
	d.caspit.Faults().Add(fake.Fault{Kind: fake.DropAnswer, Method: http.MethodPost, Path: "/PrintDocument"})
	_, err := d.do("invoice.create", nil)
	e := wantError(t, err, connector.Unknown, connector.CodeAnswerLost, "")
	if e.RetryAfter != rounds[0] {
		t.Errorf("looks after %s", e.RetryAfter)
	}
	d.restart()
	doc := d.made("invoice.create", nil) // it is there and closed: nothing to wait for
	if one := d.one(); one.Status != statusClosed || doc.Number != one.Number || len(d.caspit.Mails()) != 1 {
		t.Errorf("%+v, %d mails", one, len(d.caspit.Mails()))
	}
}

// A closing that does not show is looked at again and never asked for twice.
func TestClosingDoesNotShow(t *testing.T) {
	d := setup(t, func(b *Behaviour) { b.StaysOpen = true })
	for range 3 {
		_, err := d.do("invoice.create", nil)
		e := wantError(t, err, connector.Temporary, codeOpen, "")
		d.clock.Advance(e.RetryAfter)
	}
	if len(d.caspit.Mails()) != 0 {
		t.Error("a draft was mailed")
	}
	if err := d.caspit.ByHand(string(d.ref), func(f *FakeDocument) { f.Status = statusClosed }); err != nil {
		t.Fatal(err)
	}
	d.made("invoice.create", nil)
	if call, _ := d.journal.Call("close"); call.Sends != 1 {
		t.Errorf("closed %d times", call.Sends)
	}
}

// Not being there is said with 404, with 400, and in words with 500.
func TestMissingInEveryWay(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*desk){
		"404": func(*desk) {},
		"400": func(d *desk) { d.caspit.Set(func(b *Behaviour) { b.MissingAs400 = true }) },
		"500": func(d *desk) {
			d.caspit.Faults().Add(fake.Fault{Kind: fake.Refuse, Method: http.MethodGet, Path: "/documents/", Status: 500, Body: `{"ExceptionMessage":"Document was not found"}`})
		},
		"lists without pages": func(d *desk) { d.caspit.Set(func(b *Behaviour) { b.PlainLists = true }) },
	} {
		t.Run(name, func(t *testing.T) {
			d := setup(t)
			change(d)
			d.made("invoice.create", nil)
			d.one()
		})
	}
}

// A key that belongs to something else is not taken for ours, and nothing is made.
func TestKeyOfAnotherKind(t *testing.T) {
	d := setup(t)
	d.made("proforma.create", nil)
	d.next(d.ref)
	_, err := d.do("invoice.create", nil)
	wantError(t, err, connector.Permanent, codeInUse, "")
	d.one()
}

func TestKeyTooLong(t *testing.T) {
	d := setup(t)
	d.ref = "FJR-71500321-FJR-71500321-FJR-71500321-FJR-71500321-1-ABCDEF"
	_, err := d.do("invoice.create", nil)
	wantError(t, err, connector.Permanent, codeKey, "")
}

func TestDryRunShowsTheDraft(t *testing.T) {
	d := setup(t)
	_, err := d.do("invoice.create", nil, connectortest.Dry())
	captured, ok := errors.AsType[*connector.Captured](err)
	if !ok || captured.Call.Name != "create" || !strings.Contains(string(captured.Call.Body), `"UnitPrice":152.5424`) {
		t.Fatalf("a dry run gave %v", err)
	}
	if len(d.caspit.Documents()) != 0 {
		t.Error("a dry run made a document")
	}
}
