package engine

import (
	"errors"
	"fmt"
	"slices"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/field"
	"github.com/tengi/tengi/mapping"
	"github.com/tengi/tengi/store"
)

// Pipe is a connection compiled and ready to run.
type Pipe struct {
	tengi.Connection
	Workspace tengi.Workspace
	From      *Account
	Trigger   *connector.Trigger
	Options   field.Values
	Problem   error // why it cannot run; its events are stored and wait

	filter *mapping.Condition
	steps  []*pipeStep
}

// pipeStep is a step compiled.
type pipeStep struct {
	tengi.Step
	at     *Account
	action *connector.Action
	when   *mapping.Condition
	fields *mapping.Fields
	scope  mapping.Scope // what its expressions may name
}

// Compile checks a connection against its accounts' connectors and compiles its expressions. The error joins everything wrong, each naming its
// place; the pipe comes with it, so that a broken connection can still store its events. Of a connection that runs after another, the expressions may
// name what that one makes, if it is among the others.
func Compile(c tengi.Connection, workspace tengi.Workspace, account func(id string) *Account, others ...tengi.Connection) (*Pipe, error) {
	p := &Pipe{Connection: c, Workspace: workspace}
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }

	scope := mapping.Scope{}
	for _, other := range others {
		if c.Schedule.After != "" && other.ID == c.Schedule.After {
			for _, step := range other.Steps {
				scope.Upstream = append(scope.Upstream, step.Key)
			}
		}
	}
	p.From = account(c.Source.AccountID)
	switch {
	case p.From == nil || p.From.Connector == nil:
		fault("source: its account or its connector does not exist")
	default:
		trigger, ok := p.From.Connector.Trigger(c.Source.Trigger)
		if !ok {
			fault("source.trigger: %s has no trigger %q", p.From.Connector.Title, c.Source.Trigger)
			break
		}
		p.Trigger = trigger
		options, wrong := trigger.Options.Parse(c.Source.Options)
		if err := wrong.Err(); err != nil {
			fault("source.options: %w", err)
		}
		p.Options = options
		scope.Sale, scope.Data = trigger.Sale, trigger.Output
	}
	var err error
	if p.filter, err = condition(c.Source.Filter, scope); err != nil {
		fault("source.filter: %w", err)
	}
	if len(c.Steps) == 0 {
		fault("steps: a connection needs at least one")
	}
	for _, step := range c.Steps {
		compiled, err := compileStep(step, account(step.AccountID), scope)
		if err != nil {
			fault("steps.%s: %w", step.Key, err)
		}
		p.steps = append(p.steps, compiled)
		scope.Steps = append(scope.Steps, step.Key)
	}
	p.Problem = errors.Join(faults...)
	return p, p.Problem
}

func compileStep(step tengi.Step, at *Account, scope mapping.Scope) (*pipeStep, error) {
	scope.Steps = slices.Clone(scope.Steps) // the caller adds to it
	s := &pipeStep{Step: step, at: at, scope: scope}
	if at == nil || at.Connector == nil {
		return s, errors.New("its account or its connector does not exist")
	}
	var ok bool
	if s.action, ok = at.Connector.Action(step.Action); !ok {
		return s, fmt.Errorf("action: %s has no action %q", at.Connector.Title, step.Action)
	}
	var faults []error
	var err error
	if s.when, err = condition(step.When, scope); err != nil {
		faults = append(faults, fmt.Errorf("when: %w", err))
	}
	if s.fields, err = mapping.CompileFields(s.action.Input, step.Fields, scope); err != nil {
		faults = append(faults, err)
	}
	return s, errors.Join(faults...)
}

// condition compiles a condition; an empty one is nil and always holds.
func condition(text string, scope mapping.Scope) (*mapping.Condition, error) {
	if text == "" {
		return nil, nil //nolint:nilnil // no condition is a condition that always holds
	}
	return mapping.CompileCondition(text, scope)
}

// holds evaluates a condition that may be nil.
func holds(c *mapping.Condition, env *mapping.Env) (bool, error) {
	if c == nil {
		return true, nil
	}
	return c.Eval(env)
}

// runs says whether deliveries of the connection may be worked now.
func (p *Pipe) runs() bool { return p.Enabled && p.Problem == nil }

// step finds a step by key.
func (p *Pipe) step(key string) (*pipeStep, bool) {
	for _, s := range p.steps {
		if s.Key == key {
			return s, true
		}
	}
	return nil, false
}

// first is the account where an event's first operation takes place.
func (p *Pipe) first(needsLoad bool) string {
	if needsLoad || len(p.Steps) == 0 {
		return p.Source.AccountID
	}
	return p.Steps[0].AccountID
}

// Accounts lists every account the connection works at, the source's first.
func (p *Pipe) Accounts() []*Account {
	list := []*Account{p.From}
	for _, s := range p.steps {
		list = append(list, s.at)
	}
	return list
}

// usableLanes are the connection's lanes whose accounts may be used now, each once.
func (p *Pipe) usableLanes() []store.Lane {
	if !p.runs() {
		return nil
	}
	var lanes []store.Lane
	for _, a := range p.Accounts() {
		if l := p.lane(a); a.Usable() && !slices.Contains(lanes, l) {
			lanes = append(lanes, l)
		}
	}
	return lanes
}

// uses says whether the connection works at an account.
func (p *Pipe) uses(accountID string) bool {
	return p.Source.AccountID == accountID || slices.ContainsFunc(p.Steps, func(s tengi.Step) bool { return s.AccountID == accountID })
}

// lane is where the connection's deliveries wait for an account.
func (p *Pipe) lane(a *Account) store.Lane { return laneOf(p.ID, a) }

// laneOf is where a connection's deliveries wait for an account, with the account's limits.
func laneOf(connectionID string, a *Account) store.Lane {
	l := store.Lane{ConnectionID: connectionID, AccountID: a.ID}
	if a.Connector == nil {
		return l
	}
	if limits := a.Connector.Limits; limits.Every > 0 || limits.InFlight > 0 {
		l.Every, l.Burst, l.InFlight = limits.Every, max(limits.Burst, 1), limits.InFlight
	}
	return l
}
