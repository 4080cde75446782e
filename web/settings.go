package web

import (
	"net/http"
	"strconv"

	"github.com/a-h/templ"

	"github.com/tengi/tengi/setup"
	"github.com/tengi/tengi/store"
	"github.com/tengi/tengi/web/view"
)

// areaSettings is the part of the address, and of the navigation, where settings are.
const areaSettings = "settings"

// settings shows the workspace and what of it can be changed.
func (app *App) settings(v *visit) error {
	v.Area = areaSettings
	return app.showSettings(v, http.StatusOK, workspaceForm(v, v.workspace), "")
}

// showSettings draws the page. wrong is what is wrong with the days that events are kept.
func (app *App) showSettings(v *visit, status int, form view.WorkspaceForm, wrong string) error {
	days, err := app.Desk.Store.Retention(v.ctx(), v.workspace.ID)
	if err != nil {
		return err
	}
	keep := view.Retention{Days: strconv.Itoa(days), Wrong: wrong}
	if wrong != "" {
		keep.Days = v.form("days")
	}
	return v.show(status, view.WorkspaceSettings(v.Page, form, keep))
}

// Events are kept for at least as long as a source may repeat what it told, and as people ask about what they see on their statements.
const (
	leastDays = 30
	mostDays  = 36_500
)

// saveRetention says for how many days what events said is kept.
func (app *App) saveRetention(v *visit) error {
	v.Area = areaSettings
	days, err := strconv.Atoi(v.form("days"))
	if err != nil || days != 0 && days < leastDays || days > mostDays {
		return app.showSettings(v, http.StatusUnprocessableEntity, workspaceForm(v, v.workspace), v.P.Count("settings.keep_wrong", leastDays))
	}
	if err := app.Desk.Store.SetRetention(v.ctx(), v.workspace.ID, days); err != nil {
		return err
	}
	if err := v.record("workspace.retention", v.workspace.ID, "days", strconv.Itoa(days)); err != nil {
		return err
	}
	return v.done(v.At(areaSettings), v.P.Text("common.saved"))
}

// saveWorkspace changes the workspace. Its key stays: it stands in files and addresses.
func (app *App) saveWorkspace(v *visit) error {
	v.Area = areaSettings
	changed := givenWorkspace(v)
	changed.ID, changed.Key = v.workspace.ID, v.workspace.Key
	form := workspaceForm(v, v.workspace)
	if form.Wrong = wrongWorkspace(v, changed); len(form.Wrong) > 0 {
		return app.showSettings(v, http.StatusUnprocessableEntity, form, "")
	}
	if err := app.Desk.Store.SaveWorkspace(v.ctx(), changed, v.Now); err != nil {
		return err
	}
	if err := app.Desk.Engine.Changed(v.ctx()); err != nil {
		return err
	}
	if err := v.record("workspace.save", changed.ID); err != nil {
		return err
	}
	return v.done(v.At(areaSettings), v.P.Text("common.saved"))
}

// newWorkspace shows the form of another business.
func (app *App) newWorkspace(v *visit) error {
	if err := app.mayFound(v); err != nil {
		return err
	}
	return v.show(http.StatusOK, view.NewWorkspace(v.Page, workspaceForm(v, startOf(v))))
}

// createWorkspace makes another business, owned by the reader.
func (app *App) createWorkspace(v *visit) error {
	if err := app.mayFound(v); err != nil {
		return err
	}
	w := givenWorkspace(v)
	form := workspaceForm(v, w)
	if form.Wrong = wrongWorkspace(v, w); len(form.Wrong) > 0 {
		return v.show(http.StatusUnprocessableEntity, view.NewWorkspace(v.Page, form))
	}
	var taken []string
	for _, other := range app.Desk.Engine.Workspaces() {
		taken = append(taken, other.Key)
	}
	w.ID, w.Key = setup.NewID("ws"), setup.KeyOf(w.Name, "workspace", taken...)
	if err := app.Desk.Store.SaveWorkspace(v.ctx(), w, v.Now); err != nil {
		return err
	}
	if err := app.Desk.Store.SetRole(v.ctx(), store.Membership{WorkspaceID: w.ID, PersonID: v.person.ID, Role: store.Owner}); err != nil {
		return err
	}
	if err := app.Desk.Engine.Changed(v.ctx()); err != nil {
		return err
	}
	v.workspace = w
	if err := v.record("workspace.create", w.ID); err != nil {
		return err
	}
	return v.done(templ.SafeURL("/w/"+w.Key), v.P.Text("settings.workspace_created"))
}

// mayFound lets owners make further workspaces: whoever was invited to look at one business founds no other on somebody's machine.
func (app *App) mayFound(v *visit) error {
	owned, err := app.owned(v)
	if err == nil && len(owned) == 0 {
		err = errForbidden
	}
	return err
}

// owned are the workspaces of which the reader is an owner.
func (app *App) owned(v *visit) (map[string]bool, error) {
	memberships, err := app.Desk.Store.Memberships(v.ctx(), v.person.ID)
	owned := map[string]bool{}
	for _, m := range memberships {
		if m.Role == store.Owner {
			owned[m.WorkspaceID] = true
		}
	}
	return owned, err
}
