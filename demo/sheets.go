package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/tengi/tengi/connectors/googlesheets"
)

// sheetRow is a row of the stand-in's sheet as it is read back.
type sheetRow struct {
	Number string `json:"Booking number"`
	Email  string `json:"E-mail"`
	Status string `json:"Tengi status"`
	Paper  string `json:"Tengi number"`
	Link   string `json:"Tengi link"`
}

// written is a row as somebody writes it.
type written struct {
	number, name, email, text, amount, send string
}

// emptySheet clears the stand-in's sheet but for a header and the rows that were there before anybody looked.
func emptySheet(s *stage, before ...written) (*googlesheets.Fake, error) {
	stand, ok := s.services["googlesheets"].(*googlesheets.Fake)
	if !ok {
		return nil, errors.New("there is no stand-in for Google Sheets")
	}
	stand.Edit(func([][]any) [][]any {
		cells := [][]any{{"Booking number", "Name", "E-mail", "Description", "Amount", "Send", "Tengi status", "Tengi number", "Tengi link"}}
		for _, row := range before {
			cells = append(cells, row.cells())
		}
		return cells
	})
	return stand, nil
}

func (w written) cells() []any {
	return []any{w.number, w.name, w.email, w.text, json.Number(w.amount), w.send}
}

// release has a person say of a row that it may go.
func release(stand *googlesheets.Fake, number string) {
	stand.Edit(func(cells [][]any) [][]any {
		for _, row := range cells {
			if len(row) > sendColumn && row[0] == number {
				row[sendColumn] = "yes"
			}
		}
		return cells
	})
}

// sendColumn is where the sheet says that a row may go, from 0.
const sendColumn = 5

// look has the hub look at the sheet now, waits until it has, and until all that it found is done.
func (s *stage) look(ctx context.Context) error {
	configuration, err := s.hub.Store.Configuration(ctx)
	if err != nil {
		return fmt.Errorf("find the connections: %w", err)
	}
	for _, c := range configuration.Connections {
		if c.Schedule.IsZero() {
			continue
		}
		before, err := s.lastRun(ctx, c.ID)
		if err != nil {
			return err
		}
		if err := s.hub.Store.Hasten(ctx, c.ID, s.hub.Store.Now()); err != nil {
			return fmt.Errorf("look at the sheet now: %w", err)
		}
		if err := until(ctx, "the hub to look at the sheet", func() (bool, error) {
			last, err := s.lastRun(ctx, c.ID)
			return last > before, err
		}); err != nil {
			return err
		}
	}
	return s.rest(ctx)
}

// lastRun is the last look that has ended; 0 when there was none. A look that did not go well is an error.
func (s *stage) lastRun(ctx context.Context, connectionID string) (int64, error) {
	runs, err := s.hub.Store.Runs(ctx, connectionID, 10)
	if err != nil {
		return 0, fmt.Errorf("find the looks at the sheet: %w", err)
	}
	for _, run := range runs {
		if run.Problem != "" {
			return 0, fmt.Errorf("look at the sheet: %s", run.Problem)
		}
		if !run.EndedAt.IsZero() && run.EndedAt.Unix() > 0 {
			return run.ID, nil
		}
	}
	return 0, nil
}

// sheetStory is what happens in the sheet, whatever the destination: what was there before stays alone, a row that is released goes once, whatever is done
// with it afterwards, and one that is not released stays.
type sheetStory struct {
	old, sent, second, waits written
}

// play has people write into the sheet, and the hub look at it again and again.
func (t *sheetStory) play(ctx context.Context, s *stage) error {
	stand, err := emptySheet(s, t.old)
	if err != nil {
		return err
	}
	if err := s.look(ctx); err != nil {
		return err
	}
	for _, row := range []written{t.sent, t.second, t.waits} {
		stand.AddRow(row.cells()...)
	}
	release(stand, t.sent.number)
	if err := s.look(ctx); err != nil {
		return err
	}
	// The rows change places, as when somebody sorts the sheet, the text of the first is mended, and the second is released.
	stand.Edit(func(cells [][]any) [][]any {
		last := len(cells) - 1
		cells[last-1], cells[last] = cells[last], cells[last-1]
		for _, row := range cells {
			if row[0] == t.sent.number {
				row[3] = t.sent.text + "!"
			}
		}
		return cells
	})
	release(stand, t.second.number)
	return s.look(ctx)
}

// rows are the rows by number, read back.
func (t *sheetStory) rows(s *stage) (map[string]sheetRow, error) {
	list, err := holds[sheetRow](s, "googlesheets", "rows")
	if err != nil {
		return nil, err
	}
	found := map[string]sheetRow{}
	for _, row := range list {
		found[row.Number] = row
	}
	return found, nil
}

// untouched tells of the rows of which nothing was to come: the sheet says nothing of them, and nobody else does. made counts what was made of a row.
func (t *sheetStory) untouched(s *stage, rows map[string]sheetRow, made func(w written) int) {
	for _, w := range []written{t.old, t.waits} {
		if w == t.old {
			s.begin("Row %s was there, released, before the connection was made.", w.number)
		} else {
			s.begin("Row %s is written and not released.", w.number)
		}
		row, count := rows[w.number], made(w)
		if count == 0 {
			s.says("Nothing was made of it.")
		}
		s.want(count == 0 && row.Number != "" && row.Status+row.Paper+row.Link == "", "%d things were made of it, and its status is %q", count, row.Status)
	}
}

// title says what happened to a row that went.
func (t *sheetStory) title(w written) string {
	if w == t.sent {
		return fmt.Sprintf("Row %s is written and released; afterwards its text is mended, and the sheet is sorted.", w.number)
	}
	return fmt.Sprintf("Row %s is written and released later, when it stands elsewhere.", w.number)
}

// mailedTo says whether a letter went to an address.
func mailedTo(envelope []string, address string) bool {
	return strings.Contains(strings.Join(envelope, " "), address)
}
