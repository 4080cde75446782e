package engine

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/store"
)

// A delivery that kills the process whenever it is worked on would be taken up again for ever. It cannot be told from those that were at work beside it
// by one death, nor by several that came quickly: whoever kills the hub many times a minute loses the same innocent deliveries again and again. So what was
// lost several times among others is worked alone, by a node that has lived in peace for much longer than the work can take. One that is well comes to an
// outcome then, and its losses are forgotten; only one that takes a node with it that was at nothing else, three times in a row, is to blame.
const (
	maxTogether = 4               // leases lost in a row after which a delivery is worked alone
	maxLosses   = maxTogether + 3 // leases lost in a row after which a person is asked
	calm        = time.Minute     // how long a node must have lived that works one alone
	codeLost    = "never_finished"
)

// apart is how long a delivery stays away that has been lost so many times in a row.
func apart(losses int) time.Duration {
	switch {
	case losses >= maxLosses, losses < maxTogether-1:
		return 0 // a node that was stopped: what it had at work is taken up at once
	case losses < maxTogether:
		return rand.N(10 * time.Second) // those that were lost together come back at moments of their own: most of them are well
	default:
		return calm // several nodes are not taken down at once
	}
}

// expire ends leases, and says which lanes have work again.
func (e *Engine) expire(ctx context.Context, now time.Time, node string) ([]store.Lane, error) {
	return e.store.Expire(ctx, now, node, func(losses int) time.Duration { return e.hurry(apart(losses)) })
}

// takeBack ends the leases and the runs of this node's earlier life. Nothing may be claimed before that, lest it be taken back as well; so a database
// that fails just now is waited for, as it would be by a node at work.
func (e *Engine) takeBack(ctx context.Context) {
	for ctx.Err() == nil {
		_, err := e.expire(ctx, e.store.Now(), e.node)
		if err == nil {
			err = e.store.FreeRuns(ctx, e.node, e.store.Now())
		}
		if err == nil || errors.Is(err, store.ErrClosed) {
			return
		}
		e.log.Error("take back this node's leases; trying again", "error", err)
		select {
		case <-time.After(e.hurry(time.Second)):
		case <-ctx.Done():
		}
	}
}

// hopeless says whether a delivery is worked on no more before a person has looked.
func hopeless(losses int) bool { return losses >= maxLosses }

// suspect says whether a delivery is worked alone.
func suspect(losses int) bool { return losses >= maxTogether && !hopeless(losses) }

// unsuspicious says whether a delivery is worked among others, or given up among them.
func unsuspicious(losses int) bool { return !suspect(losses) }

// giveUp leaves a hopeless delivery to a person. Nothing of it is read but its journal, as whatever else it holds may be what kills. Invariant 4: what
// may have acted stays unknown, with its calls as they are, until somebody says what became of it.
func (e *Engine) giveUp(ctx context.Context, d store.Claimed) error {
	out := store.Outcome{Lease: store.Lease{DeliveryID: d.ID, Token: d.Lease}, ConnectionID: d.ConnectionID, Object: d.Object, EventID: d.EventID,
		Next: store.Next{State: store.Held, Open: true, AccountID: d.AccountID, Tries: d.Tries, Code: codeLost}}
	in := store.Situation{}
	var err error
	if d.Touched {
		if in.Steps, err = e.store.Steps(ctx, d.ID); err != nil {
			return err
		}
		if in.Calls, err = e.store.Calls(ctx, d.ID); err != nil {
			return err
		}
	}
	what := fmt.Sprintf("Tengi stopped %d times while it was working on this, the last %d times on nothing else, and never came to an end (%s to %s UTC)", d.Losses, d.Losses-maxTogether,
		d.LostSince.UTC().Format(time.DateTime), d.LostAt.UTC().Format(time.DateTime))
	out.Next.Reason = what + ": the log of those times says more; replay it when the cause is mended, or skip it"
	if acted(&in) {
		out.Next.State, out.Next.Code = store.Unknown, connector.CodeAskPerson
		out.Next.Reason = what + ". A request may have acted: look in the service whether the document exists, and say so"
	}
	e.log.Error("a delivery is left to a person: it was never brought to an end", "delivery", d.ID, "connection", d.ConnectionID, "leases_lost", d.Losses)
	e.metrics.ended.WithLabelValues(string(out.Next.State)).Inc()
	return e.record(ctx, out)
}
