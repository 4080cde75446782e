package store

import (
	"testing"
	"time"
)

// A measurement by a process that stood still is wrong by up to half of that time, so it counts only where nothing better is known: else a node that was
// frozen would go on with a clock far from everybody's.
func TestTheClockAsAProcessSeesItThatStoodStill(t *testing.T) {
	t.Parallel()
	var s skew
	now := time.Now()
	for _, c := range []struct {
		name   string
		wait   time.Duration // since the last measurement
		took   time.Duration // from question to answer
		read   time.Duration // when within that the database read its clock
		ahead  time.Duration // how far it is ahead of ours
		known  time.Duration // what is taken for it
		enough bool
	}{
		{"a slow network is better than nothing", 0, 2 * time.Second, time.Second, time.Minute, time.Minute, false},
		{"an answer that came soon", time.Second, 2 * time.Millisecond, time.Millisecond, 61 * time.Second, 61 * time.Second, true},
		{"slower than the last", time.Second, 300 * time.Millisecond, 0, 61 * time.Second, 61 * time.Second, false},
		{"frozen before the answer was read", time.Second, time.Hour, 0, 61 * time.Second, 61 * time.Second, false},
		{"frozen before the question was sent", time.Second, time.Hour, time.Hour, 61 * time.Second, 61 * time.Second, false},
		{"a clock that was set", time.Second, 100 * time.Millisecond, 50 * time.Millisecond, -time.Hour, -time.Hour, true},
		{"slow, but clocks may have drifted since", time.Hour, 300 * time.Millisecond, 150 * time.Millisecond, time.Second, time.Second, false},
	} {
		before := now.Add(c.wait)
		now = before.Add(c.took)
		enough := s.measured(before, before.Add(c.read).Add(c.ahead), now)
		if known := time.Duration(s.ahead.Load()); known != c.known || enough != c.enough {
			t.Errorf("%s: the database is taken to be ahead by %s, want %s; good enough %t", c.name, known, c.known, enough)
		}
	}
}
