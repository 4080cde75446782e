package payday

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"time"

	"github.com/tengi/tengi/connector"
)

const (
	// findWindow is how far from its date an invoice is looked for first: a person may have moved the date of a draft.
	findWindow = 3
	// perPage and perWidePage are rows to a page; 500 is the most that a client was seen to ask for.
	perPage, perWidePage = 100, 500
	// maxPages bounds a list that never ends.
	maxPages = 2000
)

// findAsked looks for the invoice that a lost request asked for: its reference and its date stand in the bytes that were sent. The values the action
// has now may say another date, since days may have passed.
func findAsked(ctx context.Context, c *connector.Client, call connector.Call) ([]byte, bool, error) {
	var asked struct {
		Reference string `json:"reference"`
		Date      string `json:"invoiceDate"`
	}
	if err := json.Unmarshal(call.Body, &asked); err != nil || asked.Reference == "" {
		return nil, false, errors.New("the request that was sent names no reference")
	}
	return findByReference(ctx, c, asked.Reference, asked.Date)
}

// findByReference looks for the invoice with our reference, and answers as the request that made it would have been answered.
//
// It looks near the date first. Absent counts only when the whole list has been read: a person may have moved the date. Neither a filter by customer
// nor the search is used, as neither is promised to be complete; the reference is compared here, byte for byte. States are not filtered either: an
// invoice credited or deleted by hand was made.
func findByReference(ctx context.Context, c *connector.Client, reference, date string) ([]byte, bool, error) {
	near, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return nil, false, fmt.Errorf("the date of the invoice: %w", err)
	}
	window := url.Values{
		"dateFrom": {near.AddDate(0, 0, -findWindow).Format(time.DateOnly)}, "dateTo": {near.AddDate(0, 0, findWindow).Format(time.DateOnly)},
		"perpage": {strconv.Itoa(perPage)},
	}
	for _, query := range []url.Values{window, {"perpage": {strconv.Itoa(perWidePage)}}} {
		found, err := scan(ctx, c, query, reference)
		if err != nil || found != nil {
			return found, found != nil, err
		}
	}
	return nil, false, nil
}

// scan reads every page of a list and returns the one row with the reference; nil = there is none.
func scan(ctx context.Context, c *connector.Client, query url.Values, reference string) ([]byte, error) {
	seen := map[words]bool{}
	var found *invoice
	for n := 1; ; n++ {
		query.Set("page", strconv.Itoa(n))
		p, err := get(ctx, c, "the list of invoices", connector.Request{Path: "/invoices", Query: query}, decodeInvoices)
		if err != nil {
			return nil, err
		}
		fresh := 0
		for i := range p.rows {
			row := &p.rows[i]
			if seen[row.ID] {
				continue // rows shift between pages while others are made
			}
			seen[row.ID] = true
			fresh++
			if string(row.Reference) != reference {
				continue
			}
			if found != nil {
				return nil, &connector.Error{Kind: connector.Unknown, Code: connector.CodeAskPerson,
					Message: "Payday has more than one invoice with this reference: cancel one of them there, and enter the other here"}
			}
			found = row
		}
		switch {
		case p.page > 0 && p.page != n, p.last > n && len(p.rows) == 0, n >= maxPages:
			return nil, incomplete()
		case p.last > n, p.last == 0 && fresh > 0: // when it does not say how many pages there are: until nothing new comes
			continue
		case len(seen) < p.total:
			return nil, incomplete()
		case found == nil:
			return nil, nil
		}
		return found.raw, nil
	}
}

// incomplete says that a list was not read whole, which proves nothing.
func incomplete() error {
	return &connector.Error{Kind: connector.Temporary, Code: connector.CodeBadAnswer, Err: errors.New("rows are missing"),
		Message: "Payday's list of invoices could not be read whole"}
}
