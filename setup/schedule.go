package setup

import (
	"slices"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/schedule"
)

// scheduleSpec is a connection's schedule: {every: 15m}, {at: ["08:00", "17:30"], on: [mon, tue]} or {after: KEY, only: ok}.
type scheduleSpec struct {
	node               *node
	path               string
	every, after, only *node
	at, on             []*node
}

func (r *reader) schedule(n *node, path string) *scheduleSpec {
	o := r.object(n, path)
	s := &scheduleSpec{node: n, path: path, every: o.scalar("every"), after: o.scalar("after"), only: o.scalar("only")}
	s.at, s.on = o.texts("at"), o.texts("on")
	o.done()
	return s
}

// texts is a value that must be a text or a list of texts.
func (o *object) texts(key string) (texts []*node) {
	n := o.get(key)
	if n == nil {
		return nil
	}
	items := []*node{n}
	if n.kind == list {
		items = n.items
	}
	for _, item := range items {
		if item.kind != text && item.kind != number {
			o.reader.fault(item.at, o.join(key), "is %s; give a text, or a list of texts", item.kind)
			continue
		}
		texts = append(texts, item)
	}
	return texts
}

// schedule reads when the connection runs.
func (p *plan) schedule(planned *connectionPlan, c *connector.Connector, trigger *connector.Trigger) schedule.Schedule {
	spec := planned.spec.schedule
	if spec == nil {
		return schedule.Schedule{}
	}
	before := len(p.faults)
	s := p.times(spec)
	if spec.after != nil {
		s.After = p.connectionID(planned.workspace, spec.after, spec.path+".after")
	}
	if len(p.faults) > before {
		return schedule.Schedule{}
	}
	s = s.Sorted()
	if err := s.Check(); err != nil {
		p.fault(spec.node.at, spec.path, "%v", err)
		return schedule.Schedule{}
	}
	at := spec.node.at
	if spec.every != nil {
		at = spec.every.at
	}
	if p.broken(at, spec.path, askedRule(s, c, trigger)) {
		return schedule.Schedule{}
	}
	return s
}

// times reads all of a schedule but what it runs after.
func (r *reader) times(spec *scheduleSpec) schedule.Schedule {
	var s schedule.Schedule
	var err error
	if spec.every != nil {
		if s.Every, err = schedule.ParseInterval(spec.every.text); err != nil {
			r.fault(spec.every.at, spec.path+".every", "%v", err)
		}
	}
	for _, n := range spec.at {
		t, err := schedule.ParseTime(n.text)
		if err != nil {
			r.fault(n.at, spec.path+".at", "%v", err)
		}
		s.At = append(s.At, t)
	}
	for _, n := range spec.on {
		d, err := schedule.ParseDay(n.text)
		if err != nil {
			r.fault(n.at, spec.path+".on", "%v", err)
		}
		s.On = append(s.On, d)
	}
	s.Only = schedule.Outcome(value(spec.only))
	return s
}

// connectionID finds the connection that another runs after.
func (p *plan) connectionID(workspace tengi.Workspace, key *node, path string) string {
	var keys []string
	for _, c := range p.willBe() {
		if c.WorkspaceID == workspace.ID && c.Key == key.text {
			return c.ID
		}
		if c.WorkspaceID == workspace.ID {
			keys = append(keys, c.Key)
		}
	}
	p.fault(key.at, path, "there is no connection %s%s", shown(key.text), choice(key.text, keys))
	return ""
}

// willBe lists the connections there are when the plan has been carried out.
func (p *plan) willBe() []tengi.Connection {
	var all []tengi.Connection
	for _, c := range p.connections {
		all = append(all, c.Connection)
	}
	for _, c := range p.stored.Connections {
		if !slices.ContainsFunc(all, func(x tengi.Connection) bool { return x.ID == c.ID }) {
			all = append(all, c)
		}
	}
	return all
}

// connectionKey is the key of a connection by its id.
func (p *plan) connectionKey(id string) string {
	for _, c := range p.willBe() {
		if c.ID == id {
			return c.Key
		}
	}
	return id
}

// order refuses connections that would wait for each other for ever, and has those stored first that others run after: each is then stored when what it
// runs after is as it will be.
func (p *plan) order() {
	after := map[string]string{}
	for _, c := range p.willBe() {
		after[c.ID] = c.Schedule.After
	}
	depth := map[string]int{}
	for _, c := range p.connections {
		if ring := schedule.Cycle(after, c.ID); len(ring) > 0 {
			if ring[0] == c.ID && c.spec.schedule != nil {
				p.broken(c.spec.schedule.node.at, c.spec.schedule.path+".after", ringRule(ring, p.connectionKey))
			}
			continue
		}
		for at := c.Schedule.After; at != ""; at = after[at] {
			depth[c.ID]++
		}
	}
	slices.SortStableFunc(p.connections, func(a, b *connectionPlan) int { return depth[a.ID] - depth[b.ID] })
}

// orphans warns of connections that are switched on and run after one that is switched off.
func (p *plan) orphans() {
	for _, c := range p.connections {
		if c.Enabled {
			continue
		}
		for _, other := range p.willBe() {
			if other.Schedule.After == c.ID && other.Enabled {
				c.change.Warnings = append(c.change.Warnings, "it is switched off, and "+other.Key+" runs only after it")
			}
		}
	}
}

// scheduleTree is a schedule as export writes it.
func scheduleTree(s schedule.Schedule, connectionKey func(id string) string) tree {
	var t tree
	if s.Every > 0 {
		t.add("every", schedule.FormatInterval(s.Every))
	}
	if len(s.At) > 0 {
		times := make([]any, len(s.At))
		for i, at := range s.At {
			times[i] = at.String()
		}
		t.add("at", times)
	}
	if len(s.On) > 0 {
		days := make([]any, len(s.On))
		for i, d := range s.On {
			days[i] = schedule.DayKey(d)
		}
		t.add("on", days)
	}
	if s.After != "" {
		t.add("after", connectionKey(s.After))
		t.add("only", string(s.Only))
	}
	return t
}
