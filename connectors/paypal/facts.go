package paypal

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/field"
)

// facts is what an event of a payment says beside its sale, as expressions see it below data.payment.
type facts struct {
	ID            string `json:"id"`
	RefundID      string `json:"refund_id"`
	Status        string `json:"status"`
	Kind          string `json:"kind"`
	Invoice       string `json:"invoice"`
	Custom        string `json:"custom"`
	Item          string `json:"item"`
	Note          string `json:"note"`
	Date          string `json:"date"`
	Gross         string `json:"gross"`
	Fee           string `json:"fee"`
	Refunded      string `json:"refunded"`
	Currency      string `json:"currency"`
	PendingReason string `json:"pending_reason"`
	PayerID       string `json:"payer_id"`
	PayerStatus   string `json:"payer_status"`
	AddressStatus string `json:"address_status"`
	PayerCountry  string `json:"payer_country"`
	Via           string `json:"via"`
	Doubts        string `json:"doubts"`
}

// of completes the facts by what the payment says as numbers.
func (f facts) of(p *payment, c *connector.Client) facts {
	exp := decimals(p.currency)
	f.Gross, f.Fee, f.Refunded, f.Currency = p.gross.StringFixed(exp), p.fee.StringFixed(exp), p.refunded.StringFixed(exp), p.currency
	f.Date = p.at.In(c.Zone()).Format(time.DateOnly)
	return f
}

// doubt notes something that could not be taken as it stood.
func (f *facts) doubt(what ...string) {
	for _, w := range what {
		if f.Doubts != "" {
			f.Doubts += "; "
		}
		f.Doubts += w
	}
}

// paymentFields declares facts.
func paymentFields() field.Set {
	return field.Set{{Key: "payment", Type: field.Group, Label: "Payment", Children: field.Set{
		{Key: "id", Type: field.Text, Label: "Transaction number", Example: "4RT81930KX552614H"},
		{Key: "refund_id", Type: field.Text, Label: "Transaction number of the refund", Example: "8JN06417DW290153M"},
		{Key: "status", Type: field.Text, Label: "Status at PayPal", Example: "Completed"},
		{Key: "kind", Type: field.Text, Label: "How it was paid", Example: "cart",
			Help: "web_accept, cart, express_checkout, send_money, subscr_payment and others; capture or sale when a webhook told of it."},
		{Key: "invoice", Type: field.Text, Label: "Your order number", Example: "WEB-20261"},
		{Key: "custom", Type: field.Text, Label: "Your own remark to PayPal", Example: "cart-5571", Help: "What the shop passed through in the field custom."},
		{Key: "item", Type: field.Text, Label: "What was bought", Example: "Olive oil 750 ml"},
		{Key: "note", Type: field.LongText, Label: "Buyer's note"},
		{Key: "date", Type: field.Date, Label: "Paid on", Example: "2026-11-22", Help: "The day in your own time zone, which may be the one after PayPal's."},
		{Key: "gross", Type: field.Decimal, Label: "Amount paid", Example: "241.80"},
		{Key: "fee", Type: field.Decimal, Label: "PayPal's fee", Example: "9.42"},
		{Key: "refunded", Type: field.Decimal, Label: "Refunded in all", Example: "98.00"},
		{Key: "currency", Type: field.Currency, Label: "Currency", Example: "ILS"},
		{Key: "pending_reason", Type: field.Text, Label: "Why it is pending", Example: "multi_currency",
			Help: "multi_currency and unilateral wait for you: accept the currency, or confirm the e-mail address, in PayPal."},
		{Key: "payer_id", Type: field.Text, Label: "Buyer's number at PayPal", Example: "K7QF2XJ9T4LWA"},
		{Key: "payer_status", Type: field.Text, Label: "Buyer is verified", Example: "verified"},
		{Key: "address_status", Type: field.Text, Label: "Address is confirmed", Example: "confirmed"},
		{Key: "payer_country", Type: field.Text, Label: "Country of the buyer's PayPal account", Example: "FR"},
		{Key: "via", Type: field.Text, Label: "Reported by", Example: "ipn", Help: "ipn or webhook."},
		{Key: "doubts", Type: field.Text, Label: "What could not be taken as it stood", Help: "Empty when all was well."},
	}}}
}

// encode writes the data of an event under its name.
func encode(name string, value any) (json.RawMessage, error) {
	var out strings.Builder
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(map[string]any{name: value}); err != nil {
		return nil, fmt.Errorf("write the data of a %s: %w", name, err)
	}
	return json.RawMessage(strings.TrimSpace(out.String())), nil
}

// words are the texts of lines that PayPal has amounts for and no names.
type words struct{ payment, shipping, handling, insurance, tax, discount, refund string }

// wordsOf speaks the language of the business: the lines stand on its documents.
func wordsOf(c *connector.Client) words {
	switch c.Workspace.Language {
	case "he":
		return words{"תשלום ב-PayPal", "דמי משלוח", "דמי טיפול", "ביטוח משלוח", "מס", "הנחה", "החזר כספי"}
	case "is":
		return words{"Greiðsla með PayPal", "Sendingarkostnaður", "Umsýslugjald", "Trygging", "Skattur", "Afsláttur", "Endurgreiðsla"}
	case "pl":
		return words{"Płatność PayPal", "Wysyłka", "Opłata manipulacyjna", "Ubezpieczenie", "Podatek", "Rabat", "Zwrot"}
	case "uk":
		return words{"Оплата через PayPal", "Доставка", "Обробка замовлення", "Страхування", "Податок", "Знижка", "Повернення коштів"}
	default:
		return words{"Payment by PayPal", "Shipping", "Handling", "Insurance", "Tax", "Discount", "Refund"}
	}
}
