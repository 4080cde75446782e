package stripe

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/sale"
)

// load reads what an event points at, in the version of the API that this connector knows, and says what was sold.
func load(ctx context.Context, c *connector.Client, e tengi.Event) (connector.Loaded, error) {
	kind, id, _ := strings.Cut(e.Object, "/")
	switch {
	case id == "":
	case kind == "invoice":
		return loadInvoice(ctx, c, id)
	case kind == "checkout":
		return loadCheckout(ctx, c, id)
	case kind == "payment":
		return checkoutOf(ctx, c, e, id)
	}
	return connector.Loaded{}, connector.Refusal(connector.CodeUnreadable, "", "the event names nothing that can be read")
}

// address is an address as Stripe answers one.
type address struct {
	Line1      string `json:"line1"`
	Line2      string `json:"line2"`
	City       string `json:"city"`
	PostalCode string `json:"postal_code"`
	Country    string `json:"country"`
}

// taxID is a tax number of a customer.
type taxID struct {
	Value string `json:"value"`
}

// payer is who paid, from whichever of Stripe's objects says so.
func payer(name, email, phone string, at address, ids []taxID) sale.Customer {
	who := sale.Customer{Name: name, Email: email, Phone: phone, Country: at.Country, PostCode: at.PostalCode, City: at.City}
	who.Address = strings.TrimSpace(strings.Join([]string{at.Line1, at.Line2}, " "))
	if len(ids) > 0 {
		who.TaxID, who.Company = strings.NewReplacer(" ", "", "-", "").Replace(ids[0].Value), true
	}
	return who
}

// soldInvoice is what is read of an invoice beside what is made here.
type soldInvoice struct {
	invoice
	Name        string  `json:"customer_name"`
	Email       string  `json:"customer_email"`
	Phone       string  `json:"customer_phone"`
	Address     address `json:"customer_address"`
	TaxIDs      []taxID `json:"customer_tax_ids"`
	Description string  `json:"description"`
	Transitions struct {
		PaidAt int64 `json:"paid_at"`
	} `json:"status_transitions"`
	Shipping shipping `json:"shipping_cost"`
}

// shipping is the cost of shipping, which stands beside the lines.
type shipping struct {
	Total int64 `json:"amount_total"` // VAT included
	Tax   int64 `json:"amount_tax"`
}

// soldLine is a line of an invoice. Amount is before discounts; taxes on top are not in it.
type soldLine struct {
	thing
	Amount      int64  `json:"amount"`
	Description string `json:"description"`
	Quantity    int64  `json:"quantity"`
	Discounts   []struct {
		Amount int64 `json:"amount"`
	} `json:"discount_amounts"`
	Taxes []struct {
		Amount   int64  `json:"amount"`
		Behavior string `json:"tax_behavior"` // inclusive or exclusive
		Details  struct {
			Rate string `json:"tax_rate"`
		} `json:"tax_rate_details"`
	} `json:"taxes"`
}

// invoiceFacts are the data of an invoice.
type invoiceFacts struct {
	ID       string            `json:"id"`
	Number   string            `json:"number"`
	URL      string            `json:"url"`
	PDF      string            `json:"pdf"`
	Status   string            `json:"status"`
	Customer string            `json:"customer"`
	Text     string            `json:"text"`
	Ours     bool              `json:"ours"`
	Test     bool              `json:"test"`
	Metadata map[string]string `json:"metadata,omitempty"`
}

