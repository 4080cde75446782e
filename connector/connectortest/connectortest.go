// Package connectortest is what every connector's test runs: [Run] checks what all connectors promise, and [Client], [Journal] and [Clock]
// are the parts to test what is special.
//
//	func TestConnector(t *testing.T) {
//		t.Parallel()
//		connectortest.Run(t, payday.Connector(), func(clock *connectortest.Clock) fake.Service { return payday.NewFake(...) },
//			connectortest.Case{Action: "invoice.create", Values: ..., Made: connectortest.Held("invoices"), Undone: connectortest.Held("credits")},
//			connectortest.Notice{Name: "confirmed", Body: ..., Secrets: ...})
//	}
package connectortest

import (
	"encoding/json"
	"net/http"
	"net/url"
	"testing"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/connector/fake"
)

// Part is a [Case] or a [Notice].
type Part interface{ part() }

// Case is one way of using an action.
type Case struct {
	Action string
	Name   string         // tells several cases of an action apart
	Values map[string]any // the action's input, as a mapping gives it
	// Steps are the documents of earlier steps that the defaults of its fields name, by step key. There are always steps.earlier and steps.invoice; they
	// are given here where a service's ids have a form of their own.
	Steps map[string]tengi.Document
	// Account changes settings of the account that the stand-in gives.
	Account map[string]any
	// Prepare fills the stand-in beforehand, and may put what it made there into the values.
	Prepare func(testing.TB, fake.Service, map[string]any)
	// Made counts in the stand-in what the case makes. It starts at any number; the suite looks at the difference.
	Made func(fake.Service) int
	// Undone counts what undoing it leaves: credit notes, or how many of what was made are gone. Nil = the case is not undone here.
	Undone func(fake.Service) int
	// Asks says that there is no way to find out what became of a lost request: a person is asked, and nothing is sent again.
	Asks bool
}

func (Case) part() {}

// Notice is one notice as the service sends it.
type Notice struct {
	Name     string
	Method   string // default POST
	Query    url.Values
	Header   http.Header
	Body     string
	Settings map[string]any
	Secrets  map[string]string
	// Signed says that the notice proves itself: changed by one byte, or under other secrets, it must be refused.
	Signed bool
	// OpenBody says that the signature does not cover the body.
	OpenBody bool
	// Events is how many events it makes.
	Events int
	// Eval is what templates of the account render to; nil when the account has none.
	Eval func(template string, data []byte) (string, error)
}

func (Notice) part() {}

// Held counts what stands under a kind in the stand-in's holdings.
func Held(kind string) func(fake.Service) int {
	return func(svc fake.Service) int {
		text, err := json.Marshal(svc.Holdings()[kind])
		if err != nil {
			panic("holdings of " + svc.Name() + " cannot be written as JSON: " + err.Error())
		}
		var items []json.RawMessage
		if err := json.Unmarshal(text, &items); err != nil {
			panic("holdings of " + svc.Name() + ": " + kind + " is not a list")
		}
		return len(items)
	}
}

// Run checks everything that can be checked of any connector. newFake makes a stand-in that goes by the clock; it is nil for a connector that
// calls no service. Every action needs at least one Case, a connector that takes notices at least one Notice.
func Run(t *testing.T, c *connector.Connector, newFake func(*Clock) fake.Service, parts ...Part) {
	t.Helper()
	var cases []Case
	var notices []Notice
	for _, part := range parts {
		switch p := part.(type) {
		case Case:
			cases = append(cases, p)
		case Notice:
			notices = append(notices, p)
		}
	}
	t.Run("form", func(t *testing.T) { t.Parallel(); checkForm(t, c) })
	t.Run("files", func(t *testing.T) { t.Parallel(); checkFiles(t, c) })
	t.Run("samples", func(t *testing.T) { t.Parallel(); checkSamples(t, c) })
	for _, n := range notices {
		t.Run("notice "+n.Name, func(t *testing.T) { t.Parallel(); checkNotice(t, c, n) })
	}
	if c.Receive != nil && len(notices) == 0 {
		t.Errorf("%s takes notices and its test gives none", c.Name)
	}
	if newFake == nil {
		if len(c.Actions) > 0 || c.Auth.Check != nil || c.Load != nil {
			t.Errorf("%s calls a service and its test gives no stand-in", c.Name)
		}
		return
	}
	t.Run("login", func(t *testing.T) { t.Parallel(); checkLogin(t, c, newFake) })
	for i := range c.Triggers {
		if c.Triggers[i].Poll != nil {
			t.Run("poll "+c.Triggers[i].Key, func(t *testing.T) { t.Parallel(); checkPoll(t, c, &c.Triggers[i], newFake) })
		}
	}
	for i := range c.Triggers {
		if c.Triggers[i].Backfill != nil {
			t.Run("backfill "+c.Triggers[i].Key, func(t *testing.T) { t.Parallel(); checkBackfill(t, c, &c.Triggers[i], newFake) })
		}
	}
	tried := map[string]bool{}
	for _, test := range cases {
		action, ok := c.Action(test.Action)
		if !ok {
			t.Errorf("there is no action %q", test.Action)
			continue
		}
		tried[test.Action] = true
		t.Run(test.Action+" "+test.Name, func(t *testing.T) {
			t.Parallel()
			checkAction(t, &bench{c: c, action: action, test: test, newFake: newFake})
		})
	}
	for _, action := range c.Actions {
		if !tried[action.Key] {
			t.Errorf("the test gives no case of action %q", action.Key)
		}
	}
}

// undoRef is the Ref of undoing what [Ref] made.
const undoRef tengi.Ref = Ref + "-undo"
