package engine

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/store"
)

// panicked is the error of a connector's code that panicked.
type panicked struct{ connector, doing string }

func (p *panicked) Error() string {
	return fmt.Sprintf("the connector %s has a fault in its code (%s); the log says where", p.connector, p.doing)
}

// guard runs a connector's code, whose mistakes must not take the hub down.
func (e *Engine) guard(c *connector.Connector, doing string, do func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			e.panicked(r, "connector", c.Name, "doing", doing)
			err = &panicked{c.Name, doing}
		}
	}()
	return do()
}

// panicked logs a panic with its place. Invariant 7: what was panicked with may quote a customer's data, so only its type is named; the runtime's
// own faults quote none.
func (e *Engine) panicked(with any, about ...any) {
	what := fmt.Sprintf("%T", with)
	if fault, ok := with.(runtime.Error); ok {
		what = fault.Error()
	}
	e.log.Error("code panicked", append(about, "panic", what, "stack", string(debug.Stack()))...)
}

// operateSafely holds a delivery on which our own code panics, so that it neither takes the hub down nor comes back for ever. Whether it acted is
// not known here, so it stands in the way of what came later.
func (e *Engine) operateSafely(ctx context.Context, d store.Claimed) (again bool, err error) {
	defer func() {
		if r := recover(); r != nil {
			e.panicked(r, "delivery", d.ID)
			e.metrics.ended.WithLabelValues(string(store.Held)).Inc()
			again, err = false, e.record(ctx, store.Outcome{Lease: store.Lease{DeliveryID: d.ID, Token: d.Lease}, ConnectionID: d.ConnectionID, Object: d.Object, EventID: d.EventID,
				Next: store.Next{State: store.Held, Open: true, AccountID: d.AccountID, Tries: d.Tries, Code: codeInternal,
					Reason: "a fault in Tengi's own code; the log says where: replay when it is mended"}})
		}
	}()
	return e.operate(ctx, d)
}

// codeInternal marks what went wrong by a mistake of ours or of a connector's.
const codeInternal = "internal"
