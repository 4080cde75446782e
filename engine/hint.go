package engine

import (
	"context"
	"fmt"
	"time"
)

// hintDelay is how soon a source is polled after a hint: long enough that a person who edits a sheet cell by cell causes a few polls and not dozens.
const hintDelay = 5 * time.Second

// Hint has the sources of an account polled soon: a notice says that there may be something new. It is no promise; the schedule is.
func (e *Engine) Hint(ctx context.Context, a *Account) error {
	for _, p := range e.snapshot.Load().bySource[a.ID] {
		if err := e.store.Hasten(ctx, p.ID, e.store.Now().Add(hintDelay)); err != nil {
			return fmt.Errorf("poll the sources of account %s soon: %w", a.Key, err)
		}
	}
	return nil
}
