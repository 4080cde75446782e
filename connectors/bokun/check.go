package bokun

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/tengi/tengi/connector"
)

// check proves the login by searching, which changes nothing, and looks whether what is read of a booking may be read.
func check(ctx context.Context, c *connector.Client) (connector.Identity, error) {
	now := c.Now().UTC()
	hits, err := search(ctx, c, query{Modified: span(now.Add(-checkWindow), now.Add(time.Minute)), Page: 1, PageSize: 1})
	if err != nil {
		return connector.Identity{}, fmt.Errorf("search bookings: %w", err)
	}
	who := connector.Identity{Name: "Bókun, key " + keyStart(c.Settings.Text("access_key"))}
	if c.Settings.Text("environment") == "test" {
		who.Name += " (test system)"
	}
	if len(hits.items) == 0 {
		who.Warnings = append(who.Warnings, "The key works, but shows no bookings of the last months: whether it may read bookings and their invoices cannot be checked yet.")
		return who, nil
	}
	n := hits.items[0].id()
	var b booking
	switch err := get(ctx, c, "/booking.json/booking/"+n.String(), map[string][]string{"lang": {"EN"}}, &b); statusCode(err) {
	case http.StatusForbidden:
		return connector.Identity{}, fmt.Errorf("read a booking: %w", err)
	case http.StatusNotFound:
		return who, nil // the newest one may not be readable yet
	default:
		if err != nil {
			return connector.Identity{}, fmt.Errorf("read a booking: %w", err)
		}
	}
	if b.Seller != nil && b.Seller.Title != "" && (c.Settings.Int("vendor_id") == 0 || id(c.Settings.Int("vendor_id")) == b.Seller.ID) {
		who.Name = string(b.Seller.Title)
	}
	switch all, err := fetchInvoices(ctx, c, n); {
	case err != nil && statusCode(err) != http.StatusNotFound:
		return connector.Identity{}, fmt.Errorf("read the invoices of a booking: %w", err)
	case err == nil && all == nil:
		who.Warnings = append(who.Warnings, "The key may not read invoices (Bókun's REST API v2): amounts and VAT are taken from the older interface, which states less. Give the key that permission under Settings → API keys.")
	}
	return who, nil
}

// checkWindow is how far back a login is tried on bookings.
const checkWindow = 90 * 24 * time.Hour

// loginWorks says whether the key is good for anything.
func loginWorks(ctx context.Context, c *connector.Client) bool {
	now := c.Now().UTC()
	_, err := search(ctx, c, query{Modified: span(now.Add(-time.Hour), now), Page: 1, PageSize: 1})
	return err == nil
}

// keyStart is enough of an access key to know it by.
func keyStart(key string) string {
	if len(key) > 6 {
		return key[:6] + "…"
	}
	return key
}

// hits are the bookings a search found.
type hits struct {
	items []hit
	total int64 // as Bókun counts, which can be too small (observed in practice); 0 = not stated
}

// hit is one of them. Only its ids are used, and whatever shows that it changed: a hit is not shaped like a booking.
type hit struct {
	raw     json.RawMessage
	ID      id     `json:"id"`
	Booking id     `json:"bookingId"`
	Changed moment `json:"lastModified"` // sometimes English text, which says nothing exact
}

func (h *hit) id() id {
	if h.ID > 0 {
		return h.ID
	}
	return h.Booking
}
