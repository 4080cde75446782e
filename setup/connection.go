package setup

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/engine"
)

// connection plans one connection.
func (p *plan) connection(spec *connectionSpec) {
	workspace, ok := p.home(spec.home, spec.at, spec.path)
	key, named := p.key(spec.key, spec.path)
	if !ok || !named {
		return
	}
	same := func(c tengi.Connection) bool { return c.WorkspaceID == workspace.ID && c.Key == key }
	if i := slices.IndexFunc(p.connections, func(c *connectionPlan) bool { return same(c.Connection) }); i >= 0 {
		p.fault(spec.at, spec.path, "stands twice; first in %s", p.connections[i].at)
		return
	}
	planned := &connectionPlan{spec: spec, at: spec.at, change: Change{Kind: kindConnection, Workspace: workspace.Key, Key: key, Action: Created}, workspace: workspace}
	planned.WorkspaceID, planned.Key = workspace.ID, key
	if i := slices.IndexFunc(p.stored.Connections, same); i >= 0 {
		planned.was = &p.stored.Connections[i]
		planned.ID = planned.was.ID
	} else {
		planned.ID = newID("con")
	}
	p.connections = append(p.connections, planned)
}

// complete makes the connection of what is given, when it is known which others there will be.
func (p *plan) complete(planned *connectionPlan) {
	spec, workspace, id := planned.spec, planned.workspace, planned.ID
	before := len(p.faults)
	source := p.at(workspace, spec.account, spec.path+".source.account")
	var steps []*engine.Account
	for _, s := range spec.steps {
		steps = append(steps, p.at(workspace, s.account, s.path+".account"))
	}
	planned.Connection = p.build(planned, source, steps)
	planned.ID, planned.WorkspaceID, planned.Key = id, workspace.ID, planned.change.Key
	planned.sound = len(p.faults) == before && source != nil && !slices.Contains(steps, nil)
}

// prove has the engine compile a connection and notes what is different; where something is wrong already, compiling would repeat what has been said.
func (p *plan) prove(planned *connectionPlan) {
	if planned.sound {
		id, workspaceID, key := planned.ID, planned.WorkspaceID, planned.Key
		planned.Connection = p.compile(planned.Connection, planned.spec, planned.workspace)
		planned.ID, planned.WorkspaceID, planned.Key = id, workspaceID, key
	}
	if planned.was != nil {
		planned.change.Action = Unchanged
		planned.change.compare(connectionTree(*planned.was, p.accountKey, p.connectionKey), connectionTree(planned.Connection, p.accountKey, p.connectionKey))
	}
}

// at finds the account that a source or a step names.
func (p *plan) at(workspace tengi.Workspace, key *node, path string) *engine.Account {
	if key == nil {
		return nil // has been said
	}
	a := p.accountOf(workspace, key.text)
	if a == nil {
		// An account that is given but wrong has been said too, and is not planned.
		if !slices.ContainsFunc(p.faults, func(f *Fault) bool { return strings.HasPrefix(f.Path+".", "accounts."+key.text+".") }) {
			p.fault(key.at, path, "there is no account %s%s", shown(key.text), choice(key.text, p.accountKeys(workspace)))
		}
		return nil
	}
	if a.Connector == nil {
		p.fault(key.at, path, "its connector %s is not part of this Tengi", a.Account.Connector)
		return nil
	}
	return a
}

// accountKey is the key of an account by its id.
func (p *plan) accountKey(id string) string {
	for _, a := range p.accounts {
		if a.row.ID == id {
			return a.row.Key
		}
	}
	for _, row := range p.stored.Accounts {
		if row.ID == id {
			return row.Key
		}
	}
	return id
}

// build makes the connection of what is given.
func (p *plan) build(planned *connectionPlan, source *engine.Account, steps []*engine.Account) tengi.Connection {
	spec := planned.spec
	c := tengi.Connection{Enabled: spec.enabled == nil || spec.enabled.truth}
	c.OnCancel = p.policy(spec.onCancel, spec.path+".on_cancel", onCancel)
	c.OnChange = p.policy(spec.onChange, spec.path+".on_change", onChange)
	from := ""
	if source != nil {
		from = source.Connector.Title
		c.Source = tengi.Source{AccountID: source.ID, Trigger: value(spec.trigger), Filter: value(spec.filter)}
		if trigger, ok := source.Connector.Trigger(c.Source.Trigger); ok {
			c.Source.Options = p.options(spec, trigger)
			c.Schedule = p.schedule(planned, source.Connector, trigger)
		} else if spec.trigger != nil {
			p.fault(spec.trigger.at, spec.path+".source.trigger", "%s has no trigger %s%s", source.Connector.Title, shown(c.Source.Trigger), choice(c.Source.Trigger, triggers(source)))
		}
	}
	to := ""
	for i, s := range spec.steps {
		if s.key != nil {
			p.broken(s.key.at, s.path+".key", stepKeyRule(s.key.text))
			p.broken(s.key.at, s.path, twiceRule(s.key.text, c.Steps))
		}
		step := tengi.Step{Key: value(s.key), Action: value(s.action), When: value(s.when)}
		if steps[i] != nil {
			step.AccountID, to = steps[i].ID, steps[i].Connector.Title
			if _, ok := steps[i].Connector.Action(step.Action); !ok && s.action != nil {
				p.fault(s.action.at, s.path+".action", "%s has no action %s%s", to, shown(step.Action), choice(step.Action, actions(steps[i])))
			}
		}
		if s.fields != nil {
			step.Fields, _ = convert(s.fields).(map[string]any)
		}
		c.Steps = append(c.Steps, step)
	}
	c.Name = p.name(spec.name, spec.path, from+" → "+to)
	return c
}

