package imoje

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/field"
	"github.com/tengi/tengi/money"
)

// The longest texts of a link (REST documentation, "payment link").
const (
	maxOrder = 100
	maxTitle = 255
)

// linkFields are what a payment link consists of.
func linkFields() field.Set {
	return field.Set{
		{Key: "order_id", Type: field.Text, Label: "Number of the order", Required: true, Max: "100", Pattern: orderPattern, Default: "{{ sale.reference }}",
			Help: "Letters, digits and # _ - . / only. Every notice of the payment names it."},
		{Key: "amount", Type: field.Amount, Label: "Amount", Required: true, Min: "0.01", Max: "9999999.99", Default: "{{ sale.total }}"},
		{Key: "currency", Type: field.Currency, Label: "Currency", Required: true, Default: "{{ sale.currency }}", Help: "PLN, EUR, USD, GBP, CHF, SEK, HUF, CZK, BGN or RON."},
		{Key: "title", Type: field.Text, Label: "Title", Max: "255", Default: "{{ sale.reference }}"},
		{Key: "description", Type: field.Text, Label: "Description", Max: "255"},
		{Key: "customer_name", Type: field.Text, Label: "Customer's name", Required: true, Max: "200", Default: "{{ sale.customer.name }}"},
		{Key: "customer_email", Type: field.Email, Label: "Customer's e-mail", Required: true, Max: "200", Default: "{{ sale.customer.email }}"},
		{Key: "customer_phone", Type: field.Phone, Label: "Customer's phone", Default: "{{ sale.customer.phone }}"},
		{Key: "language", Type: field.Text, Label: "Language", Max: "10", Default: "{{ sale.customer.language }}", Help: "Of the payment page: pl, en and others."},
		{Key: "hours", Type: field.Int, Label: "Hours to pay", Min: "1", Max: "8760", Default: "48", Help: "Afterwards the link ends, and a notice says so."},
		{Key: "methods", Type: field.Text, Label: "Ways of paying", Pattern: `(blik|pbl|card|wallet|wt|imoje_paylater|imoje_installments|lease)(, ?(blik|pbl|card|wallet|wt|imoje_paylater|imoje_installments|lease))*`,
			Advanced: true, Example: "blik, pbl, imoje_paylater", Help: "With commas. Empty: all that the shop has."},
		{Key: "via", Type: field.Select, Label: "Made as", Default: viaLink, Advanced: true, Help: "A signed page needs no call to imoje, and cannot be cancelled before its time is over.",
			Options: []field.Option{{Value: viaLink, Label: "Payment link"}, {Value: viaPage, Label: "Signed payment page"}}},
		{Key: "return_url", Type: field.URL, Label: "Page to return to", Advanced: true, Max: "300", Help: "A public address without a port."},
	}
}

// The two ways of asking for a payment.
const (
	viaLink = "link"
	viaPage = "page"
)

// orderPattern is what imoje takes as a number of an order: its documentation names U+00C0 to U+02C0 beside the plain letters.
const orderPattern = `[A-Za-z0-9À-ˀ#_./ -]{1,100}`

// currencies are those that a link may be in (REST documentation).
const currencies = " PLN EUR USD GBP CHF SEK HUF CZK BGN RON "

func linkTotal(values field.Values) (money.Amount, error) {
	return money.New(values.Decimal("amount"), values.Text("currency")), nil
}

// minor is an amount in the smallest unit, as imoje counts; every currency it takes has two decimals there.
func minor(values field.Values) (int64, error) {
	if !strings.Contains(currencies, " "+values.Text("currency")+" ") {
		return 0, connector.Refusal("currency", "currency", "imoje takes PLN, EUR, USD, GBP, CHF, SEK, HUF, CZK, BGN and RON")
	}
	cents := values.Decimal("amount").Shift(2)
	if !cents.IsInteger() {
		return 0, connector.Refusal("fraction", "amount", "the amount has more than two decimals")
	}
	return cents.IntPart(), nil
}

type customer struct {
	FirstName string `json:"firstName"`
	LastName  string `json:"lastName"`
	Email     string `json:"email,omitempty"`
	Phone     string `json:"phone,omitempty"`
	Locale    string `json:"locale,omitempty"`
}

type newLink struct {
	ServiceID   string   `json:"serviceId"`
	Amount      int64    `json:"amount"`
	Currency    string   `json:"currency"`
	OrderID     string   `json:"orderId"`
	Title       string   `json:"title,omitempty"`
	Description string   `json:"additionalDescription,omitempty"`
	Methods     []string `json:"visibleMethod,omitempty"`
	ReturnURL   string   `json:"returnUrl,omitempty"`
	SuccessURL  string   `json:"successReturnUrl,omitempty"`
	FailureURL  string   `json:"failureReturnUrl,omitempty"`
	ValidTo     int64    `json:"validTo"`
	Customer    customer `json:"customer"`
}

