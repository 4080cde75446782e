package store

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/money"
)

// What the tally counts beside documents.
const (
	tallyDeliveries = "delivery"
	tallyFailures   = "failure"
)

// tallyKinds are the documents that it counts, by kind.
var tallyKinds = []tengi.DocumentKind{tengi.Invoice, tengi.CreditNote, tengi.Receipt, tengi.PaymentRequest, tengi.PaymentRecord, tengi.CustomerRecord, tengi.Message, tengi.Other}

// TotalFilter says of what and when; zero fields do not narrow it. The period is of whole hours by the workspace's clock.
type TotalFilter struct {
	WorkspaceID  string
	ConnectionID string
	Kind         tengi.DocumentKind
	Currency     string
	From, Until  time.Time
}

// Total is what documents of a kind come to. What was removed without a trace is not counted; credits are negative.
type Total struct {
	Day          string // YYYY-MM-DD, of DayTotals
	ConnectionID string
	Kind         tengi.DocumentKind
	Count        int
	Amount       money.Amount // without a currency: they have no amounts
}

// Totals adds documents up by connection, kind and currency. A document is counted within a second or two after it was made.
func (s *Store) Totals(ctx context.Context, f TotalFilter) ([]Total, error) {
	totals, err := s.totals(ctx, f, nil)
	if err != nil {
		return nil, fmt.Errorf("add up documents: %w", err)
	}
	return totals, nil
}

// DayTotals does so for every day by a clock, the latest first.
func (s *Store) DayTotals(ctx context.Context, f TotalFilter, clock *time.Location) ([]Total, error) {
	totals, err := s.totals(ctx, f, clock)
	if err != nil {
		return nil, fmt.Errorf("add up documents by day: %w", err)
	}
	return totals, nil
}

func (s *Store) totals(ctx context.Context, f TotalFilter, clock *time.Location) ([]Total, error) {
	connections, err := s.connections(ctx, f.WorkspaceID, f.ConnectionID)
	if err != nil {
		return nil, err
	}
	kinds := tallyKinds
	if f.Kind != "" {
		kinds = []tengi.DocumentKind{f.Kind}
	}
	sums := map[totalKey]tallied{}
	for _, part := range stretches(f.From, f.Until, s.Now(), clock) {
		for _, connection := range connections {
			for _, kind := range kinds {
				if err := s.stretch(ctx, sums, part, totalKey{connection: connection, kind: kind}, clock != nil); err != nil {
					return nil, err
				}
			}
		}
	}
	totals := make([]Total, 0, len(sums))
	for key, sum := range sums {
		if f.Currency != "" && key.currency != f.Currency || sum.count == 0 {
			continue
		}
		total := Total{Day: key.day, ConnectionID: key.connection, Kind: key.kind, Count: int(sum.count)}
		if key.currency != "" {
			total.Amount = money.FromMinor(sum.amount, key.currency)
		}
		totals = append(totals, total)
	}
	slices.SortFunc(totals, func(a, b Total) int {
		return cmp.Or(cmp.Compare(b.Day, a.Day), cmp.Compare(a.ConnectionID, b.ConnectionID), slices.Index(kinds, a.Kind)-slices.Index(kinds, b.Kind), cmp.Compare(a.Amount.Currency, b.Amount.Currency))
	})
	return totals, nil
}

// totalKey says what a total is of.
type totalKey struct {
	day, connection string
	kind            tengi.DocumentKind
	currency        string
}

// stretch adds up one kind of one connection over a time in which days are of one length.
func (s *Store) stretch(ctx context.Context, sums map[totalKey]tallied, part stretch, of totalKey, days bool) error {
	statement := "SELECT 0, currency, CAST(sum(count) AS BIGINT), CAST(sum(amount) AS BIGINT) FROM tally WHERE connection_id = $1 AND what = $2 AND hour >= $3 AND hour < $4 GROUP BY currency"
	args := []any{of.connection, string(of.kind), part.from, part.until}
	if days {
		statement = `SELECT (hour + $5) / 86400000 AS day, currency, CAST(sum(count) AS BIGINT), CAST(sum(amount) AS BIGINT) FROM tally
WHERE connection_id = $1 AND what = $2 AND hour >= $3 AND hour < $4 GROUP BY (hour + $5) / 86400000, currency`
		args = append(args, part.offset)
	}
	return s.rows(ctx, func(r scanner) error {
		var day, count, amount int64
		key := of
		if err := r.Scan(&day, &key.currency, &count, &amount); err != nil {
			return err
		}
		if days {
			key.day = time.UnixMilli(day * 86_400_000).UTC().Format(time.DateOnly)
		}
		sum := sums[key]
		sums[key] = tallied{sum.count + count, sum.amount + amount}
		return nil
	}, statement, args...)
}

// stretch is a time in which a clock is never put forward or back, in milliseconds.
type stretch struct{ from, until, offset int64 }

// stretches divides a period at the moments when a clock is put forward or back.
func stretches(from, until, now time.Time, clock *time.Location) (list []stretch) {
	end := int64(math.MaxInt64)
	if !until.IsZero() {
		end = until.UnixMilli()
	}
	if clock == nil {
		return []stretch{{from: millis(from), until: end}}
	}
	if until.IsZero() {
		until = now.AddDate(1, 0, 0) // nothing is made later than now
	}
	if from.IsZero() {
		from = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC) // nothing was made before there was a hub
	}
	for at := from.In(clock); at.Before(until); {
		_, offset := at.Zone()
		_, next := at.ZoneBounds()
		if next.IsZero() || next.After(until) {
			next = until
		}
		list = append(list, stretch{from: at.UnixMilli(), until: next.UnixMilli(), offset: int64(offset) * 1000})
		at = next.In(clock)
	}
	return list
}
