package web

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/engine"
	"github.com/tengi/tengi/recipes"
	"github.com/tengi/tengi/store"
	"github.com/tengi/tengi/web/view"
)

// Of what the first page shows: hours of each connection's pulse, and causes in the inbox.
const (
	pulseHours = 24
	homeCauses = 4
)

// home is a workspace's first page: today's documents, what needs a person, how each connection is; on an empty hub, how to begin.
func (app *App) home(v *visit) error {
	v.Area = "home"
	page := view.Home{Accounts: v.attention()}
	pipes := app.Desk.Engine.Pipes(v.workspace.ID)
	newest, err := app.Desk.Store.DocumentRows(v.ctx(), store.DocumentFilter{WorkspaceID: v.workspace.ID, Limit: 1})
	if err != nil {
		return err
	}
	if len(newest) == 0 {
		page.Steps = v.setUp(pipes)
		for _, r := range recipes.All() {
			page.Recipes = append(page.Recipes, app.recipeOf(v, r))
		}
	}
	if page.Today, err = v.today(); err != nil {
		return err
	}
	if page.Causes, err = v.causes(); err != nil {
		return err
	}
	if page.Pulses, err = v.pulses(pipes); err != nil {
		return err
	}
	return v.show(http.StatusOK, view.HomePage(v.Page, page))
}

// setUp is what there is to do before the first document, with what has been done.
func (v *visit) setUp(pipes []*engine.Pipe) []view.SetUpStep {
	on := slices.ContainsFunc(pipes, func(p *engine.Pipe) bool { return p.Enabled && p.Problem == nil })
	return []view.SetUpStep{
		{Key: "account", Done: len(v.app.Desk.Engine.Accounts(v.workspace.ID)) > 0, To: v.At("accounts")},
		{Key: "connection", Done: len(pipes) > 0, To: v.At("connections", "new")},
		{Key: "on", Done: on, To: v.At("connections")},
		{Key: "document", To: v.At("guides")},
	}
}

// today is what was made today, by kind and currency.
func (v *visit) today() ([]view.HomeSum, error) {
	now := v.Now.In(v.P.Zone())
	from := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, v.P.Zone())
	totals, err := v.app.Desk.Store.Totals(v.ctx(), store.TotalFilter{WorkspaceID: v.workspace.ID, From: from})
	if err != nil {
		return nil, err
	}
	var sums []view.HomeSum
	for _, t := range totals {
		if t.Kind == tengi.CustomerRecord || t.Kind == tengi.Message {
			continue
		}
		i := slices.IndexFunc(sums, func(s view.HomeSum) bool { return s.Kind == string(t.Kind) && s.Amount.Currency == t.Amount.Currency })
		if i < 0 {
			sums = append(sums, view.HomeSum{Kind: string(t.Kind), Count: t.Count, Amount: t.Amount})
			continue
		}
		sums[i].Count += t.Count
		sums[i].Amount.Value = sums[i].Amount.Value.Add(t.Amount.Value)
	}
	slices.SortStableFunc(sums, func(a, b view.HomeSum) int {
		return cmp.Or(strings.Compare(a.Amount.Currency, b.Amount.Currency), cmp.Compare(b.Count, a.Count))
	})
	return sums, nil
}

// causes are the largest groups of the inbox.
func (v *visit) causes() ([]view.HomeCause, error) {
	if v.Waiting == 0 {
		return nil, nil
	}
	groups, err := v.app.Desk.Store.Inbox(v.ctx(), v.workspace.ID)
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(groups, func(a, b store.Group) int { return cmp.Compare(b.Count, a.Count) })
	var causes []view.HomeCause
	for _, g := range groups[:min(len(groups), homeCauses)] {
		p, ok := v.app.Desk.Engine.Pipe(g.ConnectionID)
		if !ok {
			continue
		}
		account := ""
		if len(p.Steps) > 0 {
			account = p.Steps[len(p.Steps)-1].AccountID
		}
		causes = append(causes, view.HomeCause{Title: v.causeAt(account, g.Code, "").Title, Connection: p.Name, Count: g.Count, To: v.Query(areaInbox, "group", keyOf(p, g))})
	}
	return causes, nil
}

// pulses are the last hours of each connection.
func (v *visit) pulses(pipes []*engine.Pipe) ([]view.Pulse, error) {
	if len(pipes) == 0 {
		return nil, nil
	}
	all, err := v.app.Desk.Store.Pulse(v.ctx(), v.workspace.ID, v.Now, pulseHours)
	if err != nil {
		return nil, err
	}
	pulses := make([]view.Pulse, 0, len(pipes))
	for _, p := range pipes {
		pulse := view.Pulse{Connection: p.Name, To: v.At("connections", p.Key), Off: !p.Enabled, Broken: p.Problem != nil}
		for _, h := range all[p.ID] {
			pulse.Hours = append(pulse.Hours, view.PulseHour{Hour: v.P.Time(h.Hour), Came: h.Deliveries, Failed: h.Failures})
			pulse.Came += h.Deliveries
			pulse.Failed += h.Failures
		}
		pulses = append(pulses, pulse)
	}
	return pulses, nil
}
