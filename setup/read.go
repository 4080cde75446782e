package setup

import (
	"fmt"
	"slices"
	"strings"
)

// given is everything the files hold, each thing with its place.
type given struct {
	workspaces  []*workspaceSpec
	accounts    []*accountSpec
	connections []*connectionSpec
}

// workspaceSpec is a workspace block; nil nodes were not given.
type workspaceSpec struct {
	at                                               Place
	key, name, country, currency, timezone, language *node
}

// accountSpec is one of accounts: what every account has, and the connector's own fields.
type accountSpec struct {
	at                            Place
	home                          *workspaceSpec // nil: the document names no workspace
	path                          string
	key, name, connector, enabled *node
	fields                        []pair
}

// connectionSpec is one of connections.
type connectionSpec struct {
	at                                     Place
	home                                   *workspaceSpec
	path                                   string
	node                                   *node // all of it, to find places in
	key, name, enabled, onCancel, onChange *node
	account, trigger, filter, options      *node // of the source
	schedule                               *scheduleSpec
	steps                                  []*stepSpec
}

// stepSpec is one of a connection's steps.
type stepSpec struct {
	at                                 Place
	path                               string
	key, account, action, when, fields *node
}

// accountWords are the names every account has; a connector's field may not be called so.
var accountWords = []string{"key", "name", "connector", "enabled"}

// read reads the files. What is wrong with their form is among the faults; what is right is given all the same.
func read(files []File) (*given, Faults) {
	docs, faults := documents(files)
	r := &reader{faults: faults}
	g := &given{}
	var home *workspaceSpec
	file := ""
	for _, doc := range docs {
		if doc.at.File != file {
			file, home = doc.at.File, nil // a document without a workspace belongs to the one before it in its file
		}
		o := r.object(doc, "")
		if w := o.get("workspace"); w != nil {
			home = r.workspace(w)
			g.workspaces = append(g.workspaces, home)
		}
		for i, n := range r.list(o.get("accounts"), "accounts") {
			g.accounts = append(g.accounts, r.account(n, home, fmt.Sprintf("accounts[%d]", i)))
		}
		for i, n := range r.list(o.get("connections"), "connections") {
			g.connections = append(g.connections, r.connection(n, home, fmt.Sprintf("connections[%d]", i)))
		}
		o.done()
	}
	return g, r.faults
}

// reader gathers what is wrong.
type reader struct{ faults Faults }

func (r *reader) fault(at Place, path, format string, args ...any) {
	r.faults = append(r.faults, &Fault{Place: at, Path: path, Message: fmt.Sprintf(format, args...)})
}

// object is a mapping being read: what was asked for is known, what was not is a fault.
type object struct {
	reader *reader
	path   string
	node   *node
	asked  []string
	broken bool // it is none; that its parts are missing need not be said
}

func (r *reader) object(n *node, path string) *object {
	if n.kind != group {
		r.fault(n.at, path, "is %s; give names with values", n.kind)
		return &object{reader: r, path: path, node: &node{at: n.at, kind: group}, broken: true}
	}
	return &object{reader: r, path: path, node: n}
}

// get is a value; nil when it is not given, or given as nothing.
func (o *object) get(key string) *node {
	o.asked = append(o.asked, key)
	if n := o.node.get(key); n != nil && n.kind != null {
		return n
	}
	return nil
}

// scalar is a value that must be a text, or a number taken as it is written.
func (o *object) scalar(key string) *node {
	n := o.get(key)
	if n == nil || n.kind == text || n.kind == number {
		return n
	}
	o.reader.fault(n.at, o.join(key), "is %s; give a text", n.kind)
	return nil
}

// truth is a value that must be true or false.
func (o *object) truth(key string) *node {
	n := o.get(key)
	if n == nil || n.kind == boolean {
		return n
	}
	o.reader.fault(n.at, o.join(key), "write true or false")
	return nil
}

// group is a value that must be names with values.
func (o *object) group(key string) *node {
	n := o.get(key)
	if n == nil || n.kind == group {
		return n
	}
	o.reader.fault(n.at, o.join(key), "is %s; give names with values", n.kind)
	return nil
}

