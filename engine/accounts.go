package engine

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
)

// recheckEvery is how often an account that needs attention is asked whether it works again.
const recheckEvery = 10 * time.Minute

// doubts are the accounts whose login may have been withdrawn, until a check has said whether it was.
type doubts struct {
	mu       sync.Mutex
	accounts map[string]bool
	wake     chan struct{}
}

func (d *doubts) add(accountID string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.accounts[accountID] = true
}

// ask has them checked at once.
func (d *doubts) ask() {
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

// list is a copy of them.
func (d *doubts) list() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Collect(maps.Keys(d.accounts))
}

func (d *doubts) remove(accountID string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.accounts, accountID)
}

// doubt has an account checked at once when a notice says that its login may have been withdrawn; after a repeat as well, as the first may have come just
// before a crash.
func (e *Engine) doubt(a *Account, events []tengi.Event) {
	if a.Connector == nil {
		return
	}
	if slices.ContainsFunc(events, func(event tengi.Event) bool { return slices.Contains(a.Connector.Auth.Doubts, event.Type) }) {
		e.doubts.add(a.ID)
		e.doubts.ask()
	}
}

// checkDoubted checks the accounts whose login may have been withdrawn. What could not be asked stays in doubt until the next round.
func (e *Engine) checkDoubted(ctx context.Context) {
	for _, id := range e.doubts.list() {
		e.doubts.remove(id) // before the check: what is doubted anew meanwhile is checked anew
		if _, err := e.Check(ctx, id); err != nil && connector.AsError(err).Kind != connector.Attention {
			e.doubts.add(id)
		}
	}
}

// recheck checks accounts whose login may have been withdrawn, and brings accounts back when their service takes them again, without waiting for a
// person to notice.
func (e *Engine) recheck(ctx context.Context) {
	tick := time.NewTicker(e.hurry(recheckEvery))
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-e.doubts.wake:
			e.checkDoubted(ctx)
			continue
		case <-tick.C:
			e.checkDoubted(ctx)
		}
		for _, a := range e.snapshot.Load().accounts {
			if a.State == tengi.AccountAttention && a.Problem == nil && a.Connector.Auth.Check != nil {
				if _, err := e.Check(ctx, a.ID); err != nil {
					e.log.Info("an account still needs attention", "account", a.Key)
				}
			}
		}
	}
}

// Check proves an account's login with its service and changes nothing there. When it works, an account that needed attention is active again;
// when the service refuses it, an active one needs attention.
func (e *Engine) Check(ctx context.Context, accountID string) (connector.Identity, error) {
	a, ok := e.Account(accountID)
	if !ok {
		return connector.Identity{}, errors.New("there is no such account")
	}
	if a.Problem != nil {
		return connector.Identity{}, a.Problem
	}
	who, err := e.prove(ctx, a)
	if err == nil {
		moved, err := e.store.SetAccountState(ctx, a.ID, tengi.AccountAttention, tengi.AccountActive, "", e.store.Now())
		if err == nil && moved {
			err = e.changed(ctx)
		}
		return who, err
	}
	if failure := connector.AsError(err); failure.Kind == connector.Attention {
		return who, errors.Join(err, e.attention(ctx, a, failure))
	}
	return who, err
}

// Try proves a login that is not stored, or not yet as it is given, and changes nothing, neither there nor here. Its workspace must exist.
func (e *Engine) Try(ctx context.Context, account tengi.Account) (connector.Identity, error) {
	workspace, ok := e.snapshot.Load().workspaces[account.WorkspaceID]
	if !ok {
		return connector.Identity{}, errors.New("there is no such workspace")
	}
	a := &Account{Account: account, Workspace: workspace, Connector: e.connectors[account.Connector]}
	if a.Connector == nil {
		return connector.Identity{}, fmt.Errorf("this Tengi has no connector %q", account.Connector)
	}
	var err error
	if a.Settings, err = a.Connector.Settings(&a.Account); err != nil {
		return connector.Identity{}, err
	}
	a.session = connector.NewSession(a.Connector.Limits)
	return e.prove(ctx, a)
}

// prove runs the connector's own check; one without a check is taken at its word.
func (e *Engine) prove(ctx context.Context, a *Account) (connector.Identity, error) {
	if a.Connector.Auth.Check == nil {
		return connector.Identity{Name: a.Name}, nil
	}
	client, err := e.client(a, nil, nil, "")
	if err != nil {
		return connector.Identity{}, err
	}
	var who connector.Identity
	err = e.guard(a.Connector, "check", func() (err error) {
		who, err = a.Connector.Auth.Check(ctx, client)
		return err
	})
	if err != nil {
		return who, fmt.Errorf("check account %s: %w", a.Key, err)
	}
	return who, nil
}
