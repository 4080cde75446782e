package engine

import (
	"context"
	"sync"
)

// turns are pieces of work under way on this node: one at a time of each key, and no more at once than there is room for.
type turns struct {
	runs sync.WaitGroup
	room chan struct{}

	mu    sync.Mutex
	under map[string]bool
}

func newTurns(room int) *turns {
	return &turns{room: make(chan struct{}, room), under: map[string]bool{}}
}

// start runs do, unless ctx has ended, the last of its key still goes on or there is no room: then it is for the next time.
func (t *turns) start(ctx context.Context, key string, do func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.under[key] || ctx.Err() != nil {
		return
	}
	select {
	case t.room <- struct{}{}:
	default:
		return
	}
	t.under[key] = true
	t.runs.Go(func() {
		defer func() {
			t.mu.Lock()
			delete(t.under, key)
			t.mu.Unlock()
			<-t.room
		}()
		do()
	})
}
