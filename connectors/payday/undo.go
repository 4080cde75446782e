package payday

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/money"
)

// changeRounds are when an invoice is read again after a change of it went unanswered; the last lies beyond Payday's slowest answer.
var changeRounds = []time.Duration{15 * time.Second, 60 * time.Second, 120 * time.Second}

// undo takes an invoice back: a draft is deleted, an issued one cancelled, which makes the credit note. A paid one is left to a person, as it is
// not known what Payday makes of cancelling it, and money may have to be paid back. Every run begins with reading what the invoice is now: a
// person may have credited, paid or deleted it meanwhile, and a second cancellation might make a second credit note.
func undo(ctx context.Context, c *connector.Client, _ tengi.Ref, doc tengi.Document) (tengi.Document, error) {
	if doc.ExternalID == "" {
		return tengi.Document{}, connector.Refusal(codeGone, "", "the invoice has no id at Payday: cancel it there")
	}
	inv, err := readInvoice(ctx, c, doc.ExternalID)
	switch {
	case notFound(err) && doc.Status == statusDraft:
		return deleteDraft(ctx, c, doc) // gone, and perhaps by our own request whose answer was lost: the journal knows
	case notFound(err) && doc.Status == statusDeleted:
		return removed(doc), nil // deleted by hand before we ever had it
	case notFound(err):
		return tengi.Document{}, goneError()
	case err != nil:
		return tengi.Document{}, err
	}
	switch inv.Status {
	case statusCancelled, statusCredit:
		return creditNote(inv, doc), nil
	case statusDeleted:
		return removed(doc), nil
	case statusPaid:
		return tengi.Document{}, paidError()
	}
	if err := stillOurs(inv, doc); err != nil {
		return tengi.Document{}, err
	}
	switch {
	case inv.Status == statusDraft:
		return deleteDraft(ctx, c, doc)
	case inv.Status != statusSent:
		return tengi.Document{}, connector.Refusal(codeState, "", fmt.Sprintf("the invoice is %q at Payday, which Tengi does not know: undo it there", inv.Status))
	case !inv.Number.given:
		return tengi.Document{}, notYet(codePending, "Payday has not given the invoice its number yet, and cannot cancel it before")
	}
	return cancel(ctx, c, doc)
}

// stillOurs refuses an invoice that somebody has changed: as a draft, or while it was one.
func stillOurs(inv invoice, doc tengi.Document) error {
	now := inv.amount(doc.Amount.Currency)
	if now.given && money.New(now.Decimal, inv.currency(doc.Amount.Currency)).Equal(doc.Amount) {
		return nil
	}
	return connector.Refusal(codeEdited, "", "the invoice's total was changed by hand in Payday: undo it there")
}

func paidError() error {
	return connector.Refusal(codePaid, "",
		"the invoice is paid, so crediting it is a person's decision: in Payday choose Kreditfæra on the invoice and pay the money back, or keep it; then settle this here")
}

// deleteDraft deletes a draft. Payday deletes nothing that was issued (https://apidoc.payday.is), so a draft issued meanwhile is refused, not lost.
func deleteDraft(ctx context.Context, c *connector.Client, doc tengi.Document) (tengi.Document, error) {
	_, err := c.Change(ctx, connector.Change{
		Name:    "delete",
		Request: connector.Request{Method: http.MethodDelete, Path: "/invoices/" + doc.ExternalID},
		Recover: connector.Recovery{Rounds: changeRounds, Find: func(ctx context.Context, _ connector.Call) ([]byte, bool, error) {
			inv, err := readInvoice(ctx, c, doc.ExternalID)
			if notFound(err) {
				return nil, true, nil
			}
			return nil, err == nil && inv.Status == statusDeleted, err
		}},
	})
	switch {
	case notFound(err):
		return tengi.Document{}, goneError()
	case err != nil:
		return tengi.Document{}, fmt.Errorf("payday: delete draft: %w", err)
	}
	return removed(doc), nil
}

// cancel cancels an issued invoice and makes sure that it is.
func cancel(ctx context.Context, c *connector.Client, doc tengi.Document) (tengi.Document, error) {
	_, err := c.Change(ctx, connector.Change{
		Name: "cancel",
		Request: connector.Request{Method: http.MethodPut, Path: "/invoices/" + doc.ExternalID,
			JSON: map[string]string{"status": statusCancelled, "cancelledDate": c.Today()}},
		Recover: connector.Recovery{Rounds: changeRounds, Find: func(ctx context.Context, _ connector.Call) ([]byte, bool, error) {
			inv, err := readInvoice(ctx, c, doc.ExternalID)
			return inv.raw, err == nil && inv.cancelled(), err
		}},
	})
	if err != nil && connector.AsError(err).Kind != connector.Permanent {
		return tengi.Document{}, fmt.Errorf("payday: cancel invoice: %w", err)
	}
	inv, readErr := readInvoice(ctx, c, doc.ExternalID)
	switch {
	case readErr != nil && err == nil:
		return tengi.Document{}, readErr
	case readErr == nil && inv.cancelled():
		return creditNote(inv, doc), nil // a refusal of what a person did a moment earlier ends here too
	case readErr == nil && inv.Status == statusPaid:
		return tengi.Document{}, paidError()
	case err != nil:
		return tengi.Document{}, fmt.Errorf("payday: cancel invoice: %w", err)
	}
	return tengi.Document{}, notYet(codeUnconfirmed, "Payday took the cancellation and does not show it yet")
}

func (inv invoice) cancelled() bool {
	return inv.Status == statusCancelled || inv.Status == statusCredit
}

// creditNote is the cancellation as Tengi keeps it. Payday makes no separate document known: the invoice itself carries the state.
func creditNote(inv invoice, doc tengi.Document) tengi.Document {
	return tengi.Document{
		Kind: tengi.CreditNote, ExternalID: doc.ExternalID, Number: inv.Number.whole(), URL: doc.URL, Status: string(inv.Status),
		Amount: doc.Amount.Neg(), Customer: doc.Customer,
	}
}

// removed is a draft that left nothing behind.
func removed(doc tengi.Document) tengi.Document {
	return tengi.Document{Kind: tengi.CreditNote, Status: statusDeleted, Customer: doc.Customer}
}
