package googlesheets

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
)

// The rows that were left alone can be asked for, by their dates; one that a poll has reported is the same event.
func TestPast(t *testing.T) {
	t.Parallel()
	s := newSource(t, "row_new", map[string]any{"vat_rate": "24"})
	s.polls(2)
	s.svc.AddRow(row("B-1")...) // of 14 July 2026
	polled := s.polls(3)
	past := func(from, to string) (events []tengi.Event) {
		span := connector.Span{To: time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)}
		if from != "" {
			span.From, _ = time.Parse(time.DateOnly, from)
			span.To, _ = time.Parse(time.DateOnly, to)
		}
		page, err := s.trigger.Backfill(t.Context(), s.client(), span, "")
		if err != nil || page.More {
			t.Fatal(page.More, err)
		}
		return page.Events
	}
	has := func(events []tengi.Event) bool {
		return slices.ContainsFunc(events, func(e tengi.Event) bool {
			return e.Dedupe == polled[0].Dedupe && e.Object == polled[0].Object && e.Sale.Total.Equal(polled[0].Sale.Total)
		})
	}
	all := past("", "")
	if len(all) < 2 || !has(all) {
		t.Errorf("of all rows the past has %v", types(all))
	}
	if !has(past("2026-07-14", "2026-07-15")) || has(past("2026-07-15", "2026-07-16")) || has(past("2026-07-13", "2026-07-14")) {
		t.Error("a row is not in its day alone")
	}
	s.svc.AddRow("B-2", "Jón", "not an address", nil, "much", "EUR", "Tour", json.Number("46217.5"), "id-B-2")
	if again := past("", ""); len(again) > len(all)+1 {
		t.Errorf("%v", types(again))
	}
	s.svc.Edit(func(cells [][]any) [][]any { return cells[:0] })
	if _, err := s.trigger.Backfill(t.Context(), s.client(), connector.Span{To: time.Now()}, ""); err == nil || !strings.Contains(err.Error(), "cannot be read") {
		t.Errorf("a tab that is no table: %v", err)
	}
}
