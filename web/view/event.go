package view

import (
	"time"

	"github.com/a-h/templ"

	"github.com/tengi/tengi/locale"
	"github.com/tengi/tengi/money"
)

// Event is one event with its whole story.
type Event struct {
	ID                 string
	Title              string // what it is about, as people call it
	Reference          string
	Type, Object       string
	Source             string // the account's name
	SourceAt           templ.SafeURL
	At                 time.Time
	Unreadable         string // why its input could not be understood
	Loading            bool   // what the notice means is not known yet
	Sale               *Sale
	Input              Input
	Stories            []Story // what each connection did with it
	Siblings           []Sibling
	OlderSiblings      templ.SafeURL
	Deeds              []Deed
	AllAttempts, Fewer templ.SafeURL // of a long story
}

// Sale is what was sold.
type Sale struct {
	Reference, Status        string
	Customer                 Customer
	ServiceDate, ServiceEnd  string // as the reader writes days
	Lines                    []SaleLine
	Total, VAT               money.Amount
	VATIncluded, HasDiscount bool
	Payments                 []SalePayment
	Channel, Remarks         string
	Faults                   []string // what does not add up
}

// Customer is who is billed.
type Customer struct{ Name, Email, Phone, Address, Country, TaxID string }

// SaleLine is one line of a sale.
type SaleLine struct {
	Text                             string
	Quantity, VATRate                string
	UnitPrice, Discount, VAT, Amount money.Amount
}

// SalePayment is money received for a sale.
type SalePayment struct {
	Amount            money.Amount
	Method, Reference string
	At                time.Time
}

// Input is what came in, as it came.
type Input struct {
	Method, Query, Body, Data string
	Headers                   []Choice
}

// Sibling is another event about the same.
type Sibling struct {
	ID, Type string
	At       time.Time
	Here     bool // it is the one shown
}

// Deed is what somebody did.
type Deed struct {
	Who, Verb string
	At        time.Time
	Details   []Choice
}

// Story is what one connection did with an event.
type Story struct {
	ID             string // of the delivery
	Item           string // as decisions name it
	Connection     string
	ConnectionAt   templ.SafeURL
	EditAt         templ.SafeURL
	State          string
	Cause          locale.Cause
	Reason         string // as the hub wrote it down, in English
	Due            time.Time
	Tries          int
	Stopped        string // the account that needs attention, for which it waits
	StoppedAt      templ.SafeURL
	Broken         bool // the connection cannot run
	Off            bool // it is switched off
	Wants          string
	Documents      []Document
	Checks         []StoryCheck
	Steps          []StoryStep
	Attempts       []Attempt
	Calls          []Call
	Decide         Decide
	HiddenAttempts int
}

// Document is what was made, as lists show it.
type Document struct {
	ID, Kind, Number, URL, Status string
	Step                          string
	Amount                        money.Amount
	At                            time.Time
	Undone, Undoes                bool
	Elsewhere                     bool // another event's delivery made it
	Unfit                         bool // it no longer says what the sale says
}

// StoryCheck is a condition and what it came to.
type StoryCheck struct {
	Step, Text, Saw, Wrong string
	Holds                  bool
}

// StoryStep is one operation.
type StoryStep struct {
	Step, Op, State, Reason, Ref, Input string
}

// Attempt is one try.
type Attempt struct {
	Step, Op, Outcome     string
	Code, Message, Detail string
	At                    time.Time
	Took                  string
	Exchanges             []Exchange
}

// Exchange is one request with its answer.
type Exchange struct {
	Method, URL, Status, Took, Error string
	RequestHeaders, ResponseHeaders  []Choice
	Request, Response                string
}

// Call is a request that changes something, as the journal has it.
type Call struct {
	Step, Name, Method, URL, State, Key, Body, Answer string
	Status                                            string
	Sends, Looks                                      int
	First, Last                                       time.Time
	Asked                                             bool      // nobody knows yet whether it acted
	Next                                              time.Time // when the hub looks whether it acted; zero = a person says
}

// Decide is what a person may decide about a delivery.
type Decide struct {
	Back                                                 string // where the reader is afterwards
	Replay, Skip, SendAgain, Adopt, Undoes, UndoneByHand bool
	Ref                                                  string // by what a document is found in its service
	Edit                                                 templ.SafeURL
	Step                                                 string // whose values can be given
	Fields                                               Fields
	Wrong                                                []string
	Open                                                 bool // the values are asked for at once
}

// Any says whether there is anything to decide.
func (d Decide) Any() bool {
	return d.Replay || d.Skip || d.SendAgain || d.Adopt || d.UndoneByHand || d.Step != ""
}

// outcomeTone is the colour of an attempt's outcome.
func outcomeTone(outcome string) string {
	switch outcome {
	case "done":
		return "green"
	case "temporary":
		return "yellow"
	default:
		return "red"
	}
}

// statusText is the status of a document as its service says it, or that it was undone.
func statusText(p *Page, d Document) string {
	if d.Undone {
		return p.P.Text("events.undone")
	}
	return d.Status
}

// stepTone is the colour of an operation's state.
func stepTone(state string) string {
	switch state {
	case "done":
		return "green"
	case "refused":
		return "red"
	case "open":
		return "blue"
	default:
		return "secondary"
	}
}

// callTone is the colour of a call's state.
func callTone(state string) string {
	switch state {
	case "answered":
		return "green"
	case "open":
		return "yellow"
	case "refused":
		return "red"
	default:
		return "secondary"
	}
}
