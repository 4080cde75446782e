package bokun

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
)

const (
	// overlap is how far every search reaches back behind the one before: the search's index lags by minutes, pages shift while they are
	// read, and notices get lost (observed in practice).
	overlap  = 25 * time.Hour
	pageSize = 50 // what Bókun takes when nothing is asked for (observed in practice)
	samples  = 3
)

// soldStatuses are those a booking can have once it was sold. Baskets and reservations, of which there are many, are not searched for.
var soldStatuses = []string{"CONFIRMED", "ARRIVED", "NO_SHOW", "CANCELLED", "REJECTED", "ERROR"}

// query is the body of a booking search. Pages count from 1 (observed in practice).
type query struct {
	Modified dateRange `json:"lastModifiedDateRange"`
	Statuses []string  `json:"bookingStatuses"`
	Page     int       `json:"page"`
	PageSize int       `json:"pageSize"`
}

type dateRange struct {
	From         string `json:"from"`
	To           string `json:"to"`
	IncludeLower bool   `json:"includeLower"`
	IncludeUpper bool   `json:"includeUpper"`
}

func span(from, to time.Time) dateRange {
	return dateRange{From: from.UTC().Format(time.RFC3339), To: to.UTC().Format(time.RFC3339), IncludeLower: true}
}

// search finds bookings. The answer is described as an array and seen as an object with items or results (observed in practice).
func search(ctx context.Context, c *connector.Client, q query) (*hits, error) {
	q.Statuses = soldStatuses
	resp, err := read(ctx, c, connector.Request{Method: http.MethodPost, Path: "/booking.json/booking-search", JSON: q})
	if err != nil {
		return nil, err
	}
	return decodeHits(resp)
}

func decodeHits(resp *connector.Response) (*hits, error) {
	var answer struct {
		Items   []json.RawMessage `json:"items"`
		Results []json.RawMessage `json:"results"`
		Total   amount            `json:"totalHits"`
	}
	var into any = &answer
	if bytes.HasPrefix(bytes.TrimSpace(resp.Body), []byte("[")) {
		into = &answer.Items
	}
	if err := resp.JSON(into); err != nil {
		return nil, err
	}
	found := &hits{total: answer.Total.IntPart()}
	for _, raw := range append(answer.Items, answer.Results...) {
		h := hit{raw: raw}
		if json.Unmarshal(raw, &h) == nil && h.id() > 0 {
			found.items = append(found.items, h)
		} else {
			return nil, &connector.Error{Kind: connector.Temporary, Code: connector.CodeBadAnswer, Message: "Bókun's search found something without a booking id"}
		}
	}
	return found, nil
}

// position is how far a poll has come: between polls only From is set, within one the window and the page.
type position struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to,omitzero"`
	Page int       `json:"page,omitempty"`
	Last string    `json:"last,omitempty"` // fingerprint of the page before
}

// poll searches for bookings changed since the last search, page by page until a short one: the number of hits that Bókun states can be too
// small (observed in practice).
func poll(ctx context.Context, c *connector.Client, cursor connector.Cursor) (connector.Polled, error) {
	at, err := resume(c, cursor)
	if err != nil {
		return connector.Polled{}, err
	}
	// What changed while the pages were read lies after To, or moved other bookings to a page already read: the overlap covers both.
	return at.page(ctx, c, position{From: at.To.Add(-overlap)})
}

// backfill searches for the bookings that were last changed in a span of time: made, if nothing has happened to them since.
func backfill(ctx context.Context, c *connector.Client, during connector.Span, cursor connector.Cursor) (connector.Polled, error) {
	at := position{From: during.From, To: during.To, Page: 1}
	if cursor != "" {
		if err := json.Unmarshal([]byte(cursor), &at); err != nil || at.To.IsZero() {
			return connector.Polled{}, connector.Refusal("cursor", "", "the position of this search cannot be read: start the search anew")
		}
	}
	return at.page(ctx, c, at)
}

