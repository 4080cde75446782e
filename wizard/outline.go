package wizard

import (
	"slices"
	"strings"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/engine"
	"github.com/tengi/tengi/setup"
)

// State is how far a stage has come.
type State struct {
	Place
	Done    bool    // nothing is missing and nothing is wrong, and a person has been there
	Ready   bool    // all that it builds upon has been chosen
	Missing Missing // what has to be chosen there; empty = nothing
	Faults  []Fault // what is wrong with what was chosen there
}

// Missing is what a stage lacks.
type Missing string

// What a stage may lack.
const (
	MissingTrigger Missing = "trigger"
	MissingAccount Missing = "account"
	MissingSample  Missing = "sample"
	MissingStep    Missing = "step"   // the connection has no step yet
	MissingAction  Missing = "action" // of a step
	MissingName    Missing = "name"
	MissingLook    Missing = "look" // nothing but that a person goes through it
)

// Places lists the stages of a draft in their order. A draft without steps has one action stage, for the first.
func (w *Wizard) Places(d Draft) []Place {
	places := []Place{{Stage: StageSource}, {Stage: StageAccount}}
	if _, t, ok := w.trigger(d); !ok || len(t.Options) > 0 {
		places = append(places, Place{Stage: StageOptions})
	}
	places = append(places, Place{Stage: StageFilter}, Place{Stage: StageSample})
	for _, s := range d.Connection.Steps {
		places = append(places, Place{StageAction, s.Key}, Place{StageDestination, s.Key}, Place{StageFields, s.Key})
	}
	if len(d.Connection.Steps) == 0 {
		places = append(places, Place{Stage: StageAction})
	}
	return append(places, Place{Stage: StagePreview}, Place{Stage: StageTest}, Place{Stage: StageFinish})
}

// Outline says of each stage how far it has come. It asks no service anything.
func (w *Wizard) Outline(d Draft) []State {
	faults := w.faults(d)
	var states []State
	ready := true
	for _, at := range w.Places(d) {
		s := State{Place: at, Ready: ready, Missing: w.missing(d, at)}
		for _, f := range faults {
			if w.placeOf(d, f.Path) == at {
				s.Faults = append(s.Faults, f)
			}
		}
		if s.Missing == "" && len(s.Faults) == 0 && !slices.Contains(d.Seen, at) {
			s.Missing = MissingLook
		}
		s.Done = s.Missing == "" && len(s.Faults) == 0
		switch at.Stage {
		case StageSource, StageAccount, StageOptions, StageSample, StageAction, StageDestination, StageFields:
			ready = ready && s.Missing != MissingTrigger && s.Missing != MissingAccount && s.Missing != MissingStep && s.Missing != MissingAction && len(s.Faults) == 0
		}
		states = append(states, s)
	}
	return states
}

// Next is the first stage that is not done; the last one where all are.
func (w *Wizard) Next(d Draft) Place {
	states := w.Outline(d)
	for _, s := range states {
		if !s.Done {
			return s.Place
		}
	}
	return states[len(states)-1].Place
}

// After is the stage behind one, for a button that goes on; the last stays where it is.
func (w *Wizard) After(d Draft, at Place) Place { return w.beside(d, at, 1) }

// Before is the stage before one, for a button that goes back; the first stays where it is.
func (w *Wizard) Before(d Draft, at Place) Place { return w.beside(d, at, -1) }

func (w *Wizard) beside(d Draft, at Place, by int) Place {
	places := w.Places(d)
	i := slices.Index(places, at)
	if i < 0 {
		return w.Next(d)
	}
	return places[min(max(i+by, 0), len(places)-1)]
}

// missing is what has to be chosen at a place.
func (w *Wizard) missing(d Draft, at Place) Missing {
	switch at.Stage {
	case StageSource:
		if _, _, ok := w.trigger(d); !ok {
			return MissingTrigger
		}
	case StageAccount:
		if !w.holds(d.Connection.WorkspaceID, d.Connection.Source.AccountID, d.From) {
			return MissingAccount
		}
	case StageSample:
		if d.Sample.From == "" {
			return MissingSample
		}
	case StageAction:
		if at.Step == "" {
			return MissingStep
		}
		if _, _, ok := w.action(d, at.Step); !ok {
			return MissingAction
		}
	case StageDestination:
		if s, ok := d.step(at.Step); !ok || !w.holds(d.Connection.WorkspaceID, s.AccountID, d.To[at.Step]) {
			return MissingAccount
		}
	case StageFinish:
		if strings.TrimSpace(d.Connection.Name) == "" {
			return MissingName
		}
	}
	return ""
}

// holds says whether an account is one of a connector's.
func (w *Wizard) holds(workspaceID, accountID, name string) bool {
	a, ok := w.account(workspaceID, accountID)
	return ok && name != "" && a.Account.Connector == name
}

// Unchosen begins the id of an account that stands in for one that nobody has chosen yet, so that everything else can be checked meanwhile.
const unchosen = "?"

// whole is the draft's connection with stand-ins for accounts that are not chosen.
func (w *Wizard) whole(d Draft) (tengi.Connection, func(id string) *engine.Account) {
	c := d.Connection
	c.Steps = slices.Clone(c.Steps)
	if !w.holds(c.WorkspaceID, c.Source.AccountID, d.From) {
		c.Source.AccountID = unchosen + d.From
	}
	for i, s := range c.Steps {
		if !w.holds(c.WorkspaceID, s.AccountID, d.To[s.Key]) {
			c.Steps[i].AccountID = unchosen + d.To[s.Key]
		}
	}
	return c, func(id string) *engine.Account {
		if name, ok := strings.CutPrefix(id, unchosen); ok {
			of, known := w.connector(name)
			if !known {
				return nil
			}
			return &engine.Account{Account: tengi.Account{ID: id, WorkspaceID: c.WorkspaceID, Connector: name}, Connector: of}
		}
		a, ok := w.account(c.WorkspaceID, id)
		if !ok {
			return nil
		}
		return a
	}
}

// faults is everything wrong with what was chosen so far. What is only missing is not wrong.
func (w *Wizard) faults(d Draft) []Fault {
	c, account := w.whole(d)
	if c.Key == "" {
		c.Key = "draft"
	}
	named := c.Name != ""
	if !named {
		c.Name = "draft"
	}
	workspace, _ := w.workspace(c.WorkspaceID)
	_, found := setup.CheckConnection(c, setup.Proof{Workspace: workspace, Account: account, Others: w.connections(c.WorkspaceID)})
	_, _, sourced := w.trigger(d)
	var faults []Fault
	for _, f := range found {
		at := w.placeOf(d, f.Path)
		_, _, acts := w.action(d, at.Step)
		switch {
		case !sourced, at.Step != "" && !acts: // nothing can be said before that is chosen
		case f.Path == "steps": // a connection without steps
		default:
			faults = append(faults, f)
		}
	}
	return faults
}

// placeOf is the stage where something can be changed.
func (w *Wizard) placeOf(d Draft, path string) Place {
	first, rest, _ := strings.Cut(path, ".")
	switch first {
	case "source":
		switch part, _, _ := strings.Cut(rest, "."); part {
		case "options":
			return Place{Stage: StageOptions}
		case "filter":
			return Place{Stage: StageFilter}
		case "account":
			return Place{Stage: StageAccount}
		}
		return Place{Stage: StageSource}
	case "steps":
		key, part, _ := strings.Cut(rest, ".")
		if _, ok := d.step(key); !ok {
			break
		}
		if part == "action" || part == "" || part == "key" {
			return Place{StageAction, key}
		}
		return Place{StageFields, key}
	}
	return Place{Stage: StageFinish}
}
