// Package setup reads and writes what people set up, workspaces, accounts, connections and their schedules, as YAML documents: what `tengi apply` takes
// and `tengi export` gives. The names are those of the API, the pages and the documentation.
//
//	workspace: {name: Fjörður Tours, country: IS, currency: ISK, timezone: Atlantic/Reykjavik, language: is}
//	accounts:
//	  - {key: bokun, connector: bokun, access_key: {env: BOKUN_ACCESS_KEY}, secret_key: {file: /run/secrets/bokun}}
//	connections:
//	  - key: bookings
//	    source: {account: bokun, trigger: booking, filter: 'sale.total > 0'}
//	    steps:
//	      - {key: invoice, account: payday, action: invoice.create, when: 'sale.status == "confirmed"', fields: {description: 'Bókun {{ sale.reference }}'}}
//	    on_cancel: undo      # or hold, ignore
//	    on_change: redo      # or hold, ignore
//	    schedule: {every: 15m}
//	    enabled: true
//
// What a file says of a thing is all there is to it: a setting left out is one not set. What no file names stays as it is; nothing is ever deleted, only
// switched off (enabled: false). Everything is checked before anything is stored, expressions included, and applying twice changes nothing. A secret is
// never written down: it is named by {env: NAME} or {file: PATH}, and {keep: true}, which is what Export writes, keeps the stored one.
package setup

import (
	"context"
	"fmt"

	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/secret"
	"github.com/tengi/tengi/store"
)

// Target is the installation that Apply changes and Export reads.
type Target struct {
	Store      *store.Store
	Secrets    *secret.Box
	Connectors []*connector.Connector
	// HookURL is the address of a webhook by its token; nil when nobody listens.
	HookURL func(token string) string
}

// Apply brings the installation to what the files say, or, when dry, says what it would change. When anything is wrong nothing is stored and the error
// is [Faults]. The changes are stored workspace by workspace, then accounts, then connections, in the order given; whoever runs an engine tells it
// afterwards. An Apply that broke off is finished by applying again.
func Apply(ctx context.Context, t Target, in Input, dry bool) (Report, error) {
	p, err := makePlan(ctx, t, in)
	if err != nil {
		return Report{}, err
	}
	report := Report{Dry: dry}
	for _, w := range p.workspaces {
		if !dry && w.change.Action != Unchanged {
			if err := t.Store.SaveWorkspace(ctx, w.Workspace, t.Store.Now()); err != nil {
				return report, fmt.Errorf("store workspace %s: %w", w.Key, err)
			}
		}
		report.Changes = append(report.Changes, w.change)
	}
	for _, a := range p.accounts {
		if !dry && a.change.Action != Unchanged {
			if err := t.SaveAccount(ctx, a.row, a.secrets); err != nil {
				return report, err
			}
		}
		if t.HookURL != nil && a.secrets.HookToken != "" && !(dry && a.change.Action == Created) {
			a.change.HookURL = t.HookURL(a.secrets.HookToken)
		}
		report.Changes = append(report.Changes, a.change)
	}
	for _, c := range p.connections {
		if !dry && c.change.Action != Unchanged {
			if err := t.Store.SaveConnection(ctx, c.Connection, t.Store.Now()); err != nil {
				return report, fmt.Errorf("store connection %s: %w", c.Key, err)
			}
		}
		report.Changes = append(report.Changes, c.change)
	}
	return report, nil
}
