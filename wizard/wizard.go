// Package wizard is what stands behind the pages on which a connection is made or edited, step by step: what can be chosen, what is missing and what is
// wrong, what every field would get, what would be sent, and a test that really sends it. A page parses a form, calls this package and draws what comes
// back; the same checks as for files decide what may be saved.
//
// A [Draft] is a value. Changing one never stores anything: the caller keeps it between two requests, as JSON. Only accounts, tests and [Wizard.Save]
// store something.
package wizard

import (
	"errors"
	"slices"
	"strings"
	"sync"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/engine"
	"github.com/tengi/tengi/setup"
)

// Wizard answers for the drafts of an installation. All its methods may be called from many goroutines; a draft belongs to one.
type Wizard struct {
	target setup.Target
	engine *engine.Engine

	saving sync.Mutex // two at once would both take a key that neither has seen
}

// New makes a wizard for an open installation. The target's connectors are offered in their order.
func New(target setup.Target, e *engine.Engine) *Wizard { return &Wizard{target: target, engine: e} }

// Fault is one thing wrong, with the path of what it is about and the place in an expression.
type Fault = setup.Problem

// The errors of what a page asks for and cannot have: it is stale, or somebody makes up addresses.
var (
	ErrNoConnection = errors.New("there is no such connection")
	ErrNoAccount    = errors.New("there is no such account")
	ErrNoConnector  = errors.New("there is no such connector, trigger or action")
	ErrNoStep       = errors.New("the draft has no such step")
	ErrNoSample     = errors.New("there is no such sample")
	ErrNoRecipe     = errors.New("there is no such recipe")
	ErrNoTest       = errors.New("there is no such test")
	// ErrChanged says that somebody else has changed the connection since its edit began.
	ErrChanged = errors.New("the connection was changed meanwhile")
)

// workspace finds a workspace.
func (w *Wizard) workspace(id string) (tengi.Workspace, bool) {
	all := w.engine.Workspaces()
	i := slices.IndexFunc(all, func(x tengi.Workspace) bool { return x.ID == id })
	if i < 0 {
		return tengi.Workspace{}, false
	}
	return all[i], true
}

// connector finds a connector by its name.
func (w *Wizard) connector(name string) (*connector.Connector, bool) {
	i := slices.IndexFunc(w.target.Connectors, func(c *connector.Connector) bool { return c.Name == name })
	if i < 0 {
		return nil, false
	}
	return w.target.Connectors[i], true
}

// account finds an account of a workspace.
func (w *Wizard) account(workspaceID, id string) (*engine.Account, bool) {
	a, ok := w.engine.Account(id)
	if !ok || a.WorkspaceID != workspaceID {
		return nil, false
	}
	return a, true
}

// connections are those of a workspace that people have made.
func (w *Wizard) connections(workspaceID string) []tengi.Connection {
	var all []tengi.Connection
	for _, p := range w.engine.Pipes(workspaceID) {
		all = append(all, p.Connection)
	}
	return all
}

// Sources are the connectors that report something, by their titles.
func (w *Wizard) Sources() []*connector.Connector {
	return w.offered(func(c *connector.Connector) bool { return len(c.Triggers) > 0 })
}

// Destinations are the connectors that do something, by their titles.
func (w *Wizard) Destinations() []*connector.Connector {
	return w.offered(func(c *connector.Connector) bool { return len(c.Actions) > 0 })
}

func (w *Wizard) offered(has func(*connector.Connector) bool) []*connector.Connector {
	var offered []*connector.Connector
	for _, c := range w.target.Connectors {
		if has(c) {
			offered = append(offered, c)
		}
	}
	slices.SortStableFunc(offered, func(a, b *connector.Connector) int {
		return strings.Compare(strings.ToLower(a.Title), strings.ToLower(b.Title))
	})
	return offered
}
