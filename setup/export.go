package setup

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/store"
)

// exportHead stands at the top of an export.
const exportHead = `# Written by tengi export. tengi apply takes it and changes nothing.
# Secrets are not in here: keep: true keeps the stored one; {env: NAME} or {file: PATH} gives another.
`

// Export writes the whole configuration as YAML, a document for each workspace. Applying it to the same installation changes nothing. Connections for test
// data are not part of it.
func Export(ctx context.Context, t Target) (string, error) {
	return t.export(ctx, func(tengi.Connection) bool { return true }, func(string) bool { return true })
}

// ExportConnection writes one connection as YAML, with the accounts it works at and its workspace. Applying it to the same installation changes nothing.
func ExportConnection(ctx context.Context, t Target, connectionID string) (string, error) {
	stored, err := t.Store.Configuration(ctx)
	if err != nil {
		return "", err
	}
	i := slices.IndexFunc(stored.Connections, func(c tengi.Connection) bool { return c.ID == connectionID && !c.Test })
	if i < 0 {
		return "", fmt.Errorf("connection %s: %w", connectionID, store.ErrNotFound)
	}
	one := stored.Connections[i]
	return t.export(ctx, func(c tengi.Connection) bool { return c.ID == one.ID }, func(id string) bool { return slices.Contains(accountIDs(one), id) })
}

// export writes the connections and accounts that are wanted, and the workspaces that have any.
func (t Target) export(ctx context.Context, connection func(tengi.Connection) bool, account func(id string) bool) (string, error) {
	stored, err := t.Store.Configuration(ctx)
	if err != nil {
		return "", err
	}
	keys := map[string]string{}
	for _, a := range stored.Accounts {
		keys[a.ID] = a.Key
	}
	connections := map[string]string{}
	for _, c := range stored.Connections {
		connections[c.ID] = c.Key
	}
	var b bytes.Buffer
	b.WriteString(exportHead)
	for _, w := range stored.Workspaces {
		doc := tree{{"workspace", workspaceTree(w)}}
		var accounts, piped []any
		for _, a := range stored.Accounts {
			if a.WorkspaceID != w.ID || !account(a.ID) {
				continue
			}
			opened, err := t.OpenAccount(a)
			if err != nil {
				return "", err
			}
			accounts = append(accounts, accountTree(a, opened, t.connector(a.Account.Connector)))
		}
		for _, c := range stored.Connections {
			if c.WorkspaceID == w.ID && !c.Test && connection(c) {
				piped = append(piped, connectionTree(c, func(id string) string { return keys[id] }, func(id string) string { return connections[id] }))
			}
		}
		if len(accounts)+len(piped) == 0 && !account("") {
			continue
		}
		if len(accounts) > 0 {
			doc.add("accounts", accounts)
		}
		if len(piped) > 0 {
			doc.add("connections", piped)
		}
		b.WriteString("---\n")
		doc.write(&b, 0)
	}
	return b.String(), nil
}
