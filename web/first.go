package web

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/field"
	"github.com/tengi/tengi/setup"
	"github.com/tengi/tengi/store"
	"github.com/tengi/tengi/web/view"
)

// firstCodeLife is how long the code for the first owner is good; a new one is made at every start until it was used.
const firstCodeLife = 24 * time.Hour

// Welcome is the address at which the first owner lets themselves in, with a new one-time code in it; empty when somebody has been let in already.
func (app *App) Welcome(ctx context.Context) (address string, err error) {
	has, err := app.Desk.Store.HasPeople(ctx)
	if err != nil || has {
		return "", err
	}
	code := rand.Text()
	if err := app.Desk.Store.PutCode(ctx, store.FirstOwner, code, app.Now().Add(firstCodeLife)); err != nil {
		return "", err
	}
	return app.URL() + "/first?code=" + url.QueryEscape(code), nil
}

// first shows the form for the first owner and, where there is none yet, their workspace.
func (app *App) first(v *visit) error {
	form, err := app.firstForm(v)
	if err != nil {
		return err
	}
	return v.show(http.StatusOK, view.First(v.Page, form))
}

// firstForm is the form as it was filled in, or as it begins.
func (app *App) firstForm(v *visit) (view.FirstForm, error) {
	has, err := app.Desk.Store.HasPeople(v.ctx())
	if err != nil {
		return view.FirstForm{}, err
	}
	if has {
		return view.FirstForm{}, errSignIn
	}
	form := view.FirstForm{Code: v.form("code"), Name: v.form("name"), Email: v.form("email"), NewWorkspace: len(app.Desk.Engine.Workspaces()) == 0,
		Workspace: workspaceForm(v, startOf(v))}
	return form, nil
}

// begin lets the first owner in.
func (app *App) begin(v *visit) error {
	form, err := app.firstForm(v)
	if err != nil {
		return err
	}
	now := app.Now()
	form.Wrong = map[string]string{}
	if !app.guard.admits(v.r, "first owner") {
		form.Wrong["code"] = v.P.Text("signin.too_many")
	} else if err := app.Desk.Store.CheckCode(v.ctx(), store.FirstOwner, form.Code, now); errors.Is(err, store.ErrWrongCode) {
		form.Wrong["code"] = v.P.Text("signin.wrong_code")
	} else if err != nil {
		return err
	}
	if form.Name == "" {
		form.Wrong["name"] = v.P.Text("signin.name_missing")
	}
	if !looksLikeEmail(form.Email) {
		form.Wrong["email"] = v.P.Text("signin.email_wrong")
	}
	password := v.r.FormValue("password")
	if checkPassword(password) != nil {
		form.Wrong["password"] = v.P.Text("signin.password_weak", "least", minPassword, "most", maxPassword)
	}
	workspace := givenWorkspace(v)
	if form.NewWorkspace {
		form.Workspace.Wrong = wrongWorkspace(v, workspace)
	}
	if len(form.Wrong) > 0 || len(form.Workspace.Wrong) > 0 {
		return v.show(http.StatusUnprocessableEntity, view.First(v.Page, form))
	}
	return app.createFirst(v, form, workspace, password)
}

// createFirst stores the workspace and its owner.
func (app *App) createFirst(v *visit, form view.FirstForm, workspace tengi.Workspace, password string) error {
	hash, err := app.hashPassword(v.ctx(), password)
	if err != nil {
		return err
	}
	if form.NewWorkspace {
		workspace.ID, workspace.Key = setup.NewID("ws"), setup.KeyOf(workspace.Name, "workspace")
		if err := app.Desk.Store.SaveWorkspace(v.ctx(), workspace, app.Now()); err != nil {
			return err
		}
		if err := app.Desk.Engine.Changed(v.ctx()); err != nil {
			return err
		}
	}
	owner := store.Person{ID: setup.NewID("person"), Email: form.Email, Name: form.Name, Password: hash, Language: v.P.Code, Theme: v.Theme}
	err = app.Desk.Store.CreateFirstOwner(v.ctx(), owner, form.Code, app.Now())
	if errors.Is(err, store.ErrWrongCode) || errors.Is(err, store.ErrConflict) {
		return invalid(v.P.Text("signin.wrong_code"))
	} else if err != nil {
		return err
	}
	return app.letIn(v, owner.ID)
}

// looksLikeEmail says whether an address can be one.
func looksLikeEmail(address string) bool {
	_, faults := field.Set{{Key: "email", Type: field.Email, Required: true}}.Parse(map[string]any{"email": address})
	return len(faults) == 0 && strings.Contains(address, "@")
}
