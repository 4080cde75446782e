package web

import (
	"net/http"

	"github.com/tengi/tengi/web/assets"
)

// routes are all addresses of the application. Those below /w/{workspace} are for people with a role there: viewers read, managers decide and
// configure, owners see to people, keys and backups.
func (app *App) routes() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET "+assets.Prefix, app.assets)

	open := func(pattern string, do handler) { mux.Handle(pattern, app.open(do)) }
	person := func(pattern string, do handler) { mux.Handle(pattern, app.person(do)) }

	// Getting in
	open("GET /{$}", app.front)
	open("GET /first", app.first)
	open("POST /first", app.begin)
	open("GET /signin", app.signin)
	open("POST /signin", app.enter)
	open("POST /language", app.chooseLanguage)
	open("POST /theme", app.chooseTheme)

	// Oneself
	person("POST /signout", app.signout)
	person("GET /you", app.you)
	person("POST /you", app.saveYou)
	person("POST /you/password", app.changePassword)
	person("POST /you/signout-everywhere", app.signoutEverywhere)

	open("GET /", app.lost)
	return harden(app.sessions.LoadAndSave(mux))
}
