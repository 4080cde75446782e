package stripe

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
)

// creditNote is a credit note as Stripe answers one (https://docs.stripe.com/api/credit_notes/object).
type creditNote struct {
	thing
	Number   string `json:"number"`
	Status   string `json:"status"`
	Total    int64  `json:"total"`
	Currency string `json:"currency"`
	PDF      string `json:"pdf"`
	Livemode bool   `json:"livemode"`
}

// creditBody is a credit note as Stripe takes one. For an invoice that was paid exactly one of the last three says where the money goes.
type creditBody struct {
	Invoice   string            `form:"invoice"`
	Amount    int64             `form:"amount"`
	Reason    string            `form:"reason"`
	EmailType string            `form:"email_type"`
	Metadata  map[string]string `form:"metadata"`
	Refund    int64             `form:"refund_amount"`
	Balance   int64             `form:"credit_amount"`
	Outside   int64             `form:"out_of_band_amount"`
}

// undoInvoice takes an invoice back: a draft is deleted, an open one voided or credited, a paid one credited. It begins with reading what the
// invoice is now: a person may have paid, credited or deleted it meanwhile.
func undoInvoice(ctx context.Context, c *connector.Client, ref tengi.Ref, doc tengi.Document) (tengi.Document, error) {
	inv, err := readInvoice(ctx, c, doc.ExternalID)
	path := "/v1/invoices/" + url.PathEscape(doc.ExternalID)
	gone := missing(err) || err == nil && inv.Deleted
	switch {
	case gone && doc.Status == statusDraft:
		return removed(doc), remove(ctx, c, "a draft", "delete", path) // perhaps by our own request, whose answer was lost
	case gone:
		return tengi.Document{}, connector.Refusal(codeGone, "", "Stripe no longer has this invoice under this key: look for it in Stripe")
	case err != nil:
		return tengi.Document{}, err
	}
	amount, err := major(inv.Total, inv.Currency)
	switch {
	case err != nil:
		return tengi.Document{}, err
	case inv.Status == statusVoid:
		return voided(inv, doc), nil
	case inv.Total > 0 && inv.credited() == inv.Total:
		return credited(ctx, c, inv, doc)
	case inv.credited() != 0:
		return tengi.Document{}, connector.Refusal(codeCredited, "", "a credit note for a part of the invoice was made already: credit the rest in Stripe")
	case !amount.Equal(doc.Amount) && doc.Amount.Currency != "":
		return tengi.Document{}, connector.Refusal(codeEdited, "", "the invoice's total was changed by hand in Stripe: undo it there")
	case inv.Status == statusDraft:
		return removed(doc), remove(ctx, c, "a draft", "delete", path)
	case (inv.Status == statusOpen || inv.Status == statusUncollectible) && inv.AmountPaid == 0 && c.Settings.Text("cancel_open") != cancelCredit:
		return void(ctx, c, inv, doc)
	case inv.Status == statusOpen && inv.AmountPaid == 0:
		return credit(ctx, c, ref, creditBody{Invoice: inv.ID, Amount: inv.Total}, doc)
	case inv.Status == statusPaid && inv.Total == 0:
		return tengi.Document{}, connector.Refusal(codeState, "", "the invoice comes to nothing, and Stripe makes no credit note of nothing: leave it")
	case inv.Status == statusPaid:
		return creditPaid(ctx, c, ref, inv, doc)
	}
	return tengi.Document{}, connector.Refusal(codeState, "", fmt.Sprintf("the invoice is %s at Stripe, or paid in part: undo it there", inv.Status))
}

// void voids an invoice: it keeps its number and nobody can pay it any more.
func void(ctx context.Context, c *connector.Client, inv invoice, doc tengi.Document) (tengi.Document, error) {
	made, err := post[invoice](ctx, c, call{
		name: "void", what: "an invoice void", path: "/v1/invoices/" + url.PathEscape(inv.ID) + "/void",
		find: func(ctx context.Context, _ connector.Call) (json.RawMessage, error) {
			return findInvoice(ctx, c, inv.ID, func(now invoice) bool { return now.Status == statusVoid })
		},
	})
	if err != nil {
		return tengi.Document{}, err
	}
	return voided(made, doc), nil
}

