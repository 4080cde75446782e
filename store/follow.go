package store

import (
	"context"
	"errors"
	"sync"
	"time"
)

// Follow keeps what pages read up to date, and tells the other nodes' watchers what changes here, until ctx ends. Every node runs it.
func (s *Store) Follow(ctx context.Context) {
	var group sync.WaitGroup
	group.Go(func() { s.keepIndex(ctx) })
	group.Go(func() { s.keepRetention(ctx) })
	if s.dialect.postgres {
		group.Go(func() { s.tellOthers(ctx) })
		group.Go(func() { s.hearOthers(ctx) })
	}
	group.Wait()
}

// retentionTick is how often old events are looked for.
const retentionTick = 6 * time.Hour

// keepRetention forgets what is not to be kept any longer. The first time is a while after the start, which has enough to do.
func (s *Store) keepRetention(ctx context.Context) {
	for wait := 10 * time.Minute; waits(ctx, nil, wait); wait = retentionTick {
		n, err := s.ForgetByRetention(ctx)
		switch {
		case err != nil && ctx.Err() == nil && !errors.Is(err, ErrClosed):
			s.log.Warn("old events could not be forgotten", "error", err)
		case n > 0:
			s.log.Info("old events were forgotten", "events", n)
		}
	}
}

// The pace of the indexer.
const (
	indexDelay = 200 * time.Millisecond // what comes together is indexed together
	indexTick  = 2 * time.Second        // PostgreSQL: how often it is looked for what other nodes have stored
	indexRest  = 19                     // for each moment at work, while the writer has other work: one twentieth of the time is its share
	indexSulk  = 5 * time.Second        // after a failure
)

// keepIndex indexes whatever comes.
func (s *Store) keepIndex(ctx context.Context) {
	for ctx.Err() == nil {
		began, commands := time.Now(), s.stats.commands.Load()
		more, err := s.IndexOnce(ctx)
		busy := s.stats.commands.Load()-commands > 4 // beside its own
		switch {
		case ctx.Err() != nil || errors.Is(err, ErrClosed):
			return
		case err != nil:
			s.log.Warn("the index of events could not be written", "error", err)
			waits(ctx, nil, indexSulk)
		case more && busy:
			waits(ctx, nil, indexRest*time.Since(began))
		case more:
		case s.dialect.postgres:
			waits(ctx, s.live.committed, indexTick)
			waits(ctx, nil, indexDelay)
		default:
			waits(ctx, s.live.committed, 0)
			waits(ctx, nil, indexDelay)
		}
	}
}