// requestPayment makes a link.
func requestPayment(ctx context.Context, c *connector.Client, _ tengi.Ref, values field.Values) (tengi.Document, error) {
	amount, err := minor(values)
	if err != nil {
		return tengi.Document{}, err
	}
	back, err := returnURL(values.Text("return_url"))
	if err != nil {
		return tengi.Document{}, err
	}
	first, last := names(values.Text("customer_name"))
	body := newLink{
		ServiceID: c.Settings.Text("service_id"), Amount: amount, Currency: values.Text("currency"), OrderID: values.Text("order_id"),
		Title: values.Text("title"), Description: values.Text("description"), ReturnURL: back, SuccessURL: back, FailureURL: back,
		ValidTo:  c.Now().Add(time.Duration(max(values.Int("hours"), 1)) * time.Hour).Unix(), // seconds
		Customer: customer{FirstName: first, LastName: last, Email: values.Text("customer_email"), Phone: phone(values.Text("customer_phone")), Locale: values.Text("language")},
	}
	if methods := values.Text("methods"); methods != "" {
		for _, m := range strings.Split(methods, ",") {
			body.Methods = append(body.Methods, strings.TrimSpace(m))
		}
	}
	if values.Text("via") == viaPage {
		return signedPage(c, body), nil
	}
	resp, err := c.Change(ctx, connector.Change{
		Name:    "link",
		Request: connector.Request{Method: http.MethodPost, Path: merchant(c) + "/payment", JSON: body},
		Recover: connector.Recovery{Repeatable: true}, // a lost link is known to nobody
		Accept:  func(resp *connector.Response) error { _, err := decodePayment(resp); return err },
	})
	if err != nil {
		return tengi.Document{}, err
	}
	made, err := decodePayment(resp)
	if err != nil {
		return tengi.Document{}, err
	}
	return made.document(), nil
}

// document is the link as the ledger keeps it.
func (p payment) document() tengi.Document {
	return tengi.Document{
		Kind: tengi.PaymentRequest, ExternalID: p.ID, Number: p.OrderID, URL: p.URL, Status: p.Status, Amount: money.New(p.Amount.decimal(), p.Currency),
		Data: map[string]any{"order_id": p.OrderID, "valid_to": time.Unix(p.ValidTo, 0).UTC().Format(time.RFC3339)},
	}
}

// cancelLink ends a link that is not paid yet. One that is paid needs a refund, which is not a computer's to decide.
func cancelLink(ctx context.Context, c *connector.Client, _ tengi.Ref, doc tengi.Document) (tengi.Document, error) {
	if strings.HasPrefix(doc.ExternalID, pagePrefix) {
		return tengi.Document{}, connector.Refusal("signed_page", "", "a signed page cannot be cancelled: wait until its time is over, and refund it should it be paid")
	}
	p, err := getPayment(ctx, c, doc.ExternalID)
	if err != nil {
		return tengi.Document{}, err
	}
	switch {
	case p.paid():
		return tengi.Document{}, connector.Refusal("paid", "", "the link has been paid: refund the payment, or keep it")
	case p.Status == "cancelled" || p.Status == "canceled":
		return tengi.Document{}, nil // by hand, or its time is over
	}
	_, err = c.Change(ctx, connector.Change{
		Name: "cancel",
		Request: connector.Request{Method: http.MethodPost, Path: merchant(c) + "/payment/cancel",
			JSON: map[string]string{"serviceId": c.Settings.Text("service_id"), "paymentId": doc.ExternalID}},
		Recover: connector.Recovery{Repeatable: true},
	})
	return tengi.Document{}, err
}

// readLink reads what has become of a link.
func readLink(ctx context.Context, c *connector.Client, doc tengi.Document) (tengi.Document, error) {
	if strings.HasPrefix(doc.ExternalID, pagePrefix) {
		return doc, nil // imoje knows it only once somebody has opened it
	}
	p, err := getPayment(ctx, c, doc.ExternalID)
	if err != nil {
		return tengi.Document{}, err
	}
	if p.paid() {
		doc.Status = "settled"
	} else if p.Status != "" { // it may be missing
		doc.Status = p.Status
	}
	return doc, nil
}

func getPayment(ctx context.Context, c *connector.Client, id string) (payment, error) {
	resp, err := c.Read(ctx, connector.Request{Path: merchant(c) + "/payment/" + url.PathEscape(id)})
	if err != nil {
		return payment{}, err
	}
	return decodePayment(resp)
}

// names parts a name: imoje wants both halves. One word stands for both (observed: an empty last name is refused).
func names(whole string) (first, last string) {
	words := strings.Fields(whole)
	switch len(words) {
	case 0:
		return "-", "-"
	case 1:
		return cut(words[0], 100), cut(words[0], 100)
	}
	return cut(strings.Join(words[:len(words)-1], " "), 100), cut(words[len(words)-1], 100)
}

// phone keeps digits, plus, hyphen and blank, at most 20 of them.
func phone(text string) string {
	return cut(strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r == '+' || r == '-' || r == ' ' {
			return r
		}
		return -1
	}, text), 20)
}

// returnURL refuses what imoje refuses: a port, and this machine's own name.
func returnURL(text string) (string, error) {
	if text == "" {
		return "", nil
	}
	if u, err := url.Parse(text); err != nil || u.Port() != "" || u.Hostname() == "localhost" {
		return "", connector.Refusal("return_url", "return_url", "imoje takes no address with a port and none of this machine: give a public page of your website")
	}
	return text, nil
}

func cut(text string, most int) string {
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most])
	}
	return text
}
