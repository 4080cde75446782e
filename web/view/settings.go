package view

import (
	"time"

	"github.com/a-h/templ"
)

// part is one page of the settings, by its address below them; the first has none.
type part struct {
	path   string
	owners bool // for owners alone
}

// parts are the pages of the settings in their order.
var parts = []part{{"", false}, {"people", true}, {"keys", true}, {"backup", true}, {"log", false}}

// visible says whether a reader sees a page of the settings at all.
func (t part) visible(p *Page) bool {
	return p.User.Owns || !t.owners && (t.path != "log" || p.User.Manages)
}

// name is what the page is called in the catalogs.
func (t part) name() string {
	if t.path == "" {
		return "workspace"
	}
	return t.path
}

func (t part) url(p *Page) templ.SafeURL {
	if t.path == "" {
		return p.At("settings")
	}
	return p.At("settings", t.path)
}

// Retention is for how many days what events said is kept; 0 is for ever.
type Retention struct{ Days, Wrong string }

// People is the page of who may do what.
type People struct {
	Members           []Member
	Roles             []Choice
	Name, Email, Role string // of the invitation as it was filled in
	Wrong             map[string]string
	Link, LinkFor     string // an invitation that was just made, shown this once, and to whom it goes
}

// Member is one person of a workspace.
type Member struct {
	ID, Name, Email, Role string
	SeenAt                time.Time
	You                   bool // the reader
	Joined                bool // has chosen a password
	Disabled              bool
	Whole                 bool // the reader may also change how they sign in, and keep them out of the hub
}

// Keys is the page of what lets programs in.
type Keys struct {
	Keys             []Key
	Roles            []Choice
	Name, Role       string // of the new one as it was filled in
	Wrong            map[string]string
	Token, TokenName string // of a key that was just made, shown this once
}

// Key is one of them.
type Key struct {
	ID, Name, Role               string
	CreatedAt, UsedAt, RevokedAt time.Time
}

// Log is the page of who did what.
type Log struct {
	Entries []LogEntry
	Older   templ.SafeURL
}

// LogEntry is one thing that somebody did.
type LogEntry struct {
	At                 time.Time
	Kind               string // person, key, command, hub
	Who, WhoID         string // a name, else an id
	Verb               string
	Object, ObjectName string // an id, and the name of what has it
	Details            []Choice
}

// Backup is the page on how to keep a copy.
type Backup struct {
	SQLite  bool   // the ledger can be downloaded here
	KeyFile string // where the key is that opens the stored logins; empty = it was given in the environment
}

// JoinForm is the form of somebody who was invited.
type JoinForm struct {
	Code, Name, Email string
	Wrong             map[string]string
}
