package bokun

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/money"
	"github.com/tengi/tengi/sale"
)

// A booking can be announced before it can be read, by seconds or minutes (observed in practice). So long is one not found waited for.
const (
	appearsWithin = 5 * time.Minute
	lookAgain     = 20 * time.Second
	codeNotFound  = "booking_not_found"
)

// load reads what an event points at and says what was sold.
func load(ctx context.Context, c *connector.Client, event tengi.Event) (connector.Loaded, error) {
	kind, key, _ := strings.Cut(event.Object, "/")
	switch n, ok := parseID(key); {
	case kind == "booking" && ok:
		return loadBooking(ctx, c, event, n)
	case kind == "item" && ok:
		return loadItem(ctx, c, event, n)
	case kind == "code" && confirmationCode.MatchString(key):
		b, err := fetchBooking(ctx, c, event, key)
		if err != nil {
			return connector.Loaded{}, err
		}
		return instead(event, b.ID)
	}
	return connector.Loaded{}, connector.Refusal(connector.CodeUnreadable, "", "the event names no booking")
}

// instead stores the booking's own event in place of one that named a part of it or its code, so that all of a booking's events keep their order.
func instead(event tengi.Event, booking id) (connector.Loaded, error) {
	if booking == 0 {
		return connector.Loaded{}, connector.Refusal(codeNotFound, "", "Bókun's answer does not say which booking this belongs to")
	}
	own := changed("booking/"+booking.String(), event.Dedupe+"/booking/"+booking.String())
	own.AccountID, own.ReceivedAt = event.AccountID, event.ReceivedAt
	return connector.Loaded{Instead: []tengi.Event{own}}, nil
}

// itemKinds are the kinds of product bookings that can be read by themselves. A notice does not say which it is about.
var itemKinds = []string{"activity", "route", "accommodation"}

// loadItem finds the booking that an item belongs to.
func loadItem(ctx context.Context, c *connector.Client, event tengi.Event, n id) (connector.Loaded, error) {
	var missing error
	for _, kind := range itemKinds {
		var found item
		err := get(ctx, c, "/booking.json/"+kind+"-booking/"+n.String(), nil, &found)
		if err == nil {
			return instead(event, found.ParentID)
		}
		if connector.AsError(err).Status != http.StatusNotFound {
			return connector.Loaded{}, fmt.Errorf("read item %s: %w", n, err)
		}
		missing = err
	}
	return connector.Loaded{}, notYet(c, event, missing, codeNotFound, "Bókun does not know this booking, or does not show it to this key")
}

// loadBooking reads a booking and its money and says what was sold.
func loadBooking(ctx context.Context, c *connector.Client, event tengi.Event, n id) (connector.Loaded, error) {
	o, err := readOptions(c.Options)
	if err != nil {
		return connector.Loaded{}, err
	}
	b, err := fetchBooking(ctx, c, event, n.String())
	if err != nil {
		return connector.Loaded{}, err
	}
	// Before anything else: what was there before Tengi must not be held for a person either.
	if made := b.Created; o.since != "" && !made.IsZero() && made.In(c.Zone()).Format(time.DateOnly) < o.since {
		return connector.Loaded{Nothing: "the booking was made before " + o.since}, nil
	}
	status, err := effectiveStatus(b.Status, b.items())
	if err != nil {
		return connector.Loaded{}, err
	}
	all, err := fetchInvoices(ctx, c, b.ID)
	switch {
	case err == nil:
	case statusCode(err) != http.StatusNotFound:
		return connector.Loaded{}, fmt.Errorf("read the invoices of booking %s: %w", n, err)
	case status != sale.Pending: // what is only reserved needs none
		return connector.Loaded{}, notYet(c, event, err, codeNoInvoice, "Bókun does not show the invoices of this booking")
	}
	w := &work{booking: b, invoices: all, options: o, vendor: id(c.Settings.Int("vendor_id")), zone: zoneOf(b, all, c.Zone())}
	// Who pays comes before how much: a booking nobody is billed for need not add up.
	w.payer = payerOf(b, all, w.vendor, o)
	if w.payer.nothing != "" {
		return connector.Loaded{Nothing: w.payer.nothing}, nil
	}
	sold, err := w.sale(status)
	if err != nil {
		if connector.AsError(err).Code == codeNoInvoice {
			err = notYet(c, event, err, codeNoInvoice, connector.AsError(err).Message)
		}
		return connector.Loaded{}, err
	}
	// Payments are the traveller's. Against an invoice to an agent, a reseller or an agency they do not count.
	if sold.Status == sale.Confirmed && w.payer.role == billTraveller {
		if sold.Payments, err = paymentsOf(ctx, c, b, all != nil, sold.Currency); err != nil {
			return connector.Loaded{}, fmt.Errorf("read the payments of booking %s: %w", n, err)
		}
	}
	return connector.Loaded{Type: typeOf(sold.Status), Sale: sold, Data: map[string]any{"booking": w.facts()}}, nil
}

