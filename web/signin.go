package web

import (
	"errors"
	"net/http"
	"strings"

	"github.com/a-h/templ"

	"github.com/tengi/tengi/store"
	"github.com/tengi/tengi/web/view"
)

// front leads to where the reader can do something: the first run, signing in, or their workspace.
func (app *App) front(v *visit) error {
	if v.User == nil {
		has, err := app.Desk.Store.HasPeople(v.ctx())
		if err != nil {
			return err
		}
		if !has {
			return v.done("/first", "")
		}
		return errSignIn
	}
	if len(v.Workspaces) == 0 {
		return v.show(http.StatusOK, view.Failure(v.Page, v.P.Text("failure.no_workspace"), v.P.Text("failure.no_workspace_text")))
	}
	v.Workspace = v.Workspaces[0]
	return v.done(v.At(), "")
}

// signin asks who it is.
func (app *App) signin(v *visit) error {
	if v.User != nil {
		return v.done("/", "")
	}
	return v.show(http.StatusOK, view.SignIn(v.Page, view.SignInForm{}))
}

// enter lets a person in who knows their password. What is wrong is not said more exactly than that: who may sign in is nobody's business.
func (app *App) enter(v *visit) error {
	email, password := strings.ToLower(v.form("email")), v.r.FormValue("password")
	if !app.guard.admits(v.r, email) {
		v.w.Header().Set("Retry-After", "60")
		return v.show(http.StatusTooManyRequests, view.SignIn(v.Page, view.SignInForm{Email: email, Wrong: v.P.Text("signin.too_many")}))
	}
	person, err := app.Desk.Store.PersonByEmail(v.ctx(), email)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	right, err := app.rightPassword(v.ctx(), password, person.Password)
	if err != nil {
		return err
	}
	if !right || !person.DisabledAt.IsZero() {
		return v.show(http.StatusUnauthorized, view.SignIn(v.Page, view.SignInForm{Email: email, Wrong: v.P.Text("signin.wrong")}))
	}
	return app.letIn(v, person.ID)
}

// letIn makes the session a person's and sends them to where they wanted to go. The session's token is another from here on, so that one that was
// put into the browser before is worth nothing.
func (app *App) letIn(v *visit, personID string) error {
	if err := app.sessions.RenewToken(v.ctx()); err != nil {
		return err
	}
	app.sessions.Put(v.ctx(), keyPerson, personID)
	wanted := app.sessions.PopString(v.ctx(), keyWanted)
	if !strings.HasPrefix(wanted, "/") {
		wanted = "/"
	}
	return v.done(templ.SafeURL(wanted), "")
}

// signout ends the session.
func (app *App) signout(v *visit) error {
	if err := app.sessions.Destroy(v.ctx()); err != nil {
		return err
	}
	return v.done("/signin", "")
}
