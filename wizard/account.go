package wizard

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/engine"
	"github.com/tengi/tengi/field"
	"github.com/tengi/tengi/setup"
	"github.com/tengi/tengi/store"
)

// Account is an account as a page shows it.
type Account struct {
	ID, Key, Name string
	Connector     *connector.Connector // nil when this program does not know it
	State         tengi.AccountState
	Reason        string             // why it needs attention
	Problem       string             // why it cannot be used at all
	Usable        bool               // its service may be called now
	Values        map[string]any     // what a form shows: settings as they are stored, [field.Masked] for every secret that is set
	HookURL       string             // where its service sends notices; empty when it sends none
	UsedBy        []tengi.Connection // the connections that work at it
}

// Accounts lists the accounts of a workspace at a connector, or all of them when name is empty.
func (w *Wizard) Accounts(workspaceID, name string) []Account {
	var list []Account
	for _, a := range w.engine.Accounts(workspaceID) {
		if name == "" || a.Account.Connector == name {
			list = append(list, w.shown(a))
		}
	}
	slices.SortFunc(list, func(a, b Account) int { return compareKeys(a.Key, b.Key) })
	return list
}

func compareKeys(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// Account is one account.
func (w *Wizard) Account(workspaceID, id string) (Account, error) {
	a, ok := w.account(workspaceID, id)
	if !ok {
		return Account{}, ErrNoAccount
	}
	return w.shown(a), nil
}

func (w *Wizard) shown(a *engine.Account) Account {
	shown := Account{ID: a.ID, Key: a.Key, Name: a.Name, Connector: a.Connector, State: a.State, Reason: a.Reason, Usable: a.Usable(), Values: maps.Clone(a.Account.Settings)}
	if a.Problem != nil {
		shown.Problem = a.Problem.Error()
	}
	if shown.Values == nil {
		shown.Values = map[string]any{}
	}
	for key, secret := range a.Secrets {
		if secret != "" {
			shown.Values[key] = field.Masked
		}
	}
	if a.HookToken != "" && w.target.HookURL != nil {
		shown.HookURL = w.target.HookURL(a.HookToken)
	}
	for _, c := range w.connections(a.WorkspaceID) {
		if c.Source.AccountID == a.ID || slices.ContainsFunc(c.Steps, func(s tengi.Step) bool { return s.AccountID == a.ID }) {
			shown.UsedBy = append(shown.UsedBy, c)
		}
	}
	return shown
}

// AccountForm is what a page gives to make an account or to change one.
type AccountForm struct {
	WorkspaceID string
	ID          string         // of one to change; empty = a new one
	Connector   string         // of a new one
	Name        string         // empty = the connector's title
	Values      map[string]any // by field: of a secret [field.Masked], or nothing at all, keeps the one that is stored, and an empty text removes it
	Off         bool           // switched off
}

// SaveAccount makes an account or changes one, with its secrets sealed, and has every engine read it. A login that needed attention and was mended is
// tried again. Nothing is asked of the service; see CheckAccount.
func (w *Wizard) SaveAccount(ctx context.Context, form AccountForm) (id string, faults []Fault, err error) {
	w.saving.Lock()
	defer w.saving.Unlock()
	row, opened, c, err := w.opened(ctx, form)
	if err != nil {
		return "", nil, err
	}
	was := row
	fresh := form.ID == ""
	if row.Name = form.Name; row.Name == "" {
		row.Name = c.Title
	}
	if problem := setup.CheckName(row.Name); problem != "" {
		faults = append(faults, Fault{Path: "name", Code: "name", Message: problem})
	}
	var secrets map[string]string
	var wrong []Fault
	row.Settings, secrets, wrong = setup.ParseAccount(c, given(c.AccountFields(), form.Values, opened.Values))
	if faults = append(faults, wrong...); len(faults) > 0 {
		return form.ID, faults, nil
	}
	if fresh {
		row.ID, row.Key = setup.NewID("acc"), setup.KeyOf(form.Name, c.Name, w.accountKeys(form.WorkspaceID)...)
	}
	token := opened.HookToken
	if token == "" && c.Receive != nil {
		token = setup.NewHookToken()
	}
	mended := !maps.Equal(opened.Values, secrets) || !reflect.DeepEqual(was.Settings, row.Settings)
	switch {
	case form.Off:
		row.State, row.Reason = tengi.AccountOff, ""
	case fresh, row.State == tengi.AccountOff, mended:
		row.State, row.Reason = tengi.AccountActive, ""
	}
	if err := w.target.SaveAccount(ctx, row, engine.Secrets{Values: secrets, HookToken: token}); err != nil {
		return row.ID, nil, err
	}
	return row.ID, nil, w.engine.Changed(ctx)
}

// opened is the account that a form is about, as it is stored, with its secrets.
func (w *Wizard) opened(ctx context.Context, form AccountForm) (row store.AccountRow, secrets engine.Secrets, c *connector.Connector, err error) {
	if form.ID == "" {
		if _, ok := w.workspace(form.WorkspaceID); !ok {
			return row, secrets, nil, ErrNoAccount
		}
		row.WorkspaceID, row.Account.Connector = form.WorkspaceID, form.Connector
	} else {
		if row, err = w.stored(ctx, form.WorkspaceID, form.ID); err != nil {
			return row, secrets, nil, err
		}
		// What cannot be read was sealed with another key: everything has to be given anew.
		secrets, _ = w.target.OpenAccount(row)
	}
	c, ok := w.connector(row.Account.Connector)
	if !ok {
		return row, secrets, nil, ErrNoConnector
	}
	return row, secrets, c, nil
}

// stored reads an account from the store: what the engine has may be older.
func (w *Wizard) stored(ctx context.Context, workspaceID, id string) (store.AccountRow, error) {
	read, err := w.target.Store.Configuration(ctx)
	if err != nil {
		return store.AccountRow{}, err
	}
	i := slices.IndexFunc(read.Accounts, func(a store.AccountRow) bool { return a.ID == id && a.WorkspaceID == workspaceID })
	if i < 0 {
		return store.AccountRow{}, ErrNoAccount
	}
	return read.Accounts[i], nil
}

// given are the values of a form with the secrets that stay as they are. What is not shown beside the others does not count.
func given(set field.Set, values map[string]any, stored map[string]string) map[string]any {
	raw := maps.Clone(values)
	if raw == nil {
		raw = map[string]any{}
	}
	for _, f := range set {
		if value, said := raw[f.Key]; f.Secret && (!said || value == nil || value == field.Masked) {
			delete(raw, f.Key)
			if kept := stored[f.Key]; kept != "" {
				raw[f.Key] = kept
			}
		}
	}
	for _, f := range set {
		if !set.Shown(f.Key, raw) {
			delete(raw, f.Key)
		}
	}
	return raw
}

func (w *Wizard) accountKeys(workspaceID string) []string {
	var keys []string
	for _, a := range w.engine.Accounts(workspaceID) {
		keys = append(keys, a.Key)
	}
	return keys
}

// Check is what a service says of a login.
type Check struct {
	OK       bool
	Name     string   // who it belongs to
	Warnings []string // what works less than it could
	Kind     connector.Kind
	Code     string
	Message  string // what is wrong
	Detail   string // the service's own words
}

func checked(who connector.Identity, err error) Check {
	if err == nil {
		return Check{OK: true, Name: who.Name, Warnings: who.Warnings}
	}
	failure := connector.AsError(err)
	message := failure.Message
	if message == "" || failure.Kind == connector.Unknown {
		message = err.Error()
	}
	return Check{Kind: failure.Kind, Code: failure.Code, Message: message, Detail: failure.Detail}
}

// CheckAccount asks the service who the login belongs to, and changes nothing there. An account that works is active again, one that is refused needs
// attention.
func (w *Wizard) CheckAccount(ctx context.Context, workspaceID, id string) (Check, error) {
	if _, ok := w.account(workspaceID, id); !ok {
		return Check{}, ErrNoAccount
	}
	return checked(w.engine.Check(ctx, id)), nil
}

// Rotate puts other secrets in the place of those of an account, once the service takes them: one that is refused, or that could not be tried, changes
// nothing. What the service sends notices with is changed as well, without being tried.
func (w *Wizard) Rotate(ctx context.Context, workspaceID, id string, secrets map[string]string) (Check, []Fault, error) {
	form := AccountForm{WorkspaceID: workspaceID, ID: id, Values: map[string]any{}}
	row, opened, c, err := w.opened(ctx, form)
	if err != nil {
		return Check{}, nil, err
	}
	for key, value := range row.Settings {
		form.Values[key] = value
	}
	for key, secret := range secrets {
		if f, ok := c.AccountFields().Lookup(key); ok && f.Secret {
			form.Values[key] = secret
		}
	}
	settings, values, faults := setup.ParseAccount(c, given(c.AccountFields(), form.Values, opened.Values))
	if len(faults) > 0 {
		return Check{}, faults, nil
	}
	candidate := row.Account
	candidate.Settings, candidate.Secrets = settings, values
	tried := checked(w.engine.Try(ctx, candidate))
	if !tried.OK {
		return tried, nil, nil
	}
	form.Name, form.Off = row.Name, row.State == tengi.AccountOff
	_, faults, err = w.SaveAccount(ctx, form)
	return tried, faults, err
}

// NewHookURL gives an account another webhook address. What is sent to the old one is refused from now on.
func (w *Wizard) NewHookURL(ctx context.Context, workspaceID, id string) (string, error) {
	w.saving.Lock()
	defer w.saving.Unlock()
	row, err := w.stored(ctx, workspaceID, id)
	if err != nil {
		return "", err
	}
	c, ok := w.connector(row.Account.Connector)
	if !ok || c.Receive == nil {
		return "", errors.New("this account takes no notices")
	}
	secrets, err := w.target.OpenAccount(row)
	if err != nil {
		return "", err
	}
	secrets.HookToken = setup.NewHookToken()
	if err := w.target.SaveAccount(ctx, row, secrets); err != nil {
		return "", err
	}
	if err := w.engine.Changed(ctx); err != nil {
		return "", fmt.Errorf("read the new address: %w", err)
	}
	if w.target.HookURL == nil {
		return "", nil
	}
	return w.target.HookURL(secrets.HookToken), nil
}
