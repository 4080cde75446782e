// Package file is the connector for tables in files: CSV as every program writes it, and Excel workbooks. A file comes in two ways: it is sent to the
// account's address, by a program or on the page that a browser shows there, or it is put into a folder that the operator has opened.
//
// One account is one kind of table: its settings say what the columns mean. A row that came once does not come again, whatever file it stands in.
package file

import (
	"embed"

	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/connectors/internal/rows"
	"github.com/tengi/tengi/field"
)

//go:embed setup*.md locale/*.json icon.svg samples/*.json
var files embed.FS

// Connector describes tables in files.
func Connector() *connector.Connector {
	return &connector.Connector{
		Name:    "file",
		Title:   "File",
		Summary: "Turns the rows of CSV files and Excel workbooks into sales, whether they are uploaded, sent by a program, or put into a folder.",
		Auth:    connector.Auth{Fields: accountFields()},
		Receive: receive,
		Answer:  answer,
		Page:    page,
		Triggers: []connector.Trigger{{
			Key:      "row",
			Title:    "Row in a file",
			Types:    []string{rows.TypeNew},
			Sale:     true,
			Poll:     poll,
			Backfill: backfill,
		}},
		Files: files,
	}
}

// The choices of the settings.
const (
	auto         = "auto"
	existingSkip = "skip"
	existingSend = "send"
)

// accountFields are what the files of one account look like.
func accountFields() field.Set {
	set := field.Set{
		{Key: "folder", Type: field.Text, Label: "Folder to watch", Max: "200", Example: "incoming/bookings",
			Help: "Below the folder that your hub keeps for your business. Empty: files are only sent to the address."},
		{Key: "names", Type: field.Text, Label: "Only files named", Max: "100", Example: "bookings-*.csv", Pattern: `[^/\\]+`,
			Help: "A star stands for anything. Empty: every .csv, .tsv, .txt and .xlsx."},
		{Key: "existing", Type: field.Select, Label: "Files that are there already", Default: existingSkip, Options: []field.Option{
			{Value: existingSkip, Label: "Leave alone"}, {Value: existingSend, Label: "Read"}}, Help: "When the folder is looked into for the first time."},
		{Key: "token", Type: field.Text, Label: "Password for uploads", Secret: true, Min: "8", Max: "200",
			Help: "The address is secret already. When set, whoever sends a file needs this too: on the page, or as a program in the header X-Tengi-Token."},
		{Key: "most_rows", Type: field.Int, Label: "Rows in one file", Default: "500", Min: "1", Max: "10000",
			Help: "A file with more is not read and you are told: it may be the wrong one."},
		{Key: "changes", Type: field.Bool, Label: "Report rows that changed", Default: "false",
			Help: "Needs columns that name a row. A row that says something new then comes again, and the documents of its sale are put right as the connection says."},
		{Key: "tab", Type: field.Text, Label: "Sheet of a workbook", Max: "100", Help: "Empty: the first that is not hidden."},
		{Key: "header_row", Type: field.Int, Label: "Line of the header", Default: "1", Min: "1", Max: "1000", Advanced: true},
		{Key: "first_row", Type: field.Int, Label: "First line below it", Default: "0", Min: "0", Max: "10000", Advanced: true, Help: "0: the next one."},
		{Key: "separator", Type: field.Select, Label: "Sign between columns", Default: auto, Advanced: true, Options: []field.Option{
			{Value: auto, Label: "As it looks"}, {Value: ";", Label: "Semicolon"}, {Value: ",", Label: "Comma"}, {Value: "tab", Label: "Tabulator"}, {Value: "|", Label: "Upright line"}}},
		{Key: "encoding", Type: field.Select, Label: "Encoding of CSV", Default: auto, Advanced: true, Options: []field.Option{
			{Value: auto, Label: "As it looks"}, {Value: "utf-8", Label: "UTF-8"}, {Value: "windows-1252", Label: "Windows-1252, western Europe"},
			{Value: "windows-1250", Label: "Windows-1250, central Europe"}, {Value: "windows-1251", Label: "Windows-1251, Cyrillic"},
			{Value: "windows-1255", Label: "Windows-1255, Hebrew"}},
			Help: "Choose it where letters come out wrong, or where a file is held because it cannot be told."},
	}
	for _, f := range rows.Fields() {
		if f.Key == "currency" {
			f.Required, f.Help = true, "Where no column says it."
		}
		set = append(set, f)
	}
	return set
}
