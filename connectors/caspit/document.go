package caspit

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/field"
	"github.com/tengi/tengi/money"
)

// createOf is the Do of an action that makes documents of one of some kinds.
func createOf(makes tengi.DocumentKind, kinds []kind) func(context.Context, *connector.Client, tengi.Ref, field.Values) (tengi.Document, error) {
	return func(ctx context.Context, c *connector.Client, ref tengi.Ref, v field.Values) (tengi.Document, error) {
		k, err := chosen(kinds, v)
		if err != nil {
			return tengi.Document{}, err
		}
		var notes remarks
		o, err := compose(ctx, c, ref, v, k, &notes)
		if err != nil {
			return tengi.Document{}, err
		}
		d, earlier, err := issue(ctx, c, o)
		if err != nil {
			return tengi.Document{}, err
		}
		doc := d.document(makes, o.amount)
		if doc.Customer == "" {
			doc.Customer = o.body.CustomerID
		}
		if v.Bool("send_email") {
			l := letter{document: d, kind: k, to: o.body.Email, bcc: v.Text("mail_bcc"), english: inEnglish(v), subject: v.Text("mail_subject"), text: v.Text("mail_text")}
			if err := l.deliver(ctx, c, doc.Data, earlier && !recent(d, c.Now()), &notes); err != nil {
				return tengi.Document{}, err
			}
		}
		if len(notes) > 0 {
			doc.Data["remarks"] = []string(notes)
		}
		return doc, nil
	}
}

// inEnglish says whether the customer gets the document in English.
func inEnglish(v field.Values) bool {
	return v.Text("mail_language") == english || v.Text("mail_language") == "customer" && abroad(v)
}

// recent says whether a document is of these days. An older one that was found made already may come from a life before a backup was restored,
// and its mail has gone out long ago.
func recent(d document, now time.Time) bool {
	return d.day() >= now.AddDate(0, 0, -1).Format(time.DateOnly)
}

// document is the document as Tengi keeps it. The link to the PDF is left out: it works only with the login's token.
func (d document) document(makes tengi.DocumentKind, amount money.Amount) tengi.Document {
	doc := tengi.Document{
		Kind: makes, ExternalID: string(d.ID), Number: string(d.Number), URL: d.page(), Status: d.state(), Amount: amount, Customer: string(d.CustomerID),
		Data: map[string]any{"date": d.day()},
	}
	if k, known := kindOf(d.TrxTypeID); known {
		doc.Data["kind"] = k.key
	}
	if d.VAT.given {
		doc.Data["vat"] = d.VAT.String()
	}
	if d.Total.given && amount.Currency != shekel {
		doc.Data["total_ils"] = d.Total.String()
	}
	return doc
}

// state is the status in words.
func (d document) state() string {
	switch {
	case d.is(statusDraft):
		return keepDraft
	case d.is(statusClosed):
		return "closed"
	case d.Status.given:
		return "status " + d.Status.String()
	}
	return ""
}

// page is where a person sees the document, unless the address needs a login's token.
func (d document) page() string {
	address := string(d.ViewURL)
	if !strings.HasPrefix(address, "https://") || strings.Contains(strings.ToLower(address), "token") {
		return ""
	}
	return address
}

// refresh reads what has become of a document: a draft that was closed by hand has its final number.
func refresh(ctx context.Context, c *connector.Client, doc tengi.Document) (tengi.Document, error) {
	d, err := readDocument(ctx, c, doc.ExternalID)
	switch {
	case notFound(err):
		return doc, goneError()
	case err != nil:
		return doc, fmt.Errorf("caspit: refresh: %w", err)
	}
	doc.Number, doc.Status, doc.URL = string(d.Number), d.state(), d.page()
	return doc, nil
}
