package caspit

import (
	"fmt"

	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/field"
)

// kind is a kind of document as Caspit numbers them (Caspit's questions and answers). The classification is the built-in one: 3 is sales, 2 is
// receipts; a receipt with 3 is refused (observed).
type kind struct {
	key     string
	trxType int64
	trxCode int64
	lines   bool // says what was sold
	receipt bool // says what was paid
	he, en  string
}

var (
	taxInvoice     = kind{"tax_invoice", 1, 3, true, false, "חשבונית מס", "Tax invoice"}
	receipt        = kind{"receipt", 2, 2, false, true, "קבלה", "Receipt"}
	proforma       = kind{"proforma", 6, 3, true, false, "חשבונית עסקה", "Pro-forma invoice"}
	invoiceReceipt = kind{"invoice_receipt", 7, 3, true, true, "חשבונית מס/קבלה", "Tax invoice/receipt"}
	creditInvoice  = kind{"credit_invoice", 9, 3, true, false, "חשבונית זיכוי", "Credit invoice"}
	refundNote     = kind{"refund_note", 13, 2, false, true, "תעודת החזר", "Refund note"}
	deliveryNote   = kind{"delivery_note", 15, 3, true, false, "תעודת משלוח", "Delivery note"}
	donation       = kind{"donation_receipt", 19, 2, false, true, "קבלה לתרומה", "Donation receipt"}
)

// kindByPayment lets the payments decide between an invoice/receipt and a tax invoice.
const kindByPayment = "by_payment"

// chosen is the kind that the values ask for.
func chosen(kinds []kind, v field.Values) (kind, error) {
	wanted := v.Text("kind")
	if wanted == kindByPayment {
		b, err := readBill(v)
		if err != nil {
			return kind{}, err
		}
		if paidSum(v).Equal(b.total.Value) && !b.total.IsZero() {
			return invoiceReceipt, nil
		}
		return taxInvoice, nil
	}
	for _, k := range kinds {
		if wanted == k.key || wanted == "" && len(kinds) == 1 {
			return k, nil
		}
	}
	return kind{}, connector.Refusal("required", "kind", "choose what kind of document it is to be")
}

// kindOf finds a kind by Caspit's number.
func kindOf(trxType number) (kind, bool) {
	for _, k := range []kind{taxInvoice, receipt, proforma, invoiceReceipt, creditInvoice, refundNote, deliveryNote, donation} {
		if trxType.given && trxType.IsInteger() && trxType.IntPart() == k.trxType {
			return k, true
		}
	}
	return kind{}, false
}

// options are the choices of the field "kind".
func options(kinds []kind) []field.Option {
	var all []field.Option
	for _, k := range kinds {
		all = append(all, field.Option{Value: k.key, Label: fmt.Sprintf("%s (%s)", k.en, k.he)})
		if k.key == taxInvoice.key {
			all = append(all, field.Option{Value: kindByPayment, Label: "Tax invoice/receipt when paid in full, else tax invoice"})
		}
	}
	return all
}
