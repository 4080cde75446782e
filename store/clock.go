package store

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// How well the database's clock must be known. What was measured is wrong by half of the time that the answer took, at most; and what is known loses of
// its worth by the drift of clocks, five times what is usual among machines that nobody sets right.
const (
	soon       = 100 * time.Millisecond // an answer that came so soon is always taken
	driftPer   = 2000                   // one unit in so many
	maxMeasure = 3                      // questions, until an answer comes soon
)

// skew is how far the database's clock is ahead of ours.
type skew struct {
	ahead atomic.Int64 // nanoseconds

	mu    sync.Mutex
	known bool
	doubt time.Duration // by which it may be wrong
	at    time.Time     // when it was measured
}

// measured takes an answer of the database's clock, and says whether it came soon. A process that stood still between question and answer would be wrong by
// half of that time: it would take leases for ended that others hold, or look for what has only just been sent. Such an answer counts only where
// nothing better is known.
func (s *skew) measured(before, theirs, after time.Time) bool {
	took := max(after.Sub(before), after.Round(0).Sub(before.Round(0))) // the former stands still while a machine sleeps
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.known && took > soon && took/2 > s.doubt+after.Sub(s.at)/driftPer {
		return false
	}
	s.known, s.doubt, s.at = true, took/2, after
	s.ahead.Store(int64(theirs.Sub(before.Round(0).Add(took / 2))))
	return took <= soon
}

// Now is the time by the database's clock: on PostgreSQL all nodes share it, so that leases mean the same to each.
func (s *Store) Now() time.Time {
	if s.clock != nil {
		return s.clock()
	}
	return time.Now().Add(time.Duration(s.skew.ahead.Load()))
}

// SyncClock measures how far the database's clock is from ours. Nodes call it now and then.
func (s *Store) SyncClock(ctx context.Context) error {
	if !s.dialect.postgres || s.clock != nil {
		return nil
	}
	for range maxMeasure {
		before := time.Now()
		var us int64
		if err := s.read.QueryRowContext(ctx, "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint").Scan(&us); err != nil {
			return fmt.Errorf("read the database's clock: %w", err)
		}
		if s.skew.measured(before, time.UnixMicro(us), time.Now()) {
			return nil
		}
	}
	return nil
}
