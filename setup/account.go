package setup

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/engine"
	"github.com/tengi/tengi/field"
	"github.com/tengi/tengi/store"
)

// accountPlan is an account as it will be.
type accountPlan struct {
	row     store.AccountRow // Sealed and HookHash follow from secrets when it is stored
	at      Place
	secrets engine.Secrets
	change  Change
}

// account plans one account.
func (p *plan) account(spec *accountSpec) {
	workspace, ok := p.home(spec.home, spec.at, spec.path)
	key, named := p.key(spec.key, spec.path)
	c := p.connectorOf(spec)
	if !ok || !named || c == nil {
		return
	}
	if i := slices.IndexFunc(p.accounts, func(a *accountPlan) bool { return a.row.WorkspaceID == workspace.ID && a.row.Key == key }); i >= 0 {
		p.fault(spec.at, spec.path, "stands twice; first in %s", p.accounts[i].at)
		return
	}
	a := &accountPlan{at: spec.at, change: Change{Kind: kindAccount, Workspace: workspace.Key, Key: key, Action: Created}}
	was := p.storedAccount(workspace.ID, key)
	var opened engine.Secrets
	if was != nil {
		if was.Account.Connector != c.Name {
			p.fault(spec.connector.at, spec.path+".connector", "the account is at %s and cannot move: make another under a new key", was.Account.Connector)
			return
		}
		var err error
		if opened, err = p.target.OpenAccount(*was); err != nil {
			a.change.Details = append(a.change.Details, "its stored secrets could not be read and are replaced")
		}
		a.row, a.change.Action = *was, Unchanged
	} else {
		a.row.Account = tengi.Account{ID: newID("acc"), WorkspaceID: workspace.ID, Key: key, Connector: c.Name, State: tengi.AccountActive}
	}
	a.row.Name = p.name(spec.name, spec.path, c.Title)
	a.row.Settings, a.secrets.Values = p.settings(spec, c, opened.Values)
	a.secrets.HookToken = hookToken(c, opened.HookToken)
	a.finish(was, opened, spec, c)
	p.accounts = append(p.accounts, a)
}

// connectorOf finds the connector an account names.
func (p *plan) connectorOf(spec *accountSpec) *connector.Connector {
	if spec.connector == nil {
		return nil // has been said
	}
	c := p.target.connector(spec.connector.text)
	if c == nil {
		var names []string
		for _, c := range p.target.Connectors {
			names = append(names, c.Name)
		}
		p.fault(spec.connector.at, spec.path+".connector", "there is no connector %s%s", shown(spec.connector.text), choice(spec.connector.text, names))
	}
	return c
}

// storedAccount finds an account as it is stored.
func (p *plan) storedAccount(workspaceID, key string) *store.AccountRow {
	i := slices.IndexFunc(p.stored.Accounts, func(a store.AccountRow) bool { return a.WorkspaceID == workspaceID && a.Key == key })
	if i < 0 {
		return nil
	}
	return &p.stored.Accounts[i]
}

// name is the name given, or the one that follows from what it is.
func (p *plan) name(given *node, path, otherwise string) string {
	if given == nil {
		return otherwise
	}
	if problem := checkName(given.text); problem != "" {
		p.fault(given.at, path+".name", "%s", problem)
	}
	return given.text
}

// finish compares the account with what it was and says what is different.
func (a *accountPlan) finish(was *store.AccountRow, opened engine.Secrets, spec *accountSpec, c *connector.Connector) {
	off := spec.enabled != nil && !spec.enabled.truth
	if off {
		a.row.State, a.row.Reason = tengi.AccountOff, ""
	}
	if was == nil {
		return
	}
	if !off && was.State == tengi.AccountOff {
		a.row.State, a.row.Reason = tengi.AccountActive, ""
	}
	a.change.compare(accountTree(*was, opened, c), accountTree(a.row, a.secrets, c))
	for _, key := range slices.Sorted(maps.Keys(a.secrets.Values)) {
		if before, had := opened.Values[key]; had && before != a.secrets.Values[key] {
			a.change.detail(key + ": another secret")
		}
	}
	if a.secrets.HookToken != opened.HookToken {
		a.change.detail("a new webhook address")
	}
	// Whoever mends a login means it to be tried: the check comes with the first work.
	mended := !maps.Equal(opened.Values, a.secrets.Values) || !reflect.DeepEqual(was.Settings, a.row.Settings)
	if a.row.State == tengi.AccountAttention && mended {
		a.row.State, a.row.Reason = tengi.AccountActive, ""
		a.change.detail("it needed attention and is tried again")
	}
}

