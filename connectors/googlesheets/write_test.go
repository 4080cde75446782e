package googlesheets

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/connector/connectortest"
	"github.com/tengi/tengi/connector/fake"
)

// writer is one step of one delivery, through attempts and restarts.
type writer struct {
	*testing.T
	svc     *Fake
	clock   *connectortest.Clock
	journal *connectortest.Journal
	action  *connector.Action
	values  map[string]any
}

func newWriter(t *testing.T, action string, values map[string]any) *writer {
	t.Helper()
	w := &writer{T: t, clock: connectortest.NewClock(), journal: connectortest.NewJournal(), values: values}
	w.svc = NewFake(w.clock.Now)
	w.action, _ = Connector().Action(action)
	return w
}

func (w *writer) do() (tengi.Document, error) {
	w.Helper()
	values, faults := w.action.Input.Parse(w.values)
	if err := faults.Err(); err != nil {
		w.Fatal(err)
	}
	doc, err := w.action.Do(w.Context(), connectortest.Client(w, Connector(), w.svc, connectortest.WithClock(w.clock), connectortest.WithJournal(w.journal)), connectortest.Ref, values)
	w.journal.Save()
	return doc, err
}

// persist goes on until it is done or a person is asked.
func (w *writer) persist() (tengi.Document, error) {
	w.Helper()
	for range 30 {
		doc, err := w.do()
		e := connector.AsError(err)
		if err == nil || e.Kind == connector.Permanent || e.Kind == connector.Attention || e.Code == connector.CodeAskPerson {
			return doc, err
		}
		w.clock.Advance(max(e.RetryAfter, time.Second))
	}
	w.Fatal("it does not end")
	return tengi.Document{}, nil
}

// TestAppendedRow: each value goes into the column whose header says so, whatever the order, numbers as numbers, and nothing becomes a formula.
func TestAppendedRow(t *testing.T) {
	t.Parallel()
	w := newWriter(t, "row.append", map[string]any{"tab": "0", "header_row": 3, "reference": "B-7", "name": "=SUM(A1)", "email": "anna@example.com", "phone": "+354 5550123",
		"tax_id": "0101302989", "amount": "1234.50", "currency": "EUR", "text": "Ferð", "date": "2026-07-12", "cells": map[string]any{"Athugasemd": "'x"}, "numbers": map[string]any{"fjöldi": "3"},
		"ref_column": "ref"})
	header := []any{"Ref", "Netfang", "Nafn", "Samtals", "Kennitala", "Bókun", "", "Athugasemd", "Fjöldi", "Dags.", "Sími"}
	w.svc.Edit(func([][]any) [][]any { return [][]any{{"Bókanir"}, nil, header, {"x"}, nil, {"below"}} })
	doc, err := w.do()
	if err != nil {
		t.Fatal(err)
	}
	want := []any{string(connectortest.Ref), "anna@example.com", "=SUM(A1)", json.Number("1234.5"), "0101302989", "B-7", nil, "'x", json.Number("3"), "2026-07-12", "+354 5550123"}
	if diff := cmp.Diff([][]any{{"Bókanir"}, nil, header, {"x"}, want, nil, {"below"}}, w.svc.tabs[1].cells); diff != "" {
		t.Error(diff)
	}
	if doc.Number != "5" || !strings.HasSuffix(doc.URL, fakeBook+"/edit#gid=0&range=A5") || doc.Amount.String() != "1234.50 EUR" {
		t.Errorf("%+v", doc)
	}
}

func TestAppendRefused(t *testing.T) {
	t.Parallel()
	for want, c := range map[string]struct {
		values map[string]any
		edit   func([][]any) [][]any
	}{
		`no column "Tengi ref"`: {edit: func(cells [][]any) [][]any { cells[0][9] = nil; return cells }},
		`no column "Seats"`:     {values: map[string]any{"cells": map[string]any{"Seats": "2"}}},
		"not a number":          {values: map[string]any{"numbers": map[string]any{"phone": "2,5"}}},
		"15 digits":             {values: map[string]any{"numbers": map[string]any{"phone": "1234567890123456"}}},
		"row 1 is empty":        {edit: func([][]any) [][]any { return nil }},
		`no tab "Archive"`:      {values: map[string]any{"tab": "Archive"}},
	} {
		w := newWriter(t, "row.append", c.values)
		if c.edit != nil {
			w.svc.Edit(c.edit)
		}
		before := connectortest.Held("rows")(w.svc)
		_, err := w.do()
		if e := connector.AsError(err); err == nil || e.Kind != connector.Permanent || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %s %v", want, e.Kind, err)
		}
		if connectortest.Held("rows")(w.svc) != before {
			t.Errorf("%s: a row was added all the same", want)
		}
	}
}

// A row that was added although the answer was lost is found by our reference, wherever people have moved it, and no second one is added.
func TestAppendLostAndMoved(t *testing.T) {
	t.Parallel()
	w := newWriter(t, "row.append", map[string]any{"reference": "B-7"})
	w.svc.Faults().Add(fake.Fault{Kind: fake.DropAnswer, Path: ":append"})
	if _, err := w.do(); connector.AsError(err).Kind != connector.Unknown {
		t.Fatal(err)
	}
	w.svc.Edit(func(cells [][]any) [][]any { slices.Reverse(cells[1:]); return cells })
	doc, err := w.persist()
	if err != nil || doc.Number != "2" || counted(columnRef, string(connectortest.Ref))(w.svc) != 1 {
		t.Errorf("%+v %v", doc, err)
	}
}

