package web

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/a-h/templ"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/locale"
	"github.com/tengi/tengi/store"
	"github.com/tengi/tengi/web/view"
)

// visit is one request of one reader: who asks, in which workspace, and the frame of the page that answers.
type visit struct {
	*view.Page
	app       *App
	w         http.ResponseWriter
	r         *http.Request
	person    store.Person    // zero before signing in
	workspace tengi.Workspace // zero outside of one
	role      store.Role      // in the workspace

	memberships []store.Membership // of the person
}

// handler answers a request, or says why not.
type handler func(v *visit) error

// ctx is the request's.
func (v *visit) ctx() context.Context { return v.r.Context() }

// form is a value of the form or the query, without the blanks around it.
func (v *visit) form(name string) string { return strings.TrimSpace(v.r.FormValue(name)) }

// number is an id in the address; one that is no number is at no address.
func (v *visit) number(name string) (int64, error) {
	n, err := strconv.ParseInt(v.r.PathValue(name), 10, 64)
	if err != nil {
		return 0, store.ErrNotFound
	}
	return n, nil
}

// show draws a page. It is drawn whole before the first byte is sent, so that a failure is an error page and not half a page.
func (v *visit) show(status int, page templ.Component) error {
	var b bytes.Buffer
	if err := page.Render(view.With(v.ctx(), v.Page), &b); err != nil {
		return fmt.Errorf("draw the page: %w", err)
	}
	h := v.w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "private, no-store") // it is about customers and their money
	v.w.WriteHeader(status)
	_, _ = v.w.Write(b.Bytes())
	return nil
}

// done answers a form: the reader is sent to an address, which says once what the form came to.
func (v *visit) done(address templ.SafeURL, said string) error {
	if said != "" {
		v.app.sessions.Put(v.ctx(), keySaid, said)
	}
	http.Redirect(v.w, v.r, string(address), http.StatusSeeOther) //nolint:gosec // every address is made here, or was looked at by back
	return nil
}

// refuse answers a form that failed: the reader is sent to an address, which says once why.
func (v *visit) refuse(address templ.SafeURL, why string) error {
	v.app.sessions.Put(v.ctx(), keyFailed, why)
	return v.done(address, "")
}

// back is where a form came from, when that is one of our own pages.
func (v *visit) back() templ.SafeURL {
	back := v.form("back")
	if !strings.HasPrefix(back, "/") || strings.HasPrefix(back, "//") || strings.ContainsAny(back, "\\\r\n") {
		return "/"
	}
	return templ.SafeURL(back)
}

// live says whether the request wants only a part of the page: htmx asks for it.
func (v *visit) live() bool { return v.r.Header.Get("HX-Request") == "true" }

// manages says whether the reader may decide and configure here.
func (v *visit) manages() bool { return v.role.Includes(store.Manager) }

// open serves everybody.
func (app *App) open(do handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v, err := app.visit(w, r)
		if err == nil {
			err = v.read()
		}
		if err == nil {
			err = do(v)
		}
		app.answer(v, err)
	})
}

// read takes in the query and the form. What is too long, or is no text, is refused here, once for every page: no database can store it.
func (v *visit) read() error {
	if err := v.r.ParseForm(); err != nil {
		var tooLong *http.MaxBytesError
		if errors.As(err, &tooLong) {
			return err
		}
		return invalid(v.P.Text("common.wrong_value"))
	}
	for name, values := range v.r.Form {
		for _, text := range append(values, name) {
			if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
				return invalid(v.P.Text("common.wrong_value"))
			}
		}
	}
	return nil
}

// person serves whoever has signed in.
func (app *App) person(do handler) http.Handler {
	return app.open(func(v *visit) error {
		if v.User == nil {
			return errSignIn
		}
		return do(v)
	})
}

// member serves people with at least a role in the workspace of the address. To everybody else the workspace does not exist.
func (app *App) member(least store.Role, do handler) http.Handler {
	return app.person(func(v *visit) error {
		if err := v.enter(v.r.PathValue("workspace")); err != nil {
			return err
		}
		if !v.role.Includes(least) {
			return errForbidden
		}
		return do(v)
	})
}

// visit begins a request: it finds out who asks and makes the frame of the page.
func (app *App) visit(w http.ResponseWriter, r *http.Request) (*visit, error) {
	now := app.Now()
	v := &visit{app: app, w: w, r: r, Page: &view.Page{Asset: app.assets.URL, Now: now, Theme: "auto", Path: r.URL.RequestURI(), Demo: app.Demo != nil}}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		v.Path = "/"
	}
	language, theme := app.sessions.GetString(r.Context(), keyLanguage), app.sessions.GetString(r.Context(), keyTheme)
	err := app.recognise(v)
	if v.User != nil {
		language, theme = v.person.Language, v.person.Theme
	}
	if theme != "" {
		v.Theme = theme
	}
	v.P = locale.New(locale.Match(r.Header.Get("Accept-Language"), language), nil)
	if r.Method == http.MethodGet && !v.live() {
		v.Said, v.Failed = app.sessions.PopString(r.Context(), keySaid), app.sessions.PopString(r.Context(), keyFailed)
	}
	return v, err
}

// recognise finds the person of the session. One who was disabled, or deleted, is nobody.
func (app *App) recognise(v *visit) error {
	id := cmp.Or(app.sessions.GetString(v.ctx(), keyPerson), app.Guest)
	if id == "" {
		return nil
	}
	person, err := app.Desk.Store.Person(v.ctx(), id)
	if errors.Is(err, store.ErrNotFound) || (err == nil && !person.DisabledAt.IsZero()) {
		return app.sessions.Destroy(v.ctx())
	}
	if err != nil {
		return err
	}
	if v.memberships, err = app.Desk.Store.Memberships(v.ctx(), id); err != nil {
		return err
	}
	v.person, v.User = person, &view.User{Name: person.Name, Email: person.Email}
	for _, w := range app.Desk.Engine.Workspaces() {
		if v.roleIn(w) != "" {
			v.Workspaces = append(v.Workspaces, view.Workspace{Key: w.Key, Name: w.Name})
		}
	}
	return app.Desk.Store.Saw(v.ctx(), person, v.Now)
}

// roleIn is the person's role in a workspace; empty = none.
func (v *visit) roleIn(w tengi.Workspace) store.Role {
	for _, m := range v.memberships {
		if m.WorkspaceID == w.ID {
			return m.Role
		}
	}
	return ""
}

// enter goes into a workspace by its key.
func (v *visit) enter(key string) error {
	for _, w := range v.app.Desk.Engine.Workspaces() {
		if w.Key == key {
			v.workspace, v.role = w, v.roleIn(w)
		}
	}
	if v.role == "" {
		return store.ErrNotFound
	}
	zone, err := time.LoadLocation(v.workspace.TimeZone)
	if err != nil {
		zone = time.UTC
	}
	v.P = locale.New(v.P.Code, zone)
	v.Workspace = view.Workspace{Key: v.workspace.Key, Name: v.workspace.Name}
	v.User.Manages, v.User.Owns = v.role.Includes(store.Manager), v.role.Includes(store.Owner)
	return v.countWaiting()
}

// countWaiting finds out how much waits for a person, for the navigation.
func (v *visit) countWaiting() (err error) {
	v.Waiting, err = v.app.Desk.Store.CountWaiting(v.ctx(), v.workspace.ID)
	return err
}
