// Package googlesheets is the connector for Google Sheets (https://developers.google.com/workspace/sheets/api): the rows that people write become
// events, and what was done is written into rows. One account is one spreadsheet, opened with a service account's key.
//
// A sheet gives its rows no identity and no time of change, so package rows remembers what was seen. A row is known by a column that the user names,
// or by what it says, and never by its place.
package googlesheets

import (
	"embed"
	"time"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/connectors/internal/rows"
	"github.com/tengi/tengi/field"
)

//go:embed setup*.md locale/*.json icon.svg samples/*.json
var files embed.FS

// Connector describes Google Sheets.
func Connector() *connector.Connector {
	return &connector.Connector{
		Name:    "googlesheets",
		Title:   "Google Sheets",
		Summary: "Turns the rows of a sheet into sales, and writes sales and what became of them into rows.",
		Auth: connector.Auth{
			Fields:  accountFields(),
			BaseURL: func(field.Values) string { return "https://sheets.googleapis.com" },
			Sign:    sign,
			Check:   check,
		},
		// 60 reads and as many writes a minute for one service account (https://developers.google.com/workspace/sheets/api/limits). One at a time:
		// two rows appended at once may come to stand on each other.
		Limits:  connector.Limits{Every: time.Second, Burst: 20, InFlight: 1, Timeout: 60 * time.Second},
		Explain: explain,
		Receive: receive,
		Hints:   true,
		Triggers: []connector.Trigger{
			{Key: "row_new", Title: "New row", Types: []string{rows.TypeNew}, Options: sourceFields(false), Sale: true, Own: true,
				Poll: poll(false), Backfill: backfill, Sample: sample(rows.TypeNew)},
			{Key: "row_changed", Title: "New or changed row", Types: []string{rows.TypeNew, rows.TypeChanged}, Options: sourceFields(true), Sale: true, Own: true,
				Poll: poll(true), Sample: sample(rows.TypeChanged)},
		},
		Actions: []connector.Action{
			{
				Key: "row.append", Title: "Add a row", Makes: tengi.Other, Input: appendFields(), Do: appendRow, Undo: markCancelled, TestMark: "text",
				Help: "Adds a row for a sale. When the sale is cancelled, the row stays and its status column says so.",
				Recovery: "Every row carries our reference in a column of its own, and before one is added that column is read. When the answer is lost, that column is read 15 seconds, one minute and four minutes " +
					"after the request; a row that is found there is taken over, and only when none is there is the same request sent once more.",
			},
			{
				Key: "row.update", Title: "Write back to the row", Makes: tengi.Message, Input: updateFields(), Do: updateRow,
				Help: "Writes status, number and link into the row that a sale came from, or into any row that a column names.",
				Recovery: "Writing the same values into the same row again changes nothing. When the answer is lost, the row is looked up by its key: where it holds the " +
					"values it is done; where it stands where it stood the same request is sent again; where people have moved it meanwhile, a person is asked.",
			},
		},
		Files: files,
	}
}

// accountFields are what a spreadsheet is opened with.
func accountFields() field.Set {
	return field.Set{
		{Key: "spreadsheet", Type: field.Text, Label: "Spreadsheet", Required: true, Max: "500", Pattern: spreadsheetPattern,
			Example: "https://docs.google.com/spreadsheets/d/1qPz0YxKbW3vT6uJrD8mNcE5aLfGhS2oQiXtVyRwUjBk/edit", Help: "The address of the spreadsheet in the browser."},
		{Key: "service_account", Type: field.LongText, Label: "Service account key", Required: true, Secret: true, Max: "10000",
			Help: "The whole content of the JSON file that Google gave you. The guide says how to get one."},
		{Key: "script_secret", Type: field.Text, Label: "Secret of the script", Secret: true, Min: "16", Max: "200",
			Help: "Only for the script that reports edits at once. Make one up and put the same into the script."},
	}
}

// sourceFields are the options of a source: which tab, which rows, what its columns mean.
func sourceFields(changes bool) field.Set {
	set := field.Set{
		{Key: "tab", Type: field.Text, Label: "Tab", Max: "200", Example: "Bookings 2026",
			Help: "Its name, or better its address with #gid=, which stays the same when the tab is renamed. Empty: the first."},
		{Key: "header_row", Type: field.Int, Label: "Row of the header", Default: "1", Min: "1", Max: "1000", Advanced: true},
		{Key: "first_row", Type: field.Int, Label: "First row below it", Default: "0", Min: "0", Max: "10000", Advanced: true, Help: "0: the next one."},
		{Key: "existing", Type: field.Select, Label: "Rows that are there already", Default: existingSkip, Options: []field.Option{
			{Value: existingSkip, Label: "Leave alone"}, {Value: existingSend, Label: "Send, all of them"}},
			Help: "When the connection looks at the sheet for the first time."},
	}
	if changes {
		set = append(set, field.Field{Key: "new_rows", Type: field.Bool, Label: "Report new rows too", Default: "true",
			Help: "So that one connection makes a document for a new row and puts it right when the row changes."})
	}
	set = append(set,
		field.Field{Key: "settle", Type: field.Int, Label: "Seconds of rest", Default: "50", Min: "0", Max: "86400",
			Help: "A row goes when nobody has changed it for so long and it was seen so twice. 0: at once; only where a program fills in whole rows, such as a form."},
		field.Field{Key: "most_rows", Type: field.Int, Label: "Rows at once", Default: "20", Min: "0", Max: "10000",
			Help: "When more are new or changed at once, none of them goes and you are asked: somebody may have pasted or sorted. 0: any number goes."},
		field.Field{Key: "answers", Type: field.Text, Label: rows.AnswersLabel, Max: "1000", Example: "send K7F2QA",
			Help: "What you answer to such questions, in the words that the question gives you."})
	return append(set, rows.Fields()...)
}

const (
	existingSkip = "skip"
	existingSend = "send"
)
