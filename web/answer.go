package web

import (
	"context"
	"errors"
	"net/http"

	"github.com/tengi/tengi/locale"
	"github.com/tengi/tengi/store"
	"github.com/tengi/tengi/web/view"
)

var (
	// errSignIn sends the reader to sign in first.
	errSignIn = errors.New("sign in first")
	// errForbidden says that the reader's role does not allow it.
	errForbidden = errors.New("the role does not allow it")
)

// refusal is an error that the reader can do something about: its text is in the reader's language.
type refusal struct {
	status int
	text   string
}

func (e *refusal) Error() string { return e.text }

// invalid refuses what the reader gave.
func invalid(text string) error { return &refusal{http.StatusUnprocessableEntity, text} }

// answer shows what became of a request that did not work. What the reader can do nothing about is logged, and shown as no more than that.
func (app *App) answer(v *visit, err error) {
	if err == nil || errors.Is(err, context.Canceled) && v.ctx().Err() != nil {
		return
	}
	if v.P == nil {
		v.P = locale.New(locale.Match(v.r.Header.Get("Accept-Language")), nil)
	}
	if errors.Is(err, errSignIn) {
		app.toSignIn(v)
		return
	}
	status, title, text := app.meaning(v, err)
	if status == http.StatusInternalServerError {
		app.Log.Error("a page failed", "method", v.r.Method, "route", v.r.Pattern, "error", err)
	}
	if shown := v.show(status, view.Failure(v.Page, title, text)); shown != nil {
		app.Log.Error("the page that says so failed too", "error", shown)
		http.Error(v.w, text, http.StatusInternalServerError)
	}
}

// meaning is what an error is to the reader: the status, and the words for it.
func (app *App) meaning(v *visit, err error) (status int, title, text string) {
	var refused *refusal
	var tooLong *http.MaxBytesError
	switch {
	case errors.As(err, &refused):
		return refused.status, v.P.Text("failure.refused"), refused.text
	case errors.As(err, &tooLong):
		return http.StatusRequestEntityTooLarge, v.P.Text("failure.refused"), v.P.Text("failure.too_long")
	case errors.Is(err, store.ErrNotFound):
		return http.StatusNotFound, v.P.Text("failure.not_found"), v.P.Text("failure.not_found_text")
	case errors.Is(err, errForbidden):
		return http.StatusForbidden, v.P.Text("failure.forbidden"), v.P.Text("failure.forbidden_text")
	case errors.Is(err, store.ErrBusy), errors.Is(err, store.ErrClosed):
		v.w.Header().Set("Retry-After", "5")
		return http.StatusServiceUnavailable, v.P.Text("failure.busy"), v.P.Text("failure.busy_text")
	default:
		return http.StatusInternalServerError, v.P.Text("failure.internal"), v.P.Text("failure.internal_text")
	}
}

// toSignIn sends the reader to sign in, and afterwards back to where they wanted to go.
func (app *App) toSignIn(v *visit) {
	if v.r.Method == http.MethodGet && !v.live() {
		app.sessions.Put(v.ctx(), keyWanted, v.r.URL.RequestURI())
	}
	if v.live() {
		v.w.Header().Set("HX-Redirect", "/signin") // the whole page goes there, not a part of it
	}
	http.Redirect(v.w, v.r, "/signin", http.StatusSeeOther)
}

// lost answers for an address that nothing is at.
func (app *App) lost(*visit) error { return store.ErrNotFound }
