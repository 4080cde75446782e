package shop

import (
	"context"
	"crypto/sha256"
	"fmt"
	"time"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/store"
)

// HookToken is the webhook token of the shop's account.
const HookToken = "token-shop"

// Setup is a workspace with a shop and a bookkeeper.
type Setup struct {
	ShopURL, BooksURL string // empty: the connectors' own
	Means             string // by which the bookkeeper's lost answers are resolved
	Connections       []tengi.Connection
	// Seal seals an account's secrets; the engine's tests cannot be imported from here, so they hand it in.
	Seal func(accountID, hookToken string, values map[string]string) ([]byte, error)
}

// Connection is the connection most tests use; change may alter it.
func Connection(change func(*tengi.Connection)) tengi.Connection {
	c := tengi.Connection{ID: "con_1", WorkspaceID: "ws", Key: "orders", Name: "Shop → Books", Enabled: true, Source: tengi.Source{AccountID: "acc_shop", Trigger: "order"},
		Steps: []tengi.Step{{Key: "invoice", AccountID: "acc_books", Action: "invoice.create"}}, OnCancel: tengi.Undo, OnChange: tengi.Redo}
	if change != nil {
		change(&c)
	}
	return c
}

// Save stores the set-up.
func (s Setup) Save(ctx context.Context, st *store.Store, now time.Time) error {
	err := st.SaveWorkspace(ctx, tengi.Workspace{ID: "ws", Key: "ws", Name: "Fjörður Tours", Country: "IS", Currency: "ISK", TimeZone: "Atlantic/Reykjavik", Language: "is"}, now)
	if err != nil {
		return err
	}
	secrets := map[string]map[string]string{"acc_shop": nil, "acc_books": {"secret": "s3cret-value"}}
	for _, a := range []tengi.Account{
		{ID: "acc_shop", Key: "shop", Connector: "shop", Settings: address(s.ShopURL)},
		{ID: "acc_books", Key: "books", Connector: "books", Settings: address(s.BooksURL)},
	} {
		if a.Key == "books" {
			a.Settings["means"] = s.Means
		}
		a.WorkspaceID, a.State = "ws", tengi.AccountActive
		token := "token-" + a.Key
		sealed, err := s.Seal(a.ID, token, secrets[a.ID])
		if err != nil {
			return fmt.Errorf("seal account %s: %w", a.Key, err)
		}
		hash := sha256.Sum256([]byte(token))
		if err := st.SaveAccount(ctx, store.AccountRow{Account: a, Sealed: sealed, HookHash: hash[:]}, now); err != nil {
			return err
		}
	}
	for _, c := range s.Connections {
		if err := st.SaveConnection(ctx, c, now); err != nil {
			return err
		}
	}
	return nil
}

func address(url string) map[string]any {
	settings := map[string]any{}
	if url != "" {
		settings["base_url"] = url
	}
	return settings
}
