package caspit

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/money"
)

// undo takes a document back: a tax invoice by a credit invoice, a receipt by a refund note, anything without effect on the books by cancelling it.
// It begins with reading what the document is now.
func undo(ctx context.Context, c *connector.Client, ref tengi.Ref, doc tengi.Document) (tengi.Document, error) {
	d, err := readDocument(ctx, c, doc.ExternalID)
	switch {
	case notFound(err) && doc.Status == keepDraft:
		return removed(doc), nil // deleted by hand, or by our own request whose answer was lost
	case notFound(err):
		return tengi.Document{}, goneError()
	case err != nil:
		return tengi.Document{}, err
	}
	k, _ := kindOf(d.TrxTypeID)
	switch {
	case d.is(statusDraft):
		return cancel(ctx, c, doc)
	case !d.is(statusClosed) && (doc.Status == keepDraft || k == proforma || k == deliveryNote):
		return removed(doc), nil // cancelled already, by hand or by our own request
	case !d.is(statusClosed):
		return tengi.Document{}, connector.Refusal(codeState, "", "the document was cancelled or credited in Caspit by hand: settle this here")
	case k == proforma, k == deliveryNote:
		return cancel(ctx, c, doc)
	case k == taxInvoice, k == invoiceReceipt:
		return credit(ctx, c, ref, doc, d)
	case k == receipt:
		made, err := refund(ctx, c, string(ref), "", d)
		if err != nil {
			return tengi.Document{}, err
		}
		return taken(ctx, c, made, refundNote, doc, d, nil)
	}
	return tengi.Document{}, connector.Refusal(codeState, "", fmt.Sprintf("Tengi does not take back a %s: cancel it in Caspit, then settle this here", k.en))
}

// stillOurs refuses a document that somebody has changed, as far as its sum tells.
func stillOurs(d document, doc tengi.Document, now number) error {
	if doc.Amount.Currency != shekel || now.given && money.New(now.Decimal, shekel).Equal(doc.Amount) {
		return nil
	}
	return connector.Refusal(codeEdited, "", fmt.Sprintf("the document %s no longer comes to what it did: credit it in Caspit, then settle this here", d.Number))
}

// mirror is a document of another kind to the same customer, about an original.
func mirror(c *connector.Client, id string, k kind, d document) order {
	return order{kind: k, body: documentBody{
		DocumentID: id, TrxTypeID: k.trxType, TrxCode: k.trxCode, Date: c.Today(), DueDate: c.Today() + "T00:00:00", CustomerID: string(d.CustomerID),
		Name: string(d.Name), TaxID: string(d.TaxID), Address: string(d.Address), City: string(d.City), PostCode: string(d.PostCode), Country: string(d.Country),
		Email: string(d.Email), Phone: string(d.Phone), Details: "Tengi " + id, Comments: fmt.Sprintf("זיכוי עבור %s מיום %s", d.Number, d.day()),
		Rebate: whole(0), TaxDeduction: whole(0), ReceiptCurrency: symbols[shekel], ReceiptRate: whole(1), Lines: []lineBody{}, Receipts: []receiptBody{},
	}}
}

// credit makes the credit invoice: the lines of the original with amounts above zero (that they are not to be negative is not documented; the total
// is compared before anything is final). The money side is a refund note where the account wants one.
func credit(ctx context.Context, c *connector.Client, ref tengi.Ref, doc tengi.Document, d document) (tengi.Document, error) {
	if err := stillOurs(d, doc, d.Total); err != nil {
		return tengi.Document{}, err
	}
	if !d.Total.given || len(d.Lines) == 0 {
		return tengi.Document{}, connector.Refusal(codeState, "", "Caspit does not say what stands on the document: credit it there, then settle this here")
	}
	o := mirror(c, string(ref), creditInvoice, d)
	o.total = d.Total.Decimal
	for i, line := range d.Lines {
		line.Number = i + 1
		o.body.Lines = append(o.body.Lines, line)
	}
	made, _, err := issue(ctx, c, o)
	if err != nil {
		return tengi.Document{}, err
	}
	more := map[string]any{}
	if c.Settings.Bool("refund_note") && len(d.ReceiptLines) > 0 {
		note, err := refund(ctx, c, string(ref)+"-R", "refund-", d)
		if err != nil {
			return tengi.Document{}, err
		}
		more["refund_note"] = string(note.Number)
	}
	return taken(ctx, c, made, creditInvoice, doc, d, more)
}

// refund makes the refund note over what a document says was paid.
func refund(ctx context.Context, c *connector.Client, id, prefix string, d document) (document, error) {
	if !d.Payment.given || len(d.ReceiptLines) == 0 {
		return document{}, connector.Refusal(codeState, "", "Caspit does not say what was paid: make the refund note there, then settle this here")
	}
	o := mirror(c, id, refundNote, d)
	o.prefix, o.payment = prefix, d.Payment.Decimal
	o.body.Payment = &d.Payment
	if d.Currency != "" && d.ReceiptRate.given {
		o.body.ReceiptCurrency, o.body.ReceiptRate = string(d.Currency), d.ReceiptRate
	}
	for i, line := range d.ReceiptLines {
		line.Number, line.PaidOn = i+1, words(c.Today())
		o.body.Receipts = append(o.body.Receipts, line)
	}
	made, _, err := issue(ctx, c, o)
	return made, err
}

// taken is what took a document back, mailed to the customer if the document itself was.
func taken(ctx context.Context, c *connector.Client, made document, k kind, doc tengi.Document, original document, more map[string]any) (tengi.Document, error) {
	note := made.document(tengi.CreditNote, doc.Amount.Neg())
	note.Data["original"] = string(original.Number)
	for key, value := range more {
		note.Data[key] = value
	}
	if doc.Data["mailed"] != nil {
		var notes remarks
		l := letter{document: made, kind: k, to: string(original.Email), english: doc.Data["mail_language"] == english}
		if err := l.deliver(ctx, c, note.Data, !recent(made, c.Now()), &notes); err != nil {
			return tengi.Document{}, err
		}
		if len(notes) > 0 {
			note.Data["remarks"] = []string(notes)
		}
	}
	return note, nil
}

// cancel cancels a draft or a document without effect on the books (https://app.caspit.biz/ApiHelp, CancelDocument). What it makes of a closed
// tax document is not documented, so those are never cancelled.
func cancel(ctx context.Context, c *connector.Client, doc tengi.Document) (tengi.Document, error) {
	_, err := c.Change(ctx, connector.Change{
		Name:    "cancel",
		Request: connector.Request{Method: http.MethodPost, Path: "/CancelDocument/" + url.PathEscape(doc.ExternalID)},
		Recover: connector.Recovery{Rounds: rounds, Find: func(ctx context.Context, _ connector.Call) ([]byte, bool, error) {
			d, err := readDocument(ctx, c, doc.ExternalID)
			if notFound(err) {
				return nil, true, nil
			}
			return nil, err == nil && !d.is(statusDraft) && !d.is(statusClosed), err
		}},
	})
	if err != nil {
		return tengi.Document{}, fmt.Errorf("caspit: cancel the document: %w", err)
	}
	return removed(doc), nil
}

// removed is a document that left nothing behind in the books.
func removed(doc tengi.Document) tengi.Document {
	return tengi.Document{Kind: tengi.CreditNote, Status: "cancelled", Customer: doc.Customer}
}
