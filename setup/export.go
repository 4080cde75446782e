package setup

import (
	"bytes"
	"context"
)

// exportHead stands at the top of an export.
const exportHead = `# Written by tengi export. tengi apply takes it and changes nothing.
# Secrets are not in here: keep: true keeps the stored one; {env: NAME} or {file: PATH} gives another.
`

// Export writes the whole configuration as YAML, a document for each workspace. Applying it to the same installation changes nothing.
func Export(ctx context.Context, t Target) (string, error) {
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
			if a.WorkspaceID != w.ID {
				continue
			}
			opened, err := t.OpenAccount(a)
			if err != nil {
				return "", err
			}
			accounts = append(accounts, accountTree(a, opened, t.connector(a.Account.Connector)))
		}
		for _, c := range stored.Connections {
			if c.WorkspaceID == w.ID {
				piped = append(piped, connectionTree(c, func(id string) string { return keys[id] }, func(id string) string { return connections[id] }))
			}
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
