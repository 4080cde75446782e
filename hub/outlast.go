package hub

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/tengi/tengi/store"
)

// DefaultWait is how long a start waits for a database that cannot be reached: long enough for a server that is started together with the hub. Then the
// hub ends and says why, so that whoever supervises it sees a start that fails, and starts it again.
const DefaultWait = time.Minute

// forEver is how long a hub that has opened its store waits.
const forEver time.Duration = math.MaxInt64

// outlast carries out a part of the start, again and again while the database cannot be reached. What waiting does not mend ends the start at once: a
// login that is refused, a database that does not exist or is not durable.
func (h *Hub) outlast(ctx context.Context, wait time.Duration, do func() error) error {
	for began := time.Now(); ; {
		err := do()
		if err == nil || !store.IsAway(err) {
			return err
		}
		if ctx.Err() != nil {
			return errors.Join(ctx.Err(), err)
		}
		if time.Since(began) >= wait {
			return fmt.Errorf("the database could not be reached for %s: %w", wait, err)
		}
		h.cfg.Log.Warn("the database cannot be reached; notices are answered 503, trying again", "error", err)
		select {
		case <-time.After(time.Second / time.Duration(max(h.cfg.Testing.Hurry, 1))):
		case <-ctx.Done():
		}
	}
}
