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
}

// DayTotal is what the documents of a day come to.
type DayTotal struct {
	Day, Connection, Kind string
	Count                 int
	Amount                money.Amount
}
