// Package control is what the commands of tengi do to an installation: apply and export its configuration, list and decide what waits for a person,
// and examine its health. A [Desk] does it to an installation that is open in this process; a [Client] asks the desk of a running hub, which answers on
// a unix socket in its data directory that only its own user can open (docs/decisions/0008-the-control-socket.md).
package control

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/engine"
	"github.com/tengi/tengi/secret"
	"github.com/tengi/tengi/setup"
	"github.com/tengi/tengi/store"
)

// Desk works on an open installation.
type Desk struct {
	Store      *store.Store
	Engine     *engine.Engine
	Secrets    *secret.Box
	Connectors []*connector.Connector
	Data       string // the data directory
	KeyFile    string // empty: the key came from the environment
	PublicURL  string // how the world reaches the hub; empty = not said
	HookURL    func(token string) string

	applying sync.Mutex // two at once would both create what neither has seen
}

// Target is what configuration is brought into.
func (d *Desk) Target() setup.Target {
	return setup.Target{Store: d.Store, Secrets: d.Secrets, Connectors: d.Connectors, HookURL: d.HookURL}
}

// Apply brings the configuration to what the files say, and has every engine read it again: also when nothing changed, because an earlier Apply may have
// broken off between the two. When dry it only says what would change.
func (d *Desk) Apply(ctx context.Context, in setup.Input, dry bool) (setup.Report, error) {
	d.applying.Lock()
	defer d.applying.Unlock()
	report, err := setup.Apply(ctx, d.Target(), in, dry)
	if dry || len(report.Changes) == 0 {
		return report, err
	}
	return report, errors.Join(err, d.Engine.Changed(ctx)) // what was stored before it broke off counts too
}

// Export writes the configuration as YAML.
func (d *Desk) Export(ctx context.Context) (string, error) { return setup.Export(ctx, d.Target()) }

// Verb is a decision of a person about a delivery.
type Verb string

// The decisions.
const (
	Replay    Verb = "replay"     // work it again, with today's mapping where nothing has acted yet
	Skip      Verb = "skip"       // leave it
	SendAgain Verb = "send-again" // what was asked for does not exist: send the same again
	Adopt     Verb = "adopt"      // it exists: go on from there
)

// Decision is what a person decides about a delivery.
type Decision struct {
	Delivery int64  `json:"delivery"`
	Verb     Verb   `json:"verb"`
	Why      string `json:"why,omitempty"`    // of Skip
	ID       string `json:"id,omitempty"`     // of Adopt: the service's id of what exists
	Number   string `json:"number,omitempty"` // the number people see
	URL      string `json:"url,omitempty"`
}

// Decide carries out a decision. It is refused when it does not fit what is known of the delivery.
func (d *Desk) Decide(ctx context.Context, what Decision) error {
	var err error
	switch what.Verb {
	case Replay:
		err = d.Engine.Replay(ctx, what.Delivery)
	case Skip:
		err = d.Engine.Skip(ctx, what.Delivery, what.Why)
	case SendAgain:
		err = d.Engine.SendAgain(ctx, what.Delivery)
	case Adopt:
		err = d.Engine.Adopt(ctx, what.Delivery, tengi.Document{ExternalID: what.ID, Number: what.Number, URL: what.URL})
	default:
		return fmt.Errorf("there is no decision %q", what.Verb)
	}
	switch {
	case errors.Is(err, store.ErrNotFound):
		return fmt.Errorf("there is no delivery %d: tengi inbox lists what waits", what.Delivery)
	case errors.Is(err, engine.ErrMayHaveActed):
		return fmt.Errorf("a request of delivery %d may have acted: look at the service, then say adopt when the document exists, send-again when it does not", what.Delivery)
	case errors.Is(err, engine.ErrNothingOpen):
		return fmt.Errorf("no request of delivery %d is open, so %s decides nothing: replay it, or skip it", what.Delivery, what.Verb)
	case err != nil:
		return fmt.Errorf("%s delivery %d: %w", what.Verb, what.Delivery, err)
	}
	return nil
}
