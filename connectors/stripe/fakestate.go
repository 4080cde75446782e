package stripe

import (
	"fmt"
)

// changeInvoice is what can be done with an invoice.
func (f *Fake) changeInvoice(inv obj, what string, p params) (obj, *refusal) {
	status, id := textIn(inv, "status"), textIn(inv, "id")
	refuse := invalid("invoice_not_editable", "", "The invoice is %s, which does not allow this (%s)", status, what)
	switch what {
	case "add_lines":
		if status != statusDraft {
			return nil, refuse
		}
		if err := f.addLines(inv, p); err != nil {
			return nil, err
		}
	case "finalize", "send":
		if status != statusDraft && (what == "finalize" || status != statusOpen) {
			return nil, refuse
		}
		if status == statusDraft {
			if err := f.finalise(inv); err != nil {
				return nil, err
			}
		}
		if what == "send" {
			f.mails = append(f.mails, id)
			f.happen("invoice.sent", inv)
		}
	case "pay":
		if status != statusOpen || p.text("paid_out_of_band") != "true" {
			return nil, refuse
		}
		f.settle(inv)
	case "void":
		if status != statusOpen && status != statusUncollectible {
			return nil, refuse
		}
		inv["status"] = statusVoid
		f.happen("invoice.voided", inv)
	}
	return f.shown("invoices", inv), nil
}

func (f *Fake) finalise(inv obj) *refusal {
	lines, _ := inv["_lines"].([]obj)
	if len(lines) == 0 {
		return invalid("invoice_no_customer_line_items", "", "Nothing to invoice for customer")
	}
	number := 0
	for _, other := range f.books["invoices"].all {
		if textIn(other, "number") != "" {
			number++
		}
	}
	inv["status"], inv["number"] = statusOpen, fmt.Sprintf("FJR-%04d", number+1)
	inv["hosted_invoice_url"] = "https://invoice.stripe.com/i/" + textIn(inv, "id")
	inv["invoice_pdf"] = "https://pay.stripe.com/invoice/" + textIn(inv, "id") + "/pdf"
	f.happen("invoice.finalized", inv)
	if numberIn(inv, "total") == 0 {
		f.settle(inv)
	}
	return nil
}

// settle marks an invoice as paid.
func (f *Fake) settle(inv obj) {
	inv["status"], inv["amount_paid"], inv["amount_remaining"] = statusPaid, inv["total"], int64(0)
	inv["status_transitions"] = obj{"paid_at": f.now().Unix()}
	f.happen("invoice.paid", inv)
}

// remove deletes a draft or an item that stands on nothing final.
func (f *Fake) remove(path string, o obj) (obj, *refusal) {
	if path == "invoices" && o["status"] != statusDraft {
		return nil, invalid("invoice_not_editable", "", "You can only delete draft invoices")
	}
	if inv := f.books["invoices"].all[textIn(o, "invoice")]; inv != nil && inv["status"] != statusDraft {
		return nil, invalid("invoice_not_editable", "", "The invoice item is on an invoice that is no longer editable")
	}
	id := textIn(o, "id")
	delete(f.books[path].all, id)
	if path == "invoices" { // what waited before waits again
		for _, item := range f.rows("invoiceitems", func(item obj) bool { return item["invoice"] == id }) {
			item["invoice"] = nil
		}
	}
	return obj{"id": id, "object": f.books[path].kind, "deleted": true}, nil
}

// createCredit makes a credit note.
func (f *Fake) createCredit(p params) (obj, *refusal) {
	inv := f.books["invoices"].all[p.text("invoice")]
	if inv == nil {
		return nil, invalid("resource_missing", "invoice", "No such invoice: '%s'", p.text("invoice"))
	}
	amount, err := p.amount("amount", textIn(inv, "currency"))
	if err != nil {
		return nil, err
	}
	var moved int64
	for _, key := range []string{"refund_amount", "credit_amount", "out_of_band_amount"} {
		n, err := p.number(key)
		if err != nil {
			return nil, err
		}
		if n != nil {
			moved += *n
		}
	}
	pre, post := numberIn(inv, "pre_payment_credit_notes_amount"), numberIn(inv, "post_payment_credit_notes_amount")
	switch status := inv["status"]; {
	case status == statusOpen && moved == 0 && amount > 0 && amount <= numberIn(inv, "amount_remaining"):
		inv["pre_payment_credit_notes_amount"] = pre + amount
		inv["amount_remaining"] = numberIn(inv, "amount_remaining") - amount
		if numberIn(inv, "amount_remaining") == 0 {
			inv["status"] = statusPaid
		}
	case status == statusPaid && moved == amount && amount > 0 && amount+pre+post <= numberIn(inv, "total"):
		inv["post_payment_credit_notes_amount"] = post + amount
	default:
		return nil, invalid("", "amount", "The sum of credit amount, refund amount and out of band amount must equal the credit note's, and that not exceed the invoice's")
	}
	made := f.add("credit_notes", obj{
		"invoice": inv["id"], "customer": inv["customer"], "total": amount, "amount": amount, "currency": inv["currency"], "status": "issued",
		"number": textIn(inv, "number") + "-CN", "reason": p.text("reason"), "metadata": p.pairs("metadata"), "pdf": "https://pay.stripe.com/credit_notes/pdf",
		"_mailed": p.text("email_type") != "none",
	})
	f.happen("credit_note.created", made)
	return f.shown("credit_notes", made), nil
}
