package email

import (
	"context"
	netmail "net/mail"
	"strings"
	"unicode"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/field"
)

// aboutFields are what both kinds of messages tell of a sale.
func aboutFields() field.Set {
	return field.Set{
		{Key: "reference", Type: field.Text, Label: "Order number", Max: "200", Default: "{{ sale.reference }}", Example: "FJR-71500321"},
		{Key: "number", Type: field.Text, Label: "Number of the document", Max: "100", Example: "1047",
			Help: "Of an earlier step: {{ steps.STEP.number }}, with the step's key."},
		{Key: "link", Type: field.URL, Label: "Link", Example: "https://app.payday.example/i/1047",
			Help: "To the document, or to the page where one pays. Of an earlier step: {{ steps.STEP.url }}, with the step's key."},
		{Key: "date", Type: field.Date, Label: "Date", Default: "{{ sale.service_date }}"},
		{Key: "amount", Type: field.Amount, Label: "Amount", Default: "{{ sale.total }}"},
		{Key: "currency", Type: field.Currency, Label: "Currency", Default: "{{ sale.currency }}"},
		{Key: "lines", Type: field.List, Label: "Lines", Default: "{{ sale.lines }}", Max: "200", Help: "What was sold.", Children: field.Set{
			{Key: "text", Type: field.LongText, Label: "Text", Required: true, Max: "1000", Default: "{{ line.text }}"},
			{Key: "quantity", Type: field.Decimal, Label: "Quantity", Default: "{{ line.quantity }}"},
			{Key: "total", Type: field.Amount, Label: "Line total", Default: "{{ sale.vat_included ? line.total : line.total + line.vat_amount }}"},
		}},
	}
}

// wordFields are the words of a message.
func wordFields(language, help string) field.Set {
	return field.Set{
		{Key: "language", Type: field.Text, Label: "Language", Max: "20", Default: language, Example: "is", Help: help},
		{Key: "subject", Type: field.Text, Label: "Subject of your own", Max: "200", Help: "Empty = the built-in one."},
		{Key: "text", Type: field.LongText, Label: "Text of your own", Max: "20000",
			Help: "Takes the place of the built-in opening. With “only my own text” it is the whole message."},
	}
}

func customerFields() field.Set {
	set := field.Set{
		{Key: "to", Type: field.Email, Label: "Customer's e-mail", Required: true, Default: "{{ sale.customer.email }}"},
		{Key: "to_name", Type: field.Text, Label: "Customer's name", Max: "200", Default: "{{ sale.customer.name }}"},
		{Key: "purpose", Type: field.Select, Label: "What it is about", Required: true, Default: purposeInvoice, Options: []field.Option{
			{Value: purposeInvoice, Label: "An invoice"},
			{Value: purposeReceipt, Label: "A receipt"},
			{Value: purposeRequest, Label: "A payment request"},
			{Value: purposeCancellation, Label: "A cancellation"},
			{Value: purposePlain, Label: "Only my own text"},
		}},
	}
	set = append(set, wordFields("{{ sale.customer.language }}", "en, is, uk, he or pl; any other = English, none = the language of your business.")...)
	set = append(set, aboutFields()...)
	return append(set,
		field.Field{Key: "due", Type: field.Date, Label: "Pay by"},
		field.Field{Key: "attach", Type: field.URL, Label: "PDF to attach", Advanced: true, Example: "https://invoice.example/1047.pdf",
			Help: "A public link to the PDF itself, at one of the hosts that the account names. Empty = only the link."},
	)
}

func merchantFields() field.Set {
	set := field.Set{
		{Key: "to", Type: field.Email, Label: "Your e-mail", Help: "Empty = as the account says."},
		{Key: "purpose", Type: field.Select, Label: "What it is about", Required: true, Default: purposeOrder, Options: []field.Option{
			{Value: purposeOrder, Label: "A new order"},
			{Value: purposeCancelled, Label: "A cancelled order"},
			{Value: purposePlain, Label: "Only my own text"},
		}},
		{Key: "customer_name", Type: field.Text, Label: "Customer's name", Max: "200", Default: "{{ sale.customer.name }}"},
		{Key: "customer_email", Type: field.Email, Label: "Customer's e-mail", Default: "{{ sale.customer.email }}", Help: "Your answer goes there."},
		{Key: "customer_phone", Type: field.Text, Label: "Customer's phone", Max: "50", Default: "{{ sale.customer.phone }}"},
		{Key: "channel", Type: field.Text, Label: "Sold through", Max: "200", Default: "{{ sale.channel }}"},
		{Key: "remarks", Type: field.LongText, Label: "Remarks", Max: "5000", Default: "{{ sale.remarks }}"},
	}
	set = append(set, wordFields("{{ workspace.language }}", "en, is, uk, he or pl.")...)
	return append(set, aboutFields()...)
}