// typeOf is the type of the event once its sale is known.
func typeOf(status sale.Status) string {
	switch status {
	case sale.Confirmed:
		return typeConfirmed
	case sale.Cancelled:
		return typeCancelled
	default:
		return typePending
	}
}

// fetchBooking reads a booking by id or confirmation code: v1 takes either (https://bokun.dev, "Booking API (REST)").
func fetchBooking(ctx context.Context, c *connector.Client, event tengi.Event, key string) (*booking, error) {
	var b booking
	err := get(ctx, c, "/booking.json/booking/"+url.PathEscape(key), url.Values{"lang": {"EN"}}, &b)
	switch status := statusCode(err); {
	case err == nil && (key == b.ID.String() || key == string(b.Code)) && b.ID > 0:
		return &b, nil
	case err == nil:
		return nil, &connector.Error{Kind: connector.Temporary, Code: connector.CodeBadAnswer, Message: "Bókun's answer is not the booking that was asked for"}
	case status == http.StatusNotFound:
		return nil, notYet(c, event, err, codeNotFound, "Bókun does not know this booking, or does not show it to this key")
	case status == http.StatusForbidden && connector.AsError(err).Code != codeSkew && loginWorks(ctx, c):
		// One booking that is not ours must not stop the account: anybody who learns the address of the webhook can name one.
		return nil, notYet(c, event, err, codeNotFound, "Bókun does not show this booking to this key")
	}
	return nil, fmt.Errorf("read booking: %w", err)
}

// statusCode is the HTTP status of a refusal, 0 when there is none.
func statusCode(err error) int {
	if err == nil {
		return 0
	}
	return connector.AsError(err).Status
}

// notYet makes the clock responsible for what may only be late, and a person for what is missing for good.
func notYet(c *connector.Client, event tengi.Event, err error, code, message string) error {
	e := *connector.AsError(err)
	e.Code, e.Message = code, message
	e.Kind = connector.Permanent
	if left := event.ReceivedAt.Add(appearsWithin).Sub(c.Now()); !event.ReceivedAt.IsZero() && left > 0 {
		e.Kind, e.RetryAfter = connector.Temporary, max(e.RetryAfter, min(lookAgain, left))
		e.Message = message + " yet; looking again"
	}
	return &e
}

// fetchInvoices reads v2's invoices; nil without an error when the key may not see them, and v1's must do.
func fetchInvoices(ctx context.Context, c *connector.Client, n id) (*invoices, error) {
	var all invoices
	query := url.Values{"invoiceType": {"ALL"}, "includeHistoric": {"true"}} // a cancelled booking's last amounts are history
	err := get(ctx, c, "/restapi/v2.0/booking/"+n.String()+"/invoices", query, &all)
	if statusCode(err) == http.StatusForbidden && connector.AsError(err).Code != codeSkew {
		return nil, nil //nolint:nilnil // a permission the owner did not give, said by Check
	}
	if err != nil {
		return nil, err
	}
	return &all, nil
}

// paymentsOf are the payments received, less what was given back. v1 states them with the booking; where it does not, v2 is asked.
func paymentsOf(ctx context.Context, c *connector.Client, b *booking, v2 bool, currency string) ([]sale.Payment, error) {
	list := b.Payments
	if list == nil && v2 {
		err := get(ctx, c, "/restapi/v2.0/booking/"+b.ID.String()+"/payments", nil, &list)
		if err != nil && (statusCode(err) != http.StatusForbidden || connector.AsError(err).Code == codeSkew) {
			return nil, err
		}
	}
	var received []sale.Payment
	for i := range list {
		p := &list[i]
		own := strings.ToUpper(string(p.Currency))
		left := p.Amount.Sub(p.Refunded.Decimal)
		if exp, ok := money.Exponent(own); ok {
			left = left.Round(exp) // v1's floating point: a króna has no fraction
		}
		if left.IsZero() {
			continue
		}
		at := p.PaidAt.Time
		if at.IsZero() {
			at = p.CreatedAt.Time
		}
		paid := sale.Payment{Amount: left, Method: string(p.Type), Reference: string(p.Reference), PaidAt: at}
		if own != currency {
			paid.Currency = own // the money check holds the sale: this cannot be set against its total
		}
		received = append(received, paid)
	}
	return received, nil
}

// zoneOf is the time zone of the business whose calendar counts.
func zoneOf(b *booking, all *invoices, otherwise *time.Location) *time.Location {
	// The invoice names the zone it was issued in, which may differ from the workspace's when a company works in several countries.
	var names []text
	if all != nil && all.Customer != nil {
		names = append(names, all.Customer.TimeZone)
	}
	if b.Seller != nil {
		names = append(names, b.Seller.TimeZone)
	}
	for _, name := range names {
		if string(name) == otherwise.String() {
			return otherwise
		}
		if zone, err := time.LoadLocation(string(name)); name != "" && name != "Local" && err == nil {
			return zone
		}
	}
	return otherwise
}