// loadInvoice reads an invoice and its lines.
func loadInvoice(ctx context.Context, c *connector.Client, id string) (connector.Loaded, error) {
	path := "/v1/invoices/" + url.PathEscape(id)
	var inv soldInvoice
	if err := read(ctx, c, "an invoice", path, nil, &inv); err != nil {
		return connector.Loaded{}, err
	}
	if inv.Status != statusPaid {
		return connector.Loaded{Nothing: "the invoice is not paid: it is " + inv.Status}, nil
	}
	b, err := newBasket(inv.Currency)
	if err != nil {
		return connector.Loaded{}, err
	}
	b.sale.Status = sale.Confirmed
	kind := typeInvoicePaid
	switch back := inv.credited(); {
	case back == 0:
	case back == inv.Total:
		b.sale.Status, kind = sale.Cancelled, typeInvoiceCredited
	default:
		return connector.Loaded{}, connector.Refusal(codeCredited, "", fmt.Sprintf("%s of the invoice's %s was credited in Stripe: enter that by hand", b.value(back), b.value(inv.Total)))
	}
	rates := rateBook{}
	err = list(ctx, c, "the lines of an invoice", path+"/lines", url.Values{}, func(row soldLine, _ json.RawMessage) error {
		gross, vat := row.Amount, int64(0)
		for _, d := range row.Discounts {
			gross -= d.Amount
		}
		var ids []string
		for _, tax := range row.Taxes {
			vat += tax.Amount
			if tax.Behavior == "exclusive" {
				gross += tax.Amount
			}
			if tax.Amount != 0 { // reverse charge and exemption name a rate and take nothing
				ids = append(ids, tax.Details.Rate)
			}
		}
		rate, err := rates.sum(ctx, c, ids)
		b.add(row.Description, row.Quantity, gross, vat, rate)
		return err
	})
	if err != nil {
		return connector.Loaded{}, err
	}
	if err := b.ship(inv.Shipping); err != nil {
		return connector.Loaded{}, err
	}
	b.sale.Reference, b.sale.CreatedAt = inv.Number, at(inv.Created)
	b.sale.Customer = payer(inv.Name, inv.Email, inv.Phone, inv.Address, inv.TaxIDs)
	b.sale.Total, b.sale.Channel, b.sale.Remarks = b.value(inv.Total), "Stripe", inv.Description
	if inv.AmountPaid != 0 && b.sale.Status == sale.Confirmed {
		b.sale.Payments = []sale.Payment{{Amount: b.value(inv.AmountPaid), Method: "stripe", Reference: inv.ID, PaidAt: at(inv.Transitions.PaidAt)}}
	}
	return connector.Loaded{Type: kind, Sale: &b.sale, Data: invoiceFacts{
		ID: inv.ID, Number: inv.Number, URL: inv.URL, PDF: inv.PDF, Status: inv.Status, Customer: inv.Customer, Text: inv.Description,
		Ours: inv.Metadata[metaRef] != "", Test: !inv.Livemode, Metadata: inv.Metadata,
	}}, nil
}

// checkout is a checkout session (https://docs.stripe.com/api/checkout/sessions/object), with its payment and that one's charge.
type checkout struct {
	thing
	Mode      string          `json:"mode"`
	Status    string          `json:"payment_status"`
	Currency  string          `json:"currency"`
	Total     int64           `json:"amount_total"`
	Reference string          `json:"client_reference_id"`
	Customer  json.RawMessage `json:"customer"`
	Link      string          `json:"payment_link"`
	Livemode  bool            `json:"livemode"`
	Details   struct {
		Name    string  `json:"name"`
		Email   string  `json:"email"`
		Phone   string  `json:"phone"`
		Address address `json:"address"`
		TaxIDs  []taxID `json:"tax_ids"`
	} `json:"customer_details"`
	Payment struct {
		ID     string `json:"id"`
		Charge struct {
			Created  int64 `json:"created"`
			Refunded bool  `json:"refunded"`
			Back     int64 `json:"amount_refunded"`
			Method   struct {
				Type string `json:"type"`
			} `json:"payment_method_details"`
		} `json:"latest_charge"`
	} `json:"payment_intent"`
	Locale   string   `json:"locale"`
	Shipping shipping `json:"shipping_cost"`
}

// soldItem is a line of a checkout. Its total is after discounts, VAT included.
type soldItem struct {
	thing
	Description string `json:"description"`
	Quantity    int64  `json:"quantity"`
	Total       int64  `json:"amount_total"`
	Tax         int64  `json:"amount_tax"`
	Taxes       []struct {
		Amount int64   `json:"amount"`
		Rate   taxRate `json:"rate"`
	} `json:"taxes"`
}

// checkoutFacts are the data of a checkout.
type checkoutFacts struct {
	ID        string            `json:"id"`
	Payment   string            `json:"payment"`
	Reference string            `json:"reference"`
	Link      string            `json:"link"`
	Customer  string            `json:"customer"`
	Refunded  string            `json:"refunded"`
	Test      bool              `json:"test"`
	Metadata  map[string]string `json:"metadata,omitempty"`
}

