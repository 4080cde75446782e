// Package tengi is the vocabulary every other package speaks: accounts, connections, events, deliveries, attempts, documents.
// docs/glossary.md says what each word means and which words it replaces.
package tengi

import (
	"encoding/json"
	"time"

	"github.com/tengi/tengi/money"
	"github.com/tengi/tengi/sale"
	"github.com/tengi/tengi/schedule"
)

// Workspace is one business. Everything else belongs to one.
type Workspace struct {
	ID       string `json:"-"`
	Key      string `json:"key,omitempty"` // short name for configuration files and addresses
	Name     string `json:"name"`
	Country  string `json:"country"`  // ISO 3166-1 alpha-2
	Currency string `json:"currency"` // ISO 4217
	TimeZone string `json:"timezone"` // IANA name
	Language string `json:"language"` // en, is, uk, he, pl
}

// AccountState says whether an account may be used.
type AccountState string

// The states of an account.
const (
	AccountActive    AccountState = "active"
	AccountAttention AccountState = "attention" // the service refused the login: a person must mend it; work waits, nothing is lost
	AccountOff       AccountState = "off"       // switched off by a person
)

// Account is a stored login at a service. Its secrets are sealed at rest and never shown again.
type Account struct {
	ID          string
	WorkspaceID string
	Key         string // unique in the workspace
	Name        string
	Connector   string // the connector's name
	Settings    map[string]any
	Secrets     map[string]string // opened; only in memory
	HookToken   string            // the secret part of its webhook address; empty when the connector takes no webhooks
	State       AccountState
	Reason      string // why it needs attention, for a person
}

// Connection is the configured pipe: a source and one or more steps.
type Connection struct {
	ID          string
	WorkspaceID string
	Key         string
	Name        string
	Enabled     bool
	Source      Source
	Steps       []Step
	OnCancel    Policy            // what happens to the documents of a sale that is cancelled: Undo, Hold or Ignore
	OnChange    Policy            // what happens when the sale's money changes after its documents were made: Redo, Hold or Ignore
	Schedule    schedule.Schedule // when its source is asked; the zero value is never
	Test        bool              `json:",omitempty"` // for test data alone: it takes no events of its source, and lists and exports leave it out
}

// Source is where a connection's events come from.
type Source struct {
	AccountID string
	Trigger   string
	Options   map[string]any
	Filter    string // condition; empty = everything
}

// Step is one action of a connection, in order, with its condition and mapping.
type Step struct {
	Key       string
	AccountID string
	Action    string
	When      string         // condition; empty = always
	Fields    map[string]any // templates by field key; a field not named takes the action's default
}

// Policy says what the engine does with documents that no longer fit their sale.
type Policy string

// The policies. Undo is for OnCancel, Redo for OnChange.
const (
	Undo   Policy = "undo"
	Redo   Policy = "redo"
	Hold   Policy = "hold"
	Ignore Policy = "ignore"
)

// Event is one thing that happened at a source, stored once and never changed. The zero ID means "not stored yet".
type Event struct {
	ID         int64
	AccountID  string
	Type       string          // booking.confirmed
	Object     string          // booking/51654; empty when it concerns nothing that has a name
	Version    int64           // orders the states of one object when the source gives such a number (a change time, a counter); 0 = it does not
	Dedupe     string          // the source's identity of this happening: a repeat has the same
	Raw        Raw             // what came in, byte for byte
	Sale       *sale.Sale      // what it says was sold; nil when the source does not know sales, or until loaded
	Data       json.RawMessage // what else it says, a JSON value; nil until loaded
	NeedsLoad  bool            // the notice only points at something: the connector's Load must ask before anything is decided
	Unreadable string          // why the input could not be understood; such an event is kept and its deliveries are held
	ReceivedAt time.Time
}

// Raw is an input as it arrived. Headers that carry credentials are left out.
type Raw struct {
	Method string            `json:"method,omitempty"`
	Query  string            `json:"query,omitempty"`
	Header map[string]string `json:"header,omitempty"`
	Body   []byte            `json:"-"`
}

// Ref is our reference written into a document: idempotency key and search key at once. It is a fixed function of
// (installation, connection, object, step, issue), stored before the first byte is sent, and never changes between tries.
type Ref string

// DocumentKind says what a step made.
type DocumentKind string

// The kinds of documents.
const (
	Invoice        DocumentKind = "invoice"
	CreditNote     DocumentKind = "credit_note"
	Receipt        DocumentKind = "receipt"
	PaymentRequest DocumentKind = "payment_request"
	PaymentRecord  DocumentKind = "payment" // "invoice 1047 is paid"
	CustomerRecord DocumentKind = "customer"
	Message        DocumentKind = "message"
	Other          DocumentKind = "other"
)

// Binding says whether a document of this kind states what a sale comes to, so that a sale that changes or is cancelled leaves it wrong.
// A customer or a message made for a sale is not undone with it.
func (k DocumentKind) Binding() bool {
	switch k {
	case Invoice, Receipt, PaymentRequest, PaymentRecord, Other:
		return true
	default:
		return false
	}
}

// Document is what a step made at the service, as the service answered.
type Document struct {
	ID           int64 // ours; 0 before it is stored
	Kind         DocumentKind
	ExternalID   string // the service's id
	Number       string // the number people see; may come later
	URL          string
	Status       string         // the service's word: SENT, draft, paid
	Amount       money.Amount   // what the service says it comes to; zero when the kind has no amount
	Customer     string         // the service's id of the customer, where later calls need it
	Data         map[string]any // whatever else later steps may use, by name
	Ref          Ref
	ConnectionID string
	StepKey      string
	Object       string
	Fingerprint  string // of the sale's money it was made from
	UndoneBy     int64  // the document that credited or voided it; its own ID when it was removed without one
	CreatedAt    time.Time
}
