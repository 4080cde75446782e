package view

import (
	"time"

	"github.com/a-h/templ"

	"github.com/tengi/tengi/locale"
)

// Inbox is what waits for a person.
type Inbox struct {
	Accounts []InboxAccount
	Groups   []InboxGroup
	One      bool          // one cause with all that waits for it
	Older    templ.SafeURL // of one
}

// InboxAccount is an account whose service refuses the login.
type InboxAccount struct {
	Name, Reason string
	At           templ.SafeURL
	Connections  []string // that wait for it
}

// InboxGroup is one cause at one connection.
type InboxGroup struct {
	Key, Connection, State    string
	ConnectionAt, EditAt, All templ.SafeURL
	Cause                     locale.Cause
	Count                     int
	Items                     []InboxItem
	Replay, Skip, SendAgain   bool
	Mapped                    bool // another mapping may put it right
	Back                      string
}

// InboxItem is one thing that waits.
type InboxItem struct {
	Row    EventRow
	Reason string // in English
	Since  time.Time
	Story  Story // what can be decided about it alone
}
