package caspit

import (
	"net/http"
	"strings"
	"testing"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/connector/fake"
)

// The credit has the lines of the original, names it, is closed, and goes to the customer if the original did.
func TestCredit(t *testing.T) {
	d := setup(t)
	doc := d.made("invoice.create", map[string]any{"mail_language": "en", "lines": []any{line("סדנה", "3", "170"), line("חומרים", "1", "10")}})
	d.next("tengi-test-0001C")
	undone, err := d.undo(doc)
	if err != nil {
		t.Fatal(err)
	}
	all := d.caspit.Documents()
	if len(all) != 2 {
		t.Fatalf("%d documents", len(all))
	}
	note := all[1]
	if note.TrxTypeID != 9 || note.TrxCode != 3 || note.Status != statusClosed || !note.Total.Equal(dec(t, "180")) || len(note.Lines) != 2 || !strings.Contains(note.Comments, doc.Number) {
		t.Errorf("%+v", note)
	}
	if undone.Kind != tengi.CreditNote || undone.Number != note.Number || !undone.Amount.Equal(doc.Amount.Neg()) || undone.Data["original"] != doc.Number {
		t.Errorf("%+v", undone)
	}
	if mails := d.caspit.Mails(); len(mails) != 2 || mails[1].Document != note.DocumentID || mails[1].Language != english || mails[1].Draft {
		t.Errorf("mails %+v", mails)
	}
}

func TestCreditIsNotMailedWhenTheInvoiceWasNot(t *testing.T) {
	d := setup(t)
	doc := d.made("invoice.create", map[string]any{"send_email": false})
	d.next("tengi-test-0001C")
	if _, err := d.undo(doc); err != nil || len(d.caspit.Mails()) != 0 {
		t.Errorf("%v, %d mails", err, len(d.caspit.Mails()))
	}
}

func TestCreditWithRefundNote(t *testing.T) {
	d := setup(t)
	d.account.Settings["refund_note"] = true
	doc := d.made("invoice.create", nil)
	d.next("tengi-test-0001C")
	undone, err := d.undo(doc)
	if err != nil {
		t.Fatal(err)
	}
	all := d.caspit.Documents()
	if len(all) != 3 || all[1].TrxTypeID != 9 || all[2].TrxTypeID != 13 || all[2].Status != statusClosed || !all[2].Payment.Equal(dec(t, "180")) || len(all[2].Lines) != 0 {
		t.Fatalf("%+v", all)
	}
	if undone.Data["refund_note"] != all[2].Number || undone.ExternalID != all[1].DocumentID {
		t.Errorf("%+v", undone)
	}
}

// A foreign invoice is credited in its own currency, at its own rate.
func TestCreditInDollars(t *testing.T) {
	d := setup(t)
	d.account.Settings["refund_note"] = true
	doc := d.made("invoice.create", map[string]any{"currency": "USD", "exchange_rate": "3.654"})
	d.next("tengi-test-0001C")
	undone, err := d.undo(doc)
	if err != nil {
		t.Fatal(err)
	}
	all := d.caspit.Documents()
	if undone.Amount.String() != "-180.00 USD" && undone.Amount.String() != "-180 USD" || !all[1].Total.Equal(all[0].Total) || all[2].ReceiptCurrency != "$" || !all[2].ReceiptRate.Equal(dec(t, "3.654")) {
		t.Errorf("%s, %+v", undone.Amount, all)
	}
}

func TestUndoOfEveryKind(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		key     string
		changes map[string]any
		made    int64 // type of what is made; 0 = nothing
		left    int   // documents afterwards
		code    string
	}{
		"receipt":       {"receipt.create", nil, 13, 2, ""},
		"donation":      {"receipt.create", map[string]any{"kind": "donation_receipt"}, 0, 1, codeState},
		"pro-forma":     {"proforma.create", nil, 0, 1, ""},
		"delivery note": {"delivery.create", nil, 0, 1, ""},
		"draft":         {"invoice.create", map[string]any{"close": "draft"}, 0, 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			d := setup(t)
			doc := d.made(c.key, c.changes)
			d.next("tengi-test-0001C")
			undone, err := d.undo(doc)
			all := d.caspit.Documents()
			switch {
			case c.code != "":
				wantError(t, err, connector.Permanent, c.code, "")
			case err != nil:
				t.Fatal(err)
			case c.made == 0 && undone.ExternalID != "":
				t.Errorf("it says that it made %s", undone.ExternalID)
			case c.made != 0 && all[len(all)-1].TrxTypeID != c.made:
				t.Errorf("it made a type %d", all[len(all)-1].TrxTypeID)
			}
			if len(all) != c.left {
				t.Errorf("%d documents, want %d", len(all), c.left)
			}
		})
	}
}

func TestUndoAfterAPerson(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		changes map[string]any
		hand    func(*FakeDocument)
		code    string
		credits int
	}{
		"closed a draft":  {map[string]any{"close": "draft"}, func(f *FakeDocument) { f.Status = statusClosed }, "", 1},
		"changed the sum": {nil, func(f *FakeDocument) { f.Total = dec(t, "181") }, codeEdited, 0},
		"cancelled it":    {nil, func(f *FakeDocument) { f.Status = 3 }, codeState, 0},
		"dropped a draft": {map[string]any{"close": "draft"}, func(f *FakeDocument) { f.Status = 3 }, "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			d := setup(t)
			doc := d.made("invoice.create", c.changes)
			if err := d.caspit.ByHand(doc.ExternalID, c.hand); err != nil {
				t.Fatal(err)
			}
			d.next("tengi-test-0001C")
			_, err := d.undo(doc)
			if c.code != "" {
				wantError(t, err, connector.Permanent, c.code, "")
			} else if err != nil {
				t.Fatal(err)
			}
			if n := len(d.caspit.Documents()) - 1; n != c.credits {
				t.Errorf("%d credits, want %d", n, c.credits)
			}
		})
	}
}

