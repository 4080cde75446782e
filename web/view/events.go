package view

import (
	"time"

	"github.com/a-h/templ"

	"github.com/tengi/tengi/money"
)

// Events is a list of events, with what narrows it.
type Events struct {
	Search, Connection, Standing, From, Until string
	Connections, Standings                    []Choice
	Rows                                      []EventRow
	Here                                      templ.SafeURL // the first page of the same list
	Older, Newest                             templ.SafeURL // empty = there is none
	Live                                      templ.SafeURL // where changes are told; empty = the list stands still
	Narrowed                                  bool          // it does not show all events
	Back                                      time.Time     // how far back a search has looked; zero = all the way
	Behind                                    bool          // the latest events cannot be found yet
}

// EventRow is an event in a list.
type EventRow struct {
	ID, Type, Reference, Customer, Email string
	At                                   time.Time
	Amount                               money.Amount
	Unreadable, Loading                  bool
	Deliveries                           []DeliveryRow
}

// DeliveryRow is what became of an event at one connection.
type DeliveryRow struct {
	ID, State, Connection, Cause string
	Document                     *Document
}

// eventName is what an event is about.
func eventName(r EventRow) string {
	if r.Reference != "" {
		return r.Reference
	}
	return r.Type
}

// customerName is the customer by name, else by address.
func customerName(r EventRow) string {
	if r.Customer != "" {
		return r.Customer
	}
	return r.Email
}
