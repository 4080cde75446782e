package setup

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"fmt"
	"slices"
	"strings"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/engine"
	"github.com/tengi/tengi/store"
)

// plan is what an Apply is going to do. It is complete before anything is stored.
type plan struct {
	reader
	target      Target
	in          Input
	stored      store.Configuration
	homes       map[*workspaceSpec]*workspacePlan
	homeless    bool // it has been said that something belongs to no workspace
	workspaces  []*workspacePlan
	accounts    []*accountPlan
	connections []*connectionPlan
}

// workspacePlan is a workspace as it will be.
type workspacePlan struct {
	tengi.Workspace
	spec   *workspaceSpec // the first block that names it
	change Change
}

// connectionPlan is a connection as it will be.
type connectionPlan struct {
	tengi.Connection
	spec      *connectionSpec
	workspace tengi.Workspace
	was       *tengi.Connection // as it is stored; nil when it is new
	sound     bool              // nothing was wrong with what is given
	at        Place
	change    Change
}

// makePlan compares what is given with what is stored.
func makePlan(ctx context.Context, t Target, in Input) (*plan, error) {
	stored, err := t.Store.Configuration(ctx)
	if err != nil {
		return nil, err
	}
	g, faults := read(in.Files)
	p := &plan{reader: reader{faults: faults}, target: t, in: in, stored: stored, homes: map[*workspaceSpec]*workspacePlan{}}
	for _, spec := range g.workspaces {
		p.workspace(spec)
	}
	for _, spec := range g.accounts {
		p.account(spec)
	}
	for _, spec := range g.connections {
		p.connection(spec)
	}
	for _, c := range p.connections {
		p.complete(c)
	}
	for _, c := range p.connections {
		p.prove(c)
	}
	p.order()
	p.orphans()
	return p, p.sorted().asError()
}

// sorted is the faults in the order of the files.
func (p *plan) sorted() Faults {
	order := map[string]int{}
	for i, f := range p.in.Files {
		order[f.Name] = i
	}
	slices.SortStableFunc(p.faults, func(a, b *Fault) int {
		for _, d := range []int{order[a.Place.File] - order[b.Place.File], a.Place.Line - b.Place.Line, a.Place.Column - b.Place.Column} {
			if d != 0 {
				return d
			}
		}
		return 0
	})
	return p.faults
}

// home is the workspace something belongs to: that of its document, else the only one there is or will be.
func (p *plan) home(spec *workspaceSpec, at Place, path string) (tengi.Workspace, bool) {
	if spec != nil {
		w, ok := p.homes[spec] // if not, what is wrong with the block has been said
		if !ok {
			return tengi.Workspace{}, false
		}
		return w.Workspace, true
	}
	var all []tengi.Workspace
	for _, w := range p.workspaces {
		all = append(all, w.Workspace)
	}
	for _, w := range p.stored.Workspaces {
		if !slices.ContainsFunc(all, func(x tengi.Workspace) bool { return x.ID == w.ID }) {
			all = append(all, w)
		}
	}
	if len(all) == 1 {
		return all[0], true
	}
	if p.homeless {
		return tengi.Workspace{}, false // once is enough
	}
	p.homeless = true
	p.fault(at, path, "say which workspace this belongs to: put workspace: {key: ...} at the beginning of the document")
	return tengi.Workspace{}, false
}

// key checks the key of an account or a connection.
func (p *plan) key(n *node, path string) (string, bool) {
	if n == nil || p.broken(n.at, path+".key", keyRule(n.text)) { // that there is none has been said
		return "", false
	}
	return n.text, true
}

// connector finds a connector by name.
func (t Target) connector(name string) *connector.Connector {
	i := slices.IndexFunc(t.Connectors, func(c *connector.Connector) bool { return c.Name == name })
	if i < 0 {
		return nil
	}
	return t.Connectors[i]
}

// accountOf finds an account by its key in a workspace: as it will be, else as it is stored.
func (p *plan) accountOf(workspace tengi.Workspace, key string) *engine.Account {
	for _, a := range p.accounts {
		if a.row.WorkspaceID == workspace.ID && a.row.Key == key {
			return p.usable(a.row.Account, workspace)
		}
	}
	for _, row := range p.stored.Accounts {
		if row.WorkspaceID == workspace.ID && row.Key == key {
			return p.usable(row.Account, workspace)
		}
	}
	return nil
}

// usable is an account as the engine compiles connections with: that needs its connector and none of its secrets.
func (p *plan) usable(a tengi.Account, workspace tengi.Workspace) *engine.Account {
	return &engine.Account{Account: a, Connector: p.target.connector(a.Connector), Workspace: workspace}
}

// accountKeys lists the accounts of a workspace.
func (p *plan) accountKeys(workspace tengi.Workspace) []string {
	var keys []string
	for _, a := range p.accounts {
		if a.row.WorkspaceID == workspace.ID {
			keys = append(keys, a.row.Key)
		}
	}
	for _, row := range p.stored.Accounts {
		if row.WorkspaceID == workspace.ID && !slices.Contains(keys, row.Key) {
			keys = append(keys, row.Key)
		}
	}
	return keys
}

// newID makes an id: a kind and 60 random bits.
func newID(kind string) string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	letters := base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b[:])
	return fmt.Sprintf("%s_%s", kind, strings.ToLower(letters[:12]))
}
