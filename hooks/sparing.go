package hooks

import (
	"fmt"
	"log/slog"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/tengi/tengi/engine"
)

// sparing logs each kind of trouble of an account once a second: what repeats a thousand times in between is counted in the metrics, and must not
// fill the disk of a hub that is already in trouble. Invariant 7: nothing of a notice is logged.
type sparing struct {
	log *slog.Logger
	now func() time.Time

	mu   sync.Mutex
	last map[trouble]silence
}

// trouble is one kind of log line about one account. There are as many as there are accounts, times the few kinds.
type trouble struct{ accountID, what string }

// silence is since when, and about how many lines, nothing has been said.
type silence struct {
	since time.Time
	lines int
}

func newSparing(log *slog.Logger, now func() time.Time) *sparing {
	return &sparing{log: log, now: now, last: map[trouble]silence{}}
}

// speaks says whether a line is to be written, and how many were not since the last.
func (s *sparing) speaks(t trouble) (unsaid int, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	last, known := s.last[t]
	if known && now.Sub(last.since) < time.Second {
		last.lines++
		s.last[t] = last
		return 0, false
	}
	s.last[t] = silence{since: now}
	return last.lines, true
}

// warn logs why a notice was not taken.
func (s *sparing) warn(why string, account *engine.Account, reason error) {
	if unsaid, ok := s.speaks(trouble{account.ID, why}); ok {
		s.log.Warn("a notice was not taken", "account", account.Key, "why", why, "reason", reason, "unsaid", unsaid)
	}
}

// fault logs a panic: where it happened, and what only when it is the runtime's own, whose texts hold no values but numbers and names of types. A
// connector's panic may quote the notice.
func (s *sparing) fault(account *engine.Account, p any) {
	what := fmt.Sprintf("%T", p)
	if err, ok := p.(runtime.Error); ok {
		what = err.Error()
	}
	if unsaid, ok := s.speaks(trouble{account.ID, "fault"}); ok {
		s.log.Error("a fault while taking a notice", "account", account.Key, "panic", what, "at", callers(), "unsaid", unsaid)
	}
}

// callers lists the functions that led to a panic, innermost first, for a deferred function that calls fault. Unlike a stack trace it shows no arguments.
func callers() string {
	pcs := make([]uintptr, 32)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(4, pcs)])
	var lines []string
	for {
		frame, more := frames.Next()
		if !strings.HasPrefix(frame.Function, "runtime.") {
			lines = append(lines, fmt.Sprintf("%s (%s:%d)", frame.Function, filepath.Base(frame.File), frame.Line))
		}
		if !more || len(lines) == 10 {
			return strings.Join(lines, ", ")
		}
	}
}
