package web

import (
	"net/http"

	"github.com/tengi/tengi/store"
	"github.com/tengi/tengi/web/view"
)

// keys lists what lets programs in.
func (app *App) keys(v *visit) error { return app.showKeys(v, http.StatusOK, view.Keys{}) }

func (app *App) showKeys(v *visit, status int, page view.Keys) error {
	v.Area = areaSettings
	list, err := app.Desk.Store.Keys(v.ctx(), v.workspace.ID)
	if err != nil {
		return err
	}
	for i := len(list) - 1; i >= 0; i-- { // newest first
		k := list[i]
		page.Keys = append(page.Keys, view.Key{ID: k.ID, Name: k.Name, Role: string(k.Role), CreatedAt: k.CreatedAt, UsedAt: k.UsedAt, RevokedAt: k.RevokedAt})
	}
	page.Roles = v.roleChoices()
	return v.show(status, view.KeysPage(v.Page, page))
}

// createKey makes a key and shows its token, this once.
func (app *App) createKey(v *visit) error {
	page := view.Keys{Name: v.form("name"), Role: v.form("role"), Wrong: map[string]string{}}
	if page.Name == "" || len(page.Name) > 200 {
		page.Wrong["name"] = v.P.Text("signin.name_missing")
	}
	if !store.Role(page.Role).Includes(store.Viewer) {
		page.Wrong["role"] = v.P.Text("common.wrong_value")
	}
	if len(page.Wrong) > 0 {
		return app.showKeys(v, http.StatusUnprocessableEntity, page)
	}
	k, token, err := app.Desk.Store.CreateKey(v.ctx(), store.Key{WorkspaceID: v.workspace.ID, Name: page.Name, Role: store.Role(page.Role), CreatedBy: v.person.ID}, v.Now)
	if err != nil {
		return err
	}
	if err := v.record("key.create", k.ID, "role", page.Role); err != nil {
		return err
	}
	return app.showKeys(v, http.StatusOK, view.Keys{Token: token, TokenName: page.Name})
}

// revokeKey ends a key for good.
func (app *App) revokeKey(v *visit) error {
	id := v.r.PathValue("key")
	if err := app.Desk.Store.RevokeKey(v.ctx(), v.workspace.ID, id, v.Now); err != nil {
		return err
	}
	if err := v.record("key.revoke", id); err != nil {
		return err
	}
	return v.done(v.At(areaSettings, "keys"), v.P.Text("settings.key_revoked"))
}