// loadCheckout reads a checkout, its payment and its lines.
func loadCheckout(ctx context.Context, c *connector.Client, id string) (connector.Loaded, error) {
	path := "/v1/checkout/sessions/" + url.PathEscape(id)
	var s checkout
	if err := read(ctx, c, "a checkout", path, url.Values{"expand[0]": {"payment_intent.latest_charge"}}, &s); err != nil {
		return connector.Loaded{}, err
	}
	switch {
	case s.Mode == "setup":
		return connector.Loaded{Nothing: "nothing was sold: the customer only left a means of payment"}, nil
	case s.Status != statusPaid && s.Status != "no_payment_required":
		return connector.Loaded{Nothing: "the checkout is not paid yet; Stripe tells when it is"}, nil
	}
	b, err := newBasket(s.Currency)
	if err != nil {
		return connector.Loaded{}, err
	}
	charge := s.Payment.Charge
	b.sale.Status = sale.Confirmed
	kind := typeCheckoutPaid
	if charge.Refunded {
		b.sale.Status, kind = sale.Cancelled, typeCheckoutBack
	}
	err = list(ctx, c, "the lines of a checkout", path+"/line_items", url.Values{"expand[0]": {"data.taxes"}}, func(row soldItem, _ json.RawMessage) error {
		var rates []taxRate
		for _, tax := range row.Taxes {
			if tax.Amount != 0 {
				rates = append(rates, tax.Rate)
			}
		}
		rate, err := addUp(rates)
		b.add(row.Description, row.Quantity, row.Total, row.Tax, rate)
		return err
	})
	if err != nil {
		return connector.Loaded{}, err
	}
	if err := b.ship(s.Shipping); err != nil {
		return connector.Loaded{}, err
	}
	b.sale.Reference, b.sale.CreatedAt = s.Reference, at(s.Created)
	if b.sale.Reference == "" {
		b.sale.Reference = s.ID
		if s.Payment.ID != "" {
			b.sale.Reference = s.Payment.ID
		}
	}
	b.sale.Customer = payer(s.Details.Name, s.Details.Email, s.Details.Phone, s.Details.Address, s.Details.TaxIDs)
	if len(s.Locale) >= 2 && s.Locale != "auto" {
		b.sale.Customer.Language = s.Locale[:2]
	}
	b.sale.Total, b.sale.Channel = b.value(s.Total), "Stripe"
	if left := s.Total - charge.Back; left > 0 && b.sale.Status == sale.Confirmed {
		method := charge.Method.Type
		if method == "" {
			method = "stripe"
		}
		b.sale.Payments = []sale.Payment{{Amount: b.value(left), Method: method, Reference: s.Payment.ID, PaidAt: at(charge.Created)}}
	}
	return connector.Loaded{Type: kind, Sale: &b.sale, Data: checkoutFacts{
		ID: s.ID, Payment: s.Payment.ID, Reference: s.Reference, Link: s.Link, Customer: idOf(s.Customer), Refunded: b.value(charge.Back).String(), Test: !s.Livemode,
		Metadata: s.Metadata,
	}}, nil
}

// checkoutOf finds the checkout that a payment belongs to.
func checkoutOf(ctx context.Context, c *connector.Client, e tengi.Event, payment string) (connector.Loaded, error) {
	var found string
	err := list(ctx, c, "the checkouts", "/v1/checkout/sessions", url.Values{"payment_intent": {payment}}, func(row thing, _ json.RawMessage) error {
		found = row.ID
		return errEnough
	})
	if err != nil {
		return connector.Loaded{}, err
	}
	if found == "" {
		return connector.Loaded{Nothing: "the payment belongs to no checkout"}, nil
	}
	own := tengi.Event{AccountID: e.AccountID, Type: typeCheckout, Object: "checkout/" + found, Dedupe: e.Dedupe + "/" + found, NeedsLoad: true, ReceivedAt: e.ReceivedAt}
	return connector.Loaded{Instead: []tengi.Event{own}}, nil
}