// toCustomer sends the customer a message.
func toCustomer(ctx context.Context, c *connector.Client, ref tengi.Ref, v field.Values) (tengi.Document, error) {
	language, w := speak(v.Text("language"), c.Workspace.Language)
	p, err := begin(c, v, language, w)
	if err != nil {
		return tengi.Document{}, err
	}
	if v.Text("purpose") != purposePlain {
		p.Hello = w.helloAll
		if name := v.Text("to_name"); name != "" {
			p.Hello = strings.ReplaceAll(w.hello, "{name}", name)
		}
		p.add(w.due, day(w, v.Text("due")))
	}
	return finish(ctx, c, ref, p, letter{
		to: netmail.Address{Name: v.Text("to_name"), Address: v.Text("to")}, attach: v.Text("attach"), fileName: fileName(v.Text("purpose"), v.Text("number")),
	})
}

// toMerchant tells the merchant of an order.
func toMerchant(ctx context.Context, c *connector.Client, ref tengi.Ref, v field.Values) (tengi.Document, error) {
	language, w := speak(v.Text("language"), c.Workspace.Language)
	p, err := begin(c, v, language, w)
	if err != nil {
		return tengi.Document{}, err
	}
	if v.Text("purpose") != purposePlain {
		p.Close = "" // one does not greet oneself
		p.add(w.customer, v.Text("customer_name"))
		p.add(w.email, v.Text("customer_email"))
		p.add(w.phone, v.Text("customer_phone"))
		p.add(w.channel, v.Text("channel"))
		p.add(w.remarks, v.Text("remarks"))
	}
	to := v.Text("to")
	for _, key := range []string{"merchant_email", "from_email"} {
		if to == "" {
			to = c.Settings.Text(key)
		}
	}
	return finish(ctx, c, ref, p, letter{to: netmail.Address{Address: to}, replyTo: v.Text("customer_email")})
}

// begin lays out what both kinds of messages have in common.
func begin(c *connector.Client, v field.Values, language string, w words) (*page, error) {
	said, ok := w.purposes[v.Text("purpose")]
	if !ok {
		return nil, connector.Refusal("purpose", "purpose", "there is no such kind of message")
	}
	business := c.Settings.Text("from_name")
	if business == "" {
		business = c.Workspace.Name
	}
	p := &page{Language: language, Direction: "ltr", Business: business, Link: v.Text("link"), Button: said.button, Opening: paragraphs(said.opening)}
	if w.rightToLeft {
		p.Direction = "rtl"
	}
	total := amount(v, language)
	number, reference := v.Text("number"), v.Text("reference")
	if number == "" {
		number = reference
	}
	p.Subject = v.Text("subject")
	if p.Subject == "" {
		p.Subject = fillIn(said.subject, map[string]string{
			"number": number, "reference": reference, "business": business, "customer": v.Text("customer_name"), "amount": total,
		})
	}
	if text := v.Text("text"); strings.TrimSpace(text) != "" {
		p.Opening = paragraphs(text)
	}
	if v.Text("purpose") == purposePlain {
		if len(p.Opening) == 0 {
			return nil, connector.Refusal("text", "text", "a message of your own text needs a text")
		}
		return p, nil
	}
	p.Close = w.close
	p.add(said.number, v.Text("number"))
	p.add(w.reference, reference)
	p.add(w.day, day(w, v.Text("date")))
	p.Items = items(w, language, v.Text("currency"), v.List("lines"))
	if total != "" {
		p.Total = &row{w.total, total}
	}
	return p, nil
}

// finish writes the page in both forms and posts it.
func finish(ctx context.Context, c *connector.Client, ref tengi.Ref, p *page, l letter) (tengi.Document, error) {
	html, err := p.markup()
	if err != nil {
		return tengi.Document{}, err
	}
	l.subject, l.language, l.text, l.html = p.Subject, p.Language, p.plain(), html
	return post(ctx, c, ref, l)
}

// fileName is what an attached document is called: letters and digits only, whatever its number looks like.
func fileName(purpose, number string) string {
	name := strings.Map(func(r rune) rune {
		if r == '-' || unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return '-'
	}, number)
	if name = strings.Trim(name, "-"); name == "" {
		return strings.ReplaceAll(purpose, "_", "-") + ".pdf"
	}
	return strings.ReplaceAll(purpose, "_", "-") + "-" + name + ".pdf"
}
