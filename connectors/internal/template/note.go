package template

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"time"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/field"
)

// note is a note as the service writes and reads it.
type note struct {
	ID        string `json:"id,omitempty"`
	Reference string `json:"reference"`
	Text      string `json:"text"`
	URL       string `json:"url,omitempty"`
}

// noteFields are what a note consists of. Their defaults are what a sale fills in when nobody says otherwise.
func noteFields() field.Set {
	return field.Set{
		{Key: "text", Type: field.LongText, Label: "Text", Required: true, Max: "1000", Default: "{{ sale.reference }}: {{ sale.customer.name }}"},
	}
}

// create writes a note. Each request that changes something goes through Change, so that this function may run again from the top at any time.
func create(ctx context.Context, c *connector.Client, ref tengi.Ref, values field.Values) (tengi.Document, error) {
	resp, err := c.Change(ctx, connector.Change{
		Name:    "create",
		Request: connector.Request{Method: http.MethodPost, Path: "/notes", JSON: note{Reference: string(ref), Text: values.Text("text")}},
		Recover: connector.Recovery{
			Rounds: []time.Duration{15 * time.Second, time.Minute}, // the service answers within 20 s, which the last look lies well beyond
			Find:   func(ctx context.Context, _ connector.Call) ([]byte, bool, error) { return findNote(ctx, c, ref) },
		},
	})
	if err != nil {
		return tengi.Document{}, err
	}
	var made note
	if err := resp.JSON(&made); err != nil {
		return tengi.Document{}, err
	}
	return tengi.Document{Kind: tengi.Other, ExternalID: made.ID, Number: made.ID, URL: made.URL}, nil
}

// findNote looks for the note with our reference, and gives it as it would have been answered.
func findNote(ctx context.Context, c *connector.Client, ref tengi.Ref) ([]byte, bool, error) {
	var notes []json.RawMessage
	if err := c.Get(ctx, "/notes", url.Values{"reference": {string(ref)}}, &notes); err != nil {
		return nil, false, err
	}
	for _, text := range notes {
		var found note
		if err := json.Unmarshal(text, &found); err != nil {
			return nil, false, err // what cannot be read proves nothing
		}
		if found.Reference == string(ref) { // never trust a filter
			return text, true, nil
		}
	}
	return nil, false, nil
}

// remove takes a note away. A second removal finds nothing, which is what was wanted.
func remove(ctx context.Context, c *connector.Client, _ tengi.Ref, doc tengi.Document) (tengi.Document, error) {
	_, err := c.Change(ctx, connector.Change{
		Name:    "remove",
		Request: connector.Request{Method: http.MethodDelete, Path: "/notes/" + url.PathEscape(doc.ExternalID), Also: []int{http.StatusNotFound}},
		Recover: connector.Recovery{Repeatable: true},
	})
	return tengi.Document{Kind: tengi.Other}, err
}