// creditPaid credits an invoice that was paid. What was paid outside of Stripe goes back outside of it; of money in Stripe the account says what
// becomes of it.
func creditPaid(ctx context.Context, c *connector.Client, ref tengi.Ref, inv invoice, doc tengi.Document) (tengi.Document, error) {
	body := creditBody{Invoice: inv.ID, Amount: inv.Total}
	marked, _ := doc.Data["marked_paid"].(bool)
	switch choice := c.Settings.Text("cancel_paid"); {
	case marked || choice == paidOutside:
		body.Outside = inv.Total
	case choice == paidRefund:
		body.Refund = inv.Total
	case choice == paidBalance:
		body.Balance = inv.Total
	default:
		return tengi.Document{}, connector.Refusal(codePaid, "",
			"the customer has paid the invoice, so crediting it is a person's decision: issue a credit note in Stripe, or leave it; then settle this here")
	}
	return credit(ctx, c, ref, body, doc)
}

// credit makes the credit note.
func credit(ctx context.Context, c *connector.Client, ref tengi.Ref, body creditBody, doc tengi.Document) (tengi.Document, error) {
	body.Reason, body.EmailType, body.Metadata = "order_change", "none", map[string]string{metaRef: string(ref)}
	if mailed, _ := doc.Data["mailed"].(bool); mailed {
		body.EmailType = "credit_note" // who was mailed the invoice is mailed this
	}
	made, err := post[creditNote](ctx, c, call{
		name: "credit", what: "a credit note", path: "/v1/credit_notes", compose: with(body),
		find: func(ctx context.Context, open connector.Call) (json.RawMessage, error) {
			return findByRef(ctx, c, "the credit notes", "/v1/credit_notes", open, "invoice")
		},
	})
	if err != nil {
		return tengi.Document{}, err
	}
	return creditDocument(made, doc)
}

func creditDocument(made creditNote, doc tengi.Document) (tengi.Document, error) {
	amount, err := major(made.Total, made.Currency)
	if err != nil {
		return tengi.Document{}, err
	}
	return tengi.Document{
		Kind: tengi.CreditNote, ExternalID: made.ID, Number: made.Number, URL: made.PDF, Status: made.Status, Amount: amount.Neg(), Customer: doc.Customer,
		Data: map[string]any{"livemode": made.Livemode},
	}, nil
}

// credited is the credit note that a person, or a run of ours that broke off, has made of the whole invoice.
func credited(ctx context.Context, c *connector.Client, inv invoice, doc tengi.Document) (tengi.Document, error) {
	var note creditNote
	err := list(ctx, c, "the credit notes", "/v1/credit_notes", url.Values{"invoice": {inv.ID}}, func(row creditNote, _ json.RawMessage) error {
		if row.Status == statusVoid {
			return nil
		}
		note = row
		return errEnough
	})
	if err != nil {
		return tengi.Document{}, err
	}
	if note.ID == "" {
		return tengi.Document{}, incomplete()
	}
	out, err := creditDocument(note, doc)
	out.Amount = doc.Amount.Neg() // several notes may make up the whole
	return out, err
}

// voided is a voided invoice as Tengi keeps it: Stripe makes no document of its own for it.
func voided(inv invoice, doc tengi.Document) tengi.Document {
	return tengi.Document{
		Kind: tengi.CreditNote, ExternalID: inv.ID, Number: inv.Number, URL: doc.URL, Status: inv.Status, Amount: doc.Amount.Neg(), Customer: doc.Customer,
		Data: map[string]any{"livemode": inv.Livemode},
	}
}