// settings are the values of the connector's fields: those that are not secret, and the secrets.
func (p *plan) settings(spec *accountSpec, c *connector.Connector, stored map[string]string) (settings map[string]any, secrets map[string]string) {
	set := c.AccountFields()
	raw, said := map[string]any{}, map[string]bool{}
	for _, e := range spec.fields {
		f, known := set.Lookup(e.key)
		if !known || f.Key != e.key {
			f = field.Field{}
		}
		if value, ok := p.value(f, e, spec.path+"."+e.key, stored); !ok {
			said[e.key] = true
		} else if value != nil {
			raw[e.key] = value
		}
	}
	settings, secrets, problems := ParseAccount(c, raw)
	for _, f := range problems {
		if root, _ := cutPath(f.Path); !said[root] {
			p.fault(spec.place(f.Path), join(spec.path, f.Path), "%s%s", f.placed(), howToGive(set, f))
		}
	}
	return settings, secrets
}

// howToGive says how a missing secret is given.
func howToGive(set field.Set, problem Problem) string {
	if f, ok := set.Lookup(problem.Path); ok && f.Secret && problem.Code == field.CodeRequired {
		return ": give {env: NAME} or {file: PATH}"
	}
	return ""
}

// place finds the value of a field.
func (s *accountSpec) place(path string) Place {
	root, rest := cutPath(path)
	for _, e := range s.fields {
		switch {
		case e.key != root:
		case rest == "":
			return e.at
		default:
			return e.value.locate(rest)
		}
	}
	return s.at
}

// plainValues keeps the values of some fields in the form in which JSON gives them back.
func plainValues(set field.Set, values field.Values) (map[string]any, error) {
	kept := field.Values{}
	for _, f := range set {
		kept[f.Key] = values[f.Key]
	}
	settings := map[string]any{}
	encoded, err := set.Encode(kept)
	if err == nil {
		err = json.Unmarshal(encoded, &settings)
	}
	return settings, err
}

// value is what one line of an account gives; nil when it gives nothing. It is false when something is wrong with it, which has been said.
func (p *plan) value(f field.Field, e pair, path string, stored map[string]string) (value any, ok bool) {
	ref, isRef, problem := asReference(e.value)
	if isRef && !f.Secret && (f.Type == field.Pairs || f.Type == field.Group || f.Type == field.List) {
		isRef = false
	}
	switch {
	case !isRef && f.Secret && e.value.kind != null:
		p.fault(e.value.at, path, "is a secret and does not belong into a file: give {env: NAME} or {file: PATH}")
		return nil, false
	case !isRef:
		return convert(e.value), true
	case problem == "" && ref.how == kept:
		value, problem = stored[e.key], ""
		if !f.Secret {
			problem = "only a secret can be kept: write the value"
		} else if value == "" {
			problem = "there is no stored secret to keep: give {env: NAME} or {file: PATH}"
		}
	case problem == "":
		value, problem = p.in.resolve(ref)
	}
	if problem != "" {
		p.fault(e.value.at, path, "%s", problem)
		return nil, false
	}
	return value, true
}

// hookToken keeps the secret part of an account's webhook address, or makes one of 32 random bytes. A service that sends no notices has none.
func hookToken(c *connector.Connector, stored string) string {
	if c.Receive == nil {
		return ""
	}
	if stored != "" {
		return stored
	}
	return NewHookToken()
}

// accountTree is an account as export writes it. c is nil when this program does not know its connector.
func accountTree(row store.AccountRow, secrets engine.Secrets, c *connector.Connector) tree {
	var t tree
	t.add("key", row.Key)
	t.add("connector", row.Account.Connector)
	title, order := "", []string(nil)
	if c != nil {
		title = c.Title
		for _, f := range c.AccountFields() {
			order = append(order, f.Key)
		}
	}
	if row.Name != title {
		t.add("name", row.Name)
	}
	t.add("enabled", row.State != tengi.AccountOff)
	all := maps.Clone(row.Settings)
	if all == nil {
		all = map[string]any{}
	}
	for key, value := range secrets.Values {
		if value != "" {
			all[key] = map[string]any{kept: true}
		}
	}
	if fields, ok := branches(all, order...).(tree); ok {
		t = append(t, fields...)
	}
	return t
}
