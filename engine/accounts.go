package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
)

// recheckEvery is how often an account that needs attention is asked whether it works again.
const recheckEvery = 10 * time.Minute

// recheck brings accounts back when their service takes them again, without waiting for a person to notice.
func (e *Engine) recheck(ctx context.Context) {
	tick := time.NewTicker(e.hurry(recheckEvery))
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
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
