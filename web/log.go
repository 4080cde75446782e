package web

import (
	"maps"
	"net/http"
	"slices"
	"strconv"

	"github.com/a-h/templ"

	"github.com/tengi/tengi/store"
	"github.com/tengi/tengi/web/view"
)

// logPage is how many entries of the log a page shows.
const logPage = 50

// log shows who did what and when, newest first.
func (app *App) log(v *visit) error {
	v.Area = areaSettings
	before, _ := strconv.ParseInt(v.form("before"), 10, 64) // what is no number begins at the newest
	list, err := app.Desk.Store.Audits(v.ctx(), store.AuditFilter{WorkspaceID: v.workspace.ID, Before: before, Limit: logPage})
	if err != nil {
		return err
	}
	names, err := app.names(v)
	if err != nil {
		return err
	}
	page := view.Log{}
	for _, a := range list {
		e := view.LogEntry{At: a.At, Kind: string(a.ActorKind), Who: names[a.ActorID], Verb: a.Verb, Object: a.Object, ObjectName: names[a.Object]}
		if e.Who == "" {
			e.WhoID = a.ActorID
		}
		for _, key := range slices.Sorted(maps.Keys(a.Details)) {
			e.Details = append(e.Details, view.Choice{Value: key, Label: a.Details[key]})
		}
		page.Entries = append(page.Entries, e)
	}
	if len(list) == logPage {
		page.Older = v.At(areaSettings, "log") + templ.SafeURL("?before="+strconv.FormatInt(list[len(list)-1].ID, 10))
	}
	return v.show(http.StatusOK, view.LogPage(v.Page, page))
}

// names are those of people, keys, accounts and connections of the workspace, by id.
func (app *App) names(v *visit) (map[string]string, error) {
	names := map[string]string{v.workspace.ID: v.workspace.Name}
	members, err := app.Desk.Store.Members(v.ctx(), v.workspace.ID)
	if err != nil {
		return nil, err
	}
	for _, m := range members {
		names[m.ID] = m.Name
	}
	keys, err := app.Desk.Store.Keys(v.ctx(), v.workspace.ID)
	if err != nil {
		return nil, err
	}
	for _, k := range keys {
		names[k.ID] = k.Name
	}
	for _, a := range app.Desk.Engine.Accounts(v.workspace.ID) {
		names[a.ID] = a.Name
	}
	for _, p := range app.Desk.Engine.Pipes(v.workspace.ID) {
		names[p.ID] = p.Name
	}
	return names, nil
}
