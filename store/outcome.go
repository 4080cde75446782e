package store

import (
	"encoding/json"
	"time"

	"github.com/tengi/tengi"
)

// Op is what is done in a step.
type Op string

// The operations.
const (
	Load Op = "load" // ask the source what the event means
	Do   Op = "do"
	Undo Op = "undo"
	// Read reads a document again after its delivery has ended. It is an operation of attempts alone.
	Read Op = "refresh"
)

// StepState is where one operation of a step in one delivery stands.
type StepState string

// The states of an operation.
const (
	StepOpen    StepState = "open"    // its intent is stored; calls may have acted
	StepRefused StepState = "refused" // the service refused for good; it may be tried with other values
	StepDone    StepState = "done"
	StepSkipped StepState = "skipped" // Reason says why
)

// Step is one operation of a step in a delivery.
type Step struct {
	Key         string
	Op          Op
	Issue       int // counts the documents this step was to make for the object; 0 when none
	Ref         tengi.Ref
	State       StepState
	Input       json.RawMessage // frozen values; every retry uses them
	Fingerprint string          // of the sale's money the input was made from
	DocumentID  int64           // made by Do, undone by Undo
	Reason      string
}

// Attempt is one try of an operation.
type Attempt struct {
	ID         int64
	DeliveryID int64
	StepKey    string
	Op         Op
	Outcome    string // done, or the kind of error
	Code       string
	Message    string
	Detail     string
	Exchanges  json.RawMessage
	Node       string
	StartedAt  time.Time
	EndedAt    time.Time
}

// Outcome is what one piece of work on a delivery came to. It is stored in one transaction: attempt, calls, steps, document, what comes next.
type Outcome struct {
	Lease        Lease
	ConnectionID string
	Object       string
	EventID      int64
	Loaded       *tengi.Event    // what Load learned: Type, Version, Sale, Data; nil = nothing was loaded
	Instead      []NewEvent      // events that stand for this one
	Steps        []Step          // operations that changed
	Calls        []tengi.Call    // calls of CallStep whose answer came
	CallStep     *Step           // whose calls they are
	Intended     bool            // CallStep was stored with an intent of this lease and differs only in its state since
	Document     *tengi.Document // made now; its ID is given here and put into CallStep and Undone
	AccountID    string          // where the document was made
	Refresh      time.Time       // when the document is to be read again first; zero = never
	Undone       int64           // the document that this operation undid
	Attempt      *Attempt
	Next         Next
	Decided      bool // a sale's delivery ended: later replays of earlier events find that this one decided
	Version      int64
	Slow         *Slow
	Now          time.Time
}

// Next is where the delivery goes.
type Next struct {
	State     State
	Open      bool // of Held and Failed: it still stands in the way of later deliveries of its object
	AccountID string
	DueAt     time.Time // zero = not the clock's
	Tries     int
	Code      string
	Reason    string
	Keep      bool // the worker keeps the lease and goes on: State is Running
}

// Slow says that an account's service asked to wait.
type Slow struct {
	AccountID string
	Until     time.Time
}
