// Package connector is the contract between Tengi and the code for one outside service, and everything that code needs: the client it calls the
// service with, the notice it is handed, and the errors it answers.
//
// Three ideas carry the contract. Receive is pure, Load asks: a notice is stored and acknowledged from its bytes alone, and whatever needs the
// network is durable work done afterwards. Do is replayable: every call that changes something is named and journaled, so an action may be run
// again from the top after a crash. Undo closes the circle: the engine compares what a sale wants with what was done, for every destination alike.
package connector

import (
	"context"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"time"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/field"
	"github.com/tengi/tengi/money"
	"github.com/tengi/tengi/sale"
)

// Connector describes one outside service. It is a value; nil functions mean "does not offer this".
type Connector struct {
	Name     string // "payday": folder, address segment, database key; never changes
	Title    string // "Payday", as its maker writes it
	Summary  string // what it does here, one sentence
	Auth     Auth
	Limits   Limits
	Triggers []Trigger
	Actions  []Action

	// Receive turns a verified notice into events. It is pure: no network, no clock but the notice's ReceivedAt.
	// A notice that is not from the service is refused with Unverified. A verified one that makes no sense is any other error: it is kept
	// and held, never refused. No events and no error means there is nothing in it for us. Nil = the service sends no notices.
	Receive func(*Inbound) ([]tengi.Event, error)
	// Hints says that a verified notice of which Receive makes no events tells that there may be something new: the account's sources are then polled
	// within seconds. A hint that is lost costs no more than the wait for the next poll.
	Hints bool
	// Answer is what the sender of a notice is told, once all that Receive made of it is durably stored; events may be none. It is pure. Nil, or a
	// nil answer, is a plain 200.
	Answer func(*Inbound, []tengi.Event) *Reply
	// Page answers whoever opens the account's address in a browser. It is pure. Nil = the address is for notices only.
	Page func(*Inbound) *Reply
	// Load asks the service what an event that NeedsLoad means. It only reads. Nil = notices say it all.
	Load func(context.Context, *Client, tengi.Event) (Loaded, error)
	// Explain may correct how an unsuccessful answer was classified, and say better what it means. Nil = the table in classify.go.
	Explain func(*Request, *Response, *Error)

	// Files holds setup.md and its translations, locale/*.json, icon.svg, samples/*.json.
	Files fs.FS
}

// Auth is what an account holds and how it is proved.
type Auth struct {
	Fields field.Set
	// BaseURL is the service's address for these settings, without a trailing slash.
	BaseURL func(field.Values) string
	// Sign puts the login onto a request just before it is sent; where it belongs into the body, see SetBody. What it adds is never recorded or
	// journaled. A token comes from Session.Token, whose own requests are not signed. Nil = no login.
	Sign func(context.Context, *Client, *http.Request) error
	// Check proves the login without changing anything. Nil = there is nothing to ask.
	Check func(context.Context, *Client) (Identity, error)
	// Doubts are the types of events by which the service says that the login may have been withdrawn: an app was uninstalled, a permission taken
	// back. When such a notice is stored the login is checked at once, and the account needs attention if the service refuses it.
	Doubts []string
}

// Identity is who a login belongs to, as the service says.
type Identity struct {
	Name     string   // shown in the list of accounts
	Warnings []string // what works less than it could: a missing permission, a test key
}

// Limits is how hard a service may be asked, per account. Zero values mean no limit of that kind.
type Limits struct {
	Every    time.Duration // between two requests on average
	Burst    int           // requests that may come at once before Every bites; 0 counts as 1
	InFlight int           // deliveries worked at the same time; 0 = as many as there are workers
	Timeout  time.Duration // for one request, from signing in to the end of its answer; 0 = DefaultTimeout
}

// DefaultTimeout is how long a request may take when the connector does not say. The engine's lease is longer.
const DefaultTimeout = 30 * time.Second

// Trigger is something a source reports.
type Trigger struct {
	Key     string    // "booking"
	Title   string    // "Booking confirmed, changed or cancelled"
	Types   []string  // types of the events it reports; "booking.*" covers every type that starts so
	Options field.Set // settings of the source
	Output  field.Set // what its events carry beside the sale; nil with a Sale false = anything
	Sale    bool      // its events carry a sale
	// Own says that what a poll finds depends on the options of the source, as with the tab of a spreadsheet: it goes to the connection that asked, and
	// not to the account's others as well.
	Own bool
	// Anew names options of the source that say where its polls begin: given, or given another value, they have the next poll begin with an empty cursor,
	// as one at another account does. An option that a cursor can stand by all the same is not named here, or what is under way would be forgotten.
	Anew []string
	// Poll asks for what is new since the cursor. Events already stored are recognised by their Dedupe, so overlapping is harmless and wanted.
	Poll func(context.Context, *Client, Cursor) (Polled, error)
	// Backfill asks for everything of a span of time, page by page from an empty cursor on, whether or not a poll has reported it. Its events are those of
	// Poll and Receive, with the same Dedupe, so that what is known is recognised. To is never zero, and From is only where there is no beginning; a
	// service that does not go back so far refuses and says how far it does. Nil = it cannot be asked for the past.
	Backfill func(ctx context.Context, c *Client, span Span, cursor Cursor) (Polled, error)
	// Sample fetches the last few real items for setting up a connection; nil = only those in samples/.
	Sample func(context.Context, *Client) ([]tengi.Event, error)
}

