package view

import (
	"time"

	"github.com/a-h/templ"

	"github.com/tengi/tengi/money"
)

// Documents is the list of what was made.
type Documents struct {
	Connection, Kind, From, Until string // what it is narrowed to
	Connections, Kinds            []Choice
	Narrowed                      bool
	Rows                          []DocumentRow
	Days                          []DayTotal
	Older, CSV                    templ.SafeURL
}

// DocumentRow is a document in the list.
type DocumentRow struct {
	URL                                            templ.SafeURL // its story
	Kind, Number, Link, Status, Connection, Object string
	Sale                                           templ.SafeURL // everything about the same sale
	Amount                                         money.Amount
	At                                             time.Time
	Undone, Undoes                                 bool
	Here                                           bool // it is the one that the page is about
}

// Document1 is the page of one document.
type Document1 struct {
	Document DocumentRow
	Story    templ.SafeURL // of the event that made it
	Undo     templ.SafeURL // where the form of undoing it goes
	Preview  *PreviewStep  // what undoing it would send; nil = it cannot be undone here
	Cannot   string        // why not
	Chain    []DocumentRow // all that was made for the same sale, oldest first
}

// DayTotal is what the documents of a day come to.
type DayTotal struct {
	Day, Connection, Kind string
	Count                 int
	Amount                money.Amount
}
