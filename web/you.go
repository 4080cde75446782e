package web

import (
	"errors"
	"net/http"
	"slices"

	"github.com/tengi/tengi/locale"
	"github.com/tengi/tengi/store"
	"github.com/tengi/tengi/web/view"
)

// you shows what a person can change about themselves.
func (app *App) you(v *visit) error { return app.showYou(v, http.StatusOK, nil) }

func (app *App) showYou(v *visit, status int, wrong map[string]string) error {
	n, err := app.Desk.Store.CountSessions(v.ctx(), v.person.ID)
	if err != nil {
		return err
	}
	form := view.YouForm{Name: v.person.Name, Email: v.person.Email, Sessions: n, Least: minPassword, Wrong: wrong}
	if v.r.Method == http.MethodPost && v.r.Form.Has("name") {
		form.Name, form.Email = v.form("name"), v.form("email")
	}
	return v.show(status, view.You(v.Page, form))
}

// saveYou changes name and address.
func (app *App) saveYou(v *visit) error {
	person, wrong := v.person, map[string]string{}
	person.Name, person.Email = v.form("name"), v.form("email")
	if person.Name == "" || len(person.Name) > 200 {
		wrong["name"] = v.P.Text("signin.name_missing")
	}
	if !looksLikeEmail(person.Email) {
		wrong["email"] = v.P.Text("signin.email_wrong")
	}
	if len(wrong) == 0 {
		err := app.Desk.Store.SavePerson(v.ctx(), person)
		if err == nil {
			return v.done("/you", v.P.Text("common.saved"))
		}
		if !errors.Is(err, store.ErrConflict) {
			return err
		}
		wrong["email"] = v.P.Text("signin.email_taken")
	}
	return app.showYou(v, http.StatusUnprocessableEntity, wrong)
}

// changePassword takes the old password and a new one. Every other session of the person ends.
func (app *App) changePassword(v *visit) error {
	if !app.guard.admits(v.r, v.person.Email) {
		return app.showYou(v, http.StatusTooManyRequests, map[string]string{"old": v.P.Text("signin.too_many")})
	}
	right, err := app.rightPassword(v.ctx(), v.r.FormValue("old"), v.person.Password)
	if err != nil {
		return err
	}
	wrong := map[string]string{}
	if !right {
		wrong["old"] = v.P.Text("signin.old_wrong")
	}
	password := v.r.FormValue("password")
	if checkPassword(password) != nil {
		wrong["password"] = v.P.Text("signin.password_weak", "least", minPassword, "most", maxPassword)
	}
	if len(wrong) > 0 {
		return app.showYou(v, http.StatusUnprocessableEntity, wrong)
	}
	hash, err := app.hashPassword(v.ctx(), password)
	if err != nil {
		return err
	}
	if err := app.Desk.Store.SetPassword(v.ctx(), v.person.ID, hash, app.sessions.Token(v.ctx())); err != nil {
		return err
	}
	return v.done("/you", v.P.Text("signin.password_changed"))
}

// signoutEverywhere ends all sessions of the person, this one as well.
func (app *App) signoutEverywhere(v *visit) error {
	if err := app.Desk.Store.EndSessions(v.ctx(), v.person.ID, ""); err != nil {
		return err
	}
	return app.signout(v)
}

// chooseLanguage takes another language: for the person, or for the session of somebody who has not signed in.
func (app *App) chooseLanguage(v *visit) error {
	language := v.form("language")
	if !slices.ContainsFunc(locale.Languages(), func(l locale.Language) bool { return l.Code == language }) {
		return invalid(v.P.Text("common.wrong_value"))
	}
	if v.User == nil {
		app.sessions.Put(v.ctx(), keyLanguage, language)
		return v.done(v.back(), "")
	}
	v.person.Language = language
	if err := app.Desk.Store.SavePerson(v.ctx(), v.person); err != nil {
		return err
	}
	return v.done(v.back(), "")
}

// chooseTheme takes light, dark, or what the machine prefers.
func (app *App) chooseTheme(v *visit) error {
	theme := v.form("theme")
	if !slices.Contains(view.Themes, theme) {
		return invalid(v.P.Text("common.wrong_value"))
	}
	if v.User == nil {
		app.sessions.Put(v.ctx(), keyTheme, theme)
		return v.done(v.back(), "")
	}
	v.person.Theme = theme
	if err := app.Desk.Store.SavePerson(v.ctx(), v.person); err != nil {
		return err
	}
	return v.done(v.back(), "")
}
