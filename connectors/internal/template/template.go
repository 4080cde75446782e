// Package template is the connector for Template (https://template.example), which keeps notes: a sale becomes a note, and a note that somebody
// writes there is reported here.
//
// It is what `make connector` copies. The service is made up and the code is not: it compiles, it passes the suite, and every part a connector needs
// stands in its place. Replace the service's facts by those of yours and say beside each where it comes from.
package template

import (
	"context"
	"embed"
	"net/http"
	"time"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/field"
)

//go:embed setup*.md locale/*.json icon.svg samples/*.json
var files embed.FS

// typeWritten is the type of the events this connector reports.
const typeWritten = "note.written"

// Connector describes Template.
func Connector() *connector.Connector {
	return &connector.Connector{
		Name:    "template",
		Title:   "Template",
		Summary: "Keeps notes: writes one for a sale, and reports those that others write.",
		Auth: connector.Auth{
			Fields:  accountFields(),
			BaseURL: func(field.Values) string { return "https://api.template.example" },
			Sign:    sign,
			Check:   check,
		},
		Limits:  connector.Limits{Every: 200 * time.Millisecond, Burst: 5, InFlight: 2, Timeout: 20 * time.Second},
		Explain: explain,
		Receive: receive,
		Triggers: []connector.Trigger{{
			Key:    "note",
			Title:  "Note written",
			Types:  []string{typeWritten},
			Output: noticeFields(),
		}},
		Actions: []connector.Action{{
			Key:   "note.create",
			Title: "Write a note",
			Help:  "Writes a note about a sale. When the sale is cancelled, the note is removed.",
			Makes: tengi.Other,
			Input: noteFields(),
			Do:    create,
			Undo:  remove,
			Recovery: "The note carries our reference. When the answer is lost, the notes with that reference are looked up 15 and 60 seconds after the " +
				"request; one that is found is taken over, and only when none is there is the same request sent once more.",
		}},
		Files: files,
	}
}

// accountFields are what a login consists of.
func accountFields() field.Set {
	return field.Set{
		{Key: "token", Type: field.Text, Label: "Token", Required: true, Secret: true, Max: "200", Help: "In Template: Settings → Tokens."},
		{Key: "signing_secret", Type: field.Text, Label: "Signing secret", Secret: true, Min: "8", Max: "200",
			Help: "In Template: Settings → Notices. Needed only to be told of new notes."},
	}
}

// sign puts the login onto a request.
func sign(_ context.Context, c *connector.Client, r *http.Request) error {
	r.Header.Set("Authorization", "Bearer "+c.Secret("token"))
	return nil
}

// check asks who the token belongs to.
func check(ctx context.Context, c *connector.Client) (connector.Identity, error) {
	var me struct {
		Name string `json:"name"`
	}
	err := c.Get(ctx, "/me", nil, &me)
	return connector.Identity{Name: me.Name}, err
}

// explain says better than the status what a refusal means. The service's own words stand in Detail already.
func explain(_ *connector.Request, resp *connector.Response, e *connector.Error) {
	if resp.Status == http.StatusForbidden {
		e.Code, e.Message = "no_permission", "the token may not do that: give it permission to write notes, under Settings → Tokens"
	}
}
