package payday

import (
	"testing"
	"time"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/connector/fake"
)

func (d *desk) pay(changes map[string]any) (tengi.Document, error) {
	d.t.Helper()
	raw := map[string]any{"invoice": d.payday.Invoices()[0].ID, "payment_type": "kort "}
	for key, value := range changes {
		raw[key] = value
	}
	values, faults := paymentFields().Parse(raw)
	if err := faults.Err(); err != nil {
		d.t.Fatal(err)
	}
	return pay(d.t.Context(), d.client(), d.ref, values)
}

func TestPay(t *testing.T) {
	d := setup(t)
	invoice := d.madeBefore(nil)
	doc, err := d.pay(map[string]any{"paid_date": "2026-06-30"})
	if err != nil {
		t.Fatal(err)
	}
	if doc.Kind != tengi.PaymentRecord || doc.ExternalID != invoice.ExternalID || doc.Status != statusPaid || doc.Number != "1001" || !doc.Amount.Equal(isk(34800)) || doc.Data["paid_date"] != "2026-06-30" {
		t.Errorf("document %+v", doc)
	}
	if body := d.sent("pay"); body["status"] != statusPaid || body["paidDate"] != "2026-06-30" || body["paymentType"] != FakeCard || len(body) != 3 {
		t.Errorf("sent %v", body)
	}
}

func TestPayTwice(t *testing.T) {
	d := setup(t)
	d.madeBefore(nil)
	for _, ref := range []tengi.Ref{"one", "two"} {
		d.next(ref)
		if doc, err := d.pay(map[string]any{"payment_type": FakeCash}); err != nil || doc.Data["paid_date"] != "2026-07-01" {
			t.Fatalf("%+v, %v", doc, err)
		}
	}
	if n := len(d.payday.Payments()); n != 1 {
		t.Errorf("%d payments", n)
	}
	if len(d.journal.Calls()) != 0 {
		t.Error("the second time something was sent")
	}
}

func TestPayRefuses(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		made, pay  map[string]any
		status     string
		code, path string
	}{
		"a draft":         {made: map[string]any{"status": "DRAFT"}, code: codeState, path: "invoice"},
		"cancelled":       {status: statusCancelled, code: codeState, path: "invoice"},
		"credited":        {status: statusCredit, code: codeState, path: "invoice"},
		"with a claim":    {made: map[string]any{"customer_ssn": "1201743399", "create_claim": true}, code: codeState, path: "invoice"},
		"another kind":    {pay: map[string]any{"payment_type": "Bitcoin"}, code: codePaymentType, path: "payment_type"},
		"somebody else's": {pay: map[string]any{"invoice": "9f1d0000-0000-4000-8000-999999999999"}, code: codeGone, path: "invoice"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			d := setup(t)
			doc := d.madeBefore(test.made)
			if test.status != "" {
				if err := d.payday.ByHand(doc.ExternalID, test.status); err != nil {
					t.Fatal(err)
				}
			}
			_, err := d.pay(test.pay)
			wantError(t, err, connector.Permanent, test.code, test.path)
			if len(d.payday.Payments()) != 0 {
				t.Error("a payment was entered")
			}
		})
	}
}

func TestPayWaitsForTheNumber(t *testing.T) {
	d := setup(t, func(b *Behaviour) { b.NumberAfter = time.Minute })
	d.madeBefore(nil)
	_, err := d.pay(nil)
	wantError(t, err, connector.Temporary, codePending, "")
	if _, err := d.persist(func() (tengi.Document, error) { return d.pay(nil) }); err != nil || len(d.payday.Payments()) != 1 {
		t.Errorf("%v, %d payments", err, len(d.payday.Payments()))
	}
}

func TestPayAnswerLost(t *testing.T) {
	t.Parallel()
	for kind, sends := range map[fake.FaultKind]int{fake.DropAnswer: 1, fake.FailActed: 1, fake.DropRequest: 2, fake.Fail: 2} {
		t.Run(string(kind), func(t *testing.T) {
			d := setup(t)
			d.madeBefore(nil)
			d.payday.Faults().Add(fake.Fault{Kind: kind, Method: "PUT"})
			_, err := d.persist(func() (tengi.Document, error) { d.restart(); return d.pay(nil) })
			if err != nil || len(d.payday.Payments()) != 1 || d.sends("pay") != sends {
				t.Errorf("%v, %d payments, sent %d times", err, len(d.payday.Payments()), d.sends("pay"))
			}
		})
	}
}