// A document that is gone is not credited under another account's eyes.
func TestUndoOfWhatIsGone(t *testing.T) {
	d := setup(t)
	_, err := d.undo(tengi.Document{Kind: tengi.Invoice, ExternalID: "tengi-test-0001", Status: "closed"})
	wantError(t, err, connector.Permanent, codeGone, "")
	if _, err := d.undo(tengi.Document{Kind: tengi.Invoice, ExternalID: "tengi-test-0001", Status: "draft"}); err != nil {
		t.Errorf("a draft deleted by hand: %v", err)
	}
}

// The VAT rate has changed since: the credit would come to another sum and stays a draft for a person.
func TestCreditAtAnotherRate(t *testing.T) {
	d := setup(t)
	doc := d.made("invoice.create", nil)
	d.caspit.Set(func(b *Behaviour) { b.VATRate = dec(t, "19") })
	d.next("tengi-test-0001C")
	_, err := d.undo(doc)
	wantError(t, err, connector.Permanent, codeTotals, "")
	if all := d.caspit.Documents(); len(all) != 2 || all[1].Status != statusDraft {
		t.Errorf("%+v", all)
	}
}

func TestRefresh(t *testing.T) {
	d := setup(t)
	doc := d.made("invoice.create", map[string]any{"close": "draft"})
	if doc.Status != "draft" || len(d.caspit.Mails()) != 0 {
		t.Errorf("%+v, %d mails", doc, len(d.caspit.Mails()))
	}
	if err := d.caspit.ByHand(doc.ExternalID, func(f *FakeDocument) { f.Status, f.Number = statusClosed, "98/70099" }); err != nil {
		t.Fatal(err)
	}
	fresh, err := refresh(t.Context(), d.client(), doc)
	if err != nil || fresh.Status != "closed" || fresh.Number != "98/70099" || fresh.ExternalID != doc.ExternalID {
		t.Errorf("%+v, %v", fresh, err)
	}
	fresh.ExternalID = "gone"
	_, err = refresh(t.Context(), d.client(), fresh)
	wantError(t, err, connector.Permanent, codeGone, "")
}

// A mail that went unanswered is not sent again, whether it went out or not, and holds nothing up.
func TestLostMail(t *testing.T) {
	t.Parallel()
	for kind, sent := range map[fake.FaultKind]int{fake.DropAnswer: 1, fake.FailActed: 1, fake.DropRequest: 0, fake.Fail: 0} {
		t.Run(string(kind), func(t *testing.T) {
			d := setup(t)
			d.caspit.Faults().Add(fake.Fault{Kind: kind, Method: http.MethodPost, Path: "/EmailDocument"})
			_, err := d.do("invoice.create", nil)
			e := wantError(t, err, connector.Unknown, connector.CodeAnswerLost, "")
			d.clock.Advance(e.RetryAfter)
			d.restart()
			doc := d.made("invoice.create", nil)
			if doc.Data["mailed"] != perhaps || !strings.Contains(remarksOf(doc), "may not have gone out") || len(d.caspit.Mails()) != sent {
				t.Errorf("%+v, %d mails", doc, len(d.caspit.Mails()))
			}
			d.one()
		})
	}
}

// A refused mail says that the document itself is made, and goes on with another address or without.
func TestRefusedMail(t *testing.T) {
	d := setup(t)
	d.caspit.Faults().Add(fake.Fault{Kind: fake.Refuse, Method: http.MethodPost, Path: "/EmailDocument", Status: 400, Body: `"The e-mail address is not valid"`})
	_, err := d.do("invoice.create", nil)
	if e := wantError(t, err, connector.Permanent, codeMail, "customer_email"); e.Detail != "The e-mail address is not valid" {
		t.Errorf("detail %q", e.Detail)
	}
	d.made("invoice.create", map[string]any{"send_email": false})
	if one := d.one(); one.Status != statusClosed || len(d.caspit.Mails()) != 0 {
		t.Errorf("%+v", one)
	}
}

func TestNoMailWithoutAddress(t *testing.T) {
	d := setup(t)
	doc := d.made("invoice.create", map[string]any{"customer_email": nil})
	if doc.Data["mailed"] != nil || !strings.Contains(remarksOf(doc), "no e-mail") {
		t.Errorf("%+v", doc)
	}
}

// A customer's card is made once and left alone afterwards; saving it brings it up to date.
func TestCards(t *testing.T) {
	d := setup(t)
	first := d.made("invoice.create", map[string]any{"make_contact": true})
	d.next("tengi-test-0002")
	second := d.made("invoice.create", map[string]any{"make_contact": true, "customer_name": "Another Name", "customer_email": " ANNA@example.com"})
	cards := d.caspit.contacts
	if len(cards) != 1 || cards[0].Name != "אנה לינד" || first.Customer != cards[0].ContactID || second.Customer != first.Customer {
		t.Errorf("%d cards; %q and %q", len(cards), first.Customer, second.Customer)
	}
	d.next("tengi-test-0003")
	saved := d.made("contact.save", map[string]any{"contact_id": first.Customer, "customer_name": "Anna Lind"})
	if len(d.caspit.contacts) != 1 || d.caspit.contacts[0].Name != "Anna Lind" || saved.ExternalID != first.Customer || saved.Number == "" {
		t.Errorf("%+v", saved)
	}
	d.next("tengi-test-0004")
	_, err := d.do("contact.save", map[string]any{"customer_email": nil})
	wantError(t, err, connector.Permanent, codeKey, "contact_id")
}
