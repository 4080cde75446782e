package engine

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/field"
	"github.com/tengi/tengi/store"
)

// Account is an account ready for use: its secrets opened, its connector found.
type Account struct {
	tengi.Account
	Connector *connector.Connector // nil when this program does not know it
	Settings  field.Values
	Workspace tengi.Workspace
	Problem   error // why it cannot be used, beside its state
	session   *connector.Session
	stored    string // what it was made from, to keep its session across reloads
}

// Snapshot is the configuration at one moment, opened and compiled. It never changes.
type Snapshot struct {
	workspaces map[string]tengi.Workspace
	accounts   map[string]*Account
	hooks      map[[sha256.Size]byte]*Account
	pipes      map[string]*Pipe
	bySource   map[string][]*Pipe      // by the source's account, without those for test data
	narrow     map[string][]store.Lane // by account: the lanes of those that may work only so many deliveries at once
}

// Secrets is what an account seals: what its connector asks for, and its webhook token.
type Secrets struct {
	Values    map[string]string `json:"values"`
	HookToken string            `json:"hook_token"`
}

// SealContext binds an account's sealed secrets to the account, so that a row copied over another opens nothing.
func SealContext(accountID string) string { return "account/" + accountID }

// Reload reads the configuration again and compiles it. What does not compile is kept with its problem: its events are stored all the same.
func (e *Engine) Reload(ctx context.Context) error {
	e.reload.Lock()
	defer e.reload.Unlock()
	read, err := e.store.Configuration(ctx)
	if err != nil {
		return err
	}
	old := e.snapshot.Load()
	s := &Snapshot{workspaces: map[string]tengi.Workspace{}, accounts: map[string]*Account{}, hooks: map[[sha256.Size]byte]*Account{}, pipes: map[string]*Pipe{},
		bySource: map[string][]*Pipe{}, narrow: map[string][]store.Lane{}}
	for _, w := range read.Workspaces {
		s.workspaces[w.ID] = w
	}
	for _, row := range read.Accounts {
		account := e.open(row, s.workspaces[row.WorkspaceID], old)
		s.accounts[account.ID] = account
		if len(row.HookHash) == sha256.Size {
			s.hooks[[sha256.Size]byte(row.HookHash)] = account
		}
	}
	for _, c := range read.Connections {
		pipe, err := Compile(c, s.workspaces[c.WorkspaceID], func(id string) *Account { return s.accounts[id] }, read.Connections...)
		if err != nil {
			e.log.Warn("connection cannot run", "connection", c.Key, "error", err)
		}
		s.pipes[c.ID] = pipe
		if !c.Test { // it takes no events of its source, only what it is handed
			s.bySource[c.Source.AccountID] = append(s.bySource[c.Source.AccountID], pipe)
		}
		for _, l := range pipe.usableLanes() {
			if l.InFlight > 0 {
				s.narrow[l.AccountID] = append(s.narrow[l.AccountID], l)
			}
		}
	}
	e.snapshot.Store(s)
	e.askAll()
	for _, l := range s.strays() {
		e.ask(l, e.store.Now())
	}
	return nil
}

// strays are the lanes where deliveries of a connection may wait whose source or step has been moved to another account: nothing is called there,
// they are claimed to be handed to the right lane. They are asked when the configuration is read, and after a delivery came to one.
func (s *Snapshot) strays() []store.Lane {
	var lanes []store.Lane
	for _, p := range s.pipes {
		for _, a := range s.accounts {
			if p.runs() && a.WorkspaceID == p.WorkspaceID && !p.uses(a.ID) {
				lanes = append(lanes, store.Lane{ConnectionID: p.ID, AccountID: a.ID})
			}
		}
	}
	return lanes
}

// lane is where a connection's deliveries for an account wait, and whether it may be asked now.
func (e *Engine) lane(p *Pipe, accountID string) (store.Lane, bool) {
	if !p.uses(accountID) {
		return store.Lane{ConnectionID: p.ID, AccountID: accountID}, true
	}
	a, ok := e.Account(accountID)
	if !ok || !a.Usable() {
		return store.Lane{}, false
	}
	return p.lane(a), true
}

// open readies an account. An account that did not change keeps its session, and with it its login tokens and its pace.
func (e *Engine) open(row store.AccountRow, workspace tengi.Workspace, old *Snapshot) *Account {
	a := &Account{Account: row.Account, Workspace: workspace, Connector: e.connectors[row.Connector]}
	if a.Connector == nil {
		a.Problem = fmt.Errorf("this Tengi has no connector %q", row.Connector)
		return a
	}
	plain, err := e.secrets.Open(row.Sealed, SealContext(row.ID))
	if err != nil {
		a.Problem = fmt.Errorf("open the secrets of account %s: %w", row.Key, err)
		return a
	}
	var sealed Secrets
	if err := json.Unmarshal(plain, &sealed); err != nil {
		a.Problem = fmt.Errorf("read the secrets of account %s: not as they were stored", row.Key)
		return a
	}
	a.Secrets, a.HookToken = sealed.Values, sealed.HookToken
	a.Settings, a.Problem = a.Connector.Settings(&a.Account)
	sum := sha256.Sum256(append(plain, fmt.Sprint(row.Settings)...))
	a.stored = string(sum[:])
	a.session = connector.NewSession(a.Connector.Limits)
	if old != nil {
		if before := old.accounts[row.ID]; before != nil && before.stored == a.stored && before.session != nil {
			a.session = before.session
		}
	}
	return a
}

// Usable says whether the account's service may be called now.
func (a *Account) Usable() bool {
	return a != nil && a.Problem == nil && a.State == tengi.AccountActive
}

// Hook finds the account that a webhook token belongs to. The look-up takes the same time for every token: it compares hashes.
func (e *Engine) Hook(token string) (*Account, bool) {
	a, ok := e.snapshot.Load().hooks[sha256.Sum256([]byte(token))]
	return a, ok
}

// Account finds an account by its ID.
func (e *Engine) Account(id string) (*Account, bool) {
	a, ok := e.snapshot.Load().accounts[id]
	return a, ok
}

// Pipe finds a compiled connection by its ID.
func (e *Engine) Pipe(id string) (*Pipe, bool) {
	p, ok := e.snapshot.Load().pipes[id]
	return p, ok
}

// client makes the client for one piece of work at an account.
func (e *Engine) client(a *Account, options field.Values, journal connector.Journal, ref tengi.Ref) (*connector.Client, error) {
	return e.makeClient(a, connector.ClientConfig{Options: options, Journal: journal, Ref: ref})
}

// makeClient makes a client for an account; how tells what it is for.
func (e *Engine) makeClient(a *Account, how connector.ClientConfig) (*connector.Client, error) {
	if e.dial != nil {
		how.Dial = transport{e}.Dial
	}
	how.Connector, how.Account, how.Workspace, how.Session, how.HTTP, how.Files = a.Connector, &a.Account, a.Workspace, a.session, transport{e}, e.files
	how.Now, how.Careless, how.Wait = e.store.Now, e.testing.Careless, e.hurry
	return connector.NewClient(how)
}