// page searches for one page. The cursor is that of the page after it, or the end when there is none.
func (at position) page(ctx context.Context, c *connector.Client, end position) (connector.Polled, error) {
	found, err := search(ctx, c, query{Modified: span(at.From, at.To), Page: at.Page, PageSize: pageSize})
	if err != nil {
		return connector.Polled{}, fmt.Errorf("search bookings: %w", err)
	}
	var out connector.Polled
	page := sha256.New()
	for i := range found.items {
		h := &found.items[i]
		event := changed("booking/"+h.id().String(), h.dedupe())
		event.ReceivedAt = c.Now()
		out.Events = append(out.Events, event)
		page.Write([]byte(event.Dedupe + "\n"))
	}
	fingerprint := hex.EncodeToString(page.Sum(nil)[:8])
	// A short page ends the search unless Bókun itself says that there is more; that it says there is not proves nothing.
	out.More = len(found.items) >= pageSize || (len(found.items) > 0 && int64(at.Page*pageSize) < found.total)
	if out.More && fingerprint == at.Last {
		return connector.Polled{}, &connector.Error{Kind: connector.Temporary, Code: connector.CodeBadAnswer, Message: "Bókun's search answers every page with the same bookings"}
	}
	if out.More {
		end = position{From: at.From, To: at.To, Page: at.Page + 1, Last: fingerprint}
	}
	encoded, err := json.Marshal(end)
	if err != nil {
		return connector.Polled{}, fmt.Errorf("write the cursor: %w", err)
	}
	out.Cursor = connector.Cursor(encoded)
	return out, nil
}

// resume reads the cursor and opens the window of a new search. The first one goes back to the day from which bookings count, else one overlap.
func resume(c *connector.Client, cursor connector.Cursor) (position, error) {
	now := c.Now().UTC().Truncate(time.Second)
	var at position
	if cursor != "" {
		if err := json.Unmarshal([]byte(cursor), &at); err != nil || at.From.IsZero() {
			return position{}, connector.Refusal("cursor", "", "the position of this search cannot be read: start the search anew")
		}
	} else {
		at.From = now.Add(-overlap)
		if since, err := time.ParseInLocation(time.DateOnly, c.Options.Text("since"), c.Zone()); err == nil && since.Before(at.From) {
			at.From = since.UTC()
		}
	}
	// The window's end is fixed for all its pages, so that pages do not grow while they are read.
	if at.To.IsZero() {
		at.To, at.Page = now, 1
	}
	return at, nil
}

// dedupe recognises a hit that did not change since it was last found: by its time of change where that is exact, else by all it says.
func (h *hit) dedupe() string {
	if !h.Changed.IsZero() {
		return fmt.Sprintf("search:%s:%d", h.id(), h.Changed.UnixMilli())
	}
	sum := sha256.Sum256(canonical(h.raw))
	return "search:" + h.id().String() + ":" + hex.EncodeToString(sum[:12])
}

// canonical is a hit without what may differ from search to search though the booking is the same.
func canonical(raw json.RawMessage) []byte {
	var all map[string]json.RawMessage
	if json.Unmarshal(raw, &all) != nil {
		return raw
	}
	for _, volatile := range []string{"lastModified", "score", "sort"} {
		delete(all, volatile)
	}
	sorted, err := json.Marshal(all) // by key, and each value without blanks
	if err != nil {
		return raw
	}
	return sorted
}

// sample loads the newest bookings, as many as can be shown with the source's options.
func sample(ctx context.Context, c *connector.Client) ([]tengi.Event, error) {
	now := c.Now().UTC()
	found, err := search(ctx, c, query{Modified: span(now.Add(-checkWindow), now.Add(time.Minute)), Page: 1, PageSize: pageSize})
	if err != nil {
		return nil, fmt.Errorf("search bookings: %w", err)
	}
	slices.SortFunc(found.items, func(a, b hit) int { return cmp.Compare(b.id(), a.id()) })
	var events []tengi.Event
	var held error
	// A booking that is left alone or held is passed over, a few of them at most: the wizard waits for this.
	for i := range found.items {
		event, shown, err := sampleOf(ctx, c, &found.items[i])
		switch e := connector.AsError(err); {
		case err != nil && e.Kind != connector.Permanent:
			return nil, err
		case err != nil:
			held = err
		case shown:
			events = append(events, event)
		}
		if len(events) == samples || i >= 4*samples {
			break
		}
	}
	if len(events) == 0 && held != nil {
		return nil, held
	}
	return events, nil
}

// sampleOf loads one booking; false when the options leave it alone.
func sampleOf(ctx context.Context, c *connector.Client, h *hit) (tengi.Event, bool, error) {
	event := changed("booking/"+h.id().String(), h.dedupe())
	loaded, err := load(ctx, c, event)
	if err != nil || loaded.Nothing != "" {
		return tengi.Event{}, false, err
	}
	data, err := json.Marshal(loaded.Data)
	if err != nil {
		return tengi.Event{}, false, fmt.Errorf("write the facts of booking %s: %w", h.id(), err)
	}
	event.Type, event.Sale, event.Data, event.NeedsLoad, event.ReceivedAt = loaded.Type, loaded.Sale, data, false, c.Now()
	return event, true, nil
}
