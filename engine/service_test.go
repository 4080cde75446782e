package engine

import (
	"encoding/json"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/connector/fake"
	"github.com/tengi/tengi/store"
)

// serve adds an account, called by the connector's name, at the stand-in of a real connector, which must be among the bench's. Its webhook token is
// "token-" and the name.
func (b *bench) serve(c *connector.Connector, service fake.Service) *Account {
	b.t.Helper()
	host := c.Name + ".test"
	b.hosts[host] = service
	settings, secrets := service.Login()
	settings["base_url"] = "http://" + host
	plain, err := json.Marshal(Secrets{Values: secrets, HookToken: "token-" + c.Name})
	must(b.t, err)
	sealed, err := b.engine.secrets.Seal(plain, SealContext(c.Name))
	must(b.t, err)
	must(b.t, b.store.SaveAccount(b.t.Context(), store.AccountRow{Sealed: sealed,
		Account: tengi.Account{ID: c.Name, WorkspaceID: "ws", Key: c.Name, Connector: c.Name, State: active, Settings: settings}}, b.clock.Now()))
	must(b.t, b.engine.Changed(b.t.Context()))
	a, ok := b.engine.Account(c.Name)
	if !ok || !a.Usable() {
		b.t.Fatalf("account %s cannot be used: %+v", c.Name, a)
	}
	return a
}
