package caspit

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/field"
	"github.com/tengi/tengi/money"
)

// maxReference is how long the reference of a payment may be (https://app.caspit.biz/ApiHelp, model CaspitKupaLine).
const maxReference = 50

// Caspit's numbers of kinds of payment (observed). Most others are issuers of cards, which no source names.
const (
	payCash     = 1
	payCheque   = 2
	payTransfer = 9
	payOther    = 12
	payBit      = 16
)

// knownMethods recognises a method of payment by a part of its name. PayPal has no number of its own that holds everywhere: it is looked for in
// the business's list.
var knownMethods = []struct {
	part   string
	number int64
}{
	{"cash", payCash}, {"מזומן", payCash}, {"cheque", payCheque}, {"check", payCheque}, {"שיק", payCheque},
	{"transfer", payTransfer}, {"העברה", payTransfer}, {"paybox", payBit}, {"bit", payBit}, {"ביט", payBit},
}

var paypalNames = []string{"paypal", "פייפאל", "פיי פאל", "פאיפל"}

// paidSum is what was paid in all.
func paidSum(v field.Values) decimal.Decimal {
	var sum decimal.Decimal
	for _, p := range v.List("payments") {
		sum = sum.Add(p.Decimal("amount"))
	}
	return sum
}

// lastPaid is the day of the last payment, empty when none says.
func lastPaid(v field.Values) string {
	var last string
	for _, p := range v.List("payments") {
		last = max(last, p.Text("paid_on"))
	}
	return last
}

// receipts makes the lines about payments, dated on the document's date where they have no day of their own.
func receipts(ctx context.Context, c *connector.Client, v field.Values, date string, rate decimal.Decimal) ([]receiptBody, error) {
	var all []receiptBody
	for i, p := range v.List("payments") {
		amount := p.Decimal("amount")
		path := fmt.Sprintf("payments[%d]", i)
		if amount.IsZero() {
			continue
		}
		if amount.IsNegative() {
			return nil, connector.Refusal("negative", path+".amount", "money given back is no payment: it belongs on a refund note")
		}
		if err := money.New(amount, v.Text("currency")).Whole(); err != nil {
			return nil, connector.Refusal(codeFraction, path+".amount", fmt.Sprintf("the payment cannot be: %v", err))
		}
		number, err := paymentType(ctx, c, strings.TrimSpace(p.Text("method")), v.Pairs("payment_types"))
		if err != nil {
			return nil, err
		}
		day := p.Text("paid_on")
		if day == "" {
			day = date
		}
		all = append(all, receiptBody{Number: len(all) + 1, TypeID: whole(number), Payment: exactly(amount), PaidOn: words(day),
			Reference: words(cut(p.Text("reference"), maxReference)), Rate: exactly(rate)})
	}
	if len(all) == 0 {
		return nil, connector.Refusal(codeUnpaid, "payments", "nothing was paid yet, so there is nothing to receipt: make a tax invoice or a pro-forma invoice instead")
	}
	return all, nil
}

// paymentType is Caspit's number for a method: as the user says, else as its name says, else "other", which is right if not precise.
func paymentType(ctx context.Context, c *connector.Client, method string, chosen map[string]string) (int64, error) {
	for name, wanted := range chosen {
		if wanted = strings.TrimSpace(wanted); wanted != "" && strings.EqualFold(strings.TrimSpace(name), method) {
			return findPaymentType(ctx, c, wanted, "payment_types."+name)
		}
	}
	folded := strings.ToLower(method)
	if says(folded, paypalNames) {
		return findPayPal(ctx, c)
	}
	for _, known := range knownMethods {
		if strings.Contains(folded, known.part) {
			return known.number, nil
		}
	}
	return payOther, nil
}

// paymentKind is one of the business's kinds of payment.
type paymentKind struct {
	number number
	name   string
}

func paymentKinds(ctx context.Context, c *connector.Client) ([]paymentKind, error) {
	rows, err := catalog(ctx, c, "the kinds of payment", "/PaymentTypes", nil)
	if err != nil {
		return nil, err
	}
	var kinds []paymentKind
	for _, r := range rows {
		// The names of these fields are not documented.
		k := paymentKind{name: r.text("Name", "PaymentTypeName", "Description", "Title", "Text")}
		_ = k.number.UnmarshalJSON([]byte(r.text("PaymentTypeId", "Id", "Number"))) // never fails
		if k.number.given && k.number.IsInteger() {
			kinds = append(kinds, k)
		}
	}
	return kinds, nil
}

// findPayPal looks for PayPal in the business's list. A business without it, or a list that is refused, has "other".
func findPayPal(ctx context.Context, c *connector.Client) (int64, error) {
	kinds, err := paymentKinds(ctx, c)
	if err != nil && connector.AsError(err).Kind != connector.Permanent {
		return 0, err
	}
	at := slices.IndexFunc(kinds, func(k paymentKind) bool { return says(k.name, paypalNames) })
	if at < 0 {
		return payOther, nil
	}
	return kinds[at].number.IntPart(), nil
}

// findPaymentType finds a kind of payment by number or name.
func findPaymentType(ctx context.Context, c *connector.Client, wanted, fieldPath string) (int64, error) {
	kinds, err := paymentKinds(ctx, c)
	if err != nil {
		return 0, err
	}
	var names []string
	for _, k := range kinds {
		if strings.EqualFold(k.name, wanted) || k.number.String() == wanted {
			return k.number.IntPart(), nil
		}
		names = append(names, k.number.String()+" "+k.name)
	}
	return 0, connector.Refusal(codePayment, fieldPath, fmt.Sprintf("Caspit has no kind of payment %q; it has: %s", wanted, strings.Join(names, ", ")))
}
