package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/tengi/tengi"
)

// Cursor is how far a run has come in reading its source, at a place. Nothing but the events is stored when the run is no longer held under the lease:
// ErrLeaseLost.
type Cursor struct {
	ConnectionID string
	Place        Place
	Cursor       string
	RunID        int64 // 0: of no run
	Lease        int64
	Found        int  // events that the source reported up to there
	Stay         bool // the cursor stays where it is, and what is found is not yet counted
	Range        bool // it is the place in the run's range, and not that of the connection's polls
}

// Place is where a poll asks, and what for. How far it has come there says nothing about another, so a cursor is kept together with its place: a source
// that was moved begins anew, and a poll that was under way at its old place cannot take the new one along.
type Place struct {
	AccountID string `json:"account"`
	Trigger   string `json:"trigger"`
	// Options are those of the source that have a say in where the poll begins, as far as they are given.
	Options map[string]string `json:"options,omitempty"`
}

// holds says whether a cursor that was written at a place is good at another. One that was written without an option that is given now is not; an
// option that is no longer given leaves the poll where it is.
func (p Place) holds(now Place) bool {
	if p.AccountID != now.AccountID || p.Trigger != now.Trigger {
		return false
	}
	for key, value := range now.Options {
		if was, given := p.Options[key]; !given || was != value {
			return false
		}
	}
	return true
}

// text is a cursor as it is stored: its place on a line of its own, then the connector's words.
func (c *Cursor) text() (string, error) {
	place, err := json.Marshal(c.Place)
	if err != nil {
		return "", fmt.Errorf("encode the place of a cursor: %w", err)
	}
	return string(place) + "\n" + c.Cursor, nil
}

// Cursor is how far a connection's poll has come at a place; empty where it has not been.
func (s *Store) Cursor(ctx context.Context, connectionID string, at Place) (string, error) {
	var text string
	err := s.one(ctx, []any{&text}, "SELECT cursor FROM schedule WHERE connection_id = $1", connectionID)
	if errors.Is(err, ErrNotFound) || err == nil && text == "" {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("read the cursor of connection %s: %w", connectionID, err)
	}
	line, cursor, _ := strings.Cut(text, "\n")
	switch was, known := placeOf(line); {
	case !known: // it was written before places were kept
		return text, nil
	case !was.holds(at):
		return "", nil
	}
	return cursor, nil
}

// placeOf reads the line that a stored cursor begins with.
func placeOf(line string) (p Place, ok bool) {
	err := json.Unmarshal([]byte(line), &p)
	return p, err == nil && p.AccountID != ""
}

// moveTo moves a poll's cursor, unless the connection's source was moved elsewhere meanwhile.
func (t *tx) moveTo(c *Cursor) error {
	var source tengi.Source
	err := t.query(t.ctx, func(r scanner) error {
		var spec string
		if err := r.Scan(&spec); err != nil {
			return err
		}
		var connection tengi.Connection
		err := json.Unmarshal([]byte(spec), &connection)
		source = connection.Source
		return err
	}, "SELECT spec FROM connection WHERE id = $1", c.ConnectionID)
	if err != nil || source.AccountID != c.Place.AccountID || source.Trigger != c.Place.Trigger {
		return err
	}
	text, err := c.text()
	if err != nil {
		return err
	}
	_, err = t.affect("UPDATE schedule SET cursor = $1 WHERE connection_id = $2", text, c.ConnectionID)
	return err
}