// The row of a cancelled sale is found by our reference after people have sorted, and only that row is written to.
func TestCancelledAfterSorting(t *testing.T) {
	t.Parallel()
	w := newWriter(t, "row.append", map[string]any{"reference": "B-7"})
	doc, err := w.do()
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(doc.Data) // as it comes back from the database
	if err != nil {
		t.Fatal(err)
	}
	doc.Data = nil
	if err := json.Unmarshal(text, &doc.Data); err != nil {
		t.Fatal(err)
	}
	w.svc.Edit(func(cells [][]any) [][]any { slices.Reverse(cells[1:]); return cells })
	undone, err := w.action.Undo(t.Context(), connectortest.Client(t, Connector(), w.svc, connectortest.WithClock(w.clock)), "undo", doc)
	if err != nil || undone.Number != "2" || w.svc.tabs[1].cells[1][10] != statusCancelled || counted(columnStatus, statusCancelled)(w.svc) != 1 {
		t.Errorf("%+v %v %v", undone, err, w.svc.tabs[1].cells)
	}
}

func TestUpdateRefused(t *testing.T) {
	t.Parallel()
	for want, c := range map[string]struct {
		values map[string]any
		edit   func([][]any) [][]any
	}{
		"no row has":               {values: map[string]any{"key": "r-9"}},
		"the rows 2 and 4 have":    {values: map[string]any{"key": "R-1"}, edit: func(cells [][]any) [][]any { return append(cells, slices.Clone(cells[1])) }},
		"nothing to write":         {values: map[string]any{"key": "r-1", "status": ""}},
		`no column "Invoice"`:      {values: map[string]any{"key": "r-1", "number": "1", "number_column": "Invoice"}},
		"nothing is written into":  {values: map[string]any{"key": "r-1", "cells": map[string]any{"Tengi ID": "x"}}},
		"is known to name the row": {values: map[string]any{"key": "r-1"}, edit: func(cells [][]any) [][]any { cells[0][0], cells[0][8] = "Nr", nil; return cells }},
	} {
		w := newWriter(t, "row.update", c.values)
		if c.edit != nil {
			w.svc.Edit(c.edit)
		}
		_, err := w.do()
		if e := connector.AsError(err); err == nil || e.Kind != connector.Permanent || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %s %v", want, e.Kind, err)
		}
	}
}

// A write whose answer was lost is never repeated into a row that stands where another stood.
func TestUpdateLostAndMoved(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fault fake.FaultKind
		move  bool
		asks  bool
	}{
		"acted, stays":     {fault: fake.DropAnswer},
		"acted, moved":     {fault: fake.DropAnswer, move: true},
		"not acted, stays": {fault: fake.DropRequest},
		"not acted, moved": {fault: fake.DropRequest, move: true, asks: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWriter(t, "row.update", map[string]any{"key": "r-1", "status": "paid"})
			w.svc.Faults().Add(fake.Fault{Kind: c.fault, Path: ":batchUpdate"})
			if _, err := w.do(); connector.AsError(err).Kind != connector.Unknown {
				t.Fatal(err)
			}
			if c.move {
				w.svc.Edit(func(cells [][]any) [][]any { slices.Reverse(cells[1:]); return cells })
			}
			_, err := w.persist()
			if asks := err != nil; asks != c.asks {
				t.Fatalf("%v", err)
			}
			for _, cells := range w.svc.tabs[1].cells[1:] {
				paid := len(cells) > 10 && cells[10] == "paid"
				if paid != (cells[8] == "r-1" && !c.asks) {
					t.Errorf("%v", cells)
				}
			}
		})
	}
}

// sneaky moves rows just before a write arrives.
func TestRowsMoveWhileWriting(t *testing.T) {
	t.Parallel()
	w := newWriter(t, "row.update", map[string]any{"key": "r-1", "status": "paid"})
	inner := w.svc.handler
	w.svc.handler = sneaky{inner: inner, svc: w.svc}
	_, err := w.persist()
	if e := connector.AsError(err); err == nil || e.Code != connector.CodeAskPerson || !strings.Contains(err.Error(), "rows were moved") {
		t.Errorf("%v", err)
	}
}

func TestReadOnly(t *testing.T) {
	t.Parallel()
	w := newWriter(t, "row.append", nil)
	w.svc.readOnly = true
	_, err := w.do()
	if e := connector.AsError(err); e.Kind != connector.Attention || e.Code != codeNotShared || !strings.Contains(err.Error(), "only to be read") {
		t.Errorf("%s %v", e.Kind, err)
	}
	w.svc.readOnly = false
	if _, err := w.do(); err != nil || connectortest.Held("rows")(w.svc) != 3 {
		t.Error(err)
	}
}

// Google may answer 503 although it has written. The next try finds the row, and adds none.
func TestAppendActedAndUnavailable(t *testing.T) {
	t.Parallel()
	w := newWriter(t, "row.append", map[string]any{"reference": "B-7"})
	inner := w.svc.handler
	w.svc.handler = twoFaced{inner}
	if _, err := w.do(); connector.AsError(err).Kind != connector.Temporary {
		t.Fatal(err)
	}
	w.svc.handler = inner
	if doc, err := w.persist(); err != nil || doc.Number != "4" || counted(columnRef, string(connectortest.Ref))(w.svc) != 1 {
		t.Errorf("%+v %v", doc, err)
	}
}
