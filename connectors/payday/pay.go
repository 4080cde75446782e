package payday

import (
	"context"
	"fmt"
	"net/http"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/field"
)

// pay marks an invoice as paid. It reads first: what is paid already is left alone, and what cannot be paid is refused before anything is sent.
func pay(ctx context.Context, c *connector.Client, _ tengi.Ref, v field.Values) (tengi.Document, error) {
	id := v.Text("invoice")
	inv, err := readInvoice(ctx, c, id)
	if notFound(err) {
		return tengi.Document{}, connector.Refusal(codeGone, "invoice", "Payday does not know this invoice")
	}
	if err != nil {
		return tengi.Document{}, err
	}
	if inv.Status == statusPaid {
		return inv.payment(c), nil
	}
	if err := inv.payable(); err != nil {
		return tengi.Document{}, err
	}
	kind, err := findPaymentType(ctx, c, v.Text("payment_type"), "payment_type")
	if err != nil {
		return tengi.Document{}, err
	}
	date := v.Text("paid_date")
	if date == "" {
		date = c.Today()
	}
	_, err = c.Change(ctx, connector.Change{
		Name: "pay",
		Request: connector.Request{Method: http.MethodPut, Path: "/invoices/" + id,
			JSON: map[string]string{"status": statusPaid, "paidDate": date, "paymentType": kind}},
		Recover: connector.Recovery{Rounds: changeRounds, Find: func(ctx context.Context, _ connector.Call) ([]byte, bool, error) {
			inv, err := readInvoice(ctx, c, id)
			return inv.raw, err == nil && inv.Status == statusPaid, err
		}},
	})
	if err != nil {
		return tengi.Document{}, fmt.Errorf("payday: mark invoice as paid: %w", err)
	}
	if inv, err = readInvoice(ctx, c, id); err != nil {
		return tengi.Document{}, err
	}
	if inv.Status != statusPaid {
		return tengi.Document{}, notYet(codeUnconfirmed, "Payday took the payment and does not show it yet")
	}
	return inv.payment(c), nil
}

// payable refuses what cannot be marked as paid.
func (inv invoice) payable() error {
	switch {
	case inv.Status == statusDraft:
		return connector.Refusal(codeState, "invoice", "the invoice is a draft: issue it in Payday first")
	case inv.Status != statusSent:
		return connector.Refusal(codeState, "invoice", fmt.Sprintf("the invoice is %q at Payday and cannot be paid", inv.Status))
	case inv.liveClaim():
		// The bank reports a paid claim by itself, up to a day later: the payment would be there twice.
		return connector.Refusal(codeState, "invoice", "the invoice has a claim in the online bank, which records its payment by itself")
	case !inv.Number.given:
		return notYet(codePending, "Payday has not given the invoice its number yet, and cannot take a payment before")
	}
	return nil
}

func (inv invoice) liveClaim() bool {
	return bool((inv.ClaimCreated || inv.CreatesClaim) && !inv.ClaimCancelled && !inv.ClaimCancelledOn)
}

// payment is the fact that the invoice is paid, as Tengi keeps it.
func (inv invoice) payment(c *connector.Client) tengi.Document {
	doc := inv.document(c, krona)
	doc.Kind = tengi.PaymentRecord
	if inv.PaidDate != "" {
		doc.Data["paid_date"] = cutDate(inv.PaidDate)
	}
	return doc
}
