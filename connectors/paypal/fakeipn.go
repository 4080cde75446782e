package paypal

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

// pairs are the fields of a message in the order they are written.
type pairs [][2]string

func (p *pairs) add(name, value string) { *p = append(*p, [2]string{name, value}) }

// send writes a message as PayPal would, in the encoding that its field charset names, and remembers it: it will be asked whether it sent it. The
// caller holds the lock.
func (f *Fake) send(p pairs) Notice {
	charset := "UTF-8"
	for _, pair := range p {
		if pair[0] == "charset" {
			charset = pair[1]
		}
	}
	var body strings.Builder
	for i, pair := range p {
		if i > 0 {
			body.WriteByte('&')
		}
		body.WriteString(pair[0] + "=" + escape(encodeAs(charset, pair[1])))
	}
	f.messages[body.String()] = true
	return Notice{Header: ipnHeader(), Body: []byte(body.String())}
}

// Sent makes the stand-in own a message that somebody else has written, such as one that was recorded.
func (f *Fake) Sent(body string) Notice {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.messages[body] = true
	return Notice{Header: ipnHeader(), Body: []byte(body)}
}

func ipnHeader() http.Header {
	return http.Header{"Content-Type": {"application/x-www-form-urlencoded"}, "User-Agent": {"PayPal IPN ( https://www.paypal.com/ipn )"}}
}

// encodeAs turns a text into bytes of an encoding; what that has no place for becomes a question mark.
func encodeAs(charset, value string) string {
	found, err := encodingOf(charset)
	if err != nil {
		return value
	}
	var out strings.Builder
	for _, r := range value {
		part, err := found.NewEncoder().String(string(r))
		if err != nil {
			part = "?"
		}
		out.WriteString(part)
	}
	return out.String()
}

// escape writes bytes as PayPal does: blanks as plus signs, everything but letters, digits and a few marks with a percent sign.
func escape(value string) string {
	var out strings.Builder
	for i := range len(value) {
		switch c := value[i]; {
		case c == ' ':
			out.WriteByte('+')
		case c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '-' || c == '_' || c == '.':
			out.WriteByte(c)
		default:
			fmt.Fprintf(&out, "%%%02X", c)
		}
	}
	return out.String()
}

// pacific writes a time as messages do, by the clock of California: summer time from the second Sunday in March to the first in November, at two
// in the morning (15 U.S.C. 260a).
func pacific(at time.Time) string {
	sunday := func(month time.Month, nth int) time.Time {
		first := time.Date(at.UTC().Year(), month, 1, 0, 0, 0, 0, time.UTC)
		return first.AddDate(0, 0, (7-int(first.Weekday()))%7+7*(nth-1))
	}
	offset, name := -8*time.Hour, "PST"
	if at.After(sunday(time.March, 2).Add(10*time.Hour)) && at.Before(sunday(time.November, 1).Add(9*time.Hour)) {
		offset, name = -7*time.Hour, "PDT"
	}
	return at.UTC().Add(offset).Format("15:04:05 Jan 02, 2006 ") + name
}

// common are the fields that every message of a payment has.
func (p *fakePayment) common(status string, at time.Time) pairs {
	o := p.order
	m := pairs{
		{"invoice", o.Invoice}, {"payer_id", "K7QF2XJ9T4LWA"}, {"address_street", "Skeppargatan 12"}, {"payment_date", pacific(at)}, {"payment_status", status},
		{"charset", o.Charset}, {"address_zip", "11452"}, {"first_name", o.First}, {"address_country_code", o.Country}, {"address_name", o.First + " " + o.Last},
		{"notify_version", "3.9"}, {"custom", ""}, {"payer_status", "verified"}, {"business", fakeEmail}, {"address_city", "Stockholm"},
		{"verify_sign", "AXk2mVq8sT1rWb0dYc5eHf7gLj3nA9pQzR4uXtVoBi6CwDyEsFhGkJmN"}, {"payer_email", o.Email}, {"payment_type", "instant"}, {"last_name", o.Last},
		{"address_state", ""}, {"receiver_email", fakeEmail}, {"payment_fee", ""}, {"receiver_id", fakeMerchant}, {"mc_currency", o.Currency}, {"residence_country", o.Country},
		{"payment_gross", ""}, {"ipn_track_id", "5b7c01d9e2f34"},
	}
	return m
}

// message is the IPN of a payment as it stands.
func (p *fakePayment) message() pairs {
	m := p.common(p.status, p.made)
	m.add("txn_id", p.id)
	m.add("txn_type", p.order.Kind)
	m.add("mc_gross", p.gross.StringFixed(2))
	if p.status == "Pending" {
		m.add("pending_reason", p.order.Pending)
	} else {
		m.add("mc_fee", p.fee.StringFixed(2))
	}
	shipping, _ := amount(p.order.Shipping) // it was checked when it was paid
	if p.order.Kind != "cart" {
		it := p.order.Items[0]
		m = append(m, pairs{{"item_name", it.Name}, {"item_number", it.SKU}, {"quantity", strconv.FormatInt(it.Quantity, 10)}, {"shipping", shipping.StringFixed(2)},
			{"handling_amount", "0.00"}, {"tax", "0.00"}}...)
		return m
	}
	m.add("mc_shipping", shipping.StringFixed(2))
	m.add("num_cart_items", strconv.Itoa(len(p.order.Items)))
	for i, it := range p.order.Items {
		n := strconv.Itoa(i + 1)
		price, _ := amount(it.Price)
		gross, own := price.Mul(decimal.NewFromInt(it.Quantity)), shipping
		if i > 0 {
			own = decimal.Decimal{}
		}
		m = append(m, pairs{{"item_name" + n, it.Name}, {"item_number" + n, it.SKU}, {"quantity" + n, strconv.FormatInt(it.Quantity, 10)},
			{"mc_shipping" + n, own.StringFixed(2)}, {"mc_handling" + n, "0.00"}, {"tax" + n, "0.00"}, {"mc_gross_" + n, gross.Add(own).StringFixed(2)}}...)
	}
	return m
}

// message is the IPN of money given or taken back. It names no txn_type, has a number of its own, and no items (observed in practice).
func (r *fakeRefund) message(status, reason string) pairs {
	m := r.payment.common(status, r.made)
	gross := r.amount.Neg()
	if status == "Canceled_Reversal" {
		gross = r.amount
	}
	return append(m, pairs{{"txn_id", r.id}, {"parent_txn_id", r.payment.id}, {"reason_code", reason}, {"mc_gross", gross.StringFixed(2)}, {"mc_fee", "0.00"}}...)
}

// caseMessage is the IPN of a dispute that was opened.
func (p *fakePayment) caseMessage(id string, at time.Time) pairs {
	return pairs{
		{"txn_type", "new_case"}, {"case_id", id}, {"case_type", "complaint"}, {"reason_code", "non_receipt"}, {"case_creation_date", pacific(at)}, {"txn_id", p.id},
		{"payer_email", p.order.Email}, {"receiver_id", fakeMerchant}, {"receiver_email", fakeEmail}, {"charset", p.order.Charset}, {"invoice", p.order.Invoice},
		{"verify_sign", "AXk2mVq8sT1rWb0dYc5eHf7gLj3nA9pQzR4uXtVoBi6CwDyEsFhGkJmN"}, {"notify_version", "3.9"}, {"ipn_track_id", "c04e8a61b7d25"},
	}
}
