package web

import (
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/guide"
	"github.com/tengi/tengi/store"
	"github.com/tengi/tengi/web/view"
	"github.com/tengi/tengi/wizard"
)

// areaAccounts is the part of the address, and of the navigation, where accounts are.
const areaAccounts = "accounts"

// lastCheck is what a service last said to a person who asked, kept for the pages of its account.
type lastCheck struct {
	At    time.Time
	Check wizard.Check
}

// checkKey is under which an account's last check is kept.
func checkKey(accountID string) string { return "check/" + accountID }

// checkOf is an account's last check; zero when nobody has asked.
func (app *App) checkOf(v *visit, accountID string) (c lastCheck, err error) {
	text, err := app.Desk.Store.Meta(v.ctx(), checkKey(accountID))
	if err == nil && text != "" {
		err = json.Unmarshal([]byte(text), &c)
	}
	return c, err
}

// keepCheck keeps what the service said.
func (app *App) keepCheck(v *visit, accountID string, check wizard.Check) error {
	text, err := json.Marshal(lastCheck{v.Now, check})
	if err != nil {
		return err
	}
	return app.Desk.Store.SetMeta(v.ctx(), checkKey(accountID), string(text))
}

// accounts lists the logins of the workspace: first those that need somebody.
func (app *App) accounts(v *visit) error {
	v.Area = areaAccounts
	groups := map[tengi.AccountState][]view.Account{}
	for _, a := range app.wizard.Accounts(v.workspace.ID, "") {
		shown, err := app.account(v, a)
		if err != nil {
			return err
		}
		state := a.State
		if a.Problem != "" && state == tengi.AccountActive {
			state = tengi.AccountAttention
		}
		groups[state] = append(groups[state], shown)
	}
	page := view.Accounts{}
	for _, state := range []tengi.AccountState{tengi.AccountAttention, tengi.AccountActive, tengi.AccountOff} {
		if len(groups[state]) > 0 {
			page.Groups = append(page.Groups, view.AccountGroup{State: string(state), Accounts: groups[state]})
		}
	}
	return v.show(http.StatusOK, view.AccountsPage(v.Page, page))
}

// account is an account as pages show it.
func (app *App) account(v *visit, a wizard.Account) (view.Account, error) {
	shown := view.Account{Key: a.Key, Name: a.Name, State: string(a.State), Problem: a.Problem}
	if a.Connector != nil {
		shown.Service = app.service(v, a.Connector, v.At(areaGuides, a.Connector.Name))
	}
	for _, c := range a.UsedBy {
		shown.UsedBy = append(shown.UsedBy, view.Choice{Value: c.Key, Label: c.Name})
	}
	last, err := app.checkOf(v, a.ID)
	if err != nil {
		return shown, err
	}
	shown.CheckedAt, shown.Who = last.At, last.Check.Name
	for _, warning := range last.Check.Warnings {
		if a.Connector != nil {
			warning = v.P.Connector(a.Connector).Warning(warning)
		}
		shown.Warnings = append(shown.Warnings, warning)
	}
	switch failed := !last.At.IsZero() && !last.Check.OK; {
	case failed && a.Connector != nil:
		shown.Wrong = app.wrongWith(v, a, last.Check)
	case a.State == tengi.AccountAttention:
		shown.Wrong = view.Wrong{What: a.Reason, Todo: v.P.Text("accounts.attention_todo")}
	}
	return shown, nil
}

// wrongWith is what a service said of a login, in the reader's words, and what to do.
func (app *App) wrongWith(v *visit, a wizard.Account, check wizard.Check) view.Wrong {
	cause := v.P.Connector(a.Connector).Cause(check.Code, check.Message)
	return view.Wrong{Title: cause.Title, What: cause.What, Todo: cause.Todo, Detail: check.Detail}
}

// accountHere is the account of the address.
func (app *App) accountHere(v *visit) (wizard.Account, error) {
	for _, a := range app.wizard.Accounts(v.workspace.ID, "") {
		if a.Key == v.r.PathValue("account") {
			return a, nil
		}
	}
	return wizard.Account{}, store.ErrNotFound
}

// showAccount shows one account.
func (app *App) showAccount(v *visit) error {
	a, err := app.accountHere(v)
	if err != nil {
		return err
	}
	return app.accountPage(v, http.StatusOK, a, a.Name, "", fieldForm{values: unmasked(a)})
}

// unmasked are the values of an account's form without its secrets: the form says by itself whether they are set.
func unmasked(a wizard.Account) map[string]any {
	values := map[string]any{}
	for key, value := range a.Values {
		values[key] = value
	}
	if a.Connector != nil {
		for _, secret := range a.Connector.AccountFields().Secrets() {
			delete(values, secret)
		}
	}
	return values
}