// value is the text of a node that may be missing.
func value(n *node) string {
	if n == nil {
		return ""
	}
	return n.text
}

// policy reads on_cancel or on_change; the first of the choices is what holds when nothing is given.
func (p *plan) policy(n *node, path string, choices []tengi.Policy) tengi.Policy {
	if n == nil || p.broken(n.at, path, policyRule(tengi.Policy(n.text), choices)) {
		return choices[0]
	}
	return tengi.Policy(n.text)
}

// broken notes a rule that is not kept.
func (p *plan) broken(at Place, path, rule string) bool {
	if rule != "" {
		p.fault(at, path, "%s", rule)
	}
	return rule != ""
}

// options are the settings of the source.
func (p *plan) options(spec *connectionSpec, trigger *connector.Trigger) map[string]any {
	if spec.options == nil {
		return nil
	}
	raw, _ := convert(spec.options).(map[string]any)
	path := spec.path + ".source.options"
	options, problems := ParseOptions(trigger, raw)
	for _, f := range problems {
		p.fault(spec.options.locate(f.Path), join(path, f.Path), "%s", f.Message)
	}
	return options
}

// compile proves the connection as the engine will run it: with what the store gives back of it.
func (p *plan) compile(c tengi.Connection, spec *connectionSpec, workspace tengi.Workspace) tengi.Connection {
	encoded, err := json.Marshal(c)
	if err == nil {
		c = tengi.Connection{}
		err = json.Unmarshal(encoded, &c)
	}
	if err != nil {
		p.fault(spec.at, spec.path, "cannot be stored: %v", err)
		return c
	}
	accounts := map[string]*engine.Account{}
	for _, id := range accountIDs(c) {
		accounts[id] = p.accountOf(workspace, p.accountKey(id))
	}
	_, err = engine.Compile(c, workspace, func(id string) *engine.Account { return accounts[id] }, p.willBe()...)
	for _, l := range leaves(err, "") {
		p.fault(spec.node.locate(l.path), join(spec.path, l.path), "%s", l.message)
	}
	return c
}

func accountIDs(c tengi.Connection) []string {
	ids := []string{c.Source.AccountID}
	for _, s := range c.Steps {
		ids = append(ids, s.AccountID)
	}
	return ids
}

func triggers(a *engine.Account) (keys []string) {
	for _, t := range a.Connector.Triggers {
		keys = append(keys, t.Key)
	}
	return keys
}

func actions(a *engine.Account) (keys []string) {
	for _, action := range a.Connector.Actions {
		keys = append(keys, action.Key)
	}
	return keys
}

// connectionTree is a connection as export writes it.
func connectionTree(c tengi.Connection, accountKey, connectionKey func(id string) string) tree {
	var t, source tree
	t.add("key", c.Key)
	t.add("name", c.Name)
	source.add("account", accountKey(c.Source.AccountID))
	source.add("trigger", c.Source.Trigger)
	source.add("options", branches(c.Source.Options))
	source.add("filter", c.Source.Filter)
	t.add("source", source)
	steps := make([]any, len(c.Steps))
	for i, s := range c.Steps {
		var step tree
		step.add("key", s.Key)
		step.add("account", accountKey(s.AccountID))
		step.add("action", s.Action)
		step.add("when", s.When)
		step.add("fields", branches(s.Fields))
		steps[i] = step
	}
	t.add("steps", steps)
	t.add("on_cancel", string(or(c.OnCancel, tengi.Undo)))
	t.add("on_change", string(or(c.OnChange, tengi.Redo)))
	t.add("schedule", scheduleTree(c.Schedule, connectionKey))
	t.add("enabled", c.Enabled)
	return t
}

func or(given, otherwise tengi.Policy) tengi.Policy {
	if given == "" {
		return otherwise
	}
	return given
}
