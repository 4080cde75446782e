package web

import (
	"net/http"
	"strings"

	"github.com/tengi/tengi/store"
	"github.com/tengi/tengi/web/assets"
)

// routes are all addresses of the application. Those below /w/{workspace} are for people with a role there: viewers read, managers decide and
// configure, owners see to people, keys and backups.
func (app *App) routes() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET "+assets.Prefix, app.assets)

	open := func(pattern string, do handler) { mux.Handle(pattern, app.open(do)) }
	person := func(pattern string, do handler) { mux.Handle(pattern, app.person(do)) }
	in := func(least store.Role) func(string, handler) {
		return func(pattern string, do handler) {
			method, path, _ := strings.Cut(pattern, " ")
			mux.Handle(method+" /w/{workspace}"+path, app.member(least, do))
		}
	}
	read, manage, own := in(store.Viewer), in(store.Manager), in(store.Owner)

	// Getting in
	open("GET /{$}", app.front)
	open("GET /first", app.first)
	open("POST /first", app.begin)
	open("GET /signin", app.signin)
	open("POST /signin", app.enter)
	open("POST /language", app.chooseLanguage)
	open("POST /theme", app.chooseTheme)
	open("GET /join", app.join)
	open("POST /join", app.accept)

	// Oneself
	person("POST /signout", app.signout)
	person("GET /you", app.you)
	person("POST /you", app.saveYou)
	person("POST /you/password", app.changePassword)
	person("POST /you/signout-everywhere", app.signoutEverywhere)

	// Accounts
	read("GET /accounts", app.accounts)
	read("GET /accounts/{account}", app.showAccount)
	manage("POST /accounts/{account}", app.saveAccount)
	manage("POST /accounts/{account}/check", app.checkAccount)
	manage("POST /accounts/{account}/hook", app.newHook)
	manage("POST /accounts/{account}/switch", app.switchAccount)
	manage("POST /accounts/{account}/delete", app.deleteAccount)
	manage("GET /connect", app.connect)
	manage("GET /connect/{connector}", app.connectTo)
	manage("POST /connect/{connector}", app.createAccount)

	// Guides
	read("GET /guides", app.guides)
	read("GET /guides/{connector}", app.guide)
	read("GET /guides/recipes/{recipe}", app.recipe)

	// Settings
	person("GET /workspaces/new", app.newWorkspace)
	person("POST /workspaces", app.createWorkspace)
	read("GET /settings", app.settings)
	manage("POST /settings", app.saveWorkspace)
	own("POST /settings/retention", app.saveRetention)
	manage("GET /settings/log", app.log)
	own("GET /settings/people", app.people)
	own("POST /settings/people", app.invite)
	own("POST /settings/people/{person}/role", app.setRole)
	own("POST /settings/people/{person}/link", app.linkAnew)
	own("POST /settings/people/{person}/disabled", app.setDisabled)
	own("GET /settings/keys", app.keys)
	own("POST /settings/keys", app.createKey)
	own("POST /settings/keys/{key}/revoke", app.revokeKey)
	own("GET /settings/backup", app.backup)
	own("GET /settings/backup/download", app.downloadBackup)

	// What was made
	read("GET /documents", app.documents)
	read("GET /documents/csv", app.documentsCSV)
	read("GET /documents/{document}", app.document)
	manage("POST /documents/{document}/undo", app.undoDocument)

	// Connections
	open("GET /icons/{file}", app.icon)
	read("GET /connections", app.connections)
	manage("GET /connections/new", app.newConnection)
	manage("POST /connections/new", app.beginConnection)
	read("GET /connections/{connection}", app.connection)
	manage("GET /connections/{connection}/edit", app.editConnection)
	manage("POST /connections/{connection}/duplicate", app.duplicateConnection)
	manage("GET /connections/{connection}/export", app.exportConnection)
	manage("POST /connections/{connection}/switch", app.switchConnection)
	manage("POST /connections/{connection}/schedule", app.saveSchedule)
	manage("POST /connections/{connection}/run", app.runNow)
	manage("POST /connections/{connection}/backfill", app.backfill)
	manage("POST /connections/{connection}/delete", app.deleteConnection)
	read("GET /connections/{connection}/runs/{run}", app.showRun)
	manage("POST /connections/{connection}/runs/{run}/cancel", app.cancelRun)

	// The wizard that makes and changes them
	manage("GET /drafts/{draft}", app.stage((*making).openDraft))
	manage("POST /drafts/{draft}/drop", app.stage((*making).dropDraft))
	manage("GET /drafts/{draft}/steps", app.stage((*making).steps))
	manage("POST /drafts/{draft}/steps", app.stage((*making).changeSteps))
	manage("POST /drafts/{draft}/try/field", app.stage((*making).tryField))
	manage("POST /drafts/{draft}/try/condition", app.stage((*making).tryCondition))
	manage("GET /drafts/{draft}/{stage}", app.stage((*making).showStage))
	manage("POST /drafts/{draft}/{stage}", app.stage((*making).takeStage))

	// What happened, and what is decided about it
	read("GET ", app.home)
	read("GET /live", app.live)
	read("GET /events", app.events)
	read("GET /events/{event}", app.event)
	read("GET /inbox", app.inbox)
	manage("POST /decide", app.decideAbout)
	if app.Demo != nil {
		person("GET /demo", app.demo)
		person("POST /demo/{business}/acts/{act}", app.demoAct)
		person("POST /demo/{business}/faults/{service}", app.demoFault)
	}

	open("GET /", app.lost)
	return harden(app.sessions.LoadAndSave(mux))
}
