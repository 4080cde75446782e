package setup

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/engine"
	"github.com/tengi/tengi/schedule"
)

// Proof is what a connection is checked against.
type Proof struct {
	Workspace tengi.Workspace
	Account   func(id string) *engine.Account // nil for one that does not exist; of another workspace none exists
	Others    []tengi.Connection              // the workspace's other connections
}

// CheckConnection finds all that is wrong with a connection, as files and pages give it, and brings it into the form in which it is stored. Applying a file
// makes the same checks and can say where in the file something stands.
func CheckConnection(c tengi.Connection, p Proof) (tengi.Connection, []Problem) {
	var problems []Problem
	rule := func(path, code, rule string) {
		if rule != "" {
			problems = append(problems, Problem{Path: path, Code: code, Message: rule})
		}
	}
	rule("name", "name", checkName(c.Name))
	rule("key", "key", keyRule(c.Key))
	if slices.ContainsFunc(p.Others, func(o tengi.Connection) bool { return o.Key == c.Key && o.ID != c.ID }) {
		rule("key", "taken", "another connection has this key")
	}
	c.OnCancel, c.OnChange = or(c.OnCancel, onCancel[0]), or(c.OnChange, onChange[0])
	rule("on_cancel", "option", policyRule(c.OnCancel, onCancel))
	rule("on_change", "option", policyRule(c.OnChange, onChange))
	for i, s := range c.Steps {
		rule(fmt.Sprintf("steps[%d].key", i), "key", stepKeyRule(s.Key))
		rule("steps."+s.Key, "taken", twiceRule(s.Key, c.Steps[:i]))
	}
	if from := p.Account(c.Source.AccountID); from != nil && from.Connector != nil {
		if trigger, ok := from.Connector.Trigger(c.Source.Trigger); ok {
			options, faults := ParseOptions(trigger, c.Source.Options)
			for _, f := range faults {
				f.Path = join("source.options", f.Path)
				problems = append(problems, f)
			}
			if c.Source.Options != nil && len(faults) == 0 {
				c.Source.Options = options
			}
			if faults := checkSchedule(c, from.Connector, trigger, p.Others); len(faults) > 0 {
				problems = append(problems, faults...)
				c.Schedule = schedule.Schedule{} // it cannot be stored, and the rest is to be checked
			}
		}
	}
	c, err := stored(c)
	if err != nil {
		return c, append(problems, Problem{Code: CodeInvalid, Message: fmt.Sprintf("cannot be stored: %v", err)})
	}
	for _, found := range compileProblems(c, p) {
		if !slices.ContainsFunc(problems, func(x Problem) bool { return x.Path == found.Path }) {
			problems = append(problems, found)
		}
	}
	return c, problems
}

// compileProblems is what the engine finds wrong with a connection.
func compileProblems(c tengi.Connection, p Proof) []Problem {
	_, err := engine.Compile(c, p.Workspace, p.Account, p.Others...)
	return CompileProblems(err)
}

// stored is a connection as the store gives it back.
func stored(c tengi.Connection) (tengi.Connection, error) {
	encoded, err := json.Marshal(c)
	if err != nil {
		return c, err
	}
	var back tengi.Connection
	if err := json.Unmarshal(encoded, &back); err != nil {
		return c, err
	}
	back.ID, back.WorkspaceID, back.Key, back.Name, back.Enabled = c.ID, c.WorkspaceID, c.Key, c.Name, c.Enabled
	return back, nil
}

// SaveConnection checks a connection and stores it when nothing is wrong with it. Whoever runs an engine tells it afterwards.
func (t Target) SaveConnection(ctx context.Context, c tengi.Connection, p Proof) (tengi.Connection, []Problem, error) {
	c, problems := CheckConnection(c, p)
	if len(problems) > 0 {
		return c, problems, nil
	}
	if err := t.Store.SaveConnection(ctx, c, t.Store.Now()); err != nil {
		return c, nil, fmt.Errorf("store connection %s: %w", c.Key, err)
	}
	return c, nil, nil
}

// checkSchedule says what is wrong with when a connection runs.
func checkSchedule(c tengi.Connection, from *connector.Connector, trigger *connector.Trigger, others []tengi.Connection) []Problem {
	wrong := func(code, message string) []Problem {
		return []Problem{{Path: "schedule", Code: code, Message: message}}
	}
	if err := c.Schedule.Check(); err != nil {
		return wrong("option", err.Error())
	}
	if rule := askedRule(c.Schedule, from, trigger); rule != "" {
		return wrong(CodeUnused, rule)
	}
	if c.Schedule.After == "" {
		return nil
	}
	after, keys := map[string]string{c.ID: c.Schedule.After}, map[string]string{c.ID: c.Key}
	for _, o := range others {
		if o.ID != c.ID {
			after[o.ID], keys[o.ID] = o.Schedule.After, o.Key
		}
	}
	if _, known := keys[c.Schedule.After]; !known {
		return wrong("option", "the connection that it is to run after does not exist")
	}
	if ring := schedule.Cycle(after, c.ID); len(ring) > 0 && ring[0] == c.ID {
		return wrong("ring", ringRule(ring, func(id string) string { return keys[id] }))
	}
	return nil
}