// need says that a value is missing.
func (o *object) need(n *node, key string) {
	if n == nil && !o.broken && !slices.ContainsFunc(o.node.entries, func(e pair) bool { return e.key == key && e.value.kind != null }) {
		o.reader.fault(o.node.at, o.path, "%s is missing", key)
	}
}

// rest lists the entries that were not asked for.
func (o *object) rest() []pair {
	var rest []pair
	for _, e := range o.node.entries {
		if !slices.Contains(o.asked, e.key) {
			rest = append(rest, e)
		}
	}
	return rest
}

// done refuses what was not asked for.
func (o *object) done() {
	for _, e := range o.rest() {
		o.reader.fault(e.at, o.path, "there is no %s here%s", shown(e.key), choice(e.key, o.asked))
	}
}

func (o *object) join(key string) string { return strings.TrimPrefix(o.path+"."+key, ".") }

// list is the items of a value that must be a list; nil has none.
func (r *reader) list(n *node, path string) []*node {
	switch {
	case n == nil:
		return nil
	case n.kind == list:
		return n.items
	}
	r.fault(n.at, path, "is %s; give a list, each item after a hyphen", n.kind)
	return nil
}

func (r *reader) workspace(n *node) *workspaceSpec {
	o := r.object(n, "workspace")
	w := &workspaceSpec{at: n.at, key: o.scalar("key"), name: o.scalar("name"), country: o.scalar("country"), currency: o.scalar("currency"),
		timezone: o.scalar("timezone"), language: o.scalar("language")}
	o.done()
	return w
}

// named is the path of something with a key: "accounts.bokun" rather than "accounts[0]".
func named(list, path string, key *node) string {
	if key != nil && keyPattern.MatchString(key.text) {
		return list + "." + key.text
	}
	return path
}

func (r *reader) account(n *node, home *workspaceSpec, path string) *accountSpec {
	path = named("accounts", path, n.get("key"))
	o := r.object(n, path)
	a := &accountSpec{at: n.at, home: home, path: path, key: o.scalar("key"), name: o.scalar("name"), connector: o.scalar("connector"), enabled: o.truth("enabled")}
	o.need(a.key, "key")
	o.need(a.connector, "connector")
	a.fields = o.rest()
	if a.connector == nil {
		for _, e := range a.fields { // without a connector nobody knows the fields; only a mistyped name of our own can be told
			if near := nearest(e.key, accountWords); near != "" {
				r.fault(e.at, path, "there is no %s here; did you mean %q?", shown(e.key), near)
			}
		}
	}
	return a
}

func (r *reader) connection(n *node, home *workspaceSpec, path string) *connectionSpec {
	path = named("connections", path, n.get("key"))
	o := r.object(n, path)
	c := &connectionSpec{at: n.at, home: home, path: path, node: n, key: o.scalar("key"), name: o.scalar("name"), enabled: o.truth("enabled"),
		onCancel: o.scalar("on_cancel"), onChange: o.scalar("on_change")}
	o.need(c.key, "key")
	source := o.group("source")
	o.need(source, "source")
	if source != nil {
		s := r.object(source, path+".source")
		c.account, c.trigger, c.filter, c.options = s.scalar("account"), s.scalar("trigger"), s.scalar("filter"), s.group("options")
		s.need(c.account, "account")
		s.need(c.trigger, "trigger")
		s.done()
	}
	if schedule := o.group("schedule"); schedule != nil {
		c.schedule = r.schedule(schedule, path+".schedule")
	}
	steps := o.get("steps")
	o.need(steps, "steps")
	for i, step := range r.list(steps, path+".steps") {
		c.steps = append(c.steps, r.step(step, fmt.Sprintf("%s.steps[%d]", path, i)))
	}
	o.done()
	return c
}

func (r *reader) step(n *node, path string) *stepSpec {
	if key := n.get("key"); key != nil && stepPattern.MatchString(key.text) {
		path = path[:strings.LastIndexByte(path, '[')] + "." + key.text
	}
	o := r.object(n, path)
	s := &stepSpec{at: n.at, path: path, key: o.scalar("key"), account: o.scalar("account"), action: o.scalar("action"), when: o.scalar("when"), fields: o.group("fields")}
	o.need(s.key, "key")
	o.need(s.account, "account")
	o.need(s.action, "action")
	o.done()
	return s
}