// Cursor is how far a poll has come, in the connector's own words; empty at first, and again when the source was moved.
type Cursor string

// Span is a span of time: from a moment on, and before another.
type Span struct{ From, To time.Time }

// Polled is one page of a poll. The cursor is stored in the same transaction as the events.
type Polled struct {
	Events []tengi.Event
	Cursor Cursor
	More   bool // ask again at once with the new cursor
}

// Loaded is what Load learned about an event.
type Loaded struct {
	Type    string     // the event's type now that it is known; empty keeps it
	Version int64      // orders the states of the object; 0 = the order of arrival counts
	Sale    *sale.Sale // nil when the service does not know what was sold
	Data    any        // anything else expressions may use, encodable as JSON
	// Instead names the events this notice really stands for, when it pointed at a part of something: they are stored in its place.
	Instead []tengi.Event
	// Nothing says why there is nothing to do after all ("test notice"); empty = there is.
	Nothing string
}

// Action is something a destination does.
type Action struct {
	Key   string // "invoice.create"
	Title string
	Help  string
	Input field.Set // form, mapping's right side, defaults from a sale, validation, docs
	Makes tengi.DocumentKind
	// Total is what the document will come to, computed from the values as the service will; the engine compares it with the sale's total
	// before anything is sent and with the document's amount afterwards. Nil = the document has no amount.
	Total func(field.Values) (money.Amount, error)
	// Do makes the document. Every request that changes something goes through Client.Change; it may run again from the top at any time.
	Do func(context.Context, *Client, tengi.Ref, field.Values) (tengi.Document, error)
	// Undo credits or voids the document and gives back what it made; a document without ExternalID when it was removed without trace.
	// Nil = a person does it.
	Undo func(context.Context, *Client, tengi.Ref, tengi.Document) (tengi.Document, error)
	// Refresh reads again what a document made earlier has become: the number that a service gives some time after it made it, its status. It
	// changes nothing at the service and gives back the document with what is new. An empty Number is no error: the service has none yet.
	// Nil = a document never changes by itself.
	Refresh func(context.Context, *Client, tengi.Document) (tengi.Document, error)
	// TestMark is the key of a text in Input that people read on the document. When somebody tries a connection out with test data, a word that says so
	// is put before it. Empty = the document has no place for one.
	TestMark string
	// Recovery says, for the documentation, how a lost answer is resolved and so why a repeat creates nothing twice.
	Recovery string
}

// Covers says whether the trigger reports events of the type.
func (t Trigger) Covers(eventType string) bool {
	for _, pattern := range t.Types {
		if pattern == eventType || pattern == "*" {
			return true
		}
		if n := len(pattern) - 1; n > 0 && pattern[n] == '*' && len(eventType) >= n && eventType[:n] == pattern[:n] {
			return true
		}
	}
	return false
}

// Trigger finds a trigger by key.
func (c *Connector) Trigger(key string) (*Trigger, bool) {
	for i := range c.Triggers {
		if c.Triggers[i].Key == key {
			return &c.Triggers[i], true
		}
	}
	return nil, false
}

// Action finds an action by key.
func (c *Connector) Action(key string) (*Action, bool) {
	for i := range c.Actions {
		if c.Actions[i].Key == key {
			return &c.Actions[i], true
		}
	}
	return nil, false
}

// AccountFields is what an account at this connector holds: its own fields and the one that every connector has.
func (c *Connector) AccountFields() field.Set {
	return append(append(field.Set{}, c.Auth.Fields...), field.Field{
		Key: "base_url", Type: field.URL, Label: "Address of the service", Advanced: true,
		Help: "Leave empty. Only for a sandbox or a proxy of your own.",
	})
}

// Settings parses the settings of an account, for clients and for notices. Its secrets are checked with them but do not come back: settings end
// up in forms and error texts.
func (c *Connector) Settings(account *tengi.Account) (field.Values, error) {
	fields := c.AccountFields()
	raw := make(map[string]any, len(account.Settings)+len(account.Secrets))
	maps.Copy(raw, account.Settings)
	for key, value := range account.Secrets {
		raw[key] = value
	}
	settings, faults := fields.Parse(raw)
	if err := faults.Err(); err != nil {
		return nil, fmt.Errorf("settings of account %s: %w", account.Key, err)
	}
	for _, f := range fields {
		if f.Secret {
			delete(settings, f.Key)
		}
	}
	return settings, nil
}
