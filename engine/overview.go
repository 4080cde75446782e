package engine

import (
	"cmp"
	"maps"
	"slices"

	"github.com/tengi/tengi"
)

// Workspaces lists the businesses, by name.
func (e *Engine) Workspaces() []tengi.Workspace {
	return slices.SortedFunc(maps.Values(e.snapshot.Load().workspaces), func(a, b tengi.Workspace) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Key, b.Key))
	})
}

// Accounts lists the accounts of a workspace, by key.
func (e *Engine) Accounts(workspaceID string) []*Account {
	var list []*Account
	for _, a := range e.snapshot.Load().accounts {
		if a.WorkspaceID == workspaceID {
			list = append(list, a)
		}
	}
	slices.SortFunc(list, func(a, b *Account) int { return cmp.Compare(a.Key, b.Key) })
	return list
}

// Pipes lists the connections of a workspace, by key. Those that cannot run are among them, with their Problem; those for test data are not.
func (e *Engine) Pipes(workspaceID string) []*Pipe {
	var list []*Pipe
	for _, p := range e.snapshot.Load().pipes {
		if p.WorkspaceID == workspaceID && !p.Test {
			list = append(list, p)
		}
	}
	slices.SortFunc(list, func(a, b *Pipe) int { return cmp.Compare(a.Key, b.Key) })
	return list
}
