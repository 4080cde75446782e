package storetest

import (
	"errors"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/store"
)

// deletedAccount is forgotten, but not while a connection works at it, and not from another workspace.
func deletedAccount(l *ledger) {
	spare := store.AccountRow{Account: tengi.Account{ID: "spare", WorkspaceID: workspace, Key: "spare", Name: "Spare", Connector: "books", State: tengi.AccountActive}, Sealed: []byte("sealed")}
	l.must(l.s.SaveAccount(l.ctx, spare, l.now))
	if err := l.s.DeleteAccount(l.ctx, workspace, shop); !errors.Is(err, store.ErrConflict) {
		l.Errorf("an account that connections work at: %v", err)
	}
	if err := l.s.DeleteAccount(l.ctx, "another", spare.ID); !errors.Is(err, store.ErrNotFound) {
		l.Errorf("an account of another workspace: %v", err)
	}
	l.must(l.s.DeleteAccount(l.ctx, workspace, spare.ID))
	if err := l.s.DeleteAccount(l.ctx, workspace, spare.ID); !errors.Is(err, store.ErrNotFound) {
		l.Errorf("an account that is gone: %v", err)
	}
	read, err := l.s.Configuration(l.ctx)
	l.must(err)
	for _, a := range read.Accounts {
		if a.ID == spare.ID {
			l.Error("the account is still there")
		}
	}
}
