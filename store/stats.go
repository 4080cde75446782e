package store

import (
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// Stats are the writers' figures since the store was opened.
type Stats struct {
	Commits    uint64        // transactions that were committed
	Failures   uint64        // transactions that could not be, retries not counted
	Commands   uint64        // writes carried out; divided by Commits it is how many shared an fsync
	Refused    uint64        // writes refused with ErrBusy
	Looked     uint64        // due deliveries that claims have looked at, claimed or not
	Waiting    int           // writes in the queue
	LastCommit time.Duration // how long the last transaction took, fsync included
	Stalled    time.Duration // how long the oldest transaction under way has taken so far; 0 when none is
	LogBytes   int64         // SQLite: size of the write-ahead log, which grows while a long read keeps it from being emptied
}

// stats are kept by the writers.
type stats struct {
	commits, failures, commands, refused, looked atomic.Uint64
	last                                         atomic.Int64

	mu    sync.Mutex
	under []time.Time // when each transaction under way began
}

func (s *stats) begin(at time.Time) {
	s.mu.Lock()
	s.under = append(s.under, at)
	s.mu.Unlock()
}

func (s *stats) end(begun time.Time) {
	s.last.Store(int64(time.Since(begun)))
	s.mu.Lock()
	for i, at := range s.under {
		if at.Equal(begun) {
			s.under = append(s.under[:i], s.under[i+1:]...)
			break
		}
	}
	s.mu.Unlock()
}

func (s *stats) committed(commands int, err error) {
	if err != nil {
		s.failures.Add(1)
		return
	}
	s.commits.Add(1)
	s.commands.Add(uint64(commands))
}

func (s *stats) stalled() (longest time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, at := range s.under {
		longest = max(longest, time.Since(at))
	}
	return longest
}

// Stats reads the writers' figures. It never waits for the database.
func (s *Store) Stats() Stats {
	st := Stats{Commits: s.stats.commits.Load(), Failures: s.stats.failures.Load(), Commands: s.stats.commands.Load(), Refused: s.stats.refused.Load(), Looked: s.stats.looked.Load(),
		Waiting: len(s.queue), LastCommit: time.Duration(s.stats.last.Load()), Stalled: s.stats.stalled()}
	if s.file != "" {
		if info, err := os.Stat(s.file + "-wal"); err == nil {
			st.LogBytes = info.Size()
		}
	}
	return st
}

// Waiting is how many writes are queued, for metrics.
func (s *Store) Waiting() int { return len(s.queue) }
