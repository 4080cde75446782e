package stripe

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/field"
	"github.com/tengi/tengi/money"
)

// line is one line to be sent.
type line struct {
	text   string
	amount int64
	rate   decimal.Decimal // VAT, per cent
}

// bill is what is to be invoiced.
type bill struct {
	lines []line
	items []string // ids of items that wait
	total money.Amount
	minor int64 // the total as Stripe will state it
	// open says that items nobody has named are taken up too, so the total is not known.
	open bool
}

// total is what an invoice of these values will come to; no amount when it takes up whatever waits at the customer.
func total(v field.Values) (money.Amount, error) {
	b, err := readBill(v)
	if err != nil || b.open {
		return money.Amount{}, err
	}
	return b.total, nil
}

// readBill adds up what is to be invoiced. It refuses what Stripe would round: amounts must be whole in the currency, and where prices are without
// VAT, rounding each line and rounding the sum of each rate must give the same. Which of the two Stripe does is a setting of the merchant's
// (https://docs.stripe.com/tax/tax-rates, "Rounding").
func readBill(v field.Values) (bill, error) {
	b := bill{open: v.Text("pending") != pendingNone}
	currency := v.Text("currency")
	u, known := unitOf(currency)
	if !known {
		_, err := minor(money.New(decimal.Zero, currency), "currency")
		return b, err
	}
	var sum, added, addedOnce decimal.Decimal // the lines, VAT rounded line by line, VAT rounded once for each rate
	nets := map[string]decimal.Decimal{}
	for i, row := range v.List("lines") {
		at := fmt.Sprintf("lines[%d].total", i)
		amount, err := minor(money.New(row.Decimal("total"), currency), at)
		if err != nil {
			return b, err
		}
		l := line{text: pieces(row, row.Text("description")), amount: amount}
		if v.Text("tax") != taxNone {
			l.rate = row.Decimal("vat_rate")
		}
		b.lines = append(b.lines, l)
		sum = sum.Add(row.Decimal("total"))
		if !v.Bool("prices_include_vat") {
			added = added.Add(row.Decimal("total").Mul(l.rate).Shift(-2).Round(u.decimals))
			nets[l.rate.String()] = nets[l.rate.String()].Add(row.Decimal("total"))
		}
	}
	for rate, net := range nets {
		addedOnce = addedOnce.Add(net.Mul(decimal.RequireFromString(rate)).Shift(-2).Round(u.decimals))
	}
	if !added.Equal(addedOnce) {
		return b, connector.Refusal(codeRounding, "prices_include_vat", fmt.Sprintf(
			"with VAT rounded on each line the invoice comes to %s %s, rounded once for each rate to %s: map line totals with VAT and set “prices include VAT”",
			sum.Add(added), currency, sum.Add(addedOnce)))
	}
	for i, row := range v.List("items") {
		if _, err := minor(money.New(row.Decimal("amount"), currency), fmt.Sprintf("items[%d].amount", i)); err != nil {
			return b, err
		}
		b.items = append(b.items, row.Text("id"))
		sum = sum.Add(row.Decimal("amount"))
	}
	return b, b.close(money.New(sum.Add(added), currency))
}

// close sets the total and refuses what is no invoice.
func (b *bill) close(sum money.Amount) (err error) {
	b.total = sum
	switch count := len(b.lines) + len(b.items); {
	case count == 0 && !b.open:
		return connector.Refusal(codeLines, "lines", "there is nothing to invoice: no lines and no items")
	case count > maxLines:
		return connector.Refusal(codeLines, "lines", fmt.Sprintf("an invoice at Stripe has at most %d lines", maxLines))
	case sum.Value.IsNegative():
		return connector.Refusal(codeTotal, "lines", fmt.Sprintf("the invoice would come to %s; Stripe would make a balance of the customer's of it", sum))
	}
	b.minor, err = minor(sum, "lines")
	return err
}

// taxRate is a tax rate as Stripe answers one (https://docs.stripe.com/api/tax_rates/object).
type taxRate struct {
	thing
	Percentage decimal.Decimal `json:"percentage"`
	Inclusive  bool            `json:"inclusive"`
	Country    string          `json:"country"`
	Active     bool            `json:"active"`
}

// taxIDs finds Stripe's tax rate for each percentage on the bill.
func taxIDs(ctx context.Context, c *connector.Client, b bill, v field.Values) (map[string]string, error) {
	ids := map[string]string{}
	for percent, id := range v.Pairs("tax_rates") {
		rate, err := decimal.NewFromString(strings.TrimRight(percent, "% "))
		if err != nil || money.Bounded(rate) != nil || !strings.HasPrefix(id, "txr_") {
			return nil, connector.Refusal(codeTaxRate, "tax_rates", "each tax rate is a percentage and an id that begins with txr_")
		}
		ids[rate.String()] = id
	}
	wanted := map[string]int{}
	for i, l := range b.lines {
		if key := l.rate.String(); !l.rate.IsZero() && ids[key] == "" {
			if _, seen := wanted[key]; !seen {
				wanted[key] = i
			}
		}
	}
	if len(wanted) == 0 {
		return ids, nil
	}
	inclusive := v.Bool("prices_include_vat")
	home := map[string]bool{} // found with the workspace's own country
	query := url.Values{"active": {"true"}, "inclusive": {strconv.FormatBool(inclusive)}}
	err := list(ctx, c, "the tax rates", "/v1/tax_rates", query, func(row taxRate, _ json.RawMessage) error {
		sane := money.Bounded(row.Percentage) == nil
		if !sane {
			return nil // no percentage
		}
		key := row.Percentage.String()
		own := row.Country == c.Workspace.Country
		_, needed := wanted[key]
		if !needed || !row.Active || row.Inclusive != inclusive || !own && (row.Country != "" || home[key]) {
			return nil
		}
		ids[key], home[key] = row.ID, own // from new to old: the oldest stays
		return nil
	})
	if err != nil {
		return nil, err
	}
	for key, i := range wanted {
		if ids[key] == "" {
			kind := "added to the price"
			if inclusive {
				kind = "included in the price"
			}
			return nil, connector.Refusal(codeTaxRate, fmt.Sprintf("lines[%d].vat_rate", i), fmt.Sprintf(
				"Stripe has no active tax rate of %s %%, %s: make one there under Product catalogue → Tax rates, or name one under “Tax rates”", key, kind))
		}
	}
	return ids, nil
}

// pendingOf lists the items that wait at a customer and are to be taken up, oldest first.
func pendingOf(ctx context.Context, c *connector.Client, who, currency, which string) ([]string, error) {
	var ids []string
	others := 0
	query := url.Values{"customer": {who}, "pending": {"true"}}
	err := list(ctx, c, "the invoice items", "/v1/invoiceitems", query, func(row item, _ json.RawMessage) error {
		switch {
		case row.Invoice != "" || !strings.EqualFold(row.Currency, currency):
		case which == pendingOurs && row.Metadata[metaRef] == "":
			others++
		default:
			ids = append([]string{row.ID}, ids...)
		}
		return nil
	})
	if err == nil && len(ids) == 0 {
		message := "nothing waits at the customer in this currency"
		if others > 0 {
			message += fmt.Sprintf(", but for %d items that somebody else added", others)
		}
		err = connector.Refusal(codeLines, "pending", message)
	}
	return ids, err
}
