package payday

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/field"
	"github.com/tengi/tengi/money"
)

// setPaid makes the invoice a paid one when the sale has been paid in full, to the last unit, by methods that all mean the same payment type in
// Payday. One request then makes the whole state; there is no second one that could be lost. Anything else leaves the invoice open.
func setPaid(ctx context.Context, c *connector.Client, body *invoiceBody, v field.Values, total money.Amount, notes *remarks) error {
	payments := v.List("payments")
	if body.Status != statusSent || len(payments) == 0 {
		return nil
	}
	var sum decimal.Decimal
	var last string
	for _, p := range payments {
		sum = sum.Add(p.Decimal("amount"))
		last = max(last, p.Text("paid_on"))
	}
	switch {
	case sum.IsZero():
		return nil
	case !sum.Equal(total.Value):
		notes.add(fmt.Sprintf("The invoice was left open: %s was paid of %s.", money.New(sum, total.Currency), total))
		return nil
	}
	kind, err := paidBy(ctx, c, v.Pairs("payment_types"), payments, notes)
	if err != nil || kind == "" {
		return err
	}
	body.Status, body.PaymentType, body.PaidDate = statusPaid, kind, v.Text("paid_date")
	if body.PaidDate == "" {
		body.PaidDate = last
	}
	if body.PaidDate == "" {
		body.PaidDate = body.InvoiceDate
	}
	return nil
}

// paidBy is the id of the one payment type that all methods stand for; empty, with a remark, when there is none. Methods are compared without
// regard to case.
func paidBy(ctx context.Context, c *connector.Client, types map[string]string, payments []field.Values, notes *remarks) (string, error) {
	methods := slices.Sorted(maps.Keys(types))
	kind := ""
	for _, p := range payments {
		if p.Decimal("amount").IsZero() {
			continue
		}
		method := strings.TrimSpace(p.Text("method"))
		at := slices.IndexFunc(methods, func(key string) bool { return strings.EqualFold(strings.TrimSpace(key), method) })
		if at < 0 || strings.TrimSpace(types[methods[at]]) == "" {
			notes.add(fmt.Sprintf("The invoice was left open: the method of payment %q has no payment type.", method))
			return "", nil
		}
		id, err := findPaymentType(ctx, c, types[methods[at]], "payment_types."+methods[at])
		if err != nil {
			return "", err
		}
		if kind != "" && id != kind {
			notes.add("The invoice was left open: it was paid in several ways that are different payment types.")
			return "", nil
		}
		kind = id
	}
	return kind, nil
}
