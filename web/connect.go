package web

import (
	"net/http"
	"reflect"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/field"
	"github.com/tengi/tengi/store"
	"github.com/tengi/tengi/web/view"
	"github.com/tengi/tengi/wizard"
)

// accountPrefix stands before the names of the inputs of an account's fields.
const accountPrefix = "account."

// connect offers the services of which an account can be made.
func (app *App) connect(v *visit) error {
	v.Area = areaAccounts
	var services []view.Service
	for _, c := range app.Desk.Connectors {
		services = append(services, app.service(v, c, v.At("connect", c.Name)))
	}
	return v.show(http.StatusOK, view.ConnectPage(v.Page, services))
}

// connectTo shows the form of a new account.
func (app *App) connectTo(v *visit) error {
	c, ok := app.connector(v.r.PathValue("connector"))
	if !ok {
		return store.ErrNotFound
	}
	return app.connectForm(v, http.StatusOK, c, "", "", fieldForm{})
}

func (app *App) connectForm(v *visit, status int, c *connector.Connector, name, wrongName string, form fieldForm) error {
	v.Area = areaAccounts
	form.set, form.prefix = v.P.Connector(c).AccountFields(), accountPrefix
	page := view.Connect{Service: app.service(v, c, v.At(areaGuides, c.Name)), Name: name, WrongName: wrongName, Fields: v.fields(form)}
	if name == "" && v.r.Method == http.MethodGet {
		page.Name = page.Service.Title
	}
	return v.show(status, view.ConnectForm(v.Page, page))
}

// createAccount makes an account and asks the service at once whose it is. One that is refused is kept, so that nothing has to be entered twice: its page
// says what is wrong.
func (app *App) createAccount(v *visit) error {
	c, ok := app.connector(v.r.PathValue("connector"))
	if !ok {
		return store.ErrNotFound
	}
	raw := v.given(c.AccountFields(), accountPrefix)
	id, problems, err := app.wizard.SaveAccount(v.ctx(), wizard.AccountForm{WorkspaceID: v.workspace.ID, Connector: c.Name, Name: v.form("name"), Values: raw})
	if err != nil {
		return err
	}
	if len(problems) > 0 {
		faults, wrongName := v.faults(problems)
		return app.connectForm(v, http.StatusUnprocessableEntity, c, v.form("name"), wrongName, fieldForm{values: raw, faults: faults})
	}
	if err := v.record("account.create", id, "connector", c.Name); err != nil {
		return err
	}
	return app.checkAndSay(v, id, v.P.Text("accounts.created"))
}

// faults are what is wrong with an account: with its fields, and with its name.
func (v *visit) faults(problems []wizard.Fault) (faults field.Faults, wrongName string) {
	for _, p := range problems {
		if p.Path == "name" && p.Code == "name" {
			wrongName = v.P.Text("signin.name_missing")
			continue
		}
		faults = append(faults, p.Fault())
	}
	return faults, wrongName
}

// saveAccount changes an account. Where nothing but secrets is new, they take the place of the old ones only once the service takes them.
func (app *App) saveAccount(v *visit) error {
	a, err := app.accountHere(v)
	if err != nil {
		return err
	}
	if a.Connector == nil {
		return store.ErrNotFound
	}
	set, name := a.Connector.AccountFields(), v.form("name")
	raw := v.given(set, accountPrefix)
	if secrets, only := app.onlySecrets(a, set, raw, name); only {
		return app.rotate(v, a, raw, secrets)
	}
	form := wizard.AccountForm{WorkspaceID: v.workspace.ID, ID: a.ID, Name: name, Values: raw, Off: a.State == tengi.AccountOff}
	_, problems, err := app.wizard.SaveAccount(v.ctx(), form)
	if err != nil {
		return err
	}
	if len(problems) > 0 {
		faults, wrongName := v.faults(problems)
		return app.accountPage(v, http.StatusUnprocessableEntity, a, name, wrongName, fieldForm{values: raw, faults: faults})
	}
	if err := v.record("account.save", a.ID); err != nil {
		return err
	}
	if form.Off {
		return v.done(v.At(areaAccounts, a.Key), v.P.Text("common.saved"))
	}
	return app.checkAndSay(v, a.ID, v.P.Text("common.saved"))
}

// onlySecrets are the new secrets of an account that works, when nothing else of it is changed.
func (app *App) onlySecrets(a wizard.Account, set field.Set, raw map[string]any, name string) (secrets map[string]string, only bool) {
	if a.State != tengi.AccountActive || a.Problem != "" || name != a.Name {
		return nil, false
	}
	secrets = map[string]string{}
	for _, key := range set.Secrets() {
		if text, ok := raw[key].(string); ok {
			secrets[key] = text
		}
	}
	before, _ := set.Parse(unmasked(a)) // what is wrong with either is found when it is saved
	after, _ := set.Parse(raw)
	for _, key := range set.Secrets() {
		delete(after, key)
		delete(before, key)
	}
	return secrets, len(secrets) > 0 && reflect.DeepEqual(before, after)
}

// rotate puts new secrets in the place of the old ones.
func (app *App) rotate(v *visit, a wizard.Account, raw map[string]any, secrets map[string]string) error {
	check, problems, err := app.wizard.Rotate(v.ctx(), v.workspace.ID, a.ID, secrets)
	if err != nil {
		return err
	}
	if len(problems) > 0 {
		faults, _ := v.faults(problems)
		return app.accountPage(v, http.StatusUnprocessableEntity, a, a.Name, "", fieldForm{values: raw, faults: faults})
	}
	to := v.At(areaAccounts, a.Key)
	if !check.OK {
		wrong := app.wrongWith(v, a, check)
		return v.refuse(to, v.P.Text("accounts.not_rotated")+" "+wrong.Title+". "+wrong.What)
	}
	if err := app.keepCheck(v, a.ID, check); err != nil {
		return err
	}
	if err := v.record("account.rotate", a.ID); err != nil {
		return err
	}
	return v.done(to, v.P.Text("accounts.rotated")+" "+v.P.Text("accounts.works", "name", check.Name))
}
