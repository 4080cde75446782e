package portmone

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/connector/connectortest"
	"github.com/tengi/tengi/connector/fake"
)

// paidDesk is a desk with an order of 150 hryvnias that was paid.
func paidDesk(t *testing.T) (d *desk, bill string) {
	t.Helper()
	d = newDesk(t, NewFake)
	values := map[string]any{}
	paidBefore(t, d.svc, values)
	return d, values["transaction_id"].(string)
}

func refunding(bill, amount string) map[string]any {
	return map[string]any{"transaction_id": bill, "amount": amount, "currency": "UAH", "title": "Повернення"}
}

func TestRefund(t *testing.T) {
	t.Parallel()
	d, bill := paidDesk(t)
	doc, err := d.do("payment.refund", refunding(bill, "50"))
	if err != nil || doc.ExternalID == bill || doc.Amount.Value.String() != "50" || doc.Data["transaction_id"] != bill || doc.Data["order_id"] != "INV-1001" {
		t.Fatalf("%+v %v", doc, err)
	}
	for _, call := range d.journal.Calls() {
		if strings.Contains(string(call.Answer), "stand-in-card-token") || strings.Contains(string(call.Body), fakePassword) {
			t.Errorf("kept: %s %s", call.Body, call.Answer)
		}
	}
	for _, tt := range []struct{ bill, amount, code, field string }{
		{bill, "100.01", "too_much", "amount"},
		{doc.ExternalID, "1", "not_paid", "transaction_id"},
		{"12345", "1", "not_found", "transaction_id"},
	} {
		d.journal = connectortest.NewJournal()
		_, err := d.do("payment.refund", refunding(tt.bill, tt.amount))
		if e := connector.AsError(err); e.Kind != connector.Permanent || e.Code != tt.code || e.Field != tt.field {
			t.Errorf("%+v: %v", tt, err)
		}
	}
	if n := connectortest.Held("refunds")(d.svc); n != 1 {
		t.Errorf("%d refunds", n)
	}
}

// The tokens of cards that Portmone's answers hold are not recorded.
func TestNothingOfCardsIsRecorded(t *testing.T) {
	t.Parallel()
	d, bill := paidDesk(t)
	client := d.client()
	action, _ := Connector().Action("payment.refund")
	values, _ := action.Input.Parse(refunding(bill, "50"))
	if _, err := action.Do(t.Context(), client, testRef, values); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(client.Recorded())
	if err != nil || len(client.Recorded()) < 3 || strings.Contains(string(text), "stand-in-card-token") || strings.Contains(string(text), "444433") {
		t.Errorf("%s %v", text, err)
	}
}

// lostRefund is a refund whose answer never came, acted or not.
func lostRefund(t *testing.T, d *desk, bill string, acts bool) {
	t.Helper()
	kind := fake.DropRequest
	if acts {
		kind = fake.DropAnswer
	}
	armed := before{text: `"method":"return"`, do: func() { d.svc.Faults().Add(fake.Fault{Kind: kind}) }}
	_, err := d.do("payment.refund", refunding(bill, "50"), connectortest.WithHTTP(armed))
	if e := connector.AsError(err); err == nil || e.Kind != connector.Unknown {
		t.Fatalf("%v", err)
	}
}

func TestLostRefund(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		acts    bool
		earlier []string // refunds by hand before
		byHand  []string // and while the answer is missing
		code    string   // "" = done
		refunds int      // in all
	}{
		{"made", true, nil, nil, "", 1},
		{"made, after one of the same amount", true, []string{"50"}, nil, "", 2},
		{"not made, after one of the same amount", false, []string{"50"}, nil, "", 2},
		{"not made", false, nil, nil, "", 1},
		{"made, and another amount by hand", true, nil, []string{"9"}, connector.CodeAskPerson, 2},
		{"made, and the same amount by hand", true, nil, []string{"50"}, connector.CodeAskPerson, 2},
		{"not made, and another amount by hand", false, nil, []string{"9"}, connector.CodeAskPerson, 1},
		{"not made, and as much by hand in two", false, []string{"50"}, []string{"30", "20"}, connector.CodeAskPerson, 3},
	} {
		d, bill := paidDesk(t)
		for _, amount := range tt.earlier {
			d.svc.GiveBack(bill, decimal.RequireFromString(amount))
		}
		lostRefund(t, d, bill, tt.acts)
		for _, amount := range tt.byHand {
			d.svc.GiveBack(bill, decimal.RequireFromString(amount))
		}
		var err error
		for range 6 {
			d.clock.Advance(3 * time.Minute)
			if _, err = d.do("payment.refund", refunding(bill, "50")); err == nil || connector.AsError(err).Code == connector.CodeAskPerson {
				break
			}
		}
		code := ""
		if err != nil {
			code = connector.AsError(err).Code
		}
		if n := connectortest.Held("refunds")(d.svc); code != tt.code || n != tt.refunds {
			t.Errorf("%s: %q %d refunds, want %q %d: %v", tt.name, code, n, tt.code, tt.refunds, err)
		}
	}
}

// "Already refunded" is what Portmone answers to a refund whose first answer was lost: it is looked up before anything is believed.
func TestRefundedBefore(t *testing.T) {
	t.Parallel()
	d, bill := paidDesk(t)
	answers := before{text: `"method":"return"`, do: func() {
		d.svc.Faults().Add(fake.Fault{Kind: fake.Refuse, Status: 200, Body: `[{"error_code":"6","error_message":"Платіж вже скасовано"}]`})
	}}
	_, err := d.do("payment.refund", refunding(bill, "150"), connectortest.WithHTTP(answers))
	if e := connector.AsError(err); e.Kind != connector.Unknown {
		t.Fatalf("%s %s: %v", e.Kind, e.Code, err)
	}
	d.svc.GiveBack(bill, decimal.NewFromInt(150)) // it shows up in the list
	d.clock.Advance(time.Hour)
	if doc, err := d.do("payment.refund", refunding(bill, "150")); err != nil || doc.Status != statusReturned {
		t.Errorf("%+v %v", doc, err)
	}
	d, bill = paidDesk(t)
	answers.do = func() {
		d.svc.Faults().Add(fake.Fault{Kind: fake.Refuse, Status: 200, Body: `{"error_code":"1","error_message":"Рахунок не сплачено"}`})
	}
	_, err = d.do("payment.refund", refunding(bill, "150"), connectortest.WithHTTP(answers))
	if e := connector.AsError(err); e.Kind != connector.Permanent || e.Code != codeRefused {
		t.Errorf("not paid: %s %s: %v", e.Kind, e.Code, err)
	}
}

func TestMark(t *testing.T) {
	t.Parallel()
	s := sums{refunds: 2, returned: decimal.RequireFromString("59.50")}
	if got, ok := readMark("REF-1" + s.mark()); !ok || got.refunds != 2 || !got.returned.Equal(s.returned) {
		t.Errorf("%+v %v", got, ok)
	}
	for _, text := range []string{"", "REF-1", "REF-1 returned=", "REF-1 returned=1", "REF-1 returned=x/1", "REF-1 returned=1/1e9"} {
		if got, ok := readMark(text); ok {
			t.Errorf("%s: %+v", text, got)
		}
	}
}
