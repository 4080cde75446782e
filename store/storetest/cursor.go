package storetest

import (
	"fmt"
	"time"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/schedule"
	"github.com/tengi/tengi/store"
)

var cursorTests = map[string]func(*ledger){
	"CursorMovesWithItsPage":        movesCursor,
	"CursorOfNoSchedule":            noCursor,
	"CursorHoldsAtItsPlace":         cursorHolds,
	"CursorOfAMovedSourceIsAnew":    cursorAnew,
	"CursorIsNotMovedByTheOldPlace": oldPlaceMovesNothing,
}

// at is where the connections of the suite ask: without an option that says where to begin, or with one.
func at(since string) store.Place {
	p := store.Place{AccountID: shop, Trigger: "booking"}
	if since != "" {
		p.Options = map[string]string{"since": since}
	}
	return p
}

// polled stores an empty page of the first connection.
func (l *ledger) polled(place store.Place, cursor string) {
	l.Helper()
	_, err := l.s.Ingest(l.ctx, store.Ingest{Cursor: &store.Cursor{ConnectionID: first, Place: place, Cursor: cursor}})
	l.must(err)
}

// cursorIs compares how far the first connection's poll has come at a place.
func (l *ledger) cursorIs(place store.Place, want string) {
	l.Helper()
	got, err := l.s.Cursor(l.ctx, first, place)
	l.must(err)
	equal(l, fmt.Sprintf("cursor at %v", place), got, want)
}

func movesCursor(l *ledger) {
	run, ok, err := l.s.Fire(l.ctx, hourly(first, l.now), l.now.Add(time.Hour), l.now)
	l.must(err)
	equal(l, "fired", ok, true)
	a, b := l.event("row/1"), l.event("row/2")
	for _, events := range [][]store.NewEvent{{a, b}, {b}, {}} {
		_, err := l.s.Ingest(l.ctx, store.Ingest{Events: events, Join: true,
			Cursor: &store.Cursor{ConnectionID: first, Place: at(""), Cursor: fmt.Sprintf("after\n%d", len(events)), RunID: run, Found: len(events)}})
		l.must(err)
		got, err := l.s.Cursor(l.ctx, first, at(""))
		l.must(err)
		equal(l, "cursor", got, fmt.Sprintf("after\n%d", len(events)))
	}
	runs, err := l.s.Runs(l.ctx, first, 10)
	l.must(err)
	equal(l, "run", runs, []store.Run{{ID: run, ConnectionID: first, Kind: store.Scheduled, State: store.RunWaiting, PlannedAt: l.now, DueAt: l.now,
		RunCounts: store.RunCounts{Found: 3, Fresh: 2, Working: 2}}})
}

func noCursor(l *ledger) {
	cursor, err := l.s.Cursor(l.ctx, "none", at(""))
	l.must(err)
	equal(l, "cursor", cursor, "")
}

// A cursor is good where it was written, also when an option that said where to begin is no longer given.
func cursorHolds(l *ledger) {
	l.cursorIs(at(""), "")
	l.polled(at(""), "1")
	l.cursorIs(at(""), "1")
	l.polled(at("2026-03-01"), "2")
	l.cursorIs(at("2026-03-01"), "2")
	l.cursorIs(at(""), "2")
	l.polled(at(""), "")
	l.cursorIs(at(""), "")
}

func cursorAnew(l *ledger) {
	l.polled(at("2026-03-01"), "1")
	l.cursorIs(store.Place{AccountID: books, Trigger: "booking", Options: map[string]string{"since": "2026-03-01"}}, "")
	l.cursorIs(store.Place{AccountID: shop, Trigger: "order", Options: map[string]string{"since": "2026-03-01"}}, "")
	l.cursorIs(at("2026-02-01"), "")
	l.cursorIs(store.Place{AccountID: shop, Trigger: "booking", Options: map[string]string{"since": "2026-03-01", "until": "2026-04-01"}}, "")
	l.polled(at(""), "2")
	l.cursorIs(at("2026-03-01"), "")
}

// A poll that was under way when its source was moved stores what it found, and leaves the cursor to the new place.
func oldPlaceMovesNothing(l *ledger) {
	l.polled(at(""), "old 1")
	moved := store.Place{AccountID: books, Trigger: "paid"}
	l.must(l.s.SaveConnection(l.ctx, tengi.Connection{ID: first, WorkspaceID: workspace, Key: first, Name: first, Enabled: true,
		Source: tengi.Source{AccountID: moved.AccountID, Trigger: moved.Trigger}, Schedule: schedule.Schedule{Every: time.Hour}}, l.now))
	l.cursorIs(moved, "")
	l.polled(moved, "new 1")
	stored, err := l.s.Ingest(l.ctx, store.Ingest{Events: []store.NewEvent{l.event("row/1")}, Cursor: &store.Cursor{ConnectionID: first, Place: at(""), Cursor: "old 2"}})
	l.must(err)
	equal(l, "stored", stored[0].EventID != 0, true)
	l.cursorIs(moved, "new 1")
	l.cursorIs(at(""), "")
}
