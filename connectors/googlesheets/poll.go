package googlesheets

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/connectors/internal/rows"
)

// samples is how many rows are shown while a connection is set up.
const samples = 3

// table is what a source's options point at.
type table struct {
	*rows.Table
	id    string // names the tab among all there are
	rules rows.Rules
}

// readTable reads the tab whole: one request, and one before it to find the tab by its number, so that renaming it does no harm. Where there is no
// such tab, or it is no table, the error is a refusal and id and rules are known all the same.
func readTable(ctx context.Context, c *connector.Client) (*table, error) {
	rules, err := rows.ParseRules(c.Options, c.Workspace.Currency)
	if err != nil {
		return nil, tableFault("rules", err.Error())
	}
	b, err := openBook(ctx, c)
	if err != nil {
		return nil, err
	}
	found := &table{id: b.id, rules: rules}
	t, err := b.tab(c.Options.Text("tab"))
	if err != nil {
		return found, err
	}
	found.id = b.id + "/" + strconv.FormatInt(t.ID, 10)
	values, err := b.read(ctx, c, t.at(whole))
	if err != nil {
		return nil, err
	}
	found.Table, err = rows.NewTable(lines(values), max(int(c.Options.Int("header_row")), 1), int(c.Options.Int("first_row")))
	if err != nil {
		return found, tableFault(codeSheetShape, "the tab “"+t.Title+"” cannot be read: "+err.Error())
	}
	return found, nil
}

// poll compares the tab with what was seen before.
func poll(changes bool) func(context.Context, *connector.Client, connector.Cursor) (connector.Polled, error) {
	return func(ctx context.Context, c *connector.Client, cursor connector.Cursor) (connector.Polled, error) {
		memory, err := rows.ParseMemory(string(cursor))
		if err != nil {
			return connector.Polled{}, tableFault("cursor", err.Error())
		}
		var seen rows.Seen
		switch t, err := readTable(ctx, c); {
		case err == nil:
			seen = memory.Look(t.Table, t.rules, watch(c, changes, t.id))
		case t != nil: // for a person, who looks for it in the inbox
			seen = memory.Ail(err.Error(), t.rules, watch(c, changes, t.id))
		default:
			return connector.Polled{}, err
		}
		for i := range seen.Events {
			seen.Events[i].ReceivedAt = c.Now()
		}
		return connector.Polled{Events: seen.Events, Cursor: connector.Cursor(memory.String()), More: seen.More}, nil
	}
}

// backfill gives the rows that are there, whether or not they were left alone when the connection was made. The date of a row says whether it is of the
// span; a tab without dates is given whole.
func backfill(ctx context.Context, c *connector.Client, span connector.Span, _ connector.Cursor) (connector.Polled, error) {
	t, err := readTable(ctx, c)
	if err != nil {
		return connector.Polled{}, err
	}
	events, err := rows.Past(t.Table, t.rules, t.id, inZone(c, span.From), inZone(c, span.To))
	if err != nil {
		return connector.Polled{}, tableFault(codeColumn, err.Error())
	}
	for i := range events {
		events[i].ReceivedAt = c.Now()
	}
	return connector.Polled{Events: events, Cursor: "all"}, nil
}

// inZone is a moment as the clocks of the workspace show it; nothing stays nothing.
func inZone(c *connector.Client, t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return t.In(c.Zone())
}

// watch reads how the source looks at its rows, with defaults where a connection was made by hand.
func watch(c *connector.Client, changes bool, id string) rows.Watch {
	or := func(key string, otherwise int64) int64 {
		if c.Options.Has(key) {
			return c.Options.Int(key)
		}
		return otherwise
	}
	return rows.Watch{
		Now: c.Now(), New: !changes || !c.Options.Has("new_rows") || c.Options.Bool("new_rows"), Changes: changes, Existing: c.Options.Text("existing") == existingSend,
		Settle: time.Duration(or("settle", 50)) * time.Second, Most: int(or("most_rows", 20)), Answers: c.Options.Text("answers"), TableID: id,
	}
}

// sample shows the last rows that could go.
func sample(kind string) func(context.Context, *connector.Client) ([]tengi.Event, error) {
	return func(ctx context.Context, c *connector.Client) ([]tengi.Event, error) {
		t, err := readTable(ctx, c)
		if err != nil {
			return nil, err
		}
		reader, err := rows.NewReader(t.Columns, t.rules, t.id)
		if err != nil {
			return nil, tableFault(codeColumn, err.Error())
		}
		var events []tengi.Event
		var fault error
		for _, e := range slices.Backward(reader.Identify(t.Rows)) {
			event, err := reader.Event(kind, e, "")
			switch {
			case err != nil:
				fault = tableFault(codeRow, err.Error())
			case len(e.Twins) == 0 && reader.Complete(e.Row):
				event.ReceivedAt = c.Now()
				events = append(events, event)
			}
			if len(events) == samples {
				break
			}
		}
		if len(events) == 0 {
			return nil, fault
		}
		return events, nil
	}
}
