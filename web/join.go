package web

import (
	"errors"
	"net/http"
	"strings"

	"github.com/tengi/tengi/store"
	"github.com/tengi/tengi/web/view"
)

// join shows the form with which somebody who was invited chooses how they sign in.
func (app *App) join(v *visit) error {
	person, err := app.invited(v)
	if err != nil {
		return err
	}
	return v.show(http.StatusOK, view.Join(v.Page, view.JoinForm{Code: v.form("code"), Name: person.Name, Email: person.Email}))
}

// invited is the person whose link it is.
func (app *App) invited(v *visit) (store.Person, error) {
	id, code, _ := strings.Cut(v.form("code"), ".")
	wrong := invalid(v.P.Text("settings.link_wrong"))
	if !app.guard.admits(v.r, "join "+id) {
		return store.Person{}, &refusal{http.StatusTooManyRequests, v.P.Text("signin.too_many")}
	}
	err := app.Desk.Store.CheckCode(v.ctx(), joining(id), code, v.Now)
	if errors.Is(err, store.ErrWrongCode) {
		return store.Person{}, wrong
	} else if err != nil {
		return store.Person{}, err
	}
	person, err := app.Desk.Store.Person(v.ctx(), id)
	if errors.Is(err, store.ErrNotFound) || err == nil && !person.DisabledAt.IsZero() {
		return store.Person{}, wrong
	}
	return person, err
}

// accept lets somebody in who was invited, with the name and password they chose. The link is good for this once.
func (app *App) accept(v *visit) error {
	person, err := app.invited(v)
	if err != nil {
		return err
	}
	form := view.JoinForm{Code: v.form("code"), Name: v.form("name"), Email: person.Email, Wrong: map[string]string{}}
	if form.Name == "" || len(form.Name) > 200 {
		form.Wrong["name"] = v.P.Text("signin.name_missing")
	}
	password := v.r.FormValue("password")
	if checkPassword(password) != nil {
		form.Wrong["password"] = v.P.Text("signin.password_weak", "least", minPassword, "most", maxPassword)
	}
	if len(form.Wrong) > 0 {
		return v.show(http.StatusUnprocessableEntity, view.Join(v.Page, form))
	}
	hash, err := app.hashPassword(v.ctx(), password)
	if err != nil {
		return err
	}
	_, code, _ := strings.Cut(form.Code, ".")
	err = app.Desk.Store.SetPasswordWithCode(v.ctx(), person.ID, hash, joining(person.ID), code, v.Now)
	if errors.Is(err, store.ErrWrongCode) {
		return invalid(v.P.Text("settings.link_wrong"))
	} else if err != nil {
		return err
	}
	person.Name, person.Language = form.Name, v.P.Code
	if err := app.Desk.Store.SavePerson(v.ctx(), person); err != nil {
		return err
	}
	memberships, err := app.Desk.Store.Memberships(v.ctx(), person.ID)
	if err != nil {
		return err
	}
	v.person = person
	for _, m := range memberships {
		v.workspace.ID = m.WorkspaceID
		if err := v.record("person.join", person.ID); err != nil {
			return err
		}
	}
	return app.letIn(v, person.ID)
}