// accountPage draws the page of an account, with its form as it stands or as it was filled in.
func (app *App) accountPage(v *visit, status int, a wizard.Account, name, wrongName string, form fieldForm) error {
	v.Area = areaAccounts
	page := view.AccountDetails{Name: name, WrongName: wrongName}
	var err error
	if page.Account, err = app.account(v, a); err != nil {
		return err
	}
	if v.manages() && a.Connector != nil {
		form.set, form.prefix = v.P.Connector(a.Connector).AccountFields(), accountPrefix
		for _, secret := range form.set.Secrets() {
			if a.Values[secret] != nil {
				form.stored = append(form.stored, secret)
			}
		}
		page.Fields = v.fields(form)
		if page.HookURL = a.HookURL; page.HookURL != "" {
			if page.Where, err = app.whereTo(v, a); err != nil {
				return err
			}
		}
	}
	return v.show(status, view.AccountPage(v.Page, page))
}

// whereTo are the parts of the connector's guide that say where over there the webhook address goes, and which events to choose.
func (app *App) whereTo(v *visit, a wizard.Account) (list []view.GuideSection, err error) {
	own := guide.Own{Webhook: a.HookURL, Copy: v.P.Text("common.copy"), Copied: v.P.Text("common.copied")}
	g, _, err := guide.Of(a.Connector, v.P.Code, own)
	for _, s := range g.Sections {
		if s.Webhook {
			list = append(list, view.GuideSection{ID: s.ID, Title: s.Title, HTML: s.HTML, Language: g.Language})
		}
	}
	return list, err
}

// checkAccount asks the service now who the login belongs to.
func (app *App) checkAccount(v *visit) error {
	a, err := app.accountHere(v)
	if err != nil {
		return err
	}
	return app.checkAndSay(v, a.ID, "")
}

// checkAndSay asks the service and leads to the account's page, which says what came of it. done is what was done before.
func (app *App) checkAndSay(v *visit, accountID, done string) error {
	check, err := app.wizard.CheckAccount(v.ctx(), v.workspace.ID, accountID)
	if err != nil {
		return err
	}
	if err := app.keepCheck(v, accountID, check); err != nil {
		return err
	}
	a, err := app.wizard.Account(v.workspace.ID, accountID)
	if err != nil {
		return err
	}
	to := v.At(areaAccounts, a.Key)
	if !check.OK {
		wrong := app.wrongWith(v, a, check)
		return v.refuse(to, wrong.Title+". "+wrong.What)
	}
	if done != "" {
		done += " "
	}
	return v.done(to, done+v.P.Text("accounts.works", "name", check.Name))
}

// switchAccount switches an account off, or on again.
func (app *App) switchAccount(v *visit) error {
	a, err := app.accountHere(v)
	if err != nil {
		return err
	}
	verb, off := "account.on", v.form("off") == "true"
	if off {
		verb = "account.off"
	}
	_, faults, err := app.wizard.SaveAccount(v.ctx(), wizard.AccountForm{WorkspaceID: v.workspace.ID, ID: a.ID, Name: a.Name, Values: a.Values, Off: off})
	if err != nil {
		return err
	}
	if len(faults) > 0 { // its settings are not complete: a program that knows more fields, for example
		return v.refuse(v.At(areaAccounts, a.Key), v.P.Text("accounts.incomplete"))
	}
	if err := v.record(verb, a.ID); err != nil {
		return err
	}
	return v.done(v.At(areaAccounts, a.Key), v.P.Text("common.saved"))
}

// newHook gives an account another webhook address.
func (app *App) newHook(v *visit) error {
	a, err := app.accountHere(v)
	if err != nil {
		return err
	}
	if a.HookURL == "" {
		return store.ErrNotFound
	}
	if _, err := app.wizard.NewHookURL(v.ctx(), v.workspace.ID, a.ID); err != nil {
		return err
	}
	if err := v.record("account.hook", a.ID); err != nil {
		return err
	}
	return v.done(v.At(areaAccounts, a.Key)+"#webhook", v.P.Text("accounts.hook_changed"))
}

// deleteAccount forgets an account that nothing works at.
func (app *App) deleteAccount(v *visit) error {
	a, err := app.accountHere(v)
	if err != nil {
		return err
	}
	err = app.Desk.Store.DeleteAccount(v.ctx(), v.workspace.ID, a.ID)
	if errors.Is(err, store.ErrConflict) {
		return v.refuse(v.At(areaAccounts, a.Key), v.P.Text("accounts.in_use"))
	} else if err != nil {
		return err
	}
	if err := app.Desk.Engine.Changed(v.ctx()); err != nil {
		return err
	}
	if err := v.record("account.delete", a.ID, "key", a.Key); err != nil {
		return err
	}
	return v.done(v.At(areaAccounts), v.P.Text("accounts.deleted"))
}
