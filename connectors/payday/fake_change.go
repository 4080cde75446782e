package payday

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	"github.com/tengi/tengi/connector/fake"
)

// changeInvoice takes the changes of state that are known: marking as paid, cancelling, a later final due date.
func (f *Fake) changeInvoice(w http.ResponseWriter, inv *fakeInvoice, body []byte) {
	var asked struct {
		Status        string `json:"status"`
		PaidDate      string `json:"paidDate"`
		PaymentType   string `json:"paymentType"`
		CancelledDate string `json:"cancelledDate"`
		FinalDueDate  string `json:"finalDueDate"`
	}
	if err := json.Unmarshal(body, &asked); err != nil {
		sentence(w, http.StatusBadRequest, "The request body is not valid JSON")
		return
	}
	refuse := func() {
		sentence(w, http.StatusBadRequest, fmt.Sprintf("Invoice with status %s cannot be updated to status %s", inv.status, asked.Status))
	}
	switch {
	case inv.number > 0 && !f.numbered(inv):
		sentence(w, http.StatusBadRequest, "Invoice with status Pending cannot be updated to status "+asked.Status)
		return
	case asked.Status == statusPaid && inv.status == statusSent:
		if asked.PaidDate == "" || asked.PaymentType != FakeCard && asked.PaymentType != FakeCash {
			message(w, "Paid date and payment type are required")
			return
		}
		f.enterPayment(inv, asked.PaidDate, asked.PaymentType)
	case asked.Status == statusCancelled && (inv.status == statusSent || inv.cancelled()):
		// A second cancellation makes a second credit note: nobody has said that it does not.
		f.cancel(inv, asked.CancelledDate)
	case asked.Status == "" && asked.FinalDueDate >= inv.due:
		inv.finalDue = asked.FinalDueDate
	default:
		refuse()
		return
	}
	fake.JSON(w, http.StatusOK, f.answer(inv))
}

func (inv *fakeInvoice) cancelled() bool {
	return inv.status == statusCancelled || inv.status == statusCredit
}

func (f *Fake) cancel(inv *fakeInvoice, date string) {
	inv.status, inv.cancelledDate = statusCancelled, date
	if f.behaviour.CancelledAs != "" {
		inv.status = f.behaviour.CancelledAs
	}
	f.credits = append(f.credits, FakeCredit{Invoice: inv.id, Total: inv.gross.Neg(), Currency: inv.currency})
}

func (f *Fake) deleteInvoice(w http.ResponseWriter, inv *fakeInvoice) {
	switch inv.status {
	case statusDraft:
		inv.status = statusDeleted
		w.WriteHeader(http.StatusNoContent)
	case statusDeleted:
		message404(w, "Invoice not found")
	default:
		sentence(w, http.StatusBadRequest, fmt.Sprintf("Issued invoice %d cannot be deleted. Consider cancelling", inv.number))
	}
}

func (f *Fake) servePDF(w http.ResponseWriter, inv *fakeInvoice) {
	if !f.numbered(inv) {
		sentence(w, http.StatusBadRequest, "The invoice is not ready")
		return
	}
	w.Header().Set("Content-Type", "application/pdf")
	_, _ = io.WriteString(w, "%PDF-1.4\n%%EOF\n")
}
