// Package web is the application that people open in their browser. Every route stands in routes.go; a handler reads the request, asks the desk,
// the engine or the store, and has package view draw the page. Pages work without scripts: each thing is done by a form; scripts only save the
// reader a click or a reload.
package web

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/tengi/tengi/control"
	"github.com/tengi/tengi/web/assets"
	"github.com/tengi/tengi/web/view"
	"github.com/tengi/tengi/wizard"
)

// Deps is what the application needs.
type Deps struct {
	Desk    *control.Desk
	Now     func() time.Time
	Log     *slog.Logger
	URL     func() string   // how the world reaches the hub, without a trailing slash
	Ending  <-chan struct{} // closed when the hub begins to close; nil = never
	Support string          // whom a reader may ask: an address or a sentence of the operator's; empty = nobody is named
	Demo    *Demo           // what can be made to happen in a throw-away hub; nil = this is none
	Guest   string          // the ID of the person as whom everybody is signed in, in a throw-away hub; empty = people sign in
}

// Demo is what can be made to happen in a throw-away hub.
type Demo struct {
	Businesses func(language string) []view.DemoBusiness
	Act        func(ctx context.Context, business, act string) error
	Fault      func(business, service, kind string) error
	Mend       func(business, service string) error
	Faults     []string // the ways a service may go wrong
}

// App is the application.
type App struct {
	Deps
	assets   *assets.Set
	sessions *scs.SessionManager
	guard    *doorkeeper
	wizard   *wizard.Wizard
	handler  http.Handler
}

// New makes the application. An error means that it was built without its assets, or that the store cannot be read.
func New(ctx context.Context, deps Deps) (*App, error) {
	set, err := assets.Open()
	if err != nil {
		return nil, err
	}
	return newApp(deps, set), ctx.Err()
}

func newApp(deps Deps, set *assets.Set) *App {
	app := &App{Deps: deps, assets: set, guard: newDoorkeeper(deps.Now), wizard: wizard.New(deps.Desk.Target(), deps.Desk.Engine)}
	app.sessions = app.newSessions()
	app.handler = app.routes()
	return app
}

// ServeHTTP answers for the application.
func (app *App) ServeHTTP(w http.ResponseWriter, r *http.Request) { app.handler.ServeHTTP(w, r) }

// policy is what a page may load and do: its own styles, scripts, pictures and fonts, nothing inline, nothing from elsewhere, and no frame around it.
// Tabler's style sheet has a few pictures in itself, which are data.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// harden puts the headers on every answer that keep a browser from doing what no page here asks for, and refuses forms sent from other sites.
func harden(next http.Handler) http.Handler {
	return http.NewCrossOriginProtection().Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		next.ServeHTTP(w, r)
	}))
}

// maxForm is the longest form taken, in bytes. What is longer is a file, and has a route of its own.
const maxForm = 1 << 20
