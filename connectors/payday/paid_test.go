package payday

import (
	"strings"
	"testing"

	"github.com/tengi/tengi/connector"
)

func payment(amount, method, day string) map[string]any {
	return map[string]any{"amount": amount, "method": method, "paid_on": day}
}

func TestPaid(t *testing.T) {
	t.Parallel()
	types := map[string]any{"WEB_PAYMENT": "Kort", "card": FakeCard, "CASH": "reiðufé"}
	tests := map[string]struct {
		changes           map[string]any
		status, kind, day string
		remark            string
	}{
		"in full":               {map[string]any{"payments": []any{payment("34800", "WEB_PAYMENT", "2026-06-20")}}, statusPaid, FakeCard, "2026-06-20", ""},
		"in two, of one kind":   {map[string]any{"payments": []any{payment("30000", "card", "2026-06-20"), payment("4800", "web_payment", "2026-06-25")}}, statusPaid, FakeCard, "2026-06-25", ""},
		"without a day":         {map[string]any{"payments": []any{payment("34800", "CASH", "")}}, statusPaid, FakeCash, "2026-07-01", ""},
		"on a day that is said": {map[string]any{"payments": []any{payment("34800", "CASH", "2026-06-20")}, "paid_date": "2026-06-30"}, statusPaid, FakeCash, "2026-06-30", ""},
		"and nothing beside":    {map[string]any{"payments": []any{payment("34800", "CASH", ""), payment("0", "bitcoin", "")}}, statusPaid, FakeCash, "2026-07-01", ""},
		"in two kinds":          {map[string]any{"payments": []any{payment("30000", "card", ""), payment("4800", "CASH", "")}}, statusSent, "", "", "several ways"},
		"in part":               {map[string]any{"payments": []any{payment("34799", "card", "")}}, statusSent, "", "", "34799 ISK was paid of 34800 ISK"},
		"too much":              {map[string]any{"payments": []any{payment("34801", "card", "")}}, statusSent, "", "", "34801 ISK was paid"},
		"and taken back":        {map[string]any{"payments": []any{payment("34800", "card", ""), payment("-34800", "card", "")}}, statusSent, "", "", ""},
		"in an unknown way":     {map[string]any{"payments": []any{payment("34800", "BITCOIN", "")}}, statusSent, "", "", `"BITCOIN" has no payment type`},
		"in no way":             {map[string]any{"payments": []any{payment("34800", "", "")}}, statusSent, "", "", "no payment type"},
		"not":                   {nil, statusSent, "", "", ""},
		"but a draft":           {map[string]any{"payments": []any{payment("34800", "card", "")}, "status": "DRAFT"}, statusDraft, "", "", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			d := setup(t)
			changes := map[string]any{"payment_types": types}
			for key, value := range test.changes {
				changes[key] = value
			}
			doc := d.made(changes)
			inv := d.only()
			if doc.Status != test.status || inv.Status != test.status || inv.PaymentType != test.kind || inv.PaidDate != test.day {
				t.Errorf("invoice %s, paid %q by %q", inv.Status, inv.PaidDate, inv.PaymentType)
			}
			if (test.status == statusPaid) != (len(d.payday.Payments()) == 1) {
				t.Errorf("payments %v", d.payday.Payments())
			}
			if !strings.Contains(remarksOf(doc), test.remark) || test.remark == "" && remarksOf(doc) != "" {
				t.Errorf("remarks %q", remarksOf(doc))
			}
		})
	}
}

// A payment type that Payday does not have is a mistake in the mapping, and the error says what there is to choose from.
func TestUnknownPaymentType(t *testing.T) {
	d := setup(t)
	_, err := d.create(map[string]any{"payments": []any{payment("34800", "card", "")}, "payment_types": map[string]any{"card": "Visa"}})
	e := wantError(t, err, connector.Permanent, codePaymentType, "payment_types.card")
	if !strings.Contains(e.Message, "Kort, Reiðufé") {
		t.Errorf("message %q", e.Message)
	}
	if len(d.payday.Customers()) != 0 {
		t.Error("a customer was made for an invoice that cannot be")
	}
}
