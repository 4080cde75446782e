package web

import (
	"net/http"
	"strings"
	"time"

	"github.com/alexedwards/scs/v2"
)

// What a session remembers.
const (
	keyPerson   = "person"
	keySaid     = "said"
	keyFailed   = "failed"
	keyWanted   = "wanted"   // where a reader wanted to go who had to sign in first
	keyLanguage = "language" // chosen before signing in
	keyTheme    = "theme"
)

// How long a session lasts: at most, and without being used.
const (
	sessionLife = 30 * 24 * time.Hour
	sessionIdle = 7 * 24 * time.Hour
)

// newSessions makes the manager of sessions. They are kept in the store, which knows no more of a session's token than its hash.
func (app *App) newSessions() *scs.SessionManager {
	m := scs.New()
	m.Store = app.Desk.Store.WebSessions(personOf)
	m.Lifetime, m.IdleTimeout = sessionLife, sessionIdle
	m.Cookie.Name = "tengi"
	m.Cookie.HttpOnly = true
	m.Cookie.SameSite = http.SameSiteLaxMode // a link from elsewhere finds the reader signed in; a form from elsewhere is refused by harden
	m.Cookie.Secure = strings.HasPrefix(app.URL(), "https://")
	m.ErrorFunc = func(w http.ResponseWriter, r *http.Request, err error) {
		app.Log.Error("a session failed", "route", r.Pattern, "error", err)
		http.Error(w, "The session cannot be read or kept now. Try again in a minute.", http.StatusServiceUnavailable)
	}
	return m
}

// personOf reads from a session's data whose it is.
func personOf(data []byte) string {
	_, values, err := scs.GobCodec{}.Decode(data)
	if err != nil {
		return ""
	}
	id, _ := values[keyPerson].(string)
	return id
}
